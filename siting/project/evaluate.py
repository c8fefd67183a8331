"""Criteria of a project: each one measured for every parcel that can be."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from siting import access
from siting.base.catalogue import catalogue
from siting.base.columns import Mode
from siting.base.errors import InputProblems, Problem
from siting.base.settings import Criterion
from siting.base.settings_checks import SETTINGS_FILE
from siting.network import Network, StreetReach, snap

IDS_LISTED = 10


@dataclass(frozen=True)
class Evaluation:
    """One criterion on the index of the parcels.

    raw: the value, empty where there is none. beyond: connected, but nothing within the cutoff.
    apart: no place of the criterion lies on the parcel's network. place: id of the nearest place.
    """

    criterion: Criterion
    raw: pd.Series
    beyond: pd.Series
    apart: pd.Series
    place: pd.Series
    estimated: bool


class Evaluator:
    """Measures criteria on parcels; snaps each layer to each network once."""

    def __init__(
        self,
        parcels: gpd.GeoDataFrame,
        places: Mapping[str, gpd.GeoDataFrame],
        estimated: Mapping[str, tuple[str, ...]],
        networks: Callable[[Mode], Network],
        snap_m: float,
    ) -> None:
        self.parcels = parcels
        self.places = places
        self.estimated = estimated
        self.network = networks
        self.snap_m = snap_m
        self.problems: list[Problem] = []
        self.parcel_snaps = cache(self._parcel_snaps)
        self.place_snaps = cache(self._place_snaps)

    def evaluate(self, criterion: Criterion, measured: pd.Index) -> Evaluation:
        """Return a criterion for the parcels in `measured`; the others stay empty."""
        of = criterion.target
        if criterion.measure == "column":
            column = of.column or ""
            values = (
                self.parcels[column] if column in self.parcels.columns else pd.Series(np.nan, index=self.parcels.index)
            )
            raw = values.where(values.index.isin(measured)).astype(float)
            return self._evaluation(criterion, raw, column in self.estimated.get(of.layer, ()))
        places = self._places(criterion)
        mode = criterion.mode or "walk"
        snaps = self.place_snaps(of.layer, mode).loc[places.index]
        origins = self.parcel_snaps(mode).loc[measured]
        if not (snaps["status"] == "snapped").any():
            raise InputProblems(
                [
                    Problem(
                        "no_place_snaps", SETTINGS_FILE, f"criterion {criterion.name}", criterion.of, f"{self.snap_m:g}"
                    )
                ]
            )
        directions: tuple[Literal["to", "from"], ...] = (
            ("to", "from") if criterion.direction == "both" else (criterion.direction,)
        )
        reaches = [
            StreetReach(self.network(mode), origins, snaps, cutoff=criterion.cutoff, direction=direction)
            for direction in directions
        ]
        apart = self._apart(mode, origins, snaps)
        if criterion.measure == "nearest":
            return self._nearest(criterion, reaches, origins, apart)
        return self._cumulative(criterion, reaches, origins, apart, places)

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
        self, criterion: Criterion, reaches: list[StreetReach], origins: pd.DataFrame, apart: pd.Series
    ) -> Evaluation:
        tables = [access.nearest(reach).reindex(self.parcels.index) for reach in reaches]
        minutes = sum(table["minutes"].astype(float) for table in tables) / len(tables)
        snapped = self._on_parcels(origins["status"] == "snapped")
        beyond = snapped & ~apart & minutes.isna()
        return Evaluation(criterion, minutes, beyond, apart, tables[0]["place"].astype(object), estimated=False)

    def _cumulative(
        self,
        criterion: Criterion,
        reaches: list[StreetReach],
        origins: pd.DataFrame,
        apart: pd.Series,
        places: gpd.GeoDataFrame,
    ) -> Evaluation:
        of = criterion.target
        amounts = places[of.column] if of.column else pd.Series(1.0, index=places.index)
        sums = [access.cumulative(reach, amounts, cutoff=float(criterion.cutoff or 0)) for reach in reaches]
        snapped = (origins["status"] == "snapped").to_numpy()
        mean = (sum(sums) / len(sums)).where(snapped).reindex(self.parcels.index)
        evaluation = self._evaluation(criterion, mean, of.column in self.estimated.get(of.layer, ()))
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

    def _apart(self, mode: Mode, origins: pd.DataFrame, snaps: pd.DataFrame) -> pd.Series:
        """Return where a snapped parcel's network holds none of the places, whatever the time."""
        groups = self.network(mode).edge_group
        served = {group for each in _groups_met(snaps, groups) for group in each}
        apart = [bool(each) and not each & served for each in _groups_met(origins, groups)]
        return self._on_parcels(pd.Series(apart, index=origins.index, dtype=bool))

    def _evaluation(self, criterion: Criterion, raw: pd.Series, estimated: bool) -> Evaluation:
        never = pd.Series(False, index=self.parcels.index)
        return Evaluation(
            criterion, raw, never, never, pd.Series("", index=self.parcels.index, dtype=object), estimated
        )

    def _on_parcels(self, marks: pd.Series) -> pd.Series:
        return marks.reindex(self.parcels.index, fill_value=False)

    def _parcel_snaps(self, mode: Mode) -> pd.DataFrame:
        return snap(self.network(mode), self.parcels.geometry, limit_m=self.snap_m)

    def _place_snaps(self, layer: str, mode: Mode) -> pd.DataFrame:
        snaps = snap(self.network(mode), self.places[layer].geometry, limit_m=self.snap_m)
        lost = [str(place) for place in snaps.index[snaps["status"] != "snapped"]]
        if lost:
            ids = ", ".join(lost[:IDS_LISTED]) + (" …" if len(lost) > IDS_LISTED else "")
            found = Problem("places_unsnapped", layer, mode, str(len(lost)), f"{self.snap_m:g}", "warn", {"ids": ids})
            self.problems.append(found)
        return snaps


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
