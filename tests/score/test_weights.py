"""Weights from points, swings, orders and the candidates' spread; the one door to all of them."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.base.weights_settings import WeightsBlock
from siting.score import weigh, weights_of


def shares(**judgements: object) -> dict[str, float]:
    return weigh(**judgements).weights.to_dict()


def test_points_become_shares() -> None:
    assert shares(method="direct", points={"jobs": 3, "school": 1}) == {"jobs": 0.75, "school": 0.25}
    assert shares(method="direct", names=["jobs", "school"], points=[3, 1]) == {"jobs": 0.75, "school": 0.25}
    assert list(shares(method="direct", names=["school", "jobs"], points={"jobs": 3, "school": 1})) == [
        "school",
        "jobs",
    ]


def test_swings_are_judged_against_the_one_of_a_hundred() -> None:
    # 100 + 60 + 40 = 200
    found = shares(method="swing", points={"jobs": 100, "school": 60, "grid": 40})
    assert found == {"jobs": 0.5, "school": 0.3, "grid": 0.2}


def test_an_order_gives_the_centroid_of_the_weights_that_agree_with_it() -> None:
    # n = 3: (1 + 1/2 + 1/3)/3, (1/2 + 1/3)/3, (1/3)/3
    assert shares(method="rank_order", order=["a", "b", "c"]) == pytest.approx({"a": 11 / 18, "b": 5 / 18, "c": 2 / 18})
    # b and c equal: the mean of places 2 and 3 of four: (13/48 + 7/48)/2 = 10/48
    found = shares(method="rank_order", order=["a", ["b", "c"], "d"])
    assert found == pytest.approx({"a": 25 / 48, "b": 10 / 48, "c": 10 / 48, "d": 3 / 48})
    assert found["b"] == found["c"]


def test_the_centroid_is_the_mean_of_random_weights_in_that_order() -> None:
    drawn = np.sort(np.random.default_rng(5).dirichlet(np.ones(4), 200_000), axis=1)[:, ::-1].mean(axis=0)
    assert list(shares(method="rank_order", order=list("abcd")).values()) == pytest.approx(drawn, abs=2e-3)


def test_entropy_by_hand_and_a_note_that_it_is_only_shown() -> None:
    # a: shares 1/2 1/2, e = 1; b: 1/4 3/4, e = 2 - 3/4 log2 3; all weight on b
    found = weigh(method="entropy", matrix=pd.DataFrame({"a": [1.0, 1.0], "b": [1.0, 3.0]}))
    assert found.weights.to_dict() == {"a": 0, "b": 1}
    assert [note.code for note in found.notes] == ["weights_shown_only"]
    assert found.notes[0].level == "note"
    assert found.consistency is None
    # c: 1/8 7/8, e = 0.5436; 1 - e of b is 0.1887
    three = weigh(method="entropy", matrix=pd.DataFrame({"b": [1.0, 3.0], "c": [1.0, 7.0]})).weights
    assert three["c"] / three["b"] == pytest.approx(0.456436 / 0.188722, rel=1e-5)


def test_critic_by_hand() -> None:
    # stretched: a 0 .5 1, b 0 1 .5, c 1 .5 0; Σ² about the mean .5 each; r_ab = .5, r_ac = -1, r_bc = -.5
    # a: .5 + 2, b: .5 + 1.5, c: 2 + 1.5 of 8
    raw = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [10.0, 30.0, 20.0], "c": [3.0, 2.0, 1.0]})
    assert shares(method="critic", matrix=raw) == pytest.approx({"a": 2.5 / 8, "b": 2 / 8, "c": 3.5 / 8})


def test_a_flat_column_has_no_weight_by_critic_and_none_of_them_is_an_error() -> None:
    raw = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [1.0, 3.0, 2.0], "flat": [5.0, 5.0, 5.0]})
    found = shares(method="critic", matrix=raw)
    assert found == {"a": 0.5, "b": 0.5, "flat": 0}
    for method in ("critic", "entropy"):
        with pytest.raises(ValueError, match="matrix"):
            weigh(method=method, matrix=raw[["flat"]])


@pytest.mark.parametrize(
    ("judgements", "told"),
    [
        ({"method": "guess", "points": {"a": 1}}, "guess"),
        ({"method": "direct"}, "points"),
        ({"method": "direct", "points": {"a": 1}, "order": ["a"]}, "order"),
        ({"method": "direct", "points": {"a": -1, "b": 2}}, "points"),
        ({"method": "direct", "points": {"a": 0, "b": 0}}, "points"),
        ({"method": "direct", "points": {"a": math.nan}}, "points"),
        ({"method": "direct", "points": {"a": 1}, "names": ["a", "b"]}, "points"),
        ({"method": "direct", "points": [1, 2], "names": ["a"]}, "points"),
        ({"method": "direct", "points": {}}, "names"),
        ({"method": "direct", "points": [1, 2], "names": ["a", "a"]}, "names"),
        ({"method": "swing", "points": {"a": 90, "b": 10}}, "100"),
        ({"method": "swing", "points": {"a": 110, "b": 100}}, "100"),
        ({"method": "rank_order", "order": ["a", ["a", "b"]]}, "names"),
        ({"method": "rank_order", "order": "ab"}, "names"),
        ({"method": "rank_order", "order": ["a"], "names": ["a", "b"]}, "order"),
        ({"method": "entropy", "matrix": pd.DataFrame({"a": [1.0]})}, "matrix"),
        ({"method": "entropy", "matrix": pd.DataFrame({"a": [1.0, -2.0]})}, "matrix"),
        ({"method": "critic", "matrix": pd.DataFrame({"a": [1.0, math.nan]})}, "matrix"),
        ({"method": "critic", "matrix": [[1.0, 2.0], [2.0, 1.0]], "names": ["a"]}, "matrix"),
    ],
)
def test_unusable_judgements_are_named(judgements: dict, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        weigh(**judgements)


POINTS = st.lists(st.integers(0, 100), min_size=1, max_size=7).filter(any)


@settings(deadline=None)
@given(points=POINTS, factor=st.sampled_from([3.0, 1000.0, 1 / 7]))
def test_shares_add_up_to_one_keep_the_proportions_and_ignore_the_scale(points: list[int], factor: float) -> None:
    names = [f"c{at}" for at in range(len(points))]
    one = weigh(method="direct", names=names, points=points).weights
    other = weigh(method="direct", names=names, points=[each * factor for each in points]).weights
    assert math.fsum(one) == pytest.approx(1, abs=1e-15)
    assert other.tolist() == pytest.approx(one.tolist())
    backwards = weigh(method="direct", names=names[::-1], points=points[::-1]).weights
    assert backwards.loc[names].tolist() == one.tolist()


MATRIX = st.lists(st.tuples(*[st.integers(1, 50)] * 3), min_size=3, max_size=8).filter(
    lambda rows: all(len(set(column)) > 1 for column in zip(*rows, strict=True))
)


@settings(deadline=None)
@given(rows=MATRIX)
def test_weights_by_spread_are_numpys_and_the_order_of_rows_and_columns_changes_no_bit(rows: list) -> None:
    table = pd.DataFrame(rows, columns=list("abc"), dtype=float)
    p = table / table.sum()
    entropy = 1 + (p * np.log(p)).sum() / np.log(len(table))
    assert shares(method="entropy", matrix=table) == pytest.approx((entropy / entropy.sum()).to_dict(), abs=1e-6)
    stretched = (table - table.min()) / (table.max() - table.min())
    critic = stretched.std() * (1 - np.corrcoef(stretched.T)).sum(axis=1)
    for method, expected in (("critic", critic),):
        if expected.sum() > 1e-6:
            found = weigh(method=method, matrix=table).weights
            assert found.tolist() == pytest.approx((expected / expected.sum()).tolist(), abs=1e-6)
            turned = weigh(method=method, matrix=table.iloc[::-1, ::-1]).weights
            assert turned.loc[found.index].tolist() == found.tolist()
    one, turned = (weigh(method="entropy", matrix=each).weights for each in (table, table.iloc[::-1, ::-1]))
    assert turned.loc[one.index].tolist() == one.tolist()


# ---- as siting.toml states them
NAMES = ["jobs", "school", "grid"]


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ({"method": "direct", "points": {"jobs": 2, "school": 1, "grid": 1}}, [0.5, 0.25, 0.25]),
        ({"method": "swing", "points": {"jobs": 100, "school": 60, "grid": 40}}, [0.5, 0.3, 0.2]),
        ({"method": "rank_order", "order": ["jobs", ["school", "grid"]]}, [11 / 18, 7 / 36, 7 / 36]),
        (
            {
                "method": "ahp",
                "judge": [
                    {
                        "name": "自规局",
                        "pairwise": [["jobs", "school", 2], ["grid", "jobs", 0.25], ["school", "grid", 2]],
                    }
                ],
            },
            [4 / 7, 2 / 7, 1 / 7],
        ),
        (
            {
                "method": "bwm",
                "best": "jobs",
                "worst": "grid",
                "best_to_others": {"school": 2, "grid": 4},
                "others_to_worst": {"school": 2},
            },
            [4 / 7, 2 / 7, 1 / 7],
        ),
    ],
)
def test_the_settings_give_the_weights_of_their_method(block: dict, expected: list[float]) -> None:
    found = weights_of(WeightsBlock.model_validate(block), NAMES)
    assert found.weights.index.tolist() == NAMES
    assert found.weights.tolist() == pytest.approx(expected)
    assert found.notes == ()


def test_notes_say_where_in_the_settings_the_contradiction_stands() -> None:
    pairwise = [["jobs", "school", 9], ["school", "grid", 9], ["grid", "jobs", 9]]
    block = WeightsBlock.model_validate({"method": "ahp", "judge": [{"name": "自规局", "pairwise": pairwise}]})
    (note,) = weights_of(block, NAMES).notes
    assert (note.file, note.where, note.level) == ("siting.toml", "weights.judge 自规局", "warn")
    assert "grid, jobs, school" in note.line("zh")
    # with jobs best and jobs to school 2, school to grid 2, one would expect 4, not 9
    ends = {"best": "jobs", "worst": "grid"}
    block = WeightsBlock.model_validate(
        {"method": "bwm", **ends, "best_to_others": {"school": 9, "grid": 9}, "others_to_worst": {"school": 9}}
    )
    (note,) = weights_of(block, NAMES).notes
    assert (note.file, note.where) == ("siting.toml", "weights")
    assert "jobs, school, grid" in note.line("en")


def test_pairs_that_are_missing_or_stand_twice_are_refused() -> None:
    for pairwise in ([["jobs", "school", 2]], [["jobs", "school", 2], ["school", "jobs", 2], ["jobs", "grid", 2]]):
        block = WeightsBlock.model_validate({"method": "ahp", "judge": [{"name": "a", "pairwise": pairwise}]})
        with pytest.raises(ValueError, match="pairwise"):
            weights_of(block, NAMES)
