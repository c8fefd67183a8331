"""A receipt as a tree."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import siting
from siting.report.receipt_tree import tree, tree_lines
from tests import small_project

KEYS = {"title_zh", "title_en", "value", "unit", "formula", "source", "evidence", "children"}


@pytest.fixture(scope="module")
def receipts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder = small_project.write(tmp_path_factory.mktemp("tree") / "p")
    return {each["parcel_id"]: dict(each) for each in siting.run(folder).receipts}


def every(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node["children"]:
        yield from every(child)


def child(node: dict[str, Any], title: str) -> dict[str, Any]:
    return next(each for each in node["children"] if each["title_zh"] == title)


def drawn(values: list[float], weights: list[float], penalty: float = 1.0, **more: Any) -> dict[str, Any]:
    """A receipt of nothing but criteria c0, c1, …; a weighted sum unless a score is given."""
    total = sum(weights)
    score = sum(w * v for w, v in zip(weights, values, strict=True)) / total * penalty if total else None
    fields = dict.fromkeys(("idle", "capacity", "living", "area_m2", "homes"))
    criteria = [
        {
            "name": f"c{at}",
            "title_zh": f"指标{at}",
            "title_en": f"c{at}",
            "measure": "nearest",
            "of": "places",
            "mode": None,
            "cutoff": None,
            "worst": 60.0,
            "best": 0.0,
            "source": "出处",
            "evidence": "M",
            "weight": weight,
            "score": value,
            "value": 60.0 - 60.0 * value,
            "unit": "min",
            "beyond": False,
            "better": "less",
            "estimated": False,
            "demand": "",
        }
        for at, (value, weight) in enumerate(zip(values, weights, strict=True))
    ]
    made = {
        **fields,
        "parcel_id": "P",
        "name": "",
        "unit": "",
        "kind": "land",
        "origin": "",
        "status": "ok",
        "rank": 1,
        "ranked": 3,
        "penalty": penalty,
        "reasons": [],
        "renewal_area": "",
        "needs": [],
        "utilities": {},
        "flags": {},
        "criteria": criteria,
        "score": None if score is None else round(score, 9),
    }
    return {**made, **more}


def test_what_the_criteria_add_is_the_score() -> None:
    # (3 x 0.5 + 1 x 1) / 4 x 0.9 = 0.5625: 3/4 x 0.5 x 0.9 = 0.3375 and 1/4 x 1 x 0.9 = 0.225
    score = tree(drawn([0.5, 1.0], [3.0, 1.0], penalty=0.9))["children"][0]
    assert score["value"] == 0.5625
    assert [each["value"] for each in score["children"]] == pytest.approx([0.3375, 0.225], abs=1e-12)
    assert [each["formula"] for each in score["children"]] == ["3 / 4 × 0.5 × 0.9", "1 / 4 × 1 × 0.9"]
    assert score["formula"] == "(Σ w / 4 × v) × 0.9"


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0.01, 9)), min_size=1, max_size=12), st.floats(0.1, 1))
def test_the_children_of_a_weighted_sum_add_up_to_it(rows: list[tuple[float, float]], penalty: float) -> None:
    score = tree(drawn([v for v, _ in rows], [w for _, w in rows], penalty))["children"][0]
    assert sum(each["value"] for each in score["children"]) == pytest.approx(score["value"], abs=1e-9)


def test_a_score_that_is_no_sum_shows_values_and_says_by_which_way() -> None:
    score = tree(drawn([0.25, 1.0], [1.0, 1.0], score=0.5, method="wpm"))["children"][0]
    assert [each["value"] for each in score["children"]] == [0.25, 1.0]
    assert score["formula"] == "wpm"


def test_every_node_has_the_same_keys_and_goes_into_json(receipts: dict[str, dict[str, Any]]) -> None:
    for receipt in receipts.values():
        whole = tree(receipt)
        assert all(set(each) == KEYS for each in every(whole))
        assert json.loads(json.dumps(whole, allow_nan=False)) == whole


def test_the_tree_leads_from_the_score_down_to_place_and_street(receipts: dict[str, dict[str, Any]]) -> None:
    score = child(tree(receipts["P1"]), "综合得分")
    school = child(score, "步行到小学")
    assert sum(each["value"] for each in score["children"]) == pytest.approx(receipts["P1"]["score"], abs=1e-9)
    assert child(school, "指标得分")["formula"] == "(10.1333 − 60) / (0 − 60), 0…1"
    assert child(school, "指标得分")["source"] == "hand-drawn"
    measured = child(school, "实测值")
    assert (measured["value"], measured["unit"]) == (10.1333, "min")
    assert child(measured, "取数图层")["value"] == "places[kind=primary]"
    assert child(measured, "所到地点")["value"] == "一小"
    assert child(measured, "接入道路")["value"] == 10.0
    assert child(child(score, "jobs"), "实测值")["unit"] == "jobs"


def test_a_parcel_without_a_score_shows_why(receipts: dict[str, dict[str, Any]]) -> None:
    whole = tree(receipts["small"])
    assert child(whole, "综合得分")["value"] is None
    (reason,) = child(whole, "筛查与判定")["children"]
    assert reason["formula"] == "area_min:parcels"
    assert "小于下限 2000 平方米" in reason["title_zh"]


def test_parts_of_later_versions_are_shown_as_they_are() -> None:
    price = {"later_yuan": 1.5e8, "parts": [1, 2], "known": True, "note": None}
    shown = child(tree(drawn([1.0], [1.0], price=price, certificate=None)), "价格（售价账）")
    assert [(each["title_zh"], each["value"]) for each in shown["children"]] == [
        ("later_yuan", 1.5e8),
        ("parts", None),
        ("known", True),
        ("note", None),
    ]
    assert [each["value"] for each in shown["children"][1]["children"]] == [1, 2]
    assert not any(each["title_zh"] == "名次证书" for each in tree(drawn([1.0], [1.0], certificate=None))["children"])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_sentences_come_first_then_the_tree_two_blanks_a_level(
    receipts: dict[str, dict[str, Any]], language: Any
) -> None:
    for receipt in receipts.values():
        lines = tree_lines(receipt, language)
        start = lines.index("【数据来源】" if language == "zh" else "[how the numbers came about]")
        assert start >= 2
        indents = [len(line) - len(line.lstrip(" ")) for line in lines[start + 1 :]]
        assert indents[0] == 0
        assert all(after % 2 == 0 and after - before <= 2 for before, after in itertools.pairwise(indents))
        assert len(indents) == len(list(every(tree(receipt))))


def test_lines_carry_unit_formula_source_and_evidence(receipts: dict[str, dict[str, Any]]) -> None:
    lines = [line.strip() for line in tree_lines(receipts["P1"], "zh")]
    assert "步行到小学：0.554074〔2 / 3 × 0.831111〕" in lines
    assert "指标得分：0.831111〔(10.1333 − 60) / (0 − 60), 0…1〕（依据：hand-drawn，用户自定）" in lines
    assert "实测值：10.1333 分钟〔min_j t_ij〕（依据：Geurs & van Wee 2004）" in lines
    assert "实测值：200 个岗位〔Σ_j S_j · 1[t_ij ≤ T]〕（依据：Wickstrom 1971）" in lines


def test_the_living_branch_shows_facilities_with_bound_and_clause(tmp_path: Path) -> None:
    facility = {
        "kind": "primary",
        "measured": 520.0,
        "how": "walk_m",
        "bound": 500.0,
        "covered": False,
        "source": "GB 50180-2018 附录C",
        "evidence": "M",
    }
    circle = {"facilities": [facility], "must": {"share": 0.0, "covered": 0, "judged": 1}}
    living = {"cut": None, "circle": circle, "schools": [], "access": []}
    shown = child(tree(drawn([1.0], [1.0], living=living)), "生活圈配套")
    assert (shown["value"], shown["formula"]) == (0.0, "0 / 1")
    (school,) = shown["children"]
    assert (school["title_zh"], school["value"], school["unit"], school["formula"]) == ("小学", 520.0, "m", "≤ 500")
    assert (school["source"], school["evidence"]) == ("GB 50180-2018 附录C", "M")
