"""All pairs in blocks of origins: the rows of the matrix, in bounded memory."""

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from siting.network import Network, StreetReach, from_lines, planner, snap
from siting.network import reach as streets
from tests.network.test_reach_properties import POINTS, towns
from tests.towns import grid, spots
from tests.towns import streets as lines


def _street_reach(net: Network, homes: gpd.GeoDataFrame, shops: gpd.GeoDataFrame, **options: object) -> StreetReach:
    return StreetReach(net, snap(net, homes.geometry), snap(net, shops.geometry), **{"cutoff": 10, **options})


@pytest.mark.parametrize("small", [True, False], ids=["scipy", "compiled"])
@settings(deadline=None, max_examples=40)
@given(net=towns(), homes=POINTS, shops=POINTS, size=st.integers(1, 12), direction=st.sampled_from(["to", "from"]))
def test_blocks_are_the_rows_of_the_matrix_in_order(
    small: bool, net: Network, homes: list, shops: list, size: int, direction: str
) -> None:
    assume(net.edge_is_major.any())
    origins, places = (
        spots(**{f"{letter}{i}": (10.0 * x, 10.0 * y) for i, (x, y) in enumerate(points)})
        for letter, points in (("h", homes), ("s", shops))
    )
    reach = _street_reach(net, origins, places, direction=direction)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streets, "BLOCK_PAIRS", size)
        if not small:
            patch.setattr(planner, "SMALL_NS", 0)
        blocks, again = list(reach.blocks()), list(reach.blocks())
    costs = reach.costs()
    assert [label for block in blocks for label in block.origins] == list(costs.origins)
    joined = pd.concat([block.table() for block in blocks], ignore_index=True)
    pd.testing.assert_frame_equal(joined, costs.table(), check_exact=True, check_dtype=False)
    assert all(len(block) <= max(size, len(places)) and block.cutoff == 10 for block in blocks)
    assert all(block.places.equals(costs.places) for block in blocks)
    assert [block.table().to_dict() for block in again] == [block.table().to_dict() for block in blocks]


def test_a_matrix_is_its_own_block() -> None:
    net = from_lines(lines(*grid(3)), mode="walk")
    reach = _street_reach(net, spots(a=(0, 5), b=(200, 5)), spots(s=(100, 0)))
    (block,) = reach.costs().blocks()
    assert block.table().equals(reach.costs().table())


def test_homes_that_reach_nothing_are_in_their_block_all_the_same() -> None:
    net = from_lines(lines(*grid(3)), mode="walk")
    homes = spots(a=(0, 5), far=(9000, 9000), b=(200, 5))
    snapped = snap(net, homes.geometry, limit_m=50)
    reach = StreetReach(net, snapped, snap(net, spots(s=(100, 0)).geometry), cutoff=10)
    assert [label for block in reach.blocks() for label in block.origins] == ["a", "far", "b"]
    assert "far" not in pd.concat([block.table() for block in reach.blocks()])["origin"].tolist()


def test_without_any_home_there_is_one_empty_block() -> None:
    net = from_lines(lines(*grid(3)), mode="walk")
    shops = spots(s=(100, 0))
    reach = _street_reach(net, shops.iloc[:0], shops)
    assert [len(block) for block in reach.blocks()] == [0]


def test_pairs_are_positions_in_the_indexes() -> None:
    net = from_lines(lines(*grid(3)), mode="walk")
    costs = _street_reach(net, spots(a=(0, 0), b=(200, 0)), spots(s=(75, 0), t=(150, 0))).costs()
    origin, place, minutes = costs.pairs()
    assert origin.tolist() == [0, 0, 1, 1]
    assert place.tolist() == [0, 1, 1, 0]
    assert minutes.tolist() == pytest.approx([1, 2, 50 / 75, 125 / 75], abs=1e-4)
