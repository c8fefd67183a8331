"""The quota block: what it takes, what it refuses, and what it tells against units and parcels."""

import tomllib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from siting.base.errors import Problem
from siting.base.quota_settings import CHOICES, QuotaBlock, quota_problems
from siting.base.settings_checks import validated

WHOLE = """
confirmed = true
years = [2026, 2027]
homes = [120, 90]
unit = { "DW-1" = [60, 40] }
over = [0, 5]
unit_over = { "DW-1" = [0, 2] }
land_budget_yuan = [1e7, 2.5e6]
public_budget_yuan = [5_000_000, 0]
stock_share = [0.0, 0.5]
apart = { within_m = 800, homes = 300 }
exclude = [["A", "B", "C"]]
need = [["A", "D"]]
must = ["A"]
must_not = ["E"]
gate_ready = { soil_survey = "2026-06-30", farm_conversion = 2027-03-01 }
gate_days = { consent = 60 }
school_places = true
discount = [1.0, 0.9]
regret = { high = 1.3, low = 0.7 }
[[lots]]
together = ["B", "D"]
"""
UNITS = {"DW-1": "晨光街道", "DW-2": "红柳街道"}
PARCELS = ("A", "B", "C", "D", "E")
BASE = {"confirmed": True, "years": [2026, 2027], "homes": [120, 90]}


def block(**keys: object) -> QuotaBlock:
    return QuotaBlock.model_validate({**BASE, **keys})


def told(quota: QuotaBlock, **more: object) -> list[tuple[str, str]]:
    found = quota_problems(quota, UNITS, PARCELS, **more)  # type: ignore[arg-type]
    return [(each.code, each.where) for each in found]


def test_a_quota_with_every_key_is_read_from_text_and_has_nothing_amiss() -> None:
    quota, problems = validated(QuotaBlock, tomllib.loads(WHOLE), "siting.toml")
    assert problems == []
    assert quota is not None
    assert quota.unit == {"DW-1": (60, 40)}
    assert quota.lots[0].together == ("B", "D")
    assert quota.gate_ready == {"soil_survey": date(2026, 6, 30), "farm_conversion": date(2027, 3, 1)}
    gates = ("soil_survey", "farm_conversion", "consent")
    assert told(quota, gates=gates, schools=("primary",)) == []


@pytest.mark.parametrize("lacking", ["confirmed", "years", "homes"])
def test_confirmation_years_and_homes_have_no_default(lacking: str) -> None:
    with pytest.raises(ValidationError):
        QuotaBlock.model_validate({key: value for key, value in BASE.items() if key != lacking})


@pytest.mark.parametrize(
    ("keys", "where"),
    [
        ({"years": [2027, 2026]}, ""),
        ({"years": [2026, 2026]}, ""),
        ({"homes": [120, -1]}, "homes 2"),
        ({"homes": [120, 90.5]}, "homes 2"),
        ({"homes": [True, 90]}, "homes 1"),
        ({"stock_share": [0.6, 0.5]}, ""),
        ({"stock_share": [0.0, 1.5]}, "stock_share 2"),
        ({"land_budget_yuan": [float("inf"), 1]}, "land_budget_yuan 1"),
        ({"exclude": [["A"]]}, "exclude 1"),
        ({"lots": [{"together": ["A"]}]}, "lots 1.together"),
        ({"gate_ready": {"soil_survey": "2026-06-31"}}, "gate_ready.soil_survey"),
        ({"regret": {"high": 0}}, "regret.high"),
        ({"gap": 1.0}, "gap"),
        ({"budget": [1, 1]}, "budget"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_key(keys: dict[str, object], where: str) -> None:
    quota, problems = validated(QuotaBlock, {**BASE, **keys}, "siting.toml")
    assert quota is None
    assert [each.where for each in problems] == [where]


def test_an_unconfirmed_quota_is_a_refusal() -> None:
    found = quota_problems(block(confirmed=False), UNITS, PARCELS)
    assert [(each.code, each.level) for each in found] == [("quota_unconfirmed", "refuse")]


def test_every_list_has_one_number_a_year() -> None:
    quota = block(homes=[120], over=[0, 0, 0], unit={"DW-1": [60]}, discount=[1.0], purchase_budget_yuan=[1, 2])
    assert told(quota) == [
        ("quota_length", "quota.homes"),
        ("quota_length", "quota.over"),
        ("quota_length", "quota.discount"),
        ("quota_length", "quota.unit.DW-1"),
    ]
    assert told(block(homes=[])) == [("quota_length", "quota.homes")]


def test_a_quota_of_no_homes_is_warned_of() -> None:
    found = quota_problems(block(homes=[0, 0]), UNITS, PARCELS)
    assert [(each.code, each.level) for each in found] == [("quota_nothing", "warn")]


def test_units_that_ask_for_more_than_the_total_are_told_with_both_figures() -> None:
    # 2026: 70 + 60 = 130 > 120, 10 too many; 2027: 40 + 50 = 90, exactly the total
    found = quota_problems(block(unit={"DW-1": [70, 40], "DW-2": [60, 50]}), UNITS, PARCELS)
    assert [(each.code, each.found, each.expected, dict(each.values)) for each in found] == [
        ("quota_units_exceed", "130", "120", {"year": "2026", "homes": "10"})
    ]
    assert "130" in found[0].message("zh")
    assert "120" in found[0].message("en")


def test_a_unit_named_by_its_title_is_told_with_its_id() -> None:
    found = quota_problems(block(unit={"晨光街道": [1, 1], "DW-9": [0, 0]}), UNITS, PARCELS)
    assert [(each.code, each.found, each.expected) for each in found] == [
        ("unknown_unit", "晨光街道", "DW-1"),
        ("unknown_unit", "DW-9", "DW-2, DW-1"),
    ]


def test_homes_beyond_a_quota_that_is_not_there_are_told() -> None:
    assert told(block(unit_over={"DW-2": [1, 1]})) == [("quota_over_alone", "quota.unit_over")]


def test_parcels_that_are_unknown_twice_or_in_two_lists_are_told() -> None:
    lots = [{"together": ["A", "B"]}, {"together": ["B", "X"]}]
    quota = block(lots=lots, exclude=[["C", "C"]], need=[["D", "Y"]], must=["E", "A"], must_not=["E"])
    assert told(quota) == [
        ("quota_parcel", "quota.lots"),
        ("quota_parcel_twice", "quota.exclude"),
        ("quota_parcel", "quota.need"),
        ("quota_parcel_both", "quota.must"),
        ("quota_lots_share", "quota.lots"),
    ]


def test_gates_are_known_documents_with_one_way_to_say_when() -> None:
    quota = block(gate_ready={"soil_survey": "2026-06-30", "sol": "2026-06-30"}, gate_days={"soil_survey": 30})
    assert told(quota, gates=("soil_survey",)) == [
        ("wrong_value", "quota.gate_ready"),
        ("quota_gate_twice", "quota.gate_days"),
    ]


def test_school_places_need_a_school() -> None:
    assert told(block(school_places=True)) == [("missing_key", "quota.school_places")]


def test_a_gate_opens_on_its_day_or_so_many_days_after_the_documents() -> None:
    quota = block(gate_ready={"soil_survey": "2026-06-30"}, gate_days={"consent": 60})
    start = date(2025, 12, 31)
    assert quota.gate_opens("soil_survey", None) == date(2026, 6, 30)
    assert quota.gate_opens("consent", start) == date(2026, 3, 1)  # 31 + 28 + 1 = 60 days on
    assert quota.gate_opens("consent", None) is None
    assert quota.gate_opens("clear_title", start) is None


def test_the_marks_say_which_values_of_the_search_are_guesses() -> None:
    marks = block(gap=0.01).marks
    assert tuple(marks) == CHOICES
    assert marks["gap"] == (0.01, "U")
    assert marks["time_limit_s"] == (60.0, "G")


@given(
    rows=st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=2, max_size=2),
    total=st.tuples(st.integers(0, 100), st.integers(0, 100)),
)
def test_a_year_is_told_exactly_when_its_units_exceed_its_total(
    rows: list[tuple[int, int]], total: tuple[int, int]
) -> None:
    quota = block(homes=total, unit=dict(zip(UNITS, rows, strict=True)))
    found = [each for each in quota_problems(quota, UNITS, PARCELS) if each.code == "quota_units_exceed"]
    over = [str(2026 + year) for year in (0, 1) if rows[0][year] + rows[1][year] > total[year]]
    assert [each.values["year"] for each in found] == over


def test_every_problem_of_a_quota_has_its_sentences() -> None:
    quota = block(
        confirmed=False, homes=[0], unit={"X": [9, 9]}, unit_over={"Y": [1, 1]}, must=["A"], must_not=["A", "Q", "Q"]
    )
    problems: list[Problem] = quota_problems(quota, UNITS, PARCELS)
    assert len(problems) >= 6
    assert all(each.line("zh") and each.line("en") for each in problems)
