"""Sums within a limit for many origins: cells of near origins share one small network.

A cell is a run of origins along the curve. One bounded search finds the nodes and places within the limit
of any of them; sixteen origins at a time are then swept (with an index) or searched (without one) over
that small network, which stays in the cache. Times are exact in both ways.
"""

from numba import njit

from siting.network.kernels.arrays import FAR, LANES
from siting.network.kernels.blocks import search_block, sweep_block
from siting.network.kernels.small import number_nodes, small_graph, small_hierarchy, small_places
from siting.network.kernels.sums import pick_singles, small_amounts, sum_block
from siting.network.kernels.within import within


@njit(nogil=True, cache=True)
def sum_cells(trips, sums, cell, first, end, size, shifts):
    """Work through the origins first <= o < end in cells of `size`; return how many rows the cells had, -1 for no room.

    shifts: widths of the buckets of the cell's search and of the lanes' search, as powers of two.
    """
    met = 0
    for start in range(first, end, size):
        stop = min(start + size, end)
        count = within(
            trips.graph, trips.entries, start, stop, trips.limit, shifts[0], cell.queue, cell.times, cell.touched
        )
        if count < 0:
            return -1
        met += count
        order = number_nodes(trips, cell, count)
        if trips.has_index:
            small_hierarchy(trips, cell, order)
        else:
            small_graph(trips, cell, order)
        places, singles = small_places(trips, cell, order, start, stop)
        amounts, spread = small_amounts(sums, cell.places[:places])
        picked = pick_singles(cell.doors, amounts, singles)
        for block in range(start, stop, LANES):
            many = min(LANES, stop - block)
            if trips.has_index:
                sweep_block(trips, cell, order, block, many)
            elif not search_block(trips, cell, order, block, many, shifts[1]):
                return -1
            sum_block(trips, sums, cell, amounts, picked, spread, singles, block, many)
        for at in range(count):
            cell.times[cell.touched[at]] = FAR
            cell.local[cell.touched[at]] = -1
        for at in range(places):
            cell.place_local[cell.places[at]] = -1
            if spread.size:
                sums.spread[cell.places[at]] += spread[at]
    return met
