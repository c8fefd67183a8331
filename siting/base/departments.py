"""Who owes what (`departments.csv`): the department that answers for each kind of need, and the clause that says so.

The city's plan names the departments of a task together; which of them leads is often our guess, and marked so.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from siting.base.columns import Language

OTHER = "other"
"""The row of needs that no row names: they fall to the unit itself."""
UNIT = "{unit}"
"""Stands in a department's name for the unit in which the parcel lies."""


@dataclass(frozen=True)
class Department:
    """Who answers for a kind of need, the clause, and how sure we are of both (marks joined by `/`)."""

    zh: str
    en: str
    clause: str
    clause_en: str
    evidence: str

    def name(self, language: Language, unit: str) -> str:
        """Return its name for a parcel that lies in `unit`."""
        return (self.zh if language == "zh" else self.en).replace(UNIT, unit)

    def source(self, language: Language) -> str:
        """Return the clause in a language."""
        return self.clause if language == "zh" else self.clause_en


@cache
def departments() -> dict[str, Department]:
    """Return the shipped departments by the id of the need."""
    rows = csv.DictReader(files("siting.base").joinpath("departments.csv").read_text("utf-8").splitlines())
    return {row.pop("need"): Department(**row) for row in rows}


def department(need: str, own: Mapping[str, str] | None = None) -> Department:
    """Return who answers for a need: as the user says (`own`, evidence U), else as shipped, else the unit itself."""
    shipped = departments().get(need, departments()[OTHER])
    named = (own or {}).get(need)
    if named is None:
        return shipped
    return Department(named, named, shipped.clause, shipped.clause_en, "U")
