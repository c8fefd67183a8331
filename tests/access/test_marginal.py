"""What new homes take from those already there: by hand, and against computing it all anew."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from siting.access import competitive, floating_catchment, free_places, marginal, school_places, step, with_site
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
    table,
)

PARCELS = table({("p", "y"): 0.0, ("q", "x"): 10.0, ("q", "y"): 10.0}, "pqr")
ADDED = pd.Series({"p": 25.0, "q": 10.0, "r": 10.0})


def test_the_town_by_hand() -> None:
    # as in test_catchments: D = 10, 25, R = 3, 2, A_A = 4, A_B = 2, mean 80/30.
    # p adds 25 at y: R_y = 50/50 = 1. A falls to 3 + 1/2, an eighth; B to 1, a half; lost 10/2 + 20 = 25 = 25 x 1
    # q adds 10 at half weight to both: R = 30/15, 50/30. A falls by 1 + 1/6, B by 1/3; lost 10 x 7/6 + 20/3 = 55/3
    found = marginal(table(TOWN), SEATS, PEOPLE, site=PARCELS, added=ADDED, decay=HALF_AT_TEN, notable=0.2)
    assert found.loc["p"].to_dict() == pytest.approx(
        {"newcomers": 1, "before": 8 / 3, "after": 55 / 30, "lost": 25, "people_losing": 20, "worst_loss": 0.5}
    )
    assert found.loc["q"].to_dict() == pytest.approx(
        {
            "newcomers": (2 + 5 / 3) / 2,
            "before": 8 / 3,
            "after": (80 - 55 / 3) / 30,
            "lost": 55 / 3,
            "people_losing": 10,
            "worst_loss": (7 / 6) / 4,
        }
    )
    assert np.isnan(found.loc["r", "newcomers"])
    assert found.loc["r", ["after", "lost", "people_losing", "worst_loss"]].tolist() == pytest.approx([8 / 3, 0, 0, 0])


def test_newcomers_may_be_the_first_at_a_school_and_then_nobody_loses() -> None:
    costs = table({("A", "x"): 0.0})
    found = marginal(costs, SEATS, PEOPLE, site=PARCELS, added=ADDED, decay=step(5), notable=0.05)
    assert found.loc["p"].to_dict() == {
        "newcomers": 2,
        "before": 3,
        "after": 3,
        "lost": 0,
        "people_losing": 0,
        "worst_loss": 0,
    }


def test_a_loss_of_just_the_notable_share_is_not_more_than_it() -> None:
    found = [
        marginal(table(TOWN), SEATS, PEOPLE, site=PARCELS, added=ADDED, decay=HALF_AT_TEN, notable=share)
        for share in (0.5, 0.4999)
    ]
    assert [each.loc["p", "people_losing"] for each in found] == [0, 20]


@settings(deadline=None)
@given(times=TIMES, seen=TIMES, seats=SUPPLY, people=DEMAND, added=DEMAND, decay=DECAYS)
def test_it_is_what_comes_out_when_the_homes_are_put_in_and_all_is_computed_anew(
    times: Times, seen: Times, seats: pd.Series, people: pd.Series, added: pd.Series, decay: object
) -> None:
    costs, site = drawn(times), drawn(seen)
    found = marginal(costs, seats, people, site=site, added=added, decay=decay, notable=0.05)
    measure = partial(floating_catchment, decay=decay, method="e2sfca")
    for parcel in site.origins:
        new = with_site(costs, seats, people, site=site, parcel=parcel, added=added[parcel], measure=measure)
        row = found.loc[parcel]
        loss = (new.before - new.after).where(people > 0)
        assert row["newcomers"] == pytest.approx(new.newcomers, rel=1e-9, nan_ok=True)
        assert row["lost"] == pytest.approx((loss * people).sum(), rel=1e-9, abs=1e-9)
        served = people.where(new.before.notna())
        for name, access in (("before", new.before), ("after", new.after)):
            mean = (access * people).sum() / served.sum() if served.sum() else np.nan
            assert row[name] == pytest.approx(mean, rel=1e-9, abs=1e-9, nan_ok=True)
        shares = (loss / new.before.where(new.before > 0)).fillna(0)
        assert row["worst_loss"] == pytest.approx(shares.max(), abs=1e-9)
        if (shares - 0.05).abs().min() > 1e-6:
            assert row["people_losing"] == pytest.approx(people[shares > 0.05].sum())


@settings(deadline=None)
@given(times=TIMES, seats=SUPPLY, people=DEMAND, added=DEMAND, decay=DECAYS)
def test_those_already_there_lose_what_the_newcomers_take(
    times: Times, seats: pd.Series, people: pd.Series, added: pd.Series, decay: object
) -> None:
    # everyone lives where a parcel is, so that newcomers join places that have demand
    found = marginal(drawn(times), seats, people + 1, site=drawn(times), added=added, decay=decay, notable=0.05)
    taken = (found["newcomers"] * added).fillna(0)
    assert found["lost"].to_numpy() == pytest.approx(taken.to_numpy(), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("method", ["m2sfca", "3sfca", "bfca", "raam", "competitive"])
def test_any_measure_can_be_taken_with_the_homes_put_in(method: str) -> None:
    measure = {
        "raam": partial(floating_catchment, method="raam", tau=10),
        "competitive": partial(competitive, decay=HALF_AT_TEN),
    }.get(method, partial(floating_catchment, decay=HALF_AT_TEN, method=method))
    seats = pd.Series({"x": 20.0, "y": 50.0})
    new = with_site(table(TOWN), seats, PEOPLE, site=PARCELS, parcel="q", added=10, measure=measure)
    # the same by hand: q as a third home
    joined = table({**TOWN, ("q", "x"): 10.0, ("q", "y"): 10.0}, "ABq")
    expected = measure(joined, seats, pd.concat([PEOPLE, pd.Series({"q": 10.0})]))
    assert new.newcomers == pytest.approx(expected["q"], rel=1e-5)
    assert new.after.to_dict() == pytest.approx(expected[["A", "B"]].to_dict(), rel=1e-5)
    assert new.before.to_dict() == pytest.approx(measure(table(TOWN), seats, PEOPLE).to_dict(), rel=1e-5)


def test_what_cannot_be_is_refused_by_name() -> None:
    options = {"site": PARCELS, "added": ADDED, "decay": step(5)}
    with pytest.raises(ValueError, match="notable"):
        marginal(table(TOWN), SEATS, PEOPLE, **options, notable=5)
    with pytest.raises(ValueError, match="added"):
        marginal(table(TOWN), SEATS, PEOPLE, **{**options, "added": -ADDED}, notable=0.05)
    with pytest.raises(ValueError, match="parcel"):
        with_site(table(TOWN), SEATS, PEOPLE, site=PARCELS, parcel="z", added=1, measure=floating_catchment)


def test_free_seats_are_never_less_than_none_and_the_overfull_are_told() -> None:
    found = free_places(pd.Series({"x": 30.0, "y": 50.0, "z": 5.0}), pd.Series({"y": 60.0, "x": 10.0}))
    assert found.loc[["x", "y"]].to_numpy().tolist() == [[20, 0], [0, 10]]
    assert found.loc["z"].isna().all()
    with pytest.raises(ValueError, match="enrolled must not be negative: x"):
        free_places(pd.Series({"x": 1.0}), pd.Series({"x": -1.0}))


def test_school_places_needed_are_set_against_those_free_within_reach() -> None:
    # p is at y, q ten minutes from both, r reaches no school
    homes = pd.Series({"p": 100.0, "q": 100.0, "r": 10.0})
    found = school_places(PARCELS, pd.Series({"x": 20.0, "y": 5.0}), homes * 0.2)
    assert found.loc["p"].tolist() == [20, 5, 15]
    assert found.loc["q"].tolist() == [20, 25, 0]
    assert found.loc["r"].tolist() == [2, 0, 2]
