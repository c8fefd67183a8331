"""Competitive access by hand, its fixed point, and where there is none."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from siting.access import competitive, exponential, step
from tests.access.drawn import ALL_TIMES, DEMAND, SUPPLY, TIMES, Times, drawn, one_place, table

NEAR: Times = {("A", "x"): 0.0, ("B", "x"): 0.0, ("B", "y"): 0.0}
PEOPLE = pd.Series({"A": 10.0, "B": 20.0})


@pytest.mark.parametrize("scale", [1, 2])
def test_both_ends_compete_until_every_seat_and_every_person_is_taken(scale: float) -> None:
    # Seats 20 at x, 10 at y. A fills 10 of x, B the other 10 and all of y, so x and y press alike on both:
    # A_A = R_x, A_B = R_x + R_y = 2 R_x, and 10 A_A + 20 A_B = 50 R_x = 30 seats
    seats = scale * pd.Series({"x": 20.0, "y": 10.0})
    found = competitive(table(NEAR), seats, PEOPLE, decay=step(5))
    assert found.to_dict() == pytest.approx({"A": 0.6 * scale, "B": 1.2 * scale}, rel=1e-6)


def test_a_candidate_parcel_sees_the_competition_and_takes_no_part_in_it() -> None:
    seats = pd.Series({"x": 20.0, "y": 10.0})
    seen = table({("C", "y"): 5.0, ("D", "y"): 0.0, ("D", "x"): 1.0}, "CDE")
    found = competitive(table(NEAR), seats, PEOPLE, decay=step(5), at=seen)
    assert found.to_dict() == pytest.approx({"C": 0.6, "D": 1.2, "E": np.nan}, rel=1e-6, nan_ok=True)


def test_towns_apart_are_each_at_their_own_seats_per_head() -> None:
    times = {("A", "x"): 0.0, ("B", "y"): 0.0}
    found = competitive(table(times), pd.Series({"x": 20.0, "y": 10.0}), PEOPLE, decay=step(5))
    assert found.to_dict() == pytest.approx({"A": 2, "B": 0.5})


def test_who_reaches_no_seat_has_a_true_zero_and_who_reaches_no_place_no_number() -> None:
    times = {("A", "x"): 0.0, ("B", "y"): 0.0}
    costs = table(times, "ABC")
    people = pd.Series({"A": 10.0, "B": 20.0, "C": 1.0})
    found = competitive(costs, pd.Series({"x": 20.0, "y": 0.0}), people, decay=step(5))
    assert found.to_dict() == pytest.approx({"A": 2, "B": 0, "C": np.nan}, nan_ok=True)


def test_people_who_cannot_all_be_served_have_no_fixed_point() -> None:
    # A with most people reaches only the small x, which B shares
    seats = pd.Series({"x": 1.0, "y": 29.0})
    with pytest.raises(ValueError, match="more demand than their places can take"):
        competitive(table(NEAR), seats, PEOPLE, decay=step(5))


def test_seats_that_those_in_reach_cannot_use_have_no_fixed_point() -> None:
    # A alone reaches x, which holds two thirds of the seats
    times = {("A", "x"): 0.0, ("A", "y"): 0.0, ("B", "y"): 0.0}
    with pytest.raises(ValueError, match="after 100 rounds"):
        competitive(table(times), pd.Series({"x": 20.0, "y": 10.0}), PEOPLE, decay=step(5), rounds=100)


@settings(deadline=None, max_examples=50)
@given(times=ALL_TIMES, seats=SUPPLY, people=DEMAND)
def test_at_the_fixed_point_the_sums_repeat_and_the_mean_is_seats_per_head(
    times: Times, seats: pd.Series, people: pd.Series
) -> None:
    decay = exponential(half_at=20)
    found = competitive(drawn(times), seats, people, decay=decay, rounds=5000)
    if not (seats.sum() and people.sum()):
        assert not found.fillna(0).any()
        return
    assert (found * people).sum() == pytest.approx(seats.sum(), rel=1e-9)
    weights = drawn(times).table().pivot_table(index="origin", columns="destination", values="minutes")
    weights = weights.apply(lambda minutes: decay(minutes.to_numpy()))
    pressure = (people / found) @ weights.loc[found.index]
    again = weights[seats.index] @ (seats / pressure[seats.index])
    ratio = seats.sum() / people.sum()
    assert (again / ratio)[found.index].to_numpy() == pytest.approx(found.to_numpy(), rel=1e-7)


@settings(deadline=None, max_examples=50)
@given(times=TIMES, people=DEMAND)
def test_for_one_place_it_is_the_seats_per_head(times: Times, people: pd.Series) -> None:
    here = {(home, "x"): each for (home, place), each in times.items() if place == "x"}
    costs = table(here, "ABCDE", "x")
    found = competitive(costs, pd.Series({"x": 8.0}), people, decay=step(50))
    served = people[sorted({home for home, _ in here})]
    expected = 8 / served.sum() if served.sum() else np.nan
    assert found[served.index].to_numpy() == pytest.approx([expected] * len(served), nan_ok=True)


def test_terms_that_cannot_be_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="rounds must be"):
        competitive(one_place(1), pd.Series({"x": 1.0}), pd.Series({"A": 1.0}), decay=step(5), rounds=0)
    with pytest.raises(ValueError, match="tolerance must be"):
        competitive(one_place(1), pd.Series({"x": 1.0}), pd.Series({"A": 1.0}), decay=step(5), tolerance=0)
