"""A town with one layer per rule of the rulebook `cn`, each met by exactly one parcel in a way checkable on paper.

Every rule has its own row of squares of 100 m x 100 m, 1.5 km from the next row. `hit` lies where the rule is met,
`near` just beyond its distance. A case says what is drawn, and what screening must then say of `hit`.
"""

from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely
import shapely.affinity

from siting.base.rulebook import BookRule
from siting.parcels import Constraint
from tests import small_project

STEP = 1500.0
SIDE = 100.0
ROWS_Y0 = 2000.0
"""Metres north of the small project's street, so that no row meets its parcels."""


@dataclass(frozen=True)
class Case:
    """One rule: its layer's shape, where the parcels lie in it (x of their west side), and what is expected.

    Shapes are drawn in metres from the row's corner; the square `hit` spans y from 0 to 100.
    """

    kind: str
    shape: shapely.Geometry | None
    action: str
    clause: str
    evidence: str
    overlap_m2: float
    hit_x: float = 0.0
    near_x: float = 1000.0
    buffer_m: float = 0.0
    columns: dict[str, str] = field(default_factory=dict)


def strip(width: float) -> shapely.Polygon:
    """A strip that begins `width` m within the east side of the square at 0 and ends 200 m beyond it."""
    return shapely.box(SIDE - width, -50, SIDE + 200, SIDE + 50)


def wall(x: float = 0.0) -> shapely.LineString:
    """A line from south to north at x, much longer than a parcel is high."""
    return shapely.LineString([(x, -700), (x, 700)])


def inside(kind: str, action: str, clause: str, evidence: str, width: float) -> Case:
    """A case without distance: `width` m of the square are covered; `near` only touches the strip."""
    return Case(kind, strip(width), action, clause, evidence, width * SIDE, near_x=SIDE + 200)


def within(kind: str, action: str, clause: str, evidence: str, metres: float, **columns: str) -> Case:
    """A case with a distance around a wall at 0: the square ends 2 m within it, `near` begins 1 m beyond it."""
    return Case(
        *(kind, wall(), action, clause, evidence, 2 * SIDE),
        hit_x=-metres + 2 - SIDE,
        near_x=metres + 1,
        buffer_m=metres,
        columns=columns,
    )


CASES = (
    inside("eco_redline", "exclude", "三条控制线 2019 两办意见", "M", 10),
    inside("pbf", "exclude", "土地管理法 35", "R", 11),
    Case("udb", shapely.box(12, -50, 5000, SIDE + 50), "exclude", "三区三线", "M", 1200),
    inside("arable", "gate", "土地管理法 44", "R", 13),
    inside("geohaz_zone", "exclude", "地质灾害防治条例 19", "R", 14),
    inside("geohaz_prone", "gate", "地质灾害防治条例 21", "R", 15),
    inside("flood", "gate", "防洪法 33", "R", 16),
    inside("river_mgmt", "exclude", "防洪法 22", "R", 17),
    inside("water_src_1", "exclude", "水污染防治法 65", "R", 18),
    inside("water_src_2", "review", "水污染防治法 66", "R", 19),
    inside("soil_listed", "exclude", "土壤污染防治法 61", "R", 20),
    Case("soil_survey", None, "gate", "土壤污染防治法 59", "R", 10_000),
    inside("soil_key_unit", "gate", "土壤污染防治法 67", "R", 21),
    within("hv_line", "exclude", "电力设施保护条例 10、15", "R", 15, kv="220"),
    within("rail", "gate", "铁路安全管理条例 27、30", "R", 12, **{"class": "other"}),
    within("rail_noise", "review", "噪声污染防治法 26", "R/G", 30),
    within("road_ctrl", "exclude", "公路安全保护条例 11、13", "R", 20, **{"class": "国道"}),
    within("oil_gas_pipe", "exclude", "石油天然气管道保护法 30、31", "R/G", 5),
    within("gas_station", "exclude", "GB 50156-2021 表 4.0.4", "M", 35),
    within("hazchem", "review", "危险化学品安全管理条例 19；GB 36894、GB/T 37243", "R/G", 500),
    within("landfill", "review", "GB 16889、CJJ 惯例", "M", 500),
    within("sewage_plant", "review", "卫生防护距离惯例", "M", 300),
    inside("airport", "review", "民用机场管理条例 46-50、61", "R", 22),
    inside("military", "exclude", "军事设施保护法", "M", 23),
    inside("relic", "review", "文物保护法", "M", 24),
    Case("slope", None, "exclude", "CJJ 83-2016 居住用地 0.2%-25%", "M", 10_000),
    inside("title", "gate", "实施方案 保障用地供给（净地）", "S", 25),
    Case("hidden_debt", None, "exclude", "实施方案 二（三）", "S", 10_000),
    Case("parcel_min", None, "penalise", "本工具暂定", "G", 4000),
)
RINGED = {"rail_noise": 200.0, "oil_gas_pipe": 50.0, "gas_station": 50.0}
"""Rules with a wider ring: `near` then lies beyond the ring, and a parcel `ring` within it."""


def square(row: int, x: float, height: float = SIDE, *, y: float = 0) -> shapely.Polygon:
    """A parcel of a row; its west side at x, its south side at y."""
    return at_row(shapely.box(x, y, x + SIDE, y + height), row)


def at_row(shape: shapely.Geometry, row: int) -> shapely.Geometry:
    """A shape drawn from the corner of a row, in the town."""
    return shapely.affinity.translate(shape, small_project.X0, small_project.Y0 + ROWS_Y0 + row * STEP)


def parcels() -> gpd.GeoDataFrame:
    """Return the squares of every row: `<kind>:hit`, `<kind>:near` and, for rules with a ring, `<kind>:ring`.

    All are homes already (kind stock) but soil_survey:hit and parcel_min:hit (which is dwelling land now); all are flat but slope:hit; none has debt but its own.
    """
    drawn: dict[str, shapely.Geometry] = {}
    for row, case in enumerate(CASES):
        height = 40 if case.kind == "parcel_min" else SIDE
        drawn[f"{case.kind}:hit"] = square(row, case.hit_x, height)
        drawn[f"{case.kind}:near"] = square(row, RINGED.get(case.kind, case.near_x - 1) + 1)
        if case.kind in RINGED:
            drawn[f"{case.kind}:ring"] = square(row, case.near_x, y=2 * SIDE)
    table = pd.DataFrame({"id": list(drawn), "kind": "stock", "hidden_debt": "否", "documents": ""})
    table.loc[table["id"].isin(["soil_survey:hit", "parcel_min:hit"]), "kind"] = "land"
    table.loc[table["id"] == "hidden_debt:hit", "hidden_debt"] = "是"
    return gpd.GeoDataFrame(table, geometry=list(drawn.values()), crs=small_project.CRS).set_index("id", drop=False)


def dwellings(parcels: pd.DataFrame) -> pd.Series:
    """Return which plots are dwelling land already."""
    return pd.Series(parcels.index == "parcel_min:hit", index=parcels.index)


def slopes(table: gpd.GeoDataFrame) -> pd.Series:
    """Return 5 per cent everywhere but at slope:hit, which is 26 per cent steep."""
    return pd.Series(5.0, index=table.index).mask(table.index == "slope:hit", 26.0)


def constraints(rules: dict[str, BookRule]) -> list[Constraint]:
    """Return a layer for each rule that has one; udb surrounds every other row's parcels, as a boundary does."""
    found = []
    for row, case in enumerate(CASES):
        if case.shape is not None:
            layer = layer_of(case, row)
            found.append(Constraint(case.kind, rules[case.kind], layer.geometry, layer.drop(columns="geometry")))
    return found


def layer_of(case: Case, row: int) -> gpd.GeoDataFrame:
    """Return the layer of a case: its shape with an id, and its class or voltage."""
    shapes = [at_row(case.shape, row)]
    if case.kind == "udb":
        rest = [at_row(shapely.box(-4000, -700, 6000, 700), other) for other in range(len(CASES)) if other != row]
        shapes += rest
    columns = {"id": [f"{case.kind}-{number}" for number in range(1, len(shapes) + 1)]}
    columns |= {name: [word] * len(shapes) for name, word in case.columns.items()}
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=small_project.CRS)


SCREEN = """
[screen]
rulebook = "cn"
setting = "town"
"""


def write(folder: Path) -> Path:
    """Write the town as a project: the small project's street and places, these parcels and layers."""
    settings = small_project.SETTINGS.replace("[screen]\narea_min = 2000\n", SCREEN)
    drawn = parcels().reset_index(drop=True).rename(columns={"id": "编号"}).assign(名称="", 来源="")
    small_project.write(folder, settings, parcels=drawn)
    declared = (folder / "layers/parcels.toml").read_text("utf-8")
    columns = 'kind = "kind"\nhidden_debt = "hidden_debt"\ndocuments = "documents"\n'
    (folder / "layers/parcels.toml").write_text(declared + columns, "utf-8")
    for row, case in enumerate(CASES):
        if case.shape is None:
            continue
        source = f"data/{case.kind}.gpkg"
        layer_of(case, row).to_file(folder / source)
        words = "".join(f'{name} = "{name}"\n' for name in ("id", *case.columns))
        text = f'role = "constraint"\nkind = "{case.kind}"\nsource = "{source}"\n[columns]\n{words}'
        (folder / f"layers/{case.kind}.toml").write_text(text, "utf-8")
    return folder
