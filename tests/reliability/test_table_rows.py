"""Tables as offices keep them: read by the rules, told where they are odd, refused where they are empty or far."""

from pathlib import Path

import openpyxl
import pandas as pd
import pyproj
import pytest
from pandas.testing import assert_frame_equal

import siting
from tests import small_project
from tests.faults.running import siting as command
from tests.reliability.bad_inputs import told, with_jobs
from tests.small_project import CRS, X0, Y0

HERE = f"{X0},{Y0}"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The ranking of the project with nothing wrong."""
    return siting.run(small_project.write(tmp_path_factory.mktemp("base") / "p")).ranking


def refusal(folder: Path) -> tuple[str, str, str]:
    """Return file, code and finding of the one refusal; the command ends with it in one line."""
    (refused,) = told(folder, "refuse")
    done = command("run", folder)
    assert done.returncode == 1
    assert refused.mend("zh") in done.stderr
    return refused.file, refused.code, refused.found


@pytest.mark.parametrize("sign", [";", "\t"])
def test_semicolons_and_tabs_are_read_as_commas_are(tmp_path: Path, base: pd.DataFrame, sign: str) -> None:
    folder = small_project.write(tmp_path / "p")
    file = folder / "data/work.csv"
    file.write_text(file.read_text("utf-8").replace(",", sign), "utf-8")
    assert_frame_equal(siting.run(folder).ranking, base)


def test_a_column_that_stands_twice_is_refused_by_name(tmp_path: Path) -> None:
    folder = with_jobs(tmp_path / "p", f"厂,150,7,{HERE}", header="单位,人数,人数,x,y")
    assert refusal(folder) == ("data/work.csv", "repeated_column", "人数")


def test_a_file_of_no_bytes_is_refused_as_empty(tmp_path: Path) -> None:
    folder = small_project.write(tmp_path / "p")
    (folder / "data/work.csv").write_bytes(b"")
    assert [(each.code, each.found) for each in told(folder, "refuse")] == [("empty_file", "data/work.csv")]


def test_a_header_alone_is_refused_as_no_rows(tmp_path: Path) -> None:
    assert refusal(with_jobs(tmp_path / "p"))[:2] == ("data/work.csv", "no_rows")


def test_line_breaks_and_quotes_in_a_cell_follow_the_csv_rules(tmp_path: Path, base: pd.DataFrame) -> None:
    folder = with_jobs(tmp_path / "p", f'"厂\n""一""分厂, 东",150,{HERE}', f"店,50,{HERE}")
    assert_frame_equal(siting.run(folder).ranking, base)
    assert siting.open_project(folder).readings["work"].table["name"].tolist() == ['厂\n"一"分厂, 东', "店"]


def test_a_sheet_with_titles_a_merged_header_and_a_total_is_told_and_the_total_is_no_employer(
    tmp_path: Path, base: pd.DataFrame
) -> None:
    folder = small_project.write(tmp_path / "p")
    sheet = openpyxl.Workbook()
    page = sheet.active
    for row in (
        ["北屯市用人单位就业情况表"],
        ["填表单位：人社局"],
        ["单位", "就业", None, "坐标", None],
        [None, "人数", "其中女", "x", "y"],
        ["厂", 150, 70, X0, Y0],
        ["店", 50, 20, X0, Y0],
        ["合计", 200, 90, X0, Y0],
    ):
        page.append(row)
    for area in ("A1:E1", "A3:A4", "B3:C3", "D3:E3"):
        page.merge_cells(area)
    sheet.save(folder / "data/work.xlsx")
    layer = folder / "layers/work.toml"
    layer.write_text(layer.read_text("utf-8").replace("work.csv", "work.xlsx"), "utf-8")
    warned = {each.code: each for each in told(folder, "warn") if each.file == "data/work.xlsx"}
    assert set(warned) == {"joined_header", "total_row"}
    assert warned["joined_header"].found == "3-4"
    assert (warned["total_row"].where, warned["total_row"].found) == ("row 3", "合计")
    results = siting.run(folder)
    assert_frame_equal(results.ranking, base)
    assert results.stamp["layers"]["work"]["counts"]["left_out"] == 1


def test_title_rows_above_a_plain_header_are_told_with_its_line(tmp_path: Path, base: pd.DataFrame) -> None:
    folder = with_jobs(tmp_path / "p", "填表单位：人社局,,,", "单位,人数,x,y", f"厂,150,{HERE}", f"店,50,{HERE}",
                       f"合　计,200,{HERE}", header="用人单位就业情况表,,,")  # fmt: skip
    warned = {each.code: each.found for each in told(folder, "warn") if each.file == "data/work.csv"}
    assert warned == {"header_found": "3", "total_row": "合　计"}
    assert_frame_equal(siting.run(folder).ranking, base)


def test_jobs_of_a_city_300_km_away_are_refused_with_both_extents(tmp_path: Path) -> None:
    folder = with_jobs(tmp_path / "p", f"厂,150,{X0},{Y0 - 300_000}", f"店,50,{X0 + 500},{Y0 - 300_000}")
    (refused,) = told(folder, "refuse")
    assert refused.file == "data/work.csv"
    to_degrees = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    for north in (-300_000, 10):
        latitude = to_degrees.transform(X0 + 700, Y0 + north)[1]
        assert f"{int(latitude * 100) / 100:.2f}" in refused.message("en"), refused.message("en")
    assert "300 km" in refused.message("en")
    assert "公里" in refused.message("zh")
    assert refusal(folder)[0] == "data/work.csv"


def test_jobs_beyond_any_cutoff_are_told_and_no_parcel_reaches_one(tmp_path: Path) -> None:
    folder = with_jobs(tmp_path / "p", f"厂,150,{X0},{Y0 - 40_000}", f"店,50,{X0 + 500},{Y0 - 40_000}")
    (refused,) = told(folder, "refuse")
    assert refused.code == "no_place_snaps"


def test_thirty_employers_at_one_point_are_told(tmp_path: Path) -> None:
    folder = with_jobs(tmp_path / "p", *[f"厂{n},10,{HERE}" for n in range(30)])
    warned = [each for each in told(folder, "warn") if each.code == "same_point"]
    assert [(each.file, each.found, each.expected) for each in warned] == [("data/work.csv", "30", "30")]
    assert siting.run(folder).ranking["rank"].notna().any()


def test_unknown_kinds_and_odd_capacities_are_told_by_row_and_not_counted(tmp_path: Path) -> None:
    folder = small_project.write(tmp_path / "p")
    rows = ["一小,小学,300", "零,小学,0", "负,小学,-5", "空,小学,", "怪,无此类,10"]
    (folder / "data/places.csv").write_text(
        "\n".join(["名称,类别,学位,x,y", *[f"{row},{HERE}" for row in rows]]) + "\n", "utf-8"
    )
    layer = folder / "layers/places.toml"
    layer.write_text(layer.read_text("utf-8").replace('x = "x"', 'seats = "学位"\nx = "x"'), "utf-8")
    said = {(each.code, each.where) for each in told(folder, "warn") if each.file == "data/places.csv"}
    assert said == {("odd_capacity", f"row {row}") for row in (2, 3, 4)} | {("unknown_kind", "row 5")}
    results = siting.run(folder)
    assert results.stamp["layers"]["places"]["counts"]["left_out"] == 1
    seats = siting.open_project(folder).readings["places"].table["seats"]
    assert sorted(seats.dropna()) == [0, 300]


@pytest.mark.parametrize(
    "total", ["合计", "合 计", "合计：", "总计:", "合计（人）", "合 計", "Total:", "共计", "小计（一团）"]
)
def test_however_a_total_row_is_written_it_is_no_employer(tmp_path: Path, total: str, base: pd.DataFrame) -> None:
    folder = with_jobs(tmp_path / "p", f"厂,150,{HERE}", f"店,50,{HERE}", f"{total},200,{HERE}")
    assert [each.where for each in told(folder, "warn") if each.code == "total_row"] == ["row 3"]
    assert_frame_equal(siting.run(folder).ranking, base)


def test_a_total_in_the_column_of_serial_numbers_is_no_employer(tmp_path: Path, base: pd.DataFrame) -> None:
    rows = [f"1,厂,150,{HERE}", f"2,店,50,{HERE}", f"合计,,200,{HERE}"]
    folder = with_jobs(tmp_path / "p", *rows, header="序号,单位,人数,x,y")
    assert [each.where for each in told(folder, "warn") if each.code == "total_row"] == ["row 3"]
    assert_frame_equal(siting.run(folder).ranking, base)


@pytest.mark.parametrize("name", ["合计贸易公司", "总计算中心", "Total Energies", "共计堂药店"])
def test_a_firm_whose_name_begins_like_a_total_is_an_employer(tmp_path: Path, name: str) -> None:
    folder = with_jobs(tmp_path / "p", f"{name},150,{HERE}", f"店,50,{HERE}")
    assert [each for each in told(folder, "warn") if each.code == "total_row"] == []
    assert siting.open_project(folder).readings["work"].table["jobs"].sum() == 200
