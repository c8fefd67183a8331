"""勘测定界 TXT: what surveyors hand over, read by its own words and written the same."""

from pathlib import Path

import geopandas as gpd
import pyproj
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from siting.base.layers import SurveyText
from siting.sources.crs import resolve
from siting.sources.reading import Findings
from siting.sources.survey_text import is_survey_text, read_survey_text, survey_text
from tests.sources.office import codes

ABOUT = "坐标系=2000国家大地坐标系\n几度分带=3\n投影类型=高斯克吕格\n计量单位=米\n带号=29\n"
SQUARE = "J1,1,5247000,29561000\nJ2,1,5247100,29561000\nJ3,1,5247100,29561100\nJ4,1,5247000,29561100\nJ1,1,5247000,29561000\n"
SWAPPED = "J1,1,29561000,5247000\nJ2,1,29561000,5247100\nJ3,1,29561100,5247100\n"
HOLE = "J5,2,5247020,29561020\nJ6,2,5247040,29561020\nJ7,2,5247040,29561040\nJ8,2,5247020,29561040\n"
COLUMNS = {"id": "编号", "name": "名称"}


def read(root: Path, written: str, *, about: str = ABOUT, datum: str = "", code: str = "gb18030", **survey: object):
    path = root / "s.txt"
    path.write_bytes(f"[属性描述]\n{about}[地块坐标]\n{written}".replace("\n", "\r\n").encode(code))
    findings = Findings("s.txt")
    frame = read_survey_text(path, encoding="", survey=SurveyText(**survey), datum=datum, findings=findings)
    return frame, findings.problems


@pytest.mark.parametrize("code", ["gb18030", "utf-8", "utf-8-sig"])
def test_a_parcel_with_a_hole_comes_out_in_its_zone_under_the_words_of_the_format(tmp_path: Path, code: str) -> None:
    frame, problems = read(tmp_path, f"9,0.96,B-01,地块一,面,L45,住宅,0701,@\n{SQUARE}{HOLE}", code=code)
    assert problems == []
    assert frame.crs.to_epsg() == 4517
    assert frame.area.tolist() == [9600]
    assert frame.geometry[0].bounds == (29561000, 5247000, 29561100, 5247100)
    assert frame.drop(columns="geometry").iloc[0].to_dict() == {
        "界址点数": "9",
        "地块面积": "0.96",
        "地块编号": "B-01",
        "地块名称": "地块一",
        "记录图形属性": "面",
        "图幅号": "L45",
        "地块用途": "住宅",
        "地类编码": "0701",
    }


def test_two_shells_and_an_island_in_a_hole_are_told_by_what_lies_in_what(tmp_path: Path) -> None:
    island = HOLE.replace(",2,", ",3,").replace("020", "025").replace("040", "035")
    other = SQUARE.replace(",1,", ",4,").replace("29561", "29562")
    frame, _ = read(tmp_path, f"18,1.97,1,甲,面,,,,@\n{SQUARE}{HOLE}{island}{other}")
    assert frame.geometry[0].is_valid
    assert frame.area.tolist() == [10_000 - 400 + 100 + 10_000]


@pytest.mark.parametrize(
    ("about", "prefix", "epsg"),
    [
        (ABOUT, "", 4538),
        (ABOUT.replace("29", ""), "29", 4517),
        (ABOUT.replace("=3", "=6").replace("29", "15"), "15", 4493),
        (ABOUT.replace("=3", "=6").replace("29", "15"), "", 4504),
        (ABOUT.replace("2000国家大地坐标系", "1980西安坐标系"), "29", 2353),
        (ABOUT.replace("2000国家大地坐标系", "北京54"), "", 2426),
    ],
)
def test_system_width_zone_and_prefix_make_the_crs(tmp_path: Path, about: str, prefix: str, epsg: int) -> None:
    frame, _ = read(tmp_path, "5,1,1,甲,面,,,,@\n" + SQUARE.replace("29561", f"{prefix}561"), about=about)
    assert frame.crs.to_epsg() == epsg


def test_the_codes_of_old_and_new_zones_have_the_meridian_that_their_number_says() -> None:
    from siting.sources.survey_text import _CODES, _ZONES

    for (_, width), firsts in _CODES.items():
        for first, has_prefix in zip(firsts, (True, False), strict=True):
            for zone in _ZONES[width]:
                named = {
                    each.name: each.value
                    for each in pyproj.CRS(first + zone - _ZONES[width].start).coordinate_operation.params
                }
                assert named["Longitude of natural origin"] == (3 * zone if width == 3 else 6 * zone - 3)
                assert named["False easting"] == 500_000 + 1e6 * zone * has_prefix


def test_an_old_datum_is_refused(tmp_path: Path) -> None:
    frame, _ = read(tmp_path, f"5,1,1,甲,面,,,,@\n{SQUARE}", about=ABOUT.replace("2000国家", "80西安"))
    assert codes(resolve(frame.crs, "", "s.txt")[1]) == ["old_datum"]


@pytest.mark.parametrize(
    ("about", "points", "code"),
    [
        (ABOUT.replace("29", ""), SQUARE.replace("29561", "561"), "no_crs"),
        ("", SQUARE, "no_crs"),
        (ABOUT.replace("29", "30"), SQUARE, "zone_contradiction"),
        (ABOUT.replace("29", "87"), SQUARE.replace("29561", "561"), "bad_zone"),
        (ABOUT, SQUARE.replace("J2,1,5247100,29", "J2,1,5247100,30"), "two_zones"),
        (
            ABOUT,
            SWAPPED,
            "survey_swapped",
        ),
        (ABOUT.replace("米", "英尺"), SQUARE, "survey_unit"),
        (ABOUT, SQUARE + "J1,1,x,2\n", "bad_survey_line"),
        (ABOUT, SQUARE + "J1,1,1\n", "bad_survey_line"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, about: str, points: str, code: str) -> None:
    frame, problems = read(tmp_path, f"5,1,1,甲,面,,,,@\n{points}", about=about)
    assert (frame, codes(problems)) == (None, [code])


def test_a_datum_stands_in_for_a_head_that_names_no_zone(tmp_path: Path) -> None:
    frame, problems = read(tmp_path, "5,1,1,甲,面,,,,@\n" + SQUARE.replace("29561", "561"), about="", datum="EPSG:4538")
    assert (frame.crs, problems) == (None, [])


def test_points_and_areas_that_differ_from_the_head_are_told_by_row(tmp_path: Path) -> None:
    _, problems = read(tmp_path, f"5,1,1,甲,面,,,,@\n{SQUARE}7,15,2,乙,面,,,,@\n{SQUARE}")
    assert [(each.code, each.where, each.level) for each in problems] == [
        ("survey_points", "row 2", "warn"),
        ("survey_area", "row 2", "warn"),
    ]


def test_a_region_with_other_fields_names_them(tmp_path: Path) -> None:
    points = "".join(
        f"{n},J{n},{y},{x},外\n" for n, (y, x) in enumerate([(561000, 5247000), (561000, 5247100), (561100, 5247100)])
    )
    frame, problems = read(
        tmp_path, f"甲,3,x,@\n{points}", point=["-", "point", "y", "x", "-"], head=["name", "points", "-"]
    )
    assert problems == []
    assert frame[["地块名称", "界址点数"]].iloc[0].tolist() == ["甲", "3"]
    assert frame.area.tolist() == [5000]


def test_a_head_of_another_order_is_refused_by_line(tmp_path: Path) -> None:
    _, problems = read(tmp_path, f"0.5公顷,,地块1,面,,,,@\n{SQUARE}")
    assert [(each.code, each.where) for each in problems] == [("bad_survey_head", "line 8")]


def test_only_a_text_with_parcels_of_points_is_a_survey_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("编号,名称\n1,甲\n", "utf-8")
    (tmp_path / "b.txt").write_bytes("[属性描述]\r\n[地块坐标]\r\n".encode("gb18030"))
    assert [is_survey_text(tmp_path / name) for name in ("a.txt", "b.txt")] == [False, True]


def test_commas_in_names_are_replaced_and_told(tmp_path: Path) -> None:
    findings = Findings("out")
    frame = gpd.GeoDataFrame(
        {"编号": ["1"], "名称": ["甲,乙"]}, geometry=[shapely.box(5e5, 5e6, 5e5 + 9, 5e6 + 9)], crs=4538
    )
    raw = survey_text(frame, columns=COLUMNS, findings=findings)
    assert "甲，乙" in raw.decode("gb18030")
    assert [(each.code, each.where) for each in findings.problems] == [("survey_comma", "row 1")]


@pytest.mark.parametrize("crs", [4490, 32645, None])
def test_only_a_zone_of_cgcs2000_is_written(crs: int | None) -> None:
    findings = Findings("out")
    frame = gpd.GeoDataFrame({"编号": ["1"], "名称": ["甲"]}, geometry=[shapely.box(80, 40, 81, 41)], crs=crs)
    assert survey_text(frame, columns=COLUMNS, findings=findings) is None
    assert codes(findings.problems) == ["no_survey_crs"]


def lots(numbers: list[tuple[int, int, bool]]) -> shapely.Geometry:
    """Return lots in columns of a wide grid, some with a hole and an island in it."""
    parts = []
    for column, (wide, high, holed) in enumerate(numbers):
        x, y = 5e5 + 1000 * column, 5e6
        shell = shapely.box(x, y, x + wide, y + high)
        inner = [shapely.box(x + 2, y + 2, x + wide - 2, y + high - 2).exterior] if holed else []
        parts.append(shapely.Polygon(shell.exterior, inner))
        parts += [shapely.box(x + 4, y + 4, x + wide - 4, y + high - 4)] if holed else []
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


NAMES = st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp", "Zs"), blacklist_characters=","), max_size=9
)
LOTS = st.lists(st.tuples(st.integers(10, 900), st.integers(10, 900), st.booleans()), min_size=1, max_size=3).map(lots)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(NAMES, LOTS), min_size=1, max_size=4), st.booleans(), st.sampled_from([4538, 4517, 4504, 4493])
)
def test_what_is_written_is_read_the_same(tmp_path: Path, rows: list, prefix: bool, crs: int) -> None:
    names, shapes = zip(*rows, strict=True)
    frame = gpd.GeoDataFrame({"编号": names, "名称": names}, geometry=list(shapes), crs=4538)
    carried = crs in (4517, 4493)
    zone = 29 if crs in (4538, 4517) else 15
    placed = frame.translate(1e6 * zone * carried).set_crs(crs, allow_override=True)
    findings = Findings("out")
    raw = survey_text(frame.set_geometry(placed), columns=COLUMNS, zone_prefix=prefix, findings=findings)
    path = tmp_path / "out.txt"
    path.write_bytes(raw)
    again = read_survey_text(path, encoding="gb18030", survey=SurveyText(), datum="", findings=findings)
    assert findings.problems == []
    assert again["地块名称"].tolist() == list(names)
    back = again.translate(-1e6 * zone * prefix).set_crs(4538, allow_override=True)
    assert back.geom_equals(gpd.GeoSeries(shapes, crs=4538), align=False).all()
