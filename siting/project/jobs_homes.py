"""Jobs and homes of a project in words of planning: rows by unit and for the whole, curves, effects of each site."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import geopandas as gpd
import pandas as pd

from siting.base.errors import InputProblems, Problem
from siting.base.model import SETTINGS_FILE
from siting.base.settings import Of
from siting.base.travel import TravelCosts
from siting.indicators import (
    Flows,
    catchment_curve,
    commute_bounds,
    commute_monitoring,
    containment,
    excess_commute,
    flows,
    mismatch,
    site_effects,
)
from siting.indicators.balancing import NotBalancedError
from siting.project.commuting import Commuting, LabourMarket, unit_ids
from siting.project.trips import trips

WHOLE = ""
"""The unit of rows that hold for all units together."""
Basis = Literal["computed", "estimated", "observed", "modelled"]
Rows = list[tuple[str, str, float, Basis]]
"""Unit, indicator, value, basis."""


@dataclass(frozen=True)
class Modelled:
    """The flows of every labour market, the largest first, and the decay that all of them share."""

    markets: tuple[LabourMarket, ...] = field(repr=False)
    flows: tuple[Flows, ...] = field(repr=False)

    @property
    def table(self) -> pd.DataFrame:
        """All flows as one long table."""
        return pd.concat([each.table for each in self.flows], ignore_index=True)

    @property
    def beta(self) -> float:
        """The decay."""
        return self.flows[0].beta


class JobsHomes:
    """What is said of jobs and homes in one season; `beta` fixes the decay where another season calibrated it."""

    def __init__(self, commuting: Commuting, *, beta: float | None, observed: pd.DataFrame | None) -> None:
        self.commuting = commuting
        self.observed = observed
        self._beta = beta

    @property
    def season(self) -> str:
        """The season of the trips."""
        return self.commuting.season

    @cached_property
    def modelled(self) -> Modelled | None:
        """Flows by the stated mean or decay, None where neither is stated; raises InputProblems for a mean that cannot be."""
        block, markets = self.commuting.block, tuple(self.commuting.markets())
        if (block.beta is None and not block.mean_minutes) or not markets:
            return None
        first, *others = markets
        beta = self._beta if self._beta is not None else block.beta
        try:
            largest = self._calibrated(first) if beta is None else _with_decay(first, beta)
            return Modelled(markets, (largest, *(_with_decay(each, largest.beta) for each in others)))
        except NotBalancedError as error:
            raise InputProblems([_too_steep(block.beta)]) from error
        except ValueError as error:
            found = " – ".join(f"{each:g}" for each in block.mean_minutes)
            said = Problem("mean_unattainable", SETTINGS_FILE, "jobs_housing.mean_minutes", found, _attainable(first))
            raise InputProblems([said]) from error

    def _calibrated(self, market: LabourMarket) -> Flows:
        mean = self.commuting.block.mean_minutes
        wanted = (mean[0], mean[1]) if len(mean) == 2 else mean[0]
        return flows(market.minutes, market.workers, market.jobs, mean_minutes=wanted)

    def rows(self) -> Rows:
        """Return the indicators, of units by their id and of the whole."""
        basis = self.commuting.basis
        found: Rows = [(WHOLE, "mismatch", mismatch(*self._by_unit()), basis), *self._bounds(basis)]
        if self.modelled is not None:
            found += [*self._commutes(self.modelled), *self._flow_terms(self.modelled)]
            found += self._contained(self._unit_flows(self.modelled.table), "modelled")
        if self.observed is not None:
            found += self._contained(self.observed, "observed")
        return found

    def _by_unit(self) -> tuple[pd.Series, pd.Series]:
        units = self.commuting.units["id"]
        jobs, workers = (
            amounts.groupby(unit).sum().reindex(units, fill_value=0.0)
            for amounts, unit in (
                (self.commuting.jobs, self.commuting.work_unit),
                (self.commuting.workers, self.commuting.home_unit),
            )
        )
        return jobs, workers

    def _bounds(self, basis: Basis) -> Rows:
        """Return what homes and jobs allow, each labour market with its own jobs, in the mean of all who are matched."""
        town = self.commuting
        found = [commute_bounds(each.minutes, each.workers, each.jobs) for each in town.markets()]
        matched = sum(each.matched for each in found)
        means = {
            "minimum_min": sum(each.minimum * each.matched for each in found),
            "maximum_min": sum(each.maximum * each.matched for each in found),
            "random_min": sum(each.random * each.matched for each in found),
        }
        values = {
            **{name: total / matched if matched else float("nan") for name, total in means.items()},
            "unmatched": max(0.0, round(float(town.workers.sum()) - matched, 6)),
            "workers_per_job": float(town.workers.sum() / town.jobs.sum()),
        }
        return [(WHOLE, name, value, basis) for name, value in values.items()]

    def _commutes(self, modelled: Modelled) -> Rows:
        town, table = self.commuting, modelled.table
        beyond = excess_commute(town.minutes, town.workers, town.jobs, table)
        values = {
            "excess": beyond.excess,
            "potential_used": beyond.potential_used,
            "economy": beyond.economy,
            "normalised_economy": beyond.normalised_economy,
        }
        told = commute_monitoring(table, town.minutes, town.kilometres, basis="modelled")["value"].to_dict()
        both = {**values, **told, "radius_km": self._radius_km(modelled)}
        by_home = table.assign(minutes=_minutes_of(table, town.minutes), unit=table["origin"].map(town.home_unit))
        means = (by_home["minutes"] * by_home["persons"]).groupby(by_home["unit"]).sum() / by_home.groupby("unit")[
            "persons"
        ].sum()
        own: Rows = [(str(unit), "residents_mean_min", float(mean), "modelled") for unit, mean in means.items() if unit]
        return [*((WHOLE, name, float(value), "modelled") for name, value in both.items()), *own]

    def _radius_km(self, modelled: Modelled) -> float:
        """Return the commuting radius of the largest labour market: one ellipse around two towns would say nothing."""
        town = self.commuting
        homes, works = town.shapes
        told = commute_monitoring(
            modelled.flows[0].table, town.minutes, town.kilometres, basis="modelled", homes=homes, places=works
        )
        return float(told.loc["radius_km", "value"])

    @staticmethod
    def _flow_terms(modelled: Modelled) -> Rows:
        first = modelled.flows[0]
        values = {"beta": first.beta}
        if first.interval is not None:
            values |= {"beta_low": first.interval.beta_low, "beta_high": first.interval.beta_high}
        return [(WHOLE, name, value, "modelled") for name, value in values.items()]

    def _unit_flows(self, table: pd.DataFrame) -> pd.DataFrame:
        town = self.commuting
        return table.assign(
            origin=table["origin"].map(town.home_unit), destination=table["destination"].map(town.work_unit)
        )

    def _contained(self, table: pd.DataFrame, basis: Basis) -> Rows:
        shares = containment(table)
        return [
            (str(unit), name, float(shares.loc[unit, name]), basis)
            for unit in self.commuting.units["id"]
            if unit in shares.index
            for name in ("self_containment", "self_sufficiency", "independence")
        ]

    def curves(self, measured: pd.Index) -> pd.DataFrame:
        """Return jobs, workers and their ratio within each catchment of every measured parcel."""
        town, block = self.commuting, self.commuting.block
        sites = town.ends("").only(measured)
        reaches = [
            trips(
                town.evaluator.streets,
                sites,
                town.ends((Of.parse(written) or Of(layer=written)).layer).only(amounts.index),
                mode=block.mode,
                season=town.season,
                cutoff=block.cutoff,
            )
            for written, amounts in ((block.jobs, town.jobs), (block.workers, town.workers))
        ]
        snapped = sites.snaps.index[sites.snaps["status"] == "snapped"]
        to_jobs, to_homes = reaches
        curve = catchment_curve(to_jobs, to_homes, town.jobs, town.workers, cutoffs=block.catchments)
        return curve[curve["origin"].isin(snapped)].assign(season=town.season)

    def effects(self, homes: pd.Series, unit: pd.Series) -> pd.DataFrame:
        """Return what the homes of each site change: site, indicator, before, after, change, season.

        homes: by site. unit: the id of each site's unit. A site that reaches no workplace, or lies in a unit without
        residents of the same labour market, has no rows.
        """
        rate = self.commuting.block.workers_per_home
        if self.modelled is None or rate is None or homes.empty:
            return pd.DataFrame(columns=["site", "indicator", "before", "after", "change", "season"])
        costs = self.commuting.trips_from(self.commuting.ends("").only(homes.index))
        nearest = costs.nearest(1).set_index("origin")["place"]
        towns = zip(self.modelled.markets, self.modelled.flows, strict=True)
        try:
            parts = [
                self._market_effects(*each, homes[nearest.index[nearest.isin(each[0].jobs.index)]] * rate, unit, costs)
                for each in towns
            ]
        except NotBalancedError as error:
            raise InputProblems([_too_steep(self.modelled.beta)]) from error
        return self._with_own_ratio(pd.concat(parts, ignore_index=True), homes * rate, unit).assign(season=self.season)

    def _with_own_ratio(self, effects: pd.DataFrame, extra: pd.Series, unit: pd.Series) -> pd.DataFrame:
        """Return effects in which a unit's jobs per worker are of all its people, whatever market they work in."""
        if effects.empty:
            return effects
        jobs, workers = self._by_unit()
        of = effects["site"].map(unit)
        before = of.map(jobs) / of.map(workers)
        after = of.map(jobs) / (of.map(workers) + effects["site"].map(extra))
        is_ratio = effects["indicator"] == "jobs_housing_ratio"
        found = effects.assign(
            before=effects["before"].mask(is_ratio, before), after=effects["after"].mask(is_ratio, after)
        )
        return found.assign(change=found["after"] - found["before"])

    def _market_effects(
        self, market: LabourMarket, before: Flows, extra: pd.Series, unit: pd.Series, costs: TravelCosts
    ) -> pd.DataFrame:
        """Return the effects in one labour market: of sites whose nearest workplace is in it, in a unit with homes of it."""
        table = costs.table()
        own = table[table["destination"].isin(market.jobs.index)]
        zones = self.commuting.home_unit[market.workers.index].replace("", None)
        sites = pd.DataFrame({"zone": unit, "workers": extra}).loc[extra.index]
        sites = sites[sites.index.isin(own["origin"]) & sites["zone"].isin(zones)]
        if sites.empty:
            return pd.DataFrame(columns=["site", "indicator", "before", "after", "change"])
        matrix = own.pivot_table(index="origin", columns="destination", values="minutes")
        places = self.commuting.work_unit[market.jobs.index]
        return site_effects(
            before,
            sites,
            site_costs=matrix.reindex(index=sites.index, columns=market.jobs.index),
            zone_of=places.where(places.isin(zones), None),
            unit_of=zones,
        )


def _with_decay(market: LabourMarket, beta: float) -> Flows:
    return flows(market.minutes, market.workers, market.jobs, beta=beta)


def _too_steep(beta: float | None) -> Problem:
    return Problem("too_steep", SETTINGS_FILE, "jobs_housing.beta", "—" if beta is None else f"{beta:g}")


def _attainable(market: LabourMarket) -> str:
    """Return the mean commutes that a market allows, from nearest jobs to indifference to distance."""
    least = commute_bounds(market.minutes, market.workers, market.jobs).minimum
    return f"{least:.3g} – {_with_decay(market, 0.0).mean_minutes:.3g}"


def _minutes_of(table: pd.DataFrame, minutes: TravelCosts) -> pd.Series:
    known = minutes.table().set_index(["origin", "destination"])["minutes"]
    pairs = pd.MultiIndex.from_frame(table[["origin", "destination"]])
    return pd.Series(known.reindex(pairs).to_numpy(), index=table.index)


def observed_flows(table: pd.DataFrame, units: gpd.GeoDataFrame, name_of: Callable[[str], str]) -> pd.DataFrame:
    """Return a layer of commuters as flows between units by id; rows of unknown units keep their word."""
    return pd.DataFrame(
        {
            "origin": unit_ids(table["unit"], units, name_of),
            "destination": unit_ids(table["work_unit"], units, name_of),
            "persons": table["persons"].astype(float),
        }
    )
