"""Spacing of slabs so that the winter sun reaches them: the day of 大寒, parallel endless slabs that face south.

The shadow of a slab of height H reaches H cos(azimuth from south) / tan(altitude) to the north of it. That is
shortest at noon and grows to both sides of it, so that a window of sunlight is best laid around noon, and the
distance D at which the foot of the next slab has sun for so many hours is the shadow at the window's edge.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

GREAT_COLD_DAY = 20
"""Day of the year of 大寒, about 20 January."""
WINDOW_HOURS = 8.0
"""08:00 to 16:00 of true solar time, in which sunlight counts (GB 50180-2018 4.0.9, from memory)."""
HOUR_DEGREES = 15.0

Floats = npt.NDArray[np.float64]


def declination_deg(day_of_year: float) -> float:
    """Return the sun's declination in degrees; source: Cooper 1969, 23.45 sin(360 (284 + n) / 365).

    On 20 January that is -20.34; the exact -20.15 of the sun's longitude 300 would ask for 1 % less distance.
    """
    return 23.45 * float(np.sin(np.radians(360.0 * (284.0 + day_of_year) / 365.0)))


def spacing_ratio(latitude: npt.ArrayLike, sun_hours: float, *, day_of_year: float = GREAT_COLD_DAY) -> Floats:
    """Return D / H: clear distance between slabs over their height, for so many hours of sun at the foot.

    `latitude` in degrees north. The foot is the ground before the slab: no window sill is taken off.
    Infinite where the sun is not up for so long; NaN where the latitude is missing or not between 0 and 90.
    Raises ValueError for hours outside 0 to 8, the window in which sunlight counts.
    """
    if not 0 <= sun_hours <= WINDOW_HOURS:
        msg = f"hours of sun lie between 0 and {WINDOW_HOURS:g}, not {sun_hours:g}"
        raise ValueError(msg)
    degrees = np.asarray(latitude, np.float64)
    north = np.radians(np.where((degrees >= 0) & (degrees <= 90), degrees, np.nan))
    sun = np.radians(declination_deg(day_of_year))
    hour_angle = np.radians(HOUR_DEGREES * sun_hours / 2)
    upward = np.sin(north) * np.sin(sun) + np.cos(north) * np.cos(sun) * np.cos(hour_angle)
    southward = np.sin(north) * np.cos(sun) * np.cos(hour_angle) - np.cos(north) * np.sin(sun)
    is_up = (upward > 0) | np.isnan(upward)
    ratio = np.divide(southward, upward, out=np.full_like(upward, np.inf), where=is_up)
    return np.asarray(np.maximum(ratio, 0.0))


def far_by_sun(
    latitude: npt.ArrayLike,
    storeys: npt.ArrayLike | Sequence[float],
    *,
    sun_hours: float,
    storey_m: float,
    depth_m: float,
    frontage: float = 1.0,
) -> Floats:
    """Return the floor area ratio of parallel slabs at that spacing: n t f / (t + D), t their depth in metres.

    `frontage` is the share of each row that slabs fill (1: endless rows). The gaps between slabs of a row let in
    more sun than is counted, and so do slabs that are turned or of unlike height: it is a check, no design.
    """
    many = np.asarray(storeys, np.float64)
    distance = spacing_ratio(latitude, sun_hours) * many * storey_m
    return np.asarray(many * depth_m * frontage / (depth_m + distance))
