"""Flags: warnings with the measured value that made them fire."""

import pandas as pd

from siting.base.settings import Condition


def fired(condition: Condition, column: pd.Series, beyond: pd.Series, *, is_distance: bool = True) -> pd.Series:
    """Return where a condition holds.

    `beyond` marks rows whose value is empty because nothing lies within the search limit; they
    count as above every bound, or, where the column is no distance but an amount, as below every bound.
    Other empty rows never fire.
    """
    if condition.above is not None:
        met = (column > condition.above).fillna(value=False)
        return beyond | met if is_distance else met
    met = (column < condition.below).fillna(value=False)
    return met if is_distance else beyond | met
