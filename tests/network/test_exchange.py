"""To and from networkx."""

import networkx as nx
import pytest

from siting.network import from_lines, from_networkx, travel_costs
from tests.towns import CRS, block, minutes, spots


def _square() -> nx.DiGraph:
    graph = nx.DiGraph(crs=CRS)
    corners = {"a": (0, 0), "b": (1000, 0), "c": (1000, 1000), "d": (0, 1000)}
    graph.add_nodes_from((name, {"x": x, "y": y}) for name, (x, y) in corners.items())
    graph.add_edges_from([("a", "b"), ("b", "c"), ("c", "d"), ("d", "a")], seconds=60)
    return graph


def test_a_graph_s_weights_become_minutes() -> None:
    net = from_networkx(_square(), weight="seconds", minutes_per_unit=1 / 60)
    assert net.edges["minutes"].tolist() == [1, 1, 1, 1]
    costs = travel_costs(net, spots(home=(1000, 0)), spots(shop=(0, 0)))
    assert minutes(costs) == {("home", "shop"): 3}


def test_node_labels_are_kept_there_and_back() -> None:
    net = from_networkx(_square(), weight="seconds", minutes_per_unit=1 / 60)
    assert sorted(net.nodes.index) == ["a", "b", "c", "d"]
    back = net.to_networkx()
    assert sorted((tail, head) for tail, head in back.edges()) == [("a", "b"), ("b", "c"), ("c", "d"), ("d", "a")]


def test_an_undirected_edge_is_open_both_ways() -> None:
    net = from_networkx(_square().to_undirected(), weight="seconds", minutes_per_unit=1 / 60)
    assert net.edges["minutes_back"].tolist() == [1, 1, 1, 1]


def test_an_exported_edge_has_an_arc_for_each_open_direction() -> None:
    graph = from_lines(block(oneway=["forward", "both", "both", "both"]), mode="drive").to_networkx()
    assert graph.number_of_edges() == 7
    assert {data["length_m"] for *_, data in graph.edges(data=True)} == {1000}
    assert {round(data["minutes"], 6) for *_, data in graph.edges(data=True)} == {3}


def test_a_two_way_street_of_two_arcs_may_be_left_both_ways() -> None:
    graph = _square()
    graph.add_edges_from([(head, tail) for tail, head in graph.edges], seconds=60)
    net = from_networkx(graph, weight="seconds", minutes_per_unit=1 / 60)
    costs = travel_costs(net, spots(home=(250, 0)), spots(west=(0, 0), east=(1000, 0)))
    assert minutes(costs) == pytest.approx({("home", "west"): 0.25, ("home", "east"): 0.75}, abs=1e-4)


@pytest.mark.parametrize("weight", [None, "x", -1, float("nan"), float("inf")])
def test_a_weight_that_is_no_usable_number_is_refused(weight: object) -> None:
    graph = _square()
    graph.edges["a", "b"]["seconds"] = weight
    with pytest.raises(ValueError, match="seconds"):
        from_networkx(graph, weight="seconds")


def test_a_node_without_coordinates_is_refused() -> None:
    graph = _square()
    del graph.nodes["b"]["x"]
    with pytest.raises(ValueError, match="x"):
        from_networkx(graph, weight="seconds")


def test_a_graph_in_degrees_or_without_a_crs_is_refused() -> None:
    for crs in (None, "EPSG:4326"):
        graph = _square()
        graph.graph["crs"] = crs
        with pytest.raises(ValueError, match=r"crs|degrees"):
            from_networkx(graph, weight="seconds")
