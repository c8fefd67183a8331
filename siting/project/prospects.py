"""Who would take the homes of each parcel, as the waiting list would choose."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from siting import access
from siting.base.errors import InputProblems, Problem
from siting.base.living_settings import TakeUpBlock
from siting.base.model import SETTINGS_FILE
from siting.base.settings import Of
from siting.indicators import TakeUp, Taste, logsum, price_gap, take_up
from siting.indicators.home_wishes import wished_band
from siting.indicators.take_up import utilities
from siting.project.evaluate import Evaluator
from siting.project.measuring import decay_of
from siting.project.trips import trips

SITES_MAX = 500
"""Of sites that compete for the waiting list, the best ranked first."""


@dataclass(frozen=True)
class Offer:
    """What the waiting list is offered. sites: parcels by rank, with homes, unit, services and mean_home_m2."""

    applicants: pd.DataFrame = field(repr=False)
    sites: pd.DataFrame = field(repr=False)
    seed: int


def check_take_up(evaluator: Evaluator, block: TakeUpBlock, applicants: pd.DataFrame) -> None:
    """Raise InputProblems for amounts and columns that cannot be used."""
    jobs_of(evaluator, block)
    for column in ("unit", "area_band"):
        if column not in applicants.columns:
            raise InputProblems([Problem("needs_column", SETTINGS_FILE, "take_up.applicants", column)])
    unread = applicants.index[[wished_band(each) is None for each in applicants["area_band"]]]
    if len(unread) and block.taste.size != 0:
        told = Problem(
            "unknown_bands", block.applicants, "area_band", str(len(unread)), level="warn", values=_ids(unread)
        )
        evaluator.problems.append(told)
    for key in ("price", "market"):
        _check_prices(evaluator, f"take_up.{key}", getattr(block, key))


def _check_prices(evaluator: Evaluator, where: str, asked: float | str) -> None:
    """Raise InputProblems for a price that is not above zero; parcels without one stand outside, which is told."""
    prices = _prices(evaluator, asked, evaluator.parcels.index)
    wrong, lost = prices.index[prices <= 0], prices.index[prices.isna()]
    if len(wrong):
        raise InputProblems([Problem("no_price", SETTINGS_FILE, where, str(len(wrong)), values=_ids(wrong))])
    if len(lost):
        told = Problem("price_missing", SETTINGS_FILE, where, str(len(lost)), level="warn", values=_ids(lost))
        evaluator.problems.append(told)


def _ids(ids: pd.Index) -> dict[str, str]:
    return {"ids": ", ".join(map(str, ids[:10])) + (" …" if len(ids) > 10 else "")}


def jobs_of(evaluator: Evaluator, block: TakeUpBlock) -> pd.Series:
    """Return the jobs that applicants look at."""
    return evaluator.demand(Of.parse(block.jobs) or Of(layer=block.jobs), (block.mode,), "take_up.jobs")


def simulated(evaluator: Evaluator, block: TakeUpBlock, offer: Offer) -> TakeUp:
    """Return what becomes of the best ranked sites when lots are drawn, in the season in which work is farther."""
    sites = offer.sites.head(SITES_MAX)
    jobs = jobs_of(evaluator, block)
    layer = (Of.parse(block.jobs) or Of(layer=block.jobs)).layer
    ends = evaluator.ends("", block.mode).only(sites.index), evaluator.ends(layer, block.mode).only(jobs.index)
    sums = [
        access.gravity(
            trips(evaluator.streets, *ends, mode=block.mode, season=season, cutoff=block.cutoff),
            jobs,
            decay=decay_of(block.decay, block.cutoff),
        )
        for season in evaluator.streets.seasons
    ]
    price, market = (_prices(evaluator, asked, sites.index) for asked in (block.price, block.market))
    table = pd.DataFrame(
        {
            "work": logsum(pd.concat(sums, axis=1).min(axis=1)),
            "services": sites["services"],
            "price_gap": price_gap(price, market),
            "mean_home_m2": sites["mean_home_m2"],
            "unit": sites["unit"],
        }
    )
    wishes = utilities(offer.applicants, table, Taste(**block.taste.model_dump()))
    return take_up(wishes.table, sites["homes"], stay=block.taste.stay, draws=block.draws, seed=offer.seed)


def take_up_record(found: TakeUp, block: TakeUpBlock, parcel: str) -> dict[str, Any] | None:
    """Return a parcel's outcome for its receipt, None where it did not take part."""
    if parcel not in found.sites.index or np.isnan(found.sites.loc[parcel, "takers"]):
        return None
    row, inside = found.sites.loc[parcel], found.sites[found.sites["takers"].notna()]
    place = int((inside["takers"] > row["takers"]).sum()) + 1
    numbers = {name: None if pd.isna(value) else float(value) for name, value in row.items()}
    said = {"applicants": found.applicants, "draws": found.draws, "source": block.source, "evidence": block.evidence}
    among = {"sites": len(inside), "offered": float(inside["homes"].sum()), "place": place}
    return {**numbers, **said, **among, "homes": int(row["homes"])}


def _prices(evaluator: Evaluator, asked: float | str, sites: pd.Index) -> pd.Series:
    if isinstance(asked, str):
        return evaluator.parcels[asked].astype(float).loc[sites]
    return pd.Series(float(asked), index=sites)
