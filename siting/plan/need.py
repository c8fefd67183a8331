"""How many homes are needed: ledgers and the waiting list counted by unit, group and size, each household once.

Source: 实施方案 四(一) 摸清需求 (S): ledgers by unit and group of people, a waiting list, need by area and by size.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date as Date

import numpy as np
import pandas as pd

from siting.base.arguments import takes
from siting.base.errors import Problem
from siting.base.model import SETTINGS_FILE
from siting.base.need_groups import GROUPS, OTHER, group_of
from siting.plan.need_cells import (
    CITY,
    ReadBand,
    band_label,
    band_start,
    day_of,
    households_of,
    is_urgent,
    plain,
    unit_words,
)
from siting.plan.same_household import households

SHOWN = 10
ROWS = (
    *("layer", "row", "id", "applicant", "unit", "unit_written", "group", "group_written", "area_band", "homes"),
    *("date", "work_unit", "urgent", "is_sum", "counted", "why"),
)
CELLS = ("id", "applicant", "unit", "group", "area_band", "homes", "date", "work_unit", "urgent")
ORDER = ("date", "layer", "id", "applicant", "unit", "group", "area_band", "homes", "work_unit", "row_text")
"""By what rows are put in order before households are told apart, so that the order of the files does not count."""


@dataclass(frozen=True)
class Need:
    """The need for homes as the ledgers tell it.

    rows: one row a ledger row, none left out: layer, row (the caller's index), id, applicant, unit (id, 市本级, or
    empty where unknown), group, area_band (m2), homes (households, empty where unknown), date, work_unit, urgent, is_sum (the
    row stands for several households), counted, why (`twice` or `homes` where it is not). table: unit,
    unit_name, group, area_band, homes of the rows that count. units: name by id. problems: all that is to be told.
    """

    rows: pd.DataFrame = field(repr=False)
    table: pd.DataFrame = field(repr=False)
    units: Mapping[str, str]
    problems: tuple[Problem, ...]

    @property
    def counted(self) -> pd.DataFrame:
        """The rows that count."""
        return self.rows[self.rows["counted"]]

    @property
    def homes(self) -> int:
        """Households in all."""
        return int(self.table["homes"].sum())

    def unit_name(self, unit: str) -> str:
        """Return the name of a unit; 市本级 is its own name, no unit has none."""
        return self.units.get(unit, unit)


def ledger(
    tables: Mapping[str, pd.DataFrame],
    units: Mapping[str, str],
    *,
    city_unit: str = "",
    households_per_row: Mapping[str, str] | None = None,
    read_band: ReadBand | None = None,
    day: Date | None = None,
) -> Need:
    """Return the need counted by unit, group and size band.

    `tables`: by layer, with any of the columns id, applicant, unit, group, area_band, homes, date, work_unit, urgent.
    `units`: name by id; a row may hold either. `city_unit`: where rows of the city's own institutions are counted;
    without it they stay under 市本级. `households_per_row`: `one` or `homes` by layer; without it a layer that has
    the column homes is counted by it. `read_band` reads a size as (least, greatest) m2, or None. `day`: of the documents; later
    applications are told. A household that stands in several rows counts once, from its earliest date (see
    `same_household`). ValueError for a `city_unit` that is no unit, and for another word in `households_per_row`.
    """
    counted_by = dict(households_per_row or {})
    if city_unit and city_unit not in units:
        msg = f"city_unit must be one of {sorted(units)}, not {city_unit!r}"
        raise ValueError(msg)
    if not set(counted_by.values()) <= {"one", "homes"}:
        msg = "households_per_row must be one or homes for each layer"
        raise ValueError(msg)
    words = unit_words(units)
    found: list[pd.DataFrame] = []
    problems: list[Problem] = []
    for layer in sorted(tables):
        table = tables[layer]
        is_sum = counted_by.get(layer, "homes" if "homes" in table.columns else "one") == "homes"
        rows = _read(layer, table, words, is_sum, read_band)
        problems += _row_problems(layer, table, rows, day)
        problems += _city_problems(layer, rows, city_unit)
        found.append(rows)
    rows = _joined(found)
    if city_unit:
        rows["unit"] = rows["unit"].where(rows["unit"] != CITY, city_unit)
    rows = rows.sort_values(list(ORDER), na_position="last", kind="stable", ignore_index=True)
    rows, more = households(rows)
    problems += [*more, *_sum_problems(rows)]
    rows["counted"] = rows["why"] == ""
    return Need(rows[list(ROWS)], _table(rows, units), dict(units), tuple(problems))


@takes(need_table="table")
def by_unit(need_table: pd.DataFrame) -> pd.Series:
    """Return households by unit id, of `Need.table`."""
    return need_table.groupby("unit")["homes"].sum().rename("homes")


def waiting(need: Need, day: Date, *, longest_wait_months: int | None = None) -> pd.DataFrame:
    """Return the households that count, oldest application first, undated ones last.

    Columns: layer, id, unit, unit_name, group, area_band, homes, date, urgent, waited_months (whole months up to `day`;
    empty without a date or for a later one), due_year (in which the longest wait ends) and overdue (whether it
    has ended by `day`), both empty without `longest_wait_months`. ValueError for a longest wait below one month.
    """
    if longest_wait_months is not None and longest_wait_months < 1:
        msg = f"longest_wait_months must be at least 1, not {longest_wait_months}"
        raise ValueError(msg)
    rows = need.counted.sort_values(["date", "layer", "id", "unit"], na_position="last", kind="stable")
    months = months_waited(rows["date"], day)
    blank = pd.Series(pd.NA, index=rows.index)
    is_timed = longest_wait_months is not None
    return pd.DataFrame(
        {
            **{name: rows[name] for name in ("layer", "id", "unit")},
            "unit_name": rows["unit"].map(need.unit_name),
            **{name: rows[name] for name in ("group", "area_band", "homes", "date", "urgent")},
            "waited_months": months,
            "due_year": due_year(rows["date"], longest_wait_months) if longest_wait_months else blank.astype("Int64"),
            "overdue": (months >= longest_wait_months if is_timed else blank).astype("boolean"),
        }
    ).reset_index(drop=True)


def months_waited(dates: pd.Series, day: Date) -> pd.Series:
    """Return whole months from each date to `day`; empty without a date, or for one after `day`.

    A month ends on the same day of the next, or on its last day where it is shorter: 31 January to 28 February is one.
    """
    end = pd.Timestamp(day)
    full = (end.year - dates.dt.year) * 12 + end.month - dates.dt.month
    is_short = (dates.dt.day > end.day) & (end.day < end.days_in_month)
    return (full - is_short).where(dates <= end).astype("Int64")


def due_year(dates: pd.Series, wait_months: int) -> pd.Series:
    """Return the year in which so many months after each date have passed; empty without a date."""
    return ((dates.dt.year * 12 + dates.dt.month - 1 + wait_months) // 12).astype("Int64")


def _read(
    layer: str, table: pd.DataFrame, words: Mapping[str, str], is_sum: bool, read_band: ReadBand | None
) -> pd.DataFrame:
    """Return the rows of one ledger in our words; what cannot be read is empty, its cell kept beside it."""
    cells = {name: table[name] if name in table.columns else pd.Series("", table.index, dtype=object) for name in CELLS}
    text = {name: cell.map(plain).astype(object) for name, cell in cells.items()}
    read = {
        "unit": text["unit"].map(lambda word: words.get(word, "")),
        "group": text["group"].map(lambda word: group_of(word) or OTHER),
        "area_band": cells["area_band"].map(lambda cell: band_label(cell, read_band) or ""),
        "homes": cells["homes"].map(households_of) if is_sum else pd.Series(1, table.index),
        "date": cells["date"].map(day_of),
        "urgent": cells["urgent"].map(lambda cell: bool(is_urgent(cell))),
    }
    rows = pd.DataFrame({**text, **read}, index=table.index).astype({"homes": "Int64", "urgent": bool})
    rows["date"] = pd.to_datetime(rows["date"], errors="coerce").astype("datetime64[s]")
    rows = rows.assign(
        layer=layer, row=table.index, is_sum=is_sum, unit_written=text["unit"], group_written=text["group"]
    )
    rows["row_text"] = rows["row"].map(str)
    rows["why"] = np.where(rows["homes"].isna(), "homes", "")
    return rows


def _joined(found: list[pd.DataFrame]) -> pd.DataFrame:
    columns = [*(name for name in ROWS if name != "counted"), "row_text"]
    filled = [rows[columns] for rows in found if len(rows)]
    if filled:
        return pd.concat(filled, ignore_index=True)
    kinds = {"homes": "Int64", "urgent": bool, "is_sum": bool, "date": "datetime64[s]"}
    return pd.DataFrame(columns=columns, dtype=object).astype(kinds)


def _row_problems(layer: str, table: pd.DataFrame, rows: pd.DataFrame, day: Date | None) -> Iterable[Problem]:
    """Yield what could not be read in a ledger, by the ids of its rows."""
    cells = {name: table[name].map(plain) if name in table.columns else None for name in CELLS}
    total = str(len(rows))
    strange_group = rows["group_written"].map(lambda word: group_of(word) is None)
    lost = rows["unit"] == ""
    if lost.any():
        yield Problem("need_no_unit", layer, "unit", str(int(lost.sum())), total, "warn", {"ids": _ids(rows[lost])})
    if strange_group.any():
        written = rows.loc[strange_group, "group_written"].map(lambda word: word or "—")
        ids = {"ids": ", ".join(sorted(set(written))[:SHOWN])}
        yield Problem("need_group", layer, "group", str(int(strange_group.sum())), "、".join(GROUPS), "note", ids)
    nothing = pd.Series(False, rows.index)
    unread = {
        "need_band": ("area_band", _unread(cells["area_band"], rows["area_band"] == ""), "60-90"),
        "need_homes": ("homes", rows["homes"].isna(), "0, 1, 2"),
        "need_date": ("date", _unread(cells["date"], rows["date"].isna()), "2025-12-01"),
        "need_future": ("date", nothing if day is None else rows["date"] > pd.Timestamp(day), str(day)),
        "need_urgent": (
            "urgent",
            nothing if cells["urgent"] is None else cells["urgent"].map(is_urgent).isna(),
            "是, 否",
        ),
    }
    for code, (column, amiss, expected) in unread.items():
        if amiss.any():
            ids = {"ids": _ids(rows[amiss])}
            yield Problem(code, layer, column, str(int(amiss.sum())), expected, "warn", ids)


def _unread(cells: pd.Series | None, is_empty: pd.Series) -> pd.Series:
    return pd.Series(False, is_empty.index) if cells is None else (cells != "") & is_empty


def _city_problems(layer: str, rows: pd.DataFrame, city_unit: str) -> Iterable[Problem]:
    city = str(int((rows["unit"] == CITY).sum()))
    if city != "0" and city_unit:
        yield Problem("need_city_placed", layer, "unit", city, city_unit, "note")
    elif city != "0":
        yield Problem("need_city_apart", layer, "unit", city, CITY, "warn")


def _sum_problems(rows: pd.DataFrame) -> Iterable[Problem]:
    """Yield the ledgers of sums that stand beside ledgers of households, which nobody can tell apart."""
    single = sorted(rows.loc[~rows["is_sum"], "layer"].unique())
    for layer in sorted(rows.loc[rows["is_sum"], "layer"].unique()):
        if single:
            yield Problem("need_sums", SETTINGS_FILE, "need.ledgers", layer, ", ".join(single), "warn")


def _table(rows: pd.DataFrame, units: Mapping[str, str]) -> pd.DataFrame:
    counted = rows[rows["counted"]]
    keys = ["unit", "group", "area_band"]
    sums = counted.groupby(keys, sort=True)["homes"].sum().reset_index()
    order = {group: number for number, group in enumerate(GROUPS)}
    places = {"group_at": sums["group"].map(order), "band_at": sums["area_band"].map(band_start)}
    sums = sums.assign(**places).sort_values(["unit", "group_at", "band_at", "area_band"])[[*keys, "homes"]]
    sums.insert(1, "unit_name", sums["unit"].map(lambda unit: units.get(unit, unit)))
    return sums.astype({"homes": int}).reset_index(drop=True)


def _ids(rows: pd.DataFrame) -> str:
    """Return the first ids, or where a row has none its place in the file."""
    shown = sorted(str(own or row) for own, row in zip(rows["id"], rows["row"], strict=True))
    return ", ".join(shown[:SHOWN]) + (" …" if len(shown) > SHOWN else "")
