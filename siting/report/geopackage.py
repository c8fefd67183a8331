"""parcels.gpkg: the ranking with geometry, which QGIS opens styled."""

import sqlite3
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import geopandas as gpd
import pyogrio

from siting.base.results import Results

LAYER = "parcels"
FIXED_TIME = "2000-01-01T00:00:00.000Z"
_STYLES = """CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT,
f_table_schema TEXT, f_table_name TEXT, f_geometry_column TEXT, styleName TEXT, styleQML TEXT, styleSLD TEXT,
useAsDefault BOOLEAN, description TEXT, owner TEXT, ui TEXT, update_time TEXT)"""


def parcels_gpkg(results: Results, file: Path) -> None:
    """Write every parcel, in the order of the ranking, with a default style by score."""
    ranking = results.ranking
    shapes = results.parcels.geometry.reindex(ranking["parcel_id"])
    table = gpd.GeoDataFrame(ranking.drop(columns=["rank_best", "rank_worst", "p_top"]), geometry=shapes.to_numpy())
    table = table.set_crs(results.parcels.crs)
    former = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": FIXED_TIME})
    try:
        pyogrio.write_dataframe(
            table, file, layer=LAYER, driver="GPKG", geometry_type="MultiPolygon", promote_to_multi=True
        )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": former})
    style = files("siting.report").joinpath("parcels.qml").read_text("utf-8")
    with closing(sqlite3.connect(file)) as base, base:
        base.execute(_STYLES)
        base.execute(
            "INSERT INTO layer_styles VALUES (1, '', '', ?, 'geom', 'score', ?, '', 1, 'siting', '', '', ?)",
            (LAYER, style, FIXED_TIME),
        )
