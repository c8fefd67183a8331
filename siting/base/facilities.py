"""Facilities of the life circles (`facilities.csv`) and which circles a settlement has (`circle_tiers.csv`)."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

Need = Literal["must", "should"]
ABOVE_TIER_MODEL = "hospital"
"""Facilities of a circle above the settlement's are judged as the hospital is: by as many minutes by car."""


@dataclass(frozen=True)
class Facility:
    """One facility: its need, circle, service radius on foot or minutes by car (neither: not judged), and the rule."""

    need: Need
    tier: str
    radius_m: float | None
    drive_min: float | None
    clause: str
    evidence: str


@dataclass(frozen=True)
class CircleTier:
    """Settlements from `population_min` on: the circles judged on foot, and the radius of a slow-mode town.

    slow_mode_m: the least radius on foot, None outside towns; with a clause and evidence of its own.
    """

    population_min: float
    circles: tuple[str, ...]
    slow_mode_m: float | None
    slow_mode_clause: str
    slow_mode_evidence: str
    clause: str
    evidence: str


@cache
def facilities() -> dict[str, Facility]:
    """Return the facilities by kind, in the order in which they are reported."""
    return {
        row["id"]: Facility(
            need="must" if row["need"] == "must" else "should",
            tier=row["tier"],
            radius_m=_number(row["radius_m"]),
            drive_min=_number(row["drive_min"]),
            clause=row["clause"],
            evidence=row["evidence"],
        )
        for row in _rows("facilities.csv")
    }


@cache
def circle_tiers() -> dict[str, CircleTier]:
    """Return the tiers of settlements by id, largest first."""
    return {
        row["id"]: CircleTier(
            population_min=float(row["population_min"]),
            circles=tuple(row["circles"].split()),
            slow_mode_m=_number(row["slow_mode_m"]),
            slow_mode_clause=row["slow_mode_clause"],
            slow_mode_evidence=row["slow_mode_evidence"],
            clause=row["clause"],
            evidence=row["evidence"],
        )
        for row in _rows("circle_tiers.csv")
    }


def _rows(name: str) -> Iterator[dict[str, str]]:
    return iter(csv.DictReader(files("siting.base").joinpath(name).read_text("utf-8").splitlines()))


def _number(written: str) -> float | None:
    return float(written) if written else None
