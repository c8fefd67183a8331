"""Plain twins of the compiled kernels: one heap, one origin at a time, nothing clever."""

import heapq
import itertools
from collections.abc import Callable

import numpy as np

from siting.network.question import Question

Times = dict[int, int]


def places_of(question: Question, origin: int) -> Times:
    """Return the milliseconds of one origin to every place within the limit."""
    found: Times = {}
    at_node = _nodes_of(question, origin)
    for place in range(question.places):
        for end in range(question.exits.starts[place], question.exits.starts[place + 1]):
            node, ms = int(question.exits.nodes[end]), int(question.exits.ms[end])
            if node in at_node:
                _lower(found, place, at_node[node] + ms)
    for pair in range(question.pairs.starts[origin], question.pairs.starts[origin + 1]):
        _lower(found, int(question.pairs.places[pair]), int(question.pairs.ms[pair]))
    return {place: ms for place, ms in found.items() if ms <= question.limit_ms}


def nearest(question: Question, k: int) -> np.ndarray:
    """Return ms << 32 | place of the k nearest places of each origin, -1 for none."""
    rows = []
    for origin in range(question.origins):
        keys = sorted((ms << 32) | place for place, ms in places_of(question, origin).items())
        rows.append([*keys, *([-1] * k)][:k])
    return np.array(rows, np.int64).reshape(-1, k)


def gathered(question: Question, amounts: np.ndarray, weigh: Callable[[float], float]) -> np.ndarray:
    """Return the weighted sum of the amounts at the places of each origin."""
    return np.array(
        [
            sum(amounts[place] * weigh(ms / 60_000) for place, ms in places_of(question, origin).items())
            for origin in range(question.origins)
        ],
        np.float64,
    )


def spread(question: Question, given: np.ndarray, weigh: Callable[[float], float]) -> np.ndarray:
    """Return the weighted sum of the amounts at the origins of each place."""
    sums = np.zeros(question.places)
    for origin in range(question.origins):
        for place, ms in places_of(question, origin).items():
            sums[place] += given[origin] * weigh(ms / 60_000)
    return sums


def pairs(question: Question) -> dict[tuple[int, int], int]:
    """Return the milliseconds of every pair within the limit."""
    return {(o, place): ms for o in range(question.origins) for place, ms in places_of(question, o).items()}


def _nodes_of(question: Question, origin: int) -> Times:
    """Search from one origin with a heap; the limit is applied at the places."""
    graph, entries = question.graph, question.entries
    order = itertools.count()
    heap = [
        (int(entries.ms[end]), next(order), int(entries.nodes[end]))
        for end in range(entries.starts[origin], entries.starts[origin + 1])
    ]
    heapq.heapify(heap)
    done: Times = {}
    while heap:
        ms, _, node = heapq.heappop(heap)
        if node in done:
            continue
        done[node] = ms
        for arc in range(graph.starts[node], graph.starts[node + 1]):
            heapq.heappush(heap, (ms + int(graph.ms[arc]), next(order), int(graph.heads[arc])))
    return done


def _lower(found: Times, place: int, ms: int) -> None:
    found[place] = min(ms, found.get(place, ms))
