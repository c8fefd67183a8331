"""Certificates, ledgers, need and plan of a whole run, on a street that a reader can check on paper."""

import json
from pathlib import Path

import pandas as pd
import pytest

import siting
from siting.base.results import Results
from tests import small_project
from tests.project import planned_town
from tests.project.planned_town import FINANCE, NEED, QUOTA


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A run with every block."""
    return siting.run(planned_town.write(tmp_path_factory.mktemp("planned") / "p", FINANCE, NEED, QUOTA))


def codes(caught: pytest.ExceptionInfo[siting.InputProblems]) -> list[str]:
    """Codes of the refusals."""
    return [problem.code for problem in caught.value.refusals]


def test_every_rank_lies_within_its_certificate_and_shares_sum_to_one(planned: Results) -> None:
    ranking = planned.ranking
    assert (ranking["rank_best"] <= ranking["rank"]).all()
    assert (ranking["rank"] <= ranking["rank_worst"]).all()
    shares = planned.tables["certificates"].filter(regex=r"^rank_\d+$|^rank_beyond$")
    assert shares.sum(axis=1).sub(1).abs().max() < 1e-6
    assert set(planned.tables["certificates"]["doubt"]) == {"uniform", "ordered"}


def test_a_parcel_without_a_rank_has_no_certificate(tmp_path: Path) -> None:
    ranking = siting.run(small_project.write(tmp_path / "p")).ranking.set_index("parcel_id")
    assert ranking.loc["far", ["rank_best", "rank_worst", "p_top"]].isna().all()
    assert ranking.loc["P1", "rank_best"] == 1


def test_weights_that_people_imply_rank_as_the_same_weights_stated(tmp_path: Path) -> None:
    implied = small_project.SETTINGS.replace("weight = 2\n", "").replace("weight = 1\n", "")
    swing = '\n[weights]\nmethod = "swing"\npoints = { school = 100, jobs = 50 }\n'
    one = siting.run(small_project.write(tmp_path / "a")).ranking
    other = siting.run(small_project.write(tmp_path / "b", implied + swing)).ranking
    pd.testing.assert_series_equal(one["score"], other["score"], atol=2e-9, rtol=0)
    assert one["rank"].tolist() == other["rank"].tolist()


def test_a_weight_beside_weights_is_refused_and_so_is_none_at_all(tmp_path: Path) -> None:
    swing = '\n[weights]\nmethod = "swing"\npoints = { school = 100, jobs = 50 }\n'
    with pytest.raises(siting.InputProblems) as caught:
        siting.open_project(small_project.write(tmp_path / "a", small_project.SETTINGS + swing))
    assert "weighed_twice" in codes(caught)
    with pytest.raises(siting.InputProblems) as caught:
        siting.open_project(small_project.write(tmp_path / "b", small_project.SETTINGS.replace("weight = 1\n", "")))
    assert codes(caught) == ["missing_key"]


def test_bands_bend_a_score_and_nothing_within_the_limit_stays_the_worst(tmp_path: Path) -> None:
    bands = small_project.SETTINGS.replace(
        'name = "school"', 'name = "school"\nshape = "stepped"\npoints = [[15, 1], [45, 0.4]]'
    )
    rows = siting.run(small_project.write(tmp_path / "p", bands)).ranking.set_index("parcel_id")
    # on foot: P1 (10 + 750) / 75 = 10.1 min, P2 40.1 min, P3 beyond an hour
    assert rows.loc[["P1", "P2", "P3"], "school_score"].tolist() == [1.0, 0.4, 0.0]


def test_the_price_is_land_works_and_profit_over_what_is_sold(planned: Results) -> None:
    prices = planned.tables["prices"].set_index("parcel_id")
    land = prices.loc["A"]
    # 5,000 m2 x 100 yuan; 60 homes x 100 m2 x 2,000 yuan; 5 % profit; 6,000 m2
    assert land["land_yuan"] == 500_000
    assert land["construction_yuan"] == 12_000_000
    assert land["price_yuan_m2"] == pytest.approx((12_500_000 * 1.05) / 6000, abs=0.01)
    assert prices.loc["H", "price_yuan_m2"] == pytest.approx(1500 * 1.05, abs=0.01)
    # to the fen on the sale ledger
    lines = ["land_yuan", "construction_yuan", "subsidy_yuan", "tax_relief_yuan"]
    assert (prices[lines].sum(axis=1).round(2) == prices["cost_yuan"]).all()
    assert (prices[["cost_yuan", "profit_yuan", "surplus_yuan"]].sum(axis=1).round(2) == prices["revenue_yuan"]).all()


def test_infrastructure_in_the_price_is_refused_by_name(tmp_path: Path) -> None:
    mixed = FINANCE.replace("profit = 0.05", "road_yuan_m2 = 50\nprofit = 0.05")
    with pytest.raises(siting.InputProblems) as caught:
        siting.open_project(planned_town.write(tmp_path / "p", mixed))
    assert "ledgers_mixed" in codes(caught)


def test_the_need_counts_each_household_and_a_proposal_shows_its_arithmetic(planned: Results) -> None:
    assert planned.tables["need"]["homes"].sum() == 50
    proposal = planned.tables["quota_proposal"]
    # 24 months after early 2024 is 2026, after early 2025 is 2027
    assert proposal.set_index("year")["proposed"].to_dict() == {2026: 30, 2027: 20}
    assert "confirmed = false" in planned.texts["quota_proposal.toml"]


def test_the_plan_takes_the_best_parcels_in_time_and_says_how_good_it_is(planned: Results) -> None:
    plan = planned.tables["plan"]
    assert planned.plan.status == "proven"
    # by score A, B, C are the best three of 60 homes each
    assert plan.groupby("year")["homes"].sum().to_dict() == {2026: 60, 2027: 120}
    assert set(plan["parcel_id"]) == {"A", "B", "C"}
    assert planned.ranking.set_index("parcel_id").loc["A", "plan_year"] in (2026, 2027)
    assert (planned.tables["plan_proof"]["status"].isin(["proven", "skipped"])).all()


def test_the_papers_of_a_plan_stand_beside_it(planned: Results) -> None:
    names = {each.name for each in planned.path.iterdir()}
    assert {"plan.csv", "plan.xlsx", "plan.docx", "duties.csv", "plan_quota.csv", "plan_proof.csv"} <= names
    receipts = [json.loads(row) for row in (planned.path / "receipts.jsonl").read_text("utf-8").splitlines()]
    chosen = {each["parcel_id"] for each in receipts if each["plan"] and each["plan"]["year"]}
    assert chosen == set(planned.tables["plan"]["parcel_id"])


def test_a_quota_that_nobody_stands_by_makes_no_plan_and_stops_no_run(tmp_path: Path) -> None:
    folder = planned_town.write(tmp_path / "p", QUOTA.replace("confirmed = true", "confirmed = false"))
    results = siting.run(folder)
    assert results.plan is None
    assert "plan" not in results.tables
    assert "quota_unconfirmed" in set(results.problems["code"])


def test_a_quota_beyond_the_supply_writes_no_plan_but_the_repair(tmp_path: Path) -> None:
    beyond = QUOTA.replace("homes = [60, 120]", "homes = [300, 300]").replace("[60, 120] }", "[300, 300] }")
    results = siting.run(planned_town.write(tmp_path / "p", beyond))
    # seven parcels of 60 homes and one of 40 are 460 homes
    assert results.plan.status == "infeasible"
    assert not (results.path / "plan.csv").exists()
    assert "plan_year" not in results.ranking.columns
    repairs = results.tables["plan_repairs"]
    assert repairs.loc[repairs["kind"] == "quota", "amount"].sum() >= 140


def test_a_closed_gate_without_a_day_is_not_planned_and_with_one_is_planned_after_it(tmp_path: Path) -> None:
    gate = (
        'role = "constraint"\nsource = "data/gate.gpkg"\n[rule]\ntitle = "待查"\naction = "gate"\ndocument = "查验报告"\n'
        'clause = "made up"\n'
    )
    for number, day in enumerate(["", 'gate_ready = { "gate:gate" = 2027-02-01 }\n']):
        folder = planned_town.write(
            tmp_path / f"p{number}", QUOTA.replace("portfolios = 0\n", f"portfolios = 0\n{day}")
        )
        own = planned_town.parcels().iloc[[0]][["geometry"]].assign(名称="查")
        own.to_file(folder / "data/gate.gpkg")
        (folder / "layers/gate.toml").write_text(gate, "utf-8")
        results = siting.run(folder)
        plan = results.tables["plan"].set_index("parcel_id")
        assert "gate" in set(results.ranking["status"])
        if day:
            assert plan.loc["A", "year"] == 2027
        else:
            left = results.tables["plan_left_out"].set_index("parcel_id")
            assert "A" not in plan.index
            assert left.loc["A", "reason"] == "gate:gate:gate"


def test_speeds_that_are_in_doubt_move_no_rank_on_one_street(tmp_path: Path) -> None:
    band = "\n[certificate]\ntimes = [0.8, 1.25]\nworld_draws = 1000\n"
    results = siting.run(small_project.write(tmp_path / "p", small_project.SETTINGS + band))
    times = results.tables["certificates"].query("doubt == 'times'").set_index("parcel_id")
    assert times["rank_best"].equals(times["rank_worst"])
    assert times.loc["P1", "p_first"] == 1


def test_the_same_project_written_in_another_order_makes_the_same_plan(planned: Results, tmp_path: Path) -> None:
    folder = planned_town.write(tmp_path / "p", FINANCE, NEED, QUOTA)
    planned_town.parcels().iloc[::-1].to_file(folder / "data/parcels.gpkg")
    again = siting.run(folder, workers=1)
    for name in ("plan.csv", "certificates.csv", "rivals.csv", "prices.csv", "ranking.csv"):
        assert (again.path / name).read_bytes() == (planned.path / name).read_bytes(), name


@pytest.mark.parametrize(
    "weights",
    [
        'method = "direct"\npoints = { school = 2, jobs = 1 }',
        'method = "rank_order"\norder = ["school", "jobs"]',
        'method = "bwm"\nbest = "school"\nworst = "jobs"\nbest_to_others = { jobs = 3 }\nothers_to_worst = { school = 3 }',
        'method = "ahp"\n[[weights.judge]]\nname = "甲"\npairwise = [["school", "jobs", 3]]',
    ],
)
def test_every_way_to_weigh_comes_through_to_the_report(weights: str, tmp_path: Path) -> None:
    bare = small_project.SETTINGS.replace("weight = 2\n", "").replace("weight = 1\n", "")
    folder = small_project.write(tmp_path / "p", f"{bare}\n[papers]\n\n[weights]\n{weights}\n")
    results = siting.run(folder)
    assert (results.path / "report.docx").stat().st_size > 10_000
    assert sum(results.stamp["weights"].values()) == pytest.approx(1)


def test_a_parcel_without_a_price_is_not_planned_where_prices_are_asked_for(tmp_path: Path) -> None:
    bare = FINANCE.replace("construction_yuan_m2 = 2000\n", "")
    results = siting.run(planned_town.write(tmp_path / "p", bare, QUOTA))
    assert results.plan.status == "infeasible"
    left = results.tables["plan_left_out"].set_index("parcel_id")["reason"]
    # of finished homes the price is known
    assert set(left[left == "price:no_cost"].index) == set("ABCDEFG")


def test_a_budget_of_a_ledger_that_nobody_keeps_is_refused(tmp_path: Path) -> None:
    budget = "public_budget_yuan = [1e9, 1e9]\nland_budget_yuan = [1e9, 1e9]\n"
    with pytest.raises(siting.InputProblems) as caught:
        siting.open_project(planned_town.write(tmp_path / "p", QUOTA + budget))
    assert {each.where for each in caught.value.refusals} == {"quota.land_budget_yuan", "quota.public_budget_yuan"}
