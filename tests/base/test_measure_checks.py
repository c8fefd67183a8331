import tomllib

import pytest

from siting import access
from siting.base.layers import Layer
from siting.base.living_settings import DecayBlock
from siting.base.measure_checks import MEASURE_NEEDS, measure_problems
from siting.base.settings import Criterion
from siting.base.settings_checks import cross_check, read_layer_settings, read_settings
from tests.small_project import LAYERS, SETTINGS

PEOPLE = 'role = "places"\nsource = "data/people.csv"\ndatum = "CGCS2000"\n[columns]\nname = "n"\npopulation = "p"\n'


def criterion(**keys: object) -> Criterion:
    base: dict[str, object] = {"name": "a", "measure": "nearest", "of": "work", "mode": "walk", "cutoff": 30.0}
    points = {"better": "less", "worst": 20.0, "best": 1.0, "weight": 1.0}
    return Criterion.model_validate({**base, **points, **keys})


def told(**keys: object) -> list[tuple[str, str]]:
    return [(each.code, each.where.removeprefix("criterion a.")) for each in measure_problems(criterion(**keys))]


def test_every_measure_that_there_is_says_what_it_needs() -> None:
    assert sorted(MEASURE_NEEDS) == sorted(access.MEASURES)


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ({"measure": "nearest_k"}, [("missing_key", "k")]),
        ({"measure": "nearest", "k": 3}, [("idle_key", "k")]),
        ({"measure": "gravity"}, [("missing_key", "decay")]),
        ({"measure": "cumulative", "decay": {"form": "linear", "cutoff": 20.0}}, [("idle_key", "decay")]),
        ({"measure": "e2sfca", "decay": {"form": "linear", "cutoff": 20.0}}, [("missing_key", "demand")]),
        ({"measure": "2sfca", "demand": "people.population", "demand_per_home": 2.9}, []),
        ({"measure": "raam", "demand": "people.population"}, [("missing_key", "tau")]),
        ({"measure": "cumulative_interval", "cutoff_from": 30.0}, [("wrong_value", "cutoff_from")]),
        ({"measure": "gravity", "decay": {"form": "gaussian", "cutoff": 45.0}}, [("decay_beyond", "cutoff")]),
        ({"measure": "column"}, [("idle_key", "mode"), ("idle_key", "cutoff")]),
        ({"measure": "2sfca", "demand": "not a name"}, [("bad_of", "demand")]),
    ],
)
def test_a_key_that_is_lacking_or_idle_is_told(keys: dict[str, object], found: list[tuple[str, str]]) -> None:
    assert told(**keys) == found


def test_mode_shares_add_up_to_one_and_leave_no_room_for_a_single_mode() -> None:
    terms = {"measure": "multimodal", "demand": "people.population", "decay": {"form": "step", "cutoff": 30.0}}
    assert told(**terms, mode=None, shares={"walk": 0.4, "drive": 0.6}) == []
    assert told(**terms, mode=None, shares={"walk": 0.4, "drive": 0.5}) == [("wrong_value", "shares")]
    assert told(**terms, mode="walk", shares={"walk": 1.0}) == [("idle_key", "mode")]


@pytest.mark.parametrize(
    ("written", "is_right"),
    [
        ({"form": "exponential", "half_at": 10.0}, True),
        ({"form": "exponential", "half_at": 10.0, "beta": 0.1}, False),
        ({"form": "gaussian"}, False),
        ({"form": "gaussian", "cutoff": 30.0, "beta": 1.0}, False),
        ({"form": "logistic", "midpoint": 30.0, "spread": 5.0}, True),
        ({"form": "bands", "bands": {"10": 1.0, "20": 0.68}}, True),
        ({"form": "bands", "bands": {"ten": 1.0}}, False),
    ],
)
def test_a_decay_has_the_terms_of_its_form_and_no_others(written: dict[str, object], is_right: bool) -> None:
    if is_right:
        block = DecayBlock.model_validate(written)
        assert access.decay(block.form, block.terms)
        return
    with pytest.raises(ValueError, match=r"decay|validation"):
        DecayBlock.model_validate(written)


def crossed(demand: str) -> list[tuple[str, str]]:
    """Return what is told of a criterion with a demand, in the small project with a layer of people."""
    gravity = f'"2sfca"\ndemand = "{demand}"'
    settings, problems = read_settings(tomllib.loads(SETTINGS.replace('"cumulative"', gravity)))
    assert (settings is not None, problems) == (True, [])
    layers = [
        Layer(name=name, file=f"layers/{name}.toml", settings=read_layer_settings(tomllib.loads(written), name)[0])
        for name, written in {**LAYERS, "people": PEOPLE}.items()
    ]
    return [(each.code, each.found) for each in cross_check(settings, layers, access.MEASURES)]


def test_demand_names_a_layer_of_people_and_a_number_column_of_it() -> None:
    assert crossed("people.population") == []
    assert crossed("nobody.population") == [("unknown_layer", "nobody")]
    assert crossed("people.workers") == [("unknown_column", "workers")]
    assert crossed("roads.class") == [("unknown_layer", "roads")]
