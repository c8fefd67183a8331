"""plan.docx: the text of the plan, read back."""

import math
import re
from decimal import Decimal
from pathlib import Path

import docx
import pandas as pd
import pytest
from docx.oxml.ns import qn

from siting.base.money import money_text
from siting.base.texts import section
from siting.report.office_xml import plain
from siting.report.papers import Papers, shown
from siting.report.plan_document import _ordinal, plan_docx
from siting.report.plan_grids import quotas
from siting.report.plan_workbook import open_points
from tests.report import made_papers

NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
TOTALS = ("4.7502", "390", "61,000.00", "56", "6,375,150.00", "107,799,925.35", "0.00", "114,175,075.35")
"""Totals by hand: 3.2501 + 0.5 + 1.0001; 260 + 40 + 90; land 4,875,075 + 1,500,075; cost see the workbook's tests."""
MORE_TOTALS = ("5,708,753.77", "1,110,000.25", "124,925.00", "749,999.50", "3,000,000.00", "11,417.51", "114,175,075")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("plan") / "plan.docx"
    plan_docx(made_papers.papers(), made)
    return made


def texts(file: Path) -> list[str]:
    made = docx.Document(file)
    cells = [cell.text for table in made.tables for row in table.rows for cell in row.cells]
    return [*(each.text for each in made.paragraphs), *cells]


def known(papers: Papers) -> set[str]:
    """Return every number that the document may hold: of the tables given, of the wording, and the totals."""
    allowed = {*TOTALS, *MORE_TOTALS, *map(str, range(1, 11)), *NUMBER.findall(plain(made_papers.HOSTILE))}
    tables = (papers.plan, papers.quota, papers.budgets, papers.prices, papers.duties, papers.rounds, papers.repairs)
    for cell in (cell for each in tables for row in each.to_numpy(dtype=object) for cell in row):
        allowed |= set(NUMBER.findall(str(cell)))
        if isinstance(cell, int | float) and not math.isnan(cell):
            digits = [shown(cell, digits) for digits in (0, 2, 4)] + [shown(cell * 100, 1)]
            allowed |= {form for each in digits for form in (f"{each:f}", f"{each:,f}")}
            allowed |= set(NUMBER.findall(money_text(float(cell), papers.language)))
    for word in (*section("papers", papers.language).values(), *section("word", papers.language).values()):
        allowed |= set(NUMBER.findall(word))
    allowed |= set(NUMBER.findall(f"{papers.title} {papers.day} {papers.unknown} 2026 2027"))
    return allowed | {"05", "06", "07", "08", "0701", "0901", "1001", "09", "3", "1"}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_number_in_the_document_is_in_the_tables(tmp_path: Path, language: str) -> None:
    given = made_papers.papers(language=language)
    plan_docx(given, tmp_path / "plan.docx")
    found = {number for each in texts(tmp_path / "plan.docx") for number in NUMBER.findall(each)}
    assert len(found) > 60
    assert sorted(found - known(given)) == []


def test_the_chapters_are_those_of_a_plan(file: Path) -> None:
    made = docx.Document(file)
    heads = [each.text for each in made.paragraphs if each.style.name == "Heading 1"]
    assert [each[:2] for each in heads] == ["一、", "二、", "三、", "四、", "五、", "六、", "七、"]
    assert made.paragraphs[0].text == "第十师北屯市\n配售型保障性住房用地供应计划\n（2026—2027 年）"
    assert made.paragraphs[0].style.name == "Title"
    tail = [each.text for each in made.paragraphs[-3:]]
    assert tail[0].startswith("填表人：")
    assert "（公章）" in tail[1]
    assert tail[2].strip() == "日期：2026 年 3 月 1 日"


def test_quota_supply_and_money_are_said_in_words(file: Path) -> None:
    said = "\n".join(texts(file))
    assert "2026 年：任务 350 套，本计划安排 356 套，因地块须整宗供应超出 6 套。" in said
    assert "2027 年：任务 100 套，本计划安排 90 套，缺口 10 套。" in said
    assert "计划供应配售型保障性住房用地 3 宗，面积 4.7502 公顷，可建（改建）住房 390 套。" in said
    assert "收购存量住房 1 处，共 56 套，不占用地指标。" in said
    assert "项目成本合计 11,417.51 万元" in said
    assert "部分配套设施投入尚不掌握，未作合计" in said


def test_what_is_not_proven_short_or_unknown_is_said(file: Path) -> None:
    said = "\n".join(texts(file))
    for wanted in (
        "在允许范围内",
        "另有同样好的方案",
        "2026 年海川镇缺口 20 套。",
        "有 2 宗（处）尚缺手续",
        "未取得海川镇供水管线资料。",
    ):
        assert wanted in said
    assert "海川镇 2027 年任务减少 10 套" in said


@pytest.mark.parametrize("status", ["proven", "within_gap", "time_limit", "infeasible", "no_solver"])
def test_every_outcome_of_the_search_has_its_sentence(status: str) -> None:
    for language in ("zh", "en"):
        bare = made_papers.papers(status=status, language=language, ties=None, map_approval="新S(2026)001号")
        said = open_points(bare)
        assert said[0] == section("papers.text", language)[f"status_{status}"]
        assert "新S(2026)001号" in said[-1]


def test_each_department_has_its_own_list(file: Path) -> None:
    made = docx.Document(file)
    heads = [each.text for each in made.paragraphs if each.style.name == "Heading 2"]
    departments = list(dict.fromkeys(made_papers.papers().duties["department"]))
    assert [each.partition("）")[2] for each in heads] == departments
    assert heads[0].startswith("（一）")
    assert heads[-1].startswith("（十）")


def test_every_run_names_a_chinese_face(file: Path) -> None:
    runs = list(docx.Document(file).element.iter(qn("w:r")))
    faces = {run.find(f"{qn('w:rPr')}/{qn('w:rFonts')}").get(qn("w:eastAsia")) for run in runs}
    assert faces == {"仿宋", "宋体", "黑体"}


def test_every_table_repeats_its_head_and_breaks_no_row(file: Path) -> None:
    for table in docx.Document(file).tables:
        rows = table._tbl.findall(qn("w:tr"))
        assert rows[0].find(f".//{qn('w:tblHeader')}") is not None
        assert all(row.find(f".//{qn('w:cantSplit')}") is not None for row in rows)


def test_sums_of_the_document_agree_with_their_rows(file: Path) -> None:
    checked = 0
    for table in docx.Document(file).tables:
        cells = [[cell.text for cell in row.cells] for row in table.rows]
        if cells[-1][0] != "合计":
            continue
        for column in range(1, len(cells[0])):
            if NUMBER.fullmatch(cells[-1][column]):
                parts = [row[column].replace(",", "") for row in cells[1:-1]]
                assert sum(map(Decimal, parts)) == Decimal(cells[-1][column].replace(",", ""))
                checked += 1
    assert checked >= 9


def test_the_same_papers_give_the_same_bytes(file: Path, tmp_path: Path) -> None:
    given = made_papers.papers()
    plan_docx(made_papers.papers(plan=given.plan.iloc[::-1], quota=given.quota.iloc[::-1]), tmp_path / "again.docx")
    assert (tmp_path / "again.docx").read_bytes() == file.read_bytes()


def test_hostile_names_stay_text(file: Path) -> None:
    assert "=1+1\n第二行\\x07\\x00结束" in texts(file)


def test_an_empty_plan_is_said_to_be_empty(tmp_path: Path) -> None:
    empty = made_papers.papers(
        plan=made_papers.plan().iloc[:0],
        quota=made_papers.quota().iloc[:0],
        budgets=pd.DataFrame(),
        duties=made_papers.papers().duties.iloc[:0],
        repairs=pd.DataFrame(),
        rounds=pd.DataFrame(),
        day=None,
        status="infeasible",
    )
    plan_docx(empty, tmp_path / "empty.docx")
    said = texts(tmp_path / "empty.docx")
    assert {"未设定年度任务。", "本计划没有安排地块和房源。", "没有列出任务。"} <= set(said)


def test_a_unit_without_a_chosen_parcel_still_shows_what_was_asked_of_it() -> None:
    more = pd.DataFrame([("U9", 2026, 30, 0, 30, 0)], columns=made_papers.quota().columns)
    rows = quotas(made_papers.papers(quota=pd.concat([made_papers.quota(), more]))).rows
    assert (Decimal(2026), "U9", *map(Decimal, (30, 0, 30, 0))) in rows


def test_numbers_of_chapters_are_written_in_chinese() -> None:
    assert [_ordinal(number) for number in (1, 9, 10, 11, 20, 21, 99)] == [
        "一",
        "九",
        "十",
        "十一",
        "二十",
        "二十一",
        "九十九",
    ]
