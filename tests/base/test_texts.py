"""Every sentence that the code asks for stands in the table, in both languages alike."""

import re
import string
from pathlib import Path

import pytest

import siting
from siting.base.errors import InputProblems, Problem, shorten, stop_on_refusal
from siting.base.texts import table, text

SOURCES = [path.read_text("utf-8") for path in Path(siting.__file__).parent.rglob("*.py")]
NAMED = re.compile(r'(?:Problem|refuse|warn|leave_out)\(\s*"([a-z0-9_]+)"')
ROWS = re.compile(r'\brows\(\s*"(?:refuse|warn|mend|note)",\s*"([a-z0-9_]+)"')
CODES = sorted({code for source in SOURCES for pattern in (NAMED, ROWS) for code in pattern.findall(source)})
HAN = re.compile(r"[一-鿿]")


def placeholders(sentence: str) -> set[str]:
    """Return the names between braces."""
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def test_the_search_for_codes_finds_those_of_every_way_to_tell_one() -> None:
    assert {"later_block", "unknown_criterion", "missing_file", "nothing_left", "bad_point", "empty_id"} <= set(CODES)


def test_every_problem_says_what_was_found_and_how_to_mend_it() -> None:
    assert [code for code in CODES if {f"problem.{code}.say", f"problem.{code}.mend"} - set(table())] == []


def test_every_problem_can_be_told_in_both_languages() -> None:
    for code in sorted({key.split(".")[1] for key in table() if key.startswith("problem.")}):
        problem = Problem(
            code,
            "a.csv",
            "row 1",
            "此",
            "彼",
            values={
                "ids": "1, 2",
                "better": "EPSG:4538",
                "trips": "3",
                "free": "9",
                "people": "7",
                "parcel": "BT-001",
                "unit": "183团",
                "year": "2026",
                "homes": "42",
                "money": "310",
            },
        )
        assert problem.line("zh") == f"a.csv row 1：{problem.message('zh')}{problem.mend('zh')}"
        assert problem.line("en") == f"a.csv row 1: {problem.message('en')} {problem.mend('en')}"


def test_both_languages_say_what_was_found_alike() -> None:
    said = {key: row for key, row in table().items() if not key.endswith(".mend")}
    assert [key for key, row in said.items() if placeholders(row["zh"]) != placeholders(row["en"])] == []


def test_both_languages_say_something() -> None:
    assert [key for key, row in table().items() if not all(row.values())] == []


def test_problems_are_told_in_chinese_in_chinese_and_without_any_in_english() -> None:
    rows = {key: row for key, row in table().items() if key.startswith("problem.")}
    assert [key for key, row in rows.items() if not HAN.search(row["zh"])] == []
    assert [key for key, row in rows.items() if HAN.search(row["en"])] == []


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(KeyError):
        text("problem.no_such_thing.say", "zh")


def test_control_characters_never_reach_the_reader_and_long_findings_are_cut() -> None:
    assert shorten("a\x00b\x1b[31m") == "a\\x00b\\x1b[31m"
    assert shorten("地" * 1000) == "地" * 200 + "… (1000)"
    assert shorten("北屯") == "北屯"


def test_braces_in_what_was_found_are_shown_as_they_are() -> None:
    assert "{name}" in Problem("unknown_key", found="{name}", expected="x").message("en")


def test_only_a_refusal_stops_and_all_problems_come_with_it() -> None:
    told = Problem("empty_id", level="warn")
    stop_on_refusal([told])
    with pytest.raises(InputProblems) as caught:
        stop_on_refusal([told, Problem("no_rows", "a.csv")])
    assert [each.code for each in caught.value.problems] == ["empty_id", "no_rows"]
    assert [each.code for each in caught.value.refusals] == ["no_rows"]
    assert str(caught.value).splitlines()[1].startswith("a.csv: ")
