"""The tables of one GTFS feed, as text: from a zip or a folder, wherever in it they lie."""

import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from os import PathLike, fspath
from pathlib import Path, PurePosixPath
from typing import IO

import pandas as pd

from siting.base.errors import Problem

ANCHOR = "stops.txt"
NEEDED = ("agency.txt", "stops.txt", "trips.txt", "stop_times.txt")
IGNORED = ("pathways.txt", "levels.txt", "fare_attributes.txt", "fare_rules.txt", "shapes.txt")
COLUMNS: dict[str, tuple[str, ...]] = {
    "agency.txt": ("agency_timezone",),
    "stops.txt": ("stop_id", "stop_lat", "stop_lon"),
    "trips.txt": ("route_id", "service_id", "trip_id"),
    "stop_times.txt": ("trip_id", "arrival_time", "departure_time", "stop_id", "stop_sequence"),
    "calendar.txt": (
        *("service_id", "start_date", "end_date"),
        *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    ),
    "calendar_dates.txt": ("service_id", "date", "exception_type"),
    "frequencies.txt": ("trip_id", "start_time", "end_time", "headway_secs"),
    "transfers.txt": ("from_stop_id", "to_stop_id", "transfer_type"),
}
OPTIONAL: dict[str, tuple[str, ...]] = {
    "stops.txt": ("stop_name", "location_type", "parent_station"),
    "stop_times.txt": ("pickup_type", "drop_off_type", "shape_dist_traveled"),
    "frequencies.txt": ("exact_times",),
    "transfers.txt": ("min_transfer_time", "from_route_id", "to_route_id", "from_trip_id", "to_trip_id"),
}


@dataclass(frozen=True)
class Feed:
    """The tables of one feed, every cell text without blanks at its ends, and what reading found.

    A table that the feed lacks is absent; a known optional column that it lacks is empty text.
    """

    name: str
    tables: dict[str, pd.DataFrame]
    problems: list[Problem] = field(default_factory=list)


def read_feed(path: str | PathLike[str], *, unpacked_limit_mb: int) -> Feed:
    """Return the tables of a feed; what is missing, damaged or too large is a refusal among its problems."""
    name = fspath(path)
    feed = Feed(Path(name).stem, {})
    if not Path(name).exists():
        feed.problems.append(Problem("missing_file", name, found=name))
        return feed
    try:
        with _opened(Path(name)) as (sizes, open_member):
            _read_tables(feed, name, sizes, open_member, unpacked_limit_mb)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        feed.problems.append(Problem("damaged", name, found=str(error)))
    return feed


Opener = Callable[[str], IO[bytes]]


@contextmanager
def _opened(path: Path) -> Iterator[tuple[dict[str, int], Opener]]:
    """Yield the sizes of all members and a way to open one."""
    if path.is_dir():
        files = {each.relative_to(path).as_posix(): each for each in path.rglob("*.txt")}
        yield {name: each.stat().st_size for name, each in files.items()}, lambda name: files[name].open("rb")
        return
    with zipfile.ZipFile(path) as packed:
        # a member is never read beyond the size it states, so the stated sizes bound the memory
        yield {each.filename: each.file_size for each in packed.infolist()}, packed.open


def _read_tables(feed: Feed, file: str, sizes: dict[str, int], open_member: Opener, limit_mb: int) -> None:
    anchors = [PurePosixPath(name).parent for name in sizes if _is_anchor(name)]
    if len(anchors) != 1:
        code = "gtfs_two_feeds" if anchors else "gtfs_no_feed"
        feed.problems.append(Problem(code, file, found=", ".join(map(str, anchors))))
        return
    inside = {PurePosixPath(name).name: name for name in sizes if PurePosixPath(name).parent == anchors[0]}
    total_mb = sum(sizes[inside[table]] for table in COLUMNS if table in inside) / 1e6
    if total_mb > limit_mb:
        feed.problems.append(Problem("gtfs_too_big", file, found=f"{total_mb:.0f}", expected=str(limit_mb)))
        return
    feed.problems.extend(_missing_tables(file, inside))
    feed.problems.extend(Problem("gtfs_ignored", file, table, level="note") for table in IGNORED if table in inside)
    for table in COLUMNS:
        if table in inside:
            with open_member(inside[table]) as stream:
                _read_table(feed, file, table, stream)


def _is_anchor(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return parts[-1:] == (ANCHOR,) and "__MACOSX" not in parts


def _missing_tables(file: str, inside: dict[str, str]) -> list[Problem]:
    lost = [table for table in NEEDED if table not in inside]
    if "calendar.txt" not in inside and "calendar_dates.txt" not in inside:
        lost.append("calendar.txt / calendar_dates.txt")
    return [Problem("gtfs_missing_table", file, expected=table) for table in lost]


def _read_table(feed: Feed, file: str, table: str, stream: IO[bytes]) -> None:
    known = {*COLUMNS[table], *OPTIONAL.get(table, ())}
    try:
        read = pd.read_csv(
            stream,
            dtype=str,
            keep_default_na=False,
            encoding="utf-8-sig",
            skipinitialspace=True,
            usecols=lambda column: column.strip() in known,
        )
    except UnicodeDecodeError as error:
        feed.problems.append(Problem("gtfs_not_utf8", file, table, found=str(error)))
        return
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        feed.problems.append(Problem("damaged", file, table, found=str(error)))
        return
    read.columns = [str(column).strip() for column in read.columns]
    lost = [column for column in COLUMNS[table] if column not in read.columns]
    if lost:
        feed.problems.append(Problem("gtfs_missing_column", file, table, expected=", ".join(lost)))
        return
    for column in OPTIONAL.get(table, ()):
        if column not in read.columns:
            read[column] = ""
    feed.tables[table] = read.fillna("").apply(_stripped)


def _stripped(column: pd.Series) -> pd.Series:
    # millions of cells hold few different texts
    codes, texts = pd.factorize(column)
    clean = pd.Index([str(each).strip() for each in texts], dtype=object)
    return pd.Series(clean.to_numpy()[codes] if len(clean) else column, index=column.index, dtype=object)
