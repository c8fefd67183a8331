"""CAD drawings (DXF): what of a drawing is land, and what is only written or stamped on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

from siting.sources.reading import Findings

ENTITIES = "entities"
LAYER = "Layer"
_INLINE = "DXF_INLINE_BLOCKS"


@contextmanager
def inserts_apart() -> Iterator[None]:
    """Read inserted blocks as the points where they stand, not as the lines they are drawn with."""
    before = pyogrio.get_gdal_config_option(_INLINE)
    pyogrio.set_gdal_config_options({_INLINE: False})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({_INLINE: before})


def of_layer(frame: gpd.GeoDataFrame, layer: str, findings: Findings, *, areas: bool) -> gpd.GeoDataFrame | None:
    """Return what a drawing holds on one of its layers, on all without a name; None with the refusal.

    Texts and inserted blocks are left out by row. With `areas` closed lines become polygons and open ones are
    left out, for a line that does not close bounds no land.
    """
    names = sorted(set(frame[LAYER].dropna()))
    if layer and layer not in names:
        findings.refuse("choose_layer", "source", layer, ", ".join(names))
        return None
    chosen = (frame[frame[LAYER] == layer] if layer else frame).reset_index(drop=True)
    texts = _filled(chosen, "Text")
    findings.leave_out("drawing_text", list(chosen.index[texts]), chosen.get("Text"))
    blocks = ~texts & _filled(chosen, "BlockName")
    findings.leave_out("drawing_block", list(chosen.index[blocks]), chosen.get("BlockName"))
    return _as_areas(chosen, texts | blocks, findings) if areas else chosen


def outlines_in(path: Path) -> int:
    """Return how many light polylines a drawing's text begins: at least as many rows it must yield.

    A damaged pair of group code and value makes GDAL pass over what follows it without a word.
    """
    lines = [line.strip() for line in path.read_bytes().split(b"ENTITIES", 1)[-1].split(b"\n")]
    return sum(line == b"LWPOLYLINE" and code == b"0" for code, line in pairwise(lines))


def _filled(frame: gpd.GeoDataFrame, name: str) -> np.ndarray:
    return frame[name].notna().to_numpy() if name in frame.columns else np.zeros(len(frame), bool)


def _as_areas(frame: gpd.GeoDataFrame, out: np.ndarray, findings: Findings) -> gpd.GeoDataFrame:
    shapes = shapely.force_2d(frame.geometry.to_numpy())
    lines = (shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING) & ~out
    closed = lines & shapely.is_closed(shapes) & (shapely.get_num_points(shapes) > 3)
    corners, ring = shapely.get_coordinates(shapes[closed], return_index=True)
    if len(corners):
        shapes[closed] = shapely.polygons(shapely.linearrings(corners, indices=ring))
    open_lines = lines & ~closed
    findings.leave_out("open_line", list(frame.index[open_lines]), frame[LAYER])
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))
