"""One question about weights, and how a typed line becomes its answer."""

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from siting.base.columns import Language
from siting.base.texts import text

Key = tuple[str, ...]
Order = tuple[tuple[str, ...], ...]
Answer = str | float | Order
Kind = Literal["choice", "number", "order", "text"]
SLACK = 1e-9
_NUMBER = re.compile(r"\d{1,12}(?:\.\d{1,12})?|\.\d{1,12}")


class UnheardError(ValueError):
    """A line that is no answer; its text says why, in the language of the user."""


@dataclass(frozen=True)
class Question:
    """What is asked, and which answers there are.

    key: tells it from all others; two questions of one key have the same answer. say: the question. lead: lines before it.
    choices: names and what they are called, of a choice or an order; rows: how they are shown to one who chose none of them,
    None for number, title and name; numbered: they can be chosen by number; barred: the one that is taken already. low, high:
    of a number; positive: 0 is no answer; beyond: what else is to be said of a number above `high`. fallback: what an empty
    line means, None where it means nothing.
    """

    key: Key
    kind: Kind
    say: str
    language: Language
    lead: tuple[str, ...] = ()
    choices: Mapping[str, str] | None = None
    rows: tuple[str, ...] | None = None
    low: float = 0.0
    high: float = 0.0
    positive: bool = False
    beyond: str = ""
    numbered: bool = True
    barred: str = ""
    fallback: str | None = None

    def read(self, line: str) -> Answer:
        """Return the answer that a line gives; UnheardError, with the reason, where it gives none."""
        # Chinese keyboards type wide digits and signs
        written = unicodedata.normalize("NFKC", line)
        if not line and self.fallback is not None:
            return self.fallback
        if not line:
            raise UnheardError(self._amiss("empty"))
        if self.kind == "text":
            return line
        if self.kind == "choice":
            chosen = self._chosen(line)
            if self.barred and chosen == self.barred:
                raise UnheardError(self._amiss("taken", found=(self.choices or {})[chosen]))
            return chosen
        return self._ordered(line) if self.kind == "order" else self._number(written)

    def takes(self, answer: Answer | None) -> bool:
        """Whether an earlier answer still is one, now that others may have changed."""
        if answer is None:
            return False
        if self.kind == "number":
            return isinstance(answer, float) and self._fits(answer)
        if self.kind == "choice":
            return answer in (self.choices or {}) and answer != self.barred
        return True

    def spoken(self, answer: Answer) -> str:
        """Return an answer as it is shown to the user."""
        titles = self.choices or {}
        if isinstance(answer, tuple):
            return " > ".join(" = ".join(titles[name] for name in group) for group in answer)
        return plain(answer) if isinstance(answer, float) else titles.get(answer, answer)

    def listed(self, *, numbered: bool = True) -> tuple[str, ...]:
        """Return the choices as lines, numbered or after their names."""
        if self.rows is not None:
            return self.rows
        rows = (self.choices or {}).items()
        if not numbered:
            return tuple(f"{name} {title}".rstrip() for name, title in rows)
        shown = (name if title in ("", name) else f"{title} ({name})" for name, title in rows)
        return tuple(f"{at}. {each}" for at, each in enumerate(shown, start=1))

    def _amiss(self, reason: str, **values: object) -> str:
        return text(f"asking.amiss.{reason}", self.language, **values)

    def _fits(self, number: float) -> bool:
        return self.low - SLACK <= number <= self.high + SLACK and (number > 0 or not self.positive)

    def _number(self, written: str) -> float:
        over, _, under = (part.strip() for part in written.partition("/"))
        parts = [over, under] if "/" in written else [over]
        if not all(_NUMBER.fullmatch(part) and part.isascii() for part in parts) or not Fraction(
            parts[-1] if under else "1"
        ):
            raise UnheardError(self._amiss("number", found=written))
        number = float(Fraction(over) / Fraction(under or "1"))
        if not self._fits(number):
            if self.positive and number == 0:
                raise UnheardError(self._amiss("all_zero"))
            reason = self._amiss("range", found=written, low=plain(self.low), high=plain(self.high))
            raise UnheardError(f"{reason}\n{self.beyond}" if self.beyond and number > self.high else reason)
        return number

    def _chosen(self, line: str) -> str:
        choices = self.choices or {}
        written = _folded(line)
        is_number = self.numbered and written.isascii() and written.isdigit() and len(written) <= 6
        if is_number and 1 <= int(written) <= len(choices):
            return list(choices)[int(written) - 1]
        exact = [name for name, title in choices.items() if line in (name, title)]
        near = [name for name, title in choices.items() if written in (_folded(name), _folded(title))]
        # a title that two criteria share names neither
        for found in (exact[:1] if line in choices else exact, near):
            if len(found) == 1:
                return line if line in choices else found[0]
        raise UnheardError("\n".join((self._amiss("choice", found=line), *self.listed(numbered=self.numbered))))

    def _ordered(self, line: str) -> Order:
        groups = tuple(
            tuple(self._chosen(each.strip()) for each in re.split(r"[=＝]", group))
            for group in re.split(r"[>＞,，、]", line)
        )
        flat = [name for group in groups for name in group]
        for name in flat:
            if flat.count(name) > 1:
                raise UnheardError(self._amiss("twice", found=(self.choices or {})[name]))
        lacking = [title for name, title in (self.choices or {}).items() if name not in flat]
        if lacking:
            raise UnheardError(self._amiss("lacking", names=", ".join(lacking)))
        return groups


def plain(number: float) -> str:
    """Return a number as one would write it: 3, 2.5, and 1/3 for what is one part of a whole number."""
    inverse = 1 / number if 0 < number < 1 else math.nan
    if round(inverse, 6) == round(inverse, 0):
        return f"1/{inverse:.0f}"
    return f"{number:.6g}"


def _folded(written: str) -> str:
    return unicodedata.normalize("NFKC", written).casefold()
