"""What the kernels of cells are handed: trips, what is summed, and the workspace of one thread."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from siting.network.kernels.arrays import Ends, Graph, Index, Int32s, Pairs
from siting.network.kernels.buckets import Queue

Float64s = npt.NDArray[np.float64]


class Trips(NamedTuple):
    """Origins to places over a graph. exits: the places at each node. pairs: of each origin."""

    graph: Graph
    hierarchy: Index
    has_index: bool
    entries: Ends
    exits: Pairs
    pairs: Pairs
    limit: int


class Sums(NamedTuple):
    """What is summed. amounts: place x column. weights: of each millisecond, empty for 1.

    grid, spread_grid: of what is gathered and what is spread, see `add_weighted`; 0 rounds nothing.
    gathered: origin x column, the weighted amounts of its places. given: an amount at each origin, to be
    spread over its places into `spread`; with `is_ratio` it is first divided by the origin's gathered sum.
    """

    amounts: Float64s
    weights: Float64s
    grid: float
    spread_grid: float
    gathered: Float64s
    given: Float64s
    spread: Float64s
    is_ratio: bool


class Cell(NamedTuple):
    """What one thread works on. times, local, place_local: FAR or -1 between cells; the rest is scratch."""

    times: Int32s
    touched: Int32s
    queue: Queue
    local: Int32s
    place_local: Int32s
    places: Int32s
    doors: Ends
    down: Graph
    up: Graph
    rows: Int32s
    state: Int32s
    lane_queue: Queue
