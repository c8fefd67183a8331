"""Modelled flows: balanced to both sides, calibrated to a mean, with an interval."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.base.travel import TravelCosts
from siting.indicators import balancing
from siting.indicators.flows import flows

TOWN_PARK = pd.DataFrame([[5.0, 30.0], [30.0, 5.0]], ["town", "park"], ["town", "park"])
WORKERS, JOBS = pd.Series({"town": 80, "park": 20}), pd.Series({"town": 40, "park": 60})


def country(seed: int = 0, homes: int = 12, places: int = 17) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Return costs of 1 to 60 minutes, workers, and jobs of another total."""
    rng = np.random.default_rng(seed)
    labels = [f"h{i}" for i in range(homes)], [f"p{i}" for i in range(places)]
    costs = pd.DataFrame(rng.uniform(1, 60, (homes, places)), *labels)
    return costs, pd.Series(rng.integers(10, 900, homes), labels[0]), pd.Series(rng.integers(5, 500, places), labels[1])


def test_two_zones_by_hand() -> None:
    found = flows(TOWN_PARK, WORKERS, JOBS, mean_minutes=16)
    # a mean of 16: s stay at 5, 100 - s cross at 30, so s = 56. With 80 | 20 living and 40 | 60 working there:
    # town-town 38, town-park 42, park-town 2, park-park 18
    persons = found.matrix.loc[["town", "park"], ["town", "park"]].to_numpy()
    assert persons == pytest.approx(np.array([[38, 42], [2, 18]]), abs=1e-6)
    # the balancing factors cancel in the odds: 38 x 18 / (42 x 2) = exp(-beta (5 + 5 - 30 - 30))
    assert found.beta == pytest.approx(math.log(38 * 18 / (42 * 2)) / 50)
    assert found.modelled
    assert found.interval is None


def test_without_decay_places_draw_by_their_jobs_alone() -> None:
    found = flows(TOWN_PARK, WORKERS, JOBS, beta=0)
    assert found.table.to_numpy().tolist() == [
        ["park", "park", pytest.approx(12)],
        ["park", "town", pytest.approx(8)],
        ["town", "park", pytest.approx(48)],
        ["town", "town", pytest.approx(32)],
    ]
    assert found.mean_minutes == pytest.approx(19)


def test_power_decay_by_hand() -> None:
    found = flows(TOWN_PARK, WORKERS, JOBS, mean_minutes=16, form="power")
    # odds: (5 x 5 / (30 x 30)) ** -beta = 36 ** beta
    assert found.beta == pytest.approx(math.log(38 * 18 / (42 * 2)) / math.log(36))


@pytest.mark.parametrize("form", ["exponential", "power"])
@pytest.mark.parametrize("beta", [0.02, 0.1, 0.4, 1.5])
def test_calibration_recovers_the_mean_and_decay_of_flows_made_with_a_known_one(form: str, beta: float) -> None:
    town = country()
    made = flows(*town, beta=beta, form=form)
    found = flows(*town, mean_minutes=made.mean_minutes, form=form)
    assert found.mean_minutes == pytest.approx(made.mean_minutes, abs=1e-6)
    assert found.beta == pytest.approx(beta, abs=1e-6)
    assert found.matrix.to_numpy() == pytest.approx(made.matrix.to_numpy(), abs=1e-3)


@settings(deadline=None)
@given(seed=st.integers(0, 999), beta=st.floats(0, 0.5), form=st.sampled_from(["exponential", "power"]))
def test_both_sides_are_met_and_the_order_of_rows_changes_nothing(seed: int, beta: float, form: str) -> None:
    costs, workers, jobs = country(seed, 4, 6)
    found = flows(costs, workers, jobs, beta=beta, form=form)
    filled = jobs * workers.sum() / jobs.sum()
    assert found.matrix.sum(axis=1).reindex(workers.index).to_numpy() == pytest.approx(workers.to_numpy(), rel=1e-8)
    assert found.matrix.sum(axis=0).reindex(jobs.index).to_numpy() == pytest.approx(filled.to_numpy(), rel=1e-8)
    mixed = costs.sample(frac=1, random_state=seed).iloc[:, ::-1]
    again = flows(mixed, workers[::-1], jobs.sample(frac=1, random_state=seed), beta=beta, form=form)
    pd.testing.assert_frame_equal(again.matrix, found.matrix, check_exact=True)


@settings(deadline=None)
@given(seed=st.integers(0, 999), beta=st.floats(0.01, 0.5))
def test_a_steeper_decay_never_lengthens_the_mean(seed: int, beta: float) -> None:
    town = country(seed, 4, 6)
    assert flows(*town, beta=beta * 1.1).mean_minutes <= flows(*town, beta=beta).mean_minutes + 1e-9


def test_a_mean_that_no_decay_gives_is_refused_with_what_can_be() -> None:
    for mean in (14.9, 15.0, 19.1, 30.0):
        with pytest.raises(ValueError, match=r"above 15 \(the least commute\), at most 19 \(no decay\)"):
            flows(TOWN_PARK, WORKERS, JOBS, mean_minutes=mean)
    assert flows(TOWN_PARK, WORKERS, JOBS, mean_minutes=19.0).beta == pytest.approx(0, abs=1e-6)
    assert flows(TOWN_PARK, WORKERS, JOBS, mean_minutes=15.1).mean_minutes == pytest.approx(15.1)


def test_a_range_of_means_gives_a_range_of_decays() -> None:
    found = flows(TOWN_PARK, WORKERS, JOBS, mean_minutes=(15.5, 16.5))
    assert found.mean_minutes == pytest.approx(16)
    assert found.interval[:2] == (15.5, 16.5)
    for beta, mean in zip(found.interval[2:], (16.5, 15.5), strict=True):
        assert flows(TOWN_PARK, WORKERS, JOBS, beta=beta).mean_minutes == pytest.approx(mean)


def test_a_sample_of_trips_gives_the_interval_of_its_mean_by_hand() -> None:
    # 56 of 100 at 5 minutes, 44 at 30: variance .56 x .44 x 25²; 10,000 trips: 1.96 x sqrt(154) / 100 = .2432
    found = flows(TOWN_PARK, WORKERS, JOBS, mean_minutes=16, trips=10_000)
    half = 1.959964 * math.sqrt(0.56 * 0.44 * 625) / 100
    assert found.interval[:2] == pytest.approx((16 - half, 16 + half), abs=1e-6)
    assert found.interval.beta_low < found.beta < found.interval.beta_high
    low = flows(TOWN_PARK, WORKERS, JOBS, mean_minutes=16 + half)
    assert found.interval.beta_low == pytest.approx(low.beta, abs=1e-6)


def test_an_end_of_the_interval_that_no_decay_gives_is_missing() -> None:
    found = flows(TOWN_PARK, WORKERS, JOBS, mean_minutes=16, trips=20)
    assert found.interval.mean_low < 15
    assert found.interval.mean_high > 19
    assert np.isnan(found.interval[2:]).all()


def test_19_of_20_samples_hold_the_true_decay_in_their_interval() -> None:
    town = country(3, 5, 6)
    true = flows(*town, beta=0.08)
    chance, minutes = (
        true.matrix.to_numpy().ravel(),
        town[0].loc[true.matrix.index, true.matrix.columns].to_numpy().ravel(),
    )
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(200):
        mean = rng.choice(minutes, 400, p=chance / chance.sum()).mean()
        interval = flows(*town, mean_minutes=mean, trips=400).interval
        hits += interval.beta_low <= 0.08 <= interval.beta_high
    # 190 are expected; three standard deviations of a binomial are 9
    assert 181 <= hits <= 199


def test_pairs_out_of_reach_have_no_flow_and_who_reaches_none_is_told() -> None:
    pairs = [("town", "town", 5.0), ("town", "park", 30.0), ("farm", "town", 20.0)]
    table = pd.DataFrame(pairs, columns=["origin", "destination", "minutes"])
    costs = TravelCosts.from_table(table, mode="drive", origins=pd.Index(["town", "farm", "hut"]))
    found = flows(costs, pd.Series({"town": 50, "farm": 30, "hut": 20}), pd.Series({"town": 60, "park": 40}), beta=0.1)
    # the hut reaches nothing; the farm only the town: 30 there leave 30 for the town's own, the rest go to the park
    assert found.unmatched.to_dict() == {"town": 0, "farm": 0, "hut": 20}
    assert found.matrix.loc["farm"].to_dict() == pytest.approx({"park": 0, "town": 30})
    assert found.matrix.loc["town"].to_dict() == pytest.approx({"park": 20, "town": 30})
    assert found.table["persons"].gt(0).all()


def test_a_margin_that_leaves_no_choice_is_balanced_at_once() -> None:
    # A reaches x and y, B only y. 10 each: B must take all of y, so A - y is empty although it can be reached
    costs = pd.DataFrame([[5.0, 1.0], [np.nan, 5.0]], ["A", "B"], ["x", "y"])
    ten = pd.Series(10, ["A", "B"]), pd.Series(10, ["x", "y"])
    found = flows(costs, *ten, beta=0.1)
    assert found.matrix.to_numpy().tolist() == [[10, 0], [0, 10]]
    assert found.rounds < 5


def test_the_matrix_of_a_steep_decay_tends_to_the_least_commute_and_does_not_underflow() -> None:
    costs, workers, jobs = country(2, 5, 5)
    found = flows(costs * 50, workers, jobs, beta=0.3)
    assert np.isfinite(found.matrix.to_numpy()).all()
    assert found.matrix.to_numpy().sum() == pytest.approx(workers.sum())


def test_a_decay_too_steep_to_balance_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(balancing, "ROUNDS", 1)
    with pytest.raises(balancing.NotBalancedError, match=r"beta 0\.3"):
        flows(*country(), beta=0.3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "give either mean_minutes or beta"),
        ({"mean_minutes": 16, "beta": 0.1}, "give either mean_minutes or beta"),
        ({"beta": -0.1}, "beta must be a number from 0 up"),
        ({"beta": math.nan}, "beta must be a number from 0 up"),
        ({"beta": 0.1, "form": "gaussian"}, "form must be exponential or power"),
        ({"mean_minutes": 0}, "mean_minutes must be a number above 0"),
        ({"mean_minutes": (17, 16)}, "low and high"),
        ({"mean_minutes": "16"}, "mean_minutes must be a number"),
        ({"beta": 0.1, "trips": 100}, "trips goes with one mean_minutes"),
        ({"mean_minutes": 16, "trips": 1}, "at least 2"),
    ],
)
def test_what_cannot_be_meant_is_refused(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        flows(TOWN_PARK, WORKERS, JOBS, **options)


def test_power_decay_of_no_minutes_is_refused() -> None:
    with pytest.raises(ValueError, match="power of 0 minutes"):
        flows(TOWN_PARK - 5, WORKERS, JOBS, beta=1, form="power")


def test_a_town_that_reaches_no_job_is_refused() -> None:
    with pytest.raises(ValueError, match="no worker has a job within reach"):
        flows(TOWN_PARK * np.nan, WORKERS, JOBS, beta=0.1)


def test_without_decay_too_no_one_goes_where_nothing_leads() -> None:
    # A reaches x and y, B only x: all of y's 5 come from A
    costs = pd.DataFrame([[5.0, 1.0], [5.0, np.nan]], ["A", "B"], ["x", "y"])
    found = flows(costs, pd.Series(10, ["A", "B"]), pd.Series({"x": 15, "y": 5}), beta=0)
    assert found.matrix.to_numpy() == pytest.approx(np.array([[5, 5], [10, 0]]))


def test_a_place_that_is_far_from_all_is_filled_though_its_decay_is_below_what_a_float_holds() -> None:
    # exp(-1 x 900) is 0 as a float; the place far out still gets its half of each home
    costs = pd.DataFrame([[1.0, 900.0], [1.0, 900.0]], ["A", "B"], ["near", "far"])
    found = flows(costs, pd.Series(10, ["A", "B"]), pd.Series(10, ["near", "far"]), beta=1)
    assert found.matrix.to_numpy() == pytest.approx(np.full((2, 2), 5))
