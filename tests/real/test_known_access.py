"""Published answers of R's accessibility and PySAL's access: five hexagons of Belo Horizonte, a grid, decays.

Where a package computes a variant of ours, the case says so by name and is reached from our own functions.
Gini, Palma, concentration and poverty of the same hexagons are tested with the inequality measures.
"""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from siting.access import (
    Decay,
    bands,
    cumulative,
    exponential,
    floating_catchment,
    gaussian,
    gravity,
    nearest,
    spatial_availability,
    step,
)
from siting.base.travel import TravelCosts
from tests.shared_data import shared

HEXAGONS = ["89a88cdb57bffff", "89a88cdb597ffff", "89a88cdb5b3ffff", "89a88cdb5cfffff", "89a88cd909bffff"]
EVERYWHERE = step(1000)
Values = list[float]


@cache
def land_use() -> pd.DataFrame:
    """Return population, jobs and schools by hexagon."""
    return pd.read_csv(shared("known/accessibility_bho/land_use.csv")).set_index("id")


def costs_of(origins: list[str], places: list[str]) -> TravelCosts:
    """Return the published minutes between hexagons."""
    table = pd.read_csv(shared("known/accessibility_bho/travel_times.csv"))
    table = table[table["from_id"].isin(origins) & table["to_id"].isin(places)]
    table = table.set_axis(["origin", "destination", "minutes"], axis=1)
    return TravelCosts.from_table(table, mode="given", origins=pd.Index(origins), places=pd.Index(places))


def five() -> tuple[TravelCosts, pd.Series, pd.Series]:
    """Return minutes among the five hexagons, jobs and people."""
    return costs_of(HEXAGONS, HEXAGONS), land_use()["jobs"], land_use()["population"]


def two() -> tuple[TravelCosts, pd.Series, pd.Series]:
    """Return minutes from two hexagons to all, jobs and people."""
    return costs_of(HEXAGONS[:2], list(land_use().index)), land_use()["jobs"], land_use()["population"]


def with_schools() -> TravelCosts:
    """Return minutes to those of the five hexagons that have schools."""
    schools = land_use().loc[HEXAGONS, "schools"]
    return costs_of(HEXAGONS, list(schools.index[schools > 0]))


# name: what we compute, decimals of the published number (-1: whole numbers, cut), 0 for our missing ones
FIVE: dict[str, tuple[Callable[[], pd.Series], int, bool]] = {
    # variant: R gives 0 to the hexagon whose only place no one reaches; ours is missing, never 0
    "2sfca_binary_45": (lambda: floating_catchment(*five(), decay=step(45), method="2sfca"), 4, True),
    "bfca_binary_45": (lambda: floating_catchment(*five(), decay=step(45), method="bfca"), 4, True),
    "2sfca_all_weights_1": (lambda: floating_catchment(*five(), decay=EVERYWHERE, method="2sfca"), 4, False),
    "spatial_availability_all_weights_1": (lambda: spatial_availability(*five(), decay=EVERYWHERE), 0, False),
    "cumulative_jobs_30": (lambda: cumulative(*five()[:2], cutoff=30), 0, False),
    # variant: people who reach a place, which is the sum at places
    "cumulative_population_45_passive": (lambda: five()[0].sum_at_places(five()[2], np.ones_like, 45), 0, False),
    "minutes_to_nearest_school": (lambda: nearest(with_schools())["minutes"], 1, False),
}
TWO: dict[str, tuple[Callable[[], pd.Series], int]] = {
    "cumulative_jobs_30 full matrix": (lambda: cumulative(*two()[:2], cutoff=30), 0),
    "2sfca binary 45 (whole numbers cut)": (lambda: floating_catchment(*two(), decay=step(45), method="2sfca"), -1),
    "spatial_availability exp 0.1 (cut)": (lambda: spatial_availability(*two(), decay=exponential(beta=0.1)), -1),
}
for _beta in (0.5, 0.6):
    _decay = exponential(beta=_beta)
    TWO |= {
        f"gravity exp {_beta}": (lambda decay=_decay: gravity(*two()[:2], decay=decay), 2),
        # variant: R's 2SFCA takes any decay, which is our e2sfca
        f"2sfca exp {_beta}": (lambda decay=_decay: floating_catchment(*two(), decay=decay, method="e2sfca"), 2),
        f"spatial_availability exp {_beta}": (lambda decay=_decay: spatial_availability(*two(), decay=decay), 1),
    }


def published(group: str, name: str) -> Values:
    """Return the published numbers, in the order of the hexagons."""
    answers = json.loads(shared("known/accessibility_bho/expected.json").read_text("utf-8"))[group]
    (found,) = [each for key, each in answers.items() if key.split(" (only")[0] == name]
    return [found[hexagon] for hexagon in HEXAGONS] if isinstance(found, dict) else found


def rounded(values: pd.Series, decimals: int) -> Values:
    """Return the values as they are published: rounded, or cut to whole numbers where decimals is -1."""
    return (np.trunc(values) if decimals < 0 else values.round(decimals)).tolist()


@pytest.mark.parametrize("name", FIVE)
def test_five_hexagons_of_belo_horizonte_are_as_published(name: str) -> None:
    measure, decimals, last_is_missing = FIVE[name]
    found = measure()
    assert found.isna().tolist() == [False] * 4 + [last_is_missing]
    assert rounded(found.fillna(0.0), decimals) == published("subset_5x5", name)


@pytest.mark.parametrize("name", TWO)
def test_two_hexagons_to_all_of_belo_horizonte_are_as_published(name: str) -> None:
    measure, decimals = TWO[name]
    assert rounded(measure(), decimals) == published("two_origins", name)


def test_every_published_measure_of_belo_horizonte_is_in_a_table() -> None:
    answers = json.loads(shared("known/accessibility_bho/expected.json").read_text("utf-8"))
    assert set(answers["subset_5x5"]) - {"ids"} == set(FIVE)
    assert {key.split(" (only")[0] for key in answers["two_origins"]} - {"ids"} == set(TWO)


def grid(origins: list[int], max_cost: float | None = None) -> tuple[TravelCosts, pd.Series]:
    """Return distances from some points of the grid to all 25, up to the largest, and a supply of 1 at each."""
    points = pd.read_csv(shared("known/fca_grid_5x5/points.csv")).set_index("id")
    pairs = [
        (one, other, float(np.hypot(*(points.loc[one, ["x", "y"]] - points.loc[other, ["x", "y"]]))))
        for one in origins
        for other in points.index
    ]
    table = pd.DataFrame(pairs, columns=["origin", "destination", "minutes"])
    if max_cost is not None:
        table = table[table["minutes"] <= max_cost]
    costs = TravelCosts.from_table(table, mode="given", origins=pd.Index(origins), places=points.index)
    return costs, points["value"].astype(float)


def ratio_in_reach(costs: TravelCosts, supply: pd.Series, demand: pd.Series) -> pd.Series:
    """Variant: PySAL's fca_ratio, supply by demand in reach of the origin itself (all points, or its own alone)."""
    reached = costs.sum_at_origins(supply, np.ones_like, None)
    here = costs.sum_at_origins(demand.reindex(costs.places, fill_value=0.0), np.ones_like, None)
    return reached / here.where(here > 0)


# variant: PySAL's 3SFCA is asked with a weight of 25 up to 10; a factor of all weights changes nothing
GRID: dict[str, Callable[[TravelCosts, pd.Series, pd.Series], pd.Series]] = {
    "fca_ratio": ratio_in_reach,
    "2sfca": lambda *town: floating_catchment(*town, decay=step(10), method="2sfca"),
    "e2sfca": lambda *town: floating_catchment(*town, decay=bands({10: 1}), method="e2sfca"),
    "3sfca": lambda *town: floating_catchment(*town, decay=bands({10: 25}), method="3sfca"),
}
DEMAND_POINTS = ([1, 2, 3, 4, 5], [3, 9, 13, 20, 25])


def grid_case(name: str) -> dict[str, Any]:
    """Return a case by its name."""
    cases = json.loads(shared("known/fca_grid_5x5/data.json").read_text("utf-8"))["cases"]
    (found,) = [case for case in cases if case["id"] == name]
    return found


@pytest.mark.parametrize("origins", DEMAND_POINTS)
@pytest.mark.parametrize("name", ["one_location_everything", "own_cell_only", "empty_catchment"])
def test_catchments_on_the_grid_are_those_of_pysal(name: str, origins: list[int]) -> None:
    case = grid_case(name)
    demand = pd.Series(1.0, index=origins)
    expected = {key.split(" ")[0]: float(value) for key, value in case["expected"].items()}
    assert set(expected) == set(GRID)
    costs, supply = grid(origins, case["max_cost"])
    for method, value in expected.items():
        found = GRID[method](costs, supply, demand)
        assert found.to_numpy() == pytest.approx([value] * 5, abs=0, rel=1e-13, nan_ok=True), method


def test_gravity_on_the_grid_is_that_of_pysal() -> None:
    # variant: a power that grows with distance, which no maker of ours gives; any function of minutes will do
    expected = {int(key): value for key, value in grid_case("gravity_power_plus_1_scale_60")["expected_by_id"].items()}
    costs, supply = grid(list(expected))
    assert gravity(costs, supply, decay=lambda cost: cost / 60).to_dict() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("origin", [1, 13])
def test_raam_of_one_whole_person_is_that_of_pysal(origin: int) -> None:
    # variant: PySAL moves whole persons, so the only one stays at the nearest place; ours would spread over all 25.
    # Within less than a step only the own place is left: 1 person / 1 seat / (1/25)
    demand = pd.Series({origin: 1.0})
    for reach, bound in ((grid([origin]), 0.9), (grid([origin], 0.9), None)):
        costs, supply = reach
        decay = None if bound is None else step(bound)
        found = floating_catchment(costs, supply, demand, method="raam", tau=60, decay=decay)
        assert found[origin] == pytest.approx(grid_case("raam_single_demand")["expected"]["raam"], rel=1e-6)
    spread = floating_catchment(*grid([origin]), demand, method="raam", tau=60)
    assert 1 < spread[origin] < 1.1


def weight_cases() -> list[dict[str, Any]]:
    """Return the published weights."""
    return json.loads(shared("known/decay_weights/data.json").read_text("utf-8"))["cases"]


def test_pysal_s_gaussian_is_ours_with_its_foot_put_back() -> None:
    # variant: exp(-d²/(2 sigma²)), which does not reach 0; ours (Dai) takes e^(-1/2) off and scales to 1. Its sign
    # of sigma does not matter, ours must be positive
    cases = [case for case in weight_cases() if case["fn"].startswith("gaussian") and case["expected"] != "error"]
    assert len(cases) == 5
    foot = np.exp(-0.5)
    for case in cases:
        ours = gaussian(abs(case["sigma"]))(np.array([float(case["d"])]))[0]
        assert ours * (1 - foot) + foot == pytest.approx(case["expected"], abs=1e-7), case


@pytest.mark.parametrize("make", [lambda: gaussian(0), lambda: gaussian(-2), lambda: bands({10: -1})])
def test_weights_that_pysal_refuses_are_refused(make: Callable[[], Decay]) -> None:
    shared("known/decay_weights/data.json")
    with pytest.raises(ValueError, match="must"):
        make()


def test_steps_of_r_are_ours_just_beyond_each_bound() -> None:
    # variant: R's steps are closed on the left, so that 10 minutes have the outer weight; ours have the inner
    cases = [case for case in weight_cases() if case["fn"].startswith("stepped")]
    assert len(cases) == 5
    ours = bands({10: 1, 20: 0.75, 30: 0.5, 40: 0.25})
    for case in cases:
        assert ours(np.nextafter([float(case["d"])], np.inf))[0] == case["expected"], case
    assert ours(np.array([10.0, 20.0, 30.0, 40.0])).tolist() == [1, 0.75, 0.5, 0.25]
    assert len(weight_cases()) == 5 + 5 + 2
