"""Every measure is the same by matrix, by stream over the streets, and in any order of rows."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from siting.access import (
    balancing_time,
    competitive,
    cumulative,
    cumulative_interval,
    floating_catchment,
    gravity,
    marginal,
    multimodal,
    nearest,
    nearest_k,
    school_places,
    spatial_availability,
    step,
)
from siting.base.travel import Reach, TravelCosts
from siting.network import Network, StreetReach, snap
from siting.network import reach as streets
from tests.access.drawn import DECAYS, DEMAND, SUPPLY, TIMES, Times, drawn
from tests.network.test_reach_properties import POINTS, towns
from tests.towns import spots

Frame = pd.DataFrame | pd.Series
Asked = Callable[[Reach, pd.Series, pd.Series, object], Frame]


def _competitive(reach: Reach, seats: pd.Series, people: pd.Series, decay: object) -> Frame:
    try:
        return competitive(reach, seats, people, decay=decay, tolerance=1e-11, rounds=40)
    except ValueError as error:
        return pd.Series(str(error).split("rounds")[-1], index=reach.origins)


def _marginal(reach: Reach, seats: pd.Series, people: pd.Series, decay: object) -> Frame:
    return marginal(reach, seats, people, site=reach, added=people, decay=decay, notable=0.0123)


def _catchment(method: str) -> Asked:
    return lambda reach, seats, people, decay: floating_catchment(reach, seats, people, decay=decay, method=method)


MEASURES: dict[str, Asked] = {
    "nearest": lambda reach, *_: nearest(reach)[["minutes"]],
    "nearest_k": lambda reach, *_: nearest_k(reach, 2)[["minutes"]],
    "cumulative": lambda reach, seats, *_: cumulative(reach, seats, cutoff=3),
    "cumulative_interval": lambda reach, seats, *_: cumulative_interval(reach, seats, interval=(1, 4)),
    "gravity": lambda reach, seats, _, decay: gravity(reach, seats, decay=decay),
    "balancing_time": lambda reach, seats, people, _: balancing_time(reach, seats, people),
    "2sfca": lambda reach, seats, people, _: floating_catchment(reach, seats, people, decay=step(3), method="2sfca"),
    **{method: _catchment(method) for method in ("e2sfca", "m2sfca", "3sfca", "bfca")},
    "raam": lambda reach, seats, people, _: floating_catchment(reach, seats, people, method="raam", tau=5),
    "spatial_availability": lambda reach, *amounts: spatial_availability(reach, *amounts[:2], decay=amounts[2]),
    "competitive": _competitive,
    "multimodal": lambda reach, seats, people, decay: multimodal(
        {"walk": reach, "drive": reach}, seats, people, shares={"walk": 0.25, "drive": 0.75}, decays=decay
    ),
    "marginal": _marginal,
    "school_places": lambda reach, seats, people, _: school_places(reach, seats, people),
}


@pytest.mark.parametrize("name", MEASURES)
@settings(deadline=None, max_examples=12)
@given(net=towns(), homes=POINTS, shops=POINTS, amounts=st.tuples(SUPPLY, DEMAND), decay=DECAYS)
def test_matrix_and_stream_agree(
    name: str, net: Network, homes: list, shops: list, amounts: tuple[pd.Series, pd.Series], decay: object
) -> None:
    assume(net.edge_is_major.any())
    origins, places = (
        spots(**{f"{letter}{i}": (10.0 * x, 10.0 * y) for i, (x, y) in enumerate(points)})
        for letter, points in (("h", homes), ("s", shops))
    )
    # seats and people drawn for other names, dealt round
    seats = pd.Series(np.resize(amounts[0], len(places)), index=places.index)
    people = pd.Series(np.resize(amounts[1], len(origins)), index=origins.index)
    reach = StreetReach(net, snap(net, origins.geometry), snap(net, places.geometry), cutoff=60)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streets, "BLOCK_PAIRS", 3)
        streamed = MEASURES[name](reach, seats, people, decay)
    whole = MEASURES[name](reach.costs(), seats, people, decay)
    compare = pd.testing.assert_frame_equal if isinstance(whole, pd.DataFrame) else pd.testing.assert_series_equal
    compare(streamed, whole, check_index_type=False, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", MEASURES)
@settings(deadline=None, max_examples=25)
@given(times=TIMES, seats=SUPPLY, people=DEMAND, decay=DECAYS, mixer=st.randoms(use_true_random=False))
def test_shuffled_rows_change_no_bit(
    name: str, times: Times, seats: pd.Series, people: pd.Series, decay: object, mixer: object
) -> None:
    costs = drawn(times)
    mixed = [list(each) for each in (costs.origins, costs.places, seats.index, people.index, range(len(costs)))]
    for each in mixed:
        mixer.shuffle(each)
    again = TravelCosts.from_table(
        costs.table().iloc[mixed[4]], mode="given", origins=pd.Index(mixed[0]), places=pd.Index(mixed[1])
    )
    once = MEASURES[name](costs, seats, people, decay)
    twice = MEASURES[name](again, seats[mixed[2]], people[mixed[3]], decay)
    assert list(twice.index) == mixed[0]
    compare = pd.testing.assert_frame_equal if isinstance(once, pd.DataFrame) else pd.testing.assert_series_equal
    compare(twice.reindex(once.index), once, check_exact=True)


@pytest.mark.parametrize("name", MEASURES)
def test_inputs_stay_as_they_were(name: str) -> None:
    costs = drawn({("A", "w"): 1.0, ("A", "x"): 2.0, ("B", "w"): 2.0})
    seats, people = pd.Series(range(4), index=list("zyxw")), pd.Series(range(5), index=list("EDCBA"))
    kept = [each.copy() for each in (costs.table(), seats, people)]
    partial(MEASURES[name], costs, seats, people)(step(5))
    pd.testing.assert_frame_equal(costs.table(), kept[0])
    pd.testing.assert_series_equal(seats, kept[1])
    pd.testing.assert_series_equal(people, kept[2])
