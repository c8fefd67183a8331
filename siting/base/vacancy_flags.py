"""Warning signs that homes may stand empty: what ships (`vacancy_flags.csv`), and own bounds in its place.

Direct evidence for a cut-off exists for few of them: every bound carries its source and evidence mark.
"""

import csv
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Literal, Protocol

from siting.base.columns import Language

FlagUnit = Literal["min", "m", "km", "share", "ratio", "count"]
FlagSide = Literal["above", "below"]
SIDES: dict[str, FlagSide] = {"above": "above", "below": "below"}
UNITS: dict[str, FlagUnit] = {"min": "min", "m": "m", "km": "km", "share": "share", "ratio": "ratio", "count": "count"}
CAR_FREE = "car_free"


class OwnBounds(Protocol):
    """What a user sets of a sign: a bound that is None stays as shipped."""

    @property
    def amber(self) -> float | None:
        """The bound of an amber warning."""

    @property
    def red(self) -> float | None:
        """The bound of a red warning."""

    @property
    def source(self) -> str:
        """Where the bounds come from."""

    @property
    def evidence(self) -> str:
        """The evidence mark of the bounds."""


@dataclass(frozen=True)
class FlagRule:
    """When a sign warns: where the measured value is strictly above (or below) a bound; None: no such level.

    zh, en: the warning. measured_zh, measured_en: what is measured, in `unit`. red_if: `car_free` where red
    holds only for households without a car. evidence: marks joined by `/`.
    """

    zh: str
    en: str
    measured_zh: str
    measured_en: str
    unit: FlagUnit
    direction: FlagSide
    amber: float | None
    red: float | None
    source: str
    source_en: str
    evidence: str
    red_if: str = ""

    def title(self, language: Language) -> str:
        """Return the warning in a language."""
        return self.zh if language == "zh" else self.en


@cache
def vacancy_flags() -> dict[str, FlagRule]:
    """Return the shipped signs by id."""
    written = files("siting.base").joinpath("vacancy_flags.csv").read_text("utf-8")
    return {row["id"]: _rule(row) for row in csv.DictReader(written.splitlines())}


def flag_rules(own: Mapping[str, OwnBounds], *, off: Collection[str] = ()) -> dict[str, FlagRule]:
    """Return the signs to judge by id: the shipped ones with own bounds in their place, without those in `off`.

    An own bound brings its source and evidence. Where only one of two bounds is own, both sources and marks stand.
    ValueError for an unknown id, a bound that is not finite or is negative, and an amber bound beyond the red one.
    """
    strange = sorted({*own, *off} - vacancy_flags().keys())
    if strange:
        msg = f"own or off: no such sign: {', '.join(strange)}; known: {', '.join(vacancy_flags())}"
        raise ValueError(msg)
    rules = {name: _with_own(rule, own.get(name)) for name, rule in vacancy_flags().items() if name not in off}
    for name, rule in rules.items():
        _check(name, rule)
    return rules


def _rule(row: Mapping[str, str]) -> FlagRule:
    return FlagRule(
        zh=row["zh"],
        en=row["en"],
        measured_zh=row["measured_zh"],
        measured_en=row["measured_en"],
        unit=UNITS[row["unit"]],
        direction=SIDES[row["direction"]],
        amber=_bound(row["amber"]),
        red=_bound(row["red"]),
        source=row["source"],
        source_en=row["source_en"],
        evidence=row["evidence"],
        red_if=row["red_if"],
    )


def _bound(written: str) -> float | None:
    return float(written) if written else None


def _with_own(rule: FlagRule, own: OwnBounds | None) -> FlagRule:
    if own is None or (own.amber is None and own.red is None):
        return rule
    pairs = ((own.amber, rule.amber), (own.red, rule.red))
    kept = any(mine is None and shipped is not None for mine, shipped in pairs)
    amber, red = (shipped if mine is None else mine for mine, shipped in pairs)
    return replace(
        rule,
        amber=amber,
        red=red,
        source="；".join(filter(None, (own.source, rule.source if kept else ""))),
        source_en="; ".join(filter(None, (own.source, rule.source_en if kept else ""))),
        evidence="/".join(dict.fromkeys([own.evidence, *(rule.evidence.split("/") if kept else [])])),
    )


def _check(name: str, rule: FlagRule) -> None:
    for level, bound in (("amber", rule.amber), ("red", rule.red)):
        if bound is not None and not 0 <= bound < float("inf"):
            msg = f"{name}: {level} must be a number from 0 up, not {bound}"
            raise ValueError(msg)
    if rule.amber is None or rule.red is None:
        return
    first, last = (rule.amber, rule.red) if rule.direction == "above" else (rule.red, rule.amber)
    if first > last:
        msg = f"{name}: amber ({rule.amber:g}) must warn before red ({rule.red:g})"
        raise ValueError(msg)
