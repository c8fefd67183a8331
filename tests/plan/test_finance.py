"""Money over time: by hand, by identity, and against root finding that knows nothing of the formulas."""

from math import fsum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from siting.plan.finance import (
    future_value,
    interest_while_building,
    irr,
    mirr,
    npv,
    npv_spreadsheet,
    payment,
    periods_needed,
    present_value,
    rate_of,
)

RATES = st.floats(-0.2, 0.5).filter(lambda rate: rate == 0 or abs(rate) > 1e-9)
FLOWS = st.lists(st.integers(1, 10**6), min_size=1, max_size=12)


def test_interest_while_building_counts_the_mean_share_drawn() -> None:
    # 10 million at 3 % for two years, half drawn on the mean: 10 000 000 x 0.03 x 2 x 0.5
    assert interest_while_building(10_000_000, rate=0.03, months=24, drawn=0.5) == 300_000
    assert interest_while_building(10_000_000, rate=0.03, months=24, drawn=1) == 600_000


def test_a_loan_drawn_in_equal_months_bears_what_one_half_drawn_says() -> None:
    # 1000 draws over the time, each bearing interest from its middle on
    draws = np.full(1000, 1000.0)
    left = (np.arange(1000)[::-1] + 0.5) / 1000 * 18 / 12
    whole = fsum((draws * left * 0.04).tolist())
    assert interest_while_building(1_000_000, rate=0.04, months=18, drawn=0.5) == pytest.approx(whole, rel=1e-12)


def test_a_payment_repays_the_loan_to_nothing() -> None:
    # 100 at 10 % over two periods: 100 x 0.1 / (1 - 1 / 1.21) = 57.619...
    level = payment(0.1, 2, 100)
    assert level == pytest.approx(-57.61904761904762)
    assert (100 * 1.1 + level) * 1.1 + level == pytest.approx(0, abs=1e-12)
    assert payment(0, 4, 100) == -25


def test_the_two_conventions_of_a_present_value_differ_by_one_period() -> None:
    # -100 + 121 / 1.21 = 0 with the first flow now
    assert npv(0.1, [-100, 0, 121]) == pytest.approx(0, abs=1e-12)
    assert npv(0.1, [100, 110]) == pytest.approx(200)
    assert npv_spreadsheet(0.1, [110, 121]) == pytest.approx(200)
    assert npv_spreadsheet(0.1, [100, 110]) == pytest.approx(200 / 1.1)


def test_the_internal_rate_of_two_flows_is_their_growth() -> None:
    assert irr([-100, 110]) == pytest.approx(0.1, abs=1e-14)
    assert irr([100, -50]) == pytest.approx(-0.5, abs=1e-14)
    assert irr([-100, 100]) == pytest.approx(0, abs=1e-14)


@pytest.mark.parametrize("flows", [[100, 50], [-100, -1], [0, 0], [5], []])
def test_flows_of_one_sign_have_no_rate_and_it_is_said(flows: list[float]) -> None:
    for ask in (irr, lambda each: mirr(each, finance_rate=0.1, reinvest_rate=0.1)):
        with pytest.raises(ValueError, match="not defined"):
            ask(flows)


def test_several_rates_are_named_and_none_is_picked() -> None:
    # 1 / (1 + r) = 1 / 1.1 and 1 / 1.2: -100 + 230 x - 132 x^2
    with pytest.raises(ValueError, match=r"several rates \(0\.1, 0\.2\)"):
        irr([-100, 230, -132])


def test_turning_flows_that_are_worth_something_at_every_rate_have_no_internal_rate() -> None:
    with pytest.raises(ValueError, match="at no rate"):
        irr([100, -150, 100])


def test_turning_flows_with_one_rate_have_it() -> None:
    flows = [-100, 150, -20, 40]
    assert npv(irr(flows), flows) == pytest.approx(0, abs=1e-9)


def test_a_long_monthly_flow_keeps_its_rate() -> None:
    level = payment(0.004, 360, 1_000_000)
    assert irr([1_000_000, *[level] * 360]) == pytest.approx(0.004, abs=1e-12)
    assert rate_of(360, level, 1_000_000) == pytest.approx(0.004, abs=1e-12)


def test_the_modified_rate_grows_receipts_and_discounts_payments() -> None:
    # receipts 60 x 1.1 + 70 = 136 after two periods, payments 100 now: sqrt(1.36) - 1
    assert mirr([-100, 60, 70], finance_rate=0.2, reinvest_rate=0.1) == pytest.approx(1.36**0.5 - 1)


@given(RATES, st.integers(1, 60), st.floats(1, 1e7), st.floats(-1e6, 1e6))
def test_payment_present_future_and_periods_undo_each_other(rate: float, n: int, present: float, future: float) -> None:
    level = payment(rate, n, present, future)
    scale = abs(present) + abs(future) + abs(level) * n
    growth = max((1 + rate) ** n, 1)
    assert future_value(rate, n, level, present) == pytest.approx(future, abs=1e-9 * scale * growth)
    assert present_value(rate, n, level, future) == pytest.approx(present, abs=1e-8 * scale * max((1 + rate) ** -n, 1))
    flows = [present, *[level] * (n - 1), level + future]
    assert npv(rate, flows) == pytest.approx(0, abs=1e-8 * scale * max((1 + rate) ** -n, 1))


@given(st.floats(0.001, 0.3), st.integers(1, 40), st.floats(1, 1e6))
def test_the_periods_of_a_repaid_loan_are_found_again(rate: float, n: int, loan: float) -> None:
    assert periods_needed(rate, payment(rate, n, loan), loan) == pytest.approx(n, rel=1e-6)


@given(st.integers(1, 10**6), FLOWS)
def test_the_internal_rate_is_that_of_plain_root_finding(paid: int, received: list[int]) -> None:
    flows = [-float(paid), *map(float, received)]
    found = irr(flows)
    plain = brentq(lambda x: np.polyval(flows[::-1], x), 0, 2 + paid / min(received), xtol=1e-15)
    assert 1 / (1 + found) == pytest.approx(plain, rel=1e-6)


@given(st.integers(1, 10**6), FLOWS, st.integers(2, 10**4))
def test_the_unit_of_money_changes_no_rate(paid: int, received: list[int], factor: int) -> None:
    flows = [-paid, *received]
    scaled = [flow * factor for flow in flows]
    assert irr(scaled) == pytest.approx(irr(flows), rel=1e-9, abs=1e-9)
    modified = [mirr(each, finance_rate=0.05, reinvest_rate=0.03) for each in (flows, scaled)]
    assert modified[0] == pytest.approx(modified[1], rel=1e-9, abs=1e-12)


def test_a_payment_that_only_covers_interest_never_repays() -> None:
    for level in (-10.0, -5.0, 3.0, 0.0):
        with pytest.raises(ValueError, match="level"):
            periods_needed(0.1, level, 100)
    for level in (0.0, 25.0):
        with pytest.raises(ValueError, match="level"):
            periods_needed(0, level, 100)
    assert periods_needed(0, -25, 100) == 4


def test_wrong_arguments_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="drawn"):
        interest_while_building(1, rate=0.1, months=1, drawn=1.5)
    with pytest.raises(ValueError, match="periods"):
        payment(0.1, 0, 1)
    with pytest.raises(ValueError, match="rate"):
        npv(-1, [1, 2])
    with pytest.raises(ValueError, match="periods"):
        rate_of(2.5, 1, -2)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"flows\[1\]"):
        npv(0.1, [1, float("nan")])
    with pytest.raises(ValueError, match="finite"):
        irr([-1, float("inf")])
