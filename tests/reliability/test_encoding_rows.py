"""Text as offices save it: read right or asked for, and never garbled in the results."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import siting
from tests import small_project
from tests.faults.running import siting as command
from tests.reliability.bad_inputs import told

PARTS = ("shp", "shx", "dbf", "prj", "cpg")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The ranking of the project with nothing wrong."""
    return siting.run(small_project.write(tmp_path_factory.mktemp("base") / "p")).ranking


def in_gbk(folder: Path, *, driver_byte: int | None = None) -> Path:
    """Write the project with its parcels as a shapefile in GBK; `driver_byte` is what the table says of its text."""
    small_project.write(folder)
    layer = folder / "layers/parcels.toml"
    layer.write_text(layer.read_text("utf-8").replace("parcels.gpkg", "parcels.shp"), "utf-8")
    small_project.parcels().to_file(folder / "data/parcels.shp", encoding="gbk")
    assert {each.suffix[1:] for each in (folder / "data").glob("parcels.*")} >= set(PARTS)
    table = folder / "data/parcels.dbf"
    raw = bytearray(table.read_bytes())
    assert "地块P1".encode("gbk") in raw
    if driver_byte is not None:
        raw[29] = driver_byte
        table.write_bytes(raw)
    return folder


@pytest.mark.parametrize("driver_byte", [None, 0, 0x4D, 0x57])
def test_gbk_without_a_cpg_is_read_right_in_every_output(
    tmp_path: Path, base: pd.DataFrame, driver_byte: int | None
) -> None:
    folder = in_gbk(tmp_path / "p", driver_byte=driver_byte)
    (folder / "data/parcels.cpg").unlink()
    results = siting.run(folder)
    assert_frame_equal(results.ranking, base)
    assert results.path is not None
    assert "地块P1" in (results.path / "ranking.csv").read_text("utf-8-sig")
    assert "地块P1" in (results.path / "index.html").read_text("utf-8")
    assert "地块P1" in set(gpd.read_file(results.path / "parcels.gpkg", layer="parcels")["name"])


def test_a_cpg_that_says_utf_8_of_gbk_is_refused_with_the_column(tmp_path: Path) -> None:
    folder = in_gbk(tmp_path / "p")
    (folder / "data/parcels.cpg").write_text("UTF-8", "ascii")
    (refused,) = told(folder, "refuse")
    assert (refused.code, refused.file) == ("undecodable_column", "data/parcels.shp")
    done = command("check", folder)
    assert done.returncode == 1
    assert "UTF-8" in done.stderr + done.stdout
    (folder / "data/parcels.cpg").write_text("GBK", "ascii")
    assert told(folder, "refuse") == []


def test_the_column_with_the_text_is_the_one_named(tmp_path: Path) -> None:
    folder = small_project.write(tmp_path / "p")
    layer = folder / "layers/parcels.toml"
    layer.write_text(
        'role = "parcels"\nsource = "data/parcels.shp"\n[columns]\nid = "BH"\nname = "MC"\norigin = "LY"\n', "utf-8"
    )
    ascii_names = small_project.parcels().rename(columns={"编号": "BH", "名称": "MC", "来源": "LY"})
    ascii_names.to_file(folder / "data/parcels.shp", encoding="gbk")
    (folder / "data/parcels.cpg").write_text("UTF-8", "ascii")
    (refused,) = told(folder, "refuse")
    assert (refused.code, refused.found) == ("undecodable_column", "MC")
    assert "MC" in refused.message("zh")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_table_in_utf_16_is_read_or_its_encoding_asked_for(tmp_path: Path, base: pd.DataFrame, encoding: str) -> None:
    folder = small_project.write(tmp_path / "p")
    file = folder / "data/work.csv"
    file.write_text(file.read_text("utf-8"), encoding)
    if encoding == "utf-16":
        assert_frame_equal(siting.run(folder).ranking, base)
        return
    (refused,) = told(folder, "refuse")
    assert refused.file == "data/work.csv"
    assert refused.code in ("undecodable", "nul_byte")
    layer = folder / "layers/work.toml"
    layer.write_text(layer.read_text("utf-8").replace('role = "places"', f'role = "places"\nencoding = "{encoding}"'))
    assert_frame_equal(siting.run(folder).ranking, base)


def test_nul_bytes_are_refused_with_their_line(tmp_path: Path) -> None:
    folder = small_project.write(tmp_path / "p")
    file = folder / "data/work.csv"
    file.write_bytes(file.read_bytes().replace("店".encode(), b"\0\0\0"))
    (refused,) = told(folder, "refuse")
    assert (refused.code, refused.file, refused.where) == ("nul_byte", "data/work.csv", "line 3")
    assert "损坏" in refused.message("zh") + refused.mend("zh")


@pytest.mark.parametrize("said", ["", "\n", "ANSI 936", "OEM", "no such thing", "ISO-8859-1"])
def test_a_cpg_that_says_nothing_or_nonsense_never_brings_garbled_names(tmp_path: Path, said: str) -> None:
    folder = small_project.write(tmp_path / "p")
    (folder / "layers/parcels.toml").write_text(
        'role = "parcels"\nsource = "data/parcels.shp"\n[columns]\nid = "BH"\nname = "MC"\norigin = "LY"\n', "utf-8"
    )
    ascii_names = small_project.parcels().rename(columns={"编号": "BH", "名称": "MC", "来源": "LY"})
    ascii_names.to_file(folder / "data/parcels.shp", encoding="gbk")
    (folder / "data/parcels.cpg").write_text(said, "ascii")
    found = told(folder, "refuse")
    if found:
        assert {each.file for each in found} == {"data/parcels.shp"}
    else:
        assert siting.open_project(folder).parcels.loc["P1", "name"] == "地块P1"
