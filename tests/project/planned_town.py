"""The street of `small_project` with eight candidates, costs, a need and a quota that a reader can check on paper.

Diamonds of half-width 50 m hold 5,000 m2: at a ratio of 1.2 and 100 m2 a home that is 60 homes each.
"""

from pathlib import Path

import geopandas as gpd
import pandas as pd

from tests import small_project

AT = {"A": 400, "B": 900, "C": 1400, "D": 1900, "E": 2400, "F": 2900, "G": 3400, "H": 3900}
STOCK = {"H": 40}
FINANCE = """
[finance]
land_yuan_m2 = 100
construction_yuan_m2 = 2000
saleable_share = 1.0
profit = 0.05
profit_max = { share = 0.05, source = "made up", evidence = "G" }
market_yuan_m2 = 4000
source = "made up"
"""
NEED = """
[need]
ledgers = ["queue"]
years = [2026, 2027]
wait_months = 24
"""
QUOTA = """
[quota]
confirmed = true
years = [2026, 2027]
homes = [60, 120]
unit = { U1 = [60, 120] }
portfolios = 0
"""


def parcels() -> gpd.GeoDataFrame:
    """Eight candidates along the street: seven of land, one of finished homes."""
    names = list(AT)
    frame = pd.DataFrame(
        {
            "编号": names,
            "名称": [f"地块{each}" for each in names],
            "来源": ["bankrupt_homes" if each in STOCK else "new_allot" for each in names],
            "类型": ["存量住房" if each in STOCK else "土地" for each in names],
            "套数": [str(STOCK.get(each, "")) for each in names],
            "收购单价": ["1500" if each in STOCK else "" for each in names],
        }
    )
    return gpd.GeoDataFrame(frame, geometry=[small_project.diamond(x) for x in AT.values()], crs=small_project.CRS)


def write(folder: Path, *blocks: str, settings: str = small_project.SETTINGS) -> Path:
    """Write the project with further blocks of settings."""
    small_project.write(folder, settings + "\n".join(blocks), parcels=parcels())
    layer = folder / "layers/parcels.toml"
    more = 'kind = "类型"\nhomes = "套数"\npurchase_price = "收购单价"\n'
    layer.write_text(layer.read_text("utf-8") + more, "utf-8")
    rows = ["号,单位,群体,面积段,日期"]
    rows += [f"Q{n:02d},一团,企业,60-90,2024-0{1 + n % 6}-01" for n in range(30)]
    rows += [f"R{n:02d},U1,居民,90-120,2025-0{1 + n % 6}-01" for n in range(20)]
    (folder / "data/queue.csv").write_text("\n".join(rows) + "\n", "utf-8")
    written = 'role = "demand"\nsource = "data/queue.csv"\n[columns]\nid = "号"\nunit = "单位"\ngroup = "群体"\n'
    (folder / "layers/queue.toml").write_text(written + 'area_band = "面积段"\ndate = "日期"\n', "utf-8")
    return folder
