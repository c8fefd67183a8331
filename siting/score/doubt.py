"""What is drawn when weights are in doubt: the parcels without gaps, the criteria by name, and the weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias, TypedDict

import numpy as np
import numpy.typing as npt
import pandas as pd

from siting.score.blends import Floats, blended
from siting.score.combine import Method, combine
from siting.score.draws import around, corners, ordered, shares, uniform
from siting.score.rank import order

Doubt = Literal["uniform", "ordered", "around"]
Weights: TypeAlias = Mapping[str, float] | pd.Series
Ranks = npt.NDArray[np.int32]
TOP = 10
"""How many count as the first ones where nobody says: a choice of display, a guess (G)."""
SHOWN = 20


class Options(TypedDict, total=False):
    """How weights and scores are made, and what is shown of them.

    spread: of `around`, which needs it. method, alpha: as `combine` has them. penalty: a factor 0..1 on the score of each
    row, none where left out. top: how many are the first ones, 10 where left out. shown: ranks told one by one.
    """

    spread: float | None
    method: Method
    alpha: float | None
    penalty: pd.Series | None
    top: int | None
    shown: int


@dataclass(frozen=True)
class Case:
    """Values in doubt about their weights.

    values: the rows without gaps, the criteria that count. known: which rows these are. stated: the stated weights that
    count, None where there are none. penalty: factors of the rows without gaps.
    """

    values: pd.DataFrame
    known: npt.NDArray[np.bool_]
    stated: dict[str, float] | None
    penalty: Floats
    kind: Doubt
    spread: float | None
    method: Method
    alpha: float | None

    @cached_property
    def names(self) -> list[str]:
        """The criteria, sorted: the order in which weights stand and terms are added."""
        return sorted(self.values.columns)

    @cached_property
    def numbers(self) -> Floats:
        """Rows without gaps x sorted criteria."""
        return np.asfortranarray(self.values[self.names].to_numpy(np.float64))

    def scores(self, weights: Floats) -> Floats:
        """Return draws x rows of scores, penalties in, from draws x sorted criteria of weights."""
        return blended(self.numbers, weights, self.method, self.alpha) * self.penalty

    def drawn(self, draws: int, seed: int) -> Floats:
        """Return draws x sorted criteria of weights."""
        if self.kind == "uniform" or self.stated is None:
            return uniform(self.names, draws, seed)
        stated = {name: self.stated[name] for name in self.names}
        return ordered(stated, draws, seed) if self.spread is None else around(stated, self.spread, draws, seed)

    def corners(self) -> Floats:
        """Return the extreme weights of the weighted mean, none for other methods."""
        if self.method != "wsm":
            return np.empty((0, len(self.names)))
        stated = dict.fromkeys(self.names, 1.0) if self.stated is None else self.stated
        return corners(self.kind, {name: stated[name] for name in self.names}, self.spread)

    def stated_scores(self) -> pd.Series:
        """Return the scores under the stated weights, made as the ranking makes them; ValueError where there are none."""
        if self.stated is None:
            msg = "weights are needed"
            raise ValueError(msg)
        return combine(self.values, self.stated, method=self.method, alpha=self.alpha) * self.penalty

    def stated_ranks(self) -> Ranks | None:
        """Return the ranks under the stated weights, None where there are none."""
        return None if self.stated is None else np.asarray(order(self.stated_scores()).to_numpy(np.int32), np.int32)


def case_of(values: pd.DataFrame, weights: Weights | None, kind: Doubt, options: Options) -> Case:
    """Return values and weights, checked; ValueError names the argument that is wrong."""
    if unknown := sorted(set(options) - set(Options.__annotations__)):
        msg = f"unknown options: {', '.join(unknown)}"
        raise ValueError(msg)
    check_unique(values.index, "values")
    names = _weighed(values, weights)
    numbers = values[names].to_numpy(np.float64, na_value=np.nan)
    if ((numbers < 0) | (numbers > 1)).any():
        msg = "values must lie between 0 and 1"
        raise ValueError(msg)
    spread, alpha = options.get("spread"), options.get("alpha")
    _check_kind(kind, weights, spread)
    known = ~np.isnan(numbers).any(axis=1)
    return Case(
        values=pd.DataFrame(numbers[known], values.index[known], names),
        known=known,
        stated=None if weights is None else {name: float(weights[name]) for name in names},
        penalty=penalty_of(options.get("penalty"), values.index)[known],
        kind=kind,
        spread=spread,
        method=options.get("method", "wsm"),
        alpha=alpha,
    )


def check_unique(index: pd.Index, name: str) -> None:
    """Raise ValueError for ids that are repeated."""
    if not index.is_unique:
        msg = f"{name}: every id must stand once"
        raise ValueError(msg)


def first_ones(top: int | None, shown: int | None) -> tuple[int, int]:
    """Return how many are the first ones and how many ranks are shown; ValueError below 1."""
    found = (TOP if top is None else top, SHOWN if shown is None else shown)
    for name, number in zip(("top", "shown"), found, strict=True):
        if number < 1:
            msg = f"{name} must be 1 or more, not {number}"
            raise ValueError(msg)
    return found


def _weighed(values: pd.DataFrame, weights: Weights | None) -> list[str]:
    """Return the columns that count, in their order."""
    columns: list[Any] = list(values.columns)
    if not columns or len(set(columns)) < len(columns) or not all(isinstance(name, str) for name in columns):
        msg = "values needs columns with names, each once"
        raise ValueError(msg)
    if weights is None:
        return columns
    if lacking := [name for name in columns if name not in weights]:
        msg = f"weights lacks {', '.join(lacking)}"
        raise ValueError(msg)
    shares({name: float(weights[name]) for name in columns})
    return [name for name in columns if float(weights[name]) > 0]


def _check_kind(kind: str, weights: Weights | None, spread: float | None) -> None:
    if kind not in ("uniform", "ordered", "around"):
        msg = f"kind must be uniform, ordered or around, not {kind!r}"
        raise ValueError(msg)
    if (spread is None) == (kind == "around"):
        msg = "spread is needed for around, and for nothing else"
        raise ValueError(msg)
    if weights is None and kind != "uniform":
        msg = f"weights are needed for {kind}"
        raise ValueError(msg)


def penalty_of(penalty: pd.Series | None, index: pd.Index) -> Floats:
    """Return the factor of each id, 1 where none are stated; ValueError where one is missing or outside 0..1."""
    if penalty is None:
        return np.ones(len(index))
    check_unique(penalty.index, "penalty")
    factors = penalty.reindex(index).to_numpy(np.float64, na_value=np.nan)
    if not ((factors >= 0) & (factors <= 1)).all():
        msg = "penalty must hold a factor from 0 to 1 for every row of values"
        raise ValueError(msg)
    return np.asarray(factors, np.float64)
