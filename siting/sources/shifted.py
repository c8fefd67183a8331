"""The shifted datums of Chinese web maps, GCJ-02 and BD-09: to and from WGS 84.

Source: the published formulas (GCJ-02 on the Krasovsky ellipsoid, a = 6 378 245 m; BD-09 on top of it).
They move a point of China by up to 714 m (GCJ-02) or 690 to 1,523 m (BD-09) and hold inside a box, not
inside a border: 72.004 to 137.8347 E, 0.8293 to 55.8271 N. The box also covers Mongolia, Korea, much of Japan and South-East Asia,
where map services mostly do not shift: declare a shifted datum only for points that a Chinese map gave.
"""

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

Floats = npt.NDArray[np.float64]

WEST, SOUTH, EAST, NORTH = 72.004, 0.8293, 137.8347, 55.8271
_AXIS_M = 6_378_245.0
_ECCENTRICITY_2 = 0.00669342162296594323
_BD_TURN = np.pi * 3000.0 / 180.0


def from_wgs84(lon: npt.ArrayLike, lat: npt.ArrayLike, datum: str) -> tuple[Floats, Floats]:
    """Return degrees in a shifted datum of degrees in WGS 84; outside the box, and NaN, unchanged.

    Raises ValueError for a datum that is not GCJ-02 or BD-09.
    """
    forward, _ = _formula(datum)
    x, y = _degrees(lon, lat)
    inside = _is_inside(x, y)
    x[inside], y[inside] = forward(x[inside], y[inside])
    return x, y


def to_wgs84(lon: npt.ArrayLike, lat: npt.ArrayLike, datum: str) -> tuple[Floats, Floats]:
    """Return degrees in WGS 84 of degrees in a shifted datum, exact to 1e-12 degree; NaN stays NaN.

    The place sought is the one that the formula moves to the place given: a fixed point, to which each
    round comes 100 times nearer (GCJ-02; 40 times BD-09). Where that place lies outside the box, unchanged.
    """
    forward, rounds = _formula(datum)
    x, y = _degrees(lon, lat)
    near = _is_inside(x, y, margin=0.1)
    given_x, given_y = x[near], y[near]
    found_x, found_y = given_x.copy(), given_y.copy()
    for _ in range(rounds):
        moved_x, moved_y = forward(found_x, found_y)
        found_x, found_y = found_x + (given_x - moved_x), found_y + (given_y - moved_y)
    inside = _is_inside(found_x, found_y)
    x[near], y[near] = np.where(inside, found_x, given_x), np.where(inside, found_y, given_y)
    return x, y


def unshifted(shapes: gpd.GeoSeries, datum: str) -> gpd.GeoSeries:
    """Return shapes in EPSG:4326, every vertex moved from a shifted datum to WGS 84, in two dimensions.

    The coordinates of `shapes` are degrees in `datum`, whatever geographic CRS they carry.
    Raises ValueError for shapes in a projected CRS.
    """
    if shapes.crs is not None and not shapes.crs.is_geographic:
        msg = f"{datum} is in degrees, the shapes are in {shapes.crs.name}"
        raise ValueError(msg)

    def move(xy: Floats) -> Floats:
        return np.column_stack(to_wgs84(xy[:, 0], xy[:, 1], datum))

    return gpd.GeoSeries(shapely.transform(shapes.to_numpy(), move), index=shapes.index, crs="EPSG:4326")


def _degrees(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Floats, Floats]:
    x, y = np.broadcast_arrays(np.asarray(lon, np.float64), np.asarray(lat, np.float64))
    return np.array(x), np.array(y)


def _is_inside(lon: Floats, lat: Floats, margin: float = 0.0) -> npt.NDArray[np.bool_]:
    across = (lon >= WEST - margin) & (lon <= EAST + margin)
    return np.asarray(across & (lat >= SOUTH - margin) & (lat <= NORTH + margin))


def _formula(datum: str) -> tuple[Callable[[Floats, Floats], tuple[Floats, Floats]], int]:
    """Return the formula of a datum, and the rounds after which its inverse changes no more."""
    if datum == "GCJ-02":
        return _gcj02, 7
    if datum == "BD-09":
        return _bd09, 10
    msg = f"{datum} is not GCJ-02 or BD-09"
    raise ValueError(msg)


def _gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    x, y = lon - 105.0, lat - 35.0
    root, both = np.sqrt(np.abs(x)), 0.1 * x * y
    ripple = 20 * np.sin(6 * np.pi * x) + 20 * np.sin(2 * np.pi * x)
    along_x = 20 * np.sin(np.pi * x) + 40 * np.sin(np.pi / 3 * x) + 150 * np.sin(np.pi / 12 * x)
    along_y = 20 * np.sin(np.pi * y) + 40 * np.sin(np.pi / 3 * y) + 160 * np.sin(np.pi / 12 * y)
    east_m = 300 + x + 2 * y + 0.1 * x**2 + both + 0.1 * root
    east_m += (ripple + along_x + 300 * np.sin(np.pi / 30 * x)) * 2 / 3
    north_m = -100 + 2 * x + 3 * y + 0.2 * y**2 + both + 0.2 * root
    north_m += (ripple + along_y + 320 * np.sin(np.pi / 30 * y)) * 2 / 3
    sine = np.sin(np.radians(lat))
    flat = 1 - _ECCENTRICITY_2 * sine**2
    across_radius = _AXIS_M / np.sqrt(flat)
    meridian_radius = across_radius * (1 - _ECCENTRICITY_2) / flat
    east = np.degrees(east_m / (across_radius * np.sqrt(1 - sine**2)))
    return lon + east, lat + np.degrees(north_m / meridian_radius)


def _bd09(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    x, y = _gcj02(lon, lat)
    length = np.hypot(x, y) + 0.00002 * np.sin(y * _BD_TURN)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BD_TURN)
    return length * np.cos(angle) + 0.0065, length * np.sin(angle) + 0.006
