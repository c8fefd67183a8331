"""Signs of remoteness beside the vacant homes of Baltimore: the shipped index as it is, and a regression left one out."""

import numpy as np
import pandas as pd

from scripts.studies.markdown import number
from scripts.studies.rank import SEED, ranked
from siting.base.vacancy_flags import vacancy_flags
from siting.indicators.calibration import Calibration, calibrate
from siting.indicators.vacancy import vacancy_index
from tests.real.baltimore_areas import VACANT, Areas, by_area

PREDICTORS = (
    "job_cluster_walk_min",
    "jobs_45_walk_share",
    "transit_stop_m",
    "daily_share",
    "centre_km",
    "nuisance_share",
)
"""One for every sign that can be measured here; jobs on foot, because by car all of them lie within 45 minutes."""
SQUARE_M = 5000.0
MEASURED = {
    "no_transit": "transit_stop_m",
    "must_facilities_missing": "daily_share",
    "centre_far": "centre_km",
    "nuisance": "nuisance_share",
}


def index_by_area(areas: Areas, *, car_free: bool) -> pd.Series:
    """Return the shipped index, judged block by block, as the mean over an area's people.

    With `car_free` jobs are reached on foot, else by car.
    """
    mode = "walk" if car_free else "drive"
    columns = {"jobs_far": f"job_cluster_{mode}_min", "jobs_few": f"jobs_45_{mode}_share", **MEASURED}
    signs = pd.DataFrame({sign: areas.blocks[column] for sign, column in columns.items()})
    rules = vacancy_flags()
    judged = vacancy_index(signs.reindex(columns=list(rules)), rules, car_free=car_free)
    return by_area(judged.summary["index"], areas.blocks)


def calibrated(areas: Areas, groups: pd.Series | None = None) -> Calibration:
    """Return the regression of the published share of vacant homes on the signs' measured values.

    An area is left out each time, or a group of areas.
    """
    share, homes = areas.published[VACANT] / 100, areas.published["homes"]
    each = areas.published.index.to_series() if groups is None else groups
    return calibrate(areas.measured, share, homes, predictors=PREDICTORS, groups=each, seed=SEED)


def squares(areas: Areas) -> pd.Series:
    """Return the square of 5 km that the middle of an area's people lies in, as text."""
    cells = [(by_area(areas.blocks[side], areas.blocks) // SQUARE_M).astype(int).astype(str) for side in ("x_m", "y_m")]
    return cells[0] + " " + cells[1]


def vacancy_skills(areas: Areas) -> tuple[pd.DataFrame, pd.DataFrame, Calibration]:
    """Return estimates by area, the rows of the table of skill (rank correlation, mean error, note), and the regression."""
    truth, homes = areas.published[VACANT], areas.published["homes"]
    fitted = calibrated(areas)
    others = (homes.sum() - homes).rename(None)
    means = ((truth * homes).sum() - truth * homes) / others
    estimates = pd.DataFrame(
        {
            "index_car": index_by_area(areas, car_free=False),
            "index_no_car": index_by_area(areas, car_free=True),
            "calibrated": fitted.held_out * 100,
            "calibrated_far": calibrated(areas, squares(areas)).held_out * 100,
        }
    ).reindex(truth.index)
    rows = {
        "the index as shipped, by car": (ranked(estimates["index_car"], truth), np.nan),
        "the index as shipped, without a car": (ranked(estimates["index_no_car"], truth), np.nan),
        "the calibrated model, each area left out": (
            ranked(estimates["calibrated"], truth),
            _error(estimates["calibrated"], truth, homes),
        ),
        "the same, each square of 5 km left out": (
            ranked(estimates["calibrated_far"], truth),
            _error(estimates["calibrated_far"], truth, homes),
        ),
        "the mean of the other areas": ((np.nan,) * 3, _error(means, truth, homes)),
    }
    skills = pd.DataFrame({"rank": [row[0] for row in rows.values()], "error": [row[1] for row in rows.values()]}, rows)
    return estimates, skills, fitted


def regression_rows(fitted: Calibration) -> list[tuple[str, ...]]:
    """Return rows of each predictor: log-odds a standard deviation, and the share of left-out fits of the same sign."""
    table = fitted.coefficients
    return [(name, number(row["standardised"]), number(row["same_sign"])) for name, row in table.iterrows()]


def _error(estimate: pd.Series, truth: pd.Series, homes: pd.Series) -> float:
    return float(np.average((estimate - truth).abs(), weights=homes))
