"""Joining parcels to water, sewer, power, gas and heat: metres along the streets, and what the public ledger pays.

Pipes and cables lie in streets, whichever way these are driven: every edge of the network counts, both ways, by its
length. Straight legs from the parcel's edge to the street, and from the street to the source, count too. Lengths
are whole tenths of a millimetre inside, so that equally near sources are told apart by their ids alone.

All costs are of the public ledger: connections outside the site may not enter the sale price.
"""

from collections.abc import Mapping
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse.csgraph import dijkstra

from siting.base.catalogue import title
from siting.base.errors import Problem
from siting.base.reasons import Reason
from siting.base.settings import UtilityBlock
from siting.base.texts import LANGUAGES
from siting.indicators.trenches import (
    TICKS,
    Floats,
    Ground,
    Ints,
    Mask,
    as_days,
    cut_ground,
    nearest_source,
    numbers_of,
    split_by_weight,
    taps_of,
    ticks_of,
    walked_back,
)
from siting.network import Network, snap

LISTED = 10
JOINED = ("ok", "not_ready")
"""The statuses that have a cost."""


class JointCost(NamedTuple):
    """What joining parcels together costs: a row a parcel, metres of trench that are paid, yuan (sum of the shares)."""

    table: pd.DataFrame
    trench_m: float
    public_cost_yuan: float


def connections(
    net: Network,
    snaps: pd.DataFrame,
    sources: gpd.GeoDataFrame,
    block: UtilityBlock,
    *,
    homes: pd.Series,
    homes_ready: pd.Series | None = None,
    snap_m: float | None = None,
) -> pd.DataFrame:
    """Return how each parcel, for itself alone, is joined to the nearest source with enough headroom.

    `snaps` is `network.snap` of the parcels; the result is on its index. `sources` are points, mains (lines) or
    sites of one kind, indexed by id, in the network's CRS; `capacity` is their headroom (empty: unknown, not
    checked), `ready_date` the day from which they serve (empty: in use). `homes` and the day they are ready are by
    parcel. `snap_m`: how far a source may lie from its street.

    Columns: source, length_m, charged_m (beyond free_m), public_cost_yuan, headroom_left (after this parcel
    alone), ready (empty where a day is unknown), status. status: ok; not_ready (the source serves later than
    the homes); too_far (beyond max_m: length only, no cost); no_headroom; none (no source on the parcel's streets);
    unsnapped (no street). Demand is homes x demand_per_home; without either, headroom is not checked.
    """
    ground = cut_ground(net, snaps, sources, snap_m)
    room, demand = _room(ground.sources, block), _demand(snaps, homes, block)
    ticks, source = nearest_source(ground, np.ones(len(room), bool))
    is_reached = np.isfinite(ticks)
    short = np.flatnonzero(is_reached & ~(np.append(room, np.nan)[source] >= demand))
    levels = np.unique(room[np.isfinite(room)])
    level = np.searchsorted(levels, demand[short])
    for each in np.unique(level):
        further, other = nearest_source(ground, room >= np.append(levels, np.inf)[each])
        rows = short[level == each]
        ticks[rows], source[rows] = further[rows], other[rows]
    status = _status(snaps, is_reached, ticks, block)
    is_ready = _ready(ground.sources, source, snaps.index, homes_ready)
    status[(status == "ok") & ~is_ready.fillna(True).to_numpy(bool)] = "not_ready"
    table = _priced(snaps.index, ticks, status, block)
    left = np.append(ground.sources["capacity"].to_numpy(), np.nan)[source] - _raw_demand(snaps, homes, block)
    return table.assign(
        source=_ids(ground, source), headroom_left=np.where(np.isfinite(ticks), left, np.nan), ready=is_ready
    )[["source", "length_m", "charged_m", "public_cost_yuan", "headroom_left", "ready", "status"]]


def road_access(snaps: pd.DataFrame, block: UtilityBlock) -> pd.DataFrame:
    """Return the same columns for the street itself: the straight way from the parcel's edge to the nearest one."""
    ticks = ticks_of(snaps["distance_m"].to_numpy(np.float64)).astype(np.float64)
    status = _status(snaps, np.ones(len(snaps), bool), ticks, block)
    ticks[status == "unsnapped"] = np.inf
    table = _priced(snaps.index, ticks, status, block)
    ready = pd.Series(pd.NA, snaps.index, dtype="boolean").mask(np.isfinite(ticks), True)
    return table.assign(source="", headroom_left=np.nan, ready=ready)[
        ["source", "length_m", "charged_m", "public_cost_yuan", "headroom_left", "ready", "status"]
    ]


def joint_cost(
    net: Network,
    snaps: pd.DataFrame,
    sources: gpd.GeoDataFrame,
    block: UtilityBlock,
    *,
    homes: pd.Series,
    snap_m: float | None = None,
) -> JointCost:
    """Return what joining all parcels of `snaps` costs together: a shared metre of trench is paid once.

    Arguments are those of `connections`. Parcels take headroom in the order of their ids as text, each from the
    nearest source that has enough left; one that finds none, or none within max_m, takes nothing and costs nothing
    (its status says why). All parcels of a source follow one tree of shortest ways from it. The first
    free_m of each parcel's own way, counted from the parcel, are free to it; a metre is paid if it is not
    free to some parcel that uses it, and is shared by these in proportion to their homes. So a parcel alone pays what
    `connections` says, no share exceeds that for the same source, and the shares, in whole fen, add up to
    the total. Mains from two sources in one street are two mains.

    Columns: source, length_m, trench_m (share), public_cost_yuan (share), headroom_left (after this parcel's
    turn), status. Raises ValueError for parcels whose homes are unknown or 0: nothing could be shared.
    """
    many = homes.reindex(snaps.index).to_numpy(np.float64, na_value=np.nan)
    if not (many > 0).all():
        msg = f"homes must be above 0: {', '.join(map(str, snaps.index[~(many > 0)][:LISTED]))}"
        raise ValueError(msg)
    ordered = snaps.iloc[np.argsort(snaps.index.astype(str), kind="stable")]
    ground = cut_ground(net, ordered, sources, snap_m)
    ticks, source, status, left = _taken(ground, ordered, block, homes)
    share = _shares(ground, (ticks, source), homes.reindex(ordered.index).to_numpy(np.float64), block)
    fen = np.diff(np.rint(np.cumsum(share) / TICKS * block.unit_price * 100), prepend=0.0)
    joined = np.isin(status, JOINED)
    table = pd.DataFrame(
        {
            "source": _ids(ground, np.where(joined, source, -1)),
            "length_m": np.where(np.isfinite(ticks), ticks, np.nan) / TICKS,
            "trench_m": np.where(joined, share / TICKS, np.nan),
            "public_cost_yuan": np.where(joined, fen / 100, np.nan),
            "headroom_left": left,
            "status": status,
        },
        index=ordered.index,
    )
    return JointCost(table.loc[snaps.index], float(share.sum()) / TICKS, float(fen.sum()) / 100)


def utility_cost(tables: Mapping[str, pd.DataFrame], blocks: Mapping[str, UtilityBlock]) -> pd.DataFrame:
    """Return yuan a parcel to each network (`public_cost_yuan_KIND`) and to all that it must have (`public_cost_yuan`).

    `tables` are those of `connections` or `road_access` by kind, each parcel alone. The total is empty where one
    that the parcel must have is out of reach: a missing network has no price.
    """
    costs = {f"public_cost_yuan_{kind}": table["public_cost_yuan"] for kind, table in tables.items()}
    must = [f"public_cost_yuan_{kind}" for kind in tables if blocks[kind].need == "must"]
    found = pd.DataFrame(costs)
    return found.assign(public_cost_yuan=found[must].sum(axis=1, skipna=False) if must else np.nan)


def utility_reasons(kind: str, table: pd.DataFrame, block: UtilityBlock) -> dict[str, Reason]:
    """Return why parcels are not joined in time to the network of a kind, by parcel: `utility:heat too_far 3400 m`."""
    titles = {language: title(kind, language) for language in LANGUAGES}
    failing = table[table["status"] != "ok"]
    return {
        str(parcel): Reason.of(
            "utility",
            kind,
            titles=titles,
            detail=f"{status} {length:.0f} m" if status == "too_far" else str(status),
            sentence=f"utility_{status}",
            length=f"{length:.0f}",
            bound=f"{block.max_m:g}",
            source=source,
        )
        for parcel, status, length, source in zip(
            failing.index, failing["status"], failing["length_m"], failing["source"], strict=True
        )
    }


def utility_problems(
    net: Network, sources: gpd.GeoDataFrame, block: UtilityBlock, *, name: str, file: str, snap_m: float | None
) -> list[Problem]:
    """Return warnings for sources that lie far from every street, or whose headroom is asked for and unknown."""
    taps, owner = taps_of(sources.geometry)
    is_near = (snap(net, taps, limit_m=snap_m)["status"] == "snapped").to_numpy()
    lost = sources.index[~np.isin(np.arange(len(sources)), owner[is_near])]
    bare = sources.index[numbers_of(sources, "capacity").isna()] if block.demand_per_home is not None else lost[:0]
    limit = "" if snap_m is None else f"{snap_m:g}"
    return [
        Problem(code, file, name, str(len(ids)), expected, "warn", {"ids": _listed(ids)})
        for code, ids, expected in (
            ("utility_far_from_street", lost, limit),
            ("utility_headroom_unknown", bare, "capacity"),
        )
        if len(ids)
    ]


def _taken(
    ground: Ground, snaps: pd.DataFrame, block: UtilityBlock, homes: pd.Series
) -> tuple[Floats, Ints, npt.NDArray[np.object_], Floats]:
    """Return ticks, source, status and headroom left of each parcel, served in order of the rows."""
    room, demand = _room(ground.sources, block), _demand(snaps, homes, block)
    anywhere = np.isfinite(nearest_source(ground, np.ones(len(room), bool))[0])
    ticks, source = np.full(len(snaps), np.inf), np.full(len(snaps), -1, np.int64)
    left, known = np.full(len(snaps), np.nan), ground.sources["capacity"].notna().to_numpy()
    answers: dict[bytes, tuple[Floats, Ints]] = {}
    for row, asked in enumerate(demand):
        usable = room >= asked
        if (key := usable.tobytes()) not in answers:
            answers[key] = nearest_source(ground, usable)
        ticks[row], source[row] = (each[row] for each in answers[key])
        if ticks[row] > block.max_m * TICKS:
            continue
        room[source[row]] -= asked
        left[row] = room[source[row]] if known[source[row]] and block.demand_per_home is not None else np.nan
    return ticks, source, _status(snaps, anywhere, ticks, block), left


def _shares(ground: Ground, found: tuple[Floats, Ints], weight: Floats, block: UtilityBlock) -> Floats:
    """Return the ticks of trench that each parcel pays for."""
    ticks, source = found
    share = np.zeros(len(ticks))
    is_joined = ticks <= block.max_m * TICKS
    for each in np.unique(source[is_joined]).tolist():
        rows = np.flatnonzero(is_joined & (source == each))
        root = ground.first_source + each
        metres, before = dijkstra(ground.graph, indices=root, limit=ticks[rows].max(), return_predecessors=True)
        owner, head = walked_back(before, ground.first_parcel + rows)
        paid = np.maximum(ticks[rows] - block.free_m * TICKS, 0)[owner]
        start, end = metres[before[head]], metres[head]
        upto = np.clip(paid, start, end) - start
        share[rows] += np.bincount(owner, split_by_weight(head, upto, weight[rows][owner]), len(rows))
    return share


def _status(snaps: pd.DataFrame, is_reached: Mask, ticks: Floats, block: UtilityBlock) -> npt.NDArray[np.object_]:
    has_street = (snaps["status"] == "snapped").to_numpy()
    cases = [~has_street, ~is_reached, ~np.isfinite(ticks), ticks > block.max_m * TICKS]
    return np.select(cases, ["unsnapped", "none", "no_headroom", "too_far"], "ok").astype(object)


def _priced(index: pd.Index, ticks: Floats, status: npt.NDArray[np.object_], block: UtilityBlock) -> pd.DataFrame:
    length = np.where(np.isfinite(ticks), ticks, np.nan) / TICKS
    charged = np.where(np.isin(status, JOINED), np.maximum(length - block.free_m, 0), np.nan)
    columns = {"length_m": length, "charged_m": charged, "public_cost_yuan": charged * block.unit_price}
    return pd.DataFrame({**columns, "status": status}, index=index)


def _ready(sources: pd.DataFrame, source: Ints, index: pd.Index, homes_ready: pd.Series | None) -> pd.Series:
    """Return whether the source serves by the day of the homes; empty where it has a day and they have none."""
    serves = np.append(sources["ready_date"].to_numpy("datetime64[s]"), np.datetime64("NaT", "s"))[source]
    due = np.full(len(index), np.datetime64("NaT", "s"))
    if homes_ready is not None:
        due = as_days(homes_ready.reindex(index)).to_numpy("datetime64[s]")
    unknown = (source < 0) | (~np.isnat(serves) & np.isnat(due))
    return pd.Series(~(serves > due), index, dtype="boolean").mask(unknown)


def _room(sources: pd.DataFrame, block: UtilityBlock) -> Floats:
    """Return headroom, infinite where it is not checked."""
    known = sources["capacity"].fillna(np.inf).to_numpy(np.float64).copy()
    return known if block.demand_per_home is not None else np.full(len(known), np.inf)


def _demand(snaps: pd.DataFrame, homes: pd.Series, block: UtilityBlock) -> Floats:
    return np.nan_to_num(_raw_demand(snaps, homes, block))


def _raw_demand(snaps: pd.DataFrame, homes: pd.Series, block: UtilityBlock) -> Floats:
    per_home = np.nan if block.demand_per_home is None else block.demand_per_home
    return np.asarray(homes.reindex(snaps.index).to_numpy(np.float64, na_value=np.nan) * per_home)


def _ids(ground: Ground, source: Ints) -> npt.NDArray[np.object_]:
    return np.append(ground.sources.index.astype(str).to_numpy(object), "")[source]


def _listed(ids: pd.Index) -> str:
    return ", ".join(map(str, ids[:LISTED])) + (" …" if len(ids) > LISTED else "")
