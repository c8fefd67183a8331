"""Who lives in the made-up town: housing estates with residents and workers, pupils, and smaller services (虚构示例)."""

import numpy as np
from demo_town import UNITS, XY, Grid, Lot, Rows, local
from numpy.random import Generator

ESTATES = {"town": 46, "sand": 6, "willow": 6, "wheat": 5, "gobi": 4}
REGIMENT = {"sand": 2, "willow": 3, "wheat": 4, "gobi": 5}
FILLED = {"幼儿园": (0.72, 1.02), "小学": (0.68, 1.04), "初中": (0.7, 0.98)}
IN_SMALL_TOWNS = 0.3
"""Of that in the schools of regiment towns, which were built for more."""
SMALL_TOWNS = ("沙枣", "杨柳", "麦海", "戈北")
IN_TOWN = {
    "托育机构": 4, "社区服务站": 8, "日间照料中心": 6, "文化活动站": 7, "文化活动中心": 2, "健身场地": 9, "卫生服务站": 6,
    "商场": 3, "派出所": 2, "邮政银行": 5, "消防站": 1,
}  # fmt: skip
IN_REGIMENTS = ("社区服务站", "文化活动站", "健身场地", "邮政银行", "派出所", "日间照料中心")
TOWN_PEOPLE = 39600
"""Both streets are one town."""


def make_estates(rng: Generator, grids: dict[str, Grid], lots: list[Lot], heads: tuple[tuple[int, int], ...]) -> Rows:
    """Return housing estates whose residents and workers add up to those of their units."""
    rows: Rows = []
    for key, count in ESTATES.items():
        own = [lot for lot in lots if lot.grid == key]
        chosen = [own[int(n)] for n in sorted(rng.choice(len(own), min(count, len(own)), replace=False))]
        if key != "town":
            rows += _estates(rng, grids, chosen, UNITS[REGIMENT[key]], heads[REGIMENT[key]])
            continue
        # the streets meet on the meridian of the town's middle
        west = [lot for lot in chosen if _middle(grids, lot)[0] < local(0, 0)[0]]
        rows += _estates(rng, grids, west, UNITS[0], heads[0])
        rows += _estates(rng, grids, [lot for lot in chosen if lot not in west], UNITS[1], heads[1])
    return [{"编号": f"XQ-{n:03d}"} | row for n, row in enumerate(rows, start=1)]


def _estates(rng: Generator, grids: dict[str, Grid], lots: list[Lot], unit: str, heads: tuple[int, int]) -> Rows:
    weights = rng.uniform(0.5, 1.6, len(lots))
    people, workers = (_shared(total, weights) for total in heads)
    rows = []
    for n, lot in enumerate(lots):
        x, y = _middle(grids, lot)
        row = {"名称": f"{unit}小区{n + 1:02d}", "常住人口": int(people[n]), "就业人口": int(workers[n])}
        rows.append(row | {"x": x, "y": y})
    return rows


def _middle(grids: dict[str, Grid], lot: Lot) -> XY:
    (u0, u1), (v0, v1) = lot.us, lot.vs
    return grids[lot.grid].at(*lot.block, (u0 + u1) / 2, (v0 + v1) / 2)


def _shared(total: int, weights: np.ndarray) -> np.ndarray:
    """Share a whole number by weights in whole numbers, the rest going to the first."""
    parts = np.floor(total * weights / weights.sum()).astype(int)
    parts[: total - parts.sum()] += 1
    return parts


def enrol(rng: Generator, places: Rows) -> Rows:
    """Return places with the pupils of kindergartens and schools; some are over full."""
    rows = []
    for row in places:
        share = FILLED.get(str(row["类别"]))
        there = IN_SMALL_TOWNS if str(row["名称"])[:2] in SMALL_TOWNS else 1.0
        pupils = "" if share is None else str(round(int(str(row["学位数"])) * rng.uniform(*share) * there))
        rows.append(row | {"在校生数": pupils})
    return rows


def make_services(rng: Generator, grids: dict[str, Grid], lots: list[Lot]) -> Rows:
    """Return the smaller services of a neighbourhood."""
    rows: Rows = []
    for key, kinds in {"town": IN_TOWN, **{key: dict.fromkeys(IN_REGIMENTS, 1) for key in REGIMENT}}.items():
        own = [lot for lot in lots if lot.grid == key]
        for kind, count in kinds.items():
            for n, lot in enumerate(own[int(i)] for i in sorted(rng.choice(len(own), count, replace=False))):
                x, y = grids[key].at(*lot.block, 0.12 if lot.us[0] == 0 else 0.88, 0.3 + 0.1 * rng.uniform())
                rows.append({"名称": f"{grids[key].title}{kind}{n + 1}", "类别": kind, "x": x, "y": y})
    return [{"编号": f"FW-{n:03d}"} | row for n, row in enumerate(rows, start=1)]
