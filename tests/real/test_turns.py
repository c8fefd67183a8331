"""Real restrictions: Liechtenstein, Porto, Baltimore; Porto Alegre's extract has none."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from siting.network import Network, compiled, from_lines, plain
from siting.network.osm import read_roads
from siting.network.osm_turns import Banned, Restrictions, banned_turns, read_restrictions
from siting.network.reach import ask
from siting.network.turns import TurnCosts, ask_with_turns, turn_graph
from tests.network.turn_towns import ms_of, way_ids
from tests.shared_data import shared

EXTRACTS = {
    "liechtenstein": "data/liechtenstein/liechtenstein-2024-03.osm.pbf",
    "porto": "data/roads_large/porto_portugal.osm.pbf",
    "porto_alegre": "data/porto_alegre/poa.osm.pbf",
    "baltimore_east": "data/baltimore/baltimore_east.osm.pbf",
}
COUNTS = {
    "liechtenstein": (
        {"read": 72, "via_way": 6, "incomplete": 1},
        {"matched": 69, "way_not_here": 2, "no_corner": 1},
        72,
    ),
    "porto": ({"read": 342, "via_way": 1, "incomplete": 14}, {"matched": 336, "way_not_here": 6}, 368),
    "porto_alegre": ({}, {}, 0),
    "baltimore_east": ({"read": 3}, {"matched": 3}, 3),
}
COSTS = TurnCosts(left_s=10, right_s=4, straight_s=2, u_turn_s=20)


@cache
def _town(name: str) -> tuple[Network, Restrictions, Banned]:
    path = shared(EXTRACTS[name])
    roads = read_roads(str(path))
    net = from_lines(roads.to_crs(roads.estimate_utm_crs()), mode="drive", tolerance_m=0)
    read = read_restrictions(path)
    return net, read, banned_turns(net, read, way_ids(roads))


def _spots(net: Network, seed: int, many: int = 150) -> pd.DataFrame:
    """Return points on edges that matter, a third of them at corners, as `snap` would."""
    chance = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "status": "snapped",
            "edge": chance.choice(np.flatnonzero(net.edge_is_major), many),
            "fraction": chance.choice([0.0, 1.0, 0.2, 0.4, 0.6, 0.8], many),
            "distance_m": chance.uniform(0, 50, many),
            "component": 0,
            "further": [()] * many,
        }
    )


@pytest.mark.parametrize("name", EXTRACTS)
def test_every_restriction_is_matched_or_counted(name: str) -> None:
    _, read, banned = _town(name)
    assert (dict(read.notes), dict(banned.notes), len(banned.pairs)) == COUNTS[name]
    assert sum(banned.notes.values()) == read.notes["read"]


@pytest.mark.parametrize("direction", ["to", "from"])
@pytest.mark.parametrize("name", EXTRACTS)
def test_times_with_turns_are_never_shorter_and_both_engines_agree(name: str, direction: str) -> None:
    net, _, banned = _town(name)
    origins, places = _spots(net, 1), _spots(net, 2)
    by_turns = turn_graph(net, COSTS, banned.pairs)
    before = ms_of(plain, ask(net, origins, places, cutoff=None, direction=direction))
    question = ask_with_turns(net, by_turns, origins, places, cutoff=None, direction=direction)
    after = ms_of(plain, question)
    assert ms_of(compiled, question) == after
    assert all(ms >= before[pair] for pair, ms in after.items())
    assert len(after) > 0.98 * len(before)
    longer = np.array([ms - before[pair] for pair, ms in after.items()]) / 1000
    assert 5 < np.median(longer) < 300


@pytest.mark.parametrize("name", EXTRACTS)
def test_turns_without_cost_give_the_times_of_the_streets(name: str) -> None:
    net, _, _ = _town(name)
    origins, places = _spots(net, 3), _spots(net, 4)
    free = turn_graph(net, TurnCosts(u_turns=True))
    expected = ms_of(plain, ask(net, origins, places, cutoff=None))
    question = ask_with_turns(net, free, origins, places, cutoff=None)
    assert ms_of(plain, question) == expected
    assert ms_of(compiled, question) == expected
