"""What joining parcels to the utilities costs: a street on paper, then properties.

One straight street of 1000 m; parcels are squares whose south edge lies 10 m north of it, sources stand on it.
"""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.base.settings import UtilityBlock
from siting.indicators.utilities import (
    connections,
    joint_cost,
    road_access,
    utility_cost,
    utility_problems,
    utility_reasons,
)
from siting.network import Network, from_lines, snap
from tests.towns import CRS, XY, grid, plots, spots, streets

STREET = from_lines(
    streets(*([(x, 0.0), (x + 100.0, 0.0)] for x in range(0, 1000, 100))).assign(**{"class": "local"}), mode="walk"
)


def squares(**west: float) -> gpd.GeoDataFrame:
    """Return parcels that meet the street at one corner of their south edge: triangles with the tip at x."""
    tips = [shapely.Polygon([(x, 10), (x + 20, 60), (x - 20, 60)]) for x in west.values()]
    return gpd.GeoDataFrame(geometry=tips, index=list(west), crs=CRS)


def block(**written: Any) -> UtilityBlock:
    return UtilityBlock(**({"layer": "utilities", "free_m": 100.0, "max_m": 800.0, "unit_price": 1000.0} | written))


def joined(
    parcels: gpd.GeoDataFrame,
    sources: gpd.GeoDataFrame,
    rule: UtilityBlock,
    *,
    net: Network = STREET,
    homes: object = 10.0,
    **more: Any,
) -> pd.DataFrame:
    found = snap(net, parcels.geometry, limit_m=300)
    return connections(
        net, found, sources, rule, homes=pd.Series(homes, parcels.index, dtype=float), snap_m=300, **more
    )


def together(
    parcels: gpd.GeoDataFrame,
    sources: gpd.GeoDataFrame,
    rule: UtilityBlock,
    homes: object = 10.0,
    net: Network = STREET,
) -> Any:
    found = snap(net, parcels.geometry, limit_m=300)
    return joint_cost(net, found, sources, rule, homes=pd.Series(homes, parcels.index, dtype=float), snap_m=300)


def test_the_length_is_the_way_along_the_street_with_both_straight_legs() -> None:
    row = joined(squares(A=350), spots(W=(0, 5)), block()).loc["A"]
    assert (row["length_m"], row["charged_m"], row["public_cost_yuan"]) == (365, 265, 265_000)
    assert (row["source"], row["status"], row["ready"]) == ("W", "ok", True)


def test_the_nearer_source_is_taken_and_of_equally_near_ones_the_first_id() -> None:
    sources = spots(E=(1000, 0), W=(0, 0))
    assert joined(squares(A=350, B=700, C=500), sources, block())["source"].to_dict() == {"A": "W", "B": "E", "C": "E"}
    assert joined(squares(C=500), sources.iloc[::-1], block())["source"].to_dict() == {"C": "E"}


def test_pipes_lie_in_one_way_streets_whichever_way_these_are_driven() -> None:
    road = streets([(0.0, 0.0), (500.0, 0.0)], [(500.0, 0.0), (500.0, 500.0)], [(500.0, 500.0), (0.0, 0.0)])
    net = from_lines(road.assign(**{"class": "local", "drive": "forward"}), mode="drive")
    assert joined(squares(A=350), spots(W=(0, 0)), block(), net=net).loc["A", "length_m"] == pytest.approx(360)


def test_a_parcel_within_the_free_metres_costs_nothing() -> None:
    assert joined(squares(A=50), spots(W=(0, 0)), block()).loc["A", "public_cost_yuan"] == 0


def test_a_parcel_beyond_the_greatest_length_has_a_length_and_no_cost() -> None:
    row = joined(squares(A=900), spots(W=(0, 0)), block()).loc["A"]
    assert (row["length_m"], row["status"]) == (910, "too_far")
    assert np.isnan(row["public_cost_yuan"])


def test_a_main_is_tapped_where_it_passes() -> None:
    main = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, -4), (400, -4)])], index=["M"], crs=CRS)
    table = joined(squares(A=350, B=600), main, block())
    assert table["length_m"].to_dict() == {"A": pytest.approx(14), "B": pytest.approx(214)}


def test_a_source_without_enough_headroom_is_passed_by() -> None:
    sources = spots(W=(0, 0), E=(1000, 0)).assign(capacity=[15.0, 100.0])
    table = joined(squares(A=350, B=340, C=330), sources, block(demand_per_home=1.0), homes=[10, 20, 200])
    assert table["source"].to_dict() == {"A": "W", "B": "E", "C": ""}
    assert table["headroom_left"].iloc[:2].tolist() == [5, 80]
    assert table["status"].to_dict() == {"A": "ok", "B": "ok", "C": "no_headroom"}
    assert table.loc["B", "length_m"] == 670
    assert np.isnan(table.loc["C", "length_m"])


def test_headroom_that_is_not_written_is_not_checked_and_is_told() -> None:
    sources = spots(W=(0, 0), F=(0, 9000)).assign(capacity=[np.nan, 5.0])
    row = joined(squares(A=350), sources, block(demand_per_home=1.0), homes=[500]).loc["A"]
    assert (row["source"], row["status"]) == ("W", "ok")
    assert np.isnan(row["headroom_left"])
    told = utility_problems(STREET, sources, block(demand_per_home=1.0), name="water", file="u.csv", snap_m=300)
    assert [(p.code, p.values["ids"]) for p in told] == [
        ("utility_far_from_street", "F"),
        ("utility_headroom_unknown", "W"),
    ]
    assert all(p.line("zh") and p.line("en") for p in told)


def test_a_source_that_serves_later_than_the_homes_is_not_ready() -> None:
    sources = spots(W=(0, 0)).assign(ready_date=["2027-06-01"])
    days = pd.Series(pd.to_datetime(["2027-05-31", "2027-06-01", None]), index=["A", "B", "C"])
    table = joined(squares(A=350, B=360, C=370), sources, block(), homes_ready=days)
    assert table["status"].to_dict() == {"A": "not_ready", "B": "ok", "C": "ok"}
    assert table["ready"].tolist() == [False, True, pd.NA]
    assert table.loc["A", "public_cost_yuan"] == 260_000


def test_every_parcel_has_a_status_also_without_street_or_source() -> None:
    road = streets([(0.0, 0.0), (500.0, 0.0)], [(0.0, 3000.0), (500.0, 3000.0)])
    net = from_lines(road.assign(**{"class": "local"}), mode="walk")
    parcels = plots(A=(10, 10, 20, 20), island=(10, 3010, 20, 3020), field=(9000, 0, 9100, 100))
    table = joined(parcels, spots(W=(0, 0)), block(), net=net)
    assert table["status"].to_dict() == {"A": "ok", "island": "none", "field": "unsnapped"}
    nothing = joined(parcels, spots(W=(0, 0)).iloc[:0], block(), net=net)
    assert nothing["status"].to_dict() == {"A": "none", "island": "none", "field": "unsnapped"}


def test_no_pipe_goes_through_a_parcel() -> None:
    lines = [[(0.0, 0.0), (400.0, 0.0)], [(400.0, 0.0), (400.0, 100.0)], [(400.0, 100.0), (0.0, 100.0)]]
    net = from_lines(streets(*lines).assign(**{"class": "local"}), mode="walk")
    tips = [[(50, 0), (70, 50), (50, 100), (30, 50)], [(20, 100), (30, 120), (10, 120)]]
    parcels = gpd.GeoDataFrame(geometry=[shapely.Polygon(each) for each in tips], index=["bridge", "north"], crs=CRS)
    table = joined(parcels, spots(W=(0, 0)), block(max_m=2000), net=net)
    assert table["length_m"].to_dict() == {"bridge": 50, "north": 880}


def test_a_road_as_a_utility_is_the_way_to_the_nearest_street() -> None:
    parcels = plots(A=(0, 60, 10, 70), B=(0, 290, 10, 299), far=(0, 900, 9, 909))
    table = road_access(snap(STREET, parcels.geometry, limit_m=300), block(free_m=50, max_m=200))
    assert table["status"].to_dict() == {"A": "ok", "B": "too_far", "far": "unsnapped"}
    assert table.loc["A", "public_cost_yuan"] == 10_000


def test_the_cost_adds_up_what_a_parcel_must_have_and_is_empty_where_one_is_out_of_reach() -> None:
    parcels = squares(A=350, B=900)
    blocks = {"water": block(), "heat": block(max_m=2000), "gas": block(need="should", max_m=10)}
    tables = {kind: joined(parcels, spots(W=(0, 0)), rule) for kind, rule in blocks.items()}
    cost = utility_cost(tables, blocks)
    assert cost["public_cost_yuan"].iloc[0] == 520_000
    assert np.isnan(cost.loc["B", "public_cost_yuan"])
    assert cost.loc["B", "public_cost_yuan_heat"] == 810_000
    reasons = utility_reasons("water", tables["water"], blocks["water"])
    assert {parcel: reason.short for parcel, reason in reasons.items()} == {"B": "utility:water too_far 910 m"}
    assert "910" in reasons["B"].sentences["zh"]


def test_a_parcel_at_just_the_greatest_length_is_joined_alone_and_together() -> None:
    rule = block(free_m=0, max_m=310)
    assert joined(squares(A=300), spots(W=(0, 0)), rule).loc["A", "status"] == "ok"
    assert together(squares(A=300), spots(W=(0, 0)), rule).public_cost_yuan == 310_000
    assert together(squares(A=300), spots(W=(0, 0)), block(free_m=0, max_m=309.9)).trench_m == 0


def test_nobody_chosen_is_no_trench() -> None:
    found = together(squares(A=300).iloc[:0], spots(W=(0, 0)), block(free_m=0), homes=[])
    assert (found.trench_m, found.public_cost_yuan, len(found.table)) == (0, 0, 0)


def test_a_shared_trench_is_paid_once_and_shared_by_homes() -> None:
    found = together(squares(A=300, B=500), spots(W=(0, 0)), block(free_m=0), homes=[10, 30])
    # 300 m are shared 1 : 3, the last 200 m and both legs of 10 m are each parcel's own
    assert (found.trench_m, found.public_cost_yuan) == (pytest.approx(520), 520_000)
    assert found.table["public_cost_yuan"].to_dict() == {"A": 85_000, "B": 435_000}


def test_the_free_metres_of_a_parcel_are_those_next_to_it() -> None:
    found = together(squares(A=300, B=500), spots(W=(0, 0)), block(free_m=100), homes=[10, 10])
    # A pays up to 210 m from the source, B up to 410 m
    assert found.table["trench_m"].to_dict() == {"A": 105, "B": 305}
    assert found.public_cost_yuan == 410_000


def test_a_parcel_alone_pays_what_it_pays_together_with_nobody() -> None:
    parcels, sources = squares(A=350), spots(W=(0, 5))
    assert (
        together(parcels, sources, block()).public_cost_yuan
        == joined(parcels, sources, block()).loc["A", "public_cost_yuan"]
    )


def test_headroom_is_taken_in_the_order_of_ids() -> None:
    sources = spots(W=(0, 0), E=(1000, 0)).assign(capacity=[15.0, 10.0])
    found = together(squares(C=330, A=300, B=400), sources, block(demand_per_home=1.0))
    assert found.table["source"].to_dict() == {"C": "", "A": "W", "B": "E"}
    assert found.table["status"].to_dict() == {"C": "no_headroom", "A": "ok", "B": "ok"}
    assert found.table["headroom_left"].iloc[1:].tolist() == [5, 0]


def test_homes_that_are_unknown_cannot_share() -> None:
    with pytest.raises(ValueError, match="above 0: A"):
        together(squares(A=300), spots(W=(0, 0)), block(), homes=[np.nan])


TOWN = from_lines(streets(*grid(6)).assign(**{"class": "local"}), mode="walk")
PLACES = st.lists(st.tuples(st.integers(0, 499), st.integers(0, 499)), min_size=1, max_size=6, unique=True)


def dots(places: list[XY], name: str) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=shapely.points(places), index=[f"{name}{i}" for i in range(len(places))], crs=CRS)


@settings(deadline=None, max_examples=60)
@given(PLACES, PLACES, st.sampled_from([0.0, 80.0]), st.randoms(use_true_random=False))
def test_together_is_never_dearer_than_each_alone_and_the_shares_are_the_total(
    parcels: Any, sources: Any, free: float, chance: Any
) -> None:
    rule, homes = block(free_m=free, max_m=5000.0), [float(chance.randint(1, 99)) for _ in parcels]
    plot, source = dots(parcels, "p"), dots(sources, "s")
    alone, found = joined(plot, source, rule, net=TOWN, homes=homes), together(plot, source, rule, homes, net=TOWN)
    fen = np.rint(found.table["public_cost_yuan"] * 100)
    assert fen.sum() == round(found.public_cost_yuan * 100)
    assert found.public_cost_yuan == pytest.approx(found.trench_m * rule.unit_price, abs=0.011)
    assert (found.table["public_cost_yuan"] <= alone["public_cost_yuan"] + 0.02).all()
    assert found.table["length_m"].equals(alone["length_m"])
    order = chance.sample(range(len(plot)), len(plot))
    turned = together(plot.iloc[order], source.iloc[::-1], rule, [homes[i] for i in order], net=TOWN)
    assert turned.table.loc[plot.index].equals(found.table)
