"""A million origins on a million nodes, by one thread and by two: `python -m scripts.bench.million LIB GRAPH.npz`.

Every node is an origin; one in fifty holds an amount. A JSON line for each number of threads.
"""

import sys
import time
from pathlib import Path

import numpy as np

from scripts.bench.graph import Wide, load
from scripts.bench.measure import emit, peak_mib
from scripts.bench.ours import Engine, compile_index
from siting.network import compiled
from siting.network.compiled import How

JOB = "million"
MINUTES = 15
AMOUNT_EVERY = 50
THREADS = (1, 2, 1, 2)
"""Twice each, in turn: the quicker of both is kept, since other work on the machine can only slow one."""


def measure(lib: str, path: Path) -> None:
    """Print a row for each number of threads."""
    graph = load(path)
    compile_index()
    engine = Engine(graph)
    started = time.perf_counter()
    engine.build()
    index_s = time.perf_counter() - started
    places: Wide = np.arange(0, graph.nodes, AMOUNT_EVERY)
    question = engine.ask(np.arange(graph.nodes), places, MINUTES * 60_000)
    amounts, unweighted, grid = np.ones((len(places), 1)), np.zeros(0), 1.5 * 2.0**32
    cell = 256 if "walk" in path.stem else 512
    compiled.gather(
        engine.ask(np.arange(64), places, 60_000), amounts, unweighted, grid, How(has_index=True, cell=cell, workers=1)
    )
    seconds: dict[int, float] = {}
    for threads in THREADS:
        started = time.perf_counter()
        compiled.gather(question, amounts, unweighted, grid, How(has_index=True, cell=cell, workers=threads))
        seconds[threads] = min(time.perf_counter() - started, seconds.get(threads, np.inf))
    for threads, taken in seconds.items():
        emit(
            {
                "lib": lib,
                "job": JOB,
                "graph": path.stem,
                "nodes": graph.nodes,
                "origins": graph.nodes,
                "cutoff_min": MINUTES,
                "threads": threads,
                "seconds": taken,
                "index_s": index_s,
                "peak_mib": peak_mib(),
            }
        )


if __name__ == "__main__":
    measure(sys.argv[1], Path(sys.argv[2]))
