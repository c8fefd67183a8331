"""What a plan stands on before anything is ranked: units, documents still owed, and whether quota and costs fit them."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import pandas as pd

from siting.base.errors import Problem
from siting.base.need_settings import unit_problems
from siting.base.papers_settings import PapersBlock, papers_problems
from siting.base.quota_settings import quota_problems
from siting.base.settings import Settings
from siting.parcels import NEEDS, closed_gates, gate_ids
from siting.project.candidates import Candidates
from siting.project.commuting import unit_ids
from siting.project.pricing import cost_problems


@dataclass(frozen=True)
class Grounds:
    """The candidates of a project as a plan looks at them."""

    settings: Settings
    candidates: Candidates = field(repr=False)

    @property
    def unit_names(self) -> dict[str, str]:
        """Names of the units by id."""
        units = self.candidates.units
        if units is None:
            return {str(unit): str(unit) for unit in sorted(set(self.candidates.table["unit"])) if unit}
        names = units["name"] if "name" in units.columns else units["id"]
        return {str(unit): str(name) or str(unit) for unit, name in zip(units["id"], names, strict=True)}

    @cached_property
    def unit_of(self) -> pd.Series:
        """The unit id of each parcel."""
        words, units = self.candidates.table["unit"], self.candidates.units
        return words.astype(str) if units is None else unit_ids(words, units, self.candidates.unit_names)

    @cached_property
    def owed(self) -> pd.DataFrame:
        """The documents that each parcel still owes: parcel_id, need, title, clause, is_gate."""
        language = self.settings.project.language
        gates = closed_gates(self.candidates.hits, self.candidates.rules)
        rows = [
            (str(parcel), need.id, need.title(language), need.clause, need.id in gates.get(str(parcel), ()))
            for parcel, needs in self.candidates.needs.items()
            for need in needs
        ]
        return pd.DataFrame(rows, columns=["parcel_id", "need", "title", "clause", "is_gate"])

    @property
    def code_system(self) -> str:
        """The system of the land-use codes of the parcels."""
        return self.candidates.code_system

    def problems(self) -> list[Problem]:
        """Return what is amiss between quota, costs and papers and the parcels, units and documents that there are.

        A quota that the office does not yet stand by stops no run: there is no plan then, and this is told.
        """
        found = cost_problems(self.candidates.table, self.candidates.file) if self.settings.finance is not None else []
        found += papers_problems(self.settings.papers or PapersBlock(), frozenset(self.owed["need"]))
        if self.settings.need is not None:
            found += unit_problems(self.settings.need, self.unit_names)
        if self.settings.quota is None:
            return found
        quota = self.settings.quota
        told = quota_problems(
            quota,
            self.unit_names,
            list(map(str, self.candidates.table.index)),
            gates=self.documents,
            schools=self.settings.school,
        )
        return found + [replace(each, level="warn") if each.code == "quota_unconfirmed" else each for each in told]

    @property
    def documents(self) -> frozenset[str]:
        """The ids of every document that parcels of this project may owe."""
        of_rules = gate_ids(self.candidates.rules)
        return frozenset({*NEEDS, *of_rules, *self.owed["need"]})
