"""Modelled flows from homes to jobs, calibrated to a mean commute, with an interval where there is ground for one."""

from dataclasses import dataclass, field
from typing import NamedTuple, get_args

import numpy as np
import pandas as pd

from siting.base.arguments import takes
from siting.indicators.balancing import Form, Pull, balanced, beta_for, mean_cost, pull, spread
from siting.indicators.market import Costs, Market, Scaling, market

Z_95 = 1.959963984540054
"""The normal deviate that 95 % of estimates lie within."""


class Interval(NamedTuple):
    """From and to: of the mean cost, and of the decay that gives it (a longer mean has the weaker decay)."""

    mean_low: float
    mean_high: float
    beta_low: float
    beta_high: float


@dataclass(frozen=True)
class Flows:
    """Modelled persons from each origin to each place; never observed.

    `matrix` is origins x places. `interval` is None where nothing was said of how sure the mean is. `rounds`: of
    balancing. `unmatched` workers by origin have no job within reach and stand in no flow.
    """

    beta: float
    mean_minutes: float
    form: Form
    interval: Interval | None
    rounds: int
    market: Market = field(repr=False)
    matrix: pd.DataFrame = field(repr=False)
    unmatched: pd.Series = field(repr=False)
    modelled: bool = True

    @property
    def scaling(self) -> Scaling:
        """How unequal totals of workers and jobs were made equal."""
        return self.market.scaling

    @property
    def table(self) -> pd.DataFrame:
        """The flows as a long table origin, destination, persons: a row a pair that has any; made when asked for."""
        persons = self.matrix.to_numpy()
        row, column = np.nonzero(persons)
        named = {"origin": self.matrix.index[row], "destination": self.matrix.columns[column]}
        return pd.DataFrame({**named, "persons": persons[row, column]})


@takes(workers="column", jobs="column")
def flows(
    costs: Costs,
    workers: pd.Series,
    jobs: pd.Series,
    *,
    mean_minutes: float | tuple[float, float] | None = None,
    beta: float | None = None,
    form: Form = "exponential",
    trips: int | None = None,
) -> Flows:
    """Return doubly constrained flows T_ij = A_i O_i B_j D_j f(c_ij), f = exp(-beta c) or c^-beta.

    Give either `beta` or `mean_minutes`, the observed mean cost that beta is calibrated to (met to 1e-9 of itself).
    The interval: `mean_minutes=(low, high)` calibrates to the middle and to both ends; `trips`, the number of
    observed trips behind the mean, gives the 95 % sampling interval of the mean, mean -+ 1.96 sd(c) / sqrt(trips), and
    the betas at its ends (missing where no decay gives that mean); with neither it is None. A sampling interval says
    nothing of how far the model is from life.

    `workers` are by origin, `jobs` by place; unequal totals: jobs are scaled to the workers, told in `scaling`. Margins
    hold to 1e-12 of all persons. Pairs out of reach have no flow; who cannot be matched is left to `unmatched`
    (see commute_bounds). beta is 0 or more: a mean longer than that of indifference to cost is refused.
    Raises ValueError for a mean that cannot be attained (naming what can), both or neither of beta and mean_minutes, and
    power decay of a zero cost. Memory: about 75 bytes a pair.
    Source: Wilson 1971; Hyman 1969.
    """
    _check(mean_minutes, beta, form, trips)
    town = market(costs, workers, jobs)
    of = pull(town, form)
    # of a range, its middle
    decay = float(beta) if beta is not None else beta_for(of, float(np.mean(np.array(mean_minutes))), form)
    found, rounds = balanced(of, decay)
    mean = mean_cost(found, town.cost)
    return Flows(
        beta=decay,
        mean_minutes=mean,
        form=form,
        interval=_interval(of, form, mean_minutes, trips, (mean, spread(found, town.cost))),
        rounds=rounds,
        market=town,
        matrix=pd.DataFrame(found, town.origins, town.places),
        unmatched=pd.Series(of.unmatched(town.workers), town.origins).reindex(workers.index),
    )


def _check(mean: object, beta: object, form: str, observed: int | None) -> None:
    if (mean is None) == (beta is None):
        msg = "give either mean_minutes or beta"
        raise ValueError(msg)
    if form not in get_args(Form):
        msg = f"form must be exponential or power, not {form}"
        raise ValueError(msg)
    if beta is not None and not (isinstance(beta, int | float) and np.isfinite(beta) and beta >= 0):
        msg = f"beta must be a number from 0 up, not {beta}"
        raise ValueError(msg)
    ends = mean if isinstance(mean, tuple) else (mean, mean)
    is_range = len(ends) == 2 and all(isinstance(end, int | float) and np.isfinite(end) for end in ends)
    if mean is not None and not (is_range and 0 < ends[0] <= ends[1]):
        msg = f"mean_minutes must be a number above 0, or two of them, low and high, not {mean}"
        raise ValueError(msg)
    if observed is not None and (not isinstance(mean, int | float) or observed < 2):
        msg = "trips goes with one mean_minutes, and must be at least 2"
        raise ValueError(msg)


def _interval(
    of: Pull, form: Form, given: float | tuple[float, float] | None, observed: int | None, found: tuple[float, float]
) -> Interval | None:
    """Return the interval of mean and decay; `found` is the mean and variance of cost over the flows."""
    if isinstance(given, tuple):
        low, high = map(float, given)
        return Interval(low, high, beta_for(of, high, form), beta_for(of, low, form))
    if observed is None:
        return None
    half = Z_95 * float(np.sqrt(found[1] / observed))
    low, high = found[0] - half, found[0] + half
    betas = []
    for end in (high, low):
        try:
            betas.append(beta_for(of, end, form))
        except ValueError:
            betas.append(float("nan"))
    return Interval(low, high, *betas)
