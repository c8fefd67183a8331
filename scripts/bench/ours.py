"""Our own engine doing one job on one graph: `python -m scripts.bench.ours LIB JOB GRAPH.npz`, a JSON line out."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from scripts.bench import jobs
from scripts.bench.graph import Graph, Wide, load
from scripts.bench.measure import Bench, emit
from siting import __version__
from siting.network import compiled
from siting.network.compiled import How
from siting.network.hierarchy import build_index, reversed_index
from siting.network.kernels.arrays import FAR, Ends, Index, Pairs
from siting.network.kernels.arrays import Graph as Arcs
from siting.network.question import Question

SEARCHED_MINUTES = {"walk": 15}
"""Up to this cutoff the whole job is quicker without an index, its building counted."""
LARGE_CELL_MINUTES = 8
"""A drive of more minutes reaches thousands of nodes: more origins share a cell then, as the planner has it."""


class Engine:
    """The engine on one graph; arcs turned round and index are made when first needed, as a project does."""

    def __init__(self, graph: Graph) -> None:
        size = graph.nodes
        self.arcs = Arcs(graph.indptr, graph.indices, graph.ms)
        order = np.lexsort((graph.tails, graph.indices))
        starts = np.searchsorted(graph.indices[order], np.arange(size + 1)).astype(np.int32)
        self.back = Arcs(starts, graph.tails[order], graph.ms[order])
        self.both: tuple[Index, Index] | None = None

    def build(self) -> None:
        """Build the index."""
        index = build_index(self.arcs)
        self.both = (index, reversed_index(index))

    def index(self, is_back: bool = False) -> Index:
        """Return the index that was built."""
        if self.both is None:
            self.build()
        return self.both[int(is_back)]  # type: ignore[index]

    def ask(self, origins: Wide, places: Wide, limit_ms: int = FAR - 1) -> Question:
        """Return a question between nodes."""
        none = Pairs(np.zeros(len(origins) + 1, np.int32), np.zeros(0, np.int32), np.zeros(0, np.int32))
        return Question(self.arcs, self.back, self.index, _at(origins), _at(places), none, limit_ms)


def nearest(bench: Bench, k: int) -> float:
    """Find the nearest, or k nearest, of every category at every node, without an index."""
    engine = bench.prepare(lambda: Engine(bench.graph))
    size, facilities = bench.graph.nodes, jobs.facilities(bench.graph.nodes, bench.job.categories)
    questions = [engine.ask(np.arange(size), each) for each in facilities]

    def work() -> list[np.ndarray]:
        return [compiled.nearest(each)[:, None] if k == 1 else compiled.k_nearest(each, k) for each in questions]

    work()
    keys = bench.run(work, size * len(questions))[0][:, k - 1]
    return jobs.check_nearest(np.where(keys < 0, np.inf, keys >> 32))


def nearest16(bench: Bench) -> float:
    """Find the times to the nearest of sixteen categories at every node, by two sweeps of the index."""
    engine = bench.prepare(lambda: Engine(bench.graph))
    compile_index()
    bench.index(engine.build)
    size, facilities = bench.graph.nodes, jobs.facilities(bench.graph.nodes, bench.job.categories)
    question = engine.ask(np.arange(size), np.concatenate(facilities))
    lanes = np.repeat(np.arange(len(facilities), dtype=np.int32), [len(each) for each in facilities])
    compiled.nearest_times(question, lanes)
    ms = bench.run(lambda: compiled.nearest_times(question, lanes), size * len(facilities))[:, 0]
    return jobs.check_nearest(np.where(ms >= FAR, np.inf, ms))


def sums(bench: Bench) -> float:
    """Add up the amounts within the cutoff of every node."""
    engine, how = _engine(bench, bench.job.minutes)
    size, table = bench.graph.nodes, np.zeros(0)
    amounts = jobs.amounts(size, bench.job.categories)
    places = np.flatnonzero(amounts.any(axis=1))
    held = np.ascontiguousarray(amounts[places])
    if bench.job.decay:
        table = np.exp(-np.arange(bench.job.cutoff_ms + 1) / bench.job.cutoff_ms)
    question = engine.ask(np.arange(size), places, bench.job.cutoff_ms)
    compiled.gather(engine.ask(np.arange(64), places, 60_000), held, table, 1.5 * 2.0**32, how)
    found = bench.run(lambda: compiled.gather(question, held, table, 1.5 * 2.0**32, how), size)
    return jobs.check_sums(found[jobs.sample(size, jobs.PROBE_ORIGINS)])


def twostep(bench: Bench) -> float:
    """Make two-step floating catchments from the facilities, in one pass over the index of the turned graph."""
    engine, how = _engine(bench, bench.job.minutes)
    size = bench.graph.nodes
    at, capacity, demand = jobs.catchments(size)
    question = engine.ask(np.arange(size), at, bench.job.cutoff_ms).turned()
    compiled.catchments(question, capacity, demand, np.zeros(0), how)
    found = bench.run(lambda: compiled.catchments(question, capacity, demand, np.zeros(0), how), size)
    return jobs.check_twostep(found)


def matrix(bench: Bench) -> float:
    """Fill the whole matrix."""
    engine = bench.prepare(lambda: Engine(bench.graph))
    compile_index()
    bench.index(engine.build)
    sources, targets = jobs.matrix_ends(bench.graph.nodes)
    compiled.matrix(engine.ask(sources[:16], targets), workers=1)
    question = engine.ask(sources, targets)
    ms = bench.run(lambda: compiled.matrix(question, workers=1), len(sources) * len(targets))
    return jobs.check_matrix(np.where(ms >= FAR, np.inf, ms))


def growth(bench: Bench) -> None:
    """Print rows of seconds against nodes, origins or cutoff."""
    compile_index()
    engine, size = Engine(bench.graph), bench.graph.nodes
    started = time.perf_counter()
    engine.build()
    built = time.perf_counter() - started
    if bench.job.name == "growth_nodes":
        _row(bench, "index", size, size, 0, built)
        _row(bench, "cumulative15", size, 20_000, 15, _cumulative(engine, size, 20_000, 15))
    elif bench.job.name == "growth_origins":
        for many in (10_000, 20_000, 50_000, 100_000, 200_000, 500_000):
            _row(bench, "cumulative15", size, many, 15, _cumulative(engine, size, many, 15))
    else:
        for minutes in (2, 4, 6, 8, 10, 15, 20, 30):
            _row(bench, "cumulative", size, 20_000, minutes, _cumulative(engine, size, 20_000, minutes))


def _cumulative(engine: Engine, size: int, many: int, minutes: int) -> float:
    places = np.flatnonzero(jobs.amounts(size, 1)[:, 0])
    held = np.ones((len(places), 1))
    start = (size - min(many, size)) // 2
    question = engine.ask(np.arange(start, start + min(many, size)), places, minutes * 60_000)
    how = How(has_index=True, cell=512 if minutes > LARGE_CELL_MINUTES else 256, workers=1)
    compiled.gather(engine.ask(np.arange(64), places, 60_000), held, np.zeros(0), 1.5 * 2.0**32, how)
    started = time.perf_counter()
    compiled.gather(question, held, np.zeros(0), 1.5 * 2.0**32, how)
    return time.perf_counter() - started


def _row(bench: Bench, series: str, nodes: int, origins: int, minutes: int, seconds: float) -> None:
    emit(
        {
            "lib": bench.lib,
            "job": bench.job.name,
            "series": series,
            "nodes": nodes,
            "origins": origins,
            "cutoff_min": minutes,
            "seconds": seconds,
        }
    )


def _engine(bench: Bench, minutes: int) -> tuple[Engine, How]:
    """Return the engine, with an index where the reach is large enough to pay for it."""
    engine = bench.prepare(lambda: Engine(bench.graph))
    is_walk = "walk" in bench.graph.name
    if is_walk and minutes <= SEARCHED_MINUTES["walk"]:
        return engine, How(has_index=False, cell=128, workers=1)
    compile_index()
    bench.index(engine.build)
    return engine, How(has_index=True, cell=512 if minutes > LARGE_CELL_MINUTES and not is_walk else 256, workers=1)


def compile_index() -> None:
    """Load the compiled kernels on a graph of two nodes, so that compiling is not counted."""
    one = np.array([0, 1, 2], np.int32), np.array([1, 0], np.int32), np.array([1, 1], np.int32)
    build_index(Arcs(*one))


def _at(nodes: Wide) -> Ends:
    size = len(nodes)
    return Ends(np.arange(size + 1, dtype=np.int32), nodes.astype(np.int32), np.zeros(size, np.int32))


RUN: dict[jobs.Kind, Callable[[Bench], float]] = {
    "nearest": lambda bench: nearest16(bench) if bench.job.name == "nearest16" else nearest(bench, 1),
    "nearest_k": lambda bench: nearest(bench, bench.job.k),
    "sums": sums,
    "twostep": twostep,
    "matrix": matrix,
}


def main(lib: str, job: str, path: str) -> None:
    """Do one job and print its row."""
    bench = Bench(lib, jobs.JOBS[job], load(Path(path)))
    if bench.job.kind == "growth":
        growth(bench)
    else:
        checksum = RUN[bench.job.kind](bench)
        emit(bench.record(__version__, checksum))


if __name__ == "__main__":
    main(*sys.argv[1:4])
