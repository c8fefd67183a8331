"""Compiling once for a machine, with a word, instead of in the middle of a job."""

import sys
from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np

from siting.network import compiled, store
from siting.network.compiled import How
from siting.network.graph import compact
from siting.network.hierarchy import build_index, reversed_index
from siting.network.kernels.arrays import Ends, Index, Pairs
from siting.network.question import Question

Progress = Callable[[str], None]
KIND = "compiled"


def once(progress: Progress | None = None) -> None:
    """Compile every street kernel if this machine has not yet; tells `progress` "compile" first."""
    key = _key(sorted((Path(__file__).parent / "kernels").glob("*.py")))
    if _is_new(key, progress):
        compile_all()
        store.save(KIND, key, {"done": np.ones(1, np.int8)})


def once_for_timetables(progress: Progress | None = None) -> None:
    """Tell `progress` "compile" where this machine is about to compile the search of timetables."""
    key = _key([Path(__file__).parent / "transit" / "raptor.py"])
    if _is_new(key, progress):
        store.save(KIND, key, {"done": np.ones(1, np.int8)})


def _key(files: list[Path]) -> str:
    made_by = (numba.__version__, np.__version__, sys.version, sys.prefix)
    return store.key_of([store.digest_of(files), *(each.encode() for each in made_by)])


def _is_new(key: str, progress: Progress | None) -> bool:
    if store.load(KIND, key) is not None:
        return False
    if progress is not None:
        progress("compile")
    return True


def compile_all() -> None:
    """Answer every kind of question on two nodes; numba keeps the compiled kernels on disk."""
    arcs = compact(np.array([0, 1]), np.array([1, 0]), np.array([1, 1]), 2)
    ahead = build_index(arcs)
    both = (ahead, reversed_index(ahead))
    ends = Ends(np.array([0, 1], np.int32), np.zeros(1, np.int32), np.zeros(1, np.int32))
    none = Pairs(np.zeros(2, np.int32), np.zeros(0, np.int32), np.zeros(0, np.int32))

    def index(is_back: bool = False) -> Index:
        return both[int(is_back)]

    question = Question(arcs, arcs, index, ends, ends, none, 10)
    compiled.nearest(question)
    compiled.k_nearest(question, 2)
    compiled.nearest_times(question, np.zeros(1, np.int32))
    compiled.matrix(question, workers=1)
    for has_index in (True, False):
        how = How(has_index=has_index, cell=16, workers=1)
        compiled.gather(question, np.ones((1, 1)), np.zeros(0), 1.5, how)
        compiled.spread(question, np.ones(1), np.zeros(0), 1.5, how)
