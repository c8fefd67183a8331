"""Small random timetables: the engine and a connection scan agree on every journey."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from siting.network import from_lines
from siting.network.transit import Journey, Timetable, TransitReach, transit_costs
from siting.network.transit.timetable import build_patterns
from tests.network.transit.feeds import connections, scanned
from tests.towns import CRS, grid, streets

SIZE = 5
WALK = from_lines(streets(*grid(SIZE, 300.0)), mode="walk")
CORNERS = [(i * 300.0, j * 300.0) for i in range(SIZE) for j in range(SIZE)]


def timetable_of(
    trips: list[tuple[list[int], int, list[int], int]], rules: list[tuple[int, int, int, int]]
) -> Timetable:
    """Return a timetable on the corners of a grid; a trip is stops, start, steps and a bit mask of closed doors."""
    used = sorted({stop for stops, *_ in trips for stop in stops})
    calls = []
    for number, (stops, start, steps, doors) in enumerate(trips):
        times = start + np.concatenate([[0], np.cumsum(steps[: len(stops) - 1])])
        calls += [
            (
                number,
                used.index(stop),
                int(time),
                int(time) + 30 * (k % 2),
                not doors >> k & 1,
                not doors >> (k + 8) & 1,
            )
            for k, (stop, time) in enumerate(zip(stops, times, strict=True))
        ]
    names = ["trip", "stop", "arrival_s", "departure_s", "board", "alight"]
    listed = pd.DataFrame({"trip_id": [str(i) for i in range(len(trips))], "route_id": "r", "feed": "f", "day": 0})
    patterns, ordered = build_patterns(pd.DataFrame(calls, columns=names), listed)
    points = gpd.GeoSeries([shapely.Point(CORNERS[stop]) for stop in used], crs=CRS).to_crs("EPSG:4326")
    stops = gpd.GeoDataFrame(
        {"name": used}, geometry=points.to_numpy(), index=[f"s{stop}" for stop in used], crs="EPSG:4326"
    )
    kept = [(used.index(a), used.index(b), kind, least) for a, b, kind, least in rules if a in used and b in used]
    transfers = pd.DataFrame(kept, columns=["from_stop", "to_stop", "kind", "min_s"])
    return Timetable(None, "", stops, patterns, ordered, transfers)


stop = st.integers(0, SIZE * SIZE - 1)
trip = st.tuples(
    st.lists(stop, min_size=2, max_size=6),
    st.integers(7 * 3600, 8 * 3600),
    st.lists(st.integers(30, 400), min_size=5, max_size=5),
    st.one_of(st.just(0), st.integers(0, 2**16 - 1)),
)
rule = st.tuples(stop, stop, st.sampled_from([0, 2, 3]), st.integers(0, 600))
# several trips of one line, so that patterns of more than one trip occur
lines = st.lists(st.tuples(trip, st.integers(1, 4), st.integers(60, 900)), min_size=1, max_size=8)


def trips_of(drawn) -> list:
    return [
        (stops, start + k * every, steps, doors)
        for (stops, start, steps, doors), count, every in drawn
        for k in range(count)
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    lines, st.lists(rule, max_size=4), st.integers(1, 3), st.sampled_from([0, 60, 61]), st.sampled_from([20.0, 45.0])
)
def test_every_journey_agrees_with_a_connection_scan(drawn, rules, boardings, slack, cutoff):
    timetable = timetable_of(trips_of(drawn), rules)
    points = gpd.GeoDataFrame(geometry=[shapely.Point(xy) for xy in CORNERS[::4]], crs=CRS)
    journey = Journey(
        cutoff=cutoff,
        departures=("07:00", "07:40"),
        step_min=4,
        walk_cutoff=5,
        transfer_cutoff=4,
        boardings=boardings,
        board_slack_s=slack,
    )
    reach = TransitReach(timetable, WALK, points, points, journey=journey)
    found = reach.percentiles((0, 50, 100))
    hops = connections(timetable)
    moments = journey.moments(timetable).tolist()
    direct = _direct(reach)
    for origin in range(len(points)):
        rows = [scanned(hops, reach.walks, origin, leave, journey) for leave in moments]
        for place in range(len(points)):
            on_foot = direct.get((origin, place), np.inf)
            times = sorted(min(row.get(place, np.inf), on_foot) for row in rows)
            for percentile, rank in ((0, 0), (50, 4), (100, 9)):
                costs = found[percentile].table()
                here = costs[(costs["origin"] == origin) & (costs["destination"] == place)]["minutes"]
                expected = [times[rank] / 60000] if np.isfinite(times[rank]) else []
                assert here.tolist() == expected


def _direct(reach: TransitReach) -> dict[tuple[int, int], int]:
    direct = reach.walks.direct
    rows = np.repeat(np.arange(len(direct.starts) - 1), np.diff(direct.starts)).tolist()
    return dict(zip(zip(rows, direct.heads.tolist(), strict=True), direct.ms.tolist(), strict=True))


def test_threads_and_blocks_do_not_change_the_result():
    drawn = [(([0, 1, 2, 7, 12], 25500, [120] * 5, 0), 8, 300), (([12, 13, 14, 19, 24], 25800, [90] * 5, 0), 8, 420)]
    timetable = timetable_of(trips_of(drawn), [])
    points = gpd.GeoDataFrame(geometry=[shapely.Point(xy) for xy in CORNERS * 3], crs=CRS)
    points.index = [f"p{i}" for i in range(len(points))]
    journey = Journey(cutoff=60, walk_cutoff=5)
    one, two = (transit_costs(timetable, WALK, points, points, journey=journey, workers=k).table() for k in (1, 2))
    pd.testing.assert_frame_equal(one, two)
    few = transit_costs(timetable, WALK, points.iloc[[40, 3]], points, journey=journey).table()
    same = one[one["origin"].isin(["p40", "p3"])].sort_values(["origin", "minutes", "destination"])
    again = few.sort_values(["origin", "minutes", "destination"])
    pd.testing.assert_frame_equal(again.reset_index(drop=True), same.reset_index(drop=True))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lines)
def test_more_time_and_more_boardings_never_reach_less(drawn):
    timetable = timetable_of(trips_of(drawn), [])
    points = gpd.GeoDataFrame(geometry=[shapely.Point(xy) for xy in CORNERS[::3]], crs=CRS)
    terms = {"departures": ("07:00", "07:30"), "walk_cutoff": 5, "step_min": 3}
    tables = [
        transit_costs(timetable, WALK, points, points, journey=Journey(cutoff=cutoff, boardings=boardings, **terms))
        .table()
        .set_index(["origin", "destination"])["minutes"]
        for cutoff, boardings in ((15, 1), (30, 1), (30, 3))
    ]
    assert tables[0].equals(tables[1][tables[1] <= 15].reindex(tables[0].index))
    assert (tables[2].reindex(tables[1].index) <= tables[1]).all()
