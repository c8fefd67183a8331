"""Why a score moved between two runs: its change split among what changed, so that the shares add up to it.

A score is `penalty x combine(values, weights, method)`, and a value comes of a measured number and the reference
points. From run A to run B these are changed one after another: the measured numbers (criterion by criterion, by
name), the reference points, the weights, the method, the penalty. What each step adds is its share. The order would
favour some, so the same is done in the opposite order and the mean of both is taken: exact for two changes (the
Shapley value of two players), and the same with the sign turned when A and B are exchanged.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from siting import score
from siting.project.written_run import WrittenRun

POINTS, WEIGHTS, METHOD, PENALTY, OTHER = ":points", ":weights", ":method", ":penalty", ":other"
"""Names that no criterion can have."""
POINT_KEYS = ("worst", "best", "better", "shape", "points", "half", "other")
MEANING_KEYS = ("measure", "of", "mode", "direction", "cutoff", "cutoff_from", "k", "decay", "demand", "tau", "shares")
REPRODUCED = 2e-9
"""How near to the written score the recomputed one must be: both are made of numbers of nine decimals."""
VALUE_REPRODUCED = 1e-3
"""How near to the written value the one from the written measured number (four decimals) must be."""


@dataclass(frozen=True)
class Scored:
    """The parcels of a run that have a score, as tables on their ids in order; criteria by name."""

    criteria: Mapping[str, Mapping[str, Any]]
    raw: pd.DataFrame
    beyond: pd.DataFrame
    values: pd.DataFrame
    weights: pd.Series
    penalty: pd.Series
    scores: pd.Series
    combine: Mapping[str, Any]


@dataclass(frozen=True)
class Shares:
    """What each change adds to the score of the parcels scored in both runs.

    table: by parcel, a column a weighted criterion (its measured number), then POINTS, WEIGHTS, METHOD, PENALTY and
    OTHER; every row adds up to the change of the score. joint: criteria whose meaning and reference points changed
    at once, so that all counts as measured. is_split: False where the scores cannot be recomputed from what is
    written (a method not known here): then all is other.
    """

    table: pd.DataFrame
    joint: tuple[str, ...]
    is_split: bool


def scored(run: WrittenRun) -> Scored:
    """Return the scored parcels of a run, by id."""
    kept = {parcel: run.receipts[parcel] for parcel in sorted(run.receipts)}
    kept = {parcel: record for parcel, record in kept.items() if record["score"] is not None}
    first: Mapping[str, Any] = next(iter(kept.values()), {"criteria": []})
    criteria = {each["name"]: each for each in first["criteria"]}
    rows = {parcel: {each["name"]: each for each in record["criteria"]} for parcel, record in kept.items()}

    def table(key: str) -> pd.DataFrame:
        cells = [[row.get(name, {}).get(key) for name in criteria] for row in rows.values()]
        return pd.DataFrame(cells, index=list(rows), columns=list(criteria), dtype=object)

    settings = run.stamp.get("settings")
    block = settings.get("combine") if isinstance(settings, dict) else None
    return Scored(
        criteria=criteria,
        raw=table("value").astype(float),
        beyond=table("beyond").eq(True),
        values=table("score").astype(float),
        weights=pd.Series({name: float(each["weight"] or 0.0) for name, each in criteria.items()}, dtype=float),
        penalty=pd.Series({parcel: _factor(record["penalty"]) for parcel, record in kept.items()}, dtype=float),
        scores=pd.Series({parcel: float(record["score"]) for parcel, record in kept.items()}, dtype=float),
        combine=dict(block) if isinstance(block, dict) else {},
    )


def shares(one: Scored, other: Scored) -> Shares:
    """Return what each change adds to the scores, for the parcels scored in both runs."""
    both = one.scores.index.intersection(other.scores.index).sort_values()
    names = sorted({name for run in (one, other) for name in run.weights.index[run.weights > 0]})
    change = (other.scores[both] - one.scores[both]).astype(float)
    columns = [*names, POINTS, WEIGHTS, METHOD, PENALTY]
    zeros = pd.DataFrame(0.0, index=both, columns=columns)
    state = _States(one, other, both, names)
    try:
        ends = [state.score(dict.fromkeys(columns, side)) for side in (0, 1)]
        is_split = all(
            bool((end - run.scores[both]).abs().le(REPRODUCED).all())
            for end, run in zip(ends, (one, other), strict=True)
        )
        table = state.mean_of_both_orders(columns) if is_split else zeros
    except (TypeError, ValueError):  # a way to combine that this version does not have
        table, is_split = zeros, False
    told = pd.Series(0.0, index=both)
    for name in columns:
        told = told + table[name]
    return Shares(table.assign(**{OTHER: change - told}), tuple(state.joint), is_split)


class _States:
    """Scores of the parcels with some changes made and others not yet."""

    def __init__(self, one: Scored, other: Scored, both: pd.Index, names: Sequence[str]) -> None:
        self.runs = (one, other)
        self.both = both
        self.names = names
        self.joint: list[str] = []
        self.penalty = tuple(run.penalty[both] for run in self.runs)
        self.values = {name: self._corners(name) for name in names}

    def score(self, sides: Mapping[str, int]) -> pd.Series:
        """Return the scores where each change stands on its side: 0 as in the first run, 1 as in the second."""
        values = pd.DataFrame(
            {name: self.values[name][sides[name]][sides[POINTS]] for name in self.names}, index=self.both
        )
        weights = self.runs[sides[WEIGHTS]].weights.reindex(self.names).fillna(0.0)
        block = {key: cell for key, cell in self.runs[sides[METHOD]].combine.items() if cell is not None}
        combine: Callable[..., pd.Series] = score.combine
        return combine(values, weights, **block) * self.penalty[sides[PENALTY]]

    def mean_of_both_orders(self, columns: Sequence[str]) -> pd.DataFrame:
        """Return the share of each change: the mean over the order of the columns and its opposite."""
        walks = [self._walk(columns), self._walk(columns[::-1])]
        return pd.DataFrame({name: (walks[0][name] + walks[1][name]) / 2 for name in columns}, index=self.both)

    def _walk(self, order: Sequence[str]) -> dict[str, pd.Series]:
        sides = dict.fromkeys(order, 0)
        now, added = self.score(sides), {}
        for name in order:
            sides[name] = 1
            then = self.score(sides)
            added[name] = then - now
            now = then
        return added

    def _corners(self, name: str) -> tuple[tuple[pd.Series, pd.Series], tuple[pd.Series, pd.Series]]:
        """Return the values by measured number (first or second run) and then by reference points."""
        known = [run.values[name].reindex(self.both) if name in run.values else None for run in self.runs]
        first, second = (pd.Series(np.nan, index=self.both) if each is None else each.astype(float) for each in known)
        # a criterion that only one run values has no change of its own: its weight alone comes or goes
        first, second = first.fillna(second), second.fillna(first)
        blocks = [run.criteria.get(name) for run in self.runs]
        if blocks[0] is None or blocks[1] is None or _same(blocks[0], blocks[1], POINT_KEYS):
            return (first, first), (second, second)
        raws = [run.raw[name].reindex(self.both) for run in self.runs]
        beyonds = [run.beyond[name].reindex(self.both) for run in self.runs]
        is_alike = (raws[0].eq(raws[1]) | (raws[0].isna() & raws[1].isna())) & (beyonds[0] == beyonds[1])
        mixed = [self._valued(name, raw=1 - points, points=points, raws=raws, beyonds=beyonds) for points in (0, 1)]
        if not _same(blocks[0], blocks[1], MEANING_KEYS) or any(each is None for each in mixed):
            self.joint += [name]
            mixed = [second, first]
        second_by_first = first.where(is_alike, mixed[0]).fillna(first)
        first_by_second = second.where(is_alike, mixed[1]).fillna(second)
        return (first, first_by_second), (second_by_first, second)

    def _valued(
        self, name: str, *, raw: int, points: int, raws: Sequence[pd.Series], beyonds: Sequence[pd.Series]
    ) -> pd.Series | None:
        """Return the values of one run's numbers by the other's points; None where these are not known here."""
        block, written = self.runs[points].criteria[name], self.runs[points].values[name].reindex(self.both)
        try:
            again = _value(block, raws[points])
            found = _value(block, raws[raw])
        except (TypeError, ValueError):
            return None
        inside = ~beyonds[points] & raws[points].notna()
        if (again - written)[inside].abs().gt(VALUE_REPRODUCED).any():
            return None
        own = self.runs[raw].values[name].reindex(self.both)
        turned = block["better"] != self.runs[raw].criteria[name]["better"]
        return found.mask(beyonds[raw], 1.0 - own if turned else own)


def _value(block: Mapping[str, Any], raw: pd.Series) -> pd.Series:
    """Return the values of measured numbers by a criterion's reference points."""
    more = {key: block[key] for key in POINT_KEYS[3:] if block.get(key) is not None}
    made: Callable[..., pd.Series] = score.value
    return score.rounded(made(raw, worst=block["worst"], best=block["best"], **more))


def _same(one: Mapping[str, Any], other: Mapping[str, Any], keys: Sequence[str]) -> bool:
    return all(one.get(key) == other.get(key) for key in keys)


def _factor(written: float | None) -> float:
    return 1.0 if written is None else float(written)


def rank_shares(one: pd.Series, other: pd.Series) -> pd.DataFrame:
    """Return, for the parcels scored in both runs, by whom their rank moved.

    entered: places lost to parcels that only the second run ranks. left: places won (negative) by those that only
    the first ranks. passed: places lost to parcels ranked in both, those overtaken counted against. The three add
    up to the change of the rank, since a rank is one more than the number of parcels with a higher score.
    """
    both = one.index.intersection(other.index).sort_values()
    entered = _above(other[other.index.difference(both)], other[both])
    left = _above(one[one.index.difference(both)], one[both])
    passed = _above(other[both], other[both]) - _above(one[both], one[both])
    return pd.DataFrame({"entered": entered, "left": -left, "passed": passed}, index=both, dtype="int64")


def _above(rivals: pd.Series, own: pd.Series) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return how many of the rivals have a higher score."""
    ladder = np.sort(rivals.to_numpy(float))
    found: np.ndarray[Any, np.dtype[np.int64]] = len(ladder) - np.searchsorted(ladder, own.to_numpy(float), "right")
    return found
