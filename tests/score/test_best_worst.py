"""The best-worst method: its linear model, one answer only, and the consistency of what was said."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from siting.score import Weights, weigh
from siting.score.best_worst import threshold

NAMES = ["price", "style", "safety"]


def bwm(to_others: object, to_worst: object, names: list[str] | None = None, **ends: str) -> Weights:
    return weigh(method="bwm", names=names, best_to_others=to_others, others_to_worst=to_worst, **ends)


def test_judgements_without_contradiction_give_their_own_weights() -> None:
    # 6 : 3 : 1
    found = bwm([1, 2, 6], [6, 3, 1], NAMES)
    assert found.weights.tolist() == pytest.approx([0.6, 0.3, 0.1])
    assert found.consistency == 0
    assert found.deviation == pytest.approx(0, abs=1e-9)
    assert found.notes == ()


def test_a_contradiction_is_spread_evenly() -> None:
    # style best to itself 1, price 8, safety 2: |b - 2m| = |m - 5w| = |b - 8w| = xi, b + m + w = 1:
    # b - 8w = -xi, b - 2m = -xi, m - 5w = xi -> w = 1/14, m = 4.5/14, b = 8.5/14, xi = 1/28
    found = bwm({"style": 1, "price": 8, "safety": 2}, {"style": 8, "price": 1, "safety": 5})
    assert found.weights.to_dict() == pytest.approx({"style": 8.5 / 14, "price": 1 / 14, "safety": 4.5 / 14})
    assert found.deviation == pytest.approx(1 / 28)
    # |2·5 - 8| / (64 - 8)
    assert found.consistency == pytest.approx(2 / 56)


def test_a_ratio_above_the_threshold_names_the_criterion() -> None:
    # |7·7 - 8| / 56 = 0.732 > 0.1309
    found = bwm([1, 7, 8], [8, 7, 1], NAMES)
    assert found.consistency == pytest.approx(41 / 56)
    (note,) = found.notes
    assert (note.level, note.found, note.expected) == ("warn", "0.732", "0.1309")
    assert note.values["ids"] == "price, style, safety"
    assert "7 × 7 ≠ 8" in note.line("en")


def test_thresholds_are_those_of_the_table_and_of_its_edge_beyond() -> None:
    assert (threshold(9, 3), threshold(3, 9), threshold(5, 6)) == (0.1359, 0.1667, 0.2546)
    assert threshold(2, 5) == 0
    assert threshold(12, 20) == threshold(9, 9)
    assert threshold(4.5, 3) == min(threshold(4, 3), threshold(5, 3))


def test_equals_at_an_end_are_told_apart_by_name_or_as_named() -> None:
    found = bwm([1, 1, 3], [3, 3, 1], NAMES)
    assert found.weights.tolist() == pytest.approx([3 / 7, 3 / 7, 1 / 7])
    assert bwm([1, 1, 3], [3, 3, 1], NAMES, best="style", worst="safety").weights.tolist() == pytest.approx(
        found.weights.tolist()
    )
    assert bwm([1, 1, 1], [1, 1, 1], NAMES).weights.tolist() == pytest.approx([1 / 3] * 3)
    assert bwm([1], [1], ["price"]).weights.tolist() == [1]
    assert bwm([1, 4], [4, 1], ["a", "b"]).weights.tolist() == pytest.approx([0.8, 0.2])


@pytest.mark.parametrize(
    ("to_others", "to_worst", "ends", "told"),
    [
        ([2, 3, 8], [8, 3, 1], {}, "best_to_others"),
        ([1, 3, 8], [8, 3, 2], {}, "others_to_worst"),
        ([1, 3, 8], [7, 3, 1], {}, "best to worst"),
        ([1, 9, 8], [8, 3, 1], {}, "best_to_others"),
        ([1, 3, 8], [8, 9, 1], {}, "others_to_worst"),
        ([1, 0.5, 8], [8, 3, 1], {}, "best_to_others"),
        ([1, math.nan, 8], [8, 3, 1], {}, "best_to_others"),
        ([1, 3, 8], [8, 3], {}, "others_to_worst"),
        ([1, 3, 8], [8, 3, 1], {"best": "style"}, "best_to_others"),
        ([1, 3, 8], [8, 3, 1], {"best": "colour"}, "best"),
        ([1, 1, 1], [1, 1, 1], {"best": "style", "worst": "style"}, "differ"),
    ],
)
def test_judgements_that_cannot_be_are_refused(to_others: list, to_worst: list, ends: dict, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        bwm(to_others, to_worst, NAMES, **ends)


@st.composite
def judged(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    """Return both lists; the first is best, the last is worst."""
    size, span = draw(st.integers(3, 6)), draw(st.integers(1, 9))
    between = st.lists(st.integers(1, span), min_size=size - 2, max_size=size - 2)
    return [1, *draw(between), span], [span, *draw(between), 1]


def deviations(weights: list[float], to_others: list[int], to_worst: list[int]) -> list[float]:
    """Return the absolute deviations from all judgements, best to worst counted once."""
    first, last = weights[0], weights[-1]
    found = [abs(first - times * own) for times, own in zip(to_others[1:], weights[1:], strict=True)]
    return found + [abs(own - times * last) for times, own in zip(to_worst[1:-1], weights[1:-1], strict=True)]


@settings(deadline=None, max_examples=60)
@given(judgements=judged())
def test_no_weights_deviate_less_than_those_found(judgements: tuple) -> None:
    to_others, to_worst = judgements
    size = len(to_others)
    found = bwm(to_others, to_worst, [f"c{i}" for i in range(size)], best="c0", worst=f"c{size - 1}")
    worst = max(deviations(found.weights.tolist(), to_others, to_worst))
    assert found.deviation == pytest.approx(worst, abs=1e-8)
    # the plain linear programme, written down afresh
    rows = []
    for j in range(1, size):
        rows.append([1.0 if i == 0 else -to_others[j] if i == j else 0.0 for i in range(size)])
        if j < size - 1:
            rows.append([1.0 if i == j else -to_worst[j] if i == size - 1 else 0.0 for i in range(size)])
    signed = np.vstack([rows, np.negative(rows)])
    plain = linprog(
        [0.0] * size + [1.0],
        A_ub=np.hstack([signed, -np.ones((len(signed), 1))]),
        b_ub=np.zeros(len(signed)),
        A_eq=[[1.0] * size + [0.0]],
        b_eq=[1.0],
    )
    assert worst == pytest.approx(plain.fun, abs=1e-8)
    # of all that reach it, none has smaller deviations further down: try the plain solution and mixtures with it
    own = sorted(deviations(found.weights.tolist(), to_others, to_worst), reverse=True)
    for share in (0.25, 0.5, 1.0):
        mixed = [a + share * (b - a) for a, b in zip(found.weights, plain.x[:-1], strict=True)]
        theirs = sorted(deviations(mixed, to_others, to_worst), reverse=True)
        gap = next((b - a for a, b in zip(own, theirs, strict=True) if abs(b - a) > 1e-7), 0.0)
        assert gap >= 0


@settings(deadline=None, max_examples=40)
@given(judgements=judged(), data=st.data())
def test_the_order_of_names_changes_no_bit(judgements: tuple, data: st.DataObject) -> None:
    names = [f"c{i}" for i in range(len(judgements[0]))]
    to_others, to_worst = (dict(zip(names, each, strict=True)) for each in judgements)
    one = bwm(to_others, to_worst)
    turned = data.draw(st.permutations(names))
    again = bwm({name: to_others[name] for name in turned}, {name: to_worst[name] for name in turned}, list(turned))
    assert again.weights.loc[names].tolist() == one.weights.tolist()
    assert (again.consistency, again.deviation) == (one.consistency, one.deviation)
    assert math.fsum(one.weights) == pytest.approx(1, abs=1e-12)
    assert (one.weights > 0).all()
