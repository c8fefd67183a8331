"""Ranks of large blocks, compiled: the same numbers as `tally.places`, several times faster, and free of Python's lock.

Each function is plain Python that numba compiles as it stands. The compiled code is kept on disk.
"""

from collections.abc import Callable

import numba
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Ranks = npt.NDArray[np.int32]
DIGIT, DIGITS = 11, 1 << 11
"""Bits sorted by at a time: their counts stay in the nearest cache."""


def plain_rank(scores: Ints, ranks: Ranks) -> None:
    """Write the ranks of draws x parcels of scores: 1 for the highest of a row, equals share the better rank.

    Parcels are sorted by the digits of how far they lie behind the first, the last digit first.
    """
    draws, parcels = scores.shape
    behind = np.empty(parcels, np.int64)
    one, other = np.empty(parcels, np.int32), np.empty(parcels, np.int32)
    starts = np.empty(DIGITS, np.int64)
    for draw in range(draws):
        top, least = scores[draw, 0], scores[draw, 0]
        for parcel in range(parcels):
            top, least = max(top, scores[draw, parcel]), min(least, scores[draw, parcel])
        for parcel in range(parcels):
            behind[parcel] = top - scores[draw, parcel]
            one[parcel] = parcel
        shift = 0
        while shift == 0 or (top - least) >> shift > 0:
            starts[:] = 0
            for parcel in range(parcels):
                starts[(behind[parcel] >> shift) & (DIGITS - 1)] += 1
            before = 0
            for digit in range(DIGITS):
                before, starts[digit] = before + starts[digit], before
            for place in range(parcels):
                digit = (behind[one[place]] >> shift) & (DIGITS - 1)
                other[starts[digit]] = one[place]
                starts[digit] += 1
            one, other = other, one
            shift += DIGIT
        rank = 1
        for place in range(parcels):
            if behind[one[place]] != behind[one[max(place - 1, 0)]]:
                rank = place + 1
            ranks[draw, one[place]] = rank


def plain_count(ranks: Ranks, bin_of_rank: Ints, counts: Ranks, best: Ranks, worst: Ranks) -> None:
    """Add draws x parcels of ranks to parcels x bins of counts, and widen best and worst.

    Parcel by parcel, so that the counts of one stay near while all its draws are added.
    """
    draws, parcels = ranks.shape
    for parcel in range(parcels):
        for draw in range(draws):
            rank = ranks[draw, parcel]
            counts[parcel, bin_of_rank[rank]] += 1
            best[parcel] = min(best[parcel], rank)
            worst[parcel] = max(worst[parcel], rank)


rank_rows: Callable[[Ints, Ranks], None] = numba.njit(nogil=True, cache=True)(plain_rank)
count_rows: Callable[[Ranks, Ints, Ranks, Ranks, Ranks], None] = numba.njit(nogil=True, cache=True)(plain_count)
