"""Polygons made valid in documented ways; each mend is told by row."""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from siting.sources.reading import Findings

SPIKE_DEGREES = 0.5
"""A corner sharper than this, with both sides longer than `SPIKE_M`, is a slip of the pen (our choice, G)."""
SPIKE_M = 1.0
SLIVER_WIDTH_M = 1.0
"""A parcel with less mean width than this is told as a sliver (our choice, G)."""
_POLYGON = 3


def mend_polygons(shapes: gpd.GeoSeries, findings: Findings) -> gpd.GeoSeries:
    """Return polygons without self-crossings, spikes and repeated points; lines and points pass as they are."""
    mended = _valid(shapes, findings)
    mended = _without_spikes(mended, findings)
    return _without_repeats(mended, findings)


def tell_slivers(shapes: gpd.GeoSeries, findings: Findings) -> None:
    """Warn of polygons that are too narrow to be land: mean width 2 x area / perimeter."""
    with np.errstate(invalid="ignore", divide="ignore"):
        width = 2 * shapes.area / shapes.length
    narrow = (shapes.area > 0) & (width < SLIVER_WIDTH_M)
    findings.rows("warn", "sliver", list(shapes.index[narrow]), width[narrow].map("{:.2f} m".format))


def _valid(shapes: gpd.GeoSeries, findings: Findings) -> gpd.GeoSeries:
    rows = shapes.index[_is_area(shapes) & ~shapes.is_valid]
    if rows.empty:
        return shapes
    reasons = shapes[rows].is_valid_reason()
    broken = shapes[rows].to_numpy()
    # `structure` keeps overlapping parts as land, `linework` a hole that lies outside its shell:
    # each loses land where the other does not, so the larger is taken
    structure = _polygons(shapely.make_valid(broken, method="structure", keep_collapsed=False))
    linework = _polygons(shapely.make_valid(broken, method="linework"))
    mended = shapes.copy()
    mended.loc[rows] = np.where(shapely.area(structure) >= shapely.area(linework), structure, linework)
    findings.rows("mend", "invalid_geometry", list(rows), reasons)
    return mended


def _polygons(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Return the polygons of each shape, as one."""
    parts, row = shapely.get_parts(shapes, return_index=True)
    parts, inner = shapely.get_parts(parts, return_index=True)
    row = row[inner]
    areas = shapely.get_type_id(parts) == _POLYGON
    found = np.full(len(shapes), shapely.Polygon(), dtype=object)
    for each in np.unique(row[areas]):
        found[each] = shapely.union_all(parts[areas & (row == each)])
    return found


def _without_spikes(shapes: gpd.GeoSeries, findings: Findings) -> gpd.GeoSeries:
    """Drop the tips of spikes: the shape stays valid and loses next to nothing of its area."""
    owners = _owners_of_sharp_corners(shapes)
    if not len(owners):
        return shapes
    mended, told = shapes.copy(), []
    for place in owners:
        shape = shapes.iloc[place]
        blunt = _polygons(np.array([shapely.buffer(_blunt(shape), 0)]))[0]
        if not blunt.is_empty and abs(blunt.area - shape.area) <= 0.01 * shape.area:
            mended.iloc[place] = blunt
            told.append(shapes.index[place])
    findings.rows("mend", "spike", told)
    return mended


def _owners_of_sharp_corners(shapes: gpd.GeoSeries) -> npt.NDArray[np.intp]:
    """Return the places of polygons that have a corner sharper than a pen draws."""
    areas = np.flatnonzero(_is_area(shapes))
    parts, part_of = shapely.get_parts(shapes.to_numpy()[areas], return_index=True)
    rings, ring_of = shapely.get_rings(parts, return_index=True)
    xy, of = shapely.get_coordinates(rings, return_index=True)
    if not len(xy):
        return np.empty(0, np.intp)
    sharp = _sharp(xy, of)
    return np.unique(areas[part_of[ring_of[of[sharp]]]])


def _sharp(xy: npt.NDArray[np.float64], of: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
    """Return which vertices are tips; the first of a ring, being its last too, is looked at with the last but one."""
    is_first = np.r_[True, of[1:] != of[:-1]]
    is_last = np.r_[is_first[1:], True]
    last_of = np.flatnonzero(is_last)[np.cumsum(is_first) - 1]
    before = np.where(is_first, last_of - 1, np.arange(len(xy)) - 1)
    after = np.where(is_last, 0, np.arange(len(xy)) + 1)
    back, ahead = xy[before] - xy, xy[after] - xy
    long = np.minimum(np.hypot(*back.T), np.hypot(*ahead.T)) > SPIKE_M
    cross = back[:, 0] * ahead[:, 1] - back[:, 1] * ahead[:, 0]
    angle = np.degrees(np.abs(np.arctan2(cross, (back * ahead).sum(axis=1))))
    tips: npt.NDArray[np.bool_] = long & (angle < SPIKE_DEGREES) & ~is_last
    return tips


def _blunt(shape: shapely.Geometry) -> shapely.Geometry:
    """Return a shape whose rings have lost their tips."""
    parts = [
        shapely.Polygon(_blunted(part.exterior.coords), [_blunted(hole.coords) for hole in part.interiors])
        for part in shapely.get_parts(shape)
    ]
    return shapely.MultiPolygon(parts)


def _blunted(coords: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return a ring whose spikes end at the nearer neighbour of their tip."""
    xy = np.asarray(coords, float)
    sharp = np.flatnonzero(_sharp(xy, np.zeros(len(xy), np.intp)))
    moved = xy.copy()
    for tip in sharp:
        before, after = xy[tip - 1 if tip else -2], xy[tip + 1]
        moved[tip] = before if np.hypot(*(before - xy[tip])) <= np.hypot(*(after - xy[tip])) else after
    moved[-1] = moved[0]
    return moved


def _without_repeats(shapes: gpd.GeoSeries, findings: Findings) -> gpd.GeoSeries:
    areas = _is_area(shapes)
    values = shapes.to_numpy()
    fewer = np.where(areas, shapely.remove_repeated_points(values, 0.0), values)
    hit = areas & (shapely.get_num_coordinates(fewer) < shapely.get_num_coordinates(values))
    findings.rows("mend", "repeated_points", list(shapes.index[hit]))
    return gpd.GeoSeries(np.where(hit, fewer, values), index=shapes.index, crs=shapes.crs)


def _is_area(shapes: gpd.GeoSeries) -> pd.Series:
    return shapes.geom_type.isin(["Polygon", "MultiPolygon"]) & ~(shapes.isna() | shapes.is_empty)
