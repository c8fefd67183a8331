"""Published indices of inequality, and those of access in Belo Horizonte."""

import json

import numpy as np
import pandas as pd
import pytest

from siting import TravelCosts
from siting.access import cumulative
from siting.indicators.inequality import inequality, lorenz, theil_parts
from tests.shared_data import shared

YEARS = [f"pcgdp{year}" for year in range(1940, 2010, 10)]


def cases(index: str) -> list[dict]:
    """Return the published cases whose index starts so."""
    published = json.loads(shared("known/inequality/data.json").read_text("utf-8"))["cases"]
    found = [case for case in published if case["index"].startswith(index)]
    assert found
    return found


def mexico() -> pd.DataFrame:
    return pd.read_csv(shared("known/inequality/mexico.csv"), index_col="State")


def test_gini_and_theil_of_the_mexican_states() -> None:
    states = mexico()
    assert inequality(states["pcgdp1940"]) == pytest.approx(cases("gini")[0]["expected"], abs=1e-7)
    found = [inequality(states[year], method="theil") for year in YEARS]
    assert found == pytest.approx(cases("theil T")[0]["expected"], abs=1e-7)


def test_theil_between_the_regions_of_mexico_and_with_zeros() -> None:
    states = mexico()
    found = [theil_parts(states[year], groups=states["hanson98"]).between for year in YEARS]
    assert found == pytest.approx(cases("theil between")[0]["expected"], abs=1e-7)
    case = cases("theil with zeros")[0]
    parts = theil_parts(pd.Series(case["values"], dtype=float), groups=pd.Series(case["groups"]))
    assert list(parts) == pytest.approx([case["expected"][each] for each in ("T", "between", "within")], abs=1e-7)


def test_atkinson_wolfson_and_the_lorenz_curve() -> None:
    case = cases("atkinson")[0]
    values = pd.Series(case["values"], dtype=float)
    found = [inequality(values, method="atkinson", epsilon=each) for each in case["epsilon"]]
    assert found == pytest.approx(case["expected"], abs=case["tol"])
    for case in cases("wolfson"):
        found = inequality(pd.Series(case["values"], dtype=float), method="wolfson")
        assert found == pytest.approx(case["expected"], abs=1e-7)
    case = cases("lorenz")[0]
    assert lorenz(pd.Series(case["values"], dtype=float))["value"].tolist() == pytest.approx(case["expected"], abs=1e-7)


# ---- five hexagons of Belo Horizonte; published numbers have four digits
DIGITS = 0.5e-4


def hexagons() -> tuple[pd.Series, pd.DataFrame, dict]:
    """Return jobs within 30 minutes of five origins, who lives where, and the published numbers."""
    folder = shared("known/accessibility_bho")
    land = pd.read_csv(folder / "land_use.csv", index_col="id")
    times = pd.read_csv(folder / "travel_times.csv").set_axis(["origin", "destination", "minutes"], axis=1)
    costs = TravelCosts.from_table(times, mode="transit")
    published = json.loads((folder / "expected.json").read_text("utf-8"))["five_origins_all_destinations"]
    return cumulative(costs, land["jobs"].astype(float), cutoff=30), land, published


def income_bounds(land: pd.DataFrame) -> tuple[float, float]:
    """Return the incomes below which 40 and 90 % of the people of the whole city live."""
    people = land[land["population"] > 0].sort_values("income_per_capita")
    passed = people["population"].cumsum() / people["population"].sum()
    poor, rich = (float(people["income_per_capita"][passed >= share].iloc[0]) for share in (0.4, 0.9))
    return poor, rich


WITHOUT = "89a88cdb5cfffff"


def test_gini_of_the_hexagons() -> None:
    jobs, land, published = hexagons()
    people = land["population"]
    assert inequality(jobs, people) == pytest.approx(
        published["cumulative_jobs_30 gini (population weighted)"], abs=DIGITS
    )
    assert inequality(jobs.drop(WITHOUT), people) == pytest.approx(published[f"gini without {WITHOUT}"], abs=DIGITS)


def test_palma_of_the_hexagons_by_the_incomes_of_the_city() -> None:
    jobs, land, published = hexagons()
    terms = {"method": "palma", "income": land["income_per_capita"], "bounds": income_bounds(land)}
    assert inequality(jobs, land["population"], **terms) == pytest.approx(published["palma_ratio"], abs=DIGITS)
    found = inequality(jobs.drop(WITHOUT), land["population"], **terms)
    assert found == pytest.approx(published[f"palma without {WITHOUT}"], abs=DIGITS)


@pytest.mark.parametrize("form", ["standard", "corrected"])
def test_concentration_of_the_hexagons(form: str) -> None:
    jobs, land, published = hexagons()
    found = inequality(
        jobs,
        land["population"],
        method="concentration",
        rank=land["income_per_capita"],
        corrected=form == "corrected",
    )
    assert found == pytest.approx(published[f"concentration_index_{form}"], abs=DIGITS)


@pytest.mark.parametrize("line", [100_000, 10_000])
def test_fgt_of_the_hexagons(line: int) -> None:
    jobs, land, published = hexagons()
    found = [inequality(jobs, land["population"], method="fgt", line=line, alpha=alpha) for alpha in (0, 1, 2)]
    assert found == pytest.approx(list(published[f"fgt poverty line {line}"].values()), abs=DIGITS)


def test_theil_of_the_hexagons_is_that_of_its_definition() -> None:
    jobs, land, _ = hexagons()
    people = land["population"].reindex(jobs.index)
    share, relative = people / people.sum(), jobs / np.average(jobs, weights=people)
    assert inequality(jobs, people, method="theil") == pytest.approx((share * relative * np.log(relative)).sum())
