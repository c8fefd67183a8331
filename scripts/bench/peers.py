"""One library, one job, one process, one thread: `python -m scripts.bench.peers LIB JOB GRAPH.npz` prints a JSON line."""

import argparse
import importlib
import os
from importlib.metadata import version
from pathlib import Path

ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "RAYON_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"
)
LIBRARIES = {
    "scipy": "with_scipy",
    "pandana": "with_pandana",
    "pandana_precomputed": "with_pandana_precomputed",
    "networkx": "with_networkx",
    "igraph": "with_igraph",
    "rustworkx": "with_rustworkx",
    "networkit": "with_networkit",
    "pyroutingkit": "with_pyroutingkit",
}
"""Names on the command line, and the modules in `libraries` that serve them."""


def main() -> None:
    """Do the job and print its row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lib", choices=LIBRARIES)
    parser.add_argument("job")
    parser.add_argument("graph", type=Path)
    asked = parser.parse_args()
    # numpy and the libraries read these once, when they are first imported
    os.environ.update(ONE_THREAD)
    library = importlib.import_module(f"scripts.bench.libraries.{LIBRARIES[asked.lib]}")
    jobs = importlib.import_module("scripts.bench.jobs")
    graph = importlib.import_module("scripts.bench.graph")
    measure = importlib.import_module("scripts.bench.measure")
    job = jobs.JOBS.get(asked.job)
    if job is None or job.kind not in library.JOBS:
        known = ", ".join(name for name, each in jobs.JOBS.items() if each.kind in library.JOBS)
        parser.error(f"{asked.lib} has no job {asked.job}; it has {known}")
    bench = measure.Bench(asked.lib, job, graph.load(asked.graph))
    checksum = library.JOBS[job.kind](bench)
    measure.emit(bench.record(version(asked.lib.split("_")[0]), checksum))


if __name__ == "__main__":
    main()
