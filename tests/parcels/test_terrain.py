"""Slope and height of parcels: drawn rasters with answers on paper, then properties, then oracles."""

import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import rasterio
import rasterstats
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import Affine

from siting.base.errors import InputProblems
from siting.parcels.terrain import horn_slope, terrain, terrain_problems
from siting.parcels.zonal import cells_under, tiles_under

CRS = "EPSG:4538"
X, Y = 500_000.0, 5_250_000.0
"""North-west corner of the drawn rasters, on the central meridian, where a metre of the map is one of the ground."""


def raster(path: Path, values: object, *, cell: float = 10.0, at: Affine | None = None, **options: object) -> Path:
    """Write values (rows from the north) as a GeoTIFF; `scale` and `offset` are those of the band."""
    z = np.asarray(values)
    scale, offset = options.pop("scale", 1.0), options.pop("offset", 0.0)
    profile = {"crs": CRS, "transform": at or Affine(cell, 0, X, 0, -cell, Y), "dtype": z.dtype, **options}
    with rasterio.open(path, "w", driver="GTiff", height=z.shape[0], width=z.shape[1], count=1, **profile) as file:
        file.write(z, 1)
        file.scales, file.offsets = (scale,), (offset,)
    return path


def plots(*bounds: tuple[float, float, float, float]) -> gpd.GeoSeries:
    """Return rectangles a, b, c of west, south, east, north in metres from the corner (south is negative)."""
    boxes = [shapely.box(X + west, Y + south, X + east, Y + north) for west, south, east, north in bounds]
    return gpd.GeoSeries(boxes, index=list("abcdefgh"[: len(boxes)]), crs=CRS)


def slopes(path: Path, *bounds: tuple[float, float, float, float]) -> pd.DataFrame:
    return terrain(plots(*bounds), path, kind="slope_pct")


def plane(rows: int = 40, columns: int = 40, east: float = 0.1, south: float = 0.0, cell: float = 10.0) -> np.ndarray:
    """Return heights that rise by so many metres a metre to the east and to the south."""
    return 100 + cell * np.add.outer(np.arange(rows) * south, np.arange(columns) * east)


def test_each_cell_counts_by_the_part_of_the_parcel_in_it(tmp_path: Path) -> None:
    path = raster(tmp_path / "s.tif", [[10.0, 20.0], [90.0, 90.0]])
    row = slopes(path, (7.5, -10, 20, 0)).loc["a"]
    assert row["slope_mean_pct"] == pytest.approx((0.25 * 10 + 1 * 20) / 1.25)
    assert (row["slope_max_pct"], row["covered_share"], row["impossible_cells"]) == (20, 1, 0)
    assert np.isnan(row["elevation_mean_m"])


@pytest.mark.parametrize(("east", "south", "percent"), [(0.1, 0, 10), (0, 0.03, 3), (0.03, 0.04, 5), (1.5, 0, 150)])
def test_a_plane_has_one_slope_in_per_cent_not_degrees(tmp_path: Path, east: float, south: float, percent: int) -> None:
    path = raster(tmp_path / "z.tif", plane(east=east, south=south))
    row = terrain(plots((95, -305, 305, -95)), path, kind="elevation").loc["a"]
    assert row["slope_mean_pct"] == pytest.approx(percent, rel=1e-4)
    assert row["slope_max_pct"] == pytest.approx(percent, rel=1e-4)
    assert row["elevation_mean_m"] == pytest.approx(100 + 195 * (east + south))


def test_the_rim_of_a_raster_has_height_but_no_slope(tmp_path: Path) -> None:
    path = raster(tmp_path / "z.tif", plane(4, 4))
    found = terrain(plots((0, -40, 10, 0), (0, -30, 20, -10)), path, kind="elevation")
    assert found.loc["a", "elevation_mean_m"] == 100
    assert np.isnan(found.loc["a", "slope_mean_pct"])
    assert (found.loc["a", "covered_share"], found.loc["b", "covered_share"]) == (0, 0.5)


def test_a_parcel_without_data_is_missing_and_not_flat(tmp_path: Path) -> None:
    path = raster(tmp_path / "s.tif", [[0.0, np.nan]])
    found = slopes(path, (0, -10, 10, 0), (10, -10, 20, 0), (500, -10, 510, 0), (-500, -10, -400, 0))
    assert found.loc["a", "slope_mean_pct"] == 0
    assert found.loc[list("bcd"), ["slope_mean_pct", "slope_max_pct"]].isna().all(axis=None)
    assert found["covered_share"].tolist() == [1, 0, 0, 0]
    assert [(each.code, each.where, each.found) for each in terrain_problems(found, "s.tif")] == [
        ("raster_no_data", "b, c, d", "3")
    ]


@pytest.mark.parametrize("nodata", [None, np.nan])
def test_where_a_third_is_missing_the_mean_is_that_of_the_rest_with_its_share(tmp_path: Path, nodata: object) -> None:
    path = raster(tmp_path / "s.tif", [[10.0, 30.0, np.nan]], nodata=nodata)
    found = slopes(path, (0, -10, 30, 0))
    assert found.loc["a", "slope_mean_pct"] == pytest.approx(20)
    assert found.loc["a", "covered_share"] == pytest.approx(2 / 3)
    assert [each.code for each in terrain_problems(found, "s.tif")] == ["raster_in_part"]


def test_a_declared_missing_value_is_no_slope(tmp_path: Path) -> None:
    path = raster(tmp_path / "s.tif", np.array([[10, 0, -9999]], np.int16), nodata=0)
    assert slopes(path, (0, -10, 20, 0)).loc["a", "slope_mean_pct"] == 10


@pytest.mark.parametrize("kind", ["slope_pct", "elevation"])
def test_an_undeclared_missing_value_is_counted_and_never_averaged_in(tmp_path: Path, kind: str) -> None:
    z = plane(20, 20, east=0.01)
    z[10, 10] = -9999
    found = terrain(plots((90, -120, 120, -90), (0, -30, 40, 0)), raster(tmp_path / "z.tif", z), kind=kind)
    assert found["impossible_cells"].tolist() == [1, 0]
    assert found.loc["a", "slope_mean_pct"] > 0 or np.isnan(found.loc["a", "slope_mean_pct"])
    assert not found["slope_max_pct"].gt(200).any()
    said = terrain_problems(found, "z.tif")[0]
    assert (said.code, said.level, said.where, said.found, said.expected) == (
        *("raster_impossible", "warn"),
        *("a", "1", "1"),
    )


def test_a_cell_beside_a_missing_one_has_height_but_no_slope(tmp_path: Path) -> None:
    z = plane(5, 5)
    z[2, 2] = np.nan
    found = terrain(plots((10, -40, 40, -10)), raster(tmp_path / "z.tif", z), kind="elevation").loc["a"]
    assert np.isnan(found["slope_mean_pct"])
    assert found["elevation_mean_m"] == pytest.approx(102)


def test_a_raster_drawn_from_the_south_has_the_same_values(tmp_path: Path) -> None:
    z = plane(30, 30, east=0.02, south=0.07) + np.random.default_rng(1).normal(size=(30, 30))
    north = raster(tmp_path / "n.tif", z)
    south = raster(tmp_path / "s.tif", z[::-1], at=Affine(10, 0, X, 0, 10, Y - 300))
    where = [(33, -222, 99, -41), (0, -30, 50, 0)]
    one, other = (terrain(plots(*where), path, kind="elevation") for path in (north, south))
    pd.testing.assert_frame_equal(one, other, rtol=1e-9)


def test_a_raster_in_degrees_gives_slopes_in_true_metres(tmp_path: Path) -> None:
    """One degree of longitude is shorter than one of latitude: the same rise per cell is steeper to the east."""
    at = Affine(1 / 3600, 0, 87.0, 0, -1 / 3600, 47.5)
    geod = pyproj.Geod(ellps="GRS80")
    parcel = gpd.GeoSeries([shapely.box(87.02, 47.47, 87.024, 47.474)], crs="EPSG:4490")
    for east, south in ((2.0, 0.0), (0.0, 2.0)):
        z = 500 + np.add.outer(np.arange(200) * south, np.arange(200) * east)
        path = raster(tmp_path / f"{east}.tif", z, at=at, crs="EPSG:4490")
        far = geod.inv(87.02, 47.472, 87.02 + bool(east) / 3600, 47.472 - bool(south) / 3600)[2]
        for plot in (parcel, parcel.to_crs(CRS)):
            assert terrain(plot, path, kind="elevation")["slope_mean_pct"].iloc[0] == pytest.approx(200 / far, rel=1e-4)


def test_a_raster_of_a_web_map_is_not_taken_at_its_stretched_metres(tmp_path: Path) -> None:
    x, y = pyproj.Transformer.from_crs(4326, 3857, always_xy=True).transform(87.0, 47.5)
    path = raster(tmp_path / "web.tif", plane(), at=Affine(10, 0, x, 0, -10, y), crs="EPSG:3857")
    plot = gpd.GeoSeries([shapely.box(x + 100, y - 300, x + 300, y - 100)], crs="EPSG:3857")
    stretch = 1 / np.cos(np.radians(47.5))
    found = terrain(plot, path, kind="elevation")["slope_mean_pct"].iloc[0]
    assert found == pytest.approx(10 * stretch, rel=0.004)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "float32"])
def test_whole_numbers_do_not_run_over_and_scale_and_offset_hold(tmp_path: Path, dtype: str) -> None:
    z = np.tile(np.arange(0, 250, 25), (10, 1)).astype(dtype)
    path = raster(tmp_path / "z.tif", z, scale=0.1, offset=-40)
    row = terrain(plots((30, -70, 70, -30)), path, kind="elevation").loc["a"]
    assert row["slope_mean_pct"] == pytest.approx(25, rel=1e-4)
    assert row["elevation_mean_m"] == pytest.approx((75 + 100 + 125 + 150) / 4 * 0.1 - 40)


@pytest.mark.parametrize(("b", "d"), [(3.0, 3.0), (0.5, 0.0)])
def test_a_rotated_raster_is_refused_and_never_read_as_north_up(tmp_path: Path, b: float, d: float) -> None:
    path = raster(tmp_path / "r.tif", plane(), at=Affine(10, b, X, d, -10, Y))
    with pytest.raises(InputProblems) as caught:
        slopes(path, (0, -10, 10, 0))
    assert [each.code for each in caught.value.problems] == ["raster_rotated"]


def test_a_raster_without_a_crs_is_refused_unless_it_is_declared(tmp_path: Path) -> None:
    path = raster(tmp_path / "s.tif", [[7.0]], crs=None)
    with pytest.raises(InputProblems) as caught:
        slopes(path, (0, -10, 10, 0))
    assert [each.code for each in caught.value.problems] == ["no_crs"]
    found = terrain(plots((0, -10, 10, 0)), path, kind="slope_pct", crs=pyproj.CRS(CRS))
    assert found["slope_mean_pct"].tolist() == [7]


def test_a_damaged_raster_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s.tif").write_bytes(b"II*\0 no more")
    with pytest.raises(InputProblems) as caught:
        slopes(tmp_path / "s.tif", (0, -10, 10, 0))
    assert [each.code for each in caught.value.problems] == ["damaged"]


def test_parcels_without_a_crs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="CRS"):
        terrain(gpd.GeoSeries([shapely.box(0, 0, 1, 1)]), tmp_path / "none.tif", kind="slope_pct")


def test_holes_and_parts_count_by_their_land(tmp_path: Path) -> None:
    path = raster(tmp_path / "s.tif", [[10.0, 40.0, 90.0]])
    ring = plots((0, -10, 20, 0)).iloc[0].difference(plots((10, -10, 15, 0)).iloc[0])
    whole = plots((0, -10, 30, 0)).iloc[0].difference(plots((22, -8, 28, -2)).iloc[0])
    found = terrain(gpd.GeoSeries([ring, whole, None], crs=CRS), path, kind="slope_pct")["slope_mean_pct"]
    assert found.tolist()[:2] == pytest.approx([(10 + 0.5 * 40) / 1.5, (10 + 40 + 0.64 * 90) / 2.64])
    assert np.isnan(found[2])


def test_an_empty_layer_of_parcels_gives_an_empty_table(tmp_path: Path) -> None:
    path = raster(tmp_path / "s.tif", [[10.0]])
    assert terrain(gpd.GeoSeries([], crs=CRS), path, kind="slope_pct").empty


def test_neither_neighbours_nor_order_change_a_bit_and_the_input_stays(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    path = raster(tmp_path / "z.tif", rng.uniform(0, 300, (600, 600)).astype("float32"))
    xy = rng.uniform((X - 100, Y - 6100), (X + 6100, Y + 100), (200, 2))
    town = gpd.GeoSeries(shapely.buffer(shapely.points(xy), rng.uniform(1, 900, 200)), crs=CRS)
    before = town.copy()
    together = terrain(town, path, kind="elevation")
    pd.testing.assert_frame_equal(terrain(town[::-1], path, kind="elevation")[::-1], together, check_exact=True)
    for row in (0, 77, 199):
        alone = terrain(town.iloc[[row]], path, kind="elevation")
        pd.testing.assert_frame_equal(alone, together.iloc[[row]], check_exact=True)
    assert town.equals(before)


def test_a_tiny_file_that_claims_sixty_thousand_cells_a_side_is_read_under_the_parcels_only(tmp_path: Path) -> None:
    path = tmp_path / "sparse.tif"
    profile = {"width": 60_000, "height": 60_000, "count": 1, "dtype": "uint8", "crs": CRS, "sparse_ok": True}
    with rasterio.open(
        path, "w", driver="GTiff", transform=Affine(1, 0, X, 0, -1, Y), tiled=True, compress="lzw", **profile
    ):
        pass
    program = f"""
import resource, time, geopandas, shapely, rasterio
from siting.parcels.terrain import terrain
boxes = [shapely.box({X} + 500 * i, {Y} - 500 * i - 99, {X} + 500 * i + 99, {Y} - 500 * i) for i in range(119)]
before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
found = terrain(geopandas.GeoSeries(boxes, crs="{CRS}"), "{path}", kind="slope_pct")
assert found["covered_share"].eq(1).all()
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024, time.monotonic() - start)
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)
    grown_mb, seconds = map(float, run.stdout.split())
    assert path.stat().st_size < 2_000_000
    assert grown_mb < 300
    assert seconds < 20


POINT = st.tuples(st.floats(-3, 13), st.floats(-3, 13))


@settings(deadline=None, max_examples=150)
@given(outer=st.lists(POINT, min_size=3, max_size=7), hole=POINT, side=st.sampled_from([3, 4, 512]))
def test_the_share_of_every_cell_is_the_area_that_shapely_cuts(outer: list, hole: tuple, side: int) -> None:
    shape = shapely.convex_hull(shapely.MultiPoint(outer)).difference(shapely.Point(hole).buffer(1.3, quad_segs=3))
    found = np.zeros((10, 10))
    for tile in tiles_under(np.array([shape], object), 10, 10, side):
        for cells in cells_under(tile):
            np.add.at(found, (cells.row + tile.row, cells.column + tile.column), cells.share)
    wanted = [[shapely.intersection(shape, shapely.box(x, y, x + 1, y + 1)).area for x in range(10)] for y in range(10)]
    assert found == pytest.approx(np.array(wanted), abs=2e-9)


def test_whole_cells_are_covered_wholly_and_their_neighbours_not_at_all() -> None:
    tile = next(tiles_under(np.array([shapely.box(2, 3, 5, 4)], object), 10, 10))
    cells = next(cells_under(tile))
    assert [each.tolist() for each in cells[1:]] == [[3, 3, 3], [2, 3, 4], [1, 1, 1]]


def random_town(path: Path) -> tuple[gpd.GeoDataFrame, Path]:
    rng = np.random.default_rng(3)
    z = rng.uniform(0, 60, (150, 150))
    z[rng.uniform(size=z.shape) < 0.2] = -9999
    xy = rng.uniform((X - 50, Y - 1550), (X + 1550, Y + 50), (120, 2))
    town = gpd.GeoDataFrame(geometry=shapely.buffer(shapely.points(xy), rng.uniform(3, 200, 120)), crs=CRS)
    return town, raster(path, z, nodata=-9999)


def test_exactextract_finds_the_same_means_and_steepest_cells(tmp_path: Path) -> None:
    exactextract = pytest.importorskip("exactextract", reason="exactextract has no wheel here")
    town, path = random_town(tmp_path / "s.tif")
    theirs = exactextract.exact_extract(str(path), town, ["mean", "max", "count"], output="pandas")
    ours = terrain(town, path, kind="slope_pct")
    known = ours["slope_mean_pct"].notna().to_numpy()
    assert known.sum() > 100
    assert ours["slope_mean_pct"][known].to_numpy() == pytest.approx(theirs["mean"][known].to_numpy(), rel=1e-6)
    assert ours["slope_max_pct"][known].to_numpy() == pytest.approx(theirs["max"][known].to_numpy(), rel=1e-12)
    share = theirs["count"] * 100 / town.area
    assert ours["covered_share"].to_numpy() == pytest.approx(share.to_numpy(), abs=1e-6)


@pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")
def test_rasterstats_by_cell_centres_agrees_on_parcels_of_many_cells(tmp_path: Path) -> None:
    town, path = random_town(tmp_path / "s.tif")
    large = town[town.area > 40_000]
    theirs = [each["mean"] for each in rasterstats.zonal_stats(large, str(path), stats=["mean"])]
    ours = terrain(large, path, kind="slope_pct")["slope_mean_pct"]
    assert len(large) > 20
    assert (ours - theirs).abs().max() < 0.6


def test_horn_is_the_weighted_difference_of_both_sides() -> None:
    z = np.array([[1.0, 2, 4], [1, 5, 7], [3, 3, 9]])
    across = ((4 + 2 * 7 + 9) - (1 + 2 * 1 + 3)) / (8 * 10)
    down = ((3 + 2 * 3 + 9) - (1 + 2 * 2 + 4)) / (8 * 20)
    assert horn_slope(z, np.array([10.0]), np.array([20.0])) == pytest.approx(100 * np.hypot(across, down))
