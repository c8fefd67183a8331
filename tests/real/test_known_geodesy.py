"""Published areas, distances and speeds, and that a parcel's area is that of the ellipsoid."""

import json

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely

from siting.base.road_rules import parse_speed
from tests.shared_data import shared


def test_areas_and_perimeters_on_the_ellipsoid_are_the_published_ones() -> None:
    cases = json.loads(shared("known/geodesic_area/data.json").read_text("utf-8"))["cases"]
    assert len(cases) == 6
    for case in cases:
        lat, lon = np.array(case["lat_lon"], float).T
        area, perimeter = pyproj.Geod(ellps="WGS84").polygon_area_perimeter(lon, lat)
        assert area == pytest.approx(case["area_m2"], abs=1), case["id"]
        if case["perimeter_m"] is not None:
            assert perimeter == pytest.approx(case["perimeter_m"], abs=1), case["id"]


def test_great_circle_distance_and_bearing_are_the_published_ones() -> None:
    cases = json.loads(shared("known/geodesy_small/data.json").read_text("utf-8"))["cases"]
    azimuth, _, metres = pyproj.Geod(a=6_371_009, b=6_371_009).inv(0, 0, 1, 1)
    assert metres == pytest.approx(cases[0]["expected_m"], abs=cases[0]["tol"])
    assert azimuth == pytest.approx(cases[1]["expected_deg"], abs=cases[1]["tol"])


def test_speed_texts_are_read_as_published_or_not_at_all() -> None:
    rows = json.loads(shared("known/geodesy_small/data.json").read_text("utf-8"))["maxspeed_to_kph"]
    assert len(rows) == 9
    for written, kmh in rows:
        read = parse_speed(written)
        if isinstance(kmh, (int, float)) and "|" not in written and "," not in written:
            assert read == pytest.approx(kmh, rel=1e-4), written


@pytest.mark.parametrize("crs", [4490, 4326, 3857, 32645, 4517])
def test_a_parcel_at_beitun_has_the_area_of_the_ellipsoid_whatever_its_file_is_in(crs: int) -> None:
    true = shapely.box(87.8, 47.36, 87.803, 47.362)
    ellipsoid = abs(pyproj.Geod(ellps="GRS80").geometry_area_perimeter(true)[0])
    written = gpd.GeoSeries([true], crs=4490).to_crs(crs)
    assert written.to_crs(4538).area[0] == pytest.approx(ellipsoid, rel=1e-3)
    if crs == 3857:
        assert written.area[0] > 2.1 * ellipsoid
