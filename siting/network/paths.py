"""The way itself: lines along the streets for chosen pairs of origins and places."""

from collections.abc import Iterator
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse.csgraph import dijkstra

from siting.base.arguments import takes
from siting.base.columns import MS_PER_MINUTE
from siting.network.ends import Entrances, along, entrances
from siting.network.graph import Floats, Ints, Network, refuse_turns
from siting.network.plain import BLOCK_CELLS, with_ends
from siting.network.question import OneDirection, rows_of
from siting.network.reach import ask
from siting.network.snap import snap


class Laid(NamedTuple):
    """Lines laid end to end. xy: vertices. first: of each line, and one past the last. m: metres since the first."""

    xy: Floats
    first: Ints
    m: Floats


class Stretches(NamedTuple):
    """Parts of edges, from one share of the length to another; backwards where `start` is the larger."""

    owner: Ints
    edge: Ints
    start: Floats
    end: Floats


@takes(origins="shapes", places="shapes", pairs="table")
def paths(
    network: Network,
    origins: gpd.GeoDataFrame | gpd.GeoSeries,
    places: gpd.GeoDataFrame | gpd.GeoSeries,
    pairs: pd.DataFrame,
    *,
    cutoff: float | None = None,
    direction: OneDirection = "to",
    snap_m: float | None = None,
) -> gpd.GeoDataFrame:
    """Return origin, place, minutes and the line of the quickest trip of each row of `pairs`, on its index.

    `pairs` has columns origin and place: labels of the indexes of `origins` and `places`. The line
    follows the streets in the direction of travel, from where the trip meets them to where it leaves
    them (`from` travels from the place to the origin); where it touches one point only, it has no
    length. `minutes` are those of `travel_costs`, legs to and from the street included. A pair without
    a trip (within `cutoff` minutes) keeps its row, with neither minutes nor line.

    Of equally quick trips one is chosen, always the same. Pairs of one origin share one search. Lines
    are in the network's CRS. Raises ValueError for labels that are unknown or stand twice.
    """
    refuse_turns(network, "a path")
    row, place = (_numbers(each, pairs[name], name) for name, each in (("origin", origins), ("place", places)))
    asked, row = np.unique(row, return_inverse=True)
    goals, place = np.unique(place, return_inverse=True)
    snaps = [
        snap(network, shapes.geometry.iloc[kept].to_crs(network.crs), limit_m=snap_m)
        for shapes, kept in ((origins, asked), (places, goals))
    ]
    trips = _searched(network, snaps, (row, place), cutoff, direction)
    ends = tuple(entrances(network, each) for each in snaps)
    out, into = ends if direction == "to" else ends[::-1]
    rows = (row, place) if direction == "to" else (place, row)
    lines = np.full(len(pairs), None, object)
    travelled = _stretches(network, trips, out, into, rows)
    if len(travelled.owner):
        lines[np.unique(travelled.owner)] = _joined_lines(laid_out(network.edge_lines), travelled)
    columns = {"origin": pairs["origin"], "place": pairs["place"], "minutes": trips.ms / MS_PER_MINUTE}
    return gpd.GeoDataFrame(columns, geometry=lines, index=pairs.index, crs=network.crs)


def laid_out(lines: npt.NDArray[np.object_]) -> Laid:
    """Return the vertices of lines with the metres along them."""
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    steps = np.zeros(len(xy))
    inner = owner[1:] == owner[:-1]
    steps[1:][inner] = np.hypot(*np.diff(xy, axis=0).T)[inner]
    first = np.searchsorted(owner, np.arange(len(lines) + 1))
    return Laid(xy, first.astype(np.int64), np.cumsum(steps))


def chosen(parts: Stretches, which: npt.NDArray[np.bool_]) -> Stretches:
    """Return some of the parts."""
    return Stretches(parts.owner[which], parts.edge[which], parts.start[which], parts.end[which])


def cut(laid: Laid, parts: Stretches) -> tuple[Floats, Ints]:
    """Return the vertices of parts of lines, two at least a part, and the number of the part of each vertex."""
    low, high = np.minimum(parts.start, parts.end), np.maximum(parts.start, parts.end)
    begin, stop = laid.first[parts.edge], laid.first[parts.edge + 1] - 1
    from_m, to_m = (_metres(laid, begin, stop, share) for share in (low, high))
    inner = np.clip(np.searchsorted(laid.m, from_m, side="right"), begin + 1, stop)
    counts = np.clip(np.searchsorted(laid.m, to_m, side="left"), inner, stop) - inner + 2
    offsets = np.concatenate([[0], np.cumsum(counts)])
    part = np.repeat(np.arange(len(counts)), counts)
    at = np.arange(offsets[-1]) - offsets[:-1][part]
    at = np.where((parts.start > parts.end)[part], counts[part] - 1 - at, at)
    xy = laid.xy[np.minimum(inner[part] + at - 1, len(laid.xy) - 1)]
    for is_end, metres in ((at == 0, from_m), (at == counts[part] - 1, to_m)):
        xy[is_end] = _points(laid, begin, stop, metres)[part[is_end]]
    return xy, part


def _metres(laid: Laid, begin: Ints, stop: Ints, share: Floats) -> Floats:
    start, end = laid.m[begin], laid.m[stop]
    return np.where(share <= 0, start, np.where(share >= 1, end, start + share * (end - start)))


def _points(laid: Laid, begin: Ints, stop: Ints, metres: Floats) -> Floats:
    before = np.clip(np.searchsorted(laid.m, metres, side="right") - 1, begin, stop - 1)
    gone, step = metres - laid.m[before], laid.m[before + 1] - laid.m[before]
    weight = np.clip(np.divide(gone, step, out=np.zeros_like(gone), where=step > 0), 0, 1)[:, None]
    return np.asarray(laid.xy[before] * (1 - weight) + laid.xy[before + 1] * weight)


def _numbers(shapes: gpd.GeoDataFrame | gpd.GeoSeries, labels: pd.Series, name: str) -> Ints:
    if not shapes.index.is_unique:
        msg = f"{name} labels stand twice: {', '.join(map(str, shapes.index[shapes.index.duplicated()][:5]))}"
        raise ValueError(msg)
    found = shapes.index.get_indexer(labels)
    if (found < 0).any():
        msg = f"unknown {name} labels: {', '.join(sorted(set(labels[found < 0].astype(str)))[:5])}"
        raise ValueError(msg)
    return np.asarray(found, np.int64)


class _Trips(NamedTuple):
    """What the search found of each pair. ms: NaN where there is no trip. owner, node: in order of travel."""

    ms: Floats
    owner: Ints
    node: Ints


def _searched(
    network: Network,
    snaps: list[pd.DataFrame],
    numbers: tuple[Ints, Ints],
    cutoff: float | None,
    direction: OneDirection,
) -> _Trips:
    question = ask(network, *snaps, cutoff=cutoff, direction=direction)
    graph, size = with_ends(question), question.nodes
    row, place = numbers
    ms = np.full(len(row), np.nan)
    owners, steps, nodes = [], [], []
    for rows in _blocks(question.origins, graph.shape[0]):
        pair = np.flatnonzero(np.isin(row, rows))
        at, goal = np.searchsorted(rows, row[pair]), size + question.origins + place[pair]
        times, before = dijkstra(graph, indices=size + rows, limit=question.limit_ms, return_predecessors=True)
        known = np.isfinite(times[at, goal])
        pair, at, goal = pair[known], at[known], goal[known]
        ms[pair] = times[at, goal]
        for step, (who, node) in enumerate(_walked_back(before, at, goal, size)):
            owners.append(pair[who])
            steps.append(np.full(len(who), -step if direction == "to" else step))
            nodes.append(node)
    none = [np.zeros(0, np.int64)]
    owner, step_of, node_of = (np.concatenate([*none, *each]) for each in (owners, steps, nodes))
    order = np.lexsort((step_of, owner))
    return _Trips(ms, owner[order], node_of[order])


def _blocks(origins: int, width: int) -> Iterator[Ints]:
    step = max(1, BLOCK_CELLS // max(width, 1))
    for start in range(0, origins, step):
        yield np.arange(start, min(start + step, origins))


def _walked_back(before: npt.NDArray[np.int32], at: Ints, goal: Ints, size: int) -> Iterator[tuple[Ints, Ints]]:
    """Yield, step by step from the goals, which trips are still on the streets, and at which node."""
    who = np.arange(len(at))
    node = before[at, goal].astype(np.int64)
    while True:
        on = node < size
        who, node = who[on], node[on]
        if not len(who):
            return
        yield who, node
        node = before[at[who], node].astype(np.int64)


def _stretches(network: Network, trips: _Trips, out: Entrances, into: Entrances, rows: tuple[Ints, Ints]) -> Stretches:
    """Return the parts of edges that the trips travel, in order."""
    starts = np.flatnonzero(np.diff(trips.owner, prepend=-1))
    ends = np.flatnonzero(np.diff(trips.owner, append=-1))
    far = trips.owner[starts]
    left = _ways(network, out, (network.edge_forward_ms, network.edge_backward_ms))
    met = _ways(network, into, (network.edge_backward_ms, network.edge_forward_ms))
    first = left.loc[list(zip(rows[0][far], trips.node[starts], strict=True))]
    last = met.loc[list(zip(rows[1][far], trips.node[ends], strict=True))]
    straight = np.setdiff1d(np.flatnonzero(np.isfinite(trips.ms)), far)
    parts = [
        (far, np.full(len(far), -1), *(first[name] for name in ("edge", "fraction", "corner"))),
        _between(network, trips),
        (far, np.full(len(far), len(trips.node)), *(last[name] for name in ("edge", "corner", "fraction"))),
        (straight, np.zeros(len(straight), np.int64), *_straight(network, out, into, rows, straight)),
    ]
    owner, step, edge, start, end = (np.concatenate([np.asarray(part[i]) for part in parts]) for i in range(5))
    order = np.lexsort((step, owner))
    return Stretches(owner[order], edge[order].astype(np.int64), start[order], end[order])


def _ways(network: Network, by: Entrances, times: tuple[Ints, Ints]) -> pd.DataFrame:
    """Return the quickest edge, fraction and corner between each row and each node beside it, as `leaving` has them.

    `times` are the milliseconds along and against the edges; exchanged, they give those of `arriving`.
    """
    ahead, back = (each[by.edge] for each in times)
    sides = (
        (network.edge_to, 1.0, (by.fraction == 1) | ((ahead >= 0) & (by.fraction > 0)), ahead, 1 - by.fraction),
        (network.edge_from, 0.0, (by.fraction == 0) | ((back >= 0) & (by.fraction < 1)), back, by.fraction),
    )
    tables = [
        pd.DataFrame(
            {
                "row": by.row,
                "node": nodes[by.edge],
                "ms": by.leg_ms + np.rint(np.maximum(ms, 0) * share).astype(np.int64),
                "edge": by.edge,
                "fraction": by.fraction,
                "corner": corner,
            }
        )[use]
        for nodes, corner, use, ms, share in sides
    ]
    ways = pd.concat(tables).sort_values(["row", "node", "ms", "edge", "corner"], kind="stable")
    return ways.drop_duplicates(["row", "node"]).set_index(["row", "node"])


def _between(network: Network, trips: _Trips) -> tuple[Ints, Ints, Ints, Floats, Floats]:
    """Return owner, step, edge, start and end of the whole edges between the nodes of the trips."""
    step = np.flatnonzero(trips.owner[1:] == trips.owner[:-1])
    size = len(network.node_xy)
    ahead, back = (np.flatnonzero(ms >= 0) for ms in (network.edge_forward_ms, network.edge_backward_ms))
    tails, heads, ms = network.arcs
    edge = np.concatenate([ahead, back])
    order = np.lexsort((edge, ms, heads, tails))
    key = (tails * size + heads)[order]
    found = order[np.searchsorted(key, trips.node[step] * size + trips.node[step + 1])] if len(step) else step
    is_back = found >= len(ahead)
    return trips.owner[step], step, edge[found], np.where(is_back, 1.0, 0.0), np.where(is_back, 0.0, 1.0)


def _straight(
    network: Network, out: Entrances, into: Entrances, rows: tuple[Ints, Ints], trips: Ints
) -> tuple[Ints, Floats, Floats]:
    """Return edge, start and end of the trips that stay inside one edge."""
    wanted = pd.DataFrame({"row": rows[0][trips], "place": rows[1][trips]})
    left = _numbered(out, np.unique(wanted["row"]))
    met = _numbered(into, np.unique(wanted["place"]))
    inside = along(network, left, met, len(left.row))
    from_entrance, to_entrance = rows_of(inside), inside.places
    source, goal = (
        np.flatnonzero(np.isin(each.row, kept)) for each, kept in ((out, wanted["row"]), (into, wanted["place"]))
    )
    table = pd.DataFrame(
        {
            "row": out.row[source][from_entrance],
            "place": into.row[goal][to_entrance],
            "ms": inside.ms,
            "edge": left.edge[from_entrance],
            "start": left.fraction[from_entrance],
            "end": met.fraction[to_entrance],
        }
    )
    best = table.sort_values(["row", "place", "ms", "edge"], kind="stable").drop_duplicates(["row", "place"])
    found = wanted.merge(best, on=["row", "place"], how="left")
    return found["edge"].to_numpy(np.int64), found["start"].to_numpy(np.float64), found["end"].to_numpy(np.float64)


def _numbered(by: Entrances, rows: Ints) -> Entrances:
    """Return the entrances of some rows, each as a row of its own."""
    kept = np.isin(by.row, rows)
    return Entrances(np.arange(kept.sum()), by.edge[kept], by.fraction[kept], by.leg_ms[kept])


def _joined_lines(laid: Laid, parts: Stretches) -> npt.NDArray[np.object_]:
    """Return one line for each owner, its parts in order, without repeated vertices."""
    xy, part = cut(laid, parts)
    owner = parts.owner[part]
    fresh = np.ones(len(xy), bool)
    fresh[1:] = (owner[1:] != owner[:-1]) | (xy[1:] != xy[:-1]).any(axis=1)
    # a line of one point is written twice; shapely wants two vertices
    begins = np.diff(owner, prepend=-1) > 0
    alone = np.bincount(owner[fresh])[owner] == 1
    times = fresh.astype(np.int64) + (begins & alone)
    number = np.cumsum(begins) - 1
    return np.asarray(shapely.linestrings(np.repeat(xy, times, axis=0), indices=np.repeat(number, times)))
