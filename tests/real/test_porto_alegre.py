"""Porto Alegre in one run: jobs, schools and health care in reach of 1,227 hexes, held against matrices made apart."""

from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import siting
from siting import access, network
from siting.base.results import Results
from siting.base.travel import TravelCosts
from siting.network.transit import Journey, TransitReach, from_gtfs
from tests.real.porto_alegre_project import (
    CRITERIA,
    CRS,
    DATE,
    DEPARTURES,
    SNAP_M,
    amounts,
    hexagons,
    hexes,
    make_project,
)
from tests.shared_data import shared

pytestmark = pytest.mark.xdist_group("porto_alegre")
"""One worker makes the run once for all."""
HEXES = 1227
EVERYWHERE_M = 1e6
CUTOFF = 30.0
CLOSE = {"rtol": 1e-9, "atol": 0.0, "check_names": False, "check_dtype": False, "check_index_type": False}
SQUARED_FLOOR = 1e-12
DECAYS = {
    "step": access.step(CUTOFF),
    "gaussian": access.gaussian(CUTOFF),
    "linear": access.linear(CUTOFF),
    "exponential": access.exponential(half_at=10),
    "logistic": access.logistic(midpoint=15, spread=4),
    "bands": access.bands({10: 1, 20: 0.68, 30: 0.22}),
}


@pytest.fixture(scope="module")
def data() -> Path:
    return shared("data/porto_alegre")


@pytest.fixture(scope="module")
def project(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(data, tmp_path_factory.mktemp("porto_alegre") / "project")


@pytest.fixture(scope="module")
def results(project: Path) -> Results:
    return siting.run(project)


@pytest.fixture(scope="module")
def ranking(results: Results) -> pd.DataFrame:
    return results.ranking.set_index("parcel_id")


@pytest.fixture(scope="module")
def grid(data: Path) -> gpd.GeoDataFrame:
    return hexes(data)


@pytest.fixture(scope="module")
def walk(project: Path) -> network.Network:
    return siting.open_project(project).network("walk")


@pytest.fixture(scope="module")
def on_foot(walk: network.Network, grid: gpd.GeoDataFrame) -> network.StreetReach:
    snaps = network.snap(walk, grid.geometry, limit_m=EVERYWHERE_M)
    assert (snaps["status"] == "snapped").all()
    return network.StreetReach(walk, snaps, snaps, cutoff=CUTOFF)


@pytest.fixture(scope="module")
def matrix(on_foot: network.StreetReach) -> TravelCosts:
    return on_foot.costs()


@pytest.fixture
def supply(grid: gpd.GeoDataFrame) -> pd.Series:
    return grid["schools"].astype(float)


@pytest.fixture
def demand(grid: gpd.GeoDataFrame) -> pd.Series:
    return grid["population"].astype(float)


def test_hexagons_tile_the_grid(grid):
    shapes = hexagons(grid)
    first, second = shapes.sindex.query(shapes.geometry, predicate="intersects")
    once = first < second
    both = shapely.intersection(shapes.geometry.to_numpy()[first[once]], shapes.geometry.to_numpy()[second[once]])
    # the cells of H3 are not quite of one shape: neighbours may share a sliver, a thousandth of a hexagon at most
    assert shapely.area(both).max() < shapes.area.min() / 900
    closed = shapes.union_all().buffer(1).buffer(-1)
    assert closed.area == pytest.approx(shapes.area.sum(), rel=0.002)
    assert shapes.centroid.distance(grid.geometry).max() < 0.001


def test_every_hex_comes_out_with_a_status(ranking, grid):
    assert sorted(ranking.index) == sorted(grid.index)
    assert ranking["status"].value_counts().to_dict() == {"ok": 1214, "disconnected": 13}
    left = ranking[ranking["status"] != "ok"]
    assert (left["reasons"] == "disconnected:drive; disconnected:walk").all()
    assert left[[name for name, *_ in CRITERIA]].isna().all(axis=None)


def test_hexes_that_meet_no_street_hold_few_people_and_jobs(ranking, grid):
    left = grid.loc[ranking.index[ranking["status"] != "ok"]]
    assert (left["population"].sum(), left["jobs"].sum()) == (1224, 70)
    assert (grid["population"].sum(), grid["jobs"].sum()) == (812_935, 337_921)


def test_more_minutes_never_reach_fewer_jobs(ranking):
    ok = ranking[ranking["status"] == "ok"]
    assert ok[["jobs_30", "jobs_45", "jobs_60"]].notna().all(axis=None)
    assert (ok["jobs_30"] <= ok["jobs_45"]).all()
    assert (ok["jobs_45"] <= ok["jobs_60"]).all()
    assert (ok["jobs_60"] > ok["jobs_30"]).mean() > 0.9


def test_a_bus_never_reaches_less_than_feet_do(ranking):
    ok = ranking[ranking["status"] == "ok"]
    assert (ok["schools_30"] >= ok["schools_walk_30"]).all()
    assert (ok["health_30"] >= ok["health_walk_30"]).all()


def test_nothing_reaches_more_than_the_city_has(ranking, grid):
    totals = {"jobs": grid["jobs"].sum(), "schools": grid["schools"].sum(), "health": grid["healthcare"].sum()}
    for name, *_ in CRITERIA:
        assert ranking[name].max() <= totals[name.split("_")[0]]


def test_the_centre_reaches_more_jobs_than_the_edge(ranking, grid):
    market = gpd.GeoSeries.from_xy([-51.227811], [-30.027565], crs="EPSG:4326").to_crs(CRS).iloc[0]
    ok = ranking.index[ranking["status"] == "ok"]
    away_m, people = grid.geometry[ok].distance(market), grid.loc[ok, "population"]
    near, far = (people.where(each, 0) for each in (away_m < 2000, away_m > 9000))
    for name in ("jobs_30", "jobs_45", "jobs_60"):
        means = [float((ranking.loc[ok, name] * each).sum() / each.sum()) for each in (near, far)]
        assert means[0] > 1.25 * means[1]


@pytest.fixture(scope="module")
def by_transit(project: Path, walk: network.Network, grid: gpd.GeoDataFrame) -> dict[str, TravelCosts]:
    """One search to 60 minutes for each layer, where the run searches once for each criterion."""
    files = [project / "data" / name for name in ("poa_eptc.zip", "poa_trensurb.zip")]
    timetable = from_gtfs(files, date=DATE)
    found = {}
    for layer, column, cutoff in (
        ("workplaces", "jobs", 60),
        ("schools", "schools", 30),
        ("healthcare", "healthcare", 30),
    ):
        journey = Journey(cutoff=cutoff, departures=DEPARTURES, snap_m=SNAP_M)
        places = grid.loc[amounts(grid, column).index]
        reach = TransitReach(timetable, walk, hexagons(grid), places, journey=journey)
        found[layer] = reach.percentiles((50,), workers=2)[50]
    return found


def test_the_run_equals_sums_over_matrices_by_public_transport(ranking, by_transit, grid):
    columns = {"workplaces": "jobs", "schools": "schools", "healthcare": "healthcare"}
    ok = ranking.index[ranking["status"] == "ok"]
    for name, of, mode, cutoff, *_ in CRITERIA:
        if mode == "transit":
            layer = of.split(".")[0]
            costs = by_transit[layer]
            sums = access.cumulative(costs, grid.loc[costs.places, columns[layer]].astype(float), cutoff=cutoff)
            pd.testing.assert_series_equal(ranking.loc[ok, name], sums[ok], **CLOSE)


def test_the_run_equals_sums_over_matrices_on_foot_and_by_car(project, ranking, grid):
    opened, columns = siting.open_project(project), {"jobs": "jobs", "schools": "schools", "health": "healthcare"}
    ok = ranking.index[ranking["status"] == "ok"]
    for name, _, mode, cutoff, *_ in CRITERIA:
        if mode != "transit":
            column = columns[name.split("_")[0]]
            places = grid.loc[amounts(grid, column).index]
            how = {"cutoff": cutoff, "snap_m": SNAP_M}
            costs = network.travel_costs(opened.network(mode), hexagons(grid), places, **how)
            sums = access.cumulative(costs, places[column].astype(float), cutoff=cutoff)
            pd.testing.assert_series_equal(ranking.loc[ok, name], sums[ok], **CLOSE)


@pytest.mark.parametrize("cutoff", [5, 15, 30])
def test_a_stream_and_a_matrix_count_the_same(on_foot, matrix, grid, cutoff):
    for column in ("population", "schools"):
        some = grid[column].astype(float)
        streamed, summed = (access.cumulative(each, some, cutoff=cutoff) for each in (on_foot, matrix))
        pd.testing.assert_series_equal(streamed, summed, **CLOSE)


@pytest.mark.parametrize("form", DECAYS)
def test_a_stream_and_a_matrix_weigh_the_same(on_foot, matrix, demand, form):
    streamed, summed = (access.gravity(each, demand, decay=DECAYS[form]) for each in (on_foot, matrix))
    pd.testing.assert_series_equal(streamed, summed, **CLOSE)


@pytest.mark.parametrize("method", ["2sfca", "e2sfca", "m2sfca", "3sfca", "bfca", "raam"])
def test_a_stream_and_a_matrix_share_the_same(on_foot, matrix, supply, demand, method):
    for streamed, summed in _shared(on_foot, matrix, supply, demand, method):
        assert len(streamed) == HEXES
        # a stream adds on the grid of its largest sum: squared weights at the very edge of a Gaussian are lost in it
        floor = {"atol": SQUARED_FLOOR * summed.max()} if method in ("m2sfca", "3sfca") else {}
        pd.testing.assert_series_equal(streamed, summed, **{**CLOSE, **floor})


def _shared(on_foot, matrix, supply, demand, method) -> Iterator[tuple[pd.Series, pd.Series]]:
    terms = {"tau": 15.0} if method == "raam" else {}
    forms = ("step",) if method in ("2sfca", "raam") else ("gaussian", "bands", "exponential")
    for form in forms:
        how = {"decay": DECAYS[form], "method": method, **terms}
        yield tuple(access.floating_catchment(each, supply, demand, **how) for each in (on_foot, matrix))


def test_a_stream_and_a_matrix_compete_the_same(walk, grid, supply, demand):
    # within 30 minutes some schools are reached by too few people for any balance, which is refused
    snaps = network.snap(walk, grid.geometry, limit_m=EVERYWHERE_M)
    hour = network.StreetReach(walk, snaps, snaps, cutoff=60.0)
    how = {"decay": access.gaussian(60.0)}
    streamed, summed = (access.competitive(each, supply, demand, **how) for each in (hour, hour.costs()))
    assert streamed.notna().all()
    pd.testing.assert_series_equal(streamed, summed, **CLOSE)


@pytest.mark.parametrize("method", ["2sfca", "e2sfca", "3sfca"])
def test_what_is_shared_is_the_supply_that_has_people_in_reach(on_foot, matrix, supply, demand, method):
    decay = DECAYS["step" if method == "2sfca" else "gaussian"]
    reached = access.gravity(_turned(matrix), demand, decay=decay)
    expected = supply[reached > 0].sum()
    assert 0.98 * 194 < expected <= 194
    per_head = access.floating_catchment(on_foot, supply, demand, decay=decay, method=method)
    assert (per_head * demand).sum() == pytest.approx(expected, rel=1e-9)
    assert per_head.isna().sum() < 100


def _turned(costs: TravelCosts) -> TravelCosts:
    table = costs.table().rename(columns={"origin": "destination", "destination": "origin"})
    how = {"mode": costs.mode, "cutoff": costs.cutoff, "origins": costs.places, "places": costs.origins}
    return TravelCosts.from_table(table, **how)


def test_spatial_availability_per_head_is_the_enhanced_catchment(on_foot, supply, demand):
    whole = access.spatial_availability(on_foot, supply, demand, decay=DECAYS["gaussian"])
    per_head = access.floating_catchment(on_foot, supply, demand, decay=DECAYS["gaussian"], method="e2sfca")
    inhabited = demand > 0
    pd.testing.assert_series_equal((whole / demand)[inhabited], per_head[inhabited], **CLOSE)
    assert np.isfinite(whole.sum())
