"""Seasons, slope and public transport in a project, on the street of `small_project`.

The street is 6 km long and straight; the school and the jobs lie at its west end, P1 at 750 m, P2 at 3000 m,
P3 at 5000 m, each 10 m off the street.
"""

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

import siting
from siting import InputProblems
from siting.project.streets import way_ids
from tests import small_project as small

TRANSIT = """
[travel.transit]
departures = ["07:00", "08:00"]
"""
BUS = """
[[criterion]]
name = "bus_jobs"
measure = "cumulative"
of = "work.jobs"
mode = "transit"
cutoff = 30
better = "more"
worst = 0
best = 200
weight = 1

[[criterion]]
name = "buses"
measure = "stop_frequency"
of = "bus"
mode = "walk"
cutoff = 10
better = "more"
worst = 0
best = 12
weight = 1
"""


def project(folder: Path, *, travel: str = "", more: str = "", season: str = "summer") -> Path:
    """Write the small project with other travel settings and further criteria."""
    settings = small.SETTINGS.replace("snap = 300", f'snap = 300\nseason = "{season}"\n{travel}') + more
    return small.write(folder / "p", settings)


def with_bus(root: Path) -> Path:
    """Add a line along the street, every ten minutes at 30 km/h, and stops at 0, 3000 and 5000 m."""
    line = shapely.LineString([(small.X0, small.Y0), (small.X0 + 5000, small.Y0)])
    lines = gpd.GeoDataFrame({"线路": ["1路"], "间隔": [10]}, geometry=[line], crs=small.CRS)
    lines.to_file(root / "data/bus.gpkg")
    written = 'role = "transit"\nsource = "data/bus.gpkg"\n[columns]\nname = "线路"\nheadway_min = "间隔"\n'
    (root / "layers/bus.toml").write_text(written, "utf-8")
    stops = "".join(f"站{x},公交站,{small.X0 + x},{small.Y0}\n" for x in (0, 3000, 5000))
    places = root / "data/places.csv"
    places.write_text(places.read_text("gb18030") + stops, "gb18030")
    return root


def test_winter_is_slower_and_the_worse_of_both_seasons_is_kept(tmp_path: Path) -> None:
    found = {}
    for season in ("summer", "winter", "both"):
        results = siting.run(project(tmp_path / season, season=season))
        found[season] = results.ranking.set_index("parcel_id")
        receipt = next(each for each in results.receipts if each["parcel_id"] == "P1")
        seasons = [each.get("season") for each in receipt["criteria"]]
        # P1 reaches all jobs in either season
        assert seasons == {"summer": [None, None], "winter": ["winter"] * 2, "both": ["winter", "both"]}[season]
    # on foot (10 + 750) m at 75 m a minute, in winter at 60
    assert found["summer"].loc["P1", "school"] == pytest.approx(760 / 75, abs=1e-3)
    assert found["winter"].loc["P1", "school"] == pytest.approx(760 / 60, abs=1e-3)
    assert found["both"]["school"].dropna().equals(found["winter"]["school"].dropna())
    # by car 3000 m at 40 km/h are 4.5 min, at 30 km/h 6; 10 m of access at 10 km/h
    assert found["summer"].loc["P3", "jobs"] == 200
    assert found["winter"].loc["P3", "jobs"] == 0
    assert found["both"].loc["P3", "jobs"] == 0


def test_jobs_by_bus_and_buses_an_hour(tmp_path: Path) -> None:
    root = with_bus(project(tmp_path, travel=TRANSIT, more=BUS))
    results = siting.run(root)
    rows = results.ranking.set_index("parcel_id")
    # P2 stands at its stop: at most 10 min of wait, 6 of ride, under 30; P3 10 + 10
    assert rows.loc[["P1", "P2", "P3"], "bus_jobs"].tolist() == [200, 200, 200]
    # six an hour each way past P2; at the end of the line, P3, only those that leave it
    assert rows.loc["P2", "buses"] == pytest.approx(12)
    assert rows.loc["P3", "buses"] == pytest.approx(6)
    assert rows.loc["P1", "buses"] == 0
    assert "transit" not in set(results.problems.query("code == 'unused_layer'")["found"])


def test_the_cheap_way_waits_half_a_headway(tmp_path: Path) -> None:
    cheap = TRANSIT + 'method = "headway"\nline_kmh = 30\n'
    results = siting.run(with_bus(project(tmp_path, travel=cheap, more=BUS.replace("cutoff = 30", "cutoff = 13"))))
    rows = results.ranking.set_index("parcel_id")
    # P2: 5 min of wait and 6 of ride, and legs; P3: 5 and 10
    assert rows.loc[["P2", "P3"], "bus_jobs"].tolist() == [200, 0]
    assert {plan["method"] for plan in results.stamp["engine"]["bus_jobs"]} == {"headway"}


def test_public_transport_without_a_timetable_is_refused_with_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InputProblems) as caught:
        siting.run(
            project(tmp_path / "a", travel=TRANSIT, more=BUS.split('[[criterion]]\nname = "buses"', maxsplit=1)[0])
        )
    assert [each.code for each in caught.value.refusals] == ["no_transit"]
    with pytest.raises(InputProblems) as caught:
        siting.open_project(with_bus(project(tmp_path / "b", more=BUS)))
    assert {each.code for each in caught.value.refusals} == {"missing_key"}


def test_a_window_without_a_departure_is_refused_with_its_place(tmp_path: Path) -> None:
    empty = TRANSIT.replace('"07:00", "08:00"', '"08:00", "07:00"')
    with pytest.raises(InputProblems) as caught:
        siting.run(with_bus(project(tmp_path, travel=empty, more=BUS)))
    assert [each.where for each in caught.value.refusals] == ["travel.transit.departures"]


def test_two_settlements_that_only_a_bus_joins_are_not_apart(tmp_path: Path) -> None:
    root = with_bus(project(tmp_path, travel=TRANSIT, more=BUS.replace("cutoff = 30", "cutoff = 60")))
    roads = small.roads()
    # the street between 1000 and 2000 m is closed to everyone: there is no way on foot
    street = shapely.LineString([(small.X0 + x, small.Y0) for x in (0, 1000)])
    east = shapely.LineString([(small.X0 + x, small.Y0) for x in (2000, 3000, 4000, 5000, 6000)])
    town = [
        shapely.LineString([(small.X0 + 6000 + 10 * n, small.Y0), (small.X0 + 6010 + 10 * n, small.Y0)])
        for n in range(150)
    ]
    lines = [street, east, *town, *roads.geometry[1:]]
    gpd.GeoDataFrame({"等级": ["主干路"] * len(lines)}, geometry=lines, crs=small.CRS).to_file(root / "data/roads.gpkg")
    settings = (root / "siting.toml").read_text("utf-8")
    bus_only = (
        settings.replace("weight = 2", "weight = 0")
        .replace('name = "jobs"', 'name = "jobs"')
        .replace("best = 200\nweight = 1\n\n[flag", "best = 200\nweight = 0\n\n[flag")
    )
    (root / "siting.toml").write_text(bus_only, "utf-8")
    rows = siting.run(root).ranking.set_index("parcel_id")
    assert rows.loc["P2", "status"] == "ok"
    assert rows.loc["P2", "bus_jobs"] == 200


def test_an_extract_of_restrictions_that_is_missing_or_damaged_is_refused_by_name(tmp_path: Path) -> None:
    turns = (
        '[travel.turns]\nleft_s = 8\nright_s = 3\nstraight_s = 1\nu_turn_s = 20\nrestrictions = "data/town.osm.pbf"\n'
    )
    root = project(tmp_path, travel=turns)
    for code in ("missing_file", "damaged"):
        with pytest.raises(InputProblems) as caught:
            siting.run(root)
        assert [each.code for each in caught.value.refusals] == [code]
        (root / "data/town.osm.pbf").write_bytes(b"no extract")


def test_the_way_of_a_road_stands_in_its_id() -> None:
    roads = gpd.GeoDataFrame({"id": ["w12", "w12-2", "34", "roads-7", ""]})
    assert way_ids(roads).tolist() == [12, 12, 34, -1, -1]


def test_a_slope_layer_that_is_none_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InputProblems) as caught:
        siting.open_project(project(tmp_path, travel='slope = "hills"'))
    assert [(each.code, each.where) for each in caught.value.refusals] == [("unknown_layer", "travel.slope")]


def test_the_number_of_threads_changes_no_byte(tmp_path: Path) -> None:
    root = with_bus(project(tmp_path, travel=TRANSIT, more=BUS, season="both"))
    folders = [siting.run(root, out=tmp_path / f"w{workers}", workers=workers).path for workers in (1, 2)]
    for name in ("ranking.csv", "receipts.jsonl", "stamp.json", "index.html"):
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()


def test_turns_cost_drivers_what_the_settings_say(tmp_path: Path) -> None:
    free = siting.run(project(tmp_path / "free")).ranking.set_index("parcel_id")
    turns = "[travel.turns]\nleft_s = 0\nright_s = 0\nstraight_s = 30\nu_turn_s = 0\n"
    slow = siting.run(project(tmp_path / "slow", travel=turns)).ranking.set_index("parcel_id")
    # P3 passes four side streets on its 7.56 minutes to the jobs, half a minute each; the limit is 10
    assert free.loc["P3", "jobs"] == slow.loc["P3", "jobs"] == 200
    slower = turns.replace("30", "60")
    stopped = siting.run(project(tmp_path / "stopped", travel=slower)).ranking.set_index("parcel_id")
    assert stopped.loc["P3", "jobs"] == 0
    assert stopped["school"].dropna().equals(free["school"].dropna())
