"""The settings on weights and on how values become one score: what people said, never a default.

Judgements are the user's; what is amiss between them and the criteria is told all at once, in `weights_problems`.
"""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from itertools import combinations
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from siting.base.columns import Evidence
from siting.base.errors import Problem
from siting.base.model import SETTINGS_FILE, Model, Number

SCALE_MAX = 9
"""Judgements run from 1 (equal) to 9 (extreme), or its inverse (Saaty 1980; evidence R)."""
CRITERIA_MAX = 10
"""Above it, comparing two by two asks for too much (Saaty 1980; evidence R)."""
SWING_TOP = 100
Points = Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)]
ROUNDING = 1e-9
BLOCK = "weights"
KEYS = {
    "direct": ("points",),
    "swing": ("points",),
    "rank_order": ("order",),
    "ahp": ("judge",),
    "bwm": ("best", "worst", "best_to_others", "others_to_worst"),
}
"""What each method needs; the keys of other methods would have no effect and are refused."""


class CombineBlock(Model):
    """`[combine]`: how values become one score.

    alpha: of owa alone, the one number from hopeful (below 1, strong sides count more) to cautious (above 1, weak ones do);
    the user's, no default.
    """

    method: Literal["wsm", "wpm", "topsis", "owa"] = "wsm"
    alpha: Annotated[float, Field(ge=0.01, le=100, allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _alpha_of_owa(self) -> "CombineBlock":
        if (self.method == "owa") != (self.alpha is not None):
            msg = "owa: alpha = 2; wsm | wpm | topsis: -"
            raise ValueError(msg)
        return self


class JudgeBlock(Model):
    """`[[weights.judge]]`: one judge's comparisons, ["a", "b", 3] for a 3 times as important as b; every two once."""

    name: str = Field(min_length=1)
    pairwise: Annotated[tuple[Annotated[tuple[str, str, Number], Field(strict=False)], ...], Field(strict=False)]

    @field_validator("pairwise", mode="before")
    @classmethod
    def _triples(cls, raw: Any) -> Any:
        if isinstance(raw, list | tuple) and any(not isinstance(each, list | tuple) or len(each) != 3 for each in raw):
            msg = '[["a", "b", 3], …]'
            raise ValueError(msg)
        return raw


class WeightsBlock(Model):
    """`[weights]`: weights as people state or imply them, instead of `weight` at the criteria.

    points: by criterion, of any scale (direct), or 0..100 with 100 for the swing that matters most (swing). order: the
    most important first, equals in a list of their own (rank_order). judge: comparisons two by two (ahp). best, worst,
    best_to_others, others_to_worst: 1..9, how many times as important the best is as each, and each as the worst (bwm).
    source, evidence: who stated them, and when.
    """

    method: Literal["direct", "rank_order", "ahp", "bwm", "swing"]
    points: dict[str, Points] = Field(default_factory=dict)
    order: tuple[str | Annotated[tuple[str, ...], Field(strict=False)], ...] = Field(default=(), strict=False)
    judge: tuple[JudgeBlock, ...] = Field(default=(), strict=False)
    best: str = ""
    worst: str = ""
    best_to_others: dict[str, Number] = Field(default_factory=dict)
    others_to_worst: dict[str, Number] = Field(default_factory=dict)
    source: str = ""
    evidence: Evidence = "U"


def weights_problems(block: WeightsBlock, criteria_names: Iterable[str]) -> list[Problem]:
    """Return all that is amiss between `[weights]` and the criteria that it must weigh; none where it can be used."""
    names = tuple(criteria_names)
    problems = [*_key_problems(block)]
    if block.method in ("direct", "swing") and block.points:
        problems += [*_covered(tuple(block.points), names, "points"), *_point_problems(block)]
    elif block.method == "rank_order" and block.order:
        listed = tuple(name for each in block.order for name in ((each,) if isinstance(each, str) else each))
        problems += _covered(listed, names, "order")
    elif block.method == "ahp":
        problems += _judge_problems(block, names)
    elif block.method == "bwm":
        problems += _best_worst_problems(block, names)
    return problems


def _problem(code: str, where: str, found: str = "", expected: str = "") -> Problem:
    return Problem(code, SETTINGS_FILE, f"{BLOCK}.{where}" if where else BLOCK, found, expected)


def _key_problems(block: WeightsBlock) -> Iterator[Problem]:
    for key in dict.fromkeys(key for keys in KEYS.values() for key in keys):
        if key in KEYS[block.method] and not getattr(block, key):
            yield _problem("missing_key", key, expected=key)
        elif key not in KEYS[block.method] and getattr(block, key):
            yield _problem("weights_idle_key", key, key, block.method)


def _unknown(name: str, names: tuple[str, ...], where: str) -> Problem:
    near = get_close_matches(name, names, n=1)
    return _problem("weights_unknown", where, name, near[0] if near else ", ".join(names))


def _covered(listed: tuple[str, ...], names: tuple[str, ...], where: str) -> Iterator[Problem]:
    """Yield the names that are no criteria, stand twice, or are missing."""
    for name in dict.fromkeys(listed):
        if name not in names:
            yield _unknown(name, names, where)
        elif listed.count(name) > 1:
            yield _problem("weights_repeated", where, name)
    lacking = [name for name in names if name not in listed]
    if lacking:
        yield _problem("weights_lacking", where, ", ".join(lacking))


def _point_problems(block: WeightsBlock) -> Iterator[Problem]:
    top = SWING_TOP if block.method == "swing" else float("inf")
    for name, points in block.points.items():
        if not 0 <= points <= top:
            expected = f"0..{SWING_TOP}" if block.method == "swing" else "≥ 0"
            yield _problem("wrong_value", f"points.{name}", f"{points:g}", expected)
    if block.method == "swing" and SWING_TOP not in block.points.values():
        yield _problem("swing_without_top", "points", expected=str(SWING_TOP))
    elif block.method == "direct" and not any(block.points.values()):
        yield _problem("no_weight", "points")


def _judge_problems(block: WeightsBlock, names: tuple[str, ...]) -> Iterator[Problem]:
    if len(names) > CRITERIA_MAX:
        yield _problem("ahp_too_many", "", str(len(names)), str(CRITERIA_MAX))
    titles = [judge.name for judge in block.judge]
    for title in dict.fromkeys(titles):
        if titles.count(title) > 1:
            yield _problem("weights_repeated", "judge", title)
    for judge in block.judge:
        yield from _pair_problems(judge, names)


def _pair_problems(judge: JudgeBlock, names: tuple[str, ...]) -> Iterator[Problem]:
    where = f"judge {judge.name}.pairwise"
    met: list[frozenset[str]] = []
    for name in dict.fromkeys(name for one, other, _ in judge.pairwise for name in (one, other)):
        if name not in names:
            yield _unknown(name, names, where)
    for one, other, times in judge.pairwise:
        pair = frozenset((one, other))
        if one == other or pair in met:
            yield _problem("pair_repeated", where, f"{one}, {other}")
        met.append(pair)
        if not 1 / SCALE_MAX - ROUNDING <= times <= SCALE_MAX + ROUNDING:
            yield _problem("wrong_value", where, f"{one}, {other}, {times:g}", f"1/{SCALE_MAX}..{SCALE_MAX}")
    lacking = [f"{one}-{other}" for one, other in combinations(names, 2) if frozenset((one, other)) not in met]
    if lacking:
        yield _problem("pair_lacking", where, ", ".join(lacking))


def _best_worst_problems(block: WeightsBlock, names: tuple[str, ...]) -> Iterator[Problem]:
    for key in ("best", "worst"):
        name = getattr(block, key)
        if name and name not in names:
            yield _unknown(name, names, key)
    if block.best and block.best == block.worst and len(names) > 1:
        yield _problem("bwm_same_ends", "worst", block.worst)
    ends = (block.best, block.worst)
    span = block.best_to_others.get(block.worst, block.others_to_worst.get(block.best))
    for key, own, numbers in (
        ("best_to_others", block.best, block.best_to_others),
        ("others_to_worst", block.worst, block.others_to_worst),
    ):
        if not numbers:
            continue
        # its own 1 need not be written, and best to worst may stand in one of the lists only
        understood = {own} | (set(ends) if span is not None else set())
        listed = (*numbers, *(name for name in names if name in understood and name not in numbers))
        yield from _covered(listed, names, key)
        for name, times in numbers.items():
            most = 1 if name == own else SCALE_MAX
            if not 1 <= times <= most:
                yield _problem("wrong_value", f"{key}.{name}", f"{times:g}", f"1..{most}" if most > 1 else "1")
            elif span is not None and times > span and name not in ends:
                yield _problem("bwm_beyond_span", f"{key}.{name}", f"{times:g}", f"{span:g}")
    back = block.others_to_worst.get(block.best)
    if span is not None and back is not None and back != span:
        yield _problem("bwm_two_spans", f"others_to_worst.{block.best}", f"{back:g}", f"{span:g}")
