"""To and from networkx, for osmnx, momepy and friends."""

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyproj
import shapely

from siting.base.columns import MS_PER_MINUTE, Mode
from siting.network.graph import CLOSED, Network

if TYPE_CHECKING:
    import networkx as nx


def to_networkx(network: Network) -> "nx.MultiDiGraph":
    """Return a MultiDiGraph: x, y on nodes; minutes, length_m, geometry on arcs; crs on the graph."""
    import networkx as nx  # noqa: PLC0415  only this door needs it

    graph = nx.MultiDiGraph(crs=network.crs.to_string(), mode=network.mode)
    ids = network.node_ids.tolist()
    graph.add_nodes_from((ids[i], {"x": float(x), "y": float(y)}) for i, (x, y) in enumerate(network.node_xy))
    for edge in range(len(network.edge_from)):
        tail, head = ids[network.edge_from[edge]], ids[network.edge_to[edge]]
        line, length = network.edge_lines[edge], float(network.edge_length_m[edge])
        for ms, ends, shape in (
            (network.edge_forward_ms[edge], (tail, head), line),
            (network.edge_backward_ms[edge], (head, tail), shapely.reverse(line)),
        ):
            if ms >= 0:
                graph.add_edge(*ends, minutes=float(ms) / MS_PER_MINUTE, length_m=length, geometry=shape)
    return graph


def from_networkx(graph: "nx.Graph", *, weight: str, mode: Mode = "drive", minutes_per_unit: float = 1.0) -> Network:
    """Return a network from a networkx graph whose nodes carry x and y and whose arcs carry `weight`.

    `minutes_per_unit` turns the weight into minutes: 1/60 for the seconds of OSMnx's `travel_time`.
    An OSMnx graph must be projected first (`osmnx.project_graph`). An undirected edge is open both
    ways. Node labels are kept as `node_ids`. Raises ValueError for a missing weight, coordinate or
    CRS, a CRS in degrees, and weights that are negative or not finite.
    """
    crs = _crs(graph)
    labels = sorted(
        graph.nodes, key=lambda label: (graph.nodes[label].get("x"), graph.nodes[label].get("y"), str(label))
    )
    number = {label: i for i, label in enumerate(labels)}
    xy = np.array([(_number(graph.nodes[n], "x", n), _number(graph.nodes[n], "y", n)) for n in labels], np.float64)
    rows = [
        (number[tail], number[head], _number(data, weight, (tail, head)), data.get("geometry"))
        for tail, head, data in graph.edges(data=True)
    ]
    tails, heads = (np.array([row[i] for row in rows], np.int64) for i in (0, 1))
    ms = np.rint(np.array([row[2] for row in rows], np.float64) * minutes_per_unit * MS_PER_MINUTE).astype(np.int64)
    lines = np.array([_line(row[3], xy[row[0]], xy[row[1]]) for row in rows], object)
    order = np.lexsort((ms, heads, tails))
    back = np.full(len(ms), CLOSED) if graph.is_directed() else ms
    return Network(
        mode=mode,
        crs=crs,
        node_xy=xy,
        edge_from=tails[order],
        edge_to=heads[order],
        edge_length_m=shapely.length(lines)[order],
        edge_forward_ms=ms[order],
        edge_backward_ms=back[order],
        edge_lines=lines[order],
        node_ids=pd.Index(labels),
        notes=Counter(),
    )


def _crs(graph: "nx.Graph") -> pyproj.CRS:
    if graph.graph.get("crs") is None:
        msg = "graph.graph['crs'] is missing: set the projected CRS of its x and y"
        raise ValueError(msg)
    crs = pyproj.CRS.from_user_input(graph.graph["crs"])
    if crs.is_geographic:
        msg = "the graph is in degrees; project it first (osmnx.project_graph)"
        raise ValueError(msg)
    return crs


def _number(data: Any, key: str, what: object) -> float:
    try:
        value = float(data[key])
    except (KeyError, TypeError, ValueError):
        msg = f"{what!r} has no number {key!r}"
        raise ValueError(msg) from None
    if not np.isfinite(value) or (key not in ("x", "y") and value < 0):
        msg = f"{what!r} has {key}={value}, which is no usable number"
        raise ValueError(msg)
    return value


def _line(geometry: object, tail: Any, head: Any) -> shapely.LineString:
    """Return the arc's own line turned to run from tail to head, else the straight line between."""
    if not isinstance(geometry, shapely.LineString):
        return shapely.LineString([tail, head])
    start, end = shapely.Point(geometry.coords[0]), shapely.Point(geometry.coords[-1])
    turned = start.distance(shapely.Point(tail)) > end.distance(shapely.Point(tail))
    return shapely.reverse(geometry) if turned else geometry
