"""Scores of many parcels under many sets of weights at once; the formulas are those of `siting.score.combine`.

Terms are added one criterion after another, element by element: no linear algebra library, whose last bits differ
from machine to machine.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from siting.base.columns import SCORE_DECIMALS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
SCALE = 10.0**SCORE_DECIMALS
MOST_SCORE = 1000.0


def blended(values: Floats, weights: Floats, method: str, alpha: float | None = None) -> Floats:
    """Return draws x parcels of scores from parcels x criteria of values 0..1 and draws x criteria of weights.

    The weights of a draw sum to 1. Criteria are taken in the order of the columns; hand them over by name. ValueError
    for an unknown method, an alpha that owa lacks or that is idle.
    """
    if method not in BLENDS:
        msg = f"unknown method {method!r}; known: {', '.join(BLENDS)}"
        raise ValueError(msg)
    if (alpha is not None) != (method == "owa") or (alpha is not None and not 0 < alpha < np.inf):
        msg = f"alpha must be a finite number above 0 with owa, and is given with no other method, not {alpha}"
        raise ValueError(msg)
    return BLENDS[method](values, weights, 1.0 if alpha is None else alpha)


def whole(scores: Floats) -> Ints:
    """Return scores in steps of 1e-9, rounded half up: scores that a ranking shows as equal are equal here."""
    scaled = scores * SCALE
    scaled += 0.5
    return np.floor(scaled, out=scaled).astype(np.int64)


def _sum(values: Floats, weights: Floats, _alpha: float) -> Floats:
    total = np.zeros((len(weights), len(values)))
    term = np.empty_like(total)
    for column in range(values.shape[1]):
        total += np.multiply(weights[:, column, np.newaxis], values[:, column], out=term)
    return total


def _product(values: Floats, weights: Floats, _alpha: float) -> Floats:
    total = np.ones((len(weights), len(values)))
    for column in range(values.shape[1]):
        total *= np.power(values[:, column], weights[:, column, np.newaxis])
    return total


def _closeness(values: Floats, weights: Floats, _alpha: float) -> Floats:
    from_worst, from_best = np.zeros((2, len(weights), len(values)))
    for column in range(values.shape[1]):
        weight = weights[:, column, np.newaxis]
        near, far = weight * values[:, column], weight * (1.0 - values[:, column])
        from_worst += near * near
        from_best += far * far
    gone = np.sqrt(from_worst)
    return np.asarray(gone / (gone + np.sqrt(from_best)), np.float64)


def _in_order(values: Floats, weights: Floats, alpha: float) -> Floats:
    falling = np.argsort(-values, axis=1, kind="stable")
    rows = np.arange(len(values))
    whole_weight, total, passed, before = np.zeros((4, len(weights), len(values)))
    for at in range(values.shape[1]):
        whole_weight += weights[:, falling[:, at]]
    for at in range(values.shape[1]):
        passed += weights[:, falling[:, at]]
        # by its own last sum, so that the shares end at exactly 1
        reached = (passed / whole_weight) ** alpha
        total += (reached - before) * values[rows, falling[:, at]]
        before = reached
    return total


BLENDS: dict[str, Callable[[Floats, Floats, float], Floats]] = {
    "wsm": _sum,
    "wpm": _product,
    "topsis": _closeness,
    "owa": _in_order,
}
