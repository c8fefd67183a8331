"""The reasoned report: every number is one of the run's own, and the file stays the same."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml.ns import qn

from siting.base.errors import UsageError
from siting.base.results import Results
from siting.base.texts import table as wording
from siting.report import chart_fonts
from siting.report.reasons_report import ReportOptions, argued, reasons_report
from siting.report.run_tables import of_results
from tests.report import made_up_run

NUMBER = re.compile(r"\d+(?:\.\d+)?")
SCALES = (1.0, 100.0, 1e-4)
"""As it stands, in per cent, in 万元 or hectares."""


def written(file: Path) -> str:
    """Return all text of a document: paragraphs and cells."""
    document = docx.Document(str(file))
    body = document.element.body
    parts = [[node.text or "\n" for node in each.iter(qn("w:t"), qn("w:br"))] for each in body.iter(qn("w:p"))]
    return "\n".join("".join(part) for part in parts)


def leaves(tree: Any) -> Iterator[Any]:
    if isinstance(tree, dict):
        for key, twig in tree.items():
            yield key
            yield from leaves(twig)
    elif isinstance(tree, list | tuple):
        for twig in tree:
            yield from leaves(twig)
    else:
        yield tree


def strange_numbers(file: Path, results: Results) -> set[str]:
    """Return the numbers of a document that no table of the run holds: neither itself, nor in per cent, 万元 or ha."""
    tables = [results.ranking, results.problems, *results.tables.values()]
    cells: list[Any] = [cell for table in tables for cell in table.to_numpy().ravel()]
    cells += list(leaves(json.loads(json.dumps(results.stamp)))) + list(leaves(list(results.receipts)))
    cells += [sentence for row in wording().values() for sentence in row.values()]
    counts = [len(results.ranking), int(results.ranking["rank"].notna().sum()), *range(1, 4)]
    words = {token for cell in cells if isinstance(cell, str) for token in NUMBER.findall(cell)}
    numbers = {float(cell) for cell in cells if isinstance(cell, int | float) and cell == cell}  # noqa: PLR0124
    allowed = {*words, *map(str, counts)}
    return {token for token in NUMBER.findall(written(file)) if token not in allowed and not _held(token, numbers)}


def _held(token: str, numbers: Iterable[float]) -> bool:
    decimals = len(token.partition(".")[2])
    return any(f"{abs(number) * scale:.{decimals}f}" == token for number in numbers for scale in SCALES)


@pytest.mark.parametrize(
    ("make", "language"),
    [
        (made_up_run.small, "zh"),
        (made_up_run.full, "zh"),
        (made_up_run.full, "en"),
        (made_up_run.short, "en"),
        (made_up_run.written, "zh"),
    ],
)
def test_every_number_is_in_the_tables(make: Any, language: Any, tmp_path: Path) -> None:
    results = make()
    reasons_report(results, tmp_path / "r.docx", language=language)
    assert strange_numbers(tmp_path / "r.docx", results) == set()


def test_a_number_that_no_table_holds_would_be_found(tmp_path: Path) -> None:
    results = made_up_run.full()
    forged = [{**each, "score": 0.123456} if each["parcel_id"] == "P1" else each for each in results.receipts]
    reasons_report(replace(results, receipts=tuple(forged)), tmp_path / "r.docx")
    assert strange_numbers(tmp_path / "r.docx", results) == {"0.123"}


def test_the_chapters_of_the_form_stand_in_their_order(tmp_path: Path) -> None:
    reasons_report(made_up_run.full(), tmp_path / "r.docx")
    document = docx.Document(str(tmp_path / "r.docx"))
    heads = [each.text for each in document.paragraphs if each.style.name == "Heading 1"]
    assert heads[0] == "一、项目概况与依据"
    assert heads[9] == "十、空置风险"
    assert heads[-3:] == ["十三、结论与建议", "十四、尚未掌握的情况", "附表附图"]
    assert len(heads) == 15
    said = written(tmp_path / "r.docx")
    assert said.index("审核：") < said.index("附表附图")
    assert "地块P1（P1）：建议优先选用" in said


def test_what_a_run_did_not_compute_is_said(tmp_path: Path) -> None:
    reasons_report(made_up_run.small(), tmp_path / "r.docx")
    said = written(tmp_path / "r.docx")
    for sentence in (
        "本次未测算价格",
        "本次未编制供应计划",
        "本次未计算名次稳定性",
        "本次未评价生活圈",
        "本次未作空置预警",
    ):
        assert sentence in said


def test_the_plan_is_argued_where_there_is_one_and_the_first_ranked_where_not() -> None:
    assert argued(of_results(made_up_run.full())) == ("P1", "P2")
    assert argued(of_results(made_up_run.small())) == ("P1", "P2", "P3")
    assert argued(of_results(made_up_run.small()), 1) == ("P1",)
    assert argued(of_results(made_up_run.unranked())) == ()


def test_a_quota_that_cannot_be_met_is_told_with_its_repairs(tmp_path: Path) -> None:
    reasons_report(made_up_run.short(), tmp_path / "r.docx")
    said = written(tmp_path / "r.docx")
    assert "年度任务不能满足，未形成供应计划" in said
    assert "把 2026 年任务减少 42 套" in said


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    results = made_up_run.full()
    for name in ("a", "b"):
        reasons_report(results, tmp_path / name, options=ReportOptions(mark="内部", approval="新S(2026)1号"))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_nothing_ranked_and_one_parcel_do_not_fail(tmp_path: Path) -> None:
    reasons_report(made_up_run.unranked(), tmp_path / "a.docx")
    assert "没有地块参与排序" in written(tmp_path / "a.docx")
    reasons_report(made_up_run.small(), tmp_path / "b.docx", options=ReportOptions(ids=["undrawn"]))
    assert "没有可绘制的地块图形" in written(tmp_path / "b.docx")


def test_many_parcels_are_compared_in_parts(tmp_path: Path) -> None:
    ids = ["P1", "P2", "P3", "small", "far", "stray", "undrawn"]
    reasons_report(made_up_run.small(), tmp_path / "r.docx", options=ReportOptions(ids=ids))
    tables = docx.Document(str(tmp_path / "r.docx")).tables
    assert [len(each.columns) for each in tables if each.rows[0].cells[0].text == "比选内容"] == [5, 4]


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    reasons_report(made_up_run.hostile(), tmp_path / "r.docx")
    said = written(tmp_path / "r.docx")
    assert "=1+1（P1）" in said
    assert "$x^2$ <b>&amp;（P2）" in said
    assert "长" * 81 not in said


def test_an_unknown_parcel_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        reasons_report(made_up_run.small(), tmp_path / "r.docx", options=ReportOptions(ids=["P9"]))
    assert not (tmp_path / "r.docx").exists()


def test_missing_fonts_are_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert reasons_report(made_up_run.small(), tmp_path / "a.docx", language="en") == ()
    monkeypatch.setattr(chart_fonts, "_installed", lambda: frozenset({"DejaVu Sans"}))
    told = reasons_report(made_up_run.small(), tmp_path / "r.docx")
    assert [each.code for each in told] == ["no_cjk_font"]
