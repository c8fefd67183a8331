"""Pieces of Word's XML that its library has no word for: faces by script, indents by character, whole tables."""

from collections.abc import Sequence
from typing import Any

from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement

from siting.base.columns import Language

LATIN, CELL = "Times New Roman", "宋体"
CELL_LIMIT = 500
"""Characters that a cell of a table shows; the rest is counted, not shown."""

_SIDES = ("top", "left", "bottom", "right", "insideH", "insideV")
_THEMES = ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme")


def plain(text: str, limit: int | None = None) -> str:
    r"""Return text that XML can hold: line ends as \n, control characters written out, what passes `limit` counted."""
    lined = text.replace("\r\n", "\n").replace("\r", "\n")
    shown = "".join(c if _holds(c) else c.encode("unicode_escape", "surrogatepass").decode() for c in lined)
    return shown if limit is None or len(shown) <= limit else f"{shown[:limit]}… ({len(shown)})"


def _holds(c: str) -> bool:
    """Return whether XML 1.0 can hold a character."""
    return c in "\t\n" or (" " <= c < "\x7f") or ("\xa0" <= c < "\ud800") or ("\ue000" <= c < "\ufffe") or c > "\uffff"


def faces(form: Any, face: str) -> None:
    """Name the faces of Latin and Chinese letters, themes taken out: they would win."""
    fonts = form.find(qn("w:rFonts"))
    if fonts is None:
        fonts = node("w:rFonts")
        style = form.find(qn("w:rStyle"))
        form.insert(0 if style is None else 1, fonts)
    for theme in _THEMES:
        fonts.attrib.pop(qn(theme), None)
    for name, value in (("w:ascii", LATIN), ("w:hAnsi", LATIN), ("w:cs", LATIN), ("w:eastAsia", face)):
        fonts.set(qn(name), value)


def speak(form: Any, language: Language) -> None:
    """Name the language that spelling is checked in."""
    for said in form.findall(qn("w:lang")):
        said.set(qn("w:val"), "en-US" if language == "zh" else "en-GB")
        said.set(qn("w:eastAsia"), "zh-CN")


def first_line(shape: Any, hundredths: int) -> None:
    """Indent the first line by hundredths of a character, as Chinese text is."""
    indents = shape.get_or_add_ind()
    indents.set(qn("w:firstLineChars"), str(hundredths))
    indents.set(qn("w:firstLine"), str(round(hundredths * 3.2)))


def node(tag: str, **attributes: object) -> Any:
    """Return an element of WordprocessingML with attributes of its own namespace."""
    made = OxmlElement(tag)
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), str(value))
    return made


def table_form(width: int) -> Any:
    """Return the form of a table of `width` twips: in the middle, thin borders, widths that stay."""
    made = node("w:tblPr")
    made.append(node("w:tblW", w=width, type="dxa"))
    made.append(node("w:jc", val="center"))
    borders = node("w:tblBorders")
    borders.extend(node(f"w:{side}", val="single", sz=4, space=0, color="000000") for side in _SIDES)
    made.append(borders)
    made.append(node("w:tblLayout", type="fixed"))
    margins = node("w:tblCellMar")
    margins.extend(node(f"w:{side}", w=57, type="dxa") for side in ("left", "right"))
    made.append(margins)
    return made


def row(cells: Sequence[Any], *, repeated: bool = False) -> Any:
    """Return a row that breaks across no page, repeated at the head of every page if wanted."""
    made, form = node("w:tr"), node("w:trPr")
    form.append(node("w:cantSplit"))
    if repeated:
        form.append(node("w:tblHeader"))
    made.append(form)
    made.extend(cells)
    return made


def cell(text: str, width: int, side: str, *, size: float, bold: bool = False, keep: bool = False) -> Any:
    """Return a cell of `width` twips, its text set to a side, kept on the page of the next row if wanted."""
    made, form, holder = node("w:tc"), node("w:tcPr"), node("w:p")
    form.append(node("w:tcW", w=width, type="dxa"))
    form.append(node("w:vAlign", val="center"))
    shape = node("w:pPr")
    if keep:
        shape.append(node("w:keepNext"))
    shape.append(node("w:spacing", before=30, after=30, line=240, lineRule="auto"))
    shape.append(node("w:ind", firstLineChars=0, firstLine=0))
    shape.append(node("w:jc", val=side))
    shape.append(_letters(size, bold=bold))
    holder.append(shape)
    run = node("w:r")
    run.append(_letters(size, bold=bold))
    run.text = plain(text, CELL_LIMIT)
    holder.append(run)
    made.extend((form, holder))
    return made


def _letters(size: float, *, bold: bool) -> Any:
    """Return the letters of a cell; its paragraph mark has them too, else an empty cell is as high as the text."""
    letters = node("w:rPr")
    faces(letters, CELL)
    if bold:
        letters.append(node("w:b"))
    letters.extend(node(tag, val=round(size * 2)) for tag in ("w:sz", "w:szCs"))
    return letters
