"""Reading GTFS: what is accepted, mended and said, refused by name."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from siting.base.errors import InputProblems
from siting.network.transit import Timetable, from_gtfs
from tests.network.transit.feeds import DATE, WEDNESDAY, tables, write_feed

STOPS = {"A": (1000.0, 0.0), "B": (3000.0, 0.0), "C": (5000.0, 0.0)}
TRIP = {"t": [("A", "07:00:00"), ("B", "07:10:00"), ("C", "07:20:00")]}


def read(tmp_path: Path, made: dict[str, list[str]], **options: object) -> Timetable:
    return from_gtfs(write_feed(tmp_path / "feed.zip", made), **({"date": DATE} | options))


def refused(tmp_path: Path, made: dict[str, list[str]], **options: object) -> list[tuple[str, str, str, str]]:
    with pytest.raises(InputProblems) as caught:
        read(tmp_path, made, **options)
    return [(each.code, each.where, each.found, each.expected) for each in caught.value.refusals]


def codes(timetable: Timetable) -> list[tuple[str, str]]:
    return [(each.code, each.level) for each in timetable.problems]


def arrivals(timetable: Timetable) -> dict[tuple[str, int], list[int]]:
    calls = timetable.calls()
    trips = timetable.trips
    return {
        (trips["trip_id"].iloc[number], trips["day"].iloc[number]): rows["arrival_s"].tolist()
        for number, rows in calls.groupby("trip")
    }


def test_plain_feed_gives_seconds_of_the_day(tmp_path):
    timetable = read(tmp_path, tables(STOPS, TRIP))
    assert arrivals(timetable)["t", 0] == [25200, 25800, 26400]
    assert list(timetable.stops.index) == ["A", "B", "C"]
    assert timetable.problems == ()


def test_times_after_midnight_and_one_digit_hours(tmp_path):
    made = tables(
        STOPS, {"night": [("A", "24:50:00"), ("C", "25:10:00")], "early": [("A", "7:05:00"), ("B", "7:15:00")]}
    )
    found = arrivals(read(tmp_path, made))
    assert found["early", 0] == [7 * 3600 + 300, 7 * 3600 + 900]
    assert found["night", 0] == [89400, 90600]
    assert found["night", -1] == [3000, 4200]
    assert ("early", -1) not in found


def test_times_that_run_backwards_leave_the_trip_out_and_name_the_row(tmp_path):
    made = tables(STOPS, TRIP | {"bad": [("A", "08:00:00"), ("B", "07:59:00"), ("C", "08:10:00")]})
    timetable = read(tmp_path, made)
    problem = timetable.problems[0]
    assert (problem.code, problem.level, problem.where) == ("gtfs_backwards", "warn", "stop_times.txt:6 B")
    assert problem.found == "bad"
    assert set(timetable.trips["trip_id"]) == {"t"}
    assert timetable.ledger.set_index(["file", "what"])["rows"]["stop_times.txt", "gtfs_backwards"] == 3


def test_leaving_before_arriving_is_backwards_too(tmp_path):
    made = tables(STOPS, TRIP | {"bad": [("A", "08:00:00"), ("B", "08:05:00/08:04:00"), ("C", "08:10:00")]})
    assert codes(read(tmp_path, made)) == [("gtfs_backwards", "warn")]


def test_blank_times_are_filled_evenly_and_said(tmp_path):
    made = tables(STOPS, {"t": [("A", "07:00:00"), ("B", ""), ("C", "07:21:00")]})
    timetable = read(tmp_path, made)
    assert arrivals(timetable)["t", 0] == [25200, 25830, 26460]
    assert codes(timetable) == [("gtfs_filled", "mend")]


def test_blank_times_are_filled_by_distance_where_it_grows(tmp_path):
    made = tables(STOPS, {})
    made["trips"] += ["r,daily,t", "r,daily,u"]
    made["stop_times"] = [
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence,shape_dist_traveled",
        *("t,07:00:00,07:00:00,A,1,0", "t,,,B,2,300", "t,07:20:00,07:20:00,C,3,400"),
        *("u,07:00:00,07:00:00,A,1,0", "u,,,B,2,", "u,07:20:00,07:20:00,C,3,400"),
    ]
    found = arrivals(read(tmp_path, made))
    assert found["t", 0] == [25200, 26100, 26400]
    assert found["u", 0] == [25200, 25800, 26400]


def test_one_of_two_times_stands_for_both(tmp_path):
    made = tables(STOPS, {"t": [("A", "07:00:00"), ("B", "/07:05:00"), ("C", "07:20:00")]})
    assert arrivals(read(tmp_path, made))["t", 0][1] == 25500


def test_untimed_ends_single_calls_and_unknown_trips_are_left_out_and_said(tmp_path):
    made = tables(STOPS, TRIP | {"open": [("A", "08:00:00"), ("B", "")], "one": [("A", "08:00:00")]})
    made["stop_times"].append("ghost,08:00:00,08:00:00,A,1")
    made["stop_times"].append("ghost,08:10:00,08:10:00,B,2")
    timetable = read(tmp_path, made)
    said = {(each.code, each.found) for each in timetable.problems}
    assert said == {("gtfs_untimed_end", "open"), ("gtfs_short_trip", "one"), ("gtfs_unknown_trip", "ghost")}
    assert set(timetable.trips["trip_id"]) == {"t"}


def test_unknown_stop_is_refused_by_name(tmp_path):
    made = tables(STOPS, {"t": [("A", "07:00:00"), ("Z", "07:10:00")]})
    assert refused(tmp_path, made) == [("gtfs_unknown_stop", "stop_times.txt:3 t", "Z", "")]


def test_malformed_time_is_refused_by_row(tmp_path):
    made = tables(STOPS, {"t": [("A", "07:00:00"), ("B", "7h10")]})
    found = refused(tmp_path, made)
    assert found[0] == ("gtfs_bad_value", "stop_times.txt:3 t arrival_time", "7h10", "H:MM:SS")


def test_only_calendar_dates(tmp_path):
    made = tables(STOPS, TRIP, calendar_dates=["service_id,date,exception_type", f"daily,{WEDNESDAY},1"])
    del made["calendar"]
    assert len(read(tmp_path, made).trips) == 1
    found = refused(tmp_path, made, date="2025-05-15")
    assert found == [("gtfs_no_service", "", "2025-05-15", "2025-05-14")]


def test_exceptions_add_and_remove_services(tmp_path):
    made = tables(STOPS, TRIP | {"extra": [("A", "09:00:00"), ("B", "09:10:00")]})
    made["trips"][2] = "r,market,extra"
    made["calendar_dates"] = ["service_id,date,exception_type", f"daily,{WEDNESDAY},2", f"market,{WEDNESDAY},1"]
    assert set(read(tmp_path, made).trips["trip_id"]) == {"extra"}
    assert set(read(tmp_path, made, date="2025-05-15").trips["trip_id"]) == {"t"}


def test_a_date_without_service_names_the_dates_served(tmp_path):
    made = tables(STOPS, TRIP)
    made["calendar"][1] = "daily,1,1,1,1,1,0,0,20250512,20250520"
    found = refused(tmp_path, made, date="2025-05-17")
    assert found == [("gtfs_no_service", "", "2025-05-17", "2025-05-12..2025-05-16, 2025-05-19..2025-05-20")]


@pytest.mark.parametrize(("date", "midnight"), [("2016-10-30", -3600), ("2016-03-27", 3600), ("2016-11-16", 0)])
def test_days_of_a_clock_change_count_from_noon(tmp_path, date, midnight):
    made = tables(STOPS, {"t": [("A", "02:30:00"), ("B", "03:30:00")], "late": [("A", "24:30:00"), ("B", "25:30:00")]})
    made["agency"][1] = "a,a,http://a,Europe/Berlin"
    made["calendar"][1] = "daily,1,1,1,1,1,1,1,20160101,20161231"
    timetable = read(tmp_path, made, date=date)
    found = arrivals(timetable)
    assert found["t", 0] == [9000, 12600]
    # after the change the clock shows the times of the timetable, before it an hour more or less
    assert [timetable.seconds(clock) for clock in ("03:30", "07:00", "25:30")] == [12600, 25200, 91800]
    assert timetable.seconds("00:00") == midnight
    # 24:30 of the day before is half past midnight by every clock, an hour on board is an hour
    assert found["late", -1] == [midnight + 1800, midnight + 5400]


def test_sub_folder_byte_order_marks_and_blanks_in_headers(tmp_path):
    made = tables(STOPS, TRIP)
    made["agency"] = ["agency_id, agency_timezone", "a, Asia/Shanghai"]
    path = write_feed(tmp_path / "feed.zip", made, folder="export/2025/", bom=True)
    assert arrivals(from_gtfs(path, date=DATE))["t", 0] == [25200, 25800, 26400]


def test_a_folder_reads_like_its_zip(tmp_path):
    made = tables(STOPS, TRIP)
    for name, lines in made.items():
        (tmp_path / f"{name}.txt").write_text("\n".join(lines), "utf-8")
    assert len(from_gtfs(tmp_path, date=dt.date(2025, 5, 14)).trips) == 1


def test_headways_are_laid_out_and_said(tmp_path):
    rows = ["trip_id,start_time,end_time,headway_secs,exact_times", "t,08:00:00,08:30:00,600,0"]
    timetable = read(tmp_path, tables(STOPS, TRIP, frequencies=rows))
    calls = timetable.calls()
    assert calls.loc[calls["stop"] == 0, "departure_s"].tolist() == [28800, 29400, 30000]
    assert calls.loc[calls["stop"] == 2, "arrival_s"].tolist() == [30000, 30600, 31200]
    assert timetable.trips["by_frequency"].all()
    assert codes(timetable) == [("gtfs_frequency", "note")]
    rows[1] = "t,08:00:00,08:30:00,600,1"
    assert codes(read(tmp_path, tables(STOPS, TRIP, frequencies=rows))) == []
    rows[1] = "t,08:00:00,08:30:00,0,1"
    assert refused(tmp_path, tables(STOPS, TRIP, frequencies=rows))[0][:2] == ("gtfs_bad_value", "frequencies.txt:2")


def test_transfer_rules_and_stations(tmp_path):
    made = tables(STOPS, TRIP)
    lon_lat = ",".join(made["stops"][1].split(",")[2:4])
    made["stops"][1:3] = [f"A,A,{lon_lat},0,S", f"B,B,{lon_lat},0,S", f"S,S,{lon_lat},1,"]
    made["transfers"] = [
        "from_stop_id,to_stop_id,transfer_type,min_transfer_time,from_trip_id",
        *("S,C,2,120,", "A,B,3,,", "A,C,2,,", "A,Z,0,,", "A,C,0,,t"),
    ]
    timetable = read(tmp_path, made)
    assert timetable.transfers.to_numpy().tolist() == [[0, 1, 3, 0], [0, 2, 2, 120], [1, 2, 2, 120]]
    assert codes(timetable) == [("gtfs_transfer_left_out", "warn")] * 3
    assert list(timetable.stops.index) == ["A", "B", "C"]


def test_feeds_are_merged_and_their_stops_told_apart(tmp_path):
    one = write_feed(tmp_path / "one.zip", tables(STOPS, TRIP))
    two = write_feed(tmp_path / "two.zip", tables(STOPS, TRIP))
    timetable = from_gtfs([one, two], date=DATE)
    assert list(timetable.stops.index) == ["one:A", "one:B", "one:C", "two:A", "two:B", "two:C"]
    assert len(timetable.trips) == 2
    assert timetable.stops.equals(from_gtfs([two, one], date=DATE).stops)


def test_feeds_of_two_time_zones_are_refused(tmp_path):
    other = tables(STOPS, TRIP)
    other["agency"][1] = "a,a,http://a,Asia/Urumqi"
    paths = [write_feed(tmp_path / "one.zip", tables(STOPS, TRIP)), write_feed(tmp_path / "two.zip", other)]
    with pytest.raises(InputProblems) as caught:
        from_gtfs(paths, date=DATE)
    assert [(each.code, each.found) for each in caught.value.problems] == [
        ("gtfs_time_zones", "Asia/Shanghai, Asia/Urumqi")
    ]


def test_every_fault_of_a_feed_is_told_at_once(tmp_path):
    made = tables(STOPS, {"t": [("A", "07:00:00"), ("Z", "7h")]})
    made["trips"].append("r,daily,t")
    made["stops"].append("A,A,0,0,0,")
    found = {code for code, *_ in refused(tmp_path, made, date="2031-01-01")}
    assert found == {"gtfs_unknown_stop", "gtfs_bad_value", "gtfs_repeated", "gtfs_no_service", "gtfs_no_position"}


def test_missing_tables_columns_and_files(tmp_path):
    made = tables(STOPS, TRIP)
    del made["trips"], made["calendar"]
    assert [row[3] for row in refused(tmp_path, made)] == ["trips.txt", "calendar.txt / calendar_dates.txt"]
    made = tables(STOPS, TRIP)
    made["stop_times"][0] = "trip,arrival_time,departure_time,stop_id,stop_sequence"
    assert refused(tmp_path, made) == [("gtfs_missing_column", "stop_times.txt", "", "trip_id")]
    with pytest.raises(InputProblems) as caught:
        from_gtfs([tmp_path / "none.zip", Path(__file__)], date=DATE)
    assert [each.code for each in caught.value.problems] == ["missing_file", "damaged"]


def test_a_bomb_is_not_unpacked(tmp_path):
    made = tables(STOPS, TRIP)
    made["stop_times"] += ["t,07:00:00,07:00:00,A,1"] * 100_000
    assert refused(tmp_path, made, unpacked_limit_mb=1)[0][0] == "gtfs_too_big"


def test_unused_tables_are_noted_once_each(tmp_path):
    made = tables(STOPS, TRIP, shapes=["shape_id", "x"], pathways=["pathway_id", "x"])
    assert [(each.code, each.where) for each in read(tmp_path, made).problems] == [
        ("gtfs_ignored", "pathways.txt"),
        ("gtfs_ignored", "shapes.txt"),
    ]


def test_overtaking_trips_lie_in_two_patterns(tmp_path):
    fast = {"fast": [("A", "07:05:00"), ("B", "07:08:00"), ("C", "07:12:00")]}
    timetable = read(tmp_path, tables(STOPS, TRIP | fast))
    assert timetable.trips["pattern"].nunique() == 2


def test_the_order_of_rows_does_not_matter(tmp_path):
    made = tables(STOPS, TRIP | {"u": [("A", "08:00:00"), ("B", ""), ("C", "08:20:00")]})
    turned = {name: [lines[0], *reversed(lines[1:])] for name, lines in made.items()}
    one, two = read(tmp_path, made), read(tmp_path, turned)
    pd.testing.assert_frame_equal(one.calls(), two.calls())
    pd.testing.assert_frame_equal(one.trips, two.trips)
    assert one.stops.equals(two.stops)


def test_every_row_is_accounted_for(tmp_path):
    made = tables(STOPS, TRIP | {"bad": [("A", "08:00:00"), ("B", "07:59:00")]})
    ledger = read(tmp_path, made).ledger
    calls = ledger[ledger["file"] == "stop_times.txt"].set_index("what")["rows"]
    assert calls.drop("read").sum() == calls["read"] == 5
