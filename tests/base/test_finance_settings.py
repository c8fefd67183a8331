"""The block on costs and money: nothing by default, and nothing that belongs to the public ledger."""

import tomllib
from typing import Any

import pytest
from pydantic import ValidationError

from siting.base.finance_settings import FinanceBlock, finance_problems, mixing_problems
from siting.base.money import exact, from_hundredths, hundredths, money_text
from siting.base.settings_checks import validated

LOAN: dict[str, Any] = {"name": "专项债", "kind": "special_bond", "share": 0.5, "rate": 0.025, "months": 24}
WHOLE = """
land_yuan_m2 = 300
construction_yuan_m2 = 2600
conversion_yuan_m2 = 900
soft_share = 0.05
saleable_share = 0.95
profit = 0.05
profit_max = { share = 0.05, source = "省住建厅文件", evidence = "M" }
market_yuan_m2 = 4500
wage = 90000
mortgage = { share = 0.8, rate = 0.031, years = 30 }
payment_max = 0.3
price_band = { construction = 0.2, land = 0.3, rate = 0.5 }
source = "发改委测算"
evidence = "U"
[[loan]]
name = "专项债"
kind = "special_bond"
share = 0.5
rate = 0.025
months = 24
[[subsidy]]
name = "中央补助"
yuan_per_home = 20000
kinds = ["land"]
[[relief]]
name = "契税"
of = "land"
share = 0.03
"""


def problems(**given: Any) -> list[tuple[str, str]]:
    """Return code and place of what is amiss with these keys."""
    return [(each.code, each.where) for each in finance_problems(FinanceBlock(**given), 90.0)]


def test_a_whole_block_reads_from_toml_and_nothing_is_amiss() -> None:
    raw = tomllib.loads(WHOLE)
    block, found = validated(FinanceBlock, raw, "siting.toml")
    assert found == []
    assert block is not None
    assert finance_problems(block, 90.0) == []
    assert list(mixing_problems(raw)) == []
    assert (block.profit_max and block.profit_max.share, block.payment_max and block.payment_max.share) == (0.05, 0.3)
    assert block.price_band.given == {"land": 0.3, "construction": 0.2, "rate": 0.5}


def test_no_amount_no_rate_and_no_share_has_a_default() -> None:
    bare = FinanceBlock().model_dump(exclude={"evidence", "source"})
    assert {name: value for name, value in bare.items() if value not in (None, ())} == {
        "price_band": dict.fromkeys(bare["price_band"])
    }


@pytest.mark.parametrize(
    "key",
    [
        "infrastructure_yuan_m2",
        "utilities",
        "water_connection",
        "road_yuan",
        "school",
        "heating",
        "配套设施费",
        "市政道路",
    ],
)
def test_a_key_of_the_public_ledger_is_refused_wherever_it_stands(key: str) -> None:
    for raw, where in (
        ({key: 1}, f"finance.{key}"),
        ({"loan": [{**LOAN, key: 1}]}, f"finance.loan 专项债.{key}"),
        ({"price_band": {key: 0.1}}, f"finance.price_band.{key}"),
    ):
        assert [(each.code, each.where) for each in mixing_problems(raw)] == [("ledgers_mixed", where)]
        assert validated(FinanceBlock, raw, "siting.toml")[0] is None


def test_a_loan_or_grant_for_infrastructure_is_refused() -> None:
    profit = {"profit_max": 0.05}
    assert problems(loan=[{**LOAN, "of": "infrastructure"}], **profit) == [("ledgers_mixed", "finance.loan 专项债.of")]
    assert problems(loan=[{**LOAN, "of": "land"}]) == [("wrong_value", "finance.loan 专项债.of")]
    named = {"name": "配套基础设施中央补助", "yuan_per_home": 1}
    assert problems(subsidy=[named]) == [("ledgers_mixed", "finance.subsidy 配套基础设施中央补助.name")]
    waived = {"name": "城市基础设施配套费", "of": "construction", "share": 0.02}
    assert problems(relief=[waived]) == []


def test_a_profit_above_its_cap_is_refused_and_one_without_a_cap_told() -> None:
    assert problems(profit=0.05, profit_max=0.05) == []
    assert problems(profit=0.0501, profit_max=0.05) == [("profit_above_cap", "finance.profit")]
    told = finance_problems(FinanceBlock(profit=0.05), 90.0)
    assert [(each.code, each.level) for each in told] == [("profit_uncapped", "warn")]


def test_a_cap_that_claims_a_source_must_name_it() -> None:
    assert problems(profit_max={"share": 0.05, "evidence": "M"}) == [("missing_key", "finance.profit_max.source")]


def test_what_a_household_pays_needs_wage_and_mortgage() -> None:
    mortgage = {"share": 0.8, "rate": 0.03, "years": 30}
    assert problems(wage=1.0) == [("missing_key", "finance.mortgage")]
    assert problems(mortgage=mortgage) == [("missing_key", "finance.wage")]
    assert problems(payment_max=0.3) == [("missing_key", "finance.wage"), ("missing_key", "finance.mortgage")]
    assert problems(wage=1.0, mortgage=mortgage, payment_max=0.3) == []


def test_shares_of_one_line_beyond_the_whole_are_refused_but_not_those_of_different_kinds() -> None:
    other = {**LOAN, "name": "银行", "share": 0.6}
    assert problems(loan=[LOAN, other]) == [("shares_above_whole", "finance.loan.share")]
    assert problems(loan=[{**LOAN, "kinds": ["land"]}, {**other, "kinds": ["stock"]}]) == []
    tenths = [{**LOAN, "name": str(at), "share": 0.1} for at in range(10)]
    assert problems(loan=tenths) == []


def test_settings_without_their_line_are_told() -> None:
    relief = {"name": "A", "of": "soft", "share": 0.5}
    assert problems(relief=[relief]) == [("line_not_set", "finance.relief A.of")]
    assert problems(relief=[relief], soft_yuan_m2=100) == []
    assert problems(price_band={"soft": 0.1, "relief": 0.1}, relief=[{**relief, "of": "land"}]) == [
        ("line_not_set", "finance.price_band.soft")
    ]
    assert problems(price_band={"rate": 0.1, "land": 0.1, "construction": 0.1}) == [
        ("line_not_set", "finance.price_band.rate")
    ]


def test_names_stand_once() -> None:
    assert problems(loan=[LOAN, {**LOAN, "share": 0.1}]) == [("part_named_twice", "finance.loan")]


def test_without_a_mean_home_it_is_told_what_the_price_will_need() -> None:
    found = finance_problems(FinanceBlock(), None)
    assert [(each.code, each.level) for each in found] == [("missing_key", "warn")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"soft_share": 0.1, "soft_yuan_m2": 10},
        {"loan": [{**LOAN, "yuan_per_home": 1}]},
        {"loan": [{name: value for name, value in LOAN.items() if name != "share"}]},
        {"loan": [{**LOAN, "rate": 3.1}]},
        {"saleable_share": 0},
        {"construction_yuan_m2": -1},
        {"land_yuan_m2": "300"},
        {"price_band": {"construction": 1}},
        {"market": 5000},
    ],
)
def test_what_cannot_be_meant_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        FinanceBlock(**wrong)


def test_every_problem_can_be_told_in_both_languages() -> None:
    found = finance_problems(
        FinanceBlock(
            profit=0.1,
            profit_max={"share": 0.05, "evidence": "M"},
            wage=1.0,
            loan=[LOAN, {**LOAN, "share": 0.6, "of": "infrastructure"}],
            price_band={"subsidy": 0.1},
        ),
        None,
    )
    assert len({each.code for each in found}) == 6
    assert all(each.line(language) for each in found for language in ("zh", "en"))


def test_numbers_are_taken_as_they_are_written_and_rounded_half_up() -> None:
    # the binary number nearest to 1.005 lies below it, and would round to 1.00
    assert hundredths(exact(1.005)) == 101
    assert hundredths(exact(1.0049)) == 100
    assert from_hundredths(101) == 1.01
    with pytest.raises(ValueError, match="finite"):
        exact(float("nan"))


@pytest.mark.parametrize(
    ("yuan", "zh", "en"),
    [
        (12_345_600, "1,234.56 万元", "12,345,600 yuan"),
        (12_345_650, "1,234.57 万元", "12,345,650 yuan"),
        (10_000, "1.00 万元", "10,000 yuan"),
        (9_999.99, "9,999.99 元", "9,999.99 yuan"),
        (980.5, "980.50 元", "980.50 yuan"),
        (0, "0.00 元", "0.00 yuan"),
        (-0.001, "0.00 元", "0.00 yuan"),
        (-25_000, "-2.50 万元", "-25,000 yuan"),
        (float("nan"), "不详", "unknown"),
    ],
)
def test_money_is_written_as_people_read_it(yuan: float, zh: str, en: str) -> None:
    assert (money_text(yuan, "zh"), money_text(yuan, "en")) == (zh, en)
