"""What a road allows: classes with speeds, OSM tags to direction and speed per mode.

Tables: `road_classes.csv` (ours, with evidence marks), `osm_highway.csv` (OSM highway to class).
Access follows the OSM hierarchy: the most specific mode tag wins, a direction suffix wins over none.
"""

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from siting.base.columns import MODES, Evidence, Mode, Season

Way = Literal["both", "forward", "backward", "no"]

WALK_KMH = 4.5
CYCLE_KMH = 12.0
DRIVE_ACCESS_KMH = 10.0
SPEED_RANGE = (1.0, 200.0)

_ACCESS_KEYS: dict[Mode, tuple[str, ...]] = {
    "walk": ("foot", "access"),
    "cycle": ("bicycle", "vehicle", "access"),
    "drive": ("motorcar", "motor_vehicle", "vehicle", "access"),
}
_ONEWAY_KEYS: dict[Mode, tuple[str, ...]] = {
    "walk": ("oneway:foot",),
    "cycle": ("oneway:bicycle", "oneway:vehicle", "oneway"),
    "drive": ("oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway"),
}
_CLOSED = frozenset(
    {"no", "agricultural", "forestry", "emergency", "psv", "bus", "military", "use_sidepath", "dismount"}
)
_ONEWAY: dict[str, Way] = {
    **dict.fromkeys(("yes", "true", "1"), "forward"),
    **dict.fromkeys(("-1", "reverse"), "backward"),
    "reversible": "no",
}
_SPEED = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(km/h|kmh|kph|mph|knots)?")
_TO_KMH = {"mph": 1.609344, "knots": 1.852}


@dataclass(frozen=True)
class RoadClass:
    """A class of road: titles, speed in km/h, which modes may use it, evidence of the speed."""

    zh: str
    en: str
    kmh: float
    open_to: frozenset[str]
    walk_factor: float
    evidence: str


@dataclass(frozen=True)
class RoadUse:
    """What one road allows: its class, posted speeds (None: not posted), direction per mode."""

    road_class: str
    speed_kmh: float | None
    speed_back_kmh: float | None
    ways: Mapping[Mode, Way]


@dataclass(frozen=True)
class SeasonRule:
    """What a season does to the speeds of a mode: a cap in km/h (None: none), then a factor."""

    max_kmh: float | None
    factor: float
    zh: str
    en: str
    source: str
    evidence: Evidence


@cache
def season_rules() -> dict[tuple[Season, Mode], SeasonRule]:
    """Return the shipped rules by season and mode; summer has none."""
    return {
        (row["season"], row["mode"]): SeasonRule(  # type: ignore[misc]
            float(row["max_kmh"]) if row["max_kmh"] else None,
            float(row["factor"]),
            row["zh"],
            row["en"],
            row["source"],
            row["evidence"],  # type: ignore[arg-type]
        )
        for row in _rows("seasons.csv")
    }


@cache
def road_classes() -> dict[str, RoadClass]:
    """Return the shipped classes by name."""
    return {
        row["class"]: RoadClass(
            row["zh"],
            row["en"],
            float(row["kmh"]),
            frozenset(mode for mode in MODES if row[mode] == "yes"),
            float(row["walk_factor"]),
            row["evidence"],
        )
        for row in _rows("road_classes.csv")
    }


@cache
def highway_classes() -> dict[str, str]:
    """Return OSM highway value -> our class."""
    return {row["highway"]: row["class"] for row in _rows("osm_highway.csv")}


def osm_use(tags: Mapping[str, str]) -> RoadUse | None:
    """Return what an OSM way allows, None where it is no road or closed to every mode."""
    road_class = highway_classes().get(tags.get("highway", ""))
    if road_class is None:
        return None
    ways = {mode: _way(tags, mode, road_class) for mode in MODES}
    if all(way == "no" for way in ways.values()):
        return None
    posted = parse_speed(tags.get("maxspeed", ""))
    forward = parse_speed(tags.get("maxspeed:forward", "")) or posted
    backward = parse_speed(tags.get("maxspeed:backward", "")) or posted
    return RoadUse(road_class, forward, backward, ways)


def parse_speed(written: str) -> float | None:
    """Return km/h of a posted speed (`50`, `30 mph`), None for anything else or out of 1..200."""
    match = _SPEED.fullmatch(written.strip().lower())
    if match is None:
        return None
    kmh = float(match[1]) * _TO_KMH.get(match[2] or "", 1.0)
    return kmh if SPEED_RANGE[0] <= kmh <= SPEED_RANGE[1] else None


def whole_runs(nodes: Iterable[Any]) -> list[list[tuple[float, float]]]:
    """Return longitude and latitude along a way's osmium nodes, cut where the file lacks a node."""
    runs: list[list[tuple[float, float]]] = [[]]
    for node in nodes:
        if node.location.valid():
            runs[-1].append((node.lon, node.lat))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if len(run) > 1]


def _way(tags: Mapping[str, str], mode: Mode, road_class: str) -> Way:
    by_class = mode in road_classes()[road_class].open_to
    open_forward = _open(tags, mode, "forward", by_class)
    open_backward = _open(tags, mode, "backward", by_class)
    oneway = _oneway(tags, mode, road_class)
    forward = open_forward and oneway in ("both", "forward")
    backward = open_backward and oneway in ("both", "backward")
    if forward and backward:
        return "both"
    return "forward" if forward else "backward" if backward else "no"


def _open(tags: Mapping[str, str], mode: Mode, direction: str, by_class: bool) -> bool:
    keys = _ACCESS_KEYS[mode]
    for key in keys:
        value = tags.get(f"{key}:{direction}", tags.get(key))
        if value is None:
            continue
        if set(re.split(r"\s*;\s*", value)) <= _CLOSED:
            return False
        # a general `access=yes` does not open a footway to cars: only a tag that names the mode does
        return by_class or key != "access"
    return by_class


def _oneway(tags: Mapping[str, str], mode: Mode, road_class: str) -> Way:
    if mode == "cycle" and tags.get("cycleway", "").startswith("opposite"):
        return "both"
    for key in _ONEWAY_KEYS[mode]:
        if key in tags:
            return _ONEWAY.get(tags[key], "both")
    if mode == "walk":
        return "both"
    implied = tags.get("junction") in ("roundabout", "circular") or road_class == "expressway"
    return "forward" if implied else "both"


def _rows(name: str) -> list[dict[str, str]]:
    written = files("siting.base").joinpath(name).read_text("utf-8")
    return list(csv.DictReader(written.splitlines()))
