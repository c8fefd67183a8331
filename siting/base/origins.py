"""Where candidates come from (`origins.csv`): the kind that an origin can be, its use, what it needs before supply."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from siting.base.columns import Kind

FITTING: dict[str, tuple[Kind, ...]] = {
    "land": (Kind.LAND, Kind.CONVERSION),
    "stock": (Kind.STOCK, Kind.CONVERSION),
    "land_or_conversion": (Kind.LAND, Kind.CONVERSION),
}
"""The kinds of parcel that fit the kind of an origin: existing homes consume no land quota, land does."""


@dataclass(frozen=True)
class Origin:
    """One origin: its kind, the land use it implies (empty: none), ids of needs, source and evidence."""

    kind: str
    use: str
    needs: tuple[str, ...]
    source: str
    evidence: str

    def fits(self, kind: str) -> bool:
        """Whether a parcel of this origin can be of a kind."""
        return kind in FITTING[self.kind]


@cache
def origins() -> dict[str, Origin]:
    """Return the origins by id."""
    rows = csv.DictReader(files("siting.base").joinpath("origins.csv").read_text("utf-8").splitlines())
    return {
        row["id"]: Origin(row["kind"], row["use"], tuple(row["needs"].split()), row["source"], row["evidence"])
        for row in rows
    }
