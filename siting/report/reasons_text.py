"""The reasoned report as data: chapters of paragraphs, tables, charts and the comparison, in their order.

No number is made here: every one comes from a receipt or a table of the run, rounded as stated at the table.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import pandas as pd

from siting.base.columns import Language
from siting.base.texts import text
from siting.report import reasons_tables as tables
from siting.report.charts import Chart, homes_by_year, price_tornado, quota_met, rank_ranges, score_bars, two_ledgers
from siting.report.comparison import AT_MOST, comparison, sheets, verdict
from siting.report.plan_map import DrawnMap
from siting.report.reasons_tables import Grid
from siting.report.run_tables import RunTables, joined, listed, named, plain

FIRST_RANKED = 10


@dataclass(frozen=True)
class Picture:
    """A picture of a report and its caption."""

    png: bytes
    caption: str


Block: TypeAlias = str | Grid | Picture | pd.DataFrame
"""A paragraph, a table, a picture, or a part of the comparison."""


@dataclass(frozen=True)
class Chapter:
    """A chapter: its title and its blocks; annexes stand behind the signatures."""

    title: str
    blocks: tuple[Block, ...]
    is_annex: bool = False


def chapters(
    run: RunTables, ids: Sequence[str], language: Language, *, maps: Sequence[DrawnMap] = ()
) -> tuple[Chapter, ...]:
    """Return the chapters of the report on the parcels of `ids`."""
    made: dict[str, Callable[[], Iterator[Block]]] = {
        "overview": partial(_overview, run, ids, language),
        "method": partial(_method, run, ids, language),
        "plan_fit": partial(_one_table, "plan_fit", tables.plan_fit(run, ids, language), language),
        "land": partial(_one_table, "land", tables.land(run, ids, language), language),
        "limits": partial(_limits, run, ids, language),
        "transport": partial(_transport, run, ids, language),
        "services": partial(_services, run, ids, language),
        "utilities": partial(_or_none, "utilities", tables.utilities(run, ids, language), language),
        "price": partial(_price, run, ids, language),
        "vacancy": partial(_or_none, "vacancy", tables.vacancy(run, ids, language), language),
        "firmness": partial(_firmness, run, ids, language),
        "plan": partial(_plan, run, language),
        "verdict": partial(_verdict, run, ids, language),
        "unknown": partial(_unknown, run, language),
        "annex": partial(_annex, run, ids, maps, language),
    }
    return tuple(
        Chapter(text(f"reasons.chapter.{key}", language), tuple(make()), key == "annex") for key, make in made.items()
    )


def _say(key: str, language: Language, **values: object) -> str:
    return text(f"reasons.say.{key}", language, **values)


def _overview(run: RunTables, ids: Sequence[str], language: Language) -> Iterator[Block]:
    project = plain(run.stamp["settings"]["project"]["title"], 100)
    names = listed([named(run.receipts[parcel], language) for parcel in ids], language)
    ranked = sum(each["rank"] is not None for each in run.receipts.values())
    counts = {"count": len(run.receipts), "ranked": ranked, "shown": len(ids)}
    yield _say("overview", language, title=project, names=names or tables.NOTHING, **counts)
    yield _say("candidates", language)
    yield tables.statuses(run, language)
    cited = tables.sources(run, ids, language)
    yield _say("basis", language, sources=joined(cited, language)) if cited else _say("no_basis", language)
    yield tables.layers(run, language)


def _method(run: RunTables, ids: Sequence[str], language: Language) -> Iterator[Block]:
    combined = run.stamp["settings"]["combine"]["method"]
    yield _say("method", language, method=text(f"reasons.method.{combined}", language))
    yield _say("weights", language)
    yield tables.criteria(run, language)
    estimated = set(run.stamp["estimated"])
    if estimated:
        receipt = next(iter(run.receipts.values()))
        titles = [plain(each[f"title_{language}"]) for each in receipt["criteria"] if each["name"] in estimated]
        yield _say("estimated", language, columns=listed(titles, language))
    first = tables.first_ranked(run, FIRST_RANKED, language)
    if first.rows:
        yield _say("first_ranked", language, count=len(first.rows))
        yield first
    else:
        yield _say("nothing_ranked", language)
    if not ids:
        return
    for start in range(0, len(ids), AT_MOST):
        yield from _charts([score_bars(run, ids[start : start + AT_MOST], language)])
    yield _say("comparison", language)


def _one_table(key: str, made: Grid, language: Language) -> Iterator[Block]:
    yield _say(key, language)
    if made.rows:
        yield made


def _or_none(key: str, made: Grid, language: Language) -> Iterator[Block]:
    if made.rows:
        yield from _one_table(key, made, language)
    else:
        yield _say(f"no_{key}", language)


def _limits(run: RunTables, ids: Sequence[str], language: Language) -> Iterator[Block]:
    found, owed = tables.screening(run, ids, language), tables.needs(run, ids, language)
    if found.rows or owed.rows:
        yield _say("limits", language)
    yield from (each for each in (found, owed) if each.rows)
    if not owed.rows:
        yield _say("no_limits", language)


def _transport(run: RunTables, ids: Sequence[str], language: Language) -> Iterator[Block]:
    yield _say("transport", language)
    yield from tables.by_criterion(run, ids, ("transport", "commute", "other"), language)


def _services(run: RunTables, ids: Sequence[str], language: Language) -> Iterator[Block]:
    yield _say("services", language)
    yield from tables.by_criterion(run, ids, ("services",), language)
    found = tables.circles(run, ids, language)
    if found.rows:
        yield from _one_table("circle", found, language)
    else:
        yield _say("no_circle", language)


def _price(run: RunTables, ids: Sequence[str], language: Language) -> Iterator[Block]:
    if "prices" not in run.tables:
        yield _say("no_price", language)
        return
    yield from _or_none("price", tables.prices(run, ids, language), language)
    yield from _charts([two_ledgers(run.tables["prices"], ids, language)])
    swings = run.tables.get("price_swings")
    if swings is None:
        return
    for parcel in ids[:1]:
        chart = price_tornado(swings[swings["parcel_id"].astype(str) == parcel], language)
        if chart is not None:
            caption = _say("of_parcel", language, title=chart.title, name=named(run.receipts[parcel], language))
            yield Picture(chart.png, caption)


def _firmness(run: RunTables, ids: Sequence[str], language: Language) -> Iterator[Block]:
    made = tables.certificates(run, ids, language)
    if not made.rows:
        yield _say("not_firm", language)
        return
    yield from _one_table("firm", made, language)
    yield from _charts([rank_ranges(run, language)])


def _plan(run: RunTables, language: Language) -> Iterator[Block]:
    repairs = run.tables.get("plan_repairs")
    if "plan" not in run.tables or run.tables["plan"].empty:
        is_short = repairs is not None and not repairs.empty
        yield _say("plan_short" if is_short else "no_plan", language)
        if is_short:
            yield tables.repairs(run, language)
        return
    yield from _one_table("plan", tables.plan(run, language), language)
    yield from _charts([homes_by_year(run.tables["plan"], language)])
    if "plan_quota" in run.tables:
        yield from _one_table("quota", tables.quota(run, language), language)
        yield from _charts([quota_met(run.tables["plan_quota"], language)])
    if "plan_ledgers" in run.tables:
        yield from _one_table("ledgers", tables.ledgers(run, language), language)


def _verdict(run: RunTables, ids: Sequence[str], language: Language) -> Iterator[Block]:
    yield _say("verdict_lead", language)
    receipts = [run.receipts[parcel] for parcel in ids]
    for each in receipts:
        said = joined(verdict(each, receipts, language), language)
        yield _say("verdict", language, name=named(each, language), said=said)
    yield _say("verdict_open", language)


def _unknown(run: RunTables, language: Language) -> Iterator[Block]:
    found = tables.findings(run, language)
    if found.rows:
        yield from _one_table("unknown", found, language)
    else:
        yield _say("nothing_unknown", language)
    yield _say("residents", language)


def _annex(run: RunTables, ids: Sequence[str], maps: Sequence[DrawnMap], language: Language) -> Iterator[Block]:
    if ids:
        yield from sheets(comparison(run, ids, language))
    if not maps:
        yield _say("no_map", language)
    for each in maps:
        yield Picture(each.png, each.title)


def _charts(made: Sequence[Chart | None]) -> Iterator[Block]:
    for each in made:
        if each is not None:
            yield Picture(each.png, each.title)
