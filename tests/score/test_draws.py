"""Random weights: uniform, in a stated order, around stated ones, and the corners of what is allowed."""

import hashlib
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.stats import kstest

from siting.score.draws import MOST_CORNERS, around, corners, ordered, shares, uniform

NAMES = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=6, unique=True)
LEVELS = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 3), min_size=1, max_size=5)


@settings(deadline=None)
@given(names=NAMES, seed=st.integers(0, 2**40))
def test_uniform_weights_are_not_negative_and_sum_to_one(names: list[str], seed: int) -> None:
    found = uniform(names, 50, seed)
    assert found.shape == (50, len(names))
    assert (found >= 0).all()
    assert found.sum(axis=1) == pytest.approx(np.ones(50), abs=1e-15)


def test_each_uniform_weight_follows_the_law_of_the_simplex() -> None:
    # on the simplex of n weights P(w <= x) = 1 - (1 - x)^(n - 1)
    found = uniform(["a", "b", "c", "d"], 20_000, 1)
    for column in found.T:
        assert kstest(column, lambda x: 1 - (1 - np.asarray(x)) ** 3).statistic < 1.95 / np.sqrt(20_000)


@settings(deadline=None)
@given(names=NAMES, seed=st.integers(0, 99), data=st.data())
def test_a_weight_goes_with_its_name_not_with_its_place(names: list[str], seed: int, data: st.DataObject) -> None:
    other = data.draw(st.permutations(names))
    weights = {name: 1.0 + ord(name) % 3 for name in names}
    pairs = [
        (uniform(names, 9, seed), uniform(other, 9, seed)),
        (ordered(weights, 9, seed), ordered({name: weights[name] for name in other}, 9, seed)),
        (around(weights, 0.3, 9, seed), around({name: weights[name] for name in other}, 0.3, 9, seed)),
    ]
    for one, two in pairs:
        for name in names:
            assert (one[:, names.index(name)] == two[:, other.index(name)]).all()


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others() -> None:
    # the digest stands here so that a change of machine or library that moves a bit is seen
    found = hashlib.sha256(uniform(["a", "b", "c"], 1000, 7).tobytes()).hexdigest()
    assert found.startswith("84bdfb7b3495a44a")
    assert (uniform(["a", "b", "c"], 1000, 8) != uniform(["a", "b", "c"], 1000, 7)).all()


def test_ordered_weights_average_to_the_centroid_of_the_order() -> None:
    # rank-order centroid of three: (1 + 1/2 + 1/3) / 3, (1/2 + 1/3) / 3, (1/3) / 3
    found = ordered(["a", "b", "c"], 40_000, 3).mean(axis=0)
    assert found == pytest.approx([11 / 18, 5 / 18, 2 / 18], abs=0.004)


def test_equals_share_what_is_theirs_evenly() -> None:
    # the largest of three is 11/18 on average, the others share 7/18; then the least is 2/18, the others share 16/18
    found = ordered(["a", ["b", "c"]], 40_000, 3)
    assert found.mean(axis=0) == pytest.approx([11 / 18, 7 / 36, 7 / 36], abs=0.004)
    assert (found[:, 1] > found[:, 2]).mean() == pytest.approx(0.5, abs=0.01)
    assert ordered([["b", "c"], "a"], 40_000, 3).mean(axis=0) == pytest.approx([8 / 18, 8 / 18, 2 / 18], abs=0.004)


def test_ordered_draws_are_the_uniform_ones_that_happen_to_keep_the_order() -> None:
    every = uniform(["a", "b", "c"], 60_000, 5)
    kept = every[(every[:, 0] >= every[:, 1]) & (every[:, 0] >= every[:, 2])]
    found = ordered({"a": 2, "b": 1, "c": 1}, 20_000, 6)
    for column in range(3):
        for cut in (0.05, 0.2, 0.4, 0.6):
            assert (found[:, column] < cut).mean() == pytest.approx((kept[:, column] < cut).mean(), abs=0.015)


@settings(deadline=None)
@given(levels=LEVELS, seed=st.integers(0, 99))
def test_ordered_weights_keep_the_stated_order(levels: dict[str, int], seed: int) -> None:
    found = dict(zip(levels, ordered(levels, 40, seed).T, strict=True))
    for (one, high), (other, low) in product(levels.items(), repeat=2):
        assert high <= low or (found[one] >= found[other]).all()
    assert sum(found.values()) == pytest.approx(np.ones(40), abs=1e-15)


def test_weights_around_stated_ones_stay_within_the_spread() -> None:
    # 3 : 1 with 20 %: the share of the first runs from 2.4 / (2.4 + 1.2) to 3.6 / (3.6 + 0.8)
    found = around({"a": 3, "b": 1}, 0.2, 5000, 1)[:, 0]
    assert found.min() == pytest.approx(2.4 / 3.6, abs=0.01)
    assert found.max() == pytest.approx(3.6 / 4.4, abs=0.01)
    assert found.min() >= 2.4 / 3.6
    assert found.max() <= 3.6 / 4.4


def test_a_weight_of_zero_stays_zero_around() -> None:
    assert (around({"a": 1, "b": 0}, 0.5, 10, 1) == [1, 0]).all()


def test_the_corners_of_an_order_are_equal_weights_on_its_first_ones() -> None:
    found = corners("ordered", {"a": 3, "b": 2, "c": 1})
    assert found == pytest.approx(np.array([[1, 0, 0], [1 / 2, 1 / 2, 0], [1 / 3, 1 / 3, 1 / 3]]))
    with_equals = {tuple(np.round(row, 6)) for row in corners("ordered", {"a": 3, "b": 1, "c": 1})}
    assert with_equals == {(1, 0, 0), (0.5, 0.5, 0), (0.5, 0, 0.5), tuple(np.round([1 / 3] * 3, 6))}


def in_mixture(point: np.ndarray, points: np.ndarray) -> bool:
    """Return whether a point is a weighted mean of others."""
    rows = np.vstack([points.T, np.ones(len(points))])
    return bool(linprog(np.zeros(len(points)), A_eq=rows, b_eq=[*point, 1.0]).status == 0)


@settings(deadline=None, max_examples=20)
@given(levels=LEVELS, kind=st.sampled_from(["uniform", "ordered", "around"]))
def test_every_draw_is_a_mixture_of_the_corners(levels: dict[str, int], kind: str) -> None:
    draw = {"uniform": lambda: uniform(list(levels), 3, 1), "ordered": lambda: ordered(levels, 3, 1)}
    drawn = draw.get(kind, lambda: around(levels, 0.4, 3, 1))()
    extreme = corners(kind, levels, 0.4)
    assert all(in_mixture(row, extreme) for row in drawn)


@settings(deadline=None, max_examples=20)
@given(levels=LEVELS)
def test_no_corner_of_an_order_is_a_mixture_of_the_others(levels: dict[str, int]) -> None:
    extreme = corners("ordered", levels)
    for place in range(len(extreme)):
        others = np.delete(extreme, place, axis=0)
        assert len(others) == 0 or not in_mixture(extreme[place], others)


def test_many_criteria_have_few_corners() -> None:
    many = {f"c{number}": 1.0 for number in range(20)}
    first = {"first": 2.0}
    assert len(corners("ordered", first | many)) <= MOST_CORNERS
    assert len(corners("around", many, 0.1)) == 40


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: uniform([], 1, 1), "names"),
        (lambda: uniform(["a", "a"], 1, 1), "names"),
        (lambda: uniform(["a"], 0, 1), "draws"),
        (lambda: uniform(["a"], 1, -1), "seed"),
        (lambda: uniform(["a"], True, 1), "draws"),
        (lambda: around({"a": 1}, 0, 1, 1), "spread"),
        (lambda: around({"a": 1}, 1.0, 1, 1), "spread"),
        (lambda: shares({"a": -1, "b": 2}), "weights"),
        (lambda: shares({"a": 0}), "weights"),
        (lambda: shares({"a": float("nan")}), "weights"),
        (lambda: corners("some", {"a": 1}), "kind"),
        (lambda: corners("around", {"a": 1}), "kind"),
    ],
)
def test_a_wrong_argument_is_named(call: object, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        call()  # type: ignore[operator]
