"""Who travels where: rows snapped to the streets, and the trips between two sets of them by any mode."""

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from siting.base.columns import Season, TravelMode
from siting.base.errors import InputProblems, Problem
from siting.base.model import SETTINGS_FILE
from siting.base.travel import Reach
from siting.base.travel_settings import TransitBlock
from siting.network import OneDirection, StreetReach
from siting.network.planner import workers_of
from siting.network.transit import TransitReach, headway_costs
from siting.project.streets import Streets


@dataclass(frozen=True)
class Ends:
    """Rows that trips start or end at: where they meet the streets of a mode, and their shapes, on one index."""

    snaps: pd.DataFrame
    shapes: gpd.GeoSeries

    def only(self, rows: pd.Index) -> "Ends":
        """Return some of the rows."""
        return Ends(self.snaps.loc[rows], self.shapes.loc[rows])


def street_mode(mode: TravelMode) -> TravelMode:
    """Return the mode by which trips meet the streets: public transport is met on foot."""
    return "walk" if mode == "transit" else mode


def trips(
    streets: Streets,
    origins: Ends,
    places: Ends,
    *,
    mode: TravelMode,
    season: Season,
    cutoff: float,
    direction: OneDirection = "to",
) -> Reach:
    """Return the trips between two sets of rows; raises InputProblems for a window of departures that cannot be."""
    if mode == "transit":
        return _by_transit(streets, origins, places, season, cutoff, direction)
    return StreetReach(
        streets.network(mode, season),
        origins.snaps,
        places.snaps,
        cutoff=cutoff,
        direction=direction,
        workers=streets.workers,
        progress=streets.progress,
    )


def _by_transit(
    streets: Streets, origins: Ends, places: Ends, season: Season, cutoff: float, direction: OneDirection
) -> Reach:
    day = streets.transit
    asked = (streets.timetable, streets.network("walk", season), origins.shapes, places.shapes)
    journey = streets.journey(cutoff, direction)
    try:
        if day.method == "headway":
            return headway_costs(*asked, journey=journey, longest_wait=day.longest_wait)
        _announce(streets.progress)
        found = TransitReach(*asked, journey=journey)
        return found.percentiles((day.percentile,), workers=workers_of(streets.workers))[day.percentile]
    except ValueError as error:
        raise InputProblems([bad_window(day, error)]) from error


def bad_window(day: TransitBlock, error: ValueError) -> Problem:
    """Return what is amiss with a window of departures."""
    return Problem("wrong_value", SETTINGS_FILE, "travel.transit.departures", " – ".join(day.departures), str(error))


def _announce(progress: Callable[[str], None]) -> None:
    from siting.network import warm  # noqa: PLC0415  loads numba, as the search that follows does

    warm.once_for_timetables(progress)
