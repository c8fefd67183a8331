"""Scores to ranks."""

import numpy as np
import pandas as pd

from siting.base.columns import SCORE_DECIMALS


def rounded(scores: pd.Series) -> pd.Series:
    """Return scores rounded half up to nine decimals: `floor(x * 1e9 + 0.5) / 1e9`."""
    scale = 10.0**SCORE_DECIMALS
    return np.floor(scores.astype(float) * scale + 0.5) / scale


def rank(scores: pd.Series) -> pd.Series:
    """Return 1 for the highest score; equal scores (to nine decimals) share a rank (1, 1, 3).

    A missing score has no rank.
    """
    return rounded(scores).rank(ascending=False, method="min").astype("Int64").rename("rank")
