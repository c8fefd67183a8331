"""Reasons: coded for tables, sentences for people."""

import pytest

from siting.base.reasons import Reason, number_text


def test_a_reason_is_short_for_tables_and_a_sentence_in_both_languages() -> None:
    titles = {"zh": "步行到小学", "en": "walk to school"}
    reason = Reason.of("floor", "school", titles=titles, detail="12<30", value="12", bound="30")
    assert reason.short == "floor:school 12<30"
    assert reason.sentences["zh"] == "“步行到小学”为 12，未达底线 30"
    assert reason.sentences["en"] == '"walk to school" is 12, short of the floor 30'
    assert list(reason.record()) == ["code", "subject", "detail", "zh", "en"]


def test_a_reason_without_detail_is_code_and_subject() -> None:
    assert Reason("gate", "farmland").short == "gate:farmland"


def test_without_titles_the_subject_names_itself() -> None:
    reason = Reason.of("floor", "school", value="12", bound="30")
    assert reason.sentences["en"].startswith('"school"')


def test_another_sentence_may_be_named_for_the_same_code() -> None:
    reason = Reason.of("floor", "school", sentence="floor_beyond", cutoff="60", bound="30")
    assert reason.short == "floor:school"
    assert reason.sentences["en"] == 'no "school" within 60 min, short of the floor 30'


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"),
        (12.0, "12"),
        (12.345, "12.3"),
        (-12.345, "-12.3"),
        (1234.6, "1235"),
        (0.12345, "0.12"),
        (float("nan"), ""),
    ],
)
def test_numbers_are_written_as_a_person_writes_them(value: float, written: str) -> None:
    assert number_text(value) == written
