"""School places that new homes need, against those that are free."""

import numpy as np
import pandas as pd

from siting.access.sums import amounts_at
from siting.base.arguments import takes
from siting.base.travel import Reach


@takes(seats="column", enrolled="column")
def free_places(seats: pd.Series, enrolled: pd.Series) -> pd.DataFrame:
    """Return `free` seats of each place, never below 0, and `over`: pupils beyond its seats.

    Unknown where one of both is; on the index of `seats`. ValueError for negative numbers.
    """
    taken = enrolled.reindex(seats.index).astype(float)
    for name, column in (("seats", seats), ("enrolled", taken)):
        if (column < 0).any():
            msg = f"{name} must not be negative: {', '.join(map(str, column.index[column < 0][:5]))}"
            raise ValueError(msg)
    rest = seats.astype(float) - taken
    return pd.DataFrame({"free": rest.clip(lower=0.0), "over": (-rest).clip(lower=0.0)}, index=seats.index)


def school_places(reach: Reach, free: pd.Series, needed: pd.Series) -> pd.DataFrame:
    """Return, for every origin on its own, places `needed`, `free` within the reach's cutoff, and `short`, never below 0.

    needed: by origin, homes x pupils per home. free: by place, for instance of `free_places`. An origin that reaches no
    school has 0 free. ValueError for missing or negative amounts.
    """
    wanted = amounts_at(reach.origins, needed, "needed")
    found = reach.sum_at_origins(amounts_at(reach.places, free, "free"), np.ones_like, reach.cutoff)
    return pd.DataFrame({"needed": wanted, "free": found, "short": (wanted - found).clip(lower=0.0)})
