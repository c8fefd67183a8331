"""The output folder: written whole beside its place, then swapped in; the last run is kept."""

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from siting.base.errors import Problem, UsageError

STAMP = "stamp.json"
RECEIPTS = "receipts.jsonl"


def check_target(target: Path, project: Path) -> None:
    """Raise UsageError, before any computing, if results cannot or must not be written to `target`."""
    place = target.resolve()
    if place == project.resolve() or place in project.resolve().parents:
        raise UsageError(Problem("not_ours", found=str(target)))
    if place.exists() and (not place.is_dir() or (any(place.iterdir()) and not (place / STAMP).is_file())):
        raise UsageError(Problem("not_ours", found=str(target)))
    former = place.with_name(f"{place.name}.previous")
    if former.exists() and (not former.is_dir() or (any(former.iterdir()) and not (former / STAMP).is_file())):
        raise UsageError(Problem("not_ours", found=str(former)))
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place.parent):
            pass
    except OSError as error:
        raise UsageError(Problem("cannot_write", found=str(target), expected=error.strerror or "")) from error


@contextlib.contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Yield a temporary sibling; on success it takes the place of `target`, kept as `<target>.previous`."""
    place = target.resolve()
    fresh = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
    try:
        yield fresh
        fresh.chmod(0o755)
        for file in sorted(fresh.iterdir()):
            _flush(file)
        _swap(fresh, place)
    except OSError as error:
        raise UsageError(Problem("cannot_write", found=str(target), expected=error.strerror or str(error))) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def read_receipts(target: Path) -> list[dict[str, Any]]:
    """Return the receipts of a run folder; UsageError where there is none."""
    file = target / RECEIPTS
    if not file.is_file():
        raise UsageError(Problem("no_run", str(target)))
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def _flush(file: Path) -> None:
    with file.open("rb") as handle:
        os.fsync(handle.fileno())


def _swap(fresh: Path, place: Path) -> None:
    previous = place.with_name(f"{place.name}.previous")
    if place.exists():
        if previous.exists():
            shutil.rmtree(previous)
        place.rename(previous)
    fresh.rename(place)
