"""`python -m siting`."""

import sys
from pathlib import Path

# Python puts the working folder first on the path for `-m`: a numpy.py beside a project must not be run
sys.path[:] = [each for each in sys.path if each and Path(each).resolve() != Path.cwd()]

from siting.cli import main  # noqa: E402

main()
