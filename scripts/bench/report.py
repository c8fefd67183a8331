"""Rows of JSON to a printed table and a page: `python -m scripts.bench.report ROWS PAGE --date DATE --command TEXT`."""

import argparse
import json
import os
import platform
import statistics
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import isclose
from pathlib import Path
from string import Template
from typing import Any

from scripts.bench.growth import growth_section
from scripts.bench.jobs import JOBS
from scripts.bench.plan import GROWTH_JOBS, MILLION, OURS

Row = dict[str, Any]
Key = tuple[str, str, str]
TEMPLATE = Path(__file__).with_name("page.md")
HEADER = (
    "job",
    "graph",
    "library",
    "version",
    "prepare s",
    "index s",
    "run s",
    "per unit",
    "x ours: run",
    "with preparation",
    "memory MiB",
    "sums",
)
REFERENCE = "scipy"
SCALES = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


@dataclass(frozen=True)
class Result:
    """Medians of one library on one job and graph."""

    row: Row
    prepare_s: float
    index_s: float | None
    unit_s: float
    memory_mib: float
    sums: tuple[float, ...]
    runs: int

    @property
    def full_s(self) -> float:
        """Seconds of the whole job, scaled where only a part was run."""
        return self.unit_s * float(self.row["full_units"])

    @property
    def with_preparation_s(self) -> float:
        """Seconds of the whole job with all that goes before it."""
        return self.full_s + self.prepare_s + (self.index_s or 0.0)


def read(path: Path) -> list[Row]:
    """Return the rows of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def medians(rows: Sequence[Row]) -> dict[Key, Result]:
    """Return one result per job, graph and library, in the order they were measured."""
    groups: defaultdict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        if "error" not in row and row["job"] not in (*GROWTH_JOBS, MILLION):
            groups[row["job"], row["graph"], row["lib"]].append(row)
    return {key: _result(group) for key, group in groups.items()}


def _result(group: list[Row]) -> Result:
    indexes = [row["index_s"] for row in group if row.get("index_s") is not None]
    return Result(
        row=group[0],
        prepare_s=statistics.median(row["prepare_s"] for row in group),
        index_s=statistics.median(indexes) if indexes else None,
        unit_s=statistics.median(row["run_s"] / row["units"] for row in group),
        memory_mib=statistics.median(row["peak_mib"] - row["before_mib"] for row in group),
        sums=tuple(row["checksum"] for row in group),
        runs=len(group),
    )


def table(results: dict[Key, Result]) -> list[tuple[str, ...]]:
    """Return the lines of the table under `HEADER`."""
    return [_line(key, result, results) for key, result in results.items()]


def _line(key: Key, result: Result, results: dict[Key, Result]) -> tuple[str, ...]:
    job, graph, lib = key
    ours = results.get((job, graph, OURS[0]))
    scaled = "*" if result.row["units"] < result.row["full_units"] else ""
    return (
        job,
        graph,
        lib,
        str(result.row["version"]),
        _digits(result.prepare_s),
        "" if result.index_s is None else _digits(result.index_s),
        f"{_digits(result.full_s)}{scaled}",
        f"{_scaled(result.unit_s)} / {result.row['unit']}",
        _digits(result.unit_s / ours.unit_s) if ours else "",
        _digits(result.with_preparation_s / ours.with_preparation_s) if ours else "",
        f"{result.memory_mib:,.0f}",
        _agrees(result, results.get((job, graph, REFERENCE))),
    )


def _agrees(result: Result, reference: Result | None) -> str:
    if reference is None:
        return "-"
    tolerance = JOBS[result.row["job"]].tolerance
    return "yes" if all(isclose(value, reference.sums[0], rel_tol=tolerance) for value in result.sums) else "NO"


def _name(lib: str) -> str:
    return "siting" if lib in OURS else lib.split("_", maxsplit=1)[0]


def _digits(value: float) -> str:
    """Return three figures, or all of a larger whole number."""
    hundred = 100
    return f"{value:,.0f}" if value >= hundred else f"{value:.3g}"


def _scaled(seconds: float) -> str:
    scale, unit = next((pair for pair in SCALES if seconds >= pair[0]), SCALES[-1])
    return f"{_digits(seconds / scale)} {unit}"


def markdown(lines: Sequence[Sequence[str]]) -> str:
    """Return a table whose first line is its header."""
    head, *body = (f"| {' | '.join(line)} |" for line in lines)
    return "\n".join([head, f"|{' --- |' * len(lines[0])}", *body])


def aligned(lines: Sequence[Sequence[str]]) -> str:
    """Return a table for the terminal."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
    return "\n".join(line.rstrip() for line in padded)


def _graphs(results: dict[Key, Result]) -> str:
    sizes = {r.row["graph"]: (f"{r.row['nodes']:,}", f"{r.row['arcs']:,}") for r in results.values()}
    return markdown([("graph", "nodes", "arcs"), *((name, *size) for name, size in sizes.items())])


def _million(rows: Sequence[Row]) -> str:
    """Return the table of a million origins; one line a graph and number of threads."""
    found = [row for row in rows if row["job"] == MILLION and "error" not in row]
    alone = {row["graph"]: row["seconds"] for row in found if row["threads"] == 1}
    lines = [
        (
            row["graph"],
            f"{row['origins']:,}",
            str(row["cutoff_min"]),
            str(row["threads"]),
            f"{row['seconds']:.1f} s",
            f"{alone[row['graph']] / row['seconds']:.2f}",
            f"{row['index_s']:.1f} s",
            f"{row['peak_mib']:,.0f} MiB",
        )
        for row in found
    ]
    head = ("graph", "origins", "minutes", "threads", "run", "x one thread", "index, before", "peak memory")
    return markdown([head, *lines]) if lines else "Not measured in this run."


def _failures(rows: Sequence[Row]) -> str:
    said = dict.fromkeys(f"- {r['lib']}, {r['job']} on {r['graph']}: {r['error']}" for r in rows if "error" in r)
    return "\n".join(["Without a figure:", "", *said, ""]) if said else ""


def _machine() -> dict[str, str]:
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        names = (line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line)
        cpu = next(names, cpu)
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cpu": cpu,
        "cores": str(os.cpu_count()),
        "memory": f"{gib:.0f}",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def page(rows: Sequence[Row], folder: Path, date: str, command: str) -> str:
    """Return the page; the figure of growth is written into `folder`."""
    results = medians(rows)
    counts = sorted({result.runs for result in results.values()})
    versions = dict.fromkeys(f"{_name(r.row['lib'])} {r.row['version']}" for r in results.values())
    growth_rows = [row for row in rows if row["job"] in GROWTH_JOBS and "error" not in row]
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        _machine(),
        date=date,
        command=command,
        versions=", ".join(versions),
        graphs=_graphs(results),
        runs=" or ".join(map(str, counts)) + (" runs" if counts != [1] else " run"),
        table=markdown([HEADER, *table(results)]),
        failures=_failures(rows),
        million=_million(rows),
        growth=growth_section(growth_rows, folder / "growth.png"),
    )


def main() -> None:
    """Print the table and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=Path)
    parser.add_argument("page", type=Path)
    parser.add_argument("--date", required=True)
    parser.add_argument("--command", required=True)
    asked = parser.parse_args()
    rows = read(asked.rows)
    asked.page.parent.mkdir(parents=True, exist_ok=True)
    asked.page.write_text(page(rows, asked.page.parent, asked.date, asked.command), encoding="utf-8")
    sys.stdout.write(f"{aligned([HEADER, *table(medians(rows))])}\n{_failures(rows)}")


if __name__ == "__main__":
    main()
