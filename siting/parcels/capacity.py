"""How many homes a parcel holds."""

import geopandas as gpd
import numpy as np
import pandas as pd

from siting.base.columns import Kind


def homes(parcels: gpd.GeoDataFrame, *, far: float | None, mean_home_m2: float | None) -> pd.Series:
    """Return whole homes: the parcel's own count, else area x floor area ratio / mean home size.

    The ratio is the parcel's own `far` first, else `far`. Existing homes (kind stock) are only ever
    counted, never computed. Empty where a number is lacking: nothing is assumed.
    """
    given = _column(parcels, "homes")
    ratio = _column(parcels, "far").fillna(np.nan if far is None else far)
    size = np.nan if mean_home_m2 is None else mean_home_m2
    computed = np.floor(parcels.geometry.area * ratio / size + 1e-9)
    is_stock = parcels["kind"] == Kind.STOCK
    return given.fillna(computed.where(~is_stock)).rename("homes")


def _column(parcels: gpd.GeoDataFrame, name: str) -> pd.Series:
    return parcels[name].astype(float) if name in parcels.columns else pd.Series(np.nan, index=parcels.index)
