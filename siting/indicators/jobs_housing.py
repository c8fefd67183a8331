"""Jobs and workers by unit."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from siting.base.arguments import takes


@takes(units="table", jobs="column", workers="column")
def jobs_housing(units: gpd.GeoDataFrame, jobs: pd.Series, workers: pd.Series) -> pd.DataFrame:
    """Return jobs, workers and jobs per worker on the index of `units`.

    The series are by unit; a unit without workers, or with unknown ones, has an empty ratio.
    Source: Cervero 1989 (ratio J/W).
    """
    at_work = jobs.reindex(units.index).astype(float)
    living = workers.reindex(units.index).astype(float)
    ratio = at_work / living.where(living > 0)
    return pd.DataFrame({"jobs": at_work, "workers": living, "jobs_housing_ratio": ratio}, index=units.index)


def amount_by_unit(units: gpd.GeoDataFrame, places: gpd.GeoDataFrame, amounts: pd.Series) -> pd.Series:
    """Return the sum of amounts at the places inside each unit (by a point on each place, ties by order)."""
    points = shapely.point_on_surface(places.geometry.to_numpy())
    place, unit = shapely.STRtree(units.geometry.to_numpy()).query(points, predicate="intersects")
    order = np.lexsort((unit, place))
    place, unit = place[order], unit[order]
    first = np.unique(place, return_index=True)[1]
    sums = np.bincount(unit[first], amounts.to_numpy(np.float64)[place[first]], len(units))
    return pd.Series(sums, index=units.index)
