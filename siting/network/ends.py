"""Where trips begin and end on the streets: exact partial arcs at both ends, the leg to the street included."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from siting.network.graph import Floats, Ints, Network
from siting.network.kernels.arrays import FAR, Ends, Pairs


class Entrances(NamedTuple):
    """Every way in which the rows of a snap table meet a street, in order of the rows.

    row: number of the row. edge, fraction: where. leg_ms: between the row's shape and the street.
    """

    row: Ints
    edge: Ints
    fraction: Floats
    leg_ms: Ints


def entrances(network: Network, snaps: pd.DataFrame) -> Entrances:
    """Return the entrances of the snapped rows of a table of `snap`."""
    rows = np.flatnonzero((snaps["status"] == "snapped").to_numpy())
    kept = snaps.iloc[rows]
    leg = np.rint(kept["distance_m"].to_numpy(np.float64) * 3600.0 / network.access_kmh).astype(np.int64)
    row, edge = rows.astype(np.int64), kept["edge"].to_numpy(np.int64)
    fraction = kept["fraction"].to_numpy(np.float64)
    more = np.flatnonzero(kept["further"].map(len).to_numpy()) if len(kept) else rows[:0]
    if len(more):
        further = kept["further"].to_numpy()
        extra = [(at, number, share) for at in more.tolist() for number, share in further[at]]
        position, numbers, shares = (np.array(column) for column in zip(*extra, strict=True))
        row, leg = np.concatenate([row, row[position]]), np.concatenate([leg, leg[position]])
        edge, fraction = np.concatenate([edge, numbers]), np.concatenate([fraction, shares])
    order = np.argsort(row, kind="stable")
    return Entrances(row[order], edge[order], fraction[order], leg[order])


def leaving(network: Network, by: Entrances, rows: int) -> Ends:
    """Return, for each row, the nodes that its trips reach first and after how many milliseconds.

    At its very end or start an edge is left by that corner alone, whatever its direction.
    """
    ahead, back = network.edge_forward_ms[by.edge], network.edge_backward_ms[by.edge]
    to_end = (by.fraction == 1) | ((ahead >= 0) & (by.fraction > 0))
    to_start = (by.fraction == 0) | ((back >= 0) & (by.fraction < 1))
    times = (part_of(ahead, 1 - by.fraction), part_of(back, by.fraction))
    return _ends(network, by, rows, (to_end, to_start), times)


def arriving(network: Network, by: Entrances, rows: int) -> Ends:
    """Return, for each row, the nodes that trips to it pass last and how many milliseconds remain."""
    ahead, back = network.edge_forward_ms[by.edge], network.edge_backward_ms[by.edge]
    from_end = (by.fraction == 1) | ((back >= 0) & (by.fraction > 0))
    from_start = (by.fraction == 0) | ((ahead >= 0) & (by.fraction < 1))
    times = (part_of(back, 1 - by.fraction), part_of(ahead, by.fraction))
    return _ends(network, by, rows, (from_end, from_start), times)


def along(network: Network, out: Entrances, into: Entrances, rows: int, limit_ms: int = FAR - 1) -> Pairs:
    """Return the trips within a limit between rows inside one and the same edge, straight along it.

    Only where its direction allows; one for each pair of rows, the quickest. Rows that share an edge but lie
    too far apart on it are never paired, so that a long road of many rows takes no more than its answers.
    """
    left, right = (_inside(by) for by in (out, into))
    first, second = _near_on_edges(network, left, right, limit_ms)
    edge, row, place = left.edge[first], left.row[first], right.row[second]
    gone = right.fraction[second] - left.fraction[first]
    ms = np.where(gone >= 0, network.edge_forward_ms[edge], network.edge_backward_ms[edge])
    times = left.leg_ms[first] + right.leg_ms[second] + part_of(ms, np.abs(gone))
    # at one and the same point no street is travelled, so no direction need be open
    allowed = ((ms >= 0) | (gone == 0)) & (times <= limit_ms)
    row, place, times = row[allowed], place[allowed], times[allowed]
    order = np.lexsort((times, place, row))
    row, place, times = row[order], place[order], times[order]
    first = np.ones(len(row), bool)
    first[1:] = (row[1:] != row[:-1]) | (place[1:] != place[:-1])
    return Pairs(*by_row(row[first], place[first], times[first], rows))


def _inside(by: Entrances) -> Entrances:
    """Return the entrances inside their edge, by edge and place on it; those at its ends go by the corner."""
    kept = np.flatnonzero((by.fraction > 0) & (by.fraction < 1))
    order = kept[np.lexsort((by.row[kept], by.fraction[kept], by.edge[kept]))]
    return Entrances(by.row[order], by.edge[order], by.fraction[order], by.leg_ms[order])


def _near_on_edges(network: Network, left: Entrances, right: Entrances, limit_ms: int) -> tuple[Ints, Ints]:
    """Return the positions of all pairs that share an edge and lie within the limit on it, or a little beyond."""
    ahead, back = network.edge_forward_ms[left.edge], network.edge_backward_ms[left.edge]
    spans = [np.where(ms < 0, 0.0, np.minimum(limit_ms / np.maximum(ms, 1), 1.0)) + 1e-9 for ms in (back, ahead)]
    places = right.edge + right.fraction
    first = np.maximum(
        np.searchsorted(places, left.edge + left.fraction - spans[0]), np.searchsorted(right.edge, left.edge)
    )
    last = np.minimum(
        np.searchsorted(places, left.edge + left.fraction + spans[1], side="right"),
        np.searchsorted(right.edge, left.edge, side="right"),
    )
    counts = np.maximum(last - first, 0)
    position = np.repeat(np.arange(len(counts)), counts)
    offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return position, first[position] + offsets


def _ends(
    network: Network,
    by: Entrances,
    rows: int,
    uses: tuple[np.ndarray, np.ndarray],
    times: tuple[Ints, Ints],
) -> Ends:
    """Return the ends at the far node of the edge (first of each pair) and at its start, by row."""
    row = np.concatenate([by.row[use] for use in uses])
    node = np.concatenate([network.edge_to[by.edge][uses[0]], network.edge_from[by.edge][uses[1]]])
    ms = np.concatenate([(by.leg_ms + time)[use] for use, time in zip(uses, times, strict=True)])
    near = ms < FAR
    return Ends(*by_row(row[near], node[near], ms[near], rows))


def by_row(row: Ints, other: Ints, ms: Ints, rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return starts, others and milliseconds in compressed rows."""
    order = np.lexsort((other, row))
    starts = np.searchsorted(row[order], np.arange(rows + 1)).astype(np.int32)
    return starts, other[order].astype(np.int32), ms[order].astype(np.int32)


def part_of(ms: Ints, share: Floats) -> Ints:
    """Return the milliseconds of a share of an edge."""
    return np.rint(np.maximum(ms, 0) * share).astype(np.int64)
