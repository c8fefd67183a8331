"""What an office writes about its land: codes with their system, origins, days, shares, yes and no."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siting.base.layers import Layer, LayerSettings
from siting.sources.land_use import (
    check_land_use,
    check_origin_kind,
    read_days,
    read_land,
    read_shares,
    read_yes_no,
)
from siting.sources.reading import Findings
from tests.sources.office import codes, found


def layer(code_system: str = "", role: str = "parcels") -> Layer:
    """Return a layer of parcels with its code system."""
    settings = LayerSettings.model_validate({"role": role, "source": "p.csv", "code_system": code_system})
    return Layer(name="parcels", file="layers/parcels.toml", settings=settings)


def landuse(*cells: str, system: str = "") -> tuple[list[str], Findings]:
    """Check a column of land uses."""
    findings = Findings("p.csv")
    table = check_land_use(pd.DataFrame({"landuse": list(cells)}, dtype=object), layer(system), findings)
    return table["landuse"].tolist(), findings


def days(*cells: str) -> tuple[list[str], Findings]:
    """Read a column of days as ISO text."""
    findings = Findings("p.csv")
    read = read_days(pd.Series(list(cells), dtype=object), "start_due", findings)
    return read.dt.strftime("%Y-%m-%d").fillna("").tolist(), findings


def test_a_code_without_its_system_is_refused_and_both_meanings_are_named() -> None:
    _, findings = landuse("1001", "0701")
    [problem] = findings.problems
    assert (problem.code, problem.level, problem.where) == ("no_code_system", "refuse", "layers/parcels.toml")
    assert problem.found == "1001 = 工业用地 industrial land (planning_2023) / 铁路用地 railway land (survey_2017)"
    assert problem.expected == "planning_2023, survey_2017"


def test_codes_that_collide_nowhere_are_refused_without_a_system_too() -> None:
    _, findings = landuse("1401")
    assert found(findings.problems) == [("no_code_system", "layers/parcels.toml", "1401")]


@pytest.mark.parametrize("system", ["planning_2023", "survey_2017"])
def test_codes_with_their_system_are_accepted(system: str) -> None:
    cells, findings = landuse("1001", "0701", "", system=system)
    assert cells == ["1001", "0701", ""]
    assert findings.problems == []


def test_words_need_no_system() -> None:
    cells, findings = landuse("工业用地", "空闲地", "住宅", "industrial")
    assert cells == ["工业用地", "空闲地", "住宅", "industrial"]
    assert findings.problems == []


def test_an_unknown_code_is_warned_by_row_with_the_nearest() -> None:
    _, findings = landuse("0701", "0799", "9999", system="planning_2023")
    assert found(findings.problems) == [("unknown_land_code", "row 2", "0799"), ("unknown_land_code", "row 3", "9999")]
    assert findings.problems[0].expected == "0704 农村社区服务设施用地"
    assert findings.problems[1].expected == "planning_2023"
    assert {each.level for each in findings.problems} == {"warn"}


def test_a_code_that_lost_its_zero_is_told_and_kept_as_written() -> None:
    cells, findings = landuse("701", "0701", system="planning_2023")
    assert cells == ["701", "0701"]
    assert found(findings.problems) == [("lost_zero", "row 1", "701")]
    assert findings.problems[0].expected == "0701 城镇住宅用地"


def test_a_code_beside_its_title_is_read_as_the_code() -> None:
    cells, findings = landuse("1001 工业用地", "0701城镇住宅用地", "０７０１", "05h1", system="planning_2023")
    assert cells[:3] == ["1001", "0701", "0701"]
    assert codes(findings.problems) == ["unknown_land_code"]


def test_a_title_of_another_code_is_told_by_row_and_the_code_counts() -> None:
    cells, findings = landuse("1001 铁路用地", system="planning_2023")
    assert cells == ["1001"]
    assert found(findings.problems) == [("other_title", "row 1", "1001 铁路用地")]
    assert findings.problems[0].expected == "1001 工业用地 (planning_2023)"


def test_a_word_that_begins_with_digits_is_no_code() -> None:
    cells, findings = landuse("3号厂房")
    assert cells == ["3号厂房"]
    assert found(findings.problems) == [("unknown_land_word", "landuse", "3号厂房")]


def test_a_mixture_of_codes_and_words_is_told_once() -> None:
    _, findings = landuse("0701", "空闲地", "工业用地", system="planning_2023")
    [problem] = findings.problems
    assert (problem.code, problem.found, problem.expected) == ("codes_and_words", "row 2: 空闲地", "2")


def test_unknown_words_are_kept_and_told_once_whatever_their_number() -> None:
    cells, findings = landuse(*(f"用途{chr(0x4E00 + i)}" for i in range(9)), "空闲地")
    assert len(set(cells)) == 10
    [problem] = findings.problems
    assert (problem.code, problem.level) == ("unknown_land_word", "note")
    assert problem.found.endswith("… (9)")


def test_a_layer_without_land_use_says_nothing_and_no_input_is_changed() -> None:
    table = pd.DataFrame({"id": ["A"], "landuse": ["1001 工业用地"]})
    check_land_use(table, layer("planning_2023"), Findings("p.csv"))
    assert table["landuse"].tolist() == ["1001 工业用地"]
    findings = Findings("p.csv")
    assert check_land_use(table[["id"]], layer(), findings).columns.tolist() == ["id"]
    assert findings.problems == []


def test_rows_left_out_already_need_no_system() -> None:
    findings = Findings("p.csv", left_out={0: "total_row"})
    check_land_use(pd.DataFrame({"landuse": ["1001", "空闲地"]}, dtype=object), layer(), findings)
    assert findings.problems == []


@pytest.mark.parametrize(
    ("origin", "kind", "needed"),
    [
        ("bankrupt_homes", "land", "stock"),
        ("unsold_econ", "land", "stock"),
        ("idle_land", "stock", "land"),
        ("idle_industrial", "stock", "land, conversion"),
    ],
)
def test_homes_entered_as_land_and_land_entered_as_homes_are_refused_by_row(
    origin: str, kind: str, needed: str
) -> None:
    findings = Findings("p.csv")
    check_origin_kind(pd.DataFrame({"origin": ["", origin], "kind": ["land", kind]}), findings)
    [problem] = findings.problems
    assert (problem.code, problem.level, problem.where, problem.expected) == ("origin_kind", "refuse", "row 2", needed)
    assert problem.found == f"{origin}, kind {kind}"


def test_fitting_and_unknown_origins_pass() -> None:
    pairs = [
        ("bankrupt_homes", "stock"),
        ("vacant_homes", "conversion"),
        ("idle_industrial", "land"),
        ("idle_industrial", "conversion"),
        ("renewal_area", "conversion"),
        ("某来源", "stock"),
        ("", "stock"),
    ]
    findings = Findings("p.csv")
    check_origin_kind(pd.DataFrame(pairs, columns=["origin", "kind"]), findings)
    assert findings.problems == []


@pytest.mark.parametrize(
    "cell",
    [
        "2024-03-01",
        "2024-3-1",
        "2024/3/1",
        "2024.3.1",
        "2024年3月1日",
        "2024 年 3 月 1 日",
        "20240301",
        "2024-03-01 00:00:00",
        "2024-03-01T00:00:00",
        "２０２４-03-01",
    ],
)
def test_a_day_is_read_as_offices_write_it(cell: str) -> None:
    assert days(cell)[0] == ["2024-03-01"]


@pytest.mark.parametrize(
    "cell",
    [
        *("03/04/2024", "2025-02-29", "20255-01-01", "1/2/24", "2024-03", "2024年3月", "2024-13-01", "2024/3-1"),
        *("45352", "2024-00-10", "去年", "2024-03-01 08:30:00", "2024-03-01 00:00:00+00:00", "1024-03-01", "20250229"),
    ],
)
def test_what_is_no_plain_day_is_refused_by_row(cell: str) -> None:
    read, findings = days("2024-03-01", cell, "")
    assert read == ["2024-03-01", "", ""]
    assert [(each.code, each.level, each.where, each.found) for each in findings.problems] == [
        ("bad_day", "refuse", "row 2", cell)
    ]


def test_the_29th_of_february_exists_in_leap_years() -> None:
    assert days("2024-02-29")[0] == ["2024-02-29"]


@given(day=st.dates(min_value=pd.Timestamp("1900-01-01").date(), max_value=pd.Timestamp("2200-12-31").date()))
def test_every_day_is_read_alike_in_every_form(day: object) -> None:
    forms = (f"{day:%Y-%m-%d}", f"{day:%Y%m%d}", f"{day.year}/{day.month}/{day.day}", f"{day:%Y年%m月%d日}")
    read, findings = days(*forms)
    assert set(read) == {day.isoformat()}
    assert findings.problems == []


def test_shares_stay_shares_and_percent_becomes_shares_and_is_told() -> None:
    findings = Findings("p.csv")
    assert read_shares(pd.Series([0.0, 0.5, 1.0]), "built_share", findings).tolist() == [0.0, 0.5, 1.0]
    assert findings.problems == []
    assert read_shares(pd.Series([0.0, 25.0, 100.0]), "built_share", findings).tolist() == [0.0, 0.25, 1.0]
    assert [(each.code, each.level) for each in findings.problems] == [("percent_column", "note")]


def test_a_value_that_could_be_share_or_percent_is_refused_by_row_and_so_is_one_above_100() -> None:
    findings = Findings("p.csv")
    read_shares(pd.Series([30.0, 0.3, 120.0]), "built_share", findings)
    assert [(each.code, each.where) for each in findings.problems if each.level == "refuse"] == [
        ("share_or_percent", "row 2"),
        ("share_above", "row 3"),
    ]


def test_yes_and_no_are_read_and_other_words_listed() -> None:
    findings = Findings("p.csv")
    read = read_yes_no(pd.Series(["是", "否", "YES", "0", "", "待定"]), "government_cause", findings)
    assert read.tolist() == ["yes", "no", "yes", "no", "", ""]
    assert found(findings.problems) == [("yes_or_no", "row 6", "待定")]


def test_a_parcel_s_land_is_read_in_one_go_and_other_layers_are_left_alone() -> None:
    table = pd.DataFrame(
        {
            "landuse": ["1001 工业用地"],
            "origin": ["idle_land"],
            "kind": ["land"],
            "start_due": ["2024年3月1日"],
            "built_share": [40.0],
            "government_cause": ["否"],
        }
    )
    findings = Findings("p.csv")
    read = read_land(table, layer("planning_2023"), findings)
    assert read.loc[0].tolist() == ["1001", "idle_land", "land", "2024-03-01", 0.4, "no"]
    assert codes(findings.problems) == ["percent_column"]
    assert read_land(table, layer(role="places"), findings) is table
