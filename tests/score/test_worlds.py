"""Other values that the data might have had: own errors, one factor on travel, one on prices."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest

from siting.score.acceptability import acceptability_of
from siting.score.rank import rank
from siting.score.worlds import World, data_worlds, factor_worlds, filled, price_worlds, scored

RAW = pd.DataFrame({"walk": [10.0, 20.0, np.nan], "pipes": [100.0, 0.0, 50.0]}, index=["A", "B", "C"])


@dataclass(frozen=True)
class Rule:
    """A criterion as ranking knows it."""

    name: str
    worst: float
    best: float
    weight: float


RULES = (Rule("walk", 60, 0, 3), Rule("pipes", 200, 0, 1))


def joined(worlds: list[World], name: str) -> np.ndarray:
    """Return all draws of a column."""
    return np.vstack([world[name] for world in worlds])


def test_each_parcel_has_an_error_of_its_own_within_the_stated_width() -> None:
    found = joined(list(data_worlds(RAW, {"walk": 0.1}, draws=4000, seed=1)), "walk")
    assert found.shape == (4000, 3)
    errors = found[:, :2] / np.array([10.0, 20.0]) - 1
    for column in errors.T:
        assert kstest(column, "uniform", args=(-0.1, 0.2)).statistic < 1.95 / np.sqrt(4000)
    assert abs(np.corrcoef(errors.T)[0, 1]) < 0.05
    assert abs(np.corrcoef(errors[1:, 0], errors[:-1, 0])[0, 1]) < 0.05
    assert np.isnan(found[:, 2]).all()


def test_errors_of_two_columns_are_independent() -> None:
    worlds = list(data_worlds(RAW, {"walk": 0.1, "pipes": 0.1}, draws=4000, seed=1))
    assert abs(np.corrcoef(joined(worlds, "walk")[:, 0], joined(worlds, "pipes")[:, 0])[0, 1]) < 0.05


def test_a_column_without_a_width_stays_as_it_is() -> None:
    (world,) = data_worlds(RAW, {"walk": 0.1}, draws=10, seed=1)
    assert world["pipes"].tolist() == [[100.0, 0.0, 50.0]]


def test_a_fixed_cell_is_not_touched() -> None:
    fixed = pd.DataFrame({"walk": [True, False, False]}, index=["A", "B", "C"])
    (world,) = data_worlds(RAW, {"walk": 0.1}, draws=10, seed=1, fixed=fixed)
    assert (world["walk"][:, 0] == 10).all()
    assert (world["walk"][:, 1] != 20).all()


@settings(deadline=None, max_examples=30)
@given(data=st.data(), seed=st.integers(0, 99))
def test_neither_other_parcels_nor_their_order_change_a_parcels_error(data: st.DataObject, seed: int) -> None:
    ids = data.draw(st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=6, unique=True))
    raw = pd.DataFrame({"walk": np.arange(1.0, len(ids) + 1)}, index=ids)
    some = raw.loc[data.draw(st.lists(st.sampled_from(ids), min_size=1, unique=True))]
    whole = joined(list(data_worlds(raw, {"walk": 0.2}, draws=5, seed=seed)), "walk")
    part = joined(list(data_worlds(some, {"walk": 0.2}, draws=5, seed=seed)), "walk")
    assert (part == whole[:, [ids.index(each) for each in some.index]]).all()


def test_draws_do_not_hang_on_how_they_are_cut_into_blocks() -> None:
    many = pd.DataFrame({"walk": np.ones(140_000)}, index=[f"P{number}" for number in range(140_000)])
    blocks = list(data_worlds(many, {"walk": 0.2}, draws=3, seed=1))
    alone = joined(list(data_worlds(many.iloc[[7]], {"walk": 0.2}, draws=3, seed=1)), "walk")
    assert len(blocks) == 3
    assert (joined(blocks, "walk")[:, [7]] == alone).all()


def test_one_factor_moves_all_parcels_along_straight_lines() -> None:
    # at .5 twice the time, at 2 half of it
    tables = {0.5: RAW[["walk"]] * 2, 1.0: RAW[["walk"]], 2.0: RAW[["walk"]] / 2}
    found = joined(list(factor_worlds(tables, draws=3000, seed=1)), "walk")
    assert found[:, 1] == pytest.approx(2 * found[:, 0])
    # a factor f < 1 gives 10 + 10 (1 - f) / .5, and f > 1 gives 10 - 5 (f - 1)
    slow, fast = found[found[:, 0] > 10, 0], found[found[:, 0] < 10, 0]
    assert len(slow) / 3000 == pytest.approx(0.5 / 1.5, abs=0.03)
    factors = np.concatenate([1 - (slow - 10) / 20, 1 + (10 - fast) / 5])
    assert kstest(factors, "uniform", args=(0.5, 1.5)).statistic < 1.95 / np.sqrt(3000)
    assert np.isnan(found[:, 2]).all()


def test_a_cell_missing_at_one_end_is_taken_from_the_nearer_table() -> None:
    low = pd.DataFrame({"walk": [np.nan]}, index=["A"])
    one, high = pd.DataFrame({"walk": [40.0]}, index=["A"]), pd.DataFrame({"walk": [30.0]}, index=["A"])
    found = joined(list(factor_worlds({0.8: low, 1.0: one, 1.2: high}, draws=2000, seed=1)), "walk")[:, 0]
    # missing below .9, 40 up to 1, then between 40 and 30
    assert np.isnan(found).mean() == pytest.approx(0.25, abs=0.03)
    assert (found == 40).mean() == pytest.approx(0.25, abs=0.03)
    assert np.nanmin(found) >= 30


def test_prices_move_together() -> None:
    found = list(price_worlds(RAW, {"pipes": 0.3}, draws=2000, seed=1))
    pipes = joined(found, "pipes")
    assert pipes[:, 2] == pytest.approx(pipes[:, 0] / 2)
    assert (pipes[:, 1] == 0).all()
    assert kstest(pipes[:, 0] / 100, "uniform", args=(0.7, 0.6)).statistic < 1.95 / np.sqrt(2000)
    assert np.array_equal(found[0]["walk"], [[10.0, 20.0, np.nan]], equal_nan=True)


def test_scores_of_worlds_are_those_of_the_ranking() -> None:
    penalty = pd.Series({"A": 0.9, "B": 1.0, "C": 1.0})
    worlds = list(data_worlds(RAW, {"walk": 0.5}, draws=20, seed=3))
    found = np.vstack(list(scored(worlds, RULES, RAW.index, penalty=penalty)))
    for walk, scores in zip(joined(worlds, "walk"), found, strict=True):
        expected = rank(RAW.assign(walk=walk), RULES)["score"] * penalty
        assert scores == pytest.approx(expected.to_numpy(), abs=2e-9, nan_ok=True)


def test_a_sure_lead_holds_in_every_world_and_a_narrow_one_in_half() -> None:
    raw = pd.DataFrame({"walk": [10.0, 50.0, 50.0], "pipes": 0.0}, index=["A", "B", "C"])
    worlds = data_worlds(raw, {"walk": 0.1}, draws=4000, seed=1)
    found = acceptability_of(scored(worlds, RULES, raw.index), raw.index, top=2)
    assert found.draws == 4000
    assert found.table["p_first"].to_dict() == {"A": 1, "B": 0, "C": 0}
    assert found.table["p_top"].to_list() == pytest.approx([1, 0.5, 0.5], abs=0.03)


def test_a_common_factor_leaves_ranks_of_one_criterion_as_they_are() -> None:
    raw = pd.DataFrame({"walk": [10.0, 20.0, 30.0]}, index=["A", "B", "C"])
    worlds = factor_worlds({0.8: raw / 0.8, 1.0: raw, 1.25: raw / 1.25}, draws=300, seed=1)
    found = acceptability_of(scored(worlds, RULES[:1], raw.index), raw.index)
    assert found.table["rank_best"].to_list() == found.table["rank_worst"].to_list() == [1, 2, 3]


def test_nothing_within_the_limit_is_filled_with_the_number_it_stands_for() -> None:
    beyond = pd.DataFrame({"walk": [False, False, True]}, index=["A", "B", "C"])
    found = filled(RAW, beyond, {"walk": 60.0})
    assert found["walk"].to_list() == [10, 20, 60]
    assert RAW["walk"].isna().sum() == 1
    scores = next(scored(data_worlds(found, {"pipes": 0.5}, draws=2, seed=1), RULES[:1], RAW.index))
    assert (scores[:, 2] == 0).all()


THREE = {0.8: RAW, 1.0: RAW, 1.25: RAW}


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: data_worlds(RAW, {"none": 0.1}, draws=1, seed=1), "half_width"),
        (lambda: data_worlds(RAW, {"walk": 1.1}, draws=1, seed=1), "half_width"),
        (lambda: data_worlds(RAW, {}, draws=1, seed=1), "half_width"),
        (lambda: data_worlds(RAW, {"walk": 0.1}, draws=0, seed=1), "draws"),
        (lambda: data_worlds(RAW.set_axis([1, "1", 2]), {"walk": 0.1}, draws=1, seed=1), "raw"),
        (lambda: price_worlds(RAW, {"walk": -0.1}, draws=1, seed=1), "half_width"),
        (lambda: price_worlds(RAW, {"walk": 0.1}, draws=1, seed=-1), "seed"),
        (lambda: factor_worlds({1.0: RAW}, draws=1, seed=1), "tables"),
        (lambda: factor_worlds({0.8: RAW, 1.1: RAW, 1.25: RAW}, draws=1, seed=1), "tables"),
        (lambda: factor_worlds(THREE | {0.8: RAW.iloc[:2]}, draws=1, seed=1), "tables"),
        (lambda: scored([{"walk": np.ones((1, 2))}], RULES[:1], RAW.index), "worlds"),
        (lambda: scored([{"walk": np.ones((1, 3))}], RULES, RAW.index), "pipes"),
        (lambda: scored([], [Rule("walk", 60, 0, 0)], RAW.index), "weights"),
    ],
)
def test_a_wrong_argument_is_named(call: object, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        list(call())  # type: ignore[operator]
