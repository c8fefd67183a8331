"""k-nearest, intervals, gravity and balancing time on tables that a reader can check."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.access import balancing_time, cumulative, cumulative_interval, gravity, nearest, nearest_k, step
from siting.base.errors import CutoffError
from tests.access.drawn import DECAYS, DEMAND, HALF_AT_TEN, PLACES, SEATS, SUPPLY, TIMES, TOWN, Times, drawn, table


def test_the_second_nearest_is_named_and_missing_where_there_is_only_one() -> None:
    found = nearest_k(table(TOWN, "ABC"), 2)
    assert found.loc["A"].to_dict() == {"place": "y", "minutes": 10}
    assert found.loc[["B", "C"]].isna().all().all()
    assert list(found.index) == ["A", "B", "C"]


@pytest.mark.parametrize("k", [0, -1, 1.5])
def test_a_rank_that_is_none_is_refused(k: float) -> None:
    with pytest.raises(ValueError, match="k must be"):
        nearest_k(table(TOWN), k)


def test_gravity_weighs_each_place_by_its_minutes() -> None:
    # A: 30 x 1 + 50 x .5; B: 50 x 1; C reaches nothing
    found = gravity(table(TOWN, "ABC"), SEATS, decay=HALF_AT_TEN)
    assert found.to_dict() == {"A": 55, "B": 50, "C": 0}


def test_a_decay_beyond_the_known_minutes_is_refused() -> None:
    with pytest.raises(CutoffError):
        gravity(table(TOWN, cutoff=10), SEATS, decay=step(11))
    with pytest.raises(ValueError, match="decay"):
        gravity(table(TOWN), SEATS, decay=10)


@pytest.mark.parametrize(
    ("summary", "interval", "expected"),
    [
        # A reaches 30 seats up to 9 minutes, 80 from 10 on
        ("median", (8, 11), 55),  # 30 30 80 80
        ("median", (8, 12), 80),  # 30 30 80 80 80
        ("mean", (8, 11), 55),
        ("mean", (8, 12), 60),
        ("mean", (8.5, 10), (30 + 30 + 80) / 3),  # cutoffs 8.5, 9.5 and the end, 10
    ],
)
def test_sums_over_an_interval_of_cutoffs(summary: str, interval: tuple[float, float], expected: float) -> None:
    found = cumulative_interval(table(TOWN), SEATS, interval=interval, summary=summary)
    assert found["A"] == pytest.approx(expected)
    assert found["B"] == 50


@settings(deadline=None)
@given(
    times=TIMES, seats=SUPPLY, ends=st.tuples(st.integers(0, 20), st.integers(1, 15)), by=st.sampled_from([0.5, 1, 4])
)
def test_the_interval_is_the_median_and_mean_of_its_single_cutoffs(
    times: Times, seats: pd.Series, ends: tuple[int, int], by: float
) -> None:
    interval = (ends[0], ends[0] + ends[1])
    cutoffs = sorted({*np.arange(*interval, by).tolist(), float(interval[1])})
    each = pd.DataFrame({cutoff: cumulative(drawn(times), seats, cutoff=cutoff) for cutoff in cutoffs})
    for summary in ("median", "mean"):
        found = cumulative_interval(drawn(times), seats, interval=interval, step=by, summary=summary)
        assert found.to_numpy() == pytest.approx(getattr(each, summary)(axis=1).to_numpy(), rel=1e-12)


@pytest.mark.parametrize(
    ("terms", "named"),
    [
        ({"interval": (10, 10)}, "interval"),
        ({"interval": (-1, 10)}, "interval"),
        ({"interval": (1, 10), "step": 0}, "step"),
        ({"interval": (1, 10), "summary": "mode"}, "summary"),
    ],
)
def test_an_interval_that_cannot_be_is_refused(terms: dict, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        cumulative_interval(table(TOWN), SEATS, **terms)


@pytest.mark.parametrize(("wanted", "minutes"), [(0, 0), (1, 0), (30, 0), (30.1, 10), (80, 10), (80.1, None)])
def test_the_balance_is_struck_at_the_first_minute_with_enough_seats(wanted: float, minutes: float | None) -> None:
    found = balancing_time(table(TOWN), SEATS, pd.Series({"A": wanted, "B": 0.0}))
    assert found["A"] == minutes if minutes is not None else np.isnan(found["A"])
    assert found["B"] == 0


def test_three_tenths_are_enough_for_a_demand_of_three_tenths() -> None:
    near = table({("A", place): float(minutes) for minutes, place in enumerate("xyz")}, "A", "xyz")
    assert balancing_time(near, pd.Series(0.1, index=list("xyz")), pd.Series({"A": 0.3}))["A"] == 2


def test_negative_seats_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="amounts must not be negative: x"):
        balancing_time(table(TOWN), pd.Series({"x": -1.0, "y": 1.0}), pd.Series({"A": 1.0, "B": 1.0}))


@settings(deadline=None)
@given(times=TIMES, seats=SUPPLY, people=DEMAND)
def test_within_the_balancing_time_there_is_enough_and_before_it_not(
    times: Times, seats: pd.Series, people: pd.Series
) -> None:
    costs = drawn(times)
    for home, minutes in balancing_time(costs, seats, people).items():
        within = {place: each for (who, place), each in times.items() if who == home}
        reached = [sum(seats[p] for p, t in within.items() if t <= bound) for bound in (minutes, minutes - 1e-6)]
        if np.isnan(minutes):
            assert sum(seats[place] for place in within) < people[home]
        else:
            assert reached[0] >= people[home] * (1 - 1e-9)
            assert people[home] == 0 or reached[1] < people[home]


@settings(deadline=None)
@given(times=TIMES, added=st.dictionaries(st.sampled_from("ABCDE"), st.integers(0, 30).map(float)), seats=SUPPLY)
def test_a_new_place_never_changes_another_s_time_and_never_takes_opportunities_away(
    times: Times, added: dict[str, float], seats: pd.Series
) -> None:
    more = table({**times, **{(home, "new"): each for home, each in added.items()}}, "ABCDE", [*PLACES, "new"])
    wider = pd.concat([seats, pd.Series({"new": 5.0})])
    assert (nearest(more)["minutes"].fillna(99) <= nearest(drawn(times))["minutes"].fillna(99)).all()
    kept = more.table()
    old = kept[kept["destination"] != "new"].reset_index(drop=True)
    pd.testing.assert_frame_equal(old, drawn(times).table(), check_dtype=False)
    assert (gravity(more, wider, decay=step(20)) >= gravity(drawn(times), seats, decay=step(20))).all()


@settings(deadline=None)
@given(times=TIMES, seats=SUPPLY, decay=DECAYS)
def test_gravity_is_the_sum_over_pairs(times: Times, seats: pd.Series, decay: object) -> None:
    found = gravity(drawn(times), seats, decay=decay)
    expected = dict.fromkeys("ABCDE", 0.0)
    for (home, place), minutes in times.items():
        expected[home] += seats[place] * float(decay(np.array([minutes]))[0])
    assert found.to_dict() == pytest.approx(expected, rel=1e-12)
