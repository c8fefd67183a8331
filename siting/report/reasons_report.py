"""选址论证报告: the argument for the sites of a run as a Word document."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from siting.base.columns import Language
from siting.base.errors import Problem
from siting.base.results import Results
from siting.base.texts import section, text
from siting.report.chart_fonts import lettering
from siting.report.comparison import comparison_block
from siting.report.office_docx import (
    heading,
    new_document,
    new_section,
    note,
    page_break,
    paragraph,
    picture,
    save,
    signature_block,
    table,
)
from siting.report.plan_map import MapOptions, plan_maps
from siting.report.reasons_tables import Grid
from siting.report.reasons_text import Block, Picture, chapters
from siting.report.run_tables import RunTables, asked, best_ranked, of_results, plain

PICTURE_CM = 15.5
FIRST = 5
WIDE = 3


@dataclass(frozen=True)
class ReportOptions:
    """What a report is of, and its marks.

    ids: the parcels argued in detail; those of the plan, else the first `first` of the ranking, where empty. mark: at the
    head of every page and on every map (内部). approval: 审图号, for maps that leave the office.
    """

    ids: Sequence[str] = ()
    first: int = FIRST
    mark: str = ""
    approval: str = ""


def reasons_report(
    results: Results, file: Path, *, language: Language | None = None, options: ReportOptions | None = None
) -> tuple[Problem, ...]:
    """Write the report of a run and return what must be said of it (letters that are missing on this machine).

    language: that of the project if None. Raises ValueError and UsageError as `comparison` for ids that cannot be meant.
    The same run gives the same bytes on machines with the same fonts.
    """
    chosen = options or ReportOptions()
    run = of_results(results)
    spoken = language or run.language
    ids = asked(run, chosen.ids) if chosen.ids else argued(run, chosen.first)
    years = _years(run)
    marks = MapOptions(chosen=years, compared=ids, watermark=chosen.mark, approval=chosen.approval)
    maps = plan_maps(results, spoken, marks)
    document = new_document(spoken, text("reasons.title", spoken), mark=chosen.mark, body_pt=12)
    _front(document, run, spoken)
    for chapter in chapters(run, ids, spoken, maps=maps):
        if chapter.is_annex:
            signature_block(document, list(section("reasons.sign", spoken).values()))
            _lay_annex(document, ids)
        heading(document, chapter.title, 1)
        for place, block in enumerate(chapter.blocks):
            if place and isinstance(chapter.blocks[place - 1], pd.DataFrame) and not isinstance(block, pd.DataFrame):
                new_section(document, landscape=False)
            is_lead = place + 1 < len(chapter.blocks) and isinstance(chapter.blocks[place + 1], Grid | Picture)
            _write(document, block, spoken, is_lead=is_lead)
    save(document, file)
    missing = lettering(spoken)[2]
    return () if missing is None else (missing,)


def _lay_annex(document: Any, ids: Sequence[str]) -> None:
    """Begin the annex: the comparison lies, on A3 where it has more candidates than A4 can show."""
    new_section(document, landscape=bool(ids), paper="A3" if len(ids) > WIDE else "A4")


def argued(run: RunTables, first: int = FIRST) -> tuple[str, ...]:
    """Return the parcels that a report argues where none are named: those of the plan, else the first ranked."""
    chosen = tuple(parcel for parcel in run.receipts if parcel in _years(run))
    return chosen or best_ranked(run, first)


def _years(run: RunTables) -> dict[str, int]:
    plan = run.tables.get("plan")
    if plan is None or plan.empty:
        return {}
    rows = zip(plan["parcel_id"].astype(str), plan["year"], strict=True)
    return {parcel: int(year) for parcel, year in rows if parcel in run.receipts}


def _front(document: Any, run: RunTables, language: Language) -> None:
    heading(document, plain(run.stamp["settings"]["project"]["title"], 100), 0)
    heading(document, text("reasons.title", language), 0)
    date = run.stamp["document_date"]
    if date:
        note(document, text("reasons.dated", language, date=date), centred=True)
    page_break(document)


def _write(document: Any, block: Block, language: Language, *, is_lead: bool) -> None:
    """Write a block; a paragraph that leads to a table or picture stays with it."""
    if isinstance(block, str):
        paragraph(document, block).paragraph_format.keep_with_next = is_lead
    elif isinstance(block, Picture):
        picture(document, block.png, PICTURE_CM, block.caption)
    elif isinstance(block, Grid):
        table(document, block.header, block.rows, widths=block.widths, numbers=block.numbers, size=9)
    elif isinstance(block, pd.DataFrame):
        note(document, text("compare.title", language), centred=True)
        comparison_block(document, block, language)
