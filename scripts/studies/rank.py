"""Rank correlation with its interval, for figures of areas."""

import numpy as np
import pandas as pd

from siting.indicators.skill import skill

SEED = 1
DIGITS = 9


def ranked(ours: pd.Series, published: pd.Series) -> tuple[float, float, float]:
    """Return Spearman's coefficient, low and high of the 95 % bootstrap interval over areas; missing where one is constant.

    Figures that agree to nine digits are equal, so that the rounding of sums makes no ranks.
    """
    sides = [pd.Series([float(f"{each:.{DIGITS}g}") for each in side], side.index) for side in (ours, published)]
    if any(np.ptp(side) == 0 for side in sides):
        return (float("nan"),) * 3
    found = skill(*sides, seed=SEED)
    return found.rho, found.low, found.high
