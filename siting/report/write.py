"""All files of a run, written whole."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from siting.base.results import Results
from siting.report.csv_files import indicators_csv, problems_csv, ranking_csv
from siting.report.folder import RECEIPTS, STAMP, whole_folder
from siting.report.geopackage import parcels_gpkg
from siting.report.page import page
from siting.report.workbook import ranking_xlsx


def write(results: Results, target: Path) -> Results:
    """Write every file of the run to `target` and return the results with their path.

    The folder appears whole or not at all; raises UsageError where it cannot be written.
    """
    with whole_folder(target) as folder:
        _text(folder / "ranking.csv", ranking_csv(results))
        _text(folder / "indicators.csv", indicators_csv(results))
        _text(folder / "problems.csv", problems_csv(results))
        _text(folder / RECEIPTS, "".join(f"{_json(receipt)}\n" for receipt in results.receipts))
        _text(folder / STAMP, json.dumps(results.stamp, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False))
        ranking_xlsx(results, folder / "ranking.xlsx")
        parcels_gpkg(results, folder / "parcels.gpkg")
        _text(folder / "index.html", page(results))
    return replace(results, path=target)


def _text(file: Path, written: str) -> None:
    file.write_bytes(written.encode("utf-8"))


def _json(record: Any) -> str:
    return json.dumps(record, ensure_ascii=False, sort_keys=True, allow_nan=False)
