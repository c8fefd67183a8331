"""The repository root is itself a project; the wheel carries the same one."""

import filecmp
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import siting
from siting.base.results import Results

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return siting.run(ROOT, out=tmp_path_factory.mktemp("demo") / "base")


def test_the_demo_files_are_those_of_the_seeded_script(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(ROOT / "data/make_demo.py"), str(tmp_path)], check=True)
    names = sorted(file.name for file in tmp_path.iterdir())
    assert names == sorted(file.name for file in (ROOT / "data/demo").iterdir())
    tables = [name for name in names if name.endswith(".csv")]
    assert filecmp.cmpfiles(tmp_path, ROOT / "data/demo", tables, shallow=False)[1:] == ([], [])


def test_every_status_and_every_origin_of_the_plan_stands_in_the_demo(results: Results) -> None:
    ranking = results.ranking
    assert {"ok", "gate", "excluded", "unsnapped", "disconnected"} <= set(ranking["status"])
    assert {"land", "stock", "conversion"} == set(ranking["kind"])
    assert ranking["origin"].nunique() == 10
    assert len(ranking) >= 60
    assert ranking["unit"].nunique() == 6


def test_the_pastures_are_remote_and_the_town_is_not(results: Results) -> None:
    rows = results.ranking.set_index("parcel_id")
    assert rows.loc[["BT-005", "BT-006", "BT-007"], "flags"].str.contains("remote").all()
    town = rows[rows["unit"].isin(["晨光街道", "红柳街道"])]
    assert not town["flags"].str.contains("remote").any()
    assert town["score"].max() > rows.loc[["BT-005", "BT-006", "BT-007"], "score"].max()


def test_the_demo_balances_and_warns_of_its_stray_road_and_of_streets_beyond_its_elevations(results: Results) -> None:
    for layer in results.stamp["layers"].values():
        counts = layer["counts"]
        assert counts["read"] == counts["used"] + counts["mended"] + counts["left_out"]
    assert set(results.problems.query("level == 'warn'")["code"]) == {
        "stray_roads",
        "no_elevation",
        "raster_no_data",
        "unscreened",
    }


def test_the_demo_says_that_it_is_made_up(results: Results) -> None:
    assert "虚构示例" in (results.path / "index.html").read_text("utf-8")
    assert all("虚构示例" in layer["settings"]["about"]["owner"] for layer in results.stamp["layers"].values())


def test_the_wheel_alone_makes_and_runs_the_demo(tmp_path: Path, results: Results) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    wheel = next(tmp_path.glob("siting-*.whl"))
    site = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site), str(wheel)]
    subprocess.run(install, check=True)
    env = {**os.environ, "PYTHONPATH": str(site), "PYTHONWARNINGS": "ignore"}
    for arguments in (("new", "demo"), ("run", "demo", "--quiet")):
        subprocess.run(
            [sys.executable, "-m", "siting", *arguments], cwd=tmp_path, env=env, check=True, capture_output=True
        )
    where = "import siting; print(siting.__file__)"
    used = subprocess.run(
        [sys.executable, "-c", where], cwd=tmp_path, env=env, check=True, capture_output=True, text=True
    )
    assert Path(used.stdout.strip()).is_relative_to(site)
    ranking = pd.read_csv(tmp_path / "demo/maps/base/ranking.csv")
    assert ranking["parcel_id"].tolist() == results.ranking["parcel_id"].tolist()
