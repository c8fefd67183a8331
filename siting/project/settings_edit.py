"""Writing one block into siting.toml: every other byte stays, comments too, and the former file is kept beside it.

The file is cut into statements (a header, a key with its value, a comment, a blank line), never taken apart further:
what is not replaced is handed on as it was read. Whether the result says what it must is then read back.
"""

import os
import re
import shutil
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import tomlkit

from siting.base.errors import Problem, UsageError
from siting.base.model import SETTINGS_FILE
from siting.base.weights_settings import BLOCK, WeightsBlock
from siting.project.weighable import CRITERION, WEIGHT

PREVIOUS = f"{SETTINGS_FILE}.previous"
UNREADABLE = (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError)
BOM = "\ufeff"


@dataclass(frozen=True)
class SettingsFile:
    """siting.toml as it was read: where it is, its bytes, its text (without byte order mark) and what it says."""

    path: Path
    content: bytes
    text: str
    table: Mapping[str, Any]


class _Statement(NamedTuple):
    """One statement of the file: its text, the dotted names of the header it stands under, and its own first key.

    header: of a header itself, its own names; `[[criterion]]` is ("criterion", "*").
    """

    text: str
    header: tuple[str, ...]
    key: str
    is_header: bool


def read_settings_file(folder: Path) -> SettingsFile:
    """Return siting.toml of a folder; UsageError where there is none, or where it is no TOML."""
    path = folder / SETTINGS_FILE
    if not path.is_file():
        raise UsageError(Problem("no_settings", str(folder)))
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
        return SettingsFile(path, content, text, tomllib.loads(text))
    except (*UNREADABLE, OSError) as error:
        raise UsageError(Problem("toml_broken", SETTINGS_FILE, found=str(error))) from error


def weights_toml(block: WeightsBlock) -> str:
    """Return `[weights]` as TOML: only the keys that its method needs, names and sentences escaped where they must be."""
    table = tomlkit.table()
    for key, value in block.model_dump(exclude_defaults=True, exclude={"judge", "source", "evidence"}).items():
        table.add(key, _toml_value(value))
    if block.source:
        table.add("source", block.source)
    table.add("evidence", block.evidence)
    if block.judge:
        judges = tomlkit.aot()
        for judge in block.judge:
            one = tomlkit.table()
            one.add("name", judge.name)
            one.add("pairwise", _toml_value(judge.pairwise).multiline(multiline=True))
            judges.append(one)
        table.add("judge", judges)
    document = tomlkit.document()
    document.add(BLOCK, table)
    return tomlkit.dumps(document).rstrip("\n") + "\n"


def with_weights(text: str, block: WeightsBlock, names: Iterable[str]) -> str:
    """Return the text of siting.toml with `[weights]` set to a block, and without `weight` at the criteria of these names.

    The block takes the place of the former one, else the end. All else stays byte for byte; comments inside the former block
    and behind a removed weight go with them. Line ends are those of the file. Raises UsageError where the file is written in a
    way that allows no such edit (criteria on one line, for one).
    """
    gone, wanted = frozenset(names), tomllib.loads(text)
    statements = list(_statements(text))
    kept, place = _without(statements, _named(statements, gone))
    end = "\r\n" if "\r\n" in text else "\n"
    lines = weights_toml(block).replace("\n", end)
    before, after = "".join(kept[:place]), "".join(kept[place:])
    before += "" if not before or before.endswith("\n") else end
    before += "" if not before or before.endswith(end * 2) else end
    after = after if not after or after.startswith(end) else end + after
    made = before + lines + after
    if not _says(made, _expected(wanted, block, gone)):
        raise UsageError(Problem("settings_unusual", SETTINGS_FILE, BLOCK))
    return made


def write_settings(before: SettingsFile, text: str) -> None:
    """Put a text in the place of siting.toml in one step; the former file stays as siting.toml.previous.

    Raises UsageError where the file is no longer as it was read, or cannot be written; then nothing has changed.
    """
    target = before.path.resolve()
    mark = BOM if before.content.startswith(BOM.encode()) else ""
    try:
        fresh = _beside(target, (mark + text).encode())
        try:
            if target.read_bytes() != before.content:
                raise UsageError(Problem("settings_moved", SETTINGS_FILE))
            _beside(target, before.content).replace(target.with_name(PREVIOUS))
            fresh.replace(target)
        finally:
            fresh.unlink(missing_ok=True)
    except OSError as error:
        problem = Problem("cannot_write", found=str(before.path), expected=error.strerror or str(error))
        raise UsageError(problem) from error


def _beside(target: Path, content: bytes) -> Path:
    """Return a flushed file of this content in the folder of the target, with its permissions."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    fresh = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(target, fresh)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    return fresh


def _toml_value(value: Any) -> Any:
    """Return a value of a block as TOML: whole numbers without a fraction, tables on lines of their own."""
    if isinstance(value, Mapping):
        table = tomlkit.table()
        for key, each in value.items():
            table.add(key, _toml_value(each))
        return table
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, str):
        return value
    array = tomlkit.array()
    for each in value:
        array.append(_toml_value(each))
    return array


def _statements(text: str) -> Iterator[_Statement]:
    """Yield the statements of a correct TOML text; put together again they are the text."""
    header: tuple[str, ...] = ()
    held = ""
    # not str.splitlines: it also cuts where TOML does not
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        held += line
        parsed = _parsed(held)
        # an open string or list: its further lines belong to the statement, whatever they look like
        if parsed is None:
            continue
        is_header = held.lstrip().startswith("[")
        if is_header:
            header = _path(parsed)
        yield _Statement(held, header, next(iter(parsed), ""), is_header)
        held = ""


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _path(parsed: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names that a header alone comes to, with * for a further item of a list."""
    path: list[str] = []
    inside: Any = parsed
    while inside:
        if isinstance(inside, list):
            path.append("*")
            inside = inside[0]
        else:
            name = next(iter(inside))
            path.append(name)
            inside = inside[name]
    # an empty item of a list ends the walk before its mark
    return (*path, "*") if isinstance(inside, list) else tuple(path)


def _named(statements: Sequence[_Statement], names: frozenset[str]) -> frozenset[int]:
    """Return where the statements stand that give a weight to a criterion of these names."""
    found: set[int] = set()
    name, weight = "", -1
    for at, each in enumerate([*statements, _Statement("", (), "", is_header=True)]):
        if each.is_header and each.header[1:] in ((), ("*",)):
            found |= {weight} if name in names and weight >= 0 else set()
            name, weight = "", -1
        elif each.header == (CRITERION, "*") and each.key == "name":
            name = str(tomllib.loads(each.text)["name"])
        elif each.header == (CRITERION, "*") and each.key == WEIGHT:
            weight = at
    return frozenset(found)


def _without(statements: Sequence[_Statement], dropped: frozenset[int]) -> tuple[list[str], int]:
    """Return the texts of all but the weights, and before which of them `[weights]` goes."""
    kept: list[str] = []
    place = -1
    for at, each in enumerate(statements):
        owner = each.header[0] if each.header else each.key
        if owner != BLOCK:
            if at not in dropped:
                kept.append(each.text)
        elif each.is_header and place < 0:
            place = len(kept)
        elif not each.key and _is_of_next(statements[at:]):
            # a comment above the next header speaks of that one
            kept.append(each.text)
    return kept, len(kept) if place < 0 else place


def _is_of_next(following: Sequence[_Statement]) -> bool:
    """Whether nothing but comments and blank lines stands between here and a header of another block, or the end."""
    said = next((each for each in following if each.key), None)
    return said is None or (said.is_header and said.header[0] != BLOCK)


def _expected(table: Mapping[str, Any], block: WeightsBlock, gone: frozenset[str]) -> dict[str, Any]:
    """Return what the file must say after the edit."""
    criteria = [
        {key: value for key, value in each.items() if key != WEIGHT or each.get("name") not in gone}
        for each in table.get(CRITERION, [])
    ]
    whole = {key: value for key, value in table.items() if key not in (BLOCK, CRITERION)}
    whole |= {CRITERION: criteria} if criteria else {}
    return {**whole, BLOCK: tomllib.loads(weights_toml(block))[BLOCK]}


def _says(text: str, expected: Mapping[str, Any]) -> bool:
    # as text, for a number that is none does not equal itself
    parsed = _parsed(text)
    return parsed is not None and _sorted_text(parsed) == _sorted_text(expected)


def _sorted_text(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key!r}: {_sorted_text(value[key])}' for key in sorted(value))}}}"
    return f"[{', '.join(map(_sorted_text, value))}]" if isinstance(value, list) else repr(value)
