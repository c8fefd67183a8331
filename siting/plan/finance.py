"""Arithmetic of money over time: interest while building, level payments, present values, rates of return.

Signs as in a spreadsheet: what is received is positive, what is paid negative; a level payment falls at the end of each
period. A rate is that of one period (a monthly rate for monthly flows), 0.05 for 5 %.
"""

from collections.abc import Callable, Iterator, Sequence
from math import expm1, fsum, inf, isfinite, log, log1p

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

Floats = npt.NDArray[np.float64]
SEARCH = (1e-3, 1e3)
"""Discount factors 1 / (1 + rate) within which several rates are looked for: from -99.9 % to 99 900 % a period."""
STEPS = 6001


def interest_while_building(loan: float, *, rate: float, months: float, drawn: float) -> float:
    """Return simple interest on a loan drawn bit by bit: loan x rate x months / 12 x mean share drawn.

    rate: a year. drawn: 0.5 for linear drawing. ValueError for a number below 0, or drawn above 1.
    """
    _checked(loan=loan, rate=rate, months=months, drawn=drawn)
    if min(loan, rate, months, drawn) < 0 or drawn > 1:
        msg = "loan, rate, months must not be below 0, drawn from 0 to 1"
        raise ValueError(msg)
    return loan * rate * months / 12 * drawn


def payment(rate: float, periods: float, present: float, future: float = 0.0) -> float:
    """Return the level payment that, with `present` at time 0 and `future` after the last period, balances to nothing.

    A loan received is a positive `present` and makes the payment negative. ValueError for periods not above 0.
    """
    _checked(rate=rate, periods=periods, present=present, future=future)
    grown, one_each = _growth(rate, periods)
    return -(present * grown + future) / one_each


def present_value(rate: float, periods: float, level: float, future: float = 0.0) -> float:
    """Return the value at time 0 that balances level payments and a last flow. Raises what `payment` does."""
    _checked(rate=rate, periods=periods, level=level, future=future)
    grown, one_each = _growth(rate, periods)
    return -(level * one_each + future) / grown


def future_value(rate: float, periods: float, level: float, present: float = 0.0) -> float:
    """Return the value after the last period that balances level payments and a first flow. Raises what `payment` does."""
    _checked(rate=rate, periods=periods, level=level, present=present)
    grown, one_each = _growth(rate, periods)
    return -(present * grown + level * one_each)


def periods_needed(rate: float, level: float, present: float, future: float = 0.0) -> float:
    """Return after how many periods, parts of one included, level payments balance the first and the last flow.

    ValueError where they never do.
    """
    _checked(rate=rate, level=level, present=present, future=future)
    never = "level must be a payment that balances the flows some day"
    if rate == 0:
        if level == 0 or -(present + future) / level < 0:
            raise ValueError(never)
        return -(present + future) / level
    above, below = level - future * rate, level + present * rate
    if rate <= -1 or below == 0 or above / below <= 0 or log(above / below) / log1p(rate) < 0:
        raise ValueError(never)
    return log(above / below) / log1p(rate)


def rate_of(periods: int, level: float, present: float, future: float = 0.0) -> float:
    """Return the rate at which level payments over whole periods balance the first and last flow. Raises what `irr` does."""
    if not isinstance(periods, int) or periods < 1:
        msg = f"periods must be a whole number, 1 or more, not {periods}"
        raise ValueError(msg)
    return irr([present, *[level] * (periods - 1), level + future])


def npv(rate: float, flows: Sequence[float]) -> float:
    """Return the present value of flows of which the first falls at time 0: sum of flow_t / (1 + rate)^t.

    A spreadsheet's NPV discounts the first flow too: see `npv_spreadsheet`. ValueError for a rate of -1 or below.
    """
    _checked(rate=rate, **{f"flows[{at}]": flow for at, flow in enumerate(flows)})
    if rate <= -1:
        msg = f"rate must be above -1, not {rate}"
        raise ValueError(msg)
    return fsum(flow / (1 + rate) ** at for at, flow in enumerate(flows))


def npv_spreadsheet(rate: float, flows: Sequence[float]) -> float:
    """Return the present value as the NPV of spreadsheets has it, the first flow after one period: npv / (1 + rate)."""
    return npv(rate, flows) / (1 + rate)


def irr(flows: Sequence[float]) -> float:
    """Return the rate at which the flows, the first at time 0, are worth nothing.

    ValueError where it is not defined: flows of one sign, flows that are worth nothing at no rate, and flows that turn
    more than once and are worth nothing at several rates, which the message names (then use `mirr`). One turn of sign
    makes one rate (Descartes); several are looked for from -99.9 % to 99 900 % a period.
    """
    given = np.asarray(flows, np.float64)
    _two_signs(given)
    signs = np.sign(given[given != 0])
    if int((signs[1:] != signs[:-1]).sum()) == 1:
        return 1 / _one_root(given) - 1
    found = [1 / root - 1 for root in _roots(given)]
    if not found:
        msg = "flows are worth nothing at no rate from -99.9 % up: the internal rate is not defined"
        raise ValueError(msg)
    if len(found) > 1:
        msg = f"flows are worth nothing at several rates ({', '.join(f'{each:.6g}' for each in sorted(found))})"
        raise ValueError(msg)
    return found[0]


def mirr(flows: Sequence[float], *, finance_rate: float, reinvest_rate: float) -> float:
    """Return the modified rate: what is received grows at `reinvest_rate`, what is paid is discounted at `finance_rate`.

    (value of receipts at the end / present value of payments)^(1 / periods) - 1. ValueError for flows of one sign.
    """
    given = np.asarray(flows, np.float64)
    _two_signs(given)
    last = len(given) - 1
    earned = npv(reinvest_rate, np.maximum(given, 0).tolist()) * (1 + reinvest_rate) ** last
    paid = -npv(finance_rate, np.minimum(given, 0).tolist())
    return float((earned / paid) ** (1 / last) - 1)


def _growth(rate: float, periods: float) -> tuple[float, float]:
    """Return what 1 at time 0, and 1 at the end of each period, have grown to after the last."""
    if periods <= 0 or rate <= -1:
        msg = f"periods must be above 0 and rate above -1, not {periods} and {rate}"
        raise ValueError(msg)
    # at a rate near 0 the difference to 1 would lose all its digits
    gain = expm1(periods * log1p(rate))
    return 1 + gain, periods if rate == 0 else gain / rate


def _worth(flows: Floats) -> Callable[[float], float]:
    """Return the sign-true value of flows by discount factor, scaled so that no power runs over."""
    steps = np.arange(len(flows), dtype=np.float64)

    def worth(factor: float) -> float:
        powers = steps if factor <= 1 else steps - steps[-1]
        return fsum((flows * factor**powers).tolist())

    return worth


def _one_root(flows: Floats) -> float:
    worth, low, high = _worth(flows), 1.0, 1.0
    while worth(low) * worth(high) > 0 and isfinite(high):
        low, high = low / 2, high * 2
    return float(brentq(worth, low, high, xtol=1e-15, rtol=1e-14)) if low < high else 1.0


def _roots(flows: Floats) -> Iterator[float]:
    worth = _worth(flows)
    grid = np.geomspace(*SEARCH, STEPS)
    values = np.array([worth(each) for each in grid])
    yield from grid[values == 0].tolist()
    for at in np.flatnonzero(values[:-1] * values[1:] < 0):
        yield float(brentq(worth, grid[at], grid[at + 1], xtol=1e-15, rtol=1e-14))


def _two_signs(flows: Floats) -> None:
    if flows.ndim != 1 or not np.isfinite(flows).all():
        msg = "flows must be a row of finite numbers"
        raise ValueError(msg)
    if not ((flows > 0).any() and (flows < 0).any()):
        msg = "flows must have receipts and payments: with one sign alone the rate is not defined"
        raise ValueError(msg)


def _checked(**numbers: float) -> None:
    for name, number in numbers.items():
        if not -inf < number < inf:
            msg = f"{name} must be a finite number, not {number}"
            raise ValueError(msg)
