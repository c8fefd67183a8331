"""What the page shows, as plain JSON data: parcels, criteria, geometry in whole small numbers."""

from collections.abc import Iterable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from siting.base.catalogue import catalogue, title
from siting.base.reasons import unit_text
from siting.base.results import Results
from siting.base.texts import section
from siting.report.colours import STEPS, UNSCORED

LANGUAGES = ("zh", "en")
SCALE = 100_000
ROAD_CLASSES = {
    "expressway": 4,
    "ramp": 2,
    "national_class1": 3.5,
    "national_class2": 3.5,
    "provincial": 3,
    "arterial": 2.6,
    "county": 2.2,
}
ROAD_CLASSES |= {"township": 1.6, "secondary": 1.6, "local": 1, "living": 1, "service": 0.6}
MINOR_ROADS_MAX = 20_000
MINOR_ROADS_M = 400
NAME_LIMIT = 120


def page_data(results: Results) -> dict[str, Any]:
    """Return everything that the page needs; no number in it is made for the page alone."""
    settings = results.settings
    return {
        "language": settings.project.language,
        "title": settings.project.title,
        "credits": _credits(results),
        "date": results.stamp["document_date"],
        "texts": {language: _texts(language) for language in LANGUAGES},
        "steps": [list(step) for step in STEPS],
        "unscored": UNSCORED,
        "criteria": [_criterion(results, index) for index in range(len(settings.criterion))],
        "parcels": [_parcel(receipt) for receipt in results.receipts],
        "shapes": _shapes(results),
        "roads": _roads(results),
        "areas": _areas(results),
        "units": _units(results),
        "places": _places(results),
        "scale": SCALE,
    }


def coded(shape: Any, scale: int = SCALE) -> list[list[int]]:
    """Return the rings or lines of a shape in degrees, each as first point then steps, times `scale`."""
    parts = []
    for part in shapely.get_parts(shape):
        rings = [part.exterior, *part.interiors] if part.geom_type == "Polygon" else [part]
        for ring in rings:
            whole = np.rint(shapely.get_coordinates(ring) * scale).astype(np.int64)
            steps = np.vstack([whole[:1], np.diff(whole, axis=0)])
            moved = np.concatenate([[True], (steps[1:] != 0).any(axis=1)])
            parts.append(steps[moved].ravel().tolist())
    return parts


def _texts(language: str) -> dict[str, Any]:
    code: Any = language
    return {
        **section("page", code),
        "status": section("status", code),
        "mode": section("mode", code),
        "season": section("season", code),
        "word": section("word", code),
        "kinds": {name: title(name, code) for name in catalogue()},
    }


def _credits(results: Results) -> list[str]:
    """Return who owns the data and under which licence, each once."""
    abouts = [layer.settings.about for layer in results.layers if layer.settings.about.owner]
    return sorted({f"© {about.owner}" + (f" ({about.licence})" if about.licence else "") for about in abouts})


def _criterion(results: Results, index: int) -> dict[str, Any]:
    criterion = results.settings.criterion[index]
    return {
        "name": criterion.name,
        "zh": criterion.caption("zh"),
        "en": criterion.caption("en"),
        "measure": criterion.measure,
        "mode": criterion.mode,
        "cutoff": criterion.cutoff,
        "worst": criterion.worst,
        "best": criterion.best,
        "weight": criterion.weight,
        "source": criterion.source,
        "evidence": criterion.evidence,
        "estimated": criterion.name in results.stamp["estimated"],
        "unit_zh": unit_text(criterion.measure, criterion.target.column, "zh"),
        "unit_en": unit_text(criterion.measure, criterion.target.column, "en"),
    }


def _parcel(receipt: Mapping[str, Any]) -> dict[str, Any]:
    criteria = receipt["criteria"]
    return {
        "id": receipt["parcel_id"],
        "name": receipt["name"][:NAME_LIMIT],
        "unit": receipt["unit"],
        "kind": receipt["kind"],
        "origin": receipt["origin"],
        "status": receipt["status"],
        "area": receipt["area_m2"],
        "homes": receipt["homes"],
        "rank": receipt["rank"],
        "penalty": receipt["penalty"],
        "raw": [each["value"] for each in criteria],
        "values": [each["score"] for each in criteria],
        "beyond": [each["beyond"] for each in criteria],
        "season": [each.get("season", "") for each in criteria],
        "place": [[each.get("place"), each.get("place_name"), each.get("place_kind")] for each in criteria],
        "entrances": [each.get("street", {}).get("entrances", []) for each in criteria],
        "reasons": {language: [reason[language] for reason in receipt["reasons"]] for language in LANGUAGES},
        "flags": {
            name: {key: flag[key] for key in ("title_zh", "title_en", "why_zh", "why_en", "source", "evidence")}
            for name, flag in receipt["flags"].items()
        },
    }


def _shapes(results: Results) -> dict[str, list[list[list[int]]]]:
    """Return polygons by parcel: a list of polygons, each a list of rings."""
    shapes = _degrees(results.parcels.geometry, 0.2)
    return {
        str(parcel): [coded(part, SCALE * 10) for part in shapely.get_parts(shape)] for parcel, shape in shapes.items()
    }


def _roads(results: Results) -> list[dict[str, Any]]:
    around = _around(results)
    roads = []
    for table in _tables(results, "roads"):
        near = table[table.intersects(around)]
        classes = near["class"] if "class" in near.columns else None
        if classes is None:
            continue
        by_parcels = _near_parcels(results, near) if len(near) > MINOR_ROADS_MAX else np.ones(len(near), bool)
        for name, width in ROAD_CLASSES.items():
            lines = near.geometry[(classes == name) & (by_parcels | (width > 1))]
            if len(lines):
                shapes = _degrees(
                    gpd.GeoSeries([shapely.line_merge(shapely.union_all(lines.to_numpy()))], crs=lines.crs), 2.0
                )
                roads.append({"class": name, "width": width, "lines": coded(shapes.iloc[0])})
    return roads


def _areas(results: Results) -> list[dict[str, Any]]:
    around = _around(results)
    areas = []
    for table in _tables(results, "backdrop"):
        near = table[table.intersects(around)]
        for kind, shapes in near.groupby("kind").geometry:
            simple = _degrees(shapes, 4.0)
            polygons = [
                coded(p) for s in simple for p in shapely.get_parts(s) if p.geom_type == "Polygon" and not p.is_empty
            ]
            lines = [
                line for s in simple for p in shapely.get_parts(s) if p.geom_type == "LineString" for line in coded(p)
            ]
            areas.append({"kind": str(kind), "polygons": polygons, "lines": lines})
    order = {"built": 0, "green": 1, "water": 2, "rail": 3}
    return sorted(areas, key=lambda area: order.get(area["kind"], 9))


def _units(results: Results) -> list[dict[str, Any]]:
    units = []
    for table in _tables(results, "units"):
        simple = _degrees(table.geometry, 5.0)
        names = table["name"] if "name" in table.columns else table["id"]
        for name, shape in zip(names, simple, strict=True):
            point = shape.representative_point()
            label = [round(point.y, 5), round(point.x, 5)]
            units.append({"name": str(name)[:NAME_LIMIT], "rings": coded(shape), "label": label})
    return units


def _places(results: Results) -> list[list[Any]]:
    """Return id, kind, name, latitude, longitude, jobs of every place."""
    rows = []
    for table in _tables(results, "places"):
        points = gpd.GeoSeries(shapely.point_on_surface(table.geometry.to_numpy()), crs=table.crs).to_crs("EPSG:4326")
        jobs = table["jobs"] if "jobs" in table.columns else [None] * len(table)
        names = table["name"] if "name" in table.columns else [""] * len(table)
        for place, kind, name, point, job in zip(table["id"], table["kind"], names, points, jobs, strict=True):
            rows.append([place, kind, str(name)[:NAME_LIMIT], round(point.y, 5), round(point.x, 5), job])
    return rows


def _tables(results: Results, role: str) -> Iterable[gpd.GeoDataFrame]:
    return [table for name, table in results.backdrop.items() if name.startswith(f"{role}/")]


def _around(results: Results) -> shapely.Polygon:
    """Return the box of the parcels with a margin: roads far outside do not help to compare sites."""
    west, south, east, north = results.parcels.total_bounds
    margin = max(3000.0, 0.15 * max(east - west, north - south))
    return shapely.box(west - margin, south - margin, east + margin, north + margin)


def _near_parcels(results: Results, roads: gpd.GeoDataFrame) -> Any:
    """Return which roads lie within sight of a parcel: of a large city only these minor streets are drawn."""
    found = shapely.STRtree(roads.geometry.to_numpy()).query(
        results.parcels.geometry.to_numpy(), predicate="dwithin", distance=MINOR_ROADS_M
    )[1]
    return np.isin(np.arange(len(roads)), found)


def _degrees(shapes: gpd.GeoSeries, tolerance_m: float) -> gpd.GeoSeries:
    return shapes.simplify(tolerance_m).to_crs("EPSG:4326")
