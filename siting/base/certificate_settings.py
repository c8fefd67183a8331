"""The settings on how far ranks can be relied on (`[certificate]`): which doubts are looked at, and how often.

How large a doubt is, in weights, data, times and prices, is the user's to say: none has a default.
"""

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from siting.base.columns import Evidence
from siting.base.errors import Problem
from siting.base.model import SETTINGS_FILE, Model

Share = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]
Pace = Annotated[float, Field(ge=0.1, le=10, allow_inf_nan=False)]
CHOICES = ("draws", "world_draws", "top", "shown")
"""Keys that have a default: choices of ours on effort and display, guesses (G), printed with the certificates."""
FEW_DRAWS = 1000
"""Below it a share of one half is off by more than 3 hundredths (two standard errors; C: sqrt(1 / draws))."""


class CertificateBlock(Model):
    """`[certificate]`: how often a rank holds when weights, data, times or prices are other than stated.

    weights: which doubt the ranking shows: `uniform`, any at all; `ordered`, any in the order of the stated ones (where
    nothing is said, for it asks for no number); `around`, each within its own 1 - spread .. 1 + spread. draws: sets of weights. world_draws: draws of each other doubt. top: how many are the
    first ones. shown: ranks told one by one. times: a low and a high factor on travel speeds. prices: relative half
    width of unit prices of utilities. data: relative half width of each parcel's raw value, by criterion. source,
    evidence: of the sizes of these doubts.
    """

    weights: Literal["uniform", "ordered", "around"] = "ordered"
    spread: Share | None = None
    draws: int = Field(default=10_000, ge=100, le=100_000)
    world_draws: int = Field(default=1000, ge=100, le=100_000)
    top: int = Field(default=10, ge=1)
    shown: int = Field(default=20, ge=1, le=200)
    times: tuple[Pace, Pace] | None = Field(default=None, strict=False)
    prices: Share | None = None
    data: dict[str, Share] = Field(default_factory=dict)
    source: str = ""
    evidence: Evidence = "U"

    @property
    def kinds(self) -> tuple[str, ...]:
        """The doubts that are looked at, by the keys of their titles: weights first."""
        others = {"data": bool(self.data), "times": self.times is not None, "prices": self.prices is not None}
        return ("weights", *(kind for kind, is_asked in others.items() if is_asked))

    @model_validator(mode="before")
    @classmethod
    def _pair(cls, raw: Any) -> Any:
        """Read the two factors of `times` from a list of whole or decimal numbers."""
        times = raw.get("times") if isinstance(raw, dict) else None
        if isinstance(times, list) and all(type(each) in (int, float) for each in times):
            return {**raw, "times": tuple(map(float, times))}
        return raw

    @model_validator(mode="after")
    def _own_terms(self) -> "CertificateBlock":
        if (self.spread is None) == (self.weights == "around"):
            msg = "spread: with around, and with nothing else"
            raise ValueError(msg)
        if self.times is not None and not self.times[0] < 1 < self.times[1]:
            msg = "times = [below 1, above 1]"
            raise ValueError(msg)
        return self


def certificate_problems(
    block: CertificateBlock,
    names: Collection[str],
    *,
    timed: Collection[str] | None = None,
    priced: Collection[str] | None = None,
) -> Iterator[Problem]:
    """Yield what is amiss between the block and the criteria that have a weight.

    names: of these criteria. timed, priced: those that travel, and those that hold a price; None where that is not to
    be checked.
    """
    for name in sorted(set(block.data) - set(names)):
        near = get_close_matches(name, sorted(names), 1, 0.5) or sorted(names)
        yield Problem("certificate_criterion", SETTINGS_FILE, "certificate.data", name, ", ".join(near))
    for key, is_asked, found in (
        ("times", block.times is not None, timed),
        ("prices", block.prices is not None, priced),
    ):
        if is_asked and found is not None and not found:
            yield Problem("certificate_idle", SETTINGS_FILE, f"certificate.{key}", key)
    for key in ("draws", "world_draws"):
        count = getattr(block, key)
        if count < FEW_DRAWS and (key == "draws" or len(block.kinds) > 1):
            where, off = f"certificate.{key}", f"{100 / count**0.5:.0f} %"
            yield Problem("certificate_few_draws", SETTINGS_FILE, where, f"{count}", off, level="warn")
