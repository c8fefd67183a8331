"""The need of a run: ledgers and the waiting list counted, and the quota that they ask for, for the office to judge."""

from dataclasses import dataclass, field
from datetime import date as Date
from functools import cached_property

import pandas as pd

from siting.base.errors import Problem
from siting.base.need_settings import NeedBlock
from siting.indicators import wished_band
from siting.plan import Need, Proposal, ledger, propose, quota_toml, waiting
from siting.sources.reading import Reading


@dataclass(frozen=True)
class Needing:
    """The need that `[need]` counts. units: name by id. day: of the documents. room: homes of the candidates by unit."""

    block: NeedBlock
    readings: dict[str, Reading] = field(repr=False)
    units: dict[str, str]
    day: Date | None
    room: dict[str, int] = field(repr=False)

    @cached_property
    def need(self) -> Need:
        """The need by unit, group and size of home."""
        tables = {name: self.readings[name].table for name in self.block.ledgers}
        return ledger(
            tables,
            self.units,
            city_unit=self.block.city_unit,
            households_per_row=self.block.households_per_row,
            read_band=wished_band,
            day=self.day,
        )

    @cached_property
    def proposal(self) -> Proposal:
        """The quota that the need asks for, with its arithmetic."""
        return propose(
            self.need,
            years=self.block.years,
            wait_months=self.block.wait_months,
            committed=self.block.committed,
            first_share=self.block.first_share,
            capacity_by_unit=self.room,
        )

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All that is to be told of the ledgers and the proposal."""
        return (*self.need.problems, *self.proposal.problems)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return need, waiting list and proposal, by the name of their file."""
        found = {"need": self.need.table, "quota_proposal": self.proposal.table, "need_shares": self.proposal.shares}
        if self.day is not None:
            wait = waiting(self.need, self.day, longest_wait_months=self.block.wait_months)
            found["waiting"] = wait.assign(date=wait["date"].dt.strftime("%Y-%m-%d").fillna(""))
        return found

    def toml(self, language: str) -> str:
        """Return the proposal as a block for siting.toml, not confirmed."""
        return quota_toml(self.proposal, language="en" if language == "en" else "zh", source=self.block.source)
