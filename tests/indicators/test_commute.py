"""The least, greatest and random commute, and how much of it is excess."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.base.travel import TravelCosts
from siting.indicators.commute import commute_bounds
from siting.indicators.excess import excess_commute
from tests.indicators.linear_programs import by_highs

TOWN_PARK = pd.DataFrame([[5.0, 30.0], [30.0, 5.0]], ["town", "park"], ["town", "park"])
WORKERS, JOBS = pd.Series({"town": 80, "park": 20}), pd.Series({"town": 40, "park": 60})


def as_flows(*rows: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["origin", "destination", "persons"])


def test_two_zones_by_hand() -> None:
    found = commute_bounds(TOWN_PARK, WORKERS, JOBS)
    # least: 40 stay in town, 20 in the park, 40 go to the park: (60 x 5 + 40 x 30) / 100
    assert found.minimum == 15
    # greatest: 60 + 20 cross over, 20 stay in town: (80 x 30 + 20 x 5) / 100
    assert found.maximum == 25
    # random: (.8 x .4 + .2 x .6) x 5 + (.8 x .6 + .2 x .4) x 30 = 2.2 + 16.8
    assert found.random == pytest.approx(19)
    assert found.minimum_assignment.to_numpy().tolist() == [
        ["park", "park", 20],
        ["town", "park", 40],
        ["town", "town", 40],
    ]
    assert found.matched == 100
    assert (found.scaling.side, found.scaling.factor) == ("", 1)


def test_three_zones_by_trying_every_assignment() -> None:
    cost = pd.DataFrame([[1.0, 9.0, 4.0], [2.0, 3.0, 8.0], [7.0, 5.0, 6.0]], list("abc"), list("xyz"))
    one_each = pd.Series(1, list("abc")), pd.Series(1, list("xyz"))
    # six ways: xyz 1+3+6, xzy 1+8+5, yxz 9+2+6, yzx 9+8+7, zxy 4+2+5, zyx 4+3+7
    totals = [10, 14, 17, 24, 11, 14]
    tried = [cost.to_numpy()[range(3), list(way)].sum() for way in itertools.permutations(range(3))]
    assert sorted(tried) == sorted(totals)
    found = commute_bounds(cost, *one_each)
    assert (found.minimum * 3, found.maximum * 3) == pytest.approx((10, 24))
    assert found.random == pytest.approx(45 / 9)


def test_unequal_totals_are_scaled_to_the_workers_and_told() -> None:
    found = commute_bounds(TOWN_PARK, WORKERS, JOBS * 3)
    assert found.scaling == ("jobs", pytest.approx(1 / 3), 100, 300)
    assert (found.minimum, found.maximum) == pytest.approx((15, 25))
    assert found.matched == pytest.approx(100)


def test_workers_out_of_reach_are_told_and_not_averaged() -> None:
    table = pd.DataFrame([("town", "town", 5.0), ("park", "park", 7.0)], columns=["origin", "destination", "minutes"])
    costs = TravelCosts.from_table(table, mode="drive", cutoff=25)
    found = commute_bounds(costs, WORKERS, JOBS)
    # 40 of the 80 in town have a job within 25 minutes, all 20 of the park; 40 jobs of the park stay open
    assert found.matched == 60
    assert found.minimum == found.maximum == pytest.approx((40 * 5 + 20 * 7) / 60)
    assert found.unmatched.to_dict() == {"town": 40, "park": 0}
    assert found.unfilled.to_dict() == {"town": 0, "park": 40}
    # random: only the pairs within reach, by workers x jobs: (80 x 40 x 5 + 20 x 60 x 7) / (3200 + 1200)
    assert found.random == pytest.approx((16000 + 8400) / 4400)


def test_nobody_within_reach_has_no_mean() -> None:
    found = commute_bounds(TOWN_PARK * np.nan, WORKERS, JOBS)
    assert np.isnan([found.minimum, found.maximum, found.random]).all()
    assert found.matched == 0
    assert found.unmatched.to_dict() == WORKERS.to_dict()


def test_on_kilometres_the_minimum_is_the_separation_of_homes_and_jobs() -> None:
    assert commute_bounds(TOWN_PARK / 10, WORKERS, JOBS).minimum == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("costs", "workers", "jobs", "message"),
    [
        (TOWN_PARK, WORKERS.drop("park"), JOBS, "workers: none not in the costs; park in the costs only"),
        (TOWN_PARK, WORKERS, pd.Series({"town": 1, "park": 1, "sea": 1}), "jobs: sea not in the costs"),
        (TOWN_PARK, WORKERS * -1, JOBS, "workers must be finite and not negative"),
        (TOWN_PARK, WORKERS, JOBS * np.nan, "jobs must be finite and not negative: park, town"),
        (TOWN_PARK, WORKERS * 0, JOBS, "workers: there are none"),
        (-TOWN_PARK, WORKERS, JOBS, "costs must be finite and not negative"),
        (TOWN_PARK * np.inf, WORKERS, JOBS, "costs must be finite"),
        (TOWN_PARK.set_axis(["town", "town"]), WORKERS, JOBS, "costs: a label stands more than once"),
        (TOWN_PARK, pd.Series([1, 1, 1], ["town", "park", "park"]), JOBS, "workers: a label stands more than once"),
        ("costs", WORKERS, JOBS, "costs must be a TravelCosts or a DataFrame, not str"),
        (TOWN_PARK, [80, 20], JOBS, "workers must be a Series"),
    ],
)
def test_sides_that_do_not_agree_are_refused(costs: object, workers: object, jobs: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        commute_bounds(costs, workers, jobs)


@st.composite
def towns(draw: st.DrawFn) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    rows, columns = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    minutes = st.one_of(st.integers(0, 60).map(float), st.just(np.nan))
    cost = [[draw(minutes) for _ in range(columns)] for _ in range(rows)]
    homes, places = [f"h{i}" for i in range(rows)], [f"p{i}" for i in range(columns)]
    workers, jobs = (pd.Series({label: draw(st.integers(1, 40)) for label in side}) for side in (homes, places))
    return pd.DataFrame(cost, homes, places), workers, jobs


@settings(deadline=None)
@given(town=towns())
def test_bounds_are_those_of_highs(town: tuple) -> None:
    costs, workers, jobs = town
    found = commute_bounds(costs, workers, jobs)
    filled = (jobs * workers.sum() / jobs.sum()).to_numpy(float)
    for dearest, mean in ((False, found.minimum), (True, found.maximum)):
        matched, total = by_highs(costs.to_numpy(), workers.to_numpy(float), filled, dearest=dearest)
        assert found.matched == pytest.approx(matched, abs=1e-8)
        if matched:
            assert mean == pytest.approx(total / matched, abs=1e-6)


@settings(deadline=None)
@given(town=towns(), seed=st.integers(0, 99))
def test_the_order_of_rows_and_columns_changes_nothing(town: tuple, seed: int) -> None:
    costs, workers, jobs = town
    found = commute_bounds(costs, workers, jobs)
    mixed = costs.sample(frac=1, random_state=seed).sample(frac=1, axis=1, random_state=seed)
    again = commute_bounds(mixed, workers.sample(frac=1, random_state=seed), jobs[::-1])
    assert repr(again) == repr(found)
    pd.testing.assert_frame_equal(again.minimum_assignment, found.minimum_assignment, check_exact=True)
    pd.testing.assert_frame_equal(again.maximum_assignment, found.maximum_assignment, check_exact=True)
    pd.testing.assert_series_equal(again.unmatched.reindex(workers.index), found.unmatched, check_exact=True)


@settings(deadline=None)
@given(town=towns(), data=st.data())
def test_any_flows_lie_between_the_bounds_of_their_own_margins(town: tuple, data: st.DataObject) -> None:
    costs, workers, jobs = town
    known = [(o, d) for o, d in itertools.product(costs.index, costs.columns) if costs.loc[o, d] >= 0]
    if not known:
        return
    flows = as_flows(*((o, d, data.draw(st.integers(0, 9)) / 3) for o, d in known))
    if not flows["persons"].sum():
        return
    found = excess_commute(costs, workers, jobs, flows)
    assert found.minimum <= found.observed <= found.maximum
    assert found.minimum == found.observed or found.excess > 0
    assert np.isnan(found.potential_used) or 0 <= found.potential_used <= 1


def test_excess_commute_by_hand() -> None:
    flows = as_flows(("town", "town", 35), ("town", "park", 45), ("park", "park", 15), ("park", "town", 5))
    found = excess_commute(TOWN_PARK, WORKERS, JOBS, flows)
    # 50 stay at 5 minutes, 50 cross at 30: 17.5; bounds as above: 15, 25, random 19
    assert (found.observed, found.minimum, found.maximum) == (17.5, 15, 25)
    assert found.excess == pytest.approx(2.5 / 17.5)
    assert found.potential_used == pytest.approx(2.5 / 10)
    assert found.economy == pytest.approx(1.5 / 19)
    assert found.normalised_economy == pytest.approx(1.5 / 4)
    assert (found.workers_covered, found.jobs_covered) == (1, 1)


def test_flows_that_are_a_sample_are_judged_by_their_own_margins() -> None:
    # ten of the park who all stay: no other workers, no other jobs, so no excess and no range
    found = excess_commute(TOWN_PARK, WORKERS, JOBS, as_flows(("park", "park", 10)))
    assert (found.observed, found.minimum, found.maximum, found.random) == (5, 5, 5, 5)
    assert found.excess == 0
    assert np.isnan([found.potential_used, found.normalised_economy]).all()
    assert (found.workers_covered, found.jobs_covered) == pytest.approx((0.1, 0.1))


@pytest.mark.parametrize(
    ("flows", "message"),
    [
        (as_flows(("town", "park", 1), ("town", "town", 1)), "flows on 1 pairs without costs: town -> park"),
        (as_flows(("sea", "park", 1)), "origin sea is not in workers"),
        (as_flows(("town", "sea", 1)), "destination sea is not in jobs"),
        (as_flows(("town", "town", 0)), "flows: there are none"),
    ],
)
def test_flows_that_have_no_cost_are_refused_by_name(flows: pd.DataFrame, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        excess_commute(TOWN_PARK.where(TOWN_PARK < 30), WORKERS, JOBS, flows)
