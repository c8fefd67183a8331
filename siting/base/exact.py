"""Sums that no order of adding changes: every term is rounded to one grid, on which binary sums are exact.

A grid step is at most 2**-50 of the largest total, so nothing is lost that a plain sum would keep.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def grid_for(total: float) -> float:
    """Return the number that rounds terms to the grid of sums up to `total` (not negative, finite).

    Adding and subtracting it (1.5 x 2**52 steps) rounds a term to a whole step.
    """
    exponent = int(np.frexp(max(total, np.finfo(np.float64).tiny))[1])
    return float(1.5 * 2.0 ** (exponent + 1))


def on_grid(terms: Floats, grid: float) -> Floats:
    """Return the terms rounded to whole steps of the grid."""
    rounded: Floats = (terms + grid) - grid
    return rounded
