"""The shipped tables of facilities and of the circles that a settlement has."""

import re

import pytest

from siting.base.catalogue import ids
from siting.base.facilities import ABOVE_TIER_MODEL, circle_tiers, facilities
from siting.base.texts import table
from tests.shared_data import shared


def test_every_facility_is_a_kind_of_place_of_the_catalogue() -> None:
    assert len(facilities()) == 21
    assert set(facilities()) <= set(ids("place"))


def test_every_facility_has_a_circle_a_clause_and_an_evidence_mark() -> None:
    for kind, each in facilities().items():
        assert each.tier in ("c15", "c10", "c5"), kind
        assert each.need in ("must", "should"), kind
        assert each.clause, kind
        assert f"word.evidence_{each.evidence}" in table(), kind


def test_a_facility_is_judged_on_foot_or_by_car_but_for_the_police_that_has_no_radius() -> None:
    judged = {kind: (each.radius_m, each.drive_min) for kind, each in facilities().items()}
    assert judged.pop("police") == (None, None)
    assert [kind for kind, (radius, minutes) in judged.items() if (radius is None) == (minutes is None)] == []
    assert facilities()[ABOVE_TIER_MODEL].drive_min == 15


def test_tiers_descend_by_population_and_have_the_circles_below_their_own() -> None:
    bounds = [each.population_min for each in circle_tiers().values()]
    assert bounds == [50_000, 15_000, 5_000, 0]
    assert [each.circles for each in circle_tiers().values()] == [("c15", "c10", "c5"), ("c10", "c5"), ("c5",), ("c5",)]
    assert [name for name, each in circle_tiers().items() if each.slow_mode_m is not None] == ["town"]


def test_every_circle_has_a_name_in_both_languages() -> None:
    assert {f"circle.tier_{name}" for name in circle_tiers()} - set(table()) == {"circle.tier_town"}
    assert "circle.head_town" in table()


ROW = re.compile(
    r"- \{id: (?P<id>\w+), .*?tier: (?P<tier>\w+), (?P<rest>.*?)need: (?P<need>\w+), .*evidence: (?P<mark>\w)\}"
)


@pytest.mark.parametrize("key", ["r_m", "drive_min"])
def test_the_bounds_are_those_of_the_domain_table(key: str) -> None:
    written = shared("domain/standards.yaml").read_text("utf-8")
    rows = [found for line in written.splitlines() if (found := ROW.search(line)) is not None]
    assert {row["id"] for row in rows} == set(facilities())
    for row in rows:
        shipped = facilities()[row["id"]]
        number = re.search(rf"\b{key}: (\d+)", row["rest"])
        bound = shipped.radius_m if key == "r_m" else shipped.drive_min
        assert bound == (None if number is None else float(number[1])), row["id"]
        assert (shipped.tier, shipped.need, shipped.evidence) == (row["tier"], row["need"], row["mark"])
