"""OpenStreetMap extracts (.osm.pbf, .osm): one streaming pass to roads, places, workplaces, land, units."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import osmium
import pandas as pd
import shapely

from siting.base.columns import MODES
from siting.base.errors import InputProblems, Problem
from siting.base.road_rules import osm_use, parse_speed, whole_runs
from siting.sources.crs import working_crs
from siting.sources.osm_jobs import TaggedShape, estimate_jobs
from siting.sources.osm_rules import Tags, area_keys, first, place_kinds

WGS84 = "EPSG:4326"
ROAD_COLUMNS = ("id", "name", "class", "speed_kmh", "speed_back_kmh", *MODES, "surface")
_LINE_KEYS = ("highway", "waterway", "railway")
_SPEED_KEYS = ("maxspeed", "maxspeed:forward", "maxspeed:backward")


@dataclass(frozen=True)
class OsmExtract:
    """What an extract holds for us, each table in WGS 84 degrees.

    roads: id, name, class, speed_kmh, speed_back_kmh, walk, cycle, drive, surface.
    places, utilities: id, name, kind. workplaces: id, name, sector, jobs (estimated), basis.
    parcels: id, name, origin, kind. units: id, name, level, population. backdrop: kind.
    """

    roads: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    utilities: gpd.GeoDataFrame
    workplaces: gpd.GeoDataFrame
    parcels: gpd.GeoDataFrame
    units: gpd.GeoDataFrame
    backdrop: gpd.GeoDataFrame
    problems: tuple[Problem, ...] = ()

    def topic(self, role: str, kind: str) -> gpd.GeoDataFrame:
        """Return the table that a layer of a role (and kind) reads from an extract."""
        if role == "places":
            return self.workplaces if kind == "workplace" else self.places
        tables = {
            "roads": self.roads,
            "parcels": self.parcels,
            "units": self.units,
            "utility": self.utilities,
            "backdrop": self.backdrop,
        }
        return tables.get(role, self.places.iloc[:0])


@dataclass
class _Pass:
    lines: list[TaggedShape] = field(default_factory=list)
    objects: list[TaggedShape] = field(default_factory=list)
    cut: Counter[str] = field(default_factory=Counter)


def read_osm(path: Path) -> OsmExtract:
    """Read an extract in one pass; raises InputProblems for a damaged file or one without roads."""
    seen = _Pass()
    try:
        for each in _stream(path):
            _take(each, seen)
    except (RuntimeError, osmium.InvalidLocationError, ValueError) as error:
        if "entities" in str(error):
            raise InputProblems([Problem("osm_entities", str(path))]) from error
        raise InputProblems([Problem("damaged", str(path), found=str(error))]) from error
    if not seen.lines:
        raise InputProblems([Problem("no_roads", str(path))])
    extract = sort_tags(seen.lines, seen.objects)
    problems = [
        Problem("broken_area" if name == "area" else "cut_way", str(path), name, str(count), level="warn")
        for name, count in sorted(seen.cut.items())
    ]
    if extract.roads.empty:
        raise InputProblems([Problem("no_roads", str(path))])
    problems += _odd_speeds(seen.lines, str(path))
    return OsmExtract(**{**extract.__dict__, "problems": tuple(problems)})


def sort_tags(lines: Sequence[TaggedShape], objects: Sequence[TaggedShape]) -> OsmExtract:
    """Return the tables that tagged lines and tagged points and areas make."""
    backdrop = [
        ((each.id, row["kind"]), each.shape)
        for each in (*lines, *objects)
        if each.shape.geom_type != "Point" and (row := first("backdrop", each.tags)) is not None
    ]
    crs = working_crs(_bounds([each.shape for each in lines] or [each.shape for each in objects]))
    workplaces = estimate_jobs(objects, crs)
    return OsmExtract(
        roads=_table(ROAD_COLUMNS, _roads(lines)),
        places=_table(("id", "name", "kind"), _places(objects, "place")),
        utilities=_table(("id", "name", "kind"), _places(objects, "utility")),
        workplaces=workplaces,
        parcels=_parcels(objects, workplaces),
        units=_units(objects),
        backdrop=_table(("id", "kind"), backdrop),
    )


def _stream(path: Path) -> Iterator[Any]:
    keys = area_keys()
    everything = (*keys, *_LINE_KEYS, "place")
    processor = osmium.FileProcessor(str(path)).with_areas(osmium.filter.KeyFilter(*keys))
    yield from processor.with_filter(osmium.filter.KeyFilter(*everything))


def _take(each: Any, seen: _Pass) -> None:
    if each.is_node():
        seen.objects.append(TaggedShape(f"n{each.id}", dict(each.tags), shapely.Point(each.lon, each.lat)))
    elif each.is_way():
        if any(key in each.tags for key in _LINE_KEYS):
            _take_line(each, seen)
    elif each.is_area():
        try:
            shape = shapely.from_wkb(osmium.geom.WKBFactory().create_multipolygon(each))
        except RuntimeError:
            # a closed way without a ring of its own (nodes missing, or all at one point)
            seen.cut["area"] += 1
            return
        parts = shapely.get_parts(shape)
        prefix = "w" if each.from_way() else "r"
        one = parts[0] if len(parts) == 1 else shape
        seen.objects.append(TaggedShape(f"{prefix}{each.orig_id()}", dict(each.tags), one))


def _take_line(way: Any, seen: _Pass) -> None:
    """Keep a way as lines; where its nodes are missing from the file it is cut, and counted."""
    whole = whole_runs(way.nodes)
    if sum(map(len, whole)) < len(way.nodes):
        seen.cut["highway" if "highway" in way.tags else "line"] += 1
    for number, run in enumerate(whole):
        name = f"w{way.id}" if number == 0 else f"w{way.id}.{number}"
        seen.lines.append(TaggedShape(name, dict(way.tags), shapely.LineString(run)))


def _roads(lines: Sequence[TaggedShape]) -> Iterator[tuple[tuple[object, ...], shapely.Geometry]]:
    for each in lines:
        use = osm_use(each.tags)
        if use is not None:
            ways = [use.ways[mode] for mode in MODES]
            name, surface = each.tags.get("name", ""), each.tags.get("surface", "")
            yield (each.id, name, use.road_class, use.speed_kmh, use.speed_back_kmh, *ways, surface), each.shape


def _odd_speeds(lines: Sequence[TaggedShape], file: str) -> list[Problem]:
    """Return one problem that lists every posted speed that is no usable number, with how many roads bear it."""
    odd = [
        {tag for key in _SPEED_KEYS if (tag := each.tags.get(key)) is not None and parse_speed(tag) is None}
        for each in lines
        if osm_use(each.tags) is not None
    ]
    counts = Counter(tag for tags in odd for tag in tags)
    if not counts:
        return []
    listed = ", ".join(f"{tag} ({count})" for tag, count in sorted(counts.items()))
    return [Problem("osm_speeds", file, "maxspeed", str(sum(map(bool, odd))), listed, "mend")]


def _places(objects: Sequence[TaggedShape], group: str) -> Iterator[tuple[tuple[object, ...], shapely.Geometry]]:
    for each in objects:
        kinds = [kind for found, kind in place_kinds(each.tags) if found == group]
        for kind in kinds:
            number = f"{each.id}/{kind}" if len(kinds) > 1 else each.id
            yield (number, each.tags.get("name", ""), kind), each.shape


def _parcels(objects: Sequence[TaggedShape], workplaces: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    columns = ("id", "name", "origin", "kind", "landuse")
    frame = _table(columns, _candidates(objects))
    if frame.empty or workplaces.empty:
        return frame.assign(jobs_on_site=0.0)
    points = workplaces.representative_point().to_numpy()
    workplace, parcel = shapely.STRtree(frame.geometry.to_numpy()).query(points, predicate="intersects")
    jobs = pd.Series(workplaces["jobs"].to_numpy()[workplace]).groupby(parcel).sum()
    return frame.assign(jobs_on_site=jobs.reindex(range(len(frame)), fill_value=0.0).to_numpy())


def _candidates(objects: Sequence[TaggedShape]) -> Iterator[tuple[tuple[object, ...], shapely.Geometry]]:
    for each in objects:
        row = first("parcels", each.tags)
        if row is not None and each.shape.geom_type != "Point":
            name = each.tags.get("name", "")
            yield (each.id, name, row["origin"], "land", f"OSM {row['key']}={each.tags[row['key']]}"), each.shape


def _units(objects: Sequence[TaggedShape]) -> gpd.GeoDataFrame:
    """Return the administrative areas of the finest level that covers what the coarser ones cover."""
    columns = ("id", "name", "level", "population")
    rows = [
        ((each.id, each.tags["name"], int(each.tags["admin_level"]), _population(each.tags)), each.shape)
        for each in objects
        if each.tags.get("boundary") == "administrative"
        and each.tags.get("admin_level", "").isdigit()
        and "name" in each.tags
        and each.shape.geom_type != "Point"
    ]
    frame = _table(columns, rows)
    if frame.empty:
        return frame
    areas = pd.Series(shapely.area(frame.geometry.to_numpy())).groupby(frame["level"]).sum()
    covering = [level for level in areas.index if areas[level] >= 0.9 * areas.max()]
    units = frame[frame["level"] == max(covering)].reset_index(drop=True)
    settled = [each for each in objects if "place" in each.tags and _population(each.tags) is not None]
    return units.assign(population=_with_places(units, settled))


def _with_places(units: gpd.GeoDataFrame, settled: Sequence[TaggedShape]) -> pd.Series:
    """Return population by unit: its own tag, else that of the place of its own name inside it."""
    found = pd.to_numeric(units["population"])
    for each in settled:
        inside = units.geometry.intersects(each.shape.representative_point()) & (units["name"] == each.tags.get("name"))
        found = found.mask(inside & found.isna(), _population(each.tags))
    return found


def _population(tags: Tags) -> float | None:
    written = tags.get("population", "").replace(" ", "")
    return float(written) if written.isdigit() else None


def _table(columns: Sequence[str], rows: Any) -> gpd.GeoDataFrame:
    listed = list(rows)
    table = pd.DataFrame([record for record, _ in listed], columns=list(columns))
    return gpd.GeoDataFrame(table, geometry=[shape for _, shape in listed], crs=WGS84)


def _bounds(shapes: Sequence[shapely.Geometry]) -> tuple[float, float, float, float]:
    west, south, east, north = shapely.total_bounds(list(shapes))
    return float(west), float(south), float(east), float(north)
