"""Areas, edits and paths in Liechtenstein agree with travel times and with building the whole again."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from siting.base.columns import Mode
from siting.network import Network, from_lines, travel_costs
from siting.network.edits import edit
from siting.network.isochrones import isochrones
from siting.network.osm import read_roads
from siting.network.paths import paths
from tests.network.test_edits import assert_same
from tests.shared_data import shared

EXTRACT = "data/liechtenstein/liechtenstein-2024-03.osm.pbf"


@pytest.fixture(scope="module")
def roads() -> gpd.GeoDataFrame:
    table = read_roads(str(shared(EXTRACT)))
    return table.to_crs(table.estimate_utm_crs())


@pytest.fixture(scope="module", params=["walk", "drive"])
def net(request: pytest.FixtureRequest, roads: gpd.GeoDataFrame) -> Network:
    return from_lines(roads, mode=request.param, tolerance_m=0)


def some_spots(net: Network, many: int, seed: int = 1) -> gpd.GeoDataFrame:
    """Return points up to some 40 m from streets that matter."""
    rng = np.random.default_rng(seed)
    edges = rng.choice(np.flatnonzero(net.edge_is_major), many)
    on_it = shapely.line_interpolate_point(net.edge_lines[edges], rng.random(many), normalized=True)
    xy = shapely.get_coordinates(on_it) + rng.normal(0, 10, (many, 2))
    return gpd.GeoDataFrame(geometry=shapely.points(xy), crs=net.crs)


def new_lines(net: Network, many: int) -> gpd.GeoDataFrame:
    """Return roads between vertices that lie near each other."""
    rng = np.random.default_rng(2)
    vertices = np.unique(shapely.get_coordinates(net.edge_lines), axis=0)
    lines = []
    for begin in vertices[rng.integers(len(vertices), size=many)]:
        near = np.argsort(np.hypot(*(vertices - begin).T))[[0, 7, 20]]
        lines.append(shapely.LineString(vertices[near]))
    ways: dict[Mode, str] = {"walk": "both", "cycle": "both", "drive": "forward"}
    return gpd.GeoDataFrame(
        {"class": "local", "speed_kmh": 40.0, **ways}, geometry=lines, crs=net.crs, index=range(many)
    )


@pytest.mark.parametrize("direction", ["to", "from"])
def test_the_places_reached_in_time_are_those_inside(net: Network, direction: str) -> None:
    homes, places = some_spots(net, 4), some_spots(net, 400, seed=3)
    within = [5, 10]
    areas = isochrones(net, homes, minutes=within, beside_m=60, hole_m2=0, direction=direction)
    areas = areas.set_index(["origin", "minutes"]).geometry
    table = travel_costs(net, homes, places, direction=direction).table()
    for minutes in within:
        timely = table[table["minutes"] <= minutes]
        assert len(timely) > 4
        inside = shapely.covers(
            areas[[(home, minutes) for home in timely["origin"]]].to_numpy(),
            places.geometry[timely["destination"]].to_numpy(),
        )
        assert inside.all()
    for home in homes.index:
        assert areas[home, 10].buffer(1e-6).covers(areas[home, 5])


def test_corners_further_than_the_width_from_every_street_in_time_are_outside(net: Network) -> None:
    homes = some_spots(net, 3)
    areas = isochrones(net, homes, minutes=[8], beside_m=0.01, hole_m2=0).set_index("origin").geometry
    some = np.flatnonzero(net.node_component == np.bincount(net.node_component).argmax())[::20]
    corners = gpd.GeoDataFrame(geometry=shapely.points(net.node_xy[some]), crs=net.crs)
    table = travel_costs(net, homes, corners, cutoff=60).table()
    near = shapely.distance(areas[table["origin"]].to_numpy(), corners.geometry[table["destination"]].to_numpy())
    np.testing.assert_array_equal(near < 0.01, table["minutes"] <= 8)


@pytest.mark.parametrize("season", ["summer", "winter"])
def test_ten_added_roads_give_the_network_of_all_roads(net: Network, roads: gpd.GeoDataFrame, season: str) -> None:
    added = new_lines(net, 10)
    both = pd.concat([roads, added], ignore_index=True)
    built = from_lines(both, mode=net.mode, tolerance_m=0, season=season)
    assert_same(edit(net.in_season(season), add=added), built, len(roads))


@pytest.mark.parametrize("net", ["drive"], indirect=True)
def test_ten_new_speeds_give_the_network_of_roads_with_these_speeds(net: Network, roads: gpd.GeoDataFrame) -> None:
    chosen = np.unique(net.edge_road)[:: len(net.edge_road) // 10][:10]
    speeds = {int(edge): 17.0 for edge in np.flatnonzero(np.isin(net.edge_road, chosen))}
    slower = roads.copy()
    slower.iloc[chosen, slower.columns.get_indexer(["speed_kmh", "speed_back_kmh"])] = 17.0
    assert_same(edit(net, kmh=speeds), from_lines(slower, mode=net.mode, tolerance_m=0), len(roads))


def test_ten_closed_roads_are_not_travelled(net: Network) -> None:
    homes = some_spots(net, 12)
    asked = pd.DataFrame([(a, b) for a in homes.index for b in homes.index], columns=["origin", "place"])
    before = paths(net, homes, homes, asked)
    busiest = net.edge_lines[
        shapely.STRtree(net.edge_lines).query(before.geometry[1].buffer(0.01), predicate="contains")
    ]
    close = np.isin(net.edge_lines, busiest[:10])
    assert close.sum() > 2
    after = paths(edit(net, close=close), homes, homes, asked)
    met = shapely.intersection(shapely.union_all(net.edge_lines[close]).buffer(0.01), after.geometry.to_numpy())
    assert shapely.length(met)[after["minutes"].notna()].max() < 0.1
    both = after["minutes"].notna()
    assert both.sum() > 50
    assert (after["minutes"][both] >= before["minutes"][both] - 0.5).all()


@pytest.mark.parametrize("direction", ["to", "from"])
def test_paths_take_the_times_of_travel_costs(net: Network, direction: str) -> None:
    homes = some_spots(net, 15)
    asked = pd.DataFrame([(a, b) for a in homes.index for b in homes.index], columns=["origin", "place"])
    found = paths(net, homes, homes, asked, direction=direction)
    table = travel_costs(net, homes, homes, direction=direction).table()
    times = table.set_index(["origin", "destination"])["minutes"]
    np.testing.assert_array_equal(found["minutes"], times.loc[list(zip(asked["origin"], asked["place"], strict=True))])
    assert found.geometry.is_valid.all() or (found.length[~found.is_valid] == 0).all()
    if net.mode == "walk":
        legs = found["minutes"] - found.length / 75
        assert legs.min() > -0.01
        assert legs.max() < 5
