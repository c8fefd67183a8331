"""Slope rasters as they come: placed rightly, refused, or missing; never a wrong mean without a word."""

import os
import resource
import subprocess
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import pytest
import rasterio
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import Affine
from rasterio.warp import Resampling, reproject

import siting
from siting.base.errors import Problem
from tests import small_project
from tests.faults.running import command
from tests.faults.running import siting as siting_command
from tests.reliability.bad_inputs import told
from tests.small_project import CRS, PARCEL_X, X0, Y0

CELL = 25.0
NORTH_UP = Affine(CELL, 0, X0 - 1000, 0, -CELL, Y0 + 10_000)
ROWS, COLUMNS = 480, 320
GIB = 2**30
Floats = npt.NDArray[np.float64]


def slopes() -> Floats:
    """Slope in per cent that grows by 1 for every 100 m to the east: 5 at X0, 12.5 at P1, 35 at P2, 55 at P3."""
    x = -1000 + CELL * (np.arange(COLUMNS) + 0.5)
    return np.tile(np.maximum(5 + x / 100, 0), (ROWS, 1))


def raster(path: Path, values: Floats, **changes: object) -> None:
    """Write slopes as float32."""
    rows, columns = values.shape
    profile = {"driver": "GTiff", "width": columns, "height": rows, "count": 1, "dtype": "float32", "crs": CRS}
    with rasterio.open(path, "w", **{**profile, "transform": NORTH_UP, **changes}) as file:
        file.write(values.astype("float32"), 1)


def project(folder: Path) -> Path:
    """Write the small project with a slope layer (not yet its raster) and 40 % as the steepest slope."""
    screen = '[screen]\nslope = "slope"\nslope_max = 40\nsource = "本局规定"'
    small_project.write(folder, small_project.SETTINGS.replace("[screen]", screen))
    layer = 'role = "raster"\nkind = "slope_pct"\nsource = "data/slope.tif"\n'
    (folder / "layers/slope.toml").write_text(layer, "utf-8")
    return folder


def with_raster(folder: Path, values: Floats, **changes: object) -> Path:
    raster(project(folder) / "data/slope.tif", values, **changes)
    return folder


def ranked(folder: Path) -> pd.DataFrame:
    return siting.run(folder).ranking.set_index("parcel_id")


def about_slope(folder: Path, level: str) -> list[Problem]:
    return [each for each in told(folder, level) if each.file == "data/slope.tif"]


def under(parcel: str) -> tuple[slice, slice]:
    """Return the rows and columns of the cells under a parcel of the street."""
    column = round((PARCEL_X[parcel] + 1000) / CELL)
    bottom = round(10_000 / CELL)
    return slice(bottom - 5, bottom), slice(column - 3, column + 3)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The ranking with a good raster."""
    return ranked(with_raster(tmp_path_factory.mktemp("base") / "p", slopes()))


def test_the_base_has_the_slopes_that_paper_gives(base: pd.DataFrame) -> None:
    assert base.loc[["P1", "P2", "P3"], "slope_mean_pct"].tolist() == pytest.approx([12.5, 35, 55], abs=0.01)
    assert base.loc[["P1", "P2", "P3"], "status"].tolist() == ["ok", "ok", "excluded"]


def test_a_raster_without_a_system_is_asked_for_one_and_the_answer_helps(tmp_path: Path, base: pd.DataFrame) -> None:
    folder = with_raster(tmp_path / "p", slopes(), crs=None)
    (refused,) = about_slope(folder, "refuse")
    assert refused.code == "no_crs"
    assert "EPSG" in refused.mend("en")
    layer = folder / "layers/slope.toml"
    layer.write_text(layer.read_text("utf-8") + 'datum = "EPSG:4538"\n', "utf-8")
    pd.testing.assert_frame_equal(ranked(folder), base)


def test_minus_9999_as_data_is_told_and_not_averaged(tmp_path: Path) -> None:
    values = slopes()
    rows, columns = under("P1")
    values[rows, columns.start : columns.start + 3] = -9999
    folder = with_raster(tmp_path / "p", values)
    (warned,) = about_slope(folder, "warn")
    assert warned.code == "raster_impossible"
    assert "P1" in warned.where
    assert int(warned.found) > 0
    row = ranked(folder).loc["P1"]
    assert row["slope_mean_pct"] == pytest.approx(12.5 + 1 / 6, abs=0.05)  # the mean of the east half alone
    assert row["status"] == "ok"


def test_a_parcel_without_data_has_no_slope_and_one_in_part_has_the_mean_of_the_rest_and_its_share(
    tmp_path: Path, base: pd.DataFrame
) -> None:
    values = slopes()
    values[under("P3")] = np.nan
    rows, columns = under("P1")
    values[rows, columns.start : columns.start + 3] = np.nan
    folder = with_raster(tmp_path / "p", values, nodata=np.nan)
    warned = {each.code: each.where for each in about_slope(folder, "warn")}
    assert warned == {"raster_no_data": "P3"}
    results = siting.run(folder)
    found = results.ranking.set_index("parcel_id")
    assert np.isnan(found.loc["P3", "slope_mean_pct"])
    assert found.loc["P3", "status"] == "ok" or "no_data" in found.loc["P3", "status"]
    assert found.loc["P1", "slope_mean_pct"] == pytest.approx(12.5 + 1 / 6, abs=0.05)
    assert found.loc["P2", "slope_mean_pct"] == base.loc["P2", "slope_mean_pct"]
    assert "covered_share" in found.columns  # the mend of raster_in_part sends the reader there
    assert found.loc["P1", "covered_share"] == pytest.approx(0.5, abs=0.01)


def test_a_parcel_without_a_slope_never_passes_the_steepest_slope_in_silence(tmp_path: Path) -> None:
    values = slopes()
    values[under("P3")] = np.nan
    row = ranked(with_raster(tmp_path / "p", values, nodata=np.nan)).loc["P3"]
    assert "slope" in row["reasons"]


def test_a_raster_in_degrees_gives_the_slopes_of_the_base_within_a_cell(tmp_path: Path, base: pd.DataFrame) -> None:
    values = slopes().astype("float32")
    to_degrees = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    bottom, right = NORTH_UP.f - ROWS * CELL, NORTH_UP.c + COLUMNS * CELL
    west, south, east, north = to_degrees.transform_bounds(NORTH_UP.c, bottom, right, NORTH_UP.f)
    height, width = ROWS, COLUMNS
    place = Affine((east - west) / width, 0, west, 0, (south - north) / height, north)
    turned = np.full((height, width), np.nan, "float32")
    reproject(values, turned, src_transform=NORTH_UP, src_crs=CRS, dst_transform=place, dst_crs="EPSG:4326",
              dst_nodata=np.nan, resampling=Resampling.nearest)  # fmt: skip
    folder = with_raster(tmp_path / "p", turned, crs="EPSG:4326", transform=place, nodata=np.nan)
    found = ranked(folder)
    assert found["status"].equals(base["status"])
    assert found.loc[["P1", "P2", "P3"], "slope_mean_pct"].tolist() == pytest.approx([12.5, 35, 55], abs=CELL / 100)


@pytest.mark.parametrize("turn", [Affine.rotation(20), Affine.shear(10, 0), Affine.rotation(90)])
def test_a_rotated_raster_is_refused_and_never_read_as_north_up(tmp_path: Path, turn: Affine) -> None:
    folder = with_raster(tmp_path / "p", slopes(), transform=NORTH_UP @ turn)
    (refused,) = about_slope(folder, "refuse")
    assert refused.code == "raster_rotated"
    assert "gdalwarp" in refused.mend("zh")


def test_a_south_up_raster_gives_the_same_slopes(tmp_path: Path, base: pd.DataFrame) -> None:
    values = slopes()
    values[: ROWS // 2] += 3  # north and south differ, so that a mirrored reading shows
    north = ranked(with_raster(tmp_path / "n", values))
    bottom = NORTH_UP.f - ROWS * CELL
    south_up = Affine(CELL, 0, NORTH_UP.c, 0, CELL, bottom)
    south = ranked(with_raster(tmp_path / "s", values[::-1], transform=south_up))
    pd.testing.assert_frame_equal(south, north)
    assert south.loc["P1", "slope_mean_pct"] == pytest.approx(base.loc["P1", "slope_mean_pct"])
    assert south.loc["far", "slope_mean_pct"] == pytest.approx(base.loc["far", "slope_mean_pct"] + 3)


def bounded() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (2 * GIB, 2 * GIB))


@pytest.mark.parametrize("tiled", [True, False])
def test_a_tiny_file_that_claims_3_6_gb_is_read_under_the_parcels_alone(tmp_path: Path, tiled: bool) -> None:
    folder = project(tmp_path / "p")
    profile = {"driver": "GTiff", "width": 60_000, "height": 60_000, "count": 1, "dtype": "uint8", "crs": CRS}
    place = Affine(1, 0, X0 - 20_000, 0, -1, Y0 + 30_000)
    path = folder / "data/slope.tif"
    with rasterio.open(path, "w", transform=place, tiled=tiled, sparse_ok=True, **profile):
        pass
    assert path.stat().st_size < 2**20
    began = time.monotonic()
    done = subprocess.run(
        command("run", folder), capture_output=True, encoding="utf-8", check=False, timeout=60, preexec_fn=bounded,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began < 60
    found = pd.read_csv(folder / "maps/base/ranking.csv", encoding="utf-8-sig").set_index("parcel_id")
    assert found.loc["P3", "slope_mean_pct"] == 0
    assert found.loc["P3", "status"] == "ok"


def test_a_picture_named_tif_is_refused_for_lack_of_a_place(tmp_path: Path) -> None:
    folder = project(tmp_path / "p")
    with (
        pytest.warns(NotGeoreferencedWarning),
        rasterio.open(folder / "data/slope.tif", "w", driver="PNG", width=4, height=3, count=1, dtype="uint8") as file,
    ):
        file.write(np.full((3, 4), 7, "uint8"), 1)
    (refused,) = about_slope(folder, "refuse")
    assert (refused.code, refused.found) == ("raster_no_place", "PNG")
    done = siting_command("run", folder)
    assert done.returncode == 1
    assert refused.mend("zh") in done.stderr


@pytest.mark.parametrize("fault", ["elsewhere", "wrong_zone", "empty"])
def test_a_raster_that_covers_no_parcel_at_all_is_refused_where_a_limit_depends_on_it(
    tmp_path: Path, fault: str
) -> None:
    changes: dict[str, object] = {}
    values = slopes()
    if fault == "elsewhere":
        changes = {"transform": Affine(CELL, 0, NORTH_UP.c + 100_000, 0, -CELL, NORTH_UP.f)}
    elif fault == "wrong_zone":
        changes = {"crs": "EPSG:4537"}
    else:
        values[:] = -9999
        changes = {"nodata": -9999}
    assert about_slope(with_raster(tmp_path / "p", values, **changes), "refuse")
