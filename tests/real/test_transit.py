"""Real feeds: Porto Alegre (bus and train merged) and Rhine-Neckar, against a connection scan."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy.spatial import cKDTree

from siting.network import from_osm
from siting.network.transit import Journey, Timetable, TransitReach, from_gtfs
from siting.network.transit.walks import Walk, Walks, rows_of
from tests.network.transit.feeds import connections, scanned
from tests.shared_data import shared

PORTO_ALEGRE_DATE = "2019-05-15"
RHINE_NECKAR_DATE = "2016-11-16"
METRES_A_MINUTE = 75.0


@pytest.fixture(scope="module")
def porto_alegre() -> Timetable:
    names = ("poa_eptc.zip", "poa_trensurb.zip")
    return from_gtfs([shared(f"data/porto_alegre/{name}") for name in names], date=PORTO_ALEGRE_DATE)


@pytest.fixture(scope="module")
def rhine_neckar() -> Timetable:
    return from_gtfs(shared("data/roads_large/rhine_neckar_gtfs.zip"), date=RHINE_NECKAR_DATE)


@pytest.fixture(scope="module")
def hexes() -> gpd.GeoDataFrame:
    table = pd.read_csv(shared("data/porto_alegre/poa_hexgrid.csv"), index_col="id")
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["lon"], table["lat"], crs="EPSG:4326"))


def test_porto_alegre_is_read_whole(porto_alegre):
    assert (len(porto_alegre.stops), porto_alegre.zone) == (4010, "America/Sao_Paulo")
    assert porto_alegre.trips.groupby(["feed", "day"]).size().to_dict() == {
        ("poa_eptc", 0): 2374,
        ("poa_trensurb", 0): 529,
        ("poa_trensurb", 1): 29,
    }
    said = [(each.code, each.found) for each in porto_alegre.problems if each.level != "note"]
    assert said == [("gtfs_filled", "125271")]
    _balanced(porto_alegre)


def test_rhine_neckar_is_read_whole(rhine_neckar):
    assert rhine_neckar.trips.groupby("day").size().to_dict() == {-1: 180, 0: 7123, 1: 406}
    assert rhine_neckar.problems == ()
    _balanced(rhine_neckar)


def _balanced(timetable: Timetable) -> None:
    calls = timetable.ledger[timetable.ledger["file"] == "stop_times.txt"]
    is_read = calls["what"] == "read"
    assert calls.loc[~is_read, "rows"].sum() == calls.loc[is_read, "rows"].sum()


def test_porto_alegre_agrees_with_a_connection_scan(porto_alegre, hexes):
    walk = from_osm(shared("data/porto_alegre/poa.osm.pbf"), mode="walk")
    # the buses of this feed run from 11:20 to 16:30 only
    journey = Journey(cutoff=60, departures=("13:00", "15:00"))
    reach = TransitReach(porto_alegre, walk, hexes, hexes, journey=journey)
    assert _compared(reach, len(hexes), seed=1) > 20_000


def test_rhine_neckar_agrees_with_a_connection_scan(rhine_neckar):
    journey = Journey(cutoff=75, departures=("07:00", "09:00"), boardings=3)
    points = rhine_neckar.stops.iloc[::9]
    reach = TransitReach(rhine_neckar, None, points, points, journey=journey)
    reach.__dict__["walks"] = _straight_walks(rhine_neckar, points, journey)
    assert _compared(reach, len(points), seed=2) > 5_000


def _compared(reach: TransitReach, places: int, *, seed: int) -> int:
    """Compare 200 random (origin, departure) to all places, of the range search; return pairs found."""
    from siting.network.transit import raptor
    from siting.network.transit.reach import rides_of

    draw = np.random.default_rng(seed)
    journey, walks = reach.journey, reach.walks
    moments = journey.moments(reach.timetable)
    falling = np.ascontiguousarray(moments[::-1])
    rides = rides_of(reach.timetable, moments, journey.cutoff_ms)
    ways = raptor.Ways(*(raptor.Links(*walk) for walk in (walks.access, walks.footpaths, walks.egress)))
    hops = connections(reach.timetable)
    found = 0
    for origin in draw.choice(places, 20, replace=False).tolist():
        out = np.empty((places, len(falling)), np.int32)
        raptor.arrivals_by_departure(
            rides, ways, origin, falling, raptor.Limits(journey.cutoff_ms, journey.boardings), out
        )
        for column in draw.choice(len(falling), 10, replace=False).tolist():
            expected = scanned(hops, walks, origin, int(falling[column]), journey)
            got = np.flatnonzero(out[:, column] < raptor.NEVER)
            assert dict(zip(got.tolist(), out[got, column].tolist(), strict=True)) == expected
            found += len(expected)
    return found


def _straight_walks(timetable: Timetable, points: gpd.GeoDataFrame, journey: Journey) -> Walks:
    crs = timetable.stops.estimate_utm_crs()
    stops, ends = (
        np.column_stack([table.to_crs(crs).geometry.x, table.to_crs(crs).geometry.y])
        for table in (timetable.stops, points)
    )
    slack = journey.board_slack_s * 1000
    none = Walk(np.zeros(len(ends) + 1, np.int32), np.empty(0, np.int32), np.empty(0, np.int32))
    return Walks(
        _near(ends, stops, journey.walk_cutoff, slack),
        _near(stops, stops, journey.transfer_cutoff, slack),
        _near(stops, ends, journey.walk_cutoff, 0),
        none,
    )


def _near(left: np.ndarray, right: np.ndarray, cutoff: float, slack: int) -> Walk:
    near = cKDTree(left).sparse_distance_matrix(cKDTree(right), cutoff * METRES_A_MINUTE, output_type="coo_matrix")
    ms = np.rint(near.data / METRES_A_MINUTE * 60000).astype(np.int64) + slack
    return rows_of(near.row.astype(np.int64), near.col.astype(np.int64), ms, len(left))


def test_percentiles_rise_and_a_longer_cutoff_only_adds(porto_alegre, hexes):
    walk = from_osm(shared("data/porto_alegre/poa.osm.pbf"), mode="walk")
    some = hexes.iloc[::25]
    terms = {"departures": ("13:00", "14:00"), "step_min": 2}
    by_cutoff = {
        cutoff: TransitReach(porto_alegre, walk, some, some, journey=Journey(cutoff=cutoff, **terms)).percentiles(
            (25, 50, 75), workers=2
        )
        for cutoff in (45, 60)
    }
    minutes = {
        (cutoff, each): costs.table().set_index(["origin", "destination"])["minutes"]
        for cutoff, found in by_cutoff.items()
        for each, costs in found.items()
    }
    for cutoff in (45, 60):
        assert (minutes[cutoff, 25].reindex(minutes[cutoff, 50].index) <= minutes[cutoff, 50]).all()
        assert (minutes[cutoff, 50].reindex(minutes[cutoff, 75].index) <= minutes[cutoff, 75]).all()
    longer = minutes[60, 50]
    pd.testing.assert_series_equal(minutes[45, 50].sort_index(), longer[longer <= 45].sort_index())
