"""What every way of finding weights hands back, and how names meet numbers."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from siting.base.errors import Problem


@dataclass(frozen=True)
class Weights:
    """Weights of criteria, how consistent the judgements behind them are, and what is to be told about them.

    weights: by name, adding up to 1. consistency: the consistency ratio of ahp (of all judges together) or bwm, 0 for
    judgements without contradiction, None where a method asks for none. notes: warnings and remarks, for problems.csv.
    deviation: of bwm, the largest deviation from a judgement that had to be accepted (xi); else None.
    """

    weights: pd.Series
    consistency: float | None = None
    notes: tuple[Problem, ...] = ()
    deviation: float | None = None


def as_shares(numbers: Mapping[str, float]) -> pd.Series:
    """Return numbers by name as shares of their sum, whatever their order."""
    total = math.fsum(numbers.values())
    return pd.Series({name: number / total for name, number in numbers.items()}, dtype=float, name="weight")


def checked_names(names: Iterable[str] | None, labels: Iterable[Any] | None, argument: str) -> list[str]:
    """Return the names that weights are for: those given, else the labels of the judgements.

    Raises ValueError where there are none or some stand twice, or where both are given and differ.
    """
    found = None if names is None else list(names)
    spoken = None if labels is None else list(labels)
    if found is None:
        found = [] if spoken is None else spoken
    if not found or not all(isinstance(name, str) for name in found) or len(set(found)) < len(found):
        msg = f"names must be there, be text and differ: {found}"
        raise ValueError(msg)
    if spoken is not None and (set(spoken) != set(found) or len(spoken) != len(found)):
        msg = f"{argument} must name {', '.join(found)}, each once; found: {', '.join(map(str, spoken))}"
        raise ValueError(msg)
    return found


def by_name(given: Any, names: Iterable[str] | None, argument: str) -> dict[str, float]:
    """Return finite numbers by name, in the order of `names`; given by name, or as a sequence in that order."""
    labelled = isinstance(given, (Mapping, pd.Series))
    found = checked_names(names, list(given.keys()) if labelled else None, argument)
    if not labelled and (not isinstance(given, Sequence) or isinstance(given, str) or len(given) != len(found)):
        msg = f"{argument} must be a number for each of {', '.join(found)}"
        raise ValueError(msg)
    numbers = {name: float(given[name] if labelled else given[at]) for at, name in enumerate(found)}
    if not all(map(math.isfinite, numbers.values())):
        msg = f"{argument} must be finite numbers: {numbers}"
        raise ValueError(msg)
    return numbers
