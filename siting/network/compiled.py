"""The engine of large jobs: compiled searches and sweeps, spread over threads.

Every answer equals that of `plain`, whatever the number of threads: times are whole milliseconds, sums
stand on a grid.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from queue import SimpleQueue
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from siting.base.exact import grid_for, on_grid
from siting.network.kernels.arrays import FAR, LANES, Ends, Graph, Index
from siting.network.kernels.buckets import Queue, new_queue
from siting.network.kernels.cell import Cell, Sums, Trips
from siting.network.kernels.cells import sum_cells
from siting.network.kernels.nearest import NO_KEY, k_nearest_keys, k_nearest_of, nearest_keys, nearest_of
from siting.network.kernels.sweeps import Climb, at_entries, matrix_rows, nearest_rows, restricted
from siting.network.planner import workers_of
from siting.network.question import Ints, Question, by_node, rows_of, take, take_pairs

Floats = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]
Int32s = npt.NDArray[np.int32]
T = TypeVar("T")
NODE_SHIFT, LANE_SHIFT = 12, 14
MATRIX_CELLS = 1 << 26
CHUNKS = 16
"""Parts that a job is cut into whatever the number of threads, so that nothing depends on it."""


class How(NamedTuple):
    """How sums are made: with the index or without, origins in a cell, threads (None: one a processor)."""

    has_index: bool
    cell: int = 256
    workers: int | None = None


def nearest(question: Question) -> Int64s:
    """Return ms << 32 | place of the nearest place of each origin, -1 where none is within the limit."""
    keys = _searched(question, nearest_keys, np.full(question.nodes, NO_KEY, np.int64))
    return np.asarray(nearest_of(keys, question.entries, question.pairs, question.limit_ms))


def k_nearest(question: Question, k: int) -> Int64s:
    """Return the keys of `nearest` for the k nearest places of each origin, in ascending order."""
    if k > question.places > 0:
        found = k_nearest(question, question.places)
        return np.pad(found, ((0, 0), (0, k - question.places)), constant_values=-1)
    keys = _searched(question, k_nearest_keys, np.full((question.nodes, k), NO_KEY, np.int64))
    return np.asarray(k_nearest_of(keys, question.entries, question.pairs, question.limit_ms))


def nearest_times(question: Question, lane_of: Int32s) -> Int32s:
    """Return the milliseconds from each origin to the nearest place of each of 16 categories, FAR for none.

    lane_of: the category of each place. Needs the index; two sweeps answer all categories.
    """
    index = question.hierarchy()
    rows = np.empty((question.nodes, LANES), np.int32)
    nearest_rows(index, question.exits, lane_of, rows)
    times = np.empty((question.origins, LANES), np.int32)
    at_entries(index, question.entries, question.pairs, lane_of, rows, times)
    times[times > question.limit_ms] = FAR
    return times


def matrix(question: Question, *, workers: int | None = None) -> Int32s:
    """Return milliseconds, origin x place, FAR where there is no way within the limit. Needs the index."""
    out = np.full((question.origins, question.places), FAR, np.int32)
    _matrix(question, out, workers)
    straight = question.pairs
    np.minimum.at(out, (rows_of(straight), straight.places), straight.ms)
    if question.limit_ms < FAR - 1:
        out[out > question.limit_ms] = FAR
    return out


def pairs(question: Question, *, workers: int | None = None) -> tuple[Ints, Ints, Int64s]:
    """Return origin, place and milliseconds of every pair within the limit."""
    parts = [
        (rows[origin], place, ms[origin, place].astype(np.int64))
        for rows, ms in _rows(question, workers)
        for origin, place in [np.nonzero(ms < FAR)]
    ]
    none = np.zeros(0, np.int64)
    origin, place, times = (np.concatenate([none, *column]) for column in zip((none, none, none), *parts, strict=True))
    return origin, place, times


def _rows(question: Question, workers: int | None) -> Iterator[tuple[Ints, Int32s]]:
    """Yield numbers of origins with their rows of the matrix, as many as fit in bounded memory."""
    step = max(LANES, MATRIX_CELLS // max(question.places, 1))
    for start in range(0, question.origins, step):
        rows = np.arange(start, min(start + step, question.origins))
        part = replace(question, entries=take(question.entries, rows), pairs=take_pairs(question.pairs, rows))
        yield rows, matrix(part, workers=workers)


def gather_all(
    question: Question, values: Floats, weigh: Callable[[Int64s], Floats], grid: float, workers: int | None = None
) -> Floats:
    """Return, for each origin, the sum of its places' values x weights on a grid, by whole rows of the matrix."""
    sums = np.zeros(question.origins)
    for rows, ms in _rows(question, workers):
        inside = ms < FAR
        weights = np.zeros(ms.shape)
        weights[inside] = weigh(ms[inside].astype(np.int64))
        sums[rows] = on_grid(weights * values, grid).sum(axis=1)
    return sums


def gather(question: Question, amounts: Floats, table: Floats, grid: float, how: How) -> Floats:
    """Return, for each origin, the sum of amounts (place x column) x weights on a grid, by column.

    table: the weight of each whole millisecond up to the limit, empty where all weigh 1.
    """
    gathered = np.zeros((question.origins, amounts.shape[1]))
    none = np.zeros(0)
    for _ in _cells(question, Sums(amounts, table, grid, 0.0, gathered, none, none, False), how):
        pass
    return gathered


def spread(question: Question, given: Floats, table: Floats, grid: float, how: How) -> Floats:
    """Return, for each place, the sum of the origins' amounts x weights on a grid."""
    total = np.zeros(question.places)
    none = np.zeros((question.places, 0)), np.zeros((question.origins, 0))
    for part in _cells(question, Sums(none[0], table, 0.0, grid, none[1], given, total, False), how):
        total += part
    return total


def catchments(question: Question, given: Floats, demand: Floats, table: Floats, how: How) -> Floats:
    """Return, for each place, the sum over origins of weight x given / (the origin's weighted sum of demand).

    One pass and no pair stored: floating catchments, where the origins are the facilities. An origin
    without demand in reach gives nothing. What is spread is not rounded to a grid, since its size is not
    known before; the order of adding is fixed by the origins' places, not by threads.
    """
    gathered, total = np.zeros((question.origins, 1)), np.zeros(question.places)
    peak = float(table.max()) if len(table) else 1.0
    grid = grid_for(float(demand.sum()) * peak)
    amounts = demand[:, None].copy() if len(table) else on_grid(demand, grid)[:, None]
    sums = Sums(amounts, table, grid, 0.0, gathered, given, total, True)
    for part in _cells(question, sums, how):
        total += part
    return total


def _searched(question: Question, kernel: Callable[..., bool], keys: Int64s) -> Int64s:
    """Run a search from all places at once, with a larger queue each time that it proves too small."""
    room = queue_room(question.graph, 0)
    while True:
        queue = _queue(question.graph_back, question.limit_ms, NODE_SHIFT, room)
        if kernel(question.graph_back, question.exits, question.limit_ms, NODE_SHIFT, queue, keys):
            return keys
        keys[:] = NO_KEY
        room *= 2


def _queue(graph: Graph, limit_ms: int, shift: int, room: int) -> Queue:
    longest = int(graph.ms.max()) if len(graph.ms) else 0
    return new_queue(min(longest, limit_ms), shift, room)


def _along_curve(question: Question) -> Ints:
    """Return the origins that enter the graph, in the order of the nodes that they enter by."""
    starts = question.entries.starts
    enters = np.flatnonzero(np.diff(starts) + np.diff(question.pairs.starts) > 0)
    # an origin that enters by no node has only straight trips, and may stand anywhere
    nodes = np.append(question.entries.nodes, 0)
    return enters[np.argsort(nodes[starts[enters]], kind="stable")]


def _cells(question: Question, sums: Sums, how: How) -> Iterator[Floats]:
    """Work through all origins in chunks; yield what each spread over the places, in order of the chunks."""
    order = _along_curve(question)
    trips = Trips(
        question.graph,
        question.hierarchy() if how.has_index else _no_index(),
        how.has_index,
        take(question.entries, order),
        by_node(question.exits, question.nodes),
        take_pairs(question.pairs, order),
        question.limit_ms,
    )
    ordered = sums._replace(gathered=sums.gathered[order], given=sums.given[order] if len(sums.given) else sums.given)
    step = max(1, -(-len(order) // (CHUNKS * how.cell))) * how.cell
    spaces: SimpleQueue[Cell] = SimpleQueue()
    for _ in range(workers_of(how.workers)):
        spaces.put(_space(question, trips, how.cell))

    def work(start: int) -> Floats:
        space, room = spaces.get(), 1
        own = ordered._replace(spread=np.zeros_like(ordered.spread))
        end = min(start + step, len(order))
        try:
            while sum_cells(trips, own, space, start, end, how.cell, (NODE_SHIFT, LANE_SHIFT)) < 0:
                room *= 4
                space = _space(question, trips, how.cell, room)
                own.spread[:] = 0
        finally:
            # without its space another thread would wait for ever
            spaces.put(space)
        return own.spread

    yield from _threaded(work, range(0, len(order), step), how.workers)
    sums.gathered[order] = ordered.gathered


def _space(question: Question, trips: Trips, size: int, room: int = 1) -> Cell:
    """Return the workspace of one thread; memory that a small cell does not touch stays unused."""
    nodes, places, arcs = question.nodes, question.places, len(trips.graph.heads)
    doors = len(trips.exits.places)
    ups, downs = max(len(trips.hierarchy.up.heads), arcs), len(trips.hierarchy.down.heads)
    queued = room * queue_room(trips.graph, size)
    return Cell(
        times=np.full(nodes, FAR, np.int32),
        touched=_ints(nodes),
        queue=_queue(trips.graph, trips.limit, NODE_SHIFT, queued),
        local=np.full(nodes, -1, np.int32),
        place_local=np.full(places, -1, np.int32),
        places=_ints(places),
        doors=Ends(_ints(places + 1), _ints(doors), _ints(doors)),
        down=Graph(_ints(nodes + 1), _ints(downs), _ints(downs)),
        up=Graph(_ints(nodes + 1), _ints(ups), _ints(ups)),
        rows=np.empty((nodes, LANES), np.int32),
        state=_ints(nodes),
        lane_queue=new_queue(trips.limit, LANE_SHIFT, queued),
    )


def queue_room(graph: Graph, origins: int) -> int:
    """Return a size of queue that nearly always suffices; where it does not, the search is run again with more."""
    return len(graph.heads) // 2 + 4 * origins + 1000


def _ints(size: int) -> Int32s:
    return np.empty(size, np.int32)


def _matrix(question: Question, out: Int32s, workers: int | None) -> None:
    """Fill out with milliseconds over the nodes, straight trips apart."""
    index, order = question.hierarchy(), _along_curve(question)
    rows = index.row_of[question.exits.nodes]
    is_kept = np.zeros(question.nodes, np.bool_)
    is_kept[rows] = True
    new, part = restricted(index.down, is_kept)
    exits = question.exits._replace(nodes=new[rows])
    entries = take(question.entries, order)
    kept = len(part.starts) - 1
    spaces: SimpleQueue[tuple[Climb, Int32s]] = SimpleQueue()
    for _ in range(workers_of(workers)):
        climb = Climb(
            np.full((question.nodes, LANES), FAR, np.int32),
            np.zeros(question.nodes, np.int32),
            *(_ints(question.nodes) for _ in range(2)),
        )
        spaces.put((climb, np.empty((kept, LANES), np.int32)))
    step = max(1, -(-len(order) // (CHUNKS * LANES))) * LANES

    def work(start: int) -> None:
        space = spaces.get()
        try:
            matrix_rows(index, entries, start, min(start + step, len(order)), order, (new, part), exits, *space, out)
        finally:
            spaces.put(space)

    for _ in _threaded(work, range(0, len(order), step), workers):
        pass


def _no_index() -> Index:
    none = np.zeros(0, np.int32)
    empty = Graph(np.zeros(1, np.int32), none, none)
    return Index(none, none, empty, empty)


def _threaded(work: Callable[[Any], T], items: Any, workers: int | None) -> Iterator[T]:
    if workers_of(workers) == 1:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(workers_of(workers)) as pool:
        yield from pool.map(work, items)
