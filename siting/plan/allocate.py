"""From ranked parcels to a land-supply plan: which parcel in which year.

The aims come one after another, and none gives way to a later one (but see `gap` of `allocate`): least homes short of what
is asked, least homes beyond it, most score-weighted homes, least cost on both ledgers together, and a fixed draw by name
among plans that are equal in all of these. Source: methods of lexicographic goal programming (Ignizio 1976); the order is the city's 以需定建.
"""

import math
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from siting.base.arguments import takes
from siting.plan.clash import clash
from siting.plan.greedy import greedy
from siting.plan.improve import strive
from siting.plan.model import Ints, Limits, Plan, PlanStatus, candidates
from siting.plan.outcome import Round, budgets_table, chosen_table, nothing, quota_table, rounds_table
from siting.plan.programme import POINTS, Programme, programme
from siting.plan.repairs import repairs
from siting.plan.solve import (
    Aim,
    Answer,
    Bools,
    Clock,
    End,
    NoSolverError,
    at_most,
    draw,
    gap_between,
    other_than,
    solve,
)

NAMES = ("shortfall", "excess", "score_weighted_homes", "cost", "draw")


@dataclass
class Stages:
    """What the aims so far came to: each of them caps the aims after it."""

    chosen: Bools | None = field(default=None, repr=False)
    short: int = 0
    excess: int = 0
    ties: bool | None = None
    greedy: bool = False
    impossible: bool = False
    timed: bool = False
    rounds: list[Round] = field(default_factory=list)

    def note(self, position: int, answer: Answer, unit: float = 1.0) -> None:
        """Keep a round; `unit` turns the solver's whole numbers into homes or yuan (below zero for a most)."""
        self.timed = self.timed or answer.timed or answer.end == "time_limit"
        self.rounds.append(told(position, answer, unit))


def told(position: int, answer: Answer, unit: float) -> Round:
    """Return an answer as a round, in homes or yuan."""
    gap = gap_between(answer.value, answer.bound)
    return Round(NAMES[position], answer.value * unit, answer.bound * unit, gap, answer.end)


@takes(parcels="table")
def allocate(parcels: pd.DataFrame, limits: Limits, *, time_limit: float = 60.0, gap: float = 1e-3) -> Plan:
    """Return the land-supply plan that best meets what is asked within the limits.

    `parcels`: see `siting.plan.model.candidates`. `time_limit`: seconds for the plan; where it cannot be met, up to as many
    again go into repairs and clashing limits. `gap`: a plan counts as found once no other can be better by more than this
    part; plans of few parcels are solved to the end anyway. Shortfall and excess are exact at any gap. A score that is known
    only to lie within the gap may give way to cost up to the gap; one proven best does not.

    Score-weighted homes are sums of homes x score x year factor, each rounded to a thousandth of a home; costs (sale and
    public ledger) count in steps of 1/100,000 of the dearest parcel. So sums compare exactly, in any unit of money. The order
    of rows does not matter. A plan that reached its time limit may differ on another machine, and says so.
    ValueError for unusable parcels or limits, time_limit or gap.
    """
    if not time_limit > 0 or not 0 <= gap < 1:
        msg = "time_limit must be above 0, and gap in 0..1"
        raise ValueError(msg)
    found = candidates(parcels, limits)
    whole = programme(found, limits)
    try:
        stages = run_stages(whole, seconds=time_limit, gap=gap)
        return _plan(whole, stages, parcels, time_limit)
    except NoSolverError:
        return nothing(whole, "no_solver")


def run_stages(whole: Programme, *, seconds: float, gap: float, cost: bool = True) -> Stages:
    """Return the plan after all aims, each with its share of the seconds that are left; with `cost` false after the score."""
    clock, stages = Clock(seconds), Stages()
    points = whole.points()
    answer = strive(whole, _aim(whole, -points, short=0, excess=0), seconds=clock.left(0.6), gap=gap)
    stages.timed = answer.timed or answer.end == "time_limit"
    if answer.chosen is not None:
        # all is met without excess, which nothing can improve on
        stages.note(0, Answer("proven", answer.chosen, 0.0, 0.0))
        stages.note(1, Answer("proven", answer.chosen, 0.0, 0.0))
        stages.chosen = answer.chosen
    else:
        start = _misses(whole, stages, clock, answer.near)
        if start is None:
            return stages
        aim = _aim(whole, -points, short=stages.short, excess=stages.excess)
        answer = strive(whole, aim, seconds=clock.left(0.6), gap=gap, start=start)
    score = _kept(whole, stages, answer, -points)
    stages.note(2, score, -1 / POINTS)
    if cost and stages.chosen is not None:
        paid = _cost(whole, stages, score, clock, gap)
        _ties(whole, stages, stages.chosen, clock, sure=score.end == "proven" and paid in {"proven", "skipped"})
    return stages


def _misses(whole: Programme, stages: Stages, clock: Clock, start: Bools | None) -> Bools | None:
    """Settle shortfall and excess, and return the plan so far; None where there is none."""
    ones, beyond = np.zeros(whole.width), np.zeros(whole.width)
    ones[whole.short_columns()], beyond[whole.excess_columns()] = 1, 1
    if start is not None and whole.misses(start)[0] == 0:
        least = Answer("proven", start, 0.0, 0.0)
    else:
        least = strive(whole, Aim(ones), seconds=clock.left(0.4), gap=0.0, start=start)
    if least.chosen is None:
        stages.impossible = least.end == "infeasible"
        found = None if stages.impossible else greedy(whole)
        if found is None:
            stages.note(0, least)
            return None
        stages.greedy = True
        bound = least.bound if np.isfinite(least.bound) else 0.0
        least = Answer("time_limit", found, float(whole.misses(found)[0]), max(0.0, bound), timed=True)
        if least.gap == 0:
            least = replace(least, end="proven")
    stages.chosen, stages.short = least.chosen, round(least.value)
    stages.note(0, least)
    found = stages.chosen
    fewest = strive(whole, Aim(beyond, stages.short), seconds=clock.left(0.4), gap=0.0, start=found)
    fewest = _kept(whole, stages, fewest, None)
    stages.excess = round(fewest.value)
    stages.note(1, fewest)
    return stages.chosen


def _kept(whole: Programme, stages: Stages, answer: Answer, amounts: Ints | None) -> Answer:
    """Return the answer; if it has no plan, or a worse one, that of the plan at hand with the bound now known."""
    chosen = stages.chosen
    if chosen is None:
        return answer
    own = float(whole.misses(chosen)[1] if amounts is None else amounts[chosen].sum())
    if answer.chosen is None or answer.value > own:
        bound = answer.bound if np.isfinite(answer.bound) else _outer_bound(whole, stages, amounts)
        bound = min(own, bound)
        end: End = "proven" if gap_between(own, bound) == 0 else "time_limit"
        return Answer(end, chosen, own, bound)
    stages.greedy = stages.greedy and bool((answer.chosen == chosen).all())
    stages.chosen = answer.chosen
    return answer


def _outer_bound(whole: Programme, stages: Stages, amounts: Ints | None) -> float:
    """Return a bound that needs no solver: each parcel once at its best, the best first, as long as homes are asked."""
    if amounts is None or not len(amounts):
        return 0.0
    best = np.zeros(len(whole.candidates.table))
    np.minimum.at(best, whole.parcel, amounts.astype(np.float64))
    if amounts.max() > 0:
        return float(best.sum())
    homes = whole.candidates.column("homes")
    room = sum(asked + over for unit, _, asked, over in whole.limits.cells() if not unit) + stages.excess
    order = np.argsort(best / homes, kind="stable")
    taken = np.clip(room - (np.cumsum(homes[order]) - homes[order]), 0, homes[order])
    return float(np.floor((best[order] * taken / homes[order]).sum()))


def _cost(whole: Programme, stages: Stages, score: Answer, clock: Clock, gap: float) -> str:
    """Settle the cost; say how that ended.

    A score proven best stays as it is. One that is known only to lie within the gap may give way, but no farther than the
    gap from its bound: plans that the gap cannot tell apart are told apart by their cost.
    """
    if whole.candidates.cost is None:
        stages.rounds.append(Round(NAMES[3], np.nan, np.nan, np.nan, "skipped"))
        return "skipped"
    steps, points = whole.steps(), whole.points()
    chosen, is_loose = stages.chosen, score.end == "within_gap"
    kept = at_most(-points, max(score.value, np.floor(score.bound * (1 - gap))) if is_loose else score.value)
    aim = replace(_aim(whole, steps, short=stages.short, excess=stages.excess), rows=(kept,))
    # without a proven score ties are not asked for, and their time is free
    seconds = clock.left(0.6 if score.end == "proven" else 0.95)
    cost = _kept(whole, stages, strive(whole, aim, seconds=seconds, gap=gap, start=chosen), steps)
    # steps are for comparing; what is told is the sum itself
    yuan = math.fsum(whole.candidates.cost[whole.parcel[stages.chosen]].tolist())
    bound = yuan - (cost.value - cost.bound) * whole.cost_step()
    stages.timed = stages.timed or cost.timed
    if is_loose:
        value = float(-points[stages.chosen].sum())
        stages.rounds[-1] = told(2, replace(score, value=value), -1 / POINTS)
    stages.rounds.append(Round(NAMES[3], yuan, bound, cost.gap, cost.end))
    return cost.end


def _ties(whole: Programme, stages: Stages, chosen: Bools, clock: Clock, *, sure: bool) -> None:
    """Say whether another plan is as good in every aim; if so, take the one that the draw by name prefers."""
    steps, points, lots = whole.steps(), whole.points(), draw(whole)
    equal = tuple(at_most(each, float(each[chosen].sum())) for each in (-points, steps) if each.any())
    ended = "skipped"
    if sure:
        aim = Aim(np.zeros(whole.width), stages.short, stages.excess, (*equal, other_than(chosen)))
        other = solve(whole, aim, seconds=clock.left(0.5), gap=0.0)
        stages.ties = True if other.chosen is not None else False if other.end == "infeasible" else None
        ended = "proven" if stages.ties is False else "time_limit"
    if stages.ties:
        aim = replace(_aim(whole, lots, short=stages.short, excess=stages.excess), rows=equal)
        drawn = solve(whole, aim, seconds=clock.left(), gap=0.0)
        # a draw that ran out of time would differ from run to run
        if drawn.end == "proven" and drawn.chosen is not None:
            stages.chosen, ended = drawn.chosen, "proven"
    value = float(lots[stages.chosen].sum())
    stages.timed = stages.timed or ended == "time_limit"
    stages.rounds.append(Round(NAMES[4], value, value if ended == "proven" else np.nan, np.nan, ended))


def _aim(whole: Programme, amounts: Ints, *, short: int, excess: int) -> Aim:
    objective = np.zeros(whole.width)
    objective[: whole.count] = amounts
    return Aim(objective, short, excess)


def _plan(whole: Programme, stages: Stages, parcels: pd.DataFrame, seconds: float) -> Plan:
    if stages.chosen is None:
        if not stages.impossible:
            return nothing(whole, "time_limit", rounds=stages.rounds)
        clashing, smallest = clash(parcels, whole.limits, seconds=0.5 * seconds, asked=False)
        mended = repairs(parcels, whole.limits, clashing, seconds=0.5 * seconds)
        return nothing(whole, "infeasible", rounds=stages.rounds, repairs=mended, clash=clashing, smallest=smallest)
    ends = {each.name: each.status for each in stages.rounds}
    status: PlanStatus = "proven"
    if stages.short and ends["shortfall"] == "proven":
        status = "infeasible"
    elif "time_limit" in [ends[name] for name in NAMES[:4]]:
        status = "time_limit"
    elif "within_gap" in ends.values():
        status = "within_gap"
    table = chosen_table(whole, stages.chosen)
    clashing, smallest = pd.DataFrame(), False
    mended = nothing(whole, status).repairs
    if status == "infeasible":
        clashing, smallest = clash(parcels, whole.limits, seconds=0.5 * seconds, asked=True)
        mended = repairs(
            parcels, whole.limits, clashing, seconds=0.5 * seconds, plan_quota=quota_table(whole, stages.chosen)
        )
    gaps = [each.gap for each in stages.rounds[:4] if each.status != "skipped"]
    return Plan(
        status=status,
        chosen=table,
        rounds=rounds_table(stages.rounds),
        quota=quota_table(whole, stages.chosen),
        budgets=budgets_table(whole, stages.chosen),
        repairs=mended,
        left_out=whole.candidates.left_out,
        gap=max(gaps, default=0.0),
        ties=stages.ties,
        greedy=stages.greedy,
        timed=stages.timed,
        clash=clashing,
        clash_smallest=smallest,
    )
