"""Competition by several modes: by hand, and as the single-mode catchment that it contains.

Town: on foot A is at x and B at y, by car both reach both. A (10 people) walks half the time, B (20) always.
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.access import floating_catchment, multimodal, step
from tests.access.drawn import DECAYS, DEMAND, PEOPLE, SEATS, SUPPLY, TIMES, Times, drawn, table

WALK = table({("A", "x"): 0.0, ("B", "y"): 0.0})
DRIVE = table({(home, place): 5.0 for home in "AB" for place in "xy"})
SHARES = {"walk": pd.Series({"A": 0.5, "B": 1.0, "C": 0.0}), "drive": pd.Series({"A": 0.5, "B": 0.0, "C": 1.0})}


def test_the_town_by_hand() -> None:
    # D_x = (1/2 + 1/2) 10 = 10, D_y = 1/2 x 10 + 20 = 25; R = 3, 2; A = 1/2 x 3 + 1/2 x (3 + 2), B = 2
    found = multimodal({"walk": WALK, "drive": DRIVE}, SEATS, PEOPLE, shares=SHARES, decays=step(10))
    assert found.to_dict() == {"A": 4, "B": 2}


def test_a_mode_may_have_its_own_decay() -> None:
    # nobody drives five minutes: D_x = 5, D_y = 20; R = 6, 2.5; A walks to x half the time
    decays = {"walk": step(10), "drive": step(4)}
    found = multimodal({"walk": WALK, "drive": DRIVE}, SEATS, PEOPLE, shares=SHARES, decays=decays)
    assert found.to_dict() == {"A": 3, "B": 2.5}


def test_a_candidate_parcel_sees_the_competition_by_its_own_modes() -> None:
    at = {"walk": table({("C", "y"): 0.0}, "C"), "drive": table({("C", "x"): 5.0}, "C")}
    found = multimodal({"walk": WALK, "drive": DRIVE}, SEATS, PEOPLE, shares=SHARES, decays=step(10), at=at)
    assert found.to_dict() == {"C": 3}


def test_a_place_reached_only_by_a_mode_that_no_one_uses_is_not_reached() -> None:
    found = multimodal(
        {"walk": table({("A", "x"): 0.0}), "drive": DRIVE},
        SEATS,
        PEOPLE,
        shares={"walk": 1, "drive": 0},
        decays=step(9),
    )
    assert found["A"] == 3
    assert np.isnan(found["B"])


@settings(deadline=None)
@given(times=TIMES, seats=SUPPLY, people=DEMAND, decay=DECAYS, share=st.sampled_from([0.0, 0.3, 1.0]))
def test_two_modes_of_the_same_times_are_one(
    times: Times, seats: pd.Series, people: pd.Series, decay: object, share: float
) -> None:
    one = floating_catchment(drawn(times), seats, people, decay=decay, method="e2sfca")
    reaches = {"walk": drawn(times), "drive": drawn(times)}
    both = multimodal(reaches, seats, people, shares={"walk": share, "drive": 1 - share}, decays=decay)
    assert both.to_numpy() == pytest.approx(one.to_numpy(), rel=1e-9, nan_ok=True)


@settings(deadline=None)
@given(walk=TIMES, drive=TIMES, seats=SUPPLY, people=DEMAND, share=st.floats(0, 1))
def test_the_seats_that_someone_reaches_by_a_mode_in_use_are_given_out_whole(
    walk: Times, drive: Times, seats: pd.Series, people: pd.Series, share: float
) -> None:
    shares = {"walk": share, "drive": 1 - share}
    found = multimodal({"walk": drawn(walk), "drive": drawn(drive)}, seats, people, shares=shares, decays=step(240))
    used = [times for times, part in ((walk, share), (drive, 1 - share)) if part > 0]
    reached = {place for times in used for home, place in times if people[home] > 0}
    assert (found * people).sum() == pytest.approx(seats[sorted(reached)].sum(), rel=1e-9)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"shares": {"walk": 0.5, "drive": 0.4}}, "shares must add up to 1 for each origin, not 0.9 for A"),
        ({"shares": {"walk": 1.5, "drive": -0.5}}, "shares must not be negative"),
        ({"shares": {"walk": 1.0}}, "shares must have the modes"),
        ({"decays": {"walk": step(5)}}, "decays must have the modes"),
        ({"at": {"walk": WALK}}, "at must have the modes"),
        ({"reaches": {}}, "modes"),
        ({"reaches": {"walk": WALK, "drive": table({("A", "x"): 1.0}, "BA")}}, "same origins"),
        ({"reaches": {"walk": WALK, "drive": table({("A", "x"): 1.0}, "AB", "xz")}}, "same places"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(changed: dict, named: str) -> None:
    terms = {"reaches": {"walk": WALK, "drive": DRIVE}, "shares": SHARES, "decays": step(5), **changed}
    with pytest.raises(ValueError, match=named):
        multimodal(terms.pop("reaches"), SEATS, PEOPLE, **terms)
