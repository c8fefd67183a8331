"""Textbook transport problems, which are commute bounds in other words."""

import json

import numpy as np
import pytest

from siting.indicators.transport import transport
from tests.shared_data import shared


@pytest.mark.parametrize("case", ["dantzig_gams_trnsport", "winston_powerco", "pulp_beer"])
def test_the_least_and_greatest_costs_are_the_published_ones(case: str) -> None:
    cases = {
        each["id"]: each for each in json.loads(shared("known/transport_lp_min_commute/data.json").read_text())["cases"]
    }
    assert len(cases) == 3
    known = cases[case]
    cost, supply, demand = (np.array(known[name], float) for name in ("cost", "supply", "demand"))
    for dearest, name in ((False, "minimum_total"), (True, "maximum_total_by_HiGHS")):
        found = transport(cost, supply, demand, dearest=dearest)
        assert (found.amount * cost[found.row, found.column]).sum() == pytest.approx(known[name], abs=1e-6)
        assert not found.unmet.any()
        assert (found.unsent >= 0).all()
        assert found.unsent.any() != known["supply_equals_demand"]
