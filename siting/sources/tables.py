"""CSV and Excel tables as text, every cell as it was typed; numbers are read later and strictly."""

import csv
import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import islice, pairwise
from pathlib import Path
from xml.etree.ElementTree import ParseError
from xml.parsers import expat

import pandas as pd

from siting.sources.reading import Findings

BOOKS = (".xlsx", ".xlsm")
OTHER_BOOKS = (".xls", ".xlsb", ".et", ".ods")
TABLES = (".csv", ".txt", ".tsv", *BOOKS, *OTHER_BOOKS)
UNPACKED_MAX = 200 * 2**20
RATIO_MAX, RATIO_FROM = 200, 10 * 2**20
"""Sheets of offices unpack to some twenty times their size; a member above 10 MB and 200 times is no table."""

HEADER_WITHIN = 30
CELL_MAX = 2**31 - 1
DIGITS_KEPT = 1e15
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_DELIMITERS = ",;\t"
_OLE, _ZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_ODD = re.compile(rb"mergeCell|hidden|[<:]f[ />]")
_RELATIONS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
BROKEN_SHEET = (
    *(zipfile.BadZipFile, zlib.error, ParseError, expat.ExpatError, EOFError, LookupError, ValueError, OSError),
    *(TypeError, AttributeError, NotImplementedError, RuntimeError),
)


@dataclass
class _Grid:
    """The cells of a table as text, and the line at which each row ends; of a book also what its sheet hides."""

    rows: list[list[str]]
    lines: list[int]
    merged: list[str] = field(default_factory=list)
    damaged: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True)
class _Header:
    """Names of the columns and the rows (from 0) in which they stand."""

    names: list[str]
    first: int
    last: int


class _EndOfPrologError(Exception):
    """The root element has begun: no DTD can follow."""


def read_table(
    path: Path, *, encoding: str, sheet: str, findings: Findings, wanted: Sequence[str] = ()
) -> pd.DataFrame | None:
    """Return a table of text with its header as columns, or None with the reason in `findings`.

    The header is the first row; where that lacks columns of `wanted`, the row (or two joined rows) among
    the first thirty that holds most of them, which is told. Rows are labelled from 0 below the header.
    """
    grid = _grid(path, encoding, sheet, wanted, findings)
    if grid is None:
        return None
    if not grid.rows:
        findings.refuse("empty_file")
        return None
    header = _find_header(grid.rows, wanted)
    _tell_header(header, grid, findings)
    for name in sorted({name for name in header.names if name and header.names.count(name) > 1}):
        findings.refuse("repeated_column", "header", name)
    body = {number: row for number, row in enumerate(grid.rows) if number > header.last and _is_filled(row)}
    if not body:
        findings.refuse("no_rows", "header", ", ".join(header.names))
    ragged = [number for number, row in body.items() if len(row) != len(header.names)]
    for number in ragged[:20]:
        findings.refuse("ragged_row", f"line {grid.lines[number]}", len(grid.rows[number]), str(len(header.names)))
    if not findings.is_refused():
        _tell_cells(grid, header, wanted, findings)
    if findings.is_refused():
        return None
    labels = [number - header.last - 1 for number in body]
    return pd.DataFrame(list(body.values()), columns=header.names, dtype=object, index=labels)


def decode(raw: bytes, encoding: str, findings: Findings) -> str | None:
    """Return text: by the named encoding, else by its mark, else UTF-8 strictly, else GB18030."""
    marked = next((name for mark, name in _BOMS if raw.startswith(mark)), None)
    tries = [encoding] if encoding else [marked] if marked else ["utf-8", "gb18030"]
    for name in tries:
        try:
            return raw.decode(name).removeprefix("\ufeff")
        except (UnicodeDecodeError, LookupError):
            continue
    findings.refuse("undecodable", "encoding", ", ".join(tries))
    return None


def _grid(path: Path, encoding: str, sheet: str, wanted: Sequence[str], findings: Findings) -> _Grid | None:
    suffix = path.suffix.lower()
    with path.open("rb") as file:
        start = file.read(8)
    if suffix in OTHER_BOOKS or start == _OLE:
        locked = start == _OLE and _LOCKED in path.read_bytes()
        if locked:
            findings.refuse("locked_book")
        else:
            findings.refuse("old_excel", found=suffix if suffix in OTHER_BOOKS else ".xls")
        return None
    if suffix in BOOKS:
        return _excel(path, sheet, findings)
    if start.startswith(_ZIP):
        findings.refuse("book_as_text", found="xlsx / zip")
        return None
    return _csv(path, encoding, wanted, findings)


def _csv(path: Path, encoding: str, wanted: Sequence[str], findings: Findings) -> _Grid | None:
    written = decode(path.read_bytes(), encoding, findings)
    if written is None:
        return None
    if "\x00" in written:
        findings.refuse("nul_byte", f"line {written[: written.index(chr(0))].count(chr(10)) + 1}")
        return None
    limit = csv.field_size_limit(CELL_MAX)  # one cell of more than 131,072 letters is no damage
    try:
        reader = csv.reader(io.StringIO(written), delimiter=_delimiter(written, wanted), strict=True)
        rows, lines = [], []
        for row in reader:
            rows.append(row)
            lines.append(reader.line_num)
    except csv.Error as error:
        findings.refuse("damaged", f"line {reader.line_num}", str(error))
        return None
    finally:
        csv.field_size_limit(limit)
    return _Grid(_without_tail(rows), lines)


def _delimiter(written: str, wanted: Sequence[str]) -> str:
    """Return the sign that parts the most wanted columns in one row, else the commonest of the first line."""
    first = written.split("\n", 1)[0]
    counted = sorted(_DELIMITERS, key=first.count, reverse=True)

    def columns_parted(delimiter: str) -> int:
        reader = csv.reader(io.StringIO(written), delimiter=delimiter)
        try:
            return max((_known(row, wanted) for row in islice(reader, HEADER_WITHIN)), default=0)
        except csv.Error:
            return 0

    return max(counted, key=columns_parted)


def _find_header(rows: list[list[str]], wanted: Sequence[str]) -> _Header:
    first = next(number for number, row in enumerate(rows) if _is_filled(row))
    single = [_Header([cell.strip() for cell in rows[first]], first, first)]
    double: list[_Header] = []
    if _known(single[0].names, wanted) < len(set(wanted)):
        filled = [number for number, row in enumerate(rows[:HEADER_WITHIN]) if _is_filled(row)]
        single = [_Header([cell.strip() for cell in rows[number]], number, number) for number in filled]
        double = [
            _Header(_joined(rows[upper], rows[lower], wanted), upper, lower)
            for upper, lower in pairwise(filled)
            if lower == upper + 1
        ]
    return max((*single, *double), key=lambda header: _known(header.names, wanted))


def _known(names: Sequence[str], wanted: Sequence[str]) -> int:
    return len({name.strip() for name in names} & set(wanted))


def _joined(upper: Sequence[str], lower: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """Return the names of a header of two rows: `upper/lower` where wanted so, else lower, else upper.

    A merged cell of the upper row holds its words in its first column only; they count for those after it.
    """
    names, above = [], ""
    for number in range(max(len(upper), len(lower))):
        over, under = (row[number].strip() if number < len(row) else "" for row in (upper, lower))
        above = over or above
        both = f"{above}/{under}"
        names.append(both if under and both in wanted else under or over)
    return names


def _tell_header(header: _Header, grid: _Grid, findings: Findings) -> None:
    lines = [grid.lines[number] for number in (header.first, header.last)]
    if header.first != header.last:
        findings.warn("joined_header", "header", f"{lines[0]}-{lines[1]}", ", ".join(header.names))
    elif above := sum(_is_filled(row) for row in grid.rows[: header.first]):
        findings.warn("header_found", "header", lines[0], str(above))


def _tell_cells(grid: _Grid, header: _Header, wanted: Sequence[str], findings: Findings) -> None:
    """Tell merged cells of the body, and refuse codes of more digits than Excel keeps."""
    body = [where for where in grid.merged if int(re.split(r"\D+", where)[-1]) > grid.lines[header.last]]
    if body:
        findings.warn("merged_cells", "sheet", _some(body))
    for row, column in grid.damaged:
        name = header.names[column]
        if row > header.last and (not wanted or name in wanted):
            findings.refuse("damaged_code", f"line {grid.lines[row]}", grid.rows[row][column], name)


def _excel(path: Path, sheet: str, findings: Findings) -> _Grid | None:
    try:
        with zipfile.ZipFile(path) as archive:
            if not _is_safe(archive, findings):
                return None
        return _sheet(path, sheet, findings)
    except BROKEN_SHEET as error:
        findings.refuse("damaged", found=str(error) or type(error).__name__)
        return None


def _is_safe(archive: zipfile.ZipFile, findings: Findings) -> bool:
    """Return whether a book unpacks to a sane size and declares no DTD (which may hold entity bombs)."""
    members = archive.infolist()
    total = sum(member.file_size for member in members)
    if total > UNPACKED_MAX:
        findings.refuse("book_bomb", found=f"{total >> 20} MB", expected=f"{UNPACKED_MAX >> 20} MB")
        return False
    for member in members:
        ratio = member.file_size // max(member.compress_size, 1)
        if member.file_size > RATIO_FROM and ratio > RATIO_MAX:
            findings.refuse("book_bomb", member.filename, f"1 : {ratio}", f"1 : {RATIO_MAX}")
            return False
        if member.filename.lower().endswith((".xml", ".rels")) and _has_doctype(archive, member):
            findings.refuse("xml_doctype", found=member.filename)
            return False
    return True


def _has_doctype(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    found: list[str] = []

    def doctype(name: str, *_: object) -> None:
        found.append(name)
        raise _EndOfPrologError

    def element(*_: object) -> None:
        raise _EndOfPrologError

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = element
    try:
        with archive.open(member) as file:
            while chunk := file.read(2**16):
                parser.Parse(chunk)
    except _EndOfPrologError:
        pass
    return bool(found)


def _sheet(path: Path, sheet: str, findings: Findings) -> _Grid | None:
    import openpyxl  # noqa: PLC0415  openpyxl takes 0.2 s to load and few projects hold Excel files

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of styles and validations, which hold no data
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        try:
            names = [each.title for each in book.worksheets]
            if not names:
                findings.refuse("no_worksheet")
                return None
            if (sheet and sheet not in names) or (not sheet and len(names) > 1):
                findings.refuse("choose_sheet", "sheet", sheet or "-", ", ".join(names))
                return None
            chosen = book[sheet or names[0]]
            chosen.reset_dimensions()  # the size that a file states may be wrong and would cut rows off
            values = list(chosen.iter_rows(values_only=True))
        finally:
            book.close()
    grid = _as_text(values)
    _look_behind(path, sheet or names[0], grid, findings)
    return grid


def _as_text(values: list[tuple[object, ...]]) -> _Grid:
    rows = _without_tail([[_cell(value) for value in row] for row in values])
    width = max((number for row in rows for number, cell in enumerate(row, start=1) if cell), default=0)
    even = [row[:width] + [""] * (width - len(row)) for row in rows]
    damaged = [
        (number, column)
        for number, row in enumerate(values[: len(rows)])
        for column, value in enumerate(row)
        if isinstance(value, float) and abs(value) >= DIGITS_KEPT and value.is_integer()
    ]
    return _Grid(even, list(range(1, len(even) + 1)), damaged=damaged)


def _look_behind(path: Path, sheet: str, grid: _Grid, findings: Findings) -> None:
    """Tell formulas without a value and hidden rows; note merged cells. What openpyxl's fast reader does not say."""
    formulas, hidden = [], []
    with zipfile.ZipFile(path) as archive:
        raw = archive.read(_member(archive, sheet))
        for tag, attributes, children in _elements(raw) if _ODD.search(raw) else ():
            if tag == "c" and "f" in children and "v" not in children and "is" not in children:
                formulas.append(attributes.get("r", "?"))
            elif tag == "mergeCell":
                grid.merged.append(attributes.get("ref", "A1"))
            elif tag in ("row", "col") and attributes.get("hidden") in ("1", "true"):
                hidden.append(attributes["r"] if tag == "row" else _columns(attributes))
    if formulas:
        findings.warn("formula_without_value", "sheet", _some(formulas))
    if hidden:
        findings.warn("hidden_rows", "sheet", _some(hidden))


def _elements(raw: bytes) -> Iterator[tuple[str, dict[str, str], set[str]]]:
    """Return the elements of a sheet as they end: name, attributes, names of the filled children."""
    from xml.etree.ElementTree import iterparse  # noqa: PLC0415  its DTD was looked for

    for _, element in iterparse(io.BytesIO(raw)):  # noqa: S314
        tag = element.tag.removeprefix(_MAIN)
        children = (
            {child.tag.removeprefix(_MAIN) for child in element if child.text or len(child)} if tag == "c" else set()
        )
        yield tag, element.attrib, children
        if tag in ("row", "mergeCell"):
            element.clear()


def _member(archive: zipfile.ZipFile, sheet: str) -> str:
    """Return the part of a book that holds a sheet."""
    from xml.etree.ElementTree import fromstring  # noqa: PLC0415  its DTD was looked for

    book = fromstring(archive.read("xl/workbook.xml"))  # noqa: S314
    keys = [each.get(f"{_RELATIONS}id") for each in book.iter(f"{_MAIN}sheet") if each.get("name") == sheet]
    links = fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    target = next((each.get("Target", "") for each in links if each.get("Id") in keys), "")
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _columns(attributes: dict[str, str]) -> str:
    return f"column {attributes.get('min', '?')}-{attributes.get('max', '?')}"


def _some(places: Sequence[str]) -> str:
    rest = f", … ({len(places)})" if len(places) > 5 else ""
    return ", ".join(places[:5]) + rest


def _without_tail(rows: list[list[str]]) -> list[list[str]]:
    """Return rows up to the last that holds anything."""
    last = max((number for number, row in enumerate(rows, start=1) if _is_filled(row)), default=0)
    return rows[:last]


def _is_filled(row: Sequence[str]) -> bool:
    return any(cell and not cell.isspace() for cell in row)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < DIGITS_KEPT:
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, date | time) else str(value)
