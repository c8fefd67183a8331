"""`[finance]`: what homes cost and sell for, on the ledger of the sale price alone.

No amount of money, rate or share has a default. What the public pays for utilities, roads and schools has no key here
and is refused by name: it may not be charged to the cost of the homes (the city's plan, 实施方案 四(二)6, S).
"""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from siting.base.columns import Evidence, Kind
from siting.base.errors import Problem
from siting.base.model import SETTINGS_FILE, Model, Positive, Yuan, YuanSquare
from siting.base.money import exact

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Rate = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Swing = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]
Kinds = Annotated[tuple[Literal["land", "stock", "conversion"], ...], Field(strict=False)]

PUBLIC_WORDS = (
    *("infra", "utilit", "water", "power", "electric", "heat", "gas", "sewage", "sewer", "drain", "pipe", "road"),
    *("connection", "facilit", "school", "kindergarten", "clinic", "public", "municipal"),
    *("基础设施", "配套", "市政", "公共服务", "供水", "供电", "供热", "供气", "排水", "污水", "道路", "管网", "学校"),
)
"""Words of what the public ledger pays; a key of the block that has one would mix the ledgers."""
PUBLIC_NAMES = ("infra", "utilit", "基础设施", "配套", "市政")
"""Words that in the name of a loan or grant say that it is not for the homes."""


class _Part(Model):
    """A share of the cost or an amount a home; `kinds` of parcel that it is for, all where empty."""

    name: Annotated[str, Field(min_length=1)]
    share: Share | None = None
    yuan_per_home: YuanSquare | None = None
    kinds: Kinds = ()

    @model_validator(mode="after")
    def _one_amount(self) -> "_Part":
        if (self.share is None) == (self.yuan_per_home is None):
            msg = "one of: share, yuan_per_home"
            raise ValueError(msg)
        return self

    def serves(self, kind: Kind) -> bool:
        """Whether it is for parcels of this kind."""
        return not self.kinds or kind in self.kinds


class LoanBlock(_Part):
    """`[[finance.loan]]`: money lent while the homes are built or bought, whose interest is a line of the cost.

    share: of land, construction and (where set) soft cost. rate: a year. months: from the first drawing to the sale.
    drawn: mean share of the loan drawn over that time; one half for linear drawing (C). of: "cost", nothing else.
    """

    kind: Literal["special_bond", "provident_fund", "bank"]
    rate: Rate
    months: Positive
    drawn: Annotated[float, Field(gt=0, le=1)] = 0.5
    of: str = "cost"


class SubsidyBlock(_Part):
    """`[[finance.subsidy]]`: a grant that lowers the cost; share: of land, construction and (where set) soft cost."""


class ReliefBlock(Model):
    """`[[finance.relief]]`: taxes and fees waived, as a share of one line of the cost."""

    name: Annotated[str, Field(min_length=1)]
    of: Literal["land", "construction", "soft"]
    share: Share
    kinds: Kinds = ()

    def serves(self, kind: Kind) -> bool:
        """Whether it is for parcels of this kind."""
        return not self.kinds or kind in self.kinds


class CapBlock(Model):
    """A greatest share and where it comes from: `{ share = 0.05, source = "...", evidence = "M" }`, or the share alone."""

    share: Share
    source: str = ""
    evidence: Evidence = "U"

    @model_validator(mode="before")
    @classmethod
    def _share_alone(cls, raw: Any) -> Any:
        return {"share": raw} if isinstance(raw, int | float) and not isinstance(raw, bool) else raw


class MortgageBlock(Model):
    """`mortgage = { share, rate, years }`: share of the price lent to the household, yearly rate, years to pay."""

    share: Annotated[float, Field(gt=0, le=1)]
    rate: Rate
    years: int = Field(ge=1, le=50)


class PriceBand(Model):
    """`[finance.price_band]`: by what share each line may come out higher or lower (0.2: between 80 and 120 %)."""

    land: Swing | None = None
    construction: Swing | None = None
    soft: Swing | None = None
    rate: Swing | None = None
    months: Swing | None = None
    saleable_share: Swing | None = None
    subsidy: Swing | None = None
    relief: Swing | None = None
    profit: Swing | None = None

    @property
    def given(self) -> dict[str, float]:
        """The lines that have a share, by name."""
        return {name: float(share) for name, share in self.model_dump(exclude_none=True).items()}


class FinanceBlock(Model):
    """`[finance]`: unit costs, terms of money, and what a household can pay. Nothing has a default.

    land_yuan_m2: cost of allotted land a m2 of parcel; the parcel's own `land_cost` (yuan) comes first.
    construction_yuan_m2, conversion_yuan_m2, soft_yuan_m2: a m2 of floor area. soft_share: of the building works.
    saleable_share: saleable over floor area. profit: share of the cost. profit_max, payment_max: caps with their source.
    market_yuan_m2: of comparable homes, where the parcel has no `market_price`. wage: of a household, yuan a year.
    """

    land_yuan_m2: YuanSquare | None = None
    construction_yuan_m2: YuanSquare | None = None
    conversion_yuan_m2: YuanSquare | None = None
    soft_share: Share | None = None
    soft_yuan_m2: YuanSquare | None = None
    saleable_share: Annotated[float, Field(ge=0.01, le=1)] | None = None
    loan: tuple[LoanBlock, ...] = Field(default=(), strict=False)
    subsidy: tuple[SubsidyBlock, ...] = Field(default=(), strict=False)
    relief: tuple[ReliefBlock, ...] = Field(default=(), strict=False)
    profit: Share | None = None
    profit_max: CapBlock | None = None
    market_yuan_m2: Annotated[YuanSquare, Field(ge=1)] | None = None
    wage: Annotated[Yuan, Field(ge=1)] | None = None
    mortgage: MortgageBlock | None = None
    payment_max: CapBlock | None = None
    price_band: PriceBand = PriceBand()
    source: str = ""
    evidence: Evidence = "U"

    @property
    def has_soft(self) -> bool:
        """Whether soft cost is a line."""
        return self.soft_share is not None or self.soft_yuan_m2 is not None

    @model_validator(mode="after")
    def _one_soft(self) -> "FinanceBlock":
        if self.soft_share is not None and self.soft_yuan_m2 is not None:
            msg = "one of: soft_share, soft_yuan_m2"
            raise ValueError(msg)
        return self


def mixing_problems(raw: object, file: str = SETTINGS_FILE, where: str = "finance") -> Iterator[Problem]:
    """Yield every key of the block as written that would charge the homes with what the public ledger pays.

    To be asked before the block is read: such keys are unknown to it, and this says why.
    """
    if isinstance(raw, list | tuple):
        for at, each in enumerate(raw):
            name = each.get("name") if isinstance(each, dict) else None
            yield from mixing_problems(each, file, f"{where} {name or at + 1}")
    elif isinstance(raw, Mapping):
        for key, inner in raw.items():
            if str(key) not in _OUR_KEYS and _is_public(str(key)):
                yield Problem("ledgers_mixed", file, f"{where}.{key}", str(key))
            else:
                yield from mixing_problems(inner, file, f"{where}.{key}")


def finance_problems(block: FinanceBlock, mean_home_m2: float | None, file: str = SETTINGS_FILE) -> list[Problem]:
    """Return what is amiss between the keys of the block; `mean_home_m2` is that of `[capacity]`."""
    found = [*_mixed_parts(block, file), *_named_once(block, file), *_share_problems(block, file)]
    found += [*_profit_problems(block, file), *_household_problems(block, file)]
    if mean_home_m2 is None:
        found.append(
            Problem("missing_key", file, "capacity.mean_home_m2", expected="mean_home_m2 | saleable_m2", level="warn")
        )
    for line in block.price_band.given:
        if not _has_line(block, line):
            found.append(Problem("line_not_set", file, f"finance.price_band.{line}", line))
    return found


def _mixed_parts(block: FinanceBlock, file: str) -> Iterator[Problem]:
    for loan in block.loan:
        if loan.of != "cost":
            code = "ledgers_mixed" if _is_public(loan.of) else "wrong_value"
            yield Problem(code, file, f"finance.loan {loan.name}.of", loan.of, "cost")
    for key in ("loan", "subsidy"):
        for part in getattr(block, key):
            if _is_public(part.name, PUBLIC_NAMES):
                yield Problem("ledgers_mixed", file, f"finance.{key} {part.name}.name", part.name)


def _named_once(block: FinanceBlock, file: str) -> Iterator[Problem]:
    for key in ("loan", "subsidy", "relief"):
        names = [part.name for part in getattr(block, key)]
        for name in dict.fromkeys(names):
            if names.count(name) > 1:
                yield Problem("part_named_twice", file, f"finance.{key}", name)


def _share_problems(block: FinanceBlock, file: str) -> Iterator[Problem]:
    lines: dict[str, Iterable[Any]] = {"finance.loan": block.loan, "finance.subsidy": block.subsidy}
    for of in ("land", "construction", "soft"):
        lines[f"finance.relief ({of})"] = [each for each in block.relief if each.of == of]
    for where, parts in lines.items():
        most = max(_total(parts, kind) for kind in Kind)
        if most > 1:
            yield Problem("shares_above_whole", file, f"{where}.share", f"{float(most):g}", "≤ 1")
    for each in block.relief:
        if each.of == "soft" and not block.has_soft:
            yield Problem("line_not_set", file, f"finance.relief {each.name}.of", "soft")


def _total(parts: Iterable[Any], kind: Kind) -> Fraction:
    return sum((exact(each.share) for each in parts if each.share is not None and each.serves(kind)), Fraction(0))


def _profit_problems(block: FinanceBlock, file: str) -> Iterator[Problem]:
    cap = block.profit_max
    if block.profit is not None and cap is None:
        yield Problem("profit_uncapped", file, "finance.profit_max", f"{block.profit:.2%}", level="warn")
    elif block.profit is not None and cap is not None and block.profit > cap.share:
        yield Problem("profit_above_cap", file, "finance.profit", f"{block.profit:.2%}", f"{cap.share:.2%}")
    for key in ("profit_max", "payment_max"):
        given = getattr(block, key)
        if given is not None and given.evidence != "U" and not given.source:
            yield Problem("missing_key", file, f"finance.{key}.source", expected="source")


def _household_problems(block: FinanceBlock, file: str) -> Iterator[Problem]:
    asked = {key for key in ("wage", "mortgage", "payment_max") if getattr(block, key) is not None}
    for key in ("wage", "mortgage"):
        if asked and key not in asked:
            yield Problem("missing_key", file, f"finance.{key}", expected=key)


def _has_line(block: FinanceBlock, line: str) -> bool:
    """Whether a line of the band can move: cost lines may also come from the parcels, so they always can."""
    if line in ("rate", "months"):
        return bool(block.loan)
    if line in ("subsidy", "relief"):
        return bool(getattr(block, line))
    if line == "soft":
        return block.has_soft
    return line in ("land", "construction") or getattr(block, line) is not None


def _is_public(word: str, told_by: tuple[str, ...] = PUBLIC_WORDS) -> bool:
    return any(each in word.lower() for each in told_by)


_MODELS = (FinanceBlock, LoanBlock, SubsidyBlock, ReliefBlock, CapBlock, MortgageBlock, PriceBand)
_OUR_KEYS = frozenset(name for model in _MODELS for name in model.model_fields)
