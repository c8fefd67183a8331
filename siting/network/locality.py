"""Numbers along a curve that fills the plane, so that near nodes are near in memory."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
BITS = 16


def hilbert_keys(xy: Floats) -> npt.NDArray[np.uint64]:
    """Return the place of each point along a Hilbert curve over their extent, in 65,536 x 65,536 cells.

    Source: Hilbert 1891; the turning of the quadrants as in Hamilton & Rau-Chaplin 2008.
    """
    if not len(xy):
        return np.zeros(0, np.uint64)
    low = xy.min(axis=0)
    extent = max(float((xy.max(axis=0) - low).max()), 1e-9)
    cells = ((xy - low) / extent * ((1 << BITS) - 1)).astype(np.int64)
    x, y = cells[:, 0].copy(), cells[:, 1].copy()
    keys = np.zeros(len(xy), np.uint64)
    for level in range(BITS - 1, -1, -1):
        east, north = (x >> level) & 1, (y >> level) & 1
        keys = (keys << np.uint64(2)) | ((3 * east) ^ north).astype(np.uint64)
        swaps = north == 0
        flips = swaps & (east == 1)
        last = (1 << BITS) - 1
        x, y = np.where(flips, last - x, x), np.where(flips, last - y, y)
        x, y = np.where(swaps, y, x), np.where(swaps, x, y)
    return keys


def along_curve(xy: Floats) -> npt.NDArray[np.int64]:
    """Return the order of the points along the curve; those in one cell by their coordinates."""
    return np.lexsort((xy[:, 1], xy[:, 0], hilbert_keys(xy))).astype(np.int64)
