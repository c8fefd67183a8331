"""A run as it lies in its folder: found by name or path, read and checked as far as others rely on it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from siting.base.errors import Problem, UsageError
from siting.report.folder import RECEIPTS, STAMP, read_receipts

MAPS = "maps"
_NUMBERS = ("score", "rank", "penalty")
_CRITERION_NUMBERS = ("value", "score", "weight", "worst", "best")


@dataclass(frozen=True)
class WrittenRun:
    """A written run: its folder, its stamp, and its receipts by parcel in the order of the file."""

    folder: Path
    stamp: Mapping[str, Any]
    receipts: Mapping[str, Mapping[str, Any]]

    @property
    def name(self) -> str:
        """The name of the folder: the scenario's, or `base`."""
        return self.folder.resolve().name


def find_run(named: str | PathLike[str], project: str | PathLike[str] = Path()) -> Path:
    """Return the folder of a run: a path, else the name of a scenario below `maps/` of the project.

    A name that is both is the path. Raises UsageError where there is neither.
    """
    for folder in (Path(named), Path(project) / MAPS / named):
        if (folder / STAMP).is_file():
            return folder
    raise UsageError(Problem("no_run", str(named)))


def read_run(folder: str | PathLike[str]) -> WrittenRun:
    """Return a run as written.

    Raises UsageError where there is none, where it was written in a format not known here, or where a file is cut
    or damaged.
    """
    place = Path(folder)
    records = read_receipts(place)
    stamp = json.loads((place / STAMP).read_text("utf-8"))
    receipts: dict[str, Mapping[str, Any]] = {}
    for line, record in enumerate(records, start=1):
        parcel = record.get("parcel_id")
        if not isinstance(parcel, str) or parcel in receipts or not _is_whole(record):
            raise UsageError(Problem("damaged_run", str(place), found=f"{RECEIPTS} {line}"))
        receipts[parcel] = record
    if not receipts:
        raise UsageError(Problem("damaged_run", str(place), found=RECEIPTS))
    return WrittenRun(place, stamp, receipts)


def _is_whole(record: Mapping[str, Any]) -> bool:
    """Return whether a receipt has what a comparison reads of it."""
    criteria, reasons = record.get("criteria"), record.get("reasons")
    if not isinstance(criteria, list) or not isinstance(reasons, list) or not isinstance(record.get("status"), str):
        return False
    parts = all(isinstance(each, dict) and isinstance(each.get("name"), str) for each in criteria)
    said = all(isinstance(each, dict) and {"code", "subject", "zh", "en"} <= each.keys() for each in reasons)
    if not parts or not said or not _has_numbers(record, _NUMBERS):
        return False
    return all(_has_numbers(each, _CRITERION_NUMBERS) for each in criteria)


def _has_numbers(record: Mapping[str, Any], names: tuple[str, ...]) -> bool:
    """Return whether every named entry is there, a number or empty."""
    return all(name in record and (record[name] is None or isinstance(record[name], int | float)) for name in names)
