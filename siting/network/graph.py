"""The street network of one mode: nodes, edges with both directions' times, components."""

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from siting.base.columns import MS_PER_MINUTE, Mode, Season
from siting.base.road_rules import DRIVE_ACCESS_KMH, WALK_KMH, season_rules
from siting.network.kernels.arrays import FAR, Graph, Index

if TYPE_CHECKING:
    import networkx as nx

    from siting.network.turn_graph import TurnGraph, Turning

CLOSED = -1
MAJOR_SHARE = 0.01

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
F = TypeVar("F", float, npt.NDArray[np.float64])


@dataclass(frozen=True)
class Network:
    """Streets that one mode may use; times are whole milliseconds, -1 where a direction is closed.

    Nodes and edges are numbered by their coordinates, so that the order of the input rows does not
    matter. `edge_lines` run from `edge_from` to `edge_to`. `edge_kmh` holds the summer speeds both ways
    (edge x 2, NaN closed), `edge_road` the row of the road that an edge is part of; None where a network
    came without. `turns` holds the rules of turns, None where all are free. `node_ids` are the labels a graph came
    with, else the node numbers. `notes` counts what building did (crossings split, lines dropped).
    """

    mode: Mode
    crs: pyproj.CRS
    node_xy: Floats
    edge_from: Ints
    edge_to: Ints
    edge_length_m: Floats
    edge_forward_ms: Ints
    edge_backward_ms: Ints
    edge_lines: npt.NDArray[np.object_]
    node_ids: pd.Index
    notes: Counter[str] = field(default_factory=Counter)
    season: Season = "summer"
    edge_kmh: Floats | None = None
    edge_road: Ints | None = None
    turns: "Turning | None" = None

    @property
    def access_kmh(self) -> float:
        """Speed of the leg between a place and its street; only walking is slower in winter."""
        return DRIVE_ACCESS_KMH if self.mode == "drive" else in_season(WALK_KMH, "walk", self.season)

    def in_season(self, season: Season) -> "Network":
        """Return the same streets with the speeds of a season; nodes, edges and lines are shared.

        Raises ValueError for a network that was not built from speeds.
        """
        if season == self.season:
            return self
        if self.edge_kmh is None:
            msg = "a network from given times has no speeds that a season could change"
            raise ValueError(msg)
        ahead, back = (timed(self.edge_length_m, in_season(kmh, self.mode, season)) for kmh in self.edge_kmh.T)
        return self._retimed(ahead, back, season=season)

    def _retimed(self, ahead: Ints, back: Ints, **others: Any) -> "Network":
        """Return the same streets with other times; what hangs on their shape alone is shared."""
        other = replace(self, edge_forward_ms=ahead, edge_backward_ms=back, **others)
        shared = ("node_component", "component_sizes", "edge_component", "edge_group", "edge_is_major")
        other.__dict__.update({name: getattr(self, name) for name in shared})
        return other

    def by_length(self) -> "Network":
        """Return the same streets at the one pace of the access legs, in summer and on the flat.

        Minutes on it times `metres_a_minute` are metres along the streets. Turns cost nothing there.
        """
        pace = np.full(len(self.edge_length_m), replace(self, season="summer").access_kmh)
        ahead, back = (
            np.where(ms >= 0, timed(self.edge_length_m, pace), CLOSED)
            for ms in (self.edge_forward_ms, self.edge_backward_ms)
        )
        return replace(self, season="summer", edge_forward_ms=ahead, edge_backward_ms=back, edge_kmh=None, turns=None)

    def paced(self, factor: float) -> "Network":
        """Return the same streets on which travel is `factor` times as fast; ways between doors and streets stay as they are.

        Raises ValueError for a factor that is not above 0 and finite.
        """
        if not 0 < factor < np.inf:
            msg = f"factor must be above 0, not {factor}"
            raise ValueError(msg)
        if factor == 1:
            return self
        ahead, back = (
            np.where(ms >= 0, np.rint(ms / factor), CLOSED).astype(ms.dtype)
            for ms in (self.edge_forward_ms, self.edge_backward_ms)
        )
        return self._retimed(ahead, back, edge_kmh=None)

    @property
    def metres_a_minute(self) -> float:
        """How far the access legs go in a minute."""
        return self.access_kmh * 1000 / 60

    @cached_property
    def arcs(self) -> tuple[Ints, Ints, Ints]:
        """Tails, heads and milliseconds of every open direction, parallel arcs included."""
        ahead, back = self.edge_forward_ms >= 0, self.edge_backward_ms >= 0
        return (
            np.concatenate([self.edge_from[ahead], self.edge_to[back]]),
            np.concatenate([self.edge_to[ahead], self.edge_from[back]]),
            np.concatenate([self.edge_forward_ms[ahead], self.edge_backward_ms[back]]),
        )

    @cached_property
    def graph(self) -> Graph:
        """The open arcs in compressed rows, the least of parallel ones, without loops."""
        return compact(*self.arcs, len(self.node_xy))

    @cached_property
    def graph_back(self) -> Graph:
        """The same arcs turned round."""
        tails, heads, ms = self.arcs
        return compact(heads, tails, ms, len(self.node_xy))

    def index(self, is_back: bool = False) -> Index:
        """Return the index of the graph, or of the graph turned round; made once."""
        return self._indexes[1 if is_back else 0]

    @cached_property
    def _indexes(self) -> tuple[Index, Index]:
        from siting.network.hierarchy import kept_index, reversed_index  # noqa: PLC0415  loads numba

        index = kept_index(self.graph)
        return index, reversed_index(index)

    @cached_property
    def turn_graph(self) -> "TurnGraph | None":
        """The streets as a graph of turns, where turns cost time or are banned; made once."""
        if self.turns is None:
            return None
        from siting.network.turn_graph import turn_graph  # noqa: PLC0415  it imports this module

        return turn_graph(self, self.turns.costs, self.turns.banned)

    @cached_property
    def node_component(self) -> npt.NDArray[np.int32]:
        """Label of the strongly connected component of every node (all pairs within reach both ways)."""
        labels: npt.NDArray[np.int32] = connected_components(matrix_of(self.graph), connection="strong")[1]
        return labels

    @cached_property
    def component_sizes(self) -> npt.NDArray[np.int64]:
        """Number of nodes of every component."""
        return np.bincount(self.node_component)

    @cached_property
    def edge_component(self) -> npt.NDArray[np.int32]:
        """Component of an edge, -1 where its ends lie in two (a one-way street in or out of a trap)."""
        tail, head = self.node_component[self.edge_from], self.node_component[self.edge_to]
        return np.where(tail == head, tail, np.int32(-1))

    @cached_property
    def edge_group(self) -> npt.NDArray[np.int32]:
        """Label of the weakly connected piece of every edge: between two pieces there is no way at all."""
        labels: npt.NDArray[np.int32] = connected_components(matrix_of(self.graph), directed=False)[1]
        return labels[self.edge_from]

    @cached_property
    def edge_is_trapped(self) -> npt.NDArray[np.bool_]:
        """Whether one-way streets cut an edge off from the largest component of its piece, one way or both."""
        return np.asarray(self.edge_component != self._main_component[self.edge_group])

    @cached_property
    def _main_component(self) -> Ints:
        """The largest component of every weakly connected piece."""
        main = np.zeros(int(self.edge_group.max(initial=-1)) + 1, np.int64)
        inside = self.edge_component >= 0
        order = np.argsort(self.component_sizes[self.edge_component[inside]], kind="stable")
        main[self.edge_group[inside][order]] = self.edge_component[inside][order]
        return main

    @cached_property
    def _leads_out(self) -> npt.NDArray[np.bool_]:
        """Whether the largest component of its piece can be reached from a node."""
        firsts = np.unique(self.node_component, return_index=True)[1][np.unique(self._main_component)]
        back, size = self.graph_back, len(self.node_xy)
        # one more node, with an arc to every largest component, finds all that lead there at once
        starts = np.append(back.starts, back.starts[-1] + len(firsts))
        heads = np.concatenate([back.heads, firsts])
        arcs = csr_array((np.ones(len(heads)), heads, starts), shape=(size + 1, size + 1))
        leads = np.zeros(size + 1, bool)
        leads[breadth_first_order(arcs, size, return_predecessors=False)] = True
        return leads[:size]

    @cached_property
    def edge_is_major(self) -> npt.NDArray[np.bool_]:
        """Whether an edge is open, has a way out, and lies in a component that holds at least 1 % of nodes and of length."""
        if self.turn_graph is not None:
            return self.turn_graph.edge_is_major
        matters = self.component_sizes >= MAJOR_SHARE * len(self.node_xy)
        # two ends are soon 1 % of the nodes of a village, a few metres of road are not 1 % of its streets
        piece = np.bincount(self.edge_group, self.edge_length_m)
        long = piece >= MAJOR_SHARE * self.edge_length_m.sum()
        is_open = (self.edge_forward_ms >= 0) | (self.edge_backward_ms >= 0)
        is_joined = (self.edge_component >= 0) & matters[self.edge_component] & long[self.edge_group]
        return np.asarray(is_open & is_joined & self._leads_out[self.edge_from])

    @property
    def nodes(self) -> gpd.GeoDataFrame:
        """Return nodes as points with their component, indexed by node id."""
        points = shapely.points(self.node_xy)
        return gpd.GeoDataFrame({"component": self.node_component}, geometry=points, index=self.node_ids, crs=self.crs)

    @property
    def edges(self) -> gpd.GeoDataFrame:
        """Return edges with node ids of both ends, length_m, minutes each way (empty: closed)."""
        ends = self.node_ids.to_numpy()
        columns = {
            "from": ends[self.edge_from],
            "to": ends[self.edge_to],
            "length_m": self.edge_length_m,
            "minutes": _minutes(self.edge_forward_ms),
            "minutes_back": _minutes(self.edge_backward_ms),
            "component": self.edge_component,
        }
        return gpd.GeoDataFrame(columns, geometry=self.edge_lines, crs=self.crs)

    def to_networkx(self) -> "nx.MultiDiGraph":
        """Return a MultiDiGraph with x, y on nodes and minutes, length_m, geometry on arcs."""
        import networkx as nx  # noqa: PLC0415  only this door needs it

        graph = nx.MultiDiGraph(crs=self.crs.to_string(), mode=self.mode)
        ids = self.node_ids.tolist()
        graph.add_nodes_from((ids[i], {"x": float(x), "y": float(y)}) for i, (x, y) in enumerate(self.node_xy))
        for edge, line in enumerate(self.edge_lines):
            tail, head = ids[self.edge_from[edge]], ids[self.edge_to[edge]]
            ahead, back = int(self.edge_forward_ms[edge]), int(self.edge_backward_ms[edge])
            length = float(self.edge_length_m[edge])
            if ahead >= 0:
                graph.add_edge(tail, head, minutes=ahead / MS_PER_MINUTE, length_m=length, geometry=line)
            if back >= 0:
                turned = shapely.reverse(line)
                graph.add_edge(head, tail, minutes=back / MS_PER_MINUTE, length_m=length, geometry=turned)
        return graph

    def __repr__(self) -> str:
        return f"Network({self.mode}, {len(self.node_xy)} nodes, {len(self.edge_from)} edges)"


def refuse_turns(network: Network, what: str) -> None:
    """Raise ValueError for what knows nothing of the costs of turns, rather than leave them out in silence."""
    if network.turns is not None:
        msg = f"{what} does not know the costs of turns: use the network before they were given"
        raise ValueError(msg)


def compact(tails: Ints, heads: Ints, ms: Ints, size: int) -> Graph:
    """Return arcs in compressed rows, the least of parallel ones; loops lead nowhere and are left out.

    Raises ValueError for an arc of twelve days or more, which no trip takes.
    """
    if len(ms) and ms.max() >= FAR:
        msg = f"an edge takes {ms.max() / MS_PER_MINUTE / 1440:.0f} days; check lengths, speeds and the unit of the CRS"
        raise ValueError(msg)
    order = np.lexsort((ms, heads, tails))
    tails, heads, ms = tails[order], heads[order], ms[order]
    first = np.ones(len(tails), bool)
    first[1:] = (tails[1:] != tails[:-1]) | (heads[1:] != heads[:-1])
    first &= tails != heads
    starts = np.searchsorted(tails[first], np.arange(size + 1))
    return Graph(starts.astype(np.int32), heads[first].astype(np.int32), ms[first].astype(np.int32))


def matrix_of(graph: Graph) -> csr_array:
    """Return a graph as a square sparse matrix of milliseconds; zeros stay stored."""
    size = len(graph.starts) - 1
    return csr_array((graph.ms.astype(np.float64), graph.heads, graph.starts), shape=(size, size))


def to_ms(length_m: Floats, kmh: Floats) -> Ints:
    """Return travel time in whole milliseconds."""
    return np.rint(length_m * 3600.0 / kmh).astype(np.int64)


def timed(length_m: Floats, kmh: Floats) -> Ints:
    """Return travel time in whole milliseconds, CLOSED where there is no speed."""
    return np.where(np.isnan(kmh), CLOSED, to_ms(length_m, np.nan_to_num(kmh, nan=1.0)))


def in_season(kmh: F, mode: Mode, season: Season) -> F:
    """Return speeds as a season leaves them."""
    rule = season_rules().get((season, mode))
    if rule is None:
        return kmh
    capped = kmh if rule.max_kmh is None else np.minimum(kmh, rule.max_kmh)
    return capped * rule.factor


def _minutes(ms: Ints) -> Floats:
    return np.where(ms >= 0, ms / MS_PER_MINUTE, np.nan)
