"""Zips, GeoPackages and GeoJSON as they arrive: whole and clear, or refused with what is in them."""

import json
import os
import resource
import stat
import subprocess
import time
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import siting
from siting.base.errors import Problem
from tests import small_project
from tests.faults.running import command
from tests.faults.running import siting as siting_command
from tests.reliability.bad_inputs import told
from tests.sources.office import shapefile_parts, zipped

GIB = 2**30


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The ranking of the project with nothing wrong."""
    return siting.run(small_project.write(tmp_path_factory.mktemp("base") / "p")).ranking


def project(folder: Path, source: str) -> Path:
    """Write the small project with its parcels in another file, not yet written."""
    small_project.write(folder)
    layer = folder / "layers/parcels.toml"
    layer.write_text(layer.read_text("utf-8").replace("data/parcels.gpkg", source), "utf-8")
    return folder


def shapefile(folder: Path, stem: str) -> dict[str, bytes]:
    """Return the parts of the parcels as a shapefile."""
    return shapefile_parts(small_project.parcels(), folder, stem)


def refusal(folder: Path) -> Problem:
    """Return the one refusal; the command ends with it and writes nothing."""
    (refused,) = told(folder, "refuse")
    done = siting_command("run", folder)
    assert done.returncode == 1
    assert refused.mend("zh") in done.stderr
    assert not [each for each in (folder / "maps").rglob("*") if each.is_file()]
    return refused


def bounded() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (2 * GIB, 2 * GIB))


def test_a_zipped_shapefile_without_its_index_ranks_the_same_and_is_told(tmp_path: Path, base: pd.DataFrame) -> None:
    folder = project(tmp_path / "p", "data/parcels.zip")
    parts = {name: raw for name, raw in shapefile(tmp_path, "宗地").items() if not name.endswith(".shx")}
    zipped(folder / "data/parcels.zip", parts)
    assert "index_rebuilt" in [each.code for each in told(folder, "warn")]
    assert_frame_equal(siting.run(folder).ranking, base)


def all_files(folder: Path) -> set[Path]:
    return {each.relative_to(folder) for each in folder.rglob("*")}


def test_members_that_lead_elsewhere_write_nothing_and_the_layer_is_still_read(
    tmp_path: Path, base: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    unpacking = tmp_path / "tmp/deep/er"
    unpacking.mkdir(parents=True)
    monkeypatch.setenv("TMPDIR", str(unpacking))
    folder = project(tmp_path / "p", "data/parcels.zip")
    target = tmp_path / "absolute_evil.txt"
    path = zipped(folder / "data/parcels.zip", shapefile(tmp_path, "parcels"))
    with zipfile.ZipFile(path, "a") as archive:
        for name in ("../../evil.txt", str(target), "a/../../../evil.txt", "..\\..\\evil_two.txt", "C:\\evil.txt"):
            archive.writestr(name, "evil")
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, str(tmp_path))
        archive.writestr("link/evil.txt", "evil")
    before = all_files(tmp_path)
    done = siting_command("run", folder)
    assert done.returncode == 0, done.stderr
    new = all_files(tmp_path) - before
    assert {each.parts[:2] for each in new} == {("p", "maps")}
    assert not [each for each in new if "evil" in each.name]
    assert not target.exists()
    assert len([each for each in told(folder, "warn") if each.code == "unsafe_member"]) == 6
    assert_frame_equal(siting.run(folder).ranking, base)


def test_a_layer_that_is_itself_a_link_or_leads_out_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    for number, name in enumerate(("link.shp", "../parcels.shp")):
        folder = project(tmp_path / f"p{number}", f"data/parcels.zip:{name}")
        with zipfile.ZipFile(folder / "data/parcels.zip", "w") as archive:
            member = zipfile.ZipInfo(name)
            member.external_attr = ((stat.S_IFLNK if number == 0 else stat.S_IFREG) | 0o777) << 16
            archive.writestr(member, "/etc/passwd")
        assert refusal(folder).code == "unsafe_member_needed"


def test_two_shapefiles_in_a_zip_are_listed_and_the_choice_is_taken(tmp_path: Path, base: pd.DataFrame) -> None:
    folder = project(tmp_path / "p", "data/parcels.zip")
    both = shapefile(tmp_path, "existing") | shapefile(tmp_path, "planned")
    zipped(folder / "data/parcels.zip", both)
    refused = refusal(folder)
    assert (refused.code, refused.file) == ("choose_member", "data/parcels.zip")
    assert "existing.shp" in refused.mend("zh")
    assert "planned.shp" in refused.mend("en")
    chosen = project(tmp_path / "q", "data/parcels.zip:planned.shp")
    zipped(chosen / "data/parcels.zip", both)
    assert_frame_equal(siting.run(chosen).ranking, base)


@pytest.mark.parametrize("named", ["", ":宗地.shp", ":数据/宗地.shp"])
def test_gbk_names_without_a_flag_are_read(tmp_path: Path, base: pd.DataFrame, named: str) -> None:
    folder = project(tmp_path / "p", f"data/parcels.zip{named}")
    parts = {f"RRRR/QQQQ{name[2:]}": raw for name, raw in shapefile(tmp_path, "宗地").items()}
    path = zipped(folder / "data/parcels.zip", parts)
    raw = path.read_bytes().replace(b"RRRR/QQQQ", "数据/宗地".encode("gbk"))
    path.write_bytes(raw)
    with zipfile.ZipFile(path) as archive:
        assert not any(each.flag_bits & 0x800 for each in archive.infolist())
    assert_frame_equal(siting.run(folder).ranking, base)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_cut_zip_is_refused_as_damaged(tmp_path: Path, share: float) -> None:
    folder = project(tmp_path / "p", "data/parcels.zip")
    path = zipped(folder / "data/parcels.zip", shapefile(tmp_path, "parcels"))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    refused = refusal(folder)
    assert (refused.code, refused.file) == ("damaged", "data/parcels.zip")


@pytest.mark.parametrize("share", [0.02, 0.25, 0.5, 0.75, 0.99])
def test_a_cut_geopackage_is_refused_and_never_read_in_part(tmp_path: Path, share: float) -> None:
    folder = small_project.write(tmp_path / "p")
    path = folder / "data/parcels.gpkg"
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    refused = refusal(folder)
    assert (refused.code, refused.file) == ("damaged", "data/parcels.gpkg")


def test_a_text_named_gpkg_is_no_geopackage(tmp_path: Path) -> None:
    folder = small_project.write(tmp_path / "p")
    (folder / "data/parcels.gpkg").write_text("编号,名称\n1,甲\n", "utf-8")
    refused = refusal(folder)
    assert (refused.code, refused.file) == ("not_its_format", "data/parcels.gpkg")
    assert "GeoPackage" in refused.message("zh") + refused.mend("zh")


def test_three_layers_in_a_geopackage_are_listed_and_the_choice_is_taken(tmp_path: Path, base: pd.DataFrame) -> None:
    folder = small_project.write(tmp_path / "p")
    path = folder / "data/parcels.gpkg"
    path.unlink()
    names = ("现状", "规划", "archive")
    for name in names:
        small_project.parcels().to_file(path, layer=name)
    refused = refusal(folder)
    assert (refused.code, refused.file) == ("choose_layer", "data/parcels.gpkg")
    assert all(name in refused.mend(language) for name in names for language in ("zh", "en"))
    layer = folder / "layers/parcels.toml"
    layer.write_text(layer.read_text("utf-8").replace("parcels.gpkg", "parcels.gpkg:规划"), "utf-8")
    assert_frame_equal(siting.run(folder).ranking, base)


@pytest.mark.parametrize("share", [0.3, 0.5, 0.999])
def test_a_cut_geojson_is_refused_with_line_and_column(tmp_path: Path, share: float) -> None:
    folder = project(tmp_path / "p", "data/parcels.geojson")
    whole = small_project.parcels().to_crs(4326).to_json(drop_id=True, ensure_ascii=False).replace("{", "\n{")
    path = folder / "data/parcels.geojson"
    path.write_text(whole, "utf-8")
    assert told(folder, "refuse") == []
    cut = whole[: int(share * len(whole))]
    path.write_text(cut, "utf-8")
    refused = refusal(folder)
    assert (refused.code, refused.file) == ("damaged_json", "data/parcels.geojson")
    with pytest.raises(json.JSONDecodeError) as expected:
        json.loads(cut)
    assert refused.where == f"line {expected.value.lineno}"
    assert str(expected.value.colno) in refused.message("en")


@pytest.mark.parametrize(
    ("opened", "closed"), [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")], ids=["arrays", "objects", "both"]
)
@pytest.mark.parametrize("part", ["coordinates", "properties", "whole"])
def test_twenty_thousand_brackets_are_refused_in_bounds(tmp_path: Path, opened: str, closed: str, part: str) -> None:
    folder = project(tmp_path / "p", "data/parcels.geojson")
    nest = opened * 20_000 + "1" + closed * 20_000
    feature = '{"type": "Feature", "properties": %s, "geometry": {"type": "Polygon", "coordinates": %s}}'
    filled = {
        "whole": nest,
        "coordinates": feature % ("{}", nest),
        "properties": feature % ('{"a": ' + nest + "}", "[]"),
    }[part]
    written = filled if part == "whole" else '{"type": "FeatureCollection", "features": [' + filled + "]}"
    (folder / "data/parcels.geojson").write_text(written, "ascii")
    began = time.monotonic()
    done = subprocess.run(
        command("check", folder), capture_output=True, encoding="utf-8", check=False, timeout=60, preexec_fn=bounded,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    assert time.monotonic() - began < 60
    assert done.returncode == 1, done.returncode
    assert "Traceback" not in done.stderr
    (refused,) = told(folder, "refuse")
    assert refused.file == "data/parcels.geojson"
    assert refused.code in (("too_deep", "not_its_format") if part == "whole" else ("too_deep",))


@pytest.mark.parametrize("name", ["parcels", "parcels.gpkg", "parcels.shp", "parcels.csv", "parcels.zip"])
def test_a_folder_in_the_place_of_a_file_is_named_as_one(tmp_path: Path, name: str) -> None:
    folder = project(tmp_path / "p", f"data/{name}")
    (folder / "data/parcels.gpkg").unlink()
    (folder / "data" / name).mkdir()
    (refused,) = told(folder, "refuse")
    assert refused.code == "is_folder"
    assert "文件夹" in refused.message("zh")
    assert name in refused.message("en")


def features(folder: Path, *more: object) -> Path:
    """Write the project with its six drawn parcels as GeoJSON, and more features after the second."""
    project(folder, "data/parcels.geojson")
    whole = json.loads(small_project.parcels().dropna().to_crs(4326).to_json(drop_id=True))
    whole["features"][2:2] = more
    (folder / "data/parcels.geojson").write_text(json.dumps({**whole, "crs": None}, ensure_ascii=False), "utf-8")
    return folder


SHAPE = {"type": "Polygon", "coordinates": [[[87.81, 47.36], [87.82, 47.36], [87.82, 47.37], [87.81, 47.36]]]}
NAMES = {"编号": "Z", "名称": "z", "来源": "idle_land"}


@pytest.mark.parametrize(
    "junk",
    [
        "a",
        None,
        5,
        [],
        {"type": "Featur", "properties": NAMES, "geometry": SHAPE},
        {"properties": NAMES, "geometry": SHAPE},
        {"type": "Feature", "properties": NAMES},
        {"type": "Feature", "properties": NAMES, "geometry": {"type": "Blob", "coordinates": []}},
        {"type": "Feature", "properties": NAMES, "geometry": "x"},
        {"type": "Feature", "properties": NAMES, "geometry": {"type": "Polygon", "coordinates": "x"}},
    ],
    ids=["text", "null", "number", "list", "misspelt", "untyped", "undrawn", "unknown", "string", "no_numbers"],
)
def test_what_is_no_feature_in_a_geojson_is_never_lost_in_silence(tmp_path: Path, junk: object) -> None:
    folder = features(tmp_path / "p", junk)
    found = [each for level in ("refuse", "warn") for each in told(folder, level)]
    about = [each for each in found if each.file == "data/parcels.geojson"]
    assert about
    if not [each for each in about if each.level == "refuse"]:
        assert "row 3" in {each.where for each in about}
        assert siting.run(folder).stamp["layers"]["parcels"]["counts"]["read"] == 7


def test_a_number_of_five_thousand_digits_in_a_geojson_is_no_crash(tmp_path: Path) -> None:
    folder = features(tmp_path / "p")
    path = folder / "data/parcels.geojson"
    written = path.read_text("utf-8")
    path.write_text(written.replace('"idle_land"', "9" * 5000, 1), "utf-8")
    done = siting_command("check", folder)
    assert "程序出错" not in done.stderr
    assert "data/parcels.geojson" in done.stderr + done.stdout
