"""One question to the engine: from these rows, to these places, over this graph, within this time."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from siting.base.columns import MS_PER_MINUTE
from siting.network.kernels.arrays import FAR, Ends, Graph, Index, Pairs

Ints = npt.NDArray[np.int64]
OneDirection = Literal["to", "from"]
"""Origin to place, or the way back."""
ROUNDING = 1e-6
"""8.2 minutes are 492,000 ms, which binary fractions miss by a hair."""


@dataclass(frozen=True)
class Question:
    """Trips from origins to places, in arrays alone.

    graph, graph_back: arcs, and the same turned round. index: makes (or finds) the hierarchy of `graph`,
    or with True that of `graph_back`. entries: where origins enter. exits: where places are reached.
    pairs: trips straight along one edge, by origin. limit_ms: whole milliseconds, bound inclusive.
    """

    graph: Graph
    graph_back: Graph
    index: Callable[[bool], Index]
    entries: Ends
    exits: Ends
    pairs: Pairs
    limit_ms: int
    is_turned: bool = False

    @property
    def nodes(self) -> int:
        """Number of nodes of the graph."""
        return len(self.graph.starts) - 1

    @property
    def origins(self) -> int:
        """Number of origins."""
        return len(self.entries.starts) - 1

    @property
    def places(self) -> int:
        """Number of places."""
        return len(self.exits.starts) - 1

    def turned(self) -> "Question":
        """Return the same trips asked from the places: origins and places exchanged, arcs turned round."""
        return replace(
            self,
            graph=self.graph_back,
            graph_back=self.graph,
            entries=self.exits,
            exits=self.entries,
            pairs=turned_pairs(self.pairs, self.places),
            is_turned=not self.is_turned,
        )

    def hierarchy(self) -> Index:
        """Return the index of the graph in the direction of the question."""
        return self.index(self.is_turned)


def limit_of(minutes: float | None) -> int:
    """Return a cutoff in whole milliseconds, bound inclusive; None means all."""
    if minutes is None or minutes == np.inf:
        return FAR - 1
    if not minutes >= 0:
        msg = f"a cutoff must be a number of minutes, 0 or more, not {minutes}"
        raise ValueError(msg)
    return min(int(np.floor(minutes * MS_PER_MINUTE + ROUNDING)), FAR - 1)


def rows_of(ends: Ends | Pairs) -> Ints:
    """Return the row of every end."""
    return np.repeat(np.arange(len(ends.starts) - 1), np.diff(ends.starts))


def only_places(question: Question, places: Ints) -> Question:
    """Return the question for some of its places, numbered anew in the order given."""
    number = np.full(question.places, -1, np.int64)
    number[places] = np.arange(len(places))
    pairs = question.pairs
    kept = number[pairs.places] >= 0
    row = rows_of(pairs)[kept]
    starts = np.searchsorted(row, np.arange(question.origins + 1)).astype(np.int32)
    straight = Pairs(starts, number[pairs.places[kept]].astype(np.int32), pairs.ms[kept])
    return replace(question, exits=take(question.exits, places), pairs=straight)


def take(ends: Ends, order: Ints) -> Ends:
    """Return the rows of the ends in another order."""
    starts, chosen = _chosen(ends.starts, order)
    return Ends(starts, ends.nodes[chosen], ends.ms[chosen])


def take_pairs(pairs: Pairs, order: Ints) -> Pairs:
    """Return the rows of the pairs in another order."""
    starts, chosen = _chosen(pairs.starts, order)
    return Pairs(starts, pairs.places[chosen], pairs.ms[chosen])


def by_node(exits: Ends, nodes: int) -> Pairs:
    """Return the places at each node, with the milliseconds from there."""
    return Pairs(*_grouped(exits.nodes, rows_of(exits), exits.ms, nodes))


def turned_pairs(pairs: Pairs, places: int) -> Pairs:
    """Return the pairs by place instead of by origin."""
    return Pairs(*_grouped(pairs.places, rows_of(pairs), pairs.ms, places))


def _chosen(starts: npt.NDArray[np.int32], order: Ints) -> tuple[npt.NDArray[np.int32], Ints]:
    counts = np.diff(starts)[order]
    fresh = np.concatenate([[0], np.cumsum(counts)])
    chosen = np.arange(fresh[-1]) - np.repeat(fresh[:-1] - starts[:-1][order], counts)
    return fresh.astype(np.int32), chosen


def _grouped(
    key: npt.NDArray[np.int32], other: Ints, ms: npt.NDArray[np.int32], size: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    order = np.argsort(key, kind="stable")
    starts = np.searchsorted(key[order], np.arange(size + 1)).astype(np.int32)
    return starts, other[order].astype(np.int32), ms[order]
