"""选址比选表: candidates side by side, one row a topic, one column a candidate; on screen, as .xlsx and as .docx.

What is best or worst is told from the differences among those compared; what is good or bad as such, from the fixed
reference points of the criteria. The opinions of residents and the conclusion stay with the office.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from siting.base.columns import Language
from siting.base.texts import section, text
from siting.report.office_docx import heading, new_document, new_section, note, save, table
from siting.report.office_xlsx import HIGHEST_PT, LINE_PT, lines_in
from siting.report.run_tables import Receipt, RunTables, asked, listed, named, plain
from siting.report.site_facts import (
    facts,
    flag_titles,
    is_stopped,
    measured,
    missing_facilities,
    papers_owed,
    say,
    stopping,
)

TOPICS = (
    *("place", "tenure", "plan_fit", "lines", "limits", "homes", "transport", "commute", "services", "other"),
    *("utilities", "price", "time", "rank", "vacancy", "opinion", "merits", "faults", "verdict"),
)
"""The rows in their order; `other` stands only where a criterion belongs to no other topic."""
AT_MOST = 6
"""Candidates on a sheet: more do not fit a page that can be read."""
FIXED_TIME = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)
CELL_LIMIT = 32_000
SHOWN = 450
"""Signs in a cell of a document, below what `office_docx` shows: no fact may be cut."""


def comparison(run: RunTables, ids: Sequence[str], language: Language) -> pd.DataFrame:
    """Return the comparison: index the titles of the topics, columns the parcel ids in the order asked for.

    Cells are text, one fact a line; an empty cell is for the office to fill in. The name of each candidate is in
    `attrs["names"]`. Raises ValueError for no id or one twice, UsageError for one that the run does not hold.
    """
    wanted = asked(run, ids)
    receipts = [run.receipts[parcel] for parcel in wanted]
    titles = section("compare.row", language)
    compared: dict[str, list[list[str]]] = {
        **{topic: [facts(topic, run, parcel, language) for parcel in wanted] for topic in TOPICS[:15]},
        "opinion": [[] for _ in wanted],
        "merits": [merits(each, receipts, language) for each in receipts],
        "faults": [faults(each, receipts, language) for each in receipts],
        "verdict": [verdict(each, receipts, language) for each in receipts],
    }
    kept = [topic for topic in TOPICS if topic != "other" or any(compared[topic])]
    cells = [["\n".join(said) for said in compared[topic]] for topic in kept]
    index = pd.Index([titles[topic] for topic in kept], name=text("compare.topic", language))
    made = pd.DataFrame(cells, index=index, columns=pd.Index(wanted, name="parcel_id"), dtype=object)
    made.attrs["names"] = {str(each["parcel_id"]): named(each, language) for each in receipts}
    return made


def merits(receipt: Receipt, compared: Sequence[Receipt], language: Language) -> list[str]:
    """Return where a parcel is best of those compared, and where it meets the best reference point."""
    said = _extremes(receipt, compared, language, "best")
    at_best = [plain(each[f"title_{language}"]) for each in _scored(receipt).values() if each["score"] >= 1]
    if at_best:
        said.append(say("at_best", language, titles=listed(at_best, language)))
    return said or [say("none_found", language)]


def faults(receipt: Receipt, compared: Sequence[Receipt], language: Language) -> list[str]:
    """Return where a parcel is worst of those compared, falls short of a reference point, or is stopped."""
    said = []
    if is_stopped(receipt):
        stop = "；" if language == "zh" else "; "
        status = text(f"status.{receipt['status']}", language)
        said.append(say("at_line", language, reasons=stop.join(stopping(receipt, language)) or status))
    said += _extremes(receipt, compared, language, "worst")
    at_worst = [plain(each[f"title_{language}"]) for each in _scored(receipt).values() if each["score"] <= 0]
    if at_worst:
        said.append(say("at_worst", language, titles=listed(at_worst, language)))
    missing = missing_facilities(receipt, language)
    if missing:
        said.append(say("facilities_missing", language, kinds=listed(missing, language)))
    flags = flag_titles(receipt, language)
    if flags:
        said.append(say("flags", language, titles=listed(flags, language)))
    return said or [say("none_bad", language)]


def verdict(receipt: Receipt, compared: Sequence[Receipt], language: Language) -> list[str]:
    """Return a suggested sentence; the conclusion itself is the office's."""
    if is_stopped(receipt):
        return [say("rejected", language)]
    if receipt["rank"] is None:
        return [say("undecided", language)]
    planned = (receipt.get("plan") or {}).get("year")
    first = min(each["rank"] for each in compared if each["rank"] is not None)
    key = "alone" if len(compared) == 1 else "first" if receipt["rank"] == first else "reserve"
    key = key if planned is None else "suggested_year"
    said = [say(key, language, rank=receipt["rank"], year=planned)]
    if receipt["needs"]:
        said.append(say("papers_first", language, what=listed(papers_owed(receipt, language), language)))
    vacancy = (receipt["living"] or {}).get("vacancy")
    if receipt["flags"] or (vacancy is not None and vacancy["red"] > 0):
        said.append(say("with_care", language))
    return said


def sheets(table: pd.DataFrame, at_most: int = AT_MOST) -> Iterator[pd.DataFrame]:
    """Yield the comparison in parts of at most `at_most` candidates, as even as can be."""
    count = -(-table.shape[1] // at_most)
    start = 0
    for part in range(count):
        size = -(-(table.shape[1] - start) // (count - part))
        yield table.iloc[:, start : start + size]
        start += size


def comparison_xlsx(table: pd.DataFrame, file: Path, language: Language, *, title: str = "") -> None:
    """Write the comparison as a workbook, a sheet for every six candidates, ready to print on A3; text stays text.

    title: of the project, printed above the table. The same table gives the same bytes.
    """
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    book = xlsxwriter.Workbook(file, options)
    book.set_properties({"title": text("compare.title", language), "created": FIXED_TIME})
    face = {"font_name": "宋体", "font_size": 10.5, "text_wrap": True, "valign": "vcenter", "border": 1}
    forms = {
        "title": book.add_format({**face, "font_size": 16, "bold": True, "align": "center", "border": 0}),
        "head": book.add_format({**face, "bold": True, "align": "center"}),
        "cell": book.add_format({**face, "valign": "top"}),
        "note": book.add_format({**face, "border": 0, "font_size": 9}),
    }
    parts = list(sheets(table))
    for number, part in enumerate(parts, start=1):
        sheet = book.add_worksheet(text("compare.sheet", language) + (f" {number}" if len(parts) > 1 else ""))
        _write_sheet(sheet, part, forms, language, _heading(language, title, number, len(parts)))
    book.close()


def comparison_docx(table: pd.DataFrame, file: Path, language: Language, *, title: str = "", mark: str = "") -> None:
    """Write the comparison as a document on lying pages, a table for every six candidates.

    mark: stands at the head of every page (内部). The same table gives the same bytes.
    """
    parts = list(sheets(table))
    paper = "A3" if max(part.shape[1] for part in parts) > 3 else "A4"
    document = new_document(
        language, text("compare.title", language), landscape=True, paper=paper, mark=mark, body_pt=12
    )
    for number, part in enumerate(parts, start=1):
        if number > 1:
            new_section(document, landscape=True, paper=paper)
        heading(document, _heading(language, title, number, len(parts)), 0)
        comparison_block(document, part, language)
        note(document, text("compare.source", language))
    save(document, file)


def comparison_block(document: Any, part: pd.DataFrame, language: Language, *, size: float = 9) -> None:
    """Add one part of the comparison to a document as a table."""
    names: Mapping[str, str] = part.attrs["names"]
    header = [text("compare.topic", language), *(names[parcel] for parcel in part.columns)]
    rows = [
        row
        for topic, cells in zip(part.index, part.to_numpy(), strict=True)
        for row in _rows(str(topic), cells, language)
    ]
    table(document, header, rows, widths=[2.4, *[16 / part.shape[1]] * part.shape[1]], size=size)


def _rows(topic: str, cells: Iterable[object], language: Language) -> list[list[str]]:
    """Return a topic as one row, or as several where a cell is longer than a document's table shows whole."""
    parted = [_parted(str(cell)) for cell in cells]
    count = max(len(parts) for parts in parted)
    heads = [topic, *[text("compare.continued", language, topic=topic)] * (count - 1)]
    return [[head, *(parts[n] if n < len(parts) else "" for parts in parted)] for n, head in enumerate(heads)]


def _parted(cell: str) -> list[str]:
    """Return the facts of a cell in parts of at most `SHOWN` signs, no fact torn."""
    parts = [""]
    for fact in cell.split("\n"):
        longer = f"{parts[-1]}\n{fact}" if parts[-1] else fact
        if parts[-1] and len(longer) > SHOWN:
            parts.append(fact)
        else:
            parts[-1] = longer
    return parts


def _heading(language: Language, title: str, number: int, count: int) -> str:
    own = text("compare.title", language)
    lead = f"{plain(title, 100)} {own}" if title else own
    return text("compare.page_of", language, title=lead, number=number, count=count) if count > 1 else lead


def _write_sheet(sheet: Any, part: pd.DataFrame, forms: Mapping[str, Any], language: Language, heading: str) -> None:
    names, last = part.attrs["names"], part.shape[1]
    width = max(22, 150 // max(last, 1))
    sheet.set_landscape()
    sheet.set_paper(8)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
    sheet.repeat_rows(1)
    sheet.set_footer("&C&P / &N")
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, last, width)
    sheet.merge_range(0, 0, 0, last, "", forms["title"])
    sheet.write_string(0, 0, heading, forms["title"])
    sheet.set_row(0, 30)
    sheet.write_string(1, 0, text("compare.topic", language), forms["head"])
    for column, parcel in enumerate(part.columns, start=1):
        sheet.write_string(1, column, names[parcel], forms["head"])
    for row, (topic, cells) in enumerate(zip(part.index, part.to_numpy(), strict=True), start=2):
        sheet.write_string(row, 0, str(topic), forms["head"])
        for column, cell in enumerate(cells, start=1):
            sheet.write_string(row, column, str(cell)[:CELL_LIMIT], forms["cell"])
        tallest = max(lines_in(str(cell), width) for cell in (topic, *cells))
        sheet.set_row(row, min(LINE_PT * tallest + 4, HIGHEST_PT))
    sheet.merge_range(len(part) + 2, 0, len(part) + 2, last, "", forms["note"])
    sheet.write_string(len(part) + 2, 0, text("compare.source", language), forms["note"])
    sheet.freeze_panes(2, 1)


def _scored(receipt: Receipt) -> dict[str, Mapping[str, Any]]:
    """Return the criteria that count and have a score, by name."""
    return {each["name"]: each for each in receipt["criteria"] if each["weight"] > 0 and each["score"] is not None}


def _extremes(receipt: Receipt, compared: Sequence[Receipt], language: Language, end: str) -> list[str]:
    """Return sentences on the criteria where a parcel is best (or worst) of those compared, weightiest first."""
    others = [_scored(each) for each in compared]
    said = []
    for name, each in sorted(_scored(receipt).items(), key=lambda item: (-item[1]["weight"], item[0])):
        scores = [found[name]["score"] for found in others if name in found]
        bound = max(scores) if end == "best" else min(scores)
        is_shared = scores.count(bound) > 1
        is_capped = bound >= 1 if end == "best" else bound <= 0  # past a reference point, said for all of them at once
        if max(scores) == min(scores) or each["score"] != bound or (is_shared and is_capped):
            continue
        key = f"{end}_shared" if is_shared else end
        said.append(say(key, language, title=plain(each[f"title_{language}"]), value=measured(each, language)))
    return said
