"""Sums over the places of sixteen origins, and of the origins over the places.

Inner loops take single arrays: a tuple of arrays is handed over field by field at every call.
"""

import numpy as np
from numba import njit

from siting.network.kernels.arrays import FAR, LANES
from siting.network.kernels.lanes import (
    add_doors,
    add_weighted,
    add_within,
    fill,
    lower,
    shift,
    spread_doors,
    total_within,
)


@njit(nogil=True, cache=True)
def small_amounts(sums, places):
    """Return the amounts of the local places (column x place), and room for what is spread over them."""
    amounts = np.empty((sums.amounts.shape[1], places.size), np.float64)
    for column in range(amounts.shape[0]):
        for at in range(places.size):
            amounts[column, at] = sums.amounts[places[at], column]
    return amounts, np.zeros(places.size if sums.spread.size else 0, np.float64)


@njit(nogil=True, cache=True)
def pick_singles(doors, amounts, singles):
    """Return, for each column, the places with one door that hold an amount: nodes, milliseconds, amounts, how many."""
    columns = amounts.shape[0]
    nodes, ms = np.empty((columns, singles), np.int32), np.empty((columns, singles), np.int32)
    held, counts = np.empty((columns, singles), np.float64), np.zeros(columns, np.int64)
    for column in range(columns):
        count = 0
        for place in range(singles):
            if amounts[column, place] != 0:
                nodes[column, count], ms[column, count] = doors.nodes[place], doors.ms[place]
                held[column, count] = amounts[column, place]
                count += 1
        counts[column] = count
    return nodes, ms, held, counts


@njit(nogil=True, cache=True, inline="always")
def _see(rows, nodes, ms, first, end, seen):
    """Set `seen` to the times of the sixteen origins to a place behind the doors first <= d < end."""
    if first == end:
        fill(seen, 0, FAR)
    else:
        shift(seen, 0, rows, nodes[first], ms[first])
        for door in range(first + 1, end):
            lower(seen, 0, rows, nodes[door], ms[door])


@njit(nogil=True, cache=True, inline="always")
def _weigh(table, seen, limit, weights):
    for lane in range(LANES):
        weights[lane] = table[seen[0, lane]] if seen[0, lane] <= limit else 0.0


@njit(nogil=True, cache=True)
def _weight(table, ms, limit):
    if ms > limit:
        return 0.0
    return table[ms] if table.size else 1.0


@njit(nogil=True, cache=True)
def _rounded(amount, grid):
    return (amount + grid) - grid


@njit(nogil=True, cache=True)
def _gather(rows, doors, singles, picked, amounts, table, grid, limit, totals):
    """Add up the weighted amounts (column x local place) behind all doors, by column and lane."""
    seen = np.empty((1, LANES), np.int32)
    weights = np.zeros(LANES, np.float64)
    starts, nodes, ms = doors
    has_weights = table.size > 0
    first = 0
    if not has_weights:
        first = singles
        for column in range(amounts.shape[0]):
            single_nodes, single_ms, single_amounts, counts = picked
            add_doors(
                totals,
                column,
                rows,
                single_nodes[column],
                single_ms[column],
                single_amounts[column],
                counts[column],
                limit,
            )
    for place in range(first, amounts.shape[1]):
        _see(rows, nodes, ms, starts[place], starts[place + 1], seen)
        if has_weights:
            _weigh(table, seen, limit, weights)
        for column in range(amounts.shape[0]):
            amount = amounts[column, place]
            if amount != 0:
                if has_weights:
                    add_weighted(totals, column, weights, amount, grid)
                else:
                    add_within(totals, column, seen, 0, limit, amount)


@njit(nogil=True, cache=True)
def _spread(rows, doors, singles, given, table, grid, limit, spread):
    """Add the weighted amounts of the sixteen origins to every local place."""
    seen = np.empty((1, LANES), np.int32)
    starts, nodes, ms = doors
    first = 0
    if table.size == 0:
        spread_doors(spread, singles, rows, nodes, ms, given, limit)
        first = singles
    for place in range(first, spread.size):
        _see(rows, nodes, ms, starts[place], starts[place + 1], seen)
        if table.size == 0:
            spread[place] += total_within(given, seen, 0, limit)
        else:
            for lane in range(LANES):
                if seen[0, lane] <= limit:
                    spread[place] += _rounded(given[lane] * table[seen[0, lane]], grid)


@njit(nogil=True, cache=True)
def _straight(trips, cell, table, origin, lane):
    """Return the local places that an origin reaches sooner straight along its street: place, weight gained."""
    first, end = trips.pairs.starts[origin], trips.pairs.starts[origin + 1]
    places, sooner, later = np.empty(end - first, np.int32), np.empty(end - first), np.empty(end - first)
    count = 0
    for pair in range(first, end):
        place = cell.place_local[trips.pairs.places[pair]]
        over = np.int32(FAR)
        for door in range(cell.doors.starts[place], cell.doors.starts[place + 1]):
            over = min(over, np.int32(cell.rows[cell.doors.nodes[door], lane] + cell.doors.ms[door]))
        if trips.pairs.ms[pair] < over:
            places[count] = place
            sooner[count] = _weight(table, trips.pairs.ms[pair], trips.limit)
            later[count] = _weight(table, over, trips.limit)
            count += 1
    return places[:count], sooner[:count], later[:count]


@njit(nogil=True, cache=True)
def sum_block(trips, sums, cell, amounts, picked, spread, singles, block, many):
    """Gather the amounts of the places at the origins of a block, then spread the origins' over the places.

    amounts: column x local place. spread: by local place, added to. singles: places with one door, picked: those of each column.
    """
    columns = amounts.shape[0]
    totals = np.zeros((max(columns, 1), LANES), np.float64)
    if columns > 0:
        _gather(cell.rows, cell.doors, singles, picked, amounts, sums.weights, sums.grid, trips.limit, totals)
        for lane in range(many):
            places, sooner, later = _straight(trips, cell, sums.weights, block + lane, lane)
            for column in range(columns):
                for at in range(places.size):
                    amount = amounts[column, places[at]]
                    gained = _rounded(amount * sooner[at], sums.grid) - _rounded(amount * later[at], sums.grid)
                    totals[column, lane] += gained
                sums.gathered[block + lane, column] = totals[column, lane]
    if spread.size:
        given = np.zeros(LANES, np.float64)
        for lane in range(many):
            given[lane] = sums.given[block + lane]
            if sums.is_ratio:
                given[lane] = given[lane] / totals[0, lane] if totals[0, lane] > 0 else 0.0
        _spread(cell.rows, cell.doors, singles, given, sums.weights, sums.spread_grid, trips.limit, spread)
        for lane in range(many):
            places, sooner, later = _straight(trips, cell, sums.weights, block + lane, lane)
            for at in range(places.size):
                gained = _rounded(given[lane] * sooner[at], sums.spread_grid) - _rounded(
                    given[lane] * later[at], sums.spread_grid
                )
                spread[places[at]] += gained
