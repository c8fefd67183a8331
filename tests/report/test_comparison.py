"""Candidates side by side, as a planner reads them."""

from dataclasses import replace
from pathlib import Path

import docx
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.base.errors import UsageError
from siting.base.texts import section
from siting.report.comparison import comparison, comparison_docx, comparison_xlsx, faults, merits, sheets
from siting.report.run_tables import RunTables, of_results, read_run
from tests.report import made_up_run

ZH = section("compare.row", "zh")


def cell(run: RunTables, parcel: str, topic: str, *, among: tuple[str, ...] = ("P1", "P2", "P3")) -> str:
    return str(comparison(run, among, "zh").loc[ZH[topic], parcel])


def test_area_homes_and_walk_are_those_of_the_paper() -> None:
    """A diamond of half-width 50 m has 2 x 50 x 50 = 5000 m2 = 0.5 ha; 5000 x 1.2 / 100 = 60 homes.

    P1 lies 750 m along and 10 m off the street: 760 / 75 = 10.1 minutes on foot.
    """
    run = of_results(made_up_run.small())
    assert cell(run, "P1", "place") == "位于一团\n面积 0.5000 公顷"
    assert cell(run, "P1", "homes") == "60 套\n容积率 1.2"
    assert "步行到小学：10.1 分钟（一小）" in cell(run, "P1", "services")
    assert cell(run, "P1", "rank") == "第 1 名，共 3 个；得分 0.887\n名次稳定性未计算"  # (2 x (1 - 10.13/60) + 1) / 3


def test_best_and_worst_are_told_among_those_compared() -> None:
    """School: P1 10.1, P2 (3000 + 10) / 75 = 40.1, P3 66.8 min, which is past the cutoff of 60 and scores 0."""
    run = of_results(made_up_run.small())
    assert "步行到小学为比选中最优（10.1 分钟）" in cell(run, "P1", "merits")
    assert "步行到小学为比选中最差（60 分钟内没有）" in cell(run, "P3", "faults")
    assert "步行到小学" not in cell(run, "P2", "merits") + cell(run, "P2", "faults")
    assert "步行到小学为比选中最优（40.1 分钟）" in cell(run, "P2", "merits", among=("P2", "P3"))


def test_a_reference_point_met_or_missed_is_told_whoever_is_compared() -> None:
    run = of_results(made_up_run.small())
    assert "不及最低参考点：步行到小学" in cell(run, "P3", "faults", among=("P3",))
    assert "达到最佳参考点：jobs" in cell(run, "P1", "merits", among=("P1",))
    assert "比选中" not in cell(run, "P1", "merits", among=("P1",))


def test_what_is_equal_everywhere_is_neither_merit_nor_fault() -> None:
    run = of_results(made_up_run.small())
    one = run.receipts["P2"]
    same = [one, {**one, "parcel_id": "P9"}]
    assert not any("比选中" in said for said in merits(one, same, "zh") + faults(one, same, "zh"))


def test_a_parcel_out_of_the_ranking_says_why_and_is_not_suggested() -> None:
    run = of_results(made_up_run.small())
    compared = ("P1", "small")
    assert "面积 800 平方米，小于下限 2000 平方米" in cell(run, "small", "faults", among=compared)
    assert cell(run, "small", "verdict", among=compared) == "不建议选用"
    assert cell(run, "small", "services", among=compared) == "未计算（排除）"
    assert cell(run, "small", "rank", among=compared) == "未参与排序（排除）"


def test_the_office_fills_in_what_residents_say() -> None:
    run = of_results(made_up_run.small())
    assert cell(run, "P1", "opinion") == ""


def test_only_the_first_of_those_compared_is_suggested() -> None:
    run = of_results(made_up_run.small())
    assert cell(run, "P1", "verdict").startswith("建议优先选用：比选中名次最前（第 1 名）")
    assert cell(run, "P2", "verdict").startswith("建议作为备选（第 2 名）")
    assert cell(run, "P2", "verdict", among=("P2", "P3")).startswith("建议优先选用")
    assert cell(run, "P2", "verdict", among=("P2",)).startswith("名次第 2，单独列出")
    assert "有空置预警" in cell(run, "P3", "verdict")  # the flag `remote`: the school is beyond 45 minutes


def test_ledgers_certificates_and_plan_are_read_from_their_tables() -> None:
    run = of_results(made_up_run.full())
    assert cell(run, "P1", "price").split("\n") == [
        "测算售价 2650.25 元/平方米",
        "同地段商品住房 3200.00 元/平方米",
        "低于市场价 17.2%",
        "成本 1440.00 万元",
    ]
    assert cell(run, "P2", "price").startswith("不低于同地段商品住房价格，不可行\n测算售价 2871.50")
    assert "高于市场价 2.5%" in cell(run, "P2", "price")  # 2.55 is 2.5499… as a binary number
    assert cell(run, "P3", "price") == "缺成本数据，未测算"
    assert "公共账合计 123.45 万元，不计入售价" in cell(run, "P1", "utilities")
    assert cell(run, "P1", "time").startswith("列入 2026 年计划，拟三季度供应")
    assert cell(run, "P2", "time").startswith("列入 2027 年计划\n")
    assert cell(run, "P3", "time").startswith("未列入本次计划")
    assert "权重变动时名次在第 1 至第 3 之间\n进入前列的占 88%" in cell(run, "P1", "rank")
    assert "最近的对手 P2：“步行到小学”权重由 66.7% 变为 25.0% 即互换" in cell(run, "P1", "rank")
    assert "对手" not in cell(run, "P2", "rank") + cell(run, "P3", "rank")


def test_a_control_line_without_a_layer_is_not_called_clear() -> None:
    run = of_results(made_up_run.small())
    assert cell(run, "P1", "lines") == "未筛查（无图层）：生态保护红线、永久基本农田、城镇开发边界外"


def test_a_layer_of_a_control_line_that_was_read_makes_the_parcel_clear_or_tells_the_overlap() -> None:
    found = of_results(made_up_run.small())
    layer = {"settings": {"kind": "pbf", "role": "constraint"}, "counts": {"read": 3}}
    run = replace(found, stamp={**found.stamp, "layers": {**found.stamp["layers"], "fields": layer}})
    assert cell(run, "P1", "lines").startswith("不涉及：永久基本农田\n")
    hit = {"code": "exclude", "subject": "fields", "detail": "", "zh": "与“永久基本农田”重叠", "en": "overlaps"}
    touched = {**run.receipts, "P1": {**run.receipts["P1"], "reasons": [hit]}}
    assert cell(replace(run, receipts=touched), "P1", "lines").startswith("与“永久基本农田”重叠\n未筛查")


def test_a_written_run_gives_the_same_table_as_the_results() -> None:
    results = made_up_run.written()
    assert results.path is not None
    for language in ("zh", "en"):
        written = comparison(read_run(results.path), ["P2", "P1", "far"], language)
        pd.testing.assert_frame_equal(written, comparison(of_results(results), ["P2", "P1", "far"], language))


def test_no_run_folder_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        read_run(tmp_path)


def test_unknown_and_doubled_ids_are_refused() -> None:
    run = of_results(made_up_run.small())
    with pytest.raises(UsageError, match="P4"):
        comparison(run, ["P1", "P4"], "zh")
    with pytest.raises(ValueError, match="ids"):
        comparison(run, ["P1", "P1"], "zh")
    with pytest.raises(ValueError, match="ids"):
        comparison(run, [], "zh")


@settings(max_examples=20, deadline=None)
@given(order=st.permutations(["P1", "P2", "P3", "small", "far", "stray", "undrawn"]))
def test_the_order_asked_for_moves_columns_only(order: list[str]) -> None:
    run = of_results(made_up_run.small())
    fixed = comparison(run, sorted(order), "en")
    pd.testing.assert_frame_equal(comparison(run, order, "en")[sorted(order)], fixed)


@given(count=st.integers(1, 40), at_most=st.integers(1, 8))
def test_parts_hold_every_candidate_once_and_are_even(count: int, at_most: int) -> None:
    table = pd.DataFrame([["x"] * count], columns=[f"P{n}" for n in range(count)])
    parts = list(sheets(table, at_most))
    assert [each for part in parts for each in part.columns] == list(table.columns)
    sizes = [part.shape[1] for part in parts]
    assert max(sizes) <= at_most
    assert max(sizes) - min(sizes) <= 1
    assert len(parts) == -(-count // at_most)


def test_the_workbook_holds_the_table_and_hostile_text_stays_text(tmp_path: Path) -> None:
    run = of_results(made_up_run.hostile())
    table = comparison(run, ["P1", "P2", "P3", "small", "far", "stray", "undrawn"], "zh")
    comparison_xlsx(table, tmp_path / "a.xlsx", "zh", title="=2+2")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert len(book.sheetnames) == 2
    first = book.worksheets[0]
    assert [cell.value for cell in first[2]] == [
        "比选内容",
        *[table.attrs["names"][each] for each in table.columns[:4]],
    ]
    assert first["B2"].value == "=1+1（P1）"
    assert all(cell.data_type in ("s", "n") and cell.value != 2 for row in first.iter_rows() for cell in row)
    for row, topic in enumerate(table.index, start=3):
        assert first.cell(row, 1).value == topic
        assert (first.cell(row, 2).value or "") == table.loc[topic, "P1"]
    assert first.page_setup.orientation == "landscape"


def test_the_document_holds_the_table_and_hostile_text_stays_text(tmp_path: Path) -> None:
    run = of_results(made_up_run.hostile())
    table = comparison(run, ["P1", "P2", "P3"], "zh")
    comparison_docx(table, tmp_path / "a.docx", "zh", mark="内部")
    written = docx.Document(str(tmp_path / "a.docx")).tables[0]
    assert [row.cells[0].text for row in written.rows] == ["比选内容", *table.index]
    assert written.rows[0].cells[1].text == "=1+1（P1）"
    assert written.rows[0].cells[2].text == "$x^2$ <b>&amp;（P2）"
    assert "\n" not in written.rows[0].cells[3].text
    assert len(written.rows[0].cells[3].text) < 90
    for row, topic in zip(written.rows[1:], table.index, strict=True):
        assert row.cells[1].text == table.loc[topic, "P1"]


def test_a_document_cuts_no_fact_of_a_long_cell(tmp_path: Path) -> None:
    table = comparison(of_results(made_up_run.small()), ["P1", "P2"], "zh")
    long = "\n".join(f"第 {n} 项事实" + "甲" * 90 for n in range(20))
    table.iloc[4, 0] = long
    comparison_docx(table, tmp_path / "a.docx", "zh")
    rows = docx.Document(str(tmp_path / "a.docx")).tables[0].rows[1:]
    told = [row.cells[1].text for row in rows if row.cells[0].text.startswith(table.index[4])]
    assert len(told) == 5
    assert "\n".join(told) == long


def test_the_same_table_gives_the_same_bytes(tmp_path: Path) -> None:
    table = comparison(of_results(made_up_run.full()), ["P1", "P2"], "en")
    for make, ending in ((comparison_xlsx, "xlsx"), (comparison_docx, "docx")):
        files = [tmp_path / f"{number}.{ending}" for number in (1, 2)]
        for file in files:
            make(table, file, "en")
        assert files[0].read_bytes() == files[1].read_bytes()


def test_nothing_ranked_and_one_candidate_do_not_fail(tmp_path: Path) -> None:
    table = comparison(of_results(made_up_run.unranked()), ["P1"], "zh")
    assert table.loc[ZH["verdict"], "P1"] == "资料不足，暂不建议"
    comparison_xlsx(table, tmp_path / "a.xlsx", "zh")
    comparison_docx(table, tmp_path / "a.docx", "zh")
