"""The declared text of a project folder, read from disk."""

from pathlib import Path

import pytest

from siting.sources.project_files import read_project
from tests.small_project import SETTINGS, write

MEASURES = ("nearest", "cumulative", "column")


def told(root: Path) -> list[tuple[str, str, str]]:
    """Return code, file and place of every problem of a folder."""
    _, _, problems = read_project(root, MEASURES)
    return [(each.code, each.file, each.where) for each in problems]


def test_the_small_project_is_read_with_its_layers_in_order_of_name(tmp_path: Path) -> None:
    settings, layers, problems = read_project(write(tmp_path), MEASURES)
    assert problems == []
    assert settings.project.title == "小镇"
    assert [layer.name for layer in layers] == ["parcels", "places", "roads", "units", "work"]


def test_a_folder_without_settings_is_no_project(tmp_path: Path) -> None:
    assert told(tmp_path) == [("no_settings", str(tmp_path), "")]


def test_a_byte_order_mark_of_a_windows_editor_does_no_harm(tmp_path: Path) -> None:
    root = write(tmp_path)
    (root / "siting.toml").write_text(SETTINGS, "utf-8-sig")
    assert told(root) == []


@pytest.mark.parametrize("raw", [b"[project\n", "[project]\ntitle = '小镇'".encode("gb18030"), b"a = 1\na = 2\n"])
def test_broken_toml_is_told_by_file(tmp_path: Path, raw: bytes) -> None:
    root = write(tmp_path)
    (root / "siting.toml").write_bytes(raw)
    (root / "layers" / "units.toml").write_bytes(raw)
    assert told(root) == [("toml_broken", "siting.toml", ""), ("toml_broken", "layers/units.toml", "")]


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:2248", "EPSG:1", "北屯"])
def test_the_project_works_in_metres_only(tmp_path: Path, crs: str) -> None:
    root = write(tmp_path, SETTINGS.replace("EPSG:4538", crs))
    assert told(root) == [("project_crs", "siting.toml", "project.crs")]


def test_problems_of_settings_and_of_layers_are_told_together(tmp_path: Path) -> None:
    root = write(tmp_path, SETTINGS.replace("snap = 300", "snapp = 300"))
    (root / "layers" / "units.toml").write_text('role = "unit"\nsource = "data/units.gpkg"\n', "utf-8")
    assert told(root) == [
        ("unknown_key", "siting.toml", "travel.snapp"),
        ("wrong_value", "layers/units.toml", "role"),
    ]
