"""RAAM by hand on two places, and what an equilibrium is in any town."""

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from siting.access import equilibrium, floating_catchment, raam, step
from siting.base.travel import TravelCosts
from tests.access.drawn import DEMAND, SUPPLY, TIMES, TOWN, Times, drawn, one_place, table

ONE_SEAT = pd.Series({"x": 1.0, "y": 1.0})


def test_people_spread_until_the_longer_way_is_paid_by_the_emptier_place() -> None:
    # tau 10, rho 10: x costs D_x/10, y one more for the ten minutes of A; A has 20 people, B at y has 5:
    # D_x = D_y + 10 and D_x + D_y = 25, so 17.5 and 7.5: A pays 1.75 either way, B .75
    options = {"tau": 10, "rho": 10}
    people = pd.Series({"A": 20.0, "B": 5.0})
    assert raam(table(TOWN), ONE_SEAT, people, **options).to_dict() == pytest.approx({"A": 1.75, "B": 0.75}, abs=2e-6)
    found = equilibrium(table(TOWN), ONE_SEAT, people, **options)
    assert found.load.to_dict() == pytest.approx({"x": 17.5, "y": 7.5}, abs=1e-4)
    assert found.crowding.to_dict() == pytest.approx({"x": 1.75, "y": 0.75}, abs=2e-6)


def test_the_mean_fullness_is_that_of_all_demand_and_supply() -> None:
    # 40 people for one seat at x, which is as full as the mean: 1, and 6 of tau 12 minutes
    found = floating_catchment(
        one_place(6, 6), pd.Series({"x": 1.0}), pd.Series({"A": 10.0, "B": 30.0}), method="raam", tau=12
    )
    assert found.to_dict() == pytest.approx({"A": 1.5, "B": 1.5}, abs=1e-6)


def test_a_step_bounds_the_catchment_and_who_is_outside_is_missing() -> None:
    found = floating_catchment(
        one_place(6, 7), pd.Series({"x": 1.0}), pd.Series({"A": 10.0, "B": 30.0}), method="raam", tau=12, decay=step(6)
    )
    # rho is 40, of all people; A alone fills a quarter of it
    assert found["A"] == pytest.approx(0.75, abs=1e-6)
    assert np.isnan(found["B"])


def test_a_candidate_parcel_joins_the_best_place_without_crowding_it() -> None:
    people = pd.Series({"A": 20.0, "B": 5.0})
    seen = table({("C", "x"): 5.0, ("C", "y"): 20.0, ("D", "y"): 0.0}, "CDE")
    found = raam(table(TOWN), ONE_SEAT, people, tau=10, rho=10, at=seen)
    # C: x at .5 + 1.75 before y at 2 + .75
    assert found.to_dict() == pytest.approx({"C": 2.25, "D": 0.75, "E": np.nan}, abs=2e-6, nan_ok=True)


def test_a_place_without_seats_takes_nobody() -> None:
    found = equilibrium(table(TOWN), pd.Series({"x": 0.0, "y": 1.0}), pd.Series({"A": 20.0, "B": 5.0}), tau=10)
    assert found.load.to_dict() == {"x": 0, "y": pytest.approx(25)}
    assert np.isnan(found.crowding["x"])


@pytest.mark.parametrize("people", [0.0, 5.0])
def test_without_people_or_seats_there_is_no_crowding(people: float) -> None:
    found = raam(one_place(6), pd.Series({"x": 0.0 if people else 1.0}), pd.Series({"A": people}), tau=12)
    assert np.isnan(found["A"]) if people else found["A"] == 0.5


@pytest.mark.parametrize("terms", [{"tau": 0}, {"tau": 5, "rho": -1}, {"tau": 5, "tolerance": 0}, {"tau": "5"}])
def test_terms_that_cannot_be_are_refused_by_name(terms: dict) -> None:
    with pytest.raises(ValueError, match=list(terms)[-1]):
        raam(table(TOWN), ONE_SEAT, pd.Series({"A": 20.0, "B": 5.0}), **terms)


@settings(deadline=None)
@given(times=TIMES, seats=SUPPLY, people=DEMAND)
def test_all_who_reach_a_seat_are_placed_and_places_are_as_crowded_as_their_load_says(
    times: Times, seats: pd.Series, people: pd.Series
) -> None:
    found = equilibrium(drawn(times), seats, people, tau=10, rho=2)
    served = sorted({home for home, place in times if seats[place] > 0})
    assert found.load.sum() == pytest.approx(people[served].sum(), rel=1e-9)
    open_ = seats > 0
    assert found.crowding[open_].to_numpy() == pytest.approx((found.load / seats / 2)[open_].to_numpy(), abs=1e-5)


@settings(deadline=None)
@given(times=TIMES, seats=SUPPLY, people=DEMAND)
def test_the_sum_of_costs_paid_is_that_of_the_loads_so_no_one_pays_more_than_the_least(
    times: Times, seats: pd.Series, people: pd.Series
) -> None:
    # what is paid to crowding is Σ D_j x crowding_j; the rest, travel, is at least that of the nearest places
    found = equilibrium(drawn(times), seats, people, tau=10, rho=2)
    paid = (raam(drawn(times), seats, people, tau=10, rho=2) * people).sum()
    travel = paid - (found.load * found.crowding).sum()
    open_times = {pair: each for pair, each in times.items() if seats[pair[1]] > 0}
    for best, sign in ((min, 1), (max, -1)):
        bound = sum(
            people[home] * best(each for (who, _), each in open_times.items() if who == home) / 10
            for home in {who for who, _ in open_times}
        )
        assert sign * (travel - bound) >= -1e-3 * max(1.0, paid)


def test_a_city_of_five_thousand_homes_and_fifty_places_takes_seconds() -> None:
    random = np.random.default_rng(5)
    homes, places = random.random((5000, 2)) * 60, random.random((50, 2)) * 60
    minutes = np.hypot(*(homes[:, None] - places[None]).transpose(2, 0, 1))
    home, place = np.nonzero(minutes < 30)
    pairs = pd.DataFrame({"origin": home, "destination": place, "minutes": minutes[home, place]})
    labels = {"origins": pd.RangeIndex(5000), "places": pd.RangeIndex(50)}
    costs = TravelCosts.from_table(pairs, mode="given", **labels)
    seats, people = pd.Series(random.integers(1, 99, 50)), pd.Series(random.integers(0, 500, 5000))
    start = time.perf_counter()
    found = equilibrium(costs, seats, people, tau=10)
    assert time.perf_counter() - start < 20
    # a fifth opinion: at these crowdings, everyone at the least cost fills the places as they are
    cost = minutes / 10 + found.crowding.to_numpy()
    cost[minutes >= 30] = np.inf
    clear = np.sort(cost, axis=1)[:, 1] - cost.min(axis=1) > 1e-5
    sure = np.bincount(cost.argmin(axis=1)[clear], people[clear], 50)
    maybe = np.bincount(np.nonzero(~clear[:, None] & (cost < cost.min(axis=1)[:, None] + 1e-5))[1], minlength=50)
    assert (sure <= found.load.to_numpy() + 1e-3).all()
    assert (~clear).sum() <= 60
    assert np.abs(sure - found.load.to_numpy())[maybe == 0] == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("seed", [2, 8, 29, 94, 191, 366, 382, 388])
def test_places_of_very_different_sizes_settle_too(seed: int) -> None:
    random = np.random.default_rng(seed)
    count = int(random.integers(10, 200)), int(random.integers(5, 60))
    homes, places = (random.random((many, 2)) * 60 for many in count)
    minutes = np.hypot(*(homes[:, None] - places[None]).transpose(2, 0, 1))
    home, place = np.nonzero(minutes < 15)
    pairs = pd.DataFrame({"origin": home, "destination": place, "minutes": minutes[home, place]})
    labels = {"origins": pd.RangeIndex(count[0]), "places": pd.RangeIndex(count[1])}
    costs = TravelCosts.from_table(pairs, mode="given", **labels)
    seats, people = (
        pd.Series(random.integers(1, 99, many) * 10.0 ** random.integers(low, low + size, many))
        for many, low, size in ((count[1], -3, 7), (count[0], -2, 5))
    )
    found = equilibrium(costs, seats, people, tau=10)
    assert found.load.sum() == pytest.approx(people[np.unique(home)].sum(), rel=1e-9)
    # no one stays at a place that is clearly beaten: its load would be 0
    cost = np.where(minutes < 15, minutes / 10 + found.crowding.to_numpy(), np.inf)
    beaten = cost > cost.min(axis=1)[:, None] + 1e-3
    assert (found.load[beaten.all(axis=0)] < 1e-6 * people.sum()).all()
    rho = people.sum() / seats.sum()
    assert found.crowding.to_numpy() == pytest.approx((found.load / seats / rho).to_numpy(), rel=1e-4, abs=1e-4)
