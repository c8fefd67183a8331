"""Calls from Python with the wrong things: a ValueError that names the argument, and inputs as they were."""

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import siting
from siting import access, indicators, network, parcels, score
from tests import towns

WRONG = (None, 7, "x", [1, 2], {"a": 1}, pd.DataFrame({"a": [1]}), b"\0")
ORIGINS, PLACES = towns.spots(a=(0, 0), b=(500, 0)), towns.spots(s=(1000, 0))
AMOUNTS = pd.Series([1.0], index=PLACES.index)
Call = Callable[[Any], object]


@pytest.fixture(scope="module")
def net() -> network.Network:
    return network.from_lines(towns.block(**{"class": ["local"] * 4}), mode="walk")


def calls(net: network.Network) -> dict[str, Call]:
    """Return a call for each public argument that a table or shape is wanted for."""
    costs = network.travel_costs(net, ORIGINS, PLACES, cutoff=60)
    jobs = pd.Series([1.0])
    return {
        "roads": lambda bad: network.from_lines(bad, mode="walk"),
        "origins": lambda bad: network.travel_costs(net, bad, PLACES, cutoff=60),
        "places": lambda bad: network.nearest(net, ORIGINS, bad, k=1),
        "amounts": lambda bad: access.cumulative(costs, bad, cutoff=15),
        "column": lambda bad: score.value(bad, worst=0, best=1),
        "parcels": lambda bad: parcels.screen(bad, []),
        "units": lambda bad: indicators.jobs_housing(None if isinstance(bad, pd.DataFrame) else bad, jobs, jobs),
        "values": lambda bad: score.combine(None if isinstance(bad, pd.DataFrame) else bad, {"a": 1.0}),
        "table": lambda bad: siting.TravelCosts.from_table(bad, mode="given", cutoff=10),
    }


@pytest.mark.parametrize(
    "name", ["roads", "origins", "places", "amounts", "column", "parcels", "units", "values", "table"]
)
@pytest.mark.parametrize("bad", WRONG, ids=lambda bad: type(bad).__name__)
def test_a_wrong_argument_is_a_value_error_with_its_name(net: network.Network, name: str, bad: object) -> None:
    with pytest.raises(ValueError, match=name):
        calls(net)[name](bad)


def test_empty_frames_give_empty_answers(net: network.Network) -> None:
    none = ORIGINS.iloc[:0]
    assert network.travel_costs(net, none, PLACES, cutoff=60).table().empty
    assert network.nearest(net, none, PLACES, k=1).empty
    assert parcels.screen(towns.plots(a=(0, 0, 10, 10)).iloc[:0], []) == []
    assert score.value(pd.Series([], dtype=float), worst=0, best=1).empty


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(-50, 50)), min_size=1, max_size=6), st.floats(1, 90))
def test_no_call_changes_what_it_is_given(points: list[tuple[int, int]], cutoff: float) -> None:
    roads = towns.block(**{"class": ["local"] * 4})
    origins = towns.spots(**{f"o{n}": each for n, each in enumerate(points)})
    amounts = AMOUNTS.copy()
    given_frames: list[gpd.GeoDataFrame | pd.Series] = [roads, origins, PLACES, amounts]
    before = [each.copy(deep=True) for each in given_frames]
    net = network.from_lines(roads, mode="walk")
    costs = network.travel_costs(net, origins, PLACES, cutoff=cutoff)
    network.nearest(net, origins, PLACES, k=1)
    network.accumulate(net, origins, PLACES, amounts, cutoffs=[cutoff])
    sums = access.cumulative(costs, amounts, cutoff=cutoff)
    score.combine(pd.DataFrame({"a": score.value(sums, worst=0, best=1)}), {"a": 1.0})
    for frame, former in zip(given_frames, before, strict=True):
        assert frame.equals(former)
