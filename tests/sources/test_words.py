"""Kinds, classes, directions and ids: their words to ours by declared tables."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.office import CRS, X, Y, codes, found, parcels, read, square, table


def roads(root: Path, columns: dict[str, str] | None = None, **settings: object) -> Any:
    """Write two streets (等级 主干路, 支路; 限速 40, 快; 单行 yes, ?) and read them."""
    lines = [shapely.LineString([(X, Y), (X + 500 * i, Y + 500)]) for i in (1, 2)]
    words = {"等级": ["主干路", "支路"], "限速": ["40", "快"], "单行": ["yes", "?"], "步行": ["both", "maybe"]}
    gpd.GeoDataFrame(words, geometry=lines, crs=CRS).to_file(root / "roads.gpkg")
    mapped = {"classes": {"主干路": "arterial", "支路": "local"}, **settings}
    return read(root, "roads", "roads.gpkg", columns={"class": "等级", **(columns or {})}, **mapped)


def test_road_classes_are_read_through_the_declared_table(tmp_path: Path) -> None:
    reading, problems = roads(tmp_path)
    assert problems == []
    assert sorted(reading.table["class"]) == ["arterial", "local"]


def test_a_road_class_without_a_mapping_is_refused_by_name(tmp_path: Path) -> None:
    _, problems = roads(tmp_path, classes={"主干路": "arterial"})
    assert found(problems) == [("unmapped_class", "row 2 (+0)", "支路")]


def test_a_star_takes_every_class_that_is_not_named(tmp_path: Path) -> None:
    reading, problems = roads(tmp_path, classes={"主干路": "arterial", "*": "service"})
    assert problems == []
    assert sorted(reading.table["class"]) == ["arterial", "service"]


def test_a_mapping_to_a_class_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    _, problems = roads(tmp_path, classes={"主干路": "boulevard", "支路": "local"})
    assert ("unknown_class", "classes", "boulevard") in found(problems)


def test_an_odd_speed_is_listed_as_mended_and_the_class_s_speed_stands_in(tmp_path: Path) -> None:
    reading, problems = roads(tmp_path, {"speed_kmh": "限速"})
    assert [(each.code, each.where, each.found, each.level) for each in problems] == [
        ("speed_ignored", "row 2", "快", "mend")
    ]
    by_class = reading.table.set_index("class")["speed_kmh"]
    assert by_class["arterial"] == 40
    assert by_class.isna()["local"]
    assert reading.counts.mended == 1


def test_an_odd_one_way_word_is_listed_as_mended_and_taken_as_two_way(tmp_path: Path) -> None:
    reading, problems = roads(tmp_path, {"oneway": "单行"})
    assert found(problems) == [("oneway_ignored", "row 2", "?")]
    assert dict(zip(reading.table["class"], reading.table["oneway"], strict=True)) == {
        "arterial": "forward",
        "local": "both",
    }


def test_declared_one_way_words_win(tmp_path: Path) -> None:
    reading, problems = roads(tmp_path, {"oneway": "单行"}, oneway={"backward": ["yes"], "forward": ["?"]})
    assert problems == []
    assert sorted(reading.table["oneway"]) == ["backward", "forward"]


def test_a_row_mended_twice_counts_once(tmp_path: Path) -> None:
    reading, problems = roads(tmp_path, {"oneway": "单行", "speed_kmh": "限速"})
    assert len(problems) == 2
    assert reading.counts.record() == {"read": 2, "used": 1, "mended": 1, "left_out": 0}


def test_a_mode_column_with_a_strange_word_is_refused(tmp_path: Path) -> None:
    _, problems = roads(tmp_path, {"walk": "步行"})
    assert found(problems) == [("bad_way", "row 2", "maybe")]


KINDS = {"columns": {"name": "单位", "kind": "类别", "x": "x", "y": "y"}, "kind": ""}


def test_kinds_are_known_by_their_chinese_and_english_titles_and_by_id(tmp_path: Path) -> None:
    written = f"单位,类别,x,y\n一小,小学,{X},{Y}\n二小,primary school,{X},{Y}\n三小,primary,{X},{Y}\n"
    reading, problems = table(tmp_path, written, **KINDS)
    assert problems == []
    assert reading.table["kind"].tolist() == ["primary"] * 3


def test_a_place_of_unknown_kind_is_left_out_and_told(tmp_path: Path) -> None:
    reading, problems = table(tmp_path, f"单位,类别,x,y\n一小,小学,{X},{Y}\n庙,寺庙,{X},{Y}\n", **KINDS)
    assert found(problems) == [("unknown_kind", "row 2", "寺庙")]
    assert reading.counts.record() == {"read": 2, "used": 1, "mended": 0, "left_out": 1}


def test_a_declared_kind_may_be_the_user_s_own(tmp_path: Path) -> None:
    written = f"单位,类别,x,y\n庙,寺庙,{X},{Y}\n"
    reading, problems = table(tmp_path, written, **KINDS, kinds={"寺庙": "temple"})
    assert problems == []
    assert reading.table["kind"].tolist() == ["temple"]


def test_a_layer_with_no_usable_row_warns_that_nothing_is_left(tmp_path: Path) -> None:
    _, problems = table(tmp_path, f"单位,类别,x,y\n庙,寺庙,{X},{Y}\n", **KINDS)
    assert codes(problems) == ["unknown_kind", "nothing_left"]


def test_a_parcel_of_unknown_kind_is_refused_and_of_unknown_origin_only_told(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"编号": ["A"], "类": ["海"], "来源": ["征收"]}, geometry=[square()], crs=CRS)
    frame.to_file(tmp_path / "p.gpkg")
    _, problems = read(tmp_path, "parcels", "p.gpkg", columns={"id": "编号", "kind": "类"})
    assert found(problems) == [("unknown_kind", "row 1", "海")]
    reading, problems = read(tmp_path, "parcels", "p.gpkg", columns={"id": "编号", "origin": "来源"})
    assert [(each.code, each.found, each.level) for each in problems] == [("unknown_origin", "征收", "warn")]
    assert reading.table["origin"].tolist() == ["征收"]


def test_parcels_are_bare_land_where_nothing_else_is_said(tmp_path: Path) -> None:
    reading, _ = parcels(tmp_path, [square()])
    assert reading.table["kind"].tolist() == ["land"]


def test_places_that_share_an_id_each_get_their_own(tmp_path: Path) -> None:
    columns = {"id": "号", "name": "单位", "x": "x", "y": "y"}
    written = f"号,单位,x,y\n1,甲,{X},{Y}\n1,乙,{X},{Y}\n1-1,丙,{X},{Y}\n2,丁,{X},{Y}\n"
    reading, _ = table(tmp_path, written, columns=columns)
    by_name = dict(zip(reading.table["name"], reading.table["id"], strict=True))
    assert len(set(by_name.values())) == 4
    assert (by_name["丙"], by_name["丁"]) == ("1-1", "2")


PLACE = st.tuples(st.sampled_from("甲乙丙"), st.integers(0, 3), st.integers(0, 2), st.sampled_from(["", "1", "2"]))


@settings(deadline=None, max_examples=40)
@given(places=st.lists(PLACE, min_size=1, max_size=8), order=st.randoms(use_true_random=False))
@pytest.mark.parametrize("own_ids", [False, True])
def test_ids_of_places_are_unique_and_do_not_depend_on_the_order_of_rows(
    tmp_path_factory: pytest.TempPathFactory, own_ids: bool, places: list, order: Any
) -> None:
    root = tmp_path_factory.mktemp("places")
    columns = {"name": "单位", "jobs": "人数", "x": "x", "y": "y"} | ({"id": "号"} if own_ids else {})
    rows = [f"{name},{jobs},{X + 10 * x},{Y},{given or '9'}" for name, jobs, x, given in places]
    shuffled = order.sample(rows, len(rows))
    tables = []
    for each in (rows, shuffled):
        reading, problems = table(root, "\n".join(["单位,人数,x,y,号", *each]), columns=columns)
        assert {each.code for each in problems} <= {"repeated_rows"}
        tables.append(reading.table)
    one, other = tables
    assert one["id"].is_unique
    assert len(one) == len(rows)
    assert one.equals(other)
