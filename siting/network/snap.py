"""Where parcels and places meet the street: the nearest edge point of a component that matters."""

from typing import Literal, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from siting.network.graph import Network
from siting.network.pieces import nearest_lines

MANY_POINTS = 20_000
Snapped = Literal["snapped", "unsnapped", "disconnected"]


def snap(network: Network, shapes: gpd.GeoSeries, *, limit_m: float | None = None) -> pd.DataFrame:
    """Return where each shape meets the network, on the index of `shapes`.

    Columns: status, edge (number, -1 where none), fraction (0 at the edge's start, 1 at its end),
    distance_m from the shape's point or boundary, component, further. An area whose boundary meets
    several streets may be left by each of them: `further` holds their (edge, fraction).
    `snapped`: on an edge of a component that holds at least 1 % of the nodes, within `limit_m`; ties by
    edge number. `disconnected`: only an edge of a smaller piece is within the limit. `unsnapped`: none
    is; distance_m is then that of the nearest edge that matters. Raises ValueError for missing geometry or another CRS.
    """
    if shapes.crs is None or not network.crs.equals(shapes.crs):
        msg = f"shapes must be in the network's CRS {network.crs.name}; use to_crs"
        raise ValueError(msg)
    outlines = _outlines(shapes)
    if len(outlines) and (shapely.is_missing(outlines) | shapely.is_empty(outlines)).any():
        msg = "a shape to snap has no geometry"
        raise ValueError(msg)
    major = _nearest_edge(network, np.flatnonzero(network.edge_is_major), outlines)
    within = np.isfinite(major.distance) if limit_m is None else major.distance <= limit_m
    status = np.where(within, "snapped", "unsnapped").astype(object)
    if limit_m is not None and not within.all():
        stray = _nearest_edge(network, np.flatnonzero(~network.edge_is_major), outlines[~within])
        status[np.flatnonzero(~within)[stray.distance <= limit_m]] = "disconnected"
    return pd.DataFrame(
        {
            "status": status,
            "edge": np.where(within, major.edge, -1),
            "fraction": np.where(within, major.fraction, np.nan),
            "distance_m": major.distance,
            "component": np.where(within, network.edge_component[major.edge], -1),
            "further": _further(network, outlines, major),
        },
        index=shapes.index,
    )


class _Nearest(NamedTuple):
    """The nearest edge of each shape, the lowest number among equals, and all equals: which shape, which edge."""

    edge: np.ndarray
    distance: np.ndarray
    fraction: np.ndarray
    shape: np.ndarray
    touched: np.ndarray


def _outlines(shapes: gpd.GeoSeries) -> np.ndarray:
    plain = np.asarray(shapes.to_numpy(), dtype=object)
    is_area = np.isin(shapely.get_type_id(plain), (3, 6))
    return np.where(is_area, shapely.boundary(plain), plain)


def _nearest_edge(network: Network, candidates: np.ndarray, outlines: np.ndarray) -> _Nearest:
    """Return the nearest edges; points are measured apart from areas, so that neither changes the other's answer."""
    none, many = np.zeros(0, np.int64), len(outlines)
    found = _Nearest(np.zeros(many, np.int64), np.full(many, np.inf), np.full(many, np.nan), none, none)
    if not len(candidates) or not many:
        return found
    is_point = shapely.get_type_id(outlines) == 0
    for rows, nearest in (
        (np.flatnonzero(is_point), _nearest_to_points),
        (np.flatnonzero(~is_point), _nearest_to_areas),
    ):
        if len(rows):
            part = nearest(network, candidates, outlines[rows])
            for mine, theirs in zip(found[:3], part[:3], strict=True):
                mine[rows] = theirs
            found = found._replace(shape=rows[part.shape], touched=part.touched)
    return found


def _nearest_to_areas(network: Network, candidates: np.ndarray, outlines: np.ndarray) -> _Nearest:
    tree = shapely.STRtree(network.edge_lines[candidates])
    (shape, found), distance = tree.query_nearest(outlines, all_matches=True, return_distance=True)
    edges = candidates[found]
    order = np.lexsort((edges, shape))
    first = np.unique(shape[order], return_index=True)[1]
    edge = edges[order][first]
    return _Nearest(edge, distance[order][first], _fractions(network, edge, outlines), shape[order], edges[order])


def _nearest_to_points(network: Network, candidates: np.ndarray, points: np.ndarray) -> _Nearest:
    """Return the nearest edges of points, the same by a tree for few and by a compiled grid for many."""
    lines, xy, none = network.edge_lines[candidates], shapely.get_coordinates(points), np.zeros(0, np.int64)
    if len(points) < MANY_POINTS:
        return _Nearest(*_of(candidates, nearest_lines(lines, points, xy)), none, none)
    from siting.network.point_snap import nearest_of_points  # noqa: PLC0415  loads numba

    return _Nearest(*_of(candidates, nearest_of_points(lines, xy)), none, none)


def _of(
    candidates: np.ndarray, found: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return candidates[found[0]], found[1], found[2]


def _further(network: Network, outlines: np.ndarray, major: _Nearest) -> list[tuple[tuple[int, float], ...]]:
    """Return, for each outline of an area that streets touch or cross, the ones beside its first."""
    is_area = np.isin(shapely.get_type_id(outlines), (1, 2, 5)) & (major.distance == 0)
    kept = is_area[major.shape] & (major.touched != major.edge[major.shape])
    rows, edges = major.shape[kept], major.touched[kept]
    further: list[list[tuple[int, float]]] = [[] for _ in outlines]
    for row, number, fraction in zip(
        rows.tolist(), edges.tolist(), _fractions(network, edges, outlines[rows]).tolist(), strict=True
    ):
        further[row].append((number, fraction))
    return [tuple(each) for each in further]


def _fractions(network: Network, edge: np.ndarray, outlines: np.ndarray) -> np.ndarray:
    if not len(edge):
        return np.empty(0)
    lines = network.edge_lines[edge]
    ends = shapely.get_point(shapely.shortest_line(outlines, lines), 1)
    return np.asarray(np.clip(np.nan_to_num(shapely.line_locate_point(lines, ends, normalized=True)), 0.0, 1.0))
