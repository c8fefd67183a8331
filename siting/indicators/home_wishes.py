"""The size of home that an applicant asks for, as offices write it (60以下, 60-90, 120以上), and how well a home fits."""

import re
import unicodedata
from functools import cache

Band = tuple[float, float]
NUMBER = r"(\d+(?:\.\d+)?)"
UNIT = re.compile(r"m2|m²|㎡|平方米|平米|平方|[(（]含[)）]|含|sqm|\s")
WITHIN = re.compile(f"{NUMBER}(?:-|–|—|―|~|〜|至|到|to){NUMBER}")
UP_TO = re.compile(
    rf"(?:<=?|≤|不足|小于|低于|不超过|不大于|不高于|under|below|upto|atmost){NUMBER}|{NUMBER}及?(?:以下|以内|之内|orless)"
)
FROM = re.compile(
    rf"(?:>=?|≥|大于|高于|超过|不小于|不低于|不少于|over|above|from|atleast){NUMBER}|{NUMBER}及?(?:以上|之上|ormore|\+)"
)


@cache
def wished_band(area_band: object) -> Band | None:
    """Return the least and greatest m2 that an applicant asks for; None where it is not stated or cannot be read."""
    if not isinstance(area_band, str):
        return None
    written = UNIT.sub("", unicodedata.normalize("NFKC", UNIT.sub("", area_band)).lower())
    if found := WITHIN.fullmatch(written):
        low, high = float(found[1]), float(found[2])
        return (low, high) if low <= high else None
    if found := UP_TO.fullmatch(written):
        return 0.0, float(found[1] or found[2])
    if found := FROM.fullmatch(written):
        return float(found[1] or found[2]), float("inf")
    return None


def size_fit(area_band: object, mean_home_m2: float) -> float:
    """Return how well homes fit a wish: 1 within the band, bounds inclusive, else smaller over larger of size and bound.

    Homes of 80 m2 fit 90-120 by 80 / 90, homes of 135 m2 by 120 / 135. Missing where the size is, or where the wish
    cannot be read (see `wished_band`). ValueError for a size that is not above zero. Source: ours.
    """
    if mean_home_m2 <= 0:
        msg = f"mean_home_m2 must be above zero, not {mean_home_m2}"
        raise ValueError(msg)
    band = wished_band(area_band)
    if band is None or mean_home_m2 != mean_home_m2:  # noqa: PLR0124  NaN is the only number unequal to itself
        return float("nan")
    low, high = band
    return min(1.0, mean_home_m2 / low if low > 0 else 1.0, high / mean_home_m2)
