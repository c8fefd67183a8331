"""Which services of a feed run on which date: calendar.txt, then the exceptions of calendar_dates.txt."""

import datetime as dt
import itertools
from collections.abc import Mapping
from typing import Any

import pandas as pd

from siting.base.errors import Problem

DAY = dt.timedelta(days=1)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SHOWN_SPELLS = 8
ADDED, REMOVED = "1", "2"


class Services:
    """The services of one feed by date."""

    def __init__(self, tables: Mapping[str, pd.DataFrame], file: str) -> None:
        self.problems: list[Problem] = []
        self._calendar = self._dated(tables.get("calendar.txt"), "calendar.txt", ("start_date", "end_date"), file)
        self._exceptions = self._dated(tables.get("calendar_dates.txt"), "calendar_dates.txt", ("date",), file)
        strange = (
            self._exceptions[~self._exceptions["exception_type"].isin([ADDED, REMOVED])]
            if len(self._exceptions)
            else self._exceptions
        )
        for row in strange.itertuples():
            self.problems.append(
                Problem(
                    "gtfs_bad_value",
                    file,
                    f"calendar_dates.txt:{row.Index + 2}",
                    found=str(row.exception_type),
                    expected="exception_type 1, 2",
                )
            )

    @property
    def known(self) -> set[str]:
        """Every service that a calendar names."""
        return {*self._column(self._calendar, "service_id"), *self._column(self._exceptions, "service_id")}

    def on(self, date: dt.date) -> set[str]:
        """Return the services that run on a date."""
        running: set[str] = set()
        if len(self._calendar):
            table = self._calendar
            open_then = (table["start_date"] <= date) & (table["end_date"] >= date)
            running = set(table.loc[open_then & (table[WEEKDAYS[date.weekday()]] == "1"), "service_id"])
        if len(self._exceptions):
            then = self._exceptions[self._exceptions["date"] == date]
            running |= set(then.loc[then["exception_type"] == ADDED, "service_id"])
            running -= set(then.loc[then["exception_type"] == REMOVED, "service_id"])
        return running

    def spells(self) -> str:
        """Return the dates with any service as text: spells of days without a gap, the last ones cut."""
        days = [date for date in self._span() if self.on(date)]
        spells: list[list[dt.date]] = []
        for date in days:
            if spells and date - spells[-1][1] == DAY:
                spells[-1][1] = date
            else:
                spells.append([date, date])
        shown = [str(a) if a == b else f"{a}..{b}" for a, b in spells[:SHOWN_SPELLS]]
        return ", ".join([*shown, f"… {spells[-1][1]}"] if len(spells) > SHOWN_SPELLS else shown)

    def _span(self) -> list[dt.date]:
        stated = [
            *self._column(self._calendar, "start_date"),
            *self._column(self._calendar, "end_date"),
            *self._column(self._exceptions, "date"),
        ]
        if not stated:
            return []
        first, last = min(stated), max(stated)
        return list(itertools.islice(_days(first), min((last - first).days + 1, 20_000)))

    def _dated(self, table: pd.DataFrame | None, name: str, columns: tuple[str, ...], file: str) -> pd.DataFrame:
        """Return the table with dates for text, without the rows whose dates are none (each a refusal)."""
        if table is None:
            return pd.DataFrame()
        dated = table.copy()
        bad = pd.Series(data=False, index=table.index)
        for column in columns:
            dates = {text: _date(text) for text in table[column].unique()}
            bad |= table[column].map(lambda text, dates=dates: dates[text] is None)
            dated[column] = table[column].map(dates).astype(object)
        for row, text in table.loc[bad, columns[0]].items():
            self.problems.append(Problem("gtfs_bad_value", file, f"{name}:{row + 2}", found=text, expected="YYYYMMDD"))
        return dated[~bad]

    @staticmethod
    def _column(table: pd.DataFrame, name: str) -> list[Any]:
        return list(table[name]) if len(table) else []


def _date(text: str) -> dt.date | None:
    try:
        return dt.datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007  a date has no zone
    except ValueError:
        return None


def _days(first: dt.date) -> "itertools.accumulate[dt.date]":
    return itertools.accumulate(itertools.repeat(DAY), lambda date, day: date + day, initial=first)
