"""The streets, lots and candidate parcels of the made-up town (虚构示例) that `make_demo.py` writes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.random import Generator
from shapely.geometry import LineString, Polygon

Array = np.ndarray[Any, np.dtype[Any]]
XY = tuple[float, float]
Rows = list[dict[str, Any]]

CRS = "EPSG:4538"
CENTRE = (561800.0, 5247400.0)
UNITS = ("晨光街道", "红柳街道", "沙枣镇", "杨柳镇", "麦海镇", "戈北镇")


@dataclass(frozen=True)
class Grid:
    """A street grid bent a little: its crossings, the class and name of each line, the edges left out."""

    nodes: Array
    columns: Sequence[str]
    rows: Sequence[str]
    title: str
    closed: frozenset[tuple[str, int, int]] = frozenset()
    cuts: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)
    oneway: dict[int, str] = field(default_factory=dict)

    def node(self, i: int, j: int) -> XY:
        """Return a crossing."""
        return float(self.nodes[i, j, 0]), float(self.nodes[i, j, 1])

    def at(self, i: int, j: int, u: float, v: float) -> XY:
        """Return a point of block i, j: u and v run 0..1 along its sides, beyond them outside it."""
        a, b, c, d = (self.nodes[i, j], self.nodes[i + 1, j], self.nodes[i + 1, j + 1], self.nodes[i, j + 1])
        x, y = (1 - u) * (1 - v) * a + u * (1 - v) * b + u * v * c + (1 - u) * v * d
        return round(float(x), 2), round(float(y), 2)

    def lot(self, i: int, j: int, us: XY, vs: XY, verge: float = 13) -> Polygon:
        """Return the lot between two u and two v of a block, set back from its sides by `verge` m."""
        corners = [self.at(i, j, us[k], vs[m]) for k, m in ((0, 0), (1, 0), (1, 1), (0, 1))]
        return shapely.set_precision(Polygon(corners).buffer(-verge, join_style="mitre"), 0.01)


def make_grid(
    rng: Generator, at: XY, turn: float, xs: Sequence[float] | Array, ys: Sequence[float] | Array, **rest: Any
) -> Grid:
    """Return a grid of lines at xs and ys around a point (metres from the town's centre), turned by degrees."""
    x, y = np.meshgrid(np.asarray(xs, float), np.asarray(ys, float), indexing="ij")
    reach = max(np.ptp(xs), 1.0)
    bent_x = x + 0.013 * reach * np.sin(y / reach * 5 + 0.7) + rng.normal(0, 0.0022 * reach, x.shape)
    bent_y = y + 0.016 * reach * np.sin(x / reach * 4.4) + rng.normal(0, 0.0022 * reach, y.shape)
    angle = np.radians(turn)
    east = bent_x * np.cos(angle) - bent_y * np.sin(angle) + at[0] + CENTRE[0]
    north = bent_x * np.sin(angle) + bent_y * np.cos(angle) + at[1] + CENTRE[1]
    return Grid(np.round(np.stack([east, north], axis=2), 2), **rest)


def make_grids(rng: Generator) -> dict[str, Grid]:
    """Return the town, the industrial park by the station, and the streets of four regiment towns."""
    xs = (-2000, -1540, -1060, -560, -90, 380, 880, 1400, 1980)
    ys = (-1700, -1240, -800, -350, 90, 520, 960, 1440, 1900)
    over_river = frozenset(("column", i, 6) for i in range(9) if i not in (4, 8))
    missing = {("column", 1, 0), ("column", 7, 1), ("row", 2, 5), ("column", 3, 7), ("row", 6, 3), ("column", 1, 4)}
    main, side, small = "主干路", "次干路", "支路"
    cuts = {
        (4, 3): ("u", "人行道"), (3, 3): ("v", small), (5, 4): ("v", small), (2, 2): ("u", small),
        (6, 0): ("v", small), (5, 2): ("u", "内部道路"), (2, 4): ("v", "人行道"), (3, 1): ("u", small),
        (4, 5): ("u", small), (7, 5): ("v", small), (1, 2): ("v", "内部道路"), (5, 7): ("u", small),
        (4, 2): ("v", small), (3, 4): ("u", "人行道"), (6, 4): ("u", small), (0, 3): ("v", small),
    }  # fmt: skip
    town = make_grid(
        rng, (0, 0), 9, xs, ys, title="城区", closed=over_river | missing, cuts=cuts, oneway={3: "顺向", 5: "逆向"},
        columns=(main, small, side, side, main, side, side, small, main),
        rows=(main, small, side, small, main, small, side, side, main),
    )  # fmt: skip
    park = make_grid(
        rng, (-4500, -3750), 14, (-950, -480, 20, 520, 1000), (-560, -170, 210, 600), title="园区",
        columns=(side, small, main, small, side), rows=(side, small, main, small),
    )  # fmt: skip
    grids = {"town": town, "park": park}
    streets = (small, side, small, small)
    homes: tuple[tuple[str, XY, float, float, str], ...] = (
        ("sand", (-6900, -2500), -7, 1.0, "沙枣"), ("willow", (-2100, 9700), 16, 0.95, "杨柳"),
        ("wheat", (9300, -3500), -13, 0.9, "麦海"), ("gobi", (-131000, -112000), 21, 0.85, "戈北"),
    )  # fmt: skip
    for key, at, turn, scale, title in homes:
        across, along = np.array([-560, -210, 160, 520]) * scale, np.array([-430, -140, 170, 470]) * scale
        gap = frozenset({("column", 3, 2), ("row", 0, 0)}) if key != "sand" else frozenset()
        grids[key] = make_grid(rng, at, turn, across, along, title=title, columns=streets, rows=streets, closed=gap)
    return grids


def wind(rng: Generator, start: XY, end: XY, bend: float, parts: int) -> list[XY]:
    """Return a winding line between two points, which stay as they are."""
    a, b = np.array(start), np.array(end)
    ahead = (b - a) / np.hypot(*(b - a))
    t = np.linspace(0, 1, parts + 1)
    wiggle = np.cumsum(rng.normal(0, abs(bend) / 12, parts + 1)) * np.sin(np.pi * t)
    offset = bend * np.sin(np.pi * t) + wiggle
    points = np.round(a + t[:, None] * (b - a) + offset[:, None] * np.array([-ahead[1], ahead[0]]), 2)
    return [start, *((float(x), float(y)) for x, y in points[1:-1]), end]


def smooth(points: Sequence[XY], rounds: int = 3) -> LineString:
    """Return a line through points with its corners cut."""
    line = np.array(points, float)
    for _ in range(rounds):
        near, far = 0.75 * line[:-1] + 0.25 * line[1:], 0.25 * line[:-1] + 0.75 * line[1:]
        line = np.vstack([line[:1], np.stack([near, far], axis=1).reshape(-1, 2), line[-1:]])
    return LineString(np.round(line, 2))


def local(x: float, y: float) -> XY:
    """Return the coordinates of a point given in metres from the town's centre."""
    return CENTRE[0] + x, CENTRE[1] + y


def make_links(rng: Generator, grids: dict[str, Grid]) -> dict[str, tuple[str, list[XY]]]:
    """Return the roads between the towns (class, line), a farm road to nowhere and a stray piece."""
    town, park, sand, willow, wheat, gobi = grids.values()
    links = {
        "园区大道": ("县道", wind(rng, town.node(0, 4), park.node(2, 3), -260, 9)),
        "沙园路": ("乡道", wind(rng, park.node(0, 2), sand.node(3, 1), 150, 5)),
        "北杨公路": ("县道", wind(rng, town.node(4, 8), willow.node(1, 0), 420, 12)),
        "东麦公路": ("县道", wind(rng, town.node(8, 2), wheat.node(0, 2), 380, 12)),
        "戈北公路": ("省道", wind(rng, sand.node(0, 1), gobi.node(3, 1), 7000, 60)),
        "城西连接线": ("次干路", wind(rng, town.node(0, 0), park.node(4, 2), 120, 6)),
    }
    north, east = links["北杨公路"][1], links["东麦公路"][1]
    far = wind(rng, north[6], local(-14500, 11500), -900, 16)
    links["老牧场路"] = ("乡道", far)
    links["填埋场便道"] = ("乡道", wind(rng, east[5], local(4420, -3440), 60, 4))
    links["站前路"] = ("次干路", wind(rng, park.node(2, 0), local(-4120, -4470), 20, 2))
    links["七支渠便道"] = ("机耕路", wind(rng, north[9], local(2900, 8200), 130, 6))
    links["废弃道路"] = ("支路", wind(rng, local(5600, 2400), local(6250, 2700), 25, 3))
    return links


def grid_roads(grid: Grid) -> Iterable[tuple[str, str, list[XY], str]]:
    """Yield class, name, line and one-way word of every street piece between two crossings."""
    halved = set()
    for (i, j), (way, _) in grid.cuts.items():
        halved |= {("row", i, j), ("row", i, j + 1)} if way == "u" else {("column", i, j), ("column", i + 1, j)}
    width, height = grid.nodes.shape[:2]
    for kind, classes, di, dj in (("column", grid.columns, 0, 1), ("row", grid.rows, 1, 0)):
        for i in range(width - di):
            for j in range(height - dj):
                if (kind, i, j) in grid.closed:
                    continue
                line = i if kind == "column" else j
                name = f"{grid.title}{'经' if kind == 'column' else '纬'}{line + 1}路"
                ends = [grid.node(i, j), grid.node(i + di, j + dj)]
                oneway = grid.oneway.get(i, "") if kind == "column" else ""
                middle = _middle(*ends)
                for piece in [[ends[0], middle], [middle, ends[1]]] if (kind, i, j) in halved else [ends]:
                    yield classes[line], name, piece, oneway
    for (i, j), (way, road_class) in grid.cuts.items():
        a, b, c, d = grid.node(i, j), grid.node(i + 1, j), grid.node(i + 1, j + 1), grid.node(i, j + 1)
        start, end = (_middle(a, b), _middle(d, c)) if way == "u" else (_middle(a, d), _middle(b, c))
        inner = _middle(start, end) if road_class == "内部道路" else end
        yield road_class, f"{grid.title}{i + 1}{j + 1}巷", [start, inner], ""


def _middle(a: XY, b: XY) -> XY:
    return round((a[0] + b[0]) / 2, 2), round((a[1] + b[1]) / 2, 2)


def make_roads(grids: dict[str, Grid], links: dict[str, tuple[str, list[XY]]]) -> gpd.GeoDataFrame:
    """Return all roads; lines meet only where they share a vertex."""
    rows: Rows = []
    for grid in grids.values():
        for road_class, name, line, oneway in grid_roads(grid):
            rows.append(
                {"道路名称": name, "道路等级": road_class, "单行": oneway, "限速": "", "geometry": LineString(line)}
            )
    for name, (road_class, line) in links.items():
        speed = "70" if road_class == "省道" else ""
        rows.append({"道路名称": name, "道路等级": road_class, "单行": "", "限速": speed, "geometry": LineString(line)})
    return frame([{"道路编号": f"DL-{n:03d}"} | row for n, row in enumerate(rows, start=1)])


@dataclass(frozen=True)
class Lot:
    """A piece of a block that one use fills."""

    grid: str
    block: tuple[int, int]
    us: XY
    vs: XY


def make_lots(rng: Generator, grids: dict[str, Grid]) -> list[Lot]:
    """Return the lots of all blocks in chance order: four or six to a block, none across a cut."""
    lots = []
    for key, grid in grids.items():
        width, height = grid.nodes.shape[:2]
        for i in range(width - 1):
            for j in range(height - 1):
                if key == "town" and j == 6:
                    continue
                thirds = key == "town" and grid.cuts.get((i, j), ("v", ""))[0] == "v" and rng.random() < 0.45
                us = (0, 0.36, 0.68, 1) if thirds else (0, 0.5, 1)
                lots += [
                    Lot(key, (i, j), (us[k], us[k + 1]), vs) for k in range(len(us) - 1) for vs in ((0, 0.5), (0.5, 1))
                ]
    return [lots[k] for k in rng.permutation(len(lots))]


ORIGINS = {
    "依法收回的已批未建土地": ("土地", "收回", 13), "房企破产处置土地": ("土地", "破产", 6),
    "盘活闲置土地": ("土地", "闲置", 13), "新增划拨用地": ("土地", "新增", 10),
    "闲置低效工业用地/用房": ("土地", "厂区", 6), "闲置低效商业/办公": ("改建", "商办", 6),
    "房企破产处置商品住房": ("存量住房", "停工房", 4), "闲置住房": ("存量住房", "闲置房", 4),
    "存量商品住房收购": ("存量住房", "存量房", 4), "已配建未销售经济适用房": ("存量住房", "经适房", 3),
}  # fmt: skip
QUOTAS = {"town": 45, "park": 6, "sand": 4, "willow": 5, "wheat": 5, "gobi": 4}


def make_parcels(
    rng: Generator, grids: dict[str, Grid], links: dict[str, tuple[str, list[XY]]], lots: list[Lot]
) -> tuple[gpd.GeoDataFrame, set[Lot]]:
    """Return the candidates and the lots that they take."""
    wanted = [origin for origin, (_, _, count) in ORIGINS.items() for _ in range(count)]
    industrial = [origin for origin in wanted if "工业" in origin]
    others = [origin for origin in wanted if "工业" not in origin]
    others = [others[k] for k in rng.permutation(len(others))]
    rows, taken = [], set()
    for key, quota in QUOTAS.items():
        for lot in [lot for lot in lots if lot.grid == key][:quota]:
            origin = (industrial if key == "park" and industrial else others).pop()
            taken.add(lot)
            rows.append(_candidate(rng, grids[key], lot, origin))
    rows += odd_parcels(grids["town"], links)
    order = sorted(rows, key=lambda row: row["geometry"].centroid.x)
    table = [{"地块编号": f"BT-{n:03d}"} | row | _papers(n, row) for n, row in enumerate(order, start=1)]
    return frame(table), taken


def _papers(n: int, row: dict[str, Any]) -> dict[str, str]:
    """Return the documents at hand and the contracted start of a candidate."""
    papers = {0: "土壤污染状况调查报告（经评审）；净地证明", 1: "土壤污染状况调查报告（经评审）"}.get(n % 3, "")
    contracted = row["来源"] in ("依法收回的已批未建土地", "盘活闲置土地")
    return {
        "已有材料": "" if row["类型"] == "存量住房" else papers,
        "约定开工日期": f"{2022 + n % 3}-{1 + n % 9:02d}-15" if contracted else "",
        "实际开工日期": "",
        "政府原因": "否" if contracted else "",
    }


def _candidate(rng: Generator, grid: Grid, lot: Lot, origin: str) -> dict[str, Any]:
    kind, word, _ = ORIGINS[origin]
    if "工业" in origin and rng.random() < 0.5:
        kind = "改建"
    size_u, size_v = (rng.uniform(0.55, 0.8, 2) if kind != "土地" else rng.uniform(0.6, 1.0, 2)).tolist()
    (u0, u1), (v0, v1) = lot.us, lot.vs
    v_range = (v0, v0 + (v1 - v0) * size_v) if v0 == 0 else (v1 - (v1 - v0) * size_v, v1)
    shape = grid.lot(*lot.block, (u0, u0 + (u1 - u0) * size_u), v_range)
    homes = round(shape.area * rng.uniform(0.9, 1.15) / 96) if kind == "存量住房" else ""
    i, j = lot.block
    return {
        "地块名称": f"{grid.title}经{i + 1}纬{j + 1}{word}",
        "单位": "" if rng.random() < 0.2 else _unit(grid, shape),
        "类型": kind,
        "来源": origin,
        "容积率": f"{rng.choice([1.0, 1.1, 1.4, 1.6])}" if kind == "土地" and rng.random() < 0.25 else "",
        "套数": str(homes),
        "现状用途": {"土地": "空闲地", "存量住房": "住宅", "改建": "厂房" if "工业" in origin else "商办楼"}[kind],
        "备注": "",
        "geometry": shape,
    }


def _unit(grid: Grid, shape: Polygon) -> str:
    if grid.title == "城区":
        return UNITS[0] if shape.centroid.x < CENTRE[0] else UNITS[1]
    return {"园区": UNITS[2], "沙枣": UNITS[2], "杨柳": UNITS[3], "麦海": UNITS[4], "戈北": UNITS[5]}[grid.title]


def odd_parcels(town: Grid, links: dict[str, tuple[str, list[XY]]]) -> Rows:
    """Return the candidates that show what screening, snapping and flags do."""
    farm, east = links["老牧场路"][1], links["东麦公路"][1]
    stray, fill = links["废弃道路"][1], links["填埋场便道"][1]
    made: tuple[tuple[str, str, Polygon, str, str], ...] = (
        ("滨河西", "依法收回的已批未建土地", town.lot(1, 6, (0.15, 0.8), (0, 0.36)), UNITS[0], "临河，部分在河道管理范围内"),
        ("滨河中", "盘活闲置土地", town.lot(3, 6, (0.1, 0.7), (0.62, 1)), UNITS[0], "临河，部分在河道管理范围内"),
        ("滨河东", "房企破产处置土地", town.lot(6, 6, (0.2, 0.9), (0, 0.4)), UNITS[1], "临河，部分在河道管理范围内"),
        ("环东外", "新增划拨用地", town.lot(7, 1, (1.1, 1.5), (0.1, 0.7)), UNITS[1], "环路外侧"),
        ("环南外", "新增划拨用地", town.lot(5, 0, (0.1, 0.8), (-0.55, -0.06)), UNITS[1], "环路外侧"),
        ("环西外", "新增划拨用地", town.lot(0, 1, (-0.6, -0.08), (0.1, 0.9)), UNITS[0], "环路外侧，西面为农田"),
        ("街角小地块", "盘活闲置土地", town.lot(4, 4, (0.02, 0.12), (0.02, 0.14), 6), UNITS[1], "面积不足"),
        ("巷口小地块", "盘活闲置土地", town.lot(2, 5, (0.85, 0.97), (0.03, 0.15), 7), UNITS[0], "面积不足"),
        ("东麦路口", "新增划拨用地", beside(east, 6, 70, 210, 160), UNITS[4], "公路边，周边为农田"),
        ("填埋场旁", "盘活闲置土地", beside(fill, 3, 60, 150, 120), UNITS[4], "邻近填埋场"),
        ("牧场一队", "闲置住房", beside(farm, 7, 50, 150, 110), UNITS[3], "撤并连队旧居住点"),
        ("牧场二队", "盘活闲置土地", beside(farm, 11, 60, 240, 200), UNITS[3], "撤并连队旧居住点"),
        ("牧场三队", "新增划拨用地", beside(farm, 14, 60, 260, 220), UNITS[3], "道路尽头"),
        ("荒滩", "新增划拨用地", blob(-4600, 5200, 130), UNITS[3], "周边无道路"),
        ("渠东", "依法收回的已批未建土地", blob(6800, -300, 105), UNITS[4], "周边无道路"),
        ("废弃路旁", "盘活闲置土地", beside(stray, 1, 60, 200, 150), UNITS[4], "仅临一段断头废弃道路"),
    )  # fmt: skip
    rows: Rows = []
    for name, origin, shape, unit, note in made:
        kind = ORIGINS[origin][0]
        rest = {
            "容积率": "",
            "套数": "64" if kind == "存量住房" else "",
            "现状用途": "空闲地" if kind == "土地" else "住宅",
        }
        rows.append(
            {"地块名称": name, "单位": unit, "类型": kind, "来源": origin, **rest, "备注": note, "geometry": shape}
        )
    return rows


def beside(line: Sequence[XY], k: int, gap: float, width: float, depth: float) -> Polygon:
    """Return a rectangle along piece k of a line, `gap` metres to its left."""
    a, b = np.array(line[k]), np.array(line[k + 1])
    ahead = (b - a) / np.hypot(*(b - a))
    left = np.array([-ahead[1], ahead[0]])
    start = (a + b) / 2 - ahead * width / 2 + left * gap
    corners = (start, start + ahead * width, start + ahead * width + left * depth, start + left * depth)
    return Polygon([(round(float(x), 2), round(float(y), 2)) for x, y in corners])


def blob(x: float, y: float, radius: float) -> Polygon:
    """Return an uneven seven-sided plot around a point (metres from the town's centre)."""
    angles = np.linspace(0, 2 * np.pi, 8)[:-1]
    reach = radius * (1 + 0.18 * np.sin(3 * angles + 1))
    points = np.round(np.stack([x + CENTRE[0] + reach * np.cos(angles), y + CENTRE[1] + reach * np.sin(angles)], 1), 2)
    return Polygon(points)


def frame(rows: Rows) -> gpd.GeoDataFrame:
    """Return rows with a geometry each as a frame in the working CRS."""
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=CRS)
