"""What the workers of a new site change in the balance of homes and jobs: every indicator before and after."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from siting.base.arguments import takes
from siting.indicators.balancing import Form, balanced, pull
from siting.indicators.excess import ratio
from siting.indicators.flows import Flows
from siting.indicators.market import Costs, Market, cost_matrix
from siting.indicators.mismatch import contained, dissimilarity
from siting.indicators.monitor import distance_shares, time_shares
from siting.indicators.transport import Floats, Ints, transport

OF_UNIT = ("jobs_housing_ratio", "self_containment", "self_sufficiency", "independence")
"""Indicators of the unit that the site lies in; the others are of the whole town."""
NEWCOMERS = "newcomers"
"""The label of the origin that a site adds; it does not come out."""


@dataclass(frozen=True)
class _Town:
    """A market with what is measured in it: the unit (position) of every origin and place, -1 for none.

    residents: origins that were there before any newcomers. units: how many there are.
    """

    market: Market
    beta: float
    form: Form
    residents: int
    units: int
    origin_unit: Ints = field(repr=False)
    place_unit: Ints = field(repr=False)
    km: Floats | None = field(repr=False)


@takes(sites="table", zone_of="column", unit_of="column")
def site_effects(
    before: Flows,
    sites: pd.DataFrame,
    *,
    site_costs: Costs | None = None,
    zone_of: pd.Series | None = None,
    unit_of: pd.Series | None = None,
    km: Costs | None = None,
    site_km: Costs | None = None,
) -> pd.DataFrame:
    """Return what each site changes, on its own: a long table site, indicator, before, after, change.

    `before` are the flows of today, whose origins are the zones. `sites` has columns zone (the origin it lies in) and
    workers (who come to live there), on the site's label. `site_costs` are costs from sites to the places; a site that
    it does not name has the costs of its zone. `zone_of` gives the zone of every place (missing: in none); without it
    a place lies in the zone of the same label, if there is one. `unit_of` gives the zone of every origin (missing: in
    none) where origins are finer than zones; every site then needs costs of its own. `km` and `site_km` add the
    indicators of distance.

    After: the newcomers are an origin of their own, counted in the zone's workers; jobs stay where they are and are
    scaled to the workers there are then (`jobs_scaling`); flows keep the decay of `before`, bounds are solved anew. All
    that comes of flows is modelled. Before is missing for `newcomers_mean_min`. Raises ValueError for zones unknown,
    workers missing or negative, and flows without km.
    """
    places = before.market.places
    if not {"zone", "workers"} <= set(sites.columns):
        msg = "sites needs the columns zone, workers"
        raise ValueError(msg)
    zones, unit = _zones(before.market, unit_of)
    home = zones.get_indexer(sites["zone"])
    extra = sites["workers"].to_numpy(np.float64, na_value=np.nan)
    _check(sites, home, extra)
    if unit_of is not None and (site_costs is None or not sites.index.isin(cost_matrix(site_costs).index).all()):
        msg = "site_costs must name every site where unit_of is given"
        raise ValueError(msg)
    distances = None if km is None else _over_places(km, "km", places).reindex(before.market.origins).to_numpy()
    place_unit = _place_unit(before.market, zones, zone_of)
    today = _Town(before.market, before.beta, before.form, len(unit), len(zones), unit, place_unit, distances)
    own = [None if each is None else _over_places(each, name, places) for each, name in _named(site_costs, site_km)]
    town_before, units_before = _measured(today)
    rows = []
    for site, zone, workers in zip(sites.index, home.tolist(), extra.tolist(), strict=True):
        minutes, away = (each.loc[site].to_numpy() if each is not None and site in each.index else None for each in own)
        town_after, units_after = _measured(_with_site(today, zone, workers, minutes, away))
        sides = ((units_before, town_before), (units_after, town_after))
        values = [{**units.iloc[zone].to_dict(), **town} for units, town in sides]
        rows += [(site, name, values[0][name], values[1][name]) for name in values[0]]
    long = pd.DataFrame(rows, columns=["site", "indicator", "before", "after"])
    return long.assign(change=long["after"] - long["before"])


def _measured(town: _Town) -> tuple[dict[str, float], pd.DataFrame]:
    """Return the indicators of the town, and those of every unit."""
    market = town.market
    of = pull(market, town.form)
    flow, _ = balanced(of, town.beta)
    row, column = np.nonzero(flow)
    persons, minutes = flow[row, column], market.cost[row, column]
    shares = time_shares(persons, minutes)
    greatest = transport(market.cost, market.workers, market.filled, dearest=True).mean(market.cost)
    mean = shares["mean_min"]
    came = row >= town.residents
    measured = {
        "mismatch": dissimilarity(*_by_unit(town, market.jobs, market.workers)),
        "minimum_min": of.least,
        "maximum_min": greatest,
        "random_min": market.random_mean(),
        **shares,
        "excess": ratio(mean - of.least, mean),
        "potential_used": ratio(mean - of.least, greatest - of.least),
        "newcomers_mean_min": ratio(float((persons * minutes)[came].sum()), float(persons[came].sum())),
        "unmatched": float(of.unmatched(market.workers).sum()),
        "jobs_scaling": market.scaling.factor,
    }
    if town.km is not None:
        away = town.km[row, column]
        if np.isnan(away).any():
            first = int(np.argmax(np.isnan(away)))
            msg = f"km: none for {market.origins[row[first]]} -> {market.places[column[first]]}, where people commute"
            raise ValueError(msg)
        least = transport(town.km, market.workers, market.filled).mean(town.km)
        measured |= {**distance_shares(persons, away), "separation_km": least}
    return measured, _units(town, flow, (row, column))


def _units(town: _Town, flow: Floats, pairs: tuple[Ints, Ints]) -> pd.DataFrame:
    row, column = pairs
    stays = (town.origin_unit[row] == town.place_unit[column]) & (town.origin_unit[row] >= 0)
    inside = np.bincount(town.origin_unit[row[stays]], flow[row[stays], column[stays]], town.units)
    filled, leaving = _by_unit(town, flow.sum(axis=0), flow.sum(axis=1))
    jobs, workers = map(pd.Series, _by_unit(town, town.market.jobs, town.market.workers))
    found = contained(pd.Series(leaving), pd.Series(filled), pd.Series(inside))
    return found.assign(jobs_housing_ratio=jobs / workers.where(workers > 0))[list(OF_UNIT)]


def _by_unit(town: _Town, of_places: Floats, of_origins: Floats) -> tuple[Floats, Floats]:
    """Return the sums by unit of amounts at places and at origins."""
    at_places, at_origins = (
        np.bincount(unit[unit >= 0], of[unit >= 0], town.units).astype(np.float64)
        for unit, of in ((town.place_unit, of_places), (town.origin_unit, of_origins))
    )
    return at_places, at_origins


def _with_site(today: _Town, zone: int, workers: float, minutes: Floats | None, km: Floats | None) -> _Town:
    """Return the town with one more origin in a zone; costs of its own, or those of the zone."""
    now = today.market
    market = Market(
        now.origins.append(pd.Index([NEWCOMERS])),
        now.places,
        np.vstack([now.cost, now.cost[zone] if minutes is None else minutes]),
        np.append(now.workers, workers),
        now.jobs,
    )
    away = None if today.km is None else np.vstack([today.km, today.km[zone] if km is None else km])
    return replace(today, market=market, origin_unit=np.append(today.origin_unit, zone), km=away)


def _named(site_costs: Costs | None, site_km: Costs | None) -> tuple[tuple[Costs | None, str], ...]:
    return (site_costs, "site_costs"), (site_km, "site_km")


def _over_places(costs: Costs, name: str, places: pd.Index) -> pd.DataFrame:
    """Return costs to the places, in their order; ValueError if one is not named (which is not out of reach)."""
    matrix = cost_matrix(costs, name)
    lost = places[~places.isin(matrix.columns)]
    if len(lost):
        msg = f"{name} must name every place: {', '.join(map(str, lost[:5]))}"
        raise ValueError(msg)
    return matrix[places]


def _zones(market: Market, unit_of: pd.Series | None) -> tuple[pd.Index, Ints]:
    """Return the zones, and the position of each origin's: origins are zones unless they are told to lie in some."""
    if unit_of is None:
        return market.origins, np.arange(len(market.origins), dtype=np.intp)
    lost = market.origins[~market.origins.isin(unit_of.index)]
    if len(lost):
        msg = f"unit_of must name every origin: {', '.join(map(str, lost[:5]))}"
        raise ValueError(msg)
    own = unit_of.reindex(market.origins)
    zones = pd.Index(sorted(own.dropna().unique(), key=str))
    return zones, np.asarray(zones.get_indexer(own), np.intp)


def _place_unit(market: Market, zones: pd.Index, zone_of: pd.Series | None) -> Ints:
    if zone_of is None:
        return np.asarray(zones.get_indexer(market.places), np.intp)
    lost = market.places[~market.places.isin(zone_of.index)]
    named = zone_of.reindex(market.places)
    unit = np.asarray(zones.get_indexer(named), np.intp)
    strange = named[(unit < 0) & named.notna().to_numpy()]
    if len(lost) or len(strange):
        msg = f"zone_of must give each place one of the zones, or none: {', '.join(map(str, [*lost, *strange][:5]))}"
        raise ValueError(msg)
    return unit


def _check(sites: pd.DataFrame, home: Ints, extra: Floats) -> None:
    if (home < 0).any():
        msg = f"sites: zone {sites['zone'].iloc[int(np.argmax(home < 0))]} is not an origin of the flows"
        raise ValueError(msg)
    if not (np.isfinite(extra).all() and (extra >= 0).all()):
        msg = "sites: workers must be finite and not negative"
        raise ValueError(msg)
    if not sites.index.is_unique:
        msg = "sites: a label stands more than once"
        raise ValueError(msg)
