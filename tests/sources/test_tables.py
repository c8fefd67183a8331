"""CSV and Excel tables as offices write them."""

import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from siting.sources.reading import Findings
from siting.sources.tables import read_table
from tests.sources.office import PLACES, X, Y, codes, found, jobs, read, table

ROWS = f"单位,人数,x,y\n厂,150,{X},{Y}\n店,50,{X},{Y}\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_chinese_text_is_read_whatever_encoding_it_was_saved_in(tmp_path: Path, encoding: str) -> None:
    reading, problems = table(tmp_path, ROWS.encode(encoding))
    assert problems == []
    assert reading.table[["name", "jobs"]].to_numpy().tolist() == [["厂", 150], ["店", 50]]


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_columns_may_be_parted_by_semicolon_or_tab(tmp_path: Path, delimiter: str) -> None:
    reading, problems = table(tmp_path, ROWS.replace(",", delimiter))
    assert problems == []
    assert reading.table["jobs"].sum() == 200


def test_an_encoding_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    reading, problems = table(tmp_path, ROWS.encode("gb18030"), encoding="utf-8")
    assert reading is None
    assert found(problems) == [("undecodable", "encoding", "utf-8")]


def test_a_column_that_stands_twice_is_refused_by_name(tmp_path: Path) -> None:
    _, problems = table(tmp_path, f"单位,人数,人数,x,y\n厂,1,2,{X},{Y}\n")
    assert found(problems) == [("repeated_column", "header", "人数")]


def test_a_nul_byte_is_refused_with_its_line(tmp_path: Path) -> None:
    _, problems = table(tmp_path, ROWS.replace("店", "店\0"))
    assert [(each.code, each.where) for each in problems] == [("nul_byte", "line 3")]


@pytest.mark.parametrize(("row", "cells"), [(f"店,1,234,{X},{Y}", "5"), ("店,1", "2")])
def test_a_row_with_more_or_fewer_cells_than_the_header_is_refused_with_its_line(
    tmp_path: Path, row: str, cells: str
) -> None:
    _, problems = table(tmp_path, f"{ROWS}{row}\n")
    assert found(problems) == [("ragged_row", "line 4", cells)]
    assert problems[0].expected == "4"


def test_an_open_quote_is_damage(tmp_path: Path) -> None:
    _, problems = table(tmp_path, ROWS + f'"店,1,{X},{Y}\n')
    assert codes(problems) == ["damaged"]


def test_a_header_alone_is_refused(tmp_path: Path) -> None:
    _, problems = table(tmp_path, "单位,人数,x,y\n")
    assert codes(problems) == ["no_rows"]


@pytest.mark.parametrize("written", ["", "\n\n", "\ufeff"])
def test_a_file_without_a_word_is_refused_as_empty(tmp_path: Path, written: str) -> None:
    _, problems = table(tmp_path, written)
    assert codes(problems) == ["empty_file"]


def test_blank_lines_do_not_shift_the_row_numbers(tmp_path: Path) -> None:
    _, problems = table(tmp_path, f"单位,人数,x,y\n厂,1,{X},{Y}\n\n店,many,{X},{Y}\n")
    assert found(problems) == [("bad_number", "row 3", "many")]


def test_a_missing_column_is_answered_with_the_nearest(tmp_path: Path) -> None:
    columns = {**PLACES["columns"], "name": "单位名"}
    _, problems = table(tmp_path, ROWS, columns=columns)
    assert found(problems) == [("missing_column", "columns.name", "单位名")]
    assert problems[0].expected == "单位"


def book(path: Path, *sheets: str) -> None:
    """Write an Excel file with the same rows on every sheet; codes as text, numbers as numbers."""
    written = openpyxl.Workbook()
    written.remove(written.active)
    for name in sheets:
        sheet = written.create_sheet(name)
        for row in (["代码", "单位", "人数", "x", "y"], ["00120", "厂", 150, X, Y], [659010, "店", 50.0, X, Y]):
            sheet.append(row)
    written.save(path)


EXCEL = {**PLACES, "columns": {**PLACES["columns"], "id": "代码"}}


def test_excel_keeps_codes_as_typed_and_gives_whole_codes_no_decimals(tmp_path: Path) -> None:
    book(tmp_path / "work.xlsx", "表一")
    reading, problems = read(tmp_path, "places", "work.xlsx", **EXCEL)
    assert problems == []
    assert dict(zip(reading.table["id"], reading.table["jobs"], strict=True)) == {"00120": 150, "659010": 50}


def test_a_book_of_two_sheets_needs_one_named(tmp_path: Path) -> None:
    book(tmp_path / "work.xlsx", "表一", "表二")
    _, problems = read(tmp_path, "places", "work.xlsx", **EXCEL)
    assert [(each.code, each.where, each.expected) for each in problems] == [("choose_sheet", "sheet", "表一, 表二")]
    reading, _ = read(tmp_path, "places", "work.xlsx", sheet="表二", **EXCEL)
    assert len(reading.table) == 2


def test_a_cut_excel_file_is_damage(tmp_path: Path) -> None:
    book(tmp_path / "work.xlsx", "表一")
    raw = (tmp_path / "work.xlsx").read_bytes()
    (tmp_path / "work.xlsx").write_bytes(raw[: len(raw) // 2])
    _, problems = read(tmp_path, "places", "work.xlsx", **EXCEL)
    assert codes(problems) == ["damaged"]


@pytest.mark.parametrize("cell", ["1,234", "１２３", "约300", "-5", "inf", "1e999", "300人"])
def test_what_is_no_plain_number_is_refused_by_row_as_it_was_typed(tmp_path: Path, cell: str) -> None:
    reading, problems = jobs(tmp_path, cell)
    assert reading is None
    assert found(problems) == [("bad_number", "row 2", cell)]


@pytest.mark.parametrize("cell", ["", "  "])
def test_empty_jobs_are_not_zero_jobs(tmp_path: Path, cell: str) -> None:
    _, problems = jobs(tmp_path, cell)
    assert found(problems) == [("empty_number", "row 2", "")]


@pytest.mark.parametrize(("cell", "number"), [("0", 0), (" 12 ", 12), ("1.5e2", 150), ("+7", 7)])
def test_plain_numbers_are_read(tmp_path: Path, cell: str, number: float) -> None:
    reading, problems = jobs(tmp_path, cell)
    assert problems == []
    assert reading.table["jobs"].sum() == 10 + number


@pytest.mark.parametrize("name", ["合计", "合 计", "总计", "Total"])
def test_a_row_that_adds_up_the_others_is_left_out(tmp_path: Path, name: str) -> None:
    reading, problems = table(tmp_path, f"{ROWS}{name},200,{X},{Y}\n")
    assert found(problems) == [("total_row", "row 3", name)]
    assert reading.counts.record() == {"read": 3, "used": 2, "mended": 0, "left_out": 1}
    assert reading.table["jobs"].sum() == 200


@pytest.mark.parametrize("sums", ["", "1,200 人"])
def test_the_number_in_a_total_row_is_not_read(tmp_path: Path, sums: str) -> None:
    reading, _ = table(tmp_path, f'{ROWS}合计,"{sums}",,\n')
    assert reading is not None
    assert reading.table["jobs"].sum() == 200


def test_a_row_without_coordinates_is_left_out_and_told(tmp_path: Path) -> None:
    reading, problems = table(tmp_path, f"{ROWS}摊,5,,\n")
    assert found(problems) == [("bad_point", "row 3", ", ")]
    assert reading.counts.left_out == 1


def test_coordinates_need_a_declared_system(tmp_path: Path) -> None:
    _, problems = table(tmp_path, ROWS, datum="")
    assert codes(problems) == ["no_crs"]


def test_a_text_column_named_geometry_keeps_its_text(tmp_path: Path) -> None:
    columns = {**PLACES["columns"], "name": "geometry"}
    reading, _ = table(tmp_path, f"geometry,人数,x,y\n厂,1,{X},{Y}\n", columns=columns)
    assert reading.table["name"].tolist() == ["厂"]


def opened(path: Path, wanted: Sequence[str] = ()) -> tuple[pd.DataFrame | None, Findings]:
    """Read a table alone."""
    findings = Findings(path.name)
    return read_table(path, encoding="", sheet="", findings=findings, wanted=wanted), findings


def sheet(path: Path, rows: list[list[Any]], *merged: str) -> Path:
    """Write an Excel sheet as given, and merge cells."""
    written = openpyxl.Workbook()
    for row in rows:
        written.active.append(row)
    for area in merged:
        written.active.merge_cells(area)
    written.save(path)
    return path


def with_part(path: Path, name: str, old: bytes, new: bytes) -> Path:
    """Write a copy of a book with one part changed."""
    target = path.with_name("changed.xlsx")
    with zipfile.ZipFile(path) as book, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as changed:
        for each in book.namelist():
            raw = book.read(each)
            changed.writestr(each, raw.replace(old, new) if each == name else raw)
    return target


SHEET = "xl/worksheets/sheet1.xml"


def test_a_header_below_title_rows_is_found_by_the_columns_wanted_and_told(tmp_path: Path) -> None:
    rows = [["就业单位一览表"], ["单位：人"], ["单位", "人数"], ["厂", 150], ["合计", 150]]
    read_in, findings = opened(sheet(tmp_path / "a.xlsx", rows, "A1:B1"), ["单位", "人数"])
    assert [(each.level, each.code, each.found, each.expected) for each in findings.problems] == [
        ("warn", "header_found", "3", "2")
    ]
    assert read_in is not None
    assert read_in.to_dict("index") == {0: {"单位": "厂", "人数": "150"}, 1: {"单位": "合计", "人数": "150"}}


def test_a_header_of_two_merged_rows_is_joined_and_told(tmp_path: Path) -> None:
    rows = [["表"], ["单位", "坐标", None, "人数", None], [None, "x", "y", "男", "女"], ["厂", X, Y, 1, 2]]
    path = sheet(tmp_path / "a.xlsx", rows, "A1:E1", "A2:A3", "B2:C2", "D2:E2")
    read_in, findings = opened(path, ["单位", "x", "y", "人数/女"])
    assert codes(findings.problems) == ["joined_header"]
    assert read_in is not None
    assert list(read_in.columns) == ["单位", "x", "y", "男", "人数/女"]
    assert list(read_in.index) == [0]


def test_a_text_table_with_titles_is_parted_by_the_sign_that_gives_the_wanted_columns(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("一览表, 2025, 全\n单位;人数\n厂;3\n", "utf-8")
    read_in, findings = opened(tmp_path / "a.csv", ["单位", "人数"])
    assert codes(findings.problems) == ["header_found"]
    assert read_in is not None
    assert read_in.to_numpy().tolist() == [["厂", "3"]]


def test_line_breaks_and_quotes_in_cells_follow_the_csv_rules_and_lines_are_counted(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('a,b\n"x\ny ""z""",1\nshort\n', "utf-8")
    _, findings = opened(tmp_path / "a.csv")
    assert found(findings.problems) == [("ragged_row", "line 4", "1")]


def test_a_cell_of_a_megabyte_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"a,b\n{'x' * 2**20},1\n", "utf-8")
    read_in, findings = opened(tmp_path / "a.csv")
    assert findings.problems == []
    assert read_in is not None
    assert len(read_in["a"][0]) == 2**20


def test_long_codes_stay_digit_for_digit_and_damaged_ones_are_refused_by_name(tmp_path: Path) -> None:
    code = 6590100012345678901
    book = sheet(tmp_path / "a.xlsx", [["宗地代码"], [str(code)], [12345]])
    read_in, _ = opened(with_part(book, SHEET, b"<v>12345<", f"<v>{code}<".encode()))
    assert read_in is not None
    assert read_in["宗地代码"].tolist() == [str(code)] * 2
    path = with_part(book, SHEET, b"<v>12345<", b"<v>6.59010001234567E+18<")
    _, findings = opened(path, ["宗地代码"])
    assert [(each.code, each.where, each.expected) for each in findings.problems] == [
        ("damaged_code", "line 3", "宗地代码")
    ]


def test_dates_become_iso_text(tmp_path: Path) -> None:
    rows = [["a", "b"], [datetime(2025, 3, 1), datetime(2025, 3, 1, 8, 30)]]  # noqa: DTZ001
    read_in, _ = opened(sheet(tmp_path / "a.xlsx", rows))
    assert read_in is not None
    assert read_in.to_numpy().tolist() == [["2025-03-01", "2025-03-01 08:30:00"]]


@pytest.mark.parametrize(
    ("name", "raw", "code"),
    [
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old_excel"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "locked_book"),
        ("a.csv", b"PK\x03\x04rest", "book_as_text"),
        ("a.xlsx", "单位,人数".encode(), "damaged"),
    ],
)
def test_a_table_in_another_format_than_its_name_is_told(tmp_path: Path, name: str, raw: bytes, code: str) -> None:
    (tmp_path / name).write_bytes(raw)
    _, findings = opened(tmp_path / name)
    assert codes(findings.problems) == [code]


def test_a_book_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    path = sheet(tmp_path / "a.xlsx", [["a"], ["1"]])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/extra.bin", b"0" * (12 * 2**20))
    _, findings = opened(path)
    assert codes(findings.problems) == ["book_bomb"]


def test_a_doctype_inside_a_book_is_refused(tmp_path: Path) -> None:
    path = sheet(tmp_path / "a.xlsx", [["a"], ["1"]])
    bomb = b'<!DOCTYPE lolz [<!ENTITY lol "lol">]><worksheet'
    _, findings = opened(with_part(path, SHEET, b"<worksheet", bomb))
    assert found(findings.problems) == [("xml_doctype", "", SHEET)]


def test_formulas_without_a_value_merged_and_hidden_cells_are_told(tmp_path: Path) -> None:
    path = sheet(tmp_path / "a.xlsx", [["a", "b"], ["1", "=1+1"], ["2", "3"], [None, "4"]], "A3:A4")
    path = with_part(path, SHEET, b'<row r="4"', b'<row r="4" hidden="1"')
    read_in, findings = opened(path)
    assert {(each.level, each.code, each.found) for each in findings.problems} == {
        ("warn", "formula_without_value", "B2"),
        ("warn", "merged_cells", "A3:A4"),
        ("warn", "hidden_rows", "4"),
    }
    assert read_in is not None
    assert read_in.to_numpy().tolist() == [["1", ""], ["2", "3"], ["", "4"]]
