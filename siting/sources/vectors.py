"""Vector files: one layer, its bytes checked first, its text decoded rightly, its CRS as the file says."""

import codecs
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError
from pyproj.exceptions import CRSError

from siting.sources import drawings, geojson, geopackages, shapefiles
from siting.sources.reading import Findings

_ZIP, _PNG, _SQLITE = b"PK\x03\x04", b"\x89PNG", b"SQLite format 3\0"
_KNOWN_STARTS = (
    (_ZIP, "ZIP"),
    (_PNG, "PNG"),
    (_SQLITE, "SQLite"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"%PDF", "PDF"),
    (b"\xd0\xcf\x11\xe0", "Microsoft Office"),
    (b"\x80\x04", "Python pickle"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7-Zip"),
    (b"AC10", "DWG"),
    (b"PAR1", "Parquet"),
    (b"fgb\x03", "FlatGeobuf"),
)
_FORMATS: dict[str, tuple[str, Callable[[bytes], bool]]] = {
    ".shp": ("Shapefile", lambda head: head.startswith(b"\x00\x00\x27\x0a")),
    ".gpkg": ("GeoPackage", lambda head: head.startswith(_SQLITE)),
    ".geojson": ("GeoJSON", lambda head: _text(head).startswith("{")),
    ".json": ("GeoJSON", lambda head: _text(head).startswith("{")),
    ".fgb": ("FlatGeobuf", lambda head: head.startswith(b"fgb\x03fgb")),
    ".kml": ("KML", lambda head: _text(head).startswith("<")),
    ".dxf": (
        "DXF",
        lambda head: head.startswith(b"AutoCAD Binary DXF") or _text(head).split(None, 1)[:1] in (["0"], ["999"]),
    ),
    ".parquet": ("Parquet", lambda head: head.startswith(b"PAR1")),
    ".geoparquet": ("Parquet", lambda head: head.startswith(b"PAR1")),
    ".tab": ("MapInfo TAB", lambda head: "!table" in _text(head).lower()),
    ".mif": ("MapInfo MIF", lambda head: _text(head).lower().startswith("version")),
}
VECTORS = (*_FORMATS, ".gdb")
"""Endings of the files that `read_vector` opens; nothing else is, and no file is ever run as code."""

_CURVED = frozenset(
    ["CIRCULARSTRING", "COMPOUNDCURVE", "CURVEPOLYGON", "MULTICURVE", "MULTISURFACE", "CURVE", "SURFACE"]
)
_HEAD = 4096
_BROKEN = (DataSourceError, DataLayerError, FeatureError, FieldError, GeometryError)


def read_vector(
    path: Path, *, layer: str, encoding: str, findings: Findings, areas: bool = False
) -> gpd.GeoDataFrame | None:
    """Return the one layer of a file, its rows numbered from 0, or None with the reason in `findings`.

    `areas`: the layer is made of land, so that closed lines of a drawing (DXF) stand for areas. `layer` is there
    the name of a layer of the drawing. The CRS is that of the file, None where it names none; it is never guessed.
    """
    if not _is_its_format(path, findings):
        return None
    if path.suffix.lower() in (".parquet", ".geoparquet"):
        frame = _parquet(path, layer, findings)
    else:
        with _checked(path, findings) as sound:
            frame = None if sound is None else _read(sound, layer, encoding, findings)
    if frame is None:
        return None
    if not isinstance(frame, gpd.GeoDataFrame):
        findings.refuse("no_geometry_column", "source", ", ".join(map(str, frame.columns)))
        return None
    if path.suffix.lower() == ".dxf":
        frame = drawings.of_layer(frame, layer, findings, areas=areas)
    if frame is None or _is_empty(frame, findings):
        return None
    return _in_stable_order(frame) if path.suffix.lower() == ".fgb" else frame.reset_index(drop=True)


@contextmanager
def gdal_told(findings: Findings) -> Iterator[None]:
    """Whatever GDAL warns of goes into `findings`, once each, and not to the terminal."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for said in dict.fromkeys(str(each.message) for each in caught if each.category is RuntimeWarning):
        findings.warn("gdal_warns", found=said)


def _is_its_format(path: Path, findings: Findings) -> bool:
    """Whether the first bytes are those of the format that the name promises; the refusal otherwise."""
    end = path.suffix.lower()
    if end == ".gdb":
        sound = path.is_dir() and any(each.name.lower() == "a00000001.gdbtable" for each in path.iterdir())
        if not sound:
            findings.refuse("not_its_format", "source", path.name, "FileGDB")
        return sound
    if end not in _FORMATS:
        findings.refuse("unknown_format", "source", end or path.name, ", ".join(VECTORS))
        return False
    with path.open("rb") as file:
        head = file.read(_HEAD)
    name, fits = _FORMATS[end]
    if not fits(head):
        known = next((title for start, title in _KNOWN_STARTS if head.startswith(start)), "")
        findings.refuse("not_its_format", "source", known or repr(head[:16])[1:], name)
        return False
    return True


def _checked(path: Path, findings: Findings) -> AbstractContextManager[Path | None]:
    """Return the file to hand to GDAL, once what GDAL would not notice has been looked at."""
    end = path.suffix.lower()
    if end == ".gpkg":
        return geopackages.settled(path, findings)
    if end == ".shp":
        return shapefiles.complete(path, findings)
    if end in (".geojson", ".json"):
        return nullcontext(path if geojson.is_sound(path, findings) else None)
    if end == ".kml":
        return nullcontext(path if _has_no_entities(path, findings) else None)
    return nullcontext(path)


def _read(path: Path, layer: str, encoding: str, findings: Findings) -> Any:
    is_drawing = path.suffix.lower() == ".dxf"
    try:
        with gdal_told(findings), drawings.inserts_apart() if is_drawing else nullcontext():
            names = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
            if is_drawing:
                frame = pyogrio.read_dataframe(path, layer=drawings.ENTITIES)
                return _all_there(path, drawings.ENTITIES, frame, findings)
            if (layer and layer not in names) or (not layer and len(names) != 1):
                findings.refuse("choose_layer", "source", layer or "-", ", ".join(names))
                return None
            code = _encoding(path, encoding)
            if not encoding and (doubted := shapefiles.doubted_page(path, code)) is not None:
                findings.warn("cpg_doubted", "encoding", doubted, code)
            frame = _rows(path, layer or names[0], code, findings)
    except _BROKEN as error:
        findings.refuse("damaged", found=str(error).replace(str(path), path.name))
        return None
    except (UnicodeDecodeError, LookupError) as error:
        _tell_undecodable(path, encoding, error, findings)
        return None
    return _all_there(path, layer or names[0], frame, findings)


def _encoding(path: Path, encoding: str) -> str:
    if encoding or path.suffix.lower() != ".tab":
        return encoding or shapefiles.encoding_of(path)
    return "gb18030" if b"simpchinese" in path.read_bytes()[:_HEAD].lower() else ""


def _rows(path: Path, name: str, encoding: str, findings: Findings) -> Any:
    """Return the rows of a layer; a geometry that is no geometry leaves its row out, not the layer."""
    options: dict[str, Any] = {"layer": name, **({"encoding": encoding} if encoding else {})}
    try:
        frame = pyogrio.read_dataframe(path, **options)
    except shapely.errors.GEOSException:
        frame = _with_broken_shapes(path, options, findings)
    if path.suffix.lower() in (".gpkg", ".gdb") and isinstance(frame, gpd.GeoDataFrame):
        _tell_curves(path, name, findings)
    return frame


def _with_broken_shapes(path: Path, options: dict[str, Any], findings: Findings) -> gpd.GeoDataFrame:
    meta, _, blobs, _ = pyogrio.raw.read(path, **options)
    shapes = shapely.from_wkb(blobs, on_invalid="ignore")
    broken = np.flatnonzero(pd.isna(shapes) & ~pd.isna(blobs)).tolist()
    findings.leave_out("broken_geometry", broken)
    table = pyogrio.read_dataframe(path, read_geometry=False, **options)
    return gpd.GeoDataFrame(table, geometry=shapes, crs=meta["crs"])


def _tell_curves(path: Path, name: str, findings: Findings) -> None:
    """Note the rows whose curves GDAL draws as chords (of 4 degrees, its own default)."""
    quoted = name.replace('"', '\\"')
    asked = f'SELECT OGR_GEOMETRY FROM "{quoted}"'  # noqa: S608  the name is one that the file itself lists
    kinds = pyogrio.read_dataframe(path, sql=asked, sql_dialect="OGRSQL", read_geometry=False)
    curved = np.flatnonzero(kinds.iloc[:, 0].str.split(" ").str[0].isin(_CURVED)).tolist()
    findings.rows("note", "curves_drawn", curved, kinds.iloc[:, 0])


def _all_there(path: Path, name: str, frame: Any, findings: Findings) -> Any:
    """Return the rows if there are as many as the file itself says."""
    declared = _declared_rows(path, name)
    if declared is not None and declared > len(frame):
        findings.refuse("rows_lost", found=len(frame), expected=str(declared))
        return None
    return frame


def _declared_rows(path: Path, name: str) -> int | None:
    """Return how many rows a file says it has, None where its format does not say."""
    kind = path.suffix.lower()
    if kind == ".gpkg":
        return geopackages.declared_rows(path, name)
    if kind == ".dxf":
        return drawings.outlines_in(path)
    return int(pyogrio.read_info(path)["features"]) if kind == ".fgb" else None


def _tell_undecodable(path: Path, encoding: str, error: Exception, findings: Findings) -> None:
    column = shapefiles.undecodable_column(path, encoding)
    if column is None:
        findings.refuse("undecodable", "encoding", str(error))
        return
    findings.refuse("undecodable_column", f"row {column.row}", column.name, column.encoding)


def _parquet(path: Path, layer: str, findings: Findings) -> Any:
    import pyarrow as pa  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415  slow to load and needed by few projects
    from pyarrow import parquet  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415

    try:
        names = parquet.read_schema(path).names
        metadata = parquet.read_metadata(path)
        if layer:
            findings.refuse("choose_layer", "source", layer, path.stem)
            return None
        if b"geo" not in (metadata.metadata or {}):
            findings.refuse("no_geometry_column", "source", ", ".join(names))
            return None
        frame = gpd.read_parquet(path)
    except (pa.ArrowException, OSError, ValueError, KeyError, CRSError, shapely.errors.GEOSException) as error:
        findings.refuse("damaged", found=str(error).replace(str(path), path.name))
        return None
    others = [name for name in frame.select_dtypes("geometry").columns if name != frame.geometry.name]
    return frame.drop(columns=others)


def _has_no_entities(path: Path, findings: Findings) -> bool:
    """Whether an XML file declares no document type: entities can grow without bound and reach other files."""
    raw = path.read_bytes()
    marks = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
    wide = next((name for mark, name in marks.items() if raw.startswith(mark)), "utf-16-le" if b"\0" in raw[:8] else "")
    plain = raw.decode(wide, errors="replace").encode() if wide else raw
    for sign in (b"<!DOCTYPE", b"<!ENTITY"):
        at = plain.upper().find(sign)
        if at >= 0:
            line = plain.count(b"\n", 0, at) + 1
            findings.refuse("xml_entities", f"line {line}", sign.decode())
            return False
    return True


def _is_empty(frame: gpd.GeoDataFrame, findings: Findings) -> bool:
    if frame.empty:
        findings.refuse("no_rows")
    return bool(frame.empty)


def _in_stable_order(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the rows of a format that shuffles them in order of what they hold."""
    cells = [frame[name].map(str).tolist() for name in frame.columns if name != frame.geometry.name]
    keys = list(zip(*cells, shapely.to_wkb(frame.geometry.to_numpy()).tolist(), strict=True))
    order = sorted(range(len(frame)), key=lambda row: (*keys[row][:-1], keys[row][-1] or b""))
    return frame.iloc[order].reset_index(drop=True)


def _text(head: bytes) -> str:
    wide = "utf-16" if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"
    return head.decode(wide, errors="replace").lstrip()
