"""Edits of a street network: streets closed, sped up, slowed down or added, without building the rest again."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from siting.network.build import (
    TOUCH_M,
    Pieces,
    assemble,
    check_roads,
    directed_kmh,
    directions_of,
    joined_vertices,
    speeds_of,
    split_at_shared,
    split_crossings,
)
from siting.network.graph import CLOSED, Floats, Ints, Network, refuse_turns, timed
from siting.network.slope import Slope

Kmh = float | tuple[float, float]
Lines = npt.NDArray[np.object_]
_CONNECTED = ("node_component", "component_sizes", "edge_component", "edge_group", "edge_is_major")


def edit(
    network: Network,
    *,
    close: Iterable[int] | npt.NDArray[np.bool_] = (),
    kmh: Mapping[int, Kmh] | None = None,
    add: gpd.GeoDataFrame | None = None,
    speeds: Mapping[str, float] | None = None,
    slope: Slope | None = None,
    tolerance_m: float = 0.01,
) -> Network:
    """Return the network with streets closed, at other speeds, or added; the given one is not changed.

    `close` are edge numbers, or a mask of all edges: closed both ways, they keep their line and number, but
    nothing snaps to them. `kmh` gives edges a summer speed: one number for the directions that are open,
    or (ahead, back) where NaN closes a direction and a number opens it; what is also in `close` is closed.
    `add` are road lines with the columns of `from_lines`, `speeds` and `slope` are as there. Added lines
    join streets, and each other, where they share a vertex: one within `tolerance_m` metres of a street's
    vertex takes its place, streets do not move. What they only cross, or touch between vertices, is not
    joined but counted in notes[`crossings`] and notes[`tees`].

    The result is what `from_lines` makes of the edited roads: the same nodes, edges and milliseconds, in
    the season of the network. Edge numbers of `close` and `kmh` are those of the given network; adding
    lines numbers nodes and edges anew, `edge_road` of added lines goes on after the largest there is.
    Pieces of a street that is cut keep its speed, slope included.

    Raises ValueError for edge numbers that are not there, speeds that are not above 0, one speed for a
    street that is closed both ways, roads that `from_lines` refuses, and for speeds or lines where a
    network came without speeds (`from_networkx`): there only closing is possible.
    """
    refuse_turns(network, "an edit")
    shut = _closed(network, close)
    if network.edge_kmh is None or network.edge_road is None:
        if kmh or add is not None:
            msg = "a network from given times has no speeds: its streets can be closed, not sped up or added to"
            raise ValueError(msg)
        ahead, back = (np.where(shut, CLOSED, ms) for ms in (network.edge_forward_ms, network.edge_backward_ms))
        return _connected(network, replace(network, edge_forward_ms=ahead, edge_backward_ms=back))
    faster = _with_speeds(network.edge_kmh, kmh or {})
    faster[shut] = np.nan
    edited = _retimed(network.in_season("summer"), faster)
    if add is not None and len(add):
        added, notes = _timed_lines(network, add, speeds or {})
        if len(added.lines):
            edited = _with_lines(edited, added, slope, tolerance_m, notes)
        else:
            edited = _connected(edited, replace(edited, notes=notes))
    return edited.in_season(network.season)


def _closed(network: Network, close: Iterable[int] | npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    chosen = np.asarray(close if isinstance(close, np.ndarray) else list(close))
    many = len(network.edge_from)
    shut = np.zeros(many, bool)
    if chosen.dtype == bool:
        if chosen.shape != (many,):
            msg = f"a mask of edges to close needs {many} values, not {chosen.size}"
            raise ValueError(msg)
        return chosen
    shut[_numbers(chosen.tolist(), many)] = True
    return shut


def _numbers(edges: Iterable[int], many: int) -> Ints:
    """Return edge numbers, all of which are there."""
    wrong = [each for each in edges if not (isinstance(each, int | np.integer) and 0 <= each < many)]
    if wrong:
        msg = f"there are no edges {', '.join(map(str, wrong[:10]))}: numbers go from 0 to {many - 1}"
        raise ValueError(msg)
    return np.array(list(edges), np.int64)


def _with_speeds(edge_kmh: Floats, kmh: Mapping[int, Kmh]) -> Floats:
    changed = edge_kmh.copy()
    edges = _numbers(list(kmh), len(edge_kmh))
    wrong = []
    for edge, speed in zip(edges.tolist(), kmh.values(), strict=True):
        both = np.broadcast_to(np.asarray(speed, np.float64), 2)
        if np.ndim(speed) == 0:
            both = np.where(np.isnan(edge_kmh[edge]), np.nan, both)
        is_lost = np.ndim(speed) == 0 and np.isnan(both).all()
        if is_lost or (both <= 0).any() or np.isinf(both).any():
            wrong.append(f"{edge}: {speed}")
        changed[edge] = both
    if wrong:
        msg = (
            "speeds must be above 0 km/h, and an edge that is closed both ways needs (ahead, back): "
            f"edge {', edge '.join(wrong[:10])}"
        )
        raise ValueError(msg)
    return changed


def _retimed(network: Network, kmh: Floats) -> Network:
    """Return a summer network at other summer speeds.

    Edges of one and the same line stand in the order of their times, as `assemble` has them.
    """
    ahead, back = (timed(network.edge_length_m, each) for each in kmh.T)
    order = _order_of_twins(network, ahead, back)
    edited = replace(
        network,
        edge_length_m=network.edge_length_m[order],
        edge_forward_ms=ahead[order],
        edge_backward_ms=back[order],
        edge_lines=network.edge_lines[order],
        edge_kmh=kmh[order],
        edge_road=None if network.edge_road is None else network.edge_road[order],
    )
    return _connected(network, edited)


def _order_of_twins(network: Network, ahead: Ints, back: Ints) -> Ints | slice:
    """Return the order of `assemble`: where lines are the same, by time, then by road. A slice where nothing moves."""
    tails, heads, lines = network.edge_from, network.edge_to, network.edge_lines
    near = (tails[1:] == tails[:-1]) & (heads[1:] == heads[:-1])
    near[near] = shapely.equals_identical(lines[1:][near], lines[:-1][near])
    if not near.any() or network.edge_road is None:
        return slice(None)
    group = np.concatenate([[0], np.cumsum(~near)])
    order = np.lexsort((network.edge_road, back, ahead, group))
    return slice(None) if (order == np.arange(len(order))).all() else order


def _connected(network: Network, edited: Network) -> Network:
    """Give an edited network of the same nodes and edges its components: the old ones where none can have changed."""
    ways = [np.column_stack([each.edge_forward_ms, each.edge_backward_ms]) >= 0 for each in (network, edited)]
    if (ways[0] == ways[1]).all():
        known = {name: network.__dict__[name] for name in _CONNECTED if name in network.__dict__}
        edited.__dict__.update(known)
        return edited
    return edited


class _Added(NamedTuple):
    """Lines to add, with their summer speeds both ways and the row of the road that each came from."""

    lines: Lines
    kmh: Floats
    road: Ints


def _timed_lines(network: Network, add: gpd.GeoDataFrame, speeds: Mapping[str, float]) -> tuple[_Added, Counter[str]]:
    """Return the added lines that are open to the mode, and the notes of the network with the others counted."""
    roads = add if add.crs is None else add.to_crs(network.crs)
    check_roads(roads, speeds)
    use = directions_of(roads, network.mode)
    is_open = (use != "no").to_numpy()
    notes = network.notes.copy()
    notes["closed"] += int((~is_open).sum())
    kept = roads[is_open]
    lines, source = shapely.get_parts(kept.geometry.to_numpy(), return_index=True)
    kmh = directed_kmh(use[is_open].to_numpy(), *speeds_of(kept, network.mode, speeds))
    return _Added(lines, kmh[source], np.flatnonzero(is_open)[source]), notes


def _with_lines(
    network: Network, added: _Added, slope: Slope | None, tolerance_m: float, notes: Counter[str]
) -> Network:
    """Return a summer network with further lines, its nodes and edges numbered by the rules of `assemble`."""
    tree = shapely.STRtree(network.edge_lines)
    placed, met = _placed(network.edge_lines, tree, added.lines, tolerance_m)
    notes.update(_not_joined(network.edge_lines, tree, placed, tolerance_m))
    lines, source, (xy, tails, heads) = split_at_shared(
        np.concatenate([network.edge_lines[met], placed]), np.arange(len(met) + len(placed)), 0.0
    )
    kmh = np.concatenate([_of(network.edge_kmh)[met], added.kmh])[source]
    old_roads = _of(network.edge_road)
    road = np.concatenate([old_roads[met], added.road + old_roads.max(initial=-1) + 1])[source]
    if slope is not None and network.mode != "drive":
        fresh = source >= len(met)
        kmh[fresh] *= slope(lines[fresh], network.crs, network.mode, notes)
    rest = np.setdiff1d(np.arange(len(network.edge_from)), met)
    cut = Pieces(lines, xy, tails, heads, kmh, road)
    return assemble(network.mode, network.crs, _together(_pieces(network, rest), cut), notes=notes)


def _of(column: npt.NDArray[np.generic] | None) -> npt.NDArray[Any]:
    if column is None:
        msg = "a network from given times has no speeds and roads"
        raise ValueError(msg)
    return column


def _placed(edge_lines: Lines, tree: shapely.STRtree, lines: Lines, tolerance_m: float) -> tuple[Lines, Ints]:
    """Return the lines with vertices on those of edges near them, and the numbers of these edges."""
    coords, owner = shapely.get_coordinates(lines, return_index=True)
    joined, vertex = joined_vertices(coords, tolerance_m)
    met = np.unique(tree.query(shapely.points(coords), predicate="dwithin", distance=tolerance_m)[1])
    if not len(met):
        return np.asarray(shapely.linestrings(joined[vertex], indices=owner)), met
    corners = shapely.get_coordinates(edge_lines[met])
    distance, nearest = cKDTree(corners).query(coords)
    order = np.lexsort((distance, vertex))
    best = order[np.unique(vertex[order], return_index=True)[1]]
    near = distance[best] <= tolerance_m
    joined[near] = corners[nearest[best[near]]]
    xy = np.where((distance <= tolerance_m)[:, None], corners[nearest], joined[vertex])
    return np.asarray(shapely.linestrings(xy, indices=owner)), met


def _not_joined(edge_lines: Lines, tree: shapely.STRtree, lines: Lines, tolerance_m: float) -> Counter[str]:
    """Count where added lines cross streets or each other, or end on them, without a shared vertex."""
    reach_m = max(tolerance_m, TOUCH_M)
    near = edge_lines[np.unique(tree.query(lines, predicate="dwithin", distance=reach_m)[1])]
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    if len(near):
        split_crossings(near, "keep", tolerance_m, before)
    split_crossings(np.concatenate([near, lines]), "keep", tolerance_m, after)
    return after - before


def _pieces(network: Network, edges: Ints) -> Pieces:
    nodes, numbers = np.unique(np.concatenate([network.edge_from[edges], network.edge_to[edges]]), return_inverse=True)
    tails, heads = np.split(numbers.astype(np.int64), 2)
    kmh, road = _of(network.edge_kmh)[edges], _of(network.edge_road)[edges]
    return Pieces(network.edge_lines[edges], network.node_xy[nodes], tails, heads, kmh, road)


def _together(one: Pieces, other: Pieces) -> Pieces:
    """Return both, joined at nodes of the same coordinates, in the order of their roads."""
    xy = np.ascontiguousarray(np.concatenate([one.xy, other.xy]))
    spots, number = np.unique(xy.view(np.complex128).reshape(-1), return_inverse=True)
    shift = len(one.xy)
    tails, heads = (
        number[np.concatenate([first, second + shift])].astype(np.int64)
        for first, second in ((one.tails, other.tails), (one.heads, other.heads))
    )
    order = np.argsort(np.concatenate([one.road, other.road]), kind="stable")
    return Pieces(
        np.concatenate([one.lines, other.lines])[order],
        spots.view(np.float64).reshape(-1, 2),
        tails[order],
        heads[order],
        np.concatenate([one.kmh, other.kmh])[order],
        np.concatenate([one.road, other.road])[order],
    )
