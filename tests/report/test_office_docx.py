"""Word documents of an office: faces, tables, pages, bytes."""

import io
import struct
import zipfile
import zlib
from pathlib import Path

import docx
import pytest
from docx.oxml.ns import qn
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.report import office_docx as office
from siting.report.office_xml import CELL_LIMIT, plain


def png(width: int = 40, height: int = 20) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\x00" + b"\xff\x00\x00" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def write(path: Path) -> Path:
    made = office.new_document("zh", "=标题", mark="内部")
    office.heading(made, "供应计划", 0)
    office.heading(made, "一、依据")
    office.paragraph(made, "根据 1 号文件。")
    office.note(made, "单位：公顷")
    rows = [["1", "=1+1\n二\x07", "1.2500"], ["2", "x" * 40_000, "2.0000"], ["合计", "", "3.2500"]]
    office.table(made, ["序号", "名称", "面积"], rows, widths=[1, 3, 2], numbers={2}, totals=1)
    office.picture(made, png(), 5, "图 1 <&>")
    office.new_section(made, landscape=True, paper="A3")
    office.page_break(made)
    office.signature_block(made, ["填表人：\t审核人：", "日期："])
    office.save(made, path)
    return path


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("office") / "a.docx")


def test_the_same_document_has_the_same_bytes_and_no_day_of_its_own(file: Path, tmp_path: Path) -> None:
    assert write(tmp_path / "b.docx").read_bytes() == file.read_bytes()
    with zipfile.ZipFile(file) as made:
        assert {entry.date_time for entry in made.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert made.infolist()[0].filename == "[Content_Types].xml"
        assert not [name for name in made.namelist() if "thumbnail" in name]
    about = docx.Document(file).core_properties
    assert (about.created, about.modified, about.author, about.title) == (
        office.FIXED_TIME.replace(tzinfo=about.created.tzinfo),
        office.FIXED_TIME.replace(tzinfo=about.created.tzinfo),
        "",
        "=标题",
    )


def test_every_run_and_every_style_names_a_chinese_face(file: Path) -> None:
    made = docx.Document(file)
    parts = [made.element, made.sections[0].header._element, made.sections[0].footer._element]
    runs = [run for part in parts for run in part.iter(qn("w:r")) if run.findall(qn("w:t"))]
    assert len(runs) > 15
    assert {run.find(f"{qn('w:rPr')}/{qn('w:rFonts')}").get(qn("w:eastAsia")) for run in runs} == {
        "仿宋",
        "宋体",
        "黑体",
    }
    fonts = [style.find(f"{qn('w:rPr')}/{qn('w:rFonts')}") for style in made.styles.element.iter(qn("w:style"))]
    assert all(each.get(qn("w:eastAsia")) for each in fonts)
    assert not [name for each in made.styles.element.iter(qn("w:rFonts")) for name in each.attrib if "Theme" in name]


def test_a_table_repeats_its_head_breaks_no_row_and_sets_numbers_to_the_right(file: Path) -> None:
    rows = docx.Document(file).tables[0]._tbl.findall(qn("w:tr"))
    assert [row.find(f".//{qn('w:tblHeader')}") is not None for row in rows] == [True, False, False, False]
    assert all(row.find(f".//{qn('w:cantSplit')}") is not None for row in rows)
    sides = [cell.find(f".//{qn('w:jc')}").get(qn("w:val")) for cell in rows[1].findall(qn("w:tc"))]
    assert sides == ["left", "left", "right"]
    bold = [row.find(f".//{qn('w:r')}/{qn('w:rPr')}/{qn('w:b')}") is not None for row in rows]
    assert bold == [True, False, False, True]


def test_widths_fill_the_text_in_the_shares_asked_for(file: Path) -> None:
    # 21.0 - 2.8 - 2.6 = 15.6 cm = 8845 twips, shared 1 : 3 : 2
    grid = [int(each.get(qn("w:w"))) for each in docx.Document(file).tables[0]._tbl.iter(qn("w:gridCol"))]
    assert grid == pytest.approx([8845 / 6, 8845 / 2, 8845 / 3], abs=1)


def test_hostile_text_stays_text_and_what_is_cut_is_counted(file: Path) -> None:
    table = docx.Document(file).tables[0]
    assert table.cell(1, 1).text == "=1+1\n二\\x07"
    assert table.cell(2, 1).text == "x" * CELL_LIMIT + "… (40000)"


def test_a_picture_is_no_wider_than_the_text_and_has_words_for_the_blind() -> None:
    made = office.new_document("zh", "")
    office.picture(made, png(40, 20), 99, "图 1 <&>")
    office.picture(made, png(20, 400), 15, "")
    wide, tall = made.inline_shapes
    assert wide.width.cm == pytest.approx(15.6, abs=0.01)
    assert tall.height.cm == pytest.approx(29.7 - 3.7 - 3.5 - 2.5, abs=0.01)
    assert wide._inline.docPr.get("descr") == "图 1 <&>"


def test_a_page_that_lies_keeps_mark_and_numbers(file: Path) -> None:
    stands, lies = docx.Document(file).sections
    assert (round(lies.page_width.cm, 1), round(lies.page_height.cm, 1)) == (42.0, 29.7)
    assert (round(stands.page_width.cm, 1), stands.header.paragraphs[0].text) == (21.0, "内部")
    assert lies.header.is_linked_to_previous
    assert "PAGE" in "".join(each.text or "" for each in stands.footer._element.iter(qn("w:instrText")))


def test_wrong_arguments_are_named() -> None:
    made = office.new_document("en", "x")
    with pytest.raises(ValueError, match="rows and widths"):
        office.table(made, ["a", "b"], [["1"]])
    with pytest.raises(ValueError, match="rows and widths"):
        office.table(made, ["a", "b"], [], widths=[1])
    with pytest.raises(ValueError, match="paper"):
        office.new_document("zh", "x", paper="A5")


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(), max_size=30))
def test_any_text_can_be_written_and_is_read_back(text: str) -> None:
    made = office.new_document("zh", text)
    office.paragraph(made, text)
    office.table(made, [text], [[text]])
    raw = io.BytesIO()
    made.save(raw)
    back = docx.Document(raw)
    assert back.tables[0].cell(1, 0).text == plain(text) == back.paragraphs[0].text


def test_plain_text_is_left_as_it_is() -> None:
    assert plain("第十师 a\t1\n½ 😀") == "第十师 a\t1\n½ 😀"
    assert plain("a\r\nb\rc\x00\ud800\ufffe") == "a\nb\nc\\x00\\ud800\\ufffe"
    assert plain("abcdef", 3) == "abc… (6)"
