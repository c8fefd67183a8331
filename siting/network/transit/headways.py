"""A timetable where no feed exists: lines on the map, how often they run, and the stops along them."""

import zlib
from typing import Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from siting.base.errors import Problem, stop_on_refusal
from siting.network.transit.clock import seconds_of
from siting.network.transit.stop_times import listed
from siting.network.transit.timetable import Timetable, build_patterns
from siting.network.transit.transfers import COLUMNS as TRANSFER_COLUMNS

Phase = Literal["spread", "together"]
FEED = "headways"
AHEAD, BACK = 0, 1


def from_headways(
    lines: gpd.GeoDataFrame,
    stops: gpd.GeoDataFrame,
    *,
    hours: tuple[str, str],
    speed_kmh: float | None = None,
    within_m: float | None = None,
    both_ways: bool = True,
    phase: Phase = "spread",
) -> Timetable:
    """Return a day made from lines (name, headway_min; also run_min or speed_kmh, first, last) and stop points.

    Where `stops` has columns line and order, those are the calls of the line of that name; else a line calls
    at every stop within `within_m` metres of it, in the order along it (a ring ends at its first stop). A line
    takes run_min from end to end, else runs at its speed_kmh, else at `speed_kmh` (stops included), evenly.
    It leaves its ends every headway_min from first to last (HH:MM, both included), else within `hours`. With
    phase "spread" each direction starts after a fixed share of its headway drawn from its name, so that
    changes are neither all met nor all missed; "together": on the stroke of `first`.

    Lines with fewer than two stops are left out and said, stops on no line are noted. Raises InputProblems
    for headways, speeds, times and shapes that cannot be used, and where no line is left.
    """
    if "line" not in stops.columns and within_m is None:
        msg = "stops have no column line; say within how many metres of a line they belong to it (within_m)"
        raise ValueError(msg)
    crs = lines.estimate_utm_crs() if lines.crs is None or lines.crs.is_geographic else lines.crs
    drawn = lines.to_crs(crs).reset_index(drop=True).sort_values("name", kind="stable")
    table = stops.assign(label=stops.index.map(str)).to_crs(crs).sort_values("label").reset_index(drop=True)
    problems = _unusable(drawn, speed_kmh, hours)
    stop_on_refusal(problems)
    routes = {row.name: _along(row, table, within_m) for _, row in drawn.set_index("name", drop=False).iterrows()}
    short = [name for name, route in routes.items() if len(route) < 2]
    level: Literal["warn", "refuse"] = "refuse" if len(short) == len(routes) else "warn"
    problems += [Problem("line_few_stops", where=str(name), level=level) for name in short]
    called = {stop for route in routes.values() for stop in route["stop"]}
    lost = table.loc[~table.index.isin(called), "label"]
    problems += listed("stop_off_lines", "", [(label, "") for label in lost], "note")
    stop_on_refusal(problems)
    runs = [_runs(row, routes[row["name"]], speed_kmh, hours, phase, both_ways) for _, row in drawn.iterrows()]
    return _assembled([each for run in runs for each in run], table, tuple(problems))


def _unusable(lines: gpd.GeoDataFrame, speed_kmh: float | None, hours: tuple[str, str]) -> list[Problem]:
    found = []
    for _, row in lines.iterrows():
        name = str(row["name"])
        if not _positive(row["headway_min"]):
            found.append(Problem("line_headway", where=name, found=str(row["headway_min"])))
        speeds = [row.get("run_min"), row.get("speed_kmh"), speed_kmh]
        if not any(_positive(speed) for speed in speeds):
            found.append(Problem("line_speed", where=name))
        first, last = (seconds_of(text) for text in _hours(row, hours))
        if first < 0 or last < first:
            found.append(Problem("line_hours", where=name, found="-".join(_hours(row, hours))))
        if not isinstance(_one_line(row.geometry), shapely.LineString):
            found.append(Problem("line_parts", where=name, found=str(getattr(row.geometry, "geom_type", None))))
    found += [Problem("line_repeated", where=str(name)) for name in lines.loc[lines.duplicated("name"), "name"]]
    return found


def _positive(value: object) -> bool:
    return isinstance(value, (int, float, np.number)) and bool(np.isfinite(value)) and float(value) > 0


def _hours(row: pd.Series, hours: tuple[str, str]) -> tuple[str, str]:
    own = (row.get("first"), row.get("last"))
    return tuple(text if isinstance(text, str) and text else usual for text, usual in zip(own, hours, strict=True))  # type: ignore[return-value]


def _one_line(shape: shapely.Geometry | None) -> shapely.Geometry | None:
    if isinstance(shape, shapely.MultiLineString):
        merged: shapely.Geometry = shapely.line_merge(shape)
        return merged
    return None if shape is None or shape.is_empty else shape


def _along(line: pd.Series, stops: gpd.GeoDataFrame, within_m: float | None) -> pd.DataFrame:
    """Return stop (row) and share of the way, 0 to 1, of every call of a line."""
    shape = _one_line(line.geometry)
    points = stops.geometry.to_numpy()
    if "line" in stops.columns:
        own = stops[stops["line"].astype(str) == str(line["name"])].sort_values("order", kind="stable")
        at = own.index.to_numpy()
        steps = shapely.distance(points[at[:-1]], points[at[1:]])
        gone = np.concatenate([[0.0], np.cumsum(steps)])[: len(at)]
        return pd.DataFrame({"stop": at, "share": gone / max(gone[-1] if len(gone) else 0.0, 1e-9)})
    near = np.flatnonzero(shapely.distance(points, shape) <= (within_m or 0.0))
    share = shapely.line_locate_point(shape, points[near], normalized=True)
    route = pd.DataFrame({"stop": near, "share": share}).sort_values(["share", "stop"]).reset_index(drop=True)
    if shapely.is_closed(shape) and len(route) > 1:
        home = pd.DataFrame({"stop": route["stop"].iloc[[0]], "share": 1.0 + route["share"].iloc[[0]]})
        route = pd.concat([route, home], ignore_index=True)
    return route


Run = tuple[str, int, npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]
"""Name, direction, stops, seconds after departure, departures."""


def _runs(
    line: pd.Series,
    route: pd.DataFrame,
    speed_kmh: float | None,
    hours: tuple[str, str],
    phase: Phase,
    both_ways: bool,
) -> list[Run]:
    if len(route) < 2:
        return []
    name, headway_s = str(line["name"]), float(line["headway_min"]) * 60
    first, last = (seconds_of(text) for text in _hours(line, hours))
    way_s = _way_s(line, speed_kmh)
    stops, share = route["stop"].to_numpy(np.int64), route["share"].to_numpy(np.float64)
    runs = []
    for way in (AHEAD, BACK) if both_ways else (AHEAD,):
        order = slice(None) if way == AHEAD else slice(None, None, -1)
        after = np.abs(share - share[order][0])[order] * way_s
        drawn = zlib.crc32(f"{name}|{way}".encode()) / 2**32 if phase == "spread" else 0.0
        count = int((last - first - drawn * headway_s) // headway_s) + 1
        leaving = first + np.rint((np.arange(max(count, 0)) + drawn) * headway_s)
        runs.append((name, way, stops[order], np.rint(after).astype(np.int64), leaving.astype(np.int64)))
    return runs


def _way_s(line: pd.Series, speed_kmh: float | None) -> float:
    if _positive(line.get("run_min")):
        return float(line["run_min"]) * 60
    kmh = line.get("speed_kmh") if _positive(line.get("speed_kmh")) else speed_kmh
    return float(line.geometry.length) * 3.6 / float(kmh or 0)


def _assembled(runs: list[Run], stops: gpd.GeoDataFrame, problems: tuple[Problem, ...]) -> Timetable:
    trips: list[tuple[str, str]] = []
    calls: list[pd.DataFrame] = []
    for name, way, at, after, leaving in runs:
        for number, start in enumerate(leaving.tolist()):
            times = start + after
            each = {"trip": len(trips), "stop": at, "arrival_s": times, "departure_s": times}
            calls.append(pd.DataFrame(each))
            trips.append((f"{name}|{way}|{number}", name))
    served = sorted({int(stop) for _, _, at, _, _ in runs for stop in at})
    kept = stops.iloc[served].to_crs("EPSG:4326")
    names = kept["name"].astype(str) if "name" in kept.columns else kept["label"]
    columns = {"stop_id": kept["label"].to_numpy(), "name": names.to_numpy(), "feed": FEED}
    table = gpd.GeoDataFrame(
        columns, geometry=kept.geometry.to_numpy(), index=pd.Index(kept["label"], name="stop"), crs=kept.crs
    )
    every = pd.concat(calls, ignore_index=True).assign(board=True, alight=True)
    every["stop"] = np.searchsorted(served, every["stop"])
    listed = pd.DataFrame(trips, columns=["trip_id", "route_id"]).assign(feed=FEED, day=0)
    patterns, ordered = build_patterns(every, listed)
    return Timetable(
        date=None,
        zone="",
        stops=table,
        patterns=patterns,
        trips=ordered.assign(by_frequency=True)[["trip_id", "route_id", "feed", "day", "pattern", "by_frequency"]],
        transfers=pd.DataFrame(columns=TRANSFER_COLUMNS),
        problems=problems,
    )
