"""Cells as offices type them: refused by row, told, or read digit for digit."""

from pathlib import Path

import openpyxl
import pytest

import siting
from tests import small_project
from tests.reliability.bad_inputs import codes, told, with_jobs, with_parcels
from tests.small_project import X0, Y0, diamond

HERE = f"{X0},{Y0}"


def test_a_parcel_without_an_id_is_refused_by_row(tmp_path: Path) -> None:
    folder = with_parcels(tmp_path / "p", lambda parcels: parcels.assign(编号=[None, *parcels["编号"][1:]]))
    assert [(each.code, each.where) for each in told(folder, "refuse")] == [("empty_id", "row 1")]


def test_codes_of_19_digits_with_leading_zeros_come_out_digit_for_digit(tmp_path: Path) -> None:
    codes19 = [f"065900500100000{n:04d}" for n in range(3)]
    rows = [f'"{code}","{diamond(x).wkt}"' for code, x in zip(codes19, (750, 2000, 3000), strict=True)]
    folder = small_project.write(tmp_path / "p")
    (folder / "data/parcels.csv").write_text("\n".join(["宗地代码,图形", *rows]) + "\n", "utf-8")
    layer = (
        'role = "parcels"\nsource = "data/parcels.csv"\ndatum = "EPSG:4538"\n[columns]\nid = "宗地代码"\nwkt = "图形"\n'
    )
    (folder / "layers/parcels.toml").write_text(layer, "utf-8")
    results = siting.run(folder)
    assert results.path is not None
    written = (results.path / "ranking.csv").read_text("utf-8-sig")
    sheet = openpyxl.load_workbook(results.path / "ranking.xlsx").worksheets[0]
    cells = [row[0] for row in sheet.iter_rows(min_row=2, max_col=1)]
    assert sorted(cell.value for cell in cells) == codes19
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(code in written for code in codes19)


@pytest.mark.parametrize("cell", ["-5", "", "NaN", "inf", "-inf"])
def test_jobs_that_are_no_count_are_refused_by_row_with_their_value(tmp_path: Path, cell: str) -> None:
    folder = with_jobs(tmp_path / "p", f"厂,150,{HERE}", f"店,{cell},{HERE}")
    assert [(each.where, each.found) for each in told(folder, "refuse")] == [("row 2", cell)]


def test_numbers_are_read_strictly_and_never_guessed(tmp_path: Path) -> None:
    odd = ['"1,234"', "１２３", "约300", "无"]
    folder = with_jobs(tmp_path / "p", f"厂,150,{HERE}", *[f"店{n},{cell},{HERE}" for n, cell in enumerate(odd)])
    refused = told(folder, "refuse")
    assert [each.where for each in refused] == ["row 2", "row 3", "row 4", "row 5"]
    assert [each.found for each in refused] == [cell.strip('"') for cell in odd]


def test_an_employer_with_nearly_all_jobs_is_told(tmp_path: Path) -> None:
    folder = with_jobs(tmp_path / "p", *[f"厂{n},150,{HERE}" for n in range(5)], f"误,1000000000000,{HERE}")
    assert [each.expected for each in told(folder, "warn") if each.code == "one_holds_all"] == ["误"]


def test_jobs_that_are_all_zero_are_refused(tmp_path: Path) -> None:
    assert codes(with_jobs(tmp_path / "p", f"厂,0,{HERE}", f"店,0,{HERE}"), "refuse") == ["no_jobs"]


def test_an_area_in_mu_under_the_name_of_m2_is_told_and_the_drawn_area_used(tmp_path: Path) -> None:
    folder = with_parcels(tmp_path / "p", lambda parcels: parcels.assign(面积=parcels.area * 15 / 10_000))
    layer = folder / "layers/parcels.toml"
    layer.write_text(layer.read_text("utf-8") + 'area_m2 = "面积"\n', "utf-8")
    said = [each for each in told(folder, "warn") if each.code == "area_differs"]
    assert {each.item for each in said} == {"P1", "P2", "P3", "small", "far", "stray"}
    assert {each.found for each in said} == {"666.7"}
    assert siting.run(folder).ranking.set_index("parcel_id").loc["P1", "area_m2"] == 5000


def test_a_unit_that_there_is_not_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    folder = with_parcels(tmp_path / "p", lambda parcels: parcels.assign(单位="一团场"))
    layer = folder / "layers/parcels.toml"
    layer.write_text(layer.read_text("utf-8") + 'unit = "单位"\n', "utf-8")
    assert [(each.found, each.expected) for each in told(folder, "refuse")] == [("一团场", "一团")]


def test_a_criterion_that_is_the_same_for_all_has_no_say_and_divides_nothing(tmp_path: Path) -> None:
    ranking = siting.run(small_project.write(tmp_path / "p")).ranking
    ranked = ranking[ranking["rank"].notna()]
    assert set(ranked["jobs"]) == {200.0}
    assert ranked["score"].notna().all()
