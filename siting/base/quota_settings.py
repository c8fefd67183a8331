"""The quota that a plan must meet (`[quota]`): homes asked by year and unit, money, lots, and what the search may cost.

Every number of homes and yuan is the office's own: none has a default. Until `confirmed` is true no plan is made.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date as Date
from datetime import timedelta
from difflib import get_close_matches
from itertools import pairwise
from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from siting.base.columns import Evidence
from siting.base.errors import Problem
from siting.base.model import SETTINGS_FILE, Model, Name, Positive, Yuan

SHOWN = 10
BUDGETS = ("land_budget_yuan", "public_budget_yuan", "purchase_budget_yuan")
YEARLY = ("homes", "over", *BUDGETS, "discount")
"""Keys that hold one number a year."""
CHOICES = ("time_limit_s", "gap", "portfolios", "near")
"""Keys of the search that have a default: ours, a guess (G), printed with the plan."""


def _day(written: object) -> object:
    """Return ISO text as a day; anything else as it is, for the model to refuse."""
    try:
        return Date.fromisoformat(written) if isinstance(written, str) else written
    except ValueError:
        return written


Homes = Annotated[int, Field(ge=0, le=1_000_000)]
Year = Annotated[int, Field(ge=2000, le=2100)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Day = Annotated[Date, BeforeValidator(_day)]
ByYear = Annotated[tuple[Homes, ...], Field(strict=False)]
Budgets = Annotated[tuple[Yuan, ...], Field(strict=False)]
Factor = Annotated[float, Field(ge=0.01, le=100, allow_inf_nan=False)]
Ids = Annotated[tuple[str, ...], Field(strict=False)]
Group = Annotated[tuple[str, ...], Field(min_length=2, strict=False)]
Pair = Annotated[tuple[str, str], Field(strict=False)]


class LotBlock(Model):
    """`[[quota.lots]]`: parcels that are supplied together in one year, or not at all."""

    together: Group


class ApartBlock(Model):
    """`apart = { within_m = 800, homes = 300 }`: at most so many homes a year on parcels within this of each other."""

    within_m: Positive
    homes: Homes


class QuotaBlock(Model):
    """`[quota]`: what is asked of the plan; lists hold one number for each of `years`.

    confirmed: the office stands by the numbers. homes: the total a year, land and existing homes together. unit: homes
    a year by unit id; units that are not named share the rest of the total. over, unit_over: homes allowed
    beyond what is asked; empty allows none but those that whole parcels force. land_, public_, purchase_budget_yuan: of
    the three purses, empty is no limit. stock_share: least and greatest share of existing homes in all
    homes of the plan. apart: against crowding. must, must_not: parcels that are in the plan, or never. exclude: sets of
    which at most one is chosen. need: `["A", "B"]`, A only with B and not before it. gate_ready: the day on which
    a document that parcels still owe will be there, by its id; gate_days: or days from the date of the documents.
    school_places: pupils within the free places of `[school.NAME]`. discount: factor of each year on score-weighted
    homes; empty is 1 for all. regret: other levels of demand, as factors on homes. time_limit_s, gap, portfolios (how
    many near-best plans), near (how much worse they may be, a share): of the search, see `CHOICES`.
    """

    confirmed: bool
    years: Annotated[tuple[Year, ...], Field(min_length=1, max_length=30, strict=False)]
    homes: ByYear
    unit: dict[str, ByYear] = Field(default_factory=dict)
    over: ByYear = ()
    unit_over: dict[str, ByYear] = Field(default_factory=dict)
    land_budget_yuan: Budgets = ()
    public_budget_yuan: Budgets = ()
    purchase_budget_yuan: Budgets = ()
    stock_share: Annotated[tuple[Share, Share] | None, Field(strict=False)] = None
    apart: ApartBlock | None = None
    lots: tuple[LotBlock, ...] = Field(default=(), strict=False)
    must: Ids = ()
    must_not: Ids = ()
    exclude: Annotated[tuple[Group, ...], Field(strict=False)] = ()
    need: Annotated[tuple[Pair, ...], Field(strict=False)] = ()
    gate_ready: dict[str, Day] = Field(default_factory=dict)
    gate_days: dict[str, Annotated[int, Field(ge=0, le=36_500)]] = Field(default_factory=dict)
    school_places: bool = False
    discount: Annotated[tuple[Factor, ...], Field(strict=False)] = ()
    regret: dict[Name, Factor] = Field(default_factory=dict)
    time_limit_s: Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)] = 60.0
    gap: Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)] = 1e-3
    portfolios: Annotated[int, Field(ge=0, le=1000)] = 20
    near: Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)] = 0.01
    source: str = ""
    evidence: Evidence = "U"

    @model_validator(mode="after")
    def _in_order(self) -> "QuotaBlock":
        if any(later <= earlier for earlier, later in pairwise(self.years)):
            msg = "years = [2026, 2027]"
            raise ValueError(msg)
        if self.stock_share is not None and self.stock_share[0] > self.stock_share[1]:
            msg = "stock_share = [least, greatest]"
            raise ValueError(msg)
        return self

    @property
    def marks(self) -> dict[str, tuple[float, Evidence]]:
        """The keys of the search with their value and evidence mark: U where the office set them, else G."""
        return {key: (float(getattr(self, key)), "U" if key in self.model_fields_set else "G") for key in CHOICES}

    def gate_opens(self, gate: str, start: Date | None) -> Date | None:
        """Return the day on which a document that is still owed will be there; None where that is not known.

        `start`: the date of the documents, from which `gate_days` count.
        """
        if gate in self.gate_ready:
            return self.gate_ready[gate]
        if gate not in self.gate_days or start is None:
            return None
        return start + timedelta(days=self.gate_days[gate])


def quota_problems(
    block: QuotaBlock,
    units: Collection[str],
    parcels: Collection[str],
    *,
    gates: Collection[str] | None = None,
    schools: Collection[str] = (),
) -> list[Problem]:
    """Return all that is amiss with the quota, in the order of its keys.

    `units`: unit ids, or a mapping from id to name, so that a name in place of an id is told with its id. `gates`: ids
    of documents that parcels can owe; None checks none. `schools`: names of `[school.NAME]`. A quota that is not
    confirmed is a refusal (`quota_unconfirmed`), as is everything else but a quota of no homes at all.
    """
    return [
        *_unconfirmed(block),
        *_lengths(block),
        *_units(block, units),
        *_sums(block),
        *_parcels(block, frozenset(parcels)),
        *_gates(block, gates),
        *_rest(block, schools),
    ]


def _unconfirmed(block: QuotaBlock) -> Iterator[Problem]:
    if not block.confirmed:
        yield Problem("quota_unconfirmed", SETTINGS_FILE, "quota.confirmed", "false", "true")


def _lengths(block: QuotaBlock) -> Iterator[Problem]:
    lists: dict[str, Collection[object]] = {key: getattr(block, key) for key in YEARLY}
    lists |= {f"{key}.{unit}": row for key in ("unit", "unit_over") for unit, row in getattr(block, key).items()}
    for key, row in lists.items():
        is_left_out = not row and key in YEARLY and key != "homes"
        if not is_left_out and len(row) != len(block.years):
            yield Problem("quota_length", SETTINGS_FILE, f"quota.{key}", str(len(row)), str(len(block.years)))


def _units(block: QuotaBlock, units: Collection[str]) -> Iterator[Problem]:
    names = {str(unit): str(units[unit]) for unit in units} if isinstance(units, Mapping) else {}
    known = sorted(map(str, units))
    for key in ("unit", "unit_over"):
        for unit in getattr(block, key):
            if unit not in known:
                named = [each for each in known if names.get(each) == unit]
                near = named or get_close_matches(unit, known, n=3) or known[:SHOWN]
                yield Problem("unknown_unit", SETTINGS_FILE, f"quota.{key}", unit, ", ".join(near), item=unit)
    for unit in block.unit_over:
        if unit not in block.unit:
            yield Problem("quota_over_alone", SETTINGS_FILE, "quota.unit_over", unit, item=unit)


def _sums(block: QuotaBlock) -> Iterator[Problem]:
    """Yield the years in which the units ask for more than the total, and a quota of nothing."""
    for number, year in enumerate(block.years):
        if any(len(row) != len(block.years) for row in (block.homes, *block.unit.values())):
            return
        asked, total = sum(row[number] for row in block.unit.values()), block.homes[number]
        if asked > total:
            more = {"year": str(year), "homes": str(asked - total)}
            yield Problem("quota_units_exceed", SETTINGS_FILE, "quota.unit", str(asked), str(total), values=more)
    if not any(block.homes):
        yield Problem("quota_nothing", SETTINGS_FILE, "quota.homes", "0", level="warn")


def _parcels(block: QuotaBlock, parcels: frozenset[str]) -> Iterator[Problem]:
    lists: dict[str, Iterable[tuple[str, ...]]] = {
        "lots": [lot.together for lot in block.lots],
        "exclude": block.exclude,
        "need": block.need,
        "must": [block.must],
        "must_not": [block.must_not],
    }
    for key, groups in lists.items():
        for group in groups:
            strange = [each for each in dict.fromkeys(group) if each not in parcels]
            for parcel in strange:
                near = ", ".join(get_close_matches(parcel, sorted(parcels), n=3)) or "—"
                yield Problem("quota_parcel", SETTINGS_FILE, f"quota.{key}", parcel, near, item=parcel)
            for parcel in sorted({each for each in group if group.count(each) > 1}):
                yield Problem("quota_parcel_twice", SETTINGS_FILE, f"quota.{key}", parcel, item=parcel)
    for parcel in sorted({*block.must} & {*block.must_not}):
        yield Problem("quota_parcel_both", SETTINGS_FILE, "quota.must", parcel, "quota.must_not", item=parcel)
    held = [each for lot in block.lots for each in dict.fromkeys(lot.together)]
    for parcel in sorted({each for each in held if held.count(each) > 1}):
        yield Problem("quota_lots_share", SETTINGS_FILE, "quota.lots", parcel, item=parcel)


def _gates(block: QuotaBlock, gates: Collection[str] | None) -> Iterator[Problem]:
    for key in ("gate_ready", "gate_days"):
        for gate in getattr(block, key):
            if gates is not None and gate not in gates:
                known = ", ".join(sorted(gates)) or "—"
                yield Problem("wrong_value", SETTINGS_FILE, f"quota.{key}", gate, known, item=gate)
    for gate in block.gate_ready:
        if gate in block.gate_days:
            yield Problem("quota_gate_twice", SETTINGS_FILE, "quota.gate_days", gate, item=gate)


def _rest(block: QuotaBlock, schools: Collection[str]) -> Iterator[Problem]:
    if block.school_places and not schools:
        yield Problem("missing_key", SETTINGS_FILE, "quota.school_places", expected="[school.NAME]")
