"""Writing the demo's files: the same bytes every time."""

import csv
from pathlib import Path

import geopandas as gpd
import pyogrio
import pyproj
from demo_town import CRS, Rows


def write_vector(table: gpd.GeoDataFrame, path: Path) -> None:
    """Write a GeoPackage whose bytes do not depend on the day."""
    path.unlink(missing_ok=True)
    pyogrio.write_dataframe(table, path, layer=path.stem, driver="GPKG")


def write_points(path: Path, rows: Rows) -> None:
    """Write rows with x, y (working CRS) as CSV with 经度, 纬度 in CGCS2000."""
    turn = pyproj.Transformer.from_crs(CRS, "EPSG:4490", always_xy=True)
    lon, lat = turn.transform([row["x"] for row in rows], [row["y"] for row in rows])
    kept = [{key: value for key, value in row.items() if key not in ("x", "y")} for row in rows]
    pairs = zip(kept, lon, lat, strict=True)
    write_table(path, [row | {"经度": f"{x:.6f}", "纬度": f"{y:.6f}"} for row, x, y in pairs])


def write_table(path: Path, rows: Rows) -> None:
    """Write rows as UTF-8 CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
