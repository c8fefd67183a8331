"""Published examples of the ways to weigh, to combine and to compare rankings; those not offered are named with the reason."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from siting.score import combine, normalised, order, spearman, topsis_raw, weigh, weighted_spearman, ws
from tests.shared_data import shared

OUTRANKED = "no sum of fixed values: the score of a parcel hangs on the other candidates"
RANKING = {
    "pyrepo:Test_TOPSIS.test_topsis": "topsis",
    "pyrepo:Test_SAW.test_saw": "saw",
    # not offered as such, but the mean of our two: an oracle for wsm and wpm at once
    "pymcdm:TestWASPAS.test_output": "waspas",
    # its weights are CRITIC's, of which it is the only published example here
    "pyrepo:Test_WASPAS.test_waspas": "waspas_critic",
    # ranks of given scores, the least first
    "pyrepo:Test_Rank_preferences.test_rank_preferences": "ranks",
}
RANKING_NOT_OFFERED = {
    "pymcdm:TestARAS.test_output": OUTRANKED,
    "pymcdm:TestCODAS.test_output": OUTRANKED,
    "pymcdm:TestCOPRAS2.test_output": OUTRANKED,
    "pymcdm:TestMAIRCA.test_output": OUTRANKED,
    "pymcdm:TestOCRA.test_output": OUTRANKED,
    "pymcdm:TestSPOTIS2.test_output": "fixed bounds as ours, but it measures from an expected point by one span; our target has a span to either side",
    "pymcdm:TestVIKOR.test_output_yang": OUTRANKED,
    "pymcdm:TestRAM.test_output": OUTRANKED,
    "pymcdm:TestPROBID.test_output#1": OUTRANKED,
    "pymcdm:TestLMAW.test_output": OUTRANKED,
    "pyrepo:Test_MABAC.test_mabac": OUTRANKED,
    "pyrepo:Test_MULTIMOORA.test_multimoora#2": OUTRANKED,
    "pyrepo:Test_PROMETHEE_II_3.test_promethee_II": OUTRANKED,
    "pyrepo:Test_CRADIS.test_cradis": OUTRANKED,
    "pyrepo:Test_COCOSO.test_cocoso": OUTRANKED,
}
DISPERSION = "one more weighting by spread; entropy and CRITIC show what such weights do"
WEIGHTS = {
    "pyrepo:Test_Entropy.test_Entropy": "entropy",
    "pyrepo:Test_Entropy.test_Entropy4": "entropy",
    "pymcdm:TestEqualWeights.test_output": "equal",
}
WEIGHTS_NOT_OFFERED = {
    "pymcdm:TestMERECWeights.test_output": DISPERSION,
    "pymcdm:TestIDOCRIWWeights.test_output": DISPERSION,
    "pymcdm:TestVarianceWeights.test_output": DISPERSION,
    "pymcdm:TestLOPCOWWeights.test_output": DISPERSION,
    "pyrepo:Test_IDOCRIW.test_idocriw": DISPERSION,
    "pyrepo:Test_STD.test_std": DISPERSION,
}


def cases(folder: str) -> dict[str, dict[str, Any]]:
    """Return the published cases by id."""
    found = json.loads(shared(f"known/{folder}/data.json").read_text("utf-8"))["cases"]
    return {each["id"]: each for each in found}


def test_every_published_case_is_run_or_named_with_a_reason() -> None:
    assert set(cases("mcda_ranking")) == {*RANKING, *RANKING_NOT_OFFERED}
    assert set(cases("mcda_weights")) == {*WEIGHTS, *WEIGHTS_NOT_OFFERED}


def table(case: dict[str, Any]) -> pd.DataFrame:
    """Return the raw matrix, columns c0, c1, …"""
    rows = case["inputs"]["matrix"]
    return pd.DataFrame(rows, columns=[f"c{at}" for at in range(len(rows[0]))], dtype=float)


def by_column(case: dict[str, Any], key: str) -> dict[str, float]:
    return {f"c{at}": number for at, number in enumerate(case["inputs"][key])}


def saw(case: dict[str, Any]) -> list[float]:
    # published sums are of weights as written, ours of shares
    weights = by_column(case, "weights")
    values = normalised(table(case), by_column(case, "types"), normalise="max")
    return (combine(values, weights) * sum(weights.values())).tolist()


def waspas(case: dict[str, Any], weights: dict[str, float]) -> list[float]:
    values, total = normalised(table(case), by_column(case, "types"), normalise="max"), sum(weights.values())
    wsm, wpm = (combine(values, weights, method=method) for method in ("wsm", "wpm"))
    return (0.5 * wsm * total + 0.5 * wpm**total).tolist()


def critic_weights(case: dict[str, Any]) -> dict[str, float]:
    # variant: the published weights take the price, a cost, as it stands; ours want its sign turned
    return weigh(method="critic", matrix=table(case)).weights.to_dict()


def scores(case: dict[str, Any], way: str) -> list[float]:
    if way == "topsis":
        return topsis_raw(table(case), case["inputs"]["weights"], case["inputs"]["types"]).tolist()
    if way == "saw":
        return saw(case)
    if way == "ranks":
        return order(-pd.Series(case["inputs"]["pref"])).astype(float).tolist()
    return waspas(case, critic_weights(case) if way == "waspas_critic" else by_column(case, "weights"))


@pytest.mark.parametrize(("case_id", "way"), RANKING.items())
def test_scores_and_ranks_are_the_published_ones(case_id: str, way: str) -> None:
    case = cases("mcda_ranking")[case_id]
    found = scores(case, way)
    assert found == pytest.approx(case["expected"], abs=case["tolerance_abs"])
    assert order(pd.Series(found)).tolist() == order(pd.Series(case["expected"], dtype=float)).tolist()


@pytest.mark.parametrize(("case_id", "way"), WEIGHTS.items())
def test_weights_are_the_published_ones(case_id: str, way: str) -> None:
    case = cases("mcda_weights")[case_id]
    matrix = table(case)
    if way == "equal":
        found = weigh(method="direct", names=list(matrix.columns), points=[1] * matrix.shape[1])
    else:
        found = weigh(method=way, matrix=matrix)
    assert found.weights.tolist() == pytest.approx(case["expected"], abs=case["tolerance_abs"])


def test_the_linear_best_worst_model_is_the_published_one() -> None:
    case = json.loads(shared("known/best_worst_method/data.json").read_text("utf-8"))
    found = weigh(
        method="bwm",
        names=["c1", "c2", "c3"],
        best_to_others=case["best_to_others"],
        others_to_worst=case["others_to_worst"],
    )
    linear = case["linear_model_recomputed"]
    assert found.weights.tolist() == pytest.approx(linear["weights"], abs=1e-9)
    assert found.deviation == pytest.approx(linear["xi"], abs=1e-9)
    # the ratio model of 2015, which is not offered, lies near
    assert found.weights.tolist() == pytest.approx(case["expected_weights"], abs=0.02)


def test_similarities_of_rankings_are_the_published_ones() -> None:
    published = json.loads(shared("known/rank_similarity/data.json").read_text("utf-8"))["cases"]
    measures = {"spearman": spearman, "weighted_spearman r_w": weighted_spearman, "WS": ws}
    assert [case["coefficient"] for case in published] == list(measures)
    for case in published:
        found = measures[case["coefficient"]](pd.Series(case["R"]), pd.Series(case["Q"]))
        assert found == pytest.approx(case["expected"], abs=5e-5), case["coefficient"]


def test_saatys_school_example_has_the_published_weights_and_ratio() -> None:
    # Saaty 1977, from memory; choosing a high school: learning, friends, school life, vocational training, college preparation, music classes
    upper = [4, 3, 1, 3, 4, 7, 3, 1 / 5, 1, 1 / 5, 1 / 5, 1 / 6, 1, 1 / 3, 3]
    matrix, at = np.ones((6, 6)), iter(upper)
    for i in range(6):
        for j in range(i + 1, 6):
            matrix[i, j] = next(at)
            matrix[j, i] = 1 / matrix[i, j]
    found = weigh(method="ahp", names=["learn", "friends", "life", "work", "college", "music"], pairwise=matrix)
    assert found.weights.tolist() == pytest.approx([0.32, 0.14, 0.03, 0.13, 0.24, 0.14], abs=0.006)
    # 0.24 is printed; the eigenvalue 7.42 gives (7.42 - 6) / 5 / 1.24
    assert found.consistency == pytest.approx(0.229, abs=1e-3)
    assert [note.code for note in found.notes] == ["ahp_contradiction"]
