"""Compiled searches and sweeps: int32 milliseconds in, int32 milliseconds out, no tables and no names.

Only `siting.network.compiled` and its neighbours import the kernels, and only when a job is large enough to
pay for numba; `arrays` alone is for everyone. Where neither this folder nor the user's own can be written to,
numba would refuse to compile: it is then given the folder of the store, or a temporary one.
"""

import os
import tempfile
from pathlib import Path

from siting.network import store


def _give_numba_a_folder() -> None:
    if "NUMBA_CACHE_DIR" in os.environ or os.access(Path(__file__).parent, os.W_OK):
        return
    kept = store.folder() / "numba"
    try:
        kept.mkdir(parents=True, exist_ok=True)
    except OSError:
        kept = Path(tempfile.mkdtemp(prefix="siting-numba-"))
    os.environ["NUMBA_CACHE_DIR"] = str(kept)


_give_numba_a_folder()
