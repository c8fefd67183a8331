"""The ground that pipes lie in: streets cut where parcels and sources meet them, and the shortest ways along them."""

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from siting.network import Network, snap
from siting.network.ends import entrances

TICKS = 10_000
"""Parts of a metre that lengths are counted in."""
TAP_M = 10.0
"""A main may be tapped at its vertices and at least every so many metres: its nearest point is missed by half at most."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


class Ground(NamedTuple):
    """Streets cut where parcels and sources meet them; ticks along them both ways.

    Nodes: those of the network, the cuts, then one for each source (only ways out), then one for each parcel
    (only ways in, so that no pipe goes through a parcel). sources: sorted by id, with capacity and ready_date.
    """

    graph: csr_array
    sources: pd.DataFrame
    first_source: int
    first_parcel: int


def cut_ground(net: Network, snaps: pd.DataFrame, sources: gpd.GeoDataFrame, snap_m: float | None) -> Ground:
    """Return the streets cut where the rows of `snaps` (of parcels) and the sources meet them."""
    ranked = sources.iloc[np.argsort(sources.index.astype(str), kind="stable")]
    taps, owner = taps_of(ranked.geometry)
    ends = [_ends(net, snaps), _ends(net, snap(net, taps, limit_m=snap_m))]
    edge, fraction = (np.concatenate([each[i] for each in ends]) for i in (1, 2))
    streets, node, size = _cut_streets(net, edge, fraction)
    parcels = len(ends[0][0])
    first_parcel = size + len(ranked)
    arcs = [
        *streets,
        (size + owner[ends[1][0]], node[parcels:], ends[1][3]),
        (node[:parcels], first_parcel + ends[0][0], ends[0][3]),
    ]
    known = pd.DataFrame({"capacity": numbers_of(ranked, "capacity"), "ready_date": _days(ranked)}, index=ranked.index)
    return Ground(_matrix(arcs, first_parcel + len(snaps)), known, size, first_parcel)


def taps_of(shapes: gpd.GeoSeries) -> tuple[gpd.GeoSeries, Ints]:
    """Return where sources may be joined, and the number of the source of each: mains all along, others as drawn."""
    plain = np.asarray(shapes.to_numpy(), object)
    is_line = np.isin(shapely.get_type_id(plain), (1, 2, 5))
    lines, others = np.flatnonzero(is_line), np.flatnonzero(~is_line)
    xy, number = shapely.get_coordinates(shapely.segmentize(plain[lines], TAP_M), return_index=True)
    points = np.concatenate([plain[others], shapely.points(xy)])
    return gpd.GeoSeries(points, crs=shapes.crs), np.concatenate([others, lines[number]]).astype(np.int64)


def _ends(net: Network, snaps: pd.DataFrame) -> tuple[Ints, Ints, Floats, Ints]:
    """Return row, edge, fraction and ticks of the straight leg of every way onto the streets."""
    by = entrances(net, snaps)
    return by.row, by.edge, by.fraction, ticks_of(snaps["distance_m"].to_numpy(np.float64)[by.row])


def _cut_streets(net: Network, edge: Ints, fraction: Floats) -> tuple[list[tuple[Ints, Ints, Ints]], Ints, int]:
    """Return arcs both ways between neighbours on the streets, the node of each cut, and the number of nodes."""
    size = len(net.node_xy)
    node = np.where(fraction >= 1, net.edge_to[edge], net.edge_from[edge])
    inner = (fraction > 0) & (fraction < 1)
    spots, number = np.unique(np.column_stack([edge[inner], fraction[inner]]), axis=0, return_inverse=True)
    node[inner] = size + number.reshape(-1)
    on = spots[:, 0].astype(np.int64)
    edges = np.arange(len(net.edge_from))
    chain = np.concatenate([edges, on, edges])
    share = np.concatenate([np.zeros(len(edges)), spots[:, 1], np.ones(len(edges))])
    stop = np.concatenate([net.edge_from, size + np.arange(len(on)), net.edge_to])
    order = np.lexsort((share, chain))
    chain, stop = chain[order], stop[order]
    at = np.rint(share[order] * ticks_of(net.edge_length_m)[chain]).astype(np.int64)
    near = chain[1:] == chain[:-1]
    tail, head, ticks = stop[:-1][near], stop[1:][near], np.diff(at)[near]
    return [(tail, head, ticks), (head, tail, ticks)], node, size + len(on)


def _matrix(arcs: list[tuple[Ints, Ints, Ints]], size: int) -> csr_array:
    """Return a square matrix of the least of parallel arcs, zeros stored."""
    tails, heads, ticks = (np.concatenate([part[i] for part in arcs]) for i in range(3))
    order = np.lexsort((ticks, heads, tails))
    tails, heads, ticks = tails[order], heads[order], ticks[order]
    first = np.ones(len(tails), bool)
    first[1:] = (tails[1:] != tails[:-1]) | (heads[1:] != heads[:-1])
    first &= tails != heads
    starts = np.searchsorted(tails[first], np.arange(size + 1)).astype(np.int32)
    return csr_array((ticks[first].astype(np.float64), heads[first].astype(np.int32), starts), shape=(size, size))


def nearest_source(ground: Ground, usable: Mask) -> tuple[Floats, Ints]:
    """Return ticks to, and number of, the nearest usable source of each parcel, the first id among equals; inf, -1.

    Ticks times a power of two plus the source's number order ways by length and then by source, exactly.
    """
    parcels = ground.graph.shape[0] - ground.first_parcel
    chosen = np.flatnonzero(usable)
    if not len(chosen) or not parcels:
        return np.full(parcels, np.inf), np.full(parcels, -1, np.int64)
    scale = 1 << len(usable).bit_length()
    graph, origin = ground.graph, ground.first_source
    keys = graph.data * scale
    span = slice(graph.indptr[origin], graph.indptr[ground.first_parcel])
    keys[span] += np.repeat(np.arange(len(usable)), np.diff(graph.indptr[origin : ground.first_parcel + 1]))
    numbered = csr_array((keys, graph.indices, graph.indptr), shape=graph.shape)
    found = dijkstra(numbered, indices=origin + chosen, min_only=True)[ground.first_parcel :]
    is_met = np.isfinite(found)
    ticks, source = np.divmod(np.where(is_met, found, 0), scale)
    return np.where(is_met, ticks, np.inf), np.where(is_met, source, -1).astype(np.int64)


def walked_back(before: npt.NDArray[np.int32], goals: Ints) -> tuple[Ints, Ints]:
    """Return owner (position in `goals`) and head of every arc from the root of a tree to the goals."""
    who, node = np.arange(len(goals)), goals
    owners, heads = [], []
    while len(who):
        owners.append(who)
        heads.append(node)
        node = before[node].astype(np.int64)
        on = before[node] >= 0
        who, node = who[on], node[on]
    return np.concatenate(owners), np.concatenate(heads)


def split_by_weight(arc: Ints, upto: Floats, weight: Floats) -> Floats:
    """Return the share of each user of an arc, who pays from its start up to some way along it, by weight.

    Between two neighbouring ends the arc is shared by those who pay further.
    """
    order = np.lexsort((upto, arc))
    arc, upto, weight = arc[order], upto[order], weight[order]
    is_first = np.diff(arc, prepend=-1) != 0
    group = np.cumsum(is_first) - 1
    step = np.where(is_first, upto, np.diff(upto, prepend=0.0))
    total = np.bincount(group, weight)
    earlier = np.cumsum(weight) - weight
    still = total[group] - (earlier - earlier[is_first][group])
    rate = np.cumsum(step / still)
    rate -= (rate - step / still)[is_first][group]
    share = np.empty(len(arc))
    share[order] = weight * rate
    return share


def numbers_of(sources: pd.DataFrame, name: str) -> pd.Series:
    """Return a column as floats, NaN where there is none."""
    return sources[name].astype(float) if name in sources.columns else pd.Series(np.nan, sources.index)


def _days(sources: pd.DataFrame) -> pd.Series:
    if "ready_date" not in sources.columns:
        return pd.Series(pd.NaT, sources.index, dtype="datetime64[s]")
    return as_days(sources["ready_date"])


def as_days(column: pd.Series) -> pd.Series:
    """Return days; text must be year-month-day or empty, as the reader of layers leaves it."""
    if column.dtype == object:
        column = pd.to_datetime(column.where(column != "", None), format="%Y-%m-%d")
    return column.astype("datetime64[s]")


def ticks_of(metres: Floats) -> Ints:
    """Return metres in whole tenths of a millimetre."""
    return np.rint(metres * TICKS).astype(np.int64)
