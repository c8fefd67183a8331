"""Is land idle in the sense of the law on a given day: computed from dates and shares, never from a claim.

闲置土地处置办法 (国土资源部令第53号) and 城市房地产管理法 art. 26, both read; article numbers of the former from memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from siting.base.columns import Kind, Language
from siting.base.errors import Problem
from siting.base.reasons import Reason
from siting.base.texts import LANGUAGES, text

YEAR_DAYS = 365
BUILT_MIN = 1 / 3
INVESTED_MIN = 0.25
FEE_MAX = "20%"
FREE_YEARS = 2
BOND_CUT_OFF = date(2024, 11, 7)
EVIDENCE = "R"

DATE_COLUMNS = ("start_due", "started_on", "stopped_on")
ASKED_ORIGINS = ("idle_land", "idle_industrial", "idle_commercial")
BUILT = (Kind.STOCK, Kind.CONVERSION)
"""Kinds that have been built on: a claim of idleness there is no claim of idle land."""

_TEST, _OUTCOME = "闲置土地处置办法 2", "闲置土地处置办法 14; 城市房地产管理法 26"
_CAUSE = "闲置土地处置办法 8; 城市房地产管理法 26"
_MARK: dict[Language, str] = {"zh": "，", "en": "; "}
_AND: dict[Language, str] = {"zh": "、", "en": ", "}

Cases = dict[str, tuple[str, tuple[str, ...], str]]
CASES: Cases = {
    "contradiction": ("unknown", ("idle_contradiction",), _TEST),
    "unknown": ("unknown", ("idle_unknown",), _TEST),
    "early": ("not_idle", ("not_idle_early",), _TEST),
    "due": ("not_idle", ("not_idle_due",), _TEST),
    "working": ("not_idle", ("not_idle_working",), _TEST),
    "paused": ("not_idle", ("not_idle_stop",), _TEST),
    "built": ("not_idle", ("not_idle_built",), _TEST),
    "stopped": ("idle", ("idle_stopped",), _TEST),
    "stopped_cause": ("idle_government_cause", ("idle_stopped", "idle_cause"), f"{_TEST}; {_CAUSE}"),
    "open": ("idle", ("idle_not_started", "idle_cause_unknown"), f"{_TEST}; {_OUTCOME}"),
    "cause": ("idle_government_cause", ("idle_not_started", "idle_cause"), f"{_TEST}; {_CAUSE}"),
    "fee": ("fee_due", ("idle_not_started", "idle_fee"), f"{_TEST}; {_OUTCOME}"),
    "free": ("reclaimable_free", ("idle_not_started", "idle_free"), f"{_TEST}; {_OUTCOME}"),
}
"""Every outcome of the test: its state, its sentences, its clauses."""


@dataclass(frozen=True)
class _Facts:
    """What is known of the land, one value a parcel; NaT and NaN where nothing is written."""

    day: np.datetime64
    start_due: np.ndarray
    started_on: np.ndarray
    stopped_on: np.ndarray
    built: np.ndarray
    invested: np.ndarray
    cause: np.ndarray
    names: frozenset[str]

    @property
    def is_started(self) -> np.ndarray:
        """Started by the day: by its date, or because work stopped or stands."""
        return (self.started_on <= self.day) | (self.stopped_on <= self.day) | (self.built > 0)


def idle(parcels: pd.DataFrame, day: date | None) -> pd.DataFrame:
    """Return, per parcel, what the law makes of it on `day`; state is empty where the question does not arise.

    It arises for land whose origin says idle and wherever a date of start or stop is given. Columns: state (idle,
    fee_due, reclaimable_free, idle_government_cause, not_idle, unknown), since, days, clause, evidence,
    missing (our columns), reasons, why_zh, why_en. Dates are ISO text or datetimes, shares 0 to 1.

    Not started: idle after 365 days past `start_due`; then a fee of up to 20 % of the price, after two calendar
    years (29 February counts to 28 February) taking back without payment, neither if government caused it.
    Started: idle after 365 days of standstill with under 1/3 built or under 25 % invested (without land price
    and taxes). A column that is not there is missing; an empty date in one that is means: has not happened.
    Without a day nothing is judged: unknown, missing `day`.
    """
    facts = _facts(parcels, day)
    given = ~(np.isnat(facts.start_due) & np.isnat(facts.started_on) & np.isnat(facts.stopped_on))
    asked = given | (_text(parcels, "origin").isin(ASKED_ORIGINS) & ~_text(parcels, "kind").isin(BUILT)).to_numpy()
    case, missing = _cases(facts)
    case = np.where(asked, case, "")
    since = np.where(facts.is_started, facts.stopped_on, facts.start_due)
    since[np.isin(case, ["", "unknown", "contradiction"])] = np.datetime64("NaT")
    days = (facts.day - pd.Series(since)).dt.days.to_numpy(float)
    supplied = _days(parcels, "supplied_on")
    unknown: dict[tuple[str, ...], tuple[Any, ...]] = {}  # the same words for all that lack the same
    rows = []
    for i in range(len(parcels)):
        if not case[i] and np.isnat(supplied[i]):
            rows.append(_EMPTY)
        elif case[i] == "unknown" and np.isnat(supplied[i]):
            if missing[i] not in unknown:
                unknown[missing[i]] = _row(case[i], missing[i], facts, i, since[i], days[i], supplied[i])
            rows.append(unknown[missing[i]])
        else:
            rows.append(_row(case[i], missing[i], facts, i, since[i], days[i], supplied[i]))
    columns = ("state", "clause", "evidence", "missing", "reasons", "why_zh", "why_en")
    found = pd.DataFrame(rows, index=parcels.index, columns=columns, dtype=object)
    found.insert(1, "since", pd.Series(since, index=parcels.index))
    found.insert(2, "days", pd.Series(days, index=parcels.index).astype("Int64"))
    return found


def check_idle(found: pd.DataFrame, parcels: pd.DataFrame, file: str) -> list[Problem]:
    """Return a warning by id for each parcel claimed as idle land that is not, and for dates that contradict."""
    claimed = _text(parcels, "origin") == "idle_land"
    unfounded = found.index[claimed & (found["state"] == "not_idle")]
    against = found.index[_contradicts(_facts(parcels, BOND_CUT_OFF))]
    return [
        *(
            Problem("not_idle", file, "origin", _dates(parcels, each), level="warn", item=str(each))
            for each in unfounded
        ),
        *(_contradiction(file, str(each), _dates(parcels, each)) for each in against),
    ]


def _contradiction(file: str, parcel: str, dates: str) -> Problem:
    return Problem("days_contradict", file, "stopped_on", dates, level="warn", item=parcel)


def _facts(parcels: pd.DataFrame, day: date | None) -> _Facts:
    return _Facts(
        day=np.datetime64("NaT" if day is None else day, "s"),
        start_due=_days(parcels, "start_due"),
        started_on=_days(parcels, "started_on"),
        stopped_on=_days(parcels, "stopped_on"),
        built=_number(parcels, "built_share"),
        invested=_number(parcels, "invested_share"),
        cause=_text(parcels, "government_cause").to_numpy(object),
        names=frozenset(parcels.columns),
    )


def _cases(facts: _Facts) -> tuple[np.ndarray, list[tuple[str, ...]]]:
    """Return the case of every parcel and the columns that it lacks."""
    started, day, year = facts.is_started, facts.day, np.timedelta64(YEAR_DAYS, "D")
    lacks = _lacks(facts)
    is_lacking = np.logical_or.reduce(list(lacks.values()))
    overdue = day - facts.start_due
    standing = day - facts.stopped_on
    is_low = (facts.built < BUILT_MIN) | (facts.invested < INVESTED_MIN)
    by_government, unstated = facts.cause == "yes", facts.cause == ""
    case = np.select(
        [
            _contradicts(facts),
            is_lacking,
            started & ~(facts.stopped_on <= day),
            started & (standing < year),
            started & ~is_low,
            started & by_government,
            started,
            overdue < np.timedelta64(0, "D"),
            overdue < year,
            by_government,
            unstated,
            _years_later(facts.start_due, FREE_YEARS) <= day,
        ],
        [
            *("contradiction", "unknown", "working", "paused", "built", "stopped_cause", "stopped"),
            *("early", "due", "cause", "open", "free"),
        ],
        "fee",
    )
    unstated_matters = case == "open"
    names = [*lacks, "government_cause"]
    grid = np.column_stack([*lacks.values(), unstated_matters])
    return case, [tuple(name for name, lack in zip(names, row, strict=True) if lack) for row in grid.tolist()]


def _lacks(facts: _Facts) -> dict[str, np.ndarray]:
    """Return, per column, where its absence leaves the question open."""
    started, day = facts.is_started, facts.day
    unknown_start = ~started & ("started_on" not in facts.names)
    long_stopped = started & (day - facts.stopped_on >= np.timedelta64(YEAR_DAYS, "D"))
    is_low = (facts.built < BUILT_MIN) | (facts.invested < INVESTED_MIN)
    return {
        "day": np.full(len(started), np.isnat(day)),
        "start_due": ~started & np.isnat(facts.start_due),
        "started_on": unknown_start,
        "stopped_on": started & ("stopped_on" not in facts.names),
        "built_share": long_stopped & ~is_low & np.isnan(facts.built),
        "invested_share": long_stopped & ~is_low & np.isnan(facts.invested),
    }


def _contradicts(facts: _Facts) -> np.ndarray:
    is_before: np.ndarray = facts.stopped_on < facts.started_on
    return is_before


def _years_later(days: np.ndarray, years: int) -> np.ndarray:
    """Return the same day of a later year; 29 February becomes the last day of February."""
    months = days.astype("datetime64[M]")
    in_month = days.astype("datetime64[D]") - months.astype("datetime64[D]")
    later = months + np.timedelta64(12 * years, "M")
    last = (later + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    found: np.ndarray = np.minimum(later.astype("datetime64[D]") + in_month, last)
    return found


_EMPTY = ("", "", "", (), (), "", "")


def _row(
    case: str,
    missing: tuple[str, ...],
    facts: _Facts,
    at: int,
    since: np.datetime64,
    days: float,
    supplied: np.datetime64,
) -> tuple[Any, ...]:
    """Return state, clause, evidence, missing, reasons and both sentences of one parcel."""
    state, sentences, clause = CASES[case] if case else ("", (), "")
    reasons = []
    if state:
        spoken = {
            language: _MARK[language].join(_say(key, language, missing, facts, at, since, days) for key in sentences)
            for language in LANGUAGES
        }
        detail = "" if np.isnan(days) or days < 0 else f"{days:.0f} d"
        reasons.append(Reason("idle", state, detail, spoken))
    if supplied > np.datetime64(BOND_CUT_OFF, "s"):
        reasons.append(Reason.of("after_cut_off", "special_bonds", supplied_on=str(supplied.astype("datetime64[D]"))))
    why = ["；".join(each.sentences["zh"] for each in reasons), "; ".join(each.sentences["en"] for each in reasons)]
    return (state, clause, EVIDENCE if reasons else "", missing if state else (), tuple(reasons), *why)


def _say(
    key: str,
    language: Language,
    missing: Sequence[str],
    facts: _Facts,
    at: int,
    since: np.datetime64,
    days: float,
) -> str:
    shown = str(since.astype("datetime64[D]"))
    low = (("built", facts.built[at] < BUILT_MIN), ("invested", facts.invested[at] < INVESTED_MIN))
    return text(
        f"reason.{key}",
        language,
        start_due=shown,
        stopped_on=shown,
        day=str(facts.day.astype("datetime64[D]")),
        days=f"{days:.0f}",
        fee=FEE_MAX,
        low=_AND[language].join(text(f"idle.{name}", language) for name, is_low in low if is_low),
        missing=_AND[language].join(text(f"idle.{name}", language) for name in missing if name != "government_cause"),
    )


def _dates(parcels: pd.DataFrame, parcel: object) -> str:
    names = [name for name in DATE_COLUMNS if name in parcels.columns]
    return ", ".join(f"{name} {shown}" for name in names if (shown := str(parcels.loc[parcel, name]).split(" ")[0]))


def _days(parcels: pd.DataFrame, name: str) -> np.ndarray:
    if name not in parcels.columns:
        return np.full(len(parcels), np.datetime64("NaT", "s"))
    column = parcels[name]
    if column.dtype == object or pd.api.types.is_string_dtype(column):
        column = pd.to_datetime(column.where(column != "", None), format="%Y-%m-%d")
    days: np.ndarray = column.to_numpy("datetime64[s]")
    return days


def _number(parcels: pd.DataFrame, name: str) -> np.ndarray:
    return parcels[name].to_numpy(float) if name in parcels.columns else np.full(len(parcels), np.nan)


def _text(parcels: pd.DataFrame, name: str) -> pd.Series:
    return parcels[name] if name in parcels.columns else pd.Series("", index=parcels.index, dtype=object)
