"""rustworkx: a few categories and sources stand for all."""

from collections.abc import Mapping

import numpy as np
import rustworkx as rx

from scripts.bench import jobs
from scripts.bench.graph import Floats, Graph
from scripts.bench.measure import Bench


def _digraph(graph: Graph, *, reverse: bool) -> rx.PyDiGraph:
    ends = (graph.indices, graph.tails) if reverse else (graph.tails, graph.indices)
    made = rx.PyDiGraph()
    made.add_nodes_from(range(graph.nodes))
    arcs = zip(*(part.tolist() for part in (*ends, graph.ms.astype(float))), strict=True)
    made.extend_from_weighted_edge_list(list(arcs))
    return made


def _dense(found: Mapping[int, float], nodes: int) -> Floats:
    near = {node: ms for node, ms in found.items() if node < nodes}
    ms = np.full(nodes, np.inf)
    ms[list(near)] = list(near.values())
    return ms


def nearest(bench: Bench) -> float:
    """Search backwards from one more node that leads to the facilities of a category at no cost."""
    nodes = bench.graph.nodes
    places = jobs.facilities(nodes, bench.job.categories)[: bench.few(3, 1)]
    graph = bench.prepare(lambda: _digraph(bench.graph, reverse=True))

    def one(at: np.ndarray) -> Mapping[int, float]:
        start = graph.add_node(None)
        graph.add_edges_from([(start, place, 0.0) for place in at.tolist()])
        found: Mapping[int, float] = rx.digraph_dijkstra_shortest_path_lengths(graph, start, float)
        graph.remove_node(start)
        return found

    found = bench.run(lambda: [one(at) for at in places], nodes * len(places))
    return jobs.check_nearest(_dense(found[0], nodes))


def matrix(bench: Bench) -> float:
    """Search from each source."""
    nodes = bench.graph.nodes
    sources, targets = jobs.matrix_ends(nodes)
    few = sources[: bench.few(10, jobs.PROBE_SOURCES)].tolist()
    graph = bench.prepare(lambda: _digraph(bench.graph, reverse=False))
    found = bench.run(
        lambda: [rx.digraph_dijkstra_shortest_path_lengths(graph, source, float) for source in few],
        len(few) * len(targets),
    )
    # it leaves out where it starts
    rows = [_dense({source: 0.0, **one}, nodes)[targets] for source, one in zip(few, found, strict=True)]
    return jobs.check_matrix(np.stack(rows))


JOBS = {"nearest": nearest, "matrix": matrix}
