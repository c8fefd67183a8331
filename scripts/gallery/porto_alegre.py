"""The curve and the map of jobs in reach by public transport: `python -m scripts.gallery.porto_alegre RUN HEXES.csv FOLDER`.

RUN: results of the project of tests/real/porto_alegre_project.py. HEXES.csv: the grid with population and jobs.
Drawn as SVG and printed to PNG by Chromium, which the tests of the page need as well.
"""

import argparse
import shutil
from html import escape
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from playwright.sync_api import Page, sync_playwright

CUTOFFS = {30: ("#d55e00", "7 4"), 45: ("#0072b2", ""), 60: ("#222222", "2 4")}
"""Colours that colour-blind people tell apart (Okabe & Ito 2008), and dashes."""

STEPS = (
    (50_000.0, "#fde725"),
    (100_000.0, "#90d743"),
    (150_000.0, "#35b779"),
    (200_000.0, "#21918c"),
    (250_000.0, "#31688e"),
    (300_000.0, "#443983"),
    (np.inf, "#440154"),
)
"""Upper bounds of jobs, not included, light to dark after Viridis."""

UNKNOWN = "#d0d0d0"
FONT = "font-family='DejaVu Sans, Liberation Sans, Arial, sans-serif'"
SOURCE = (
    "Departures each minute 13:00–14:00, Monday 13 May 2019, median time from door to door, at most 15 min on foot to a stop.",
    "Data: Ipea Access to Opportunities (people, jobs), EPTC and Trensurb GTFS, via r5r; streets © OpenStreetMap contributors.",
)
Floats = npt.NDArray[np.float64]


class Box(NamedTuple):
    """The frame that a picture is drawn in, in pixels."""

    left: float
    top: float
    width: float
    height: float


def main() -> None:
    """Draw both pictures of a run."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("run", "hexes", "folder"):
        parser.add_argument(name, type=Path)
    given = parser.parse_args()
    hexes = measured(given.run, given.hexes)
    given.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--disable-gpu", "--no-sandbox"]
        )
        page = chromium.new_page(device_scale_factor=2)
        save(page, curve(hexes), given.folder / "porto_alegre_curve.png")
        save(page, chart_map(hexes), given.folder / "porto_alegre_map.png")
        chromium.close()


def measured(run: Path, hexes: Path) -> gpd.GeoDataFrame:
    """Return the hexagons of a run with its criteria, the people and the jobs in them."""
    shapes = gpd.read_file(run / "parcels.gpkg", layer="parcels").set_index("parcel_id")
    return shapes.join(pd.read_csv(hexes, index_col="id")[["population", "jobs"]])


def share_reaching(jobs: pd.Series, people: pd.Series, bounds: Floats) -> Floats:
    """Return the per cent of the people whose hexagon reaches at least so many jobs."""
    reached = jobs.to_numpy(np.float64)[None, :] >= bounds[:, None]
    return np.asarray(reached @ people.to_numpy(np.float64) / people.sum() * 100)


def median_by_people(jobs: pd.Series, people: pd.Series) -> float:
    """Return the most jobs that at least half of the people reach."""
    order = jobs.sort_values(ascending=False).index
    behind = people[order].cumsum() >= people.sum() / 2
    return float(jobs[order][behind].iloc[0])


def curve(hexes: gpd.GeoDataFrame) -> str:
    """Return the share of the people by the share of the city's jobs in reach."""
    known, jobs = hexes[hexes["jobs_30"].notna()], float(hexes["jobs"].sum())
    box = Box(86, 96, 640, 400)
    about = f"Porto Alegre: {known['population'].sum():,.0f} people in {len(known):,} hexagons, {jobs:,.0f} jobs"
    parts = [
        _text(24, 38, "Jobs within reach by public transport, by share of the people", 20, weight="bold"),
        _text(24, 64, about, 14, colour="#444"),
        *_axes(box),
        _text(box.left + 18, box.top + box.height - 114, "half of the people reach at least (dots), within", 13),
    ]
    shares = np.linspace(0, 100, 501)
    for minutes, (colour, dash) in CUTOFFS.items():
        reached, people = known[f"jobs_{minutes}"], known["population"]
        heights = share_reaching(reached, people, shares / 100 * jobs)
        path = " ".join(f"{_x(box, a):.1f},{_y(box, b):.1f}" for a, b in zip(shares, heights, strict=True))
        half = median_by_people(reached, people)
        x, y = _x(box, half / jobs * 100), _y(box, 50)
        parts += [
            f"<polyline points='{path}' fill='none' stroke='{colour}' stroke-width='2.6' stroke-dasharray='{dash}'/>",
            f"<circle cx='{x:.1f}' cy='{y:.1f}' r='5' fill='{colour}' stroke='white' stroke-width='1.5'/>",
        ]
        parts.append(_legend_row(box, minutes, f"{minutes} min: {half:,.0f} jobs ({half / jobs:.0%})"))
    return _svg(780, 630, [*parts, *_source(590)])


def _axes(box: Box) -> list[str]:
    parts = []
    for tick in range(0, 101, 20):
        x, y = _x(box, tick), _y(box, tick)
        parts += [
            f"<line x1='{x}' x2='{x}' y1='{box.top}' y2='{box.top + box.height}' stroke='#e4e4e4'/>",
            f"<line x1='{box.left}' x2='{box.left + box.width}' y1='{y}' y2='{y}' stroke='#e4e4e4'/>",
            _text(x, box.top + box.height + 22, f"{tick}%", 13, anchor="middle"),
            _text(box.left - 10, y + 5, f"{tick}%", 13, anchor="end"),
        ]
    middle_x, middle_y = box.left + box.width / 2, box.top + box.height / 2
    half = _y(box, 50)
    return [
        *parts,
        f"<line x1='{box.left}' x2='{box.left + box.width}' y1='{half}' y2='{half}' stroke='#888' stroke-dasharray='3 3'/>",
        f"<rect x='{box.left}' y='{box.top}' width='{box.width}' height='{box.height}' fill='none' stroke='#555'/>",
        _text(middle_x, box.top + box.height + 48, "jobs within reach, % of all jobs of the city", 14, anchor="middle"),
        f"<g transform='rotate(-90 26 {middle_y})'>"
        + _text(26, middle_y, "people who reach at least so many, %", 14, anchor="middle")
        + "</g>",
    ]


def _legend_row(box: Box, minutes: int, label: str) -> str:
    colour, dash = CUTOFFS[minutes]
    y = box.top + box.height - 88 + 26 * list(CUTOFFS).index(minutes)
    x = box.left + 18
    line = f"<line x1='{x}' x2='{x + 40}' y1='{y}' y2='{y}' stroke='{colour}' stroke-width='2.6' stroke-dasharray='{dash}'/>"
    ground = f"<rect x='{x - 6}' y='{y - 13}' width='252' height='26' fill='white'/>"
    return ground + line + _text(x + 50, y + 5, label, 13)


def chart_map(hexes: gpd.GeoDataFrame) -> str:
    """Return the hexagons coloured by jobs within 45 minutes."""
    west, south, east, north = hexes.total_bounds
    box = Box(24, 90, 620, 620 * (north - south) / (east - west))
    scale = box.width / (east - west)
    parts = [
        _text(24, 38, "Jobs within 45 minutes by public transport", 20, weight="bold"),
        _text(24, 64, f"Porto Alegre, {len(hexes):,} hexagons, {hexes['jobs'].sum():,.0f} jobs", 14, colour="#444"),
    ]
    for shape, jobs in zip(hexes.geometry, hexes["jobs_45"], strict=True):
        rings = (each.exterior.coords for each in getattr(shape, "geoms", [shape]))
        path = " ".join(
            "M" + " L".join(f"{box.left + (x - west) * scale:.1f},{box.top + (north - y) * scale:.1f}" for x, y in ring)
            for ring in rings
        )
        parts.append(f"<path d='{path}Z' fill='{colour_of(jobs)}' stroke='white' stroke-width='0.4'/>")
    parts += [*_map_legend(hexes, box), *_scale_bar(box, scale)]
    bottom = box.top + box.height
    return _svg(920, round(bottom + 80), [*parts, *_source(bottom + 40)])


def colour_of(jobs: float) -> str:
    """Return the colour of a number of jobs; grey where there is none."""
    if np.isnan(jobs):
        return UNKNOWN
    return next(colour for bound, colour in STEPS if jobs < bound)


def _map_legend(hexes: gpd.GeoDataFrame, box: Box) -> list[str]:
    x, y = box.left + box.width + 28, box.top + 10
    parts = [_text(x, y, "jobs within 45 min", 14, weight="bold"), _text(x, y + 19, "(hexagons)", 13, colour="#444")]
    values = hexes["jobs_45"]
    for number, (bound, colour) in enumerate(reversed(STEPS)):
        lower = STEPS[len(STEPS) - number - 2][0] if number < len(STEPS) - 1 else 0
        label = f"{lower:,.0f} and more" if np.isinf(bound) else f"{lower:,.0f} – {bound:,.0f}"
        count = int(((values >= lower) & (values < bound)).sum())
        parts.append(_swatch(x, y + 36 + 27 * number, colour, f"{label}  ({count})"))
    missing = f"not joined to the streets  ({int(values.isna().sum())})"
    return [*parts, _swatch(x, y + 44 + 27 * len(STEPS), UNKNOWN, missing)]


def _swatch(x: float, y: float, colour: str, label: str) -> str:
    return f"<rect x='{x}' y='{y}' width='24' height='19' fill='{colour}'/>" + _text(x + 32, y + 14, label, 13)


def _scale_bar(box: Box, scale: float) -> list[str]:
    x, y, length = box.left + box.width + 28, box.top + box.height - 20, 2000 * scale
    arrow = f"M{x + 6},{y - 36} l6,-22 l6,22 l-6,-5 Z"
    return [
        f"<path d='{arrow}' fill='#333'/>",
        _text(x + 24, y - 40, "N", 14, weight="bold"),
        f"<path d='M{x},{y - 6} v6 h{length:.1f} v-6' fill='none' stroke='#333' stroke-width='1.5'/>",
        _text(x + length / 2, y - 8, "2 km", 13, anchor="middle"),
    ]


def _source(top: float) -> list[str]:
    return [_text(24, top + 18 * row, line, 11, colour="#555") for row, line in enumerate(SOURCE)]


def _text(
    x: float, y: float, words: str, size: int, *, anchor: str = "start", weight: str = "normal", colour: str = "#222"
) -> str:
    look = f"font-size='{size}' text-anchor='{anchor}' font-weight='{weight}' fill='{colour}'"
    return f"<text x='{x:.1f}' y='{y:.1f}' {FONT} {look} xml:space='preserve'>{escape(words)}</text>"


def _x(box: Box, per_cent: float) -> float:
    return box.left + box.width * per_cent / 100


def _y(box: Box, per_cent: float) -> float:
    return box.top + box.height * (1 - per_cent / 100)


def _svg(width: int, height: int, parts: list[str]) -> str:
    body = "".join(parts)
    size = f"width='{width}' height='{height}'"
    return f"<svg xmlns='http://www.w3.org/2000/svg' {size}><rect {size} fill='white'/>{body}</svg>"


def save(page: Page, drawing: str, path: Path) -> None:
    """Print a drawing to a PNG."""
    page.set_content(f"<body style='margin:0'>{drawing}</body>")
    page.locator("svg").screenshot(path=path)


if __name__ == "__main__":
    main()
