"""Streets straight from an OpenStreetMap extract, for analysts who need no project."""

from collections import Counter
from dataclasses import replace
from os import PathLike, fspath
from pathlib import Path

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import pyproj
import shapely

from siting.base.columns import MODES, Mode
from siting.base.errors import InputProblems, Problem
from siting.base.road_rules import osm_use, whole_runs
from siting.network.build import from_lines
from siting.network.graph import Ints, Network
from siting.network.osm_turns import banned_turns, read_restrictions
from siting.network.turn_graph import TurnCosts, Turning


def from_osm(path: str | PathLike[str], *, mode: Mode, crs: object = None, turns: TurnCosts | None = None) -> Network:
    """Return the network of a mode from a .osm.pbf or .osm file.

    `crs` is a projected system in metres; left out, the UTM zone of the file's middle. With `turns`, turns
    take their time and the file's turn restrictions hold; `notes` counts those, the unused ones too. Raises
    InputProblems for a missing or damaged file and for one without a road for the mode.
    """
    name = fspath(path)
    if not Path(name).is_file():
        raise InputProblems([Problem("missing_file", name, found=name)])
    try:
        roads = read_roads(name)
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:
        if "entities" in str(error):
            raise InputProblems([Problem("osm_entities", name)]) from error
        raise InputProblems([Problem("damaged", name, found=str(error))]) from error
    if roads.empty or (roads[mode] == "no").all():
        raise InputProblems([Problem("no_roads", name)])
    target = roads.estimate_utm_crs() if crs is None else pyproj.CRS.from_user_input(crs)
    net = from_lines(roads.to_crs(target), mode=mode, tolerance_m=0)
    return net if turns is None else _with_turns(net, name, roads["way"].to_numpy(np.int64), turns)


def _with_turns(net: Network, path: str, way_ids: Ints, costs: TurnCosts) -> Network:
    """Return a network with the costs of turns and the restrictions of its file."""
    read = read_restrictions(path, mode=net.mode)
    banned = banned_turns(net, read, way_ids, drives_on=costs.drives_on)
    said = {f"restrictions_{name}": count for name, count in {**read.notes, **banned.notes}.items()}
    return replace(net, turns=Turning(costs, banned.pairs), notes=net.notes + Counter(said))


def read_roads(path: str) -> gpd.GeoDataFrame:
    """Return the ways that some mode may use, as lines in WGS 84 degrees with class, speeds, directions."""
    rows, lines = [], []
    ways = osmium.FileProcessor(path, osmium.osm.NODE | osmium.osm.WAY).with_locations()
    for way in ways.with_filter(osmium.filter.KeyFilter("highway")):
        use = osm_use(dict(way.tags)) if isinstance(way, osmium.osm.Way) else None
        if use is None or not isinstance(way, osmium.osm.Way):
            continue
        for run in whole_runs(way.nodes):
            rows.append(
                (way.id, use.road_class, use.speed_kmh, use.speed_back_kmh, *(use.ways[mode] for mode in MODES))
            )
            lines.append(shapely.LineString(run))
    table = pd.DataFrame(rows, columns=["way", "class", "speed_kmh", "speed_back_kmh", *MODES])
    speeds = table[["speed_kmh", "speed_back_kmh"]].astype(float)
    return gpd.GeoDataFrame(table.assign(**speeds), geometry=np.array(lines, object), crs="EPSG:4326")
