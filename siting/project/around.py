"""What lies around each parcel by kind of place: metres on foot, metres straight, minutes by car."""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from siting.base.columns import Mode
from siting.network import Network, StreetReach
from siting.project.evaluate import Evaluator

DRIVE_SEARCH_MIN = 60.0


@dataclass(frozen=True)
class Around:
    """Parcels x kinds, empty where none of a kind lies within the search. kinds: those that the layers hold."""

    walk_m: pd.DataFrame
    straight_m: pd.DataFrame
    drive_min: pd.DataFrame

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of which there is a place."""
        return frozenset(self.straight_m.columns)


def around(
    evaluator: Evaluator, layers: Sequence[str], kinds: Sequence[str], measured: pd.Index, search_m: float
) -> Around:
    """Return how far the nearest place of every kind is, for the parcels in `measured`."""
    table = places_of(evaluator, layers, kinds)
    parcels = evaluator.parcels.geometry.loc[measured]
    straight = {kind: straight_m(parcels, each.geometry, search_m) for kind, each in table.groupby("kind")}
    drive = [
        _trips(evaluator, layers, table, measured, evaluator.network("drive", season), DRIVE_SEARCH_MIN)
        for season in evaluator.streets.seasons
    ]
    return Around(
        metres(evaluator, layers, table, measured, "walk", search_m),
        pd.DataFrame(straight, index=measured),
        _slowest([reach.nearest_by_kind(table["kind"]) for reach in drive]),
    )


def metres(
    evaluator: Evaluator,
    layers: Sequence[str],
    table: gpd.GeoDataFrame,
    measured: pd.Index,
    mode: Mode,
    search_m: float,
) -> pd.DataFrame:
    """Return metres along the streets of a mode to the nearest of each kind, empty beyond the search."""
    net = evaluator.network(mode, "summer").by_length()
    reach = _trips(evaluator, layers, table, measured, net, search_m / net.metres_a_minute)
    return reach.nearest_by_kind(table["kind"]) * net.metres_a_minute


def places_of(evaluator: Evaluator, layers: Sequence[str], kinds: Sequence[str]) -> gpd.GeoDataFrame:
    """Return the places of some kinds in several layers, labelled `layer/id`."""
    table = pd.concat([_labelled(evaluator, layer) for layer in layers])
    return table[table["kind"].isin(kinds)]


def straight_m(parcels: gpd.GeoSeries, places: gpd.GeoSeries, search_m: float) -> pd.Series:
    """Return metres as the crow flies from each parcel's outline to the nearest place, empty beyond the search."""
    tree = shapely.STRtree(places.to_numpy())
    (row, _), found = tree.query_nearest(
        parcels.to_numpy(), max_distance=search_m, return_distance=True, all_matches=False
    )
    nearest = np.full(len(parcels), np.nan)
    nearest[row] = found
    return pd.Series(nearest, index=parcels.index)


def _trips(
    evaluator: Evaluator,
    layers: Sequence[str],
    table: gpd.GeoDataFrame,
    measured: pd.Index,
    net: Network,
    cutoff: float,
) -> StreetReach:
    snaps = [
        evaluator.place_snaps(layer, net.mode).rename(index=lambda place, at=layer: f"{at}/{place}") for layer in layers
    ]
    return StreetReach(
        net,
        evaluator.parcel_snaps(net.mode).loc[measured],
        pd.concat(snaps).loc[table.index],
        cutoff=cutoff,
        workers=evaluator.streets.workers,
        progress=evaluator.streets.progress,
    )


def _labelled(evaluator: Evaluator, layer: str) -> gpd.GeoDataFrame:
    return evaluator.places[layer].rename(index=lambda place: f"{layer}/{place}")


def _slowest(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the longest of several seasons; none in one season is none."""
    return pd.DataFrame(
        np.max(np.stack([table.fillna(np.inf).to_numpy() for table in tables]), axis=0),
        index=tables[0].index,
        columns=tables[0].columns,
    ).replace(np.inf, np.nan)
