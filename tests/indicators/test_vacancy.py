"""Warning signs of vacancy, the index made of them, and how they are told."""

import json
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siting.base.living_settings import VacancyBounds
from siting.base.vacancy_flags import flag_rules, vacancy_flags
from siting.indicators.vacancy import vacancy_index
from siting.report.vacancy_sentences import vacancy_sentences

RULES = vacancy_flags()
FINE = {
    "jobs_far": 10.0,
    "jobs_few": 0.9,
    "no_daily_shop": 200.0,
    "no_transit": 300.0,
    "infra_not_ready": 0.0,
    "must_facilities_missing": 1.0,
    "centre_far": 1.0,
    "demand_short": 0.4,
    "nuisance": 0.0,
    "winter_access": 1.1,
}
NAMES = list(FINE)


def parcels(**rows: dict[str, float]) -> pd.DataFrame:
    """Return parcels with nothing amiss but what is said of each."""
    return pd.DataFrame({name: {**FINE, **row} for name, row in rows.items()}).T[NAMES]


def beyond(measured: pd.DataFrame, *marks: tuple[str, str]) -> pd.DataFrame:
    """Return where nothing was found."""
    found = pd.DataFrame(False, index=measured.index, columns=measured.columns)
    for parcel, flag in marks:
        found.loc[parcel, flag] = True
    return found


def level(flag: str, value: float, *, car_free: bool = True) -> str:
    """Return the level of one sign at a value."""
    found = vacancy_index(parcels(A={flag: value}), RULES, car_free=car_free).table
    return str(found.set_index("flag").loc[flag, "level"])


def test_the_index_is_points_over_the_signs_that_are_known() -> None:
    # A: two red (jobs 50 > 45 min, one utility unbuilt), one amber (shop 1500 > 1000 m), two unknown, five fine
    measured = parcels(
        A={"jobs_far": 50, "infra_not_ready": 1, "no_daily_shop": 1500, "nuisance": np.nan, "winter_access": np.nan},
        B={},
        C=dict.fromkeys(NAMES, np.nan),
    )
    summary = vacancy_index(measured, RULES, car_free=True).summary
    assert summary.loc["A", "index"] == (2 * 1 + 1 * 0.5 + 5 * 0) / 8
    assert summary.loc["A", ["red", "amber", "known", "total"]].tolist() == [2, 1, 8, 10]
    assert summary.loc["A", "unknown"] == "nuisance; winter_access"
    assert summary.loc["B", ["index", "red", "amber", "known"]].tolist() == [0, 0, 0, 10]
    assert np.isnan(summary.loc["C", "index"])
    assert summary.loc["C", "known"] == 0


@pytest.mark.parametrize(
    ("flag", "value", "expected"),
    [
        ("jobs_far", 30, "none"),
        ("jobs_far", 30.1, "amber"),
        ("jobs_far", 45, "amber"),
        ("jobs_far", 45.1, "red"),
        ("jobs_few", 0.5, "none"),
        ("jobs_few", 0.49, "amber"),
        ("jobs_few", 0.2, "amber"),
        ("jobs_few", 0.19, "red"),
        ("infra_not_ready", 0, "none"),
        ("infra_not_ready", 1, "red"),
        ("nuisance", 1, "amber"),
        ("nuisance", 9, "amber"),
        ("winter_access", 9, "amber"),
        ("demand_short", 1, "amber"),
        ("demand_short", 1.01, "red"),
        ("centre_far", np.nan, "unknown"),
    ],
)
def test_a_bound_itself_does_not_warn(flag: str, value: float, expected: str) -> None:
    assert level(flag, value) == expected


def test_no_bus_is_red_only_for_households_without_a_car() -> None:
    assert level("no_transit", 1200, car_free=True) == "red"
    assert level("no_transit", 1200, car_free=False) == "amber"


def test_nothing_within_the_search_is_the_worst_level_that_a_sign_has() -> None:
    measured = parcels(A={"no_daily_shop": np.nan, "no_transit": np.nan, "winter_access": np.nan})
    marks = beyond(measured, ("A", "no_daily_shop"), ("A", "no_transit"), ("A", "winter_access"))
    found = vacancy_index(measured, RULES, car_free=False, beyond=marks)
    levels = found.table.set_index("flag")["level"]
    assert levels[["no_daily_shop", "no_transit", "winter_access"]].tolist() == ["red", "amber", "amber"]
    assert found.summary.loc["A", "known"] == 10


def test_weights_count_only_over_the_known_and_only_if_given() -> None:
    measured = parcels(A={"jobs_far": 50, "nuisance": 1, "winter_access": np.nan})
    weights = {**dict.fromkeys(NAMES, 1.0), "jobs_far": 3.0, "winter_access": 5.0, "centre_far": 0.0}
    found = vacancy_index(measured, RULES, car_free=True, weights=weights)
    # 3 x 1 (jobs) + 1 x 0.5 (nuisance), over 3 + 7 x 1 + 0 (centre); 5 of winter is not known
    assert found.summary.loc["A", "index"] == 3.5 / 10
    assert vacancy_index(measured, RULES, car_free=True).weights is None


def test_the_table_has_a_row_a_parcel_and_sign_with_bounds_source_and_evidence() -> None:
    measured = parcels(B={}, A={"jobs_far": 50})
    table = vacancy_index(measured, RULES, car_free=True).table
    assert table["parcel"].tolist() == ["B"] * 10 + ["A"] * 10
    row = table[(table["parcel"] == "A") & (table["flag"] == "jobs_far")].iloc[0]
    assert row[["level", "value", "unit", "amber", "red", "evidence"]].tolist() == ["red", 50.0, "min", 30.0, 45.0, "G"]
    assert row["source"] == RULES["jobs_far"].source
    assert np.isnan(table.loc[table["flag"] == "nuisance", "red"]).all()


def test_inputs_are_not_changed_and_a_column_without_a_rule_is_not_judged() -> None:
    measured = parcels(A={"jobs_far": 50})
    before = measured.copy()
    found = vacancy_index(measured, flag_rules({}, off=("jobs_far",)), car_free=True)
    assert found.summary.loc["A", "total"] == 9
    assert found.summary.loc["A", "red"] == 0
    pd.testing.assert_frame_equal(measured, before)


VALUES = st.one_of(st.just(float("nan")), st.floats(0, 3), st.floats(0, 3000))


@given(st.lists(st.lists(VALUES, min_size=10, max_size=10), min_size=2, max_size=6), st.randoms())
def test_neither_the_order_of_parcels_nor_of_signs_matters_and_the_index_lies_in_0_to_1(rows, chance) -> None:
    measured = pd.DataFrame(rows, columns=NAMES, index=[f"P{n}" for n in range(len(rows))])
    names, ids = chance.sample(NAMES, 10), chance.sample(list(measured.index), len(measured))
    weights = dict(zip(NAMES, (0.1, 0.2, 0.3, 0.7, 1.1, 1.3, 1.7, 1.9, 2.3, 2.9), strict=True))
    one = vacancy_index(measured, RULES, car_free=True, weights=weights).summary
    other = vacancy_index(
        measured.loc[ids], {name: RULES[name] for name in names}, car_free=True, weights=weights
    ).summary
    columns = ["index", "red", "amber", "known"]
    pd.testing.assert_frame_equal(other.loc[one.index, columns], one[columns], check_exact=True)
    assert one["index"].dropna().between(0, 1).all()


@pytest.mark.parametrize("flag", NAMES)
def test_a_worse_value_never_warns_less(flag: str) -> None:
    order = ("none", "amber", "red")
    steps = (
        np.linspace(0, 1, 21)
        if RULES[flag].unit == "share"
        else np.linspace(0, 3000, 301) / (1 + 1000 * (RULES[flag].unit == "ratio"))
    )
    worse = steps if RULES[flag].direction == "above" else steps[::-1]
    measured = parcels(**{str(n): {flag: value} for n, value in enumerate(worse)})
    table = vacancy_index(measured, RULES, car_free=True).table
    found = [order.index(each) for each in table.loc[table["flag"] == flag, "level"]]
    assert all(first <= second for first, second in pairwise(found))
    assert found[-1] > found[0]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"measured": parcels(A={}).drop(columns="nuisance")}, "measured: .*nuisance"),
        ({"measured": parcels(A={"jobs_far": -1})}, "measured: negative or infinite: jobs_far of A"),
        ({"measured": parcels(A={"centre_far": np.inf})}, "measured: negative or infinite: centre_far of A"),
        ({"measured": [1]}, "measured must be a DataFrame"),
        ({"weights": {"jobs_far": 1.0}}, "weights: one for each"),
        ({"weights": dict.fromkeys(NAMES, 0.0)}, "weights: must be"),
        ({"weights": {**dict.fromkeys(NAMES, 1.0), "nuisance": -1.0}}, "weights: must be"),
        ({"beyond": beyond(parcels(A={}), ("A", "jobs_far"))}, "beyond: .*jobs_far of A"),
        ({"beyond": beyond(parcels(B={}))}, "beyond: needs a row"),
    ],
)
def test_wrong_arguments_are_refused_by_name(change: dict, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        vacancy_index(**{"measured": parcels(A={}), "flags": RULES, "car_free": True, **change})


def test_nothing_found_has_no_meaning_for_a_share_that_warns_below() -> None:
    measured = parcels(A={"jobs_few": np.nan})
    with pytest.raises(ValueError, match="warns below: jobs_few of A"):
        vacancy_index(measured, RULES, car_free=True, beyond=beyond(measured, ("A", "jobs_few")))


def told(language: str, *, car_free: bool = True, own: dict | None = None, **row: float) -> list[str]:
    """Return the sentences of one parcel; a value of None was searched for and not found."""
    far = [("A", name) for name, value in row.items() if value is None]
    measured = parcels(A={name: np.nan if value is None else value for name, value in row.items()})
    found = vacancy_index(measured, flag_rules(own or {}), car_free=car_free, beyond=beyond(measured, *far))
    record = json.loads(json.dumps(found.record("A", search={"no_daily_shop": 5000.0}), allow_nan=False))
    return vacancy_sentences(record, language)


def test_the_sentences_say_that_it_is_an_index_and_no_probability_and_name_every_sign_the_worst_first() -> None:
    zh, en = (told(language, jobs_far=52, no_transit=700, nuisance=np.nan) for language in ("zh", "en"))
    assert zh[0].startswith("空置警示指数 0.17（")
    assert "9 项中，红色 1 项、黄色 1 项" in zh[0]
    assert zh[0].endswith("不是空置概率。")
    assert "not a probability" in en[0]
    assert zh[1] == "另有 1 项缺数据，未计入：临近不利设施。"
    assert [line[:4] for line in zh[2:]] == ["红色警示", "黄色警示", "其余 7"]
    # those that do not warn are named with what was measured
    others = [rule for name, rule in RULES.items() if name not in ("jobs_far", "no_transit", "nuisance")]
    assert all(rule.measured_zh in zh[-1] and rule.measured_en in en[-1] for rule in others)


def test_each_sign_says_value_bound_source_and_evidence() -> None:
    source = RULES["jobs_far"].source
    assert told("zh", jobs_far=52)[1] == (
        f"红色警示“就业太远”：到最近就业集中区的时间 52 分钟，超过红色界限 45 分钟（依据：{source}；暂定值）。"
    )
    assert told("en", jobs_far=52)[1] == (
        'Red warning "jobs far away": time to the nearest job cluster: 52 min, above the red bound of 45 min'
        f" (source: {RULES['jobs_far'].source_en}; placeholder)."
    )


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"jobs_few": 0.15}, "15%，低于红色界限 20%"),
        ({"jobs_few": 0.3}, "30%，低于黄色界限 50%，不低于红色界限 20%"),
        ({"jobs_far": 45.02}, "45.02 分钟，超过红色界限 45 分钟"),
        ({"winter_access": 1.5001}, "1.5001，超过黄色界限 1.5（"),
        ({"infra_not_ready": 2}, "2 项，有一项即为红色"),
        ({"nuisance": 1}, "1 项，有一项即为黄色"),
        ({"no_daily_shop": None}, "5000 米以内没有，按超过红色界限（2000 米）计"),
        ({"centre_far": None}, "搜索范围内没有，按超过红色界限（20 公里）计"),
        ({"demand_short": None}, "本单位没有登记的申请户"),
    ],
)
def test_the_words_fit_the_kind_of_sign(row: dict, says: str) -> None:
    assert says in told("zh", **row)[1]


def test_where_households_have_cars_the_missing_red_is_explained() -> None:
    assert "按家庭有车考虑，不设红色" in told("zh", car_free=False, no_transit=1200)[1]
    assert "按家庭有车考虑" not in "".join(told("zh", car_free=True, no_transit=1200))


def test_own_bounds_are_marked_as_set_by_the_user() -> None:
    own = {"jobs_far": VacancyBounds(amber=20, red=25)}
    assert "超过红色界限 25 分钟（依据：—；用户自定）" in told("zh", own=own, jobs_far=52)[1]


def test_a_parcel_of_which_nothing_is_known_has_no_index_and_says_so() -> None:
    assert told("zh", **dict.fromkeys(NAMES, np.nan))[0] == "空置警示指数无法给出：10 项都缺数据。"


def test_user_weights_are_told() -> None:
    measured = parcels(A={"jobs_far": 52})
    found = vacancy_index(measured, RULES, car_free=True, weights={**dict.fromkeys(NAMES, 1.0), "jobs_far": 2.5})
    lines = vacancy_sentences(found.record("A"), "zh")
    assert "按用户给定的权重计算" in lines[0]
    assert "（权重 2.5；依据" in lines[1]
