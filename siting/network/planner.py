"""Which engine answers a question: a model of what each would cost, from sizes alone.

Sizes, never clocks: the same question is planned alike on every machine and in every run. The figures are
nanoseconds on one core of a 2023 server; only their ratios matter.
"""

import os
from dataclasses import dataclass
from typing import Literal

import numpy as np

from siting.network import plain
from siting.network.question import Question

Method = Literal["scipy", "search", "sweep", "matrix"]

SMALL_NS = 1e9
"""A job that scipy ends within a second does not pay for loading compiled code (a first compilation takes longer)."""
SCIPY_NODE, SCIPY_REACHED, SCIPY_NEAREST = 15, 120, 160
SEARCH_REACHED, SWEEP_REACHED = 6.0, 1.8
INDEX_NODE = 10_000
SAMPLES = 8
LARGE_REACH = 8_000


@dataclass(frozen=True)
class Plan:
    """How a question is answered, and from what sizes that follows.

    method: scipy's Dijkstra, compiled search without an index, sweeps over the index, or whole rows of
    the matrix (where weights reach beyond a table). cell: origins
    that share a small network. from_places: whether it is asked from the places. reach: nodes within the
    limit of an origin, on average over a few; None where it did not matter.
    """

    method: Method
    cell: int
    from_places: bool
    origins: int
    places: int
    nodes: int
    reach: int | None

    def record(self) -> dict[str, object]:
        """Return the plan as the stamp keeps it."""
        return {"method": self.method, "from_places": self.from_places, "reach": self.reach, "cell": self.cell}


def workers_of(workers: int | None) -> int:
    """Return the number of threads: as asked, else one for each processor that this process may use."""
    if workers is not None:
        if workers < 1:
            msg = f"there must be at least one thread, not {workers}"
            raise ValueError(msg)
        return workers
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def plan_nearest(question: Question) -> Plan:
    """Return how the nearest or k nearest places are found: one search from all places."""
    small = question.nodes * SCIPY_NEAREST < SMALL_NS
    return _plan(question, "scipy" if small else "search")


def plan_k_nearest(question: Question) -> Plan:
    """Return how the k nearest places are found; scipy needs a search an origin."""
    small = _scipy(question, question.origins, question.nodes) < SMALL_NS
    return _plan(question, "scipy" if small else "search")


def plan_pairs(question: Question) -> Plan:
    """Return how all pairs are found."""
    small = _scipy(question, question.origins, question.nodes) < SMALL_NS
    return _plan(question, "scipy" if small else "sweep")


def plan_kinds(question: Question, kinds: int) -> Plan:
    """Return how the nearest places of several kinds are found: a search a kind, or two sweeps for sixteen."""
    small = kinds * question.nodes * SCIPY_NEAREST < SMALL_NS
    return _plan(question, "scipy" if small else "sweep")


def plan_sums(question: Question, *, has_table: bool, both_ways: bool = True) -> Plan:
    """Return how sums over places within the limit are made: asked from the fewer of both sides, if allowed.

    has_table: whether the weights stand in a table by millisecond.
    """
    from_places = both_ways and has_table and question.places < question.origins
    asked = question.turned() if from_places else question
    if _scipy(question, asked.origins, question.nodes) < SMALL_NS:
        return _plan(question, "scipy", from_places=from_places)
    if not has_table:
        return _plan(question, "matrix")
    reach = _reach(asked)
    if _scipy(question, asked.origins, reach) < SMALL_NS:
        return _plan(question, "scipy", from_places=from_places, reach=reach)
    saved = asked.origins * reach * (SEARCH_REACHED - SWEEP_REACHED)
    method: Method = "sweep" if saved > question.nodes * INDEX_NODE else "search"
    return _plan(question, method, from_places=from_places, reach=reach)


def _plan(question: Question, method: Method, *, from_places: bool = False, reach: float | None = None) -> Plan:
    return Plan(
        method,
        512 if reach is not None and reach > LARGE_REACH else 256,
        from_places,
        question.origins,
        question.places,
        question.nodes,
        None if reach is None else round(reach),
    )


def _scipy(question: Question, searches: int, reach: float) -> float:
    ends = question.origins + question.places
    return searches * ((question.nodes + ends) * SCIPY_NODE + reach * SCIPY_REACHED)


def _reach(question: Question) -> float:
    """Return the mean number of nodes within the limit of a few origins, spread over all."""
    starts = question.entries.starts
    enters = np.flatnonzero(np.diff(starts))
    if not len(enters):
        return 0.0
    some = enters[np.linspace(0, len(enters) - 1, min(SAMPLES, len(enters))).astype(np.int64)]
    return plain.reach_of(question.graph, question.entries.nodes[starts[some]].astype(np.int64), question.limit_ms)
