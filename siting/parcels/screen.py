"""Screening by constraint layers and by area: exclude, gate, review or penalise, with the overlap."""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from siting.base.layers import Action, Rule

AREA_MIN = "[screen].area_min"


@dataclass(frozen=True)
class Constraint:
    """A constraint layer: its name, its rule, its geometry in the parcels' CRS."""

    name: str
    rule: Rule
    shapes: gpd.GeoSeries


@dataclass(frozen=True)
class Hit:
    """One rule met by one parcel: the overlap in m2 and as a share of the parcel."""

    parcel: str
    rule: str
    action: Action
    overlap_m2: float
    share: float


def screen(parcels: gpd.GeoDataFrame, constraints: Sequence[Constraint], *, area_min: float | None = None) -> list[Hit]:
    """Return every rule that a parcel meets, in order of parcel and rule.

    `parcels` has its ids as index. An overlap of at most the rule's `sliver_m2` does not count.
    `where = "outside"` counts the part of the parcel that lies outside the layer.
    `area_min` in m2 excludes smaller parcels (rule `AREA_MIN`, a name that no layer can have).
    """
    hits: list[Hit] = []
    if area_min is not None:
        small = parcels.index[parcels.geometry.area < area_min]
        hits += [Hit(str(parcel), AREA_MIN, "exclude", 0.0, 0.0) for parcel in small]
    for constraint in constraints:
        overlap = _overlap(parcels.geometry, constraint)
        share = (overlap / parcels.geometry.area).clip(upper=1.0)
        for parcel in parcels.index[overlap > constraint.rule.sliver_m2]:
            hits.append(Hit(str(parcel), constraint.name, constraint.rule.action, overlap[parcel], share[parcel]))
    return sorted(hits, key=lambda hit: (hit.parcel, hit.rule))


def _overlap(parcels: gpd.GeoSeries, constraint: Constraint) -> pd.Series:
    """Return m2 of each parcel inside (or outside) the layer, overlapping shapes counted once."""
    shapes = constraint.shapes.to_numpy()
    if constraint.rule.buffer_m > 0:
        shapes = shapely.buffer(shapes, constraint.rule.buffer_m)
    parcel, shape = shapely.STRtree(shapes).query(parcels.to_numpy(), predicate="intersects")
    inside = pd.Series(0.0, index=parcels.index)
    for row in np.unique(parcel):
        cover = shapely.union_all(shapes[np.sort(shape[parcel == row])])
        inside.iloc[row] = shapely.intersection(parcels.iloc[row], cover).area
    return inside if constraint.rule.where == "inside" else (parcels.area - inside).clip(lower=0.0)
