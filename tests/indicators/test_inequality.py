"""How unequally access is spread over people."""

from math import log

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from siting.indicators.inequality import METHODS, inequality, inequality_table, lorenz, theil_parts

TOWNS = pd.Series({"A": 1.0, "B": 3.0})
PEOPLE = pd.Series({"B": 1.0, "A": 3.0})
"""Three people have 1 each, one has 3: six in all, 1.5 on average."""
INCOME = pd.Series({"A": 10.0, "B": 20.0})
TERMS = {"atkinson": {"epsilon": 0.5}, "concentration": {"rank": INCOME}, "palma": {"income": INCOME}}


def test_gini_is_half_the_mean_difference_by_the_mean() -> None:
    # of 4 x 4 pairs, 3 x 1 x 2 = 6 differ by 2: mean difference 12 / 16 = .75; .75 / (2 x 1.5) = .25
    assert inequality(TOWNS, PEOPLE) == pytest.approx(0.25)
    assert inequality(TOWNS, PEOPLE, method="gini") == pytest.approx(0.25)


def test_without_weights_each_value_is_one_person() -> None:
    # pairs of 1 and 3: mean difference 2 x 2 / 4 = 1; 1 / (2 x 2) = .25
    assert inequality(TOWNS) == pytest.approx(0.25)
    # 0, 0, 3: 4 of 9 pairs differ by 3: 12 / 9 / (2 x 1) = 2 / 3
    assert inequality(pd.Series([0.0, 3.0, 0.0])) == pytest.approx(2 / 3)


def test_theil_is_the_mean_of_r_log_r_where_r_is_the_value_by_the_mean() -> None:
    # r = 1 / 1.5 = 2/3 for three quarters of people, 3 / 1.5 = 2 for one quarter
    assert inequality(TOWNS, PEOPLE, method="theil") == pytest.approx(0.75 * 2 / 3 * log(2 / 3) + 0.25 * 2 * log(2))
    # r = 0 gives 0, r = 2 gives log 2
    assert inequality(pd.Series([0.0, 5.0]), method="theil") == pytest.approx(log(2))


def test_theil_falls_into_a_part_between_groups_and_a_part_within() -> None:
    values = pd.Series([1.0, 3.0, 4.0, 4.0], index=list("abcd"))
    found = theil_parts(values, groups=pd.Series({"a": "west", "b": "west", "c": "east", "d": "east"}))
    # mean 3; the west has 4 of 12 with mean 2, the east 8 of 12 with mean 4
    assert found.between == pytest.approx(1 / 3 * log(2 / 3) + 2 / 3 * log(4 / 3))
    # in the west the values are a half and three halves of the mean; in the east all are equal
    assert found.within == pytest.approx(1 / 3 * (0.5 * log(0.5) + 1.5 * log(1.5)) / 2)
    assert found.total == pytest.approx(found.between + found.within)


def test_atkinson_is_the_share_that_equality_would_not_need() -> None:
    # epsilon .5: (.75 x sqrt(2/3) + .25 x sqrt 2) ** 2
    assert inequality(TOWNS, PEOPLE, method="atkinson", epsilon=0.5) == pytest.approx(
        1 - (0.75 * (2 / 3) ** 0.5 + 0.25 * 2**0.5) ** 2
    )
    # epsilon 1: geometric mean 3 ** .25 by the mean 1.5
    assert inequality(TOWNS, PEOPLE, method="atkinson", epsilon=1) == pytest.approx(1 - 3**0.25 / 1.5)
    # epsilon 2: harmonic mean 4 / (3 / 1 + 1 / 3) = 1.2 by the mean 1.5
    assert inequality(TOWNS, PEOPLE, method="atkinson", epsilon=2) == pytest.approx(0.2)


def test_who_cannot_bear_that_anyone_has_nothing_sees_full_inequality() -> None:
    assert inequality(pd.Series([0.0, 4.0]), method="atkinson", epsilon=1) == 1
    # epsilon .5: (sqrt 2 / 2) ** 2 = .5
    assert inequality(pd.Series([0.0, 4.0]), method="atkinson", epsilon=0.5) == pytest.approx(0.5)


def test_concentration_has_the_sign_of_whom_it_favours() -> None:
    # B is the richer and has more: the rank order is that of the values, so the Gini with its sign
    assert inequality(TOWNS, PEOPLE, method="concentration", rank=INCOME) == pytest.approx(0.25)
    assert inequality(TOWNS, PEOPLE, method="concentration", rank=-INCOME) == pytest.approx(-0.25)
    # people who rank alike share their rank: nothing goes with the order
    assert inequality(TOWNS, PEOPLE, method="concentration", rank=INCOME * 0) == pytest.approx(0)


def test_the_corrected_form_is_four_means_by_the_range() -> None:
    # 4 x 1.5 / (3 - 1) x .25 = .75; over the possible 0 to 10: 4 x 1.5 / 10 x .25 = .15
    assert inequality(TOWNS, PEOPLE, method="concentration", rank=INCOME, corrected=True) == pytest.approx(0.75)
    assert inequality(
        TOWNS, PEOPLE, method="concentration", rank=INCOME, corrected=True, bounds=(0, 10)
    ) == pytest.approx(0.15)


def test_palma_is_the_mean_of_the_richest_tenth_by_that_of_the_poorest_four() -> None:
    # ten people, one a unit, access 1 .. 10 in order of income: 10 / ((1 + 2 + 3 + 4) / 4) = 4
    values = pd.Series(np.arange(1.0, 11))
    assert inequality(values, method="palma", income=values * 100) == pytest.approx(4)


def test_a_unit_on_the_bound_counts_in_part() -> None:
    # shares of people .3, .3, .4; poorest .4: .3 of A and .1 of B: (.3 x 1 + .1 x 5) / .4 = 2; richest .1 all of C: 8
    values, people = pd.Series({"A": 1.0, "B": 5.0, "C": 8.0}), pd.Series({"A": 30.0, "B": 30.0, "C": 40.0})
    income = pd.Series({"A": 1.0, "B": 2.0, "C": 3.0})
    assert inequality(values, people, method="palma", income=income) == pytest.approx(4)
    # incomes of a wider population: up to 2 is poor: (1 + 5) / 2 = 3; above 2 rich: 8
    assert inequality(values, people, method="palma", income=income, bounds=(2, 2)) == pytest.approx(8 / 3)
    # nobody is above 3
    assert np.isnan(inequality(values, people, method="palma", income=income, bounds=(2, 3)))


def test_fgt_is_the_mean_gap_to_the_line_to_a_power() -> None:
    # line 2: A has a gap of 1/2, three of four people
    found = [inequality(TOWNS, PEOPLE, method="fgt", line=2, alpha=alpha) for alpha in (0, 1, 2)]
    assert found == pytest.approx([0.75, 0.375, 0.1875])
    assert inequality(TOWNS, PEOPLE, method="fgt", line=1, alpha=0) == 0


def test_wolfson_weighs_how_far_the_halves_stand_apart() -> None:
    # 1, 1, 3, 3: median 2, mean 2, the poorer half has 2 / 8, Gini .25: (2 x (.5 - .25) - .25) x 2 / 2
    assert inequality(pd.Series([1.0, 3.0, 1.0, 3.0]), method="wolfson") == pytest.approx(0.25)


def test_the_lorenz_curve_runs_from_those_who_have_least() -> None:
    found = lorenz(TOWNS[::-1], PEOPLE)
    assert found["people"].tolist() == pytest.approx([0, 0.75, 1])
    assert found["value"].tolist() == pytest.approx([0, 0.5, 1])


@pytest.mark.parametrize("method", sorted(set(METHODS) - {"fgt"}))
def test_nobody_or_nothing_to_share_has_no_index(method: str) -> None:
    terms = TERMS.get(method, {})
    assert np.isnan(inequality(TOWNS * 0, PEOPLE, method=method, **terms))
    assert np.isnan(inequality(TOWNS, PEOPLE * 0, method=method, **terms))


def test_all_below_the_line_are_counted_even_where_nobody_has_anything() -> None:
    assert inequality(TOWNS * 0, PEOPLE, method="fgt", line=2, alpha=1) == 1
    assert np.isnan(inequality(TOWNS, PEOPLE * 0, method="fgt", line=2, alpha=1))


def test_a_unit_without_people_takes_no_part_whatever_it_has() -> None:
    values = pd.concat([TOWNS, pd.Series({"steppe": np.nan})])
    people = pd.concat([PEOPLE, pd.Series({"steppe": 0.0})])
    for method in METHODS:
        terms = TERMS.get(method, {}) or ({"line": 2, "alpha": 1} if method == "fgt" else {})
        assert inequality(values, people, method=method, **terms) == inequality(TOWNS, PEOPLE, method=method, **terms)


@pytest.mark.parametrize(
    ("values", "people", "terms", "told"),
    [
        (TOWNS.mask(TOWNS > 1), PEOPLE, {}, "values.*: B"),
        (-TOWNS, PEOPLE, {}, "values.*: A, B"),
        (TOWNS, PEOPLE.drop("B"), {}, "weights.*: B"),
        (TOWNS, -PEOPLE, {}, "weights.*: A, B"),
        (TOWNS, PEOPLE, {"method": "hoover"}, "method"),
        (TOWNS, PEOPLE, {"method": "atkinson"}, "epsilon"),
        (TOWNS, PEOPLE, {"method": "atkinson", "epsilon": -1}, "epsilon"),
        (TOWNS, PEOPLE, {"method": "gini", "epsilon": 1}, "epsilon"),
        (TOWNS, PEOPLE, {"method": "fgt", "line": 0, "alpha": 0}, "line"),
        (TOWNS, PEOPLE, {"method": "palma", "income": INCOME.drop("A")}, "income.*: A"),
        (TOWNS, PEOPLE, {"method": "concentration", "rank": INCOME, "bounds": (0, 1)}, "bounds"),
        (TOWNS, PEOPLE, {"method": "concentration", "rank": INCOME, "corrected": True, "bounds": (0, 1)}, "bounds"),
        ([1, 3], PEOPLE, {}, "values must be a Series"),
        (pd.Series([1.0, 3.0], index=["A", "A"]), PEOPLE, {}, "repeated"),
    ],
)
def test_a_wrong_argument_is_named(values: pd.Series, people: pd.Series, terms: dict, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        inequality(values, people, **terms)


def test_a_unit_with_people_but_no_group_is_named() -> None:
    with pytest.raises(ValueError, match=r"groups.*: B"):
        theil_parts(TOWNS, PEOPLE, groups=pd.Series({"A": "west"}))


def test_the_table_has_a_row_for_every_measure_and_index() -> None:
    access = pd.DataFrame({"jobs": TOWNS, "schools": [2.0, 2.0]})
    groups = pd.Series({"A": "town", "B": "regiment"})
    table = inequality_table(access, PEOPLE, groups=groups, income=INCOME, epsilon=0.5, lines={"jobs": 2.0}).set_index(
        ["measure", "group", "index"]
    )["value"]
    assert table["jobs", "", "gini"] == pytest.approx(0.25)
    assert table["jobs", "", "theil_within"] == pytest.approx(0)
    assert table["jobs", "", "theil_between"] == pytest.approx(table["jobs", "", "theil"])
    assert table["jobs", "", "fgt0"] == pytest.approx(0.75)
    # poorest .4: all of A; richest .1: all of B
    assert table["jobs", "", "palma"] == pytest.approx(3)
    assert table["jobs", "regiment", "mean"] == 3
    equal = [table["schools", "", index] for index in ("gini", "theil", "atkinson", "concentration")]
    assert equal == pytest.approx([0] * 4)
    assert ("schools", "", "fgt0") not in table.index


# ---- properties
AMOUNT = st.one_of(st.just(0.0), st.floats(0.01, 1e6))
ROWS = st.lists(st.tuples(AMOUNT, st.integers(0, 50), st.integers(1, 5)), min_size=2, max_size=12)


def drawn(rows: list) -> tuple[pd.Series, pd.Series, pd.Series]:
    values, people, income = (pd.Series(each, dtype=float) for each in zip(*rows, strict=True))
    assume((values * people).sum() > 0)
    return values, people, income


def every(values: pd.Series, people: pd.Series, income: pd.Series) -> dict[str, float]:
    terms = {
        "atkinson": {"epsilon": 0.7},
        "concentration": {"rank": income},
        "palma": {"income": income},
        "fgt": {"line": 100.0, "alpha": 1.5},
    }
    return {name: inequality(values, people, method=name, **terms.get(name, {})) for name in METHODS}


@settings(deadline=None)
@given(rows=ROWS, scale=st.floats(0.01, 1000))
def test_the_unit_of_access_changes_no_relative_index(rows: list, scale: float) -> None:
    values, people, income = drawn(rows)
    before, after = every(values, people, income), every(values * scale, people, income)
    for name in set(METHODS) - {"fgt"}:
        assert after[name] == pytest.approx(before[name], rel=1e-6, abs=1e-9, nan_ok=True), name


@settings(deadline=None)
@given(rows=ROWS, times=st.integers(2, 4))
def test_the_same_people_twice_over_are_as_unequal(rows: list, times: int) -> None:
    values, people, income = drawn(rows)
    copies = [pd.concat([each] * times, ignore_index=True) for each in (values, people, income)]
    before = every(values, people, income)
    for after in (every(values, people * times, income), every(*copies)):
        for name in METHODS:
            assert after[name] == pytest.approx(before[name], rel=1e-6, abs=1e-9, nan_ok=True), name


@settings(deadline=None)
@given(rows=ROWS, seed=st.integers(0, 99))
def test_the_order_of_rows_changes_no_bit(rows: list, seed: int) -> None:
    values, people, income = drawn(rows)
    shuffled = values.sample(frac=1, random_state=seed)
    before, after = every(values, people, income), every(shuffled, people, income)
    assert list(map(repr, before.values())) == list(map(repr, after.values()))


@settings(deadline=None)
@given(amount=st.floats(0.01, 1e6), people=st.lists(st.integers(1, 50), min_size=2, max_size=10))
def test_who_have_alike_are_equal(amount: float, people: list) -> None:
    counts = pd.Series(people, dtype=float)
    found = every(counts * 0 + amount, counts, counts)
    assert [found[name] for name in ("gini", "theil", "atkinson", "concentration", "wolfson")] == pytest.approx([0] * 5)
    assert found["palma"] == pytest.approx(1)


@settings(deadline=None)
@given(rows=ROWS)
def test_the_indices_keep_within_their_bounds_and_concentration_within_the_gini(rows: list) -> None:
    values, people, income = drawn(rows)
    found = every(values, people, income)
    assert 0 <= found["gini"] < 1
    assert 0 <= found["atkinson"] <= 1
    assert found["theil"] >= 0
    assert abs(found["concentration"]) <= found["gini"] + 1e-12


@settings(deadline=None)
@given(rows=ROWS, part=st.floats(0.05, 0.45))
def test_giving_from_one_who_has_more_to_one_who_has_less_lessens_inequality(rows: list, part: float) -> None:
    values, _, income = drawn([(value, 1, rank) for value, _, rank in rows])
    most, least = values.idxmax(), values.idxmin()
    gift = (values[most] - values[least]) * part
    assume(gift > 1e-3 * values[most])
    given_away = values.copy()
    given_away[most] -= gift
    given_away[least] += gift
    people = values * 0 + 1
    before, after = every(values, people, income), every(given_away, people, income)
    for name in ("gini", "theil", "atkinson"):
        assert after[name] < before[name], name


@settings(deadline=None)
@given(rows=ROWS)
def test_the_parts_of_theil_add_up_and_neither_is_negative(rows: list) -> None:
    values, people, income = drawn(rows)
    found = theil_parts(values, people, groups=income)
    assert found.total == pytest.approx(found.between + found.within, abs=1e-9)
    assert min(found.between, found.within) >= -1e-12
