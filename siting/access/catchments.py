"""Floating catchments: supply shared among those who reach it, by rules of one family."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import pandas as pd

from siting.access.congestion import raam
from siting.access.decays import Decay
from siting.access.sums import amounts_at, checked, gathered, ratio, same_places, weighed
from siting.base.travel import Reach, Weigh

Method = Literal["2sfca", "e2sfca", "m2sfca", "3sfca", "bfca", "raam"]


def floating_catchment(
    costs: Reach,
    supply: pd.Series,
    demand: pd.Series,
    *,
    decay: Weigh | None = None,
    method: Method,
    at: Reach | None = None,
    **terms: Any,
) -> pd.Series:
    """Return, for every origin, the supply per head that is left to it among all who reach the same places.

    With f the decay of minutes, P demand at origins, S supply at places:

    - 2sfca: R_j = S_j / Σ_k P_k f_kj, A_i = Σ_j R_j f_ij, f a step (Luo & Wang 2003).
    - e2sfca: the same with any decay (Luo & Qi 2009).
    - m2sfca: A_i = Σ_j S_j f_ij² / Σ_k P_k f_kj: what is far from all is not used up (Delamater 2013).
    - 3sfca: G_ij = f_ij / Σ_j f_ij, R_j = S_j / Σ_k G_kj f_kj P_k, A_i = Σ_j G_ij f_ij R_j (Wan et al. 2012).
    - bfca: R_j = S_j / Σ_i P_i (f_ij / Σ_j f_ij), A_i = Σ_j R_j f_ij / Σ_i f_ij, so that ΣA = ΣR (Páez et al. 2019).
    - raam: a cost, less is better; see `raam` for its terms `tau`, `rho` (Saxon & Snow 2020). Its decay is none or
      a step, which bounds the catchment.

    In 2sfca, e2sfca and 3sfca the sum of P x A is the supply of the places that have demand in reach. A place
    without demand in reach has no ratio and gives nothing. An origin that reaches no place with a ratio is
    missing, never 0; one whose places all have supply 0 has a true 0. A decay without a cutoff counts all within the
    reach's own.

    at: another reach to the same places whose origins have no demand (candidate parcels): the result is on them,
    and none of them changes the competition, nor the sums over origins in bfca.
    Raises ValueError for negative supply or demand, a decay that the method does not take, and unknown terms;
    CutoffError if the decay's cutoff lies beyond that of a reach.
    """
    same_places(costs, costs if at is None else at)
    if method == "raam":
        return raam(costs, supply, demand, within=_bound(decay), at=at, **terms)
    rule = _RULES.get(method)
    if rule is None:
        msg = f"method must be one of {', '.join((*_RULES, 'raam'))}, not {method!r}"
        raise ValueError(msg)
    if terms:
        msg = f"{method} takes no terms such as {', '.join(terms)}"
        raise ValueError(msg)
    if method == "2sfca" and not (isinstance(decay, Decay) and decay.form == "step"):
        msg = f"decay must be a step for 2sfca, not {decay!r}; e2sfca takes any"
        raise ValueError(msg)
    given, asked = amounts_at(costs.places, supply, "supply"), amounts_at(costs.origins, demand, "demand")
    return rule(costs, given, asked, checked(decay), costs if at is None else at)


def spatial_availability(costs: Reach, supply: pd.Series, demand: pd.Series, *, decay: Weigh) -> pd.Series:
    """Return the supply that falls to each origin: V_i = Σ_j S_j · P_i f_ij / Σ_k P_k f_kj.

    Per head of demand it is `floating_catchment` by e2sfca; its sum is the supply of the places that have demand in
    reach. An origin that reaches no place with demand in reach is missing. Raises what `floating_catchment` does.
    Source: Soukhov et al. 2023.
    """
    per_head = floating_catchment(costs, supply, demand, decay=decay, method="e2sfca")
    return per_head * amounts_at(costs.origins, demand, "demand")


def _two_step(costs: Reach, supply: pd.Series, demand: pd.Series, decay: Weigh, at: Reach) -> pd.Series:
    return gathered(at, ratio(supply, costs.sum_at_places(demand, *weighed(costs, decay))), decay)


def _modified(costs: Reach, supply: pd.Series, demand: pd.Series, decay: Weigh, at: Reach) -> pd.Series:
    ratios = ratio(supply, costs.sum_at_places(demand, *weighed(costs, decay)))
    return _squared(at, ratios, decay).where(gathered(at, ratios, decay).notna())


def _three_step(costs: Reach, supply: pd.Series, demand: pd.Series, decay: Weigh, at: Reach) -> pd.Series:
    total = _weights(costs, decay)
    weigh, within = weighed(costs, decay)
    choosing = costs.sum_at_places((demand / total).fillna(0.0), lambda minutes: weigh(minutes) ** 2, within)
    ratios = ratio(supply, choosing)
    known = gathered(at, ratios, decay).notna()
    return (_squared(at, ratios, decay) / _weights(at, decay)).where(known)


def _balanced(costs: Reach, supply: pd.Series, demand: pd.Series, decay: Weigh, at: Reach) -> pd.Series:
    shared = (demand / _weights(costs, decay)).fillna(0.0)
    ratios = ratio(supply, costs.sum_at_places(shared, *weighed(costs, decay)))
    everyone = costs.sum_at_places(pd.Series(1.0, index=costs.origins), *weighed(costs, decay))
    return gathered(at, ratios / everyone, decay)


_RULES: Mapping[str, Callable[[Reach, pd.Series, pd.Series, Weigh, Reach], pd.Series]] = {
    "2sfca": _two_step,
    "e2sfca": _two_step,
    "m2sfca": _modified,
    "3sfca": _three_step,
    "bfca": _balanced,
}


def _squared(reach: Reach, ratios: pd.Series, decay: Weigh) -> pd.Series:
    weigh, within = weighed(reach, decay)
    return reach.sum_at_origins(ratios.fillna(0.0), lambda minutes: weigh(minutes) ** 2, within)


def _weights(reach: Reach, decay: Weigh) -> pd.Series:
    """Return the sum of an origin's weights over all places, missing where it is 0."""
    total = reach.sum_at_origins(pd.Series(1.0, index=reach.places), *weighed(reach, decay))
    return total.where(total > 0)


def _bound(decay: Weigh | None) -> float | None:
    if decay is None or (isinstance(decay, Decay) and decay.form == "step"):
        return None if decay is None else decay.cutoff
    msg = f"decay must be none or a step for raam, not {decay!r}"
    raise ValueError(msg)
