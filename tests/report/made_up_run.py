"""A small run with the tables that a plan, prices and certificates would add, all made up."""

import functools
import tempfile
from dataclasses import replace
from pathlib import Path

import pandas as pd

import siting
from siting.base.results import Results
from tests import small_project

PRICES = {
    "parcel_id": ["P1", "P2", "P3"],
    "kind": ["land", "land", "land"],
    "homes": [60, 60, 60],
    "cost_yuan": [14_400_000.0, 15_600_000.0, float("nan")],
    "price_yuan_m2": [2650.25, 2871.5, float("nan")],
    "comparable_yuan_m2": [3200.0, 2800.0, float("nan")],
    "margin_share": [0.1718, -0.0255, float("nan")],
    "public_yuan": [1_234_500.0, 2_000_000.0, 987_600.0],
    "status": ["ok", "above_market", "no_cost"],
}
PLAN = {
    "year": [2026, 2027],
    "unit": ["一团", "一团"],
    "unit_name": ["一团", "一团"],
    "parcel_id": ["P1", "P2"],
    "kind": ["land", "land"],
    "homes": [60, 60],
    "quarter": ["三季度", ""],
}
QUOTA = {
    "unit": ["", "", "一团", "一团"],
    "year": [2026, 2027, 2026, 2027],
    "asked": [50, 80, 50, 80],
    "supplied": [60, 60, 60, 60],
    "short": [0, 20, 0, 20],
    "over": [10, 0, 10, 0],
}
LEDGERS = {
    "ledger": ["land", "public"],
    "year": [2026, 2026],
    "limit": [float("nan"), 2_400_000.0],
    "used": [0.0, 1_234_500.0],
}
RIVALS = {
    "parcel_id": ["P1", "P3"],
    "rival": ["P2", None],
    "criterion": ["school", None],
    "weight_now": [0.6667, float("nan")],
    "weight_then": [0.25, float("nan")],
}
REPAIRS = {
    "way": [1, 2],
    "text_zh": ["把 2026 年任务减少 42 套", "把公共配套预算提高 12.5 万元"],
    "text_en": ["ask for 42 homes fewer in 2026", "raise the public budget by 125000 yuan"],
}
TORNADO = {
    "parcel_id": ["P1", "P1"],
    "line": ["construction", "land"],
    "price_low": [2300.0, 2600.0],
    "price_high": [3000.0, 2700.0],
}


FULL = {
    "prices": PRICES,
    "price_swings": TORNADO,
    "plan": PLAN,
    "plan_quota": QUOTA,
    "plan_ledgers": LEDGERS,
    "rivals": RIVALS,
}


@functools.cache
def written() -> Results:
    """The hand-drawn town of `tests.small_project`, run once."""
    folder = Path(tempfile.mkdtemp(prefix="made-up-run-")) / "p"
    return siting.run(small_project.write(folder))


def small() -> Results:
    """The same without certificates, money and plan, whatever a run adds of its own."""
    found = written()
    bare = found.ranking.assign(rank_best=float("nan"), rank_worst=float("nan"), p_top=float("nan"))
    kept = {"circles", "vacancy", "effects", "take_up", "curves"}
    receipts = tuple({**each, "certificate": None, "price": None, "plan": None} for each in found.receipts)
    tables = {name: table for name, table in found.tables.items() if name in kept}
    return replace(found, ranking=bare, receipts=receipts, tables=tables)


def hostile() -> Results:
    """The same town with names that a spreadsheet, XML or a chart could take for more than text."""
    names = {"P1": "=1+1", "P2": "$x^2$ <b>&amp;", "P3": "长" * 500 + "\x00\x0b\n\t🏠"}
    found = small()
    receipts = tuple({**each, "name": names.get(each["parcel_id"], each["name"])} for each in found.receipts)
    return replace(found, receipts=receipts)


def full() -> Results:
    """The town with certificates, prices, a plan and a quota."""
    found = small()
    ranking = found.ranking.copy()
    ranked = ranking["rank"].notna()
    ranking.loc[ranked, "rank_best"] = 1.0
    ranking.loc[ranked, "rank_worst"] = 3.0
    ranking.loc[ranked, "p_top"] = 0.875
    added = {name: pd.DataFrame(rows) for name, rows in FULL.items()}
    return replace(found, ranking=ranking, tables={**found.tables, **added})


def short() -> Results:
    """The town whose quota cannot be met."""
    found = small()
    return replace(found, tables={**found.tables, "plan_repairs": pd.DataFrame(REPAIRS)})


def unranked() -> Results:
    """The town where no parcel has a score."""
    found = small()
    receipts = tuple({**each, "rank": None, "score": None, "status": "no_data"} for each in found.receipts)
    ranking = found.ranking.assign(rank=pd.array([pd.NA] * len(found.ranking), dtype="Int64"), score=float("nan"))
    return replace(found, receipts=receipts, ranking=ranking)
