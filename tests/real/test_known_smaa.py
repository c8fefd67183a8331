"""Published answers of SMAA: R's package smaa, its drug example, and shares that follow from plain geometry."""

import json
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from siting.score.acceptability import acceptability, acceptability_of, confidence, entropy
from siting.score.values import value
from tests.shared_data import shared

DRUGS = ["heparin", "enoxaparin"]
CRITERIA = ["prox", "dist", "bleed"]
TOLERANCE = 0.001
DRAWS = 20_000


@cache
def known() -> dict[str, Any]:
    """Return the cases of the package and of geometry."""
    return dict(json.loads(shared("known/smaa/data.json").read_text("utf-8")))


@cache
def expected() -> dict[str, Any]:
    """Return the published answers of the drug example."""
    return dict(json.loads(shared("known/smaa_thrombo/expected.json").read_text("utf-8")))


@cache
def drawn() -> tuple[np.ndarray, pd.DataFrame]:
    """Return draws x drugs x criteria of values, and draws x criteria of weights."""
    table = pd.read_csv(shared("known/smaa_thrombo/draws.csv"))
    values = np.stack([table[[f"{drug}_{name}" for name in CRITERIA]].to_numpy() for drug in ("hep", "eno")], axis=1)
    return values, table[[f"w_{name}" for name in CRITERIA]].set_axis(CRITERIA, axis=1)


def test_a_piecewise_value_function_is_that_of_the_package() -> None:
    case = known()["partial_value"]
    points = tuple(zip(case["cutoffs"], case["values"], strict=True))
    found = value(pd.Series(case["x"], dtype=float), worst=100, best=50, shape="piecewise", points=points)
    assert found.to_list() == pytest.approx(case["expected"], abs=1e-12)


def test_the_entropy_of_ranks_is_that_of_the_package() -> None:
    for case in known()["ranking_entropy_bits"]:
        assert entropy(pd.DataFrame(case["acceptability"])).to_list() == pytest.approx([case["expected"]] * 2, abs=1e-6)


def test_shares_of_ranks_are_those_of_the_geometry() -> None:
    cases = known()["exact_uniform_weights"]
    assert len(cases) == 4
    for case in cases:
        scores = pd.DataFrame(case["scores"], dtype=float)
        names = [f"c{number}" for number in range(scores.shape[1])]
        # a value above 1 is brought into 0..1 with all others, which changes no rank
        values = (scores / max(1.0, scores.max(axis=None))).set_axis(names, axis=1)
        found = acceptability(values, draws=DRAWS)
        for rank, key in ((1, "first_rank"), (2, "second_rank")):
            for share, exact in zip(found.shares[rank], case.get(key, found.shares[rank]), strict=True):
                assert share == pytest.approx(exact, abs=3 * np.sqrt(exact * (1 - exact) / DRAWS) + 1e-12)


def test_the_drug_example_has_the_published_shares_and_central_weights() -> None:
    values, weights = drawn()
    scores = (values * weights.to_numpy()[:, np.newaxis, :]).sum(axis=2)
    found = acceptability_of(np.array_split(scores, 7), pd.Index(DRUGS), weights=weights, shown=2)
    assert scores.mean(axis=0) == pytest.approx([expected()["mean_value"][drug] for drug in DRUGS], abs=TOLERANCE)
    for drug in DRUGS:
        assert found.shares.loc[drug, 1] == pytest.approx(expected()["first_rank_no_preference"][drug], abs=TOLERANCE)
        assert found.central.loc[drug].to_list() == pytest.approx(expected()["central_weights"][drug], abs=TOLERANCE)
    assert entropy(found.shares).to_list() == pytest.approx([expected()["ranking_entropy"]] * 2, abs=TOLERANCE)


def test_the_drug_example_has_the_published_confidence_factors() -> None:
    values, _ = drawn()
    central = pd.DataFrame([expected()["central_weights"][drug] for drug in DRUGS], DRUGS, CRITERIA)
    found = confidence(np.array_split(values, 5), central)
    assert found.to_dict() == pytest.approx(expected()["confidence_factors"], abs=TOLERANCE)


def test_the_drug_example_has_the_published_shares_under_stated_weights() -> None:
    values, _ = drawn()
    found = acceptability_of([values @ np.array([0.5, 0.2, 0.3])], pd.Index(DRUGS))
    assert found.shares[1].to_dict() == pytest.approx(expected()["first_rank_weights_0.5_0.2_0.3"], abs=TOLERANCE)
