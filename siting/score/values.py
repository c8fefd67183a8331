"""Value functions on fixed reference points: never the minimum and maximum of the candidates."""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from siting.base.arguments import takes

Shape = Literal["linear", "piecewise", "stepped", "saturating", "target"]
Points = Sequence[tuple[float, float]]
Floats = npt.NDArray[np.float64]
TERMS = {"linear": "", "piecewise": "points", "stepped": "points", "saturating": "half", "target": "other"}
"""The one further term that each shape needs; any other would have no effect and is refused."""
SHAPES = tuple(TERMS)


@takes(column="column", worst="number", best="number", half="number", other="number")
def value(
    column: pd.Series,
    *,
    worst: float,
    best: float,
    shape: Shape = "linear",
    points: Points | None = None,
    half: float | None = None,
    other: float | None = None,
) -> pd.Series:
    """Return values from 0 (`worst`) to 1 (`best`) on the index of `column`; missing stays missing.

    `best` may lie above or below `worst`: more is better, or less is.

    - linear: 0 at `worst` or beyond, 1 at `best` or beyond, straight between.
    - piecewise: straight between `points` ((raw, value), ...), and level outside them.
    - stepped: `points` are bands (bound, value). On the way from `best` to `worst` a parcel has the value of the
      nearest bound that it has not yet passed, the bound itself included; past all bounds it has 0. So where less is
      better, (10, 1), (20, 0.6) gives 1 up to 10, 0.6 up to 20, then 0; where more is better, (100, 0.6), (200, 1)
      gives 0 below 100, 0.6 from 100, 1 from 200.
    - saturating: each further unit is worth less: 0.5 at `half`, which lies nearer to `worst` than to `best`, exactly
      1 at `best`. With t, h the shares of the way at the raw value and at `half`: t(1-h) / (t(1-h) + h(1-t)), the only
      ratio of straight lines through these three points.
    - target: 1 at `best`, 0 at `worst` on its one side and at `other` on its other side, straight between.

    Points lie between `worst` and `best`, and their values never fall on the way to `best`. Raises ValueError if the
    reference points are equal or not finite, or if a term is missing, idle, or contradicts them.
    """
    if shape not in SHAPES:
        msg = f"unknown shape {shape!r}; known: {', '.join(SHAPES)}"
        raise ValueError(msg)
    if not np.isfinite([worst, best]).all() or worst == best:
        msg = f"needs finite, different reference points: worst={worst} best={best}"
        raise ValueError(msg)
    given = {name for name, term in (("points", points), ("half", half), ("other", other)) if term is not None}
    if given != {TERMS[shape]} - {""}:
        msg = f"shape {shape} needs {TERMS[shape] or 'no further term'}, given: {', '.join(sorted(given)) or 'none'}"
        raise ValueError(msg)
    raw = column.astype(float)
    if shape == "linear":
        return ((raw - worst) / (best - worst)).clip(0.0, 1.0)
    curve = _curve(shape, worst, best, points, half if other is None else other)
    return pd.Series(curve(raw.to_numpy()), index=column.index, name=column.name)


def _curve(
    shape: Shape, worst: float, best: float, points: Points | None, bend: float | None
) -> Callable[[Floats], Floats]:
    """Return the curve of a shape that is not linear; `bend` is its `half` or `other`."""
    if points is not None:
        raws, values = _checked(points, worst, best)
        if shape == "piecewise":
            return lambda raw: np.asarray(np.interp(raw, raws, values))
        return lambda raw: _stepped(raw, raws, values, less=best < worst)
    turn = float(np.nan if bend is None else bend)
    share = (turn - worst) / (best - worst)
    if shape == "saturating":
        if not 0 < share <= 0.5:
            msg = f"half must lie between worst and the middle of worst and best, not at {bend}"
            raise ValueError(msg)
        return lambda raw: _saturating(np.clip((raw - worst) / (best - worst), 0.0, 1.0), share)
    if not 1 < share < np.inf:
        msg = f"other must be finite and lie beyond best as seen from worst, not at {bend}"
        raise ValueError(msg)
    return lambda raw: np.minimum(
        np.clip((raw - worst) / (best - worst), 0.0, 1.0), np.clip((raw - turn) / (best - turn), 0.0, 1.0)
    )


def _saturating(share: Floats, half: float) -> Floats:
    # written so that both products are equal at `half` and one vanishes at either end: all three values are exact
    risen = share * (1.0 - half)
    return np.asarray(risen / (risen + half * (1.0 - share)))


def _stepped(raw: Floats, bounds: Floats, values: Floats, *, less: bool) -> Floats:
    if less:
        band = np.searchsorted(bounds, raw, side="left")
        found = np.append(values, 0.0)[band]
    else:
        band = np.searchsorted(bounds, raw, side="right")
        found = np.append(0.0, values)[band]
    return np.where(np.isnan(raw), np.nan, found)


def _checked(points: Points, worst: float, best: float) -> tuple[Floats, Floats]:
    """Return raw bounds and values; ValueError where they are no curve from `worst` to `best`."""
    pairs = np.asarray(list(points), dtype=float)
    if pairs.ndim != 2 or pairs.shape[1] != 2 or not np.isfinite(pairs).all() or (np.diff(pairs[:, 0]) <= 0).any():
        msg = "points must be pairs (raw, value) of finite numbers, raw rising"
        raise ValueError(msg)
    raws, values = pairs.T
    if ((values < 0) | (values > 1)).any() or raws[0] < min(worst, best) or raws[-1] > max(worst, best):
        msg = f"points must have values 0..1 and lie between worst={worst} and best={best}"
        raise ValueError(msg)
    if (np.diff(values if best > worst else values[::-1]) < 0).any():
        msg = "points must never fall in value on the way from worst to best; a best in the middle is shape target"
        raise ValueError(msg)
    return raws, values
