"""Build the graphs of the benchmark into a folder: `python -m scripts.bench.graphs FOLDER [--osm FILE]`."""

import argparse
import sys
from pathlib import Path
from typing import Literal

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from scripts.bench.graph import Flags, Floats, Graph, Wide, from_arcs, load, save
from siting.network import from_osm

Mode = Literal["drive", "walk"]
DEFAULT_OSM = Path(__file__).resolve().parents[3] / "shared/data/roads_large/porto_portugal.osm.pbf"
GAP_M = 200.0
BANDS = 60
LINKS = 20
CURVE_BITS = 20
SMOKE_SIDE = 40


def tile(graph: Graph, k: int) -> Graph:
    """Return k x k copies side by side, facing border nodes linked both ways at the graph's own pace.

    Nodes are numbered along a curve that keeps neighbours together. Copy after copy, each sorted by x, a search at
    1 million nodes takes 1.6 times as long in scipy, and the comparison would flatter an engine with an order of its own.
    """
    east = np.ptp(graph.x) + GAP_M
    north = np.ptp(graph.y) + GAP_M
    copy = np.arange(k * k)
    x = (graph.x + (copy % k * east)[:, None]).ravel()
    y = (graph.y + (copy // k * north)[:, None]).ravel()
    start = copy * graph.nodes
    tails = (start[:, None] + graph.tails).ravel()
    heads = (start[:, None] + graph.indices).ravel()
    across = _facing(graph.x, graph.y, _main(graph))
    upward = _facing(graph.y, graph.x, _main(graph))
    links = [
        _shifted(across, start[copy % k < k - 1], graph.nodes),
        _shifted(upward, start[copy // k < k - 1], graph.nodes * k),
    ]
    one, other = np.concatenate(links, axis=1)
    link_ms = np.rint(np.hypot(x[one] - x[other], y[one] - y[other]) * _pace(graph)).astype(np.int64)
    order = _curve(x, y)
    number = np.empty(len(order), np.int64)
    number[order] = np.arange(len(order))
    return from_arcs(
        f"{graph.name}_{k}x{k}",
        (x[order], y[order]),
        number[np.concatenate([tails, one, other])],
        number[np.concatenate([heads, other, one])],
        np.concatenate([np.tile(graph.ms, k * k), link_ms, link_ms]),
    )


def grid(side: int, seed: int = 1) -> Graph:
    """Return a small made-up town for checks: a shaken grid with gaps, one-way streets and four speeds."""
    rng = np.random.default_rng(seed)
    column, row = (part.ravel() for part in np.meshgrid(np.arange(side), np.arange(side)))
    x, y = (part * 110.0 + rng.normal(0, 25, side * side) for part in (column, row))
    number = np.arange(side * side).reshape(side, side)
    tails = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    heads = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    kept = rng.random(len(tails)) < 0.8  # noqa: PLR2004 - a share of the streets
    tails, heads = tails[kept], heads[kept]
    kmh = rng.choice([20.0, 30.0, 50.0, 90.0], len(tails))
    ms = np.rint(np.hypot(x[tails] - x[heads], y[tails] - y[heads]) * 3600.0 / kmh).astype(np.int64)
    back = rng.random(len(tails)) < 0.9  # noqa: PLR2004 - the rest is one-way
    return from_arcs(
        f"grid_{side}",
        (x, y),
        np.concatenate([tails, heads[back]]),
        np.concatenate([heads, tails[back]]),
        np.concatenate([ms, ms[back]]),
    )


def streets(osm: Path, mode: Mode, name: str) -> Graph:
    """Return the graph of a mode, nodes numbered as in siting's network."""
    net = from_osm(osm, mode=mode)
    tails, heads, ms = net.arcs
    return from_arcs(name, (net.node_xy[:, 0], net.node_xy[:, 1]), tails, heads, ms)


def ensure(folder: Path, osm: Path | None, mode: Mode, tiles: int = 1) -> Path:
    """Return the file of a graph, built if it is not there; without an extract, say so and stop."""
    source = osm or DEFAULT_OSM
    if not source.is_file():
        message = f"no road extract at {source}; name one with --osm FILE (an .osm.pbf of a city)"
        sys.exit(message)
    name = f"{source.name.split('.')[0]}_{mode}"
    path = folder / f"{name}.npz"
    if not path.is_file():
        save(streets(source, mode, name), path)
    if tiles == 1:
        return path
    tiled = folder / f"{name}_{tiles}x{tiles}.npz"
    if not tiled.is_file():
        save(tile(load(path), tiles), tiled)
    return tiled


def ensure_grid(folder: Path, side: int = SMOKE_SIDE) -> Path:
    """Return the file of the made-up town."""
    path = folder / f"grid_{side}.npz"
    if not path.is_file():
        save(grid(side), path)
    return path


def _curve(x: Floats, y: Floats) -> Wide:
    """Return the nodes in Z order, the bits of both coordinates interleaved."""
    extent = max(np.ptp(x), np.ptp(y))
    keys = np.zeros(len(x), np.int64)
    for place, part in enumerate((x, y)):
        whole = ((part - part.min()) / extent * (2**CURVE_BITS - 1)).astype(np.int64)
        for bit in range(CURVE_BITS):
            keys |= (whole >> bit & 1) << (2 * bit + place)
    return np.argsort(keys, kind="stable")


def _main(graph: Graph) -> Flags:
    """Return which nodes are in the largest part that hangs together both ways."""
    matrix = csr_array((graph.ms, graph.indices, graph.indptr), shape=(graph.nodes, graph.nodes))
    label = connected_components(matrix, connection="strong")[1]
    return np.asarray(label == np.bincount(label).argmax())


def _facing(along: Floats, across: Floats, usable: Flags) -> Wide:
    """Return pairs (far end, near end of the next copy), where the outlines come nearest to each other.

    The outermost nodes of each band face each other; the bands where open land lies between are left out.
    """
    nodes = np.flatnonzero(usable)
    low, high = across[nodes].min(), across[nodes].max()
    band = np.minimum((across[nodes] - low) / (high - low) * BANDS, BANDS - 1).astype(np.int64)
    order = nodes[np.lexsort((along[nodes], band))]
    counts = np.bincount(band, minlength=BANDS)
    ends = np.cumsum(counts)[counts > 0]
    far, near = order[ends - 1], order[ends - counts[counts > 0]]
    closest = np.argsort(along[near] - along[far], kind="stable")[:LINKS]
    return np.stack([far[closest], near[closest]])


def _shifted(pairs: Wide, starts: Wide, step: int) -> Wide:
    """Return the pairs of every copy at `starts`, their second ends in the copy `step` nodes later."""
    return np.stack([(starts[:, None] + pairs[0]).ravel(), (starts[:, None] + step + pairs[1]).ravel()])


def _pace(graph: Graph) -> float:
    """Return the graph's median ms per straight metre."""
    metres = np.hypot(graph.x[graph.tails] - graph.x[graph.indices], graph.y[graph.tails] - graph.y[graph.indices])
    return float(np.median(graph.ms[metres > 1] / metres[metres > 1]))


def main() -> None:
    """Build one graph and print its file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--osm", type=Path)
    parser.add_argument("--mode", choices=["drive", "walk"], default="drive")
    parser.add_argument("--tiles", type=int, default=1, help="k for k x k copies")
    parser.add_argument("--grid", type=int, help="a made-up town of so many nodes a side instead")
    asked = parser.parse_args()
    path = (
        ensure_grid(asked.folder, asked.grid)
        if asked.grid
        else ensure(asked.folder, asked.osm, asked.mode, asked.tiles)
    )
    sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
