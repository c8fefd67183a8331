"""plan.xlsx: the tables of the plan, read back."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.base.land_codes import SYSTEMS, land_codes
from siting.base.old_use_classes import old_class
from siting.base.texts import section
from siting.report.grids import total
from siting.report.papers import Papers, quarter_of, shown
from siting.report.plan_grids import parcels, structure, totals_form
from siting.report.plan_workbook import plan_xlsx
from tests.report import made_papers

TOTALS, STRUCTURE, PARCELS, STOCK, QUOTA, SALE, PUBLIC, BUDGETS, DUTIES, NOTES = range(10)
Book = openpyxl.Workbook


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("plan") / "plan.xlsx"
    plan_xlsx(made_papers.papers(), made)
    return made


@pytest.fixture(scope="module")
def book(file: Path) -> Book:
    return openpyxl.load_workbook(file)


def table(book: Book, sheet: int) -> pd.DataFrame:
    """Return the first table of a sheet below its one row of head."""
    rows = list(book.worksheets[sheet].iter_rows(values_only=True))
    found = pd.DataFrame(rows[3:], columns=[name or "" for name in rows[2]])
    return found.loc[:, [name for name in found.columns if name]]


def row_of(book: Book, sheet: int, column: str, value: object) -> dict[str, Any]:
    found = table(book, sheet)
    return dict(found[found[column] == value].iloc[0])


def test_the_sheets_are_those_that_a_bureau_expects(book: Book) -> None:
    assert book.sheetnames == [
        *("年度住宅用地供应计划", "结构与时序", "地块明细", "存量住房（不占用地指标）", "分单位完成情况"),
        *("两本账-售价账", "两本账-公共账", "两本账-资金预算", "部门任务清单", "说明"),
    ]


def test_the_list_of_parcels_holds_land_and_conversions_and_adds_up_as_shown(book: Book) -> None:
    found = table(book, PARCELS)
    assert found["地块编号"].tolist()[:3] == ["DK-001", "DK-003", "DK-002"]
    # 3.25005 -> 3.2501, 0.5 -> 0.5000, 1.00005 -> 1.0001 (half up); 3.2501 + 0.5000 + 1.0001 = 4.7502
    assert found["面积（公顷）"].tolist()[:4] == [3.2501, 0.5, 1.0001, 4.7502]
    assert found["套数"].tolist()[:4] == [260, 40, 90, 390]
    assert found["序号"].tolist()[:4] == [1, 2, 3, "合计"]


def test_a_parcel_is_told_with_old_and_new_land_use_and_what_it_still_owes(book: Book) -> None:
    row = row_of(book, PARCELS, "地块编号", "DK-001")
    assert row["现状用途（代码）"] == "1001 工业用地"
    assert row["现状用途（原分类）"] == "06 工矿仓储用地"
    assert row["规划用途（代码）"] == "0701 城镇住宅用地"
    assert row["规划用途（原分类）"] == "07 住宅用地"
    assert row["前期工作状态"] == "尚缺：土壤污染状况调查；净地证明"
    assert row["拟供应季度"] == "第二季度"
    assert row["土地来源"] == "闲置低效工业用地/用房"
    assert row_of(book, PARCELS, "地块编号", "DK-002")["前期工作状态"] == "所列手续已齐"


def test_existing_homes_stand_by_themselves_and_use_no_land(book: Book) -> None:
    assert row_of(book, STOCK, "地块编号", "CF-001")["套数"] == 56
    assert "CF-001" not in set(table(book, PARCELS)["地块编号"])
    # 2026: 3.2501 + 0.5000; the 0.8 ha below the bought homes is no land supplied
    form = totals_form(made_papers.papers(), 2026)
    assert [cell for cell in form.rows[-1] if cell is not None] == [
        "第十师北屯市合计",
        Decimal(2026),
        Decimal("3.7501"),
    ]


def test_what_the_plan_does_not_know_is_empty_and_never_zero(book: Book) -> None:
    rows = list(book.worksheets[TOTALS].iter_rows(values_only=True))
    head, below = list(rows[2]), list(rows[3])
    names = [one or other for one, other in zip(head, below, strict=True)]
    names[5:18] = below[5:18]
    first = dict(zip(names, rows[4], strict=True))
    assert {name: cell for name, cell in first.items() if cell is not None} == {
        "行政区": "军垦街道",
        "计划年度": 2026,
        "配售型保障性住房（单列）": 3.7501,
    }
    assert {"总供应面积合计", "商服用地", "住房供地总量", "商品住房用地总量"} <= set(first)


def test_a_total_over_something_unknown_stays_empty(book: Book) -> None:
    public = table(book, PUBLIC)
    last = dict(public[public["计划年度"] == "合计"].iloc[0])
    assert last["供水"] is None or pd.isna(last["供水"])
    assert last["供热"] == 1_110_000.25  # 800,000.25 + 310,000.00
    assert pd.isna(last["公共账合计"])


def test_the_two_ledgers_never_meet(book: Book) -> None:
    sale, public = table(book, SALE), table(book, PUBLIC)
    assert not set(sale.columns) & {"供水", "供热", "公共账合计"}
    assert not set(public.columns) & {"成本合计", "利润"}
    last = dict(sale[sale["计划年度"] == "合计"].iloc[0])
    # 69,875,075.25 + 8,000,000.00 + 12,000,000.00 + 24,300,000.10
    assert last["成本合计"] == 114_175_075.35
    assert pd.isna(last["前期及管理费用"])
    for sheet in book.worksheets:
        numbers = [cell for row in sheet.iter_rows(values_only=True) for cell in row if isinstance(cell, float)]
        assert 114_175_075.35 + 1_110_000.25 not in numbers


def test_the_margin_below_comparable_homes_is_shown_in_percent(book: Book) -> None:
    # (3600 - 3101.37) / 3600 = 13.85... %
    assert row_of(book, SALE, "地块编号", "DK-001")["低于同类商品住房（%）"] == 13.9
    assert pd.isna(row_of(book, SALE, "地块编号", "DK-002")["低于同类商品住房（%）"])


def test_quota_and_budgets_stand_as_given(book: Book) -> None:
    quota = table(book, QUOTA)
    assert quota.iloc[1].tolist() == [2026, "海川镇", 20, 0, 20, 0]
    assert quota.iloc[2].tolist() == [2026, "全计划", 350, 356, 0, 6]
    budget = table(book, BUDGETS)
    assert budget.iloc[0].tolist() == ["土地（划拨土地成本）", 2026, 5_000_000, 4_875_075, 124_925]
    assert pd.isna(budget.iloc[1]["预算上限（元）"])
    assert pd.isna(budget.iloc[1]["结余（元）"])


def test_the_duties_are_those_of_the_table_numbered_by_department(book: Book) -> None:
    found = table(book, DUTIES)
    due = made_papers.papers().duties
    assert found["工作任务"].tolist()[: len(due)] == due["what"].tolist()
    assert found["序号"].tolist()[:5] == [1, 2, 3, 4, 1]


def test_each_grouping_of_the_structure_holds_every_parcel_once() -> None:
    rows = structure(made_papers.papers()).rows
    for year, count, homes in ((2026, 3, 356), (2027, 1, 90)):
        for way in ("by_kind", "by_origin", "by_use", "by_quarter"):
            named = section("papers.word", "zh")[way]
            mine = [row for row in rows if row[0] == year and row[1] == named]
            assert sum(row[3] for row in mine) == count  # type: ignore[misc]
            assert sum(row[5] for row in mine) == homes  # type: ignore[misc]


def test_text_stays_text_and_numbers_are_numbers(book: Book) -> None:
    kinds = {(cell.data_type, type(cell.value)) for sheet in book for row in sheet.iter_rows() for cell in row}
    assert {kind for kind, _ in kinds} <= {"s", "n"}
    assert row_of(book, PARCELS, "地块编号", "DK-002")["项目名称"] == "=1+1\n第二行\\x07\\x00结束"


def test_long_text_is_cut_where_spreadsheets_end_and_the_cut_is_told(tmp_path: Path) -> None:
    long = made_papers.plan().assign(note="长" * 40_000)
    plan_xlsx(made_papers.papers(plan=long), tmp_path / "long.xlsx")
    note = row_of(openpyxl.load_workbook(tmp_path / "long.xlsx"), PARCELS, "地块编号", "DK-001")["备注"]
    assert note == "长" * 32_000 + "… (40000)"


def test_the_same_papers_give_the_same_bytes_in_any_order_of_rows(file: Path, tmp_path: Path) -> None:
    given = made_papers.papers()
    turned = made_papers.papers(
        plan=given.plan.iloc[::-1],
        quota=given.quota.iloc[::-1],
        budgets=given.budgets.iloc[::-1],
        prices=given.prices[::-1],
    )
    plan_xlsx(turned, tmp_path / "again.xlsx")
    assert (tmp_path / "again.xlsx").read_bytes() == file.read_bytes()


def test_inputs_are_left_as_they_were(tmp_path: Path) -> None:
    given = made_papers.papers()
    before = given.plan.copy(), given.prices.copy(), given.quota.copy()
    plan_xlsx(given, tmp_path / "a.xlsx")
    for was, now in zip(before, (given.plan, given.prices, given.quota), strict=True):
        pd.testing.assert_frame_equal(was, now)


def test_sheets_print_on_one_width_with_head_rows_repeated_and_lines_to_sign(book: Book) -> None:
    sheet = book.worksheets[PARCELS]
    assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 8)
    assert (sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.page_setup.fitToHeight) == (True, 0)
    assert sheet.print_title_rows == "$3:$3"
    assert "内部" in sheet.oddHeader.left.text
    texts = [cell for row in sheet.iter_rows(values_only=True) for cell in row if isinstance(cell, str)]
    assert "日期：2026 年 3 月 1 日" in texts
    assert any(cell.startswith("填表人：") for cell in texts)


def test_the_notes_tell_bound_gap_sources_and_what_was_not_known(book: Book) -> None:
    texts = [
        str(cell) for row in book.worksheets[NOTES].iter_rows(values_only=True) for cell in row if cell is not None
    ]
    for wanted in ("GB 50180-2018 表 4.0.2", "M 凭记忆，待核", "301.25", "302", "0.0025", "未取得海川镇供水管线资料。"):
        assert wanted in texts
    assert "海川镇 2027 年任务减少 10 套" in texts


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_plan_with_nothing_in_it_makes_a_workbook_all_the_same(tmp_path: Path, language: str) -> None:
    empty = made_papers.papers(
        plan=made_papers.plan().iloc[:0], budgets=pd.DataFrame(), language=language, day=None, status="infeasible"
    )
    plan_xlsx(empty, tmp_path / "empty.xlsx")
    assert len(openpyxl.load_workbook(tmp_path / "empty.xlsx").sheetnames) == 10


def test_wrong_papers_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="plan lacks"):
        made_papers.papers(plan=made_papers.plan()).__class__(
            **{**vars(made_papers.papers()), "plan": made_papers.plan().drop(columns="gates")}
        )
    twice = pd.concat([made_papers.plan(), made_papers.plan()])
    with pytest.raises(ValueError, match="twice"):
        Papers(**{**vars(made_papers.papers()), "plan": twice})


def test_every_land_use_of_2023_that_can_be_supplied_has_an_old_class() -> None:
    for system in SYSTEMS:
        for code, use in land_codes(system).items():
            found = old_class(code, system)
            if use.group in {
                "dwelling",
                "commerce",
                "industry",
                "storage",
                "public",
                "transport",
                "special",
                "utilities",
            }:
                assert found is not None, (system, code)
    classes = {code: old_class(code, "planning_2023") for code in ("0702", "100101", "1311", "16", "080403")}
    assert {code: found and found.old_code for code, found in classes.items()} == {
        "0702": "08",
        "100101": "06",
        "1311": "11",
        "16": None,
        "080403": "08",
    }
    # the same digits mean other land in the other system
    assert old_class("1001", "planning_2023") != old_class("1001", "survey_2017")
    assert old_class("厂房", "planning_2023").old_code == "06"  # type: ignore[union-attr]
    assert old_class("没有这种", "planning_2023") is None


@given(st.lists(st.floats(0, 1e6, allow_nan=False), max_size=30))
@settings(max_examples=200)
def test_totals_are_the_sums_of_what_is_shown(values: list[float]) -> None:
    figures = [shown(value, 4) for value in values]
    assert total(figures) == sum(Decimal(str(each)) for each in figures)
    assert all(
        abs(Decimal(repr(value)) - each) <= Decimal("0.00005") for value, each in zip(values, figures, strict=True)
    )  # type: ignore[operator]
    assert total([*figures, None]) is None


def test_a_gap_that_has_no_end_stays_empty(tmp_path: Path) -> None:
    endless = pd.DataFrame(
        [("cost", 1.0, float("-inf"), float("inf"), "skipped")], columns=["name", "value", "bound", "gap", "status"]
    )
    plan_xlsx(made_papers.papers(rounds=endless), tmp_path / "a.xlsx")
    texts = [
        cell
        for row in openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[NOTES].iter_rows(values_only=True)
        for cell in row
    ]
    assert "未进行" in texts
    assert [shown(each, 2) for each in (float("inf"), float("nan"), None, pd.NA)] == [None] * 4


def test_quarters_are_read_as_offices_write_them() -> None:
    written = ("2026Q3", "三季度", "第三季度", 3, 3.0, "2026年第三季度", "Q3", "2026年3季度")
    assert [quarter_of(each) for each in written] == [3] * len(written)
    assert [quarter_of(each) for each in ("", None, "2026", "5", "下半年", float("nan"))] == [None] * 6


def test_a_parcel_of_an_unknown_code_keeps_it_as_written() -> None:
    odd = made_papers.plan().assign(landuse_now="9999", origin="自有来源")
    row = parcels(made_papers.papers(plan=odd), stock=False).rows[0]
    assert (row[7], row[8], row[9]) == ("自有来源", "9999", "")
