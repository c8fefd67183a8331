"""How far homes and jobs lie apart, and what stays inside a unit."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siting.indicators.mismatch import containment, mismatch

FLOWS = pd.DataFrame(
    [
        ("town", "town", 60.0),
        ("town", "park", 20.0),
        ("farm", "park", 30.0),
        ("farm", "town", 5.0),
        ("park", "park", 5.0),
    ],
    columns=["origin", "destination", "persons"],
)


def test_the_mismatch_is_half_the_differences_of_shares() -> None:
    # jobs 40:60, workers 80:20 -> ½ (|.4 - .8| + |.6 - .2|) = .4
    assert mismatch(pd.Series({"T": 40, "P": 60}), pd.Series({"P": 20, "T": 80})) == pytest.approx(0.4)


@pytest.mark.parametrize(("workers", "expected"), [({"T": 4, "P": 6}, 0.0), ({"T": 9, "P": 0}, 0.6)])
def test_proportional_units_have_none_and_no_worker_in_a_unit_is_its_share_of_jobs(
    workers: dict, expected: float
) -> None:
    assert mismatch(pd.Series({"T": 40.0, "P": 60.0}), pd.Series(workers)) == pytest.approx(expected)


def test_without_jobs_there_is_no_mismatch_to_tell() -> None:
    assert np.isnan(mismatch(pd.Series({"T": 0.0}), pd.Series({"T": 5.0})))


@pytest.mark.parametrize(
    ("jobs", "message"),
    [({"T": 1.0}, "same units"), ({"T": -1.0, "P": 1.0}, "negative"), ({"T": np.nan, "P": 1.0}, "jobs must be finite")],
)
def test_units_that_differ_and_amounts_that_cannot_be_are_refused(jobs: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mismatch(pd.Series(jobs), pd.Series({"T": 1.0, "P": 1.0}))


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=8), st.integers(1, 9))
def test_the_mismatch_lies_between_0_and_1_and_knows_no_scale_nor_order(drawn: list, times: int) -> None:
    jobs, workers = (pd.Series([float(each[i]) for each in drawn]) for i in (0, 1))
    found = mismatch(jobs, workers)
    if jobs.sum() and workers.sum():
        assert -1e-12 <= found <= 1 + 1e-12
        assert mismatch(jobs * times, workers) == pytest.approx(found)
        assert mismatch(jobs[::-1], workers) == found
    else:
        assert np.isnan(found)


def test_containment_by_hand() -> None:
    found = containment(FLOWS)
    assert found.index.tolist() == ["farm", "park", "town"]
    # town: 80 live there, 60 + 5 work there, 60 do both; 20 leave, 5 come
    assert found.loc["town"].to_list() == pytest.approx([80, 65, 60, 60 / 80, 60 / 65, 60 / 25])
    # park: 5 live there, 55 work there; 50 come, none leaves
    assert found.loc["park"].to_list() == pytest.approx([5, 55, 5, 1, 5 / 55, 5 / 50])


def test_shares_of_nothing_are_missing_and_of_something_zero() -> None:
    farm = containment(FLOWS).loc["farm"]
    assert farm["self_containment"] == 0
    assert farm["independence"] == 0
    assert np.isnan(farm["self_sufficiency"])
    closed = containment(pd.DataFrame({"origin": ["A"], "destination": ["A"], "persons": [7]}))
    assert np.isnan(closed.loc["A", "independence"])


def test_rows_in_another_order_or_in_parts_say_the_same() -> None:
    halves = pd.concat([FLOWS, FLOWS]).assign(persons=lambda table: table["persons"] / 2).sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(containment(halves), containment(FLOWS), check_exact=True)


def test_a_unit_that_only_stands_in_empty_rows_is_kept() -> None:
    more = pd.concat([FLOWS, pd.DataFrame({"origin": ["hut"], "destination": ["town"], "persons": [0.0]})])
    assert containment(more).loc["hut", ["workers", "jobs"]].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("flows", "message"),
    [
        (FLOWS.drop(columns="persons"), "missing: persons"),
        (FLOWS.assign(persons=-1.0), "persons must be finite and not negative"),
        (FLOWS.assign(origin=None), "origin or destination is missing"),
        ("flows", "flows must be a DataFrame"),
    ],
)
def test_flows_that_cannot_be_read_are_refused(flows: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        containment(flows)
