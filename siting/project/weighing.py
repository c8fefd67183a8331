"""The weights that people stated, at the criteria or in `[weights]`, as every later step uses them."""

from siting.base.errors import Problem
from siting.base.settings import Settings
from siting.score import Weights, weights_of


def weighed(settings: Settings) -> tuple[Settings, Weights | None, tuple[Problem, ...]]:
    """Return the settings with a weight at every criterion, what `[weights]` came to, and what is to be told of it.

    Criteria that state a weight of 0 are shown and not weighed.
    """
    if settings.weights is None:
        return settings, None, ()
    names = [each.name for each in settings.criterion if each.weight is None]
    found = weights_of(settings.weights, names)
    criteria = tuple(
        each if each.weight is not None else each.model_copy(update={"weight": float(found.weights[each.name])})
        for each in settings.criterion
    )
    return settings.model_copy(update={"criterion": criteria}), found, found.notes
