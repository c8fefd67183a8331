"""The four ways to one score, by hand; what all of them must keep to; where they disagree."""

import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.score import combine, compare, normalised, order, topsis_raw
from siting.score.combine import METHODS

VALUES = pd.DataFrame({"jobs": [1.0, 0.25, 0.5], "school": [0.0, 1.0, 0.5]}, index=["P1", "P2", "P3"])
WEIGHTS = {"jobs": 3, "school": 1}


def alpha_for(method: str, alpha: float = 2.0) -> float | None:
    return alpha if method == "owa" else None


def scores(method: str, alpha: float | None = None) -> list[float]:
    return combine(VALUES, WEIGHTS, method=method, alpha=alpha).tolist()


def test_the_weighted_product_multiplies_powers_and_a_zero_makes_it_zero() -> None:
    # shares 3/4 and 1/4: P2 = 0.25^0.75 * 1 = 2^-1.5; P3 = 0.5^(0.75 + 0.25)
    assert scores("wpm") == pytest.approx([0, 2**-1.5, 0.5])
    assert scores("wpm")[0] == 0


def test_a_column_without_weight_has_no_part_in_the_product_even_at_zero() -> None:
    found = combine(VALUES, {"jobs": 1, "school": 0}, method="wpm")
    assert found.tolist() == [1.0, 0.25, 0.5]


def test_topsis_measures_from_the_fixed_best_and_worst() -> None:
    # P1: from worst 0.75, from best 0.25 -> 0.75; P2: sqrt(0.1875² + 0.25²) = 0.3125, from best 0.75 * 0.75 = 0.5625
    assert scores("topsis") == pytest.approx([0.75, 0.3125 / 0.875, 0.5])


def test_owa_weighs_the_strong_side_or_the_weak_side() -> None:
    # alpha 2, P1: jobs 1 first with p = 0.75: Q = 0.5625 -> 0.5625 * 1 + 0.4375 * 0
    # P2: school 1 first with p = 0.25: Q = 0.0625 -> 0.0625 + 0.9375 * 0.25 = 0.296875
    assert scores("owa", 2.0) == pytest.approx([0.5625, 0.296875, 0.5])
    # alpha 1/2: Q(0.75) = 0.8660, Q(0.25) = 0.5: P2 = 0.5 + 0.5 * 0.25
    assert scores("owa", 0.5) == pytest.approx([math.sqrt(0.75), 0.625, 0.5])
    assert scores("owa", 1.0) == pytest.approx(scores("wsm"))


def test_very_hopeful_is_the_strongest_side_and_very_cautious_the_weakest() -> None:
    assert scores("owa", 1e-9) == pytest.approx([1, 1, 0.5], abs=1e-6)
    assert scores("owa", 1e9) == pytest.approx([0, 0.25, 0.5], abs=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_a_missing_value_leaves_no_score_even_in_a_column_without_weight(method: str) -> None:
    holed = VALUES.assign(view=[0.5, np.nan, 0.5])
    found = combine(holed, {**WEIGHTS, "view": 0}, method=method, alpha=alpha_for(method))
    assert found.isna().tolist() == [False, True, False]


@pytest.mark.parametrize("method", METHODS)
def test_an_empty_table_has_no_scores_and_the_index_is_kept(method: str) -> None:
    assert combine(VALUES.iloc[:0], WEIGHTS, method=method, alpha=alpha_for(method)).empty
    assert combine(VALUES, WEIGHTS, method=method, alpha=alpha_for(method)).index.equals(VALUES.index)


@pytest.mark.parametrize("alpha", [None, 0.0, -1.0, math.inf, math.nan])
def test_owa_needs_an_alpha_above_zero(alpha: float | None) -> None:
    with pytest.raises(ValueError, match="alpha"):
        combine(VALUES, WEIGHTS, method="owa", alpha=alpha)


def test_alpha_is_refused_where_it_would_do_nothing_and_values_must_be_shares() -> None:
    with pytest.raises(ValueError, match="alpha"):
        combine(VALUES, WEIGHTS, method="wsm", alpha=1.0)
    for method in ("wpm", "topsis", "owa"):
        with pytest.raises(ValueError, match="values"):
            combine(VALUES * 2, WEIGHTS, method=method, alpha=alpha_for(method))
    with pytest.raises(ValueError, match="vikor"):
        combine(VALUES, WEIGHTS, method="vikor")


def test_ranks_by_all_four_stand_side_by_side_with_their_spread() -> None:
    # wsm .75 .4375 .5 -> 1 3 2; wpm 0 .354 .5 -> 3 2 1; topsis .75 .357 .5 -> 1 3 2; owa(2) .5625 .297 .5 -> 1 3 2
    found = compare(VALUES, WEIGHTS, 2.0)
    assert found.to_dict("list") == {
        "wsm": [1, 3, 2],
        "wpm": [3, 2, 1],
        "topsis": [1, 3, 2],
        "owa": [1, 3, 2],
        "spread": [2, 1, 1],
    }
    holed = compare(VALUES.mask(VALUES == 0.25), WEIGHTS, 2.0)
    assert holed.loc["P2"].isna().all()


UNIT = st.integers(0, 100).map(lambda n: n / 100)
ROW = st.tuples(UNIT, UNIT, UNIT)
TABLE = st.lists(ROW, min_size=1, max_size=7)
HEAVY = st.tuples(*[st.integers(0, 9)] * 3).filter(any)
METHOD = st.sampled_from(METHODS)
ALPHA = st.sampled_from([0.2, 0.5, 1.0, 2.0, 5.0])


def scored(rows: list[tuple[float, ...]], weights: tuple[float, ...], method: str, alpha: float) -> pd.Series:
    table = pd.DataFrame(rows, columns=list("abc"), dtype=float)
    named = dict(zip("abc", weights, strict=True))
    return combine(table, named, method=method, alpha=alpha_for(method, alpha))


@settings(deadline=None)
@given(rows=TABLE, weights=HEAVY, method=METHOD, alpha=ALPHA, factor=st.sampled_from([0.1, 3.0, 1 / 7, 1000.0]))
def test_scaled_weights_keep_the_ranks(rows: list, weights: tuple, method: str, alpha: float, factor: float) -> None:
    one = scored(rows, weights, method, alpha)
    other = scored(rows, tuple(weight * factor for weight in weights), method, alpha)
    assert other.to_list() == pytest.approx(one.to_list(), abs=1e-12)
    assert order(other).equals(order(one))


@settings(deadline=None)
@given(row=ROW, less=ROW, weights=HEAVY, method=METHOD, alpha=ALPHA)
def test_a_dominated_row_never_outranks_its_dominator(
    row: tuple, less: tuple, weights: tuple, method: str, alpha: float
) -> None:
    dominated = tuple(min(pair) for pair in zip(row, less, strict=True))
    better, worse = order(scored([row, dominated], weights, method, alpha))
    assert better <= worse


@settings(deadline=None)
@given(rows=TABLE, more=ROW, weights=HEAVY, method=METHOD, alpha=ALPHA)
def test_neither_the_order_of_rows_nor_another_row_changes_a_score(
    rows: list, more: tuple, weights: tuple, method: str, alpha: float
) -> None:
    one = scored(rows, weights, method, alpha).tolist()
    assert scored([more, *reversed(rows)], weights, method, alpha).tolist()[1:] == one[::-1]


@settings(deadline=None)
@given(rows=TABLE, weights=HEAVY, method=METHOD, alpha=ALPHA)
def test_a_score_lies_between_the_least_and_the_greatest_value(
    rows: list, weights: tuple, method: str, alpha: float
) -> None:
    for row, score in zip(rows, scored(rows, weights, method, alpha), strict=True):
        assert min(row) - 1e-12 <= score <= max(row) + 1e-12


@settings(deadline=None)
@given(row=ROW, weights=HEAVY)
def test_a_more_cautious_average_is_never_higher(row: tuple, weights: tuple) -> None:
    found = [scored([row], weights, "owa", alpha).iloc[0] for alpha in (0.2, 0.5, 1.0, 2.0, 5.0)]
    assert all(after <= before + 1e-12 for before, after in pairwise(found))


@settings(deadline=None)
@given(row=ROW, weights=HEAVY, alpha=ALPHA)
def test_every_method_agrees_with_its_formula_written_out(row: tuple, weights: tuple, alpha: float) -> None:
    shares = [weight / sum(weights) for weight in weights]
    product = math.prod(value**share for value, share in zip(row, shares, strict=True))
    near = math.dist([0] * 3, [s * v for s, v in zip(shares, row, strict=True)])
    far = math.dist(shares, [s * v for s, v in zip(shares, row, strict=True)])
    # the area under Q of the weight of all that is at least as good: the other way to write owa
    steps = sorted({0.0, *row})
    reached = [sum(s for s, v in zip(shares, row, strict=True) if v >= step) ** alpha for step in steps[1:]]
    layers = sum((high - low) * share for low, high, share in zip(steps, steps[1:], reached, strict=False))
    expected = {"wpm": product, "topsis": near / (near + far), "owa": layers}
    for method, score in expected.items():
        assert scored([row], weights, method, alpha).iloc[0] == pytest.approx(score, abs=1e-12)


# ---- textbook TOPSIS on raw columns
def test_textbook_topsis_by_hand() -> None:
    # vector: roots √(3²+4²) = 5 and √(8²+6²) = 10; columns .6 .8 and .8 .6; equal weights, second a cost
    # first row: worst on both (gain .3 < .4, cost .4 > .3) -> 0, the other 1
    raw = pd.DataFrame({"gain": [3.0, 4.0], "cost": [8.0, 6.0]})
    assert topsis_raw(raw, [1, 1], [1, -1]).tolist() == [0, 1]
    # both gains: each is best on one: .3/.4 and .4/.3: distances .1 and .1 -> 1/2 each
    assert topsis_raw(raw, [1, 1], [1, 1]).tolist() == pytest.approx([0.5, 0.5])
    assert normalised(raw, {"gain": 1, "cost": -1}, normalise="vector").to_numpy() == pytest.approx(
        np.array([[0.6, 0.8], [0.8, 0.6]])
    )


def test_columns_are_normalised_as_named() -> None:
    raw, types = pd.DataFrame({"gain": [1.0, 2.0, 5.0], "cost": [1.0, 2.0, 4.0]}), {"gain": 1, "cost": -1}

    def table(normalise: str) -> dict:
        return {name: column.tolist() for name, column in normalised(raw, types, normalise=normalise).items()}

    assert table("minmax") == {"gain": [0, 0.25, 1], "cost": pytest.approx([1, 2 / 3, 0])}
    assert table("max") == {"gain": pytest.approx([0.2, 0.4, 1]), "cost": [1, 0.5, 0.25]}
    # 1/x sums to 1.75
    assert table("sum") == {"gain": pytest.approx([1 / 8, 1 / 4, 5 / 8]), "cost": pytest.approx([4 / 7, 2 / 7, 1 / 7])}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"normalise": "range"}, "normalise"),
        ({"types": [1, 2]}, "types"),
        ({"types": {"gain": 1}}, "types"),
        ({"weights": [1]}, "weights"),
        ({"weights": [0, 0]}, "weights"),
        ({"matrix": pd.DataFrame({"gain": [1.0, np.nan], "cost": [1.0, 2.0]})}, "matrix"),
        ({"matrix": pd.DataFrame({"gain": [1.0, 1.0], "cost": [2.0, 2.0]})}, "matrix"),
        ({"matrix": pd.DataFrame({"gain": [0.0, 0.0], "cost": [2.0, 1.0]})}, "gain"),
    ],
)
def test_unusable_arguments_are_named(change: dict, told: str) -> None:
    raw = pd.DataFrame({"gain": [1.0, 2.0], "cost": [2.0, 1.0]})
    arguments = {"matrix": raw, "weights": [1, 1], "types": [1, -1], **change}
    with pytest.raises(ValueError, match=told):
        topsis_raw(
            arguments["matrix"],
            arguments["weights"],
            arguments["types"],
            normalise=arguments.get("normalise", "vector"),
        )
