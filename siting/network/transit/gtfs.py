"""From GTFS feeds to the timetable of one day: every row is used, mended, or left out and said."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike, fspath
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd

from siting.base.errors import Problem, stop_on_refusal
from siting.network.transit.clock import DAY, clock_seconds, day_shift, parsed
from siting.network.transit.feed import Feed, read_feed
from siting.network.transit.service import Services
from siting.network.transit.stop_times import calls_of, listed
from siting.network.transit.timetable import HORIZON_S, Timetable, build_patterns
from siting.network.transit.transfers import transfers_of

Path = str | PathLike[str]
BOARDED = ("", "0")


@dataclass(frozen=True)
class _Part:
    """What one feed gives to the timetable; stops and trips are numbered within the feed."""

    feed: str
    zone: str
    stops: pd.DataFrame
    calls: pd.DataFrame
    trips: pd.DataFrame
    transfers: pd.DataFrame
    problems: list[Problem]
    ledger: list[tuple[str, str, str, int]]


def from_gtfs(paths: Path | Sequence[Path], *, date: dt.date | str, unpacked_limit_mb: int = 2000) -> Timetable:
    """Return the timetable of a service day from one or several feeds (zip files or folders), merged.

    `date` is a date or YYYY-MM-DD. Trips of the day before that run past midnight and trips of the day
    after up to 30:00 are in it. Times count from noon minus 12 hours, so a day of a clock change is right.
    Trips by headway (frequencies.txt) are laid out from the start of their period, and said. A stop is
    labelled by its id, with the file's stem before it where there are several feeds. Fares, shapes and
    pathways are not used, and said. `unpacked_limit_mb` bounds the unpacked tables of a feed.

    Raises InputProblems with everything found in all feeds: missing tables, columns or stops, times that
    cannot be read, feeds in different time zones, and no service on the date (with the dates served).
    ValueError for text that is no date.
    """
    day = dt.date.fromisoformat(date) if isinstance(date, str) else date
    each = [paths] if isinstance(paths, (str, PathLike)) else list(paths)
    problems: list[Problem] = []
    parts = [part for path in each if (part := _part(path, day, unpacked_limit_mb, problems)) is not None]
    zones = sorted({part.zone for part in parts})
    if len(zones) > 1:
        problems.append(
            Problem("gtfs_time_zones", ", ".join(fspath(path) for path in each), "agency.txt", found=", ".join(zones))
        )
    stop_on_refusal(problems)
    return _merged(parts, day, zones[0], tuple(problems))


def _part(path: Path, day: dt.date, limit_mb: int, problems: list[Problem]) -> _Part | None:
    """Return what a feed gives, or None after a refusal; all findings are added to `problems`."""
    file = fspath(path)
    feed = read_feed(path, unpacked_limit_mb=limit_mb)
    problems.extend(feed.problems)
    if any(problem.level == "refuse" for problem in feed.problems):
        return None
    zone, found = _zone(feed, file)
    services = Services(feed.tables, file)
    stops, strange = _stops(feed, file)
    calls, more, left_out = calls_of(feed.tables, stops["row"], file)
    found += [*services.problems, *strange, *more, *_twice(feed, file)]
    if not services.on(day):
        found.append(Problem("gtfs_no_service", file, found=str(day), expected=services.spells()))
    problems.extend(found)
    if any(problem.level == "refuse" for problem in found):
        return None
    ledger = [(feed.name, "stop_times.txt", reason, rows) for reason, rows in left_out.items()]
    trips = _running(feed, services, calls, day, zone, ledger)
    trips, calls, more = _with_frequencies(feed, trips, calls, file)
    transfers, also = transfers_of(feed.tables, stops, file)
    more += also + _unknown_services(feed, services, file)
    problems.extend(more)
    if any(problem.level == "refuse" for problem in more):
        return None
    ledger += _stop_rows(feed, stops, calls)
    return _Part(feed.name, zone, stops, calls, trips, transfers, problems, ledger)


def _zone(feed: Feed, file: str) -> tuple[str, list[Problem]]:
    zones = sorted(set(feed.tables["agency.txt"]["agency_timezone"]) - {""})
    if len(zones) > 1:
        return "", [Problem("gtfs_time_zones", file, "agency.txt", found=", ".join(zones))]
    zone = zones[0] if zones else ""
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, KeyError):
        return "", [Problem("gtfs_bad_value", file, "agency.txt agency_timezone", found=zone, expected="Asia/Shanghai")]
    return zone, []


def _stops(feed: Feed, file: str) -> tuple[pd.DataFrame, list[Problem]]:
    """Return all rows of stops.txt by stop_id with row, lon, lat, boarded; a called stop needs a position."""
    table = feed.tables["stops.txt"]
    lon, lat = (pd.to_numeric(table[name], errors="coerce") for name in ("stop_lon", "stop_lat"))
    called = table["stop_id"].isin(feed.tables["stop_times.txt"]["stop_id"])
    boarded = table["location_type"].isin(BOARDED)
    off_earth = ~(lon.between(-180, 180) & lat.between(-90, 90)) | ((lon == 0) & (lat == 0))
    problems = listed(
        "gtfs_no_position",
        file,
        [(f"stops.txt:{row + 2}", stop) for row, stop in table.loc[called & off_earth, "stop_id"].items()],
        "refuse",
    )
    problems += listed(
        "gtfs_not_boarded",
        file,
        [(f"stops.txt:{row + 2}", stop) for row, stop in table.loc[called & ~boarded, "stop_id"].items()],
        "warn",
    )
    stops = table.assign(lon=lon, lat=lat, boarded=boarded, row=np.arange(len(table))).set_index("stop_id", drop=False)
    return stops[~stops.index.duplicated()], problems


def _twice(feed: Feed, file: str) -> list[Problem]:
    found = []
    for name, key in (("stops.txt", "stop_id"), ("trips.txt", "trip_id")):
        table = feed.tables[name]
        found += [(f"{name}:{row + 2}", text) for row, text in table.loc[table.duplicated(key), key].items()]
    return listed("gtfs_repeated", file, found, "refuse")


def _unknown_services(feed: Feed, services: Services, file: str) -> list[Problem]:
    trips = feed.tables["trips.txt"]
    lost = trips[~trips["service_id"].isin(services.known)].drop_duplicates("service_id")
    found = [(f"trips.txt:{row + 2} {trip}", name) for row, trip, name in lost[["trip_id", "service_id"]].itertuples()]
    return listed("gtfs_unknown_service", file, found, "warn")


def _running(
    feed: Feed,
    services: Services,
    calls: pd.DataFrame,
    day: dt.date,
    zone: str,
    ledger: list[tuple[str, str, str, int]],
) -> pd.DataFrame:
    """Return trips (trip_id, route_id, day, shift) that run on the day, or into it from a day beside it."""
    trips = feed.tables["trips.txt"]
    spans = calls.groupby("trip_id").agg(first=("departure_s", "first"), last=("arrival_s", "last"))
    trips = trips.join(spans, on="trip_id", how="left")
    usable = trips["first"].notna()
    midnight = clock_seconds("0:00", day, zone)
    parts = []
    for offset in (-1, 0, 1):
        shift = day_shift(day, offset, zone)
        then = usable & trips["service_id"].isin(services.on(day + offset * DAY))
        if offset == -1:
            then &= (trips["last"] + shift >= midnight) | trips["trip_id"].isin(_by_headway(feed))
        elif offset == 1:
            then &= (trips["first"] + shift < HORIZON_S) | trips["trip_id"].isin(_by_headway(feed))
        parts.append(trips.loc[then, ["trip_id", "route_id"]].assign(day=offset, shift=shift))
        what = {-1: "runs on the day before", 0: "runs on the date", 1: "runs on the day after"}[offset]
        ledger.append((feed.name, "trips.txt", what, int(then.sum())))
    running = pd.concat(parts, ignore_index=True)
    unused = usable & ~trips["trip_id"].isin(running["trip_id"])
    ledger.append((feed.name, "trips.txt", "does not run then", int(unused.sum())))
    ledger.append((feed.name, "trips.txt", "without usable calls", int((~usable).sum())))
    return running


def _by_headway(feed: Feed) -> set[str]:
    table = feed.tables.get("frequencies.txt")
    return set() if table is None else set(table["trip_id"])


def _with_frequencies(
    feed: Feed, trips: pd.DataFrame, calls: pd.DataFrame, file: str
) -> tuple[pd.DataFrame, pd.DataFrame, list[Problem]]:
    """Return trips with those by headway laid out one by one; `by_frequency` marks them, shift places each."""
    trips = trips.assign(by_frequency=False)
    table = feed.tables.get("frequencies.txt")
    if table is None or table.empty:
        return trips, calls, []
    periods = pd.DataFrame({"trip_id": table["trip_id"], "exact": table["exact_times"] == "1"})
    periods["start"], periods["end"] = parsed(table["start_time"]), parsed(table["end_time"])
    periods["headway"] = pd.to_numeric(table["headway_secs"], errors="coerce").fillna(0)
    bad = (periods["headway"] <= 0) | (periods["start"] < 0) | (periods["end"] < 0)
    found = [(f"frequencies.txt:{row + 2}", text) for row, text in periods.loc[bad, "trip_id"].items()]
    problems = listed("gtfs_bad_value", file, found, "refuse", expected="headway_secs > 0, H:MM:SS")
    if problems:
        return trips, calls, problems
    lost = periods[~periods["trip_id"].isin(feed.tables["trips.txt"]["trip_id"])]
    found = [(f"frequencies.txt:{row + 2}", text) for row, text in lost["trip_id"].items()]
    problems = listed("gtfs_unknown_trip", file, found, "warn")
    loose = periods.loc[~periods["exact"], "trip_id"].nunique()
    if loose:
        problems.append(Problem("gtfs_frequency", file, "frequencies.txt", found=str(loose), level="note"))
    spans = calls.groupby("trip_id").agg(first=("departure_s", "first"), last=("arrival_s", "last"))
    return _laid_out(trips, periods, spans["first"], spans["last"]), calls, problems


def _laid_out(trips: pd.DataFrame, periods: pd.DataFrame, first: pd.Series, last: pd.Series) -> pd.DataFrame:
    """Replace each trip with periods by its departures from start (included) to end (not included)."""
    counts = np.maximum(np.ceil((periods["end"] - periods["start"]) / periods["headway"]), 0).astype(int)
    starts = periods.loc[periods.index.repeat(counts)].reset_index(drop=True)
    step = np.concatenate([np.arange(count) for count in counts]) if len(counts) else np.empty(0)
    starts["at"] = np.rint(starts["start"] + step * starts["headway"]).astype(np.int64)
    loose = trips[trips["trip_id"].isin(periods["trip_id"])].merge(starts[["trip_id", "at"]], on="trip_id")
    begins = loose["at"] + loose["shift"]
    loose["shift"] = begins - first.reindex(loose["trip_id"]).to_numpy()
    ends = loose["shift"] + last.reindex(loose["trip_id"]).to_numpy()
    loose = loose[(begins < HORIZON_S) & ((ends >= 0) | (loose["day"] >= 0))].assign(by_frequency=True)
    return pd.concat([trips[~trips["trip_id"].isin(periods["trip_id"])], loose], ignore_index=True)


def _stop_rows(feed: Feed, stops: pd.DataFrame, calls: pd.DataFrame) -> list[tuple[str, str, str, int]]:
    called = stops["row"].isin(calls["stop"])
    rows = feed.tables["stop_times.txt"]
    return [
        (feed.name, "stops.txt", "called at", int(called.sum())),
        (feed.name, "stops.txt", "never called at", int((~called).sum())),
        (feed.name, "stop_times.txt", "used or of trips that do not run then", len(calls)),
        (feed.name, "stop_times.txt", "read", len(rows)),
    ]


def _merged(parts: list[_Part], day: dt.date, zone: str, problems: tuple[Problem, ...]) -> Timetable:
    """Return one timetable; stops are numbered by label, so that the order of rows and feeds does not matter."""
    several = len(parts) > 1
    names = _distinct([part.feed for part in parts])
    calls: list[pd.DataFrame] = []
    trips: list[pd.DataFrame] = []
    stops: list[pd.DataFrame] = []
    transfers: list[pd.DataFrame] = []
    ledger: list[tuple[str, str, str, int]] = []
    for name, part in zip(names, parts, strict=True):
        own, rows = _day_calls(part)
        labels = part.stops["stop_id"].map(lambda stop, name=name: f"{name}:{stop}" if several else stop)
        by_row = pd.Series(labels.to_numpy(), index=part.stops["row"])
        trips.append(own.assign(feed=name))
        calls.append(rows.assign(label=by_row.reindex(rows["stop"]).to_numpy(), feed_no=len(calls)))
        stops.append(part.stops.assign(label=labels.to_numpy(), feed=name))
        ends = {end: by_row.reindex(part.transfers[end]).to_numpy() for end in ("from_stop", "to_stop")}
        transfers.append(part.transfers.assign(**ends))
        ledger += part.ledger
    every_call = pd.concat(calls, ignore_index=True)
    served = np.sort(every_call["label"].unique())
    every_stop = pd.concat(stops, ignore_index=True).set_index("label").loc[served]
    points = gpd.points_from_xy(every_stop["lon"], every_stop["lat"], crs="EPSG:4326")
    described = every_stop[["stop_id", "stop_name", "feed"]].rename(columns={"stop_name": "name"})
    table = gpd.GeoDataFrame(described, geometry=points).rename_axis("stop")
    every_call["stop"] = table.index.get_indexer(every_call["label"])
    all_trips = pd.concat(trips, ignore_index=True)
    sizes = [len(each) for each in trips]
    every_call["trip"] += (np.cumsum(sizes) - sizes)[every_call["feed_no"].to_numpy()]
    patterns, ordered = build_patterns(every_call, all_trips)
    links = pd.concat(transfers, ignore_index=True)
    for end in ("from_stop", "to_stop"):
        links[end] = table.index.get_indexer(links[end])
    links = links[(links["from_stop"] >= 0) & (links["to_stop"] >= 0)].drop_duplicates()
    columns = ["feed", "file", "what", "rows"]
    return Timetable(
        date=day,
        zone=zone,
        stops=table,
        patterns=patterns,
        trips=ordered[["trip_id", "route_id", "feed", "day", "pattern", "by_frequency"]],
        transfers=links.sort_values(list(links.columns)).reset_index(drop=True),
        problems=problems,
        ledger=pd.DataFrame(ledger, columns=columns),
    )


def _distinct(names: list[str]) -> list[str]:
    return [name if names.count(name) == 1 else f"{name}#{names[: i + 1].count(name)}" for i, name in enumerate(names)]


def _day_calls(part: _Part) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the trips in a fixed order and their calls, shifted into the asked day."""
    trips = part.trips.sort_values(["day", "trip_id", "shift"], kind="stable").reset_index(drop=True)
    ids = part.calls["trip_id"].to_numpy()
    first = np.flatnonzero(np.concatenate([[True], ids[1:] != ids[:-1]]))
    spans = pd.DataFrame({"start": first, "size": np.diff(np.append(first, len(ids)))}, index=ids[first])
    starts, sizes = (spans[name].reindex(trips["trip_id"]).to_numpy(np.int64) for name in ("start", "size"))
    trip = np.repeat(np.arange(len(trips)), sizes)
    within = np.arange(len(trip)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    rows = part.calls.iloc[starts[trip] + within][["stop", "arrival_s", "departure_s", "board", "alight"]]
    shift = trips["shift"].to_numpy(np.int64)[trip]
    moved = rows.assign(trip=trip, arrival_s=rows["arrival_s"] + shift, departure_s=rows["departure_s"] + shift)
    return trips, moved.reset_index(drop=True)
