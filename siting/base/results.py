"""What a run hands to those who show it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from siting.base.errors import PROBLEM_COLUMNS, Problem
from siting.base.layers import Layer
from siting.base.settings import Settings


@dataclass(frozen=True)
class Results:
    """Everything that a run found.

    ranking: one row for every parcel read (the columns of ranking.csv). indicators: one row a unit
    and indicator. receipts: one record a parcel, in the order of the ranking. parcels: geometry by
    parcel id. backdrop: what the map draws beneath (roads, units, places, ...). tables: further tables by
    the name of their file (circles, vacancy, certificates, ...). texts: further files by name. plan: what the land-supply
    plan came to, None without a quota that the office stands by. papers: what the bureau's papers are made of, None
    where they are not asked for. path: where the files were written, None if nowhere.
    """

    settings: Settings
    layers: tuple[Layer, ...]
    ranking: pd.DataFrame
    indicators: pd.DataFrame
    findings: tuple[Problem, ...]
    stamp: Mapping[str, Any]
    receipts: tuple[Mapping[str, Any], ...]
    parcels: gpd.GeoDataFrame
    backdrop: Mapping[str, gpd.GeoDataFrame]
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    plan: Any = None
    papers: Any = None
    path: Path | None = None

    @property
    def problems(self) -> pd.DataFrame:
        """Every finding about the input as a table, in both languages."""
        rows = [problem.record() for problem in self.findings]
        return pd.DataFrame(rows, columns=PROBLEM_COLUMNS)
