"""Numbers and tables as Markdown."""

from collections.abc import Iterable, Sequence


def number(value: float, digits: int = 2) -> str:
    """Return a number with a true minus sign and thousands apart; a dash where it is missing."""
    if value != value:  # noqa: PLR0124  the missing number is the one that is not itself
        return "–"
    written = f"{value:,.{digits}f}"
    return (written.lstrip("-") if float(written.replace(",", "")) == 0 else written).replace("-", "−")


def interval(estimate: float, low: float, high: float) -> str:
    """Return an estimate with its interval, a dash where there is none."""
    if estimate != estimate:  # noqa: PLR0124  see above
        return "–"
    return f"{number(estimate)} [{number(low)}, {number(high)}]"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; the first column is words, the others are numbers."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
