"""Warning signs that homes may stand empty, judged parcel by parcel, and the index made of them.

Audits and press name the causes (remoteness, late utilities, no shop, no bus, bad neighbours, too little demand); none
gives a cut-off. So this is a count of signs with their reasons, never a probability.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from siting.base.arguments import takes
from siting.base.vacancy_flags import CAR_FREE, FlagRule

Floats = npt.NDArray[np.float64]
Level = Literal["none", "amber", "red", "unknown"]
LEVELS: tuple[Level, ...] = get_args(Level)
NONE, AMBER, RED, UNKNOWN = range(4)
POINTS = np.array([0.0, 0.5, 1.0, np.nan])
"""Of each level; what is unknown is left out of the index."""


@dataclass(frozen=True)
class VacancyIndex:
    """Signs and index of every parcel; an index with reasons, not a probability.

    table: a row a parcel and sign: parcel, flag, level, value, beyond, unit, direction, amber, red, source,
    evidence. summary: by parcel, index 0..1 (missing where nothing is known), red, amber, known, total (counts),
    unknown (ids). flags: the rules as applied. weights: the user's, else None.
    """

    table: pd.DataFrame = field(repr=False)
    summary: pd.DataFrame = field(repr=False)
    flags: Mapping[str, FlagRule] = field(repr=False)
    car_free: bool
    weights: Mapping[str, float] | None

    def record(self, parcel: Hashable, *, search: Mapping[str, float] | None = None) -> dict[str, Any]:
        """Return one parcel's index and its parts, fit for JSON; an empty value is None.

        `search` says how far was looked, by sign and in its unit. KeyError for an unknown parcel.
        """
        start = int(self.summary.index.get_loc(parcel)) * len(self.flags)
        rows = self.table.iloc[start : start + len(self.flags)]
        told = self.summary.loc[parcel]
        parts = [
            self._part(flag, LEVELS.index(level), value, beyond=bool(beyond), search=(search or {}).get(flag))
            for flag, level, value, beyond in rows[["flag", "level", "value", "beyond"]].itertuples(index=False)
        ]
        return {
            "index": _or_none(told["index"]),
            "weighted": self.weights is not None,
            **{name: int(told[name]) for name in ("red", "amber", "known", "total")},
            "unknown": [part["flag"] for part in parts if part["level"] == "unknown"],
            "car_free": self.car_free,
            "parts": parts,
        }

    def _part(self, flag: str, level: int, value: float, *, beyond: bool, search: float | None) -> dict[str, Any]:
        rule = self.flags[flag]
        return {
            "flag": flag,
            **{name: getattr(rule, name) for name in ("zh", "en", "measured_zh", "measured_en")},
            "level": LEVELS[level],
            "points": _or_none(POINTS[level]),
            "weight": None if self.weights is None else float(self.weights[flag]),
            "value": _or_none(value),
            "beyond": beyond,
            "search": search,
            **{name: getattr(rule, name) for name in ("unit", "direction", "amber", "red", "red_if")},
            **{name: getattr(rule, name) for name in ("source", "source_en", "evidence")},
        }


@takes(measured="table", beyond="table")
def vacancy_index(
    measured: pd.DataFrame,
    flags: Mapping[str, FlagRule],
    *,
    car_free: bool,
    beyond: pd.DataFrame | None = None,
    weights: Mapping[str, float] | None = None,
) -> VacancyIndex:
    """Return the level of every sign and the index: points (red 1, amber 0.5) over the signs that are known.

    `measured` is parcels x signs, in the rules' units; missing is unknown, and neither warns nor reassures. `beyond` is
    true where nothing was found as far as was looked, which is the worst level that a sign `above` its bound has.
    `car_free`: whether households are taken to have no car; only then is the lack of public transport red. Signs count
    alike unless the user gives a weight for each. Columns without a rule are not judged. Bounds are exclusive.
    ValueError for a sign without a column, values that are negative or infinite, a value that is also beyond, `beyond`
    for a sign that warns below, and weights that are not one a sign, not negative, some above zero.
    Source: none; the signs are those that audits and press name, the points are ours.
    """
    applied = {
        name: replace(rule, red=None) if rule.red_if == CAR_FREE and not car_free else rule
        for name, rule in flags.items()
    }
    values, far = _values(measured, applied), _beyond(beyond, measured, applied)
    clash = far & ~np.isnan(values)
    if clash.any():
        msg = f"beyond: true where measured has a value: {_first(clash, measured.index, applied)}"
        raise ValueError(msg)
    levels = np.column_stack(
        [_levels(values[:, at], far[:, at], rule) for at, rule in enumerate(applied.values())]
        or [np.zeros((len(measured), 0), np.int8)]
    )
    return VacancyIndex(
        table=_table(measured.index, applied, levels, values, far),
        summary=_summary(measured.index, tuple(applied), levels, _weights(weights, applied)),
        flags=applied,
        car_free=bool(car_free),
        weights=None if weights is None else {name: float(weights[name]) for name in applied},
    )


def _values(measured: pd.DataFrame, flags: Mapping[str, FlagRule]) -> Floats:
    lacking = [name for name in flags if name not in measured.columns]
    if lacking or not measured.columns.is_unique or not measured.index.is_unique:
        msg = f"measured: parcels and columns once each, a column for every sign; without one: {', '.join(lacking)}"
        raise ValueError(msg)
    values: Floats = measured.loc[:, list(flags)].to_numpy(np.float64, na_value=np.nan)
    wrong = np.isinf(values) | (values < 0)
    if wrong.any():
        msg = f"measured: negative or infinite: {_first(wrong, measured.index, flags)}"
        raise ValueError(msg)
    return values


def _beyond(
    beyond: pd.DataFrame | None, measured: pd.DataFrame, flags: Mapping[str, FlagRule]
) -> npt.NDArray[np.bool_]:
    if beyond is None:
        return np.zeros((len(measured), len(flags)), bool)
    if not beyond.index.is_unique or not measured.index.isin(beyond.index).all():
        msg = "beyond: needs a row for every parcel of measured, once"
        raise ValueError(msg)
    given = beyond.reindex(index=measured.index, columns=list(flags), fill_value=False)
    far: npt.NDArray[np.bool_] = given.to_numpy(bool)
    below = far & np.array([rule.direction == "below" for rule in flags.values()], bool)
    if below.any():
        msg = f"beyond: means nothing for a sign that warns below: {_first(below, measured.index, flags)}"
        raise ValueError(msg)
    return far


def _levels(values: Floats, far: npt.NDArray[np.bool_], rule: FlagRule) -> npt.NDArray[np.int8]:
    levels = np.where(np.isnan(values), UNKNOWN, NONE).astype(np.int8)
    for level, bound in ((AMBER, rule.amber), (RED, rule.red)):
        if bound is not None:
            met = values > bound if rule.direction == "above" else values < bound
            levels[met | far] = level
    return levels


def _weights(weights: Mapping[str, float] | None, flags: Mapping[str, FlagRule]) -> Floats:
    if weights is None:
        return np.ones(len(flags))
    if set(weights) != set(flags):
        msg = f"weights: one for each sign or none at all; differ in: {', '.join(sorted(set(weights) ^ set(flags)))}"
        raise ValueError(msg)
    given = np.array([weights[name] for name in flags], np.float64)
    if not np.isfinite(given).all() or (given < 0).any() or not given.any():
        msg = "weights: must be numbers from 0 up, some of them above 0"
        raise ValueError(msg)
    return given


def _table(
    parcels: pd.Index,
    flags: Mapping[str, FlagRule],
    levels: npt.NDArray[np.int8],
    values: Floats,
    far: npt.NDArray[np.bool_],
) -> pd.DataFrame:
    def each(name: str) -> Any:
        return np.tile(np.array([getattr(rule, name) for rule in flags.values()], object), len(parcels))

    return pd.DataFrame(
        {
            "parcel": parcels.repeat(len(flags)),
            "flag": np.tile(np.array(list(flags), object), len(parcels)),
            "level": np.array(LEVELS, object)[levels.ravel()],
            "value": values.ravel(),
            "beyond": far.ravel(),
            "unit": each("unit"),
            "direction": each("direction"),
            "amber": each("amber").astype(np.float64),
            "red": each("red").astype(np.float64),
            "source": each("source"),
            "evidence": each("evidence"),
        }
    )


def _summary(parcels: pd.Index, names: tuple[str, ...], levels: npt.NDArray[np.int8], weights: Floats) -> pd.DataFrame:
    known = levels != UNKNOWN
    # by id, so that no order of the signs changes a bit
    order = np.argsort(np.array(names, object)).astype(np.intp)
    points, counted = np.zeros(len(parcels)), np.zeros(len(parcels))
    for at in order:
        points += weights[at] * np.where(known[:, at], POINTS[levels[:, at]], 0.0)
        counted += weights[at] * known[:, at]
    return pd.DataFrame(
        {
            "index": np.divide(points, counted, out=np.full(len(parcels), np.nan), where=counted > 0),
            "red": (levels == RED).sum(axis=1),
            "amber": (levels == AMBER).sum(axis=1),
            "known": known.sum(axis=1),
            "total": len(names),
            "unknown": ["; ".join(name for name, told in zip(names, row, strict=True) if not told) for row in known],
        },
        index=parcels,
    )


def _first(wrong: npt.NDArray[np.bool_], parcels: pd.Index, flags: Mapping[str, FlagRule]) -> str:
    row, column = np.argwhere(wrong)[0]
    return f"{list(flags)[column]} of {parcels[row]}"


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
