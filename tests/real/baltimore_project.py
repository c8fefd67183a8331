"""A project made of Baltimore's own data (../shared/data/baltimore): streets, vacant parcels, schools, stops, jobs."""

from collections import Counter
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from siting.network.osm import read_roads

CRS = "EPSG:2804"
PARCEL_MIN_M2 = 500.0
MIXED_ZONE_MIN_M2 = 5_000.0
JOB_ZONES = ("Commercial Districts", "Industrial Districts", "Special Purpose Districts")
OSM_ORIGINS = {"brownfield": "idle_land", "greenfield": "new_allot", "construction": "reclaimed_unbuilt"}
LEVELS = {"E": "primary", "M": "junior_high", "H": "senior_high"}
DRAWN_ONLY = "STRFIC"
"""Subtype of lines the city calls fictitious: addresses of courts, not streets."""

CLASSES = {
    "STREX": "expressway",
    "STRTN": "expressway",
    "STRR": "ramp",
    "STRALY": "service",
    "STRURD": "service",
    "STRPRD": "local",
    "STRNDR": "local",
    "STCLN": "local",
    "STRPRD INT": "provincial",
    "STRPRD FWY": "national_class1",
    "STRPRD PART": "provincial",
    "STRPRD MART": "arterial",
    "STRPRD COLL": "secondary",
    "STRPRD LOC": "local",
}
"""The city's subtype, with the functional class of paved roads, to the class that OSM mostly gives the same street."""

SETTINGS = """
[project]
title = "Baltimore: vacant parcels, brownfields and industrial mixed-use zones"
crs = "EPSG:2804"
language = "en"

[screen]
area_min = 1000
source = "smallest site for a block of flats"
evidence = "G"

[[criterion]]
name = "jobs_10"
title = "10分钟驾车可达岗位"
title_en = "jobs within 10 min by car"
measure = "cumulative"
of = "workplaces.jobs"
mode = "drive"
cutoff = 10
better = "more"
worst = 0
best = 280000
weight = 3
source = "nine in ten of the jobs of the city in 2016"
evidence = "C"

[[criterion]]
name = "primary"
title = "步行到小学"
title_en = "walk to an elementary school"
measure = "nearest"
of = "schools[kind=primary]"
mode = "walk"
cutoff = 60
better = "less"
worst = 30
best = 7
weight = 2
evidence = "G"

[[criterion]]
name = "senior_high"
title = "步行到高中"
title_en = "walk to a high school"
measure = "nearest"
of = "schools[kind=senior_high]"
mode = "walk"
cutoff = 90
better = "less"
worst = 60
best = 15
weight = 1
evidence = "G"

[[criterion]]
name = "bus"
title = "步行到公交站"
title_en = "walk to a bus stop"
measure = "nearest"
of = "bus_stops"
mode = "walk"
cutoff = 60
better = "less"
worst = 15
best = 4
weight = 2
evidence = "G"

[[criterion]]
name = "park"
title = "步行到公园"
title_en = "walk to a park"
measure = "nearest"
of = "parks"
mode = "walk"
cutoff = 60
better = "less"
worst = 30
best = 5
weight = 1
evidence = "G"

[flag.remote]
title = "偏远空置风险"
title_en = "remote: may stand empty"
evidence = "G"
any_of = [
  { criterion = "jobs_10", below = 75000 },
  { criterion = "bus", above = 14 },
  { criterion = "primary", above = 40 },
]
"""

LAYERS = {
    "roads": """
role = "roads"
source = "data/streets.gpkg"
[columns]
name = "fullname"
class = "class_of_street"
[join]
tolerance_m = 0.1
[classes]
"""
    + "\n".join(f'"{theirs}" = "{ours}"' for theirs, ours in CLASSES.items()),
    "parcels": """
role = "parcels"
source = "data/parcels.gpkg"
columns = { id = "id", name = "name", kind = "kind", origin = "origin", landuse = "landuse" }
about = { date = "2019-10-31", owner = "City of Baltimore; The Baltimore Sun; OpenStreetMap contributors" }
""",
    "schools": """
role = "places"
source = "data/schools.gpkg"
columns = { id = "id", name = "program_name_short", kind = "level" }
[kinds]
"""
    + "\n".join(f'{theirs} = "{ours}"' for theirs, ours in LEVELS.items()),
    "bus_stops": """
role = "places"
kind = "bus_stop"
source = "data/bus_stops.gpkg"
columns = { id = "stop_id", name = "stop_name" }
""",
    "parks": """
role = "places"
kind = "park"
source = "data/parks.gpkg"
columns = { name = "name" }
""",
    "park_land": """
role = "constraint"
source = "data/parks.gpkg"
columns = { name = "name" }
[rule]
action = "exclude"
title = "公园用地"
title_en = "park land"
sliver_m2 = 50
""",
    "workplaces": """
role = "places"
kind = "workplace"
source = "data/workplaces.gpkg"
estimated = ["jobs"]
columns = { id = "geoid20", name = "csa", jobs = "jobs" }
""",
    "units": """
role = "units"
source = "data/csas.gpkg"
columns = { id = "id", name = "name", population = "population" }
""",
}


def make_project(data: Path, folder: Path) -> Path:
    """Write the project made of the city's files in `data` into `folder` and return it."""
    (folder / "data").mkdir(parents=True)
    (folder / "layers").mkdir()
    (folder / "siting.toml").write_text(SETTINGS, "utf-8")
    for name, written in LAYERS.items():
        (folder / "layers" / f"{name}.toml").write_text(written, "utf-8")
    blocks = blocks_with_jobs(data)
    tables = {
        "streets": streets(data),
        "parcels": parcels(data),
        "schools": schools(data),
        "bus_stops": bus_stops(data),
        "parks": gpd.read_file(data / "parks.gpkg"),
        "workplaces": blocks.loc[blocks["jobs"] > 0, ["geoid20", "csa", "jobs", "geometry"]],
        "csas": areas_with_people(data, blocks),
    }
    for name, table in tables.items():
        table.to_file(folder / "data" / f"{name}.gpkg")
    return folder


def streets(data: Path, *, bridges: bool = True) -> gpd.GeoDataFrame:
    """Return the city's streets with one column for the class: subtype, and functional class of paved roads.

    The city cuts its lines wherever they cross on paper: at 236 overpasses an expressway shares a vertex
    with the street below. With `bridges` the expressway's vertex is moved aside there, so that nobody turns off.
    """
    lines = gpd.read_file(data / "streets.gpkg", columns=["subtype", "sha_class", "fullname"])
    lines = lines[lines["subtype"] != DRAWN_ONLY]
    subtype = lines["subtype"].fillna("STRNDR")
    both = subtype + " " + lines["sha_class"].fillna("")
    lines = lines.assign(class_of_street=both.where(subtype == "STRPRD", subtype).str.strip())
    return lines.set_geometry(_lifted(lines)) if bridges else lines


def parcels(data: Path) -> gpd.GeoDataFrame:
    """Return vacant-building parcels, brownfields of OSM and industrial mixed-use zones, each above a size."""
    vacant = gpd.read_file(data / "vacant_building_parcels_2019.gpkg").to_crs(CRS)
    vacant = vacant[vacant.area >= PARCEL_MIN_M2]
    zones = gpd.read_file(data / "zoning.gpkg")
    zones = zones[(zones["name_zoning"] == "Industrial Mixed-Use Zoning District") & (zones.area >= MIXED_ZONE_MIN_M2)]
    wanted = f"landuse IN ({', '.join(map(repr, OSM_ORIGINS))})"
    osm = gpd.read_file(data / "baltimore_east.osm.pbf", layer="multipolygons", where=wanted).to_crs(CRS)
    osm = osm[osm.area >= PARCEL_MIN_M2]
    tables = (
        _candidates(vacant, "V", vacant["address"], "conversion", "vacant_homes", "vacant building notice 2019"),
        _candidates(zones, "Z", zones["label"], "land", "idle_industrial", "zoning I-MU"),
        _candidates(osm, "O", osm["name"], "land", osm["landuse"].map(OSM_ORIGINS), osm["landuse"]),
    )
    return pd.concat(tables, ignore_index=True)


def schools(data: Path) -> gpd.GeoDataFrame:
    """Return a row for every programme and level it teaches; what teaches no plain level keeps its own word."""
    programmes = gpd.read_file(data / "bcps_programs.gpkg")
    category = programmes["category"].fillna("na")
    plain = category.str.fullmatch("[EMH]+")
    levels = category.map(list).where(plain, category.map(lambda word: [word]))
    taught = programmes.assign(level=levels).explode("level", ignore_index=True)
    return taught.assign(id=taught["program_number"].astype(str) + " " + taught["level"])


def bus_stops(data: Path) -> gpd.GeoDataFrame:
    """Return the stops of the state's buses within 1 km of the city; the file reaches to Washington."""
    stops = gpd.read_file(data / "mta_bus_stops.gpkg")
    city = gpd.read_file(data / "baltimore_city.gpkg").to_crs(CRS).union_all()
    return stops[stops.intersects(city.buffer(1000)) & (stops["mode"] != "Commuter Bus")]


def blocks_with_jobs(data: Path) -> gpd.GeoDataFrame:
    """Return census blocks with the jobs of their statistical area (2016), spread by land zoned for work.

    No jobs are published below the 55 areas. A block counts with its area in commercial, industrial and
    special-purpose zones; in an area without such land, with its whole area.
    """
    blocks = gpd.read_file(data / "baltimore_blocks.gpkg").to_crs(CRS)
    areas = _valid(gpd.read_file(data / "csas.gpkg"))
    block, area = areas.sindex.query(blocks.representative_point(), predicate="intersects")
    blocks.loc[block, "csa"] = areas["name"].to_numpy()[area]
    zones = _valid(gpd.read_file(data / "zoning.gpkg"))
    zones = zones[zones["category_zoning"].isin(JOB_ZONES)]
    block, zone = zones.sindex.query(blocks.geometry, predicate="intersects")
    shared = shapely.area(shapely.intersection(blocks.geometry.to_numpy()[block], zones.geometry.to_numpy()[zone]))
    land = pd.Series(shared).groupby(block).sum().reindex(range(len(blocks)), fill_value=0.0)
    land = land.where(land.groupby(blocks["csa"]).transform("sum") > 0, blocks.area)
    share = land / land.groupby(blocks["csa"]).transform("sum")
    return blocks.assign(jobs=(share * blocks["csa"].map(jobs_by_area(data))).round(1))


def jobs_by_area(data: Path) -> pd.Series:
    """Return the jobs of each statistical area in 2016."""
    table = pd.read_csv(data / "csa_indicators_2010_2018.csv")
    return table[table["year"] == 2016].set_index("csa")["jobs_filled"]


def areas_with_people(data: Path, blocks: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the statistical areas as the city drew them (two are invalid) with the people of 2020."""
    areas = gpd.read_file(data / "csas.gpkg")
    people = blocks.groupby("csa")["pop20"].sum()
    return areas.assign(population=areas["name"].map(people).fillna(0))


def city_roads(data: Path) -> gpd.GeoDataFrame:
    """Return the city's streets as `network.from_lines` takes them."""
    lines = streets(data)
    return gpd.GeoDataFrame({"class": lines["class_of_street"].map(CLASSES)}, geometry=lines.geometry)


def osm_roads(data: Path) -> gpd.GeoDataFrame:
    """Return the streets of the OpenStreetMap extract of the east."""
    return read_roads(str(data / "baltimore_east.osm.pbf")).to_crs(CRS)


def points_in_both(data: Path, count: int, seed: int) -> gpd.GeoDataFrame:
    """Return random inhabited blocks, half a kilometre or more inside the city and what OSM covers, as points."""
    osm = osm_roads(data)
    covered = osm.geometry[osm["class"].isin(["local", "secondary", "arterial", "provincial"])].buffer(400).union_all()
    city = gpd.read_file(data / "baltimore_city.gpkg").to_crs(CRS).union_all()
    both = covered.buffer(-1000).intersection(city.buffer(-500))
    blocks = gpd.read_file(data / "baltimore_blocks.gpkg").to_crs(CRS)
    points = blocks[blocks["pop20"] > 0].representative_point()
    points = points[points.within(both)].to_frame("geometry").reset_index(drop=True)
    chosen = np.random.default_rng(seed).choice(len(points), count, replace=False)
    return gpd.GeoDataFrame(points.iloc[chosen], crs=CRS)


def _lifted(lines: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return the lines, expressways half a metre aside where two of their ends meet streets but no ramp."""
    ours = lines["class_of_street"].map(CLASSES)
    group = ours.where(ours.isin(["expressway", "ramp"]), "street")
    ends: dict[str, Counter[tuple[int, int]]] = {name: Counter() for name in ("expressway", "ramp", "street")}
    for name, shape in zip(group, lines.geometry, strict=True):
        for line in shape.geoms:
            ends[name].update([_decimetres(line.coords[0]), _decimetres(line.coords[-1])])
    met = ends["expressway"]
    over = {at for at in met if met[at] > 1 and at in ends["street"] and at not in ends["ramp"]}

    def aside(xy: np.ndarray) -> np.ndarray:
        return xy + 0.5 * np.array([_decimetres(point) in over for point in xy])[:, None]

    shapes = lines.geometry.copy()
    expressways = group == "expressway"
    shapes[expressways] = shapely.transform(shapes[expressways].to_numpy(), aside)
    return shapes


def _decimetres(xy: tuple[float, ...]) -> tuple[int, int]:
    return round(xy[0] * 10), round(xy[1] * 10)


def _candidates(
    table: gpd.GeoDataFrame, letter: str, name: object, kind: object, origin: object, landuse: object
) -> gpd.GeoDataFrame:
    columns = {"name": name, "kind": kind, "origin": origin, "landuse": landuse}
    found = gpd.GeoDataFrame(columns, geometry=table.geometry, index=table.index).reset_index(drop=True)
    return found.assign(id=[f"{letter}{number + 1:04d}" for number in range(len(found))])


def _valid(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return table.set_geometry(table.geometry.make_valid())
