"""A bureau that only screens: parcels and constraints go in, every parcel comes out with status, reasons and needs."""

from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely

import siting
from siting.sources.layers import LayerReader
from tests import small_project
from tests.faults.running import files
from tests.faults.running import siting as command
from tests.small_project import CRS, X0, Y0
from tests.sources.office import read

SETTINGS = """
[project]
title = "只筛查"
crs = "EPSG:4538"
date = 2025-12-31

[screen]
rulebook = "cn"

[capacity]
far = 1.2
mean_home_m2 = 100
"""
PARCELS = """role = "parcels"
source = "data/parcels.gpkg"
[columns]
id = "编号"
name = "名称"
origin = "来源"
"""


@pytest.fixture
def bureau(tmp_path: Path) -> Path:
    """A folder without roads, places or criteria: parcels, and farmland over the west half of P1."""
    folder = tmp_path / "p"
    (folder / "layers").mkdir(parents=True)
    (folder / "data").mkdir()
    (folder / "siting.toml").write_text(SETTINGS, "utf-8")
    (folder / "layers/parcels.toml").write_text(PARCELS, "utf-8")
    (folder / "layers/farm.toml").write_text(
        'role = "constraint"\nkind = "pbf"\nsource = "data/farm.gpkg"\n[columns]\nid = "图斑"\n', "utf-8"
    )
    small_project.parcels().to_file(folder / "data/parcels.gpkg")
    west = shapely.box(X0 + 600, Y0, X0 + 750, Y0 + 200)
    gpd.GeoDataFrame({"图斑": ["F1"]}, geometry=[west], crs=CRS).to_file(folder / "data/farm.gpkg")
    return folder


def test_screening_needs_no_roads_and_says_layer_clause_area_and_share(bureau: Path) -> None:
    results = siting.screen(bureau)
    rows = results.ranking.set_index("parcel_id")
    assert sorted(rows.index) == ["P1", "P2", "P3", "far", "small", "stray", "undrawn"]
    assert rows.loc["P1", "status"] == "excluded"
    assert rows.loc["undrawn", "status"] == "no_data"
    assert rows.loc["P2", "status"] == "gate"  # the soil survey that any land needs before it is housing land
    receipt = next(each for each in results.receipts if each["parcel_id"] == "P1")
    said = next(each["zh"] for each in receipt["reasons"] if each["subject"] == "farm")
    assert "2500 平方米（50.0%）" in said
    assert "土地管理法" in said
    assert "F1" in said


def test_the_files_of_a_screening_hold_no_scores_and_open_in_excel(bureau: Path) -> None:
    results = siting.screen(bureau)
    assert results.path == bureau / "maps/screen"
    assert set(files(results.path)) == {
        "screening.csv", "screening.xlsx", "survey.txt", "problems.csv", "receipts.jsonl", "parcels.gpkg", "stamp.json",
    }  # fmt: skip
    table = pd.read_csv(results.path / "screening.csv", encoding="utf-8-sig")
    assert not {"score", "rank"} & set(table.columns)
    heads = [cell.value for cell in openpyxl.load_workbook(results.path / "screening.xlsx").worksheets[0][1]]
    assert "尚需办理" in heads
    assert "得分" not in heads


def test_the_survey_text_that_screening_writes_is_read_back_as_the_same_land(bureau: Path) -> None:
    results = siting.screen(bureau)
    assert results.path is not None
    reading, problems = read(results.path, "parcels", "survey.txt", columns={"id": "地块编号", "name": "地块名称"})
    assert [each for each in problems if each.level == "refuse"] == []
    assert reading is not None
    back = reading.table.set_index("id").geometry
    drawn = results.parcels.geometry
    assert sorted(back.index) == sorted(drawn.index)
    assert back.reindex(drawn.index).symmetric_difference(drawn).area.max() < 1.0
    assert LayerReader


def test_a_run_of_such_a_folder_is_refused_with_what_is_missing(bureau: Path) -> None:
    done = command("run", bureau)
    assert done.returncode == 1
    assert "criterion" in done.stderr
    assert "roads" in done.stderr


def test_checking_such_a_folder_asks_for_no_more_than_screening_does(bureau: Path) -> None:
    done = command("check", bureau)
    assert done.returncode == 0, done.stdout
    assert "criterion" not in done.stdout


def test_the_command_prints_the_statuses(bureau: Path) -> None:
    done = command("screen", bureau)
    assert done.returncode == 0, done.stderr
    assert "排除" in done.stdout
    assert "maps/screen" in done.stdout


def test_a_full_project_can_be_screened_alone_too(tmp_path: Path) -> None:
    folder = small_project.write(tmp_path / "p")
    table = siting.screen(folder).ranking
    assert "school" not in table.columns
    assert table["rank"].isna().all()


def test_the_steepest_slope_alone_is_screened_without_a_rulebook(bureau: Path) -> None:
    import numpy as np
    import rasterio
    from affine import Affine

    rows, columns = np.mgrid[0:60, 0:700]
    height = np.where(columns < 200, 500 + columns * 3.0, 1100).astype("float32")  # 30 % in the west, flat beyond
    place = Affine(10, 0, X0 - 100, 0, -10, Y0 + 400)
    profile = {"driver": "GTiff", "width": 700, "height": 60, "count": 1, "dtype": "float32", "crs": CRS}
    with rasterio.open(bureau / "data/dem.tif", "w", transform=place, **profile) as raster:
        raster.write(height, 1)
    assert rows.shape == columns.shape
    (bureau / "layers/dem.toml").write_text('role = "raster"\nsource = "data/dem.tif"\n', "utf-8")
    settings = SETTINGS.replace('rulebook = "cn"', 'slope = "dem"\nslope_max = 25\nsource = "本局规定"')
    (bureau / "siting.toml").write_text(settings, "utf-8")
    (bureau / "layers/farm.toml").unlink()
    ranked = siting.screen(bureau).ranking.set_index("parcel_id")
    assert ranked.loc["P1", "reasons"] == "exclude:slope 30.0%"
    assert ranked.loc["P3", "status"] == "ok"
    assert ranked.loc["P1", "slope_mean_pct"] == pytest.approx(30, abs=0.01)


def lots(folder: Path, settings: str = SETTINGS, rule: str = "[assemble]\ngap_m = 1\n", **columns: list[str]) -> Path:
    """Write a bureau with two touching lots A, B and one that lies apart."""
    (folder / "layers").mkdir(parents=True)
    (folder / "data").mkdir()
    (folder / "siting.toml").write_text(settings, "utf-8")
    shapes = [shapely.box(X0 + x, Y0, X0 + x + 60, Y0 + 60) for x in (0, 60, 500)]
    gpd.GeoDataFrame({"编号": ["A", "B", "C"], **columns}, geometry=shapes, crs=CRS).to_file(
        folder / "data/parcels.gpkg"
    )
    ours = "".join(f'{name} = "{name}"\n' for name in columns)
    written = f'role = "parcels"\nsource = "data/parcels.gpkg"\n[columns]\nid = "编号"\n{ours}{rule}'
    (folder / "layers/parcels.toml").write_text(written, "utf-8")
    return folder


def test_a_site_takes_on_the_hidden_debt_of_any_of_its_lots(tmp_path: Path) -> None:
    rows = siting.screen(lots(tmp_path / "p", hidden_debt=["是", "否", "否"])).ranking.set_index("parcel_id")
    assert rows.loc["A+2", "status"] == "excluded"
    assert "exclude:hidden_debt" in rows.loc["A+2", "reasons"]
    assert rows.loc[["A", "B"], "reasons"].str.contains("in_site:A+2", regex=False).all()


def test_the_land_of_a_site_stands_once_in_the_survey_text(tmp_path: Path) -> None:
    results = siting.screen(lots(tmp_path / "p"))
    assert results.path is not None
    written = (results.path / "survey.txt").read_text("gb18030")
    assert [line.split(",")[2] for line in written.splitlines() if line.endswith("@")] == ["A+2", "C"]


def test_papers_that_each_lot_has_are_those_of_the_site_however_they_are_quoted(tmp_path: Path) -> None:
    results = siting.screen(lots(tmp_path / "p", documents=["《净地证明》", "净地证明", ""]))
    needs = {each["parcel_id"]: {need["id"] for need in each["needs"]} for each in results.receipts}
    assert "clear_title" not in needs["A+2"]
    assert "clear_title" in needs["C"]


def test_a_survey_that_was_not_reviewed_opens_no_gate(tmp_path: Path) -> None:
    rows = siting.screen(
        lots(tmp_path / "p", documents=["土壤污染状况调查报告", "土壤污染状况调查报告（经评审）", ""], rule="")
    ).ranking.set_index("parcel_id")
    assert rows.loc[["A", "B", "C"], "status"].tolist() == ["gate", "ok", "gate"]


def test_the_steepest_slope_holds_with_a_rulebook_that_has_no_rule_on_slopes(tmp_path: Path) -> None:
    from siting.base.rulebook import load_rulebook
    from siting.base.settings import ScreenBlock

    (tmp_path / "own.toml").write_text('extends = "cn"\ndrop = ["slope"]\n', "utf-8")
    book, problems = load_rulebook(ScreenBlock(rulebook="own.toml", slope="dem", slope_max=20), tmp_path)
    assert problems == []
    assert [step.most for rule in book.on_parcels().values() if rule.of == "slope" for step in rule.steps][-2] == 20


def test_what_was_not_screened_is_said_by_name(tmp_path: Path) -> None:
    results = siting.screen(lots(tmp_path / "p"))
    said = [each for each in results.findings if each.code == "unscreened"]
    assert len(said) == 1
    assert "生态保护红线" in said[0].expected
    assert "新增地方政府隐性债务" in said[0].expected


@pytest.mark.parametrize("written", ["2027/6/1", "2027年6月1日", "20270601"])
def test_days_of_delivery_are_read_in_the_ways_that_offices_write_them(tmp_path: Path, written: str) -> None:
    folder = lots(tmp_path / "p", ready_date=[written, written, "2027-06-01"], rule="")
    table = siting.open_project(folder, only_screen=True).candidates.table
    assert table["ready_date"].tolist() == ["2027-06-01"] * 3


def test_a_month_is_no_day_and_is_refused_by_row(tmp_path: Path) -> None:
    folder = lots(tmp_path / "p", ready_date=["2024年5月", "", ""], rule="")
    with pytest.raises(siting.InputProblems) as caught:
        siting.screen(folder)
    assert [(each.where, each.item) for each in caught.value.refusals] == [("row 1", "A")]
