"""Life circles: which facilities a parcel has within reach, judged by the circles that its settlement's size calls for.

Facilities of the settlement's own circles are judged by metres on foot against their service radius; those of a larger
circle by minutes by car, so that a regiment town does not fail for lack of a junior high school next door. A
kind for which no layer has a single place is unknown, never missing.
"""

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from siting.base.arguments import takes
from siting.base.facilities import circle_tiers

Distance = Literal["network", "straight"]
NEEDS = ("must", "should")
JUDGED_COLUMNS = (
    *("parcel", "kind", "need", "tier", "how", "bound", "measured", "network_m", "straight_m", "ratio"),
    *("covered", "why", "source", "evidence"),
)
LISTED = 5
Floats = npt.NDArray[np.float64]
Objects = npt.NDArray[np.object_]


@takes(distances="table", straight="table", drive="table", tier="column", rules="table", connected="table")
def judge_circles(
    distances: pd.DataFrame,
    straight: pd.DataFrame,
    drive: pd.DataFrame,
    tier: pd.Series,
    rules: pd.DataFrame,
    *,
    use: Distance = "network",
    connected: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return for every parcel and facility how far the nearest is, against which bound, and whether that covers it.

    `distances` (metres on foot along the streets), `straight` (metres as the crow flies) and `drive` (minutes by
    car) are parcels x kinds, to the nearest of the kind; empty: none within the search, which must reach
    `longest_bounds`. A kind without a column in any of them has no data. `tier` is by parcel (`tiers_for`), `rules` by
    kind (`facility_rules`). `use`: which distance is held against the radius. `connected`: columns walk and drive,
    False for a parcel that is not on that network and so cannot be judged by it.

    Columns: parcel, kind, need, tier (of the facility), how (walk_m, straight_m, drive_min, none), bound, measured,
    network_m, straight_m, ratio (network by straight; each to the nearest of its own), covered (True, False,
    missing), why (it is missing: no_tier, no_rule, no_data, unconnected), source, evidence.
    In order of the parcels, then of the rules. Raises ValueError for parcels, kinds or tiers that do not fit
    together, a table that lacks a kind it has to answer for, and distances that are negative or not finite.
    Source: GB 50180-2018; tiers and minutes by car are choices of this tool.
    """
    if use not in ("network", "straight"):
        msg = f"use must be network or straight, not {use}"
        raise ValueError(msg)
    tables = {"distances": distances, "straight": straight, "drive": drive}
    for name, table in tables.items():
        _check_table(name, table, tier.index, rules.index)
    _check_tiers(tier)
    if connected is not None and not {"walk", "drive"} <= set(connected.columns):
        msg = "connected needs the columns walk and drive"
        raise ValueError(msg)
    walked = "distances" if use == "network" else "straight"
    parts = []
    for kind in rules.index:
        asked = _asked(rules.loc[kind], tier, "walk_m" if use == "network" else "straight_m")
        is_known = any(kind in table.columns for table in tables.values())
        for how, name in (("walk_m", walked), ("straight_m", walked), ("drive_min", "drive")):
            if is_known and how in set(asked["how"]) and kind not in tables[name].columns:
                msg = f"{name} has no column {kind}, which other tables have"
                raise ValueError(msg)
        found = {name: _column(table, kind, tier.index) for name, table in tables.items()}
        asked["measured"] = np.where(asked["how"] == "drive_min", found["drive"], found[walked])
        asked["network_m"], asked["straight_m"] = found["distances"], found["straight"]
        asked["why"] = _why(asked["how"], tier, connected, is_known=is_known)
        parts.append(asked.assign(kind=kind, need=rules.loc[kind, "need"], tier=rules.loc[kind, "tier"]))
    return _covered(pd.concat(parts), tier.index, len(rules))


@takes(judged="table", tier="column")
def circle_summary(judged: pd.DataFrame, tier: pd.Series) -> pd.DataFrame:
    """Return the coverage of each parcel, on the index of `tier`, from the table of `judge_circles`.

    Columns: tier, then for must and should each: share (covered by judged, NaN where none is judged), covered,
    judged, total, missing, unknown (kinds without data), unjudged (no rule, no tier, or not on the network). The last
    three list kinds in the order of the rules, joined by a comma.
    """
    found = pd.DataFrame({"tier": tier}, index=tier.index)
    for need in NEEDS:
        rows = judged[judged["need"] == need]
        is_covered = rows["covered"].fillna(False).astype(bool)
        masks = {"covered": is_covered, "judged": rows["covered"].notna(), "total": pd.Series(True, rows.index)}
        for name, mask in masks.items():
            counts = mask.groupby(rows["parcel"]).sum()
            found[f"{need}_{name}"] = counts.reindex(tier.index, fill_value=0).astype(int)
        share = found[f"{need}_covered"] / found[f"{need}_judged"].where(found[f"{need}_judged"] > 0)
        found.insert(found.columns.get_loc(f"{need}_covered"), f"{need}_share", share)
        lists = {
            "missing": rows["covered"].notna() & ~is_covered,
            "unknown": rows["why"] == "no_data",
            "unjudged": rows["why"].isin(["no_rule", "no_tier", "unconnected"]),
        }
        for name, mask in lists.items():
            kinds = rows[mask].groupby("parcel", sort=False)["kind"].agg(", ".join)
            found[f"{need}_{name}"] = kinds.reindex(tier.index, fill_value="")
    return found


def circle_record(
    parcel: object,
    judged: pd.DataFrame,
    summary: pd.DataFrame,
    *,
    population: float | None,
    search_m: float | None = None,
) -> dict[str, Any]:
    """Return what a receipt keeps of one parcel, ready for JSON (numbers unrounded, empty as None).

    `population` is that of its settlement, `search_m` how far the search on foot went. Keys: population, tier,
    search_m, must and should (covered, judged, total, share), facilities (a record a kind, the columns of
    `judge_circles`). Raises ValueError for a parcel that is not in the summary.
    """
    if parcel not in summary.index:
        msg = f"parcel {parcel} is not in the summary"
        raise ValueError(msg)
    own = summary.loc[parcel]
    rows = judged[judged["parcel"] == parcel].drop(columns="parcel")
    counts = {
        need: {"share": _plain(own[f"{need}_share"])}
        | {name: int(own[f"{need}_{name}"]) for name in ("covered", "judged", "total")}
        for need in NEEDS
    }
    return {
        "population": _plain(population),
        "tier": _plain(own["tier"]),
        "search_m": search_m,
        **counts,
        "facilities": [{key: _plain(value) for key, value in row.items()} for row in rows.to_dict("records")],
    }


def _asked(rule: pd.Series, tier: pd.Series, on_foot: str) -> pd.DataFrame:
    """Return by parcel how a kind is judged, against which bound, and by whose rule."""
    answers: dict[str | None, tuple[str, float, str, str]] = {None: ("none", np.nan, "", "")}
    own, by_car = (rule["source"], rule["evidence"]), (rule["drive_source"], rule["drive_evidence"])
    is_walked, is_driven = not pd.isna(rule["radius_m"]), not pd.isna(rule["drive_min"])
    for name, each in circle_tiers().items():
        if not (is_walked or is_driven):
            answers[name] = ("none", np.nan, *own)
        elif rule["tier"] not in each.circles:
            answers[name] = ("drive_min", rule["above_min"], rule["above_source"], rule["above_evidence"])
        elif not is_walked:
            answers[name] = ("drive_min", rule["drive_min"], *by_car)
        elif each.slow_mode_m is not None and rule["town_m"] > rule["radius_m"]:
            answers[name] = (on_foot, rule["town_m"], rule["town_source"], rule["town_evidence"])
        else:
            answers[name] = (on_foot, rule["radius_m"], *own)
    rows = [answers[None if pd.isna(name) else str(name)] for name in tier]
    table = pd.DataFrame(rows, columns=["how", "bound", "source", "evidence"])
    return table.assign(parcel=tier.index)


def _why(how: pd.Series, tier: pd.Series, connected: pd.DataFrame | None, *, is_known: bool) -> Objects:
    """Return why a parcel cannot be judged, empty where it can."""
    why = np.full(len(tier), "", object)
    if connected is not None:
        for mode, judged_by in (("walk", "walk_m"), ("drive", "drive_min")):
            joined = connected[mode].reindex(tier.index).eq(True).to_numpy(bool)
            why[~joined & (how == judged_by).to_numpy()] = "unconnected"
    if not is_known:
        why[:] = "no_data"
    why[(how == "none").to_numpy()] = "no_rule"
    why[tier.isna().to_numpy()] = "no_tier"
    return why


def _covered(long: pd.DataFrame, parcels: pd.Index, kinds: int) -> pd.DataFrame:
    """Return the rows by parcel, then in the order of the rules, with what they come to."""
    judged = long["why"] == ""
    walked_straight = long["straight_m"].where(long["straight_m"] > 0)
    done = long.assign(
        measured=long["measured"].where(judged),
        ratio=long["network_m"] / walked_straight,
        covered=(long["measured"] <= long["bound"]).astype("boolean").where(judged, pd.NA),
    )
    place = np.tile(np.arange(len(parcels)), kinds)
    return done.iloc[np.argsort(place, kind="stable")].reset_index(drop=True)[list(JUDGED_COLUMNS)]


def _check_table(name: str, table: pd.DataFrame, parcels: pd.Index, kinds: pd.Index) -> None:
    if not (table.index.is_unique and parcels.is_unique and table.columns.is_unique):
        msg = f"{name}: parcels or kinds stand more than once"
        raise ValueError(msg)
    if len(lost := parcels.symmetric_difference(table.index)):
        msg = f"{name} and tier are not of the same parcels: {_named(lost)}"
        raise ValueError(msg)
    if len(strange := table.columns.difference(kinds)):
        msg = f"{name} has columns that are no facilities of the rules: {_named(strange)}"
        raise ValueError(msg)
    numbers = table.to_numpy(np.float64, na_value=np.nan)
    if ((numbers < 0) | np.isinf(numbers)).any():
        msg = f"{name} must be 0 or more and finite; leave a cell empty where none is within the search"
        raise ValueError(msg)


def _check_tiers(tier: pd.Series) -> None:
    if strange := sorted(set(tier.dropna()) - set(circle_tiers())):
        msg = f"tier must be one of {', '.join(circle_tiers())}, not {', '.join(map(str, strange[:LISTED]))}"
        raise ValueError(msg)


def _column(table: pd.DataFrame, kind: str, parcels: pd.Index) -> Floats:
    if kind not in table.columns:
        return np.full(len(parcels), np.nan)
    return np.asarray(table[kind].reindex(parcels).to_numpy(np.float64, na_value=np.nan))


def _plain(value: Any) -> Any:
    """Return a cell as JSON writes it."""
    if value is None or pd.isna(value):
        return None
    return value.item() if isinstance(value, np.generic) else value


def _named(labels: pd.Index) -> str:
    return ", ".join(map(str, labels[:LISTED]))
