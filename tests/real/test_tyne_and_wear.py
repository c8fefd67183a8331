"""Commute bounds and calibration at the size of Tyne and Wear: a test of size only, its workers and costs are stand-ins."""

import numpy as np
import pandas as pd
import pytest

from siting.indicators.commute import commute_bounds
from siting.indicators.excess import excess_commute
from siting.indicators.flows import flows
from tests.indicators.linear_programs import by_highs
from tests.real.tyne_and_wear import straight_km, workers_and_jobs

BETA = 0.25
pytestmark = pytest.mark.xdist_group("tyne_and_wear")
"""A decay a kilometre, made up."""


@pytest.fixture(scope="module")
def area() -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    workers, jobs = workers_and_jobs()
    assert len(workers) == 3795
    return straight_km(workers.index), workers, jobs


def test_the_bounds_of_all_zones_hold_everyone_and_lie_about_the_random_mean(area: tuple) -> None:
    km, workers, jobs = area
    found = commute_bounds(km, workers, jobs)
    assert found.scaling.side == "jobs"
    assert found.scaling.factor == pytest.approx(workers.sum() / jobs.sum())
    assert 0 < found.minimum < found.random < found.maximum < km.max(axis=None)
    filled = jobs * found.scaling.factor
    for assignment, mean in ((found.minimum_assignment, found.minimum), (found.maximum_assignment, found.maximum)):
        persons = assignment["persons"]
        cost = km.to_numpy()[
            km.index.get_indexer(assignment["origin"]), km.columns.get_indexer(assignment["destination"])
        ]
        assert (persons * cost).sum() / persons.sum() == pytest.approx(mean)
        assert assignment.groupby("origin")["persons"].sum().reindex(workers.index).to_numpy() == pytest.approx(workers)
        assert assignment.groupby("destination")["persons"].sum().reindex(jobs.index).to_numpy() == pytest.approx(
            filled
        )


@pytest.mark.parametrize("limit_km", [np.inf, 6.0])
def test_the_bounds_of_300_zones_are_those_of_highs(area: tuple, limit_km: float) -> None:
    km, workers, jobs = area
    some = workers.index[np.random.default_rng(1).choice(len(workers), 300, replace=False)]
    cost = km.loc[some, some]
    cost = cost.where(cost <= limit_km)
    found = commute_bounds(cost, workers[some], jobs[some])
    filled = (jobs[some] * found.scaling.factor).to_numpy()
    for dearest, mean in ((False, found.minimum), (True, found.maximum)):
        matched, total = by_highs(cost.to_numpy(), workers[some].to_numpy(float), filled, dearest=dearest)
        assert found.matched == pytest.approx(matched, rel=1e-9)
        assert mean == pytest.approx(total / matched, abs=1e-6)


def test_calibration_recovers_the_mean_and_the_decay_of_flows_made_with_a_known_one(area: tuple) -> None:
    made = flows(*area, beta=BETA).mean_minutes
    found = flows(*area, mean_minutes=made)
    assert found.mean_minutes == pytest.approx(made, abs=1e-6)
    assert found.beta == pytest.approx(BETA, abs=1e-6)
    assert found.matrix.to_numpy().sum() == pytest.approx(area[1].sum())


def test_modelled_flows_of_some_zones_lie_between_their_bounds(area: tuple) -> None:
    km, workers, jobs = area
    some = workers.index[:400]
    modelled = flows(km.loc[some, some], workers[some], jobs[some], beta=BETA)
    found = excess_commute(km, workers, jobs * modelled.scaling.factor, modelled.table)
    assert found.minimum < found.observed < found.random < found.maximum
    assert found.observed == pytest.approx(modelled.mean_minutes)
