"""Settings as a user types them: every problem told at once, at its place, with what to write instead."""

import tomllib
from typing import Any

import pytest

from siting.base.layers import Layer
from siting.base.rulebook import Rulebook, rules_of_layers
from siting.base.settings import Of, ScreenBlock
from siting.base.settings_checks import cross_check, read_layer_settings, read_settings
from tests.small_project import LAYERS, SETTINGS


def told(written: str) -> list[tuple[str, str, str, str]]:
    """Return code, place, finding and expectation of every problem of settings as text."""
    settings, problems = read_settings(tomllib.loads(written))
    assert (settings is None) == bool(problems)
    return [(each.code, each.where, each.found, each.expected) for each in problems]


def changed(old: str, new: str) -> list[tuple[str, str, str, str]]:
    """Return the problems of the small project after one change."""
    assert SETTINGS.count(old) == 1
    return told(SETTINGS.replace(old, new))


def test_the_small_project_has_no_problem() -> None:
    assert told(SETTINGS) == []


@pytest.mark.parametrize(
    ("old", "new", "where", "near"),
    [
        ("weight = 2", "weigth = 2\nweight = 2", "criterion school.weigth", "weight"),
        ("snap = 300", "snapp = 300", "travel.snapp", "snap"),
        ("area_min = 2000", "area_mim = 2000", "screen.area_mim", "area_min"),
        ("[capacity]", "[capacityy]", "capacityy", "capacity"),
        ("above = 45", "above = 45, abov = 1", "flag.remote.any_of 1.abov", "above"),
    ],
)
def test_a_mistyped_key_is_answered_with_the_nearest_right_one(old: str, new: str, where: str, near: str) -> None:
    key = where.rsplit(".", maxsplit=1)[-1]
    assert changed(old, new) == [("unknown_key", where, key, near)]


def test_a_key_like_no_other_is_answered_with_all() -> None:
    [(code, where, _, expected)] = changed("snap = 300", '"水" = 300')
    assert (code, where) == ("unknown_key", "travel.水")
    assert expected == "season, snap, speeds, slope, turns, transit"


@pytest.mark.parametrize(
    ("old", "where"),
    [
        ('crs = "EPSG:4538"', "project.crs"),
        ("weight = 2", "criterion school.weight"),
        ("cutoff = 60", "criterion school.cutoff"),
        ('mode = "drive"', "criterion jobs.mode"),
        ('title = "偏远"', "flag.remote.title"),
    ],
)
def test_a_missing_key_is_named_with_its_place(old: str, where: str) -> None:
    assert changed(old, "") == [("missing_key", where, "", where.rsplit(".", maxsplit=1)[-1])]


@pytest.mark.parametrize(
    ("written", "found", "expected"),
    [("'2'", "'2'", "float"), ("-1", "-1", "≥ 0"), ("nan", "nan", "finite number"), ("inf", "inf", "finite number")],
)
def test_a_weight_that_is_text_negative_or_no_number_is_refused(written: str, found: str, expected: str) -> None:
    [problem] = changed("weight = 2", f"weight = {written}")
    assert problem[:3] == ("wrong_value", "criterion school.weight", found)
    assert problem[3].startswith(expected)


def test_weights_that_are_all_zero_are_refused() -> None:
    written = SETTINGS.replace("weight = 2", "weight = 0").replace("weight = 1", "weight = 0")
    assert told(written) == [("no_weight", "criterion.weight", "", "")]


def test_one_weight_of_zero_is_allowed() -> None:
    assert changed("weight = 2", "weight = 0") == []


def test_several_problems_are_told_together() -> None:
    written = SETTINGS.replace("snap = 300", "snapp = 300").replace("weight = 2", "weight = -1")
    written = written.replace('criterion = "school"', 'criterion = "skool"').replace("mean_home_m2 = 100", "far2 = 1")
    codes = [(code, where) for code, where, _, _ in told(written + "\n[scenario.later]\n")]
    assert sorted(codes) == [
        ("later_block", "[scenario]"),
        ("unknown_criterion", "flag.remote"),
        ("unknown_key", "capacity.far2"),
        ("unknown_key", "travel.snapp"),
        ("wrong_value", "criterion school.weight"),
    ]


@pytest.mark.parametrize("block", ["scenario"])
def test_a_block_of_a_later_version_is_named_as_such(block: str) -> None:
    assert told(f"{SETTINGS}\n[{block}]\nany = 1\n") == [("later_block", f"[{block}]", "", "")]


def test_a_cutoff_shorter_than_the_worst_point_is_refused() -> None:
    assert changed("cutoff = 60", "cutoff = 50") == [("short_cutoff", "criterion school.cutoff", "50", "60")]


def test_a_cutoff_shorter_than_a_flag_s_bound_is_refused() -> None:
    assert changed("above = 45", "above = 75.5") == [("short_cutoff", "criterion school.cutoff", "60", "75.5")]


def test_a_cutoff_of_a_sum_may_be_shorter_than_its_points() -> None:
    assert changed("best = 200", "best = 5") == []


def test_a_flag_that_names_no_criterion_is_told_which_there_are() -> None:
    found = changed('{ criterion = "school"', '{ criterion = "skool"')
    assert found == [("unknown_criterion", "flag.remote", "skool", "jobs, school")]


@pytest.mark.parametrize("bounds", ["above = 45, below = 3", ""])
def test_a_condition_has_one_bound(bounds: str) -> None:
    [(code, where, _, expected)] = changed("above = 45", bounds) if bounds else changed(", above = 45", "")
    assert (code, where, expected) == ("wrong_value", "flag.remote.any_of 1", "one of: below, above")


@pytest.mark.parametrize(
    ("old", "new"), [("best = 0", "best = 60"), ("best = 0", "best = 61"), ("worst = 0", "worst = 201")]
)
def test_reference_points_that_contradict_better_are_refused(old: str, new: str) -> None:
    [(code, *_)] = changed(f"\n{old}\n", f"\n{new}\n")
    assert code == "reference_points"


def test_two_criteria_of_one_name_are_refused() -> None:
    assert ("repeated_criterion", "criterion school", "school", "") in changed('name = "jobs"', 'name = "school"')


@pytest.mark.parametrize("of", ["places[kind=]", "work.", "a b", "places[typ=primary]", ""])
def test_an_of_of_another_form_is_refused(of: str) -> None:
    assert changed('of = "work.jobs"', f'of = "{of}"') == [("bad_of", "criterion jobs.of", of, "")]


def test_an_of_has_layer_kinds_and_column() -> None:
    assert Of.parse("places[kind=primary|school].seats") == Of(
        layer="places", kinds=("primary", "school"), column="seats"
    )
    assert Of.parse("work") == Of(layer="work")


@pytest.mark.parametrize("raw", [{}, {"criterion": 3}, {"criterion": [], "flag": [], "project": []}])
def test_settings_of_another_shape_are_refused_without_a_crash(raw: dict[str, Any]) -> None:
    settings, problems = read_settings(raw)
    assert settings is None
    assert {each.code for each in problems} <= {"missing_key", "wrong_value"}
    assert all(each.file == "siting.toml" for each in problems)


def layer_told(written: str) -> list[tuple[str, str, str]]:
    """Return code, place and expectation of every problem of one layer file."""
    settings, problems = read_layer_settings(tomllib.loads(written), "layers/a.toml")
    assert (settings is None) == bool(problems)
    return [(each.code, each.where, each.expected) for each in problems]


@pytest.mark.parametrize("name", sorted(LAYERS))
def test_the_layers_of_the_small_project_have_no_problem(name: str) -> None:
    assert layer_told(LAYERS[name]) == []


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ('source = "a.gpkg"', ("missing_key", "role", "role")),
        ('role = "roads"\nsorce = "a"\nsource = "a.gpkg"', ("unknown_key", "sorce", "source")),
        ('role = "roads"\nsource = "a"\n[columns]\nclas = "等级"', ("unknown_key", "columns.clas", "class")),
        ('role = "roads"\nsource = "a"\n[columns]\njobs = "人数"', ("unknown_key", "columns.jobs", None)),
    ],
)
def test_a_layer_file_is_told_its_problem_and_its_place(written: str, found: tuple[str, str, str | None]) -> None:
    [problem] = layer_told(written)
    assert problem[:2] == found[:2]
    assert found[2] in (None, problem[2])


def test_a_role_that_there_is_not_is_answered_with_those_there_are() -> None:
    [(code, where, expected)] = layer_told('role = "road"\nsource = "a"')
    assert (code, where) == ("wrong_value", "role")
    assert "'roads'" in expected


def crossed(settings: str = SETTINGS, **layers: str) -> list[tuple[str, str, str]]:
    """Return the problems between the small project's settings and layers."""
    declared, problems = read_settings(tomllib.loads(settings))
    assert problems == []
    read = [
        Layer(name=name, file=f"layers/{name}.toml", settings=read_layer_settings(tomllib.loads(written), name)[0])
        for name, written in {**LAYERS, **layers}.items()
        if written
    ]
    found = cross_check(declared, read, ("nearest", "cumulative", "column"))
    return [(each.code, each.where, each.found) for each in found]


def test_settings_and_layers_of_the_small_project_agree() -> None:
    assert crossed() == []


def test_exactly_one_layer_of_roads_is_needed() -> None:
    assert crossed(roads="") == [("one_layer", "roads", "0")]
    assert crossed(second=LAYERS["roads"]) == [("one_layer", "roads", "roads, second")]


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("work.jobs", "wrok.jobs", ("unknown_layer", "criterion jobs.of", "wrok")),
        ("work.jobs", "parcels.far", ("unknown_layer", "criterion jobs.of", "parcels")),
        ("work.jobs", "work.people", ("unknown_column", "criterion jobs.of", "people")),
        ('"cumulative"', '"no_such_measure"', ("unknown_measure", "criterion jobs", "no_such_measure")),
    ],
)
def test_a_criterion_that_looks_at_nothing_is_refused(old: str, new: str, found: tuple[str, str, str]) -> None:
    assert crossed(SETTINGS.replace(old, new)) == [found]


RULE = 'role = "constraint"\nsource = "a.gpkg"\n[rule]\ntitle = "水域"\n'


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ('role = "constraint"\nsource = "a"', ("missing_key", "rule", "[rule]")),
        (RULE + 'action = "penalise"', ("penalty_pair", "rule.penalty", "")),
        (RULE + 'action = "exclude"\npenalty = 0.5', ("penalty_pair", "rule.penalty", "")),
        (RULE + 'action = "penalise"\npenalty = 1', ("wrong_value", "rule.penalty", "< 1")),
        (RULE + 'action = "exclude"\nbuffer_m = -5', ("wrong_value", "rule.buffer_m", "≥ 0")),
    ],
)
def test_a_constraint_without_a_rulebook_is_told_what_its_rule_lacks(written: str, found: tuple[str, str, str]) -> None:
    settings, amiss = read_layer_settings(tomllib.loads(written), "layers/a.toml")
    assert amiss == []
    assert settings is not None
    layer = Layer(name="a", file="layers/a.toml", settings=settings)
    _, problems = rules_of_layers([layer], Rulebook(), ScreenBlock())
    code, where, expected = found
    assert (code, where) in [(each.code, each.where) for each in problems]
    assert expected in "; ".join(each.expected for each in problems)


@pytest.mark.parametrize(
    ("source", "block"),
    [
        ("a.gpkg", 'sheet = "表"'),
        ("a.csv", "[survey]\npoint = ['x', 'y']"),
        ("a.zip:b.shp", "[coordinates]\nwithin = [87, 46, 88, 48]"),
        ("postgresql://u@h/d#s.t", 'sheet = "表"'),
    ],
)
def test_a_block_that_a_source_has_no_use_for_is_refused(source: str, block: str) -> None:
    written = f'role = "places"\nkind = "clinic"\nsource = "{source}"\n{block}\n'
    _, problems = read_layer_settings(tomllib.loads(written), "layers/a.toml")
    assert [each.code for each in problems] == ["wrong_format"]


@pytest.mark.parametrize("source", ["a.xlsx", "a.zip:b.xlsx", "a.zip"])
def test_a_sheet_of_a_workbook_is_no_such_block(source: str) -> None:
    written = f'role = "places"\nkind = "clinic"\nsource = "{source}"\nsheet = "表"\n'
    assert read_layer_settings(tomllib.loads(written), "layers/a.toml")[1] == []
