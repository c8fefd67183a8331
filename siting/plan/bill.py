"""What the homes of one parcel cost and sell for, line by line, in whole fen.

Each line is rounded half up; totals are sums of lines; the price a m2 is rounded up, so that it breaks even.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from siting.base.columns import Kind
from siting.base.finance_settings import FinanceBlock
from siting.base.money import HUNDRED, exact, hundredths

NOTHING_MOVED: Mapping[str, Fraction] = {}
ONE = Fraction(1)


class Site(NamedTuple):
    """What a bill needs to know of a parcel; None where it is not known.

    saleable: hundredths of m2. land_cost: yuan. price: yuan a m2, asked for existing homes or a building.
    """

    kind: Kind
    homes: int
    saleable: int | None
    area_m2: Fraction | None
    land_cost: Fraction | None
    price: Fraction | None


@dataclass(frozen=True)
class Bill:
    """Lines in fen, None where unknown or not set; subsidy and relief are 0 or below.

    purchase: the part of construction that buys what stands there. price: fen a m2. revenue: price x saleable area, which
    is cost + profit + surplus, the last from rounding the price up. missing: the figures that were not given. notes: what
    else should be told.
    """

    land: int | None = None
    construction: int | None = None
    purchase: int | None = None
    soft: int | None = None
    finance: int | None = None
    subsidy: int | None = None
    relief: int | None = None
    cost: int | None = None
    profit: int | None = None
    price: int | None = None
    revenue: int | None = None
    surplus: int | None = None
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class _Works(NamedTuple):
    """What is built and bought: fen, None where unknown."""

    built: int | None
    bought: int | None

    @property
    def total(self) -> int | None:
        return None if self.built is None or self.bought is None else self.built + self.bought


def bill(site: Site, finance: FinanceBlock, moved: Mapping[str, Fraction] = NOTHING_MOVED) -> Bill:
    """Return the bill of a parcel that has homes; `moved` multiplies lines or terms, by the names of the price band.

    price = ceil((land + construction [+ soft] [+ interest] - subsidy - relief) x (1 + profit) / saleable area). Soft cost and
    interest count only where they are set. Source: the city's plan 四(三) (S); conventions of the lines: `plan.price`.
    """
    lacking: list[str] = [] if site.saleable is not None else ["mean_home_m2"]
    floor = _floor(site, finance, moved, lacking)
    land = _land(site, finance, moved, lacking)
    works = _works(site, finance, moved, (floor, lacking))
    soft = _soft(finance, moved, floor, works.built)
    base = _sum([land, works.total, soft] if finance.has_soft else [land, works.total])
    notes = ["no_purchase"] if site.kind is Kind.CONVERSION and site.price is None else []
    interest = _interest(site, finance, moved, (base, notes))
    subsidy = _subsidy(site, finance, moved, base)
    relief = _relief(site, finance, moved, {"land": land, "construction": works.total, "soft": soft})
    cost = _sum([base, subsidy, relief, *([interest] if finance.loan else [])])
    if cost is not None and cost < 0:
        cost, lacking = None, [*lacking, "subsidy_above_cost"]
    if finance.profit is None:
        lacking.append("profit")
    known = Bill(
        land=land,
        construction=works.total,
        purchase=works.bought,
        soft=soft,
        finance=interest,
        subsidy=subsidy,
        relief=relief,
        cost=cost,
        missing=tuple(dict.fromkeys(lacking)),
        notes=tuple(notes),
    )
    return _sold(known, site, finance, moved)


def _sold(known: Bill, site: Site, finance: FinanceBlock, moved: Mapping[str, Fraction]) -> Bill:
    """Return the bill with profit, price and what the sale brings, where all is known."""
    if known.cost is None or site.saleable is None or finance.profit is None or known.missing:
        return known
    profit = _rounded(Fraction(known.cost) * exact(finance.profit) * moved.get("profit", ONE))
    price = -((known.cost + profit) * HUNDRED // -site.saleable)
    revenue = _rounded(Fraction(price * site.saleable, HUNDRED))
    sold = {"profit": profit, "price": price, "revenue": revenue, "surplus": revenue - known.cost - profit}
    return Bill(**{**vars(known), **sold})


def _floor(site: Site, finance: FinanceBlock, moved: Mapping[str, Fraction], lacking: list[str]) -> Fraction | None:
    """Return the floor area in m2, saleable area / saleable share; existing homes are bought by their saleable area."""
    if site.kind is Kind.STOCK:
        return Fraction(0)
    if finance.saleable_share is None:
        lacking.append("saleable_share")
        return None
    share = min(exact(finance.saleable_share) * moved.get("saleable_share", ONE), ONE)
    return None if site.saleable is None else Fraction(site.saleable, HUNDRED) / share


def _land(site: Site, finance: FinanceBlock, moved: Mapping[str, Fraction], lacking: list[str]) -> int | None:
    yuan = site.land_cost
    if yuan is None and site.kind is not Kind.LAND:
        # what is bought includes its land, and land once allotted stays so
        yuan = Fraction(0)
    if yuan is None:
        lacking += ["land_yuan_m2"] if finance.land_yuan_m2 is None else []
        lacking += ["area_m2"] if finance.land_yuan_m2 is not None and site.area_m2 is None else []
        if finance.land_yuan_m2 is None or site.area_m2 is None:
            return None
        yuan = exact(finance.land_yuan_m2) * site.area_m2
    return hundredths(yuan * moved.get("land", ONE))


def _works(
    site: Site,
    finance: FinanceBlock,
    moved: Mapping[str, Fraction],
    area: tuple[Fraction | None, list[str]],
) -> _Works:
    """Return what is built and bought, each in fen; `area`: floor area, and where to say what is lacking."""
    floor, lacking = area
    factor = moved.get("construction", ONE)
    if site.kind is Kind.STOCK:
        lacking += ["price"] if site.price is None else []
        if site.price is None or site.saleable is None:
            return _Works(0, None)
        return _Works(0, _rounded(site.price * site.saleable * factor))
    name = "construction_yuan_m2" if site.kind is Kind.LAND else "conversion_yuan_m2"
    unit = finance.construction_yuan_m2 if site.kind is Kind.LAND else finance.conversion_yuan_m2
    lacking += [name] if unit is None else []
    built = None if unit is None or floor is None else hundredths(exact(unit) * floor * factor)
    if site.kind is Kind.LAND or site.price is None:
        return _Works(built, 0)
    return _Works(built, None if floor is None else hundredths(site.price * floor * factor))


def _soft(
    finance: FinanceBlock, moved: Mapping[str, Fraction], floor: Fraction | None, built: int | None
) -> int | None:
    """Return design, survey and management of what is built: 0 for homes that stand, None where not set or unknown."""
    factor = moved.get("soft", ONE)
    if finance.soft_share is not None and built is not None:
        return _rounded(exact(finance.soft_share) * built * factor)
    if finance.soft_yuan_m2 is not None and floor is not None:
        return hundredths(exact(finance.soft_yuan_m2) * floor * factor)
    return None


def _interest(
    site: Site, finance: FinanceBlock, moved: Mapping[str, Fraction], base: tuple[int | None, list[str]]
) -> int | None:
    """Return the interest of all loans, each rounded; `base`: what they are a share of, and where to note an excess."""
    lent_on, notes = base
    if not finance.loan or lent_on is None:
        return None
    total, lent = 0, Fraction(0)
    for loan in finance.loan:
        if not loan.serves(site.kind):
            continue
        principal = _amount(loan.share, loan.yuan_per_home, lent_on, site.homes)
        lent += principal
        time = exact(loan.months) * moved.get("months", ONE) / 12 * exact(loan.drawn)
        total += _rounded(principal * exact(loan.rate) * moved.get("rate", ONE) * time)
    if lent > lent_on:
        notes.append("loan_above_cost")
    return total


def _subsidy(site: Site, finance: FinanceBlock, moved: Mapping[str, Fraction], base: int | None) -> int | None:
    served = [each for each in finance.subsidy if each.serves(site.kind)]
    if base is None and any(each.share is not None for each in served):
        return None
    factor = moved.get("subsidy", ONE)
    given = [_rounded(_amount(each.share, each.yuan_per_home, base or 0, site.homes) * factor) for each in served]
    return -sum(given)


def _relief(
    site: Site, finance: FinanceBlock, moved: Mapping[str, Fraction], lines: Mapping[str, int | None]
) -> int | None:
    served = [each for each in finance.relief if each.serves(site.kind)]
    factor, total = moved.get("relief", ONE), 0
    for each in served:
        if each.of == "soft" and not finance.has_soft:
            continue
        line = lines[each.of]
        if line is None:
            return None
        total -= _rounded(exact(each.share) * line * factor)
    return total


def _amount(share: float | None, yuan_per_home: float | None, base: int, homes: int) -> Fraction:
    """Return fen: a share of the base, or an amount a home."""
    if share is not None:
        return exact(share) * base
    return exact(yuan_per_home or 0.0) * homes * HUNDRED


def _rounded(fen: Fraction) -> int:
    return hundredths(fen / HUNDRED)


def _sum(lines: Iterable[int | None]) -> int | None:
    known = list(lines)
    return None if any(line is None for line in known) else sum(line for line in known if line is not None)
