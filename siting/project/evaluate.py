"""Criteria of a project: each one measured for every parcel that can be."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from siting import access
from siting.base.catalogue import catalogue
from siting.base.columns import Mode, Season
from siting.base.errors import InputProblems, Problem, stop_on_refusal
from siting.base.settings import Criterion, TransitBlock, UtilityBlock
from siting.base.settings_checks import SETTINGS_FILE
from siting.base.travel import Reach
from siting.indicators import connections, road_access, utility_cost, utility_problems
from siting.network import Network, OneDirection, StreetReach, snap
from siting.network.parts import part_problems, reach_problems
from siting.network.planner import workers_of
from siting.network.transit import TransitReach, headway_costs, stop_frequency
from siting.project.streets import Streets

IDS_LISTED = 10


@dataclass(frozen=True)
class Evaluation:
    """One criterion on the index of the parcels.

    raw: the value, empty where there is none. beyond: connected, but nothing within the cutoff.
    apart: no place of the criterion lies on the parcel's network. place: id of the nearest place. plans:
    which engine made it, as the stamp keeps it. season: the one that each value holds in.
    """

    criterion: Criterion
    raw: pd.Series
    beyond: pd.Series
    apart: pd.Series
    place: pd.Series
    estimated: bool
    plans: tuple[Mapping[str, object], ...] = ()
    season: pd.Series | None = None


class Evaluator:
    """Measures criteria on parcels; snaps each layer to each network once."""

    def __init__(
        self,
        parcels: gpd.GeoDataFrame,
        places: Mapping[str, gpd.GeoDataFrame],
        estimated: Mapping[str, tuple[str, ...]],
        streets: Streets,
        utilities: Mapping[str, UtilityBlock] | None = None,
    ) -> None:
        self.parcels = parcels
        self.utilities = utilities or {}
        self.places = places
        self.estimated = estimated
        self.streets = streets
        self.snap_m = streets.travel.snap
        self.problems: list[Problem] = []
        self.parcel_snaps = cache(self._parcel_snaps)
        self.place_snaps = cache(self._place_snaps)
        self.utility_tables = cache(self._utility_tables)

    def prepare(self, criterion: Criterion) -> None:
        """Make what a criterion needs before any travel: places, networks, snaps, timetable; raises InputProblems."""
        if criterion.measure == "column":
            return
        mode = criterion.street_mode or "walk"
        for season in self.streets.seasons:
            self.network(mode, season)
        if criterion.mode == "transit" or criterion.measure == "stop_frequency":
            _ = self.streets.timetable
        self.parcel_snaps(mode)
        if criterion.measure == "utility_cost":
            self.utility_tables(mode)
        elif criterion.measure != "stop_frequency":
            self._snapped_places(criterion, self._places(criterion))

    def evaluate(self, criterion: Criterion, measured: pd.Index) -> Evaluation:
        """Return a criterion for the parcels in `measured`; the others stay empty."""
        of = criterion.target
        if criterion.measure == "column":
            column = of.column or ""
            values = (
                self.parcels[column] if column in self.parcels.columns else pd.Series(np.nan, index=self.parcels.index)
            )
            raw = values.where(values.index.isin(measured)).astype(float)
            return self._evaluation(criterion, raw, estimated=column in self.estimated.get(of.layer, ()))
        if criterion.measure == "stop_frequency":
            return self._frequency(criterion, measured)
        if criterion.measure == "utility_cost":
            tables = self.utility_tables(criterion.street_mode or "walk")
            cost = utility_cost(tables, self.utilities)["public_cost_yuan"]
            return self._evaluation(criterion, cost.where(cost.index.isin(measured)), estimated=False)
        places = self._places(criterion)
        mode = criterion.street_mode or "walk"
        snaps = self._snapped_places(criterion, places)
        origins = self.parcel_snaps(mode).loc[measured]
        # a bus joins what no street does
        apart = self._never if criterion.mode == "transit" else self._apart(mode, origins, snaps)
        parts = []
        for season in self.streets.seasons:
            reaches = self._reaches(criterion, origins, snaps, season)
            measure = self._nearest if criterion.measure == "nearest" else self._cumulative
            part = measure(criterion, reaches, origins, apart, places)
            parts.append(replace(part, plans=self._plans(reaches, season), season=self._all(season)))
        return worse(parts)

    def _reaches(self, criterion: Criterion, origins: pd.DataFrame, snaps: pd.DataFrame, season: Season) -> list[Reach]:
        """Return the trips of a criterion in a season, one for each direction that it asks for."""
        both: tuple[OneDirection, ...] = ("to", "from")
        directions = both if criterion.direction == "both" else (criterion.direction,)
        if criterion.mode == "transit":
            return [self._transit(criterion, origins, snaps, season, each) for each in directions]
        net = self.network(criterion.street_mode or "walk", season)
        workers, progress = self.streets.workers, self.streets.progress
        return [
            StreetReach(
                net, origins, snaps, cutoff=criterion.cutoff, direction=each, workers=workers, progress=progress
            )
            for each in directions
        ]

    def _transit(
        self,
        criterion: Criterion,
        origins: pd.DataFrame,
        snaps: pd.DataFrame,
        season: Season,
        direction: OneDirection,
    ) -> Reach:
        day = self.streets.transit
        asked = (
            self.streets.timetable,
            self.network("walk", season),
            self.parcels.geometry.loc[origins.index],
            self.places[criterion.target.layer].geometry.loc[snaps.index],
        )
        journey = self.streets.journey(float(criterion.cutoff or 0), direction)
        try:
            if day.method == "headway":
                return headway_costs(*asked, journey=journey, longest_wait=day.longest_wait)
            _announce(self.streets.progress)
            trips = TransitReach(*asked, journey=journey)
            return trips.percentiles((day.percentile,), workers=workers_of(self.streets.workers))[day.percentile]
        except ValueError as error:
            raise InputProblems([_bad_window(day, error)]) from error

    def _frequency(self, criterion: Criterion, measured: pd.Index) -> Evaluation:
        """Return the departures an hour at the stop on foot that is served most; a true 0 where there is none."""
        origins = self.parcel_snaps("walk").loc[measured]
        parts = []
        for season in self.streets.seasons:
            day = self.streets.transit
            try:
                table = stop_frequency(
                    self.streets.timetable,
                    self.network("walk", season),
                    self.parcels.geometry.loc[measured],
                    window=day.departures,
                    walk_cutoff=float(criterion.cutoff or 0),
                    snap_m=self.snap_m,
                )
            except ValueError as error:
                raise InputProblems([_bad_window(day, error)]) from error
            found = table["best_departures_per_hour"]
            raw = found.fillna(0.0).where(origins["status"] == "snapped").reindex(self.parcels.index)
            part = self._evaluation(criterion, raw.astype(float), estimated=False)
            parts.append(replace(part, season=self._all(season)))
        return worse(parts)

    def network(self, mode: Mode, season: Season | None = None) -> Network:
        """Return the streets of a mode in a season, the first of the project's where none is named."""
        return self.streets.network(mode, season)

    def entrances(self, parcel: str, mode: Mode) -> list[list[float]]:
        """Return longitude and latitude of the street points where a snapped parcel's trips may begin."""
        row = self.parcel_snaps(mode).loc[parcel]
        lines = self.network(mode).edge_lines
        ways = [(int(row["edge"]), float(row["fraction"])), *row["further"]]
        points = [lines[edge].interpolate(fraction, normalized=True) for edge, fraction in ways]
        degrees = [self._to_degrees.transform(point.x, point.y) for point in points]
        return [list(each) for each in dict.fromkeys((round(x, 6), round(y, 6)) for x, y in degrees)]

    @cached_property
    def _to_degrees(self) -> pyproj.Transformer:
        return pyproj.Transformer.from_crs(self.parcels.crs, "EPSG:4326", always_xy=True)

    def _nearest(
        self,
        criterion: Criterion,
        reaches: Sequence[Reach],
        origins: pd.DataFrame,
        apart: pd.Series,
        _: gpd.GeoDataFrame,
    ) -> Evaluation:
        tables = [access.nearest(reach).reindex(self.parcels.index) for reach in reaches]
        minutes = sum(table["minutes"].astype(float) for table in tables) / len(tables)
        snapped = self._on_parcels(origins["status"] == "snapped")
        beyond = snapped & ~apart & minutes.isna()
        return Evaluation(criterion, minutes, beyond, apart, tables[0]["place"].astype(object), estimated=False)

    def _cumulative(
        self,
        criterion: Criterion,
        reaches: Sequence[Reach],
        origins: pd.DataFrame,
        apart: pd.Series,
        places: gpd.GeoDataFrame,
    ) -> Evaluation:
        of = criterion.target
        amounts = places[of.column] if of.column else pd.Series(1.0, index=places.index)
        sums = [access.cumulative(reach, amounts, cutoff=float(criterion.cutoff or 0)) for reach in reaches]
        snapped = (origins["status"] == "snapped").to_numpy()
        mean = (sum(sums) / len(sums)).where(snapped).reindex(self.parcels.index).mask(apart)
        evaluation = self._evaluation(criterion, mean, estimated=of.column in self.estimated.get(of.layer, ()))
        return Evaluation(criterion, mean, evaluation.beyond, apart, evaluation.place, evaluation.estimated)

    def _places(self, criterion: Criterion) -> gpd.GeoDataFrame:
        of = criterion.target
        table = self.places[of.layer]
        chosen = table[table["kind"].isin(of.kinds)] if of.kinds else table
        where = f"criterion {criterion.name}"
        strange = sorted(set(of.kinds) - set(table["kind"]) - set(catalogue()))
        if chosen.empty or strange:
            raise InputProblems(
                [
                    Problem(
                        "no_places",
                        SETTINGS_FILE,
                        where,
                        "|".join(strange) or criterion.of,
                        ", ".join(sorted(set(table["kind"]))),
                    )
                ]
            )
        if of.column is not None and chosen[of.column].isna().any():
            raise InputProblems([Problem("used_column_empty", SETTINGS_FILE, where, criterion.of)])
        return chosen

    def _snapped_places(self, criterion: Criterion, places: gpd.GeoDataFrame) -> pd.DataFrame:
        snaps = self.place_snaps(criterion.target.layer, criterion.street_mode or "walk").loc[places.index]
        if (snaps["status"] == "snapped").any():
            return snaps
        where = f"criterion {criterion.name}"
        raise InputProblems([Problem("no_place_snaps", SETTINGS_FILE, where, criterion.of, f"{self.snap_m:g}")])

    def _utility_tables(self, mode: Mode) -> dict[str, pd.DataFrame]:
        """Return how each parcel is joined to each utility along the streets of a mode."""
        net, snaps, found = self.network(mode), self.parcel_snaps(mode), {}
        for name, block in self.utilities.items():
            if block.layer not in self.places:
                found[name] = road_access(snaps, block)
                continue
            table = self.places[block.layer]
            rows = table[table["kind"] == (block.kind or name)]
            if rows.empty:
                kinds = ", ".join(sorted(set(table["kind"])))
                where = f"utility.{name}"
                raise InputProblems([Problem("no_places", SETTINGS_FILE, where, block.kind or name, kinds)])
            self.problems += utility_problems(net, rows, block, name=name, file=block.layer, snap_m=self.snap_m)
            homes, ready = self.parcels["homes"], self.parcels.get("ready_date")
            joined = connections(net, snaps, rows, block, homes=homes, homes_ready=ready, snap_m=self.snap_m)
            names = rows["name"] if "name" in rows.columns else pd.Series("", index=rows.index)
            found[name] = joined.assign(source_name=joined["source"].map(names).fillna(""))
        return found

    def _apart(self, mode: Mode, origins: pd.DataFrame, snaps: pd.DataFrame) -> pd.Series:
        """Return where a snapped parcel's network holds none of the places, whatever the time."""
        groups = self.network(mode).edge_group
        served = {group for each in _groups_met(snaps, groups) for group in each}
        apart = [bool(each) and not each & served for each in _groups_met(origins, groups)]
        return self._on_parcels(pd.Series(apart, index=origins.index, dtype=bool))

    def _evaluation(self, criterion: Criterion, raw: pd.Series, *, estimated: bool) -> Evaluation:
        never = self._never
        nowhere = pd.Series("", index=self.parcels.index, dtype=object)
        return Evaluation(criterion, raw, never, never, nowhere, estimated)

    def _plans(self, reaches: Sequence[Reach], season: Season) -> tuple[Mapping[str, object], ...]:
        """Return which engine answered, for the stamp."""
        plans = [plan.record() for reach in reaches if isinstance(reach, StreetReach) for plan in reach.plans]
        return tuple({"season": season, **plan} for plan in plans or [{"method": self.streets.transit.method}])

    @property
    def _never(self) -> pd.Series:
        return pd.Series(False, index=self.parcels.index)

    def _all(self, season: Season) -> pd.Series:
        return pd.Series(season, index=self.parcels.index, dtype=object)

    def _on_parcels(self, marks: pd.Series) -> pd.Series:
        return marks.reindex(self.parcels.index, fill_value=False)

    def _parcel_snaps(self, mode: Mode) -> pd.DataFrame:
        snaps = snap(self.network(mode), self.parcels.geometry, limit_m=self.snap_m)
        far = reach_problems(snaps, self.snap_m, self.streets.roads_file, mode)
        stop_on_refusal(far)
        return snaps

    def parts(self, criteria: Sequence[Criterion]) -> list[Problem]:
        """Return where the streets of a mode are in parts, with the parcels and places on each."""
        problems = []
        for mode in self.streets.built:
            met = [each for each in criteria if each.street_mode == mode and each.target.layer in self.places]
            layers = {each.target.layer: self.place_snaps(each.target.layer, mode) for each in met}
            snaps = {"parcels": self.parcel_snaps(mode), **layers}
            problems += part_problems(self.network(mode), snaps, self.streets.roads_file)
        return problems

    def _place_snaps(self, layer: str, mode: Mode) -> pd.DataFrame:
        snaps = snap(self.network(mode), self.places[layer].geometry, limit_m=self.snap_m)
        lost = [str(place) for place in snaps.index[snaps["status"] != "snapped"]]
        if lost:
            ids = ", ".join(lost[:IDS_LISTED]) + (" …" if len(lost) > IDS_LISTED else "")
            found = Problem("places_unsnapped", layer, mode, str(len(lost)), f"{self.snap_m:g}", "warn", {"ids": ids})
            self.problems.append(found)
        return snaps


def worse(parts: Sequence[Evaluation]) -> Evaluation:
    """Return, parcel by parcel, the worse of a criterion's seasons; beyond the cutoff counts as farthest."""
    first, *others = parts
    for other in others:
        keys = [each.raw.mask(each.beyond, np.inf) for each in (first, other)]
        is_worse = keys[1] > keys[0] if first.criterion.better == "less" else keys[1] < keys[0]
        first = replace(
            first,
            raw=first.raw.mask(is_worse, other.raw),
            beyond=first.beyond.mask(is_worse, other.beyond),
            place=first.place.mask(is_worse, other.place),
            season=_season(first, other, is_worse, keys[0] == keys[1]),
            plans=(*first.plans, *other.plans),
        )
    return first


def _announce(progress: Callable[[str], None]) -> None:
    from siting.network import warm  # noqa: PLC0415  loads numba, as the search that follows does

    warm.once_for_timetables(progress)


def _bad_window(day: TransitBlock, error: ValueError) -> Problem:
    return Problem("wrong_value", SETTINGS_FILE, "travel.transit.departures", " – ".join(day.departures), str(error))


def _season(first: Evaluation, other: Evaluation, is_worse: pd.Series, is_alike: pd.Series) -> pd.Series | None:
    if first.season is None or other.season is None:
        return None
    return first.season.mask(is_worse, other.season).mask(is_alike, "both")


def _groups_met(snaps: pd.DataFrame, groups: Any) -> list[set[int]]:
    """Return, for each row, the pieces of the network that its entrances lie on; none where it is not snapped."""
    return [
        {int(groups[edge]) for edge in (first, *(number for number, _ in further))} if status == "snapped" else set()
        for status, first, further in zip(snaps["status"], snaps["edge"], snaps["further"], strict=True)
    ]


def ratings(evaluations: Mapping[str, Evaluation], value: Callable[..., pd.Series]) -> Mapping[str, Any]:
    """Return the value 0..1 of every criterion.

    Nothing within the limit counts 0; where farther is better (a nuisance) it counts 1, since the limit
    reaches at least to the best point.
    """
    return {
        name: value(each.raw, worst=each.criterion.worst, best=each.criterion.best).mask(
            each.beyond, 1.0 if each.criterion.better == "more" else 0.0
        )
        for name, each in evaluations.items()
    }
