"""Cells of a ledger of need as offices write them: days, households, sizes, yes and no, units."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date as Date
from datetime import datetime

import pandas as pd

from siting.base.columns import NO, YES

ReadBand = Callable[[object], tuple[float, float] | None]
DAY = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))(?:[T ]\d.*)?")
EARLIEST = Date(1990, 1, 1)
"""No application is older: allotted and affordable homes for sale came later (G)."""
WHOLE = re.compile(r"\d+(?:\.0+)?")
DASHES = re.compile("[–—―−~〜～至到]")
CITY = "市本级"
CITY_WORDS = frozenset({CITY, "师市本级", "师本级", "本级", "师市直属", "师直", "市直", "市直属", "city"})
"""How ledgers name the city's own institutions (实施方案 四(一)1 has 市本级, S; the other words are ours, G)."""


def plain(written: object) -> str:
    """Return a cell as text without outer spaces and in plain width; an empty cell is empty text."""
    if written is None or written is pd.NaT or written is pd.NA or written != written:  # noqa: PLR0124  NaN
        return ""
    return unicodedata.normalize("NFKC", str(written)).strip()


def day_of(written: object) -> Date | None:
    """Return the day that a cell tells (2025-12-01, 2025/12/1, 2025年12月1日, 20251201), None where it tells none.

    A day before `EARLIEST` is none: 1900-01-01 is how tables write an empty cell.
    """
    day = _day(written)
    return day if day is not None and day >= EARLIEST else None


def _day(written: object) -> Date | None:
    if isinstance(written, datetime):
        return None if written is pd.NaT else written.date()
    if isinstance(written, Date):
        return written
    found = DAY.fullmatch(plain(written))
    if found is None:
        return None
    try:
        return Date(int(found[1]), int(found[2] or found[4]), int(found[3] or found[5]))
    except ValueError:
        return None


def households_of(written: object) -> int | None:
    """Return a whole number from 0 up, None for anything else."""
    text = plain(written)
    return int(float(text)) if WHOLE.fullmatch(text) and len(text) <= 12 else None


def is_urgent(written: object) -> bool | None:
    """Return whether a cell says yes; an empty one says no, any other word is None."""
    word = plain(written).casefold()
    if word in YES:
        return True
    return False if not word or word in NO else None


def band_label(written: object, read_band: ReadBand | None) -> str | None:
    """Return a size band as `60-90`, `≤60` or `≥120` (m2, bounds inclusive), empty for an empty cell.

    None where `read_band` cannot read it; without a reader the cell stays as written, its dashes made alike.
    """
    text = plain(written)
    if not text or read_band is None:
        return DASHES.sub("-", text)
    band = read_band(text)
    if band is None:
        return None
    low, high = band
    if high == float("inf"):
        return f"≥{low:g}"
    return f"≤{high:g}" if low == 0 else f"{low:g}-{high:g}"


def band_start(label: str) -> float:
    """Return the m2 from which a label of `band_label` runs, to put bands in order; infinity where it has none."""
    found = re.match(r"(≤)?≥?(\d+(?:\.\d+)?)", label)
    if found is None:
        return float("inf")
    return 0.0 if found[1] else float(found[2])


def unit_words(units: Mapping[str, str]) -> dict[str, str]:
    """Return every word for a unit with its id: the id itself, and a name that only one unit has."""
    names = Counter(plain(name) for name in units.values())
    by_name = {plain(name): unit for unit, name in units.items() if plain(name) and names[plain(name)] == 1}
    return {**dict.fromkeys(CITY_WORDS, CITY), **by_name, **{plain(unit): unit for unit in units}}
