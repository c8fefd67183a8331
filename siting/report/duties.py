"""Who has to do what by when, so that the chosen parcels can be supplied and their homes delivered with all they need."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date as Date
from functools import partial
from typing import Any

import pandas as pd

from siting.base.catalogue import title
from siting.base.columns import Kind, Language
from siting.base.departments import Department, department, departments
from siting.base.money import money_text
from siting.base.texts import text
from siting.report.papers import Row, quarter_of, said, utility_title

DUTY_COLUMNS = ("department", "parcel_id", "name", "unit", "what", "by", "source", "evidence")
LEDGERS = ("land", "public", "purchase")
LAST_DAYS = {1: (3, 31), 2: (6, 30), 3: (9, 30), 4: (12, 31)}

Duty = tuple[str, str, Row | None, str, str]
"""The need, the clause that asks for it (empty: as shipped), the parcel (None: all), what is to be done, the day."""


def duties(
    plan: pd.DataFrame,
    *,
    owed: pd.DataFrame | None = None,
    utilities: pd.DataFrame | None = None,
    schools: pd.DataFrame | None = None,
    money: pd.DataFrame | None = None,
    own: Mapping[str, str] | None = None,
    language: Language = "zh",
) -> pd.DataFrame:
    """Return one row a duty: department, parcel_id, name, unit, what, by (ISO day), source clause, evidence.

    plan: rows of the plan (parcel_id, name, unit, unit_name, kind, year, quarter; delivery, a day or a year, if known).
    owed: parcel_id, need, title, clause: papers still missing, due before the quarter of supply ends. utilities:
    parcel_id, utility, length_m, yuan. schools: parcel_id, kind, short (places missing; NaN not known). Both are due with
    the homes: on their delivery, or by the end of the year of supply where that is not known. money: ledger, year, used.
    own: departments that the user names, by need. Rows on parcels that are not in the plan make no duty.
    A budget of which nothing is used makes none either.
    Every land parcel is to be allotted, every stock of homes bought, every project priced. Order: department as
    `departments.csv` lists them, day, unit, parcel, text; the order of the rows given changes nothing.
    """
    chosen = {row["parcel_id"]: row for row in plan.to_dict("records")}
    found: list[Duty] = [
        *_of_supply(chosen, language),
        *_of_papers(chosen, owed),
        *_each(chosen, utilities, "utility", partial(_utility, language=language)),
        *_each(chosen, schools, "kind", partial(_school, language=language)),
        *_of_money(money, language),
    ]
    made = pd.DataFrame([_record(duty, own, language) for duty in found], columns=[*DUTY_COLUMNS, "order"])
    order = ["order", "department", "by", "unit", "parcel_id", "what", "source"]
    return made.drop_duplicates().sort_values(order, kind="stable", ignore_index=True)[list(DUTY_COLUMNS)]


def supply_day(row: Row) -> str:
    """Return the last day on which a parcel is supplied in time: of its quarter, or of its year."""
    month, day = LAST_DAYS[quarter_of(row.get("quarter")) or 4]
    return Date(int(row["year"]), month, day).isoformat()


def delivery_day(row: Row) -> str:
    """Return the last day on which what serves the homes is there in time: their delivery, else the end of the year."""
    told = said(row.get("delivery")).strip().removesuffix(".0")
    if not told:
        return Date(int(row["year"]), 12, 31).isoformat()
    return Date(int(told), 12, 31).isoformat() if told.isdigit() else Date.fromisoformat(told[:10]).isoformat()


def _of_supply(chosen: Mapping[str, Row], language: Language) -> Iterator[Duty]:
    for row in chosen.values():
        need = "purchase" if row["kind"] == Kind.STOCK else "supply_land"
        key = "convert_land" if row["kind"] == Kind.CONVERSION else need
        yield need, "", row, text(f"papers.duty.{key}", language), supply_day(row)
        yield "price", "", row, text("papers.duty.price", language), delivery_day(row)


def _of_papers(chosen: Mapping[str, Row], owed: pd.DataFrame | None) -> Iterator[Duty]:
    for each in _records(owed):
        row = chosen.get(each["parcel_id"])
        if row is not None:
            yield said(each["need"]), said(each.get("clause")), row, said(each["title"]), supply_day(row)


def _each(
    chosen: Mapping[str, Row], given: pd.DataFrame | None, kind: str, say: Callable[[Row], str]
) -> Iterator[Duty]:
    for each in _records(given):
        row = chosen.get(each["parcel_id"])
        if row is not None:
            yield said(each[kind]), "", row, say(each), delivery_day(row)


def _utility(each: Row, language: Language) -> str:
    """Return what is to be built for one utility, with length and money as far as they are known."""
    values = {
        "title": utility_title(said(each["utility"]), language),
        "money": money_text(_number(each.get("yuan")), language),
    }
    length = _number(each.get("length_m"))
    if length != length:  # noqa: PLR0124  NaN is the only number unequal to itself
        return text("papers.duty.utility", language, **values)
    return text("papers.duty.utility_length", language, length=f"{length:,.0f}", **values)


def _school(each: Row, language: Language) -> str:
    short, named = _number(each.get("short")), title(said(each["kind"]), language)
    if short != short:  # noqa: PLR0124  as above
        return text("papers.duty.school_unknown", language, title=named)
    key = "school_short" if short > 0 else "school"
    return text(f"papers.duty.{key}", language, title=named, short=f"{short:,.0f}")


def _of_money(money: pd.DataFrame | None, language: Language) -> Iterator[Duty]:
    for each in _records(money):
        if each["ledger"] not in LEDGERS:
            msg = f"money names the ledger {each['ledger']!r}, not one of {LEDGERS}"
            raise ValueError(msg)
        year, used = int(each["year"]), _number(each.get("used"))
        if used == 0:
            continue
        what = text(f"papers.duty.money_{each['ledger']}", language, year=year, money=money_text(used, language))
        yield f"ledger_{each['ledger']}", "", None, what, Date(year, 12, 31).isoformat()


def _record(duty: Duty, own: Mapping[str, str] | None, language: Language) -> tuple[Any, ...]:
    need, clause, row, what, day = duty
    unit = said((row or {}).get("unit_name")) or said((row or {}).get("unit"))
    who: Department = department(need, own)
    named = who.name(language, unit or text("papers.word.unit_unknown", language))
    source = clause or who.source(language)
    known = list(departments())
    order = next(
        (place for place, each in enumerate(known) if department(each, own).name(language, unit) == named), 999
    )
    parcel, name = said((row or {}).get("parcel_id")), said((row or {}).get("name"))
    return (named, parcel, name, unit, what, day, source, who.evidence, order)


def _records(given: pd.DataFrame | None) -> list[Row]:
    return [] if given is None else [{str(k): v for k, v in row.items()} for row in given.to_dict("records")]


def _number(value: Any) -> float:
    return float("nan") if value is None or value is pd.NA else float(value)
