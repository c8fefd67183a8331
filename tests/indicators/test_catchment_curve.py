"""Jobs and workers in a catchment that widens."""

import numpy as np
import pandas as pd
import pytest

from siting.base.errors import CutoffError
from siting.base.travel import TravelCosts
from siting.indicators.catchment_curve import catchment_curve


def reach(*rows: tuple[str, str, float], cutoff: float = 60) -> TravelCosts:
    table = pd.DataFrame(rows, columns=["origin", "destination", "minutes"])
    return TravelCosts.from_table(table, mode="drive", cutoff=cutoff, origins=pd.Index(["P2", "P1"]))


TO_JOBS = reach(("P1", "mill", 10), ("P1", "shop", 20), ("P2", "shop", 30))
TO_HOMES = reach(("P1", "village", 20), ("P1", "farm", 15), ("P2", "farm", 25))
JOBS, WORKERS = pd.Series({"mill": 300, "shop": 60}), pd.Series({"village": 200, "farm": 40})


def test_the_curve_by_hand() -> None:
    found = catchment_curve(TO_JOBS, TO_HOMES, JOBS, WORKERS, cutoffs=[30, 10, 20])
    assert found.columns.tolist() == ["origin", "minutes", "jobs", "workers", "ratio"]
    rows = found.astype(object).where(found.notna(), None).to_numpy().tolist()
    assert rows == [
        ["P2", 10, 0, 0, None],
        ["P2", 20, 0, 0, None],
        ["P2", 30, 60, 40, 1.5],
        ["P1", 10, 300, 0, None],
        ["P1", 20, 360, 240, 1.5],
        ["P1", 30, 360, 240, 1.5],
    ]


def test_a_wider_catchment_never_holds_less() -> None:
    found = catchment_curve(TO_JOBS, TO_HOMES, JOBS, WORKERS, cutoffs=range(0, 61, 5))
    assert (found.groupby("origin")[["jobs", "workers"]].diff().dropna() >= 0).all(axis=None)


def test_a_catchment_wider_than_what_is_known_is_refused() -> None:
    with pytest.raises(CutoffError):
        catchment_curve(TO_JOBS, TO_HOMES, JOBS, WORKERS, cutoffs=[61])


@pytest.mark.parametrize("cutoffs", [[], [-1], [np.nan]])
def test_cutoffs_that_are_none_are_refused(cutoffs: list) -> None:
    with pytest.raises(ValueError, match="cutoffs must be"):
        catchment_curve(TO_JOBS, TO_HOMES, JOBS, WORKERS, cutoffs=cutoffs)


def test_reaches_from_other_origins_are_refused() -> None:
    other = TravelCosts.from_table(TO_HOMES.table(), mode="drive", cutoff=60)
    with pytest.raises(ValueError, match="origins of jobs_reach"):
        catchment_curve(
            TO_JOBS, TravelCosts.from_table(other.table().iloc[:1], mode="drive"), JOBS, WORKERS, cutoffs=[5]
        )
