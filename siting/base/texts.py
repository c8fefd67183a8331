"""Every sentence that a user reads, in Chinese and English, from one table (`texts.toml`).

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
    raw = tomllib.loads(files("siting.base").joinpath("texts.toml").read_text("utf-8"))
    return dict(_flatten(raw, ""))


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
