"""The land-supply plan of a run: what may be planned when, what the quota asks, and which parcels that comes to."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date as Date
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from siting.base.columns import SCORED, Kind, Language
from siting.base.quota_settings import QuotaBlock
from siting.base.texts import text
from siting.plan import Apart, Limits, Plan, School, allocate, loss_without, portfolios, regret
from siting.plan.model import Ledger

UNPLANNABLE = ("debt_stop", "above_market", "no_cost")
"""What stops a project: hidden debt (S), a price not below that of comparable homes (S), and no price to judge that by."""
HECTARE = 10_000
MODES = {"land": "mode_allotted", "stock": "mode_bought", "conversion": "mode_converted"}
OUTCOMES: dict[str, int] = {"infeasible": 1, "no_solver": 1, "time_limit": 3}
"""How the command line ends for a plan that is not to be carried out (1) or not known to be best (3)."""


@dataclass(frozen=True)
class Planning:
    """One quota and what it is to be met from.

    ranking: rows of ranking.csv by parcel id. parcels: usable parcels by id. units: unit id of each parcel. names: unit
    names by id. prices: both ledgers by parcel, None without `[finance]`. owed: parcel_id, need, title, clause, is_gate.
    schools: places that parcels share. day: of the documents.
    """

    quota: QuotaBlock
    ranking: pd.DataFrame = field(repr=False)
    parcels: gpd.GeoDataFrame = field(repr=False)
    units: pd.Series = field(repr=False)
    names: Mapping[str, str]
    prices: pd.DataFrame | None = field(repr=False)
    owed: pd.DataFrame = field(repr=False)
    schools: tuple[School, ...] = field(repr=False)
    day: Date | None

    @cached_property
    def limits(self) -> Limits:
        """What is asked and what may not be passed."""
        quota = self.quota
        named: tuple[Ledger, ...] = ("land", "public", "purchase")
        amounts: dict[Ledger, tuple[float, ...]] = {each: getattr(quota, f"{each}_budget_yuan") for each in named}
        return Limits(
            years=quota.years,
            homes=quota.homes,
            over=quota.over,
            unit={self._label(unit): homes for unit, homes in quota.unit.items()},
            unit_over={self._label(unit): homes for unit, homes in quota.unit_over.items()},
            budgets={ledger: given for ledger, given in amounts.items() if given},
            stock_share=quota.stock_share,
            apart=None if quota.apart is None else Apart(quota.apart.within_m, quota.apart.homes),
            together=tuple(lot.together for lot in quota.lots),
            exclude=quota.exclude,
            need=quota.need,
            must=quota.must,
            must_not=quota.must_not,
            schools=self.schools if quota.school_places else (),
            year_factors=quota.discount,
        )

    def _label(self, unit: str) -> str:
        """Return a unit as the plan speaks of it: by name, by id where names repeat, are empty or are another's id."""
        name = self.names.get(unit, unit)
        is_own = name and list(self.names.values()).count(name) == 1 and (name == unit or name not in self.names)
        return name if is_own else unit

    @cached_property
    def opening(self) -> pd.DataFrame:
        """The day from which each parcel can be supplied (`day`, empty: from the start) and a gate that has no day (`gate`)."""
        owed = self.owed.groupby("parcel_id")[["need", "is_gate"]].agg(list).to_dict("index") if len(self.owed) else {}
        available = self.parcels["available"] if "available" in self.parcels.columns else {}
        rows = []
        for parcel in self.parcels.index:
            days, closed = [str(available[parcel])] if len(available) and available[parcel] else [], ""
            for need, is_gate in zip(*owed.get(str(parcel), {"need": [], "is_gate": []}).values(), strict=True):
                opens = self.quota.gate_opens(need, self.day)
                if opens is not None:
                    days.append(opens.isoformat())
                elif is_gate:
                    closed = closed or need
            rows.append((max(days, default=""), closed))
        return pd.DataFrame(rows, index=self.parcels.index, columns=["day", "gate"])

    @cached_property
    def table(self) -> pd.DataFrame:
        """The parcels as the plan takes them, with why some may not be planned."""
        rows, opening = self.ranking.reindex(self.parcels.index), self.opening
        prices = pd.DataFrame(index=rows.index) if self.prices is None else self.prices
        money = {name: _column(prices, name, rows.index) for name in ("land_yuan", "purchase_yuan", "public_yuan")}
        centres = self.parcels.geometry.centroid
        first = opening["day"].str[:4].replace("", str(self.quota.years[0])).astype(int)
        reason = self._why_not(rows, prices)
        return pd.DataFrame(
            {
                "unit": self.units.reindex(rows.index).map(self._label),
                **{name: rows[name] for name in ("kind", "score", "rank", "area_m2")},
                "homes": rows["homes"].astype(float).where(rows["homes"] > 0),
                **money,
                "cost_yuan": _column(prices, "cost_yuan", rows.index),
                "first_year": first.clip(lower=self.quota.years[0]).astype("Int64"),
                "allowed": reason == "",
                "reason": reason,
                "x": centres.x,
                "y": centres.y,
            },
            index=rows.index,
        )

    def _why_not(self, rows: pd.DataFrame, prices: pd.DataFrame) -> pd.Series:
        reason = pd.Series("", index=rows.index, dtype=object)
        scored = rows["status"].isin([str(status) for status in SCORED])
        reason[~scored] = "status:" + rows["status"].astype(str)
        closed = scored & (self.opening["gate"] != "")
        reason[closed] = "gate:" + self.opening["gate"]
        if "status" in prices.columns:
            judged = prices["status"].reindex(rows.index).fillna("")
            for status in UNPLANNABLE:
                reason[(reason == "") & (judged == status)] = f"price:{status}"
        return reason

    @cached_property
    def plan(self) -> Plan:
        """The plan that best meets the quota within the limits."""
        return allocate(self.table, self.limits, time_limit=self.quota.time_limit_s, gap=self.quota.gap)

    @property
    def is_made(self) -> bool:
        """Whether there is a plan that can be carried out."""
        return self.plan.status not in ("infeasible", "no_solver") and len(self.plan.chosen) > 0

    def rows(self, language: Language) -> pd.DataFrame:
        """Return plan.csv: a row a chosen parcel; none where the quota cannot be met."""
        chosen = self.plan.chosen
        ids = chosen["parcel_id"]
        own, opening = self.parcels.loc[ids], self.opening.loc[ids]
        shares, losses = self.robustness
        found = pd.DataFrame(
            {
                "year": chosen["year"],
                "unit": [self.units[parcel] for parcel in ids],
                "unit_name": chosen["unit"],
                "parcel_id": ids,
                **{name: self.ranking.loc[ids, name].to_numpy() for name in ("name", "kind", "origin")},
                "area_ha": (chosen["area_m2"] / HECTARE).round(4),
                "homes": chosen["homes"],
                "score": chosen["score"],
                "rank": chosen["rank"],
                "landuse_now": _words(own, "landuse"),
                "landuse_planned": _words(own, "planned_use"),
                "supply_mode": [text(f"papers.word.{MODES[kind]}", language) for kind in chosen["kind"]],
                "quarter": [
                    text(f"papers.quarter.{_quarter(day, year)}", language)
                    for day, year in zip(opening["day"], chosen["year"], strict=True)
                ],
                "net_land": [text(f"papers.word.net_{word}", language) for word in self._net(own)],
                "gates": [self._owed_text(parcel, language) for parcel in ids],
                "responsible": _words(own, "responsible"),
                **{name: chosen[name] for name in ("land_yuan", "cost_yuan")},
                "price_yuan_m2": [self._price(parcel) for parcel in ids],
                "public_yuan": chosen["public_yuan"],
                "in_share": [shares.get(parcel) for parcel in ids],
                "loss_without": [losses.get(parcel, {}).get("loss") for parcel in ids],
                "short_without": [losses.get(parcel, {}).get("short") for parcel in ids],
                "over_without": [losses.get(parcel, {}).get("over") for parcel in ids],
                "note": _words(own, "note"),
            }
        )
        return found.iloc[:0] if not self.is_made else found

    @cached_property
    def robustness(self) -> tuple[dict[str, float], dict[str, dict[str, Any]]]:
        """How often each chosen parcel is in near-best plans, and what the best plan without it loses."""
        if not self.is_made or self.quota.portfolios == 0:
            return {}, {}
        near = portfolios(
            self.table, self.limits, self.plan, count=self.quota.portfolios, near=self.quota.near, seconds=self._seconds
        )
        lost = loss_without(self.table, self.limits, self.plan, seconds=self._seconds)
        return near.in_share.round(4).to_dict(), {
            str(parcel): _lost(row) for parcel, row in lost.to_dict("index").items()
        }

    @property
    def _seconds(self) -> float:
        return self.quota.time_limit_s

    def _price(self, parcel: str) -> float | None:
        return None if self.prices is None else float(self.prices.loc[parcel, "price_yuan_m2"])

    def _net(self, own: pd.DataFrame) -> list[str]:
        """Return whether each parcel is clear land; one that still owes the proof of it is not."""
        owing = set(self.owed.loc[self.owed["need"] == "clear_title", "parcel_id"])
        return ["no" if parcel in owing else word for parcel, word in zip(own.index, _net(own), strict=True)]

    def _owed_text(self, parcel: str, language: Language) -> str:
        stop = "；" if language == "zh" else "; "
        return stop.join(self.owed.loc[self.owed["parcel_id"] == parcel, "title"])

    def tables(self, language: Language) -> dict[str, pd.DataFrame]:
        """Return what the plan comes to, by the name of the file; plan.csv only where there is a plan."""
        found = {
            "plan_quota": self.quota_rows,
            "plan_ledgers": self.plan.budgets,
            "plan_proof": self.plan.rounds.replace([np.inf, -np.inf], np.nan).assign(
                plan=self.plan.status, ties=self.plan.ties
            ),
            "plan_left_out": self.plan.left_out,
        }
        if self.is_made:
            found["plan"] = self.rows(language)
        if len(self.plan.repairs):
            found["plan_repairs"] = self.plan.repairs
        if len(self.plan.clash):
            found["plan_clash"] = self.plan.clash
        if self.quota.regret and self.is_made:
            found["plan_regret"] = self.regrets
        return found

    @cached_property
    def quota_rows(self) -> pd.DataFrame:
        """What is asked and supplied by unit and year, units that only share the rest of the total among them."""
        known = self.plan.quota
        chosen = self.plan.chosen.groupby(["unit", "year"], sort=True)["homes"].sum()
        asked = set(zip(known["unit"], known["year"], strict=True))
        more = [(unit, year, 0, homes, 0, 0) for (unit, year), homes in chosen.items() if (unit, year) not in asked]
        found = pd.concat([known, pd.DataFrame(more, columns=known.columns)], ignore_index=True) if more else known
        is_whole = found["unit"] == ""
        return found[is_whole | (found["asked"] > 0) | (found["supplied"] > 0)].reset_index(drop=True)

    @cached_property
    def regrets(self) -> pd.DataFrame:
        """What each plan loses where the demand is another."""
        return regret(self.table, self.limits, self.quota.regret, seconds=self._seconds)

    def record(self, parcel: str) -> dict[str, Any] | None:
        """Return what the plan makes of one parcel, as its receipt holds it."""
        if parcel not in self.table.index:
            return None
        chosen = self.plan.chosen[self.plan.chosen["parcel_id"] == parcel]
        shares, losses = self.robustness
        return {
            "year": int(chosen["year"].iloc[0]) if len(chosen) and self.is_made else None,
            "reason": str(self.table.loc[parcel, "reason"]),
            "first_day": str(self.opening.loc[parcel, "day"]) or None,
            "in_share": shares.get(parcel),
            **{f"{name}_without": losses.get(parcel, {}).get(name) for name in ("loss", "short", "over")},
        }


def _lost(row: dict[Hashable, Any]) -> dict[str, float | int | None]:
    """Return what is lost without a parcel: homes short, homes beyond, or where neither, score-weighted homes."""
    short, over, loss = (row[name] for name in ("homes_short", "homes_over", "loss"))
    is_same = short == 0 and over == 0 and not np.isnan(loss)
    return {
        "loss": round(loss, 3) if is_same else None,
        "short": None if np.isnan(short) else int(short),
        "over": None if np.isnan(over) else int(over),
    }


def _column(table: pd.DataFrame, name: str, index: pd.Index) -> pd.Series:
    """Return a column of money; a ledger in which nothing is paid for a kind of parcel holds 0."""
    if name not in table.columns:
        return pd.Series(np.nan, index=index)
    found = table[name].reindex(index).astype(float)
    if name == "purchase_yuan":
        return found.mask(table["kind"].reindex(index) == Kind.LAND, 0.0)
    return found


def _words(own: pd.DataFrame, column: str) -> list[str]:
    return [str(cell) for cell in own[column]] if column in own.columns else [""] * len(own)


def _quarter(day: str, year: int) -> int:
    """Return the first quarter of a year in which a parcel can be supplied."""
    return (int(day[5:7]) + 2) // 3 if day[:4] == str(year) else 1


def _net(own: pd.DataFrame) -> list[str]:
    cells = own["net_land"].astype(str) if "net_land" in own.columns else pd.Series("", index=own.index)
    words = {"是": "yes", "yes": "yes", "true": "yes", "否": "no", "no": "no", "false": "no"}
    return [words.get(cell.strip().lower(), "unknown") for cell in cells]
