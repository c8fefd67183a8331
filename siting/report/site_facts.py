"""What the comparison table says of one parcel, topic by topic, each fact from its receipt or its row of a table."""

from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from siting.base.catalogue import title
from siting.base.columns import Language
from siting.base.facilities import facilities
from siting.base.reasons import number_text, unit_text
from siting.base.settings import Of
from siting.base.texts import section, text
from siting.report.run_tables import Receipt, RunTables, is_known, listed, plain
from siting.report.sentences import FORMS

LINES = ("eco_redline", "pbf", "udb")
PLAN_NEEDS = frozenset({"plan_conformity", "change_of_use", "farm_conversion"})
TRANSPORT_KINDS = frozenset({"bus_stop", "station", "government"})
SERVICE_KINDS = (frozenset(facilities()) | {"clinic", "pharmacy", "school", "senior_high"}) - TRANSPORT_KINDS
SCREENING = frozenset({"exclude", "gate", "review", "penalise", "area_min", "floor", "unsnapped", "disconnected"})
STOPPED = frozenset({"exclude", "area_min", "floor", "unsnapped", "disconnected", "no_data", "no_shape", "slope_max"})


def facts(topic: str, run: RunTables, parcel: str, language: Language) -> list[str]:
    """Return what is known of a parcel on a topic, one fact an item; what is not known is said, not left out."""
    return list(_TOPICS[topic](run, run.receipts[parcel], language))


def say(key: str, language: Language, **values: object) -> str:
    """Return a sentence of the comparison table."""
    return text(f"compare.say.{key}", language, **values)


def criteria_of(topic: str, receipt: Receipt) -> list[Mapping[str, Any]]:
    """Return the criteria that belong to a topic: transport, commute, services, utilities or other."""
    return [each for each in receipt["criteria"] if _topic_of(each) == topic]


def measured(each: Mapping[str, Any], language: Language) -> str:
    """Return the value of a criterion with its unit, or why there is none."""
    if each["beyond"]:
        return say("beyond", language, cutoff=number_text(each["cutoff"]) if each["cutoff"] is not None else "—")
    if each["value"] is None:
        return say("unmeasured", language)
    form = FORMS.get(each["measure"], each["measure"])
    if form in ("nearest", "nearest_k", "timed"):
        return say("minutes", language, value=f"{each['value']:.1f}")
    if form == "share":
        return f"{100 * each['value']:.0f}%"
    if form in ("per_head", "plain_ratio"):
        return number_text(each["value"])
    return number_text(each["value"]) + unit_text(each["measure"], each["of"].rpartition(".")[2], language)


def hectares(area_m2: float) -> str:
    """Return an area in hectares to four decimals, as supply plans write it."""
    return f"{area_m2 / 10_000:.4f}"


def ten_thousand(yuan: float) -> str:
    """Return an amount of money in 万元 to two decimals."""
    exact = Decimal(str(yuan)) / 10_000
    return str(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))


def evidence_words(marks: str, language: Language) -> str:
    """Return evidence marks in words."""
    joint = "／" if language == "zh" else " / "
    return joint.join(text(f"word.evidence_{mark}", language) for mark in marks.split("/"))


def is_stopped(receipt: Receipt) -> bool:
    """Return whether a parcel has no score for what was found, not for what is missing."""
    return receipt["status"] in ("excluded", "unsnapped", "disconnected")


def stopping(receipt: Receipt, language: Language) -> list[str]:
    """Return the reasons that keep a parcel out of the ranking."""
    return [plain(each[language], 200) for each in receipt["reasons"] if each["code"] in STOPPED]


def papers_owed(receipt: Receipt, language: Language) -> list[str]:
    """Return what must be at hand before supply, as people name it."""
    return [need[f"title_{language}"] for need in receipt["needs"]]


def _topic_of(each: Mapping[str, Any]) -> str:
    of = Of.parse(each["of"]) or Of(layer=each["of"])
    column, kinds = of.column or "", set(of.kinds)
    if each["measure"] == "utility_cost":
        return "utilities"
    if column.startswith("jobs") or each["measure"] == "jobs_housing":
        return "commute"
    if each["measure"] == "stop_frequency" or (kinds and kinds <= TRANSPORT_KINDS):
        return "transport"
    if each["measure"] == "circle_coverage" or kinds & SERVICE_KINDS or column in ("seats", "beds"):
        return "services"
    return "other" if each["mode"] is None else "transport"


def _place(run: RunTables, receipt: Receipt, language: Language) -> Iterator[str]:
    unit, area = receipt["unit"], receipt["area_m2"]
    yield say("unit", language, unit=plain(unit)) if unit else say("no_unit", language)
    yield say("no_area", language) if area is None else say("area", language, area=hectares(area))
    landuse = run.landuse.get(str(receipt["parcel_id"]))
    if landuse:
        yield say("landuse", language, landuse=plain(landuse))


def _tenure(_: RunTables, receipt: Receipt, language: Language) -> Iterator[str]:
    origin = title(receipt["origin"], language) if receipt["origin"] else say("no_origin", language)
    yield say("kind", language, kind=title(receipt["kind"], language), origin=plain(origin))
    yield from (plain(each[language], 200) for each in receipt["reasons"] if each["code"] == "idle")


def _plan_fit(_: RunTables, receipt: Receipt, language: Language) -> Iterator[str]:
    if receipt["renewal_area"]:
        yield say("renewal", language, area=plain(receipt["renewal_area"]))
    owed = [need[f"title_{language}"] for need in receipt["needs"] if need["id"] in PLAN_NEEDS]
    if owed:
        yield say("owed", language, what=listed(owed, language))
    else:
        yield say("nothing_owed", language)


def _lines(run: RunTables, receipt: Receipt, language: Language) -> Iterator[str]:
    """Yield overlaps with the three control lines, those that are clear, and those that no layer could show."""
    titles = section("compare.line", language)
    kinds = {name: entry["settings"]["kind"] for name, entry in run.stamp["layers"].items()}
    touched = {kinds.get(each["subject"], each["subject"]): each for each in receipt["reasons"]}
    screened = {
        entry["settings"]["kind"]
        for entry in run.stamp["layers"].values()
        if entry["settings"]["role"] == "constraint" and entry["counts"]["read"] > 0
    }
    yield from (plain(touched[line][language], 200) for line in LINES if line in touched)
    is_drawn = receipt["area_m2"] is not None
    clear = [titles[line] for line in LINES if line in screened - touched.keys() and is_drawn]
    unseen = [titles[line] for line in LINES if line not in touched and (line not in screened or not is_drawn)]
    if clear:
        yield say("lines_clear", language, lines=listed(clear, language))
    if unseen:
        yield say("lines_unscreened", language, lines=listed(unseen, language))


def _limits(run: RunTables, receipt: Receipt, language: Language) -> Iterator[str]:
    kinds = {name: entry["settings"]["kind"] for name, entry in run.stamp["layers"].items()}
    found = [
        plain(each[language], 200)
        for each in receipt["reasons"]
        if each["code"] in SCREENING and kinds.get(each["subject"], each["subject"]) not in LINES
    ]
    yield from found
    owed = papers_owed(receipt, language)
    if owed:
        yield say("owed", language, what=listed(owed, language))
    if not found and not owed:
        yield say("no_limits", language)


def _homes(_: RunTables, receipt: Receipt, language: Language) -> Iterator[str]:
    homes, capacity = receipt["homes"], receipt["capacity"]
    yield say("no_homes", language) if homes is None else say("homes", language, homes=homes)
    if receipt["kind"] == "stock":
        yield say("stock", language)
    elif capacity is not None and capacity["far_used"] is not None:
        yield say("far", language, far=number_text(capacity["far_used"]))


def _criteria(topic: str, receipt: Receipt, language: Language) -> Iterator[str]:
    found = criteria_of(topic, receipt)
    if found and is_stopped(receipt):
        yield say("unmeasured_stopped", language, status=text(f"status.{receipt['status']}", language))
        return
    for each in found:
        name = each.get("place_name") or ""
        season = text(f"season.{each['season']}", language) if "season" in each else ""
        beside = [plain(word) for word in (name, season) if word]
        value = measured(each, language)
        if beside and not each["beyond"] and each["value"] is not None:
            value += f"（{'，'.join(beside)}）" if language == "zh" else f" ({', '.join(beside)})"
        yield say("criterion", language, title=plain(each[f"title_{language}"]), value=value)


def _transport(_: RunTables, receipt: Receipt, language: Language) -> Iterator[str]:
    yield from _criteria("transport", receipt, language)


def _other(_: RunTables, receipt: Receipt, language: Language) -> Iterator[str]:
    yield from _criteria("other", receipt, language)


def _commute(_: RunTables, receipt: Receipt, language: Language) -> Iterator[str]:
    yield from _criteria("commute", receipt, language)
    jobs = (receipt["living"] or {}).get("jobs_housing")
    for each in jobs["effects"] if jobs else ():
        if each["indicator"] == "newcomers_mean_min" and each["after"] is not None:
            basis = text(f"basis.{each['basis']}", language)
            yield say("newcomers_mean", language, minutes=f"{each['after']:.1f}", basis=basis)


def _services(_: RunTables, receipt: Receipt, language: Language) -> Iterator[str]:
    yield from _criteria("services", receipt, language)
    living = receipt["living"] or {}
    for each in living.get("schools") or ():
        key = "school_none" if each["count"] == 0 else "school_short" if each["short"] > 0 else "school_enough"
        amounts = {name: f"{each[name]:.0f}" for name in ("needed", "free", "short")}
        yield say(key, language, title=each[f"title_{language}"], **amounts)
    missing = missing_facilities(receipt, language)
    if missing:
        yield say("facilities_missing", language, kinds=listed(missing, language))


def missing_facilities(receipt: Receipt, language: Language) -> list[str]:
    """Return the required facilities of the life circle that are out of reach."""
    circle = (receipt["living"] or {}).get("circle")
    rows = circle["facilities"] if circle else ()
    return [title(row["kind"], language) for row in rows if row["need"] == "must" and row["covered"] is False]


def _utilities(run: RunTables, receipt: Receipt, language: Language) -> Iterator[str]:
    yield from _criteria("utilities", receipt, language)
    if not receipt["utilities"]:
        yield say("utility_none", language)
    for kind, each in receipt["utilities"].items():
        yield _utility(title(kind, language), each, language)
    row = run.row("prices", str(receipt["parcel_id"]))
    if row is not None and is_known(row.get("public_yuan")):
        yield say("public_total", language, cost=ten_thousand(row["public_yuan"]))


def _utility(named: str, each: Mapping[str, Any] | None, language: Language) -> str:
    if each is None or each["length_m"] is None:
        return say("utility_other", language, title=named)
    length = f"{each['length_m']:.0f}"
    if each["public_cost_yuan"] is None:
        return say("utility_far", language, title=named, length=length)
    return say(
        "utility",
        language,
        title=named,
        length=length,
        cost=ten_thousand(each["public_cost_yuan"]),
        unit_price=number_text(each["unit_price"]),
        evidence=evidence_words(each["price_evidence"], language),
    )


def _price(run: RunTables, receipt: Receipt, language: Language) -> Iterator[str]:
    if "prices" not in run.tables:
        yield say("price_none", language)
        return
    row = run.row("prices", str(receipt["parcel_id"]))
    if row is None:
        yield say("price_row_none", language)
        return
    status = section("compare.price_status", language)
    if row["status"] in status:
        yield status[row["status"]]
    if is_known(row["price_yuan_m2"]):
        yield say("price", language, price=f"{row['price_yuan_m2']:.2f}")
    if is_known(row["comparable_yuan_m2"]):
        yield say("comparable", language, price=f"{row['comparable_yuan_m2']:.2f}")
    if is_known(row["margin_share"]):
        key = "margin" if row["margin_share"] >= 0 else "margin_above"
        yield say(key, language, share=f"{100 * abs(row['margin_share']):.1f}")
    if is_known(row["cost_yuan"]):
        yield say("cost", language, cost=ten_thousand(row["cost_yuan"]))


def _time(run: RunTables, receipt: Receipt, language: Language) -> Iterator[str]:
    row = run.row("plan", str(receipt["parcel_id"]))
    if "plan" not in run.tables:
        yield say("plan_short" if "plan_repairs" in run.tables else "no_plan", language)
    elif row is None:
        yield say("not_planned", language)
    elif is_known(row.get("quarter")):
        yield say("planned_quarter", language, year=int(row["year"]), quarter=plain(row["quarter"]))
    else:
        yield say("planned", language, year=int(row["year"]))
    first = (receipt.get("plan") or {}).get("first_day")
    if first:
        yield say("first_day", language, day=first)
    if receipt["needs"]:
        yield say("gates_first", language)
    if receipt["kind"] != "stock":
        yield say("build_time", language)


def _rank(run: RunTables, receipt: Receipt, language: Language) -> Iterator[str]:
    if receipt["rank"] is None:
        yield say("unranked", language, status=text(f"status.{receipt['status']}", language))
        return
    yield say("rank", language, rank=receipt["rank"], count=receipt["ranked"], score=f"{receipt['score']:.3f}")
    row = run.ranking.loc[str(receipt["parcel_id"])]
    if not is_known(row["rank_best"]):
        yield say("no_certificate", language)
        return
    yield say("certificate", language, best=int(row["rank_best"]), worst=int(row["rank_worst"]))
    if is_known(row["p_top"]):
        yield say("p_top", language, share=f"{100 * row['p_top']:.0f}")
    yield from _rival(run, receipt, language)


def _rival(run: RunTables, receipt: Receipt, language: Language) -> Iterator[str]:
    """Yield the parcel that the least change of a weight would put in this one's place."""
    row = run.row("rivals", str(receipt["parcel_id"]))
    if row is None or not is_known(row["rival"]) or not is_known(row["weight_then"]):
        return
    titles = {each["name"]: each[f"title_{language}"] for each in receipt["criteria"]}
    now, then = (float(row[f"weight_{key}"]) for key in ("now", "then"))
    digits = next((each for each in range(1, 5) if f"{now:.{each}%}" != f"{then:.{each}%}"), 4)
    weights = {"now": f"{now:.{digits}%}", "then": f"{then:.{digits}%}"}
    title_ = plain(titles.get(row["criterion"], row["criterion"]))
    yield say("rival", language, rival=plain(row["rival"]), title=title_, **weights)


def _vacancy(_: RunTables, receipt: Receipt, language: Language) -> Iterator[str]:
    living = receipt["living"] or {}
    found = living.get("vacancy")
    if found is None or found["index"] is None:
        yield say("index_none", language)
    else:
        counts = {name: found[name] for name in ("red", "amber", "known")}
        yield say("index", language, index=f"{found['index']:.2f}", **counts)
        for level in ("red", "amber"):
            titles = [each[language] for each in found["parts"] if each["level"] == level]
            if titles:
                yield say(level, language, titles=listed(titles, language))
    flags = flag_titles(receipt, language)
    if flags:
        yield say("flags", language, titles=listed(flags, language))


def flag_titles(receipt: Receipt, language: Language) -> list[str]:
    """Return the titles of the flags that a parcel carries."""
    return [plain(flag[f"title_{language}"]) for flag in receipt["flags"].values()]


_TOPICS = {
    "place": _place,
    "tenure": _tenure,
    "plan_fit": _plan_fit,
    "lines": _lines,
    "limits": _limits,
    "homes": _homes,
    "transport": _transport,
    "commute": _commute,
    "services": _services,
    "other": _other,
    "utilities": _utilities,
    "price": _price,
    "time": _time,
    "rank": _rank,
    "vacancy": _vacancy,
}
