"""Which unit a parcel belongs to, and how many homes it holds."""

import geopandas as gpd
import pandas as pd
import pytest

from siting.parcels import unit_of
from siting.parcels.capacity import homes
from tests.towns import plots


def units(**bounds: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    """Return units of an id, named after it."""
    drawn = plots(**bounds)
    return drawn.assign(id=drawn.index, name=[f"团场{unit}" for unit in drawn.index]).reset_index(drop=True)


WEST_EAST = units(U1=(0, 0, 100, 100), U2=(100, 0, 200, 100))


@pytest.mark.parametrize(
    ("bounds", "unit"),
    [
        ((10, 10, 20, 20), "U1"),
        ((90, 10, 120, 20), "U2"),
        ((90, 10, 110, 20), "U1"),
        ((200, 10, 300, 20), ""),
        ((500, 500, 600, 600), ""),
    ],
    ids=["inside", "larger share", "a tie goes to the first id", "touching only", "apart"],
)
def test_a_parcel_belongs_where_most_of_it_lies(bounds: tuple[float, float, float, float], unit: str) -> None:
    for order in (WEST_EAST, WEST_EAST.iloc[::-1]):
        assert unit_of(plots(A=bounds), order).to_dict() == {"A": unit}


@pytest.mark.parametrize(("written", "unit"), [("U2", "U2"), ("团场U2", "U2"), ("", "U1"), ("别处", "别处")])
def test_a_parcel_s_own_unit_comes_first_by_id_or_by_name(written: str, unit: str) -> None:
    parcel = plots(A=(10, 10, 20, 20)).assign(unit=[written])
    assert unit_of(parcel, WEST_EAST).to_dict() == {"A": unit}


def test_without_units_a_parcel_keeps_its_own() -> None:
    parcels = plots(A=(0, 0, 9, 9), B=(0, 0, 9, 9)).assign(unit=["一团", ""])
    assert unit_of(parcels, None).to_dict() == {"A": "一团", "B": ""}


def land(**columns: object) -> gpd.GeoDataFrame:
    """Return one parcel of a hectare."""
    return plots(A=(0, 0, 100, 100)).assign(**({"kind": ["land"]} | columns))


def count(parcel: gpd.GeoDataFrame, far: float | None = 1.2, size: float | None = 100) -> float | None:
    """Return the homes of the one parcel, None where they are unknown."""
    found = homes(parcel, far=far, mean_home_m2=size).iloc[0]
    return None if pd.isna(found) else found


def test_homes_are_floor_area_by_mean_size_in_whole_homes() -> None:
    assert count(land()) == 120
    assert count(land(), size=130) == 92


def test_a_whole_number_of_homes_is_not_lost_to_the_last_bit() -> None:
    assert count(land(), far=0.3, size=0.1 * 10) == 3000
    assert count(land(), far=0.7, size=70.0) == 100


def test_a_parcel_s_own_ratio_and_its_own_count_come_first() -> None:
    assert count(land(far=[2.0])) == 200
    assert count(land(far=[2.0], homes=[33.0])) == 33
    assert count(land(homes=[0.0])) == 0


def test_existing_homes_are_counted_and_never_computed() -> None:
    assert count(land(kind=["stock"])) is None
    assert count(land(kind=["stock"], homes=[18.0])) == 18


@pytest.mark.parametrize(("far", "size"), [(None, 100), (1.2, None), (None, None)])
def test_nothing_is_assumed_where_a_number_is_lacking(far: float | None, size: float | None) -> None:
    assert count(land(), far=far, size=size) is None
