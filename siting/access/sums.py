"""What the measures have in common: amounts checked, how far a decay asks, who has places in reach."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from siting.access.decays import Decay, Floats
from siting.base.travel import Reach, Weigh, aligned


class Links(NamedTuple):
    """Pairs that a decay weighs, by positions in the indexes of a reach. origins: those of the block."""

    origins: range
    origin: npt.NDArray[np.intp]
    place: npt.NDArray[np.intp]
    weight: Floats


def amounts_at(index: pd.Index, amounts: pd.Series, name: str) -> pd.Series:
    """Return the amounts on an index; ValueError, by name, for missing, infinite or negative ones."""
    if not isinstance(amounts, pd.Series):
        msg = f"{name} must be a Series, not {type(amounts).__name__}"
        raise ValueError(msg)  # noqa: TRY004  a wrong argument is a ValueError everywhere
    values = aligned(amounts, index, name)
    if (values < 0).any():
        msg = f"{name} must not be negative: {', '.join(map(str, index[values < 0][:5]))}"
        raise ValueError(msg)
    return pd.Series(values, index=index)


def checked(decay: Weigh | None) -> Weigh:
    """Return the decay; ValueError if it cannot be called."""
    if not callable(decay):
        msg = f"decay must be made by step, linear, exponential, power, gaussian, logistic or bands, not {decay!r}"
        raise ValueError(msg)  # noqa: TRY004  a wrong argument is a ValueError everywhere
    return decay


def weighed(reach: Reach, decay: Weigh) -> tuple[Weigh, float | None]:
    """Return how sums weigh by a decay, and within what minutes: its own cutoff, else all that the reach knows."""
    if not isinstance(decay, Decay):
        return decay, reach.cutoff
    within = reach.cutoff if decay.cutoff is None else decay.cutoff
    # an engine need not look up weights that are all 1
    return (np.ones_like, within) if decay.form == "step" else (decay, within)


def counted(reach: Reach, decay: Weigh) -> tuple[Weigh, float | None]:
    """Return `weighed` with weight 1 wherever the decay weighs anything."""
    weigh, within = weighed(reach, decay)
    if weigh is np.ones_like:
        return weigh, within
    return lambda minutes: (np.asarray(weigh(minutes)) > 0).astype(np.float64), within


def links(reach: Reach, decay: Weigh) -> Iterator[Links]:
    """Yield the pairs of positive weight by blocks of origins, in order."""
    weigh, within = weighed(reach, decay)
    first = 0
    for block in reach.blocks():
        origin, place, minutes = block.pairs()
        weight = np.where(minutes <= (np.inf if within is None else within), weigh(minutes), 0.0)
        kept = weight > 0
        origins = range(first, first + len(block.origins))
        yield Links(origins, origin[kept] + first, place[kept], weight[kept])
        first = origins.stop


def ratio(supply: pd.Series, demand: pd.Series) -> pd.Series:
    """Return supply by demand at each place, missing where there is no demand."""
    return supply / demand.where(demand > 0)


def gathered(reach: Reach, ratios: pd.Series, decay: Weigh) -> pd.Series:
    """Return, for every origin, the weighted sum of the places' ratios.

    A place without a ratio gives nothing; an origin that reaches no place with a ratio is missing.
    """
    total = reach.sum_at_origins(ratios.fillna(0.0), *weighed(reach, decay))
    return total.where(reach.sum_at_origins(ratios.notna().astype(float), *counted(reach, decay)) > 0)


def same_places(costs: Reach, at: Reach) -> None:
    """Raise ValueError unless both reaches lead to the same places."""
    if not at.places.equals(costs.places) and set(at.places) != set(costs.places):
        msg = "at must reach the same places as costs"
        raise ValueError(msg)


def by_label(index: pd.Index) -> npt.NDArray[np.intp]:
    """Return the positions of an index in the order of its labels as text: the same whatever their order."""
    labels = np.array([str(label) for label in index], dtype=str)
    kinds = np.array([type(label).__name__ for label in index], dtype=str)
    return np.lexsort((kinds, labels))
