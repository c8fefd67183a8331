"""Random weights: anywhere, in a stated order, or around stated weights; and the corners of what is allowed.

Only sums, products, quotients and sorting are used, no logarithm, so that the same seed gives the same bytes on any
machine. Names are sorted inside: the place of a column changes nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Order = Sequence[str | Sequence[str]]
MOST_CORNERS = 4096
"""Corners that are looked at; of a larger set only the plainest ones."""


def uniform(names: Sequence[str], draws: int, seed: int) -> Floats:
    """Return draws x names of weights that sum to 1, every such set equally likely.

    They are the gaps between sorted uniform numbers on 0..1 (Devroye 1986, V.2). ValueError for no or repeated names,
    fewer than one draw, a negative seed.
    """
    place = _places(names)
    cuts = np.sort(_numbers(draws, len(names) - 1, seed), axis=1)
    gaps = np.diff(cuts, axis=1, prepend=0.0, append=1.0)
    return np.ascontiguousarray(gaps[:, place])


def ordered(order: Mapping[str, float] | Order, draws: int, seed: int) -> Floats:
    """Return draws x names of weights that sum to 1 and keep a stated order, every such set equally likely.

    `order`: names by falling importance, equals as a list of their own; or weights, of which only the order counts.
    Columns stand as the names do in `order`. Nothing is said between equals. Uniform weights are sorted, the largest
    go to the first group, and inside a group they are dealt out in the order of their own uniform draws, which is
    independent of how large they are; so no draw is thrown away. ValueError as `uniform`.
    """
    groups = _groups(order)
    names = _names(order)
    free = uniform(names, draws, seed)
    falling = -np.sort(-free, axis=1)
    found = np.empty_like(free)
    start = 0
    for group in groups:
        columns = [names.index(name) for name in group]
        standing = np.argsort(np.argsort(-free[:, columns], axis=1, kind="stable"), axis=1, kind="stable")
        found[:, columns] = np.take_along_axis(falling[:, start : start + len(group)], standing, axis=1)
        start += len(group)
    return found


def around(weights: Mapping[str, float], spread: float, draws: int, seed: int) -> Floats:
    """Return draws x names: each stated weight times a factor of its own from 1 - spread to 1 + spread, summing to 1.

    The factors are uniform and independent. ValueError for a spread that does not lie between 0 and 1, weights that are
    negative, not finite or all zero, and as `uniform`.
    """
    if not 0 < spread < 1:
        msg = f"spread must lie between 0 and 1, not {spread}"
        raise ValueError(msg)
    names = list(weights)
    stated = shares(weights)
    place = _places(names)
    factors = 1.0 + spread * (2.0 * _numbers(draws, len(names), seed) - 1.0)
    return normalised(stated * factors[:, place], names)


def corners(kind: str, weights: Mapping[str, float], spread: float | None = None) -> Floats:
    """Return corners x names: the extreme points of the weights that `kind` allows.

    Of `uniform`: all weight on one. Of `ordered`: equal weights on the first groups and on some of the next one. Of
    `around`: every factor at an end. Where there are more than `MOST_CORNERS`, ordered keeps those with one or all of
    the next group, and around those with one factor at the other end than the rest. ValueError for another kind.
    """
    names = list(weights)
    if kind == "uniform":
        return np.eye(len(names))
    if kind == "ordered":
        sets = np.array([[name in kept for name in names] for kept in _first_sets(_groups(weights))], np.float64)
        return normalised(sets, names)
    if kind == "around" and spread is not None:
        signs = np.array(_signs(len(names)), np.float64)
        return normalised(shares(weights) * (1.0 + spread * signs), names)
    msg = f"kind must be uniform, ordered or around (with a spread), not {kind!r}"
    raise ValueError(msg)


def shares(weights: Mapping[str, float]) -> Floats:
    """Return the weights in their order, summing to 1; ValueError for negative, endless, missing or all zero."""
    numbers = np.array([float(each) for each in weights.values()])
    if len(numbers) == 0 or not np.isfinite(numbers).all() or (numbers < 0).any() or not numbers.any():
        msg = "weights must be finite, not negative and not all zero"
        raise ValueError(msg)
    return np.asarray(normalised(numbers[np.newaxis, :], list(weights))[0], np.float64)


def normalised(rows: Floats, names: Sequence[str]) -> Floats:
    """Return rows divided by their sums, which are added up in the order of the names."""
    total = np.zeros(len(rows))
    for column in np.argsort(np.array(names, object), kind="stable"):
        total = total + rows[:, column]
    return np.asarray(rows / total[:, np.newaxis], np.float64)


def check_draws(draws: int, seed: int) -> None:
    """Raise ValueError for fewer than one draw or a negative seed."""
    for name, number, least in (("draws", draws, 1), ("seed", seed, 0)):
        if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < least:
            msg = f"{name} must be a whole number, {least} or more, not {number}"
            raise ValueError(msg)


def _numbers(draws: int, columns: int, seed: int) -> Floats:
    check_draws(draws, seed)
    return np.random.Generator(np.random.PCG64(int(seed))).random((int(draws), columns))


def _places(names: Sequence[str]) -> list[int]:
    """Return where each name stands among the sorted ones."""
    if len(names) == 0 or len(set(names)) < len(names):
        msg = "names must be given, each once"
        raise ValueError(msg)
    sorted_names = sorted(names)
    return [sorted_names.index(name) for name in names]


def _groups(order: Mapping[str, float] | Order) -> list[list[str]]:
    if isinstance(order, Mapping):
        shares(order)
        levels = sorted({float(each) for each in order.values()}, reverse=True)
        return [sorted(name for name, each in order.items() if float(each) == level) for level in levels]
    return [[each] if isinstance(each, str) else sorted(each) for each in order]


def _names(order: Mapping[str, float] | Order) -> list[str]:
    if isinstance(order, Mapping):
        return list(order)
    return [name for each in order for name in ([each] if isinstance(each, str) else each)]


def _first_sets(groups: list[list[str]]) -> Iterator[frozenset[str]]:
    """Yield the sets of names whose equal weights are corners of the order.

    Any weights in the order are a mixture of sets that hold whole groups from the first on, and part of the next; of
    the first group a part is itself a mixture of its single names.
    """
    is_small = sum(2 ** len(group) for group in groups[1:]) <= MOST_CORNERS
    before: list[str] = []
    for number, group in enumerate(groups):
        sizes = range(1, len(group) + 1) if is_small and number > 0 else sorted({1, len(group)} if number else {1})
        for size in sizes:
            for part in combinations(group, size):
                yield frozenset((*before, *part))
        before += group


def _signs(count: int) -> list[tuple[int, ...]]:
    if 2**count <= MOST_CORNERS:
        return list(product((-1, 1), repeat=count))
    one = np.eye(count, dtype=int)
    return [tuple(row) for row in np.vstack([2 * one - 1, 1 - 2 * one])]
