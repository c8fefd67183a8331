"""How far ranks hold: shares of weights worked out on paper, a plain twin, and what must always be true."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.score.acceptability import Certificates, acceptability, acceptability_of, confidence, entropy
from siting.score.blends import blended, whole
from siting.score.combine import METHODS, combine
from siting.score.draws import around, ordered, uniform
from siting.score.kernels import plain_count, plain_rank, rank_rows
from siting.score.rank import order
from siting.score.tally import Bins, Tally, places

# first is A where w > .6, B where w < .4, C between: .4, .4, .2
THREE = pd.DataFrame({"jobs": [1.0, 0.0, 0.6], "school": [0.0, 1.0, 0.6]}, index=["A", "B", "C"])
UNIT = st.integers(0, 20).map(lambda n: n / 20)
ROWS = st.lists(st.tuples(UNIT, UNIT, UNIT), min_size=1, max_size=7)
PENALTIES = st.lists(st.sampled_from([1.0, 0.9, 0.5]), min_size=7, max_size=7)
KINDS = st.sampled_from(["uniform", "ordered", "around"])


def table(rows: list[tuple[float, ...]]) -> pd.DataFrame:
    """Return rows of three values as a table with ids."""
    return pd.DataFrame(rows, columns=list("abc"), index=[f"P{number}" for number in range(len(rows))])


def same(one: Certificates, other: Certificates) -> bool:
    """Return whether two certificates agree in every cell."""
    other_central = other.central[one.central.columns]
    pairs = ((one.table, other.table), (one.shares, other.shares), (one.central, other_central))
    return all(left.equals(right.reindex(left.index)) for left, right in pairs)


def test_three_parcels_and_two_criteria_are_worked_out_on_paper() -> None:
    found = acceptability(THREE, draws=40_000, shown=3, top=2)
    assert found.shares.loc["A"].to_list() == pytest.approx([0.4, 0.1, 0.5, 0], abs=0.01)
    assert found.shares.loc["B"].to_list() == pytest.approx([0.4, 0.1, 0.5, 0], abs=0.01)
    assert found.shares.loc["C"].to_list() == pytest.approx([0.2, 0.8, 0, 0], abs=0.01)
    assert found.table["p_top"].to_list() == pytest.approx([0.5, 0.5, 1], abs=0.01)
    assert found.table["rank_median"].to_dict()["C"] == 2
    # A is first for w in .6 .. 1, on average .8; C for .4 .. .6, on average .5
    assert found.central.loc["A"].to_list() == pytest.approx([0.8, 0.2], abs=0.01)
    assert found.central.loc["C"].to_list() == pytest.approx([0.5, 0.5], abs=0.01)
    assert found.table["confidence"].to_list() == [1, 1, 1]


def test_best_and_worst_ranks_reach_to_the_corners_of_the_weights() -> None:
    # with w >= 1/2 A is never behind B in a draw but level with it at w = 1/2; C is worst at w = 1: rank 2
    found = acceptability(THREE, {"jobs": 2, "school": 1}, kind="ordered", draws=1000)
    assert found.table["rank_best"].to_dict() == {"A": 1, "B": 2, "C": 1}
    assert found.table["rank_worst"].to_dict() == {"A": 2, "B": 3, "C": 2}
    assert found.table["rank"].to_dict() == {"A": 1, "B": 3, "C": 2}


def test_a_corner_shows_a_rank_that_no_draw_reaches() -> None:
    # B is first only where w < .001
    rows = pd.DataFrame({"a": [1.0, 0.0], "b": [0.999, 1.0]}, index=["A", "B"])
    found = acceptability(rows, draws=100)
    assert found.table["p_first"].to_dict() == {"A": 1, "B": 0}
    assert found.table["rank_best"].to_dict() == {"A": 1, "B": 1}


def test_a_parcel_with_a_gap_has_no_certificate_and_does_not_count() -> None:
    rows = pd.concat([THREE, pd.DataFrame({"jobs": [np.nan], "school": [1.0]}, index=["D"])])
    found, without = acceptability(rows, draws=500), acceptability(THREE, draws=500)
    assert same(without, found)
    assert list(found.table.index) == ["A", "B", "C", "D"]
    assert found.table.loc["D"].isna().all()
    assert found.shares.loc["D"].isna().all()


def test_no_parcels_have_no_certificates() -> None:
    assert acceptability(THREE.iloc[:0]).table.empty
    assert acceptability(THREE * np.nan, draws=100).table.isna().all(axis=None)


def test_a_criterion_without_weight_stays_out() -> None:
    with_third = THREE.assign(view=[np.nan, 0.0, 1.0])
    weights = {"jobs": 2, "school": 1, "view": 0}
    one = acceptability(with_third, weights, kind="ordered", draws=300)
    assert same(one, acceptability(THREE, {"jobs": 2, "school": 1}, kind="ordered", draws=300))
    assert list(one.central.columns) == ["jobs", "school"]


def test_a_penalty_lowers_the_score_it_is_stated_for() -> None:
    # C at half: its .3 beats A only where w < .3 and B only where w > .7, so it is last in .4 and never first
    found = acceptability(THREE, draws=40_000, penalty=pd.Series({"C": 0.5, "A": 1.0, "B": 1.0}), shown=3)
    assert found.shares.loc["C"].to_list() == pytest.approx([0, 0.6, 0.4, 0], abs=0.01)
    assert found.central.loc["C"].isna().all()
    assert np.isnan(found.table.loc["C", "confidence"])


def plain(rows: pd.DataFrame, drawn: np.ndarray, penalty: pd.Series, method: str, alpha: float | None) -> np.ndarray:
    """Return draws x rows of ranks, one draw after another by the functions of the ranking itself."""
    names = sorted(rows.columns)
    found = []
    for weights in drawn:
        stated = dict(zip(names, weights, strict=True))
        scores = combine(rows[names], stated, method=method, alpha=alpha)  # type: ignore[arg-type]
        found.append(order(scores * penalty).to_numpy(np.int64))
    return np.array(found)


@settings(deadline=None, max_examples=25)
@given(rows=ROWS, factors=PENALTIES, kind=KINDS, method=st.sampled_from(METHODS))
def test_counts_equal_those_of_a_plain_loop_over_the_ranking(rows: list, factors: list, kind: str, method: str) -> None:
    values, weights = table(rows), {"a": 3.0, "b": 1.0, "c": 1.0}
    penalty = pd.Series(factors[: len(rows)], values.index)
    alpha, spread = 2.0 if method == "owa" else None, 0.3 if kind == "around" else None
    options = {"method": method, "alpha": alpha, "spread": spread, "penalty": penalty}
    found = acceptability(values, weights, kind=kind, draws=25, seed=4, shown=7, **options)  # type: ignore[arg-type, misc]
    drawn = {"uniform": uniform(list("abc"), 25, 4), "ordered": ordered(weights, 25, 4)}.get(kind)
    ranks = plain(values, around(weights, 0.3, 25, 4) if drawn is None else drawn, penalty, method, alpha)
    for place, parcel in enumerate(values.index):
        counts = [(ranks[:, place] == rank).mean() for rank in range(1, 8)]
        assert found.shares.loc[parcel, list(range(1, 8))].to_list() == pytest.approx(counts, abs=1e-12)
    assert found.table["rank_median"].to_list() == np.quantile(ranks, 0.5, axis=0, method="inverted_cdf").tolist()
    assert (found.table["rank_best"] <= ranks.min(axis=0)).all()
    assert (found.table["rank_worst"] >= ranks.max(axis=0)).all()


@settings(deadline=None, max_examples=20)
@given(rows=ROWS, kind=KINDS, data=st.data())
def test_order_of_rows_and_columns_and_threads_change_nothing(rows: list, kind: str, data: st.DataObject) -> None:
    values, weights = table(rows), {"a": 3.0, "b": 2.0, "c": 1.0}
    spread = 0.3 if kind == "around" else None
    one = acceptability(values, weights, kind=kind, draws=200, spread=spread, workers=1)  # type: ignore[arg-type]
    mixed = values.loc[data.draw(st.permutations(list(values.index))), data.draw(st.permutations(list("abc")))]
    other = acceptability(mixed, weights, kind=kind, draws=200, spread=spread, workers=3)  # type: ignore[arg-type]
    assert same(one, other)


@settings(deadline=None, max_examples=40)
@given(rows=ROWS, kind=KINDS)
def test_shares_sum_to_one_and_ranks_lie_within_best_and_worst(rows: list, kind: str) -> None:
    spread = 0.3 if kind == "around" else None
    found = acceptability(table(rows), {"a": 3, "b": 1, "c": 1}, kind=kind, draws=100, spread=spread, shown=2)  # type: ignore[arg-type]
    assert found.shares.sum(axis=1).to_numpy() == pytest.approx(np.ones(len(rows)), abs=1e-12)
    ranks = found.table
    assert (ranks["rank_best"] <= ranks["rank"]).all()
    assert (ranks["rank"] <= ranks["rank_worst"]).all()
    assert ranks["rank_median"].between(ranks["rank_best"], ranks["rank_worst"]).all()


@settings(deadline=None, max_examples=40)
@given(rows=ROWS, less=st.tuples(UNIT, UNIT, UNIT), method=st.sampled_from(METHODS))
def test_who_is_no_better_anywhere_is_never_ahead(rows: list, less: tuple, method: str) -> None:
    worse = tuple(min(pair) for pair in zip(rows[0], less, strict=True))
    values = table([*rows, worse])
    scores = blended(values.to_numpy(), uniform(list("abc"), 50, 2), method, 0.5 if method == "owa" else None)
    ranks = places(whole(scores))
    assert (ranks[:, 0] <= ranks[:, -1]).all()


def test_a_seed_gives_the_same_answer_again_and_another_seed_another() -> None:
    values = pd.DataFrame(np.random.default_rng(1).random((60, 3)).round(9), columns=list("abc"))
    one = acceptability(values, draws=2000, seed=5)
    assert same(one, acceptability(values, draws=2000, seed=5))
    assert not one.shares.equals(acceptability(values, draws=2000, seed=6).shares)


def test_the_weighted_mean_is_first_under_its_own_central_weights() -> None:
    values = pd.DataFrame(np.random.default_rng(2).random((40, 4)).round(9), columns=list("abcd"))
    found = acceptability(values, draws=3000)
    assert set(found.table["confidence"].dropna()) == {1.0}
    assert found.table["confidence"].notna().equals(found.table["p_first"] > 0)


def test_worlds_of_scores_are_counted_as_they_come() -> None:
    blocks = [np.array([[0.9, 0.5, np.nan], [0.1, 0.5, np.nan]]), np.array([[0.5, 0.5, np.nan], [0.6, 0.5, np.nan]])]
    weights = pd.DataFrame({"a": [0.9, 0.1, 0.5, 0.4], "b": [0.1, 0.9, 0.5, 0.6]})
    found = acceptability_of(iter(blocks), pd.Index(["A", "B", "C"]), weights=weights, shown=2, top=1, seed=9)
    assert (found.draws, found.seed) == (4, 9)
    # A: ranks 1, 2, 1 (level), 1; B: 2, 1, 1, 2
    assert found.shares.loc["A"].to_list() == [0.75, 0.25, 0]
    assert found.shares.loc["B"].to_list() == [0.5, 0.5, 0]
    assert found.central.loc["A"].to_list() == pytest.approx([0.6, 0.4], abs=1e-11)
    assert found.central.loc["B"].to_list() == pytest.approx([0.3, 0.7], abs=1e-11)
    assert found.table.loc["C"].isna().all()


def test_worlds_of_weights_equal_the_draws_of_weights() -> None:
    drawn = uniform(["jobs", "school"], 500, 1)
    scores = blended(THREE.to_numpy(), drawn, "wsm")
    one = acceptability(THREE, draws=500)
    other = acceptability_of(np.split(scores, 5), THREE.index, weights=pd.DataFrame(drawn, columns=list(THREE)))
    assert one.shares.equals(other.shares)
    assert one.central.equals(other.central)


def test_confidence_is_the_share_of_worlds_won_under_own_central_weights() -> None:
    worlds = np.array([[[1.0, 0.0], [0.0, 1.0]], [[0.2, 0.0], [0.5, 1.0]]])
    central = pd.DataFrame({"a": [0.8, np.nan], "b": [0.2, np.nan]}, index=["A", "B"])
    # world 1: .8 against .2; world 2: .16 against .6
    assert confidence([worlds], central)["A"] == 0.5
    assert confidence([worlds], central).isna().to_dict() == {"A": False, "B": True}


def test_a_rank_that_is_certain_has_no_entropy() -> None:
    shares = pd.DataFrame([[1.0, 0.0], [0.5, 0.5], [np.nan, np.nan]])
    assert entropy(shares).iloc[:2].to_list() == [0, 1]
    assert np.isnan(entropy(shares).iloc[2])


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(-(10**12), 10**12), min_size=4, max_size=4), min_size=1, max_size=5))
def test_places_equal_pandas_ranks_for_scores_of_any_size(rows: list[list[int]]) -> None:
    scores = np.array(rows, np.int64)
    expected = pd.DataFrame(rows).rank(axis=1, ascending=False, method="min").to_numpy()
    assert (places(scores) == expected).all()


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(-(10**12), 10**12), min_size=4, max_size=4), min_size=1, max_size=5))
def test_compiled_and_plain_ranks_are_the_same(rows: list[list[int]]) -> None:
    scores = np.array(rows, np.int64)
    expected = places(scores)
    for rank_of in (rank_rows, plain_rank):
        ranks = np.zeros(scores.shape, np.int32)
        rank_of(scores, ranks)
        assert (ranks == expected).all()


@settings(deadline=None, max_examples=20)
@given(rows=st.lists(st.lists(st.integers(0, 5), min_size=6, max_size=6), min_size=1, max_size=5))
def test_compiled_and_plain_counts_are_the_same(rows: list[list[int]]) -> None:
    scores = np.array(rows) / 10
    small, large = (Tally(6, Bins.up_to(6, 3), is_large=is_large) for is_large in (False, True))
    for tally in (small, large):
        tally.add(scores)
    ranks = places(whole(scores))
    counted = [np.zeros((6, 6), np.int32), np.full(6, 6, np.int32), np.ones(6, np.int32)]
    plain_count(ranks, small.bins.of_rank, *counted)
    for one, two, three in zip(
        (small.counts, small.best, small.worst), (large.counts, large.best, large.worst), counted, strict=True
    ):
        assert (one == two).all()
        assert (one == three).all()


def test_many_parcels_are_counted_alike_by_one_thread_and_by_three() -> None:
    # 2,500 x 8,000 is enough for the compiled code
    values = pd.DataFrame(np.random.default_rng(4).random((2500, 2)).round(3), columns=list("ab"))
    one = acceptability(values, draws=8000, workers=1, shown=3)
    assert same(one, acceptability(values, draws=8000, workers=3, shown=3))
    drawn = uniform(["a", "b"], 8000, 1)[:40]
    blocks = [blended(values.to_numpy(), drawn[:15], "wsm"), blended(values.to_numpy(), drawn[15:], "wsm")]
    found = acceptability_of(blocks, values.index, shown=3)
    ranks = plain(values, drawn, pd.Series(1.0, values.index), "wsm", None)
    assert (found.table["rank_best"] == ranks.min(axis=0)).all()
    assert (found.table["rank_worst"] == ranks.max(axis=0)).all()
    assert found.shares[1].to_numpy() == pytest.approx((ranks == 1).mean(axis=0), abs=1e-12)


@pytest.mark.parametrize(("ranks", "exact"), list(product((1, 5, 2048, 2049, 10_000), (1, 30, 500))))
def test_bins_hold_every_rank_once_and_are_narrow(ranks: int, exact: int) -> None:
    bins = Bins.up_to(ranks, exact)
    first = np.concatenate([[1], bins.last[:-1] + 1])
    for rank in {1, 2, ranks // 2 + 1, ranks} - {0}:
        if rank <= ranks:
            assert first[bins.of_rank[rank]] <= rank <= bins.last[bins.of_rank[rank]]
    assert (bins.last - first <= first / 64 + 1e-9).all()
    assert bins.exact >= min(exact, ranks)
    assert (first[: bins.exact] == bins.last[: bins.exact]).all()


def test_the_median_of_many_parcels_is_within_one_per_cent() -> None:
    scores = np.random.default_rng(3).random((51, 3000)) + np.linspace(1, 0, 3000)
    tally = Tally(3000, Bins.up_to(3000, 20))
    tally.add(scores)
    exact = np.median(pd.DataFrame(-scores).rank(axis=1).to_numpy(), axis=0)
    assert (np.abs(tally.medians - exact) <= 0.01 * exact).all()
    assert (tally.medians == exact)[exact <= 128].all()


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"kind": "some"}, "kind"),
        ({"kind": "ordered"}, "weights"),
        ({"kind": "around", "weights": {"jobs": 1, "school": 1}}, "spread"),
        ({"spread": 0.1}, "spread"),
        ({"weights": {"jobs": 1}}, "school"),
        ({"weights": {"jobs": -1, "school": 1}}, "weights"),
        ({"draws": 0}, "draws"),
        ({"seed": -1}, "seed"),
        ({"workers": 0}, "workers"),
        ({"top": 0}, "top"),
        ({"shown": 0}, "shown"),
        ({"method": "owa"}, "alpha"),
        ({"method": "best"}, "best"),
        ({"penalty": pd.Series({"A": 1.0})}, "penalty"),
        ({"penalty": pd.Series({"A": 1.0, "B": 2.0, "C": 1.0})}, "penalty"),
        ({"spred": 0.1}, "spred"),
        ({"values": THREE * 2}, "values"),
        ({"values": pd.concat([THREE, THREE])}, "values"),
        ({"values": THREE.set_axis(["jobs", "jobs"], axis=1)}, "values"),
        ({"values": THREE.iloc[:, :0]}, "values"),
        ({"values": 3}, "values"),
    ],
)
def test_a_wrong_argument_is_named(change: dict, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        acceptability(**({"values": THREE, "draws": 10} | change))


@pytest.mark.parametrize(
    ("blocks", "weights", "name"),
    [
        ([], None, "worlds"),
        ([np.ones((2, 3))], None, "worlds"),
        ([np.array([[np.inf, 1.0]])], None, "worlds"),
        ([np.array([[np.nan, 1.0], [1.0, 1.0]])], None, "missing"),
        ([np.ones((2, 2))], pd.DataFrame({"a": [1.0]}), "weights"),
        ([np.ones((2, 2))], pd.DataFrame({"a": [1.0] * 3}), "weights"),
    ],
)
def test_worlds_that_do_not_fit_are_refused(blocks: list, weights: pd.DataFrame | None, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        acceptability_of(blocks, pd.Index(["A", "B"]), weights=weights)
