"""What OSM tags allow on a road, by direction and mode, and which speed is posted."""

import json

import pytest

from siting.base.road_rules import highway_classes, osm_use, parse_speed, road_classes
from tests.shared_data import shared

FORWARD, BACKWARD = ("both", "forward"), ("both", "backward")


def drive(**tags: str) -> str:
    """Return how a way is driven; a residential street unless told otherwise."""
    return way("drive", **tags)


def way(mode: str, **tags: str) -> str:
    """Return how a way is open to a mode; `__` stands for a colon."""
    use = osm_use({"highway": "residential", **{key.replace("__", ":"): value for key, value in tags.items()}})
    return "no" if use is None else use.ways[mode]


def known(table: str) -> list[dict[str, str]]:
    """Return the rows of one table of the known car rules, as text."""
    rows = json.loads(shared("known/osm_tags_car/data.json").read_text("utf-8"))[table]
    return [{key: str(value) for key, value in row.items()} for row in rows]


@pytest.mark.parametrize("table", ["access_hierarchy_on_way", "access_value_on_way"])
def test_cars_pass_where_the_known_rules_let_them(table: str) -> None:
    for row in known(table):
        wanted = row.pop("drivable") in ("yes", "1")
        assert (drive(**row) != "no") == wanted, row


@pytest.mark.parametrize("table", ["access_by_direction", "oneway"])
def test_cars_pass_in_the_direction_of_the_known_rules(table: str) -> None:
    for row in known(table):
        wanted = (row.pop("fwd") == "1", row.pop("bwd") == "1")
        found = drive(**row)
        assert (found in FORWARD, found in BACKWARD) == wanted, row


def test_speeds_are_posted_by_direction_as_in_the_known_rules() -> None:
    for row in known("maxspeed_by_direction"):
        posted = {key: row.pop(key) for key in ("posted_fwd", "posted_bwd", "routable") if key in row}
        use = osm_use({"highway": "primary"} | row)
        if "routable" in posted:
            assert use is None or use.ways["drive"] == "no"
            continue
        found = [use.speed_kmh, use.speed_back_kmh]
        numbers = [None if each == "class default" else float(each) for each in list(posted.values())]
        assert found == numbers, row


@pytest.mark.parametrize(
    ("tags", "walk", "cycle", "drive"),
    [
        ({}, "both", "both", "both"),
        ({"oneway": "yes"}, "both", "forward", "forward"),
        ({"oneway": "-1"}, "both", "backward", "backward"),
        ({"oneway": "yes", "oneway:bicycle": "no"}, "both", "both", "forward"),
        ({"oneway": "yes", "cycleway": "opposite_lane"}, "both", "both", "forward"),
        ({"junction": "roundabout"}, "both", "forward", "forward"),
        ({"junction": "roundabout", "oneway": "no"}, "both", "both", "both"),
        ({"access": "no", "foot": "yes"}, "both", "no", "no"),
        ({"motor_vehicle": "no"}, "both", "both", "no"),
        ({"vehicle": "no"}, "both", "no", "no"),
        ({"highway": "footway"}, "both", "no", "no"),
        ({"highway": "footway", "access": "yes"}, "both", "no", "no"),
        ({"highway": "footway", "bicycle": "designated"}, "both", "both", "no"),
        ({"highway": "track", "motor_vehicle": "yes"}, "both", "both", "both"),
        ({"highway": "motorway"}, "no", "no", "forward"),
        ({"highway": "path", "bicycle": "dismount"}, "both", "no", "no"),
    ],
)
def test_each_mode_reads_its_own_tags(tags: dict[str, str], walk: str, cycle: str, drive: str) -> None:
    use = osm_use({"highway": "residential"} | tags)
    assert (use.ways["walk"], use.ways["cycle"], use.ways["drive"]) == (walk, cycle, drive)


@pytest.mark.parametrize(
    "tags", [{}, {"highway": "construction"}, {"highway": "residential", "access": "no"}, {"waterway": "river"}]
)
def test_what_no_mode_may_use_is_no_road(tags: dict[str, str]) -> None:
    assert osm_use(tags) is None


def test_every_osm_highway_has_a_class_with_a_speed_within_reason() -> None:
    assert set(highway_classes().values()) <= set(road_classes())
    assert all(1 <= each.kmh <= 200 and 0 < each.walk_factor <= 1 for each in road_classes().values())


@pytest.mark.parametrize(
    ("written", "kmh"),
    [
        ("50", 50),
        (" 50 km/h ", 50),
        ("30 mph", 48.28032),
        ("30mph", 48.28032),
        ("7.5", 7.5),
        ("10 knots", 18.52),
        ("1", 1),
        ("200", 200),
    ],
)
def test_a_posted_speed_is_read_in_its_unit(written: str, kmh: float) -> None:
    assert parse_speed(written) == pytest.approx(kmh)


@pytest.mark.parametrize(
    "written", ["", "walk", "none", "signals", "CN:urban", "50;60", "0", "0.5", "201", "-40", "５０", "1e2", "200 mph"]
)
def test_what_is_no_speed_between_1_and_200_is_none(written: str) -> None:
    assert parse_speed(written) is None
