"""Where coordinates are: the CRS of a layer resolved or refused, never assumed; transformations offline only."""

import math
import re
import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pyproj
import pyproj.network
import shapely
from pyproj.crs.coordinate_operation import ToWGS84Transformation
from pyproj.exceptions import CRSError, ProjError
from pyproj.transformer import TransformerGroup

from siting.base.errors import Problem
from siting.base.layers import LayerSettings
from siting.sources.reading import Findings
from siting.sources.shifted import unshifted

DATUMS = {"WGS84": "EPSG:4326", "CGCS2000": "EPSG:4490"}
SHIFTED = ("GCJ-02", "BD-09")
ROUGH_M = 5.0
"""A datum shift that PROJ states to be worse is told (evidence G: the width of a local street)."""

_CHINA = (73.5, 18.0, 135.1, 53.6)
_OLD_NAMES = re.compile(
    r"(?:beijing|bj|peking|北京)(?:19)?54|54北京|newbeijing|新北京|(?:xian|xa|西安)(?:19)?80|80西安"
)
_OLD_AXES_M = (6_378_245.0, 6_378_140.0)
_NO_DATUM = re.compile(r"^(?:d_?)?(?:unknown|undefined|unnamed|notspecified)")
_FAMILIES = {
    "WGS84": re.compile(r"worldgeodeticsystem1984|(?<!to)wgs(?:19)?84"),
    "CGCS2000": re.compile(r"china(?:geodeticcoordinatesystem)?2000|cgcs2000|国家(?:大地坐标系)?2000|2000国家"),
}
_SHIFTED_NAMES = re.compile(r"gcj0?2|bd0?9|火星|百度")
_KNOWN = ", ".join((*DATUMS, *SHIFTED, "EPSG:…"))

_ZONE = "+proj=tmerc +lat_0=0 +lon_0=0 +k=1 +x_0=500000 +y_0=0 +ellps=GRS80 +units=m +type=crs"

pyproj.network.set_network_enabled(active=False)  # type: ignore[attr-defined]


def resolve(
    written: object, datum: str, file: str, *, towgs84: Sequence[float] = (), shiftable: bool = False
) -> tuple[pyproj.CRS | None, list[Problem]]:
    """Return the horizontal CRS of a layer from its file, else from `datum`; None with the refusal otherwise.

    `towgs84`: 3 or 7 parameters to WGS 84 (m, arc seconds, ppm; position vector as in PROJ) for a layer on
    an old datum; the CRS is then a bound one, for `placed`. A shifted `datum` is refused unless `shiftable`:
    the caller then moves the vertices by `placed`, and the CRS returned is EPSG:4326.
    """
    crs, problem = _read(written, datum, file)
    if problem is None and datum in SHIFTED:
        crs, problem = _unshifted_crs(crs, datum, file, shiftable)
    elif problem is None and crs is not None:
        crs, problem = _checked(crs, written, datum, file, towgs84)
    return (crs, []) if problem is None else (None, [problem])


def system_of(written: object, settings: LayerSettings, target: pyproj.CRS, findings: Findings) -> pyproj.CRS | None:
    """Return the CRS of a layer's vectors, None with the refusal in `findings`; a rough datum shift is told."""
    file, towgs84 = settings.source, settings.towgs84
    crs, problems = resolve(written, settings.datum, file, towgs84=towgs84, shiftable=True)
    findings.problems += problems
    if crs is not None and not _can_be_moved(crs, target):
        findings.refuse("unknown_crs", "datum", crs.name, ", ".join((*DATUMS, "EPSG:…")))
        return None
    if crs is not None and not crs.is_bound and not (_is_nameless(crs) and settings.datum in DATUMS):
        rough = _roughness(_hub_if_better(crs, target), crs)
        if rough:
            findings.warn("rough_datum", "datum", crs.name, rough)
    return crs


def placed(frame: gpd.GeoDataFrame, crs: pyproj.CRS, datum: str, target: pyproj.CRS) -> gpd.GeoDataFrame:
    """Return a layer whose coordinates are in `crs`, ready to be transformed to `target`.

    A shifted datum is undone vertex by vertex. A datum that PROJ relates to WGS 84 but not to the datum of
    `target` (and any `towgs84`, which PROJ drops on the way to CGCS2000) goes by EPSG:4326.
    """
    if datum in SHIFTED:
        return frame.set_geometry(unshifted(frame.geometry.set_crs(crs, allow_override=True), datum))
    there = frame.set_crs(crs, allow_override=True)
    return there.to_crs(DATUMS["WGS84"]) if _hub_if_better(crs, target) != target else there


class Guess(NamedTuple):
    """Another way to read a layer's numbers: the code of the mistake, the system that fits, where they then lie."""

    code: str
    better: str
    lon: float
    lat: float


def guesses(x: float, y: float, crs: pyproj.CRS) -> list[Guess]:
    """Return the usual mistakes that the numbers of a point, said to be in `crs`, may come from.

    Swapped axes; degrees said to be metres, and the reverse; Web Mercator said to be degrees; a zone's
    prefix where the system has none, and the reverse; another zone, UTM for Gauss-Krueger and the reverse.
    Not whether they fit: that takes a place to compare with.
    """
    found = []
    if abs(x) <= 180 and abs(y) <= 90 and crs.is_projected:
        found.append(Guess("degrees_not_metres", "EPSG:4490", x, y))
    if abs(y) <= 180 and abs(x) <= 90:
        found.append(Guess("swapped_axes", "EPSG:4490", y, x))
    if crs.is_projected:
        found.append(Guess("swapped_axes", crs.name, *_to_degrees(y, x, crs)))
    if max(abs(x), abs(y)) > 1000:
        code = "wrong_zone" if crs.is_projected else "metres_not_degrees"
        found.append(Guess("mercator_not_said", "EPSG:3857", *_to_degrees(x, y, pyproj.CRS(3857))))
        found += _zones(x, y, crs, code) + [each._replace(code="swapped_axes") for each in _zones(y, x, crs, code)]
    return [each for each in found if math.isfinite(each.lon) and math.isfinite(each.lat)]


def misread(shapes: gpd.GeoSeries, target: pyproj.CRS) -> tuple[str, str, str] | None:
    """Return the mistake that brings impossible coordinates into the area that `target` is made for.

    The code, the coordinates found (a median vertex), the system that fits; None where nothing fits.
    """
    xy = shapely.get_coordinates(shapes.to_numpy())
    xy = xy[np.isfinite(xy).all(axis=1)]
    area = target.area_of_use
    if shapes.crs is None or area is None or not len(xy):
        return None
    x, y = np.median(xy, axis=0)
    fits = [(_off(each, area), each) for each in guesses(x, y, shapes.crs)]
    off, best = min(fits, key=lambda fit: fit[0], default=(math.inf, None))
    return (best.code, f"{x:.3f}, {y:.3f}", best.better) if best is not None and off <= 1 else None


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


def _zones(x: float, y: float, crs: pyproj.CRS, code: str) -> list[Guess]:
    """Return the zones of China that numbers in metres fit: by their prefix, else every one without."""
    prefix, east = divmod(x, 1e6)
    if not 1e5 < east < 9e5:
        return []
    away, lat = _to_degrees(east, y, pyproj.CRS.from_proj4(_ZONE))
    if 25 <= prefix <= 45:
        return [Guess("zone_prefix", f"EPSG:{4488 + int(prefix)}", 3 * prefix + away, lat)]
    if 13 <= prefix <= 23:
        return [Guess("zone_prefix", f"EPSG:{4478 + int(prefix)}", 6 * prefix - 3 + away, lat)]
    if prefix != 0:
        return []
    code = "no_zone_prefix" if _false_easting(crs) > 1e6 else code
    krueger = [Guess(code, f"EPSG:{4534 + zone}", 75 + 3 * zone + away, lat) for zone in range(21)]
    away, lat = _to_degrees(east, y, pyproj.CRS(32631))
    return krueger + [Guess(code, f"EPSG:{32643 + zone}", 75 + 6 * zone + away - 3, lat) for zone in range(11)]


def _off(guess: Guess, area: Any) -> float:
    """Return how many degrees a guess lies outside an area."""
    return float(max(area.west - guess.lon, guess.lon - area.east, area.south - guess.lat, guess.lat - area.north, 0.0))


def _false_easting(crs: pyproj.CRS) -> float:
    operation = crs.coordinate_operation
    named = {each.name: each.value for each in operation.params} if operation else {}
    return float(named.get("False easting", 0.0))


def _to_degrees(x: float, y: float, crs: pyproj.CRS) -> tuple[float, float]:
    lon, lat = pyproj.Transformer.from_crs(crs, DATUMS["WGS84"], always_xy=True).transform(x, y)
    return float(lon), float(lat)


def _read(written: object, datum: str, file: str) -> tuple[pyproj.CRS | None, Problem | None]:
    """Return the CRS that the file, else the layer file, names; (None, None) where only a shifted datum is named."""
    name = written if written is not None else "" if datum in SHIFTED else DATUMS.get(datum, datum)
    if name == "":
        return None, None if datum else Problem("no_crs", file, "datum", expected=_KNOWN)
    try:
        crs = pyproj.CRS.from_user_input(name)
    except CRSError:
        code = "old_datum" if _OLD_NAMES.search(_plain(str(name))) else "unknown_crs"
        return None, Problem(code, file, "datum", str(name), _KNOWN)
    if crs.is_engineering and written is not None and _NO_DATUM.match(_plain(crs.name)):
        return _read(None, datum, file)
    return _horizontal(crs, file)


def _horizontal(crs: pyproj.CRS, file: str) -> tuple[pyproj.CRS | None, Problem | None]:
    if crs.is_compound:
        crs = next(part for part in crs.sub_crs_list if not part.is_vertical)
    if crs.is_engineering:
        return None, Problem("local_crs", file, "datum", crs.name)
    if crs.is_vertical or crs.is_geocentric or crs.geodetic_crs is None:
        return None, Problem("not_horizontal", file, "datum", crs.name)
    return (crs if crs.is_bound else crs.to_2d()), None


def _unshifted_crs(
    crs: pyproj.CRS | None, datum: str, file: str, shiftable: bool
) -> tuple[pyproj.CRS | None, Problem | None]:
    if not shiftable:
        return None, Problem("shifted_datum", file, "datum", datum)
    if crs is not None and not (crs.is_geographic and (_family(crs) or _SHIFTED_NAMES.search(_plain(crs.name)))):
        return None, Problem("shifted_twice", file, "datum", crs.name, datum)
    return pyproj.CRS.from_user_input(DATUMS["WGS84"]), None


def _checked(
    crs: pyproj.CRS, written: object, datum: str, file: str, towgs84: Sequence[float]
) -> tuple[pyproj.CRS | None, Problem | None]:
    base = crs.source_crs if crs.is_bound and crs.source_crs is not None else crs
    problem = None
    if _SHIFTED_NAMES.search(_plain(crs.name)):
        problem = Problem("shifted_name", file, "datum", crs.name, ", ".join(SHIFTED))
    elif towgs84 and (len(towgs84) not in (3, 7) or not any(towgs84)):
        problem = Problem("bad_towgs84", file, "towgs84", ", ".join(map(str, towgs84)))
    elif _is_old(base) and not crs.is_bound and not towgs84:
        problem = Problem("old_datum", file, "datum", crs.name)
    elif written is not None and datum and not _same(base, datum):
        problem = Problem("two_crs", file, "datum", crs.name, datum)
    elif crs.is_bound or towgs84:
        return _bound(crs, base, file, towgs84)
    elif _is_nameless(crs) and not (datum in DATUMS and _is_modern(crs)):
        problem = Problem("nameless_datum", file, "datum", crs.name, ", ".join(DATUMS))
    return crs, problem


def _bound(
    crs: pyproj.CRS, base: pyproj.CRS, file: str, towgs84: Sequence[float]
) -> tuple[pyproj.CRS | None, Problem | None]:
    """Return a CRS with its parameters to WGS 84: those declared, or those that its file carries."""
    carried = tuple(crs.coordinate_operation.towgs84) if crs.is_bound and crs.coordinate_operation else ()
    if any(carried) and towgs84 and (*towgs84, *[0.0] * (7 - len(towgs84))) != carried:
        return None, Problem("two_towgs84", file, "towgs84", ", ".join(map(str, carried)))
    if _family(base):
        return (None, Problem("needless_towgs84", file, "towgs84", base.name)) if towgs84 else (base, None)
    if not towgs84:
        # parameters that are all zero say nothing; a grid has none
        return (crs, None) if any(carried) or not carried else (None, Problem("old_datum", file, "datum", crs.name))
    shift = ToWGS84Transformation(base.geodetic_crs, *towgs84)
    return pyproj.crs.BoundCRS(base, DATUMS["WGS84"], shift), None


def _same(crs: pyproj.CRS, datum: str) -> bool:
    """Return whether a file's CRS is the declared one; a bare datum fits any projection on it.

    Degrees in WGS 84 and in CGCS2000 agree within a metre, and formats such as GeoJSON can say WGS 84 only.
    """
    try:
        other = pyproj.CRS.from_user_input(DATUMS.get(datum, datum))
    except CRSError:
        return False
    if other.is_geographic and _family(other):
        fits = _family(crs) == _family(other) or (_is_nameless(crs) and _is_modern(crs))
        return fits or bool(crs.is_geographic and _family(crs))
    if other.is_geographic and crs.is_projected:
        return bool(crs.geodetic_crs.equals(other, ignore_axis_order=True)) if crs.geodetic_crs else False
    return bool(crs.equals(other, ignore_axis_order=True))


def _is_old(crs: pyproj.CRS) -> bool:
    """Whether a CRS is on Beijing 1954 or Xian 1980: by any name, or by an ellipsoid that PROJ cannot relate."""
    if _OLD_NAMES.search(_plain(crs.to_wkt())):
        return True
    ellipsoid = crs.ellipsoid
    strange = ellipsoid is not None and any(math.isclose(ellipsoid.semi_major_metre, old) for old in _OLD_AXES_M)
    return strange and _roughness(pyproj.CRS.from_user_input(DATUMS["WGS84"]), crs) == "?"


def _is_modern(crs: pyproj.CRS) -> bool:
    """Whether the ellipsoid is that of WGS 84, CGCS2000 or GRS 80, which differ by 0.1 mm."""
    ellipsoid = crs.ellipsoid
    return (
        ellipsoid is not None
        and math.isclose(ellipsoid.semi_major_metre, 6_378_137.0)
        and math.isclose(ellipsoid.inverse_flattening, 298.257222, abs_tol=1e-5)
    )


def _is_nameless(crs: pyproj.CRS) -> bool:
    return not crs.is_bound and bool(_NO_DATUM.match(_plain(crs.datum.name if crs.datum else "unknown")))


def _family(crs: pyproj.CRS) -> str:
    """Return WGS84 or CGCS2000 for a CRS on that datum, else nothing."""
    name = _plain(crs.datum.name if crs.datum else "")
    return next((family for family, pattern in _FAMILIES.items() if pattern.search(name)), "")


def _can_be_moved(crs: pyproj.CRS, target: pyproj.CRS) -> bool:
    """Return whether PROJ has any way from a system to the project's: a damaged .prj may name one that has none."""
    try:
        pyproj.Transformer.from_crs(crs, target, always_xy=True)
    except (ProjError, IndexError):
        return False
    return True


def _hub_if_better(crs: pyproj.CRS, target: pyproj.CRS) -> pyproj.CRS:
    """Return EPSG:4326 where PROJ relates a datum to WGS 84 but not to that of `target`, else `target`."""
    if crs.is_bound:
        return pyproj.CRS.from_user_input(DATUMS["WGS84"])
    if _family(crs) or _is_nameless(crs) or _roughness(target, crs) != "?":
        return target
    hub = pyproj.CRS.from_user_input(DATUMS["WGS84"])
    return target if _roughness(hub, crs) == "?" else hub


def _roughness(target: pyproj.CRS, crs: pyproj.CRS) -> str:
    """Return nothing for a datum shift known to `ROUGH_M`, its accuracy in metres if worse, `?` if PROJ knows none."""
    if _family(crs) and _family(target):
        return ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # grids that are not on this machine are never fetched
        try:
            ways = TransformerGroup(crs, target, always_xy=True).transformers
        except (IndexError, ProjError):  # pyproj's own way to say that there is none
            return "?"
    if not ways or "Ballpark" in ways[0].description:
        return "?"
    return f"{ways[0].accuracy:g}" if ways[0].accuracy > ROUGH_M else ""


def _plain(name: str) -> str:
    """Return a name in lower case without spaces, signs and underscores."""
    return re.sub(r"[\W_]+", "", name.lower())
