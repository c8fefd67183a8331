"""What can go wrong, as one small tree.

SitingError
├── InputProblems    the input cannot be used; carries every Problem found
├── UsageError       a command or call that cannot be meant (unknown parcel, folder in use)
├── CutoffError      a question that reaches beyond the travel times at hand
└── NoEquilibrium    people and places that do not come to rest
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from siting.base.columns import Language
from siting.base.texts import LANGUAGES, text

Level = Literal["refuse", "warn", "mend", "note"]
MESSAGE_LIMIT = 200
PROBLEM_COLUMNS = (
    *("level", "code", "file", "where", "id", "found", "expected"),
    *("message_zh", "mend_zh", "message_en", "mend_en"),
)


@dataclass(frozen=True)
class Problem:
    """One finding about the input: where it is, what was found, what was expected, what to do.

    `code` names a row of `wording/`; `values` fill further placeholders of its sentences; `item` is the id of
    the row in question, where it has one.
    """

    code: str
    file: str = ""
    where: str = ""
    found: str = ""
    expected: str = ""
    level: Level = "refuse"
    values: Mapping[str, str] = field(default_factory=dict)
    item: str = ""

    def message(self, language: Language) -> str:
        """Return what was found, as one sentence."""
        return self._say("say", language)

    def mend(self, language: Language) -> str:
        """Return what the user can do about it, as one sentence."""
        return self._say("mend", language)

    def line(self, language: Language) -> str:
        """Return file, place, finding and mend on one line."""
        named = f"[{shorten(self.item)}]" if self.item else ""
        place = " ".join(part for part in (self.file, self.where, named) if part)
        separator = "：" if language == "zh" else ": "
        lead = f"{place}{separator}" if place else ""
        gap = "" if language == "zh" else " "
        return f"{lead}{self.message(language)}{gap}{self.mend(language)}"

    def record(self) -> dict[str, str]:
        """Return the finding as a row of problems.csv, in both languages."""
        own = {name: getattr(self, name) for name in ("level", "code", "file", "where")}
        spoken: dict[str, str] = {}
        for language in LANGUAGES:
            spoken |= {f"message_{language}": self.message(language), f"mend_{language}": self.mend(language)}
        return {**own, "id": self.item, "found": self.found, "expected": self.expected, **spoken}

    def _say(self, part: str, language: Language) -> str:
        return text(
            f"problem.{self.code}.{part}",
            language,
            found=shorten(self.found),
            expected=self.expected,
            where=self.where,
            file=self.file,
            **self.values,
        )


class SitingError(Exception):
    """Any failure that the tool foresees; its text can be shown to a user as it is."""


class InputProblems(SitingError):  # noqa: N818  the contract names it
    """The input cannot be used.

    `problems` holds everything found, warnings too, not only the refusals.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.line("en") for problem in self.problems))

    @property
    def refusals(self) -> tuple[Problem, ...]:
        """The problems that stop the run."""
        return tuple(problem for problem in self.problems if problem.level == "refuse")


class UsageError(SitingError):
    """A command or call that cannot be carried out as it was given; carries its one Problem."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.line("en"))


class CutoffError(SitingError, ValueError):
    """A question beyond the cutoff of the travel times, which would undercount in silence."""


class NoEquilibriumError(SitingError, ValueError):
    """A competition of people for places, or of both, that has no rest, or none within the rounds allowed."""


def stop_on_refusal(problems: Iterable[Problem]) -> None:
    """Raise `InputProblems` if any of the problems is a refusal."""
    found = tuple(problems)
    if any(problem.level == "refuse" for problem in found):
        raise InputProblems(found)


def shorten(found: object) -> str:
    """Return printable text of bounded length: control characters escaped, the middle cut."""
    raw = str(found)
    clean = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in raw[: 4 * MESSAGE_LIMIT])
    if len(raw) <= MESSAGE_LIMIT and len(clean) <= 2 * MESSAGE_LIMIT:
        return clean
    return f"{clean[:MESSAGE_LIMIT]}… ({len(raw)})"
