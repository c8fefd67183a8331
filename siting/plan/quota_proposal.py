"""From the need to a proposed quota by unit and year, every figure with its arithmetic.

Source: 实施方案 四(一)3 (S): 以需定建, 区分轻重缓急, yearly totals and a plan by unit. How the need is spread over the
years is ours. A proposal is never used by a plan: the office checks it and pastes it into siting.toml itself.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

import pandas as pd

from siting.base.columns import Language
from siting.base.errors import Problem
from siting.base.model import SETTINGS_FILE
from siting.base.texts import LANGUAGES, text
from siting.plan.need import Need, by_unit, due_year

COLUMNS = (
    *("unit", "unit_name", "year", "due", "rest", "spread", "committed", "proposed"),
    *("arithmetic_zh", "arithmetic_en"),
)
SHARE_STEPS = 1_000_000
FILE = "quota_proposal.csv"
LUMP = 2.0
"""A later year is told when more waits end in it than so many times the mean need of a year (ours, G)."""


@dataclass(frozen=True)
class Proposal:
    """A quota worked out from the need, for the office to judge.

    table: one row a unit and year: unit, unit_name, year, due (urgent, or their longest wait ends), rest (of the unit:
    all others), spread (this year's part of the rest), committed (homes under way that are taken off), proposed,
    arithmetic_zh, arithmetic_en. shares: unit, unit_name, group, area_band, homes, share of the unit's need.
    totals: homes by year over all units, those that have none among them. units: ids that a quota may name.
    """

    years: tuple[int, ...]
    table: pd.DataFrame = field(repr=False)
    shares: pd.DataFrame = field(repr=False)
    totals: pd.Series
    units: frozenset[str]
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class _Line:
    """The homes of one unit in one year; `rest` is the unit's."""

    unit: str
    year: int
    due: int
    rest: int
    spread: int
    committed: int

    @property
    def proposed(self) -> int:
        return self.due + self.spread - self.committed


def propose(
    need: Need,
    *,
    years: Sequence[int],
    wait_months: int | None = None,
    committed: Mapping[str, int] | None = None,
    first_share: float | None = None,
    capacity_by_unit: Mapping[str, int] | None = None,
) -> Proposal:
    """Return homes by unit and year that the need asks for.

    Due in a year are households whose longest wait (`wait_months` after their application) ends in it, or before the
    next planned year; in the first year also the urgent ones and those whose wait has ended before. The rest of a
    unit is spread over the years: evenly, or `first_share` of it in the first year and the others evenly. Whole homes
    by the largest remainder; equal remainders go to the years in turn, beginning where the unit before (by id) left
    off, so that the years' totals of an even spread differ by one at most. `committed`, homes under way by unit, are
    taken off the earliest years first. Where a unit's candidates hold fewer homes than proposed (`capacity_by_unit`;
    a unit that it does not name holds none) this is told; the figure stays. Without `wait_months` only urgent
    households are due. ValueError for years that do not rise, a wait below one month, a share outside 0..1, and
    negative homes.
    """
    under_way = dict(committed or {})
    _check(years, wait_months, first_share, under_way)
    first = first_share if len(years) > 1 else None
    shares, turn = _year_shares(len(years), first), 0
    asked = by_unit(need.table).to_dict()
    due, early = _due(need, years, wait_months)
    lines: list[_Line] = []
    for unit in sorted({*need.units, *asked, *under_way}, key=lambda each: (each == "", each)):
        now = [due.get((unit, year), 0) for year in years]
        rest = int(asked.get(unit, 0)) - sum(now)
        parts, turn = _whole(rest, shares, turn)
        taken = _taken(under_way.get(unit, 0), [a + b for a, b in zip(now, parts, strict=True)])
        rows = zip(years, now, parts, taken, strict=True)
        lines += [_Line(unit, year, each, rest, part, off) for year, each, part, off in rows]
    told = [*_committed_problems(lines, under_way), *_capacity_problems(lines, need, capacity_by_unit)]
    table = pd.DataFrame([_row(need, line, len(years), first) for line in lines], columns=list(COLUMNS))
    totals = table.groupby("year")["proposed"].sum().reindex(list(years), fill_value=0).astype(int).rename("homes")
    told += _timing_problems(lines, wait_months, early)
    return Proposal(tuple(years), table, _shares(need), totals, frozenset(need.units), tuple(told))


def quota_toml(proposal: Proposal, *, language: Language = "zh", source: str = "") -> str:
    """Return the proposal as the text of a `[quota]` block with `confirmed = false`.

    Homes that belong to no unit of the project are in the total only, and a remark says how many; so it does for
    units without homes, which are not named. Ids, names and `source` may hold any character.
    """
    table = proposal.table
    named = table[table["unit"].isin(proposal.units)]
    homes = {unit: rows["proposed"].tolist() for unit, rows in named.groupby("unit", sort=True)}
    names = dict(zip(table["unit"], table["unit_name"], strict=True))
    apart = int(table["proposed"].sum() - named["proposed"].sum())
    lines = [f"# {text('proposal.head', language)}"]
    if apart:
        lines.append(f"# {text('proposal.apart', language, homes=apart)}")
    lines += ["[quota]", "confirmed = false", f"years = {list(proposal.years)}", f"homes = {proposal.totals.tolist()}"]
    if source:
        lines.append(f"source = {_quoted(source)}")
    lines += ['evidence = "C"', "", "[quota.unit]"]
    for unit, row in homes.items():
        label = _quoted(names[unit])
        if any(row):
            lines.append(f"{_quoted(str(unit))} = {row}  # {label}")
        else:
            lines.append(f"# {text('proposal.none', language, unit=label)}")
    return "\n".join(lines) + "\n"


def _check(
    years: Sequence[int], wait_months: int | None, first_share: float | None, committed: Mapping[str, int]
) -> None:
    if not years or any(later <= earlier for earlier, later in pairwise(years)):
        msg = f"years must rise and be at least one, not {list(years)}"
        raise ValueError(msg)
    if wait_months is not None and wait_months < 1:
        msg = f"wait_months must be at least 1, not {wait_months}"
        raise ValueError(msg)
    if first_share is not None and not 0 <= first_share <= 1:
        msg = f"first_share must lie in 0..1, not {first_share}"
        raise ValueError(msg)
    if any(homes < 0 for homes in committed.values()):
        msg = "committed must be homes from 0 up"
        raise ValueError(msg)


def _year_shares(count: int, first_share: float | None) -> tuple[Fraction, ...]:
    """Return the share of each year as exact fractions, so that equal remainders are seen to be equal."""
    if first_share is None or count == 1:
        return (Fraction(1, count),) * count
    first = Fraction(first_share).limit_denominator(SHARE_STEPS)
    return (first, *((1 - first) / (count - 1) for _ in range(count - 1)))


def _due(need: Need, years: Sequence[int], wait_months: int | None) -> tuple[dict[tuple[str, int], int], int]:
    """Return homes due by unit and year, and how many of them had waited too long before the first year."""
    rows = need.counted
    when = (
        due_year(rows["date"], wait_months) if wait_months is not None else pd.Series(pd.NA, rows.index, dtype="Int64")
    )
    is_early = (when < years[0]).fillna(value=False).astype(bool)
    early = int(rows.loc[is_early & ~rows["urgent"], "homes"].sum())
    when = when.mask(is_early | rows["urgent"], years[0])
    # a wait that ends in a year left out of the plan must be served by the planned year before it
    served = when.map(lambda year: max((each for each in years if each <= year), default=years[0]), na_action="ignore")
    served = served.where(when <= years[-1])
    found = rows.assign(year=served).dropna(subset="year").groupby(["unit", "year"])["homes"].sum()
    return {(str(unit), int(year)): int(homes) for (unit, year), homes in found.items()}, early


def _whole(rest: int, shares: tuple[Fraction, ...], turn: int) -> tuple[list[int], int]:
    """Return whole homes by year by the largest remainder, and the year whose turn comes next."""
    exact = [rest * share for share in shares]
    parts = [int(each) for each in exact]
    count = len(shares)
    order = sorted(range(count), key=lambda year: (parts[year] - exact[year], (year - turn) % count))
    extra = order[: rest - sum(parts)]
    for year in extra:
        parts[year] += 1
    return parts, (extra[-1] + 1) % count if extra else turn


def _taken(under_way: int, wanted: list[int]) -> list[int]:
    """Return the homes under way that each year takes, the earliest first."""
    taken: list[int] = []
    for homes in wanted:
        taken.append(min(homes, under_way - sum(taken)))
    return taken


def _row(need: Need, line: _Line, count: int, first_share: float | None) -> dict[str, object]:
    figures = {"due": line.due, "rest": line.rest, "spread": line.spread, "committed": line.committed}
    values: dict[str, object] = {**figures, "proposed": line.proposed, "years": count}
    key = "proposal.even" if first_share is None else "proposal.first"
    share = "" if first_share is None else f"{100 * first_share:g}"
    row: dict[str, object] = {"unit": line.unit, "unit_name": need.unit_name(line.unit), "year": line.year}
    said = {f"arithmetic_{language}": text(key, language, share=share, **values) for language in LANGUAGES}
    return {**row, **figures, "proposed": line.proposed, **said}


def _committed_problems(lines: list[_Line], under_way: Mapping[str, int]) -> Iterator[Problem]:
    """Yield the homes under way that nobody needs."""
    needed: Counter[str] = Counter()
    for line in lines:
        needed[line.unit] += line.due + line.spread
    for unit, homes in sorted(under_way.items()):
        if homes > needed[unit]:
            left, where = {"homes": str(homes - needed[unit])}, "need.committed"
            found, expected = str(homes), str(needed[unit])
            yield Problem("need_committed_over", SETTINGS_FILE, where, found, expected, "warn", left, unit)


def _capacity_problems(lines: list[_Line], need: Need, capacity: Mapping[str, int] | None) -> Iterator[Problem]:
    """Yield the units for which more homes are proposed than their candidates hold."""
    proposed: Counter[str] = Counter()
    for line in lines:
        proposed[line.unit] += line.proposed
    for unit in sorted(need.units) if capacity is not None else ():
        room, homes = int((capacity or {}).get(unit, 0)), proposed[unit]
        if homes > room:
            lacking = {"homes": str(homes - room)}
            yield Problem("need_beyond_capacity", FILE, "proposed", str(homes), str(room), "warn", lacking, unit)


def _timing_problems(lines: list[_Line], wait_months: int | None, early: int) -> Iterator[Problem]:
    """Yield what the years do not show: no longest wait, waits that have ended, a later year when most waits end."""
    where, first = "need.wait_months", min(line.year for line in lines) if lines else 0
    if wait_months is None:
        yield Problem("need_no_wait", SETTINGS_FILE, where, level="note")
    if early:
        yield Problem("need_late_due", SETTINGS_FILE, where, str(early), level="warn", values={"year": str(first)})
    due: Counter[int] = Counter()
    for line in lines:
        due[line.year] += line.due
    whole = sum(line.due + line.spread for line in lines)
    for year in sorted(due):
        if year > first and due[year] * len(due) > LUMP * whole:
            values = {"year": str(year)}
            yield Problem("need_lump", FILE, "due", str(due[year]), str(whole), "note", values)


def _shares(need: Need) -> pd.DataFrame:
    """Return the need by unit, group and size with its share of the unit's need."""
    table = need.table.copy()
    whole = table.groupby("unit")["homes"].transform("sum")
    return table.assign(share=table["homes"] / whole.where(whole > 0))


def _quoted(written: str) -> str:
    """Return text as a TOML string on one line."""
    return json.dumps(written, ensure_ascii=False).replace("\x7f", "\\u007f")
