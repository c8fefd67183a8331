"""Travel times where turns cost time or are banned: the questions of `reach.ask`, asked of the graph of turns."""

import numpy as np
import pandas as pd

from siting.network.ends import Entrances, along, by_row, entrances, leaving, part_of
from siting.network.graph import Floats, Ints, Network
from siting.network.kernels.arrays import FAR, Ends, Pairs
from siting.network.question import OneDirection, Question, limit_of, rows_of
from siting.network.turn_graph import TurnCosts, TurnGraph, Turning, spread_rows, turn_graph

__all__ = ["TurnCosts", "TurnGraph", "Turning", "ask_with_turns", "turn_graph"]

Columns = tuple[Ints, Ints, Ints]


def ask_with_turns(
    network: Network,
    by_turns: TurnGraph,
    origins: pd.DataFrame,
    places: pd.DataFrame,
    *,
    cutoff: float | None,
    direction: OneDirection = "to",
) -> Question:
    """Return the question of `reach.ask` over the turns of the same network.

    Whoever starts at a corner starts into any street that leaves it, without a turn; whoever ends at one
    ends there, by whichever street. All other turns count, the first out of the edge of an origin included.
    """
    starts, goals = (entrances(network, snaps) for snaps in (origins, places))
    out, into = (starts, goals) if direction == "to" else (goals, starts)
    rows = (len(origins), len(places)) if direction == "to" else (len(places), len(origins))
    asked = Question(
        by_turns.graph,
        by_turns.graph_back,
        by_turns.index,
        _leaving(network, by_turns, out, rows[0]),
        _arriving(network, by_turns, into, rows[1]),
        _straight(network, out, into, rows[0]),
        limit_of(cutoff),
    )
    return asked if direction == "to" else asked.turned()


def _leaving(network: Network, by_turns: TurnGraph, by: Entrances, rows: int) -> Ends:
    """Return, for each row, the arcs that its trips turn into first and after how many milliseconds."""
    row, arc, ms = _inside(by_turns, by, (1 - by.fraction, by.fraction))
    position, turn = spread_rows(by_turns.turns.starts, arc)
    turned = row[position], by_turns.turns.onto[turn].astype(np.int64), ms[position] + by_turns.turns.ms[turn]
    at_corner, node = _corners(network, by)
    position, begun = spread_rows(by_turns.out_starts, node)
    started = by.row[at_corner][position], begun, by.leg_ms[at_corner][position]
    return _ends((turned, started), rows)


def _arriving(network: Network, by_turns: TurnGraph, by: Entrances, rows: int) -> Ends:
    """Return, for each row, the arcs that trips to it take last and the milliseconds from their tails."""
    inside = _inside(by_turns, by, (by.fraction, 1 - by.fraction))
    at_corner, node = _corners(network, by)
    position, item = spread_rows(by_turns.in_starts, node)
    last = by_turns.in_arcs[item]
    ended = by.row[at_corner][position], last, by.leg_ms[at_corner][position] + by_turns.arcs.ms[last]
    return _ends((inside, ended), rows)


def _inside(by_turns: TurnGraph, by: Entrances, shares: tuple[Floats, Floats]) -> Columns:
    """Return row, arc and milliseconds with the leg for the shares of both arcs of edges met between their ends."""
    parts = []
    for side, share in enumerate(shares):
        arc = by_turns.number[2 * by.edge + side]
        kept = (by.fraction > 0) & (by.fraction < 1) & (arc >= 0)
        arc = arc[kept]
        parts.append((by.row[kept], arc, by.leg_ms[kept] + part_of(by_turns.arcs.ms[arc], share[kept])))
    row, arc, ms = (np.concatenate(column) for column in zip(*parts, strict=True))
    return row, arc, ms


def _corners(network: Network, by: Entrances) -> tuple[Ints, Ints]:
    """Return which entrances are at a corner, and at which node."""
    at_corner = np.flatnonzero((by.fraction == 0) | (by.fraction == 1))
    edge = by.edge[at_corner]
    return at_corner, np.where(by.fraction[at_corner] == 1, network.edge_to[edge], network.edge_from[edge])


def _straight(network: Network, out: Entrances, into: Entrances, rows: int) -> Pairs:
    """Return the trips without a turn: inside one edge, and to places at the corner that a row reaches first.

    One for each pair of rows, the quickest.
    """
    inside, reached = along(network, out, into, rows), leaving(network, out, rows)
    at_corner, node = _corners(network, into)
    left = pd.DataFrame({"row": rows_of(reached), "node": reached.nodes.astype(np.int64), "ms": reached.ms})
    right = pd.DataFrame({"place": into.row[at_corner], "node": node, "leg_ms": into.leg_ms[at_corner]})
    met = left.merge(right, on="node")
    row = np.concatenate([rows_of(inside), met["row"].to_numpy(np.int64)])
    place = np.concatenate([inside.places.astype(np.int64), met["place"].to_numpy(np.int64)])
    ms = np.concatenate([inside.ms.astype(np.int64), (met["ms"] + met["leg_ms"]).to_numpy(np.int64)])
    row, place, ms = _least(row, place, ms)
    return Pairs(*by_row(row, place, ms, rows))


def _ends(parts: tuple[Columns, Columns], rows: int) -> Ends:
    row, arc, ms = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Ends(*by_row(*_least(row, arc, ms), rows))


def _least(row: Ints, other: Ints, ms: Ints) -> Columns:
    """Return each pair once, with its least time; times beyond any trip are left out."""
    order = np.lexsort((ms, other, row))
    row, other, ms = row[order], other[order], ms[order]
    first = np.ones(len(row), bool)
    first[1:] = (row[1:] != row[:-1]) | (other[1:] != other[:-1])
    first &= ms < FAR
    return row[first], other[first], ms[first]
