"""Whether the way of combining matters: the ranks by every one, side by side."""

from collections.abc import Mapping

import pandas as pd

from siting.score.combine import METHODS, combine
from siting.score.rank import order


def compare(
    values: pd.DataFrame,
    weights: Mapping[str, float] | pd.Series,
    alpha: float,
    *,
    penalty: pd.Series | None = None,
) -> pd.DataFrame:
    """Return the ranks of all rows by wsm, wpm, topsis and owa (with `alpha`), and `spread`, greatest less least rank.

    One column a method, on the index of `values`; a row with a missing value has no rank and no spread. A large spread
    marks a parcel whose place hangs on how strong and weak sides are weighed up. penalty: factor on the score of each row,
    by its id. Raises ValueError as `combine` does.
    """
    factor = 1.0 if penalty is None else penalty.reindex(values.index)
    ranks = {
        method: order(combine(values, weights, method=method, alpha=alpha if method == "owa" else None) * factor)
        for method in METHODS
    }
    found = pd.DataFrame(ranks, index=values.index)
    spread = found.max(axis=1) - found.min(axis=1)
    return found.assign(spread=spread.astype("Int64"))
