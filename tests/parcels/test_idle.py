"""Idle land by the law: the days, shares and causes that make it so, each checked on a calendar."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siting.parcels.idle import check_idle, idle

COLUMNS = ("start_due", "started_on", "stopped_on", "government_cause")


def land(**facts: object) -> pd.DataFrame:
    """Return one parcel of idle land, A, with every column; what is not told is empty."""
    row = {"origin": "idle_land", **dict.fromkeys(COLUMNS, ""), "built_share": np.nan, "invested_share": np.nan}
    return pd.DataFrame([{**row, **facts}], index=["A"])


def judged(day: str, **facts: object) -> pd.Series:
    """Return what the law makes of one parcel on a day."""
    return idle(land(**facts), date.fromisoformat(day)).loc["A"]


def state(day: str, **facts: object) -> str:
    """Return the state only."""
    return judged(day, **facts)["state"]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2022-02-28", "not_idle"),
        ("2022-03-01", "not_idle"),
        ("2023-02-28", "not_idle"),
        ("2023-03-01", "fee_due"),
        ("2024-02-29", "fee_due"),
        ("2024-03-01", "reclaimable_free"),
        ("2030-01-01", "reclaimable_free"),
    ],
)
def test_land_not_started_is_idle_after_365_days_and_may_be_taken_back_after_two_years(day: str, expected: str) -> None:
    assert state(day, start_due="2022-03-01", government_cause="no") == expected


def test_a_leap_day_makes_365_days_end_one_calendar_day_early() -> None:
    assert state("2024-12-30", start_due="2024-01-01", government_cause="no") == "not_idle"
    assert state("2024-12-31", start_due="2024-01-01", government_cause="no") == "fee_due"


def test_two_years_from_29_february_end_on_28_february() -> None:
    assert state("2026-02-27", start_due="2024-02-29", government_cause="no") == "fee_due"
    assert state("2026-02-28", start_due="2024-02-29", government_cause="no") == "reclaimable_free"


def test_a_built_share_of_nothing_is_no_start() -> None:
    assert state("2023-03-01", start_due="2022-03-01", built_share=0.0, government_cause="no") == "fee_due"
    assert state("2023-03-01", start_due="2022-03-01", built_share=0.01, government_cause="no") != "fee_due"


def test_the_day_since_and_the_days_are_told() -> None:
    found = judged("2023-03-01", start_due="2022-03-01", government_cause="no")
    assert (found["since"], found["days"], found["evidence"]) == (pd.Timestamp("2022-03-01"), 365, "R")
    assert found["why_zh"].startswith("约定 2022-03-01 开工，至 2023-03-01 已逾期 365 天未开工，属闲置土地，满一年")
    assert "up to 20% of the land price" in found["why_en"]
    assert "城市房地产管理法 26" in found["clause"]
    [reason] = found["reasons"]
    assert reason.short == "idle:fee_due 365 d"


@pytest.mark.parametrize("day", ["2023-03-01", "2026-01-01"])
def test_government_cause_rules_out_fee_and_taking_back(day: str) -> None:
    found = judged(day, start_due="2022-03-01", government_cause="yes")
    assert found["state"] == "idle_government_cause"
    assert "neither a fee" in found["why_en"]


def test_where_the_cause_is_not_told_land_is_idle_and_the_consequence_stays_open() -> None:
    found = judged("2026-01-01", start_due="2022-03-01")
    assert (found["state"], found["missing"]) == ("idle", ("government_cause",))


@pytest.mark.parametrize(
    ("built", "invested", "expected"),
    [
        (0.33, 0.9, "idle"),
        (0.9, 0.2499, "idle"),
        (1 / 3, 0.25, "not_idle"),
        (0.9, 0.9, "not_idle"),
        (0.1, np.nan, "idle"),
        (np.nan, 0.1, "idle"),
    ],
)
def test_stopped_land_is_idle_where_too_little_is_built_or_invested(
    built: float, invested: float, expected: str
) -> None:
    facts = {"started_on": "2021-01-01", "stopped_on": "2022-01-01"}
    assert state("2023-01-01", **facts, built_share=built, invested_share=invested) == expected
    assert state("2022-12-31", **facts, built_share=built, invested_share=invested) == "not_idle"


def test_stopped_land_names_what_is_short() -> None:
    facts = {"started_on": "2021-01-01", "stopped_on": "2022-01-01", "built_share": 0.1, "invested_share": 0.1}
    found = judged("2023-01-01", **facts)
    assert (found["since"], found["days"]) == (pd.Timestamp("2022-01-01"), 365)
    assert "开发面积不足三分之一、投资不足 25%" in found["why_zh"]
    assert state("2023-01-01", **facts, government_cause="yes") == "idle_government_cause"


def test_no_fee_and_no_taking_back_from_land_that_was_started() -> None:
    facts = {"start_due": "2015-01-01", "started_on": "2015-06-01", "stopped_on": "2016-01-01", "built_share": 0.1}
    assert state("2025-01-01", **facts, government_cause="no") == "idle"


@pytest.mark.parametrize(
    ("facts", "missing"),
    [
        ({}, ("start_due",)),
        ({"stopped_on": "2020-01-01"}, ("built_share", "invested_share")),
        ({"stopped_on": "2020-01-01", "built_share": 0.5}, ("invested_share",)),
        ({"stopped_on": "2020-01-01", "invested_share": 0.5}, ("built_share",)),
    ],
)
def test_what_is_missing_leaves_the_question_open_and_is_named(facts: dict, missing: tuple[str, ...]) -> None:
    found = judged("2025-01-01", **facts)
    assert (found["state"], found["missing"]) == ("unknown", missing)
    assert found["why_en"].startswith("whether it is idle cannot be said; missing: ")


def test_a_column_that_is_not_there_is_missing_and_an_empty_date_in_one_has_not_happened() -> None:
    bare = land(start_due="2020-01-01", government_cause="no")
    assert idle(bare, date(2025, 1, 1))["state"].tolist() == ["reclaimable_free"]
    found = idle(bare.drop(columns="started_on"), date(2025, 1, 1)).loc["A"]
    assert (found["state"], found["missing"]) == ("unknown", ("started_on",))
    working = land(started_on="2020-01-01")
    assert idle(working, date(2025, 1, 1))["state"].tolist() == ["not_idle"]
    found = idle(working.drop(columns="stopped_on"), date(2025, 1, 1)).loc["A"]
    assert (found["state"], found["missing"]) == ("unknown", ("stopped_on",))


def test_a_start_yet_to_come_is_no_start() -> None:
    assert state("2025-01-01", start_due="2020-01-01", started_on="2026-01-01", government_cause="no") == (
        "reclaimable_free"
    )
    assert state("2025-01-01", start_due="2026-01-01") == "not_idle"


def test_dates_that_contradict_each_other_decide_nothing_and_are_told_by_id() -> None:
    table = land(started_on="2022-01-01", stopped_on="2021-01-01", built_share=0.1)
    found = idle(table, date(2025, 1, 1))
    assert found["state"].tolist() == ["unknown"]
    [problem] = check_idle(found, table, "p.csv")
    assert (problem.code, problem.item, problem.level) == ("days_contradict", "A", "warn")
    assert problem.found == "started_on 2022-01-01, stopped_on 2021-01-01"


def test_without_a_day_to_judge_by_nothing_is_judged() -> None:
    found = idle(land(start_due="2020-01-01", government_cause="no"), None).loc["A"]
    assert (found["state"], found["missing"]) == ("unknown", ("day",))
    assert found["why_zh"] == "是否闲置无法判断，缺：判断日期"


def test_the_question_arises_for_idle_origins_and_wherever_dates_are_given() -> None:
    rows = [land(), land(origin="idle_industrial"), land(origin="new_allot"), land(origin="", start_due="2020-01-01")]
    table = pd.concat(rows).set_axis(list("ABCD"))
    assert idle(table, date(2025, 1, 1))["state"].tolist() == ["unknown", "unknown", "", "idle"]


def test_an_idle_building_to_convert_is_no_idle_land_unless_its_dates_are_given() -> None:
    building = land(origin="idle_commercial", kind="conversion")
    assert idle(building, date(2025, 1, 1))["state"].tolist() == [""]
    dated = building.assign(start_due="2020-01-01")
    assert idle(dated, date(2025, 1, 1))["state"].tolist() == ["idle"]
    assert idle(building.assign(kind="land"), date(2025, 1, 1))["state"].tolist() == ["unknown"]


def test_a_table_without_any_of_the_columns_asks_nothing() -> None:
    found = idle(pd.DataFrame({"kind": ["land"]}, index=["A"]), date(2025, 1, 1))
    assert found.loc["A", ["state", "why_zh", "missing"]].tolist() == ["", "", ()]
    assert found["days"].isna().all()
    assert idle(pd.DataFrame({"kind": []}), date(2025, 1, 1)).empty


def test_idle_land_whose_dates_say_otherwise_is_warned_of_by_id() -> None:
    table = pd.concat([land(start_due="2024-06-01"), land(start_due="2020-01-01")]).set_axis(["A", "B"])
    [problem] = check_idle(idle(table, date(2025, 1, 1)), table, "p.csv")
    assert (problem.code, problem.item, problem.found) == ("not_idle", "A", "start_due 2024-06-01")
    other = table.assign(origin="new_allot")
    assert check_idle(idle(other, date(2025, 1, 1)), other, "p.csv") == []


def test_land_supplied_after_the_cut_off_is_no_old_idle_land_for_special_bonds() -> None:
    after = judged("2026-12-01", start_due="2025-01-01", supplied_on="2024-11-08", government_cause="no")
    assert [reason.code for reason in after["reasons"]] == ["idle", "after_cut_off"]
    assert "2024-11-08" in after["why_zh"]
    on = judged("2026-12-01", start_due="2025-01-01", supplied_on="2024-11-07", government_cause="no")
    assert [reason.code for reason in on["reasons"]] == ["idle"]


def test_dates_may_be_text_or_datetimes_and_the_input_is_not_changed() -> None:
    table = land(start_due="2022-03-01", government_cause="no")
    before = table.copy(deep=True)
    typed = table.assign(**{name: pd.to_datetime(table[name].where(table[name] != "")) for name in COLUMNS[:3]})
    assert idle(typed, date(2023, 3, 1)).equals(idle(table, date(2023, 3, 1)))
    pd.testing.assert_frame_equal(table, before)


DAY = st.dates(min_value=date(2000, 1, 1), max_value=date(2040, 12, 31))


@given(due=DAY, day=DAY)
def test_the_states_of_land_not_started_follow_the_calendar(due: date, day: date) -> None:
    found = state(day.isoformat(), start_due=due.isoformat(), government_cause="no")
    later = due + timedelta(days=365)
    leap = (due.month, due.day) == (2, 29)
    two_years = date(due.year + 2, 2, 28) if leap else due.replace(year=due.year + 2)
    assert found == ("not_idle" if day < later else "fee_due" if day < two_years else "reclaimable_free")
