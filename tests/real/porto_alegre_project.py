"""A project made of Porto Alegre's own data (../shared/data/porto_alegre): a grid of hexagons, streets, bus and train."""

import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.spatial import cKDTree

CRS = "EPSG:31982"
DATE = "2019-05-13"
DEPARTURES = ("13:00", "14:00")
"""The buses of this feed run from 11:20 to 16:30 only: no peak hour can be asked of it."""

SNAP_M = 300.0
NEIGHBOUR_MAX_M = 380.0
"""Hexagons of resolution 9 lie 306 to 340 m apart here; the next ring begins at 530 m."""

AMOUNTS = {"workplaces": "jobs", "schools": "schools", "healthcare": "healthcare", "people": "population"}
FILES = ("poa.osm.pbf", "poa_eptc.zip", "poa_trensurb.zip")

HEAD = f"""
[project]
title = "Porto Alegre: 1227 hexagons, jobs, schools and health care in reach"
crs = "{CRS}"
language = "en"

[travel]
snap = {SNAP_M:g}

[travel.transit]
date = {DATE}
departures = {list(DEPARTURES)}
"""

CRITERION = """
[[criterion]]
name = "{name}"
title = "{title}"
title_en = "{title_en}"
measure = "cumulative"
of = "{of}"
mode = "{mode}"
cutoff = {cutoff}
better = "more"
worst = 0
best = {best}
weight = {weight}
source = "best: all that the city has; on foot about what the best hexagon reaches"
evidence = "G"
"""

WORDS = {
    "jobs": ("岗位", "jobs"),
    "schools": ("学校", "schools"),
    "health": ("医疗机构", "health facilities"),
    "walk": ("步行", "on foot"),
    "drive": ("驾车", "by car"),
    "transit": ("公共交通", "by public transport"),
}

CRITERIA = (
    ("jobs_30", "workplaces.jobs", "transit", 30, 338_000, 1),
    ("jobs_45", "workplaces.jobs", "transit", 45, 338_000, 3),
    ("jobs_60", "workplaces.jobs", "transit", 60, 338_000, 1),
    ("schools_walk_30", "schools.capacity", "walk", 30, 50, 1),
    ("schools_30", "schools.capacity", "transit", 30, 194, 1),
    ("health_walk_30", "healthcare.capacity", "walk", 30, 50, 1),
    ("health_30", "healthcare.capacity", "transit", 30, 141, 1),
    ("jobs_car_30", "workplaces.jobs", "drive", 30, 338_000, 1),
)
"""Name, what is counted, mode, minutes, the value that scores 1, weight."""

ABOUT = 'about = {{ date = "{date}", owner = "{owner}", licence = "{licence}" }}\n'
IPEA = ABOUT.format(date="2019-12-31", owner="Ipea, Access to Opportunities", licence="MIT (r5r)")
POINTS = """
role = "places"
kind = "{kind}"
source = "data/{name}.csv"
datum = "WGS84"
columns = {{ id = "id", {ours} = "{theirs}", x = "lon", y = "lat" }}
"""

LAYERS = {
    "parcels": 'role = "parcels"\nsource = "data/hexes.gpkg"\ncolumns = { id = "id", name = "id", kind = "kind" }\n'
    + IPEA,
    "roads": 'role = "roads"\nsource = "data/poa.osm.pbf"\n'
    + ABOUT.format(date="2020-08-31", owner="OpenStreetMap contributors", licence="ODbL 1.0"),
    "bus": 'role = "transit"\nsource = "data/poa_eptc.zip"\n' + ABOUT.format(date=DATE, owner="EPTC", licence="-"),
    "train": 'role = "transit"\nsource = "data/poa_trensurb.zip"\n'
    + ABOUT.format(date=DATE, owner="Trensurb", licence="-"),
    "workplaces": POINTS.format(kind="workplace", name="workplaces", ours="jobs", theirs="jobs") + IPEA,
    "schools": POINTS.format(kind="school", name="schools", ours="capacity", theirs="schools") + IPEA,
    "healthcare": POINTS.format(kind="clinic", name="healthcare", ours="capacity", theirs="healthcare") + IPEA,
}


def make_project(data: Path, folder: Path) -> Path:
    """Write the project made of the city's files in `data` into `folder` and return it."""
    (folder / "data").mkdir(parents=True)
    (folder / "layers").mkdir()
    (folder / "siting.toml").write_text(HEAD + "".join(_criterion(*each) for each in CRITERIA), "utf-8")
    for name, written in LAYERS.items():
        (folder / "layers" / f"{name}.toml").write_text(written, "utf-8")
    for name in FILES:
        shutil.copyfile(data / name, folder / "data" / name)
    table = hexes(data)
    hexagons(table).reset_index().assign(kind="land").to_file(folder / "data" / "hexes.gpkg")
    for name, column in AMOUNTS.items():
        amounts(table, column).to_csv(folder / "data" / f"{name}.csv")
    return folder


def hexes(data: Path) -> gpd.GeoDataFrame:
    """Return the rows of the grid as the points in their middle, in metres."""
    table = pd.read_csv(data / "poa_hexgrid.csv", index_col="id")
    points = gpd.points_from_xy(table["lon"], table["lat"], crs="EPSG:4326")
    return gpd.GeoDataFrame(table, geometry=points).to_crs(CRS)


def amounts(table: gpd.GeoDataFrame, column: str) -> pd.DataFrame:
    """Return the hexes that have some of a column, with longitude and latitude; five say nothing of jobs and health care."""
    return pd.DataFrame(table.loc[table[column] > 0, ["lon", "lat", column]])


def hexagons(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the hexagons around the middles, all of one shape.

    H3 cells are not regular in metres. A corner lies in the middle of three cells, hence at a third of the sum of
    two steps to neighbours, each the mean over the whole grid.
    """
    middles = shapely.get_coordinates(table.geometry.to_numpy())
    steps = _mean_steps(middles)
    corners = (steps + np.roll(steps, -1, axis=0)) / 3
    shapes = shapely.polygons(middles[:, None, :] + corners[None, :, :])
    return gpd.GeoDataFrame(geometry=shapes, index=table.index, crs=CRS)


def _mean_steps(middles: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the six mean steps from a middle to its neighbours, by angle."""
    pairs = cKDTree(middles).query_pairs(NEIGHBOUR_MAX_M, output_type="ndarray")
    along = middles[pairs[:, 1]] - middles[pairs[:, 0]]
    both = np.vstack([along, -along])
    sextant = np.floor(np.degrees(np.arctan2(both[:, 1], both[:, 0])) % 360 / 60).astype(int)
    return np.array([both[sextant == each].mean(axis=0) for each in range(6)])


def _criterion(name: str, of: str, mode: str, cutoff: int, best: int, weight: int) -> str:
    (what, what_en), (how, how_en) = WORDS[name.split("_", maxsplit=1)[0]], WORDS[mode]
    return CRITERION.format(
        title=f"{how}{cutoff}分钟可达{what}",
        title_en=f"{what_en} within {cutoff} min {how_en}",
        name=name,
        of=of,
        mode=mode,
        cutoff=cutoff,
        best=best,
        weight=weight,
    )
