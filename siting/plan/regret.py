"""Which plan to stand by while nobody knows how many homes will be wanted: the one whose worst case is best."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from siting.plan.allocate import run_stages
from siting.plan.model import Limits, candidates
from siting.plan.programme import Programme, programme
from siting.plan.solve import Bools, Clock

ASKED = "asked"
REGRET_COLUMNS = (
    *("plan", "scenario", "factor", "homes_asked", "homes_planned", "homes_short", "homes_over"),
    *("misfit_homes", "regret_homes", "worst_regret_homes", "is_least"),
)


def regret(
    parcels: pd.DataFrame, limits: Limits, scenarios: Mapping[str, float], *, seconds: float, gap: float = 1e-3
) -> pd.DataFrame:
    """Return how far the best plan of each scenario of demand would miss in every other (`REGRET_COLUMNS`).

    `scenarios`: factors on all homes asked, rounded half up to whole homes; the demand as it is asked stands among them as
    "asked". A plan's misfit in a scenario is counted in homes: those short plus those beyond what is asked and allowed, in
    each year the greater of the whole and of all units together, so that no home counts twice. Its regret is its misfit less
    the least misfit of any of these plans there; worst_regret_homes its greatest regret over all scenarios. is_least marks
    the plan (all its rows) with the least worst regret; ties go to the least sum of regrets, then to the nearest factor to
    1, then by name. Score and cost play no part in it. A scenario without any plan has no row as a plan.
    ValueError for factors that are not above 0. Source: Savage 1951, over the plans at hand.
    """
    factors = {ASKED: 1.0, **{str(name): float(factor) for name, factor in sorted(scenarios.items())}}
    if not all(np.isfinite(factor) and factor > 0 for factor in factors.values()):
        msg = "scenarios: every factor must be finite and above 0"
        raise ValueError(msg)
    clock, found = Clock(seconds), candidates(parcels, limits)
    worlds = {name: programme(found, scaled(limits, factor)) for name, factor in factors.items()}
    plans: dict[str, Bools] = {}
    for position, (name, whole) in enumerate(worlds.items()):
        stages = run_stages(whole, seconds=clock.left(1 / (len(worlds) - position)), gap=gap, cost=False)
        if stages.chosen is not None:
            plans[name] = stages.chosen
    misfit = {(plan, name): _misfit(worlds[name], chosen) for plan, chosen in plans.items() for name in worlds}
    least = {name: min((sum(misfit[plan, name]) for plan in plans), default=0) for name in worlds}
    regrets = {(plan, name): sum(misfit[plan, name]) - least[name] for plan, name in misfit}
    worst = {plan: max(regrets[plan, name] for name in worlds) for plan in plans}
    best = min(plans, key=lambda plan: _order(plan, worst, regrets, factors), default="")
    rows = []
    for (plan, name), (short, over) in misfit.items():
        asked, planned = sum(worlds[name].limits.homes), int(worlds[name].homes[plans[plan]].sum())
        told = (plan, name, factors[name], asked, planned, short, over, short + over)
        rows.append((*told, regrets[plan, name], worst[plan], plan == best))
    return pd.DataFrame(rows, columns=[*REGRET_COLUMNS])


def scaled(limits: Limits, factor: float) -> Limits:
    """Return the limits with all homes asked times a factor, rounded half up; what is allowed beyond stays."""

    def times(homes: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(int(np.floor(each * factor + 0.5)) for each in homes)

    return replace(limits, homes=times(limits.homes), unit={unit: times(own) for unit, own in limits.unit.items()})


def _order(
    plan: str, worst: Mapping[str, int], regrets: Mapping[tuple[str, str], int], factors: Mapping[str, float]
) -> tuple[int, int, float, str]:
    total = sum(regrets[plan, name] for name in factors)
    return worst[plan], total, abs(float(np.log(factors[plan]))), plan


def _misfit(whole: Programme, chosen: Bools) -> tuple[int, int]:
    """Return homes short and over: in each year the greater of the whole and of the units' sum."""
    short, over = 0, 0
    for t in range(len(whole.limits.years)):
        lacks, extras = [0, 0], [0, 0]
        for cell in (each for each in whole.cells if each.year == t):
            homes = int(whole.homes[cell.columns[chosen[cell.columns]]].sum())
            lacks[bool(cell.unit)] += max(0, cell.asked - homes)
            extras[bool(cell.unit)] += max(0, homes - cell.asked - cell.over)
        short, over = short + max(lacks), over + max(extras)
    return short, over
