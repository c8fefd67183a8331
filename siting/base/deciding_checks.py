"""Checks of the blocks that decide: weights, value functions, certificates, money, need and quota, papers."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from siting.base.certificate_settings import CertificateBlock, certificate_problems
from siting.base.errors import Problem
from siting.base.finance_settings import finance_problems, mixing_problems
from siting.base.layers import Layer
from siting.base.model import SETTINGS_FILE, tried
from siting.base.need_settings import need_problems
from siting.base.quota_settings import BUDGETS, QuotaBlock
from siting.base.settings import Criterion, Settings
from siting.base.weights_settings import WeightsBlock, weights_problems

SHAPE_TERMS = {"piecewise": "points", "stepped": "points", "saturating": "half", "target": "other"}
"""The one further key that each shape needs; a straight line needs none."""
MIDDLE = 0.5


def deciding_problems(raw: Mapping[str, Any], criteria: Sequence[Criterion]) -> Iterator[Problem]:
    """Yield what is amiss with how criteria are valued and weighed, and costs that belong to another ledger."""
    yield from mixing_problems(raw.get("finance"))
    yield from _weight_problems(raw, criteria)
    for criterion in criteria:
        yield from _shape_problems(criterion)
    block = tried(CertificateBlock, raw.get("certificate", {}))
    if block is not None:
        yield from certificate_problems(block, [each.name for each in criteria])


def cross_deciding(settings: Settings, layers: Mapping[str, Layer]) -> Iterator[Problem]:
    """Yield what is amiss between the blocks of need and money, the layers and the capacity."""
    if settings.need is not None:
        yield from need_problems(settings.need, layers)
    if settings.finance is not None:
        yield from finance_problems(settings.finance, settings.capacity.mean_home_m2)
    if settings.quota is not None:
        yield from _ledger_problems(settings, settings.quota)


def _ledger_problems(settings: Settings, quota: QuotaBlock) -> Iterator[Problem]:
    """Yield limits of the quota that nothing in the settings gives a figure for."""
    if quota.school_places and not settings.school:
        yield Problem("missing_key", SETTINGS_FILE, "quota.school_places", expected="[school.NAME]")
    for key in BUDGETS:
        if getattr(quota, key) and settings.finance is None:
            yield Problem("missing_key", SETTINGS_FILE, f"quota.{key}", expected="[finance]")
    if quota.public_budget_yuan and not settings.utility:
        yield Problem("missing_key", SETTINGS_FILE, "quota.public_budget_yuan", expected="[utility.NAME]")


def _weight_problems(raw: Mapping[str, Any], criteria: Sequence[Criterion]) -> Iterator[Problem]:
    if "weights" not in raw:
        for each in criteria:
            if each.weight is None:
                yield Problem("missing_key", SETTINGS_FILE, f"criterion {each.name}.weight", expected="weight")
        if criteria and not any(each.weight is None or each.weight > 0 for each in criteria):
            yield Problem("no_weight", SETTINGS_FILE, "criterion.weight")
        return
    for each in criteria:
        if each.counts:
            yield Problem("weighed_twice", SETTINGS_FILE, f"criterion {each.name}.weight", f"{each.weight:g}")
    block = tried(WeightsBlock, raw["weights"])
    if block is not None:
        yield from weights_problems(block, [each.name for each in criteria if each.weight is None])


def _shape_problems(criterion: Criterion) -> Iterator[Problem]:
    where, needed = f"criterion {criterion.name}", SHAPE_TERMS.get(criterion.shape)
    given = [key for key in ("points", "half", "other") if getattr(criterion, key) not in (None, ())]
    for key in given:
        if key != needed:
            yield Problem("idle_key", SETTINGS_FILE, f"{where}.{key}", key, criterion.shape)
    if needed is not None and needed not in given:
        yield Problem("missing_key", SETTINGS_FILE, where, expected=needed)
    elif needed is not None and criterion.worst != criterion.best and not _bends(criterion):
        written = getattr(criterion, needed)
        found = "; ".join(f"{raw:g} → {worth:g}" for raw, worth in written) if needed == "points" else f"{written:g}"
        expected = f"worst = {criterion.worst:g}, best = {criterion.best:g}"
        yield Problem(f"shape_{criterion.shape}", SETTINGS_FILE, f"{where}.{needed}", found, expected)


def _bends(criterion: Criterion) -> bool:
    """Whether the further key of a shape agrees with its reference points."""
    worst, best = criterion.worst, criterion.best
    if criterion.points:
        raws, worths = zip(*criterion.points, strict=True)
        rising = [b > a for a, b in itertools.pairwise(raws)]
        inside = min(worst, best) <= raws[0] and raws[-1] <= max(worst, best)
        on_the_way = worths if best > worst else worths[::-1]
        falls = any(b < a for a, b in itertools.pairwise(on_the_way))
        return all(rising) and inside and not falls and all(0 <= each <= 1 for each in worths)
    share = ((criterion.half if criterion.other is None else criterion.other) or 0.0) - worst
    share /= best - worst
    return 0 < share <= MIDDLE if criterion.shape == "saturating" else share > 1
