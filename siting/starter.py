"""`siting new`: a project folder from the demo, an OpenStreetMap extract, or a place name."""

import shutil
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio

from siting.base.columns import Language
from siting.base.errors import InputProblems, Problem, UsageError
from siting.base.model import SETTINGS_FILE
from siting.sources.crs import working_crs
from siting.sources.osm import OsmExtract, read_osm, sort_tags
from siting.sources.osm_jobs import TaggedShape
from siting.sources.osm_rules import area_keys

DEMO_PARTS = ("siting.toml", "layers", "data/demo")
OSM_TABLES = ("roads", "places", "utilities", "workplaces", "parcels", "units", "backdrop")
FIXED_TIME = "2000-01-01T00:00:00.000Z"


def demo_project(folder: Path, language: Language) -> list[Problem]:
    """Copy the demo project into a new folder, its outputs in the language asked for."""
    _claim(folder)
    source = _demo_root()
    for part in DEMO_PARTS:
        if (source / part).is_dir():
            shutil.copytree(source / part, folder / part)
        else:
            shutil.copyfile(source / part, folder / part)
    settings = folder / SETTINGS_FILE
    written = settings.read_text("utf-8").replace('language = "zh"', f'language = "{language}"', 1)
    settings.write_text(written, "utf-8")
    return []


def osm_project(folder: Path, extract: Path, language: Language) -> list[Problem]:
    """Make a project from an extract: every table a GeoPackage that an office can open and correct."""
    if not extract.is_file():
        raise InputProblems([Problem("missing_file", str(extract), found=str(extract))])
    name = extract.name.removesuffix(".pbf").removesuffix(".osm")
    return _write_project(folder, read_osm(extract), name, language)


def place_project(folder: Path, place: str, language: Language) -> list[Problem]:
    """Make a project from a place name through OSMnx, which asks OpenStreetMap's servers."""
    import osmnx  # noqa: PLC0415  slow to load, and only this door needs it

    osmnx.settings.use_cache = False  # it would leave a folder `cache` where the user stands
    keys = (*sorted(area_keys()), "highway", "waterway", "railway", "place")
    try:
        found = osmnx.features_from_place(place, dict.fromkeys(keys, True))
    except Exception as error:
        # osmnx lets requests' and its own errors through; to the user they are one thing: nothing came
        raise InputProblems([Problem("no_internet", found=place, expected=str(error).split("\n")[0])]) from error
    objects = [_tagged(key, row) for key, row in zip(found.index, found.to_dict("records"), strict=True)]
    lines = [each for each in objects if each.shape.geom_type == "LineString"]
    others = [each for each in objects if each.shape.geom_type != "LineString"]
    extract = sort_tags(lines, others)
    if extract.roads.empty:
        raise InputProblems([Problem("no_roads", place)])
    return _write_project(folder, extract, place, language)


def _tagged(key: tuple[str, int], row: Mapping[str, Any]) -> TaggedShape:
    tags = {name: value for name, value in row.items() if isinstance(value, str)}
    return TaggedShape(f"{key[0][0]}{key[1]}", tags, row["geometry"])


def _write_project(folder: Path, extract: OsmExtract, name: str, language: Language) -> list[Problem]:
    if extract.parcels.empty:
        raise InputProblems([*extract.problems, Problem("no_candidates", name)])
    _claim(folder)
    data = folder / "data"
    data.mkdir()
    (folder / "layers").mkdir()
    written = []
    former = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": FIXED_TIME})
    try:
        for table in OSM_TABLES:
            frame: gpd.GeoDataFrame = getattr(extract, table)
            if not frame.empty:
                pyogrio.write_dataframe(frame, data / f"{table}.gpkg", layer=table, driver="GPKG")
                written.append(table)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": former})
    for table in written:
        template = files("siting").joinpath("templates", f"{table}.toml").read_text("utf-8")
        (folder / "layers" / f"{table}.toml").write_text(template, "utf-8")
    settings = _settings(extract, name, language)
    (folder / "siting.toml").write_text(settings, "utf-8")
    return list(extract.problems)


def _settings(extract: OsmExtract, name: str, language: Language) -> str:
    """Return siting.toml of an extract: criteria only for what the extract holds.

    The best point of jobs is all jobs found, rounded and written out as a fixed number.
    """
    kinds = set(extract.places["kind"])
    title = f"{name}（OpenStreetMap）" if language == "zh" else f"{name} (OpenStreetMap)"
    crs = working_crs(tuple(extract.roads.total_bounds))
    jobs = float(extract.workplaces["jobs"].sum())
    blocks = files("siting").joinpath("templates", "siting.toml").read_text("utf-8").split("# ---")
    kept = [block.partition("\n")[2] for block in blocks[1:] if _holds(block.partition("\n")[0], kinds, jobs)]
    best = _round(jobs)
    values = {"@TITLE@": _quoted(title), "@CRS@": f"EPSG:{crs.to_epsg()}", "@LANGUAGE@": language}
    values |= {"@JOBS_BEST@": f"{best:g}", "@JOBS_FLAG@": f"{_round(jobs / 20):g}"}
    written = blocks[0] + "".join(kept)
    for mark, value in values.items():
        written = written.replace(mark, value)
    return written


def _holds(needs: str, kinds: set[str], jobs: float) -> bool:
    """Return whether an extract has what the block's first line asks for (`jobs`, or one of the kinds)."""
    wanted = needs.split()
    return not wanted or (wanted == ["jobs"] and jobs > 0) or bool(kinds & set(wanted))


def _round(number: float) -> float:
    """Return a number rounded to one significant digit."""
    return max(1.0, float(f"{number:.1g}"))


def _quoted(written: str) -> str:
    return written.replace("\\", "").replace('"', "'")


def _claim(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(Problem("folder_used", found=str(folder)))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(Problem("cannot_write", found=str(folder), expected=error.strerror or "")) from error


def _demo_root() -> Path:
    """Return where the demo lies: beside the package in a checkout, inside it in an installed wheel."""
    package = Path(str(files("siting")))
    return package / "demo" if (package / "demo").is_dir() else package.parent
