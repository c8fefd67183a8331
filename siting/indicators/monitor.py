"""The seven indicators of the national commute monitoring (通勤监测) that need neither rail nor transit data."""

from typing import Literal, get_args

import geopandas as gpd
import numpy as np
import pandas as pd

from siting.base.arguments import takes
from siting.indicators.market import Costs, among, flow_costs, flow_table, margins, market
from siting.indicators.registry import Indicator
from siting.indicators.transport import Floats, transport

Basis = Literal["observed", "modelled"]
SOURCE = "中国城市规划设计研究院 中国主要城市通勤监测报告"
HELD = 0.9
"""The share of commuters that the ellipse of the commuting radius holds."""

MONITORED: dict[str, Indicator] = {
    name: Indicator(name, unit, zh, en, formula, SOURCE)
    for name, unit, zh, en, formula in (
        (
            "within_45_min",
            "",
            "45分钟以内通勤比重",
            "share commuting 45 minutes or less",
            "Σ T_ij·1[t_ij ≤ 45] / Σ T_ij",
        ),
        ("from_60_min", "", "60分钟以上通勤比重", "share commuting 60 minutes or more", "Σ T_ij·1[t_ij ≥ 60] / Σ T_ij"),
        ("mean_min", "min", "单程平均通勤时耗", "mean one-way commuting time", "Σ T_ij t_ij / Σ T_ij"),
        (
            "radius_km",
            "km",
            "通勤空间半径",
            "commuting radius",
            "long half-axis of the ellipse with 90 % of homes and jobs",
        ),
        ("separation_km", "km", "职住分离度", "jobs-housing separation", "min Σ x_ij d_ij / Σ T_ij, margins of T"),
        ("mean_km", "km", "单程平均通勤距离", "mean one-way commuting distance", "Σ T_ij d_ij / Σ T_ij"),
        ("within_5_km", "", "5公里以内通勤比重", "share commuting 5 km or less", "Σ T_ij·1[d_ij ≤ 5] / Σ T_ij"),
    )
}


@takes(flows="table")
def commute_monitoring(
    flows: pd.DataFrame,
    minutes: Costs,
    km: Costs,
    *,
    basis: Basis,
    homes: gpd.GeoSeries | None = None,
    places: gpd.GeoSeries | None = None,
) -> pd.DataFrame:
    """Return the seven indicators, a row each: zh, en, unit, value, basis; shares are 0 to 1.

    `flows` has columns origin, destination, persons; `basis` says whether they were observed or modelled. `minutes`
    and `km` are costs on the same pairs. `homes` and `places` are points (or areas, taken at their centroids) by origin
    and destination in one projected CRS in metres; without them the radius is missing.

    职住分离度 is the least mean distance when commuters may exchange jobs. 通勤空间半径 is published as the long half-axis
    of the ellipse that holds 90 % of commuters by home and work; how that ellipse is made is not, so here it is the
    ellipse of standard deviations (Lefever 1926), every commuter standing at both ends, widened until it holds 90 %.
    Raises ValueError for flows between pairs without minutes or km, without anyone, or whose points are missing.
    """
    if basis not in get_args(Basis):
        msg = f"basis must be observed or modelled, not {basis}"
        raise ValueError(msg)
    known = flow_table(flows)
    if not len(known):
        msg = "flows: there are none"
        raise ValueError(msg)
    persons = known["persons"].to_numpy()
    values = time_shares(persons, flow_costs(known, minutes, "minutes"))
    values |= distance_shares(persons, flow_costs(known, km, "km"))
    leaving, arriving = margins(known)
    town = market(among(km, leaving.index, arriving.index), leaving, arriving)
    values["separation_km"] = transport(town.cost, town.workers, town.filled).mean(town.cost)
    values["radius_km"] = float("nan")
    if homes is not None and places is not None:
        values["radius_km"] = _radius_km((homes, leaving), (places, arriving))
    rows = [
        {"zh": each.zh, "en": each.en, "unit": each.unit, "value": values[name], "basis": basis}
        for name, each in MONITORED.items()
    ]
    return pd.DataFrame(rows, index=pd.Index(MONITORED, name="indicator"))


def time_shares(persons: Floats, minutes: Floats) -> dict[str, float]:
    """Return the indicators of time of persons who travel so many minutes."""
    total = float(persons.sum())
    return {
        "within_45_min": float(persons[minutes <= 45].sum() / total),
        "from_60_min": float(persons[minutes >= 60].sum() / total),
        "mean_min": float((persons * minutes).sum() / total),
    }


def distance_shares(persons: Floats, km: Floats) -> dict[str, float]:
    """Return the indicators of distance of persons who travel so far, but for separation and radius."""
    total = float(persons.sum())
    return {
        "mean_km": float((persons * km).sum() / total),
        "within_5_km": float(persons[km <= 5].sum() / total),
    }


def _radius_km(*ends: tuple[gpd.GeoSeries, pd.Series]) -> float:
    """Return the long half-axis of the ellipse that holds 90 % of persons, given as points and persons by label."""
    frames = {points.crs for points, _ in ends}
    if len(frames) != 1 or any(crs is None or not crs.is_projected for crs in frames):
        msg = "homes and places must have one projected CRS"
        raise ValueError(msg)
    xy, weight = [], []
    for points, persons in ends:
        if not points.index.is_unique or not persons.index.isin(points.index).all():
            msg = "homes and places must hold every origin and destination of the flows, each once"
            raise ValueError(msg)
        middle = points.reindex(persons.index).centroid
        xy.append(np.column_stack([middle.x, middle.y]))
        weight.append(persons.to_numpy(np.float64))
    return ellipse_half_axis(np.concatenate(xy), np.concatenate(weight)) / 1000


def ellipse_half_axis(xy: Floats, weight: Floats, share: float = HELD) -> float:
    """Return the long half-axis of the ellipse of standard deviations that holds a share of the weight.

    Points on its rim are inside. Points on one line have an ellipse without width.
    """
    centred = xy - np.average(xy, axis=0, weights=weight)
    variance, axes = np.linalg.eigh(np.einsum("ni,n,nj->ij", centred, weight, centred) / weight.sum())
    if variance[1] <= 0:
        return 0.0
    along = centred @ axes
    has_width = variance > variance[1] * np.finfo(np.float64).eps * len(xy)
    away = np.sqrt((along[:, has_width] ** 2 / variance[has_width]).sum(axis=1))
    order = np.argsort(away, kind="stable")
    held = np.cumsum(weight[order]) >= share * weight.sum() * (1 - 1e-12)
    return float(away[order][np.argmax(held)] * np.sqrt(variance[1]))
