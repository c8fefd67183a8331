"""How many homes a parcel holds: by floor area ratio, and by what block controls, sunlight and ground leave of it."""

from functools import cache
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from siting.base.block_controls import BlockControl, block_controls
from siting.base.columns import Kind
from siting.base.errors import Problem
from siting.base.reasons import Reason
from siting.base.settings import CapacityBlock
from siting.parcels.sunlight import WINDOW_HOURS, far_by_sun

LIMITS = ("far", "controls", "density", "sun", "green", "parking")
"""What a floor area ratio can be held down by; of equal limits the first one is named."""
WHOLE = 1e-9
"""What the last bits of a product may take from a whole home."""
NEEDS: dict[str, tuple[str, ...]] = {
    "controls": ("climate_zone", "storeys"),
    "density": ("density_max", "storeys"),
    "sun": ("sun_hours", "storeys", "storey_m", "depth_m"),
    "green": ("green_min", "storeys"),
    "parking": ("parking_per_home", "parking_m2", "parking_on_ground", "storeys", "mean_home_m2"),
}
"""The settings of each limit; none is assumed, and the first one asks for it."""

Floats = npt.NDArray[np.float64]


def homes(parcels: gpd.GeoDataFrame, *, far: float | None, mean_home_m2: float | None) -> pd.Series:
    """Return whole homes: the parcel's own count, else area x floor area ratio / mean home size.

    The ratio is the parcel's own `far` first, else `far`. Existing homes (kind stock) are only ever
    counted, never computed. Empty where a number is lacking: nothing is assumed.
    """
    given = _column(parcels, "homes")
    ratio = _own_first(parcels, "far", far)
    computed = np.floor(parcels.geometry.area * ratio / _number(mean_home_m2) + WHOLE)
    is_stock = parcels["kind"] == Kind.STOCK
    return given.fillna(computed.where(~is_stock)).rename("homes")


def capacity(parcels: gpd.GeoDataFrame, settings: CapacityBlock, *, latitude: pd.Series) -> pd.DataFrame:
    """Return what each parcel holds and what decides it, on the index of `parcels`.

    `latitude` is in degrees north, by parcel. Columns: homes (whole, empty where unknown), homes_by_far (the same
    without the limits), far_asked (the parcel's own ratio, else that of the settings; of a given count of homes
    the ratio that it comes to), far_used, far_sun, far_controls, binding, reasons.

    A parcel's own `homes` stand as they are (binding `given`); existing homes are only counted. Land
    to be built holds area x far_used / mean_home_m2 homes, rounded down, where far_used is the least of:
    far (asked); controls (GB 50180-2018 table 4.0.2 for zone and storeys); density, storeys x the lesser of
    density_max and the table's; sun (`far_by_sun`); green, storeys x (1 - g), g the greater of green_min
    and the table's; parking, (1 - g) / (1 / storeys + p a s / m), which is footprint + green + parking on the
    ground = 1 with p places a home of a m2, the share s of them on the ground, and homes of m m2. Storeys
    are the parcel's own, else those of the settings; the table's height takes off those that stand above it. A
    building to be converted stands: for it only the ratio counts.

    A limit whose settings are not all there is not applied (`capacity_problems` says so). `reasons` are tuples:
    each limit that lies below the ratio asked for, and why homes are unknown (in a project that counts homes).
    """
    asked, limits = _asked(parcels, settings), _limits(parcels, settings, latitude)
    given = _column(parcels, "homes").notna().to_numpy()
    is_stock = (parcels["kind"] == Kind.STOCK).to_numpy()
    ratios = np.column_stack([asked, *(limits.far[name] for name in LIMITS[1:])])
    counted = given | is_stock
    used = np.where(counted | np.isnan(asked), np.nan, np.fmin.reduce(ratios, axis=1))
    by_far = homes(parcels, far=settings.far, mean_home_m2=settings.mean_home_m2)
    built = np.floor(parcels.geometry.area.to_numpy() * used / _number(settings.mean_home_m2) + WHOLE)
    least = np.argmin(np.where(np.isnan(ratios), np.inf, ratios), axis=1)
    found = np.where(counted, by_far, built)
    named = np.where(given, "given", np.where(np.isnan(found), "", np.asarray(LIMITS, object)[least]))
    return pd.DataFrame(
        {
            "homes": pd.Series(found, parcels.index).astype("Int64"),
            "homes_by_far": by_far.astype("Int64"),
            "far_asked": asked,
            "far_used": used,
            "far_sun": limits.far["sun"],
            "far_controls": limits.far["controls"],
            "binding": named.astype(object),
            "reasons": _reasons(parcels, settings, limits, (asked, found), latitude),
        },
        index=parcels.index,
    )


def capacity_problems(
    parcels: gpd.GeoDataFrame, settings: CapacityBlock, *, latitude: pd.Series, file: str
) -> list[Problem]:
    """Return a note for each limit that is asked for and cannot be applied, to some parcels or to all.

    A limit is asked for by any setting that is its own; what lacks is named, with the number of parcels.
    """
    storeys = _storeys(parcels, settings).to_numpy()
    to_build = (parcels["kind"] == Kind.LAND).to_numpy()
    problems = []
    for limit, needs in NEEDS.items():
        own = [key for key in needs if key not in ("storeys", "mean_home_m2")]
        if all(getattr(settings, key) is None for key in own) or not to_build.any():
            continue
        lacking = [key for key in needs if key != "storeys" and getattr(settings, key) is None]
        problems += [_off(limit, lacking, int(to_build.sum()), file)] if lacking else []
        bare = to_build & np.isnan(storeys)
        problems += [_off(limit, ["storeys"], int(bare.sum()), file)] if bare.any() else []
    rows = block_controls(settings.climate_zone) if settings.climate_zone else ()
    above = to_build & (np.ceil(storeys) > max((row.storeys_max for row in rows), default=np.inf))
    if above.any():
        problems.append(_off("controls", [f"storeys <= {rows[-1].storeys_max}"], int(above.sum()), file))
    away = to_build & ~latitude.between(0, 90).to_numpy()
    if settings.sun_hours is not None and away.any():
        problems.append(_off("sun", ["latitude"], int(away.sum()), file))
    return problems


class _Limits(NamedTuple):
    """What holds the ratio down, NaN where a limit is not applied. storeys, row: what stands, and its table row."""

    far: dict[str, Floats]
    wanted: Floats
    storeys: Floats
    row: npt.NDArray[np.int64]


def _asked(parcels: gpd.GeoDataFrame, settings: CapacityBlock) -> Floats:
    """Return the ratio asked for; a given count of homes comes to one where their size is known."""
    given = _column(parcels, "homes")
    implied = given * _number(settings.mean_home_m2) / parcels.geometry.area
    ratio = implied.where(given.notna(), _own_first(parcels, "far", settings.far))
    return np.asarray(ratio.where(parcels["kind"] != Kind.STOCK), np.float64)


def _limits(parcels: gpd.GeoDataFrame, settings: CapacityBlock, latitude: pd.Series) -> _Limits:
    wanted = _storeys(parcels, settings).to_numpy()
    rows = block_controls(settings.climate_zone) if settings.climate_zone else ()
    row = _row_of(wanted, rows)
    height = _of_row(rows, row, "height_max_m")
    storeys = np.fmin(wanted, np.maximum(np.floor(height / _number(settings.storey_m) + WHOLE), 1))
    density = np.fmin(_of_row(rows, row, "density_max"), _number(settings.density_max))
    green = np.fmax(_of_row(rows, row, "green_min"), _number(settings.green_min))
    far = {
        "controls": _of_row(rows, row, "far_max"),
        "density": storeys * density,
        "sun": _sun(settings, storeys, latitude.reindex(parcels.index).to_numpy(np.float64)),
        "green": storeys * (1 - green),
        "parking": storeys * (1 - np.nan_to_num(green)) / (1 + storeys * _parking(settings)),
    }
    return _Limits(far, wanted, storeys, row)


def _sun(settings: CapacityBlock, storeys: Floats, latitude: Floats) -> Floats:
    if settings.sun_hours is None or settings.storey_m is None or settings.depth_m is None:
        return np.full(len(storeys), np.nan)
    return far_by_sun(
        latitude,
        storeys,
        sun_hours=min(settings.sun_hours, WINDOW_HOURS),
        storey_m=settings.storey_m,
        depth_m=settings.depth_m,
        frontage=settings.frontage or 1.0,
    )


def _parking(settings: CapacityBlock) -> float:
    """Return the m2 of ground that the cars of a m2 of floor take."""
    places = _number(settings.parking_per_home) * _number(settings.parking_m2)
    return places * _number(settings.parking_on_ground) / _number(settings.mean_home_m2)


def _storeys(parcels: gpd.GeoDataFrame, settings: CapacityBlock) -> pd.Series:
    """Return storeys of land to be built, NaN for what stands."""
    own = _own_first(parcels, "storeys", settings.storeys)
    return own.where((own > 0) & (parcels["kind"] == Kind.LAND))


def _row_of(storeys: Floats, rows: tuple[BlockControl, ...]) -> npt.NDArray[np.int64]:
    """Return the row of the table for each number of storeys, -1 for none."""
    if not rows:
        return np.full(len(storeys), -1, np.int64)
    row = np.searchsorted([each.storeys_max for each in rows], np.ceil(storeys)).astype(np.int64)
    return np.where(np.isnan(storeys) | (row == len(rows)), -1, row)


def _of_row(rows: tuple[BlockControl, ...], row: npt.NDArray[np.int64], name: str) -> Floats:
    return np.array([*(float(getattr(each, name)) for each in rows), np.nan])[row]


def _reasons(
    parcels: gpd.GeoDataFrame,
    settings: CapacityBlock,
    limits: _Limits,
    found: tuple[Floats, Floats],
    latitude: pd.Series,
) -> list[tuple[Reason, ...]]:
    """Return the reasons of each parcel; sentences are made once for equal numbers."""
    asked, count = found
    said: list[list[Reason]] = [[] for _ in asked]
    degrees = latitude.reindex(parcels.index).to_numpy(np.float64)
    rows = block_controls(settings.climate_zone) if settings.climate_zone else ()
    for name, far in limits.far.items():
        for at in np.flatnonzero(asked > far + WHOLE).tolist():
            clause = f"{rows[limits.row[at]].clause} ({rows[limits.row[at]].evidence})" if limits.row[at] >= 0 else ""
            place = f"{degrees[at]:.2f}" if name == "sun" else clause if name == "controls" else ""
            said[at].append(_over(name, f"{asked[at]:.2f}", f"{far[at]:.2f}", place))
    for at in np.flatnonzero(limits.storeys < limits.wanted).tolist():
        said[at].append(_height(f"{limits.wanted[at]:g}", f"{limits.storeys[at]:g}"))
    asked_at_all = settings.far is not None or settings.mean_home_m2 is not None
    for at in np.flatnonzero(np.isnan(count)).tolist() if asked_at_all else ():
        is_stock = parcels["kind"].iloc[at] == Kind.STOCK
        said[at].append(_unknown("homes" if is_stock else "far" if np.isnan(asked[at]) else "mean_home_m2"))
    return [tuple(each) for each in said]


@cache
def _over(limit: str, asked: str, most: str, place: str) -> Reason:
    detail = f"{asked} > {most}" + (f" at {place}" if limit == "sun" else "")
    return Reason.of(limit, "far", detail=detail, sentence=f"over_{limit}", asked=asked, most=most, place=place)


@cache
def _height(asked: str, most: str) -> Reason:
    return Reason.of("height", "storeys", detail=f"{asked} > {most}", sentence="over_height", asked=asked, most=most)


@cache
def _unknown(lacking: str) -> Reason:
    return Reason.of("unknown", "homes", detail=lacking, sentence=f"homes_without_{lacking}")


def _off(limit: str, lacking: list[str], many: int, file: str) -> Problem:
    keys = ", ".join(lacking)
    return Problem("capacity_limit_off", file, f"capacity.{limit}", str(many), keys, level="note")


def _number(given: float | None) -> float:
    return np.nan if given is None else given


def _own_first(parcels: gpd.GeoDataFrame, name: str, fallback: float | None) -> pd.Series:
    return _column(parcels, name).fillna(_number(fallback))


def _column(parcels: gpd.GeoDataFrame, name: str) -> pd.Series:
    return parcels[name].astype(float) if name in parcels.columns else pd.Series(np.nan, index=parcels.index)
