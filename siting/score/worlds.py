"""Other values that the data might have had: each parcel's own error, travel slower or faster, dearer or cheaper pipes.

A world is one draw of all raw values. Worlds come in blocks, so that no more than one block is held; `scored` turns
them into scores for `acceptability_of`. A cell for which nothing lies within the limit has no number: put in first the
one that its value stands for (`filled`), and keep it as it is (`fixed`).
"""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import pandas as pd

from siting.base.arguments import takes
from siting.score.blends import Floats, blended
from siting.score.combine import Method
from siting.score.doubt import check_unique, penalty_of
from siting.score.draws import check_draws, shares
from siting.score.rank import Rated, valued
from siting.score.tally import blocks_of

World = Mapping[str, Floats]
"""A block: for each criterion draws x parcels of raw values, one row where all draws have the same."""
WORLD_CELLS = 1 << 18
"""Cells of a column handled at a time: enough that pandas spends its time on numbers."""
Words = npt.NDArray[np.uint64]
GAMMA, FIRST, SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


@takes(raw="table")
def data_worlds(
    raw: pd.DataFrame,
    half_width: Mapping[str, float],
    *,
    draws: int,
    seed: int,
    fixed: pd.DataFrame | None = None,
) -> Iterator[World]:
    """Yield worlds in which each parcel's value of each named criterion has an error of its own.

    A value is multiplied by 1 + half_width x u, u uniform on -1..1, independent of parcel, criterion and draw.
    `half_width`: the relative half width that the user states, by column. fixed: true where a cell is not to be touched.
    The numbers of a parcel hang on its id, the column's name and the seed alone: neither other rows nor their order
    change them (SplitMix64, Steele et al. 2014, started from a hash of the three). Missing stays missing. ValueError for
    ids that read alike, unknown columns, a half width outside 0..1, or wrong draws or seed.
    """
    _check_half_width(half_width, raw)
    check_draws(draws, seed)
    ids = [str(each) for each in raw.index]
    if len(set(ids)) < len(ids):
        msg = "raw: ids must differ as text"
        raise ValueError(msg)
    base = _columns(raw)
    loose = {name: _loose(fixed, raw, name) for name in half_width}
    keys = {name: _keys(seed, name, ids) for name in half_width}
    for block in blocks_of(draws, len(raw), WORLD_CELLS):
        numbers = np.arange(block.start, block.stop, dtype=np.uint64)
        yield base | {
            name: base[name] * (1.0 + (width * loose[name]) * (2.0 * _uniform(keys[name], numbers) - 1.0))
            for name, width in half_width.items()
        }


def factor_worlds(tables: Mapping[float, pd.DataFrame], *, draws: int, seed: int) -> Iterator[World]:
    """Yield worlds in which one factor, the same for all parcels, slows or quickens all travel.

    `tables`: raw values evaluated at a low factor, at 1 and at a high one. The factor is uniform between the low and the
    high one; between two evaluated factors values lie on a straight line, which travel times follow only nearly.
    Missing stays missing; a cell missing in one of two tables is taken from the nearer one. ValueError unless there
    are three tables of the same rows and columns, one of them at 1 and in the middle.
    """
    check_draws(draws, seed)
    low, middle, high = _three(tables)
    steps = [_columns(tables[factor]) for factor in (low, middle, high)]
    factors = low + (high - low) * _stream(seed, "factor", draws)
    for block in blocks_of(draws, len(tables[middle]), WORLD_CELLS):
        own = factors[block][:, np.newaxis]
        is_low = own < middle
        way = np.where(is_low, (middle - own) / (middle - low), (own - middle) / (high - middle))
        yield {
            name: _between(at, np.where(is_low, steps[0][name], steps[2][name]), way) for name, at in steps[1].items()
        }


@takes(raw="table")
def price_worlds(raw: pd.DataFrame, half_width: Mapping[str, float], *, draws: int, seed: int) -> Iterator[World]:
    """Yield worlds in which prices move together: the named columns times 1 + half_width x u, one u a draw, uniform -1..1.

    Missing stays missing. ValueError for unknown columns, a half width outside 0..1, or wrong draws or seed.
    """
    _check_half_width(half_width, raw)
    check_draws(draws, seed)
    base = _columns(raw)
    swing = (2.0 * _stream(seed, "price", draws) - 1.0)[:, np.newaxis]
    for block in blocks_of(draws, len(raw), WORLD_CELLS):
        yield base | {name: base[name] * (1.0 + width * swing[block]) for name, width in half_width.items()}


def scored(
    worlds: Iterable[World],
    criteria: Iterable[Rated],
    parcels: pd.Index,
    *,
    method: Method = "wsm",
    alpha: float | None = None,
    penalty: pd.Series | None = None,
) -> Iterator[Floats]:
    """Yield draws x parcels of scores from blocks of worlds, by the criteria that have a weight.

    Values are made and rounded as the ranking makes them (`valued`), then weighed by name. A parcel with a missing value
    has no score. penalty: a factor 0..1 by parcel. ValueError for a criterion that the worlds lack, unusable
    reference points, weights or penalties.
    """
    check_unique(parcels, "parcels")
    weighed = sorted((each for each in criteria if each.weight), key=lambda each: each.name)
    weights = shares({each.name: float(each.weight or 0) for each in weighed})[np.newaxis, :]
    factors = penalty_of(penalty, parcels)
    known: dict[str, tuple[Floats, Floats]] = {}
    for world in worlds:
        draws = max(map(len, world.values()))
        columns = []
        for each in weighed:
            raw = _raw(world, each.name, len(parcels))
            if each.name not in known or known[each.name][0] is not raw:
                column = valued(pd.Series(raw.reshape(-1)), each)
                known[each.name] = raw, column.to_numpy(np.float64).reshape(raw.shape)
            columns.append(np.broadcast_to(known[each.name][1], (draws, len(parcels))).reshape(-1))
        table = np.array(columns).T
        scores = blended(table, weights, method, alpha).reshape(draws, len(parcels))
        yield np.where(np.isnan(table).any(axis=1).reshape(scores.shape), np.nan, scores * factors)


def filled(raw: pd.DataFrame, beyond: pd.DataFrame, at: Mapping[str, float]) -> pd.DataFrame:
    """Return raw values in which cells with nothing within the limit hold the number of `at`, by column.

    That number is the criterion's `worst`, or its `best` where far is better: then the value is 0, or 1, as in the ranking.
    """
    found = raw.astype(np.float64)
    for name, number in at.items():
        is_beyond = beyond[name].reindex(raw.index).to_numpy(bool, na_value=False)
        found[name] = found[name].mask(is_beyond, number)
    return found


def _between(middle: Floats, end: Floats, way: Floats) -> Floats:
    """Return values that have gone `way` (0..1) from one table to another; the nearer one's where only one has a value."""
    found = middle + (end - middle) * way
    is_half = np.isnan(middle) != np.isnan(end)
    return np.where(is_half, np.where(way < 0.5, middle, end), found) if is_half.any() else found


def _columns(raw: pd.DataFrame) -> dict[str, Floats]:
    check_unique(raw.index, "raw")
    return {str(name): raw[name].to_numpy(np.float64, na_value=np.nan)[np.newaxis, :] for name in raw.columns}


def _raw(world: World, name: str, parcels: int) -> Floats:
    if name not in world or world[name].ndim != 2 or world[name].shape[1] != parcels:
        msg = f"worlds: every block needs draws x {parcels} parcels of {name}"
        raise ValueError(msg)
    raw: Floats = world[name]
    return raw


def _three(tables: Mapping[float, pd.DataFrame]) -> tuple[float, float, float]:
    factors = sorted(tables)
    first = next(iter(tables.values()), pd.DataFrame())
    is_alike = all(each.index.equals(first.index) and list(each) == list(first) for each in tables.values())
    if len(factors) != 3 or factors[1] != 1 or factors[0] <= 0 or not is_alike:
        msg = "tables: three are needed, of the same rows and columns, at a factor below 1, at 1 and above 1"
        raise ValueError(msg)
    return factors[0], factors[1], factors[2]


def _check_half_width(half_width: Mapping[str, float], raw: pd.DataFrame) -> None:
    wrong = [name for name, width in half_width.items() if name not in raw.columns or not 0 <= width <= 1]
    if wrong or not half_width:
        msg = f"half_width: a share 0..1 of at least one column of raw is needed, wrong: {', '.join(wrong) or 'none given'}"
        raise ValueError(msg)


def _loose(fixed: pd.DataFrame | None, raw: pd.DataFrame, name: str) -> Floats:
    if fixed is None or name not in fixed.columns:
        return np.ones(len(raw))
    is_fixed = fixed[name].reindex(raw.index).to_numpy(bool, na_value=False)
    return np.where(is_fixed, 0.0, 1.0)


def _stream(seed: int, name: str, draws: int) -> Floats:
    """Return one uniform number a draw, of a stream that has its own name."""
    return np.asarray(_uniform(_keys(seed, name, [""]), np.arange(draws, dtype=np.uint64))[:, 0], np.float64)


def _keys(seed: int, name: str, ids: list[str]) -> Words:
    stem = blake2b(f"{seed}\0{name}\0".encode("utf-8", "surrogatepass"), digest_size=32).digest()
    digests = b"".join(blake2b(each.encode("utf-8", "surrogatepass"), digest_size=8, key=stem).digest() for each in ids)
    return np.frombuffer(digests, "<u8").astype(np.uint64)


def _uniform(keys: Words, numbers: Words) -> Floats:
    """Return numbers x keys of uniform numbers 0 <= u < 1: the state of each key moves on by one step a number."""
    state = keys + (numbers[:, np.newaxis] + np.uint64(1)) * GAMMA
    state ^= state >> np.uint64(30)
    state *= FIRST
    state ^= state >> np.uint64(27)
    state *= SECOND
    state ^= state >> np.uint64(31)
    return np.asarray((state >> np.uint64(11)).astype(np.float64) * 2.0**-53, np.float64)
