"""The transport problem, beside HiGHS, an independent solver."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.indicators.transport import transport
from tests.indicators.linear_programs import by_highs

NONE = np.nan


def test_two_homes_and_two_jobs_by_hand() -> None:
    # staying home: 10 x 1 + 10 x 2 = 30; crossing over: 10 x 5 + 10 x 7 = 120
    cost, ten = np.array([[1.0, 5.0], [7.0, 2.0]]), np.array([10.0, 10.0])
    assert (transport(cost, ten, ten).amount * [1, 2]).sum() == 30
    crossing = transport(cost, ten, ten, dearest=True)
    assert list(zip(crossing.row, crossing.column, crossing.amount, strict=True)) == [(0, 1, 10), (1, 0, 10)]


def test_the_largest_match_comes_before_the_cheapest() -> None:
    # A reaches both places, B only x. One person each: matching A with x at 1 minute leaves B without;
    # A - y (50) and B - x (9) match both.
    cost = np.array([[1.0, 50.0], [9.0, NONE]])
    found = transport(cost, np.ones(2), np.ones(2))
    assert sorted(zip(found.row, found.column, strict=True)) == [(0, 1), (1, 0)]
    assert found.mean(cost) == (50 + 9) / 2
    assert not found.unsent.any()


def test_those_out_of_reach_are_told_and_leave_no_cost() -> None:
    cost = np.array([[4.0, NONE], [NONE, NONE]])
    found = transport(cost, np.array([3.0, 2.0]), np.array([1.0, 4.0]))
    assert found.mean(cost) == 4
    assert found.amount.tolist() == [1]
    assert found.unsent.tolist() == [2, 2]
    assert found.unmet.tolist() == [0, 4]


@pytest.mark.parametrize("cost", [np.full((2, 1), NONE), np.zeros((2, 0))])
def test_nothing_within_reach_is_nobody_sent_and_no_mean(cost: np.ndarray) -> None:
    found = transport(cost, np.array([3.0, 2.0]), np.full(cost.shape[1], 5.0))
    assert not len(found.amount)
    assert found.unsent.tolist() == [3, 2]
    assert np.isnan(found.mean(cost))


def test_free_pairs_are_still_told_apart_from_those_out_of_reach() -> None:
    found = transport(np.array([[0.0, NONE], [NONE, 0.0]]), np.array([10.0, 10.0]), np.array([20.0, 5.0]))
    assert found.amount.tolist() == [10, 5]
    assert found.unsent.tolist() == [0, 5]
    assert found.unmet.tolist() == [10, 0]


def test_totals_that_differ_by_rounding_are_one_total() -> None:
    thirds = np.array([0.1 + 0.2, 0.7])
    found = transport(np.array([[1.0, 2.0], [3.0, 4.0]]), thirds, np.array([0.3, 0.7]))
    assert not found.unsent.any()
    assert not found.unmet.any()


@st.composite
def problems(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows, columns = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    minutes = st.one_of(st.integers(0, 60).map(float), st.just(NONE))
    cost = np.array([[draw(minutes) for _ in range(columns)] for _ in range(rows)])
    divisor = draw(st.sampled_from([1, 3, 7]))
    supply, demand = (np.array([draw(st.integers(0, 30)) for _ in range(n)]) / divisor for n in (rows, columns))
    return cost, supply, demand


@settings(deadline=None, max_examples=150)
@given(problem=problems(), dearest=st.booleans())
def test_the_match_is_as_large_and_as_good_as_that_of_highs(problem: tuple, dearest: bool) -> None:
    cost, supply, demand = problem
    found = transport(cost, supply, demand, dearest=dearest)
    matched, total = by_highs(cost, supply, demand, dearest=dearest)
    assert found.amount.sum() == pytest.approx(matched, abs=1e-9)
    assert (found.amount * cost[found.row, found.column]).sum() == pytest.approx(total, abs=1e-6)


@settings(deadline=None)
@given(problem=problems(), dearest=st.booleans())
def test_what_is_sent_and_what_is_left_add_up_on_both_sides(problem: tuple, dearest: bool) -> None:
    cost, supply, demand = problem
    found = transport(cost, supply, demand, dearest=dearest)
    assert not np.isnan(cost[found.row, found.column]).any()
    assert np.bincount(found.row, found.amount, len(supply)) + found.unsent == pytest.approx(supply, abs=1e-9)
    assert np.bincount(found.column, found.amount, len(demand)) + found.unmet == pytest.approx(demand, abs=1e-9)
    assert (found.unsent >= 0).all()
    assert (found.unmet >= 0).all()


@pytest.mark.parametrize("share_out_of_reach", [0.0, 0.7, 0.97])
@pytest.mark.parametrize("dearest", [False, True])
def test_300_zones_are_solved_as_by_highs(share_out_of_reach: float, dearest: bool) -> None:
    rng = np.random.default_rng(7)
    cost = rng.uniform(0, 90, (300, 300))
    cost[rng.random((300, 300)) < share_out_of_reach] = NONE
    supply, demand = (rng.gamma(1.5, 200, 300) for _ in range(2))
    demand *= supply.sum() / demand.sum()
    found = transport(cost, supply, demand, dearest=dearest)
    matched, total = by_highs(cost, supply, demand, dearest=dearest)
    assert found.amount.sum() == pytest.approx(matched, rel=1e-9)
    assert found.mean(cost) == pytest.approx(total / matched, abs=1e-6)
