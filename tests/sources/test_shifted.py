"""GCJ-02 and BD-09: the published points, back to where they came from, and what is left alone."""

import csv

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from siting.sources.shifted import from_wgs84, to_wgs84, unshifted
from tests.shared_data import shared

DATUMS = ("GCJ-02", "BD-09")
BEITUN = (87.8, 47.36)


def test_the_published_points_come_out_and_go_back() -> None:
    with shared("known/gcj02/points.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3
    for row in rows:
        wgs, gcj = (tuple(float(row[f"{name}_{axis}"]) for axis in ("lon", "lat")) for name in ("wgs", "gcj"))
        assert from_wgs84(*wgs, "GCJ-02") == pytest.approx(gcj, abs=1e-9)
        assert to_wgs84(*gcj, "GCJ-02") == pytest.approx(wgs, abs=1e-9)


@pytest.mark.parametrize("datum", DATUMS)
@given(lon=st.floats(73.5, 135.1), lat=st.floats(3.8, 53.6))
def test_anywhere_in_china_there_and_back_ends_where_it_began(datum: str, lon: float, lat: float) -> None:
    back = to_wgs84(*from_wgs84(lon, lat, datum), datum)
    assert back == pytest.approx((lon, lat), abs=1e-11)


@pytest.mark.parametrize("datum", DATUMS)
@given(lon=st.floats(73.5, 135.1), lat=st.floats(3.8, 53.6))
def test_anywhere_in_china_back_and_there_ends_where_it_began(datum: str, lon: float, lat: float) -> None:
    there = from_wgs84(*to_wgs84(lon, lat, datum), datum)
    assert there == pytest.approx((lon, lat), abs=1e-11)


@pytest.mark.parametrize(("datum", "least", "most"), [("GCJ-02", 0, 720), ("BD-09", 680, 1530)])
@given(lon=st.floats(73.5, 135.1), lat=st.floats(18, 53.6))
def test_the_shift_is_of_the_size_that_is_published(
    datum: str, least: float, most: float, lon: float, lat: float
) -> None:
    x, y = from_wgs84(lon, lat, datum)
    metres = 111_200 * np.hypot((x - lon) * np.cos(np.radians(lat)), y - lat)
    assert least <= metres <= most


@pytest.mark.parametrize("datum", DATUMS)
@pytest.mark.parametrize(
    "place", [(9.5, 47.1), (-76.6, 39.3), (151.2, -33.9), (72.0, 30.0), (100.0, 0.5), (200.0, 95.0)]
)
def test_outside_the_box_nothing_moves(datum: str, place: tuple[float, float]) -> None:
    assert from_wgs84(*place, datum) == place
    assert to_wgs84(*place, datum) == place


@pytest.mark.parametrize("datum", DATUMS)
def test_what_is_no_number_stays_so_and_moves_no_other(datum: str) -> None:
    lon, lat = np.array([np.nan, np.inf, 87.8]), np.array([47.0, 47.0, 47.36])
    for move in (from_wgs84, to_wgs84):
        x, y = move(lon, lat, datum)
        assert np.isnan(x[0])
        assert np.isinf(x[1])
        assert (x[2], y[2]) == move(*BEITUN, datum)
    assert lon[2] == 87.8


def test_a_datum_that_is_not_a_shifted_one_is_an_error() -> None:
    for move in (from_wgs84, to_wgs84):
        with pytest.raises(ValueError, match="WGS84 is not GCJ-02"):
            move(*BEITUN, "WGS84")


@pytest.mark.parametrize("datum", DATUMS)
def test_every_vertex_of_a_layer_is_moved(datum: str) -> None:
    true = gpd.GeoSeries(
        [
            shapely.box(87.8, 47.3, 87.9, 47.4).difference(shapely.box(87.82, 47.32, 87.84, 47.34)),
            shapely.MultiPoint([(87.8, 47.3), (87.9, 47.4)]),
            shapely.LineString([(87.8, 47.3), (87.9, 47.4)]),
            None,
            shapely.Polygon(),
        ],
        index=list("abcde"),
        crs="EPSG:4490",
    )
    there = shapely.transform(true.to_numpy(), lambda xy: np.column_stack(from_wgs84(*xy.T, datum)))
    back = unshifted(gpd.GeoSeries(there, index=true.index, crs="EPSG:4490"), datum)
    assert back.crs == "EPSG:4326"
    assert list(back.index) == list("abcde")
    assert shapely.equals_exact(back.to_numpy()[:3], true.to_numpy()[:3], tolerance=1e-11).all()
    assert back["d"] is None
    assert back["e"].is_empty


def test_metres_are_no_shifted_degrees() -> None:
    with pytest.raises(ValueError, match="in degrees"):
        unshifted(gpd.GeoSeries([shapely.Point(561_000, 5_247_000)], crs="EPSG:4538"), "GCJ-02")
