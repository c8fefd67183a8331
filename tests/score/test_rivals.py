"""The nearest rival and the weight that would bring it past; how often one parcel is ahead of another."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.score.acceptability import acceptability
from siting.score.combine import combine
from siting.score.rivals import nearest_rivals, pairwise

TWO = pd.DataFrame({"jobs": [1.0, 0.2], "school": [0.0, 1.0]}, index=["A", "B"])
UNIT = st.integers(0, 20).map(lambda n: n / 20)
ROWS = st.lists(st.tuples(UNIT, UNIT, UNIT), min_size=2, max_size=8)
WEIGHTS = st.tuples(*[st.integers(1, 9)] * 3)
PENALTIES = st.lists(st.sampled_from([1.0, 0.9, 0.5]), min_size=8, max_size=8)


def test_two_parcels_swap_at_the_weight_worked_out_on_paper() -> None:
    # V_A = .6, V_B = .6 x .2 + .4 = .52; on jobs delta = .08 / (.2 - 1) = -.1, on school .08 / (1 - 0) = .08
    # beside the weight: .1 / .6 = .167 against .08 / .4 = .2, so jobs: (.6 - .1) / (1 - .1) = .5555
    found = nearest_rivals(TWO, {"jobs": 3, "school": 2})
    row = found.loc["A"]
    assert row[["rival", "side", "criterion"]].to_list() == ["B", "behind", "jobs"]
    assert row[["weight_now", "weight_then", "change"]].to_list() == pytest.approx([0.6, 5 / 9, 5 / 9 - 0.6])
    assert found.loc["B", ["rival", "side"]].to_list() == ["A", "ahead"]
    level = combine(TWO, {"jobs": 5 / 9, "school": 4 / 9})
    assert level["A"] == pytest.approx(level["B"])


def test_a_parcel_that_is_better_throughout_has_no_rival() -> None:
    rows = pd.DataFrame({"jobs": [0.9, 0.5], "school": [0.9, 0.9]}, index=["A", "B"])
    found = nearest_rivals(rows, {"jobs": 1, "school": 1})
    # at no weight of jobs they are level, but nothing beyond zero would swap them
    assert found.isna().all(axis=None)


def test_level_parcels_swap_at_once() -> None:
    rows = pd.DataFrame({"jobs": [0.4, 0.6], "school": [0.6, 0.4]}, index=["A", "B"])
    found = nearest_rivals(rows, {"jobs": 1, "school": 1})
    assert found["change"].to_list() == [0, 0]
    assert found["rival"].to_list() == ["B", "A"]


def test_a_penalty_brings_a_rival_nearer() -> None:
    # .9 x .6 = .54 against .52: delta on jobs .02 / (.2 - .9) = -.0286
    penalty = pd.Series({"A": 0.9, "B": 1.0})
    found = nearest_rivals(TWO, {"jobs": 3, "school": 2}, penalty=penalty).loc["A"]
    delta = 0.02 / (0.2 - 0.9)
    assert found["weight_then"] == pytest.approx((0.6 + delta) / (1 + delta))


def test_only_the_next_ones_are_looked_at() -> None:
    # B and C are never better than A on any weight; D is, but stands three places behind
    rows = pd.DataFrame({"jobs": [1.0, 0.8, 0.79, 0.0], "school": [0.5, 0.5, 0.5, 0.89]}, index=["A", "B", "C", "D"])
    weights = {"jobs": 1, "school": 2}
    assert nearest_rivals(rows, weights, within=5).loc["A", "rival"] == "D"
    assert nearest_rivals(rows, weights, within=2).loc["A"].isna().all()


def test_a_gap_in_the_data_leaves_no_rival() -> None:
    rows = pd.concat([TWO, pd.DataFrame({"jobs": [np.nan], "school": [1.0]}, index=["C"])])
    found = nearest_rivals(rows, {"jobs": 3, "school": 2})
    assert found.loc["C"].isna().all()
    assert found.drop("C").equals(nearest_rivals(TWO, {"jobs": 3, "school": 2}))
    assert nearest_rivals(TWO.iloc[:1], {"jobs": 3, "school": 2}).isna().all(axis=None)


def changed(weights: dict[str, float], criterion: str, delta: float) -> dict[str, float]:
    """Return weights with one of them moved."""
    total = sum(weights.values())
    return {name: weight / total + (delta if name == criterion else 0) for name, weight in weights.items()}


def brute(values: pd.DataFrame, weights: dict[str, float], penalty: pd.Series, own: str) -> float:
    """Return the least |delta| / w that makes any other parcel level with one, by every pair and criterion."""
    total, least = sum(weights.values()), np.inf
    scores = combine(values, weights) * penalty
    for other in values.index.drop(own):
        for name in values.columns:
            gap = scores[own] - scores[other]
            lean = penalty[other] * values.loc[other, name] - penalty[own] * values.loc[own, name]
            gap = 0.0 if abs(gap) < 1e-12 else gap
            if lean != 0 and weights[name] / total + gap / lean > 1e-9:
                least = min(least, abs(gap / lean) / (weights[name] / total))
    return least


@settings(deadline=None, max_examples=60)
@given(rows=ROWS, weighed=WEIGHTS, factors=PENALTIES)
def test_the_change_swaps_the_two_and_no_smaller_one_would(rows: list, weighed: tuple, factors: list) -> None:
    values = pd.DataFrame(rows, columns=list("abc"), index=[f"P{number}" for number in range(len(rows))])
    weights = dict(zip("abc", map(float, weighed), strict=True))
    penalty = pd.Series(factors[: len(rows)], values.index)
    found = nearest_rivals(values, weights, within=10, penalty=penalty)
    before = combine(values, weights) * penalty
    for parcel, row in found.iterrows():
        least = brute(values, weights, penalty, str(parcel))
        if row["rival"] is None:
            assert least == np.inf
            continue
        now, then = row["weight_now"], row["weight_then"]
        # undo the normalising: (w + delta) / (1 + delta) = then
        delta = (then - now) / (1 - then)
        assert abs(delta) / now == pytest.approx(least, abs=1e-9)
        assert row["change"] == pytest.approx(then - now)
        if abs(delta) < 1e-9:
            continue
        gaps = []
        for step in (1 - 1e-4, 1 + 1e-4):
            scores = combine(values, changed(weights, row["criterion"], delta * step)) * penalty
            gaps.append(scores[parcel] - scores[row["rival"]])
        assert gaps[0] * gaps[1] < 0
        assert gaps[0] * (before[parcel] - before[row["rival"]]) > 0
        assert (before[parcel] > before[row["rival"]]) == (row["side"] == "behind")


@settings(deadline=None, max_examples=30)
@given(rows=ROWS, weighed=WEIGHTS, data=st.data())
def test_the_order_of_rows_changes_no_rival(rows: list, weighed: tuple, data: st.DataObject) -> None:
    values = pd.DataFrame(rows, columns=list("abc"), index=[f"P{number}" for number in range(len(rows))])
    weights = dict(zip("abc", weighed, strict=True))
    mixed = values.loc[data.draw(st.permutations(list(values.index)))]
    assert nearest_rivals(mixed, weights).loc[values.index].equals(nearest_rivals(values, weights))


def test_pairwise_shares_are_worked_out_on_paper() -> None:
    # A ahead of B where w > .2 w + 1 - w, that is w > 1 / 1.8
    found = pairwise(TWO, [("A", "B"), ("B", "A"), ("A", "A")], draws=20_000)
    assert found["p_ahead"].to_list() == pytest.approx([0.8 / 1.8, 1 / 1.8, 0], abs=0.015)
    assert found["p_level"].to_list() == [0, 0, 1]
    assert found[["parcel", "rival"]].to_numpy().tolist() == [["A", "B"], ["B", "A"], ["A", "A"]]


def test_pairwise_agrees_with_the_shares_of_ranks() -> None:
    weights = {"jobs": 2, "school": 1}
    whole = acceptability(TWO, weights, kind="ordered", draws=700)
    found = pairwise(TWO, [("A", "B")], weights, kind="ordered", draws=700)
    assert found["p_ahead"].iloc[0] == whole.table.loc["A", "p_first"]


def test_a_pair_with_a_gap_is_missing_and_an_unknown_one_refused() -> None:
    rows = pd.concat([pd.DataFrame({"jobs": [np.nan], "school": [1.0]}, index=["C"]), TWO])
    found = pairwise(rows, [("A", "C"), ("A", "B")], draws=100)
    assert found["p_ahead"].isna().to_list() == [True, False]
    assert found["p_ahead"].iloc[1] == pairwise(TWO, [("A", "B")], draws=100)["p_ahead"].iloc[0]
    with pytest.raises(ValueError, match="pairs"):
        pairwise(rows, [("A", "X")], draws=10)
    assert pairwise(rows, [], draws=10).empty


def test_within_must_be_one_or_more() -> None:
    with pytest.raises(ValueError, match="within"):
        nearest_rivals(TWO, {"jobs": 1, "school": 1}, within=0)
