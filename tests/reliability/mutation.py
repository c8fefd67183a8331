"""Good files of every format, damaged by seed, each read through the real door.

A finding is an error that is not ours, a child that dies or hangs, or rows that are gone without a word. Rows
are counted against the good file; where a format carries no count of its own (text that is cut at the end of a
row is a shorter good file), against a count of the damaged file that is not ours.
"""

import csv
import io
import json
import shutil
import traceback
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import rasterio
import shapely
from rasterio.transform import Affine

import siting
from siting.base.errors import InputProblems, SitingError
from siting.base.layers import Layer, LayerSettings
from siting.network.transit import from_gtfs
from siting.sources.layers import LayerReader
from tests import small_project
from tests.network.transit.feeds import DATE, tables, write_feed

CRS = pyproj.CRS("EPSG:4538")
X, Y = 561_000.0, 5_247_000.0
ROWS = 12
PARCELS = {"role": "parcels", "columns": {"id": "编号", "name": "名称"}}
WORK = {"role": "places", "kind": "workplace", "datum": "EPSG:4538"}
WORK_COLUMNS = {"name": "单位", "jobs": "人数", "x": "x", "y": "y"}
TOLD = ("refuse", "warn", "mend")
OPERATORS = ("flip", "cut", "zero", "duplicate", "swap")


@dataclass(frozen=True)
class Case:
    """A format: the files that are damaged (below `root`), how it is read, and a count of its rows not ours."""

    name: str
    write: Callable[[Path], list[Path]]
    read: Callable[[Path], "Outcome"]
    count: Callable[[Path], int | None] | None = None


@dataclass
class Outcome:
    """What came of reading: rows (None after a refusal), and the codes told."""

    rows: int | None
    codes: list[str] = field(default_factory=list)


def mutate(raw: bytes, rng: np.random.Generator) -> tuple[bytes, str]:
    """Return damaged bytes, and what was done to them."""
    made, how = bytearray(raw), str(rng.choice(OPERATORS))
    size, block = len(made), int(rng.choice([1, 4, 16, 64, 512]))
    at, other = (int(n) for n in rng.integers(0, max(size - block, 1), 2))
    if how == "flip":
        for place in rng.integers(0, size, int(rng.choice([1, 1, 2, 8]))):
            made[place] ^= 1 << int(rng.integers(8))
    elif how == "cut":
        del made[int(rng.integers(1, size)) :]
    elif how == "zero":
        made[at : at + block] = bytes(len(made[at : at + block]))
    elif how == "duplicate":
        made[at:at] = made[at : at + block]
    else:
        one, two = bytes(made[at : at + block]), bytes(made[other : other + block])
        made[at : at + len(two)], made[other : other + len(one)] = two, one
    return bytes(made), f"{how} at {at} ({block} bytes of {size})"


def damage(case: Case, seed: int, root: Path) -> str:
    """Write a case damaged by a seed below `root`; return what was done."""
    rng = np.random.default_rng([13, seed])
    files = _fresh(case, root)
    chosen = files[int(rng.integers(len(files)))]
    raw, how = mutate(chosen.read_bytes(), rng)
    chosen.write_bytes(raw)
    return f"{chosen.relative_to(root).as_posix()}: {how}"


def examine(case: Case, seed: int, root: Path) -> str:
    """Return the finding about one damaged file, empty where there is none."""
    good = _good(case, root.parent)
    how = damage(case, seed, root)
    try:
        found = case.read(root)
    except SitingError:
        return ""
    except Exception as error:  # noqa: BLE001  whatever is unforeseen is the finding
        last = traceback.extract_tb(error.__traceback__)[-1]
        ours = [each for each in traceback.extract_tb(error.__traceback__) if "/siting/" in each.filename]
        where = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else f"{last.filename}:{last.lineno}"
        return f"unforeseen {type(error).__name__} at {where}: {str(error)[:160]} [{how}]"
    if found.rows is None:
        return "" if found.codes else f"nothing read and nothing told [{how}]"
    counted = case.count(root) if case.count else good.rows
    lost = counted is not None and good.rows is not None and found.rows < min(counted, good.rows)
    return (
        f"{found.rows} rows of {counted} without a word [{how}]"
        if lost and not set(found.codes) - set(good.codes)
        else ""
    )


_KNOWN: dict[str, Outcome] = {}


def _good(case: Case, beside: Path) -> Outcome:
    if case.name not in _KNOWN:
        root = beside / f"good-{case.name}"
        _fresh(case, root)
        _KNOWN[case.name] = case.read(root)
        assert _KNOWN[case.name].rows, (case.name, _KNOWN[case.name])
    return _KNOWN[case.name]


def _fresh(case: Case, root: Path) -> list[Path]:
    """Write the good files of a case, from a copy once they were made."""
    stored = root.parent / f"stored-{case.name}"
    if not stored.exists():
        stored.mkdir(parents=True)
        names = [str(path.relative_to(stored)) for path in case.write(stored)]
        (stored.parent / f"{stored.name}.json").write_text(json.dumps(names), "utf-8")
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(stored, root)
    return [root / name for name in json.loads((stored.parent / f"{stored.name}.json").read_text("utf-8"))]


def _layer(source: str, settings: dict[str, Any]) -> Callable[[Path], Outcome]:
    def read(root: Path) -> Outcome:
        declared = LayerSettings.model_validate({**settings, "source": source})
        reading, problems = LayerReader(root, CRS).read(
            Layer(name="layer", file="layers/layer.toml", settings=declared)
        )
        told = [each.code for each in problems if each.level in TOLD]
        if reading is None:
            return Outcome(None, told)
        counts = reading.counts
        assert counts.read == counts.used + counts.mended + counts.left_out, "read is not used + mended + left out"
        assert len(reading.table) == counts.used + counts.mended, "the table has not the rows counted"
        return Outcome(counts.read, told)

    return read


def _parcels() -> gpd.GeoDataFrame:
    shapes = [shapely.box(X + 200 * n, Y, X + 200 * n + 100, Y + 100) for n in range(ROWS)]
    ids = [f"P{n:02d}" for n in range(ROWS)]
    return gpd.GeoDataFrame({"编号": ids, "名称": [f"地块{n}" for n in ids]}, geometry=shapes, crs=CRS)


def _vector(end: str, **options: Any) -> Callable[[Path], list[Path]]:
    def write(root: Path) -> list[Path]:
        frame = _parcels()
        if end in (".geojson", ".kml"):
            frame = frame.to_crs(4326)
        if end == ".kml":
            frame = frame.rename(columns={"编号": "Name"})
        path = root / f"p{end}"
        if end == ".parquet":
            frame.to_parquet(path)
        else:
            frame.to_file(path, **options)
        return sorted(each for each in root.rglob("*") if each.is_file())

    return write


def _zipped(root: Path) -> list[Path]:
    inner = root / "inner"
    inner.mkdir()
    files = _vector(".shp", encoding="utf-8")(inner)
    with zipfile.ZipFile(root / "p.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for file in files:
            packed.write(file, file.name)
    shutil.rmtree(inner)
    return [root / "p.zip"]


def _drawing(root: Path) -> list[Path]:
    plain = _parcels()[["geometry"]].assign(Layer="land")
    plain.set_geometry(plain.boundary).to_file(root / "p.dxf", driver="DXF")
    return [root / "p.dxf"]


def _work() -> pd.DataFrame:
    rows = range(ROWS)
    return pd.DataFrame(
        {
            "单位": [f"厂{n}" for n in rows],
            "人数": [10 * n + 5 for n in rows],
            "x": [X + n for n in rows],
            "y": [Y] * ROWS,
        }
    )


def _book(root: Path) -> list[Path]:
    _work().to_excel(root / "w.xlsx", index=False)
    return [root / "w.xlsx"]


def _sheet(root: Path) -> list[Path]:
    _work().to_csv(root / "w.csv", index=False)
    return [root / "w.csv"]


def _survey(root: Path) -> list[Path]:
    lines = [
        "[属性描述]",
        "坐标系=2000国家大地坐标系",
        "几度分带=3",
        "投影类型=高斯克吕格",
        "计量单位=米",
        "带号=29",
        "[地块坐标]",
    ]
    for n in range(ROWS):
        x, y = 29_561_000 + 200 * n, 5_247_000
        corners = [(y, x), (y + 100, x), (y + 100, x + 100), (y, x + 100), (y, x)]
        lines.append(f"5,1.0000,B-{n:02d},地块{n},面,L45,住宅,0701,@")
        lines += [f"J{1 if k == 4 else k + 1},1,{a},{b}" for k, (a, b) in enumerate(corners)]
    (root / "s.txt").write_bytes("\r\n".join([*lines, ""]).encode("gb18030"))
    return [root / "s.txt"]


def _osm(end: str) -> Callable[[Path], list[Path]]:
    def write(root: Path) -> list[Path]:
        import osmium

        with osmium.SimpleWriter(str(root / f"o{end}")) as out:
            for n in range(2 * ROWS):
                out.add_node(
                    osmium.osm.mutable.Node(id=n + 1, location=(81.0 + n * 0.001, 47.0 + (n % 2) * 0.001), version=1)
                )
            for n in range(ROWS):
                tags = {"highway": "residential", "name": f"路{n}"}
                out.add_way(osmium.osm.mutable.Way(id=n + 1, nodes=[2 * n + 1, 2 * n + 2], tags=tags, version=1))
        return [root / f"o{end}"]

    return write


def _feed(root: Path) -> list[Path]:
    stops = {"A": (0.0, 0.0), "B": (500.0, 0.0), "C": (1000.0, 0.0)}
    trips = {f"t{n}": [("A", f"07:{n:02d}:00"), ("B", f"07:{n + 5:02d}:00")] for n in range(ROWS)}
    return [write_feed(root / "g.zip", tables(stops, trips))]


def _read_feed(root: Path) -> Outcome:
    from datetime import date

    try:
        made = from_gtfs([root / "g.zip"], date=date.fromisoformat(DATE))
    except InputProblems as error:
        return Outcome(None, [each.code for each in error.problems])
    told = [each.code for each in made.problems if each.level in TOLD]
    return Outcome(int(made.calls()["trip"].nunique()), told)


def _raster(root: Path) -> list[Path]:
    profile = {"driver": "GTiff", "height": 20, "width": 30, "count": 1, "dtype": "int16", "crs": CRS.to_wkt()}
    with rasterio.open(root / "d.tif", "w", **profile, transform=Affine(30, 0, X, 0, -30, Y)) as file:
        file.write(np.arange(600, dtype=np.int16).reshape(20, 30), 1)
    return [root / "d.tif"]


def _project(*damaged: str) -> Callable[[Path], list[Path]]:
    def write(root: Path) -> list[Path]:
        small_project.write(root)
        return [each for pattern in damaged for each in sorted(root.glob(pattern))]

    return write


def _check_project(root: Path) -> Outcome:
    try:
        problems = siting.open_project(root).check()
    except InputProblems as error:
        return Outcome(None, [each.code for each in error.problems])
    return Outcome(1, [each.code for each in problems if each.level in TOLD])


def _csv_rows(root: Path) -> int | None:
    """Rows of a damaged CSV by Python's own reader; None where it cannot be read as text."""
    raw = (root / "w.csv").read_bytes()
    for code in ("utf-8-sig", "gb18030"):
        try:
            return sum(any(cell.strip() for cell in row) for row in csv.reader(io.StringIO(raw.decode(code)))) - 1
        except (UnicodeDecodeError, csv.Error):
            continue
    return None


def _features(root: Path) -> int | None:
    made = json.loads((root / "p.geojson").read_bytes())
    listed = made.get("features") if isinstance(made, dict) else None
    return len(listed) if isinstance(listed, list) else None


def _marks(name: str, mark: bytes) -> Callable[[Path], int | None]:
    return lambda root: (root / name).read_bytes().count(mark)


_KML = {**PARCELS, "columns": {"id": "Name"}}
CASES: tuple[Case, ...] = (
    Case("shp", _vector(".shp", encoding="utf-8"), _layer("p.shp", PARCELS)),
    Case("zip", _zipped, _layer("p.zip", PARCELS)),
    Case("gpkg", _vector(".gpkg"), _layer("p.gpkg", PARCELS)),
    Case("gdb", _vector(".gdb", driver="OpenFileGDB"), _layer("p.gdb", PARCELS)),
    Case("geojson", _vector(".geojson"), _layer("p.geojson", PARCELS), _features),
    Case("fgb", _vector(".fgb"), _layer("p.fgb", PARCELS)),
    Case("parquet", _vector(".parquet"), _layer("p.parquet", PARCELS)),
    Case("kml", _vector(".kml", driver="KML"), _layer("p.kml", _KML), _marks("p.kml", b"<Placemark")),
    Case(
        "dxf",
        _drawing,
        _layer("p.dxf", {**PARCELS, "datum": "EPSG:4538", "columns": {"id": "EntityHandle"}}),
        _marks("p.dxf", b"LWPOLYLINE\n"),
    ),
    Case("csv", _sheet, _layer("w.csv", {**WORK, "columns": WORK_COLUMNS}), _csv_rows),
    Case("xlsx", _book, _layer("w.xlsx", {**WORK, "columns": WORK_COLUMNS})),
    Case("survey", _survey, _layer("s.txt", {**PARCELS, "columns": {"id": "地块编号"}}), _marks("s.txt", b",@")),
    Case("osm", _osm(".osm"), _layer("o.osm", {"role": "roads"}), _marks("o.osm", b'k="highway" v="residential"')),
    Case("pbf", _osm(".osm.pbf"), _layer("o.osm.pbf", {"role": "roads"})),
    Case("gtfs", _feed, _read_feed),
    Case("tif", _raster, _layer("d.tif", {"role": "raster"})),
    Case("settings", _project("siting.toml"), _check_project),
    Case("layers", _project("layers/*.toml"), _check_project),
)
BY_NAME = {case.name: case for case in CASES}
