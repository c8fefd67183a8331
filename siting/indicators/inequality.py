"""How unequally access is spread over people: indices, the Lorenz curve, parts between and within groups.

Every index counts people, not rows: a unit weighs as many as live in it. Rows are put in one order first and sums
are exact, so that no order of the rows changes a bit.
"""

from collections.abc import Callable, Mapping
from inspect import signature
from itertools import pairwise
from math import exp, fsum, log
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from siting.base.arguments import takes

Floats = npt.NDArray[np.float64]
POOR, RICH = 0.4, 0.9
"""Palma's shares of people: the poorest 40 %, and those above 90 %."""
LISTED = 5


class TheilParts(NamedTuple):
    """Theil's T, and its parts: total = between + within."""

    total: float
    between: float
    within: float


@takes(values="column", weights="column")
def inequality(values: pd.Series, weights: pd.Series | None = None, *, method: str = "gini", **terms: Any) -> float:
    """Return an index of how unequally `values` (access, 0 or more) are spread over `weights` (people).

    Without weights each value is one person. Units without people take no part, whatever their value. NaN where
    there are no people, or where all have 0 (but fgt).

    gini: 0 to 1. theil: T, 0 log 0 = 0. atkinson: `epsilon`, 0 or more. wolfson: polarisation, on the scale of the
    Gini. concentration: `rank` (income by unit); above 0 favours the rich, below it the poor; ties share
    their mean rank; `corrected` gives Erreygers' form between `bounds` (the lowest and highest value possible,
    else those found). palma: `income` by unit; mean value of the richest 10 % of people by that of the poorest 40 %, a
    unit on the bound counting in part; or `bounds`, incomes of a wider population: up to the first is
    poor, above the second rich; NaN if the poor have none. fgt: `line`, `alpha`; mean of the gap to the line, as a share
    of it, to the power alpha (0: share of people below).

    Raises ValueError for another method or term, and for values, weights and terms that are missing, negative or
    not on the index of the values, naming the units.
    Sources: Gini 1912; Theil 1967; Atkinson 1970; Wolfson 1994 (halved); Kakwani et al. 1997; Erreygers 2009; Palma
    2011 (over means of access, Pereira & Herszenhut 2023); Foster, Greer & Thorbecke 1984.
    """
    if method not in METHODS:
        msg = f"method must be one of {', '.join(METHODS)}, not {method}"
        raise ValueError(msg)
    formula = METHODS[method]
    try:
        signature(formula).bind(values, weights, **terms)
    except TypeError as wrong:
        msg = f"method {method}: {wrong}"
        raise ValueError(msg) from None
    return float(formula(values, weights, **terms))


@takes(values="column", weights="column")
def lorenz(values: pd.Series, weights: pd.Series | None = None) -> pd.DataFrame:
    """Return the Lorenz curve: columns people and value, both cumulative shares, from (0, 0) to (1, 1).

    Those who have least come first. The shares of value are NaN where nobody has any. Source: Lorenz 1905.
    """
    have, people = _people(values, weights)
    return pd.DataFrame({"people": _running(people), "value": _running(have * people)})


@takes(values="column", weights="column", groups="column")
def theil_parts(values: pd.Series, weights: pd.Series | None = None, *, groups: pd.Series) -> TheilParts:
    """Return Theil's T and its parts between groups and within them.

    `groups` names the group of each unit; one that is missing where people live raises ValueError.
    Source: Theil 1967; Bourguignon 1979.
    """
    lived = _on_index(weights, values.index, "weights") > 0
    named = groups.reindex(values.index)
    _refuse(values.index[(named.isna() & lived).to_numpy(bool)], "groups are missing")
    mean, everyone = _mean(values, weights), fsum(_on_index(weights, values.index, "weights"))
    if not mean > 0:
        return TheilParts(np.nan, np.nan, np.nan)
    between, within = [], []
    for _, part in values[lived].groupby(named[lived], sort=True, observed=True):
        own = None if weights is None else weights.reindex(part.index)
        own_mean = _mean(part, own)
        if own_mean > 0:
            share = fsum(_on_index(own, part.index, "weights")) / everyone * own_mean / mean
            between.append(share * log(own_mean / mean))
            within.append(share * _theil(part, own))
    return TheilParts(_theil(values, weights), fsum(between), fsum(within))


@takes(access="table", weights="column", groups="column", income="column")
def inequality_table(
    access: pd.DataFrame,
    weights: pd.Series,
    *,
    groups: pd.Series | None = None,
    income: pd.Series | None = None,
    epsilon: float | None = None,
    lines: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Return the indices of every column of `access` (units x measures) as a long table.

    Columns: measure, group (empty: everyone), index, value. Everyone: mean, gini, theil; with `groups` also
    theil_between and theil_within, and mean and gini of each group; with `income` palma and concentration;
    with `epsilon` atkinson; with `lines` (by measure) fgt0 and fgt1. Raises ValueError as `inequality` does.
    """
    rows: list[tuple[str, str, str, float]] = []
    for measure, values in access.items():
        name = str(measure)
        found = {"mean": _mean(values, weights), "gini": _gini(values, weights), "theil": _theil(values, weights)}
        if groups is not None:
            parts = theil_parts(values, weights, groups=groups)
            found |= {"theil_between": parts.between, "theil_within": parts.within}
        if income is not None:
            found |= {"palma": _palma(values, weights, income=income)}
            found |= {"concentration": _concentration(values, weights, rank=income)}
        if epsilon is not None:
            found["atkinson"] = _atkinson(values, weights, epsilon=epsilon)
        if lines is not None and name in lines:
            found |= {f"fgt{alpha}": _fgt(values, weights, line=lines[name], alpha=alpha) for alpha in (0, 1)}
        rows += [(name, "", index, value) for index, value in found.items()]
        if groups is not None:
            named = groups.reindex(values.index)
            for group, part in values.groupby(named, sort=True, observed=True):
                own = weights.reindex(part.index)
                rows += [(name, str(group), "mean", _mean(part, own)), (name, str(group), "gini", _gini(part, own))]
    return pd.DataFrame(rows, columns=["measure", "group", "index", "value"])


def _gini(values: pd.Series, weights: pd.Series | None) -> float:
    return max(0.0, _concentration(values, weights, rank=values)) if _mean(values, weights) > 0 else np.nan


def _theil(values: pd.Series, weights: pd.Series | None) -> float:
    mean = _mean(values, weights)
    if not mean > 0:
        return np.nan
    have, people = _people(values, weights)
    some = have > 0
    relative = have[some] / mean
    return max(0.0, fsum(people[some] * relative * np.log(relative)) / fsum(people))


def _atkinson(values: pd.Series, weights: pd.Series | None, *, epsilon: float) -> float:
    if not 0 <= epsilon < np.inf:
        msg = f"epsilon must be 0 or more, not {epsilon:g}"
        raise ValueError(msg)
    mean = _mean(values, weights)
    if not mean > 0:
        return np.nan
    have, people = _people(values, weights)
    if epsilon >= 1 and (have == 0).any():
        return 1.0
    relative, share = have / mean, people / fsum(people)
    if epsilon == 1:
        return max(0.0, 1 - exp(fsum(share * np.log(relative))))
    return max(0.0, 1 - float(fsum(share * relative ** (1 - epsilon)) ** (1 / (1 - epsilon))))


def _wolfson(values: pd.Series, weights: pd.Series | None) -> float:
    have, people = _people(values, weights)
    passed = _running(people)
    if len(have) == 0 or have[-1] == 0:
        return np.nan
    # where half of the people ends exactly on a unit, the median lies midway to the next
    low, high = (int((passed[1:] < 0.5).sum()), int((passed[1:] <= 0.5).sum()))
    median = (have[low] + have[high]) / 2
    if median == 0:
        return np.nan
    poorer_half = float(np.interp(0.5, passed, _running(have * people)))
    return float((2 * (0.5 - poorer_half) - _gini(values, weights)) * _mean(values, weights) / median)


def _concentration(
    values: pd.Series,
    weights: pd.Series | None,
    *,
    rank: pd.Series,
    corrected: bool = False,
    bounds: tuple[float, float] | None = None,
) -> float:
    if bounds is not None and not corrected:
        msg = "bounds are of the corrected form alone"
        raise ValueError(msg)
    have, people, level = _beside(values, weights, rank, "rank")
    mean = _mean(values, weights)
    if not mean > 0:
        return np.nan
    share = people / fsum(people)
    spread = 2 * fsum(share * (have - mean) * (_mid_ranks(level, share) - 0.5))
    if not corrected:
        return spread / mean
    low, high = (have.min(), have.max()) if bounds is None else bounds
    if bounds is not None and not (low <= have.min() and have.max() <= high):
        msg = f"bounds must hold every value: {low:g} to {high:g} against {have.min():g} to {have.max():g}"
        raise ValueError(msg)
    return 4 * spread / (high - low) if high > low else 0.0


def _palma(
    values: pd.Series,
    weights: pd.Series | None,
    *,
    income: pd.Series,
    bounds: tuple[float, float] | None = None,
) -> float:
    have, people, level = _beside(values, weights, income, "income")
    if bounds is not None:
        poor, rich = people * (level <= bounds[0]), people * (level > bounds[1])
    else:
        levels, which = np.unique(level, return_inverse=True)
        passed = _running(_by_level(people, which, len(levels)))
        # every unit of an income is cut alike, so that no order among equals matters
        width = np.diff(passed)
        poor = people * (np.clip(POOR - passed[:-1], 0, width) / width)[which]
        rich = people * (np.clip(passed[1:] - RICH, 0, width) / width)[which]
    if fsum(poor) == 0 or fsum(rich) == 0 or fsum(poor * have) == 0:
        return np.nan
    return (fsum(rich * have) / fsum(rich)) / (fsum(poor * have) / fsum(poor))


def _fgt(values: pd.Series, weights: pd.Series | None, *, line: float, alpha: float) -> float:
    if not (0 < line < np.inf and 0 <= alpha < np.inf):
        msg = f"line must be above 0 and alpha 0 or more, not {line:g} and {alpha:g}"
        raise ValueError(msg)
    have, people = _people(values, weights)
    if len(have) == 0:
        return np.nan
    below = have < line
    return fsum(people[below] * ((line - have[below]) / line) ** alpha) / fsum(people)


METHODS: Mapping[str, Callable[..., float]] = {
    "gini": _gini,
    "palma": _palma,
    "theil": _theil,
    "atkinson": _atkinson,
    "concentration": _concentration,
    "fgt": _fgt,
    "wolfson": _wolfson,
}


def _people(values: pd.Series, weights: pd.Series | None) -> tuple[Floats, Floats]:
    """Return values and people of the inhabited units, those who have least first."""
    have, people, _ = _beside(values, weights, values, "values")
    return have, people


def _beside(values: pd.Series, weights: pd.Series | None, other: pd.Series, name: str) -> tuple[Floats, Floats, Floats]:
    """Return values, people and another number of the inhabited units, by this number, value and people."""
    people = _on_index(weights, values.index, "weights")
    lived = people > 0
    have, level = _raw(values, values.index, "values")[lived], _raw(other, values.index, name)[lived]
    _refuse(values.index[lived][~((have >= 0) & (have < np.inf))], "values are missing, negative or not finite")
    _refuse(values.index[lived][~np.isfinite(level)], f"{name} is missing or not finite")
    order = np.lexsort((people[lived], have, level))
    return have[order], people[lived][order], level[order]


def _mean(values: pd.Series, weights: pd.Series | None) -> float:
    have, people = _people(values, weights)
    return fsum(have * people) / fsum(people) if len(people) else np.nan


def _mid_ranks(level: Floats, share: Floats) -> Floats:
    """Return the share of people before each unit and half its own; equals share one rank. Levels ascend."""
    levels, which = np.unique(level, return_inverse=True)
    own = _by_level(share, which, len(levels))
    passed = _running(own)
    return np.asarray((passed[:-1] + np.diff(passed) / 2)[which])


def _by_level(amounts: Floats, which: npt.NDArray[np.intp], count: int) -> Floats:
    """Return the exact sum of the amounts of each level; `which` ascends."""
    ends = np.searchsorted(which, np.arange(count + 1))
    return np.array([fsum(amounts[start:end]) for start, end in pairwise(ends)])


def _running(amounts: Floats) -> Floats:
    """Return the cumulative shares of the amounts, from 0 to 1; NaN where they add up to nothing."""
    sums = np.concatenate([[0.0], np.cumsum(amounts)])
    return sums / sums[-1] if sums[-1] > 0 else np.concatenate([[0.0], np.full(len(amounts), np.nan)])


def _on_index(weights: pd.Series | None, index: pd.Index, name: str) -> Floats:
    """Return the weights in the order of the index, 1 where there are none given."""
    if weights is None:
        return np.ones(len(index))
    numbers = _raw(weights, index, name)
    _refuse(index[~((numbers >= 0) & (numbers < np.inf))], f"{name} are missing, negative or not finite")
    return numbers


def _raw(column: pd.Series, index: pd.Index, name: str) -> Floats:
    if not (index.is_unique and column.index.is_unique):
        msg = f"{name}: the index has repeated labels"
        raise ValueError(msg)
    return np.asarray(column.reindex(index).to_numpy(np.float64, na_value=np.nan))


def _refuse(units: pd.Index, what: str) -> None:
    if len(units):
        msg = f"{what} for: {', '.join(map(str, units[:LISTED]))}"
        raise ValueError(msg)
