"""What the Word documents share: the faces of an office paper, tables that turn pages well, bytes that stay the same.

Faces and sizes follow GB/T 9704 as offices use it (from memory): 仿宋 for the text, 黑体 for chapters, 宋体 for titles
and tables. Only the names are written; the reader's machine has the faces. Text stays text whatever it holds.
"""

import io
import zipfile
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import docx
from docx.document import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK, WD_LINE_SPACING, WD_TAB_ALIGNMENT
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from siting.base.columns import Language
from siting.report import office_xml as ooxml
from siting.report.office_xml import CELL, plain

BODY, TITLE, CHAPTER = "仿宋", "宋体", "黑体"
FIXED_TIME = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)
WHOLE_ROWS = 8
"""A table of so few rows is never parted by the end of a page."""
PAPERS = {"A4": (21.0, 29.7), "A3": (29.7, 42.0)}
UPRIGHT = {"top_margin": 3.7, "bottom_margin": 3.5, "left_margin": 2.8, "right_margin": 2.6}
"""Margins in cm of a page that stands; one that lies has `LYING` all round."""
LYING = 2.0

_HEADINGS = {0: (TITLE, 22.0), 1: (CHAPTER, 16.0), 2: (BODY, 16.0), 3: (BODY, 14.0)}
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_BLACK = RGBColor(0, 0, 0)


def new_document(
    language: Language, title: str, *, landscape: bool = False, paper: str = "A4", mark: str = "", body_pt: float = 16
) -> Document:
    """Return an empty document with its styles, page, running head and page numbers set.

    title: for the properties of the file; it is not written on the page (`heading` of level 0 does that).
    paper: A4 or A3. mark: stands at the head of every page (内部); empty: none. body_pt: size of the text, 16 (三号)
    as letters of offices have it, 12 for long reports. Raises ValueError for another paper.
    """
    if paper not in PAPERS:
        msg = f"paper must be one of {sorted(PAPERS)}, not {paper!r}"
        raise ValueError(msg)
    made = docx.Document()
    _bare(made, language, title)
    for style in made.styles.element.iter(qn("w:style")):
        ooxml.faces(style.get_or_add_rPr(), BODY)
    for fonts in list(made.styles.element.iter(qn("w:rFonts"))):
        ooxml.faces(fonts.getparent(), BODY)
    for defaults in made.styles.element.iter(qn("w:rPrDefault")):
        ooxml.faces(defaults.find(qn("w:rPr")), BODY)
        ooxml.speak(defaults.find(qn("w:rPr")), language)
    _text_style(made, body_pt, indent=language == "zh")
    for level, (face, size) in _HEADINGS.items():
        _heading_style(made, level, face, size if level == 0 else size + body_pt - 16)
    made.styles["Heading 1"].font.bold = language == "en"
    _lay(made, paper, landscape=landscape)
    _running(made, mark)
    return made


def new_section(document: Document, *, landscape: bool, paper: str = "A4") -> None:
    """Begin a new page that stands or lies; its head and page numbers go on."""
    document.add_section(WD_SECTION.NEW_PAGE)
    _lay(document, paper, landscape=landscape)


def page_break(document: Document) -> None:
    """Begin a new page."""
    document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)


def heading(document: Document, text: str, level: int = 1) -> Paragraph:
    """Add a heading: 0 the title of the paper (centred), 1 chapter, 2 and 3 below; it keeps to what follows."""
    face = _HEADINGS[level][0]
    return _written(document.add_paragraph(style="Title" if level == 0 else f"Heading {level}"), text, face)


def paragraph(document: Document, text: str, *, bold: bool = False, indent: bool = True) -> Paragraph:
    """Add a paragraph of the text; indent: False sets it without the two characters at its start."""
    made = _written(document.add_paragraph(), text, BODY, bold=bold)
    if not indent:
        _no_indent(made)
    return made


def note(document: Document, text: str, *, centred: bool = False, bold: bool = False) -> Paragraph:
    """Add a line in small letters: units above a table, remarks below it; centred, it is a title and keeps to its table."""
    made = _written(document.add_paragraph(), text, CELL, bold=bold, size=10.5)
    _no_indent(made)
    made.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
    made.paragraph_format.space_after = Pt(4)
    if centred:
        made.alignment = WD_ALIGN_PARAGRAPH.CENTER
        made.paragraph_format.keep_with_next = bold
    return made


def table(
    document: Document,
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    widths: Sequence[float] = (),
    numbers: Collection[int] = (),
    totals: int = 0,
    size: float = 10.5,
) -> None:
    """Add a table with thin borders: the head is repeated on every page and no row breaks across pages.

    Cells are text as it shall be read, empty for what is not known. widths: one a column, in any unit, scaled to the
    width of the text; equal if empty. numbers: positions of the columns that are set to the right. totals: so many
    last rows are bold. size: in points. Raises ValueError where a row or `widths` has not as many cells as `header`.
    """
    body = [tuple(row) for row in rows]
    shares = tuple(widths) or (1.0,) * len(header)
    if len(shares) != len(header) or any(len(row) != len(header) for row in body):
        msg = f"rows and widths must have {len(header)} cells, as header has"
        raise ValueError(msg)
    unit = text_width_cm(document) / sum(shares)
    twips = [round(share * unit * 567) for share in shares]
    made = ooxml.node("w:tbl")
    made.append(ooxml.table_form(sum(twips)))
    grid = ooxml.node("w:tblGrid")
    grid.extend(ooxml.node("w:gridCol", w=width) for width in twips)
    made.append(grid)
    first_total = len(body) - totals
    head = [
        ooxml.cell(text, width, "center", bold=True, size=size, keep=True)
        for text, width in zip(header, twips, strict=True)
    ]
    made.append(ooxml.row(head, repeated=True))
    whole = len(body) <= WHOLE_ROWS
    sides = ["right" if column in numbers else "left" for column in range(len(header))]
    for place, row in enumerate(body):
        bold, keep = place >= first_total, place < len(body) - 1 and (whole or (totals > 0 and place > first_total - 2))
        triples = zip(row, twips, sides, strict=True)
        cells = [ooxml.cell(text, width, side, size=size, bold=bold, keep=keep) for text, width, side in triples]
        made.append(ooxml.row(cells))
    end = document.element.body
    end.insert(len(end) - 1, made)
    _close(document)


def picture(document: Document, png: bytes, width_cm: float, caption: str = "") -> None:
    """Add a picture in the middle, never wider than the text nor higher than the page, and its caption below."""
    holder = document.add_paragraph()
    _no_indent(holder)
    holder.alignment = WD_ALIGN_PARAGRAPH.CENTER
    holder.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
    holder.paragraph_format.keep_with_next = bool(caption)
    shape = holder.add_run().add_picture(io.BytesIO(png), width=Cm(min(width_cm, text_width_cm(document))))
    tallest = Cm(_text_height_cm(document) - 2.5)
    if shape.height > tallest:
        shape.width, shape.height = round(shape.width * tallest / shape.height), tallest
    named = shape._inline.docPr  # noqa: SLF001  the library has no other way to a picture's words for the blind
    named.set("descr", plain(caption))
    named.set("name", f"picture {named.id}")
    if caption:
        note(document, caption, centred=True)


def signature_block(document: Document, lines: Sequence[str]) -> None:
    """Add lines to be signed; parts of a line parted by tabs share its width. The block is never torn apart."""
    for place, line in enumerate(lines):
        parts = line.count("\t") + 1
        made = _written(document.add_paragraph(), line, BODY)
        _no_indent(made)
        made.paragraph_format.keep_together = True
        made.paragraph_format.keep_with_next = place < len(lines) - 1
        made.paragraph_format.space_before = Pt(8)
        for part in range(1, parts):
            stop = Cm(text_width_cm(document) * part / parts)
            made.paragraph_format.tab_stops.add_tab_stop(stop, WD_TAB_ALIGNMENT.LEFT)


def save(document: Document, path: Path) -> None:
    """Write the document; the same document gives the same bytes on any day."""
    raw = io.BytesIO()
    document.save(raw)
    with zipfile.ZipFile(raw) as made, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as fixed:
        for name in sorted(made.namelist(), key=lambda each: (each != "[Content_Types].xml", each)):
            entry = zipfile.ZipInfo(name, _ZIP_TIME)
            entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, 0, 0
            fixed.writestr(entry, made.read(name))


def text_width_cm(document: Document) -> float:
    """Return the width of the text on the page that is being written."""
    page = document.sections[-1]
    return float((page.page_width or 0) - (page.left_margin or 0) - (page.right_margin or 0)) / Cm(1)


def _text_height_cm(document: Document) -> float:
    page = document.sections[-1]
    return float((page.page_height or 0) - (page.top_margin or 0) - (page.bottom_margin or 0)) / Cm(1)


def _bare(document: Document, language: Language, title: str) -> None:
    """Take out what the library's template says of itself; open in Word's present mode."""
    about = document.core_properties
    about.title, about.language = plain(title, 200), "zh-CN" if language == "zh" else "en-GB"
    about.author = about.comments = about.last_modified_by = about.keywords = about.subject = ""
    about.created = about.modified = FIXED_TIME
    about.revision = 1
    links = document.part.package.rels
    for key in [key for key, link in links.items() if link.reltype.endswith("/thumbnail")]:
        del links[key]
    present = ooxml.node("w:compat")
    mode = {"name": "compatibilityMode", "uri": "http://schemas.microsoft.com/office/word", "val": "15"}
    present.append(ooxml.node("w:compatSetting", **mode))
    settings = document.settings.element
    for former in settings.findall(qn("w:compat")):
        settings.replace(former, present)


def _text_style(document: Document, size: float, *, indent: bool) -> None:
    normal = document.styles["Normal"]
    normal.font.size = Pt(size)
    shape = normal.paragraph_format
    shape.space_before = shape.space_after = Pt(0)
    shape.line_spacing = Pt(size * 1.75)
    shape.widow_control = True
    if indent:
        ooxml.first_line(normal.element.get_or_add_pPr(), 200)
    else:
        shape.space_after = Pt(6)


def _heading_style(document: Document, level: int, face: str, size: float) -> None:
    style: Any = document.styles["Title" if level == 0 else f"Heading {level}"]
    style.font.size, style.font.color.rgb = Pt(size), _BLACK
    style.font.bold = level != 1
    style.font.italic = False
    ooxml.faces(style.element.get_or_add_rPr(), face)
    shape = style.paragraph_format
    shape.space_before, shape.space_after = (Pt(0), Pt(size)) if level == 0 else (Pt(size * 0.5), Pt(size * 0.25))
    shape.line_spacing = Pt(size * 1.5)
    shape.keep_with_next = shape.keep_together = True
    if level == 0:
        shape.alignment = WD_ALIGN_PARAGRAPH.CENTER
        for border in style.element.pPr.findall(qn("w:pBdr")):
            style.element.pPr.remove(border)
    ooxml.first_line(style.element.get_or_add_pPr(), 0)


def _lay(document: Document, paper: str, *, landscape: bool) -> None:
    """Set size and margins of the last section."""
    page, (short, long) = document.sections[-1], PAPERS[paper]
    page.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    page.page_width, page.page_height = (Cm(long), Cm(short)) if landscape else (Cm(short), Cm(long))
    for side, size in UPRIGHT.items():
        setattr(page, side, Cm(LYING if landscape else size))
    page.header_distance, page.footer_distance = (Cm(1.0), Cm(1.0)) if landscape else (Cm(2.0), Cm(2.2))


def _running(document: Document, mark: str) -> None:
    """Write the mark at the head of every page and the page's number at its foot."""
    page = document.sections[0]
    page.header.is_linked_to_previous = page.footer.is_linked_to_previous = False
    _no_indent(_written(page.header.paragraphs[0], mark, CHAPTER, size=14))
    foot = page.footer.paragraphs[0]
    _no_indent(foot)
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _run(foot, "— ", TITLE, size=14)
    for kind in ("begin", "PAGE", "separate", "1", "end"):
        part = _run(foot, "", TITLE, size=14)._r  # noqa: SLF001  fields have no face in the library
        if kind == "PAGE":
            order = ooxml.node("w:instrText")
            order.text = kind
            part.append(order)
        elif kind == "1":
            part.text = kind
        else:
            part.append(ooxml.node("w:fldChar", fldCharType=kind))
    _run(foot, " —", TITLE, size=14)


def _written(holder: Paragraph, text: str, face: str, *, bold: bool | None = None, size: float = 0) -> Paragraph:
    _run(holder, text, face, bold=bold, size=size)
    return holder


def _run(holder: Paragraph, text: str, face: str, *, bold: bool | None = None, size: float = 0) -> Run:
    made = holder.add_run(plain(text))
    ooxml.faces(made._r.get_or_add_rPr(), face)  # noqa: SLF001  the library knows no face for East Asian letters
    if bold is not None:
        made.bold = bold or None
    if size:
        made.font.size = Pt(size)
    return made


def _no_indent(made: Paragraph) -> None:
    ooxml.first_line(made._p.get_or_add_pPr(), 0)  # noqa: SLF001  the library counts no characters


def _close(document: Document) -> None:
    """Part a table from what follows: two tables in a row would be taken for one."""
    gap = document.add_paragraph()
    _no_indent(gap)
    gap.paragraph_format.line_spacing = Pt(8)
