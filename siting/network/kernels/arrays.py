"""What kernels are handed: plain arrays by name."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

LANES = 16
FAR = 1 << 30
"""Further than any trip: no arc is longer, and one more arc does not overflow."""

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]


class Graph(NamedTuple):
    """Arcs in compressed rows: those that leave node v are starts[v] to starts[v + 1]."""

    starts: Int32s
    heads: Int32s
    ms: Int32s


class Ends(NamedTuple):
    """Where rows meet the graph: row r by nodes[starts[r]:starts[r + 1]], each with its own milliseconds."""

    starts: Int32s
    nodes: Int32s
    ms: Int32s


class Pairs(NamedTuple):
    """Trips that touch no node: row r goes straight to places[starts[r]:starts[r + 1]]."""

    starts: Int32s
    places: Int32s
    ms: Int32s


class Index(NamedTuple):
    """A contraction hierarchy laid out for sweeps: rows run from the most important node down.

    row_of, node_of: row of each node, node of each row. up: from each row to rows above it. down: the
    arcs that enter each row from rows above it (so `heads` holds their tails).
    """

    row_of: Int32s
    node_of: Int32s
    up: Graph
    down: Graph
