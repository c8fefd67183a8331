"""Checks between layers: do they lie in one place, is land counted twice."""

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from siting.base.errors import Problem
from siting.sources.reading import Reading

APART_M = 50_000.0
OVERLAP_SHARE = 0.05
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
