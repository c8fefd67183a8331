"""A layer kept in PostGIS: one table or view, read within a read-only transaction."""

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import psycopg
import pyproj
import shapely
from psycopg import sql
from pydantic import SecretStr

from siting.base.addresses import Address, address, mask
from siting.base.database import DatabaseError, session
from siting.base.errors import Problem
from siting.sources.reading import ROWS_LISTED, Findings

_COLUMNS = """
SELECT a.attname, t.typname, n.nspname FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
JOIN pg_namespace n ON n.oid = t.typnamespace JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace s ON s.oid = c.relnamespace WHERE s.nspname = %s AND c.relname = %s
AND c.relkind IN ('r', 'v', 'm', 'p', 'f') AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"""
_SHAPES = ("geometry", "geography")
_TYPES = {"int2": "Int64", "int4": "Int64", "int8": "Int64", "float4": "float64", "float8": "float64", "bool": "object"}
_CURVES = ("CIRCULARSTRING", "COMPOUNDCURVE", "CURVEPOLYGON", "MULTICURVE", "MULTISURFACE")
_KIND = "CASE WHEN {p}.ST_HasArc({g}) OR {p}.GeometryType({g}) IN ({curves}) THEN {p}.GeometryType({g}) END"
# chords of 4 degrees, as GDAL draws them
_DRAWN = "CASE WHEN {kind} IS NULL THEN {g} ELSE {p}.ST_CurveToLine({g}, radians(4), 2, 0) END"


class _Column(NamedTuple):
    name: str
    type: str
    schema: str


def read_postgis(source: str, secret: SecretStr | None, *, findings: Findings) -> gpd.GeoDataFrame | None:
    """Return the rows of a table or view in an order of what they hold, None with the reason in `findings`.

    `source` is `postgresql://user@host:port/database#schema.table[.column]`. The CRS is that of the SRID, None
    for SRID 0; it is never guessed. Whole numbers stay whole beside empty cells, decimal numbers, dates and all
    other types are the database's own text. Without `secret`, PGPASSWORD and ~/.pgpass count.
    """
    shown, given = mask(source)
    place = address(shown)
    if isinstance(place, Problem):
        findings.problems.append(place)
        return None
    said: dict[str, None] = {}
    try:
        with session(place, secret or given, source=shown, read_only=True, notice=said.setdefault) as opened:
            frame = _rows(opened, place, findings)
    except DatabaseError as error:
        frame = None
        findings.problems.append(error.problem)
    for remark in list(said)[:ROWS_LISTED]:
        findings.warn("database_says", place.name, remark)
    return frame


def table_digest(frame: gpd.GeoDataFrame) -> str:
    """Return the SHA-256 of the columns, the CRS and every row of a table as read."""
    crs = "" if frame.crs is None else frame.crs.to_string()
    seal = hashlib.sha256(repr((list(frame.columns), crs)).encode())
    for row in _keys(frame):
        seal.update(repr(row).encode())
    return seal.hexdigest()


def _rows(opened: psycopg.Connection[Any], place: Address, findings: Findings) -> gpd.GeoDataFrame | None:
    columns = [_Column(*row) for row in opened.execute(_COLUMNS, (place.schema, place.table))]
    if not columns:
        findings.refuse("database_no_table", place.name)
        return None
    shape = _shape(place, columns, findings)
    if shape is None:
        return None
    plain = [column for column in columns if column.type not in _SHAPES]
    cells = opened.execute(_query(place, plain, shape)).fetchall()
    if not cells:
        findings.refuse("no_rows")
        return None
    *values, curves, drawn = zip(*cells, strict=True)
    shapes = _shapes(drawn, findings)
    crs = None if shapes is None else _crs(opened, shape.schema, shapes, place, findings)
    if shapes is None or findings.is_refused():
        return None
    table = {column.name: _series(column, held) for column, held in zip(plain, values, strict=True)}
    frame = gpd.GeoDataFrame(table | {shape.name: shapely.set_srid(shapes, 0)}, geometry=shape.name, crs=crs)
    return _in_stable_order(frame, curves, findings)


def _shape(place: Address, columns: Sequence[_Column], findings: Findings) -> _Column | None:
    """Return the geometry column that is meant, None with the reason in `findings`."""
    shapes = {column.name: column for column in columns if column.type in _SHAPES}
    if len(shapes) > 1 and not place.geometry:
        findings.refuse("database_geometries", place.name, ", ".join(shapes), f"#{place.name}.{next(iter(shapes))}")
        return None
    chosen = shapes.get(place.geometry or next(iter(shapes), ""))
    if chosen is None:
        findings.refuse("database_no_geometry", place.name, ", ".join(column.name for column in columns))
    return chosen


def _query(place: Address, plain: Sequence[_Column], shape: _Column) -> sql.Composed:
    """Return the statement that reads it; every name is quoted, and PostGIS is found wherever it is installed."""
    postgis = sql.Identifier(shape.schema)
    drawn = sql.SQL("{}::{}.geometry").format(sql.Identifier(shape.name), postgis)
    curves = sql.SQL(", ").join(map(sql.Literal, _CURVES))
    kind = sql.SQL(_KIND).format(p=postgis, g=drawn, curves=curves)
    parts = [
        sql.SQL("{}" if column.type in _TYPES else "{}::text").format(sql.Identifier(column.name)) for column in plain
    ]
    parts += [kind, sql.SQL(_DRAWN).format(kind=kind, p=postgis, g=drawn)]
    table = sql.Identifier(place.schema, place.table)
    return sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(parts), table)


def _series(column: _Column, values: Sequence[Any]) -> pd.Series:
    kind = _TYPES.get(column.type, "object")
    return pd.Series(list(values), dtype="int64" if kind == "Int64" and None not in values else kind)


def _shapes(drawn: Sequence[str | None], findings: Findings) -> Any:
    try:
        return shapely.from_wkb(np.array(drawn, dtype=object))
    except shapely.errors.GEOSException as error:
        findings.refuse("damaged", found=str(error))
        return None


def _crs(
    opened: psycopg.Connection[Any], postgis: str, shapes: Any, place: Address, findings: Findings
) -> pyproj.CRS | None:
    """Return the CRS of the one SRID of all shapes, None for SRID 0; a refusal where it cannot be told."""
    srids = np.unique(shapely.get_srid(shapes[~shapely.is_missing(shapes)])).tolist()
    if len(srids) > 1:
        findings.refuse("database_srids", place.name, ", ".join(map(str, srids)))
        return None
    if not srids or srids[0] == 0:
        return None
    listed = sql.SQL("SELECT auth_name || ':' || auth_srid, srtext FROM {} WHERE srid = %s")
    table = sql.Identifier(postgis, "spatial_ref_sys")
    for written in opened.execute(listed.format(table), (srids[0],)).fetchone() or ():
        try:
            return pyproj.CRS.from_user_input(written)
        except pyproj.exceptions.CRSError:
            continue
    findings.refuse("database_srid_unknown", place.name, srids[0])
    return None


def _keys(frame: gpd.GeoDataFrame) -> list[tuple[str | bytes, ...]]:
    """Return what each row holds, in a form that sorts and that no empty cell upsets."""
    plain = frame.drop(columns=frame.geometry.name).astype(object)
    cells = [list(map(repr, column.where(column.notna(), None))) for _, column in plain.items()]
    shapes = [raw or b"" for raw in shapely.to_wkb(frame.geometry.to_numpy(), byte_order=1).tolist()]
    return list(zip(*cells, shapes, strict=True))


def _in_stable_order(frame: gpd.GeoDataFrame, curves: Sequence[str | None], findings: Findings) -> gpd.GeoDataFrame:
    order = sorted(range(len(frame)), key=_keys(frame).__getitem__)
    kinds = pd.Series(curves, dtype=object).iloc[order].reset_index(drop=True)
    findings.rows("note", "curves_drawn", list(kinds.index[kinds.notna()]), kinds)
    return frame.iloc[order].reset_index(drop=True)
