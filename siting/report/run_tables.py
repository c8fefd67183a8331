"""What the papers of a run are written from: its tables, whether just computed or read back from its folder."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pandas as pd

from siting.base.columns import Language
from siting.base.errors import Problem, UsageError
from siting.base.results import Results
from siting.report.folder import STAMP, read_receipts

Receipt = Mapping[str, Any]
READ_TABLES = ("prices", "price_swings", "plan", "plan_quota", "plan_ledgers", "plan_repairs", "rivals")
TEXT_COLUMNS = frozenset(
    {
        *("parcel_id", "name", "unit", "unit_name", "kind", "origin", "status", "reasons", "flags", "needs", "gates"),
        *("landuse_now", "landuse_planned", "supply_mode", "quarter", "net_land", "responsible", "note", "ledger"),
        *("line", "text_zh", "text_en", "explanation", "estimated", "circle_tier", "rival", "side", "criterion"),
        *("way", "item", "unit_of_amount"),
    }
)
NAME_LIMIT = 80


@dataclass(frozen=True)
class RunTables:
    """The tables of one run.

    receipts: by parcel id, in the order of the ranking. ranking: the rows of ranking.csv by parcel id. tables: further
    tables by the name of their file, only those that the run has. problems: the rows of problems.csv. landuse:
    the land use of each parcel as the office wrote it, where known.
    """

    receipts: Mapping[str, Receipt]
    ranking: pd.DataFrame
    tables: Mapping[str, pd.DataFrame]
    stamp: Mapping[str, Any]
    problems: pd.DataFrame
    landuse: Mapping[str, str]

    @property
    def language(self) -> Language:
        """The language of the project."""
        language: Language = self.stamp["settings"]["project"]["language"]
        return language

    def row(self, table: str, parcel: str) -> Mapping[str, Any] | None:
        """Return a parcel's row of a table, None where the table or the row is not there."""
        if table not in self.tables:
            return None
        found = self.tables[table]
        rows = found[found["parcel_id"].astype(str) == parcel]
        return None if rows.empty else {str(name): cell for name, cell in rows.iloc[0].items()}


def of_results(results: Results) -> RunTables:
    """Return the tables of a run that was just computed."""
    by_id = results.ranking.set_index(results.ranking["parcel_id"].astype(str))
    tables = {name: _with_id(table) for name, table in results.tables.items()}
    written = results.parcels["landuse"] if "landuse" in results.parcels.columns else pd.Series(dtype=object)
    return RunTables(
        receipts={str(receipt["parcel_id"]): receipt for receipt in results.receipts},
        ranking=by_id,
        tables=tables,
        stamp=results.stamp,
        problems=results.problems,
        landuse={str(parcel): str(use) for parcel, use in written.items() if not pd.isna(use) and str(use)},
    )


def read_run(folder: Path) -> RunTables:
    """Return the tables of a written run folder; nothing is computed.

    The tables of a folder do not hold the present land use, so it is not known here. Raises UsageError where the folder
    holds no run, one of another format, or a damaged one.
    """
    import json  # noqa: PLC0415  only this door reads text

    receipts = {str(receipt["parcel_id"]): receipt for receipt in read_receipts(folder)}
    try:
        stamp = json.loads((folder / STAMP).read_text("utf-8"))
        ranking = _read_table(folder / "ranking.csv")
        problems = _read_table(folder / "problems.csv")
        tables = {name: _read_table(folder / f"{name}.csv") for name in READ_TABLES if _is_there(folder, name)}
        by_id = ranking.set_index(ranking["parcel_id"])
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(Problem("damaged_run", str(folder), found=str(error))) from error
    return RunTables(receipts, by_id, tables, stamp, problems, {})


def asked(run: RunTables, ids: Iterable[str]) -> tuple[str, ...]:
    """Return the ids as a tuple.

    Raises ValueError for none or one twice, UsageError for one that the run does not hold.
    """
    wanted = tuple(ids)
    if not wanted or len(set(wanted)) < len(wanted):
        msg = "ids: at least one, none twice"
        raise ValueError(msg)
    for parcel in wanted:
        if parcel not in run.receipts:
            near = get_close_matches(parcel, run.receipts, n=3, cutoff=0.3) or sorted(run.receipts)[:3]
            raise UsageError(Problem("no_such_parcel", found=parcel, expected=", ".join(near)))
    return wanted


def best_ranked(run: RunTables, count: int) -> tuple[str, ...]:
    """Return the ids of the first ranked parcels, at most `count`."""
    return tuple(parcel for parcel, each in run.receipts.items() if each["rank"] is not None)[:count]


def plain(written: object, limit: int = NAME_LIMIT) -> str:
    """Return text of the data fit for a document: on one line, without control characters, of bounded length."""
    clean = "".join(sign if sign.isprintable() else " " for sign in str(written)[: 4 * limit])
    one_line = " ".join(clean.split())
    return one_line if len(one_line) <= limit else f"{one_line[:limit]}…"


def named(receipt: Receipt, language: Language) -> str:
    """Return name and id of a parcel."""
    parcel, name = plain(receipt["parcel_id"]), plain(receipt["name"] or "")
    if not name or name == parcel:
        return parcel
    return f"{name}（{parcel}）" if language == "zh" else f"{name} ({parcel})"


def joined(parts: Sequence[str], language: Language) -> str:
    """Return clauses as one line."""
    return ("；" if language == "zh" else "; ").join(parts)


def listed(words: Sequence[str], language: Language) -> str:
    """Return words as an enumeration."""
    return ("、" if language == "zh" else ", ").join(words)


def is_known(cell: Any) -> bool:
    """Return whether a cell of a table holds anything."""
    return not (cell is None or cell is pd.NA or cell == "" or (isinstance(cell, float) and pd.isna(cell)))


def _with_id(table: pd.DataFrame) -> pd.DataFrame:
    if "parcel_id" in table.columns or table.index.name != "parcel_id":
        return table
    return table.reset_index()


def _is_there(folder: Path, name: str) -> bool:
    return (folder / f"{name}.csv").is_file()


def _read_table(file: Path) -> pd.DataFrame:
    raw = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig", quotechar='"')
    return pd.DataFrame({name: _cells(raw[name], str(name)) for name in raw.columns})


def _cells(column: "pd.Series[str]", name: str) -> "pd.Series[Any]":
    """Return numbers of a column of numbers, else its text as it was before it was defused for spreadsheets."""
    if name not in TEXT_COLUMNS:
        numbers = pd.to_numeric(column.where(column != ""), errors="coerce")
        if numbers.notna().eq(column != "").all():
            return numbers
    return column.str.replace(r"^'(?=[=+\-@\t\r])", "", regex=True)
