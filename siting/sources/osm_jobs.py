"""Jobs guessed from OpenStreetMap: floor area first, land area next, a number per point last.

OpenStreetMap holds no jobs. Every figure made here is an estimate (evidence G of
`osm_tags/workplaces.csv`) and is marked estimated in every output.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from siting.sources.osm_rules import Tags, first

LEVELS_MAX = 60
_LEVELS = re.compile(r"\d{1,2}(\.\d+)?")


@dataclass(frozen=True)
class TaggedShape:
    """An OSM object: its id (`n1`, `w2`, `r3`), its tags, its geometry in degrees."""

    id: str
    tags: Tags
    shape: shapely.Geometry


def estimate_jobs(objects: Sequence[TaggedShape], crs: object) -> gpd.GeoDataFrame:
    """Return workplaces with estimated jobs: id, name, sector, jobs, basis, geometry (in degrees).

    `crs` is a projected system for areas. A larger workplace swallows those inside it, so that an
    office in an industrial estate is not counted twice. Objects without a rule make no row.
    """
    rows = [(each, rule) for each in objects if (rule := first("workplaces", each.tags)) is not None]
    if not rows:
        return _frame([], [], crs=None)
    shapes = _projected([each.shape for each, _ in rows], crs)
    areas = shapely.area(shapes)
    order = sorted(range(len(rows)), key=lambda i: (-areas[i], rows[i][0].id))
    kept = _not_inside_larger(shapes, areas, order)
    floors = _floors(objects, crs)
    records = []
    for i in kept:
        each, rule = rows[i]
        jobs, basis = _jobs(rule, float(areas[i]), floors.within(shapes[i], float(rule["levels"])))
        if jobs > 0:
            name = each.tags.get("name", "")
            records.append(((each.id, name, rule["sector"], jobs, basis), each.shape))
    return _frame([record for record, _ in records], [shape for _, shape in records], crs="EPSG:4326")


def _jobs(rule: Mapping[str, str], land_m2: float, floor_m2: float) -> tuple[float, str]:
    if land_m2 > 0 and floor_m2 > 0 and rule["floor_m2_per_job"]:
        return max(1.0, round(floor_m2 / float(rule["floor_m2_per_job"]))), "floor"
    if land_m2 > 0 and rule["land_m2_per_job"]:
        return float(round(land_m2 / float(rule["land_m2_per_job"]))), "land"
    return float(rule["jobs_per_point"] or 0), "point"


class _Floors:
    """Buildings as points with their footprint and levels, to sum floor area inside a shape."""

    def __init__(self, points: np.ndarray, footprints: np.ndarray, levels: np.ndarray) -> None:
        self._tree = shapely.STRtree(points)
        self._footprints = footprints
        self._levels = levels

    def within(self, shape: shapely.Geometry, usual_levels: float) -> float:
        """Return the floor area in m2 of the buildings in a shape; unknown levels count as usual."""
        if not shape.area:
            return 0.0
        hits = np.sort(self._tree.query(shape, predicate="intersects"))
        levels = np.where(np.isnan(self._levels[hits]), usual_levels, self._levels[hits])
        return float((self._footprints[hits] * levels).sum())


def _floors(objects: Sequence[TaggedShape], crs: object) -> _Floors:
    buildings = [
        each for each in objects if each.tags.get("building", "no") != "no" and each.shape.geom_type != "Point"
    ]
    shapes = _projected([each.shape for each in buildings], crs)
    levels = np.array([_levels(each.tags.get("building:levels", "")) for each in buildings], float)
    return _Floors(shapely.point_on_surface(shapes), shapely.area(shapes), levels)


def _levels(written: str) -> float:
    match = _LEVELS.fullmatch(written.strip())
    value = float(match[0]) if match else np.nan
    return value if 1 <= value <= LEVELS_MAX else np.nan


def _not_inside_larger(shapes: np.ndarray, areas: np.ndarray, order: Sequence[int]) -> list[int]:
    place = np.empty(len(order), int)
    place[list(order)] = np.arange(len(order))
    inner, outer = shapely.STRtree(shapes).query(shapely.point_on_surface(shapes), predicate="intersects")
    swallowed = {int(i) for i, o in zip(inner, outer, strict=True) if i != o and areas[o] > 0 and place[o] < place[i]}
    return [i for i in order if i not in swallowed]


def _projected(shapes: Sequence[shapely.Geometry], crs: object) -> np.ndarray:
    projected = gpd.GeoSeries(list(shapes), crs="EPSG:4326").to_crs(crs)
    return np.asarray(projected.to_numpy(), dtype=object)


def _frame(
    records: Sequence[tuple[object, ...]], shapes: Sequence[shapely.Geometry], crs: str | None
) -> gpd.GeoDataFrame:
    table = pd.DataFrame(list(records), columns=["id", "name", "sector", "jobs", "basis"])
    return gpd.GeoDataFrame(table, geometry=list(shapes), crs=crs or "EPSG:4326")
