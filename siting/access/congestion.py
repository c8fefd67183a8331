"""Places chosen by travel and by crowding together, until nobody gains by choosing another (RAAM)."""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array, diags_array
from scipy.sparse.linalg import splu

from siting.access.decays import Floats
from siting.access.sums import amounts_at, by_label, same_places
from siting.base.arguments import takes
from siting.base.errors import NoEquilibriumError
from siting.base.travel import Reach, TravelCosts, check_cutoff

TOLERANCE = 1e-6
ROUNDS = 1000
"""Newton steps that suffice many times over: a town of 5,000 origins takes about a hundred."""
FIRST_BLUR, COOLING = 0.25, 0.25
VISIBLE, SHORTEST = 1e-10, 1e-9
KEPT = 1e-12
"""Shares below this do not steer the search; they count in what it arrives at. Were it much larger, what is left out
would outweigh the room of small places, divided by the blur, and steps would fall short."""


class Equilibrium(NamedTuple):
    """crowding: D_j / (S_j rho) by place, missing without supply. load: the demand D_j that each place gets."""

    crowding: pd.Series
    load: pd.Series


class _Market(NamedTuple):
    """Pairs by origin: where each origin's begin, place, travel cost; weight of origins and room of places, sums 1."""

    starts: npt.NDArray[np.intp]
    origin: npt.NDArray[np.intp]
    place: npt.NDArray[np.intp]
    travel: Floats
    weight: Floats
    room: Floats


@takes(tau="number", rho="number", tolerance="number")
def raam(
    costs: Reach,
    supply: pd.Series,
    demand: pd.Series,
    *,
    tau: float,
    rho: float | None = None,
    tolerance: float = TOLERANCE,
    within: float | None = None,
    at: Reach | None = None,
) -> pd.Series:
    """Return, for every origin, the mean cost t_ij / tau + D_j / (S_j rho) of its places at equilibrium; less is better.

    Demand D chooses places until no one gains by another, so all that an origin uses cost it the same: the
    least of its places. tau: minutes that weigh as much as a place as full as `rho`, demand by supply
    (None: of all demand and supply given). A place without supply takes nobody; an origin that reaches none with
    supply is missing. The result is within about `tolerance` of the equilibrium, which is unique, and does not
    depend on the order of rows. at, within: as `at` and the step's cutoff of `floating_catchment`.
    Raises ValueError for terms that are not positive. Source: Saxon & Snow 2020.
    """
    crowding = equilibrium(costs, supply, demand, tau=tau, rho=rho, tolerance=tolerance, within=within).crowding
    reach = costs if at is None else at
    same_places(costs, reach)
    fee = crowding.reindex(reach.places).to_numpy()
    parts = []
    for block in reach.blocks():
        origin, place, minutes = _inside(block, within)
        least = np.full(len(block.origins), np.inf)
        np.fmin.at(least, origin, minutes / tau + fee[place])
        parts.append(np.where(np.isfinite(least), least, np.nan))
    return pd.Series(np.concatenate([np.zeros(0), *parts]), index=reach.origins)


def equilibrium(
    costs: Reach,
    supply: pd.Series,
    demand: pd.Series,
    *,
    tau: float,
    rho: float | None = None,
    tolerance: float = TOLERANCE,
    within: float | None = None,
) -> Equilibrium:
    """Return crowding and load of every place at the equilibrium of `raam`.

    The loads add up to the demand of the origins that reach a place with supply. The equilibrium is the
    least of a convex sum (Beckmann et al. 1956); it is sought among the crowdings by Newton's method, with choices
    that are at first blurred (logit) and then ever sharper, until blur is below `tolerance`.
    Raises ValueError for terms that are not positive, and if it is not found in `ROUNDS` steps.
    """
    for name, value in (("tau", tau), ("rho", rho), ("tolerance", tolerance)):
        if value is not None and not 0 < value < np.inf:
            msg = f"{name} must be a positive number, not {value}"
            raise ValueError(msg)
    check_cutoff(costs.cutoff if within is None else within, costs.cutoff)
    given = amounts_at(costs.places, supply, "supply")
    asked = amounts_at(costs.origins, demand, "demand")
    people, room = math.fsum(asked), math.fsum(given)
    crowding, load = given.where(given > 0) * 0.0, given * 0.0
    if not (people and room):
        return Equilibrium(crowding, load)
    full = people / room if rho is None else rho
    market, used = _market(costs, given, asked, tau, within)
    if len(market.origin):
        market = market._replace(weight=market.weight / people, room=market.room * full / people)
        fees, loads = _settle(market, tolerance)
        crowding.iloc[used], load.iloc[used] = fees, loads * people
    return Equilibrium(crowding, load)


def _market(
    costs: Reach, supply: pd.Series, demand: pd.Series, tau: float, within: float | None
) -> tuple[_Market, npt.NDArray[np.intp]]:
    """Return the pairs that matter, in the order of labels, and the positions of the places among them."""
    parts, before = [], 0
    for block in costs.blocks():
        origin, place, minutes = _inside(block, within)
        kept = (supply.to_numpy()[place] > 0) & (demand.to_numpy()[origin + before] > 0)
        parts.append((origin[kept] + before, place[kept], minutes[kept]))
        before += len(block.origins)
    origin, place, minutes = (np.concatenate(column) for column in zip(*parts, strict=True))
    origin, people = _ranked(origin, costs.origins)
    place, used = _ranked(place, costs.places)
    order = np.lexsort((place, origin))
    starts = np.searchsorted(origin[order], np.arange(len(people)))
    amounts = demand.to_numpy()[people], supply.to_numpy()[used]
    return _Market(starts, origin[order], place[order], minutes[order] / tau, *amounts), used


def _ranked(positions: npt.NDArray[np.intp], index: pd.Index) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the positions numbered anew in the order of labels, those that occur only, and which they were."""
    order = by_label(index)
    occurs = np.zeros(len(index), bool)
    occurs[positions] = True
    kept = order[occurs[order]]
    number = np.full(len(index), -1, np.intp)
    number[kept] = np.arange(len(kept))
    return number[positions], kept


def _inside(block: TravelCosts, within: float | None) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Floats]:
    origin, place, minutes = block.pairs()
    inside = np.ones(len(minutes), bool) if within is None else minutes <= within
    return origin[inside], place[inside], minutes[inside]


def _settle(market: _Market, tolerance: float) -> tuple[Floats, Floats]:
    """Return the crowding and the load of every place, demand in all being 1."""
    most = int(np.diff(market.starts, append=len(market.origin)).max())
    sharpest = tolerance / max(1.0, math.log(most))
    blur = max(FIRST_BLUR, sharpest)
    fees = np.full(len(market.room), market.weight.sum() / market.room.sum())
    for _ in range(ROUNDS):
        fees, moved = _newton(market, fees, blur)
        if moved <= blur * (0.5 if blur > sharpest else 1e-3):
            if blur <= sharpest:
                return fees, _choose(market, fees, blur)[1]
            blur = max(sharpest, blur * COOLING)
    msg = f"no equilibrium within a tolerance of {tolerance:g} in {ROUNDS} steps: allow a larger tolerance"
    raise NoEquilibriumError(msg)


def _choose(market: _Market, fees: Floats, blur: float) -> tuple[float, Floats, Floats]:
    """Return the potential whose greatest is the equilibrium, the load of each place and the share of each pair."""
    cost = market.travel + fees[market.place]
    least = np.minimum.reduceat(cost, market.starts)
    share = np.exp((least[market.origin] - cost) / blur)
    total = np.add.reduceat(share, market.starts)
    share /= total[market.origin]
    load = np.bincount(market.place, share * market.weight[market.origin], len(fees))
    potential = float(market.weight @ (least - blur * np.log(total)) - 0.5 * market.room @ fees**2)
    return potential, np.asarray(load, np.float64), np.asarray(share, np.float64)


def _newton(market: _Market, fees: Floats, blur: float) -> tuple[Floats, float]:
    """Return the fees after one step up the potential, halved until it gains, and how far the step would go."""
    potential, load, share = _choose(market, fees, blur)
    slope = load - market.room * fees
    strong = share > KEPT
    shape = (len(market.weight), len(fees))
    choice = csr_array((share[strong], (market.origin[strong], market.place[strong])), shape=shape)
    weighted = csr_array(choice.multiply(market.weight[:, None]))
    bend = diags_array(market.room + load / blur) - (choice.T @ weighted) / blur
    step = splu(bend.tocsc()).solve(slope)
    gain, part = float(slope @ step), 1.0
    while part > SHORTEST:
        higher, there, _ = _choose(market, fees + part * step, blur)
        if gain > VISIBLE and higher >= potential + 1e-4 * part * gain:
            break
        # a gain below what the potential can show is told by the slope: still upward, or not far beyond the top
        if gain <= VISIBLE and (there - market.room * (fees + part * step)) @ step >= -0.5 * gain:
            break
        part /= 2
    return fees + part * step, float(np.abs(step).max(initial=0.0))
