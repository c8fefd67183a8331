"""Ranks counted over many draws of scores, in threads, in whole numbers: the order of counting changes nothing."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from siting.score.blends import MOST_SCORE, Floats, Ints, whole
from siting.score.kernels import count_rows, rank_rows

Ranks = npt.NDArray[np.int32]
T = TypeVar("T")
BLOCK_CELLS = 1 << 16
"""Scores handled at a time: what stays near the processor."""
LARGE_CELLS = 20_000_000
"""Draws times parcels from which compiling, a second or two once, is sooner paid than it costs (C, measured)."""
ALL_RANKS = 2048
EXACT_RANKS = 128
WEIGHT_STEPS = 2.0**40
"""Weights are summed in whole steps of 2**-40, so that no order of adding shows."""


@dataclass(frozen=True)
class Bins:
    """Ranks 1.. in bins: one a bin up to `exact`, beyond it as wide as 1/64 of the rank."""

    exact: int
    last: Ints
    of_rank: npt.NDArray[np.int64]

    @classmethod
    def up_to(cls, ranks: int, exact: int) -> "Bins":
        """Return bins of `ranks` ranks; every rank has its own where there are at most `ALL_RANKS`."""
        ranks = max(ranks, 1)
        own = ranks if ranks <= ALL_RANKS else min(ranks, max(exact, EXACT_RANKS))
        last = list(range(1, own + 1))
        while last and last[-1] < ranks:
            last.append(min(ranks, last[-1] + max(1, last[-1] // 64)))
        return cls(own, np.array(last, np.int64), np.searchsorted(last, np.arange(ranks + 1)).astype(np.int64))


class Tally:
    """How often each parcel had each rank; the best and worst; the weights under which it was first.

    counts: parcels x bins. weights: parcels x criteria, the summed weights of the draws in which a parcel was first.
    is_large: whether compiled code counts, which gives the same.
    """

    def __init__(self, parcels: int, bins: Bins, criteria: int = 0, *, is_large: bool = False) -> None:
        self.bins, self.draws, self.is_large = bins, 0, is_large
        self.counts = np.zeros((parcels, len(bins.last)), np.int32)
        self.best = np.full(parcels, parcels, np.int32)
        self.worst = np.ones(parcels, np.int32)
        self.weights = np.zeros((parcels, criteria), np.int64)

    def add(self, scores: Floats, weights: Floats | None = None) -> None:
        """Count draws x parcels of scores, with the weights of each draw if they are to be remembered."""
        ranks = self._counted(whole(scores))
        self.draws += len(ranks)
        if weights is not None and self.weights.shape[1]:
            draw, parcel = np.nonzero(ranks == 1)
            steps = np.floor(weights * WEIGHT_STEPS + 0.5).astype(np.int64)
            np.add.at(self.weights, parcel, steps[draw])

    def _counted(self, scores: Ints) -> Ranks:
        """Return the ranks and count them: compiled where there is much to count, else without paying for compiling."""
        if self.is_large:
            ranks: Ranks = np.empty(scores.shape, np.int32)
            rank_rows(scores, ranks)
            count_rows(ranks, self.bins.of_rank, self.counts, self.best, self.worst)
            return ranks
        ranks = places(scores)
        self.look(ranks)
        flat, starts = self.counts.reshape(-1), np.arange(ranks.shape[1]) * self.counts.shape[1]
        for row in ranks:
            flat[self.bins.of_rank.take(row) + starts] += 1
        return ranks

    def look(self, ranks: Ranks) -> None:
        """Widen best and worst to these ranks without counting them."""
        if len(ranks):
            self.best = np.minimum(self.best, ranks.min(axis=0))
            self.worst = np.maximum(self.worst, ranks.max(axis=0))

    def join(self, other: "Tally") -> None:
        """Add what another tally of the same parcels has counted."""
        self.draws += other.draws
        self.counts += other.counts
        self.weights += other.weights
        self.best = np.minimum(self.best, other.best)
        self.worst = np.maximum(self.worst, other.worst)

    @property
    def medians(self) -> Ints:
        """The least rank that at least half of the draws do not exceed; of a bin of several ranks the middle one."""
        half = (np.cumsum(self.counts, axis=1) * 2 >= self.draws).argmax(axis=1)
        first = np.concatenate([[1], self.bins.last[:-1] + 1])
        return np.asarray((first[half] + self.bins.last[half]) // 2, np.int64)

    @property
    def first_weights(self) -> Floats:
        """The mean weights of the draws in which a parcel was first, missing where it never was."""
        times = self.counts[:, :1].astype(np.float64)
        missing = np.full(self.weights.shape, np.nan)
        np.divide(self.weights / WEIGHT_STEPS, times, out=missing, where=times > 0)
        return missing


def places(scores: Ints) -> Ranks:
    """Return ranks by row, 1 for the highest; equal scores share the better rank (1, 1, 3).

    Sorted by digits of 16 bits, the last digit first, which takes a third of the time of a sort by comparing.
    """
    draws, parcels = scores.shape
    if scores.size == 0:
        return np.ones((draws, parcels), np.int32)
    behind = scores.max() - scores
    starts = (np.arange(draws) * parcels)[:, np.newaxis]
    best_first = behind.astype(np.uint16).argsort(axis=1, kind="stable") + starts
    for shift in range(16, int(behind.max()).bit_length(), 16):
        digit = (behind >> shift).astype(np.uint16).take(best_first)
        best_first = best_first.take(digit.argsort(axis=1, kind="stable") + starts)
    behind = behind.take(best_first)
    ranks = np.empty((draws, parcels), np.int32)
    ranks[:] = np.arange(1, parcels + 1)
    is_level = behind[:, 1:] == behind[:, :-1]
    if is_level.any():
        # an equal of the one before it takes that one's rank
        ranks[:, 1:][is_level] = 0
        np.maximum.accumulate(ranks, axis=1, out=ranks)
    found = np.empty_like(ranks)
    found.reshape(-1)[best_first] = ranks
    return found


def tallied(
    blocks: Iterable[T],
    scored: Callable[[T], tuple[Floats, Floats | None]],
    new: Callable[[], Tally],
    workers: int | None,
) -> Tally:
    """Return the tally of all blocks; each thread takes the next one, makes its scores and counts them in its own tally."""
    source, lock = iter(blocks), Lock()

    def work(own: Tally) -> Tally:
        for block in _shared(source, lock):
            own.add(*scored(block))
        return own

    count = threads(workers)
    if count == 1:
        return work(new())
    with ThreadPoolExecutor(count) as pool:
        first, *others = list(pool.map(work, [new() for _ in range(count)]))
    for other in others:
        first.join(other)
    return first


def blocks_of(draws: int, parcels: int, cells: int = BLOCK_CELLS) -> Iterator[slice]:
    """Yield the draws in blocks of at most so many scores; their size hangs on nothing but these counts."""
    size = max(1, cells // max(parcels, 1))
    for start in range(0, draws, size):
        yield slice(start, min(start + size, draws))


def threads(workers: int | None) -> int:
    """Return the number of threads: as asked, else one for each processor; ValueError below 1."""
    if workers is not None and workers < 1:
        msg = f"workers must be 1 or more, not {workers}"
        raise ValueError(msg)
    if workers is not None:
        return workers
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def checked_scores(block: Any, parcels: int) -> Floats:
    """Return a block of scores as numbers; ValueError unless it is draws x parcels and not endless."""
    scores = np.asarray(block, np.float64)
    if scores.ndim != 2 or scores.shape[1] != parcels:
        msg = f"worlds: every block must be draws x {parcels} parcels, not {scores.shape}"
        raise ValueError(msg)
    if (np.abs(scores) > MOST_SCORE).any():
        msg = f"worlds: scores must lie within {MOST_SCORE:g} of zero"
        raise ValueError(msg)
    return scores


def _shared(source: Iterator[T], lock: Lock) -> Iterator[T]:
    """Yield from one source to several threads."""
    while True:
        with lock:
            try:
                block = next(source)
            except StopIteration:
                return
        yield block
