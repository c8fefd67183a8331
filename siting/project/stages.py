"""Finished stages of a run, kept beside its output until it is whole, so that an interrupted run can resume."""

import contextlib
import io
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

import siting
from siting.base.settings import Criterion, Settings
from siting.base.stamp import digest, versions
from siting.project.evaluation import Evaluation
from siting.sources.reading import Reading

_SERIES = ("raw", "beyond", "apart", "place", "season")


@dataclass(frozen=True)
class Stages:
    """The folder of kept stages; a stage counts only under the digest of all that it comes from."""

    folder: Path
    digest: str

    def load(self, criterion: Criterion, parcels: pd.Index) -> Evaluation | None:
        """Return a criterion as an earlier run measured it, None where it did not, or not from the same input."""
        table, head = self._files(criterion)
        try:
            said = json.loads(head.read_text("utf-8"))
            raw = table.read_bytes()
        except (OSError, ValueError):
            return None
        if not isinstance(said, dict) or said.get("digest") != self.digest or said.get("sha256") != digest([raw]):
            return None
        kept = pd.read_parquet(io.BytesIO(raw))
        if not kept.index.equals(parcels):
            return None
        series = {name: kept[name] for name in _SERIES if name in kept.columns}
        return Evaluation(
            criterion,
            raw=series["raw"],
            beyond=series["beyond"],
            apart=series["apart"],
            place=series["place"].astype(object),
            estimated=bool(said["estimated"]),
            plans=tuple(said["plans"]),
            season=series["season"].astype(object) if "season" in series else None,
        )

    def save(self, evaluation: Evaluation) -> None:
        """Keep a criterion; a half-written one is never read, since its digest stands in a second file.

        A stage that cannot be kept is no reason to stop: only the results themselves must be written.
        """
        with contextlib.suppress(OSError):
            self._save(evaluation)

    def _save(self, evaluation: Evaluation) -> None:
        table, head = self._files(evaluation.criterion)
        self.folder.mkdir(parents=True, exist_ok=True)
        series = {name: getattr(evaluation, name) for name in _SERIES if getattr(evaluation, name) is not None}
        raw = io.BytesIO()
        pd.DataFrame(series).to_parquet(raw)
        said = {
            "digest": self.digest,
            "sha256": digest([raw.getvalue()]),
            "estimated": evaluation.estimated,
            "plans": list(evaluation.plans),
        }
        table.write_bytes(raw.getvalue())
        head.write_text(json.dumps(said), "utf-8")

    def _files(self, criterion: Criterion) -> tuple[Path, Path]:
        return self.folder / f"{criterion.name}.parquet", self.folder / f"{criterion.name}.json"


def forget_stages(folder: Path) -> None:
    """Remove every kept stage."""
    shutil.rmtree(folder, ignore_errors=True)


def input_digest(settings: Settings, readings: Mapping[str, Reading], others: Mapping[str, str]) -> str:
    """Return the digest of settings, layer files, inputs and versions: what a kept stage must agree in."""
    said: dict[str, Any] = {
        "settings": settings.model_dump(mode="json"),
        "layers": {name: each.layer.model_dump(mode="json") for name, each in sorted(readings.items())},
        "inputs": {name: sorted(each.digests) for name, each in sorted(readings.items())},
        "others": dict(sorted(others.items())),
        "versions": versions(),
        "code": _code_digest(),
    }
    return digest([json.dumps(said, sort_keys=True).encode()])


@cache
def _code_digest() -> str:
    """Return the digest of the tool itself: a stage of other code is another stage."""
    package = Path(siting.__file__).parent
    sources = (each for end in ("py", "csv", "toml") for each in package.rglob(f"*.{end}"))
    return digest(each.read_bytes() for each in sorted(sources) if "demo" not in each.parts)
