"""Text of the data is text everywhere: in the page, the sheet, the table, the terminal and the file system."""

import csv
import io
from pathlib import Path

import openpyxl
import pytest

import siting as library
from tests import small_project
from tests.faults.running import siting
from tests.reliability.bad_inputs import with_parcels

FORMULAS = ("=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\tx", "\rx")


def named(folder: Path, *names: str) -> Path:
    """Write the small project with such names of parcels, then run it."""

    def change(parcels):
        given = [*names, *parcels["名称"][len(names) :]]
        return parcels.assign(名称=given)

    return with_parcels(folder, change)


def test_formulas_in_names_are_text_in_sheet_and_table(tmp_path: Path) -> None:
    results = library.run(named(tmp_path / "p", *FORMULAS))
    assert results.path is not None
    for sheet in openpyxl.load_workbook(results.path / "ranking.xlsx").worksheets:
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    written = (results.path / "ranking.csv").read_text("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(written)) for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "@", "\t", "\r"))] == []


@pytest.mark.parametrize("code", ["../../evil", "/etc/passwd", "C:\\x", "a/b", "con", "x\x00y"])
def test_ids_that_are_paths_write_nothing_outside_the_run(tmp_path: Path, code: str) -> None:
    inside = tmp_path / "deep/er/p"
    folder = with_parcels(inside, lambda parcels: parcels.assign(编号=[code, *parcels["编号"][1:]]))
    before = {each for each in tmp_path.rglob("*") if inside not in each.parents}
    done = siting("run", folder)
    assert done.returncode in (0, 1)
    assert {each for each in tmp_path.rglob("*") if inside not in each.parents} == before
    assert {each.name for each in inside.iterdir()} == {"data", "layers", "maps", "siting.toml"}


def test_a_name_of_50000_characters_is_kept_in_data_and_cut_in_the_page(tmp_path: Path) -> None:
    results = library.run(named(tmp_path / "p", "长" * 50_000))
    assert results.path is not None
    assert "长" * 50_000 in (results.path / "ranking.csv").read_text("utf-8")
    assert "长" * 1_000 not in (results.path / "index.html").read_text("utf-8")


def test_terminal_codes_in_names_are_shown_not_obeyed(tmp_path: Path) -> None:
    folder = named(tmp_path / "p", "\x1b]0;owned\x07\x1b[2J红")
    done = siting("run", folder)
    assert done.returncode == 0
    assert "\x1b" not in done.stdout + done.stderr
    assert "\\x1b" in done.stdout


def test_an_output_folder_that_holds_an_input_is_refused(tmp_path: Path) -> None:
    folder = small_project.write(tmp_path / "p")
    held = (folder / "data/parcels.gpkg").read_bytes()
    for out in (folder / "data", folder):
        done = siting("run", folder, "--out", out)
        assert done.returncode == 2
        assert str(out) in done.stderr
    assert (folder / "data/parcels.gpkg").read_bytes() == held


def test_markup_and_templates_in_names_reach_the_page_as_text_only(tmp_path: Path) -> None:
    names = (
        "<script>document.title='x'</script>",
        "</script><img src=x onerror=alert(1)>",
        "`${alert(1)}`",
        "{{7*191}}",
    )
    results = library.run(named(tmp_path / "p", *names))
    assert results.path is not None
    page = (results.path / "index.html").read_text("utf-8")
    assert "<script>document.title" not in page
    assert "<img src=x" not in page
    assert page.count("</script>") == library_scripts(page)


def library_scripts(page: str) -> int:
    """Return how many scripts the page opens: text of the data can close none of them."""
    return page.count("<script")
