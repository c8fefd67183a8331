"""Vector files as offices hand them over: read whole, or refused with a word."""

import json
import shutil
import sqlite3
import struct
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from siting.sources.reading import Findings
from siting.sources.vectors import read_vector
from tests.sources.office import CRS, PARCELS, codes, square
from tests.sources.office import read as read_layer

COLLECTION = {"type": "FeatureCollection", "features": []}


def frame(count: int = 3) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"编号": list("ABCDEFGH"[:count]), "名称": [f"地块{n}" for n in range(count)]},
        geometry=[square(500 * n) for n in range(count)],
        crs=CRS,
    )


def read(path: Path, layer: str = "", encoding: str = "", **options: bool):
    findings = Findings(path.name)
    return read_vector(path, layer=layer, encoding=encoding, findings=findings, **options), findings.problems


def geojson(path: Path, *features: dict) -> Path:
    path.write_text(json.dumps({**COLLECTION, "features": list(features)}), "utf-8")
    return path


def feature(shape: shapely.Geometry | None, **properties: object) -> dict:
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": None if shape is None else shape.__geo_interface__,
    }


@pytest.mark.parametrize("name", ["p.gdb", "p.gpkg", "p.fgb", "p.mif", "p.shp"])
def test_chinese_names_survive_every_format(tmp_path: Path, name: str, capfd: pytest.CaptureFixture) -> None:
    more = {"driver": "OpenFileGDB", "layer": "宗地"} if name == "p.gdb" else {}
    more |= {"encoding": "utf-8"} if name == "p.shp" else {"driver": "MapInfo File"} if name == "p.mif" else {}
    frame().rename(columns={"编号": "id", "名称": "name"} if name == "p.mif" else {}).to_file(tmp_path / name, **more)
    seen, problems = read(tmp_path / name)
    assert problems == []
    assert sorted(seen["name" if name == "p.mif" else "名称"]) == ["地块0", "地块1", "地块2"]
    assert seen.crs is not None
    assert capfd.readouterr() == ("", "")


def test_flatgeobuf_comes_in_one_order_whatever_the_order_it_was_written_in(tmp_path: Path) -> None:
    frame().to_file(tmp_path / "a.fgb")
    frame().iloc[::-1].to_file(tmp_path / "b.fgb")
    assert read(tmp_path / "a.fgb")[0].equals(read(tmp_path / "b.fgb")[0])


def test_a_cpg_that_lies_is_refused_with_the_column(tmp_path: Path) -> None:
    frame().to_file(tmp_path / "p.shp", encoding="gb18030")
    (tmp_path / "p.cpg").write_text("UTF-8", "ascii")
    seen, problems = read(tmp_path / "p.shp")
    assert seen is None
    assert [each.code for each in problems] == ["undecodable_column"]
    assert problems[0].expected == "UTF-8"
    assert read(tmp_path / "p.shp", encoding="gb18030")[0]["名称"][0] == "地块0"


def test_a_missing_index_is_rebuilt_elsewhere_and_a_missing_table_refused(tmp_path: Path) -> None:
    frame().to_file(tmp_path / "p.shp", encoding="utf-8")
    (tmp_path / "p.shx").unlink()
    before = sorted(tmp_path.iterdir())
    seen, problems = read(tmp_path / "p.shp")
    assert (len(seen), codes(problems)) == (3, ["index_rebuilt"])
    assert sorted(tmp_path.iterdir()) == before
    (tmp_path / "p.dbf").unlink()
    assert codes(read(tmp_path / "p.shp")[1]) == ["no_dbf"]


@pytest.mark.parametrize("end", [".shp", ".dbf"])
def test_a_cut_shapefile_is_refused(tmp_path: Path, end: str) -> None:
    frame(8).to_file(tmp_path / "p.shp", encoding="utf-8")
    part = tmp_path / f"p{end}"
    part.write_bytes(part.read_bytes()[: part.stat().st_size * 2 // 3])
    assert codes(read(tmp_path / "p.shp")[1]) == ["rows_lost"]


def test_a_geopackage_cut_to_half_is_refused(tmp_path: Path) -> None:
    frame().to_file(tmp_path / "p.gpkg")
    raw = (tmp_path / "p.gpkg").read_bytes()
    (tmp_path / "p.gpkg").write_bytes(raw[: len(raw) // 2])
    assert codes(read(tmp_path / "p.gpkg")[1]) == ["damaged"]


def test_a_geopackage_that_has_fewer_rows_than_it_says_is_refused(tmp_path: Path) -> None:
    frame().to_file(tmp_path / "p.gpkg")
    base = sqlite3.connect(tmp_path / "p.gpkg")
    base.execute("UPDATE gpkg_ogr_contents SET feature_count = 9")
    base.commit()
    base.close()
    assert [(each.code, each.found, each.expected) for each in read(tmp_path / "p.gpkg")[1]] == [
        ("rows_lost", "3", "9")
    ]


def test_a_locked_geopackage_is_told(tmp_path: Path) -> None:
    frame().to_file(tmp_path / "p.gpkg")
    base = sqlite3.connect(tmp_path / "p.gpkg", isolation_level=None)
    base.execute("BEGIN EXCLUSIVE")
    assert codes(read(tmp_path / "p.gpkg")[1]) == ["file_locked"]
    base.close()


def test_a_geopackage_with_a_journal_is_read_without_a_file_beside_it(tmp_path: Path) -> None:
    frame().to_file(tmp_path / "p.gpkg")
    base = sqlite3.connect(tmp_path / "p.gpkg")
    base.execute("PRAGMA journal_mode = WAL")
    base.close()
    seen, problems = read(tmp_path / "p.gpkg")
    assert (len(seen), problems, list(tmp_path.iterdir())) == (3, [], [tmp_path / "p.gpkg"])


def test_curves_are_drawn_and_told_by_row(tmp_path: Path) -> None:
    frame().to_file(tmp_path / "p.gpkg")
    x, y = square().exterior.coords[0]
    points = [(x, y), (x + 50, y + 50), (x + 100, y), (x + 50, y - 50), (x, y)]
    ring = struct.pack("<BII", 1, 8, 5) + b"".join(struct.pack("<dd", *point) for point in points)
    blob = b"GP\0\1" + struct.pack("<i", 4538) + struct.pack("<BII", 1, 10, 1) + ring
    base = sqlite3.connect(tmp_path / "p.gpkg")
    for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        base.execute(f'DROP TRIGGER "{name}"')
    base.execute("UPDATE p SET geom = ? WHERE fid = 2", (blob,))
    base.commit()
    base.close()
    seen, problems = read(tmp_path / "p.gpkg")
    assert [(each.code, each.where, each.level) for each in problems] == [("curves_drawn", "row 2", "note")]
    assert seen.area[1] == pytest.approx(3.14159 * 50**2, rel=0.001)


def test_a_cut_geojson_names_the_place_and_nested_brackets_do_no_harm(tmp_path: Path) -> None:
    path = geojson(tmp_path / "p.geojson", feature(square(), id="A"))
    path.write_text(path.read_text()[:90], "utf-8")
    assert [(each.code, each.where) for each in read(path)[1]] == [("damaged_json", "line 1")]
    path.write_text('{"type":' + "[" * 20_000 + "]" * 20_000 + "}", "utf-8")
    assert codes(read(path)[1]) == ["too_deep"]


def test_metres_in_a_geojson_without_crs_are_no_degrees(tmp_path: Path) -> None:
    geojson(tmp_path / "p.geojson", feature(square(), 编号="A"))
    reading, problems = read_layer(tmp_path, "parcels", "p.geojson", **PARCELS)
    assert reading is None
    assert "not_degrees" in codes(problems)


def test_null_geometries_broken_rings_and_names_that_stand_twice_are_told_by_row(tmp_path: Path) -> None:
    bad = feature(None, id="B") | {"geometry": {"type": "Polygon", "coordinates": [[[1, 1], [2, 2]]]}}
    path = geojson(tmp_path / "p.geojson", feature(square(), id="A"), bad, feature(None, id="C"))
    path.write_text(path.read_text().replace('{"id": "C"}', '{"id": "C", "id": "D"}'), "utf-8")
    seen, problems = read(path)
    assert (len(seen), seen.geometry.isna().tolist()) == (3, [False, True, True])
    told = [(each.code, each.where) for each in problems if each.code != "gdal_warns"]
    assert told == [("name_twice", "row 3"), ("broken_geometry", "row 2")]


def test_kml_has_folders_as_layers_and_no_entities(tmp_path: Path) -> None:
    place = "<Placemark><name>甲</name><Polygon><outerBoundaryIs><LinearRing><coordinates>87,47,5 88,47,5 88,48,5 87,47,5</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>"
    folders = "".join(f"<Folder><name>{name}</name>{place}</Folder>" for name in ("新", "旧"))
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    whole = f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{folders}</Document></kml>'
    (tmp_path / "p.kml").write_text(head + whole, "utf-8")
    assert [(each.code, each.expected) for each in read(tmp_path / "p.kml")[1]] == [("choose_layer", "新, 旧")]
    seen, problems = read(tmp_path / "p.kml", "新")
    assert (len(seen), seen.crs.to_epsg(), problems) == (1, 4326, [])
    (tmp_path / "p.kml").write_text(f'{head}\n<!DOCTYPE x [<!ENTITY a "b">]>{whole}', "utf-8")
    assert [(each.code, each.where) for each in read(tmp_path / "p.kml")[1]] == [("xml_entities", "line 2")]


def dxf(path: Path) -> Path:
    corners = "10\n561000\n20\n5247000\n10\n561100\n20\n5247000\n10\n561100\n20\n5247100\n"
    entities = [
        f"LWPOLYLINE\n100\nAcDbEntity\n8\n宗地\n100\nAcDbPolyline\n90\n3\n70\n1\n{corners}",
        "TEXT\n100\nAcDbEntity\n8\n宗地\n100\nAcDbText\n10\n561050\n20\n5247050\n40\n2.5\n1\n甲\n",
        f"LWPOLYLINE\n100\nAcDbEntity\n8\n道路\n100\nAcDbPolyline\n90\n3\n70\n0\n{corners}",
    ]
    head = "0\nSECTION\n2\nHEADER\n9\n$ACADVER\n1\nAC1015\n9\n$DWGCODEPAGE\n3\nANSI_936\n0\nENDSEC\n"
    body = "".join(f"0\n{each}" for each in entities)
    path.write_bytes(f"{head}0\nSECTION\n2\nENTITIES\n{body}0\nENDSEC\n0\nEOF\n".encode("gb18030"))
    return path


def test_closed_lines_of_a_drawing_are_land_and_texts_are_left_out(tmp_path: Path) -> None:
    seen, problems = read(dxf(tmp_path / "p.dxf"), areas=True)
    assert [(each.code, each.where) for each in problems] == [("drawing_text", "row 2"), ("open_line", "row 3")]
    assert (seen.crs, seen.geom_type[0], seen.area[0]) == (None, "Polygon", 5000)
    assert read(tmp_path / "p.dxf", "道路")[0].geom_type.tolist() == ["LineString"]
    assert [(each.code, each.expected) for each in read(tmp_path / "p.dxf", "x")[1]] == [("choose_layer", "宗地, 道路")]


def test_geoparquet_is_read_and_what_is_none_is_told(tmp_path: Path) -> None:
    frame().to_parquet(tmp_path / "p.parquet")
    seen, problems = read(tmp_path / "p.parquet")
    assert (seen["名称"].tolist(), seen.crs.to_epsg(), problems) == (["地块0", "地块1", "地块2"], 4538, [])
    frame().drop(columns="geometry").to_parquet(tmp_path / "t.parquet")
    assert codes(read(tmp_path / "t.parquet")[1]) == ["no_geometry_column"]
    raw = (tmp_path / "p.parquet").read_bytes()
    (tmp_path / "p.parquet").write_bytes(raw[: len(raw) // 2])
    assert codes(read(tmp_path / "p.parquet")[1]) == ["damaged"]


@pytest.mark.parametrize("name", ["p.pkl", "p.pickle", "p.joblib", "p.exe", "p"])
def test_files_of_other_kinds_are_never_opened(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x80\x04cos\nsystem\n")
    assert codes(read(tmp_path / name)[1]) == ["unknown_format"]


@pytest.mark.parametrize(
    "name", ["p.gpkg", "p.shp", "p.fgb", "p.parquet", "p.geojson", "p.kml", "p.dxf", "p.tab", "p.mif"]
)
@pytest.mark.parametrize("raw", [b"hello", b"\x89PNG\r\n\x1a\n"])
def test_a_file_under_a_wrong_name_is_told_by_its_first_bytes(tmp_path: Path, name: str, raw: bytes) -> None:
    (tmp_path / name).write_bytes(raw)
    assert codes(read(tmp_path / name)[1]) == ["not_its_format"]


def test_a_folder_that_only_looks_like_a_geodatabase_is_told(tmp_path: Path) -> None:
    frame().to_file(tmp_path / "p.gdb", driver="OpenFileGDB")
    shutil.rmtree(tmp_path / "p.gdb")
    (tmp_path / "p.gdb").mkdir()
    assert codes(read(tmp_path / "p.gdb")[1]) == ["not_its_format"]
