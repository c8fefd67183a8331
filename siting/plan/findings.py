"""What a user must know of how a plan ended, as problems."""

import math
from collections.abc import Iterator

from siting.base.errors import Level, Problem
from siting.plan.model import Plan

NAMED = 10


def plan_problems(plan: Plan) -> tuple[Problem, ...]:
    """Return how a plan ended, where that is more than a plan proven best, and a note on every kind of parcel left out."""
    return (*_ending(plan), *_left_out(plan))


def _ending(plan: Plan) -> Iterator[Problem]:
    if plan.status == "no_solver":
        yield Problem("plan_no_solver")
    elif plan.status == "infeasible":
        known = plan.rounds["name"].eq("shortfall") & plan.rounds["status"].ne("infeasible")
        yield Problem("plan_infeasible", found=str(plan.short)) if known.any() else Problem("plan_clash")
    elif plan.status == "time_limit" and not len(plan.chosen):
        yield Problem("plan_none_in_time", level="warn")
    elif plan.greedy:
        yield Problem("plan_greedy", level="warn")
    elif plan.status == "time_limit":
        yield Problem("plan_time_limit", found="—" if math.isinf(plan.gap) else f"{plan.gap:.2%}", level="warn")
    if plan.ties:
        yield Problem("plan_ties", level="note")


def _left_out(plan: Plan) -> Iterator[Problem]:
    level: Level = "note"
    for code, rows in plan.left_out.groupby("code", sort=True):
        ids = [str(each) for each in rows["parcel_id"]]
        named = ", ".join(ids[:NAMED]) + (" …" if len(ids) > NAMED else "")
        yield Problem(f"plan_left_{code}", found=str(len(ids)), level=level, values={"ids": named})
