"""The tables of a run as other programs read them."""

import csv
import io
import sqlite3
import warnings
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest

import siting
from siting import report
from siting.report.csv_files import table_csv
from siting.report.page import json_block
from tests import small_project

LONG_CODE = "0659005100001000017"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> siting.project.chain.Results:
    parcels = small_project.parcels()
    parcels["编号"] = parcels["编号"].replace({"P1": LONG_CODE})
    parcels["名称"] = parcels["名称"].replace({"地块P2": "=1+1"})
    return siting.run(small_project.write(tmp_path_factory.mktemp("files") / "p", parcels=parcels))


def test_the_csv_opens_in_chinese_excel_and_keeps_codes(results: siting.project.chain.Results) -> None:
    raw = (results.path / "ranking.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
    assert rows[0]["parcel_id"] == LONG_CODE
    assert {"rank_best", "rank_worst", "p_top", "explanation", "estimated"} <= set(rows[0])
    assert rows[1]["name"] == "'=1+1"
    assert "60 分钟内没有" in next(row["explanation"] for row in rows if row["parcel_id"] == "P3")


def test_a_negative_number_stays_a_number_and_text_is_defused() -> None:
    written = table_csv(pd.DataFrame({"a": [-1.5, None], "b": ["-1", "@x"]}))
    assert written.splitlines()[1:] == ["-1.5,'-1", ",'@x"]


def test_the_workbook_holds_text_as_text_and_numbers_as_numbers(results: siting.project.chain.Results) -> None:
    sheet = openpyxl.load_workbook(results.path / "ranking.xlsx").worksheets[0]
    kinds = {(cell.data_type, type(cell.value).__name__) for row in sheet.iter_rows(min_row=2) for cell in row}
    assert "f" not in {kind for kind, _ in kinds}
    assert sheet["A2"].value == LONG_CODE
    assert sheet.max_row == 1 + len(results.ranking)


def test_the_geopackage_has_every_parcel_and_a_default_style(results: siting.project.chain.Results) -> None:
    file = results.path / "parcels.gpkg"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = gpd.read_file(file, layer="parcels")
    assert table["parcel_id"].tolist() == results.ranking["parcel_id"].tolist()
    assert table.crs.to_epsg() == 4538
    with sqlite3.connect(file) as base:
        style = base.execute("SELECT f_table_name, useAsDefault, styleQML FROM layer_styles").fetchone()
    base.close()
    assert style[:2] == ("parcels", 1)
    assert "RuleRenderer" in style[2]


def test_every_number_of_the_workbook_is_in_the_csv(results: siting.project.chain.Results) -> None:
    sheet = openpyxl.load_workbook(results.path / "ranking.xlsx").worksheets[0]
    headers = [cell.value for cell in sheet[1]]
    from_csv = pd.read_csv(results.path / "ranking.csv", dtype={"parcel_id": str})
    for row, score in zip(sheet.iter_rows(min_row=2, values_only=True), from_csv["score"], strict=True):
        shown = row[headers.index("得分")]
        assert (shown is None and pd.isna(score)) or shown == score


def test_json_in_a_page_cannot_close_its_element() -> None:
    assert json_block({"a": "</script>&\u2028"}) == '{"a":"\\u003c/script\\u003e\\u0026\\u2028"}'


def test_the_last_run_is_kept_and_a_strange_folder_is_not_written_over(tmp_path: Path) -> None:
    folder = small_project.write(tmp_path / "p")
    siting.run(folder)
    siting.run(folder)
    assert sorted(each.name for each in (folder / "maps").iterdir()) == ["base", "base.previous"]
    with pytest.raises(siting.UsageError) as caught:
        siting.run(folder, out=folder / "data")
    assert caught.value.problem.code == "holds_input"
    with pytest.raises(siting.UsageError) as caught:
        siting.run(folder, out=folder / "layers")
    assert caught.value.problem.code == "not_ours"
    assert (folder / "data/parcels.gpkg").is_file()


def test_a_run_that_cannot_be_used_leaves_the_former_result(tmp_path: Path) -> None:
    folder = small_project.write(tmp_path / "p")
    before = (siting.run(folder).path / "stamp.json").read_bytes()
    (folder / "data/work.csv").write_text("单位,人数,x,y\n", "utf-8")
    with pytest.raises(siting.InputProblems):
        siting.run(folder)
    assert (folder / "maps/base/stamp.json").read_bytes() == before
    assert [each.name for each in (folder / "maps").iterdir()] == ["base"]


def test_an_explanation_is_whole_in_both_languages(results: siting.project.chain.Results) -> None:
    receipt = next(each for each in results.receipts if each["parcel_id"] == "P3")
    chinese, english = report.explain(receipt, "zh"), report.explain(receipt, "en")
    assert len(chinese) == len(english)
    assert chinese[0] == "地块P3（P3）：可选。"
    assert any("none within 60 min" in sentence for sentence in english)


def test_the_notebook_map_runs_no_text_of_the_data(tmp_path: Path) -> None:
    parcels = small_project.parcels()
    parcels["名称"] = "{{7*191}}<script>alert(1)</script>"
    results = siting.run(small_project.write(tmp_path / "p", parcels=parcels))
    drawn = report.quick_map(results).get_root().render()
    assert "1337" not in drawn
    assert "<script>alert(1)" not in drawn
