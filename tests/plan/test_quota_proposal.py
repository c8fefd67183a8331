"""From the need to a proposed quota: every figure adds up, and nothing is used until the office confirms it."""

import re
import tomllib

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.base.quota_settings import QuotaBlock, quota_problems
from siting.plan.need import Need, ledger
from siting.plan.quota_proposal import Proposal, propose, quota_toml

UNITS = {"A": "甲镇", "B": "乙镇", "C": "丙镇"}
YEARS = [2026, 2027, 2028]


def need(*lines: tuple[str, str, str], units: dict[str, str] | None = None) -> Need:
    """Return a need of rows (unit, date, urgent), each a household of its own."""
    table = pd.DataFrame(lines, columns=["unit", "date", "urgent"], dtype=object)
    return ledger({"list": table.assign(id=[f"L{n}" for n in range(len(lines))], group="企业")}, units or UNITS)


def figures(proposal: Proposal, unit: str) -> list[list[int]]:
    table = proposal.table[proposal.table["unit"] == unit]
    return table[["due", "spread", "committed", "proposed"]].to_numpy().tolist()


TEN = need(
    ("A", "", "是"),
    *[("A", "2023-05-01", "")] * 2,
    ("A", "2024-07-01", ""),
    *[("A", "2027-01-01", "")] * 3,
    *[("A", "", "")] * 3,
)


def test_what_is_due_comes_first_and_the_rest_is_spread_less_the_homes_under_way() -> None:
    # 36 months: May 2023 ends in 2026 (2 homes), July 2024 in 2027 (1), January 2027 in 2030, after the years
    # 2026: 1 urgent + 2 due, 6 others / 3 = 2, less 4 under way: 3 + 2 - 4 = 1
    proposal = propose(TEN, years=YEARS, wait_months=36, committed={"A": 4})
    assert figures(proposal, "A") == [[3, 2, 4, 1], [1, 2, 0, 3], [0, 2, 0, 2]]
    assert proposal.totals.to_dict() == {2026: 1, 2027: 3, 2028: 2}
    assert proposal.table.loc[0, "arithmetic_zh"] == (
        "急需和轮候到期 3 户 + 其余 6 户分 3 年均摊，本年 2 户 − 在建在筹 4 套 = 建议 1 套"
    )
    assert proposal.problems == ()


def test_without_a_longest_wait_only_urgent_households_are_due_and_that_is_told() -> None:
    proposal = propose(TEN, years=YEARS)
    # 1 urgent, 9 others / 3 = 3 a year
    assert figures(proposal, "A") == [[1, 3, 0, 4], [0, 3, 0, 3], [0, 3, 0, 3]]
    assert [each.code for each in proposal.problems] == ["need_no_wait"]


def test_waits_that_ended_before_the_first_year_are_due_in_it_and_told() -> None:
    proposal = propose(TEN, years=YEARS, wait_months=12)
    # May 2023 and July 2024 ended in 2024 and 2025: 1 urgent + 3; January 2027 ends in 2028
    assert figures(proposal, "A") == [[4, 1, 0, 5], [0, 1, 0, 1], [3, 1, 0, 4]]
    assert [(each.code, each.found) for each in proposal.problems] == [("need_late_due", "3")]


def test_a_wait_that_ends_in_a_year_left_out_is_due_in_the_planned_year_before() -> None:
    proposal = propose(TEN, years=[2026, 2028], wait_months=36)
    assert [row[0] for row in figures(proposal, "A")] == [4, 0]


def test_odd_homes_go_to_the_years_in_turn_from_unit_to_unit() -> None:
    # A 4 = 1+1+1 and one over: 2026; B 5 = 1+1+1 and two over: 2027, 2028; C 1: 2026
    found = propose(need(*[("A", "", "")] * 4, *[("B", "", "")] * 5, ("C", "", "")), years=YEARS)
    assert [[row[1] for row in figures(found, unit)] for unit in UNITS] == [[2, 1, 1], [1, 2, 2], [1, 0, 0]]
    assert found.totals.tolist() == [4, 3, 3]


def test_a_share_for_the_first_year_goes_there_and_the_others_share_what_is_left() -> None:
    # 10 homes: 0.5 -> 5, then 2.5 and 2.5; the home left over goes to the earlier of the two
    found = propose(need(*[("A", "", "")] * 10), years=YEARS, first_share=0.5)
    assert [row[1] for row in figures(found, "A")] == [5, 3, 2]
    assert "首年占 50%" in found.table.loc[0, "arithmetic_zh"]
    assert "50 %" in found.table.loc[0, "arithmetic_en"]
    assert propose(need(("A", "", "")), years=[2026], first_share=0.2).totals.tolist() == [1]


def test_homes_under_way_beyond_the_need_and_units_without_room_are_told_with_both_figures() -> None:
    found = propose(
        need(*[("A", "", "")] * 3, *[("B", "", "")] * 2), years=YEARS, committed={"B": 5}, capacity_by_unit={"A": 1}
    )
    told = {each.code: (each.item, each.found, each.expected, each.values.get("homes")) for each in found.problems}
    assert told["need_committed_over"] == ("B", "5", "2", "3")
    assert told["need_beyond_capacity"] == ("A", "3", "1", "2")
    assert found.totals.sum() == 3
    assert all(each.line("zh") and each.line("en") for each in found.problems)


def test_a_later_year_that_bears_most_of_the_need_is_told() -> None:
    found = propose(need(*[("A", "2024-12-01", "")] * 9, ("A", "", "")), years=YEARS, wait_months=36)
    told = [(each.code, each.found, each.expected, each.values["year"]) for each in found.problems]
    assert told == [("need_lump", "9", "10", "2027")]


def test_units_without_need_have_rows_of_their_own() -> None:
    found = propose(need(("A", "", "")), years=YEARS)
    assert found.table["unit"].unique().tolist() == ["A", "B", "C"]
    assert found.table["unit_name"].unique().tolist() == ["甲镇", "乙镇", "丙镇"]


def test_homes_of_no_unit_are_in_the_total_but_under_no_units_quota() -> None:
    found = propose(need(("A", "", ""), ("?", "", ""), ("市本级", "", "")), years=[2026])
    assert found.table["unit"].tolist() == ["A", "B", "C", "市本级", ""]
    written = quota_toml(found)
    read = tomllib.loads(written)["quota"]
    assert read["homes"] == [3]
    assert read["unit"] == {"A": [1]}
    assert "总量中有 2 套未分到单位" in written


def test_shares_are_of_the_units_own_need() -> None:
    table = pd.DataFrame(
        {
            "id": list("abcd"),
            "unit": ["A", "A", "A", "B"],
            "group": ["企业", "企业", "居民", "居民"],
            "area_band": "60-90",
        }
    )
    shares = propose(ledger({"list": table}, UNITS), years=YEARS).shares
    assert shares[["unit", "group", "homes"]].to_numpy().tolist() == [
        ["A", "企业", 2],
        ["A", "居民", 1],
        ["B", "居民", 1],
    ]
    assert shares["share"].tolist() == [2 / 3, 1 / 3, 1.0]


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        ({"years": []}, "years"),
        ({"years": [2027, 2026]}, "years"),
        ({"wait_months": 0}, "wait_months"),
        ({"first_share": 1.5}, "first_share"),
        ({"committed": {"A": -1}}, "committed"),
    ],
)
def test_wrong_arguments_are_named(keys: dict[str, object], name: str) -> None:
    with pytest.raises(ValueError, match=name):
        propose(TEN, **{"years": YEARS, **keys})  # type: ignore[arg-type]


def test_a_proposal_becomes_a_quota_only_when_the_office_confirms_it() -> None:
    proposal = propose(TEN, years=YEARS, wait_months=36)
    read = tomllib.loads(quota_toml(proposal, source="需求台账"))["quota"]
    block = QuotaBlock.model_validate(read)
    assert [each.code for each in quota_problems(block, UNITS, ())] == ["quota_unconfirmed"]
    confirmed = QuotaBlock.model_validate({**read, "confirmed": True})
    assert quota_problems(confirmed, UNITS, ()) == []
    assert confirmed.homes == tuple(proposal.totals)
    assert (confirmed.source, confirmed.evidence) == ("需求台账", "C")


LINE = st.tuples(
    st.sampled_from(["A", "B", "C", "?", "市本级"]),
    st.sampled_from(["", "2023-06-30", "2024-01-01", "2025-12-31", "2026-05-05"]),
    st.sampled_from(["", "", "是"]),
)
LINES = st.lists(LINE, max_size=40)


@settings(max_examples=40, deadline=None)
@given(
    lines=LINES,
    wait=st.none() | st.integers(1, 60),
    first=st.none() | st.floats(0, 1),
    committed=st.dictionaries(st.sampled_from(["A", "B"]), st.integers(0, 12)),
    count=st.integers(1, 4),
)
def test_every_household_stands_in_one_year_or_is_served_by_homes_under_way(
    lines: list[tuple[str, str, str]], wait: int | None, first: float | None, committed: dict[str, int], count: int
) -> None:
    found = propose(
        need(*lines), years=range(2026, 2026 + count), wait_months=wait, first_share=first, committed=committed
    )
    table = found.table
    assert (table[["due", "spread", "committed", "proposed"]].to_numpy() >= 0).all()
    assert (table["due"] + table["spread"] - table["committed"] == table["proposed"]).all()
    assert (table["due"] + table["spread"]).sum() == len(lines)
    taken = table.groupby("unit")["committed"].sum()
    assert all(taken[unit] <= homes for unit, homes in committed.items())
    assert found.totals.sum() == table["proposed"].sum()
    shares = [1 / count] * count if first is None or count == 1 else [first] + [(1 - first) / (count - 1)] * (count - 1)
    for _, mine in table.groupby("unit"):
        assert all(
            abs(row.spread - row.rest * share) < 1 + 1e-3 for row, share in zip(mine.itertuples(), shares, strict=True)
        )
    if first is None:
        spread = table.groupby("year")["spread"].sum()
        assert spread.max() - spread.min() <= 1


@settings(max_examples=25, deadline=None)
@given(lines=LINES, wait=st.none() | st.integers(1, 60))
def test_the_arithmetic_that_is_shown_adds_up(lines: list[tuple[str, str, str]], wait: int | None) -> None:
    table = propose(need(*lines), years=YEARS, wait_months=wait).table
    for row in table.itertuples():
        due, rest, years, spread, taken, proposed = map(int, re.findall(r"\d+", row.arithmetic_zh))
        assert (rest, years) == (row.rest, 3)
        assert due + spread - taken == proposed == row.proposed
        english = sorted(map(int, re.findall(r"\d+", row.arithmetic_en)))
        assert english == sorted([due, rest, years, spread, taken, proposed])


@settings(max_examples=25, deadline=None)
@given(lines=LINES, seed=st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(lines: list[tuple[str, str, str]], seed: object) -> None:
    other = list(lines)
    seed.shuffle(other)  # type: ignore[attr-defined]
    one, two = (propose(need(*each), years=YEARS, wait_months=24) for each in (lines, other))
    pd.testing.assert_frame_equal(one.table, two.table)
    assert quota_toml(one) == quota_toml(two)


@settings(max_examples=50, deadline=None)
@given(unit=st.text(min_size=1), name=st.text(), source=st.text())
def test_the_text_is_read_back_whatever_ids_names_and_sources_hold(unit: str, name: str, source: str) -> None:
    table = pd.DataFrame({"id": ["L1"], "unit": [unit], "group": ["企业"]}, dtype=object)
    found = propose(ledger({"list": table}, {unit: name}), years=[2026])
    read = tomllib.loads(quota_toml(found, source=source))["quota"]
    assert read["confirmed"] is False
    assert read["homes"] == [1]
    assert read.get("source", "") == source
    assert set(read["unit"]) <= {unit}
