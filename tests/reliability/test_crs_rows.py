"""Layers that lie elsewhere than they say: asked for, named or brought home, and never guessed."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from pandas.testing import assert_frame_equal

import siting
from siting.base.errors import Problem
from siting.sources.shifted import from_wgs84
from tests import small_project
from tests.faults.running import siting as command
from tests.reliability.bad_inputs import Change, checked, told, with_parcels
from tests.small_project import CRS, X0, Y0

DEGREES = "EPSG:4490"
TO_DEGREES = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The ranking of the project with nothing wrong."""
    return siting.run(small_project.write(tmp_path_factory.mktemp("base") / "p")).ranking


def stated(folder: Path, layer: str, old: str, new: str) -> Path:
    """Change the text of a layer file."""
    file = folder / f"layers/{layer}.toml"
    written = file.read_text("utf-8")
    assert old in written
    file.write_text(written.replace(old, new), "utf-8")
    return folder


def moved(move: Change) -> Change:
    """Return a change of the coordinates (x, y) that leaves the stated CRS as it is."""
    return lambda frame: frame.set_geometry(
        gpd.GeoSeries(shapely.transform(frame.geometry.to_numpy(), move), index=frame.index, crs=frame.crs)
    )


def with_prefix(xy: np.ndarray) -> np.ndarray:
    return xy + np.array([29e6, 0])


def only_refusal(folder: Path) -> Problem:
    """Return the one refusal; the command says it too, in one line with its mend, and writes no results."""
    (refused,) = told(folder, "refuse")
    done = command("run", folder)
    assert done.returncode == 1
    assert refused.message("zh") in done.stderr
    assert refused.mend("zh") in done.stderr
    assert not [each for each in (folder / "maps").rglob("*") if each.is_file()]
    return refused


def test_degrees_without_a_prj_are_asked_for_and_the_answer_gives_the_same_ranking(
    tmp_path: Path, base: pd.DataFrame
) -> None:
    folder = stated(small_project.write(tmp_path / "p"), "parcels", "parcels.gpkg", "parcels.shp")
    small_project.parcels().to_crs(DEGREES).to_file(folder / "data/parcels.shp", encoding="utf-8")
    (folder / "data/parcels.prj").unlink()
    refused = only_refusal(folder)
    assert (refused.code, refused.file) == ("no_crs", "data/parcels.shp")
    assert all(name in refused.mend("en") for name in ("CGCS2000", "WGS84", "GCJ-02"))
    stated(folder, "parcels", 'role = "parcels"', 'role = "parcels"\ndatum = "CGCS2000"')
    assert_frame_equal(siting.run(folder).ranking, base, rtol=1e-3)


@pytest.mark.parametrize("system", [CRS, DEGREES])
def test_latitude_in_the_place_of_longitude_is_named(tmp_path: Path, system: str) -> None:
    swapped = moved(lambda xy: xy[:, ::-1])
    refused = only_refusal(with_parcels(tmp_path / "p", lambda parcels: swapped(parcels.to_crs(system))))
    assert (refused.code, refused.file) == ("swapped_axes", "data/parcels.gpkg")
    assert "颠倒" in refused.message("zh")


def test_a_zone_prefix_that_the_system_has_not_is_named(tmp_path: Path) -> None:
    refused = only_refusal(with_parcels(tmp_path / "p", moved(with_prefix)))
    assert (refused.code, refused.file, refused.expected) == ("zone_prefix", "data/parcels.gpkg", "EPSG:4517")
    assert "带号" in refused.message("zh")


def test_a_zone_prefix_is_no_crash_where_nothing_but_parcels_can_be_compared(tmp_path: Path) -> None:
    folder = with_parcels(tmp_path / "p", moved(with_prefix))
    settings = '[project]\ntitle = "小镇"\ncrs = "EPSG:4538"\ndate = 2025-12-31\n[screen]\narea_min = 2000\n'
    (folder / "siting.toml").write_text(settings, "utf-8")
    for layer in ("roads", "places", "work", "units"):
        (folder / f"layers/{layer}.toml").unlink()
    done = command("screen", folder)
    assert done.returncode == 1
    assert "data/parcels.gpkg" in done.stderr
    assert "EPSG:4517" in done.stderr


def test_a_wrong_zone_in_the_prj_is_named_with_both_extents(tmp_path: Path) -> None:
    refused = only_refusal(with_parcels(tmp_path / "p", lambda parcels: parcels.set_crs(4537, allow_override=True)))
    assert (refused.code, refused.file, refused.expected) == ("wrong_zone", "data/parcels.gpkg", "EPSG:4538")
    here = TO_DEGREES.transform(X0, Y0)[0]  # the school, at the west end of the street
    assert f"{here:.3f}" in refused.message("en")
    assert f"{here - 3:.1f}" in refused.message("en")
    assert "222 km" in refused.message("en")


def test_metres_in_a_geojson_that_names_no_system_are_no_degrees(tmp_path: Path) -> None:
    folder = stated(small_project.write(tmp_path / "p"), "parcels", "parcels.gpkg", "parcels.geojson")
    written = json.loads(small_project.parcels().to_json(drop_id=True))
    del written["crs"]
    (folder / "data/parcels.geojson").write_text(json.dumps(written, ensure_ascii=False), "utf-8")
    found = told(folder, "refuse")
    assert found
    assert {each.file for each in found} == {"data/parcels.geojson"}
    assert {each.code for each in found} == {"not_degrees", "metres_not_degrees"}
    assert {each.where.split(" (")[0] for each in found if each.code == "not_degrees"} == {"row 1"}
    assert {each.expected for each in found if each.code == "metres_not_degrees"} == {CRS}


@pytest.mark.parametrize("system", ["EPSG:3857", "EPSG:4490", "EPSG:4517", "EPSG:32645"])
def test_parcels_in_another_system_that_they_state_have_the_same_areas_and_ranks(
    tmp_path: Path, base: pd.DataFrame, system: str
) -> None:
    folder = with_parcels(tmp_path / "p", lambda parcels: parcels.to_crs(system))
    assert_frame_equal(siting.run(folder).ranking, base, rtol=1e-3)


def test_roads_in_utm_and_parcels_in_degrees_meet_as_before(tmp_path: Path, base: pd.DataFrame) -> None:
    roads, parcels = small_project.roads().to_crs(32645), small_project.parcels().to_crs(DEGREES)
    folder = small_project.write(tmp_path / "p", roads=roads, parcels=parcels)
    assert_frame_equal(siting.run(folder).ranking, base, rtol=1e-3)


def shifted_jobs(folder: Path, datum: str) -> Path:
    """Write 40 shops along the street as a map in GCJ-02 shows them."""
    lon, lat = TO_DEGREES.transform(X0 + np.arange(40) * 150.0, np.full(40, Y0))
    x, y = from_wgs84(lon, lat, "GCJ-02")
    rows = [f"店{n},5,{a!r},{b!r}" for n, (a, b) in enumerate(zip(x.tolist(), y.tolist(), strict=True))]
    (folder / "data/work.csv").write_text("\n".join(["单位,人数,x,y", *rows]) + "\n", "utf-8")
    return stated(folder, "work", 'datum = "EPSG:4538"\n', f'datum = "{datum}"\n' if datum else "")


def test_jobs_declared_gcj_02_come_home_within_a_metre(tmp_path: Path) -> None:
    folder = shifted_jobs(small_project.write(tmp_path / "p"), "GCJ-02")
    assert [each.code for each in told(folder, "warn") if each.file == "data/work.csv"] == []
    table = siting.open_project(folder).readings["work"].table.set_index("name")
    points = table.geometry[[f"店{n}" for n in range(40)]]
    there = shapely.points(X0 + np.arange(40) * 150.0, np.full(40, Y0))
    assert shapely.distance(points.to_numpy(), there).max() < 1


def test_jobs_in_gcj_02_must_declare_a_system_and_are_told_when_they_declare_wgs_84(tmp_path: Path) -> None:
    refused = only_refusal(shifted_jobs(small_project.write(tmp_path / "a"), ""))
    assert (refused.code, refused.file) == ("no_crs", "data/work.csv")
    folder = shifted_jobs(small_project.write(tmp_path / "b"), "WGS84")
    warned = [each for each in told(folder, "warn") if each.code == "looks_shifted"]
    assert [(each.file, each.expected) for each in warned] == [("data/work.csv", "GCJ-02")]
    assert siting.run(folder).ranking["rank"].notna().any()


def test_xian_1980_is_refused_and_parameters_asked_for(tmp_path: Path) -> None:
    refused = only_refusal(with_parcels(tmp_path / "p", lambda parcels: parcels.set_crs(2374, allow_override=True)))
    assert (refused.code, refused.file) == ("old_datum", "data/parcels.gpkg")
    assert "Xian 1980" in refused.found
    assert "参数" in refused.mend("zh")


def test_null_island_is_listed_by_row_and_the_totals_say_so(tmp_path: Path, base: pd.DataFrame) -> None:
    folder = small_project.write(tmp_path / "p")
    with (folder / "data/work.csv").open("a", encoding="utf-8") as file:
        file.write("岛一,1000,0,0\n岛二,1000,0,0\n")
    assert [each.where for each in told(folder, "warn") if each.code == "null_island"] == ["row 4", "row 5"]
    results = siting.run(folder)
    assert_frame_equal(results.ranking, base)
    assert results.stamp["layers"]["work"]["counts"]["left_out"] == 3


@pytest.mark.parametrize("cut", [True, False])
def test_a_unit_across_the_antimeridian_is_refused_by_id(tmp_path: Path, cut: bool) -> None:
    folder = small_project.write(tmp_path / "p")
    units = gpd.read_file(folder / "data/units.gpkg").to_crs(DEGREES)
    east, west = shapely.box(178, 46, 180, 48), shapely.box(-180, 46, -178, 48)
    across = (
        shapely.MultiPolygon([east, west]) if cut else shapely.Polygon([(178, 46), (-178, 46), (-178, 48), (178, 48)])
    )
    far = gpd.GeoDataFrame({"代码": ["U2"], "名称": ["二团"], "就业人口": [1]}, geometry=[across], crs=DEGREES)
    pd.concat([units, far]).to_file(folder / "data/units.gpkg")
    found = told(folder, "refuse")
    assert found
    assert {each.file for each in found} == {"data/units.gpkg"}
    assert all("U2" in (each.item, each.where) or each.where.startswith("row 2") for each in found)


@pytest.mark.parametrize("bad", [1e300, np.inf, np.nan])
def test_vertices_that_are_nowhere_are_refused_by_parcel(tmp_path: Path, bad: float) -> None:
    def broken(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        shapes = parcels.geometry.to_list()
        shapes[1] = shapely.Polygon([(X0 + 3000, Y0 + 10), (bad, Y0 + 60), (X0 + 3000, Y0 + 110)])
        return parcels.set_geometry(gpd.GeoSeries(shapes, crs=parcels.crs))

    with np.errstate(invalid="ignore"):
        folder = with_parcels(tmp_path / "p", broken)
    refused = only_refusal(folder)
    assert (refused.code, refused.where, refused.item) == ("bad_coordinates", "row 2", "P2")


def test_nothing_is_said_of_a_project_where_all_is_right(tmp_path: Path) -> None:
    found = checked(small_project.write(tmp_path / "p"))
    assert [each.code for each in found if each.level == "refuse"] == []


@pytest.mark.parametrize("layer", ["parcels", "roads", "units"])
@pytest.mark.parametrize("factor", [1000.0, -1.0, 1e6])
def test_a_layer_drawn_in_other_units_is_refused_and_never_a_crash(tmp_path: Path, layer: str, factor: float) -> None:
    folder = small_project.write(tmp_path / "p")
    path = folder / f"data/{layer}.gpkg"
    frame = gpd.read_file(path)
    path.unlink()
    moved(lambda xy: xy * factor)(frame).to_file(path)
    assert f"data/{layer}.gpkg" in {each.file for each in told(folder, "refuse")}


@pytest.mark.parametrize("layer", ["roads", "units"])
def test_swapped_axes_fit_the_system_that_the_layer_states(tmp_path: Path, layer: str) -> None:
    folder = small_project.write(tmp_path / "p")
    path = folder / f"data/{layer}.gpkg"
    frame = gpd.read_file(path)
    path.unlink()
    moved(lambda xy: xy[:, ::-1])(frame).to_file(path)
    refused = only_refusal(folder)
    assert (refused.code, refused.file) == ("swapped_axes", f"data/{layer}.gpkg")
    assert "CM 87E" in refused.expected  # not UTM, which fits as well within 2 km
