"""Rows of a table on the map: what cells may say, systems by row, repairs that must be allowed and sure."""

import math
import time
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.base.layers import Layer, LayerSettings
from siting.sources.coordinate_text import parse_angle, parse_point
from siting.sources.points import discs, draw_discs, place_rows
from siting.sources.reading import Findings

GRID = pyproj.CRS("EPSG:27700")
LONDON = (-0.6, 51.2, 0.4, 51.8)
DATUMS = {"ETRS89": "EPSG:4258", "OSGB36": "EPSG:27700"}
DEGREES, METRES = ("-0.28", "51.56"), ("519329.2", "185970.3")
TEXTS = ("x", "y", "point", "wkt", "datum")


def place(
    columns: str, rows: list[tuple[str, ...]], datum: str = "", **coordinates: object
) -> tuple[gpd.GeoDataFrame | None, Findings]:
    """Place rows whose columns are named as our words."""
    names = columns.split()
    raw = {"role": "places", "source": "a.csv", "datum": datum, "columns": {name: name for name in names}}
    declared = LayerSettings.model_validate({**raw, "coordinates": coordinates})
    findings = Findings("a.csv")
    table = pd.DataFrame(rows, columns=names, dtype=object)
    return place_rows(table, Layer(name="a", file="a.toml", settings=declared), GRID, findings), findings


def told(findings: Findings) -> list[tuple[str, str, str]]:
    return [(each.level, each.code, each.where) for each in findings.problems]


@pytest.mark.parametrize(
    "cell",
    [
        *("87.818, 47.358", "87°49′04.8″E 47°21′28.8″N", "E87°49'04.8\" N47°21'28.8\"", "87 49.08 47 21.48"),
        *(
            "东经87度49分4.8秒 北纬47度21分28.8秒",
            "北纬47度21分28.8秒，东经87度49分4.8秒",
            "８７．８１８，４７．３５８",
        ),
        *(
            "47.358N 87.818E",
            "经度：87.818，纬度：47.358",
            "Lat: 47.358, Lon: 87.818",
            "87.818 47.358",
            "(87.818,47.358)",
        ),
        *("87 49 4.8 47 21 28.8", "87°49.08' 47°21.48'", "N47 21.48 E87 49.08"),
    ],
)
def test_a_cell_may_hold_the_point_in_many_ways(cell: str) -> None:
    assert parse_point(cell) == pytest.approx((87.818, 47.358), abs=1e-9)


@pytest.mark.parametrize(
    "cell", ["", "x", "87.8", "87.8 47.3 5", "87E 88E", "87°61' 47°", "100°E 91°N", "52.200.96, 3"]
)
def test_a_cell_that_is_not_clearly_a_point_is_none(cell: str) -> None:
    assert all(math.isnan(value) for value in parse_point(cell))


@pytest.mark.parametrize(
    ("cell", "value"),
    [("87 49.08", 87.818), ("87°49′4.8″", 87.818), ("87°49′4.8″W", -87.818), ("-0°30'", -0.5), ("561000.5", 561000.5)],
)
def test_a_column_may_hold_degrees_and_minutes(cell: str, value: float) -> None:
    assert parse_angle(cell, "x") == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize("cell", ["52.200.96", "561 000.5", "389,547", "47N", "87.5 30", "200°", "-87E"])
def test_a_column_cell_that_is_no_clear_longitude_is_none(cell: str) -> None:
    assert math.isnan(parse_angle(cell, "x"))


@given(minutes=st.integers(-10799, 10799), seconds=st.integers(0, 59))
def test_degrees_written_in_sixtieths_come_back(minutes: int, seconds: int) -> None:
    size = abs(minutes)
    cell = f"{'-' if minutes < 0 else ''}{size // 60}°{size % 60}′{seconds}″"
    value = (size + seconds / 60) / 60
    assert parse_angle(cell, "x") == pytest.approx(-value if minutes < 0 else value, abs=1e-9)


def test_rows_of_one_system_stay_in_it() -> None:
    placed, findings = place("x y", [METRES], "EPSG:27700")
    assert findings.problems == []
    assert placed is not None
    assert (placed.crs.to_epsg(), placed.geometry[0].x) == (27700, 519329.2)


def test_rows_of_several_systems_meet_in_that_of_the_project() -> None:
    placed, findings = place("x y datum", [(*DEGREES, "ETRS89"), (*METRES, " osgb36\n")], datums=DATUMS)
    assert findings.problems == []
    assert placed is not None
    assert placed.crs == GRID
    assert placed.geometry[0].distance(placed.geometry[1]) < 1


def test_a_datum_may_be_an_address_or_a_code_and_an_undeclared_word_is_never_guessed() -> None:
    address = "http://www.opengis.net/def/crs/EPSG/0/4326"
    placed, findings = place(
        "x y datum", [(*DEGREES, address), (*DEGREES, "EPSG:4326"), (*DEGREES, "ETRS89"), (*DEGREES, "")]
    )
    assert told(findings) == [("warn", "no_row_datum", "row 4"), ("warn", "unknown_row_datum", "row 3")]
    assert placed is not None
    assert placed.geometry.notna().tolist() == [True, True, False, False]


def test_each_allowed_repair_is_made_by_row_and_told() -> None:
    rows = [
        (*DEGREES, "ETRS89"),
        (*DEGREES[::-1], "ETRS89"),
        (*DEGREES, "OSGB36"),
        (*METRES[::-1], "ETRS89"),
        (*DEGREES, "ETRS114"),
    ]
    placed, findings = place("x y datum", rows, datums=DATUMS, within=LONDON, repair=["swap", "datum"])
    assert told(findings) == [
        ("mend", "row_swapped", "row 2"),
        ("mend", "row_other_datum", "row 3"),
        ("mend", "row_other_datum", "row 5"),
        ("mend", "row_swapped_other_datum", "row 4"),
    ]
    assert placed is not None
    assert placed.distance(placed.geometry[0]).max() < 1
    assert findings.mended == {1, 2, 3, 4}


@pytest.mark.parametrize(("repair", "placed_rows"), [([], 1), (["swap"], 2), (["datum"], 2), (["swap", "datum"], 3)])
def test_only_repairs_that_the_layer_allows_are_made(repair: list[str], placed_rows: int) -> None:
    rows = [(*DEGREES, "ETRS89"), (*DEGREES[::-1], "ETRS89"), (*DEGREES, "OSGB36")]
    placed, findings = place("x y datum", rows, datums=DATUMS, within=LONDON, repair=repair)
    assert placed is not None
    assert placed.geometry.notna().sum() == placed_rows
    assert len(findings.left_out) == 3 - placed_rows


def test_a_row_that_two_repairs_fit_is_left_out() -> None:
    # two neighbouring zones put the same numbers 6 degrees apart, and the box holds both
    zones = {"a": "EPSG:4326", "n": "EPSG:32631", "m": "EPSG:32632"}
    rows = [("3", "51", "a"), ("500000", "5650000", "a")]
    placed, findings = place("x y datum", rows, datums=zones, within=(0, 45, 12, 55), repair=["datum"])
    assert told(findings) == [("warn", "two_repairs_fit", "row 2")]
    assert placed is not None


def test_a_repair_that_every_declared_word_for_one_place_agrees_on_is_one_repair() -> None:
    words = {**DATUMS, "WGS84": "WGS84"}
    _, findings = place(
        "x y datum", [(*DEGREES, "ETRS114"), (*DEGREES, "ETRS89")], datums=words, within=LONDON, repair=["datum"]
    )
    assert told(findings) == [("mend", "row_other_datum", "row 1")]


def test_a_row_outside_says_what_was_tried() -> None:
    _, findings = place("x y", [DEGREES, ("10", "50")], "WGS84", within=LONDON, repair=["swap"])
    assert [(each.code, each.found) for each in findings.problems] == [("outside_within", "10, 50 [x↔y WGS84]")]


@pytest.mark.parametrize(
    ("datum", "row", "code"),
    [("WGS84", METRES, "metres_as_degrees"), ("EPSG:27700", DEGREES, "degrees_as_metres"), ("WGS84", ("39.9", "116.4"), "looks_swapped")],
)  # fmt: skip
def test_numbers_that_contradict_their_system_are_told_and_refuse_the_layer_where_all_do(
    datum: str, row: tuple[str, str], code: str
) -> None:
    good = METRES if datum == "EPSG:27700" else DEGREES
    assert told(place("x y", [good, row], datum)[1]) == [("warn", code, "row 2")]
    placed, findings = place("x y", [row, row], datum)
    assert placed is None
    assert told(findings) == [("refuse", code, "row 1 (+1)")]


def test_rows_without_coordinates_and_at_zero_are_left_out() -> None:
    _, findings = place("x y", [DEGREES, ("", ""), ("0", "0.0"), ("inf", "1")], "WGS84")
    assert told(findings) == [
        ("warn", "bad_point", "row 2"),
        ("warn", "bad_point", "row 4"),
        ("warn", "null_island", "row 3"),
    ]


def test_wkt_may_be_any_shape_and_its_srid_is_its_system() -> None:
    rows = [("SRID=4326;POINT(1 51)",), ("srid=4326; POLYGON((1 51,2 51,2 52,1 51))",), ("rubbish",), ("POINT EMPTY",)]
    placed, findings = place("wkt", rows)
    assert told(findings) == [("warn", "bad_point", "row 3"), ("warn", "bad_point", "row 4")]
    assert placed is not None
    assert placed.geom_type.tolist()[:2] == ["Point", "Polygon"]
    assert placed.geometry.isna().tolist() == [False, False, True, True]
    assert placed.crs.to_epsg() == 4326


def test_an_srid_against_the_datum_is_left_out() -> None:
    _, findings = place("wkt", [("SRID=4326;POINT(1 51)",), ("SRID=27700;POINT(2 52)",), ("POINT(1 51)",)], "WGS84")
    assert told(findings) == [("warn", "srid_disagrees", "row 2")]


def test_a_shifted_datum_is_moved_to_wgs84() -> None:
    placed, findings = place("point", [("东经116.404度 北纬39.915度",)], "GCJ-02")
    assert findings.problems == []
    assert placed is not None
    moved = placed.to_crs("EPSG:32650").geometry[0]
    given_there = gpd.GeoSeries.from_xy([116.404], [39.915], crs="EPSG:4326").to_crs("EPSG:32650")[0]
    assert 300 < moved.distance(given_there) < 800


@pytest.mark.parametrize(
    ("columns", "options", "code"),
    [("x y", {}, "no_crs"), ("x y point", {"datum": "WGS84"}, "several_positions"), ("x", {"datum": "WGS84"}, "missing_key"),
     ("x y", {"datum": "WGS84", "repair": ["swap"]}, "repair_needs_within"), ("x y", {"datum": "WGS84", "within": [1, 2, 0, 3]}, "bad_within"),
     ("x y", {"datum": "EPSG:4978"}, "not_horizontal")],
)  # fmt: skip
def test_a_layer_that_does_not_say_where_it_lies_is_refused(columns: str, options: dict[str, Any], code: str) -> None:
    placed, findings = place(columns, [("1", "1", "1, 1")[: len(columns.split())]], **options)
    assert placed is None
    assert [(each.level, each.code) for each in findings.problems] == [("refuse", code)]


@settings(deadline=None, max_examples=30)
@given(rows=st.lists(st.tuples(st.sampled_from(["-0.28", "51.56", "519329", "185970", "", "x", "0"]),
       st.sampled_from(["-0.28", "51.56", "519329", "185970", ""]), st.sampled_from(["ETRS89", "OSGB36", "?", ""])), min_size=1))  # fmt: skip
def test_every_row_is_placed_or_left_out_or_the_layer_refused(rows: list[tuple[str, str, str]]) -> None:
    placed, findings = place("x y datum", rows, datums=DATUMS, within=LONDON, repair=["swap", "datum"])
    if placed is None:
        assert findings.is_refused()
    else:
        out = set(placed.index[placed.geometry.isna()])
        assert out == set(findings.left_out)
        assert not findings.mended & out


def test_a_hundred_thousand_plain_rows_take_seconds() -> None:
    rng = np.random.default_rng(1)
    rows = [(f"{x:.6f}", f"{y:.6f}", "ETRS89") for x, y in rng.uniform((-0.5, 51.3), (0.3, 51.7), (100_000, 2))]
    begun = time.perf_counter()
    placed, findings = place("x y datum", rows, datums=DATUMS, within=LONDON, repair=["swap", "datum"])
    assert time.perf_counter() - begun < 5
    assert placed is not None
    assert findings.problems == []


def test_circles_have_exactly_the_area_given_and_none_stands_without() -> None:
    points = gpd.GeoSeries([shapely.Point(500_000, 200_000), shapely.Point(1, 1), None], crs=GRID)
    circles = discs(points, pd.Series([10_000.0, np.nan, 5.0]))
    assert circles.area[0] == pytest.approx(10_000, rel=1e-9)
    assert circles[0].centroid.distance(points[0]) < 1e-6
    assert circles.isna().tolist() == [False, True, True]
    with pytest.raises(ValueError, match="metres"):
        discs(points.set_crs("EPSG:4326", allow_override=True), pd.Series([1.0, 1.0, 1.0]))


def test_parcels_given_as_points_are_drawn_by_their_area_in_any_unit() -> None:
    points = gpd.GeoSeries([shapely.Point(1, 1)] * 4, crs=GRID)
    areas = pd.DataFrame(
        {
            "area_m2": [50.0, np.nan, np.nan, 0.0],
            "area_ha": [np.nan, 2.0, np.nan, np.nan],
            "area_mu": [9.0, 9.0, 15.0, np.nan],
        }
    )
    findings = Findings("a.csv")
    drawn = draw_discs(points, areas, findings)
    assert drawn.area.tolist()[:3] == pytest.approx([50, 20_000, 10_000])
    assert told(findings) == [("warn", "no_area_given", "row 4"), ("note", "drawn_as_circle", "")]
