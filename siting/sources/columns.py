"""Our words for their columns: renaming, strict numbers, kinds and classes by declared tables."""

import re
from difflib import get_close_matches
from functools import cache

import numpy as np
import pandas as pd

from siting.base.catalogue import catalogue, ids
from siting.base.columns import MODES, Kind
from siting.base.layers import COORDINATE_COLUMNS, NUMBER_COLUMNS, OUR_COLUMNS, Layer
from siting.base.road_rules import parse_speed, road_classes
from siting.sources.reading import Findings

SPEEDS = ("speed_kmh", "speed_back_kmh")
NUMBER_MAX = 1e12
AMOUNTS = ("jobs", "persons")
CAPACITIES = ("seats", "beds", "capacity")
"""A place counts without its capacity; an odd one is told and empty, and refused only where it is added up."""
TOTAL = r"(?:合计|总计|小计|共计|合計|總計|小計|共計|total|subtotal|grandtotal|sum)(?:[（(\[【].*[）)\]】])?[:：.。]?"
"""A cell that adds up others, bare or with a remark in brackets; 合计贸易公司 is a company."""
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_ONEWAY = {
    "forward": {"yes", "true", "1", "f", "ft", "forward", "是"},
    "backward": {"-1", "reverse", "t", "tf", "backward"},
    "both": {"", "no", "false", "0", "b", "both", "n", "否", "none"},
}


def rename(frame: pd.DataFrame, layer: Layer, findings: Findings) -> pd.DataFrame:
    """Return our columns only, all as stripped text; missing is empty."""
    ours = {}
    for word, theirs in layer.settings.columns.items():
        if word in COORDINATE_COLUMNS:
            continue
        if theirs in frame.columns:
            ours[word] = frame[theirs]
        else:
            known = [str(name) for name in frame.columns if name != "geometry"]
            near = get_close_matches(theirs, known, n=1)
            findings.refuse("missing_column", f"columns.{word}", theirs, near[0] if near else ", ".join(known))
    return pd.DataFrame({word: words(column) for word, column in ours.items()}, index=frame.index)


def read_numbers(table: pd.DataFrame, layer: Layer, findings: Findings) -> pd.DataFrame:
    """Return the table with its number columns as floats, read strictly; speeds stay text.

    An odd capacity of a place is told and empty; that of a utility is its headroom, and is refused.
    """
    lenient = layer.role == "places"
    read = [word for word in table.columns if word in NUMBER_COLUMNS and word not in SPEEDS]
    return table.assign(**{word: numbers(table[word], word, findings, lenient=lenient) for word in read})


def words(column: pd.Series) -> pd.Series:
    """Return text without surrounding space; missing is empty, whole floats lose their `.0`."""
    return pd.Series([_word(value) for value in column], index=column.index, dtype=object)


def numbers(column: pd.Series, word: str, findings: Findings, *, lenient: bool = False) -> pd.Series:
    """Return floats; what is no finite number, or negative, is refused by row; empty is NaN.

    Rows left out already (totals) are not looked at.
    """
    written = column
    kept = ~column.index.isin(list(findings.left_out))
    empty = written.isin(["", "nan", "NaN"])
    readable = written.map(lambda cell: _NUMBER.fullmatch(cell) is not None)
    values = pd.to_numeric(written.where(readable), errors="coerce").astype(float)
    bad = (values.isna() & ~empty) | np.isinf(values) | (values < 0) | (values > NUMBER_MAX)
    if word == "homes":
        bad |= values.notna() & (values % 1 != 0)
    if lenient and word in CAPACITIES:
        findings.rows("warn", "odd_capacity", list(column.index[(bad | (values == 0)) & kept]), written, word)
        return values.where(~bad)
    findings.rows("refuse", "bad_number", list(column.index[bad & kept]), written, word)
    if word in AMOUNTS:
        findings.rows("refuse", "empty_number", list(column.index[empty & kept]), written, word)
    return values


def leave_out_totals(table: pd.DataFrame, frame: pd.DataFrame, findings: Findings) -> None:
    """Leave out the rows that add up others (合计), as id, as name, or beside an empty name in any column of `frame`."""
    for word in ("id", "name"):
        if word in table.columns:
            hits = _is_total(table[word])
            findings.leave_out("total_row", list(table.index[hits]), table[word])
    if "name" not in table.columns:
        return
    nameless = table.index[table["name"] == ""]
    for name in frame.columns if len(nameless) else ():
        cells = frame.loc[nameless, name]
        if cells.dtype == object and name != "geometry":
            hits = _is_total(words(cells))
            findings.leave_out("total_row", list(nameless[hits]), cells)


def _is_total(column: pd.Series) -> pd.Series:
    return column.str.replace(r"\s", "", regex=True).str.lower().str.fullmatch(TOTAL).astype(bool)


def fill_kinds(table: pd.DataFrame, layer: Layer, findings: Findings) -> pd.DataFrame:
    """Return the table with `kind` from its column through `[kinds]`, else the layer's own kind."""
    if layer.role not in ("places", "parcels", "utility"):
        return table
    declared = layer.settings.kinds
    known = ids("kind") if layer.role == "parcels" else (*catalogue(), *declared.values(), layer.settings.kind)
    fallback = layer.settings.kind or (Kind.LAND if layer.role == "parcels" else "")
    given = table["kind"] if "kind" in table.columns else pd.Series("", index=table.index, dtype=object)
    kinds = given.map(lambda kind: declared.get(kind, _by_title(kind))).where(given != "", str(fallback))
    unknown = ~kinds.isin(list(known)) | (kinds == "")
    if layer.role == "parcels":
        findings.rows("refuse", "unknown_kind", list(table.index[unknown]), given, ", ".join(known))
    else:
        findings.leave_out("unknown_kind", list(table.index[unknown]), given)
    return table.assign(kind=kinds)


def tell_empty_capacities(table: pd.DataFrame, findings: Findings) -> None:
    """Warn of an empty capacity where another place of the same kind has one: shops need no seats, schools do."""
    if "kind" not in table.columns:
        return
    for word in (word for word in CAPACITIES if word in table.columns):
        has_one = table[word].notna().groupby(table["kind"]).transform("any")
        told = {p.where for p in findings.problems if p.code == "odd_capacity" and p.expected == word}
        empty = [row for row in table.index[has_one & table[word].isna()] if f"row {row + 1}" not in told]
        findings.rows("warn", "odd_capacity", [row for row in empty if row not in findings.left_out], None, word)


def fill_origin(table: pd.DataFrame, layer: Layer, findings: Findings) -> pd.DataFrame:
    """Return parcels with `origin` as an id of the catalogue; an unknown one is kept and told."""
    if layer.role != "parcels" or "origin" not in table.columns:
        return table
    origins = table["origin"].map(lambda origin: layer.settings.kinds.get(origin, _by_title(origin)))
    unknown = ~origins.isin([*ids("origin"), ""])
    findings.rows("warn", "unknown_origin", list(table.index[unknown]), origins, ", ".join(ids("origin")))
    return table.assign(origin=origins)


def fill_roads(table: pd.DataFrame, layer: Layer, findings: Findings) -> pd.DataFrame:
    """Return roads with our class, km/h or NaN, and one-way as both, forward or backward."""
    if layer.role != "roads":
        return table
    declared, classes = layer.settings.classes, road_classes()
    for target in sorted({name for name in declared.values() if name not in classes}):
        findings.refuse("unknown_class", "classes", target, ", ".join(classes))
    given = table["class"] if "class" in table.columns else pd.Series("", index=table.index, dtype=object)
    ours = given.map(lambda name: declared.get(name, name if name in classes else declared.get("*", "")))
    for name in sorted(set(given[ours == ""])):
        rows = list(given.index[(given == name) & (ours == "")])
        findings.refuse("unmapped_class", f"row {rows[0] + 1} (+{len(rows) - 1})", name, ", ".join(classes))
    filled = {"class": ours}
    for word in SPEEDS:
        if word in table.columns:
            filled[word] = _speeds(table[word], findings)
    if "oneway" in table.columns:
        filled["oneway"] = _oneway(table["oneway"], layer, findings)
    for mode in MODES:
        if mode in table.columns:
            odd = ~table[mode].isin(["both", "forward", "backward", "no"])
            findings.rows("refuse", "bad_way", list(table.index[odd]), table[mode], mode)
    return table.assign(**filled)


def our_words(layer: Layer) -> tuple[str, ...]:
    """Return the columns that a layer's role knows."""
    return OUR_COLUMNS[layer.role]


def _speeds(column: pd.Series, findings: Findings) -> pd.Series:
    values = column.map(lambda cell: parse_speed(cell) if cell else None).astype(float)
    odd = values.isna() & (column != "")
    findings.rows("mend", "speed_ignored", list(column.index[odd]), column)
    return values


def _oneway(column: pd.Series, layer: Layer, findings: Findings) -> pd.Series:
    declared = layer.settings.oneway
    meaning = {word: way for way, group in _ONEWAY.items() for word in group}
    own = {word: way for way in ("forward", "backward", "both") for word in getattr(declared, way)}
    ways = column.map(lambda cell: own.get(cell, meaning.get(cell.lower(), "")))
    odd = ways == ""
    findings.rows("mend", "oneway_ignored", list(column.index[odd]), column)
    return ways.where(~odd, "both")


def _by_title(written: str) -> str:
    return _titles().get(written, written)


@cache
def _titles() -> dict[str, str]:
    """Return the ids of the catalogue by their titles, the first of a title counting."""
    found: dict[str, str] = {}
    for name, entry in catalogue().items():
        found.setdefault(entry.zh, name)
        found.setdefault(entry.en, name)
    return found


def _word(value: object) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, float | np.floating) and float(value).is_integer() and abs(float(value)) < 1e15:
        return str(int(value))
    return str(value).strip()
