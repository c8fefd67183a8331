"""The shipped catalogue of kinds (`catalogue.csv`): ids with Chinese and English titles."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from siting.base.columns import Language


@dataclass(frozen=True)
class Entry:
    """One kind: its group (place, utility, origin, kind), titles, and colour on the map."""

    group: str
    zh: str
    en: str
    colour: str


@cache
def catalogue() -> dict[str, Entry]:
    """Return the entries by id."""
    rows = csv.DictReader(files("siting.base").joinpath("catalogue.csv").read_text("utf-8").splitlines())
    return {row["id"]: Entry(row["group"], row["zh"], row["en"], row["colour"]) for row in rows}


def ids(group: str) -> tuple[str, ...]:
    """Return the ids of a group in catalogue order."""
    return tuple(name for name, entry in catalogue().items() if entry.group == group)


def title(kind: str, language: Language) -> str:
    """Return the title of a kind; a kind of the user's own is its own title."""
    entry = catalogue().get(kind)
    return kind if entry is None else (entry.zh if language == "zh" else entry.en)
