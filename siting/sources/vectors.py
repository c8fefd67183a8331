"""Vector files through pyogrio: one layer, its text decoded rightly, its CRS as the file says."""

import struct
from pathlib import Path

import geopandas as gpd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from siting.sources.reading import Findings

_DBF_HEADER = struct.Struct("<4xIHH")
_DBF_FIELDS = 32
_DBF_NAME = 11


def read_vector(path: Path, *, layer: str, encoding: str, findings: Findings) -> gpd.GeoDataFrame | None:
    """Return the one layer of a file, or None with the reason in `findings`."""
    try:
        names = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
        if (layer and layer not in names) or (not layer and len(names) != 1):
            findings.refuse("choose_layer", "source", layer or "-", ", ".join(names))
            return None
        chosen = layer or names[0]
        code = encoding or _shapefile_encoding(path)
        frame = pyogrio.read_dataframe(path, layer=chosen, **({"encoding": code} if code else {}))
    except (DataSourceError, DataLayerError) as error:
        findings.refuse("damaged", found=str(error))
        return None
    except (UnicodeDecodeError, LookupError) as error:
        findings.refuse("undecodable", "encoding", str(error))
        return None
    if not isinstance(frame, gpd.GeoDataFrame):
        findings.refuse("no_geometry_column", "source", ", ".join(map(str, frame.columns)))
        return None
    if frame.empty:
        findings.refuse("no_rows")
        return None
    return frame.reset_index(drop=True)


def _shapefile_encoding(path: Path) -> str:
    """Return the encoding of a shapefile without .cpg: UTF-8 if its text is UTF-8, else GB18030."""
    table = next((path.with_suffix(end) for end in (".dbf", ".DBF") if path.with_suffix(end).exists()), None)
    if path.suffix.lower() != ".shp" or table is None:
        return ""
    if any(path.with_suffix(end).exists() for end in (".cpg", ".CPG")):
        return ""
    raw = table.read_bytes()
    if len(raw) < _DBF_FIELDS:
        return ""
    try:
        # field names and cells; the numbers of the header between them are no text
        for start in range(_DBF_FIELDS, _DBF_HEADER.unpack_from(raw)[1] - 1, _DBF_FIELDS):
            raw[start : start + _DBF_NAME].split(b"\0")[0].decode("utf-8")
        raw[_DBF_HEADER.unpack_from(raw)[1] :].decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"
