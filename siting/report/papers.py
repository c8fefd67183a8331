"""What the bureau's papers on the land-supply plan are made of, and how their numbers are shown.

Numbers become decimals once, rounded half up to the digits that a paper shows; every total is the sum of what stands
above it. So a reader who adds a column up finds the total, in the workbook and in the document alike.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date as Date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

import pandas as pd

from siting.base.catalogue import title
from siting.base.columns import Kind, Language
from siting.base.texts import section

PLAN_COLUMNS = (
    *("year", "unit", "unit_name", "parcel_id", "name", "kind", "origin", "area_ha", "homes", "score", "rank"),
    *("landuse_now", "landuse_planned", "supply_mode", "quarter", "net_land", "gates", "responsible", "land_yuan"),
    *("cost_yuan", "price_yuan_m2", "public_yuan", "in_share", "loss_without", "note"),
)
"""Columns that the rows of the plan must have; `location`, `far`, `floor_m2` and `delivery` may be there too."""
HECTARE, FEN = 4, 2
"""Digits after the point of an area in hectares and of money in yuan."""

PlanStatus = Literal["proven", "within_gap", "time_limit", "infeasible", "no_solver"]
Row = Mapping[str, Any]
_ORDINALS = ("st", "nd", "rd", "th")
_QUARTERS = {"一": 1, "二": 2, "三": 3, "四": 4, **{str(number): number for number in range(1, 5)}}
_QUARTER = re.compile(r"(?:\d{4}\D*)?[QqＱ第]?\s*([1-4一二三四])\s*(?:季度?)?(?:\.0)?", re.ASCII)


@dataclass(frozen=True)
class SourceNote:
    """A threshold or choice behind the plan: what it is, its value as text, where it comes from, evidence mark."""

    what: str
    value: str
    source: str
    evidence: str


def _no_rows() -> pd.DataFrame:
    return pd.DataFrame()


@dataclass(frozen=True)
class Papers:
    """Everything that plan.xlsx and plan.docx say.

    plan: rows with `PLAN_COLUMNS`. quota: unit ("" the total), year, asked, supplied, short, over. budgets: ledger, year,
    limit, used (yuan). prices: the prices of the parcels, by parcel id. duties: what `duties` returns. rounds: what the
    search proved, step by step. repairs: the least changes that would make an impossible quota possible. ties: whether
    other plans are as good, None if not known. day: of the papers, None leaves a line to be filled in. code_system: of
    the land-use codes. unknown: sentences on what was not known. needed: on the need
    that the quota answers. Names left empty are lines to be filled in by hand.
    """

    title: str
    division: str
    years: tuple[int, ...]
    language: Language
    day: Date | None
    plan: pd.DataFrame
    quota: pd.DataFrame
    budgets: pd.DataFrame
    prices: pd.DataFrame
    duties: pd.DataFrame
    rounds: pd.DataFrame = field(default_factory=_no_rows)
    repairs: pd.DataFrame = field(default_factory=_no_rows)
    status: PlanStatus = "proven"
    ties: bool | None = None
    code_system: str = ""
    prepared_by: str = ""
    checked_by: str = ""
    approved_by: str = ""
    watermark: str = "内部"
    map_approval: str = ""
    sources: tuple[SourceNote, ...] = ()
    unknown: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        missing = [name for name in PLAN_COLUMNS if name not in self.plan.columns]
        if missing:
            msg = f"plan lacks the columns {missing}"
            raise ValueError(msg)
        if twice := sorted(set(self.plan.loc[self.plan["parcel_id"].duplicated(), "parcel_id"])):
            msg = f"plan names parcels twice: {twice}"
            raise ValueError(msg)

    def rows(self, *, stock: bool) -> list[Row]:
        """Return the chosen existing homes (`stock`) or the chosen land, conversions among it, in a fixed order."""
        chosen = self.plan[(self.plan["kind"] == Kind.STOCK) == stock].reset_index(drop=True)
        order = chosen.assign(rank=pd.to_numeric(chosen["rank"], errors="coerce"))
        placed = order.sort_values(["year", "unit", "rank", "parcel_id"], na_position="last").index
        return [{str(name): cell for name, cell in row.items()} for row in chosen.loc[placed].to_dict("records")]

    def everything(self) -> list[Row]:
        """Return land and homes together, by year, then land before homes."""
        both = [*self.rows(stock=False), *self.rows(stock=True)]
        return sorted(both, key=lambda row: int(row["year"]))


def shown(value: Any, digits: int) -> Decimal | None:
    """Return a number with so many digits, rounded half up as it is written; None if it is not known or not finite."""
    if value is None or value is pd.NA or value != value:  # noqa: PLR0124  NaN is the only number unequal to itself
        return None
    written = Decimal(str(value))
    return written.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP) if written.is_finite() else None


def said(value: Any) -> str:
    """Return a cell as text, empty if it is missing."""
    missing = value is None or value is pd.NA or value != value  # noqa: PLR0124  as above
    return "" if missing else str(value)


def quarter_of(value: Any) -> int | None:
    """Return the quarter that a cell names (2026Q3, 三季度, 第三季度, 3), None if it names none."""
    cell = said(value).strip().removesuffix(" quarter")
    for ending in _ORDINALS:
        cell = cell.removesuffix(ending)
    found = _QUARTER.fullmatch(cell)
    return _QUARTERS[found[1]] if found else None


def utility_title(utility: str, language: Language) -> str:
    """Return what a utility is called as a service (供水), not as a plant; one of the user's own by its own name."""
    return section("papers.utility", language).get(utility) or title(utility, language)
