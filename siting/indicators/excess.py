"""How much longer people travel than their homes and jobs would oblige them to."""

from dataclasses import dataclass

import pandas as pd

from siting.base.arguments import takes
from siting.indicators.market import Costs, among, flow_costs, flow_table, margins, market
from siting.indicators.transport import transport


@dataclass(frozen=True)
class ExcessCommute:
    """Mean commutes a worker in the unit of the costs, and the shares made of them; missing where one cannot be."""

    observed: float
    minimum: float
    maximum: float
    random: float
    persons: float
    workers_covered: float
    jobs_covered: float

    @property
    def excess(self) -> float:
        """(C_obs - C_min) / C_obs. Source: White 1988."""
        return ratio(self.observed - self.minimum, self.observed)

    @property
    def potential_used(self) -> float:
        """(C_obs - C_min) / (C_max - C_min). Source: Horner 2002."""
        return ratio(self.observed - self.minimum, self.maximum - self.minimum)

    @property
    def economy(self) -> float:
        """(C_rand - C_obs) / C_rand. Source: Murphy & Killen 2011 (C_e)."""
        return ratio(self.random - self.observed, self.random)

    @property
    def normalised_economy(self) -> float:
        """(C_rand - C_obs) / (C_rand - C_min). Source: Murphy & Killen 2011 (NC_e)."""
        return ratio(self.random - self.observed, self.random - self.minimum)


@takes(workers="column", jobs="column", flows="table")
def excess_commute(costs: Costs, workers: pd.Series, jobs: pd.Series, flows: pd.DataFrame) -> ExcessCommute:
    """Return the mean commute of flows beside the bounds that the flows' own origins and destinations allow.

    `flows` has columns origin, destination, persons. The bounds use the sums of the flows by origin and by
    destination, not `workers` and `jobs`: so minimum <= observed <= maximum, whoever is in the flows.
    `workers` and `jobs` say what share of them the flows cover (`workers_covered`, `jobs_covered`).
    Raises ValueError for flows between pairs without cost, from unknown origins, to unknown places, or without anyone.
    """
    known = flow_table(flows)
    if not len(known):
        msg = "flows: there are none"
        raise ValueError(msg)
    for column, series, name in (("origin", workers, "workers"), ("destination", jobs, "jobs")):
        strange = known.loc[~known[column].isin(series.index), column]
        if len(strange):
            msg = f"flows: {column} {strange.iloc[0]} is not in {name}"
            raise ValueError(msg)
    cost, persons = flow_costs(known, costs), known["persons"].to_numpy()
    observed, total = float((cost * persons).sum() / persons.sum()), float(persons.sum())
    leaving, arriving = margins(known)
    town = market(among(costs, leaving.index, arriving.index), leaving, arriving)
    # the flows are themselves a match of these margins, so only rounding could put them outside
    return ExcessCommute(
        observed=observed,
        minimum=min(observed, transport(town.cost, town.workers, town.filled).mean(town.cost)),
        maximum=max(observed, transport(town.cost, town.workers, town.filled, dearest=True).mean(town.cost)),
        random=town.random_mean(),
        persons=total,
        workers_covered=ratio(total, float(workers.sum())),
        jobs_covered=ratio(total, float(jobs.sum())),
    )


def ratio(part: float, whole: float) -> float:
    """Return part / whole; missing where the whole is not above zero."""
    return part / whole if whole > 0 else float("nan")
