"""Without internet everything works but downloads, and those end in words. The network is taken away by the kernel."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from siting.network import store
from tests import small_project
from tests.faults.running import Done, command, files

ALONE = ["unshare", *(() if os.geteuid() == 0 else ("--user", "--map-root-user")), "--net"]
REMOTE = re.compile(
    rb"""(?:<script[^>]*\ssrc|<link[^>]*\shref|<i(?:mg|frame)[^>]*\ssrc)\s*=\s*["']?(?:https?:)?//""", re.IGNORECASE
)
REMOTE_CODE = re.compile(rb"""@import\s|\bimport\(|importScripts\(|url\(\s*["']?(?:https?:)?//""", re.IGNORECASE)


def _can_be_alone() -> bool:
    return shutil.which("unshare") is not None and subprocess.run([*ALONE, "true"], check=False).returncode == 0


pytestmark = pytest.mark.skipif(not _can_be_alone(), reason="no network namespaces here")


def alone(*arguments: str | Path, cwd: Path) -> Done:
    """Run where there is no network at all."""
    done = subprocess.run(
        [*ALONE, *command(*arguments)],
        cwd=cwd,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        timeout=300,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Make and run the demo with an empty cache, alone."""
    folder = tmp_path_factory.mktemp("alone")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SITING_CACHE", str(folder / "cache"))
        for arguments in (("new", "demo"), ("check", "demo"), ("run", "demo")):
            done = alone(*arguments, cwd=folder)
            assert done.returncode == 0, (arguments, done.stderr)
    return folder / "demo"


def test_the_demo_is_made_checked_run_and_explained_without_a_network(demo: Path) -> None:
    first = (demo / "maps/base/ranking.csv").read_text("utf-8-sig").splitlines()[1].split(",")
    parcel = next(cell for cell in first if re.fullmatch(r"[A-Z]+-?\d+", cell))
    done = alone("explain", parcel, "--project", demo, cwd=demo.parent)
    assert done.returncode == 0, done.stderr
    assert parcel in done.stdout


def test_the_page_of_a_run_asks_no_other_server_for_anything(demo: Path) -> None:
    page = (demo / "maps/base/index.html").read_bytes()
    assert REMOTE.findall(page) == []
    assert REMOTE_CODE.findall(page) == []


@pytest.mark.parametrize(
    "arguments", [("--place", "Vaduz"), ("--osm", "https://download.geofabrik.de/europe/liechtenstein-latest.osm.pbf")]
)
def test_a_project_that_needs_the_internet_ends_in_words_and_leaves_nothing(
    tmp_path: Path, arguments: tuple[str, str]
) -> None:
    done = alone("new", "x", *arguments, cwd=tmp_path)
    assert done.returncode in (1, 2)
    assert "--osm" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("pick", ["first", "largest"])
def test_a_run_over_a_cache_half_of_zeros_writes_what_a_run_without_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pick: str
) -> None:
    monkeypatch.setenv("SITING_CACHE", str(tmp_path / "cache"))
    folder = small_project.write(tmp_path / "p")
    assert alone("run", folder, cwd=tmp_path).returncode == 0
    quiet = files(folder / "maps/base")
    arrays = sorted(store.folder().glob("*/*.npy"), key=lambda each: (each.parent.name, each.name))
    assert arrays
    damaged = [arrays[0]] if pick == "first" else [max(arrays, key=lambda each: each.stat().st_size)]
    before = {each: each.read_bytes() for each in damaged}
    for file, whole in before.items():
        file.write_bytes(whole[: len(whole) // 2] + bytes(len(whole) - len(whole) // 2))
    assert alone("run", folder, cwd=tmp_path).returncode == 0
    assert files(folder / "maps/base") == quiet
    assert {file: file.read_bytes() for file in before} == before
