"""Settings as people mistype them: refused with the key, and never a crash."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests import small_project
from tests.faults.running import siting
from tests.reliability.bad_inputs import told


def changed(folder: Path, old: str, new: str) -> Path:
    """Write the small project with other settings."""
    assert old in small_project.SETTINGS
    return small_project.write(folder, settings=small_project.SETTINGS.replace(old, new, 1))


def test_a_misspelt_key_is_answered_with_the_nearest_right_one(tmp_path: Path) -> None:
    refused = told(changed(tmp_path / "p", "weight = 2", "wieght = 2"), "refuse")
    assert ("unknown_key", "wieght", "weight") in [(each.code, each.found, each.expected) for each in refused]


def test_weights_that_are_no_numbers_or_missing_are_each_named(tmp_path: Path) -> None:
    folder = changed(tmp_path / "p", "weight = 2", "weight = nan")
    settings = (folder / "siting.toml").read_text("utf-8").replace("weight = 1", 'weight = "three"')
    settings += '\n[[criterion]]\nname = "third"\nmeasure = "column"\nof = "parcels.far"\nbetter = "more"\nworst = 0\nbest = 1\n'
    (folder / "siting.toml").write_text(settings, "utf-8")
    assert {each.where for each in told(folder, "refuse")} >= {
        "criterion school.weight",
        "criterion jobs.weight",
        "criterion third.weight",
    }


@pytest.mark.parametrize(("old", "new", "code"), [
    ("weight = 2", "weight = -1", "wrong_value"),
    ("date = 2025-12-31", 'date = "20255-01-01"', "wrong_value"),
    ("date = 2025-12-31", "date = 2025-02-29", "toml_broken"),
    ("date = 2025-12-31", "date = 20255", "wrong_value"),
])  # fmt: skip
def test_a_value_that_cannot_be_is_refused(tmp_path: Path, old: str, new: str, code: str) -> None:
    assert code in [each.code for each in told(changed(tmp_path / "p", old, new), "refuse")]


def test_weights_that_are_all_zero_are_refused(tmp_path: Path) -> None:
    folder = changed(tmp_path / "p", "weight = 2", "weight = 0")
    settings = (folder / "siting.toml").read_text("utf-8")
    (folder / "siting.toml").write_text(settings.replace("weight = 1", "weight = 0"), "utf-8")
    assert [each.code for each in told(folder, "refuse")] == ["no_weight"]


def test_three_thousand_nested_tables_end_in_words(tmp_path: Path) -> None:
    folder = small_project.write(tmp_path / "p")
    nested = "[" + ".".join(["a"] * 3000) + "]\n" + "x = " + "[" * 3000 + "]" * 3000 + "\n"
    (folder / "siting.toml").write_text(nested, "utf-8")
    done = siting("check", folder)
    assert done.returncode == 1
    assert "siting.toml" in done.stdout


def test_a_yaml_bomb_beside_the_project_is_never_read(tmp_path: Path) -> None:
    folder = small_project.write(tmp_path / "p")
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    for name in ("siting.yaml", "layers/parcels.yaml"):
        (folder / name).write_text("\n".join(lines), "utf-8")
    assert siting("check", folder).returncode == 0


@pytest.mark.parametrize("name", ["config.py", "sitecustomize.py", "numpy.py", "conftest.py", "siting.py"])
def test_code_beside_a_project_is_never_run(tmp_path: Path, name: str) -> None:
    folder = small_project.write(tmp_path / "p")
    for place in (folder / name, folder / "data" / name, folder / "layers" / name):
        place.write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\nraise SystemExit('ran')\n", "utf-8")
    # the command as it is installed: `python -m siting` would find a siting.py here before anything of ours
    script = Path(sys.executable).with_name("siting")
    done = subprocess.run([script, "check"], cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", ["jobs.pkl", "jobs.pickle", "jobs.joblib"])
def test_a_pickle_is_never_opened(tmp_path: Path, name: str) -> None:
    trap = b"cos\nsystem\n(S'touch " + str(tmp_path / "ran").encode() + b"'\ntR."
    folder = small_project.write(tmp_path / "p")
    (folder / "data" / name).write_bytes(trap)
    layer = folder / "layers/work.toml"
    layer.write_text(layer.read_text("utf-8").replace("work.csv", name), "utf-8")
    done = siting("check", folder)
    assert done.returncode == 1
    assert name in done.stdout
    assert not (tmp_path / "ran").exists()
