"""Do the layers lie in one place, and if not, which mistake would explain it; do points fit a shifted map.

Distances are between boxes in the project's CRS. Nothing is moved: a mistake is named, never mended.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from pyproj.exceptions import CRSError
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from siting.base.errors import Level, Problem
from siting.sources.crs import DATUMS, SHIFTED, Guess, guesses, working_crs
from siting.sources.reading import Reading
from siting.sources.shifted import from_wgs84, to_wgs84

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

APART_M = 50_000.0
"""Evidence G: farther than anyone of a town travels daily; half the least shift by a wrong zone within China."""
BESIDE_M = 1_000.0
FITS_M = 20_000.0
WIDE_M = 2_000_000.0
"""Evidence G: no township, street or parcel is as wide as a quarter of China's breadth."""
SAME_LEAST, SAME_SHARE = 10, 0.5
ROWS_LISTED = 20
_CELL_M = 10_000.0
_LOCATED = ("roads", "units", "places", "transit", "utility")
_ANCHORS = ("roads", "units")


class _Place(NamedTuple):
    """A layer with the bounds of each row (west, south, east, north), and which rows lie with the parcels."""

    reading: Reading
    bounds: Floats
    near: Booleans

    @property
    def box(self) -> Floats:
        """The bounds of the rows that lie with the parcels, of all where none does."""
        return _around(self.bounds[self.near] if self.near.any() else self.bounds)


@np.errstate(invalid="ignore")  # numbers that lie nowhere are told, not warned of by numpy
def check_places(readings: Mapping[str, Reading]) -> list[Problem]:
    """Return what is amiss with where layers and single rows lie, each with the mistake that explains it.

    A layer over 50 km from every parcel is refused with both extents (the parcels, where the others agree
    with each other), a row of parcels or units astray or far too wide too; other rows astray, and points
    that all share one place, are warnings.
    """
    drawn = {name: each for name, each in readings.items() if _is_drawn(each)}
    parcels = next((each for each in drawn.values() if each.layer.role == "parcels"), None)
    if parcels is None:
        return []
    others = [each for each in drawn.values() if each is not parcels]
    wide = [problem for each in drawn.values() for problem in _too_wide(each)]
    home = _home(parcels, [_bounds(each) for each in others if each.layer.role in _ANCHORS])
    places = [_Place(each, bounds := _bounds(each), _gaps(bounds, home.box) <= APART_M) for each in others]
    far = [place for place in places if not place.near.any()]
    found = _blamed(home, far, places)
    found += [problem for place in [home, *places] for problem in _astray(place, home)]
    found += [problem for place in places for problem in _beside(place, home)]
    return wide + found + [problem for each in others for problem in _same_point(each)]


def _is_drawn(reading: Reading) -> bool:
    return isinstance(reading.table, gpd.GeoDataFrame) and not reading.table.empty


def _bounds(reading: Reading) -> Floats:
    return np.asarray(shapely.bounds(reading.table.geometry.to_numpy()), np.float64)


def _around(bounds: Floats) -> Floats:
    return np.concatenate([bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)])


def _gaps(bounds: Floats, box: Floats) -> Floats:
    """Return the distance in metres of each row's box from a box."""
    beside = np.maximum(np.maximum(box[:2] - bounds[:, 2:], bounds[:, :2] - box[2:]), 0.0)
    return np.asarray(np.hypot(beside[:, 0], beside[:, 1]))


def _home(parcels: Reading, anchors: Sequence[Floats]) -> _Place:
    """Return the parcels, those of the main group marked: the groups by a street or unit, else the largest."""
    bounds = _bounds(parcels)
    group = _groups(bounds)
    count = np.bincount(group)
    least = [_around(bounds[group == number]) for number in range(len(count))]
    anchored = [any((_gaps(other, box) <= APART_M).any() for other in anchors) for box in least]
    main = np.array(anchored) if any(anchored) else np.arange(len(count)) == int(np.argmax(count))
    return _Place(parcels, bounds, main[group])


def _groups(bounds: Floats) -> Ints:
    """Return a group number for each row: rows that a chain of gaps of at most 50 km joins.

    Small rows stand for their cell of 10 km, so gaps count up to 20 km shorter than they are.
    """
    middle = np.floor((bounds[:, :2] + bounds[:, 2:]) / 2 / _CELL_M)
    small = (bounds[:, 2:] - bounds[:, :2]).max(axis=1) < _CELL_M
    cells = np.where(small[:, None], np.column_stack([middle, middle + 1]) * _CELL_M, bounds)
    unique, cell = np.unique(cells, axis=0, return_inverse=True)
    boxes = shapely.box(*unique.T)
    left, right = shapely.STRtree(boxes).query(boxes, predicate="dwithin", distance=APART_M)
    links = coo_matrix((np.ones(len(left), np.int8), (left, right)), shape=(len(boxes), len(boxes)))
    return np.asarray(connected_components(links, directed=False)[1][cell.ravel()], np.int64)


def _too_wide(reading: Reading) -> list[Problem]:
    if reading.layer.role not in ("parcels", *_LOCATED):
        return []
    bounds = _bounds(reading)
    width = (bounds[:, 2:] - bounds[:, :2]).max(axis=1)
    return _rows(reading, "row_too_wide", np.flatnonzero(width > WIDE_M), width)


def _astray(place: _Place, home: _Place) -> list[Problem]:
    """Return the rows that lie far from the parcels and from those rows of their layer that do not."""
    role = place.reading.layer.role
    if place.near.all() or not place.near.any() or role not in ("parcels", *_LOCATED):
        return []
    group = _groups(place.bounds)
    away = ~np.isin(group, group[place.near])
    level: Level = "refuse" if role in ("parcels", "units") else "warn"
    return _rows(place.reading, "row_astray", np.flatnonzero(away), _gaps(place.bounds, home.box), level)


def _rows(reading: Reading, code: str, rows: Ints, metres: Floats, level: Level = "refuse") -> list[Problem]:
    """Return a problem for each row by its id, the first twenty by id."""
    file, ids = reading.layer.settings.source, reading.table["id"].astype(str).to_numpy()
    listed = [Problem(code, file, ids[row], f"{metres[row] / 1000:.0f}", level=level) for row in rows[:ROWS_LISTED]]
    more = len(rows) - ROWS_LISTED
    return [*listed, Problem("more_rows", file, found=str(more), expected=code, level=level)] if more > 0 else listed


def _blamed(home: _Place, far: Sequence[_Place], places: Sequence[_Place]) -> list[Problem]:
    """Return a refusal of each layer that is far from the parcels, or of the parcels if all others agree."""
    anchors = [place for place in places if place.reading.layer.role in _LOCATED]
    lost = [place for place in anchors if not place.near.any()]
    agree = len(lost) == len(anchors) > 1 and len({*_groups(np.array([each.box for each in lost]))}) == 1
    if agree:
        return [_told(home, lost[0])]
    if len(far) == 1 and _explained(far[0], home) is None and _explained(home, far[0]) is not None:
        return [_told(home, far[0])]
    return [_told(place, home) for place in far]


def _told(wrong: _Place, right: _Place) -> Problem:
    """Return the refusal of a layer that is far from another: by the mistake that explains it, if one does."""
    source = wrong.reading.layer.settings.source
    name, other = wrong.reading.layer.name, right.reading.layer.name
    distance = f"{_gaps(wrong.box[None], right.box)[0] / 1000:.0f}"
    extents = f"{_extent(wrong)}; {other} {_extent(right)}"
    guess = _explained(wrong, right)
    if guess is None:
        return Problem("far_apart", source, name, distance, extents)
    return Problem(guess.code, source, name, f"{distance} km; {extents}", guess.better)


def _explained(wrong: _Place, right: _Place) -> Guess | None:
    """Return the mistake that brings the middle of a layer to another, the nearest, the first among equals."""
    crs = wrong.reading.table.crs
    middle = np.median((wrong.bounds[:, :2] + wrong.bounds[:, 2:]) / 2, axis=0)
    found = [guess for system in _systems(wrong.reading) for guess in _guesses(middle, crs, system, right)]
    if not found:
        return None
    here = pyproj.Transformer.from_crs(DATUMS["WGS84"], crs, always_xy=True)
    x, y = here.transform([guess.lon for guess in found], [guess.lat for guess in found])
    spots = np.column_stack([x, y, x, y])
    gaps = np.where(np.isfinite(spots).all(axis=1), _gaps(np.nan_to_num(spots, posinf=1e12), right.box), np.inf)
    fits = np.flatnonzero(gaps <= FITS_M)
    # another system may fit by chance: what the layer's own numbers say in its own system comes first
    own = [at for at in fits if found[at].better in (f"EPSG:{crs.to_epsg()}", crs.name)]
    ranked = sorted(own or fits, key=lambda at: gaps[at])
    return found[ranked[0]] if ranked else None


def _systems(reading: Reading) -> list[pyproj.CRS]:
    """Return the systems that a layer's numbers may have been written in: the project's, degrees, the declared one."""
    systems = [reading.table.crs, pyproj.CRS.from_user_input(DATUMS["CGCS2000"])]
    datum = reading.layer.settings.datum
    try:
        return systems if datum in ("", *DATUMS, *SHIFTED) else [*systems, pyproj.CRS.from_user_input(datum)]
    except CRSError:
        return systems


def _guesses(middle: Floats, crs: pyproj.CRS, system: pyproj.CRS, right: _Place) -> list[Guess]:
    """Return the mistakes that a point in `crs` may come from; a wrong zone turns it by whole zones of 3 degrees."""
    x, y = pyproj.Transformer.from_crs(crs, system, always_xy=True).transform(*middle)
    if not np.isfinite([x, y]).all():
        return []
    found = guesses(float(x), float(y), system)
    if system == crs:
        # the numbers of the file are not at hand where it was in another system: `turn` finds a wrong zone
        found = [each for each in found if each.code != "wrong_zone"]
    if system.is_geographic:
        lon = float(_degrees(right.reading.table.crs, right.box)[[0, 2]].mean())
        turn = 3.0 * round((lon - x) / 3.0) if np.isfinite(lon) else 0.0
        if turn and abs(turn) <= 12:
            bounds = _degrees(right.reading.table.crs, right.box)
            better = f"EPSG:{working_crs((bounds[0], bounds[1], bounds[2], bounds[3])).to_epsg()}"
            found.append(Guess("wrong_zone", better, float(x) + turn, float(y)))
    return found


def _degrees(crs: pyproj.CRS, box: Floats) -> Floats:
    transformer = pyproj.Transformer.from_crs(crs, DATUMS["WGS84"], always_xy=True)
    return np.array(transformer.transform_bounds(*box), np.float64)


def _extent(place: _Place) -> str:
    """Return the extent in degrees, in the project's metres where it has none."""
    west, south, east, north = degrees = _degrees(place.reading.table.crs, place.box)
    if np.isfinite(degrees).all():
        return f"{west:.3f}–{east:.3f} E, {south:.3f}–{north:.3f} N"
    west, south, east, north = place.box
    return f"x {west:.0f}–{east:.0f}, y {south:.0f}–{north:.0f}"


def _beside(place: _Place, home: _Place) -> list[Problem]:
    """Return a warning for streets or units that stop short of the parcels."""
    gap = _gaps(place.bounds, home.box).min()
    if place.reading.layer.role not in _ANCHORS or not BESIDE_M < gap <= APART_M:
        return []
    layer = place.reading.layer
    extents = f"{gap / 1000:.0f} km; {_extent(place)}; {home.reading.layer.name} {_extent(home)}"
    return [Problem("beside", layer.settings.source, layer.name, extents, level="warn")]


def _same_point(reading: Reading) -> list[Problem]:
    shapes = reading.table.geometry.to_numpy()
    if reading.layer.role != "places" or len(shapes) < SAME_LEAST or not (shapely.get_type_id(shapes) == 0).all():
        return []
    most = int(np.unique(shapely.get_coordinates(shapes), axis=0, return_counts=True)[1].max())
    if most < max(SAME_LEAST, SAME_SHARE * len(shapes)):
        return []
    layer = reading.layer
    return [Problem("same_point", layer.settings.source, layer.name, str(most), str(len(shapes)), "warn")]


SAMPLE = 500
SAMPLE_LEAST = 20
CAP_M = 100.0
DROP, SIGMA, MARGIN = 0.8, 3.0, 0.9
"""Measured on real streets (evidence M), see `check_shift`."""
_TURNS = tuple(np.radians(np.arange(30, 360, 30)))
_BOX = (72.1, 3.0, 135.5, 54.0)


def check_shift(readings: Mapping[str, Reading]) -> list[Problem]:
    """Return a warning for each layer of points that meets the streets clearly better by a shifted map's formula.

    At most 500 points a layer, chosen by their coordinates, are held against the nearest street, at most
    100 m: as they are, and moved by the formula. A shift is told when the mean distance falls to four
    fifths, the points that come nearer outnumber the others by 3 standard errors, and no move of the same
    or half that length in eleven other directions does nearly (by a tenth) as well. Fewer than 20 points tell
    nothing. If all layers point one way, and more than one, the streets are what is shifted.
    """
    roads = [each for each in readings.values() if each.layer.role == "roads" and _is_drawn(each)]
    layers = [each for each in readings.values() if each.layer.role == "places" and _is_drawn(each)]
    if not roads or not layers or not _in_china(roads[0]):
        return []
    tree = shapely.STRtree(np.concatenate([each.table.geometry.to_numpy() for each in roads]))
    samples = [(each, xy) for each in layers if len(xy := _sample(each)) >= SAMPLE_LEAST]
    found = [(each, _shift(tree, xy, each.table.crs)) for each, xy in samples]
    hits = [(each, shift) for each, shift in found if shift is not None]
    forward = [shift for _, shift in hits if shift.forward]
    if len(forward) == len(samples) > 1 and len({shift.datum for shift in forward}) == 1:
        said = f"{forward[0].before_m:.0f} → {forward[0].after_m:.0f} m"
        return [
            Problem(
                "looks_shifted", roads[0].layer.settings.source, roads[0].layer.name, said, forward[0].datum, "warn"
            )
        ]
    return [problem for each, shift in hits if (problem := _told_shift(each, shift)) is not None]


class _Shift(NamedTuple):
    """A move that fits: the datum, whether into it (the points were not shifted), median metres to a street."""

    datum: str
    forward: bool
    before_m: float
    after_m: float


def _told_shift(reading: Reading, shift: _Shift) -> Problem | None:
    layer = reading.layer
    said = f"{shift.before_m:.0f} → {shift.after_m:.0f} m"
    if shift.forward:
        if layer.settings.datum != shift.datum:
            return None
        return Problem("looks_unshifted", layer.settings.source, layer.name, said, shift.datum, "warn")
    return Problem("looks_shifted", layer.settings.source, layer.name, said, shift.datum, "warn")


def _in_china(roads: Reading) -> bool:
    lon, lat = _degrees(roads.table.crs, _around(_bounds(roads))).reshape(2, 2).mean(axis=0)
    return bool(_BOX[0] <= lon <= _BOX[2] and _BOX[1] <= lat <= _BOX[3])


def _sample(reading: Reading) -> Floats:
    """Return up to 500 different places of points, chosen by a hash of their coordinates, not by their order."""
    shapes = reading.table.geometry.to_numpy()
    xy = shapely.get_coordinates(shapes[shapely.get_type_id(shapes) == 0])
    bits = np.ascontiguousarray(xy).view(np.uint64)
    mixed = (bits[:, 0] * np.uint64(0x9E3779B97F4A7C15)) ^ (bits[:, 1] * np.uint64(0xC2B2AE3D27D4EB4F))
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    _, first = np.unique(mixed ^ (mixed >> np.uint64(32)), return_index=True)
    return np.asarray(xy[first[:SAMPLE]])


def _shift(tree: shapely.STRtree, xy: Floats, crs: pyproj.CRS) -> _Shift | None:
    """Return the shift that the points fit clearly better by, None where there is none."""
    before = _to_street(tree, xy)
    moves = [(datum, forward) for datum in SHIFTED for forward in (False, True)]
    moved = {move: _moved(xy, crs, *move) for move in moves}
    after = {move: _to_street(tree, there) for move, there in moved.items()}
    best = min(moves, key=lambda move: float(after[move].mean()))
    if not _is_nearer(before, after[best]) or not _is_alone(tree, xy, moved[best] - xy, float(after[best].mean())):
        return None
    return _Shift(*best, float(np.median(before)), float(np.median(after[best])))


def _moved(xy: Floats, crs: pyproj.CRS, datum: str, forward: bool) -> Floats:
    there, back = _ways(crs)
    move = from_wgs84 if forward else to_wgs84
    return np.column_stack(back.transform(*move(*there.transform(*xy.T), datum)))


@cache
def _ways(crs: pyproj.CRS) -> tuple[pyproj.Transformer, pyproj.Transformer]:
    """Return the ways to degrees in WGS 84 and back: made once, as making them takes longer than using them."""
    there = pyproj.Transformer.from_crs(crs, DATUMS["WGS84"], always_xy=True)
    return there, pyproj.Transformer.from_crs(DATUMS["WGS84"], crs, always_xy=True)


def _to_street(tree: shapely.STRtree, xy: Floats) -> Floats:
    """Return metres to the nearest street, at most `CAP_M`."""
    found = np.full(len(xy), CAP_M)
    (point, _), metres = tree.query_nearest(
        shapely.points(xy), max_distance=CAP_M, return_distance=True, all_matches=False
    )
    found[point] = metres
    return found


def _is_nearer(before: Floats, after: Floats) -> bool:
    nearer, farther = int((after < before).sum()), int((after > before).sum())
    excess = (nearer - farther) / np.sqrt(max(nearer + farther, 1))
    return bool(after.mean() <= DROP * before.mean() and excess >= SIGMA)


def _is_alone(tree: shapely.STRtree, xy: Floats, by: Floats, score: float) -> bool:
    """Whether no move as long or half as long in another direction does nearly as well: streets lie in patterns."""
    for turn in _TURNS:
        turned = by @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        for length in (1.0, 0.5):
            if score > MARGIN * _to_street(tree, xy + length * turned).mean():
                return False
    return True
