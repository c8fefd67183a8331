"""A made-up plain of as many square parcels as asked for, with ten layers: for scale, kills and starved runs."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from tests.small_project import CRS, LAYERS, SETTINGS, X0, Y0

STEP = 60.0
BLOCK = 5  # parcels between two streets
RULES = {
    "eco": 'action = "exclude"',
    "farm": 'action = "review"',
    "river": 'action = "gate"\ndocument = "涉河审批"',
    "hazard": 'action = "penalise"\npenalty = 0.9',
    "line": 'action = "review"\nbuffer_m = 15',
}


def write(folder: Path, count: int, seed: int = 1) -> Path:
    """Write the project: parcels, roads, schools, jobs, units and five constraint layers."""
    (folder / "layers").mkdir(parents=True)
    (folder / "data").mkdir()
    side = int(np.ceil(count**0.5))
    length = side * STEP
    rng = np.random.default_rng(seed)
    _parcels(count, side).to_file(folder / "data/parcels.gpkg")
    _streets(side).to_file(folder / "data/roads.gpkg")
    for name, columns in (("places", {"名称": "学", "类别": "小学"}), ("work", {"单位": "厂", "人数": 20})):
        points = max(20, count // 5)
        x, y = X0 + rng.random(points) * length, Y0 + rng.random(points) * length
        pd.DataFrame({**columns, "x": x.round(2), "y": y.round(2)}).to_csv(folder / f"data/{name}.csv", index=False)
    _units(length).to_file(folder / "data/units.gpkg")
    for name in RULES:
        _blots(name, max(5, count // 20), length, rng).to_file(folder / f"data/{name}.gpkg")
    _declare(folder)
    return folder


def _declare(folder: Path) -> None:
    (folder / "siting.toml").write_text(SETTINGS, "utf-8")
    for name, written in LAYERS.items():
        (folder / "layers" / f"{name}.toml").write_text(written, "utf-8")
    for name, rule in RULES.items():
        written = f'role = "constraint"\nsource = "data/{name}.gpkg"\n[columns]\nname = "名"\n'
        written += f'[rule]\ntitle = "{name}"\nclause = "drawn"\n{rule}\n'
        (folder / "layers" / f"{name}.toml").write_text(written, "utf-8")


def _parcels(count: int, side: int) -> gpd.GeoDataFrame:
    number = np.arange(count)
    x, y = X0 + number % side * STEP, Y0 + number // side * STEP
    table = {"编号": [f"P{n:06d}" for n in number], "名称": [f"地块{n}" for n in number], "来源": "idle_land"}
    return gpd.GeoDataFrame(table, geometry=shapely.box(x, y, x + 50, y + 50), crs=CRS)


def _streets(side: int) -> gpd.GeoDataFrame:
    step, reach = STEP * BLOCK, range(side // BLOCK + 1)
    west, south = X0 - 5, Y0 - 5
    lines = []
    for i in reach:
        for j in reach:
            here = (west + i * step, south + j * step)
            lines += [[here, (here[0] + step, here[1])], [here, (here[0], here[1] + step)]]
    return gpd.GeoDataFrame({"等级": ["主干路"] * len(lines)}, geometry=list(shapely.linestrings(lines)), crs=CRS)


def _units(length: float) -> gpd.GeoDataFrame:
    half = length / 2 + 100
    boxes = [
        shapely.box(X0 - 100 + a * half, Y0 - 100 + b * half, X0 - 100 + (a + 1) * half, Y0 - 100 + (b + 1) * half)
        for a in (0, 1)
        for b in (0, 1)
    ]
    table = {"代码": list("甲乙丙丁"), "名称": ["一团", "二团", "三团", "四团"], "就业人口": [100] * 4}
    return gpd.GeoDataFrame(table, geometry=boxes, crs=CRS)


def _blots(name: str, count: int, length: float, rng: np.random.Generator) -> gpd.GeoDataFrame:
    x, y = X0 + rng.random(count) * length, Y0 + rng.random(count) * length
    if name == "line":
        shapes = list(shapely.linestrings(np.stack([np.c_[x, y], np.c_[x + 500, y + 200]], axis=1)))
    else:
        shapes = list(shapely.buffer(shapely.points(x, y), rng.uniform(20, 150, count), quad_segs=8))
    return gpd.GeoDataFrame({"名": [f"{name}{n}" for n in range(count)]}, geometry=shapes, crs=CRS)
