"""A criterion measured at the places of a layer, instead of at the parcels."""

import pandas as pd

from siting.base.settings import Criterion
from siting.project.evaluate import Evaluator, directions_of
from siting.project.measuring import measured_or_told


def measured_at(evaluator: Evaluator, criterion: Criterion, layer: str, rows: pd.Index) -> pd.Series:
    """Return a criterion at rows of a layer, in the worse season; empty where nothing is within its limit."""
    places, by_season = evaluator.places_of(criterion), []
    for season in evaluator.streets.seasons:
        asked = [
            evaluator.asked(criterion, rows, places, season, direction, layer) for direction in directions_of(criterion)
        ]
        values = [measured_or_told(each)["value"].astype(float) for each in asked]
        by_season.append(sum(values, start=pd.Series(0.0, index=rows)) / len(values))
    both = pd.concat(by_season, axis=1)
    return both.min(axis=1, skipna=False) if criterion.better == "more" else both.max(axis=1, skipna=False)
