"""Value functions on fixed reference points: never the minimum and maximum of the candidates."""

from typing import Literal

import numpy as np
import pandas as pd

from siting.base.arguments import takes

Shape = Literal["linear"]


@takes(column="column", worst="number", best="number")
def value(column: pd.Series, *, worst: float, best: float, shape: Shape = "linear") -> pd.Series:
    """Return 0 at `worst` or beyond, 1 at `best` or beyond, linear between; missing stays missing.

    Raises ValueError if the reference points are equal or not finite.
    """
    if shape != "linear" or not np.isfinite([worst, best]).all() or worst == best:
        msg = f"needs finite, different reference points and a linear shape: worst={worst} best={best} shape={shape}"
        raise ValueError(msg)
    return ((column.astype(float) - worst) / (best - worst)).clip(0.0, 1.0)
