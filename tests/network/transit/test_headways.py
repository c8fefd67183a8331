"""Lines that an office knows by headway only: a made day, and half the headway as the wait."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from siting.base.errors import InputProblems
from siting.network import from_lines
from siting.network.transit import (
    Journey,
    departures_per_hour,
    from_gtfs,
    from_headways,
    headway_costs,
    stop_frequency,
    transit_costs,
)
from tests.network.transit.feeds import DATE, tables, write_feed
from tests.towns import CRS, minutes, spots, streets

WALK = from_lines(streets([(0.0, 0.0), (12000.0, 0.0)]), mode="walk")
STOPS = spots(A=(1000.0, 0.0), M=(3000.0, 20.0), B=(5000.0, 0.0), X=(3000.0, 900.0))
HOME, SCHOOL = spots(home=(250.0, 0.0)), spots(school=(5750.0, 0.0))


def line(**columns) -> gpd.GeoDataFrame:
    """One line from A to B, 4000 m, every 12 minutes."""
    made = {"name": ["1"], "headway_min": [12]} | columns
    return gpd.GeoDataFrame(made, geometry=[shapely.LineString([(1000, 0), (5000, 0)])], crs=CRS)


def made(lines=None, stops=STOPS, **options):
    terms = {"hours": ("07:00", "08:00"), "speed_kmh": 24, "within_m": 30, "phase": "together"}
    return from_headways(line() if lines is None else lines, stops, **(terms | options))


def test_a_line_runs_both_ways_from_first_to_last():
    day = made()
    # 4000 m at 24 km/h are 10 minutes; 07:00, 07:12 ... 08:00
    assert len(day.trips) == 12
    assert day.trips["by_frequency"].all()
    calls = day.calls().assign(name=lambda table: day.stops.index[table["stop"]])
    ahead = calls[calls["trip"] == calls["trip"].iloc[0]]
    assert list(zip(ahead["name"], ahead["arrival_s"] - 25200, strict=True)) == [("A", 0), ("M", 300), ("B", 600)]
    assert len(made(both_ways=False).trips) == 6
    assert [(each.code, each.where) for each in day.problems] == [("stop_off_lines", "X")]


def test_columns_of_a_line_come_first():
    day = made(line(run_min=[20.0], first=["07:30"], last=["08:30"]))
    calls = day.calls()
    assert (calls["departure_s"].min(), calls["arrival_s"].max()) == (27000, 27000 + 3600 + 1200)


def test_calls_may_be_named_instead_of_found():
    stops = STOPS.assign(line=["1", None, "1", "1"], order=[1, None, 3, 2])
    day = made(stops=stops, within_m=None, both_ways=False)
    calls = day.calls()
    assert day.stops.index[calls["stop"].iloc[:3]].tolist() == ["A", "X", "B"]
    with pytest.raises(ValueError, match="within_m"):
        made(within_m=None)


def test_a_ring_ends_where_it_began():
    ring = gpd.GeoDataFrame(
        {"name": ["ring"], "headway_min": [30]},
        geometry=[shapely.LineString([(0, 0), (1000, 0), (1000, 1000), (0, 1000), (0, 0)])],
        crs=CRS,
    )
    day = made(ring, spots(P=(0.0, 0.0), Q=(1000.0, 0.0), R=(1000.0, 1000.0)), both_ways=False, speed_kmh=12)
    calls = day.calls()
    first = calls[calls["trip"] == 0]
    assert day.stops.index[first["stop"]].tolist() == ["P", "Q", "R", "P"]
    assert (first["arrival_s"] - 25200).tolist() == [0, 300, 600, 1200]


def test_phases_spread_but_do_not_depend_on_order():
    two = pd.concat([line(), line(name=["2"])], ignore_index=True)
    one, turned = made(two, phase="spread"), made(two.iloc[::-1], phase="spread")
    pd.testing.assert_frame_equal(one.calls(), turned.calls())
    starts = one.calls().drop_duplicates("trip").groupby(one.trips["route_id"])["departure_s"].min()
    assert starts["1"] != starts["2"]


def test_faults_of_lines_are_told_together():
    apart = shapely.MultiLineString([[(0, 0), (1, 0)], [(5, 5), (6, 6)]])
    bad = pd.concat([line(headway_min=[0]), line(name=["2"]).set_geometry([apart]), line(name=["2"], first=["late"])])
    with pytest.raises(InputProblems) as caught:
        made(bad, speed_kmh=None)
    found = [(each.code, each.where) for each in caught.value.problems]
    expected = {("line_headway", "1"), ("line_parts", "2"), ("line_hours", "2"), ("line_repeated", "2")}
    assert set(found) == expected | {("line_speed", "1"), ("line_speed", "2")}
    with pytest.raises(InputProblems, match="fewer than two"):
        made(within_m=0, stops=spots(A=(1000.0, 0.0)))


def test_the_made_day_answers_like_any_other():
    journey = Journey(cutoff=120, departures=("07:02", "07:03"), board_slack_s=0)
    costs = transit_costs(made(), WALK, HOME, SCHOOL, journey=journey)
    # 10 on foot, the 07:12 just caught, 10 riding, 10 on foot
    assert minutes(costs) == {("home", "school"): 30}


def test_half_the_headway_is_waited():
    journey = Journey(cutoff=120, departures=("07:00", "08:00"), board_slack_s=0)
    # 5 departures in the hour are 12 minutes apart: 10 + 6 + 10 + 10
    assert minutes(headway_costs(made(), WALK, HOME, SCHOOL, journey=journey, longest_wait=15)) == {
        ("home", "school"): 36
    }
    assert minutes(headway_costs(made(), WALK, HOME, SCHOOL, journey=journey, longest_wait=2)) == {
        ("home", "school"): 32
    }
    back = Journey(cutoff=120, departures=("07:00", "08:00"), board_slack_s=0, direction="from")
    assert minutes(headway_costs(made(both_ways=False), WALK, HOME, SCHOOL, journey=back, longest_wait=15)) == {
        ("home", "school"): pytest.approx(73 + 1 / 3, abs=1e-4)
    }


def test_a_line_that_does_not_run_then_is_not_waited_for():
    journey = Journey(cutoff=60, departures=("12:00", "13:00"))
    assert minutes(headway_costs(made(), WALK, HOME, SCHOOL, journey=journey, longest_wait=15)) == {}


def test_a_change_is_waited_for_twice():
    stops = spots(A=(1000.0, 0.0), B=(5000.0, 0.0), C=(5150.0, 0.0), D=(9150.0, 0.0))
    second = line(name=["2"]).set_geometry([shapely.LineString([(5150, 0), (9150, 0)])])
    day = made(pd.concat([line(), second], ignore_index=True), stops)
    journey = Journey(cutoff=120, departures=("07:00", "08:00"), board_slack_s=0)
    costs = headway_costs(day, WALK, HOME, spots(school=(9900.0, 0.0)), journey=journey, longest_wait=15)
    # 10 + 6 + 10, 2 on foot, 6 + 10, 10 on foot
    assert minutes(costs) == {("home", "school"): 54}


def test_frequency_at_the_nearest_and_at_the_best_stop():
    day = made()
    hourly = departures_per_hour(day, ("07:00", "08:00"))
    # both directions in the middle, at the ends only those that leave
    assert hourly.to_dict() == {"A": 5, "B": 5, "M": 10}
    origins = spots(near=(1750.0, 0.0), far=(11900.0, 0.0))
    table = stop_frequency(day, WALK, origins, window=("07:00", "08:00"), walk_cutoff=20)
    near = table.loc["near"]
    assert (near["stop"], near["minutes"], near["departures_per_hour"]) == ("A", 10, 5)
    # 1250 m along the street and 20 m from it
    assert (near["best_stop"], near["best_departures_per_hour"]) == ("M", 10)
    assert near["best_minutes"] == pytest.approx(1270 / 75, abs=1e-4)
    assert table.loc["far"].isna().all()
    with pytest.raises(ValueError, match="no length"):
        stop_frequency(day, WALK, origins, window=("08:00", "07:00"), walk_cutoff=20)


def test_frequency_of_a_feed_counts_what_can_be_boarded(tmp_path):
    trips = {f"t{i}": [("A", f"07:{i:02}:00"), ("B", f"07:{i + 9:02}:00")] for i in range(0, 50, 10)}
    path = write_feed(tmp_path / "feed.zip", tables({"A": (1000.0, 0.0), "B": (5000.0, 0.0)}, trips))
    hourly = departures_per_hour(from_gtfs(path, date=DATE), ("07:00", "07:30"))
    assert hourly.to_dict() == {"A": 6, "B": 0}


def test_the_demo_town_has_a_timetable():
    root = Path(__file__).parents[3]
    bus = gpd.read_file(root / "data/demo/bus_lines.gpkg")
    bus = bus.rename(columns={"线路名称": "name", "发车间隔_分": "headway_min"})
    places = pd.read_csv(root / "data/demo/places.csv", index_col="编号")
    places = places[places["类别"] == "公交站"]
    points = gpd.points_from_xy(places["经度"], places["纬度"], crs="EPSG:4490")
    stops = gpd.GeoDataFrame({"name": places["名称"]}, geometry=points)
    day = from_headways(bus, stops, hours=("06:30", "21:00"), speed_kmh=18, within_m=30)
    assert set(day.trips["route_id"]) == set(bus["name"])
    assert len(day.stops) == 47
    assert [each.code for each in day.problems] == ["stop_off_lines", "stop_off_lines"]
