"""Every rule of the rulebook `cn` on a drawn town: met by one parcel, missed just beyond its distance."""

from pathlib import Path

import pytest

import siting
from siting.base.rulebook import BookRule, load_rulebook, rules_of_layers
from siting.base.settings import ScreenBlock
from siting.parcels import Hit, screen
from siting.parcels.hit_reasons import evidence_of, reason_of
from siting.parcels.hits import PARCEL_RULE
from tests.project import rulebook_town as town

SCREEN = ScreenBlock(rulebook="cn", setting="town")
BY_KIND = {case.kind: case for case in town.CASES}


@pytest.fixture(scope="module")
def rules() -> dict[str, BookRule]:
    from siting.base.layers import Layer, LayerSettings

    book, problems = load_rulebook(SCREEN, Path())
    layers = [
        Layer(name=kind, file="", settings=LayerSettings(role="constraint", source="", kind=kind))
        for kind in book.on_layers()
    ]
    found, more = rules_of_layers(layers, book, SCREEN)
    assert [*problems, *more] == []
    return found | book.on_parcels()


@pytest.fixture(scope="module")
def hits(rules: dict[str, BookRule]) -> list[Hit]:
    parcels = town.parcels()
    on_parcels = {name: rule for name, rule in rules.items() if rule.of != "layer"}
    return screen(
        parcels,
        town.constraints(rules),
        parcel_rules=on_parcels,
        slope_pct=town.slopes(parcels),
        is_dwelling_now=town.dwellings(parcels),
    )


def of(hits: list[Hit], kind: str) -> list[Hit]:
    return [hit for hit in hits if hit.rule in (kind, PARCEL_RULE.format(kind))]


def test_the_town_has_all_29_rules_of_the_book() -> None:
    book, _ = load_rulebook(SCREEN, Path())
    assert [case.kind for case in town.CASES] == list(book.rules)
    assert len(book.rules) == 29


@pytest.mark.parametrize("case", town.CASES, ids=lambda case: case.kind)
def test_each_rule_is_met_by_its_one_parcel_with_area_share_and_clause(
    case: town.Case, hits: list[Hit], rules: dict[str, BookRule]
) -> None:
    [hit] = [each for each in of(hits, case.kind) if not each.outer]
    assert (hit.parcel, hit.action) == (f"{case.kind}:hit", case.action)
    assert hit.overlap_m2 == pytest.approx(case.overlap_m2, abs=0.01)
    assert hit.share == pytest.approx(case.overlap_m2 / 10_000 if case.shape is not None else 1.0, abs=1e-6)
    assert hit.buffer_m == case.buffer_m
    rule = rules[case.kind]
    assert (rule.clause, evidence_of(hit, rule)) == (case.clause, case.evidence)
    assert hit.shapes == ((f"{case.kind}-1",) if case.shape is not None and case.kind != "udb" else ())


@pytest.mark.parametrize("kind", town.RINGED)
def test_between_the_two_distances_a_parcel_is_reviewed_and_beyond_both_free(kind: str, hits: list[Hit]) -> None:
    case, wide = BY_KIND[kind], town.RINGED[kind]
    [hit] = [each for each in of(hits, kind) if each.outer]
    width = min(wide - case.near_x, town.SIDE)
    assert (hit.parcel, hit.action, hit.buffer_m) == (f"{kind}:ring", "review", wide)
    assert hit.overlap_m2 == pytest.approx(width * town.SIDE, abs=0.01)


def test_no_parcel_just_beyond_a_distance_meets_any_rule(hits: list[Hit]) -> None:
    assert [hit for hit in hits if hit.parcel.endswith(":near")] == []


@pytest.mark.parametrize("case", town.CASES, ids=lambda case: case.kind)
def test_each_reason_names_the_rule_its_clause_and_its_distance_in_both_languages(
    case: town.Case, hits: list[Hit], rules: dict[str, BookRule]
) -> None:
    rule = rules[case.kind]
    hit = of(hits, case.kind)[0]
    reason = reason_of(hit, rule)
    assert reason.code == case.action
    assert reason.subject == case.kind
    for language in ("zh", "en"):
        assert rule.caption(language) in reason.sentences[language]
        assert case.clause in reason.sentences[language]
        if case.buffer_m:
            assert f" {case.buffer_m:g} " in reason.sentences[language]
            assert rule.origin(language) in reason.sentences[language]


def test_a_reason_reads_as_a_bureau_would_write_it(hits: list[Hit], rules: dict[str, BookRule]) -> None:
    reason = reason_of(of(hits, "road_ctrl")[0], rules["road_ctrl"])
    assert reason.short == "exclude:road_ctrl 2.0%"
    assert reason.sentences["zh"] == (
        "在“公路建筑控制区”周边 20 米内（从公路用地外缘起，国道）有 200 平方米（2.0%），排除"
        "（图形 road_ctrl-1；依据：公路安全保护条例 11、13，已查阅出处）"
    )


@pytest.mark.parametrize("case", [c for c in town.CASES if c.action == "gate"], ids=lambda case: case.kind)
def test_the_document_of_a_rule_opens_its_gate(case: town.Case, rules: dict[str, BookRule]) -> None:
    rule = rules[case.kind]
    parcels = town.parcels()
    parcels.loc[f"{case.kind}:hit", "documents"] = f"甲；{rule.document}、乙"
    on_parcels = {case.kind: rule} if case.shape is None else {}
    drawn = [each for each in town.constraints(rules) if each.name == case.kind]
    [hit] = screen(parcels, drawn, parcel_rules=on_parcels, is_dwelling_now=town.dwellings(parcels))
    assert (hit.action, hit.gate) == ("gate", "open")
    assert reason_of(hit, rule).short.startswith(f"gate_open:{case.kind}")


def test_the_town_can_be_written_as_a_project(tmp_path: Path) -> None:
    folder = town.write(tmp_path / "town")
    declared = {path.stem for path in (folder / "layers").glob("*.toml")}
    assert {case.kind for case in town.CASES if case.shape is not None} < declared


@pytest.mark.parametrize("case", [c for c in town.CASES if c.kind != "slope"], ids=lambda case: case.kind)
def test_a_project_with_the_rulebook_says_the_same(case: town.Case, ranked: dict[str, str]) -> None:
    assert f"{case.action}:{case.kind}" in ranked[f"{case.kind}:hit"]


@pytest.fixture(scope="module")
def ranked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    project = siting.open_project(town.write(tmp_path_factory.mktemp("rules") / "town"))
    return {name: " ".join(reason.short for reason in each.reasons) for name, each in project.screening.items()}
