"""plan.docx: the land-supply plan as an office writes it, chapter by chapter, from the tables of the workbook."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from docx.document import Document

from siting.base.money import money_text
from siting.base.texts import text
from siting.report import office_docx as office
from siting.report import plan_ledgers
from siting.report.grids import Cell, Column, Grid
from siting.report.papers import Papers, shown
from siting.report.plan_grids import parcels, quotas, structure
from siting.report.plan_workbook import open_points, signed

LAND = (0, 1, 2, 3, 4, 7, 6, 14, 8, 10, 15, 16, 18, 17)
"""Columns of the parcels' list that the document shows; the workbook has all."""
BODY_PT = {"zh": 16, "en": 12}
STOCK = (0, 1, 2, 3, 4, 5, 7, 14, 15, 16, 17, 20)


def plan_docx(papers: Papers, path: Path) -> None:
    """Write the document: basis, need, amount and structure, parcels, money, duties, open points, signatures.

    The same papers give the same bytes. Every number stands in the tables of the papers or is a total over them.
    """
    made = office.new_document(papers.language, papers.title, mark=papers.watermark, body_pt=BODY_PT[papers.language])
    years = papers.years
    span = f"{years[0]}—{years[-1]}" if len(years) > 1 else "".join(map(str, years))
    office.heading(made, _say(papers, "title", division=papers.division, years=span), 0)
    _basis(made, papers)
    _need(made, papers)
    _supply(made, papers)
    office.new_section(made, landscape=True)
    _parcels(made, papers)
    _money(made, papers)
    office.new_section(made, landscape=False)
    _duties(made, papers)
    _issues(made, papers)
    office.signature_block(made, [signed(papers, key) for key in ("document", "seal", "date")])
    office.save(made, path)


def written(cell: Cell, column: Column) -> str:
    """Return a cell as the document shows it: numbers with the digits of their column, money in groups of three."""
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return f"{cell:,.2f}" if column.digits == 2 else f"{cell:f}"
    return cell


def put(document: Document, grid: Grid, only: Sequence[int] = (), *, size: float = 10.5) -> None:
    """Add a table of the papers with its title and remark; only: the columns shown, all if empty."""
    kept = tuple(only) or range(len(grid.columns))
    if grid.title:
        office.note(document, grid.title, centred=True, bold=True)
    office.table(
        document,
        [grid.columns[place].title for place in kept],
        [[written(row[place], grid.columns[place]) for place in kept] for row in grid.rows],
        widths=[grid.columns[place].width for place in kept],
        numbers=[at for at, place in enumerate(kept) if _is_amount(grid.columns[place])],
        totals=grid.totals,
        size=size,
    )
    if grid.remark:
        office.note(document, grid.remark)


def _is_amount(column: Column) -> bool:
    return column.digits is not None and not column.is_label


def _basis(document: Document, papers: Papers) -> None:
    office.heading(document, _say(papers, "basis"))
    office.paragraph(document, _say(papers, "basis_1"))
    office.paragraph(document, _say(papers, "basis_2", title=papers.title))


def _need(document: Document, papers: Papers) -> None:
    office.heading(document, _say(papers, "need"))
    for sentence in papers.needed:
        office.paragraph(document, sentence)
    rows = papers.quota[papers.quota["unit"] == ""].sort_values("year").to_dict("records")
    if not len(papers.quota):
        office.paragraph(document, _say(papers, "need_none"))
        return
    for row in rows:
        short, over = (shown(row[key], 0) or Decimal(0) for key in ("short", "over"))
        rest = _say(papers, "need_short", short=short) if short else "" if over else _say(papers, "need_met")
        rest += _say(papers, "need_over", over=over) if over else ""
        unknown = text("papers.word.unknown", papers.language)
        homes = {key: unknown if shown(row[key], 0) is None else shown(row[key], 0) for key in ("asked", "supplied")}
        office.paragraph(document, _say(papers, "need_year", rest=rest, year=int(row["year"]), **homes))
    put(document, quotas(papers))


def _supply(document: Document, papers: Papers) -> None:
    office.heading(document, _say(papers, "supply"))
    land, stock = parcels(papers, stock=False), parcels(papers, stock=True)
    unknown = text("papers.word.unknown", papers.language)
    for key, grid in (("land", land), ("stock", stock)):
        if grid.rows:
            area, homes = (unknown if grid.rows[-1][place] is None else grid.rows[-1][place] for place in (6, 14))
            office.paragraph(document, _say(papers, f"supply_{key}", count=len(grid.rows) - 1, area=area, homes=homes))
    if land.rows or stock.rows:
        put(document, structure(papers))
    else:
        office.paragraph(document, _say(papers, "supply_none"))


def _parcels(document: Document, papers: Papers) -> None:
    office.heading(document, _say(papers, "parcels"))
    office.paragraph(document, _say(papers, "parcels_1"))
    for stock, only in ((False, LAND), (True, STOCK)):
        grid = parcels(papers, stock=stock)
        if grid.rows:
            put(document, grid, only, size=9)


def _money(document: Document, papers: Papers) -> None:
    """Write the two ledgers, each with its own total, and the budgets."""
    office.heading(document, _say(papers, "money"))
    office.paragraph(document, _say(papers, "money_1"))
    sale, public = plan_ledgers.sale_ledger(papers), plan_ledgers.public_ledger(papers)
    cost = 4 + plan_ledgers.SALE.index("cost")
    for key, grid, place in (("sale", sale, cost), ("public", public, len(public.columns) - 1)):
        if grid.rows:
            summed = grid.rows[-1][place]
            known = isinstance(summed, Decimal)
            money = money_text(float(summed), papers.language) if isinstance(summed, Decimal) else ""
            office.paragraph(document, _say(papers, f"money_{key}" if known else f"money_{key}_unknown", cost=money))
            put(document, grid, _filled(grid), size=8)
    if len(papers.budgets):
        put(document, plan_ledgers.budgets(papers))


def _filled(grid: Grid) -> list[int]:
    """Return the columns that hold anything: lines that no parcel has are left out of a narrow page."""
    return [place for place in range(len(grid.columns)) if any(row[place] not in {None, ""} for row in grid.rows)]


def _duties(document: Document, papers: Papers) -> None:
    office.heading(document, _say(papers, "duties"))
    who = list(dict.fromkeys(papers.duties["department"]))
    office.paragraph(document, _say(papers, "duties_1" if who else "duties_none"))
    for number, department in enumerate(who, start=1):
        counted = _ordinal(number) if papers.language == "zh" else str(number)
        office.heading(document, _say(papers, "duties_of", number=counted, department=department), 2)
        grid = plan_ledgers.duty_list(papers, department)
        put(document, Grid("", grid.columns, grid.rows), (0, 1, 2, 4, 5, 6, 7), size=9)
    if who:
        office.note(document, plan_ledgers.duty_list(papers).remark)


def _issues(document: Document, papers: Papers) -> None:
    office.heading(document, _say(papers, "issues"))
    for each in (_say(papers, "measures"), *open_points(papers), *papers.unknown):
        office.paragraph(document, each)
    if len(papers.repairs):
        put(document, plan_ledgers.repairs(papers))
    if len(papers.rounds):
        put(document, plan_ledgers.search(papers))


def _ordinal(number: int) -> str:
    """Return a number below 100 in Chinese, larger ones in digits."""
    digits = "零一二三四五六七八九"
    tens, ones = divmod(number, 10)
    if number >= 100:
        return str(number)
    head = "" if tens == 0 else "十" if tens == 1 else f"{digits[tens]}十"
    return head + (digits[ones] if ones or not tens else "")


def _say(papers: Papers, key: str, **values: object) -> str:
    return text(f"papers.text.{key}", papers.language, **values)
