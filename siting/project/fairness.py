"""How unevenly access is spread over the people of a project, and between its units."""

import geopandas as gpd
import pandas as pd

from siting.base.living_settings import InequalityBlock
from siting.base.settings import Criterion, Of
from siting.indicators import inequality_table
from siting.project.commuting import unit_at
from siting.project.elsewhere import measured_at
from siting.project.evaluate import Evaluator
from siting.project.jobs_homes import WHOLE, Rows
from siting.project.measuring import COUNTS

OUTSIDE = "—"
"""The group of people who live in no unit."""


def people_of(evaluator: Evaluator, block: InequalityBlock, criterion: Criterion) -> pd.Series:
    """Return people at the points that meet the streets of a criterion; raises InputProblems where there are none."""
    return evaluator.demand(_of(block), criterion.modes, "inequality.people")


def inequality_rows(
    evaluator: Evaluator, block: InequalityBlock, criterion: Criterion, units: gpd.GeoDataFrame
) -> Rows:
    """Return indicators of the spread of a criterion over people; those whom it does not reach are a share of their own."""
    people = people_of(evaluator, block, criterion)
    access = measured_at(evaluator, criterion, _of(block).layer, people.index)
    inhabited = people > 0
    # an amount of 0 is none in reach; it still counts in the spread
    reached = access.notna() & inhabited
    served = reached & (access > 0) if criterion.measure in COUNTS else reached
    values, heads = access[reached], people[reached]
    values, heads = access[reached].rename(criterion.name), people[reached]
    rows: Rows = [(WHOLE, f"unreached:{criterion.name}", 1 - float(people[served].sum() / people.sum()), "computed")]
    if not (len(values) and values.sum() > 0):
        return rows
    unit = unit_at(evaluator.places[_of(block).layer].geometry.loc[people.index], units)[reached]
    table = inequality_table(values.to_frame(), heads, groups=unit.replace("", OUTSIDE), epsilon=block.epsilon)
    told = zip(table["group"], table["index"], table["value"], strict=True)
    found: Rows = [(group, f"{index}:{criterion.name}", float(value), "computed") for group, index, value in told]
    return [*rows, *(row for row in found if row[0] != OUTSIDE)]


def _of(block: InequalityBlock) -> Of:
    return Of.parse(block.people) or Of(layer=block.people)
