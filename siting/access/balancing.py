"""How long until there is enough: the minutes at which opportunities reached match an origin's own demand."""

import math

import numpy as np
import numpy.typing as npt
import pandas as pd

from siting.access.decays import Floats
from siting.access.sums import amounts_at
from siting.base.travel import Reach, TravelCosts

ENOUGH = 1e-9
"""A demand counts as met within this share of itself, since sums of decimals are not exact."""


def balancing_time(reach: Reach, amounts: pd.Series, demand: pd.Series) -> pd.Series:
    """Return the least minutes within which the amounts reached are at least the origin's own demand.

    Missing where they never are within the reach's cutoff; 0 minutes where nothing is demanded. Amounts and
    demand are in the same unit (jobs for workers). ValueError for negative amounts or demand.
    Source: Barboza et al. 2021, with the minute itself in place of steps.
    """
    supply = amounts_at(reach.places, amounts, "amounts").to_numpy()
    wanted = amounts_at(reach.origins, demand, "demand")
    step = 2.0 ** (math.frexp(math.fsum(supply))[1] - 50)
    # whole steps are added, so that no order of equally near places changes the sum
    steps = np.rint(supply / step).astype(np.uint64)
    parts = [_block(block, steps, step, wanted.loc[block.origins].to_numpy()) for block in reach.blocks()]
    return pd.Series(np.concatenate([np.zeros(0), *parts]), index=reach.origins)


def _block(block: TravelCosts, steps: npt.NDArray[np.uint64], step: float, wanted: Floats) -> Floats:
    origin, place, minutes = block.pairs()
    # unsigned sums wrap around; differences of them are right all the same
    running = np.concatenate([np.zeros(1, np.uint64), np.cumsum(steps[place], dtype=np.uint64)])
    first = np.searchsorted(origin, np.arange(len(wanted)))
    reached = (running[1:] - running[first][origin]).astype(np.float64) * step
    enough = reached >= wanted[origin] * (1.0 - ENOUGH)
    found = np.full(len(wanted), np.nan)
    # backwards, so that the first of each origin stands
    found[origin[enough][::-1]] = minutes[enough][::-1]
    found[wanted == 0] = 0.0
    return found
