"""The vacancy index of a receipt, and what past occupancy could teach, in sentences."""

from collections.abc import Iterator, Mapping
from typing import Any

from siting.base.columns import Language
from siting.base.reasons import number_text
from siting.base.texts import section, table, text

Record = Mapping[str, Any]
DECIMALS = {"min": 0, "m": 0, "km": 1, "share": 0, "ratio": 2, "count": 0}
WORST_FIRST = ("red", "amber", "none", "unknown")


def vacancy_sentences(record: Record, language: Language) -> list[str]:
    """Return what an index is made of (`VacancyIndex.record`): the index, then every sign that warns, the worst first.

    Each sign that warns says the measured value, the bound, its source and evidence; those that do not are named with
    their values in one sentence; what is not known is said.
    """
    warns = [each for each in _worst_first(record["parts"]) if each["level"] in ("red", "amber")]
    return [*_head(record, language), *(_part(each, language, record) for each in warns), *_quiet(record, language)]


def calibration_sentence(record: Record, language: Language) -> str:
    """Return what a calibration showed (`Calibration.record`), or why no probability is given."""
    code = record["refusal"] or "useful"
    detail = record["detail"]
    shown = {name: "—" if record[name] is None else f"{record[name]:.2f}" for name in ("rho", "low", "high")}
    saved = record["brier_skill"]
    return text(
        f"calibration.{code}",
        language,
        records=record["records"],
        least=record["least"],
        detail=text("calibration.vacant", language) if detail == "vacant" else detail,
        left_out=text(f"calibration.by_{record['left_out_by']}", language, folds=record["folds"]),
        error="—" if saved is None else f"{100 * (1 - saved):.0f}",
        **shown,
    )


def _head(record: Record, language: Language) -> Iterator[str]:
    if record["index"] is None:
        yield text("vacancy.head_unknown", language, total=record["total"])
        return
    yield text(
        "vacancy.head",
        language,
        index=f"{record['index']:.2f}",
        how=text(f"vacancy.{'weighted' if record['weighted'] else 'plain'}", language),
        **{name: record[name] for name in ("known", "red", "amber")},
    )
    lost = [each[language] for each in record["parts"] if each["level"] == "unknown"]
    if lost:
        titles = "、".join(lost) if language == "zh" else ", ".join(lost)
        yield text("vacancy.not_known", language, count=len(lost), titles=titles)


def _quiet(record: Record, language: Language) -> Iterator[str]:
    quiet = [each for each in record["parts"] if each["level"] == "none"]
    if not quiet:
        return
    gap, joint = ("：", "；") if language == "zh" else (": ", "; ")
    told = joint.join(f"{each[f'measured_{language}']}{gap}{_amount(each['value'], each, language)}" for each in quiet)
    yield text("vacancy.quiet", language, count=len(quiet), told=told)


def _worst_first(parts: list[Record]) -> list[Record]:
    return sorted(parts, key=lambda each: WORST_FIRST.index(each["level"]))


def _part(each: Record, language: Language, record: Record) -> str:
    source = each["source"] if language == "zh" else each["source_en"]
    weight = each["weight"]
    cars = each["red_if"] == "car_free" and not record["car_free"] and each["level"] == "amber"
    return text(
        "vacancy.part",
        language,
        lead=text(f"vacancy.lead.{each['level']}", language),
        title=each[language],
        said=_said(each, language) + (text("vacancy.has_cars", language) if cars else ""),
        points="" if weight is None else text("vacancy.points", language, weight=number_text(weight)),
        source=source or "—",
        evidence=_evidence(each["evidence"], language),
    )


def _said(each: Record, language: Language) -> str:
    measured = each[f"measured_{language}"]
    if each["level"] == "unknown":
        return text("vacancy.missing", language, measured=measured)
    if each["beyond"]:
        return _beyond(each, language)
    return text(
        "vacancy.value",
        language,
        measured=measured,
        amount=_amount(each["value"], each, language),
        against=text(f"vacancy.{_form(each)}", language, **_bounds(each, language)),
    )


def _beyond(each: Record, language: Language) -> str:
    level = "amber" if each["red"] is None else "red"
    limit = text(f"vacancy.past_{level}", language, bound=_amount(each[level], each, language))
    if f"vacancy.beyond.{each['flag']}" in table():
        return section("vacancy.beyond", language)[each["flag"]].format(limit=limit)
    form = "unsearched" if each["search"] is None else "searched"
    search = "" if each["search"] is None else _amount(each["search"], each, language)
    return text(f"vacancy.{form}", language, measured=each[f"measured_{language}"], search=search, limit=limit)


def _form(each: Record) -> str:
    """Return which wording fits: where any at all warns, and where there is one bound, are told apart."""
    level, bounds = each["level"], [each[name] for name in ("amber", "red") if each[name] is not None]
    if each["unit"] == "count" and bounds == [0.0]:
        return f"any.{level}"
    if level == "amber" and each["red"] is None:
        return f"{each['direction']}.amber_alone"
    if level == "none" and each["amber"] is None:
        return f"{each['direction']}.none_{'alone' if bounds else 'free'}"
    return f"{each['direction']}.{level}"


def _bounds(each: Record, language: Language) -> dict[str, str]:
    return {
        name: "" if each[name] is None else text(f"vacancy.unit.{each['unit']}", language, amount=_plain(each, name))
        for name in ("amber", "red")
    }


def _plain(each: Record, name: str) -> str:
    return f"{_in_words(each[name], each):g}"


def _amount(value: float, each: Record, language: Language) -> str:
    """Return a value with its unit, with as many digits as keep it on its own side of the bounds."""
    shown, bounds = _in_words(value, each), [each[name] for name in ("amber", "red") if each[name] is not None]
    limits = [_in_words(bound, each) for bound in bounds]
    first = DECIMALS[each["unit"]]
    for decimals in range(first, 10):
        rounded = round(shown, decimals)
        if all((rounded > limit, rounded < limit) == (shown > limit, shown < limit) for limit in limits):
            break
    written = f"{rounded:.{decimals}f}"
    written = written.rstrip("0").rstrip(".") if "." in written else written
    return text(f"vacancy.unit.{each['unit']}", language, amount=written)


def _in_words(value: float, each: Record) -> float:
    """Return a value as people say it: shares in percent (rounded, for 0.07 x 100 is not 7)."""
    return round(100 * value, 9) if each["unit"] == "share" else value


def _evidence(marks: str, language: Language) -> str:
    joint = " / " if language == "en" else "／"
    return joint.join(text(f"word.evidence_{mark}", language) for mark in marks.split("/"))
