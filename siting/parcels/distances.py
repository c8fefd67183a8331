"""How far around each shape of a constraint layer its rule reaches: one distance, or one by voltage or class."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from siting.base.errors import Problem
from siting.base.rulebook import BookRule

Basis = Literal["", "within", "between", "above", "below", "missing"]
TOLD: tuple[Basis, ...] = ("between", "above", "below", "missing")
LISTED = 5


@dataclass(frozen=True)
class Reach:
    """For each shape: metres, the class or voltage as text, and how it was found."""

    metres: npt.NDArray[np.float64]
    label: npt.NDArray[np.object_]
    basis: npt.NDArray[np.object_]


def reach_of(rule: BookRule, table: pd.DataFrame) -> Reach:
    """Return how far the rule reaches around each row of `table` (columns kv or class where the rule asks).

    A voltage between two bands takes the wider one, below the lowest band that band, above the highest the widest
    of all; a missing or unknown voltage or class takes the widest of the layer's rule.
    """
    if rule.buffer_by == "kv":
        return _by_voltage(rule, _kilovolts(table))
    if rule.buffer_by in ("class", "setting"):
        return _by_class(rule, _text(table, "class"))
    count = len(table)
    return Reach(np.full(count, float(rule.buffer_m)), _words([""] * count), _words([""] * count))


def distance_problems(rule: BookRule, table: pd.DataFrame, file: str, *, has_area: bool) -> list[Problem]:
    """Return what a user should know of a layer's distances: rows that were placed with care, shapes without reach.

    `has_area`: whether every shape of the layer has an area.
    """
    if not has_area and rule.widest_m == 0 and rule.buffer_by is None:
        return [Problem("no_buffer", file, "rule.buffer_m")]
    reach, problems = reach_of(rule, table), []
    for basis in TOLD:
        rows = np.flatnonzero(reach.basis == basis)
        if len(rows) == 0:
            continue
        names = _text(table, "id").iloc[rows[:LISTED]]
        where = ", ".join(name or f"row {row + 1}" for name, row in zip(names, rows[:LISTED], strict=True))
        more = f" (+{len(rows) - LISTED})" if len(rows) > LISTED else ""
        found = ", ".join(sorted({str(label) for label in reach.label[rows]} - {""})[:LISTED]) or "-"
        metres = ", ".join(sorted({f"{each:g}" for each in reach.metres[rows]}))
        code = "distance_missing" if basis == "missing" else "distance_between"
        problems.append(_told(code, file, where + more, found, metres))
    return problems


def _told(code: str, file: str, where: str, found: str, metres: str) -> Problem:
    if code == "distance_missing":
        return Problem("distance_missing", file, where, found, metres, level="warn")
    return Problem("distance_between", file, where, found, metres, level="warn")


def _by_voltage(rule: BookRule, kv: pd.Series) -> Reach:
    bands = sorted(rule.bands, key=lambda band: band.most_kv)
    tops = np.array([band.most_kv for band in bands])
    least = np.array([band.least_kv for band in bands])
    metres = np.array([band.buffer_m for band in bands])
    known = kv.notna().to_numpy()
    value = kv.fillna(0).to_numpy(dtype=float)
    band = np.minimum(np.searchsorted(tops, value), len(bands) - 1)
    gap = np.where(band == 0, "below", "between")
    basis = np.select([~known, value > tops[-1], value < least[band]], ["missing", "above", gap], "within")
    widest = (basis == "missing") | (basis == "above")
    label = [f"{each:g} kV" if ok else "" for each, ok in zip(value, known, strict=True)]
    return Reach(np.where(widest, metres.max(), metres[band]), _words(label), basis.astype(object))


def _by_class(rule: BookRule, written: pd.Series) -> Reach:
    ours = written.map(lambda word: rule.class_words.get(word, word))
    metres = ours.map(rule.classes)
    known = metres.notna().to_numpy()
    basis = np.where(known, "within", "missing").astype(object)
    filled = metres.fillna(rule.widest_m).to_numpy(dtype=float)
    return Reach(filled, written.to_numpy(dtype=object), basis)


def _kilovolts(table: pd.DataFrame) -> pd.Series:
    """Return voltages in kV, NaN where none can be read; `220`, `220kV` and `±800 千伏` are read alike."""
    number = _text(table, "kv").str.extract(r"^±?\s*(\d+(?:\.\d+)?)\s*(?:kv|千伏)?$", flags=2)[0]
    kilovolts = pd.to_numeric(number, errors="coerce").astype(float)
    return kilovolts.where(kilovolts > 0)


def _text(table: pd.DataFrame, column: str) -> pd.Series:
    """Return a column as stripped text, empty where it is missing."""
    if column not in table.columns:
        return pd.Series("", index=table.index, dtype=object)
    cells = table[column]
    return cells.astype(object).where(cells.notna(), "").map(str).str.strip()


def _words(items: list[str]) -> npt.NDArray[np.object_]:
    return np.array(items, dtype=object)
