"""How alike two rankings are, by hand and against scipy and the formulas without ties."""

import math
from itertools import combinations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from siting.score import kendall, spearman, weighted_spearman, ws

MEASURES = (spearman, weighted_spearman, ws, kendall)
IDS = list("abcde")


def ranks(places: list[float]) -> pd.Series:
    return pd.Series(places, index=IDS[: len(places)])


def test_one_exchange_in_five() -> None:
    one, other = ranks([1, 2, 3, 4, 5]), ranks([1, 3, 2, 4, 5])
    # Σd² = 2: 1 - 12/120; 1 of 10 pairs turned: 8/10
    assert spearman(one, other) == pytest.approx(0.9)
    assert kendall(one, other) == pytest.approx(0.8)
    # each weighs (5-2+1) + (5-3+1) = 7: 1 - 6*14 / (625+125-25-5)
    assert weighted_spearman(one, other) == pytest.approx(1 - 84 / 720)
    # 2^-2 * 1/3 + 2^-3 * 1/2
    assert ws(one, other) == pytest.approx(1 - 1 / 12 - 1 / 16)


def test_a_change_at_the_top_weighs_more_than_one_at_the_bottom() -> None:
    one, top, bottom = ranks([1, 2, 3, 4, 5]), ranks([2, 1, 3, 4, 5]), ranks([1, 2, 3, 5, 4])
    assert spearman(one, top) == pytest.approx(spearman(one, bottom))
    assert weighted_spearman(one, top) < weighted_spearman(one, bottom)
    assert ws(one, top) < ws(one, bottom)


def test_parcels_are_met_by_id_and_shared_ranks_share_the_mean_place() -> None:
    one = pd.Series([1, 1, 3], index=["a", "b", "c"])
    assert [measure(one, one.iloc[::-1]) for measure in MEASURES] == pytest.approx([1, 1, 1, 1])
    assert spearman(one, pd.Series([1, 2, 3], index=["a", "b", "c"])) == pytest.approx(math.sqrt(3) / 2)


def test_a_single_shared_place_says_nothing() -> None:
    assert math.isnan(spearman(ranks([1, 1, 1]), ranks([1, 2, 3])))
    assert math.isnan(kendall(ranks([1, 1, 1]), ranks([1, 2, 3])))


@pytest.mark.parametrize("measure", MEASURES)
def test_rankings_of_different_parcels_or_with_gaps_are_refused(measure: object) -> None:
    for other in (ranks([1, 2]), ranks([1, 2, math.nan]), pd.Series([1, 2, 3], index=["a", "b", "b"])):
        with pytest.raises(ValueError, match="other"):
            measure(ranks([1, 2, 3]), other)
    with pytest.raises(ValueError, match="two or more"):
        measure(ranks([1]), ranks([1]))


ORDERS = st.permutations([1, 2, 3, 4, 5])
TIED = st.lists(st.integers(1, 4), min_size=5, max_size=5)


@settings(deadline=None)
@given(one=ORDERS, other=ORDERS)
def test_without_ties_the_short_formulas_hold(one: list[int], other: list[int]) -> None:
    apart = [(a, b) for a, b in zip(one, other, strict=True)]
    assert spearman(ranks(one), ranks(other)) == pytest.approx(1 - 6 * sum((a - b) ** 2 for a, b in apart) / 120)
    turned = sum((a1 - a2) * (b1 - b2) < 0 for (a1, b1), (a2, b2) in combinations(apart, 2))
    assert kendall(ranks(one), ranks(other)) == pytest.approx(1 - 2 * turned / 10)
    assert -1 - 1e-12 <= weighted_spearman(ranks(one), ranks(other)) <= 1
    assert 0 <= ws(ranks(one), ranks(other)) <= 1


@settings(deadline=None)
@given(one=TIED.filter(lambda x: len(set(x)) > 1), other=TIED.filter(lambda x: len(set(x)) > 1), shift=ORDERS)
def test_scipy_agrees_with_ties_and_the_order_of_rows_changes_nothing(
    one: list[int], other: list[int], shift: list[int]
) -> None:
    assert spearman(ranks(one), ranks(other)) == pytest.approx(spearmanr(one, other).statistic)
    moved = [IDS[at - 1] for at in shift]
    for measure in MEASURES:
        assert measure(ranks(one).loc[moved], ranks(other)) == pytest.approx(measure(ranks(one), ranks(other)))
