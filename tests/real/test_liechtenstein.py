"""From the extract of a whole country to a ranked map."""

import resource
from pathlib import Path

import pandas as pd
import pytest

import siting
from siting.base.results import Results
from siting.starter import osm_project
from tests.shared_data import shared


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("country") / "town"
    osm_project(folder, shared("data/liechtenstein/liechtenstein-2024-03.osm.pbf"), "zh")
    return siting.run(folder)


def test_every_candidate_of_the_extract_stands_in_the_ranking(results: Results) -> None:
    assert len(results.ranking) == 79
    assert results.stamp["layers"]["parcels"]["counts"]["read"] == 79
    for layer in results.stamp["layers"].values():
        counts = layer["counts"]
        assert counts["read"] == counts["used"] + counts["mended"] + counts["left_out"]


def test_sites_near_vaduz_and_schaan_beat_the_remote_ones(results: Results) -> None:
    ranked = results.ranking[results.ranking["rank"].notna()]
    assert set(ranked.head(5)["unit"]) <= {"Vaduz", "Schaan", "Triesen"}
    remote = ranked[ranked["flags"].str.contains("remote")]
    assert len(remote)
    assert remote["rank"].astype(float).min() > ranked["rank"].astype(float).median()


def test_the_parcel_between_roads_closed_to_cars_is_cut_off(results: Results) -> None:
    row = results.ranking.set_index("parcel_id").loc["w481091831"]
    assert (row["status"], row["reasons"]) == ("disconnected", "disconnected:drive")


def test_jobs_are_marked_estimated_in_every_output(results: Results) -> None:
    folder = Path(results.path)
    assert (results.ranking["estimated"] == "jobs_10; jobs_on_site").all()
    assert "估算" in (folder / "index.html").read_text("utf-8")
    jobs = results.indicators[results.indicators["indicator"] == "jobs"]
    assert (jobs["basis"] == "estimated").all()
    assert "jobs_10" in results.stamp["estimated"]
    assert "estimated" in set(results.problems["code"])
    assert all(c["estimated"] for r in results.receipts for c in r["criteria"] if c["name"] == "jobs_10")


def test_the_municipalities_hold_their_own_jobs(results: Results) -> None:
    jobs = results.indicators.query("indicator == 'jobs'").set_index("unit_name")["value"]
    assert len(jobs) == 11
    assert jobs.idxmax() in ("Vaduz", "Schaan")
    assert pd.notna(jobs).all()


def test_a_country_fits_the_memory_of_an_office_pc(results: Results) -> None:
    assert len(results.ranking)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 2 * 1024**2  # KiB, whole test process


def test_turn_restrictions_of_the_extract_hold_in_its_project(results: Results, tmp_path: Path) -> None:
    extract = shared("data/liechtenstein/liechtenstein-2024-03.osm.pbf")
    osm_project(tmp_path / "town", extract, "zh")
    (tmp_path / "town/data/turns.osm.pbf").write_bytes(extract.read_bytes())
    settings = tmp_path / "town/siting.toml"
    turns = "left_s = 8\nright_s = 3\nstraight_s = 1\nu_turn_s = 20\nrestrictions = 'data/turns.osm.pbf'\n"
    settings.write_text(settings.read_text("utf-8") + f"\n[travel.turns]\n{turns}", "utf-8")
    turning = siting.run(tmp_path / "town")
    drive = turning.stamp["networks"]["drive"]
    assert (drive["restrictions_read"], drive["restrictions_matched"]) == (72, 69)
    free, slow = (each.ranking.set_index("parcel_id")["health"].dropna() for each in (results, turning))
    both = free.index.intersection(slow.index)
    assert len(both) > 50
    assert (slow[both] >= free[both] - 1e-9).all()
    assert (slow[both] > free[both]).mean() > 0.5
