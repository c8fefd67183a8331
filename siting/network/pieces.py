"""Streets as straight pieces, and the nearest point of a street by one arithmetic for few points and for many."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Lines = npt.NDArray[np.object_]
SLACK = 1e-9
"""Relative: how much farther than the nearest a street may seem to a tree of shapes and still be compared."""


class Pieces(NamedTuple):
    """Straight pieces of lines. ends: piece x 4 (x, y, x, y). line, before: whose it is, metres along it before."""

    ends: Floats
    line: Ints
    before: Floats
    first: Ints
    lengths: Floats


def pieces_of(lines: Lines) -> Pieces:
    """Return the pieces of the lines in order; first: the first piece of each line. lengths: of the lines."""
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    inner = owner[1:] == owner[:-1]
    ends = np.ascontiguousarray(np.column_stack([xy[:-1], xy[1:]])[inner])
    line = owner[:-1][inner].astype(np.int64)
    dx, dy = ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1]
    length = np.sqrt(dx * dx + dy * dy)
    total = np.concatenate([[0.0], np.cumsum(length)])
    first = np.searchsorted(line, np.arange(len(lines) + 1))
    before = total[:-1] - total[first[:-1]][line]
    # the very sum that the end of the last piece gives, so that the end of a line is at 1 and not a hair before
    last = first[1:] - 1
    return Pieces(ends, line, before, first, before[last] + length[last])


def nearest_lines(lines: Lines, points: npt.NDArray[np.object_], xy: Floats) -> tuple[Ints, Floats, Floats]:
    """Return the nearest line of each point, its distance, and where on it as a share of its length.

    A tree of shapes proposes, the arithmetic of the compiled grid decides: the lowest line among equals.
    """
    tree = shapely.STRtree(lines)
    (point, _), seen = tree.query_nearest(points, all_matches=False, return_distance=True)
    bound = np.zeros(len(points))
    bound[point] = seen * (1 + SLACK) + SLACK
    point, line = tree.query(points, predicate="dwithin", distance=bound)
    known = np.unique(line)
    pieces = pieces_of(lines[known])
    number = np.searchsorted(known, line)
    counts = np.diff(pieces.first)[number]
    at = np.repeat(np.arange(len(point)), counts)
    piece = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + pieces.first[number][at]
    far, along = _nearest_on(pieces.ends[piece], xy[point[at]])
    along += pieces.before[piece]
    order = np.lexsort((along, line[at], far, point[at]))
    best = order[np.unique(point[at][order], return_index=True)[1]]
    whole = pieces.lengths[number[at[best]]]
    share = np.divide(along[best], whole, out=np.zeros(len(best)), where=whole > 0)
    return line[at[best]].astype(np.int64), np.sqrt(far[best]), np.clip(share, 0.0, 1.0)


def _nearest_on(ends: Floats, xy: Floats) -> tuple[Floats, Floats]:
    """Return the square of the distance to each piece, and metres along it; term by term as the compiled twin."""
    x, y = xy.T
    x1, y1, x2, y2 = ends.T
    dx, dy = x2 - x1, y2 - y1
    length2 = dx * dx + dy * dy
    dot = (x - x1) * dx + (y - y1) * dy
    share = np.divide(dot, length2, out=np.zeros(len(ends)), where=length2 > 0)
    off_x, off_y = x1 + share * dx - x, y1 + share * dy - y
    far = off_x * off_x + off_y * off_y
    far = np.where(share <= 0, (x - x1) * (x - x1) + (y - y1) * (y - y1), far)
    far = np.where(share >= 1, (x - x2) * (x - x2) + (y - y2) * (y - y2), far)
    along = np.where(share <= 0, 0.0, np.where(share >= 1, np.sqrt(length2), share * np.sqrt(length2)))
    return far, along
