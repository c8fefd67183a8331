"""What past occupancy can teach, and when it teaches nothing."""

import json
from math import log

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import spearmanr
from sklearn.linear_model import LogisticRegression

from siting.indicators.calibration import CalibrationRefusedError, calibrate
from siting.indicators.logistic import penalised
from siting.indicators.skill import area_under_curve, skill, skill_over_mean
from siting.report.vacancy_sentences import calibration_sentence

NAMES = ("far", "shop")


def past(seed: int, *, records: int = 60, far: float = 0.08, shop: float = -1.0) -> tuple:
    """Return records of known log-odds -2.4 - ... so that mean places stand a third empty: far min, shop share."""
    chance = np.random.default_rng(seed)
    table = pd.DataFrame(
        {"far": chance.normal(30, 10, records), "shop": chance.normal(0.5, 0.5, records)},
        index=[f"P{n}" for n in range(records)],
    )
    homes = pd.Series(chance.integers(100, 400, records), table.index)
    odds = -0.5 + far * (table["far"] - 30) + shop * (table["shop"] - 0.5)
    return table, pd.Series(chance.binomial(homes, expit(odds)), table.index) / homes, homes


def noise(seed: int, records: int = 30) -> tuple:
    """Return records whose vacancy has nothing to do with the predictors."""
    table, _, homes = past(seed, records=records)
    return table, pd.Series(np.random.default_rng(seed + 10_000).beta(2, 5, records), table.index), homes


@pytest.fixture(scope="module")
def learnt():
    return calibrate(*past(1), predictors=NAMES, seed=1)


def test_known_coefficients_are_found_again_on_their_own_scale(learnt) -> None:
    assert learnt.coefficients.loc["far", "coefficient"] == pytest.approx(0.08, abs=0.01)
    assert learnt.coefficients.loc["shop", "coefficient"] == pytest.approx(-1.0, abs=0.15)
    # log-odds -0.5 at 30 minutes and half of the shops: -0.5 - 0.08 x 30 + 1 x 0.5
    assert learnt.intercept == pytest.approx(-0.5 - 0.08 * 30 + 0.5, abs=0.4)
    assert learnt.coefficients["same_sign"].tolist() == [1, 1]
    assert learnt.useful
    assert learnt.skill.low > 0.8
    assert learnt.brier_skill > 0.8
    assert learnt.log_loss_skill > 0.8
    assert (learnt.records, learnt.left_out_by, learnt.folds) == (60, "record", 60)


@pytest.mark.parametrize("strength", [0.001, 1.0, 100.0])
def test_the_regression_is_that_of_scikit_learn_on_a_vacant_and_an_occupied_row_a_record(strength: float) -> None:
    chance = np.random.default_rng(8)
    values, vacant, weights = chance.normal(size=(30, 3)), chance.random(30).round(1), chance.random(30) + 0.1
    model = LogisticRegression(C=strength, tol=1e-12, max_iter=10_000, solver="newton-cholesky")
    rows = np.vstack([values, values])
    model.fit(rows, np.repeat([1, 0], 30), sample_weight=np.concatenate([weights * vacant, weights * (1 - vacant)]))
    found = penalised(values, vacant, weights, strength)
    assert found.tolist() == pytest.approx([*model.intercept_, *model.coef_[0]], abs=1e-6)


@pytest.mark.parametrize("strength", [0.001, 1.0, 100.0])
def test_outcomes_that_a_line_parts_still_have_finite_slopes(strength: float) -> None:
    values = np.linspace(-2, 2, 20)[:, np.newaxis] * 3
    found = penalised(values, (values[:, 0] > 0).astype(float), np.ones(20), strength)
    assert 0 < found[1] < 100
    assert found[0] == pytest.approx(0, abs=1e-6)


def test_a_regression_by_hand() -> None:
    # one predictor of -1 and 1, shares 0.2 and 0.6, hardly any penalty: log-odds -1.3863 and 0.4055,
    # so intercept (0.4055 - 1.3863) / 2 = -0.4904 and slope (0.4055 + 1.3863) / 2 = 0.8959
    found = penalised(np.array([[-1.0], [1.0]]), np.array([0.2, 0.6]), np.ones(2), 1e9)
    assert found.tolist() == pytest.approx([-0.4904, 0.8959], abs=1e-4)


def test_the_sign_follows_the_truth_when_it_is_turned_round(learnt) -> None:
    turned = calibrate(*past(1, far=-0.08, shop=1.0), predictors=NAMES, seed=1)
    assert np.sign(learnt.coefficients["coefficient"]).tolist() == [1, -1]
    assert np.sign(turned.coefficients["coefficient"]).tolist() == [-1, 1]


def test_a_prediction_is_the_logistic_of_the_regression_and_empty_where_a_predictor_is(learnt) -> None:
    table = pd.DataFrame({"shop": [0.5, 0.0, 0.5], "far": [30.0, 50.0, np.nan], "more": 1}, index=["x", "y", "z"])
    found = learnt.predict(table)
    slopes = learnt.coefficients["coefficient"]
    assert found["y"] == pytest.approx(expit(learnt.intercept + 50 * slopes["far"]))
    # -0.5 is the truth at x: 0.3775; at y -0.5 + 0.08 x 20 + 0.5 = 1.6: 0.832
    assert found["x"] == pytest.approx(0.3775, abs=0.02)
    assert found["y"] == pytest.approx(0.832, abs=0.03)
    assert np.isnan(found["z"])


def test_places_unlike_all_records_are_told_to_be_extrapolation(learnt) -> None:
    table = pd.DataFrame({"far": [30.0, 170.0, np.nan], "shop": 0.5}, index=list("xyz"))
    assert learnt.beyond_records(table).tolist() == [False, True, False]


def test_noise_teaches_nothing_and_gives_no_probability() -> None:
    found = [calibrate(*noise(seed), predictors=NAMES, seed=1) for seed in range(8)]
    # about one in twenty-five is believed by chance
    assert sum(each.useful for each in found) <= 1
    refused = next(each for each in found if not each.useful)
    assert refused.refusal == "no_skill"
    assert refused.skill.records == 30
    with pytest.raises(CalibrationRefusedError, match="no skill"):
        refused.predict(noise(0)[0])


def test_noise_is_no_worse_than_chance_by_much_when_the_left_out_mean_is_taken_off() -> None:
    # the bare prediction would have a rank correlation near -1: leaving out a high value lowers the mean
    rho = [calibrate(*noise(seed), predictors=NAMES, seed=1).skill.rho for seed in range(6)]
    assert np.mean(rho) > -0.5


def test_fewer_than_twenty_records_teach_nothing_however_clear_they_are() -> None:
    few = calibrate(*past(1, records=19), predictors=NAMES, seed=1)
    assert (few.refusal, few.detail, few.records) == ("few_records", "19 of 20", 19)
    assert few.held_out.isna().all()
    with pytest.raises(CalibrationRefusedError, match="19 of 20"):
        few.predict(past(1)[0])
    assert calibrate(*past(1, records=20), predictors=NAMES, seed=1).useful


@pytest.mark.parametrize(("what", "detail"), [("vacant", "vacant"), ("far", "far")])
def test_what_does_not_vary_teaches_nothing(what: str, detail: str) -> None:
    table, vacant, homes = past(1)
    table, vacant = (table, vacant * 0 + 0.3) if what == "vacant" else (table.assign(far=3.0), vacant)
    found = calibrate(table, vacant, homes, predictors=NAMES, seed=1)
    assert (found.refusal, found.detail, found.useful) == ("no_variation", detail, False)


def test_no_order_of_the_rows_changes_a_bit(learnt) -> None:
    table, vacant, homes = past(1)
    mixed = table.sample(frac=1, random_state=3)
    other = calibrate(mixed, vacant.sample(frac=1, random_state=4), homes, predictors=NAMES, seed=1)
    pd.testing.assert_frame_equal(other.coefficients, learnt.coefficients, check_exact=True)
    pd.testing.assert_series_equal(other.held_out.loc[table.index], learnt.held_out, check_exact=True)
    assert other.skill == learnt.skill
    assert other.held_out.index.equals(mixed.index)


def test_records_with_an_empty_cell_or_without_homes_are_not_used_and_told(learnt) -> None:
    table, vacant, homes = past(1)
    extra = pd.DataFrame({"far": [np.nan, 30.0, 30.0], "shop": 0.5}, index=["x", "y", "z"])
    table = pd.concat([extra, table])
    vacant = pd.concat([vacant, pd.Series({"x": 0.5, "y": np.nan, "z": 0.5})])
    homes = pd.concat([homes, pd.Series({"x": 10, "y": 10, "z": 0})])
    found = calibrate(table, vacant, homes, predictors=NAMES, seed=1)
    assert found.left_out_of_use == ("x", "y", "z")
    assert found.held_out[["x", "y", "z"]].isna().all()
    pd.testing.assert_frame_equal(found.coefficients, learnt.coefficients, check_exact=True)


def test_vacant_homes_may_be_counted(learnt) -> None:
    table, vacant, homes = past(1)
    found = calibrate(table, (vacant * homes).round(), homes, predictors=NAMES, vacant_is="homes", seed=1)
    assert found.coefficients["coefficient"].tolist() == pytest.approx(learnt.coefficients["coefficient"].tolist())


def test_a_whole_group_is_left_out_together() -> None:
    table, vacant, homes = past(2)
    groups = pd.Series([f"town {n % 6}" for n in range(60)], table.index)
    found = calibrate(table, vacant, homes, predictors=NAMES, groups=groups, seed=1)
    assert (found.left_out_by, found.folds, found.useful) == ("group", 6, True)
    # what a town's own vacancy is does not touch what is foretold of it
    other = vacant.where(groups != "town 3", 0.9)
    changed = calibrate(table, other, homes, predictors=NAMES, groups=groups, seed=1)
    own = groups.index[groups == "town 3"]
    pd.testing.assert_series_equal(changed.held_out[own], found.held_out[own], check_exact=True)
    one = calibrate(table, vacant, homes, predictors=NAMES, groups=groups.where(groups.isna(), "same"), seed=1)
    assert (one.refusal, one.detail) == ("no_variation", "groups")


def test_more_than_a_hundred_records_are_left_out_in_a_hundred_parts() -> None:
    found = calibrate(*past(3, records=104), predictors=NAMES, seed=1)
    assert (found.left_out_by, found.folds, found.records) == ("fold", 100, 104)


def test_what_is_empty_or_not_at_all_has_an_area_under_the_curve() -> None:
    table, vacant, homes = past(5, far=0.4)
    found = calibrate(table, (vacant > 0.4).astype(float), homes, predictors=NAMES, seed=1)
    assert found.auc > 0.9
    assert np.isnan(calibrate(table, vacant, homes, predictors=NAMES, seed=1).auc)


def test_the_area_under_the_curve_is_the_share_of_pairs_in_the_right_order() -> None:
    # vacant 0.8, 0.4; occupied 0.4, 0.1: pairs right 0.8>0.4, 0.8>0.1, 0.4>0.1, one tie: 3.5 / 4
    assert area_under_curve(np.array([1.0, 1, 0, 0]), np.array([0.8, 0.4, 0.4, 0.1])) == 3.5 / 4


def test_skill_over_the_mean_by_hand() -> None:
    # v = 1, 0; p = .8, .4; mean .5: Brier own .04 + .16 = .2, mean .5; 1 - .2 / .5 = .6
    # log loss own -ln .8 - ln .6, mean 2 ln 2
    brier, logs = skill_over_mean(np.array([0.8, 0.4]), np.array([0.5, 0.5]), np.array([1.0, 0.0]), np.ones(2))
    assert brier == pytest.approx(0.6)
    assert logs == pytest.approx(1 - (-log(0.8) - log(0.6)) / (2 * log(2)))
    # of shares: the truth itself saves all of the error, and the mean none
    shares, means = np.array([0.2, 0.7, 0.0]), np.full(3, 0.3)
    assert skill_over_mean(shares, means, shares, np.ones(3)) == pytest.approx((1, 1))
    assert skill_over_mean(means, means, shares, np.ones(3)) == (0, 0)


def test_rank_correlation_by_hand() -> None:
    # ranks 1 2 3 4 and 1 3 2 4: 1 - 6 (0 + 1 + 1 + 0) / (4 x 15) = 0.8
    found = skill(pd.Series([0.1, 0.2, 0.3, 0.4]), pd.Series([5, 7, 6, 9]), seed=1)
    assert found.rho == pytest.approx(0.8)
    assert found.records == 4
    # weights 1 1 1 0 leave ranks 1 2 3 and 1 3 2: 1 - 6 x 2 / (3 x 8) = 0.5
    weighted = skill(pd.Series([0.1, 0.2, 0.3, 0.4]), pd.Series([5, 7, 6, 9]), pd.Series([1, 1, 1, 0]), seed=1)
    assert weighted.rho == pytest.approx(0.5)


def test_the_interval_is_that_of_a_plain_bootstrap() -> None:
    chance = np.random.default_rng(3)
    first = chance.normal(size=40).round(1)
    second = (first + chance.normal(size=40)).round(1)
    found = skill(pd.Series(first), pd.Series(second), seed=1, draws=4000)
    drawn = [spearmanr(first[at], second[at]).statistic for at in chance.integers(0, 40, (4000, 40))]
    assert found.rho == pytest.approx(spearmanr(first, second).statistic)
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(drawn, (0.025, 0.975))), abs=0.03)
    assert found.shown
    assert not skill(pd.Series(first), pd.Series(chance.normal(size=40)), seed=1).shown


def test_whole_groups_are_drawn_where_given_so_the_interval_is_wider() -> None:
    chance = np.random.default_rng(5)
    town = np.repeat(chance.normal(size=8), 10)
    first, second = town + 0.1 * chance.normal(size=80), np.repeat(chance.normal(size=8), 10) + 0.5 * town
    alone = skill(pd.Series(first), pd.Series(second), seed=1)
    grouped = skill(pd.Series(first), pd.Series(second), groups=pd.Series(np.repeat(range(8), 10)), seed=1)
    assert grouped.high - grouped.low > 1.5 * (alone.high - alone.low)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=30), st.randoms())
def test_skill_lies_between_minus_one_and_one_and_keeps_under_reordering(pairs: list, chance) -> None:
    first, second = (pd.Series([pair[at] for pair in pairs], dtype=float) for at in (0, 1))
    order = chance.sample(range(len(pairs)), len(pairs))
    one = skill(first, second, seed=1, draws=100)
    other = skill(first.iloc[order], second, seed=1, draws=100)
    np.testing.assert_array_equal([one.rho, one.low, one.high], [other.rho, other.low, other.high])
    assert np.isnan(one.rho) or -1 <= one.low <= one.high <= 1


def test_what_does_not_vary_or_is_unknown_has_no_skill() -> None:
    flat = skill(pd.Series([1.0, 1, 1, 1]), pd.Series([1.0, 2, 3, 4]), seed=1)
    assert np.isnan([flat.rho, flat.low, flat.high]).all()
    assert not flat.shown
    gaps = skill(pd.Series([1.0, 2, 3, np.nan]), pd.Series([1.0, 2, 3, 4]), seed=1)
    assert (gaps.rho, gaps.records) == (pytest.approx(1), 3)


def test_the_outcome_is_told_with_its_skill_or_the_reason_why_there_is_none(learnt) -> None:
    few = calibrate(*past(1, records=19), predictors=NAMES, seed=1)
    flat = calibrate(past(1)[0], past(1)[1] * 0, past(1)[2], predictors=NAMES, seed=1)
    unclear = next(
        each for each in (calibrate(*noise(s), predictors=NAMES, seed=1) for s in range(3)) if not each.useful
    )
    records = [json.loads(json.dumps(each.record(), allow_nan=False)) for each in (learnt, few, flat, unclear)]
    zh, en = ([calibration_sentence(record, language) for record in records] for language in ("zh", "en"))
    assert "60 个项目" in zh[0]
    assert "可用于估计空置概率" in zh[0]
    assert f"{learnt.skill.rho:.2f}" in zh[0]
    assert zh[1] == "入住记录只有 19 个可用，少于 20 个，不作校准，也不给出空置概率。"
    assert "“空置率”没有差别" in zh[2]
    assert "未显示出预测能力" in zh[3]
    assert "leaving out one project at a time" in en[3]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"predictors": ()}, "predictors"),
        ({"predictors": ("far", "far")}, "predictors"),
        ({"predictors": ("near",)}, "records: no columns near"),
        ({"vacant": past(1)[1] + 1}, "vacant"),
        ({"vacant": past(1)[1].iloc[1:]}, "vacant"),
        ({"homes": -past(1)[2]}, "homes"),
        ({"vacant_is": "count"}, "vacant_is"),
        ({"records": past(1)[0].assign(far=np.inf)}, "records: a predictor is infinite"),
        ({"records": 1}, "records must be a DataFrame"),
        ({"seed": -1}, "seed"),
    ],
)
def test_wrong_arguments_are_refused_by_name(change: dict, says: str) -> None:
    records, vacant, homes = past(1)
    given_ = {"records": records, "vacant": vacant, "homes": homes, "predictors": NAMES, "seed": 1}
    with pytest.raises(ValueError, match=says):
        calibrate(**{**given_, **change})


def test_wrong_arguments_of_skill_are_refused_by_name() -> None:
    one = pd.Series([1.0, 2, 3])
    for change, says in (
        ({"truth": one.iloc[:2]}, "truth"),
        ({"weights": -one}, "weights"),
        ({"draws": 0}, "draws"),
    ):
        with pytest.raises(ValueError, match=says):
            skill(**{"prediction": one, "truth": one, "seed": 1, **change})
