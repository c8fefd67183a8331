"""How alike two rankings of the same parcels are: 1 for the same order; equal parcels share the mean of their places."""

import math

import pandas as pd
from scipy.stats import kendalltau

from siting.base.arguments import takes


@takes(one="column", other="column")
def spearman(one: pd.Series, other: pd.Series) -> float:
    """Return Spearman's correlation of places, -1..1; without ties 1 - 6 Σd² / (n (n² - 1)).

    NaN where all share one place in either. Raises ValueError, as all measures here do, unless both rank the same two or more
    parcels, each once and none without a rank.
    """
    mine, theirs = _places(one, other)
    middle = (len(mine) + 1) / 2
    product = math.fsum((a - middle) * (b - middle) for a, b in zip(mine, theirs, strict=True))
    scale = math.fsum((a - middle) ** 2 for a in mine) * math.fsum((b - middle) ** 2 for b in theirs)
    return product / math.sqrt(scale) if scale > 0 else math.nan


@takes(one="column", other="column")
def weighted_spearman(one: pd.Series, other: pd.Series) -> float:
    """Return r_w, in which differences at the top count more (Pinto da Costa & Soares 2005).

    1 - 6 Σ d² ((n - R + 1) + (n - Q + 1)) / (n⁴ + n³ - n² - n), R and Q the places. Shared places use this form as it is.
    """
    mine, theirs = _places(one, other)
    size = len(mine)
    apart = math.fsum((a - b) ** 2 * (2 * size - a - b + 2) for a, b in zip(mine, theirs, strict=True))
    return 1 - 6 * apart / (size**4 + size**3 - size**2 - size)


@takes(one="column", other="column")
def ws(one: pd.Series, other: pd.Series) -> float:
    """Return WS, 0..1: 1 - Σ 2^-R |R - Q| / max(R - 1, n - R), R the places in `one`, the reference (Sałabun & Urbaniak 2020)."""
    mine, theirs = _places(one, other)
    size = len(mine)
    return 1 - math.fsum(2.0**-a * abs(a - b) / max(a - 1, size - a) for a, b in zip(mine, theirs, strict=True))


@takes(one="column", other="column")
def kendall(one: pd.Series, other: pd.Series) -> float:
    """Return Kendall's tau-b: pairs in the same order less pairs in the opposite one, as a share, corrected for ties.

    NaN where all share one place in either.
    """
    mine, theirs = _places(one, other)
    if len(set(mine)) == 1 or len(set(theirs)) == 1:
        return math.nan
    return float(kendalltau(mine, theirs, variant="b").statistic)


def _places(one: pd.Series, other: pd.Series) -> tuple[list[float], list[float]]:
    if not one.index.is_unique or not other.index.is_unique or set(one.index) != set(other.index) or len(one) < 2:
        msg = "one, other must rank the same parcels, two or more, each once"
        raise ValueError(msg)
    if one.isna().any() or other.isna().any():
        msg = "one, other must have a rank for every parcel; leave those without out of both"
        raise ValueError(msg)
    mine = one.astype(float).rank(method="average")
    theirs = other.astype(float).rank(method="average").loc[one.index]
    return mine.tolist(), theirs.tolist()
