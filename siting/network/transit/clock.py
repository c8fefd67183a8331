"""Times of day in seconds: GTFS text, and clock time on days when the clocks change.

GTFS counts from noon minus 12 hours, which is midnight except on the two days of a clock change.
"""

import datetime as dt
import re
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

UNTIMED = np.iinfo(np.int32).min
MALFORMED = UNTIMED + 1
DAY = dt.timedelta(days=1)
_TIME = re.compile(r"(\d{1,3}):([0-5]\d)(?::([0-5]\d))?")


def parsed(column: pd.Series) -> npt.NDArray[np.int32]:
    """Return seconds of H:MM:SS, HH:MM:SS beyond 24 h too; UNTIMED for blanks, MALFORMED for other text."""
    codes, texts = pd.factorize(column)
    values = np.array([seconds_of(str(text)) for text in texts], np.int32)
    return values[codes] if len(values) else np.empty(0, np.int32)


def seconds_of(text: str) -> int:
    """Return seconds of H:MM or H:MM:SS; UNTIMED for blank text, MALFORMED for any other."""
    if not text:
        return UNTIMED
    match = _TIME.fullmatch(text)
    if not match:
        return MALFORMED
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return 3600 * hours + 60 * minutes + seconds


def service_start(date: dt.date, zone: str) -> dt.datetime:
    """Return the instant from which the times of a service day count: noon minus 12 hours, in UTC."""
    noon = dt.datetime.combine(date, dt.time(12), ZoneInfo(zone) if zone else dt.UTC)
    return noon.astimezone(dt.UTC) - dt.timedelta(hours=12)


def day_shift(date: dt.date, days: int, zone: str) -> int:
    """Return seconds from the start of the service day `date` to that of the day `days` later."""
    return round((service_start(date + days * DAY, zone) - service_start(date, zone)).total_seconds())


def clock_seconds(clock: str, date: dt.date | None, zone: str) -> int:
    """Return seconds since the start of the service day at which local clocks show `clock` (25:10: next day).

    An hour that clocks show twice is the first of the two. Raises ValueError for text that is no time.
    """
    plain = seconds_of(clock)
    if plain < 0:
        msg = f"{clock!r} is no time of day; write HH:MM"
        raise ValueError(msg)
    if date is None or not zone:
        return plain
    midnight = dt.datetime.combine(date, dt.time(0))
    shown = (midnight + dt.timedelta(seconds=plain)).replace(tzinfo=ZoneInfo(zone))
    return round((shown.astimezone(dt.UTC) - service_start(date, zone)).total_seconds())
