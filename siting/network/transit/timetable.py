"""A timetable of one day: stops, patterns of trips that never overtake, and what reading it found."""

import datetime as dt
from dataclasses import dataclass, field
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from siting.base.errors import Problem
from siting.network.transit.clock import clock_seconds

Int32s = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
HORIZON_S = 30 * 3600
"""Seconds of the asked service day up to which trips of the next day are counted as well."""


class Patterns(NamedTuple):
    """Trips of one stop sequence that never overtake each other, all patterns one after the other.

    Pattern p calls at stops[stop_starts[p]:stop_starts[p + 1]] (row numbers of the stop table); board
    and alight say where one may. Its trips are numbers trip_starts[p] to trip_starts[p + 1], by time.
    Trip t of a pattern of n stops calls at its i-th stop at times[time_starts[p] + (t - trip_starts[p]) * n + i].
    Times are seconds since noon minus 12 hours of the day.
    """

    stop_starts: Int32s
    stops: Int32s
    board: Flags
    alight: Flags
    trip_starts: Int32s
    time_starts: Int32s
    arrivals: Int32s
    departures: Int32s


@dataclass(frozen=True)
class Timetable:
    """All trips that one can board on a service day, trips of the days before and after that reach into it.

    stops: stop_id, name, feed and a point in WGS 84, every stop that some trip calls at. trips: trip_id,
    route_id, feed, day (-1, 0, 1), pattern, by_frequency, in the order of `patterns`. transfers: from_stop,
    to_stop (row numbers), kind (0 possible, 2 minimum time, 3 forbidden), min_s. ledger: feed, file, what,
    rows: every row read, by what became of it. `date` None and zone "": a day made from headways.
    """

    date: dt.date | None
    zone: str
    stops: gpd.GeoDataFrame
    patterns: Patterns
    trips: pd.DataFrame
    transfers: pd.DataFrame
    problems: tuple[Problem, ...] = ()
    ledger: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["feed", "file", "what", "rows"]))

    def seconds(self, clock: str) -> int:
        """Return the second of the service day at which local clocks show HH:MM (25:10: the next day)."""
        return clock_seconds(clock, self.date, self.zone)

    def calls(self) -> pd.DataFrame:
        """Return every call of every trip: trip, stop (row numbers), arrival_s, departure_s, board, alight."""
        p = self.patterns
        lengths = np.diff(p.stop_starts)
        pattern = np.repeat(np.arange(len(lengths)), np.diff(p.trip_starts))
        sizes = lengths[pattern]
        trip = np.repeat(np.arange(len(pattern)), sizes)
        within = np.arange(len(trip)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        at = p.stop_starts[pattern][trip] + within
        columns = {
            "trip": trip,
            "stop": p.stops[at],
            "arrival_s": p.arrivals,
            "departure_s": p.departures,
            "board": p.board[at],
            "alight": p.alight[at],
        }
        return pd.DataFrame(columns)

    def __repr__(self) -> str:
        day = self.date or "by headways"
        return f"Timetable({day}, {len(self.stops)} stops, {len(self.trips)} trips, {len(self.patterns.stop_starts) - 1} patterns)"


def build_patterns(calls: pd.DataFrame, trips: pd.DataFrame) -> tuple[Patterns, pd.DataFrame]:
    """Return patterns and the trips in their order, with the column pattern.

    `calls`: trip (position in `trips`), stop, arrival_s, departure_s, board, alight, sorted along each trip.
    Trips of one stop sequence are split greedily so that within a pattern none overtakes another
    (Delling, Pajor & Werneck 2012, section 2). The order depends on the content, not on that of the rows.
    """
    starts = np.searchsorted(calls["trip"].to_numpy(), np.arange(len(trips) + 1))
    sequences = calls["stop"].to_numpy(np.int64) * 4 + 2 * calls["board"].to_numpy() + calls["alight"].to_numpy()
    times = np.stack([calls["arrival_s"].to_numpy(np.int32), calls["departure_s"].to_numpy(np.int32)], axis=1)
    groups: dict[tuple[int, ...], list[int]] = {}
    for trip in range(len(trips)):
        groups.setdefault(tuple(sequences[starts[trip] : starts[trip + 1]].tolist()), []).append(trip)
    names = list(zip(trips["feed"], trips["trip_id"], trips["day"], strict=True))
    kept: list[tuple[tuple[int, ...], list[int]]] = []
    for sequence in sorted(groups):
        lines = {trip: times[starts[trip] : starts[trip + 1]].ravel() for trip in groups[sequence]}
        ordered = sorted(lines, key=lambda trip: (lines[trip].tolist(), names[trip]))
        kept.extend((sequence, chain) for chain in _chains(ordered, lines))
    return _packed(kept, starts, times), _in_order(trips, kept)


def _chains(ordered: list[int], lines: dict[int, Int32s]) -> list[list[int]]:
    chains: list[list[int]] = []
    for trip in ordered:
        for chain in chains:
            if (lines[chain[-1]] <= lines[trip]).all():
                chain.append(trip)
                break
        else:
            chains.append([trip])
    return chains


def _packed(kept: list[tuple[tuple[int, ...], list[int]]], starts: npt.NDArray[np.int64], times: Int32s) -> Patterns:
    lengths = np.array([len(sequence) for sequence, _ in kept], np.int64)
    counts = np.array([len(chain) for _, chain in kept], np.int64)
    codes = np.array([code for sequence, _ in kept for code in sequence], np.int64)
    rows = [np.arange(starts[trip], starts[trip + 1]) for _, chain in kept for trip in chain]
    taken = times[np.concatenate(rows)] if rows else np.empty((0, 2), np.int32)
    return Patterns(
        stop_starts=_offsets(lengths),
        stops=(codes // 4).astype(np.int32),
        board=codes % 4 >= 2,
        alight=codes % 2 == 1,
        trip_starts=_offsets(counts),
        time_starts=_offsets(lengths * counts),
        arrivals=np.ascontiguousarray(taken[:, 0], np.int32),
        departures=np.ascontiguousarray(taken[:, 1], np.int32),
    )


def _in_order(trips: pd.DataFrame, kept: list[tuple[tuple[int, ...], list[int]]]) -> pd.DataFrame:
    order = [trip for _, chain in kept for trip in chain]
    number = [pattern for pattern, (_, chain) in enumerate(kept) for _ in chain]
    return trips.iloc[order].reset_index(drop=True).assign(pattern=np.array(number, np.int64))


def _offsets(sizes: npt.NDArray[np.int64]) -> Int32s:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
