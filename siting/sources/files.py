"""Which files a source is made of, and whether they are still as they were."""

import errno
from collections.abc import Iterable
from pathlib import Path

State = tuple[int, int, int]
_BESIDE = {
    ".shp": (".dbf", ".shx", ".prj", ".cpg"),
    ".tab": (".dat", ".map", ".id", ".ind"),
    ".mif": (".mid",),
    ".tif": (".tfw", ".tif.aux.xml", ".tif.ovr"),
    ".gpkg": (".gpkg-wal", ".gpkg-journal"),
}
"""What belongs to a file of some ending and stands beside it, in small letters or in capitals."""


def files_of(path: Path) -> list[Path]:
    """Return the files behind a source: itself, the parts of a shapefile, everything in a file geodatabase."""
    if path.is_dir():
        return sorted(each for each in path.iterdir() if each.is_file())
    ends = _BESIDE.get(path.suffix.lower(), ())
    beside = [path.with_suffix(each) for end in ends for each in (end, end.upper())]
    return list(dict.fromkeys([path, *(each for each in beside if each.is_file())]))


def states(files: Iterable[Path]) -> list[State]:
    """Return size, time of change and file number of each file; zeros for one that is gone."""
    return [_state(each) for each in files]


def is_loop(path: Path) -> bool:
    """Return whether a path is a symbolic link that leads back to itself."""
    try:
        path.stat()
    except OSError as error:
        return error.errno == errno.ELOOP
    return False


def _state(file: Path) -> State:
    try:
        found = file.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_size, found.st_mtime_ns, found.st_ino)
