"""Our indicators of Baltimore's 55 areas beside what the city has published: `python -m scripts.studies.baltimore DATA`.

Prints the tables of docs/validation.md. What is compared with what was fixed before any of it was computed.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from scripts.studies import markdown
from scripts.studies.baltimore_vacancy import regression_rows, vacancy_skills
from scripts.studies.rank import ranked
from siting.indicators.calibration import Calibration
from siting.indicators.commute import commute_bounds
from siting.indicators.excess import excess_commute
from siting.indicators.flows import Flows, flows
from siting.indicators.mismatch import mismatch
from tests.real.baltimore_areas import MODE, SHARES, VACANT, Areas, make_areas

THOUSAND = 1000
BETA, BETA_BAND = 0.123, (0.0615, 0.246)
"""Decay of trips to work per minute, after NCHRP Report 365 (home-based work); half of it, and twice."""
TITLES = {
    "jobs_per_worker": "jobs per worker in the area",
    "jobs_per_rival_15_drive": "jobs per worker competing for them, 15 min by car",
    "jobs_15_drive": "jobs within 15 min by car",
    "jobs_30_drive": "jobs within 30 min by car",
    "jobs_30_walk": "jobs within 30 min on foot",
    "modelled_mean_min": "modelled mean commute by car",
    "modelled_mean_min_low": "the same, half the decay",
    "modelled_mean_min_high": "the same, twice the decay",
    "modelled_within_15": "modelled share within 15 min",
    "modelled_within_30": "modelled share within 30 min",
    "modelled_within_45": "modelled share within 45 min",
    "pct_public_transport_to_work": "*published* share going by public transport",
    "pct_households_no_vehicle": "*published* share of households without a car",
}
SHARE_TITLES = ("0–14 min", "15–29 min", "30–44 min", "45 min and more")
AREA_COLUMNS: Mapping[str, tuple[str, int]] = {
    "jobs_filled": ("jobs", 0),
    "workers": ("workers (est.)", 0),
    "jobs_per_worker": ("jobs per worker", 2),
    "jobs_15_drive": ("jobs within 15 min by car", 0),
    "jobs_30_walk": ("jobs within 30 min on foot", 0),
    "modelled_mean_min": ("modelled mean min", 1),
    "modelled_within_15": ("modelled share within 15 min", 2),
    **{share: (f"{title}, %", 1) for share, title in zip(SHARES, SHARE_TITLES, strict=True)},
    "index_car": ("index, by car", 3),
    "index_no_car": ("index, no car", 3),
    "calibrated": ("left-out estimate, %", 1),
    VACANT: ("vacant, %", 1),
}


class Figures(NamedTuple):
    """city: value by name. correlations: indicator x share, each a rank correlation with its interval.

    skills: of the index and the regression of vacant homes. table: by area, ours beside the published.
    """

    city: pd.Series
    correlations: pd.DataFrame
    skills: pd.DataFrame
    fitted: Calibration
    table: pd.DataFrame


def figures(areas: Areas) -> Figures:
    """Return everything that the report says."""
    made = flows(areas.costs, areas.workers, areas.jobs, beta=BETA)
    ours = areas.access.join(_modelled(areas, made)).join(areas.published[list(MODE)])[list(TITLES)]
    estimates, skills, fitted = vacancy_skills(areas)
    table = areas.published.join([areas.workers, ours.drop(columns=list(MODE)), estimates])
    return Figures(_city(areas, made), correlations(ours, areas.published), skills, fitted, table)


def correlations(ours: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Return Spearman's coefficient, with its interval, of each column of ours with each published share."""
    cells = {share: [ranked(ours[name], published[share]) for name in ours] for share in SHARES}
    return pd.DataFrame(cells, index=ours.columns)


def report(found: Figures) -> str:
    """Return the tables as Markdown."""
    city = [(name, markdown.number(value, 0 if value > THOUSAND else 2)) for name, value in found.city.items()]
    pairs = [
        (TITLES[name], *(markdown.interval(*cell) for cell in row))
        for name, row in zip(found.correlations.index, found.correlations.to_numpy(), strict=True)
    ]
    skills = [
        (name, markdown.interval(*row["rank"]), markdown.number(row["error"], 1))
        for name, row in found.skills.iterrows()
    ]
    areas = [
        (str(name), *(markdown.number(row[column], digits) for column, (_, digits) in AREA_COLUMNS.items()))
        for name, row in found.table.iterrows()
    ]
    headers = [title for title, _ in AREA_COLUMNS.values()]
    parts = (
        ("The city as a whole", ("", "value"), city),
        ("Rank correlation with the published shares of commutes", ("", *SHARE_TITLES), pairs),
        ("Vacant and abandoned homes", ("", "rank correlation", "mean error, points"), skills),
        ("The calibrated model", ("", "value"), _model(found.fitted)),
        ("Its coefficients", ("", "log-odds a standard deviation", "same sign"), regression_rows(found.fitted)),
        ("The 55 areas", ("area", *headers), areas),
    )
    return "\n\n".join(f"### {title}\n\n{markdown.table(header, rows)}" for title, header, rows in parts) + "\n"


def _model(fitted: Calibration) -> list[tuple[str, str]]:
    found = fitted.skill
    return [
        ("rank correlation, areas weighted by homes", markdown.interval(found.rho, found.low, found.high)),
        ("areas, each left out once", markdown.number(fitted.folds, 0)),
        ("share of the mean's Brier error saved", markdown.number(fitted.brier_skill)),
        ("share of the mean's log loss saved", markdown.number(fitted.log_loss_skill)),
        ("inverse strength of the penalty", markdown.number(fitted.strength, 3)),
        ("verdict", "of use" if fitted.useful else f"refused: {fitted.refusal}"),
    ]


def _modelled(areas: Areas, made: Flows) -> pd.DataFrame:
    """Return the mean commute and the shares within 15, 30 and 45 minutes of the modelled flows, by area of homes."""
    columns = {"modelled_mean_min": _mean_minutes(areas, made)}
    for name, beta in zip(("low", "high"), BETA_BAND, strict=True):
        other = flows(areas.costs, areas.workers, areas.jobs, beta=beta)
        columns[f"modelled_mean_min_{name}"] = _mean_minutes(areas, other)
    leaving = made.matrix.sum(axis="columns")
    for within, near in areas.within.items():
        columns[f"modelled_within_{within}"] = (made.matrix * near).sum(axis="columns") / leaving
    return pd.DataFrame(columns)


def _mean_minutes(areas: Areas, made: Flows) -> pd.Series:
    minutes = areas.costs.table().pivot_table(index="origin", columns="destination", values="minutes")
    return (made.matrix * minutes).sum(axis="columns") / made.matrix.sum(axis="columns")


def _city(areas: Areas, made: Flows) -> pd.Series:
    bounds = commute_bounds(areas.costs, areas.workers, areas.jobs)
    excess = excess_commute(areas.costs, areas.workers, areas.jobs * made.scaling.factor, made.table)
    return pd.Series(
        {
            "jobs (published)": areas.jobs.sum(),
            "workers living there (estimated)": areas.workers.sum(),
            "jobs per worker": areas.jobs.sum() / areas.workers.sum(),
            "spatial mismatch of jobs and workers": mismatch(areas.jobs, areas.workers),
            "least mean commute, min by car": bounds.minimum,
            "random mean commute, min by car": bounds.random,
            "greatest mean commute, min by car": bounds.maximum,
            "modelled mean commute, min by car": excess.observed,
            "excess commute of the model": excess.excess,
            "potential used by the model": excess.potential_used,
        }
    )


if __name__ == "__main__":
    sys.stdout.write(report(figures(make_areas(Path(sys.argv[1])))))
