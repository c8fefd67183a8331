"""Runs that are killed, stopped or run beside each other: old results stay whole, nothing half is ever shown."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from siting.report.lock import locked
from tests import big_project
from tests.faults.running import command, files, siting

KILLS = 50 if os.environ.get("SITING_LONG") else 4
HIDDEN = (".base.stages", ".base.lock")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return big_project.write(tmp_path_factory.mktemp("plain") / "p", 2000)


@pytest.fixture(scope="module")
def undisturbed(plain: Path) -> tuple[dict[str, bytes], float]:
    """Return what a run in peace writes (the second: the first fills the cache of networks) and its seconds."""
    assert siting("run", plain).returncode == 0
    began = time.monotonic()
    assert siting("run", plain).returncode == 0
    return files(plain / "maps/base"), time.monotonic() - began


def readable(folder: Path) -> bool:
    """Whether every file of a run can be opened and read to its end."""
    json.loads((folder / "stamp.json").read_text("utf-8"))
    with sqlite3.connect(f"file:{folder / 'parcels.gpkg'}?mode=ro", uri=True) as base:
        rows = base.execute("SELECT count(*) FROM parcels").fetchone()[0]
    base.close()
    return rows == 2000 and (folder / "ranking.csv").read_bytes().count(b"\r\n") == 2001


def test_a_run_killed_at_any_moment_leaves_whole_results_and_the_next_one_equals_a_quiet_one(
    plain: Path, undisturbed: tuple[dict[str, bytes], float]
) -> None:
    quiet, seconds = undisturbed
    dice = random.Random(7)
    for _ in range(KILLS):
        run = subprocess.Popen(command("run", plain), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(dice.uniform(0.05, 1.05) * seconds)
        run.kill()
        run.wait()
        assert readable(plain / "maps/base")
        seen = {each.name for each in (plain / "maps").iterdir() if not each.name.startswith(".")}
        assert seen <= {"base", "base.previous"}
        assert siting("run", plain, "--resume").returncode == 0
        assert files(plain / "maps/base") == quiet
        assert {each.name for each in (plain / "maps").iterdir()} == {"base", "base.previous"}


@pytest.mark.parametrize(("sign", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_run_that_is_told_to_stop_does_so_with_the_usual_code_and_no_traces(
    plain: Path, undisturbed: tuple[dict[str, bytes], float], sign: signal.Signals, code: int, share: float
) -> None:
    run = subprocess.Popen(command("run", plain), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8")
    time.sleep(share * undisturbed[1])
    run.send_signal(sign)
    began = time.monotonic()
    _, said = run.communicate(timeout=30)
    # before Python has put our handler in place the system's own way of ending holds; after the last file it is done
    assert run.returncode in (code, -sign, 0)
    # five seconds, and as long as this machine now takes for a whole run: other work may hold its processors
    assert time.monotonic() - began < 5 + undisturbed[1]
    assert "Traceback" not in said or "siting" not in said
    left = {each.name for each in (plain / "maps").iterdir()}
    assert left <= {"base", "base.previous", *HIDDEN}


def test_a_run_takes_up_the_stages_of_one_that_was_killed_after_its_travel_times(
    plain: Path, undisturbed: tuple[dict[str, bytes], float], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    run = subprocess.Popen(command("run", plain, "--out", out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    stage = tmp_path / ".out.stages/jobs.json"
    while not stage.exists() and run.poll() is None:
        time.sleep(0.005)
    run.kill()
    run.wait()
    assert stage.exists()
    kept = stage.stat().st_mtime_ns
    proof = tmp_path / "proof"
    taken = f"import siting; from siting.project import stages; load = stages.Stages.load\n\
def told(self, *a):\n found = load(self, *a); open({str(proof)!r}, 'a').write(f'{{found is not None}}\\n'); return found\n\
stages.Stages.load = told; siting.run({str(plain)!r}, out={str(out)!r}, resume=True)"
    subprocess.run([command()[0], "-c", taken], check=True, capture_output=True)
    assert proof.read_text().split() == ["True", "True"]
    assert kept
    assert files(out) == undisturbed[0]
    assert not stage.exists()


@pytest.mark.parametrize("change", ["settings", "input", "damage"])
def test_stages_of_other_settings_or_inputs_or_damaged_ones_are_not_taken_up(tmp_path: Path, change: str) -> None:
    import siting as library
    from siting.project import stages
    from tests import small_project

    folder = small_project.write(tmp_path / "p")
    project = library.open_project(folder)
    project.stage_folder = tmp_path / "stages"
    _ = project.evaluations
    if change == "settings":
        written = (folder / "siting.toml").read_text("utf-8")
        (folder / "siting.toml").write_text(written.replace("cutoff = 10", "cutoff = 9"), "utf-8")
    elif change == "input":
        with (folder / "data/work.csv").open("a") as file:
            file.write("店2,1,561000,5247000\n")
    else:
        (tmp_path / "stages/jobs.parquet").write_bytes(b"PAR1 and no more")
    again = library.open_project(folder)
    again.stage_folder = tmp_path / "stages"
    _ = again.readings
    _ = again.prepared
    kept = again.stages
    assert isinstance(kept, stages.Stages)
    assert kept.load(again.settings.criterion[1], again.parcels.index) is None


def test_two_runs_into_one_folder_do_not_meet(plain: Path, undisturbed: tuple[dict[str, bytes], float]) -> None:
    quiet, seconds = undisturbed
    first = subprocess.Popen(command("run", plain), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    lock = plain / "maps/.base.lock"
    while first.poll() is None and not (lock.exists() and str(first.pid) in lock.read_text()):
        time.sleep(0.01)
    second = siting("run", plain)
    assert second.returncode == 2
    assert f"pid {first.pid}" in second.stderr
    assert first.wait(timeout=60 + 10 * seconds) == 0
    assert files(plain / "maps/base") == quiet
    assert not lock.exists()


def test_the_lock_of_a_dead_run_is_taken_over_with_a_word(tmp_path: Path) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    (tmp_path / ".base.lock").write_text(json.dumps({"pid": gone.pid, "host": "here"}))
    with locked(tmp_path / "base") as former:
        assert former is not None
        assert (former.code, former.found) == ("stale_lock", f"pid {gone.pid} @ here")
    with locked(tmp_path / "base") as former:
        assert former is None


def test_a_reader_of_the_last_geopackage_sees_the_old_or_the_new_whole_file(
    plain: Path, undisturbed: tuple[dict[str, bytes], float]
) -> None:
    run = subprocess.Popen(command("run", plain), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    looks = 0
    while run.poll() is None:
        assert readable(plain / "maps/base")
        looks += 1
    assert run.returncode == 0
    assert looks > 10
