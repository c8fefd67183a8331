"""What a receipt says of the certificate, the two ledgers and the plan."""

from collections.abc import Iterator, Mapping
from typing import Any

from siting.base.columns import Language
from siting.base.money import money_text
from siting.base.texts import section, table, text

Record = Mapping[str, Any]
DOUBTS = ("ordered", "around", "uniform", "times", "data", "prices")
LINES = ("land", "construction", "soft", "finance", "subsidy", "tax_relief")


def certificate_sentences(receipt: Record, language: Language) -> Iterator[str]:
    """Yield how far the rank holds, under each doubt, and by what it would be lost."""
    record = receipt.get("certificate")
    if record is None:
        return

    def say(key: str, **values: object) -> str:
        return text(f"certificate_said.{key}", language, **values)

    for doubt in (each for each in DOUBTS if each in record["doubts"]):
        found = record["doubts"][doubt]
        yield say(
            "ranks",
            draws=f"{found['draws']:,}",
            doubt=say(doubt),
            best=found["rank_best"],
            worst=found["rank_worst"],
            median=found["rank_median"],
            top=found["top"],
            share=f"{found['p_top']:.0%}",
        )
    rival = record["rival"]
    if rival is not None:
        titles = {each["name"]: each[f"title_{language}"] for each in receipt["criteria"]}
        yield say(
            f"rival_{rival['side']}",
            rival=rival["rival"],
            criterion=titles.get(rival["criterion"], rival["criterion"]),
            now=f"{rival['weight_now']:.1%}",
            then=f"{rival['weight_then']:.1%}",
        )
    elif receipt.get("method") == "wsm" and receipt["ranked"] > 1:
        yield say("rival_none")
    methods = {name: record["methods"].get(name) for name in ("wsm", "wpm", "topsis", "owa")}
    if all(rank is not None for rank in methods.values()):
        yield say("methods", **methods)


def price_sentences(receipt: Record, language: Language) -> Iterator[str]:
    """Yield both ledgers of a parcel, the lines of the cost, and what a household pays."""
    record = receipt.get("price")
    if record is None:
        return

    def say(key: str, **values: object) -> str:
        return text(f"price_said.{key}", language, **values)

    stop = "、" if language == "zh" else ", "
    if record["price_yuan_m2"] is None:
        yield say("none", why=stop.join(_told(record["reasons"], language)))
    else:
        known = record["comparable_yuan_m2"]
        comparable = say("comparable_unknown")
        if known is not None:
            comparable = say("comparable", price=f"{known:,.0f}", margin=f"{record['margin_share']:.1%}")
        yield say(
            "price",
            cost=money_text(record["cost_yuan"], language),
            profit=money_text(record["profit_yuan"], language),
            area=f"{record['saleable_m2']:,.0f}",
            price=f"{record['price_yuan_m2']:,.2f}",
            comparable=comparable,
        )
        titles = section("finance_line", language)
        lines = [
            f"{titles[line]} {money_text(record[f'{line}_yuan'], language)}"
            for line in LINES
            if record.get(f"{line}_yuan")
        ]
        yield say("lines", lines=stop.join(lines))
    if record["payment_share"] is not None:
        yield say("payment", share=f"{record['payment_share']:.1%}")
    public = record["public_yuan"]
    yield say("public_unknown") if public is None else say("public", money=money_text(public, language))


def plan_sentences(receipt: Record, language: Language) -> Iterator[str]:
    """Yield whether a parcel is in the plan, how firmly, or why it cannot be."""
    record = receipt.get("plan")
    if record is None:
        return

    def say(key: str, **values: object) -> str:
        return text(f"plan_said.{key}", language, **values)

    if record["year"] is not None:
        yield say("chosen", year=record["year"])
        if record["in_share"] is not None:
            yield say("held", share=f"{record['in_share']:.0%}")
        if record["short_without"]:
            yield say("short_without", homes=record["short_without"])
        elif record["over_without"]:
            yield say("over_without", homes=record["over_without"])
        elif record["loss_without"] is not None:
            yield say("loss_without", loss=f"{record['loss_without']:.1f}")
    elif record["reason"]:
        kind, _, subject = record["reason"].partition(":")
        yield say("not_allowed", why=say(f"why_{kind}", subject=_subject(kind, subject, receipt, language)))
    else:
        yield say("not_chosen")
    if record["first_day"] is not None and not record["reason"]:
        yield say("first_day", day=record["first_day"])


def _subject(kind: str, subject: str, receipt: Record, language: Language) -> str:
    titles = {need["id"]: need[f"title_{language}"] for need in receipt["needs"]}
    key = {"status": f"status.{subject}", "price": f"price_status.{subject}"}.get(kind, "")
    return titles.get(subject, subject) if key not in table() else text(key, language)


def _told(reasons: str, language: Language) -> list[str]:
    codes = [each for each in reasons.split("; ") if each]
    return [text(f"price_reason.{each.partition(':')[2] or each}", language) for each in codes]
