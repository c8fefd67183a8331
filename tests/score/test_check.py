"""Parcels that come or go never reorder the others, and the check would see it if they did."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.score import order, reordered, stays_put, topsis_raw
from siting.score.check import TRIED_AT_MOST
from siting.score.combine import METHODS


@dataclass(frozen=True)
class Given:
    """A criterion as ranking sees it."""

    name: str
    worst: float
    best: float
    weight: float
    measure: str = "cumulative"
    shape: str = "linear"
    half: float | None = None


CRITERIA = [Given("jobs", 0, 1000, 1, shape="saturating", half=200), Given("minutes", 60, 0, 2)]
SITES = pd.DataFrame({"jobs": [900.0, 500.0, 100.0], "minutes": [50.0, 20.0, 5.0]}, index=["A", "B", "C"])


def stretched(table: pd.DataFrame) -> pd.Series:
    """Return ranks by the mean of columns stretched between the candidates' own minimum and maximum."""
    return order(((table - table.min()) / (table.max() - table.min())).mean(axis=1))


def test_stretching_between_the_candidates_reorders_them_and_is_caught() -> None:
    # A (1 + 0)/2 = .5, B (.28 + .92)/2 = .6, C .5; D makes price run to 4: A .5, B (.28 + .23)/2 = .255, C .125
    sites = pd.DataFrame({"reach": [1.0, 0.28, 0.0], "price": [0.0, 0.92, 1.0]}, index=["A", "B", "C"])
    remote = pd.DataFrame({"reach": [0.0], "price": [4.0]}, index=["D"])
    pairs, tried = reordered(sites, stretched, added=remote)
    assert tried == 4
    added = pairs[pairs["change"] == "added"]
    assert set(zip(added["one"], added["other"], strict=True)) == {("A", "B"), ("A", "C")}


def test_textbook_topsis_on_raw_columns_is_caught() -> None:
    raw = pd.DataFrame(np.random.default_rng(3).uniform(1, 10, (12, 3)), columns=list("abc"))

    def ranking(rows: pd.DataFrame) -> pd.Series:
        return order(topsis_raw(rows, [1, 1, 1], [1, 1, -1]))

    pairs, _ = reordered(raw, ranking)
    assert len(pairs) > 0
    first = pairs.iloc[0]
    fewer = ranking(raw.drop(index=first["parcel"]))
    whole = ranking(raw)
    assert (whole[first["one"]] < whole[first["other"]]) != (fewer[first["one"]] < fewer[first["other"]])


@pytest.mark.parametrize("method", METHODS)
def test_stated_weights_on_fixed_points_stay_put(method: str) -> None:
    found = stays_put(SITES, CRITERIA, method, alpha=2.0 if method == "owa" else None)
    assert found.holds
    assert (found.tried, found.parcels, found.outside) == (5, 3, ())
    assert found.pairs.columns.tolist() == ["change", "parcel", "one", "other"]


def test_it_says_what_it_says_nothing_about() -> None:
    shared = [Given("jobs", 0, 1000, 1, measure="2sfca"), CRITERIA[1]]
    assert stays_put(SITES, shared).outside == ("jobs",)
    found = stays_put(SITES, CRITERIA, weighing="critic")
    assert (found.tried, found.outside) == (0, ("critic",))


def test_of_many_parcels_a_seeded_sample_is_tried_whatever_the_order_of_rows() -> None:
    many = pd.DataFrame({"jobs": np.arange(300.0), "minutes": 30.0}, index=[f"P{i}" for i in range(300)])
    seen: list[tuple[str, ...]] = []

    def ranking(rows: pd.DataFrame) -> pd.Series:
        seen.append(tuple(sorted(set(many.index) - set(rows.index))))
        return order(rows["jobs"])

    _, tried = reordered(many, ranking)
    forwards = seen[1:]
    seen.clear()
    reordered(many.iloc[::-1], ranking)
    assert (tried, len(set(forwards))) == (TRIED_AT_MOST, TRIED_AT_MOST)
    assert seen[1:] == forwards


def test_ids_must_be_unique_as_text_and_columns_there() -> None:
    with pytest.raises(ValueError, match="ids"):
        stays_put(SITES.set_axis([1, "1", 2]), CRITERIA)
    with pytest.raises(ValueError, match="minutes"):
        stays_put(SITES[["jobs"]], CRITERIA)


CELL = st.one_of(st.integers(-100, 1200).map(float), st.just(math.nan))


@settings(deadline=None, max_examples=30)
@given(
    rows=st.lists(st.tuples(CELL, CELL), min_size=1, max_size=6),
    method=st.sampled_from(METHODS),
    alpha=st.sampled_from([0.5, 3.0]),
)
def test_any_table_stays_put_with_gaps_and_ties_too(rows: list, method: str, alpha: float) -> None:
    table = pd.DataFrame(rows, columns=["jobs", "minutes"], dtype=float)
    before = table.copy()
    assert stays_put(table, CRITERIA, method, alpha=alpha if method == "owa" else None).holds
    pd.testing.assert_frame_equal(table, before)
