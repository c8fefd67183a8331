"""NetworKit, one thread."""

import networkit as nk
import numpy as np

from scripts.bench import jobs
from scripts.bench.graph import Floats, Graph
from scripts.bench.measure import Bench

UNREACHABLE = 1e300
"""It answers the largest double where there is no way."""


def _graph(graph: Graph, *, reverse: bool) -> nk.Graph:
    nk.setNumberOfThreads(1)
    ends = (graph.indices, graph.tails) if reverse else (graph.tails, graph.indices)
    arcs = tuple(part.astype(np.uint64) for part in ends)
    return nk.GraphFromCoo((graph.ms.astype(float), arcs), n=graph.nodes, weighted=True, directed=True)


def _known(ms: Floats) -> Floats:
    return np.where(ms < UNREACHABLE, ms, np.inf)


def nearest(bench: Bench) -> float:
    """Search backwards from one more node that leads to the facilities of a category at no cost."""
    nodes = bench.graph.nodes
    places = jobs.facilities(nodes, bench.job.categories)
    graph = bench.prepare(lambda: _graph(bench.graph, reverse=True))

    def one(at: np.ndarray) -> Floats:
        start = graph.addNode()
        for place in at.tolist():
            graph.addEdge(start, place, 0.0)
        search = nk.distance.Dijkstra(graph, start, storePaths=False)
        search.run()
        ms = np.asarray(search.getDistances(asarray=True))[:nodes]
        graph.removeNode(start)
        return ms

    return jobs.check_nearest(_known(bench.run(lambda: [one(at) for at in places], nodes * len(places))[0]))


def matrix(bench: Bench) -> float:
    """Search from a sample of the sources."""
    sources, targets = jobs.matrix_ends(bench.graph.nodes)
    few = sources[: bench.few(20, jobs.PROBE_SOURCES)]
    graph = bench.prepare(lambda: _graph(bench.graph, reverse=False))

    def work() -> Floats:
        search = nk.distance.SPSP(graph, few.tolist(), targets.tolist())
        search.run()
        return np.asarray(search.getDistances(asarray=True))

    return jobs.check_matrix(_known(bench.run(work, len(few) * len(targets))))


JOBS = {"nearest": nearest, "matrix": matrix}
