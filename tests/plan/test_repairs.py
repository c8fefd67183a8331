"""What mends a plan that cannot be had, each way proved by taking it; and which limits clash."""

from dataclasses import replace
from itertools import combinations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.plan.allocate import allocate
from siting.plan.clash import groups, possible, without
from siting.plan.findings import plan_problems
from siting.plan.model import Apart, Limits, Plan, School
from siting.plan.repairs import apply_way, repair_sentence
from tests.plan.small_plans import every_plan, keeps, parcels, random_case, years_of

TWO = {"A": ("183团", "land", 60, 0.9, 30e6, 2027), "B": ("183团", "land", 58, 0.5, 20e6, 2026)}


def ways(plan: Plan) -> dict[str, pd.DataFrame]:
    """Return the rows of each way by the kind that comes first."""
    return {rows["kind"].iloc[0]: rows for _, rows in plan.repairs.groupby("way")}


def proved(table: pd.DataFrame, limits: Limits, plan: Plan) -> None:
    """Take every way in turn: the plan after it meets all that is asked."""
    for _, rows in plan.repairs.groupby("way"):
        mended = allocate(*apply_way(table, limits, rows))
        assert mended.status == "proven", rows["text_en"].tolist()
        assert mended.short == 0


def test_homes_short_can_be_had_by_an_earlier_parcel_or_by_asking_for_fewer() -> None:
    table = parcels(TWO, waits_for=["土壤调查", ""])
    limits = Limits((2026,), (0,), unit={"183团": (100,)})
    plan = allocate(table, limits)
    # B brings 58 of 100 homes in 2026; A would bring 60 more, but is ready in 2027
    assert plan.status == "infeasible"
    assert plan.short == 42
    found = ways(plan)
    assert set(found) == {"first_year", "quota"}
    assert found["first_year"][["item", "year", "amount"]].to_numpy().tolist() == [["A", 2026, 1.0]]
    assert found["quota"][["unit", "year", "amount"]].to_numpy().tolist() == [["183团", 2026, 42.0]]
    assert repair_sentence(plan, "zh") == (
        "183团 2026 年缺 42 套：可把地块 A 的土壤调查提前到 2026 年办妥（提前 1 年）；或把183团 2026 年配额减少 42 套。"
    )
    assert repair_sentence(plan, "en", names={"183团": "Regiment 183"}).startswith(
        "Regiment 183 lacks 42 homes in 2026."
    )
    proved(table, limits, plan)


def test_a_budget_is_raised_by_what_the_cheapest_way_out_needs() -> None:
    rows = {name: ("甲", "land", 50, score, 1e6, 2026) for name, score in (("A", 0.9), ("B", 0.5), ("C", 0.7))}
    table = parcels(rows, public_yuan=[9_000_000.0, 4_000_000.0, 6_100_050.0])
    limits = Limits((2026,), (100,), budgets={"public": (7e6,)})
    plan = allocate(table, limits)
    # two of the three are needed; B and C cost least: 10.10005 million, which is 3.10005 over, told to 100 yuan upwards
    row = ways(plan)["budget"].iloc[0]
    assert (row["item"], row["year"], row["amount"]) == ("public", 2026, 3_100_100.0)
    assert row["text_zh"] == "把 2026 年公共配套预算提高 310.01 万元"
    assert row["text_en"] == "raise the 2026 budget for public infrastructure by 3,100,100 yuan"
    proved(table, limits, plan)


def test_school_places_dispersion_and_the_share_of_existing_homes_are_loosened_by_no_more_than_is_needed() -> None:
    rows = {"A": ("甲", "land", 60, 0.9, 1e6, 2026), "B": ("甲", "stock", 40, 0.5, 1e6, 2026)}
    table = parcels(rows, x=[0.0, 100.0], y=0.0)
    asked = Limits((2026,), (100,))
    school = replace(asked, schools=(School("一小", 20.0, {"A": 15.5, "B": 10.0}),))
    near = replace(asked, apart=Apart(500, 70))
    least, most = replace(asked, stock_share=(0.5, 1.0)), replace(asked, stock_share=(0.0, 0.3))
    expected = {
        # 25.5 pupils for 20 places; 100 homes where 70 are allowed; 40 of 100 homes exist
        "school": (school, 6.0),
        "apart": (near, 30.0),
        "stock_share_least": (least, 0.4),
        "stock_share_most": (most, 0.4),
    }
    for kind, (limits, amount) in expected.items():
        plan = allocate(table, limits)
        assert ways(plan)[kind]["amount"].tolist() == [amount]
        proved(table, limits, plan)


def test_a_parcel_that_must_and_must_not_be_in_the_plan_is_the_whole_clash() -> None:
    table = parcels(TWO)
    limits = Limits((2026, 2027), (50, 60), must=("A", "B"), must_not=("A",), exclude=(("A", "B"),))
    plan = allocate(table, replace(limits, exclude=()))
    assert plan.status == "infeasible"
    assert plan.chosen.empty
    assert plan.clash[["kind", "item"]].to_numpy().tolist() == [["must_not", "A"], ["must", "A"]]
    assert plan.clash["text_zh"].tolist() == ["地块 A 不得列入", "地块 A 必须列入"]
    assert plan.clash_smallest
    assert set(ways(plan)) == {"must", "must_not"}
    assert [each.code for each in plan_problems(plan) if each.level == "refuse"] == ["plan_clash"]
    proved(table, replace(limits, exclude=()), plan)


def test_quotas_above_the_supply_are_themselves_the_clash() -> None:
    table = parcels(TWO)
    plan = allocate(table, Limits((2027,), (500,), budgets={"land": (1e12,)}, must=("A",)))
    assert plan.clash["kind"].tolist() == ["quota"]
    assert plan.clash["text_en"].tolist() == ["homes asked of the whole in 2027"]
    # A and B bring 118
    assert ways(plan)["quota"]["amount"].tolist() == [382.0]


def test_a_parcel_that_must_be_in_the_plan_but_may_not_be_planned_is_said() -> None:
    table = parcels(TWO, allowed=[False, True])
    plan = allocate(table, Limits((2026,), (50,), must=("A",)))
    assert plan.clash[["kind", "item"]].to_numpy().tolist() == [["must", "A"]]


def test_a_lot_that_stands_in_the_way_is_named_and_can_be_lifted() -> None:
    table = parcels(dict.fromkeys("AB", ("甲", "land", 50, 0.5, 1000000.0, 2026)))
    limits = Limits((2026,), (100,), exclude=(("A", "B"),))
    plan = allocate(table, limits)
    assert set(plan.clash["kind"]) == {"quota", "exclude"}
    assert ways(plan)["exclude"]["text_zh"].tolist() == ["取消“A + B 至多供应一个”"]
    proved(table, limits, plan)


def test_a_plan_that_is_met_needs_no_repair() -> None:
    plan = allocate(parcels(TWO), Limits((2026,), (58,)))
    assert plan.repairs.empty
    assert plan.clash.empty
    assert repair_sentence(plan, "en") == ""


@given(seed=st.integers(0, 5000))
@settings(max_examples=25, deadline=None)
def test_every_way_makes_the_plan_possible_and_the_clash_is_real_and_smallest(seed: int) -> None:
    table, limits = random_case(seed)
    plan = allocate(table, limits)
    if plan.status != "infeasible":
        assert plan.repairs.empty
        return
    proved(table, limits, plan)
    if len(plan.chosen):
        assert "quota" in set(plan.repairs["kind"])
    held = [(row.kind, row.item, row.year) for row in plan.clash.itertuples()]
    only = limits
    for group in groups(limits):
        if tuple(group) not in held:
            only = without(only, group)
    early = ("first_year", "", 0) not in held
    assert possible(table, only, seconds=10, early=early) is False
    for spared in held:
        fewer = next((without(only, group) for group in groups(limits) if tuple(group) == spared), only)
        assert possible(table, fewer, seconds=10, early=early or spared[0] == "first_year") is True


@pytest.mark.parametrize("seed", range(40))
def test_the_least_number_of_homes_to_do_without_is_that_of_all_plans(seed: int) -> None:
    table, limits = random_case(seed)
    best = every_plan(table, limits)
    if best is None or best.value[0] == 0:
        assert best is None or keeps(table, limits, years_of(allocate(table, limits)))
        return
    rows = allocate(table, limits).repairs
    assert rows.loc[rows["kind"] == "quota", "amount"].sum() >= best.value[0]
    own = rows[rows["way"] == rows["way"].max()]
    assert own["amount"].sum() == best.value[0]


def test_the_least_budget_is_that_of_all_plans_that_meet_the_quota() -> None:
    rows = {f"P{each}": ("甲", "land", 10 * each, 0.5, 1e6, 2026) for each in range(1, 7)}
    money = [5e6, 7e6, 11e6, 13e6, 17e6, 19e6]
    table = parcels(rows, land_yuan=money)
    limits = Limits((2026,), (90,), budgets={"land": (10e6,)})
    sets = [picks for size in range(7) for picks in combinations(range(6), size)]
    least = min(sum(money[each] for each in picks) for picks in sets if sum(10 * each + 10 for each in picks) >= 90)
    assert ways(allocate(table, limits))["budget"]["amount"].tolist() == [least - 10e6]
