"""Values and weights to one score."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd

from siting.base.arguments import takes

Method = Literal["wsm"]
METHODS = ("wsm",)


@takes(values="table")
def combine(values: pd.DataFrame, weights: Mapping[str, float] | pd.Series, *, method: Method = "wsm") -> pd.Series:
    """Return the weighted mean of values 0..1 (weighted sum model), by row.

    The terms are added in the order of the columns, so that any reader of the same numbers gets the
    same sum to the last bit. A row with a missing value has no score. Raises ValueError for weights
    that are missing, negative, not finite or all zero.
    """
    if method not in METHODS:
        msg = f"unknown method {method!r}; known: wsm"
        raise ValueError(msg)
    missing = [name for name in values.columns if name not in weights]
    numbers = np.array([float(weights[name]) for name in values.columns if name in weights])
    if missing or not np.isfinite(numbers).all() or (numbers < 0).any() or not numbers.sum() > 0:
        msg = f"weights must be there for every column, finite, not negative and not all zero; missing: {missing}"
        raise ValueError(msg)
    total, weight_sum = pd.Series(0.0, index=values.index), 0.0
    for name in values.columns:
        total = total + float(weights[name]) * values[name].astype(float)
        weight_sum += float(weights[name])
    return (total / weight_sum).rename("score")
