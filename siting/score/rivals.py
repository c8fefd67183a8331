"""Who stands nearest to a parcel in the ranking, and by what change of one weight the two would swap."""

from collections.abc import Iterable, Mapping
from typing import Any, Unpack

import numpy as np
import numpy.typing as npt
import pandas as pd

from siting.base.arguments import takes
from siting.score.blends import Floats, whole
from siting.score.doubt import Case, Doubt, Options, Weights, case_of
from siting.score.draws import check_draws
from siting.score.tally import blocks_of, places

Places = npt.NDArray[np.intp]
LEAST_WEIGHT = 1e-12
"""At a weight of 0 two parcels may come level, but there is nothing beyond it that would swap them."""
COLUMNS = ("rival", "side", "criterion", "weight_now", "weight_then", "change")


@takes(values="table")
def nearest_rivals(
    values: pd.DataFrame,
    weights: Mapping[str, float] | pd.Series,
    *,
    within: int = 5,
    penalty: pd.Series | None = None,
) -> pd.DataFrame:
    """Return, for every parcel, the rival that the smallest change of one weight would bring past it.

    Columns: rival (id), side (`behind` or `ahead` of the parcel), criterion, weight_now and weight_then (shares of all
    weights, after normalising), change (weight_then - weight_now). Looked at are the `within` parcels next behind and
    next ahead, by rank and then id as text; the smallest change is the one smallest beside the weight itself
    (|delta| / w). At weight_then the two are level; just beyond it they have swapped. Parcels that are level already have
    a change of 0. Missing where no change of one weight swaps a parcel with any of them, or a value is missing.

    For scores V = f Σ w v with penalty f: delta = (V_a - V_b) / (f_b v_bk - f_a v_ak), where w_k + delta > 0, then all
    weights are divided by 1 + delta. Source: Triantaphyllou & Sánchez 1997, with penalties added; the weighted mean only.
    ValueError as `acceptability`, and for `within` below 1.
    """
    if within < 1:
        msg = f"within must be 1 or more, not {within}"
        raise ValueError(msg)
    case = case_of(values, weights, "uniform", {"penalty": penalty})
    stated = np.array([float(weights[name]) for name in case.names])
    shares = stated / stated.sum()
    terms = case.numbers * case.penalty[:, np.newaxis]
    scores = case.stated_scores().to_numpy(np.float64)
    sequence = _sequence(scores, case.values.index)
    best = _nearest(terms, scores, shares, sequence, within)
    rows = _rows(best, case, shares)
    return rows.set_axis(case.values.index, axis=0).reindex(values.index)


@takes(values="table")
def pairwise(
    values: pd.DataFrame,
    pairs: Iterable[tuple[object, object]],
    weights: Weights | None = None,
    *,
    kind: Doubt = "uniform",
    draws: int = 10_000,
    seed: int = 1,
    **options: Unpack[Options],
) -> pd.DataFrame:
    """Return how often one parcel is ahead of another: parcel, rival, p_ahead, p_level, a row a pair in their order.

    The pairwise winning index of SMAA; the draws are those of `acceptability` with the same arguments. Missing where
    either has a missing value. ValueError as `acceptability`, and for a parcel that is not in `values`.
    """
    asked = pd.DataFrame(list(pairs), columns=["parcel", "rival"], dtype=object)
    case = case_of(values, weights, kind, options)
    check_draws(draws, seed)
    one, other = (values.index.get_indexer(pd.Index(asked[column])) for column in asked)
    if (one < 0).any() or (other < 0).any():
        msg = "pairs: every parcel must be a row of values"
        raise ValueError(msg)
    row_of = np.cumsum(case.known) - 1
    is_known = case.known[one] & case.known[other]
    left, right = row_of[one[is_known]], row_of[other[is_known]]
    drawn = case.drawn(draws, seed)
    ahead, level = np.zeros((2, len(left)), np.int64)
    for block in blocks_of(draws, max(len(case.numbers), len(left))):
        scores = whole(case.scores(drawn[block]))
        ahead += (scores[:, left] > scores[:, right]).sum(axis=0)
        level += (scores[:, left] == scores[:, right]).sum(axis=0)
    for name, counts in (("p_ahead", ahead), ("p_level", level)):
        asked[name] = np.nan
        asked.loc[is_known, name] = counts / draws
    return asked


def _sequence(scores: Floats, ids: pd.Index) -> Places:
    """Return rows by rank, equals by id as text."""
    ranks = places(whole(scores)[np.newaxis, :])[0]
    names = np.array([str(each) for each in ids], object)
    by_name = np.argsort(names, kind="stable")
    return np.asarray(by_name[np.argsort(ranks[by_name], kind="stable")], np.intp)


def _nearest(terms: Floats, scores: Floats, shares: Floats, sequence: Places, within: int) -> dict[str, Any]:
    """Return for each row the rival, criterion, delta and side of the least change; rival -1 where there is none."""
    count = len(sequence)
    found: dict[str, Any] = {
        "rival": np.full(count, -1, np.intp),
        "criterion": np.zeros(count, np.intp),
        "delta": np.zeros(count),
        "is_behind": np.zeros(count, bool),
    }
    least = np.full(count, np.inf)
    for step in range(1, min(within, count - 1) + 1):
        ahead, behind = sequence[:-step], sequence[step:]
        delta, criterion, size = _least_change(terms, scores, shares, ahead, behind)
        for own, other, is_behind in ((ahead, behind, True), (behind, ahead, False)):
            # a parcel nearer in rank, then the one behind, keeps its place among equal changes
            is_less = size < least[own]
            rows = own[is_less]
            least[rows] = size[is_less]
            for name, column in (("rival", other), ("criterion", criterion), ("delta", delta)):
                found[name][rows] = column[is_less]
            found["is_behind"][rows] = is_behind
    return found


def _least_change(
    terms: Floats, scores: Floats, shares: Floats, one: Places, other: Places
) -> tuple[Floats, Places, Floats]:
    """Return delta, criterion and |delta| / w of the least change that makes two rows level; infinite for none."""
    gap = (scores[one] - scores[other])[:, np.newaxis]
    gap = np.where((whole(scores[one]) == whole(scores[other]))[:, np.newaxis], 0.0, gap)
    lean = terms[other] - terms[one]
    delta = np.divide(gap, lean, out=np.full(lean.shape, np.inf), where=lean != 0)
    is_possible = np.isfinite(delta) & (shares + delta > LEAST_WEIGHT)
    size = np.where(is_possible, np.abs(delta) / shares, np.inf)
    criterion = size.argmin(axis=1)
    rows = np.arange(len(one))
    return delta[rows, criterion], criterion.astype(np.intp), size[rows, criterion]


def _rows(best: Mapping[str, Any], case: Case, shares: Floats) -> pd.DataFrame:
    rival, criterion, delta = best["rival"], best["criterion"], best["delta"]
    is_there = rival >= 0
    now = shares[criterion]
    then = np.maximum(now + delta, 0.0) / (1.0 + np.where(is_there, delta, 0.0))
    ids = case.values.index.to_numpy(object)
    columns = (
        _where(is_there, ids[rival]),
        _where(is_there, np.where(best["is_behind"], "behind", "ahead")),
        _where(is_there, np.array(case.names, object)[criterion]),
        np.where(is_there, now, np.nan),
        np.where(is_there, then, np.nan),
        np.where(is_there, then - now, np.nan),
    )
    return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))


def _where(is_there: npt.NDArray[np.bool_], column: npt.NDArray[Any]) -> pd.Series:
    return pd.Series(column, dtype=object).where(pd.Series(is_there), None)
