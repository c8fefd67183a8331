"""Whether everything that a run was made of is still what its stamp says: settings, layers, files, versions."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from siting.access import MEASURES
from siting.base.addresses import is_database
from siting.base.errors import Problem, UsageError
from siting.base.layers import Layer, LayerSettings
from siting.base.model import SETTINGS_FILE
from siting.base.settings import Settings
from siting.base.stamp import digest, file_digest, versions
from siting.report.folder import STAMP
from siting.sources.archives import split_source
from siting.sources.files import files_of
from siting.sources.project_files import read_project
from siting.sources.rasters import raster_files

SHOWN_DIGITS = 12
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Recorded:
    """What a stamp says that a run was made of: settings and layers, with the digests of their files."""

    settings: Settings
    layers: tuple[Layer, ...]
    digests: Mapping[str, Mapping[str, str]]
    others: Mapping[str, str]
    versions: Mapping[str, str]


def recorded(stamp: Mapping[str, Any], root: Path) -> Recorded:
    """Return what a stamp says.

    No password stands in a stamp: those of database layers come from the layer files of the project at `root`, where
    they name the same source. Raises UsageError for a part that is missing or cannot be used.
    """
    declared, own_layers, _ = read_project(root, MEASURES)
    own = {each.name: each.settings for each in own_layers}
    layers, digests = [], {}
    for name, entry in _table(stamp, "layers").items():
        part = f"layers.{name}"
        if not isinstance(entry, dict):
            raise _unusable(part)
        found = _model(LayerSettings, entry.get("settings"), own.get(name), part)
        if name in own and own[name].source == found.source:
            found = found.model_copy(update={"secret": own[name].secret})
        layers.append(Layer(name=name, file=str(entry.get("file", "")), settings=found))
        digests[name] = _texts(entry, "sha256", part)
    return Recorded(
        _model(Settings, stamp.get("settings"), declared, "settings"),
        tuple(sorted(layers, key=lambda each: each.file)),
        digests,
        _texts(stamp, "other_files_sha256", "other_files_sha256"),
        _texts(stamp, "versions", "versions"),
    )


def _model(kind: type[M], written: Any, declared: M | None, part: str) -> M:
    """Return a block as a stamp has it, in the order of the declared one where the stamp has sorted its keys.

    Order counts: that of [utility.NAME] is the order of columns. Where both say the same it is the declared one.
    """
    same = None if declared is None else declared.model_dump(mode="json")
    if declared is not None and written == same:
        return declared
    if isinstance(written, dict) and list(written) == sorted(written):
        written = _like(written, same)
    try:
        made = kind.model_validate_json(json.dumps(written))
        # a default is what the model has, not what JSON made of it: 5000 went out as 5000.0
        return kind.model_validate_json(made.model_dump_json(exclude_defaults=True))
    except ValidationError as error:
        raise _unusable(part) from error


def _like(written: Any, model: Any) -> Any:
    if not isinstance(written, dict) or not isinstance(model, dict):
        return written
    order = [*(key for key in model if key in written), *(key for key in written if key not in model)]
    return {key: _like(written[key], model.get(key)) for key in order}


def _table(stamp: Mapping[str, Any], part: str) -> Mapping[str, Any]:
    found = stamp.get(part)
    if not isinstance(found, dict):
        raise _unusable(part)
    return found


def _texts(block: Mapping[str, Any], part: str, named: str) -> dict[str, str]:
    found = block.get(part)
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
        raise _unusable(named)
    return dict(found)


def _unusable(part: str) -> UsageError:
    return UsageError(Problem("replay_no_settings", STAMP, found=part))


def input_problems(known: Recorded, root: Path) -> list[Problem]:
    """Return what is no longer as it was: refusals for files, warnings for versions, notes for the rest.

    Files are read once to be hashed; nothing is computed. Tables of databases are told, not read.
    """
    problems = [each for layer in known.layers for each in _layer_problems(layer, known.digests[layer.name], root)]
    for name, expected in sorted(known.others.items()):
        problems += _other_problems(name, expected, root)
    now = versions()
    for name in sorted(now.keys() | known.versions.keys()):
        then, here = known.versions.get(name, "—"), now.get(name, "—")
        if then != here:
            problems.append(Problem("replay_version", STAMP, name, here, then, level="warn"))
    return [*problems, *_text_problems(known, root)]


def _layer_problems(layer: Layer, expected: Mapping[str, str], root: Path) -> Iterator[Problem]:
    source = layer.settings.source
    if is_database(source):
        yield Problem("replay_database", source, layer.name, level="note")
        return
    path = root / split_source(source).path
    if not path.exists():
        yield Problem("replay_missing", source, layer.name)
        return
    files = {_named(each, root): each for each in (raster_files(path) if layer.role == "raster" else files_of(path))}
    for name in sorted(expected.keys() | files.keys()):
        if name not in files:
            yield Problem("replay_missing", name, layer.name)
        elif name not in expected:
            yield Problem("replay_new_file", name, layer.name)
        else:
            here = file_digest(files[name])
            if here != expected[name]:
                yield _changed(name, layer.name, here, expected[name])


def _other_problems(name: str, expected: str, root: Path) -> Iterator[Problem]:
    """Yield whether a file that is no layer changed: a rulebook, or an extract (kept as the digest of a digest)."""
    path = root / name
    if not path.is_file():
        yield Problem("replay_missing", name)
        return
    here = file_digest(path)
    if expected not in (here, digest([bytes.fromhex(here)])):
        yield _changed(name, "", here, expected)


def _changed(name: str, where: str, here: str, expected: str) -> Problem:
    return Problem("replay_changed", name, where, here[:SHOWN_DIGITS], expected[:SHOWN_DIGITS])


def _text_problems(known: Recorded, root: Path) -> Iterator[Problem]:
    """Yield which declared files were changed since: they do not count, which a user should know."""
    settings, layers, _ = read_project(root, MEASURES)
    if settings is not None and settings != known.settings:
        yield Problem("replay_settings", SETTINGS_FILE, level="note")
    now = {each.name: each.settings.model_dump(mode="json") for each in layers}
    for layer in known.layers:
        if layer.name in now and now[layer.name] != layer.settings.model_dump(mode="json"):
            yield Problem("replay_settings", layer.file, level="note")


def _named(path: Path, root: Path) -> str:
    """Return the name under which the stamp keeps a file."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
