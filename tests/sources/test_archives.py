"""Layers inside zip files: the one asked for comes out, and nothing is ever written elsewhere."""

import io
import stat
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest

from siting.sources.archives import open_archive, split_source
from siting.sources.reading import Findings
from siting.sources.vectors import read_vector
from tests.sources.office import CRS, codes, shapefile_parts, square, zipped


def shapefile(root: Path, stem: str) -> dict[str, bytes]:
    return shapefile_parts(gpd.GeoDataFrame({"编号": ["甲"]}, geometry=[square()], crs=CRS), root, stem)


def rows_and_codes(path: Path, inner: str = "") -> tuple[int, list[str], Findings]:
    findings = Findings(path.name)
    with open_archive(path, inner, findings) as made:
        read = None if made is None else read_vector(made, layer="", encoding="", findings=findings)
    assert made is None or not made.exists()
    return (0 if read is None else len(read)), codes(findings.problems), findings


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("data/a.gpkg", ("data/a.gpkg", "", "")),
        ("a.gpkg:地块", ("a.gpkg", "", "地块")),
        ("a.zip", ("a.zip", "", "")),
        ("data/a.zip:内/宗地.shp", ("data/a.zip", "内/宗地.shp", "")),
        ("a.zip:b.gpkg:层", ("a.zip", "b.gpkg", "层")),
        ("a.ZIP:b.gdb:层", ("a.ZIP", "b.gdb", "层")),
        ("a.zip:层", ("a.zip", "", "层")),
        ("folder", ("folder", "", "")),
    ],
)
def test_a_source_names_file_member_and_layer(source: str, parts: tuple[str, str, str]) -> None:
    assert split_source(source) == parts


def test_the_only_shapefile_of_a_zip_needs_no_name(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {f"内/{name}": raw for name, raw in shapefile(tmp_path, "宗地").items()})
    assert rows_and_codes(path)[:2] == (1, [])
    assert rows_and_codes(path, "内/宗地.shp")[:2] == (1, [])


def test_a_zipped_shapefile_without_its_index_is_read(tmp_path: Path) -> None:
    parts = {name: raw for name, raw in shapefile(tmp_path, "p").items() if not name.endswith(".shx")}
    assert rows_and_codes(zipped(tmp_path / "a.zip", parts))[:2] == (1, ["index_rebuilt"])


def test_two_shapefiles_are_listed_and_asked_for(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", shapefile(tmp_path, "a") | shapefile(tmp_path, "b"))
    count, found, findings = rows_and_codes(path)
    assert (count, found, findings.problems[0].expected) == (0, ["choose_member"], "a.shp, b.shp")
    assert rows_and_codes(path, "b.shp")[:2] == (1, [])


def test_names_in_gbk_without_a_flag_are_read(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {f"QQQQ{name[2:]}": raw for name, raw in shapefile(tmp_path, "宗地").items()})
    path.write_bytes(path.read_bytes().replace(b"QQQQ", "宗地".encode("gbk")))
    assert rows_and_codes(path, "宗地.shp")[:2] == (1, [])


def test_members_that_lead_elsewhere_are_told_and_never_written(tmp_path: Path) -> None:
    inside = tmp_path / "deep" / "er"
    inside.mkdir(parents=True)
    path = zipped(inside / "a.zip", shapefile(inside, "p"))
    with zipfile.ZipFile(path, "a") as archive:
        for name in ("../../evil.txt", "/evil.txt", "C:/evil.txt", "x/../../evil.txt", "CON.txt"):
            archive.writestr(name, "evil")
        link = zipfile.ZipInfo("link.shp")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    assert rows_and_codes(path)[:2] == (1, ["unsafe_member"] * 6)
    assert rows_and_codes(path, "link.shp")[:2] == (0, ["unsafe_member_needed"])
    assert [each.name for each in tmp_path.rglob("*") if each.is_file()] == ["a.zip"]
    assert not Path("/evil.txt").exists()


def test_a_zip_that_is_cut_or_changed_is_damage(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", shapefile(tmp_path, "p"))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert rows_and_codes(path)[:2] == (0, ["damaged"])
    at = whole.index(b".shp") + 40
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :])
    assert rows_and_codes(path, "p.shp")[:2] == (0, ["damaged"])


def test_a_bomb_is_not_unpacked_and_too_many_members_are_refused(tmp_path: Path) -> None:
    assert rows_and_codes(zipped(tmp_path / "a.zip", {"p.gpkg": bytes(20 * 2**20)}))[:2] == (0, ["zip_too_large"])
    many = {f"{number}.txt": b"" for number in range(10_001)}
    assert rows_and_codes(zipped(tmp_path / "b.zip", many))[:2] == (0, ["zip_members"])


def test_a_zip_within_a_zip_is_not_opened(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("p.gpkg", "x")
    assert rows_and_codes(zipped(tmp_path / "a.zip", {"b.zip": inner.getvalue()}))[:2] == (0, ["no_layer_in_zip"])


def test_a_locked_member_is_told(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"p.gpkg": b"x"})
    raw = bytearray(path.read_bytes())
    raw[6] |= 1
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(raw)
    assert rows_and_codes(path)[:2] == (0, ["zip_encrypted"])
