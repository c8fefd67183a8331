"""Weights of criteria, from what people say about them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, Literal, TypedDict, Unpack

from siting.base.model import SETTINGS_FILE
from siting.base.weights_settings import WeightsBlock
from siting.score.best_worst import best_worst
from siting.score.elicited import Weights, as_shares, by_name, checked_names
from siting.score.pairwise import ahp
from siting.score.spread import critic, entropy

WeighingMethod = Literal["direct", "swing", "rank_order", "ahp", "bwm", "entropy", "critic"]
TERMS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "direct": (("points",), ()),
    "swing": (("points",), ()),
    "rank_order": (("order",), ()),
    "ahp": (("pairwise",), ()),
    "bwm": (("best_to_others", "others_to_worst"), ("best", "worst")),
    "entropy": (("matrix",), ()),
    "critic": (("matrix",), ()),
}
"""What each method needs, and what it may have besides."""
SHOWN_ONLY = ("entropy", "critic")
SWING_TOP = 100


class Judgements(TypedDict, total=False):
    """What people say, or, for entropy and critic, the candidates' values; each method takes its own."""

    points: Any
    order: Sequence[str | Sequence[str]]
    pairwise: Any
    best_to_others: Any
    others_to_worst: Any
    best: str | None
    worst: str | None
    matrix: Any


def weigh(*, method: WeighingMethod, names: Iterable[str] | None = None, **judgements: Unpack[Judgements]) -> Weights:
    """Return weights by name, adding up to 1, in the order of `names` (None takes the names in the judgements).

    - direct: points=, numbers of any scale.
    - swing: points=, 0..100 for the swing of each criterion from worst to best, 100 for the swing that matters most.
    - rank_order: order=, the most important first, equals in a list of their own: [["a", "b"], "c"].
    - ahp: pairwise=, a matrix of comparisons or several judges' ones; see `ahp`.
    - bwm: best_to_others=, others_to_worst=, and best=, worst= where not plain; see `best_worst`.
    - entropy, critic: matrix=, the candidates' values; such weights are shown, never used in silence, and a note says so.

    Raises ValueError for an unknown method, judgements that are missing or of no use to it, and unusable ones.
    """
    if method not in TERMS:
        msg = f"unknown method {method!r}; known: {', '.join(TERMS)}"
        raise ValueError(msg)
    given = {name: term for name, term in judgements.items() if term is not None}
    needed, allowed = TERMS[method]
    if not set(needed) <= set(given) <= {*needed, *allowed}:
        msg = f"method {method} needs {', '.join(needed)}; given: {', '.join(sorted(given)) or 'none'}"
        raise ValueError(msg)
    makers: Mapping[str, Any] = {"direct": direct, "swing": swing, "rank_order": rank_order, "ahp": ahp}
    makers = {**makers, "bwm": best_worst, "entropy": entropy, "critic": critic}
    made: Weights = makers[method](
        *(given[name] for name in needed), names, **{n: given[n] for n in allowed if n in given}
    )
    return made


def direct(points: Any, names: Iterable[str] | None = None) -> Weights:
    """Return points as shares of their sum; ValueError if one is negative or all are 0."""
    numbers = by_name(points, names, "points")
    if min(numbers.values()) < 0 or not any(numbers.values()):
        msg = f"points must not be negative and not all 0: {numbers}"
        raise ValueError(msg)
    return Weights(as_shares(numbers))


def swing(points: Any, names: Iterable[str] | None = None) -> Weights:
    """Return swing points as shares of their sum (von Winterfeldt & Edwards 1986).

    The question behind each: all criteria stand at their worst; how much is it worth to lift this one to its best, if the lift that
    is worth most counts 100? Raises ValueError for points outside 0..100 or without a 100.
    """
    numbers = by_name(points, names, "points")
    if min(numbers.values()) < 0 or max(numbers.values()) != SWING_TOP:
        msg = f"points must lie in 0..100 and one must be 100: {numbers}"
        raise ValueError(msg)
    return Weights(as_shares(numbers))


def rank_order(order: Sequence[str | Sequence[str]], names: Iterable[str] | None = None) -> Weights:
    """Return rank-order centroids: the mean of all weights that agree with the order (Barron & Barrett 1996).

    Place k of n weighs 1/n Σ_{i=k..n} 1/i; equals share the mean of their places. Raises ValueError for names that are
    missing or stand twice.
    """
    # a bare text would pass for a list of letters
    spoken = () if isinstance(order, str) else order
    groups = [[each] if isinstance(each, str) else list(each) for each in spoken]
    listed = [name for group in groups for name in group]
    found = checked_names(names, listed, "order")
    size, passed = len(listed), 0
    shares: dict[str, Fraction] = {}
    for group in groups:
        places = range(passed + 1, passed + len(group) + 1)
        total = sum((Fraction(1, i) for k in places for i in range(k, size + 1)), Fraction(0))
        shares |= {name: total / (size * len(group)) for name in group}
        passed += len(group)
    return Weights(as_shares({name: float(shares[name]) for name in found}))


def weights_of(block: WeightsBlock, names: Iterable[str]) -> Weights:
    """Return the weights that `[weights]` of siting.toml states, in the order of `names`, the criteria.

    Its notes say where in the settings they belong. The block must have passed `weights_problems`; ValueError otherwise.
    """
    criteria = list(names)
    if block.method == "ahp":
        found = weigh(
            method="ahp", names=criteria, pairwise={each.name: _matrix(each.pairwise, criteria) for each in block.judge}
        )
    elif block.method == "bwm":
        to_others = {block.best: 1.0, **block.best_to_others}
        to_worst = {block.worst: 1.0, **block.others_to_worst}
        # best to worst may stand in one list only
        span = to_others.get(block.worst, to_worst.get(block.best))
        if span is not None:
            to_others, to_worst = {block.worst: span, **to_others}, {block.best: span, **to_worst}
        found = weigh(
            method="bwm",
            names=criteria,
            best_to_others=to_others,
            others_to_worst=to_worst,
            best=block.best,
            worst=block.worst,
        )
    elif block.method == "rank_order":
        found = weigh(method="rank_order", names=criteria, order=block.order)
    else:
        found = weigh(method=block.method, names=criteria, points=block.points)
    prefix = "weights.judge " if block.method == "ahp" else "weights"
    notes = tuple(replace(note, file=SETTINGS_FILE, where=f"{prefix}{note.where}") for note in found.notes)
    return replace(found, notes=notes)


def _matrix(pairs: Iterable[tuple[str, str, float]], names: list[str]) -> list[list[float]]:
    """Return the square matrix of `a is so many times as important as b`; ValueError for a pair that is missing or stands twice."""
    judged: dict[tuple[str, str], float] = {(name, name): 1.0 for name in names}
    for one, other, times in pairs:
        if (one, other) in judged or not times > 0:
            msg = f"pairwise: {one}, {other}, {times} cannot be used or stands twice"
            raise ValueError(msg)
        judged[one, other], judged[other, one] = times, 1 / times
    if set(judged) != {(one, other) for one in names for other in names}:
        msg = "pairwise must compare every two of the criteria, and no others"
        raise ValueError(msg)
    return [[judged[one, other] for other in names] for one in names]
