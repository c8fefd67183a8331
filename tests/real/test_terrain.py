"""Slope of real ground: published zonal counts, and gdaldem with rasterstats on the heights of Porto Alegre."""

import json
import shutil
import subprocess
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import rasterio
import rasterio.warp
import rasterstats
import shapely
from rasterio.transform import Affine

from siting.parcels.terrain import terrain
from siting.parcels.zonal import cells_under, tiles_under
from tests.shared_data import shared

UTM = "EPSG:32722"


def known_slope() -> Path:
    return shared("known/zonal_centre/slope.tif")


def drawn(name: str) -> gpd.GeoSeries:
    """Return shapes of the published case; the files hold coordinates of the raster's CRS and do not say so."""
    with rasterio.open(known_slope()) as raster:
        crs = pyproj.CRS.from_user_input(raster.crs)
    features = json.loads(shared(f"known/zonal_centre/{name}.geojson").read_text("utf-8"))["features"]
    return gpd.GeoSeries([shapely.geometry.shape(each["geometry"]) for each in features], crs=crs)


def cells_of(shapes: gpd.GeoSeries) -> pd.DataFrame:
    """Return shape, share of the cell, whether its centre lies inside, and value, for every cell under the shapes."""
    with rasterio.open(known_slope()) as raster:
        z = raster.read(1, masked=True).astype(float).filled(np.nan)
        at = raster.transform
    moved = shapely.transform(shapes.to_numpy(), lambda xy: (xy - (at.c, at.f)) / (at.a, at.e))
    found = []
    for tile in tiles_under(moved, *z.shape):
        for cells in cells_under(tile):
            row, column = cells.row + tile.row, cells.column + tile.column
            inside = shapely.contains_xy(moved[cells.shape], column + 0.5, row + 0.5)
            columns = {"shape": cells.shape, "share": cells.share, "centre": inside, "value": z[row, column]}
            found.append(pd.DataFrame(columns))
    return pd.concat(found).dropna() if found else pd.DataFrame(columns=["shape", "share", "centre", "value"])


@pytest.fixture(scope="module")
def expected() -> dict:
    return json.loads(shared("known/zonal_centre/expected.json").read_text("utf-8"))


def test_the_cells_whose_centres_lie_inside_are_those_published(expected: dict) -> None:
    cells = cells_of(drawn("polygons"))
    inside = cells[cells["centre"]].groupby("shape")["value"].agg(["count", "mean", "min", "max", "sum"])
    assert inside["count"].tolist() == expected["centre_in_cell"]["count"] == expected["nodata_0_count"]
    assert round(float(inside["mean"].iloc[0]), 2) == expected["centre_in_cell"]["mean_first_2_decimals"]
    for name in inside.columns:
        full = [each[name] for each in expected["centre_in_cell"]["full"]]
        assert inside[name].tolist() == pytest.approx(full, rel=1e-6)


def test_the_cells_touched_are_as_many_as_published(expected: dict) -> None:
    assert cells_of(drawn("polygons")).groupby("shape").size().tolist() == expected["all_touched_count"]


def test_the_parts_of_a_multipolygon_count_together(expected: dict) -> None:
    assert cells_of(drawn("multipolygons"))["centre"].sum() == expected["multipolygon_count"]


def test_shapes_beside_the_raster_have_no_cell_and_no_mean(expected: dict) -> None:
    beside = drawn("polygons_no_overlap")
    assert [len(cells_of(beside.iloc[[row]])) for row in range(len(beside))] == expected["no_overlap_count"]
    found = terrain(beside, known_slope(), kind="slope_pct")
    assert found["slope_mean_pct"].isna().all()
    assert found["covered_share"].eq(0).all()


def test_a_parcel_as_small_as_a_point_has_the_value_of_its_cell(expected: dict) -> None:
    points = drawn("points")
    specks = gpd.GeoSeries(shapely.buffer(points.to_numpy(), 0.05, quad_segs=1), crs=points.crs)
    values = terrain(specks, known_slope(), kind="slope_pct")["slope_mean_pct"]
    assert len(values) == expected["points"]["count_total"]
    assert values.iloc[0] == pytest.approx(expected["points"]["value_first"], abs=5e-4)
    assert values.iloc[1] == pytest.approx(expected["points"]["value_second"], abs=5e-4)


def test_the_means_by_area_are_those_of_exactextract(expected: dict) -> None:
    shapes = drawn("polygons")
    found = terrain(shapes, known_slope(), kind="slope_pct")
    theirs = pd.DataFrame(expected["exactextract_0.3.0_output_here"])
    assert found["slope_mean_pct"].to_numpy() == pytest.approx(theirs["mean"].to_numpy(), rel=1e-7)
    with rasterio.open(known_slope()) as raster:
        counts = found["covered_share"] * shapes.area / abs(raster.transform.determinant)
    assert counts.to_numpy() == pytest.approx(theirs["count"].to_numpy(), rel=1e-7)


def hexagons() -> gpd.GeoSeries:
    """Return the places of Porto Alegre as hexagons about 174 m across their corners, in metres."""
    table = pd.read_csv(shared("data/porto_alegre/poa_hexgrid.csv"))
    middles = gpd.points_from_xy(table["lon"], table["lat"], crs="EPSG:4326").to_crs(UTM)
    turn = np.radians(np.arange(6) * 60)
    corners = np.column_stack([np.cos(turn), np.sin(turn)]) * 174
    xy = np.column_stack([middles.x, middles.y])[:, None] + corners
    return gpd.GeoSeries(shapely.polygons(xy), index=table["id"], crs=UTM)


def written(path: Path, z: np.ndarray, at: Affine, crs: str) -> Path:
    profile = {"dtype": "float32", "nodata": -9999.0, "count": 1, "transform": at, "crs": crs}
    with rasterio.open(path, "w", driver="GTiff", height=z.shape[0], width=z.shape[1], **profile) as file:
        file.write(z.astype("float32"), 1)
    return path


def gdaldem(path: Path) -> Path:
    program = shutil.which("gdaldem")
    if program is None:
        pytest.skip("gdaldem is not on this machine")
    out = path.with_name(f"slope_{path.name}")
    subprocess.run([program, "slope", "-p", "-q", str(path), str(out)], check=True, capture_output=True)
    return out


@pytest.fixture(scope="module")
def in_metres(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The heights of Porto Alegre in cells of 30 m."""
    with rasterio.open(shared("data/porto_alegre/poa_elevation.tif")) as raster:
        left, bottom, right, top = rasterio.warp.transform_bounds(raster.crs, UTM, *raster.bounds)
        at = Affine(30, 0, left, 0, -30, top)
        z = np.full((int((top - bottom) / 30), int((right - left) / 30)), -9999.0, np.float32)
        rasterio.warp.reproject(
            rasterio.band(raster, 1),
            z,
            dst_transform=at,
            dst_crs=UTM,
            dst_nodata=-9999.0,
            resampling=rasterio.warp.Resampling.bilinear,
        )
    return written(tmp_path_factory.mktemp("poa") / "metres.tif", z, at, UTM)


def test_slopes_of_porto_alegre_in_metres_are_those_of_gdaldem(in_metres: Path) -> None:
    plots = hexagons()
    theirs = terrain(plots, gdaldem(in_metres), kind="slope_pct")
    ours = terrain(plots, in_metres, kind="elevation")
    assert ours["slope_mean_pct"].notna().sum() > 1100
    # the metres of the map are up to 0.05 % longer than those on the ground
    assert (ours["slope_mean_pct"] / theirs["slope_mean_pct"] - 1).abs().max() < 6e-4
    assert (ours["slope_max_pct"] / theirs["slope_max_pct"] - 1).abs().max() < 6e-4
    pd.testing.assert_series_equal(ours["covered_share"], theirs["covered_share"], atol=1e-7)


def test_slopes_of_porto_alegre_in_degrees_are_those_of_gdaldem_on_cells_of_true_size(tmp_path: Path) -> None:
    path = shared("data/porto_alegre/poa_elevation.tif")
    with rasterio.open(path) as raster:
        z, at, crs = raster.read(1), raster.transform, raster.crs.to_wkt()
    middle = at.f + at.e * z.shape[0] / 2
    geod = pyproj.Geod(ellps="WGS84")
    wide = geod.inv(0, middle, at.a, middle)[2]
    high = geod.inv(0, middle - at.a / 2, 0, middle + at.a / 2)[2]
    flat = written(tmp_path / "flat.tif", z, Affine(wide, 0, 0, 0, -high, 0), UTM)
    with rasterio.open(gdaldem(flat)) as raster:
        slope = written(tmp_path / "slope.tif", raster.read(1), at, crs)
    plots = hexagons()
    theirs, ours = terrain(plots, slope, kind="slope_pct"), terrain(plots, path, kind="elevation")
    # a degree of longitude shrinks by 0.06 % from the middle of the raster to its edge
    assert (ours["slope_mean_pct"] / theirs["slope_mean_pct"] - 1).abs().max() < 8e-4
    assert ours["slope_mean_pct"].notna().sum() == theirs["slope_mean_pct"].notna().sum() > 1100


def test_degrees_and_metres_agree_on_the_same_ground(in_metres: Path) -> None:
    plots = hexagons()
    in_degrees = terrain(plots, shared("data/porto_alegre/poa_elevation.tif"), kind="elevation")
    warped = terrain(plots, in_metres, kind="elevation")
    whole = (in_degrees["covered_share"] > 0.999) & (warped["covered_share"] > 0.999)
    apart = (in_degrees - warped)[whole]
    assert apart["elevation_mean_m"].abs().max() < 0.5
    # resampling smooths heights that are whole metres
    assert 0 <= apart["slope_mean_pct"].median() < 1.5
    assert in_degrees[whole]["slope_mean_pct"].corr(warped[whole]["slope_mean_pct"]) > 0.99


@pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")
def test_rasterstats_by_cell_centres_is_near_on_porto_alegre(in_metres: Path) -> None:
    slope = gdaldem(in_metres)
    plots = hexagons()
    ours = terrain(plots, in_metres, kind="elevation")
    theirs = pd.Series(
        [each["mean"] for each in rasterstats.zonal_stats(plots, str(slope), stats=["mean"])], plots.index
    )
    whole = ours["covered_share"] > 0.999
    apart = (ours["slope_mean_pct"] - theirs.astype(float))[whole].abs()
    assert apart.median() < 0.05
    assert apart.max() < 1


def test_a_hundred_thousand_parcels_take_seconds(in_metres: Path) -> None:
    rng = np.random.default_rng(2)
    west, south, east, north = hexagons().total_bounds
    xy = rng.uniform((west, south), (east, north), (100_000, 2))
    plots = gpd.GeoSeries(shapely.buffer(shapely.points(xy), rng.uniform(10, 150, 100_000), quad_segs=4), crs=UTM)
    start = time.monotonic()
    found = terrain(plots, in_metres, kind="elevation")
    assert time.monotonic() - start < 30
    assert len(found) == 100_000
