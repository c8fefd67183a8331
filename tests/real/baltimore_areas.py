"""Baltimore's 55 statistical areas: what we measure of them beside what the city has published of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from siting import network
from siting.access.catchments import floating_catchment
from siting.access.decays import step
from siting.base.road_rules import WALK_KMH, road_classes
from siting.base.travel import TravelCosts
from tests.real.baltimore_project import CRS, blocks_with_jobs, bus_stops, city_roads, schools

YEAR = 2016
"""The last year with jobs by area; commute shares and vacant homes are those of the same year."""
SHARES = ("pct_commute_0_14_min", "pct_commute_15_29_min", "pct_commute_30_44_min", "pct_commute_45plus_min")
VACANT = "pct_residential_vacant_abandoned"
MODE = ("pct_public_transport_to_work", "pct_households_no_vehicle")
CLUSTER_SIDE_M, CLUSTER_SHARE = 1000.0, 0.05
"""A square kilometre of the grid that holds this share of the city's jobs, or more, is a job cluster."""
CIRCLE_M = 1000
"""Metres on foot of the 15-minute circle."""
DAILY = ("school", "park", "rec_centre", "transit_stop")
"""What a home should have within the circle, as far as the city has published it."""
HEAVY = ("General Industrial Zoning District", "Maritime Industrial Zoning District")
NUISANCE_M = 500
DRIVE_MAX, WALK_MAX = 120.0, 240.0
COLUMNS = {
    "Percent of Population 18-24 Years old": "aged_18_24",
    "Percent of Population 25-64 Years old": "aged_25_64",
    "Total Number of Residential Properties": "homes",
}


class Town(NamedTuple):
    """Inhabited blocks and blocks with jobs as points, and reaches between them."""

    people: gpd.GeoDataFrame
    work: gpd.GeoDataFrame
    drive: network.StreetReach
    walk: network.StreetReach


class Areas(NamedTuple):
    """Tables by area: 55 rows each, by name in order.

    published: the city's figures of 2016. jobs, workers: totals. access: our measures without a model of trips.
    measured: what the vacancy flags ask for, means of `blocks`, where each inhabited block has its own. costs: mean
    minutes by car between areas. within: by minutes, the share of pairs of a resident and a job of two areas that
    lie so near.
    """

    published: pd.DataFrame
    jobs: pd.Series
    workers: pd.Series
    access: pd.DataFrame
    measured: pd.DataFrame
    blocks: pd.DataFrame
    costs: TravelCosts
    within: Mapping[int, pd.DataFrame]


def make_areas(data: Path) -> Areas:
    """Return the tables of the 55 areas from the city's files in `data`."""
    published = published_by_area(data)
    blocks = blocks_with_jobs(data)
    blocks = blocks[blocks["csa"].isin(published.index)].set_index("geoid20")
    workers = workers_by_area(published, blocks)
    roads = city_roads(data)
    town = _town(blocks, roads, workers)
    jobs = town.work.groupby("csa")["jobs"].sum().reindex(published.index)
    access = _access(town).assign(jobs_per_worker=jobs / workers)
    measured = _measured(data, town, roads)
    means = _means(measured, town.people)
    points = town.people.geometry
    named = town.people[["csa", "pop20"]].assign(x_m=points.x, y_m=points.y).join(measured)
    return Areas(published, jobs, workers, access, means, named, *_between(town))


def published_by_area(data: Path) -> pd.DataFrame:
    """Return the city's figures of 2016 by area; people and ages of 2010, since none are published later."""
    table = pd.read_csv(data / "csa_indicators_2010_2018.csv").set_index("csa").drop(index="Baltimore City")
    figures = table[table["year"] == YEAR].dropna(axis="columns", how="all")
    people = table[table["year"] == 2010]["population"].rename("people_2010")
    book = data / "bnia_vital_signs_2010_2018.xlsx"
    sheets = {year: pd.read_excel(book, sheet_name=str(year)).set_index("CSA2010") for year in (2010, YEAR)}
    ages, homes = (sheet.reindex(columns=list(COLUMNS)).rename(columns=COLUMNS) for sheet in sheets.values())
    return (
        figures.join([people, ages[["aged_18_24", "aged_25_64"]], homes["homes"]]).astype({"homes": float}).sort_index()
    )


def workers_by_area(published: pd.DataFrame, blocks: pd.DataFrame) -> pd.Series:
    """Return employed residents of 2016, estimated: people x share aged 18 to 64 x share of those aged 16 to 64 at work.

    People are between the censuses of 2010 and 2020 (six tenths of the way), ages are those of 2010.
    """
    people = 0.4 * published["people_2010"] + 0.6 * blocks.groupby("csa")["pop20"].sum()
    grown = (published["aged_18_24"] + published["aged_25_64"]) / 100
    return (people * grown * published["pct_pop_16_64_employed"] / 100).rename("workers")


def by_area(values: pd.Series, people: pd.DataFrame) -> pd.Series:
    """Return the mean of known values of blocks by area, each block weighted by its people."""
    weight = people["pop20"].where(values.notna(), 0)
    area = people["csa"]
    return (values.fillna(0) * weight).groupby(area).sum() / weight.groupby(area).sum()


def _means(columns: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({name: by_area(values, people) for name, values in columns.items()})


def _town(blocks: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, workers: pd.Series) -> Town:
    points = blocks.set_geometry(blocks.representative_point())
    people, work = points[points["pop20"] > 0], points[points["jobs"] > 0]
    share = people["pop20"] / people.groupby("csa")["pop20"].transform("sum")
    people = people.assign(workers=share * people["csa"].map(workers))
    reaches = (
        _reach(network.from_lines(roads, mode=mode, tolerance_m=0.1), people, work, limit)
        for mode, limit in (("drive", DRIVE_MAX), ("walk", WALK_MAX))
    )
    return Town(people, work, *reaches)


def _access(town: Town) -> pd.DataFrame:
    jobs = town.work["jobs"]
    columns = {
        "jobs_15_drive": town.drive.sum_at_origins(jobs, np.ones_like, 15),
        "jobs_30_drive": town.drive.sum_at_origins(jobs, np.ones_like, 30),
        "jobs_30_walk": town.walk.sum_at_origins(jobs, np.ones_like, 30),
        "jobs_per_rival_15_drive": floating_catchment(
            town.drive, jobs, town.people["workers"], decay=step(15), method="2sfca"
        ),
    }
    return _means(pd.DataFrame(columns), town.people)


def _measured(data: Path, town: Town, roads: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return what the flags ask for, by block; jobs by car, and on foot for who has none."""
    clusters = town.work[_in_cluster(town.work)]
    all_jobs = town.work["jobs"].sum()
    metres = {name: _metres_on_foot(town, places) for name, places in _daily(data).items()}
    near = pd.DataFrame(metres).le(CIRCLE_M).mean(axis="columns")
    columns: dict[str, pd.Series] = {f"{name}_m": values for name, values in metres.items()}
    for mode, reach, limit in (("drive", town.drive, DRIVE_MAX), ("walk", town.walk, WALK_MAX)):
        columns[f"job_cluster_{mode}_min"] = _minutes(reach.network, town.people, clusters, limit)
        columns[f"jobs_45_{mode}_share"] = reach.sum_at_origins(town.work["jobs"], np.ones_like, 45) / all_jobs
    columns["daily_share"] = near
    columns["centre_km"] = _road_km(roads, town)
    columns["nuisance_share"] = _near_heavy_industry(data, town)
    return pd.DataFrame(columns)


def _in_cluster(work: gpd.GeoDataFrame) -> pd.Series:
    cell = [np.floor(each / CLUSTER_SIDE_M).astype(int) for each in (work.geometry.x, work.geometry.y)]
    return work["jobs"].groupby(cell).transform("sum") >= CLUSTER_SHARE * work["jobs"].sum()


def _between(town: Town) -> tuple[TravelCosts, dict[int, pd.DataFrame]]:
    """Return mean minutes from area to area by car, and the shares of trips within 15, 30 and 45 minutes."""
    jobs = pd.get_dummies(town.work["csa"]).mul(town.work["jobs"], axis="index")

    def mean(weigh: object, within: float) -> pd.DataFrame:
        sums = town.drive.sums_at_origins(jobs, weigh, within) / jobs.sum()
        return _means(sums, town.people)

    minutes = mean(lambda each: each, DRIVE_MAX)
    table = minutes.rename_axis("origin").melt(ignore_index=False, var_name="destination", value_name="minutes")
    costs = TravelCosts.from_table(table.reset_index(), mode="drive")
    return costs, {within: mean(np.ones_like, within) for within in (15, 30, 45)}


def _daily(data: Path) -> dict[str, gpd.GeoDataFrame]:
    taught = schools(data)
    stations = [gpd.read_file(data / f"mta_{kind}_stations.gpkg") for kind in ("light_rail", "subway", "marc")]
    stops = pd.concat([each[["geometry"]] for each in (bus_stops(data), *stations)], ignore_index=True)
    places = (
        taught[taught["level"] == "E"],
        gpd.read_file(data / "parks.gpkg"),
        gpd.read_file(data / "rec_centers.gpkg"),
    )
    return dict(zip(DAILY, (*places, stops), strict=True))


def _metres_on_foot(town: Town, places: gpd.GeoDataFrame) -> pd.Series:
    minutes = _minutes(town.walk.network, town.people, places.reset_index(drop=True), WALK_MAX)
    return minutes * WALK_KMH * 1000 / 60


def _road_km(roads: gpd.GeoDataFrame, town: Town) -> pd.Series:
    """Return kilometres by road to the centre; at 60 km/h a minute is a kilometre.

    The centre is the block with the most jobs of the area with the most jobs (downtown).
    """
    area = town.work.groupby("csa")["jobs"].sum().idxmax()
    centre = town.work.loc[[town.work.loc[town.work["csa"] == area, "jobs"].idxmax()]]
    even = network.from_lines(roads, mode="drive", speeds=dict.fromkeys(road_classes(), 60.0), tolerance_m=0.1)
    return _minutes(even, town.people, centre, DRIVE_MAX)


def _near_heavy_industry(data: Path, town: Town) -> pd.Series:
    zones = gpd.read_file(data / "zoning.gpkg").to_crs(CRS)
    heavy = zones[zones["name_zoning"].isin(HEAVY)].geometry.make_valid().union_all()
    metres = shapely.distance(town.people.geometry.to_numpy(), heavy)
    return pd.Series(metres <= NUISANCE_M, town.people.index).astype(float)


def _minutes(net: network.Network, origins: gpd.GeoDataFrame, places: gpd.GeoDataFrame, limit: float) -> pd.Series:
    found = _reach(net, origins, places, limit).nearest()
    return found.set_index("origin")["minutes"].reindex(origins.index)


def _reach(
    net: network.Network, origins: gpd.GeoDataFrame, places: gpd.GeoDataFrame, limit: float
) -> network.StreetReach:
    snaps = (network.snap(net, each.geometry.to_crs(net.crs)) for each in (origins, places))
    return network.StreetReach(net, *snaps, cutoff=limit)
