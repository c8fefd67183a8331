"""Run folders written by hand: only what a comparison reads of them, with scores by plain arithmetic."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from siting.base.stamp import FORMAT

Raws = Mapping[str, Mapping[str, float | None]]
POINTS = {"school": (60.0, 0.0), "jobs": (0.0, 200.0), "bus": (20.0, 0.0)}
TITLES = {"school": ("到小学", "to school"), "jobs": ("岗位", "jobs"), "bus": ("到公交站", "to a bus stop")}


def valued(raw: float, worst: float, best: float) -> float:
    """The value of a measured number, nine decimals, half up."""
    return math.floor(min(max((raw - worst) / (best - worst), 0.0), 1.0) * 1e9 + 0.5) / 1e9


def combined(values: Mapping[str, float], weights: Mapping[str, float], method: str) -> float:
    """The score of one parcel by the textbook."""
    total = sum(weights.values())
    if method == "wpm":
        return math.prod(values[name] ** (weights[name] / total) for name in weights)
    return sum(weights[name] * values[name] for name in weights) / total


def write(
    folder: Path,
    raws: Raws,
    weights: Mapping[str, float],
    *,
    points: Mapping[str, tuple[float, float]] = POINTS,
    penalties: Mapping[str, float] | None = None,
    statuses: Mapping[str, str] | None = None,
    reasons: Mapping[str, list[dict[str, str]]] | None = None,
    method: str = "wsm",
    stamp: Mapping[str, Any] | None = None,
    cutoffs: Mapping[str, float] | None = None,
) -> Path:
    """Write stamp.json and receipts.jsonl; a raw value of None lies beyond the limit."""
    records = []
    for parcel, row in raws.items():
        status = (statuses or {}).get(parcel, "ok")
        values = {n: 0.0 if row[n] is None else valued(float(row[n] or 0.0), *points[n]) for n in weights}
        factor = (penalties or {}).get(parcel, 1.0)
        score = math.floor(combined(values, weights, method) * factor * 1e9 + 0.5) / 1e9
        records.append(
            {
                "parcel_id": parcel,
                "name": f"地块{parcel}",
                "status": status,
                "penalty": factor,
                "score": score if status in ("ok", "gate") else None,
                "reasons": (reasons or {}).get(parcel, []),
                "criteria": [
                    {
                        "name": n,
                        "measure": "nearest",
                        "of": f"{n}s.{n}",
                        "better": "less",
                        "weight": weights[n],
                        "worst": points[n][0],
                        "best": points[n][1],
                        "value": row[n],
                        "score": values[n],
                        "beyond": row[n] is None,
                        "cutoff": (cutoffs or {}).get(n, 60.0),
                        "mode": "walk",
                        "title_zh": TITLES[n][0],
                        "title_en": TITLES[n][1],
                    }
                    for n in weights
                ],
            }
        )
    scores = [record["score"] for record in records if record["score"] is not None]
    for record in records:
        own = record["score"]
        record["rank"] = None if own is None else 1 + sum(other > own for other in scores)
    made = {
        "format": FORMAT,
        "settings": {"combine": {"method": method}, "criterion": [{"name": n, "weight": weights[n]} for n in weights]},
        "layers": {"schools": {"settings": {"role": "places"}, "sha256": {"data/schools.csv": "a" * 64}}},
        "versions": {"siting": "1", "numpy": "2"},
        "other_files_sha256": {},
        **(stamp or {}),
    }
    folder.mkdir(parents=True)
    (folder / "stamp.json").write_text(json.dumps(made), "utf-8")
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    (folder / "receipts.jsonl").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return folder
