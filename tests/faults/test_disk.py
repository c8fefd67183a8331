"""Disks that are full, read-only, locked or missing; inputs that change, loop or never end."""

import os
import resource
import sqlite3
import subprocess
import threading
import time
from pathlib import Path

import pytest

import siting as library
from tests import big_project, small_project
from tests.faults.running import command, files, siting

ROOT = os.name == "posix" and os.geteuid() == 0


@pytest.fixture
def town(tmp_path: Path) -> Path:
    return small_project.write(tmp_path / "p")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return big_project.write(tmp_path_factory.mktemp("plain") / "p", 2000)


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    if not ROOT:
        pytest.skip("only root may mount a tmpfs")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "siting-test", disk], check=False)
    if mounted.returncode:
        pytest.skip("this machine does not let a tmpfs be mounted")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_full_disk_is_one_message_with_the_file_and_the_room_and_old_results_stay(
    town: Path, plain: Path, small_disk: Path
) -> None:
    assert siting("run", town, "--out", small_disk / "base").returncode == 0
    before = files(small_disk / "base")
    done = siting("run", plain, "--out", small_disk / "base")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "磁盘已满" in done.stderr
    assert "MiB" in done.stderr
    assert str(small_disk / "base") in done.stderr
    assert ".fresh-" not in done.stderr
    assert files(small_disk / "base") == before
    assert {each.name for each in small_disk.iterdir()} <= {"base", ".base.stages"}


@pytest.mark.parametrize("limit", [1 << 14, 1 << 18])
def test_a_limit_on_file_size_is_told_like_a_full_disk(plain: Path, tmp_path: Path, limit: int) -> None:
    def starve() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    out = tmp_path / "out"
    done = siting("run", plain, "--out", out, before=starve)
    assert done.returncode == 2, done.stderr
    assert str(out) in done.stderr
    assert not out.exists()
    assert {each.name for each in tmp_path.iterdir()} <= {".out.stages"}


def test_a_folder_that_cannot_be_written_is_found_before_any_computing(town: Path, tmp_path: Path) -> None:
    shut = tmp_path / "shut"
    shut.mkdir()
    if ROOT:
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "siting-test", shut], check=False).returncode:
            pytest.skip("this machine does not let a tmpfs be mounted")
    else:
        shut.chmod(0o555)
    try:
        began = time.monotonic()
        done = siting("run", town, "--out", shut / "base")
        assert time.monotonic() - began < 5
        assert done.returncode == 2
        assert str(shut / "base") in done.stderr
    finally:
        if ROOT:
            subprocess.run(["umount", shut], check=True)


def test_a_geopackage_that_another_program_holds_locked_is_named(town: Path) -> None:
    holder = sqlite3.connect(town / "data/parcels.gpkg", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        done = siting("run", town)
    finally:
        holder.execute("ROLLBACK")
        holder.close()
    assert done.returncode == 1
    assert "data/parcels.gpkg" in done.stderr
    assert siting("run", town).returncode == 0


def test_results_that_another_program_holds_locked_do_not_stop_a_run(town: Path) -> None:
    assert siting("run", town).returncode == 0
    holder = sqlite3.connect(town / "maps/base/parcels.gpkg", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    done = siting("run", town)
    holder.close()
    assert done.returncode == 0
    assert (town / "maps/base.previous/parcels.gpkg").is_file()


def test_an_input_that_changes_during_the_run_is_told_and_the_stamp_keeps_what_was_read(town: Path) -> None:
    told: list[library.Problem] = []

    def rewrite(stage: str) -> None:
        if stage == "measure":
            (town / "data/work.csv").write_text("单位,人数,x,y\n厂,1,561000,5247000\n", "utf-8")

    original = (town / "data/work.csv").read_bytes()
    results = library.run(town, progress=rewrite, tell=told.append)
    assert [(each.code, each.file) for each in told] == [("changed_meanwhile", "data/work.csv")]
    (town / "data/work.csv").write_bytes(original)
    again = library.run(town)
    assert results.stamp == again.stamp


def test_an_input_that_changes_while_it_is_read_is_refused(town: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from siting.sources import layers

    digest = layers.file_digest

    def slowly(file: Path) -> str:
        if file.name == "work.csv":
            file.write_text(file.read_text("utf-8") + "店,1,561000,5247000\n", "utf-8")
        return digest(file)

    monkeypatch.setattr(layers, "file_digest", slowly)
    with pytest.raises(library.InputProblems) as caught:
        library.run(town)
    assert [(each.code, each.file) for each in caught.value.refusals] == [("torn_read", "data/work.csv")]


def test_a_link_that_leads_back_to_itself_is_named(town: Path) -> None:
    (town / "data/work.csv").unlink()
    (town / "data/a.csv").symlink_to("work.csv")
    (town / "data/work.csv").symlink_to("a.csv")
    done = siting("check", town)
    assert done.returncode == 1
    assert "data/work.csv" in done.stdout
    assert "循环" in done.stdout


@pytest.mark.parametrize("source", ["/dev/zero", "data/pipe.csv"])
def test_what_is_no_regular_file_is_not_read(town: Path, source: str) -> None:
    os.mkfifo(town / "data/pipe.csv")
    layer = town / "layers/work.toml"
    layer.write_text(layer.read_text("utf-8").replace("data/work.csv", source), "utf-8")
    done = siting("check", town)
    assert done.returncode == 1
    assert "不是普通文件" in done.stdout


def test_a_temporary_folder_that_is_not_there_is_named(town: Path) -> None:
    done = siting("run", town, env={"TMPDIR": "/nonexistent/tmp"})
    assert done.returncode == 2
    assert "TMPDIR" in done.stderr
    assert "/nonexistent/tmp" in done.stderr


STARVED = """
import resource, sys
import pyogrio, pyarrow.parquet, rasterio, siting.cli, siting.network.compiled
held = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (held + {spare}, held + {spare}))
sys.argv = ["siting", "run", {folder!r}, "--out", {out!r}, "--workers", "1"]
siting.cli.main()
"""


@pytest.mark.parametrize("spare", [8 << 20, 40 << 20])
def test_too_little_memory_is_told_with_what_helps_and_old_results_stay(tmp_path: Path, spare: int) -> None:
    folder, out = big_project.write(tmp_path / "p", 20_000), tmp_path / "out"
    assert siting("run", small_project.write(tmp_path / "small"), "--out", out).returncode == 0
    before = files(out)
    script = STARVED.format(spare=spare, folder=str(folder), out=str(out))
    starved = [command()[0], "-c", script]
    done = subprocess.run(starved, capture_output=True, encoding="utf-8", errors="replace", check=False, timeout=300)
    assert done.returncode == 1, done.stderr
    assert "内存不足" in done.stderr
    assert "--workers 1" in done.stderr
    assert "Traceback" not in done.stderr
    assert files(out) == before


def test_four_threads_that_run_projects_at_once_find_the_same(tmp_path: Path) -> None:
    folders = [small_project.write(tmp_path / f"p{number}") for number in range(4)]
    found: dict[int, bytes] = {}

    def one(number: int) -> None:
        results = library.run(folders[number])
        assert results.path is not None
        found[number] = (results.path / "ranking.csv").read_bytes()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(set(found.values())) == 1
    assert len(found) == 4
    assert command()


def test_what_a_power_cut_left_half_written_is_never_shown_and_is_removed(town: Path) -> None:
    assert siting("run", town).returncode == 0
    whole = files(town / "maps/base")
    half = town / "maps/.base.fresh-cut"
    half.mkdir()
    for name, raw in whole.items():
        (half / name).write_bytes(raw[: len(raw) // 2])
    assert siting("explain", "P1", "--project", town).returncode == 0
    assert siting("run", town).returncode == 0
    assert files(town / "maps/base") == whole
    assert {each.name for each in (town / "maps").iterdir()} == {"base", "base.previous"}


def test_every_file_is_flushed_before_the_folder_takes_its_place(town: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from siting.report import folder

    steps: list[str] = []
    flush, swap = folder._flush, folder._swap
    monkeypatch.setattr(folder, "_flush", lambda path: (steps.append(path.name), flush(path))[1])
    monkeypatch.setattr(folder, "_swap", lambda fresh, place: (steps.append("swap"), swap(fresh, place))[1])
    results = library.run(town)
    assert results.path is not None
    names = {each.name for each in results.path.iterdir()}
    assert set(steps[: steps.index("swap")]) == names
    assert steps[steps.index("swap") + 1 :] == ["maps"]
