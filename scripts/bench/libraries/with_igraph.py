"""igraph (GPL: a separate process of the benchmark, no part of siting)."""

import igraph
import numpy as np

from scripts.bench import jobs
from scripts.bench.graph import Graph
from scripts.bench.measure import Bench


def _graph(graph: Graph) -> tuple[igraph.Graph, list[float]]:
    edges = np.stack([graph.tails, graph.indices], axis=1)
    return igraph.Graph(n=graph.nodes, edges=edges, directed=True), graph.ms.astype(float).tolist()


def nearest(bench: Bench) -> float:
    """Search backwards from one more node that the facilities of a category lead to at no cost."""
    nodes = bench.graph.nodes
    places = jobs.facilities(nodes, bench.job.categories)
    graph, ms = bench.prepare(lambda: _graph(bench.graph))

    def one(at: np.ndarray) -> list[float]:
        more = graph.copy()
        more.add_vertices(1)
        more.add_edges([(place, nodes) for place in at.tolist()])
        found: list[list[float]] = more.distances(source=[nodes], weights=[*ms, *([0.0] * len(at))], mode="in")
        return found[0]

    found = bench.run(lambda: [one(at) for at in places], nodes * len(places))
    return jobs.check_nearest(np.array(found[0][:nodes]))


def matrix(bench: Bench) -> float:
    """Search from a sample of the sources."""
    sources, targets = jobs.matrix_ends(bench.graph.nodes)
    few = sources[: bench.few(20, 5)]
    graph, ms = bench.prepare(lambda: _graph(bench.graph))
    found = bench.run(
        lambda: graph.distances(source=few.tolist(), target=targets.tolist(), weights=ms), len(few) * len(targets)
    )
    return jobs.check_matrix(np.array(found))


JOBS = {"nearest": nearest, "matrix": matrix}
