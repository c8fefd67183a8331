"""ranking.xlsx: the same rows as ranking.csv, made to be read; every text cell is text."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from siting.base.catalogue import title
from siting.base.columns import Language
from siting.base.results import Results
from siting.base.texts import section
from siting.report.csv_files import UNSCREENED, explained

FIXED_TIME = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)
CELL_LIMIT = 32_000
COST = "public_cost_yuan_"
WIDTHS = {"name": 24, "needs": 30, "origin": 24, "reasons": 24, "flags": 24, "explanation": 60}
CERTIFICATES = ["rank_best", "rank_worst", "p_top"]


def ranking_xlsx(results: Results, file: Path) -> None:
    """Write the ranking with titled columns, frozen header, filter, and a sheet of criteria."""
    language = results.settings.project.language
    book = xlsxwriter.Workbook(
        file,
        {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True},
    )
    book.set_properties({"title": results.settings.project.title, "created": FIXED_TIME})
    head = book.add_format(
        {"bold": True, "bg_color": "#1f3a5f", "font_color": "white", "text_wrap": True, "valign": "top"}
    )
    formats = {"minutes": book.add_format({"num_format": "0.0"}), "score": book.add_format({"num_format": "0.000"})}
    sheet = book.add_worksheet("排序" if language == "zh" else "ranking")
    titles = titles_of(results, language)
    table = _in_words(results, language)
    for column, name in enumerate(table.columns):
        sheet.write_string(0, column, titles[name], head)
        chosen = (
            formats["score"] if name.endswith("score") else formats["minutes"] if name in _criteria(results) else None
        )
        sheet.set_column(column, column, WIDTHS.get(name, 11), chosen)
        for row, cell in enumerate(table[name], start=1):
            _write(sheet, row, column, cell)
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, len(results.ranking), len(table.columns) - 1)
    _criteria_sheet(book, results, language, head)
    book.close()


def _criteria_sheet(book: Any, results: Results, language: Language, head: Any) -> None:
    sheet = book.add_worksheet("指标" if language == "zh" else "criteria")
    columns = (
        "name",
        "title",
        "measure",
        "of",
        "mode",
        "cutoff",
        "worst",
        "best",
        "floor",
        "weight",
        "source",
        "evidence",
    )
    for column, name in enumerate(columns):
        sheet.write_string(0, column, name, head)
    for row, criterion in enumerate(results.settings.criterion, start=1):
        for column, name in enumerate(columns):
            cell = criterion.caption(language) if name == "title" else getattr(criterion, name)
            _write(sheet, row, column, cell)
    sheet.set_column(0, len(columns) - 1, 16)


def _in_words(results: Results, language: Language) -> pd.DataFrame:
    """Return the ranking with status, kind and origin as people say them; empty certificates left out."""
    table = explained(results)
    table = table.drop(columns=[name for name in CERTIFICATES if table[name].isna().all()])
    if "price_ok" in table.columns:
        words = {True: section("word", language)["yes"], False: section("word", language)["no"]}
        table = table.assign(price_ok=table["price_ok"].map(words).astype(object))
    statuses = section("status", language)
    if not results.settings.criterion:
        table = table.drop(columns=[name for name in UNSCREENED if name in table.columns])
    stop = "；" if language == "zh" else "; "
    needed = {r["parcel_id"]: stop.join(need[f"title_{language}"] for need in r["needs"]) for r in results.receipts}
    if "circle_tier" in table.columns:
        table = table.assign(circle_tier=table["circle_tier"].map(section("tier", language)))
    return table.assign(
        needs=table["parcel_id"].map(needed),
        status=table["status"].map(statuses),
        kind=table["kind"].map(lambda kind: title(kind, language)),
        origin=table["origin"].map(lambda origin: title(origin, language)),
    )


def _criteria(results: Results) -> set[str]:
    return {criterion.name for criterion in results.settings.criterion}


def titles_of(results: Results, language: Language) -> dict[str, str]:
    """Return what each column of the ranking is called."""
    words = section("column", language)
    estimated = set(results.stamp["estimated"])
    titles = {name: words.get(name, name) for name in (*results.ranking.columns, "explanation")}
    for name in (each for each in titles if each.startswith(COST)):
        kind = name.removeprefix(COST)
        titles[name] = f"{title(kind, language)} · {words['public_cost']}"
    for criterion in results.settings.criterion:
        mark = f" · {section('word', language)['estimated']}" if criterion.name in estimated else ""
        titles[criterion.name] = criterion.caption(language) + mark
        titles[f"{criterion.name}_score"] = f"{criterion.caption(language)} · {words['score']}"
    return titles


def _write(sheet: Any, row: int, column: int, cell: object) -> None:
    if cell is None or cell is pd.NA or (isinstance(cell, float) and pd.isna(cell)):
        return
    if isinstance(cell, str):
        sheet.write_string(row, column, cell[:CELL_LIMIT])
    else:
        sheet.write_number(row, column, float(cell))  # type: ignore[arg-type]
