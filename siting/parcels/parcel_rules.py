"""Rules that look at the parcel itself (land use, debt, area, slope), and documents that open a gate."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from siting.base.columns import NO, YES, Kind
from siting.base.errors import Problem
from siting.base.layers import Action
from siting.base.rulebook import BookRule
from siting.parcels.documents import listed, plain
from siting.parcels.hits import PARCEL_RULE, Gate, Hit

NEW_DEBT = YES | {"新增"}
LISTED = 5


def parcel_hits(
    parcels: gpd.GeoDataFrame,
    name: str,
    rule: BookRule,
    *,
    slope_pct: pd.Series | None,
    is_dwelling_now: pd.Series | None,
) -> list[Hit]:
    """Return the parcels that meet a rule without a layer, each with a share of 1.

    land_use: parcels of kind land or conversion, unless `is_dwelling_now` is True. hidden_debt: column hidden_debt
    says yes; a word that is neither yes nor no is reviewed. area: less than `least_m2`. slope: the step that
    `slope_pct` falls in, its bound included; a parcel without a slope meets no step.
    """
    area = np.asarray(parcels.geometry.area, dtype=float)
    if rule.of == "land_use":
        changed = _to_be_dwelling(parcels, is_dwelling_now)
        return _made(parcels, name, {rule.action: changed}, area, None)
    if rule.of == "hidden_debt":
        said = debt_words(parcels)
        unread = _made(parcels, name, {"review": _unread(said)}, area, None)
        yes = _made(parcels, name, {rule.action: np.asarray(said.isin(NEW_DEBT), dtype=bool)}, area, None)
        return [*yes, *(replace(hit, basis="unread") for hit in unread)]
    if rule.of == "area":
        return _made(parcels, name, {rule.action: (area < (rule.least_m2 or 0)) & ~is_stock(parcels)}, area, area)
    if slope_pct is None:
        return []
    slope = slope_pct.reindex(parcels.index).to_numpy(dtype=float)
    return _made(parcels, name, _by_step(rule, slope), area, slope)


def opened(hits: Iterable[Hit], rules: Mapping[str, BookRule], documents: pd.Series) -> list[Hit]:
    """Return the hits with each gate marked `open` or `near` by what the parcel's `documents` name.

    Names are compared without spaces, brackets and quotes, full width or half; a name that is only much like it
    opens nothing.
    """
    written = {str(parcel): str(cell) for parcel, cell in documents[documents.notna()].items()}
    found: dict[tuple[str, str], tuple[Gate, str]] = {}
    marked = []
    for hit in hits:
        cell = written.get(hit.parcel, "") if hit.action == "gate" else ""
        if cell and (hit.rule, cell) not in found:
            found[hit.rule, cell] = _compared(rules[hit.rule], cell)
        gate, document = found.get((hit.rule, cell), ("", ""))
        marked.append(replace(hit, gate=gate, document=document) if gate else hit)
    return marked


def parcel_problems(parcels: gpd.GeoDataFrame, rules: Mapping[str, BookRule], file: str) -> list[Problem]:
    """Return a warning for words under hidden_debt that are neither yes nor no; such parcels are reviewed."""
    if not any(rule.of == "hidden_debt" for rule in rules.values()):
        return []
    said = debt_words(parcels)
    bad = said[_unread(said)]
    if bad.empty:
        return []
    more = f" (+{len(bad) - LISTED})" if len(bad) > LISTED else ""
    where = ", ".join(map(str, bad.index[:LISTED])) + more
    return [Problem("debt_word", file, where, ", ".join(sorted(set(bad))[:LISTED]), level="warn")]


def is_stock(parcels: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return which parcels are existing homes: the size of their plot is no reason to refuse them."""
    if "kind" not in parcels.columns:
        return np.zeros(len(parcels), dtype=bool)
    return np.asarray(parcels["kind"] == Kind.STOCK, dtype=bool)


def debt_words(parcels: pd.DataFrame) -> pd.Series:
    """Return the column hidden_debt in small letters, empty where nothing is said."""
    if "hidden_debt" not in parcels.columns:
        return pd.Series("", index=parcels.index, dtype=object)
    cells = parcels["hidden_debt"].astype(object)
    return cells.where(cells.notna(), "").map(str).str.strip().str.lower().str.removesuffix(".0")


def _unread(said: pd.Series) -> npt.NDArray[np.bool_]:
    return np.asarray(~said.isin(NEW_DEBT | NO | {""}), dtype=bool)


def _to_be_dwelling(parcels: pd.DataFrame, is_dwelling_now: pd.Series | None) -> npt.NDArray[np.bool_]:
    """Whether homes would be a new use of the land; what is not known to be a dwelling counts as none."""
    kinds = parcels["kind"] if "kind" in parcels.columns else pd.Series(str(Kind.LAND), index=parcels.index)
    changes = kinds.map(str).isin([str(Kind.LAND), str(Kind.CONVERSION)]).to_numpy(dtype=bool)
    if is_dwelling_now is None:
        return np.asarray(changes, dtype=bool)
    dwelling = is_dwelling_now.reindex(parcels.index).astype("boolean").fillna(False).to_numpy(dtype=bool)
    return np.asarray(changes & ~dwelling, dtype=bool)


def _by_step(rule: BookRule, slope: npt.NDArray[np.float64]) -> dict[Action, npt.NDArray[np.bool_]]:
    """Return the parcels of each action of a rule of slopes."""
    bounds = np.array([step.most for step in rule.steps if step.most is not None])
    step = np.searchsorted(bounds, slope, side="left")
    met: dict[Action, npt.NDArray[np.bool_]] = {}
    for number, each in enumerate(rule.steps):
        if each.action != "ok":
            here = (step == number) & ~np.isnan(slope)
            met[each.action] = met.get(each.action, np.zeros(len(slope), dtype=bool)) | here
    return met


def _made(
    parcels: pd.DataFrame,
    name: str,
    met: Mapping[Action, npt.NDArray[np.bool_]],
    area: npt.NDArray[np.float64],
    value: npt.NDArray[np.float64] | None,
) -> list[Hit]:
    rule = PARCEL_RULE.format(name)
    return [
        Hit(
            str(parcels.index[row]),
            rule,
            action,
            float(area[row]),
            1.0,
            value=None if value is None else float(value[row]),
        )
        for action, here in met.items()
        for row in np.flatnonzero(here)
    ]


def _compared(rule: BookRule, cell: str) -> tuple[Gate, str]:
    """Return whether the documents written in a cell open the rule's gate, and which one does or nearly does."""
    wanted = [plain(name) for name in (rule.document or rule.title, *rule.accepts)]
    given = {plain(each): each for each in listed(cell)}
    for name in wanted:
        if name in given:
            return "open", given[name]
    near = _nearest(wanted, list(given))
    return ("", "") if near is None else ("near", given[near])


def _nearest(wanted: Sequence[str], given: Sequence[str]) -> str | None:
    near: list[Any] = [found for name in wanted for found in get_close_matches(name, given, n=1, cutoff=0.6)]
    return near[0] if near else None
