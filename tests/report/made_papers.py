"""A small plan, made up by hand: four parcels, two years, one of them hostile to whoever prints it."""

from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd

from siting.report.duties import duties
from siting.report.papers import PLAN_COLUMNS, Papers, SourceNote

HOSTILE = "=1+1\n第二行\x07\x00结束"

LAND_A = {
    "year": 2026,
    "unit": "U1",
    "unit_name": "军垦街道",
    "parcel_id": "DK-001",
    "name": "原棉纺厂地块",
    "kind": "land",
    "origin": "idle_industrial",
    "area_ha": 3.25005,
    "homes": 260,
    "score": 0.81,
    "rank": 1,
    "landuse_now": "1001",
    "landuse_planned": "0701",
    "supply_mode": "划拨",
    "quarter": "2026Q2",
    "net_land": "否",
    "gates": "土壤污染状况调查；净地证明",
    "responsible": "军垦街道",
    "land_yuan": 4_875_075.0,
    "cost_yuan": 69_875_075.25,
    "price_yuan_m2": 3101.37,
    "public_yuan": 1_250_000.5,
    "in_share": 1.0,
    "loss_without": 0.12,
    "note": "",
    "location": "北屯大街以东、五一路以南",
    "far": 1.2,
    "floor_m2": 26_000.0,
}
LAND_B = {
    **LAND_A,
    "parcel_id": "DK-002",
    "name": HOSTILE,
    "unit": "U2",
    "unit_name": "海川镇",
    "origin": "reclaimed_unbuilt",
    "year": 2027,
    "area_ha": 1.00005,
    "homes": 90,
    "rank": 3,
    "landuse_now": "09",
    "quarter": None,
    "net_land": "是",
    "gates": "",
    "cost_yuan": 24_300_000.1,
    "price_yuan_m2": 2988.0,
    "public_yuan": float("nan"),
    "far": None,
    "floor_m2": 9_000.0,
    "land_yuan": 1_500_075.0,
}
CONVERSION = {
    **LAND_A,
    "parcel_id": "DK-003",
    "name": "原商贸城改建",
    "kind": "conversion",
    "origin": "idle_commercial",
    "area_ha": 0.5,
    "homes": 40,
    "rank": 5,
    "landuse_now": "0901",
    "supply_mode": "改建",
    "quarter": "三季度",
    "gates": "房屋安全鉴定",
    "cost_yuan": 8_000_000.0,
    "price_yuan_m2": 2500.0,
    "public_yuan": 0.0,
    "land_yuan": 0.0,
}
STOCK = {
    **LAND_A,
    "parcel_id": "CF-001",
    "name": "某房企破产处置房源",
    "kind": "stock",
    "origin": "bankrupt_homes",
    "area_ha": 0.8,
    "homes": 56,
    "rank": 2,
    "landuse_now": "0701",
    "supply_mode": "收购",
    "quarter": "4",
    "gates": "",
    "cost_yuan": 12_000_000.0,
    "price_yuan_m2": 2600.0,
    "public_yuan": 0.0,
    "land_yuan": 0.0,
    "far": None,
}


def plan() -> pd.DataFrame:
    return pd.DataFrame([STOCK, LAND_B, CONVERSION, LAND_A])


def prices() -> pd.DataFrame:
    lines = ["land_yuan", "construction_yuan", "soft_yuan", "finance_yuan", "subsidy_yuan", "tax_relief_yuan"]
    rows = {
        "DK-001": [4_875_075.0, 65_000_000.25, None, None, 0.0, 0.0, 69_875_075.25, 3_493_753.76, 3101.37, 3600.0],
        "DK-002": [1_500_075.0, 22_799_925.1, None, None, 0.0, 0.0, 24_300_000.1, 1_215_000.01, 2988.0, None],
        "DK-003": [0.0, 8_000_000.0, None, None, 0.0, 0.0, 8_000_000.0, 400_000.0, 2500.0, 3600.0],
        "CF-001": [0.0, 12_000_000.0, None, None, 0.0, 0.0, 12_000_000.0, 600_000.0, 2600.0, 3600.0],
    }
    made = pd.DataFrame.from_dict(
        rows, orient="index", columns=[*lines, "cost_yuan", "profit_yuan", "price_yuan_m2", "comparable_yuan_m2"]
    ).astype(float)
    made["margin_share"] = (made["comparable_yuan_m2"] - made["price_yuan_m2"]) / made["comparable_yuan_m2"]
    made["status"] = "ok"
    made["public_water_yuan"] = [450_000.25, float("nan"), 0.0, 0.0]
    made["public_heat_yuan"] = [800_000.25, 310_000.0, 0.0, 0.0]
    made["public_yuan"] = [1_250_000.5, float("nan"), 0.0, 0.0]
    return made


def quota() -> pd.DataFrame:
    rows = [
        *(("U1", 2026, 300, 356, 0, 56), ("U2", 2026, 20, 0, 20, 0), ("", 2026, 350, 356, 0, 6)),
        *(("U1", 2027, 0, 0, 0, 0), ("U2", 2027, 100, 90, 10, 0), ("", 2027, 100, 90, 10, 0)),
    ]
    return pd.DataFrame(rows, columns=["unit", "year", "asked", "supplied", "short", "over"])


def owed() -> pd.DataFrame:
    rows = [
        ("DK-001", "soil_survey", "土壤污染状况调查", "土壤污染防治法 59"),
        ("DK-001", "clear_title", "净地（权属清晰）", "实施方案 四(二)4"),
        ("DK-003", "safety", "房屋安全鉴定", "实施方案 四(二)5"),
        ("DK-003", "own_rule", "军事设施意见", "本单位规定"),
        ("DK-999", "soil_survey", "土壤污染状况调查", "土壤污染防治法 59"),
    ]
    return pd.DataFrame(rows, columns=["parcel_id", "need", "title", "clause"])


def utilities() -> pd.DataFrame:
    rows = [
        ("DK-001", "water", 412.4, 450_000.25),
        ("DK-001", "heat", 300.0, 800_000.25),
        ("DK-002", "power", None, None),
    ]
    return pd.DataFrame(rows, columns=["parcel_id", "utility", "length_m", "yuan"])


def schools() -> pd.DataFrame:
    rows = [("DK-001", "primary", 35.0), ("DK-002", "kindergarten", 0.0), ("DK-002", "primary", None)]
    return pd.DataFrame(rows, columns=["parcel_id", "kind", "short"])


def budgets() -> pd.DataFrame:
    rows = [
        *(("land", 2026, 5_000_000.0, 4_875_075.0), ("land", 2027, None, 1_500_075.0)),
        *(("public", 2026, 2_000_000.0, 1_250_000.5), ("purchase", 2026, 15_000_000.0, 12_000_000.0)),
    ]
    return pd.DataFrame(rows, columns=["ledger", "year", "limit", "used"])


def papers(**changes: Any) -> Papers:
    language = changes.get("language", "zh")
    listed = changes.pop("plan", plan())
    due = duties(listed, owed=owed(), utilities=utilities(), schools=schools(), money=budgets(), language=language)
    made = Papers(
        title="第十师北屯市配售型保障性住房选址（虚构示例）",
        division="第十师北屯市",
        years=(2026, 2027),
        language="zh",
        day=date(2026, 3, 1),
        plan=listed,
        quota=quota(),
        budgets=budgets(),
        prices=prices(),
        duties=due,
        rounds=pd.DataFrame(
            [("shortfall", 30, 30, 0.0, "proven"), ("score_weighted_homes", 301.25, 302.0, 0.0025, "within_gap")],
            columns=["name", "value", "bound", "gap", "status"],
        ),
        repairs=pd.DataFrame(
            [("homes", "U2", 2027, 10, "套", "海川镇 2027 年任务减少 10 套", "ask 10 homes less of U2 in 2027")],
            columns=["kind", "unit", "year", "amount", "unit_of_amount", "text_zh", "text_en"],
        ),
        status="within_gap",
        ties=True,
        code_system="planning_2023",
        sources=(
            SourceNote("容积率", "1.2", "GB 50180-2018 表 4.0.2", "M"),
            SourceNote("土地成本", "150 元/㎡", "用户", "U"),
        ),
        unknown=("未取得海川镇供水管线资料。",),
    )
    return replace(made, **changes)


assert set(PLAN_COLUMNS) <= set(LAND_A)
