"""A receipt in sentences."""

from collections.abc import Iterator, Mapping
from typing import Any

from siting.base.catalogue import title
from siting.base.columns import Language
from siting.base.reasons import number_text, unit_text
from siting.base.texts import text
from siting.report.circle_sentences import circle_sentences
from siting.report.decided_sentences import certificate_sentences, plan_sentences, price_sentences
from siting.report.living_sentences import (
    access_sentences,
    calibration_sentences,
    jobs_sentences,
    school_sentences,
    take_up_sentences,
)
from siting.report.vacancy_sentences import vacancy_sentences

Receipt = Mapping[str, Any]
DECIDED = {"certificate_said": certificate_sentences, "price_said": price_sentences, "plan_said": plan_sentences}


def explain(receipt: Receipt, language: Language) -> list[str]:
    """Return why a parcel stands where it stands, one sentence an item."""
    return list(_sentences(receipt, language))


def _sentences(receipt: Receipt, language: Language) -> Iterator[str]:
    def say(key: str, **values: object) -> str:
        return text(f"explain.{key}", language, **values)

    status = text(f"status.{receipt['status']}", language)
    named = f"{receipt['name']}（{receipt['parcel_id']}）" if receipt["name"] else receipt["parcel_id"]
    yield say("head", name=named, status=status)
    if receipt["rank"] is not None:
        yield say("rank", score=f"{receipt['score']:.3f}", rank=receipt["rank"], count=receipt["ranked"])
    homes = receipt["homes"]
    yield say(
        "place",
        unit=receipt["unit"] or "—",
        origin=title(receipt["origin"], language) or "—",
        area="—" if receipt["area_m2"] is None else f"{receipt['area_m2']:.0f}",
        homes=say("homes_unknown") if homes is None else say("homes", homes=homes),
    )
    for reason in receipt["reasons"]:
        yield say("reason", reason=reason[language])
    for flag in receipt["flags"].values():
        yield say(
            "flag",
            title=flag[f"title_{language}"],
            why=flag[f"why_{language}"],
            source=flag["source"] or "—",
            evidence=_evidence(flag["evidence"], language),
        )
    yield from _supply(receipt, language)
    for criterion in receipt["criteria"]:
        if criterion["value"] is not None or criterion["beyond"]:
            yield _criterion(criterion, language)
    yield from _decided(receipt, language)
    yield from _living(receipt["living"], language)
    if receipt["penalty"] != 1.0:
        yield say("penalty", factor=number_text(receipt["penalty"]))
    estimated = [each[f"title_{language}"] for each in receipt["criteria"] if each["estimated"]]
    if estimated:
        yield say("estimate", columns="、".join(estimated) if language == "zh" else ", ".join(estimated))


def _decided(receipt: Receipt, language: Language) -> Iterator[str]:
    """Yield how far the rank holds, what the homes cost, and whether they are planned."""
    for part, said in DECIDED.items():
        sentences = list(said(receipt, language))
        if sentences:
            yield text("living.heading", language, title=text(f"{part}.head", language))
            yield from sentences


def _living(record: Mapping[str, Any] | None, language: Language) -> Iterator[str]:
    """Yield what it would be like to live there, and what the homes would change."""
    if record is None:
        return
    if record["cut"] is not None:
        yield text("living.cut", language, count=record["cut"])
        return
    circle, vacancy = record["circle"], record["vacancy"]
    parts = {
        "circle": [] if circle is None else circle_sentences(circle, language),
        "schools": list(school_sentences(record, language)),
        "access": list(access_sentences(record, language)),
        "jobs": list(jobs_sentences(record, language)),
        "vacancy": [] if vacancy is None else vacancy_sentences(vacancy, language),
        "calibration": list(calibration_sentences(record, language)),
        "take_up": list(take_up_sentences(record, language)),
    }
    for name, said in parts.items():
        if said:
            yield text("living.heading", language, title=text(f"living.part_{name}", language))
            yield from said


def _supply(receipt: Receipt, language: Language) -> Iterator[str]:
    """Yield what is needed before supply, and what joining the utilities costs."""
    if receipt["needs"]:
        stop = "；" if language == "zh" else "; "
        needed = stop.join(need[f"title_{language}"] for need in receipt["needs"])
        yield text("explain.needs", language, needs=needed)
    for kind, joined in receipt["utilities"].items():
        if joined is not None and joined["public_cost_yuan"] is not None:
            yield text(
                "explain.utility",
                language,
                title=title(kind, language),
                length=f"{joined['length_m']:.0f}",
                cost=f"{joined['public_cost_yuan'] / 10_000:.1f}",
                source=joined.get("source_name") or joined["source"],
            )


def _criterion(each: Mapping[str, Any], language: Language) -> str:
    shown = {
        "title": each[f"title_{language}"],
        "mode": _travelled(each, language),
        "cutoff": "" if each["cutoff"] is None else number_text(each["cutoff"]),
        "weight": number_text(each["weight"]),
        "score": "—" if each["score"] is None else f"{each['score']:.2f}",
        "value": "—" if each["value"] is None else number_text(each["value"]),
        "unit": unit_text(each["measure"], each["of"].rpartition(".")[2], language),
        "minutes": "—" if each["value"] is None else f"{each['value']:.1f}",
        "percent": "—" if each["value"] is None else f"{100 * each['value']:.0f}%",
        "place": each.get("place_name") or title(each.get("place_kind", ""), language) or each.get("place", "—"),
    }
    points = text(
        "explain.points",
        language,
        worst=number_text(each["worst"]),
        best=number_text(each["best"]),
        source=each["source"] or "—",
        evidence=_evidence(each["evidence"], language),
    )
    gap = "" if language == "zh" else " "
    return text(f"explain.{_form(each)}", language, **shown) + gap + points


def _evidence(marks: str, language: Language) -> str:
    """Return evidence marks in words; `R/G` is a rule that was read and a distance that was guessed."""
    joint = " / " if language == "en" else "／"
    return joint.join(text(f"word.evidence_{mark}", language) for mark in marks.split("/"))


def _travelled(each: Mapping[str, Any], language: Language) -> str:
    if each["mode"] is None:
        return ""
    mode = text(f"mode.{each['mode']}", language)
    if "season" not in each:
        return mode
    return text("explain.travelled", language, mode=mode, season=text(f"season.{each['season']}", language))


FORMS = {
    "gravity": "weighed",
    "balancing_time": "timed",
    **dict.fromkeys(("2sfca", "e2sfca", "m2sfca", "3sfca", "bfca", "spatial_availability", "multimodal"), "per_head"),
    **dict.fromkeys(("competitive", "jobs_housing", "raam"), "plain_ratio"),
    "circle_coverage": "share",
}
"""How measures are worded that have no sentence of their own name."""


def _form(each: Mapping[str, Any]) -> str:
    if each["beyond"]:
        return "beyond_shared" if each["demand"] and each["measure"] in (*FORMS, "competitive") else "beyond"
    if each["weight"] == 0:
        return "unscored"
    return FORMS.get(each["measure"], str(each["measure"]))
