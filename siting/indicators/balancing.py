"""Doubly constrained flows: balancing to both margins, and the decay that gives a stated mean cost."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from siting.indicators.market import Market
from siting.indicators.transport import Floats, transport

Form = Literal["exponential", "power"]
BALANCED = 1e-12
"""Balancing ends when this share of all persons, or less, stands in a wrong row."""
ROUNDS = 5_000
TRIALS = 100
MEETS = 1e-9
"""Calibration ends when the mean is within this share of the mean asked for."""
TRACE = 1e-10
"""Pairs out of reach leave no room: a match that needs less than this share of all persons on a pair is rounding."""


class NotBalancedError(ArithmeticError):
    """The decay is too steep for the rounds of balancing that are allowed."""


@dataclass(frozen=True)
class Pull:
    """Whom the flows join, and how their costs enter the decay.

    `leaving` and `arriving` have the same total and can be met; `reduced` is the cost or its logarithm, less the
    least of its row and column (balancing takes that up, and nothing underflows), infinite where no one can go.
    """

    cost: Floats = field(repr=False)
    reduced: Floats = field(repr=False)
    leaving: Floats
    arriving: Floats
    least: float

    def unmatched(self, workers: Floats) -> Floats:
        """Return the workers of each row who are in no match."""
        left = workers - self.leaving
        return np.where(left > TRACE * workers.sum(), left, 0.0)


def pull(town: Market, form: Form) -> Pull:
    """Return what the flows of a market are made from; of those who cannot all be matched, the largest match."""
    cost, filled = town.cost, town.filled
    best = transport(cost, town.workers, filled)
    if not best.amount.sum() > 0:
        msg = "costs: no worker has a job within reach"
        raise ValueError(msg)
    is_shut = np.isnan(cost)
    leaving, arriving = town.workers, filled * (town.workers.sum() / filled.sum())
    if is_shut.any():
        is_kept = best.amount > TRACE * best.amount.sum()
        row, column, amount = best.row[is_kept], best.column[is_kept], best.amount[is_kept]
        leaving = np.bincount(row, amount, len(leaving)).astype(np.float64)
        arriving = np.bincount(column, amount, len(arriving)).astype(np.float64)
        is_shut |= ~_possible(~is_shut, row, column)
    if form == "power":
        if (cost <= 0).any():
            msg = "costs: a power of 0 minutes is without bound; give pairs a cost above 0, or take form='exponential'"
            raise ValueError(msg)
        cost = np.log(cost)
    reduced = np.where(is_shut, np.inf, cost)
    for axis in (1, 0):
        least = reduced.min(axis=axis, keepdims=True, initial=np.inf)
        reduced -= np.where(np.isfinite(least), least, 0.0)
    return Pull(town.cost, reduced, leaving, arriving, best.mean(town.cost))


def _possible(is_near: np.ndarray, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Return the pairs that some match of these margins uses: those on a cycle of the match's residual graph.

    Without the others balancing converges at a steady rate; with them it would creep towards their zeros.
    """
    from scipy.sparse import coo_array  # noqa: PLC0415
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    rows, columns = is_near.shape
    out = np.nonzero(is_near)
    tails, heads = np.concatenate([out[0], rows + column]), np.concatenate([rows + out[1], row])
    graph = coo_array((np.ones(len(tails), bool), (tails, heads)), shape=(rows + columns, rows + columns))
    part = connected_components(graph, connection="strong")[1]
    return np.asarray(is_near & (part[:rows, None] == part[None, rows:]))


def balanced(of: Pull, beta: float) -> tuple[Floats, int]:
    """Return persons by pair, T_ij = A_i O_i B_j D_j exp(-beta c) (or c^-beta), and the rounds of balancing.

    Source: Wilson 1971; iterative proportional fitting (Deming & Stephan 1940).
    """
    with np.errstate(invalid="ignore"):
        flow = np.multiply(of.reduced, -beta)
    np.exp(flow, out=flow)
    # without decay too (0 x infinity) a pair out of reach stays shut
    flow[np.isinf(of.reduced)] = 0.0
    right = np.ones(len(of.arriving))
    wrong = BALANCED * of.leaving.sum()
    # einsum, not a product of matrices: the result must not depend on how many threads the latter would use
    met = np.einsum("ij,j->i", flow, right)
    for done in range(1, ROUNDS + 1):
        left = _share(of.leaving, met)
        right = _share(of.arriving, np.einsum("i,ij->j", left, flow))
        met = np.einsum("ij,j->i", flow, right)
        if np.abs(left * met - of.leaving).sum() <= wrong:
            flow *= left[:, None]
            flow *= right
            return flow, done
    msg = f"flows did not balance in {ROUNDS} rounds with beta {beta:g}"
    raise NotBalancedError(msg)


def _share(asked: Floats, met: Floats) -> Floats:
    return np.divide(asked, met, out=np.zeros(len(asked)), where=asked > 0)


def mean_cost(flow: Floats, cost: Floats) -> float:
    """Return the mean cost of flows by pair; pairs without cost have no flow."""
    return float(np.einsum("ij,ij->", flow, np.nan_to_num(cost)) / flow.sum())


def spread(flow: Floats, cost: Floats) -> float:
    """Return the variance of cost over persons."""
    known = np.nan_to_num(cost)
    away = known - mean_cost(flow, cost)
    return float(np.einsum("ij,ij,ij->", flow, away, away) / flow.sum())


def beta_for(of: Pull, mean: float, form: Form) -> float:
    """Return the decay with which the mean cost of the flows is `mean`.

    Hyman's steps (the first by the ratio of means, then through the last two points), held between the decays
    that are known to be too weak and too strong. ValueError, with what is attainable, for a mean that no decay
    from 0 up gives. Source: Hyman 1969.
    """
    known = np.nan_to_num(of.cost)

    def excess_at(beta: float) -> float:
        return mean_cost(balanced(of, beta)[0], known) - mean

    weakest = excess_at(0.0)
    if abs(weakest) <= MEETS * mean:
        return 0.0
    if not of.least < mean < mean + weakest:
        raise _unattainable(of, mean, mean + weakest)
    start = 1.0 / mean if form == "exponential" else 1.0
    found = _root(excess_at, start, weakest, MEETS * mean)
    if found is None:
        raise _unattainable(of, mean, mean + weakest)
    return found


def _root(excess_at: Callable[[float], float], start: float, weakest: float, near: float) -> float | None:
    """Return where a falling function that is above 0 at 0 comes near 0; None if it cannot be told."""
    low, high = 0.0, np.inf
    last, beta = (0.0, weakest), start
    for _ in range(TRIALS):
        try:
            value = excess_at(beta)
        except NotBalancedError:
            # too steep to compute: treated as too strong, so that weaker ones are tried
            high, beta = beta, (low + beta) / 2
            continue
        if abs(value) <= near:
            return beta
        low, high = (beta, high) if value > 0 else (low, beta)
        step = last[1] - value
        after = beta + value * (beta - last[0]) / step if step else np.inf
        last = (beta, value)
        # a step by the line through the last two points at most triples the decay
        after = min(after, 3 * beta)
        beta = after if low < after < high else (low + min(high, 4 * low)) / 2
        if high - low <= np.spacing(high):
            return None
    return None


def _unattainable(of: Pull, mean: float, longest: float) -> ValueError:
    return ValueError(
        f"mean_minutes {mean:g} is not attainable: above {of.least:g} (the least commute), at most {longest:g} (no decay)"
    )
