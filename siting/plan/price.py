"""The two ledgers of every parcel: what its homes cost and sell for, and beside it what the public pays.

Public money is read after the price is made and never enters it (配套投入不得摊入保障性住房建设成本, S).
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from siting.base.arguments import takes
from siting.base.columns import NO, YES, Kind, Language
from siting.base.errors import Problem
from siting.base.finance_settings import FinanceBlock
from siting.base.money import exact, from_hundredths, hundredths
from siting.base.texts import text
from siting.plan.affordability import affordability
from siting.plan.bill import Bill, Site, bill

NUMBERS = ("homes", "area_m2", "saleable_m2", "land_cost", "price", "market_price")
REASONS_TOLD = 5


class _Row(NamedTuple):
    """A parcel with what is judged beside its bill; comparable: fen a m2; debt: yes, no, unclear or nothing said."""

    site: Site
    comparable: int | None
    debt: str


@takes(parcels="table", mean_home_m2="number")
def price(
    parcels: pd.DataFrame,
    finance: FinanceBlock,
    *,
    mean_home_m2: float | None = None,
    public: Mapping[str, pd.Series] | None = None,
) -> pd.DataFrame:
    """Return both ledgers of every parcel, on the index of `parcels` and in its order; each row depends on itself alone.

    `parcels`: kind, homes; where there are: area_m2, saleable_m2, land_cost (yuan), price (yuan a m2, asked for existing
    homes or a building), market_price (yuan a m2), hidden_debt. `public`: utility -> yuan by parcel.

    saleable_m2: the parcel's own, else homes x mean_home_m2; floor area = saleable / saleable_share.
    land: land cost (own, else land_yuan_m2 x area), construction_yuan_m2 x floor. stock: price x saleable, no building and
    no soft cost. conversion: price x floor (nothing where no price is given: allotted land is kept) + conversion_yuan_m2 x
    floor. Land of the last two is in what is bought, unless land_cost says otherwise. soft: of what is built. finance:
    interest of the loans on land + construction [+ soft]. subsidy and tax_relief are 0 or below. cost is the sum of its
    lines; lines that are not set (soft, finance) are missing and no part of it. price = cost x (1 + profit) / saleable.

    Rounding: lines half up to the fen, totals as sums of lines, the price a m2 up to the fen; revenue = price x saleable
    = cost + profit + surplus. price_ok: price < comparable, strictly. payment_share: see `affordability`.
    status: debt_stop (hidden debt, S), no_homes, no_cost (reasons name each missing figure; never a 0 in its place),
    above_market, ok. `public_<utility>_yuan`, and public_yuan where all of them are known.

    ValueError for missing columns, repeated ids, unknown kinds, numbers below 0 or infinite, homes that are not whole,
    and public amounts below 0 or named twice. Source: the city's plan 四(三) (S); soft and finance as lines of
    their own are ours.
    """
    rows = _rows(parcels, finance, mean_home_m2)
    bills = [bill(row.site, finance) if row.site.homes > 0 else Bill(missing=("homes",)) for row in rows]
    table = pd.DataFrame([_record(row, each) for row, each in zip(rows, bills, strict=True)], columns=COLUMNS[:-3])
    table = table.astype({"homes": "Int64", **dict.fromkeys(COLUMNS[2:-3], np.float64)}).set_axis(parcels.index)
    comparable, price_m2 = table["comparable_yuan_m2"], table["price_yuan_m2"]
    table["margin_share"] = (comparable - price_m2) / comparable
    table["price_ok"] = (price_m2 < comparable).astype("boolean").mask(price_m2.isna() | comparable.isna())
    paid = affordability(table, finance)
    table["payment_share"] = paid["payment_share"]
    beyond = (~paid["payment_ok"]).fillna(False).to_numpy(bool)
    judged = [_judged(row, each, at) for row, each, at in zip(rows, bills, beyond, strict=True)]
    public_part = _public(public or {}, parcels.index)
    verdict = pd.DataFrame(judged, index=parcels.index, columns=["status", "reasons"])
    return pd.concat([table[list(COLUMNS)], public_part, verdict], axis=1).rename_axis(parcels.index.name)


def parcel_problems(parcels: pd.DataFrame, file: str = "") -> Iterator[Problem]:
    """Yield what stands in the way of a price: amounts below 0 and homes that are not whole, with the first ids."""
    for name in (each for each in NUMBERS if each in parcels.columns):
        values = parcels[name].to_numpy(np.float64, na_value=np.nan)
        checks = {"money_below_zero": values < 0}
        if name == "homes":
            checks["homes_not_whole"] = ~np.isnan(values) & (values != np.floor(values))
        for code, is_wrong in checks.items():
            ids = sorted(str(each) for each in parcels.index[is_wrong])
            if ids:
                told = ", ".join(ids[:REASONS_TOLD]) + ("…" if len(ids) > REASONS_TOLD else "")
                yield Problem(code, file, name, str(len(ids)), "≥ 0", values={"ids": told})


def reasons_told(reasons: str, language: Language) -> list[str]:
    """Return the codes of a `reasons` cell as sentences; KeyError for an unknown code."""
    codes = [each for each in reasons.split("; ") if each]
    return [text(f"price_reason.{each.partition(':')[2] or each}", language) for each in codes]


COLUMNS = (
    *("kind", "homes", "saleable_m2", "land_yuan", "construction_yuan", "purchase_yuan", "soft_yuan", "finance_yuan"),
    *("subsidy_yuan", "tax_relief_yuan", "cost_yuan", "profit_yuan", "price_yuan_m2", "revenue_yuan", "surplus_yuan"),
    *("comparable_yuan_m2", "margin_share", "price_ok", "payment_share"),
)


def _record(row: _Row, each: Bill) -> list[object]:
    """Return the figures of COLUMNS up to the comparable price."""
    lines = (each.land, each.construction, each.purchase, each.soft, each.finance, each.subsidy, each.relief)
    sold = (each.cost, each.profit, each.price, each.revenue, each.surplus)
    figures = (row.site.saleable, *lines, *sold, row.comparable)
    homes = row.site.homes if row.site.homes >= 0 else None
    return [str(row.site.kind), homes, *map(from_hundredths, figures)]


def _judged(row: _Row, each: Bill, is_beyond_wage: bool) -> tuple[str, str]:
    """Return status and reasons."""
    reasons = {"stop": [], "open": [f"no_cost:{name}" for name in each.missing], "told": list(each.notes)}
    if row.site.homes <= 0:
        reasons["open"] = ["no_homes:homes"]
    if row.debt == "unclear":
        reasons["told"].append("debt_unclear")
    status = "ok" if each.price is not None else "no_homes" if row.site.homes <= 0 else "no_cost"
    if each.price is not None and row.comparable is None:
        reasons["told"].append("market")
    elif each.price is not None and row.comparable is not None and each.price >= row.comparable:
        status = "above_market"
        reasons["open"].append("above_market")
    if row.debt == "yes":
        status = "debt_stop"
        reasons["stop"].append("hidden_debt")
    if is_beyond_wage:
        reasons["told"].append("payment_above")
    return status, "; ".join([*reasons["stop"], *reasons["open"], *reasons["told"]])


def _rows(parcels: pd.DataFrame, finance: FinanceBlock, mean_home_m2: float | None) -> list[_Row]:
    """Return the parcels as bills need them; ValueError for what cannot be meant."""
    lacking = [column for column in ("kind", "homes") if column not in parcels.columns]
    if lacking or not parcels.index.is_unique:
        msg = f"parcels: ids once each, and columns kind, homes; missing: {', '.join(lacking) or 'none'}"
        raise ValueError(msg)
    if mean_home_m2 is not None and not 0 < mean_home_m2 < np.inf:
        msg = f"mean_home_m2 must be above 0, not {mean_home_m2}"
        raise ValueError(msg)
    unknown = sorted({str(each) for each in parcels["kind"]} - set(Kind))
    if unknown:
        msg = f"parcels.kind must be one of {', '.join(Kind)}, not {', '.join(unknown)}"
        raise ValueError(msg)
    numbers = {name: _numbers(parcels, name) for name in NUMBERS}
    debts = _debts(parcels)
    return [
        _row({name: column[at] for name, column in numbers.items()}, kind, debts[at], (finance, mean_home_m2))
        for at, kind in enumerate(parcels["kind"])
    ]


def _row(known: Mapping[str, float | None], kind: str, debt: str, terms: tuple[FinanceBlock, float | None]) -> _Row:
    finance, mean = terms
    homes = -1 if known["homes"] is None else int(known["homes"])
    area = None if known["saleable_m2"] is None else exact(known["saleable_m2"])
    if area is None and mean is not None and homes > 0:
        area = homes * exact(mean)
    comparable = finance.market_yuan_m2 if known["market_price"] is None else known["market_price"]
    own = {
        name: None if known[name] is None else exact(known[name] or 0.0) for name in ("area_m2", "land_cost", "price")
    }
    saleable = None if area is None else hundredths(area)
    site = Site(Kind(kind), homes, saleable or None, own["area_m2"], own["land_cost"], own["price"])
    # a price that rounds to nothing is none
    return _Row(site, (hundredths(exact(comparable)) if comparable else 0) or None, debt)


def _numbers(parcels: pd.DataFrame, name: str) -> list[float | None]:
    if name not in parcels.columns:
        return [None] * len(parcels)
    values = parcels[name].to_numpy(np.float64, na_value=np.nan)
    if (values < 0).any() or np.isinf(values).any():
        msg = f"parcels.{name} must be numbers from 0 up"
        raise ValueError(msg)
    if name == "homes" and (values[~np.isnan(values)] % 1 != 0).any():
        msg = "parcels.homes must be whole numbers"
        raise ValueError(msg)
    return [None if np.isnan(value) else float(value) for value in values]


def _debts(parcels: pd.DataFrame) -> list[str]:
    if "hidden_debt" not in parcels.columns:
        return [""] * len(parcels)
    cells = parcels["hidden_debt"].astype(object)
    words = ["" if pd.isna(each) else str(each).strip().lower() for each in cells]
    return ["yes" if each in YES else "no" if each in NO else "unclear" if each else "" for each in words]


def _public(public: Mapping[str, pd.Series], index: pd.Index) -> pd.DataFrame:
    """Return the public ledger by parcel, each utility rounded half up; its total where every utility is known."""
    columns: dict[str, list[float]] = {}
    whole: list[int | None] = [0 if public else None] * len(index)
    for utility in sorted(public):
        given = public[utility]
        amounts = given.reindex(index).to_numpy(np.float64, na_value=np.nan) if given.index.is_unique else None
        if amounts is None or (amounts < 0).any() or np.isinf(amounts).any():
            msg = f"public.{utility} must be amounts from 0 up, one a parcel"
            raise ValueError(msg)
        fens = [None if np.isnan(each) else hundredths(exact(float(each))) for each in amounts]
        columns[f"public_{utility}_yuan"] = [from_hundredths(each) for each in fens]
        whole = [None if a is None or b is None else a + b for a, b in zip(whole, fens, strict=True)]
    columns["public_yuan"] = [from_hundredths(each) for each in whole]
    return pd.DataFrame(columns, index=index, dtype=np.float64)


def site_of(parcel: pd.Series, finance: FinanceBlock, mean_home_m2: float | None) -> Site:
    """Return one row of the parcels as a bill needs it. Raises what `price` does."""
    one = pd.DataFrame([parcel.to_dict()], index=[str(parcel.name)])
    return _rows(one, finance, mean_home_m2)[0].site
