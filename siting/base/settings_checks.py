"""Checks of declared text: keys and types by the models, then what must agree between keys.

Every problem is returned, none raised: a user sees them all at once.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from siting.base.addresses import is_database
from siting.base.deciding_checks import cross_deciding, deciding_problems
from siting.base.errors import Problem
from siting.base.layers import COORDINATE_COLUMNS, OSM_ENDS, OUR_COLUMNS, Layer, LayerSettings
from siting.base.living_checks import living_problems
from siting.base.measure_checks import demand_problems, measure_problems, number_columns
from siting.base.model import SETTINGS_FILE, tried
from siting.base.road_rules import road_classes
from siting.base.settings import Criterion, Flag, Of, Settings

M = TypeVar("M", bound=BaseModel)
LATER = {"scenario": "8"}
WANTED_ROLE = {"column": "parcels", "stop_frequency": "transit", "utility_cost": "utility"}
SEARCHES = ("nearest", "nearest_k", "balancing_time")
CIRCLE_SETS = ("must", "should")
SHEETS = (".xlsx", ".xlsm")
FITS = {"sheet": SHEETS, "survey": (".txt",), "coordinates": (".csv", ".txt", ".tsv", *SHEETS)}
"""Which endings of a source a block is for; elsewhere it would be passed over."""
ENDS = re.compile(r"\.[A-Za-z0-9]{2,7}(?=$|:)")
PARCELS_ONLY = (("assemble", "parcels"), ("code_system", "parcels"))
NO_COLUMN = ("stop_frequency", "utility_cost")
RESERVED = frozenset(
    [
        "parcel_id",
        "name",
        "unit",
        "kind",
        "origin",
        "status",
        "reasons",
        "area_m2",
        "homes",
        "score",
        "rank",
        "rank_best",
        "rank_worst",
        "p_top",
        "price_yuan_m2",
        "price_ok",
        "plan_year",
        "flags",
        "needs",
        "explanation",
        "circle_tier",
        "circle_must_share",
        "circle_should_share",
        "vacancy_index",
        "vacancy_red",
        "vacancy_amber",
        "vacancy_known",
        "take_up_vacancy",
        "vacancy_calibrated",
        "estimated",
        "fid",
        "geom",
        "geometry",
    ]
)


def read_settings(raw: Mapping[str, Any], file: str = SETTINGS_FILE) -> tuple[Settings | None, list[Problem]]:
    """Return the settings, None where they cannot be used, and every problem found."""
    problems = [Problem("later_block", file, f"[{key}]") for key in raw if key in LATER]
    kept = {key: value for key, value in raw.items() if key not in LATER}
    settings, found = validated(Settings, kept, file)
    problems += found
    problems += _speed_problems(kept.get("travel"), file)
    criteria = _valid_items(Criterion, kept.get("criterion"))
    flags = _valid_flags(kept.get("flag"))
    problems += _criteria_problems(criteria, file, has_transit=_has_transit(kept))
    problems += deciding_problems(kept, criteria)
    problems += _flag_problems(flags, criteria, kept.get("criterion"), file)
    return (None if problems else settings), problems


def read_layer_settings(raw: Mapping[str, Any], file: str) -> tuple[LayerSettings | None, list[Problem]]:
    """Return one layer's settings, None where they cannot be used, and every problem found."""
    settings, problems = validated(LayerSettings, raw, file)
    if settings is None:
        return None, problems
    ours = (*OUR_COLUMNS[settings.role], *COORDINATE_COLUMNS)
    for column in settings.columns:
        if column not in ours:
            problems.append(_unknown(file, f"columns.{column}", column, ours))
    problems += _unfit_blocks(settings, raw, file)
    return (None if problems else settings), problems


def _unfit_blocks(settings: LayerSettings, raw: Mapping[str, Any], file: str) -> Iterator[Problem]:
    """Yield what a layer file declares to no effect."""
    if settings.about.date and settings.about.day is None:
        yield Problem("wrong_value", file, "about.date", settings.about.date, "YYYY-MM-DD")
    osm = settings.source.lower().endswith(OSM_ENDS)
    for column in settings.estimated:
        if column not in settings.columns and not osm:
            yield _unknown(file, "estimated", column, tuple(settings.columns))
    for key, role in (
        ("classes", "roads"),
        ("oneway", "roads"),
        ("join", "roads"),
        ("rule", "constraint"),
        *PARCELS_ONLY,
    ):
        if key in raw and settings.role != role:
            yield Problem("wrong_role", file, key, settings.role, role)
    ends = [end.lower() for end in ENDS.findall(settings.source)]
    for key, fitting in FITS.items():
        # of a bare .zip only the inside tells
        if (
            key in raw
            and ends[-1:] != [".zip"]
            and (is_database(settings.source) or (ends[-1:] and ends[-1] not in fitting))
        ):
            yield Problem("wrong_format", file, key, settings.source, ", ".join(fitting))


def cross_check(
    settings: Settings, layers: Iterable[Layer], measures: Iterable[str], *, only_screen: bool = False
) -> list[Problem]:
    """Return the problems between settings, layers and the measures that there are.

    Screening alone needs neither criteria nor roads.
    """
    by_name = {layer.name: layer for layer in layers}
    problems = []
    if not settings.criterion and not only_screen:
        problems.append(Problem("missing_key", SETTINGS_FILE, "criterion", expected="[[criterion]]"))
    for role in ("parcels",) if only_screen else ("parcels", "roads"):
        named = [layer.name for layer in by_name.values() if layer.role == role]
        if len(named) != 1:
            problems.append(Problem("one_layer", "layers/", role, found=", ".join(sorted(named)) or "0"))
    rasters = sorted(layer.name for layer in by_name.values() if layer.role == "raster")
    slopes = {"screen.slope": settings.screen.slope, "travel.slope": "" if only_screen else settings.travel.slope}
    for where, slope in slopes.items():
        if slope and slope not in rasters:
            problems.append(Problem("unknown_layer", SETTINGS_FILE, where, slope, ", ".join(rasters)))
    if settings.screen.slope_max is not None and not settings.screen.slope:
        problems.append(Problem("missing_key", SETTINGS_FILE, "screen.slope", expected=", ".join(rasters) or "raster"))
    if only_screen:
        return problems
    problems += [
        *_utility_problems(settings, by_name),
        *living_problems(settings, by_name),
        *cross_deciding(settings, by_name),
    ]
    names = tuple(measures)
    for criterion in settings.criterion:
        problems += _target_problems(criterion, by_name, names)
    return problems


def _target_problems(criterion: Criterion, layers: Mapping[str, Layer], measures: tuple[str, ...]) -> Iterator[Problem]:
    where = f"criterion {criterion.name}"
    if criterion.measure not in measures:
        yield Problem("unknown_measure", SETTINGS_FILE, where, criterion.measure, ", ".join(sorted(measures)))
        return
    of = criterion.target
    if criterion.measure == "circle_coverage":
        if criterion.of not in CIRCLE_SETS:
            yield Problem("wrong_value", SETTINGS_FILE, f"{where}.of", criterion.of, " | ".join(CIRCLE_SETS))
        return
    yield from demand_problems(criterion, layers)
    wanted = WANTED_ROLE.get(criterion.measure, "places")
    layer = layers.get(of.layer)
    if layer is None or layer.role != wanted:
        known = sorted(name for name, each in layers.items() if each.role == wanted)
        yield Problem("unknown_layer", SETTINGS_FILE, f"{where}.of", of.layer, ", ".join(known))
        return
    if criterion.measure in NO_COLUMN:
        if of.column is not None or of.kinds:
            yield Problem("bad_of", SETTINGS_FILE, f"{where}.of", criterion.of)
        return
    usable = number_columns(layer)
    if (of.column is None and criterion.measure == "column") or (of.column is not None and of.column not in usable):
        yield Problem("unknown_column", SETTINGS_FILE, f"{where}.of", of.column or "-", ", ".join(usable))
    if of.kinds and criterion.measure == "column":
        yield Problem("bad_of", SETTINGS_FILE, f"{where}.of", criterion.of)


def _utility_problems(settings: Settings, layers: Mapping[str, Layer]) -> Iterator[Problem]:
    for name, block in settings.utility.items():
        layer, where = layers.get(block.layer), f"utility.{name}"
        if layer is None or layer.role not in ("utility", "roads"):
            known = ", ".join(sorted(each.name for each in layers.values() if each.role == "utility"))
            yield Problem("unknown_layer", SETTINGS_FILE, f"{where}.layer", block.layer, known)
        elif block.demand_per_home is not None and layer.role == "utility" and "capacity" not in layer.settings.columns:
            known = ", ".join(layer.settings.columns)
            yield Problem("unknown_column", SETTINGS_FILE, f"{where}.demand_per_home", "capacity", known)
        if layer is not None and layer.role == "roads" and (block.kind or block.demand_per_home is not None):
            yield Problem("wrong_value", SETTINGS_FILE, where, "kind, demand_per_home", "-")
        if block.free_m > block.max_m:
            yield Problem("wrong_value", SETTINGS_FILE, f"{where}.free_m", f"{block.free_m:g}", f"≤ {block.max_m:g}")
    if not any(each.measure == "utility_cost" for each in settings.criterion):
        return
    if not settings.utility:
        yield Problem("missing_key", SETTINGS_FILE, "utility", expected="[utility.water]")
    elif not any(block.need == "must" for block in settings.utility.values()):
        yield Problem("wrong_value", SETTINGS_FILE, "utility", 'need = "should"', 'need = "must"')


def _criteria_problems(criteria: list[Criterion], file: str, *, has_transit: bool) -> Iterator[Problem]:
    names = [criterion.name for criterion in criteria]
    columns = [column for name in names for column in (name.lower(), f"{name}_score".lower())]
    for name in dict.fromkeys(names):
        own = (name.lower(), f"{name}_score".lower())
        if any(column in RESERVED or columns.count(column) > 1 for column in own):
            yield Problem("repeated_criterion", file, f"criterion {name}", found=name)
    for criterion in criteria:
        where = f"criterion {criterion.name}"
        if Of.parse(criterion.of) is None:
            yield Problem("bad_of", file, f"{where}.of", criterion.of)
        if criterion.worst == criterion.best or (criterion.best > criterion.worst) != (criterion.better == "more"):
            found = f"better={criterion.better} worst={criterion.worst:g} best={criterion.best:g}"
            yield Problem("reference_points", file, where, found)
        yield from _travel_problems(criterion, file, has_transit=has_transit)


def _travel_problems(criterion: Criterion, file: str, *, has_transit: bool) -> Iterator[Problem]:
    where = f"criterion {criterion.name}"
    is_frequency = criterion.measure == "stop_frequency"
    by_transit = criterion.mode == "transit" or "transit" in criterion.shares
    if (by_transit or is_frequency) and not has_transit:
        yield Problem("missing_key", file, "travel.transit", expected="departures")
    if criterion.measure == "utility_cost" and criterion.mode == "transit":
        yield Problem("wrong_value", file, f"{where}.mode", criterion.mode, "walk, drive")
    if is_frequency and criterion.mode not in (None, "walk"):
        yield Problem("wrong_value", file, f"{where}.mode", criterion.mode, "walk")
    yield from measure_problems(criterion)


def _has_transit(raw: Mapping[str, Any]) -> bool:
    travel = raw.get("travel")
    return isinstance(travel, dict) and "transit" in travel


def _speed_problems(travel: object, file: str) -> Iterator[Problem]:
    speeds = travel.get("speeds") if isinstance(travel, dict) else None
    for name in speeds if isinstance(speeds, dict) else ():
        if name not in road_classes():
            yield _unknown(file, f"travel.speeds.{name}", name, tuple(road_classes()))


def _flag_problems(
    flags: Mapping[str, Flag], criteria: list[Criterion], written: object, file: str
) -> Iterator[Problem]:
    by_name = {criterion.name: criterion for criterion in criteria}
    names = (
        {str(item.get("name")) for item in written if isinstance(item, dict)} if isinstance(written, list) else set()
    )
    bounds = {name: [each.worst, *_further(each)] for name, each in by_name.items()}
    for flag_name, flag in flags.items():
        if not flag.any_of:
            yield Problem("wrong_value", file, f"flag.{flag_name}.any_of", "[]", "≥ 1")
        for condition in flag.any_of:
            if condition.criterion not in names:
                yield Problem(
                    "unknown_criterion", file, f"flag.{flag_name}", condition.criterion, ", ".join(sorted(names))
                )
            elif condition.criterion in by_name:
                bounds[condition.criterion].append(condition.bound)
    for name, criterion in by_name.items():
        if criterion.measure in SEARCHES and criterion.cutoff is not None and criterion.cutoff < max(bounds[name]):
            yield Problem(
                "short_cutoff", file, f"criterion {name}.cutoff", f"{criterion.cutoff:g}", f"{max(bounds[name]):g}"
            )


def _further(criterion: Criterion) -> list[float]:
    """Return what else the search must reach: the floor, and the best point where farther is better."""
    best = [criterion.best] if criterion.better == "more" else []
    best += [] if criterion.other is None else [criterion.other]
    return best if criterion.floor is None else [*best, criterion.floor]


def _valid_items(model: type[Criterion], raw: object) -> list[Criterion]:
    items = raw if isinstance(raw, list) else []
    return [item for item in (tried(model, each) for each in items) if item is not None]


def _valid_flags(raw: object) -> dict[str, Flag]:
    items = raw.items() if isinstance(raw, dict) else ()
    return {str(name): flag for name, flag in ((name, tried(Flag, each)) for name, each in items) if flag is not None}


def validated(model: type[M], raw: Mapping[str, Any], file: str) -> tuple[M | None, list[Problem]]:
    """Return a block of declared text as its model, None where it is amiss, and every problem."""
    try:
        return model.model_validate(dict(raw)), []
    except ValidationError as error:
        return None, [_problem(model, dict(raw), details, file) for details in error.errors(include_url=False)]


def _problem(model: type[BaseModel], raw: Any, details: Any, file: str) -> Problem:
    path = details["loc"]
    where = _readable(raw, path)
    kind = details["type"]
    if kind == "extra_forbidden":
        return _unknown(file, where, str(path[-1]), _siblings(model, path[:-1]))
    if kind == "missing":
        return Problem("missing_key", file, where, expected=str(path[-1]))
    context = details.get("ctx", {})
    expected = str(context.get("expected") or context.get("error") or _bound(kind, context))
    return Problem("wrong_value", file, where, repr(details["input"]), expected)


def _bound(kind: str, context: Mapping[str, Any]) -> str:
    signs = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤", "min_length": "≥"}
    limits = [f"{sign} {context[key]:g}" for key, sign in signs.items() if key in context]
    return ", ".join(limits) or kind.removesuffix("_type").removesuffix("_parsing").replace("_", " ")


def _readable(raw: Any, path: tuple[int | str, ...]) -> str:
    """Return a path as a user would say it: criterion jobs_30.weight instead of criterion.0.weight."""
    parts: list[str] = []
    for step in path:
        raw = _step(raw, step)
        if isinstance(step, int):
            name = raw.get("name") if isinstance(raw, dict) else None
            parts[-1] += f" {name or step + 1}"
        else:
            parts.append(str(step))
    return ".".join(parts)


def _step(raw: Any, step: int | str) -> Any:
    if isinstance(raw, dict):
        return raw.get(step)
    return raw[step] if isinstance(raw, list) and isinstance(step, int) and step < len(raw) else None


def _siblings(model: type[BaseModel], path: tuple[int | str, ...]) -> tuple[str, ...]:
    """Return the keys allowed at a path of nested models."""
    current: Any = model
    for step in path:
        if isinstance(step, str) and step in getattr(current, "model_fields", {}):
            current = _inner(current.model_fields[step].annotation)
    fields = getattr(current, "model_fields", {})
    return tuple(fields)


def _inner(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = [_inner(each) for each in getattr(annotation, "__args__", ()) if each is not type(None)]
    models = [each for each in inner if isinstance(each, type) and issubclass(each, BaseModel)]
    return models[0] if models else annotation


def _unknown(file: str, where: str, key: str, known: tuple[str, ...]) -> Problem:
    near = get_close_matches(key, known, n=1)
    return Problem("unknown_key", file, where, key, near[0] if near else ", ".join(known))
