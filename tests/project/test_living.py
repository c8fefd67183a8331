"""Living at the parcels of `living_town`, checked on paper."""

import json
from pathlib import Path

import pandas as pd
import pytest

import siting
from siting import InputProblems
from siting.report import explain
from tests import small_project as small
from tests.living_town import (
    CALIBRATION,
    CIRCLE,
    DRIVE_P1,
    DRIVE_P2,
    JOBS,
    P1_F,
    P2_F,
    SCHOOL,
    SEATS,
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


def test_seats_are_shared_with_those_who_live_there_and_no_parcel_changes_another(tmp_path: Path) -> None:
    # demand at the school: 200 x (1 - 10/60) + 100 x (1 - 40/60) = 166.7 + 33.3 = 200, so half a seat each
    seats = column(ran(tmp_path, SEATS), "seats")
    assert (seats["P1"], seats["P2"]) == (approx(0.5 * P1_F, abs=1e-4), approx(0.5 * P2_F, abs=1e-4))
    assert pd.isna(seats["P3"])  # 66.8 minutes
    only = small.parcels().iloc[:1]
    alone = town(tmp_path / "one", SEATS)
    only.to_file(alone / "data/parcels.gpkg")
    assert column(siting.run(alone), "seats")["P1"] == seats["P1"]


def test_newcomers_take_from_those_already_there_what_they_get(tmp_path: Path) -> None:
    results = ran(tmp_path, SEATS)
    [told] = living(results, "P1")["access"]
    # 60 homes x 3 = 180 more people: 100 / (200 + 180 f) seats for each unit of weight
    newcomers = P1_F * 100 / (200 + 180 * P1_F)
    assert told["newcomers"] == approx(newcomers)
    assert told["lost"] == approx(180 * newcomers)
    assert (told["before"], told["after"]) == (approx(100 / 300), approx((100 - 180 * newcomers) / 300))
    assert told["people_losing"] == 300
    effects = results.tables["effects"].query("parcel_id == 'P1' and topic == 'access:seats'").set_index("indicator")
    assert effects.loc["residents", "change"] == approx(-180 * newcomers / 300)


def test_pupils_are_held_against_free_places_within_reach(tmp_path: Path) -> None:
    results = ran(tmp_path, SCHOOL)
    found = {parcel: living(results, parcel)["schools"][0] for parcel in ("P1", "P3")}
    # 60 x 0.5 = 30 pupils, 100 - 80 = 20 free; P3 lies 66.8 minutes away
    assert [(each["needed"], each["free"], each["short"]) for each in found.values()] == [(30, 20, 10), (30, 0, 30)]
    said = " ".join(explain(next(r for r in results.receipts if r["parcel_id"] == "P1"), "zh"))
    assert "小学：约增加学生 30 名" in said
    assert "缺 10 个" in said


def test_a_circle_is_judged_by_metres_on_foot_and_above_the_tier_by_car(tmp_path: Path) -> None:
    spots = f"一中,初中,{small.X0},{small.Y0},,\n一幼,幼儿园,{small.X0 + 800},{small.Y0 + 150},,\n"
    results = ran(tmp_path, CIRCLE, places=spots)
    rows = results.tables["circles"].query("parcel_id == 'P1'").set_index("kind")
    assert rows.loc["primary", ["how", "bound"]].tolist() == ["walk_m", 500]  # 20,000 people: a 10-minute circle
    assert rows.loc["primary", "measured"] == approx(760, abs=0.01)
    assert rows.loc["primary", "straight_m"] == approx((700**2 + 60**2) ** 0.5)  # from its west corner
    assert not rows.loc["primary", "covered"]
    assert rows.loc["junior_high", ["how", "bound", "covered"]].tolist() == ["drive_min", 15, True]
    assert rows.loc["junior_high", "measured"] == approx(DRIVE_P1, abs=1e-4)
    assert rows.loc["bus_stop", "why"] == "no_data"
    # of primary, junior high and kindergarten two are covered; what no layer holds is not counted against the parcel
    shares = column(results, "circle_must_share")
    assert shares["P1"] == approx(2 / 3, abs=1e-4)
    assert shares["P3"] == approx(1 / 3, abs=1e-4)


def test_a_regiment_town_does_not_fail_for_a_junior_high_school_far_on_foot(tmp_path: Path) -> None:
    spots = f"一中,初中,{small.X0 + 6000},{small.Y0},,\n"
    results = ran(tmp_path, CIRCLE, places=spots, population=4_000)
    rows = results.tables["circles"].query("parcel_id == 'P1'").set_index("kind")
    assert rows.loc["junior_high", ["how", "covered"]].tolist() == ["drive_min", True]
    assert "按小城镇评判" in " ".join(explain(next(r for r in results.receipts if r["parcel_id"] == "P1"), "zh"))


def test_straight_distances_are_a_switch_and_the_ratio_is_told(tmp_path: Path) -> None:
    results = ran(tmp_path, CIRCLE + 'distance = "straight"\n[life_circle.radius_m]\nprimary = 710\n')
    row = results.tables["circles"].query("parcel_id == 'P1' and kind == 'primary'").iloc[0]
    assert row[["how", "covered"]].tolist() == ["straight_m", True]
    assert row["ratio"] == approx(760 / (700**2 + 60**2) ** 0.5, abs=1e-5)


def test_the_commute_that_homes_and_jobs_allow_is_told_and_what_a_parcel_changes(tmp_path: Path) -> None:
    results = ran(tmp_path, JOBS)
    whole = results.indicators[results.indicators["unit"] == ""].set_index("indicator")["value"]
    # both workplaces lie at one spot: (100 x 1.125 + 50 x 4.5) / 150
    assert whole["minimum_min"] == approx(2.25, abs=1e-4)
    assert whole["mean_min"] == approx(2.25, abs=1e-4)
    assert (whole["mismatch"], whole["excess"]) == (0, approx(0, abs=1e-9))
    assert whole["within_5_km"] == 1
    assert whole["mean_km"] == approx((100 * 0.75 + 50 * 3) / 150, abs=1e-4)
    effects = {each["indicator"]: each for each in living(results, "P2")["jobs_housing"]["effects"]}
    assert effects["jobs_housing_ratio"]["before"] == approx(200 / 150)
    assert effects["jobs_housing_ratio"]["after"] == approx(200 / 210)
    assert effects["minimum_min"]["after"] == approx((112.5 + 225 + 60 * DRIVE_P2) / 210, abs=1e-4)
    assert effects["mean_min"]["basis"] == "modelled"


def test_the_catchment_of_a_parcel_widens_with_time(tmp_path: Path) -> None:
    curve = ran(tmp_path, JOBS).tables["curves"].query("parcel_id == 'P1'").set_index("minutes")
    # 2 minutes reach the jobs and the estate beside; 10 minutes all
    assert curve.loc[2, ["jobs", "workers"]].tolist() == [200, 100]
    assert curve.loc[10, "ratio"] == approx(200 / 150)


def test_the_mean_of_modelled_flows_that_cannot_be_is_refused_with_what_can(tmp_path: Path) -> None:
    root = town(tmp_path, JOBS.replace("beta = 0.1", "mean_minutes = 30"))
    with pytest.raises(InputProblems) as caught:
        siting.run(root)
    [problem] = [each for each in caught.value.problems if each.code == "mean_unattainable"]
    assert problem.found == "30"
    assert "2.2" in problem.expected


def test_warning_signs_carry_their_measured_values_and_what_no_layer_knows_is_unknown(tmp_path: Path) -> None:
    spots = f"站,公交站,{small.X0},{small.Y0},,\n"
    results = ran(tmp_path, VACANCY, places=spots)
    table = results.tables["vacancy"].set_index(["parcel_id", "flag"])
    assert table.loc[("P1", "jobs_far"), "value"] == approx(DRIVE_P1, abs=1e-3)
    assert table.loc[("P1", "no_transit"), ["value", "level"]].tolist() == [approx(760, abs=0.01), "amber"]
    assert table.loc[("P2", "no_transit"), "level"] == "red"  # 3010 m, and no car
    assert table.loc[("P1", "no_daily_shop"), "level"] == "unknown"  # no layer holds a shop
    assert table.loc[("P1", "infra_not_ready"), "level"] == "unknown"
    # P1: amber of transit over what is known: far, few, transit, winter
    index = column(results, "vacancy_index")
    assert index["P1"] == approx(0.5 / 4, abs=1e-4)
    assert index["P2"] > index["P1"]


def test_own_bounds_replace_the_shipped_ones_and_are_named_as_such(tmp_path: Path) -> None:
    more = VACANCY + '[vacancy.flag.jobs_far]\namber = 1\nred = 4\nsource = "本市调查"\n'
    table = ran(tmp_path, more).tables["vacancy"].set_index(["parcel_id", "flag"])
    assert table.loc[("P1", "jobs_far"), ["level", "source", "evidence"]].tolist() == ["amber", "本市调查", "U"]
    assert table.loc[("P2", "jobs_far"), "level"] == "red"


@pytest.mark.parametrize(("stay", "vacancy"), [(60.0, 1.0), (-60.0, 1 - 90 / 180)])
def test_nobody_or_everybody_on_the_waiting_list_takes_a_home(tmp_path: Path, stay: float, vacancy: float) -> None:
    root = with_waiting(town(tmp_path, TAKE_UP.replace("STAY", str(stay))), 90)
    results = siting.run(root)
    sites = results.tables["take_up"].set_index("parcel_id")
    assert sites["homes"].to_dict() == {"P1": 60, "P2": 60, "P3": 60}
    # 90 households for 180 homes: as many stay empty as nobody takes, wherever they are
    assert 1 - sites["takers"].sum() / 180 == approx(vacancy)


def test_the_nearer_site_is_taken_first_and_a_lot_is_drawn_alike_each_time(tmp_path: Path) -> None:
    root = with_waiting(town(tmp_path, TAKE_UP.replace("STAY", "5.0")), 90)
    first, again = (siting.run(root).tables["take_up"].set_index("parcel_id") for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    assert first["vacancy"].is_monotonic_increasing  # P1, P2, P3: ever farther from work


def test_past_projects_teach_a_probability_where_they_foretell_what_they_have_not_seen(tmp_path: Path) -> None:
    results = siting.run(with_records(town(tmp_path, CALIBRATION), 24))
    found = column(results, "vacancy_calibrated")
    assert 0 < found["P1"] < found["P2"] < 1
    assert pd.isna(found["P3"])  # beyond the predictor's cutoff
    said = " ".join(explain(next(r for r in results.receipts if r["parcel_id"] == "P2"), "zh"))
    assert "24 个项目" in said
    assert "空置概率约" in said
    told = results.tables["calibration"].set_index(["name", "item"])["value"]
    assert told["", "useful"]
    assert told["school", "coefficient"] > 0


def test_too_few_past_projects_teach_nothing_and_that_is_said(tmp_path: Path) -> None:
    results = siting.run(with_records(town(tmp_path, CALIBRATION), 6))
    assert all(pd.isna(each) for each in column(results, "vacancy_calibrated").values())
    said = " ".join(explain(results.receipts[0], "zh"))
    assert "不作校准" in said


def test_both_seasons_keep_the_worse_and_indicators_tell_each(tmp_path: Path) -> None:
    results = ran(tmp_path, SEATS + JOBS, season="both")
    # in winter those who live at 3000 m (50 minutes) hardly compete any more: newcomers get less in summer
    told = living(results, "P1")["access"][0]
    assert told["season"] == "summer"
    rows = results.indicators.query("indicator == 'minimum_min'").set_index("season")["value"]
    assert set(rows.index) == {"summer", "winter", "worse"}
    assert rows["worse"] == max(rows["summer"], rows["winter"])


def test_access_is_told_by_people_and_how_unevenly_it_is_spread(tmp_path: Path) -> None:
    more = SEATS + '[inequality]\npeople = "people.population"\ncriteria = ["seats"]\n'
    rows = ran(tmp_path, more).indicators.set_index(["unit", "indicator"])["value"]
    # 200 people have .5 x 5/6, 100 have .5 x 1/3; Gini of two groups: 2/3 - (2/3 x .4167) / .3333
    assert rows["", "mean:seats"] == approx(1 / 3)
    assert rows["", "gini:seats"] == approx(abs(2 / 3 - (2 / 3) * (5 / 12) / (1 / 3)), abs=1e-6)
    assert rows["", "unreached:seats"] == 0
    assert rows["U1", "mean:seats"] == approx(1 / 3)


def test_demand_that_meets_no_street_is_told_with_its_people(tmp_path: Path) -> None:
    root = town(tmp_path, SEATS)
    file = root / "data/people.csv"
    file.write_text(file.read_text("utf-8") + f"远,70,30,{small.X0},{small.Y0 + 9000}\n", "utf-8")
    [problem] = [each for each in siting.run(root).findings if each.code == "demand_unsnapped"]
    assert (problem.found, problem.expected) == ("1", "3")
    assert "70" in problem.message("zh")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (SEATS.replace("people.population", "work.jobs_on_site"), "unknown_column"),
        (SCHOOL.replace("places[kind=primary]", "work"), "unknown_column"),
        (CIRCLE.replace('"places"', '"nowhere"'), "unknown_layer"),
        (JOBS.replace("people.workers", "people.jobs"), "unknown_column"),
        (JOBS.replace("[2, 10]", "[2, 90]"), "decay_beyond"),
        (VACANCY + "[vacancy.flag.jobs_fra]\nred = 3\n", "wrong_value"),
        (VACANCY + "[vacancy.flag.jobs_far]\nweight = 3\n", "missing_key"),
        (VACANCY + "[vacancy.flag.jobs_far]\namber = 50\n", "vacancy_bounds"),
        (TAKE_UP.replace("STAY", "1"), "unknown_layer"),
        ('[inequality]\npeople = "people.population"\ncriteria = ["none"]\n', "unknown_name"),
        (CALIBRATION, "unknown_layer"),
        (SEATS.replace('"e2sfca"', '"gravity"'), "idle_key"),
    ],
)
def test_a_block_that_names_what_is_not_there_is_refused_before_anything_runs(
    tmp_path: Path, more: str, code: str
) -> None:
    root = town(tmp_path, more)
    assert code in [each.code for each in siting.project.check(root) if each.level == "refuse"]


def test_no_order_of_people_changes_a_byte(tmp_path: Path) -> None:
    more = SEATS + JOBS + SCHOOL + VACANCY + CIRCLE
    roots = [town(tmp_path / name, more) for name in ("a", "b")]
    file = roots[1] / "data/people.csv"
    head, *rows = file.read_text("utf-8").splitlines()
    file.write_text("\n".join([head, *reversed(rows)]) + "\n", "utf-8")
    first, other = (siting.run(root).path for root in roots)
    for name in ("ranking.csv", "effects.csv", "vacancy.csv", "circles.csv", "curves.csv", "indicators.csv"):
        assert (first / name).read_bytes() == (other / name).read_bytes(), name


def test_receipts_are_plain_json_in_both_languages(tmp_path: Path) -> None:
    results = ran(tmp_path, SEATS + JOBS + SCHOOL + VACANCY + CIRCLE, season="both")
    for receipt in results.receipts:
        again = json.loads(json.dumps(receipt, allow_nan=False))
        zh, en = (explain(again, language) for language in ("zh", "en"))
        assert len(zh) == len(en)
        assert not any("{" in each or "nan" in each.lower().split() for each in (*zh, *en))


def test_excluded_and_unjoined_parcels_have_no_living_to_speak_of(tmp_path: Path) -> None:
    results = ran(tmp_path, SEATS + JOBS + SCHOOL + VACANCY + CIRCLE)
    small_one = living(results, "small")
    assert (small_one["circle"], small_one["vacancy"], small_one["schools"]) == (None, None, [])
    far = living(results, "far")
    assert far["circle"]["must"]["judged"] == 0


def test_commuters_that_were_counted_make_observed_containment(tmp_path: Path) -> None:
    root = town(tmp_path, JOBS + 'flows = "commuters"\n')
    layer = 'role = "demand"\nsource = "data/od.csv"\n[columns]\nunit = "居住"\nwork_unit = "工作"\npersons = "人数"\n'
    (root / "layers/commuters.toml").write_text(layer, "utf-8")
    (root / "data/od.csv").write_text("居住,工作,人数\n一团,一团,80\n一团,外地,20\n", "utf-8")
    rows = siting.run(root).indicators.query("indicator == 'self_containment'").set_index("basis")["value"]
    assert rows["observed"] == approx(0.8)
    assert rows["modelled"] == 1
