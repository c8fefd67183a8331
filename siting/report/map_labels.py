"""Where labels of a map stand, and how long its scale bar is."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, floor, log10, pi, sin
from typing import Any

import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.transforms import Bbox

DISTANCES = (9.0, 18.0, 30.0, 46.0, 66.0)
DIRECTIONS = (0.25, 1.75, 0.75, 1.25, 0.0, 1.0, 0.5, 1.5)
"""Tried from the label's point, in half turns from the east: upper right first, as maps have it."""
NICE = (5, 2, 1)
GRID = 9


@dataclass(frozen=True)
class Label:
    """A text and the point that it belongs to, in the units of the map."""

    text: str
    x: float
    y: float


def place_labels(axes: Any, labels: Sequence[Label], *, size: float = 7.5) -> list[Bbox]:
    """Write the labels beside their points, with a line where they stand farther off; return what is now covered.

    A label takes the first free place around its point, the nearest distance first; where none is free it takes the
    place with the least overlap. The order is that of the labels' texts, so the map does not depend on the order of rows.
    """
    figure = axes.figure
    canvas: Any = FigureCanvasAgg(figure)
    renderer = canvas.get_renderer()
    per_point = figure.dpi / 72
    page = axes.get_window_extent(renderer)
    ordered = sorted(labels, key=lambda label: (label.text, label.x, label.y))
    spots = [axes.transData.transform((label.x, label.y)) for label in ordered]
    taken = [
        Bbox.from_extents(x - 3 * per_point, y - 3 * per_point, x + 3 * per_point, y + 3 * per_point) for x, y in spots
    ]
    for label, (x, y) in zip(ordered, spots, strict=True):
        probe = axes.annotate(label.text, (label.x, label.y), fontsize=size)
        extent = probe.get_window_extent(renderer)
        probe.remove()
        width, height = extent.width + 4 * per_point, extent.height + 3 * per_point
        box, distance = _free(x, y, width, height, taken, page, per_point)
        taken.append(box)
        middle = ((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)
        _write(axes, label, ((middle[0] - x) / per_point, (middle[1] - y) / per_point), size, is_far=distance > 0)
    return taken


def place_names(
    axes: Any, names: Sequence[tuple[str, shapely.Geometry]], taken: Sequence[Bbox], *, size: float = 9
) -> None:
    """Write the names of areas where they cover least of what is `taken`, as near to the middle as can be."""
    canvas: Any = FigureCanvasAgg(axes.figure)
    renderer = canvas.get_renderer()
    covered = list(taken)
    for name, area in names:
        if area.is_empty:
            continue
        middle = area.representative_point()
        best: tuple[float, float, shapely.Point] | None = None
        for point in (middle, *_grid(area)):
            probe = axes.text(point.x, point.y, name, fontsize=size, ha="center", va="center")
            box = probe.get_window_extent(renderer)
            probe.remove()
            cost = (sum(_common(box, other) for other in covered), point.distance(middle))
            if best is None or cost < best[:2]:
                best = (*cost, point)
                chosen = box
        if best is not None:
            covered.append(chosen)
            axes.text(best[2].x, best[2].y, name, color="#6e6e6e", fontsize=size, ha="center", va="center", zorder=3)


def scale_bar(width_m: float) -> tuple[float, str]:
    """Return a round length of about a fifth of the map's width in metres, and its number in km from 1 km on."""
    wanted = width_m / 5
    power = 10.0 ** floor(log10(wanted))
    length = next(step * power for step in NICE if step * power <= wanted)
    return length, f"{length / 1000 if length >= 1000 else length:g}"


def _free(
    x: float, y: float, width: float, height: float, taken: Sequence[Bbox], page: Bbox, per_point: float
) -> tuple[Bbox, int]:
    """Return the box of a label and which distance it took."""
    best: tuple[float, int, Bbox] | None = None
    for number, distance in enumerate(DISTANCES):
        for direction in DIRECTIONS:
            away = distance * per_point
            dx, dy = cos(direction * pi), sin(direction * pi)
            centre = (x + dx * (away + width / 2 * abs(dx)), y + dy * (away + height / 2 * abs(dy)))
            box = Bbox.from_bounds(centre[0] - width / 2, centre[1] - height / 2, width, height)
            is_out = box.x0 < page.x0 or box.x1 > page.x1 or box.y0 < page.y0 or box.y1 > page.y1
            cost = sum(_common(box, other) for other in taken) + (width * height if is_out else 0.0)
            if best is None or cost < best[0]:
                best = (cost, number, box)
            if cost == 0:
                return box, number
    if best is None:  # DISTANCES and DIRECTIONS are never empty
        raise AssertionError
    return best[2], best[1]


def _grid(area: shapely.Geometry) -> list[shapely.Point]:
    """Return points of a grid that lie inside an area."""
    west, south, east, north = area.bounds
    steps = [(number + 0.5) / GRID for number in range(GRID)]
    points = [
        shapely.Point(west + across * (east - west), south + up * (north - south)) for up in steps for across in steps
    ]
    return [point for point in points if area.contains(point)]


def _common(one: Bbox, other: Bbox) -> float:
    wide = min(one.x1, other.x1) - max(one.x0, other.x0)
    high = min(one.y1, other.y1) - max(one.y0, other.y0)
    return float(wide * high) if wide > 0 and high > 0 else 0.0


def _write(axes: Any, label: Label, offset: tuple[float, float], size: float, *, is_far: bool) -> None:
    line = {"arrowstyle": "-", "color": "#555555", "linewidth": 0.5, "shrinkA": 0, "shrinkB": 2} if is_far else None
    axes.annotate(
        label.text,
        (label.x, label.y),
        xytext=offset,
        textcoords="offset points",
        ha="center",
        va="center",
        fontsize=size,
        arrowprops=line,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.8},
        zorder=8,
        annotation_clip=False,
    )
