"""What holds in every town: small random ones, and Helsinki, against oracles that are not ours."""

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import dijkstra

from siting.network import Network, StreetReach, from_lines, from_networkx, from_osm, snap, travel_costs
from tests.shared_data import helsinki
from tests.towns import minutes, oracle_minutes, spots, streets

CORNER = st.tuples(st.integers(0, 3), st.integers(0, 3))
LINES = st.lists(st.lists(CORNER, min_size=2, max_size=4, unique=True), min_size=1, max_size=8)
POINTS = st.lists(st.tuples(st.integers(-3, 33), st.integers(-3, 33)), min_size=1, max_size=6)
WAYS = st.lists(st.sampled_from(["both", "forward", "backward"]), min_size=8, max_size=8)
SPEEDS = st.lists(st.sampled_from([5.0, 10.0, 20.0, 60.0]), min_size=8, max_size=8)


@st.composite
def towns(draw: st.DrawFn) -> Network:
    """Draw a network of a few streets, one-way ones among them."""
    lines = draw(LINES)
    many = len(lines)
    roads = streets(
        *[[(100 * x, 100 * y) for x, y in line] for line in lines],
        oneway=draw(WAYS)[:many],
        speed_kmh=draw(SPEEDS)[:many],
    )
    return from_lines(roads, mode="drive")


def _named(letter: str, points: list[tuple[int, int]]) -> object:
    return spots(**{f"{letter}{i}": (10.0 * x, 10.0 * y) for i, (x, y) in enumerate(points)})


@settings(deadline=None, max_examples=150)
@given(net=towns(), homes=POINTS, shops=POINTS, direction=st.sampled_from(["to", "from"]))
def test_times_are_those_that_networkx_finds_on_streets_cut_at_every_point(
    net: Network, homes: list, shops: list, direction: str
) -> None:
    assume(net.edge_is_major.any())
    origins, places = _named("h", homes), _named("s", shops)
    ours = minutes(travel_costs(net, origins, places, direction=direction))
    if direction == "from":
        origins, places = places, origins
    theirs = oracle_minutes(net, {"origin": snap(net, origins.geometry), "place": snap(net, places.geometry)})
    if direction == "from":
        theirs = {(place, origin): time for (origin, place), time in theirs.items()}
    assert ours == pytest.approx(theirs, abs=1e-4)


@settings(deadline=None, max_examples=60)
@given(net=towns(), homes=POINTS, shops=POINTS, cutoffs=st.tuples(st.integers(1, 200), st.integers(1, 200)))
def test_a_longer_cutoff_never_reaches_less_and_changes_no_time(
    net: Network, homes: list, shops: list, cutoffs: tuple[int, int]
) -> None:
    assume(net.edge_is_major.any())
    origins, places = _named("h", homes), _named("s", shops)
    short, long = (minutes(travel_costs(net, origins, places, cutoff=each / 10)) for each in sorted(cutoffs))
    assert short.items() <= long.items()


@settings(deadline=None, max_examples=60)
@given(net=towns(), homes=POINTS, shops=POINTS)
def test_adding_a_place_never_changes_another_s_time(net: Network, homes: list, shops: list) -> None:
    assume(net.edge_is_major.any())
    origins, places = _named("h", homes), _named("s", shops)
    alone = minutes(travel_costs(net, origins, places.iloc[:1]))
    together = minutes(travel_costs(net, origins, places))
    assert alone == {pair: time for pair, time in together.items() if pair[1] == "s0"}


@settings(deadline=None, max_examples=60)
@given(net=towns(), homes=POINTS, shops=POINTS)
def test_the_way_back_is_the_way_there_with_the_roles_exchanged(net: Network, homes: list, shops: list) -> None:
    assume(net.edge_is_major.any())
    origins, places = _named("h", homes), _named("s", shops)
    back = minutes(travel_costs(net, origins, places, direction="from"))
    there = minutes(travel_costs(net, places, origins))
    assert back == {(origin, place): time for (place, origin), time in there.items()}


@settings(deadline=None, max_examples=60)
@given(net=towns(), homes=POINTS, shops=POINTS, within=st.integers(1, 100))
def test_streamed_answers_are_those_of_the_matrix(net: Network, homes: list, shops: list, within: int) -> None:
    assume(net.edge_is_major.any())
    origins, places = _named("h", homes), _named("s", shops)
    reach = StreetReach(net, snap(net, origins.geometry), snap(net, places.geometry), cutoff=10)
    costs = reach.costs()
    jobs = pd.Series(np.arange(1.0, len(places) + 1), index=places.index)
    people = pd.Series(np.arange(1.0, len(origins) + 1), index=origins.index)
    bound = within / 10
    for side, amounts in (("sum_at_origins", jobs), ("sum_at_places", people)):
        streamed, summed = (getattr(each, side)(amounts, np.ones_like, bound) for each in (reach, costs))
        pd.testing.assert_series_equal(streamed, summed, check_index_type=False)
    one, other = reach.nearest(), costs.nearest()
    assert one.to_dict("list") == other.to_dict("list")


@settings(deadline=None, max_examples=60)
@given(net=towns(), homes=POINTS, shops=POINTS)
def test_a_network_that_went_through_networkx_gives_the_same_times(net: Network, homes: list, shops: list) -> None:
    assume(net.edge_is_major.any())
    # where streets run over themselves or each other, one spot has several places: any of them is right
    assume(shapely.union_all(net.edge_lines).length == pytest.approx(net.edge_length_m.sum()))
    again = from_networkx(net.to_networkx(), weight="minutes")
    origins, places = _named("h", homes), _named("s", shops)
    # so has a spot as far from two points of a street: which one depends on the way it is drawn
    assume(all(_entrances(net, each) == _entrances(again, each) for each in (origins, places)))
    once, twice = (minutes(travel_costs(each, origins, places)) for each in (net, again))
    assert once == pytest.approx(twice, abs=1e-4)


def _entrances(net: Network, shapes: gpd.GeoDataFrame) -> list[tuple[float, float]]:
    snapped = snap(net, shapes.geometry)
    lines = net.edge_lines[snapped["edge"].to_numpy()]
    points = shapely.line_interpolate_point(lines, snapped["fraction"].to_numpy(), normalized=True)
    return [(round(point.x, 3), round(point.y, 3)) for point in points]


@pytest.fixture(scope="module", params=["walk", "drive"])
def town(request: pytest.FixtureRequest) -> Network:
    """Return central Helsinki."""
    return from_osm(helsinki(), mode=request.param)


def test_helsinki_between_corners_agrees_with_scipy_on_the_arcs(town: Network) -> None:
    check_corners(town)


def test_helsinki_agrees_with_networkx_on_the_exported_graph(town: Network) -> None:
    corners = some_corners(town)
    graph = town.to_networkx()
    ours = minutes(travel_costs(town, corners.iloc[:3], corners))
    for start in corners.index[:3]:
        theirs = nx.single_source_dijkstra_path_length(graph, start, weight="minutes")
        assert {pair[1]: time for pair, time in ours.items() if pair[0] == start} == pytest.approx(
            {node: theirs[node] for node in corners.index if node in theirs}, abs=1e-6
        )


def some_corners(net: Network, many: int = 40) -> object:
    """Return corners spread over the largest component."""
    nodes = net.nodes
    large = nodes[nodes["component"] == nodes["component"].mode()[0]]
    return large.iloc[:: max(1, len(large) // many)][["geometry"]]


def check_corners(net: Network) -> None:
    """Assert that times between corners are those of scipy on the stored arcs."""
    corners = some_corners(net)
    arcs = pd.DataFrame(dict(zip(("tail", "head", "ms"), net.arcs, strict=True)))
    least = arcs.groupby(["tail", "head"], as_index=False)["ms"].min()
    size = len(net.node_xy)
    matrix = scipy.sparse.csr_matrix((least["ms"] + 1e-9, (least["tail"], least["head"])), shape=(size, size))
    number = net.node_ids.get_indexer(corners.index)
    theirs = dijkstra(matrix, indices=number)[:, number] / 60000
    table = travel_costs(net, corners, corners).table()
    ours = table.pivot_table(index="origin", columns="destination", values="minutes")
    assert len(corners) >= 40
    np.testing.assert_allclose(ours.loc[corners.index, corners.index], theirs, atol=1e-6, rtol=0)
    assert shapely.length(net.edge_lines).min() >= 0
