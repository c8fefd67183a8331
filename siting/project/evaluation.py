"""One criterion as measured: its values by parcel, where they come from, and which of two seasons counts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from siting.base.settings import Criterion


@dataclass(frozen=True)
class Evaluation:
    """One criterion on the index of the parcels.

    raw: the value, empty where there is none. beyond: connected, but nothing within the cutoff.
    apart: no place of the criterion lies on the parcel's network. place: id of the nearest place. plans:
    which engine made it, as the stamp keeps it. season: the one that each value holds in.
    """

    criterion: Criterion
    raw: pd.Series
    beyond: pd.Series
    apart: pd.Series
    place: pd.Series
    estimated: bool
    plans: tuple[Mapping[str, object], ...] = ()
    season: pd.Series | None = None


def limit_of(criterion: Criterion) -> float:
    """Return the reference point that nothing within the limit stands for."""
    if criterion.other is not None:
        return float(criterion.other)
    return float(criterion.best if (criterion.better == "more") == criterion.is_distance else criterion.worst)


def worse(parts: Sequence[Evaluation]) -> Evaluation:
    """Return, parcel by parcel, the worse of a criterion's seasons; nothing within the limit is farthest, or least."""
    first, *others = parts
    nothing = np.inf if first.criterion.is_distance else -np.inf
    for other in others:
        keys = [each.raw.mask(each.beyond, nothing) for each in (first, other)]
        is_worse = keys[1] > keys[0] if first.criterion.better == "less" else keys[1] < keys[0]
        first = replace(
            first,
            raw=first.raw.mask(is_worse, other.raw),
            beyond=first.beyond.mask(is_worse, other.beyond),
            place=first.place.mask(is_worse, other.place),
            season=_season(first, other, is_worse, keys[0] == keys[1]),
            plans=(*first.plans, *other.plans),
        )
    return first


def _season(first: Evaluation, other: Evaluation, is_worse: pd.Series, is_alike: pd.Series) -> pd.Series | None:
    if first.season is None or other.season is None:
        return None
    return first.season.mask(is_worse, other.season).mask(is_alike, "both")


def ratings(
    evaluations: Mapping[str, Evaluation], valued: Callable[[pd.Series, Criterion], pd.Series]
) -> Mapping[str, pd.Series]:
    """Return the value 0..1 of every criterion.

    Nothing within the limit is the farthest of a time, and the least of an amount: it counts as the worst point, or as
    the best where far is better (a nuisance far away), since the limit reaches at least to it.
    """
    return {
        name: valued(each.raw.mask(each.beyond, limit_of(each.criterion)), each.criterion)
        for name, each in evaluations.items()
    }
