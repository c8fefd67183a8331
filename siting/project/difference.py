"""Two written runs side by side: which ranks moved, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from siting.base.columns import Language
from siting.base.errors import Problem
from siting.project.attribution import Scored, Shares, rank_shares, scored, shares
from siting.project.stamp_changes import stamp_changes
from siting.project.written_run import WrittenRun, find_run, read_run
from siting.report.difference_text import Move, Part, difference_lines, why
from siting.report.folder import RECEIPTS

Record = Mapping[str, Any]
LAST = 1 << 62


@dataclass(frozen=True)
class Difference:
    """What changed from one run to another.

    parcels: one row a parcel of either run, by the second run's rank, then the first's, then id: parcel_id, name,
    status_a, status_b, rank_a, rank_b, score_a, score_b, score_change, its shares `effect_<criterion>` and
    `effect:points`, `:weights`, `:method`, `:penalty`, `:other` (they add up to score_change; empty where a run has no
    score), rank_entered, rank_left, rank_passed (they add up to the change of the rank), reasons_new, reasons_gone,
    why_zh, why_en. values: parcel_id, criterion, raw_a, raw_b, value_a, value_b where a measured number changed.
    changes: kind (input, settings, version), where, before, after. notes: what could not be compared.
    """

    names: tuple[str, str]
    parcels: pd.DataFrame
    values: pd.DataFrame
    changes: pd.DataFrame
    notes: tuple[Problem, ...]
    moves: Mapping[str, Move]

    def lines(self, language: Language, *, shown: int = 20) -> list[str]:
        """Return the comparison in sentences, the first `shown` parcels that moved by the new rank."""
        changes = [{str(key): str(cell) for key, cell in row.items()} for row in self.changes.to_dict("records")]
        named = [
            (f"{name}（{parcel}）" if name else str(parcel), self.moves[parcel])
            for parcel, name in zip(self.parcels["parcel_id"], self.parcels["name"], strict=True)
        ]
        return difference_lines(self.names, changes, named, language, shown=shown)


def difference(
    one: str | PathLike[str], other: str | PathLike[str], *, project: str | PathLike[str] = Path()
) -> Difference:
    """Return what changed from run `one` to run `other`: paths, or names of scenarios below `maps/` of the project.

    Nothing is computed again but scores. Raises UsageError for a run that is not there, was written in another
    format, or is cut or damaged.
    """
    runs = read_run(find_run(one, project)), read_run(find_run(other, project))
    scores = scored(runs[0]), scored(runs[1])
    split = shares(*scores)
    places = rank_shares(scores[0].scores, scores[1].scores)
    changes, notes = stamp_changes(runs[0].stamp, runs[1].stamp)
    moves = _moves(runs, split, places)
    values = _values(runs)
    return Difference(
        names=_names(runs),
        parcels=_table(runs, moves, split, places),
        values=values,
        changes=pd.DataFrame(changes, columns=["kind", "where", "before", "after"]),
        notes=(*notes, *_notes(runs, scores, split)),
        moves=moves,
    )


def _names(runs: tuple[WrittenRun, WrittenRun]) -> tuple[str, str]:
    """Return the names of the folders, or their paths where the names are alike."""
    if runs[0].name != runs[1].name:
        return runs[0].name, runs[1].name
    return str(runs[0].folder), str(runs[1].folder)


def _notes(runs: tuple[WrittenRun, WrittenRun], scores: tuple[Scored, Scored], split: Shares) -> list[Problem]:
    notes = [Problem("diff_joint", RECEIPTS, found=name, level="note") for name in split.joint]
    if not runs[0].receipts.keys() & runs[1].receipts.keys():
        notes.append(Problem("diff_strangers", str(runs[1].folder), level="warn"))
    if not split.is_split and len(split.table):
        methods = dict.fromkeys(str(each.combine.get("method", "?")) for each in scores)
        notes.append(Problem("diff_not_split", str(runs[1].folder), found=" / ".join(methods), level="warn"))
    return notes


def _moves(runs: tuple[WrittenRun, WrittenRun], split: Shares, places: pd.DataFrame) -> dict[str, Move]:
    """Return what became of every parcel of either run."""
    effects = split.table.to_dict("index")
    by_rank = places.to_dict("index")
    found = {}
    for parcel in sorted(runs[0].receipts.keys() | runs[1].receipts.keys()):
        records = runs[0].receipts.get(parcel), runs[1].receipts.get(parcel)
        reasons = [_reasons(record) for record in records]
        found[parcel] = Move(
            statuses=_pair(records, "status"),
            ranks=_pair(records, "rank"),
            scores=_pair(records, "score"),
            parts=_parts(records, effects.get(parcel, {})),
            **{str(name): int(count) for name, count in by_rank.get(parcel, {}).items()},
            reasons_new=tuple(reasons[1][key] for key in reasons[1] if key not in reasons[0]),
            reasons_gone=tuple(reasons[0][key] for key in reasons[0] if key not in reasons[1]),
        )
    return found


def _pair(records: Sequence[Record | None], key: str) -> tuple[Any, Any]:
    first, second = (None if record is None else record[key] for record in records)
    return first, second


def _reasons(record: Record | None) -> dict[tuple[str, str], Record]:
    """Return the reasons by code and subject: a detail that moved is no new reason."""
    return {} if record is None else {(each["code"], each["subject"]): each for each in record["reasons"]}


def _parts(records: tuple[Record | None, Record | None], effects: Mapping[str, float]) -> tuple[Part, ...]:
    if records[0] is None or records[1] is None:
        return ()
    criteria = [{each["name"]: each for each in record["criteria"]} for record in records if record is not None]
    factors = [1.0 if record["penalty"] is None else float(record["penalty"]) for record in records if record]
    return tuple(
        Part(name.removeprefix(":"), effect, before=factors[0], after=factors[1])
        if name.startswith(":")
        else Part(name, effect, criteria[0].get(name), criteria[1].get(name))
        for name, effect in effects.items()
    )


def _table(
    runs: tuple[WrittenRun, WrittenRun], moves: Mapping[str, Move], split: Shares, places: pd.DataFrame
) -> pd.DataFrame:
    """Return the table of parcels, in the order of the second run's ranks."""
    order = sorted(
        moves, key=lambda parcel: (*(LAST if rank is None else rank for rank in moves[parcel].ranks[::-1]), parcel)
    )
    rows = pd.DataFrame({"parcel_id": order}, index=order)
    rows["name"] = [(runs[1].receipts.get(parcel) or runs[0].receipts[parcel]).get("name") or "" for parcel in order]
    for key, kind in (("statuses", "object"), ("ranks", "Int64"), ("scores", "float64")):
        column = {"statuses": "status", "ranks": "rank", "scores": "score"}[key]
        for side, letter in enumerate("ab"):
            cells = [getattr(moves[parcel], key)[side] for parcel in order]
            rows[f"{column}_{letter}"] = pd.array(cells, dtype=kind) if kind != "object" else [c or "" for c in cells]
    rows["score_change"] = rows["score_b"] - rows["score_a"]
    for name in split.table.columns:
        rows[f"effect{name}" if name.startswith(":") else f"effect_{name}"] = split.table[name].reindex(order)
    for name in places.columns:
        rows[f"rank_{name}"] = places[name].reindex(order).astype("Int64")
    for key in ("reasons_new", "reasons_gone"):
        rows[key] = ["; ".join(_short(each) for each in getattr(moves[parcel], key)) for parcel in order]
    for language in ("zh", "en"):
        rows[f"why_{language}"] = [why(moves[parcel], language) for parcel in order]
    return rows.reset_index(drop=True)


def _short(reason: Record) -> str:
    return f"{reason['code']}:{reason['subject']}"


def _values(runs: tuple[WrittenRun, WrittenRun]) -> pd.DataFrame:
    """Return the measured numbers that changed, one row a parcel and criterion."""
    rows = []
    for parcel in sorted(runs[0].receipts.keys() & runs[1].receipts.keys()):
        criteria = [{each["name"]: each for each in run.receipts[parcel]["criteria"]} for run in runs]
        for name in sorted(criteria[0].keys() & criteria[1].keys()):
            one, other = criteria[0][name], criteria[1][name]
            if (one["value"], one.get("beyond")) != (other["value"], other.get("beyond")):
                rows.append((parcel, name, one["value"], other["value"], one["score"], other["score"]))
    table = pd.DataFrame(rows, columns=["parcel_id", "criterion", "raw_a", "raw_b", "value_a", "value_b"])
    return table.astype(dict.fromkeys(("raw_a", "raw_b", "value_a", "value_b"), float))
