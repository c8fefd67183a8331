"""Neighbouring small lots become sites: who belongs together, and what is known of the whole."""

import heapq
from collections.abc import Iterable, Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from siting.base.columns import NO
from siting.base.errors import Problem
from siting.base.layers import NUMBER_COLUMNS, Assemble
from siting.base.reasons import Reason
from siting.parcels.documents import listed, plain
from siting.parcels.parcel_rules import NEW_DEBT

SUMS = ("homes", "jobs_on_site", "area_m2", "area_ha", "area_mu", "land_cost", "saleable_m2")
MEANS = ("far", "built_share")
"""Ratios of an area: the mean of the lots weighted by their area."""

ALWAYS_SAME = ("kind",)
"""Existing homes and land never become one site: only one of them consumes land quota."""

Neighbours = Mapping[int, Sequence[tuple[float, int]]]


def assemble(parcels: gpd.GeoDataFrame, rule: Assemble) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Return the sites that neighbouring small lots make, and members: columns lot, site, one row a lot in a site.

    Lots are neighbours if at most `gap_m` apart; of at most `lot_max_m2`; alike in `same` (an empty cell agrees
    with nothing) and kind. All lots that neighbours join make one site; where it would exceed `site_max_m2` (of
    the lots' areas added up), sites are grown one after the other: from the smallest id left, always the lot
    nearest to the site so far that still fits, ties by id. The order of rows changes nothing.

    A site is named by its smallest lot and its number of lots (`V0012+3`). Its geometry is the union of its
    lots and nothing between. Homes, jobs and written areas add up and `far` is weighted by area, both empty if
    one lot lacks it; documents are those that every lot has; all else stands where all lots agree, else it is
    empty. Lots that stay alone are in neither table. `parcels` has columns id, kind and ids as index.
    """
    table = parcels.iloc[np.argsort(parcels["id"].to_numpy(str), kind="stable")]
    eligible = _eligible(table, rule)
    groups = [group for group in _groups(table, eligible, rule) if len(group) > 1]
    names = _site_ids(table["id"].to_numpy(str), groups)
    lot = np.concatenate(groups) if groups else np.zeros(0, dtype=np.int64)
    sizes = np.array([len(group) for group in groups], dtype=np.int64)
    site = np.repeat(np.array(names, dtype=object), sizes)
    members = pd.DataFrame({"lot": table["id"].to_numpy(object)[lot], "site": site}, dtype=object)
    return _sites(table.iloc[lot], sizes, names), members


def check_sites(
    parcels: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, members: pd.DataFrame, rule: Assemble, file: str
) -> list[Problem]:
    """Return, per column, how many sites it is left empty in, and how many lots `same` could not compare.

    A column of `same` that the parcels do not have is refused.
    """
    known = ", ".join(str(name) for name in parcels.columns if name != "geometry")
    absent = [
        Problem("no_same_column", file, "assemble.same", name, known) for name in rule.same if name not in parcels
    ]
    small = parcels[parcels.geometry.area <= (rule.lot_max_m2 or np.inf)]
    problems = [
        Problem("cannot_agree", file, "assemble.same", str(lacking), name, "warn")
        for name in rule.same
        if name in parcels.columns and (lacking := int(_is_empty(small[name]).sum()))
    ]
    lots = parcels.set_index("id").loc[members["lot"]]
    for name in (each for each in sites.columns if each not in ("id", "geometry", "lots")):
        written = (~_is_empty(lots[name])).groupby(members["site"].to_numpy()).any()
        left_empty = int((_is_empty(sites.set_index("id")[name]) & written.reindex(sites["id"])).sum())
        if left_empty:
            problems.append(Problem("lots_disagree", file, "assemble", str(left_empty), name, "note"))
    return absent + problems


def in_site(site: str) -> Reason:
    """Return the reason why a lot of a site is no candidate of its own."""
    return Reason.of("in_site", site, site=site)


def _eligible(table: gpd.GeoDataFrame, rule: Assemble) -> np.ndarray:
    area = table.geometry.area.to_numpy()
    small = area <= min(rule.lot_max_m2 or np.inf, rule.site_max_m2 or np.inf)
    for name in rule.same:
        small &= ~_is_empty(table[name]).to_numpy() if name in table.columns else False
    found: np.ndarray = np.flatnonzero(small)
    return found


def _groups(table: gpd.GeoDataFrame, eligible: np.ndarray, rule: Assemble) -> list[np.ndarray]:
    """Return positions of lots, group by group, in order of their smallest."""
    if not len(eligible):
        return []
    shapes = table.geometry.to_numpy()[eligible]
    left, right = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=rule.gap_m)
    keep = left < right
    for name in {*rule.same, *ALWAYS_SAME}:
        codes = pd.factorize(table[name].to_numpy()[eligible])[0]
        keep &= codes[left] == codes[right]
    left, right = left[keep], right[keep]
    links = coo_array((np.ones(len(left), dtype=bool), (left, right)), shape=(len(eligible), len(eligible)))
    label = connected_components(links, directed=False)[1]
    area = shapely.area(shapes)
    too_large = np.bincount(label, weights=area)[label] > (rule.site_max_m2 or np.inf)
    if too_large.any():
        split = too_large[left]
        distance = shapely.distance(shapes[left[split]], shapes[right[split]])
        label[too_large] = len(label) + _grown(
            np.flatnonzero(too_large),
            _neighbours(left[split], right[split], distance),
            area,
            rule.site_max_m2 or np.inf,
        )
    order = np.argsort(label, kind="stable")
    groups = np.split(eligible[order], np.flatnonzero(np.diff(label[order])) + 1)
    return sorted(groups, key=lambda group: int(group[0]))


def _neighbours(left: np.ndarray, right: np.ndarray, distance: np.ndarray) -> Neighbours:
    found: dict[int, list[tuple[float, int]]] = {}
    for one, other, metres in zip(left.tolist(), right.tolist(), distance.tolist(), strict=True):
        found.setdefault(one, []).append((metres, other))
        found.setdefault(other, []).append((metres, one))
    return found


def _grown(lots: np.ndarray, neighbours: Neighbours, area: np.ndarray, most: float) -> np.ndarray:
    """Return the number of the site of each lot: grown from the smallest left by the nearest that fits."""
    site: dict[int, int] = {}
    for seed in lots.tolist():
        if seed in site:
            continue
        site[seed], total = seed, float(area[seed])
        edge = list(neighbours.get(seed, ()))
        heapq.heapify(edge)
        while edge:
            _, lot = heapq.heappop(edge)
            if lot in site or total + area[lot] > most:
                continue
            site[lot], total = seed, total + float(area[lot])
            for reached in neighbours.get(lot, ()):
                heapq.heappush(edge, reached)
    return np.array([site[lot] for lot in lots.tolist()], dtype=np.int64)


def _site_ids(ids: np.ndarray, groups: Iterable[np.ndarray]) -> list[str]:
    taken, names = set(ids.tolist()), []
    for group in groups:
        name = f"{ids[group[0]]}+{len(group)}"
        while name in taken:
            name += "+"
        taken.add(name)
        names.append(name)
    return names


def _sites(lots: gpd.GeoDataFrame, sizes: np.ndarray, names: Sequence[str]) -> gpd.GeoDataFrame:
    """Return one row a site with the columns of its lots, which stand site by site, and how many `lots` they are."""
    starts = np.cumsum(sizes) - sizes
    area, shapes = lots.geometry.area.to_numpy(), lots.geometry.to_numpy()
    columns = {name: _whole(lots[name], area, sizes, starts) for name in lots.columns if name not in ("id", "geometry")}
    unions = [shapely.union_all(each) for each in np.split(shapes, starts[1:])] if len(names) else []
    index = pd.Index(names, dtype=object, name=lots.index.name)
    geometry = gpd.GeoSeries(unions, index=index, crs=lots.crs)
    return gpd.GeoDataFrame({"id": list(names), **columns, "lots": sizes}, geometry=geometry, index=index)


def _whole(column: pd.Series, area: np.ndarray, sizes: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return what a column says of each site."""
    name, cells = str(column.name), np.asarray(column.to_numpy())
    if not len(starts):
        return cells
    if name in SUMS:
        return np.asarray(np.add.reduceat(cells.astype(float), starts))
    if name in MEANS:
        return np.asarray(np.add.reduceat(cells * area, starts) / np.add.reduceat(area, starts))
    if name in JOINED:
        return np.array([JOINED[name](each) for each in np.split(cells, starts[1:])], dtype=object)
    codes = pd.factorize(cells, use_na_sentinel=False)[0]
    differs = np.logical_or.reduceat(codes != np.repeat(codes[starts], sizes), starts)
    return np.where(differs, np.nan if name in NUMBER_COLUMNS else "", cells[starts])


def _shared_documents(cells: np.ndarray) -> str:
    papers = [listed(str(cell)) for cell in cells]
    sets = [set(map(plain, each)) for each in papers]
    return "；".join(part for part in papers[0] if all(plain(part) in each for each in sets))


def _worst_debt(cells: np.ndarray) -> str:
    """Return the word that weighs most: a site takes on the hidden debt of any of its lots."""
    words = [str(cell).strip() for cell in cells]
    weight = {**dict.fromkeys(NO, 0), "": 0, **dict.fromkeys(NEW_DEBT, 2)}
    return max(words, key=lambda word: weight.get(word.lower(), 1))


def _is_empty(column: pd.Series) -> pd.Series:
    return column.isna() | (column == "")


def _earliest(cells: np.ndarray) -> str:
    return min(filter(None, cells), default="")


def _latest(cells: np.ndarray) -> str:
    """Return the last day, none where a lot has none: a site is free when all its lots are."""
    return max(cells) if all(cells) else ""


JOINED = {
    "documents": _shared_documents,
    "hidden_debt": _worst_debt,
    "ready_date": _earliest,
    "available": _latest,
}
"""How the words of lots become that of their site: papers that all have, debt that any has, the first or last day."""
