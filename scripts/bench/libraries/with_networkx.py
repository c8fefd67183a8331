"""NetworkX, in plain Python: a few categories and sources stand for all."""

import networkx as nx
import numpy as np

from scripts.bench import jobs
from scripts.bench.graph import Floats, Graph
from scripts.bench.measure import Bench


def _digraph(graph: Graph, *, reverse: bool) -> nx.DiGraph:
    ends = (graph.indices, graph.tails) if reverse else (graph.tails, graph.indices)
    made = nx.DiGraph()
    made.add_nodes_from(range(graph.nodes))
    made.add_weighted_edges_from(zip(*(part.tolist() for part in (*ends, graph.ms)), strict=True), weight="ms")
    return made


def _dense(found: dict[int, float], nodes: int) -> Floats:
    ms = np.full(nodes, np.inf)
    ms[list(found)] = list(found.values())
    return ms


def nearest(bench: Bench) -> float:
    """Search backwards from all facilities of a category."""
    nodes = bench.graph.nodes
    places = jobs.facilities(nodes, bench.job.categories)[: bench.few(3, 1)]
    graph = bench.prepare(lambda: _digraph(bench.graph, reverse=True))
    found = bench.run(
        lambda: [nx.multi_source_dijkstra_path_length(graph, set(at.tolist()), weight="ms") for at in places],
        nodes * len(places),
    )
    return jobs.check_nearest(_dense(found[0], nodes))


def matrix(bench: Bench) -> float:
    """Search from each source."""
    sources, targets = jobs.matrix_ends(bench.graph.nodes)
    few = sources[: jobs.PROBE_SOURCES]
    graph = bench.prepare(lambda: _digraph(bench.graph, reverse=False))
    found = bench.run(
        lambda: [nx.single_source_dijkstra_path_length(graph, source, weight="ms") for source in few.tolist()],
        len(few) * len(targets),
    )
    return jobs.check_matrix(np.stack([_dense(one, bench.graph.nodes)[targets] for one in found]))


JOBS = {"nearest": nearest, "matrix": matrix}
