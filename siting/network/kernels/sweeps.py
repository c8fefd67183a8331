"""Linear sweeps over a hierarchy, sixteen searches side by side.

Source: Delling, Goldberg, Nowatzyk & Werneck 2011 (PHAST); Delling, Goldberg & Werneck 2011 (RPHAST).
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from siting.network.kernels.arrays import FAR, LANES, Graph, Int32s
from siting.network.kernels.lanes import fill, lower, pull, shift


class Climb(NamedTuple):
    """What a climb works on. rows: times, FAR between climbs; is_met, stack, met: the rows it met."""

    rows: Int32s
    is_met: Int32s
    stack: Int32s
    met: Int32s


@njit(nogil=True, cache=True)
def nearest_rows(index, exits, of, rows):
    """Fill rows[row, lane] with the milliseconds to the nearest place of each lane's category.

    exits: where places are entered. of: the lane of each place.
    """
    size = rows.shape[0]
    for row in range(size):
        fill(rows, row, FAR)
    for place in range(exits.starts.size - 1):
        lane = of[place]
        for end in range(exits.starts[place], exits.starts[place + 1]):
            row = index.row_of[exits.nodes[end]]
            rows[row, lane] = min(rows[row, lane], exits.ms[end])
    down, up = index.down, index.up
    for row in range(size - 1, -1, -1):
        for arc in range(down.starts[row], down.starts[row + 1]):
            lower(rows, down.heads[arc], rows, row, down.ms[arc])
    for row in range(size):
        pull(rows, row, up.starts[row], up.starts[row + 1], up.heads, up.ms, False)


@njit(nogil=True, cache=True)
def at_entries(index, entries, pairs, of, rows, times):
    """Fill times[origin] (16 lanes) with the least over the origin's entries and straight trips."""
    for origin in range(times.shape[0]):
        fill(times, origin, FAR)
        for entry in range(entries.starts[origin], entries.starts[origin + 1]):
            lower(times, origin, rows, index.row_of[entries.nodes[entry]], entries.ms[entry])
        for pair in range(pairs.starts[origin], pairs.starts[origin + 1]):
            lane = of[pairs.places[pair]]
            times[origin, lane] = min(times[origin, lane], pairs.ms[pair])


@njit(nogil=True, cache=True)
def restricted(down, is_kept):
    """Return the part of a downward graph from which the marked rows are reached: old rows, new numbers, graph.

    `is_kept` marks the targets and is extended to all rows above them.
    """
    size = is_kept.size
    kept, arcs = 0, 0
    for row in range(size - 1, -1, -1):
        if is_kept[row]:
            kept += 1
            arcs += down.starts[row + 1] - down.starts[row]
            for arc in range(down.starts[row], down.starts[row + 1]):
                is_kept[down.heads[arc]] = True
    new = np.full(size, -1, np.int32)
    starts = np.zeros(kept + 1, np.int32)
    heads, ms = np.empty(arcs, np.int32), np.empty(arcs, np.int32)
    number, at = 0, 0
    for row in range(size):
        if is_kept[row]:
            for arc in range(down.starts[row], down.starts[row + 1]):
                heads[at], ms[at] = new[down.heads[arc]], down.ms[arc]
                at += 1
            new[row] = number
            number += 1
            starts[number] = at
    return new, Graph(starts, heads, ms)


@njit(nogil=True, cache=True)
def climb(index, entries, first, end, work):
    """Fill the rows above up to sixteen origins with their times upwards; return how many rows were met.

    The rows met are listed from the top down. Lane l is origin first + l.
    """
    waiting, count = 0, 0
    up = index.up
    for origin in range(first, end):
        for entry in range(entries.starts[origin], entries.starts[origin + 1]):
            row = index.row_of[entries.nodes[entry]]
            if not work.is_met[row]:
                work.is_met[row] = 1
                work.stack[waiting] = row
                waiting += 1
            work.rows[row, origin - first] = min(work.rows[row, origin - first], entries.ms[entry])
    while waiting > 0:
        waiting -= 1
        row = work.stack[waiting]
        work.met[count] = row
        count += 1
        for arc in range(up.starts[row], up.starts[row + 1]):
            head = up.heads[arc]
            if not work.is_met[head]:
                work.is_met[head] = 1
                work.stack[waiting] = head
                waiting += 1
    work.met[:count].sort()
    for at in range(count - 1, -1, -1):
        row = work.met[at]
        work.is_met[row] = 0
        for arc in range(up.starts[row], up.starts[row + 1]):
            lower(work.rows, up.heads[arc], work.rows, row, up.ms[arc])
    return count


@njit(nogil=True, cache=True)
def matrix_rows(index, entries, first, end, order, part, exits, work, rows, out):
    """Fill out[order[o], place] with milliseconds, FAR where there is no way, for origins first <= o < end.

    part: `restricted` of the places' rows (new numbers, graph). exits: of the places, with `nodes` as
    those new numbers.
    """
    new, graph = part
    size = graph.starts.size - 1
    places = exits.starts.size - 1
    block = np.empty((LANES, LANES), np.int32)
    for start in range(first, end, LANES):
        many = min(LANES, end - start)
        count = climb(index, entries, start, start + many, work)
        for row in range(size):
            fill(rows, row, FAR)
        for at in range(count):
            met = work.met[at]
            if new[met] >= 0:
                shift(rows, new[met], work.rows, met, 0)
            fill(work.rows, met, FAR)
        for row in range(size):
            pull(rows, row, graph.starts[row], graph.starts[row + 1], graph.heads, graph.ms, False)
        for low in range(0, places, LANES):
            high = min(low + LANES, places)
            for place in range(low, high):
                fill(block, place - low, FAR)
                for exit_ in range(exits.starts[place], exits.starts[place + 1]):
                    lower(block, place - low, rows, exits.nodes[exit_], exits.ms[exit_])
            for lane in range(many):
                for place in range(low, high):
                    out[order[start + lane], place] = block[place - low, lane]
