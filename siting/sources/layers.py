"""Reading a layer of the project whatever its format: the one door to the office's files."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from siting.base.addresses import is_database
from siting.base.errors import InputProblems, Problem
from siting.base.layers import OSM_ENDS, Layer
from siting.base.stamp import file_digest
from siting.sources.archives import Source, open_archive, split_source
from siting.sources.crs import placed, system_of
from siting.sources.files import State, files_of, is_loop, states
from siting.sources.osm import OsmExtract, read_osm
from siting.sources.points import draw_discs, place_rows
from siting.sources.rasters import raster_files, read_raster
from siting.sources.reading import Findings, Reading
from siting.sources.rows import canonical, in_our_words, tell_repeats
from siting.sources.shapes import usable
from siting.sources.survey_text import is_survey_text, read_survey_text
from siting.sources.tables import TABLES, read_table
from siting.sources.vectors import read_vector

ZIP = ".zip"
DRAWN_AS_AREAS = ("parcels", "units")


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
        if is_database(layer.settings.source):
            return self._from_database(layer, findings), findings.named()
        path, part = self._locate(layer, findings)
        if path is None:
            return None, findings.problems
        files = raster_files(path) if layer.role == "raster" else files_of(path)
        before = states(files)
        with np.errstate(invalid="ignore"):  # vertices that are no numbers are told by row, not by numpy
            reading = self._read(layer, path, part, findings)
        if reading is None:
            return None, findings.named()
        digests = tuple((_relative(each, self.root), file_digest(each)) for each in files)
        if states(files) != before:
            findings.refuse("torn_read")
            return None, findings.named()
        self._states[layer.settings.source] = (files, before, digests[0][1] if digests else "")
        return replace(reading, digests=digests), findings.named()

    def changed(self) -> list[Problem]:
        """Return a warning for each source that has changed since it was read."""
        return [
            Problem("changed_meanwhile", source, found=f"sha256 {digest[:12]}…", level="warn")
            for source, (files, before, digest) in sorted(self._states.items())
            if states(files) != before
        ]

    def _read(self, layer: Layer, path: Path, part: Source, findings: Findings) -> Reading | None:
        if layer.role == "raster":
            table = read_raster(layer, path, findings)
            return None if table is None else Reading(layer, table, findings.counts(1))
        if layer.role == "transit" and path.suffix.lower() == ZIP:
            # its own rows are read, and accounted for, with the timetable
            return Reading(layer, pd.DataFrame({"feed": [layer.settings.source]}), findings.counts(1))
        return self._reading(self._frame(layer, path, part, findings), layer, findings)

    def _reading(self, frame: Any, layer: Layer, findings: Findings) -> Reading | None:
        """Return a frame of any source as a layer: our words, usable shapes, every row accounted for."""
        if frame is None:
            return None
        table = in_our_words(frame, layer, findings)
        if isinstance(frame, gpd.GeoDataFrame) and not findings.is_refused():
            drawn = frame.geometry
            if layer.role == "parcels" and drawn.geom_type.dropna().eq("Point").all():
                drawn = draw_discs(drawn.to_crs(self.crs), table, findings)
            shapes = usable(drawn, layer, self.crs, findings)
            if not findings.is_refused():
                table = gpd.GeoDataFrame(table, geometry=shapes, crs=self.crs)
        if findings.is_refused():
            return None
        kept = table.drop(index=list(findings.left_out))
        if layer.role == "places":
            tell_repeats(kept, findings)
        if kept.empty:
            findings.refuse("nothing_left", found=len(table))
            return None
        unusable = table.loc[list(findings.left_out)].assign(reason=pd.Series(findings.left_out))
        return Reading(layer, canonical(kept, layer), findings.counts(len(table)), unusable=unusable)

    def _locate(self, layer: Layer, findings: Findings) -> tuple[Path | None, Source]:
        source = layer.settings.source
        part = split_source(source)
        path = self.root / part.path
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
        elif layer.role == "raster" and path.suffix.lower() == ZIP:
            findings.refuse("zipped_raster", layer.file, source)
        else:
            return path, part
        return None, part

    def _frame(self, layer: Layer, path: Path, part: Source, findings: Findings) -> Any:
        if path.suffix.lower() != ZIP:
            return self._from_file(layer, path, part.layer, findings)
        with open_archive(path, part.inner, findings) as member:
            return None if member is None else self._from_file(layer, member, part.layer, findings)

    def _from_file(self, layer: Layer, path: Path, part: str, findings: Findings) -> Any:
        settings = layer.settings
        if path.name.lower().endswith(OSM_ENDS):
            return self._from_osm(layer, path, findings)
        if path.is_file() and is_survey_text(path):
            survey, datum = settings.survey, settings.datum
            frame = read_survey_text(path, encoding=settings.encoding, survey=survey, datum=datum, findings=findings)
            return self._in_place(frame, layer, findings)
        if path.suffix.lower() in TABLES:
            wanted, sheet = sorted(set(settings.columns.values())), settings.sheet or part
            table = read_table(path, encoding=settings.encoding, sheet=sheet, findings=findings, wanted=wanted)
            return table if table is None or layer.role == "demand" else place_rows(table, layer, self.crs, findings)
        areas = layer.role in DRAWN_AS_AREAS
        frame = read_vector(path, layer=part, encoding=settings.encoding, findings=findings, areas=areas)
        return self._in_place(frame, layer, findings)

    def _in_place(self, frame: gpd.GeoDataFrame | None, layer: Layer, findings: Findings) -> gpd.GeoDataFrame | None:
        """Return a frame under the system that its file or its layer states, None where neither can be believed."""
        if frame is None:
            return None
        crs = system_of(frame.crs, layer.settings, self.crs, findings)
        return None if crs is None else placed(frame, crs, layer.settings.datum, self.crs)

    def _from_database(self, layer: Layer, findings: Findings) -> Reading | None:
        from siting.sources.postgis import read_postgis, table_digest  # noqa: PLC0415  drivers that few projects need

        frame = read_postgis(layer.settings.source, layer.settings.secret, findings=findings)
        if frame is None:
            return None
        digest = table_digest(frame)
        reading = self._reading(self._in_place(frame, layer, findings), layer, findings)
        return None if reading is None else replace(reading, digests=((layer.settings.source, digest),))

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


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def layers_by_role(readings: Mapping[str, Reading], role: str) -> list[Reading]:
    """Return the readings of a role in order of name."""
    return [readings[name] for name in sorted(readings) if readings[name].layer.role == role]
