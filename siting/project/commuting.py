"""Where the people of a project live and work: points, minutes and kilometres between them, and their labour markets."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from siting.base.columns import Season
from siting.base.errors import InputProblems, Problem
from siting.base.living_settings import JobsHousingBlock
from siting.base.model import SETTINGS_FILE
from siting.base.settings import Of
from siting.base.travel import TravelCosts
from siting.network import StreetReach
from siting.project.evaluate import Evaluator
from siting.project.trips import Ends, trips

DIFFERENT = 0.05
"""By how much the workers of a unit may differ from those of its points before it is told (our choice, G)."""
PAIRS_MAX = 30_000_000
"""Of homes and workplaces: above, the bounds of commuting would take more memory than an office PC has."""


@dataclass(frozen=True)
class LabourMarket:
    """Homes and workplaces that reach each other: workers by origin, jobs by place, minutes between them."""

    workers: pd.Series
    jobs: pd.Series
    minutes: TravelCosts


class Commuting:
    """Homes, workplaces and the trips between them in one season, for those that meet the streets."""

    def __init__(self, evaluator: Evaluator, block: JobsHousingBlock, units: gpd.GeoDataFrame, season: Season) -> None:
        self.evaluator = evaluator
        self.block = block
        self.units = units
        self.season = season

    @cached_property
    def workers(self) -> pd.Series:
        """Workers by the point where they live; units where no finer points are given."""
        return self._amounts(self.block.workers, "jobs_housing.workers")

    @cached_property
    def jobs(self) -> pd.Series:
        """Jobs by workplace."""
        return self._amounts(self.block.jobs, "jobs_housing.jobs")

    @property
    def basis(self) -> Literal["computed", "estimated"]:
        """Whether jobs or workers are estimates, and so all that comes of them."""
        known = self.evaluator.estimated
        return (
            "estimated"
            if any(of.column in known.get(of.layer, ()) for of in (self._homes, self._works))
            else "computed"
        )

    def check(self) -> None:
        """Raise InputProblems for amounts that cannot be used, and for more pairs than can be held."""
        pairs = len(self.workers) * len(self.jobs)
        if pairs > PAIRS_MAX:
            found = f"{len(self.workers)} × {len(self.jobs)}"
            raise InputProblems([Problem("too_many_pairs", SETTINGS_FILE, "jobs_housing", found, f"{PAIRS_MAX:,}")])
        for name, amounts, unit in (("workers", self.workers, self.home_unit), ("jobs", self.jobs, self.work_unit)):
            lost = float(amounts[unit == ""].sum())
            if lost > 0:
                found, total = f"{lost:,.0f}", f"{amounts.sum():,.0f}"
                told = Problem("outside_units", SETTINGS_FILE, f"jobs_housing.{name}", found, total, level="warn")
                self.evaluator.problems.append(told)
        self._compare_workers()

    def _compare_workers(self) -> None:
        """Tell the units whose own number of workers is far from that of the points in them."""
        if "workers" not in self.units.columns:
            return
        own = self.units.set_index("id")["workers"].astype(float)
        summed = self.workers.groupby(self.home_unit).sum().reindex(own.index, fill_value=0.0)
        far = own.index[(own > 0) & ((summed / own - 1).abs() > DIFFERENT)]
        for unit in far:
            found, stated = f"{summed[unit]:,.0f}", f"{own[unit]:,.0f}"
            told = Problem(
                "workers_differ", SETTINGS_FILE, "jobs_housing.workers", found, stated, level="warn", item=str(unit)
            )
            self.evaluator.problems.append(told)

    @cached_property
    def home_unit(self) -> pd.Series:
        """The unit in which each home point lies, empty outside all."""
        return unit_at(self.shapes[0].loc[self.workers.index], self.units)

    @cached_property
    def work_unit(self) -> pd.Series:
        """The unit in which each workplace lies, empty outside all."""
        return unit_at(self.shapes[1].loc[self.jobs.index], self.units)

    @cached_property
    def minutes(self) -> TravelCosts:
        """Minutes from homes to workplaces."""
        return self.trips_from(self.ends(self._homes.layer).only(self.workers.index))

    def trips_from(self, origins: Ends) -> TravelCosts:
        """Return minutes from any origins to the workplaces."""
        goals = self.ends(self._works.layer).only(self.jobs.index)
        reach = trips(
            self.evaluator.streets,
            origins,
            goals,
            mode=self.block.mode,
            season=self.season,
            cutoff=self.block.cutoff,
        )
        return reach.costs() if isinstance(reach, StreetReach) else next(reach.blocks())

    @cached_property
    def kilometres(self) -> TravelCosts:
        """Kilometres along the streets from homes to workplaces."""
        net = self.evaluator.network(self.block.mode, "summer").by_length()
        ends = (
            self.ends(self._homes.layer).only(self.workers.index),
            self.ends(self._works.layer).only(self.jobs.index),
        )
        found = StreetReach(net, *(each.snaps for each in ends), cutoff=None, workers=self.evaluator.streets.workers)
        table = found.costs().table()
        table["minutes"] *= net.metres_a_minute / 1000
        return TravelCosts(table, origins=self.workers.index, places=self.jobs.index, mode=self.block.mode, cutoff=None)

    def ends(self, layer: str) -> Ends:
        """Return a layer as ends of trips by the mode of commuting."""
        return self.evaluator.ends(layer, self.block.mode)

    def markets(self) -> Iterator[LabourMarket]:
        """Yield the labour markets, largest first: parts of the region between which nobody can commute.

        A regiment far away is a market of its own: its jobs are set against its own workers.
        """
        table = self.minutes.table()
        homes, works = self.workers.index, self.jobs.index
        row, column = homes.get_indexer(table["origin"]), works.get_indexer(table["destination"])
        size = len(homes) + len(works)
        links = coo_array((np.ones(len(row)), (row, column + len(homes))), shape=(size, size))
        label = connected_components(links, directed=False)[1]
        by_size = pd.Series(self.workers.to_numpy()).groupby(label[: len(homes)]).sum()
        for part in by_size.sort_values(ascending=False, kind="stable").index:
            living, working = homes[label[: len(homes)] == part], works[label[len(homes) :] == part]
            if len(working) and self.workers[living].sum() > 0 and self.jobs[working].sum() > 0:
                own = table[label[row] == part]
                costs = TravelCosts(own, origins=living, places=working, mode=self.block.mode, cutoff=self.block.cutoff)
                yield LabourMarket(self.workers[living], self.jobs[working], costs)

    @property
    def shapes(self) -> tuple[gpd.GeoSeries, gpd.GeoSeries]:
        """Where homes and workplaces lie."""
        places = self.evaluator.places
        return places[self._homes.layer].geometry, places[self._works.layer].geometry

    @property
    def _homes(self) -> Of:
        return Of.parse(self.block.workers) or Of(layer=self.block.workers)

    @property
    def _works(self) -> Of:
        return Of.parse(self.block.jobs) or Of(layer=self.block.jobs)

    def _amounts(self, written: str, where: str) -> pd.Series:
        of = Of.parse(written) or Of(layer=written)
        return self.evaluator.demand(of, (self.block.mode,), where)


def unit_at(points: gpd.GeoSeries, units: gpd.GeoDataFrame) -> pd.Series:
    """Return the id of the unit that each point lies in, ties by the order of the units; empty outside all."""
    spots = shapely.point_on_surface(points.to_numpy())
    point, unit = shapely.STRtree(units.geometry.to_numpy()).query(spots, predicate="intersects")
    order = np.lexsort((unit, point))
    point, unit = point[order], unit[order]
    first = np.unique(point, return_index=True)[1]
    found = np.full(len(points), "", dtype=object)
    found[point[first]] = units["id"].to_numpy()[unit[first]]
    return pd.Series(found, index=points.index)


def unit_ids(words: pd.Series, units: gpd.GeoDataFrame, name_of: Callable[[str], str]) -> pd.Series:
    """Return words for units as their ids; a word that is neither an id nor a name that only one unit has stays."""
    ids = [str(unit) for unit in units["id"]]
    known = {**{name_of(unit): unit for unit in ids}, **{unit: unit for unit in ids}}
    return words.astype(str).map(lambda word: known.get(word, word))
