"""Scores to ranks."""

from collections.abc import Iterable
from typing import Protocol

import numpy as np
import pandas as pd

from siting.base.columns import SCORE_DECIMALS
from siting.score.combine import Method, combine
from siting.score.values import Shape, value


class Rated(Protocol):
    """What ranking needs to know of a criterion; `siting.base.settings.Criterion` has it."""

    @property
    def name(self) -> str:
        """The column of the table."""

    @property
    def worst(self) -> float:
        """What scores 0."""

    @property
    def best(self) -> float:
        """What scores 1."""

    @property
    def weight(self) -> float | None:
        """Share in the score, before normalising; None counts as 0."""


def rounded(scores: pd.Series) -> pd.Series:
    """Return scores rounded half up to nine decimals: `floor(x * 1e9 + 0.5) / 1e9`."""
    scale = 10.0**SCORE_DECIMALS
    return np.floor(scores.astype(float) * scale + 0.5) / scale


def order(scores: pd.Series) -> pd.Series:
    """Return 1 for the highest score; equal scores (to nine decimals) share a rank (1, 1, 3).

    A missing score has no rank.
    """
    return rounded(scores).rank(ascending=False, method="min").astype("Int64").rename("rank")


def valued(column: pd.Series, criterion: Rated) -> pd.Series:
    """Return the values 0..1 of raw values by a criterion, rounded to nine decimals.

    A criterion may have a `shape` with `points`, `half` or `other`, as `value` has them; without a shape it is linear.
    """
    terms = {name: getattr(criterion, name, None) for name in ("points", "half", "other")}
    # an empty tuple of points is none
    given = {name: term for name, term in terms.items() if term is not None and term != ()}
    shape: Shape = getattr(criterion, "shape", "linear")
    return rounded(value(column, worst=criterion.worst, best=criterion.best, shape=shape, **given))


def rank(
    table: pd.DataFrame, criteria: Iterable[Rated], *, method: Method = "wsm", alpha: float | None = None
) -> pd.DataFrame:
    """Return values, score and rank of every row, on the index of `table` and in its order.

    `table` has a column of raw values for each criterion; the result has `<name>_score`, `score` and
    `rank`. A row with a missing value in a weighted criterion has no score. method, alpha: as `combine` has them.
    Raises ValueError for a missing column or unusable reference points or weights.
    """
    known = list(criteria)
    missing = [criterion.name for criterion in known if criterion.name not in table.columns]
    if missing:
        msg = f"table lacks the columns {', '.join(missing)}"
        raise ValueError(msg)
    values = {each.name: valued(table[each.name], each) for each in known}
    weights = {each.name: float(each.weight) for each in known if each.weight}
    scores = rounded(
        combine(pd.DataFrame(values, index=table.index)[list(weights)], weights, method=method, alpha=alpha)
    )
    columns = {f"{name}_score": column for name, column in values.items()}
    return pd.DataFrame({**columns, "score": scores, "rank": order(scores)}, index=table.index)
