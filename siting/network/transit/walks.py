"""Walks of a journey as compressed rows: door to stop, stop to stop, stop to door, door to door."""

from typing import NamedTuple, TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from siting.base.columns import MS_PER_MINUTE
from siting.base.travel import TravelCosts
from siting.network.graph import Network
from siting.network.reach import travel_costs
from siting.network.transit.journey import Journey
from siting.network.transit.timetable import Timetable
from siting.network.transit.transfers import FORBIDDEN, MINIMUM

Ints = npt.NDArray[np.int64]
Int32s = npt.NDArray[np.int32]
Shapes: TypeAlias = gpd.GeoDataFrame | gpd.GeoSeries


class Walk(NamedTuple):
    """From row r to heads[starts[r]:starts[r + 1]] in ms, the nearest first."""

    starts: Int32s
    heads: Int32s
    ms: Int32s


class Walks(NamedTuple):
    """access and footpaths end when one is ready to board, the board slack included."""

    access: Walk
    footpaths: Walk
    egress: Walk
    direct: Walk


def walks_of(timetable: Timetable, walk: Network, origins: Shapes, places: Shapes, journey: Journey) -> Walks:
    """Return the walks of a question, searched on the street network; journeys run from origins to places."""
    stops, slack = timetable.stops, journey.board_slack_s * 1000
    snap_m = journey.snap_m
    to_stop = travel_costs(walk, origins, stops, cutoff=journey.walk_cutoff, snap_m=snap_m)
    # searched backwards from the places, which are fewer than the stops of a region
    from_stop = travel_costs(walk, places, stops, cutoff=journey.walk_cutoff, direction="from", snap_m=snap_m)
    direct = travel_costs(walk, origins, places, cutoff=journey.cutoff, snap_m=snap_m)
    origin, stop, ms = pairs(to_stop, origins.index, stops.index)
    place, leaving, ms_out = pairs(from_stop, places.index, stops.index)
    return Walks(
        access=rows_of(origin, stop, ms + slack, len(origins)),
        footpaths=_footpaths(timetable, walk, journey),
        egress=rows_of(leaving, place, ms_out, len(stops)),
        direct=rows_of(*pairs(direct, origins.index, places.index), len(origins)),
    )


def pairs(costs: TravelCosts, rows: pd.Index, heads: pd.Index) -> tuple[Ints, Ints, Ints]:
    """Return row number, head number and whole milliseconds of every pair."""
    table = costs.table()
    ms = np.rint(table["minutes"].to_numpy(np.float64) * MS_PER_MINUTE).astype(np.int64)
    return rows.get_indexer(table["origin"]), heads.get_indexer(table["destination"]), ms


def rows_of(rows: Ints, heads: Ints, ms: Ints, size: int) -> Walk:
    """Return pairs as compressed rows, each by time and then head."""
    order = np.lexsort((heads, ms, rows))
    starts = np.searchsorted(rows[order], np.arange(size + 1))
    return Walk(starts.astype(np.int32), heads[order].astype(np.int32), ms[order].astype(np.int32))


def transfer_links(timetable: Timetable, walk: Network, transfer_cutoff: float) -> tuple[Ints, Ints, Ints, Ints]:
    """Return from stop, to stop, walking ms and least ms of every possible change, the same stop included.

    Forbidden changes are absent. A change that transfers.txt names without a walk on the streets within
    `transfer_cutoff` takes the straight line at walking speed.
    """
    stops = timetable.stops
    walked = travel_costs(walk, stops, stops, cutoff=transfer_cutoff)
    tail, head, ms = pairs(walked, stops.index, stops.index)
    own = np.arange(len(stops))
    table = pd.DataFrame({"tail": np.append(tail, own), "head": np.append(head, own), "ms": np.append(ms, 0 * own)})
    table = table.groupby(["tail", "head"], as_index=False).min()
    rules = timetable.transfers.rename(columns={"from_stop": "tail", "to_stop": "head"})
    rules = rules.groupby(["tail", "head"], as_index=False).agg({"kind": "max", "min_s": "max"})
    table = table.merge(rules, on=["tail", "head"], how="outer").sort_values(["tail", "head"])
    table = table[table["kind"] != FORBIDDEN]
    least = table["min_s"].where(table["kind"] == MINIMUM, 0).fillna(0) * 1000
    points = stops.geometry.to_crs(walk.crs)
    ends = (points.iloc[table[end].to_numpy(np.int64)].reset_index(drop=True) for end in ("tail", "head"))
    straight = np.rint(next(ends).distance(next(ends)).to_numpy() * 3600 / walk.access_kmh)
    ms = np.where(table["ms"].isna(), straight, table["ms"]).astype(np.int64)
    return table["tail"].to_numpy(np.int64), table["head"].to_numpy(np.int64), ms, least.to_numpy(np.int64)


def _footpaths(timetable: Timetable, walk: Network, journey: Journey) -> Walk:
    tail, head, ms, least = transfer_links(timetable, walk, journey.transfer_cutoff)
    return rows_of(tail, head, np.maximum(ms + journey.board_slack_s * 1000, least), len(timetable.stops))
