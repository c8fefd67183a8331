"""The life circle of every parcel: what lies around it, judged by the size of its settlement."""

from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from siting.base.errors import InputProblems, Problem
from siting.base.facilities import facilities
from siting.base.living_settings import LifeCircleBlock
from siting.base.model import SETTINGS_FILE
from siting.indicators import circle_record, circle_summary, facility_rules, judge_circles, longest_bounds, tiers_for
from siting.project.around import DRIVE_SEARCH_MIN, Around, around, places_of
from siting.project.evaluate import Evaluator


class Circles:
    """Judges the parcels in `left`; `unit` is the id of each parcel's unit, whose size decides the tier."""

    def __init__(
        self,
        evaluator: Evaluator,
        block: LifeCircleBlock,
        units: gpd.GeoDataFrame | None,
        unit: pd.Series,
        left: pd.Index,
    ) -> None:
        self.evaluator = evaluator
        self.block = block
        self.population = _population(units, unit).loc[left]
        self.left = left
        self.rules = facility_rules(
            block.radius_m,
            drive_min=block.drive_min,
            above_tier_min=block.above_tier_min,
            slow_mode_m=block.slow_mode_m,
            source=block.source,
            evidence=block.evidence,
        )

    def check(self) -> None:
        """Raise InputProblems where no layer holds a facility, or the search is shorter than a bound."""
        if places_of(self.evaluator, self.block.layers, tuple(facilities())).empty:
            found = ", ".join(self.block.layers)
            raise InputProblems(
                [Problem("no_places", SETTINGS_FILE, "life_circle.layers", found, ", ".join(facilities()))]
            )
        walk, drive = longest_bounds(self.rules)
        for name, reach, bound in (
            ("search_m", self.block.search_m, walk),
            ("above_tier_min", DRIVE_SEARCH_MIN, drive),
        ):
            if reach < bound:
                where = f"life_circle.{name}"
                raise InputProblems([Problem("short_search", SETTINGS_FILE, where, f"{reach:g}", f"{bound:g}")])
        if self.population.isna().any():
            lost = str(int(self.population.isna().sum()))
            self.evaluator.problems.append(
                Problem("no_settlement", SETTINGS_FILE, "life_circle", lost, str(len(self.left)), level="warn")
            )

    @cached_property
    def around(self) -> Around:
        """How far the nearest of every kind is."""
        kinds = tuple(facilities())
        return around(self.evaluator, self.block.layers, kinds, self.left, self.block.search_m)

    @cached_property
    def tier(self) -> pd.Series:
        """The tier of each parcel's settlement."""
        return tiers_for(self.population)

    @cached_property
    def judged(self) -> pd.DataFrame:
        """A row a parcel and facility."""
        met = {
            mode: self.evaluator.parcel_snaps(mode)["status"].loc[self.left] == "snapped" for mode in ("walk", "drive")
        }
        found = self.around
        return judge_circles(
            found.walk_m,
            found.straight_m,
            found.drive_min,
            self.tier,
            self.rules,
            use=self.block.distance,
            connected=pd.DataFrame(met),
        )

    @cached_property
    def summary(self) -> pd.DataFrame:
        """Coverage by parcel."""
        return circle_summary(self.judged, self.tier)

    def share(self, need: str) -> pd.Series:
        """Return the covered share of the must or should set, empty where nothing is known."""
        return self.summary[f"{need}_share"].astype(float)

    @cached_property
    def _rows(self) -> dict[Any, pd.DataFrame]:
        return dict(tuple(self.judged.groupby("parcel", sort=False)))

    def record(self, parcel: str) -> dict[str, Any] | None:
        """Return a parcel's circle for its receipt, None where it was not judged."""
        if parcel not in self.summary.index:
            return None
        people = self.population[parcel]
        return circle_record(
            parcel,
            self._rows[parcel],
            self.summary,
            population=None if pd.isna(people) else float(people),
            search_m=self.block.search_m,
        )


def _population(units: gpd.GeoDataFrame | None, unit: pd.Series) -> pd.Series:
    """Return the people of each parcel's settlement: the unit's `settlement`, else its `population`."""
    nothing = pd.Series(np.nan, index=unit.index)
    if units is None:
        return nothing
    by_id = units.set_index("id")
    found = nothing
    for column in ("settlement", "population"):
        if column in by_id.columns:
            found = found.fillna(unit.map(by_id[column].astype(float)).astype(float))
    return found
