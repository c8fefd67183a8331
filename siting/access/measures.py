"""Access measures: a `Reach` and amounts in, one number an origin out."""

import numpy as np
import pandas as pd

from siting.base.arguments import takes
from siting.base.travel import Reach


def nearest(reach: Reach) -> pd.DataFrame:
    """Return minutes to the nearest place and which it is, by origin.

    An origin that reaches none within the reach's cutoff has empty cells. Among equals the first place.
    """
    found = reach.nearest(1)
    by_origin = found.set_index("origin")[["place", "minutes"]].reindex(reach.origins)
    return by_origin.rename_axis(index=None)


@takes(amounts="column", cutoff="number")
def cumulative(reach: Reach, amounts: pd.Series, *, cutoff: float) -> pd.Series:
    """Return the sum of the amounts at places within `cutoff` minutes, bound inclusive.

    A true 0 is a 0. Raises CutoffError if `cutoff` lies beyond the reach's own.
    Source: Wickstrom 1971; Geurs & van Wee 2004.
    """
    return reach.sum_at_origins(amounts, np.ones_like, cutoff)
