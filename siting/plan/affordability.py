"""What a household pays for a home: the loan, the level payment, its share of the wage, the price in years of wage."""

import numpy as np
import pandas as pd

from siting.base.arguments import takes
from siting.base.finance_settings import FinanceBlock, MortgageBlock
from siting.plan.finance import payment

MONTHS = 12
NEEDED = ("price_yuan_m2", "homes", "saleable_m2")


def monthly_payment(loan_yuan: float, *, rate: float, years: int) -> float:
    """Return the level monthly payment of a loan (等额本息): loan x i / (1 - (1 + i)^-n), i = rate / 12, n = 12 x years.

    At rate 0 it is loan / n. ValueError for a loan or rate below 0, or years that are not above 0.
    """
    if not loan_yuan >= 0 or not rate >= 0:
        msg = "loan_yuan and rate must be numbers from 0 up"
        raise ValueError(msg)
    return max(-payment(rate / MONTHS, years * MONTHS, loan_yuan), 0.0)


def payment_share(home_yuan: float, *, wage_yuan: float, mortgage: MortgageBlock) -> float:
    """Return twelve monthly payments of the mortgage on a home over the yearly wage of the household.

    ValueError for a wage that is not above 0.
    """
    _check_wage(wage_yuan)
    lent = home_yuan * mortgage.share
    return MONTHS * monthly_payment(lent, rate=mortgage.rate, years=mortgage.years) / wage_yuan


def price_to_income(home_yuan: float, *, wage_yuan: float) -> float:
    """Return the price of a home in years of the household's wage. ValueError for a wage that is not above 0."""
    _check_wage(wage_yuan)
    return home_yuan / wage_yuan


@takes(prices="table")
def affordability(prices: pd.DataFrame, finance: FinanceBlock) -> pd.DataFrame:
    """Return what a household pays for the mean home of each parcel, on the index of `prices` (see `plan.price`).

    home_yuan (price x mean saleable area), loan_yuan, own_yuan (what it brings itself), payment_yuan_month, payment_share
    of the wage, price_to_income (years), payment_ok (share within payment_max). Missing where the price, the wage, the
    mortgage or the cap is not known. ValueError for missing columns.
    """
    lacking = [column for column in NEEDED if column not in prices.columns]
    if lacking:
        msg = f"prices lacks the columns {', '.join(lacking)}"
        raise ValueError(msg)
    price, homes, area = (prices[column].to_numpy(np.float64, na_value=np.nan) for column in NEEDED)
    home = pd.Series(price * area / np.where(homes > 0, homes, np.nan), prices.index)
    empty = pd.Series(np.nan, prices.index)
    mortgage, wage = finance.mortgage, finance.wage
    loan = empty if mortgage is None else home * mortgage.share
    each_yuan = 0.0 if mortgage is None else monthly_payment(1.0, rate=mortgage.rate, years=mortgage.years)
    monthly = empty if mortgage is None else loan * each_yuan
    share = empty if wage is None else MONTHS * monthly / wage
    is_within = pd.Series(pd.NA, prices.index, dtype="boolean")
    if finance.payment_max is not None:
        is_within = (share <= finance.payment_max.share).astype("boolean").mask(share.isna())
    return pd.DataFrame(
        {
            "home_yuan": home.round(2),
            "loan_yuan": loan.round(2),
            "own_yuan": (home.round(2) - loan.round(2)).round(2),
            "payment_yuan_month": monthly.round(2),
            "payment_share": share,
            "price_to_income": empty if wage is None else home / wage,
            "payment_ok": is_within,
        },
        index=prices.index,
    )


def _check_wage(wage_yuan: float) -> None:
    if not wage_yuan > 0:
        msg = f"wage_yuan must be above 0, not {wage_yuan}"
        raise ValueError(msg)
