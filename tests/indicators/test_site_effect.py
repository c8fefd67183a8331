"""What a site's workers change."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.base.travel import TravelCosts
from siting.indicators.commute import commute_bounds
from siting.indicators.commute_titles import COMMUTE_INDICATORS
from siting.indicators.flows import Flows, flows
from siting.indicators.mismatch import containment, mismatch
from siting.indicators.registry import INDICATORS
from siting.indicators.site_effect import site_effects

ZONES = ["town", "park"]
MINUTES = pd.DataFrame([[5.0, 30.0], [30.0, 5.0]], ZONES, ZONES)
KM = MINUTES / 2
TODAY = flows(MINUTES, pd.Series({"town": 80, "park": 20}), pd.Series({"town": 40, "park": 60}), mean_minutes=16)
SITES = pd.DataFrame({"zone": ["park", "town"], "workers": [100, 100]}, index=["by the park", "in town"])


def table(found: pd.DataFrame, column: str) -> pd.DataFrame:
    return found.set_index(["indicator", "site"])[column].unstack()  # noqa: PD010


def test_homes_by_the_park_bring_balance_and_homes_in_town_take_it_by_hand() -> None:
    found = site_effects(TODAY, SITES)
    before, after = table(found, "before"), table(found, "after")
    # today: 40 x 5 + 20 x 5 + 40 x 30 = 1500 minutes of 100
    assert before.loc["minimum_min"].tolist() == [15, 15]
    # 80 | 120 live, jobs 40 | 60 scaled by 2: all may stay. In town: 180 | 20 live, 80 | 120 work: 100 must cross over
    assert after.loc["minimum_min", "by the park"] == pytest.approx(5)
    assert after.loc["minimum_min", "in town"] == pytest.approx((80 * 5 + 100 * 30 + 20 * 5) / 200)
    assert after.loc["jobs_scaling"].tolist() == [2, 2]
    # shares of jobs .4 | .6; of workers .8 | .2 today, then .4 | .6 and .9 | .1
    assert before.loc["mismatch", "in town"] == pytest.approx(0.4)
    assert after.loc["mismatch"].tolist() == pytest.approx([0, 0.5])
    # jobs are not scaled in the ratio: 60 / 20 -> 60 / 120 in the park, 40 / 80 -> 40 / 180 in town
    assert table(found, "change").loc["jobs_housing_ratio"].tolist() == pytest.approx([0.5 - 3, 40 / 180 - 0.5])
    # the park fills 18 of its 60 jobs by its own today (see the flows by hand), more when more live there
    assert before.loc["self_sufficiency", "by the park"] == pytest.approx(0.3)
    assert after.loc["self_sufficiency", "by the park"] > 0.6
    assert np.isnan(before.loc["newcomers_mean_min"]).all()
    assert after.loc["newcomers_mean_min", "by the park"] < after.loc["newcomers_mean_min", "in town"]


def test_every_indicator_is_that_of_the_town_with_the_homes_in_it() -> None:
    later = pd.Series({"town": 80, "park": 120})
    jobs = pd.Series({"town": 40, "park": 60})
    after = table(site_effects(TODAY, SITES.iloc[:1], km=KM), "after")["by the park"]
    made = flows(MINUTES, later, jobs, beta=TODAY.beta)
    bounds, unit = commute_bounds(MINUTES, later, jobs), containment(made.table).loc["park"]
    expected = {
        "jobs_housing_ratio": 60 / 120,
        **unit[["self_containment", "self_sufficiency", "independence"]].to_dict(),
        "mismatch": mismatch(jobs, later),
        "minimum_min": bounds.minimum,
        "maximum_min": bounds.maximum,
        "random_min": bounds.random,
        "mean_min": made.mean_minutes,
        "excess": 1 - bounds.minimum / made.mean_minutes,
        "potential_used": (made.mean_minutes - bounds.minimum) / (bounds.maximum - bounds.minimum),
        "separation_km": bounds.minimum / 2,
        "mean_km": made.mean_minutes / 2,
        "within_45_min": 1,
        "from_60_min": 0,
        "within_5_km": (made.matrix.loc["town", "town"] + made.matrix.loc["park", "park"]) / 200,
        "unmatched": 0,
        "jobs_scaling": 2,
    }
    assert after.drop("newcomers_mean_min").to_dict() == pytest.approx(expected, abs=1e-9)


def test_a_site_far_out_has_its_own_costs_and_its_zone_the_balance() -> None:
    far = TravelCosts.from_table(
        pd.DataFrame(
            [("far out", "town", 80.0), ("far out", "park", 90.0)], columns=["origin", "destination", "minutes"]
        ),
        mode="drive",
    )
    sites = pd.DataFrame({"zone": "park", "workers": 100}, index=["far out", "near"])
    after = table(
        site_effects(TODAY, sites, site_costs=far, km=KM, site_km=pd.DataFrame(40.0, ["far out"], ZONES)), "after"
    )
    assert after.loc["from_60_min"].to_dict() == pytest.approx({"far out": 0.5, "near": 0})
    assert 80 < after.loc["newcomers_mean_min", "far out"] < 90
    assert after.loc["mean_km", "far out"] > 20 > after.loc["mean_km", "near"]
    assert after.loc["jobs_housing_ratio"].tolist() == [0.5, 0.5]


def test_a_site_without_any_way_out_leaves_its_workers_unmatched() -> None:
    shut = TravelCosts.from_table(
        pd.DataFrame({"origin": [], "destination": [], "minutes": []}),
        mode="drive",
        origins=pd.Index(["island"]),
        places=pd.Index(ZONES),
    )
    sites = pd.DataFrame({"zone": ["park"], "workers": [100]}, index=["island"])
    after = table(site_effects(TODAY, sites, site_costs=shut), "after")["island"]
    assert after["unmatched"] == pytest.approx(100)
    assert np.isnan(after["newcomers_mean_min"])


def test_places_lie_in_the_zone_that_is_stated_or_in_none() -> None:
    costs = pd.DataFrame([[5.0, 8.0, 30.0, 50.0], [30.0, 25.0, 5.0, 50.0]], ZONES, ["mill", "shop", "yard", "abroad"])
    jobs = pd.Series({"mill": 30, "shop": 10, "yard": 60, "abroad": 5})
    today = flows(costs, pd.Series({"town": 80, "park": 20}), jobs, beta=0.05)
    zone_of = pd.Series({"mill": "town", "shop": "town", "yard": "park", "abroad": None})
    before = table(site_effects(today, SITES, zone_of=zone_of), "before")
    assert before.loc["jobs_housing_ratio"].to_dict() == {"by the park": 3, "in town": 0.5}
    assert before.loc["mismatch", "in town"] == pytest.approx(0.4)
    stays = today.matrix.loc["town", ["mill", "shop"]].sum()
    assert before.loc["self_containment", "in town"] == pytest.approx(stays / 80)


@settings(deadline=None)
@given(seed=st.integers(0, 999))
def test_no_one_added_changes_nothing_and_sites_do_not_know_of_each_other(seed: int) -> None:
    rng = np.random.default_rng(seed)
    zones = [f"z{i}" for i in range(5)]
    costs = pd.DataFrame(rng.uniform(2, 70, (5, 5)), zones, zones)
    today: Flows = flows(costs, *(pd.Series(rng.integers(1, 300, 5), zones) for _ in range(2)), beta=0.07)
    sites = pd.DataFrame({"zone": rng.choice(zones, 3), "workers": [0, 40, 900]}, index=["none", "few", "many"])
    found = site_effects(today, sites)
    still = found[(found["site"] == "none") & (found["indicator"] != "newcomers_mean_min")]
    assert still["after"].to_numpy() == pytest.approx(still["before"].to_numpy(), rel=1e-8, abs=1e-9)
    alone = site_effects(today, sites.loc[["many"]])
    together = found[found["site"] == "many"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, together, check_exact=True)


def test_sites_stand_in_the_callers_order_and_every_indicator_has_titles() -> None:
    found = site_effects(TODAY, SITES[::-1], km=KM)
    assert found["site"].unique().tolist() == ["in town", "by the park"]
    assert set(found["indicator"]) <= set(COMMUTE_INDICATORS | INDICATORS)
    assert all(each.zh and each.en and each.formula and name == each.name for name, each in COMMUTE_INDICATORS.items())


def test_no_sites_make_an_empty_table() -> None:
    found = site_effects(TODAY, SITES.iloc[:0])
    assert found.columns.tolist() == ["site", "indicator", "before", "after", "change"]
    assert not len(found)


@pytest.mark.parametrize(
    ("sites", "options", "message"),
    [
        (SITES.assign(zone="sea"), {}, "zone sea is not an origin"),
        (SITES.assign(workers=np.nan), {}, "workers must be finite"),
        (SITES.drop(columns="workers"), {}, "sites needs the columns zone, workers"),
        (SITES.set_axis(["a", "a"]), {}, "stands more than once"),
        (
            SITES,
            {"zone_of": pd.Series({"town": "town", "park": "sea"})},
            "zone_of must give each place one of the zones",
        ),
        (
            SITES,
            {"zone_of": pd.Series({"town": "town"})},
            "zone_of must give each place one of the zones, or none: park",
        ),
        (SITES, {"km": KM.where(KM < 10)}, "km: none for park -> town"),
        (SITES, {"km": KM[["town"]]}, "km must name every place: park"),
        (SITES, {"site_costs": KM[["town"]]}, "site_costs must name every place: park"),
    ],
)
def test_what_cannot_be_meant_is_refused(sites: pd.DataFrame, options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        site_effects(TODAY, sites, **options)


def test_origins_finer_than_zones_count_in_the_zone_that_they_lie_in() -> None:
    # two blocks of the west and one of the east; the west's workers are those of both blocks, 10 + 30
    costs = pd.DataFrame({"mill": [1.0, 2.0, 9.0], "shop": [9.0, 8.0, 1.0]}, index=["w1", "w2", "e"])
    workers = pd.Series({"w1": 10.0, "w2": 30.0, "e": 40.0})
    before = flows(costs, workers, pd.Series({"mill": 60.0, "shop": 20.0}), beta=0.5)
    sites = pd.DataFrame({"zone": ["west"], "workers": [20.0]}, index=["s"])
    own = pd.DataFrame({"mill": [1.5], "shop": [8.5]}, index=["s"])
    unit_of = pd.Series({"w1": "west", "w2": "west", "e": "east"})
    zone_of = pd.Series({"mill": "west", "shop": "east"})
    found = site_effects(before, sites, site_costs=own, zone_of=zone_of, unit_of=unit_of).set_index("indicator")
    assert found.loc["jobs_housing_ratio", ["before", "after"]].tolist() == [60 / 40, 60 / 60]
    assert found.loc["mean_min", "before"] == pytest.approx(before.mean_minutes)
    with pytest.raises(ValueError, match="site_costs"):
        site_effects(before, sites, zone_of=zone_of, unit_of=unit_of)
    with pytest.raises(ValueError, match="unit_of"):
        site_effects(before, sites, site_costs=own, zone_of=zone_of, unit_of=unit_of.drop("e"))


def test_origins_in_no_zone_commute_and_count_in_none() -> None:
    costs = pd.DataFrame({"mill": [1.0, 2.0]}, index=["in", "out"])
    before = flows(costs, pd.Series({"in": 10.0, "out": 5.0}), pd.Series({"mill": 15.0}), beta=0.1)
    sites = pd.DataFrame({"zone": ["west"], "workers": [5.0]}, index=["s"])
    found = site_effects(
        before,
        sites,
        site_costs=pd.DataFrame({"mill": [1.0]}, index=["s"]),
        zone_of=pd.Series({"mill": "west"}),
        unit_of=pd.Series({"in": "west", "out": None}),
    ).set_index("indicator")
    assert found.loc["jobs_housing_ratio", ["before", "after"]].tolist() == [15 / 10, 15 / 15]
    assert found.loc["mean_min", "before"] == pytest.approx((10 * 1 + 5 * 2) / 15)
