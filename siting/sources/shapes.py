"""Geometry made usable: repaired in documented ways, refused, or left out, always by row."""

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from siting.base.layers import Layer
from siting.sources.crs import misread
from siting.sources.reading import Findings
from siting.sources.repair import mend_polygons, tell_slivers

WANTED = {
    "parcels": ("Polygon", "MultiPolygon"),
    "units": ("Polygon", "MultiPolygon"),
    "roads": ("LineString", "MultiLineString"),
}
_COLLECTION = "GeometryCollection"


def usable(shapes: gpd.GeoSeries, layer: Layer, crs: pyproj.CRS, findings: Findings) -> gpd.GeoSeries:
    """Return the geometries in the project's CRS; rows left out or refused stand in `findings`."""
    missing = shapes.isna() | shapes.is_empty
    findings.leave_out("no_geometry", list(shapes.index[missing]))
    flat = gpd.GeoSeries(shapely.force_2d(shapes.to_numpy()), index=shapes.index, crs=shapes.crs)
    _check_coordinates(flat[~missing], crs, findings)
    if findings.is_refused():
        return flat
    out = flat.index.isin(list(findings.left_out))
    moved = gpd.GeoSeries(np.where(out, None, flat.to_numpy()), index=flat.index, crs=flat.crs).to_crs(crs)
    lost = ~out & ~np.isfinite(moved.bounds).all(axis=1)
    findings.rows("refuse", "outside_crs", list(moved.index[lost]))
    if lost.any():
        _say_how_misread(flat[lost], crs, findings)
    if findings.is_refused():
        return moved
    wanted = WANTED.get(layer.role)
    if wanted is not None:
        moved = _take_parts(moved, wanted, findings)
    return moved if findings.is_refused() else _mend(moved, layer, findings)


def _check_coordinates(shapes: gpd.GeoSeries, crs: pyproj.CRS, findings: Findings) -> None:
    bounds = shapes.bounds
    # bounds pass over NaN, so each vertex is looked at
    xy, of = shapely.get_coordinates(shapes.to_numpy(), return_index=True)
    finite = np.ones(len(shapes), bool)
    finite[of[~(np.abs(xy) < 1e12).all(axis=1)]] = False
    findings.rows("refuse", "bad_coordinates", list(shapes.index[~finite]))
    if not finite.all() or shapes.empty:
        return
    if shapes.crs.is_geographic:
        beyond = (bounds[["minx", "maxx"]].abs() > 180).any(axis=1) | (bounds[["miny", "maxy"]].abs() > 90).any(axis=1)
        if beyond.any():
            row = beyond.index[beyond][0]
            at = f"{bounds.minx[row]:.1f}, {bounds.miny[row]:.1f}"
            findings.refuse("not_degrees", f"row {row + 1} (+{int(beyond.sum()) - 1})", at)
            _say_how_misread(shapes, crs, findings)
    null_island = (bounds.abs() < 1e-6).all(axis=1)
    findings.leave_out("null_island", list(shapes.index[null_island]))


def _say_how_misread(shapes: gpd.GeoSeries, crs: pyproj.CRS, findings: Findings) -> None:
    told = misread(shapes, crs)
    if told is not None:
        findings.refuse(told[0], "", told[1], told[2])


def _take_parts(shapes: gpd.GeoSeries, wanted: tuple[str, ...], findings: Findings) -> gpd.GeoSeries:
    """Return the wanted parts of mixed collections (a documented mend); other types are refused."""
    present = ~(shapes.isna() | shapes.is_empty)
    mixed = present & (shapes.geom_type == _COLLECTION)
    wrong = present & ~mixed & ~shapes.geom_type.isin(wanted)
    findings.rows("refuse", "wrong_geometry", list(shapes.index[wrong]), shapes.geom_type, "/".join(wanted))
    taken = shapes.copy()
    for row in shapes.index[mixed]:
        parts = [part for part in shapely.get_parts(shapes[row]) if part.geom_type in wanted]
        if parts:
            taken[row] = shapely.union_all(parts)
            findings.rows("mend", "mixed_parts", [row])
        else:
            findings.rows("refuse", "wrong_geometry", [row], shapes.geom_type, "/".join(wanted))
    return taken


def _mend(shapes: gpd.GeoSeries, layer: Layer, findings: Findings) -> gpd.GeoSeries:
    mended = mend_polygons(shapes, findings)
    present = ~(mended.isna() | mended.is_empty)
    area = mended.geom_type.isin(["Polygon", "MultiPolygon"])
    flat = ~(shapes.isna() | shapes.is_empty) & (area | ~present) & (mended.area <= 0)
    findings.leave_out("no_area", list(shapes.index[flat]))
    short = present & (layer.role == "roads") & (mended.length <= 0)
    findings.leave_out("no_length", list(shapes.index[short]))
    if layer.role == "parcels":
        tell_slivers(mended, findings)
    return mended
