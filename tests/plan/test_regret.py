"""The plan whose worst case is best, against hand-made tables of misfits."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.plan.model import Limits
from siting.plan.regret import regret, scaled
from tests.plan.small_plans import every_plan, parcels, random_case

SIZES = {f"P{homes}": ("甲", "land", homes, 0.5, 1e6, 2026) for homes in (50, 100, 200)}


def test_regret_is_counted_by_hand() -> None:
    found = regret(parcels(SIZES), Limits((2026,), (100,)), {"low": 0.5, "high": 2.0}, seconds=30)
    misfit = found.pivot_table(index="plan", columns="scenario", values="misfit_homes")
    # plans of 50, 100 and 200 homes, where 50, 100 and 200 are asked
    assert misfit.loc["low", ["low", "asked", "high"]].tolist() == [0, 50, 150]
    assert misfit.loc["asked", ["low", "asked", "high"]].tolist() == [50, 0, 100]
    assert misfit.loc["high", ["low", "asked", "high"]].tolist() == [150, 100, 0]
    worst = found.groupby("plan")["worst_regret_homes"].first()
    assert worst.to_dict() == {"low": 150, "asked": 100, "high": 150}
    assert set(found.loc[found["is_least"], "plan"]) == {"asked"}


def test_homes_short_and_over_are_told_apart() -> None:
    found = regret(parcels(SIZES), Limits((2026,), (100,)), {"high": 2.0}, seconds=30).set_index(["plan", "scenario"])
    assert found.loc[("asked", "high"), ["homes_short", "homes_over"]].tolist() == [100, 0]
    assert found.loc[("high", "asked"), ["homes_short", "homes_over"]].tolist() == [0, 100]


def test_a_home_missing_in_a_unit_and_in_the_whole_counts_once() -> None:
    limits = Limits((2026,), (100,), unit={"甲": (100,)})
    found = regret(parcels(SIZES), limits, {"high": 2.0}, seconds=30).set_index(["plan", "scenario"])
    assert found.loc[("asked", "high"), "misfit_homes"] == 100


def test_homes_asked_are_scaled_to_whole_homes_half_up() -> None:
    limits = scaled(Limits((2026, 2027), (5, 6), unit={"甲": (3, 1)}, over=(4, 4)), 0.5)
    assert limits.homes == (3, 3)
    assert limits.unit == {"甲": (2, 1)}
    assert limits.over == (4, 4)


@given(seed=st.integers(0, 3000))
@settings(max_examples=15, deadline=None)
def test_regrets_are_never_below_zero_and_some_plan_has_none_in_each_scenario(seed: int) -> None:
    table, limits = random_case(seed)
    found = regret(table, limits, {"low": 0.7, "high": 1.3}, seconds=20)
    assert (found["regret_homes"] >= 0).all()
    if len(found):
        assert (found.groupby("scenario")["regret_homes"].min() == 0).all()
        assert found["worst_regret_homes"].min() == found.loc[found["is_least"], "worst_regret_homes"].iloc[0]
        assert found.loc[found["is_least"], "plan"].nunique() == 1


@pytest.mark.parametrize("seed", range(30))
def test_the_plan_of_each_scenario_misses_there_by_what_the_best_of_all_plans_does(seed: int) -> None:
    table, limits = random_case(seed)
    # without quotas of units, a home short or over counts once in both counts
    limits = replace(limits, unit={}, unit_over={})
    factors = {"asked": 1.0, "high": 1.6, "low": 0.5}
    found = regret(table, limits, {"high": 1.6, "low": 0.5}, seconds=20).set_index(["plan", "scenario"])
    for name, factor in factors.items():
        homes = tuple(int(each * factor + 0.5) for each in limits.homes)
        best = every_plan(table, replace(limits, homes=homes))
        assert (best is None) == ((name, name) not in found.index)
        if best is not None:
            assert tuple(found.loc[(name, name), ["homes_short", "homes_over"]]) == best.value[:2]
    if len(found):
        table_of = found["misfit_homes"].unstack()
        worst = (table_of - table_of.min()).max(axis=1)
        assert worst[found[found["is_least"]].index[0][0]] == worst.min()


@pytest.mark.parametrize("factor", [0.0, -1.0, float("nan"), float("inf")])
def test_a_factor_that_cannot_be_is_refused(factor: float) -> None:
    with pytest.raises(ValueError, match="scenarios"):
        regret(parcels(SIZES), Limits((2026,), (100,)), {"odd": factor}, seconds=5)
