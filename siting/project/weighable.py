"""Who is to be weighed: the criteria of siting.toml that a weight is asked for, and the weights that they have now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from siting.base.columns import Language
from siting.base.errors import Problem, UsageError, stop_on_refusal
from siting.base.model import SETTINGS_FILE, tried
from siting.base.settings import Criterion
from siting.base.settings_checks import read_settings
from siting.base.texts import text
from siting.base.weights_settings import BLOCK, JudgeBlock, WeightsBlock, weights_problems
from siting.score import weights_of
from siting.score.elicited import as_shares

CRITERION = "criterion"
WEIGHT = "weight"
NEEDED = ("project", "travel", "criterion")
"""The blocks that the questions need; others may still be unfinished."""


@dataclass(frozen=True)
class Weighable:
    """The criteria to be weighed, in the order of siting.toml.

    stated: names of those that have a `weight` there, which would have to go. shown_only: those with a weight of 0, which are
    not asked about. now: present weights by name, adding up to 1; empty where there are none that can be used. former: the
    method of the present `[weights]`, ? where it cannot be used, empty where there is none. judges: those of the present
    `[weights]` whose comparisons fit these criteria; dropped: names of those whose do not.
    """

    criteria: tuple[Criterion, ...]
    language: Language
    stated: tuple[str, ...] = ()
    shown_only: tuple[Criterion, ...] = ()
    now: Mapping[str, float] = field(default_factory=dict)
    former: str = ""
    judges: tuple[JudgeBlock, ...] = ()
    dropped: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the criteria to be weighed."""
        return tuple(each.name for each in self.criteria)

    def caption(self, name: str) -> str:
        """Return the title of a criterion in the language of the project."""
        return next(each.caption(self.language) for each in self.criteria if each.name == name)

    def say(self, key: str, **values: object) -> str:
        """Return a sentence of the dialogue in the language of the project."""
        return text(f"asking.{key}", self.language, **values)

    def joined(self, titles: Iterable[str]) -> str:
        """Return titles as one list in the language of the project."""
        return ("、" if self.language == "zh" else ", ").join(titles)


def weighable(table: Mapping[str, Any]) -> Weighable:
    """Return what there is to weigh in a siting.toml, given as parsed TOML.

    Raises InputProblems where its criteria cannot be used, weights apart, and UsageError where none is to be weighed.
    """
    raw = table.get(CRITERION)
    rows = [each for each in raw if isinstance(each, dict)] if isinstance(raw, list) else []
    weighed = [{**each, WEIGHT: 0 if _is_zero(each.get(WEIGHT)) else 1.0} for each in rows]
    # one that counts, so that none is refused for a missing weight
    read = {key: value for key, value in table.items() if key in NEEDED}
    if rows and len(rows) == len(raw or ()):
        read[CRITERION] = weighed
    settings, problems = read_settings(read)
    stop_on_refusal(each for each in problems if each.code != "no_weight")
    if settings is None or not settings.weighted:
        raise UsageError(Problem("nothing_to_weigh", SETTINGS_FILE, CRITERION))
    names = tuple(each.name for each in settings.weighted)
    block = tried(WeightsBlock, table.get(BLOCK))
    judges, dropped = _judges(block, names)
    return Weighable(
        criteria=settings.weighted,
        language=settings.project.language,
        stated=tuple(str(each["name"]) for each in rows if WEIGHT in each and each["name"] in names),
        shown_only=tuple(each for each in settings.criterion if not each.counts),
        now=_now(block, rows, names),
        former=block.method if block is not None else "?" * (BLOCK in table),
        judges=judges,
        dropped=dropped,
    )


def _is_zero(written: object) -> bool:
    return isinstance(written, int | float) and not isinstance(written, bool) and written == 0


def _judges(block: WeightsBlock | None, names: tuple[str, ...]) -> tuple[tuple[JudgeBlock, ...], tuple[str, ...]]:
    """Return the judges whose comparisons can be kept, and the names of the others."""
    if block is None or block.method != "ahp":
        return (), ()
    alone = [WeightsBlock(method="ahp", judge=(judge,)) for judge in block.judge]
    fits = [not weights_problems(each, names) for each in alone]
    kept = {judge.name: judge for judge, fit in zip(block.judge, fits, strict=True) if fit}
    return tuple(kept.values()), tuple(judge.name for judge in block.judge if judge.name not in kept)


def _now(block: WeightsBlock | None, rows: list[dict[str, Any]], names: tuple[str, ...]) -> dict[str, float]:
    if block is not None:
        fits = not weights_problems(block, names)
        return {name: float(share) for name, share in weights_of(block, names).weights.items()} if fits else {}
    stated = {each["name"]: each.get(WEIGHT) for each in rows if each["name"] in names}
    numbers = {name: float(each) for name, each in stated.items() if isinstance(each, int | float) and each > 0}
    return {name: float(share) for name, share in as_shares(numbers).items()} if len(numbers) == len(names) else {}
