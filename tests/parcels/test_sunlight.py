"""Spacing of slabs by the sun of 大寒: figures computed apart, then properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siting.parcels.sunlight import declination_deg, far_by_sun, spacing_ratio

BEITUN = 47.36


def slabs(storeys: float, *, frontage: float = 1.0, depth_m: float = 12.0, latitude: float = BEITUN) -> float:
    """Return the ratio of slabs of 3 m a storey that have 3 hours of sun."""
    return float(far_by_sun(latitude, storeys, sun_hours=3, storey_m=3.0, depth_m=depth_m, frontage=frontage))


def marched_ratio(latitude: float, hours: float) -> float:
    """Return D / H by trial of distances on sun angles minute by minute: another way to the same number."""
    north, sun = np.radians(latitude), np.radians(declination_deg(20))
    angle = np.radians(15 * (np.arange(8 * 60, 16 * 60 + 1) / 60 - 12))
    altitude = np.arcsin(np.sin(north) * np.sin(sun) + np.cos(north) * np.cos(sun) * np.cos(angle))
    azimuth = np.arctan2(
        np.cos(sun) * np.sin(angle), np.cos(angle) * np.cos(sun) * np.sin(north) - np.sin(sun) * np.cos(north)
    )
    shadow = np.where(altitude > 0, np.cos(azimuth) / np.tan(altitude), np.inf)
    for distance in np.arange(0, 20, 0.001):
        if (shadow <= distance).sum() >= hours * 60 + 1:
            return float(distance)
    return np.inf


def test_the_sun_of_20_january_stands_20_degrees_south() -> None:
    assert declination_deg(20) == pytest.approx(-20.34, abs=0.005)
    assert declination_deg(81) == pytest.approx(0, abs=1e-9)


def test_at_47_degrees_the_spacing_is_2_44_at_noon_and_2_64_for_three_hours() -> None:
    assert spacing_ratio(BEITUN, 0) == pytest.approx(2.44, abs=0.005)
    assert spacing_ratio(BEITUN, 3) == pytest.approx(2.64, abs=0.005)


def test_at_noon_the_spacing_is_the_tangent_of_the_zenith_distance() -> None:
    for latitude in (18.0, 30.0, 47.36, 53.0):
        assert spacing_ratio(latitude, 0) == pytest.approx(np.tan(np.radians(latitude + 20.34)), rel=1e-3)


def test_six_storeys_give_a_ratio_of_about_1_2_and_1_0_with_gaps() -> None:
    assert slabs(6) == pytest.approx(1.21, abs=0.005)
    assert slabs(6, frontage=0.8) == pytest.approx(0.97, abs=0.005)


def test_eighteen_storeys_give_hardly_more() -> None:
    assert 1.2 < slabs(18, depth_m=11) < slabs(18, depth_m=12) < 1.5


@pytest.mark.parametrize(("latitude", "hours"), [(BEITUN, 3), (BEITUN, 2), (40, 3), (23, 2), (30, 1)])
def test_the_spacing_is_what_a_march_through_the_minutes_finds(latitude: float, hours: float) -> None:
    assert spacing_ratio(latitude, hours) == pytest.approx(marched_ratio(latitude, hours), abs=0.002)


def test_where_the_sun_is_not_up_for_so_long_no_spacing_gives_it() -> None:
    assert spacing_ratio(66, 6) == np.inf
    assert slabs(6, latitude=75) == 0


def test_a_missing_or_southern_latitude_has_no_spacing() -> None:
    assert np.isnan(spacing_ratio([np.nan, -30.0, 91.0], 3)).all()


def test_more_than_the_eight_hours_that_count_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="between 0 and 8"):
        spacing_ratio(BEITUN, 9)


@given(st.floats(0, 60), st.floats(0, 60), st.floats(0, 5))
def test_further_north_slabs_stand_further_apart(one: float, other: float, hours: float) -> None:
    south, north = sorted((one, other))
    assert spacing_ratio(south, hours) <= spacing_ratio(north, hours) + 1e-12


@given(st.floats(20, 55), st.floats(0, 6), st.floats(0, 6))
def test_more_hours_of_sun_ask_for_more_distance(latitude: float, one: float, other: float) -> None:
    less, more = sorted((one, other))
    assert spacing_ratio(latitude, less) <= spacing_ratio(latitude, more) + 1e-12


@given(st.integers(1, 40), st.floats(2.5, 5), st.floats(6, 20), st.floats(0.1, 10))
def test_the_ratio_knows_no_unit_of_length_and_grows_with_storeys(
    n: int, storey: float, depth: float, k: float
) -> None:
    def ratio(storeys: int, factor: float) -> float:
        return float(far_by_sun(BEITUN, storeys, sun_hours=3, storey_m=storey * factor, depth_m=depth * factor))

    assert ratio(n, 1) == pytest.approx(ratio(n, k))
    assert ratio(n + 1, 1) > ratio(n, 1)
