"""How many homes a parcel holds: cases on paper, one for each limit, then properties."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.base.block_controls import block_controls
from siting.base.settings import CapacityBlock
from siting.parcels.capacity import LIMITS, capacity, capacity_problems
from siting.parcels.sunlight import far_by_sun
from tests.towns import plots

SLABS = {"storeys": 6, "sun_hours": 3.0, "storey_m": 3.0, "depth_m": 12.0}


def land(side: float = 100.0, **columns: object) -> gpd.GeoDataFrame:
    """Return one parcel, a hectare of bare land where nothing else is said."""
    return plots(A=(0, 0, side, side)).assign(**({"kind": ["land"]} | columns))


def held(parcels: gpd.GeoDataFrame | None = None, latitude: float = 47.36, **written: Any) -> pd.Series:
    """Return the row of the one parcel; a ratio of 2 and homes of 100 m2 where nothing else is said."""
    block = CapacityBlock(**({"far": 2.0, "mean_home_m2": 100.0} | written))
    one = land() if parcels is None else parcels
    return capacity(one, block, latitude=pd.Series(latitude, one.index)).iloc[0]


def short(row: pd.Series) -> list[str]:
    return [reason.short for reason in row["reasons"]]


def test_without_limits_homes_are_floor_area_by_mean_size() -> None:
    row = held()
    assert (row["homes"], row["homes_by_far"], row["far_used"], row["binding"]) == (200, 200, 2.0, "far")
    assert short(row) == []


def test_a_parcel_s_own_ratio_comes_before_that_of_the_settings() -> None:
    assert held(land(far=[1.5]))["homes"] == 150


def test_the_table_of_zone_and_storeys_caps_the_ratio_and_names_its_clause_and_evidence() -> None:
    row = held(climate_zone="VII", storeys=6)
    assert (row["homes"], row["homes_by_far"], row["binding"]) == (140, 200, "controls")
    assert (row["far_controls"], row["far_used"]) == (1.4, 1.4)
    reason = next(each for each in row["reasons"] if each.code == "controls")
    assert reason.short == "controls:far 2.00 > 1.40"
    assert "GB 50180-2018 表4.0.2 (M)" in reason.sentences["zh"]
    assert "GB 50180-2018 表4.0.2 (M)" in reason.sentences["en"]


@pytest.mark.parametrize(
    ("zone", "storeys", "most"),
    [
        ("VII", 3, 1.0),
        ("I", 4, 1.4),
        ("VII", 9, 1.7),
        ("II", 10, 2.6),
        ("VI", 26, 2.9),
        ("III", 18, 2.8),
        ("V", 1, 1.2),
    ],
)
def test_each_zone_has_its_own_maxima(zone: str, storeys: int, most: float) -> None:
    assert held(climate_zone=zone, storeys=storeys)["far_controls"] == most


def test_every_zone_has_rows_without_gaps_for_1_to_26_storeys() -> None:
    for zone in ("I", "II", "III", "IV", "V", "VI", "VII"):
        rows = block_controls(zone)
        covered = [n for row in rows for n in range(row.storeys_min, row.storeys_max + 1)]
        assert covered == list(range(1, 27))
        assert all(row.far_min <= row.far_max and row.evidence == "M" for row in rows)
    assert block_controls("VIII") == ()


def test_storeys_by_density_hold_the_ratio_down() -> None:
    row = held(storeys=6, density_max=0.25)
    assert (row["homes"], row["far_used"], row["binding"]) == (150, 1.5, "density")


def test_the_stricter_of_own_density_and_table_counts() -> None:
    assert held(climate_zone="VII", storeys=6, density_max=0.2)["far_used"] == pytest.approx(1.2)
    assert held(climate_zone="VII", storeys=6, density_max=0.9)["far_used"] == pytest.approx(1.4)


def test_the_winter_sun_caps_the_ratio_and_says_so_with_the_latitude() -> None:
    row = held(**SLABS)
    most = float(far_by_sun(47.36, 6, sun_hours=3, storey_m=3, depth_m=12))
    assert row["far_sun"] == pytest.approx(most)
    assert (row["homes"], row["binding"]) == (int(most * 100), "sun")
    assert short(row) == ["sun:far 2.00 > 1.21 at 47.36"]
    assert "47.36" in row["reasons"][0].sentences["zh"]


def test_the_table_may_be_above_what_the_sun_allows_here_and_both_are_said() -> None:
    row = held(climate_zone="VII", **SLABS, frontage=0.8)
    assert row["far_controls"] == 1.4
    assert row["far_sun"] == pytest.approx(0.97, abs=0.005)
    assert row["binding"] == "sun"
    assert {each.code for each in row["reasons"]} >= {"controls", "sun"}


def test_further_south_the_same_slabs_hold_more() -> None:
    assert held(latitude=30.0, **SLABS)["homes"] > held(latitude=47.36, **SLABS)["homes"]


def test_green_leaves_the_rest_of_the_ground_to_the_buildings() -> None:
    row = held(storeys=2, green_min=0.4)
    assert (row["homes"], row["far_used"], row["binding"]) == (120, 1.2, "green")


def test_parking_on_the_ground_takes_what_footprint_and_green_leave() -> None:
    row = held(far=3.0, storeys=6, green_min=0.3, parking_per_home=1.0, parking_m2=30.0, parking_on_ground=0.5)
    # 1 m2 of floor takes 1/6 m2 of footprint and 1 x 30 x 0.5 / 100 = 0.15 m2 of parking; 0.7 m2 are left
    assert row["far_used"] == pytest.approx(0.7 / (1 / 6 + 0.15))
    assert (row["homes"], row["binding"]) == (221, "parking")
    tight = held(storeys=6, green_min=0.3, parking_per_home=1.0, parking_m2=30.0, parking_on_ground=1.0)
    assert tight["far_used"] == pytest.approx(0.7 / (1 / 6 + 0.3))
    assert (tight["homes"], tight["binding"]) == (150, "parking")
    ground = tight["far_used"] / 6 + 0.3 + tight["far_used"] * 10_000 / 100 * 30 / 10_000
    assert ground == pytest.approx(1)


def test_parking_underground_takes_no_ground() -> None:
    row = held(storeys=6, green_min=0.3, parking_per_home=1.5, parking_m2=30.0, parking_on_ground=0.0)
    assert (row["homes"], row["binding"]) == (200, "far")


def test_storeys_above_the_greatest_height_are_taken_off() -> None:
    row = held(climate_zone="VII", storeys=18, storey_m=3.3, density_max=0.1)
    # 54 m / 3.3 m are 16 storeys
    assert (row["far_used"], row["binding"]) == (pytest.approx(1.6), "density")
    assert "height:storeys 18 > 16" in short(row)


def test_storeys_that_just_fit_the_greatest_height_all_count_and_one_always_does() -> None:
    assert held(climate_zone="VII", storeys=18, storey_m=3.0, density_max=0.1)["far_used"] == pytest.approx(1.8)
    assert held(climate_zone="VII", storeys=2, storey_m=30.0, density_max=0.1)["far_used"] == pytest.approx(0.1)


def test_a_ratio_that_just_meets_a_limit_is_not_said_to_exceed_it() -> None:
    assert short(held(far=2.4, climate_zone="VII", storeys=18)) == []


def test_a_parcel_s_own_storeys_come_first() -> None:
    assert held(land(storeys=[3.0]), climate_zone="VII", storeys=6)["far_controls"] == 1.0
    assert held(land(storeys=[np.nan]), climate_zone="VII", storeys=6)["far_controls"] == 1.4


def test_a_given_count_stands_and_what_it_exceeds_is_said() -> None:
    row = held(land(homes=[300.0]), climate_zone="VII", storeys=6)
    assert (row["homes"], row["binding"], row["far_asked"]) == (300, "given", 3.0)
    assert np.isnan(row["far_used"])
    assert "controls:far 3.00 > 1.40" in short(row)


def test_existing_homes_are_only_counted() -> None:
    unknown = held(land(kind=["stock"]), climate_zone="VII", **SLABS)
    assert unknown["homes"] is pd.NA
    assert short(unknown) == ["unknown:homes homes"]
    known = held(land(kind=["stock"], homes=[18.0]), climate_zone="VII", **SLABS)
    assert (known["homes"], known["binding"], short(known)) == (18, "given", [])


def test_a_building_to_be_converted_knows_only_its_ratio() -> None:
    row = held(land(kind=["conversion"], storeys=[4.0]), climate_zone="VII", density_max=0.1, **SLABS)
    assert (row["homes"], row["binding"]) == (200, "far")
    assert np.isnan(row["far_sun"])


@pytest.mark.parametrize("key", ["far", "mean_home_m2"])
def test_without_ratio_or_home_size_homes_are_unknown_and_the_reason_names_what_lacks(key: str) -> None:
    row = held(climate_zone="VII", storeys=6, **{key: None})
    assert row["homes"] is pd.NA
    assert row["binding"] == ""
    assert f"unknown:homes {key}" in short(row)


@pytest.mark.parametrize(
    ("written", "limit", "lacking"),
    [
        ({"sun_hours": 3.0, "storeys": 6}, "sun", "storey_m, depth_m"),
        ({"depth_m": 12.0, "storey_m": 3.0, "storeys": 6}, "sun", "sun_hours"),
        ({"climate_zone": "VII"}, "controls", "storeys"),
        ({"density_max": 0.3}, "density", "storeys"),
        ({"green_min": 0.3}, "green", "storeys"),
        ({"parking_per_home": 1.0, "storeys": 6}, "parking", "parking_m2, parking_on_ground"),
        ({"climate_zone": "VII", "storeys": 30}, "controls", "storeys <= 26"),
    ],
)
def test_a_limit_whose_settings_are_not_all_there_is_not_applied_and_is_said(
    written: dict[str, Any], limit: str, lacking: str
) -> None:
    row = held(**written)
    assert (row["homes"], row["binding"]) == (200, "far")
    block = CapacityBlock(**({"far": 2.0, "mean_home_m2": 100.0} | written))
    found = capacity_problems(land(), block, latitude=pd.Series(47.0, ["A"]), file="siting.toml")
    assert [(p.code, p.where, p.found, p.expected, p.level) for p in found] == [
        ("capacity_limit_off", f"capacity.{limit}", "1", lacking, "note")
    ]


def test_settings_that_ask_for_no_limit_are_not_talked_about() -> None:
    block = CapacityBlock(far=1.0, mean_home_m2=90.0)
    assert capacity_problems(land(), block, latitude=pd.Series(47.0, ["A"]), file="siting.toml") == []
    full = CapacityBlock(far=1.0, mean_home_m2=90.0, **SLABS)
    assert capacity_problems(land(), full, latitude=pd.Series(47.0, ["A"]), file="siting.toml") == []


def test_south_of_the_equator_the_sun_of_january_is_not_asked() -> None:
    row = held(latitude=-30.0, **SLABS)
    assert (row["binding"], np.isnan(row["far_sun"])) == ("far", True)
    found = capacity_problems(land(), CapacityBlock(**SLABS), latitude=pd.Series(-30.0, ["A"]), file="siting.toml")
    assert [p.expected for p in found] == ["latitude"]


def test_rows_keep_their_index_and_the_input_is_not_changed() -> None:
    parcels = plots(B=(0, 0, 100, 100), A=(200, 0, 250, 100)).assign(kind="land", far=[1.0, np.nan])
    before = parcels.copy()
    block = CapacityBlock(far=2.0, mean_home_m2=100.0)
    found = capacity(parcels, block, latitude=pd.Series({"A": 47.0, "B": 47.0}))
    assert found["homes"].to_dict() == {"B": 100, "A": 100}
    assert parcels.equals(before)


SHARES = st.none() | st.floats(0.05, 0.9)
BLOCKS = st.fixed_dictionaries(
    {
        "mean_home_m2": st.floats(40, 140),
        "climate_zone": st.sampled_from([None, "I", "II", "V"]),
        "storeys": st.none() | st.integers(1, 40),
        "storey_m": st.none() | st.floats(2.7, 3.6),
        "depth_m": st.none() | st.floats(8, 18),
        "sun_hours": st.none() | st.floats(1, 4),
        "frontage": st.none() | st.floats(0.3, 1),
        "density_max": SHARES,
        "green_min": SHARES,
        "parking_per_home": st.none() | st.floats(0, 2),
        "parking_m2": st.none() | st.floats(20, 40),
        "parking_on_ground": st.none() | st.floats(0, 1),
    }
)


@settings(deadline=None)
@given(BLOCKS, st.floats(0.1, 4), st.floats(0.1, 4))
def test_more_ratio_never_holds_fewer_homes(written: dict[str, Any], one: float, other: float) -> None:
    less, more = (held(**written, far=far) for far in sorted((one, other)))
    assert less["homes"] <= more["homes"]
    assert more["homes"] <= more["homes_by_far"]


@settings(deadline=None)
@given(BLOCKS, st.floats(0.1, 4))
def test_the_limit_that_is_named_is_the_one_that_binds(written: dict[str, Any], far: float) -> None:
    row = held(**written, far=far)
    assert row["binding"] in LIMITS
    assert row["far_used"] <= far
    assert row["homes"] == np.floor(10_000 * row["far_used"] / written["mean_home_m2"] + 1e-9)
    if row["binding"] == "far":
        assert row["far_used"] == far
    else:
        assert held(**written, far=far * 2)["far_used"] == row["far_used"]
        assert held(**written, far=row["far_used"] * 0.999)["binding"] == "far"
        assert row["binding"] in {reason.code for reason in row["reasons"]} or far - row["far_used"] < 1e-8


@settings(deadline=None)
@given(BLOCKS, st.floats(0.2, 4), st.integers(2, 9))
def test_ratios_do_not_depend_on_the_size_of_the_parcel(written: dict[str, Any], far: float, times: int) -> None:
    one, large = held(**written, far=far), held(land(side=100.0 * times), **written, far=far)
    assert large["far_used"] == one["far_used"]
    assert one["homes"] * times**2 <= large["homes"] <= (one["homes"] + 1) * times**2
