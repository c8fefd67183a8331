"""Road lines become nodes and edges where they share a vertex."""

import geopandas as gpd
import momepy
import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.network import from_lines
from tests.shared_data import bubenec
from tests.towns import CRS, block, grid, streets


@pytest.mark.parametrize("kmh", [0.0, -5.0, float("inf")])
def test_a_speed_that_cannot_be_driven_is_refused_by_row(kmh: float) -> None:
    with pytest.raises(ValueError, match="row 0"):
        from_lines(streets([(0, 0), (100, 0)], speed_kmh=[kmh]), mode="drive")
    with pytest.raises(ValueError, match="between 1 and 200"):
        from_lines(streets([(0, 0), (100, 0)]), mode="drive", speeds={"local": kmh})


def test_two_streets_meet_in_the_middle_of_one_where_they_share_a_vertex() -> None:
    net = from_lines(streets([(0, 0), (500, 0), (1000, 0)], [(500, 0), (500, 300)]), mode="walk")
    assert len(net.nodes) == 4
    assert sorted(net.edges["length_m"]) == [300, 500, 500]


def test_a_vertex_that_one_street_uses_alone_is_no_corner() -> None:
    net = from_lines(streets([(0, 0), (500, 100), (1000, 0)]), mode="walk")
    assert len(net.nodes) == 2


def test_streets_that_only_cross_stay_apart_and_are_counted() -> None:
    net = from_lines(streets([(0, 0), (1000, 0)], [(500, -500), (500, 500)]), mode="walk")
    assert len(net.edges) == 2
    assert net.notes["crossings"] == 1


def test_streets_that_cross_are_joined_on_request() -> None:
    net = from_lines(streets([(0, 0), (1000, 0)], [(500, -500), (500, 500)]), mode="walk", crossings="split")
    assert len(net.edges) == 4
    assert len(net.nodes) == 5


def test_a_street_that_passes_one_point_twice_keeps_its_length_when_crossings_are_split() -> None:
    twice = [(0, 0), (100, 0), (200, 100), (200, -100), (100, 0), (0, -100)]
    town = streets(twice, [(150, -200), (150, 200)])
    net = from_lines(town, mode="walk", crossings="split")
    assert net.edges["length_m"].sum() == pytest.approx(town.length.sum())


def test_ends_within_the_tolerance_meet_and_ends_beyond_do_not() -> None:
    town = streets([(0, 0), (500, 0)], [(500.5, 0), (1000, 0)])
    assert len(from_lines(town, mode="walk", tolerance_m=1).nodes) == 3
    assert len(from_lines(town, mode="walk", tolerance_m=0.1).nodes) == 4


def test_a_closed_loop_is_an_edge_from_a_corner_to_itself() -> None:
    net = from_lines(streets([(0, 0), (100, 0), (100, 100), (0, 0)]), mode="walk")
    edge = net.edges.iloc[0]
    assert edge["from"] == edge["to"]
    assert edge["length_m"] == pytest.approx(200 + 100 * np.sqrt(2))


def test_a_street_of_no_length_makes_no_edge() -> None:
    net = from_lines(streets([(0, 0), (0, 0)], [(0, 0), (100, 0)]), mode="walk")
    assert net.edges["length_m"].tolist() == [100]


def test_parallel_streets_are_both_kept() -> None:
    net = from_lines(streets([(0, 0), (100, 0)], [(0, 0), (50, 80), (100, 0)]), mode="walk")
    assert len(net.nodes) == 2
    assert len(net.edges) == 2


def test_a_one_way_street_is_closed_against_its_line_for_cars_and_open_on_foot() -> None:
    town = block(oneway=["forward", "both", "both", "both"])
    closed = {mode: from_lines(town, mode=mode).edges["minutes_back"].isna().sum() for mode in ("walk", "drive")}
    assert closed == {"walk": 0, "drive": 1}


def test_walking_is_75_metres_a_minute_whatever_speed_is_posted() -> None:
    net = from_lines(streets([(0, 0), (750, 0)], speed_kmh=[60.0]), mode="walk")
    assert net.edges["minutes"].tolist() == [10]


def test_a_posted_speed_comes_before_the_project_s_and_that_before_the_table() -> None:
    town = streets(
        [(0, 0), (1000, 0)],
        [(1000, 0), (1000, 1000)],
        [(1000, 1000), (0, 1000)],
        speed_kmh=[60.0, np.nan, np.nan],
        **{"class": ["local", "local", "service"]},
    )
    net = from_lines(town, mode="drive", speeds={"local": 30})
    assert sorted(net.edges["minutes"]) == [1, 2, 4]


def test_a_speed_posted_for_the_way_back_counts_only_back() -> None:
    town = streets([(0, 0), (1000, 0)], speed_kmh=[60.0], speed_back_kmh=[30.0])
    edge = from_lines(town, mode="drive").edges.iloc[0]
    assert (edge["minutes"], edge["minutes_back"]) == (1, 2)


def test_steps_are_walked_at_half_speed_and_not_driven() -> None:
    town = streets([(0, 0), (75, 0)], **{"class": ["steps"]})
    assert from_lines(town, mode="walk").edges["minutes"].tolist() == [2]
    with pytest.raises(ValueError, match="no road is open"):
        from_lines(town, mode="drive")


def test_roads_in_degrees_are_refused() -> None:
    with pytest.raises(ValueError, match="projected"):
        from_lines(block().set_crs("EPSG:4326", allow_override=True), mode="walk")


def test_an_unknown_class_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="boulevard"):
        from_lines(block(**{"class": ["boulevard", "local", "local", "local"]}), mode="drive")


def test_the_input_is_not_changed() -> None:
    town = block(oneway=["forward"] * 4)
    before = town.copy()
    from_lines(town, mode="drive", crossings="split")
    assert town.equals(before)


CORNER = st.tuples(st.integers(0, 5), st.integers(0, 5))
LINES = st.lists(st.lists(CORNER, min_size=2, max_size=5, unique=True), min_size=1, max_size=8)


@settings(deadline=None, max_examples=60)
@given(lines=LINES, order=st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(lines: list, order: object) -> None:
    speeds = [10.0 + i for i in range(len(lines))]
    town = streets(*[[(100 * x, 100 * y) for x, y in line] for line in lines], speed_kmh=speeds)
    rows = list(range(len(town)))
    order.shuffle(rows)
    one, other = (from_lines(each, mode="drive").edges for each in (town, town.iloc[rows]))
    assert one.equals(other)


@settings(deadline=None, max_examples=60)
@given(lines=LINES)
def test_no_metre_of_street_is_lost(lines: list) -> None:
    town = streets(*[[(100 * x, 100 * y) for x, y in line] for line in lines])
    for crossings in ("keep", "split"):
        net = from_lines(town, mode="walk", crossings=crossings)
        assert net.edges["length_m"].sum() == pytest.approx(town.length.sum(), abs=0.2)


def test_a_stray_piece_of_less_than_a_hundredth_of_the_corners_is_minor() -> None:
    net = from_lines(streets(*grid(15), [(5000, 0), (5100, 0)]), mode="walk")
    assert net.edge_is_major.sum() == len(net.edges) - 1


def test_bubenec_has_the_distances_that_momepy_finds() -> None:
    town = gpd.read_file(bubenec(), layer="streets").explode(ignore_index=True)
    net = from_lines(town, mode="walk")
    ours = net.to_networkx()
    theirs = momepy.gdf_to_nx(town, approach="primal", length="metres")
    label = {(round(x, 1), round(y, 1)): node for node, (x, y) in zip(net.node_ids, net.node_xy, strict=True)}
    source = min(theirs.nodes)
    metres = nx.single_source_dijkstra_path_length(theirs, source, weight="metres")
    found = nx.single_source_dijkstra_path_length(ours, label[tuple(round(c, 1) for c in source)], weight="minutes")
    got = [found[label[tuple(round(c, 1) for c in node)]] for node in metres]
    assert got == pytest.approx([each / 75 for each in metres.values()], abs=1e-3)
    assert len(metres) > 20
    assert net.crs == town.crs != CRS
