"""Every engine gives the same answers, to the millisecond, as a plain twin with one heap."""

from dataclasses import replace

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.base.exact import grid_for, on_grid
from siting.network import Network, compiled, from_networkx, plain
from siting.network.compiled import How
from siting.network.kernels.arrays import FAR
from siting.network.question import Question
from siting.network.reach import ask
from tests.network import twins
from tests.towns import CRS

HOWS = [How(True, 16, 1), How(False, 256, 2)]


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Draw a graph with one-way and parallel arcs, loops, arcs of no length, and islands."""
    size = draw(st.integers(2, 24))
    graph = nx.MultiDiGraph(crs=CRS)
    for node in range(size):
        graph.add_node(node, x=100.0 * draw(st.integers(0, 6)), y=100.0 * draw(st.integers(0, 6)) + node / 8)
    ends = st.integers(0, size - 1)
    for tail, head, ms in draw(st.lists(st.tuples(ends, ends, st.integers(0, 9)), min_size=1, max_size=60)):
        graph.add_edge(tail, head, minutes=ms * 1234 / 60_000)
        if draw(st.booleans()):
            graph.add_edge(head, tail, minutes=ms * 1234 / 60_000)
    return from_networkx(graph, weight="minutes")


@st.composite
def snapped(draw: st.DrawFn, net: Network) -> pd.DataFrame:
    """Draw points on edges: at corners, in the middle of one edge, with several entrances, and some lost ones."""
    rows = []
    for _ in range(draw(st.integers(0, 40))):
        edges = st.integers(0, len(net.edge_from) - 1)
        shares = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])
        further = tuple(draw(st.lists(st.tuples(edges, shares), max_size=2)))
        status = draw(st.sampled_from(["snapped"] * 7 + ["unsnapped"]))
        # legs of some metres, and of kilometres, which take longer than any edge
        leg = draw(st.one_of(st.integers(0, 30), st.integers(1000, 9000)))
        rows.append((status, draw(edges), draw(shares), float(leg), 0, further))
    columns = ["status", "edge", "fraction", "distance_m", "component", "further"]
    return pd.DataFrame(rows, columns=columns, index=[f"r{i}" for i in range(len(rows))])


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """Draw a question on such a network."""
    net = draw(networks())
    origins, places = draw(snapped(net)), draw(snapped(net))
    cutoff = draw(st.one_of(st.none(), st.integers(0, 60).map(lambda each: each / 100), st.integers(1, 90)))
    return ask(net, origins, places, cutoff=cutoff, direction=draw(st.sampled_from(["to", "from"])))


def halving(minutes: np.ndarray) -> np.ndarray:
    """Weigh by a half every ten seconds."""
    return np.exp2(-6.0 * minutes)


@settings(deadline=None, max_examples=500)
@given(question=questions(), k=st.integers(1, 4))
def test_nearest_and_k_nearest_are_those_of_the_twin(question: Question, k: int) -> None:
    expected = twins.nearest(question, k)
    for engine in (plain, compiled):
        np.testing.assert_array_equal(engine.nearest(question), expected[:, 0])
        np.testing.assert_array_equal(engine.k_nearest(question, k), expected)


@settings(deadline=None, max_examples=500)
@given(question=questions())
def test_all_pairs_are_those_of_the_twin(question: Question) -> None:
    expected = twins.pairs(question)
    for engine in (plain, compiled):
        origin, place, ms = engine.pairs(question)
        assert dict(zip(zip(origin.tolist(), place.tolist(), strict=True), ms.tolist(), strict=True)) == expected
    back = {(place, origin): ms for (origin, place), ms in expected.items()}
    assert twins.pairs(question.turned()) == back


@settings(deadline=None, max_examples=500)
@given(question=questions(), data=st.data())
def test_sums_at_both_ends_are_those_of_the_twin_and_bit_for_bit_alike(question: Question, data: st.DataObject) -> None:
    question = _bounded(question)
    amounts = np.array(data.draw(st.lists(st.floats(0, 9), min_size=question.places, max_size=question.places)))
    given_ = np.array(data.draw(st.lists(st.floats(0, 9), min_size=question.origins, max_size=question.origins)))
    table = halving(np.arange(question.limit_ms + 1) / 60_000)
    for weigh, weights in ((np.ones_like, np.zeros(0)), (halving, table)):
        by_ms = table.__getitem__ if len(weights) else lambda ms: np.ones(ms.shape)
        grids = [grid_for(float(each.sum())) for each in (amounts, given_)]
        at_origins = plain.gather(question, amounts, by_ms, grids[0])
        at_places = plain.spread(question, given_, by_ms, grids[1])
        np.testing.assert_allclose(at_origins, twins.gathered(question, amounts, weigh), rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(at_places, twins.spread(question, given_, weigh), rtol=1e-12, atol=1e-12)
        terms, parts = amounts, given_
        if not len(weights):
            terms, parts = (on_grid(each, grid) for each, grid in zip((amounts, given_), grids, strict=True))
        for how in HOWS:
            found = compiled.gather(question, terms[:, None].copy(), weights, grids[0], how)[:, 0]
            np.testing.assert_array_equal(found, at_origins)
            np.testing.assert_array_equal(compiled.spread(question, parts, weights, grids[1], how), at_places)
        np.testing.assert_array_equal(compiled.gather_all(question, amounts, by_ms, grids[0]), at_origins)


@settings(deadline=None, max_examples=100)
@given(question=questions(), data=st.data())
def test_the_nearest_of_sixteen_categories_are_those_of_each_category_alone(
    question: Question, data: st.DataObject
) -> None:
    lanes = data.draw(st.lists(st.integers(0, 15), min_size=question.places, max_size=question.places))
    found = compiled.nearest_times(question, np.array(lanes, np.int32))
    for origin in range(question.origins):
        times = twins.places_of(question, origin)
        for lane in range(16):
            own = [ms for place, ms in times.items() if lanes[place] == lane]
            assert found[origin, lane] == min(own, default=FAR)


@settings(deadline=None, max_examples=100)
@given(question=questions(), data=st.data())
def test_catchments_in_one_pass_are_those_in_two(question: Question, data: st.DataObject) -> None:
    question = _bounded(question)
    supply = np.array(
        data.draw(st.lists(st.integers(0, 9), min_size=question.origins, max_size=question.origins)), float
    )
    demand = np.array(data.draw(st.lists(st.integers(0, 9), min_size=question.places, max_size=question.places)), float)
    demand *= data.draw(st.sampled_from([1.0, 1e9]))
    table = halving(np.arange(question.limit_ms + 1) / 60_000)
    for weigh, weights in ((lambda _: 1.0, np.zeros(0)), (halving, table)):
        near = twins.gathered(question, demand, weigh)
        ratio = np.divide(supply, near, out=np.zeros_like(supply), where=near > 0)
        expected = twins.spread(question, ratio, weigh)
        for how in HOWS:
            found = compiled.catchments(question, supply, demand, weights, how)
            np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("many", [1, 17])
def test_a_queue_that_starts_too_small_is_made_larger_not_overrun(many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = nx.grid_2d_graph(12, 12)
    town = nx.Graph(crs=CRS)
    town.add_nodes_from((node, {"x": 100.0 * node[0], "y": 100.0 * node[1]}) for node in graph)
    town.add_edges_from((a, b, {"minutes": 0.1}) for a, b in graph.edges)
    net = from_networkx(town, weight="minutes")
    corners = _corners(many)
    question = ask(net, corners, corners, cutoff=5)
    whole = compiled.gather(question, np.ones((many, 1)), np.zeros(0), 1.5, How(False, 16, 1))
    monkeypatch.setattr(compiled, "queue_room", lambda *_: 2)
    np.testing.assert_array_equal(compiled.nearest(question), plain.nearest(question))
    again = compiled.gather(question, np.ones((many, 1)), np.zeros(0), 1.5, How(False, 16, 1))
    np.testing.assert_array_equal(again, whole)


def test_what_fails_in_a_thread_is_raised_and_never_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> int:
        raise MemoryError

    row = nx.Graph(crs=CRS)
    row.add_nodes_from((node, {"x": 100.0 * node, "y": 0.0}) for node in range(60))
    row.add_edges_from((node, node + 1, {"minutes": 0.1}) for node in range(59))
    net = from_networkx(row, weight="minutes")
    question = ask(net, _corners(50), _corners(50), cutoff=5)
    monkeypatch.setattr(compiled, "sum_cells", fail)
    with pytest.raises(MemoryError):
        compiled.gather(question, np.ones((50, 1)), np.zeros(0), 1.5, How(False, 1, 2))


def test_areas_that_cross_very_many_streets_do_not_overrun_the_queue() -> None:
    row = nx.Graph(crs=CRS)
    row.add_nodes_from((node, {"x": 100.0 * node, "y": 0.0}) for node in range(400))
    row.add_edges_from((node, node + 1, {"minutes": 5.0}) for node in range(399))
    net = from_networkx(row, weight="minutes")
    rng = np.random.default_rng(0)
    wide = _corners(64).assign(
        further=[tuple((int(edge), 0.5) for edge in rng.permutation(399)) for _ in range(64)],
        distance_m=rng.permutation(64) * 900.0,
    )
    question = ask(net, wide, _corners(300), cutoff=90)
    expected = plain.gather(question, np.ones(300), lambda ms: np.ones(ms.shape), grid_for(300.0))
    found = compiled.gather(question, np.ones((300, 1)), np.zeros(0), grid_for(300.0), How(False, 64, 1))
    np.testing.assert_array_equal(found[:, 0], expected)


def _corners(many: int) -> pd.DataFrame:
    """Return the starts of the first edges as a snap table."""
    columns = {"status": "snapped", "edge": np.arange(many), "fraction": 0.0, "distance_m": 0.0, "component": 0}
    return pd.DataFrame({**columns, "further": [()] * many}, index=range(many))


def _bounded(question: Question) -> Question:
    return replace(question, limit_ms=min(question.limit_ms, 120_000))
