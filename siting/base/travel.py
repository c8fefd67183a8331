"""Travel times as one long table, and the questions that access measures ask of any engine."""

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from siting.base.arguments import takes
from siting.base.errors import CutoffError
from siting.base.exact import on_grid

Weigh = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]
"""Minutes to weights, elementwise."""

COLUMNS = ("origin", "destination", "minutes")


class Pairs(NamedTuple):
    """Pairs as arrays: positions of origins and places in their indexes, and minutes; by origin, then minutes."""

    origin: npt.NDArray[np.intp]
    place: npt.NDArray[np.intp]
    minutes: npt.NDArray[np.float64]


class Reach(Protocol):
    """What access measures ask for; answered from a matrix or streamed without one."""

    origins: pd.Index
    """Every origin, those that reach nothing too."""
    places: pd.Index
    """Every place, those that nobody reaches too."""

    @property
    def cutoff(self) -> float | None:
        """Minutes up to which times are known; None means all."""

    def sum_at_origins(self, amounts: pd.Series, weigh: Weigh, within: float | None) -> pd.Series:
        """Return, for every origin, the weighted sum of the amounts at places within minutes."""

    def sum_at_places(self, amounts: pd.Series, weigh: Weigh, within: float | None) -> pd.Series:
        """Return, for every place, the weighted sum of the amounts at origins within minutes."""

    def nearest(self, k: int = 1) -> pd.DataFrame:
        """Return origin, rank, place, minutes of the k nearest places; unreachable is absent."""

    def blocks(self) -> Iterator["TravelCosts"]:
        """Yield all pairs by blocks of origins, in order and in bounded memory."""


class TravelCosts:
    """Minutes between origins and destinations; an absent pair is unreachable within the cutoff.

    The table is long: one row a pair, sorted by origin and minutes. A true 0-minute pair is a row.
    """

    def __init__(
        self, table: pd.DataFrame, *, origins: pd.Index, places: pd.Index, mode: str, cutoff: float | None
    ) -> None:
        self.origins = origins
        self.places = places
        self.mode = mode
        self._cutoff = cutoff
        order = np.lexsort(
            (places.get_indexer(table["destination"]), table["minutes"], origins.get_indexer(table["origin"]))
        )
        self._table = table.iloc[order].reset_index(drop=True)
        self._origin = origins.get_indexer(self._table["origin"])
        self._place = places.get_indexer(self._table["destination"])
        self._minutes = self._table["minutes"].to_numpy(np.float64)

    @classmethod
    @takes(table="table")
    def from_table(
        cls,
        table: pd.DataFrame,
        *,
        mode: str,
        cutoff: float | None = None,
        origins: pd.Index | None = None,
        places: pd.Index | None = None,
    ) -> Self:
        """Return travel costs from columns origin, destination, minutes.

        `origins` and `places` name those without any pair too. Raises ValueError for missing columns,
        repeated pairs, and minutes that are negative, not finite, or beyond the cutoff.
        """
        missing = [column for column in COLUMNS if column not in table.columns]
        if missing:
            msg = f"table needs the columns {', '.join(COLUMNS)}; missing: {', '.join(missing)}"
            raise ValueError(msg)
        long = table.loc[:, list(COLUMNS)].dropna(subset=["minutes"])
        minutes = long["minutes"].to_numpy(np.float64)
        if not np.isfinite(minutes).all() or (minutes < 0).any():
            msg = "minutes must be finite and not negative; leave out the rows of unreachable pairs"
            raise ValueError(msg)
        if cutoff is not None and (minutes > cutoff).any():
            msg = f"minutes beyond the stated cutoff of {cutoff:g}: longest is {minutes.max():g}"
            raise ValueError(msg)
        if long.duplicated(["origin", "destination"]).any():
            msg = "a pair of origin and destination stands more than once"
            raise ValueError(msg)
        named = {
            "origin": pd.Index(table["origin"].unique()) if origins is None else pd.Index(origins),
            "destination": pd.Index(table["destination"].unique()) if places is None else pd.Index(places),
        }
        for column, index in named.items():
            strange = long.loc[~long[column].isin(index), column]
            if len(strange) or not index.is_unique:
                msg = f"{column}: labels repeated, or not among those named: {', '.join(map(str, strange[:5]))}"
                raise ValueError(msg)
        return cls(
            long,
            origins=named["origin"],
            places=named["destination"],
            mode=mode,
            cutoff=cutoff,
        )

    @property
    def cutoff(self) -> float | None:
        """Minutes up to which pairs are known; None means all."""
        return self._cutoff

    def table(self) -> pd.DataFrame:
        """Return a copy of the long table: origin, destination, minutes."""
        return self._table.copy()

    def pairs(self) -> Pairs:
        """Return the pairs as arrays, which are copies."""
        return Pairs(self._origin.copy(), self._place.copy(), self._minutes.copy())

    def blocks(self) -> Iterator["TravelCosts"]:
        """Yield itself: a matrix is one block."""
        yield self

    def __len__(self) -> int:
        return len(self._table)

    def __repr__(self) -> str:
        limit = "no cutoff" if self.cutoff is None else f"within {self.cutoff:g} min"
        return f"TravelCosts({len(self.origins)} origins x {len(self.places)} places, {len(self)} pairs, {self.mode}, {limit})"

    def sum_at_origins(self, amounts: pd.Series, weigh: Weigh, within: float | None) -> pd.Series:
        """Return, for every origin, the weighted sum of the amounts at places within minutes."""
        sums = self._sums(amounts, self.places, weigh, within, self._place, self._origin, len(self.origins))
        return pd.Series(sums, index=self.origins)

    def sum_at_places(self, amounts: pd.Series, weigh: Weigh, within: float | None) -> pd.Series:
        """Return, for every place, the weighted sum of the amounts at origins within minutes."""
        sums = self._sums(amounts, self.origins, weigh, within, self._origin, self._place, len(self.places))
        return pd.Series(sums, index=self.places)

    def nearest(self, k: int = 1) -> pd.DataFrame:
        """Return origin, rank, place, minutes of the k nearest places; unreachable is absent."""
        rank = self._table.groupby("origin", sort=False).cumcount() + 1
        rows = self._table.assign(rank=rank)[rank <= k]
        return rows.rename(columns={"destination": "place"})[["origin", "rank", "place", "minutes"]].reset_index(
            drop=True
        )

    def _sums(
        self,
        amounts: pd.Series,
        index: pd.Index,
        weigh: Weigh,
        within: float | None,
        source: npt.NDArray[np.intp],
        target: npt.NDArray[np.intp],
        size: int,
    ) -> npt.NDArray[np.float64]:
        check_cutoff(within, self.cutoff)
        values = aligned(amounts, index)
        inside = np.ones(len(self), bool) if within is None else self._minutes <= within
        # each minute is weighed once, so that no order of the rows changes a bit
        minutes, which = np.unique(self._minutes[inside], return_inverse=True)
        weights = np.asarray(weigh(minutes), np.float64)
        if not np.isfinite(weights).all():
            msg = "a weight is not finite: a decay must be, from 0 minutes to the cutoff"
            raise ValueError(msg)
        return sums_by_group(weights[which] * values[source[inside]], target[inside], size)


def sums_by_group(terms: npt.NDArray[np.float64], group: npt.NDArray[np.intp], size: int) -> npt.NDArray[np.float64]:
    """Return the sum of the terms of each group, which no order of the terms changes.

    Each group stands on a grid of its own, so that a small sum is as precise as a large one.
    """
    sizes, tiny = np.abs(terms), np.finfo(np.float64).tiny
    peak = np.full(size, tiny)
    np.maximum.at(peak, group, sizes)
    unit = np.ldexp(1.0, np.frexp(peak)[1] - 20)
    # whole numbers, which add up in any order, bound each sum from above
    bound = np.bincount(group, np.ceil(sizes / unit[group]), size) * unit
    grid = np.ldexp(1.5, np.frexp(np.maximum(bound, tiny))[1] + 1)
    return np.bincount(group, on_grid(terms, grid[group]), size).astype(np.float64)


def check_cutoff(asked: float | None, known: float | None) -> None:
    """Raise CutoffError if a question reaches beyond the minutes that are known."""
    if known is not None and (asked is None or asked > known):
        beyond = "without limit" if asked is None else f"of {asked:g} minutes"
        msg = f"a question {beyond} to travel times known up to {known:g} minutes"
        raise CutoffError(msg)


def aligned(amounts: pd.Series, index: pd.Index, name: str = "amounts") -> npt.NDArray[np.float64]:
    """Return the amounts in the order of an index; ValueError, by name, if one is missing or not finite."""
    if not amounts.index.is_unique:
        msg = f"the index of {name} has repeated labels"
        raise ValueError(msg)
    values = np.asarray(amounts.reindex(index).to_numpy(np.float64))
    if not np.isfinite(values).all():
        lost = ", ".join(map(str, index[~np.isfinite(values)][:5]))
        msg = f"{name} are missing or not finite for: {lost}"
        raise ValueError(msg)
    return values
