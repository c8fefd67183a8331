"""The two ledgers of the plan, the duties, and what is to be known of the plan itself, as tables of the papers.

The price of the homes and what the public pays stand in tables of their own, each with its own total: they are never
added up (配套投入不得摊入保障性住房建设成本).
"""

from decimal import Decimal

from siting.base.texts import section, text
from siting.report.grids import Cell, Column, Grid, with_total
from siting.report.papers import FEN, Papers, Row, said, shown, utility_title
from siting.report.plan_grids import columns

LEAD: tuple[tuple[str, float, int | None], ...] = (
    *(("plan_year", 6, 0), ("unit", 10, None), ("parcel_id", 12, None), ("project", 16, None)),
)
SALE = ("land", "construction", "soft", "finance", "subsidy", "tax_relief", "cost", "profit")
PUBLIC, TOTAL = "public_", "public_yuan"


def sale_ledger(papers: Papers) -> Grid:
    """Return cost, profit and price of each chosen parcel, with the totals of the money."""
    language = papers.language
    words, statuses = section("finance_line", language), section("price_status", language)
    rows: list[tuple[Cell, ...]] = []
    for row in papers.everything():
        price = _price(papers, row)
        money = tuple(shown(price.get(f"{line}_yuan"), FEN) for line in SALE)
        each = tuple(shown(price.get(f"{key}_yuan_m2"), FEN) for key in ("price", "comparable"))
        margin = shown(price.get("margin_share"), 9)
        below = None if margin is None else shown(margin * 100, 1)
        status = said(price.get("status"))
        rows.append((*_lead(row), *money, *each, below, statuses.get(status, status)))
    made = columns(language, *LEAD)
    made += tuple(Column(words[line], 16, FEN) for line in SALE)
    made += columns(language, ("price", 11, FEN), ("comparable", 13, FEN), ("below", 10, 1), ("price_status", 14, None))
    summed = with_total(rows, range(4, 4 + len(SALE)), text("papers.word.total", language))
    return Grid(
        text("papers.title.sale", language), made, summed, int(bool(rows)), text("papers.remark.sale", language)
    )


def public_ledger(papers: Papers) -> Grid:
    """Return what the public pays for each chosen parcel, by utility, with the totals."""
    language = papers.language
    kinds = [name for name in papers.prices.columns if name.startswith(PUBLIC) and name != TOTAL]
    lines = [name.removeprefix(PUBLIC).removesuffix("_yuan") for name in kinds]
    rows: list[tuple[Cell, ...]] = []
    for row in papers.everything():
        price = _price(papers, row)
        rows.append((*_lead(row), *(shown(price.get(name), FEN) for name in kinds), shown(row[TOTAL], FEN)))
    made = columns(language, *LEAD)
    made += tuple(Column(utility_title(line, language), 16, FEN) for line in lines)
    made += columns(language, ("public_total", 16, FEN))
    summed = with_total(rows, range(4, 5 + len(kinds)), text("papers.word.total", language))
    remark = text("papers.remark.public", language)
    return Grid(text("papers.title.public", language), made, summed, int(bool(rows)), remark)


def budgets(papers: Papers) -> Grid:
    """Return limit and use of each budget by year; a budget without a limit has none stated."""
    language, words = papers.language, section("papers.ledger", papers.language)
    rows: list[tuple[Cell, ...]] = []
    if len(papers.budgets):
        for row in papers.budgets.sort_values(["ledger", "year"]).to_dict("records"):
            ledger = said(row["ledger"])
            limit, used = shown(row["limit"], FEN), shown(row["used"], FEN)
            left = None if limit is None or used is None else limit - used
            rows.append((words.get(ledger, ledger), Decimal(int(row["year"])), limit, used, left))
    made = columns(
        language, ("ledger", 24, None), ("plan_year", 10, 0), ("limit", 18, FEN), ("used", 18, FEN), ("left", 18, FEN)
    )
    remark = text("papers.remark.budgets", language) if any(row[2] is None for row in rows) else ""
    return Grid(text("papers.title.budgets", language), made, tuple(rows), 0, remark)


def duty_list(papers: Papers, only: str = "") -> Grid:
    """Return the duties, of all departments or of one (`only`), numbered within each department."""
    language, counted = papers.language, dict.fromkeys(papers.duties["department"], 0)
    rows: list[tuple[Cell, ...]] = []
    for row in papers.duties.to_dict("records"):
        who = said(row["department"])
        if only and who != only:
            continue
        counted[who] += 1
        place = (said(row["unit"]), said(row["parcel_id"]), said(row["name"]))
        tail = (said(row["what"]), said(row["by"]), said(row["source"]), evidence_text(said(row["evidence"]), papers))
        rows.append((*(() if only else (who,)), Decimal(counted[who]), *place, *tail))
    made = () if only else columns(language, ("department", 24, None))
    made += columns(
        language,
        *(("number", 6, 0), ("unit", 14, None), ("parcel_id", 16, None), ("project", 22, None), ("duty", 44, None)),
        *(("by", 15, None), ("source", 26, None), ("evidence", 18, None)),
    )
    return Grid(text("papers.title.duties", language), made, tuple(rows), 0, text("papers.remark.duties", language))


def search(papers: Papers) -> Grid:
    """Return what the search proved, step by step: value found, bound, the gap between them."""
    language = papers.language
    names, statuses = section("papers.round", language), section("papers.status_word", language)
    rows: list[tuple[Cell, ...]] = []
    for row in papers.rounds.to_dict("records"):
        name, status = said(row["name"]), said(row["status"])
        figures = tuple(shown(row[key], 4) for key in ("value", "bound", "gap"))
        rows.append((names.get(name, name), *figures, statuses.get(status, status)))
    made = columns(
        language, ("step", 34, None), ("value", 18, 4), ("bound", 18, 4), ("gap", 12, 4), ("outcome", 22, None)
    )
    return Grid(text("papers.title.search", language), made, tuple(rows), 0, text("papers.remark.search", language))


def repairs(papers: Papers) -> Grid:
    """Return the least changes that would make the quota possible, in words, as the search found them."""
    language = papers.language
    rows = tuple((said(row[f"text_{language}"]),) for row in papers.repairs.to_dict("records"))
    return Grid(text("papers.title.repairs", language), columns(language, ("repair", 100, None)), rows)


def sources(papers: Papers) -> Grid:
    """Return the thresholds and choices behind the plan, each with source and evidence."""
    rows = tuple((each.what, each.value, each.source, evidence_text(each.evidence, papers)) for each in papers.sources)
    made = columns(
        papers.language, ("what", 34, None), ("setting", 22, None), ("source", 46, None), ("evidence", 24, None)
    )
    return Grid(text("papers.title.sources", papers.language), made, rows)


def evidence_text(marks: str, papers: Papers) -> str:
    """Return evidence marks in words, with the letters; marks that are not known stay as they are."""
    words = section("word", papers.language)
    named = [words.get(f"evidence_{mark}", mark) for mark in marks.split("/") if mark]
    stop = "、" if papers.language == "zh" else ", "
    return (
        f"{marks}: {stop.join(named)}" if papers.language == "en" and named else f"{marks} {stop.join(named)}".strip()
    )


def _lead(row: Row) -> tuple[Cell, ...]:
    return (
        Decimal(int(row["year"])),
        said(row["unit_name"]) or said(row["unit"]),
        said(row["parcel_id"]),
        said(row["name"]),
    )


def _price(papers: Papers, row: Row) -> Row:
    """Return the prices of a parcel; nothing where it has none."""
    parcel = row["parcel_id"]
    return {} if parcel not in papers.prices.index else {str(k): v for k, v in papers.prices.loc[parcel].items()}
