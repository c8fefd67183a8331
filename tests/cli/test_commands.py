"""Commands as a user types them, in a process of their own."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import small_project
from tests.shared_data import helsinki

Done = subprocess.CompletedProcess[str]


def siting(*arguments: str | Path, cwd: Path | None = None) -> Done:
    command = [sys.executable, "-m", "siting", *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, capture_output=True, encoding="utf-8", check=False)
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = small_project.write(tmp_path_factory.mktemp("cli") / "town")
    assert siting("run", folder).returncode == 0
    return folder


def test_an_extract_becomes_a_ranked_map_with_two_commands(tmp_path: Path) -> None:
    made = siting("new", "town", "--osm", helsinki(), "--lang", "en", cwd=tmp_path)
    if "no candidate land" in made.stderr:
        pytest.fail(made.stderr)
    assert made.returncode == 0, made.stderr
    assert siting("check", "town", cwd=tmp_path).returncode == 0
    done = siting("run", "town", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "town/maps/base/index.html").is_file()
    assert "Done:" in done.stdout


def test_faults_of_settings_of_files_and_of_cells_are_all_told_at_once(tmp_path: Path) -> None:
    folder = small_project.write(tmp_path / "town", settings=small_project.SETTINGS.replace("weight = 2", "wieght = 2"))
    (folder / "data/work.csv").write_text("单位,人数,x,y\n厂,约300,561000,5247000\n", "utf-8")
    (folder / "data/units.gpkg").write_bytes(b"no geopackage")
    done = siting("check", folder)
    assert done.returncode == 1
    assert all(each in done.stdout for each in ("wieght", "约300", "data/units.gpkg"))


def test_a_constraint_that_cannot_hold_hides_no_criterion_that_looks_at_nothing(tmp_path: Path) -> None:
    settings = small_project.SETTINGS.replace("kind=primary", "kind=market")
    folder = small_project.write(tmp_path / "town", settings=settings)
    (folder / "layers/farm.toml").write_text(
        'role = "constraint"\nsource = "data/roads.gpkg"\n[rule]\ntitle = "线"\naction = "exclude"\nclause = "c"\n',
        "utf-8",
    )
    said = {each["code"] for each in json.loads(siting("check", folder, "--json").stdout)}
    assert {"no_buffer", "no_places"} <= said


def test_explain_speaks_the_language_of_the_project(town: Path) -> None:
    done = siting("explain", "P1", "--project", town)
    assert done.returncode == 0
    assert "综合得分" in done.stdout
    assert json.loads(siting("explain", "P1", "--project", town, "--json").stdout)["parcel_id"] == "P1"


def test_an_unknown_parcel_is_wrong_usage_with_near_names(town: Path) -> None:
    done = siting("explain", "P7", "--project", town)
    assert done.returncode == 2
    assert "P1" in done.stderr


def test_layers_criteria_and_measures_are_listed(town: Path) -> None:
    assert "data/roads.gpkg" in siting("layers", town).stdout
    assert "60 → 0" in siting("criteria", town).stdout
    assert "Wickstrom 1971" in siting("measures").stdout


def test_check_tells_all_problems_and_changes_nothing(tmp_path: Path) -> None:
    broken = small_project.SETTINGS.replace("[travel]", "[travel]\nsnpa = 3").replace("weight = 2", "weight = -2")
    folder = small_project.write(tmp_path / "p", broken)
    before = sorted(folder.rglob("*"))
    done = siting("check", folder, "--json")
    assert done.returncode == 1
    said = json.loads(done.stdout)
    found = {(problem["code"], problem["where"]) for problem in said if problem["level"] == "refuse"}
    assert found == {("unknown_key", "travel.snpa"), ("wrong_value", "criterion school.weight")}
    others = {(problem["code"], problem["where"]) for problem in said if problem["level"] != "refuse"}
    assert others == {("bad_point", "row 3"), ("no_geometry", "row 7")}
    assert sorted(folder.rglob("*")) == before


def test_a_healthy_project_passes_check(town: Path) -> None:
    assert siting("check", town).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("run", "nowhere"), 1), (("run", "--nonsense"), 2), (("explain",), 2), (("new", "x", "--osm", "no.pbf"), 1)],
)
def test_wrong_calls_end_in_words(arguments: tuple[str, ...], code: int, tmp_path: Path) -> None:
    done = siting(*arguments, cwd=tmp_path)
    assert done.returncode == code
    assert done.stderr


def test_a_folder_in_use_is_not_written_over(town: Path) -> None:
    assert siting("new", town).returncode == 2


def test_a_place_name_without_internet_is_told_so(tmp_path: Path) -> None:
    env = {**os.environ, "HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
    command = [sys.executable, "-m", "siting", "new", "x", "--place", "Vaduz"]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "--osm" in done.stderr


def test_a_terminated_run_leaves_no_half_folder(tmp_path: Path) -> None:
    folder = small_project.write(tmp_path / "p")
    run = subprocess.Popen([sys.executable, "-m", "siting", "run", str(folder)], stderr=subprocess.DEVNULL)
    time.sleep(1.5)
    run.send_signal(signal.SIGTERM)
    assert run.wait(timeout=10) in (143, -signal.SIGTERM, 0)
    left = {each.name for each in (folder / "maps").iterdir()} if (folder / "maps").exists() else set()
    assert left <= {"base", ".base.stages"}
