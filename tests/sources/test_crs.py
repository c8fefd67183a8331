"""The working system of a town, and which systems have axes in metres."""

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.base.layers import LayerSettings
from siting.sources.crs import guesses, is_metric, misread, placed, resolve, system_of, working_crs
from siting.sources.reading import Findings
from siting.sources.shifted import from_wgs84

BEITUN = (87.75, 47.3, 87.9, 47.4)
PROJECT = pyproj.CRS("EPSG:4538")
KRASOVSKY, IAG_75, GRS_80 = "6378245.0,298.3", "6378140.0,298.257", "6378137.0,298.257222101"
UNKNOWN_LOCAL = 'LOCAL_CS["Unknown",UNIT["metre",1]]'


def esri(name: str, datum: str, ellipsoid: str) -> str:
    """Return a .prj as ArcGIS writes it: a Gauss-Krueger zone of central meridian 87 E on a datum."""
    return (
        f'PROJCS["{name}",GEOGCS["GCS",DATUM["{datum}",SPHEROID["S",{ellipsoid}]],PRIMEM["Greenwich",0.0],'
        'UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000.0],'
        'PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",87.0],PARAMETER["Scale_Factor",1.0],'
        'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
    )


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
     ("EPSG:4538", "WGS84", "two_crs"), ("EPSG:4326", "nonsense", "two_crs")],
)  # fmt: skip
def test_a_system_that_is_not_sure_is_refused(written: str | None, datum: str, code: str) -> None:
    crs, problems = resolve(written, datum, "a.csv")
    assert crs is None
    assert [(each.code, each.file, each.where) for each in problems] == [(code, "a.csv", "datum")]


@pytest.mark.parametrize(
    ("written", "datum", "code"),
    [(None, "CGCS2000", 4490), (None, "WGS84", 4326), (None, "EPSG:4538", 4538), ("EPSG:4538", "CGCS2000", 4538),
     ("EPSG:4538", "EPSG:4490", 4538), ("EPSG:4326", "CGCS2000", 4326), ("EPSG:4490", "WGS84", 4490),
     (UNKNOWN_LOCAL, "EPSG:4538", 4538), ("EPSG:6697", "", 6668), ("EPSG:4979", "", 4326)],
)  # fmt: skip
def test_a_system_that_is_sure_is_taken(written: str | None, datum: str, code: int) -> None:
    crs, problems = resolve(written, datum, "a.csv")
    assert problems == []
    assert crs.to_epsg() == code


@pytest.mark.parametrize(
    "written",
    ["EPSG:2374", "EPSG:2338", "EPSG:4610", "EPSG:4214", "EPSG:4555", "EPSG:21415",
     esri("Beijing_1954_3_Degree_GK_CM_87E", "D_Beijing_1954", KRASOVSKY), esri("北京54", "D", KRASOVSKY),
     esri("zone", "D_BJ54", GRS_80), esri("Xian_1980_GK_CM_87E", "D_Xian_1980", IAG_75), esri("西安80坐标系", "D", GRS_80),
     esri("Xi'an 80", "D", GRS_80), esri("local", "D_Local", KRASOVSKY), esri("local", "D_Local", IAG_75),
     "+proj=tmerc +lon_0=87 +x_0=500000 +ellps=krass"],
)  # fmt: skip
def test_the_old_chinese_datums_are_refused_under_every_name(written: str) -> None:
    crs, problems = resolve(written, "", "a.shp")
    assert crs is None
    assert [each.code for each in problems] == ["old_datum"]


@pytest.mark.parametrize("datum", ["北京54", "Beijing 1954", "西安80", "Xian 1980"])
def test_a_declared_old_datum_is_refused_as_one(datum: str) -> None:
    assert [each.code for each in resolve(None, datum, "a.csv")[1]] == ["old_datum"]


@pytest.mark.parametrize(
    ("written", "datum", "code"),
    [('LOCAL_CS["某市独立坐标系",LOCAL_DATUM["Local",0],UNIT["metre",1]]', "", "local_crs"),
     ('LOCAL_CS["某市独立坐标系",LOCAL_DATUM["Local",0],UNIT["metre",1]]', "EPSG:4538", "local_crs"),
     (UNKNOWN_LOCAL, "", "no_crs"), ("EPSG:5773", "", "not_horizontal"), ("EPSG:4978", "", "not_horizontal"),
     (esri("GK", "D_Unknown", GRS_80), "", "nameless_datum"), (esri("GK", "D_Unknown", GRS_80), "EPSG:4539", "two_crs"),
     (esri("GK", "D_GCJ02", GRS_80).replace("GK", "GCJ02"), "", "shifted_name")],
)  # fmt: skip
def test_a_file_that_does_not_say_where_it_lies_is_refused(written: str, datum: str, code: str) -> None:
    crs, problems = resolve(written, datum, "a.shp")
    assert crs is None
    assert [each.code for each in problems] == [code]


def test_a_declared_datum_completes_a_projection_that_names_none() -> None:
    crs, problems = resolve(esri("GK", "D_Unknown", GRS_80), "CGCS2000", "a.shp")
    assert problems == []
    spot = gpd.GeoDataFrame(geometry=[shapely.Point(561_000, 5_247_000)])
    there = placed(spot, crs, "CGCS2000", PROJECT).to_crs(PROJECT).geometry[0]
    assert there.distance(shapely.Point(561_000, 5_247_000)) < 1e-3


def test_a_zone_as_arcgis_names_it_agrees_with_the_declared_datum() -> None:
    crs, problems = resolve(esri("CGCS2000_3_Degree_GK_CM_87E", "D_China_2000", GRS_80), "CGCS2000", "a.shp")
    assert problems == []
    assert crs.is_projected


SHIFT_3, SHIFT_7 = (100.0, -50.0, 20.0), (100.0, -50.0, 20.0, 1.0, -2.0, 3.0, 4.0)


@pytest.mark.parametrize("target", ["EPSG:4538", "EPSG:4490", "EPSG:4326", "EPSG:32645"])
@pytest.mark.parametrize("shift", [SHIFT_3, SHIFT_7])
def test_parameters_move_an_old_layer_as_the_formula_on_paper_does(target: str, shift: tuple[float, ...]) -> None:
    settings = LayerSettings(role="places", source="a.csv", datum="EPSG:2374", towgs84=shift)
    findings = Findings("a.csv")
    to = pyproj.CRS(target)
    crs = system_of(None, settings, to, findings)
    assert findings.problems == []
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(561_000, 5_247_000)])
    moved = placed(frame, crs, settings.datum, to).to_crs(to).to_crs(4326).geometry[0]
    assert (moved.x, moved.y) == pytest.approx(on_paper(shift), abs=2e-8)


def on_paper(shift: tuple[float, ...]) -> tuple[float, float]:
    """Return degrees in WGS 84 of the point, by the position vector formula on the ellipsoids' own axes."""
    lon, lat = pyproj.Transformer.from_crs(2374, 4610, always_xy=True).transform(561_000, 5_247_000)
    x, y, z = geocentric(lon, lat, 6378140.0, 298.257)
    dx, dy, dz, *rest = (*shift, *[0.0] * (7 - len(shift)))
    rx, ry, rz = np.radians(np.array(rest[:3]) / 3600)
    scale = 1 + rest[3] * 1e-6
    moved = (
        dx + scale * (x - rz * y + ry * z),
        dy + scale * (rz * x + y - rx * z),
        dz + scale * (-ry * x + rx * y + z),
    )
    back = pyproj.Transformer.from_crs("EPSG:4978", "EPSG:4979", always_xy=True)
    lon, lat, _ = back.transform(*moved)
    return lon, lat


def geocentric(lon: float, lat: float, axis: float, inverse_flattening: float) -> tuple[float, float, float]:
    """Return x, y, z in metres of a point on an ellipsoid."""
    e2 = (2 - 1 / inverse_flattening) / inverse_flattening
    normal = axis / np.sqrt(1 - e2 * np.sin(np.radians(lat)) ** 2)
    flat = normal * np.cos(np.radians(lat))
    z = normal * (1 - e2) * np.sin(np.radians(lat))
    return flat * np.cos(np.radians(lon)), flat * np.sin(np.radians(lon)), z


@pytest.mark.parametrize(
    ("written", "towgs84", "code"),
    [("EPSG:2374", (1.0, 2.0), "bad_towgs84"), ("EPSG:2374", (0.0, 0.0, 0.0), "bad_towgs84"),
     ("EPSG:4538", SHIFT_3, "needless_towgs84"),
     ("+proj=tmerc +lon_0=87 +ellps=krass +towgs84=15.8,-154.4,-82.3", SHIFT_3, "two_towgs84")],
)  # fmt: skip
def test_parameters_that_cannot_be_meant_are_refused(written: str, towgs84: tuple[float, ...], code: str) -> None:
    crs, problems = resolve(written, "", "a.shp", towgs84=towgs84)
    assert crs is None
    assert [each.code for each in problems] == [code]


def test_parameters_that_a_file_carries_are_used_on_the_way_to_cgcs2000_too() -> None:
    crs, problems = resolve("+proj=longlat +ellps=krass +towgs84=15.8,-154.4,-82.3", "", "a.shp")
    assert problems == []
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(87.8, 47.36)])
    moved = placed(frame, crs, "", PROJECT).to_crs(PROJECT).to_crs(4490).geometry[0]
    metres = pyproj.Geod(ellps="GRS80").inv(87.8, 47.36, moved.x, moved.y)[2]
    assert 30 < metres < 120


@pytest.mark.parametrize("datum", ["GCJ-02", "BD-09"])
@pytest.mark.parametrize("written", [None, "EPSG:4326", "EPSG:4490", "OGC:CRS84"])
def test_shifted_degrees_that_are_declared_come_out_in_wgs_84(datum: str, written: str | None) -> None:
    crs, problems = resolve(written, datum, "a.csv", shiftable=True)
    assert problems == []
    assert crs == pyproj.CRS("EPSG:4326")
    x, y = from_wgs84(87.8, 47.36, datum)
    frame = gpd.GeoDataFrame({"id": ["A"]}, geometry=[shapely.Point(x, y)], crs=written)
    there = placed(frame, crs, datum, PROJECT)
    assert there.crs == pyproj.CRS("EPSG:4326")
    assert (there.geometry[0].x, there.geometry[0].y) == pytest.approx((87.8, 47.36), abs=1e-11)
    assert frame.geometry[0].x == x


@pytest.mark.parametrize("written", ["EPSG:4538", "EPSG:3857", "EPSG:4610", "EPSG:4267"])
def test_a_shifted_datum_on_a_file_of_another_system_is_a_contradiction(written: str) -> None:
    crs, problems = resolve(written, "GCJ-02", "a.shp", shiftable=True)
    assert crs is None
    assert [each.code for each in problems] == ["shifted_twice"]


@pytest.mark.parametrize(
    ("code", "told"), [(4538, []), (32645, []), (3857, []), (4490, []), (4284, []), (4267, ["rough_datum"])]
)
def test_a_datum_shift_is_told_when_it_is_rough(code: int, told: list[str]) -> None:
    findings = Findings("a.shp")
    settings = LayerSettings(role="roads", source="a.shp")
    assert system_of(pyproj.CRS(code), settings, PROJECT, findings) is not None
    assert [(each.code, each.level) for each in findings.problems] == [(each, "warn") for each in told]


def test_a_datum_that_proj_relates_to_wgs_84_alone_is_not_taken_for_cgcs2000() -> None:
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(87.8, 47.36)])
    crs = pyproj.CRS("EPSG:4284")
    moved = placed(frame, crs, "", PROJECT).to_crs(4490).geometry[0]
    assert 50 < pyproj.Geod(ellps="GRS80").inv(87.8, 47.36, moved.x, moved.y)[2] < 200


def test_proj_never_asks_the_network_for_a_grid() -> None:
    assert not pyproj.network.is_network_enabled()


@pytest.mark.parametrize(
    ("xy", "crs", "code", "better"),
    [((29_561_000, 5_247_000), 4538, "zone_prefix", "EPSG:4517"),
     ((15_561_000, 5_247_000), 4538, "zone_prefix", "EPSG:4493"),
     ((561_000, 5_247_000), 4517, "no_zone_prefix", "EPSG:4538"),
     ((561_000, 5_247_000), 4490, "metres_not_degrees", "EPSG:4538"),
     ((5_247_000, 561_000), 4538, "swapped_axes", PROJECT.name),
     ((47.36, 87.8), 4490, "swapped_axes", "EPSG:4490"),
     ((87.8, 47.36), 4538, "degrees_not_metres", "EPSG:4490"),
     ((9_773_851, 6_000_000), 4326, "mercator_not_said", "EPSG:3857")],
)  # fmt: skip
def test_numbers_that_cannot_be_are_explained_by_the_usual_mistake(
    xy: tuple[float, float], crs: int, code: str, better: str
) -> None:
    told = misread(gpd.GeoSeries([shapely.Point(xy)], crs=crs), PROJECT)
    assert told == (code, f"{xy[0]:.3f}, {xy[1]:.3f}", better)


@pytest.mark.parametrize("xy", [(1000.0, 2000.0), (float("nan"), 1.0), (1e300, 1.0)])
def test_numbers_that_no_mistake_explains_are_not_explained(xy: tuple[float, float]) -> None:
    assert misread(gpd.GeoSeries([shapely.Point(xy)], crs=4490), PROJECT) is None


def test_the_same_metres_in_another_zone_lie_three_degrees_on() -> None:
    lons = {
        each.better: each.lon for each in guesses(561_000, 5_247_000, pyproj.CRS(4537)) if each.code == "wrong_zone"
    }
    assert lons["EPSG:4538"] - lons["EPSG:4537"] == pytest.approx(3)
    lon, _ = pyproj.Transformer.from_crs(4538, 4490, always_xy=True).transform(561_000, 5_247_000)
    assert lons["EPSG:4538"] == pytest.approx(lon, abs=1e-9)
