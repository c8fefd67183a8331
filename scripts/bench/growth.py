"""How the time grows: log-log slopes, a figure, and what a country would take.

`python -m scripts.bench.growth ROWS FIGURE` reads rows with job, nodes, origins, cutoff_min, seconds and, where one job
times several things, `series`. A fit is log(seconds) = a + b log(size); b = 1 is linear.
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from scipy.stats import t as student

from scripts.bench.graph import Floats

Row = dict[str, Any]
SIZES = {"growth_nodes": "nodes", "growth_origins": "origins", "growth_cutoff": "cutoff_min"}
TITLES = {"nodes": "nodes", "origins": "origins", "cutoff_min": "cutoff, minutes"}
COUNTRY_NODES = 50_000_000
LEVEL = 0.95
FEWEST = 3
MINUTE_S, HOUR_S = 60, 3600
BEYOND = (
    f"A country of {COUNTRY_NODES:,} nodes, from these lines. The intervals take the line to hold beyond what was measured:"
    " they do not know of memory running out."
)


@dataclass(frozen=True)
class Fit:
    """A straight line through logarithms, with what its intervals need."""

    job: str
    series: str
    rows: tuple[Row, ...]
    size: Floats
    seconds: Floats
    intercept: float
    slope: float
    spread: float

    @property
    def _factor(self) -> float:
        return float(student.ppf((1 + LEVEL) / 2, len(self.size) - 2))

    @property
    def _width(self) -> float:
        logs = np.log(self.size)
        return float(((logs - logs.mean()) ** 2).sum())

    @property
    def slope_half(self) -> float:
        """Half the width of the slope's interval."""
        return float(self._factor * self.spread / self._width**0.5)

    def line(self, size: Floats) -> Floats:
        """Return fitted seconds."""
        return np.exp(self.intercept + self.slope * np.log(size))

    def half(self, size: float) -> float:
        """Return half the width of the interval of a new measurement, in log seconds."""
        away = (np.log(size) - np.log(self.size).mean()) ** 2 / self._width
        return float(self._factor * self.spread * (1 + 1 / len(self.size) + away) ** 0.5)


def fits(rows: Sequence[Row]) -> list[Fit]:
    """Return a fit for every job and series with at least three different sizes."""
    groups: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if row["job"] in SIZES:
            groups[row["job"], row.get("series", "")].append(row)
    return [_fit(job, series, group) for (job, series), group in groups.items() if _sizes(job, group) >= FEWEST]


def _sizes(job: str, group: Sequence[Row]) -> int:
    return len({row[SIZES[job]] for row in group})


def _fit(job: str, series: str, group: list[Row]) -> Fit:
    size = np.array([row[SIZES[job]] for row in group], float)
    seconds = np.array([row["seconds"] for row in group], float)
    slope, intercept = np.polyfit(np.log(size), np.log(seconds), 1)
    rest = np.log(seconds) - intercept - slope * np.log(size)
    spread = float((rest @ rest / (len(size) - 2)) ** 0.5)
    return Fit(job, series, tuple(group), size, seconds, float(intercept), float(slope), spread)


def country(found: Sequence[Fit]) -> Iterator[tuple[Fit, str, float, float]]:
    """Yield fit, what is asked, seconds and half interval (in logs) for a country, per series of `growth_nodes`.

    Where the rows held the number of origins, a second line scales them to every node by the fit of `growth_origins`.
    """
    by_origins = {fit.series: fit for fit in found if fit.job == "growth_origins"}
    for fit in found:
        if fit.job != "growth_nodes":
            continue
        seconds, half = float(fit.line(np.array([COUNTRY_NODES]))[0]), fit.half(COUNTRY_NODES)
        origins = {row.get("origins") for row in fit.rows}
        held = origins.pop() if len(origins) == 1 else None
        yield fit, f"{held:,} origins" if held else "as measured, origins growing with the nodes", seconds, half
        more = by_origins.get(fit.series)
        if held and more:
            steps = np.log(COUNTRY_NODES / held)
            wide = float(np.hypot(half, more.slope_half * steps))
            yield fit, "every node an origin", seconds * float(np.exp(more.slope * steps)), wide


def slopes(found: Sequence[Fit]) -> list[tuple[str, ...]]:
    """Return the lines of the table of slopes."""
    head = ("series", "against", "measured", "slope", "95 % interval", "runs")
    return [head, *(_slope(fit) for fit in found)]


def _slope(fit: Fit) -> tuple[str, ...]:
    low, high = fit.slope - fit.slope_half, fit.slope + fit.slope_half
    return (
        fit.series or fit.job,
        TITLES[SIZES[fit.job]],
        f"{fit.size.min():,.0f} to {fit.size.max():,.0f}",
        f"{fit.slope:.2f}",
        f"{low:.2f} to {high:.2f}",
        str(len(fit.size)),
    )


def forecast(found: Sequence[Fit]) -> list[tuple[str, ...]]:
    """Return the lines of the table for a country."""
    head = ("series", "origins", "expected", "95 % interval", "beyond the largest measured")
    lines = [
        (
            fit.series or fit.job,
            asked,
            duration(seconds),
            f"{duration(seconds * np.exp(-half))} to {duration(seconds * np.exp(half))}",
            f"{COUNTRY_NODES / fit.size.max():.0f} x",
        )
        for fit, asked, seconds, half in country(found)
    ]
    return [head, *lines]


def duration(seconds: float) -> str:
    """Return a time in the unit a reader would choose."""
    if seconds < 2 * MINUTE_S:
        return f"{seconds:.3g} s"
    return f"{seconds / MINUTE_S:.3g} min" if seconds < 2 * HOUR_S else f"{seconds / HOUR_S:,.3g} h"


def draw(found: Sequence[Fit], path: Path) -> None:
    """Draw one panel a job: what was measured, and the fit."""
    jobs = list(dict.fromkeys(fit.job for fit in found))
    with mpl.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(4.2 * len(jobs), 3.6), layout="constrained")
        for panel, job in zip(np.atleast_1d(figure.subplots(1, len(jobs))), jobs, strict=True):
            for fit in (each for each in found if each.job == job):
                (dots,) = panel.loglog(fit.size, fit.seconds, "o", markersize=4)
                ends = np.array([fit.size.min(), COUNTRY_NODES if job == "growth_nodes" else fit.size.max()])
                label = f"{fit.series or job}: slope {fit.slope:.2f}"
                panel.loglog(ends, fit.line(ends), color=dots.get_color(), linewidth=1, label=label)
            panel.set_xlabel(TITLES[SIZES[job]])
            panel.set_ylabel("seconds")
            if job == "growth_cutoff":
                minutes = sorted({float(size) for fit in found if fit.job == job for size in fit.size})
                panel.set_xticks(minutes, [f"{each:g}" for each in minutes])
                panel.set_xticks([], minor=True)
            panel.grid(visible=True, which="major", linewidth=0.3)
            panel.legend(frameon=False)
        path.parent.mkdir(parents=True, exist_ok=True)
        # without the version of matplotlib, the same rows give the same bytes
        figure.savefig(path, dpi=150, metadata={"Software": None})


def growth_section(rows: Sequence[Row], figure: Path) -> str:
    """Return the text of the page on growth and draw its figure; without rows, say so."""
    found = fits(rows)
    if not found:
        return "Not measured in this run (`--growth`)."
    draw(found, figure)
    parts = [
        f"Lines through the logarithms of {sum(len(fit.size) for fit in found)} runs; a slope of 1 is linear.",
        _markdown(slopes(found)),
    ]
    ahead = forecast(found)
    if len(ahead) > 1:
        parts += [BEYOND, _markdown(ahead)]
    return "\n\n".join([*parts, f"![time against size]({figure.name})"])


def _markdown(lines: Sequence[Sequence[str]]) -> str:
    head, *body = (f"| {' | '.join(line)} |" for line in lines)
    return "\n".join([head, f"|{' --- |' * len(lines[0])}", *body])


def main() -> None:
    """Print the section on growth and draw its figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", type=Path)
    parser.add_argument("figure", type=Path)
    asked = parser.parse_args()
    rows = [json.loads(line) for line in asked.rows.read_text(encoding="utf-8").splitlines() if line.strip()]
    sys.stdout.write(f"{growth_section(rows, asked.figure)}\n")


if __name__ == "__main__":
    main()
