"""Cash flow arithmetic against published cases, every one of them."""

import json
from typing import Any

import pytest

from siting.plan.finance import (
    future_value,
    irr,
    mirr,
    npv,
    npv_spreadsheet,
    payment,
    periods_needed,
    present_value,
    rate_of,
)
from tests.shared_data import shared


def answer(case: dict[str, Any]) -> float:
    """Return what we make of a case."""
    asked = {
        "irr": lambda: irr(case["flows"]),
        "npv, first flow at time 0": lambda: npv(case["rate"], case["flows"]),
        "npv, first flow after one period (spreadsheet NPV)": lambda: npv_spreadsheet(case["rate"], case["flows"]),
        "pmt (level payment, end)": lambda: payment(case["rate"], case["n"], case["pv"]),
        "pv": lambda: present_value(case["rate"], case["n"], case["pmt"]),
        "fv": lambda: future_value(case["rate"], case["n"], case["pmt"], case["pv"]),
        "nper": lambda: periods_needed(case["rate"], case["pmt"], case["pv"], case["fv"]),
        "rate": lambda: rate_of(case["n"], case["pmt"], case["pv"], case["fv"]),
        "mirr": lambda: mirr(case["flows"], finance_rate=case["finance_rate"], reinvest_rate=case["reinvest_rate"]),
    }
    return asked[case["fn"]]()


@pytest.mark.parametrize("at", range(13))
def test_each_published_case_comes_out_within_its_tolerance(at: int) -> None:
    cases = json.loads(shared("known/finance/data.json").read_text("utf-8"))["cases"]
    assert len(cases) == 13
    assert answer(cases[at]) == pytest.approx(cases[at]["expected"], abs=cases[at]["tol"], rel=0)
