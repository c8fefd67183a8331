"""Which unknown moves the price most: each line taken to the two ends of its band, the others left as they are."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from siting.base.arguments import takes
from siting.base.finance_settings import FinanceBlock, PriceBand
from siting.base.money import exact, from_hundredths
from siting.plan.bill import Bill, Site, bill
from siting.plan.price import site_of

COLUMNS = ("line", "share", "price_now", "price_low", "price_high", "change_low", "change_high", "swing")


@takes(parcel="column", mean_home_m2="number")
def tornado(
    parcel: pd.Series,
    finance: FinanceBlock,
    band: Mapping[str, float] | PriceBand | None = None,
    *,
    mean_home_m2: float | None = None,
) -> pd.DataFrame:
    """Return, for one parcel (a row of the table that `plan.price` takes), what each line of the band does to its price.

    `band`: line -> share, by which the line is taken lower and higher; None takes `[finance.price_band]`. price_low and
    price_high (yuan a m2) are the prices at the low and the high end of the line, not the lower and higher price; change_*
    are against price_now; swing = |price_high - price_low|. Sorted by swing, largest first, then by name. A
    saleable share is never taken above 1; a profit may be taken above its cap, which is a question, not a proposal.
    Prices are missing where the parcel has none, and for a line that it does not have (a swing of nothing would
    mislead). Raises what `price` does; ValueError for unknown lines and shares outside 0..1. Source: ours.
    """
    shares = _shares(finance.price_band if band is None else band)
    site = site_of(parcel, finance, mean_home_m2)
    now = _price(site, finance, {}) if site.homes > 0 else None
    rows = []
    for line in sorted(shares):
        share = shares[line]
        ends: tuple[int | None, int | None] = (None, None)
        if now is not None and has_line(site, finance, line):
            ends = (_price(site, finance, {line: -share}), _price(site, finance, {line: share}))
        low, high = (from_hundredths(end) for end in ends)
        rows.append([line, share, from_hundredths(now), low, high])
    table = pd.DataFrame(rows, columns=list(COLUMNS[:5])).astype(dict.fromkeys(COLUMNS[1:5], np.float64))
    for end in ("low", "high"):
        table[f"change_{end}"] = (table[f"price_{end}"] - table["price_now"]).round(2)
    table["swing"] = (table["price_high"] - table["price_low"]).abs().round(2)
    return table.sort_values(["swing", "line"], ascending=[False, True], na_position="last", ignore_index=True)


def has_line(site: Site, finance: FinanceBlock, line: str) -> bool:
    """Whether the bill of a parcel has a line that the band can move."""
    known: Bill = bill(site, finance)
    amounts = {
        "land": known.land,
        "construction": known.construction,
        "soft": known.soft,
        "rate": known.finance,
        "months": known.finance,
        "saleable_share": known.construction if site.kind != "stock" else None,
        "subsidy": known.subsidy,
        "relief": known.relief,
        "profit": known.profit,
    }
    return bool(amounts[line])


def _price(site: Site, finance: FinanceBlock, by: Mapping[str, float]) -> int | None:
    return bill(site, finance, {line: 1 + exact(share) for line, share in by.items()}).price


def _shares(band: Mapping[str, float] | PriceBand) -> dict[str, float]:
    given = band.given if isinstance(band, PriceBand) else dict(band)
    unknown = sorted(set(given) - set(PriceBand.model_fields))
    if unknown or not all(0 < share < 1 for share in given.values()):
        lines = ", ".join(PriceBand.model_fields)
        msg = f"band must be shares above 0 and below 1 of {lines}; unknown: {', '.join(unknown) or 'none'}"
        raise ValueError(msg)
    return {line: float(share) for line, share in given.items()}
