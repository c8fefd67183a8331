"""OpenStreetMap extracts: what a real file yields, and jobs guessed without counting twice."""

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from siting.base.catalogue import catalogue
from siting.sources.osm_jobs import TaggedShape, estimate_jobs
from siting.sources.osm_rules import place_kinds
from tests.shared_data import helsinki
from tests.sources.office import CRS, X, Y, codes, read


@pytest.fixture(scope="module")
def extract() -> Path:
    """The extract of central Helsinki."""
    return helsinki()


def degrees(*shapes: shapely.Geometry) -> list[shapely.Geometry]:
    """Return shapes drawn in metres as degrees."""
    return gpd.GeoSeries(list(shapes), crs=CRS).to_crs(4326).tolist()


def workplaces(*drawn: tuple[dict[str, str], shapely.Geometry]) -> gpd.GeoDataFrame:
    """Return the workplaces estimated from tags and shapes in metres, ids w0, w1, ..."""
    shapes = degrees(*[shape for _, shape in drawn])
    objects = [
        TaggedShape(f"w{i}", tags, shape) for i, ((tags, _), shape) in enumerate(zip(drawn, shapes, strict=True))
    ]
    return estimate_jobs(objects, CRS).set_index("id")


ESTATE = ({"landuse": "industrial"}, shapely.box(X, Y, X + 300, Y + 300))
OFFICE = ({"building": "office", "office": "company", "building:levels": "2"}, shapely.box(X, Y, X + 35, Y + 50))


def test_an_estate_without_buildings_is_judged_by_its_land() -> None:
    found = workplaces(ESTATE)
    assert (found.loc["w0", "jobs"], found.loc["w0", "basis"]) == (300, "land")


def test_an_office_alone_is_judged_by_its_floors() -> None:
    found = workplaces(OFFICE)
    assert (found.loc["w0", "jobs"], found.loc["w0", "basis"]) == (100, "floor")


def test_an_office_inside_an_industrial_estate_is_not_counted_twice() -> None:
    found = workplaces(ESTATE, OFFICE)
    assert found.index.tolist() == ["w0"]
    assert (found.loc["w0", "jobs"], found.loc["w0", "basis"]) == (35, "floor")


def test_an_office_point_inside_an_office_building_is_not_counted_twice() -> None:
    found = workplaces(OFFICE, ({"office": "company"}, shapely.Point(X + 10, Y + 10)))
    assert found.index.tolist() == ["w0"]


def test_an_office_beside_an_estate_counts_too() -> None:
    beside = (OFFICE[0], shapely.box(X + 400, Y, X + 435, Y + 50))
    assert sorted(workplaces(ESTATE, beside)["jobs"]) == [100, 300]


def test_two_areas_drawn_on_one_another_count_once() -> None:
    assert workplaces(ESTATE, ESTATE)["jobs"].tolist() == [300]


def test_a_point_counts_by_its_rule() -> None:
    found = workplaces(({"shop": "supermarket"}, shapely.Point(X, Y)))
    assert found["jobs"].tolist() == [15]
    assert found["basis"].tolist() == ["point"]


def test_without_workplaces_there_are_no_jobs() -> None:
    assert workplaces(({"natural": "water"}, shapely.box(X, Y, X + 9, Y + 9))).empty


@pytest.mark.parametrize("tags", [{"amenity": "bench"}, {"amenity": "no"}, {}])
def test_what_is_no_place_has_no_kind(tags: dict[str, str]) -> None:
    assert place_kinds(tags) == []


def test_the_roads_of_helsinki_are_read_in_the_project_s_metres(extract: Path) -> None:
    reading, problems = read(extract.parent, "roads", extract.name)
    assert not [each for each in problems if each.level == "refuse"]
    assert len(reading.table) > 1000
    assert {"both", "forward", "no"} <= set(reading.table["drive"]) <= {"both", "forward", "backward", "no"}
    assert {"local", "footway", "arterial"} <= set(reading.table["class"])
    assert reading.table.crs == CRS
    assert reading.table["id"].is_unique


def test_the_places_of_helsinki_have_kinds_of_the_catalogue(extract: Path) -> None:
    reading, _ = read(extract.parent, "places", extract.name)
    assert {"pharmacy", "market", "bus_stop"} <= set(reading.table["kind"]) <= set(catalogue())
    assert reading.table["id"].is_unique


def test_the_jobs_of_helsinki_are_estimated(extract: Path) -> None:
    reading, _ = read(extract.parent, "places", extract.name, kind="workplace")
    assert set(reading.table["kind"]) == {"workplace"}
    assert (reading.table["jobs"] > 0).all()
    assert reading.table["jobs"].sum() > 1000


def test_a_role_that_an_extract_cannot_fill_is_refused(extract: Path) -> None:
    _, problems = read(extract.parent, "transit", extract.name)
    assert "no_rows" in codes(problems)


def test_a_cut_extract_is_damage(tmp_path: Path, extract: Path) -> None:
    raw = extract.read_bytes()
    (tmp_path / "cut.osm.pbf").write_bytes(raw[: len(raw) // 2])
    reading, problems = read(tmp_path, "roads", "cut.osm.pbf")
    assert reading is None
    assert codes(problems) == ["damaged"]


def test_an_extract_without_roads_is_refused(tmp_path: Path) -> None:
    node = '<node id="1" lat="47.3" lon="87.8" version="1"><tag k="amenity" v="school"/></node>'
    (tmp_path / "town.osm").write_text(f'<osm version="0.6">{node}</osm>', "utf-8")
    _, problems = read(tmp_path, "places", "town.osm")
    assert codes(problems) == ["no_roads"]


def test_a_way_whose_node_is_missing_is_cut_there_and_told(tmp_path: Path) -> None:
    spots = "".join(f'<node id="{i}" lat="47.3" lon="87.8{i}" version="1"/>' for i in (1, 2, 4, 5))
    way = "".join(f'<nd ref="{i}"/>' for i in (1, 2, 3, 4, 5))
    road = f'<way id="7" version="1">{way}<tag k="highway" v="residential"/></way>'
    (tmp_path / "town.osm").write_text(f'<osm version="0.6">{spots}{road}</osm>', "utf-8")
    reading, problems = read(tmp_path, "roads", "town.osm")
    assert [(each.code, each.where, each.found) for each in problems] == [("cut_way", "highway", "1")]
    assert reading.table["id"].tolist() == ["w7", "w7.1"]
