"""The two ledgers: by hand, by balance, and by what must never touch what."""

from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.base.finance_settings import FinanceBlock
from siting.base.texts import table
from siting.plan.price import parcel_problems, price, reasons_told

PLAIN: dict[str, Any] = {
    "land_yuan_m2": 300,
    "construction_yuan_m2": 2500,
    "conversion_yuan_m2": 900,
    "saleable_share": 0.8,
    "profit": 0.05,
    "market_yuan_m2": 5000,
}
LAND = {"kind": "land", "homes": 100, "area_m2": 6000.0}


def block(**more: Any) -> FinanceBlock:
    return FinanceBlock(**{**PLAIN, **more})


def parcels(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), index=[f"P{at}" for at in range(len(rows))])


def one(row: dict[str, Any], finance: FinanceBlock, mean_home_m2: float | None = 80.0) -> pd.Series:
    return price(parcels(row), finance, mean_home_m2=mean_home_m2).iloc[0]


def test_a_parcel_of_land_is_priced_as_on_paper() -> None:
    found = one(LAND, block())
    assert found["saleable_m2"] == 100 * 80 == 8000
    assert found["land_yuan"] == 300 * 6000 == 1_800_000
    assert found["construction_yuan"] == 2500 * 8000 / 0.8 == 25_000_000
    assert found["cost_yuan"] == 1_800_000 + 25_000_000
    assert found["profit_yuan"] == 26_800_000 * 0.05 == 1_340_000
    assert found["price_yuan_m2"] == 28_140_000 / 8000 == 3517.5
    assert found["revenue_yuan"] == 28_140_000
    assert found["surplus_yuan"] == 0
    assert found["margin_share"] == pytest.approx((5000 - 3517.5) / 5000)
    assert found["price_ok"]
    assert (found["status"], found["reasons"]) == ("ok", "")
    assert np.isnan(found["soft_yuan"])
    assert np.isnan(found["finance_yuan"])
    assert np.isnan(found["payment_share"])


def test_soft_cost_interest_grants_and_waivers_are_lines_of_their_own_once_set() -> None:
    found = one(
        LAND,
        block(
            soft_share=0.04,
            loan=[{"name": "A", "kind": "special_bond", "share": 0.5, "rate": 0.03, "months": 24}],
            subsidy=[{"name": "B", "yuan_per_home": 10_000}],
            relief=[{"name": "C", "of": "land", "share": 0.1}],
        ),
    )
    assert found["soft_yuan"] == 0.04 * 25_000_000 == 1_000_000
    # (1.8 + 25 + 1) million x half lent x 3 % x two years x half drawn
    assert found["finance_yuan"] == 27_800_000 * 0.5 * 0.03 * 2 * 0.5 == 417_000
    assert found["subsidy_yuan"] == -1_000_000
    assert found["tax_relief_yuan"] == -180_000
    assert found["cost_yuan"] == 27_800_000 + 417_000 - 1_000_000 - 180_000 == 27_037_000


def test_soft_cost_may_be_an_amount_a_m2_of_floor() -> None:
    assert one(LAND, block(soft_yuan_m2=120))["soft_yuan"] == 120 * 8000 / 0.8 == 1_200_000


def test_a_waiver_of_a_line_that_is_not_set_waives_nothing() -> None:
    relief = [{"name": "C", "of": "soft", "share": 0.5}]
    assert one(LAND, block(relief=relief))["tax_relief_yuan"] == 0
    assert one(LAND, block(relief=relief, soft_yuan_m2=120))["tax_relief_yuan"] == -600_000


def test_a_share_of_an_unknown_cost_is_unknown_too() -> None:
    terms = {"subsidy": [{"name": "S", "share": 0.1}], "relief": [{"name": "C", "of": "land", "share": 0.5}]}
    found = one({**LAND, "area_m2": np.nan}, block(**terms))
    assert found[["land_yuan", "subsidy_yuan", "tax_relief_yuan", "cost_yuan", "price_yuan_m2"]].isna().all()
    assert found["construction_yuan"] == 25_000_000


def test_existing_homes_are_bought_by_saleable_area_and_nothing_is_built() -> None:
    found = one({"kind": "stock", "homes": 50, "saleable_m2": 4200.5, "price": 3000.0}, block(soft_share=0.05))
    assert found["construction_yuan"] == found["purchase_yuan"] == 3000 * 4200.5 == 12_601_500
    assert (found["land_yuan"], found["soft_yuan"]) == (0, 0)
    assert found["cost_yuan"] == 12_601_500
    assert found["price_yuan_m2"] == 3150
    assert found["price_ok"]


def test_a_conversion_pays_for_the_building_and_for_the_works() -> None:
    bought = one({"kind": "conversion", "homes": 10, "price": 1000.0}, block(soft_share=0.1))
    assert bought["purchase_yuan"] == 1000 * 800 / 0.8 == 1_000_000
    assert bought["construction_yuan"] == 1_000_000 + 900 * 1000 == 1_900_000
    assert bought["soft_yuan"] == 0.1 * 900_000
    kept = one({"kind": "conversion", "homes": 10}, block())
    assert kept["construction_yuan"] == 900_000
    assert (kept["status"], kept["reasons"]) == ("ok", "no_purchase")


def test_the_parcels_own_figures_come_before_those_of_the_settings() -> None:
    own = {**LAND, "land_cost": 600_000.0, "saleable_m2": 7600.0, "market_price": 3000.0}
    found = one(own, block())
    assert found["land_yuan"] == 600_000
    assert found["construction_yuan"] == 2500 * 7600 / 0.8 == 23_750_000
    assert found["comparable_yuan_m2"] == 3000
    # 24.35 million x 1.05 / 7600 = 3364.144..., rounded up
    assert found["price_yuan_m2"] == 3364.15
    assert (found["status"], found["reasons"], found["price_ok"]) == ("above_market", "above_market", False)
    assert found["margin_share"] < 0


def test_a_price_equal_to_the_comparable_one_is_not_below_it() -> None:
    assert one({**LAND, "market_price": 3517.5}, block())["status"] == "above_market"
    assert one({**LAND, "market_price": 3517.51}, block())["status"] == "ok"


def test_each_line_is_rounded_half_up_and_the_price_up() -> None:
    # saleable 3 m2, floor 3 m2; construction 0.335 x 3 = 1.005 -> 1.01; profit 0.05 x 1.01 = 0.0505 -> 0.05
    found = one(
        {"kind": "land", "homes": 1, "land_cost": 0.0, "saleable_m2": 3.0},
        block(construction_yuan_m2=0.335, saleable_share=1),
    )
    assert found["construction_yuan"] == 1.01
    assert found["profit_yuan"] == 0.05
    # 1.06 / 3 = 0.35333... -> 0.36; 0.36 x 3 = 1.08
    assert (found["price_yuan_m2"], found["revenue_yuan"], found["surplus_yuan"]) == (0.36, 1.08, 0.02)


@pytest.mark.parametrize(
    ("row", "unset", "missing"),
    [
        (LAND, "land_yuan_m2", "land_yuan_m2"),
        ({**LAND, "area_m2": np.nan}, "", "area_m2"),
        (LAND, "construction_yuan_m2", "construction_yuan_m2"),
        (LAND, "saleable_share", "saleable_share"),
        (LAND, "profit", "profit"),
        ({"kind": "stock", "homes": 5}, "", "price"),
        ({"kind": "conversion", "homes": 5, "price": 1.0}, "conversion_yuan_m2", "conversion_yuan_m2"),
    ],
)
def test_an_unknown_figure_is_named_and_never_taken_as_nothing(row: dict[str, Any], unset: str, missing: str) -> None:
    found = one(row, FinanceBlock(**{name: each for name, each in PLAIN.items() if name != unset}))
    assert found["status"] == "no_cost"
    assert f"no_cost:{missing}" in found["reasons"].split("; ")
    assert np.isnan(found["price_yuan_m2"])
    assert np.isnan(found["cost_yuan"]) == (missing != "profit")
    assert found["price_ok"] is pd.NA


def test_a_parcel_without_area_of_homes_has_no_price() -> None:
    found = one(LAND, block(), mean_home_m2=None)
    assert (found["status"], found["reasons"]) == ("no_cost", "no_cost:mean_home_m2")


@pytest.mark.parametrize("homes", [0, np.nan])
def test_without_homes_there_is_no_bill(homes: float) -> None:
    found = one({**LAND, "homes": homes}, block())
    assert (found["status"], found["reasons"]) == ("no_homes", "no_homes:homes")
    assert np.isnan(found["cost_yuan"])


def test_hidden_debt_stops_whatever_the_price() -> None:
    words = ["是", "YES", True, "否", "", None, "待查"]
    table_ = parcels(*[{**LAND, "hidden_debt": word} for word in words])
    found = price(table_, block(), mean_home_m2=80)
    assert found["status"].tolist() == ["debt_stop"] * 3 + ["ok"] * 4
    assert found["reasons"].tolist() == ["hidden_debt"] * 3 + ["", "", "", "debt_unclear"]
    assert (found["price_yuan_m2"] == 3517.5).all()


def test_grants_beyond_the_cost_give_no_price() -> None:
    found = one(LAND, block(subsidy=[{"name": "B", "yuan_per_home": 1_000_000}]))
    assert (found["status"], found["reasons"]) == ("no_cost", "no_cost:subsidy_above_cost")


def test_loans_beyond_what_they_are_for_are_told() -> None:
    loan = {"name": "A", "kind": "bank", "yuan_per_home": 500_000, "rate": 0.03, "months": 12}
    assert one(LAND, block(loan=[loan]))["reasons"] == "loan_above_cost"


def test_a_loan_or_grant_for_one_kind_leaves_the_others_alone() -> None:
    rows = parcels(LAND, {"kind": "stock", "homes": 50, "price": 3000.0})
    loan = {"name": "A", "kind": "bank", "share": 0.5, "rate": 0.04, "months": 12, "kinds": ["land"]}
    found = price(rows, block(loan=[loan]), mean_home_m2=80)
    assert found["finance_yuan"].tolist() == [26_800_000 * 0.5 * 0.04 * 0.5, 0]


def test_a_mortgage_beyond_the_cap_is_told() -> None:
    terms = {"wage": 60_000, "mortgage": {"share": 1, "rate": 0, "years": 10}}
    # 3517.5 x 80 / 10 years = 28 140 a year of 60 000
    assert one(LAND, block(**terms))["payment_share"] == pytest.approx(0.469)
    assert one(LAND, block(**terms, payment_max=0.4))["reasons"] == "payment_above"
    assert one(LAND, block(**terms, payment_max=0.5))["reasons"] == ""


def test_the_public_ledger_stands_beside_the_price_and_adds_up_where_all_of_it_is_known() -> None:
    rows = parcels(LAND, {**LAND, "homes": 60}, {**LAND, "homes": 7})
    public = {"water": pd.Series({"P1": 2.005, "P0": 1e6}), "heat": pd.Series({"P0": 5e5, "P1": 1, "P2": 1})}
    found = price(rows, block(), mean_home_m2=80, public=public)
    assert found.loc[["P0", "P1"], "public_water_yuan"].tolist() == [1e6, 2.01]
    assert found.loc[["P0", "P1"], "public_yuan"].tolist() == [1.5e6, 3.01]
    assert found.loc["P2", ["public_water_yuan", "public_yuan"]].isna().all()
    assert price(rows, block(), mean_home_m2=80)["public_yuan"].isna().all()


def test_whatever_the_public_pays_the_sale_ledger_keeps_every_byte() -> None:
    rows = parcels(LAND, {**LAND, "homes": 60}, {"kind": "stock", "homes": 7, "price": 3000.0})
    water = pd.Series({"P0": 1e6, "P1": 2.005})

    def sale_ledger(public: dict[str, pd.Series] | None) -> bytes:
        found = price(rows, block(), mean_home_m2=80, public=public)
        return found[[each for each in found.columns if not each.startswith("public_")]].to_csv().encode()

    alone = sale_ledger(None)
    assert b"3517.5" in alone
    assert {sale_ledger({"water": water}), sale_ledger({"water": water * 1000, "heat": water})} == {alone}


def test_index_and_order_are_the_callers_and_inputs_stay_as_they_are() -> None:
    rows = parcels(LAND, {"kind": "stock", "homes": 50, "price": 3000.0}, {"kind": "conversion", "homes": 3})
    before = rows.copy(deep=True)
    found = price(rows, block(), mean_home_m2=80)
    turned = price(rows.iloc[::-1], block(), mean_home_m2=80)
    pd.testing.assert_frame_equal(rows, before)
    assert list(turned.index) == ["P2", "P1", "P0"]
    pd.testing.assert_frame_equal(turned.iloc[::-1], found)
    pd.testing.assert_frame_equal(price(rows.iloc[[1]], block(), mean_home_m2=80), found.iloc[[1]])


def test_no_parcels_make_an_empty_table_with_the_same_columns() -> None:
    rows = parcels(LAND)
    empty, full = (price(each, block(), mean_home_m2=80) for each in (rows.iloc[:0], rows))
    assert list(empty.columns) == list(full.columns)
    assert len(empty) == 0


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"kind": "villa"}, "parcels.kind"),
        ({"homes": 1.5}, "parcels.homes"),
        ({"homes": -1}, "parcels.homes"),
        ({"area_m2": np.inf}, "parcels.area_m2"),
        ({"price": -0.01}, "parcels.price"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        one({**LAND, **wrong}, block())


def test_wrong_arguments_are_refused_by_name() -> None:
    rows = parcels(LAND)
    with pytest.raises(ValueError, match="mean_home_m2"):
        price(rows, block(), mean_home_m2=0)
    with pytest.raises(ValueError, match="ids once each"):
        price(pd.concat([rows, rows]), block())
    with pytest.raises(ValueError, match="missing: homes"):
        price(rows.drop(columns="homes"), block())
    with pytest.raises(ValueError, match=r"public\.water"):
        price(rows, block(), public={"water": pd.Series({"P0": -1.0})})


def test_amounts_that_cannot_be_are_told_with_their_parcels() -> None:
    rows = parcels({**LAND, "price": -1.0}, {**LAND, "homes": 2.5}, LAND)
    found = list(parcel_problems(rows, "parcels.gpkg"))
    assert [(each.code, each.where, each.values["ids"]) for each in found] == [
        ("homes_not_whole", "homes", "P1"),
        ("money_below_zero", "price", "P0"),
    ]


def test_every_reason_has_a_sentence_in_both_languages() -> None:
    codes = {key.partition(".")[2] for key in table() if key.startswith("price_reason.")}
    told = "no_cost:profit; hidden_debt; no_homes:homes"
    assert len(codes) > 10
    assert all(len(reasons_told(told, language)) == 3 for language in ("zh", "en"))
    assert reasons_told("", "zh") == []


AMOUNTS = st.integers(0, 10_000_000).map(lambda fen: fen / 100)
SHARES = st.integers(0, 400).map(lambda share: share / 1000)


@st.composite
def cases(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a parcel and the terms of its bill."""
    row = {
        "kind": draw(st.sampled_from(["land", "stock", "conversion"])),
        "homes": draw(st.integers(1, 3000)),
        "area_m2": draw(st.floats(1, 1e6)),
        "saleable_m2": draw(st.integers(100, 50_000_000)) / 100,
        "price": draw(AMOUNTS),
    }
    loans = [
        {"name": f"L{at}", "kind": "bank", "share": draw(SHARES), "rate": draw(SHARES) / 4, "months": 18} for at in "ab"
    ]
    terms = {
        "land_yuan_m2": draw(AMOUNTS),
        "construction_yuan_m2": draw(AMOUNTS) + 0.01,
        "conversion_yuan_m2": draw(AMOUNTS) + 0.01,
        "soft_share": draw(SHARES),
        "saleable_share": draw(st.integers(500, 1000)) / 1000,
        "profit": draw(SHARES),
        "loan": loans,
        "subsidy": [{"name": "S", "share": draw(SHARES)}],
        "relief": [{"name": f"R{of}", "of": of, "share": draw(SHARES)} for of in ("land", "construction", "soft")],
    }
    return row, terms


def written(number: float) -> Fraction:
    """Return a number as it is written in decimals."""
    return Fraction(repr(float(number)))


def fen(yuan: float) -> Fraction:
    return written(yuan) * 100


@settings(max_examples=80, deadline=None)
@given(cases())
def test_every_ledger_balances_to_the_fen(case: tuple[dict[str, Any], dict[str, Any]]) -> None:
    found = one(case[0], FinanceBlock(**case[1]))
    lines = ("land_yuan", "construction_yuan", "soft_yuan", "finance_yuan", "subsidy_yuan", "tax_relief_yuan")
    assert sum(fen(found[line]) for line in lines) == fen(found["cost_yuan"])
    sold = sum(fen(found[line]) for line in ("cost_yuan", "profit_yuan", "surplus_yuan"))
    assert sold == fen(found["revenue_yuan"])
    assert all(fen(found[line]).denominator == 1 for line in (*lines, "revenue_yuan"))
    # rounding the price up adds less than a fen a m2, and half a fen for the sum
    assert 0 <= fen(found["surplus_yuan"]) < written(found["saleable_m2"]) + 1
    exact_price = (fen(found["cost_yuan"]) + fen(found["profit_yuan"])) / written(found["saleable_m2"])
    assert 0 <= fen(found["price_yuan_m2"]) - exact_price < 1


@settings(max_examples=60, deadline=None)
@given(
    cases(),
    st.sampled_from(["land_yuan_m2", "construction_yuan_m2", "conversion_yuan_m2", "soft_share", "profit"]),
    SHARES,
)
def test_a_dearer_line_never_lowers_the_price(
    case: tuple[dict[str, Any], dict[str, Any]], line: str, more: float
) -> None:
    row, terms = case
    now, then = (one(row, FinanceBlock(**{**terms, line: terms[line] + by})) for by in (0.0, more))
    assert then["price_yuan_m2"] >= now["price_yuan_m2"]


@settings(max_examples=60, deadline=None)
@given(cases(), SHARES)
def test_a_larger_grant_never_raises_the_price(case: tuple[dict[str, Any], dict[str, Any]], more: float) -> None:
    row, terms = case
    larger = {**terms, "subsidy": [{"name": "S", "share": min(terms["subsidy"][0]["share"] + more, 1)}]}
    now, then = one(row, FinanceBlock(**terms)), one(row, FinanceBlock(**larger))
    assert then["status"] == "no_cost" or then["price_yuan_m2"] <= now["price_yuan_m2"]


@settings(max_examples=60, deadline=None)
@given(cases(), st.integers(2, 1000))
def test_money_in_a_smaller_unit_changes_no_share(case: tuple[dict[str, Any], dict[str, Any]], factor: int) -> None:
    row, terms = case
    money = ("land_yuan_m2", "construction_yuan_m2", "conversion_yuan_m2")
    scaled = {**terms, **{name: terms[name] * factor for name in money}}
    now = one(row, FinanceBlock(**terms))
    then = one({**row, "price": row["price"] * factor}, FinanceBlock(**scaled))
    # lines rounded by half a fen each, some of them on others, then the price by one
    slack = (Fraction(20 * factor) / written(now["saleable_m2"]) + factor + 1) / 100
    assert abs(then["price_yuan_m2"] - factor * now["price_yuan_m2"]) <= float(slack) * (1 + 1e-9) + 1e-6
