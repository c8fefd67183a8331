"""Decays: their values by hand, their bounds, and the terms that they refuse."""

import pickle
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siting.access import Decay, bands, decay, exponential, gaussian, linear, logistic, power, step
from tests.access.drawn import DECAYS


@pytest.mark.parametrize(
    ("weigh", "weights"),
    [
        (step(10), {0: 1, 10: 1, 10.001: 0}),
        (linear(20), {0: 1, 5: 0.75, 20: 0, 25: 0}),
        # (e^(-1/8) - e^(-1/2)) / (1 - e^(-1/2)) = (.882497 - .606531) / .393469
        (gaussian(20), {0: 1, 10: 0.701367, 20: 0, 21: 0}),
        (exponential(beta=0.1), {0: 1, 10: 0.367879}),
        (exponential(half_at=8), {0: 1, 8: 0.5, 24: 0.125}),
        (power(2), {0: 1, 0.5: 1, 1: 1, 2: 0.25, 10: 0.01}),
        # one spread away: one by 1 + e, and the rest
        (logistic(midpoint=30, spread=5), {30: 0.5, 35: 0.268941, 25: 0.731059, 1e6: 0}),
        (bands({20: 0.68, 10: 1}), {0: 1, 10: 1, 10.001: 0.68, 20: 0.68, 20.001: 0}),
    ],
    ids=repr,
)
def test_weights_are_those_of_the_formula_with_the_bound_inclusive(weigh: Decay, weights: dict[float, float]) -> None:
    assert weigh(np.array([*weights], float)).tolist() == pytest.approx([*weights.values()], abs=1e-6)


@given(weigh=DECAYS, minutes=st.lists(st.floats(0, 500), min_size=2, max_size=9))
def test_a_farther_place_never_weighs_more_and_none_beyond_the_cutoff(weigh: Decay, minutes: list[float]) -> None:
    weights = weigh(np.sort(minutes))
    assert (np.diff(weights) <= 0).all()
    assert ((weights >= 0) & (weights <= 1)).all()
    if weigh.cutoff is not None:
        assert (weights[np.sort(minutes) > weigh.cutoff] == 0).all()


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: step(-1), "cutoff"),
        (lambda: step(float("inf")), "cutoff"),
        (lambda: linear(0), "cutoff"),
        (lambda: gaussian(0), "cutoff"),
        (lambda: gaussian("20"), "cutoff"),
        (exponential, "beta, half_at"),
        (lambda: exponential(beta=0.1, half_at=7), "beta, half_at"),
        (lambda: exponential(beta=-0.1), "beta"),
        (lambda: exponential(half_at=0), "half_at"),
        (lambda: power(0), "beta"),
        (lambda: logistic(midpoint=0, spread=1), "midpoint"),
        (lambda: logistic(midpoint=10, spread=-1), "spread"),
        (lambda: bands({}), "bands"),
        (lambda: bands({10: -1}), "bands"),
        (lambda: bands({-10: 1}), "bands"),
        (lambda: bands([10, 20]), "bands"),
        (lambda: decay("gauss", {"cutoff": 10}), "gauss"),
        (lambda: decay("gaussian", {}), "cutoff"),
        (lambda: decay("gaussian", {"cutoff": 10, "beta": 1}), "beta"),
        (lambda: decay("logistic", {"midpoint": 10}), "spread"),
    ],
)
def test_terms_that_cannot_be_are_refused_by_name(make: Callable[[], Decay], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        make()


@pytest.mark.parametrize(
    ("form", "terms", "same"),
    [
        ("step", {"cutoff": 10}, step(10)),
        ("exponential", {"half_at": 10}, exponential(half_at=10)),
        ("logistic", {"midpoint": 10, "spread": 2}, logistic(midpoint=10, spread=2)),
        ("bands", {"bands": {10.0: 1.0}}, bands({10: 1})),
    ],
)
def test_settings_name_a_decay_by_its_form_and_terms(form: str, terms: dict, same: Decay) -> None:
    assert decay(form, terms) == same


@given(weigh=DECAYS)
def test_a_decay_reads_as_it_is_written_and_can_be_sent_to_another_process(weigh: Decay) -> None:
    assert repr(weigh).startswith(f"{weigh.form}(")
    assert pickle.loads(pickle.dumps(weigh)) == weigh
