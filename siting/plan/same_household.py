"""Which rows of the ledgers are the same household, so that it is counted once.

The same applicant is the same household. So is the same id under the same unit and group, unless both rows name
an applicant and these differ: ids that are mere numbers of rows would otherwise swallow other people's households.
"""

import pandas as pd

from siting.base.errors import Problem
from siting.base.model import SETTINGS_FILE

SHOWN = 10
Place = tuple[str, str, str]


class _Seen:
    """The households met so far: position of the row that counts, by applicant, and by id with unit and group."""

    def __init__(self) -> None:
        self.by_applicant: dict[str, int] = {}
        self.by_place: dict[Place, dict[str, int]] = {}

    def find(self, applicant: str, place: Place) -> int | None:
        """Return the position of the row that counts for this household, None for a new one."""
        if applicant in self.by_applicant:
            return self.by_applicant[applicant]
        alike = self.by_place.get(place, {})
        if not alike:
            return None
        return next(iter(alike.values())) if not applicant else alike.get("")

    def add(self, applicant: str, place: Place, position: int) -> None:
        """Remember a row for the household whose counting row stands at `position`."""
        if applicant:
            self.by_applicant.setdefault(applicant, position)
        if place[0]:
            self.by_place.setdefault(place, {}).setdefault(applicant, position)


def households(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[Problem]]:
    """Return the rows with `why` set to `twice` for all but the first row of a household, and what is to be told.

    `rows` must be in their final order, the row to count first. A household is urgent where any of its rows is. Rows
    of sums (`is_sum`) and rows that do not count are left as they are.
    """
    seen, why, urgent = _Seen(), rows["why"].tolist(), rows["urgent"].tolist()
    columns = [rows[name].tolist() for name in ("applicant", "id", "unit", "group", "is_sum")]
    for position, (applicant, own, unit, group, is_sum) in enumerate(zip(*columns, strict=True)):
        if is_sum or why[position]:
            continue
        place = (own, unit, group)
        first = seen.find(applicant, place)
        if first is not None:
            why[position] = "twice"
            urgent[first] = urgent[first] or urgent[position]
        seen.add(applicant, place, position if first is None else first)
    found = rows.assign(why=why, urgent=urgent)
    return found, [*_twice(found), *_same_id(found)]


def _twice(rows: pd.DataFrame) -> list[Problem]:
    again = rows[rows["why"] == "twice"]
    if again.empty:
        return []
    return [
        _told("need_twice", len(again), sorted({own or name for own, name in again[["id", "applicant"]].to_numpy()}))
    ]


def _same_id(rows: pd.DataFrame) -> list[Problem]:
    """Tell ids that several counted rows share under different units or groups, where no applicant tells them apart."""
    single = rows[(rows["why"] == "") & ~rows["is_sum"] & (rows["id"] != "") & (rows["applicant"] == "")]
    places = single.drop_duplicates(["id", "unit", "group"])["id"].value_counts()
    shared = sorted(places.index[places > 1])
    return [_told("need_same_id", len(shared), shared)] if shared else []


def _told(code: str, count: int, ids: list[str]) -> Problem:
    shown = ", ".join(ids[:SHOWN]) + (" …" if len(ids) > SHOWN else "")
    return Problem(code, SETTINGS_FILE, "need.ledgers", str(count), level="warn", values={"ids": shown})
