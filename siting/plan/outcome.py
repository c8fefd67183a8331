"""A plan as tables: what is chosen, what that comes to against what was asked, and how each aim ended."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from siting.plan.model import CHOSEN_COLUMNS, LEDGERS, REPAIR_COLUMNS, Plan, PlanStatus
from siting.plan.programme import Programme
from siting.plan.solve import Bools

CENTS = 2


@dataclass(frozen=True)
class Round:
    """How one aim ended: its value and bound in homes or yuan, and the gap between them as a part of the value."""

    name: str
    value: float
    bound: float
    gap: float
    status: str


def chosen_table(whole: Programme, chosen: Bools) -> pd.DataFrame:
    """Return the plan, a row a parcel, by year, unit, rank and id."""
    table = whole.candidates.table
    picked = table.iloc[whole.parcel[chosen]]
    years = np.array(whole.limits.years)[whole.year[chosen]]
    rows = picked.assign(parcel_id=picked.index, year=years)
    text = rows["parcel_id"].astype(str)
    unit = rows["unit"].astype(object).where(rows["unit"].notna(), "").astype(str)
    order = rows.assign(_unit=unit, _id=text).sort_values(["year", "_unit", "rank", "_id"], kind="stable").index
    return rows.loc[order, [*CHOSEN_COLUMNS]].astype({"homes": np.int64}).reset_index(drop=True)


def quota_table(whole: Programme, chosen: Bools) -> pd.DataFrame:
    """Return what is asked and what is supplied, in all (unit "") and by unit, in each year.

    over counts the homes beyond what is asked, whether or not they are allowed.
    """
    rows = []
    for cell in whole.cells:
        supplied = int(whole.homes[cell.columns[chosen[cell.columns]]].sum())
        short, over = max(0, cell.asked - supplied), max(0, supplied - cell.asked)
        rows.append((cell.unit, whole.limits.years[cell.year], cell.asked, supplied, short, over))
    return pd.DataFrame(rows, columns=["unit", "year", "asked", "supplied", "short", "over"])


def budgets_table(whole: Programme, chosen: Bools) -> pd.DataFrame:
    """Return limit and use, yuan, of each ledger in each year; a ledger without a limit has its use alone.

    A use is missing where a chosen parcel's amount is.
    """
    rows = []
    for ledger, column in LEDGERS.items():
        money = whole.candidates.column(column)
        amounts = whole.limits.budgets.get(ledger, (None,) * len(whole.limits.years))
        for t, year in enumerate(whole.limits.years):
            used = math.fsum(money[whole.parcel[chosen & (whole.year == t)]].tolist())
            limit = amounts[t]
            rows.append((ledger, year, np.nan if limit is None else float(limit), round(used, CENTS)))
    return pd.DataFrame(rows, columns=["ledger", "year", "limit", "used"])


def rounds_table(rounds: Sequence[Round]) -> pd.DataFrame:
    """Return how each aim ended, in the order of the aims."""
    rows = [(each.name, each.value + 0.0, each.bound + 0.0, each.gap, each.status) for each in rounds]
    return pd.DataFrame(rows, columns=["name", "value", "bound", "gap", "status"])


def nothing(
    whole: Programme,
    status: PlanStatus,
    *,
    rounds: Sequence[Round] = (),
    repairs: pd.DataFrame | None = None,
    clash: pd.DataFrame | None = None,
    smallest: bool = False,
) -> Plan:
    """Return a plan in which nothing is chosen."""
    none = np.zeros(whole.count, np.bool_)
    return Plan(
        status=status,
        chosen=chosen_table(whole, none),
        rounds=rounds_table(rounds),
        quota=quota_table(whole, none),
        budgets=budgets_table(whole, none),
        repairs=pd.DataFrame(columns=[*REPAIR_COLUMNS]) if repairs is None else repairs,
        left_out=whole.candidates.left_out,
        gap=math.inf,
        clash=pd.DataFrame(columns=["kind", "item", "year", "text_zh", "text_en"]) if clash is None else clash,
        clash_smallest=smallest,
    )
