"""What a raster states about itself is checked before it is used."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio
from rasterio.transform import Affine

from siting.base.layers import Layer, LayerSettings
from siting.sources.rasters import read_raster
from siting.sources.reading import Findings
from tests.sources.office import CRS, X, Y

NORTH_UP = Affine(30, 0, X, 0, -30, Y)


def written(path: Path, *, driver: str = "GTiff", bands: int = 1, unit: str = "", **options: object) -> Path:
    """Write a raster of 4 x 3 cells."""
    profile = {"dtype": "int16", "crs": CRS.to_wkt(), "transform": NORTH_UP, **options}
    if driver == "PNG":
        profile = {"dtype": "uint8"}
    with rasterio.open(path, "w", driver=driver, height=4, width=3, count=bands, **profile) as file:
        for band in range(1, bands + 1):
            file.write(np.full((4, 3), band, profile["dtype"]), band)
        if unit:
            file.units = (unit,) * bands
    return path


def checked(path: Path, **settings: object) -> tuple[pd.DataFrame | None, list[tuple[str, str, str]]]:
    declared = LayerSettings.model_validate({"role": "raster", "source": path.name, **settings})
    findings = Findings(path.name)
    table = read_raster(Layer(name="dem", file="layers/dem.toml", settings=declared), path, findings)
    return table, [(each.code, each.level, each.found) for each in findings.problems]


def test_a_good_raster_is_one_row_about_itself(tmp_path: Path) -> None:
    table, problems = checked(written(tmp_path / "dem.tif"))
    assert table.loc[0, ["rows", "columns", "bands"]].tolist() == [4, 3, 1]
    assert CRS.equals(table.loc[0, "crs"])
    assert problems == []


def test_a_raster_without_a_crs_is_refused_and_its_crs_asked_for(tmp_path: Path) -> None:
    path = written(tmp_path / "dem.tif", crs=None)
    assert checked(path) == (None, [("no_crs", "refuse", "")])
    table, problems = checked(path, datum="EPSG:4538")
    assert CRS.equals(table.loc[0, "crs"])
    assert problems == []


def test_a_declared_datum_that_the_file_contradicts_is_refused(tmp_path: Path) -> None:
    _, problems = checked(written(tmp_path / "dem.tif"), datum="EPSG:32645")
    assert [each[:2] for each in problems] == [("two_crs", "refuse")]


def test_a_picture_named_tif_is_refused_for_lack_of_a_place(tmp_path: Path) -> None:
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning):
        path = written(tmp_path / "dem.tif", driver="PNG")
    assert path.read_bytes()[1:4] == b"PNG"
    assert checked(path) == (None, [("raster_no_place", "refuse", "PNG")])
    assert checked(path, datum="EPSG:4538")[0] is None


@pytest.mark.parametrize("turned", [Affine(30, 5, X, 5, -30, Y), Affine(30, 0, X, 2, -30, Y)])
def test_a_rotated_raster_is_refused(tmp_path: Path, turned: Affine) -> None:
    table, problems = checked(written(tmp_path / "dem.tif", transform=turned))
    assert table is None
    assert [each[:2] for each in problems] == [("raster_rotated", "refuse")]


def test_a_raster_drawn_from_the_south_is_accepted(tmp_path: Path) -> None:
    table, problems = checked(written(tmp_path / "dem.tif", transform=Affine(30, 0, X, 0, 30, Y)))
    assert len(table) == 1
    assert problems == []


def test_of_several_bands_the_first_counts_and_that_is_told(tmp_path: Path) -> None:
    table, problems = checked(written(tmp_path / "dem.tif", bands=3))
    assert table.loc[0, "bands"] == 3
    assert problems == [("raster_bands", "warn", "3")]


@pytest.mark.parametrize(("unit", "found"), [("m", []), ("metre", []), ("ft", [("raster_not_metres", "refuse", "ft")])])
def test_heights_that_say_they_are_in_feet_are_refused(tmp_path: Path, unit: str, found: list) -> None:
    assert checked(written(tmp_path / "dem.tif", unit=unit))[1] == found
    assert checked(written(tmp_path / "slope.tif", unit=unit), kind="slope_pct")[1] == []


def test_complex_numbers_are_refused(tmp_path: Path) -> None:
    _, problems = checked(written(tmp_path / "dem.tif", dtype="complex64"))
    assert problems == [("raster_not_real", "refuse", "complex64")]


@pytest.mark.parametrize("raw", [b"", b"II*\0", b"hello, this is no raster" * 9])
def test_what_is_no_raster_is_damaged(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "dem.tif").write_bytes(raw)
    table, problems = checked(tmp_path / "dem.tif")
    assert table is None
    assert [each[:2] for each in problems] == [("damaged", "refuse")]


def test_a_file_that_claims_more_than_memory_holds_takes_a_moment(tmp_path: Path) -> None:
    path = tmp_path / "dem.tif"
    profile = {"width": 60_000, "height": 60_000, "count": 1, "dtype": "uint8", "crs": CRS.to_wkt()}
    with rasterio.open(path, "w", driver="GTiff", transform=NORTH_UP, tiled=True, sparse_ok=True, **profile):
        pass
    table, problems = checked(path)
    assert table.loc[0, "rows"] == 60_000
    assert problems == []
