"""Which cells of a grid lie under shapes, and how much of each: exact areas, no platform's own library.

The area of a polygon in every cell is summed from its edges cut at the grid lines, as scan converters do:
what an edge covers goes to its cell, its height to all cells on its right.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Shapes = npt.NDArray[np.object_]

TILE = 512
"""Cells along a side of the windows that are read; bounds the memory whatever the size of raster or parcel."""
CELLS_AT_ONCE = 2_000_000
DECIMALS = 9
"""Of a share of a cell: rounds away what cutting the edges leaves."""
EXACT = 2.0**44


class Cells(NamedTuple):
    """Pairs of shape and cell. shape: row of the shapes; row, column: of the grid; share: of the cell covered."""

    shape: Ints
    row: Ints
    column: Ints
    share: Floats


class Tile(NamedTuple):
    """A square of cells and the parts of shapes in it: first row and column, rows of the shapes, their parts."""

    row: int
    column: int
    height: int
    width: int
    shapes: Ints
    parts: Shapes


def tiles_under(shapes: Shapes, height: int, width: int, side: int = TILE) -> Iterator[Tile]:
    """Yield the tiles of a grid that hold part of a shape, in order of rows and columns.

    `shapes` lie in cell coordinates: x counts columns, y counts rows, from the outer corner of the first cell.
    """
    bounds = shapely.bounds(shapes)
    west, south, east, north = np.nan_to_num(bounds, nan=-1.0, posinf=-1.0, neginf=-1.0).T
    on = np.isfinite(bounds).all(axis=1) & (east > 0) & (north > 0) & (west < width) & (south < height)
    rows = np.flatnonzero(on)
    left, top = (np.clip(each[on], 0, None) // side for each in (west, south))
    right = np.minimum(east[on], width - 1e-9) // side
    bottom = np.minimum(north[on], height - 1e-9) // side
    across, down = (right - left + 1).astype(np.int64), (bottom - top + 1).astype(np.int64)
    counts = across * down
    pair = np.repeat(np.arange(len(rows)), counts)
    step = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    tile_row = top[pair].astype(np.int64) + step // across[pair]
    tile_column = left[pair].astype(np.int64) + step % across[pair]
    order = np.lexsort((rows[pair], tile_column, tile_row))
    key = np.column_stack([tile_row, tile_column])[order]
    fresh = np.ones(len(key), bool)
    fresh[1:] = (np.diff(key, axis=0) != 0).any(axis=1)
    starts = np.flatnonzero(fresh)
    if not len(starts):
        return
    for part, (row, column) in zip(np.split(order, starts[1:]), key[starts], strict=True):
        yield _tile(shapes, rows[pair[part]], (int(row) * side, int(column) * side), (height, width), side)


def _tile(shapes: Shapes, here: Ints, corner: tuple[int, int], size: tuple[int, int], side: int) -> Tile:
    row, column = corner
    height, width = min(side, size[0] - row), min(side, size[1] - column)
    west, south, east, north = shapely.bounds(shapes[here]).T
    crosses = (west < column) | (south < row) | (east > column + width) | (north > row + height)
    parts = shapes[here].copy()
    parts[crosses] = shapely.intersection(parts[crosses], shapely.box(column, row, column + width, row + height))
    return Tile(row, column, height, width, here, parts)


def cells_under(tile: Tile) -> Iterator[Cells]:
    """Yield the cells under the parts of a tile, rows and columns counted within it, so many at once.

    Lines and points cover nothing. A cell that is touched only at its border is none.
    """
    parts, owner = _polygons(tile)
    west, south, east, north = shapely.bounds(parts).T
    left, top = np.floor(west).astype(np.int64), np.floor(south).astype(np.int64)
    across = np.maximum(np.ceil(east).astype(np.int64) - left, 1) + 1  # one column more takes what lies beyond
    down = np.maximum(np.ceil(north).astype(np.int64) - top, 1)
    batch = np.cumsum(across * down) // CELLS_AT_ONCE
    for number in np.unique(batch):
        now = np.flatnonzero(batch == number)
        part, row, column, share = _shares(parts[now], left[now], top[now], across[now], down[now])
        yield Cells(owner[now[part]], row, column, share)


def _polygons(tile: Tile) -> tuple[Shapes, Ints]:
    """Return single polygons in coordinates of the tile, and the shape of each."""
    parts, index = shapely.get_parts(tile.parts, return_index=True)
    parts, inner = shapely.get_parts(parts, return_index=True)
    index = index[inner]
    solid = (shapely.get_type_id(parts) == 3) & ~shapely.is_empty(parts)
    moved = shapely.transform(parts[solid], lambda xy: xy - (tile.column, tile.row))
    return np.asarray(shapely.orient_polygons(moved)), np.asarray(tile.shapes[index[solid]], np.int64)


def _shares(polygons: Shapes, left: Ints, top: Ints, across: Ints, down: Ints) -> Cells:
    """Return the covered share of every cell of each polygon's own box of cells."""
    ends, owner = _edges(polygons)
    cut, edge = _cut(ends)
    owner = owner[edge]
    rise = cut[:, 3] - cut[:, 1]
    middle_x, middle_y = (cut[:, 0] + cut[:, 2]) / 2, (cut[:, 1] + cut[:, 3]) / 2
    column = np.clip(np.floor(middle_x).astype(np.int64) - left[owner], 0, across[owner] - 2)
    row = np.clip(np.floor(middle_y).astype(np.int64) - top[owner], 0, down[owner] - 1)
    sizes = across * down
    first = np.cumsum(sizes) - sizes
    cell = first[owner] + row * across[owner] + column
    # an edge that runs up takes away what lies on its right, one that runs down adds it
    own = np.bincount(cell, _on_grid(-rise * (column + left[owner] + 1 - middle_x)), sizes.sum())
    right = np.cumsum(np.bincount(cell + 1, _on_grid(-rise), sizes.sum() + 1))
    widths = np.repeat(across, down)
    before = np.concatenate([[0.0], right])[np.cumsum(widths) - widths]
    share = np.round(np.clip(own + right[:-1] - np.repeat(before, widths), 0.0, 1.0), DECIMALS)
    covered = np.flatnonzero(share > 0)
    polygon = np.searchsorted(first, covered, side="right") - 1
    place = covered - first[polygon]
    rows, columns = top[polygon] + place // across[polygon], left[polygon] + place % across[polygon]
    return Cells(polygon, rows, columns, share[covered])


def _on_grid(values: Floats) -> Floats:
    """Return values as multiples of 2^-44, whose sums are exact: no neighbour changes a bit of a share."""
    return np.asarray(np.round(values * EXACT) / EXACT)


def _edges(polygons: Shapes) -> tuple[Floats, Ints]:
    """Return the edges of all rings (x, y, x, y), shells against the clock and holes with it, with their polygon."""
    rings, polygon = shapely.get_rings(polygons, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    inner = ring[1:] == ring[:-1]
    return np.column_stack([xy[:-1], xy[1:]])[inner], np.asarray(polygon[ring[:-1][inner]], np.int64)


def _cut(ends: Floats) -> tuple[Floats, Ints]:
    """Return the edges cut wherever they cross a whole x or y, with the edge of each piece."""
    edges = np.arange(len(ends))
    cuts = [_crossed(ends[:, axis], ends[:, axis + 2]) for axis in (0, 1)]
    edge = np.concatenate([edges, edges, *(each[0] for each in cuts)])
    along = np.concatenate([np.zeros(len(ends)), np.ones(len(ends)), *(each[1] for each in cuts)])
    order = np.lexsort((along, edge))
    edge, along = edge[order], along[order]
    inner = edge[1:] == edge[:-1]
    start, stop, edge = along[:-1][inner, None], along[1:][inner, None], edge[:-1][inner]
    origin, way = ends[edge, :2], ends[edge, 2:] - ends[edge, :2]
    return np.column_stack([origin + start * way, origin + stop * way]), edge


def _crossed(begin: Floats, end: Floats) -> tuple[Ints, Floats]:
    """Return edge and place along it (0 to 1) of every whole number strictly between its ends."""
    low, high = np.minimum(begin, end), np.maximum(begin, end)
    first = np.floor(low).astype(np.int64) + 1
    counts = np.maximum(np.ceil(high).astype(np.int64) - first, 0)
    edge = np.repeat(np.arange(len(begin)), counts)
    whole = first[edge] + np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return edge, (whole - begin[edge]) / (end[edge] - begin[edge])
