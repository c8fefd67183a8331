"""What the demo's candidates cost and when they can be had: made up, drawn by chance."""

from typing import Any

import geopandas as gpd
from demo_town import UNITS, Rows
from numpy.random import Generator

COMPARABLE = {"town": (3900, 4500), "regiment": (2600, 3100)}
"""Yuan a square metre of comparable homes on the market."""
LAND = {"依法收回的已批未建土地": (150, 260), "房企破产处置土地": (260, 420), "新增划拨用地": (180, 300)}
TOWN = ("晨光街道", "红柳街道")


def priced(rng: Generator, parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the candidates with cost of land, asking price, comparable price, day of supply, clear title."""
    rows = [_terms(rng, row) for row in parcels.drop(columns="geometry").assign(area=parcels.area).to_dict("records")]
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    return parcels.assign(**columns)[[*parcels.columns.drop("geometry"), *columns, "geometry"]]


def _terms(rng: Generator, row: dict[str, Any]) -> dict[str, str]:
    is_land, is_stock = row["类型"] == "土地", row["类型"] == "存量住房"
    low, high = COMPARABLE["town" if row["地块名称"].startswith("城区") or row["单位"] in TOWN else "regiment"]
    comparable = int(rng.integers(low, high)) // 10 * 10
    unit_cost = rng.uniform(*LAND.get(row["来源"], (120, 220)))
    asking = round(comparable * float(rng.uniform(0.62, 0.9)) / 10) * 10
    half_years = int(rng.integers(0, 6))
    return {
        "土地成本元": str(round(unit_cost * row["area"] / 1000) * 1000) if is_land else "",
        "收购单价": str(asking if is_stock else round(0.35 * asking / 10) * 10) if not is_land else "",
        "同地段房价": str(comparable),
        "可供应日期": f"{2026 + half_years // 2}-{('03', '09')[half_years % 2]}-31".replace("09-31", "09-30"),
        "是否净地": ("是" if rng.random() < 0.5 else "否") if is_land else "",
        "规划用途": "070102",
    }


def make_need_ledger(rng: Generator) -> Rows:
    """Return the ledgers of need that units hand in: households by unit, group and size of home."""
    rows: Rows = []
    for unit, weight in (("市本级", 70), *zip(UNITS, (230, 200, 70, 45, 40, 25), strict=True)):
        groups = (("行政事业", 1.0),) if unit == "市本级" else (("行政事业", 0.25), ("企业", 0.45), ("居民", 0.3))
        for group, share in groups:
            for band, part in (("60-90", 0.62), ("90-120", 0.38)):
                homes = int(rng.poisson(weight * share * part))
                month = int(rng.integers(0, 24))
                day = f"{2023 + (month + 5) // 12}-{(month + 5) % 12 + 1:02d}-15"
                rows.append({"单位": unit, "群体": group, "面积段": band, "户数": homes, "登记日期": day})
    return [{"编号": f"TZ-{n:03d}"} | row for n, row in enumerate(rows, start=1)]
