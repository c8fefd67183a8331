"""Streets as a graph of turns: what a turn costs, which ones are allowed, and what follows from where.

A state is an open arc, seen from its tail. So an answer over states knows by which street a junction was
entered, which an answer over nodes forgets.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse.csgraph import connected_components

from siting.network.graph import MAJOR_SHARE, Floats, Ints, Network, compact, matrix_of
from siting.network.kernels.arrays import Graph, Index

Side = Literal["right", "left"]
STRAIGHT_DEG = 30.0
"""A turn by up to so many degrees is no turn."""
REVERSAL_DEG = 179.999
JUNCTION = 3
LEFT, RIGHT, STRAIGHT, U_TURN = range(4)
Int32s = npt.NDArray[np.int32]


@dataclass(frozen=True, kw_only=True)
class TurnCosts:
    """Seconds that a turn takes, and whether one may turn back on the road.

    Left and right are the driver's, in every country; up to 30 degrees off is straight. They cost where
    three or more ends of edges meet: where two meet there is only a bend. A U-turn is the way back along
    the same edge; it costs wherever it is made, and it is made only where no other turn is left (a dead
    end) unless `u_turns`. `drives_on` says to which side one turns into another street that runs straight
    back: to the left where one drives on the right. Raises ValueError for a cost that is no time.
    """

    left_s: float = 0.0
    right_s: float = 0.0
    straight_s: float = 0.0
    u_turn_s: float = 0.0
    u_turns: bool = False
    drives_on: Side = "right"

    def __post_init__(self) -> None:
        seconds = np.array([self.left_s, self.right_s, self.straight_s, self.u_turn_s], np.float64)
        if not (np.isfinite(seconds) & (seconds >= 0)).all():
            msg = f"turns take a time of 0 seconds or more, not {seconds.tolist()}"
            raise ValueError(msg)
        if self.drives_on not in ("right", "left"):
            msg = f"drives_on is right or left, not {self.drives_on!r}"
            raise ValueError(msg)

    @property
    def ms(self) -> Ints:
        """Whole milliseconds by kind of turn: left, right, straight, U-turn."""
        seconds = np.array([self.left_s, self.right_s, self.straight_s, self.u_turn_s], np.float64)
        return np.rint(seconds * 1000).astype(np.int64)


def no_turns() -> Ints:
    """Return no pair of arcs."""
    return np.zeros((0, 2), np.int64)


@dataclass(frozen=True)
class Turning:
    """What turning means in a network: costs, and the turns that are banned.

    banned: pairs of arcs, into and out of a junction. An arc is named 2 x edge, + 1 against the drawing.
    """

    costs: TurnCosts
    banned: Ints = field(default_factory=no_turns)


class Arcs(NamedTuple):
    """Every open arc of a network, by tail. name: 2 x edge, + 1 against the drawing."""

    name: Ints
    tail: Ints
    head: Ints
    ms: Ints


class Turns(NamedTuple):
    """Allowed turns in compressed rows: out of arc a into onto[starts[a]:starts[a + 1]]; ms: of the turn alone."""

    starts: Ints
    onto: Int32s
    ms: Int32s


@dataclass(frozen=True)
class TurnGraph:
    """The turns of a network: numbers of arcs are states of a search.

    number: the state of each name of an arc, -1 where it is closed. out_starts: the arcs that leave node
    v are out_starts[v] to out_starts[v + 1]. in_arcs: those that end at it, in the same way by in_starts.
    """

    arcs: Arcs
    turns: Turns
    number: Ints
    out_starts: Ints
    in_starts: Ints
    in_arcs: Ints

    @cached_property
    def graph(self) -> Graph:
        """From arc to arc: the time along the first, and of the turn into the second."""
        return self._compact(is_back=False)

    @cached_property
    def graph_back(self) -> Graph:
        """The same turned round."""
        return self._compact(is_back=True)

    @cached_property
    def edge_is_major(self) -> npt.NDArray[np.bool_]:
        """Whether an arc of an edge lies in a strongly connected component that holds at least 1 % of the arcs.

        Banned turns can make a trap of a street that is none by its directions alone.
        """
        label: Int32s = connected_components(matrix_of(self.graph), connection="strong")[1]
        matters = np.bincount(label) >= MAJOR_SHARE * len(label)
        is_major = (self.number >= 0) & np.append(matters[label], False)[self.number]
        return np.asarray(is_major.reshape(-1, 2).any(axis=1))

    @property
    def index(self) -> Callable[[bool], Index]:
        """Finds the index of the graph, or with True of the graph turned round; made once."""
        return lambda is_back: self._indexes[1 if is_back else 0]

    @cached_property
    def _indexes(self) -> tuple[Index, Index]:
        from siting.network.hierarchy import kept_index, reversed_index  # noqa: PLC0415  loads numba

        index = kept_index(self.graph)
        return index, reversed_index(index)

    def _compact(self, *, is_back: bool) -> Graph:
        into = np.repeat(np.arange(len(self.arcs.name)), np.diff(self.turns.starts))
        onto = self.turns.onto.astype(np.int64)
        tails, heads = (onto, into) if is_back else (into, onto)
        return compact(tails, heads, self.arcs.ms[into] + self.turns.ms, len(self.arcs.name))

    def __repr__(self) -> str:
        return f"TurnGraph({len(self.arcs.name)} arcs, {len(self.turns.onto)} turns)"


def turn_graph(network: Network, costs: TurnCosts, banned: Ints | None = None) -> TurnGraph:
    """Return the graph of turns of a network: every allowed turn between two arcs that meet, with its cost.

    `banned` are pairs of names of arcs as in `Turning`; a pair with a closed arc changes nothing. Raises
    ValueError for a pair that does not meet.
    """
    arcs, number = open_arcs(network)
    size, nodes = len(arcs.name), len(network.node_xy)
    out_starts = np.searchsorted(arcs.tail, np.arange(nodes + 1))
    in_arcs = np.argsort(arcs.head, kind="stable")
    in_starts = np.searchsorted(arcs.head[in_arcs], np.arange(nodes + 1))
    into, onto = spread_rows(out_starts, arcs.head)
    refused = _named(banned, arcs, number)
    is_allowed = ~np.isin(into * size + onto, refused[:, 0] * size + refused[:, 1]) if len(refused) else into >= 0
    is_back = arcs.name[into] == (arcs.name[onto] ^ 1)
    if not costs.u_turns:
        others = np.bincount(into[is_allowed & ~is_back], minlength=size)
        is_allowed &= ~is_back | (others[into] == 0)
    into, onto = into[is_allowed], onto[is_allowed]
    ms = _turn_ms(network, arcs, (into, onto), costs)
    turns = Turns(np.searchsorted(into, np.arange(size + 1)), onto.astype(np.int32), ms.astype(np.int32))
    return TurnGraph(arcs, turns, number, out_starts, in_starts, in_arcs)


def open_arcs(network: Network) -> tuple[Arcs, Ints]:
    """Return the open arcs of a network by tail, and for every name of an arc its number there, -1 if closed."""
    both = np.stack([network.edge_forward_ms, network.edge_backward_ms], axis=1).reshape(-1)
    tail = np.stack([network.edge_from, network.edge_to], axis=1).reshape(-1)
    head = np.stack([network.edge_to, network.edge_from], axis=1).reshape(-1)
    name = np.flatnonzero(both >= 0)
    name = name[np.argsort(tail[name], kind="stable")]
    number = np.full(len(both), -1, np.int64)
    number[name] = np.arange(len(name))
    return Arcs(name, tail[name], head[name], both[name]), number


def turn_kinds(network: Network, into: Ints, onto: Ints, drives_on: Side) -> Ints:
    """Return the kind (LEFT, RIGHT, STRAIGHT, U_TURN) of the turn from each named arc into another.

    By the angle between the last segment of the one and the first of the other; an edge without length is
    straight on.
    """
    leaving, arriving = _headings(network)
    (ux, uy), (vx, vy) = arriving[into].T, leaving[onto].T
    # adding 0 makes 0 of -0: the angle to a vector without length is 0, not 180 degrees
    degrees = np.degrees(np.arctan2(ux * vy - uy * vx, ux * vx + uy * vy + 0.0))
    is_across = np.abs(degrees) > REVERSAL_DEG
    is_left = np.where(is_across, drives_on == "right", degrees > 0)
    kinds = np.where(np.abs(degrees) <= STRAIGHT_DEG, STRAIGHT, np.where(is_left, LEFT, RIGHT))
    return np.where(into == (onto ^ 1), U_TURN, kinds)


def spread_rows(starts: Ints, rows: Ints) -> tuple[Ints, Ints]:
    """Return, for each position in `rows`, every item of that row of a compressed table: position and item."""
    counts = np.diff(starts)[rows]
    position = np.repeat(np.arange(len(rows)), counts)
    first = np.concatenate([[0], np.cumsum(counts)])[:-1]
    return position, np.arange(len(position)) + np.repeat(starts[rows] - first, counts)


def _turn_ms(network: Network, arcs: Arcs, turns: tuple[Ints, Ints], costs: TurnCosts) -> Ints:
    into, onto = turns
    kinds = turn_kinds(network, arcs.name[into], arcs.name[onto], costs.drives_on)
    ends = np.bincount(np.concatenate([network.edge_from, network.edge_to]), minlength=len(network.node_xy))
    is_free = (ends[arcs.head[into]] < JUNCTION) & (kinds != U_TURN)
    return np.where(is_free, 0, costs.ms[kinds])


def _named(banned: Ints | None, arcs: Arcs, number: Ints) -> Ints:
    """Return banned turns between open arcs, as numbers of arcs."""
    pairs = number[no_turns() if banned is None else np.asarray(banned, np.int64).reshape(-1, 2)]
    pairs = pairs[(pairs >= 0).all(axis=1)]
    apart = arcs.head[pairs[:, 0]] != arcs.tail[pairs[:, 1]]
    if apart.any():
        msg = f"{apart.sum()} of {len(pairs)} banned turns are between arcs that do not meet"
        raise ValueError(msg)
    return pairs


def _headings(network: Network) -> tuple[Floats, Floats]:
    """Return, by name of an arc, the vector of its first segment and of its last."""
    edges = len(network.edge_lines)
    coords, owner = shapely.get_coordinates(network.edge_lines, return_index=True)
    is_new = np.ones(len(owner), bool)
    is_new[1:] = (owner[1:] != owner[:-1]) | (coords[1:] != coords[:-1]).any(axis=1)
    coords, owner = coords[is_new], owner[is_new]
    starts = np.searchsorted(owner, np.arange(edges + 1))
    first, last = starts[:-1], starts[1:] - 1
    ahead = coords[np.minimum(first + 1, last)] - coords[first]
    onward = coords[last] - coords[np.maximum(last - 1, first)]
    leaving = np.stack([ahead, -onward], axis=1).reshape(-1, 2)
    arriving = np.stack([onward, -ahead], axis=1).reshape(-1, 2)
    return leaving, arriving
