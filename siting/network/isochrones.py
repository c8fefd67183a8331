"""How far one gets: the ground beside the streets that are reached within some minutes."""

from collections.abc import Iterator, Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse.csgraph import dijkstra

from siting.base.arguments import takes
from siting.network.ends import Entrances, entrances
from siting.network.graph import Floats, Ints, Network, refuse_turns
from siting.network.paths import Laid, Stretches, chosen, cut, laid_out
from siting.network.plain import BLOCK_CELLS, with_ends
from siting.network.question import OneDirection, limit_of
from siting.network.reach import ask
from siting.network.snap import snap

HOLE_M2 = 10_000.0
"""One hectare: the inside of a block beside which everyone can walk."""


@takes(origins="shapes")
def isochrones(
    network: Network,
    origins: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    minutes: Sequence[float],
    beside_m: float = 50.0,
    hole_m2: float = HOLE_M2,
    direction: OneDirection = "to",
    snap_m: float | None = None,
) -> gpd.GeoDataFrame:
    """Return origin, minutes and the area reached, one row for each origin and each of `minutes`.

    The area is every point within `beside_m` metres of a point on a street that is reached within the
    minutes, the leg from the origin to its street included (round ends are drawn with eight segments a
    quarter, at most half a per cent of `beside_m` inside the true circle). Streets are cut exactly where
    the time runs out, from both ends, in their own direction; `from` is the area from which one
    reaches the origin. Holes smaller than `hole_m2` square metres are filled. More minutes contain fewer,
    to a micrometre.

    Areas are Polygons or MultiPolygons in the network's CRS, empty where nothing is reached or the origin
    has no street within `snap_m`. Raises ValueError for minutes that are negative, missing or not finite
    and for a `beside_m` that is not above 0.
    """
    refuse_turns(network, "an isochrone")
    _check(minutes, beside_m)
    snaps = snap(network, origins.geometry.to_crs(network.crs), limit_m=snap_m)
    steps, which = np.unique([limit_of(each) for each in minutes], return_inverse=True)
    streets = _Streets(network, entrances(network, snaps), direction)
    areas = np.full((len(snaps), len(steps)), shapely.Polygon(), object)
    nowhere = snaps.iloc[:0]
    question = ask(network, snaps, nowhere, cutoff=max(minutes), direction=direction)
    graph, size = with_ends(question), question.nodes
    for rows in _blocks(streets.by.row, graph.shape[0]):
        times = dijkstra(graph, indices=size + rows, limit=question.limit_ms)[:, :size]
        for row, at_nodes in zip(rows.tolist(), times, strict=True):
            areas[row] = [_without_holes(each, hole_m2) for each in streets.areas(row, at_nodes, steps, beside_m)]
    table = {"origin": snaps.index.repeat(len(minutes)), "minutes": np.tile(list(minutes), len(snaps))}
    return gpd.GeoDataFrame(table, geometry=areas[:, which].reshape(-1), crs=network.crs)


class _Streets:
    """Streets with the times in the direction of the search: away from the origins, or towards them."""

    def __init__(self, network: Network, by: Entrances, direction: OneDirection) -> None:
        both = (network.edge_forward_ms, network.edge_backward_ms)
        self.ahead, self.back = both if direction == "to" else both[::-1]
        self.ends = (network.edge_from, network.edge_to)
        self.lines = network.edge_lines
        self.laid: Laid = laid_out(network.edge_lines)
        self.by = by

    def areas(self, row: int, at_nodes: Floats, steps: Ints, beside_m: float) -> Iterator[npt.NDArray[np.object_]]:
        """Yield the areas beside the streets that an origin reaches within rising milliseconds."""
        area, done = shapely.Polygon(), np.zeros(len(self.lines), bool)
        for limit in steps.tolist():
            parts = self._reached(row, at_nodes, limit)
            fresh = ~done[parts.edge]
            parts = chosen(parts, fresh)
            whole = (parts.start == 0) & (parts.end == 1)
            done[parts.edge[whole]] = True
            beside = shapely.buffer(self._drawn(parts, whole), beside_m)
            area = shapely.union_all(np.append(beside, area))
            yield area

    def _reached(self, row: int, at_nodes: Floats, limit: int) -> Stretches:
        """Return the parts of edges within the limit: from their ends, and around the origin's own entrances."""
        left = [limit - at_nodes[end] for end in self.ends]
        edge = np.flatnonzero((left[0] >= 0) | (left[1] >= 0))
        head = _share(left[0][edge], self.ahead[edge])
        tail = _share(left[1][edge], self.back[edge])
        whole = head + tail >= 1
        from_start, from_end = ~whole & (head > 0), ~whole & (tail > 0)
        own = (self.by.row == row) & (self.by.leg_ms <= limit)
        number, fraction = self.by.edge[own], self.by.fraction[own]
        rest = (limit - self.by.leg_ms[own]).astype(np.float64)
        length = [_share(rest, ms[number]) for ms in (self.back, self.ahead)]
        parts = (
            (edge[whole], np.zeros(whole.sum()), np.ones(whole.sum())),
            (edge[from_start], np.zeros(from_start.sum()), head[from_start]),
            (edge[from_end], 1 - tail[from_end], np.ones(from_end.sum())),
            (number, np.maximum(fraction - length[0], 0), np.minimum(fraction + length[1], 1)),
        )
        edges, start, end = (np.concatenate([part[i] for part in parts]) for i in range(3))
        return Stretches(edges, edges, start, end)

    def _drawn(self, parts: Stretches, whole: npt.NDArray[np.bool_]) -> npt.NDArray[np.object_]:
        lines = self.lines[parts.edge]
        if not whole.all():
            xy, part = cut(self.laid, chosen(parts, ~whole))
            lines[~whole] = shapely.linestrings(xy, indices=part)
        return lines


def _share(left_ms: Floats, ms: Ints) -> Floats:
    """Return which share of an edge of some milliseconds (-1: closed) the milliseconds left allow, at most 1."""
    share = np.divide(left_ms, ms, out=np.ones(len(ms)), where=ms > 0)
    return np.where((ms >= 0) & (left_ms >= 0), np.minimum(share, 1), 0)


def _check(minutes: Sequence[float], beside_m: float) -> None:
    wrong = [each for each in minutes if not 0 <= each < np.inf]
    if wrong or not len(minutes):
        msg = f"minutes must be finite and not negative, one at least: {', '.join(map(str, wrong)) or 'none given'}"
        raise ValueError(msg)
    if not 0 < beside_m < np.inf:
        msg = f"beside_m must be above 0 metres, not {beside_m}"
        raise ValueError(msg)


def _blocks(rows: Ints, width: int) -> Iterator[Ints]:
    """Yield the rows that meet a street, few enough at a time for their times at all nodes."""
    snapped = np.unique(rows)
    step = max(1, BLOCK_CELLS // max(width, 1))
    for start in range(0, len(snapped), step):
        yield snapped[start : start + step]


def _without_holes(area: shapely.Geometry, hole_m2: float) -> shapely.Geometry:
    parts, has_small = shapely.get_parts(area), False
    filled = []
    for part in parts:
        holes = np.array([shapely.Polygon(ring) for ring in part.interiors], object)
        large = shapely.area(holes) >= hole_m2
        has_small |= not large.all()
        filled.append(shapely.Polygon(part.exterior, [hole.exterior for hole in holes[large]]))
    # a filled hole may have held an island
    return shapely.union_all(filled) if has_small else area
