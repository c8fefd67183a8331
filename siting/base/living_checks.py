"""Checks of the blocks on living at a parcel against the layers and criteria that they name."""

from collections.abc import Iterator, Mapping

from siting.base.errors import Problem
from siting.base.facilities import facilities
from siting.base.layers import Layer
from siting.base.living_settings import CalibrationBlock, JobsHousingBlock, LifeCircleBlock, TakeUpBlock, VacancyBlock
from siting.base.measure_checks import DEMAND_ROLES, amount_problems, number_columns
from siting.base.model import SETTINGS_FILE
from siting.base.settings import Of, Settings
from siting.base.vacancy_flags import flag_rules, vacancy_flags

Layers = Mapping[str, Layer]
ONLY_PARCELS = ("column", "utility_cost", "circle_coverage", "stop_frequency", "balancing_time")
"""Measures of a parcel alone, that make no sense elsewhere."""
FLOW_COLUMNS = ("unit", "work_unit", "persons")


def living_problems(settings: Settings, layers: Layers) -> Iterator[Problem]:
    """Yield what is amiss between these blocks, the layers, and each other."""
    if settings.life_circle is not None:
        yield from _circle_problems(settings.life_circle, layers)
    elif any(each.measure == "circle_coverage" for each in settings.criterion):
        yield Problem("missing_key", SETTINGS_FILE, "life_circle", expected="[life_circle]")
    yield from _wider_problems(settings, layers)
    by_unit = (settings.jobs_housing, settings.inequality, settings.vacancy)
    if any(by_unit) and not any(each.role == "units" for each in layers.values()):
        yield Problem("one_layer", "layers/", "units", found="0")
    for name, school in settings.school.items():
        yield from _school_problems(f"school.{name}", school.of, layers)
    if settings.vacancy is not None:
        yield from _vacancy_problems(settings.vacancy, layers)
    if settings.take_up is not None:
        yield from _take_up_problems(settings.take_up, layers)
        if settings.take_up.taste.size != 0 and settings.capacity.mean_home_m2 is None:
            yield Problem("missing_key", SETTINGS_FILE, "capacity.mean_home_m2", expected="mean_home_m2")
        if settings.life_circle is None:
            yield Problem("missing_key", SETTINGS_FILE, "life_circle", expected="[life_circle]")
    if settings.calibration is not None:
        yield from _calibration_problems(settings.calibration, settings, layers)


def _wider_problems(settings: Settings, layers: Layers) -> Iterator[Problem]:
    """Yield what is amiss with the blocks that look at all people, not at the parcels alone."""
    if settings.jobs_housing is not None:
        yield from _jobs_housing_problems(settings.jobs_housing, layers)
    if settings.inequality is not None:
        yield from amount_problems(settings.inequality.people, layers, DEMAND_ROLES, "inequality.people")
        yield from _travelling(settings.inequality.criteria, settings, "inequality.criteria")


def _named(names: tuple[str, ...], role: str, where: str, layers: Layers) -> Iterator[Problem]:
    known = sorted(name for name, each in layers.items() if each.role == role)
    if not names:
        yield Problem("missing_key", SETTINGS_FILE, where, expected=", ".join(known) or role)
    for name in dict.fromkeys(names):
        if name not in known:
            yield Problem("unknown_layer", SETTINGS_FILE, where, name, ", ".join(known))
        elif names.count(name) > 1:
            yield Problem("wrong_value", SETTINGS_FILE, where, f"{name}, {name}", name)


def _circle_problems(block: LifeCircleBlock, layers: Layers) -> Iterator[Problem]:
    yield from _named(block.layers, "places", "life_circle.layers", layers)
    known = tuple(facilities())
    for key in ("radius_m", "drive_min"):
        for kind in getattr(block, key):
            if kind not in known:
                yield Problem("wrong_value", SETTINGS_FILE, f"life_circle.{key}", kind, ", ".join(known))


def _jobs_housing_problems(block: JobsHousingBlock, layers: Layers) -> Iterator[Problem]:
    yield from amount_problems(block.jobs, layers, ("places",), "jobs_housing.jobs")
    yield from amount_problems(block.workers, layers, DEMAND_ROLES, "jobs_housing.workers")
    if any(minutes > block.cutoff for minutes in block.catchments):
        longest = f"{max(block.catchments):g}"
        yield Problem("decay_beyond", SETTINGS_FILE, "jobs_housing.cutoff", f"{block.cutoff:g}", longest)
    if block.flows:
        yield from _named((block.flows,), "demand", "jobs_housing.flows", layers)
        lacking = [each for each in FLOW_COLUMNS if block.flows in layers and each not in _columns(layers, block.flows)]
        for column in lacking:
            known = ", ".join(FLOW_COLUMNS)
            yield Problem("unknown_column", SETTINGS_FILE, "jobs_housing.flows", column, known)


def _school_problems(where: str, written: str, layers: Layers) -> Iterator[Problem]:
    of = Of.parse(written)
    if of is None or of.column is not None:
        yield Problem("bad_of", SETTINGS_FILE, f"{where}.of", written)
        return
    yield from _named((of.layer,), "places", f"{where}.of", layers)
    for column in ("seats", "enrolled"):
        if of.layer in layers and column not in number_columns(layers[of.layer]):
            known = ", ".join(number_columns(layers[of.layer]))
            yield Problem("unknown_column", SETTINGS_FILE, f"{where}.of", column, known)


def _vacancy_problems(block: VacancyBlock, layers: Layers) -> Iterator[Problem]:
    yield from amount_problems(block.jobs, layers, ("places",), "vacancy.jobs")
    yield from _named(block.places, "places", "vacancy.places", layers)
    known = tuple(vacancy_flags())
    for name in (*block.off, *block.flag):
        if name not in known:
            yield Problem("wrong_value", SETTINGS_FILE, "vacancy.flag", name, ", ".join(known))
    if not {*block.off, *block.flag} - set(known):
        yield from _bound_problems(block)
    weighted = [name for name, bounds in block.flag.items() if bounds.weight is not None]
    judged = [name for name in known if name not in block.off]
    if weighted and sorted(weighted) != sorted(judged):
        lacking = ", ".join(name for name in judged if name not in weighted) or "-"
        yield Problem("missing_key", SETTINGS_FILE, "vacancy.flag", expected=f"weight: {lacking}")


def _bound_problems(block: VacancyBlock) -> Iterator[Problem]:
    """Yield the signs whose bounds, own or shipped, cannot be: below 0, or amber beyond red."""
    for name, own in block.flag.items():
        if name in block.off:
            continue
        try:
            flag_rules({name: own})
        except ValueError:
            found = f"amber {own.amber}, red {own.red}"
            yield Problem("vacancy_bounds", SETTINGS_FILE, f"vacancy.flag.{name}", found)
    if block.flag and all(own.weight == 0 for own in block.flag.values()):
        yield Problem("no_weight", SETTINGS_FILE, "vacancy.flag")


def _take_up_problems(block: TakeUpBlock, layers: Layers) -> Iterator[Problem]:
    yield from _named((block.applicants,), "demand", "take_up.applicants", layers)
    yield from amount_problems(block.jobs, layers, ("places",), "take_up.jobs")
    for key in ("price", "market"):
        named = getattr(block, key)
        if isinstance(named, str):
            parcels = next((name for name, each in layers.items() if each.role == "parcels"), "parcels")
            yield from amount_problems(f"{parcels}.{named}", layers, ("parcels",), f"take_up.{key}")
    reach = block.decay.reach
    if reach is not None and reach > block.cutoff:
        yield Problem("decay_beyond", SETTINGS_FILE, "take_up.cutoff", f"{block.cutoff:g}", f"{reach:g}")


def _calibration_problems(block: CalibrationBlock, settings: Settings, layers: Layers) -> Iterator[Problem]:
    for column in ("homes", "occupied"):
        yield from amount_problems(f"{block.records}.{column}", layers, ("places",), "calibration.records")
    yield from _travelling(block.predictors, settings, "calibration.predictors")


def _travelling(names: tuple[str, ...], settings: Settings, where: str) -> Iterator[Problem]:
    """Yield the names that are no criteria which can be measured at any point that meets the streets."""
    known = {each.name for each in settings.criterion if each.measure not in ONLY_PARCELS}
    for name in dict.fromkeys(names):
        if name not in known:
            yield Problem("unknown_name", SETTINGS_FILE, where, name, ", ".join(sorted(known)))
        elif names.count(name) > 1:
            yield Problem("wrong_value", SETTINGS_FILE, where, f"{name}, {name}", name)


def _columns(layers: Layers, name: str) -> Mapping[str, str]:
    return layers[name].settings.columns
