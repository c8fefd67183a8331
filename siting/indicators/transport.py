"""The transport problem: the largest match of supply with demand, and among such the cheapest or the dearest.

Amounts are counted in whole parts, so that the network simplex adds and subtracts without rounding.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

PARTS = 2.0**45
"""Whole parts that the larger total is counted in, unless all amounts are whole already."""
WHOLE = 2.0**26
"""Up to this total whole amounts are counted as they are: the solver multiplies an amount by the total."""
SAME = 1e-9
"""Totals that differ by less than this share of themselves are one total, written with rounding."""
PIVOTS = 10**9

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]


class Shipment(NamedTuple):
    """Who goes where: rows and columns of the cost matrix with amounts; what was left over on each side."""

    row: Ints
    column: Ints
    amount: Floats
    unsent: Floats
    unmet: Floats

    def mean(self, cost: Floats) -> float:
        """Return the mean cost of what was sent; missing if nothing was."""
        total = self.amount.sum()
        return float((self.amount * cost[self.row, self.column]).sum() / total) if total > 0 else float("nan")


def transport(cost: Floats, supply: Floats, demand: Floats, *, dearest: bool = False) -> Shipment:
    """Return the least (or greatest) cost shipment among those that send the most.

    `cost` is rows x columns, not negative, NaN where a pair is forbidden. Supply and demand are upper bounds, not
    negative: with equal totals and no forbidden pair both are met. Of equally good shipments one is returned, always the
    same for the same matrix. Source: Hitchcock 1941; network simplex (Bonneel et al. 2011).
    """
    rows, columns = _mixed(supply > 0), _mixed(demand > 0)
    unit, sent, wanted = _counted(supply[rows], demand[columns])
    price = cost[np.ix_(rows, columns)]
    if not price.size or np.isnan(price).all():
        nothing = np.zeros(0, np.intp)
        return Shipment(nothing, nothing, np.zeros(0), supply.astype(np.float64), demand.astype(np.float64))
    if dearest:
        price = np.nanmax(price) - price
    plan = _simplex(price, sent, wanted)
    row, column = np.nonzero(plan)
    by_place = np.lexsort((columns[column], rows[row]))
    row, column = row[by_place], column[by_place]
    parts = plan[row, column]
    unsent, unmet = np.zeros(len(supply)), np.zeros(len(demand))
    unsent[rows] = (sent - np.bincount(row, parts, len(rows))) * unit
    unmet[columns] = (wanted - np.bincount(column, parts, len(columns))) * unit
    return Shipment(rows[row], columns[column], parts * unit, unsent, unmet)


def _mixed(is_taken: npt.NDArray[np.bool_]) -> Ints:
    """Return positions in a mixed order, always the same.

    Neighbours in a list of zones are neighbours on the map, and the simplex is up to thirty times slower on such.
    """
    return np.random.default_rng(0).permutation(np.flatnonzero(is_taken))


def _counted(supply: Floats, demand: Floats) -> tuple[float, Floats, Floats]:
    """Return the size of a part, and both sides in whole parts; totals that are the same stay the same."""
    totals = float(supply.sum()), float(demand.sum())
    most = max(totals)
    both = np.concatenate([supply, demand])
    if most < WHOLE and (both == np.rint(both)).all():
        return 1.0, supply, demand
    unit = most / PARTS
    is_same = abs(totals[0] - totals[1]) <= SAME * most
    counts = [PARTS if is_same else float(np.rint(total / unit)) for total in totals]
    return unit, _parts(supply, counts[0]), _parts(demand, counts[1])


def _parts(amounts: Floats, total: float) -> Floats:
    """Return whole parts that add up to the total, each within one part of its share."""
    running = np.cumsum(amounts)
    return np.diff(np.rint(running / running[-1] * total), prepend=0.0) if len(amounts) else amounts


def _simplex(price: Floats, sent: Floats, wanted: Floats) -> Floats:
    """Return the plan on the pairs that are allowed.

    Where a full match cannot be, everyone may also stay: a further column takes who is not sent, a further row
    fills what is not met, each at `stay`. One more match saves 2 x stay and lengthens the others by at most
    (shorter side + 1) x the greatest price, so no match is given up; a forbidden pair costs more than staying on both
    sides, so none is used.
    """
    from ot import emd  # noqa: PLC0415  POT takes a second to load

    is_forbidden = np.isnan(price)
    if is_forbidden.any() or sent.sum() != wanted.sum():
        stay = (min(price.shape) + 1) * (float(np.nanmax(price)) or 1.0)
        wider = np.full((len(sent) + 1, len(wanted) + 1), stay)
        wider[:-1, :-1] = np.where(is_forbidden, 3 * stay, price)
        wider[-1, -1] = 0.0
        # the solver scales one side by total / total, which a power of two leaves exact
        total = 2.0 ** np.frexp(sent.sum() + wanted.sum())[1]
        sent, wanted = np.append(sent, total - sent.sum()), np.append(wanted, total - wanted.sum())
        return _solved(emd(sent, wanted, wider, numItermax=PIVOTS, log=True))[:-1, :-1]
    return _solved(emd(sent, wanted, price, numItermax=PIVOTS, log=True))


def _solved(answer: tuple[Floats, dict[str, object]]) -> Floats:
    plan, log = answer
    if log["warning"] is not None:
        msg = f"the transport problem was not solved: {log['warning']}"
        raise RuntimeError(msg)
    return plan
