"""Maps on paper: the parcels over roads, water and borders, an overview and a map of every cluster of parcels.

A town with one unit 170 km away would shrink to dots on one map, so parcels that lie together have a map of their own.
Nothing is fetched: what is drawn comes from the project's own layers.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from siting.base.columns import Language
from siting.base.errors import Problem
from siting.base.results import Results
from siting.base.texts import text
from siting.report.chart_fonts import COLOURS, DPI, GREY, INK, ORANGE, drawn, has_chinese, lettering
from siting.report.map_labels import Label, place_labels, place_names, scale_bar
from siting.report.run_tables import plain

CLUSTER_M = 4000.0
MAPS_MOST = 8
"""Parcels nearer to each other than `CLUSTER_M` share a map; farther ones too where that makes too many maps (G)."""
MINOR_ROADS_MOST = 40_000
MINOR_ROADS_M = 30_000.0
"""Minor streets are left out of maps wider than this, or where there are too many: they would cover all else."""
LEAST_M, OVERVIEW_LEAST_M = 1500.0, 6000.0
"""The least width of what a map and an overview show, in metres: a parcel alone tells nobody where it lies (G)."""
WIDTH, HEIGHT = 6.7, 6.0
MAJOR = frozenset({"expressway", "national_class1", "national_class2", "provincial", "arterial"})
MINOR = frozenset({"county", "township", "secondary", "ramp"})
FILLS = {"built": "#f1efe9", "green": "#dcebd2", "water": "#bfd9ea", "farm": "#f5f8dc"}
CANDIDATE = "#9a9a9a"


@dataclass(frozen=True)
class MapOptions:
    """What a map is of and says: chosen parcels by year, or those compared; its marks.

    chosen: parcel_id and year of a plan. compared: ids. watermark: 内部 or empty. approval: 审图号 or empty.
    """

    chosen: Mapping[str, int] = field(default_factory=dict)
    compared: Sequence[str] = ()
    watermark: str = ""
    approval: str = ""

    @property
    def shown(self) -> tuple[str, ...]:
        """The ids that are coloured and labelled."""
        return (*self.chosen, *(parcel for parcel in self.compared if parcel not in self.chosen))


@dataclass(frozen=True)
class DrawnMap:
    """A map: its PNG bytes, what it is called, and a note where its letters are not in the language asked for."""

    png: bytes
    title: str
    note: Problem | None = None


def plan_maps(results: Results, language: Language, options: MapOptions) -> tuple[DrawnMap, ...]:
    """Return an overview of all that is shown, then a map of each cluster that the overview shows too small.

    Shown are the chosen and compared parcels, all candidates where there are neither. Parcels without a shape cannot be
    drawn; where none has one there is no map.
    """
    known = [parcel for parcel in options.shown if parcel in results.parcels.index]
    table = results.parcels.loc[known] if options.shown else results.parcels
    shapes = table.geometry[~(table.geometry.isna() | table.geometry.is_empty)].sort_index()
    if shapes.empty:
        return ()
    spoken, fonts, note = lettering(language)
    apart = CLUSTER_M
    while len(clusters := clusters_of(shapes, apart)) > MAPS_MOST:
        apart *= 2
    overview = _frame(shapes, OVERVIEW_LEAST_M)
    frames = [("overview", overview)]
    for members in clusters:
        near = _frame(members, LEAST_M)
        if near.area < overview.area / 4:
            frames.append((_unit(results, members.index), near))
    made = []
    for name, frame in frames:
        figure = partial(_figure, results, frame, options, spoken, is_plain=not has_chinese(fonts))
        made.append(DrawnMap(drawn(figure, fonts), _title(name, language), note))
    return tuple(made)


def clusters_of(shapes: gpd.GeoSeries, apart_m: float = CLUSTER_M) -> list[gpd.GeoSeries]:
    """Return the parcels in groups, each within `apart_m` of another of its group; by their least id."""
    ordered = shapes.sort_index()
    pairs = shapely.STRtree(ordered.to_numpy()).query(ordered.to_numpy(), predicate="dwithin", distance=apart_m)
    label = np.arange(len(ordered))
    while True:
        lower = label.copy()
        np.minimum.at(lower, pairs[0], label[pairs[1]])
        if (lower == label).all():
            return [ordered[label == each] for each in np.unique(label)]
        label = lower


def _unit(results: Results, members: pd.Index) -> str:
    """Return the units of a cluster, most parcels first."""
    units = results.ranking.set_index("parcel_id")["unit"].reindex(members).fillna("")
    counts = units[units != ""].value_counts()
    order = sorted(counts.index, key=lambda name: (-counts[name], name))
    return "\n".join(map(str, order[:3]))


def _title(name: str, language: Language) -> str:
    if name == "overview":
        return text("site_map.overview", language)
    if not name:
        return text("site_map.zoom_unknown", language)
    joint = "、" if language == "zh" else ", "
    return text("site_map.zoom", language, unit=joint.join(plain(each) for each in name.split("\n")))


def _figure(
    results: Results, frame: shapely.Polygon, options: MapOptions, language: Language, *, is_plain: bool
) -> Figure:
    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI, facecolor="white")
    axes: Any = figure.add_axes((0.01, 0.1, 0.98, 0.89))
    west, south, east, north = frame.bounds
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)
    axes.set_aspect("equal", adjustable="box")
    axes.set_xticks([])
    axes.set_yticks([])
    keys = [*_ground(axes, results, frame, language), *_sites(axes, results, frame, options, language)]
    axes.set_xlabel("")
    axes.set_ylabel("")
    taken = place_labels(axes, list(_labels(results, frame, options)))
    place_names(axes, list(_unit_names(results, frame, is_plain=is_plain)), taken)
    _furniture(axes, frame, options, language)
    once = list({str(key.get_label()): key for key in keys}.values())  # two layers of roads are one entry
    figure.legend(handles=once, loc="lower center", ncols=min(max(len(once), 1), 5), frameon=False, fontsize=8)
    return figure


def _frame(members: gpd.GeoSeries, least_m: float) -> shapely.Polygon:
    """Return the box of a map with its margin, in the proportions of the page."""
    west, south, east, north = members.total_bounds
    middle = ((west + east) / 2, (south + north) / 2)
    width, height = max(east - west, least_m) * 1.25, max(north - south, least_m) * 1.25
    proportion = (WIDTH * 0.98) / (HEIGHT * 0.89)
    width, height = max(width, height * proportion), max(height, width / proportion)
    return shapely.box(middle[0] - width / 2, middle[1] - height / 2, middle[0] + width / 2, middle[1] + height / 2)


def _ground(axes: Any, results: Results, frame: shapely.Polygon, language: Language) -> Iterator[Any]:
    """Draw backdrop, borders and roads; yield the entries of the legend for what was there."""
    for table in _tables(results, "backdrop"):
        near = table[table.intersects(frame)]
        for kind, colour in FILLS.items():
            areas = near[(near["kind"] == kind) & near.geom_type.isin(["Polygon", "MultiPolygon"])]
            _plot(areas, axes, facecolor=colour, edgecolor="none", zorder=1)
            lines = near[(near["kind"] == kind) & near.geom_type.isin(["LineString", "MultiLineString"])]
            _plot(lines, axes, color=colour, linewidth=1.2, zorder=1)
            if kind == "water" and len(areas) + len(lines):
                yield Patch(facecolor=colour, label=text("site_map.water", language))
    for table in _tables(results, "units"):
        near = table[table.intersects(frame)]
        _plot(near.boundary, axes, color=GREY, linewidth=0.8, linestyle=(0, (6, 2, 1, 2)), zorder=3)
        if len(near):
            yield Line2D([], [], color=GREY, linewidth=0.8, linestyle="-.", label=text("site_map.unit", language))
    for table in _tables(results, "roads"):
        near = table[table.intersects(frame)]
        classes = near["class"] if "class" in near.columns else pd.Series("local", index=near.index)
        span = frame.bounds[2] - frame.bounds[0]
        for chosen, width in ((classes.isin(MAJOR), 1.6), (classes.isin(MINOR), 1.0), (None, 0.5)):
            is_other = ~classes.isin(MAJOR | MINOR)
            if chosen is None and (span > MINOR_ROADS_M or is_other.sum() > MINOR_ROADS_MOST):
                continue
            _plot(near[is_other if chosen is None else chosen], axes, color="#b9b3a6", linewidth=width, zorder=2)
        if len(near):
            yield Line2D([], [], color="#b9b3a6", linewidth=1.4, label=text("site_map.road", language))


def _sites(
    axes: Any, results: Results, frame: shapely.Polygon, options: MapOptions, language: Language
) -> Iterator[Any]:
    """Draw the parcels and their labels; yield the entries of the legend."""
    there = results.parcels[~(results.parcels.geometry.isna() | results.parcels.geometry.is_empty)].sort_index()
    near = there[there.intersects(frame)]
    others = near[~near.index.isin(options.shown)]
    _plot(others, axes, facecolor="none", edgecolor=CANDIDATE, linewidth=0.7, zorder=4)
    for name, colour, ids in _groups(options, language):
        group = near[near.index.isin(ids)]
        if group.empty:
            continue
        _plot(group, axes, facecolor=colour, edgecolor=colour, alpha=0.55, linewidth=1.2, zorder=5)
        points = group.geometry.representative_point()
        axes.plot(points.x, points.y, "o", color=colour, markersize=4, markeredgecolor="white", zorder=6)
        yield Patch(facecolor=colour, alpha=0.7, label=name)
    if len(others):
        yield Patch(facecolor="none", edgecolor=CANDIDATE, label=text("site_map.others", language))


def _labels(results: Results, frame: shapely.Polygon, options: MapOptions) -> Iterator[Label]:
    """Yield the labels of the parcels that are shown on a map."""
    for parcel in options.shown:
        shape = results.parcels.geometry.get(parcel)
        if shape is not None and not shape.is_empty and shape.intersects(frame):
            point = shape.representative_point()
            yield Label(plain(parcel, 24), point.x, point.y)


def _groups(options: MapOptions, language: Language) -> Iterator[tuple[str, str, set[str]]]:
    """Yield name, colour and ids of the parcels of each year, then of those only compared."""
    for colour, year in zip(_cycled(), sorted(set(options.chosen.values())), strict=False):
        ids = {parcel for parcel, when in options.chosen.items() if when == year}
        yield text("site_map.year", language, year=year), colour, ids
    compared = set(options.compared) - options.chosen.keys()
    if compared:
        yield text("site_map.compared", language), ORANGE, compared


def _cycled() -> Iterator[str]:
    others = [colour for colour in COLOURS if colour != ORANGE]
    while True:
        yield from others


def _unit_names(results: Results, frame: shapely.Polygon, *, is_plain: bool) -> Iterator[tuple[str, shapely.Geometry]]:
    """Yield the name of each unit and what of it the map shows."""
    for table in _tables(results, "units"):
        for _, unit in table[table.intersects(frame)].sort_values("id").iterrows():
            name = plain(unit["name"] if "name" in table.columns else unit["id"], 16)
            yield plain(unit["id"], 16) if is_plain and not name.isascii() else name, unit.geometry.intersection(frame)


def _furniture(axes: Any, frame: shapely.Polygon, options: MapOptions, language: Language) -> None:
    """Draw scale bar, north arrow, mark and approval number."""
    length, shown = scale_bar(frame.bounds[2] - frame.bounds[0])
    share = length / (frame.bounds[2] - frame.bounds[0])
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.5}
    axes.plot([0.03, 0.03 + share], [0.035, 0.035], color=INK, linewidth=2.5, transform=axes.transAxes, zorder=9)
    key = "m" if length < 1000 else "km"
    said = text(f"site_map.{key}", language, length=shown)
    axes.text(0.03, 0.05, said, fontsize=8, transform=axes.transAxes, zorder=9, bbox=box)
    arrow = {"arrowstyle": "-|>", "color": INK, "linewidth": 1.2}
    axes.annotate("", (0.96, 0.97), (0.96, 0.89), xycoords="axes fraction", arrowprops=arrow, zorder=9)
    axes.text(0.96, 0.86, text("site_map.north", language), transform=axes.transAxes, ha="center", fontsize=9, zorder=9)
    if options.watermark:
        mark = plain(options.watermark, 12)
        axes.text(
            0.02, 0.96, mark, transform=axes.transAxes, color="#b00020", fontsize=11, va="top", bbox=box, zorder=9
        )
    if options.approval:
        number = text("site_map.approval", language, number=plain(options.approval, 40))
        axes.text(0.985, 0.02, number, transform=axes.transAxes, ha="right", fontsize=8, bbox=box, zorder=9)


def _plot(table: Any, axes: Any, **style: Any) -> None:
    """Draw shapes, nothing where there are none."""
    shapes = table.geometry if isinstance(table, gpd.GeoDataFrame) else table
    if len(shapes):
        shapes.plot(ax=axes, aspect=None, autolim=False, **style)


def _tables(results: Results, role: str) -> list[gpd.GeoDataFrame]:
    return [table for name, table in results.backdrop.items() if name.startswith(f"{role}/")]
