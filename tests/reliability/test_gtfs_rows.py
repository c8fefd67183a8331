"""What may be wrong with a timetable, one drawn fault each, read by a project that travels by bus."""

import zipfile
from pathlib import Path

import pytest

import siting
from siting.base.errors import InputProblems, Problem
from siting.network.transit import from_gtfs
from tests import small_project
from tests.network.transit.feeds import DATE, WEDNESDAY, tables, write_feed

STOPS = {name: (small_project.X0 + x, small_project.Y0) for name, x in {"A": 5000.0, "B": 2500.0, "C": 0.0}.items()}
EVERY = [f"{hour:02d}:{minute:02d}" for hour in (7, 8) for minute in (0, 15, 30, 45)]
TRIPS = {
    f"t{n}": [
        ("A", f"{at}:00"),
        ("B", f"{at[:3]}{int(at[3:]) + 5:02d}:00"),
        ("C", f"{at[:3]}{int(at[3:]) + 10:02d}:00"),
    ]
    for n, at in enumerate(EVERY)
}
TRANSIT = '[travel.transit]\ndate = 2025-05-14\ndepartures = ["07:00", "08:00"]\n\n[screen]'
BUS = """
[[criterion]]
name = "bus"
measure = "nearest"
of = "places[kind=primary]"
mode = "transit"
cutoff = 60
better = "less"
worst = 60
best = 0
weight = 1

[flag.remote]"""


def project(root: Path, made: dict[str, list[str]], **options: object) -> siting.project.chain.Project:
    """Return the small project with a bus along its street from x 5000 to the school."""
    settings = small_project.SETTINGS.replace("[screen]", TRANSIT).replace("\n[flag.remote]", BUS)
    small_project.write(root, settings)
    write_feed(root / "data/bus.zip", made, **options)
    (root / "layers/bus.toml").write_text('role = "transit"\nsource = "data/bus.zip"\n', "utf-8")
    return siting.open_project(root)


def minutes(found: siting.project.chain.Project) -> float:
    """Return minutes by bus of the parcel beside the first stop."""
    return float(found.ranking.set_index("parcel_id").loc["P3", "bus"])


def gtfs(found: siting.project.chain.Project) -> list[Problem]:
    return [each for each in found.check() if each.code.startswith("gtfs")]


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> float:
    """Minutes of the sound feed: a walk of 10 m, a wait of 0 to 14 minutes, 10 on board."""
    found = minutes(project(tmp_path_factory.mktemp("usual") / "p", tables(STOPS, TRIPS)))
    assert 15 < found < 20
    return found


def test_hours_beyond_midnight_are_of_the_same_service_day_and_one_digit_will_do(tmp_path: Path, usual: float) -> None:
    short = {name: [(stop, at.removeprefix("0")) for stop, at in row] for name, row in TRIPS.items()}
    night = {"night": [("A", "25:10:00"), ("C", "25:20:00")]}
    town = project(tmp_path / "p", tables(STOPS, short | night))
    assert minutes(town) == usual
    assert gtfs(town) == []
    calls = town.streets.timetable.calls()
    trips = town.streets.timetable.trips
    same_day = trips.index[(trips["trip_id"] == "night") & (trips["day"] == 0)]
    assert calls.loc[calls["trip"].isin(same_day), "departure_s"].tolist() == [90_600, 91_200]
    assert town.streets.timetable.seconds("25:10") == 90_600
    before = trips.index[(trips["trip_id"] == "night") & (trips["day"] == -1)]
    assert calls.loc[calls["trip"].isin(before), "departure_s"].tolist() == [4200, 4800]


def test_a_trip_that_runs_backwards_is_left_out_with_its_stop_and_said(tmp_path: Path, usual: float) -> None:
    bad = {"bad": [("A", "07:05:00"), ("B", "07:02:00"), ("C", "07:06:00")]}
    town = project(tmp_path / "p", tables(STOPS, TRIPS | bad))
    assert minutes(town) == usual
    said = gtfs(town)
    assert [(each.code, each.level, each.found) for each in said] == [("gtfs_backwards", "warn", "bad")]
    assert said[0].where == "stop_times.txt:27 B"


def test_blank_times_between_timed_stops_are_filled_and_said(tmp_path: Path, usual: float) -> None:
    blank = {name: [row[0], ("B", ""), row[2]] for name, row in TRIPS.items()}
    town = project(tmp_path / "p", tables(STOPS, blank))
    assert minutes(town) == usual
    said = gtfs(town)
    assert [(each.code, each.level, each.found, each.values["trips"]) for each in said] == [
        ("gtfs_filled", "mend", "8", "8")
    ]
    calls = town.streets.timetable.calls()
    assert sorted(calls["arrival_s"])[:3] == [25_200, 25_500, 25_800]


def test_a_stop_that_does_not_exist_is_refused_by_name(tmp_path: Path) -> None:
    town = project(tmp_path / "p", tables(STOPS, TRIPS | {"lost": [("A", "07:00:00"), ("Z9", "07:10:00")]}))
    refused = [each for each in town.check() if each.level == "refuse"]
    assert [(each.code, each.found, each.where) for each in refused] == [
        ("gtfs_unknown_stop", "Z9", "stop_times.txt:27 lost")
    ]
    with pytest.raises(InputProblems):
        siting.run(town.root)


def test_a_feed_with_only_calendar_dates_is_valid(tmp_path: Path, usual: float) -> None:
    made = tables(STOPS, TRIPS, calendar_dates=["service_id,date,exception_type", f"daily,{WEDNESDAY},1"])
    del made["calendar"]
    town = project(tmp_path / "p", made)
    assert gtfs(town) == []
    assert minutes(town) == usual


@pytest.mark.parametrize(("date", "hours_of_night_s"), [("2025-03-30", 25_200 - 3600), ("2025-10-26", 25_200 + 3600)])
def test_times_of_a_clock_change_count_from_noon_minus_twelve_hours(
    tmp_path: Path, date: str, hours_of_night_s: int
) -> None:
    """A trip at 02:30 is neither missing nor doubled, and a ride of an hour takes an hour."""
    made = tables(STOPS, {"t": [("A", "02:30:00"), ("C", "03:30:00")]})
    made["agency"][1] = "a,a,http://a,Europe/Berlin"
    timetable = from_gtfs(write_feed(tmp_path / "f.zip", made), date=date)
    own = timetable.trips.index[timetable.trips["day"] == 0]
    calls = timetable.calls()
    assert calls.loc[calls["trip"].isin(own), "arrival_s"].tolist() == [9000, 12_600]
    assert timetable.seconds("07:00") == 25_200
    midnight = timetable.seconds("00:00")
    assert 25_200 - midnight == hours_of_night_s


def test_a_feed_in_a_sub_folder_with_byte_order_marks_is_read(tmp_path: Path, usual: float) -> None:
    town = project(tmp_path / "p", tables(STOPS, TRIPS), folder="export/2025/", bom=True)
    assert gtfs(town) == []
    assert minutes(town) == usual


def test_a_feed_that_unpacks_beyond_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    made = tables(STOPS, TRIPS)
    path = write_feed(tmp_path / "bomb.zip", made)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed, packed.open("transfers.txt", "w") as member:
        member.write(b"from_stop_id,to_stop_id,transfer_type\n")
        for _ in range(40):
            member.write(b"\0" * 1_000_000)
    assert path.stat().st_size < 200_000
    with pytest.raises(InputProblems) as caught:
        from_gtfs(path, date=DATE, unpacked_limit_mb=20)
    assert [(each.code, each.found, each.expected) for each in caught.value.problems] == [("gtfs_too_big", "40", "20")]


def test_a_feed_whose_member_is_larger_than_it_states_is_refused(tmp_path: Path) -> None:
    path = write_feed(tmp_path / "lie.zip", tables(STOPS, TRIPS))
    with zipfile.ZipFile(path) as packed:
        true = packed.getinfo("stop_times.txt").file_size
    path.write_bytes(path.read_bytes().replace(true.to_bytes(4, "little"), (60).to_bytes(4, "little")))
    with pytest.raises(InputProblems) as caught:
        from_gtfs(path, date=DATE)
    assert "damaged" in {each.code for each in caught.value.refusals}


@pytest.mark.parametrize("name", ["../../evil.txt", "/tmp/siting_evil.txt", "C:\\evil.txt"])
def test_members_that_name_places_outside_write_nothing(tmp_path: Path, name: str, usual: float) -> None:
    town = project(tmp_path / "a/b/p", tables(STOPS, TRIPS))
    with zipfile.ZipFile(town.root / "data/bus.zip", "a") as packed:
        packed.writestr(name, "evil")
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = 0o120777 << 16
        packed.writestr(link, "/etc/passwd")
    before = {each for each in tmp_path.rglob("*") if "maps" not in each.parts}
    assert minutes(siting.open_project(town.root)) == usual
    assert {each for each in tmp_path.rglob("*") if "maps" not in each.parts} == before
    assert not Path("/tmp/siting_evil.txt").exists()
