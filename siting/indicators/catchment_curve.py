"""The balance of jobs and workers as the catchment around each place widens."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from siting.base.arguments import takes
from siting.base.travel import Reach


@takes(jobs="column", workers="column")
def catchment_curve(
    jobs_reach: Reach, workers_reach: Reach, jobs: pd.Series, workers: pd.Series, *, cutoffs: Sequence[float]
) -> pd.DataFrame:
    """Return jobs, workers and jobs per worker within each of the cutoffs: origin, minutes, jobs, workers, ratio.

    `jobs_reach` goes from the origins to places with `jobs`, `workers_reach` from the same origins to homes with
    `workers`. One row an origin and cutoff, in order of the origins, then of minutes. The bound is inclusive. No jobs
    in reach is a true 0; without workers in reach the ratio is missing.
    Raises CutoffError for a cutoff beyond what is known, ValueError for other origins or no cutoff.
    Source: Peng 1997.
    """
    limits = sorted({float(each) for each in cutoffs})
    if not limits or not all(np.isfinite(each) and each >= 0 for each in limits):
        msg = "cutoffs must be one or more numbers of minutes, not negative"
        raise ValueError(msg)
    origins = jobs_reach.origins
    if set(origins) != set(workers_reach.origins):
        msg = "workers_reach must have the origins of jobs_reach"
        raise ValueError(msg)
    columns = []
    for limit in limits:
        at_work = jobs_reach.sum_at_origins(jobs, np.ones_like, limit).reindex(origins)
        living = workers_reach.sum_at_origins(workers, np.ones_like, limit).reindex(origins)
        curve = {"jobs": at_work, "workers": living, "ratio": at_work / living.where(living > 0)}
        columns.append(
            pd.DataFrame({"origin": origins, "minutes": limit, **{k: v.to_numpy() for k, v in curve.items()}})
        )
    by_limit = pd.concat(columns, ignore_index=True)
    place = np.tile(np.arange(len(origins)), len(limits))
    return by_limit.iloc[np.lexsort((by_limit["minutes"], place))].reset_index(drop=True)
