"""Slope from an elevation raster, as factors of walking and cycling speed along a line."""

from collections import Counter
from collections.abc import Callable
from os import PathLike, fspath

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from siting.base.columns import Mode
from siting.base.errors import InputProblems, Problem

Floats = npt.NDArray[np.float64]
Lines = npt.NDArray[np.object_]
Slope = Callable[[Lines, pyproj.CRS, Mode, "Counter[str]"], Floats]
"""Lines with their CRS and a mode to factors (line x 2: as drawn, and back)."""

STEP_M = 30.0
"""A slope is taken over steps of about one cell of the usual 1-arc-second rasters; shorter ones measure noise."""
STEEPEST = 0.6
CYCLE_UP, CYCLE_DOWN = 0.0667, 0.0398
CYCLE_RANGE = (0.2, 1.5)


def slope_from(path: str | PathLike[str]) -> Slope:
    """Return the factors of speed from a raster of elevations in metres.

    Steps whose ends lie on cells without data count as flat, and are counted in notes[`no_elevation`].
    Raises InputProblems for a file that is missing, damaged, rotated, or without a CRS.
    """
    heights = _Heights(fspath(path))

    def factors(lines: Lines, crs: pyproj.CRS, mode: Mode, notes: "Counter[str]") -> Floats:
        stations, line = _stations(lines)
        z = heights(stations, crs)
        inner = line[1:] == line[:-1]
        run = np.hypot(*np.diff(stations, axis=0).T)[inner]
        rise = np.diff(z)[inner]
        notes["no_elevation"] += int(np.isnan(rise).sum())
        grade = np.divide(np.nan_to_num(rise), run, out=np.zeros_like(run), where=run > 0)
        grade = np.clip(grade, -STEEPEST, STEEPEST)
        owner = line[1:][inner]
        length = np.bincount(owner, run, len(lines))
        both = [np.bincount(owner, run / speed_factor(each, mode), len(lines)) for each in (grade, -grade)]
        return np.column_stack([np.divide(length, each, out=np.ones_like(length), where=each > 0) for each in both])

    return factors


def speed_factor(grade: Floats, mode: Mode) -> Floats:
    """Return speed on a grade (rise over run, up positive) as a share of that on the flat.

    Walking: Tobler 1993, exp(-3.5 |grade + 0.05|) over its value on the flat. Cycling: Parkin & Rotheram
    2010, per cent of grade up -1.44 and down +0.86 of 21.6 km/h (from memory), between 0.2 and 1.5.
    """
    if mode == "walk":
        return np.asarray(np.exp(-3.5 * (np.abs(grade + 0.05) - 0.05)))
    change = np.where(grade > 0, -CYCLE_UP, -CYCLE_DOWN) * 100 * grade
    return np.clip(1 + change, *CYCLE_RANGE)


class _Heights:
    """Elevations at points, between the four cells around each."""

    def __init__(self, path: str) -> None:
        import rasterio  # noqa: PLC0415  slow to load and needed by few projects
        from rasterio.errors import RasterioIOError  # noqa: PLC0415

        try:
            with rasterio.open(path) as raster:
                self._z = raster.read(1, masked=True).astype(np.float64).filled(np.nan)
                self._crs, self._to_cell = raster.crs, ~raster.transform
        except RasterioIOError as error:
            raise InputProblems([Problem("damaged", path, found=str(error))]) from error
        if self._crs is None:
            raise InputProblems([Problem("no_crs", path, expected="EPSG:…")])

    def __call__(self, xy: Floats, crs: pyproj.CRS) -> Floats:
        to_raster = pyproj.Transformer.from_crs(crs, pyproj.CRS.from_user_input(self._crs), always_xy=True)
        x, y = (np.asarray(axis) for axis in to_raster.transform(*xy.T))
        cell = self._to_cell
        column, row = cell.a * x + cell.b * y + cell.c, cell.d * x + cell.e * y + cell.f
        return _between(self._z, row - 0.5, column - 0.5)


def _between(z: Floats, row: Floats, column: Floats) -> Floats:
    """Return bilinear values, NaN outside and beside cells without data."""
    top, left = np.floor(row).astype(np.int64), np.floor(column).astype(np.int64)
    inside = (top >= 0) & (left >= 0) & (top < z.shape[0] - 1) & (left < z.shape[1] - 1)
    top, left = np.where(inside, top, 0), np.where(inside, left, 0)
    down, right = row - top, column - left
    upper = z[top, left] * (1 - right) + z[top, left + 1] * right
    lower = z[top + 1, left] * (1 - right) + z[top + 1, left + 1] * right
    return np.where(inside, upper * (1 - down) + lower * down, np.nan)


def _stations(lines: Lines) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Return points along each line, both ends among them and about STEP_M apart, with the line of each."""
    lengths = shapely.length(lines)
    steps = np.maximum(np.rint(lengths / STEP_M), 1).astype(np.int64)
    line = np.repeat(np.arange(len(lines)), steps + 1)
    first = np.concatenate([[0], np.cumsum(steps + 1)])[:-1]
    share = (np.arange(len(line)) - np.repeat(first, steps + 1)) / np.repeat(steps, steps + 1)
    points = shapely.line_interpolate_point(lines[line], share, normalized=True)
    return shapely.get_coordinates(points), line
