"""The working system of a town, and which systems have axes in metres."""

import geopandas as gpd
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.sources.crs import is_metric, resolve, working_crs

BEITUN = (87.75, 47.3, 87.9, 47.4)


@pytest.mark.parametrize(
    ("bounds", "code"),
    [
        (BEITUN, 4538),
        ((116.3, 39.8, 116.5, 40.0), 4548),
        ((24.9, 60.1, 25.0, 60.2), 32635),
        ((-76.7, 39.2, -76.5, 39.4), 32618),
        ((151.0, -34.0, 151.2, -33.8), 32756),
        ((179.9, 0.0, 180.0, 0.1), 32660),
    ],
    ids=["Beitun", "Beijing", "Helsinki", "Baltimore", "Sydney", "date line"],
)
def test_a_town_works_in_the_zone_that_it_lies_in(bounds: tuple[float, float, float, float], code: int) -> None:
    assert working_crs(bounds).to_epsg() == code


@settings(deadline=None)
@given(lon=st.floats(-179.9, 179.9), lat=st.floats(-79, 83))
def test_everywhere_a_hectare_keeps_its_area_within_three_thousandths(lon: float, lat: float) -> None:
    crs = working_crs((lon, lat, lon, lat))
    assert is_metric(crs)
    local = pyproj.CRS.from_proj4(f"+proj=laea +lat_0={lat} +lon_0={lon} +datum=WGS84")
    square = gpd.GeoSeries([shapely.box(-50, -50, 50, 50)], crs=local)
    assert square.to_crs(crs).area.iloc[0] == pytest.approx(10_000, rel=3e-3)


@pytest.mark.parametrize(("code", "metric"), [(4538, True), (32618, True), (4490, False), (2248, False)])
def test_degrees_and_feet_are_no_metres(code: int, metric: bool) -> None:
    assert is_metric(pyproj.CRS(code)) == metric


@pytest.mark.parametrize(
    ("written", "datum", "code"),
    [(None, "", "no_crs"), (None, "BD-09", "shifted_datum"), (None, "CGCS", "unknown_crs"), (None, "EPSG:4610", "old_datum"),
     ("EPSG:4326", "CGCS2000", "two_crs"), ("EPSG:4326", "nonsense", "two_crs")],
)  # fmt: skip
def test_a_system_that_is_not_sure_is_refused(written: str | None, datum: str, code: str) -> None:
    crs, problems = resolve(written, datum, "a.csv")
    assert crs is None
    assert [(each.code, each.file, each.where) for each in problems] == [(code, "a.csv", "datum")]


@pytest.mark.parametrize(
    ("written", "datum", "code"),
    [(None, "CGCS2000", 4490), (None, "WGS84", 4326), (None, "EPSG:4538", 4538), ("EPSG:4538", "CGCS2000", 4538)],
)
def test_a_system_that_is_sure_is_taken(written: str | None, datum: str, code: int) -> None:
    crs, problems = resolve(written, datum, "a.csv")
    assert problems == []
    assert crs.to_epsg() == code
