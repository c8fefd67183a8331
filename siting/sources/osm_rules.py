"""What OSM tags mean to us: rule tables (`osm_tags/`, one a topic) applied to the tags of an object.

A rule matches when `key` has one of `values` (`*`: any), `also_pattern` is found in `also_key`, and
`unless_name` is not found in the name.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

Tags = Mapping[str, str]


@dataclass(frozen=True)
class TagRule:
    """One row of a rule table: what it yields, and the tags that it asks for."""

    row: Mapping[str, str]
    key: str
    values: frozenset[str]
    also_key: str
    also_pattern: re.Pattern[str]
    unless_name: re.Pattern[str] | None

    def matches(self, tags: Tags) -> bool:
        """Return whether an object's tags satisfy the rule."""
        value = tags.get(self.key)
        if value is None or value == "no" or not ("*" in self.values or value in self.values):
            return False
        if self.unless_name is not None and self.unless_name.search(tags.get("name", "")):
            return False
        return not self.also_key or self.also_pattern.search(tags.get(self.also_key, "")) is not None


@cache
def rules(topic: str) -> tuple[TagRule, ...]:
    """Return the rules of a topic in the order of its table."""
    written = files("siting.sources").joinpath("osm_tags", f"{topic}.csv").read_text("utf-8")
    return tuple(
        TagRule(
            row,
            row["key"],
            frozenset(row["values"].split("|")),
            row.get("also_key", ""),
            re.compile(row.get("also_pattern", "")),
            re.compile(row["unless_name"]) if row.get("unless_name") else None,
        )
        for row in csv.DictReader(written.splitlines())
    )


def first(topic: str, tags: Tags) -> Mapping[str, str] | None:
    """Return the first row of a topic that matches, or None."""
    return next((rule.row for rule in rules(topic) if rule.matches(tags)), None)


def place_kinds(tags: Tags) -> list[tuple[str, str]]:
    """Return every (group, kind) of an object; a fallback row counts only where no other of its key does."""
    found = [rule for rule in rules("places") if rule.matches(tags)]
    firm = {rule.key for rule in found if not rule.row["fallback"]}
    kept = [rule for rule in found if not rule.row["fallback"] or rule.key not in firm]
    return list(dict.fromkeys((rule.row["group"], rule.row["kind"]) for rule in kept))


def area_keys() -> frozenset[str]:
    """Return every key by which an area may matter; the rest of a file need not be assembled."""
    topics = ("places", "workplaces", "parcels", "backdrop")
    keys = {rule.key for topic in topics for rule in rules(topic)} - {"highway", "waterway", "railway"}
    return frozenset(keys | {"building", "boundary"})
