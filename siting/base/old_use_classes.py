"""The classes of land use before 2023 (`old_use_classes.csv`), which the form of yearly land supply still has.

The mapping from the classes of 2023 is from memory: where a class was divided anew, the form's nearest class stands.
A word without a code goes by its group. Marshes, sea and land left open by the plan (留白) have no old class and stay empty.
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from siting.base.columns import Language
from siting.base.land_codes import land_use


@dataclass(frozen=True)
class OldClass:
    """A class before 2023: its code, the column of the form that it counts in, titles, evidence."""

    old_code: str
    column: str
    zh: str
    en: str
    evidence: str

    def title(self, language: Language) -> str:
        """Return code and title."""
        return f"{self.old_code} {self.zh if language == 'zh' else self.en}"


def old_class(written: str, system: str) -> OldClass | None:
    """Return the old class of a land use as a cell has it (a code of `system`, or a title); None where there is none."""
    use = land_use(written, system)
    if use is None:
        return None
    heads = (use.code[:length] for length in (6, 4, 2)) if use.code else (use.group,)
    return next((_classes()[use.system, head] for head in heads if (use.system, head) in _classes()), None)


@cache
def _classes() -> dict[tuple[str, str], OldClass]:
    rows = csv.DictReader(files("siting.base").joinpath("old_use_classes.csv").read_text("utf-8").splitlines())
    return {(row.pop("system"), row.pop("code")): OldClass(**row) for row in rows}
