"""A check that ships: parcels that come or go never reorder the others.

With stated weights and fixed reference points it holds by construction; it is computed all the same, for any way of ranking.
"""

import math
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import pandas as pd

from siting.base.arguments import takes
from siting.base.measure_checks import MEASURE_NEEDS
from siting.score.combine import Method
from siting.score.rank import Rated, rank
from siting.score.weights import SHOWN_ONLY

Ranking = Callable[[pd.DataFrame], pd.Series]
PAIR_COLUMNS = ("change", "parcel", "one", "other")
TRIED_AT_MOST = 200
PAIRS_AT_MOST = 1000
COMPETING = tuple(name for name, needs in MEASURE_NEEDS.items() if "demand" in needs.needed)
"""Measures that look at demand: their raw values may move when homes come or go."""


@dataclass(frozen=True)
class StaysPut:
    """What came of taking parcels out, one at a time, and of adding two, one best and one worst in everything.

    pairs: change (removed | added), parcel, and one, other: two parcels whose order it changed; at most 1000 of them are listed.
    tried: changes tried; parcels: how many there are, of which a seeded sample is removed where there are many. outside: what the
    check says nothing about: criteria whose raw values may move with demand, and weights that follow the candidates.
    """

    pairs: pd.DataFrame = field(repr=False)
    tried: int
    parcels: int
    outside: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing changed the order of others, in all that was tried."""
        return len(self.pairs) == 0


@takes(table="table")
def stays_put(
    table: pd.DataFrame,
    criteria: Iterable[Rated],
    method: Method = "wsm",
    *,
    alpha: float | None = None,
    weighing: str = "direct",
    seed: int = 1,
) -> StaysPut:
    """Return whether the ranks of `rank(table, criteria)` bear parcels coming and going.

    table: raw values by parcel, ids unique as text. weighing: how the weights were found; with entropy or critic nothing is tried,
    for those weights follow the candidates. Raises ValueError as `rank` does.
    """
    known = list(criteria)
    outside = [each.name for each in known if getattr(each, "measure", "") in COMPETING]

    def ranking(rows: pd.DataFrame) -> pd.Series:
        return rank(rows, known, method=method, alpha=alpha)["rank"]

    if weighing in SHOWN_ONLY:
        return StaysPut(_listed(()), 0, len(table), (*outside, weighing))
    ends = [{each.name: getattr(each, end) for each in known} for end in ("best", "worst")]
    added = pd.DataFrame(ends, index=["+best", "+worst"])
    measured = table[[name for name in added.columns if name in table.columns]]
    pairs, tried = reordered(measured, ranking, added=added, seed=seed)
    return StaysPut(pairs, tried, len(table), tuple(outside))


@takes(table="table")
def reordered(
    table: pd.DataFrame, ranking: Ranking, *, added: pd.DataFrame | None = None, seed: int = 1
) -> tuple[pd.DataFrame, int]:
    """Return the pairs of parcels whose order changes as others come or go, and how many changes were tried.

    ranking: from a table to ranks on its index. Every row is removed once, or a sample of 200 where there are more, and every row of
    `added` is added once. Raises ValueError for ids that are not unique as text.
    """
    names = sorted(map(str, table.index))
    by_text = {str(each): each for each in table.index}
    if len(by_text) < len(table) or (added is not None and by_text.keys() & set(map(str, added.index))):
        msg = "table: ids must be unique as text"
        raise ValueError(msg)
    chosen = names if len(names) <= TRIED_AT_MOST else sorted(random.Random(seed).sample(names, TRIED_AT_MOST))  # noqa: S311  a sample, no secret
    before = ranking(table)
    pairs: list[tuple[Any, ...]] = []
    for name in chosen:
        fewer = table.drop(index=by_text[name])
        pairs += islice(_changed(before.loc[fewer.index], ranking(fewer), "removed", by_text[name]), PAIRS_AT_MOST)
    extra = table.iloc[:0] if added is None else added
    for name in extra.index:
        more = table.reindex([*table.index, name])
        more.loc[name] = extra.loc[name].reindex(table.columns)
        pairs += islice(_changed(before, ranking(more).loc[table.index], "added", name), PAIRS_AT_MOST)
    return _listed(pairs), len(chosen) + len(extra)


def _listed(pairs: Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    return pd.DataFrame(list(pairs)[:PAIRS_AT_MOST], columns=list(PAIR_COLUMNS))


def _changed(before: pd.Series, after: pd.Series, change: str, parcel: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the pairs that stand in another order than before, or of which one has lost or gained a rank."""
    old, new = (ranks.astype("Float64").rank(method="min") for ranks in (before, after))
    moved = ~((old == new).fillna(value=False) | (old.isna() & new.isna()))
    if not moved.any():
        return
    was, now = (ranks.to_numpy(float, na_value=float("nan")).tolist() for ranks in (old, new))
    ids = sorted(range(len(before)), key=lambda at: str(before.index[at]))
    for first, one in enumerate(ids):
        for other in ids[first + 1 :]:
            if _sign(was[one], was[other]) != _sign(now[one], now[other]):
                yield change, parcel, before.index[one], before.index[other]


def _sign(one: float, other: float) -> int | None:
    """Return which of two ranks is better, None where one is missing."""
    return None if math.isnan(one + other) else (one > other) - (one < other)
