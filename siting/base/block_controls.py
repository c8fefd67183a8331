"""Controls of a residential block (居住街坊) by climate zone and storeys: `block_controls.csv`, GB 50180-2018 table 4.0.2."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class BlockControl:
    """One row of the table for buildings of `storeys_min` to `storeys_max`; shares from 0 to 1, green the least."""

    zh: str
    storeys_min: int
    storeys_max: int
    far_min: float
    far_max: float
    density_max: float
    green_min: float
    height_max_m: float
    land_per_person_m2: float
    clause: str
    evidence: str


@cache
def block_controls(climate_zone: str) -> tuple[BlockControl, ...]:
    """Return the rows of a climate zone (I to VII), low buildings first; none for a zone that is not known."""
    written = files("siting.base").joinpath("block_controls.csv").read_text("utf-8")
    return tuple(_row(row) for row in csv.DictReader(written.splitlines()) if climate_zone in row["zones"].split())


def _row(row: dict[str, str]) -> BlockControl:
    return BlockControl(
        zh=row["zh"],
        storeys_min=int(row["storeys_min"]),
        storeys_max=int(row["storeys_max"]),
        far_min=float(row["far_min"]),
        far_max=float(row["far_max"]),
        density_max=float(row["density_max"]),
        green_min=float(row["green_min"]),
        height_max_m=float(row["height_max_m"]),
        land_per_person_m2=float(row["land_per_person_m2"]),
        clause=row["clause"],
        evidence=row["evidence"],
    )
