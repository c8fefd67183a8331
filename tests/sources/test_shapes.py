"""Shapes and where they are: repaired in documented ways, refused, or left out by row."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from siting.sources.shifted import from_wgs84
from tests.sources.office import CRS, PARCELS, X, Y, codes, found, parcels, read, square, table

ESRI_XIAN_88 = (
    'PROJCS["Xian_1980_GK_CM_88E",GEOGCS["GCS_Xian_1980",DATUM["D_Xian_1980",'
    'SPHEROID["Xian_1980",6378140.0,298.257]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],'
    'PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",88.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],'
    'UNIT["Meter",1.0]]'
)


def test_a_clean_square_comes_through_unchanged(tmp_path: Path) -> None:
    reading, problems = parcels(tmp_path, [square()])
    assert problems == []
    assert reading.table.area.tolist() == [10_000]
    assert reading.counts.record() == {"read": 1, "used": 1, "mended": 0, "left_out": 0}


@pytest.mark.parametrize("name", ["parcels.gpkg", "parcels.shp"])
def test_a_file_without_a_coordinate_system_is_refused(tmp_path: Path, name: str) -> None:
    frame = gpd.GeoDataFrame({"编号": ["A"]}, geometry=[square()])
    with pytest.warns(UserWarning, match="crs"):
        frame.to_file(tmp_path / name, encoding="utf-8")
    reading, problems = read(tmp_path, "parcels", name, **PARCELS)
    assert reading is None
    assert [(each.code, each.where) for each in problems] == [("no_crs", "datum")]


def test_a_stated_system_fills_in_for_a_file_without_one(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="crs"):
        gpd.GeoDataFrame({"编号": ["A"]}, geometry=[square()]).to_file(tmp_path / "p.shp", encoding="utf-8")
    reading, problems = read(tmp_path, "parcels", "p.shp", datum="EPSG:4538", **PARCELS)
    assert problems == []
    assert reading.table.area.tolist() == [10_000]


@pytest.mark.parametrize("datum", ["GCJ-02", "BD-09"])
def test_shifted_coordinates_are_moved_back_where_they_are_declared(tmp_path: Path, datum: str) -> None:
    lon, lat = from_wgs84(np.array([87.8]), np.array([47.3]), datum)
    reading, problems = table(tmp_path, f"单位,人数,x,y\n厂,1,{lon[0]:.9f},{lat[0]:.9f}\n", datum=datum)
    plain, _ = table(tmp_path, "单位,人数,x,y\n厂,1,87.8,47.3\n", datum="WGS84")
    assert problems == []
    assert reading.table.geometry.iloc[0].distance(plain.table.geometry.iloc[0]) < 0.01


def test_a_name_that_is_no_system_is_refused(tmp_path: Path) -> None:
    _, problems = table(tmp_path, "单位,人数,x,y\n厂,1,87.8,47.3\n", datum="EPSG:1")
    assert found(problems) == [("unknown_crs", "datum", "EPSG:1")]


@pytest.mark.parametrize("code", [2338, 4610, 4214, 2433])
def test_the_old_chinese_datums_are_refused(tmp_path: Path, code: int) -> None:
    shape = square() if code in (2338, 2433) else shapely.box(87.8, 47.3, 87.81, 47.31)
    _, problems = parcels(tmp_path, [shape], crs=code)
    assert codes(problems) == ["old_datum"]


def test_xian_80_is_refused_under_the_name_that_arcgis_gives_it_too(tmp_path: Path) -> None:
    gpd.GeoDataFrame({"编号": ["A"]}, geometry=[square()], crs=CRS).to_file(tmp_path / "p.shp", encoding="utf-8")
    (tmp_path / "p.prj").write_text(ESRI_XIAN_88, "ascii")
    reading, problems = read(tmp_path, "parcels", "p.shp", **PARCELS)
    assert reading is None
    assert codes(problems) == ["old_datum"]


@pytest.mark.parametrize("datum", ["WGS84", "EPSG:4539", "EPSG:32645"])
def test_a_file_and_a_layer_that_name_two_systems_are_refused(tmp_path: Path, datum: str) -> None:
    _, problems = parcels(tmp_path, [square()], datum=datum)
    assert codes(problems) == ["two_crs"]
    assert problems[0].expected == datum


@pytest.mark.parametrize("datum", ["CGCS2000", "EPSG:4538"])
def test_a_file_and_a_layer_that_agree_are_read(tmp_path: Path, datum: str) -> None:
    reading, problems = parcels(tmp_path, [square()], datum=datum)
    assert problems == []
    assert len(reading.table) == 1


def test_degrees_are_moved_to_the_project_s_metres(tmp_path: Path) -> None:
    degrees = gpd.GeoSeries([square()], crs=CRS).to_crs(4490)
    reading, _ = parcels(tmp_path, list(degrees), crs=4490)
    assert reading.table.area.tolist() == pytest.approx([10_000], abs=0.01)
    assert reading.table.crs == CRS


def test_a_bow_tie_is_mended_and_told(tmp_path: Path) -> None:
    tie = shapely.Polygon([(X, Y), (X + 100, Y + 100), (X + 100, Y), (X, Y + 100)])
    reading, problems = parcels(tmp_path, [square(500), tie])
    assert [(each.code, each.where, each.level) for each in problems] == [("invalid_geometry", "row 2", "mend")]
    assert reading.table.is_valid.all()
    assert reading.table.area.tolist() == pytest.approx([10_000, 5_000])
    assert reading.counts.mended == 1


def test_of_a_mixed_collection_the_areas_are_taken(tmp_path: Path) -> None:
    mixed = shapely.GeometryCollection([square(), shapely.LineString([(X, Y), (X - 100, Y)])])
    reading, problems = parcels(tmp_path, [mixed, square(500)])
    assert found(problems) == [("mixed_parts", "row 1", "")]
    assert reading.table.geom_type.tolist() == ["Polygon", "Polygon"]
    assert reading.table.area.sum() == 20_000


def test_a_collection_without_any_area_is_no_parcel(tmp_path: Path) -> None:
    only_line = shapely.GeometryCollection([shapely.LineString([(X, Y), (X - 100, Y)])])
    _, problems = parcels(tmp_path, [square(), only_line])
    assert found(problems) == [("wrong_geometry", "row 2", "GeometryCollection")]


def test_a_parcel_that_nobody_drew_is_kept_as_unusable_under_its_id(tmp_path: Path) -> None:
    reading, problems = parcels(tmp_path, [square(), None, shapely.Polygon()])
    assert sorted(found(problems)) == [("no_geometry", "row 2", ""), ("no_geometry", "row 3", "")]
    assert reading.table["id"].tolist() == ["A"]
    assert dict(zip(reading.unusable["id"], reading.unusable["reason"], strict=True)) == {
        "B": "no_geometry",
        "C": "no_geometry",
    }
    assert reading.counts.record() == {"read": 3, "used": 1, "mended": 0, "left_out": 2}


def test_a_parcel_without_area_is_kept_as_unusable(tmp_path: Path) -> None:
    flat = shapely.Polygon([(X, Y), (X + 100, Y), (X + 200, Y), (X, Y)])
    reading, problems = parcels(tmp_path, [square(500), flat])
    assert "no_area" in codes(problems)
    assert reading.unusable["reason"].tolist() == ["no_area"]


def test_heights_are_dropped(tmp_path: Path) -> None:
    reading, problems = parcels(tmp_path, [shapely.force_3d(square(), 480.0)])
    assert problems == []
    assert not reading.table.has_z.any()


@pytest.mark.parametrize("shape", [shapely.Point(X, Y), shapely.LineString([(X, Y), (X + 9, Y)])])
def test_points_and_lines_are_no_parcels(tmp_path: Path, shape: shapely.Geometry) -> None:
    reading, problems = parcels(tmp_path, [shape])
    assert reading is None
    assert found(problems) == [("wrong_geometry", "row 1", shape.geom_type)]
    assert problems[0].expected == "Polygon/MultiPolygon"


def test_a_point_at_zero_zero_takes_no_part(tmp_path: Path) -> None:
    reading, problems = table(tmp_path, "单位,人数,x,y\n厂,1,87.8,47.3\n店,2,0,0\n", datum="CGCS2000")
    assert found(problems) == [("null_island", "row 2", "0, 0")]
    assert reading.table["jobs"].tolist() == [1]


def test_a_row_whose_coordinates_have_no_end_is_left_out_and_told(tmp_path: Path) -> None:
    reading, problems = table(tmp_path, f"单位,人数,x,y\n厂,1,inf,{Y}\n店,2,{X},{Y}\n")
    assert found(problems) == [("bad_point", "row 1", f"inf, {Y}")]
    assert reading.table["jobs"].tolist() == [2]


@pytest.mark.parametrize(("x", "code"), [("inf", "bad_point"), (str(X), "metres_as_degrees")])
def test_degrees_that_cannot_be_are_left_out_before_they_are_moved(tmp_path: Path, x: str, code: str) -> None:
    _, problems = table(tmp_path, f"单位,人数,x,y\n厂,1,87.8,47.3\n店,2,{x},47.3\n", datum="CGCS2000")
    assert [(each.code, each.where[:5]) for each in problems] == [(code, "row 2")]


def test_metres_in_a_file_that_says_degrees_are_refused(tmp_path: Path) -> None:
    ring = shapely.get_coordinates(square()).tolist()
    feature = {"type": "Feature", "properties": {"编号": "A"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    written = {"type": "FeatureCollection", "features": [feature, feature | {"properties": {"编号": "B"}}]}
    (tmp_path / "p.geojson").write_text(json.dumps(written), "utf-8")
    _, problems = read(tmp_path, "parcels", "p.geojson", **PARCELS)
    assert found(problems)[0] == ("not_degrees", "row 1 (+1)", f"{X:.1f}, {Y:.1f}")


def test_parcel_ids_that_repeat_are_refused_row_by_row(tmp_path: Path) -> None:
    _, problems = parcels(tmp_path, [square(), square(500), square(900)], ids=["A", "A", "B"])
    assert found(problems) == [("duplicate_id", "row 1", "A"), ("duplicate_id", "row 2", "A")]


@pytest.mark.parametrize("empty", ["", "  "])
def test_a_parcel_without_id_is_refused(tmp_path: Path, empty: str) -> None:
    _, problems = parcels(tmp_path, [square(), square(500)], ids=["A", empty])
    assert found(problems) == [("empty_id", "row 2", "")]


def test_parcels_come_in_order_of_id_whatever_the_file_s_order(tmp_path: Path) -> None:
    reading, _ = parcels(tmp_path, [square(i * 500) for i in range(3)], ids=["C", "A", "B"])
    assert reading.table["id"].tolist() == ["A", "B", "C"]


def test_a_file_of_two_layers_needs_one_named(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"编号": ["A"]}, geometry=[square()], crs=CRS)
    for name in ("地块", "旧"):
        frame.to_file(tmp_path / "p.gpkg", layer=name)
    _, problems = read(tmp_path, "parcels", "p.gpkg", **PARCELS)
    assert [(each.code, each.expected) for each in problems] == [("choose_layer", "地块, 旧")]
    reading, _ = read(tmp_path, "parcels", "p.gpkg:地块", **PARCELS)
    assert len(reading.table) == 1


def gbk_shapefile(path: Path, **columns: list[object]) -> None:
    """Write a shapefile whose text is GBK and which does not say so."""
    count = len(next(iter(columns.values())))
    frame = gpd.GeoDataFrame(columns, geometry=[square(500 * i) for i in range(count)], crs=CRS)
    frame.to_file(path, encoding="GB18030")
    path.with_suffix(".cpg").unlink(missing_ok=True)
    raw = bytearray(path.with_suffix(".dbf").read_bytes())
    raw[29] = 0
    path.with_suffix(".dbf").write_bytes(raw)


def test_a_shapefile_in_gbk_without_cpg_keeps_its_chinese_values(tmp_path: Path) -> None:
    gbk_shapefile(tmp_path / "p.shp", code=["A", "B"], name=["北屯镇", "额河街道"])
    reading, problems = read(tmp_path, "parcels", "p.shp", columns={"id": "code", "name": "name"})
    assert problems == []
    assert reading.table["name"].tolist() == ["北屯镇", "额河街道"]


def test_a_shapefile_in_gbk_without_cpg_keeps_its_chinese_field_names(tmp_path: Path) -> None:
    gbk_shapefile(tmp_path / "p.shp", 编号=["1", "2"], 地块名称=["甲", "乙"])
    reading, problems = read(tmp_path, "parcels", "p.shp", columns={"id": "编号", "name": "地块名称"})
    assert problems == []
    assert reading.table["name"].tolist() == ["甲", "乙"]


def test_a_shapefile_in_utf_8_without_cpg_is_read_too(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"编号": ["1"], "名称": ["北屯镇"]}, geometry=[square()], crs=CRS)
    frame.to_file(tmp_path / "p.shp", encoding="utf-8")
    (tmp_path / "p.cpg").unlink()
    reading, _ = read(tmp_path, "parcels", "p.shp", columns={"id": "编号", "name": "名称"})
    assert reading.table["name"].tolist() == ["北屯镇"]


def test_whole_numbers_as_ids_of_a_shapefile_have_no_decimals(tmp_path: Path) -> None:
    gbk_shapefile(tmp_path / "p.shp", code=np.array([659010.0, 659011.0]).tolist())
    reading, _ = read(tmp_path, "parcels", "p.shp", columns={"id": "code"})
    assert reading.table["id"].tolist() == ["659010", "659011"]


def test_a_cut_file_is_damage(tmp_path: Path) -> None:
    (tmp_path / "p.gpkg").write_bytes(b"SQLite format 3\0" + b"\1" * 50)
    _, problems = read(tmp_path, "parcels", "p.gpkg", **PARCELS)
    assert codes(problems) == ["damaged"]


@pytest.mark.parametrize(
    ("source", "code"), [("no.gpkg", "missing_file"), (".", "is_folder"), ("postgresql://u@h/d", "database_address")]
)
def test_a_source_that_is_no_file_is_refused(tmp_path: Path, source: str, code: str) -> None:
    _, problems = read(tmp_path, "parcels", source, **PARCELS)
    assert codes(problems) == [code]
