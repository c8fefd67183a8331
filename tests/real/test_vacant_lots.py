"""Baltimore's vacant row-house lots become sites: how long it takes, and what may be built on."""

from time import perf_counter

import geopandas as gpd
import pytest
import shapely

from siting.base.layers import Assemble
from siting.parcels.sites import assemble
from tests.shared_data import shared

LOT_MAX_M2 = 1000.0


@pytest.fixture(scope="module")
def vacant() -> gpd.GeoDataFrame:
    raw = gpd.read_file(shared("data/baltimore") / "vacant_building_parcels_2019.gpkg").to_crs("EPSG:2804")
    ids = [f"V{number:05d}" for number in range(1, len(raw) + 1)]
    columns = {"id": ids, "kind": "conversion", "name": raw["address"].tolist()}
    return gpd.GeoDataFrame(columns, geometry=raw.geometry.to_numpy(), index=ids, crs=raw.crs)


def test_16_702_lots_make_sites_within_seconds(vacant: gpd.GeoDataFrame) -> None:
    assert len(vacant) == 16_702
    start = perf_counter()
    sites, members = assemble(vacant, Assemble(gap_m=0.5, lot_max_m2=LOT_MAX_M2))
    assert perf_counter() - start < 10
    assert (len(sites), len(members)) == (3082, 9359)
    assert sites["lots"].max() == 20
    assert sites.area.max() == pytest.approx(2781, abs=1)


def test_the_land_is_that_of_the_lots(vacant: gpd.GeoDataFrame) -> None:
    sites, members = assemble(vacant, Assemble(gap_m=0.5, lot_max_m2=LOT_MAX_M2))
    inside = vacant.loc[members["lot"]]
    assert sites.area.sum() == pytest.approx(shapely.union_all(inside.geometry.to_numpy()).area, rel=1e-6)
    assert (inside.area <= LOT_MAX_M2).all()


def test_across_an_alley_sites_grow_but_not_beyond_their_bound(vacant: gpd.GeoDataFrame) -> None:
    free, _ = assemble(vacant, Assemble(gap_m=8, lot_max_m2=LOT_MAX_M2))
    bound, members = assemble(vacant, Assemble(gap_m=8, lot_max_m2=LOT_MAX_M2, site_max_m2=2000))
    assert (len(free), free["lots"].max()) == (2681, 46)
    assert free.area.max() == pytest.approx(5654, abs=1)
    assert bound.area.max() <= 2000
    assert len(bound) > len(free)
    assert members["lot"].is_unique


def test_the_order_of_the_file_changes_nothing(vacant: gpd.GeoDataFrame) -> None:
    rule = Assemble(gap_m=8, lot_max_m2=LOT_MAX_M2, site_max_m2=2000)
    _, members = assemble(vacant, rule)
    _, again = assemble(vacant.sample(frac=1, random_state=1), rule)
    assert members.equals(again)
