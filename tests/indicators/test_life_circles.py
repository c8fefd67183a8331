"""Life circles: who has what within reach, by the circles that the settlement's size calls for."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.base.facilities import facilities
from siting.indicators.circle_rules import facility_rules, longest_bounds, tiers_for
from siting.indicators.life_circles import circle_record, circle_summary, judge_circles

RULES = facility_rules()
FOUR = pd.Series(["c15", "c10", "c5", "town"], index=["city", "borough", "regiment", "post"], dtype="string")


def everywhere(parcels: pd.Index, **values: float) -> pd.DataFrame:
    """Return a table with the same distance to each kind for every parcel."""
    return pd.DataFrame(values, index=parcels, dtype=float)


def judged(tier: pd.Series, walk: dict, drive: dict, rules: pd.DataFrame = RULES, **options: object) -> pd.DataFrame:
    """Return the judgement by parcel and kind; as the crow flies is four fifths of the walk."""
    on_foot = everywhere(tier.index, **walk)
    long = judge_circles(on_foot, on_foot * 0.8, everywhere(tier.index, **drive), tier, rules, **options)
    return long.set_index(["parcel", "kind"])


def wide(found: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return one column as parcels (in the order of FOUR) x kinds."""
    rows = found[column].to_dict()
    kinds = [kind for parcel, kind in rows if parcel == FOUR.index[0]]
    return pd.DataFrame([[rows[parcel, kind] for kind in kinds] for parcel in FOUR.index], FOUR.index, kinds)


def test_the_tier_follows_the_population_bounds_inclusive() -> None:
    persons = pd.Series([50_000, 49_999, 15_000, 14_999, 5_000, 4_999, 0, np.nan], index=list("abcdefgh"))
    found = tiers_for(persons)
    assert found.dropna().to_dict() == {
        "a": "c15",
        "b": "c10",
        "c": "c10",
        "d": "c5",
        "e": "c5",
        "f": "town",
        "g": "town",
    }
    assert found.index.tolist() == persons.index.tolist()
    with pytest.raises(ValueError, match=r"population.*: b"):
        tiers_for(pd.Series({"a": 1.0, "b": -1.0}))


def test_on_foot_up_to_the_circle_of_the_settlement_and_by_car_above_it() -> None:
    walk = {"kindergarten": 300, "primary": 501, "junior_high": 1000}
    found = judged(FOUR, walk, {"kindergarten": 1, "primary": 15, "junior_high": 16})
    # c15: 300 <= 300, 501 > 500, 1000 <= 1000, all on foot
    assert found.loc["city", "covered"].dropna().to_dict() == {
        "kindergarten": True,
        "primary": False,
        "junior_high": True,
    }
    # c10: the junior high is of the larger circle: 16 min by car > 15
    assert found.loc["borough", "covered"].dropna().to_dict() == {
        "kindergarten": True,
        "primary": False,
        "junior_high": False,
    }
    # c5: the primary school too goes by car: 15 <= 15
    assert found.loc["regiment", "covered"].dropna().to_dict() == {
        "kindergarten": True,
        "primary": True,
        "junior_high": False,
    }
    hows = wide(found, "how")[list(walk)]
    assert hows.loc["city"].tolist() == ["walk_m", "walk_m", "walk_m"]
    assert hows.loc["borough"].tolist() == ["walk_m", "walk_m", "drive_min"]
    assert hows.loc["regiment"].tolist() == ["walk_m", "drive_min", "drive_min"]
    assert hows.loc["post"].tolist() == ["walk_m", "drive_min", "drive_min"]


def test_a_town_below_every_circle_walks_a_slow_mode_radius() -> None:
    found = wide(judged(FOUR, {"kindergarten": 900, "bus_stop": 1001}, {}), "covered")
    # the regiment of 5,000 or more has 300 m; the post has 1,000 m
    assert found.loc["regiment", ["kindergarten", "bus_stop"]].tolist() == [False, False]
    assert found.loc["post", ["kindergarten", "bus_stop"]].tolist() == [True, False]


def test_a_regiment_town_does_not_fail_for_lack_of_a_junior_high_within_a_walk() -> None:
    town = pd.Series(["P1"], index=["P1"]).map(lambda _: "town")
    # 6 km to the junior high and the clinic of the next town: 9 minutes by car
    far = {"junior_high": np.nan, "health_centre": 6000.0, "kindergarten": 400.0}
    found = judged(town, far, {"junior_high": 9.0, "health_centre": 9.0})
    assert circle_summary(found.reset_index(), town).loc["P1", ["must_share", "must_missing"]].tolist() == [1.0, ""]
    # by the rules of a large city it would: this is the trap
    as_city = circle_summary(judged(town.replace("town", "c15"), far, {}).reset_index(), town)
    assert as_city.loc["P1", "must_missing"] == "kindergarten, junior_high, health_centre"


def test_hospital_and_fire_station_go_by_their_own_minutes_in_every_settlement() -> None:
    found = judged(FOUR, {}, {"hospital": 15.0, "fire_station": 5.1})
    assert wide(found, "covered")["hospital"].tolist() == [True] * 4
    assert wide(found, "covered")["fire_station"].tolist() == [False] * 4
    assert set(wide(found, "bound")["fire_station"]) == {5.0}


def test_a_kind_without_any_place_is_unknown_and_does_not_lower_the_share() -> None:
    found = judged(FOUR, {"kindergarten": 100, "convenience": 2000}, {})
    summary = circle_summary(found.reset_index(), FOUR)
    city = summary.loc["city"]
    # two of the twelve must kinds have data, one is within 300 m
    assert (city["must_covered"], city["must_judged"], city["must_total"]) == (1, 2, 12)
    assert city["must_share"] == 0.5
    assert city["must_missing"] == "convenience"
    assert city["must_unknown"].split(", ") == [
        kind
        for kind, each in facilities().items()
        if each.need == "must" and kind not in ("kindergarten", "convenience")
    ]
    # none of the should kinds has data: no share, and no division by zero
    assert np.isnan(city["should_share"])
    assert summary.index.tolist() == FOUR.index.tolist()


def test_none_within_the_search_is_missing_and_its_distance_is_empty() -> None:
    row = judged(FOUR, {"kindergarten": np.nan}, {}).loc[("city", "kindergarten")]
    assert row["covered"] is np.False_ or row["covered"] is False
    assert np.isnan(row["measured"])
    assert np.isnan(row["ratio"])


def test_the_straight_line_is_a_switch_and_the_ratio_stands_beside_it() -> None:
    tier = FOUR[:1]
    walk, straight = everywhere(tier.index, kindergarten=520), everywhere(tier.index, kindergarten=280)
    none = everywhere(tier.index)
    by = {
        use: judge_circles(walk, straight, none, tier, RULES, use=use).set_index("kind").loc["kindergarten"]
        for use in ("network", "straight")
    }
    assert (by["network"]["covered"], by["straight"]["covered"]) == (False, True)
    assert (by["network"]["measured"], by["straight"]["measured"]) == (520, 280)
    assert by["network"]["ratio"] == by["straight"]["ratio"] == pytest.approx(520 / 280)
    assert (by["network"]["how"], by["straight"]["how"]) == ("walk_m", "straight_m")


def test_a_place_at_the_door_has_no_ratio() -> None:
    tier = FOUR[:1]
    table = everywhere(tier.index, kindergarten=0)
    row = judge_circles(table, table, everywhere(tier.index), tier, RULES).set_index("kind").loc["kindergarten"]
    assert np.isnan(row["ratio"])
    assert row["covered"]


def test_police_has_no_radius_and_is_not_judged_unless_the_user_gives_one() -> None:
    row = judged(FOUR, {"police": 50}, {"police": 1}).loc[("city", "police")]
    assert pd.isna(row["covered"])
    assert row["why"] == "no_rule"
    own = judged(FOUR, {"police": 50}, {"police": 1}, facility_rules({"police": 60.0}))
    assert own.loc[("city", "police"), "covered"]
    assert own.loc[("regiment", "police"), "how"] == "drive_min"


def test_a_settlement_of_unknown_size_is_not_judged_at_all() -> None:
    tier = tiers_for(pd.Series({"P1": np.nan}))
    found = judged(tier, {"kindergarten": 10}, {})
    assert found["covered"].isna().all()
    assert set(found["why"]) == {"no_tier"}
    assert circle_summary(found.reset_index(), tier).loc["P1", ["must_judged", "must_missing"]].tolist() == [0, ""]


def test_a_parcel_off_the_streets_is_not_judged_by_them() -> None:
    connected = pd.DataFrame({"walk": [True, False, True, True], "drive": [True, True, False, True]}, index=FOUR.index)
    found = wide(judged(FOUR, {"kindergarten": np.nan}, {"hospital": 9.0}, connected=connected), "why")
    assert found["kindergarten"].tolist() == ["", "unconnected", "", ""]
    assert found["hospital"].tolist() == ["", "", "unconnected", ""]


def test_the_users_own_bounds_take_the_place_of_the_shipped_ones_with_their_source() -> None:
    rules = facility_rules(
        {"kindergarten": 500.0, "hospital": 2000.0}, above_tier_min=20, source="市规定", evidence="S"
    )
    walk, drive = {"kindergarten": 480, "hospital": 1900, "junior_high": 9000}, {"hospital": 16, "junior_high": 19}
    found = judged(FOUR, walk, drive, rules)
    assert wide(found, "covered").loc["city", "kindergarten"]
    assert found.loc[("city", "kindergarten"), ["bound", "source", "evidence"]].tolist() == [500, "市规定", "S"]
    # on foot within the city's own circles; above them by its own minutes, 16 > 15
    assert found.loc[("city", "hospital"), ["how", "covered"]].tolist() == ["walk_m", True]
    assert found.loc[("regiment", "hospital"), ["how", "covered"]].tolist() == ["drive_min", False]
    assert found.loc[("regiment", "junior_high"), ["bound", "covered", "source"]].tolist() == [20, True, "市规定"]
    # what was not set keeps its clause
    assert found.loc[("city", "junior_high"), "source"] == facilities()["junior_high"].clause
    # a radius of one's own holds in the town too
    assert found.loc[("post", "kindergarten"), ["bound", "source"]].tolist() == [500, "市规定"]
    roomy = facility_rules({"kindergarten": 1200.0}, slow_mode_m=800, drive_min={"hospital": 30})
    assert judged(FOUR, walk, drive, roomy).loc[("post", "kindergarten"), "bound"] == 1200
    assert judged(FOUR, walk, drive, roomy).loc[("regiment", "hospital"), "covered"]


def test_the_search_must_reach_the_longest_bounds() -> None:
    # shipped: 1,000 m (junior high, slow mode) and 15 min (hospital)
    assert longest_bounds(RULES) == (1000, 15)
    assert longest_bounds(facility_rules({"market": 2500.0}, above_tier_min=40)) == (2500, 40)


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ({"overrides": {"cinema": 100.0}}, "cinema"),
        ({"overrides": {"market": 0.0}}, "market"),
        ({"above_tier_min": -1}, "above_tier_min"),
        ({"slow_mode_m": np.inf}, "slow_mode_m"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_named(rules: dict, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        facility_rules(**rules)


ONE = FOUR[:1]
NEAR = everywhere(ONE.index, kindergarten=100)
NONE = everywhere(ONE.index)


@pytest.mark.parametrize(
    ("tables", "options", "told"),
    [
        ((everywhere(ONE.index, cinema=1), NEAR, NONE, ONE), {}, "distances.*cinema"),
        ((NEAR, NEAR.rename(index=str.upper), NONE, ONE), {}, "straight.*CITY"),
        ((-NEAR, NEAR, NONE, ONE), {}, "distances"),
        ((NEAR, NEAR * np.inf, NONE, ONE), {}, "straight"),
        ((NEAR, NEAR, NONE, ONE), {"use": "air"}, "use"),
        ((NEAR, NEAR, NONE, ONE.replace("c15", "c20")), {}, "tier"),
        ((NONE, NEAR, NONE, ONE), {}, "distances has no column kindergarten"),
        ((everywhere(ONE.index, hospital=1), NONE, NONE, ONE), {}, "drive has no column hospital"),
        ((NEAR, NEAR, NONE, ONE), {"connected": everywhere(ONE.index, walk=1)}, "connected"),
        ((NEAR.to_dict(), NEAR, NONE, ONE), {}, "distances must be a DataFrame"),
    ],
)
def test_tables_that_do_not_fit_together_are_named(tables: tuple, options: dict, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        judge_circles(*tables, RULES, **options)


def test_a_receipt_is_plain_json_and_holds_every_kind() -> None:
    long = judged(FOUR, {"kindergarten": np.nan, "primary": 400}, {"primary": 2.0}).reset_index()
    record = circle_record("city", long, circle_summary(long, FOUR), population=60_000.0, search_m=5000)
    again = json.loads(json.dumps(record, allow_nan=False))
    assert again == record
    assert [each["kind"] for each in record["facilities"]] == list(facilities())
    assert record["must"] == {"share": 0.5, "covered": 1, "judged": 2, "total": 12}
    assert record["facilities"][0]["covered"] is False
    assert record["facilities"][0]["measured"] is None
    with pytest.raises(ValueError, match="moon"):
        circle_record("moon", long, circle_summary(long, FOUR), population=1)


# ---- properties
METRES = st.one_of(st.none(), st.floats(0, 3000))


@settings(deadline=None, max_examples=40)
@given(
    walk=st.lists(METRES, min_size=4, max_size=4),
    tiers=st.lists(st.sampled_from(["c15", "c10", "c5", "town"]), min_size=4, max_size=4),
    seed=st.integers(0, 9),
)
def test_rows_may_stand_in_any_order_and_nearer_never_covers_less(walk: list, tiers: list, seed: int) -> None:
    tier = pd.Series(tiers, index=list("abcd"), dtype="string")
    table = pd.DataFrame({"kindergarten": walk, "market": walk[::-1]}, index=tier.index, dtype=float)
    before = circle_summary(judge_circles(table, table, table, tier, RULES), tier)
    mixed = table.sample(frac=1, random_state=seed)
    assert circle_summary(judge_circles(mixed, table, mixed, tier, RULES), tier).equals(before)
    nearer = circle_summary(judge_circles(table / 2, table, table / 2, tier, RULES), tier)
    assert (nearer["must_covered"] >= before["must_covered"]).all()
    counted = before["must_judged"] + before["must_unknown"].str.split(", ").map(len)
    assert (counted == before["must_total"]).all()
