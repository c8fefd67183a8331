"""Every sentence that a user reads, in Chinese and English, from the tables of `wording/`.

Both languages are needed at once (problems.csv, the page), so the table keeps them side by side.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from siting.base.columns import Language

LANGUAGES: tuple[Language, ...] = ("zh", "en")


@cache
def table() -> dict[str, dict[str, str]]:
    """Return all texts as dotted key -> language -> sentence."""
    found: dict[str, dict[str, str]] = {}
    for file in sorted(files("siting.base").joinpath("wording").iterdir(), key=lambda each: each.name):
        rows = dict(_flatten(tomllib.loads(file.read_text("utf-8")), ""))
        if twice := found.keys() & rows.keys():
            msg = f"{file.name} repeats {sorted(twice)}"
            raise ValueError(msg)
        found |= rows
    return found


def text(key: str, language: Language, **values: object) -> str:
    """Return the sentence of `key` with its placeholders filled; KeyError for an unknown key."""
    return table()[key][language].format(**values)


def section(prefix: str, language: Language) -> dict[str, str]:
    """Return all unfilled sentences below `prefix`, by the rest of their key."""
    lead = f"{prefix}."
    return {key.removeprefix(lead): row[language] for key, row in table().items() if key.startswith(lead)}


def _flatten(branch: Mapping[str, Any], path: str) -> Iterator[tuple[str, dict[str, str]]]:
    for name, twig in branch.items():
        key = f"{path}.{name}" if path else name
        if set(twig) == set(LANGUAGES):
            yield key, {language: str(twig[language]) for language in LANGUAGES}
        else:
            yield from _flatten(twig, key)
