"""Weights from comparing the best and the worst criterion with the others (best-worst method, linear model).

Source: Rezaei 2016 (linear model); consistency of the input: Liang, Brunelli & Rezaei 2020.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog

from siting.base.errors import Problem
from siting.score.elicited import Weights, as_shares, by_name

RATIO_MAX = {
    3: (0.1667, 0.1667, 0.1667, 0.1667, 0.1667, 0.1667, 0.1667),
    4: (0.1121, 0.1529, 0.1898, 0.2206, 0.2527, 0.2577, 0.2683),
    5: (0.1354, 0.1994, 0.2306, 0.2546, 0.2716, 0.2844, 0.2960),
    6: (0.1330, 0.1990, 0.2643, 0.3044, 0.3144, 0.3221, 0.3262),
    7: (0.1294, 0.2457, 0.2819, 0.3029, 0.3144, 0.3251, 0.3403),
    8: (0.1309, 0.2521, 0.2958, 0.3154, 0.3408, 0.3620, 0.3657),
    9: (0.1359, 0.2681, 0.3062, 0.3337, 0.3517, 0.3620, 0.3662),
}
"""Input-based consistency ratio up to which judgements are accepted, by best to worst (rows) and 3..9 criteria.

Liang, Brunelli & Rezaei 2020, table 3; evidence R, but second-hand: three open programs quote it alike, the paper itself was
not at hand. Beyond the table its last row or column is taken.
"""
BINDING = 1e-9
DECIMALS = 12
Floats = npt.NDArray[np.float64]


class Ends(NamedTuple):
    """Which criterion is best and which is worst."""

    best: str
    worst: str


def best_worst(
    best_to_others: Any,
    others_to_worst: Any,
    names: Iterable[str] | None = None,
    *,
    best: str | None = None,
    worst: str | None = None,
) -> Weights:
    """Return weights from how many times as important the best is as each, and each as the worst (1 or more).

    Both are by name, or in the order of `names`. best, worst: None takes the criterion at 1 of either list (of several the one
    farthest from the other end, then the first by name). The weights minimise the largest of |w_best - a w_j| and
    |w_j - a w_worst| (`deviation`, xi); where several sets of weights do so, the next largest deviation decides, and so on, which
    leaves one set only. consistency is max_j |a_Bj a_jW - a_BW| / (a_BW² - a_BW); above its threshold a warning names the
    criterion. Raises ValueError for judgements below 1, beyond that of best to worst, or that contradict on best to worst.
    """
    to_others = by_name(best_to_others, names, "best_to_others")
    to_worst = by_name(others_to_worst, list(to_others), "others_to_worst")
    ordered = sorted(to_others)
    ends = _ends(to_others, to_worst, best, worst)
    _check(to_others, to_worst, ends)
    if len(ordered) == 1:
        return Weights(as_shares({ordered[0]: 1.0}), 0.0, (), 0.0)
    rows = _deviations(ordered, to_others, to_worst, ends)
    vector, deviation = _least_deviations(rows, len(ordered))
    weights = as_shares(dict(zip(ordered, vector, strict=True)))
    ratio, farthest = input_ratio(to_others, to_worst, ends)
    limit = threshold(to_others[ends.worst], len(ordered))
    notes = (_contradiction(to_others, to_worst, ends, farthest, (ratio, limit)),) if ratio > limit else ()
    return Weights(weights.loc[list(to_others)], ratio, notes, deviation)


def input_ratio(to_others: dict[str, float], to_worst: dict[str, float], ends: Ends) -> tuple[float, str]:
    """Return the input-based consistency ratio and the criterion that sets it (of equal ones the first by name)."""
    span = to_others[ends.worst]
    gaps = {name: abs(to_others[name] * to_worst[name] - span) for name in sorted(to_others)}
    farthest = max(gaps, key=lambda name: gaps[name])
    return (0.0 if span == 1 else gaps[farthest] / (span * span - span)), farthest


def threshold(span: float, size: int) -> float:
    """Return the ratio up to which judgements are accepted; between whole numbers the stricter neighbour."""
    column = min(max(size, 3), 9) - 3
    low, high = (min(int(each), 9) for each in (np.floor(span), np.ceil(span)))
    return min(RATIO_MAX[each][column] if each > 2 else 0.0 for each in (low, high))


def _ends(to_others: dict[str, float], to_worst: dict[str, float], best: str | None, worst: str | None) -> Ends:
    for argument, name in (("best", best), ("worst", worst)):
        if name is not None and name not in to_others:
            msg = f"{argument}: {name!r} is none of {', '.join(to_others)}"
            raise ValueError(msg)
    tops = sorted((name for name in to_others if to_others[name] == 1), key=lambda name: (-to_worst[name], name))
    if best is None and not tops:
        msg = "best_to_others must be 1 for the best criterion"
        raise ValueError(msg)
    top = tops[0] if best is None else best
    ones = [name for name in to_others if to_worst[name] == 1]
    bottoms = sorted(ones, key=lambda name: (name == top, -to_others[name], name))
    if worst is None and not bottoms:
        msg = "others_to_worst must be 1 for the worst criterion"
        raise ValueError(msg)
    return Ends(top, bottoms[0] if worst is None else worst)


def _check(to_others: dict[str, float], to_worst: dict[str, float], ends: Ends) -> None:
    if ends.best == ends.worst and len(to_others) > 1:
        msg = f"best and worst must differ: {ends.best}"
        raise ValueError(msg)
    if to_others[ends.best] != 1 or to_worst[ends.worst] != 1:
        msg = "best_to_others must be 1 for the best, others_to_worst for the worst criterion"
        raise ValueError(msg)
    span = to_others[ends.worst]
    if span != to_worst[ends.best]:
        msg = f"best_to_others says {span} for best to worst, others_to_worst says {to_worst[ends.best]}"
        raise ValueError(msg)
    for argument, numbers in (("best_to_others", to_others), ("others_to_worst", to_worst)):
        if not all(1 <= number <= span for number in numbers.values()):
            msg = f"{argument} must lie between 1 and {span}, that of best to worst"
            raise ValueError(msg)


def _deviations(ordered: list[str], to_others: dict[str, float], to_worst: dict[str, float], ends: Ends) -> Floats:
    """Return one row a judgement: what it makes of the weights is 0 where they meet it."""
    at = {name: position for position, name in enumerate(ordered)}
    rows = []
    for name in ordered:
        if name != ends.best:
            row = np.zeros(len(ordered))
            row[at[ends.best]], row[at[name]] = 1.0, -to_others[name]
            rows.append(row)
        # best to worst stands in both lists
        if name not in ends:
            row = np.zeros(len(ordered))
            row[at[name]], row[at[ends.worst]] = 1.0, -to_worst[name]
            rows.append(row)
    return np.array(rows)


def _least_deviations(rows: Floats, size: int) -> tuple[list[float], float]:
    """Return the weights whose absolute deviations, largest first, are least, and the largest of them.

    The sorted deviations determine the weights: two sets with the same ones would have a better one half-way.
    """
    settled = np.full(len(rows), np.inf)
    largest = None
    while np.isinf(settled).any():
        open_rows = np.isinf(settled)
        bound = np.where(open_rows, 0.0, settled)
        slack = -open_rows.astype(float)[:, None]
        found = linprog(
            np.append(np.zeros(size), 1.0),
            A_ub=np.vstack([np.hstack([rows, slack]), np.hstack([-rows, slack])]),
            b_ub=np.concatenate([bound, bound]),
            A_eq=np.append(np.ones(size), 0.0)[None, :],
            b_eq=[1.0],
            bounds=(0, None),
            method="highs",
        )
        if not found.success:
            msg = f"best_to_others, others_to_worst: no weights found ({found.message})"
            raise ValueError(msg)
        level = max(float(found.x[-1]), 0.0)
        largest = level if largest is None else largest
        prices = np.abs(found.ineqlin.marginals)
        # a judgement with a price is at this level in every best solution; those without may yet come closer
        binding = open_rows & ((prices[: len(rows)] + prices[len(rows) :]) > BINDING)
        settled[binding if binding.any() and level > BINDING else open_rows] = level
    weights = [max(round(float(each), DECIMALS), 0.0) for each in found.x[:-1]]
    return weights, round(float(largest or 0.0), DECIMALS)


def _contradiction(
    to_others: dict[str, float], to_worst: dict[str, float], ends: Ends, name: str, ratio_and_limit: tuple[float, float]
) -> Problem:
    ratio, limit = ratio_and_limit
    return Problem(
        "bwm_contradiction",
        found=f"{ratio:.3f}",
        expected=f"{limit:.4f}",
        level="warn",
        values={
            "ids": f"{ends.best}, {name}, {ends.worst}",
            "better": f"{to_others[name]:g} × {to_worst[name]:g} ≠ {to_others[ends.worst]:g}",
        },
    )
