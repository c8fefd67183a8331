"""A street network that was built once is read back in milliseconds while nothing it came from has changed."""

import json
from collections import Counter
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from siting.base.columns import Mode, Season
from siting.base.errors import InputProblems, Problem
from siting.network import store
from siting.network.build import Crossings, from_lines
from siting.network.graph import Network
from siting.network.slope import slope_from

KIND = "streets"
USED_COLUMNS = ("class", "speed_kmh", "speed_back_kmh", "oneway", "walk", "cycle", "drive")
_ARRAYS = (
    "node_xy",
    "edge_from",
    "edge_to",
    "edge_length_m",
    "edge_forward_ms",
    "edge_backward_ms",
    "edge_kmh",
    "edge_road",
)


def kept_from_lines(
    roads: gpd.GeoDataFrame,
    *,
    mode: Mode,
    speeds: Mapping[str, float] | None = None,
    tolerance_m: float = 0.01,
    crossings: Crossings = "keep",
    season: Season = "summer",
    elevation: Path | None = None,
) -> Network:
    """Return the network of `from_lines`, from the store where the same roads and options were built before.

    `elevation` is a raster of metres that slows walking and cycling uphill.
    """
    options = {"mode": mode, "speeds": dict(speeds or {}), "tolerance_m": tolerance_m, "crossings": crossings}
    key = _key(roads, options, elevation)
    found = store.load(KIND, key)
    if found is not None:
        return _network(*found, node_count=len(found[0]["node_xy"])).in_season(season)
    slope = None if elevation is None else slope_from(elevation)
    build = partial(from_lines, mode=mode, speeds=speeds, tolerance_m=tolerance_m, crossings=crossings)
    net = build(roads, slope=slope)
    arrays = {name: getattr(net, name) for name in _ARRAYS}
    _, arrays["line_xy"], (arrays["line_starts"],) = shapely.to_ragged_array(net.edge_lines)
    store.save(KIND, key, arrays, {"mode": mode, "crs": net.crs.to_wkt(), "counts": dict(net.notes)})
    return net.in_season(season)


def _network(arrays: Mapping[str, np.ndarray], notes: Mapping[str, Any], *, node_count: int) -> Network:
    lines = shapely.from_ragged_array(shapely.GeometryType.LINESTRING, arrays["line_xy"], (arrays["line_starts"],))
    return Network(
        mode=notes["mode"],
        crs=pyproj.CRS.from_wkt(str(notes["crs"])),
        node_ids=pd.RangeIndex(node_count),
        edge_lines=np.asarray(lines, object),
        notes=Counter(notes["counts"]),
        **{name: arrays[name] for name in _ARRAYS},  # type: ignore[arg-type]
    )


def _key(roads: gpd.GeoDataFrame, options: Mapping[str, object], elevation: Path | None) -> str:
    """Return a digest of everything the network comes from: shapes, columns, options, elevations, this code's rules."""
    columns = [name for name in roads.columns if name != roads.geometry.name]
    kept = roads[sorted(set(columns) & set(USED_COLUMNS))]
    parts: list[bytes | np.ndarray] = [
        json.dumps(options, sort_keys=True).encode(),
        roads.crs.to_wkt().encode(),
        b"".join(shapely.to_wkb(roads.geometry.to_numpy()).tolist()),
        ",".join(kept.columns).encode(),
        pd.util.hash_pandas_object(kept.astype(str), index=False).to_numpy(),
        b"" if elevation is None else _elevations(elevation),
        _rules(),
    ]
    return store.key_of(parts)


def _rules() -> bytes:
    """Return the shipped tables and the code that a network depends on."""
    here = Path(__file__).parent
    files = [here / f"{name}.py" for name in ("build", "graph", "kept", "slope", "locality")]
    base = here.parent / "base"
    files += [*sorted(base.glob("*.csv")), base / "road_rules.py", base / "columns.py"]
    made_by = f"{np.__version__} {shapely.__version__} {shapely.geos_version_string}"
    return store.digest_of(files) + made_by.encode()


def _elevations(path: Path) -> bytes:
    """Return a digest of every file that a raster consists of: tiles, world files and headers beside it too."""
    import rasterio  # noqa: PLC0415  slow to load and needed by few projects
    from rasterio.errors import RasterioIOError  # noqa: PLC0415

    try:
        with rasterio.open(path) as raster:
            return store.digest_of(Path(each) for each in sorted(raster.files))
    except RasterioIOError as error:
        raise InputProblems([Problem("damaged", str(path), found=str(error))]) from error
