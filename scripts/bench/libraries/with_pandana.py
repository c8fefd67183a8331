"""Pandana: its Network builds a contraction hierarchy, which counts as preparation.

With `precompute` it stores every range search ahead, which counts as index. Two-step catchments are left out: they are
two `aggregate` runs on two networks, one of them reversed, so twice the row of `cumulative`.
"""

import numpy as np
import pandas as pd
from pandana import Network

from scripts.bench import jobs
from scripts.bench.graph import Floats, Graph
from scripts.bench.measure import Bench

FARTHEST_S = 7200.0
MS = 1000.0
TINY_S = 1e-9
UNCONNECTED_MS = 4_294_967_295.0


def _network(graph: Graph) -> Network:
    # in seconds: it keeps thousandths of the unit as 32-bit integers, cut off and not rounded
    seconds = pd.DataFrame({"s": graph.ms / MS + TINY_S})
    ends = (pd.Series(part.astype(np.int64)) for part in (graph.tails, graph.indices))
    return Network(pd.Series(graph.x), pd.Series(graph.y), *ends, seconds, twoway=False)


def nearest(bench: Bench) -> float:
    """Ask for the k nearest points within two hours, category by category."""
    graph, k = bench.graph, bench.job.k
    places = jobs.facilities(graph.nodes, bench.job.categories)
    net = bench.prepare(lambda: _network(graph))

    def one(name: str, at: np.ndarray) -> Floats:
        net.set_pois(name, FARTHEST_S, k, pd.Series(graph.x[at]), pd.Series(graph.y[at]))
        return np.asarray(net.nearest_pois(FARTHEST_S, name, num_pois=k)[k], np.float64)

    found = bench.run(lambda: [one(f"c{i}", at) for i, at in enumerate(places)], graph.nodes * len(places))
    first = found[0]
    return jobs.check_nearest(np.where(first < FARTHEST_S, np.rint(first * MS), np.inf))


def sums(bench: Bench, *, ahead: bool = False) -> float:
    """Aggregate at every node; it cannot take a part of the origins."""
    nodes, seconds = bench.graph.nodes, bench.job.minutes * 60.0
    values = jobs.amounts(nodes, bench.job.categories)
    # its documentation says "exponential", which answers nothing
    decay = "exp" if bench.job.decay else "flat"
    net = bench.prepare(lambda: _network(bench.graph))
    if ahead:
        bench.index(lambda: net.precompute(seconds))

    def one(column: int) -> Floats:
        net.set(pd.Series(np.arange(nodes)), pd.Series(values[:, column]), name=f"a{column}")
        return np.asarray(net.aggregate(seconds, type="sum", decay=decay, name=f"a{column}"), np.float64)

    found = bench.run(lambda: np.stack([one(column) for column in range(values.shape[1])], axis=1), nodes)
    return jobs.check_sums(found[jobs.sample(nodes, jobs.PROBE_ORIGINS)])


def matrix(bench: Bench) -> float:
    """Ask pair by pair, from a sample of the sources."""
    sources, targets = jobs.matrix_ends(bench.graph.nodes)
    few = sources[: bench.few(40, 10)]
    net = bench.prepare(lambda: _network(bench.graph))
    ends = np.repeat(few, len(targets)).tolist(), np.tile(targets, len(few)).tolist()
    found = np.rint(np.array(bench.run(lambda: net.shortest_path_lengths(*ends), len(ends[0]))) * MS)
    ms = np.where(found < UNCONNECTED_MS, found, np.inf).reshape(len(few), len(targets))
    return jobs.check_matrix(ms)


JOBS = {"nearest": nearest, "nearest_k": nearest, "sums": sums, "matrix": matrix}
