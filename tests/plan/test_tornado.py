"""What each line does to the price of one parcel."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.base.finance_settings import FinanceBlock, PriceBand
from siting.plan.price import price
from siting.plan.tornado import tornado

TERMS: dict[str, Any] = {
    "land_yuan_m2": 300,
    "construction_yuan_m2": 2500,
    "saleable_share": 0.8,
    "profit": 0.05,
    "price_band": {"land": 0.5, "construction": 0.2},
}
PARCEL = pd.Series({"kind": "land", "homes": 100, "area_m2": 6000.0}, name="P0")
LOAN = {"name": "A", "kind": "bank", "share": 0.5, "rate": 0.04, "months": 24}


def test_lines_are_moved_one_at_a_time_and_sorted_by_swing() -> None:
    found = tornado(PARCEL, FinanceBlock(**TERMS), mean_home_m2=80)
    assert found["line"].tolist() == ["construction", "land"]
    # construction 25 million +- 20 % over 8000 m2 with 5 % profit: 5 000 000 x 1.05 / 8000 = 656.25
    # land 1.8 million +- 50 %: 900 000 x 1.05 / 8000 = 118.125, prices rounded up to the fen
    assert found["price_now"].tolist() == [3517.5, 3517.5]
    assert found["price_low"].tolist() == [3517.5 - 656.25, 3399.38]
    assert found["price_high"].tolist() == [3517.5 + 656.25, 3635.63]
    assert found["swing"].tolist() == [1312.5, 236.25]
    assert found["change_low"].tolist() == [-656.25, -118.12]


def test_terms_of_money_and_of_area_can_be_moved_too() -> None:
    band = {"rate": 0.5, "months": 0.5, "saleable_share": 0.1, "profit": 0.2}
    found = tornado(PARCEL, FinanceBlock(**TERMS, loan=[LOAN]), band, mean_home_m2=80).set_index("line")
    # a rate and a time half as large or larger do the same to simple interest
    assert (
        found.loc["rate", ["price_low", "price_high"]].tolist()
        == found.loc["months", ["price_low", "price_high"]].tolist()
    )
    assert found.loc["saleable_share", "price_high"] < found.loc["saleable_share", "price_low"]
    assert found.loc["profit", "price_low"] == pytest.approx(3517.5 * 1.04 / 1.05 * (1 + 0.01), rel=0.02)


def test_a_saleable_share_is_never_taken_above_the_whole() -> None:
    whole = tornado(PARCEL, FinanceBlock(**{**TERMS, "saleable_share": 1}), {"saleable_share": 0.1}, mean_home_m2=80)
    assert whole.loc[0, "price_high"] == whole.loc[0, "price_now"]


def test_a_line_that_the_parcel_does_not_have_is_missing_and_comes_last() -> None:
    stock = pd.Series({"kind": "stock", "homes": 10, "price": 3000.0}, name="S")
    found = tornado(stock, FinanceBlock(**TERMS), {"land": 0.1, "rate": 0.1, "construction": 0.1}, mean_home_m2=80)
    assert found["line"].tolist() == ["construction", "land", "rate"]
    assert found["swing"].isna().tolist() == [False, True, True]


def test_a_parcel_without_a_price_has_no_figures() -> None:
    for lacking in (pd.Series({"kind": "land", "homes": np.nan}), PARCEL.drop("area_m2")):
        found = tornado(lacking, FinanceBlock(**TERMS), mean_home_m2=80)
        assert found[["price_now", "price_low", "price_high", "swing"]].isna().all(axis=None)
        assert len(found) == 2


def test_the_band_of_the_settings_is_taken_where_none_is_given() -> None:
    finance = FinanceBlock(**TERMS)
    by_hand = tornado(PARCEL, finance, {"land": 0.5, "construction": 0.2}, mean_home_m2=80)
    pd.testing.assert_frame_equal(tornado(PARCEL, finance, mean_home_m2=80), by_hand)
    pd.testing.assert_frame_equal(
        tornado(PARCEL, finance, PriceBand(land=0.5, construction=0.2), mean_home_m2=80), by_hand
    )


def test_unknown_lines_and_shares_that_cannot_be_are_refused() -> None:
    for band in ({"heating": 0.1}, {"land": 1.0}, {"land": 0.0}):
        with pytest.raises(ValueError, match="band"):
            tornado(PARCEL, FinanceBlock(**TERMS), band, mean_home_m2=80)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 99), st.integers(1, 99))
def test_the_prices_are_those_of_settings_written_with_the_moved_figures(land: int, construction: int) -> None:
    found = tornado(
        PARCEL, FinanceBlock(**TERMS), {"land": land / 100, "construction": construction / 100}, mean_home_m2=80
    ).set_index("line")
    for line, by in (("land", land), ("construction", construction)):
        key = f"{line}_yuan_m2"
        for end, sign in (("low", -1), ("high", 1)):
            moved = FinanceBlock(**{**TERMS, key: TERMS[key] * (100 + sign * by) / 100})
            expected = price(PARCEL.to_frame().T.infer_objects(), moved, mean_home_m2=80)["price_yuan_m2"].iloc[0]
            assert found.loc[line, f"price_{end}"] == expected


@settings(max_examples=40, deadline=None)
@given(st.floats(0.01, 0.5), st.floats(0.01, 0.4))
def test_a_wider_band_never_has_a_smaller_swing(share: float, wider: float) -> None:
    narrow, broad = (
        tornado(PARCEL, FinanceBlock(**TERMS), {"construction": each}, mean_home_m2=80).loc[0, "swing"]
        for each in (share, share + wider)
    )
    assert broad >= narrow
