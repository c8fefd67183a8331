"""The networks and timetables of a project, each built once, with what was found in building them."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from siting.base.columns import Mode, Season
from siting.base.errors import InputProblems, Level, Problem
from siting.base.layers import Layer
from siting.base.model import SETTINGS_FILE
from siting.base.travel_settings import TransitBlock, TravelBlock, TurnsBlock
from siting.network import Network, TurnCosts, Turning, store
from siting.network.kept import kept_from_lines
from siting.network.osm_turns import banned_turns, read_restrictions
from siting.network.parts import street_problems
from siting.network.transit import Journey, Timetable, from_gtfs, from_headways
from siting.sources.layers import layers_by_role
from siting.sources.reading import Reading

Progress = Callable[[str], None]
BUS_STOP = "bus_stop"
WAY_ID = r"^w?(\d+)(?:-\d+)?$"


class Streets:
    """Networks by mode and season, and the timetable, of one project."""

    def __init__(
        self, root: Path, readings: Mapping[str, Reading], travel: TravelBlock, progress: Progress, workers: int | None
    ) -> None:
        self.pace = 1.0
        self.travel = travel
        self.workers = workers
        self.progress = progress
        self.findings: list[Problem] = []
        self.built: dict[Mode, Network] = {}
        self.digests: dict[str, str] = {}
        self._root = root
        self._readings = readings
        self._seasons: dict[tuple[Mode, Season], Network] = {}

    @property
    def seasons(self) -> tuple[Season, ...]:
        """The seasons that every criterion is measured in."""
        return ("summer", "winter") if self.travel.season == "both" else (self.travel.season,)

    def network(self, mode: Mode, season: Season | None = None) -> Network:
        """Return the streets of a mode in a season, the first of the project's where none is named."""
        asked = season or self.seasons[0]
        if (mode, asked) not in self._seasons:
            self._seasons[mode, asked] = self._summer(mode).in_season(asked).paced(self.pace)
        return self._seasons[mode, asked]

    def _summer(self, mode: Mode) -> Network:
        if mode in self.built:
            return self.built[mode]
        self.progress("network")
        reading = layers_by_role(self._readings, "roads")[0]
        join = reading.layer.settings.join
        try:
            net = kept_from_lines(
                reading.table,
                mode=mode,
                speeds=self.travel.speeds,
                tolerance_m=join.tolerance_m,
                crossings=join.crossings,
                elevation=self._elevation if mode != "drive" else None,
            )
            net.graph  # noqa: B018  an edge that takes days is found here
        except ValueError as error:
            said = Problem("bad_network", reading.layer.settings.source, mode, str(error))
            if str(error).startswith("no road"):
                said = Problem("no_network", reading.layer.settings.source, found=mode)
            raise InputProblems([said]) from error
        self.findings += _network_notes(net, reading.layer, join.crossings)
        self.findings += street_problems(net, reading.table["id"].tolist(), reading.layer.settings.source)
        if mode == "drive" and self.travel.turns is not None:
            net = self._with_turns(net, self.travel.turns, reading)
        self.built[mode] = net
        return net

    def _with_turns(self, net: Network, turns: TurnsBlock, reading: Reading) -> Network:
        costs = TurnCosts(**turns.model_dump(exclude={"restrictions"}))
        if not turns.restrictions:
            return replace(net, turns=Turning(costs))
        path = self._root / turns.restrictions
        if not path.is_file():
            raise InputProblems(
                [Problem("missing_file", SETTINGS_FILE, "travel.turns.restrictions", turns.restrictions)]
            )
        try:
            read = read_restrictions(path, mode="drive")
        except (RuntimeError, ValueError) as error:
            raise InputProblems([Problem("damaged", turns.restrictions, found=str(error))]) from error
        banned = banned_turns(net, read, way_ids(reading.table))
        counts = {f"restrictions_{name}": count for name, count in {**read.notes, **banned.notes}.items()}
        self.digests[turns.restrictions] = store.digest_of([path]).hex()
        matched, known = (str(counts.get(f"restrictions_{each}", 0)) for each in ("matched", "read"))
        # an extract that the roads do not come from matches nothing
        level: Level = "warn" if matched == "0" and known != "0" else "note"
        self.findings.append(Problem("restrictions", turns.restrictions, "drive", matched, known, level=level))
        return replace(net, turns=Turning(costs, banned.pairs), notes=net.notes + Counter(counts))

    def paced(self, factor: float) -> "Streets":
        """Return the same streets on which all travel is so many times as fast; timetables stay as they are."""
        other = Streets(self._root, self._readings, self.travel, self.progress, self.workers)
        other.pace, other.built = factor, self.built
        return other

    @property
    def roads_file(self) -> str:
        """The source of the roads layer."""
        source: str = layers_by_role(self._readings, "roads")[0].layer.settings.source
        return source

    @property
    def _elevation(self) -> Path | None:
        if not self.travel.slope:
            return None
        return self._root / self._readings[self.travel.slope].layer.settings.source

    @cached_property
    def timetable(self) -> Timetable:
        """The day's public transport: of GTFS feeds, else of lines with headways and their stops."""
        self.progress("transit")
        layers = layers_by_role(self._readings, "transit")
        day = self.transit
        if not layers:
            raise InputProblems([Problem("no_transit", SETTINGS_FILE, "travel.transit")])
        feeds = [reading for reading in layers if is_feed(reading.layer)]
        if feeds:
            if day.date is None:
                raise InputProblems([Problem("missing_key", SETTINGS_FILE, "travel.transit.date", expected="date")])
            paths = [self._root / reading.layer.settings.source for reading in feeds]
            found = from_gtfs(paths, date=day.date)
        else:
            table = pd.concat([reading.table for reading in layers], ignore_index=True)
            lines = gpd.GeoDataFrame(table, geometry="geometry", crs=layers[0].table.crs)
            found = from_headways(
                lines, self._stops(), hours=day.hours, speed_kmh=day.line_kmh, within_m=day.stop_within_m
            )
        self.findings += found.problems
        return found

    def _stops(self) -> gpd.GeoDataFrame:
        places = [reading.table for reading in layers_by_role(self._readings, "places") if "kind" in reading.table]
        stops = [table[table["kind"] == BUS_STOP] for table in places]
        stops = [each for each in stops if len(each)]
        if not stops:
            raise InputProblems([Problem("no_stops", SETTINGS_FILE, "travel.transit")])
        return gpd.GeoDataFrame(pd.concat(stops, ignore_index=True), crs=stops[0].crs)

    @property
    def transit(self) -> TransitBlock:
        """The settings of public transport; raises InputProblems where there are none."""
        if self.travel.transit is None:
            raise InputProblems([Problem("no_transit", SETTINGS_FILE, "travel.transit")])
        return self.travel.transit

    def journey(self, cutoff: float, direction: Any) -> Journey:
        """Return how a criterion travels by public transport."""
        day = self.transit
        return Journey(
            cutoff=cutoff,
            departures=day.departures,
            walk_cutoff=day.walk_cutoff,
            transfer_cutoff=day.transfer_cutoff,
            boardings=day.boardings,
            board_slack_s=day.board_slack_s,
            direction=direction,
            snap_m=self.travel.snap,
        )


def way_ids(roads: gpd.GeoDataFrame) -> npt.NDArray[np.int64]:
    """Return the OpenStreetMap way of each road from its id (`w123`, or `w123-2` for its second part), -1 for none."""
    found = roads["id"].astype(str).str.extract(WAY_ID)[0]
    return np.asarray(pd.to_numeric(found).fillna(-1).to_numpy(), np.int64)


def is_feed(layer: Layer) -> bool:
    """Whether a transit layer is a GTFS feed, not lines with headways."""
    return layer.role == "transit" and layer.settings.source.lower().endswith(".zip")


def _network_notes(net: Network, layer: Layer, crossings: str) -> list[Problem]:
    file, notes = layer.settings.source, []
    if net.notes["crossings"]:
        code = f"crossings_{'split' if crossings == 'split' else 'kept'}"
        notes.append(Problem(code, file, net.mode, str(net.notes["crossings"]), level="warn"))
    if net.notes["tees"] and crossings == "keep":
        notes.append(Problem("tees_kept", file, net.mode, str(net.notes["tees"]), level="warn"))
    if net.notes["no_elevation"]:
        notes.append(Problem("no_elevation", file, net.mode, str(net.notes["no_elevation"]), level="warn"))
    return notes
