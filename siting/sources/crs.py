"""Where coordinates are: the CRS of a layer resolved or refused, never assumed."""

import math

import pyproj
from pyproj.exceptions import CRSError

from siting.base.errors import Problem

DATUMS = {"WGS84": "EPSG:4326", "CGCS2000": "EPSG:4490"}
SHIFTED = ("GCJ-02", "BD-09")
OLD_CHINESE = ("Beijing 1954", "Xian 1980")
_CHINA = (73.5, 18.0, 135.1, 53.6)


def resolve(written: object, datum: str, file: str) -> tuple[pyproj.CRS | None, list[Problem]]:
    """Return the CRS of a layer from its file, else from `datum`; None with the refusal otherwise."""
    if datum in SHIFTED:
        return None, [Problem("shifted_datum", file, "datum", datum)]
    if written is None and not datum:
        return None, [Problem("no_crs", file, "datum", expected=", ".join((*DATUMS, "EPSG:…")))]
    name = written if written is not None else DATUMS.get(datum, datum)
    try:
        crs = pyproj.CRS.from_user_input(name)
    except CRSError:
        return None, [Problem("unknown_crs", file, "datum", str(name), ", ".join((*DATUMS, "EPSG:…")))]
    if any(old in crs.to_wkt() for old in OLD_CHINESE):
        return None, [Problem("old_datum", file, "datum", crs.name)]
    if written is not None and datum and not _same(crs, datum):
        return None, [Problem("two_crs", file, "datum", crs.name, datum)]
    return crs, []


def working_crs(bounds: tuple[float, float, float, float]) -> pyproj.CRS:
    """Return a projected CRS in metres for bounds in degrees.

    In China the CGCS2000 3-degree zone without prefix (EPSG:4534-4554), elsewhere UTM.
    """
    lon, lat = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    west, south, east, north = _CHINA
    if west <= lon <= east and south <= lat <= north:
        return pyproj.CRS.from_epsg(4534 + max(0, round((lon - 75) / 3)))
    zone = int((lon + 180) // 6) % 60 + 1
    return pyproj.CRS.from_epsg((32600 if lat >= 0 else 32700) + zone)


def is_metric(crs: pyproj.CRS) -> bool:
    """Return whether a CRS is projected with axes in metres."""
    return bool(crs.is_projected) and all(math.isclose(axis.unit_conversion_factor, 1.0) for axis in crs.axis_info)


def _same(crs: pyproj.CRS, datum: str) -> bool:
    """Return whether a file's CRS is the declared one; a bare datum fits any projection on it."""
    try:
        other = pyproj.CRS.from_user_input(DATUMS.get(datum, datum))
    except CRSError:
        return False
    if datum in DATUMS:
        return bool(crs.geodetic_crs == other.geodetic_crs)
    return bool(crs.equals(other, ignore_axis_order=True))
