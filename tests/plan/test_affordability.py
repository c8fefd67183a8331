"""What a household pays."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siting.base.finance_settings import FinanceBlock, MortgageBlock
from siting.plan.affordability import affordability, monthly_payment, payment_share, price_to_income

PRICES = pd.DataFrame(
    {"price_yuan_m2": [4000.0, np.nan, 3000.0], "homes": [10, 5, 0], "saleable_m2": [900.0, 400.0, np.nan]},
    index=["A", "B", "C"],
)
TERMS: dict[str, Any] = {"wage": 90_000, "mortgage": {"share": 0.8, "rate": 0.036, "years": 30}}


def paid_off(loan: float, rate: float, months: int, level: float) -> float:
    """Return what is left of a loan, month by month."""
    for _ in range(months):
        loan = loan * (1 + rate / 12) - level
    return loan


def test_a_loan_without_interest_is_paid_in_equal_parts() -> None:
    assert monthly_payment(360_000, rate=0, years=30) == 1000


def test_a_monthly_payment_is_the_published_one_of_an_annuity() -> None:
    # 100 000 at 6 % over 30 years: 599.55 a month, as in any table of mortgages
    assert monthly_payment(100_000, rate=0.06, years=30) == pytest.approx(599.55, abs=0.005)


@given(st.floats(1000, 1e7), st.floats(0, 0.2), st.integers(1, 40))
def test_the_last_payment_leaves_nothing(loan: float, rate: float, years: int) -> None:
    level = monthly_payment(loan, rate=rate, years=years)
    grown = loan * (1 + rate / 12) ** (12 * years)
    assert paid_off(loan, rate, 12 * years, level) == pytest.approx(0, abs=1e-9 * grown)


def test_the_mean_home_of_a_parcel_is_what_is_paid_for() -> None:
    found = affordability(PRICES, FinanceBlock(**TERMS)).loc["A"]
    # 4000 x 900 / 10 = 360 000; 80 % lent = 288 000; own 72 000; four years of wage
    assert found[["home_yuan", "loan_yuan", "own_yuan", "price_to_income"]].tolist() == [360_000, 288_000, 72_000, 4]
    monthly = 288_000 * 0.003 / (1 - 1.003**-360)
    assert found["payment_yuan_month"] == pytest.approx(monthly, abs=0.005)
    assert found["payment_share"] == pytest.approx(12 * monthly / 90_000, rel=1e-12)
    mortgage = MortgageBlock(**TERMS["mortgage"])
    assert payment_share(360_000, wage_yuan=90_000, mortgage=mortgage) == pytest.approx(found["payment_share"])
    assert price_to_income(360_000, wage_yuan=90_000) == 4


def test_what_is_not_known_stays_missing() -> None:
    found = affordability(PRICES, FinanceBlock(**TERMS, payment_max=0.3))
    assert found.drop(index="A").isna().all(axis=None)
    assert found.loc["A", "payment_ok"]
    bare = affordability(PRICES, FinanceBlock())
    assert bare.drop(columns="home_yuan").isna().all(axis=None)
    assert list(bare.index) == ["A", "B", "C"]


def test_the_cap_is_inclusive() -> None:
    plain = FinanceBlock(wage=120_000, mortgage={"share": 1, "rate": 0, "years": 10}, payment_max=0.3)
    at_cap = affordability(PRICES, plain)
    assert at_cap.loc["A", "payment_share"] == pytest.approx(0.3)
    assert at_cap.loc["A", "payment_ok"]


@given(st.floats(1e4, 1e6), st.floats(1.01, 3))
def test_a_higher_wage_bears_more(wage: float, factor: float) -> None:
    low, high = (
        affordability(PRICES, FinanceBlock(**{**TERMS, "wage": each})).loc["A"] for each in (wage, wage * factor)
    )
    assert high["payment_share"] < low["payment_share"]
    assert high["price_to_income"] < low["price_to_income"]


def test_wrong_arguments_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="loan_yuan"):
        monthly_payment(-1, rate=0.03, years=10)
    with pytest.raises(ValueError, match="wage_yuan"):
        price_to_income(1, wage_yuan=0)
    with pytest.raises(ValueError, match="homes"):
        affordability(PRICES.drop(columns="homes"), FinanceBlock())
