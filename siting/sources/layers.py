"""Reading a layer of the project whatever its format: the one door to the office's files."""

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from siting.base.errors import InputProblems, Problem
from siting.base.layers import OSM_ENDS, Layer
from siting.base.stamp import file_digest
from siting.sources.columns import (
    fill_kinds,
    fill_origin,
    fill_roads,
    leave_out_totals,
    our_words,
    read_numbers,
    rename,
    words,
)
from siting.sources.crs import resolve
from siting.sources.files import State, files_of, is_loop, states
from siting.sources.osm import OsmExtract, read_osm
from siting.sources.reading import Findings, Reading
from siting.sources.shapes import usable
from siting.sources.tables import TABLES, read_table
from siting.sources.vectors import read_vector

POINT = "siting:point"
_SOURCE = re.compile(r"(?P<path>.+?\.[A-Za-z0-9]{2,7})(?::(?P<layer>[^:\\/]+))?")


class LayerReader:
    """Reads the layers of one project folder; an OSM extract shared by layers is read once."""

    def __init__(self, root: Path, crs: pyproj.CRS) -> None:
        self.root = root
        self.crs = crs
        self._extracts: dict[Path, OsmExtract] = {}
        self._states: dict[str, tuple[list[Path], list[State], str]] = {}

    def read(self, layer: Layer) -> tuple[Reading | None, list[Problem]]:
        """Return the layer as read, None if it cannot be used, and every problem found."""
        findings = Findings(layer.settings.source)
        path, part = self._locate(layer, findings)
        if path is None:
            return None, findings.problems
        files = files_of(path)
        before = states(files)
        reading, problems = self._read(layer, path, part, findings)
        problems = findings.named()
        if reading is None:
            return None, problems
        digests = tuple((_relative(each, self.root), file_digest(each)) for each in files)
        if states(files) != before:
            findings.refuse("torn_read")
            return None, findings.problems
        self._states[layer.settings.source] = (files, before, digests[0][1] if digests else "")
        return replace(reading, digests=digests), problems

    def changed(self) -> list[Problem]:
        """Return a warning for each source that has changed since it was read."""
        return [
            Problem("changed_meanwhile", source, found=f"sha256 {digest[:12]}…", level="warn")
            for source, (files, before, digest) in sorted(self._states.items())
            if states(files) != before
        ]

    def _read(self, layer: Layer, path: Path, part: str, findings: Findings) -> tuple[Reading | None, list[Problem]]:
        if layer.role == "raster":
            return _raster(layer, path, findings)
        if layer.role == "transit" and path.suffix.lower() == ".zip":
            return _feed(layer, findings)
        return self._table(layer, path, part, findings)

    def _table(self, layer: Layer, path: Path, part: str, findings: Findings) -> tuple[Reading | None, list[Problem]]:
        frame = self._frame(layer, path, part, findings)
        if frame is None:
            return None, findings.problems
        table = _in_our_words(frame, layer, findings)
        if isinstance(frame, gpd.GeoDataFrame) and not findings.is_refused():
            shapes = usable(frame.geometry, layer, self.crs, findings)
            if not findings.is_refused():
                table = gpd.GeoDataFrame(table, geometry=shapes, crs=self.crs)
        if findings.is_refused():
            return None, findings.problems
        kept = table.drop(index=list(findings.left_out))
        if kept.empty:
            findings.refuse("nothing_left", found=len(table))
            return None, findings.problems
        unusable = table.loc[list(findings.left_out)].assign(reason=pd.Series(findings.left_out))
        counts = findings.counts(len(table))
        return Reading(layer, _canonical(kept, layer), counts, unusable=unusable), findings.problems

    def _locate(self, layer: Layer, findings: Findings) -> tuple[Path | None, str]:
        source = layer.settings.source
        if source.startswith("postgresql:"):
            findings.refuse("later_source", "source", source.split("@")[-1])
            return None, ""
        match = _SOURCE.fullmatch(source)
        path = self.root / (match["path"] if match else source)
        if is_loop(path):
            findings.refuse("symlink_loop", layer.file, source)
        elif not path.exists():
            findings.refuse("missing_file", layer.file, source)
        elif path.is_dir() and path.suffix.lower() != ".gdb":
            findings.refuse("is_folder", layer.file, source)
        elif not path.is_dir() and not path.is_file():
            findings.refuse("not_a_file", layer.file, source)
        elif path.is_file() and path.stat().st_size == 0:
            findings.refuse("empty_file", layer.file, source)
        else:
            return path, (match["layer"] or "") if match else ""
        return None, ""

    def _frame(self, layer: Layer, path: Path, part: str, findings: Findings) -> Any:
        settings = layer.settings
        if path.name.lower().endswith(OSM_ENDS):
            return self._from_osm(layer, path, findings)
        if path.suffix.lower() in TABLES:
            table = read_table(path, encoding=settings.encoding, sheet=settings.sheet or part, findings=findings)
            return table if table is None or layer.role == "demand" else _with_points(table, layer, findings)
        frame = read_vector(path, layer=part, encoding=settings.encoding, findings=findings)
        if frame is None:
            return None
        crs, problems = resolve(frame.crs, settings.datum, settings.source)
        findings.problems += problems
        return None if crs is None else frame.set_crs(crs, allow_override=True)

    def _from_osm(self, layer: Layer, path: Path, findings: Findings) -> gpd.GeoDataFrame | None:
        if path not in self._extracts:
            try:
                self._extracts[path] = read_osm(path)
            except InputProblems as error:
                findings.problems += error.problems
                return None
        extract = self._extracts[path]
        findings.problems += extract.problems
        frame = extract.topic(layer.role, layer.settings.kind)
        if frame.empty:
            findings.refuse("no_rows")
            return None
        return frame


def _in_our_words(frame: pd.DataFrame, layer: Layer, findings: Findings) -> pd.DataFrame:
    if layer.settings.source.lower().endswith(OSM_ENDS):
        layer = _own_words(layer, frame)
    table = rename(frame, layer, findings)
    if findings.is_refused():
        return table
    leave_out_totals(table, findings)
    table = read_numbers(table, findings)
    table = fill_roads(fill_origin(fill_kinds(table, layer, findings), layer, findings), layer, findings)
    _check_ids(table, layer, findings)
    findings.ids = table["id"] if "id" in table.columns else None
    return table


def _own_words(layer: Layer, frame: pd.DataFrame) -> Layer:
    """Return the layer of an extract, whose columns carry our words already."""
    columns = {word: word for word in our_words(layer) if word in frame.columns}
    return layer.model_copy(update={"settings": layer.settings.model_copy(update={"columns": columns})})


def _with_points(table: pd.DataFrame, layer: Layer, findings: Findings) -> gpd.GeoDataFrame | None:
    """Return a table with its coordinate columns as points in the declared datum."""
    settings = layer.settings
    crs, problems = resolve(None, settings.datum, settings.source)
    findings.problems += problems
    names = [settings.columns.get(word, "") for word in ("x", "y")]
    for word, name in zip(("x", "y"), names, strict=True):
        if name not in table.columns:
            findings.refuse("missing_column", f"columns.{word}", name, ", ".join(map(str, table.columns)))
    if findings.is_refused() or crs is None:
        return None
    x, y = (pd.to_numeric(words(table[name]), errors="coerce").astype(float) for name in names)
    bad = x.isna() | y.isna()
    written = table[names[0]].astype(str) + ", " + table[names[1]].astype(str)
    findings.leave_out("bad_point", list(table.index[bad]), written)
    points = np.where(bad, None, shapely.points(x.fillna(0), y.fillna(0)))
    return gpd.GeoDataFrame(table.assign(**{POINT: points}), geometry=POINT, crs=crs)


def _check_ids(table: pd.DataFrame, layer: Layer, findings: Findings) -> None:
    if "id" not in table.columns:
        if layer.role in ("parcels", "units"):
            findings.refuse("missing_key", "columns.id", expected="id")
        return
    kept = table.drop(index=list(findings.left_out)) if layer.role != "parcels" else table
    if layer.role in ("parcels", "units"):
        empty = kept["id"] == ""
        repeated = kept["id"].duplicated(keep=False) & ~empty
        findings.rows("refuse", "empty_id", list(kept.index[empty]))
        findings.rows("refuse", "duplicate_id", list(kept.index[repeated]), kept["id"])


def _canonical(table: Any, layer: Layer) -> Any:
    """Return the rows in an order that the file's order does not change, each with an id."""
    if layer.role in ("parcels", "units"):
        return table.sort_values("id", kind="stable").reset_index(drop=True)
    columns = [table[name].map(str).tolist() for name in table.columns if name != "geometry"]
    shapes = shapely.to_wkb(table.geometry.to_numpy()).tolist() if "geometry" in table.columns else [b""] * len(table)
    keys = list(zip(*columns, shapes, strict=True))
    order = sorted(range(len(table)), key=keys.__getitem__)
    ordered = table.iloc[order].reset_index(drop=True)
    if "id" not in ordered.columns:
        return ordered.assign(id=[f"{layer.name}-{number}" for number in range(1, len(ordered) + 1)])
    taken, ids = set(ordered["id"]), []
    for given, again in zip(ordered["id"], ordered["id"].duplicated(keep=False), strict=True):
        fresh = given
        if again or not given:
            fresh = next(name for number in count(1) if (name := f"{given or layer.name}-{number}") not in taken)
        taken.add(fresh)
        ids.append(fresh)
    return ordered.assign(id=ids)


def _feed(layer: Layer, findings: Findings) -> tuple[Reading | None, list[Problem]]:
    """Return a timetable as one row; its own rows are read, and accounted for, with the timetable."""
    feed = pd.DataFrame({"feed": [layer.settings.source]})
    return Reading(layer, feed, findings.counts(1)), findings.problems


def _raster(layer: Layer, path: Path, findings: Findings) -> tuple[Reading | None, list[Problem]]:
    import rasterio  # noqa: PLC0415  slow to load and needed by few projects
    from rasterio.errors import RasterioIOError  # noqa: PLC0415

    try:
        with rasterio.open(path) as raster:
            crs = raster.crs
            shape = raster.shape
    except RasterioIOError as error:
        findings.refuse("damaged", found=str(error))
        return None, findings.problems
    if crs is None:
        findings.refuse("no_crs", expected="EPSG:…")
        return None, findings.problems
    table = pd.DataFrame({"rows": [shape[0]], "columns": [shape[1]]})
    return Reading(layer, table, findings.counts(1)), findings.problems


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def layers_by_role(readings: Mapping[str, Reading], role: str) -> list[Reading]:
    """Return the readings of a role in order of name."""
    return [readings[name] for name in sorted(readings) if readings[name].layer.role == role]
