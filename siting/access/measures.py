"""Access measures without competition: a `Reach` and amounts in, one number an origin out."""

from typing import Literal

import numpy as np
import pandas as pd

from siting.access.decays import bands
from siting.access.sums import amounts_at, checked, weighed
from siting.base.arguments import takes
from siting.base.travel import Reach, Weigh

Summary = Literal["median", "mean"]


def nearest(reach: Reach) -> pd.DataFrame:
    """Return minutes to the nearest place and which it is, by origin.

    An origin that reaches none within the reach's cutoff has empty cells. Among equals the first place.
    """
    return nearest_k(reach, 1)


@takes(k="number")
def nearest_k(reach: Reach, k: int) -> pd.DataFrame:
    """Return minutes to the k-th nearest place and which it is, by origin: a choice of k places.

    An origin that reaches fewer than k within the reach's cutoff has empty cells. Among equals the first
    place comes first. ValueError for k below 1.
    """
    if k < 1 or k != int(k):
        msg = f"k must be a whole number, 1 or more, not {k}"
        raise ValueError(msg)
    found = reach.nearest(int(k))
    kth = found[found["rank"] == k].set_index("origin")[["place", "minutes"]]
    return kth.reindex(reach.origins).rename_axis(index=None)


@takes(amounts="column", cutoff="number")
def cumulative(reach: Reach, amounts: pd.Series, *, cutoff: float) -> pd.Series:
    """Return the sum of the amounts at places within `cutoff` minutes, bound inclusive.

    A true 0 is a 0. Raises CutoffError if `cutoff` lies beyond the reach's own.
    Source: Wickstrom 1971; Geurs & van Wee 2004.
    """
    return reach.sum_at_origins(amounts, np.ones_like, cutoff)


@takes(amounts="column", step="number")
def cumulative_interval(
    reach: Reach,
    amounts: pd.Series,
    *,
    interval: tuple[float, float],
    step: float = 1.0,
    summary: Summary = "median",
) -> pd.Series:
    """Return the median or mean of `cumulative` over cutoffs from one end of the interval to the other, every `step`.

    The interval's end is the last cutoff, even where no step falls on it. Since amounts are not negative,
    sums grow with the cutoff: their median is that of the middle cutoffs, so both summaries are weights of minutes.
    ValueError for negative amounts, and for an interval that is not two growing, not negative numbers.
    Source: Tomasiello et al. 2023.
    """
    cutoffs = _cutoffs(interval, step)
    if summary not in ("median", "mean"):
        msg = f"summary must be median or mean, not {summary!r}"
        raise ValueError(msg)
    if summary == "median":
        last = len(cutoffs) - 1
        cutoffs = cutoffs[last // 2 : (last + 1) // 2 + 1]
    shares = (len(cutoffs) - np.arange(len(cutoffs))) / len(cutoffs)
    weights = bands(dict(zip(cutoffs, shares.tolist(), strict=True)))
    return reach.sum_at_origins(amounts_at(reach.places, amounts, "amounts"), weights, weights.cutoff)


@takes(amounts="column")
def gravity(reach: Reach, amounts: pd.Series, *, decay: Weigh) -> pd.Series:
    """Return the sum of the amounts at places, each weighted by `decay` of its minutes.

    A decay without a cutoff of its own counts all places within the reach's. A true 0 is a 0.
    Raises CutoffError if the decay's cutoff lies beyond the reach's own. Source: Hansen 1959.
    """
    return reach.sum_at_origins(amounts, *weighed(reach, checked(decay)))


def _cutoffs(interval: tuple[float, float], step: float) -> list[float]:
    start, end = (float(each) for each in interval)
    if not 0 <= start < end < np.inf:
        msg = f"interval must be two numbers of minutes, the second larger, not {interval}"
        raise ValueError(msg)
    if not 0 < step < np.inf:
        msg = f"step must be a positive number of minutes, not {step}"
        raise ValueError(msg)
    # a last step that misses the end by rounding is the end
    steps = np.arange(start, end - step * 1e-9, step)
    return [*steps.tolist(), end]
