"""Rows of a layer in our words, whatever they were read from: checked, named, in an order that no file changes."""

from itertools import count
from typing import Any

import pandas as pd
import shapely

from siting.base.layers import OSM_ENDS, Layer
from siting.sources.columns import (
    fill_kinds,
    fill_origin,
    fill_roads,
    leave_out_totals,
    our_words,
    read_numbers,
    rename,
    tell_empty_capacities,
)
from siting.sources.land_use import read_days, read_land
from siting.sources.reading import Findings


def in_our_words(frame: pd.DataFrame, layer: Layer, findings: Findings) -> pd.DataFrame:
    """Return our columns, read strictly; what is amiss stands in `findings`, row by row."""
    if layer.settings.source.lower().endswith(OSM_ENDS):
        layer = _own_words(layer, frame)
    table = rename(frame, layer, findings)
    if findings.is_refused():
        return table
    leave_out_totals(table, frame, findings)
    table = read_numbers(table, layer, findings)
    table = fill_roads(fill_origin(fill_kinds(table, layer, findings), layer, findings), layer, findings)
    tell_empty_capacities(table, findings)
    table = read_land(table, layer, findings)
    if "ready_date" in table.columns:
        days = read_days(table["ready_date"], "ready_date", findings).dt.strftime("%Y-%m-%d")
        table = table.assign(ready_date=days.fillna("").astype(object))
    _check_ids(table, layer, findings)
    findings.ids = table["id"] if "id" in table.columns else None
    return table


def _own_words(layer: Layer, frame: pd.DataFrame) -> Layer:
    """Return the layer of an extract, whose columns carry our words already."""
    columns = {word: word for word in our_words(layer) if word in frame.columns}
    return layer.model_copy(update={"settings": layer.settings.model_copy(update={"columns": columns})})


def _check_ids(table: pd.DataFrame, layer: Layer, findings: Findings) -> None:
    if "id" not in table.columns:
        if layer.role in ("parcels", "units"):
            findings.refuse("missing_key", "columns.id", expected="id")
        return
    kept = table.drop(index=list(findings.left_out)) if layer.role != "parcels" else table
    if layer.role in ("parcels", "units"):
        empty = kept["id"] == ""
        repeated = kept["id"].duplicated(keep=False) & ~empty
        findings.rows("refuse", "empty_id", list(kept.index[empty]))
        findings.rows("refuse", "duplicate_id", list(kept.index[repeated]), kept["id"])


def tell_repeats(table: Any, findings: Findings) -> None:
    """Warn of places that equal another in every column and in their point: each counts, and may be one too many."""
    columns = [name for name in table.columns if name != "geometry"]
    if not columns or "geometry" not in table.columns:
        return
    keys = table[columns].assign(geometry=shapely.to_wkb(table.geometry.to_numpy()))
    findings.rows("warn", "repeated_rows", list(table.index[keys.duplicated(keep="first")]))


def canonical(table: Any, layer: Layer) -> Any:
    """Return the rows in an order that the file's order does not change, each with an id."""
    if layer.role in ("parcels", "units"):
        return table.sort_values("id", kind="stable").reset_index(drop=True)
    columns = [table[name].map(str).tolist() for name in table.columns if name != "geometry"]
    shapes = shapely.to_wkb(table.geometry.to_numpy()).tolist() if "geometry" in table.columns else [b""] * len(table)
    keys = list(zip(*columns, shapes, strict=True))
    order = sorted(range(len(table)), key=keys.__getitem__)
    ordered = table.iloc[order].reset_index(drop=True)
    if "id" not in ordered.columns:
        return ordered.assign(id=[f"{layer.name}-{number}" for number in range(1, len(ordered) + 1)])
    taken, ids = set(ordered["id"]), []
    for given, again in zip(ordered["id"], ordered["id"].duplicated(keep=False), strict=True):
        fresh = given
        if again or not given:
            fresh = next(name for number in count(1) if (name := f"{given or layer.name}-{number}") not in taken)
        taken.add(fresh)
        ids.append(fresh)
    return ordered.assign(id=ids)
