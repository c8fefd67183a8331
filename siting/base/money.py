"""Money as whole fen, so that the lines of a ledger add up to its totals, and money as people read it.

Numbers are taken as they are written in decimals (0.05 is five hundredths, not its nearest binary number) and
kept as fractions until they become a line; each line is rounded half up to the fen, and totals are sums of lines.
"""

from fractions import Fraction
from functools import lru_cache
from math import floor, isfinite

from siting.base.columns import Language
from siting.base.texts import text

HUNDRED = 100
WAN_FEN = 10_000 * HUNDRED
HALF = Fraction(1, 2)


@lru_cache(maxsize=65_536)
def exact(number: float) -> Fraction:
    """Return a number as it is written in decimals; ValueError if it is not finite."""
    if not isfinite(number):
        msg = f"number must be finite, not {number}"
        raise ValueError(msg)
    return Fraction(repr(float(number)))


def hundredths(amount: Fraction) -> int:
    """Return an amount in hundredths (yuan in fen, m2 in 0.01 m2), rounded half up."""
    return floor(amount * HUNDRED + HALF)


def from_hundredths(amount: int | None) -> float:
    """Return hundredths as the nearest number of wholes; missing for None."""
    return float("nan") if amount is None else amount / HUNDRED


def money_text(yuan: float, language: Language) -> str:
    """Return money as a person reads it, rounded half up.

    Chinese: 1,234.56 万元 from ten thousand yuan up, else 980.50 元. English: 12,345,600 yuan from ten thousand up, else
    980.50 yuan. Missing is said to be unknown. ValueError for an infinite amount.
    """
    if yuan != yuan:  # noqa: PLR0124  NaN is the only number unequal to itself
        return text("money.unknown", language)
    size = hundredths(abs(exact(float(yuan))))
    sign = "-" if yuan < 0 and size else ""
    if size < WAN_FEN:
        return text("money.small", language, amount=f"{sign}{_grouped(size)}")
    if language == "zh":
        return text("money.large", language, amount=f"{sign}{_grouped(_nearest(size, 10_000))}")
    return text("money.large", language, amount=f"{sign}{_nearest(size, HUNDRED):,}")


def _nearest(amount: int, step: int) -> int:
    return floor(Fraction(amount, step) + HALF)


def _grouped(amount: int) -> str:
    whole, part = divmod(amount, HUNDRED)
    return f"{whole:,}.{part:02d}"
