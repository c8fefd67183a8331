"""Screening of parcels by drawn constraint layers."""

import geopandas as gpd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.base.layers import Rule
from siting.parcels import Constraint, Hit, screen
from siting.parcels.screen import AREA_MIN
from tests.towns import CRS, plots

PARCEL = plots(A=(0, 0, 100, 100))


def layer(*bounds: tuple[float, float, float, float], name: str = "water", **rule: object) -> Constraint:
    """Return a constraint of rectangles, which excludes unless told otherwise."""
    shapes = gpd.GeoSeries([shapely.box(*each) for each in bounds], crs=CRS)
    return Constraint(name, Rule.model_validate({"title": name, "action": "exclude", **rule}), shapes)


@pytest.mark.parametrize("action", ["exclude", "gate", "review", "penalise"])
def test_an_overlap_is_hit_with_its_action_area_and_share(action: str) -> None:
    rule = {"action": action} | ({"penalty": 0.5} if action == "penalise" else {})
    assert screen(PARCEL, [layer((50, 0, 200, 100), **rule)]) == [Hit("A", "water", action, 5000.0, 0.5)]


def test_a_sliver_does_not_count_and_a_little_more_does() -> None:
    assert screen(PARCEL, [layer((99, 0, 200, 100), sliver_m2=100)]) == []
    assert len(screen(PARCEL, [layer((98.9, 0, 200, 100), sliver_m2=100)])) == 1


def test_touching_is_no_overlap() -> None:
    assert screen(PARCEL, [layer((100, 0, 200, 100), sliver_m2=0)]) == []


def test_shapes_drawn_on_one_another_count_once() -> None:
    [hit] = screen(PARCEL, [layer((50, 0, 200, 100), (50, 0, 150, 100), (40, 0, 60, 100))])
    assert hit.overlap_m2 == pytest.approx(6000)


def test_a_buffer_reaches_around_the_layer() -> None:
    far = (120, -100, 200, 200)
    assert screen(PARCEL, [layer(far)]) == []
    [hit] = screen(PARCEL, [layer(far, buffer_m=30)])
    assert hit.overlap_m2 == pytest.approx(1000)


def test_what_lies_outside_a_layer_counts_where_the_rule_says_so() -> None:
    [hit] = screen(PARCEL, [layer((0, 0, 70, 100), where="outside")])
    assert (hit.overlap_m2, hit.share) == (pytest.approx(3000), pytest.approx(0.3))
    assert screen(PARCEL, [layer((-1, -1, 101, 101), where="outside")]) == []


def test_a_parcel_far_from_the_layer_lies_wholly_outside() -> None:
    [hit] = screen(PARCEL, [layer((500, 500, 600, 600), where="outside")])
    assert hit.share == 1


def test_a_layer_without_shapes_is_met_by_none_and_all_lie_outside_it() -> None:
    assert screen(PARCEL, [layer()]) == []
    assert [hit.share for hit in screen(PARCEL, [layer(where="outside")])] == [1]


def test_a_parcel_below_the_least_area_is_excluded_and_one_at_the_bound_is_not() -> None:
    assert screen(PARCEL, [], area_min=10_000) == []
    [hit] = screen(PARCEL, [], area_min=10_000.1)
    assert (hit.parcel, hit.rule, hit.action) == ("A", AREA_MIN, "exclude")


def test_hits_come_in_order_of_parcel_and_rule() -> None:
    both = plots(B=(0, 0, 100, 100), A=(50, 0, 150, 100))
    found = screen(both, [layer((0, 0, 200, 200), name="water"), layer((0, 0, 200, 200), name="farm")], area_min=1e6)
    assert [(hit.parcel, hit.rule) for hit in found] == [
        (parcel, rule) for parcel in "AB" for rule in (AREA_MIN, "farm", "water")
    ]


SIDE = st.integers(-5, 15)
BOX = st.tuples(SIDE, SIDE, st.integers(1, 10), st.integers(1, 10)).map(
    lambda each: (10.0 * each[0], 10.0 * each[1], 10.0 * (each[0] + each[2]), 10.0 * (each[1] + each[3]))
)


@settings(deadline=None)
@given(boxes=st.lists(BOX, min_size=1, max_size=5))
def test_inside_and_outside_make_up_the_whole_parcel(boxes: list) -> None:
    rules = [layer(*boxes, name=where, where=where, sliver_m2=0) for where in ("inside", "outside")]
    assert sum(hit.overlap_m2 for hit in screen(PARCEL, rules)) == pytest.approx(10_000)
