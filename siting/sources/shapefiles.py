"""What a shapefile needs before it is read: its companions, its index, the encoding of its text."""

import codecs
import re
import shutil
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pyogrio

from siting.sources.reading import Findings

_DBF_HEADER = struct.Struct("<4xIHH")
_DBF_FIELDS = 32
_DBF_NAME = 11
_DBF_WIDTH = 16
_TEXT_TYPES = (b"C", b"M")
_RESTORE = "SHAPE_RESTORE_SHX"
_CODE_PAGES = {"936": "gb18030", "cp936": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "65001": "utf-8"}


_WESTERN = ("iso8859-1", "cp1252", "iso8859-15", "latin-1")
_HIGH = re.compile(rb"[\xa1-\xfe]+")
_FEW_BYTES = 8


class Undecodable(NamedTuple):
    """The first cell of a table that its encoding cannot read; `row` counts from 1, 0 for the field's name."""

    name: str
    row: int
    encoding: str


@contextmanager
def complete(path: Path, findings: Findings) -> Iterator[Path | None]:
    """Yield the shapefile to read: itself, or a copy with a rebuilt index where its .shx is missing.

    Without .dbf there are no columns: refused. Nothing is written beside the file of the user.
    """
    if companion(path, ".dbf") is None:
        findings.refuse("no_dbf", "source", path.with_suffix(".dbf").name)
        yield None
        return
    lacking = _lost_rows(path)
    if lacking is not None:
        findings.refuse("rows_lost", found=lacking[0], expected=str(lacking[1]))
        yield None
        return
    if companion(path, ".shx") is not None:
        yield path
        return
    findings.warn("index_rebuilt", "source", path.with_suffix(".shx").name)
    with tempfile.TemporaryDirectory() as folder, _restoring():
        yield _copied(path, Path(folder))


def companion(path: Path, end: str) -> Path | None:
    """Return the file of the same stem with an ending, however it is capitalised; None without one."""
    wanted = f"{path.stem}{end}".lower()
    return next((each for each in sorted(path.parent.iterdir()) if each.name.lower() == wanted), None)


def encoding_of(path: Path) -> str:
    """Return the encoding of a shapefile: that of its .cpg where it names one, else UTF-8 if its text is, else GB18030."""
    if path.suffix.lower() != ".shp":
        return ""
    said, table = _code_page(path), companion(path, ".dbf")
    raw = table.read_bytes() if table is not None else b""
    if said is not None:
        return "gb18030" if said in _WESTERN and _is_chinese(raw) else said
    if len(raw) < _DBF_FIELDS:
        return ""
    try:
        # field names and cells; the numbers of the header between them are no text
        for name, _, _, _ in _fields(raw):
            name.decode("utf-8")
        raw[_DBF_HEADER.unpack_from(raw)[1] :].decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def doubted_page(path: Path, code: str) -> str | None:
    """Return what a .cpg says where the text was read in another encoding, None where they agree."""
    named = companion(path, ".cpg") if path.suffix.lower() == ".shp" else None
    if named is None or _code_page(path) == code:
        return None
    return named.read_text("ascii", errors="replace").strip("\0 \t\r\n") or "-"


def _is_chinese(raw: bytes) -> bool:
    """Whether all letters beyond ASCII come in the pairs of GB 2312: Western text has its accents one by one."""
    if len(raw) < _DBF_FIELDS:
        return False
    high = _HIGH.findall(raw[_DBF_HEADER.unpack_from(raw)[1] :])
    return sum(map(len, high)) >= _FEW_BYTES and all(len(each) % 2 == 0 for each in high)


def _code_page(path: Path) -> str | None:
    """Return the encoding that a .cpg names, None where there is none, or where it names nothing that exists."""
    named = companion(path, ".cpg")
    if named is None:
        return None
    said = named.read_text("ascii", errors="replace").strip("\0 \t\r\n").lower().removeprefix("ansi ")
    code = _CODE_PAGES.get(said, said)
    try:
        return codecs.lookup(code if not code.isdigit() else f"cp{code}").name
    except (LookupError, ValueError):
        return None


def undecodable_column(path: Path, encoding: str) -> Undecodable | None:
    """Return the first column and row of a shapefile that `encoding`, else its .cpg, cannot decode."""
    table = companion(path, ".dbf") if path.suffix.lower() == ".shp" else None
    named = companion(path, ".cpg")
    if table is None or (not encoding and named is None):
        return None
    said = encoding or (named.read_text("ascii", errors="replace").strip() if named is not None else "")
    code = _CODE_PAGES.get(said.lower().removeprefix("ansi "), said)
    raw = table.read_bytes()
    count, start, width = _DBF_HEADER.unpack_from(raw)
    for name, kind, offset, size in _fields(raw):
        cells = [name, *(raw[at : at + size] for at in range(start + offset, start + offset + count * width, width))]
        for row, cell in enumerate(cells if kind in _TEXT_TYPES else cells[:1]):
            if not _decodes(cell, code):
                return Undecodable(name.decode(code, errors="replace"), row, said)
    return None


def _decodes(cell: bytes, code: str) -> bool:
    try:
        cell.decode(code)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def _fields(raw: bytes) -> Iterator[tuple[bytes, bytes, int, int]]:
    """Yield name, type, offset in the record and width of every field."""
    offset = 1
    for start in range(_DBF_FIELDS, _DBF_HEADER.unpack_from(raw)[1] - 1, _DBF_FIELDS):
        if raw[start : start + 1] in (b"\r", b""):
            return
        width = raw[start + _DBF_WIDTH]
        yield raw[start : start + _DBF_NAME].split(b"\0")[0], raw[start + _DBF_NAME : start + 12], offset, width
        offset += width


def _lost_rows(path: Path) -> tuple[int, int] | None:
    """Return how many rows are there and how many the header promises, None where they agree.

    The .shp states its length in words of two bytes at byte 24, the .dbf its rows; a cut copy is shorter.
    """
    table = companion(path, ".dbf")
    head = path.read_bytes()[:28]
    if table is None or len(head) < 28 or table.stat().st_size < _DBF_FIELDS:
        return (0, 1)
    count, start, width = _DBF_HEADER.unpack_from(table.read_bytes())
    rows = min(count, max(table.stat().st_size - start, 0) // max(width, 1))
    words = struct.unpack(">I", head[24:])[0]
    share = path.stat().st_size / max(2 * words, 1)
    if rows < count or share < 1:
        return min(rows, int(count * share)), count
    return None


def _copied(path: Path, folder: Path) -> Path:
    for end in (".shp", ".dbf", ".prj", ".cpg"):
        part = companion(path, end)
        if part is not None:
            shutil.copyfile(part, folder / f"{path.stem}{end}")
    return folder / f"{path.stem}.shp"


@contextmanager
def _restoring() -> Iterator[None]:
    before = pyogrio.get_gdal_config_option(_RESTORE)
    pyogrio.set_gdal_config_options({_RESTORE: True})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({_RESTORE: before})
