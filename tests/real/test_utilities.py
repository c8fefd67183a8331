"""Lengths of pipes in the streets of Liechtenstein agree with networkx on streets cut apart from the engine."""

import itertools
import time

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely

from siting.base.settings import UtilityBlock
from siting.indicators.utilities import connections, joint_cost
from siting.network import Network, from_lines, snap
from siting.network.osm import read_roads
from tests.shared_data import shared

EXTRACT = "data/liechtenstein/liechtenstein-2024-03.osm.pbf"
BLOCK = UtilityBlock(layer="utilities", free_m=200.0, max_m=3000.0, unit_price=1000.0)


@pytest.fixture(scope="module")
def net() -> Network:
    roads = read_roads(str(shared(EXTRACT)))
    return from_lines(roads.to_crs(roads.estimate_utm_crs()), mode="walk", tolerance_m=0)


def spots(net: Network, many: int, seed: int, name: str) -> gpd.GeoDataFrame:
    """Return points up to some 40 m from streets that matter."""
    rng = np.random.default_rng(seed)
    edges = rng.choice(np.flatnonzero(net.edge_is_major), many)
    on_it = shapely.line_interpolate_point(net.edge_lines[edges], rng.random(many), normalized=True)
    xy = shapely.get_coordinates(on_it) + rng.normal(0, 10, (many, 2))
    return gpd.GeoDataFrame(geometry=shapely.points(xy), index=[f"{name}{i}" for i in range(many)], crs=net.crs)


def oracle(net: Network, snaps: dict[str, pd.DataFrame]) -> dict[str, float]:
    """Return metres from each parcel to its nearest source, by networkx on undirected streets."""
    graph = nx.MultiGraph()
    points = pd.concat(snaps)
    by_edge = dict(list(points.groupby("edge")))
    for number, (tail, head, length) in enumerate(
        zip(net.edge_from.tolist(), net.edge_to.tolist(), net.edge_length_m.tolist(), strict=True)
    ):
        chain = [(0.0, ("node", tail)), (1.0, ("node", head))]
        for label, point in by_edge[number].iterrows() if number in by_edge else ():
            chain.append((point["fraction"], ("street", *label)))
            if label[0] == "source":
                graph.add_edge("sources", ("street", *label), metres=point["distance_m"])
        chain.sort(key=lambda each: each[0])
        for (at, one), (to, other) in itertools.pairwise(chain):
            graph.add_edge(one, other, metres=length * (to - at))
    far = nx.single_source_dijkstra_path_length(graph, "sources", weight="metres")
    legs = snaps["parcel"]["distance_m"]
    return {parcel: far[("street", "parcel", parcel)] + leg for parcel, leg in legs.items()}


def test_two_hundred_lengths_are_those_of_networkx(net: Network) -> None:
    parcels, sources = spots(net, 200, 1, "p"), spots(net, 6, 2, "s")
    snaps = {"parcel": snap(net, parcels.geometry), "source": snap(net, sources.geometry)}
    table = connections(net, snaps["parcel"], sources, BLOCK, homes=pd.Series(10.0, parcels.index))
    expected = pd.Series(oracle(net, snaps)).reindex(parcels.index)
    np.testing.assert_allclose(table["length_m"], expected, atol=0.05)
    assert set(table["status"]) == {"ok", "too_far"}


def test_neighbours_share_their_trench(net: Network) -> None:
    parcels, sources = spots(net, 60, 3, "p"), spots(net, 6, 2, "s")
    snaps, homes = snap(net, parcels.geometry), pd.Series(np.arange(1.0, 61.0), parcels.index)
    alone = connections(net, snaps, sources, BLOCK, homes=homes)
    found = joint_cost(net, snaps, sources, BLOCK, homes=homes)
    assert found.table["length_m"].equals(alone["length_m"])
    assert (found.table["public_cost_yuan"].dropna() <= alone["public_cost_yuan"].dropna() + 0.02).all()
    assert found.public_cost_yuan < 0.9 * alone["public_cost_yuan"].sum()


def test_ten_thousand_parcels_and_seven_networks_take_seconds(net: Network) -> None:
    parcels = spots(net, 10_000, 4, "p")
    snaps, homes = snap(net, parcels.geometry), pd.Series(50.0, parcels.index)
    began = time.perf_counter()
    for seed in range(7):
        room = np.random.default_rng(seed).integers(20, 2000, 40).astype(float)
        sources = spots(net, 40, 10 + seed, "s").assign(capacity=room)
        rule = BLOCK.model_copy(update={"demand_per_home": 1.0})
        table = connections(net, snaps, sources, rule, homes=homes)
        assert table["status"].isin(["ok", "too_far"]).all()
    assert time.perf_counter() - began < 10
