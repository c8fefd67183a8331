"""The seven indicators of the national commute monitoring."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from siting.indicators.monitor import MONITORED, commute_monitoring, ellipse_half_axis
from tests.towns import spots

ZONES = ["town", "park"]
MINUTES = pd.DataFrame([[45.0, 60.0], [59.0, 10.0]], ZONES, ZONES)
KM = pd.DataFrame([[5.0, 30.0], [30.0, 2.0]], ZONES, ZONES)
FLOWS = pd.DataFrame(
    [("town", "town", 35), ("town", "park", 45), ("park", "park", 15), ("park", "town", 5)],
    columns=["origin", "destination", "persons"],
)


def test_the_seven_by_hand() -> None:
    points = spots(town=(0, 0), park=(30_000, 0))
    found = commute_monitoring(FLOWS, MINUTES, KM, basis="observed", homes=points.geometry, places=points.geometry)
    expected = {
        "within_45_min": 0.5,  # 35 at 45 minutes, 15 at 10
        "from_60_min": 0.45,  # 45 at 60; the 5 at 59 do not count
        "mean_min": (35 * 45 + 45 * 60 + 15 * 10 + 5 * 59) / 100,
        # all stand in two places, 120 ends in town and 80 in the park: the middle is 12 km from town, the farther
        # end is 18 km away, and the ellipse (without width) that holds 90 % reaches it
        "radius_km": 18,
        # 80 | 20 live, 40 | 60 work: 40 stay in town, 20 in the park, 40 cross over
        "separation_km": (40 * 5 + 20 * 2 + 40 * 30) / 100,
        "mean_km": (35 * 5 + 50 * 30 + 15 * 2) / 100,
        "within_5_km": 0.5,
    }
    assert found["value"].to_dict() == pytest.approx(expected)
    assert found.index.tolist() == list(MONITORED)


def test_they_bear_the_names_of_the_monitoring_and_say_whether_they_are_modelled() -> None:
    found = commute_monitoring(FLOWS, MINUTES, KM, basis="modelled")
    assert found["zh"].tolist() == [
        "45分钟以内通勤比重",
        "60分钟以上通勤比重",
        "单程平均通勤时耗",
        "通勤空间半径",
        "职住分离度",
        "单程平均通勤距离",
        "5公里以内通勤比重",
    ]
    assert set(found["basis"]) == {"modelled"}
    assert np.isnan(found.loc["radius_km", "value"])
    assert found["value"].notna().sum() == 6


def test_the_ellipse_of_a_cross_by_hand() -> None:
    # arms of 2 along x and 1 along y, one each: variances 2 and 1/2, so all four stand at sqrt(4 / 2) = sqrt(1 / .5);
    # the long half-axis is sqrt(2) x sqrt(2) = 2
    cross = np.array([[2.0, 0], [-2, 0], [0, 1], [0, -1]])
    assert ellipse_half_axis(cross, np.ones(4)) == pytest.approx(2)
    # the same after a turn and a move, and with doubled weights
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    assert ellipse_half_axis(cross @ turn.T + 1000, np.full(4, 2.0)) == pytest.approx(2)


def test_the_ellipse_holds_nine_tenths_and_no_more() -> None:
    rng = np.random.default_rng(0)
    xy = rng.normal(0, [3000, 1000], (4000, 2))
    # of a normal cloud 90 % lie within sqrt(-2 ln .1) = 2.146 standard deviations
    assert ellipse_half_axis(xy, np.ones(4000)) == pytest.approx(2.146 * 3000, rel=0.03)


def test_everyone_at_one_place_has_no_radius() -> None:
    assert ellipse_half_axis(np.zeros((2, 2)), np.array([3.0, 5.0])) == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"flows": FLOWS.assign(persons=0)}, "flows: there are none"),
        ({"minutes": MINUTES.where(MINUTES < 60)}, "without minutes: town -> park"),
        ({"km": KM.where(KM < 30)}, "flows on 2 pairs without km: park -> town, town -> park"),
        ({"basis": "guessed"}, "basis must be observed or modelled"),
        ({"homes": gpd.GeoSeries(spots(town=(0, 0)).geometry)}, "every origin"),
        ({"homes": spots(town=(0, 0), park=(1, 0)).geometry.to_crs(4326)}, "one projected CRS"),
    ],
)
def test_what_is_lacking_is_named(change: dict, message: str) -> None:
    points = spots(town=(0, 0), park=(30_000, 0)).geometry
    given = {"flows": FLOWS, "minutes": MINUTES, "km": KM, "basis": "observed", "homes": points, "places": points}
    with pytest.raises(ValueError, match=message):
        commute_monitoring(**(given | change))
