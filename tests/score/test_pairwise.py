"""Comparing criteria two by two: weights, consistency, and who contradicts where."""

import math
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.score import weigh
from siting.score.pairwise import RANDOM_INDEX, worst_triad

NAMES = ["jobs", "school", "grid"]


def ahp(matrix: object, names: list[str] | None = None) -> object:
    return weigh(method="ahp", names=names, pairwise=matrix)


def reciprocal(upper: list[float], size: int) -> list[list[float]]:
    """Return the square matrix of the judgements above its diagonal, row by row."""
    matrix = [[1.0] * size for _ in range(size)]
    for (i, j), times in zip(combinations(range(size), 2), upper, strict=True):
        matrix[i][j], matrix[j][i] = times, 1 / times
    return matrix


def test_consistent_judgements_give_their_own_weights_and_no_contradiction() -> None:
    # jobs 2 school, school 2 grid, jobs 4 grid: 4 : 2 : 1
    found = ahp([[1, 2, 4], [1 / 2, 1, 2], [1 / 4, 1 / 2, 1]], NAMES)
    assert found.weights.tolist() == pytest.approx([4 / 7, 2 / 7, 1 / 7])
    assert found.consistency == pytest.approx(0, abs=1e-12)
    assert found.consistency >= 0
    assert found.notes == ()


def test_three_criteria_have_a_closed_form() -> None:
    # for n = 3 the eigenvector is the geometric mean of the rows, and λ = 1 + g + 1/g with g = cube root of
    # a_ij a_jk / a_ik: 3, 5, 1/2 ... rows (1·3·5), (1/3·1·4), (1/5·1/4·1)
    found = ahp(reciprocal([3, 5, 4], 3), NAMES)
    rows = [15 ** (1 / 3), (4 / 3) ** (1 / 3), (1 / 20) ** (1 / 3)]
    assert found.weights.tolist() == pytest.approx([each / sum(rows) for each in rows])
    g = (3 * 4 / 5) ** (1 / 3)
    assert found.consistency == pytest.approx((1 + g + 1 / g - 3) / 2 / 0.58)


def test_one_or_two_criteria_cannot_contradict_and_more_than_ten_are_refused() -> None:
    assert ahp([[1, 3], [1 / 3, 1]], ["a", "b"]).weights.tolist() == pytest.approx([0.75, 0.25])
    assert ahp([[1, 3], [1 / 3, 1]], ["a", "b"]).consistency == 0
    assert ahp([[1]], ["a"]).weights.tolist() == [1]
    ten = [f"c{at}" for at in range(11)]
    assert ahp(np.ones((10, 10)), ten[:10]).weights.tolist() == pytest.approx([0.1] * 10)
    with pytest.raises(ValueError, match="group"):
        ahp(np.ones((11, 11)), ten)


def test_the_worst_triad_is_named_with_what_two_judgements_imply_for_the_third() -> None:
    # a:b 2, b:c 2, a:c 4 agree; d is half of c by c:d 2, but a:d says 1 where a:c · c:d says 8 (b:d 4: 2·4 = 8 too)
    matrix = reciprocal([2, 4, 1, 2, 4, 2], 4)
    found = worst_triad(matrix, list("abcd"))
    assert (found.names, found.stated, found.implied) == (("a", "b", "d"), 1, 8)
    (note,) = ahp(matrix, list("abcd")).notes
    assert note.values == {"ids": "a, b, d", "better": "a/d: 1 → 8"}
    assert float(note.found) > 0.1
    assert "a, b, d" in note.line("zh")


def test_judges_are_joined_by_the_geometric_mean_and_the_contradictory_one_is_named() -> None:
    # 2 and 8 join to 4
    judges = {"甲": [[1, 2], [1 / 2, 1]], "乙": [[1, 8], [1 / 8, 1]]}
    assert ahp(judges, ["a", "b"]).weights.tolist() == pytest.approx([0.8, 0.2])
    assert ahp(list(judges.values()), ["a", "b"]).weights.tolist() == pytest.approx([0.8, 0.2])
    sound, circular = reciprocal([2, 4, 2], 3), reciprocal([9, 1 / 9, 9], 3)
    notes = ahp({"甲": sound, "乙": circular}, NAMES).notes
    assert [note.where for note in notes] == ["乙", "*"]
    assert [note.where for note in ahp([circular], NAMES).notes] == ["1"]


def test_a_table_carries_its_names() -> None:
    table = pd.DataFrame([[1, 3], [1 / 3, 1]], index=["a", "b"], columns=["a", "b"])
    assert ahp(table).weights.to_dict() == pytest.approx({"a": 0.75, "b": 0.25})
    assert ahp(table.loc[:, ["b", "a"]], ["b", "a"]).weights.to_dict() == pytest.approx({"b": 0.25, "a": 0.75})


@pytest.mark.parametrize(
    ("matrix", "told"),
    [
        ([[1, 2], [2, 1]], "reciprocal"),
        ([[2, 2], [1 / 2, 1]], "reciprocal"),
        ([[1, -2], [-1 / 2, 1]], "above 0"),
        ([[1, math.nan], [1, 1]], "finite"),
        ([[1, 2, 3], [1 / 2, 1, 2]], "square"),
        ([], "pairwise"),
        ({}, "pairwise"),
        (pd.DataFrame([[1, 1], [1, 1]], index=["a", "b"], columns=["a", "c"]), "pairwise"),
    ],
)
def test_matrices_that_are_no_comparisons_are_refused(matrix: object, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        ahp(matrix, ["a", "b"])


SAATY = st.sampled_from([1 / n for n in range(9, 1, -1)] + list(range(1, 10)))


@st.composite
def judged(draw: st.DrawFn) -> list[list[float]]:
    size = draw(st.integers(3, 6))
    return reciprocal([draw(SAATY) for _ in range(size * (size - 1) // 2)], size)


@settings(deadline=None)
@given(matrix=judged())
def test_numpy_finds_the_same_eigenvector_and_ratio(matrix: list[list[float]]) -> None:
    size = len(matrix)
    roots, vectors = np.linalg.eig(np.array(matrix))
    at = int(np.argmax(roots.real))
    vector = np.abs(vectors[:, at].real)
    found = ahp(matrix, [f"c{i}" for i in range(size)])
    assert found.weights.tolist() == pytest.approx((vector / vector.sum()).tolist(), abs=1e-9)
    ratio = (roots[at].real - size) / (size - 1) / RANDOM_INDEX[size]
    assert found.consistency == pytest.approx(max(ratio, 0), abs=1e-9)
    assert bool(found.notes) == (found.consistency > 0.1)


@settings(deadline=None)
@given(weights=st.lists(st.integers(1, 30), min_size=2, max_size=8))
def test_weights_come_back_from_their_own_ratios(weights: list[int]) -> None:
    matrix = [[a / b for b in weights] for a in weights]
    found = ahp(matrix, [f"c{i}" for i in range(len(weights))])
    assert found.weights.tolist() == pytest.approx([each / sum(weights) for each in weights])
    assert found.notes == ()


@settings(deadline=None)
@given(matrix=judged(), other=judged(), data=st.data())
def test_the_order_of_names_and_of_judges_changes_no_bit(matrix: list, other: list, data: st.DataObject) -> None:
    names = [f"c{i}" for i in range(len(matrix))]
    judges = [matrix, other] if len(other) == len(matrix) else [matrix]
    one = ahp(judges, names)
    turn = data.draw(st.permutations(range(len(names))))
    tables = [pd.DataFrame(each, index=names, columns=names).iloc[turn, turn] for each in reversed(judges)]
    again = ahp(tables, [names[at] for at in turn])
    assert again.weights.loc[names].tolist() == one.weights.tolist()
    assert again.consistency == one.consistency


@settings(deadline=None)
@given(matrix=judged())
def test_no_triad_contradicts_more_than_the_one_named(matrix: list[list[float]]) -> None:
    names = [f"c{i}" for i in range(len(matrix))]
    found = worst_triad(matrix, names)
    named = abs(math.log(found.implied / found.stated))
    gaps = [abs(math.log(matrix[i][j] * matrix[j][k] / matrix[i][k])) for i, j, k in combinations(range(len(names)), 3)]
    assert named == pytest.approx(max(gaps), abs=1e-8)
