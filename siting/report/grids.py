"""Tables of papers as plain content: columns, rows, totals; workbooks and documents are written from the same ones.

A cell is text, a decimal with the digits that it shows, or None for what is not known: such a cell stays empty, and so
does every total over it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

Cell = str | Decimal | None


@dataclass(frozen=True)
class Column:
    """A column: what it is called, its width in characters, the digits of its numbers (None: text), its group.

    is_label: a number that names a row (a year, 1, 2, 3 ...) and is no amount.
    """

    title: str
    width: float
    digits: int | None = None
    group: str = ""
    is_label: bool = False


@dataclass(frozen=True)
class Grid:
    """A table: title, columns, rows, how many of the last rows are totals, and a remark below."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    totals: int = 0
    remark: str = ""


def with_total(rows: Sequence[tuple[Cell, ...]], summed: Collection[int], name: str) -> tuple[tuple[Cell, ...], ...]:
    """Return rows and, below them, their total over the columns `summed`; a total over something unknown stays empty.

    Without rows there is no total. Raises ValueError where a column to be summed holds text.
    """
    if not rows:
        return ()
    last: list[Cell] = [""] * len(rows[0])
    for column in summed:
        last[column] = total(row[column] for row in rows)
    last[0] = name
    return (*rows, tuple(last))


def total(cells: Iterable[Cell]) -> Decimal | None:
    """Return the sum of numbers as shown; None as soon as one of them is not known; ValueError for text."""
    numbers = list(cells)
    if any(isinstance(each, str) for each in numbers):
        msg = "summed names a column that holds text"
        raise ValueError(msg)
    known = [each for each in numbers if isinstance(each, Decimal)]
    return sum(known, Decimal(0)) if len(known) == len(numbers) else None
