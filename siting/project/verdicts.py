"""The verdict on every parcel read, from screening, streets, utilities and criteria."""

from collections.abc import Mapping
from copy import deepcopy

import pandas as pd

from siting.base.columns import Mode
from siting.base.settings import Settings
from siting.parcels import DATE_COLUMNS
from siting.project import judge
from siting.project.candidates import Candidates
from siting.project.evaluate import Evaluator
from siting.project.evaluation import Evaluation

Verdicts = dict[str, judge.Verdict]


def all_verdicts(
    screening: Verdicts,
    settings: Settings,
    evaluator: Evaluator,
    evaluations: Mapping[str, Evaluation],
    utilities: Mapping[str, pd.DataFrame],
) -> Verdicts:
    """Return the verdicts of screening with what streets, utilities, criteria and flags add; the given ones stay."""
    verdicts = deepcopy(screening)
    modes: list[Mode] = sorted(
        {mode for each in settings.criterion if each.counts or each.floor is not None for mode in each.street_modes}
    )
    for mode in modes:
        judge.joined(verdicts, mode, evaluator.parcel_snaps(mode), settings.travel.snap)
    for name, table in utilities.items():
        judge.connected(verdicts, name, table, settings.utility[name])
    for evaluation in evaluations.values():
        judge.measured(verdicts, evaluation)
    judge.flagged(verdicts, settings, evaluations)
    return verdicts


def finished(verdicts: Verdicts, settings: Settings, candidates: Candidates) -> Verdicts:
    """Return verdicts with what the land and its papers say, and those of parcels that were never drawn."""
    parcels = candidates.table
    judge.add_reasons(verdicts, candidates.slope_unknown)
    judge.add_reasons(verdicts, candidates.capacity["reasons"])
    if not parcels.columns.intersection(DATE_COLUMNS).empty:
        judge.add_reasons(verdicts, candidates.idleness["reasons"])
    judge.flag_large_homes(verdicts, parcels["kind"], settings.capacity.mean_home_m2)
    lost = {str(row["id"]): judge.unusable(row["reason"]) for _, row in candidates.lost.iterrows()}
    return {**verdicts, **lost}
