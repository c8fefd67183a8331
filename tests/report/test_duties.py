"""Who owes what by when."""

import itertools

import pandas as pd
import pytest

from siting.base.columns import Language
from siting.base.departments import UNIT, department, departments
from siting.base.papers_settings import PapersBlock, papers_problems
from siting.base.rulebook import shipped
from siting.base.texts import text
from siting.parcels.needs import NEEDS
from siting.report.duties import DUTY_COLUMNS, delivery_day, duties, supply_day
from siting.report.papers import quarter_of
from tests.report import made_papers


def made(**changes: object) -> pd.DataFrame:
    given = {
        "owed": made_papers.owed(),
        "utilities": made_papers.utilities(),
        "schools": made_papers.schools(),
        "money": made_papers.budgets(),
        **changes,
    }
    return duties(made_papers.plan(), **given)  # type: ignore[arg-type]


def of(table: pd.DataFrame, who: str) -> list[tuple[str, str, str]]:
    rows = table[table["department"] == who]
    return list(zip(rows["parcel_id"], rows["what"], rows["by"], strict=True))


def test_each_department_gets_its_own_list_in_the_order_of_the_days() -> None:
    assert of(made(), "师市自然资源和规划局") == [
        ("DK-001", "净地（权属清晰）", "2026-06-30"),
        ("DK-001", "办理划拨供地手续，交付净地", "2026-06-30"),
        ("DK-003", "办理变更用途和按保障性住房用地供地的手续", "2026-09-30"),
        ("DK-002", "办理划拨供地手续，交付净地", "2027-12-31"),
    ]
    assert of(made(), "师市生态环境局") == [("DK-001", "土壤污染状况调查", "2026-06-30")]
    assert of(made(), "水投集团") == [
        ("DK-001", "供水：建成配套并接入，长约 412 米，费用 45.00 万元（公共账），与住房同步交付", "2026-12-31")
    ]
    assert of(made(), "电力公司") == [
        ("DK-002", "供电：建成配套并接入，费用 不详（公共账），与住房同步交付", "2027-12-31")
    ]


def test_a_budget_of_which_nothing_is_used_makes_no_duty() -> None:
    money = pd.DataFrame([("land", 2026, 0.0), ("land", 2027, None)], columns=["ledger", "year", "used"])
    assert of(made(money=money), "师市财政局") == [("", "落实 2027 年划拨土地成本资金 不详", "2027-12-31")]


def test_school_places_are_owed_missing_there_or_unknown() -> None:
    assert {what for _, what, _ in of(made(), "师市教育局")} == {
        "小学：缺学位 35 个，须与住房同步解决",
        "幼儿园：落实入学安排",
        "小学：核实学位余缺，落实入学安排",
    }


def test_every_project_is_supplied_once_and_priced_once() -> None:
    bare = duties(made_papers.plan())
    assert len(bare) == 2 * 4
    assert (bare["what"] == "核定并公布配售价格（一项目一定价）").sum() == 4
    assert bare.loc[bare["what"] == "完成存量住房收购", "parcel_id"].tolist() == ["CF-001"]


def test_what_no_department_is_named_for_falls_to_the_unit_and_keeps_its_clause() -> None:
    row = made()[made()["what"] == "军事设施意见"].iloc[0]
    assert (row["department"], row["source"], row["evidence"]) == ("军垦街道", "本单位规定", "G")


def test_a_parcel_that_is_not_in_the_plan_makes_no_duty() -> None:
    assert "DK-999" not in set(made()["parcel_id"])


def test_the_user_names_departments_and_they_are_marked_so() -> None:
    table = made(own={"soil_survey": "师市环保中心"})
    row = table[table["department"] == "师市环保中心"].iloc[0]
    assert (row["what"], row["evidence"]) == ("土壤污染状况调查", "U")
    assert "师市生态环境局" not in set(table["department"])


def test_money_belongs_to_no_parcel_and_an_unknown_ledger_is_refused() -> None:
    money = made()[made()["department"] == "师市财政局"]
    assert set(money["parcel_id"]) == {""}
    assert "落实 2026 年配套设施资金 125.00 万元（公共账）" in set(money["what"])
    wrong = pd.DataFrame([("both", 2026, 1.0)], columns=["ledger", "year", "used"])
    with pytest.raises(ValueError, match="money"):
        made(money=wrong)


@pytest.mark.parametrize(
    ("quarter", "day"),
    [
        *(("2026Q2", "2026-06-30"), ("三季度", "2026-09-30"), ("第一季度", "2026-03-31"), (4, "2026-12-31")),
        *((2.0, "2026-06-30"), (None, "2026-12-31"), ("待定", "2026-12-31"), ("2026年第3季度", "2026-09-30")),
    ],
)
def test_papers_are_due_by_the_end_of_the_quarter_or_of_the_year(quarter: object, day: str) -> None:
    assert supply_day({"year": 2026, "quarter": quarter}) == day


@pytest.mark.parametrize(
    ("delivery", "day"),
    [
        (None, "2026-12-31"),
        (2028, "2028-12-31"),
        ("2028-10-15", "2028-10-15"),
        (2028.0, "2028-12-31"),
        ("", "2026-12-31"),
    ],
)
def test_what_serves_the_homes_is_due_when_they_are_delivered(delivery: object, day: str) -> None:
    assert delivery_day({"year": 2026, "delivery": delivery}) == day


def test_the_order_of_the_rows_changes_nothing() -> None:
    whole = made()
    for turn in itertools.islice(itertools.permutations(range(4)), 0, 24, 5):
        shuffled = duties(
            made_papers.plan().iloc[list(turn)],
            owed=made_papers.owed().iloc[::-1],
            utilities=made_papers.utilities().iloc[::-1],
            schools=made_papers.schools().iloc[::-1],
            money=made_papers.budgets().iloc[::-1],
        )
        pd.testing.assert_frame_equal(shuffled, whole)
    assert tuple(whole.columns) == DUTY_COLUMNS


def test_an_empty_plan_has_no_duty() -> None:
    assert duties(made_papers.plan().iloc[:0]).empty


def test_english_duties_hold_no_chinese_of_ours() -> None:
    table = duties(made_papers.plan(), utilities=made_papers.utilities(), money=made_papers.budgets(), language="en")
    ours = "".join([*table["department"], *table["what"], *table["source"]])
    assert not [c for c in ours if "\u4e00" <= c <= "\u9fff"]


def test_every_need_and_every_gate_of_the_shipped_rules_has_a_department() -> None:
    gates = {name for name, rule in shipped()["cn"].rules.items() if rule.action == "gate"}
    assert NEEDS.keys() | gates <= departments().keys()
    assert all(set(each.evidence) <= set("RSMCGU/") for each in departments().values())
    assert department("nothing").zh == UNIT


def test_settings_refuse_a_duty_that_does_not_exist() -> None:
    block = PapersBlock(departments={"soil_survey": "A", "soil": "B", "rail": " ", "own": "C"})
    problems = papers_problems(block, frozenset({"own"}))
    assert [(each.code, each.found) for each in problems] == [("unknown_duty", "soil"), ("nameless_department", "rail")]
    assert all(each.line("zh") and each.line("en") for each in problems)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_quarter_is_read_as_either_language_writes_it(language: Language) -> None:
    assert [quarter_of(text(f"papers.quarter.{number}", language)) for number in range(1, 5)] == [1, 2, 3, 4]
