"""Checks between layers: do they lie in one place, is land counted twice."""

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from siting.base.errors import Problem
from siting.base.settings import Settings
from siting.base.settings_checks import SETTINGS_FILE
from siting.sources.crs import working_crs
from siting.sources.reading import Reading

APART_M = 50_000.0
OVERLAP_SHARE = 0.05
STRETCH_MAX = 0.005
AREAS = ("Polygon", "MultiPolygon")
OVERLAPS_LISTED = 200


def check_extents(readings: Mapping[str, Reading]) -> list[Problem]:
    """Return a refusal for each layer that lies over 50 km from every parcel, with both extents."""
    parcels = next(r for r in readings.values() if r.layer.role == "parcels").table
    if parcels.empty:
        return []
    around = shapely.box(*parcels.total_bounds)
    problems = []
    for reading in readings.values():
        table = reading.table
        if not isinstance(table, gpd.GeoDataFrame) or table.empty:
            continue
        distance = around.distance(shapely.box(*table.total_bounds))
        if distance > APART_M:
            extents = f"{_degrees(table)}; parcels {_degrees(parcels)}"
            problems.append(
                Problem(
                    "far_apart", reading.layer.settings.source, reading.layer.name, f"{distance / 1000:.0f}", extents
                )
            )
    return problems


def check_distortion(readings: Mapping[str, Reading]) -> list[Problem]:
    """Return a refusal if the project's CRS stretches lengths at the parcels by over 0.5 %."""
    parcels = next(r for r in readings.values() if r.layer.role == "parcels").table
    if parcels.empty:
        return []
    to_degrees = pyproj.Transformer.from_crs(parcels.crs, "EPSG:4326", always_xy=True)
    west, south, east, north = to_degrees.transform_bounds(*parcels.total_bounds)
    middles = shapely.get_coordinates(shapely.centroid(parcels.geometry.to_numpy()))
    x, y = np.median(middles, axis=0)
    factors = pyproj.Proj(parcels.crs).get_factors(*to_degrees.transform(x, y))
    stretch = max(abs(factors.meridional_scale - 1), abs(factors.parallel_scale - 1))
    if stretch <= STRETCH_MAX:
        return []
    better = f"EPSG:{working_crs((west, south, east, north)).to_epsg()}"
    return [
        Problem(
            "stretched", SETTINGS_FILE, "project.crs", parcels.crs.name, f"{stretch:.1%}", values={"better": better}
        )
    ]


def check_use(settings: Settings, readings: Mapping[str, Reading]) -> list[Problem]:
    """Return a warning for each layer of places that no criterion uses, and each rule without a clause."""
    used = {criterion.target.layer for criterion in settings.criterion}
    problems = []
    for name, reading in readings.items():
        layer = reading.layer
        if layer.role == "places" and name not in used and "jobs" not in reading.table.columns:
            problems.append(Problem("layer_not_used", layer.file, found=name, level="warn"))
        rule = layer.settings.rule
        if rule is not None and rule.buffer_m == 0 and not reading.table.geom_type.isin(AREAS).all():
            problems.append(Problem("no_buffer", layer.file, "rule.buffer_m"))
        if layer.settings.rule is not None and not layer.settings.rule.clause:
            problems.append(Problem("no_clause", layer.file, "rule.clause", level="warn"))
    return problems


def check_overlaps(reading: Reading) -> list[Problem]:
    """Return a warning for each pair of parcels that share over 5 % of the smaller one."""
    table = reading.table
    shapes = table.geometry.to_numpy()
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    once = left < right
    left, right = left[once], right[once]
    shared = shapely.area(shapely.intersection(shapes[left], shapes[right]))
    share = shared / np.minimum(shapely.area(shapes[left]), shapely.area(shapes[right]))
    ids = table["id"].to_numpy()
    hits = np.flatnonzero(share > OVERLAP_SHARE)
    file = reading.layer.settings.source
    listed = [Problem("overlap", file, str(ids[left[i]]), str(ids[right[i]]), f"{share[i]:.0%}", "warn") for i in hits]
    more = len(listed) - OVERLAPS_LISTED
    rest = [Problem("more_rows", file, found=str(more), expected="overlap", level="warn")] if more > 0 else []
    return listed[:OVERLAPS_LISTED] + rest


def _degrees(table: gpd.GeoDataFrame) -> str:
    to_degrees = pyproj.Transformer.from_crs(table.crs, "EPSG:4326", always_xy=True)
    west, south, east, north = to_degrees.transform_bounds(*table.total_bounds)
    return f"{west:.3f}–{east:.3f} E, {south:.3f}–{north:.3f} N"
