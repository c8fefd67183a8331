"""The plan as rows of a linear programme in whole numbers.

A column y[p, t] says that parcel p is supplied in year t. A shortfall and an excess column stand beside every quota, so
that a shortfall in one unit or year is never made good by an excess in another. No row holds a large number that the
solver would have to see through: money is scaled by the dearest parcel, and lots are plain differences of columns.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from siting.plan.model import LEDGERS, Candidates, Floats, Ints, Limits

MONEY_SCALE = 1e4
POINTS = 1000
"""Score-weighted homes are counted in thousandths, so that sums of them are whole numbers and compare exactly."""
COST_STEPS = 1e5
"""Costs are counted in steps of 1/100,000 of the dearest parcel, for the same reason."""


class Group(NamedTuple):
    """A limit by its kind, with the unit, year or item that it is about."""

    kind: str
    item: str = ""
    year: int = 0


@dataclass(frozen=True)
class Row:
    """low <= sum of values x columns <= high."""

    group: Group
    columns: Ints
    values: Floats
    low: float
    high: float


@dataclass(frozen=True)
class Cell:
    """A quota: a unit ("" is the whole) in a year, what is asked, what may be beyond."""

    unit: str
    year: int
    asked: int
    over: int
    columns: Ints = field(repr=False)


@dataclass(frozen=True)
class Programme:
    """All columns and rows. Columns: y, then shortfall and excess of each cell, then slacks.

    parcel, year: position of the candidate and of the year of each y. homes: of each y. slacks: group of each slack.
    """

    candidates: Candidates = field(repr=False)
    limits: Limits
    parcel: Ints = field(repr=False)
    year: Ints = field(repr=False)
    homes: Ints = field(repr=False)
    cells: tuple[Cell, ...] = field(repr=False)
    rows: tuple[Row, ...] = field(repr=False)
    slacks: tuple[Group, ...] = ()

    @property
    def count(self) -> int:
        """Columns y."""
        return len(self.parcel)

    @property
    def width(self) -> int:
        """All columns."""
        return self.count + 2 * len(self.cells) + len(self.slacks)

    def points(self) -> Ints:
        """Return the score-weighted homes of each y, in thousandths."""
        factors = np.array(self.limits.factors())[self.year]
        weighted = self.homes * self.candidates.column("score")[self.parcel] * factors
        found: Ints = np.floor(POINTS * weighted + 0.5).astype(np.int64)
        return found

    def cost_step(self) -> float:
        """Return the yuan of one step of cost; 0 where no parcel costs anything or no cost is known."""
        cost = self.candidates.cost
        return 0.0 if cost is None or not len(cost) else float(np.abs(cost).max()) / COST_STEPS

    def steps(self) -> Ints:
        """Return the cost of each y in steps."""
        step, cost = self.cost_step(), self.candidates.cost
        if cost is None or step == 0:
            return np.zeros(self.count, np.int64)
        # near a half, the last bit of a division depends on the unit of money
        found: Ints = np.floor(np.round(cost / step, 6) + 0.5).astype(np.int64)[self.parcel]
        return found

    def misses(self, chosen: npt.NDArray[np.bool_]) -> tuple[int, int]:
        """Return homes short and homes in excess (beyond what is allowed), over all cells."""
        supplied = [int(self.homes[cell.columns[chosen[cell.columns]]].sum()) for cell in self.cells]
        short = sum(max(0, cell.asked - got) for cell, got in zip(self.cells, supplied, strict=True))
        return short, sum(max(0, got - cell.asked - cell.over) for cell, got in zip(self.cells, supplied, strict=True))

    def short_columns(self) -> Ints:
        """Return the columns of shortfalls."""
        return np.arange(self.count, self.count + len(self.cells))

    def excess_columns(self) -> Ints:
        """Return the columns of excesses."""
        return self.short_columns() + len(self.cells)


def programme(candidates: Candidates, limits: Limits, *, relax: str = "", early: bool = False) -> Programme:
    """Return the programme of a plan.

    `relax` names a kind of rows (budget, school, apart, stock_share) that get a slack column each (one for all of apart);
    with `early` every parcel can be supplied from the first year on.
    """
    years = np.array(limits.years)
    first = np.full(len(candidates.table), years[0]) if early else candidates.column("first_year")
    parcel, year = (each.astype(np.int64) for each in np.nonzero(years[np.newaxis, :] >= first[:, np.newaxis]))
    homes = candidates.column("homes").astype(np.int64)[parcel]
    cells = tuple(_cells(candidates, limits, parcel, year))
    bare = Programme(candidates, limits, parcel, year, homes, cells, ())
    rows = [*_once(bare), *_money(bare), *_share(bare), *_apart(bare), *_schools(bare), *_lots(bare)]
    slacks = tuple(dict.fromkeys(row.group for row in rows if relax and row.group.kind == relax))
    place = {group: bare.width + position for position, group in enumerate(slacks)}
    rows = [_slackened(row, place[row.group]) if row.group in place else row for row in rows]
    return Programme(candidates, limits, parcel, year, homes, cells, (*_quotas(bare), *rows), slacks)


def _cells(candidates: Candidates, limits: Limits, parcel: Ints, year: Ints) -> Iterator[Cell]:
    units = candidates.table["unit"].astype(object).to_numpy()[parcel]
    for unit, t, asked, over in limits.cells():
        inside = (year == t) & ((units == unit) if unit else True)
        yield Cell(unit, t, int(asked), int(over), np.flatnonzero(inside))


def _quotas(bare: Programme) -> Iterator[Row]:
    for position, cell in enumerate(bare.cells):
        group = Group("quota", cell.unit, bare.limits.years[cell.year])
        homes = bare.homes[cell.columns].astype(np.float64)
        short, excess = bare.count + position, bare.count + len(bare.cells) + position
        yield Row(group, np.append(cell.columns, short), np.append(homes, 1.0), cell.asked, np.inf)
        beyond = np.append(cell.columns, excess)
        yield Row(group, beyond, np.append(homes, -1.0), -np.inf, cell.asked + cell.over)


def _once(bare: Programme) -> Iterator[Row]:
    for columns in _by_parcel(bare).values():
        if len(columns) > 1:
            yield _row(Group("once"), columns, 1.0)


def _money(bare: Programme) -> Iterator[Row]:
    for ledger in sorted(bare.limits.budgets):
        money = bare.candidates.column(LEDGERS[ledger])
        dearest = float(money.max()) if len(money) else 0.0
        for t, amount in enumerate(bare.limits.budgets[ledger]):
            if amount is None or dearest == 0:
                continue
            columns = np.flatnonzero((bare.year == t) & (money[bare.parcel] > 0))
            values = money[bare.parcel[columns]] / dearest * MONEY_SCALE
            high = amount / dearest * MONEY_SCALE
            yield Row(Group("budget", ledger, bare.limits.years[t]), columns, values, -np.inf, high)


def _share(bare: Programme) -> Iterator[Row]:
    if bare.limits.stock_share is None:
        return
    least, most = bare.limits.stock_share
    stock = bare.candidates.stock[bare.parcel].astype(np.float64)
    every, group = np.arange(bare.count), Group("stock_share")
    yield Row(group, every, bare.homes * (least - stock), -np.inf, 0.0)
    yield Row(group, every, bare.homes * (stock - most), -np.inf, 0.0)


def _apart(bare: Programme) -> Iterator[Row]:
    """Yield, for each year and largest set of parcels that lie near each other, the homes that they may hold together."""
    apart = bare.limits.apart
    if apart is None:
        return
    at = _by_parcel(bare)
    for near in neighbourhoods(bare.candidates.column("x"), bare.candidates.column("y"), apart.within_m):
        held = np.concatenate([at[p] for p in near])
        for t in range(len(bare.limits.years)):
            columns = held[bare.year[held] == t]
            homes = bare.homes[columns].astype(np.float64)
            if homes.sum() > apart.homes:
                yield Row(Group("apart"), columns, homes, -np.inf, float(apart.homes))


def neighbourhoods(x: Floats, y: Floats, within: float) -> list[list[int]]:
    """Return all largest sets of places of which any two lie within `within` metres, by position, in rising order.

    Source: Bron & Kerbosch 1973 with the pivot of Tomita et al. 2006.
    """
    places = np.column_stack([x, y])
    if not len(places):
        return []
    near = [set(each) for each in cKDTree(places).query_ball_point(places, within)]
    for own, others in enumerate(near):
        others.discard(own)
    found: list[list[int]] = []
    waiting: list[tuple[list[int], set[int], set[int]]] = []
    for own, others in enumerate(near):
        waiting.append(([own], {each for each in others if each > own}, {each for each in others if each < own}))
    while waiting:
        held, open_to, done = waiting.pop()
        if not open_to:
            if not done:
                found.append(sorted(held))
            continue
        pivot = max(sorted(open_to | done), key=lambda each: len(near[each] & open_to))
        for each in sorted(open_to - near[pivot]):
            waiting.append(([*held, each], open_to & near[each], done & near[each]))
            open_to = open_to - {each}
            done = done | {each}
    return sorted(found)


def _schools(bare: Programme) -> Iterator[Row]:
    ids = bare.candidates.ids
    for school in sorted(bare.limits.schools, key=lambda each: each.id):
        pupils = np.array([float(school.pupils.get(name, 0.0)) for name in ids], np.float64)[bare.parcel]
        columns = np.flatnonzero(pupils > 0)
        yield Row(Group("school", school.id), columns, pupils[columns], -np.inf, max(0.0, school.free))


def _lots(bare: Programme) -> Iterator[Row]:
    at, limits = _by_parcel(bare), bare.limits
    position = {name: row for row, name in enumerate(bare.candidates.ids)}

    def columns(name: str) -> Ints:
        # a parcel that cannot be planned has no columns: what needs it cannot be planned either
        return at.get(position.get(name, -1), np.zeros(0, np.int64))

    for lot in limits.together:
        yield from _together(bare, lot, [columns(name) for name in lot])
    for lot in limits.exclude:
        yield _row(Group("exclude", _lot(lot)), np.concatenate([columns(name) for name in lot]), 1.0)
    for wanting, wanted in limits.need:
        for t in range(len(limits.years)):
            before, after = (own[bare.year[own] <= t] for own in (columns(wanting), columns(wanted)))
            signs = np.append(np.ones(len(before)), -np.ones(len(after)))
            yield Row(Group("need", _lot((wanting, wanted))), np.append(before, after), signs, -np.inf, 0.0)
    for name in sorted(limits.must):
        own = columns(name)
        yield Row(Group("must", name), own, np.ones(len(own)), 1.0, np.inf)
    for name in sorted(limits.must_not):
        yield _row(Group("must_not", name), columns(name), 0.0)


def _together(bare: Programme, lot: tuple[str, ...], own: list[Ints]) -> Iterator[Row]:
    group = Group("together", _lot(lot))
    for t in range(len(bare.limits.years)):
        held = np.concatenate([columns[bare.year[columns] == t] for columns in own])
        if len(held) < len(lot):
            yield _row(group, held, 0.0)
            continue
        for other in held[1:]:
            yield Row(group, np.array([held[0], other]), np.array([1.0, -1.0]), 0.0, 0.0)


def _by_parcel(bare: Programme) -> dict[int, Ints]:
    starts = np.searchsorted(bare.parcel, np.arange(len(bare.candidates.table) + 1))
    return {p: np.arange(starts[p], starts[p + 1]) for p in range(len(bare.candidates.table))}


def _slackened(row: Row, slack: int) -> Row:
    return Row(row.group, np.append(row.columns, slack), np.append(row.values, -1.0), row.low, row.high)


def _row(group: Group, columns: Ints, high: float) -> Row:
    return Row(group, columns, np.ones(len(columns)), -np.inf, high)


def _lot(names: Iterable[str]) -> str:
    return " + ".join(names)
