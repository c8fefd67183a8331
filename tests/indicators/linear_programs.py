"""The transport problem as plain linear programs for HiGHS: an oracle that shares no code with the tool."""

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array


def by_highs(cost: np.ndarray, supply: np.ndarray, demand: np.ndarray, *, dearest: bool = False) -> tuple[float, float]:
    """Return the largest match, and the least (greatest) total cost among matches of that size: two programs."""
    row, column = np.nonzero(~np.isnan(cost))
    if not len(row):
        return 0.0, 0.0
    pair = np.arange(len(row))
    ones = np.ones(2 * len(row))
    bounds = coo_array(
        (ones, (np.concatenate([row, len(supply) + column]), np.concatenate([pair, pair]))),
        shape=(len(supply) + len(demand), len(row)),
    ).tocsr()
    limits = np.concatenate([supply, demand])
    largest = -linprog(-np.ones(len(row)), A_ub=bounds, b_ub=limits, method="highs").fun
    price = cost[row, column] * (-1 if dearest else 1)
    everyone = np.ones((1, len(row)))
    # a hair less than the largest match, so that rounding does not make the second program infeasible
    reached = largest - 1e-10 * max(largest, 1.0)
    best = linprog(price, A_ub=bounds, b_ub=limits, A_eq=everyone, b_eq=[reached], method="highs")
    assert best.success, best.message
    return float(largest), float(best.fun) * (-1 if dearest else 1)
