"""The rules by which life circles are judged: the tier of a settlement, and the bound of each facility."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from siting.base.arguments import takes
from siting.base.facilities import ABOVE_TIER_MODEL, circle_tiers, facilities

RULE_COLUMNS = (
    *("need", "tier", "radius_m", "source", "evidence"),
    *("drive_min", "drive_source", "drive_evidence", "above_min", "above_source", "above_evidence"),
    *("town_m", "town_source", "town_evidence"),
)
LISTED = 5
Bound = tuple[float | None, str, str]
"""A bound with its source and evidence."""


@takes(population="column")
def tiers_for(population: pd.Series) -> pd.Series:
    """Return the tier of each settlement by its population: c15, c10, c5 or town; missing where it is unknown.

    Bounds inclusive: 50,000, 15,000 and 5,000 persons (`circle_tiers.csv`, a choice of this tool). Raises
    ValueError for a population below 0.
    """
    persons = population.to_numpy(np.float64, na_value=np.nan)
    if (persons < 0).any():
        msg = f"population is negative for: {', '.join(map(str, population.index[persons < 0][:LISTED]))}"
        raise ValueError(msg)
    found = np.full(len(persons), None, object)
    for name, tier in reversed(circle_tiers().items()):
        found[persons >= tier.population_min] = name
    return pd.Series(found, population.index, dtype="string")


def facility_rules(
    overrides: Mapping[str, float] | None = None,
    *,
    drive_min: Mapping[str, float] | None = None,
    above_tier_min: float | None = None,
    slow_mode_m: float | None = None,
    source: str = "",
    evidence: str = "U",
) -> pd.DataFrame:
    """Return the rules by kind of facility, in the shipped order, with what the user set in their place.

    overrides: service radii in metres by kind; a kind that the table judges by car is then judged on foot within the
    settlement's own circles. drive_min: minutes by car by kind. above_tier_min: minutes by car for kinds of a
    circle above the settlement's that have none of their own. slow_mode_m: least radius in a town below every circle.
    `source` and `evidence` are of the values given here.

    Columns: need, tier; then four bounds, each with its source and evidence: radius_m (source, evidence), drive_min
    (drive_source, drive_evidence), above_min (above_...), town_m (town_...). Raises ValueError for an
    unknown kind and numbers not above 0.
    """
    radii, minutes = dict(overrides or {}), dict(drive_min or {})
    if strange := sorted({*radii, *minutes} - set(facilities())):
        msg = f"overrides and drive_min name what is no facility: {', '.join(strange)}"
        raise ValueError(msg)
    for name, value in [
        *radii.items(),
        *minutes.items(),
        ("above_tier_min", above_tier_min),
        ("slow_mode_m", slow_mode_m),
    ]:
        if value is not None and not 0 < value < np.inf:
            msg = f"{name} must be above 0, not {value:g}"
            raise ValueError(msg)
    mine = (source, evidence)
    model, town = facilities()[ABOVE_TIER_MODEL], circle_tiers()["town"]
    above: Bound = (model.drive_min, model.clause, model.evidence)
    above = above if above_tier_min is None else (above_tier_min, *mine)
    slow: Bound = (town.slow_mode_m, town.slow_mode_clause, town.slow_mode_evidence)
    slow = slow if slow_mode_m is None else (slow_mode_m, *mine)
    rows = {}
    for kind, each in facilities().items():
        radius: Bound = (radii[kind], *mine) if kind in radii else (each.radius_m, each.clause, each.evidence)
        by_car: Bound = (minutes[kind], *mine) if kind in minutes else (each.drive_min, each.clause, each.evidence)
        further = above if by_car[0] is None else by_car
        # a radius of one's own holds in a town too
        in_town: Bound = (None, "", "") if kind in radii else slow
        rows[kind] = (each.need, each.tier, *radius, *by_car, *further, *in_town)
    rules = pd.DataFrame.from_dict(rows, orient="index", columns=list(RULE_COLUMNS))
    return rules.astype(dict.fromkeys(("radius_m", "drive_min", "above_min", "town_m"), float))


@takes(rules="table")
def longest_bounds(rules: pd.DataFrame) -> tuple[float, float]:
    """Return the metres on foot and the minutes by car that a search must reach at least to judge by these rules.

    A shorter search would take what lies beyond it for missing.
    """
    metres, minutes = rules[["radius_m", "town_m"]], rules[["drive_min", "above_min"]]
    return float(metres.max(axis=None)), float(minutes.max(axis=None))
