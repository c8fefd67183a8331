"""From measured values to ranks: fixed points, weighted mean, shared ranks."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.base.settings import Condition, Criterion
from siting.score import combine, fired, order, rank, rounded, value


def test_a_value_runs_from_worst_to_best_and_stops_there() -> None:
    minutes = pd.Series([60.0, 75.0, 30.0, 0.0, -5.0])
    assert value(minutes, worst=60, best=0).tolist() == [0, 0, 0.5, 1, 1]
    assert value(pd.Series([0.0, 50.0, 200.0, 900.0]), worst=0, best=200).tolist() == [0, 0.25, 1, 1]


def test_a_missing_measure_has_no_value() -> None:
    assert value(pd.Series([np.nan]), worst=60, best=0).isna().all()


@pytest.mark.parametrize(("worst", "best"), [(5, 5), (math.nan, 1), (0, math.inf)])
def test_reference_points_must_differ_and_be_finite(worst: float, best: float) -> None:
    with pytest.raises(ValueError, match="reference points"):
        value(pd.Series([1.0]), worst=worst, best=best)


VALUES = pd.DataFrame({"school": [1.0, 0.5, np.nan], "jobs": [0.0, 0.5, 1.0]}, index=["P1", "P2", "P3"])


def test_the_score_is_the_weighted_mean_and_a_gap_leaves_none() -> None:
    found = combine(VALUES, {"school": 3, "jobs": 1})
    assert found[["P1", "P2"]].to_dict() == {"P1": 0.75, "P2": 0.5}
    assert math.isnan(found["P3"])


def test_weights_are_found_by_name_not_by_order() -> None:
    assert combine(VALUES, pd.Series({"jobs": 1, "school": 3}))["P1"] == 0.75


@pytest.mark.parametrize(
    "weights",
    [
        {"school": 1},
        {"school": -1, "jobs": 2},
        {"school": 0, "jobs": 0},
        {"school": math.nan, "jobs": 1},
        {"school": math.inf, "jobs": 1},
    ],
)
def test_weights_that_are_missing_negative_endless_or_all_zero_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="weights"):
        combine(VALUES, weights)


def test_another_method_is_refused() -> None:
    with pytest.raises(ValueError, match="vikor"):
        combine(VALUES, {"school": 1, "jobs": 1}, method="vikor")


def test_equal_scores_share_a_rank_and_the_next_is_skipped() -> None:
    assert order(pd.Series([0.5, 0.9, 0.9, 0.1])).tolist() == [3, 1, 1, 4]


def test_scores_that_differ_beyond_nine_decimals_are_equal() -> None:
    assert order(pd.Series([0.5, 0.5 + 1e-12, 0.5 - 2e-9])).tolist() == [1, 1, 3]


def test_a_missing_score_has_no_rank() -> None:
    found = order(pd.Series([np.nan, 0.4]))
    assert found.isna().tolist() == [True, False]
    assert found.iloc[1] == 1


def test_scores_are_rounded_half_up() -> None:
    assert rounded(pd.Series([0.1234567894, 0.1234567896, 0.0, 1.0])).tolist() == [0.123456789, 0.12345679, 0.0, 1.0]
    assert rounded(pd.Series([1.5e-9])).iloc[0] == 2e-9


def test_a_flag_fires_beyond_its_bound_and_not_at_it() -> None:
    column, none = pd.Series([44.0, 45.0, 46.0, np.nan]), pd.Series([False] * 4)
    assert fired(Condition(criterion="a", above=45.0), column, none).tolist() == [False, False, True, False]
    nullable = column.astype("Float64")
    assert fired(Condition(criterion="a", above=45.0), nullable, none).tolist() == [False, False, True, False]
    assert fired(Condition(criterion="a", below=45.0), column, none).tolist() == [True, False, False, False]


def test_nothing_within_the_limit_counts_as_above_every_bound_and_never_below() -> None:
    column, beyond = pd.Series([np.nan]), pd.Series([True])
    assert fired(Condition(criterion="a", above=45.0), column, beyond).tolist() == [True]
    assert fired(Condition(criterion="a", below=45.0), column, beyond).tolist() == [False]


UNIT = st.integers(0, 1000).map(lambda n: n / 1000)
TABLE = st.lists(st.tuples(UNIT, UNIT, UNIT), min_size=1, max_size=8)
WEIGHTS = st.tuples(*[st.integers(0, 9)] * 3).filter(any)


def scored(rows: list[tuple[float, float, float]], weights: tuple[float, ...]) -> pd.Series:
    """Return the scores of rows of three values."""
    return combine(pd.DataFrame(rows, columns=list("abc")), dict(zip("abc", weights, strict=True)))


@settings(deadline=None)
@given(rows=TABLE, weights=WEIGHTS, factor=st.sampled_from([0.1, 3.0, 1 / 7, 1000.0]))
def test_scaled_weights_keep_the_ranks(rows: list, weights: tuple[int, ...], factor: float) -> None:
    scaled = tuple(weight * factor for weight in weights)
    one, other = scored(rows, weights), scored(rows, scaled)
    assert other.to_list() == pytest.approx(one.to_list())
    assert order(other).equals(order(one))


@settings(deadline=None)
@given(rows=TABLE, weights=WEIGHTS, more=st.tuples(UNIT, UNIT, UNIT))
def test_another_parcel_never_changes_the_scores_of_the_others(rows: list, weights: tuple, more: tuple) -> None:
    one, other = scored(rows, weights), scored([*rows, more], weights)
    assert other.iloc[:-1].equals(one)
    before, after = order(one), order(other).iloc[:-1]
    pairs = [(i, j) for i in range(len(rows)) for j in range(len(rows))]
    assert all((before[i] < before[j]) == (after[i] < after[j]) for i, j in pairs)


@settings(deadline=None)
@given(rows=TABLE, weights=WEIGHTS)
def test_a_score_lies_between_the_least_and_the_greatest_value(rows: list, weights: tuple[int, ...]) -> None:
    for row, score in zip(rows, scored(rows, weights), strict=True):
        assert min(row) - 1e-12 <= score <= max(row) + 1e-12


@settings(deadline=None)
@given(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3), st.integers(-100, 100), st.integers(1, 100))
def test_more_of_a_good_is_never_worth_less(one: float, other: float, worst: int, span: int) -> None:
    low, high = value(pd.Series(sorted([one, other])), worst=worst, best=worst + span)
    assert 0 <= low <= high <= 1


def test_a_table_of_measures_is_ranked_by_the_criteria_with_weight() -> None:
    def criterion(name: str, worst: float, best: float, weight: float) -> Criterion:
        better = "more" if best > worst else "less"
        return Criterion(
            name=name, measure="column", of="parcels", better=better, worst=worst, best=best, weight=weight
        )

    criteria = [criterion("walk", 60, 0, 3), criterion("jobs", 0, 200, 1), criterion("view", 0, 1, 0)]
    measured = pd.DataFrame({"walk": [0.0, 30.0], "jobs": [0.0, 100.0], "view": [np.nan, 1.0]}, index=["P1", "P2"])
    found = rank(measured, criteria)
    assert found["score"].to_dict() == {"P1": 0.75, "P2": 0.5}
    assert found["rank"].to_dict() == {"P1": 1, "P2": 2}
    assert found["walk_score"].to_dict() == {"P1": 1, "P2": 0.5}
    with pytest.raises(ValueError, match="jobs"):
        rank(measured.drop(columns="jobs"), criteria)
