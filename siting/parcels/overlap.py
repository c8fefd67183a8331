"""How much of each parcel lies in the union of shapes: exact areas, each spot counted once, no loop over parcels."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

Shapes = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
QUAD_SEGS = 32
"""A buffer's arc then lies at most 0.03 % of its radius within the true circle."""
AREA_DECIMALS = 6
BLOCK_VERTICES = 256
BLOCK_PAIRS = 8
BLOCK_ROUNDS = 24
THREAD_PAIRS = 2000
MOST_THREADS = 4


@dataclass(frozen=True)
class Overlap:
    """m2 of each parcel that is covered, what part of it (None where all or nothing is), and the pairs that meet."""

    area: Floats
    part: Shapes
    parcel: Rows
    shape: Rows


class Parcels:
    """Parcel shapes with the index that every constraint layer is asked against."""

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes
        self.area = np.asarray(shapely.area(shapes), dtype=float)
        self.tree = shapely.STRtree(shapes)

    def overlap(self, shapes: Shapes, metres: Floats) -> Overlap:
        """Return what the shapes, each grown by its metres, cover of every parcel.

        Order of shapes must be fixed by the caller; areas are rounded to 1e-6 m2. Shapes that come near no parcel
        are never grown.
        """
        grown, near = self._grown(shapes, metres)
        parcel, shape = self._pairs(grown)
        area = np.zeros(len(self.shapes))
        part = np.full(len(self.shapes), None, dtype=object)
        whole = np.zeros(len(self.shapes), dtype=bool)
        whole[parcel[_covering(grown, shape, self.shapes[parcel])]] = True
        area[whole] = self.area[whole]
        cut = ~whole[parcel]
        rows, united = united_by(*self._pieces(grown, parcel[cut], shape[cut]))
        area[rows], part[rows] = shapely.area(united), united
        return Overlap(np.round(np.minimum(area, self.area), AREA_DECIMALS), part, parcel, near[shape])

    def _grown(self, shapes: Shapes, metres: Floats) -> tuple[Shapes, Rows]:
        """Return the shapes whose frame comes near a parcel, grown, and their numbers."""
        west, south, east, north = shapely.bounds(shapes).T
        frames = shapely.box(west - metres, south - metres, east + metres, north + metres)
        near = np.unique(self.tree.query(frames)[0]).astype(np.intp)
        grown = shapes[near].copy()
        wide = metres[near] > 0
        grown[wide] = shapely.buffer(grown[wide], metres[near][wide], quad_segs=QUAD_SEGS)
        return grown, near

    def _pairs(self, grown: Shapes) -> tuple[Rows, Rows]:
        """Return pairs of parcel and shape that meet, in order of parcel and shape."""
        shape, parcel = self.tree.query(grown, predicate="intersects")
        order = np.lexsort([shape, parcel])
        return parcel[order], shape[order]

    def _pieces(self, grown: Shapes, parcel: Rows, shape: Rows) -> tuple[Rows, Shapes]:
        """Return the pieces that shapes cut from parcels, and the parcel of each, in order of parcel.

        Large shapes that meet many parcels are cut into blocks first: the cost of a piece grows with the shape.
        """
        counts = np.bincount(shape, minlength=len(grown))
        large = (shapely.get_num_coordinates(grown) > BLOCK_VERTICES) & (counts >= BLOCK_PAIRS)
        if large.any():
            blocks = in_blocks(grown[large])
            wanted = np.zeros(len(self.shapes), dtype=bool)
            wanted[parcel] = True
            more, block = self._pairs(blocks)
            more, block = more[wanted[more]], block[wanted[more]]
            small = ~large[shape]
            parcel, shape = np.r_[parcel[small], more], np.r_[shape[small], block + len(grown)]
            grown = np.r_[grown, blocks]
            order = np.argsort(parcel, kind="stable")
            parcel, shape = parcel[order], shape[order]
        piece = _polygonal(_intersection(self.shapes[parcel], grown[shape]))
        solid = shapely.area(piece) > 0
        return parcel[solid], piece[solid]


def in_blocks(shapes: Shapes) -> Shapes:
    """Return polygons cut across their longer side until each has few vertices; together they are the same."""
    done: list[Shapes] = []
    for _ in range(BLOCK_ROUNDS):
        large = shapely.get_num_coordinates(shapes) > BLOCK_VERTICES
        done.append(shapes[~large])
        if not large.any():
            return np.concatenate(done)
        west, south, east, north = shapely.bounds(shapes[large]).T
        lies = east - west >= north - south
        x, y = np.where(lies, (west + east) / 2, east), np.where(lies, north, (south + north) / 2)
        low = shapely.box(west, south, x, y)
        high = shapely.box(np.where(lies, x, west), np.where(lies, south, y), east, north)
        halves = [_polygonal(_intersection(shapes[large], half)) for half in (low, high)]
        shapes = np.concatenate(halves)
        shapes = shapes[shapely.area(shapes) > 0]
    return np.concatenate([*done, shapes])


def _covering(grown: Shapes, shape: Rows, parcels: Shapes) -> npt.NDArray[np.bool_]:
    """Whether the shape of each pair covers its parcel whole."""
    shapely.prepare(grown)
    covering = np.asarray(shapely.covers(grown[shape], parcels), dtype=bool)
    shapely.destroy_prepared(grown)
    return covering


def _intersection(left: Shapes, right: Shapes) -> Shapes:
    """Return the intersection of each pair, by several threads where there are many."""
    if len(left) < THREAD_PAIRS:
        return np.asarray(shapely.intersection(left, right), dtype=object)
    count = min(MOST_THREADS, os.cpu_count() or 1)
    parts = [np.array_split(each, 4 * count) for each in (left, right)]
    with ThreadPoolExecutor(count) as pool:
        return np.concatenate(list(pool.map(shapely.intersection, *parts)))


def united_by(group: Rows, pieces: Shapes) -> tuple[Rows, Shapes]:
    """Return the groups (sorted) and the union of each one's pieces; neighbours are united pairwise, halving each time.

    `group` must be sorted.
    """
    while len(group) and (np.diff(group) == 0).any():
        first = np.flatnonzero(np.r_[True, np.diff(group) != 0])
        place = np.arange(len(group)) - np.repeat(first, np.diff(np.r_[first, len(group)]))
        left = np.flatnonzero(place % 2 == 0)
        paired = (left + 1 < len(group)) & (group[np.minimum(left + 1, len(group) - 1)] == group[left])
        united = pieces[left].copy()
        united[paired] = shapely.union(pieces[left[paired]], pieces[left[paired] + 1])
        group, pieces = group[left], united
    return group, pieces


def _polygonal(pieces: Shapes) -> Shapes:
    """Return pieces without the lines and points along which shapes touch."""
    mixed = shapely.get_type_id(pieces) == shapely.GeometryType.GEOMETRYCOLLECTION
    if not mixed.any():
        return pieces
    return np.where(mixed, shapely.buffer(pieces, 0), pieces)


def survives_sliver(parcels: Shapes, parts: Shapes, areas: Floats, sliver_m: float) -> npt.NDArray[np.bool_]:
    """Whether each part reaches deeper into its parcel than `sliver_m` from the parcel's edge.

    A boundary that was digitised twice differs by a strip along it; what lies wholly in that strip is no overlap.
    A parcel too narrow to have an inside keeps all its overlaps, and so does one that is covered whole (part None).
    """
    keeps = np.ones(len(parcels), dtype=bool)
    if sliver_m == 0:
        return keeps
    thin = ~shapely.is_missing(parts) & (areas <= shapely.length(parcels) * sliver_m)
    inner = shapely.buffer(parcels[thin], -sliver_m)
    reached = shapely.area(shapely.intersection(inner, parts[thin])) > 10.0**-AREA_DECIMALS
    keeps[thin] = reached | shapely.is_empty(inner)
    return keeps
