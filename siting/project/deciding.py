"""What follows from the ranks: certificates, both ledgers, the need, and the plan of one run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from siting.base.columns import Language
from siting.base.errors import Problem
from siting.base.layers import Layer, newest_day
from siting.base.settings import Settings
from siting.plan import School
from siting.project.certified import Certified
from siting.project.evaluate import Evaluator
from siting.project.grounds import Grounds
from siting.project.living import Living
from siting.project.needing import Needing
from siting.project.planning import Planning
from siting.project.pricing import Pricing
from siting.sources.reading import Reading

RECORDS_MAX = 2000
"""Of receipts that tell of certificates, money and plan, in the order of the ranking; the tables hold all."""
PRICE_COLUMNS = ("price_yuan_m2", "price_ok")


@dataclass(frozen=True)
class Deciding:
    """The parts that follow from one finished ranking; each computes when first asked for.

    ranking: its rows, certificates still empty. utilities: how each parcel is joined to each utility.
    """

    settings: Settings
    layers: tuple[Layer, ...]
    grounds: Grounds
    readings: Mapping[str, Reading] = field(repr=False)
    evaluator: Evaluator = field(repr=False)
    living: Living = field(repr=False)
    certified: Certified = field(repr=False)
    utilities: Mapping[str, pd.DataFrame] = field(repr=False)
    ranking: pd.DataFrame = field(repr=False)
    tell: Callable[[Problem], None] = field(repr=False)

    @cached_property
    def pricing(self) -> Pricing | None:
        """Both ledgers, None without `[finance]`."""
        if self.settings.finance is None:
            return None
        return Pricing(self.settings, self.settings.finance, self.grounds.candidates.table, self.utilities)

    @cached_property
    def needing(self) -> Needing | None:
        """The need and the quota that it asks for, None without `[need]`."""
        if self.settings.need is None:
            return None
        homes = self.grounds.candidates.table["homes"].astype(float).fillna(0)
        room = homes.groupby(self.grounds.unit_of).sum().astype(int)
        day = self.settings.project.date or newest_day(self.layers)
        found = Needing(self.settings.need, dict(self.readings), self.grounds.unit_names, day, room.to_dict())
        for problem in found.problems:
            self.tell(problem)
        return found

    @cached_property
    def planning(self) -> Planning | None:
        """The plan, None without a quota that the office stands by."""
        quota = self.settings.quota
        if quota is None or not quota.confirmed:
            return None
        return Planning(
            quota=quota,
            ranking=self.ranking.set_index("parcel_id", drop=False),
            parcels=self.grounds.candidates.table,
            units=self.grounds.unit_of,
            names=self.grounds.unit_names,
            prices=None if self.pricing is None else self.pricing.prices,
            owed=self.grounds.owed,
            schools=self._schools() if quota.school_places else (),
            day=self.settings.project.date or newest_day(self.layers),
        )

    def _schools(self) -> tuple[School, ...]:
        """Return every school with its free places, and the pupils of the parcels to which it is the nearest."""
        homes = self.living.homes.dropna()
        found = []
        for name, schools in sorted(self.living.schools.items()):
            nearest = schools.nearest(self.evaluator, homes)
            pupils = homes * schools.block.pupils_per_home
            for school, free in schools.free.items():
                own = nearest.index[nearest == school]
                found.append(School(f"{name}:{school}", float(free), pupils[own].to_dict()))
        return tuple(found)

    def columns(self) -> pd.DataFrame:
        """Return what is put into the ranking: certificates, and further columns for price and plan, by parcel."""
        found = self.certified.columns()
        if self.pricing is not None:
            found = found.join(self.pricing.prices[list(PRICE_COLUMNS)], how="outer")
        planning = self.planning
        if planning is not None and planning.is_made:
            years = planning.plan.chosen.set_index("parcel_id")["year"]
            found = found.join(years.rename("plan_year").astype("Int64"), how="outer")
        return found

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return certificates, money, need and plan, by the name of their file."""
        found, language = self.certified.tables(), self.settings.project.language
        if self.pricing is not None:
            found["prices"] = self.pricing.table()
            swings = self.pricing.swings(self._ranked)
            if len(swings):
                found["price_swings"] = swings
        if self.needing is not None:
            found |= self.needing.tables()
        if self.planning is not None:
            found |= self.planning.tables(language)
        return found

    @property
    def _ranked(self) -> list[str]:
        return [str(parcel) for parcel in self.ranking.loc[self.ranking["rank"].notna(), "parcel_id"]]

    def texts(self) -> dict[str, str]:
        """Return further files that are text, by name."""
        needing = self.needing
        language: Language = self.settings.project.language
        return {} if needing is None else {"quota_proposal.toml": needing.toml(language)}

    def record(self, parcel: str, position: int) -> dict[str, Any]:
        """Return certificate, price and plan of one parcel for its receipt; None for what is not there or beyond the first."""
        if position >= RECORDS_MAX:
            return {"certificate": None, "price": None, "plan": None}
        return {
            "certificate": self.certified.record(parcel),
            "price": None if self.pricing is None else self.pricing.record(parcel),
            "plan": None if self.planning is None else self.planning.record(parcel),
        }
