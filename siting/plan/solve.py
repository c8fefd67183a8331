"""One aim of the plan, solved by HiGHS in whole numbers, and checked again without tolerances."""

import hashlib
import importlib
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from siting.plan.model import Floats, Ints
from siting.plan.programme import Group, Programme, Row

Bools = npt.NDArray[np.bool_]
End = Literal["proven", "within_gap", "time_limit", "infeasible"]
RETRIES = 200
MOST_COEFFICIENT = 1e3
SURE = 1e-9
SLACK = 1e-12
"""Part of the sum of a row by which rounding in the last bits may pass its limit: a cent in 10 billion yuan."""
FEW = 400
"""Plans with no more columns are solved to the end, whatever gap is allowed, within this many nodes of the search."""
FEW_NODES = 3000


class NoSolverError(Exception):
    """HiGHS cannot be loaded."""


class Clock:
    """Seconds left of those allowed."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self, share: float = 1.0) -> float:
        """Return a share of what is left, never below zero."""
        return max(0.0, share * (self._end - time.monotonic()))


@dataclass(frozen=True)
class Answer:
    """What came of one aim: chosen is y as yes or no (None where none was found), bound what no plan can pass.

    near: where none was found, the best plan that passes nothing but the caps on shortfall and excess, if any.
    timed: whether a clock had a part in it, so that a faster machine may find another plan.
    """

    end: End
    chosen: Bools | None = field(repr=False)
    value: float
    bound: float
    near: Bools | None = field(default=None, repr=False)
    timed: bool = False

    @property
    def gap(self) -> float:
        """Return how far the value may be from the best, as a part of the value."""
        return gap_between(self.value, self.bound)


@dataclass(frozen=True)
class Aim:
    """What to make least (a coefficient a column), and the most that all shortfalls and all excesses may come to."""

    objective: Floats = field(repr=False)
    short: float = np.inf
    excess: float = np.inf
    rows: Sequence[Row] = field(default=(), repr=False)


def gap_between(value: float, bound: float) -> float:
    """Return |value - bound| / |value|; 0 where they agree, infinite where either is unknown or the value 0."""
    if not (math.isfinite(value) and math.isfinite(bound)):
        return math.inf
    if abs(value - bound) <= SURE * max(1.0, abs(value)):
        return 0.0
    return abs(value - bound) / abs(value) if value else math.inf


def solver() -> ModuleType:
    """Return the module that carries HiGHS; NoSolverError where it cannot be loaded."""
    try:
        return importlib.import_module("scipy.optimize")
    except ImportError as error:
        raise NoSolverError from error


def solve(programme: Programme, aim: Aim, *, seconds: float, gap: float) -> Answer:
    """Return the plan that makes the aim least, to a relative gap.

    Small programmes are solved to the end first. Whatever HiGHS returns is rounded to yes or no and checked row by row;
    if it passes a limit by no more than the solver's own tolerance, that plan is cut off and the search goes on. The
    aim's coefficients on y must be whole numbers, as sums are compared exactly.
    """
    clock = Clock(seconds)
    if programme.count <= FEW and gap > 0:
        exact = _checked(programme, aim, clock, gap=0.0, nodes=FEW_NODES)
        if exact.end in {"proven", "infeasible"}:
            return exact
    return _checked(programme, aim, clock, gap=gap, nodes=None)


def _checked(programme: Programme, aim: Aim, clock: Clock, *, gap: float, nodes: int | None) -> Answer:
    cuts: list[Row] = []
    bound = -np.inf
    for _ in range(RETRIES):
        rows = (*programme.rows, *aim.rows, *cuts)
        found = _highs(programme, Aim(aim.objective, aim.short, aim.excess, rows), clock.left(), gap, nodes)
        bound = max(bound, found.bound)
        if found.chosen is None:
            return found
        passed = _passed(programme, aim, rows, found.chosen)
        if passed is None:
            return found
        cuts.append(_cut(passed, found.chosen))
    return Answer("time_limit", None, np.nan, bound)


def _highs(programme: Programme, aim: Aim, seconds: float, gap: float, nodes: int | None) -> Answer:
    optimise = solver()
    rows = [*aim.rows, *caps(programme, aim)]
    if seconds <= 0:
        return Answer("time_limit", None, np.nan, -np.inf)
    scale = max(1.0, float(np.abs(aim.objective).max(initial=0.0)) / MOST_COEFFICIENT)
    whole = np.zeros(programme.width)
    whole[: programme.count] = 1
    upper = np.full(programme.width, np.inf)
    upper[: programme.count] = 1
    found = optimise.milp(
        aim.objective / scale,
        integrality=whole,
        bounds=optimise.Bounds(0, upper),
        constraints=optimise.LinearConstraint(
            matrix(rows, programme.width), [row.low for row in rows], [row.high for row in rows]
        ),
        options={"time_limit": seconds, "mip_rel_gap": gap, **({"node_limit": nodes} if nodes else {})},
    )
    if found.status == 2:
        return Answer("infeasible", None, np.nan, np.inf)
    bound = -np.inf if found.mip_dual_bound is None else float(found.mip_dual_bound) * scale
    if found.x is None:
        return Answer("time_limit", None, np.nan, bound)
    chosen = np.asarray(found.x[: programme.count] > 0.5, np.bool_)
    value = value_of(programme, aim.objective, chosen, found.x)
    if found.status == 0 and not programme.count:
        # without a yes or no to find, HiGHS gives no bound beside the optimum
        bound = value
    if np.isfinite(bound):
        bound = min(value, _whole(bound, 1e-6 * scale) if not programme.slacks else bound)
    reached = gap_between(value, bound)
    end: End = "proven" if reached == 0 else "within_gap" if reached <= gap or found.status == 0 else "time_limit"
    return Answer(end, chosen, value, bound)


def _whole(bound: float, tolerance: float) -> float:
    """Return the least whole number from the bound up: sums are whole, and the solver's bound is only so sharp."""
    return float(np.ceil(bound - max(tolerance, SURE * abs(bound))))


def value_of(programme: Programme, objective: Floats, chosen: Bools, columns: Floats | None) -> float:
    """Return the aim from the yes and no alone; only slacks are read from the solver's columns."""
    value = math.fsum(objective[: programme.count][chosen].tolist())
    misses = np.concatenate([programme.short_columns(), programme.excess_columns()])
    if objective[misses].any():
        short, excess = programme.misses(chosen)
        half = len(programme.cells)
        value += short * objective[programme.count] + excess * objective[programme.count + half]
    if columns is None:
        return value
    slack = slice(programme.count + 2 * len(programme.cells), programme.width)
    return value + math.fsum((objective[slack] * columns[slack]).tolist())


def caps(programme: Programme, aim: Aim) -> list[Row]:
    """Return the rows by which shortfalls and excesses together stay within what the aim allows."""
    caps = []
    for columns, most in ((programme.short_columns(), aim.short), (programme.excess_columns(), aim.excess)):
        if np.isfinite(most):
            caps.append(Row(Group("cap"), columns, np.ones(len(columns)), -np.inf, most + (0.25 if most else 0.0)))
    return caps


def matrix(rows: Sequence[Row], width: int) -> csr_array:
    """Return the values of rows by row and column."""
    lengths = np.array([0, *(len(row.columns) for row in rows)])
    values = np.concatenate([row.values for row in rows]) if rows else np.zeros(0)
    columns = np.concatenate([row.columns for row in rows]) if rows else np.zeros(0, np.int64)
    return csr_array((values, columns, np.cumsum(lengths)), shape=(len(rows), width))


def _passed(programme: Programme, aim: Aim, rows: Sequence[Row], chosen: Bools) -> Row | None:
    """Return a row or cap of the aim that the plan passes, if any."""
    short, excess = programme.misses(chosen)
    if short > aim.short or excess > aim.excess:
        return Row(Group("cap"), np.arange(programme.count), np.zeros(programme.count), -np.inf, -1.0)
    return broken(rows, programme.count, chosen)


def broken(rows: Sequence[Row], count: int, chosen: Bools) -> Row | None:
    """Return a row that the plan passes, if any; rows with other columns than the first `count` hold by those."""
    for row in rows:
        if len(row.columns) and int(row.columns.max()) >= count:
            continue
        terms = row.values[chosen[row.columns]].tolist()
        total, room = math.fsum(terms), SLACK * math.fsum(map(abs, terms))
        if total > row.high + room or total < row.low - room:
            return row
    return None


def _cut(row: Row, chosen: Bools) -> Row:
    """Return a row that forbids what broke `row`: these columns of it together, or else this one plan."""
    held = row.columns[chosen[row.columns]]
    if len(held) and np.isneginf(row.low) and (row.values > 0).all():
        return Row(Group("cut"), held, np.ones(len(held)), -np.inf, len(held) - 1.0)
    return other_than(chosen)


def other_than(chosen: Bools) -> Row:
    """Return a row that any plan but this one meets: at least one column differs."""
    signs = np.where(chosen, -1.0, 1.0)
    return Row(Group("cut"), np.arange(len(chosen)), signs, 1.0 - float(chosen.sum()), np.inf)


def at_most(amounts: Ints, most: float) -> Row:
    """Return the row: whole amounts of the plan come to `most` or less."""
    columns = np.flatnonzero(amounts)
    return Row(Group("aim"), columns, amounts[columns].astype(np.float64), -np.inf, most + 0.5)


def draw(programme: Programme) -> Ints:
    """Return a fixed whole number from 1 to 65,536 for each parcel and year, drawn from their names alone."""
    ids, years = programme.candidates.ids, programme.limits.years
    names = [f"{ids[p]}|{years[t]}" for p, t in zip(programme.parcel.tolist(), programme.year.tolist(), strict=True)]
    return np.array([1 + int(hashlib.sha256(name.encode()).hexdigest()[:4], 16) for name in names], np.int64)
