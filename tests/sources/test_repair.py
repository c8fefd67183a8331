"""Spikes, repeated points and slivers: mended or told by row, the land stays."""

from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.office import X, Y, found, parcels, square


def with_spike(width: float) -> shapely.Polygon:
    """A square of 100 m with a spike of 2 km at its north-east corner."""
    tip = (X + 2100, Y + 100 + width / 2)
    north = Y + 100 + width
    return shapely.Polygon([(X, Y), (X + 100, Y), (X + 100, Y + 100), tip, (X + 100, north), (X, north)])


@pytest.mark.parametrize("width", [0.0, 0.001, 0.1])
def test_a_spike_of_two_kilometres_is_cut_off_and_told(tmp_path: Path, width: float) -> None:
    reading, problems = parcels(tmp_path, [with_spike(width), square(3000)])
    assert {(each.where, each.level) for each in problems} == {("row 1", "mend")}
    shape = reading.table.geometry.iloc[0]
    assert shape.bounds[2] <= X + 101
    assert shape.area == pytest.approx(10_000, rel=0.01)
    assert reading.counts.mended == 1


def test_a_spike_of_a_parcel_with_holes_and_parts_leaves_these_alone(tmp_path: Path) -> None:
    hole = shapely.box(X + 20, Y + 20, X + 40, Y + 40)
    ringed = shapely.Polygon(with_spike(0.01).exterior.coords, [hole.exterior.coords])
    reading, _ = parcels(tmp_path, [shapely.MultiPolygon([ringed, square(3000)])])
    shape = reading.table.geometry.iloc[0]
    assert shape.area == pytest.approx(10_000 - 400 + 10_000, abs=15)
    assert shape.bounds[2] == X + 3100
    assert shape.intersection(hole).area == 0


def test_a_narrow_wedge_of_land_is_no_spike(tmp_path: Path) -> None:
    wedge = shapely.Polygon([(X, Y), (X + 200, Y), (X, Y + 30)])
    reading, problems = parcels(tmp_path, [wedge])
    assert problems == []
    assert reading.table.geometry.iloc[0].equals(wedge)


def test_repeated_points_are_dropped_and_told(tmp_path: Path) -> None:
    twice = shapely.Polygon([(X, Y), (X + 100, Y), (X + 100, Y), (X + 100, Y + 100), (X, Y + 100)])
    reading, problems = parcels(tmp_path, [twice])
    assert found(problems) == [("repeated_points", "row 1", "")]
    assert shapely.get_num_coordinates(reading.table.geometry.iloc[0]) == 5


def test_a_strip_of_20_cm_is_told_as_a_sliver(tmp_path: Path) -> None:
    _, problems = parcels(tmp_path, [shapely.box(X, Y, X + 500, Y + 0.2), square(0, 100)])
    assert found(problems) == [("sliver", "row 1", "0.20 m")]


def test_a_ring_that_touches_itself_keeps_its_land(tmp_path: Path) -> None:
    bow = shapely.Polygon([(X, Y), (X + 100, Y), (X + 50, Y + 50), (X + 100, Y + 100), (X, Y + 100), (X + 50, Y + 50)])
    reading, problems = parcels(tmp_path, [bow])
    assert [each.code for each in problems] == ["invalid_geometry"]
    assert reading.table.area.iloc[0] == pytest.approx(5000)


@given(st.lists(st.floats(0.5, 1.0), min_size=12, max_size=40))
def test_a_star_without_sharp_corners_is_left_alone(radii: list[float]) -> None:
    import geopandas as gpd

    from siting.sources.reading import Findings
    from siting.sources.repair import mend_polygons

    turn = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    star = shapely.Polygon(np.c_[np.cos(turn), np.sin(turn)] * np.array(radii)[:, None] * 100)
    findings = Findings("x")
    mended = mend_polygons(gpd.GeoSeries([star], crs="EPSG:4538"), findings)
    assert mended.iloc[0].equals(star)
    assert findings.problems == []
