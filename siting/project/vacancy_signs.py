"""The warning signs that homes may stand empty, as measured for every parcel."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd

from siting import access
from siting.base.columns import Mode, Season
from siting.base.living_settings import VacancyBlock
from siting.base.settings import Of
from siting.base.travel import Reach
from siting.parcels import Hit
from siting.project.around import metres, places_of
from siting.project.commuting import unit_at
from siting.project.evaluate import Evaluator
from siting.project.trips import trips

CLUSTER_SIDE_M = 1000.0
SEARCH_MIN = 120.0
COMMUTE_MIN = 45.0
SEARCH_M = 5000.0
CENTRE_SEARCH_M = 100_000.0
SHOPS = ("market", "convenience", "mall")
STOPS = ("bus_stop", "station")
CENTRES = ("government",)
SEARCHED = {
    "jobs_far": SEARCH_MIN,
    "no_daily_shop": SEARCH_M,
    "no_transit": SEARCH_M,
    "centre_far": CENTRE_SEARCH_M / 1000,
}
"""How far each sign was looked for, in its unit."""
NUISANCES = frozenset({"hazchem", "landfill", "sewage_plant", "hv_line", "rail_noise"})
LATE = ("not_ready", "too_far", "no_headroom", "none", "unsnapped")


@dataclass(frozen=True)
class Known:
    """What other parts of a project know of the parcels; None where a project has not asked for it.

    unit: id of each parcel's unit. registered: applicants by unit id. nuisances: how many lie around a parcel.
    utilities: tables by name, of those that a home must have. must_share: of the life circle.
    """

    unit: pd.Series
    homes: pd.Series
    nuisances: pd.Series | None = None
    registered: pd.Series | None = None
    utilities: Mapping[str, pd.DataFrame] | None = None
    must_share: pd.Series | None = None


class VacancySigns:
    """Measures the signs; `values` and `beyond` are parcels x signs."""

    def __init__(
        self, evaluator: Evaluator, block: VacancyBlock, units: gpd.GeoDataFrame, known: Callable[[], Known]
    ) -> None:
        self.evaluator = evaluator
        self.block = block
        self.units = units
        self._known = known

    @cached_property
    def known(self) -> Known:
        """What other parts know; they compute when asked."""
        return self._known()

    @cached_property
    def jobs(self) -> pd.Series:
        """Jobs by workplace."""
        of = Of.parse(self.block.jobs) or Of(layer=self.block.jobs)
        return self.evaluator.demand(of, (self.block.mode,), "vacancy.jobs")

    @cached_property
    def clusters(self) -> pd.Index:
        """Workplaces in square kilometres that hold the stated share of their unit's jobs, or more."""
        shapes = self._work_shapes
        cell = np.floor(np.column_stack([shapes.x, shapes.y]) / CLUSTER_SIDE_M).astype(np.int64)
        where = pd.DataFrame({"unit": self._work_unit.to_numpy(), "x": cell[:, 0], "y": cell[:, 1]}, self.jobs.index)
        held = self.jobs.groupby([where["unit"], where["x"], where["y"]]).transform("sum")
        total = self.jobs.groupby(where["unit"]).transform("sum")
        return self.jobs.index[(held >= self.block.cluster_share * total) & (self.jobs > 0)]

    def measured(self, left: pd.Index) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return values, and where nothing lies within the search, of the parcels in `left`; empty is unknown."""
        (shop, stop), centre = self._on_foot(left), self._to_centre(left)
        times = {season: self._to_cluster(left, season) for season in ("summer", "winter")}
        slowest = pd.DataFrame({season: times[season] for season in self.evaluator.streets.seasons}).max(
            axis=1, skipna=False
        )
        values = pd.DataFrame(
            {
                "jobs_far": slowest,
                "jobs_few": self._jobs_share(left),
                "no_daily_shop": shop,
                "no_transit": stop,
                "centre_far": centre / 1000,
                "winter_access": times["winter"] / times["summer"].where(times["summer"] > 0),
                **self._from_others(left),
            },
            index=left,
        )
        return values, self._beyond(values, times)

    def _beyond(self, values: pd.DataFrame, times: Mapping[str, pd.Series]) -> pd.DataFrame:
        """Return where nothing lies within the search, of kinds that the layers do hold: without any it is unknown."""
        left = values.index
        beyond = pd.DataFrame(False, index=left, columns=values.columns)
        walks, drives, rides = (self._snapped(mode, left) for mode in ("walk", "drive", self.block.mode))
        for name, met, kinds in (
            ("no_daily_shop", walks, SHOPS),
            ("no_transit", walks, STOPS),
            ("centre_far", drives, CENTRES),
        ):
            if len(places_of(self.evaluator, self.block.places, kinds)):
                beyond[name] = met & values[name].isna()
        if len(self.clusters):
            beyond["jobs_far"] = rides & values["jobs_far"].isna()
            beyond["winter_access"] = times["summer"].notna() & times["winter"].isna()
        if self.known.registered is not None:
            has_homes = (self.known.homes.loc[left] > 0).fillna(value=False).astype(bool)
            beyond["demand_short"] = values["demand_short"].isna() & has_homes & (self.known.unit.loc[left] != "")
        return beyond

    def _from_others(self, left: pd.Index) -> dict[str, pd.Series]:
        """Return the signs that other parts of the project know."""
        known, nothing = self.known, pd.Series(np.nan, index=left)
        found = {"nuisance": nothing if known.nuisances is None else known.nuisances.reindex(left, fill_value=0.0)}
        asked = None if known.registered is None else known.unit.loc[left].map(known.registered).astype(float)
        found["demand_short"] = (
            nothing if asked is None else known.homes.loc[left].astype(float) / asked.fillna(0.0).where(asked > 0)
        )
        tables = known.utilities
        late = [table["status"].isin(LATE).reindex(left) for table in (tables or {}).values()]
        found["infra_not_ready"] = (
            sum((each.astype(float) for each in late), start=pd.Series(0.0, index=left)) if late else nothing
        )
        found["must_facilities_missing"] = nothing if known.must_share is None else known.must_share.reindex(left)
        return found

    def _on_foot(self, left: pd.Index) -> tuple[pd.Series, pd.Series]:
        """Return metres on foot to the nearest daily shop and the nearest stop."""
        table = places_of(self.evaluator, self.block.places, (*SHOPS, *STOPS))
        found = (
            metres(self.evaluator, self.block.places, table, left, "walk", SEARCH_M)
            if len(table)
            else pd.DataFrame(index=left)
        )
        shop, stop = (found.reindex(columns=list(kinds)).min(axis=1) for kinds in (SHOPS, STOPS))
        return shop, stop

    def _to_centre(self, left: pd.Index) -> pd.Series:
        table = places_of(self.evaluator, self.block.places, CENTRES)
        if table.empty:
            return pd.Series(np.nan, index=left)
        return metres(self.evaluator, self.block.places, table, left, "drive", CENTRE_SEARCH_M).min(axis=1)

    def _to_cluster(self, left: pd.Index, season: Season) -> pd.Series:
        reach = self._trips(left, self.clusters, season, SEARCH_MIN)
        return access.nearest(reach)["minutes"].reindex(left).astype(float)

    def _jobs_share(self, left: pd.Index) -> pd.Series:
        """Return jobs within 45 minutes over the jobs of the parcel's own unit, at most 1: each unit by itself."""
        sums = [
            access.cumulative(self._trips(left, self.jobs.index, season, COMMUTE_MIN), self.jobs, cutoff=COMMUTE_MIN)
            for season in self.evaluator.streets.seasons
        ]
        own = self.known.unit.loc[left].map(self.jobs.groupby(self._work_unit).sum()).astype(float)
        least = pd.concat(sums, axis=1).min(axis=1).reindex(left)
        return (least / own.where(own > 0)).clip(upper=1.0).where(self._snapped(self.block.mode, left))

    def _trips(self, left: pd.Index, places: pd.Index, season: Season, cutoff: float) -> Reach:
        mode, layer = self.block.mode, (Of.parse(self.block.jobs) or Of(layer=self.block.jobs)).layer
        ends = self.evaluator.ends("", mode).only(left), self.evaluator.ends(layer, mode).only(places)
        return trips(self.evaluator.streets, *ends, mode=mode, season=season, cutoff=cutoff)

    def _snapped(self, mode: Mode, left: pd.Index) -> pd.Series:
        return self.evaluator.parcel_snaps(mode)["status"].loc[left] == "snapped"

    @property
    def _work_shapes(self) -> gpd.GeoSeries:
        layer = (Of.parse(self.block.jobs) or Of(layer=self.block.jobs)).layer
        return self.evaluator.places[layer].geometry.loc[self.jobs.index].representative_point()

    @cached_property
    def _work_unit(self) -> pd.Series:
        return unit_at(self._work_shapes, self.units)


def nuisances_of(hits: Sequence[Hit], kinds: Mapping[str, str]) -> pd.Series | None:
    """Return how many nuisances each parcel lies beside, by the kinds of the rules; None where no layer has any."""
    rules = {rule for rule, kind in kinds.items() if kind in NUISANCES}
    if not rules:
        return None
    return pd.Series([hit.parcel for hit in hits if hit.rule in rules], dtype=object).value_counts().astype(float)
