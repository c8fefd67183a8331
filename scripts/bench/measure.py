"""Clocks, memory and the JSON line of one library doing one job in a process of its own."""

import json
import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from scripts.bench.graph import Graph
from scripts.bench.jobs import Job, full_units

T = TypeVar("T")
ENOUGH_S = 1.5
MOST_REPEATS = 5
KIB = 1024
LARGE = 200_000


@dataclass
class Bench:
    """A library, a job, a graph, and what was measured so far."""

    lib: str
    job: Job
    graph: Graph
    prepare_s: float = 0.0
    index_s: float | None = None
    run_s: float = 0.0
    cpu_s: float = 0.0
    repeats: int = 0
    units: int = 0
    before_mib: float = 0.0

    def __post_init__(self) -> None:
        self.before_mib = peak_mib()

    def prepare(self, make: Callable[[], T]) -> T:
        """Build the library's own graph; several calls add up."""
        made, seconds = _timed(make)
        self.prepare_s += seconds
        return made

    def index(self, make: Callable[[], T]) -> T:
        """Build what the library computes ahead beyond its graph; several calls add up."""
        made, seconds = _timed(make)
        self.index_s = (self.index_s or 0.0) + seconds
        return made

    def run(self, work: Callable[[], T], units: int) -> T:
        """Do the job on `units` units, cheap ones several times; the medians count. Return the last answer."""
        walls, cpus = [], []
        while True:
            cpu = time.process_time()
            answer, seconds = _timed(work)
            cpus.append(time.process_time() - cpu)
            walls.append(seconds)
            if sum(walls) > ENOUGH_S or len(walls) == MOST_REPEATS:
                break
            del answer
        self.run_s, self.cpu_s = statistics.median(walls), statistics.median(cpus)
        self.repeats, self.units = len(walls), units
        return answer

    def few(self, small: int, large: int) -> int:
        """Return a sample size: `small` on a city, `large` on a graph of a region."""
        return small if self.graph.nodes < LARGE else large

    def record(self, version: str, checksum: float) -> dict[str, object]:
        """Return the row; call it last, since it reads the peak memory."""
        return {
            "lib": self.lib,
            "version": version,
            "job": self.job.name,
            "graph": self.graph.name,
            "nodes": self.graph.nodes,
            "arcs": len(self.graph.indices),
            "unit": self.job.unit,
            "units": self.units,
            "full_units": full_units(self.job, self.graph.nodes),
            "prepare_s": self.prepare_s,
            "index_s": self.index_s,
            "run_s": self.run_s,
            "cpu_s": self.cpu_s,
            "repeats": self.repeats,
            "checksum": checksum,
            "before_mib": self.before_mib,
            "peak_mib": peak_mib(),
        }


def emit(row: dict[str, object]) -> None:
    """Print a row as one line of JSON."""
    # some libraries leave half a line of progress on standard output
    sys.stdout.write(f"\n{json.dumps(row)}\n")
    sys.stdout.flush()


def peak_mib() -> float:
    """Return the peak resident memory of this process so far.

    Linux counts the parent's memory into ru_maxrss of a child it has just started, VmHWM does not.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / KIB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    start = time.perf_counter()
    answer = work()
    return answer, time.perf_counter() - start
