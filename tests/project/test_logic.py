"""What must hold whatever the data: scaling, monotony, parcels that do not matter, shifts, gaps, bounds."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

import siting
from tests import small_project
from tests.small_project import SETTINGS, X0, Y0


def ranked(folder: Path) -> pd.DataFrame:
    """The ranking by parcel id."""
    return siting.run(folder).ranking.set_index("parcel_id")


def with_jobs(folder: Path, rows: str, settings: str = SETTINGS) -> Path:
    """The project with other workplaces."""
    small_project.write(folder, settings)
    (folder / "data/work.csv").write_text(f"单位,人数,x,y\n{rows}", "utf-8")
    return folder


def test_ten_times_the_jobs_against_ten_times_the_reference_point_scores_the_same(tmp_path: Path) -> None:
    one = ranked(small_project.write(tmp_path / "one"))
    tenfold = f"厂,1500,{X0},{Y0}\n店,500,{X0},{Y0}\n"
    ten = ranked(with_jobs(tmp_path / "ten", tenfold, SETTINGS.replace("best = 200", "best = 2000")))
    pd.testing.assert_series_equal(one["score"], ten["score"])
    assert (ten["jobs"].dropna() == 10 * one["jobs"].dropna()).all()


def test_more_jobs_beside_a_parcel_lower_no_score(tmp_path: Path) -> None:
    plain = f"厂,50,{X0},{Y0}\n"
    one = ranked(with_jobs(tmp_path / "one", plain))
    more = ranked(with_jobs(tmp_path / "more", f"{plain}新,500,{X0 + 3000},{Y0}\n"))
    both = one["score"].notna()
    assert (more.loc[one.index[both], "score"] >= one.loc[both, "score"]).all()
    assert more.loc["P2", "jobs_score"] > one.loc["P2", "jobs_score"]


def test_a_closed_street_raises_no_score(tmp_path: Path) -> None:
    one = ranked(small_project.write(tmp_path / "one"))
    lines = small_project.roads()
    # the street now ends before P2; the stretch beyond is one piece with P2 and P3 on it
    west = gpd.GeoSeries.from_wkt([f"LINESTRING ({X0} {Y0}, {X0 + 1000} {Y0}, {X0 + 2000} {Y0})"])
    east = gpd.GeoSeries.from_wkt([f"LINESTRING ({X0 + 2500} {Y0}, {X0 + 6000} {Y0})"])
    lines = lines.iloc[1:]
    cut = gpd.GeoDataFrame(
        {"等级": ["主干路", "主干路", *lines["等级"]]}, geometry=[west[0], east[0], *lines.geometry], crs=lines.crs
    )
    closed = ranked(small_project.write(tmp_path / "closed", roads=cut))
    both = one["score"].notna() & closed["score"].reindex(one.index).notna()
    assert both["P1"]
    assert (closed["score"].reindex(one.index)[both] <= one.loc[both, "score"]).all()


@pytest.mark.parametrize("combine", ["wsm", "wpm", "topsis", "owa"])
def test_a_far_parcel_changes_neither_score_nor_order_of_the_others(combine: str, tmp_path: Path) -> None:
    method = f'\n[combine]\nmethod = "{combine}"\n' + ("alpha = 2\n" if combine == "owa" else "")
    one = ranked(small_project.write(tmp_path / "one", SETTINGS + method))
    far = pd.DataFrame({"编号": ["X"], "名称": ["远"], "来源": ["idle_land"]})
    far = gpd.GeoDataFrame(far, geometry=[small_project.diamond(5900)], crs=small_project.CRS)
    frame = pd.concat([small_project.parcels(), far], ignore_index=True)
    more = ranked(small_project.write(tmp_path / "more", SETTINGS + method, parcels=gpd.GeoDataFrame(frame)))
    pd.testing.assert_series_equal(more.loc[one.index, "score"], one["score"])
    kept = more.drop(index="X").index
    assert kept.tolist() == one.index.tolist()


def test_all_layers_moved_by_the_same_way_give_the_same_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = ranked(small_project.write(tmp_path / "one"))
    monkeypatch.setattr(small_project, "X0", X0 + 7000)
    monkeypatch.setattr(small_project, "Y0", Y0 - 4000)
    moved = ranked(small_project.write(tmp_path / "moved"))
    numbers = ["school", "jobs", "school_score", "jobs_score", "score", "p_top"]
    pd.testing.assert_frame_equal(moved[numbers].astype(float), one[numbers].astype(float), atol=1e-6, rtol=0)
    assert moved.index.tolist() == one.index.tolist()


def test_unreachable_is_an_empty_cell_and_disconnected_has_no_score(tmp_path: Path) -> None:
    rows = ranked(small_project.write(tmp_path / "p"))
    assert pd.isna(rows.loc["P3", "school"])
    assert rows.loc["P3", "school_score"] == 0
    assert rows.loc["P3", "status"] == "ok"
    assert "remote" in rows.loc["P3", "flags"]
    assert rows.loc[["far", "stray"], ["score", "school_score", "jobs_score"]].isna().all(axis=None)
    assert rows.loc[["far", "stray"], "flags"].str.contains("remote").all()


def test_a_gap_in_one_criterion_leaves_no_score_and_names_the_criterion(tmp_path: Path) -> None:
    block = (
        '\n[[criterion]]\nname = "opinion"\nmeasure = "column"\nof = "parcels.jobs_on_site"\nbetter = "more"\n'
        "worst = 0\nbest = 10\nweight = 1\n"
    )
    frame = small_project.parcels()
    frame["在场"] = ["5", "", "9", "9", "9", "9", "9"]
    folder = small_project.write(tmp_path / "p", SETTINGS + block, parcels=frame)
    layer = folder / "layers/parcels.toml"
    layer.write_text(layer.read_text("utf-8") + 'jobs_on_site = "在场"\n', "utf-8")
    rows = ranked(folder)
    assert rows.loc["P2", "status"] == "no_data"
    assert "no_data:opinion" in rows.loc["P2", "reasons"]
    assert pd.isna(rows.loc["P2", "score"])
    assert pd.isna(rows.loc["P2", "rank_best"])
    assert rows.loc["P1", "rank"] == 1


def test_a_place_at_the_bound_counts_and_one_beyond_it_does_not(tmp_path: Path) -> None:
    block = (
        '\n[[criterion]]\nname = "near"\nmeasure = "cumulative"\nof = "work.jobs"\nmode = "walk"\ncutoff = 10\n'
        'better = "more"\nworst = 0\nbest = 200\nweight = 1\n'
    )
    at = {"on": 740, "past": 741}  # 10 m to the street: 750 m at 75 m a minute are ten minutes
    frame = pd.DataFrame({"编号": list(at), "名称": list(at), "来源": "idle_land"})
    shapes = [small_project.diamond(x) for x in at.values()]
    table = gpd.GeoDataFrame(frame, geometry=shapes, crs=small_project.CRS)
    rows = ranked(small_project.write(tmp_path / "p", SETTINGS + block, parcels=table))
    assert rows.loc["on", "near"] == 200
    assert rows.loc["past", "near"] == 0
