"""Ten brownfield registers of English authorities (../shared/data/england_brownfield_registers) as parcels layers.

Each layer file maps the register's own columns; the boxes are the districts (London: all of Greater London).
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyproj

from siting.base.errors import Problem
from siting.base.layers import Layer, LayerSettings
from siting.sources.points import draw_discs, place_rows
from siting.sources.reading import Findings
from siting.sources.rows import in_our_words
from siting.sources.shapes import usable
from siting.sources.tables import read_table

CRS = pyproj.CRS("EPSG:27700")
ENGLISH = 'datums = { ETRS89 = "EPSG:4258", OSGB36 = "EPSG:27700" }\n'
BOTH = f'{ENGLISH}repair = ["swap", "datum"]\n'
FIVE = ("SiteReference", "GeoX", "GeoY", "CoordinateReferenceSystem", "Hectares")


@dataclass(frozen=True)
class Register:
    """How one register is declared: its columns id, x, y, datum, area_ha; its box; what else it needs."""

    columns: tuple[str, str, str, str, str]
    within: tuple[float, float, float, float]
    coordinates: str = BOTH
    top: str = ""

    def layer(self, name: str) -> str:
        """Return the layer file."""
        words = zip(("id", "x", "y", "datum", "area_ha"), self.columns, strict=True)
        columns = "".join(f'{word} = "{theirs}"\n' for word, theirs in words if theirs)
        return (
            f'role = "parcels"\nkind = "land"\nsource = "data/{name}.csv"\n{self.top}[columns]\n{columns}'
            f"[coordinates]\nwithin = {list(self.within)}\n{self.coordinates}"
        )


SOUTH_HAMS, WEST_DEVON = (-4.15, 50.19, -3.49, 50.53), (-4.33, 50.41, -3.74, 50.90)
REGISTERS = {
    "fylde": Register(("SiteReference", "GeoX", "GeoY", "CoordinateSystem", "Hectares"), (-3.07, 53.71, -2.77, 53.88)),
    "london_boroughs": Register(FIVE, (-0.52, 51.28, 0.34, 51.70), top='encoding = "cp1252"\n'),
    "new_forest": Register(
        FIVE, (-1.96, 50.70, -1.29, 51.02), 'datums = { WGS84 = "WGS84" }\n', 'encoding = "cp1252"\n'
    ),
    "preston": Register(
        ("Site Reference", "GeoX", "GeoY", "System Reference", "Hectares"),
        (-2.90, 53.72, -2.55, 53.90),
        'datums = { WGS84 = "WGS84" }\nrepair = ["datum"]\n',
    ),
    "rochdale": Register(
        ("LA SITE REF", "GeoX", "GeoY", "COORDINATE REFERENCE SYSTEM", "AREA (HA)"),
        (-2.30, 53.52, -2.02, 53.69),
        'datums = { "British Coordinate Systems" = "EPSG:27700" }\nrepair = ["swap"]\n',
    ),
    "south_hams_a": Register(FIVE, SOUTH_HAMS),
    "south_hams_b": Register(("Site Reference", "GeoX", "GeoY", "Coordinate Reference System", "Hectares"), SOUTH_HAMS),
    "west_devon_a": Register(FIVE, WEST_DEVON),
    "west_devon_b": Register(FIVE, WEST_DEVON),
    "worcester": Register(
        ("Site Reference", "GeoX", "GeoY", "", "Hectares"),
        (-2.28, 52.15, -2.15, 52.24),
        'repair = ["swap"]\n',
        'datum = "EPSG:4258"\n',
    ),
}


@dataclass(frozen=True)
class Outcome:
    """What became of the rows of a register: parcels by row label, every problem, fate and reason of every row."""

    parcels: gpd.GeoDataFrame
    problems: list[Problem]
    fates: pd.DataFrame

    def counts(self) -> dict[str, int]:
        """Return how many rows met each fate."""
        return {str(fate): int(number) for fate, number in self.fates["fate"].value_counts().sort_index().items()}

    def reasons(self, fate: str) -> dict[str, int]:
        """Return how many rows met a fate for each reason."""
        chosen = self.fates.loc[self.fates["fate"] == fate, "reason"]
        return {str(reason): int(number) for reason, number in chosen.value_counts().sort_index().items()}


def write(folder: Path, name: str, raw: bytes, register: Register | None = None) -> Layer:
    """Write the register and its layer file below a folder, and return the layer as that file declares it."""
    (folder / "layers").mkdir(exist_ok=True)
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data" / f"{name}.csv").write_bytes(raw)
    file = folder / "layers/parcels.toml"
    file.write_text((register or REGISTERS[name]).layer(name), "utf-8")
    declared = LayerSettings.model_validate(tomllib.loads(file.read_text("utf-8")))
    return Layer(name="parcels", file="layers/parcels.toml", settings=declared)


def read(folder: Path, layer: Layer) -> Outcome:
    """Read a register by the steps of a parcels layer, as far as they lead, and account for every row."""
    settings, findings = layer.settings, Findings(layer.settings.source)
    wanted = sorted(set(settings.columns.values()))
    table = read_table(folder / settings.source, encoding=settings.encoding, sheet="", findings=findings, wanted=wanted)
    assert table is not None, findings.problems
    placed: Any = place_rows(table, layer, CRS, findings)
    if placed is None:
        return Outcome(gpd.GeoDataFrame(), findings.problems, _fates(table, findings))
    ours = in_our_words(placed, layer, findings)
    if findings.is_refused():
        return Outcome(gpd.GeoDataFrame(), findings.problems, _fates(table, findings))
    circles = draw_discs(placed.geometry.to_crs(CRS), ours, findings)
    shapes = usable(circles, layer, CRS, findings)
    return Outcome(gpd.GeoDataFrame(ours, geometry=shapes, crs=CRS), findings.problems, _fates(table, findings))


def _fates(table: pd.DataFrame, findings: Findings) -> pd.DataFrame:
    """Return fate and reason by row; of several the worst: refused, left_out, mended, used."""
    fates = pd.DataFrame({"fate": "used", "reason": ""}, index=table.index)
    for level, fate in (("mend", "mended"), ("warn", "left_out"), ("refuse", "refused")):
        for problem in findings.problems:
            if problem.level == level and problem.where.startswith("row "):
                fates.loc[int(problem.where.split()[1]) - 1] = [fate, problem.code]
    assert set(fates.index[fates["fate"] == "left_out"]) <= set(findings.left_out)
    return fates
