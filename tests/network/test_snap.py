"""Where parcels and places meet the street."""

import pytest

from siting.network import from_lines, snap
from tests.towns import block, grid, plots, spots, streets


def test_a_parcel_meets_the_street_at_the_point_nearest_to_its_boundary() -> None:
    met = snap(from_lines(block(), mode="walk"), plots(field=(200, 30, 300, 60)).geometry).loc["field"]
    assert met["status"] == "snapped"
    assert met["distance_m"] == pytest.approx(30)
    assert 0.2 <= met["fraction"] <= 0.3


def test_a_parcel_that_lies_on_the_street_has_no_leg() -> None:
    met = snap(from_lines(block(), mode="walk"), plots(field=(200, -30, 300, 60)).geometry)
    assert met["distance_m"].tolist() == [0]


def test_a_street_inside_a_parcel_is_reached_from_the_boundary() -> None:
    met = snap(from_lines(streets([(100, 0), (200, 0)]), mode="walk"), plots(field=(0, -50, 300, 50)).geometry)
    assert met["distance_m"].tolist() == [50]


def test_a_place_at_the_limit_is_snapped_and_one_beyond_is_unsnapped() -> None:
    town = from_lines(streets([(0, 0), (1000, 0)]), mode="walk")
    met = snap(town, spots(at=(500, 300), beyond=(500, 301)).geometry, limit_m=300)
    assert met["status"].tolist() == ["snapped", "unsnapped"]
    assert met["distance_m"].tolist() == [300, 301]
    assert met.loc["beyond", "edge"] == -1


def test_a_place_beside_a_stray_piece_only_is_disconnected() -> None:
    town = from_lines(streets(*grid(15), [(5000, 0), (5100, 0)]), mode="walk")
    met = snap(town, spots(stray=(5050, 10), town=(50, 10), nowhere=(9000, 0)).geometry, limit_m=300)
    assert met["status"].to_dict() == {"stray": "disconnected", "town": "snapped", "nowhere": "unsnapped"}


def test_a_stray_piece_at_the_door_does_not_keep_a_place_from_the_town() -> None:
    town = from_lines(streets(*grid(15), [(50, -20), (50, -30)]), mode="walk")
    met = snap(town, spots(home=(50, -25)).geometry, limit_m=300)
    assert met["status"].tolist() == ["snapped"]
    assert met["distance_m"].tolist() == [25]


def test_a_one_way_street_out_of_town_is_nowhere_to_start_from() -> None:
    town = streets(*grid(3), [(200, 200), (900, 200)], oneway=["both"] * 12 + ["forward"])
    met = snap(from_lines(town, mode="drive"), spots(end=(900, 200)).geometry, limit_m=300)
    assert met["status"].tolist() == ["disconnected"]


def test_where_no_street_can_be_left_and_reached_nothing_is_snapped() -> None:
    town = from_lines(streets([(0, 0), (1000, 0)], oneway=["forward"]), mode="drive")
    met = snap(town, spots(home=(500, 10)).geometry)
    assert met["status"].tolist() != ["snapped"]


def test_equally_near_streets_are_taken_by_number() -> None:
    town = from_lines(streets([(0, 0), (100, 0)], [(0, 20), (100, 20)], [(0, 0), (0, 20)]), mode="walk")
    met = snap(town, spots(between=(50, 10)).geometry)
    lines = town.edges.distance(spots(between=(50, 10)).geometry.iloc[0])
    assert met["edge"].tolist() == [lines[lines == 10].index.min()]


def test_shapes_keep_their_index() -> None:
    town = from_lines(block(), mode="walk")
    assert snap(town, spots(b=(0, 5), a=(0, 9)).geometry).index.tolist() == ["b", "a"]


def test_shapes_in_another_crs_are_refused() -> None:
    shapes = spots(a=(0, 0)).geometry.set_crs("EPSG:4539", allow_override=True)
    with pytest.raises(ValueError, match="CRS"):
        snap(from_lines(block(), mode="walk"), shapes)


def test_a_shape_without_geometry_is_refused() -> None:
    shapes = spots(a=(0, 0)).geometry
    shapes.iloc[0] = None
    with pytest.raises(ValueError, match="no geometry"):
        snap(from_lines(block(), mode="walk"), shapes)
