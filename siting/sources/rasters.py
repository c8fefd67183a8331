"""Rasters of elevation or slope: what they state about their place and cells, checked before any value is read."""

import warnings
from pathlib import Path
from typing import Any

import pandas as pd

from siting.base.layers import Layer
from siting.sources.crs import resolve
from siting.sources.reading import Findings

STRAIGHT = 1e-9
METRES = ("", "m", "metre", "meter", "metres", "meters")
SLOPE = "slope_pct"


def read_raster(layer: Layer, path: Path, findings: Findings) -> pd.DataFrame | None:
    """Return one row about a raster (rows, columns, bands, crs as WKT), None after a refusal in `findings`.

    Refused: a damaged file, one without a place on earth, without a CRS (nor a declared datum), rotated, with
    complex numbers, or with heights that it says are not in metres. Of several bands the first counts, and is
    told. No value is read, so a raster of any size takes a moment.
    """
    import rasterio  # noqa: PLC0415  slow to load and needed by few projects
    from rasterio.errors import NotGeoreferencedWarning, RasterioIOError  # noqa: PLC0415

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path) as raster:
                return _stated(raster, layer, findings)
    except RasterioIOError as error:
        findings.refuse("damaged", found=str(error).removeprefix(f"'{path}' "))
    return None


def raster_files(path: Path) -> list[Path]:
    """Return every file behind a raster: those that a virtual one (.vrt) is made of, too."""
    import rasterio  # noqa: PLC0415  as above
    from rasterio.errors import NotGeoreferencedWarning, RasterioIOError  # noqa: PLC0415

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path) as raster:
                found = [Path(each) for each in raster.files]
    except RasterioIOError:
        found = []
    return list(dict.fromkeys([path, *(each for each in sorted(found) if each.is_file())]))


def _stated(raster: Any, layer: Layer, findings: Findings) -> pd.DataFrame | None:
    cell = raster.transform
    if cell.is_identity:
        findings.refuse("raster_no_place", found=raster.driver)
        return None
    crs, problems = resolve(raster.crs, layer.settings.datum, layer.settings.source)
    findings.problems += problems
    if crs is not None and crs.geodetic_crs is None:
        findings.refuse("no_crs", expected="EPSG:…")
    if max(abs(cell.b), abs(cell.d)) > STRAIGHT * max(abs(cell.a), abs(cell.e)):
        findings.refuse("raster_rotated", found=f"{cell.b:g}, {cell.d:g}")
    if raster.dtypes[0].startswith("complex"):
        findings.refuse("raster_not_real", found=raster.dtypes[0])
    unit = (raster.units[0] or "").lower()
    if layer.settings.kind != SLOPE and unit not in METRES:
        findings.refuse("raster_not_metres", found=unit)
    if raster.count > 1:
        findings.warn("raster_bands", found=raster.count)
    if findings.is_refused() or crs is None:
        return None
    return pd.DataFrame(
        {"rows": [raster.height], "columns": [raster.width], "bands": [raster.count], "crs": [crs.to_wkt()]}
    )
