"""Travel times over the streets, streamed in blocks of origins by scipy's Dijkstra.

Origins and places become nodes of their own, joined to both ends of their edge by exact partial
times (whole milliseconds, the leg to the street included), so one search answers every case.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from siting.base.columns import MS_PER_MINUTE
from siting.base.travel import TravelCosts, Weigh, aligned, check_cutoff
from siting.network.graph import Floats, Ints, Network, matrix_of
from siting.network.snap import snap

BLOCK_CELLS = 4_000_000
ROUNDING = 1e-6
"""8.2 minutes are 492,000 ms, which binary fractions miss by a hair."""
OneDirection = Literal["to", "from"]


class StreetReach:
    """Travel between snapped origins and places of one network, without a matrix.

    `origins` and `places` are tables of `snap`; rows that are not snapped reach nothing. `direction`
    `to` is origin to place, `from` the way back. `cutoff` in minutes bounds every search.
    """

    def __init__(
        self,
        network: Network,
        origins: pd.DataFrame,
        places: pd.DataFrame,
        *,
        cutoff: float | None,
        direction: OneDirection = "to",
    ) -> None:
        self.network = network
        self.origins = origins.index
        self.places = places.index
        self.direction = direction
        self._cutoff = cutoff
        self._snaps = {"origin": origins, "place": places}

    @property
    def cutoff(self) -> float | None:
        """Minutes up to which times are known; None means all."""
        return self._cutoff

    def nearest(self, k: int = 1) -> pd.DataFrame:
        """Return origin, rank, place, minutes of the k nearest places; unreachable is absent."""
        return self._one_nearest() if k == 1 else self._costs(k).nearest(k)

    def sum_at_origins(self, amounts: pd.Series, weigh: Weigh, within: float | None) -> pd.Series:
        """Return, for every origin, the weighted sum of the amounts at places within minutes."""
        check_cutoff(within, self.cutoff)
        values = aligned(amounts, self.places)
        sums = np.zeros(len(self.origins))
        for rows, minutes in self._blocks():
            sums[rows] = _weighted(minutes, weigh, within) @ values
        return pd.Series(sums, index=self.origins)

    def sum_at_places(self, amounts: pd.Series, weigh: Weigh, within: float | None) -> pd.Series:
        """Return, for every place, the weighted sum of the amounts at origins within minutes."""
        check_cutoff(within, self.cutoff)
        values = aligned(amounts, self.origins)
        sums = np.zeros(len(self.places))
        for rows, minutes in self._blocks():
            sums += values[rows] @ _weighted(minutes, weigh, within)
        return pd.Series(sums, index=self.places)

    def costs(self) -> TravelCosts:
        """Return all pairs within the cutoff as a matrix."""
        return self._costs(None)

    def _costs(self, k: int | None) -> TravelCosts:
        """Return the pairs within the cutoff, of each origin only its k nearest where k is given."""
        parts = []
        for rows, known in self._blocks():
            minutes = known
            if k is not None and k < len(self.places):
                # ties at the k-th place go to the first place, as in TravelCosts.nearest
                kept = np.argsort(minutes, axis=1, kind="stable")[:, :k]
                far = np.ones(minutes.shape, bool)
                np.put_along_axis(far, kept, values=False, axis=1)
                minutes = np.where(far, np.inf, minutes)
            origin, place = np.nonzero(np.isfinite(minutes))
            parts.append(
                pd.DataFrame(
                    {
                        "origin": self.origins[rows[origin]],
                        "destination": self.places[place],
                        "minutes": minutes[origin, place],
                    }
                )
            )
        table = (
            pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["origin", "destination", "minutes"])
        )
        return TravelCosts(table, origins=self.origins, places=self.places, mode=self.network.mode, cutoff=self.cutoff)

    @cached_property
    def _graph(self) -> csr_array:
        """The streets with origins (only ways out) and places (only ways in) as further nodes."""
        net = self.network
        size = len(net.node_xy)
        offsets = {"origin": size, "place": size + len(self.origins)}
        out, into = ("origin", "place") if self.direction == "to" else ("place", "origin")
        joined = [
            net.arcs,
            _leave(net, self._snaps[out], offsets[out]),
            _arrive(net, self._snaps[into], offsets[into]),
            _along(net, self._snaps[out], offsets[out], self._snaps[into], offsets[into]),
        ]
        tails, heads, ms = (np.concatenate([part[i] for part in joined]) for i in range(3))
        total = size + len(self.origins) + len(self.places)
        graph = matrix_of(tails, heads, ms, total)
        return graph if self.direction == "to" else csr_array(graph.T)

    @property
    def _limit_ms(self) -> float:
        return np.inf if self.cutoff is None else float(np.floor(self.cutoff * MS_PER_MINUTE + ROUNDING))

    def _blocks(self) -> Iterator[tuple[Ints, Floats]]:
        """Yield rows of snapped origins with their minutes to every place (inf: beyond the cutoff)."""
        size = len(self.network.node_xy)
        rows = np.flatnonzero((self._snaps["origin"]["status"] == "snapped").to_numpy())
        first_place = size + len(self.origins)
        step = max(1, BLOCK_CELLS // self._graph.shape[0])
        for start in range(0, len(rows), step):
            block = rows[start : start + step]
            ms = dijkstra(self._graph, indices=size + block, limit=self._limit_ms)
            yield block, ms[:, first_place:] / MS_PER_MINUTE

    def _one_nearest(self) -> pd.DataFrame:
        """Search once from all places; among equally near ones the first place wins.

        Each path ends at one place, so milliseconds times a power of two plus the place's number
        order paths by time and then by place, exactly.
        """
        size = len(self.network.node_xy)
        first_place = size + len(self.origins)
        snapped = np.flatnonzero((self._snaps["place"]["status"] == "snapped").to_numpy())
        if not len(snapped) or not len(self.origins):
            return pd.DataFrame({"origin": [], "rank": [], "place": [], "minutes": []})
        scale = 1 << len(self.places).bit_length()
        graph = self._graph
        keys = graph.data * scale + np.maximum(graph.indices - first_place, 0)
        numbered = csr_array((keys, graph.indices, graph.indptr), shape=graph.shape)
        limit = self._limit_ms * scale + (scale - 1)
        found_keys = dijkstra(csr_array(numbered.T), indices=first_place + snapped, limit=limit, min_only=True)
        at_origins = found_keys[size:first_place]
        found = np.flatnonzero(np.isfinite(at_origins))
        ms, place = np.divmod(at_origins[found].astype(np.int64), scale)
        return pd.DataFrame(
            {
                "origin": self.origins[found],
                "rank": 1,
                "place": self.places[place],
                "minutes": ms / MS_PER_MINUTE,
            }
        )


def travel_costs(
    network: Network,
    origins: gpd.GeoDataFrame | gpd.GeoSeries,
    places: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    cutoff: float | None = None,
    direction: OneDirection = "to",
    snap_m: float | None = None,
) -> TravelCosts:
    """Return minutes between all pairs within the cutoff; unreachable pairs are absent.

    Origins and places are brought to the network's CRS and meet it within `snap_m` metres (None: anyhow).
    """
    return _reach(network, origins, places, cutoff, direction, snap_m).costs()


def nearest(
    network: Network,
    origins: gpd.GeoDataFrame | gpd.GeoSeries,
    places: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    k: int = 1,
    cutoff: float | None = None,
    direction: OneDirection = "to",
    snap_m: float | None = None,
) -> pd.DataFrame:
    """Return origin, rank, place, minutes of the k nearest places of each origin."""
    return _reach(network, origins, places, cutoff, direction, snap_m).nearest(k)


def accumulate(
    network: Network,
    origins: gpd.GeoDataFrame | gpd.GeoSeries,
    places: gpd.GeoDataFrame | gpd.GeoSeries,
    amounts: pd.Series,
    *,
    cutoffs: Sequence[float],
    decay: Callable[[Floats], Floats] | None = None,
    direction: OneDirection = "to",
    snap_m: float | None = None,
) -> pd.DataFrame:
    """Return the amounts within each cutoff, one column a cutoff, weighted by `decay` of minutes."""
    reach = _reach(network, origins, places, max(cutoffs), direction, snap_m)
    weigh = np.ones_like if decay is None else decay
    sums: Mapping[float, pd.Series] = {within: reach.sum_at_origins(amounts, weigh, within) for within in cutoffs}
    return pd.DataFrame(sums)


def _reach(
    network: Network,
    origins: gpd.GeoDataFrame | gpd.GeoSeries,
    places: gpd.GeoDataFrame | gpd.GeoSeries,
    cutoff: float | None,
    direction: OneDirection,
    snap_m: float | None,
) -> StreetReach:
    snaps = [snap(network, shapes.geometry.to_crs(network.crs), limit_m=snap_m) for shapes in (origins, places)]
    return StreetReach(network, *snaps, cutoff=cutoff, direction=direction)


def _weighted(minutes: Floats, weigh: Weigh, within: float | None) -> Floats:
    inside = np.isfinite(minutes) if within is None else minutes <= within
    weights = np.zeros_like(minutes)
    weights[inside] = weigh(minutes[inside])
    return weights


def _legs(network: Network, snaps: pd.DataFrame) -> tuple[Ints, Ints, Floats, Ints]:
    """Return row numbers, edges, fractions and leg milliseconds of every entrance of the snapped rows."""
    rows = np.flatnonzero((snaps["status"] == "snapped").to_numpy())
    kept = snaps.iloc[rows]
    leg = np.rint(kept["distance_m"].to_numpy(np.float64) * 3600.0 / network.access_kmh).astype(np.int64)
    first = (rows.astype(np.int64), kept["edge"].to_numpy(np.int64), kept["fraction"].to_numpy(np.float64), leg)
    more = [
        (row, edge, fraction, time)
        for row, time, further in zip(rows.tolist(), leg.tolist(), kept["further"], strict=True)
        for edge, fraction in further
    ]
    if not more:
        return first
    row, edge, fraction, time = (np.array(column) for column in zip(*more, strict=True))
    return (
        np.concatenate([first[0], row]),
        np.concatenate([first[1], edge]),
        np.concatenate([first[2], fraction]),
        np.concatenate([first[3], time]),
    )


def _part(ms: Ints, share: Floats) -> Ints:
    return np.rint(ms * share).astype(np.int64)


def _leave(network: Network, snaps: pd.DataFrame, offset: int) -> tuple[Ints, Ints, Ints]:
    """Return arcs from each snapped row to the ends of its edge."""
    rows, edge, fraction, leg = _legs(network, snaps)
    ahead, back = network.edge_forward_ms[edge], network.edge_backward_ms[edge]
    # at its very end or start an edge is left by the corner, whatever its direction
    to_end, to_start = (ahead >= 0) | (fraction == 1), (back >= 0) | (fraction == 0)
    ahead, back = np.maximum(ahead, 0), np.maximum(back, 0)
    return (
        offset + np.concatenate([rows[to_end], rows[to_start]]),
        np.concatenate([network.edge_to[edge][to_end], network.edge_from[edge][to_start]]),
        np.concatenate([(leg + _part(ahead, 1 - fraction))[to_end], (leg + _part(back, fraction))[to_start]]),
    )


def _arrive(network: Network, snaps: pd.DataFrame, offset: int) -> tuple[Ints, Ints, Ints]:
    """Return arcs from the ends of its edge to each snapped row."""
    rows, edge, fraction, leg = _legs(network, snaps)
    ahead, back = network.edge_forward_ms[edge], network.edge_backward_ms[edge]
    from_start, from_end = (ahead >= 0) | (fraction == 0), (back >= 0) | (fraction == 1)
    ahead, back = np.maximum(ahead, 0), np.maximum(back, 0)
    return (
        np.concatenate([network.edge_from[edge][from_start], network.edge_to[edge][from_end]]),
        offset + np.concatenate([rows[from_start], rows[from_end]]),
        np.concatenate([(leg + _part(ahead, fraction))[from_start], (leg + _part(back, 1 - fraction))[from_end]]),
    )


def _along(
    network: Network, leaving: pd.DataFrame, out_offset: int, arriving: pd.DataFrame, in_offset: int
) -> tuple[Ints, Ints, Ints]:
    """Return arcs between rows that share an edge, straight along it where its direction allows."""
    left, right = (
        pd.DataFrame(dict(zip(("row", "edge", "at", "leg"), _legs(network, snaps), strict=True)))
        for snaps in (leaving, arriving)
    )
    pairs = left.merge(right, on="edge", suffixes=("_out", "_in"))
    edge = pairs["edge"].to_numpy(np.int64)
    gone = (pairs["at_in"] - pairs["at_out"]).to_numpy(np.float64)
    ms = np.where(gone >= 0, network.edge_forward_ms[edge], network.edge_backward_ms[edge])
    # at one and the same point no street is travelled, so no direction need be open
    allowed = (ms >= 0) | (gone == 0)
    legs = (pairs["leg_out"] + pairs["leg_in"]).to_numpy(np.int64)
    return (
        out_offset + pairs["row_out"].to_numpy(np.int64)[allowed],
        in_offset + pairs["row_in"].to_numpy(np.int64)[allowed],
        (legs + _part(np.maximum(ms, 0), np.abs(gone)))[allowed],
    )
