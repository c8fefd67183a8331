"""An edited network is the one that would have been built from the edited roads."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import dijkstra

from siting.network import Network, from_lines, from_networkx, snap, travel_costs
from siting.network.edits import edit
from siting.network.graph import matrix_of
from tests.towns import block, grid, minutes, spots, streets

SQUARE = from_lines(block(), mode="drive")
ARRAYS = ("node_xy", "edge_from", "edge_to", "edge_length_m", "edge_forward_ms", "edge_backward_ms", "edge_kmh")
COMPONENTS = ("node_component", "component_sizes", "edge_component", "edge_group", "edge_is_major")


def assert_same(edited: Network, built: Network, roads: int) -> None:
    """Assert that two networks agree in every array; added roads count from `roads` on in the built one."""
    for name in (*ARRAYS, *COMPONENTS):
        np.testing.assert_array_equal(getattr(edited, name), getattr(built, name), err_msg=name)
    assert shapely.equals_identical(edited.edge_lines, built.edge_lines).all()
    assert edited.season == built.season
    known = built.edge_road < roads
    np.testing.assert_array_equal(edited.edge_road[known], built.edge_road[known])
    assert len(set(edited.edge_road[~known] - built.edge_road[~known])) <= 1


def edge_at(net: Network, x: float, y: float) -> int:
    return int(snap(net, spots(a=(x, y)).geometry)["edge"].iloc[0])


def test_a_closed_street_is_walked_around() -> None:
    south = edge_at(SQUARE, 500, 0)
    homes = spots(home=(0, 0), school=(1000, 0))
    # 1000 m at 20 km/h are 3 minutes, the other three sides 9
    assert minutes(travel_costs(SQUARE, homes, homes))["home", "school"] == pytest.approx(3)
    for close in ([south], np.arange(4) == south, {south}):
        shut = edit(SQUARE, close=close)
        assert minutes(travel_costs(shut, homes, homes))["home", "school"] == pytest.approx(9)
    assert minutes(travel_costs(SQUARE, homes, homes))["home", "school"] == pytest.approx(3)


def test_nothing_snaps_to_a_closed_street() -> None:
    shut = edit(SQUARE, close=[edge_at(SQUARE, 500, 0)])
    for net in (shut, shut.in_season("winter"), edit(shut, kmh={edge_at(shut, 500, 1000): 30})):
        at = snap(net, spots(a=(400, 10)).geometry).iloc[0]
        assert (at["status"], at["distance_m"]) == ("snapped", pytest.approx(390.1, abs=9.9))


def test_a_closed_bridge_parts_the_town() -> None:
    town = from_lines(streets([(0, 0), (100, 0)], [(100, 0), (200, 0)], [(200, 0), (300, 0)]), mode="walk")
    shut = edit(town, close=[edge_at(town, 150, 0)])
    west, east = edge_at(shut, 50, 0), edge_at(shut, 250, 0)
    assert shut.edge_group[west] != shut.edge_group[east]
    assert shut.edge_component[west] != shut.edge_component[east]
    assert town.edge_group[west] == town.edge_group[east]


def test_one_speed_leaves_a_one_way_street_one_way_and_two_speeds_open_it() -> None:
    net = from_lines(streets([(0, 0), (1000, 0)], oneway=["forward"]), mode="drive")
    once = edit(net, kmh={0: 60}).edges.iloc[0]
    assert once["minutes"] == 1
    assert np.isnan(once["minutes_back"])
    both = edit(net, kmh={0: (60, 30)}).edges.iloc[0]
    assert (both["minutes"], both["minutes_back"]) == (1, 2)
    turned = edit(net, kmh={0: (np.nan, 30)}).edges.iloc[0]
    assert np.isnan(turned["minutes"])
    assert turned["minutes_back"] == 2


def test_a_speed_shares_lines_and_components() -> None:
    assert SQUARE.node_component.tolist() == [0, 0, 0, 0]
    faster = edit(SQUARE, kmh={0: 60})
    assert np.shares_memory(faster.node_xy, SQUARE.node_xy)
    assert np.shares_memory(faster.edge_lines, SQUARE.edge_lines)
    assert faster.node_component is SQUARE.node_component
    assert SQUARE.edge_kmh.max() == 20


def test_an_added_street_joins_where_it_shares_a_vertex_and_only_there() -> None:
    town = streets([(0, 0), (500, 0), (1000, 0)], [(0, 500), (1000, 500)])
    new = streets([(500, 0), (500, 1000)])
    net = edit(from_lines(town, mode="walk"), add=new)
    # the southern street is cut at 500; the northern one is only crossed
    assert sorted(net.edges["length_m"]) == [500, 500, 1000, 1000]
    assert net.notes["crossings"] == 1
    assert sorted(net.edge_road.tolist()) == [0, 0, 1, 2]


def test_a_vertex_within_the_tolerance_takes_the_place_of_the_street_s() -> None:
    town = from_lines(streets([(0, 0), (500, 0), (1000, 0)]), mode="walk")
    near = edit(town, add=streets([(500.4, -0.3), (500, 300)], [(500, 300.5), (700, 300)]), tolerance_m=1)
    assert len(near.nodes) == 5
    assert [500, 0] in near.node_xy.tolist()
    assert len(near.edges) == 4
    assert len(edit(town, add=streets([(500.4, -0.3), (500, 300)])).nodes) == 4


def test_a_winter_network_stays_one() -> None:
    winter = from_lines(block(), mode="walk", season="winter")
    again = edit(winter, kmh={0: 4.5})
    assert again.season == "winter"
    np.testing.assert_array_equal(again.edge_forward_ms, winter.edge_forward_ms)
    summer = edit(winter, kmh={0: 9}).in_season("summer")
    assert summer.edges["minutes"].min() == pytest.approx(1000 / 150, abs=1e-4)


def test_lines_in_degrees_are_brought_to_the_network_s_crs() -> None:
    new = streets([(0, 0), (0, 0), (1000, 1000)])
    one, other = (edit(SQUARE, add=each) for each in (new, new.to_crs("EPSG:4326")))
    assert one.edge_from.tolist() == other.edge_from.tolist()
    assert len(one.edges) == 5


def test_roads_closed_to_the_mode_are_counted_and_add_nothing() -> None:
    net = edit(SQUARE, add=streets([(0, 0), (1000, 1000)], **{"class": ["steps"]}))
    assert len(net.edges) == 4
    assert net.notes["closed"] == 1


def test_edges_and_speeds_that_cannot_be_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="no edges 4, -1"):
        edit(SQUARE, close=[0, 4, -1])
    with pytest.raises(ValueError, match="no edges 9"):
        edit(SQUARE, kmh={9: 30})
    with pytest.raises(ValueError, match="edge 2: -5"):
        edit(SQUARE, kmh={1: 30, 2: -5})
    with pytest.raises(ValueError, match="edge 1: 30"):
        edit(edit(SQUARE, close=[1]), kmh={1: 30})
    with pytest.raises(ValueError, match="4 values"):
        edit(SQUARE, close=np.ones(3, bool))
    with pytest.raises(ValueError, match="boulevard"):
        edit(SQUARE, add=streets([(0, 0), (1, 1)], **{"class": ["boulevard"]}))


def test_a_network_from_given_times_can_only_be_closed() -> None:
    given_times = from_networkx(SQUARE.to_networkx(), weight="minutes")
    shut = edit(given_times, close=[0])
    assert shut.edges["minutes"].isna().tolist() == [True, False, False, False]
    for wish in ({"kmh": {0: 30}}, {"add": block()}):
        with pytest.raises(ValueError, match="no speeds"):
            edit(given_times, **wish)


CORNER = st.tuples(st.integers(0, 3), st.integers(0, 3))
LINES = st.lists(st.lists(CORNER, min_size=2, max_size=4, unique=True), min_size=1, max_size=8)
WAYS = st.sampled_from(["both", "forward", "backward"])
KMH = st.sampled_from([5.0, 10.0, 20.0, 60.0])
SEASONS = st.sampled_from(["summer", "winter"])


@st.composite
def roads(draw: st.DrawFn) -> gpd.GeoDataFrame:
    lines = draw(LINES)
    columns = {name: [draw(each) for _ in lines] for name, each in (("oneway", WAYS), ("speed_kmh", KMH))}
    return streets(*[[(100 * x, 100 * y) for x, y in line] for line in lines], **columns)


@settings(deadline=None, max_examples=200)
@given(old=roads(), new=roads(), season=SEASONS)
def test_added_lines_give_the_network_of_all_lines(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, season: str) -> None:
    both = pd.concat([old, new], ignore_index=True)
    edited = edit(from_lines(old, mode="drive", season=season), add=new)
    assert_same(edited, from_lines(both, mode="drive", season=season), len(old))


@settings(deadline=None, max_examples=100)
@given(old=roads(), new=st.lists(roads(), min_size=2, max_size=3))
def test_lines_added_one_after_the_other_are_lines_added_at_once(old: gpd.GeoDataFrame, new: list) -> None:
    net = from_lines(old, mode="drive")
    for each in new:
        net = edit(net, add=each)
    built = from_lines(pd.concat([old, *new], ignore_index=True), mode="drive")
    np.testing.assert_array_equal(net.edge_road, built.edge_road)
    assert_same(net, built, len(old))


@settings(deadline=None, max_examples=200)
@given(old=roads(), speeds=st.lists(KMH, min_size=8, max_size=8), season=SEASONS)
def test_new_speeds_give_the_network_of_roads_with_these_speeds(
    old: gpd.GeoDataFrame, speeds: list, season: str
) -> None:
    net = from_lines(old, mode="drive", season=season)
    edited = edit(net, kmh={edge: speeds[road] for edge, road in enumerate(net.edge_road.tolist())})
    built = from_lines(old.assign(speed_kmh=speeds[: len(old)]), mode="drive", season=season)
    assert_same(edited, built, len(old))


@settings(deadline=None, max_examples=200)
@given(old=roads(), data=st.data())
def test_between_corners_a_closed_road_is_as_one_that_was_never_there(
    old: gpd.GeoDataFrame, data: st.DataObject
) -> None:
    closed = data.draw(st.integers(0, len(old) - 1))
    assume(len(old) > 1)
    net = from_lines(old, mode="drive")
    times = _node_times(edit(net, close=net.edge_road == closed))
    theirs = _node_times(from_lines(old.drop(index=closed), mode="drive"))
    # without the road its corners are none, and two roundings become one
    assert {pair: times[pair] for pair in theirs} == pytest.approx(theirs, abs=20)


def _node_times(net: Network) -> dict[tuple, float]:
    times = dijkstra(matrix_of(net.graph))
    names = [tuple(each) for each in net.node_xy.tolist()]
    return {(a, b): times[i, j] for i, a in enumerate(names) for j, b in enumerate(names)}


def test_the_inputs_are_not_changed() -> None:
    town = from_lines(streets(*grid(4)), mode="drive")
    before = {name: getattr(town, name).copy() for name in ARRAYS}
    notes = town.notes.copy()
    new = streets([(0, 0), (100, 100)])
    kept = new.copy()
    edit(town, close=[0], kmh={1: 50}, add=new)
    assert new.equals(kept)
    assert town.notes == notes
    for name, values in before.items():
        np.testing.assert_array_equal(getattr(town, name), values)
