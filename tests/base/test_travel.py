"""Travel times as a table: what it refuses, and sums that a reader can check on paper."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.base.errors import CutoffError, SitingError
from siting.base.travel import TravelCosts

PAIRS = [("p", "school", 0.0), ("p", "shop", 10.0), ("q", "school", 30.0), ("q", "shop", 5.0)]
SEATS = pd.Series({"school": 100.0, "shop": 7.0})


def costs(pairs: list[tuple[str, str, float]] = PAIRS, **limits: Any) -> TravelCosts:
    """Return travel costs on foot of pairs."""
    return TravelCosts.from_table(
        pd.DataFrame(pairs, columns=["origin", "destination", "minutes"]), **{"mode": "walk", **limits}
    )


def count_all(minutes: np.ndarray) -> np.ndarray:
    """Weigh every pair as one."""
    return np.ones_like(minutes)


@pytest.mark.parametrize("within", [None, 30])
def test_all_that_is_reached_is_added_up(within: float | None) -> None:
    assert costs().sum_at_origins(SEATS, count_all, within).to_dict() == {"p": 107, "q": 107}


def test_the_bound_of_a_sum_is_inclusive() -> None:
    assert costs().sum_at_origins(SEATS, count_all, 10).to_dict() == {"p": 107, "q": 7}
    assert costs().sum_at_origins(SEATS, count_all, 9.99).to_dict() == {"p": 100, "q": 7}


def test_weights_fall_with_minutes_as_asked() -> None:
    found = costs().sum_at_origins(SEATS, lambda minutes: 1 / (1 + minutes / 10), None)
    assert found.to_dict() == pytest.approx({"p": 100 + 7 / 2, "q": 100 / 4 + 7 / 1.5})


def test_places_add_up_the_people_who_reach_them() -> None:
    people = pd.Series({"q": 20.0, "p": 3.0})
    assert costs().sum_at_places(people, count_all, 10).to_dict() == {"school": 3, "shop": 23}


def test_a_pair_of_zero_minutes_stays_and_is_the_nearest() -> None:
    assert len(costs()) == 4
    first = costs().nearest().iloc[0]
    assert (first["origin"], first["place"], first["minutes"]) == ("p", "school", 0)


def test_the_nearest_two_are_ranked_and_who_reaches_none_has_no_row() -> None:
    found = costs([*PAIRS[:3], ("r", "shop", 4.0)], origins=pd.Index(["p", "q", "r", "s"])).nearest(2)
    assert found.to_numpy().tolist() == [
        ["p", 1, "school", 0],
        ["p", 2, "shop", 10],
        ["q", 1, "school", 30],
        ["r", 1, "shop", 4],
    ]


def test_among_equals_the_first_named_place_is_nearest() -> None:
    pairs = [("p", "b", 5.0), ("p", "a", 5.0)]
    assert costs(pairs, places=pd.Index(["a", "b"])).nearest()["place"].tolist() == ["a"]
    assert costs(pairs, places=pd.Index(["b", "a"])).nearest()["place"].tolist() == ["b"]


def test_origins_that_reach_nothing_have_a_true_zero() -> None:
    found = costs(origins=pd.Index(["s", "q", "p"])).sum_at_origins(SEATS, count_all, None)
    assert found.to_dict() == {"s": 0, "q": 107, "p": 107}


def test_rows_without_minutes_are_unreachable_pairs() -> None:
    assert len(costs([*PAIRS, ("r", "shop", float("nan"))])) == 4


@pytest.mark.parametrize("within", [None, 30.01])
def test_a_question_beyond_the_cutoff_is_refused(within: float | None) -> None:
    with pytest.raises(CutoffError, match="30 minutes") as caught:
        costs(cutoff=30).sum_at_origins(SEATS, count_all, within)
    assert isinstance(caught.value, SitingError)
    assert costs(cutoff=30).sum_at_origins(SEATS, count_all, 30)["q"] == 107


@pytest.mark.parametrize(
    ("pairs", "limits", "message"),
    [
        ([("p", "school", -1.0)], {}, "negative"),
        ([("p", "school", float("inf"))], {}, "finite"),
        ([("p", "school", 31.0)], {"cutoff": 30}, "beyond the stated cutoff of 30"),
        ([("p", "school", 1.0), ("p", "school", 2.0)], {}, "more than once"),
        (PAIRS, {"origins": pd.Index(["p"])}, "origin: .*q"),
        (PAIRS, {"places": pd.Index(["school"])}, "destination: .*shop"),
        (PAIRS, {"places": pd.Index(["school", "shop", "shop"])}, "repeated"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused(pairs: list, limits: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        costs(pairs, **limits)


def test_a_table_without_minutes_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="missing: destination, minutes"):
        TravelCosts.from_table(pd.DataFrame({"origin": ["p"]}), mode="walk")


@pytest.mark.parametrize(
    ("amounts", "message"),
    [
        (pd.Series({"school": 1.0}), "shop"),
        (pd.Series({"school": 1.0, "shop": np.nan}), "shop"),
        (pd.Series([1.0, 2.0, 3.0], index=["school", "shop", "shop"]), "repeated"),
    ],
)
def test_amounts_that_miss_a_place_are_refused(amounts: pd.Series, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        costs().sum_at_origins(amounts, count_all, None)


def test_the_table_given_out_is_a_copy() -> None:
    town = costs()
    given_out = town.table()
    given_out.loc[:, "minutes"] = 99.0
    assert town.table()["minutes"].max() == 30


PAIR = st.tuples(st.sampled_from("pqrs"), st.sampled_from("abc"))
TABLES = st.dictionaries(PAIR, st.integers(0, 60).map(float), min_size=1)


@settings(deadline=None)
@given(times=TABLES, order=st.randoms(use_true_random=False), within=st.integers(0, 60))
def test_the_order_of_the_rows_changes_nothing(times: dict, order: Any, within: int) -> None:
    rows = [(*pair, minutes) for pair, minutes in times.items()]
    named = {"origins": pd.Index(list("pqrs")), "places": pd.Index(list("abc"))}
    one, other = (costs(each, **named) for each in (rows, order.sample(rows, len(rows))))
    amounts = pd.Series({"a": 0.1, "b": 0.7, "c": 1e9})
    assert one.table().equals(other.table())
    assert one.nearest(2).equals(other.nearest(2))
    sums, shuffled = (each.sum_at_origins(amounts, count_all, within) for each in (one, other))
    assert sums.equals(shuffled)
    by_hand = {o: sum(amounts[p] for (q, p), t in times.items() if q == o and t <= within) for o in "pqrs"}
    assert sums.to_dict() == pytest.approx(by_hand)
