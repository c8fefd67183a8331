"""What new homes do to access: what the newcomers get, and what those already there lose."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csc_array, csr_array

from siting.access.decays import Floats
from siting.access.sums import amounts_at, by_label, checked, gathered, links, ratio, same_places, weighed
from siting.base.arguments import takes
from siting.base.exact import grid_for, on_grid
from siting.base.travel import Reach, TravelCosts, Weigh, sums_by_group

CELLS = 4_000_000
"""Origins x parcels that are worked on at once."""
ROUNDING = 1e-9


class Inserted(NamedTuple):
    """newcomers: the measure at the new homes. before, after: at the origins that were there."""

    newcomers: float
    before: pd.Series
    after: pd.Series


class _Near(NamedTuple):
    """Pairs of a parcel and a place in its reach, by position, with an amount."""

    parcel: npt.NDArray[np.intp]
    place: npt.NDArray[np.intp]
    amount: Floats


@takes(notable="number")
def marginal(
    costs: Reach,
    supply: pd.Series,
    demand: pd.Series,
    *,
    site: Reach,
    added: pd.Series,
    decay: Weigh,
    notable: float,
) -> pd.DataFrame:
    """Return what the demand `added` at each origin of `site`, on its own, does to e2sfca access (2sfca with a step).

    costs: from where people live to the places; site: from candidate parcels to the same places. Columns, a row a parcel:

    - newcomers: access of the newcomers, missing where they reach no place with demand in reach, their own included.
    - before, after: mean access of those already there who reach a place with demand in reach, by demand.
    - lost: what those already there lose in all, Σ P_i ΔA_i: what newcomers take from places that others use.
    - people_losing: demand whose access falls by more than the share `notable` of itself.
    - worst_loss: the largest share that anyone's access falls by.

    Only places in the parcel's reach change, R_j' = S_j / (D_j + P f_j), so nothing is computed anew. `with_site`
    does the same for any measure, by insertion. Raises ValueError for negative amounts and for a share outside
    0 to 1; CutoffError as `gravity`.
    """
    if not 0 <= notable <= 1:
        msg = f"notable must be a share from 0 to 1, not {notable}"
        raise ValueError(msg)
    checked(decay)
    same_places(costs, site)
    given, asked = amounts_at(costs.places, supply, "supply"), amounts_at(costs.origins, demand, "demand")
    more = amounts_at(site.origins, added, "added").to_numpy()
    pressure = costs.sum_at_places(asked, *weighed(costs, decay))
    before = ratio(given, pressure)
    near = _near(site, decay, costs.places)
    joined, left = _joined(near, given, pressure, more)
    fall = np.where(before.notna().to_numpy()[near.place], before.to_numpy()[near.place] - left, 0.0)
    parcels = len(site.origins)
    got = sums_by_group(left * near.amount, near.parcel, parcels)
    reached = np.bincount(near.parcel[joined > 0], minlength=parcels) > 0
    lost = sums_by_group(fall * pressure.to_numpy()[near.place], near.parcel, parcels)
    access = gathered(costs, before, decay)
    had, people = math.fsum((asked * access).dropna()), math.fsum(asked[access.notna()]) or np.nan
    losing, worst = _losses(costs, asked, access, near._replace(amount=fall), (decay, notable, parcels))
    means = {"before": had / people, "after": (had - lost) / people}
    table = {"newcomers": np.where(reached, got, np.nan), **means, "lost": lost}
    return pd.DataFrame({**table, "people_losing": losing, "worst_loss": worst}, index=site.origins)


def with_site(
    costs: Reach,
    supply: pd.Series,
    demand: pd.Series,
    *,
    site: Reach,
    parcel: object,
    added: float,
    measure: Callable[[Reach, pd.Series, pd.Series], pd.Series],
) -> Inserted:
    """Return a measure before and after the demand `added` at one origin of `site`, by computing all of it twice.

    measure: of a reach, supply and demand, such as `floating_catchment` with its options filled in; it sees positions
    in place of labels. Raises ValueError for a parcel that is not an origin of `site`.
    """
    same_places(costs, site)
    if parcel not in site.origins:
        msg = f"parcel must be an origin of site, not {parcel!r}"
        raise ValueError(msg)
    given = amounts_at(costs.places, supply, "supply").reset_index(drop=True)
    asked = amounts_at(costs.origins, demand, "demand").reset_index(drop=True)
    many, number = len(asked), site.origins.get_loc(parcel)
    old, new = (_pairs(reach, costs.places) for reach in (costs, site))
    own = new[new["origin"] == number].assign(origin=many)
    limits = [reach.cutoff for reach in (costs, site) if reach.cutoff is not None]
    cutoff = min(limits, default=None)

    def reach(table: pd.DataFrame, origins: int) -> TravelCosts:
        known = table if cutoff is None else table[table["minutes"] <= cutoff]
        labels = {"origins": pd.RangeIndex(origins), "places": pd.RangeIndex(len(given))}
        return TravelCosts.from_table(known, mode="given", cutoff=cutoff, **labels)

    before = measure(reach(old, many), given, asked)
    after = measure(reach(pd.concat([old, own]), many + 1), given, pd.concat([asked, pd.Series({many: float(added)})]))
    labelled = (pd.Series(each.to_numpy()[:many], index=costs.origins) for each in (before, after))
    return Inserted(float(after.iloc[many]), *labelled)


def _joined(near: _Near, supply: pd.Series, demand: pd.Series, added: Floats) -> tuple[Floats, Floats]:
    """Return, by pair, the demand at the place once the parcel's is added, and supply by demand then."""
    joined = demand.to_numpy()[near.place] + added[near.parcel] * near.amount
    left = np.divide(supply.to_numpy()[near.place], joined, out=np.zeros(len(joined)), where=joined > 0)
    return joined, left


def _losses(
    costs: Reach, demand: pd.Series, access: pd.Series, fall: _Near, how: tuple[Weigh, float, int]
) -> tuple[Floats, Floats]:
    """Return, by parcel, the demand whose access falls notably and the largest share that anyone's falls by."""
    decay, notable, parcels = how
    people = on_grid(demand.to_numpy(), grid_for(math.fsum(demand)))
    had = access.fillna(0.0).to_numpy()
    # places in the order of labels, so that no order of rows changes a sum
    rank = np.empty(len(costs.places), np.intp)
    rank[by_label(costs.places)] = np.arange(len(rank))
    falls = csc_array((fall.amount, (rank[fall.place], fall.parcel)), shape=(len(rank), parcels))
    losing, worst = np.zeros(parcels), np.zeros(parcels)
    for rows, origin, place, weight in links(costs, decay):
        weights = csr_array((weight, (origin - rows.start, rank[place])), shape=(len(rows), len(rank)))
        step = max(1, CELLS // max(len(rows), 1))
        for start in range(0, parcels, step):
            lost = (weights @ falls[:, start : start + step]).tocoo()
            counts = (people[lost.row + rows.start] > 0) & (had[lost.row + rows.start] > 0)
            loser, parcel = lost.row[counts] + rows.start, lost.col[counts] + start
            share = lost.data[counts] / had[loser]
            np.maximum.at(worst, parcel, share)
            notably = share > notable + ROUNDING
            losing += np.bincount(parcel[notably], people[loser[notably]], parcels)
    return losing, worst


def _near(site: Reach, decay: Weigh, places: pd.Index) -> _Near:
    """Return the pairs that the decay weighs, places by position in the index given."""
    parts = [(origin, place, weight) for _, origin, place, weight in links(site, decay)]
    parcel, place, weight = (np.concatenate(column) for column in zip(*parts, strict=True))
    return _Near(parcel, places.get_indexer(site.places)[place], weight)


def _pairs(reach: Reach, places: pd.Index) -> pd.DataFrame:
    """Return all pairs by position of the origin in the reach, and of the place in the index given."""
    number, first, parts = places.get_indexer(reach.places), 0, []
    for block in reach.blocks():
        origin, place, minutes = block.pairs()
        parts.append(pd.DataFrame({"origin": origin + first, "destination": number[place], "minutes": minutes}))
        first += len(block.origins)
    return pd.concat(parts, ignore_index=True)
