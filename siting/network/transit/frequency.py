"""How often vehicles leave, and travel times from that alone, for offices that know headways only."""

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from siting.base.columns import MS_PER_MINUTE
from siting.base.travel import TravelCosts
from siting.network.graph import Network
from siting.network.reach import travel_costs
from siting.network.transit.journey import Journey
from siting.network.transit.timetable import Timetable
from siting.network.transit.walks import Ints, Shapes, Walk, walks_of

BLOCK_CELLS = 4_000_000
Arcs = tuple[Ints, Ints, Ints]


def stop_frequency(
    timetable: Timetable,
    walk: Network,
    origins: Shapes,
    *,
    window: tuple[str, str],
    walk_cutoff: float,
    snap_m: float | None = None,
) -> pd.DataFrame:
    """Return, for every origin, its nearest stop and the stop within `walk_cutoff` that is served most.

    Columns: stop, minutes, departures_per_hour; best_stop, best_minutes, best_departures_per_hour; empty
    where no stop is within the cutoff. Departures are those one can board from the first to before the last
    clock time of `window`, all lines and directions together. Ties go to the nearer stop, then the lower label.
    """
    hourly = departures_per_hour(timetable, window)
    costs = travel_costs(walk, origins, timetable.stops, cutoff=walk_cutoff, snap_m=snap_m)
    table = costs.table().rename(columns={"destination": "stop"})
    table["departures_per_hour"] = hourly.reindex(table["stop"]).to_numpy()
    nearest = table.sort_values(["minutes", "stop"]).drop_duplicates("origin").set_index("origin")
    ranked = table.sort_values(["departures_per_hour", "minutes", "stop"], ascending=[False, True, True])
    best = ranked.drop_duplicates("origin").set_index("origin").add_prefix("best_")
    return nearest.join(best).reindex(origins.index)


def departures_per_hour(timetable: Timetable, window: tuple[str, str]) -> pd.Series:
    """Return departures an hour that one can board at every stop within a window (last not included)."""
    calls = _boardable(timetable, window)
    hours = _length_s(timetable, window) / 3600
    counts = np.bincount(calls["stop"], minlength=len(timetable.stops))
    return pd.Series(counts / hours, index=timetable.stops.index, name="departures_per_hour")


def headway_costs(
    timetable: Timetable, walk: Network, origins: Shapes, places: Shapes, *, journey: Journey, longest_wait: float
) -> TravelCosts:
    """Return expected minutes from door to door when one knows how often, but not when, vehicles leave.

    Waiting is half the mean headway of a stop sequence within the journey's window of departures, at most
    `longest_wait` minutes (who rides a rare line looks up its time); riding is the median of its trips. The
    quickest path is found by one search; lines that share a street are not pooled, and boardings are not
    bounded. `step_min` and `boardings` of the journey are not used.
    """
    ends = (origins, places) if journey.direction == "to" else (places, origins)
    graph, first_end = _graph(timetable, walk, ends, journey, longest_wait)
    starts = np.arange(len(ends[0]))
    block = max(1, BLOCK_CELLS // graph.shape[0])
    parts = []
    for first in range(0, len(starts), block):
        ms = dijkstra(graph, indices=starts[first : first + block], limit=journey.cutoff_ms)[:, first_end:]
        row, end = np.nonzero(np.isfinite(ms))
        parts.append(pd.DataFrame({"start": row + first, "end": end, "minutes": ms[row, end] / MS_PER_MINUTE}))
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"start": [], "end": [], "minutes": []})
    table = table.astype({"start": np.int64, "end": np.int64})
    labels = [end.index.take(table[name]) for end, name in zip(ends, ("start", "end"), strict=True)]
    origin, place = labels if journey.direction == "to" else labels[::-1]
    long = pd.DataFrame({"origin": origin, "destination": place, "minutes": table["minutes"]})
    return TravelCosts(long, origins=origins.index, places=places.index, mode="transit", cutoff=journey.cutoff)


def _graph(
    timetable: Timetable, walk: Network, ends: tuple[Shapes, Shapes], journey: Journey, longest_wait: float
) -> tuple[csr_array, int]:
    """Return a graph of starts, stops (ready to board), stops (alighted), vehicles at stops, ends; the first end."""
    walks = walks_of(timetable, walk, *ends, journey)
    starts, stops = len(ends[0]), len(timetable.stops)
    ready, alighted, aboard = starts, starts + stops, starts + 2 * stops
    boarding, riding, leaving, vehicles = _rides(timetable, journey, longest_wait)
    first_end = aboard + vehicles
    arcs = [
        _arcs(walks.access, 0, ready),
        _arcs(walks.footpaths, alighted, ready),
        _arcs(walks.egress, alighted, first_end),
        _arcs(walks.direct, 0, first_end),
        (boarding[0] + ready, boarding[1] + aboard, boarding[2]),
        (riding[0] + aboard, riding[1] + aboard, riding[2]),
        (leaving[0] + aboard, leaving[1] + alighted, leaving[2]),
    ]
    tail, head, ms = (np.concatenate([part[i] for part in arcs]) for i in range(3))
    size = first_end + len(ends[1])
    least = pd.DataFrame({"tail": tail, "head": head, "ms": ms}).groupby(["tail", "head"], as_index=False).min()
    pointers = np.searchsorted(least["tail"], np.arange(size + 1)).astype(np.int32)
    weights = least["ms"].to_numpy(np.float64)
    return csr_array((weights, least["head"].to_numpy(np.int32), pointers), shape=(size, size)), first_end


def _arcs(walk: Walk, tail_offset: int, head_offset: int) -> Arcs:
    tails = np.repeat(np.arange(len(walk.starts) - 1), np.diff(walk.starts))
    return tails + tail_offset, walk.heads.astype(np.int64) + head_offset, walk.ms.astype(np.int64)


def _rides(timetable: Timetable, journey: Journey, longest_wait: float) -> tuple[Arcs, Arcs, Arcs, int]:
    """Return arcs to board (from stops), ride on (between vehicles at stops) and alight (to stops)."""
    window_ms = _length_s(timetable, journey.departures) * 1000
    sequences, number = _by_sequence(timetable, journey.departures)
    count = sequences.groupby("vehicle")["inside"].sum().reindex(range(number), fill_value=0).to_numpy()
    place = sequences.drop_duplicates("vehicle").set_index("vehicle").sort_index()
    medians = sequences.groupby("vehicle")[["ride_on_s", "arrive_s"]].median()
    vehicle, stop = place.index.to_numpy(), place["stop"].to_numpy(np.int64)
    goes_on = medians["arrive_s"].notna().to_numpy()
    open_here = place["board"].to_numpy() & (count > 0) & goes_on
    wait = np.rint(np.minimum(window_ms / np.maximum(2 * count, 1), longest_wait * MS_PER_MINUTE)).astype(np.int64)
    ahead = vehicle[goes_on]
    on, off = (np.rint(medians[name].to_numpy()[goes_on] * 1000).astype(np.int64) for name in ("ride_on_s", "arrive_s"))
    next_stop, may_leave = stop[ahead + 1], place["alight"].to_numpy()[ahead + 1]
    boarding = (stop[open_here], vehicle[open_here], wait[open_here])
    return boarding, (ahead, ahead + 1, on), (ahead[may_leave], next_stop[may_leave], off[may_leave]), number


def _by_sequence(timetable: Timetable, window: tuple[str, str]) -> tuple[pd.DataFrame, int]:
    """Return every call with `vehicle`, the number of its (stop sequence, position), and how many there are.

    inside: departs within the window. ride_on_s, arrive_s: from this departure to the next departure and
    arrival, empty at the last stop.
    """
    p = timetable.patterns
    keys = [
        (p.stops[a:b].tobytes(), p.board[a:b].tobytes(), p.alight[a:b].tobytes())
        for a, b in zip(p.stop_starts[:-1], p.stop_starts[1:], strict=True)
    ]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    sizes = np.array([len(key[1]) for key in numbers], np.int64)
    starts = np.cumsum(sizes) - sizes
    calls = timetable.calls()
    sequence = np.array([numbers[key] for key in keys], np.int64)[timetable.trips["pattern"].to_numpy()]
    calls["vehicle"] = starts[sequence[calls["trip"]]] + calls.groupby("trip").cumcount().to_numpy()
    first, last = (timetable.seconds(clock) for clock in window)
    calls["inside"] = calls["departure_s"].between(first, last, inclusive="left")
    goes_on = calls["trip"] == calls["trip"].shift(-1)
    for name, column in (("ride_on_s", "departure_s"), ("arrive_s", "arrival_s")):
        calls[name] = (calls[column].shift(-1) - calls["departure_s"]).where(goes_on)
    return calls, int(sizes.sum())


def _boardable(timetable: Timetable, window: tuple[str, str]) -> pd.DataFrame:
    first, last = (timetable.seconds(clock) for clock in window)
    calls = timetable.calls()
    ends_here = (calls["trip"] != calls["trip"].shift(-1)).to_numpy()
    inside = calls["departure_s"].between(first, last, inclusive="left")
    return calls[inside & calls["board"] & ~ends_here]


def _length_s(timetable: Timetable, window: tuple[str, str]) -> int:
    first, last = (timetable.seconds(clock) for clock in window)
    if last <= first:
        msg = f"the window {window[0]} to {window[1]} has no length"
        raise ValueError(msg)
    return last - first
