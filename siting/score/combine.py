"""Values and weights to one score."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd

from siting.base.arguments import takes

Method = Literal["wsm", "wpm", "topsis", "owa"]
METHODS: tuple[Method, ...] = ("wsm", "wpm", "topsis", "owa")


@takes(values="table", alpha="number")
def combine(
    values: pd.DataFrame,
    weights: Mapping[str, float] | pd.Series,
    *,
    method: Method = "wsm",
    alpha: float | None = None,
) -> pd.Series:
    """Return one score 0..1 from values 0..1 by row; w are the weights as shares of their sum.

    - wsm, weighted mean: Σ w v. A strong side makes up for a weak one.
    - wpm, weighted product: Π v^w. A value of 0 in a weighted column makes the score 0, whatever the rest.
    - topsis: d0 / (d0 + d1), where d0 = √Σ(w v)² is the distance from all values 0 and d1 = √Σ(w (1-v))² the distance
      from all values 1. These two points are fixed: the other rows have no say.
    - owa: values in falling order, their weights carried along, Σ (Q(p_k) - Q(p_k-1)) v_k with p_k the weight of the
      first k and Q(p) = p^alpha (Yager 1996). alpha 1 is wsm, less counts the strong sides more, more the weak ones.

    The terms are added in the order of the columns (owa: of the values), so that any reader of the same
    numbers gets the same sum to the last bit; powers (wpm, owa) may differ there from one machine to the next. A row with a
    missing value has no score. Raises ValueError for weights that are missing, negative, not finite or all zero, for an
    alpha that is missing, not above 0 or idle, and, except with wsm, for values outside 0..1.
    """
    if method not in METHODS:
        msg = f"unknown method {method!r}; known: {', '.join(METHODS)}"
        raise ValueError(msg)
    if (alpha is not None) != (method == "owa") or (alpha is not None and not 0 < alpha < np.inf):
        msg = f"alpha must be a finite number above 0 with owa, and is given with no other method; method={method}, alpha={alpha}"
        raise ValueError(msg)
    missing = [name for name in values.columns if name not in weights]
    numbers = np.array([float(weights[name]) for name in values.columns if name in weights])
    if missing or not np.isfinite(numbers).all() or (numbers < 0).any() or not numbers.sum() > 0:
        msg = f"weights must be there for every column, finite, not negative and not all zero; missing: {missing}"
        raise ValueError(msg)
    if method != "wsm" and ((values < 0) | (values > 1)).any(axis=None):
        msg = f"values must lie in 0..1 for {method}"
        raise ValueError(msg)
    if alpha is not None:
        return _averaged_in_order(values, weights, alpha)
    return {"wsm": _sum, "wpm": _product, "topsis": _closeness}[method](values, weights)


def _sum(values: pd.DataFrame, weights: Mapping[str, float] | pd.Series) -> pd.Series:
    total, weight_sum = pd.Series(0.0, index=values.index), 0.0
    for name in values.columns:
        total = total + float(weights[name]) * values[name].astype(float)
        weight_sum += float(weights[name])
    return (total / weight_sum).rename("score")


def _product(values: pd.DataFrame, weights: Mapping[str, float] | pd.Series) -> pd.Series:
    total = pd.Series(1.0, index=values.index)
    for name, share in _shares(values, weights).items():
        column = values[name].astype(float)
        # anything to the power of 0 is 1, a missing value too; it must stay missing
        total = total * (column**share).where(column.notna())
    return total.rename("score")


def _closeness(values: pd.DataFrame, weights: Mapping[str, float] | pd.Series) -> pd.Series:
    from_worst, from_best = pd.Series(0.0, index=values.index), pd.Series(0.0, index=values.index)
    for name, share in _shares(values, weights).items():
        column = values[name].astype(float)
        from_worst = from_worst + (share * column) * (share * column)
        from_best = from_best + (share * (1.0 - column)) * (share * (1.0 - column))
    near, far = np.sqrt(from_worst), np.sqrt(from_best)
    return (near / (near + far)).rename("score")


def _averaged_in_order(values: pd.DataFrame, weights: Mapping[str, float] | pd.Series, alpha: float) -> pd.Series:
    table = values.astype(float).to_numpy()
    falling = np.argsort(-table, axis=1, kind="stable")
    carried = np.array(list(_shares(values, weights).values()))[falling]
    ordered = np.take_along_axis(table, falling, axis=1)
    passed = np.zeros(table.shape)
    for at in range(table.shape[1]):
        passed[:, at] = (passed[:, at - 1] if at else 0.0) + carried[:, at]
    total, before = np.zeros(len(table)), np.zeros(len(table))
    for at in range(table.shape[1]):
        # by its own last sum, so that the shares end at exactly 1
        reached = (passed[:, at] / passed[:, -1]) ** alpha
        total = total + (reached - before) * ordered[:, at]
        before = reached
    return pd.Series(total, index=values.index, name="score")


def _shares(values: pd.DataFrame, weights: Mapping[str, float] | pd.Series) -> dict[str, float]:
    """Return the weight of each column as a share of their sum, added in the order of the columns."""
    numbers = {name: float(weights[name]) for name in values.columns}
    total = sum(numbers.values())
    return {name: number / total for name, number in numbers.items()}
