"""scipy.sparse.csgraph: the reference of every checksum."""

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from scripts.bench import jobs
from scripts.bench.graph import Floats, Graph
from scripts.bench.measure import Bench

BLOCK = 20
CATCHMENT_BLOCK = 50


def _matrix(graph: Graph) -> csr_array:
    return csr_array((graph.ms.astype(float), graph.indices, graph.indptr), shape=(graph.nodes, graph.nodes))


def _transposed(graph: Graph) -> csr_array:
    return csr_array(_matrix(graph).T.tocsr())


def nearest(bench: Bench) -> float:
    """Search once from all facilities of a category; for k > 1 from each, one category as a sample."""
    places = jobs.facilities(bench.graph.nodes, bench.job.categories)
    back = bench.prepare(lambda: _transposed(bench.graph))
    if bench.job.k == 1:
        found = bench.run(
            lambda: [dijkstra(back, indices=at, min_only=True) for at in places], bench.graph.nodes * len(places)
        )
        return jobs.check_nearest(found[0])
    k = bench.job.k - 1
    kth = bench.run(lambda: np.partition(dijkstra(back, indices=places[0]), k, axis=0)[k], bench.graph.nodes)
    return jobs.check_nearest(kth)


def sums(bench: Bench) -> float:
    """Search from a sample of origins up to the cutoff, a block of rows at a time."""
    origins = jobs.sample(bench.graph.nodes, bench.few(300, 40))
    values = jobs.amounts(bench.graph.nodes, bench.job.categories)
    matrix = bench.prepare(lambda: _matrix(bench.graph))
    limit = bench.job.cutoff_ms

    def block(at: np.ndarray) -> Floats:
        ms = dijkstra(matrix, indices=at, limit=limit)
        weights = np.exp(-ms / limit) if bench.job.decay else np.isfinite(ms)
        return np.asarray(weights @ values)

    blocks = [origins[start : start + BLOCK] for start in range(0, len(origins), BLOCK)]
    found = bench.run(lambda: np.concatenate([block(at) for at in blocks]), len(origins))
    return jobs.check_sums(found)


def twostep(bench: Bench) -> float:
    """Search backwards from the facilities; both steps are dense products of a block of rows."""
    at, capacity, demand = jobs.catchments(bench.graph.nodes)
    back = bench.prepare(lambda: _transposed(bench.graph))

    def work() -> Floats:
        access = np.zeros(bench.graph.nodes)
        for start in range(0, len(at), CATCHMENT_BLOCK):
            rows = slice(start, start + CATCHMENT_BLOCK)
            inside = np.isfinite(dijkstra(back, indices=at[rows], limit=bench.job.cutoff_ms))
            asked = inside @ demand
            access += np.divide(capacity[rows], asked, out=np.zeros(len(asked)), where=asked > 0) @ inside
        return access

    return jobs.check_twostep(bench.run(work, bench.graph.nodes))


def matrix(bench: Bench) -> float:
    """Search from a sample of the sources."""
    sources, targets = jobs.matrix_ends(bench.graph.nodes)
    few = sources[: bench.few(100, 10)]
    graph = bench.prepare(lambda: _matrix(bench.graph))
    found = bench.run(lambda: dijkstra(graph, indices=few)[:, targets], len(few) * len(targets))
    return jobs.check_matrix(found)


JOBS = {"nearest": nearest, "nearest_k": nearest, "sums": sums, "twostep": twostep, "matrix": matrix}
