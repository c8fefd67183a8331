"""What would make an impossible plan possible: the least change of each kind, in plain words."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from siting.base.columns import Language
from siting.base.texts import LANGUAGES, text
from siting.plan.clash import LOTS, named, without
from siting.plan.model import LEDGERS, REPAIR_COLUMNS, Limits, Plan, candidates
from siting.plan.outcome import quota_table
from siting.plan.programme import MONEY_SCALE, Group, Programme, neighbourhoods, programme
from siting.plan.solve import Aim, Answer, Bools, Clock, solve

SOFT = ("first_year", "budget", "school", "apart", "stock_share")
YUAN_STEP = 100
SHARE_STEPS = 10_000
WAN = 10_000
CENT = 0.01


@dataclass(frozen=True)
class Repair:
    """One change: of what (kind, unit, year, item), by how much, in both languages.

    kind: first_year (item: the parcel, year: when it must be ready, amount: years earlier), budget (item: the ledger,
    amount: yuan more), school (amount: places more), apart (amount: homes more), stock_share_least, stock_share_most
    (amount: the new share), quota (amount: homes fewer), or the kind of a lot to be lifted (item: which).
    """

    kind: str
    unit: str
    year: int
    item: str
    amount: float
    unit_of_amount: str


def repairs(
    parcels: pd.DataFrame,
    limits: Limits,
    clashing: pd.DataFrame,
    *,
    seconds: float,
    plan_quota: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return ways to a plan that meets all that is asked; the rows of one way belong together (`REPAIR_COLUMNS`).

    A way changes limits of one kind alone, by as little as will do: parcels ready earlier (fewest years in all), money
    (fewest yuan), school places, homes near each other, the share of existing homes; or it lifts one lot of the `clashing`
    limits; or it asks for fewer homes, by the shortfall of `plan_quota`. A kind that cannot do it alone is no way.
    Where time runs out the change found is enough but perhaps not the least.
    """
    clock = Clock(seconds)
    ways: list[list[Repair]] = []
    lots = [Group(row.kind, row.item) for row in clashing.itertuples() if row.kind in LOTS]
    trials = len(SOFT) + len(lots) + 1
    for position, kind in enumerate(SOFT):
        ways.append(_softened(parcels, limits, kind, clock.left(2 / (trials - position + 1))))
    for group in lots:
        lifted = Repair(group.kind, "", 0, group.item, 1.0, "limit")
        asked = _fewer(parcels, without(limits, group), clock.left(0.5))
        ways.append([] if asked is None else [lifted, *asked])
    if plan_quota is not None:
        ways.append([*_shortages(plan_quota)])
    names = _waits(parcels)
    rows = [
        (number, each.kind, each.unit, each.year, each.item, each.amount, each.unit_of_amount, *_said(each, names))
        for number, way in enumerate([way for way in ways if way], start=1)
        for each in way
    ]
    return pd.DataFrame(rows, columns=[*REPAIR_COLUMNS])


def apply_repair(
    parcels: pd.DataFrame, limits: Limits, repair: Mapping[str, Any] | pd.Series
) -> tuple[pd.DataFrame, Limits]:
    """Return parcels and limits after one repair (a row of `repairs`); inputs stay as they are."""
    kind, item, year, amount = (repair[name] for name in ("kind", "item", "year", "amount"))
    if kind == "first_year":
        sooner = parcels.copy()
        sooner.loc[[str(each) == item for each in parcels.index], "first_year"] = year
        return sooner, limits
    if kind in LOTS:
        return parcels, without(limits, Group(kind, item))
    changed: dict[str, Any] = {}
    if kind == "quota":
        unit = repair["unit"]
        asked = _added(limits, limits.unit[unit] if unit else limits.homes, year, -round(amount))
        changed = {"unit": {**limits.unit, unit: asked}} if unit else {"homes": asked}
    elif kind == "budget":
        more = {name: _added(limits, own, year, amount) for name, own in limits.budgets.items() if name == item}
        changed = {"budgets": {**limits.budgets, **more}}
    elif kind == "school":
        schools = (
            replace(each, free=max(0.0, each.free) + amount) if each.id == item else each for each in limits.schools
        )
        changed = {"schools": tuple(schools)}
    elif kind == "apart" and limits.apart is not None:
        changed = {"apart": replace(limits.apart, homes=limits.apart.homes + round(amount))}
    elif limits.stock_share is not None:
        least, most = limits.stock_share
        changed = {"stock_share": (amount, most) if kind == "stock_share_least" else (least, amount)}
    return parcels, replace(limits, **changed)


def _added(limits: Limits, numbers: Iterable[Any], year: int, more: float) -> tuple[Any, ...]:
    pairs = zip(limits.years, numbers, strict=True)
    return tuple(number + more if own == year and number is not None else number for own, number in pairs)


def apply_way(parcels: pd.DataFrame, limits: Limits, rows: pd.DataFrame) -> tuple[pd.DataFrame, Limits]:
    """Return parcels and limits after all repairs of one way."""
    for _, row in rows.iterrows():
        parcels, limits = apply_repair(parcels, limits, row)
    return parcels, limits


def repair_sentence(plan: Plan, language: Language, *, names: Mapping[str, str] | None = None) -> str:
    """Return what is short and every way out as one passage; `names`: of units, by id. Empty where nothing is short."""
    called = {"": text("plan.whole", language), **(names or {})}
    short = [
        text("plan.short", language, unit=called.get(row.unit, row.unit), year=row.year, homes=row.short)
        for row in plan.quota[plan.quota["short"] > 0].itertuples()
    ]
    joined = text("plan.and", language)
    ways = [joined.join(way[f"text_{language}"]) for _, way in plan.repairs.groupby("way", sort=True)]
    if not short and not ways:
        return ""
    lead = joined.join(short) or text("plan.impossible", language)
    if not ways:
        return text("plan.no_way", language, short=lead)
    return text("plan.ways", language, short=lead, ways=text("plan.or", language).join(ways))


def _softened(parcels: pd.DataFrame, limits: Limits, kind: str, seconds: float) -> list[Repair]:
    """Return the least change of one kind of limit that alone makes the plan possible, or nothing."""
    found = candidates(parcels, limits)
    whole = programme(found, limits, relax=kind, early=kind == "first_year")
    if kind != "first_year" and not whole.slacks:
        return []
    objective = np.zeros(whole.width)
    if kind == "first_year":
        objective[: whole.count] = np.maximum(0, _early(whole))
    else:
        objective[whole.width - len(whole.slacks) :] = [_weight(whole, group) for group in whole.slacks]
    answer = solve(whole, Aim(objective, short=0), seconds=seconds, gap=0.0)
    return [] if answer.chosen is None else [*_changes(whole, kind, answer.chosen)]


def _early(whole: Programme) -> np.ndarray[Any, np.dtype[np.float64]]:
    first = whole.candidates.column("first_year")[whole.parcel]
    early: np.ndarray[Any, np.dtype[np.float64]] = first - np.array(whole.limits.years)[whole.year]
    return early


def _weight(whole: Programme, group: Group) -> float:
    """Return yuan by yuan across ledgers, whose rows are scaled apart; 1 for other kinds."""
    if group.kind != "budget":
        return 1.0
    dearest = {name: float(whole.candidates.column(column).max()) for name, column in LEDGERS.items()}
    return dearest[group.item] / max(dearest.values()) if group.item in dearest else MONEY_SCALE


def _changes(whole: Programme, kind: str, chosen: Bools) -> Iterator[Repair]:
    """Yield what must change for this plan to be allowed; amounts come from the plan itself, not from the solver."""
    by_kind = {"first_year": _sooner, "budget": _richer, "school": _roomier, "stock_share": _shared}
    if kind in by_kind:
        yield from by_kind[kind](whole, chosen)
    elif (more := _crowd(whole, chosen)) > 0:
        yield Repair("apart", "", 0, "", float(more), "homes")


def _sooner(whole: Programme, chosen: Bools) -> Iterator[Repair]:
    early = _early(whole)
    for column in np.flatnonzero(chosen & (early > 0)).tolist():
        name, year = whole.candidates.ids[whole.parcel[column]], whole.limits.years[whole.year[column]]
        yield Repair("first_year", "", year, name, float(early[column]), "years")


def _richer(whole: Programme, chosen: Bools) -> Iterator[Repair]:
    for ledger in sorted(whole.limits.budgets):
        money = whole.candidates.column(LEDGERS[ledger])[whole.parcel]
        for t, limit in enumerate(whole.limits.budgets[ledger]):
            beyond = math.fsum(money[chosen & (whole.year == t)].tolist()) - (limit or 0.0)
            if limit is not None and beyond > CENT / 2:
                amount = float(math.ceil(beyond / YUAN_STEP) * YUAN_STEP)
                yield Repair("budget", "", whole.limits.years[t], ledger, amount, "yuan")


def _roomier(whole: Programme, chosen: Bools) -> Iterator[Repair]:
    ids = whole.candidates.ids
    for school in sorted(whole.limits.schools, key=lambda each: each.id):
        pupils = math.fsum(school.pupils.get(ids[p], 0.0) for p in whole.parcel[chosen].tolist())
        if (beyond := math.ceil(round(pupils - max(0.0, school.free), 6))) > 0:
            yield Repair("school", "", 0, school.id, float(beyond), "places")


def _shared(whole: Programme, chosen: Bools) -> Iterator[Repair]:
    least, most = whole.limits.stock_share or (0.0, 1.0)
    homes = whole.homes[chosen]
    share = int(homes[whole.candidates.stock[whole.parcel[chosen]]].sum()) / max(1, int(homes.sum()))
    if share < least:
        yield Repair("stock_share_least", "", 0, "", math.floor(share * SHARE_STEPS) / SHARE_STEPS, "share")
    if share > most:
        yield Repair("stock_share_most", "", 0, "", math.ceil(share * SHARE_STEPS) / SHARE_STEPS, "share")


def _crowd(whole: Programme, chosen: Bools) -> int:
    """Return by how many homes the fullest neighbourhood in the plan passes the limit of dispersion."""
    apart = whole.limits.apart
    if apart is None:
        return 0
    most = 0
    for t in range(len(whole.limits.years)):
        own = np.flatnonzero(chosen & (whole.year == t))
        x, y = (whole.candidates.column(name)[whole.parcel[own]] for name in ("x", "y"))
        for near in neighbourhoods(x, y, apart.within_m):
            most = max(most, int(whole.homes[own[near]].sum()) - apart.homes)
    return most


def _fewer(parcels: pd.DataFrame, limits: Limits, seconds: float) -> list[Repair] | None:
    """Return how many homes fewer must be asked for under these limits: none, some, or None where even that fails."""
    whole = programme(candidates(parcels, limits), limits)
    ones = np.zeros(whole.width)
    ones[whole.short_columns()] = 1
    answer: Answer = solve(whole, Aim(ones), seconds=seconds, gap=0.0)
    if answer.chosen is None:
        return None
    return [*_shortages(quota_table(whole, answer.chosen))]


def _shortages(quota: pd.DataFrame) -> Iterator[Repair]:
    for row in quota[quota["short"] > 0].itertuples():
        yield Repair("quota", row.unit, int(row.year), "", float(row.short), "homes")


def _waits(parcels: pd.DataFrame) -> dict[str, str]:
    """Return what each parcel waits for, where the table says so."""
    if "waits_for" not in parcels:
        return {}
    told = parcels["waits_for"].dropna()
    return {str(name): str(what) for name, what in told.items() if str(what)}


def _said(repair: Repair, waits: Mapping[str, str]) -> Sequence[str]:
    return [_say(repair, waits, language) for language in LANGUAGES]


def _say(repair: Repair, waits: Mapping[str, str], language: Language) -> str:
    if repair.kind in LOTS:
        return text("plan.mend_lift", language, item=named(Group(repair.kind, repair.item), language))
    item, unit = repair.item, repair.unit or text("plan.whole", language)
    if repair.kind == "budget":
        item = text(f"plan.ledger_{item}", language)
    if repair.kind == "first_year":
        unit = waits.get(item, text("plan.conditions", language))
    amount = f"{repair.amount:,.0f}"
    if repair.unit_of_amount == "yuan" and language == "zh":
        amount = f"{repair.amount / WAN:,.2f}".rstrip("0").rstrip(".")
    elif repair.unit_of_amount == "share":
        amount = f"{100 * repair.amount:.2f}".rstrip("0").rstrip(".")
    return text(f"plan.mend_{repair.kind}", language, item=item, unit=unit, year=repair.year, amount=amount)
