"""Small parcels and limits, and a search through every plan there is, from the words of the limits alone."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from siting.plan.model import Apart, Limits, School

COLUMNS = ["unit", "kind", "homes", "score", "cost_yuan", "first_year"]
LEDGER_COLUMNS = {"land": "land_yuan", "public": "public_yuan", "purchase": "purchase_yuan"}


Rows = dict[str, dict[str, object]]


def rows_of(table: pd.DataFrame | Rows) -> Rows:
    """Return parcels by id, which is quicker to ask a thousand times than a table."""
    return table if isinstance(table, dict) else table.to_dict("index")


def parcels(rows: dict[str, tuple[object, ...]], **columns: object) -> pd.DataFrame:
    """Return parcels from id -> unit, kind, homes, score, cost_yuan, first_year; other columns as given or 0."""
    table = pd.DataFrame.from_dict(rows, orient="index", columns=COLUMNS).rename_axis("parcel_id")
    blank = {"land_yuan": 0.0, "purchase_yuan": 0.0, "public_yuan": 0.0, "area_m2": 1000.0, "allowed": True}
    table = table.assign(**{**blank, **columns})
    table["rank"] = table["score"].rank(ascending=False, method="min").astype("Int64")
    return table


def years_of(plan: object) -> dict[str, int]:
    """Return parcel -> year of a plan."""
    return dict(zip(plan.chosen["parcel_id"], plan.chosen["year"], strict=True))


def random_case(seed: int) -> tuple[pd.DataFrame, Limits]:
    """Return a plan of up to five parcels and two years with a few limits of every kind."""
    draw = np.random.default_rng(seed)
    count, years = int(draw.integers(2, 6)), (2026, 2027)
    names = [f"P{each}" for each in range(count)]
    rows = {
        name: (
            str(draw.choice(["甲", "乙"])),
            str(draw.choice(["land", "stock", "conversion"])),
            int(draw.integers(1, 9)) * 10,
            float(draw.choice([0.25, 0.5, 0.75, 0.75, 1.0])),
            # multiples of a step of the dearest (100,000) compare exactly
            float(draw.integers(1, 100) * 1000),
            int(draw.choice([2026, 2026, 2027, 2028])),
        )
        for name in names
    }
    table = parcels(
        rows,
        land_yuan=draw.integers(0, 9, count) * 1e6,
        public_yuan=draw.integers(0, 9, count) * 1000.0,
        x=draw.uniform(0, 2000, count),
        y=draw.uniform(0, 2000, count),
    )
    pairs = [tuple(str(each) for each in draw.choice(names, 2, replace=False)) for _ in range(3)]

    def sometimes(value: object, otherwise: object) -> object:
        return value if draw.random() < 0.35 else otherwise

    asked = tuple(int(each) * 10 for each in draw.integers(0, 12, 2))
    limits = Limits(
        years=years,
        homes=asked,
        over=(int(draw.integers(0, 3)) * 10,) * 2,
        unit=sometimes({"甲": (asked[0] // 20 * 10, asked[1] // 20 * 10)}, {}),
        unit_over=sometimes({"甲": (10, 0)}, {}),
        budgets=sometimes({"land": (9e6, None), "public": (8000.0, 8000.0)}, {}),
        stock_share=sometimes((0.2, 0.6), None),
        apart=sometimes(Apart(900, 100), None),
        together=sometimes((pairs[0],), ()),
        exclude=sometimes((pairs[1],), ()),
        need=sometimes((pairs[2],), ()),
        must=sometimes((names[0],), ()),
        must_not=sometimes((names[-1],), ()),
        schools=sometimes((School("S", 12.0, dict.fromkeys(names[:3], 5.5)),), ()),
        year_factors=sometimes((1.0, 0.9), ()),
    )
    # parcels of a unit without a quota make a unit_over of no unit harmless
    return table, limits


@dataclass(frozen=True)
class Best:
    """The best there is: shortfall, excess, thousandths of score-weighted homes (below zero), cost in yuan; how many."""

    value: tuple[float, ...]
    plans: list[dict[str, int]]


def every_plan(table: pd.DataFrame, limits: Limits) -> Best | None:
    """Return the best of all plans by trying each; None where no plan keeps the limits."""
    best: Best | None = None
    options = [[None, *(year for year in limits.years if year >= first)] for first in table["first_year"]]
    names, table = list(table.index), rows_of(table)
    for choice in product(*options):
        plan = {name: year for name, year in zip(names, choice, strict=True) if year is not None}
        if not keeps(table, limits, plan):
            continue
        value = worth(table, limits, plan)
        if best is None or value < best.value:
            best = Best(value, [plan])
        elif value == best.value:
            best.plans.append(plan)
    return best


def misses(table: pd.DataFrame | Rows, limits: Limits, plan: dict[str, int]) -> tuple[int, int]:
    """Return homes short and homes in excess of what is asked and allowed."""
    rows = rows_of(table)
    short = excess = 0
    for t, year in enumerate(limits.years):
        over = limits.over[t] if limits.over else 0
        rest = max(0, limits.homes[t] - sum(own[t] for own in limits.unit.values()))
        cells = [(None, limits.homes[t], over)]
        for unit, own in limits.unit.items():
            cells.append((unit, own[t], limits.unit_over[unit][t] if unit in limits.unit_over else over + rest))
        for unit, asked, beyond in cells:
            homes = sum(
                int(rows[name]["homes"])
                for name, when in plan.items()
                if when == year and unit in (None, rows[name]["unit"])
            )
            short += max(0, asked - homes)
            excess += max(0, homes - asked - beyond)
    return short, excess


def worth(table: pd.DataFrame | Rows, limits: Limits, plan: dict[str, int]) -> tuple[float, ...]:
    """Return the aims of a plan, each to be least, in their order."""
    rows = rows_of(table)
    factors = dict(zip(limits.years, limits.year_factors or (1.0,) * len(limits.years), strict=True))
    points = sum(
        int(np.floor(1000 * rows[name]["homes"] * rows[name]["score"] * factors[year] + 0.5))
        for name, year in plan.items()
    )
    cost = sum(rows[name]["cost_yuan"] + rows[name]["public_yuan"] for name in plan)
    return (*misses(table, limits, plan), -points, float(cost))


def keeps(table: pd.DataFrame | Rows, limits: Limits, plan: dict[str, int]) -> bool:
    """Say whether a plan keeps every limit but the quotas."""
    return (
        _keeps_money(table, limits, plan)
        and _keeps_shares(table, limits, plan)
        and _keeps_distance(table, limits, plan)
        and _keeps_lots(limits, plan)
    )


def _keeps_money(table: pd.DataFrame | Rows, limits: Limits, plan: dict[str, int]) -> bool:
    rows = rows_of(table)
    for ledger, amounts in limits.budgets.items():
        for year, amount in zip(limits.years, amounts, strict=True):
            used = sum(rows[name][LEDGER_COLUMNS[ledger]] for name, when in plan.items() if when == year)
            if amount is not None and used > amount + 0.005:
                return False
    return all(sum(school.pupils.get(name, 0) for name in plan) <= max(0, school.free) for school in limits.schools)


def _keeps_shares(table: pd.DataFrame | Rows, limits: Limits, plan: dict[str, int]) -> bool:
    rows = rows_of(table)
    if limits.stock_share is None:
        return True
    homes = sum(rows[name]["homes"] for name in plan)
    stock = sum(rows[name]["homes"] for name in plan if rows[name]["kind"] == "stock")
    return limits.stock_share[0] * homes - 1e-9 <= stock <= limits.stock_share[1] * homes + 1e-9


def _keeps_distance(table: pd.DataFrame | Rows, limits: Limits, plan: dict[str, int]) -> bool:
    """Try every set of planned parcels: those near each other two by two hold no more than is allowed."""
    rows = rows_of(table)
    apart = limits.apart
    if apart is None:
        return True
    for year in limits.years:
        names = [name for name, when in plan.items() if when == year]
        for picks in product([False, True], repeat=len(names)):
            group = [name for name, pick in zip(names, picks, strict=True) if pick]
            near = all(
                np.hypot(rows[one]["x"] - rows[two]["x"], rows[one]["y"] - rows[two]["y"]) <= apart.within_m
                for one in group
                for two in group
            )
            if near and sum(rows[name]["homes"] for name in group) > apart.homes:
                return False
    return True


def _keeps_lots(limits: Limits, plan: dict[str, int]) -> bool:
    return (
        all(len({plan.get(name) for name in lot}) == 1 for lot in limits.together)
        and all(sum(name in plan for name in lot) <= 1 for lot in limits.exclude)
        and all(one not in plan or (two in plan and plan[two] <= plan[one]) for one, two in limits.need)
        and all(name in plan for name in limits.must)
        and not any(name in plan for name in limits.must_not)
    )
