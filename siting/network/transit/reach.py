"""Door-to-door travel times by public transport over a window of departures.

For every departure the earliest arrival is found (`raptor`); of the travel times over the window a
percentile is taken (Conway, Byrd & van der Linden 2018, Accounting for uncertainty and variation in
accessibility metrics for public transport sketch planning).
"""

import dataclasses
import math
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from siting.base.columns import MS_PER_MINUTE
from siting.base.travel import TravelCosts
from siting.network.graph import Network
from siting.network.transit.journey import Journey
from siting.network.transit.timetable import Timetable
from siting.network.transit.walks import Int32s, Ints, Shapes, Walks, walks_of

if TYPE_CHECKING:
    from siting.network.transit.raptor import Rides

MODE = "transit"
BLOCK_CELLS = 4_000_000
BLOCK_ORIGINS = 16


class TransitReach:
    """Journeys between origins and places by one timetable and one street network.

    The walks are searched once; several percentiles and windows of departures are then cheap to ask.
    """

    def __init__(
        self, timetable: Timetable, walk: Network, origins: Shapes, places: Shapes, *, journey: Journey
    ) -> None:
        self.timetable = timetable
        self.journey = journey
        self.origins = origins.index
        self.places = places.index
        self._walk = walk
        self._ends = (origins, places) if journey.direction == "to" else (places, origins)

    @cached_property
    def walks(self) -> Walks:
        """The walks from where journeys start to where they end."""
        return walks_of(self.timetable, self._walk, *self._ends, self.journey)

    def percentiles(
        self, percentiles: Sequence[float] = (50,), *, departures: tuple[str, str] | None = None, workers: int = 1
    ) -> dict[float, TravelCosts]:
        """Return travel costs by percentile of travel time over the departures, fast to slow.

        The p-th percentile of n departures is the ceil(p n / 100)-th shortest time (nearest rank, never
        interpolated; of an even number the lower median). A departure without arrival within the cutoff
        counts as infinitely slow. Walking all the way counts as well. `departures` replaces the window of
        the journey. `workers` threads share the origins; the result does not depend on them.
        """
        journey = self.journey if departures is None else dataclasses.replace(self.journey, departures=departures)
        moments = journey.moments(self.timetable)
        ranks = np.array([rank_of(each, len(moments)) for each in percentiles], np.int32)
        parts = list(self._blocks(journey, moments, ranks, workers))
        return {each: self._costs([part[number] for part in parts]) for number, each in enumerate(percentiles)}

    def _blocks(
        self, journey: Journey, moments: Int32s, ranks: Int32s, workers: int
    ) -> Iterator[list[tuple[Ints, Ints, Ints]]]:
        """Yield, for each block of starts in order, and each rank: start, end, ms of the pairs within the cutoff."""
        from siting.network.transit import raptor  # noqa: PLC0415  a town without transit must not pay for numba

        walks = self.walks
        rides = rides_of(self.timetable, moments, journey.cutoff_ms)
        ways = raptor.Ways(*(raptor.Links(*walk) for walk in (walks.access, walks.footpaths, walks.egress)))
        falling = np.ascontiguousarray(moments[::-1])
        limits = raptor.Limits(journey.cutoff_ms, journey.boardings)
        starts, ends = (len(each) for each in self._ends)
        size = max(1, min(BLOCK_ORIGINS, BLOCK_CELLS // max(1, ends * len(ranks))))

        def block(first: int) -> list[tuple[Ints, Ints, Ints]]:
            out = np.empty((min(size, starts - first), ends, len(ranks)), np.int32)
            raptor.block_percentiles(rides, ways, falling, limits, ranks, first, out)
            _walk_all_the_way(walks, first, out)
            return [_within(out[:, :, number], first, journey.cutoff_ms) for number in range(len(ranks))]

        if starts and ends:
            with ThreadPoolExecutor(max_workers=workers) as pool:
                yield from pool.map(block, range(0, starts, size))

    def _costs(self, parts: Sequence[tuple[Ints, Ints, Ints]]) -> TravelCosts:
        none = np.empty(0, np.int64)
        start, end, ms = (np.concatenate([none, *(part[i] for part in parts)]) for i in range(3))
        origin, place = (start, end) if self.journey.direction == "to" else (end, start)
        columns = {
            "origin": self.origins.take(origin),
            "destination": self.places.take(place),
            "minutes": ms / MS_PER_MINUTE,
        }
        return TravelCosts(
            pd.DataFrame(columns), origins=self.origins, places=self.places, mode=MODE, cutoff=self.journey.cutoff
        )


def transit_costs(
    timetable: Timetable,
    walk: Network,
    origins: Shapes,
    places: Shapes,
    *,
    journey: Journey,
    percentile: float = 50,
    workers: int = 1,
) -> TravelCosts:
    """Return minutes from door to door at a percentile of the departures; unreachable pairs are absent.

    See `TransitReach.percentiles`. The cutoff and all other terms are those of the journey.
    """
    reach = TransitReach(timetable, walk, origins, places, journey=journey)
    return reach.percentiles((percentile,), workers=workers)[percentile]


def rank_of(percentile: float, count: int) -> int:
    """Return the position, from 0, of a percentile among `count` ordered values: the nearest rank."""
    if not 0 <= percentile <= 100:
        msg = f"a percentile lies between 0 and 100, not {percentile:g}"
        raise ValueError(msg)
    return max(math.ceil(percentile * count / 100 - 1e-9) - 1, 0)


def rides_of(timetable: Timetable, moments: Iterable[int], cutoff_ms: int) -> "Rides":
    """Return the patterns in milliseconds, with the trips that can serve these departures."""
    from siting.network.transit.raptor import Rides  # noqa: PLC0415  as above

    p = timetable.patterns
    departures = list(moments)
    first_s, last_s = min(departures) // 1000, -(-(max(departures) + cutoff_ms) // 1000)
    first, end = _trips_between(timetable, first_s, last_s)
    pattern = np.repeat(np.arange(len(first)), np.diff(p.stop_starts))
    position = np.arange(len(p.stops)) - p.stop_starts[pattern]
    is_last = position == np.diff(p.stop_starts)[pattern] - 1
    served = np.flatnonzero((first < end)[pattern] & p.board & ~is_last)
    order = served[np.lexsort((position[served], pattern[served], p.stops[served]))]
    starts = np.searchsorted(p.stops[order], np.arange(len(timetable.stops) + 1))
    return Rides(
        *(p.stop_starts, p.stops, p.board, p.alight, first, end, p.time_starts),
        *((p.arrivals * 1000).astype(np.int32), (p.departures * 1000).astype(np.int32)),
        *(starts.astype(np.int32), pattern[order].astype(np.int32), position[order].astype(np.int32)),
    )


def _trips_between(timetable: Timetable, first_s: int, last_s: int) -> tuple[Int32s, Int32s]:
    """Return, for every pattern, its trips (first, end) that leave some stop from `first_s` to `last_s`."""
    p = timetable.patterns
    first, end = np.zeros(len(p.stop_starts) - 1, np.int32), np.zeros(len(p.stop_starts) - 1, np.int32)
    for pattern, (begin, size) in enumerate(zip(p.time_starts[:-1], np.diff(p.stop_starts), strict=True)):
        close = p.time_starts[pattern + 1]
        first[pattern] = np.searchsorted(p.arrivals[begin:close][size - 1 :: size], first_s)
        end[pattern] = np.searchsorted(p.departures[begin:close][::size], last_s, side="right")
    return first, np.maximum(first, end)


def _walk_all_the_way(walks: Walks, first: int, out: npt.NDArray[np.int32]) -> None:
    for row in range(len(out)):
        span = slice(walks.direct.starts[first + row], walks.direct.starts[first + row + 1])
        heads, ms = walks.direct.heads[span], walks.direct.ms[span]
        out[row, heads] = np.minimum(out[row, heads], ms[:, None])


def _within(ms: npt.NDArray[np.int32], first: int, cutoff_ms: int) -> tuple[Ints, Ints, Ints]:
    start, end = np.nonzero(ms <= cutoff_ms)
    return start + first, end, ms[start, end].astype(np.int64)
