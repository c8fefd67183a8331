"""TOPSIS as textbooks have it, on raw columns: for analysts and for checks against published examples, not for projects.

Ideal and anti-ideal are those of the rows at hand, so that one more row, even a poor one, can change the order of the others.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from siting.base.arguments import takes

Normalise = Literal["vector", "minmax", "max", "sum"]
NORMALISE = ("vector", "minmax", "max", "sum")
Floats = npt.NDArray[np.float64]


@takes(matrix="table")
def normalised(matrix: pd.DataFrame, types: Mapping[str, float], *, normalise: Normalise) -> pd.DataFrame:
    """Return raw columns made comparable; types are 1 (more is better) or -1 (less is better), by column.

    - vector: x / √Σx², costs keep their direction (Hwang & Yoon 1981).
    - minmax: (x - min) / (max - min), for costs (max - x) / (max - min).
    - max: x / max, for costs min / x. sum: x / Σx, for costs (1/x) / Σ(1/x).

    Raises ValueError for an unknown way, a type that is not 1 or -1, a value that is missing or not finite, and a column that
    this way cannot divide by.
    """
    if normalise not in NORMALISE:
        msg = f"unknown normalise {normalise!r}; known: {', '.join(NORMALISE)}"
        raise ValueError(msg)
    if any(types.get(name) not in (1, -1) for name in matrix.columns):
        msg = "types must be 1 or -1 for every column"
        raise ValueError(msg)
    if not np.isfinite(matrix.to_numpy(float)).all():
        msg = "matrix must have finite numbers only"
        raise ValueError(msg)
    columns = {name: _column(matrix[name].to_numpy(float), types[name] > 0, normalise) for name in matrix.columns}
    unusable = [str(name) for name, column in columns.items() if not np.isfinite(column).all()]
    if unusable:
        msg = f"matrix cannot be normalised by {normalise} in the columns {', '.join(unusable)}"
        raise ValueError(msg)
    return pd.DataFrame(columns, index=matrix.index)


@takes(matrix="table")
def topsis_raw(
    matrix: pd.DataFrame,
    weights: Mapping[str, float] | Sequence[float],
    types: Mapping[str, float] | Sequence[float],
    *,
    normalise: Normalise = "vector",
) -> pd.Series:
    """Return the closeness d0 / (d0 + d1) of every row to the best that the rows at hand show (Hwang & Yoon 1981).

    d1, d0: Euclidean distances, on weighted normalised columns, from the best and the worst of each column. weights, types: by
    column name, or in the order of the columns. Raises ValueError as `normalised` does, and for unusable weights or
    where no row differs from another.
    """
    heavy, kinds = _by_name(weights, matrix, "weights"), _by_name(types, matrix, "types")
    if not all(math.isfinite(each) and each >= 0 for each in heavy.values()) or not any(heavy.values()):
        msg = "weights must be finite, not negative and not all zero"
        raise ValueError(msg)
    table = normalised(matrix, kinds, normalise=normalise)
    total = math.fsum(heavy.values())
    to_best, to_worst = np.zeros(len(table)), np.zeros(len(table))
    for name in table.columns:
        column = table[name].to_numpy() * (heavy[name] / total)
        # only vector leaves costs as costs
        best, worst = column.max(), column.min()
        if normalise == "vector" and kinds[name] < 0:
            best, worst = worst, best
        to_best, to_worst = to_best + (column - best) ** 2, to_worst + (column - worst) ** 2
    near, far = np.sqrt(to_worst), np.sqrt(to_best)
    if not (near + far > 0).all():
        msg = "matrix has no weighted column in which the rows differ"
        raise ValueError(msg)
    return pd.Series(near / (near + far), index=matrix.index, name="closeness")


def _column(raw: Floats, more: bool, normalise: Normalise) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        if normalise == "vector":
            return np.asarray(raw / math.sqrt(math.fsum(raw * raw)) if raw.any() else raw * np.nan)
        if normalise == "minmax":
            low, high = raw.min(), raw.max()
            return np.asarray((raw - low if more else high - raw) / (high - low))
        if normalise == "max":
            return np.asarray(raw / raw.max() if more else raw.min() / raw)
        shares = raw if more else 1 / raw
        return np.asarray(shares / math.fsum(shares) if np.isfinite(shares).all() and shares.any() else raw * np.nan)


def _by_name(given: Mapping[str, float] | Sequence[float], matrix: pd.DataFrame, argument: str) -> dict[str, float]:
    names = list(matrix.columns)
    if isinstance(given, (Mapping, pd.Series)):
        numbers = dict(given.items())
        if set(numbers) != set(names):
            msg = f"{argument} must name the columns of matrix"
            raise ValueError(msg)
        return {name: numbers[name] for name in names}
    if len(given) != len(names):
        msg = f"{argument} must have {len(names)} numbers, not {len(given)}"
        raise ValueError(msg)
    return dict(zip(names, given, strict=True))
