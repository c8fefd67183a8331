"""Winter and slope slow the same streets."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine

from siting.base.errors import InputProblems
from siting.network import from_lines, from_networkx, travel_costs
from siting.network.slope import slope_from, speed_factor
from tests.towns import CRS, minutes, spots, streets

X0, Y0 = 561_000.0, 5_247_000.0


def hill(path: Path, grade: float, *, nodata: float | None = None, hole: bool = False) -> Path:
    """Write a plane that rises to the east, 30 m cells, 3 km a side."""
    columns = np.arange(100) * 30.0 + 15.0
    z = np.tile(grade * columns, (100, 1))
    if hole:
        z[:, 50:] = nodata
    profile = {"driver": "GTiff", "width": 100, "height": 100, "count": 1, "dtype": "float64", "nodata": nodata}
    with rasterio.open(path, "w", crs=CRS, transform=Affine(30, 0, X0, 0, -30, Y0 + 1500), **profile) as raster:
        raster.write(z, 1)
    return path


def test_in_winter_cars_keep_to_thirty_and_walking_takes_a_quarter_longer() -> None:
    road = streets([(0, 0), (1500, 0)], speed_kmh=[60.0])
    for mode, summer, winter in (("drive", 1.5, 3.0), ("walk", 20.0, 25.0), ("cycle", 7.5, 25.0)):
        net = from_lines(road, mode=mode)
        ends = spots(a=(0, 0)), spots(p=(1500, 0))
        assert minutes(travel_costs(net, *ends))["a", "p"] == pytest.approx(summer)
        assert minutes(travel_costs(net.in_season("winter"), *ends))["a", "p"] == pytest.approx(winter)
        assert minutes(travel_costs(from_lines(road, mode=mode, season="winter"), *ends))["a", "p"] == winter


def test_the_leg_to_the_street_is_walked_slower_in_winter_too() -> None:
    net = from_lines(streets([(0, 0), (1500, 0)]), mode="walk").in_season("winter")
    assert minutes(travel_costs(net, spots(a=(0, 60)), spots(p=(60, 0))))["a", "p"] == pytest.approx(2)


def test_a_season_shares_nodes_lines_and_components() -> None:
    net = from_lines(streets([(0, 0), (1500, 0)], [(1500, 0), (1500, 900)]), mode="drive")
    cold = net.in_season("winter")
    assert cold.node_xy is net.node_xy
    assert cold.edge_lines is net.edge_lines
    assert cold.node_component is net.node_component
    assert cold.in_season("summer").edge_forward_ms.tolist() == net.edge_forward_ms.tolist()


def test_given_times_have_no_season() -> None:
    net = from_lines(streets([(0, 0), (1500, 0)]), mode="drive")
    with pytest.raises(ValueError, match="no speeds"):
        from_networkx(net.to_networkx(), weight="minutes").in_season("winter")


def test_walking_follows_tobler_relative_to_the_flat() -> None:
    grades = np.array([0.0, -0.05, 0.1, -0.2])
    tobler = 6 * np.exp(-3.5 * np.abs(grades + 0.05))
    np.testing.assert_allclose(speed_factor(grades, "walk"), tobler / tobler[0])
    assert speed_factor(np.array([0.0, 0.05, -0.05]), "cycle") == pytest.approx([1, 0.6665, 1.199])


def test_uphill_takes_longer_than_down_and_the_flat_is_the_flat(tmp_path: Path) -> None:
    road = streets([(300, 0), (1800, 0)])
    road = road.set_geometry(road.translate(X0, Y0))
    ends = spots(a=(X0 + 300, Y0)), spots(p=(X0 + 1800, Y0))
    times = {}
    for grade in (0.0, 0.1):
        net = from_lines(road, mode="walk", slope=slope_from(hill(tmp_path / f"{grade}.tif", grade)))
        times[grade] = [minutes(travel_costs(net, *ends, direction=each))["a", "p"] for each in ("to", "from")]
    assert times[0.0] == pytest.approx([20, 20], abs=1e-4)
    # at one in ten: exp(-3.5 x 0.10) up, exp(-3.5 x 0.0) down, over exp(0) on the flat
    assert times[0.1] == pytest.approx([20 * np.exp(0.35), 20 * np.exp(0.0)], abs=1e-3)


def test_driving_takes_no_notice_of_slope(tmp_path: Path) -> None:
    road = streets([(300, 0), (1800, 0)])
    road = road.set_geometry(road.translate(X0, Y0))
    steep = from_lines(road, mode="drive", slope=slope_from(hill(tmp_path / "z.tif", 0.2)))
    assert steep.edge_forward_ms.tolist() == from_lines(road, mode="drive").edge_forward_ms.tolist()


def test_steps_without_elevation_are_flat_and_counted(tmp_path: Path) -> None:
    slope = slope_from(hill(tmp_path / "z.tif", 0.1, nodata=-9999, hole=True))
    lines = np.array([shapely.LineString([(X0 + 1600, Y0), (X0 + 1900, Y0)])], object)
    notes: Counter[str] = Counter()
    assert slope(lines, rasterio.crs.CRS.from_string(CRS), "walk", notes).tolist() == [[1, 1]]
    assert notes["no_elevation"] == 10


def test_a_raster_without_crs_or_that_is_none_is_refused_by_name(tmp_path: Path) -> None:
    plain = tmp_path / "plain.tif"
    profile = {"driver": "GTiff", "width": 2, "height": 2, "count": 1, "dtype": "float64"}
    with rasterio.open(plain, "w", transform=Affine(1, 0, 5, 0, -1, 7), **profile) as raster:
        raster.write(np.zeros((2, 2)), 1)
    text = tmp_path / "text.tif"
    text.write_text("no raster")
    for file, code in ((plain, "no_crs"), (text, "damaged")):
        with pytest.raises(InputProblems) as caught:
            slope_from(file)
        assert [each.code for each in caught.value.problems] == [code]
