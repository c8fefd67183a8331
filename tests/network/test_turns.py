"""Turns cost what they cost on paper, banned ones are gone round, and zero costs change nothing."""

from dataclasses import replace

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.network import Network, compiled, from_lines, from_networkx, plain
from siting.network.compiled import How
from siting.network.osm_turns import banned_turns, read_restrictions
from siting.network.reach import ask
from siting.network.turns import TurnCosts, TurnGraph, ask_with_turns, turn_graph
from tests.network import twins
from tests.network.test_engines import networks, snapped
from tests.network.turn_towns import arc, drawn, legs, ms_of, oracle, osm_file, seconds
from tests.towns import CRS, grid, streets

COSTS = TurnCosts(left_s=10, right_s=4, straight_s=2, u_turn_s=20)
FREE = TurnCosts(u_turns=True)
MID, W, E, N, S = (0.0, 0.0), (-1000.0, 0.0), (1000.0, 0.0), (0.0, 1000.0), (0.0, -1000.0)
HALF = 90.0
"""Seconds for 500 m at 20 km/h: half an arm."""


def turns_of(by_turns: TurnGraph) -> dict[tuple[int, int], int]:
    """Return the milliseconds of every allowed turn, by names of arcs."""
    name = by_turns.arcs.name
    into, onto = np.repeat(name, np.diff(by_turns.turns.starts)), name[by_turns.turns.onto]
    return dict(zip(zip(into.tolist(), onto.tolist(), strict=True), by_turns.turns.ms.tolist(), strict=True))


def half(arm: tuple[float, float]) -> tuple[float, float]:
    return arm[0] / 2, arm[1] / 2


def crossing(**columns: list[object]) -> Network:
    """Return four arms of 1000 m that meet at one corner."""
    return from_lines(streets([W, MID], [MID, E], [MID, N], [MID, S], **columns), mode="drive")


def test_a_left_turn_costs_ten_seconds_a_right_turn_four_straight_on_two() -> None:
    net = crossing()
    by_turns = turn_graph(net, COSTS)
    assert seconds(net, by_turns, half(W), half(N)) == 2 * HALF + 10
    assert seconds(net, by_turns, half(W), half(S)) == 2 * HALF + 4
    assert seconds(net, by_turns, half(W), half(E)) == 2 * HALF + 2
    assert seconds(net, by_turns, half(N), half(E)) == 2 * HALF + 10


def test_a_street_within_thirty_degrees_is_straight_on() -> None:
    bent, sharp = (1000.0, 500.0), (1000.0, 600.0)
    net = from_lines(streets([W, MID], [MID, S], [MID, bent], [MID, sharp], speed_kmh=[20.0] * 4), mode="drive")
    by_turns = turn_graph(net, COSTS)
    free = turn_graph(net, FREE)
    assert seconds(net, by_turns, W, bent) == seconds(net, free, W, bent) + 2
    assert seconds(net, by_turns, W, sharp) == seconds(net, free, W, sharp) + 10


def test_a_bend_where_only_two_streets_meet_costs_nothing() -> None:
    net = from_lines(streets([W, MID], [MID, N]), mode="drive")
    assert seconds(net, turn_graph(net, COSTS), half(W), half(N)) == 2 * HALF


def test_whoever_starts_or_ends_at_a_corner_makes_no_turn_there() -> None:
    net = crossing()
    by_turns = turn_graph(net, COSTS)
    assert seconds(net, by_turns, MID, half(N)) == HALF
    assert seconds(net, by_turns, half(N), MID) == HALF
    assert seconds(net, by_turns, W, N) == 4 * HALF + 10
    assert seconds(net, by_turns, MID, MID) == 0
    assert seconds(net, by_turns, (-10.0, 10.0), MID) == pytest.approx(10 / 10 * 3.6 + 1.8, abs=1e-3)


def test_legs_to_the_street_are_in_the_times_also_at_one_and_the_same_corner() -> None:
    net = crossing()
    by_turns = turn_graph(net, COSTS)
    beyond = (1100.0, 0.0)
    assert seconds(net, by_turns, beyond, beyond) == 72
    assert seconds(net, by_turns, beyond, MID) == 36 + 180


def test_trips_along_one_street_go_straight_or_round_where_it_is_one_way() -> None:
    net = crossing()
    by_turns = turn_graph(net, COSTS)
    assert seconds(net, by_turns, (250.0, 0.0), (750.0, 0.0)) == HALF
    assert seconds(net, by_turns, (750.0, 0.0), (250.0, 0.0)) == HALF
    corners = [MID, E, (1000.0, 1000.0), N]
    ring = streets(*[[corners[i], corners[(i + 1) % 4]] for i in range(4)], oneway=["forward"] * 4)
    net = from_lines(ring, mode="drive")
    assert seconds(net, turn_graph(net, COSTS), (750.0, 0.0), (250.0, 0.0)) == 8 * HALF - HALF


def test_a_banned_left_turn_makes_you_go_round_the_block() -> None:
    far = (1000.0, 1000.0)
    net = from_lines(streets([S, MID], [W, MID], [MID, E], [E, far], [far, N], [N, MID]), mode="drive")
    left = [(arc(net, S, MID), arc(net, MID, W))]
    assert seconds(net, turn_graph(net, COSTS), half(S), half(W)) == 2 * HALF + 10
    banned = turn_graph(net, COSTS, np.array(left))
    assert seconds(net, banned, half(S), half(W)) == 10 * HALF + 2 + 2


def test_where_there_is_no_block_one_turns_back_at_a_dead_end() -> None:
    net = crossing()
    left = np.array([(arc(net, W, MID), arc(net, MID, N))])
    by_turns = turn_graph(net, COSTS, left)
    assert seconds(net, by_turns, half(W), half(N)) == 6 * HALF + 4 + 20 + 2
    assert seconds(net, turn_graph(net, COSTS, left), half(W), half(W)) == 0
    back = [(arc(net, MID, arm), arc(net, arm, MID)) for arm in (E, N, S, W)]
    none = turn_graph(net, COSTS, np.array([*left.tolist(), *back]))
    assert seconds(net, none, half(W), half(N)) is None


def test_turning_back_at_a_crossing_is_only_for_those_who_may() -> None:
    middle = half(W)
    net = from_lines(
        streets([W, middle], [middle, MID], [MID, E], [MID, N], oneway=["both", "forward", "both", "both"]),
        mode="drive",
    )
    banned = np.array([(arc(net, middle, MID), arc(net, MID, N))])
    assert seconds(net, turn_graph(net, COSTS, banned), W, N) == 8 * HALF + 2 + 20 + 4
    two = from_lines(streets([W, MID], [MID, E], [E, (1500.0, 0.0)], [MID, N]), mode="drive")
    left = np.array([(arc(two, W, MID), arc(two, MID, N))])
    assert seconds(two, turn_graph(two, COSTS, left), W, N) == 2 * HALF + 2 + 2 * 3 * HALF + 20 + 4 + 2 * HALF
    assert (
        seconds(two, turn_graph(two, replace(COSTS, u_turns=True), left), W, N)
        == 2 * HALF + 2 + 2 * 2 * HALF + 20 + 4 + 2 * HALF
    )


def test_where_no_other_street_leads_on_one_may_turn_back() -> None:
    net = from_lines(streets([W, MID], [E, MID], [N, MID], oneway=["both", "forward", "forward"]), mode="drive")
    assert turns_of(turn_graph(net, COSTS)) == {
        (arc(net, W, MID), arc(net, MID, W)): 20_000,
        (arc(net, E, MID), arc(net, MID, W)): 2_000,
        (arc(net, N, MID), arc(net, MID, W)): 4_000,
        (arc(net, MID, W), arc(net, W, MID)): 20_000,
    }


@pytest.mark.parametrize(("side", "ms"), [("right", 10_000), ("left", 4_000)])
def test_one_turns_across_the_road_into_a_street_that_runs_straight_back(side: str, ms: int) -> None:
    net = from_lines(streets([W, MID], [MID, half(W), (-500.0, 500.0)], [MID, S]), mode="drive")
    by_turns = turn_graph(net, TurnCosts(left_s=10, right_s=4, drives_on=side))
    assert turns_of(by_turns)[arc(net, W, MID), arc(net, MID, (-500.0, 500.0))] == ms


def test_an_edge_without_length_is_straight_on() -> None:
    graph = nx.MultiDiGraph(crs=CRS)
    graph.add_nodes_from([(0, {"x": 0.0, "y": 0.0}), (1, {"x": 0.0, "y": 9.0})])
    graph.add_edges_from([(1, 0), (0, 0), (0, 1)], minutes=1.0)
    net = from_networkx(graph, weight="minutes")
    assert set(turns_of(turn_graph(net, TurnCosts(left_s=10, right_s=4))).values()) == {0}


def test_a_street_that_banned_turns_make_a_trap_does_not_matter() -> None:
    net = from_lines(streets(*grid(8), [(-100.0, 0.0), MID]), mode="drive")
    assert net.edge_is_major.all()
    assert turn_graph(net, COSTS).edge_is_major.all()
    stem = arc(net, (-100.0, 0.0), MID)
    out = np.array([(stem, arc(net, MID, to)) for to in ((100.0, 0.0), (0.0, 100.0), (-100.0, 0.0))])
    assert np.flatnonzero(~turn_graph(net, COSTS, out).edge_is_major).tolist() == [stem >> 1]


def test_a_cost_that_is_no_time_and_a_turn_between_streets_apart_are_refused() -> None:
    with pytest.raises(ValueError, match="0 seconds or more"):
        TurnCosts(left_s=-1)
    with pytest.raises(ValueError, match="0 seconds or more"):
        TurnCosts(u_turn_s=float("nan"))
    with pytest.raises(ValueError, match="right or left"):
        TurnCosts(drives_on="middle")  # type: ignore[arg-type]
    net = crossing()
    with pytest.raises(ValueError, match="do not meet"):
        turn_graph(net, COSTS, np.array([(arc(net, MID, W), arc(net, MID, E))]))


@st.composite
def turned(draw: st.DrawFn) -> tuple[Network, TurnCosts, np.ndarray, TurnGraph]:
    """Draw streets with costs and banned turns."""
    net = draw(networks())
    cost = st.integers(0, 20).map(lambda each: each / 4)
    costs = TurnCosts(
        left_s=draw(cost),
        right_s=draw(cost),
        straight_s=draw(cost),
        u_turn_s=draw(cost),
        u_turns=draw(st.booleans()),
        drives_on=draw(st.sampled_from(["right", "left"])),
    )
    every = turn_graph(net, FREE)
    into = np.repeat(every.arcs.name, np.diff(every.turns.starts))
    turns = np.stack([into, every.arcs.name[every.turns.onto]], axis=1)
    some = draw(st.lists(st.booleans(), min_size=len(turns), max_size=len(turns)))
    banned = turns[np.array(some, bool)]
    return net, costs, banned, turn_graph(net, costs, banned)


CUTOFFS = st.one_of(st.none(), st.integers(0, 60).map(lambda each: each / 100))
DIRECTIONS = st.sampled_from(["to", "from"])


@settings(deadline=None, max_examples=200)
@given(data=st.data(), net=networks(), cutoff=CUTOFFS, direction=DIRECTIONS)
def test_turns_without_cost_or_ban_give_the_times_of_the_streets_to_the_millisecond(
    data: st.DataObject, net: Network, cutoff: float | None, direction: str
) -> None:
    origins, places = data.draw(snapped(net)), data.draw(snapped(net))
    streets_only = ask(net, origins, places, cutoff=cutoff, direction=direction)
    by_turns = ask_with_turns(net, turn_graph(net, FREE), origins, places, cutoff=cutoff, direction=direction)
    expected = ms_of(plain, streets_only)
    for engine in (plain, compiled):
        assert ms_of(engine, by_turns) == expected
        np.testing.assert_array_equal(engine.nearest(by_turns), plain.nearest(streets_only))


@settings(deadline=None, max_examples=200)
@given(data=st.data(), town=turned(), direction=DIRECTIONS)
def test_times_are_those_of_networkx_on_arcs_with_a_start_and_an_end(
    data: st.DataObject, town: tuple, direction: str
) -> None:
    net, costs, banned, by_turns = town
    origins, places = data.draw(snapped(net)), data.draw(snapped(net))
    question = ask_with_turns(net, by_turns, origins, places, cutoff=None, direction=direction)
    ends = (origins, places) if direction == "to" else (places, origins)
    expected = oracle(net, costs, {tuple(turn) for turn in banned.tolist()}, *ends)
    if direction == "from":
        expected = {(place, origin): ms for (origin, place), ms in expected.items()}
    for engine in (plain, compiled):
        assert ms_of(engine, question) == expected


@settings(deadline=None, max_examples=150)
@given(data=st.data(), town=turned(), cutoff=st.integers(0, 60), k=st.integers(1, 4))
def test_every_answer_over_turns_is_that_of_the_plain_twin(
    data: st.DataObject, town: tuple, cutoff: int, k: int
) -> None:
    net, _, _, by_turns = town
    origins, places = data.draw(snapped(net)), data.draw(snapped(net))
    question = ask_with_turns(net, by_turns, origins, places, cutoff=cutoff / 100)
    expected = twins.nearest(question, k)
    ones = np.ones(question.places)
    sums = twins.gathered(question, ones, lambda _: 1.0)
    for engine in (plain, compiled):
        np.testing.assert_array_equal(engine.k_nearest(question, k), expected)
        assert ms_of(engine, question) == twins.pairs(question)
    for how in (How(True, 16, 1), How(False, 256, 2)):
        np.testing.assert_array_equal(compiled.gather(question, ones[:, None], np.zeros(0), 1.0, how)[:, 0], sums)


@settings(deadline=None, max_examples=100)
@given(data=st.data(), town=turned())
def test_costs_and_bans_never_make_a_trip_shorter(data: st.DataObject, town: tuple) -> None:
    net, _, _, by_turns = town
    origins, places = data.draw(snapped(net)), data.draw(snapped(net))
    before = ms_of(plain, ask(net, origins, places, cutoff=None))
    after = ms_of(plain, ask_with_turns(net, by_turns, origins, places, cutoff=None))
    assert all(ms >= before[pair] for pair, ms in after.items())


def test_nobody_and_nowhere_are_questions_too() -> None:
    net = crossing()
    columns = ["status", "edge", "fraction", "distance_m", "component", "further"]
    none = pd.DataFrame(columns=columns)
    question = ask_with_turns(net, turn_graph(net, COSTS), none, none, cutoff=None)
    assert (question.origins, question.places) == (0, 0)


# a main street west to east in two ways (1, 2), a side street north (3) and south (4), all of 1000 m
CROSS = {
    1: (["-1000,0", "0,0"], {}),
    2: (["0,0", "1000,0"], {}),
    3: (["0,0", "0,1000"], {}),
    4: (["0,0", "0,-1000"], {}),
}
THROUGH = {1: (["-1000,0", "0,0", "1000,0"], {}), 3: (["0,0", "0,1000"], {})}


def rule(said: str, *ways: int, via: str | int = "0,0", **tags: str) -> dict:
    """Return a restriction from the first way to the last."""
    members = [("from", ways[0]), ("via", via), *(("to", way) for way in ways[1:])]
    named = {key.replace("restriction_", "restriction:"): value for key, value in tags.items()}
    return {"members": members, "tags": {"restriction": said, **named} if said else named}


def bans(tmp_path, ways: dict, *rules: dict, mode: str = "drive") -> tuple[set, dict, dict]:
    path = osm_file(tmp_path / "town.osm", ways, rules)
    net, ids = drawn(path)
    read = read_restrictions(path, mode=mode)
    found = banned_turns(net, read, ids)
    return legs(net, found.pairs), dict(read.notes), dict(found.notes)


def test_no_left_turn_bans_one_turn(tmp_path) -> None:
    banned, read, found = bans(tmp_path, CROSS, rule("no_left_turn", 1, 3))
    assert banned == {("-1000,0", "0,0", "0,1000")}
    assert (read, found) == ({"read": 1}, {"matched": 1})


def test_only_straight_on_bans_every_other_turn_back_included(tmp_path) -> None:
    banned, _, _ = bans(tmp_path, CROSS, rule("only_straight_on", 1, 2))
    assert banned == {("-1000,0", "0,0", to) for to in ("0,1000", "0,-1000", "-1000,0")}


def test_two_that_allow_only_one_turn_each_allow_both(tmp_path) -> None:
    banned, _, _ = bans(tmp_path, CROSS, rule("only_straight_on", 1, 2), rule("only_right_turn", 1, 4))
    assert banned == {("-1000,0", "0,0", to) for to in ("0,1000", "-1000,0")}


def test_only_straight_on_makes_a_trip_go_round(tmp_path) -> None:
    path = osm_file(tmp_path / "town.osm", CROSS, [rule("only_straight_on", 1, 2)])
    net, ids = drawn(path)
    pairs = banned_turns(net, read_restrictions(path), ids).pairs
    west, north = ((500_000.0 + x, 4_900_000.0 + y) for x, y in (half(W), half(N)))
    usual, forced = (seconds(net, turn_graph(net, COSTS, each), west, north) for each in (None, pairs))
    assert forced - usual == pytest.approx(2 + 20 + 4 - 10 + 2 * 1000 * 3.6 / _kmh(net), rel=0.01)


def _kmh(net: Network) -> float:
    return float(net.edge_length_m[0] * 3600 / net.edge_forward_ms[0])


def test_where_a_way_runs_through_the_turn_that_goes_the_named_way_is_meant(tmp_path) -> None:
    assert bans(tmp_path, THROUGH, rule("no_left_turn", 1, 3))[0] == {("-1000,0", "0,0", "0,1000")}
    assert bans(tmp_path, THROUGH, rule("no_right_turn", 1, 3))[0] == {("1000,0", "0,0", "0,1000")}
    assert bans(tmp_path, THROUGH, rule("no_u_turn", 1, 1))[0] == {
        ("1000,0", "0,0", "1000,0"),
        ("-1000,0", "0,0", "-1000,0"),
    }
    banned, _, found = bans(tmp_path, THROUGH, rule("no_straight_on", 1, 3), rule("no_entry", 1, 3))
    assert (banned, found) == (set(), {"unclear": 2})


def test_no_exit_has_several_ways_out_and_no_entry_several_in(tmp_path) -> None:
    assert bans(tmp_path, CROSS, rule("no_exit", 1, 2, 3))[0] == {("-1000,0", "0,0", to) for to in ("1000,0", "0,1000")}
    entry = {"members": [("from", 1), ("from", 4), ("via", "0,0"), ("to", 2)], "tags": {"restriction": "no_entry"}}
    assert bans(tmp_path, CROSS, entry)[0] == {(start, "0,0", "1000,0") for start in ("-1000,0", "0,-1000")}


def test_what_names_the_mode_goes_first_and_exceptions_free_it(tmp_path) -> None:
    special = rule("no_left_turn", 1, 3, restriction_motorcar="no_right_turn")
    lorries = rule("", 1, 3, restriction_hgv="no_left_turn")
    freed = rule("no_left_turn", 1, 3, **{"except": "psv; motorcar"})
    cycling = rule("", 1, 3, restriction_bicycle="no_left_turn")
    path = osm_file(tmp_path / "town.osm", CROSS, [special, lorries, freed, cycling])
    drive, cycle, walk = (read_restrictions(path, mode=mode) for mode in ("drive", "cycle", "walk"))
    assert drive.table[["relation", "kind"]].to_numpy().tolist() == [[1, "no_right_turn"]]
    assert cycle.table["relation"].tolist() == [1, 3, 4]
    assert (dict(drive.notes), dict(walk.notes)) == ({"read": 1, "for_others": 3}, {"for_others": 4})


def test_what_is_not_used_is_counted(tmp_path) -> None:
    rules = [
        rule("", 1, 3, restriction_conditional="no_left_turn @ (Mo-Fr 07:00-09:00)"),
        rule("no_left_turn", 1, 3, hour_on="07:00"),
        rule("no_left_turn", 1, 3, via=2),
        rule("no_dancing", 1, 3),
        rule("no_left_turn", 1),
        rule("no_left_turn", 1, 99),
        rule("no_left_turn", 1, 3, via="0,1000"),
        rule("no_left_turn", 1, 3, via="-500,0"),
    ]
    ways = {**CROSS, 1: (["-1000,0", "-500,0", "0,0"], {})}
    banned, read, found = bans(tmp_path, ways, *rules)
    assert banned == set()
    assert read == {"conditional": 2, "via_way": 1, "unknown_kind": 1, "incomplete": 1, "read": 3}
    assert found == {"way_not_here": 2, "no_corner": 1}


def test_a_turn_into_a_street_that_is_closed_that_way_needs_no_ban(tmp_path) -> None:
    ways = {**CROSS, 3: (["0,1000", "0,0"], {"oneway": "yes"})}
    banned, _, found = bans(tmp_path, ways, rule("no_left_turn", 1, 3), rule("only_left_turn", 1, 3))
    assert (banned, found) == (set(), {"closed": 2})


def test_a_network_that_does_not_know_its_roads_takes_no_restrictions(tmp_path) -> None:
    path = osm_file(tmp_path / "town.osm", CROSS, [rule("no_left_turn", 1, 3)])
    net, ids = drawn(path)
    with pytest.raises(ValueError, match="does not know the road"):
        banned_turns(replace(net, edge_road=None), read_restrictions(path), ids)
