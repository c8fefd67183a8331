"""A run made again from its stamp."""

import json
import shutil
from pathlib import Path

import pytest

import siting
from siting.base.errors import Problem, UsageError
from siting.project.replay import Differing, compared, replay
from tests import small_project


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a run in it."""
    folder = small_project.write(tmp_path_factory.mktemp("made") / "p")
    siting.run(folder)
    return folder


@pytest.fixture
def project(made: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(made, tmp_path / "p"))


def beside(project: Path) -> list[str]:
    return sorted(each.name for each in (project / "maps").iterdir())


def test_a_run_agrees_with_itself_and_leaves_nothing_behind(project: Path) -> None:
    run = project / "maps/base"
    (run / "run.log").write_text("12:00 started", "utf-8")
    before = {each.name: each.read_bytes() for each in run.iterdir()}
    found = replay(run)
    assert found.agrees
    assert found.is_run
    assert found.files == len(before) - 1
    assert found.lines("zh") == [f"重跑一致：{found.files} 个文件逐字节相同。"]
    assert {each.name: each.read_bytes() for each in run.iterdir()} == before
    assert beside(project) == ["base"]


def test_the_settings_are_those_of_the_stamp_not_of_today(project: Path) -> None:
    file = project / "siting.toml"
    file.write_text(file.read_text("utf-8").replace("weight = 2", "weight = 9"), "utf-8")
    told: list[Problem] = []
    found = replay("base", project=project, tell=told.append)
    assert found.agrees
    assert [(each.code, each.file) for each in told] == [("replay_settings", "siting.toml")]


def test_blocks_keep_the_order_of_their_columns_though_the_stamp_sorts_them(tmp_path: Path) -> None:
    # the ids of places without one come from the order of rows, and that from the order of [columns]
    more = '[flag.zeta]\ntitle = "乙"\nany_of = [{ criterion = "school", above = 20 }]\n'
    more += '[flag.alpha]\ntitle = "甲"\nany_of = [{ criterion = "school", above = 10 }]\n'
    project = small_project.write(tmp_path / "p", settings=small_project.SETTINGS + more)
    layer = project / "layers/places.toml"
    layer.write_text(
        layer.read_text("utf-8").replace('name = "名称"\nkind = "类别"\n', 'kind = "类别"\nname = "名称"\n')
    )
    siting.run(project)
    file = project / "siting.toml"
    file.write_text(file.read_text("utf-8").replace("weight = 2", "weight = 9"), "utf-8")
    assert replay(project / "maps/base").agrees


def test_a_changed_input_is_told_before_anything_is_computed(project: Path) -> None:
    (project / "data/places.csv").write_bytes(b"x" + (project / "data/places.csv").read_bytes())
    stages: list[str] = []
    found = replay(project / "maps/base", progress=stages.append)
    assert (found.agrees, found.is_run) == (False, False)
    assert [(each.code, each.file, each.where) for each in found.reasons] == [
        ("replay_changed", "data/places.csv", "places")
    ]
    assert stages == []
    assert found.lines("en") == ["Not repeated: the inputs are not those of that run, so it cannot agree."]


def test_a_missing_file_and_a_part_that_came_new_are_told(project: Path) -> None:
    (project / "data/work.csv").unlink()
    (project / "data/roads.gpkg-wal").write_bytes(b"more")
    found = replay(project / "maps/base")
    assert {(each.code, each.file) for each in found.reasons} == {
        ("replay_missing", "data/work.csv"),
        ("replay_new_file", "data/roads.gpkg-wal"),
    }


def test_another_version_is_told_and_the_run_made_all_the_same(project: Path) -> None:
    file = project / "maps/base/stamp.json"
    stamp = json.loads(file.read_text("utf-8"))
    here = stamp["versions"]["numpy"]
    stamp["versions"]["numpy"] = "1.0"
    file.write_text(json.dumps(stamp, ensure_ascii=False, indent=1, sort_keys=True), "utf-8")
    found = replay(project / "maps/base")
    assert [(each.code, each.where, each.found, each.expected) for each in found.reasons] == [
        ("replay_version", "numpy", here, "1.0")
    ]
    assert found.is_run
    assert [each.file for each in found.differing] == ["stamp.json"]  # it names the version


def test_spoilt_missing_and_foreign_files_are_named_with_their_place(project: Path) -> None:
    run = project / "maps/base"
    lines = (run / "ranking.csv").read_bytes().split(b"\r\n")
    (run / "ranking.csv").write_bytes(b"\r\n".join([lines[0], lines[1] + b"0", *lines[2:]]))
    raw = bytearray((run / "parcels.gpkg").read_bytes())
    raw[500] ^= 1
    (run / "parcels.gpkg").write_bytes(bytes(raw))
    (run / "problems.csv").unlink()
    (run / "note.txt").write_text("mine", "utf-8")
    found = replay(run)
    assert found.differing == (
        Differing("note.txt", "missing"),
        Differing("parcels.gpkg", "changed", byte=501),
        Differing("problems.csv", "extra"),
        Differing("ranking.csv", "changed", line=2),
    )
    assert found.lines("zh")[2] == "  parcels.gpkg：内容不同，自第 501 字节起"


@pytest.mark.parametrize("part", ["settings", "layers", "versions", "other_files_sha256"])
def test_a_stamp_without_a_part_is_refused_in_words(project: Path, part: str) -> None:
    file = project / "maps/base/stamp.json"
    stamp = json.loads(file.read_text("utf-8"))
    del stamp[part]
    file.write_text(json.dumps(stamp), "utf-8")
    with pytest.raises(UsageError) as caught:
        replay(project / "maps/base")
    assert (caught.value.problem.code, caught.value.problem.found) == ("replay_no_settings", part)


def test_a_run_far_from_its_project_needs_it_named(project: Path, tmp_path: Path) -> None:
    moved = Path(shutil.copytree(project / "maps/base", tmp_path / "elsewhere/base"))
    with pytest.raises(UsageError) as caught:
        replay(moved)
    assert caught.value.problem.code == "replay_no_project"
    assert replay(moved, project=project).agrees
    assert [each.name for each in moved.parent.iterdir()] == ["base"]


def test_what_a_killed_replay_left_is_removed(project: Path) -> None:
    left = project / "maps/.base.replay-dead"
    left.mkdir()
    assert replay(project / "maps/base").agrees
    assert beside(project) == ["base"]


def test_a_screening_is_made_again_as_one(project: Path) -> None:
    siting.screen(project)
    assert replay("screen", project=project).agrees


def test_files_part_where_they_part_across_pieces(tmp_path: Path) -> None:
    one, other = tmp_path / "a", tmp_path / "b"
    for folder, tail in ((one, b"x"), (other, b"y")):
        folder.mkdir()
        (folder / "t.csv").write_bytes(b"line\n" * 300_000 + tail)  # 1.5 MB: more than one piece
        (folder / "short.bin").write_bytes(b"ab" if folder is one else b"abc")
    assert compared(one, other) == (
        (Differing("short.bin", "changed", byte=3), Differing("t.csv", "changed", line=300_001)),
        2,
    )
