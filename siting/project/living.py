"""What it would be like to live at each parcel, and what its homes would change: one part a block of the settings."""

from collections.abc import Callable, Mapping
from functools import cached_property

import pandas as pd

from siting.base.columns import SCORED
from siting.base.errors import Problem
from siting.base.model import SETTINGS_FILE
from siting.base.settings import Settings
from siting.base.vacancy_flags import flag_rules
from siting.indicators import Calibration, TakeUp, VacancyIndex, vacancy_index
from siting.parcels import unit_of
from siting.project.calibrated import calibrated, check_records
from siting.project.candidates import Candidates
from siting.project.circles import Circles
from siting.project.commuting import Commuting, unit_ids
from siting.project.evaluate import Evaluator
from siting.project.fairness import people_of
from siting.project.impact import impact
from siting.project.jobs_homes import JobsHomes, observed_flows
from siting.project.prospects import SITES_MAX, Offer, check_take_up, simulated
from siting.project.schools import Schools, all_schools
from siting.project.vacancy_signs import Known, VacancySigns, nuisances_of
from siting.sources.layers import layers_by_role
from siting.sources.reading import Reading

EFFECTS_MAX = 200
"""Of parcels whose effect on commuting is computed, the best ranked first: each solves the commuting problem anew."""


class Living:
    """The parts of one project; each computes when first asked for. `left` are the parcels that screening leaves."""

    def __init__(
        self,
        settings: Settings,
        candidates: Candidates,
        evaluator: Evaluator,
        readings: Mapping[str, Reading],
        left: pd.Index,
        tell: Callable[[Problem], None],
    ) -> None:
        self.tell = tell
        self.settings = settings
        self.candidates = candidates
        self.evaluator = evaluator
        self.left = left
        self._readings = readings

    def check(self) -> None:
        """Read what can be read before any travel; raises InputProblems for amounts and places that cannot be used."""
        block = self.settings.inequality
        if self.circles is not None:
            self.circles.check()
        for each in self.commutings:
            each.check()
        _ = self.schools, self.signs and self.signs.jobs
        self._check_units()
        self._check_homes()
        if self.settings.take_up is not None:
            check_take_up(self.evaluator, self.settings.take_up, self.applicants)
        if self.settings.calibration is not None:
            check_records(self.evaluator, self.settings.calibration)
        for criterion in self.settings.criterion:
            if block is not None and criterion.name in block.criteria:
                people_of(self.evaluator, block, criterion)

    def _check_homes(self) -> None:
        """Tell where no parcel has homes, so that all that follows from them is left out."""
        settings = self.settings
        asked = bool(settings.school) or settings.take_up is not None or bool(settings.jobs_housing)
        if self.homes.empty and (asked or any(each.demand_per_home for each in settings.criterion)):
            self.tell(Problem("homes_unknown", SETTINGS_FILE, "capacity", level="warn"))

    def _check_units(self) -> None:
        """Tell the rows of waiting lists and commuters whose unit is none of the project's; `[need]` tells of its own."""
        units = self.candidates.units
        told = self.settings.need.ledgers if self.settings.need is not None else ()
        if units is None:
            return
        for reading in layers_by_role(self._readings, "demand"):
            for column in ("unit", "work_unit"):
                if column not in reading.table.columns or (column == "unit" and reading.layer.name in told):
                    continue
                words = reading.table[column].astype(str)
                strange = words[~unit_ids(words, units, self.candidates.unit_names).isin(units["id"].astype(str))]
                if len(strange):
                    ids = {"ids": ", ".join(sorted({each or "—" for each in strange})[:10])}
                    lost, total = str(len(strange)), str(len(words))
                    file = reading.layer.settings.source
                    self.tell(Problem("rows_of_no_unit", file, column, lost, total, level="warn", values=ids))

    @cached_property
    def unit(self) -> pd.Series:
        """The id of each parcel's unit, empty where it lies in none."""
        return unit_of(self.candidates.table, self.candidates.units).astype(object)

    @cached_property
    def circles(self) -> Circles | None:
        """The life circles."""
        block = self.settings.life_circle
        if block is None:
            return None
        return Circles(self.evaluator, block, self.candidates.units, self.unit, self.left)

    @cached_property
    def schools(self) -> Mapping[str, Schools]:
        """The schools of every block."""
        return all_schools(self.settings.school, self.evaluator)

    @cached_property
    def commutings(self) -> tuple[Commuting, ...]:
        """Homes and workplaces in each season."""
        block, units = self.settings.jobs_housing, self.candidates.units
        if block is None or units is None:
            return ()
        return tuple(Commuting(self.evaluator, block, units, season) for season in self.evaluator.streets.seasons)

    @cached_property
    def jobs_homes(self) -> tuple[JobsHomes, ...]:
        """Jobs and homes in each season; the first season calibrates the decay that all of them have."""
        found: list[JobsHomes] = []
        for commuting in self.commutings:
            first = found[0].modelled if found else None
            beta = None if first is None else first.beta
            found.append(JobsHomes(commuting, beta=beta, observed=self._observed))
        return tuple(found)

    @property
    def _observed(self) -> pd.DataFrame | None:
        block, units = self.settings.jobs_housing, self.candidates.units
        if block is None or units is None or not block.flows:
            return None
        return observed_flows(self._readings[block.flows].table, units, self.candidates.unit_names)

    @cached_property
    def homes(self) -> pd.Series:
        """Homes of the parcels that screening leaves, where they are known."""
        homes = self.candidates.table["homes"].loc[self.left].astype(float)
        return homes[homes > 0]

    @cached_property
    def school_places(self) -> dict[str, pd.DataFrame]:
        """Needed, free and short places by parcel, of every block of schools."""
        return {name: each.places(self.evaluator, self.homes) for name, each in self.schools.items()}

    @cached_property
    def impacts(self) -> dict[str, pd.DataFrame]:
        """What the homes of each parcel do to the access of every criterion that says what a home adds."""
        named = [each for each in self.settings.criterion if each.demand_per_home is not None]
        return {each.name: impact(self.evaluator, each, self.homes) for each in named}

    @cached_property
    def applicants(self) -> pd.DataFrame:
        """The waiting list that chooses, with unit ids."""
        block = self.settings.take_up
        return self._waiting([] if block is None else [self._readings[block.applicants]])

    def _waiting(self, readings: list[Reading]) -> pd.DataFrame:
        tables = [each.table for each in readings if "work_unit" not in each.table.columns]
        if not tables:
            return pd.DataFrame({"id": [], "unit": []})
        table = pd.concat(tables, ignore_index=True)
        if "unit" in table.columns and self.candidates.units is not None:
            table = table.assign(unit=unit_ids(table["unit"], self.candidates.units, self.candidates.unit_names))
        return table.set_index("id", drop=False) if "id" in table.columns and table["id"].is_unique else table

    @cached_property
    def signs(self) -> VacancySigns | None:
        """What measures the warning signs."""
        block, units = self.settings.vacancy, self.candidates.units
        if block is None or units is None:
            return None
        return VacancySigns(self.evaluator, block, units, self._known)

    def _known(self) -> Known:
        waiting = self._waiting(list(layers_by_role(self._readings, "demand")))
        kinds = {r.layer.name: r.layer.settings.kind for r in layers_by_role(self._readings, "constraint")}
        return Known(
            self.unit,
            self.candidates.table["homes"].astype(float),
            nuisances=nuisances_of(self.candidates.hits, kinds),
            registered=_registered(waiting),
            utilities=self._must_utilities,
            must_share=None if self.circles is None else self.circles.share("must"),
        )

    @property
    def _must_utilities(self) -> Mapping[str, pd.DataFrame] | None:
        named = [name for name, block in self.settings.utility.items() if block.need == "must"]
        if not named:
            return None
        tables = self.evaluator.utility_tables("walk")
        return {name: tables[name] for name in named}

    @cached_property
    def vacancy(self) -> VacancyIndex | None:
        """The warning signs and their index."""
        block = self.settings.vacancy
        if block is None or self.signs is None:
            return None
        rules = flag_rules(block.flag, off=block.off)
        values, beyond = self.signs.measured(self.joined)
        weights = {name: bounds.weight for name, bounds in block.flag.items() if bounds.weight is not None}
        return vacancy_index(values, rules, car_free=block.car_free, beyond=beyond, weights=weights or None)

    @cached_property
    def calibration(self) -> Calibration | None:
        """What past projects teach of vacancy."""
        block = self.settings.calibration
        if block is None:
            return None
        found = calibrated(self.evaluator, self.settings, block)
        if found.left_out_of_use:
            ids = {"ids": ", ".join(map(str, found.left_out_of_use[:10]))}
            lost, total = str(len(found.left_out_of_use)), str(len(found.left_out_of_use) + found.records)
            self.tell(Problem("records_unused", block.records, "calibration", lost, total, level="warn", values=ids))
        return found

    @property
    def joined(self) -> pd.Index:
        """The parcels that meet the streets on foot and by car: of others too little is known to warn of anything."""
        met = [self.evaluator.parcel_snaps(mode)["status"].loc[self.left] == "snapped" for mode in ("walk", "drive")]
        return self.left[(met[0] & met[1]).to_numpy()]

    def take_up(self, ranking: pd.DataFrame) -> TakeUp | None:
        """Return what the waiting list makes of the ranked sites."""
        block = self.settings.take_up
        if block is None or self.circles is None:
            return None
        ranked = self.ranked(ranking)
        if len(ranked) > SITES_MAX:
            self.tell(Problem("sites_cut", SETTINGS_FILE, "take_up", str(len(ranked)), str(SITES_MAX), level="warn"))
        sites = pd.DataFrame(
            {
                "homes": self.homes.loc[ranked],
                "unit": self.unit.loc[ranked],
                "services": self.circles.share("must").loc[ranked],
                "mean_home_m2": float(self.settings.capacity.mean_home_m2 or "nan"),
            }
        )
        return simulated(self.evaluator, block, Offer(self.applicants, sites, self.settings.project.seed))

    def ranked(self, ranking: pd.DataFrame) -> pd.Index:
        """Return the ranked parcels that have homes, best first."""
        scored = ranking[ranking["status"].isin([str(each) for each in SCORED]) & ranking["rank"].notna()]
        return pd.Index([each for each in scored["parcel_id"] if each in self.homes.index])


def _registered(waiting: pd.DataFrame) -> pd.Series | None:
    """Return households registered by unit, None where no row says its unit; a row of a ledger of sums counts its homes."""
    if "unit" not in waiting.columns or not (waiting["unit"].astype(str) != "").any():
        return None
    if "homes" not in waiting.columns:
        return waiting["unit"].value_counts()
    return waiting["homes"].astype(float).fillna(1.0).groupby(waiting["unit"]).sum()
