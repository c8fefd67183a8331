"""GTFS feeds written by the tests, and an oracle for journeys that is not ours: a connection scan."""

import itertools
import zipfile
from collections import defaultdict
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from siting.network.transit import Journey, Timetable
from siting.network.transit.walks import Walks
from tests.towns import CRS, XY

DATE = "2025-05-14"
"""A Wednesday."""
WEDNESDAY = "20250514"
NEVER = 2**31 - 1
CALENDAR = [
    "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date",
    "daily,1,1,1,1,1,1,1,20250101,20251231",
]


def lon_lat(xy: XY) -> tuple[float, float]:
    """Return WGS 84 degrees of a point of the drawn towns."""
    point = gpd.GeoSeries([shapely.Point(xy)], crs=CRS).to_crs("EPSG:4326").iloc[0]
    return point.x, point.y


def tables(stops: dict[str, XY], trips: dict[str, list[tuple[str, str]]], **more: list[str]) -> dict[str, list[str]]:
    """Return the lines of a feed: trips are lists of (stop, time) or (stop, arrival/departure)."""
    places = ["stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station"]
    for name, xy in stops.items():
        lon, lat = lon_lat(xy)
        places.append(f"{name},{name},{lat!r},{lon!r},0,")
    calls = ["trip_id,arrival_time,departure_time,stop_id,stop_sequence"]
    for trip, row in trips.items():
        for number, (stop, times) in enumerate(row):
            arrival, _, departure = times.partition("/")
            calls.append(f"{trip},{arrival},{departure or arrival},{stop},{number}")
    made = {
        "agency": ["agency_id,agency_name,agency_url,agency_timezone", "a,a,http://a,Asia/Shanghai"],
        "stops": places,
        "routes": ["route_id,route_type", "r,3"],
        "trips": ["route_id,service_id,trip_id", *(f"r,daily,{trip}" for trip in trips)],
        "stop_times": calls,
        "calendar": list(CALENDAR),
    }
    return made | more


def write_feed(path: Path, made: dict[str, list[str]], *, folder: str = "", bom: bool = False) -> Path:
    """Write the lines of a feed as a zip."""
    with zipfile.ZipFile(path, "w") as packed:
        for name, lines in made.items():
            content = "\n".join(lines) + "\n"
            packed.writestr(f"{folder}{name}.txt", content.encode("utf-8-sig" if bom else "utf-8"))
    return path


def connections(timetable: Timetable) -> list[tuple[int, int, int, int, int, int, bool, bool]]:
    """Return hops (departure ms, arrival ms, trip, sequence, from, to, board, alight) by departure."""
    calls = timetable.calls()
    columns = [calls[name].tolist() for name in ("trip", "stop", "arrival_s", "departure_s", "board", "alight")]
    rows = list(zip(*columns, strict=True))
    hops = [
        (a[3] * 1000, b[2] * 1000, a[0], number, a[1], b[1], a[4], b[5])
        for number, (a, b) in enumerate(itertools.pairwise(rows))
        if a[0] == b[0]
    ]
    return sorted(hops)


def scanned(hops: list[tuple], walks: Walks, start: int, leave: int, journey: Journey) -> dict[int, int]:
    """Return travel ms by place for one departure: hops in order of departure (Dibbelt et al. 2018), by boardings."""
    most, bound = journey.boardings, leave + journey.cutoff_ms
    ready = defaultdict(lambda: [NEVER] * (most + 1))
    landed = defaultdict(lambda: [NEVER] * (most + 1))
    for stop, ms in _row(walks.access, start):
        ready[stop] = [leave + ms] * (most + 1)
    aboard: dict[int, int] = {}
    near = [hop for hop in hops if leave <= hop[0] and hop[1] <= bound]
    changed = True
    while changed:  # hops that take no time may stand in any order
        changed = False
        for departure, arrival, trip, _, tail, head, board, alight in near:
            at = ready.get(tail)
            fewest = next((k + 1 for k in range(most) if at[k] <= departure), most + 1) if board and at else most + 1
            used = min(aboard.get(trip, most + 1), fewest) if trip in aboard or fewest <= most else most + 1
            if used > most:
                continue
            aboard[trip] = used
            if alight and arrival < landed[head][used]:
                changed = True
                _lower(landed[head], used, arrival)
                for stop, ms in _row(walks.footpaths, head):
                    _lower(ready[stop], used, arrival + ms)
        aboard = {}
    found: dict[int, int] = {}
    for stop, times in landed.items():
        for place, ms in _row(walks.egress, stop):
            there = times[most] + ms
            if there <= bound:
                found[place] = min(found.get(place, NEVER), there - leave)
    return found


def _lower(row: list[int], start: int, value: int) -> None:
    for k in range(start, len(row)):
        row[k] = min(row[k], value)


def _row(walk, row: int) -> list[tuple[int, int]]:
    span = slice(walk.starts[row], walk.starts[row + 1])
    return list(zip(np.asarray(walk.heads)[span].tolist(), np.asarray(walk.ms)[span].tolist(), strict=True))
