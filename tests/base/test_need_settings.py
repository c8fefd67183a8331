"""The need block and the words for groups of people."""

import csv
from importlib.resources import files

import pytest

from siting.base.layers import Layer, LayerSettings
from siting.base.need_groups import GROUPS, group_of, group_title
from siting.base.need_settings import NeedBlock, need_problems, unit_problems
from siting.base.settings_checks import validated

COLUMNS = {"id": "编号", "unit": "单位", "group": "群体", "area_band": "面积段"}
BASE = {"ledgers": ["waiting_list", "need_ledger"], "years": [2026, 2027, 2028]}


def layer(name: str, role: str = "demand", **columns: str) -> Layer:
    settings = LayerSettings(role=role, source=f"data/{name}.csv", columns={**COLUMNS, **columns})  # type: ignore[arg-type]
    return Layer(name=name, file=f"layers/{name}.toml", settings=settings)


LAYERS = {
    "waiting_list": layer("waiting_list", date="日期"),
    "need_ledger": layer("need_ledger", homes="户数"),
    "work": layer("work", role="places"),
}


def told(**keys: object) -> list[tuple[str, str, str]]:
    block = NeedBlock.model_validate({**BASE, **keys})
    return [
        (each.code, each.where, each.found)
        for each in (*need_problems(block, LAYERS), *unit_problems(block, ("DW-1", "DW-2")))
    ]


def test_a_block_with_every_key_has_nothing_amiss() -> None:
    rows = {"waiting_list": "one", "need_ledger": "homes"}
    keys = {"wait_months": 36, "city_unit": "DW-1", "committed": {"DW-2": 40}, "first_share": 0.5}
    assert told(households_per_row=rows, **keys) == []


@pytest.mark.parametrize(
    ("keys", "where"),
    [
        ({"years": []}, "years"),
        ({"years": [2028, 2026]}, ""),
        ({"ledgers": []}, "ledgers"),
        ({"wait_months": 0}, "wait_months"),
        ({"first_share": 1.01}, "first_share"),
        ({"committed": {"DW-1": -1}}, "committed.DW-1"),
        ({"households_per_row": {"need_ledger": "persons"}}, "households_per_row.need_ledger"),
        ({"quota": 10}, "quota"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_key(keys: dict[str, object], where: str) -> None:
    block, problems = validated(NeedBlock, {**BASE, **keys}, "siting.toml")
    assert block is None
    assert [each.where for each in problems] == [where]


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ({"ledgers": ["work"]}, [("unknown_layer", "need.ledgers", "work")]),
        ({"ledgers": ["waiting_list"] * 2}, [("wrong_value", "need.ledgers", "waiting_list, waiting_list")]),
        (
            {"ledgers": ["need_ledger"], "wait_months": 24},
            [("need_undated", "need.wait_months", "24")],
        ),
        ({"households_per_row": {"waiting_list": "homes"}}, [("needs_column", "waiting_list", "homes")]),
        (
            {"households_per_row": {"work": "one"}},
            [("wrong_value", "need.households_per_row.work", "work")],
        ),
        (
            {"committed": {"DW-9": 1}, "city_unit": "市区"},
            [("unknown_unit", "need.committed", "DW-9"), ("unknown_unit", "need.city_unit", "市区")],
        ),
    ],
)
def test_what_does_not_fit_the_layers_and_units_is_told(
    keys: dict[str, object], found: list[tuple[str, str, str]]
) -> None:
    # a layer named twice is looked at twice, but the doubling itself is told once
    assert told(**keys) == found


def test_a_ledger_without_units_is_refused_and_one_without_groups_is_warned_of() -> None:
    bare = LayerSettings(role="demand", source="a.csv", columns={"area_band": "面积段"})
    layers = {"bare": Layer(name="bare", file="layers/bare.toml", settings=bare)}
    block = NeedBlock.model_validate({**BASE, "ledgers": ["bare"]})
    found = [(each.found, each.level) for each in need_problems(block, layers)]
    assert found == [("unit", "refuse"), ("group", "warn")]


@pytest.mark.parametrize(
    ("written", "group"),
    [
        ("行政事业", "行政事业"),
        (" 机关事业单位 ", "行政事业"),
        ("公务员", "行政事业"),
        ("事业单位人员", "行政事业"),
        ("企业职工", "企业"),
        ("ENTERPRISE", "企业"),
        ("城镇居民家庭", "居民"),
        ("其它", "其他"),
        ("ｏｔｈｅｒ", "其他"),
        ("", None),
        ("人员", None),
        ("企业退休居民", None),
    ],
)
def test_words_for_groups_are_those_of_the_table(written: str, group: str | None) -> None:
    assert group_of(written) == group


def test_every_shipped_word_stands_once_and_leads_to_one_of_the_four_groups() -> None:
    rows = list(csv.DictReader(files("siting.base").joinpath("need_groups.csv").read_text("utf-8").splitlines()))
    assert {row["group"] for row in rows} == set(GROUPS)
    assert len({row["word"] for row in rows}) == len(rows)
    assert [row["word"] for row in rows if group_of(row["word"]) != row["group"]] == []


def test_groups_have_titles_in_both_languages() -> None:
    assert [group_title(group, "zh") for group in GROUPS] == list(GROUPS)
    assert group_title("企业", "en") == "enterprises"
