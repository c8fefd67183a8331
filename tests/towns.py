"""Drawn towns that a reader can check on paper: metres, walking 75 m a minute (4.5 km/h).

A `local` street is driven at 20 km/h (1000 m are 3 minutes); the leg to the street at 10 km/h.
"""

import itertools
from collections.abc import Mapping, Sequence

import geopandas as gpd
import networkx as nx
import pandas as pd
import shapely

from siting.base.travel import TravelCosts
from siting.network import Network

CRS = "EPSG:4538"
XY = tuple[float, float]


def streets(*lines: Sequence[XY], **columns: Sequence[object]) -> gpd.GeoDataFrame:
    """Return road lines, with further columns by name."""
    return gpd.GeoDataFrame(columns, geometry=[shapely.LineString(line) for line in lines], crs=CRS)


def spots(**places: XY) -> gpd.GeoDataFrame:
    """Return named points."""
    return gpd.GeoDataFrame(geometry=[shapely.Point(xy) for xy in places.values()], index=list(places), crs=CRS)


def plots(**bounds: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    """Return named rectangles of west, south, east, north."""
    return gpd.GeoDataFrame(geometry=[shapely.box(*each) for each in bounds.values()], index=list(bounds), crs=CRS)


def block(**columns: Sequence[object]) -> gpd.GeoDataFrame:
    """Return a square block of four streets of 1000 m: south, east, north, west, drawn against the clock."""
    south, east = [(0.0, 0.0), (1000.0, 0.0)], [(1000.0, 0.0), (1000.0, 1000.0)]
    north, west = [(1000.0, 1000.0), (0.0, 1000.0)], [(0.0, 1000.0), (0.0, 0.0)]
    return streets(south, east, north, west, **columns)


def grid(size: int, step: float = 100.0) -> list[list[XY]]:
    """Return the streets between neighbours of a square grid of `size` x `size` corners."""
    across = [[(i * step, j * step), ((i + 1) * step, j * step)] for i in range(size - 1) for j in range(size)]
    up = [[(i * step, j * step), (i * step, (j + 1) * step)] for i in range(size) for j in range(size - 1)]
    return across + up


def minutes(costs: TravelCosts) -> dict[tuple[object, object], float]:
    """Return minutes by pair."""
    table = costs.table()
    return dict(zip(zip(table["origin"], table["destination"], strict=True), table["minutes"], strict=True))


def split_graph(network: Network, snaps: Mapping[str, pd.DataFrame]) -> nx.MultiDiGraph:
    """Return the streets cut at every snapped point, built apart from the engine: an oracle.

    Points are nodes (role, label): `origin` may only be left, `place` only be entered.
    """
    graph = nx.MultiDiGraph()
    points = pd.concat({role: table[table["status"] == "snapped"] for role, table in snaps.items()})
    metres_a_minute = network.access_kmh * 1000 / 60
    for number, edge in network.edges.reset_index(drop=True).iterrows():
        here = points[points["edge"] == number].sort_values("fraction", kind="stable")
        chain = [(0.0, ("node", edge["from"]))]
        for (role, label), point in here.iterrows():
            on_street = ("street", role, label)
            chain.append((point["fraction"], on_street))
            leg = point["distance_m"] / metres_a_minute
            ends = (on_street, (role, label)) if role == "place" else ((role, label), on_street)
            graph.add_edge(*ends, minutes=leg)
        chain.append((1.0, ("node", edge["to"])))
        for (at, tail), (to, head) in itertools.pairwise(chain):
            for whole, ends in ((edge["minutes"], (tail, head)), (edge["minutes_back"], (head, tail))):
                if whole >= 0:
                    graph.add_edge(*ends, minutes=whole * (to - at))
                elif to == at:
                    graph.add_edge(*ends, minutes=0.0)
    return graph


def oracle_minutes(network: Network, snaps: Mapping[str, pd.DataFrame]) -> dict[tuple[object, object], float]:
    """Return minutes by reachable pair, by networkx on the cut streets."""
    graph = split_graph(network, snaps)
    found = {}
    for role, label in [node for node in graph if node[0] == "origin"]:
        times = nx.single_source_dijkstra_path_length(graph, (role, label), weight="minutes")
        found |= {(label, node[1]): time for node, time in times.items() if node[0] == "place"}
    return found
