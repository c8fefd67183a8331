"""The mutation score (R12): tests run against one mutant at a time, each in a fork in which only its module differs.

`python -m scripts.nightly.mutate` is a process of its own, so that no module under test is loaded before a fork.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from types import ModuleType

import numpy as np

from scripts.nightly.mutants import Mutant, mutants_of

TARGETS = ("siting/score/*.py", "siting/indicators/*.py", "siting/parcels/screen.py", "siting/parcels/capacity.py")
TARGETS += ("siting/parcels/idle.py",)
ROOMS = ("score", "indicators", "parcels")
LIMIT_S = 180
REWRITTEN = "ignore::pytest.PytestAssertRewriteWarning"  # hypothesis is loaded before the fork
SEED = 5


def sample() -> list[Mutant]:
    """Return every mutant of the targets in a seeded order, so that any first part is a fair sample."""
    files = sorted({path for pattern in TARGETS for path in Path().glob(pattern) if path.name != "__init__.py"})
    made = [each for path in files for each in mutants_of(path, ".".join(path.with_suffix("").parts))]
    return [made[n] for n in np.random.default_rng(SEED).permutation(len(made))]


class _Swapped(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finds one module, made from a mutant's source."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(self, name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        if name != self.mutant.module:
            return None
        where = str(Path(*name.split(".")).with_suffix(".py").resolve())
        spec = importlib.util.spec_from_loader(name, self, origin=where)
        if spec is not None:
            spec.has_location = True
        return spec

    def get_source(self, _: str) -> str:
        return self.mutant.source

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.mutant.source, f"<mutant of {self.mutant.module}>", "exec"), module.__dict__)  # noqa: S102


def killed(mutant: Mutant | None) -> bool:
    """Whether the tests fail (or take too long) with a mutant; None is the code as it is."""
    child = os.fork()
    if child == 0:
        _test(mutant)
    until = time.monotonic() + LIMIT_S
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status) != 0
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def _test(mutant: Mutant | None) -> None:
    """Run the tests in this fork and end it."""
    import pytest  # noqa: PLC0415  loaded before the fork by `main`

    if mutant is not None:
        sys.meta_path.insert(0, _Swapped(mutant))
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    os.environ["SITING_CACHE"] = tempfile.mkdtemp(prefix="mutant-")
    paths = [f"tests/{room}" for room in ROOMS] if mutant is None else _tests_of(mutant.module)
    code = 1
    try:
        code = int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-W", REWRITTEN, *paths]))
    finally:
        os._exit(code)


def _tests_of(module: str) -> list[str]:
    """Return the tests of a module's own room, the file named after the module first."""
    _, room, name = module.split(".")
    own = Path(f"tests/{room}/test_{name}.py")
    return [str(own), f"tests/{room}"] if own.is_file() else [f"tests/{room}"]


def main() -> None:
    """Test mutants `start` onwards for some seconds; one line of JSON each on stdout."""
    start, seconds = int(sys.argv[1]), float(sys.argv[2])
    for heavy in (
        "pytest",
        "hypothesis",
        "numba",
        "rasterio",
        "geopandas",
        "pyogrio",
        "openpyxl",
        "xlsxwriter",
        "scipy.sparse",
    ):
        importlib.import_module(heavy)
    made = sample()
    if start == 0 and killed(None):
        sys.exit("the tests fail without any mutant")
    until = time.monotonic() + seconds
    for number, mutant in enumerate(made[start:], start=start):
        if time.monotonic() > until:
            break
        found = {"module": mutant.module, "line": mutant.line, "change": mutant.change, "killed": killed(mutant)}
        print(json.dumps({"number": number, "of": len(made), **found}, ensure_ascii=False), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
