"""What the homes of each parcel do to access under competition: for the newcomers, and for those already there."""

from typing import Any

import pandas as pd

from siting import access
from siting.base.settings import Criterion
from siting.project.evaluate import Evaluator, directions_of
from siting.project.measuring import decay_of

NOTABLE = 0.05
"""From which fall in access on people are counted as notably worse off (our choice, G)."""
COLUMNS = ("newcomers", "before", "after", "lost", "people_losing", "worst_loss")


def impact(evaluator: Evaluator, criterion: Criterion, homes: pd.Series) -> pd.DataFrame:
    """Return, a row a parcel, what its homes do to a criterion's access; the season with the least for newcomers.

    homes: by parcel. Columns as `access.marginal`, and season.
    """
    places = evaluator.places_of(criterion)
    added, tables = homes * float(criterion.demand_per_home or 0.0), []
    for season in evaluator.streets.seasons:
        ways = [
            evaluator.asked(criterion, homes.index, places, season, direction) for direction in directions_of(criterion)
        ]
        both = [
            access.marginal(
                each.rival,
                each.amounts,
                each.wanted,
                site=each.site,
                added=added,
                decay=decay_of(criterion.decay, each.cutoff),
                notable=NOTABLE,
            )
            for each in ways
        ]
        tables.append((sum(both[1:], start=both[0]) / len(both)).assign(season=season))
    found = tables[0]
    for table in tables[1:]:
        worse = table["newcomers"].fillna(-1.0) < found["newcomers"].fillna(-1.0)
        found = found.mask(worse, table)
    snapped = evaluator.parcel_snaps(criterion.street_modes[0])["status"].loc[homes.index] == "snapped"
    return found[snapped]


def impact_record(criterion: Criterion, row: pd.Series) -> dict[str, Any]:
    """Return a parcel's row for its receipt."""
    numbers = {name: None if pd.isna(row[name]) else float(row[name]) for name in COLUMNS}
    return {
        "criterion": criterion.name,
        "title_zh": criterion.caption("zh"),
        "title_en": criterion.caption("en"),
        "column": criterion.target.column,
        "demand_per_home": criterion.demand_per_home,
        "notable": NOTABLE,
        "season": row["season"],
        **numbers,
    }
