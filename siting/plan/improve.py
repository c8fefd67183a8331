"""A plan made better piece by piece, where the solver alone does not come close enough in its time.

The linear relaxation says which parcels are worth choosing between. Then one unit and year after another is opened, with the
parcels of it that are worth it, and solved while all others stand still; every row holds at every step. What is proven of
the outcome rests on the bounds of the relaxation and of the solver. Source: fix-and-optimise (Pochet & Wolsey 2006); relaxation induced neighbourhoods
(Danna et al. 2005).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np
import pandas as pd
from scipy.sparse import csc_array, vstack

from siting.plan.greedy import greedy
from siting.plan.model import Floats, Ints
from siting.plan.programme import Programme, Row
from siting.plan.solve import (
    FEW,
    MOST_COEFFICIENT,
    Aim,
    Answer,
    Bools,
    Clock,
    End,
    broken,
    caps,
    gap_between,
    matrix,
    solve,
    solver,
    value_of,
)

SWEEPS = 12
OPEN = 50
START_OPEN = 120
PIECE_SECONDS = 2.0
PIECE_NODES = 300
PIECE_GAP = 2e-5
SHORT_COST, EXCESS_COST = 100.0, 10.0
"""Homes short or in excess weigh so many times the dearest home of the aim while pieces are solved."""
HIGHS_SHARE = 0.4


@dataclass(frozen=True)
class Relaxation:
    """The programme without whole numbers: its columns, a bound, and how near each parcel is to being chosen or not."""

    columns: Floats = field(repr=False)
    bound: float
    nearness: Floats = field(repr=False)


@dataclass(frozen=True)
class Pieces:
    """The programme in a form of which parts can be solved: all rows as one matrix, slack columns with a price."""

    whole: Programme = field(repr=False)
    aim: Aim = field(repr=False)
    rows: tuple[Row, ...] = field(repr=False)
    table: csc_array = field(repr=False)
    low: Floats = field(repr=False)
    high: Floats = field(repr=False)
    objective: Floats = field(repr=False)

    def key(self, chosen: Bools) -> tuple[float, float, float]:
        """Return how bad a plan is: homes short and in excess beyond what the aim allows, then the aim."""
        short, excess = self.whole.misses(chosen)
        worth = value_of(self.whole, self.aim.objective, chosen, None)
        return max(0.0, short - self.aim.short), max(0.0, excess - self.aim.excess), worth


def strive(whole: Programme, aim: Aim, *, seconds: float, gap: float, start: Bools | None = None) -> Answer:
    """Return the best plan that the solver, and then pieces of it, find for an aim; `start` is one known before.

    proven, within_gap and infeasible as `siting.plan.solve.solve`; time_limit with a plan that meets the aim's caps on
    shortfall and excess, or without one.
    """
    clock = Clock(seconds)
    if start is None or whole.count <= FEW:
        found = solve(whole, aim, seconds=clock.left(HIGHS_SHARE), gap=gap)
        return (
            found if found.end != "time_limit" or not whole.count else _by_pieces(whole, aim, found, start, clock, gap)
        )
    unknown = Answer("time_limit", None, np.nan, -np.inf)
    pieced = _by_pieces(whole, aim, unknown, start, Clock(clock.left(0.5)), gap)
    if pieced.end != "time_limit":
        return pieced
    found = solve(whole, aim, seconds=clock.left(), gap=gap)
    if (found.end == "infeasible" and pieced.chosen is None) or (
        found.chosen is not None and not found.value > pieced.value
    ):
        return replace(found, timed=True)
    return _ended(whole, aim, pieced.chosen, pieced.near, max(found.bound, pieced.bound), gap)


def _by_pieces(whole: Programme, aim: Aim, found: Answer, start: Bools | None, clock: Clock, gap: float) -> Answer:
    pieces = _pieces(whole, aim)
    relaxed = _relaxation(pieces, clock)
    bound = found.bound if relaxed is None else max(found.bound, relaxed.bound)
    chosen = min((each for each in (found.chosen, start) if each is not None), key=pieces.key, default=None)
    if relaxed is not None and clock.left() > 0:
        if chosen is None:
            chosen = _begin(pieces, relaxed, clock)
        chosen = _sweeps(pieces, relaxed, chosen, clock, enough=bound, gap=gap)
    if chosen is None or pieces.key(chosen)[:2] != (0.0, 0.0):
        return Answer("time_limit", None, np.nan, bound, chosen, timed=True)
    return _ended(whole, aim, chosen, None, bound, gap)


def _ended(whole: Programme, aim: Aim, chosen: Bools | None, near: Bools | None, bound: float, gap: float) -> Answer:
    if chosen is None:
        return Answer("time_limit", None, np.nan, bound, near, timed=True)
    value = value_of(whole, aim.objective, chosen, None)
    bound = min(value, bound)
    reached = gap_between(value, bound)
    end: End = "proven" if reached == 0 else "within_gap" if reached <= gap else "time_limit"
    return Answer(end, chosen, value, bound, timed=True)


def _pieces(whole: Programme, aim: Aim) -> Pieces:
    rows = (*whole.rows, *aim.rows)
    objective = aim.objective / max(1.0, float(np.abs(aim.objective).max(initial=0.0)) / MOST_COEFFICIENT)
    dearest = max(1.0, float((np.abs(objective[: whole.count]) / whole.homes).max(initial=0.0)))
    for columns, most, price in (
        (whole.short_columns(), aim.short, SHORT_COST),
        (whole.excess_columns(), aim.excess, EXCESS_COST),
    ):
        if np.isfinite(most):
            objective[columns] += price * dearest
    table = csc_array(matrix(rows, whole.width))
    low, high = (np.array([getattr(row, side) for row in rows], np.float64) for side in ("low", "high"))
    return Pieces(whole, aim, rows, table, low, high, objective)


def _relaxation(pieces: Pieces, clock: Clock) -> Relaxation | None:
    """Return the relaxation, with the aim's caps on shortfall and excess, or None where it is not found in time.

    Nearness is the reduced cost of the parcel's best year, without the price of choosing it but once, a home.
    """
    whole, aim = pieces.whole, pieces.aim
    rows = [*pieces.rows, *caps(whole, aim)]
    high = np.array([row.high for row in rows])
    low = np.array([row.low for row in rows])
    table = matrix(rows, whole.width)
    above, below = np.isfinite(high), np.isfinite(low)
    upper = np.where(np.arange(whole.width) < whole.count, 1.0, np.inf)
    if clock.left() <= 0:
        return None
    found = solver().linprog(
        aim.objective,
        A_ub=vstack([table[above], -table[below]]),
        b_ub=np.concatenate([high[above], -low[below]]),
        bounds=np.column_stack([np.zeros(whole.width), upper]),
        method="highs",
        options={"time_limit": clock.left()},
    )
    if found.status != 0:
        return None
    price = np.zeros(len(rows))
    price[above] += found.ineqlin.marginals[: above.sum()]
    price[below] -= found.ineqlin.marginals[above.sum() :]
    price[[row.group.kind == "once" for row in rows]] = 0
    reduced = (aim.objective - table.T @ price)[: whole.count]
    best = np.full(len(whole.candidates.table), np.inf)
    np.minimum.at(best, whole.parcel, reduced)
    y = np.asarray(found.x[: whole.count], np.float64)
    near = np.abs(best) / whole.candidates.column("homes")
    near[whole.parcel[(y > 1e-6) & (y < 1 - 1e-6)]] = -1
    return Relaxation(y, float(found.fun), near)


def _begin(pieces: Pieces, relaxed: Relaxation, clock: Clock) -> Bools | None:
    """Return a first plan: what the relaxation takes whole, and a choice among the parcels nearest to the edge."""
    whole = pieces.whole
    order = np.argsort(relaxed.nearness, kind="stable")
    is_open = np.zeros(len(whole.candidates.table), np.bool_)
    is_open[order[:START_OPEN]] = True
    found = _piece(pieces, relaxed.columns > 1 - 1e-6, is_open[whole.parcel], clock)
    known = [each for each in (found, greedy(whole), _none(pieces)) if each is not None]
    return min(known, key=pieces.key, default=None)


def _none(pieces: Pieces) -> Bools | None:
    nothing = np.zeros(pieces.whole.count, np.bool_)
    return nothing if broken(pieces.rows, pieces.whole.count, nothing) is None else None


def _sweeps(
    pieces: Pieces, relaxed: Relaxation, chosen: Bools | None, clock: Clock, *, enough: float, gap: float
) -> Bools | None:
    if chosen is None:
        return None
    for sweep in range(SWEEPS):
        before = pieces.key(chosen)
        for is_open in _openings(pieces.whole, relaxed, sweep):
            if clock.left() <= 0:
                return chosen
            other = _piece(pieces, chosen, is_open(chosen), clock)
            if other is not None and pieces.key(other) < pieces.key(chosen):
                chosen = other
            short, excess, value = pieces.key(chosen)
            if short == excess == 0 and gap_between(value, enough) <= gap:
                return chosen
        if sweep % 2 and pieces.key(chosen) == before:
            break
    return chosen


@dataclass(frozen=True)
class _Opening:
    """Units and years to be opened: the parcels in them now and the free ones, nearest to the edge first."""

    whole: Programme
    nearness: Floats
    inside: Bools
    most: int

    def __call__(self, chosen: Bools) -> Bools:
        parcel = self.whole.parcel
        taken = np.zeros(len(self.whole.candidates.table), np.bool_)
        taken[parcel[chosen & ~self.inside]] = True
        able = self.inside & ~taken[parcel]
        names: Ints = np.unique(parcel[able])
        kept = names[np.argsort(self.nearness[names], kind="stable")[: self.most]]
        return able & np.isin(parcel, kept)


def _openings(whole: Programme, relaxed: Relaxation, sweep: int) -> Iterator[_Opening]:
    """Yield every unit and year (with the next year in every second sweep), then every year with all units."""
    count = len(whole.limits.years)
    units = whole.candidates.table["unit"].astype(object)
    codes = pd.factorize(units.where(units.notna(), ""), sort=True)[0][whole.parcel]
    step = 0 if sweep % 2 == 0 else 1 + (sweep // 2) % max(1, count - 1)
    for unit, t in product(range(int(codes.max(initial=-1)) + 1), range(count)):
        inside = (codes == unit) & np.isin(whole.year, [t, (t + step) % count])
        yield _Opening(whole, relaxed.nearness, inside, OPEN)
    for t in range(count):
        yield _Opening(whole, relaxed.nearness, whole.year == t, 2 * OPEN)


def _piece(pieces: Pieces, chosen: Bools, is_open: Bools, clock: Clock) -> Bools | None:
    """Return the best plan that differs from `chosen` only where it is open, or None; every row is checked."""
    whole = pieces.whole
    columns = np.concatenate([np.flatnonzero(is_open), np.arange(whole.count, whole.width)])
    fixed = (chosen & ~is_open).astype(np.float64)
    standing = pieces.table[:, np.arange(whole.count)] @ fixed
    part = pieces.table[:, columns].tocsr()
    used = np.diff(part.indptr) > 0
    weight = float(np.abs(pieces.objective[: whole.count][chosen]).sum())
    own = float(np.abs(pieces.objective[: whole.count][chosen & is_open]).sum())
    is_y = columns < whole.count
    optimise = solver()
    found = optimise.milp(
        pieces.objective[columns],
        integrality=is_y.astype(np.float64),
        bounds=optimise.Bounds(0, np.where(is_y, 1.0, np.inf)),
        constraints=optimise.LinearConstraint(
            part[used], (pieces.low - standing)[used], (pieces.high - standing)[used]
        ),
        options={
            "time_limit": max(0.01, min(PIECE_SECONDS, clock.left())),
            "node_limit": PIECE_NODES,
            "mip_rel_gap": min(0.1, PIECE_GAP * weight / max(own, 1e-9)),
        },
    )
    if found.x is None:
        return None
    other = chosen & ~is_open
    other[is_open] = found.x[: int(is_open.sum())] > 0.5
    return other if broken(pieces.rows, whole.count, other) is None else None
