"""Turns on paper: a crossing, an oracle over arcs with two nodes each, and small files of OpenStreetMap."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pyproj

from siting.network import Network, plain
from siting.network.ends import entrances
from siting.network.osm import read_roads
from siting.network.snap import snap
from siting.network.turns import TurnCosts, TurnGraph, ask_with_turns
from tests.towns import CRS, XY, spots

Pairs = dict[tuple[object, object], int]


def ms_of(engine: object, question: object) -> Pairs:
    """Return the milliseconds of all pairs by number."""
    origin, place, ms = engine.pairs(question)
    return dict(zip(zip(origin.tolist(), place.tolist(), strict=True), ms.tolist(), strict=True))


def seconds(net: Network, by_turns: TurnGraph, start: XY, end: XY) -> float | None:
    """Return the seconds between two points, None where there is no way."""
    snaps = [snap(net, spots(a=xy).geometry) for xy in (start, end)]
    found = ms_of(plain, ask_with_turns(net, by_turns, *snaps, cutoff=None))
    return found[0, 0] / 1000 if found else None


def arc(net: Network, tail: XY, head: XY) -> int:
    """Return the name of the arc between two corners."""
    node = {tuple(np.round(xy, 3)): i for i, xy in enumerate(net.node_xy.tolist())}
    ends = node[tail], node[head]
    for edge, both in enumerate(zip(net.edge_from.tolist(), net.edge_to.tolist(), strict=True)):
        if both == ends:
            return 2 * edge
        if both[::-1] == ends:
            return 2 * edge + 1
    raise AssertionError((tail, head))


def oracle(
    net: Network,
    costs: TurnCosts,
    banned: set[tuple[int, int]],
    origins: pd.DataFrame,
    places: pd.DataFrame,
) -> Pairs:
    """Return the milliseconds of all pairs, by networkx: an arc is a link from its start to its end."""
    graph = nx.DiGraph()
    arcs = _arcs(net)
    for name, (_, _, ms, _) in arcs.items():
        graph.add_edge(("start", name), ("end", name), ms=ms)
    for turn, ms in _turns(net, arcs, costs, banned).items():
        graph.add_edge(("end", turn[0]), ("start", turn[1]), ms=ms)
    starts, goals = (_met(net, table) for table in (origins, places))
    for row, spot, leg in starts:
        _start(graph, arcs, row, spot, leg)
    for row, spot, leg in goals:
        _end(graph, arcs, row, spot, leg)
        for each in starts:
            _straight(graph, arcs, each, (row, spot, leg))
    found: Pairs = {}
    for origin in {("origin", row) for row, _, _ in starts} & set(graph):
        times = nx.single_source_dijkstra_path_length(graph, origin, weight="ms")
        found |= {(origin[1], node[1]): ms for node, ms in times.items() if node[0] == "place"}
    return found


def _start(graph: nx.DiGraph, arcs: dict, row: int, spot: tuple, leg: int) -> None:
    """An origin goes to the start of arcs at its corner, or to the end of both arcs of its edge."""
    if spot[0] == "corner":
        _least(graph, ("origin", row), ("corner", row, spot[1]), leg)
    for name, (tail, head, ms, _) in arcs.items():
        if spot == ("corner", tail):
            _least(graph, ("origin", row), ("start", name), leg)
        if spot[:2] == ("inside", name >> 1):
            rest = leg + round(ms * (spot[2] if name % 2 else 1 - spot[2]))
            _least(graph, ("origin", row), ("end", name), rest)
            _least(graph, ("origin", row), ("corner", row, head), rest)


def _end(graph: nx.DiGraph, arcs: dict, row: int, spot: tuple, leg: int) -> None:
    """A place is reached from the end of arcs into its corner, or from the start of both arcs of its edge."""
    for name, (_, head, ms, _) in arcs.items():
        if spot == ("corner", head):
            _least(graph, ("end", name), ("place", row), leg)
        if spot[:2] == ("inside", name >> 1):
            _least(graph, ("start", name), ("place", row), leg + round(ms * (1 - spot[2] if name % 2 else spot[2])))


def _straight(graph: nx.DiGraph, arcs: dict, out: tuple, into: tuple) -> None:
    (origin, start, first), (place, end, leg) = out, into
    if end[0] == "corner":
        if start == end or start[0] == "inside":
            _least(graph, ("corner", origin, end[1]), ("place", place), leg)
    elif start[:2] == end[:2]:
        gone = end[2] - start[2]
        way = arcs.get(2 * start[1] + (gone < 0))
        if way is not None or gone == 0:
            _least(
                graph, ("origin", origin), ("place", place), first + leg + (round(way[2] * abs(gone)) if gone else 0)
            )


def _least(graph: nx.DiGraph, tail: object, head: object, ms: int) -> None:
    known = graph.get_edge_data(tail, head, {"ms": ms})["ms"]
    graph.add_edge(tail, head, ms=min(ms, known))


def _arcs(net: Network) -> dict[int, tuple[int, int, int, list[XY]]]:
    arcs = {}
    for edge, line in enumerate(net.edge_lines):
        tail, head = int(net.edge_from[edge]), int(net.edge_to[edge])
        if net.edge_forward_ms[edge] >= 0:
            arcs[2 * edge] = tail, head, int(net.edge_forward_ms[edge]), list(line.coords)
        if net.edge_backward_ms[edge] >= 0:
            arcs[2 * edge + 1] = head, tail, int(net.edge_backward_ms[edge]), list(line.coords)[::-1]
    return arcs


def _turns(net: Network, arcs: dict, costs: TurnCosts, banned: set) -> dict[tuple[int, int], int]:
    ends = np.bincount(np.concatenate([net.edge_from, net.edge_to]))
    turns = {}
    for into, (_, corner, _, before) in arcs.items():
        others = {onto for onto, each in arcs.items() if each[0] == corner and (into, onto) not in banned}
        if not costs.u_turns and others - {into ^ 1}:
            others -= {into ^ 1}
        for onto in others:
            cost = _cost(before, arcs[onto][3], costs) if ends[corner] > 2 else 0.0
            turns[into, onto] = round(1000 * (costs.u_turn_s if onto == into ^ 1 else cost))
    return turns


def _cost(before: list[XY], after: list[XY], costs: TurnCosts) -> float:
    (ax, ay), (bx, by) = before[-2:]
    (cx, cy), (dx, dy) = after[:2]
    if (ax, ay) == (bx, by) or (cx, cy) == (dx, dy):
        return costs.straight_s
    degrees = math.degrees(math.atan2(dy - cy, dx - cx) - math.atan2(by - ay, bx - ax))
    degrees = (degrees + 180) % 360 - 180
    if abs(degrees) <= 30:
        return costs.straight_s
    if abs(abs(degrees) - 180) < 1e-6:
        return costs.left_s if costs.drives_on == "right" else costs.right_s
    return costs.left_s if degrees > 0 else costs.right_s


def _met(net: Network, table: pd.DataFrame) -> list[tuple[int, tuple, int]]:
    """Return row, where (a corner, or inside an edge) and leg of every entrance."""
    found = []
    for row, edge, share, leg in zip(*(column.tolist() for column in entrances(net, table)), strict=True):
        if share in (0, 1):
            found.append((row, ("corner", int((net.edge_to if share else net.edge_from)[edge])), leg))
        else:
            found.append((row, ("inside", edge, share), leg))
    return found


def osm_file(path: Path, ways: Mapping[int, tuple[Sequence[str], dict[str, str]]], relations: Sequence[dict]) -> Path:
    """Write ways over nodes named by their metres ("1000,0"), and relations of members and tags."""
    to_degrees = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    names = list(dict.fromkeys(name for nodes, _ in ways.values() for name in nodes))
    said = []
    for number, name in enumerate(names, 1):
        x, y = map(float, name.split(","))
        lon, lat = to_degrees.transform(500_000 + x, 4_900_000 + y)
        said.append(f'<node id="{number}" version="1" lon="{lon:.7f}" lat="{lat:.7f}"/>')
    for number, (nodes, tags) in ways.items():
        refs = "".join(f'<nd ref="{names.index(name) + 1}"/>' for name in nodes)
        said.append(f'<way id="{number}" version="1">{refs}{_tags({"highway": "residential", **tags})}</way>')
    for number, relation in enumerate(relations, 1):
        members = "".join(
            f'<member type="{"node" if isinstance(ref, str) else "way"}" role="{role}" '
            f'ref="{names.index(ref) + 1 if isinstance(ref, str) else ref}"/>'
            for role, ref in relation["members"]
        )
        tags = {"type": "restriction", **relation["tags"]}
        said.append(f'<relation id="{number}" version="1">{members}{_tags(tags)}</relation>')
    path.write_text(f'<?xml version="1.0"?><osm version="0.6">{"".join(said)}</osm>', "utf-8")
    return path


def way_ids(roads: gpd.GeoDataFrame) -> np.ndarray:
    """Return the OSM way of each row of `read_roads`."""
    return roads["way"].to_numpy(np.int64)


def drawn(path: Path) -> tuple[Network, np.ndarray]:
    """Return the driving network of a file of `osm_file`, moved back to its metres, and the way of each road."""
    from siting.network import from_lines

    roads = read_roads(str(path))
    metres = roads.to_crs(CRS)
    return from_lines(metres, mode="drive", tolerance_m=0), way_ids(roads)


def nodes_of(net: Network) -> dict[str, int]:
    """Return the number of each corner of `drawn` by its metres."""
    return {f"{round(x) - 500_000},{round(y) - 4_900_000}": i for i, (x, y) in enumerate(net.node_xy.tolist())}


def legs(net: Network, pairs: np.ndarray) -> set[tuple[str, str, str]]:
    """Return banned turns as from, via, to."""
    name = {number: each for each, number in nodes_of(net).items()}
    ends = np.stack([net.edge_from, net.edge_to], axis=1)
    return {
        (name[int(ends[a >> 1][a & 1])], name[int(ends[b >> 1][b & 1])], name[int(ends[b >> 1][1 - (b & 1)])])
        for a, b in pairs.tolist()
    }


def _tags(tags: Mapping[str, str]) -> str:
    return "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())
