"""Homes and jobs of Tyne and Wear by census area: a test of size only, for its workers and costs are stand-ins."""

import geopandas as gpd
import numpy as np
import pandas as pd

from tests.shared_data import shared

JOB_GROUPS = slice(1, 9)


def workers_and_jobs() -> tuple[pd.Series, pd.Series]:
    """Return population, which stands in for workers, and workplace jobs of the eight groups of industry."""
    table = pd.read_parquet(shared("data/tyne_and_wear/oa_data.parquet"))
    return table["population"], table.iloc[:, JOB_GROUPS].sum(axis=1)


def straight_km(areas: pd.Index) -> pd.DataFrame:
    """Return kilometres as the crow flies between the centroids of areas."""
    shapes = gpd.read_file(shared("data/tyne_and_wear/oa_geography.geojson")).set_index("OA11CD")
    middle = shapes.geometry.to_crs(27700).centroid.reindex(areas)
    x, y = (np.subtract.outer(side.to_numpy(), side.to_numpy()) for side in (middle.x, middle.y))
    return pd.DataFrame(np.hypot(x, y) / 1000, areas, areas)
