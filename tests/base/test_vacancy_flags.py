"""The warning signs of vacancy that ship, and own bounds in their place."""

import pytest

from siting.base.living_settings import VacancyBounds
from siting.base.texts import table
from siting.base.vacancy_flags import flag_rules, vacancy_flags
from tests.shared_data import shared

BOUNDS = {
    "jobs_far": ("min", "above", 30, 45),
    "jobs_few": ("share", "below", 0.5, 0.2),
    "no_daily_shop": ("m", "above", 1000, 2000),
    "no_transit": ("m", "above", 500, 1000),
    "infra_not_ready": ("count", "above", None, 0),
    "must_facilities_missing": ("share", "below", 0.8, 0.5),
    "centre_far": ("km", "above", 5, 20),
    "demand_short": ("ratio", "above", 0.8, 1),
    "nuisance": ("count", "above", 0, None),
    "winter_access": ("ratio", "above", 1.5, None),
}


def test_the_shipped_signs_have_these_bounds() -> None:
    assert {name: (r.unit, r.direction, r.amber, r.red) for name, r in vacancy_flags().items()} == BOUNDS


def test_the_shipped_signs_are_those_of_the_standards_with_their_evidence() -> None:
    listed = shared("domain/standards.yaml").read_text("utf-8").split("vacancy_flags:")[1].split("\nspeeds_kmh:")[0]
    rows = [line for line in listed.splitlines() if "{id:" in line]
    told = {
        line.split("id: ")[1].split(",")[0]: line.split("evidence: ")[1].split(",")[0].rstrip("}").strip()
        for line in rows
    }
    assert told == {name: rule.evidence for name, rule in vacancy_flags().items()}


def test_every_sign_says_in_both_languages_what_it_warns_of_what_is_measured_and_whence() -> None:
    for rule in vacancy_flags().values():
        assert all((rule.zh, rule.en, rule.measured_zh, rule.measured_en, rule.source, rule.source_en))
        assert rule.source_en.isascii()
        assert rule.en.isascii()
        assert f"vacancy.unit.{rule.unit}" in table()
        assert all(f"word.evidence_{mark}" in table() for mark in rule.evidence.split("/"))
        assert (rule.title("zh"), rule.title("en")) == (rule.zh, rule.en)


def test_only_the_lack_of_public_transport_depends_on_whether_there_is_a_car() -> None:
    assert [name for name, rule in vacancy_flags().items() if rule.red_if] == ["no_transit"]


def test_own_bounds_bring_their_own_source_and_evidence_and_leave_the_shipped_table_alone() -> None:
    rule = flag_rules({"jobs_far": VacancyBounds(amber=20, red=40, source="规自局 2025", evidence="R")})["jobs_far"]
    assert (rule.amber, rule.red, rule.source, rule.source_en, rule.evidence) == (
        20,
        40,
        "规自局 2025",
        "规自局 2025",
        "R",
    )
    assert vacancy_flags()["jobs_far"].red == 45


def test_one_own_bound_of_two_stands_beside_the_shipped_one_with_both_marks_and_sources() -> None:
    rule = flag_rules({"jobs_far": VacancyBounds(red=60, source="纪要")})["jobs_far"]
    assert (rule.amber, rule.red, rule.evidence) == (30, 60, "U/G")
    assert rule.source == f"纪要；{vacancy_flags()['jobs_far'].source}"
    assert rule.source_en == f"纪要; {vacancy_flags()['jobs_far'].source_en}"


def test_the_only_bound_of_a_sign_is_replaced_whole() -> None:
    assert flag_rules({"winter_access": VacancyBounds(amber=2)})["winter_access"].evidence == "U"


def test_a_block_without_bounds_changes_nothing() -> None:
    assert flag_rules({"jobs_far": VacancyBounds(weight=2)}) == vacancy_flags()


def test_signs_can_be_left_unjudged() -> None:
    assert set(vacancy_flags()) - set(flag_rules({}, off=("nuisance", "jobs_few"))) == {"nuisance", "jobs_few"}


@pytest.mark.parametrize(
    ("own", "off", "says"),
    [
        ({"jobs_farr": VacancyBounds(red=1)}, (), "jobs_farr"),
        ({}, ("nuisances",), "nuisances"),
        ({"jobs_far": VacancyBounds(amber=50)}, (), "jobs_far: amber .50. must warn before red .45."),
        ({"jobs_few": VacancyBounds(red=0.6)}, (), "jobs_few: amber .0.5. must warn before red .0.6."),
        ({"no_transit": VacancyBounds(amber=-1)}, (), "no_transit: amber"),
    ],
)
def test_bounds_that_cannot_be_meant_are_refused_by_name(own: dict, off: tuple, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        flag_rules(own, off=off)
