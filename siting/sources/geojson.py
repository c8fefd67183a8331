"""GeoJSON before GDAL sees it: its depth, its syntax by line and column, names that stand twice."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from siting.sources.reading import Findings

DEPTH_MOST = 64
"""Brackets within brackets of a sound file: a multipolygon needs 9, attributes some more (evidence G)."""

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
_OPEN, _CLOSE = np.frombuffer(b"[{", np.uint8), np.frombuffer(b"]}", np.uint8)
_FEATURE: dict[str, Any] = {"type": "Feature"}
_TYPES = ("Feature", "FeatureCollection")


def is_sound(path: Path, findings: Findings) -> bool:
    """Whether a file is GeoJSON that can be read to its end; the refusal otherwise.

    A name that stands twice in one object is told by row: readers differ in which of the two they keep.
    """
    raw = path.read_bytes()
    depth = _depth(raw)
    if depth > DEPTH_MOST:
        findings.refuse("too_deep", found=depth, expected=str(DEPTH_MOST))
        return False
    try:
        written = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        findings.refuse("not_utf8", f"byte {error.start + 1}", repr(raw[error.start : error.start + 8])[1:])
        return False
    pairs = _Pairs()
    try:
        whole = json.loads(written, object_pairs_hook=pairs)
    except json.JSONDecodeError as error:
        findings.refuse("damaged_json", f"line {error.lineno}", error.msg, str(error.colno))
        return False
    except ValueError as error:  # a number of thousands of digits
        findings.refuse("damaged_json", "", str(error), "-")
        return False
    kind = whole.get("type") if isinstance(whole, dict) else None
    if kind not in _TYPES:
        findings.refuse("not_geojson", found=str(kind), expected=", ".join(_TYPES))
        return False
    for row, name in pairs.twice:
        findings.warn("name_twice", f"row {row}", name)
    return _has_only_features(whole, findings)


def _has_only_features(whole: dict[str, Any], findings: Findings) -> bool:
    """Whether every member of a collection is a feature; GDAL passes over the others without a word."""
    members = whole.get("features", [])
    if whole.get("type") != "FeatureCollection":
        return True
    if not isinstance(members, list):
        findings.refuse("not_geojson", "features", type(members).__name__, "[…]")
        return False
    strange = [row for row, each in enumerate(members) if each is not _FEATURE]
    findings.rows("refuse", "no_feature", strange)
    return not strange


class _Pairs:
    """Makes objects of pairs; keeps the rows (from 1) and names that stand twice."""

    def __init__(self) -> None:
        self.row = 1
        self.twice: list[tuple[int, str]] = []

    def __call__(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            names = [name for name, _ in pairs]
            self.twice += [(self.row, name) for name in made if names.count(name) > 1]
        if made.get("type") == "Feature":
            self.row += 1
            return _FEATURE
        return made


def _depth(raw: bytes) -> int:
    """Return how deep brackets stand within brackets, those within strings not counted."""
    signs = np.frombuffer(_STRING.sub(b"", raw), np.uint8)
    steps = np.isin(signs, _OPEN).astype(np.int8) - np.isin(signs, _CLOSE).astype(np.int8)
    steps = steps[steps != 0]
    return int(np.cumsum(steps, dtype=np.int64).max(initial=0))
