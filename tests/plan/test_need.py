"""The need: ledgers and the waiting list counted by unit, group and size, each household once."""

from datetime import date

import pandas as pd
import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.indicators.home_wishes import wished_band
from siting.plan.need import Need, by_unit, due_year, ledger, months_waited, waiting
from siting.plan.need_cells import band_label, day_of, households_of

UNITS = {"DW-1": "晨光街道", "DW-2": "红柳街道", "DW-3": "沙枣镇"}
COLUMNS = ("id", "unit", "group", "area_band", "date")


def rows(*lines: tuple[str, ...], columns: tuple[str, ...] = COLUMNS) -> pd.DataFrame:
    return pd.DataFrame(lines, columns=list(columns), dtype=object)


def codes(need: Need) -> list[str]:
    return [each.code for each in need.problems]


LIST = rows(
    ("L1", "晨光街道", "机关事业", "60-90", "2025-01-31"),
    ("L2", "DW-1", "公务员", "60—90㎡", "2024-06-01"),
    ("L3", "DW-1", "企业", "90以下", ""),
    ("L4", "红柳街道", "居民", "", "2025-03-01"),
)


def test_a_waiting_list_is_counted_by_unit_group_and_size() -> None:
    need = ledger({"list": LIST}, UNITS, read_band=wished_band)
    assert need.table.to_numpy().tolist() == [
        ["DW-1", "晨光街道", "行政事业", "60-90", 2],
        ["DW-1", "晨光街道", "企业", "≤90", 1],
        ["DW-2", "红柳街道", "居民", "", 1],
    ]
    assert by_unit(need.table).to_dict() == {"DW-1": 3, "DW-2": 1}
    assert need.homes == 4
    assert need.problems == ()


def test_a_ledger_with_households_counts_them_and_lists_rows_without_a_number() -> None:
    table = rows(
        ("1", "DW-1", "企业", "40"),
        ("2", "DW-1", "企业", "2.5"),
        ("3", "DW-2", "居民", None),
        ("4", "DW-2", "居民", "0"),
        columns=("id", "unit", "group", "homes"),
    )
    need = ledger({"sums": table}, UNITS)
    assert need.homes == 40
    assert need.rows["why"].tolist() == ["", "homes", "homes", ""]
    assert [(each.code, each.found, each.values["ids"]) for each in need.problems] == [("need_homes", "2", "2, 3")]
    assert ledger({"sums": table}, UNITS, households_per_row={"sums": "one"}).homes == 4


def test_a_household_in_two_ledgers_counts_once_from_its_earliest_date_and_stays_urgent() -> None:
    columns = ("id", "unit", "group", "date", "urgent")
    first = rows(("L1", "DW-1", "企业", "2025-05-01", "是"), ("L2", "DW-1", "企业", "2025-05-01", ""), columns=columns)
    second = rows(("L1", "晨光街道", "企业职工", "2024-05-01", "否"), columns=columns)
    need = ledger({"a": first, "b": second}, UNITS)
    assert need.homes == 2
    assert need.rows[["layer", "id", "why", "urgent"]].to_numpy().tolist() == [
        ["b", "L1", "", True],
        ["a", "L1", "twice", True],
        ["a", "L2", "", False],
    ]
    assert [(each.code, each.found, each.values["ids"]) for each in need.problems] == [("need_twice", "1", "L1")]


def test_the_same_applicant_is_one_household_whatever_its_ids_and_units() -> None:
    columns = ("id", "applicant", "unit", "group")
    need = ledger(
        {
            "a": rows(("1", "P", "DW-1", "企业"), ("2", "Q", "DW-1", "企业"), columns=columns),
            "b": rows(("7", "P", "DW-2", "居民"), ("2", "R", "DW-1", "企业"), columns=columns),
        },
        UNITS,
    )
    # P counts once; Q and R share a number of their rows but are two applicants
    assert need.homes == 3
    assert codes(need) == ["need_twice"]


def test_the_same_id_under_another_unit_is_counted_and_told() -> None:
    tables = {
        "a": rows(("1", "DW-1", "企业", "", "")),
        "b": rows(("1", "DW-2", "企业", "", "")),
    }
    need = ledger(tables, UNITS)
    assert need.homes == 2
    assert [(each.code, each.values["ids"]) for each in need.problems] == [("need_same_id", "1")]


def test_a_row_of_unknown_unit_stays_with_an_empty_unit_and_is_told_by_its_id() -> None:
    need = ledger({"list": rows(("L1", "晨光", "企业", "", ""), ("", "", "企业", "", ""))}, UNITS)
    assert by_unit(need.table).to_dict() == {"": 2}
    assert [(each.code, each.found, each.values["ids"]) for each in need.problems] == [("need_no_unit", "2", "1, L1")]
    assert need.rows["unit_written"].tolist() == ["", "晨光"]


def test_a_name_that_two_units_have_is_no_unit() -> None:
    need = ledger({"list": rows(("L1", "新镇", "企业", "", ""))}, {"A": "新镇", "B": "新镇"})
    assert by_unit(need.table).to_dict() == {"": 1}


def test_the_citys_own_institutions_stand_apart_until_the_user_places_them() -> None:
    tables = {"list": rows(("L1", "师市本级", "机关", "", ""), ("L2", "DW-2", "机关", "", ""))}
    apart = ledger(tables, UNITS)
    assert by_unit(apart.table).to_dict() == {"DW-2": 1, "市本级": 1}
    assert codes(apart) == ["need_city_apart"]
    placed = ledger(tables, UNITS, city_unit="DW-2")
    assert by_unit(placed.table).to_dict() == {"DW-2": 2}
    assert codes(placed) == ["need_city_placed"]
    with pytest.raises(ValueError, match="city_unit"):
        ledger(tables, UNITS, city_unit="市区")


def test_cells_that_cannot_be_read_are_told_and_left_empty() -> None:
    table = rows(
        ("L1", "DW-1", "退休", "大户型", "去年", "急"),
        ("L2", "DW-1", "", "60-90", "2026-02-01", "是"),
        columns=(*COLUMNS, "urgent"),
    )
    need = ledger({"list": table}, UNITS, read_band=wished_band, day=date(2025, 12, 31))
    found = {each.code: (each.found, each.values["ids"]) for each in need.problems}
    assert found == {
        "need_group": ("2", "—, 退休"),
        "need_band": ("1", "L1"),
        "need_date": ("1", "L1"),
        "need_future": ("1", "L2"),
        "need_urgent": ("1", "L1"),
    }
    assert need.table["group"].unique().tolist() == ["其他"]
    assert all(each.line("zh") and each.line("en") for each in need.problems)


def test_sums_beside_households_are_told_as_perhaps_counted_twice() -> None:
    sums = rows(("1", "DW-1", "企业", "5"), columns=("id", "unit", "group", "homes"))
    need = ledger({"list": rows(("1", "DW-1", "企业", "", "")), "sums": sums}, UNITS)
    assert need.homes == 6
    assert [(each.code, each.found, each.expected) for each in need.problems] == [("need_sums", "sums", "list")]


def test_no_ledger_and_an_empty_one_are_a_need_of_nothing() -> None:
    for tables in ({}, {"list": rows()}):
        need = ledger(tables, UNITS)
        assert need.homes == 0
        assert need.table.columns.tolist() == ["unit", "unit_name", "group", "area_band", "homes"]
        assert len(waiting(need, date(2025, 12, 31), longest_wait_months=12)) == 0


def test_rows_may_share_an_index_label_and_days_before_any_waiting_list_are_none() -> None:
    table = rows(("L1", "DW-1", "企业", "", "1900-01-01"), ("L2", "?", "企业", "", "2025-01-01"))
    need = ledger({"list": table.set_axis([7, 7])}, UNITS)
    assert need.rows["row"].tolist() == [7, 7]
    assert need.homes == 2
    assert codes(need) == ["need_no_unit", "need_date"]


def test_inputs_stay_as_they_are() -> None:
    table = LIST.copy()
    ledger({"list": table}, UNITS, read_band=wished_band)
    pd.testing.assert_frame_equal(table, LIST)


def test_the_waiting_list_runs_from_the_oldest_with_the_undated_last() -> None:
    need = ledger({"list": LIST}, UNITS, read_band=wished_band)
    table = waiting(need, date(2025, 12, 31), longest_wait_months=12)
    assert table["id"].tolist() == ["L2", "L1", "L4", "L3"]
    # 1 June 2024 to 31 December 2025: 18 whole months; 31 January: 11; 1 March: 9
    assert table["waited_months"].tolist()[:3] == [18, 11, 9]
    assert table["due_year"].tolist()[:3] == [2025, 2026, 2026]
    assert table["overdue"].tolist()[:3] == [True, False, False]
    assert table.loc[3, ["waited_months", "due_year", "overdue"]].isna().all()
    bare = waiting(need, date(2025, 12, 31))
    assert bare["due_year"].isna().all()
    assert bare["overdue"].isna().all()
    with pytest.raises(ValueError, match="longest_wait_months"):
        waiting(need, date(2025, 12, 31), longest_wait_months=0)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2025-12-01", date(2025, 12, 1)),
        ("2025/2/3", date(2025, 2, 3)),
        ("2025年2月3日", date(2025, 2, 3)),
        ("20250203", date(2025, 2, 3)),
        ("2025-02-03 00:00:00", date(2025, 2, 3)),
        (pd.Timestamp("2025-02-03"), date(2025, 2, 3)),
        (date(2025, 2, 3), date(2025, 2, 3)),
        ("2025-02-30", None),
        ("2025-12", None),
        ("45992", None),
        (pd.NaT, None),
        (None, None),
    ],
)
def test_days_are_read_as_offices_write_them(written: object, day: date | None) -> None:
    assert day_of(written) == day


@pytest.mark.parametrize(
    ("written", "homes"), [("12", 12), ("12.0", 12), (3.0, 3), ("-1", None), ("", None), ("x", None)]
)
def test_households_are_whole_numbers(written: object, homes: int | None) -> None:
    assert households_of(written) == homes


@pytest.mark.parametrize(
    ("written", "label"), [("60~90", "60-90"), ("60以下", "≤60"), ("120以上", "≥120"), ("", ""), ("大", None)]
)
def test_size_bands_have_one_spelling(written: str, label: str | None) -> None:
    assert band_label(written, wished_band) == label
    assert band_label(written, None) == written.replace("~", "-")


DAYS = st.dates(date(2015, 1, 1), date(2030, 12, 31))


@given(start=DAYS, end=DAYS)
def test_whole_months_are_those_of_the_calendar(start: date, end: date) -> None:
    found = months_waited(pd.Series(pd.to_datetime([start])), end).iloc[0]
    if start > end:
        assert found is pd.NA
    else:
        assert start + relativedelta(months=found) <= end < start + relativedelta(months=found + 1)


@given(start=DAYS, months=st.integers(1, 120))
def test_a_wait_ends_in_the_year_that_the_calendar_says(start: date, months: int) -> None:
    expected = (start + relativedelta(months=months)).year
    assert due_year(pd.Series(pd.to_datetime([start])), months).iloc[0] == expected


CELL = {
    "id": st.sampled_from(["", "1", "2", "3", "4"]),
    "applicant": st.sampled_from(["", "", "P", "Q"]),
    "unit": st.sampled_from(["", "DW-1", "晨光街道", "DW-2", "市本级", "x"]),
    "group": st.sampled_from(["", "企业", "机关", "居民"]),
    "area_band": st.sampled_from(["", "60-90", "90以下", "?"]),
    "date": st.sampled_from(["", "2024-01-01", "2025-06-30", "bad"]),
    "urgent": st.sampled_from(["", "是", "否"]),
}
TABLE = st.lists(st.fixed_dictionaries(CELL), max_size=8).map(lambda lines: pd.DataFrame(lines, columns=list(CELL)))


@settings(max_examples=30, deadline=None)
@given(first=TABLE, second=TABLE, seed=st.randoms(use_true_random=False))
def test_every_row_stays_and_no_order_of_rows_or_files_changes_the_count(
    first: pd.DataFrame, second: pd.DataFrame, seed: object
) -> None:
    need = ledger({"a": first, "b": second}, UNITS, read_band=wished_band)
    assert len(need.rows) == len(first) + len(second)
    assert need.homes == need.rows["counted"].sum() == by_unit(need.table).sum()
    assert (need.rows["counted"] == (need.rows["why"] == "")).all()
    order = list(range(len(first)))
    seed.shuffle(order)  # type: ignore[attr-defined]
    again = ledger({"b": second, "a": first.iloc[order]}, UNITS, read_band=wished_band)
    pd.testing.assert_frame_equal(again.table, need.table)
    assert codes(again) == codes(need)


@settings(max_examples=30, deadline=None)
@given(first=TABLE)
def test_a_ledger_read_twice_under_two_names_is_no_more_need_where_rows_tell_who_they_are(first: pd.DataFrame) -> None:
    named = first[(first["id"] != "") & (first["applicant"] == "")]
    alone = ledger({"a": named}, UNITS).table
    pd.testing.assert_frame_equal(
        ledger({"a": named, "b": named}, UNITS).table.drop(columns="area_band"), alone.drop(columns="area_band")
    )
