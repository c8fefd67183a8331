"""Why a parcel stands where it stands: coded for tables, sentences for people."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from siting.base.columns import Language
from siting.base.texts import table, text


@dataclass(frozen=True)
class Reason:
    """One reason: its code and subject (`floor:jobs_30`), a short detail, and both sentences."""

    code: str
    subject: str
    detail: str = ""
    sentences: Mapping[Language, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        code: str,
        subject: str,
        *,
        titles: Mapping[Language, str] | None = None,
        detail: str = "",
        sentence: str = "",
        **values: object,
    ) -> "Reason":
        """Return a reason whose sentences are `reason.<sentence or code>` filled with title and values."""
        languages: tuple[Language, ...] = ("zh", "en")
        named = titles or dict.fromkeys(languages, subject)
        key = f"reason.{sentence or code}"
        spoken = {language: text(key, language, title=named[language], **values) for language in languages}
        return cls(code, subject, detail, spoken)

    @property
    def short(self) -> str:
        """The reason as it stands in ranking.csv."""
        return f"{self.code}:{self.subject}" + (f" {self.detail}" if self.detail else "")

    def record(self) -> dict[str, str]:
        """Return code, subject, detail and both sentences."""
        spoken: dict[str, str] = {str(language): sentence for language, sentence in self.sentences.items()}
        return {"code": self.code, "subject": self.subject, "detail": self.detail, **spoken}


def unit_text(measure: str, column: str | None, language: Language) -> str:
    """Return the unit that follows a measured value, with its gap; empty for a mere count."""
    key = {"nearest": "min", "stop_frequency": "stop_frequency", "utility_cost": "yuan"}.get(measure, column or "")
    return table()[f"measured.{key}"][language] if f"measured.{key}" in table() else ""


def number_text(value: float) -> str:
    """Return a number as a person writes it: whole above 100, one decimal above 1, else two digits."""
    if value != value:  # noqa: PLR0124  NaN is the only number unequal to itself
        return ""
    if abs(value) >= 100 or float(value).is_integer():
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 1 else f"{value:.2g}"
