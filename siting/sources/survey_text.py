"""勘测定界 TXT, the exchange format of boundary points between surveyors and land offices: read and written.

`[属性描述]` describes, `[地块坐标]` holds parcels: a head line that ends in `@`, then lines of point, ring, X (north),
Y (east). Regions differ in the fields; `[survey]` of the layer file names theirs.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from siting.base.layers import SurveyText
from siting.sources.crs import DATUMS
from siting.sources.reading import Findings
from siting.sources.tables import decode

HEAD = {
    "points": "界址点数",
    "area_ha": "地块面积",
    "id": "地块编号",
    "name": "地块名称",
    "shape": "记录图形属性",
    "sheet": "图幅号",
    "use": "地块用途",
    "landuse": "地类编码",
}
"""Words of `[survey] head` in the order of the format, and the columns that they become."""

AREA_APART = 0.01
"""A stated area further than this share from that of the points is told (evidence G)."""

_SECTION = re.compile(r"[\[【]\s*(?P<name>[^\]】]+?)\s*[\]】]")
_ABOUT, _PARCELS = "属性描述", "地块坐标"
_MARKS = tuple(_PARCELS.encode(code) for code in ("utf-8", "gb18030", "utf-16-le", "utf-16-be"))
_LOOKED_AT = 2**16
_HECTARE_M2 = 10_000.0
_SHAPES = ("面", "线", "点")
_DIGITS = {"三": "3", "六": "6"}
# first EPSG code with the zone in the eastings and without; the first zone is 25 (3 degrees) or 13 (6 degrees)
_CODES = {
    ("CGCS2000", 3): (4513, 4534),
    ("CGCS2000", 6): (4491, 4502),
    ("Xian80", 3): (2349, 2370),
    ("Xian80", 6): (2327, 2338),
    ("Beijing54", 3): (2401, 2422),
    ("Beijing54", 6): (21413, 21453),
}
_ZONES = {3: range(25, 46), 6: range(13, 24)}
_NAMES = (
    ("CGCS2000", re.compile(r"2000|cgcs", re.IGNORECASE)),
    ("Xian80", re.compile(r"80|西安|xian", re.IGNORECASE)),
    ("Beijing54", re.compile(r"54|北京|beijing", re.IGNORECASE)),
)
_NORTHINGS_M = (1_500_000.0, 6_500_000.0)


@dataclass
class _Parcel:
    """A head line and the rings that follow it, as they were typed."""

    line: int
    cells: list[str]
    rings: list[list[tuple[float, float]]] = field(default_factory=list)
    points: int = 0
    number: str = ""


def is_survey_text(path: Path) -> bool:
    """Return whether a text file holds `[地块坐标]` and so is no table."""
    with path.open("rb") as file:
        head = file.read(_LOOKED_AT)
    return path.suffix.lower() == ".txt" and any(mark in head for mark in _MARKS)


def read_survey_text(
    path: Path, *, encoding: str, survey: SurveyText, datum: str, findings: Findings
) -> gpd.GeoDataFrame | None:
    """Return the parcels of a survey text (x east, y north), or None with the refusal in `findings`.

    The CRS is that of 坐标系, 几度分带 and 带号, the last two told by the prefix of the eastings if left out; None
    where neither says it, so that `datum` must. An old datum is named as what it is, for `resolve` to refuse.
    """
    written = decode(path.read_bytes(), encoding, findings)
    if written is None:
        return None
    about, parcels = _parse(written, survey, findings)
    if not parcels and not findings.is_refused():
        findings.refuse("no_rows")
    if findings.is_refused():
        return None
    table = _table(parcels, survey, findings)
    crs = _system(about, parcels, datum, findings)
    if findings.is_refused():
        return None
    shapes = [_shape(parcel, kind) for parcel, kind in zip(parcels, table[HEAD["shape"]], strict=True)]
    frame = gpd.GeoDataFrame(table, geometry=shapes, crs=crs)
    findings.leave_out("ring_too_short", list(frame.index[frame.geometry.isna()]))
    if crs is None or crs.is_projected:
        _compare(frame, parcels, findings)
    return frame


def survey_text(
    parcels: gpd.GeoDataFrame,
    *,
    columns: Mapping[str, str],
    findings: Findings,
    zone_prefix: bool = True,
    decimals: int = 3,
    about: Mapping[str, str] | None = None,
) -> bytes | None:
    """Return parcels as a survey text in GB18030, None with the refusal in `findings`.

    `columns`: our words (`id`, `name`, `sheet`, `use`, `landuse`) to columns of `parcels`. `about`: further lines of
    the head, such as 数据产生单位. The CRS must be a CGCS2000 Gauss-Krueger zone; lengths in m, areas in ha. Commas and
    line ends within cells would break the format: they are replaced and told by row.
    """
    place = _zone_of(parcels.crs)
    wrong = ~parcels.geom_type.isin(["Polygon", "MultiPolygon"]) | parcels.is_empty
    findings.rows("refuse", "no_survey_shape", np.flatnonzero(wrong).tolist())
    if place is None:
        findings.refuse("no_survey_crs", found="-" if parcels.crs is None else parcels.crs.name)
    if place is None or findings.is_refused():
        return None
    width, zone, is_prefixed = place
    shift = 1e6 * zone * (int(zone_prefix) - int(is_prefixed))
    cells = {word: _cells(parcels[name], findings) for word, name in columns.items()}
    lines = _about_lines(width, zone, decimals, about or {})
    for row, shape in enumerate(parcels.geometry):
        points = _point_lines(shape, shift, decimals)
        own = {word: column[row] for word, column in cells.items()}
        own |= {"points": str(len(points)), "area_ha": f"{shape.area / _HECTARE_M2:.4f}", "shape": "面"}
        lines += [",".join([*(own.get(word, "") for word in HEAD), "@"]), *points]
    return ("\r\n".join(lines) + "\r\n").encode("gb18030", errors="replace")


def _parse(written: str, survey: SurveyText, findings: Findings) -> tuple[dict[str, str], list[_Parcel]]:
    """Return the description and the parcels; a line that is neither is refused by its number."""
    about: dict[str, str] = {}
    parcels: list[_Parcel] = []
    section = ""
    places = _places(survey.point, findings)
    for number, raw in enumerate(written.splitlines(), start=1):
        line = raw.strip().replace("，", ",") if section == _PARCELS and "@" not in raw else raw.strip()
        named = _SECTION.fullmatch(line)
        if named:
            section = named["name"]
        elif line and section == _ABOUT:
            name, _, value = line.partition("=")
            about[name.strip()] = value.strip()
        elif line and section == _PARCELS:
            if line.rstrip(", ").endswith("@"):
                parcels.append(_Parcel(number, [cell.strip() for cell in line.rstrip(", ")[:-1].split(",")][:-1]))
            elif places and not (parcels and _add(parcels[-1], line, places)):
                findings.refuse("bad_survey_line", f"line {number}", line, ",".join(survey.point))
    return about, parcels


def _places(point: Sequence[str], findings: Findings) -> tuple[int, int, int, int] | None:
    """Return the number of fields of a point line, and where x, y and the ring (-1 without) stand."""
    if {"x", "y"} <= set(point):
        return len(point), point.index("x"), point.index("y"), point.index("ring") if "ring" in point else -1
    findings.refuse("survey_point", "survey.point", ",".join(point), "x, y")
    return None


def _add(parcel: _Parcel, line: str, places: tuple[int, int, int, int]) -> bool:
    """Add a point to a parcel and return True, or False if the line is none.

    A new ring begins with another number, and after a ring has come back to its first point.
    """
    count, at_x, at_y, at_ring = places
    cells = line.rstrip(",").split(",")
    if len(cells) != count:
        return False
    try:
        north, east = float(cells[at_x]), float(cells[at_y])
    except ValueError:
        return False
    if not (math.isfinite(north) and math.isfinite(east)):
        return False
    ring = cells[at_ring].strip() if at_ring >= 0 else ""
    last = parcel.rings[-1] if parcel.rings else []
    if not last or ring != parcel.number or (len(last) > 3 and last[0] == last[-1]):
        parcel.rings.append([])
    parcel.number = ring
    parcel.rings[-1].append((east, north))
    parcel.points += 1
    return True


def _table(parcels: list[_Parcel], survey: SurveyText, findings: Findings) -> pd.DataFrame:
    """Return the cells of the head lines under their Chinese names."""
    words = survey.head or tuple(HEAD)
    names = [HEAD.get(word, word) for word in words]
    rows: list[dict[str, str]] = []
    for parcel in parcels:
        cells = parcel.cells
        odd = not survey.head and (len(cells) < 5 or cells[4] not in _SHAPES)
        if odd or len(cells) > len(words):
            findings.refuse("bad_survey_head", f"line {parcel.line}", ",".join(cells), ",".join(names))
        rows.append(dict(zip(names, [*cells, *[""] * len(words)], strict=False)))
    table = pd.DataFrame(rows, dtype=object).drop(columns="-", errors="ignore")
    if HEAD["shape"] not in table:
        table[HEAD["shape"]] = "面"
    return table


def _system(about: Mapping[str, str], parcels: list[_Parcel], datum: str, findings: Findings) -> pyproj.CRS | None:
    """Return the CRS that the text names; None if `datum` alone says it, or with the refusal."""
    norths, easts = _coordinates(parcels)
    if about.get("计量单位", "米") not in ("米", "", "m"):
        findings.refuse("survey_unit", "计量单位", about["计量单位"])
    if len(easts) and np.abs(easts).max() <= 180 and np.abs(norths).max() <= 90:
        return _geographic(about, datum, findings)
    zone = _zone(about, norths, easts, findings)
    said = about.get("坐标系", "")
    family = next((name for name, pattern in _NAMES if pattern.search(said)), "")
    if said and not family:
        findings.refuse("unknown_crs", "坐标系", said, "2000国家大地坐标系")
    if findings.is_refused():
        return None
    if not said and datum in DATUMS:
        family = datum if datum == "CGCS2000" else ""
    if zone is None or not family:
        if not datum or datum in DATUMS:
            findings.refuse("no_crs", "带号" if family else "坐标系", expected="EPSG:…")
        return None
    width, number, has_prefix = zone
    with_prefix, without = _CODES[family, width]
    return pyproj.CRS.from_epsg((with_prefix if has_prefix else without) + number - _ZONES[width].start)


def _geographic(about: Mapping[str, str], datum: str, findings: Findings) -> pyproj.CRS | None:
    """Return the CRS of a text in degrees: CGCS2000 if it says so, else `datum` must."""
    if "2000" in about.get("坐标系", ""):
        return pyproj.CRS(DATUMS["CGCS2000"])
    if not datum:
        findings.refuse("no_crs", "坐标系", expected=", ".join(DATUMS))
    return None


def _coordinates(parcels: list[_Parcel]) -> tuple[np.ndarray, np.ndarray]:
    flat = [point for parcel in parcels for ring in parcel.rings for point in ring]
    both = np.array(flat, float).reshape(-1, 2)
    return both[:, 1], both[:, 0]


def _zone(
    about: Mapping[str, str], norths: np.ndarray, easts: np.ndarray, findings: Findings
) -> tuple[int, int, bool] | None:
    """Return width (degrees) and number of the zone, and whether the eastings carry it; None where unsaid."""
    low, high = _NORTHINGS_M
    if len(norths) and not ((low < norths) & (norths < high)).all() and ((low < easts) & (easts < high)).all():
        findings.refuse("survey_swapped", "survey.point", f"{norths[0]:.3f}, {easts[0]:.3f}")
        return None
    prefixes = sorted({int(each) for each in np.unique(easts // 1e6)})
    if len(prefixes) > 1:
        findings.refuse("two_zones", "Y", ", ".join(map(str, prefixes)))
        return None
    prefix = prefixes[0] if prefixes else 0
    said = re.sub(r"\D", "", about.get("带号", ""))
    if said and prefix and int(said) != prefix:
        findings.refuse("zone_contradiction", "带号", said, str(prefix))
        return None
    number = int(said) if said else prefix
    if not number:
        return None
    width = _width(about) or next((each for each, zones in _ZONES.items() if number in zones), 3)
    if number not in _ZONES[width]:
        listed = f"{_ZONES[width].start}–{_ZONES[width].stop - 1}"
        findings.refuse("bad_zone", "带号", number, listed)
        return None
    return width, number, bool(prefix)


def _width(about: Mapping[str, str]) -> int:
    """Return 3 or 6 as 几度分带 says, 0 where it says neither."""
    said = about.get("几度分带", about.get("分带", ""))
    plain = "".join(_DIGITS.get(sign, sign) for sign in said)
    found = re.search(r"[36]", plain)
    return int(found.group()) if found else 0


def _shape(parcel: _Parcel, kind: str) -> Any:
    """Return the geometry of a parcel; None for rings of less than three points."""
    if kind == "点":
        return shapely.multipoints([point for ring in parcel.rings for point in ring]) if parcel.rings else None
    if kind == "线":
        lines = [ring for ring in parcel.rings if len(ring) > 1]
        return shapely.multilinestrings([shapely.LineString(ring) for ring in lines]) if lines else None
    if not parcel.rings or min(len(set(ring)) for ring in parcel.rings) < 3:
        return None
    return _nested([shapely.Polygon(ring) for ring in parcel.rings])


def _nested(rings: list[shapely.Polygon]) -> Any:
    """Return the area of rings by what lies in what: a ring in a ring is a hole, one within that land again."""
    if len(rings) == 1:
        return rings[0]
    order = sorted(rings, key=lambda ring: -ring.area)
    around: list[list[int]] = []
    for number, ring in enumerate(order):
        inside = ring.representative_point() if ring.is_valid else ring.centroid
        around.append([outer for outer in range(number) if order[outer].intersects(inside)])
    holes: dict[int, list[Any]] = {number: [] for number in range(len(order)) if len(around[number]) % 2 == 0}
    for number, outers in enumerate(around):
        if number not in holes:
            holes[max(outers, key=lambda outer: len(around[outer]))].append(order[number].exterior)
    made = [shapely.Polygon(order[shell].exterior, inner) for shell, inner in holes.items()]
    return made[0] if len(made) == 1 else shapely.MultiPolygon(made)


def _compare(frame: gpd.GeoDataFrame, parcels: list[_Parcel], findings: Findings) -> None:
    """Tell the rows whose head line states another number of points, or another area, than its points give."""
    stated = pd.to_numeric(frame.get(HEAD["points"]), errors="coerce") if HEAD["points"] in frame else None
    if stated is not None:
        closed = np.array([sum(ring[0] != ring[-1] for ring in parcel.rings) for parcel in parcels])
        rings = np.array([len(parcel.rings) for parcel in parcels])
        points = np.array([parcel.points for parcel in parcels])
        # with the closing points as typed, with all of them, with none
        fits = (stated == points) | (stated == points + closed)
        fits |= stated == points + closed - rings
        other = stated.notna() & ~fits
        read = pd.Series([f"{count:g} ≠ {number}" for count, number in zip(stated, points, strict=True)])
        findings.rows("warn", "survey_points", list(frame.index[other]), read)
    if HEAD["area_ha"] not in frame:
        return
    typed = frame[HEAD["area_ha"]].astype(str).str.removesuffix("公顷").str.strip()
    hectares, found = pd.to_numeric(typed, errors="coerce"), frame.area / _HECTARE_M2
    last_digit = 0.5 * 10.0 ** -typed.str.partition(".")[2].str.len()
    apart = (hectares > 0) & frame.geom_type.isin(["Polygon", "MultiPolygon"])
    apart &= (hectares - found).abs() > np.maximum(AREA_APART * found, last_digit)
    both = typed + " ≠ " + found.map("{:.4f}".format)
    findings.rows("warn", "survey_area", list(frame.index[apart]), both)


def _zone_of(crs: pyproj.CRS | None) -> tuple[int, int, bool] | None:
    """Return width and number of a CGCS2000 zone and whether its eastings carry it; None for another CRS."""
    code = None if crs is None else crs.to_epsg()
    for width, zones in _ZONES.items():
        for first, has_prefix in zip(_CODES["CGCS2000", width], (True, False), strict=True):
            if code is not None and first <= code < first + len(zones):
                return width, zones.start + code - first, has_prefix
    return None


def _cells(column: pd.Series, findings: Findings) -> list[str]:
    written = column.map(lambda cell: "" if pd.isna(cell) else str(cell)).reset_index(drop=True)
    plain = written.str.replace(",", "，").str.replace(r"\s*[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+\s*", " ", regex=True)
    plain = plain.str.strip()
    findings.rows("warn", "survey_comma", list(written.index[written.str.strip() != plain]), written)
    return [str(each) for each in plain]


def _about_lines(width: int, zone: int, decimals: int, about: Mapping[str, str]) -> list[str]:
    head = {
        "格式版本号": "1.01",
        "数据产生单位": "",
        "数据产生日期": "",
        **about,
        "坐标系": "2000国家大地坐标系",
        "几度分带": str(width),
        "投影类型": "高斯克吕格",
        "计量单位": "米",
        "带号": str(zone),
        "精度": f"{10.0**-decimals:.{decimals}f}",
        "转换参数": ",,,,,,",
    }
    return [f"[{_ABOUT}]", *(f"{name}={value}" for name, value in head.items()), f"[{_PARCELS}]"]


def _point_lines(shape: Any, shift: float, decimals: int) -> list[str]:
    """Return the lines of a parcel: rings numbered from 1, shells clockwise, each closed by its first point."""
    rings: list[Any] = []
    for part in shapely.get_parts(shapely.orient_polygons(shapely.force_2d(shape), exterior_cw=True)):
        rings += [part.exterior, *part.interiors]
    lines: list[str] = []
    start = 1
    for number, ring in enumerate(rings, start=1):
        xy = shapely.get_coordinates(ring)
        names = [*range(start, start + len(xy) - 1), start]
        start += len(xy) - 1
        lines += [
            f"J{name},{number},{y:.{decimals}f},{x + shift:.{decimals}f}"
            for name, (x, y) in zip(names, xy, strict=True)
        ]
    return lines
