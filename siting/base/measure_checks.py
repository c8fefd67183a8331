"""What each measure of a criterion needs and takes: a key that a measure would pass over is refused."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from siting.base.errors import Problem
from siting.base.layers import NUMBER_COLUMNS, OSM_ENDS, OUR_COLUMNS, Layer
from siting.base.model import SETTINGS_FILE
from siting.base.settings import Criterion, Of

SHARE_TOLERANCE = 1e-9


class Needs(NamedTuple):
    """Keys that a measure needs, and keys that it may have."""

    needed: tuple[str, ...] = ("mode", "cutoff")
    allowed: tuple[str, ...] = ()


_CATCHMENT = Needs(("mode", "cutoff", "demand", "decay"))
_SHARED = _CATCHMENT._replace(allowed=("demand_per_home",))
MEASURE_NEEDS: Mapping[str, Needs] = {
    "nearest": Needs(),
    "nearest_k": Needs(("mode", "cutoff", "k")),
    "cumulative": Needs(),
    "cumulative_interval": Needs(("mode", "cutoff", "cutoff_from")),
    "gravity": Needs(("mode", "cutoff", "decay")),
    "balancing_time": Needs(("mode", "cutoff", "demand")),
    "2sfca": Needs(("mode", "cutoff", "demand"), ("demand_per_home",)),
    **dict.fromkeys(("e2sfca", "spatial_availability"), _SHARED),
    **dict.fromkeys(("m2sfca", "3sfca", "bfca", "competitive"), _CATCHMENT),
    "raam": Needs(("mode", "cutoff", "demand", "tau")),
    "multimodal": Needs(("cutoff", "shares", "demand", "decay")),
    "jobs_housing": Needs(("mode", "cutoff", "demand")),
    "circle_coverage": Needs(()),
    "stop_frequency": Needs(("mode", "cutoff")),
    "utility_cost": Needs(("mode",)),
    "column": Needs(()),
}
OPTIONS = ("mode", "cutoff", "cutoff_from", "k", "decay", "demand", "demand_per_home", "tau", "shares")
DEMAND_ROLES = ("places", "units")


def measure_problems(criterion: Criterion) -> Iterator[Problem]:
    """Yield the keys that a criterion lacks for its measure, or has to no effect, and terms that contradict."""
    needs = MEASURE_NEEDS.get(criterion.measure)
    if needs is None:
        return
    where, given = f"criterion {criterion.name}", _given(criterion)
    for key in needs.needed:
        if key not in given:
            yield Problem("missing_key", SETTINGS_FILE, f"{where}.{key}", expected=key)
    for key in given:
        if key not in (*needs.needed, *needs.allowed):
            yield Problem("idle_key", SETTINGS_FILE, f"{where}.{key}", key, criterion.measure)
    if criterion.direction != "to" and not needs.needed:
        yield Problem("idle_key", SETTINGS_FILE, f"{where}.direction", "direction", criterion.measure)
    yield from _term_problems(criterion, where)


def _term_problems(criterion: Criterion, where: str) -> Iterator[Problem]:
    cutoff, reach = criterion.cutoff, criterion.decay.reach if criterion.decay is not None else None
    if cutoff is not None and reach is not None and reach > cutoff:
        yield Problem("decay_beyond", SETTINGS_FILE, f"{where}.cutoff", f"{cutoff:g}", f"{reach:g}")
    if cutoff is not None and criterion.cutoff_from is not None and criterion.cutoff_from >= cutoff:
        yield Problem(
            "wrong_value", SETTINGS_FILE, f"{where}.cutoff_from", f"{criterion.cutoff_from:g}", f"< {cutoff:g}"
        )
    total = sum(criterion.shares.values())
    if criterion.shares and abs(total - 1) > SHARE_TOLERANCE:
        yield Problem("wrong_value", SETTINGS_FILE, f"{where}.shares", f"Σ {total:g}", "Σ 1")
    if criterion.demand and Of.parse(criterion.demand) is None:
        yield Problem("bad_of", SETTINGS_FILE, f"{where}.demand", criterion.demand)


def demand_problems(criterion: Criterion, layers: Mapping[str, Layer]) -> Iterator[Problem]:
    """Yield what is amiss with the layer and column that a criterion's demand names."""
    if not criterion.demand:
        return
    roles = ("parcels",) if criterion.measure == "balancing_time" else DEMAND_ROLES
    yield from amount_problems(criterion.demand, layers, roles, f"criterion {criterion.name}.demand")


def amount_problems(written: str, layers: Mapping[str, Layer], roles: tuple[str, ...], where: str) -> Iterator[Problem]:
    """Yield what is amiss with a `layer.column` of amounts."""
    of = Of.parse(written)
    if of is None:
        yield Problem("bad_of", SETTINGS_FILE, where, written)
        return
    layer = layers.get(of.layer)
    if layer is None or layer.role not in roles:
        known = sorted(name for name, each in layers.items() if each.role in roles)
        yield Problem("unknown_layer", SETTINGS_FILE, where, of.layer, ", ".join(known))
        return
    usable = number_columns(layer)
    if of.column not in usable:
        yield Problem("unknown_column", SETTINGS_FILE, where, of.column or "-", ", ".join(usable))


def number_columns(layer: Layer) -> list[str]:
    """Return the number columns that a layer declares; an OpenStreetMap extract may have all of its role."""
    is_osm = layer.settings.source.lower().endswith(OSM_ENDS)
    declared = OUR_COLUMNS[layer.role] if is_osm else (*layer.settings.columns, *_computed(layer))
    return [column for column in declared if column in NUMBER_COLUMNS]


def _computed(layer: Layer) -> tuple[str, ...]:
    """Return the number columns that every parcel has, declared or not."""
    return ("homes",) if layer.role == "parcels" and "homes" not in layer.settings.columns else ()


def _given(criterion: Criterion) -> list[str]:
    return [key for key in OPTIONS if getattr(criterion, key) not in (None, "", {})]
