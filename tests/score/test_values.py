"""Value functions: what each shape makes of a raw number, worked out by hand."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.score import value
from siting.score.values import SHAPES

NO_TERMS: dict = {}


def values(raw: list[float], **terms: object) -> list[float]:
    """Return the values of raw numbers."""
    return value(pd.Series(raw, dtype=float), **terms).tolist()


def test_piecewise_is_straight_between_its_points_and_level_outside() -> None:
    # from 10 to 30 the value falls from 1 to 0.4: at 20 it is 0.7; from 30 to 60 to 0: at 45 it is 0.2
    points = ((10, 1.0), (30, 0.4), (60, 0.0))
    found = values([0, 10, 20, 30, 45, 60, 99], worst=60, best=0, shape="piecewise", points=points)
    assert found == pytest.approx([1, 1, 0.7, 0.4, 0.2, 0, 0])


def test_a_band_includes_its_bound_where_less_is_better() -> None:
    points = ((10, 1.0), (20, 0.6), (30, 0.3))
    raw = [0, 10, 10.001, 20, 20.001, 30, 30.001, 999]
    assert values(raw, worst=30, best=0, shape="stepped", points=points) == [1, 1, 0.6, 0.6, 0.3, 0.3, 0, 0]


def test_a_band_includes_its_bound_where_more_is_better() -> None:
    points = ((100, 0.3), (200, 0.6), (300, 1.0))
    raw = [0, 99.9, 100, 199.9, 200, 299.9, 300, 999]
    assert values(raw, worst=0, best=300, shape="stepped", points=points) == [0, 0, 0.3, 0.3, 0.6, 0.6, 1, 1]


def test_bands_read_from_the_other_side_are_the_same_bands() -> None:
    raw = list(range(-5, 45))
    less = values(raw, worst=30, best=0, shape="stepped", points=((10, 1.0), (20, 0.6), (30, 0.3)))
    turned = ((-30, 0.3), (-20, 0.6), (-10, 1.0))
    assert values([-each for each in raw], worst=-30, best=0, shape="stepped", points=turned) == less


def test_saturating_is_exact_at_its_three_points() -> None:
    # worst 0, half 100, best 500: h = 0.2; at 250 t = 0.5: 0.5*0.8 / (0.5*0.8 + 0.2*0.5) = 0.4 / 0.5 = 0.8
    found = values([-1, 0, 100, 250, 500, 9e9], worst=0, best=500, shape="saturating", half=100)
    assert [found[at] for at in (0, 1, 2, 4, 5)] == [0, 0, 0.5, 1, 1]
    assert found[3] == pytest.approx(0.8)


def test_saturating_works_downwards_too_and_at_the_middle_is_linear() -> None:
    # worst 60, half 50, best 0: h = 1/6; at 30 t = 1/2: (1/2*5/6) / (1/2*5/6 + 1/6*1/2) = 5/6
    assert values([60, 50, 30, 0], worst=60, best=0, shape="saturating", half=50) == pytest.approx([0, 0.5, 5 / 6, 1])
    assert values([15, 45], worst=60, best=0, shape="saturating", half=30) == pytest.approx([0.75, 0.25])


def test_a_target_falls_to_both_sides() -> None:
    # best 1.0 jobs a worker, none below 0.4 and none above 3.0: at 0.7 half-way, at 2.0 half-way
    found = values([0, 0.4, 0.7, 1.0, 2.0, 3.0, 9], worst=0.4, best=1.0, shape="target", other=3.0)
    assert found == pytest.approx([0, 0, 0.5, 1, 0.5, 0, 0])
    assert found[3] == 1
    mirrored = values([9, 3.0, 2.0, 1.0, 0.7, 0.4], worst=3.0, best=1.0, shape="target", other=0.4)
    assert mirrored == pytest.approx([0, 0, 0.5, 1, 0.5, 0])


TERMS = {
    "linear": NO_TERMS,
    "piecewise": {"points": ((10, 0.1), (20, 0.8), (90, 1.0))},
    "stepped": {"points": ((10, 0.1), (20, 0.8), (90, 1.0))},
    "saturating": {"half": 30},
    "target": {"other": 150},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_missing_stays_missing_and_index_and_name_are_kept(shape: str) -> None:
    raw = pd.Series([math.nan, 50.0], index=["P2", "P1"], name="jobs")
    found = value(raw, worst=0, best=100, shape=shape, **TERMS[shape])
    assert found.index.tolist() == ["P2", "P1"]
    assert found.name == "jobs"
    assert found.isna().tolist() == [True, False]
    nullable = value(raw.astype("Float64"), worst=0, best=100, shape=shape, **TERMS[shape])
    assert nullable.tolist()[1] == found.tolist()[1]
    assert raw.isna().tolist() == [True, False]


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        ({"shape": "bent"}, "shape"),
        ({"shape": "piecewise"}, "points"),
        ({"points": ((0, 0), (1, 1))}, "points"),
        ({"shape": "saturating", "half": 60}, "half"),
        ({"shape": "saturating", "half": 0}, "half"),
        ({"shape": "saturating", "half": math.nan}, "half"),
        ({"shape": "target", "other": 100}, "other"),
        ({"shape": "target", "other": math.inf}, "other"),
        ({"shape": "target", "other": -5}, "other"),
        ({"shape": "target", "other": 150, "half": 3}, "half"),
        ({"shape": "stepped", "points": ((10, 0.5), (10, 0.6))}, "points"),
        ({"shape": "stepped", "points": ((10, 0.5), (20, 1.6))}, "points"),
        ({"shape": "stepped", "points": ((10, 0.5), (120, 1.0))}, "points"),
        ({"shape": "stepped", "points": ((10, 0.9), (20, 0.1))}, "points"),
        ({"shape": "piecewise", "points": ((10, 0.1), (50, math.nan))}, "points"),
        ({"shape": "piecewise", "points": ()}, "points"),
    ],
)
def test_terms_that_are_missing_idle_or_contradict_are_refused(terms: dict, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        values([1.0], worst=0, best=100, **terms)


RAW = st.floats(-200, 400, allow_nan=False)


@settings(deadline=None)
@given(shape=st.sampled_from([each for each in SHAPES if each != "target"]), one=RAW, other=RAW)
def test_more_of_a_good_is_never_worth_less_in_any_shape(shape: str, one: float, other: float) -> None:
    low, high = values(sorted([one, other]), worst=0, best=100, shape=shape, **TERMS[shape])
    assert 0 <= low <= high <= 1


@settings(deadline=None)
@given(
    rows=st.lists(st.one_of(RAW, st.just(math.nan)), min_size=1, max_size=8),
    more=RAW,
    shape=st.sampled_from(SHAPES),
)
def test_a_value_depends_on_its_own_row_alone(rows: list[float], more: float, shape: str) -> None:
    terms = {"worst": 0, "best": 100, "shape": shape, **TERMS[shape]}
    one = values(rows, **terms)
    np.testing.assert_array_equal(values([more, *reversed(rows)], **terms)[1:], one[::-1])


@settings(deadline=None)
@given(worst=st.integers(-50, 50), span=st.integers(1, 500), share=st.floats(0.01, 0.5), less=st.booleans())
def test_half_is_half_wherever_it_lies(worst: int, span: int, share: float, less: bool) -> None:
    best = worst - span if less else worst + span
    half = worst + (best - worst) * share
    if half != worst and (half - worst) / (best - worst) <= 0.5:
        assert values([worst, half, best], worst=worst, best=best, shape="saturating", half=half) == [0, 0.5, 1]
