"""The output folder: written whole beside its place, then swapped in; the last run is kept."""

import contextlib
import ctypes
import errno
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from siting.base.errors import Problem, UsageError
from siting.base.stamp import FORMAT

STAMP = "stamp.json"
RECEIPTS = "receipts.jsonl"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_LEAST_FREE = 1 << 20
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


def check_target(target: Path, project: Path, inputs: Iterable[Path] = ()) -> None:
    """Raise UsageError, before any computing, if results cannot or must not be written to `target`."""
    _check_temporary()
    place = target.resolve()
    for file in inputs:
        if place in file.resolve().parents:
            raise UsageError(Problem("holds_input", found=str(target), expected=str(file)))
    if place == project.resolve() or place in project.resolve().parents:
        raise UsageError(Problem("not_ours", found=str(target)))
    if place.exists() and (not place.is_dir() or (any(place.iterdir()) and not (place / STAMP).is_file())):
        raise UsageError(Problem("not_ours", found=str(target)))
    former = place.with_name(f"{place.name}.previous")
    if former.exists() and (not former.is_dir() or (any(former.iterdir()) and not (former / STAMP).is_file())):
        raise UsageError(Problem("not_ours", found=str(former)))
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place.parent) as probe:
            probe.write(b"siting")
    except OSError as error:
        raise UsageError(_cannot_write(target, error)) from error


def _check_temporary() -> None:
    """Raise UsageError if the temporary folder that the environment names cannot be used: libraries write there."""
    for name in ("TMPDIR", "TEMP", "TMP"):
        folder = os.environ.get(name)
        if folder is not None and not os.access(folder, os.W_OK | os.X_OK):
            raise UsageError(Problem("no_temporary", found=name, expected=folder))


@contextlib.contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Yield a temporary sibling; on success it takes the place of `target`, kept as `<target>.previous`.

    What killed runs left beside it is removed. The caller holds the lock of `target`.
    """
    place = target.resolve()
    for left in place.parent.glob(f".{place.name}.fresh-*"):
        shutil.rmtree(left, ignore_errors=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{place.name}.fresh-", dir=place.parent))
    try:
        yield fresh
        fresh.chmod(0o755)
        for file in sorted(fresh.iterdir()):
            _flush(file)
        _swap(fresh, place)
    except OSError as error:
        raise UsageError(_cannot_write(target, error)) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def write_file(file: Path, write: Callable[[Path], None]) -> None:
    """Write one file of a run; raises UsageError that names it, and the room it needs where the disk is full."""
    try:
        write(file)
    except UsageError:
        raise
    except Exception as error:
        if isinstance(error, OSError) or _is_full(file.parent):
            raise UsageError(_cannot_write(file, error)) from error
        raise


def read_receipts(target: Path) -> list[dict[str, Any]]:
    """Return the receipts of a run folder; UsageError where there is none, or of a format not known here."""
    file, stamp = target / RECEIPTS, target / STAMP
    if not file.is_file() or not stamp.is_file():
        raise UsageError(Problem("no_run", str(target)))
    try:
        made = json.loads(stamp.read_text("utf-8"))
        receipts = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    except (OSError, ValueError) as error:
        raise UsageError(Problem("damaged_run", str(target), found=str(error))) from error
    if not isinstance(made, dict) or not all(isinstance(each, dict) for each in receipts):
        raise UsageError(Problem("damaged_run", str(target), found=STAMP))
    if made.get("format") != FORMAT:
        versions = made.get("versions")
        by = str(versions.get("siting", "?")) if isinstance(versions, dict) else "?"
        raise UsageError(Problem("other_format", str(target), found=by))
    return receipts


def _cannot_write(file: Path, error: Exception) -> Problem:
    """Return what is wrong with a file or folder that could not be written."""
    number = getattr(error, "errno", None)
    if number in _NO_ROOM or (number is None and _is_full(file.parent)):
        beside = file if file.is_dir() else file.parent
        written = sum(each.stat().st_size for each in beside.iterdir() if each.is_file()) if beside.is_dir() else 0
        free = shutil.disk_usage(file.parent).free if file.parent.is_dir() else 0
        return Problem("disk_full", found=_shown(file), expected=f"> {_mib(written)}", values={"free": _mib(free)})
    reason = getattr(error, "strerror", None) or str(error)
    return Problem("cannot_write", found=_shown(file), expected=str(reason))


def _shown(file: Path) -> str:
    """Return the place that the user knows: the temporary sibling goes by the name of its target."""
    folder = file.parent.name
    if folder.startswith(".") and ".fresh-" in folder:
        return str(file.parent.parent / folder[1:].split(".fresh-")[0] / file.name)
    return str(file)


def _mib(size: int) -> str:
    return f"{size / (1 << 20):.1f} MiB"


def _is_full(folder: Path) -> bool:
    """Return whether a library's own error may be a full disk: GDAL and SQLite carry no error number."""
    return folder.is_dir() and shutil.disk_usage(folder).free < _LEAST_FREE


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _swap(fresh: Path, place: Path) -> None:
    """Put the new folder in its place; a reader finds the old or the new one, where the system can exchange."""
    previous = place.with_name(f"{place.name}.previous")
    if not place.exists():
        fresh.rename(place)
    elif _exchange(fresh, place):
        _remove(previous)
        fresh.rename(previous)
    else:
        _remove(previous)
        place.rename(previous)
        fresh.rename(place)
    if os.name != "nt":
        _flush(place.parent)


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _exchange(one: Path, other: Path) -> bool:
    """Return whether two paths were exchanged in one step (Linux); else nothing has changed."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None) if sys.platform == "linux" else None
    if rename is None:
        return False
    return bool(rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0)
