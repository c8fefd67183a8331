"""The need for homes (`[need]`): which ledgers are counted, over which years a proposal spreads them.

Nothing here has a default that is a number: years, waiting time and homes under way are the office's own.
"""

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from siting.base.columns import Evidence
from siting.base.errors import Problem
from siting.base.layers import Layer
from siting.base.model import SETTINGS_FILE, Model, Name

SHOWN = 10
COUNTED_BY = ("unit", "group", "area_band")
"""Columns of a ledger that the need is told by."""


class NeedBlock(Model):
    """`[need]`: ledgers of need (台账) and the waiting list (轮候库), and what a proposal of quotas goes by.

    ledgers: demand layers. years: of the proposal. wait_months: the longest wait that is held to be fair (合理轮候期);
    without it the need is only spread evenly. city_unit: id of the unit in which homes for the city's own
    institutions (市本级) are counted. households_per_row: by layer, `one`, or `homes` where its column of that name holds
    how many households a row stands for; left out, a layer that has the column is counted by it. committed: homes
    already under way by unit id, taken off the need. first_share: of the need that is not due, the share for the
    first year; without it all years get the same.
    """

    ledgers: Annotated[tuple[Name, ...], Field(min_length=1, strict=False)]
    years: Annotated[
        tuple[Annotated[int, Field(ge=2000, le=2100)], ...], Field(min_length=1, max_length=30, strict=False)
    ]
    wait_months: Annotated[int, Field(ge=1, le=600)] | None = None
    city_unit: str = ""
    households_per_row: dict[Name, Literal["one", "homes"]] = Field(default_factory=dict)
    committed: dict[str, Annotated[int, Field(ge=0, le=1_000_000)]] = Field(default_factory=dict)
    first_share: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    source: str = ""
    evidence: Evidence = "U"

    @model_validator(mode="after")
    def _in_order(self) -> "NeedBlock":
        if any(later <= earlier for earlier, later in pairwise(self.years)):
            msg = "years = [2026, 2027, 2028]"
            raise ValueError(msg)
        return self


def need_problems(block: NeedBlock, layers: Mapping[str, Layer]) -> Iterator[Problem]:
    """Yield what is amiss between the block and the demand layers."""
    known = sorted(name for name, each in layers.items() if each.role == "demand")
    for name in dict.fromkeys(block.ledgers):
        if name not in known:
            yield Problem("unknown_layer", SETTINGS_FILE, "need.ledgers", name, ", ".join(known))
            continue
        if block.ledgers.count(name) > 1:
            yield Problem("wrong_value", SETTINGS_FILE, "need.ledgers", f"{name}, {name}", name)
        yield from _column_problems(name, layers[name])
    yield from _row_problems(block, layers)
    dated = [name for name in block.ledgers if name in known and "date" in layers[name].settings.columns]
    if block.wait_months is not None and not dated:
        yield Problem("need_undated", SETTINGS_FILE, "need.wait_months", str(block.wait_months), "date")


def _column_problems(name: str, layer: Layer) -> Iterator[Problem]:
    """Yield the columns that a ledger cannot be told by: without its unit it is refused, the others leave a gap."""
    for column in COUNTED_BY:
        if column not in layer.settings.columns:
            level: Literal["refuse", "warn"] = "refuse" if column == "unit" else "warn"
            yield Problem("needs_column", layer.file, name, column, ", ".join(COUNTED_BY), level)


def _row_problems(block: NeedBlock, layers: Mapping[str, Layer]) -> Iterator[Problem]:
    for name, counted in block.households_per_row.items():
        where = f"need.households_per_row.{name}"
        if name not in block.ledgers:
            yield Problem("wrong_value", SETTINGS_FILE, where, name, ", ".join(block.ledgers))
        elif counted == "homes" and name in layers and "homes" not in layers[name].settings.columns:
            yield Problem("needs_column", layers[name].file, name, "homes")


def unit_problems(block: NeedBlock, units: Collection[str]) -> Iterator[Problem]:
    """Yield the units that the block names and the project does not have; `units`: ids, or names by id."""
    known = sorted(map(str, units))
    names = {str(name): str(unit) for unit, name in units.items()} if isinstance(units, Mapping) else {}
    named = [("need.committed", unit) for unit in block.committed]
    named += [("need.city_unit", block.city_unit)] if block.city_unit else []
    for where, unit in named:
        if unit not in known:
            near = [names[unit]] if unit in names else get_close_matches(unit, known, n=3) or known[:SHOWN]
            yield Problem("unknown_unit", SETTINGS_FILE, where, unit, ", ".join(near), item=unit)
