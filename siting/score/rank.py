"""Scores to ranks."""

from collections.abc import Iterable
from typing import Protocol

import numpy as np
import pandas as pd

from siting.base.columns import SCORE_DECIMALS
from siting.score.combine import Method, combine
from siting.score.values import value


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
    def weight(self) -> float:
        """Share in the score, before normalising."""


def rounded(scores: pd.Series) -> pd.Series:
    """Return scores rounded half up to nine decimals: `floor(x * 1e9 + 0.5) / 1e9`."""
    scale = 10.0**SCORE_DECIMALS
    return np.floor(scores.astype(float) * scale + 0.5) / scale


def order(scores: pd.Series) -> pd.Series:
    """Return 1 for the highest score; equal scores (to nine decimals) share a rank (1, 1, 3).

    A missing score has no rank.
    """
    return rounded(scores).rank(ascending=False, method="min").astype("Int64").rename("rank")


def rank(table: pd.DataFrame, criteria: Iterable[Rated], *, method: Method = "wsm") -> pd.DataFrame:
    """Return values, score and rank of every row, on the index of `table` and in its order.

    `table` has a column of raw values for each criterion; the result has `<name>_score`, `score` and
    `rank`. A row with a missing value in a weighted criterion has no score. Raises ValueError for
    a missing column or unusable reference points or weights.
    """
    known = list(criteria)
    missing = [criterion.name for criterion in known if criterion.name not in table.columns]
    if missing:
        msg = f"table lacks the columns {', '.join(missing)}"
        raise ValueError(msg)
    values = {each.name: rounded(value(table[each.name], worst=each.worst, best=each.best)) for each in known}
    weights = {each.name: each.weight for each in known if each.weight > 0}
    scores = rounded(combine(pd.DataFrame(values, index=table.index)[list(weights)], weights, method=method))
    columns = {f"{name}_score": column for name, column in values.items()}
    return pd.DataFrame({**columns, "score": scores, "rank": order(scores)}, index=table.index)
