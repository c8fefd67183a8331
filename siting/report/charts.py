"""Charts for papers: few colours, the numbers on the bars, the same bytes for the same tables.

Every maker takes tables of a run and returns a `Chart`; where the tables hold nothing to draw it returns None.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from siting.base.catalogue import title
from siting.base.columns import Language
from siting.base.errors import Problem
from siting.base.reasons import number_text
from siting.base.texts import section, text
from siting.report.chart_fonts import BLUE, COLOURS, INK, ORANGE, PALE, bare, drawn, has_chinese, lettering, sheet
from siting.report.run_tables import Receipt, RunTables, asked, is_known, plain

WIDTH = 7.0
SHOWN_RANKS = 20
KINDS = ("land", "stock", "conversion")
WRAP = 20
SHOWN_SIGNS = 24


@dataclass(frozen=True)
class Letters:
    """The language of a chart, and whether its font has Chinese signs: names of the data may be Chinese."""

    language: Language
    has_chinese: bool

    def name(self, written: object, instead: object) -> str:
        """Return a name of the data, or what stands `instead` where the font could only draw boxes."""
        shown = plain(written)
        return shown if self.has_chinese or shown.isascii() else plain(instead)


@dataclass(frozen=True)
class Chart:
    """A chart: its PNG bytes, what it is called, and a note where its letters are not in the language asked for."""

    png: bytes
    title: str
    note: Problem | None = None


def score_bars(run: RunTables, ids: Sequence[str], language: Language) -> Chart | None:
    """Return the scores of the parcels compared, a panel each, against the fixed reference points of every criterion."""
    wanted = asked(run, ids)
    scored = [
        parcel for parcel in wanted if any(each["score"] is not None for each in run.receipts[parcel]["criteria"])
    ]
    if not scored:
        return None
    return _chart("scores", partial(_score_bars, run, scored), language)


def rank_ranges(run: RunTables, language: Language, *, shown: int = SHOWN_RANKS) -> Chart | None:
    """Return the first ranked parcels with the range of ranks that their certificate gives; None without certificates."""
    known = run.ranking[run.ranking["rank"].notna() & run.ranking["rank_best"].notna()].head(shown)
    if known.empty:
        return None
    return _chart("ranks", partial(_rank_ranges, run, known), language)


def price_tornado(tornado: pd.DataFrame, language: Language) -> Chart | None:
    """Return what every line of the cost does to the price of one parcel.

    tornado: line (a name of `finance_line`), price_low, price_high in yuan a m2, in the order of the table. None if it
    is empty; raises ValueError where a column is missing.
    """
    if missing := {"line", "price_low", "price_high"} - set(tornado.columns):
        msg = f"tornado: columns missing: {sorted(missing)}"
        raise ValueError(msg)
    known = tornado[tornado["price_low"].notna() & tornado["price_high"].notna()]
    return None if known.empty else _chart("tornado", partial(_tornado, known), language)


def two_ledgers(prices: pd.DataFrame, ids: Sequence[str], language: Language) -> Chart | None:
    """Return cost (sale ledger) and public cost of parcels side by side, each on an axis of its own."""
    rows = prices[prices["parcel_id"].astype(str).isin(set(ids))].set_index("parcel_id")
    rows = rows.loc[[parcel for parcel in ids if parcel in rows.index]]
    if rows.empty or rows[["cost_yuan", "public_yuan"]].isna().all(axis=None):
        return None
    return _chart("ledgers", partial(_ledgers, rows), language)


def quota_met(quota: pd.DataFrame, language: Language) -> Chart | None:
    """Return the homes asked for and supplied by unit and year; a unit of "" is the whole town."""
    if quota.empty:
        return None
    names = quota["unit_name"] if "unit_name" in quota.columns else quota["unit"]
    rows = quota.assign(shown=names.astype(str)).sort_values(["unit", "year"], kind="stable")
    return _chart("quota", partial(_quota, rows), language)


def homes_by_year(plan: pd.DataFrame, language: Language) -> Chart | None:
    """Return the homes of the plan by year, land, existing homes and conversions on top of each other."""
    if plan.empty:
        return None
    table = plan.pivot_table(index="year", columns="kind", values="homes", aggfunc="sum", fill_value=0).sort_index()
    return _chart("homes", partial(_homes, table), language)


def _chart(key: str, make: Any, language: Language) -> Chart:
    spoken, fonts, note = lettering(language)
    letters = Letters(spoken, has_chinese(fonts))
    return Chart(drawn(lambda: make(letters), fonts), text(f"chart.{key}", language), note)


def _score_bars(run: RunTables, ids: Sequence[str], letters: Letters) -> Figure:
    first = [each for each in run.receipts[ids[0]]["criteria"] if each["weight"] > 0]
    titles = [_points(each, letters.language) for each in first]
    figure = sheet(WIDTH, 0.9 + 0.5 * len(first))
    panels: Any = figure.subplots(1, len(ids), sharey=True, squeeze=False)[0]
    for panel, parcel in zip(panels, ids, strict=True):
        found = {each["name"]: each["score"] for each in run.receipts[parcel]["criteria"]}
        scores = [found.get(each["name"]) for each in first]
        panel.barh(range(len(first)), [score or 0.0 for score in scores], color=BLUE, height=0.55)
        for row, score in enumerate(scores):
            shown = "—" if score is None else f"{score:.2f}"
            panel.text((score or 0.0) + 0.03, row, shown, va="center", ha="left", fontsize=7)
        panel.axvline(1, color=PALE, linewidth=0.8, zorder=0)
        panel.set_xlim(0, 1.3)
        panel.set_xticks([0, 1])
        panel.set_title(_headed(run.receipts[parcel], letters, 40 // len(ids)), fontsize=7.5)
        bare(panel)
    panels[0].set_yticks(range(len(first)), titles, fontsize=7)
    panels[0].invert_yaxis()
    return figure


def _points(each: Any, language: Language) -> str:
    named_points = {name: number_text(each[name]) for name in ("worst", "best")}
    return text("chart.points", language, title=_wrapped(plain(each[f"title_{language}"]), WRAP), **named_points)


def _rank_ranges(run: RunTables, known: pd.DataFrame, letters: Letters) -> Figure:
    figure = sheet(WIDTH, 0.8 + 0.27 * len(known))
    axes = figure.subplots()
    for row, each in enumerate(known.to_dict("records")):
        low, high = float(each["rank_best"]), float(each["rank_worst"])
        axes.plot([low, high], [row, row], color=BLUE, linewidth=4, alpha=0.45, solid_capstyle="butt")
        axes.plot([float(each["rank"])], [row], "o", color=ORANGE, markersize=5)
        said = text("chart.range", letters.language, best=int(low), worst=int(high))
        axes.text(high + 0.4, row, said, va="center", ha="left", fontsize=7)
    labels = [_shown(run.receipts[str(parcel)], letters) for parcel in known.index]
    axes.set_yticks(range(len(known)), labels, fontsize=7.5)
    axes.invert_yaxis()
    axes.set_xlim(0.5, float(known["rank_worst"].max()) * 1.15 + 1)
    axes.set_xlabel(text("chart.rank", letters.language))
    bare(axes)
    return figure


def _tornado(rows: pd.DataFrame, letters: Letters) -> Figure:
    said = section("finance_line", letters.language)
    figure = sheet(WIDTH, 0.8 + 0.36 * len(rows))
    axes = figure.subplots()
    low, high = rows["price_low"].astype(float).to_numpy(), rows["price_high"].astype(float).to_numpy()
    left, right = [min(pair) for pair in zip(low, high, strict=True)], [max(p) for p in zip(low, high, strict=True)]
    axes.barh(range(len(rows)), [b - a for a, b in zip(left, right, strict=True)], left=left, color=BLUE, height=0.55)
    gap = 0.01 * max(max(right) - min(left), 1e-9)
    for row, (start, end) in enumerate(zip(left, right, strict=True)):
        axes.text(start - gap, row, f"{start:.0f}", va="center", ha="right", fontsize=7.5)
        axes.text(end + gap, row, f"{end:.0f}", va="center", ha="left", fontsize=7.5)
    axes.set_yticks(range(len(rows)), [letters.name(said.get(str(line), line), line) for line in rows["line"]])
    axes.invert_yaxis()
    room = 0.15 * max(max(right) - min(left), 1.0)
    axes.set_xlim(min(left) - room, max(right) + room)
    axes.set_xticks([])
    bare(axes)
    return figure


def _ledgers(rows: pd.DataFrame, letters: Letters) -> Figure:
    figure = sheet(WIDTH, 0.9 + 0.34 * len(rows))
    panels: Any = figure.subplots(1, 2, sharey=True)
    sides = (("ledger_sale", "cost_yuan", BLUE), ("ledger_public", "public_yuan", ORANGE))
    for panel, (key, column, colour) in zip(panels, sides, strict=True):
        amounts = [float(cell) / 10_000 if is_known(cell) else None for cell in rows[column]]
        panel.barh(range(len(rows)), [amount or 0.0 for amount in amounts], color=colour, height=0.55)
        for row, amount in enumerate(amounts):
            shown = text("chart.none", letters.language) if amount is None else f"{amount:.2f}"
            panel.text(amount or 0.0, row, f" {shown}", va="center", ha="left", fontsize=7.5)
        panel.set_title(text(f"chart.{key}", letters.language), fontsize=9)
        panel.margins(x=0.3)
        panel.set_xlim(left=0)
        panel.set_xticks([])
        bare(panel)
    panels[0].set_yticks(range(len(rows)), [plain(parcel) for parcel in rows.index])
    panels[0].invert_yaxis()
    return figure


def _quota(rows: pd.DataFrame, letters: Letters) -> Figure:
    labels = [
        text(
            "chart.unit_year",
            letters.language,
            unit=letters.name(name, unit) if unit else text("chart.total", letters.language),
            year=int(year),
        )
        for unit, name, year in zip(rows["unit"].astype(str), rows["shown"], rows["year"], strict=True)
    ]
    figure = sheet(WIDTH, 0.8 + 0.42 * len(rows))
    axes = figure.subplots()
    for shift, name, colour in ((-0.19, "asked", PALE), (0.19, "supplied", BLUE)):
        amounts = rows[name].astype(float).fillna(0.0).to_numpy()
        places = [row + shift for row in range(len(rows))]
        axes.barh(places, amounts, color=colour, height=0.36, label=text(f"chart.{name}", letters.language))
        for place, cell in zip(places, rows[name], strict=True):
            shown = f" {cell:.0f}" if is_known(cell) else f" {text('chart.none', letters.language)}"
            axes.text(float(cell) if is_known(cell) else 0.0, place, shown, va="center", ha="left", fontsize=7.5)
    axes.set_yticks(range(len(rows)), labels)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set_xticks([])
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    bare(axes)
    return figure


def _homes(table: pd.DataFrame, letters: Letters) -> Figure:
    figure = sheet(WIDTH, 3.2)
    axes = figure.subplots()
    base = [0.0] * len(table)
    kinds = [kind for kind in (*KINDS, *sorted(set(map(str, table.columns)) - set(KINDS))) if kind in table.columns]
    for kind, colour in zip(kinds, COLOURS, strict=False):
        amounts = table[kind].astype(float).tolist()
        axes.bar(range(len(table)), amounts, bottom=base, color=colour, width=0.5, label=title(kind, letters.language))
        for place, (start, amount) in enumerate(zip(base, amounts, strict=True)):
            if amount > 0:
                axes.text(
                    place, start + amount / 2, f"{amount:.0f}", ha="center", va="center", color="white", fontsize=8
                )
        base = [start + amount for start, amount in zip(base, amounts, strict=True)]
    for place, total in enumerate(base):
        axes.text(place, total, f"{total:.0f}", ha="center", va="bottom", color=INK)
    axes.set_xticks(range(len(table)), [text("chart.year", letters.language, year=int(year)) for year in table.index])
    axes.set_yticks([])
    axes.set_xlim(-0.7, len(table) - 0.3)
    axes.margins(y=0.12)
    figure.legend(loc="outside lower center", ncols=len(kinds), frameon=False)
    bare(axes)
    return figure


def _shown(receipt: Receipt, letters: Letters) -> str:
    """Return id and a name of bounded length on one line."""
    name = letters.name(receipt["name"] or "", "")[:SHOWN_SIGNS]
    return f"{name} {plain(receipt['parcel_id'], 20)}".strip()


def _headed(receipt: Receipt, letters: Letters, length: int) -> str:
    """Return name and id of a parcel on lines of their own."""
    parcel = plain(receipt["parcel_id"], 20)
    name = letters.name(receipt["name"] or "", "")[:SHOWN_SIGNS]
    return f"{_wrapped(name, length)}\n{parcel}" if name and name != parcel else parcel


def _wrapped(written: str, length: int) -> str:
    """Return text broken into lines of about `length` Chinese signs, a Latin sign being half as wide."""
    lines, width = [""], 0.0
    for sign in written:
        width += 1 if sign > "\u2e7f" else 0.5
        if width > length and (sign == " " or sign > "\u2e7f" or width > length + 6):
            lines.append("")
            width = 0.0
        lines[-1] += sign
    return "\n".join(line.strip() for line in lines)
