"""Screening of parcels by drawn constraint layers."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.base.layers import Rule
from siting.base.rulebook import BookRule, shipped
from siting.parcels import Constraint, Hit, screen
from siting.parcels.distances import distance_problems, reach_of
from siting.parcels.hit_reasons import reason_of
from siting.parcels.overlap import BLOCK_VERTICES, Parcels, in_blocks
from siting.parcels.parcel_rules import parcel_problems
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
    found = screen(PARCEL, [layer((50, 0, 200, 100), **rule)])
    assert found == [Hit("A", "water", action, 5000.0, 0.5, shapes=("0",))]


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
    assert hit.buffer_m == 30


def test_the_one_line_of_a_layer_tells_its_distance_and_its_voltage() -> None:
    line = gpd.GeoSeries([shapely.LineString([(105, -50), (105, 150)])], crs=CRS)
    table = pd.DataFrame({"id": ["L1"], "kv": ["110"]})
    [hit] = screen(PARCEL, [Constraint("hv", shipped()["cn"].rules["hv_line"], line, table)])
    assert (hit.buffer_m, hit.basis != "", hit.label, hit.shapes) == (10, True, "110 kV", ("L1",))


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


@settings(deadline=None)
@given(boxes=st.lists(BOX, min_size=1, max_size=6), seed=st.integers(0, 99))
def test_the_order_of_rows_changes_nothing(boxes: list, seed: int) -> None:
    many = plots(A=(0, 0, 100, 100), B=(55, 15, 145, 95), C=(-35, -35, 25, 5))
    order = np.random.default_rng(seed).permutation(len(boxes))
    table = pd.DataFrame({"id": [f"s{number}" for number in range(len(boxes))]})
    shapes = gpd.GeoSeries([shapely.box(*each) for each in boxes], crs=CRS)
    rule = BookRule.model_validate({"title": "w", "action": "exclude", "buffer_m": 7})
    straight = screen(many, [Constraint("w", rule, shapes, table)])
    turned = screen(many.iloc[::-1], [Constraint("w", rule, shapes.iloc[order], table.iloc[order])])
    assert straight == turned


@settings(deadline=None)
@given(boxes=st.lists(BOX, min_size=1, max_size=8))
def test_the_overlap_is_that_of_the_union(boxes: list) -> None:
    cover = shapely.union_all([shapely.box(*each) for each in boxes])
    expected = shapely.intersection(PARCEL.geometry.iloc[0], cover).area
    hits = screen(PARCEL, [layer(*boxes, sliver_m2=0)])
    assert sum(hit.overlap_m2 for hit in hits) == pytest.approx(expected, abs=1e-5)


def wavy(corners: int) -> shapely.Polygon:
    """A wheel of many corners around (0, 0), between 900 and 1100 m wide."""
    turn = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    far = 1000 + 100 * np.sin(40 * turn)
    return shapely.Polygon(np.c_[far * np.cos(turn), far * np.sin(turn)])


def test_a_large_shape_is_cut_into_blocks_that_are_together_the_same() -> None:
    blocks = in_blocks(np.array([wavy(5000)]))
    assert shapely.get_num_coordinates(blocks).max() <= BLOCK_VERTICES
    assert shapely.area(blocks).sum() == pytest.approx(wavy(5000).area, abs=1e-5)
    assert shapely.area(shapely.union_all(blocks)) == pytest.approx(wavy(5000).area, abs=1e-5)


def test_blocks_and_threads_give_the_areas_of_plain_intersection() -> None:
    west = np.arange(-1200, 1200, 40.0)
    x, y = (each.ravel() for each in np.meshgrid(west, west))
    squares = shapely.box(x, y, x + 40, y + 40)
    shapes = np.array([wavy(5000), shapely.box(0, 0, 500, 500)])
    found = Parcels(squares).overlap(shapes, np.zeros(2)).area
    assert found == pytest.approx(shapely.area(shapely.intersection(squares, shapely.union_all(shapes))), abs=1e-5)


def test_a_boundary_drawn_twice_is_no_overlap_however_long() -> None:
    long = plots(A=(0, 0, 500, 100))
    assert screen(long, [layer((0, -50, 500, 0.2))]) == []  # 0.2 m x 500 m = 100 m2
    [hit] = screen(long, [book_layer(0.2, 0)])
    assert hit.overlap_m2 == pytest.approx(100)


def book_layer(depth: float, sliver_m: float) -> Constraint:
    """A strip along the south side, `depth` m deep, with a tolerance."""
    rule = BookRule.model_validate({"title": "w", "action": "exclude", "sliver_m": sliver_m})
    return Constraint("w", rule, gpd.GeoSeries([shapely.box(0, -50, 500, depth)], crs=CRS))


def test_the_tolerance_is_a_depth_from_the_edge_of_the_parcel() -> None:
    long = plots(A=(0, 0, 500, 100))
    assert screen(long, [book_layer(0.5, 0.5)]) == []
    [hit] = screen(long, [book_layer(0.51, 0.5)])
    assert hit.overlap_m2 == pytest.approx(255)  # told in full


def test_a_narrow_ditch_through_the_middle_is_no_sliver() -> None:
    [hit] = screen(PARCEL, [layer((50, -10, 50.2, 110))])
    assert hit.overlap_m2 == pytest.approx(20)


def test_a_parcel_too_narrow_to_have_an_inside_keeps_its_overlaps() -> None:
    [hit] = screen(plots(A=(0, 0, 100, 0.9)), [layer((0, -10, 50, 10))])
    assert hit.share == pytest.approx(0.5)


def test_a_boundary_that_leaves_out_a_sliver_is_not_left() -> None:
    assert screen(PARCEL, [layer((0, 0, 99.7, 100), where="outside")]) == []


def test_shapes_that_meet_are_named_three_at_most() -> None:
    boxes = [(10.0 * n, 0.0, 10.0 * n + 5, 100.0) for n in range(5)]
    table = pd.DataFrame({"id": [f"河{n}" for n in range(5)]})
    shapes = gpd.GeoSeries([shapely.box(*each) for each in boxes], crs=CRS)
    rule = Rule.model_validate({"title": "w", "action": "exclude"})
    [hit] = screen(PARCEL, [Constraint("w", rule, shapes, table)])
    assert hit.shapes == ("河0", "河1", "河2")


HV = shipped()["cn"].rules["hv_line"]


@pytest.mark.parametrize(
    ("written", "metres", "basis"),
    [
        *(("1", 5, "within"), ("10", 5, "within"), ("10kV", 5, "within"), ("35", 10, "within")),
        *(("110", 10, "within"), ("220", 15, "within"), ("330千伏", 15, "within"), ("500", 20, "within")),
        *(("20", 10, "between"), ("120", 15, "between"), ("400", 20, "between"), ("750", 20, "above")),
        *(
            ("±800", 20, "above"),
            ("0.4", 5, "below"),
            ("", 20, "missing"),
            ("高压", 20, "missing"),
            ("0", 20, "missing"),
        ),
    ],
)
def test_the_voltage_gives_the_distance_and_what_is_not_in_a_band_the_wider_one(
    written: str, metres: float, basis: str
) -> None:
    reach = reach_of(HV, pd.DataFrame({"kv": [written]}))
    assert (reach.metres[0], reach.basis[0]) == (metres, basis)


@pytest.mark.parametrize(
    ("word", "metres"),
    [("高速公路", 30), ("国道", 20), ("provincial", 15), ("县道", 10), ("乡道", 5), ("村道", 30), ("", 30)],
)
def test_the_class_of_a_road_gives_the_distance_and_an_unknown_class_the_widest(word: str, metres: float) -> None:
    assert reach_of(shipped()["cn"].rules["road_ctrl"], pd.DataFrame({"class": [word]})).metres[0] == metres


def test_rows_placed_with_care_are_told() -> None:
    table = pd.DataFrame({"id": ["a", "b", "c"], "kv": ["220", "400", ""]})
    found = distance_problems(HV, table, "hv.gpkg", has_area=False)
    assert [(each.code, each.where, each.expected) for each in found] == [
        ("distance_between", "b", "20"),
        ("distance_missing", "c", "20"),
    ]
    assert [each.expected for each in distance_problems(HV, pd.DataFrame({"id": ["a"]}), "f", has_area=False)] == ["20"]


def test_points_and_lines_without_a_distance_are_refused_for_they_can_never_overlap() -> None:
    rule, table = shipped()["cn"].rules["eco_redline"], pd.DataFrame({"id": ["a"]})
    assert [each.code for each in distance_problems(rule, table, "f", has_area=False)] == ["no_buffer"]
    assert distance_problems(rule, table, "f", has_area=True) == []


ON_PARCELS = shipped()["cn"].on_parcels()


def on_parcels(name: str, **given: object) -> list[Hit]:
    parcels = PARCEL.assign(**{key: [value] for key, value in given.items() if not isinstance(value, pd.Series)})
    series = {key: value for key, value in given.items() if isinstance(value, pd.Series)}
    return screen(parcels, [], parcel_rules={name: ON_PARCELS[name]}, **series)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("slope", "action"),
    [
        *((0, None), (8, None), (8.01, "penalise"), (15, "penalise"), (15.1, "review"), (25, "review")),
        (25.1, "exclude"),
        (140, "exclude"),
        (float("nan"), None),
    ],
)
def test_slope_is_judged_by_its_step_the_bound_included(slope: float, action: str | None) -> None:
    found = on_parcels("slope", slope_pct=pd.Series([slope], index=["A"]))
    assert [hit.action for hit in found] == ([] if action is None else [action])


@pytest.mark.parametrize(
    ("kind", "dwelling", "is_gated"),
    [
        ("land", None, True),
        ("land", False, True),
        ("land", True, False),
        ("land", pd.NA, True),
        ("conversion", False, True),
        ("stock", False, False),
    ],
)
def test_a_new_use_as_homes_needs_a_soil_survey_and_an_unknown_use_counts_as_new(
    kind: str, dwelling: object, is_gated: bool
) -> None:
    given = {} if dwelling is None else {"is_dwelling_now": pd.Series([dwelling], index=["A"], dtype="boolean")}
    assert [hit.action for hit in on_parcels("soil_survey", kind=kind, **given)] == (["gate"] if is_gated else [])


@pytest.mark.parametrize(
    ("word", "action"),
    [
        ("是", "exclude"),
        ("Yes", "exclude"),
        ("1.0", "exclude"),
        ("否", None),
        ("无", None),
        ("", None),
        (None, None),
        ("待定", "review"),
    ],
)
def test_hidden_debt_stops_a_parcel_and_an_unreadable_word_is_reviewed_and_told(
    word: object, action: str | None
) -> None:
    assert [hit.action for hit in on_parcels("hidden_debt", hidden_debt=word)] == ([] if action is None else [action])
    told = parcel_problems(PARCEL.assign(hidden_debt=[word]), ON_PARCELS, "p.csv")
    assert [each.code for each in told] == (["debt_word"] if action == "review" else [])


@pytest.mark.parametrize(
    ("documents", "gate"),
    [
        ("净地证明", "open"),
        ("《净地证明》，其他", "open"),
        ("甲；净 地 证 明", "open"),
        ("净地证", "near"),
        ("土地证", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_a_document_opens_a_gate_by_its_name_and_one_much_like_it_is_told(documents: object, gate: str) -> None:
    rule = shipped()["cn"].rules["title"]
    drawn = Constraint("查封", rule, gpd.GeoSeries([shapely.box(50, 0, 200, 100)], crs=CRS))
    [hit] = screen(PARCEL.assign(documents=[documents]), [drawn])
    assert hit.gate == gate
    assert ("净地证”名称相近" in reason_of(hit, rule).sentences["zh"]) == (gate == "near")
