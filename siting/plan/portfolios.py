"""How much a plan hangs on each parcel: how often it is in near-best plans, and what is lost without it."""

import math
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from siting.plan.improve import strive
from siting.plan.model import Floats, Limits, Plan, candidates
from siting.plan.programme import POINTS, Group, Programme, Row, programme
from siting.plan.solve import Aim, Bools, Clock, at_most, broken, solve

LOSS_COLUMNS = ("homes_short", "homes_over", "loss", "status")
ROUNDING = 1e-6


@dataclass(frozen=True)
class Portfolios:
    """Sets of parcels that are nearly as good as the plan's.

    in_share: by parcel, in how many of the sets found it is, as a part of them; parcels in none are absent. sets: a row a
    parcel and set (set, parcel_id); set 0 is the plan's. complete: whether these are all sets that are so good.
    """

    in_share: pd.Series = field(repr=False)
    sets: pd.DataFrame = field(repr=False)
    complete: bool


def portfolios(
    parcels: pd.DataFrame, limits: Limits, plan: Plan, *, count: int, near: float, seconds: float
) -> Portfolios:
    """Return up to `count` sets of parcels, the plan's first, that fall short of no more homes and are nearly as good.

    Nearly: at most `near` of all homes asked over all years (rounded down to whole homes) more in excess, and at least
    (1 - near) of the plan's score-weighted homes. An excess exactly the plan's own would leave few sets beside it, as sums
    of whole parcels rarely agree to the home. Limits of money, lots, schools and places hold for every set.

    Each set differs from all before it in at least one parcel (its years do not matter); they come as the solver finds
    them, so where `complete` is false they are some such sets, not a fair sample of all. ValueError for count < 1, near
    outside 0..1, or a plan of other parcels. Source: no-good cuts (Balas & Jeroslow 1972).
    """
    if count < 1 or not 0 <= near < 1:
        msg = "count must be 1 or more, and near in 0..1"
        raise ValueError(msg)
    clock = Clock(seconds)
    whole = programme(candidates(parcels, limits), limits)
    chosen = columns_of(whole, plan)
    short, excess = whole.misses(chosen)
    points = whole.points()
    # 0.29 x 100 is a little less than 29 in binary
    room = math.floor(near * sum(limits.homes) + ROUNDING)
    rows: list[Row] = [at_most(-points, -float(np.ceil((1 - near) * points[chosen].sum())))]
    objective = np.zeros(whole.width)
    objective[: whole.count] = -points
    found, complete = [chosen], False
    while len(found) < count:
        rows.append(_other_parcels(whole, found[-1]))
        # a set that is near enough will do: it need not be the next best
        answer = solve(whole, Aim(objective, short, excess + room, tuple(rows)), seconds=clock.left(), gap=near / 2)
        if answer.chosen is None:
            complete = answer.end == "infeasible"
            break
        found.append(answer.chosen)
    index = whole.candidates.table.index
    members = [(number, index[p]) for number, each in enumerate(found) for p in np.unique(whole.parcel[each]).tolist()]
    sets = pd.DataFrame(members, columns=["set", "parcel_id"])
    share = sets.groupby("parcel_id", sort=True)["set"].count() / len(found)
    return Portfolios(share.rename("in_share"), sets, complete)


def loss_without(
    parcels: pd.DataFrame, limits: Limits, plan: Plan, *, seconds: float, gap: float = 1e-3
) -> pd.DataFrame:
    """Return what the best plan without each chosen parcel is worse by, on the parcels' index.

    homes_short: homes more that are short; homes_over: homes more in excess; loss: score-weighted homes fewer (below 0 where
    a greater excess brings more homes). status: proven, within_gap, at_most (the loss may be smaller: time ran out, or the
    plan itself was not proven best) or unknown (missing numbers: no time). ValueError for a plan of other parcels.
    Source: replacement cost (Cabeza & Moilanen 2006).
    """
    clock = Clock(seconds)
    whole = programme(candidates(parcels, limits), limits)
    chosen = columns_of(whole, plan)
    picked = np.unique(whole.parcel[chosen]).tolist()
    rows = []
    for position, parcel in enumerate(picked):
        share = clock.left(1 / (len(picked) - position))
        rows.append(_without(whole, chosen, parcel, share, gap))
    index = whole.candidates.table.index[picked]
    table = pd.DataFrame(rows, columns=[*LOSS_COLUMNS], index=index)
    if plan.status in {"time_limit", "within_gap"}:
        table["status"] = table["status"].where(table["status"] == "unknown", "at_most")
    return table.astype({"homes_short": float, "homes_over": float, "loss": float})


def columns_of(whole: Programme, plan: Plan) -> Bools:
    """Return a plan as columns of the programme; ValueError where it holds a parcel or year that this one lacks."""
    place = {pair: column for column, pair in enumerate(zip(whole.parcel.tolist(), whole.year.tolist(), strict=True))}
    ids = {name: position for position, name in enumerate(whole.candidates.ids)}
    years = {year: position for position, year in enumerate(whole.limits.years)}
    chosen = np.zeros(whole.count, np.bool_)
    for name, year in zip(plan.chosen["parcel_id"], plan.chosen["year"], strict=True):
        column = place.get((ids.get(str(name), -1), years.get(int(year), -1)))
        if column is None:
            msg = f"plan holds {name} in {year}, which parcels and limits do not allow"
            raise ValueError(msg)
        chosen[column] = True
    return chosen


def _without(whole: Programme, chosen: Bools, parcel: int, seconds: float, gap: float) -> tuple[object, ...]:
    clock, points = Clock(seconds), whole.points()
    short, excess = whole.misses(chosen)
    own = np.flatnonzero(whole.parcel == parcel)
    banned = Row(Group("must_not"), own, np.ones(len(own)), -np.inf, 0.0)
    narrowed = replace(whole, rows=(*whole.rows, banned))
    objective = np.zeros(whole.width)
    objective[: whole.count] = -points
    start = chosen & (whole.parcel != parcel)
    answer = strive(
        narrowed, Aim(objective, short, excess), seconds=clock.left(0.5), gap=gap, start=_holding(narrowed, start)
    )
    more_short, more_excess = 0, 0
    if answer.chosen is None and answer.end == "infeasible":
        least = strive(narrowed, _sum_of(whole, "short", np.inf), seconds=clock.left(0.4), gap=0.0)
        if least.end != "proven":
            return np.nan, np.nan, np.nan, "infeasible" if least.end == "infeasible" else "unknown"
        fewest = strive(narrowed, _sum_of(whole, "excess", least.value), seconds=clock.left(0.5), gap=0.0)
        if fewest.end != "proven":
            return least.value - short, np.nan, np.nan, "unknown"
        more_short, more_excess = round(least.value) - short, round(fewest.value) - excess
        aim = Aim(objective, least.value, fewest.value)
        answer = strive(narrowed, aim, seconds=clock.left(), gap=gap, start=fewest.chosen)
    if answer.chosen is None:
        return np.nan, np.nan, np.nan, "unknown"
    loss = float(points[chosen].sum() - points[answer.chosen].sum()) / POINTS
    return more_short, more_excess, loss, "at_most" if answer.end == "time_limit" else answer.end


def _sum_of(whole: Programme, what: str, short: float) -> Aim:
    objective: Floats = np.zeros(whole.width)
    objective[whole.short_columns() if what == "short" else whole.excess_columns()] = 1
    return Aim(objective, short)


def _holding(whole: Programme, start: Bools) -> Bools | None:
    """Return a start if it keeps every row, else None: taking one parcel out can break a lot or the share of homes."""
    return start if broken(whole.rows, whole.count, start) is None else None


def _other_parcels(whole: Programme, chosen: Bools) -> Row:
    """Return the row: at least one parcel is in and was out, or out and was in, whatever the year."""
    inside = np.isin(whole.parcel, whole.parcel[chosen])
    most = float(len(np.unique(whole.parcel[chosen]))) - 1
    return Row(Group("cut"), np.arange(whole.count), np.where(inside, 1.0, -1.0), -np.inf, most)
