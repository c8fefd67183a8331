"""Access measures on a table of minutes that a reader can check."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.access import MEASURES, cumulative, nearest
from siting.base.errors import CutoffError
from siting.base.travel import TravelCosts

JOBS = pd.Series({"mill": 200.0, "shop": 5.0, "farm": 0.0})


def reach(times: dict[tuple[str, str], float], cutoff: float | None = 30) -> TravelCosts:
    """Return minutes from parcels A, B, C to mill, shop and farm."""
    pairs = pd.DataFrame(
        [(*pair, minutes) for pair, minutes in times.items()], columns=["origin", "destination", "minutes"]
    )
    return TravelCosts.from_table(
        pairs, mode="drive", cutoff=cutoff, origins=pd.Index(["A", "B", "C"]), places=JOBS.index
    )


TOWN = {("A", "mill"): 10.0, ("A", "shop"): 3.0, ("B", "mill"): 10.5, ("B", "shop"): 30.0}


def test_the_nearest_place_is_named_with_its_minutes() -> None:
    found = nearest(reach(TOWN))
    assert found.loc[["A", "B"]].to_dict("index") == {
        "A": {"place": "shop", "minutes": 3.0},
        "B": {"place": "mill", "minutes": 10.5},
    }


def test_a_parcel_that_reaches_nothing_has_no_nearest_but_a_true_zero_of_jobs() -> None:
    assert nearest(reach(TOWN)).loc["C"].isna().all()
    assert cumulative(reach(TOWN), JOBS, cutoff=30)["C"] == 0


def test_jobs_within_minutes_are_added_up_with_the_bound_itself() -> None:
    assert cumulative(reach(TOWN), JOBS, cutoff=10).to_dict() == {"A": 205, "B": 0, "C": 0}
    assert cumulative(reach(TOWN), JOBS, cutoff=10.5).to_dict() == {"A": 205, "B": 200, "C": 0}


def test_jobs_beyond_the_known_minutes_are_not_guessed() -> None:
    with pytest.raises(CutoffError):
        cumulative(reach(TOWN), JOBS, cutoff=31)


def test_every_measure_has_titles_in_both_languages_and_its_own_name() -> None:
    assert all(name == each.name and each.zh and each.en and each.formula for name, each in MEASURES.items())


PAIR = st.tuples(st.sampled_from("ABC"), st.sampled_from(list(JOBS.index)))


@settings(deadline=None)
@given(times=st.dictionaries(PAIR, st.integers(0, 30).map(float), min_size=1), cutoff=st.integers(0, 29))
def test_a_longer_time_never_reaches_fewer_jobs(times: dict, cutoff: int) -> None:
    one, longer = (cumulative(reach(times), JOBS, cutoff=each) for each in (cutoff, cutoff + 1))
    assert (longer >= one).all()


@settings(deadline=None)
@given(times=st.dictionaries(PAIR, st.integers(0, 30).map(float), min_size=1))
def test_the_nearest_is_the_least_of_all_minutes(times: dict) -> None:
    found = nearest(reach(times))["minutes"].dropna().to_dict()
    assert found == {o: min(t for (p, _), t in times.items() if p == o) for o in {pair[0] for pair in times}}
