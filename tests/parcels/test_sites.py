"""Neighbouring small lots become sites: drawn rows of lots, then any lots in any order."""

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.base.layers import Assemble
from siting.parcels.sites import assemble, check_sites, in_site
from tests.towns import plots


def lots(bounds: dict[str, tuple[float, float, float, float]], **columns: list) -> gpd.GeoDataFrame:
    """Return rectangles as lots of land, with further columns."""
    table = plots(**bounds)
    return table.assign(id=table.index, kind="land", **columns)


def row(*gaps: float, **columns: list) -> gpd.GeoDataFrame:
    """Return a row of lots of 10 x 10 m, A, B, C …, with so many metres between one and the next."""
    west = np.cumsum([0, *(10 + gap for gap in gaps)])
    return lots({chr(65 + i): (x, 0, x + 10, 10) for i, x in enumerate(west.tolist())}, **columns)


def made(parcels: gpd.GeoDataFrame, **rule: object) -> dict[str, list[str]]:
    """Return the lots of each site."""
    _, members = assemble(parcels, Assemble.model_validate({"gap_m": 2, **rule}))
    return members.groupby("site", sort=False)["lot"].apply(list).to_dict()


def test_lots_at_most_the_gap_apart_make_a_site_and_others_stay_alone() -> None:
    assert made(row(0, 2, 2.01)) == {"A+3": ["A", "B", "C"]}
    assert made(row(3, 3)) == {}


def test_touching_is_enough_for_a_gap_of_nothing() -> None:
    assert made(row(0, 0.01, 0), gap_m=0) == {"A+2": ["A", "B"], "C+2": ["C", "D"]}


def test_neighbours_of_neighbours_belong_together() -> None:
    assert made(row(1, 1, 1, 1)) == {"A+5": list("ABCDE")}


def test_the_land_of_a_site_is_that_of_its_lots_and_nothing_between() -> None:
    sites, _ = assemble(row(0, 2), Assemble(gap_m=2))
    assert sites.geometry["A+3"].equals(shapely.MultiPolygon([shapely.box(0, 0, 20, 10), shapely.box(22, 0, 32, 10)]))
    assert sites.area["A+3"] == 300
    assert sites.loc["A+3", ["id", "kind", "lots"]].tolist() == ["A+3", "land", 3]


def test_lots_on_one_another_count_once() -> None:
    sites, _ = assemble(lots({"A": (0, 0, 10, 10), "B": (5, 0, 15, 10)}), Assemble(gap_m=0))
    assert sites.area.tolist() == [150]


def test_only_small_lots_are_assembled_and_one_of_just_the_bound_is_small() -> None:
    assert made(row(0, 0), lot_max_m2=100) == {"A+3": list("ABC")}
    assert made(row(0, 0), lot_max_m2=99) == {}


def test_lots_must_agree_where_the_rule_says_so_and_an_empty_cell_agrees_with_nothing() -> None:
    table = row(0, 0, 0, 0, origin=["x", "x", "y", "", ""])
    assert made(table, same=["origin"]) == {"A+2": ["A", "B"]}
    assert made(table) == {"A+5": list("ABCDE")}


def test_a_column_that_the_parcels_do_not_have_is_refused_and_nothing_is_assembled() -> None:
    table, rule = row(0), Assemble(gap_m=2, same=("owner",))
    sites, members = assemble(table, rule)
    assert members.empty
    [problem] = check_sites(table, sites, members, rule, "p.csv")
    assert (problem.code, problem.found, problem.expected, problem.level) == (
        ("no_same_column", "owner", "id, kind", "refuse")
    )


def test_a_lot_that_differs_parts_its_neighbours() -> None:
    assert made(row(0, 0, 0, 0, origin=list("xxyxx")), same=["origin"]) == {"A+2": ["A", "B"], "D+2": ["D", "E"]}


def test_existing_homes_and_land_never_make_one_site() -> None:
    assert made(row(0, 0).assign(kind=["land", "stock", "stock"])) == {"B+2": ["B", "C"]}


def test_a_site_that_would_be_too_large_is_grown_from_the_smallest_id_one_after_the_other() -> None:
    assert made(row(0, 0, 0, 0), site_max_m2=200) == {"A+2": ["A", "B"], "C+2": ["C", "D"]}
    assert made(row(0, 0, 0, 0), site_max_m2=300) == {"A+3": ["A", "B", "C"], "D+2": ["D", "E"]}
    assert made(row(0, 0, 0, 0), site_max_m2=500) == {"A+5": list("ABCDE")}
    assert made(row(0, 0, 0, 0), site_max_m2=199) == {}


def test_the_nearest_lot_comes_first_then_the_smallest_id() -> None:
    near = lots({"A": (0, 0, 10, 10), "B": (12, 0, 22, 10), "C": (-11, 0, -1, 10), "D": (0, 11, 10, 21)})
    assert made(near, site_max_m2=200) == {"A+2": ["A", "C"]}
    assert made(near, site_max_m2=300) == {"A+3": ["A", "C", "D"]}


def test_a_lot_that_does_not_fit_is_passed_over_for_one_that_does() -> None:
    table = lots({"A": (0, 0, 10, 10), "B": (10, 0, 30, 10), "C": (0, 10, 10, 20)})
    assert made(table, site_max_m2=200) == {"A+2": ["A", "C"]}


def test_a_lot_larger_than_any_site_may_be_stays_alone() -> None:
    assert made(lots({"A": (0, 0, 10, 10), "B": (10, 0, 100, 10), "C": (0, 10, 10, 20)}), site_max_m2=300) == {
        "A+2": ["A", "C"]
    }


def test_what_adds_up_adds_up_and_ratios_are_weighted_by_area() -> None:
    table = lots({"A": (0, 0, 10, 10), "B": (10, 0, 40, 10)}, homes=[3.0, 5.0], far=[2.0, 1.0], area_mu=[0.15, 0.45])
    site = assemble(table, Assemble(gap_m=0))[0].loc["A+2"]
    assert site[["homes", "far", "area_mu"]].tolist() == [8, 1.25, pytest.approx(0.6)]


def test_one_lot_without_a_number_leaves_the_site_without_it() -> None:
    table = row(0, homes=[3.0, np.nan], far=[np.nan, 1.0], storeys=[6.0, np.nan])
    assert assemble(table, Assemble(gap_m=0))[0].loc["A+2", ["homes", "far", "storeys"]].isna().all()


def test_words_stand_where_all_lots_agree_and_are_told_where_they_do_not() -> None:
    table = row(0, name=["东", "西"], unit=["戈北镇", "戈北镇"], origin=["idle_land", ""], storeys=[6.0, 6.0])
    rule = Assemble(gap_m=0)
    sites, members = assemble(table, rule)
    assert sites.loc["A+2", ["name", "unit", "origin", "storeys"]].tolist() == ["", "戈北镇", "", 6.0]
    problems = check_sites(table, sites, members, rule, "p.csv")
    assert [(each.code, each.found, each.expected, each.level) for each in problems] == [
        ("lots_disagree", "1", "name", "note"),
        ("lots_disagree", "1", "origin", "note"),
    ]


def test_small_lots_that_cannot_be_compared_are_told() -> None:
    table, rule = row(0, 0, origin=["x", "x", ""]), Assemble(gap_m=0, same=("origin",))
    [problem] = check_sites(table, *assemble(table, rule), rule, "p.csv")
    assert (problem.code, problem.found, problem.expected, problem.level) == ("cannot_agree", "1", "origin", "warn")


def test_a_site_has_the_documents_that_every_lot_has() -> None:
    table = row(0, documents=["净地证明；规划条件", "规划条件、土壤污染状况调查报告"])
    assert assemble(table, Assemble(gap_m=0))[0]["documents"].tolist() == ["规划条件"]


def test_the_name_of_a_site_is_never_that_of_a_parcel() -> None:
    table = lots({"A": (0, 0, 10, 10), "B": (10, 0, 20, 10), "A+2": (90, 0, 99, 10), "A+2+": (190, 0, 199, 10)})
    assert made(table) == {"A+2++": ["A", "B"]}


def test_without_neighbours_or_lots_there_are_no_sites() -> None:
    for table in (row(50), row(0).iloc[:0]):
        sites, members = assemble(table, Assemble(gap_m=2))
        assert sites.empty
        assert members.columns.tolist() == ["lot", "site"]
        assert check_sites(table, sites, members, Assemble(gap_m=2), "p.csv") == []


def test_the_reason_of_a_lot_names_its_site() -> None:
    assert in_site("A+3").short == "in_site:A+3"
    assert in_site("A+3").sentences["zh"] == "已并入地块“A+3”"


def test_the_input_is_not_changed_and_the_crs_is_kept() -> None:
    table = row(0, 0, homes=[1.0, 2.0, 3.0])
    before = table.copy(deep=True)
    sites, _ = assemble(table, Assemble(gap_m=2, site_max_m2=200))
    pd.testing.assert_frame_equal(table, before)
    assert sites.crs == table.crs


CELL = st.tuples(st.integers(0, 6), st.integers(0, 6))
TOWN = st.lists(CELL, min_size=1, max_size=20, unique=True)


def town(cells: list[tuple[int, int]]) -> gpd.GeoDataFrame:
    """Return squares of 8 m on a grid of 10 m: neighbours are 2 m apart, diagonal ones 2.83 m."""
    bounds = {f"L{x}{y}": (10.0 * x, 10.0 * y, 10.0 * x + 8, 10.0 * y + 8) for x, y in cells}
    return lots(bounds, origin=["xy"[(x + y) % 3 == 0] for x, y in cells], homes=[float(x) for x, _ in cells])


@settings(deadline=None)
@given(cells=TOWN, order=st.randoms(use_true_random=False), most=st.sampled_from([None, 64.0, 130.0, 300.0]))
def test_the_order_of_rows_changes_nothing(cells: list, order: object, most: float | None) -> None:
    table = town(cells)
    shuffled = list(table.index)
    order.shuffle(shuffled)
    rule = Assemble(gap_m=2, site_max_m2=most)
    for one, other in zip(assemble(table, rule), assemble(table.loc[shuffled], rule), strict=True):
        pd.testing.assert_frame_equal(pd.DataFrame(one), pd.DataFrame(other))


@settings(deadline=None)
@given(cells=TOWN, gap=st.sampled_from([1.0, 2.0, 3.0]), same=st.sampled_from([(), ("origin",)]))
def test_sites_are_the_pieces_of_the_graph_of_neighbours(cells: list, gap: float, same: tuple[str, ...]) -> None:
    table = town(cells)
    graph = nx.Graph()
    graph.add_nodes_from(table.index)
    for a, b in [(a, b) for a in table.index for b in table.index if a < b]:
        alike = all(table.loc[a, name] == table.loc[b, name] for name in same)
        if alike and table.geometry[a].distance(table.geometry[b]) <= gap:
            graph.add_edge(a, b)
    pieces = sorted(sorted(piece) for piece in nx.connected_components(graph) if len(piece) > 1)
    assert sorted(map(sorted, made(table, gap_m=gap, same=same).values())) == pieces


@settings(deadline=None)
@given(cells=TOWN, most=st.sampled_from([None, 64.0, 130.0, 300.0]))
def test_land_and_homes_are_kept_no_lot_is_in_two_sites_and_none_exceeds_the_bound(cells: list, most: object) -> None:
    table = town(cells)
    sites, members = assemble(table, Assemble(gap_m=2, site_max_m2=most))
    alone = table.drop(index=members["lot"])
    assert sites.area.sum() + alone.area.sum() == pytest.approx(table.area.sum())
    assert sites["homes"].sum() + alone["homes"].sum() == table["homes"].sum()
    assert members["lot"].is_unique
    assert (sites["lots"] >= 2).all()
    assert sites.area.max() <= most if most and len(sites) else True
