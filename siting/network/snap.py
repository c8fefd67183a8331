"""Where parcels and places meet the street: the nearest edge point of a component that matters."""

from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from siting.network.graph import Network

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
    major = np.flatnonzero(network.edge_is_major)
    edge, distance, shape, touched = _nearest_edge(network, major, outlines)
    within = np.isfinite(distance) if limit_m is None else distance <= limit_m
    status = np.where(within, "snapped", "unsnapped").astype(object)
    if limit_m is not None and not within.all():
        minor = np.flatnonzero(~network.edge_is_major)
        _, stray, _, _ = _nearest_edge(network, minor, outlines[~within])
        status[np.flatnonzero(~within)[stray <= limit_m]] = "disconnected"
    return pd.DataFrame(
        {
            "status": status,
            "edge": np.where(within, edge, -1),
            "fraction": np.where(within, _fractions(network, edge, outlines), np.nan),
            "distance_m": distance,
            "component": np.where(within, network.edge_component[edge], -1),
            "further": _further(network, outlines, edge, distance, shape, touched),
        },
        index=shapes.index,
    )


def _outlines(shapes: gpd.GeoSeries) -> np.ndarray:
    plain = np.asarray(shapes.to_numpy(), dtype=object)
    is_area = np.isin(shapely.get_type_id(plain), (3, 6))
    return np.where(is_area, shapely.boundary(plain), plain)


def _nearest_edge(
    network: Network, candidates: np.ndarray, outlines: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return edge and distance of the nearest candidate, the lowest number among equals; then all equals.

    The equals are two arrays of the same length: which outline, and which edge.
    """
    if not len(candidates) or not len(outlines):
        none = np.zeros(0, np.int64)
        return np.zeros(len(outlines), np.int64), np.full(len(outlines), np.inf), none, none
    tree = shapely.STRtree(network.edge_lines[candidates])
    (shape, found), distance = tree.query_nearest(outlines, all_matches=True, return_distance=True)
    edges = candidates[found]
    order = np.lexsort((edges, shape))
    first = np.unique(shape[order], return_index=True)[1]
    return edges[order][first], distance[order][first], shape[order], edges[order]


def _further(
    network: Network,
    outlines: np.ndarray,
    edge: np.ndarray,
    distance: np.ndarray,
    shape: np.ndarray,
    touched: np.ndarray,
) -> list[tuple[tuple[int, float], ...]]:
    """Return, for each outline of an area that streets touch or cross, the ones beside its first."""
    is_area = np.isin(shapely.get_type_id(outlines), (1, 2, 5)) & (distance == 0)
    kept = is_area[shape] & (touched != edge[shape])
    fractions = _fractions(network, touched[kept], outlines[shape[kept]])
    further: list[list[tuple[int, float]]] = [[] for _ in outlines]
    for row, number, fraction in zip(shape[kept].tolist(), touched[kept].tolist(), fractions.tolist(), strict=True):
        further[row].append((number, fraction))
    return [tuple(each) for each in further]


def _fractions(network: Network, edge: np.ndarray, outlines: np.ndarray) -> np.ndarray:
    if not len(edge):
        return np.empty(0)
    lines = network.edge_lines[edge]
    ends = shapely.get_point(shapely.shortest_line(outlines, lines), 1)
    return np.asarray(np.clip(np.nan_to_num(shapely.line_locate_point(lines, ends, normalized=True)), 0.0, 1.0))
