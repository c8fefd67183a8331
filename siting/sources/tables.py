"""CSV and Excel tables as text, every cell as it was typed; numbers are read later and strictly."""

import csv
import io
import zipfile
import zlib
from pathlib import Path
from xml.etree.ElementTree import ParseError

import pandas as pd

from siting.sources.reading import Findings

TABLES = (".csv", ".txt", ".xlsx")
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_DELIMITERS = ",;\t"
BROKEN_SHEET = (zipfile.BadZipFile, zlib.error, ParseError, EOFError, KeyError, ValueError, OSError)


def read_table(path: Path, *, encoding: str, sheet: str, findings: Findings) -> pd.DataFrame | None:
    """Return a table of text with its header as columns, or None with the reason in `findings`."""
    rows = _excel(path, sheet, findings) if path.suffix.lower() == ".xlsx" else _csv(path, encoding, findings)
    if rows is None:
        return None
    if not rows:
        findings.refuse("empty_file")
        return None
    skipped = next(number for number, row in enumerate(rows) if any(row))
    header = [cell.strip() for cell in rows[skipped]]
    blank = [number for number, row in enumerate(rows) if not any(row)]
    repeated = sorted({name for name in header if name and header.count(name) > 1})
    for name in repeated:
        findings.refuse("repeated_column", "header", name)
    body = {number: row for number, row in enumerate(rows) if number > skipped and number not in blank}
    if not body:
        findings.refuse("no_rows", "header", ", ".join(header))
    ragged = [number for number, row in body.items() if len(row) != len(header)]
    for number in ragged[:20]:
        findings.refuse("ragged_row", f"line {number + 1}", len(rows[number]), str(len(header)))
    if findings.is_refused():
        return None
    return pd.DataFrame(list(body.values()), columns=header, dtype=object, index=[number - 1 for number in body])


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


def _csv(path: Path, encoding: str, findings: Findings) -> list[list[str]] | None:
    written = decode(path.read_bytes(), encoding, findings)
    if written is None:
        return None
    if "\x00" in written:
        findings.refuse("nul_byte", f"line {written[: written.index(chr(0))].count(chr(10)) + 1}")
        return None
    first = written.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        return _without_tail(list(csv.reader(io.StringIO(written), delimiter=delimiter, strict=True)))
    except csv.Error as error:
        findings.refuse("damaged", found=str(error))
        return None


def _excel(path: Path, sheet: str, findings: Findings) -> list[list[str]] | None:
    import openpyxl  # noqa: PLC0415  openpyxl takes 0.2 s to load and few projects hold Excel files

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except BROKEN_SHEET as error:
        findings.refuse("damaged", found=str(error))
        return None
    if (sheet and sheet not in book.sheetnames) or (not sheet and len(book.sheetnames) > 1):
        findings.refuse("choose_sheet", "sheet", sheet or "-", ", ".join(book.sheetnames))
        return None
    try:
        chosen = book[sheet or book.sheetnames[0]]
        rows = [[_cell(value) for value in row] for row in chosen.iter_rows(values_only=True)]
    except BROKEN_SHEET as error:
        findings.refuse("damaged", found=str(error))
        return None
    finally:
        book.close()
    return _without_tail(rows)


def _without_tail(rows: list[list[str]]) -> list[list[str]]:
    """Return rows up to the last that holds anything."""
    last = max((number for number, row in enumerate(rows, start=1) if any(row)), default=0)
    return rows[:last]


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
