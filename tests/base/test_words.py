"""The shared words: the catalogue, layers' dates and captions, counts and digests."""

import re
from datetime import date

import pytest

from siting.base.catalogue import catalogue, ids
from siting.base.columns import Kind
from siting.base.layers import OUR_COLUMNS, About, Layer, LayerSettings
from siting.base.stamp import Counts, digest, versions


def test_every_kind_of_the_catalogue_has_titles_in_both_languages() -> None:
    assert [name for name, entry in catalogue().items() if not (entry.zh and entry.en)] == []
    assert {entry.group for entry in catalogue().values()} == {"place", "utility", "origin", "kind"}
    assert set(ids("kind")) == set(Kind)


def test_no_two_kinds_share_a_title_by_which_files_name_them() -> None:
    for titles in ([entry.zh for entry in catalogue().values()], [entry.en for entry in catalogue().values()]):
        assert len(set(titles)) == len(titles)


def test_colours_of_the_map_are_written_as_the_page_reads_them() -> None:
    drawn = [entry.colour for entry in catalogue().values() if entry.colour]
    assert drawn
    assert [colour for colour in drawn if not re.fullmatch("#[0-9a-f]{6}", colour)] == []


@pytest.mark.parametrize(("written", "day"), [("2025-06-30", date(2025, 6, 30)), ("", None), ("2025年6月", None)])
def test_a_date_that_is_none_is_no_day(written: str, day: date | None) -> None:
    assert About(date=written).day == day


def test_a_layer_is_called_by_its_title_in_the_language_else_the_other_else_its_name() -> None:
    def caption(language: str, **titles: str) -> str:
        settings = LayerSettings(role="roads", source="a.gpkg", **titles)
        return Layer(name="roads", file="layers/roads.toml", settings=settings).caption(language)

    assert caption("en", title="道路", title_en="streets") == "streets"
    assert caption("zh", title="道路", title_en="streets") == "道路"
    assert caption("en", title="道路") == "道路"
    assert caption("zh") == "roads"


def test_every_role_with_rows_has_columns_that_differ() -> None:
    assert all(len(set(columns)) == len(columns) for columns in OUR_COLUMNS.values())


def test_the_rows_read_are_those_used_mended_and_left_out() -> None:
    assert Counts(10, mended=2, left_out=3).record() == {"read": 10, "used": 5, "mended": 2, "left_out": 3}


def test_the_digest_is_that_of_the_joined_parts() -> None:
    assert digest([b"ab", b"c"]) == digest([b"abc"]) != digest([b"abd"])
    assert digest([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_the_record_names_our_own_version_first() -> None:
    assert next(iter(versions())) == "siting"
