"""The ground reached within minutes, in drawn towns: 75 m a minute on foot, 20 km/h by car."""

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings

from siting.network import Network, from_lines, snap, travel_costs
from siting.network.isochrones import isochrones
from tests.network.test_reach_properties import POINTS, towns
from tests.towns import block, grid, plots, spots, streets

ROAD = from_lines(streets([(0, 0), (700, 0), (1500, 0)]), mode="walk")
ROUND = from_lines(block(oneway=["forward"] * 4), mode="drive")


def area(net: Network, origin: tuple[float, float], within: float, **options: object) -> shapely.Geometry:
    return isochrones(net, spots(a=origin), minutes=[within], **options).geometry.iloc[0]


def beside(*line: tuple[float, float], by_m: float = 50) -> shapely.Geometry:
    return shapely.LineString(line).buffer(by_m, quad_segs=8)


def differ_m2(one: shapely.Geometry, other: shapely.Geometry) -> float:
    return one.symmetric_difference(other).area


def test_a_street_is_cut_where_the_time_runs_out_on_both_sides() -> None:
    # 4 minutes are 300 m; across the vertex at 700 too
    assert differ_m2(area(ROAD, (600, 0), 4), beside((300, 0), (900, 0))) < 1e-3
    assert differ_m2(area(ROAD, (100, 0), 4), beside((0, 0), (400, 0))) < 1e-3


def test_the_leg_to_the_street_takes_of_the_minutes() -> None:
    # 150 m are 2 of the 4 minutes
    assert differ_m2(area(ROAD, (600, 150), 4), beside((450, 0), (750, 0))) < 0.1
    assert area(ROAD, (600, 150), 1.9).is_empty


def test_when_the_time_is_up_at_the_street_it_is_a_circle() -> None:
    assert area(ROAD, (600, 150), 2).area == pytest.approx(np.pi * 50**2, rel=0.01)


def test_beside_is_in_metres() -> None:
    assert differ_m2(area(ROAD, (600, 0), 4, beside_m=10), beside((300, 0), (900, 0), by_m=10)) < 1e-3


def test_a_one_way_street_is_followed_with_its_arrow_and_backwards_towards_the_origin() -> None:
    # 4.5 minutes are 1500 m at 20 km/h
    there = area(ROUND, (250, 0), 4.5)
    assert differ_m2(there, beside((250, 0), (1000, 0), (1000, 750))) < 1
    back = area(ROUND, (250, 0), 4.5, direction="from")
    assert differ_m2(back, beside((250, 0), (0, 0), (0, 1000), (250, 1000))) < 1


def test_a_street_is_reached_from_both_its_ends_and_a_gap_stays_between() -> None:
    ring = from_lines(streets([(0, 0), (600, 0)], [(0, 0), (0, 600), (600, 600), (600, 0)]), mode="walk")
    # 10 minutes are 750 m: 450 m beyond each corner of the 600 m street, of 1800 m around
    found = area(ring, (300, 0), 10)
    assert differ_m2(found, beside((0, 450), (0, 0), (600, 0), (600, 450))) < 1
    assert not found.intersects(shapely.Point(300, 600))


def test_small_holes_are_filled_and_large_ones_stay() -> None:
    town = from_lines(block(), mode="walk")
    found = [area(town, (0, 0), 60, hole_m2=each).interiors for each in (900 * 900 - 1, 900 * 900 + 1)]
    assert [len(each) for each in found] == [1, 0]


def test_rows_stand_for_each_origin_and_minute_in_order_and_none_is_lost() -> None:
    homes = spots(b=(0, 0), far=(9000, 0), a=(1500, 0))
    found = isochrones(ROAD, homes, minutes=[10, 5], snap_m=300)
    assert found["origin"].tolist() == ["b", "b", "far", "far", "a", "a"]
    assert found["minutes"].tolist() == [10, 5] * 3
    assert found.geometry.is_empty.tolist() == [False, False, True, True, False, False]
    assert found.crs == ROAD.crs
    assert found.area.iloc[0] > found.area.iloc[1]
    assert isochrones(ROAD, homes.iloc[:0], minutes=[5]).empty


def test_a_plot_is_left_by_every_street_that_touches_it() -> None:
    cross = from_lines(streets([(0, 0), (1000, 0), (2000, 0)], [(1000, 0), (1000, 1000)]), mode="walk")
    found = isochrones(cross, plots(a=(900, -50, 1100, 50)), minutes=[1]).geometry.iloc[0]
    # 75 m from the west, east and north side of the plot
    assert found.intersects(shapely.Point(826, 0))
    assert found.intersects(shapely.Point(1174, 0))
    assert found.intersects(shapely.Point(1000, 124))


def test_minutes_and_widths_that_cannot_be_are_refused() -> None:
    for wrong in ([], [-1], [float("nan")], [float("inf")]):
        with pytest.raises(ValueError, match="minutes"):
            isochrones(ROAD, spots(a=(0, 0)), minutes=wrong)
    with pytest.raises(ValueError, match="beside_m"):
        isochrones(ROAD, spots(a=(0, 0)), minutes=[5], beside_m=0)


def test_a_grid_of_streets_makes_a_diamond() -> None:
    town = from_lines(streets(*grid(21)), mode="walk")
    found = area(town, (1000, 1000), 8, beside_m=51)
    # 600 m along the streets: the diamond of half diagonal 600, and what lies beside it
    diamond = shapely.Polygon([(1600, 1000), (1000, 1600), (400, 1000), (1000, 400)])
    assert found.geom_type == "Polygon"
    assert not found.interiors
    assert diamond.buffer(-1).within(found)
    assert found.within(diamond.buffer(52))


@settings(deadline=None, max_examples=100)
@given(net=towns(), homes=POINTS, shops=POINTS)
def test_more_minutes_contain_fewer_and_every_place_in_time_lies_inside(net: Network, homes: list, shops: list) -> None:
    assume(net.edge_is_major.any())
    origins = spots(**{f"h{i}": (10.0 * x, 10.0 * y) for i, (x, y) in enumerate(homes)})
    places = spots(**{f"s{i}": (10.0 * x, 10.0 * y) for i, (x, y) in enumerate(shops)})
    snaps = snap(net, places.geometry)
    lines = net.edge_lines[snaps["edge"].to_numpy()]
    doors = dict(
        zip(places.index, shapely.line_interpolate_point(lines, snaps["fraction"], normalized=True), strict=True)
    )
    for direction in ("to", "from"):
        found = isochrones(net, origins, minutes=[1, 0.3, 2.5], beside_m=5, hole_m2=100, direction=direction)
        areas = found.set_index(["origin", "minutes"]).geometry
        assert found.is_valid.all()
        for home in origins.index:
            for fewer, more in ((0.3, 1), (1, 2.5)):
                assert areas[home, fewer].is_empty or areas[home, more].buffer(1e-6).covers(areas[home, fewer])
        for trip in travel_costs(net, origins, places, direction=direction).table().itertuples():
            for within in (0.3, 1, 2.5):
                if trip.minutes <= within:
                    assert areas[trip.origin, within].distance(doors[trip.destination]) < 1e-6


@settings(deadline=None, max_examples=60)
@given(net=towns(), homes=POINTS, shops=POINTS)
def test_what_lies_on_a_street_outside_is_not_reached_in_time(net: Network, homes: list, shops: list) -> None:
    assume(net.edge_is_major.any())
    origins = spots(**{f"h{i}": (10.0 * x, 10.0 * y) for i, (x, y) in enumerate(homes)})
    places = spots(**{f"s{i}": (10.0 * x, 10.0 * y) for i, (x, y) in enumerate(shops)})
    lines = net.edge_lines[snap(net, places.geometry)["edge"].to_numpy()]
    places = places.set_geometry(shapely.get_point(lines, 0), crs=net.crs)
    times = travel_costs(net, origins, places).table().set_index(["origin", "destination"])["minutes"].to_dict()
    areas = isochrones(net, origins, minutes=[1], beside_m=0.01, hole_m2=0).set_index("origin").geometry
    for home in origins.index:
        for shop, corner in places.geometry.items():
            near = areas[home].distance(corner) < 0.01
            if not near:
                assert times.get((home, shop), np.inf) > 1
