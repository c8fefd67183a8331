"""Range RAPTOR: earliest arrivals for every departure of a window (numba; imported only when asked for).

Delling, Pajor & Werneck 2012, Round-based public transit routing: rounds by number of boardings, and for a
range of departures the latest first, its labels kept for the earlier ones (rRAPTOR). Whole milliseconds.
A journey is: walk to a stop, board, ride, (walk between stops, board, ride)..., walk to the place. A place
or a footpath is only ever reached from a stop where one alighted, so walks do not add up beyond their bounds.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

Int32s = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Whole = int | np.int32
NEVER = np.int32(2**31 - 1)


class Rides(NamedTuple):
    """Patterns as in `Timetable.patterns` in milliseconds, and the (pattern, position) where each stop is boarded.

    Of pattern p the trips first_trip[p] to end_trip[p] (counted within the pattern) may serve the window.
    """

    stop_starts: Int32s
    stops: Int32s
    board: Flags
    alight: Flags
    first_trip: Int32s
    end_trip: Int32s
    time_starts: Int32s
    arrivals: Int32s
    departures: Int32s
    serving_starts: Int32s
    serving_pattern: Int32s
    serving_position: Int32s


class Links(NamedTuple):
    """Walks in compressed rows: from row r to heads[starts[r]:starts[r + 1]], by time."""

    starts: Int32s
    heads: Int32s
    ms: Int32s


class Ways(NamedTuple):
    """All walks: origin to stop, alighting to being ready to board (a stop itself included), stop to place."""

    access: Links
    footpaths: Links
    egress: Links


class Limits(NamedTuple):
    """What bounds a journey: milliseconds from door to door, number of boardings."""

    cutoff_ms: int
    boardings: int


class Labels(NamedTuple):
    """State of one origin. Rows of alighted and ready are rounds: the best with at most so many boardings."""

    alighted: Int32s  # [round, stop] earliest arrival on board of a vehicle
    ready: Int32s  # [round, stop] earliest moment at which one can board
    reached: Int32s  # [place] earliest arrival
    earliest: Int32s  # [pattern] first position to scan, -1 where not queued
    patterns: Int32s  # queue of patterns
    boardable: Int32s  # stops whose `ready` fell in this round
    landed: Int32s  # stops whose `alighted` fell in this round
    touched: Int32s  # stops whose `alighted` fell in any round of this departure
    is_boardable: Flags
    is_landed: Flags
    is_touched: Flags


@njit(nogil=True, cache=True)
def arrivals_by_departure(
    rides: Rides,
    ways: Ways,
    origin: Whole,
    departures: Int32s,
    limits: Limits,
    out: Int32s,
) -> None:
    """Write travel milliseconds from an origin to out[place, departure], NEVER beyond the cutoff.

    `departures` fall. Walking all the way is not in it.
    """
    labels = _fresh(len(rides.serving_starts) - 1, len(rides.stop_starts) - 1, out.shape[0], limits.boardings)
    for column in range(len(departures)):
        leave = departures[column]
        bound = np.int32(leave + limits.cutoff_ms)
        count = _start(ways.access, origin, leave, bound, labels)
        touched: Whole = 0
        for around in range(1, limits.boardings + 1):
            queued = _queue(rides, labels, count)
            if queued == 0:
                break
            landed = _ride(rides, labels, around, queued, bound)
            touched = _touch(labels, landed, touched)
            count = _walk(ways.footpaths, labels, around, landed, bound, around < limits.boardings)
        _finish(ways.egress, labels, touched, bound)
        for place in range(out.shape[0]):
            arrival = labels.reached[place]
            out[place, column] = arrival - leave if arrival <= bound else NEVER


@njit(nogil=True, cache=True)
def percentiles_of(times: Int32s, ranks: Int32s, out: Int32s) -> None:
    """Write the order statistics of each row of `times` at `ranks` to out[row, rank]."""
    for row in range(times.shape[0]):
        if times[row].min() == NEVER:
            out[row, :] = NEVER
        else:
            ordered = np.sort(times[row])
            for number in range(len(ranks)):
                out[row, number] = ordered[ranks[number]]


@njit(nogil=True, cache=True)
def block_percentiles(
    rides: Rides,
    ways: Ways,
    departures: Int32s,
    limits: Limits,
    ranks: Int32s,
    first: Whole,
    out: Int32s,
) -> None:
    """Write out[origin - first, place, rank] for the origins from `first` on: travel ms at each order statistic."""
    times = np.empty((out.shape[1], len(departures)), np.int32)
    for row in range(out.shape[0]):
        origin = first + row
        if ways.access.starts[origin] == ways.access.starts[origin + 1]:
            out[row] = NEVER
        else:
            arrivals_by_departure(rides, ways, origin, departures, limits, times)
            percentiles_of(times, ranks, out[row])


@njit(nogil=True, cache=True)
def _fresh(stops: Whole, patterns: Whole, places: Whole, boardings: Whole) -> Labels:
    return Labels(
        np.full((boardings + 1, stops), NEVER, np.int32),
        np.full((boardings + 1, stops), NEVER, np.int32),
        np.full(places, NEVER, np.int32),
        np.full(patterns, np.int32(-1), np.int32),
        np.empty(patterns, np.int32),
        np.empty(stops, np.int32),
        np.empty(stops, np.int32),
        np.empty(stops, np.int32),
        np.zeros(stops, np.bool_),
        np.zeros(stops, np.bool_),
        np.zeros(stops, np.bool_),
    )


@njit(nogil=True, cache=True)
def _start(access: Links, origin: Whole, leave: Whole, bound: Whole, labels: Labels) -> Whole:
    """Be at the stops within a walk of the origin; return how many became boardable earlier than before."""
    count: Whole = 0
    for link in range(access.starts[origin], access.starts[origin + 1]):
        ready = np.int32(leave + access.ms[link])
        if ready > bound:
            break
        count = _be_ready(labels, 0, access.heads[link], ready, count)
    return count


@njit(nogil=True, cache=True)
def _be_ready(labels: Labels, around: Whole, stop: Whole, ready: Whole, count: Whole) -> Whole:
    """Lower the moment at which one can board at a stop; return how many stops became boardable so far."""
    if not _lower(labels.ready, around, stop, ready) or labels.is_boardable[stop]:
        return count
    labels.is_boardable[stop] = True
    labels.boardable[count] = stop
    return count + 1


@njit(nogil=True, cache=True)
def _lower(table: Int32s, around: Whole, stop: Whole, value: Whole) -> bool:
    """Lower a label, and those of later rounds; return whether it fell."""
    if value >= table[around, stop]:
        return False
    table[around, stop] = value
    for later in range(around + 1, table.shape[0]):
        if value >= table[later, stop]:
            break
        table[later, stop] = value
    return True


@njit(nogil=True, cache=True)
def _queue(rides: Rides, labels: Labels, count: Whole) -> Whole:
    """Queue every pattern that serves a boardable stop, from its first such position; return how many."""
    queued = 0
    for number in range(count):
        stop = labels.boardable[number]
        labels.is_boardable[stop] = False
        for serving in range(rides.serving_starts[stop], rides.serving_starts[stop + 1]):
            pattern, position = rides.serving_pattern[serving], rides.serving_position[serving]
            first = labels.earliest[pattern]
            if first < 0:
                labels.patterns[queued] = pattern
                queued += 1
            if first < 0 or position < first:
                labels.earliest[pattern] = position
    return queued


@njit(nogil=True, cache=True)
def _ride(rides: Rides, labels: Labels, around: Whole, queued: Whole, bound: Whole) -> Whole:
    """Ride the queued patterns on the earliest trip that can be caught at each stop; return stops landed at."""
    landed = 0
    for number in range(queued):
        pattern = labels.patterns[number]
        begin = rides.stop_starts[pattern]
        size = rides.stop_starts[pattern + 1] - begin
        end = rides.end_trip[pattern]
        trip = end
        row = 0
        for position in range(labels.earliest[pattern], size):
            stop = rides.stops[begin + position]
            if trip < end and rides.alight[begin + position]:
                arrival = rides.arrivals[row + position]
                if arrival <= bound and _lower(labels.alighted, around, stop, arrival) and not labels.is_landed[stop]:
                    labels.is_landed[stop] = True
                    labels.landed[landed] = stop
                    landed += 1
            ready = labels.ready[around - 1, stop]
            if ready <= bound and rides.board[begin + position] and position + 1 < size:
                caught = _catch(rides, pattern, position, size, ready, trip)
                if caught < trip:
                    trip = caught
                    row = rides.time_starts[pattern] + trip * size
        labels.earliest[pattern] = -1
    return landed


@njit(nogil=True, cache=True)
def _catch(rides: Rides, pattern: Whole, position: Whole, size: Whole, ready: Whole, trip: Whole) -> Whole:
    """Return the first trip before `trip` that leaves a position at or after `ready`, else `trip`."""
    at = rides.time_starts[pattern] + position
    low: Whole = rides.first_trip[pattern]
    high: Whole = trip
    if high > low and rides.departures[at + (high - 1) * size] < ready:
        return trip
    while low < high:
        middle = (low + high) >> 1
        if rides.departures[at + middle * size] < ready:
            low = middle + 1
        else:
            high = middle
    return low


@njit(nogil=True, cache=True)
def _touch(labels: Labels, landed: Whole, touched: Whole) -> Whole:
    count = touched
    for number in range(landed):
        stop = labels.landed[number]
        if not labels.is_touched[stop]:
            labels.is_touched[stop] = True
            labels.touched[count] = stop
            count += 1
    return count


@njit(nogil=True, cache=True)
def _walk(footpaths: Links, labels: Labels, around: Whole, landed: Whole, bound: Whole, further: bool) -> Whole:
    """Walk from the stops landed at to those where one can board next; return how many became boardable."""
    count: Whole = 0
    for number in range(landed):
        stop = labels.landed[number]
        labels.is_landed[stop] = False
        if not further:
            continue
        arrival = labels.alighted[around, stop]
        for link in range(footpaths.starts[stop], footpaths.starts[stop + 1]):
            ready = np.int32(arrival + footpaths.ms[link])
            if ready > bound:
                break
            count = _be_ready(labels, around, footpaths.heads[link], ready, count)
    return count


@njit(nogil=True, cache=True)
def _finish(egress: Links, labels: Labels, touched: Whole, bound: Whole) -> None:
    """Walk from every stop that was touched to the places around it."""
    last = labels.alighted.shape[0] - 1
    for number in range(touched):
        stop = labels.touched[number]
        labels.is_touched[stop] = False
        arrival = labels.alighted[last, stop]
        for link in range(egress.starts[stop], egress.starts[stop + 1]):
            there = np.int32(arrival + egress.ms[link])
            if there > bound:
                break
            place = egress.heads[link]
            labels.reached[place] = min(labels.reached[place], there)
