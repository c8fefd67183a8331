"""Random small towns by seed: each the layers of a whole project, and how it is written to disk.

All coordinates are multiples of 1/8 m, so that a shift in whole metres loses no bit.
"""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from rasterio.transform import Affine

X0, Y0 = 561_000.0, 5_247_000.0
CRS = "EPSG:4538"
STEP = 250.0
FAR = 40_000.0
CLASSES = ("arterial", "secondary", "local", "living")
KINDS = ("primary", "clinic", "market")


@dataclass(frozen=True)
class Town:
    """The layers of a project as tables, its settings as text; `points` scales the reference points of jobs."""

    parcels: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    places: pd.DataFrame
    work: pd.DataFrame
    units: gpd.GeoDataFrame
    constraint: gpd.GeoDataFrame | None
    heights: np.ndarray | None
    corner: tuple[float, float]
    far: float | None
    cutoff: int
    floor: bool
    points: float = 1.0
    area: str = "area_m2"


def town(seed: int) -> Town:
    """Return the town of a seed."""
    rng = np.random.default_rng([7, seed])
    columns, rows = (int(n) for n in rng.integers(3, 8, 2))
    nodes = eighths(rng.uniform(-60, 60, (columns, rows, 2)) + STEP * np.stack(np.indices((columns, rows)), -1))
    nodes += [X0, Y0]
    extent = STEP * np.array([columns, rows])
    roads = _streets(rng, nodes)
    return Town(
        parcels=_parcels(rng, extent),
        roads=roads,
        places=_points(rng, extent, int(rng.integers(1, 8))).assign(
            名称=lambda t: [f"点{n}" for n in range(len(t))], 类别=lambda t: rng.choice(KINDS, len(t))
        ),
        work=_points(rng, extent, int(rng.integers(1, 12))).assign(
            单位=lambda t: [f"厂{n}" for n in range(len(t))], 人数=lambda t: rng.integers(0, 500, len(t))
        ),
        units=_units(extent),
        constraint=_constraint(rng, extent) if _by_chance(rng, 0.6) else None,
        heights=_heights(rng, extent) if _by_chance(rng, 0.25) else None,
        corner=(X0 - 1000, Y0 + extent[1] + 1000),
        far=float(rng.choice([0.8, 1.5])) if _by_chance(rng, 0.7) else None,
        cutoff=int(rng.integers(3, 30)),
        floor=_by_chance(rng, 0.3),
    )


def write(made: Town, folder: Path) -> Path:
    """Write a town as a project."""
    (folder / "layers").mkdir(parents=True)
    (folder / "data").mkdir()
    (folder / "siting.toml").write_text(_settings(made), "utf-8")
    for name, lines in _layers(made).items():
        (folder / f"layers/{name}.toml").write_text(lines, "utf-8")
    for name in ("parcels", "roads", "units", "constraint"):
        frame = getattr(made, name)
        if frame is not None:
            frame.to_file(folder / f"data/{name}.gpkg")
    for name in ("places", "work"):
        getattr(made, name).to_csv(folder / f"data/{name}.csv", index=False)
    if made.heights is not None:
        _write_raster(folder / "data/dem.tif", made)
    return folder


def eighths(value: Any) -> Any:
    """Return numbers rounded to 1/8."""
    return np.round(np.asarray(value) * 8) / 8


def _streets(rng: np.random.Generator, nodes: np.ndarray) -> gpd.GeoDataFrame:
    """Return the streets of a jittered grid with holes and one-ways, and at times a second town that nothing joins."""
    columns, rows = nodes.shape[:2]
    pairs = [(c, r, c + 1, r) for c in range(columns - 1) for r in range(rows)]
    pairs += [(c, r, c, r + 1) for c in range(columns) for r in range(rows - 1)]
    kept = [pair for pair in pairs if not _by_chance(rng, 0.12)]
    lines = [shapely.LineString([nodes[a, b], nodes[c, d]]) for a, b, c, d in kept]
    part = [0] * len(lines)
    if _by_chance(rng, 0.5):
        away = X0 + STEP * (columns + 2)
        other = [(away + STEP * n, Y0 + eighths(rng.uniform(-50, 50))) for n in range(int(rng.integers(2, 7)))]
        lines += [shapely.LineString(pair) for pair in pairwise(other)]
        part += [1] * (len(other) - 1)
    ways = rng.choice(["no", "yes", "-1"], len(lines), p=[0.8, 0.1, 0.1])
    classes = rng.choice(CLASSES, len(lines))
    return gpd.GeoDataFrame({"等级": classes, "单行": ways, "件": part}, geometry=lines, crs=CRS)


def _parcels(rng: np.random.Generator, extent: np.ndarray) -> gpd.GeoDataFrame:
    many = int(rng.integers(5, 31))
    corner = np.array([X0, Y0]) + eighths(rng.uniform([-200, -200], extent + 400, (many, 2)))
    side = eighths(rng.uniform(20, 120, (many, 2)))
    shapes = shapely.box(*corner.T, *(corner + side).T)
    frame = {
        "编号": [f"P{n:02d}" for n in range(many)],
        "面积": shapely.area(shapes),
        "容积率": rng.choice([0.5, 1.2, 2.0], many),
        "现状": rng.integers(0, 40, many),
    }
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=CRS)


def _points(rng: np.random.Generator, extent: np.ndarray, many: int) -> pd.DataFrame:
    at = np.array([X0, Y0]) + eighths(rng.uniform([-100, -100], extent + 100, (many, 2)))
    return pd.DataFrame({"x": at[:, 0], "y": at[:, 1]})


def _units(extent: np.ndarray) -> gpd.GeoDataFrame:
    middle = X0 + extent[0] / 2
    boxes = [
        shapely.box(X0 - 5000, Y0 - 5000, middle, Y0 + FAR + 9000),
        shapely.box(middle, Y0 - 5000, X0 + 15_000, Y0 + FAR + 9000),
    ]
    return gpd.GeoDataFrame({"代码": ["U1", "U2"], "就业人口": [900, 0]}, geometry=boxes, crs=CRS)


def _constraint(rng: np.random.Generator, extent: np.ndarray) -> gpd.GeoDataFrame:
    centre = np.array([X0, Y0]) + eighths(rng.uniform([0, 0], extent, (2, 2)))
    return gpd.GeoDataFrame({"名": ["甲", "乙"]}, geometry=shapely.box(*(centre - 80).T, *(centre + 80).T), crs=CRS)


def _heights(rng: np.random.Generator, extent: np.ndarray) -> np.ndarray:
    wide, high = (np.ceil((extent + 2000) / 30)).astype(int)
    across, down = np.indices((high, wide))
    hill = 80 * np.sin(across / rng.uniform(5, 20)) * np.cos(down / rng.uniform(5, 20))
    return (700 + hill).astype(np.float32)


def _write_raster(path: Path, made: Town) -> None:
    if made.heights is None:
        return
    high, wide = made.heights.shape
    where = Affine(30, 0, made.corner[0], 0, -30, made.corner[1])
    with rasterio.open(
        path, "w", driver="GTiff", height=high, width=wide, count=1, dtype="float32", crs=CRS, transform=where
    ) as file:
        file.write(made.heights, 1)


def _settings(made: Town) -> str:
    slope = 'slope = "dem"\nslope_max = 25\n' if made.heights is not None else ""
    uphill = 'slope = "dem"\n' if made.heights is not None else ""
    capacity = "" if made.far is None else f"[capacity]\nfar = {made.far}\nmean_home_m2 = 90\n"
    floor = f"floor = {40 * made.points:g}\n" if made.floor else ""
    return f"""
[project]
title = "随机小镇"
crs = "{CRS}"
date = 2025-12-31
[travel]
snap = 200
{uphill}
[screen]
area_min = 1200
{slope}
[[criterion]]
name = "near"
measure = "nearest"
of = "places"
mode = "walk"
cutoff = {made.cutoff}
better = "less"
worst = {made.cutoff}
best = 0
weight = 2
[[criterion]]
name = "ride"
measure = "nearest"
of = "places"
mode = "cycle"
cutoff = 60
better = "less"
worst = 40
best = 1
weight = 1
[[criterion]]
name = "jobs"
measure = "cumulative"
of = "work.jobs"
mode = "drive"
cutoff = {made.cutoff / 4}
better = "more"
worst = 0
best = {1000 * made.points:g}
{floor}weight = 3
{capacity}
"""


def _layers(made: Town) -> dict[str, str]:
    at = 'x = "x"\ny = "y"\n'
    layers = {
        "parcels": 'role = "parcels"\nsource = "data/parcels.gpkg"\n[columns]\nid = "编号"\nfar = "容积率"\n'
        f'jobs_on_site = "现状"\n{made.area} = "面积"\n',
        "roads": 'role = "roads"\nsource = "data/roads.gpkg"\n[columns]\nclass = "等级"\noneway = "单行"\n',
        "places": f'role = "places"\nsource = "data/places.csv"\ndatum = "{CRS}"\n[columns]\nname = "名称"\n'
        f'kind = "类别"\n{at}',
        "work": f'role = "places"\nkind = "workplace"\nsource = "data/work.csv"\ndatum = "{CRS}"\n[columns]\n'
        f'name = "单位"\njobs = "人数"\n{at}',
        "units": 'role = "units"\nsource = "data/units.gpkg"\n[columns]\nid = "代码"\nworkers = "就业人口"\n',
    }
    if made.constraint is not None:
        layers["constraint"] = (
            'role = "constraint"\nsource = "data/constraint.gpkg"\n[rule]\naction = "exclude"\ntitle = "禁建"\n'
            'buffer_m = 20\nclause = "x"\n[columns]\nname = "名"\n'
        )
    if made.heights is not None:
        layers["dem"] = 'role = "raster"\nsource = "data/dem.tif"\n'
    return layers


def _by_chance(rng: np.random.Generator, share: float) -> bool:
    return bool(rng.random() < share)
