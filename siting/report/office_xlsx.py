"""What the workbooks of an office share: titled sheets that print well, text that stays text, bytes that stay the same."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from math import ceil
from pathlib import Path
from typing import Any, Literal

import xlsxwriter

from siting.report.grids import Cell, Grid
from siting.report.office_docx import FIXED_TIME
from siting.report.office_xml import plain

CELL_LIMIT = 32_000
"""Characters of a cell: spreadsheets hold 32,767; what passes this is counted in the cell."""
FACE = "宋体"
LINE_PT, HIGHEST_PT = 14, 400

_PAPERS = {"A3": 8, "A4": 9}
_BORDERED = {"border": 1, "font_name": FACE, "font_size": 10, "valign": "vcenter", "text_wrap": True}
_SIDES = {"label": "center"}
_CENTIMETRE = 1 / 2.54


@dataclass
class Book:
    """A workbook that is being written, and its cell formats by what they are for."""

    book: Any
    mark: str
    pages: str
    formats: dict[tuple[str, Any], Any] = field(default_factory=dict)

    def form(self, use: str, digits: int | None = None) -> Any:
        """Return the cell format of a use: title, head, text, total, note, plain; numbers show `digits`."""
        key = (use, digits)
        if key not in self.formats:
            self.formats[key] = self.book.add_format(_form(use, digits))
        return self.formats[key]


@contextmanager
def open_book(file: Path, title: str, *, mark: str = "", pages: str = "&C&P / &N") -> Iterator[Book]:
    """Yield a workbook that is written to `file` at the end. mark: at the head of each printed page; pages: at its foot."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    made = xlsxwriter.Workbook(file, options)
    made.set_properties({"title": plain(title, 200), "created": FIXED_TIME})
    yield Book(made, mark, pages)
    made.close()


def add_sheet(book: Book, name: str, *, paper: Literal["A3", "A4"] = "A3", landscape: bool = True) -> Any:
    """Return a new sheet, set up to be printed on one page's width."""
    sheet = book.book.add_worksheet(name)
    if landscape:
        sheet.set_landscape()
    sheet.set_paper(_PAPERS[paper])
    sheet.set_margins(*(size * _CENTIMETRE for size in (1.5, 1.5, 1.8, 1.6)))
    sheet.fit_to_pages(1, 0)
    sheet.center_horizontally()
    sheet.set_header(f'&L&"黑体"{book.mark.replace("&", "&&")}')
    sheet.set_footer(book.pages)
    return sheet


def write_grid(book: Book, sheet: Any, grid: Grid, row: int = 0, *, lead: str = "", top: bool = True) -> int:
    """Write a table from `row` on: title over its width, a small line, head, rows, remark; return the next free row.

    lead: a small line under the title. top: the first table of a sheet sets widths, frozen and repeated head rows.
    """
    last = len(grid.columns) - 1
    _across(book, sheet, (row, 0, last), grid.title, "title")
    sheet.set_row(row, 30)
    row += 1
    if lead:
        _across(book, sheet, (row, 0, last), lead, "note")
        row += 1
    body = _head(book, sheet, grid, row)
    if top:
        for place, column in enumerate(grid.columns):
            sheet.set_column(place, place, column.width)
        sheet.freeze_panes(body, 0)
        sheet.repeat_rows(row, body - 1)
    for place, cells in enumerate(grid.rows):
        is_total = place >= len(grid.rows) - grid.totals
        sheet.set_row(body + place, _height(cells, grid))
        for at, (cell, column) in enumerate(zip(cells, grid.columns, strict=True)):
            use = "total" if is_total else "label" if column.is_label else "text"
            form = book.form(use, None if isinstance(cell, str) else column.digits)
            write_cell(sheet, (body + place, at), cell, form)
    row = body + len(grid.rows)
    if grid.remark:
        _across(book, sheet, (row, 0, last), grid.remark, "remark")
        sheet.set_row(row, LINE_PT * lines_in(grid.remark, sum(column.width for column in grid.columns)))
        row += 1
    return row


def write_lines(book: Book, sheet: Any, lines: Sequence[str], row: int, last: int) -> int:
    """Write lines below a table, each over its width; parts of a line parted by tabs share it; return the next row."""
    for line in lines:
        parts = line.split("\t")
        step = (last + 1) / len(parts)
        for place, part in enumerate(parts):
            first, end = round(place * step), max(round((place + 1) * step) - 1, round(place * step))
            _across(book, sheet, (row, first, min(end, last)), part, "plain")
        sheet.set_row(row, 24)
        row += 1
    return row


def write_cell(sheet: Any, place: tuple[int, int], cell: Cell, form: Any) -> None:
    """Write a cell: a number as a number, text as text whatever it begins with, None as an empty cell."""
    if cell is None or cell == "":
        sheet.write_blank(*place, None, form)
    elif isinstance(cell, Decimal):
        sheet.write_number(*place, float(cell), form)
    else:
        sheet.write_string(*place, plain(cell, CELL_LIMIT), form)


def _head(book: Book, sheet: Any, grid: Grid, row: int) -> int:
    """Write the head, in two rows where columns are grouped; return the row below it."""
    form = book.form("head")
    if not any(column.group for column in grid.columns):
        for place, column in enumerate(grid.columns):
            sheet.write_string(row, place, plain(column.title), form)
        sheet.set_row(row, _height([column.title for column in grid.columns], grid))
        return row + 1
    place = 0
    while place < len(grid.columns):
        group, end = grid.columns[place].group, place
        while group and end + 1 < len(grid.columns) and grid.columns[end + 1].group == group:
            end += 1
        if group:
            _across(book, sheet, (row, place, end), group, "head")
            for below in range(place, end + 1):
                sheet.write_string(row + 1, below, plain(grid.columns[below].title), form)
        else:
            sheet.merge_range(row, place, row + 1, place, "", form)
            sheet.write_string(row, place, plain(grid.columns[place].title), form)
        place = end + 1
    sheet.set_row(row + 1, _height([column.title for column in grid.columns], grid))
    return row + 2


def _across(book: Book, sheet: Any, span: tuple[int, int, int], text: str, use: str) -> None:
    """Write text over several columns of a row: (row, first, last)."""
    row, first, last = span
    if last > first:
        sheet.merge_range(row, first, row, last, "", book.form(use))
    sheet.write_string(row, first, plain(text, CELL_LIMIT), book.form(use))


def _height(cells: Sequence[Cell], grid: Grid) -> float:
    """Return the height of a row that shows its text in full, as spreadsheets would find it on opening."""
    pairs = zip(cells, grid.columns, strict=True)
    most = max((lines_in(cell, column.width) for cell, column in pairs if isinstance(cell, str)), default=1)
    return min(LINE_PT * most + 5, HIGHEST_PT)


def lines_in(cell: str, width: float) -> int:
    """Return how many lines a text takes in a column; Chinese letters are two characters wide."""
    room = max(width - 1, 1)
    sizes = (sum(1 if ord(c) < 0x2E80 else 2 for c in line) for line in cell[:CELL_LIMIT].split("\n"))
    return sum(max(ceil(size / room), 1) for size in sizes)


def _form(use: str, digits: int | None) -> dict[str, Any]:
    if use == "title":
        return {"bold": True, "font_name": FACE, "font_size": 16, "align": "center", "valign": "vcenter"}
    if use == "head":
        return {**_BORDERED, "bold": True, "align": "center", "bg_color": "#F2F2F2"}
    if use in {"note", "remark", "plain"}:
        small = 9 if use == "remark" else 10
        return {"font_name": FACE, "font_size": small, "valign": "vcenter", "text_wrap": use == "remark"}
    made = {**_BORDERED, "bold": use == "total", "align": _SIDES.get(use, "left" if digits is None else "right")}
    if digits is None:
        return {**made, "num_format": "@"}
    grouped = "#,##0" if digits == 2 else "0"
    return {**made, "num_format": grouped + ("." + "0" * digits if digits else "")}
