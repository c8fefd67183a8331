"""What a plan is asked for, what it is chosen from, and what comes back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from siting.base.columns import Kind

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Ledger = Literal["land", "public", "purchase"]
PlanStatus = Literal["proven", "within_gap", "time_limit", "infeasible", "no_solver"]
LEDGERS: dict[Ledger, str] = {"land": "land_yuan", "public": "public_yuan", "purchase": "purchase_yuan"}
COST_COLUMNS = ("cost_yuan", "public_yuan")
NEEDED = ("unit", "kind", "homes", "score", "rank", "first_year", "allowed", "area_m2", *LEDGERS.values(), "cost_yuan")
CHOSEN_COLUMNS = (
    *("parcel_id", "year", "unit", "kind", "homes", "score", "rank"),
    *("land_yuan", "cost_yuan", "public_yuan", "purchase_yuan", "area_m2"),
)
REPAIR_COLUMNS = ("way", "kind", "unit", "year", "item", "amount", "unit_of_amount", "text_zh", "text_en")


@dataclass(frozen=True)
class Apart:
    """Dispersion: parcels of one year of which any two lie within `within_m` metres hold at most `homes` together."""

    within_m: float
    homes: int


@dataclass(frozen=True)
class School:
    """A school that parcels share: its free places, and the pupils that each parcel would bring."""

    id: str
    free: float
    pupils: Mapping[str, float]


@dataclass(frozen=True)
class Limits:
    """What is asked and what may not be passed; every figure is the user's.

    homes, over: homes asked in all and homes allowed beyond, one a year. unit: homes asked of a unit, one a year;
    unit_over: homes allowed beyond those (where left out: the over of the year, and what is asked in all but of no unit). budgets: yuan by ledger, one a year, None
    for no limit. stock_share: least and most share of homes of all years in existing homes. together: all or none, in
    one year. exclude: at most one of each set. need: (a, b), a only with b and not before it. must, must_not: parcels.
    year_factors: weight of a year's score-weighted homes (1 each where left out).
    """

    years: tuple[int, ...]
    homes: tuple[int, ...]
    over: tuple[int, ...] = ()
    unit: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    unit_over: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    budgets: Mapping[Ledger, tuple[float | None, ...]] = field(default_factory=dict)
    stock_share: tuple[float, float] | None = None
    apart: Apart | None = None
    together: tuple[tuple[str, ...], ...] = ()
    exclude: tuple[tuple[str, ...], ...] = ()
    need: tuple[tuple[str, str], ...] = ()
    must: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()
    schools: tuple[School, ...] = ()
    year_factors: tuple[float, ...] = ()

    def factors(self) -> tuple[float, ...]:
        """Return the weight of each year."""
        return self.year_factors or (1.0,) * len(self.years)

    def cells(self) -> list[tuple[str, int, int, int]]:
        """Return (unit, position of the year, homes asked, homes allowed beyond); the unit of the whole is ""."""
        over = self.over or (0,) * len(self.years)
        whole = [("", t, asked, over[t]) for t, asked in enumerate(self.homes)]
        spread = [asked - sum(own[t] for own in self.unit.values()) for t, asked in enumerate(self.homes)]
        free = tuple(over[t] + max(0, rest) for t, rest in enumerate(spread))
        return whole + [
            (unit, t, asked, self.unit_over.get(unit, free)[t])
            for unit in sorted(self.unit)
            for t, asked in enumerate(self.unit[unit])
        ]


@dataclass(frozen=True)
class Candidates:
    """Parcels that can be planned, in the order of their ids as text, and those that cannot, with the reason.

    cost: sale and public ledgers together, yuan, or None where no parcel has a cost. left_out: parcel_id, code, reason.
    """

    table: pd.DataFrame = field(repr=False)
    cost: Floats | None = field(repr=False)
    left_out: pd.DataFrame = field(repr=False)

    @property
    def ids(self) -> list[str]:
        """Ids as text."""
        return [str(each) for each in self.table.index]

    def column(self, name: str) -> Floats:
        """Return a column as numbers."""
        found: Floats = self.table[name].to_numpy(np.float64, na_value=np.nan)
        return found

    @property
    def stock(self) -> npt.NDArray[np.bool_]:
        """Whether a parcel is existing homes."""
        return np.asarray(self.table["kind"].astype(str) == Kind.STOCK.value, np.bool_)


@dataclass(frozen=True)
class Plan:
    """Which parcels in which year, how good that is known to be, and what to mend where it cannot be.

    status: proven (no plan is better), within_gap (none is better by more than the gap asked), time_limit (not proven
    best; `gap` says how far it may be), infeasible (what is asked cannot be had; `chosen` is then the plan with the least
    shortfall and is no plan to be carried out), no_solver.

    chosen: a row a parcel, by year, unit, rank, id. rounds: name, value, bound, gap, status of each aim in its order.
    quota: unit ("" is the whole), year, asked, supplied, short, over. budgets: ledger, year, limit, used. repairs: rows of
    one `way` together mend the plan. clash: limits that cannot hold together (smallest where clash_smallest). ties: whether
    other plans are as good, None where unknown. timed: whether a clock had a part in the choice, so that another machine may
    choose otherwise. greedy: whether one pass over the parcels made the plan, as the solver found none. left_out: parcels that could not be planned, with the reason.
    """

    status: PlanStatus
    chosen: pd.DataFrame = field(repr=False)
    rounds: pd.DataFrame = field(repr=False)
    quota: pd.DataFrame = field(repr=False)
    budgets: pd.DataFrame = field(repr=False)
    repairs: pd.DataFrame = field(repr=False)
    left_out: pd.DataFrame = field(repr=False)
    gap: float
    ties: bool | None = None
    greedy: bool = False
    timed: bool = False
    clash: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    clash_smallest: bool = False

    @property
    def short(self) -> int:
        """Homes short of what is asked, the whole and the units counted apart."""
        return int(self.quota["short"].sum())


def candidates(parcels: pd.DataFrame, limits: Limits) -> Candidates:
    """Return the parcels that a plan can choose from; the others with their reason.

    `parcels`, index parcel_id: the columns of `NEEDED`, and x, y (metres) where limits.apart is set. Money is 0 where nothing
    is paid; a missing amount in a ledger with a budget, or in a cost that other parcels have, leaves the parcel out.
    ValueError for missing columns, ids that are not unique as text, homes that are not whole, scores outside 0..1, negative
    money in a ledger, and limits that do not fit (see `check_limits`).
    """
    check_limits(parcels, limits)
    _check_parcels(parcels, limits)
    order = sorted(range(len(parcels)), key=lambda row: str(parcels.index[row]))
    table = parcels.iloc[order]
    reason = np.full(len(table), "", object)
    _mark(reason, ~table["allowed"].astype("boolean").fillna(False).to_numpy(bool), "not_allowed")
    _mark(reason, ~(table["homes"].to_numpy(np.float64, na_value=np.nan) > 0), "no_homes")
    for name, code in (("score", "no_score"), ("first_year", "no_first_year")):
        _mark(reason, table[name].isna().to_numpy(), code)
    for ledger, amounts in limits.budgets.items():
        if any(amount is not None for amount in amounts):
            _mark(reason, table[LEDGERS[ledger]].isna().to_numpy(), "money_unknown")
    priced = [name for name in COST_COLUMNS if table[name].notna().to_numpy()[reason == ""].any()]
    for name in priced:
        _mark(reason, table[name].isna().to_numpy(), "money_unknown")
    kept = table[reason == ""]
    _mark(reason, table["first_year"].to_numpy(np.float64, na_value=np.nan) > limits.years[-1], "too_late")
    cost = kept[priced].to_numpy(np.float64, na_value=np.nan).sum(axis=1) if priced else None
    told = reason != ""
    own = table["reason"].to_numpy(object) if "reason" in table else np.full(len(table), "", object)
    left = pd.DataFrame({"parcel_id": table.index[told], "code": reason[told], "reason": own[told]})
    return Candidates(kept, cost, left)


def check_limits(parcels: pd.DataFrame, limits: Limits) -> None:
    """Raise ValueError for limits whose lengths, order of years, shares or parcels do not fit."""
    if not limits.years or sorted(set(limits.years)) != list(limits.years):
        _refuse("limits.years must be years in rising order, each once")
    _check_years(limits)
    for unit, t, asked, over in limits.cells():
        if asked != int(asked) or over != int(over):
            _refuse(f"limits: homes of {unit or 'the whole'} in {limits.years[t]} must be whole numbers")
    if unknown := [name for name in limits.budgets if name not in LEDGERS]:
        _refuse(f"limits.budgets: no such ledger: {unknown}")
    if limits.stock_share is not None and not 0 <= limits.stock_share[0] <= limits.stock_share[1] <= 1:
        _refuse("limits.stock_share must be a least and a most share within 0..1")
    if limits.apart is not None and not (limits.apart.within_m > 0 and limits.apart.homes >= 0):
        _refuse("limits.apart must have a distance above 0 and homes from 0 up")
    _check_names({str(each) for each in parcels.index}, limits)


def _check_years(limits: Limits) -> None:
    count = len(limits.years)
    by_year: dict[str, tuple[float | None, ...]] = {"homes": limits.homes, "over": limits.over or limits.homes}
    by_year["year_factors"] = limits.factors()
    by_year |= {f"unit {name}": asked for name, asked in limits.unit.items()}
    by_year |= {f"unit_over {name}": asked for name, asked in limits.unit_over.items()}
    by_year |= {f"budgets {name}": amounts for name, amounts in limits.budgets.items()}
    for name, numbers in by_year.items():
        known = [number for number in numbers if number is not None]
        if len(numbers) != count or not np.isfinite(known).all() or any(number < 0 for number in known):
            _refuse(f"limits.{name} must hold a number from 0 up for each of {count} years")


def _check_names(known: set[str], limits: Limits) -> None:
    named = {part: {each for lot in getattr(limits, part) for each in lot} for part in ("together", "exclude", "need")}
    named |= {part: set(getattr(limits, part)) for part in ("must", "must_not")}
    for part, ids in named.items():
        if lost := sorted(ids - known):
            _refuse(f"limits.{part} names parcels that are not there: {', '.join(lost)}")


def _check_parcels(parcels: pd.DataFrame, limits: Limits) -> None:
    wanted = [*NEEDED, *(("x", "y") if limits.apart is not None else ())]
    if lacking := [name for name in wanted if name not in parcels.columns]:
        _refuse(f"parcels lacks the columns {', '.join(lacking)}")
    if len({str(each) for each in parcels.index}) < len(parcels):
        _refuse("parcels: ids must differ as text")
    allowed = parcels[parcels["allowed"].astype("boolean").fillna(False).to_numpy(bool)]
    homes, score = (allowed[name].to_numpy(np.float64, na_value=np.nan) for name in ("homes", "score"))
    if not (np.isnan(homes) | ((homes == np.floor(homes)) & np.isfinite(homes))).all():
        _refuse("parcels: homes must be whole numbers")
    if not (np.isnan(score) | ((score >= 0) & (score <= 1))).all():
        _refuse("parcels: score must lie in 0..1")
    for name in (*LEDGERS.values(), "cost_yuan"):
        money = allowed[name].to_numpy(np.float64, na_value=np.nan)
        if np.isinf(money).any() or (money < 0).any():
            _refuse(f"parcels: {name} must be finite and not below zero")
    if limits.apart is not None and not np.isfinite(allowed[["x", "y"]].to_numpy(np.float64, na_value=np.nan)).all():
        _refuse("parcels: x and y must be known where limits.apart is set")


def _mark(reason: npt.NDArray[np.object_], hit: npt.NDArray[np.bool_], code: str) -> None:
    reason[hit & (reason == "")] = code


def _refuse(message: str) -> None:
    raise ValueError(message)
