"""A project that a reader can check on paper: one straight street of 6 km, a school and jobs at its west end.

Parcels are diamonds whose south corner lies 10 m north of the street, so each meets it at one point.
On foot (4.5 km/h = 75 m a minute) a parcel at x m from the school takes (10 + x) / 75 minutes.
"""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

X0, Y0 = 561_000.0, 5_247_000.0
CRS = "EPSG:4538"
STREET_X = (0, 1000, 2000, 3000, 4000, 5000, 6000)
PARCEL_X = {"P1": 750, "P2": 3000, "P3": 5000}

SETTINGS = """
[project]
title = "小镇"
crs = "EPSG:4538"
date = 2025-12-31

[travel]
snap = 300

[screen]
area_min = 2000

[[criterion]]
name = "school"
title = "步行到小学"
title_en = "walk to school"
measure = "nearest"
of = "places[kind=primary]"
mode = "walk"
cutoff = 60
better = "less"
worst = 60
best = 0
weight = 2
source = "hand-drawn"

[[criterion]]
name = "jobs"
measure = "cumulative"
of = "work.jobs"
mode = "drive"
cutoff = 10
better = "more"
worst = 0
best = 200
weight = 1

[flag.remote]
title = "偏远"
title_en = "remote"
source = "hand-drawn"
any_of = [{ criterion = "school", above = 45 }]

[capacity]
far = 1.2
mean_home_m2 = 100
"""
LAYERS = {
    "parcels": 'role = "parcels"\nsource = "data/parcels.gpkg"\n[columns]\nid = "编号"\nname = "名称"\norigin = "来源"\n',
    "roads": 'role = "roads"\nsource = "data/roads.gpkg"\n[columns]\nclass = "等级"\n[classes]\n"主干路" = "arterial"\n',
    "places": 'role = "places"\nsource = "data/places.csv"\ndatum = "EPSG:4538"\n'
    '[columns]\nname = "名称"\nkind = "类别"\nx = "x"\ny = "y"\n',
    "work": 'role = "places"\nkind = "workplace"\nsource = "data/work.csv"\ndatum = "EPSG:4538"\n'
    '[columns]\nname = "单位"\njobs = "人数"\nx = "x"\ny = "y"\n[about]\ndate = "2025-06-30"\n',
    "units": 'role = "units"\nsource = "data/units.gpkg"\n[columns]\nid = "代码"\nname = "名称"\nworkers = "就业人口"\n',
}


def diamond(x: float, y: float = 10.0, half: float = 50.0) -> shapely.Polygon:
    """A diamond whose south corner is at x, y."""
    corners = [(x, y), (x + half, y + half), (x, y + 2 * half), (x - half, y + half)]
    return shapely.Polygon([(X0 + a, Y0 + b) for a, b in corners])


def parcels() -> gpd.GeoDataFrame:
    """Three by the street, one too small, one far from any street, one by a stray piece, one undrawn."""
    shapes = {parcel: diamond(x) for parcel, x in PARCEL_X.items()}
    shapes["small"] = diamond(2000, half=20)
    shapes["far"] = diamond(2000, y=9000)
    shapes["stray"] = diamond(4000, y=4010)
    shapes["undrawn"] = None
    frame = pd.DataFrame({"编号": list(shapes), "名称": [f"地块{p}" for p in shapes], "来源": "闲置"})
    return gpd.GeoDataFrame(frame.assign(来源="idle_land"), geometry=list(shapes.values()), crs=CRS)


def roads() -> gpd.GeoDataFrame:
    """The street, a grid of side streets that makes it the main network, and a stray piece."""
    street = shapely.LineString([(X0 + x, Y0) for x in STREET_X])
    sides = [shapely.LineString([(X0 + x, Y0), (X0 + x, Y0 - 100 * n)]) for n, x in enumerate(STREET_X, start=1)]
    comb = [
        shapely.LineString([(X0 - 10 * n, Y0 - 500), (X0 - 10 * n - 10, Y0 - 500)]) for n in range(150)
    ]  # 150 more nodes, so that a piece of two nodes holds less than 1 % of all
    link = shapely.LineString([(X0, Y0), (X0, Y0 - 500)])
    stray = shapely.LineString([(X0 + 3950, Y0 + 4000), (X0 + 4050, Y0 + 4000)])
    lines = [street, *sides[1:], link, *comb, stray]
    return gpd.GeoDataFrame({"等级": ["主干路"] * len(lines)}, geometry=lines, crs=CRS)


def write(folder: Path, settings: str = SETTINGS, **frames: gpd.GeoDataFrame) -> Path:
    """Write the project; `frames` replace parcels or roads."""
    (folder / "layers").mkdir(parents=True)
    (folder / "data").mkdir()
    (folder / "siting.toml").write_text(settings, "utf-8")
    for name, written in LAYERS.items():
        (folder / "layers" / f"{name}.toml").write_text(written, "utf-8")
    frames.setdefault("parcels", parcels()).to_file(folder / "data/parcels.gpkg")
    frames.setdefault("roads", roads()).to_file(folder / "data/roads.gpkg")
    unit = shapely.box(X0 - 2000, Y0 - 2000, X0 + 8000, Y0 + 20000)
    units = gpd.GeoDataFrame({"代码": ["U1"], "名称": ["一团"], "就业人口": [100]}, geometry=[unit], crs=CRS)
    units.to_file(folder / "data/units.gpkg")
    (folder / "data/places.csv").write_text(f"名称,类别,x,y\n一小,小学,{X0},{Y0}\n", "gb18030")
    (folder / "data/work.csv").write_text(f"单位,人数,x,y\n厂,150,{X0},{Y0}\n店,50,{X0},{Y0}\n合计,200,,\n", "utf-8")
    return folder
