"""Files as an office hands them over, written for real and read through the one door."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyproj
import shapely

from siting.base.errors import Problem
from siting.base.layers import Layer, LayerSettings
from siting.sources.layers import LayerReader
from siting.sources.reading import Reading

CRS = pyproj.CRS("EPSG:4538")
X, Y = 561_000.0, 5_247_000.0
PLACES: Mapping[str, Any] = {
    "datum": "EPSG:4538",
    "kind": "workplace",
    "columns": {"name": "单位", "jobs": "人数", "x": "x", "y": "y"},
}
PARCELS: Mapping[str, Any] = {"columns": {"id": "编号"}}


def read(root: Path, role: str, source: str, **settings: object) -> tuple[Reading | None, list[Problem]]:
    """Read one file below `root` as a layer of a role; what is read accounts for every row."""
    declared = LayerSettings.model_validate({"role": role, "source": source, **settings})
    layer = Layer(name="layer", file="layers/layer.toml", settings=declared)
    reading, problems = LayerReader(root, CRS).read(layer)
    if reading is not None:
        counts = reading.counts
        assert counts.used + counts.mended == len(reading.table)
        assert counts.left_out == len(reading.unusable)
    return reading, problems


def table(root: Path, written: str | bytes, **changes: object) -> tuple[Reading | None, list[Problem]]:
    """Write a CSV of workplaces (单位, 人数, x, y) and read it; `changes` replace its settings."""
    raw = written if isinstance(written, bytes) else written.encode()
    (root / "work.csv").write_bytes(raw)
    return read(root, "places", "work.csv", **{**PLACES, **changes})


def jobs(root: Path, cell: str) -> tuple[Reading | None, list[Problem]]:
    """Read two workplaces, the second with a number of jobs as typed."""
    return table(root, f'单位,人数,x,y\n厂,10,{X},{Y}\n店,"{cell}",{X},{Y}\n')


def parcels(
    root: Path, shapes: list[Any], *, crs: object = CRS, ids: list[str] | None = None, **settings: object
) -> tuple[Reading | None, list[Problem]]:
    """Write shapes as a GeoPackage of parcels A, B, C and read it."""
    labels = ids or list("ABCDEFGH"[: len(shapes)])
    gpd.GeoDataFrame({"编号": labels}, geometry=shapes, crs=crs).to_file(root / "parcels.gpkg")
    return read(root, "parcels", "parcels.gpkg", **{**PARCELS, **settings})


def square(x: float = 0.0, y: float = 0.0, side: float = 100.0) -> shapely.Polygon:
    """Return a square near the origin of the project's zone."""
    return shapely.box(X + x, Y + y, X + x + side, Y + y + side)


def found(problems: list[Problem]) -> list[tuple[str, str, str]]:
    """Return code, place and finding of every problem."""
    return [(problem.code, problem.where, problem.found) for problem in problems]


def codes(problems: list[Problem]) -> list[str]:
    """Return the codes in order."""
    return [problem.code for problem in problems]


def shapefile_parts(frame: gpd.GeoDataFrame, folder: Path, stem: str) -> dict[str, bytes]:
    """Return the files of a shapefile by name, as bytes; none stays in the folder."""
    frame.to_file(folder / f"{stem}.shp", encoding="utf-8")
    parts = {each.name: each.read_bytes() for each in folder.glob(f"{stem}.*")}
    for name in parts:
        (folder / name).unlink()
    return parts


def zipped(path: Path, members: Mapping[str, bytes]) -> Path:
    """Write a zip file of members by name."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in members.items():
            archive.writestr(name, raw)
    return path
