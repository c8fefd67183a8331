"""Rows of a table on the map: by two columns, one cell or WKT, each row in the system that it names.

No system is guessed. A row that contradicts its system, or falls outside `[coordinates].within`, is mended
only in a way that `[coordinates].repair` allows and only if exactly one way puts it inside; else it is left out.
"""

import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from siting.base.errors import Problem
from siting.base.layers import Layer
from siting.sources.columns import words
from siting.sources.coordinate_text import shapes_of_cells
from siting.sources.crs import DATUMS, SHIFTED, is_metric, resolve
from siting.sources.reading import Findings

POINT = "siting:point"
CORNERS = 32
M2 = {"area_m2": 1.0, "area_ha": 10_000.0, "area_mu": 10_000.0 / 15.0}
SAME_PLACE_M = 1.0
"""Two repairs that put a row within a metre of each other are one: ETRS89 and WGS 84 are no different places here."""

_METRES_PER_DEGREE = 111_320.0
_EPSG = re.compile(r"(?:EPSG:|.*/EPSG/[\d.]+/|urn:ogc:def:crs:EPSG:[\d.]*:)?(\d{4,6})", re.IGNORECASE)

Floats = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class System:
    """A system that rows may be in: as it is called, its CRS, and whether its degrees are shifted."""

    name: str
    crs: pyproj.CRS
    is_shifted: bool = False


@dataclass
class _Rows:
    """Rows being placed: shapes, the text and the datum word of each, its system (-1 unknown), what is wrong."""

    labels: pd.Index
    shapes: npt.NDArray[Any]
    written: pd.Series
    words: npt.NDArray[Any]
    homes: npt.NDArray[np.int64]
    faults: npt.NDArray[Any]


@dataclass(frozen=True)
class _Try:
    """A mend to be tried: x and y swapped or not, the system to take (None: the row's own)."""

    swap: bool
    system: int | None


def place_rows(table: pd.DataFrame, layer: Layer, crs: pyproj.CRS, findings: Findings) -> gpd.GeoDataFrame | None:
    """Return the table with a geometry by row, in the one system that all rows share, else in `crs`.

    Rows that cannot be placed have no geometry and stand in `findings`, mended ones too. None where the
    layer as a whole cannot be placed: a column or a system is missing, every row has the same fault.
    """
    _check_settings(layer, findings)
    drawn = shapes_of_cells(table, layer, findings)
    systems, declared = _declared_systems(layer, findings)
    if drawn is None or findings.is_refused():
        return None
    shapes, written, srids = drawn
    words_of_rows = _row_words(table, layer, srids)
    if not layer.settings.datum and not (words_of_rows != "").any():
        findings.problems += resolve(None, "", layer.settings.source)[1]
        return None
    homes = _homes(words_of_rows, layer, systems)
    rows = _Rows(table.index, shapes, written, words_of_rows, homes, np.full(len(table), "", dtype=object))
    _leave_out_nowhere(rows, findings)
    _find_faults(rows, systems, layer, srids)
    _mend(rows, systems, declared, layer, findings)
    return None if findings.is_refused() else _in_one_system(table, rows, systems, crs)


def discs(points: gpd.GeoSeries, area_m2: pd.Series) -> gpd.GeoSeries:
    """Return around each point a polygon of 32 corners whose area is exactly the one given, None without either.

    The points are in a CRS in metres; raises ValueError for any other.
    """
    if points.crs is None or not is_metric(pyproj.CRS.from_user_input(points.crs)):
        msg = f"circles need a CRS in metres, not {points.crs}"
        raise ValueError(msg)
    area = area_m2.reindex(points.index).to_numpy(float)
    known = (points.notna() & ~points.is_empty).to_numpy() & np.isfinite(area) & (area > 0)
    radius = np.sqrt(2 * area[known] / (CORNERS * math.sin(2 * math.pi / CORNERS)))
    turn = 2 * np.pi * np.arange(CORNERS) / CORNERS
    centre = np.column_stack((points[known].x, points[known].y))
    spokes = radius[:, None, None] * np.column_stack((np.cos(turn), np.sin(turn)))[None]
    drawn = np.full(len(points), None, dtype=object)
    drawn[known] = shapely.polygons(centre[:, None, :] + spokes)
    return gpd.GeoSeries(drawn, index=points.index, crs=points.crs)


def draw_discs(shapes: gpd.GeoSeries, table: pd.DataFrame, findings: Findings) -> gpd.GeoSeries:
    """Return parcels given as points and an area column as circles of that area; other shapes as they are.

    The first filled of `area_m2`, `area_ha`, `area_mu` counts. Rows without area are left out.
    """
    columns = [table[word] * factor for word, factor in M2.items() if word in table.columns]
    kept = ~shapes.index.isin(list(findings.left_out))
    points = kept & (shapes.geom_type == "Point").to_numpy()
    if not columns or not points.any():
        return shapes
    area = pd.concat(columns, axis=1).bfill(axis=1).iloc[:, 0]
    bare = points & ~(area > 0).to_numpy()
    findings.leave_out("no_area_given", list(shapes.index[bare]))
    drawn = points & ~bare
    findings.problems.append(Problem("drawn_as_circle", findings.file, found=str(int(drawn.sum())), level="note"))
    return shapes.where(~drawn, discs(shapes.where(drawn), area))


def _check_settings(layer: Layer, findings: Findings) -> None:
    settings = layer.settings.coordinates
    west, south, east, north = settings.within or (-180, -90, 180, 90)
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        findings.refuse("bad_within", "coordinates.within", f"{west:g}, {south:g}, {east:g}, {north:g}")
    if settings.repair and settings.within is None:
        findings.refuse("repair_needs_within", "coordinates.repair", ", ".join(settings.repair))


def _declared_systems(layer: Layer, findings: Findings) -> tuple[list[System], int]:
    """Return the systems that the layer file names, its own datum first, and how many they are."""
    systems: list[System] = []
    named = [layer.settings.datum] if layer.settings.datum else []
    for name in dict.fromkeys([*named, *layer.settings.coordinates.datums.values()]):
        system, problems = _system(name, layer.settings.source)
        findings.problems += problems
        if system is not None and system.name not in [each.name for each in systems]:
            systems.append(system)
    return systems, len(systems)


def _system(name: str, file: str) -> tuple[System | None, list[Problem]]:
    if name in SHIFTED:
        return System(name, pyproj.CRS.from_epsg(4326), is_shifted=True), []
    code = _EPSG.fullmatch(name)
    known = f"EPSG:{code[1]}" if code else name
    crs, problems = resolve(None, known, file)
    return (None if crs is None else System(known, crs)), problems


def _row_words(table: pd.DataFrame, layer: Layer, srids: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the word for the system of each row: of its datum column, else its SRID; empty is the layer's own."""
    column = layer.settings.columns.get("datum")
    given = words(table[column]).to_numpy(object) if column else np.full(len(table), "", dtype=object)
    if layer.settings.datum:
        return given
    return np.where((given == "") & (srids != ""), "EPSG:" + srids, given)


def _homes(words_of_rows: npt.NDArray[Any], layer: Layer, systems: list[System]) -> npt.NDArray[np.int64]:
    """Return the place of each row's system in `systems`, to which rows may add; -1 where it is not known."""
    meanings = {_plain(word): name for word, name in layer.settings.coordinates.datums.items()}
    meanings.setdefault("", layer.settings.datum)
    codes, known = pd.factorize(words_of_rows)
    places = []
    for word in known:
        name = meanings.get(_plain(word), word if word in (*DATUMS, *SHIFTED) or _EPSG.fullmatch(word) else "")
        system = _system(name, layer.settings.source)[0] if name else None
        names = [each.name for each in systems]
        if system is not None and system.name not in names:
            systems.append(system)
            names.append(system.name)
        places.append(-1 if system is None else names.index(system.name))
    homes: npt.NDArray[np.int64] = np.array(places, dtype=np.int64)[codes]
    return homes


def _plain(word: str) -> str:
    return unicodedata.normalize("NFKC", word).strip().casefold()


def _leave_out_nowhere(rows: _Rows, findings: Findings) -> None:
    """Leave out the rows that name no place: no coordinates, or 0, 0."""
    missing = shapely.is_missing(rows.shapes)
    findings.leave_out("bad_point", list(rows.labels[missing]), rows.written)
    zero = np.zeros(len(missing), dtype=bool)
    zero[~missing] = (np.abs(shapely.bounds(rows.shapes[~missing])) < 1e-6).all(axis=1)
    findings.leave_out("null_island", list(rows.labels[zero]), rows.written)
    rows.shapes[zero] = None


def _find_faults(rows: _Rows, systems: list[System], layer: Layer, srids: npt.NDArray[Any]) -> None:
    present = ~shapely.is_missing(rows.shapes)
    for place, system in enumerate(systems):
        own = np.flatnonzero(present & (rows.homes == place))
        rows.faults[own] = _faults(rows.shapes[own], system, layer.settings.coordinates.within)
        for srid in sorted(set(srids[own]) - {""}):
            if not _is_srid(system, srid):
                rows.faults[own[srids[own] == srid]] = "srid_disagrees"
    lost = present & (rows.homes < 0)
    rows.faults[lost] = np.where(rows.words[lost] == "", "no_row_datum", "unknown_row_datum")


def _is_srid(system: System, srid: str) -> bool:
    other = _system(f"EPSG:{srid}", "")[0]
    return other is not None and bool(other.crs.equals(system.crs, ignore_axis_order=True))


def _faults(shapes: npt.NDArray[Any], system: System, within: Box | None) -> npt.NDArray[Any]:
    """Return by shape why it cannot lie in a system, or empty."""
    faults = np.full(len(shapes), "", dtype=object)
    if not len(shapes):
        return faults
    size = np.abs(shapely.bounds(shapes))
    x, y = size[:, [0, 2]].max(axis=1), size[:, [1, 3]].max(axis=1)
    if system.crs.is_geographic:
        faults[((x > 180) | (y > 90)) & (np.maximum(x, y) < 1e12)] = "metres_as_degrees"
        faults[(x <= 90) & (y > 90) & (y <= 180)] = "looks_swapped"
    else:
        faults[(x <= 180) & (y <= 90)] = "degrees_as_metres"
    if within is not None:
        faults[(faults == "") & ~_inside(_extent(shapes, system), within)] = "outside_within"
    return faults


def _inside(extent: Floats, within: Box) -> Marks:
    west, south, east, north = within
    low, high = extent[:, :2] >= (west, south), extent[:, 2:] <= (east, north)
    return np.asarray(low.all(axis=1) & high.all(axis=1))


def _extent(shapes: npt.NDArray[Any], system: System) -> Floats:
    """Return west, south, east, north of each shape in degrees of WGS 84 (rows x 4)."""
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    degrees = np.column_stack(_to_degrees(system)(xy[:, 0], xy[:, 1]))
    starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
    return np.hstack((np.minimum.reduceat(degrees, starts), np.maximum.reduceat(degrees, starts)))


def _to_degrees(system: System) -> Callable[[Floats, Floats], tuple[Floats, Floats]]:
    if system.is_shifted:
        from siting.sources.shifted import to_wgs84  # noqa: PLC0415  few projects are shifted

        return lambda lon, lat: to_wgs84(lon, lat, system.name)
    move: Callable[[Floats, Floats], tuple[Floats, Floats]] = _transformer(system.crs).transform
    return move


@lru_cache(maxsize=32)
def _transformer(crs: pyproj.CRS) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)


def _mend(rows: _Rows, systems: list[System], declared: int, layer: Layer, findings: Findings) -> None:
    """Mend the faulty rows for which exactly one allowed way leads inside the box; tell and leave out the others."""
    faulty = np.flatnonzero((rows.faults != "") & (rows.faults != "srid_disagrees"))
    tries = _tries(layer, declared)
    tried: dict[int, str] = {}
    if tries and faulty.size:
        chosen, tried = _choose(rows, faulty, tries, systems, layer)
        _carry_out(rows, faulty, chosen, tries, (systems, findings))
    _tell(rows, tried, findings)


def _tries(layer: Layer, declared: int) -> list[_Try]:
    """Return the mends that the layer allows, the smallest first."""
    allowed = layer.settings.coordinates.repair
    swap = [_Try(True, None)] if "swap" in allowed else []
    others = [_Try(False, place) for place in range(declared)] if "datum" in allowed else []
    both = [_Try(True, place) for place in range(declared)] if len(allowed) > 1 and swap and others else []
    return [*swap, *others, *both]


def _choose(
    rows: _Rows, faulty: npt.NDArray[np.int64], tries: list[_Try], systems: list[System], layer: Layer
) -> tuple[npt.NDArray[np.int64], dict[int, str]]:
    """Return for each faulty row the one try that fits (-1 none, -2 several) and what was tried, by system."""
    within = layer.settings.coordinates.within
    if within is None:
        return np.full(len(faulty), -1), {}
    chosen, centre = np.full(len(faulty), -1), np.full((len(faulty), 2), np.nan)
    homes, tried = rows.homes[faulty], dict.fromkeys(set(rows.homes[faulty].tolist()), "")
    for number, each in enumerate(tries):
        for home in tried:
            place = home if each.system is None else each.system
            if place < 0 or (place == home and each.system is not None):
                continue
            tried[home] += f", {'x↔y ' if each.swap else ''}{systems[place].name}"
            own = np.flatnonzero(homes == home)
            shapes = _swapped(rows.shapes[faulty[own]], each.swap)
            fits = own[_faults(shapes, systems[place], within) == ""]
            if not fits.size:
                continue
            extent = _extent(_swapped(rows.shapes[faulty[fits]], each.swap), systems[place])
            here = (extent[:, :2] + extent[:, 2:]) / 2
            first = chosen[fits] == -1
            chosen[fits[~first & (_metres(here, centre[fits]) > SAME_PLACE_M)]] = -2
            chosen[fits[first]], centre[fits[first]] = number, here[first]
    return chosen, {home: text.removeprefix(", ") for home, text in tried.items()}


def _metres(here: Floats, there: Floats) -> Floats:
    east = (here[:, 0] - there[:, 0]) * np.cos(np.radians(here[:, 1]))
    return np.hypot(east, here[:, 1] - there[:, 1]) * _METRES_PER_DEGREE


def _swapped(shapes: npt.NDArray[Any], swap: bool) -> npt.NDArray[Any]:
    return np.asarray(shapely.transform(shapes, lambda xy: xy[:, ::-1])) if swap else shapes


def _carry_out(
    rows: _Rows,
    faulty: npt.NDArray[np.int64],
    chosen: npt.NDArray[np.int64],
    tries: list[_Try],
    told: tuple[list[System], Findings],
) -> None:
    systems, findings = told
    rows.faults[faulty[chosen == -2]] = "two_repairs_fit"
    text = _with_words(rows)
    for number, each in enumerate(tries):
        mended = faulty[chosen == number]
        rows.shapes[mended] = _swapped(rows.shapes[mended], each.swap)
        rows.faults[mended] = ""
        labels = list(rows.labels[mended])
        if each.system is None:
            findings.rows("mend", "row_swapped", labels, text)
            continue
        rows.homes[mended] = each.system
        name = systems[each.system].name
        if each.swap:
            findings.rows("mend", "row_swapped_other_datum", labels, text, name)
        else:
            findings.rows("mend", "row_other_datum", labels, text, name)


def _with_words(rows: _Rows) -> pd.Series:
    """Return the cells of each row with its word for the system, as they were typed."""
    named = [f"{cells} ({word})" if word else cells for cells, word in zip(rows.written, rows.words, strict=True)]
    return pd.Series(named, index=rows.labels, dtype=object)


def _tell(rows: _Rows, tried: dict[int, str], findings: Findings) -> None:
    """Leave out the rows that still have a fault; one fault of all of them is the layer's and refused."""
    faulty = np.flatnonzero(rows.faults != "")
    if not faulty.size:
        return
    text = _with_words(rows)
    if tried:
        notes = [f" [{tried[home]}]" if tried.get(home) else "" for home in rows.homes[faulty].tolist()]
        text = pd.Series(text.iloc[faulty].to_numpy(object) + np.array(notes, dtype=object), rows.labels[faulty])
    kinds = set(rows.faults[faulty])
    if len(kinds) == 1 and faulty.size == int((~shapely.is_missing(rows.shapes)).sum()):
        first = rows.labels[faulty[0]]
        findings.refuse(kinds.pop(), f"row {first + 1} (+{faulty.size - 1})", text.loc[first])
        return

    def labels(fault: str) -> list[int]:
        return list(rows.labels[rows.faults == fault])

    findings.leave_out("outside_within", labels("outside_within"), text)
    findings.leave_out("metres_as_degrees", labels("metres_as_degrees"), text)
    findings.leave_out("degrees_as_metres", labels("degrees_as_metres"), text)
    findings.leave_out("looks_swapped", labels("looks_swapped"), text)
    findings.leave_out("srid_disagrees", labels("srid_disagrees"), text)
    findings.leave_out("no_row_datum", labels("no_row_datum"), text)
    findings.leave_out("unknown_row_datum", labels("unknown_row_datum"), text)
    findings.leave_out("two_repairs_fit", labels("two_repairs_fit"), text)
    rows.shapes[faulty] = None


def _in_one_system(table: pd.DataFrame, rows: _Rows, systems: list[System], crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """Return the table with its shapes in the system that all share, else in the project's."""
    present = ~shapely.is_missing(rows.shapes)
    used = sorted(set(rows.homes[present].tolist()))
    for place in used:
        own = present & (rows.homes == place)
        if systems[place].is_shifted:
            move = _to_degrees(systems[place])
            rows.shapes[own] = shapely.transform(
                rows.shapes[own], lambda xy, move=move: np.column_stack(move(xy[:, 0], xy[:, 1]))
            )
        if len(used) > 1:
            rows.shapes[own] = gpd.GeoSeries(rows.shapes[own], crs=systems[place].crs).to_crs(crs).to_numpy()
    shared = systems[used[0]].crs if len(used) == 1 else crs
    return gpd.GeoDataFrame(table.assign(**{POINT: rows.shapes}), geometry=POINT, crs=shared)
