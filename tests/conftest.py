"""No test reads or fills the cache of the person who runs it."""

import os
import tempfile

os.environ["SITING_CACHE"] = tempfile.mkdtemp(prefix="siting-cache-")
