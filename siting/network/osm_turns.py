"""Turn restrictions of OpenStreetMap: read from an extract, then matched to the arcs of a network.

Source: https://wiki.openstreetmap.org/wiki/Relation:restriction.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from os import PathLike, fspath
from typing import Any, NamedTuple

import numpy as np
import osmium
import pandas as pd
import pyproj
from scipy.spatial import cKDTree

from siting.base.columns import Mode
from siting.network.graph import Floats, Ints, Network
from siting.network.turn_graph import LEFT, RIGHT, STRAIGHT, U_TURN, Side, open_arcs, turn_kinds

Turn = tuple[int, int]
NEAR_M = 0.01
_VEHICLES: dict[Mode, tuple[str, ...]] = {
    "walk": ("foot",),
    "cycle": ("bicycle", "vehicle", ""),
    "drive": ("motorcar", "motor_vehicle", "vehicle", ""),
}
"""Whom a restriction names, the most specific first; one without a name is for all vehicles."""
_TURNS = {"left_turn": LEFT, "right_turn": RIGHT, "straight_on": STRAIGHT, "u_turn": U_TURN}
_KINDS = frozenset({f"{rule}_{turn}" for rule in ("no", "only") for turn in _TURNS} | {"no_entry", "no_exit"})
_HOURS = frozenset({"day_on", "day_off", "hour_on", "hour_off"})
COLUMNS = ["relation", "kind", "from_way", "to_way", "lon", "lat"]


class Restrictions(NamedTuple):
    """What an extract says about turns.

    table: relation, kind (no_left_turn, only_straight_on ...), from_way, to_way, lon, lat (of the node
    between); a relation with several ways has a row for each pair. notes: relations by what became of them.
    """

    table: pd.DataFrame
    notes: Counter[str]


class Banned(NamedTuple):
    """Turns that a network bans.

    pairs: names of arcs into and out of a junction, as in `Turning`. notes: relations by what became of them.
    """

    pairs: Ints
    notes: Counter[str]


def read_restrictions(path: str | PathLike[str], *, mode: Mode = "drive") -> Restrictions:
    """Return the restrictions of an OSM file that hold for a mode at all hours, via one node.

    A tag that names the mode goes before one for all vehicles; `except` frees the mode. Notes count
    relations: read; for_others (another mode, or excepted); conditional (at some hours only: ignored);
    via_way (ignored: they ban a way through several streets); unknown_kind; incomplete (a member is
    missing, or the node lies outside the extract).
    """
    notes: Counter[str] = Counter()
    rows = [row for relation in _relations(fspath(path)) for row in _rows(relation, mode, notes)]
    spots = _coordinates(fspath(path), {row[4] for row in rows})
    known = [(*row[:4], *spots[row[4]]) for row in rows if row[4] in spots]
    table = pd.DataFrame(known, columns=COLUMNS)
    notes["read"] = table["relation"].nunique()
    notes["incomplete"] += len({row[0] for row in rows}) - notes["read"]
    return Restrictions(table, +notes)


def banned_turns(network: Network, restrictions: Restrictions, way_ids: Ints, *, drives_on: Side = "right") -> Banned:
    """Return the turns between arcs of a network that restrictions ban.

    `way_ids`: the OSM way of each row of the roads that the network was built from. An `only_` restriction
    bans every other arc out of its node, for whoever comes by its way; several of one way allow what each
    asks. Where a way runs on through the node, the turn that goes the named way is meant. Notes count
    relations: matched; no_corner (no node of the network within 1 cm); way_not_here (a way is not part of
    the network at this node); closed (the turn leads into or out of a street against its direction: nothing
    to ban, and nothing banned for `only_`); unclear (a way runs through and no turn, or more than one, goes
    the named way). Raises ValueError for a network that does not know its roads.
    """
    if network.edge_road is None:
        msg = "a network that does not know the road of each edge cannot take restrictions by way"
        raise ValueError(msg)
    table = restrictions.table
    notes: Counter[str] = Counter()
    if table.empty:
        return Banned(np.zeros((0, 2), np.int64), notes)
    node = _nodes(network, table)
    places = _Corners(network, np.asarray(way_ids)[network.edge_road], node[node >= 0], drives_on)
    banned: set[Turn] = set()
    only: dict[tuple[int, int], set[Turn]] = defaultdict(set)
    for _, group in table.assign(node=node).groupby("relation", sort=True):
        at, kind = int(group["node"].iloc[0]), str(group["kind"].iloc[0])
        pairs = list(zip(group["from_way"].tolist(), group["to_way"].tolist(), strict=True))
        found = "no_corner" if at < 0 else places.turns(kind, at, pairs)
        notes[found if isinstance(found, str) else "matched"] += 1
        if isinstance(found, str):
            continue
        if kind.startswith("no_"):
            banned |= found
        else:
            for turn in found:
                only[at, turn[0]].add(turn)
    banned |= {turn for (at, into), asked in only.items() for turn in places.out_of(at, into) - asked}
    return Banned(np.array(sorted(banned), np.int64).reshape(-1, 2), notes)


def _relations(path: str) -> Iterator[Any]:
    relations = osmium.FileProcessor(path, osmium.osm.RELATION)
    for relation in relations.with_filter(osmium.filter.KeyFilter("type")):
        if dict(relation.tags)["type"].split(":")[0] == "restriction":
            yield relation


def _rows(relation: Any, mode: Mode, notes: Counter[str]) -> list[tuple[int, str, int, int, int]]:
    """Return relation, kind, from, to and node of every pair of ways that a relation bans or demands."""
    kind = _kind(dict(relation.tags), mode)
    members: dict[tuple[str, str], list[int]] = defaultdict(list)
    for member in relation.members:
        members[member.role, member.type].append(member.ref)
    nodes = members["via", "n"]
    if kind not in _KINDS:
        notes[kind] += 1
    elif members["via", "w"]:
        notes["via_way"] += 1
    elif len(nodes) != 1 or not members["from", "w"] or not members["to", "w"]:
        notes["incomplete"] += 1
    else:
        ways = [(start, end) for start in members["from", "w"] for end in members["to", "w"]]
        return [(int(relation.id), kind, start, end, nodes[0]) for start, end in ways]
    return []


def _kind(tags: Mapping[str, str], mode: Mode) -> str:
    """Return what a restriction says to a mode, else the note that tells why it is ignored."""
    named = _VEHICLES[mode]
    excepted = {each.strip() for each in tags.get("except", "").split(";")}
    if excepted & {each for each in named if each}:
        return "for_others"
    keys = [f"restriction:{each}" if each else "restriction" for each in named]
    said = next((tags[key] for key in keys if key in tags), None)
    if said is None:
        return "conditional" if any(f"{key}:conditional" in tags for key in keys) else "for_others"
    if "@" in said or _HOURS & set(tags):
        return "conditional"
    is_typed = ":" in tags["type"] and tags["type"].split(":")[1] not in named
    return "for_others" if is_typed else said if said in _KINDS else "unknown_kind"


def _coordinates(path: str, ids: Iterable[int]) -> dict[int, tuple[float, float]]:
    wanted = sorted(ids)
    if not wanted:
        return {}
    nodes = osmium.FileProcessor(path, osmium.osm.NODE).with_filter(osmium.filter.IdFilter(wanted))
    return {
        node.id: (node.location.lon, node.location.lat)
        for node in nodes
        if isinstance(node, osmium.osm.Node) and node.location.valid()
    }


def _nodes(network: Network, table: pd.DataFrame) -> Ints:
    """Return the node of the network at each row, -1 where none is within a centimetre."""
    to_network = pyproj.Transformer.from_crs("EPSG:4326", network.crs, always_xy=True)
    xy: Floats = np.column_stack(to_network.transform(table["lon"].to_numpy(), table["lat"].to_numpy()))
    distance, node = cKDTree(network.node_xy).query(np.where(np.isfinite(xy), xy, 1e300))
    return np.where(distance <= NEAR_M, node, -1).astype(np.int64)


class _Corners:
    """The arcs into and out of some nodes, by the OSM way that they are part of."""

    def __init__(self, network: Network, way_of_edge: Ints, nodes: Ints, drives_on: Side) -> None:
        self._network, self._drives_on = network, drives_on
        self._into: dict[tuple[int, int], list[int]] = defaultdict(list)
        self._onto: dict[tuple[int, int], list[int]] = defaultdict(list)
        self._out: dict[int, list[int]] = defaultdict(list)
        arcs, _ = open_arcs(network)
        for ends, into in ((arcs.head, True), (arcs.tail, False)):
            for arc in np.flatnonzero(np.isin(ends, nodes)).tolist():
                name, node = int(arcs.name[arc]), int(ends[arc])
                (self._into if into else self._onto)[node, int(way_of_edge[name >> 1])].append(name)
                if not into:
                    self._out[node].append(name)
        touched = np.isin(network.edge_from, nodes) | np.isin(network.edge_to, nodes)
        self._ways = {
            (int(node), int(way_of_edge[edge]))
            for edge in np.flatnonzero(touched).tolist()
            for node in (network.edge_from[edge], network.edge_to[edge])
        }

    def out_of(self, node: int, into: int) -> set[Turn]:
        """Return every turn from an arc that ends at a node."""
        return {(into, onto) for onto in self._out[node]}

    def turns(self, kind: str, node: int, ways: list[Turn]) -> set[Turn] | str:
        """Return the turns that a restriction names at a node, else the note that tells why it names none."""
        here = [pair for pair in ways if (node, pair[0]) in self._ways and (node, pair[1]) in self._ways]
        found = [self._turns(kind, node, pair) for pair in here]
        turns: set[Turn] = set().union(*(each for each in found if not isinstance(each, str)))
        if "unclear" in found and (kind.startswith("only_") or not turns):
            return "unclear"
        return turns or ("closed" if here else "way_not_here")

    def _turns(self, kind: str, node: int, ways: Turn) -> set[Turn] | str:
        """Return the turns between two ways at a node, by their angle where a way runs through it."""
        into, onto = self._into[node, ways[0]], self._onto[node, ways[1]]
        turns = [(start, end) for start in into for end in onto]
        if ways[0] == ways[1] and not kind.endswith("u_turn"):
            turns = [turn for turn in turns if turn[0] != turn[1] ^ 1]
        if len(turns) < 2:
            return set(turns)
        turn = kind.split("_", 1)[1]
        if turn not in _TURNS:
            return "unclear"
        named = np.array(turns, np.int64)
        kinds = turn_kinds(self._network, named[:, 0], named[:, 1], self._drives_on)
        meant = [turns[i] for i in np.flatnonzero(kinds == _TURNS[turn]).tolist()]
        if turn == "u_turn" and meant:
            return set(meant)
        return set(meant) if len(meant) == 1 else "unclear"
