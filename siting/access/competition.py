"""Access under competition at both ends: places compete for people as people compete for places."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from siting.access.decays import Floats
from siting.access.sums import amounts_at, checked, gathered, links, same_places, weighed
from siting.base.arguments import takes
from siting.base.errors import NoEquilibriumError
from siting.base.travel import Reach, Weigh, sums_by_group

STALL = 50
"""Rounds after which a change that has not become smaller never will."""
Groups = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]


@takes(tolerance="number", rounds="number")
def competitive(
    costs: Reach,
    supply: pd.Series,
    demand: pd.Series,
    *,
    decay: Weigh,
    at: Reach | None = None,
    tolerance: float = 1e-9,
    rounds: int = 1000,
) -> pd.Series:
    """Return, for every origin, A_i = Σ_j S_j f_ij / L_j with L_j = Σ_i P_i f_ij / A_i: supply per head, both ends competing.

    The two sums are repeated from A = 1 until no A changes by more than the share `tolerance`. They fix A up to
    a factor, which is set so that the mean of A over people is supply by demand, in each group of origins and
    places that are linked by pairs (the factors of the doubly constrained gravity model, Sinkhorn & Knopp 1967).
    Origins without demand, and those of `at`, see the competition and take no part in it. A place without
    demand in reach gives nothing; an origin that reaches no place with demand in reach is missing; one
    whose places have supply 0 has a true 0 and does not compete.
    Raises ValueError where the sums do not settle in `rounds`, or can be seen not to: there is no such A where
    some places hold more of their group's supply than all who reach them can use at supply by demand of the group, or
    some origins more demand than their places can take. That is common where decays end; where all pairs of
    a group have a weight it cannot be. CutoffError as `gravity`.
    Source: Allen & Farber 2020.
    """
    checked(decay)
    for name, value in (("tolerance", tolerance), ("rounds", rounds)):
        if not value > 0:
            msg = f"{name} must be positive, not {value}"
            raise ValueError(msg)
    reach = costs if at is None else at
    same_places(costs, reach)
    given, asked = amounts_at(costs.places, supply, "supply"), amounts_at(costs.origins, demand, "demand")
    wanted = costs.sum_at_places(asked, *weighed(costs, decay)) > 0
    competes = (asked > 0) & (costs.sum_at_origins(given, *weighed(costs, decay)) > 0)
    fair = _Fairness(costs, given, asked.where(competes, 0.0), decay)
    ratios = _settled(costs, fair, decay, tolerance, rounds)
    return gathered(reach, ratios.where(wanted), decay)


class _Fairness:
    """The groups that compete, and the supply by demand in each."""

    def __init__(self, costs: Reach, supply: pd.Series, demand: pd.Series, decay: Weigh) -> None:
        self.demand = demand
        people, places = demand.to_numpy(), supply.to_numpy()
        self.by_origin, self.by_place = _groups(costs, people > 0, places > 0, decay)
        self.size = len(people) + len(places)
        self.people = sums_by_group(people, self.by_origin, self.size)
        self.places = sums_by_group(places, self.by_place, self.size)
        # with it the sums keep the mean of A, weighted by P / A, as it is
        self.supply = supply * _divided(self.people, self.places)[self.by_place]

    def scaled(self, ratios: pd.Series, access: pd.Series) -> pd.Series:
        """Return the ratios scaled so that the sum of P x A is the supply in each group."""
        total = sums_by_group((self.demand * access).to_numpy(), self.by_origin, self.size)
        return ratios * _divided(self.places, total)[self.by_place]


def _settled(costs: Reach, fair: _Fairness, decay: Weigh, tolerance: float, rounds: int) -> pd.Series:
    """Return S_j / L_j of each place, in the scale of its group."""
    competes = fair.demand > 0
    access, change, earlier = competes.astype(float), np.inf, np.inf
    for number in range(1, rounds + 1):
        pressure = costs.sum_at_places((fair.demand / access).where(competes, 0.0), *weighed(costs, decay))
        ratios = (fair.supply / pressure.where(pressure > 0)).fillna(0.0)
        new = costs.sum_at_origins(ratios, *weighed(costs, decay)).where(competes, 0.0)
        if not (new[competes] > 0).all():
            break
        change = float((new / access - 1)[competes].abs().max()) if competes.any() else 0.0
        access = new
        if change <= tolerance:
            return fair.scaled(ratios, access)
        if number % STALL == 0:
            if change > 0.99 * earlier:
                break
            earlier = change
    msg = (
        f"access still changes by a share of {change:.1e} after {number} rounds: some places may hold more supply than "
        "those who reach them can use, or some origins more demand than their places can take; a decay that does not end "
        "may help"
    )
    raise NoEquilibriumError(msg)


def _groups(costs: Reach, competes: Mask, has_supply: Mask, decay: Weigh) -> tuple[Groups, Groups]:
    """Return the number of the group of each origin and of each place: those that pairs of any weight link."""
    origins, places = len(competes), len(has_supply)
    group = np.arange(origins + places)
    for _, origin, place, _ in links(costs, decay):
        linked = competes[origin] & has_supply[place]
        ends = group[origin[linked]], group[place[linked] + origins]
        edges = csr_array((np.ones(len(ends[0]), bool), ends), shape=(len(group), len(group)))
        group = connected_components(edges, directed=False)[1][group]
    return group[:origins], group[origins:]


def _divided(top: Floats, bottom: Floats) -> Floats:
    return np.divide(top, bottom, out=np.zeros(len(top)), where=bottom > 0)
