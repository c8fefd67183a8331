"""Elevation and slope of parcels from a raster, weighted by area, read in windows under the parcels only."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike, fspath
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from siting.base.errors import InputProblems, Problem
from siting.parcels.zonal import Cells, Floats, Shapes, Tile, cells_under, tiles_under

Kind = Literal["elevation", "slope_pct"]
COLUMNS = ("elevation_mean_m", "slope_mean_pct", "slope_max_pct", "covered_share", "impossible_cells")
POSSIBLE: dict[Kind, tuple[float, float]] = {"elevation": (-500.0, 9000.0), "slope_pct": (0.0, 1000.0)}
"""What can be a height of land in metres (Dead Sea -430, Everest 8849: M) or a slope in per cent (G)."""
STRAIGHT = 1e-9
CACHE_MB = 64
LISTED = 20


def terrain(
    parcels: gpd.GeoDataFrame | gpd.GeoSeries,
    raster: str | PathLike[str],
    *,
    kind: Kind,
    crs: pyproj.CRS | None = None,
) -> pd.DataFrame:
    """Return height and slope of each parcel, on the index of `parcels`.

    Columns: elevation_mean_m (NaN for kind `slope_pct`), slope_mean_pct, slope_max_pct (steepest cell under any
    part of the parcel), covered_share (share of the parcel's area with a slope), impossible_cells. Means are
    weighted by the area of the parcel in each cell; a parcel without data is NaN, never 0. `kind` says what the
    first band holds: heights in metres, or slopes in per cent; scale and offset of the band are applied. Slope is
    that of Horn 1981 over 3 x 3 cells, as `gdaldem slope -p`, with cell sizes in metres on the ellipsoid row by
    row, so degrees and web maps are right; a cell with a missing neighbour, and the outer rim, has none. Values
    outside `POSSIBLE` are counted and not used. `crs` is that of a raster that states none.

    Raises InputProblems for a raster that cannot be read, states no CRS, or is rotated; ValueError for parcels
    without a CRS.
    """
    if parcels.crs is None:
        msg = "parcels need a CRS"
        raise ValueError(msg)
    found = _Found(len(parcels))
    with _opened(raster, crs) as grid:
        shapes = grid.in_cells(parcels.geometry)
        for tile in tiles_under(shapes, grid.raster.height, grid.raster.width):
            values, slope, impossible = grid.read(tile, kind)
            for cells in cells_under(tile):
                found.add(cells, values, slope, impossible)
    return found.table(shapely.area(shapes), kind, parcels.index)


def terrain_problems(table: pd.DataFrame, file: str) -> list[Problem]:
    """Return a warning for parcels on cells of impossible values, and one for parcels without a slope."""
    problems = []
    bad = table.index[table["impossible_cells"] > 0]
    if len(bad):
        cells = str(int(table["impossible_cells"].sum()))
        problems.append(Problem("raster_impossible", file, _ids(bad), cells, str(len(bad)), level="warn"))
    bare = table.index[table["slope_mean_pct"].isna()]
    if len(bare):
        problems.append(Problem("raster_no_data", file, _ids(bare), str(len(bare)), level="warn"))
    part = table.index[table["covered_share"].between(0, 1 - 1e-6, inclusive="neither")]
    if len(part):
        problems.append(Problem("raster_in_part", file, _ids(part), str(len(part)), level="note"))
    return problems


def horn_slope(z: Floats, cell_x_m: Floats, cell_y_m: Floats) -> Floats:
    """Return slope in per cent of the inner cells of `z` (rows x columns); cell sizes in metres for each inner row."""
    west, east = z[:, :-2], z[:, 2:]
    across = (east[:-2] + 2 * east[1:-1] + east[2:]) - (west[:-2] + 2 * west[1:-1] + west[2:])
    top, bottom = z[:-2], z[2:]
    down = (bottom[:, :-2] + 2 * bottom[:, 1:-1] + bottom[:, 2:]) - (top[:, :-2] + 2 * top[:, 1:-1] + top[:, 2:])
    slope = 100 * np.hypot(across / (8 * cell_x_m[:, None]), down / (8 * cell_y_m[:, None]))
    return np.where(np.isnan(z[1:-1, 1:-1]), np.nan, slope)


class _Found:
    """Sums over the cells under each parcel."""

    def __init__(self, size: int) -> None:
        self.height, self.height_area, self.slope, self.slope_area = np.zeros((4, size))
        self.steepest = np.full(size, np.nan)
        self.impossible = np.zeros(size, np.int64)

    def add(self, cells: Cells, values: Floats, slope: Floats, impossible: npt.NDArray[np.bool_]) -> None:
        at = (cells.row, cells.column)
        _add(self.height, self.height_area, cells, values[at])
        _add(self.slope, self.slope_area, cells, slope[at])
        np.fmax.at(self.steepest, cells.shape, slope[at])
        np.add.at(self.impossible, cells.shape, impossible[at])

    def table(self, area: Floats, kind: Kind, index: pd.Index) -> pd.DataFrame:
        covered = np.divide(self.slope_area, area, out=np.zeros(len(area)), where=area > 0)
        height = _mean(self.height, self.height_area) if kind == "elevation" else np.full(len(area), np.nan)
        slope = _mean(self.slope, self.slope_area)
        columns = (height, slope, self.steepest, np.clip(covered, 0, 1), self.impossible)
        return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)), index=index)


def _add(total: Floats, area: Floats, cells: Cells, values: Floats) -> None:
    known = np.isfinite(values)
    np.add.at(total, cells.shape[known], values[known] * cells.share[known])
    np.add.at(area, cells.shape[known], cells.share[known])


def _mean(total: Floats, area: Floats) -> Floats:
    return np.asarray(np.divide(total, area, out=np.full(len(area), np.nan), where=area > 0))


@dataclass(frozen=True)
class _Grid:
    """An open raster whose rows and columns run along the axes of its CRS."""

    raster: Any
    crs: pyproj.CRS

    def in_cells(self, shapes: gpd.GeoSeries) -> Shapes:
        """Return the shapes in cell coordinates (x columns, y rows)."""
        cell = self.raster.transform
        moved = shapes.to_crs(self.crs).to_numpy()
        return np.asarray(
            shapely.transform(
                moved, lambda xy: np.column_stack([xy[:, 0] - cell.c, xy[:, 1] - cell.f]) / (cell.a, cell.e)
            )
        )

    def read(self, tile: Tile, kind: Kind) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
        """Return values, slopes and where values are impossible, for the cells of a tile; missing is NaN."""
        z, impossible = self._values(tile, kind)
        inner = z[1:-1, 1:-1]
        bad = impossible[1:-1, 1:-1]
        return (inner, inner, bad) if kind == "slope_pct" else (inner, horn_slope(z, *self._cell_sizes(tile)), bad)

    def _values(self, tile: Tile, kind: Kind) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Return the values of a tile and one cell around it."""
        size = (self.raster.height, self.raster.width)
        spans = ((tile.row, tile.height), (tile.column, tile.width))
        window = [(max(at - 1, 0), min(at + n + 1, most)) for (at, n), most in zip(spans, size, strict=True)]
        read = self.raster.read(1, window=tuple(window), masked=True)
        known = read.astype(np.float64).filled(np.nan) * self.raster.scales[0] + self.raster.offsets[0]
        low, high = POSSIBLE[kind]
        impossible = np.isinf(known) | (known < low) | (known > high)
        rim = [(1 - (at - a), 1 - (b - at - n)) for (at, n), (a, b) in zip(spans, window, strict=True)]
        return np.pad(np.where(impossible, np.nan, known), rim, constant_values=np.nan), np.pad(impossible, rim)

    def _cell_sizes(self, tile: Tile) -> tuple[Floats, Floats]:
        """Return the size of the cells of each row in metres on the ellipsoid, along x and along y."""
        cell = self.raster.transform
        y = cell.f + cell.e * (tile.row + np.arange(tile.height) + 0.5)
        x = np.full(tile.height, cell.c + cell.a * (tile.column + tile.width / 2))
        return self._metres(x, y, (cell.a / 2, 0.0)), self._metres(x, y, (0.0, cell.e / 2))

    def _metres(self, x: Floats, y: Floats, half: tuple[float, float]) -> Floats:
        to_degrees = pyproj.Transformer.from_crs(self.crs, self.crs.geodetic_crs, always_xy=True)
        ends = [to_degrees.transform(x + sign * half[0], y + sign * half[1]) for sign in (-1, 1)]
        geod = self.crs.get_geod() or pyproj.Geod(ellps="GRS80")
        return np.asarray(geod.inv(*ends[0], *ends[1])[2])


@contextmanager
def _opened(raster: str | PathLike[str], crs: pyproj.CRS | None) -> Iterator[_Grid]:
    import rasterio  # noqa: PLC0415  slow to load and needed by few projects
    from rasterio.errors import NotGeoreferencedWarning, RasterioIOError  # noqa: PLC0415

    file = fspath(raster)
    try:
        with rasterio.Env(GDAL_CACHEMAX=CACHE_MB), warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(file) as opened:
                stated = crs if opened.crs is None else pyproj.CRS.from_user_input(opened.crs)
                if stated is None:
                    raise InputProblems([Problem("no_crs", file, expected="EPSG:…")])
                cell = opened.transform
                if max(abs(cell.b), abs(cell.d)) > STRAIGHT * max(abs(cell.a), abs(cell.e)):
                    raise InputProblems([Problem("raster_rotated", file, found=_turned(cell))])
                yield _Grid(opened, stated)
    except RasterioIOError as error:
        raise InputProblems([Problem("damaged", file, found=str(error))]) from error


def _turned(cell: Any) -> str:
    return f"{np.degrees(np.arctan2(cell.d, cell.a)):.3g}°"


def _ids(index: Sequence[object] | pd.Index) -> str:
    more = len(index) - LISTED
    return ", ".join([*map(str, index[:LISTED]), *([f"… (+{more})"] if more > 0 else [])])
