"""What is remarked on layers, and the order in which problems are told."""

from siting.base.errors import Problem
from siting.base.settings import Settings, layers_named
from siting.sources.reading import Reading

UNUSED_ROLES = ("raster", "utility", "transit", "demand")


def notes_on(reading: Reading, named: frozenset[str]) -> list[Problem]:
    """Return what is remarked on a layer: estimated columns, and no use of it."""
    settings, notes = reading.layer.settings, []
    if settings.estimated:
        notes.append(
            Problem("estimated", settings.source, reading.layer.name, ", ".join(settings.estimated), level="note")
        )
    if reading.layer.role in UNUSED_ROLES and reading.layer.name not in named and reading.layer.role not in named:
        notes.append(Problem("unused_layer", settings.source, reading.layer.name, level="note"))
    return notes


def layers_used(settings: Settings) -> frozenset[str]:
    """Return the layers and roles that the travel settings and criteria make use of beyond places."""
    used = {settings.travel.slope, settings.screen.slope, *layers_named(settings)}
    used |= {block.layer for block in settings.utility.values()}
    used |= {"demand"} if settings.vacancy is not None else set()
    used |= set(settings.need.ledgers) if settings.need is not None else set()
    return frozenset(used | ({"transit"} if any(each.mode == "transit" for each in settings.criterion) else set()))


def natural(where: str) -> tuple[str, int]:
    """Return a place so that row 9 stands before row 10."""
    head, _, tail = where.partition(" ")
    digits = tail.split(" ")[0]
    return (head, int(digits)) if digits.isdigit() else (where, 0)
