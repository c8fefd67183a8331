"""Checks between layers: do they lie in one place, is land counted twice."""

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from siting.base.errors import Problem
from siting.base.model import SETTINGS_FILE
from siting.base.settings import Settings, layers_named
from siting.sources.crs import misread, working_crs
from siting.sources.reading import Reading

OVERLAP_SHARE = 0.05
STRETCH_MAX = 0.005
AREAS = ("Polygon", "MultiPolygon")
OVERLAPS_LISTED = 200
ONE_HOLDS_ALL = 0.99
FEW_ROWS = 3
AREA_RATIO = 1.1
"""How far a written area may be from the drawn one before it is told (our choice, G)."""
AREA_COLUMNS = {"area_m2": 1.0, "area_ha": 10_000.0, "area_mu": 10_000.0 / 15}


def check_distortion(readings: Mapping[str, Reading]) -> list[Problem]:
    """Return a refusal if the project's CRS stretches lengths at the parcels by over 0.5 %."""
    parcels = next(r for r in readings.values() if r.layer.role == "parcels").table
    if parcels.empty:
        return []
    to_degrees = pyproj.Transformer.from_crs(parcels.crs, "EPSG:4326", always_xy=True)
    west, south, east, north = to_degrees.transform_bounds(*parcels.total_bounds)
    if not np.isfinite([west, south, east, north]).all():
        return [_nowhere(parcels, readings)]
    middles = shapely.get_coordinates(shapely.centroid(parcels.geometry.to_numpy()))
    x, y = np.median(middles, axis=0)
    factors = pyproj.Proj(parcels.crs).get_factors(*to_degrees.transform(x, y))
    if not np.isfinite([factors.meridional_scale, factors.parallel_scale]).all():
        return [_nowhere(parcels, readings)]
    stretch = max(abs(factors.meridional_scale - 1), abs(factors.parallel_scale - 1))
    if stretch <= STRETCH_MAX:
        return []
    better = f"EPSG:{working_crs((west, south, east, north)).to_epsg()}"
    return [
        Problem(
            "stretched", SETTINGS_FILE, "project.crs", parcels.crs.name, f"{stretch:.1%}", values={"better": better}
        )
    ]


def _nowhere(parcels: gpd.GeoDataFrame, readings: Mapping[str, Reading]) -> Problem:
    """Return what is wrong with parcels whose numbers lie nowhere on earth in the project's CRS."""
    file = next(r for r in readings.values() if r.layer.role == "parcels").layer.settings.source
    told = misread(parcels.geometry, parcels.crs)
    if told is not None:
        return Problem(told[0], file, "", told[1], told[2])
    west, south, _, _ = parcels.total_bounds
    return Problem("lies_nowhere", file, "", f"{west:.0f}, {south:.0f}", parcels.crs.name)


def check_use(settings: Settings, readings: Mapping[str, Reading]) -> list[Problem]:
    """Return a warning for each layer of places that neither a criterion nor another block uses."""
    used = layers_named(settings)
    problems = []
    for name, reading in readings.items():
        layer = reading.layer
        if layer.role == "places" and name not in used and "jobs" not in reading.table.columns:
            problems.append(Problem("layer_not_used", layer.file, found=name, level="warn"))
    return problems


def check_jobs(reading: Reading) -> list[Problem]:
    """Return a refusal if all jobs of a layer are zero, a warning if one row holds nearly all of them."""
    table, file = reading.table, reading.layer.settings.source
    if reading.layer.role != "places" or "jobs" not in table.columns:
        return []
    jobs = table["jobs"].astype(float)
    total = float(jobs.sum())
    if total <= 0:
        return [Problem("no_jobs", file, reading.layer.name)]
    share = float(jobs.max()) / total
    if share <= ONE_HOLDS_ALL or len(jobs) < FEW_ROWS:
        return []
    largest = table.loc[jobs.idxmax()]
    named = str(largest.get("name", "")) or str(largest["id"])
    return [Problem("one_holds_all", file, reading.layer.name, f"{share:.2%}", named, "warn", item=str(largest["id"]))]


def check_areas(reading: Reading) -> list[Problem]:
    """Return a warning for each parcel whose area column is far from its drawn area; the drawn one is used."""
    table, file = reading.table, reading.layer.settings.source
    problems = []
    for column, unit_m2 in AREA_COLUMNS.items():
        if column not in table.columns:
            continue
        ratio = table.geometry.area / (table[column].astype(float) * unit_m2)
        far = ratio.notna() & ~ratio.between(1 / AREA_RATIO, AREA_RATIO)
        for row in table.index[far][:OVERLAPS_LISTED]:
            fold = max(ratio[row], 1 / ratio[row]) if ratio[row] > 0 else np.inf
            item = str(table.loc[row, "id"])
            problems.append(Problem("area_differs", file, column, f"{fold:.1f}", level="warn", item=item))
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
