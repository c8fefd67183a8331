"""The nearest street of many points, through a grid of the street's segments."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from siting.network.kernels.arrays import Int32s

Float64s = npt.NDArray[np.float64]


class Segments(NamedTuple):
    """Straight pieces of edges: ends (piece x 4: x, y, x, y), the edge of each, metres along it before the piece."""

    ends: Float64s
    edge: Int32s
    before: Float64s


class Grid(NamedTuple):
    """Square cells: cell c holds pieces[starts[c]:starts[c + 1]]. origin: x, y of the lowest corner."""

    starts: Int32s
    pieces: Int32s
    origin: Float64s
    side: float
    columns: int
    rows: int


@njit(nogil=True, cache=True)
def fill_grid(ends, origin, side, columns, rows):
    """Return the starts and pieces of a grid in which each piece stands in the cells that it may run through."""
    starts = np.zeros(columns * rows + 1, np.int64)
    for turn in range(2):
        if turn == 1:
            for cell in range(columns * rows):
                starts[cell + 1] += starts[cell]
            pieces = np.empty(starts[columns * rows], np.int32)
            filled = starts[:-1].copy()
        for piece in range(ends.shape[0]):
            low_y, high_y = min(ends[piece, 1], ends[piece, 3]), max(ends[piece, 1], ends[piece, 3])
            for row in range(int((low_y - origin[1]) / side), int((high_y - origin[1]) / side) + 1):
                first, last = _columns_in(ends, piece, origin, side, row)
                for column in range(max(first, 0), min(last, columns - 1) + 1):
                    cell = row * columns + column
                    if turn == 0:
                        starts[cell + 1] += 1
                    else:
                        pieces[filled[cell]] = piece
                        filled[cell] += 1
    return starts, pieces


@njit(nogil=True, cache=True)
def _columns_in(ends, piece, origin, side, row):
    """Return the first and last column that a piece runs through in a row, one more on either side to be safe."""
    x1, y1, x2, y2 = ends[piece, 0], ends[piece, 1], ends[piece, 2], ends[piece, 3]
    low, high = min(x1, x2), max(x1, x2)
    if abs(y2 - y1) > side:
        slope = (x2 - x1) / (y2 - y1)
        at = x1 + (origin[1] + row * side - y1) * slope
        to = x1 + (origin[1] + (row + 1) * side - y1) * slope
        low, high = max(low, min(at, to)), min(high, max(at, to))
    return int((low - origin[0]) / side) - 1, int((high - origin[0]) / side) + 1


@njit(nogil=True, cache=True, inline="always")
def _nearest_on(ends, piece, x, y):
    """Return the square of the distance to a piece, and the metres along it of its nearest point."""
    x1, y1, x2, y2 = ends[piece, 0], ends[piece, 1], ends[piece, 2], ends[piece, 3]
    dx, dy = x2 - x1, y2 - y1
    length2 = dx * dx + dy * dy
    share = ((x - x1) * dx + (y - y1) * dy) / length2 if length2 > 0 else 0.0
    # the ends themselves, not a point computed from them: two edges that share one are then equally far
    if share <= 0:
        return (x - x1) * (x - x1) + (y - y1) * (y - y1), 0.0
    if share >= 1:
        return (x - x2) * (x - x2) + (y - y2) * (y - y2), np.sqrt(length2)
    off_x, off_y = x1 + share * dx - x, y1 + share * dy - y
    return off_x * off_x + off_y * off_y, share * np.sqrt(length2)


@njit(nogil=True, cache=True)
def nearest_edges(points, order, first, end, segments, grid, edge, distance, along):
    """Fill edge, distance and metres along it for the points order[first:end]; the lowest edge among equals."""
    for at in range(first, end):
        point = order[at]
        x, y = points[point, 0], points[point, 1]
        column = min(max(int((x - grid.origin[0]) / grid.side), 0), grid.columns - 1)
        row = min(max(int((y - grid.origin[1]) / grid.side), 0), grid.rows - 1)
        best, best_edge, best_along = np.inf, np.int32(-1), 0.0
        for ring in range(max(grid.columns, grid.rows) + 1):
            for r in range(max(0, row - ring), min(grid.rows, row + ring + 1)):
                is_whole = abs(r - row) == ring
                step = 1 if is_whole or ring == 0 else 2 * ring
                for c in range(column - ring, column + ring + 1, step):
                    if c < 0 or c >= grid.columns:
                        continue
                    cell = r * grid.columns + c
                    for slot in range(grid.starts[cell], grid.starts[cell + 1]):
                        piece = grid.pieces[slot]
                        far, metres = _nearest_on(segments.ends, piece, x, y)
                        number, metres = segments.edge[piece], segments.before[piece] + metres
                        is_first = number < best_edge or (number == best_edge and metres < best_along)
                        if far < best or (far == best and is_first):
                            best, best_edge, best_along = far, number, metres
            # how far the cells seen so far reach around the point; beyond the grid there is nothing to see
            west = x - (grid.origin[0] + (column - ring) * grid.side) if column > ring else np.inf
            east = grid.origin[0] + (column + ring + 1) * grid.side - x if column + ring + 1 < grid.columns else np.inf
            south = y - (grid.origin[1] + (row - ring) * grid.side) if row > ring else np.inf
            north = grid.origin[1] + (row + ring + 1) * grid.side - y if row + ring + 1 < grid.rows else np.inf
            seen = min(west, east, south, north)
            if best_edge >= 0 and seen >= 0 and best <= seen * seen:
                break
        edge[point], distance[point], along[point] = best_edge, np.sqrt(best), best_along
