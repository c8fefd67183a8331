"""Screening by constraint layers and by rules on the parcels: exclude, gate, review or penalise, with the overlap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from siting.base.arguments import takes
from siting.base.layers import Action, Rule
from siting.base.rulebook import BookRule
from siting.parcels.distances import Reach, reach_of
from siting.parcels.hits import AREA_MIN, PARCEL_RULE, Hit
from siting.parcels.overlap import Overlap, Parcels, survives_sliver
from siting.parcels.parcel_rules import is_stock, opened, parcel_hits

__all__ = ["AREA_MIN", "Constraint", "Hit", "screen"]

NAMED_SHAPES = 3
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Constraint:
    """A constraint layer: its name, its rule, its geometry in the parcels' CRS, its columns id, kv, class."""

    name: str
    rule: Rule
    shapes: gpd.GeoSeries
    table: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def full_rule(self) -> BookRule:
        """The rule with every field that screening asks for."""
        return self.rule if isinstance(self.rule, BookRule) else BookRule(**self.rule.model_dump())

    def ordered(self) -> tuple[gpd.GeoSeries, pd.DataFrame]:
        """Return shapes and columns in an order that the file's order does not change."""
        table = self.table if len(self.table) else pd.DataFrame(index=self.shapes.index)
        ids = table["id"].map(str) if "id" in table.columns else pd.Series("", index=table.index)
        order = np.lexsort([*shapely.bounds(self.shapes.to_numpy()).T, pd.factorize(ids, sort=True)[0]])
        return self.shapes.iloc[order], table.iloc[order]


@takes(parcels="shapes")
def screen(
    parcels: gpd.GeoDataFrame,
    constraints: Sequence[Constraint],
    *,
    area_min: float | None = None,
    parcel_rules: Mapping[str, BookRule] | None = None,
    slope_pct: pd.Series | None = None,
    is_dwelling_now: pd.Series | None = None,
) -> list[Hit]:
    """Return every rule that a parcel meets, in order of parcel and rule.

    `parcels` has its ids as index. An overlap of at most the rule's `sliver_m2`, or that lies wholly within
    `sliver_m` of the parcel's edge, does not count; one that counts is told in full. `where = "outside"` counts
    the part of the parcel that lies outside the layer. A parcel within the rule's distance meets the rule; one
    only within `review_m` is reviewed. `area_min` in m2 excludes smaller parcels (rule `AREA_MIN`, a name that no
    layer can have). `parcel_rules`, by id, look at the parcels themselves: see `parcel_rules.parcel_hits`. A gate
    is open where the column `documents` names its document.
    """
    hits: list[Hit] = []
    if area_min is not None:
        small = parcels.index[(parcels.geometry.area < area_min) & ~is_stock(parcels)]
        hits += [Hit(str(parcel), AREA_MIN, "exclude", 0.0, 0.0) for parcel in small]
    drawn = Parcels(parcels.geometry.to_numpy())
    names = np.array([str(parcel) for parcel in parcels.index], dtype=object)
    rules = {}
    for constraint in constraints:
        rules[constraint.name] = constraint.full_rule
        hits += _hits(drawn, names, constraint)
    for name, rule in (parcel_rules or {}).items():
        rules[PARCEL_RULE.format(name)] = rule
        hits += parcel_hits(parcels, name, rule, slope_pct=slope_pct, is_dwelling_now=is_dwelling_now)
    if "documents" in parcels.columns:
        hits = opened(hits, rules, pd.Series(parcels["documents"].to_numpy(), index=names))
    return sorted(hits, key=lambda hit: (hit.parcel, hit.rule))


def _hits(drawn: Parcels, names: npt.NDArray[np.object_], constraint: Constraint) -> list[Hit]:
    """Return the hits of one layer: within the rule's distance, then those only within its wider ring."""
    rule = constraint.full_rule
    shapes, table = constraint.ordered()
    reach = reach_of(rule, table)
    ids = _ids(table)
    overlap = drawn.overlap(shapes.to_numpy(), reach.metres)
    if rule.where == "outside":
        overlap = _outside(drawn, overlap)
    met = _counted(drawn, overlap, rule)
    found = _made(constraint.name, rule.action, names, _Met(met, drawn.area, overlap, reach, ids))
    if rule.review_m is None:
        return found
    wider = Reach(np.full(len(shapes), rule.review_m), np.full(len(shapes), ""), np.full(len(shapes), ""))
    ring = drawn.overlap(shapes.to_numpy(), wider.metres)
    outer = np.setdiff1d(_counted(drawn, ring, rule), met)
    around = _made(constraint.name, "review", names, _Met(outer, drawn.area, ring, wider, ids))
    return found + [replace(hit, outer=True) for hit in around]


def _outside(drawn: Parcels, inside: Overlap) -> Overlap:
    """Return the overlap with all that lies outside the shapes; no shape is named for it."""
    part = inside.part.copy()
    cut = ~shapely.is_missing(part)
    part[cut] = shapely.difference(drawn.shapes[cut], part[cut])
    nothing = inside.parcel[:0]
    return Overlap(np.clip(drawn.area - inside.area, 0, None), part, nothing, nothing)


def _counted(drawn: Parcels, overlap: Overlap, rule: BookRule) -> npt.NDArray[np.intp]:
    """Return the numbers of the parcels whose overlap counts."""
    rows = np.flatnonzero(overlap.area > max(rule.sliver_m2, 10.0**-6))
    keeps = survives_sliver(drawn.shapes[rows], overlap.part[rows], overlap.area[rows], rule.sliver_m)
    return rows[keeps]


@dataclass(frozen=True)
class _Met:
    """The parcels that meet a rule, by number, and what is told of each."""

    rows: npt.NDArray[np.intp]
    area: Numbers
    overlap: Overlap
    reach: Reach
    ids: npt.NDArray[np.object_]


def _made(name: str, action: Action, names: npt.NDArray[np.object_], met: _Met) -> list[Hit]:
    rows, overlap = met.rows, met.overlap
    share = np.minimum(overlap.area[rows] / met.area[rows], 1.0)
    listed, widest = _listed(met)
    metres = np.where(widest >= 0, met.reach.metres[widest], 0.0) if len(met.reach.metres) else np.zeros(len(rows))
    basis, label = (
        np.where(widest >= 0, words[widest], "") if len(words) else np.full(len(rows), "", dtype=object)
        for words in (met.reach.basis, met.reach.label)
    )
    columns = (names[rows], overlap.area[rows].tolist(), share.tolist(), metres.tolist(), basis, label, listed)
    return [
        Hit(parcel, name, action, area, part, buffer_m, how, what, False, shapes)
        for parcel, area, part, buffer_m, how, what, shapes in zip(*columns, strict=True)
    ]


def _listed(met: _Met) -> tuple[list[tuple[str, ...]], npt.NDArray[np.intp]]:
    """Return for each row the first ids of the shapes that meet it, and the number of the one reaching widest."""
    parcel, shape = met.overlap.parcel, met.overlap.shape
    first = np.searchsorted(parcel, met.rows, side="left")
    last = np.searchsorted(parcel, met.rows, side="right")
    ids = met.ids[shape]
    listed = [tuple(ids[a : min(b, a + NAMED_SHAPES)]) for a, b in zip(first.tolist(), last.tolist(), strict=True)]
    widest = np.full(len(met.rows), -1, dtype=np.intp)
    if len(shape):
        order = np.lexsort([shape, -met.reach.metres[shape], parcel])
        has = last > first
        widest[has] = shape[order][first[has]]
    return listed, widest


def _ids(table: pd.DataFrame) -> npt.NDArray[np.object_]:
    written = table["id"].map(str) if "id" in table.columns else pd.Series(table.index.map(str))
    return np.asarray(written, dtype=object)
