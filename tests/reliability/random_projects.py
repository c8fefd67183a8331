"""What must stay true of every random town, run through the whole chain in this process.

The shift is in whole metres of coordinates that are multiples of 1/8 m, so that it loses no bit.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import siting
from scripts.nightly.towns import CRS, FAR, X0, Y0, Town, eighths, town, write

SHIFT = (4096.0, -2048.0)
REFUSED_TOWNS = {"no_place_snaps"}
LARGEST = 1e9
CRITERIA = ("near", "ride", "jobs")
MODES = ("walk", "cycle", "drive")
"""No column of scores or minutes can reach it: a sentinel or an overflow does (pandana's 4294967.295 in ms)."""


@dataclass(frozen=True)
class Result:
    """What one run says: the ranked table by parcel, its bytes, layer counts, the streets that can be met by mode."""

    table: pd.DataFrame
    written: str
    layers: dict[str, dict[str, int]]
    streets: dict[str, frozenset[bytes]]


class CounterExampleError(AssertionError):
    """An invariant that does not hold."""


def run(made: Town, folder: Path) -> Result:
    """Write a town, run the whole chain in this process, and check what holds of every single run."""
    project = siting.open_project(write(made, folder), workers=1)
    ranking = project.ranking
    layers = {name: reading.counts.record() for name, reading in project.readings.items()}
    _ = project.indicators, project.receipts, project.stamp
    streets = {mode: _met(project.network(mode)) for mode in MODES}
    result = Result(ranking.set_index("parcel_id"), ranking.to_csv(index=False), layers, streets)
    _every_row_is_accounted_for(made, result)
    _no_number_stands_for_nothing(result)
    return result


def check(seed: int, folder: Path, names: tuple[str, ...] = ()) -> None:
    """Raise CounterExampleError where an invariant (all, or those named) does not hold of a seed's town."""
    made = town(seed)
    before = _run_unless_refused(made, folder / "base")
    if before is None:
        return
    for name in names or tuple(INVARIANTS):
        change, holds = INVARIANTS[name]
        changed = change(made, np.random.default_rng([11, seed]))
        if changed is None:
            continue
        after = _run_unless_refused(changed, folder / name) if name == "closed" else run(changed, folder / name)
        said = "" if after is None else holds(before, after, made)
        if said:
            message = f"seed {seed}, {name}: {said}"
            raise CounterExampleError(message)


def _run_unless_refused(made: Town, folder: Path) -> Result | None:
    """Return a run; None for a town in which no place meets a street, which is refused in words."""
    try:
        return run(made, folder)
    except siting.InputProblems as error:
        if {each.code for each in error.refusals} <= REFUSED_TOWNS:
            return None
        raise


def digest(seed: int) -> str:
    """Return a digest of a seed's town, by which a kept counter-example is known to be still the same town."""
    made = town(seed)
    parts = [shapely.to_wkb(made.parcels.geometry.to_numpy()).tolist(), made.work.to_csv(index=False).encode()]
    return hashlib.sha256(b"".join([*parts[0], parts[1]])).hexdigest()[:16]


def _shifted(made: Town, _: np.random.Generator) -> Town:
    def moved(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return frame.set_geometry(frame.geometry.translate(*SHIFT))

    def points(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(x=table["x"] + SHIFT[0], y=table["y"] + SHIFT[1])

    return replace(
        made,
        **{name: moved(getattr(made, name)) for name in ("parcels", "roads", "units")},
        places=points(made.places),
        work=points(made.work),
        constraint=None if made.constraint is None else moved(made.constraint),
        corner=(made.corner[0] + SHIFT[0], made.corner[1] + SHIFT[1]),
    )


def _in_other_units(made: Town, _: np.random.Generator) -> Town:
    """Areas in hectares, jobs and their reference points tenfold."""
    parcels = made.parcels.assign(面积=made.parcels["面积"] / 10_000)
    return replace(
        made, parcels=parcels, area="area_ha", points=10.0, work=made.work.assign(人数=made.work["人数"] * 10)
    )


def _more_jobs(made: Town, rng: np.random.Generator) -> Town:
    at = made.parcels.geometry.iloc[int(rng.integers(len(made.parcels)))].representative_point()
    more = pd.DataFrame({"x": [eighths(at.x)], "y": [eighths(at.y)], "单位": ["新厂"], "人数": [120]})
    return replace(made, work=pd.concat([made.work, more], ignore_index=True))


def _both_ways(made: Town, _: np.random.Generator) -> Town | None:
    """One-way streets opened to both sides."""
    if made.roads["单行"].eq("no").all():
        return None
    return replace(made, roads=made.roads.assign(单行="no"))


def _closed(made: Town, rng: np.random.Generator) -> Town | None:
    """A two-way street closed in one direction."""
    ways = made.roads["单行"].to_numpy().copy()
    open_now = np.flatnonzero(ways == "no")
    if not len(open_now):
        return None
    ways[rng.choice(open_now)] = "yes"
    return replace(made, roads=made.roads.assign(单行=ways))


def _opened(made: Town, rng: np.random.Generator) -> Town | None:
    """A new straight street between two joined corners, farther from everything than what it meets now."""
    main = made.roads[made.roads["件"] == 0].geometry.to_numpy()
    ends = np.unique(np.concatenate([shapely.get_coordinates(shapely.get_point(main, n)) for n in (0, -1)]), axis=0)
    met = [*made.parcels.geometry, *shapely.points(made.places[["x", "y"]]), *shapely.points(made.work[["x", "y"]])]
    now = np.min(shapely.distance(np.array(met)[:, None], made.roads.geometry.to_numpy()[None, :]), axis=1)
    for _ in range(10):
        line = shapely.LineString(ends[rng.choice(len(ends), 2, replace=False)])
        if (shapely.distance(np.array(met), line) > now).all():
            fresh = gpd.GeoDataFrame({"等级": ["arterial"], "单行": ["no"], "件": [0]}, geometry=[line], crs=CRS)
            return replace(made, roads=pd.concat([made.roads, fresh], ignore_index=True))
    return None


def _shuffled(made: Town, rng: np.random.Generator) -> Town:
    seed = int(rng.integers(1 << 31))
    names = ("parcels", "roads", "places", "work", "units")
    return replace(made, **{name: getattr(made, name).sample(frac=1, random_state=seed) for name in names})


def _with_a_far_parcel(made: Town, _: np.random.Generator) -> Town:
    far = made.parcels.iloc[:1].assign(编号="far", 面积=10_000.0)
    far = far.set_geometry([shapely.box(X0, Y0 + FAR, X0 + 100, Y0 + FAR + 100)], crs=CRS)
    return replace(made, parcels=pd.concat([made.parcels, far], ignore_index=True))


def _same_numbers(before: Result, after: Result, _: Town) -> str:
    return _differ(before.table, after.table, list(before.table.columns))


def _same_ranks(before: Result, after: Result, _: Town) -> str:
    kept = [name for name in before.table.columns if name != "jobs"]
    return _differ(before.table, after.table, [name for name in kept if before.table[name].dtype != object])


def _same_bytes(before: Result, after: Result, _: Town) -> str:
    return "" if before.written == after.written else "other bytes"


def _others_as_before(before: Result, after: Result, _: Town) -> str:
    left = after.table.drop(index="far")
    if list(left.index) != list(before.table.index):
        return f"order {list(before.table.index)} became {list(left.index)}"
    return _differ(before.table, left, ["score", "rank", "homes", "status"])


def _not_worse(before: Result, after: Result, made: Town) -> str:
    """No access score falls; asked only where parcels still meet the streets that they met.

    A street that one-ways cut off is not met at all, so opening one can move a parcel to a nearer, worse street.
    """
    if any(len(before.streets[mode] ^ after.streets[mode]) > abs(_more(before, after)) for mode in MODES):
        return ""
    for name in CRITERIA:
        old, new = (each.table[f"{name}_score"].reindex(before.table.index).astype(float) for each in (before, after))
        worse = (new < old - 1e-9) | (old.notna() & new.isna() & after.table["status"].isin(["ok", "gate"]))
        if worse.any():
            parcel = worse.index[worse][0]
            return f"{name} of {parcel} fell from {old[parcel]} to {new[parcel]}"
    return ""


def _more(before: Result, after: Result) -> int:
    return after.layers["roads"]["read"] - before.layers["roads"]["read"]


def _met(network: Any) -> frozenset[bytes]:
    return frozenset(shapely.to_wkb(network.edge_lines[network.edge_is_major]).tolist())


def _jobs_not_worse(before: Result, after: Result, made: Town) -> str:
    old, new = (each.table["jobs"].reindex(before.table.index).astype(float) for each in (before, after))
    worse = (new < old) | (old.notna() & new.isna())
    return "" if not worse.any() else f"jobs of {worse.index[worse][0]} fell"


def _not_better(before: Result, after: Result, made: Town) -> str:
    return _not_worse(after, before, made)


Change = Callable[[Town, np.random.Generator], Town | None]
Holds = Callable[[Result, Result, Town], str]
INVARIANTS: dict[str, tuple[Change, Holds]] = {
    "shift": (_shifted, _same_numbers),
    "units": (_in_other_units, _same_ranks),
    "jobs": (_more_jobs, _jobs_not_worse),
    "both_ways": (_both_ways, _not_worse),
    "closed": (_closed, _not_better),
    "opened": (_opened, _not_worse),
    "shuffle": (_shuffled, _same_bytes),
    "far": (_with_a_far_parcel, _others_as_before),
}


def _every_row_is_accounted_for(made: Town, result: Result) -> None:
    for name, counts in result.layers.items():
        frame = getattr(made, name, None)
        if counts["read"] != counts["used"] + counts["mended"] + counts["left_out"]:
            message = f"{name}: {counts} do not add up"
            raise CounterExampleError(message)
        if frame is not None and counts["read"] != len(frame):
            message = f"{name}: {counts['read']} rows read of {len(frame)}"
            raise CounterExampleError(message)
    if set(result.table.index) != set(made.parcels["编号"]):
        message = f"parcels read but not in the ranking: {set(made.parcels['编号']) ^ set(result.table.index)}"
        raise CounterExampleError(message)


def _no_number_stands_for_nothing(result: Result) -> None:
    numbers = result.table.select_dtypes("number").astype(float)
    odd = np.isinf(numbers) | (numbers.abs() > LARGEST)
    if odd.to_numpy().any():
        message = f"no number of a parcel: {numbers.columns[odd.any()].tolist()}"
        raise CounterExampleError(message)
    out = ~result.table["status"].isin(["ok", "gate"])
    if result.table.loc[out, ["score", "rank"]].notna().to_numpy().any():
        message = "a parcel that is out has a score"
        raise CounterExampleError(message)


def _differ(before: pd.DataFrame, after: pd.DataFrame, columns: list[str]) -> str:
    for name in columns:
        old, new = before[name], after[name].reindex(before.index)
        if name.startswith(("slope_", "elevation_")):  # metres of a cell on the ellipsoid depend on where it lies
            same = np.isclose(old.astype(float), new.astype(float), rtol=0.005, atol=0.02, equal_nan=True)
        elif pd.api.types.is_numeric_dtype(old):
            same = np.isclose(old.astype(float), new.astype(float), rtol=0, atol=1e-6, equal_nan=True)
        else:
            same = (old.astype(str) == new.astype(str)).to_numpy()
        if not same.all():
            parcel = before.index[~same][0]
            return f"{name} of {parcel}: {old[parcel]!r} became {new[parcel]!r}"
    return ""
