"""The least, greatest and random mean commute that a pattern of homes and jobs allows."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from siting.base.arguments import takes
from siting.indicators.market import Costs, Market, Scaling, market
from siting.indicators.transport import Shipment, transport


@dataclass(frozen=True)
class CommuteBounds:
    """What a pattern of homes and jobs allows: mean costs a worker, in the unit of the costs.

    Assignments are long tables origin, destination, persons. `unmatched` workers by origin have no job within reach
    even in the largest match, `unfilled` jobs (scaled) by place no worker; both of the minimum assignment.
    """

    minimum: float
    maximum: float
    random: float
    matched: float
    scaling: Scaling
    minimum_assignment: pd.DataFrame = field(repr=False)
    maximum_assignment: pd.DataFrame = field(repr=False)
    unmatched: pd.Series = field(repr=False)
    unfilled: pd.Series = field(repr=False)


@takes(workers="column", jobs="column")
def commute_bounds(costs: Costs, workers: pd.Series, jobs: pd.Series) -> CommuteBounds:
    """Return the least, greatest and random mean commute, with who would go where.

    `costs` may be minutes or any other cost: on kilometres the minimum is 职住分离度. `workers` are by origin, `jobs` by
    place, each naming all of them. Unequal totals: jobs are scaled to the workers, told in `scaling`.

    A pair that is absent is out of reach and never used. Where not all can be matched, the largest match comes first and
    the means are over those matched; the random mean is over pairs within reach. A mean over no one is missing.
    Of equally good assignments one is returned, the same for every order of the rows; its mean is the only one.
    Memory: about 75 bytes a pair. Raises ValueError for labels that do not agree, and sides without anyone.
    Source: White 1988 (minimum), Horner 2002 (maximum), Hamilton 1982 (random).
    """
    town = market(costs, workers, jobs)
    least = transport(town.cost, town.workers, town.filled)
    greatest = transport(town.cost, town.workers, town.filled, dearest=True)
    return CommuteBounds(
        minimum=least.mean(town.cost),
        maximum=greatest.mean(town.cost),
        random=town.random_mean(),
        matched=float(least.amount.sum()),
        scaling=town.scaling,
        minimum_assignment=_assignment(town, least),
        maximum_assignment=_assignment(town, greatest),
        unmatched=pd.Series(least.unsent, town.origins).reindex(workers.index),
        unfilled=pd.Series(least.unmet, town.places).reindex(jobs.index),
    )


def _assignment(town: Market, found: Shipment) -> pd.DataFrame:
    columns = {"origin": town.origins[found.row], "destination": town.places[found.column], "persons": found.amount}
    return pd.DataFrame(columns).astype({"persons": np.float64})
