"""On every real network, in every mode and season, each kernel gives scipy's Dijkstra to the millisecond.

All pairs of 200 random points beside the streets; `make check-long` takes 2,000.
"""

import os
from functools import cache

import geopandas as gpd
import numpy as np
import osmnx as ox
import pandas as pd
import pytest
import shapely

from siting.base.columns import MODES
from siting.base.exact import grid_for, on_grid
from siting.network import Network, compiled, from_lines, from_networkx, plain, snap
from siting.network.compiled import How
from siting.network.kernels.arrays import FAR
from siting.network.osm import read_roads
from siting.network.question import Question
from siting.network.reach import ask
from tests.shared_data import helsinki, shared

POINTS = 2000 if os.environ.get("SITING_LONG") else 200
EXTRACTS = {
    "liechtenstein": "data/liechtenstein/liechtenstein-2024-03.osm.pbf",
    "porto_alegre": "data/porto_alegre/poa.osm.pbf",
    "baltimore_east": "data/baltimore/baltimore_east.osm.pbf",
    "porto": "data/roads_large/porto_portugal.osm.pbf",
    "rhine_neckar": "data/roads_large/rhine_neckar.osm.pbf",
    "helsinki": "",
}
CUTOFF_MS = 15 * 60_000


@cache
def roads(name: str) -> object:
    """Return the roads of an extract in metres, read once."""
    path = helsinki() if name == "helsinki" else shared(EXTRACTS[name])
    table = read_roads(str(path))
    return table.to_crs(table.estimate_utm_crs())


@cache
def streets(name: str, mode: str) -> Network:
    """Return the network of an extract, built once for both seasons."""
    return from_lines(roads(name), mode=mode, tolerance_m=0)


def beside_streets(net: Network) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return two snap tables of random points up to 60 m from the streets, a few of them at corners."""
    rng = np.random.default_rng(7)
    tables = []
    for _ in range(2):
        lines = net.edge_lines[rng.integers(0, len(net.edge_lines), POINTS)]
        points = shapely.get_coordinates(shapely.line_interpolate_point(lines, rng.random(POINTS), normalized=True))
        points += rng.normal(0, 20, points.shape)
        points[:: POINTS // 20] = net.node_xy[rng.integers(0, len(net.node_xy), len(points[:: POINTS // 20]))]
        tables.append(snap(net, _points(points, net)))
    return tables[0], tables[1]


def _points(xy: np.ndarray, net: Network) -> object:
    return gpd.GeoSeries(shapely.points(xy), crs=net.crs)


def oracle(question: Question) -> np.ndarray:
    """Return all pairs by scipy's Dijkstra, FAR where there is no way."""
    ms = np.full((question.origins, question.places), FAR, np.int64)
    origin, place, times = plain.pairs(question)
    ms[origin, place] = times
    return ms


def check(net: Network) -> None:
    """Assert that every compiled kernel gives what follows from scipy's pairs."""
    question = ask(net, *beside_streets(net), cutoff=None)
    ms = oracle(question)
    np.testing.assert_array_equal(compiled.matrix(question, workers=2), ms)
    _check_nearest(question, ms)
    _check_sums(question, ms)


def _check_nearest(question: Question, ms: np.ndarray) -> None:
    keys = np.sort(np.where(ms < FAR, (ms << 32) | np.arange(question.places), np.int64(1) << 62), axis=1)
    keys = np.where(keys == np.int64(1) << 62, -1, keys)
    np.testing.assert_array_equal(compiled.nearest(question), keys[:, 0])
    np.testing.assert_array_equal(compiled.k_nearest(question, 3), keys[:, :3])
    lanes = (np.arange(question.places) % 16).astype(np.int32)
    times = compiled.nearest_times(question, lanes)
    np.testing.assert_array_equal(times, np.column_stack([ms[:, lanes == lane].min(axis=1) for lane in range(16)]))


def _check_sums(question: Question, ms: np.ndarray) -> None:
    near = Question(**{**vars(question), "limit_ms": CUTOFF_MS})
    amounts = np.random.default_rng(3).random(question.places)
    table = np.exp(-np.arange(CUTOFF_MS + 1) / 300_000)
    grid = grid_for(float(amounts.sum()))
    inside = ms <= CUTOFF_MS
    counted = (inside * on_grid(amounts, grid)).sum(axis=1)
    weighed = on_grid(np.where(inside, table[np.minimum(ms, CUTOFF_MS)], 0) * amounts, grid).sum(axis=1)
    for how in (How(has_index=True, cell=256, workers=2), How(has_index=False, cell=64, workers=2)):
        found = compiled.gather(near, on_grid(amounts, grid)[:, None], np.zeros(0), grid, how)
        np.testing.assert_array_equal(found[:, 0], counted)
        np.testing.assert_array_equal(compiled.gather(near, amounts[:, None], table, grid, how)[:, 0], weighed)
        back = compiled.spread(near.turned(), amounts, table, grid, how)
        np.testing.assert_array_equal(back, weighed)


@pytest.mark.parametrize("season", ["summer", "winter"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", EXTRACTS)
def test_every_kernel_gives_scipy_s_times(name: str, mode: str, season: str) -> None:
    check(streets(name, mode).in_season(season))


def test_every_kernel_gives_scipy_s_times_in_futian() -> None:
    graph = ox.project_graph(ox.load_graphml(shared("data/china/shenzhen_futian_drive.graphml")))
    graph = ox.add_edge_travel_times(ox.add_edge_speeds(graph))
    check(from_networkx(graph, weight="travel_time", minutes_per_unit=1 / 60))
