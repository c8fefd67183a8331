"""Travel times in drawn towns, each sum done on paper."""

import numpy as np
import pandas as pd
import pytest

from siting.base.errors import CutoffError
from siting.network import StreetReach, accumulate, from_lines, nearest, snap, travel_costs
from tests.towns import block, grid, minutes, plots, spots, streets

ROAD = from_lines(streets([(0, 0), (1500, 0)]), mode="walk")
ROUND = from_lines(block(oneway=["forward"] * 4), mode="drive")
SOUTH = from_lines(block(oneway=["forward", "both", "both", "both"]), mode="drive")


def test_walking_time_is_street_and_both_legs() -> None:
    costs = travel_costs(ROAD, plots(field=(0, 75, 10, 90)), spots(school=(760, 150)))
    # 75 m to the street, 750 m along it, 150 m to the school at 75 m a minute
    assert minutes(costs)["field", "school"] == pytest.approx(1 + 10 + 2, abs=1e-4)


def test_the_leg_of_a_drive_is_at_ten_kilometres_an_hour() -> None:
    costs = travel_costs(SOUTH, spots(home=(0, 500)), spots(shop=(1500, 500)))
    # 500 m south, 1000 m with the arrow, 500 m north at 20 km/h: 6 min; then 500 m at 10 km/h: 3 min
    assert minutes(costs)["home", "shop"] == pytest.approx(6 + 3, abs=1e-4)


def test_origin_and_place_on_one_street_go_straight_along_it_both_ways() -> None:
    costs = travel_costs(ROAD, spots(a=(100, 0), b=(850, 0)), spots(p=(475, 0)))
    assert minutes(costs) == {("a", "p"): 5, ("b", "p"): 5}


def test_against_a_one_way_street_the_way_leads_around_the_block() -> None:
    costs = travel_costs(ROUND, spots(a=(250, 0), b=(750, 0)), spots(p=(500, 0)))
    # 250 m with the arrow are 0.75 min; against it 4000 - 250 m are 11.25 min
    assert minutes(costs) == pytest.approx({("a", "p"): 0.75, ("b", "p"): 11.25}, abs=1e-4)


def test_from_is_the_way_back() -> None:
    costs = travel_costs(ROUND, spots(a=(250, 0)), spots(p=(500, 0)), direction="from")
    assert minutes(costs) == pytest.approx({("a", "p"): 11.25}, abs=1e-4)


@pytest.mark.parametrize("home", ["sw", "se", "ne", "nw"])
def test_from_a_corner_every_street_of_it_may_be_left_by(home: str) -> None:
    corners = {"sw": (0, 0), "se": (1000, 0), "ne": (1000, 1000), "nw": (0, 1000)}
    steps = {"sw": [0, 3, 6, 3], "se": [9, 0, 3, 6], "ne": [6, 3, 0, 3], "nw": [3, 6, 3, 0]}
    costs = travel_costs(SOUTH, spots(**{home: corners[home]}), spots(**corners))
    assert minutes(costs) == pytest.approx(dict(zip([(home, c) for c in corners], steps[home], strict=True)))


def test_at_one_and_the_same_spot_the_time_is_nought_and_the_pair_is_there() -> None:
    costs = travel_costs(ROUND, spots(a=(250, 0)), spots(p=(250, 0)), cutoff=5)
    assert minutes(costs) == {("a", "p"): 0}
    assert costs.sum_at_origins(pd.Series({"p": 7.0}), np.ones_like, 0).tolist() == [7]


def test_around_a_closed_loop_the_shorter_side_is_taken() -> None:
    ring = from_lines(streets([(0, 0), (750, 0), (750, 750), (0, 750), (0, 0)]), mode="walk")
    costs = travel_costs(ring, spots(a=(75, 0)), spots(p=(0, 75), q=(675, 0)))
    assert minutes(costs) == pytest.approx({("a", "p"): 2, ("a", "q"): 8}, abs=1e-4)


def test_of_two_parallel_streets_the_quicker_is_taken() -> None:
    town = streets([(0, 0), (1000, 0)], [(0, 0), (500, 100), (1000, 0)], speed_kmh=[10.0, 60.0])
    costs = travel_costs(from_lines(town, mode="drive"), spots(a=(0, 0)), spots(p=(1000, 0)))
    assert minutes(costs)["a", "p"] == pytest.approx(2 * np.hypot(500, 100) / 1000, abs=1e-4)


def test_unsnapped_and_disconnected_rows_have_no_pair_but_stand_in_the_sums() -> None:
    town = from_lines(streets(*grid(15), [(5000, 0), (5100, 0)]), mode="walk")
    homes = spots(home=(0, 0), stray=(5050, 0), far=(9000, 0))
    costs = travel_costs(town, homes, spots(shop=(75, 0)), snap_m=300)
    assert minutes(costs) == {("home", "shop"): 1}
    sums = accumulate(town, homes, spots(shop=(75, 0)), pd.Series({"shop": 3.0}), cutoffs=[5], snap_m=300)
    assert sums[5].to_dict() == {"home": 3, "stray": 0, "far": 0}


def test_a_place_that_nobody_reaches_makes_no_pair_and_no_error() -> None:
    far = spots(p=(9000, 0))
    assert travel_costs(ROAD, spots(a=(0, 0)), far, snap_m=300).table().empty
    assert nearest(ROAD, spots(a=(0, 0)), far, snap_m=300).empty


def test_no_origins_and_no_places_are_answered_with_nothing() -> None:
    none = spots(a=(0, 0)).iloc[:0]
    assert travel_costs(ROAD, none, spots(p=(0, 0))).table().empty
    assert travel_costs(ROAD, spots(a=(0, 0)), none).table().empty


@pytest.mark.parametrize("cutoff", [8.2, 16.4, 2.01, 2.03, 10.0])
def test_a_trip_of_exactly_the_cutoff_counts(cutoff: float) -> None:
    places = spots(p=(cutoff * 75, 0), q=(cutoff * 75 + 1, 0))
    assert list(minutes(travel_costs(ROAD, spots(a=(0, 0)), places, cutoff=cutoff))) == [("a", "p")]
    sums = accumulate(ROAD, spots(a=(0, 0)), places, pd.Series({"p": 1.0, "q": 10.0}), cutoffs=[cutoff])
    assert sums[cutoff].tolist() == [1]


def test_equally_near_places_are_taken_in_their_order() -> None:
    for names in (("p", "q"), ("q", "p")):
        places = spots(**dict(zip(names, [(750, 0), (1500, 0)], strict=True)))
        found = nearest(ROAD, spots(a=(1125, 0)), places)
        assert found["place"].tolist() == [names[0]]
        swapped = nearest(ROAD, spots(a=(1125, 0)), places.iloc[::-1])
        assert swapped["place"].tolist() == [names[1]]


def test_the_second_nearest_has_rank_two() -> None:
    found = nearest(ROAD, spots(a=(0, 0)), spots(p=(1500, 0), q=(750, 0), r=(75, 0)), k=2)
    assert found.to_dict("list") == {"origin": ["a", "a"], "rank": [1, 2], "place": ["r", "q"], "minutes": [1, 10]}


def test_amounts_within_each_cutoff_stand_in_a_column_of_its_own() -> None:
    sums = accumulate(
        ROAD, spots(a=(0, 0)), spots(p=(75, 0), q=(750, 0)), pd.Series({"q": 20.0, "p": 3.0}), cutoffs=[1, 10]
    )
    assert sums.to_dict() == {1: {"a": 3}, 10: {"a": 23}}


def test_a_decay_weighs_the_amounts_by_minutes() -> None:
    sums = accumulate(
        ROAD, spots(a=(0, 0)), spots(q=(750, 0)), pd.Series({"q": 20.0}), cutoffs=[10], decay=lambda t: 1 - t / 20
    )
    assert sums[10].tolist() == [10]


def test_questions_that_cannot_be_meant_are_refused_by_what_is_wrong() -> None:
    home, shops = spots(a=(0, 0)), spots(p=(75, 0))
    for cutoff in (-1.0, float("nan")):
        with pytest.raises(ValueError, match="cutoff"):
            travel_costs(ROAD, home, shops, cutoff=cutoff)
    assert len(travel_costs(ROAD, home, shops, cutoff=float("inf"))) == 1
    with pytest.raises(ValueError, match="k must"):
        nearest(ROAD, home, shops, k=0)
    with pytest.raises(ValueError, match="cutoffs is empty"):
        accumulate(ROAD, home, shops, pd.Series({"p": 1.0}), cutoffs=[])
    with pytest.raises(ValueError, match="origins has repeated labels: a"):
        nearest(ROAD, pd.concat([home, home]), shops)


def test_a_question_beyond_the_cutoff_is_refused() -> None:
    snaps = [snap(ROAD, each.geometry) for each in (spots(a=(0, 0)), spots(p=(75, 0)))]
    reach = StreetReach(ROAD, *snaps, cutoff=10)
    with pytest.raises(CutoffError):
        reach.sum_at_origins(pd.Series({"p": 1.0}), np.ones_like, 11)
    with pytest.raises(CutoffError):
        reach.sum_at_places(pd.Series({"a": 1.0}), np.ones_like, None)


def test_an_amount_that_is_missing_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="q"):
        accumulate(ROAD, spots(a=(0, 0)), spots(p=(0, 0), q=(75, 0)), pd.Series({"p": 1.0}), cutoffs=[5])


def test_a_plot_that_several_streets_cross_is_left_by_the_best_of_them() -> None:
    west_east = [(0, 0), (1000, 0), (2000, 0)]
    north = [(1000, 0), (1000, 1000)]
    far_round = [(2000, 0), (2000, 3000), (1000, 3000), (1000, 1000)]
    net = from_lines(streets(west_east, north, far_round), mode="walk")
    # the plot's boundary meets the long way round at its north edge and the street below at its south edge
    home = plots(home=(1950, -50, 2050, 50))
    costs = travel_costs(net, home, spots(school=(0, 0), hill=(2000, 3000)))
    # 2000 m less 50 to 100 m west of the plot; 3000 m less 50 m north of it: neither crosses the plot
    assert minutes(costs)["home", "school"] == pytest.approx(1950 / 75, abs=0.01)
    assert minutes(costs)["home", "hill"] == pytest.approx(2950 / 75, abs=0.01)
