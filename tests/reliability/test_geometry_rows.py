"""Shapes as offices draw them: what is mended, told, refused or simply right."""

import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

import siting
from tests import small_project
from tests.reliability.bad_inputs import checked, codes, told, with_parcels
from tests.small_project import X0, Y0, diamond


def reshaped(shape: shapely.Geometry | None, parcel: str = "P1"):
    """Return a change that draws one parcel otherwise."""

    def change(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        shapes = [shape if each == parcel else old for each, old in zip(parcels["编号"], parcels.geometry, strict=True)]
        return parcels.set_geometry(gpd.GeoSeries(shapes, crs=parcels.crs))

    return change


def corners(x: float = 750.0) -> list[tuple[float, float]]:
    return list(diamond(x).exterior.coords)


def test_a_ring_that_touches_itself_is_mended_by_id(tmp_path: Path) -> None:
    west, east = diamond(700, half=25), diamond(750, half=25)
    touching = shapely.Polygon([*west.exterior.coords[1:-1], *west.exterior.coords[:2], *east.exterior.coords[3:4],
                                *east.exterior.coords[:3], east.exterior.coords[3]])  # fmt: skip
    folder = with_parcels(tmp_path / "p", reshaped(touching))
    assert [(each.item, each.code) for each in told(folder, "mend")] == [("P1", "invalid_geometry")]


def test_a_spike_of_two_kilometres_is_dropped_by_id_and_the_area_stays(tmp_path: Path) -> None:
    tip = (X0 + 750, Y0 + 2110)
    spiked = shapely.Polygon([*corners()[:3], tip, *corners()[2:]])
    folder = with_parcels(tmp_path / "p", reshaped(spiked))
    assert {each.item for each in told(folder, "mend")} == {"P1"}
    assert siting.open_project(folder).parcels.loc["P1", "area_m2"] == pytest.approx(5000)


def test_an_undrawn_parcel_is_listed_and_the_others_go_on(tmp_path: Path) -> None:
    folder = with_parcels(tmp_path / "p", reshaped(None))
    assert ("P1", "no_geometry") in [(each.item, each.code) for each in told(folder, "warn")]
    assert siting.run(folder).ranking.set_index("parcel_id").loc["P1", "status"] == "no_data"


def test_a_parcel_without_area_is_listed_and_nothing_is_divided_by_it(tmp_path: Path) -> None:
    line = shapely.Polygon([(X0, Y0 + 10), (X0 + 50, Y0 + 10), (X0 + 100, Y0 + 10)])
    folder = with_parcels(tmp_path / "p", reshaped(line))
    assert ("P1", "no_area") in [(each.item, each.code) for each in told(folder, "warn")]
    assert siting.run(folder).ranking.set_index("parcel_id").loc["P1", "status"] == "no_data"


def test_a_horse_shoe_starts_at_its_edge_not_at_its_centroid(tmp_path: Path) -> None:
    shoe = shapely.Polygon([(X0 + a, Y0 + b) for a, b in
                            [(700, 10), (900, 10), (900, 210), (850, 210), (850, 60), (750, 60), (750, 210), (700, 210)]])  # fmt: skip
    assert not shoe.contains(shoe.centroid)
    rows = siting.run(with_parcels(tmp_path / "p", reshaped(shoe))).ranking.set_index("parcel_id")
    assert rows.loc["P1", "status"] == "ok"
    assert rows.loc["P1", "school"] == pytest.approx((10 + 700) / 75, abs=0.01)


def test_of_a_collection_the_polygon_is_taken_by_id(tmp_path: Path) -> None:
    mixed = shapely.GeometryCollection([diamond(750), shapely.LineString(corners()), shapely.Point(X0, Y0)])
    folder = with_parcels(tmp_path / "p", reshaped(mixed))
    assert [(each.item, each.code) for each in told(folder, "mend")] == [("P1", "mixed_parts")]


def test_points_are_no_parcels_unless_they_carry_an_area(tmp_path: Path) -> None:
    folder = with_parcels(tmp_path / "p", lambda parcels: parcels.dropna().set_geometry(parcels.dropna().centroid))
    assert codes(folder, "refuse") == ["wrong_geometry"]


def test_two_parcels_that_overlap_are_named_together(tmp_path: Path) -> None:
    folder = with_parcels(
        tmp_path / "p", reshaped(shapely.transform(diamond(3000), lambda xy: xy + np.array([20, 0])), "P1")
    )
    assert [{each.where, each.found} for each in told(folder, "warn") if each.code == "overlap"] == [{"P1", "P2"}]


def test_one_polygon_under_two_ids_names_both(tmp_path: Path) -> None:
    folder = with_parcels(tmp_path / "p", reshaped(diamond(3000), "P1"))
    overlaps = [(each.where, each.found, each.expected) for each in told(folder, "warn") if each.code == "overlap"]
    assert overlaps == [("P1", "P2", "100%")]


def test_heights_change_nothing(tmp_path: Path) -> None:
    flat = siting.run(small_project.write(tmp_path / "flat")).ranking
    raised = with_parcels(tmp_path / "p", lambda parcels: parcels.set_geometry(shapely.force_3d(parcels.geometry, 480)))
    assert siting.run(raised).ranking.equals(flat)


def test_twelve_thousand_corners_take_seconds_and_do_not_fill_the_page(tmp_path: Path) -> None:
    turn = np.linspace(0, 2 * np.pi, 12_000, endpoint=False)
    round_one = shapely.Polygon(np.c_[X0 + 750 + 50 * np.cos(turn), Y0 + 60 + 50 * np.sin(turn)])
    plain = siting.run(small_project.write(tmp_path / "a"))
    began = time.monotonic()
    detailed = siting.run(with_parcels(tmp_path / "b", reshaped(round_one)))
    assert time.monotonic() - began < 30
    assert detailed.path is not None
    assert plain.path is not None
    pages = [(each / "index.html").stat().st_size for each in (plain.path, detailed.path)]
    assert pages[1] - pages[0] < 5_000


def test_twelve_equal_parcels_share_a_rank_in_order_of_id(tmp_path: Path) -> None:
    def alike(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        same = gpd.GeoDataFrame(
            {"编号": [f"E{n:02d}" for n in range(12)], "名称": "同", "来源": "idle_land"},
            geometry=[diamond(2000)] * 12,
            crs=parcels.crs,
        )
        return same.sample(frac=1, random_state=5)

    ranking = siting.run(with_parcels(tmp_path / "p", alike)).ranking
    assert ranking["rank"].tolist() == [1] * 12
    assert ranking["parcel_id"].tolist() == [f"E{n:02d}" for n in range(12)]


def test_rows_in_reverse_order_give_the_same_table_byte_for_byte(tmp_path: Path) -> None:
    tables = []
    for name, step in (("a", 1), ("b", -1)):
        folder = with_parcels(tmp_path / name, lambda parcels, step=step: parcels.iloc[::step])
        results = siting.run(folder)
        assert results.path is not None
        tables.append((results.path / "ranking.csv").read_bytes())
    assert tables[0] == tables[1]


def test_infinite_and_absurd_vertices_are_refused_by_id(tmp_path: Path) -> None:
    for number, bad in enumerate((1e300, np.inf, np.nan)):
        with np.errstate(invalid="ignore"):
            broken = shapely.Polygon([*corners()[:2], (bad, Y0 + 110), corners()[3]])
        folder = with_parcels(tmp_path / f"p{number}", reshaped(broken))
        assert [(each.item, each.code) for each in told(folder, "refuse")] == [("P1", "bad_coordinates")]


def test_null_island_is_listed_left_out_and_counted(tmp_path: Path) -> None:
    folder = small_project.write(tmp_path / "p")
    with (folder / "data/work.csv").open("a", encoding="utf-8") as file:
        file.write("岛一,1,0,0\n岛二,1,0,0\n")
    assert [each.where for each in checked(folder) if each.code == "null_island"] == ["row 4", "row 5"]
    assert siting.open_project(folder).readings["work"].counts.left_out == 3
