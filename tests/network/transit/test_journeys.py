"""Journeys in drawn towns, each sum done on paper: 750 m are 10 minutes on foot."""

import numpy as np
import pytest

from siting.network import from_lines
from siting.network.transit import Journey, Timetable, TransitReach, from_gtfs, transit_costs
from tests.network.transit.feeds import DATE, WEDNESDAY, tables, write_feed
from tests.towns import minutes, spots, streets

STOPS = {"A": (1000.0, 0.0), "B": (5000.0, 0.0)}
LINE = {"t1": [("A", "07:20:00"), ("B", "07:30:00")], "t2": [("A", "07:40:00"), ("B", "08:00:00")]}


@pytest.fixture(scope="module")
def walk():
    return from_lines(streets([(0.0, 0.0), (12000.0, 0.0)]), mode="walk")


@pytest.fixture
def day(tmp_path):
    def make(stops=STOPS, trips=LINE, **more) -> Timetable:
        return from_gtfs(write_feed(tmp_path / "feed.zip", tables(stops, trips, **more)), date=DATE)

    return make


def at(clock: str, **terms) -> Journey:
    """One departure at a clock time, no slack."""
    hour, minute = clock.split(":")
    return Journey(
        **({"cutoff": 120, "departures": (clock, f"{hour}:{int(minute) + 1:02}"), "board_slack_s": 0} | terms)
    )


def ask(timetable, walk, journey, home=250.0, school=5750.0, **options):
    origins, places = spots(home=(home, 0.0)), spots(school=(school, 0.0))
    return minutes(transit_costs(timetable, walk, origins, places, journey=journey, **options)).get(("home", "school"))


def test_one_line_door_to_door(day, walk):
    # 10 on foot, 10 waiting, 10 riding, 10 on foot
    assert ask(day(), walk, at("07:00")) == 40
    assert ask(day(), walk, at("07:10")) == 30


def test_a_minute_too_late_waits_for_the_next(day, walk):
    # at the stop 07:21, the bus of 07:40 arrives 08:00, at the door 08:10
    assert ask(day(), walk, at("07:11")) == 59


def test_slack_is_kept_at_the_stop(day, walk):
    assert ask(day(), walk, at("07:10", board_slack_s=60)) == 60
    assert ask(day(), walk, at("07:09", board_slack_s=60)) == 31


def test_walking_all_the_way_counts(day, walk):
    assert ask(day(), walk, at("07:45"), school=1750.0) == 20
    # 5500 m on foot are 73 1/3 minutes, the last bus has gone
    assert ask(day(), walk, at("07:50")) == pytest.approx(73 + 1 / 3, abs=1e-4)


def test_nothing_within_the_cutoff_is_absent(day, walk):
    assert ask(day(), walk, at("07:00", cutoff=39.9)) is None
    assert ask(day(), walk, at("07:00", cutoff=40)) == 40


def test_stops_beyond_the_walk_are_not_used(day, walk):
    assert ask(day(), walk, at("07:00", walk_cutoff=9.9)) == pytest.approx(73 + 1 / 3, abs=1e-4)


CHANGE = {"A": (1000.0, 0.0), "B": (5000.0, 0.0), "C": (5150.0, 0.0), "D": (10000.0, 0.0)}
TWO = {
    "first": [("A", "07:20:00"), ("B", "07:30:00")],
    "second": [("C", "07:32:00"), ("D", "07:40:00")],
    "third": [("C", "07:50:00"), ("D", "07:58:00")],
}


def test_changing_walks_between_stops(day, walk):
    # B to C are 150 m, 2 minutes: the bus of 07:32 is just caught; from D to the door 10
    assert ask(day(CHANGE, TWO), walk, at("07:00"), school=10750.0) == 50
    assert ask(day(CHANGE, TWO), walk, at("07:00", board_slack_s=1), school=10750.0) == 68
    assert ask(day(CHANGE, TWO), walk, at("07:00", transfer_cutoff=1.9), school=10750.0) is None


def test_a_change_that_is_ready_a_blink_sooner_counts(day, walk):
    # from B the walk ends at 07:32:00.4, from E, a minute later on the same bus, at 07:32:00.0: just caught
    stops = CHANGE | {"C": (5150.5, 0.0), "E": (5075.5, 0.0)}
    trips = TWO | {"first": [("A", "07:20:00"), ("B", "07:30:00"), ("E", "07:31:00")]}
    assert ask(day(stops, trips), walk, at("07:00"), school=10750.0) == 50


def test_boardings_are_bounded(day, walk):
    assert ask(day(CHANGE, TWO), walk, at("07:00", boardings=1), school=10750.0) is None


def test_transfer_rules(day, walk):
    head = "from_stop_id,to_stop_id,transfer_type,min_transfer_time"
    slow = day(CHANGE, TWO, transfers=[head, "B,C,2,300"])
    assert ask(slow, walk, at("07:00"), school=10750.0) == 68
    forbidden = day(CHANGE, TWO, transfers=[head, "B,C,3,"])
    assert ask(forbidden, walk, at("07:00"), school=10750.0) is None
    # named, so walked straight although the bound is shorter
    named = day(CHANGE, TWO, transfers=[head, "B,C,0,"])
    assert ask(named, walk, at("07:00", transfer_cutoff=1), school=10750.0) == 50


def test_changing_at_one_stop_can_be_forbidden(day, walk):
    trips = {"first": [("A", "07:20:00"), ("B", "07:30:00")], "second": [("B", "07:35:00"), ("D", "07:45:00")]}
    assert ask(day(CHANGE, trips), walk, at("07:00"), school=10750.0) == 55
    rule = ["from_stop_id,to_stop_id,transfer_type", "B,B,3"]
    assert ask(day(CHANGE, trips, transfers=rule), walk, at("07:00"), school=10750.0) is None


def test_the_bus_of_yesterday_after_midnight(day, walk):
    night = day(STOPS, {"n": [("A", "24:20:00"), ("B", "24:30:00")]})
    assert ask(night, walk, at("00:10")) == 30
    assert ask(night, walk, at("24:10")) == 30
    rows = ["service_id,date,exception_type", "daily,20250513,2"]
    assert ask(day(STOPS, {"n": [("A", "24:20:00"), ("B", "24:30:00")]}, calendar_dates=rows), walk, at("00:10")) > 73
    rows = ["service_id,date,exception_type", f"daily,{WEDNESDAY},1"]
    assert ask(day(STOPS, {"n": [("A", "24:20:00"), ("B", "24:30:00")]}, calendar_dates=rows), walk, at("00:10")) == 30


def test_a_bus_that_only_lets_out_is_not_boarded(day, walk):
    calls = ["trip_id,arrival_time,departure_time,stop_id,stop_sequence,pickup_type,drop_off_type"]
    calls += ["t1,07:20:00,07:20:00,A,1,1,0", "t1,07:30:00,07:30:00,B,2,0,0"]
    closed = day(STOPS, {"t1": []}, stop_times=calls)
    assert ask(closed, walk, at("07:00")) > 73


def test_the_way_back(day, walk):
    back = {"t": [("B", "07:20:00"), ("A", "07:32:00")]}
    assert ask(day(STOPS, back), walk, at("07:05", direction="from")) == 37


def test_percentiles_are_the_nearest_rank(day, walk):
    # departures 07:00 to 07:09 reach the bus of 07:20: 40 down to 31 minutes
    journey = Journey(cutoff=120, departures=("07:00", "07:10"), board_slack_s=0)
    reach = TransitReach(day(), walk, spots(home=(250.0, 0.0)), spots(school=(5750.0, 0.0)), journey=journey)
    found = {each: minutes(costs)["home", "school"] for each, costs in reach.percentiles((0, 10, 50, 51, 100)).items()}
    assert found == {0: 31, 10: 31, 50: 35, 51: 36, 100: 40}
    later = reach.percentiles((50,), departures=("07:10", "07:11"))[50]
    assert minutes(later)["home", "school"] == 30


def test_a_departure_without_arrival_counts_as_infinite(day, walk):
    # within 35 minutes only 07:05 to 07:09 of ten departures arrive
    journey = Journey(cutoff=35, departures=("07:00", "07:10"), board_slack_s=0)
    reach = TransitReach(day(), walk, spots(home=(250.0, 0.0)), spots(school=(5750.0, 0.0)), journey=journey)
    half, more = reach.percentiles((50, 51)).values()
    assert minutes(half) == {("home", "school"): 35}
    assert minutes(more) == {}


def test_terms_that_cannot_be_meant(day, walk):
    with pytest.raises(ValueError, match="no departure"):
        ask(day(), walk, Journey(cutoff=60, departures=("09:00", "07:00")))
    with pytest.raises(ValueError, match="30:00"):
        ask(day(), walk, Journey(cutoff=90, departures=("28:00", "29:00")))
    with pytest.raises(ValueError, match="time of day"):
        ask(day(), walk, Journey(cutoff=60, departures=("7 o'clock", "09:00")))
    with pytest.raises(ValueError, match="percentile"):
        ask(day(), walk, at("07:00"), percentile=101)
    for terms in ({"boardings": 0}, {"step_min": 0}, {"walk_cutoff": -1}):
        with pytest.raises(ValueError, match="must"):
            Journey(cutoff=60, **terms)


def test_no_origins_and_unsnapped_ones(day, walk):
    nobody = spots(home=(250.0, 0.0)).iloc[:0]
    costs = transit_costs(day(), walk, nobody, spots(school=(5750.0, 0.0)), journey=at("07:00"))
    assert (len(costs), costs.mode, costs.cutoff) == (0, "transit", 120)
    far = spots(home=(250.0, 500.0))
    costs = transit_costs(day(), walk, far, spots(school=(5750.0, 0.0)), journey=at("07:00", snap_m=100))
    assert list(costs.origins) == ["home"]
    assert len(costs) == 0


def test_percentile_kernel_against_sorting():
    from siting.network.transit.raptor import NEVER, percentiles_of

    times = np.random.default_rng(1).integers(0, 50, (200, 7)).astype(np.int32)
    times[times > 40] = NEVER
    out = np.empty((200, 3), np.int32)
    percentiles_of(times, np.array([0, 3, 6], np.int32), out)
    assert out.tolist() == [[sorted(row)[rank] for rank in (0, 3, 6)] for row in times.tolist()]
