"""Times on real networks agree with oracles that are not ours, to a millionth of a minute."""

import json

import networkx as nx
import numpy as np
import osmnx as ox
import pandas as pd
import pytest
import shapely

from siting.network import from_networkx, from_osm, nearest, travel_costs
from tests.network.test_reach_properties import check_corners, some_corners
from tests.shared_data import shared
from tests.towns import CRS, minutes

EXTRACTS = {
    "liechtenstein": "data/liechtenstein/liechtenstein-2024-03.osm.pbf",
    "porto_alegre": "data/porto_alegre/poa.osm.pbf",
    "baltimore_east": "data/baltimore/baltimore_east.osm.pbf",
}


@pytest.mark.parametrize("mode", ["walk", "drive"])
@pytest.mark.parametrize("name", EXTRACTS)
def test_times_between_corners_agree_with_scipy_on_the_arcs(name: str, mode: str) -> None:
    check_corners(from_osm(shared(EXTRACTS[name]), mode=mode))


@pytest.mark.parametrize("name", EXTRACTS)
def test_times_between_corners_agree_with_networkx_on_the_exported_graph(name: str) -> None:
    net = from_osm(shared(EXTRACTS[name]), mode="drive")
    corners = some_corners(net)
    start = corners.index[len(corners) // 2]
    theirs = nx.single_source_dijkstra_path_length(net.to_networkx(), start, weight="minutes")
    ours = minutes(travel_costs(net, corners.loc[[start]], corners))
    assert {pair[1]: time for pair, time in ours.items()} == pytest.approx(
        {n: theirs[n] for n in corners.index}, abs=1e-6
    )


def test_an_osmnx_graph_of_futian_keeps_its_own_shortest_times() -> None:
    graph = ox.project_graph(ox.load_graphml(shared("data/china/shenzhen_futian_drive.graphml")))
    graph = ox.add_edge_travel_times(ox.add_edge_speeds(graph))
    for *_, data in graph.edges(data=True):
        data["minutes"] = round(data["travel_time"] * 1000) / 60000
    net = from_networkx(graph, weight="minutes")
    corners = some_corners(net)
    start = corners.index[0]
    theirs = nx.single_source_dijkstra_path_length(graph, start, weight="minutes")
    ours = minutes(travel_costs(net, corners.loc[[start]], corners))
    assert {pair[1]: time for pair, time in ours.items()} == pytest.approx(
        {n: theirs[n] for n in corners.index}, abs=1e-6
    )


def test_all_pairs_of_sioux_falls_are_the_published_ones() -> None:
    links = pd.read_csv(shared("known/network_sioux_falls/links.csv"))
    expected = np.loadtxt(shared("known/network_sioux_falls/times.csv"), delimiter=",")
    graph = nx.DiGraph(crs=CRS)
    for node in range(1, 25):
        graph.add_node(node, x=1000 * np.cos(node * np.pi / 12), y=1000 * np.sin(node * np.pi / 12))
    for link in links.itertuples():
        graph.add_edge(link.a, link.b, minutes=link.free_flow_time)
    net = from_networkx(graph, weight="minutes")
    table = (
        travel_costs(net, net.nodes, net.nodes)
        .table()
        .pivot_table(index="origin", columns="destination", values="minutes")
    )
    np.testing.assert_allclose(table.loc[range(1, 25), range(1, 25)], expected, atol=1e-6)
    assert shapely.length(net.edge_lines).min() > 0


def test_the_published_medians_of_pmed1_cost_what_is_published() -> None:
    links = pd.read_csv(shared("known/location_orlib_pmed1/edges.csv"))
    expected = json.loads(shared("known/location_orlib_pmed1/expected.json").read_text("utf-8"))
    graph = nx.Graph(crs=CRS)
    for node in range(1, expected["nodes"] + 1):
        graph.add_node(node, x=1000 * np.cos(node * np.pi / 50), y=1000 * np.sin(node * np.pi / 50))
    # a repeated pair takes the last cost
    graph.add_edges_from((link.a, link.b, {"minutes": link.cost}) for link in links.itertuples())
    net = from_networkx(graph, weight="minutes")
    medians = net.nodes.loc[expected["an_optimal_set_1_based"]]
    found = nearest(net, net.nodes, medians)
    assert found["minutes"].sum() == pytest.approx(expected["p_median_optimum"])
