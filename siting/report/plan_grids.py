"""The tables of the bureau's papers as plain content: columns, rows, totals. Workbook and document show the same ones.

A cell is text, a decimal with the digits that it shows, or None for what is not known: such a cell stays empty, and so
does every total over it. The form of the yearly totals follows the one in public use (R); its columns that this tool
does not plan are left to the office.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from siting.base.catalogue import title
from siting.base.columns import Kind, Language
from siting.base.land_codes import land_use
from siting.base.old_use_classes import old_class
from siting.base.texts import section, text
from siting.report.grids import Cell, Column, Grid, total, with_total
from siting.report.papers import FEN, HECTARE, Papers, Row, quarter_of, said, shown

FORM = (
    *("total", "commercial", "industrial", "housing", "allotted", "cheap_rent", "economy", "renewal"),
    *("renewal_cheap_rent", "renewal_economy", "renewal_small", "public_rent", "price_capped", "commodity"),
    *("commodity_small", "housing_other", "public", "transport", "water", "special", "share"),
)
"""Columns of the yearly totals after district and year, as the public form has them, with 配售型保障性住房 by itself."""
HOUSING = FORM[3:16]
LABELS = ("number", "plan_year")
_WORDS = {
    "划拨": "mode_allotted",
    "收购": "mode_bought",
    "改建": "mode_converted",
    "是": "net_yes",
    "否": "net_no",
    "不详": "net_unknown",
}


def columns(language: Language, *wanted: tuple[str, float, int | None]) -> tuple[Column, ...]:
    """Return columns by the key of their title, width and digits."""
    return tuple(
        Column(text(f"papers.column.{key}", language), width, digits, is_label=key in LABELS)
        for key, width, digits in wanted
    )


def totals_form(papers: Papers, year: int) -> Grid:
    """Return the form of one year: a row a unit that supplies land, and the total; only what this plan knows is filled."""
    language, words = papers.language, section("papers.form", papers.language)
    land = [row for row in papers.rows(stock=False) if int(row["year"]) == year]
    group = text("papers.form.group_housing", language)
    made = columns(language, ("district", 14, None), ("plan_year", 7, 0))
    made += tuple(Column(words[key], 9, HECTARE, group if key in HOUSING else "") for key in FORM)
    place = 2 + FORM.index("allotted")
    rows: list[tuple[Cell, ...]] = []
    for unit in _seen(_unit(row) for row in land):
        cells: list[Cell] = [unit, Decimal(year), *([None] * len(FORM))]
        cells[place] = total(_area(row) for row in land if _unit(row) == unit)
        rows.append(tuple(cells))
    name = text("papers.word.total_of", language, name=papers.division or text("papers.word.whole", language))
    summed = with_total(rows, [place], name)
    if summed:
        last = [None if cell == "" else cell for cell in summed[-1]]
        last[1] = Decimal(year)
        summed = (*summed[:-1], tuple(last))
    heading = text("papers.title.totals", language, year=year)
    return Grid(heading, made, summed, min(1, len(summed)), text("papers.remark.totals", language))


def structure(papers: Papers) -> Grid:
    """Return how the land and homes are made up, by year: by kind, by origin, by old class of the present use, by quarter."""
    language = papers.language
    ways: tuple[tuple[str, Callable[[Row], str]], ...] = (
        ("by_kind", lambda row: title(said(row["kind"]), language)),
        ("by_origin", lambda row: title(said(row["origin"]), language) or text("papers.word.unknown", language)),
        ("by_use", lambda row: _old(row, "landuse_now", papers) or text("papers.word.unknown", language)),
        ("by_quarter", lambda row: quarter_text(row["quarter"], language) or text("papers.word.unset", language)),
    )
    rows: list[tuple[Cell, ...]] = []
    for year in papers.years:
        found = [row for row in papers.everything() if int(row["year"]) == year]
        chosen = sorted(found, key=lambda row: quarter_of(row["quarter"]) or 5)
        for way, name_of in ways:
            for name in _seen(name_of(row) for row in chosen):
                members = [row for row in chosen if name_of(row) == name]
                land = [row for row in members if row["kind"] != Kind.STOCK]
                area = total(_area(row) for row in land) if land else None
                homes = total(shown(row["homes"], 0) for row in members)
                named = text(f"papers.word.{way}", language)
                rows.append((Decimal(year), named, name, Decimal(len(members)), area, homes))
    wanted = columns(
        language,
        *(("plan_year", 8, 0), ("grouping", 16, None), ("class", 26, None)),
        *(("count", 10, 0), ("area", 14, HECTARE), ("homes", 10, 0)),
    )
    return Grid(
        text("papers.title.structure", language), wanted, tuple(rows), 0, text("papers.remark.structure", language)
    )


def parcels(papers: Papers, *, stock: bool) -> Grid:
    """Return the list of parcels (or of existing homes) in full, with its total."""
    language = papers.language
    rows = [_parcel(papers, number, row) for number, row in enumerate(papers.rows(stock=stock), start=1)]
    made = columns(
        language,
        *(("number", 5, 0), ("plan_year", 6, 0), ("unit", 10, None), ("parcel_id", 12, None), ("project", 14, None)),
        *(("location", 14, None), ("area", 9, HECTARE), ("origin", 13, None), ("use_now", 11, None)),
        *(("use_now_old", 10, None), ("use_planned", 11, None), ("use_planned_old", 10, None), ("far", 7, 2)),
        *(("floor", 11, FEN), ("homes", 6, 0), ("mode", 6, None), ("quarter", 8, None), ("progress", 18, None)),
        *(("net_land", 6, None), ("responsible", 10, None), ("note", 12, None)),
    )
    key = "stock" if stock else "parcels"
    total_name = text("papers.word.total", language)
    remark = text(f"papers.remark.{key}", language)
    return Grid(
        text(f"papers.title.{key}", language), made, with_total(rows, [6, 13, 14], total_name), int(bool(rows)), remark
    )


def quotas(papers: Papers) -> Grid:
    """Return what was asked and what the plan supplies, by year and unit; the total of a year is a row of its own."""
    language = papers.language
    names = {said(row["unit"]): _unit(row) for row in papers.everything()}
    rows: list[tuple[Cell, ...]] = []
    ordered = papers.quota.assign(_total=papers.quota["unit"] == "").sort_values(["year", "_total", "unit"])
    for row in ordered.to_dict("records"):
        unit = said(row["unit"])
        name = names.get(unit, said(row.get("unit_name")) or unit) if unit else text("papers.word.whole_plan", language)
        figures = tuple(shown(row[key], 0) for key in ("asked", "supplied", "short", "over"))
        rows.append((Decimal(int(row["year"])), name, *figures))
    made = columns(
        language,
        *(
            ("plan_year", 10, 0),
            ("unit", 22, None),
            ("asked", 14, 0),
            ("supplied", 14, 0),
            ("short", 14, 0),
            ("over", 14, 0),
        ),
    )
    return Grid(text("papers.title.quota", language), made, tuple(rows), 0, text("papers.remark.quota", language))


def quarter_text(value: object, language: Language) -> str:
    """Return a quarter as people write it; text that names no quarter stays as it is."""
    number = quarter_of(value)
    return said(value) if number is None else text(f"papers.quarter.{number}", language)


def land_text(written: object, system: str, language: Language) -> str:
    """Return a land use as code and title where its code is known in `system`, else as it is written."""
    cell = said(written)
    use = land_use(cell, system) if cell else None
    if use is None or not cell[:1].isdigit():
        return cell
    return f"{cell} {use.zh if language == 'zh' else use.en}"


def _parcel(papers: Papers, number: int, row: Row) -> tuple[Cell, ...]:
    """Return the cells of one parcel in the order of the form."""
    language, system = papers.language, papers.code_system
    words = section("papers.word", language)
    owed = said(row["gates"])
    return (
        Decimal(number),
        Decimal(int(row["year"])),
        _unit(row),
        said(row["parcel_id"]),
        said(row["name"]),
        said(row.get("location")),
        _area(row),
        title(said(row["origin"]), language),
        land_text(row["landuse_now"], system, language),
        _old(row, "landuse_now", papers),
        land_text(row["landuse_planned"], system, language),
        _old(row, "landuse_planned", papers),
        shown(row.get("far"), 2),
        shown(row.get("floor_m2"), FEN),
        shown(row["homes"], 0),
        _in_words(row["supply_mode"], words),
        quarter_text(row["quarter"], language),
        text("papers.word.owed", language, owed=owed) if owed else words["nothing_owed"],
        _in_words(row["net_land"], words),
        said(row["responsible"]),
        said(row["note"]),
    )


def _seen(names: Iterable[str]) -> list[str]:
    """Return names once each, in the order in which they come."""
    return list(dict.fromkeys(names))


def _in_words(cell: object, words: Mapping[str, str]) -> str:
    """Return a word of the plan in the language of the papers; any other text as it is."""
    return words.get(_WORDS.get(said(cell), ""), said(cell))


def _unit(row: Row) -> str:
    return said(row["unit_name"]) or said(row["unit"])


def _area(row: Row) -> Decimal | None:
    return shown(row["area_ha"], HECTARE)


def _old(row: Row, column: str, papers: Papers) -> str:
    found = old_class(said(row[column]), papers.code_system)
    return "" if found is None else found.title(papers.language)
