"""Same inputs, same bytes: whatever the order of rows, hash seed, locale, time zone or folder."""

import os
import subprocess
import sys
from pathlib import Path

import siting
from tests import small_project

ROWS_MATTER = ("stamp.json",)  # holds digests of the input files, which a shuffle changes


def _files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def test_two_runs_under_other_seeds_zones_and_locales_write_the_same_bytes(tmp_path: Path) -> None:
    folder = small_project.write(tmp_path / "p")
    seen = []
    for seed, zone, locale in (("0", "UTC", "C"), ("1", "Asia/Urumqi", "zh_CN.UTF-8"), ("7", "America/New_York", "C")):
        out = tmp_path / f"out{seed}"
        env = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale, "PYTHONUTF8": "0"}
        command = [sys.executable, "-m", "siting", "run", str(folder), "--out", str(out), "--quiet"]
        done = subprocess.run(command, env=env, cwd="/", capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        seen.append(_files(out))
    assert set(seen[0]) == {
        "central_weights.csv", "certificates.csv", "index.html", "indicators.csv", "methods.csv", "parcels.gpkg", "problems.csv",
        "ranking.csv", "ranking.xlsx", "receipts.jsonl", "rivals.csv", "stamp.json",
    }  # fmt: skip
    for other in seen[1:]:
        assert {name for name in other if other[name] != seen[0][name]} == set()


def test_shuffled_rows_change_no_result(tmp_path: Path) -> None:
    straight = small_project.write(tmp_path / "a")
    shuffled = small_project.write(
        tmp_path / "b",
        parcels=small_project.parcels().sample(frac=1, random_state=3),
        roads=small_project.roads().sample(frac=1, random_state=3),
    )
    one, other = (_files(siting.run(folder).path) for folder in (straight, shuffled))
    changed = {name for name in one if one[name] != other[name]}
    assert changed <= {*ROWS_MATTER, "problems.csv"}  # a problem names the row where it stands
