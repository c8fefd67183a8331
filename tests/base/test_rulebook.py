"""Rulebooks: the shipped one, a project's own laid over it, and a layer's own words laid over both."""

from pathlib import Path
from typing import Any

import pytest

from siting.base.errors import Problem
from siting.base.layers import Layer, LayerSettings
from siting.base.rulebook import BookRule, Rulebook, load_rulebook, read_rulebook, rules_of_layers, shipped
from siting.base.settings import ScreenBlock

CN = shipped()["cn"]
TOWN = ScreenBlock(rulebook="cn", setting="town")


def layer(kind: str, own: dict[str, Any] | None = None) -> Layer:
    """Return a constraint layer of a kind, with its own rule as written."""
    settings = LayerSettings(role="constraint", source="a.gpkg", kind=kind)
    return Layer(name="l", file="layers/l.toml", settings=settings.model_copy(update={"rule": own}))


def rule_of(kind: str, own: dict[str, Any] | None = None, screen: ScreenBlock = TOWN) -> BookRule:
    rules, problems = rules_of_layers([layer(kind, own)], CN, screen)
    assert problems == []
    return rules["l"]


def problems_of(kind: str, own: dict[str, Any] | None = None, book: Rulebook = CN) -> list[Problem]:
    return rules_of_layers([layer(kind, own)], book, TOWN)[1]


def read(text: str) -> tuple[Rulebook, list[Problem]]:
    import tomllib

    return read_rulebook(tomllib.loads(text), "rules.toml")


def test_the_shipped_book_has_29_rules_each_with_clause_evidence_and_both_titles() -> None:
    assert len(CN.rules) == 29
    for rule in CN.rules.values():
        assert all([rule.title, rule.title_en, rule.clause])
        assert rule.evidence != "U"
        assert (rule.document != "") == (rule.action == "gate")
    assert list(CN.on_parcels()) == ["soil_survey", "slope", "hidden_debt", "parcel_min"]


def test_what_no_law_gives_is_marked_a_guess() -> None:
    guessed = {name for name, rule in CN.rules.items() if "G" in rule.evidences}
    assert guessed == {"rail_noise", "oil_gas_pipe", "hazchem", "slope", "parcel_min"}


def test_a_layer_obeys_the_rule_of_its_kind() -> None:
    assert rule_of("pbf") == CN.rules["pbf"]


def test_a_layers_own_words_hold_field_by_field_and_are_marked_as_the_users() -> None:
    rule = rule_of("udb", {"action": "review"})
    assert (rule.action, rule.where, rule.title, rule.clause) == ("review", "outside", "城镇开发边界外", "三区三线")
    assert rule.evidence == "U"
    assert rule_of("udb", {"action": "review", "evidence": "R"}).evidence == "R"


def test_a_plain_distance_replaces_those_by_voltage() -> None:
    rule = rule_of("hv_line", {"buffer_m": 8.0})
    assert (rule.buffer_by, rule.bands, rule.widest_m) == (None, (), 8)
    assert (rule.evidence, rule.distance_evidence) == ("R", "U")


@pytest.mark.parametrize(
    ("setting", "expected"),
    [("urban", (10, 8)), ("suburb", (12, 10)), ("town", (15, 12)), ("rural", (20, 15))],
)
def test_the_setting_of_the_town_gives_the_distance_to_railways(setting: Any, expected: tuple[float, float]) -> None:
    classes = rule_of("rail", screen=ScreenBlock(rulebook="cn", setting=setting)).classes
    assert (classes["hsr"], classes["other"]) == expected


def test_a_railway_without_a_setting_is_refused_and_one_with_its_own_distance_is_not() -> None:
    bare = ScreenBlock(rulebook="cn")
    assert [each.code for each in rules_of_layers([layer("rail")], CN, bare)[1]] == ["no_setting"]
    assert rule_of("rail", {"buffer_m": 15.0}, bare).widest_m == 15


@pytest.mark.parametrize(
    ("kind", "near"), [("eco_redlin", "eco_redline"), ("生态红线", "eco_redline"), ("hvline", "hv_line")]
)
def test_an_unknown_kind_without_a_rule_is_refused_with_the_nearest(kind: str, near: str) -> None:
    [problem] = problems_of(kind)
    assert (problem.code, problem.file, problem.where, problem.expected) == (
        "unknown_rule",
        "layers/l.toml",
        "kind",
        near,
    )


def test_a_kind_of_ones_own_needs_a_whole_rule() -> None:
    assert [each.where for each in problems_of("mine", {"action": "exclude"})] == ["rule.title"]
    assert rule_of("mine", {"action": "exclude", "title": "矿"}).title == "矿"
    assert [each.code for each in problems_of("pbf", book=Rulebook())] == ["missing_key"]


def test_a_rule_on_the_parcels_themselves_takes_no_layer() -> None:
    assert [each.code for each in problems_of("slope")] == ["rule_of_parcels"]


@pytest.mark.parametrize(
    ("own", "code", "where"),
    [
        ({"buffr_m": 3.0}, "unknown_key", "rule.buffr_m"),
        ({"action": "forbid"}, "wrong_value", "rule.action"),
        ({"buffer_m": -1.0}, "wrong_value", "rule.buffer_m"),
        ({"action": "penalise"}, "penalty_pair", "rule.penalty"),
        ({"review_m": 3.0, "buffer_m": 5.0}, "wrong_value", "rule.review_m"),
        ({"where": "outside", "buffer_m": 5.0}, "outside_distance", "rule.where"),
        ({"buffer_by": "class"}, "missing_key", "rule.classes"),
        ({"buffer_by": "setting", "settings": {"urban": {"hsr": 1.0}}}, "missing_key", "rule.settings"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_told_with_file_and_place(own: dict[str, Any], code: str, where: str) -> None:
    [problem] = problems_of("pbf", own)
    assert (problem.code, problem.file, problem.where) == (code, "layers/l.toml", where)


def test_a_factor_goes_with_the_action_that_used_it() -> None:
    book, problems = read('extends = "cn"\n[[rule]]\nid = "parcel_min"\naction = "review"')
    assert problems == []
    assert book.rules["parcel_min"].penalty is None


def test_a_projects_book_extends_overrides_and_drops() -> None:
    own = '[[rule]]\nid = "pbf"\naction = "review"\n[[rule]]\nid = "mine"\ntitle = "矿"\naction = "exclude"'
    book, problems = read(f'extends = "cn"\ndrop = ["soil_survey"]\n{own}')
    assert problems == []
    assert (book.rules["pbf"].action, book.rules["pbf"].clause, book.rules["mine"].title) == (
        "review",
        "土地管理法 35",
        "矿",
    )
    assert set(book.rules) == set(CN.rules) - {"soil_survey"} | {"mine"}
    assert CN.rules["pbf"].action == "exclude"


@pytest.mark.parametrize(
    ("text", "code", "where"),
    [
        ('extend = "cn"', "unknown_key", "extend"),
        ('extends = "us"', "no_rulebook", "extends"),
        ('extends = "cn"\ndrop = ["soil_surve"]', "unknown_rule", "drop"),
        ('extends = "cn"\ndrop = "pbf"', "wrong_value", "drop"),
        ("rule = 3", "wrong_value", "rule"),
        ('[[rule]]\ntitle = "矿"', "rule_id", "rule 1"),
        ('[[rule]]\nid = "a"\ntitle = "矿"', "missing_key", "rule a.action"),
        ('extends = "cn"\n[[rule]]\nid = "pbf"\nclauses = "1"', "unknown_key", "rule pbf.clauses"),
        ('extends = "cn"\n[[rule]]\nid = "pbf"\n[[rule]]\nid = "pbf"', "twice_rule", "rule 2"),
        ('extends = "cn"\n[[rule]]\nid = "slope"\nsteps = [{ action = "exclude" }]', "slope_steps", "rule slope.steps"),
    ],
)
def test_a_broken_book_is_told_with_its_place(text: str, code: str, where: str) -> None:
    [problem] = read(text)[1]
    assert (problem.code, problem.file, problem.where) == (code, "rules.toml", where)


@pytest.mark.parametrize(
    ("named", "code"), [("cm", "no_rulebook"), ("rules.toml", "missing_file"), ("broken.toml", "toml_broken")]
)
def test_a_book_that_cannot_be_read_is_told(tmp_path: Path, named: str, code: str) -> None:
    (tmp_path / "broken.toml").write_text("[[rule", "utf-8")
    book, problems = load_rulebook(ScreenBlock(rulebook=named), tmp_path)
    assert ([each.code for each in problems], book.rules) == ([code], {})


def test_no_book_has_no_rules_and_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    assert load_rulebook(ScreenBlock(), tmp_path) == (Rulebook(), [])
    (tmp_path / "rules.toml").write_text('extends = "cn"', "utf-8-sig")
    book, problems = load_rulebook(ScreenBlock(rulebook="rules.toml"), tmp_path)
    assert (len(book.rules), problems) == (29, [])


@pytest.mark.parametrize(
    ("bound", "steps"),
    [
        (30.0, [(8, "ok"), (15, "penalise"), (30, "review"), (None, "exclude")]),
        (20.0, [(8, "ok"), (15, "penalise"), (20, "review"), (None, "exclude")]),
        (12.0, [(8, "ok"), (12, "penalise"), (None, "exclude")]),
        (5.0, [(5, "ok"), (None, "exclude")]),
    ],
)
def test_the_steepest_allowed_slope_is_the_users(bound: float, steps: list[tuple[float | None, str]]) -> None:
    screen = ScreenBlock(rulebook="cn", slope_max=bound, source="市规", evidence="S")
    rule = load_rulebook(screen, Path())[0].rules["slope"]
    assert [(step.most, step.action) for step in rule.steps] == steps
    assert (rule.clause, rule.evidence) == ("市规；CJJ 83-2016 居住用地 0.2%-25%", "S")


@pytest.mark.parametrize("bands", [[(1, 10), (10, 110)], [(35, 10)]])
def test_bands_that_overlap_or_run_backwards_are_refused(bands: list[tuple[int, int]]) -> None:
    rows = [{"least_kv": least, "most_kv": most, "buffer_m": 5} for least, most in bands]
    raw = {"extends": "cn", "rule": [{"id": "hv_line", "bands": rows}]}
    assert "bands_overlap" in [each.code for each in read_rulebook(raw, "own.toml")[1]]
