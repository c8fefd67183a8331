"""Which unit (团场, 镇, 街道) a parcel belongs to."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely


def unit_of(parcels: gpd.GeoDataFrame, units: gpd.GeoDataFrame | None) -> pd.Series:
    """Return the unit of each parcel: its own column first, else the largest overlap, ties by unit id.

    `units` has columns id and name; a parcel's own entry may be an id, or a name that only one unit
    has, and becomes the id. A parcel that no unit overlaps has an empty unit.
    """
    given = given_unit(parcels, units)
    if units is None or units.empty:
        return given
    return given.where(given != "", _by_overlap(parcels, units)).rename("unit")


def given_unit(parcels: pd.DataFrame, units: gpd.GeoDataFrame | None) -> pd.Series:
    """Return the unit that each parcel's own column names, as an id where it is known; else empty."""
    own = parcels["unit"] if "unit" in parcels.columns else pd.Series("", index=parcels.index, dtype=object)
    if units is None or units.empty:
        return own.rename("unit")
    by_name = {}
    if "name" in units.columns:
        single = ~units["name"].duplicated(keep=False) & (units["name"] != "")
        by_name = dict(zip(units.loc[single, "name"], units.loc[single, "id"], strict=True))
    return own.map(lambda written: by_name.get(written, written)).rename("unit")


def _by_overlap(parcels: gpd.GeoDataFrame, units: gpd.GeoDataFrame) -> pd.Series:
    shapes, borders = parcels.geometry.to_numpy(), units.geometry.to_numpy()
    parcel, unit = shapely.STRtree(borders).query(shapes, predicate="intersects")
    area = shapely.area(shapely.intersection(shapes[parcel], borders[unit]))
    found = pd.DataFrame({"parcel": parcel, "unit": units["id"].to_numpy()[unit], "area": area})
    best = (
        found[found["area"] > 0]
        .sort_values(["parcel", "area", "unit"], ascending=[True, False, True])
        .drop_duplicates("parcel")
    )
    ids = np.full(len(parcels), "", dtype=object)
    ids[best["parcel"].to_numpy()] = best["unit"].to_numpy()
    return pd.Series(ids, index=parcels.index)
