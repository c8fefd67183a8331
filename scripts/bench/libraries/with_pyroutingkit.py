"""pyroutingkit: RoutingKit's customizable contraction hierarchy; its many-to-many is the best peer for matrices."""

import numpy as np
import pyroutingkit as rk

from scripts.bench import jobs
from scripts.bench.graph import Floats, Graph
from scripts.bench.measure import Bench

M_PER_DEGREE = 111_000.0


def _metric(graph: Graph, *, reverse: bool) -> tuple[rk.CCHTopology, rk.CCHMetric]:
    ends = (graph.indices, graph.tails) if reverse else (graph.tails, graph.indices)
    topology = rk.CCHTopology()
    # positions only guide the order in which nodes are contracted
    degrees = ((part / M_PER_DEGREE).astype(np.float32) for part in (graph.y - graph.y.min(), graph.x - graph.x.min()))
    topology.build(*(part.astype(np.uint32) for part in ends), *degrees, graph.nodes)
    metric = rk.CCHMetric(topology)
    metric.customize(graph.ms.astype(np.uint32), 1)
    return topology, metric


def _known(ms: np.ndarray) -> Floats:
    return np.where(ms < rk.INF_WEIGHT, ms, np.inf)


def nearest(bench: Bench) -> float:
    """Take the least of a matrix of one category, as a sample.

    Backwards, from the few facilities to every node, it is thirteen times faster than the other way.
    """
    nodes, k = bench.graph.nodes, bench.job.k - 1
    every, at = (part.astype(np.uint32) for part in (np.arange(nodes), jobs.facilities(nodes, 1)[0]))
    _, metric = bench.index(lambda: _metric(bench.graph, reverse=True))
    kth = bench.run(lambda: np.partition(metric.distances_many_to_many(at, every), k, axis=0)[k], nodes)
    return jobs.check_nearest(_known(kth))


def matrix(bench: Bench) -> float:
    """Compute the whole matrix."""
    sources, targets = (ends.astype(np.uint32) for ends in jobs.matrix_ends(bench.graph.nodes))
    _, metric = bench.index(lambda: _metric(bench.graph, reverse=False))
    found = bench.run(lambda: metric.distances_many_to_many(sources, targets), len(sources) * len(targets))
    return jobs.check_matrix(_known(found[: jobs.PROBE_SOURCES]))


JOBS = {"nearest": nearest, "nearest_k": nearest, "matrix": matrix}
