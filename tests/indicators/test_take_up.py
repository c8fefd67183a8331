"""Who would take which home: lots, tastes, and homes that nobody takes."""

from itertools import permutations
from math import exp, log, sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.indicators.home_wishes import size_fit, wished_band
from siting.indicators.take_up import Taste, by_lot, logsum, price_gap, take_up, utilities

TASTE = Taste(work=1.0, services=2.0, price=4.0, size=3.0, unit=0.5, stay=0.0)
APPLICANTS = pd.DataFrame(
    {"unit": ["甲", "乙", None], "area_band": ["60-90", "90-120", "大户型"]}, index=["L1", "L2", "L3"]
)
SITES = pd.DataFrame(
    {
        "work": [log(100), -np.inf],
        "services": [0.5, 1.0],
        "price_gap": [0.25, 0.0],
        "mean_home_m2": [80.0, 100.0],
        "unit": ["甲", None],
    },
    index=["S1", "S2"],
)


def alike(applicants: int, **homes: int) -> tuple[pd.DataFrame, pd.Series]:
    """Return applicants to whom every site is worth 0, and the homes."""
    table = pd.DataFrame(0.0, index=[f"L{n}" for n in range(applicants)], columns=list(homes))
    return table, pd.Series(homes)


def exact_takers(weights: np.ndarray, room: list[int], stay: float) -> np.ndarray:
    """Return expected takers by enumerating every lot and every choice among the sites that have homes left."""
    people, sites = weights.shape
    total = np.zeros(sites)

    def follow(lot: tuple[int, ...], left: tuple[int, ...], chance: float) -> None:
        if not lot:
            total[:] += chance * (np.array(room) - np.array(left))
            return
        pulls = np.where(np.array(left) > 0, weights[lot[0]], 0.0)
        for site in np.flatnonzero(pulls):
            taken = tuple(homes - (at == site) for at, homes in enumerate(left))
            follow(lot[1:], taken, chance * pulls[site] / (stay + pulls.sum()))
        follow(lot[1:], left, chance * stay / (stay + pulls.sum()))

    lots = list(permutations(range(people)))
    for lot in lots:
        follow(lot, tuple(room), 1 / len(lots))
    return total


def in_turn(clocks: np.ndarray, room: list[int]) -> list[int]:
    """Return what each row takes, one after the other."""
    left, chosen = [*room, len(clocks)], []
    for row in clocks:
        best = min((clock, at) for at, clock in enumerate(row) if left[at] > 0)[1]
        left[best] -= 1
        chosen.append(best)
    return chosen


def test_three_who_do_not_care_and_two_homes_leave_0_3125_of_them_empty() -> None:
    # each of three accepts with 1 / (1 + 1) = 1/2: takers 0, 1, 2 with 1/8, 3/8, 4/8 (two or three want one);
    # E = 3/8 + 2 x 4/8 = 1.375, vacancy 1 - 1.375 / 2 = 0.3125; turned away: one with 1/8
    draws = 20_000
    found = take_up(*alike(3, S=2), stay=0.0, draws=draws, seed=7)
    spread = sqrt(3 / 8 + 4 * 4 / 8 - 1.375**2)
    assert found.sites.loc["S", "takers"] == pytest.approx(1.375, abs=4 * spread / sqrt(draws))
    assert found.sites.loc["S", "vacancy"] == pytest.approx(0.3125, abs=4 * spread / 2 / sqrt(draws))
    assert found.sites.loc["S", "vacancy"] == 1 - found.sites.loc["S", "takers"] / 2
    assert found.turned_away["mean"] == pytest.approx(1 / 8, abs=4 * sqrt(7 / 64) / sqrt(draws))
    assert found.stayed_away["mean"] == pytest.approx(1.5, abs=4 * sqrt(3 / 4) / sqrt(draws))
    assert found.sites.loc["S", ["takers_p10", "takers_p90"]].tolist() == [0, 2]
    assert found.sites.loc["S", ["vacancy_p10", "vacancy_p90"]].tolist() == [0, 1]
    assert exact_takers(np.ones((3, 1)), [2], 1.0) == pytest.approx([1.375])


def test_with_homes_for_all_a_choice_is_a_multinomial_logit() -> None:
    # exp(1) / (e^0.5 + e + 1) = 0.50648, 1 / (e^0.5 + e + 1) = 0.18632 of 200 applicants (stay 0.5, sites 1 and 0)
    table = pd.DataFrame({"S": 1.0, "T": 0.0}, index=range(200))
    found = take_up(table, pd.Series({"S": 200, "T": 200}), stay=0.5, draws=2000, seed=1)
    whole = exp(0.5) + exp(1) + 1
    for site, value in (("S", exp(1) / whole), ("T", 1 / whole)):
        error = 4 * sqrt(200 * value * (1 - value) / 2000)
        assert found.sites.loc[site, "takers"] == pytest.approx(200 * value, abs=error)
    assert found.turned_away["mean"] == 0


def test_scarce_homes_and_unlike_tastes_agree_with_enumeration_of_every_lot_and_choice() -> None:
    values = np.array([[1.0, 0.2, -0.5], [0.0, 0.7, 0.3], [2.0, -1.0, 0.1], [0.4, 0.4, 0.4]])
    room, draws = [1, 2, 1], 20_000
    table = pd.DataFrame(values, index=list("abcd"), columns=list("xyz"))
    found = take_up(table, pd.Series(room, list("xyz")), stay=0.3, draws=draws, seed=3)
    exact = exact_takers(np.exp(values), room, exp(0.3))
    assert found.sites["takers"].to_numpy() == pytest.approx(exact, abs=4 * 0.8 / sqrt(draws))


@settings(max_examples=200)
@given(st.integers(0, 2**32 - 1), st.integers(0, 40), st.integers(0, 6), st.integers(0, 8))
def test_rounds_of_proposals_end_where_choosing_in_turn_ends(seed: int, people: int, sites: int, most: int) -> None:
    chance = np.random.default_rng(seed)
    clocks, room = chance.random((people, sites + 1)), chance.integers(0, most + 1, sites)
    expected = in_turn(clocks, room.tolist())
    assert by_lot(clocks.copy(), room).tolist() == expected


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.randoms())
def test_the_order_of_applicants_and_sites_does_not_change_a_byte(seed: int, chance) -> None:
    values = np.random.default_rng(seed).normal(size=(9, 4))
    table = pd.DataFrame(values, index=[f"L{n}" for n in range(9)], columns=list("ABCD"))
    homes = pd.Series([1, 2, 3, 0], list("ABCD"))
    people, sites = chance.sample(list(table.index), 9), chance.sample(list("ABCD"), 4)
    one = take_up(table, homes, stay=0.1, draws=20, seed=seed)
    other = take_up(table.loc[people, sites], homes.loc[sites[::-1]], stay=0.1, draws=20, seed=seed)
    assert other.sites.index.tolist() == sites[::-1]
    pd.testing.assert_frame_equal(other.sites.loc[homes.index], one.sites, check_exact=True)
    pd.testing.assert_series_equal(other.stayed_away, one.stayed_away, check_exact=True)


def test_another_seed_draws_other_lots() -> None:
    table, homes = alike(50, S=20, T=20)
    means = {take_up(table, homes, stay=0.0, draws=10, seed=seed).sites.loc["S", "takers"] for seed in range(5)}
    assert len(means) > 1


def test_each_draw_has_a_stream_of_its_own_so_that_more_draws_keep_the_first() -> None:
    table, homes = alike(7, S=5)
    one, two = (take_up(table, homes, stay=0.0, draws=draws, seed=2).sites.loc["S", "takers"] for draws in (1, 2))
    assert 2 * two - one in range(6)


def test_a_competing_site_draws_takers_away() -> None:
    takers = [
        take_up(*alike(60, **homes), stay=0.0, draws=400, seed=5).sites.loc["S", "takers"]
        for homes in ({"S": 40}, {"S": 40, "T": 40})
    ]
    # half of 60 against a third of 60
    assert takers == pytest.approx([30, 20], abs=1.0)


def test_a_site_without_homes_has_no_vacancy_and_one_of_unknown_homes_or_data_stands_outside() -> None:
    table, homes = alike(5, S=3, none=0, homeless=1, dark=4)
    table["dark"] = np.nan
    found = take_up(table, homes.astype(float).where(homes.index != "homeless"), stay=0.0, draws=50, seed=1)
    assert found.sites.index.tolist() == ["S", "none", "homeless", "dark"]
    assert found.sites.loc["none", "takers"] == 0
    assert np.isnan(found.sites.loc["none", "vacancy"])
    assert found.sites.loc[["homeless", "dark"], ["takers", "vacancy", "takers_p90"]].isna().all(axis=None)
    alone = take_up(*alike(5, S=3), stay=0.0, draws=50, seed=1)
    assert found.sites.loc["S", "takers"] == pytest.approx(alone.sites.loc["S", "takers"], abs=1)


def test_nobody_goes_where_there_is_no_work_and_the_rest_stays_away_however_good_the_sites() -> None:
    table = pd.DataFrame({"far": -np.inf, "dream": 5000.0}, index=range(6))
    found = take_up(table, pd.Series({"far": 9, "dream": 2}), stay=-3000.0, draws=20, seed=1)
    assert found.sites["takers"].tolist() == [0, 2]
    assert found.sites["vacancy"].tolist() == [1, 0]
    assert (found.stayed_away["mean"], found.turned_away["mean"]) == (0, 4)


def test_without_applicants_every_home_stays_empty() -> None:
    found = take_up(*alike(0, S=3), stay=0.0, draws=5, seed=1)
    assert found.sites.loc["S", ["takers", "vacancy"]].tolist() == [0, 1]
    assert found.stayed_away["mean"] == 0


def test_everybody_is_a_taker_or_stayed_or_was_turned_away() -> None:
    values = np.random.default_rng(4).normal(size=(40, 5))
    table = pd.DataFrame(values, columns=list("ABCDE"))
    found = take_up(table, pd.Series(4, list("ABCDE")), stay=0.5, draws=64, seed=1)
    assert found.sites["takers"].sum() + found.stayed_away["mean"] + found.turned_away["mean"] == 40


def test_utility_is_the_sum_of_work_services_price_size_and_own_unit() -> None:
    found = utilities(APPLICANTS, SITES, TASTE)
    # S1: work ln 100, services 2 x 0.5, price 4 x 0.25; L1: size 80 fits 60-90 (3 x 1), own unit 0.5
    assert found.table.loc["L1", "S1"] == pytest.approx(log(100) + 1 + 1 + 3 + 0.5)
    # L2: 80 against 90-120: 80 / 90; another unit
    assert found.table.loc["L2", "S1"] == pytest.approx(log(100) + 1 + 1 + 3 * 80 / 90)
    # L3: a wish that cannot be read is fitted by any size, and told; no unit is nobody's own
    assert found.table.loc["L3", "S1"] == pytest.approx(log(100) + 1 + 1 + 3)
    assert found.unknown_bands == ("L3",)
    assert np.isneginf(found.table["S2"]).all()
    assert found.no_work == ("S2",)


def test_a_site_with_an_empty_cell_is_unknown_to_all_unless_nobody_goes_by_it() -> None:
    sites = SITES.assign(work=[1.0, 2.0], price_gap=[np.nan, 0.1])
    assert utilities(APPLICANTS, sites, TASTE).table["S1"].isna().all()
    careless = Taste(work=1.0, services=2.0, price=0.0, size=0.0, unit=0.0, stay=0.0)
    assert utilities(APPLICANTS, sites, careless).table["S1"].tolist() == [2.0] * 3
    unsized = SITES.assign(mean_home_m2=[np.nan, 100.0])
    assert utilities(APPLICANTS, unsized, TASTE).table["S1"].isna().all()


def test_the_logsum_of_no_work_is_minus_infinity_and_of_unknown_work_unknown() -> None:
    found = logsum(pd.Series({"A": 100.0, "B": 0.0, "C": np.nan}))
    assert found["A"] == log(100)
    assert found["B"] == -np.inf
    assert np.isnan(found["C"])


def test_the_price_gap_is_the_share_below_the_market() -> None:
    price = pd.Series({"A": 3000.0, "B": 5000.0, "C": np.nan})
    assert price_gap(price, 4000.0).tolist()[:2] == [0.25, -0.25]
    assert np.isnan(price_gap(price, 4000.0)["C"])
    assert price_gap(price, pd.Series({"B": 10_000.0, "A": 6000.0, "C": 1.0})).tolist()[:2] == [0.5, 0.5]


@pytest.mark.parametrize(
    ("written", "band"),
    [
        *[
            (each, (60, 90))
            for each in ("60-90", "60—90㎡", "60~90平方米", "６０～９０", "60至90 m²", "60m2-90m2", "60 to 90")
        ],
        *[
            (each, (0, 60))
            for each in ("60以下", "60平方米以下", "60（含）以下", "不足60", "≤60", "<60", "不超过60㎡", "under 60")
        ],
        *[
            (each, (120, np.inf))
            for each in ("120以上", "120平米及以上", "≥120", "超过120", "不少于120", "over 120", "120+")
        ],
        *[(each, None) for each in ("大户型", "", "90-60", "90", "三室一厅 90-120", None, np.nan, 90)],
    ],
)
def test_bands_are_read_as_offices_write_them(written: object, band: object) -> None:
    assert wished_band(written) == band


@pytest.mark.parametrize(
    ("band", "size", "fit"),
    [
        ("60-90", 60, 1),
        ("60-90", 90, 1),
        ("60-90", 100, 0.9),
        ("60-90", 45, 0.75),
        ("60以下", 30, 1),
        ("60以下", 90, 60 / 90),
        ("120以上", 300, 1),
        ("120以上", 90, 0.75),
    ],
)
def test_a_home_outside_the_band_fits_by_smaller_over_larger(band: str, size: float, fit: float) -> None:
    assert size_fit(band, size) == fit


def test_the_fit_is_unknown_where_the_wish_or_the_size_is() -> None:
    assert np.isnan(size_fit("大户型", 80))
    assert np.isnan(size_fit("60-90", float("nan")))
    with pytest.raises(ValueError, match="mean_home_m2"):
        size_fit("60-90", 0)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"draws": 0}, "draws"),
        ({"draws": 1.5}, "draws"),
        ({"seed": -1}, "seed"),
        ({"stay": np.inf}, "stay"),
        ({"stay": "0"}, "stay"),
        ({"homes": pd.Series({"S": 1.5})}, "homes"),
        ({"homes": pd.Series({"S": -1})}, "homes"),
        ({"homes": pd.Series({"T": 1})}, "homes"),
        ({"table": pd.DataFrame({"S": [0.0, np.nan]})}, "table"),
        ({"table": pd.DataFrame({"S": [0.0, np.inf]})}, "table"),
        ({"table": pd.DataFrame({"S": [0.0, 0.0]}, index=[1, "1"])}, "table: ids"),
        ({"table": [0.0]}, "table must be a DataFrame"),
    ],
)
def test_wrong_arguments_of_the_lots_are_refused_by_name(change: dict, says: str) -> None:
    table, homes = alike(2, S=1)
    with pytest.raises(ValueError, match=says):
        take_up(**{"table": table, "homes": homes, "stay": 0.0, "draws": 5, "seed": 1, **change})


@pytest.mark.parametrize(
    ("applicants", "sites", "taste", "says"),
    [
        (APPLICANTS.drop(columns="unit"), SITES, TASTE, "applicants: .*unit"),
        (APPLICANTS, SITES.drop(columns="work"), TASTE, "sites: .*work"),
        (APPLICANTS, SITES.assign(services=np.inf), TASTE, "sites: a value is infinite"),
        (APPLICANTS, SITES, Taste(-1.0, 0.0, 0.0, 0.0, 0.0, 0.0), "taste.work"),
        (APPLICANTS, SITES, Taste(np.nan, 0.0, 0.0, 0.0, 0.0, 0.0), "taste"),
    ],
)
def test_wrong_arguments_of_utilities_are_refused_by_name(applicants, sites, taste, says) -> None:
    with pytest.raises(ValueError, match=says):
        utilities(applicants, sites, taste)


def test_wrong_prices_and_sums_are_refused() -> None:
    with pytest.raises(ValueError, match="market"):
        price_gap(pd.Series([1.0]), 0.0)
    with pytest.raises(ValueError, match="access"):
        logsum(pd.Series([-1.0]))
