"""From networkx, for graphs of osmnx, momepy and friends; the way back is `Network.to_networkx`."""

from collections import Counter
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyproj
import shapely

from siting.base.columns import MS_PER_MINUTE, Mode
from siting.network.graph import CLOSED, Network
from siting.network.locality import along_curve

if TYPE_CHECKING:
    import networkx as nx


def from_networkx(graph: "nx.Graph", *, weight: str, mode: Mode = "drive", minutes_per_unit: float = 1.0) -> Network:
    """Return a network from a networkx graph whose nodes carry x and y and whose arcs carry `weight`.

    `minutes_per_unit` turns the weight into minutes: 1/60 for the seconds of OSMnx's `travel_time`.
    An OSMnx graph must be projected first (`osmnx.project_graph`). An undirected edge is open both
    ways. Node labels are kept as `node_ids`. Raises ValueError for a missing weight, coordinate or
    CRS, a CRS in degrees, and weights that are negative or not finite.
    """
    crs = _crs(graph)
    spots = {label: tuple(_number(data, axis, label) for axis in ("x", "y")) for label, data in graph.nodes(data=True)}
    labels = sorted(spots, key=lambda label: (spots[label], str(label)))
    labels = [labels[i] for i in along_curve(np.array([spots[label] for label in labels], np.float64).reshape(-1, 2))]
    number = {label: i for i, label in enumerate(labels)}
    xy = np.array([spots[label] for label in labels], np.float64)
    arcs = [
        (number[tail], number[head], _number(data, weight, (tail, head)), data.get("geometry"))
        for tail, head, data in graph.edges(data=True)
    ]
    weights = np.array([arc[2] for arc in arcs], np.float64)
    ms = np.rint(weights * minutes_per_unit * MS_PER_MINUTE).astype(np.int64).tolist()
    streets = _streets(arcs, ms, xy, directed=graph.is_directed())
    tails, heads, ahead, back = (np.array([street[i] for street in streets], np.int64) for i in range(4))
    lines = np.array([street[4] for street in streets], object)
    return Network(
        mode=mode,
        crs=crs,
        node_xy=xy,
        edge_from=tails,
        edge_to=heads,
        edge_length_m=shapely.length(lines),
        edge_forward_ms=ahead,
        edge_backward_ms=back,
        edge_lines=lines,
        node_ids=pd.Index(labels),
        notes=Counter(),
    )


def _streets(arcs: list[Any], ms: list[int], xy: Any, *, directed: bool) -> list[tuple[int, int, int, int, Any]]:
    """Return from, to, milliseconds both ways and line of each street, in an order of their own.

    Two arcs that run the same line against each other are one two-way street, so that a place in its
    middle can be left both ways.
    """
    ways: dict[tuple[int, int, bytes], tuple[Any, list[int], list[int]]] = {}
    for (tail, head, _, geometry), time in zip(arcs, ms, strict=True):
        line = _line(geometry, xy[tail], xy[head])
        along = tail <= head
        drawn = line if along else shapely.reverse(line)
        key = (min(tail, head), max(tail, head), shapely.to_wkb(drawn))
        _, ahead, back = ways.setdefault(key, (drawn, [], []))
        if directed:
            (ahead if along else back).append(time)
        else:
            ahead.append(time)
            back.append(time)
    streets = []
    for (tail, head, _), (line, ahead, back) in sorted(ways.items(), key=lambda item: item[0]):
        pairs = zip_longest(sorted(ahead), sorted(back), fillvalue=CLOSED)
        for forward, backward in pairs:
            if forward == CLOSED:
                streets.append((head, tail, backward, CLOSED, shapely.reverse(line)))
            else:
                streets.append((tail, head, forward, backward, line))
    return streets


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
