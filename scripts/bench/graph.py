"""The graph that every library gets: forward arcs by tail, whole milliseconds, kept in one .npz file."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Wide = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Graph:
    """Nodes at `x`, `y` in metres; the arcs of node i are `indices[indptr[i]:indptr[i + 1]]` with their `ms`."""

    name: str
    x: Floats
    y: Floats
    indptr: Ints
    indices: Ints
    ms: Ints

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.indptr) - 1

    @property
    def tails(self) -> Ints:
        """Tail of every arc."""
        return np.repeat(np.arange(self.nodes, dtype=np.int32), np.diff(self.indptr))


def from_arcs(name: str, xy: tuple[Floats, Floats], tails: Wide, heads: Wide, ms: Wide) -> Graph:
    """Return a graph with the least of parallel arcs, no loops, and no arc under 1 ms.

    Some libraries read a stored zero as "no arc", so that the least time is 1 ms for all.
    """
    nodes = len(xy[0])
    keep = tails != heads
    tails, heads, ms = tails[keep].astype(np.int64), heads[keep], np.maximum(ms[keep], 1)
    pair = tails * nodes + heads
    order = np.lexsort((ms, pair))
    first = np.ones(len(order), bool)
    first[1:] = pair[order[1:]] != pair[order[:-1]]
    kept = order[first]
    indptr = np.searchsorted(tails[kept], np.arange(nodes + 1))
    return Graph(
        name,
        np.asarray(xy[0], np.float64),
        np.asarray(xy[1], np.float64),
        indptr.astype(np.int32),
        heads[kept].astype(np.int32),
        ms[kept].astype(np.int32),
    )


def save(graph: Graph, path: Path) -> None:
    """Write a graph; the file appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part.npz")
    np.savez(part, x=graph.x, y=graph.y, indptr=graph.indptr, indices=graph.indices, ms=graph.ms)
    part.replace(path)


def load(path: Path) -> Graph:
    """Return the graph of a file, named after it."""
    with np.load(path) as arrays:
        return Graph(path.stem, *(arrays[key] for key in ("x", "y", "indptr", "indices", "ms")))
