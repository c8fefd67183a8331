"""The tables of the reasoned report: rows of text, each cell from a receipt or a table of the run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from siting.base.catalogue import title
from siting.base.columns import Language
from siting.base.reasons import number_text
from siting.base.texts import section, text
from siting.report.run_tables import Receipt, RunTables, is_known, listed, named, plain
from siting.report.site_facts import (
    criteria_of,
    evidence_words,
    facts,
    flag_titles,
    hectares,
    is_stopped,
    measured,
    missing_facilities,
    ten_thousand,
)

NOTHING = "—"
COLUMNS_MAX = 6
"""Of criteria side by side on a standing page."""


@dataclass(frozen=True)
class Grid:
    """A table of a report: names of its columns, rows of text, widths, and the columns that hold numbers."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]
    numbers: tuple[int, ...] = ()


def grid(names: Sequence[str], rows: Any, language: Language, *, widths: Sequence[float], numbers: Any = ()) -> Grid:
    """Return a table whose columns are named by `reasons.head`."""
    head = section("reasons.head", language)
    return Grid(tuple(head[name] for name in names), tuple(map(tuple, rows)), tuple(widths), tuple(numbers))


def layers(run: RunTables, language: Language) -> Grid:
    """Return what was read: a row a layer."""
    names = ("layer", "file", "read", "used", "mended", "left_out", "date", "owner")
    return grid(names, _layers(run, language), language, widths=(3, 3, 1.2, 1.2, 1.4, 1.2, 1.9, 2), numbers=range(2, 6))


def statuses(run: RunTables, language: Language) -> Grid:
    """Return how many parcels have which status."""
    said = section("status", language)
    rows = [(said[name], str(count)) for name, count in run.stamp["parcels"].items()]
    return grid(("status", "count"), rows, language, widths=(2, 1), numbers=(1,))


def criteria(run: RunTables, language: Language) -> Grid:
    """Return the criteria with weights, reference points and sources."""
    rows, used = [], run.stamp["weights"]
    is_elicited = run.stamp["settings"]["weights"] is not None
    for each in run.stamp["settings"]["criterion"]:
        own = (each["title_en"] if language == "en" else each["title"]) or each["title"] or each["name"]
        weight = float(used.get(each["name"]) or 0)
        points = [f"{weight:.1%}" if is_elicited else number_text(weight)]
        points += [number_text(each[name]) for name in ("worst", "best")]
        source = f"{plain(each['source'] or NOTHING, 80)}（{evidence_words(each['evidence'], language)}）"
        rows.append(
            (plain(own), *points, source if language == "zh" else source.replace("（", " (").replace("）", ")"))
        )
    names = ("criterion", "weight", "worst", "best", "source")
    return grid(names, rows, language, widths=(4, 1.4, 1.2, 1.4, 6), numbers=(1, 2, 3))


def first_ranked(run: RunTables, count: int, language: Language) -> Grid:
    """Return the first of the ranking."""
    ranked = [each for each in run.receipts.values() if each["rank"] is not None][:count]
    rows = [
        (
            str(each["rank"]),
            named(each, language),
            plain(each["unit"] or NOTHING),
            NOTHING if each["homes"] is None else str(each["homes"]),
            f"{each['score']:.3f}",
            listed(flag_titles(each, language), language) or NOTHING,
        )
        for each in ranked
    ]
    names = ("rank", "parcel", "unit", "homes", "score", "flags")
    return grid(names, rows, language, widths=(1, 4, 2.2, 1.2, 1.3, 4), numbers=(0, 3, 4))


def plan_fit(run: RunTables, ids: Sequence[str], language: Language) -> Grid:
    """Return planning papers and control lines."""
    rows = [
        (
            _name(run, parcel, language),
            *("\n".join(facts(topic, run, parcel, language)) for topic in ("plan_fit", "lines")),
        )
        for parcel in ids
    ]
    return grid(("parcel", "plan_fit", "lines"), rows, language, widths=(3, 4, 6))


def land(run: RunTables, ids: Sequence[str], language: Language) -> Grid:
    """Return kind, present use, area, floor area ratio and homes."""
    rows = []
    for parcel in ids:
        each = run.receipts[parcel]
        far = each["capacity"]["far_used"] if each["capacity"] else None
        rows.append(
            (
                named(each, language),
                facts("tenure", run, parcel, language)[0],
                plain(run.landuse.get(parcel, "")) or NOTHING,
                NOTHING if each["area_m2"] is None else hectares(each["area_m2"]),
                NOTHING if far is None else number_text(far),
                NOTHING if each["homes"] is None else str(each["homes"]),
            )
        )
    names = ("parcel", "kind", "landuse", "area", "far", "homes")
    return grid(names, rows, language, widths=(3, 4, 2.5, 2, 1.4, 1.3), numbers=(3, 4, 5))


def needs(run: RunTables, ids: Sequence[str], language: Language) -> Grid:
    """Return what each parcel owes before supply: the matter, the paper, the clause."""
    rows = [
        (
            plain(parcel),
            need[f"title_{language}"],
            need["document"],
            _cited(need["clause"], need["evidence"], language),
        )
        for parcel in ids
        for need in run.receipts[parcel]["needs"]
    ]
    return grid(("parcel", "need", "document", "source"), rows, language, widths=(1.6, 3, 3.4, 5))


def screening(run: RunTables, ids: Sequence[str], language: Language) -> Grid:
    """Return what screening found, a row a parcel and finding."""
    rows = [
        (plain(parcel), plain(reason[language], 300)) for parcel in ids for reason in run.receipts[parcel]["reasons"]
    ]
    return grid(("parcel", "found"), rows, language, widths=(1.6, 11))


def by_criterion(run: RunTables, ids: Sequence[str], topics: Sequence[str], language: Language) -> tuple[Grid, ...]:
    """Return measured values with scores, a row a parcel and a column a criterion of some topics, a few to a table.

    A parcel out of the ranking says why.
    """
    receipts = {parcel: run.receipts[parcel] for parcel in ids}
    titles: dict[str, str] = {}
    for each in receipts.values():
        for found in (one for topic in topics for one in criteria_of(topic, each)):
            titles.setdefault(found["name"], plain(found[f"title_{language}"]))
    names, first = list(titles), section("reasons.head", language)["parcel"]
    tables = []
    for start in range(0, len(names), COLUMNS_MAX):
        shown = names[start : start + COLUMNS_MAX]
        rows = [(named(each, language), *_measured(each, topics, shown, language)) for each in receipts.values()]
        widths = (3.2, *([12 / len(shown)] * len(shown)))
        tables.append(Grid((first, *(titles[name] for name in shown)), tuple(rows), widths))
    return tuple(tables)


def _measured(each: Receipt, topics: Sequence[str], names: Sequence[str], language: Language) -> list[str]:
    if is_stopped(each):
        return [text(f"status.{each['status']}", language), *[NOTHING] * (len(names) - 1)]
    found = {one["name"]: one for topic in topics for one in criteria_of(topic, each)}
    cells = []
    for name in names:
        one = found.get(name)
        score = "" if one is None or one["score"] is None else f"{one['score']:.2f}"
        bracket = f"（{score}）" if language == "zh" else f" ({score})"
        cells.append(NOTHING if one is None else measured(one, language) + (bracket if score else ""))
    return cells


def circles(run: RunTables, ids: Sequence[str], language: Language) -> Grid:
    """Return how many facilities of the life circle are covered, and which required ones are not."""
    rows = []
    for parcel in ids:
        each = run.receipts[parcel]
        found = (each["living"] or {}).get("circle")
        if found is None or found["tier"] is None:
            continue
        shares = [f"{found[need]['covered']}/{found[need]['judged']}" for need in ("must", "should")]
        missing = listed(missing_facilities(each, language), language) or NOTHING
        rows.append((named(each, language), *shares, missing))
    return grid(("parcel", "must", "should", "missing"), rows, language, widths=(3, 1.5, 1.5, 6), numbers=(1, 2))


def utilities(run: RunTables, ids: Sequence[str], language: Language) -> Grid:
    """Return how each parcel is joined to each utility and what the public ledger pays."""
    rows = [
        (plain(parcel), *_utility(kind, each, language))
        for parcel in ids
        for kind, each in run.receipts[parcel]["utilities"].items()
    ]
    names = ("parcel", "utility", "length", "unit_price", "cost", "note")
    return grid(names, rows, language, widths=(1.8, 2.4, 1.7, 1.7, 1.7, 3.4), numbers=(2, 3, 4))


def prices(run: RunTables, ids: Sequence[str], language: Language) -> Grid:
    """Return the two ledgers side by side, never added up."""
    said, rows = section("compare.price_status", language), []
    for parcel in ids:
        row = run.row("prices", parcel)
        if row is None:
            continue
        money = [ten_thousand(row[name]) if is_known(row[name]) else NOTHING for name in ("cost_yuan", "public_yuan")]
        metres = [
            f"{row[name]:.2f}" if is_known(row[name]) else NOTHING for name in ("price_yuan_m2", "comparable_yuan_m2")
        ]
        margin = f"{100 * row['margin_share']:.1f}" if is_known(row["margin_share"]) else NOTHING
        note = said.get(str(row["status"]), "")
        rows.append((_name(run, parcel, language), money[0], *metres, margin, money[1], note))
    names = ("parcel", "total_cost", "price", "comparable", "margin", "public", "note")
    return grid(names, rows, language, widths=(3, 1.8, 1.8, 1.8, 1.6, 1.8, 2.4), numbers=range(1, 6))


def vacancy(run: RunTables, ids: Sequence[str], language: Language) -> Grid:
    """Return the index and its signs with their measured values."""
    rows = []
    for parcel in ids:
        each = run.receipts[parcel]
        found = (each["living"] or {}).get("vacancy")
        if found is None:
            continue
        signs = {
            level: [_sign(part, language) for part in found["parts"] if part["level"] == level] for level in LEVELS
        }
        index = NOTHING if found["index"] is None else f"{found['index']:.2f}"
        rows.append((named(each, language), index, *(listed(signs[level], language) or NOTHING for level in LEVELS)))
    return grid(("parcel", "index", "red", "amber", "not_known"), rows, language, widths=(3, 1, 3, 3, 3), numbers=(1,))


def certificates(run: RunTables, ids: Sequence[str], language: Language) -> Grid:
    """Return rank, its range and the share of draws among the first."""
    rows = []
    for parcel in ids:
        row = run.ranking.loc[parcel]
        if is_known(row["rank"]) and is_known(row["rank_best"]):
            ends = [str(int(row[name])) for name in ("rank", "rank_best", "rank_worst")]
            share = f"{100 * row['p_top']:.0f}" if is_known(row["p_top"]) else NOTHING
            rows.append((_name(run, parcel, language), *ends, share))
    names = ("parcel", "rank", "rank_best", "rank_worst", "p_top")
    return grid(names, rows, language, widths=(4, 1, 1, 1, 1.5), numbers=range(1, 5))


def plan(run: RunTables, language: Language) -> Grid:
    """Return the plan, a row a parcel."""
    rows = []
    for row in run.tables["plan"].to_dict("records"):
        each = run.receipts.get(str(row["parcel_id"]))
        shown = plain(row["parcel_id"]) if each is None else named(each, language)
        unit = plain(row["unit_name"] if is_known(row.get("unit_name")) else row["unit"])
        rows.append((str(int(row["year"])), unit, shown, title(str(row["kind"]), language), _whole(row["homes"])))
    return grid(("year", "unit", "parcel", "kind", "homes"), rows, language, widths=(1, 2, 4, 2, 1), numbers=(0, 4))


def quota(run: RunTables, language: Language) -> Grid:
    """Return homes asked for and supplied; the row without a unit is the whole town."""
    rows = []
    for row in run.tables["plan_quota"].to_dict("records"):
        name = row.get("unit_name") if is_known(row.get("unit_name")) else row["unit"]
        unit = plain(name) if is_known(name) else text("chart.total", language)
        amounts = [_whole(row[column]) for column in ("asked", "supplied", "short", "over")]
        rows.append((unit, str(int(row["year"])), *amounts))
    names = ("unit", "year", "asked", "supplied", "short", "over")
    return grid(names, rows, language, widths=(3, 1, 1, 1, 1, 1), numbers=range(1, 6))


def ledgers(run: RunTables, language: Language) -> Grid:
    """Return what each year may take from each ledger, and takes; a limit that is not set stays empty."""
    said, rows = section("reasons.ledger", language), []
    for row in run.tables["plan_ledgers"].to_dict("records"):
        money = [ten_thousand(row[name]) if is_known(row[name]) else NOTHING for name in ("limit", "used")]
        rows.append((said.get(str(row["ledger"]), plain(row["ledger"])), str(int(row["year"])), *money))
    return grid(("ledger", "year", "limit", "spent"), rows, language, widths=(3, 1, 2, 2), numbers=(1, 2, 3))


def repairs(run: RunTables, language: Language) -> Grid:
    """Return the shortest ways to a plan that meets the quota, where there is none."""
    rows = [
        (str(int(row["way"])), plain(row[f"text_{language}"], 200))
        for row in run.tables["plan_repairs"].to_dict("records")
    ]
    return grid(("way", "repair"), rows, language, widths=(1, 9), numbers=(0,))


def findings(run: RunTables, language: Language) -> Grid:
    """Return what was found amiss in the data, each with what to do, each once."""
    rows = {
        (plain(row[f"message_{language}"], 450), plain(row[f"mend_{language}"], 300)): None
        for row in run.problems.to_dict("records")
        if row["level"] in ("refuse", "warn")
    }
    return grid(("problem", "mend"), rows, language, widths=(6, 4))


def sources(run: RunTables, ids: Sequence[str], language: Language) -> list[str]:
    """Return the clauses that the papers owed by some parcels rest on, each once, with how it is known."""
    cited = {
        _cited(need["clause"], need["evidence"], language): None
        for parcel in ids
        for need in run.receipts[parcel]["needs"]
    }
    return list(cited)


LEVELS = ("red", "amber", "unknown")


def _layers(run: RunTables, language: Language) -> Iterator[tuple[str, ...]]:
    for name, entry in run.stamp["layers"].items():
        settings, about = entry["settings"], entry["settings"]["about"]
        own = (settings["title_en"] if language == "en" else settings["title"]) or settings["title"] or name
        counts = [str(entry["counts"][key]) for key in ("read", "used", "mended", "left_out")]
        file = plain(str(settings["source"]).rpartition("/")[2], 60)
        yield plain(own), file, *counts, about["date"] or NOTHING, plain(about["owner"] or NOTHING)


def _name(run: RunTables, parcel: str, language: Language) -> str:
    return named(run.receipts[parcel], language)


def _cited(clause: str, evidence: str, language: Language) -> str:
    words = evidence_words(evidence, language)
    return f"{clause}（{words}）" if language == "zh" else f"{clause} ({words})"


def _utility(kind: str, each: Mapping[str, Any] | None, language: Language) -> tuple[str, ...]:
    named_kind = title(kind, language)
    if each is None or each["length_m"] is None:
        return named_kind, NOTHING, NOTHING, NOTHING, text("compare.say.utility_joined_not", language)
    source = _cited(plain(each["price_source"] or NOTHING), each["price_evidence"], language)
    if each["public_cost_yuan"] is None:
        far = text("compare.say.utility_past", language)
        return named_kind, f"{each['length_m']:.0f}", number_text(each["unit_price"]), NOTHING, far
    cost = ten_thousand(each["public_cost_yuan"])
    return named_kind, f"{each['length_m']:.0f}", number_text(each["unit_price"]), cost, source


def _sign(part: Mapping[str, Any], language: Language) -> str:
    if part["value"] is None:
        return str(part[language])
    value = 100 * part["value"] if part["unit"] == "share" else part["value"]
    amount = text(f"vacancy.unit.{part['unit']}", language, amount=number_text(value))
    return f"{part[language]}（{amount}）" if language == "zh" else f"{part[language]} ({amount})"


def _whole(cell: Any) -> str:
    return f"{cell:.0f}" if is_known(cell) else NOTHING
