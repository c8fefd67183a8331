"""The ranking with geometry as a table of a PostGIS database, written in one transaction."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import shapely
from psycopg import sql
from pydantic import SecretStr

from siting.base.addresses import NAME_BYTES, Address, address, mask
from siting.base.database import DatabaseError, session
from siting.base.errors import Problem, UsageError
from siting.base.layers import Layer
from siting.base.results import Results
from siting.report.workbook import CERTIFICATES, titles_of

KEY, SHAPE = "parcel_id", "geom"
_TAKEN = (SHAPE, "tableoid", "ctid", "xmin", "xmax", "cmin", "cmax")
_RELATION = (
    "SELECT c.relkind::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE n.nspname = %s AND c.relname = %s"
)
_COLUMNS = (
    "SELECT string_agg(a.attname, ', ' ORDER BY a.attnum) FROM pg_attribute a "
    "WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped"
)
_GRANTS = """
SELECT format('GRANT %%s ON %%s TO %%s%%s', g.privilege_type, %s::text,
    CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END,
    CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
FROM pg_class c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) g WHERE c.oid = %s::regclass"""
_SCHEMA = "SELECT 1 FROM pg_namespace WHERE nspname = %s"
_POSTGIS = (
    "SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'postgis'"
)


def write_postgis(results: Results, target: str, secret: SecretStr | None = None, *, overwrite: bool) -> None:
    """Write the columns of parcels.gpkg to `postgresql://…#schema.table`; raises UsageError.

    One transaction: until it commits, a former table stays whole. A table that exists is replaced only with
    `overwrite`, and never where it is a layer of the project: its grants are kept, its owner becomes whoever
    writes, its indexes, triggers and row policies go with it; what depends on it (a view, a key) refuses it. The
    schema is never made. Titles stand as comments of the columns.
    """
    shown, place = mask(target)[0], _place(target, results.layers)
    table = _table(results, shown)

    def work(opened: psycopg.Connection[Any]) -> None:
        exists = _check(opened, place, shown, overwrite=overwrite)
        postgis, srid = _system(opened, results, shown)
        shape = sql.SQL("{}.geometry(MultiPolygon, {})").format(postgis, sql.Literal(srid))
        _replace(opened, place, table, shape, exists=exists)
        _comment(opened, place, results, table.columns)
        opened.execute(sql.SQL("ANALYZE {}").format(_name(place)))

    _within_session(work, place, target, secret, read_only=False)


def check_postgis(layers: Iterable[Layer], target: str, secret: SecretStr | None = None, *, overwrite: bool) -> None:
    """Raise the UsageError that writing would end in, as far as the server can tell before a run."""
    shown, place = mask(target)[0], _place(target, layers)
    _within_session(lambda opened: _check(opened, place, shown, overwrite=overwrite), place, target, secret)


def _within_session(
    work: Callable[[psycopg.Connection[Any]], object],
    place: Address,
    target: str,
    secret: SecretStr | None,
    *,
    read_only: bool = True,
) -> None:
    """Do the work in one transaction; the error that comes out has none of the driver behind it."""
    shown, given = mask(target)
    try:
        with session(place, secret or given, source=shown, read_only=read_only, notice=_ignore) as opened:
            work(opened)
    except DatabaseError as error:
        failed = error.problem
    else:
        return
    raise UsageError(failed)


def _ignore(said: str) -> None:
    """Nothing that the server remarks on our own statements concerns the user."""


def _place(target: str, layers: Iterable[Layer]) -> Address:
    place = address(target)
    if isinstance(place, Problem):
        raise UsageError(place)
    for layer in layers:
        source = address(layer.settings.source)
        if isinstance(source, Address) and source.is_same_table(place):
            raise UsageError(Problem("database_own_layer", mask(target)[0], place.name, layer.name))
    return place


def _name(place: Address) -> sql.Identifier:
    return sql.Identifier(place.schema, place.table)


def _table(results: Results, shown: str) -> pd.DataFrame:
    ranking = results.ranking.drop(columns=CERTIFICATES, errors="ignore").reset_index(drop=True)
    for name in ranking.columns:
        if name in _TAKEN or len(name.encode()) > NAME_BYTES:
            raise UsageError(Problem("database_column", shown, found=name, expected=str(NAME_BYTES)))
        if ranking[name].map(lambda cell: isinstance(cell, str) and "\0" in cell).any():
            raise UsageError(Problem("database_nul", shown, found=name))
    shapes = results.parcels.geometry.reindex(ranking[KEY]).to_numpy()
    return ranking.assign(**{SHAPE: shapely.force_2d(_as_multi(shapes))})


def _as_multi(shapes: Any) -> Any:
    single = np.flatnonzero(shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON)
    many = np.array(shapes, dtype=object)
    if single.size:
        many[single] = shapely.multipolygons(many[single], indices=np.arange(single.size))
    return many


def _check(opened: psycopg.Connection[Any], place: Address, shown: str, *, overwrite: bool) -> bool:
    """Return whether the table exists; raises UsageError where it may not be made."""
    if opened.execute(_SCHEMA, (place.schema,)).fetchone() is None:
        raise UsageError(Problem("database_no_schema", shown, place.name))
    relation = opened.execute(_RELATION, (place.schema, place.table)).fetchone()
    if relation is not None and relation[0] != "r":
        raise UsageError(Problem("database_not_table", shown, place.name))
    if relation is not None and not overwrite:
        columns = opened.execute(_COLUMNS, (_name(place).as_string(),)).fetchone()
        raise UsageError(Problem("database_exists", shown, place.name, str(columns[0] if columns else "")))
    return relation is not None


def _system(opened: psycopg.Connection[Any], results: Results, shown: str) -> tuple[sql.Identifier, int]:
    """Return the schema of PostGIS and the SRID of the project's CRS."""
    schema = opened.execute(_POSTGIS).fetchone()
    if schema is None:
        raise UsageError(Problem("database_no_postgis", shown))
    crs = results.parcels.crs
    srid = None if crs is None else crs.to_epsg()
    known = sql.SQL("SELECT 1 FROM {} WHERE srid = %s").format(sql.Identifier(schema[0], "spatial_ref_sys"))
    if srid is None or opened.execute(known, (srid,)).fetchone() is None:
        raise UsageError(Problem("database_srid", shown, found="?" if crs is None else str(crs.name)))
    return sql.Identifier(schema[0]), int(srid)


def _replace(
    opened: psycopg.Connection[Any], place: Address, table: pd.DataFrame, shape: sql.Composed, *, exists: bool
) -> None:
    name = _name(place)
    kinds = {column: _kind(table[column]) for column in table.columns if column != SHAPE}
    declared = [sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(kind)) for column, kind in kinds.items()]
    declared.append(sql.SQL("{} {}").format(sql.Identifier(SHAPE), shape))
    grants: list[tuple[str]] = []
    if exists:
        grants = opened.execute(_GRANTS, (name.as_string(), name.as_string())).fetchall()
        opened.execute(sql.SQL("DROP TABLE {}").format(name))
    key = sql.SQL("PRIMARY KEY ({})").format(sql.Identifier(KEY))
    opened.execute(sql.SQL("CREATE TABLE {} ({})").format(name, sql.SQL(", ").join([*declared, key])))
    _copy(opened, name, table, kinds)
    opened.execute(sql.SQL("CREATE INDEX ON {} USING gist ({})").format(name, sql.Identifier(SHAPE)))
    for (grant,) in grants:
        opened.execute(grant.encode())


def _kind(column: pd.Series) -> str:
    """Return the SQL type of a column; one without any value keeps the type that pandas gives it."""
    found = pd.api.types.infer_dtype(column, skipna=True)
    if found == "empty":
        found = "floating" if pd.api.types.is_float_dtype(column) else column.dtype.name.rstrip("0123456789").lower()
    kinds = {"boolean": "boolean", "integer": "bigint", "int": "bigint", "floating": "double precision"}
    return {**kinds, "mixed-integer-float": "double precision"}.get(found, "text")


def _copy(opened: psycopg.Connection[Any], name: sql.Identifier, table: pd.DataFrame, kinds: dict[str, str]) -> None:
    cells = [_cells(table[column], kind) for column, kind in kinds.items()]
    shapes = shapely.to_wkb(table[SHAPE].to_numpy(), hex=True).tolist()
    with opened.cursor() as cursor, cursor.copy(sql.SQL("COPY {} FROM STDIN").format(name)) as copy:
        for row in zip(*cells, shapes, strict=True):
            copy.write_row(row)


def _cells(column: pd.Series, kind: str) -> list[Any]:
    """Return the cells as the database takes them: nothing for what is missing, whole numbers whole."""
    cells = column.astype(object).where(column.notna(), None).tolist()
    made = {"text": str, "bigint": int}.get(kind)
    return cells if made is None else [None if cell is None else made(cell) for cell in cells]


def _comment(opened: psycopg.Connection[Any], place: Address, results: Results, columns: Iterable[str]) -> None:
    """Write the title of the project and those of the columns where QGIS shows them."""
    project = results.settings.project
    said = sql.Literal(f"{project.title} (siting)".replace("\0", ""))
    opened.execute(sql.SQL("COMMENT ON TABLE {} IS {}").format(_name(place), said))
    titles = titles_of(results, project.language)
    for column in columns:
        if column in titles:
            place_of_it = sql.Identifier(place.schema, place.table, column)
            said = sql.Literal(titles[column].replace("\0", ""))
            opened.execute(sql.SQL("COMMENT ON COLUMN {} IS {}").format(place_of_it, said))
