"""All files of a run, written whole."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from siting.base.results import Results
from siting.report.csv_files import indicators_csv, problems_csv, ranking_csv, screening_csv, table_csv
from siting.report.folder import RECEIPTS, STAMP, whole_folder, write_file
from siting.report.geopackage import parcels_gpkg
from siting.report.page import page
from siting.report.survey import survey_of
from siting.report.workbook import ranking_xlsx


def write(results: Results, target: Path) -> Results:
    """Write every file of the run to `target` and return the results with their path.

    The folder appears whole or not at all; raises UsageError where it cannot be written.
    """
    return _written(
        results,
        target,
        {
            "ranking.csv": _text(lambda: ranking_csv(results)),
            "indicators.csv": _text(lambda: indicators_csv(results)),
            "ranking.xlsx": lambda file: ranking_xlsx(results, file),
            "index.html": _text(lambda: page(results)),
            **{f"{name}.csv": _text(partial(table_csv, table)) for name, table in results.tables.items()},
        },
    )


def write_screening(results: Results, target: Path) -> Results:
    """Write the files of a screening to `target`, whole or not at all, and return the results with their path.

    survey.txt holds the parcels in the 勘测定界 exchange format where their CRS is a CGCS2000 zone.
    """
    survey, told = survey_of(results)
    results = replace(results, findings=(*results.findings, *told))
    files: dict[str, Callable[[Path], None]] = {
        "screening.csv": _text(lambda: screening_csv(results)),
        "screening.xlsx": lambda file: ranking_xlsx(results, file),
    }
    if survey is not None:
        files["survey.txt"] = lambda file: _write_bytes(file, survey)
    return _written(results, target, files)


def _written(results: Results, target: Path, own: Mapping[str, Callable[[Path], None]]) -> Results:
    """Write the files of a kind of run with those that every run has."""
    stamp = json.dumps(results.stamp, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    files: dict[str, Callable[[Path], None]] = {
        **own,
        "problems.csv": _text(lambda: problems_csv(results)),
        RECEIPTS: _text(lambda: "".join(f"{_json(receipt)}\n" for receipt in results.receipts)),
        "parcels.gpkg": lambda file: parcels_gpkg(results, file),
        STAMP: _text(lambda: stamp),
    }
    with whole_folder(target) as folder:
        for name, write_one in files.items():
            write_file(folder / name, write_one)
    return replace(results, path=target)


def _text(made: Callable[[], str]) -> Callable[[Path], None]:
    return lambda file: _write_bytes(file, made().encode("utf-8"))


def _write_bytes(file: Path, raw: bytes) -> None:
    file.write_bytes(raw)


def _json(record: Any) -> str:
    return json.dumps(record, ensure_ascii=False, sort_keys=True, allow_nan=False)
