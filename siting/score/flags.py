"""Flags: warnings with the measured value that made them fire."""

import pandas as pd

from siting.base.settings import Condition


def fired(condition: Condition, column: pd.Series, beyond: pd.Series) -> pd.Series:
    """Return where a condition holds.

    `beyond` marks rows whose value is empty because nothing lies within the search limit; they
    count as above every bound. Other empty rows never fire.
    """
    if condition.above is not None:
        return beyond | (column > condition.above).fillna(value=False)
    return (column < condition.below).fillna(value=False)
