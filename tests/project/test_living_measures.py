"""Every measure as a criterion of `living_town`, and what becomes of a parcel that reaches nothing."""

from pathlib import Path

import pandas as pd
import pytest

import siting
from siting.report import explain
from tests import small_project as small
from tests.living_town import (
    P1_F,
    P1_MIN,
    SEATS,
    column,
    ran,
    town,
)

approx = pytest.approx
MEASURE = """
[[criterion]]
name = "tried"
measure = "{measure}"
of = "{of}"
mode = "walk"
cutoff = 60
better = "less"
worst = 50
best = 0
weight = 1
{terms}
"""
PEOPLE_LINEAR = 'demand = "people.population"\ndecay = { form = "linear", cutoff = 60 }'
SCHOOLS = "places[kind=primary].seats"


@pytest.mark.parametrize(
    ("measure", "of", "terms", "expected"),
    [
        ("nearest_k", "work", "k = 2", P1_MIN),  # both workplaces lie at one spot
        ("cumulative_interval", "work.jobs", "cutoff_from = 57", 200),
        ("gravity", "work.jobs", 'decay = { form = "exponential", half_at = 10 }', 200 * 0.5 ** (P1_MIN / 10)),
        ("balancing_time", "work.jobs", 'demand = "parcels.homes"', P1_MIN),  # 60 homes, 150 jobs at the first
        ("2sfca", SCHOOLS, 'demand = "people.population"', 100 / 300),
        ("e2sfca", SCHOOLS, PEOPLE_LINEAR, 0.5 * P1_F),
        ("m2sfca", SCHOOLS, PEOPLE_LINEAR, 100 * P1_F**2 / 200),
        ("3sfca", SCHOOLS, PEOPLE_LINEAR, 0.5 * P1_F),  # one school: everyone chooses it
        ("bfca", SCHOOLS, PEOPLE_LINEAR, 100 / 300 * P1_F / (5 / 6 + 1 / 3)),
        ("spatial_availability", SCHOOLS, PEOPLE_LINEAR, 0.5 * P1_F),
        ("raam", SCHOOLS, 'demand = "people.population"\ntau = 10', P1_MIN / 10 + 1),  # 3 people a seat, as everywhere
        ("jobs_housing", "work.jobs", 'demand = "people.workers"', 200 / 150),
    ],
)
def test_every_measure_can_be_a_criterion(tmp_path: Path, measure: str, of: str, terms: str, expected: float) -> None:
    results = ran(tmp_path, MEASURE.format(measure=measure, of=of, terms=terms))
    assert column(results, "tried")["P1"] == approx(expected, abs=1e-4)
    for language in ("zh", "en"):
        assert any("tried" in each for each in explain(results.receipts[0], language))


def test_several_modes_compete_for_the_same_seats(tmp_path: Path) -> None:
    terms = (
        'demand = "people.population"\ndecay = { form = "step", cutoff = 60 }\nshares = { walk = 0.25, drive = 0.75 }'
    )
    more = MEASURE.format(measure="multimodal", of=SCHOOLS, terms=terms).replace('mode = "walk"\n', "")
    results = ran(tmp_path, more)
    # everyone reaches the school by both, so 300 people share 100 seats; P3 reaches it by car alone
    assert column(results, "tried")["P1"] == approx(1 / 3, abs=1e-4)
    assert column(results, "tried")["P3"] == approx(0.75 / 3, abs=1e-4)


NOBODY = SEATS.replace("cutoff = 60", "cutoff = 30")


def test_a_parcel_that_reaches_no_seat_scores_nothing_and_the_receipt_says_so(tmp_path: Path) -> None:
    results = ran(tmp_path, NOBODY)
    assert column(results, "seats_score")["P2"] == 0
    receipt = next(each for each in results.receipts if each["parcel_id"] == "P2")
    [told] = [each for each in receipt["criteria"] if each["name"] == "seats"]
    assert (told["value"], told["score"], told["beyond"]) == (None, 0.0, True)
    assert any("没有可分享的设施" in each and "得分 0" in each for each in explain(receipt, "zh"))


def test_a_floor_on_more_takes_out_what_reaches_nothing_and_a_flag_below_fires(tmp_path: Path) -> None:
    flag = '[flag.few]\ntitle = "学位少"\nany_of = [{ criterion = "seats", below = 0.1 }]\n'
    ranking = ran(tmp_path, NOBODY + "floor = 0.1\n" + flag).ranking.set_index("parcel_id")
    assert ranking.loc["P2", "status"] == "excluded"
    assert "floor:seats" in ranking.loc["P2", "reasons"]
    assert "few" in ranking.loc["P2", "flags"]
    assert "few" not in ranking.loc["P1", "flags"]


def test_nothing_in_winter_is_worse_than_something_in_summer(tmp_path: Path) -> None:
    # 3010 m are 40.1 minutes in summer, 50.2 in winter
    more = SEATS.replace("cutoff = 60", "cutoff = 45")
    found = ran(tmp_path, more, season="both").ranking.set_index("parcel_id")
    assert pd.isna(found.loc["P2", "seats"])
    assert found.loc["P2", "seats_score"] == 0


def test_a_competition_without_rest_is_refused_in_words(tmp_path: Path) -> None:
    # 3.7 seats a head in all, but the thousand seats in the east are reached by the hundred people at 3000 m alone
    more = MEASURE.format(measure="competitive", of=SCHOOLS, terms=PEOPLE_LINEAR)
    root = town(tmp_path, more, places=f"二小,小学,{small.X0 + 6000},{small.Y0},1000,0\n")
    with pytest.raises(siting.InputProblems) as caught:
        siting.run(root)
    [problem] = caught.value.refusals
    assert (problem.code, problem.where) == ("no_equilibrium", "criterion tried")
