"""Criteria of a project: each one measured for every parcel that can be."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from siting.base.catalogue import catalogue
from siting.base.columns import Mode, Season, TravelMode
from siting.base.errors import InputProblems, Problem, stop_on_refusal
from siting.base.model import SETTINGS_FILE
from siting.base.settings import Criterion, Of, UtilityBlock
from siting.base.travel import Reach
from siting.indicators import connections, road_access, utility_cost, utility_problems
from siting.network import Network, OneDirection, StreetReach, snap
from siting.network.parts import part_problems, reach_problems
from siting.network.transit import stop_frequency
from siting.project.evaluation import Evaluation, worse
from siting.project.measuring import COUNTS, MEASURED, Asked, measured_or_told
from siting.project.streets import Streets
from siting.project.trips import Ends, bad_window, street_mode, trips

IDS_LISTED = 10


class Evaluator:
    """Measures criteria on parcels; snaps each layer to each network once."""

    def __init__(
        self,
        parcels: gpd.GeoDataFrame,
        places: Mapping[str, gpd.GeoDataFrame],
        estimated: Mapping[str, tuple[str, ...]],
        streets: Streets,
        utilities: Mapping[str, UtilityBlock] | None = None,
        areas: Mapping[str, gpd.GeoDataFrame] | None = None,
    ) -> None:
        self.parcels = parcels
        self.areas = frozenset(areas or ())
        self.utilities = utilities or {}
        self.places = {**places, **{name: at_points(table) for name, table in (areas or {}).items()}}
        self.estimated = estimated
        self.streets = streets
        self.snap_m = streets.travel.snap
        self.problems: list[Problem] = []
        self.circle_share: Callable[[str], pd.Series] | None = None
        self.parcel_snaps = cache(self._parcel_snaps)
        self.place_snaps = cache(self._place_snaps)
        self.utility_tables = cache(self._utility_tables)

    def prepare(self, criterion: Criterion) -> None:
        """Make what a criterion needs before any travel: places, networks, snaps, timetable; raises InputProblems."""
        if criterion.measure == "column":
            return
        modes = criterion.street_modes or ("walk",)
        for mode in modes:
            for season in self.streets.seasons:
                self.network(mode, season)
            self.parcel_snaps(mode)
        if "transit" in criterion.modes or criterion.measure == "stop_frequency":
            _ = self.streets.timetable
        if criterion.measure == "utility_cost":
            self.utility_tables(modes[0])
        elif criterion.measure in MEASURED:
            for mode in modes:
                self._snapped_places(criterion, self.places_of(criterion), mode)
            self.rivals(criterion)

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
        if criterion.measure == "circle_coverage" and self.circle_share is not None:
            share = self.circle_share(criterion.of).reindex(self.parcels.index)
            return self._evaluation(criterion, share.where(self._snapped(criterion, measured)), estimated=False)
        places = self.places_of(criterion)
        return worse([self._travelled(criterion, measured, places, season) for season in self.streets.seasons])

    def _travelled(
        self, criterion: Criterion, measured: pd.Index, places: gpd.GeoDataFrame, season: Season
    ) -> Evaluation:
        """Return a measure that travels, in one season; nothing within the cutoff is told as such."""
        questions = [self.asked(criterion, measured, places, season, each) for each in directions_of(criterion)]
        tables = [measured_or_told(each).reindex(self.parcels.index) for each in questions]
        snapped = self._snapped(criterion, measured)
        apart = self._apart(criterion, measured, places)
        raw = (sum(table["value"].astype(float) for table in tables) / len(tables)).where(snapped).mask(apart)
        owned = self._own(criterion).notna() if criterion.measure == "balancing_time" else True
        beyond = self._never if criterion.measure in COUNTS else snapped & ~apart & raw.isna() & owned
        place = tables[0]["place"].astype(object) if "place" in tables[0] else self._nowhere
        estimated = criterion.target.column in self.estimated.get(criterion.target.layer, ()) or (
            criterion.rivals.column in self.estimated.get(criterion.rivals.layer, ())
        )
        plans = self._plans([reach for each in questions for reach in each.sites.values()], season)
        return Evaluation(criterion, raw, beyond, apart, place, estimated, plans, self._all(season))

    def asked(
        self,
        criterion: Criterion,
        measured: pd.Index,
        places: gpd.GeoDataFrame,
        season: Season,
        direction: OneDirection,
        origins: str = "",
    ) -> Asked:
        """Return the trips of a criterion in a season and direction, with the amounts at their ends.

        They start at the parcels, or at the places of the layer `origins`.
        """
        of, rivals, cutoff = criterion.target, self.rivals(criterion), float(criterion.cutoff or 0)

        def between(
            origins: Callable[[TravelMode], Ends], goals: Callable[[TravelMode], Ends]
        ) -> dict[TravelMode, Reach]:
            ends = {mode: (origins(mode), goals(mode)) for mode in criterion.modes}
            how: Any = {"season": season, "cutoff": cutoff, "direction": direction}
            return {mode: trips(self.streets, *each, mode=mode, **how) for mode, each in ends.items()}

        def sites(mode: TravelMode) -> Ends:
            return self.ends(origins, mode).only(measured)

        def goals(mode: TravelMode) -> Ends:
            return self.ends(of.layer, mode).only(places.index)

        def others(mode: TravelMode) -> Ends:
            return self.ends(criterion.rivals.layer, mode).only(rivals.index)

        at_home = criterion.measure == "jobs_housing"
        return Asked(
            criterion,
            between(sites, goals),
            places[of.column] if of.column else pd.Series(1.0, index=places.index),
            between(others, goals) if len(rivals) and not at_home else {},
            next(iter(between(sites, others).values())) if at_home else None,
            rivals if len(rivals) else None,
            self._own(criterion),
        )

    def ends(self, layer: str, mode: TravelMode) -> Ends:
        """Return the rows of a layer, or with no name the parcels, as ends of trips by a mode."""
        by = street_mode(mode)
        if layer:
            return Ends(self.place_snaps(layer, by), self.places[layer].geometry)
        return Ends(self.parcel_snaps(by), self.parcels.geometry)

    def rivals(self, criterion: Criterion) -> pd.Series:
        """Return the demand that competes for a criterion's places, by its points; empty where none is asked for."""
        if not criterion.demand or criterion.measure == "balancing_time":
            return pd.Series(dtype=float)
        return self.demand(criterion.rivals, criterion.modes, f"criterion {criterion.name}.demand")

    def demand(self, of: Of, modes: Sequence[TravelMode], where: str) -> pd.Series:
        """Return amounts of people at points that meet the streets; what is left out is told."""
        table, told = self.places[of.layer], f"{of.layer}.{of.column}"
        chosen = table[table["kind"].isin(of.kinds)] if of.kinds else table
        amounts = chosen[of.column].astype(float)
        if amounts.isna().any():
            raise InputProblems([Problem("used_column_empty", SETTINGS_FILE, where, told)])
        if not amounts.sum() > 0:
            raise InputProblems([Problem("demand_empty", SETTINGS_FILE, where, told)])
        met = pd.Series(True, index=amounts.index)
        for mode in modes:
            met &= self.ends(of.layer, mode).snaps["status"].loc[amounts.index] == "snapped"
        if not met.all():
            lost, people = str(int((~met).sum())), f"{amounts[~met].sum():g}"
            said = Problem(
                "demand_unsnapped", SETTINGS_FILE, where, lost, str(len(met)), "warn", values={"people": people}
            )
            self.problems.append(said)
        if of.layer in self.areas:
            self.problems.append(Problem("demand_by_unit", SETTINGS_FILE, where, str(len(met)), level="note"))
        return amounts[met]

    def _own(self, criterion: Criterion) -> pd.Series:
        """Return a parcel's own demand, for the measure that sets it against what lies around."""
        column = criterion.rivals.column or "" if criterion.measure == "balancing_time" else ""
        own = self.parcels[column] if column in self.parcels.columns else pd.Series(np.nan, index=self.parcels.index)
        return own.astype(float)

    def _snapped(self, criterion: Criterion, measured: pd.Index) -> pd.Series:
        """Return which of the measured parcels meet the streets of every mode of a criterion."""
        met = pd.Series(self.parcels.index.isin(measured), index=self.parcels.index)
        for mode in criterion.street_modes:
            met &= self.parcel_snaps(mode)["status"] == "snapped"
        return met

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
                raise InputProblems([bad_window(day, error)]) from error
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

    def places_of(self, criterion: Criterion) -> gpd.GeoDataFrame:
        """Return the places that a criterion names; raises InputProblems where there are none, or amounts are missing."""
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

    def _snapped_places(self, criterion: Criterion, places: gpd.GeoDataFrame, mode: Mode) -> pd.DataFrame:
        snaps = self.place_snaps(criterion.target.layer, mode).loc[places.index]
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

    def _apart(self, criterion: Criterion, measured: pd.Index, places: gpd.GeoDataFrame) -> pd.Series:
        """Return where a snapped parcel's network holds none of the places, whatever the time."""
        if "transit" in criterion.modes or len(criterion.street_modes) != 1:
            return self._never  # a bus joins what no street does, and one mode what another does not
        (mode,) = criterion.street_modes
        origins, snaps = self.parcel_snaps(mode).loc[measured], self._snapped_places(criterion, places, mode)
        groups = self.network(mode).edge_group
        served = {group for each in _groups_met(snaps, groups) for group in each}
        apart = [bool(each) and not each & served for each in _groups_met(origins, groups)]
        return self._on_parcels(pd.Series(apart, index=origins.index, dtype=bool))

    def _evaluation(self, criterion: Criterion, raw: pd.Series, *, estimated: bool) -> Evaluation:
        never = self._never
        return Evaluation(criterion, raw, never, never, self._nowhere, estimated)

    def _plans(self, reaches: Sequence[Reach], season: Season) -> tuple[Mapping[str, object], ...]:
        """Return which engine answered, for the stamp."""
        plans = [plan.record() for reach in reaches if isinstance(reach, StreetReach) for plan in reach.plans]
        return tuple({"season": season, **plan} for plan in plans or [{"method": self.streets.transit.method}])

    @property
    def _never(self) -> pd.Series:
        return pd.Series(False, index=self.parcels.index)

    @property
    def _nowhere(self) -> pd.Series:
        return pd.Series("", index=self.parcels.index, dtype=object)

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
            met = [each for each in criteria if mode in each.street_modes and each.target.layer in self.places]
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


def directions_of(criterion: Criterion) -> tuple[OneDirection, ...]:
    """Return the directions whose mean a criterion takes."""
    return ("to", "from") if criterion.direction == "both" else (criterion.direction,)


def _groups_met(snaps: pd.DataFrame, groups: Any) -> list[set[int]]:
    """Return, for each row, the pieces of the network that its entrances lie on; none where it is not snapped."""
    return [
        {int(groups[edge]) for edge in (first, *(number for number, _ in further))} if status == "snapped" else set()
        for status, first, further in zip(snaps["status"], snaps["edge"], snaps["further"], strict=True)
    ]


def at_points(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return areas as points inside them."""
    return areas.set_geometry(areas.geometry.representative_point())
