"""Commands that are called wrongly, cut off, without a terminal, under other locales, or on files of other versions."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import siting as library
from tests import small_project
from tests.faults.running import command, files, siting

ESCAPE = "\x1b"
HAN = re.compile(r"[一-鿿]")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = small_project.write(tmp_path_factory.mktemp("cli") / "town")
    assert siting("run", folder).returncode == 0
    return folder


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), 2),
        (("--nonsense",), 2),
        (("nonsense",), 2),
        (("run", "--workers", "none"), 2),
        (("run", "--workers", "0"), 2),
        (("new",), 2),
        (("new", "x", "--osm"), 2),
        (("new", "x", "--lang", "fr"), 2),
        (("check", "nowhere"), 1),
        (("layers", "nowhere"), 1),
        (("explain", "P1", "--project", "nowhere"), 1),
        (("new", "x", "--osm", "missing.osm.pbf"), 1),
    ],
)
def test_a_wrong_call_ends_in_words_and_a_code(arguments: tuple[str, ...], code: int, tmp_path: Path) -> None:
    done = siting(*arguments, cwd=tmp_path)
    assert done.returncode == code
    assert (done.stderr + done.stdout).strip()
    assert list(tmp_path.iterdir()) == []


def test_help_names_an_example_and_the_version_is_told(tmp_path: Path) -> None:
    told = siting("--help", cwd=tmp_path)
    assert told.returncode == 0
    assert "siting new town" in " ".join(told.stdout.split())
    assert "--osm" in siting("new", "--help", cwd=tmp_path).stdout
    version = siting("--version", cwd=tmp_path)
    assert (version.returncode, version.stdout) == (0, f"siting {library.__version__}\n")


@pytest.mark.parametrize(
    "arguments", [("layers",), ("criteria",), ("check",), ("explain", "P1", "--project"), ("run",)]
)
def test_output_that_nobody_reads_to_the_end_is_no_failure_in_words(town: Path, arguments: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        command(*arguments, town),
        stdout=writing,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    os.close(writing)
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_the_first_line_can_be_cut_off_by_another_program(town: Path) -> None:
    line = " ".join(f"'{part}'" for part in command("layers", town))
    done = subprocess.run(["sh", "-c", f"{line} | head -1"], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""


@pytest.mark.parametrize("arguments", [("run",), ("check",), ("layers",)])
def test_no_terminal_no_input_and_forty_columns_leave_no_codes_in_a_log(
    town: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    log = tmp_path / "log.txt"
    with log.open("wb") as file:
        done = subprocess.run(
            ["sh", "-c", 'exec "$@" <&-', "sh", *command(*arguments, town)],
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, "COLUMNS": "40", "TERM": "dumb"},
            check=False,
            timeout=120,
        )
    written = log.read_text("utf-8")
    assert done.returncode == 0, written
    assert written.strip()
    assert ESCAPE not in written
    assert "\r" not in written
    assert "Traceback" not in written


@pytest.mark.parametrize("env", [{"LC_ALL": "C", "LANG": "", "PYTHONUTF8": "0"}, {"LC_ALL": "de_DE.UTF-8"}])
def test_chinese_is_told_whole_under_every_locale(town: Path, env: dict[str, str]) -> None:
    for arguments in (("layers", town), ("explain", "P1", "--project", town)):
        done = siting(*arguments, env=env)
        assert done.returncode == 0, done.stderr
        assert HAN.search(done.stdout)
        assert "\\u" not in done.stdout
    refused = siting("check", "无此文件夹", env=env)
    assert (refused.returncode, "无此文件夹" in refused.stdout + refused.stderr) == (1, True)


def test_files_of_chinese_names_are_read_and_written_alike_where_the_locale_knows_ascii_only(tmp_path: Path) -> None:
    folder = small_project.write(tmp_path / "小镇")
    (folder / "data/places.csv").rename(folder / "data/学校 点.csv")
    layer = folder / "layers/places.toml"
    layer.write_text(layer.read_text("utf-8").replace("data/places.csv", "data/学校 点.csv"), "utf-8")
    plain = {"LC_ALL": "C", "LANG": "", "PYTHONUTF8": "0"}
    for name, env in (("甲", {"LC_ALL": "C.UTF-8"}), ("乙", plain)):
        done = siting("run", folder, "--out", tmp_path / name, env=env)
        assert done.returncode == 0, done.stderr
    assert files(tmp_path / "甲") == files(tmp_path / "乙")


def test_a_comma_as_decimal_mark_and_another_zone_change_no_byte(town: Path, tmp_path: Path) -> None:
    seen = []
    for name, env in (
        ("a", {"LC_ALL": "C", "TZ": "UTC"}),
        ("b", {"LC_ALL": "de_DE.UTF-8", "LC_NUMERIC": "de_DE.UTF-8", "TZ": "America/New_York"}),
    ):
        assert siting("run", town, "--out", tmp_path / name, env=env, cwd=Path("/")).returncode == 0
        seen.append(files(tmp_path / name))
    assert seen[0] == seen[1]
    assert re.search(rb"\d\.\d", seen[0]["ranking.csv"])


def test_a_relative_and_an_absolute_path_from_anywhere_give_the_same_bytes(town: Path, tmp_path: Path) -> None:
    assert siting("run", ".", "--out", tmp_path / "here", cwd=town).returncode == 0
    assert siting("run", town, "--out", tmp_path / "there", cwd=Path("/")).returncode == 0
    assert siting("run", f"../{town.name}", "--out", tmp_path / "beside", cwd=town).returncode == 0
    here, there, beside = (files(tmp_path / name) for name in ("here", "there", "beside"))
    assert here == there == beside
    assert str(town).encode() not in b"".join(content for name, content in here.items() if not name.endswith(".xlsx"))


@pytest.mark.parametrize("change", ["format", "none", "list", "broken", "gone"])
def test_results_of_another_version_are_refused_and_never_read_wrongly(town: Path, tmp_path: Path, change: str) -> None:
    folder = shutil.copytree(town, tmp_path / "p")
    stamp = folder / "maps/base/stamp.json"
    made = json.loads(stamp.read_text("utf-8"))
    made["versions"]["siting"] = "9.8.7"
    if change == "format":
        stamp.write_text(json.dumps({**made, "format": made["format"] + 1}), "utf-8")
    elif change == "none":
        stamp.write_text(json.dumps({key: value for key, value in made.items() if key != "format"}), "utf-8")
    elif change == "list":
        stamp.write_text("[]", "utf-8")
    elif change == "broken":
        stamp.write_bytes(stamp.read_bytes()[:50])
    else:
        stamp.unlink()
    done = siting("explain", "P1", "--project", folder)
    assert done.returncode == 2
    assert "siting run" in done.stderr
    assert "综合得分" not in done.stdout
    assert ("9.8.7" in done.stderr) == (change in ("format", "none"))


@pytest.mark.parametrize(
    ("file", "line", "named"),
    [
        ("siting.toml", "[travel]\nteleport = 3", "travel.teleport"),
        ("siting.toml", "[hyperloop]\nx = 1\n[travel]", "hyperloop"),
        ("layers/roads.toml", 'teleport = 1\nrole = "roads"', "teleport"),
    ],
)
def test_a_key_of_a_newer_version_is_refused_by_its_name(tmp_path: Path, file: str, line: str, named: str) -> None:
    folder = small_project.write(tmp_path / "p")
    anchor = "[travel]" if file == "siting.toml" else 'role = "roads"'
    written = (folder / file).read_text("utf-8")
    (folder / file).write_text(written.replace(anchor, line, 1), "utf-8")
    done = siting("run", folder)
    assert done.returncode == 1
    assert named in done.stderr
    assert file in done.stderr
    assert not (folder / "maps/base").exists()
