"""plan.xlsx: the land-supply plan in the tables that a natural-resources bureau hands on."""

from pathlib import Path
from typing import Any

from siting.base.texts import section, text
from siting.report import plan_ledgers
from siting.report.grids import Grid
from siting.report.office_xlsx import Book, add_sheet, open_book, write_grid, write_lines
from siting.report.papers import Papers
from siting.report.plan_grids import parcels, quotas, structure, totals_form


def plan_xlsx(papers: Papers, file: Path) -> None:
    """Write the workbook: yearly totals, structure, parcels, homes, quota, two ledgers, duties, notes.

    The same papers give the same bytes. Numbers are numbers, text is text, nothing is a formula.
    """
    language = papers.language
    names = section("papers.sheet", language)
    pages = text("papers.sign.pages", language)
    with open_book(file, papers.title, mark=papers.watermark, pages=pages) as book:
        _stacked(book, names["totals"], [totals_form(papers, year) for year in papers.years], papers)
        _stacked(book, names["structure"], [structure(papers)], papers, paper="A4")
        _stacked(book, names["parcels"], [parcels(papers, stock=False)], papers)
        _stacked(book, names["stock"], [parcels(papers, stock=True)], papers)
        _stacked(book, names["quota"], [quotas(papers)], papers, paper="A4")
        _stacked(book, names["sale"], [plan_ledgers.sale_ledger(papers)], papers)
        _stacked(book, names["public"], [plan_ledgers.public_ledger(papers)], papers, paper="A4")
        _stacked(book, names["budgets"], [plan_ledgers.budgets(papers)], papers, paper="A4")
        _stacked(book, names["duties"], [plan_ledgers.duty_list(papers)], papers)
        _notes(book, names["notes"], papers)


def signed(papers: Papers, key: str) -> str:
    """Return a line to be signed; names and dates that are not known leave room for a pen."""
    language = papers.language
    blank = text("papers.sign.blank", language)
    return text(
        f"papers.sign.{key}",
        language,
        prepared=papers.prepared_by or blank,
        checked=papers.checked_by or blank,
        approved=papers.approved_by or blank,
        day=day_text(papers),
    )


def day_text(papers: Papers) -> str:
    """Return the day of the papers as their language writes it, or room for it."""
    day = papers.day
    if day is None:
        return text("papers.sign.no_day", papers.language)
    return text("papers.sign.day", papers.language, year=day.year, month=day.month, day=day.day)


def open_points(papers: Papers) -> list[str]:
    """Return what a reader has to know of the plan: how good it is proven to be, what is short, what was not known."""
    language = papers.language
    found = [text(f"papers.text.status_{papers.status}", language)]
    if papers.ties is not None:
        found.append(text(f"papers.text.ties_{'yes' if papers.ties else 'no'}", language))
    grid = quotas(papers)
    for year, unit, _, _, short, _ in grid.rows:
        if short:
            found.append(text("papers.text.short", language, year=year, unit=unit, short=short))
    owed = sum(1 for row in papers.everything() if row["gates"])
    if owed:
        found.append(text("papers.text.owed", language, count=owed))
    if papers.map_approval:
        found.append(text("papers.text.map", language, number=papers.map_approval))
    return found


def _stacked(book: Book, name: str, grids: list[Grid], papers: Papers, *, paper: Any = "A3") -> None:
    """Write tables below each other on one sheet, and below them the lines to be signed."""
    sheet = add_sheet(book, name, paper=paper)
    lead = text("papers.sign.head", papers.language, division=papers.division) if papers.division else ""
    row = 0
    for place, grid in enumerate(grids):
        row = write_grid(book, sheet, grid, row, lead=lead, top=place == 0) + 1
    last = max(len(grid.columns) for grid in grids) - 1
    write_lines(book, sheet, [signed(papers, "table")], row - 1, min(last, len(grids[0].columns) - 1))


def _notes(book: Book, name: str, papers: Papers) -> None:
    sheet = add_sheet(book, name, paper="A4")
    grids = [plan_ledgers.sources(papers), plan_ledgers.search(papers)]
    row = 0
    for place, grid in enumerate(grids):
        row = write_grid(book, sheet, grid, row, top=place == 0) + 1
    repairs = [str(cells[0]) for cells in plan_ledgers.repairs(papers).rows]
    lines = list(open_points(papers))
    for key, more in (("repairs", repairs), ("unknown", papers.unknown)):
        lines += [text(f"papers.title.{key}", papers.language), *more] if more else []
    write_lines(book, sheet, lines, row, len(grids[0].columns) - 1)
