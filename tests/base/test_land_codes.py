"""Land-use codes: what they mean in their own system, and never in another."""

import csv
from collections import defaultdict
from importlib.resources import files

import pandas as pd
import pytest

from siting.base.land_codes import (
    SYSTEMS,
    collisions,
    is_dwelling_now,
    is_farm_now,
    is_listed,
    land_codes,
    land_group,
    land_title,
    land_use,
    nearest_code,
    with_zero,
)

ROWS = list(csv.DictReader(files("siting.base").joinpath("land_codes.csv").read_text("utf-8").splitlines()))
GROUPS = {
    *("dwelling", "farmland", "industry", "storage", "commerce", "public", "transport", "utilities", "green"),
    *("special", "water", "reserve", "other"),
}


@pytest.mark.parametrize(
    ("code", "planning", "survey"),
    [
        ("1001", "工业用地", "铁路用地"),
        ("0601", "农村道路", "工业用地"),
        ("0702", "城镇社区服务设施用地", "农村宅基地"),
        ("05", "湿地", "商业服务业用地"),
    ],
)
def test_the_same_code_means_different_land_in_the_two_systems(code: str, planning: str, survey: str) -> None:
    assert [land_title(code, system, "zh") for system in SYSTEMS] == [planning, survey]
    assert [use.zh for use in collisions(code)] == [planning, survey]


def test_a_code_that_both_systems_have_for_the_same_land_is_no_collision() -> None:
    assert land_title("0701", "planning_2023", "zh") == land_title("0701", "survey_2017", "zh") == "城镇住宅用地"
    assert collisions("0701") == ()


def test_a_code_that_one_system_lacks_is_no_collision() -> None:
    assert collisions("1401") == ()


def test_a_code_has_a_title_in_both_languages() -> None:
    assert land_title("1001", "planning_2023", "en") == "industrial land"
    assert land_title("1001", "survey_2017", "en") == "railway land"


def test_a_code_that_the_system_lacks_is_its_own_title_and_has_no_group() -> None:
    assert land_title("9999", "planning_2023", "zh") == "9999"
    assert land_group(pd.Series(["9999"]), "planning_2023").tolist() == [""]


def test_groups_follow_the_system() -> None:
    codes = pd.Series(["1001", "0702", "05", "1401", "16", ""])
    assert land_group(codes, "planning_2023").tolist() == ["industry", "public", "water", "green", "reserve", ""]
    assert land_group(codes, "survey_2017").tolist() == ["transport", "dwelling", "commerce", "", "", ""]


def test_a_code_without_a_system_has_no_group() -> None:
    assert land_group(pd.Series(["1001", "0701"]), "").tolist() == ["", ""]


def test_words_go_by_their_title_whatever_the_system() -> None:
    words = pd.Series(["工业用地", "铁路用地", "空闲地", "Industrial Land", "厂房", "暂定"])
    expected = ["industry", "transport", "other", "industry", "industry", ""]
    assert land_group(words, "").tolist() == expected
    assert land_group(words, "survey_2017").tolist() == expected


def test_a_finer_code_counts_as_the_one_above_it_but_only_below_four_places() -> None:
    assert land_group(pd.Series(["100109", "0799", "0201K", "08H2A"]), "planning_2023").tolist()[:2] == ["industry", ""]
    assert land_group(pd.Series(["0201K", "08H2A"]), "survey_2017").tolist() == ["farmland", "public"]
    assert is_listed("0201K", "survey_2017")
    assert not is_listed("100109", "planning_2023")


def test_a_lost_zero_is_recognised_but_not_put_back() -> None:
    assert with_zero("701", "planning_2023") == "0701"
    assert with_zero("7", "planning_2023") == "07"
    assert with_zero("70101", "planning_2023") == "070101"
    assert with_zero("1001", "planning_2023") == with_zero("999", "planning_2023") == ""
    assert land_use("701", "planning_2023") is None


def test_whether_homes_may_stand_is_known_unknown_or_not() -> None:
    found = is_dwelling_now(pd.Series(["0701", "0703", "0702", "1001", "", "不详"]), "planning_2023")
    assert found.tolist() == [True, True, False, False, pd.NA, pd.NA]


def test_farmland_is_that_of_the_land_law() -> None:
    codes = pd.Series(["0101", "0602", "1704", "1701", "2301", "04", ""])
    assert is_farm_now(codes, "planning_2023").tolist() == [True, True, True, False, False, pd.NA, pd.NA]


def test_a_series_keeps_its_labels_and_an_empty_one_stays_empty() -> None:
    assert land_group(pd.Series(["0701"], index=["A"]), "planning_2023").index.tolist() == ["A"]
    assert land_group(pd.Series([], dtype=object), "planning_2023").tolist() == []


def test_a_title_that_is_farmland_in_one_system_only_is_mixed() -> None:
    assert land_use("交通运输用地", "").major == ""
    assert land_use("铁路用地", "").major == "built"


def test_the_nearest_code_is_one_of_the_same_class() -> None:
    assert nearest_code("0799", "planning_2023") == "0704"
    assert nearest_code("100104", "planning_2023") == "100103"
    assert nearest_code("08H3", "survey_2017") == "08H1"
    assert nearest_code("9999", "planning_2023") == ""


def test_every_row_has_titles_a_group_and_an_evidence_mark() -> None:
    assert {row["group"] for row in ROWS} == GROUPS
    assert {row["evidence"] for row in ROWS} <= set("RMG")
    assert all(row["zh"] and row["en"] for row in ROWS)
    assert {row["system"] for row in ROWS} == {*SYSTEMS, "word"}
    assert {row["major"] for row in ROWS} <= {"farm", "built", "unused", "sea", ""}


def test_no_system_has_a_code_twice_and_every_code_hangs_below_another() -> None:
    for system in SYSTEMS:
        codes = [row["code"] for row in ROWS if row["system"] == system]
        assert len(set(codes)) == len(codes) == len(land_codes(system))
        assert [code for code in codes if len(code) > 2 and code[:2] not in codes] == []


def test_a_title_belongs_to_one_group_in_every_system() -> None:
    for language in ("zh", "en"):
        groups = defaultdict(set)
        for row in ROWS:
            groups[row[language].casefold()].add(row["group"])
        assert [title for title, found in groups.items() if len(found) > 1] == []
