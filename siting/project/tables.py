"""The tables of a run: ranking, indicators, receipts, stamp."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from siting import access
from siting.base.columns import SCORED, Kind
from siting.base.layers import Layer, newest_day
from siting.base.settings import Settings
from siting.base.stamp import FORMAT, digest, versions
from siting.indicators import INDICATORS, jobs_housing
from siting.indicators.jobs_housing import amount_by_unit
from siting.network import Network
from siting.parcels import needs_text
from siting.project.candidates import Candidates
from siting.project.evaluate import Evaluator
from siting.project.evaluation import Evaluation
from siting.project.judge import Verdict
from siting.project.streets import Streets
from siting.score import order, rounded
from siting.sources.reading import Reading

RAW_DECIMALS = 4
SLOPES = ("elevation_mean_m", "slope_mean_pct", "covered_share")
CAPACITY = ("homes", "far_asked", "far_used", "far_sun", "far_controls", "binding")
CERTIFICATES = ("rank_best", "rank_worst", "p_top")


def ranking(
    candidates: Candidates,
    evaluations: Mapping[str, Evaluation],
    values: Mapping[str, pd.Series],
    verdicts: Mapping[str, Verdict],
    scores: pd.Series,
    utilities: Mapping[str, pd.DataFrame],
) -> pd.DataFrame:
    """Return one row for every parcel read, by rank and then id as text; certificates stay empty."""
    parcels, lost = candidates.table, candidates.lost
    ids = [*map(str, parcels.index), *map(str, lost["id"])]
    rows = pd.DataFrame({"parcel_id": ids}, index=ids)
    for column in ("name", "unit", "kind", "origin"):
        rows[column] = _text(parcels, lost, column, ids)
    rows["status"] = [str(verdicts[i].status) for i in ids]
    rows["reasons"] = ["; ".join(reason.short for reason in verdicts[i].reasons) for i in ids]
    rows["needs"] = needs_text(candidates.needs).reindex(ids).fillna("")
    rows["area_m2"] = parcels["area_m2"].round(2).reindex(ids)
    rows["homes"] = parcels["homes"].reindex(ids).astype("Int64")
    for name in (each for each in SLOPES if each in parcels.columns):
        rows[name] = parcels[name].round(2).reindex(ids)
    for name, table in utilities.items():
        rows[f"public_cost_yuan_{name}"] = table["public_cost_yuan"].round(2).reindex(ids)
    for name, evaluation in evaluations.items():
        rows[name] = evaluation.raw.round(RAW_DECIMALS).reindex(ids)
    is_scored = rows["status"].isin([str(status) for status in SCORED])
    for name in evaluations:
        rows[f"{name}_score"] = values[name].reindex(ids).where(is_scored)
    penalty = pd.Series([verdicts[i].penalty for i in ids], index=ids)
    rows["score"] = rounded((scores.reindex(ids) * penalty).where(is_scored))
    rows["rank"] = order(rows["score"])
    for column in CERTIFICATES:
        rows[column] = np.nan
    rows["flags"] = ["; ".join(sorted(verdicts[i].flags)) for i in ids]
    estimated = [name for name, each in evaluations.items() if each.estimated]
    rows["estimated"] = "; ".join(estimated)
    sequence = np.lexsort((rows["parcel_id"].to_numpy(str), rows["rank"].fillna(len(rows) + 1).to_numpy(np.int64)))
    return rows.iloc[sequence].reset_index(drop=True)


def certified(ranked: pd.DataFrame, decided: pd.DataFrame) -> pd.DataFrame:
    """Return a ranking with its certificates filled in and what else was decided of each parcel at its end."""
    found = ranked.copy()
    for name in CERTIFICATES:
        cells = found["parcel_id"].map(decided[name])
        found[name] = cells.astype("float64" if name == "p_top" else "Int64")
    return found.join(decided.drop(columns=list(CERTIFICATES)), on="parcel_id")


def indicators(
    units: gpd.GeoDataFrame | None, places: Sequence[Reading], ranked: pd.DataFrame, name_of: Callable[[str], str]
) -> pd.DataFrame:
    """Return unit, indicator, value, unit of measure, titles, basis (given, estimated, computed), formula."""
    columns = [
        "unit",
        "unit_name",
        "indicator",
        "value",
        "unit_of_value",
        "title_zh",
        "title_en",
        "basis",
        "formula",
        "season",
    ]
    if units is None:
        return pd.DataFrame(columns=columns)
    table = units.set_index("id", drop=False)
    found, basis = _jobs(table, places)
    found = found.assign(population=_own(table, "population"))
    found["jobs_per_resident"] = found["jobs"] / found["population"].where(found["population"] > 0)
    found = found.join(_parcel_counts(table, ranked, name_of))
    rows = [
        (
            unit,
            name_of(unit),
            name,
            found.loc[unit, name],
            row.unit,
            row.zh,
            row.en,
            basis.get(name, "computed"),
            row.formula,
            "",
        )
        for unit in found.index
        for name, row in INDICATORS.items()
    ]
    return pd.DataFrame(rows, columns=columns)


def receipts(
    ranked: pd.DataFrame,
    evaluations: Mapping[str, Evaluation],
    verdicts: Mapping[str, Verdict],
    evaluator: Evaluator | None,
    candidates: Candidates,
    utilities: Mapping[str, pd.DataFrame],
) -> tuple[Mapping[str, Any], ...]:
    """Return a record a parcel: status, reasons, flags, and each criterion down to place and street."""
    count = int(ranked["rank"].notna().sum())
    has_renewal = "renewal_area" in candidates.table.columns
    records = []
    for row in ranked.to_dict("records"):
        parcel = row["parcel_id"]
        verdict = verdicts[parcel]
        fields = ("parcel_id", "name", "unit", "kind", "origin", "status", "area_m2", "homes", "score", "rank")
        records.append(
            {
                **{name: _plain(row[name]) for name in fields},
                "ranked": count,
                "penalty": verdict.penalty,
                "reasons": [reason.record() for reason in verdict.reasons],
                "renewal_area": str(candidates.table["renewal_area"].get(parcel, "")) if has_renewal else "",
                "needs": [need.record() for need in candidates.needs.get(parcel, ())],
                "idle": _idle(candidates.idleness, parcel),
                "capacity": _row(candidates.capacity, parcel, CAPACITY),
                "utilities": {
                    name: _joined(table, parcel, candidates.settings, name) for name, table in utilities.items()
                },
                "flags": {name: verdict.flags[name] for name in sorted(verdict.flags)},
                "living": None,
                "criteria": [
                    _criterion(row, each, evaluator) for each in evaluations.values() if evaluator is not None
                ],
            }
        )
    return tuple(records)


def stamp(
    settings: Settings,
    layers: Sequence[Layer],
    readings: Mapping[str, Reading],
    streets: Streets,
    evaluations: Mapping[str, Evaluation],
    ranked: pd.DataFrame,
) -> dict[str, Any]:
    """Return settings, digests of every input, versions, counts a layer and a status; no clock time."""
    date = settings.project.date or newest_day(layers)
    entries = {
        name: {
            **readings[name].layer.model_dump(mode="json", exclude={"name"}),
            "counts": readings[name].counts.record(),
            "sha256": dict(readings[name].digests),
        }
        for name in sorted(readings)
    }
    inputs = digest(value.encode() for name in sorted(readings) for _, value in readings[name].digests)
    return {
        "tool": "siting",
        "format": FORMAT,
        "document_date": None if date is None else date.isoformat(),
        "inputs_sha256": inputs,
        "versions": versions(),
        "settings": settings.model_dump(mode="json"),
        "layers": entries,
        "networks": {mode: _network(streets.built[mode]) for mode in sorted(streets.built)},
        "engine": {name: list(each.plans) for name, each in evaluations.items() if each.plans},
        "parcels": {str(k): int(v) for k, v in ranked["status"].value_counts().sort_index().items()},
        "estimated": sorted({name for cell in ranked["estimated"] for name in cell.split("; ") if name}),
    }


def _idle(idleness: pd.DataFrame, parcel: str) -> dict[str, Any] | None:
    """Return state, first day, days and clauses of idle land; None where the question does not arise."""
    if parcel not in idleness.index or not idleness.loc[parcel, "state"]:
        return None
    found = idleness.loc[parcel]
    since = None if pd.isna(found["since"]) else found["since"].date().isoformat()
    fields = {name: found[name] for name in ("state", "clause", "evidence")}
    return {**fields, "since": since, "days": _plain(found["days"]), "missing": list(found["missing"])}


def _joined(table: pd.DataFrame, parcel: str, settings: Settings, name: str) -> dict[str, Any] | None:
    """Return how a parcel is joined to a utility, with who says what a metre costs."""
    found, block = _row(table, parcel, tuple(table.columns)), settings.utility[name]
    said = {"unit_price": block.unit_price, "price_source": block.source, "price_evidence": block.evidence}
    return None if found is None else {**found, **said}


def _row(table: pd.DataFrame, parcel: str, columns: Sequence[str]) -> dict[str, Any] | None:
    """Return some columns of a parcel's row, None where it has none."""
    return {name: _plain(table.loc[parcel, name]) for name in columns} if parcel in table.index else None


def _criterion(row: Mapping[str, Any], evaluation: Evaluation, evaluator: Evaluator) -> dict[str, Any]:
    criterion, parcel = evaluation.criterion, row["parcel_id"]
    known = parcel in evaluation.raw.index
    record = {
        **criterion.model_dump(mode="json", exclude={"title", "title_en"}),
        "title_zh": criterion.caption("zh"),
        "title_en": criterion.caption("en"),
        "unit": access.MEASURES[criterion.measure].unit,
        "value": _plain(row[criterion.name]),
        "score": _plain(row[f"{criterion.name}_score"]),
        "beyond": bool(known and evaluation.beyond[parcel]),
        "estimated": evaluation.estimated,
    }
    if evaluation.season is not None and known and evaluator.streets.seasons != ("summer",):
        record["season"] = evaluation.season[parcel]
    mode = criterion.street_mode
    if mode is None or not known:
        return record
    place = evaluation.place[parcel]
    if isinstance(place, str) and place:
        found = evaluator.places[criterion.target.layer].loc[place]
        record |= {"place": place, "place_name": str(found.get("name", "")), "place_kind": str(found.get("kind", ""))}
    snapped = evaluator.parcel_snaps(mode).loc[parcel]
    street: dict[str, Any] = {"distance_m": round(float(snapped["distance_m"]), 2), "edge": int(snapped["edge"])}
    if snapped["edge"] >= 0:
        street["entrances"] = evaluator.entrances(parcel, mode)
    return {**record, "street": street}


def _jobs(units: gpd.GeoDataFrame, places: Sequence[Reading]) -> tuple[pd.DataFrame, dict[str, str]]:
    with_jobs = [reading for reading in places if "jobs" in reading.table.columns]
    jobs = pd.Series(np.nan, index=units.index)
    for reading in with_jobs:
        jobs = jobs.fillna(0.0) + amount_by_unit(units, reading.table, reading.table["jobs"])
    estimated = any("jobs" in reading.layer.settings.estimated for reading in with_jobs)
    kind = "estimated" if estimated else "given"
    basis = dict.fromkeys(("jobs", "jobs_housing_ratio", "jobs_per_resident"), kind)
    return jobs_housing(units, jobs, _own(units, "workers")), basis


def _parcel_counts(units: gpd.GeoDataFrame, ranked: pd.DataFrame, name_of: Callable[[str], str]) -> pd.DataFrame:
    ranked = ranked[~ranked["reasons"].str.contains("in_site:", regex=False)]  # counted with their site
    by_unit = ranked.assign(
        is_ranked=ranked["rank"].notna(),
        homes_ranked=ranked["homes"].where(ranked["rank"].notna()).astype(float).fillna(0.0),
        is_remote=ranked["flags"].str.split("; ").map(lambda flags: "remote" in flags),
    ).groupby("unit")
    names = [name_of(unit) for unit in units.index]
    counts = pd.DataFrame(
        {
            "parcels": by_unit.size(),
            "parcels_ranked": by_unit["is_ranked"].sum(),
            "homes_ranked": by_unit["homes_ranked"].sum(),
            "parcels_remote": by_unit["is_remote"].sum(),
        }
    )
    return counts.reindex(names).fillna(0).set_axis(units.index)


def _own(units: gpd.GeoDataFrame, column: str) -> pd.Series:
    return units[column].astype(float) if column in units.columns else pd.Series(np.nan, index=units.index)


def _text(parcels: gpd.GeoDataFrame, lost: pd.DataFrame, column: str, ids: Sequence[str]) -> list[str]:
    own = parcels[column].to_dict() if column in parcels.columns else {}
    others = dict(zip(lost["id"], lost[column], strict=True)) if column in lost.columns else {}
    fallback = str(Kind.LAND) if column == "kind" else ""
    return [str(own.get(i, others.get(i, fallback))) for i in ids]


def _network(net: Network) -> dict[str, Any]:
    return {
        "nodes": len(net.node_xy),
        "edges": len(net.edge_from),
        "components": len(net.component_sizes),
        "edges_that_matter": int(net.edge_is_major.sum()),
        **{key: int(net.notes[key]) for key in sorted(net.notes)},
    }


def _plain(cell: Any) -> Any:
    """Return a cell as JSON has it: missing is None, numpy numbers are plain ones."""
    if cell is pd.NA or cell is None or (isinstance(cell, float) and np.isnan(cell)):
        return None
    if isinstance(cell, np.integer | np.bool_):
        return cell.item()
    return float(cell) if isinstance(cell, np.floating | float) else cell
