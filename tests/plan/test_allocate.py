"""The plan: hand-drawn cases, every small plan against all there are, and what may never happen."""

import importlib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.plan.allocate import allocate
from siting.plan.findings import plan_problems
from siting.plan.model import Apart, Limits, School
from tests.plan.small_plans import every_plan, keeps, parcels, random_case, worth, years_of

THREE = {
    "A": ("甲", "land", 60, 0.9, 30e6, 2026),
    "B": ("甲", "land", 60, 0.5, 20e6, 2026),
    "C": ("乙", "stock", 40, 0.7, 10e6, 2027),
}


def test_the_better_of_two_equal_parcels_is_taken_and_no_home_more_than_asked() -> None:
    plan = allocate(parcels(THREE), Limits((2026, 2027), (60, 40)))
    assert years_of(plan) == {"A": 2026, "C": 2027}
    assert plan.status == "proven"
    assert plan.ties is False
    # 60 x 0.9 + 40 x 0.7 = 82
    assert plan.rounds.set_index("name")["value"].to_dict() == {
        "shortfall": 0,
        "excess": 0,
        "score_weighted_homes": 82.0,
        "cost": 40e6,
        "draw": plan.rounds["value"].iloc[-1],
    }


def test_a_shortfall_in_one_unit_is_not_made_good_by_an_excess_in_another() -> None:
    limits = Limits((2026,), (100,), unit={"甲": (60,), "乙": (40,)})
    plan = allocate(parcels(THREE), limits)
    # C of 乙 is ready in 2027 only; A and B would bring 120 homes, all of 甲
    by_unit = plan.quota.set_index("unit")
    assert plan.status == "infeasible"
    assert by_unit.loc["乙", "short"] == 40
    assert by_unit.loc["", "short"] == 0
    assert by_unit.loc["甲", "over"] == 60


def test_homes_beyond_what_is_asked_are_no_more_than_whole_parcels_force() -> None:
    table = parcels({"A": ("甲", "land", 70, 0.2, 1e6, 2026), "B": ("甲", "land", 90, 1.0, 1e6, 2026)})
    plan = allocate(table, Limits((2026,), (60,)))
    # 70 is 10 beyond 60, 90 would be 30 beyond, whatever its score
    assert years_of(plan) == {"A": 2026}
    assert plan.quota["over"].tolist() == [10]
    assert years_of(allocate(table, Limits((2026,), (60,), over=(30,)))) == {"B": 2026}


def test_a_year_factor_moves_the_best_parcel_to_the_year_that_counts_more() -> None:
    table = parcels({"A": ("甲", "land", 50, 0.9, 1e6, 2026), "B": ("甲", "land", 50, 0.5, 1e6, 2026)})
    limits = Limits((2026, 2027), (50, 50), year_factors=(0.5, 1.0))
    assert years_of(allocate(table, limits)) == {"B": 2026, "A": 2027}


def test_of_plans_with_equal_scores_the_cheaper_on_both_ledgers_together_is_taken() -> None:
    table = parcels(
        {"A": ("甲", "land", 50, 0.5, 9e6, 2026), "B": ("甲", "land", 50, 0.5, 8e6, 2026)}, public_yuan=[1e6, 3e6]
    )
    # 9 + 1 = 10 against 8 + 3 = 11 million
    assert years_of(allocate(table, Limits((2026,), (50,)))) == {"A": 2026}


def test_a_budget_that_is_used_to_the_last_yuan_is_kept_and_one_yuan_less_is_not() -> None:
    table = parcels(THREE, land_yuan=[8_765_432_100.0, 1_234_567_900.0, 0.0])
    just = Limits((2026,), (120,), budgets={"land": (10_000_000_000.0,)})
    assert years_of(allocate(table, just)) == {"A": 2026, "B": 2026}
    less = replace(just, budgets={"land": (9_999_999_999.0,)})
    plan = allocate(table, less)
    assert plan.status == "infeasible"
    assert plan.budgets.set_index("ledger").loc["land", "used"] <= 9_999_999_999.0


def test_lots_are_kept() -> None:
    table = parcels(THREE)
    asked = Limits((2026, 2027), (60, 60))
    assert years_of(allocate(table, replace(asked, must_not=("A",), homes=(60, 40)))) == {"B": 2026, "C": 2027}
    assert set(years_of(allocate(table, replace(asked, exclude=(("A", "B"),), homes=(60, 40))))) == {"A", "C"}
    lot = allocate(table, replace(asked, together=(("A", "B"),), homes=(120, 0)))
    assert years_of(lot) == {"A": 2026, "B": 2026}
    later = years_of(allocate(table, replace(asked, need=(("A", "B"),))))
    # A alone would come first by its score, but may not come before B
    assert later["B"] <= later["A"]


def test_parcels_near_each_other_hold_no_more_homes_a_year_than_allowed() -> None:
    table = parcels(THREE, x=[0.0, 500.0, 5000.0], y=0.0)
    spread = allocate(table, Limits((2026, 2027), (60, 60), apart=Apart(800, 100)))
    assert sorted(years_of(spread).items()) == [("A", 2026), ("B", 2027)]
    together = allocate(table, Limits((2026,), (120,), apart=Apart(800, 100)))
    assert together.status == "infeasible"
    assert allocate(table, Limits((2026,), (120,), apart=Apart(499, 100))).status == "proven"


def test_three_in_a_row_are_near_two_by_two_only_where_all_are() -> None:
    table = parcels(dict.fromkeys("ABC", ("甲", "land", 50, 0.5, 1000000.0, 2026)), x=[0.0, 700.0, 1400.0], y=0.0)
    # A-B and B-C are near, A-C are not: any two hold 100, and no three are near each other
    assert allocate(table, Limits((2026,), (150,), apart=Apart(800, 100))).status == "proven"


def test_pupils_of_all_parcels_and_years_fit_a_school_that_they_share() -> None:
    school = School("S", 20.0, {"A": 15.0, "B": 10.0, "C": 5.0})
    plan = allocate(parcels(THREE), Limits((2026, 2027), (60, 40), schools=(school,)))
    assert years_of(plan) == {"A": 2026, "C": 2027}
    full = replace(school, free=-3.0)
    assert allocate(parcels(THREE), Limits((2026,), (60,), schools=(full,))).chosen.empty


def test_what_cannot_be_planned_is_told_with_its_reason() -> None:
    rows = {**THREE, "D": ("甲", "land", np.nan, 0.5, 1e6, 2026), "E": ("甲", "land", 9, np.nan, 1e6, 2026)}
    rows |= {"F": ("甲", "land", 9, 0.5, np.nan, 2026), "G": ("甲", "land", 9, 0.5, 1e6, 2031)}
    table = parcels(rows, allowed=[True, False, True, True, True, True, True], reason=["", "gate:soil", *[""] * 5])
    plan = allocate(table, Limits((2026, 2027), (60, 40)))
    assert plan.left_out.set_index("parcel_id")["code"].to_dict() == {
        "B": "not_allowed",
        "D": "no_homes",
        "E": "no_score",
        "F": "money_unknown",
        "G": "too_late",
    }
    assert plan.left_out.set_index("parcel_id").loc["B", "reason"] == "gate:soil"
    assert [each.line("zh") for each in plan_problems(plan)]


def test_without_any_cost_the_plan_is_made_without_that_aim() -> None:
    table = parcels(THREE, cost_yuan=np.nan, public_yuan=np.nan)
    plan = allocate(table, Limits((2026, 2027), (60, 40)))
    assert years_of(plan) == {"A": 2026, "C": 2027}
    assert plan.rounds.set_index("name").loc["cost", "status"] == "skipped"


@pytest.fixture
def no_repairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out clashing limits and repairs, which have tests of their own."""
    module = importlib.import_module("siting.plan.allocate")
    monkeypatch.setattr(module, "clash", lambda *_, **__: (pd.DataFrame(), False))
    monkeypatch.setattr(module, "repairs", lambda *_, **__: pd.DataFrame())


@pytest.mark.usefixtures("no_repairs")
@pytest.mark.parametrize("block", range(10))
def test_small_plans_are_the_best_of_all_there_are(block: int) -> None:
    for seed in range(20 * block, 20 * block + 20):
        table, limits = random_case(seed)
        plan, best = allocate(table, limits, gap=0.0), every_plan(table, limits)
        if best is None:
            assert plan.status == "infeasible", seed
            assert plan.chosen.empty, seed
            continue
        assert worth(table, limits, years_of(plan)) == best.value, seed
        assert plan.ties is (len(best.plans) > 1), seed
        assert plan.status == ("infeasible" if best.value[0] else "proven"), seed


@given(seed=st.integers(1000, 10_000), order=st.randoms(use_true_random=False))
@settings(max_examples=12, deadline=None)
def test_no_limit_is_passed_and_the_order_of_rows_changes_nothing(seed: int, order: object) -> None:
    table, limits = random_case(seed)
    plan = allocate(table, limits)
    assert keeps(table, limits, years_of(plan)) or plan.chosen.empty
    rows = list(range(len(table)))
    order.shuffle(rows)
    pd.testing.assert_frame_equal(allocate(table.iloc[rows], limits).chosen, plan.chosen)


def test_of_equal_plans_every_run_takes_the_same_and_says_that_others_are_as_good() -> None:
    twins = parcels({f"P{each}": ("甲", "land", 50, 0.5, 1e6, 2026) for each in range(8)})
    limits = Limits((2026, 2027), (100, 50))
    plans = [allocate(table, limits) for table in (twins, twins.iloc[::-1], twins.iloc[[3, 1, 4, 0, 5, 7, 2, 6]])]
    assert plans[0].ties
    assert years_of(plans[0]) == years_of(plans[1]) == years_of(plans[2])
    assert "plan_ties" in [each.code for each in plan_problems(plans[0])]


def town(count: int, seed: int = 5) -> tuple[pd.DataFrame, Limits]:
    """Return many parcels in three units, and quotas that a third of them fill."""
    draw = np.random.default_rng(seed)
    homes = draw.integers(10, 200, count)
    rows = {
        f"P{each:04d}": (
            f"U{each % 3}",
            "land",
            int(homes[each]),
            round(float(draw.random()), 6),
            3e5 * homes[each],
            2026,
        )
        for each in range(count)
    }
    each_year = int(homes.sum() // 9)
    asked = {f"U{unit}": (each_year // 4,) * 3 for unit in range(3)}
    return parcels(rows), Limits((2026, 2027, 2028), (each_year,) * 3, unit=asked)


def test_a_plan_that_ran_out_of_time_says_how_far_it_may_be_from_the_best() -> None:
    table, limits = town(500)
    plan = allocate(table, limits, time_limit=0.01)
    assert plan.status == "time_limit"
    assert plan.gap > 1e-3
    assert plan.timed
    assert len(plan.chosen)
    assert keeps(table, limits, years_of(plan))
    value, bound = plan.rounds.set_index("name").loc["score_weighted_homes", ["value", "bound"]]
    assert value <= bound
    assert plan_problems(plan)[0].level == "warn"


def test_a_plan_of_many_parcels_closes_to_the_gap_asked_and_its_cost_takes_no_more_of_the_score() -> None:
    table, limits = town(150)
    plan = allocate(table, replace(limits, over=(200,) * 3), time_limit=30, gap=0.02)
    assert plan.status in {"proven", "within_gap"}
    assert plan.short == 0
    rounds = plan.rounds.set_index("name")
    value, bound = rounds.loc["score_weighted_homes", ["value", "bound"]]
    # 450 columns y: not few, so the score need not be proven best
    assert bound * 0.98 - 0.001 <= value <= bound
    points = sum(table.loc[name, "homes"] * table.loc[name, "score"] for name in years_of(plan))
    assert value == pytest.approx(points, abs=0.001 * len(plan.chosen))


def test_without_a_solver_there_is_a_clear_stop_and_no_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    load = importlib.import_module

    def lacking(name: str) -> object:
        if name == "scipy.optimize":
            raise ImportError(name)
        return load(name)

    monkeypatch.setattr("siting.plan.solve.importlib.import_module", lacking)
    plan = allocate(parcels(THREE), Limits((2026, 2027), (60, 40)))
    assert plan.status == "no_solver"
    assert plan.chosen.empty
    assert [each.code for each in plan_problems(plan) if each.level == "refuse"] == ["plan_no_solver"]


@pytest.mark.parametrize("unit", [1e-4, 1e8, 0.5])
def test_the_unit_of_money_changes_nothing(unit: float) -> None:
    for seed in range(300, 306):
        table, limits = random_case(seed)
        money = ["land_yuan", "public_yuan", "purchase_yuan", "cost_yuan"]
        other = table.assign(**{name: table[name] * unit for name in money})
        budgets = {
            name: tuple(None if each is None else each * unit for each in amounts)
            for name, amounts in limits.budgets.items()
        }
        assert years_of(allocate(other, replace(limits, budgets=budgets))) == years_of(allocate(table, limits)), seed


def test_areas_of_any_size_beside_money_of_any_size_leave_the_plan_as_it_is() -> None:
    table = parcels(THREE, land_yuan=[4e10, 3e10, 0.0])
    limits = Limits((2026, 2027), (60, 40), budgets={"land": (4e10, 4e10)})
    wide = table.assign(area_m2=1e12)
    assert years_of(allocate(wide, limits)) == years_of(allocate(table, limits)) == {"A": 2026, "C": 2027}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"homes": (60,)}, "homes"),
        ({"years": (2027, 2026)}, "years"),
        ({"unit": {"甲": (1, -1)}}, "unit 甲"),
        ({"stock_share": (0.6, 0.2)}, "stock_share"),
        ({"must": ("Z",)}, "must"),
        ({"need": (("A", "Z"),)}, "need"),
        ({"apart": Apart(0, 10)}, "apart"),
    ],
)
def test_limits_that_do_not_fit_are_refused_by_name(change: dict[str, object], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        allocate(parcels(THREE), replace(Limits((2026, 2027), (60, 40)), **change))


@pytest.mark.parametrize(("column", "value"), [("homes", 1.5), ("score", 1.2), ("land_yuan", -1.0)])
def test_parcels_that_cannot_be_are_refused_by_name(column: str, value: float) -> None:
    with pytest.raises(ValueError, match=column):
        allocate(parcels(THREE).assign(**{column: value}), Limits((2026, 2027), (60, 40)))


def test_the_caller_s_table_stays_as_it_was() -> None:
    table = parcels(THREE)
    before = table.copy()
    allocate(table, Limits((2026, 2027), (60, 200)))
    pd.testing.assert_frame_equal(table, before)
