"""Maps on paper."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from siting.report.map_labels import Label, place_labels, scale_bar
from siting.report.plan_map import MapOptions, clusters_of, plan_maps
from tests import small_project
from tests.report import made_up_run

CRS = small_project.CRS


def squares(points: list[tuple[int, int]]) -> gpd.GeoSeries:
    shapes = [shapely.box(x, y, x + 10, y + 10) for x, y in points]
    return gpd.GeoSeries(shapes, index=[f"P{n:03}" for n in range(len(points))], crs=CRS)


def test_parcels_three_units_apart_make_three_groups() -> None:
    """Gaps of 90 and 100 m: at 90 m the first two are one group, at 89 m none."""
    shapes = squares([(0, 0), (100, 0), (210, 0)])
    assert [list(each.index) for each in clusters_of(shapes, 90)] == [["P000", "P001"], ["P002"]]
    assert len(clusters_of(shapes, 89)) == 3
    assert len(clusters_of(shapes, 100)) == 1


@given(
    points=st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 3000)), min_size=1, max_size=25),
    apart=st.integers(1, 900),
)
def test_groups_are_the_components_of_the_graph_of_near_pairs(points: list[tuple[int, int]], apart: int) -> None:
    shapes = squares(points)
    near = np.array([[one.distance(two) <= apart for two in shapes] for one in shapes])
    count, label = connected_components(csr_array(near), directed=False)
    groups = clusters_of(shapes, apart)
    assert len(groups) == count
    assert {frozenset(each.index) for each in groups} == {frozenset(shapes.index[label == n]) for n in range(count)}


@given(width=st.floats(100, 1e6))
def test_a_scale_bar_is_round_and_neither_long_nor_tiny(width: float) -> None:
    length, shown = scale_bar(width)
    assert width / 12.5 <= length <= width / 5
    assert float(shown) * (1000 if length >= 1000 else 1) == pytest.approx(length)
    assert f"{length:g}".replace(".", "").strip("0")[:1] in ("1", "2", "5") or "e" in f"{length:g}"


@settings(max_examples=15, deadline=None)
@given(points=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=12, unique=True))
def test_labels_do_not_cover_each_other_where_there_is_room(points: list[tuple[int, int]]) -> None:
    figure = Figure(figsize=(6, 6), dpi=100)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(-5, 25)
    axes.set_ylim(-5, 25)
    labels = [Label(f"P{n}", x, y) for n, (x, y) in enumerate(points)]
    boxes = place_labels(axes, labels)[len(labels) :]
    assert len(boxes) == len(labels)
    for n, one in enumerate(boxes):
        assert not any(one.overlaps(two) for two in boxes[:n])
    axes.figure.canvas.draw()


def test_parcels_that_the_overview_shows_large_have_no_second_map() -> None:
    """P1 to P3 span 4.3 km of an overview of 6 km at least; P1 alone would be a dot."""
    spread = plan_maps(made_up_run.small(), "en", MapOptions(compared=["P1", "P2", "P3"]))
    assert [each.title for each in spread] == ["Where the parcels lie (overview)"]
    alone = plan_maps(made_up_run.small(), "en", MapOptions(compared=["P1"]))
    assert [each.title for each in alone] == ["Where the parcels lie (overview)", "Where the parcels lie: 一团"]


def test_far_parcels_have_maps_of_their_own_by_unit() -> None:
    """`far` and `stray` lie 9 and 4 km from the street: three groups at 4 km, `stray` near the street by 3.9 km."""
    results = made_up_run.small()
    maps = plan_maps(results, "zh", MapOptions(compared=["P1", "far"]))
    assert [each.title for each in maps] == ["地块位置图（总图）", "地块位置图：一团", "地块位置图：一团"]


def test_the_same_run_gives_the_same_bytes_whatever_the_order_of_rows() -> None:
    results = made_up_run.small()
    options = MapOptions(chosen={"P1": 2026, "P2": 2027}, compared=["P3"], watermark="内部", approval="新S(2026)1号")
    turned = replace(results, parcels=results.parcels.iloc[::-1])
    assert plan_maps(results, "zh", options) == plan_maps(turned, "zh", options)


def test_marks_years_and_compared_parcels_show() -> None:
    results = made_up_run.small()
    bare = plan_maps(results, "zh", MapOptions(compared=["P1"]))[0].png
    for changed in (
        MapOptions(compared=["P1"], watermark="内部"),
        MapOptions(compared=["P1"], approval="新S(2026)1号"),
        MapOptions(chosen={"P1": 2026}),
        MapOptions(chosen={"P1": 2027}),
    ):
        assert plan_maps(results, "zh", changed)[0].png != bare


def test_parcels_without_a_shape_give_no_map() -> None:
    assert plan_maps(made_up_run.small(), "zh", MapOptions(compared=["undrawn"])) == ()


def test_no_choice_shows_all_candidates_and_no_layers_is_a_map_still() -> None:
    bare = replace(made_up_run.small(), backdrop={})
    maps = plan_maps(bare, "en", MapOptions())
    assert maps[0].png.startswith(b"\x89PNG")
    assert plan_maps(bare, "en", MapOptions(compared=["unheard of", "P1"]))
