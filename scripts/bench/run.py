"""Run every job by siting and its peers, interleaved, and write the table: `python -m scripts.bench.run --date DATE`.

Every measurement is a process of its own with one thread. Rows go to a file of JSON lines as they come.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from scripts.bench.peers import ONE_THREAD
from scripts.bench.plan import FULL, GRAPHS, GROWTH_JOBS, GROWTH_SIDE, GROWTH_SIDES, MILLION, OURS, QUICK, SMOKE, Step

REPO = Path(__file__).resolve().parents[2]
Row = dict[str, object]


@dataclass(frozen=True)
class Bench:
    """Where graphs and rows lie, and how long a process may take."""

    folder: Path
    osm: Path | None
    rows: Path
    timeout_s: float

    def graph(self, name: str) -> Path:
        """Return the file of a graph, built in a process of its own so that this one stays small."""
        if name == "grid":
            return self._build("--grid", "40")
        mode, side = GRAPHS[name]
        return self.tiled(mode, side)

    def tiled(self, mode: str, side: int) -> Path:
        """Return the file of side x side copies of a mode's graph."""
        return self._build("--mode", mode, "--tiles", str(side), *(["--osm", str(self.osm)] if self.osm else []))

    def _build(self, *options: str) -> Path:
        done = _python(["scripts.bench.graphs", str(self.folder), *options], None)
        if done.returncode:
            sys.exit(done.stderr.strip().splitlines()[-1])
        return Path(done.stdout.strip().splitlines()[-1])

    def measure(self, lib: str, job: str, graph: Path) -> None:
        """Run one library on one job; keep its rows, or one that says why there is none."""
        module = "scripts.bench.ours" if lib in OURS else "scripts.bench.peers"
        call = ["scripts.bench.million", lib] if job == MILLION else [module, lib, job]
        try:
            done = _python([*call, str(graph)], self.timeout_s)
        except subprocess.TimeoutExpired:
            rows: list[Row] = [self._failed(lib, job, graph, f"not done in {self.timeout_s:.0f} s")]
        else:
            rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
            if done.returncode or not rows:
                last = (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]
                rows = [self._failed(lib, job, graph, last)]
        with self.rows.open("a", encoding="utf-8") as out:
            out.writelines(f"{json.dumps(row)}\n" for row in rows)
        for row in rows:
            seconds = row.get("run_s", row.get("seconds", row.get("error")))
            sys.stderr.write(f"{job} {graph.stem} {lib}: {seconds}\n")

    @staticmethod
    def _failed(lib: str, job: str, graph: Path, error: str) -> Row:
        return {"lib": lib, "job": job, "graph": graph.stem, "error": error}


def _python(arguments: list[str], timeout_s: float | None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(  # noqa: S603 - our own modules
        command,
        cwd=REPO,
        env={**os.environ, **ONE_THREAD},
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def ours() -> tuple[str, ...]:
    """Return siting's own names, none while its side is not written."""
    return OURS if importlib.util.find_spec("scripts.bench.ours") else ()


def measure_all(bench: Bench, steps: tuple[Step, ...], runs: int, wanted: set[str]) -> None:
    """Take every step `runs` times, the libraries in turn within each."""
    for step in steps:
        libs = [lib for lib in (*ours(), *step.peers) if not wanted or lib in wanted]
        graph = bench.graph(step.graph) if libs else Path()
        for turn in range(runs):
            for lib in libs:
                if turn == 0 or lib not in step.slow:
                    bench.measure(lib, step.job, graph)


def measure_growth(bench: Bench) -> None:
    """Let siting's side run its growth jobs: over copies for nodes, on one graph for origins and cutoffs."""
    for lib in ours():
        for job in GROWTH_JOBS:
            for side in GROWTH_SIDES if job == "growth_nodes" else (GROWTH_SIDE,):
                bench.measure(lib, job, bench.tiled("drive", side))
        for mode in ("walk", "drive"):
            bench.measure(lib, MILLION, bench.tiled(mode, GROWTH_SIDE))


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--date", required=True, help="stands in the page; never read from the clock")
    parser.add_argument("--osm", type=Path, help="an .osm.pbf; left out, Porto beside the repository")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="a city only, few peers")
    size.add_argument("--smoke", action="store_true", help="a made-up town, all peers: a check, not a measurement")
    size.add_argument("--report-only", action="store_true", help="write the page again from the rows")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--libs", nargs="*", default=[], help="only these")
    parser.add_argument("--growth", action="store_true", help="the growth jobs too")
    parser.add_argument("--timeout", type=float, default=900.0, help="seconds a process may take")
    parser.add_argument("--folder", type=Path, default=REPO / ".bench/graphs", help="where graphs are kept")
    parser.add_argument("--rows", type=Path, default=REPO / ".bench/rows.jsonl")
    parser.add_argument("--page", type=Path, default=REPO / "docs/benchmarks.md")
    return parser.parse_args()


def main() -> None:
    """Measure what is asked, then print the table and write the page."""
    asked = _asked()
    if not asked.report_only:
        asked.rows.parent.mkdir(parents=True, exist_ok=True)
        asked.rows.write_text("", encoding="utf-8")
        bench = Bench(asked.folder.resolve(), asked.osm and asked.osm.resolve(), asked.rows, asked.timeout)
        steps = SMOKE if asked.smoke else QUICK if asked.quick else FULL
        measure_all(bench, steps, asked.runs, set(asked.libs))
        if asked.growth:
            measure_growth(bench)
    command = " ".join(["python -m scripts.bench.run", *sys.argv[1:]])
    # a process of its own: this one must stay small, and the figure needs numpy and matplotlib
    done = _python(
        ["scripts.bench.report", str(asked.rows), str(asked.page), "--date", asked.date, "--command", command], None
    )
    sys.stdout.write(done.stdout)
    if done.returncode:
        sys.exit(done.stderr)


if __name__ == "__main__":
    main()
