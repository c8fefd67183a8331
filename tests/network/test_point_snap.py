"""Very many points snap as few do: the compiled grid against shapely's tree."""

import dataclasses
import sys

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.network import from_lines, snap
from siting.network.point_snap import nearest_of_points
from tests.towns import CRS, grid, streets

XY = st.tuples(st.integers(-20, 60), st.integers(-20, 60))


@settings(deadline=None, max_examples=200)
@given(
    lines=st.lists(st.lists(XY, min_size=2, max_size=5, unique=True), min_size=1, max_size=12),
    points=st.lists(XY, min_size=1, max_size=30),
)
def test_edge_distance_and_place_on_it_are_shapely_s(lines: list, points: list) -> None:
    drawn = np.array([shapely.LineString(each) for each in lines], object)
    spots = shapely.points(points)
    edge, distance, share = nearest_of_points(drawn, np.array(points, np.float64))
    (shape, found), far = shapely.STRtree(drawn).query_nearest(spots, all_matches=True, return_distance=True)
    for row in range(len(points)):
        equals = found[shape == row]
        assert distance[row] == pytest.approx(far[shape == row][0], abs=1e-9)
        near = shapely.distance(spots[row], drawn)
        assert edge[row] in equals or near[edge[row]] == pytest.approx(near.min(), abs=1e-9)
        at = shapely.line_interpolate_point(drawn[edge[row]], share[row], normalized=True)
        assert shapely.distance(at, spots[row]) == pytest.approx(distance[row], abs=1e-9)


def test_a_corner_is_given_to_the_lowest_edge() -> None:
    town = from_lines(streets(*grid(4)), mode="walk")
    edge, distance, share = nearest_of_points(town.edge_lines, town.node_xy)
    lowest = [
        int(np.flatnonzero((town.edge_from == node) | (town.edge_to == node))[0]) for node in range(len(town.node_xy))
    ]
    assert edge.tolist() == lowest
    assert distance.max() == 0
    assert set(share.tolist()) <= {0.0, 1.0}


@pytest.mark.parametrize("many", [1, 1_000_000])
def test_the_ends_of_bent_streets_are_at_nought_and_one_exactly(many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(11)
    bent = [[tuple(xy) for xy in rng.uniform(1000 * i, 1000 * i + 900, (7, 2))] for i in range(60)]
    town = from_lines(streets(*bent, oneway=["forward"] * 60, **{"class": ["local"] * 60}), mode="drive")
    monkeypatch.setattr(sys.modules["siting.network.snap"], "MANY_POINTS", many)
    ends = gpd.GeoSeries([shapely.get_point(line, at) for line in town.edge_lines for at in (0, -1)], crs=CRS)
    every = dataclasses.replace(town)
    every.__dict__["edge_is_major"] = np.ones(len(town.edge_from), bool)
    assert snap(every, ends)["fraction"].tolist() == [0.0, 1.0] * 60


def test_a_table_of_many_points_is_that_of_few(monkeypatch: pytest.MonkeyPatch) -> None:
    town = from_lines(streets(*grid(6), [(5000, 0), (5100, 0)]), mode="walk")
    rng = np.random.default_rng(3)
    spots = gpd.GeoSeries(shapely.points((rng.uniform(-400, 6000, (2000, 2)) * [1, 0.15]).round(1)), crs=CRS)
    few = snap(town, spots, limit_m=100)
    monkeypatch.setattr(sys.modules["siting.network.snap"], "MANY_POINTS", 1)
    many = snap(town, spots, limit_m=100)
    assert many.to_csv() == few.to_csv()


def test_an_area_among_points_changes_none_of_them() -> None:
    town = from_lines(streets(*grid(6)), mode="walk")
    points = shapely.points(np.random.default_rng(5).uniform(0, 500, (50, 2)).round(1))
    alone = snap(town, gpd.GeoSeries(points, crs=CRS))
    among = snap(town, gpd.GeoSeries([shapely.box(10, 10, 90, 90), *points], crs=CRS))
    assert among.iloc[1:].to_csv(index=False) == alone.to_csv(index=False)


def test_points_far_from_the_streets_and_long_streets_are_answered_too() -> None:
    lines = np.array([shapely.LineString([(0, 0), (9000, 7000)]), *streets(*grid(5)).geometry], object)
    points = np.array([(-50_000.0, 20_000.0), (60_000.0, -3.0), (4500.0, 3600.0)])
    edge, distance, _ = nearest_of_points(lines, points)
    near = shapely.distance(shapely.points(points)[:, None], lines[None, :])
    assert edge.tolist() == near.argmin(axis=1).tolist()
    np.testing.assert_allclose(distance, near.min(axis=1))
