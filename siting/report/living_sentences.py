"""What living at a parcel would be like, and what its homes would change, in sentences."""

from collections.abc import Iterator, Mapping
from typing import Any

from siting.base.columns import Language
from siting.base.reasons import number_text, unit_text
from siting.base.texts import text
from siting.report.vacancy_sentences import calibration_sentence

Record = Mapping[str, Any]
SHOWN_EFFECTS = (
    "jobs_housing_ratio",
    "mean_min",
    "newcomers_mean_min",
)
"""The effects that are said; effects.csv holds all."""
OF_UNIT = frozenset({"jobs_housing_ratio", "self_containment", "self_sufficiency", "independence"})
SHARES = frozenset({"within_45_min", "from_60_min", "within_5_km", "self_containment", "self_sufficiency"})


def school_sentences(record: Record, language: Language) -> Iterator[str]:
    """Yield a sentence for each kind of school."""
    for each in record["schools"]:
        key = "school_none" if each["count"] == 0 else "school_short" if each["short"] > 0 else "school_enough"
        yield text(
            f"living.{key}",
            language,
            title=each[f"title_{language}"],
            needed=f"{each['needed']:.0f}",
            free=f"{each['free']:.0f}",
            count=f"{each['count']:.0f}",
            short=f"{each['short']:.0f}",
            rate=number_text(each["rate"]),
            mode=text(f"mode.{each['mode']}", language),
            cutoff=number_text(each["cutoff"]),
            source=each["source"] or "—",
            evidence=text(f"word.evidence_{each['evidence']}", language),
        )


def access_sentences(record: Record, language: Language) -> Iterator[str]:
    """Yield what newcomers have and what those already there give up."""
    for each in record["access"]:
        title = each[f"title_{language}"]
        if each["newcomers"] is None:
            yield text("living.access_none", language, title=title)
            continue
        yield text(
            "living.access",
            language,
            title=title,
            newcomers=_fine(each["newcomers"]),
            before=_fine(each["before"]),
            after=_fine(each["after"]),
            lost=number_text(each["lost"]),
            unit=unit_text("cumulative", each["column"], language),
            season=text(f"season.{each['season']}", language),
            hit=_hit(each, language),
        )


def jobs_sentences(record: Record, language: Language) -> Iterator[str]:
    """Yield the catchment's balance, and what the homes change."""
    jobs = record["jobs_housing"]
    if jobs is None:
        return
    for each in jobs["catchments"]:
        if each["minutes"] in jobs["said"]:
            is_empty = each["jobs"] == 0 and each["workers"] == 0
            yield text(
                "living.catchment_empty" if is_empty else "living.catchment",
                language,
                mode=_travelled(jobs, language),
                minutes=number_text(each["minutes"]),
                jobs=f"{each['jobs']:,.0f}",
                workers=f"{each['workers']:,.0f}",
                ratio="—" if each["ratio"] is None else f"{each['ratio']:.2f}",
            )
    stop = "；" if language == "zh" else "; "
    known = {each["indicator"]: each for each in jobs["effects"]}
    said = [_effect(known[name], language) for name in SHOWN_EFFECTS if name in known]
    if said:
        yield text(
            "living.effects",
            language,
            added=f"{jobs['added']:.0f}",
            rate=number_text(jobs["workers_per_home"]),
            changes=stop.join(said),
        )


def take_up_sentences(record: Record, language: Language) -> Iterator[str]:
    """Yield what the waiting list would take."""
    found = record["take_up"]
    if found is not None:
        yield text(
            "living.take_up",
            language,
            applicants=found["applicants"],
            draws=found["draws"],
            sites=found["sites"],
            offered=f"{found['offered']:,.0f}",
            ceiling=f"{100 * min(1.0, found['applicants'] / found['offered']):.1f}%",
            place=found["place"],
            takers=f"{found['takers']:.1f}",
            low=f"{found['takers_p10']:.0f}",
            high=f"{found['takers_p90']:.0f}",
            source=found["source"] or "—",
            evidence=text(f"word.evidence_{found['evidence']}", language),
        )


def calibration_sentences(record: Record, language: Language) -> Iterator[str]:
    """Yield what past projects say of the parcel, or why they say nothing."""
    found = record["calibration"]
    if found is None:
        return
    yield calibration_sentence(found, language)
    if found["vacancy"] is not None:
        key = "calibrated_beyond" if found["is_beyond"] else "calibrated"
        yield text(f"living.{key}", language, vacant=_percent(found["vacancy"]))


def _travelled(jobs: Record, language: Language) -> str:
    mode = text(f"mode.{jobs['mode']}", language)
    if not jobs["by_season"]:
        return mode
    return text("explain.travelled", language, mode=mode, season=text(f"season.{jobs['season']}", language))


def _effect(each: Record, language: Language) -> str:
    name, before, after = each["indicator"], each["before"], each["after"]
    title = each[f"title_{language}"]
    shown = {
        "title": text("living.own_unit", language, title=title) if name in OF_UNIT else title,
        "unit": text("measured.min", language) if each["unit"] == "min" else "",
        "basis": text(f"basis.{each['basis']}", language),
    }
    if before is None:
        return text("living.effect_new", language, after=_shown(name, after), **shown)
    is_same = _shown(name, before) == _shown(name, after)
    key = "effect_same" if is_same else "effect"
    return text(f"living.{key}", language, before=_shown(name, before), after=_shown(name, after), **shown)


def _shown(name: str, value: float | None) -> str:
    if value is None:
        return "—"
    return _percent(value) if name in SHARES else f"{value:.2f}"


def _fine(value: float | None) -> str:
    return "—" if value is None else f"{value:.3f}" if abs(value) < 10 else number_text(value)


def _hit(each: Record, language: Language) -> str:
    people, shares = each["people_losing"], {name: _percent(each[name]) for name in ("notable", "worst_loss")}
    key = "access_no_hit" if round(people) == 0 else "access_hit"
    return text(
        f"living.{key}", language, people=f"{people:,.0f}", notable=shares["notable"], worst=shares["worst_loss"]
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"
