"""What a candidate still needs before supply: by origin, kind, present use, documents and the layers it meets."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siting.base.catalogue import ids
from siting.base.layers import Rule
from siting.base.origins import origins
from siting.base.texts import table as texts
from siting.parcels.needs import NEEDS, check_documents, needs, needs_text
from siting.parcels.screen import Hit

LAND_NEEDS = ["clear_title", "plan_conformity", "change_of_use", "soil_survey"]
GEOHAZARD = Rule(action="gate", title="地质灾害易发区", document="地质灾害危险性评估", clause="地质灾害防治条例 21")
FARM = Rule(action="gate", title="农用地", document="农用地转用审批", clause="土地管理法 44")


def parcel(origin: str, kind: str = "land", landuse: str = "", documents: str = "") -> pd.DataFrame:
    """Return one parcel, A."""
    row = {"origin": origin, "kind": kind, "landuse": landuse, "documents": documents}
    return pd.DataFrame([row], index=["A"])


def needed(*told: str, **options: object) -> list[str]:
    """Return the ids of what one parcel needs."""
    return [need.id for need in needs(parcel(*told), system="planning_2023", **options)["A"]]


@pytest.mark.parametrize(
    ("origin", "kind", "landuse", "expected"),
    [
        ("reclaimed_unbuilt", "land", "2301", ["recovery", *LAND_NEEDS]),
        ("bankrupt_land", "land", "1001", ["administrator", *LAND_NEEDS]),
        ("bankrupt_homes", "stock", "0701", ["administrator", "valuation", "debt_check", "safety"]),
        ("vacant_homes", "stock", "", ["valuation", "debt_check", "safety"]),
        ("idle_land", "land", "0701", ["recovery", "clear_title", "plan_conformity"]),
        ("idle_industrial", "land", "1001", [*LAND_NEEDS, "safety", "consent"]),
        ("idle_commercial", "conversion", "0901", [*LAND_NEEDS, "safety", "consent"]),
        ("unsold_commodity", "stock", "", ["valuation", "debt_check"]),
        ("unsold_econ", "stock", "", ["valuation", "debt_check"]),
        ("new_allot", "land", "0101", ["clear_title", "plan_conformity", "farm_conversion", "soil_survey"]),
        ("new_allot", "land", "2301", LAND_NEEDS),
        ("renewal_area", "land", "0703", ["clear_title", "plan_conformity", "safety", "consent"]),
    ],
)
def test_each_origin_needs_its_own(origin: str, kind: str, landuse: str, expected: list[str]) -> None:
    assert needed(origin, kind, landuse) == expected


def test_the_survey_of_the_soil_is_due_from_any_former_use_but_dwelling() -> None:
    for landuse in ("1001", "0901", "0101", "2301", "厂房"):
        assert "soil_survey" in needed("bankrupt_land", "land", landuse)
    assert "soil_survey" not in needed("bankrupt_land", "land", "城镇住宅用地")


@pytest.mark.parametrize("landuse", ["", "待定", "9999", "701"])
def test_where_the_use_decides_and_is_not_known_it_must_be_verified_first(landuse: str) -> None:
    assert needed("idle_land", "land", landuse) == ["present_use", "recovery", "clear_title", "plan_conformity"]


def test_idle_works_and_offices_are_no_dwellings_even_if_the_use_is_not_told() -> None:
    assert "soil_survey" in needed("idle_industrial", "land")
    assert "present_use" not in needed("idle_commercial", "conversion")


def test_a_code_counts_only_in_its_own_system() -> None:
    homestead = parcel("idle_land", "land", "0702")
    by_system = {
        system: [need.id for need in needs(homestead, system=system)["A"]]
        for system in ("planning_2023", "survey_2017")
    }
    assert "change_of_use" in by_system["planning_2023"]
    assert "change_of_use" not in by_system["survey_2017"]
    assert "present_use" in [need.id for need in needs(homestead)["A"]]


def test_a_conversion_needs_plan_safety_and_consent_whatever_its_origin() -> None:
    assert needed("vacant_homes", "conversion") == ["valuation", "debt_check", "plan_conformity", "safety", "consent"]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("land", ["verification", *LAND_NEEDS]),
        ("stock", ["verification", "valuation", "debt_check", "safety"]),
        ("conversion", ["verification", "plan_conformity", "change_of_use", "soil_survey", "safety", "consent"]),
    ],
)
@pytest.mark.parametrize("origin", ["", "某来源"])
def test_an_origin_that_is_not_known_must_be_verified(origin: str, kind: str, expected: list[str]) -> None:
    assert needed(origin, kind, "1001") == expected


def test_origins_read_from_a_map_must_be_verified() -> None:
    for origin in (name for name in origins() if name.startswith("unverified_")):
        assert needed(origin, "land", "1001")[0] == "verification"


@pytest.mark.parametrize("separator", ["；", ";", "、", "，", ",", " ； ", "\n"])
def test_a_document_at_hand_settles_its_need_whatever_separates_them(separator: str) -> None:
    documents = separator.join(["净地证明", "《土壤污染状况调查报告（经评审）》"])
    assert needed("bankrupt_land", "land", "1001", documents) == ["administrator", "plan_conformity", "change_of_use"]


@pytest.mark.parametrize("document", ["净地证明（办理中）", "无净地证明", "净地证明复印"])
def test_what_is_not_just_the_document_settles_nothing_and_is_told_by_id(document: str) -> None:
    assert "clear_title" in needed("idle_land", "land", "0701", document)
    [problem] = check_documents(parcel("idle_land", documents=document), {}, "p.csv")
    assert (problem.code, problem.level, problem.item) == ("unknown_document", "warn", "A")
    assert "净地证明" in problem.expected


def test_known_documents_are_not_told() -> None:
    documents = "净地证明；地质灾害危险性评估"
    assert check_documents(parcel("idle_land", documents=documents), {"geohazard": GEOHAZARD}, "p.csv") == []


def test_a_gate_that_is_met_adds_its_document_with_its_clause() -> None:
    options = {"hits": [Hit("A", "geohazard", "gate", 100.0, 0.1)], "rules": {"geohazard": GEOHAZARD}}
    found = needs(parcel("idle_land", "land", "0701"), system="planning_2023", **options)["A"]
    assert [need.id for need in found] == ["recovery", "clear_title", "plan_conformity", "gate:geohazard"]
    assert found[-1].record() == {
        "id": "gate:geohazard",
        "title_zh": "地质灾害危险性评估",
        "title_en": "地质灾害危险性评估",
        "document": "地质灾害危险性评估",
        "clause": "地质灾害防治条例 21",
        "evidence": "U",
    }
    assert "gate:geohazard" not in needed("idle_land", "land", "0701", "地质灾害危险性评估", **options)


def test_a_gate_asks_for_no_document_that_the_list_has_already() -> None:
    options = {"hits": [Hit("A", "farm", "gate", 100.0, 0.1)], "rules": {"farm": FARM}}
    assert needed("new_allot", "land", "0101", **options).count("farm_conversion") == 1
    assert "gate:farm" not in needed("new_allot", "land", "0101", **options)
    assert "gate:farm" in needed("new_allot", "land", "2301", **options)


def test_other_rules_than_gates_add_nothing() -> None:
    options = {"hits": [Hit("A", "farm", "exclude", 100.0, 0.1)], "rules": {"farm": FARM}}
    assert "gate:farm" not in needed("idle_land", "land", "0701", **options)


def test_parcels_without_the_columns_are_answered_too() -> None:
    bare = pd.DataFrame({"kind": ["land", "stock"]}, index=["A", "B"])
    found = needs_text(needs(bare))
    assert found["A"] == "verification; present_use; clear_title; plan_conformity"
    assert found["B"] == "verification; valuation; debt_check; safety"
    assert needs(bare.iloc[:0]).empty


def test_the_cell_of_a_ranking_lists_ids_and_is_empty_where_nothing_is_needed() -> None:
    every = "；".join(need.documents[0] for need in NEEDS.values())
    assert needs_text(needs(parcel("unsold_econ", "stock"))).tolist() == ["valuation; debt_check"]
    assert needs_text(needs(parcel("unsold_econ", "stock", "", every))).tolist() == [""]


def test_each_need_says_what_it_is_which_document_settles_it_and_why() -> None:
    for need in NEEDS.values():
        record = need.record()
        assert all(record.values())
        assert record["evidence"] in "RSMG"
    assert {f"need.{name}" for name in NEEDS} == {key for key in texts() if key.startswith("need.")}


def test_no_two_needs_are_settled_by_one_document() -> None:
    documents = [document for need in NEEDS.values() for document in need.documents]
    assert len(set(documents)) == len(documents)


def test_the_table_of_origins_covers_the_catalogue_and_names_known_needs() -> None:
    assert set(ids("origin")) <= set(origins())
    assert set(origins()) - set(ids("origin")) <= {"renewal_area"}
    for origin in origins().values():
        assert set(origin.needs) <= set(NEEDS)
        assert origin.kind in ("land", "stock", "land_or_conversion")
        assert origin.evidence in "SG"


@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["", *origins()]),
            st.sampled_from(["land", "stock", "conversion"]),
            st.sampled_from(["", "0701", "1001", "0101", "2301"]),
            st.sets(st.sampled_from([need.documents[0] for need in NEEDS.values()])),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_documents_take_needs_away_and_never_add_any(rows: list) -> None:
    columns = ["origin", "kind", "landuse", "documents"]
    table = pd.DataFrame([(*row[:3], "；".join(sorted(row[3]))) for row in rows], columns=columns)
    before, after = needs(table.drop(columns="documents"), system="planning_2023"), needs(table, system="planning_2023")
    for one, other, row in zip(before, after, rows, strict=True):
        assert list(other) == [need for need in one if need.documents[0] not in row[3]]
