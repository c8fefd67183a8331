"""A layer as it was read: our columns, what became of its rows, and what was found wrong."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from siting.base.errors import Level, Problem
from siting.base.layers import Layer
from siting.base.stamp import Counts

ROWS_LISTED = 1000


@dataclass(frozen=True)
class Reading:
    """A layer read: its table in our words and the project's CRS, row counts, digests of its files.

    Parcels without a usable geometry stay in `unusable` (id -> reason), so that no row disappears.
    """

    layer: Layer
    table: Any
    counts: Counts
    digests: tuple[tuple[str, str], ...] = ()
    unusable: Any = None


@dataclass
class Findings:
    """What is found while one layer is read; `mended` and `left_out` hold row labels, `ids` the ids once known."""

    file: str
    problems: list[Problem] = field(default_factory=list)
    mended: set[int] = field(default_factory=set)
    left_out: dict[int, str] = field(default_factory=dict)
    ids: pd.Series | None = None

    def refuse(self, code: str, where: str = "", found: object = "", expected: str = "") -> None:
        """Record a problem that stops the run."""
        self._add("refuse", code, where, found, expected)

    def warn(self, code: str, where: str = "", found: object = "", expected: str = "") -> None:
        """Record a problem that the run goes on with."""
        self._add("warn", code, where, found, expected)

    def rows(
        self, level: Level, code: str, rows: Sequence[int], found: pd.Series | None = None, expected: str = ""
    ) -> None:
        """Record one problem for each row (numbered from 1), the first thousand by number."""
        for row in rows[:ROWS_LISTED]:
            self._add(level, code, f"row {row + 1}", "" if found is None else found.loc[row], expected)
        if len(rows) > ROWS_LISTED:
            self._add(level, "more_rows", found=str(len(rows) - ROWS_LISTED), expected=code)
        if level == "mend":
            self.mended.update(rows)

    def leave_out(self, code: str, rows: Sequence[int], found: pd.Series | None = None) -> None:
        """Record rows that take no further part."""
        fresh = [row for row in rows if row not in self.left_out]
        self.rows("warn", code, fresh, found)
        self.left_out.update(dict.fromkeys(fresh, code))

    def named(self) -> list[Problem]:
        """Return the problems, those of a row with the id of that row."""
        ids = {} if self.ids is None else self.ids.to_dict()
        return [replace(each, item=str(ids.get(_row(each.where), each.item))) for each in self.problems]

    def is_refused(self) -> bool:
        """Whether anything found stops the run."""
        return any(problem.level == "refuse" for problem in self.problems)

    def counts(self, read: int) -> Counts:
        """Return the counts of a layer of so many rows."""
        return Counts(read, mended=len(self.mended - set(self.left_out)), left_out=len(self.left_out))

    def _add(self, level: Level, code: str, where: str = "", found: object = "", expected: str = "") -> None:
        self.problems.append(Problem(code, self.file, where, str(found), expected, level))


def _row(where: str) -> int:
    """Return the label of the row that `row 7` names, -1 where it names none."""
    lead, _, number = where.partition(" ")
    return int(number) - 1 if lead == "row" and number.isdigit() else -1
