"""What is unknown stays unknown, what is left out is told, what cannot be is refused in words."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import siting
from siting.base.results import Results
from tests import small_project as small
from tests.living_town import (
    CALIBRATION,
    CIRCLE,
    JOBS,
    SCHOOL,
    TAKE_UP,
    VACANCY,
    column,
    living,
    ran,
    town,
    with_records,
    with_waiting,
)

approx = pytest.approx
TAKEN_NAME = '[[criterion]]\nname = "vacancy_index"\nmeasure = "nearest"\nof = "work"\nmode = "walk"\ncutoff = 60\n'
TAKEN_NAME += 'better = "less"\nworst = 50\nbest = 0\nweight = 1\n'


def codes(results: Results) -> list[str]:
    return [each.code for each in results.findings]


def test_parcels_off_the_streets_have_no_school_places_and_no_index(tmp_path: Path) -> None:
    results = ran(tmp_path, SCHOOL + VACANCY)
    assert living(results, "far")["schools"] == []
    assert not results.tables["effects"]["parcel_id"].isin(["far", "stray"]).any()
    assert pd.isna(column(results, "vacancy_index")["far"])


@pytest.mark.parametrize("unit", ["", "无此团"])
def test_a_waiting_list_that_names_no_unit_warns_of_nobody_and_is_told(tmp_path: Path, unit: str) -> None:
    root = with_waiting(town(tmp_path, VACANCY), 3)
    file = root / "data/waiting.csv"
    file.write_text(file.read_text("utf-8").replace("一团", unit), "utf-8")
    results = siting.run(root)
    [told] = [each for each in results.findings if each.code == "rows_of_no_unit"]
    assert (told.found, told.expected) == ("3", "3")
    level = results.tables["vacancy"].set_index(["parcel_id", "flag"]).loc[("P1", "demand_short"), "level"]
    assert level == ("unknown" if not unit else "red")  # a list that is there, and has nobody of this unit


def test_a_wish_that_cannot_be_read_is_told_with_its_ids(tmp_path: Path) -> None:
    root = with_waiting(town(tmp_path, TAKE_UP.replace("STAY", "1.0").replace("size = 0", "size = 1")), 3)
    file = root / "data/waiting.csv"
    file.write_text(file.read_text("utf-8").replace("A001,一团,60-90", "A001,一团,大的"), "utf-8")
    [told] = [each for each in siting.run(root).findings if each.code == "unknown_bands"]
    assert "A001" in told.message("zh")


def test_a_size_that_matters_needs_the_homes_own(tmp_path: Path) -> None:
    more = TAKE_UP.replace("STAY", "1.0").replace("size = 0", "size = 1")
    root = with_waiting(town(tmp_path, more), 3)
    file = root / "siting.toml"
    file.write_text(file.read_text("utf-8").replace("mean_home_m2 = 100\n", ""), "utf-8")
    assert ("missing_key", "capacity.mean_home_m2") in [(each.code, each.where) for each in siting.project.check(root)]


@pytest.mark.parametrize(("price", "code"), [(0, "no_price"), (None, "price_missing")])
def test_a_price_that_cannot_be_is_refused_and_one_that_is_not_there_told(
    tmp_path: Path, price: float | None, code: str
) -> None:
    more = TAKE_UP.replace("STAY", "1.0").replace("market = 4000", 'market = "market_price"')
    root = with_waiting(town(tmp_path, more), 3)
    parcels = small.parcels().assign(市价=[price, *[4000] * 6])
    parcels.to_file(root / "data/parcels.gpkg")
    layer = root / "layers/parcels.toml"
    layer.write_text(layer.read_text("utf-8") + 'market_price = "市价"\n', "utf-8")
    [told] = [each for each in siting.project.check(root) if each.code in ("no_price", "price_missing")]
    assert told.code == code
    assert "P1" in told.message("zh")


def test_past_projects_that_no_predictor_reaches_are_told_with_their_ids(tmp_path: Path) -> None:
    root = with_records(town(tmp_path, CALIBRATION), 24)
    file = root / "data/past.csv"
    file.write_text(file.read_text("utf-8") + f"R99,200,10,{small.X0 + 5900},{small.Y0}\n", "utf-8")
    [told] = [each for each in siting.run(root).findings if each.code == "records_unused"]
    assert (told.found, told.expected) == ("1", "25")
    assert "R99" in told.message("en")


def test_people_and_jobs_outside_every_unit_are_told(tmp_path: Path) -> None:
    root = town(tmp_path, JOBS)
    narrow = shapely.box(small.X0 - 100, small.Y0 - 500, small.X0 + 1500, small.Y0 + 500)
    units = gpd.read_file(root / "data/units.gpkg").set_geometry([narrow])
    units.to_file(root / "data/units.gpkg")
    results = siting.run(root)
    told = {each.where: (each.found, each.expected) for each in results.findings if each.code == "outside_units"}
    assert told == {"jobs_housing.workers": ("50", "150")}
    effects = results.tables["effects"].query("parcel_id == 'P1' and indicator == 'jobs_housing_ratio'").iloc[0]
    assert effects[["before", "after"]].tolist() == [approx(200 / 100), approx(200 / 160)]


def test_units_whose_own_workers_differ_from_those_of_their_points_are_told(tmp_path: Path) -> None:
    [told] = [each for each in ran(tmp_path, JOBS).findings if each.code == "workers_differ"]
    assert (told.found, told.expected, told.item) == ("150", "100", "U1")


def test_own_radii_hold_in_a_small_town_too(tmp_path: Path) -> None:
    more = CIRCLE + "slow_mode_m = 2000\n[life_circle.radius_m]\nkindergarten = 300\n"
    spots = f"一幼,幼儿园,{small.X0},{small.Y0},,\n站,公交站,{small.X0},{small.Y0},,\n"
    rows = ran(tmp_path, more, population=3000, places=spots).tables["circles"].query("parcel_id == 'P1'")
    bounds = rows.set_index("kind")["bound"]
    assert (bounds["kindergarten"], bounds["bus_stop"]) == (300, 2000)


def test_those_whom_no_job_is_in_reach_of_are_a_share_of_their_own(tmp_path: Path) -> None:
    root = town(tmp_path, '[inequality]\npeople = "people.population"\ncriteria = ["jobs"]\n')
    file = root / "siting.toml"
    file.write_text(file.read_text("utf-8").replace("cutoff = 10\n", "cutoff = 3\n"), "utf-8")
    rows = siting.run(root).indicators.set_index(["unit", "indicator"])["value"]
    # 4.5 minutes from 3000 m: a hundred of three hundred reach none
    assert rows["", "unreached:jobs"] == approx(1 / 3)


def test_jobs_so_spread_that_there_is_no_cluster_leave_the_sign_unknown(tmp_path: Path) -> None:
    root = town(tmp_path, VACANCY + "cluster_share = 1\n")
    file = root / "data/work.csv"
    file.write_text(file.read_text("utf-8").replace(f"店,50,{small.X0}", f"店,50,{small.X0 + 4500}"), "utf-8")
    table = siting.run(root).tables["vacancy"].set_index(["parcel_id", "flag"])
    assert table.loc[("P1", "jobs_far"), "level"] == "unknown"


def test_homes_that_are_not_known_are_told_before_anything_runs(tmp_path: Path) -> None:
    root = town(tmp_path, SCHOOL)
    file = root / "siting.toml"
    file.write_text(file.read_text("utf-8").replace("far = 1.2\n", ""), "utf-8")
    assert "homes_unknown" in [each.code for each in siting.project.check(root)]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (CIRCLE.replace('["places"]', '["places", "places"]'), "wrong_value"),
        (CALIBRATION.replace('["school"]', '["school", "school"]'), "wrong_value"),
        (VACANCY + "[vacancy.flag.jobs_far]\namber = -3\n", "vacancy_bounds"),
        (JOBS.replace("beta = 0.1", "beta = 50"), "wrong_value"),
        (TAKE_UP.replace("STAY", "1").replace("work = 1", "work = -1"), "wrong_value"),
        (
            TAKEN_NAME,
            "repeated_criterion",
        ),
    ],
)
def test_what_would_trip_a_run_is_refused_at_the_door(tmp_path: Path, more: str, code: str) -> None:
    root = with_records(town(tmp_path, more), 2)
    assert code in [each.code for each in siting.project.check(root) if each.level == "refuse"]


@pytest.mark.parametrize("more", [VACANCY, JOBS, '[inequality]\npeople = "people.population"\ncriteria = ["jobs"]\n'])
def test_what_is_told_by_unit_needs_a_layer_of_units(tmp_path: Path, more: str) -> None:
    root = town(tmp_path, more)
    (root / "layers/units.toml").unlink()
    assert ("one_layer", "units") in [(each.code, each.where) for each in siting.project.check(root)]


def test_what_comes_of_estimated_jobs_is_an_estimate(tmp_path: Path) -> None:
    root = town(tmp_path, JOBS)
    layer = root / "layers/work.toml"
    layer.write_text('estimated = ["jobs"]\n' + layer.read_text("utf-8"), "utf-8")
    results = siting.run(root)
    basis = results.indicators.set_index("indicator")["basis"]
    assert (basis["minimum_min"], basis["mean_min"]) == ("estimated", "modelled")
    effects = results.tables["effects"].set_index("indicator")["basis"]
    assert set(effects["jobs_housing_ratio"]) == {"estimated"}


def test_parcels_beyond_those_whose_effect_is_worked_out_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("siting.project.living_tables.EFFECTS_MAX", 2)
    results = ran(tmp_path, JOBS)
    [told] = [each for each in results.findings if each.code == "effects_cut"]
    assert (told.found, told.expected) == ("3", "2")
    assert results.tables["effects"]["parcel_id"].nunique() == 2
