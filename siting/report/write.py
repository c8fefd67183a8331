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
    results = _with_fonts(results)
    return _written(
        results,
        target,
        {
            "ranking.csv": _text(lambda: ranking_csv(results)),
            "indicators.csv": _text(lambda: indicators_csv(results)),
            "ranking.xlsx": lambda file: ranking_xlsx(results, file),
            "index.html": _text(lambda: page(results)),
            **{f"{name}.csv": _text(partial(table_csv, table)) for name, table in results.tables.items()},
            **{name: _text(partial(str, written)) for name, written in results.texts.items()},
            **_papers(results),
        },
    )


def _with_fonts(results: Results) -> Results:
    """Return results that say so where charts and maps of the report lack Chinese letters on this machine."""
    if results.settings.papers is None:
        return results
    from siting.report.chart_fonts import lettering  # noqa: PLC0415  charts take seconds to load

    note = lettering(results.settings.project.language)[2]
    return results if note is None else replace(results, findings=(*results.findings, note))


def _plan_papers(results: Results) -> dict[str, Callable[[Path], None]]:
    """Return the papers of the plan, where there is one."""
    files: dict[str, Callable[[Path], None]] = {}
    if results.papers is not None:
        from siting.report.plan_document import plan_docx  # noqa: PLC0415  Word is asked for by few runs
        from siting.report.plan_workbook import plan_xlsx  # noqa: PLC0415  as above

        files["plan.xlsx"] = partial(plan_xlsx, results.papers)
        files["plan.docx"] = partial(plan_docx, results.papers)
        files["duties.csv"] = _text(partial(table_csv, results.papers.duties))
    return files


def _papers(results: Results) -> dict[str, Callable[[Path], None]]:
    """Return the bureau's papers: the plan where there is a quota, the report where papers are asked for."""
    files = _plan_papers(results)
    block = results.settings.papers
    if block is not None:
        from siting.report.reasons_report import ReportOptions, reasons_report  # noqa: PLC0415  charts take seconds

        language = results.settings.project.language
        options = ReportOptions(mark=block.mark(language), approval=block.map_approval)
        files["report.docx"] = lambda file: _drawn(reasons_report, results, file, options)
    return files


def _drawn(report: Callable[..., object], results: Results, file: Path, options: object) -> None:
    report(results, file, options=options)


PLANNED = ("plan", "need", "quota", "waiting", "price")
"""How the names of the tables begin that a plan is written with."""


def write_plan(results: Results, target: Path) -> Results:
    """Write the files of a plan alone to `target`, whole or not at all, and return the results with their path."""
    tables = {name: table for name, table in results.tables.items() if name.startswith(PLANNED)}
    stamp = json.dumps(results.stamp, ensure_ascii=False, indent=1, allow_nan=False)
    files: dict[str, Callable[[Path], None]] = {
        **{f"{name}.csv": _text(partial(table_csv, table)) for name, table in tables.items()},
        **{name: _text(partial(str, written)) for name, written in results.texts.items()},
        **_plan_papers(results),
        "problems.csv": _text(lambda: problems_csv(results)),
        STAMP: _text(lambda: stamp),
    }
    return _whole(results, target, files)


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
    stamp = json.dumps(results.stamp, ensure_ascii=False, indent=1, allow_nan=False)
    files: dict[str, Callable[[Path], None]] = {
        **own,
        "problems.csv": _text(lambda: problems_csv(results)),
        RECEIPTS: _text(lambda: "".join(f"{_json(receipt)}\n" for receipt in results.receipts)),
        "parcels.gpkg": lambda file: parcels_gpkg(results, file),
        STAMP: _text(lambda: stamp),
    }
    return _whole(results, target, files)


def _whole(results: Results, target: Path, files: Mapping[str, Callable[[Path], None]]) -> Results:
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
