"""Layers that do not lie where the others do, and the mistake that explains it; points of a shifted map."""

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from siting.base.layers import Layer, LayerSettings
from siting.base.stamp import Counts
from siting.base.texts import table as texts
from siting.project.locate import check_places, check_shift
from siting.sources.reading import Reading
from siting.sources.shifted import from_wgs84
from tests.shared_data import shared
from tests.towns import grid

CRS = "EPSG:4538"
X, Y = 561_000.0, 5_247_000.0


def layer(role: str, shapes: list[shapely.Geometry] | gpd.GeoSeries, datum: str = "", **columns: object) -> Reading:
    """Return a layer of a role as it is after reading: in the project's metres, named by its role."""
    series = shapes if isinstance(shapes, gpd.GeoSeries) else gpd.GeoSeries(shapes, crs=CRS)
    ids = [f"{role}-{number}" for number in range(1, len(series) + 1)]
    table = gpd.GeoDataFrame({"id": ids, **columns}, geometry=series.to_numpy(), crs=CRS)
    settings = LayerSettings(role=role, source=f"{role}.gpkg", datum=datum)
    return Reading(Layer(name=role, file=f"layers/{role}.toml", settings=settings), table, Counts(len(table)))


def lots(x: float = X, y: float = Y) -> list[shapely.Geometry]:
    return [shapely.box(x + 200 * i, y, x + 200 * i + 100, y + 100) for i in range(5)]


def town(**changed: Reading) -> dict[str, Reading]:
    """Return parcels, streets, a township and workplaces in one place, some of them replaced."""
    street = [shapely.LineString([(X - 1000, Y), (X + 5000, Y)])]
    whole = {
        "parcels": layer("parcels", lots()),
        "roads": layer("roads", street),
        "units": layer("units", [shapely.box(X - 5000, Y - 5000, X + 8000, Y + 8000)]),
        "places": layer("places", [shapely.Point(X + 100 * i, Y) for i in range(12)]),
    }
    return {**whole, **changed}


def said(readings: dict[str, Reading]) -> list[tuple[str, str, str]]:
    return [(each.code, each.file, each.level) for each in check_places(readings)]


def test_a_town_in_one_place_has_no_problem() -> None:
    assert check_places(town()) == []


def moved(shapes: list[shapely.Geometry], there: Callable[[np.ndarray], np.ndarray]) -> list[shapely.Geometry]:
    return list(shapely.transform(np.array(shapes, dtype=object), there))


def written_in(crs: str) -> list[shapely.Geometry]:
    """Return the lots as they come out when their numbers are said to be of another system."""
    return list(gpd.GeoSeries(lots(), crs=crs).to_crs(CRS))


@pytest.mark.parametrize(
    ("shapes", "code", "better"),
    [
        (written_in("EPSG:4537"), "wrong_zone", CRS),
        (written_in("EPSG:4539"), "wrong_zone", CRS),
        (moved(lots(), lambda xy: xy + np.array([29e6, 0.0])), "zone_prefix", "EPSG:4517"),
        (moved(lots(), lambda xy: xy + np.array([15e6, 0.0])), "zone_prefix", "EPSG:4493"),
        (moved(lots(), lambda xy: xy[:, ::-1]), "swapped_axes", "CGCS2000 / 3-degree Gauss-Kruger CM 87E"),
        (list(gpd.GeoSeries(lots(), crs=CRS).to_crs(4490)), "degrees_not_metres", "EPSG:4490"),
        (list(gpd.GeoSeries(lots(), crs=CRS).to_crs(3857)), "mercator_not_said", "EPSG:3857"),
    ],
    ids=["84 E", "90 E", "prefix 29", "prefix 15", "swapped", "degrees", "mercator"],
)
def test_parcels_far_from_streets_and_townships_are_refused_with_the_mistake(
    shapes: list[shapely.Geometry], code: str, better: str
) -> None:
    problems = check_places(town(parcels=layer("parcels", shapes)))
    assert [(each.code, each.file, each.level) for each in problems] == [(code, "parcels.gpkg", "refuse")]
    assert problems[0].expected == better
    assert "roads 87.7" in problems[0].found


def test_latitude_and_longitude_that_are_swapped_are_named() -> None:
    swapped = moved(list(gpd.GeoSeries(lots(), crs=CRS).to_crs(4490)), lambda xy: xy[:, ::-1])
    parcels = gpd.GeoSeries(swapped, crs=4490).to_crs(CRS)
    problems = check_places(town(parcels=layer("parcels", parcels)))
    assert [(each.code, each.file) for each in problems] == [("swapped_axes", "parcels.gpkg")]


def test_jobs_of_another_town_are_refused_with_both_extents() -> None:
    problems = check_places(town(places=layer("places", [shapely.Point(X + i, Y - 300_000) for i in range(3)])))
    assert [(each.code, each.file, each.found) for each in problems] == [("far_apart", "places.gpkg", "300")]
    assert "44.6" in problems[0].expected
    assert "parcels 87.8" in problems[0].expected


def test_one_parcel_far_from_the_rest_is_refused_by_its_id() -> None:
    problems = check_places(town(parcels=layer("parcels", [*lots(), *lots(X + 1_000_000)[:1]])))
    assert [(each.code, each.where, each.level) for each in problems] == [("row_astray", "parcels-6", "refuse")]


def test_one_workplace_far_from_the_rest_is_told_by_its_id() -> None:
    points = [*(shapely.Point(X + 100 * i, Y) for i in range(12)), shapely.Point(X + 1_000_000, Y)]
    problems = check_places(town(places=layer("places", points)))
    assert [(each.code, each.where, each.level) for each in problems] == [("row_astray", "places-13", "warn")]


def test_a_township_across_the_date_line_is_refused_and_hides_no_other_layer() -> None:
    world = shapely.box(X - 9e6, Y - 5e6, X + 9e6, Y + 1e6)
    near = shapely.box(X - 5000, Y - 5000, X + 8000, Y + 8000)
    problems = check_places(town(units=layer("units", [near, world])))
    assert [(each.code, each.where, each.level) for each in problems] == [("row_too_wide", "units-2", "refuse")]


def test_streets_that_stop_short_of_the_parcels_are_told() -> None:
    street = [shapely.LineString([(X + 10_000, Y), (X + 15_000, Y)])]
    assert said(town(roads=layer("roads", street))) == [("beside", "roads.gpkg", "warn")]


@pytest.mark.parametrize(("many", "told"), [(12, ["same_point"]), (9, [])])
def test_points_that_all_share_one_place_are_told_from_ten_on(many: int, told: list[str]) -> None:
    problems = check_places(town(places=layer("places", [shapely.Point(X, Y)] * many)))
    assert [each.code for each in problems] == told


def test_a_province_of_points_around_the_town_is_no_mistake() -> None:
    points = [shapely.Point(X + 40_000 * i, Y) for i in range(20)]
    assert check_places(town(places=layer("places", points))) == []


def test_every_mistake_has_its_sentences() -> None:
    codes = ["wrong_zone", "zone_prefix", "no_zone_prefix", "swapped_axes", "degrees_not_metres", "metres_not_degrees",
             "mercator_not_said", "row_astray", "row_too_wide"]  # fmt: skip
    assert {f"problem.{code}.{part}" for code in codes for part in ("say", "mend")} <= set(texts())


def streets_of_shenzhen() -> gpd.GeoSeries:
    import osmnx as ox

    graph = ox.load_graphml(shared("data/china/shenzhen_futian_drive.graphml"))
    return ox.graph_to_gdfs(graph, nodes=False).geometry.to_crs("EPSG:4547")


@pytest.fixture(scope="module")
def shenzhen() -> Reading:
    lines = streets_of_shenzhen().reset_index(drop=True)
    reading = layer("roads", list(lines))
    reading.table.set_crs("EPSG:4547", allow_override=True, inplace=True)
    return reading


def shops(roads: Reading, many: int, seed: int) -> np.ndarray:
    """Return points 10 to 60 m beside streets, at random."""
    rng = np.random.default_rng(seed)
    lines = roads.table.geometry.to_numpy()
    metres = shapely.length(lines)
    chosen = lines[rng.choice(len(lines), many, p=metres / metres.sum())]
    spots = shapely.get_coordinates(shapely.line_interpolate_point(chosen, rng.uniform(0, 1, many), normalized=True))
    angle, far = rng.uniform(0, 2 * np.pi, many), rng.uniform(10, 60, many)
    return spots + np.column_stack([far * np.cos(angle), far * np.sin(angle)])


def points_layer(xy: np.ndarray, shift: str, declared: str = "", name: str = "places") -> dict[str, Reading]:
    points = gpd.GeoSeries(shapely.points(xy), crs="EPSG:4547").to_crs(4326)
    if shift:
        x, y = from_wgs84(points.x, points.y, shift)
        points = gpd.GeoSeries(shapely.points(x, y), crs=4326)
    reading = layer("places", list(points.to_crs("EPSG:4547")), declared)
    reading.table.set_crs("EPSG:4547", allow_override=True, inplace=True)
    return {name: reading}


@pytest.mark.parametrize("shift", ["GCJ-02", "BD-09"])
def test_points_of_a_chinese_map_beside_shenzhen_s_streets_are_told(shenzhen: Reading, shift: str) -> None:
    problems = check_shift({"roads": shenzhen, **points_layer(shops(shenzhen, 300, 1), shift)})
    assert [(each.code, each.file, each.expected, each.level) for each in problems] == [
        ("looks_shifted", "places.gpkg", shift, "warn")
    ]


@pytest.mark.parametrize("seed", range(5))
def test_points_that_are_not_shifted_are_not_suspected(shenzhen: Reading, seed: int) -> None:
    assert check_shift({"roads": shenzhen, **points_layer(shops(shenzhen, 300, seed), "")}) == []
    bounds = shenzhen.table.total_bounds
    anywhere = np.random.default_rng(seed).uniform(bounds[:2], bounds[2:], (300, 2))
    assert check_shift({"roads": shenzhen, **points_layer(anywhere, "")}) == []


def test_the_order_of_rows_changes_nothing(shenzhen: Reading) -> None:
    xy = shops(shenzhen, 2000, 3)
    one, other = (check_shift({"roads": shenzhen, **points_layer(each, "GCJ-02")}) for each in (xy, xy[::-1]))
    assert len(one) == 1
    assert one == other


def test_ten_points_tell_nothing(shenzhen: Reading) -> None:
    assert check_shift({"roads": shenzhen, **points_layer(shops(shenzhen, 10, 1), "GCJ-02")}) == []


def test_outside_china_no_shift_is_looked_for() -> None:
    lines = [shapely.LineString(each) for each in grid(5)]
    assert check_shift({"roads": layer("roads", moved(lines, lambda xy: xy + np.array([500_000.0, -1e6])))}) == []


def test_a_layer_in_tables_only_is_passed_over() -> None:
    demand = Reading(town()["places"].layer, pd.DataFrame({"id": ["a"]}), Counts(1))
    assert check_places(town(demand=demand)) == []
