"""Baltimore's 55 areas: our indicators beside what the city has published, as docs/validation.md tells it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.studies.baltimore import TITLES, Figures, figures, report
from scripts.studies.rank import ranked
from siting.indicators.jobs_housing import jobs_housing
from tests.real.baltimore_areas import DAILY, SHARES, VACANT, Areas, by_area, make_areas
from tests.shared_data import shared

PAGE = Path(__file__).parents[2] / "docs" / "validation.md"
pytestmark = pytest.mark.xdist_group("baltimore_areas")


@pytest.fixture(scope="module")
def areas() -> Areas:
    return make_areas(shared("data/baltimore"))


@pytest.fixture(scope="module")
def found(areas: Areas) -> Figures:
    return figures(areas)


def test_fifty_five_areas_go_in_and_come_out(areas: Areas, found: Figures) -> None:
    names = areas.published.index
    assert len(names) == 55
    for table in (areas.jobs, areas.workers, areas.access, areas.measured, found.table, *areas.within.values()):
        pd.testing.assert_index_equal(table.index, names, check_names=False)
    assert not areas.measured.isna().any(axis=None)
    assert not areas.access.isna().any(axis=None)
    assert len(areas.costs) == 55 * 55


def test_jobs_are_those_published_and_workers_fewer_than_people(areas: Areas) -> None:
    np.testing.assert_allclose(areas.jobs, areas.published["jobs_filled"], atol=8)
    assert (areas.workers > 0).all()
    assert (areas.workers < areas.blocks.groupby("csa")["pop20"].sum().reindex(areas.workers.index)).all()


def test_the_share_of_jobs_per_worker_is_that_of_the_indicator(areas: Areas) -> None:
    ratio = jobs_housing(areas.published, areas.jobs, areas.workers)["jobs_housing_ratio"]
    np.testing.assert_allclose(areas.access["jobs_per_worker"], ratio)


def test_a_mean_by_area_weighs_blocks_by_people_and_leaves_out_the_unknown() -> None:
    people = pd.DataFrame({"csa": ["A", "A", "B", "B"], "pop20": [10, 30, 5, 7]})
    values = pd.Series([1.0, 5.0, 2.0, np.nan])
    # A: (10 x 1 + 30 x 5) / 40 = 4; B: only the block of 5 people is known
    assert by_area(values, people).to_dict() == {"A": 4.0, "B": 2.0}


def test_what_is_measured_lies_within_its_bounds(areas: Areas) -> None:
    shares = areas.measured[[name for name in areas.measured if name.endswith("_share")]]
    assert shares.ge(0).all(axis=None)
    assert shares.le(1 + 1e-9).all(axis=None)
    metres = areas.measured[[f"{name}_m" for name in DAILY]]
    assert metres.gt(0).all(axis=None)
    assert (areas.measured["job_cluster_walk_min"] > areas.measured["job_cluster_drive_min"]).all()
    near, mid, far = (areas.within[minutes] for minutes in (15, 30, 45))
    assert (near <= mid + 1e-9).all(axis=None)
    assert (mid <= far + 1e-9).all(axis=None)


def test_the_modelled_commute_lies_between_the_bounds_of_the_city(found: Figures) -> None:
    least, random, greatest, modelled = (
        found.city[f"{name} mean commute, min by car"] for name in ("least", "random", "greatest", "modelled")
    )
    assert least < modelled < random < greatest


def test_every_rank_correlation_lies_in_its_interval_or_is_missing(found: Figures) -> None:
    assert list(found.correlations.index) == list(TITLES)
    assert list(found.correlations.columns) == list(SHARES)
    cells = [*found.correlations.to_numpy().ravel(), *found.skills["rank"]]
    known = [cell for cell in cells if not np.isnan(cell[0])]
    assert all(-1 <= low <= estimate <= high <= 1 for estimate, low, high in known)
    assert len(known) < len(cells)  # by car every job lies within 45 minutes of every area


def test_a_constant_column_has_no_rank_correlation(areas: Areas, found: Figures) -> None:
    assert np.ptp(areas.measured["jobs_45_drive_share"]) < 1e-9
    assert all(np.isnan(cell[0]) for cell in found.correlations.loc["modelled_within_45"])


def test_what_the_page_says_in_words_is_so(found: Figures) -> None:
    by_car, no_car, left_out, squares = found.skills["rank"].iloc[:4]
    assert max(by_car[2], no_car[2]) < 0  # the index as shipped orders the areas the wrong way round
    assert 0 < squares[0] < left_out[0]
    errors = found.skills["error"]
    assert errors.iloc[2] < 0.6 * errors.iloc[4]
    assert found.fitted.useful
    assert found.fitted.folds == 55
    short, *_, long = (found.correlations[share] for share in SHARES)
    assert short["jobs_per_worker"][1] > 0
    assert short["modelled_mean_min"][2] < 0
    ours = [cell for name, cell in long.items() if not name.startswith("pct_") and not np.isnan(cell[0])]
    assert all(low <= 0.005 and high >= -0.005 for _, low, high in ours)
    assert long["pct_public_transport_to_work"][1] > 0.4


def test_a_rank_correlation_makes_no_ranks_of_rounding() -> None:
    published = pd.Series([1.0, 2.0, 3.0, 4.0])
    # ranks 1 2 4 3 against 1 2 3 4: 1 - 6 x (0 + 0 + 1 + 1) / (4 x 15) = 0.8
    assert ranked(pd.Series([10.0, 20.0, 40.0, 30.0]), published)[0] == pytest.approx(0.8)
    assert all(np.isnan(ranked(1 + pd.Series([1e-13, 0.0, 3e-13, 2e-13]), published)))


def test_the_page_shows_what_is_computed(found: Figures) -> None:
    assert report(found) in PAGE.read_text("utf-8")


def test_the_published_shares_of_an_area_add_up_to_a_hundred(found: Figures) -> None:
    np.testing.assert_allclose(found.table[list(SHARES)].sum(axis="columns"), 100, atol=0.1)
    assert found.table[VACANT].between(0, 100).all()
