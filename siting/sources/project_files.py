"""The declared text of a project folder: siting.toml and layers/*.toml, read and checked."""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyproj
from pyproj.exceptions import CRSError

from siting.base.columns import Language
from siting.base.errors import Problem
from siting.base.layers import Layer
from siting.base.model import SETTINGS_FILE
from siting.base.rulebook import load_rulebook, rules_of_layers
from siting.base.settings import Settings
from siting.base.settings_checks import cross_check, read_layer_settings, read_settings
from siting.sources.crs import is_metric


def read_project(
    root: Path, measures: Iterable[str], *, only_screen: bool = False
) -> tuple[Settings | None, tuple[Layer, ...], list[Problem]]:
    """Return settings and layers of a folder, None for settings that cannot be used, and every problem."""
    file = root / SETTINGS_FILE
    if not file.is_file():
        return None, (), [Problem("no_settings", str(root))]
    raw, problems = _toml(file, SETTINGS_FILE)
    settings = None
    if raw is not None:
        settings, found = read_settings(raw)
        problems += found
    layers, found = _layers(root)
    problems += found
    if settings is not None:
        problems += _check_crs(settings.project.crs)
        if not found:
            problems += cross_check(settings, layers, measures, only_screen=only_screen)
            book, amiss = load_rulebook(settings.screen, root)
            problems += amiss or rules_of_layers(layers, book, settings.screen)[1]
    return settings, layers, problems


def stated_crs(root: Path) -> pyproj.CRS | None:
    """Return the CRS that a project's settings name, however broken the rest; None where it cannot be used."""
    block = _project_block(root)
    written = block.get("crs")
    if not isinstance(written, str) or _check_crs(written):
        return None
    return pyproj.CRS.from_user_input(written)


def language_of(root: Path) -> Language:
    """Return the language that a project's settings name, however broken the rest; Chinese otherwise."""
    return "en" if _project_block(root).get("language") == "en" else "zh"


def _project_block(root: Path) -> dict[str, Any]:
    raw, _ = _toml(root / SETTINGS_FILE, SETTINGS_FILE) if (root / SETTINGS_FILE).is_file() else (None, [])
    block = (raw or {}).get("project")
    return block if isinstance(block, dict) else {}


def _layers(root: Path) -> tuple[tuple[Layer, ...], list[Problem]]:
    layers: list[Layer] = []
    problems: list[Problem] = []
    for file in sorted((root / "layers").glob("*.toml")):
        name = f"layers/{file.name}"
        raw, found = _toml(file, name)
        problems += found
        if raw is not None:
            settings, found = read_layer_settings(raw, name)
            problems += found
            if settings is not None:
                layers.append(Layer(name=file.stem, file=name, settings=settings))
    return tuple(layers), problems


def _toml(file: Path, name: str) -> tuple[dict[str, Any] | None, list[Problem]]:
    try:
        return tomllib.loads(file.read_text("utf-8-sig")), []
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError, OSError) as error:
        return None, [Problem("toml_broken", name, found=str(error))]


def _check_crs(written: str) -> list[Problem]:
    try:
        crs = pyproj.CRS.from_user_input(written)
    except CRSError:
        return [Problem("project_crs", SETTINGS_FILE, "project.crs", written)]
    return [] if is_metric(crs) else [Problem("project_crs", SETTINGS_FILE, "project.crs", crs.name)]
