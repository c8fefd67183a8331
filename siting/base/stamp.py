"""The record of a run: what went in, what became of it, by which versions."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

FORMAT = 3
"""Of the files of a run; raised when their meaning changes, so that no version reads them wrongly."""

PACKAGES = (
    *(
        "numpy",
        "scipy",
        "pandas",
        "geopandas",
        "shapely",
        "pyproj",
        "pyogrio",
        "networkx",
        "numba",
        "pyarrow",
        "rasterio",
    ),
    *("POT", "xlsxwriter", "python-docx", "matplotlib"),
)


@dataclass(frozen=True)
class Counts:
    """What became of the rows of a layer: read = used + mended + left_out."""

    read: int
    mended: int = 0
    left_out: int = 0

    @property
    def used(self) -> int:
        """Rows used as they came."""
        return self.read - self.mended - self.left_out

    def record(self) -> dict[str, int]:
        """Return the four numbers by name."""
        return {"read": self.read, "used": self.used, "mended": self.mended, "left_out": self.left_out}


def digest(parts: Iterable[bytes]) -> str:
    """Return the sha256 of the joined parts, in hex."""
    total = hashlib.sha256()
    for part in parts:
        total.update(part)
    return total.hexdigest()


def file_digest(file: Path) -> str:
    """Return the sha256 of a file, in hex, read in pieces."""
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def versions() -> dict[str, str]:
    """Return the versions of this package and of those that shape its numbers."""
    return {name: version(name) for name in ("siting", *PACKAGES)}
