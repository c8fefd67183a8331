"""The whole way, on the town of small_project: every figure here can be checked on paper."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import siting
from tests import small_project


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> siting.project.chain.Results:
    return siting.run(small_project.write(tmp_path_factory.mktemp("town") / "p"))


@pytest.fixture(scope="module")
def rows(results: siting.project.chain.Results) -> pd.DataFrame:
    return results.ranking.set_index("parcel_id")


def test_every_parcel_read_stands_in_the_ranking(rows: pd.DataFrame) -> None:
    assert sorted(rows.index) == ["P1", "P2", "P3", "far", "small", "stray", "undrawn"]


def test_walking_minutes_are_the_leg_and_the_street(rows: pd.DataFrame) -> None:
    for parcel, x in small_project.PARCEL_X.items():
        if x / 75 < 60:
            assert rows.loc[parcel, "school"] == pytest.approx((10 + x) / 75, abs=1e-4)


def test_beyond_the_cutoff_the_cell_is_empty_the_score_zero_and_the_flag_set(rows: pd.DataFrame) -> None:
    p3 = rows.loc["P3"]  # 5010 m on foot is 66.8 min
    assert np.isnan(p3["school"])
    assert (p3["school_score"], p3["status"]) == (0.0, "ok")
    assert p3["reasons"] == "beyond:school 60 min"
    assert p3["flags"] == "remote"


def test_jobs_count_within_the_time_and_the_total_row_is_no_employer(rows: pd.DataFrame) -> None:
    # arterial 40 km/h: 3000 m is 4.5 min, 5000 m is 7.5 min, all within 10 minutes
    assert rows.loc[["P1", "P2", "P3"], "jobs"].tolist() == [200.0, 200.0, 200.0]


def test_the_score_is_the_weighted_mean_of_values(rows: pd.DataFrame) -> None:
    minutes = (10 + 750) / 75
    assert rows.loc["P1", "score"] == pytest.approx((2 * (1 - minutes / 60) + 1 * 1.0) / 3, abs=1e-6)
    assert rows.loc[["P1", "P2", "P3"], "rank"].tolist() == [1, 2, 3]


def test_each_parcel_that_cannot_be_ranked_says_why(rows: pd.DataFrame) -> None:
    expected = {"small": "excluded", "far": "unsnapped", "stray": "disconnected", "undrawn": "no_data"}
    assert rows.loc[list(expected), "status"].to_dict() == expected
    assert rows.loc["small", "reasons"] == "area_min:parcels"
    assert rows.loc["undrawn", "reasons"] == "no_shape:parcels no_geometry"
    assert rows.loc[list(expected), ["score", "rank"]].isna().all(axis=None)
    assert (rows.loc[["far", "stray"], "flags"] == "remote").all()


def test_homes_are_area_times_ratio_over_size(rows: pd.DataFrame) -> None:
    assert rows.loc["P1", "homes"] == 60  # 5000 m2 x 1.2 / 100 m2


def test_read_is_used_and_mended_and_left_out(results: siting.project.chain.Results) -> None:
    counts = {name: layer["counts"] for name, layer in results.stamp["layers"].items()}
    for each in counts.values():
        assert each["read"] == each["used"] + each["mended"] + each["left_out"]
    assert counts["work"] == {"read": 3, "used": 2, "mended": 0, "left_out": 1}
    assert counts["parcels"] == {"read": 7, "used": 6, "mended": 0, "left_out": 1}


def test_a_unit_has_its_jobs_workers_and_their_ratio(results: siting.project.chain.Results) -> None:
    values = results.indicators.set_index("indicator")["value"]
    assert (values["jobs"], values["workers"], values["jobs_housing_ratio"]) == (200, 100, 2.0)
    assert (values["parcels"], values["parcels_ranked"], values["homes_ranked"]) == (6, 3, 180)


def test_a_receipt_leads_down_to_place_and_street(results: siting.project.chain.Results) -> None:
    receipt = next(r for r in results.receipts if r["parcel_id"] == "P1")
    school = next(c for c in receipt["criteria"] if c["name"] == "school")
    assert (school["place_name"], school["street"]["distance_m"]) == ("一小", 10.0)


def test_a_gate_a_review_and_a_penalty_each_do_their_own(tmp_path: Path) -> None:
    folder = small_project.write(tmp_path / "p")
    rules = {
        "gate": ('action = "gate"\ndocument = "净地证明"', 750),
        "review": ('action = "review"', 3000),
        "malus": ('action = "penalise"\npenalty = 0.5', 5000),
    }
    for name, (rule, x) in rules.items():
        shape = small_project.gpd.GeoSeries([small_project.diamond(x)], crs=small_project.CRS)
        shape.to_file(folder / f"data/{name}.gpkg")
        layer = f'role = "constraint"\nsource = "data/{name}.gpkg"\n[rule]\ntitle = "{name}"\n{rule}\n'
        (folder / "layers" / f"{name}.toml").write_text(layer, "utf-8")
    results = siting.run(folder)
    rows = results.ranking.set_index("parcel_id")
    assert (rows.loc["P1", "status"], rows.loc["P1", "reasons"]) == ("gate", "gate:gate 100.0%")
    assert rows.loc["P1", "rank"] == 1
    assert (rows.loc["P2", "status"], rows.loc["P2", "flags"]) == ("ok", "review:review")
    assert rows.loc["P3", "score"] == pytest.approx(0.5 * 1 / 3)


def test_a_floor_comes_before_compensation(tmp_path: Path) -> None:
    settings = small_project.SETTINGS.replace('source = "hand-drawn"', 'source = "hand-drawn"\nfloor = 30', 1)
    rows = siting.run(small_project.write(tmp_path / "p", settings)).ranking.set_index("parcel_id")
    assert rows.loc["P1", "status"] == "ok"
    assert (rows.loc["P2", "status"], rows.loc["P2", "reasons"]) == ("excluded", "floor:school")
    assert rows.loc["P3", "reasons"] == "beyond:school 60 min; floor:school"


def test_a_far_worse_parcel_never_reorders_the_others(tmp_path: Path) -> None:
    before = siting.run(small_project.write(tmp_path / "a")).ranking.set_index("parcel_id")["score"]
    more = small_project.parcels()
    extra = more.iloc[[0]].assign(编号="P9", geometry=[small_project.diamond(5900)])
    both = small_project.gpd.GeoDataFrame(pd.concat([more, extra], ignore_index=True), crs=small_project.CRS)
    after = siting.run(small_project.write(tmp_path / "b", parcels=both)).ranking.set_index("parcel_id")["score"]
    pd.testing.assert_series_equal(after[before.index], before)


def test_both_directions_are_the_mean_of_the_two(tmp_path: Path) -> None:
    settings = small_project.SETTINGS.replace('mode = "walk"', 'mode = "walk"\ndirection = "both"')
    rows = siting.run(small_project.write(tmp_path / "p", settings)).ranking.set_index("parcel_id")
    assert rows.loc["P1", "school"] == pytest.approx((10 + 750) / 75, abs=1e-4)


def test_problems_of_several_layers_are_reported_together(tmp_path: Path) -> None:
    folder = small_project.write(tmp_path / "p")
    (folder / "data/work.csv").write_text(f"单位,人数,x,y\n厂,约300,{small_project.X0},{small_project.Y0}\n", "utf-8")
    (folder / "data/places.csv").unlink()
    with pytest.raises(siting.InputProblems) as caught:
        siting.run(folder)
    codes = {problem.code for problem in caught.value.refusals}
    assert codes == {"bad_number", "missing_file"}
    for problem in caught.value.refusals:
        assert problem.file
        assert problem.message("zh") != problem.message("en")
        assert problem.mend("zh")


def test_a_layer_far_from_the_parcels_is_refused_with_both_extents(tmp_path: Path) -> None:
    folder = small_project.write(tmp_path / "p")
    (folder / "data/work.csv").write_text(f"单位,人数,x,y\n厂,5,{small_project.X0},{small_project.Y0 - 300_000}\n")
    with pytest.raises(siting.InputProblems) as caught:
        siting.run(folder)
    assert [p.code for p in caught.value.refusals] == ["far_apart"]
    assert "parcels" in caught.value.refusals[0].expected


def test_opening_a_project_computes_nothing(tmp_path: Path) -> None:
    folder = small_project.write(tmp_path / "p")
    siting.open_project(folder)
    assert not (folder / "maps").exists()


def test_the_stamp_holds_settings_digests_and_no_clock(results: siting.project.chain.Results) -> None:
    assert results.stamp["document_date"] == "2025-12-31"
    assert set(results.stamp["layers"]["roads"]["sha256"]) == {"data/roads.gpkg"}
    assert "2026" not in json.dumps(results.stamp["settings"])


def test_a_floor_holds_without_a_weight_and_on_a_street_that_ends(tmp_path: Path) -> None:
    settings = small_project.SETTINGS.replace("weight = 2", "weight = 0\nfloor = 50")
    rows = siting.run(small_project.write(tmp_path / "p", settings)).ranking.set_index("parcel_id")
    assert rows.loc["P1", "status"] == "ok"
    assert (rows.loc["P3", "status"], rows.loc["P3", "reasons"]) == ("excluded", "beyond:school 60 min; floor:school")


def test_far_from_a_nuisance_beyond_the_limit_counts_best(tmp_path: Path) -> None:
    settings = small_project.SETTINGS.replace(
        'better = "less"\nworst = 60\nbest = 0', 'better = "more"\nworst = 0\nbest = 60'
    )
    rows = siting.run(small_project.write(tmp_path / "p", settings)).ranking.set_index("parcel_id")
    assert rows.loc["P3", "school_score"] == 1.0
    assert rows.loc["P3", "rank"] == 1


@pytest.mark.parametrize("name", ["status", "Score", "parcel_id", "fid", "jobs_score"])
def test_a_criterion_never_takes_the_name_of_a_result_column(name: str, tmp_path: Path) -> None:
    settings = small_project.SETTINGS.replace('name = "school"', f'name = "{name}"').replace(
        'criterion = "school"', f'criterion = "{name}"'
    )
    with pytest.raises(siting.InputProblems) as caught:
        siting.open_project(small_project.write(tmp_path / "p", settings))
    assert "repeated_criterion" in {problem.code for problem in caught.value.refusals}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('of = "work.jobs"', 'of = "work.name"', "unknown_column"),
        ('of = "work.jobs"', 'of = "places.seats"', "unknown_column"),
        ("kind=primary", "kind=primary|juniorhigh", "no_places"),
        ('crs = "EPSG:4538"', 'crs = "EPSG:3857"', "stretched"),
        ("[travel]", "[travel.speeds]\narteriall = 30\n[travel]", "unknown_key"),
        ("cutoff = 60", "cutoff = 60\nfloor = 90", "short_cutoff"),
    ],
)
def test_what_would_be_ignored_in_silence_is_refused(old: str, new: str, code: str, tmp_path: Path) -> None:
    folder = small_project.write(tmp_path / "p", small_project.SETTINGS.replace(old, new, 1))
    with pytest.raises(siting.InputProblems) as caught:
        siting.run(folder)
    assert code in {problem.code for problem in caught.value.refusals}


def test_another_s_folder_is_not_deleted_as_the_former_run(tmp_path: Path) -> None:
    folder = small_project.write(tmp_path / "p")
    mine = tmp_path / "out.previous" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("mine", "utf-8")
    with pytest.raises(siting.UsageError):
        siting.run(folder, out=tmp_path / "out")
    assert mine.is_file()


def test_a_constraint_that_can_overlap_nothing_is_refused(tmp_path: Path) -> None:
    folder = small_project.write(tmp_path / "p")
    small_project.roads().to_file(folder / "data/line.gpkg")
    layer = 'role = "constraint"\nsource = "data/line.gpkg"\n[rule]\ntitle = "line"\naction = "exclude"\n'
    (folder / "layers/line.toml").write_text(layer, "utf-8")
    with pytest.raises(siting.InputProblems) as caught:
        siting.run(folder)
    assert [problem.code for problem in caught.value.refusals] == ["no_buffer"]


def test_an_undrawn_parcel_keeps_the_unit_that_its_row_names(tmp_path: Path) -> None:
    parcels = small_project.parcels().assign(单位="U1")
    folder = small_project.write(tmp_path / "p", parcels=parcels)
    layer = folder / "layers/parcels.toml"
    layer.write_text(layer.read_text("utf-8") + 'unit = "单位"\n', "utf-8")
    results = siting.run(folder)
    assert set(results.ranking["unit"]) == {"一团"}
    assert results.indicators.set_index("indicator").loc["parcels", "value"] == 7


def test_a_plot_between_two_networks_is_joined_by_either(tmp_path: Path) -> None:
    """A street on its own, as large as the other and first by number, touches the plot too: it hides no school."""
    lines = [[(x, 0), (x + 100, 0)] for x in range(0, 1000, 100)]
    lines += [[(-1000 + x, -100), (-900 + x, -100)] for x in range(0, 2000, 100)]
    shapes = [
        small_project.shapely.LineString([(small_project.X0 + x, small_project.Y0 + y) for x, y in line])
        for line in lines
    ]
    roads = small_project.gpd.GeoDataFrame(
        {"等级": "主干路"}, index=range(len(shapes)), geometry=shapes, crs=small_project.CRS
    )
    plot = small_project.parcels().iloc[[0]]
    plot = plot.set_geometry([small_project.diamond(500, y=-100, half=50)], crs=small_project.CRS)
    rows = siting.run(small_project.write(tmp_path / "p", roads=roads, parcels=plot)).ranking.set_index("parcel_id")
    assert rows.loc["P1", "status"] == "ok"
    assert rows.loc["P1", "school"] == pytest.approx(500 / 75, abs=0.01)
