"""Which limits cannot hold together: a smallest set, found by leaving out one limit after another."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from siting.base.columns import Language
from siting.base.texts import LANGUAGES, text
from siting.plan.model import Ledger, Limits, candidates
from siting.plan.programme import Group, programme
from siting.plan.solve import Aim, Clock, solve

CLASH_COLUMNS = ("kind", "item", "year", "text_zh", "text_en")
KINDS = (
    "quota",
    "budget",
    "school",
    "apart",
    "stock_share",
    "first_year",
    "together",
    "exclude",
    "need",
    "must_not",
    "must",
)
LOTS = frozenset({"together", "exclude", "need", "must", "must_not"})


def groups(limits: Limits) -> list[Group]:
    """Return every limit that can be left out by itself, by kind in the order of `KINDS`."""
    quotas = [Group("quota", unit, limits.years[t]) for unit, t, asked, _ in limits.cells() if asked]
    found = [
        *quotas,
        *(
            Group("budget", ledger, limits.years[t])
            for ledger in sorted(limits.budgets)
            for t, amount in enumerate(limits.budgets[ledger])
            if amount is not None
        ),
        *(Group("school", school.id) for school in sorted(limits.schools, key=lambda each: each.id)),
        *([Group("apart")] if limits.apart is not None else []),
        *([Group("stock_share")] if limits.stock_share is not None else []),
        Group("first_year"),
    ]
    for kind in ("together", "exclude", "need"):
        found += [Group(kind, " + ".join(lot)) for lot in getattr(limits, kind)]
    return found + [Group(kind, name) for kind in ("must_not", "must") for name in sorted(getattr(limits, kind))]


def without(limits: Limits, group: Group) -> Limits:
    """Return the limits with this one left out; the first years of parcels are no part of them."""
    kind, item = group.kind, group.item
    changed: dict[str, Any] = {}
    if kind == "quota":
        asked = limits.unit[item] if item else limits.homes
        own = tuple(0 if year == group.year else n for year, n in zip(limits.years, asked, strict=True))
        changed = {"unit": {**limits.unit, item: own}} if item else {"homes": own}
    elif kind == "budget":
        changed = {"budgets": {name: _unlimited(limits, name, group) for name in limits.budgets}}
    elif kind == "school":
        changed = {"schools": tuple(each for each in limits.schools if each.id != item)}
    elif kind in {"apart", "stock_share"}:
        changed = {kind: None}
    elif kind in {"must", "must_not"}:
        changed = {kind: tuple(each for each in getattr(limits, kind) if each != item)}
    elif kind in LOTS:
        changed = {kind: tuple(lot for lot in getattr(limits, kind) if " + ".join(lot) != item)}
    return replace(limits, **changed)


def _unlimited(limits: Limits, ledger: Ledger, group: Group) -> tuple[float | None, ...]:
    pairs = zip(limits.years, limits.budgets[ledger], strict=True)
    return tuple(None if (ledger, year) == (group.item, group.year) else amount for year, amount in pairs)


def possible(
    parcels: pd.DataFrame, limits: Limits, *, seconds: float, asked: bool = True, early: bool = False
) -> bool | None:
    """Say whether any plan keeps all limits, and meets every quota where `asked`; None where time ran out."""
    whole = programme(candidates(parcels, limits), limits, early=early)
    answer = solve(whole, Aim(np.zeros(whole.width), 0 if asked else np.inf), seconds=seconds, gap=0.0)
    if answer.chosen is not None:
        return True
    return False if answer.end == "infeasible" else None


def clash(parcels: pd.DataFrame, limits: Limits, *, seconds: float, asked: bool) -> tuple[pd.DataFrame, bool]:
    """Return limits that cannot hold together (kind, item, year, both texts), and whether none of them can be spared.

    They are what is left when all limits are tried in turn, whole kinds first, and whatever can be left out without making
    a plan possible is left out. A limit whose trial ran out of time stays, and the set is then not known to be smallest.
    `asked`: quotas count as limits. Source: deletion filter, Chinneck & Dravnieks 1991.
    """
    clock, sure = Clock(seconds), True
    held = [group for group in groups(limits) if asked or group.kind != "quota"]
    trials: list[list[Group]] = [[each for each in held if each.kind == kind] for kind in KINDS]
    trials = [*(trial for trial in trials if len(trial) > 1), *([each] for each in held)]
    for position, trial in enumerate(trials):
        if not set(trial) <= set(held):
            continue
        rest = [each for each in held if each not in trial]
        share = clock.left(2 / (len(trials) - position + 1))
        outcome = possible(
            parcels,
            _only(limits, rest),
            seconds=share,
            asked=asked,
            early=Group("first_year") not in rest,
        )
        if outcome is False:
            held = rest
        sure = sure and (outcome is not None or len(trial) > 1)
    rows = [(each.kind, each.item, each.year, *(named(each, language) for language in LANGUAGES)) for each in held]
    return pd.DataFrame(rows, columns=[*CLASH_COLUMNS]), sure


def named(group: Group, language: Language) -> str:
    """Return what a limit is called."""
    item = group.item
    if group.kind == "quota" and not item:
        item = text("plan.whole", language)
    elif group.kind == "budget":
        item = text(f"plan.ledger_{item}", language)
    return text(f"plan.limit_{group.kind}", language, item=item, year=group.year)


def _only(limits: Limits, held: Sequence[Group]) -> Limits:
    for group in groups(limits):
        if group not in held:
            limits = without(limits, group)
    return limits
