"""The nearest street of very many points: a grid and compiled loops instead of a tree of shapes."""

import numpy as np
import numpy.typing as npt

from siting.network.kernels.snapping import Grid, Segments, fill_grid, nearest_edges
from siting.network.pieces import pieces_of

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
CELLS_MOST = 1 << 24


def nearest_of_points(lines: npt.NDArray[np.object_], points: Floats) -> tuple[Ints, Floats, Floats]:
    """Return, for each point (x, y), the nearest line, its distance, and where on it as a share of its length.

    Among equally near lines the lowest number, as `pieces.nearest_lines`. A line must not be empty.
    """
    pieces = pieces_of(lines)
    grid = _grid(pieces.ends)
    edge, distance, along = np.empty(len(points), np.int32), np.empty(len(points)), np.empty(len(points))
    cells = ((points - grid.origin) / grid.side).astype(np.int64)
    order = np.argsort(cells[:, 1] * grid.columns + cells[:, 0])
    segments = Segments(pieces.ends, pieces.line.astype(np.int32), pieces.before)
    nearest_edges(np.ascontiguousarray(points), order, 0, len(points), segments, grid, edge, distance, along)
    whole = pieces.lengths[edge]
    share = np.divide(along, whole, out=np.zeros(len(points)), where=whole > 0)
    return edge.astype(np.int64), distance, np.clip(share, 0.0, 1.0)


def _grid(ends: Floats) -> Grid:
    """Return a grid with about one piece a cell, coarser where pieces are long."""
    low = np.minimum(ends[:, :2], ends[:, 2:]).min(axis=0)
    high = np.maximum(ends[:, :2], ends[:, 2:]).max(axis=0)
    width, height = np.maximum(high - low, 1.0)
    length = np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1])
    side = max(float(np.sqrt(width * height / len(ends))), float(np.mean(length)), 1.0)
    side = max(side, float(np.sqrt(width * height / CELLS_MOST)))
    columns, rows = int(width / side) + 1, int(height / side) + 1
    starts, pieces = fill_grid(ends, low, side, columns, rows)
    return Grid(starts, pieces, low, side, columns, rows)
