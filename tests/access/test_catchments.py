"""Floating catchments by hand on one small town, and what holds in every town.

Town: A (10 people) reaches x (30 seats) at once and y (50 seats) in ten minutes; B (20 people) lives at y.
With weights 1 at 0 minutes and 1/2 up to ten: f_Ax = 1, f_Ay = 1/2, f_By = 1.
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from siting.access import floating_catchment, spatial_availability, step
from siting.base.errors import CutoffError
from tests.access.drawn import (
    DECAYS,
    DEMAND,
    HALF_AT_TEN,
    PEOPLE,
    SEATS,
    SUPPLY,
    TIMES,
    TOWN,
    Times,
    drawn,
    one_place,
    table,
)

BY_HAND = {
    # D_x = 10, D_y = 10 + 20; R = 3, 5/3; A = 3 + 5/3
    "2sfca": (14 / 3, 5 / 3),
    # D_x = 10, D_y = 10/2 + 20 = 25; R = 3, 2; A = 3 + 2/2
    "e2sfca": (4, 2),
    # 30 x 1 / 10 + 50 x 1/4 / 25; 50 x 1 / 25
    "m2sfca": (3.5, 2),
    # G_A = 2/3, 1/3; D_x = 2/3 x 10, D_y = 1/3 x 1/2 x 10 + 20 = 65/3; R = 9/2, 30/13; A = 2/3 x 9/2 + 1/3 x 1/2 x 30/13
    "3sfca": (3 + 5 / 13, 30 / 13),
    # shares of A 2/3, 1/3; D_x = 20/3, D_y = 10/3 + 20; R = 9/2, 15/7; at y 1/3 and 2/3: A = 9/2 + 15/7 x 1/3
    "bfca": (4.5 + 5 / 7, 10 / 7),
}
# C reaches y in ten minutes, and nobody counts there: R_y x 1/2, with G = 1 in 3sfca and 1/2 of 1 1/2 in bfca
SEEN_FROM_C = {"2sfca": 5 / 3, "e2sfca": 1, "m2sfca": 0.5, "3sfca": 15 / 13, "bfca": 5 / 7}
METHODS = tuple(BY_HAND)
CONSERVING = ("e2sfca", "3sfca")


def decay_of(method: str) -> object:
    return step(10) if method == "2sfca" else HALF_AT_TEN


@pytest.mark.parametrize("method", METHODS)
def test_the_town_by_hand(method: str) -> None:
    found = floating_catchment(table(TOWN), SEATS, PEOPLE, decay=decay_of(method), method=method)
    assert found.to_dict() == pytest.approx(dict(zip("AB", BY_HAND[method], strict=True)), rel=1e-14)


@pytest.mark.parametrize("method", METHODS)
def test_a_candidate_parcel_sees_the_competition_and_takes_no_part_in_it(method: str) -> None:
    seen = table({("C", "y"): 10.0, ("D", "x"): 0.0, ("D", "y"): 10.0}, "CDE")
    found = floating_catchment(table(TOWN), SEATS, PEOPLE, decay=decay_of(method), method=method, at=seen)
    assert found["C"] == pytest.approx(SEEN_FROM_C[method], rel=1e-14)
    assert found["D"] == pytest.approx(BY_HAND[method][0], rel=1e-14)
    assert np.isnan(found["E"])


def test_availability_by_hand_is_what_falls_to_each() -> None:
    # A: 30 + 50 x 5/25, B: 50 x 20/25
    found = spatial_availability(table(TOWN), SEATS, PEOPLE, decay=HALF_AT_TEN)
    assert found.to_dict() == {"A": 40, "B": 40}


@pytest.mark.parametrize("method", METHODS)
def test_an_empty_catchment_is_missing_and_one_without_seats_a_true_zero(method: str) -> None:
    people = pd.Series({"A": 10.0, "B": 20.0, "C": 5.0})
    costs = table({("A", "x"): 0.0, ("B", "y"): 0.0}, "ABC")
    found = floating_catchment(costs, pd.Series({"x": 30.0, "y": 0.0}), people, decay=decay_of(method), method=method)
    assert found["B"] == 0
    assert np.isnan(found["C"])
    assert found["A"] > 0


@pytest.mark.parametrize("method", METHODS)
def test_a_school_that_nobody_reaches_gives_nothing_and_who_sees_only_it_has_no_number(method: str) -> None:
    options = {"decay": decay_of(method), "method": method}
    costs = table({("A", "x"): 0.0}, "AB")
    both, alone = (table(times, "C") for times in ({("C", "x"): 0.0, ("C", "y"): 0.0}, {("C", "y"): 0.0}))
    with_y, without = (
        floating_catchment(costs, seats, PEOPLE, at=both, **options)["C"]
        for seats in (SEATS, pd.Series({"x": 30.0, "y": 0.0}))
    )
    assert with_y == without > 0
    assert np.isnan(floating_catchment(costs, SEATS, PEOPLE, at=alone, **options)["C"])


@pytest.mark.parametrize(
    ("terms", "named"),
    [
        ({"method": "4sfca", "decay": step(10)}, "method"),
        ({"method": "2sfca", "decay": HALF_AT_TEN}, "decay must be a step"),
        ({"method": "e2sfca"}, "decay"),
        ({"method": "e2sfca", "decay": step(10), "tau": 5}, "tau"),
        ({"method": "raam", "decay": HALF_AT_TEN, "tau": 5}, "decay must be none or a step"),
        ({"method": "e2sfca", "decay": step(10), "at": one_place(3)}, "same places"),
    ],
)
def test_what_a_method_does_not_take_is_refused_by_name(terms: dict, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        floating_catchment(table(TOWN), SEATS, PEOPLE, **terms)


@pytest.mark.parametrize("name", ["supply", "demand"])
@pytest.mark.parametrize("wrong", [-1.0, float("nan")])
def test_amounts_that_cannot_be_are_refused_by_name(name: str, wrong: float) -> None:
    amounts = {"supply": SEATS, "demand": PEOPLE}
    amounts[name] = amounts[name].where(amounts[name] != 30, wrong).where(amounts[name] != 20, wrong)
    with pytest.raises(ValueError, match=name):
        floating_catchment(table(TOWN), **amounts, decay=step(10), method="2sfca")


def test_a_catchment_beyond_the_known_minutes_is_refused() -> None:
    for method in ("2sfca", "3sfca", "bfca", "raam"):
        terms = {"tau": 5} if method == "raam" else {}
        with pytest.raises(CutoffError):
            floating_catchment(table(TOWN, cutoff=10), SEATS, PEOPLE, decay=step(11), method=method, **terms)


def given_out(times: Times, seats: pd.Series, people: pd.Series, decay: object) -> float:
    """Return the seats of the places that have demand in reach."""
    asked = {place for (home, place), each in times.items() if people[home] > 0 and decay(np.array([each]))[0] > 0}
    return float(seats[sorted(asked)].sum())


@settings(deadline=None)
@given(times=TIMES, seats=SUPPLY, people=DEMAND, decay=DECAYS)
def test_the_seats_that_someone_reaches_are_given_out_whole(
    times: Times, seats: pd.Series, people: pd.Series, decay: object
) -> None:
    whole = pytest.approx(given_out(times, seats, people, decay), rel=1e-9, abs=1e-9)
    for method in CONSERVING:
        found = floating_catchment(drawn(times), seats, people, decay=decay, method=method)
        assert (found * people).sum() == whole
    assert spatial_availability(drawn(times), seats, people, decay=decay).sum() == whole
    binary = floating_catchment(drawn(times), seats, people, decay=step(12), method="2sfca")
    assert (binary * people).sum() == pytest.approx(given_out(times, seats, people, step(12)), rel=1e-9, abs=1e-9)


@settings(deadline=None)
@given(times=TIMES, seats=SUPPLY, people=DEMAND, decay=DECAYS)
def test_availability_per_head_is_the_enhanced_catchment(
    times: Times, seats: pd.Series, people: pd.Series, decay: object
) -> None:
    per_head = floating_catchment(drawn(times), seats, people, decay=decay, method="e2sfca")
    found = spatial_availability(drawn(times), seats, people, decay=decay)
    assert (found / people)[people > 0].to_numpy() == pytest.approx(per_head[people > 0].to_numpy(), nan_ok=True)


@settings(deadline=None)
@given(times=TIMES, seats=SUPPLY, people=DEMAND, decay=DECAYS)
def test_balanced_levels_of_service_add_up_to_those_of_the_places(
    times: Times, seats: pd.Series, people: pd.Series, decay: object
) -> None:
    weights = {pair: float(decay(np.array([minutes]))[0]) for pair, minutes in times.items()}
    own = {home: sum(w for (who, _), w in weights.items() if who == home) for home in people.index}
    level = 0.0
    for place, seated in seats.items():
        asked = sum(people[home] * w / own[home] for (home, where), w in weights.items() if where == place and w > 0)
        level += seated / asked if asked > 0 else 0.0
    found = floating_catchment(drawn(times), seats, people, decay=decay, method="bfca")
    assert found.sum() == pytest.approx(level, rel=1e-9, abs=1e-9)


@settings(deadline=None)
@given(times=TIMES, seats=SUPPLY, people=DEMAND, decay=DECAYS)
def test_with_a_step_the_enhanced_and_modified_catchments_are_the_plain_one(
    times: Times, seats: pd.Series, people: pd.Series, decay: object
) -> None:
    found = [
        floating_catchment(drawn(times), seats, people, decay=step(12), method=method)
        for method in ("2sfca", "e2sfca", "m2sfca")
    ]
    pd.testing.assert_series_equal(found[0], found[1], check_exact=True)
    pd.testing.assert_series_equal(found[0], found[2], check_exact=True)


@settings(deadline=None)
@given(times=TIMES, seen=TIMES, seats=SUPPLY, people=DEMAND, decay=DECAYS)
def test_candidate_parcels_do_not_change_each_other(
    times: Times, seen: Times, seats: pd.Series, people: pd.Series, decay: object
) -> None:
    for method in ("e2sfca", "m2sfca", "3sfca", "bfca"):
        options = {"decay": decay, "method": method}
        found = floating_catchment(drawn(times), seats, people, at=drawn(seen), **options)
        for home in "AE":
            own = table({pair: each for pair, each in seen.items() if pair[0] == home}, [home], list(seats.index))
            alone = floating_catchment(drawn(times), seats, people, at=own, **options)
            assert found[home] == alone[home] or (np.isnan(found[home]) and np.isnan(alone[home]))


@settings(deadline=None)
@given(times=TIMES, seats=SUPPLY, people=DEMAND, decay=DECAYS)
def test_a_parcel_that_stands_where_people_live_sees_what_they_have(
    times: Times, seats: pd.Series, people: pd.Series, decay: object
) -> None:
    for method in ("e2sfca", "m2sfca", "3sfca", "bfca"):
        options = {"decay": decay, "method": method}
        own = floating_catchment(drawn(times), seats, people, **options)
        seen = floating_catchment(drawn(times), seats, people, at=drawn(times), **options)
        pd.testing.assert_series_equal(own, seen, check_exact=True)
