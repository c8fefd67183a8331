"""From road lines to a network: joined where lines share a vertex, split there, timed by class."""

from collections import Counter
from collections.abc import Mapping
from typing import Literal, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from siting.base.arguments import takes
from siting.base.columns import Mode, Season
from siting.base.road_rules import CYCLE_KMH, SPEED_RANGE, WALK_KMH, road_classes
from siting.network.graph import Floats, Ints, Network, timed
from siting.network.locality import along_curve
from siting.network.slope import Slope

Crossings = Literal["keep", "split"]
DEFAULT_CLASS = "local"
TOUCH_M = 1e-6


@takes(roads="shapes")
def from_lines(
    roads: gpd.GeoDataFrame,
    *,
    mode: Mode,
    speeds: Mapping[str, float] | None = None,
    tolerance_m: float = 0.01,
    crossings: Crossings = "keep",
    season: Season = "summer",
    slope: Slope | None = None,
) -> Network:
    """Return the network of a mode from road lines in a projected CRS in metres.

    `roads` may have columns class, speed_kmh, speed_back_kmh, oneway (both, forward, backward) and
    walk, cycle, drive (both, forward, backward, no). A missing class counts as `local`; a posted
    speed comes first, then `speeds` by class, then the shipped table. Walking is 4.5 km/h and
    cycling 12 km/h on every class. Lines meet where they share a vertex (within `tolerance_m`);
    with `crossings="split"` also where they only cross, which is wrong for bridges. `season` winter slows
    as base/seasons.csv says. `slope` (walking and cycling) gives the factors of speed along each line.

    Raises ValueError for a CRS in degrees, unknown classes, or when no road is open to the mode.
    """
    check_roads(roads, speeds or {})
    all_use = directions_of(roads, mode)
    kept = roads[(all_use != "no").to_numpy()]
    use = all_use[all_use != "no"]
    if kept.empty:
        msg = f"no road is open to mode {mode}"
        raise ValueError(msg)
    notes: Counter[str] = Counter({"closed": len(roads) - len(kept)})
    lines, source = shapely.get_parts(kept.geometry.to_numpy(), return_index=True)
    lines = split_crossings(lines, crossings, tolerance_m, notes)
    pieces, source, corners = split_at_shared(lines, source, tolerance_m)
    crs = pyproj.CRS.from_user_input(kept.crs)
    kmh = directed_kmh(use.to_numpy()[source], *(each[source] for each in speeds_of(kept, mode, speeds or {})))
    if slope is not None and mode != "drive":
        kmh *= slope(pieces, crs, mode, notes)
    road = np.flatnonzero((all_use != "no").to_numpy())[source]
    return assemble(mode, crs, Pieces(pieces, *corners, kmh, road), notes=notes).in_season(season)


class Pieces(NamedTuple):
    """Lines whose ends are known.

    lines: drawn from tail to head. xy: of the nodes. kmh: line x 2, ahead and back, NaN closed. road: the
    row that a line came from.
    """

    lines: npt.NDArray[np.object_]
    xy: Floats
    tails: Ints
    heads: Ints
    kmh: Floats
    road: Ints


def assemble(mode: Mode, crs: pyproj.CRS, pieces: Pieces, *, notes: Counter[str]) -> Network:
    """Return a network of pieces, its nodes and edges in an order of their own."""
    xy, tails, heads = _near_together(pieces.xy, pieces.tails, pieces.heads)
    lengths = shapely.length(pieces.lines)
    ahead, back = (timed(lengths, kmh) for kmh in pieces.kmh.T)
    shape_order = np.unique(shapely.to_wkb(pieces.lines).astype(object), return_inverse=True)[1]
    order = np.lexsort((back, ahead, shape_order, heads, tails))
    return Network(
        mode=mode,
        crs=crs,
        node_xy=xy,
        edge_from=tails[order],
        edge_to=heads[order],
        edge_length_m=lengths[order],
        edge_forward_ms=ahead[order],
        edge_backward_ms=back[order],
        edge_lines=pieces.lines[order],
        node_ids=pd.RangeIndex(len(xy)),
        notes=notes,
        edge_kmh=pieces.kmh[order],
        edge_road=pieces.road[order],
    )


def directed_kmh(ways: npt.NDArray[np.object_], forward: Floats, backward: Floats) -> Floats:
    """Return speeds ahead and back, NaN where a way is closed."""
    return np.column_stack(
        [np.where(ways != "backward", forward, np.nan), np.where(ways != "forward", backward, np.nan)]
    )


def _near_together(xy: Floats, tails: Ints, heads: Ints) -> tuple[Floats, Ints, Ints]:
    """Give the nodes numbers along a curve through the plane, which the order of the input rows does not change."""
    order = along_curve(xy)
    number = np.empty(len(order), np.int64)
    number[order] = np.arange(len(order))
    return xy[order], number[tails], number[heads]


def check_roads(roads: gpd.GeoDataFrame, speeds: Mapping[str, float]) -> None:
    """Raise ValueError for a CRS in degrees and for road classes that are not known."""
    if roads.crs is None or roads.crs.is_geographic:
        msg = "roads need a projected CRS in metres; use roads.to_crs(...)"
        raise ValueError(msg)
    _check_speeds(roads, speeds)
    used = set(roads["class"]) if "class" in roads.columns else set()
    unknown = sorted((used | set(speeds)) - set(road_classes()))
    if unknown:
        msg = f"unknown road classes {', '.join(map(str, unknown))}; known: {', '.join(road_classes())}"
        raise ValueError(msg)


def _classes(roads: gpd.GeoDataFrame) -> pd.Series:
    return roads["class"] if "class" in roads.columns else pd.Series(DEFAULT_CLASS, index=roads.index)


def _check_speeds(roads: gpd.GeoDataFrame, speeds: Mapping[str, float]) -> None:
    for column in ("speed_kmh", "speed_back_kmh"):
        if column in roads.columns:
            posted = roads[column].astype(float)
            wrong = roads.index[posted.notna() & ~((posted > 0) & np.isfinite(posted))]
            if len(wrong):
                rows = ", ".join(f"{row}: {posted.loc[row]:g}" for row in wrong[:5])
                msg = f"{column} must be above 0 km/h, empty where not posted; row {rows}"
                raise ValueError(msg)
    slow = {name: kmh for name, kmh in speeds.items() if not SPEED_RANGE[0] <= kmh <= SPEED_RANGE[1]}
    if slow:
        named = ", ".join(f"{name} {kmh:g}" for name, kmh in slow.items())
        msg = f"speeds must lie between {SPEED_RANGE[0]:g} and {SPEED_RANGE[1]:g} km/h: {named}"
        raise ValueError(msg)


def directions_of(roads: gpd.GeoDataFrame, mode: Mode) -> pd.Series:
    """Return both, forward, backward or no for every road: its own column first, else class and one-way."""
    if mode in roads.columns:
        return roads[mode]
    is_open = _classes(roads).map(lambda name: mode in road_classes()[name].open_to)
    oneway = roads["oneway"] if "oneway" in roads.columns and mode != "walk" else pd.Series("both", index=roads.index)
    return oneway.where(is_open, "no")


def speeds_of(roads: gpd.GeoDataFrame, mode: Mode, speeds: Mapping[str, float]) -> tuple[Floats, Floats]:
    """Return km/h ahead and back of every road: posted, else of its class; walking and cycling have one speed."""
    classes = _classes(roads)
    if mode == "walk":
        walking = classes.map(lambda name: WALK_KMH * road_classes()[name].walk_factor).to_numpy(np.float64)
        return walking, walking
    if mode == "cycle":
        cycling = np.full(len(roads), CYCLE_KMH)
        return cycling, cycling
    usual = classes.map(lambda name: speeds.get(name, road_classes()[name].kmh)).to_numpy(np.float64)
    posted = _posted(roads, "speed_kmh")
    back = _posted(roads, "speed_back_kmh") if "speed_back_kmh" in roads.columns else posted
    back = np.where(np.isnan(back), posted, back)
    return np.where(np.isnan(posted), usual, posted), np.where(np.isnan(back), usual, back)


def _posted(roads: gpd.GeoDataFrame, column: str) -> Floats:
    if column not in roads.columns:
        return np.full(len(roads), np.nan)
    return np.asarray(roads[column].astype(float).to_numpy(np.float64))


def split_crossings(
    lines: npt.NDArray[np.object_], crossings: Crossings, tolerance_m: float, notes: Counter[str]
) -> npt.NDArray[np.object_]:
    """Count lines that cross, or end on another, without a shared vertex; with `split`, join them there."""
    added: dict[int, list[tuple[float, float]]] = {}
    _add_crossings(lines, added, notes)
    _add_tees(lines, max(tolerance_m, TOUCH_M), added, notes)
    if crossings == "keep":
        return lines
    split = lines.copy()
    for line, points in added.items():
        split[line] = _with_vertices(lines[line], points)
    return split


def _add_crossings(
    lines: npt.NDArray[np.object_], added: dict[int, list[tuple[float, float]]], notes: Counter[str]
) -> None:
    left, right = shapely.STRtree(lines).query(lines, predicate="crosses")
    once = left < right
    points = shapely.intersection(lines[left[once]], lines[right[once]])
    for first, second, point in zip(left[once].tolist(), right[once].tolist(), points, strict=True):
        shared = set(lines[first].coords) & set(lines[second].coords)
        parts = [(p.x, p.y) for p in shapely.get_parts(point) if p.geom_type == "Point" and (p.x, p.y) not in shared]
        notes["crossings"] += len(parts)
        for line in (first, second):
            added.setdefault(line, []).extend(parts)


def _add_tees(
    lines: npt.NDArray[np.object_], reach_m: float, added: dict[int, list[tuple[float, float]]], notes: Counter[str]
) -> None:
    ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    end, line = shapely.STRtree(lines).query(ends, predicate="dwithin", distance=reach_m)
    other = end % len(lines) != line
    end, line = end[other], line[other]
    to_vertex = shapely.distance(ends[end], _vertices(lines)[line])
    for point, touched in zip(ends[end[to_vertex > reach_m]], line[to_vertex > reach_m].tolist(), strict=True):
        notes["tees"] += 1
        added.setdefault(touched, []).append((point.x, point.y))


def _vertices(lines: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    coords, owner = shapely.get_coordinates(lines, return_index=True)
    return np.asarray(shapely.multipoints(shapely.points(coords), indices=owner))


def _with_vertices(line: shapely.LineString, points: list[tuple[float, float]]) -> shapely.LineString:
    coords = np.asarray(line.coords)
    places = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(coords, axis=0).T))])
    stations = [*zip(places.tolist(), map(tuple, coords.tolist()), strict=True)]
    stations += [(line.project(shapely.Point(point)), point) for point in points]
    return shapely.LineString([xy for _, xy in sorted(stations)])


def split_at_shared(
    lines: npt.NDArray[np.object_], source: Ints, tolerance_m: float
) -> tuple[npt.NDArray[np.object_], Ints, tuple[Floats, Ints, Ints]]:
    """Cut lines at every vertex that another line (or the same, twice) uses, and number the nodes."""
    coords, owner = shapely.get_coordinates(lines, return_index=True)
    unique, vertex = joined_vertices(coords, tolerance_m)
    repeated = np.zeros(len(coords), bool)
    repeated[1:] = (owner[1:] == owner[:-1]) & (vertex[1:] == vertex[:-1])
    coords, owner, vertex = coords[~repeated], owner[~repeated], vertex[~repeated]
    uses = np.bincount(vertex, minlength=len(unique))
    is_end = np.ones(len(owner), bool)
    is_end[1:-1] = (owner[1:-1] != owner[:-2]) | (owner[1:-1] != owner[2:])
    is_node = is_end | (uses[vertex] > 1)
    stops = np.flatnonzero(is_node)
    starts, ends = stops[:-1], stops[1:]
    same = owner[starts] == owner[ends]
    starts, ends = starts[same], ends[same]
    pieces = _lines_between(unique[vertex], starts, ends)
    used, numbers = np.unique(np.concatenate([vertex[starts], vertex[ends]]), return_inverse=True)
    tails, heads = numbers[: len(starts)], numbers[len(starts) :]
    return pieces, source[owner[starts]], (unique[used], tails.astype(np.int64), heads.astype(np.int64))


def joined_vertices(coords: Floats, tolerance_m: float) -> tuple[Floats, Ints]:
    """Return the distinct coordinates in sorted order and each vertex's number; near ones become one."""
    unique, vertex = np.unique(coords, axis=0, return_inverse=True)
    vertex = vertex.reshape(-1).astype(np.int64)
    if tolerance_m <= 0:
        return unique, vertex
    near = cKDTree(unique).query_pairs(tolerance_m, output_type="ndarray")
    if not len(near):
        return unique, vertex
    size = len(unique)
    pairs = coo_array((np.ones(len(near), np.int8), (near[:, 0], near[:, 1])), shape=(size, size))
    group = connected_components(pairs, directed=False)[1]
    first = np.full(group.max() + 1, size)
    np.minimum.at(first, group, np.arange(size))
    kept, renumbered = np.unique(first[group], return_inverse=True)
    return unique[kept], renumbered[vertex].astype(np.int64)


def _lines_between(coords: Floats, starts: Ints, ends: Ints) -> npt.NDArray[np.object_]:
    counts = ends - starts + 1
    offsets = np.concatenate([[0], np.cumsum(counts)])
    positions = np.arange(offsets[-1]) - np.repeat(offsets[:-1] - starts, counts)
    return np.asarray(shapely.linestrings(coords[positions], indices=np.repeat(np.arange(len(starts)), counts)))
