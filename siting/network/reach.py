"""Travel times over the streets: snapped origins and places in, tables by name out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from types import ModuleType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from siting.base.arguments import takes
from siting.base.columns import MS_PER_MINUTE
from siting.base.exact import grid_for, on_grid
from siting.base.travel import TravelCosts, Weigh, aligned, check_cutoff
from siting.network import plain
from siting.network.ends import along, arriving, entrances, leaving
from siting.network.graph import Floats, Network
from siting.network.kernels.arrays import FAR, LANES
from siting.network.planner import Plan, plan_k_nearest, plan_kinds, plan_nearest, plan_pairs, plan_sums
from siting.network.question import OneDirection, Question, limit_of, only_places, take, take_pairs
from siting.network.snap import snap
from siting.network.turns import ask_with_turns

TABLE_MS = 4 * 60 * MS_PER_MINUTE
"""Up to four hours the weight of every millisecond is kept in a table."""
PLACE = (1 << 32) - 1
BLOCK_PAIRS = 2_000_000
"""Pairs that a block holds at most, unless one origin alone has more places."""


class StreetReach:
    """Travel between snapped origins and places of one network, without a matrix.

    `origins` and `places` are tables of `snap`; rows that are not snapped reach nothing. `direction`
    `to` is origin to place, `from` the way back. `cutoff` in minutes bounds every search. `plans` tells
    which engine answered what; no answer depends on it, nor on `workers` (threads, None: one a processor).
    `progress` is told `compile` before the first use of the compiled engine on a machine.
    """

    def __init__(
        self,
        network: Network,
        origins: pd.DataFrame,
        places: pd.DataFrame,
        *,
        cutoff: float | None,
        direction: OneDirection = "to",
        workers: int | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        limit_of(cutoff)
        for name, table in (("origins", origins), ("places", places)):
            if not table.index.is_unique:
                strange = ", ".join(map(str, table.index[table.index.duplicated()].unique()[:5]))
                msg = f"the index of {name} has repeated labels: {strange}"
                raise ValueError(msg)
        self.network = network
        self.origins = origins.index
        self.places = places.index
        self.direction = direction
        self.workers = workers
        self.plans: list[Plan] = []
        self._progress = progress
        self._cutoff = cutoff
        self._snaps = (origins, places)

    @property
    def cutoff(self) -> float | None:
        """Minutes up to which times are known; None means all."""
        return self._cutoff

    @cached_property
    def question(self) -> Question:
        """The trips as arrays, without names."""
        return ask(self.network, *self._snaps, cutoff=self.cutoff, direction=self.direction)

    def nearest(self, k: int = 1) -> pd.DataFrame:
        """Return origin, rank, place, minutes of the k nearest places; unreachable is absent."""
        if k < 1:
            msg = f"k must be at least 1, not {k}"
            raise ValueError(msg)
        plan = plan_nearest(self.question) if k == 1 else plan_k_nearest(self.question)
        engine = self._engine(plan)
        keys = engine.nearest(self.question)[:, None] if k == 1 else engine.k_nearest(self.question, k)
        origin, rank = np.nonzero(keys >= 0)
        found = keys[origin, rank]
        return pd.DataFrame(
            {
                "origin": self.origins[origin],
                "rank": rank + 1,
                "place": self.places[found & PLACE],
                "minutes": (found >> 32) / MS_PER_MINUTE,
            }
        )

    def sum_at_origins(self, amounts: pd.Series, weigh: Weigh, within: float | None) -> pd.Series:
        """Return, for every origin, the weighted sum of the amounts at places within minutes."""
        check_cutoff(within, self.cutoff)
        values = aligned(amounts, self.places)
        return pd.Series(self._sums(self._within(within), values, weigh), index=self.origins)

    def sum_at_places(self, amounts: pd.Series, weigh: Weigh, within: float | None) -> pd.Series:
        """Return, for every place, the weighted sum of the amounts at origins within minutes."""
        check_cutoff(within, self.cutoff)
        values = aligned(amounts, self.origins)
        return pd.Series(self._sums(self._within(within).turned(), values, weigh), index=self.places)

    def sums_at_origins(self, amounts: pd.DataFrame, weigh: Weigh, within: float | None) -> pd.DataFrame:
        """Return `sum_at_origins` of every column of amounts, all in one pass where the job is large."""
        check_cutoff(within, self.cutoff)
        values = np.column_stack([aligned(amounts[name], self.places) for name in amounts.columns])
        total = float(np.abs(values).sum(axis=0).max(initial=0.0))
        question, table = self._within(within), _weights_by_ms(weigh, limit_of(within))
        plan = plan_sums(question, has_table=table is not None, both_ways=False)
        if plan.method in ("scipy", "matrix") or table is None:
            sums = [self._sums(question, each, weigh, total) for each in values.T]
            return pd.DataFrame(np.column_stack(sums), index=self.origins, columns=amounts.columns)
        engine = self._engine(plan)
        grid = grid_for(total * _peak(weigh, table))
        terms = values if len(table) else on_grid(values, grid)
        how = engine.How(plan.method == "sweep", plan.cell, self.workers)
        sums = engine.gather(question, np.ascontiguousarray(terms), table, grid, how)
        return pd.DataFrame(sums, index=self.origins, columns=amounts.columns)

    def two_step(self, supply: pd.Series, demand: pd.Series, weigh: Weigh, within: float | None) -> pd.Series:
        """Return, for every origin, the weighted sum over places of supply / (the place's weighted sum of demand).

        Two-step floating catchments (Luo & Wang 2003; with weights Luo & Qi 2009), in one pass and without a
        stored pair where the job is large. A place that no demand reaches gives nothing to anyone.
        """
        check_cutoff(within, self.cutoff)
        given, asked = aligned(supply, self.places), aligned(demand, self.origins)
        question, table = self._within(within).turned(), _weights_by_ms(weigh, limit_of(within))
        plan = plan_sums(question, has_table=table is not None, both_ways=False)
        if plan.method in ("scipy", "matrix") or table is None:
            near = self.sum_at_places(demand, weigh, within)
            ratio = pd.Series(given, index=self.places).div(near.where(near > 0)).fillna(0.0)
            return self.sum_at_origins(ratio, weigh, within)
        engine = self._engine(plan)
        how = engine.How(plan.method == "sweep", plan.cell, self.workers)
        return pd.Series(engine.catchments(question, given, asked, table, how), index=self.origins)

    def nearest_by_kind(self, kinds: pd.Series) -> pd.DataFrame:
        """Return, for every origin, minutes to the nearest place of every kind, empty where none is within the cutoff.

        kinds: the kind of each place. Sixteen kinds are answered together where the job is large.
        """
        kind = kinds.reindex(self.places)
        names = sorted(kind.dropna().unique())
        plan = plan_kinds(self.question, len(names))
        engine = self._engine(plan)
        columns: dict[Any, Floats] = {}
        for start in range(0, len(names), LANES):
            batch = names[start : start + LANES]
            lane = kind.map({name: number for number, name in enumerate(batch)})
            kept = np.flatnonzero(lane.notna().to_numpy())
            ms = engine.nearest_times(only_places(self.question, kept), lane.to_numpy()[kept].astype(np.int32))
            minutes = np.where(ms < FAR, ms / MS_PER_MINUTE, np.nan)
            columns |= {name: minutes[:, number] for number, name in enumerate(batch)}
        return pd.DataFrame(columns, index=self.origins)

    def costs(self) -> TravelCosts:
        """Return all pairs within the cutoff as a matrix."""
        return self._costs(self.question, plan_pairs(self.question), self.origins)

    def blocks(self) -> Iterator[TravelCosts]:
        """Yield the rows of `costs` by blocks of origins, in order; searched again each time that they are asked for."""
        question, plan = self.question, plan_pairs(self.question)
        step = max(1, BLOCK_PAIRS // max(question.places, 1))
        for start in range(0, max(question.origins, 1), step):
            rows = np.arange(start, min(start + step, question.origins))
            part = replace(question, entries=take(question.entries, rows), pairs=take_pairs(question.pairs, rows))
            yield self._costs(part, plan, self.origins[rows])

    def _costs(self, question: Question, plan: Plan, origins: pd.Index) -> TravelCosts:
        engine = self._engine(plan)
        if plan.method == "scipy":
            origin, place, ms = engine.pairs(question)
        else:
            origin, place, ms = engine.pairs(question, workers=self.workers)
        table = pd.DataFrame(
            {"origin": origins[origin], "destination": self.places[place], "minutes": ms / MS_PER_MINUTE}
        )
        return TravelCosts(table, origins=origins, places=self.places, mode=self.network.mode, cutoff=self.cutoff)

    def _within(self, minutes: float | None) -> Question:
        return replace(self.question, limit_ms=limit_of(minutes))

    def _sums(self, question: Question, values: Floats, weigh: Weigh, total: float | None = None) -> Floats:
        """Return the weighted sums of values at the places of a question, by origin.

        total: the largest sum that the grid must hold, that of the values where none is given.
        """
        table = _weights_by_ms(weigh, question.limit_ms)
        plan = plan_sums(question, has_table=table is not None)
        engine = self._engine(plan)
        grid = grid_for((float(np.abs(values).sum()) if total is None else total) * _peak(weigh, table))
        asked = question.turned() if plan.from_places else question
        by_ms = _weigh_ms(weigh, table)
        if plan.method == "scipy":
            task = plain.spread if plan.from_places else plain.gather
            return task(asked, values, by_ms, grid)
        if table is None:
            return np.asarray(engine.gather_all(asked, values, by_ms, grid, self.workers))
        how = engine.How(plan.method == "sweep", plan.cell, self.workers)
        terms = values if len(table) else on_grid(values, grid)
        if plan.from_places:
            return np.asarray(engine.spread(asked, terms, table, grid, how))
        return np.asarray(engine.gather(asked, terms[:, None], table, grid, how)[:, 0])

    def _engine(self, plan: Plan) -> ModuleType:
        self.plans.append(plan)
        if plan.method == "scipy":
            return plain
        from siting.network import compiled, warm  # noqa: PLC0415  a small job does not load numba

        warm.once(self._progress)
        return compiled


def ask(
    network: Network,
    origins: pd.DataFrame,
    places: pd.DataFrame,
    *,
    cutoff: float | None,
    direction: OneDirection = "to",
) -> Question:
    """Return the question of trips between two tables of `snap`, `from` places to origins where so asked."""
    if network.turn_graph is not None:
        return ask_with_turns(network, network.turn_graph, origins, places, cutoff=cutoff, direction=direction)
    starts, goals = (entrances(network, snaps) for snaps in (origins, places))
    out, into = (starts, goals) if direction == "to" else (goals, starts)
    rows = (len(origins), len(places)) if direction == "to" else (len(places), len(origins))
    asked = Question(
        network.graph,
        network.graph_back,
        network.index,
        leaving(network, out, rows[0]),
        arriving(network, into, rows[1]),
        along(network, out, into, rows[0], limit_of(cutoff)),
        limit_of(cutoff),
    )
    return asked if direction == "to" else asked.turned()


@takes(origins="shapes", places="shapes")
def travel_costs(
    network: Network,
    origins: gpd.GeoDataFrame | gpd.GeoSeries,
    places: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    cutoff: float | None = None,
    direction: OneDirection = "to",
    snap_m: float | None = None,
) -> TravelCosts:
    """Return minutes between all pairs within the cutoff; unreachable pairs are absent.

    Origins and places are brought to the network's CRS and meet it within `snap_m` metres (None: anyhow).
    """
    return _reach(network, origins, places, cutoff, direction, snap_m).costs()


@takes(origins="shapes", places="shapes", k="number")
def nearest(
    network: Network,
    origins: gpd.GeoDataFrame | gpd.GeoSeries,
    places: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    k: int = 1,
    cutoff: float | None = None,
    direction: OneDirection = "to",
    snap_m: float | None = None,
) -> pd.DataFrame:
    """Return origin, rank, place, minutes of the k nearest places of each origin."""
    return _reach(network, origins, places, cutoff, direction, snap_m).nearest(k)


@takes(origins="shapes", places="shapes", amounts="column")
def accumulate(
    network: Network,
    origins: gpd.GeoDataFrame | gpd.GeoSeries,
    places: gpd.GeoDataFrame | gpd.GeoSeries,
    amounts: pd.Series,
    *,
    cutoffs: Sequence[float],
    decay: Callable[[Floats], Floats] | None = None,
    direction: OneDirection = "to",
    snap_m: float | None = None,
) -> pd.DataFrame:
    """Return the amounts within each cutoff, one column a cutoff, weighted by `decay` of minutes."""
    if not len(cutoffs):
        msg = "cutoffs is empty: give at least one number of minutes"
        raise ValueError(msg)
    reach = _reach(network, origins, places, max(cutoffs), direction, snap_m)
    weigh = np.ones_like if decay is None else decay
    sums: Mapping[float, pd.Series] = {within: reach.sum_at_origins(amounts, weigh, within) for within in cutoffs}
    return pd.DataFrame(sums)


def _reach(
    network: Network,
    origins: gpd.GeoDataFrame | gpd.GeoSeries,
    places: gpd.GeoDataFrame | gpd.GeoSeries,
    cutoff: float | None,
    direction: OneDirection,
    snap_m: float | None,
) -> StreetReach:
    snaps = [snap(network, shapes.geometry.to_crs(network.crs), limit_m=snap_m) for shapes in (origins, places)]
    return StreetReach(network, *snaps, cutoff=cutoff, direction=direction)


def _weights_by_ms(weigh: Weigh, limit_ms: int) -> Floats | None:
    """Return the weight of every millisecond up to the limit, empty where all weigh 1, None where they are too many."""
    if weigh is np.ones_like:
        return np.zeros(0)
    if limit_ms > TABLE_MS:
        return None
    table = np.asarray(weigh(np.arange(limit_ms + 1) / MS_PER_MINUTE), np.float64)
    if not np.isfinite(table).all():
        msg = "a weight is not finite: a decay must be, from 0 minutes to the cutoff"
        raise ValueError(msg)
    return table


def _weigh_ms(weigh: Weigh, table: Floats | None) -> plain.WeighMs:
    """Return weights by whole milliseconds, from the table where there is one.

    numpy's functions of many numbers at once may differ in the last bit from those of a few.
    """
    if table is None:
        return lambda ms: weigh(ms / MS_PER_MINUTE)
    return table.__getitem__ if len(table) else lambda ms: np.ones(ms.shape)


def _peak(weigh: Weigh, table: Floats | None) -> float:
    """Return the largest finite weight, twice the largest of each second of a day where there is no table."""
    if table is not None and not len(table):
        return 1.0
    weights = 2 * weigh(np.arange(86_400) / 60) if table is None else table
    sizes = np.abs(weights[np.isfinite(weights)])
    return float(sizes.max(initial=1.0))
