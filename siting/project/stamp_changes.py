"""What changed between the stamps of two runs: inputs by layer and file, settings key by key, versions."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from siting.base.errors import Problem
from siting.report.folder import STAMP

Change = Mapping[str, str]
SHOWN_DIGITS = 12
_PARTS = ("settings", "layers", "versions", "other_files_sha256")


def stamp_changes(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[list[Change], list[Problem]]:
    """Return every change as kind (input, settings, version), where, before, after; and what could not be compared.

    An absent entry is empty text. A stamp that lacks a part (written by an early version) is told, once a part.
    """
    changes: list[Change] = []
    missing: list[Problem] = []
    for part in _PARTS:
        found = [stamp.get(part) for stamp in (one, other)]
        if not isinstance(found[0], dict) or not isinstance(found[1], dict):
            missing.append(Problem("diff_part_missing", STAMP, found=part, level="note"))
        elif part == "layers":
            changes += _layers(found[0], found[1])
        else:
            kind = {"settings": "settings", "versions": "version"}.get(part, "input")
            changes += _pairs(kind, "", _flat(found[0]), _flat(found[1]))
    order = {"input": 0, "settings": 1, "version": 2}
    return sorted(changes, key=lambda each: (order[each["kind"]], each["where"])), missing


def _layers(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[Change]:
    for name in sorted(one.keys() | other.keys()):
        blocks = [each if isinstance(each := run.get(name), dict) else {} for run in (one, other)]
        hashes = [each if isinstance(each := block.get("sha256"), dict) else {} for block in blocks]
        yield from _pairs("input", f"{name} ", *(_flat(each) for each in hashes))
        if name in one and name in other:
            settings = [_flat({"layers": {name: block.get("settings")}}) for block in blocks]
            yield from _pairs("settings", "", *settings)


def _pairs(kind: str, lead: str, one: Mapping[str, str], other: Mapping[str, str]) -> Iterator[Change]:
    for key in sorted(one.keys() | other.keys()):
        before, after = one.get(key, ""), other.get(key, "")
        if before != after:
            if kind == "input":
                before, after = before[:SHOWN_DIGITS], after[:SHOWN_DIGITS]
            yield {"kind": kind, "where": f"{lead}{key}", "before": before, "after": after}


def _flat(branch: Any, path: str = "") -> dict[str, str]:
    """Return leaves by dotted path; a list of named blocks by their names, any other list as one leaf."""
    if isinstance(branch, list) and branch and all(isinstance(each, dict) and "name" in each for each in branch):
        branch = {str(each["name"]): each for each in branch}
    if not isinstance(branch, dict):
        if branch is None:
            return {}
        return {path: branch if isinstance(branch, str) else json.dumps(branch, ensure_ascii=False, sort_keys=True)}
    found: dict[str, str] = {}
    for key in branch:
        found |= _flat(branch[key], f"{path}.{key}" if path else str(key))
    return found
