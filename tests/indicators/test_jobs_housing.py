"""Jobs and workers by unit."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.indicators import INDICATORS, jobs_housing
from siting.indicators.jobs_housing import amount_by_unit
from tests.towns import plots, spots

UNITS = plots(U1=(0, 0, 100, 100), U2=(100, 0, 200, 100))


def test_jobs_are_added_up_where_the_workplace_stands() -> None:
    places = spots(mill=(10, 10), shop=(20, 20), farm=(150, 50), away=(900, 900))
    found = amount_by_unit(UNITS, places, pd.Series([200.0, 5.0, 3.0, 99.0], index=places.index))
    assert found.to_dict() == {"U1": 205, "U2": 3}


def test_a_workplace_on_the_border_counts_once_in_the_first_unit() -> None:
    found = amount_by_unit(UNITS, spots(mill=(100, 50)), pd.Series([10.0]))
    assert found.to_dict() == {"U1": 10, "U2": 0}


def test_a_workplace_drawn_as_an_area_counts_by_a_point_on_it() -> None:
    found = amount_by_unit(UNITS, plots(mill=(90, 0, 190, 100)), pd.Series([10.0]))
    assert found.to_dict() == {"U1": 0, "U2": 10}


def test_units_without_any_workplace_have_zero_jobs() -> None:
    empty = gpd.GeoDataFrame(geometry=gpd.GeoSeries([], crs=UNITS.crs))
    assert amount_by_unit(UNITS, empty, pd.Series([], dtype=float)).to_dict() == {"U1": 0, "U2": 0}


def test_the_ratio_is_jobs_by_workers() -> None:
    found = jobs_housing(UNITS, pd.Series({"U2": 30, "U1": 205}), pd.Series({"U1": 100, "U2": 60}))
    assert found["jobs_housing_ratio"].to_dict() == {"U1": 2.05, "U2": 0.5}


@pytest.mark.parametrize("workers", [pd.Series({"U1": 0.0}), pd.Series({"U1": np.nan}), pd.Series(dtype=float)])
def test_a_unit_without_workers_or_of_unknown_ones_has_no_ratio(workers: pd.Series) -> None:
    found = jobs_housing(UNITS, pd.Series({"U1": 205, "U2": 0}), workers)
    assert found["jobs_housing_ratio"].isna().all()
    assert found["jobs"].to_dict() == {"U1": 205, "U2": 0}


def test_every_indicator_has_titles_in_both_languages_and_its_own_name() -> None:
    assert all(name == each.name and each.zh and each.en and each.formula for name, each in INDICATORS.items())


SPOT = st.tuples(st.integers(0, 20), st.integers(0, 10), st.integers(0, 50))


@settings(deadline=None)
@given(drawn=st.lists(SPOT, min_size=1, max_size=10))
def test_no_job_inside_the_units_is_lost_or_counted_twice(drawn: list) -> None:
    places = spots(**{f"p{i}": (10.0 * x, 10.0 * y) for i, (x, y, _) in enumerate(drawn)})
    amounts = pd.Series([float(jobs) for *_, jobs in drawn], index=places.index)
    assert amount_by_unit(UNITS, places, amounts).sum() == amounts.sum()
