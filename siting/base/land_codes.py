"""Land-use codes by the system that they belong to (`land_codes.csv`): the same digits mean different land.

Systems: planning_2023 (国土空间调查、规划、用途管制用地用海分类, 2023), survey_2017 (GB/T 21010-2017, with the codes
that the third survey added to it). Rows of system `word` are words that offices and map makers use.
"""

import csv
import re
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import takewhile

import pandas as pd

from siting.base.columns import Language

SYSTEMS = ("planning_2023", "survey_2017")
CODE = re.compile(r"[0-9]{1,6}|[0-9]{2}[0-9A-Z]{2}[A-Z]{0,2}")
"""What looks like a code: digits, or four places and letters as the third survey has them (05H1, 08H2A, 0201K)."""

_ADJUSTABLE = ("K", "HJ")
"""Marks that the third survey hangs on a code (可调整地类) without changing the land use."""


@dataclass(frozen=True)
class LandUse:
    """One land use: titles, group, the part of the Land Law (farm, built, unused, sea; empty: mixed), evidence."""

    system: str
    code: str
    zh: str
    en: str
    group: str
    major: str
    evidence: str


@cache
def land_codes(system: str) -> dict[str, LandUse]:
    """Return the land uses of a system by code; none for a system that is not known."""
    return {each.code: each for each in _rows() if each.system == system and each.code}


def land_title(code: str, system: str, language: Language) -> str:
    """Return the title of a code in its system; a code that the system does not have is its own title."""
    found = land_use(code, system)
    return code if found is None else (found.zh if language == "zh" else found.en)


def land_use(written: str, system: str) -> LandUse | None:
    """Return what a cell means: a code in its system, else a title or word of any system; None if unknown.

    A code that hangs below a known one (100104, 0201K) counts as that one. A code is never looked up
    in another system than the one given, nor is a lost zero put back.
    """
    if CODE.fullmatch(written):
        codes = land_codes(system)
        if len(written) % 2 and written.isdigit():
            return None
        heads = (written[:end] for end in range(len(written), min(len(written), 4) - 1, -1))
        return next((codes[head] for head in heads if head in codes), None)
    return _by_title().get(written.casefold())


def is_listed(code: str, system: str) -> bool:
    """Whether a system has just this code (marks for adjustable land aside)."""
    codes = land_codes(system)
    return code in codes or any(code.endswith(mark) and code.removesuffix(mark) in codes for mark in _ADJUSTABLE)


def nearest_code(code: str, system: str) -> str:
    """Return the listed code of the same class that shares most places, then the next in number; else empty."""
    alike = [each for each in land_codes(system) if each[:2] == code[:2]]
    return max(alike, key=lambda each: (_shared(each, code), -_apart(each, code)), default="")


def with_zero(code: str, system: str) -> str:
    """Return the listed code that lost its leading zero to become this one; empty if there is none."""
    whole = f"0{code}"
    return whole if len(code) % 2 and code.isdigit() and whole in land_codes(system) else ""


def collisions(code: str) -> tuple[LandUse, ...]:
    """Return what a code means in each system where that differs, else nothing."""
    uses = tuple(land_codes(system)[code] for system in SYSTEMS if code in land_codes(system))
    return uses if len({each.zh for each in uses}) > 1 else ()


def land_group(landuse: pd.Series, system: str) -> pd.Series:
    """Return the group of each land use; empty where a cell is empty or not known."""
    return _mapped(landuse, system, "group").fillna("").rename("land_group")


def is_dwelling_now(landuse: pd.Series, system: str) -> pd.Series:
    """Return whether homes stand, or may stand, on the land now; NA where its use is not known."""
    group = land_group(landuse, system)
    return (group == "dwelling").astype("boolean").mask(group == "").rename("is_dwelling")


def is_farm_now(landuse: pd.Series, system: str) -> pd.Series:
    """Return whether land is 农用地 in the sense of the Land Law; NA where its use is not known or mixed."""
    major = _mapped(landuse, system, "major").fillna("")
    return (major == "farm").astype("boolean").mask(major == "").rename("is_farm")


def _shared(one: str, other: str) -> int:
    """Return how many leading places two codes share."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _apart(one: str, other: str) -> float:
    return abs(int(one) - int(other)) if (one + other).isdigit() else float(one != other)


def _mapped(landuse: pd.Series, system: str, field: str) -> pd.Series:
    found = {cell: land_use(str(cell), system) for cell in landuse.unique()}
    return landuse.map({cell: getattr(use, field) for cell, use in found.items() if use is not None}).astype(object)


@cache
def _rows() -> tuple[LandUse, ...]:
    text = files("siting.base").joinpath("land_codes.csv").read_text("utf-8")
    return tuple(LandUse(**row) for row in csv.DictReader(text.splitlines()))


@cache
def _by_title() -> dict[str, LandUse]:
    """Return every title, Chinese and English, with its use: one group in all systems, one part of the law or mixed."""
    found: dict[str, LandUse] = {}
    for each in _rows():
        for title in (each.zh.casefold(), each.en.casefold()):
            known = found.setdefault(title, each)
            if known.major != each.major:
                found[title] = replace(known, major="")
    return found
