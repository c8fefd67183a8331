"""The engine of small jobs: scipy's Dijkstra, which needs no compiling.

Origins and places become nodes of their own, so that one search answers every case.
"""

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from siting.base.exact import on_grid
from siting.network.graph import compact, matrix_of
from siting.network.kernels.arrays import FAR, LANES, Graph
from siting.network.question import Ints, Question, only_places, rows_of

Floats = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]
WeighMs = Callable[[Int64s], Floats]
"""Whole milliseconds to weights."""
BLOCK_CELLS = 4_000_000


def nearest(question: Question) -> Int64s:
    """Return ms << 32 | place of the nearest place of each origin, -1 where none is within the limit.

    Each path ends at one place, so milliseconds times a power of two plus the place's number order
    paths by time and then by place, exactly.
    """
    size, origins, places = question.nodes, question.origins, question.places
    found = np.full(origins, -1, np.int64)
    reached = np.flatnonzero(np.diff(question.exits.starts)) if places else np.zeros(0, np.int64)
    if len(question.pairs.places):
        reached = np.union1d(reached, question.pairs.places)
    if not origins or not len(reached):
        return found
    scale = 1 << places.bit_length()
    graph, first_place = with_ends(question), size + origins
    keys = graph.data * scale + np.maximum(graph.indices - first_place, 0)
    numbered = csr_array((keys, graph.indices, graph.indptr), shape=graph.shape)
    limit = question.limit_ms * scale + (scale - 1)
    times = dijkstra(csr_array(numbered.T), indices=first_place + reached, limit=limit, min_only=True)
    at_origins = times[size:first_place]
    known = np.flatnonzero(np.isfinite(at_origins))
    ms, place = np.divmod(at_origins[known].astype(np.int64), scale)
    found[known] = (ms << 32) | place
    return found


def nearest_times(question: Question, lane_of: npt.NDArray[np.int32]) -> Int64s:
    """Return the milliseconds from each origin to the nearest place of each of 16 categories, FAR for none."""
    times = np.full((question.origins, LANES), FAR, np.int64)
    for lane in np.unique(lane_of):
        keys = nearest(only_places(question, np.flatnonzero(lane_of == lane)))
        times[:, lane] = np.where(keys < 0, FAR, keys >> 32)
    return times


def k_nearest(question: Question, k: int) -> Int64s:
    """Return the keys of `nearest` for the k nearest places of each origin, in ascending order."""
    found = np.full((question.origins, k), -1, np.int64)
    for rows, ms in _blocks(question):
        kept = np.argsort(ms, axis=1, kind="stable")[:, :k]
        times = np.take_along_axis(ms, kept, axis=1)
        keys = (np.where(np.isfinite(times), times, 0).astype(np.int64) << 32) | kept
        found[rows, : kept.shape[1]] = np.where(np.isfinite(times), keys, -1)
    return found


def pairs(question: Question) -> tuple[Ints, Ints, Int64s]:
    """Return origin, place and milliseconds of every pair within the limit."""
    parts = [
        (rows[origin], place, ms[origin, place].astype(np.int64))
        for rows, ms in _blocks(question)
        for origin, place in [np.nonzero(np.isfinite(ms))]
    ]
    if not parts:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64)
    origin, place, ms = (np.concatenate(column) for column in zip(*parts, strict=True))
    return origin, place, ms


def gather(question: Question, values: Floats, weigh: WeighMs, grid: float) -> Floats:
    """Return, for each origin, the sum of its places' values x weights on a grid."""
    sums = np.zeros(question.origins)
    for rows, ms in _blocks(question):
        sums[rows] = on_grid(_weights(ms, weigh) * values, grid).sum(axis=1)
    return sums


def spread(question: Question, values: Floats, weigh: WeighMs, grid: float) -> Floats:
    """Return, for each place, the sum of the origins' values x weights on a grid."""
    sums = np.zeros(question.places)
    for rows, ms in _blocks(question):
        sums += on_grid(_weights(ms, weigh) * values[rows, None], grid).sum(axis=0)
    return sums


def reach_of(graph: Graph, nodes: Ints, limit_ms: int) -> float:
    """Return how many nodes lie within the limit of a node, on average over the given ones."""
    times = dijkstra(matrix_of(graph), indices=nodes, limit=limit_ms)
    return float(np.isfinite(times).sum() / max(len(nodes), 1))


def _weights(ms: Floats, weigh: WeighMs) -> Floats:
    inside = np.isfinite(ms)
    weights = np.zeros_like(ms)
    weights[inside] = weigh(ms[inside].astype(np.int64))
    return weights


def _blocks(question: Question) -> Iterator[tuple[Ints, Floats]]:
    """Yield numbers of origins with their milliseconds to every place (inf: beyond the limit)."""
    graph = with_ends(question)
    size, origins = question.nodes, question.origins
    first_place = size + origins
    step = max(1, BLOCK_CELLS // graph.shape[0])
    leaves = np.diff(question.entries.starts) + np.diff(question.pairs.starts) > 0
    rows = np.flatnonzero(leaves)
    for start in range(0, len(rows), step):
        block = rows[start : start + step]
        yield block, dijkstra(graph, indices=size + block, limit=question.limit_ms)[:, first_place:]


def with_ends(question: Question) -> csr_array:
    """Return the graph with origins (only ways out) and places (only ways in) as further nodes."""
    size, origins = question.nodes, question.origins
    graph, entries, exits, straight = question.graph, question.entries, question.exits, question.pairs
    joined = (
        (np.repeat(np.arange(size), np.diff(graph.starts)), graph.heads, graph.ms),
        (size + rows_of(entries), entries.nodes, entries.ms),
        (exits.nodes, size + origins + rows_of(exits), exits.ms),
        (size + rows_of(straight), size + origins + straight.places, straight.ms),
    )
    tails, heads, ms = (np.concatenate([part[i] for part in joined]).astype(np.int64) for i in range(3))
    return matrix_of(compact(tails, heads, ms, size + origins + question.places))
