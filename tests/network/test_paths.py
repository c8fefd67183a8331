"""The way of a trip is drawn along its streets, and takes as long as the trip."""

import itertools

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import assume, given, settings

from siting.network import Network, from_lines, snap, travel_costs
from siting.network.paths import paths
from tests.network.test_reach_properties import POINTS, towns
from tests.towns import block, minutes, plots, spots, streets

ROUND = from_lines(block(oneway=["forward"] * 4), mode="drive")
ROAD = from_lines(streets([(0, 0), (700, 0), (1500, 0)]), mode="walk")


def pairs_of(*pairs: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(list(pairs), columns=["origin", "place"])


def drawn(line: shapely.LineString) -> list[tuple[float, float]]:
    return [(round(x, 6), round(y, 6)) for x, y in line.coords]


def test_a_path_starts_and_ends_inside_its_streets() -> None:
    way = paths(ROUND, spots(a=(250, -10)), spots(p=(0, 250)), pairs_of(("a", "p"))).iloc[0]
    assert drawn(way.geometry) == [(250, 0), (1000, 0), (1000, 1000), (0, 1000), (0, 250)]
    # 3500 m at 20 km/h, the leg of 10 m at 10 km/h
    assert way["minutes"] == pytest.approx(3.5 * 3 + 0.06, abs=1e-4)


def test_the_way_back_is_drawn_as_it_is_travelled() -> None:
    way = paths(ROUND, spots(a=(250, 0)), spots(p=(0, 250)), pairs_of(("a", "p")), direction="from").iloc[0]
    assert drawn(way.geometry) == [(0, 250), (0, 0), (250, 0)]
    assert way["minutes"] == pytest.approx(1.5)


def test_inside_one_street_the_path_is_straight_both_ways() -> None:
    ways = paths(ROAD, spots(a=(100, 0), b=(850, 0)), spots(p=(800, 5)), pairs_of(("a", "p"), ("b", "p")))
    assert [drawn(line) for line in ways.geometry] == [[(100, 0), (700, 0), (800, 0)], [(850, 0), (800, 0)]]


def test_against_a_one_way_street_the_path_leads_around_the_block() -> None:
    way = paths(ROUND, spots(a=(750, 0)), spots(p=(500, 0)), pairs_of(("a", "p"))).geometry.iloc[0]
    assert drawn(way) == [(750, 0), (1000, 0), (1000, 1000), (0, 1000), (0, 0), (500, 0)]


def test_at_one_and_the_same_spot_the_path_has_no_length() -> None:
    for spot in ((250, 0), (1000, 1000)):
        way = paths(ROUND, spots(a=spot), spots(p=spot), pairs_of(("a", "p"))).iloc[0]
        assert way["minutes"] == 0
        assert drawn(way.geometry) == [spot, spot]


def test_of_parallel_streets_the_quicker_is_drawn() -> None:
    town = streets([(0, 0), (1000, 0)], [(0, 0), (500, 100), (1000, 0)], speed_kmh=[10.0, 60.0])
    net = from_lines(town, mode="drive")
    way = paths(net, spots(a=(0, 0)), spots(p=(1000, 0)), pairs_of(("a", "p"))).geometry.iloc[0]
    assert drawn(way) == [(0, 0), (500, 100), (1000, 0)]


def test_around_a_closed_loop_the_shorter_side_is_drawn() -> None:
    ring = from_lines(streets([(0, 0), (750, 0), (750, 750), (0, 750), (0, 0)]), mode="walk")
    ways = paths(ring, spots(a=(75, 0)), spots(p=(0, 75), q=(0, 0)), pairs_of(("a", "p"), ("a", "q")))
    assert [drawn(way) for way in ways.geometry] == [[(75, 0), (0, 0), (0, 75)], [(75, 0), (0, 0)]]


def test_a_plot_is_left_by_the_street_that_is_best() -> None:
    net = from_lines(streets([(0, 0), (1000, 0), (2000, 0)], [(1000, 0), (1000, 1000)]), mode="walk")
    way = paths(net, plots(a=(900, -50, 1100, 50)), spots(p=(1000, 750)), pairs_of(("a", "p"))).geometry.iloc[0]
    assert drawn(way) == [(1000, 50), (1000, 750)]


def test_a_pair_without_a_trip_keeps_its_row() -> None:
    asked = pairs_of(("a", "p"), ("far", "p"), ("a", "q")).set_index(pd.Index([7, 8, 9]))
    homes, shops = spots(a=(0, 0), far=(0, 9000)), spots(p=(75, 0), q=(1500, 0))
    found = paths(ROAD, homes, shops, asked, cutoff=5, snap_m=300)
    assert found.index.tolist() == [7, 8, 9]
    assert found["minutes"].notna().tolist() == [True, False, False]
    assert found.geometry.isna().tolist() == [False, True, True]
    assert paths(ROAD, homes, shops, asked.iloc[:0]).empty


def test_labels_that_are_unknown_or_stand_twice_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown origin labels: z"):
        paths(ROAD, spots(a=(0, 0)), spots(p=(75, 0)), pairs_of(("z", "p")))
    twice = spots(a=(0, 0)).iloc[[0, 0]]
    with pytest.raises(ValueError, match="twice: a"):
        paths(ROAD, twice, spots(p=(75, 0)), pairs_of(("a", "p")))


@settings(deadline=None, max_examples=150)
@given(net=towns(), homes=POINTS, shops=POINTS)
def test_the_path_takes_the_time_of_the_trip_and_joins_its_entrances(net: Network, homes: list, shops: list) -> None:
    assume(net.edge_is_major.any())
    # where streets lie on one another, a line has several speeds
    assume(shapely.union_all(net.edge_lines).length == pytest.approx(net.edge_length_m.sum()))
    origins = spots(**{f"h{i}": (10.0 * x, 10.0 * y) for i, (x, y) in enumerate(homes)})
    places = spots(**{f"s{i}": (10.0 * x, 10.0 * y) for i, (x, y) in enumerate(shops)})
    asked = pairs_of(*[(a, b) for a in origins.index for b in places.index])
    snaps = [snap(net, each.geometry) for each in (origins, places)]
    for direction in ("to", "from"):
        times = minutes(travel_costs(net, origins, places, direction=direction))
        found = paths(net, origins, places, asked, direction=direction)
        known = found[found["minutes"].notna()]
        assert dict(zip(zip(known["origin"], known["place"], strict=True), known["minutes"], strict=True)) == times
        for way in known.itertuples():
            ends = [_entrance(net, table, label) for table, label in zip(snaps, (way.origin, way.place), strict=True)]
            at = ends if direction == "to" else ends[::-1]
            for vertex, end in zip((0, -1), at, strict=True):
                assert shapely.Point(way.geometry.coords[vertex]).distance(end) < 1e-6
            legs = sum(t.loc[x, "distance_m"] for t, x in zip(snaps, (way.origin, way.place), strict=True)) * 0.006
            assert way.minutes == pytest.approx(legs + _minutes_along(net, way.geometry), abs=1e-3)


def _entrance(net: Network, snaps: pd.DataFrame, label: str) -> shapely.Point:
    edge, fraction = snaps.loc[label, ["edge", "fraction"]]
    return shapely.line_interpolate_point(net.edge_lines[int(edge)], float(fraction), normalized=True)


def _minutes_along(net: Network, way: shapely.LineString) -> float:
    """Return the minutes of each straight step, on the street that it lies on, in its direction."""
    total = 0.0
    for one, other in itertools.pairwise(np.asarray(way.coords)):
        on_it = shapely.points(one + np.array([[0.3], [0.5], [0.7]]) * (other - one))
        edge = int(np.argmin(sum(shapely.distance(point, net.edge_lines) for point in on_it)))
        begin, _, end = shapely.line_locate_point(net.edge_lines[edge], on_it)
        length = float(np.hypot(*(other - one)))
        total += 0.06 * length / net.edge_kmh[edge, 0 if end >= begin else 1] if length > 1e-6 else 0
    return total
