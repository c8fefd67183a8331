"""How far a rank can be relied on: the share of all allowed weights, or of all likely data, under which it holds.

Source: SMAA-2, Lahdelma & Salminen 2001. With 10,000 draws a share is known to about one hundredth (two standard
errors at one half). Equal scores, to nine decimals, share the better rank (1, 1, 3) as in the ranking itself.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Unpack

import numpy as np
import numpy.typing as npt
import pandas as pd

from siting.base.arguments import takes
from siting.score.blends import Floats, blended, whole
from siting.score.combine import Method
from siting.score.doubt import SHOWN, Case, Doubt, Options, Weights, case_of, check_unique, first_ones
from siting.score.draws import check_draws
from siting.score.tally import LARGE_CELLS, Bins, Ranks, Tally, blocks_of, checked_scores, places, tallied

Flags = npt.NDArray[np.bool_]
MANY_DRAWS = 10_000
SHARE_COLUMNS = ("p_top", "p_first", "confidence")


@dataclass(frozen=True)
class Certificates:
    """How far ranks hold.

    table, a row a parcel: rank (under the stated weights), rank_best, rank_worst, rank_median, p_top (share of draws among
    the first `top`), p_first, confidence (share of draws in which it is first under its own central weights).
    shares: parcel x rank 1..shown and `beyond`; rows sum to 1. central: parcel x criterion, the mean weights of the
    draws in which it is first, missing where it never is. A parcel with a missing value has missing cells throughout.
    rank_median is exact for 2,048 parcels or fewer, and up to rank 128 (or top, or shown), else within 1 % of the rank.
    """

    table: pd.DataFrame = field(repr=False)
    shares: pd.DataFrame = field(repr=False)
    central: pd.DataFrame = field(repr=False)
    draws: int
    seed: int | None
    top: int


@dataclass(frozen=True)
class _Frame:
    """The rows of the answer, which of them are known, and what is shown."""

    index: pd.Index
    known: Flags
    top: int
    shown: int

    def spread(self, rows: npt.NDArray[np.generic], dtype: str) -> pd.Series:
        """Return numbers of the known rows on all rows."""
        return pd.Series(rows, self.index[self.known]).astype(dtype).reindex(self.index)


@takes(values="table")
def acceptability(
    values: pd.DataFrame,
    weights: Weights | None = None,
    *,
    kind: Doubt = "uniform",
    draws: int = 10_000,
    seed: int = 1,
    workers: int | None = None,
    **options: Unpack[Options],
) -> Certificates:
    """Return how far the ranks hold when the weights are in doubt.

    `values`: parcel x criterion, 0..1. kind: `uniform`, any weights at all; `ordered`, any that keep the order of the
    stated ones; `around`, each stated weight times a factor of its own within 1 - spread .. 1 + spread. Criteria whose
    stated weight is 0 stay out of all of it. options: see `Options`.

    rank_best and rank_worst are over the draws, the stated weights and, for the weighted mean, the corners of what is
    allowed (see `draws.corners`), where extreme ranks mostly lie: a draw hardly comes near them. They are ranks that do
    occur; a still better or worse one between the draws is possible.

    The same seed gives the same bytes, whatever the threads and the order of rows and columns. ValueError for values
    outside 0..1, repeated ids or names, weights that do not fit, an unknown kind, or a wrong option.
    """
    case = case_of(values, weights, kind, options)
    check_draws(draws, seed)
    frame = _Frame(values.index, case.known, *first_ones(options.get("top"), options.get("shown")))
    count, drawn = len(case.numbers), case.drawn(draws, seed)
    bins = Bins.up_to(count, max(frame.top, frame.shown))

    def scored(block: slice) -> tuple[Floats, Floats | None]:
        return case.scores(drawn[block]), drawn[block]

    is_large = draws * count >= LARGE_CELLS

    def new() -> Tally:
        return Tally(count, bins, len(case.names), is_large=is_large)

    found = tallied(blocks_of(draws, count), scored, new, workers)
    stated = case.stated_ranks()
    if stated is not None:
        found.look(stated[np.newaxis, :])
    extreme = case.corners()
    for block in blocks_of(len(extreme), count):
        found.look(places(whole(case.scores(extreme[block]))))
    central = pd.DataFrame(found.first_weights, columns=case.names)[list(case.values.columns)]
    table = _table(found, frame, stated, _sure(case, found.first_weights))
    return Certificates(table, _shares(found, frame), _central(central, frame), draws, seed, frame.top)


def acceptability_of(
    worlds: Iterable[Floats],
    parcels: pd.Index,
    *,
    weights: pd.DataFrame | None = None,
    top: int | None = None,
    shown: int = SHOWN,
    seed: int | None = None,
    workers: int | None = None,
) -> Certificates:
    """Return how far the ranks hold over scores that the caller has drawn.

    `worlds`: blocks of draws x parcels, of any number of draws; they are taken one by one and not kept. `parcels`: the ids
    of their columns. weights: draws x criteria, the weights that each draw used, for central weights. seed: only told
    again. A parcel is missing in all draws or in none. The cells rank and confidence are missing here (see
    `confidence`). ValueError for blocks of another shape, infinite scores, gaps that move, or repeated ids.
    """
    check_unique(parcels, "parcels")
    ones = first_ones(top, shown)
    blocks = _with_weights(worlds, len(parcels), weights)
    head = next(blocks, None)
    if head is None:
        msg = "worlds: at least one draw is needed"
        raise ValueError(msg)
    known = ~np.isnan(head[0][0])
    names = [] if weights is None else list(weights.columns)
    count, bins = int(known.sum()), Bins.up_to(int(known.sum()), max(ones))

    def scored(block: tuple[Floats, Floats | None]) -> tuple[Floats, Floats | None]:
        if (np.isnan(block[0]) == known).any():
            msg = "worlds: a parcel must be missing in every draw or in none"
            raise ValueError(msg)
        return np.ascontiguousarray(block[0][:, known]), block[1]

    def new() -> Tally:
        # how many worlds will come is not known; so many parcels have their draws of weights counted by it too
        return Tally(count, bins, len(names), is_large=count >= LARGE_CELLS // MANY_DRAWS)

    found = tallied(chain([head], blocks), scored, new, workers)
    if weights is not None and found.draws != len(weights):
        msg = f"weights: {len(weights)} rows for {found.draws} draws"
        raise ValueError(msg)
    frame = _Frame(parcels, known, *ones)
    central = _central(pd.DataFrame(found.first_weights, columns=names), frame)
    return Certificates(_table(found, frame), _shares(found, frame), central, found.draws, seed, frame.top)


def confidence(
    worlds: Iterable[Floats], central: pd.DataFrame, *, method: Method = "wsm", alpha: float | None = None
) -> pd.Series:
    """Return the share of draws in which each parcel is first (or level) under its own central weights.

    `worlds`: blocks of draws x parcels x criteria of values 0..1, in the order of the rows and columns of `central`.
    Missing where a parcel has no central weights. ValueError for blocks of another shape, or none.
    """
    rows = np.flatnonzero(central.notna().all(axis=1).to_numpy())
    numbers = central.to_numpy(np.float64)
    wins, draws = np.zeros(len(rows), np.int64), 0
    for block in worlds:
        if block.ndim != 3 or block.shape[1:] != central.shape:
            msg = f"worlds: every block must be draws x {central.shape[0]} x {central.shape[1]}, not {block.shape}"
            raise ValueError(msg)
        draws += len(block)
        flat = block.reshape(-1, block.shape[2])
        for place, row in enumerate(rows):
            scores = whole(blended(flat, numbers[[row]], method, alpha)).reshape(block.shape[:2])
            wins[place] += int((scores[:, row] == scores.max(axis=1)).sum())
    if draws == 0:
        msg = "worlds: at least one draw is needed"
        raise ValueError(msg)
    found = np.full(len(central), np.nan)
    found[rows] = wins / draws
    return pd.Series(found, central.index, name="confidence")


def entropy(shares: pd.DataFrame) -> pd.Series:
    """Return by parcel how undecided its rank is, in bits: -Σ p log2 p over the shares of its ranks; 0 where it is certain.

    Missing where shares are missing. Source: Shannon 1948. ValueError for rows that do not sum to 1.
    """
    numbers = shares.to_numpy(np.float64, na_value=np.nan)
    if ((numbers < 0) | (np.abs(numbers.sum(axis=1, keepdims=True) - 1) > 1e-9)).any():
        msg = "shares: rows must be shares that sum to 1"
        raise ValueError(msg)
    logs = np.log2(numbers, out=np.zeros_like(numbers), where=numbers > 0)
    bits = -(numbers * logs).sum(axis=1)
    return pd.Series(np.where(np.isnan(numbers).any(axis=1), np.nan, np.abs(bits)), shares.index, name="entropy")


def _with_weights(
    worlds: Iterable[Floats], parcels: int, weights: pd.DataFrame | None
) -> Iterator[tuple[Floats, Floats | None]]:
    """Yield blocks that hold at least one draw, each with the weights of its draws."""
    drawn = None if weights is None else weights.to_numpy(np.float64)
    start = 0
    for block in worlds:
        scores = checked_scores(block, parcels)
        own = None if drawn is None else drawn[start : start + len(scores)]
        if own is not None and len(own) < len(scores):
            msg = f"weights: only {len(weights) if weights is not None else 0} rows for more draws"
            raise ValueError(msg)
        start += len(scores)
        if len(scores):
            yield scores, own


def _sure(case: Case, central: Floats) -> Floats:
    """Return 1 where a parcel is first, or level, under its own central weights, 0 where not."""
    found = np.full(len(central), np.nan)
    rows = np.flatnonzero(~np.isnan(central).any(axis=1))
    for block in blocks_of(len(rows), len(case.numbers)):
        own = rows[block]
        scores = whole(case.scores(central[own]))
        found[own] = scores[np.arange(len(own)), own] == scores.max(axis=1)
    return found


def _table(found: Tally, frame: _Frame, stated: Ranks | None = None, sure: Floats | None = None) -> pd.DataFrame:
    nothing = np.full(len(found.best), np.nan)
    upto = found.counts[:, : frame.top].sum(axis=1) / found.draws
    ranks = {"rank": stated, "rank_best": found.best, "rank_worst": found.worst, "rank_median": found.medians}
    table = pd.DataFrame(index=frame.index)
    for name, column in ranks.items():
        table[name] = frame.spread(nothing if column is None else column, "Int64")
    first = found.counts[:, :1].sum(axis=1) / found.draws
    for name, share in zip(SHARE_COLUMNS, (upto, first, nothing if sure is None else sure), strict=True):
        table[name] = frame.spread(share, "float64")
    return table


def _shares(found: Tally, frame: _Frame) -> pd.DataFrame:
    counts = np.zeros((len(found.counts), frame.shown + 1), np.int64)
    shown = found.counts[:, : frame.shown]
    counts[:, : shown.shape[1]] = shown
    counts[:, -1] = found.draws - shown.sum(axis=1)
    columns = pd.Index([*range(1, frame.shown + 1), "beyond"], dtype=object, name="rank")
    return pd.DataFrame(counts / found.draws, frame.index[frame.known], columns).reindex(frame.index)


def _central(rows: pd.DataFrame, frame: _Frame) -> pd.DataFrame:
    return rows.set_axis(frame.index[frame.known], axis=0).reindex(frame.index)
