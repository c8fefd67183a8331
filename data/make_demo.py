"""Write data/demo: a made-up regiment town in northern Xinjiang (虚构示例), the same bytes every time.

Run `python data/make_demo.py [FOLDER]`. Nothing in it is a real place, employer or household.
"""

import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import rasterio
import shapely
from demo_files import write_points, write_table, write_vector
from demo_market import make_need_ledger, priced
from demo_people import TOWN_PEOPLE, enrol, make_estates, make_services
from demo_town import (
    CENTRE,
    CRS,
    UNITS,
    XY,
    Grid,
    Lot,
    Rows,
    blob,
    frame,
    local,
    make_grids,
    make_links,
    make_lots,
    make_parcels,
    make_roads,
    smooth,
)
from numpy.random import Generator
from rasterio.transform import from_origin
from shapely.geometry import LineString, Point, Polygon, box

SEED = 20251231
PEOPLE_SEED = 20251230
MARKET_SEED = 20251229
HEADCOUNTS = ((21400, 11600), (18200, 9900), (6300, 3400), (4700, 2500), (4100, 2200), (3200, 1700))
REGIMENTS = {"sand": 2, "willow": 3, "wheat": 4, "gobi": 5}
CELL_M = 60


def make_river(town: Grid) -> LineString:
    """Return the middle of the river, which passes between two rows of the town's blocks."""
    inner = [town.at(i, 6, 0.5, 0.5 + 0.08 * (-1) ** i) for i in range(8)]
    west = [
        local(-24000, 6200),
        local(-16000, 3400),
        local(-10500, 4200),
        local(-7800, 2100),
        local(-5600, 2600),
        local(-3800, 900),
    ]
    east = [local(3600, 2300), local(5400, 1300), local(7800, 3600), local(11500, 2700), local(21000, 5600)]
    return smooth([*west, *inner, *east])


def make_railway() -> LineString:
    """Return the railway, which passes south of the industrial park."""
    points = (
        (-24000, -13000),
        (-12000, -8200),
        (-7600, -5700),
        (-4000, -4550),
        (800, -3500),
        (5600, -5400),
        (12500, -6600),
        (21000, -6000),
    )
    return smooth([local(*point) for point in points])


def make_places(rng: Generator, grids: dict[str, Grid], lots: list[Lot]) -> Rows:
    """Return the places of daily life: in the town by lot, in each regiment town one of most."""
    town = [lot for lot in lots if lot.grid == "town"]
    wanted = {"幼儿园": 9, "小学": 5, "初中": 3, "医院": 1, "社区卫生服务中心": 3, "诊所": 6, "药店": 9, "菜市场": 5}
    wanted |= {"便利店": 22, "公园": 4, "养老院": 2}
    rows: Rows = []
    for kind, count in wanted.items():
        for lot in _spread(town, grids, count):
            rows.append(_place(rng, kind, grids[lot.grid], lot))
    rows.append(_point("政府机关", "市政务中心", grids["town"].at(4, 4, 0.3, 0.75)))
    rows.append(_point("火车站", "沙枣站", local(-4110, -4490)))
    for key in REGIMENTS:
        own = [lot for lot in lots if lot.grid == key]
        fewer = ("幼儿园", "小学", "诊所", "便利店", "菜市场", "药店", "初中", "社区卫生服务中心")
        for kind in fewer[: 5 if key == "gobi" else 8]:
            rows.append(_place(rng, kind, grids[key], own.pop()))
        rows.append(_point("政府机关", f"{UNITS[REGIMENTS[key]]}机关", grids[key].at(1, 1, 0.85, 0.15)))
    rows.append(_point("便利店", "园区便利店", grids["park"].at(2, 1, 0.1, 0.1)))
    rows.append(_point("诊所", "园区卫生站", grids["park"].at(1, 1, 0.9, 0.2)))
    return rows


def _spread(lots: list[Lot], grids: dict[str, Grid], count: int) -> list[Lot]:
    """Take lots off the end of the list, each as far from those taken as the next thirty allow."""
    chosen: list[Lot] = []
    while len(chosen) < count:
        pool = lots[-30:]
        centres = [_centre(grids, lot) for lot in chosen]
        best = max(pool, key=lambda lot: min((_centre(grids, lot).distance(each) for each in centres), default=0.0))
        lots.remove(best)
        chosen.append(best)
        if count > 8:
            lots.insert(0, best)
    return chosen


def _centre(grids: dict[str, Grid], lot: Lot) -> Point:
    return grids[lot.grid].lot(*lot.block, lot.us, lot.vs).centroid


def _place(rng: Generator, kind: str, grid: Grid, lot: Lot) -> dict[str, object]:
    u, v = (0.12 if lot.us[0] == 0 else 0.88), (0.14 if lot.vs[0] == 0 else 0.86)
    seats = {"幼儿园": (180, 360), "小学": (720, 1620), "初中": (600, 1500)}.get(kind)
    i, j = lot.block
    row = _point(kind, f"{grid.title}{i + 1}{j + 1}{kind}", grid.at(i, j, u + rng.uniform(-0.03, 0.03), v))
    return row | {"学位数": str(int(rng.integers(*seats)) // 30 * 30) if seats else ""}


def _point(kind: str, name: str, at: XY) -> dict[str, object]:
    return {"名称": name, "类别": kind, "学位数": "", "x": at[0], "y": at[1]}


def make_buses(grids: dict[str, Grid], roads: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, Rows]:
    """Return bus lines along streets, and their stops."""
    town, park, sand = grids["town"], grids["park"], grids["sand"]
    link = {name: list(roads.geometry[roads["道路名称"] == name].iloc[0].coords) for name in ("园区大道", "沙园路")}
    lines: dict[str, tuple[int, list[XY]]] = {
        "1路": (12, [town.node(i, 4) for i in range(9)]),
        "2路": (15, [town.node(4, j) for j in range(9)]),
        "3路": (20, [*(town.node(2, j) for j in range(1, 6)), *(town.node(i, 5) for i in range(3, 8))]),
        "4路": (20, [*(town.node(i, 2) for i in range(8, 4, -1)), *(town.node(4, j) for j in (2, 3, 4))]),
        "5路（园区）": (30, [*(town.node(i, 4) for i in range(4, -1, -1)), *link["园区大道"][1:], park.node(2, 2)]),
        "6路（沙枣）": (40, [park.node(1, 2), park.node(0, 2), *link["沙园路"][1:], sand.node(2, 1), sand.node(1, 1)]),
    }
    far = {"101路（杨柳）": (120, grids["willow"]), "102路（麦海）": (120, grids["wheat"])}
    shapes: Rows = [
        {"线路编号": f"GJ-{n}", "线路名称": name, "发车间隔_分": gap, "geometry": LineString(points)}
        for n, (name, (gap, points)) in enumerate(lines.items(), start=1)
    ]
    stops = {point for _, points in lines.values() for point in points}
    dropped = set(link["园区大道"][2:-2:2])
    stops -= dropped
    for n, (name, (gap, grid)) in enumerate(far.items(), start=7):
        points = [grid.node(1, j) for j in range(1, 3)]
        stops |= {points[0]}
        road = next(road for road in ("北杨公路", "东麦公路") if road[1] in name)
        path = list(roads.geometry[roads["道路名称"] == road].iloc[0].coords)
        shapes.append({"线路编号": f"GJ-{n}", "线路名称": name, "发车间隔_分": gap, "geometry": LineString(path)})
        stops |= {path[4]}
    rows = [_point("公交站", f"公交站{n:02d}", (x + 12, y + 9)) for n, (x, y) in enumerate(sorted(stops), start=1)]
    return frame(shapes), rows


JOBS = {
    "town": (78, 9900, ("机关事业单位", "学校医院", "商贸零售", "住宿餐饮", "银行保险", "物业与居民服务")),
    "park": (58, 10400, ("农产品加工", "纺织服装", "建材", "物流仓储", "机械修造", "包装材料")),
    "sand": (12, 620, ("团部机关", "农机服务", "商贸零售")),
    "willow": (12, 560, ("团部机关", "农机服务", "商贸零售")),
    "wheat": (12, 510, ("团部机关", "农机服务", "商贸零售")),
    "gobi": (10, 640, ("团部机关", "农机服务", "商贸零售")),
}


def make_workplaces(rng: Generator, grids: dict[str, Grid], lots: list[Lot]) -> Rows:
    """Return employers: the town's nearer its middle, the park's all over it."""
    rows: Rows = []
    for key, (count, total, sectors) in JOBS.items():
        own = [lot for lot in lots if lot.grid == key]
        if key == "town":
            own = [lot for lot in own if 2 <= lot.block[0] <= 5 and 1 <= lot.block[1] <= 5]
        sizes = rng.lognormal(0, 0.9, count)
        for n, size in enumerate(sizes / sizes.sum() * total):
            lot = own[n % len(own)]
            (u0, u1), (v0, v1) = lot.us, lot.vs
            inner = rng.uniform(0.15, 0.85, 2)
            x, y = grids[key].at(*lot.block, u0 + (u1 - u0) * inner[0], v0 + (v1 - v0) * inner[1])
            sector = sectors[n % len(sectors)]
            name = f"{grids[key].title}{sector}单位{n + 1:02d}"
            rows.append({"单位名称": name, "行业": sector, "期末从业人员": max(3, round(size)), "x": x, "y": y})
    return rows


def make_units(grids: dict[str, Grid]) -> gpd.GeoDataFrame:
    """Return six units: two streets of the town, three regiment towns around it, one far away."""
    whole = Point(local(-1500, 2500)).buffer(20500, quad_segs=12)
    town = Polygon(
        [
            grids["town"].at(*spot)
            for spot in ((0, 0, -0.9, -0.8), (7, 0, 1.7, -0.8), (7, 7, 1.7, 1.7), (0, 7, -0.9, 1.7))
        ]
    )
    halves = [town.intersection(box(*side)) for side in (_side(-9000, 0), _side(0, 9000))]
    seeds = shapely.MultiPoint([local(-5600, -3000), local(-3800, 8200), local(9000, -2600)])
    cells = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=whole, ordered=True))
    around = [cell.intersection(whole).difference(town) for cell in cells]
    far = Polygon(
        [local(x - 131000, y - 112000) for x, y in ((-9000, -7000), (7500, -8200), (10500, 5600), (-4500, 9000))]
    )
    rows: Rows = [
        {
            "单位编号": f"DW-{n}",
            "单位名称": name,
            "常住人口": people,
            "就业人口": workers,
            "城镇人口": TOWN_PEOPLE if n <= 2 else people,
            "geometry": shapely.set_precision(shape, 0.01),
        }
        for n, (name, (people, workers), shape) in enumerate(
            zip(UNITS, HEADCOUNTS, [*halves, *around, far], strict=True), start=1
        )
    ]
    return frame(rows)


def _side(west: float, east: float) -> tuple[float, float, float, float]:
    return (*local(west, -9000), *local(east, 9000))


def make_constraints(
    river: LineString, parcels: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, grids: dict[str, Grid]
) -> dict[str, gpd.GeoDataFrame]:
    """Return the river management zone, permanent farmland, title disputes and the landfill."""
    streets = shapely.union_all(roads.geometry.to_numpy()).buffer(45)
    built = shapely.union_all([_outline(grid).buffer(150) for grid in grids.values()])
    fields: tuple[tuple[int, int, int], ...] = (
        (-3300, -1500, 640),
        (-3700, 200, 700),
        (2900, -3300, 800),
        (5600, -1700, 900),
        (7300, -4500, 800),
    )
    fields += ((-2600, 5300, 1000), (1500, 4600, 900), (-5300, 8900, 900), (1400, 9800, 900), (3900, 300, 700))
    plots = []
    for n, (x, y, half) in enumerate(fields, start=1):
        square = shapely.affinity.rotate(box(-half, -0.7 * half, half, 0.7 * half), 9 + 5 * n % 17)
        square = shapely.affinity.translate(square, *local(x, y))
        for k, plot in enumerate(
            shapely.get_parts(square.difference(streets).difference(built).difference(river.buffer(140)))
        ):
            if plot.area > 20000:
                plots.append(
                    {"图斑编号": f"JN-{n:02d}-{k + 1}", "地类": "水浇地", "geometry": shapely.set_precision(plot, 0.01)}
                )
    land = parcels[
        (parcels["类型"] != "存量住房") & (parcels["备注"] == "") & parcels["来源"].str.contains("破产|闲置低效|收回")
    ]
    disputes = land.iloc[::5].head(6)
    title = [
        {
            "案卷编号": f"QF-{n:02d}",
            "事项": "司法查封" if n % 2 else "抵押未注销",
            "geometry": shapely.set_precision(shape.buffer(8), 0.01),
        }
        for n, shape in enumerate(disputes.geometry, start=1)
    ]
    return {
        "river_management": frame(
            [{"名称": "额河支流管理范围", "geometry": shapely.set_precision(river.buffer(130), 0.01)}]
        ),
        "farmland": frame(plots),
        "title": frame(title),
        "landfill": frame([{"名称": "生活垃圾填埋场", "geometry": blob(4550, -3650, 190)}]),
    }


def _outline(grid: Grid) -> Polygon:
    return shapely.convex_hull(shapely.MultiPoint(grid.nodes.reshape(-1, 2)))


def make_backdrop(
    grids: dict[str, Grid], river: LineString, lots: list[Lot], farmland: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return what the map shows under everything: water, shelterbelts, built lots, the railway."""
    rows: Rows = [
        {"名称": "额河支流", "类别": "water", "geometry": river.buffer(32)},
        {"名称": "东湖", "类别": "water", "geometry": blob(3300, 1150, 330).buffer(60)},
        {"名称": "铁路", "类别": "rail", "geometry": make_railway().buffer(7)},
    ]
    town = grids["town"]
    for i in range(8):
        if i not in (2, 5):
            rows.append({"名称": "滨河绿带", "类别": "green", "geometry": town.lot(i, 6, (0, 1), (0.72, 1), 10)})
    for n, field in enumerate(farmland.geometry, start=1):
        belt = field.boundary.buffer(14).difference(field.buffer(-1))
        rows.append({"名称": f"农田防护林{n}", "类别": "green", "geometry": belt})
    for lot in lots:
        shape = grids[lot.grid].lot(*lot.block, lot.us, lot.vs, 16)
        rows.append({"名称": f"{grids[lot.grid].title}街坊", "类别": "built", "geometry": shape})
    tidy = [row | {"geometry": shapely.set_precision(row["geometry"], 0.1)} for row in rows]
    return frame([row for row in tidy if not row["geometry"].is_empty])


def make_waiting_list(rng: Generator) -> Rows:
    """Return the applications of one month: nobody's, drawn by chance."""
    groups, bands, shares = ("机关事业", "企业", "居民", "其他"), ("60以下", "60-90", "90-120"), (0.28, 0.4, 0.24, 0.08)
    people = np.array([unit[0] for unit in HEADCOUNTS], float)
    rows: Rows = []
    for n, day in enumerate(sorted(rng.integers(1, 32, 236).tolist()), start=1):
        unit = UNITS[int(rng.choice(6, p=people / people.sum()))]
        row = {"申请编号": f"LH-202512-{n:04d}", "单位": unit, "群体": str(rng.choice(groups, p=shares))}
        band = str(rng.choice(bands, p=(0.18, 0.55, 0.27)))
        rows.append(row | {"面积段": band, "人数": int(rng.integers(1, 6)), "登记日期": f"2025-12-{day:02d}"})
    return rows


def make_utilities(grids: dict[str, Grid]) -> Rows:
    """Return water works, waste-water plants, substations, heating plants and a gas station."""
    spots: list[tuple[str, str, XY]] = [
        ("城区水厂", "供水厂站", grids["town"].at(7, 7, 0.6, 0.5)), ("城区污水处理厂", "污水厂站", local(3100, -2300)),
        ("110千伏城北变电站", "变电站", grids["town"].at(1, 7, 0.4, 0.6)), ("110千伏园区变电站", "变电站", local(-5600, -3350)),
        ("城区热源厂", "热源厂", grids["town"].at(3, 0, 0.3, 0.4)), ("园区热源厂", "热源厂", local(-5500, -4300)),
        ("燃气门站", "燃气站", local(-3000, -2300)),
    ]  # fmt: skip
    spots += [
        (f"{UNITS[n]}{kind}", kind, grids[key].at(0, j, 0.15, 0.5))
        for key, n in REGIMENTS.items()
        for kind, j in (("供水厂站", 0), ("热源厂", 2))
    ]
    return [{"名称": name, "类别": kind, "x": x, "y": y} for name, kind, (x, y) in spots]


def write_elevation(path: Path, river: LineString) -> None:
    """Write ground heights in metres: a plain that rises to hills in the north-east, cut by the river."""
    west, north = local(-9000, 11200)
    x = np.arange(west + CELL_M / 2, west + 20400, CELL_M)
    y = np.arange(north - CELL_M / 2, north - 18000, -CELL_M)
    east, up = np.meshgrid((x - CENTRE[0]) / 1000, (y - CENTRE[1]) / 1000)
    hills = (
        45
        * np.exp(-(((east - 7) / 2.6) ** 2) - ((up - 8.2) / 2.2) ** 2)
        * (1.3 + np.sin(2.1 * east) * np.cos(1.7 * up))
    )
    rolling = 5 * np.sin(0.5 * east + 0.3) * np.cos(0.6 * up) + 2 * np.sin(1.6 * east - 1.1 * up)
    centres = shapely.points(*np.meshgrid(x, y))
    valley = 6 * np.exp(-((shapely.distance(centres, river) / 260) ** 2))
    height = np.round((528 + 1.6 * east + 1.1 * up + hills + rolling - valley) * 5) / 5
    shape = {"height": len(y), "width": len(x), "count": 1, "dtype": "float32"}
    place = {"crs": CRS, "transform": from_origin(west, north, CELL_M, CELL_M), "nodata": -9999.0}
    with rasterio.open(
        path, "w", driver="GTiff", compress="deflate", predictor=3, zlevel=9, **shape, **place
    ) as raster:
        raster.write(height.astype("float32"), 1)


def main(folder: Path) -> None:
    """Write every file of the demo into a folder."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2025-12-31T00:00:00Z"})
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(SEED)
    grids = make_grids(rng)
    links = make_links(rng, grids)
    roads = make_roads(grids, links)
    lots = make_lots(rng, grids)
    parcels, taken = make_parcels(rng, grids, links, lots)
    market = np.random.default_rng(MARKET_SEED)
    parcels = priced(market, parcels)
    free = [lot for lot in lots if lot not in taken]
    river = make_river(grids["town"])
    buses, stops = make_buses(grids, roads)
    constraints = make_constraints(river, parcels, roads, grids)
    vectors = {"parcels": parcels, "roads": roads, "units": make_units(grids), "bus_lines": buses, **constraints}
    vectors["backdrop"] = make_backdrop(grids, river, free, constraints["farmland"])
    for name, table in vectors.items():
        write_vector(table, folder / f"{name}.gpkg")
    places = [
        {"编号": f"SS-{n:03d}"} | row for n, row in enumerate([*make_places(rng, grids, list(free)), *stops], start=1)
    ]
    people = np.random.default_rng(PEOPLE_SEED)
    write_points(folder / "places.csv", enrol(people, places))
    write_points(folder / "population.csv", make_estates(people, grids, free, HEADCOUNTS))
    write_points(folder / "services.csv", make_services(people, grids, free))
    write_points(folder / "workplaces.csv", make_workplaces(rng, grids, free))
    write_points(folder / "utilities.csv", make_utilities(grids))
    write_table(folder / "waiting_list.csv", make_waiting_list(rng))
    write_table(folder / "need_ledger.csv", make_need_ledger(market))
    write_elevation(folder / "elevation.tif", river)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "demo")
