"""The two ledgers of a run: what the homes of each candidate cost and sell for, and what the public pays."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from siting.base.columns import Kind
from siting.base.errors import Problem
from siting.base.finance_settings import FinanceBlock
from siting.base.settings import Settings
from siting.plan import affordability, parcel_problems, price, tornado

TERMS = ("kind", "homes", "area_m2", "land_cost", "market_price", "hidden_debt")
TORNADO_MAX = 200
"""Of parcels whose price is taken apart line by line, the best ranked first."""


@dataclass(frozen=True)
class Pricing:
    """The ledgers of the parcels that screening leaves.

    parcels: usable parcels by id with their own columns. utilities: how each is joined to each utility.
    """

    settings: Settings
    finance: FinanceBlock
    parcels: pd.DataFrame = field(repr=False)
    utilities: Mapping[str, pd.DataFrame] = field(repr=False)

    @cached_property
    def terms(self) -> pd.DataFrame:
        """What a price is made from, by parcel; the asking price is that of existing homes and buildings."""
        return terms_of(self.parcels).assign(saleable_m2=self._saleable())

    def _saleable(self) -> pd.Series:
        """Return what can be sold, m2: the parcel's own figure, else a share of the floor that its homes fill.

        `[capacity]` counts homes by floor area, so that of new building only a share is sold; existing homes are sold as
        they stand.
        """
        homes = self.parcels["homes"].astype(float)
        floor = homes * (self.settings.capacity.mean_home_m2 or np.nan)
        sold = floor * (self.finance.saleable_share or np.nan)
        made = floor.where(self.parcels["kind"] == Kind.STOCK, sold)
        return self.parcels["saleable_m2"].fillna(made) if "saleable_m2" in self.parcels.columns else made

    @cached_property
    def prices(self) -> pd.DataFrame:
        """Both ledgers by parcel, the price to the fen."""
        public = {name: table["public_cost_yuan"] for name, table in self.utilities.items()}
        return price(self.terms, self.finance, mean_home_m2=self.settings.capacity.mean_home_m2, public=public)

    @cached_property
    def households(self) -> pd.DataFrame:
        """What a household pays for the mean home of each parcel."""
        return affordability(self.prices, self.finance)

    def swings(self, ranked: list[str]) -> pd.DataFrame:
        """Return what moves the price of the best ranked parcels, a row a parcel and line."""
        if not self.finance.price_band.given:
            return pd.DataFrame({"parcel_id": []})
        mean = self.settings.capacity.mean_home_m2
        parts = [
            tornado(self.terms.loc[parcel], self.finance, mean_home_m2=mean).assign(parcel_id=parcel)
            for parcel in ranked[:TORNADO_MAX]
        ]
        found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"parcel_id": []})
        return found[["parcel_id", *[name for name in found.columns if name != "parcel_id"]]]

    def table(self) -> pd.DataFrame:
        """Return prices.csv: both ledgers and what a household pays, a row a parcel."""
        paid = self.households[["home_yuan", "payment_yuan_month", "price_to_income", "payment_ok"]].round(4)
        shares = {name: self.prices[name].round(6) for name in ("margin_share", "payment_share")}
        return self.prices.assign(**shares).join(paid).rename_axis("parcel_id").reset_index()

    def record(self, parcel: str) -> dict[str, Any] | None:
        """Return the ledgers of one parcel, as its receipt holds them."""
        if parcel not in self.prices.index:
            return None
        row = self.prices.loc[parcel].to_dict() | self.households.loc[parcel].to_dict()
        return {str(name): plain(cell) for name, cell in row.items()}


def terms_of(parcels: pd.DataFrame) -> pd.DataFrame:
    """Return what the parcels themselves say on costs, in the words of `plan.price`."""
    known = pd.DataFrame(parcels)
    columns = {name: known[name] for name in TERMS if name in known.columns}
    if "purchase_price" in known.columns:
        columns["price"] = known["purchase_price"]
    return pd.DataFrame(columns, index=known.index)


def cost_problems(parcels: pd.DataFrame, file: str) -> list[Problem]:
    """Return what stands in the way of prices."""
    return list(parcel_problems(terms_of(parcels), file))


def plain(cell: Any) -> Any:
    """Return a cell as JSON has it: missing is None, numpy numbers are plain ones."""
    if cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, float) and np.isnan(cell)):
        return None
    return cell.item() if isinstance(cell, np.generic) else cell
