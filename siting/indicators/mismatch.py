"""How far homes and jobs lie apart, and how much of the daily life of a unit stays inside it."""

import numpy as np
import pandas as pd

from siting.base.arguments import takes
from siting.indicators.market import flow_table, text_order
from siting.indicators.transport import Floats

ROUNDING = 1e-9
"""A crossing below this share of all is what balancing leaves."""


@takes(jobs="column", workers="column")
def mismatch(jobs: pd.Series, workers: pd.Series) -> float:
    """Return the share of jobs that would have to move for every unit to have jobs in proportion to its workers.

    ½ Σ |J_i / J - W_i / W|: 0 where they agree, towards 1 where they lie apart. Both are by unit and must name the same
    units. Missing if there are no jobs or no workers. Raises ValueError for amounts that are missing, not finite or
    negative. Source: Martin 2004 (index of dissimilarity of jobs and people).
    """
    if set(jobs.index) != set(workers.index) or not (jobs.index.is_unique and workers.index.is_unique):
        msg = "jobs and workers must name the same units, each once"
        raise ValueError(msg)
    by_text = jobs.index[text_order(jobs.index)]
    sides = [np.asarray(each.reindex(by_text).to_numpy(np.float64, na_value=np.nan)) for each in (jobs, workers)]
    for name, side in zip(("jobs", "workers"), sides, strict=True):
        if not (np.isfinite(side).all() and (side >= 0).all()):
            msg = f"{name} must be finite and not negative"
            raise ValueError(msg)
    return dissimilarity(*sides)


def dissimilarity(jobs: Floats, workers: Floats) -> float:
    """Return half the sum of the differences of shares; missing where a side has no one."""
    if not (jobs.sum() > 0 and workers.sum() > 0):
        return float("nan")
    return float(np.abs(jobs / jobs.sum() - workers / workers.sum()).sum() / 2)


@takes(flows="table")
def containment(flows: pd.DataFrame) -> pd.DataFrame:
    """Return, by unit, how many live, work, and both live and work there, and the shares made of them.

    `flows` has columns origin, destination (units), persons. Columns: workers (O_i, living there), jobs (D_i, filled),
    inside (T_ii), self_containment T_ii / O_i, self_sufficiency T_ii / D_i, independence T_ii / (inflow + outflow).
    A share of nothing is missing: a unit whose workers all stay and that no one enters has no independence.
    The index holds every unit of the flows, sorted by its text. Source: Cervero 1995 (independence); Thomas 1969.
    """
    known = flow_table(flows)
    named = pd.Index(pd.concat([flows["origin"], flows["destination"]]).unique())
    units = named[text_order(named)]
    stays = known[known["origin"] == known["destination"]]
    sums = [
        table.groupby(column)["persons"].sum().reindex(units, fill_value=0.0)
        for table, column in ((known, "origin"), (known, "destination"), (stays, "origin"))
    ]
    return contained(*sums)


def contained(workers: pd.Series, jobs: pd.Series, inside: pd.Series) -> pd.DataFrame:
    """Return the columns of `containment` from its three sums by unit."""
    crossing = (jobs - inside) + (workers - inside)
    shares = {
        "self_containment": inside / workers.where(workers > 0),
        "self_sufficiency": inside / jobs.where(jobs > 0),
        "independence": inside / crossing.where(crossing > ROUNDING * (workers + jobs)),
    }
    return pd.DataFrame({"workers": workers, "jobs": jobs, "inside": inside, **shares})
