"""From screening, snapping and criteria to one status, its reasons and its flags per parcel."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from siting.base.columns import Kind, Language, Mode, Status
from siting.base.errors import Problem
from siting.base.layers import Rule
from siting.base.reasons import Reason, number_text, unit_text
from siting.base.settings import Criterion, Flag, ScreenBlock, Settings, UtilityBlock
from siting.base.texts import text
from siting.indicators import utility_reasons
from siting.parcels import AREA_MIN, Hit, evidence_of, in_site, reason_of
from siting.project.evaluation import Evaluation
from siting.score import fired

HOME_LIMIT_M2 = 120
LACKING = ("too_far", "no_headroom", "none", "unsnapped")
LANGUAGES: tuple[Language, ...] = ("zh", "en")


@dataclass
class Verdict:
    """What is known of one parcel."""

    status: Status = Status.OK
    reasons: list[Reason] = field(default_factory=list)
    flags: dict[str, dict[str, str]] = field(default_factory=dict)
    penalty: float = 1.0

    def settle(self, status: Status, reason: Reason) -> None:
        """Give a status with its reason; the first one that takes a parcel out stays."""
        self.reasons.append(reason)
        if self.status in (Status.OK, Status.GATE):
            self.status = status


def screened(
    hits: Iterable[Hit], rules: Mapping[str, Rule], areas: pd.Series, block: ScreenBlock
) -> dict[str, Verdict]:
    """Return a verdict for every parcel (the index of `areas`) after screening."""
    verdicts = {str(parcel): Verdict() for parcel in areas.index}
    for hit in hits:
        verdict = verdicts[hit.parcel]
        if hit.rule == AREA_MIN:
            area = f"{areas[hit.parcel]:.0f}"
            verdict.settle(Status.EXCLUDED, _too_small(area, block))
            continue
        rule = rules[hit.rule]
        reason = reason_of(hit, rule)
        if hit.gate == "open":
            verdict.reasons.append(reason)
        elif hit.action == "exclude":
            verdict.settle(Status.EXCLUDED, reason)
        elif hit.action == "gate":
            verdict.settle(Status.GATE, reason)
        else:
            verdict.reasons.append(reason)
        if hit.action == "penalise":
            verdict.penalty *= rule.penalty or 1.0
        if hit.action == "review":
            verdict.flags[f"review:{reason.subject}"] = _flag_record(
                _titles(rule), reason.sentences, rule.clause, evidence_of(hit, rule)
            )
    return verdicts


def _too_small(area: str, block: ScreenBlock) -> Reason:
    spoken = {
        language: text(
            "reason.area_min",
            language,
            area_m2=area,
            bound=f"{block.area_min or 0:g}",
            source=block.source or "—",
            evidence=text(f"word.evidence_{block.evidence}", language),
        )
        for language in LANGUAGES
    }
    return Reason("area_min", "parcels", "", spoken)


def inside_sites(verdicts: Mapping[str, Verdict], sites: Mapping[str, str]) -> None:
    """Exclude the lots that became part of a site."""
    for lot, site in sites.items():
        verdicts[lot].settle(Status.EXCLUDED, in_site(site))


def add_reasons(verdicts: Mapping[str, Verdict], found: pd.Series) -> None:
    """Add reasons that change no status, a sequence a parcel."""
    for parcel, reasons in found.items():
        verdicts[str(parcel)].reasons.extend(reasons)


def connected(verdicts: Mapping[str, Verdict], name: str, table: pd.DataFrame, block: UtilityBlock) -> None:
    """Settle what a utility says: a must that cannot be had excludes; one that comes late is flagged."""
    for parcel, reason in utility_reasons(name, table, block).items():
        status, verdict = table.loc[parcel, "status"], verdicts[str(parcel)]
        if status in LACKING and block.need == "must":
            verdict.settle(Status.EXCLUDED, reason)
        else:
            verdict.reasons.append(reason)
        if status == "not_ready":
            titles: dict[Language, str] = {lang: text("page.not_ready", lang) for lang in LANGUAGES}
            record = _flag_record(titles, reason.sentences, "同步规划、同步建设、同步交付", "S")
            known = verdict.flags.get("infra_not_ready")
            verdict.flags["infra_not_ready"] = record if known is None else _merged(known, record)


def unusable(why: str) -> Verdict:
    """Return the verdict of a parcel that has no usable geometry."""
    problem = Problem(why)
    reason = Reason("no_shape", "parcels", why, {language: problem.message(language) for language in LANGUAGES})
    return Verdict(Status.NO_DATA, [reason])


def joined(verdicts: Mapping[str, Verdict], mode: Mode, snaps: pd.DataFrame, snap_m: float) -> None:
    """Settle the parcels that do not meet the streets of a mode."""
    for parcel, row in snaps.iterrows():
        verdict = verdicts[str(parcel)]
        if row["status"] == "snapped" or verdict.status is Status.EXCLUDED:
            continue
        spoken = {
            language: text(
                f"reason.{row['status']}",
                language,
                mode=text(f"mode.{mode}", language),
                snap=f"{snap_m:g}",
                distance=f"{row['distance_m']:.0f}",
            )
            for language in LANGUAGES
        }
        verdict.settle(Status(row["status"]), Reason(str(row["status"]), mode, "", spoken))
        _set_remote(verdict, spoken)


def measured(verdicts: Mapping[str, Verdict], evaluation: Evaluation) -> None:
    """Settle what a criterion says: another network, missing data, nothing within reach, the floor."""
    criterion = evaluation.criterion
    titles = {language: criterion.caption(language) for language in LANGUAGES}
    cutoff = number_text(criterion.cutoff or 0)
    for parcel, verdict in verdicts.items():
        if parcel not in evaluation.raw.index or verdict.status not in (Status.OK, Status.GATE):
            continue
        raw = float(evaluation.raw[parcel])
        if evaluation.apart[parcel]:
            if criterion.counts or criterion.floor is not None:
                reason = Reason.of("disconnected", criterion.name, titles=titles, sentence="apart")
                verdict.settle(Status.DISCONNECTED, reason)
                _set_remote(verdict, reason.sentences)
        elif evaluation.beyond[parcel]:
            verdict.reasons.append(
                Reason.of(
                    "beyond",
                    criterion.name,
                    titles=titles,
                    detail=f"{cutoff} min",
                    sentence="beyond_shared" if criterion.demand and not criterion.is_distance else "",
                    cutoff=cutoff,
                )
            )
            # what is farthest is short of a floor on less, what is least of a floor on more
            if criterion.floor is not None and (criterion.better == "less") == criterion.is_distance:
                verdict.settle(Status.EXCLUDED, _floor(criterion, titles, "floor_beyond", cutoff))
        elif np.isnan(raw):
            if criterion.counts or criterion.floor is not None:
                verdict.settle(Status.NO_DATA, Reason.of("no_data", criterion.name, titles=titles))
        elif criterion.floor is not None and (
            raw < criterion.floor if criterion.better == "more" else raw > criterion.floor
        ):
            verdict.settle(Status.EXCLUDED, _floor(criterion, titles, "floor", number_text(raw)))


def flagged(verdicts: Mapping[str, Verdict], settings: Settings, evaluations: Mapping[str, Evaluation]) -> None:
    """Add the flags of the settings with the value that made them fire."""
    for name, flag in settings.flag.items():
        for condition in flag.any_of:
            evaluation = evaluations[condition.criterion]
            hits = fired(condition, evaluation.raw, evaluation.beyond, is_distance=evaluation.criterion.is_distance)
            for parcel in hits.index[hits]:
                why = _why(evaluation, str(parcel), condition.above, condition.below)
                record = _flag_record(_titles(flag), why, flag.source, flag.evidence)
                known = verdicts[str(parcel)].flags.get(name)
                verdicts[str(parcel)].flags[name] = record if known is None else _merged(known, record)


def flag_large_homes(verdicts: Mapping[str, Verdict], kinds: pd.Series, mean_home_m2: float | None) -> None:
    """Flag new building whose mean home is above 120 m2 (a principle of the city's plan, no error)."""
    if mean_home_m2 is None or mean_home_m2 <= HOME_LIMIT_M2:
        return
    titles: dict[Language, str] = {"zh": "户均面积超过120平方米", "en": "mean home above 120 m2"}
    why: dict[Language, str] = dict.fromkeys(LANGUAGES, f"{mean_home_m2:g} > {HOME_LIMIT_M2} m2")
    for parcel in kinds.index[kinds != Kind.STOCK]:
        verdicts[str(parcel)].flags["home_over_120"] = _flag_record(titles, why, "实施方案 四(一)1", "S")


def _floor(criterion: Criterion, titles: Mapping[Language, str], sentence: str, value: str) -> Reason:
    bound = number_text(criterion.floor or 0)
    return Reason.of("floor", criterion.name, titles=titles, sentence=sentence, value=value, cutoff=value, bound=bound)


def _titles(titled: Rule | Flag) -> dict[Language, str]:
    return {language: titled.caption(language) for language in LANGUAGES}


def _why(evaluation: Evaluation, parcel: str, above: float | None, below: float | None) -> dict[Language, str]:
    criterion = evaluation.criterion
    bound, key = (above, "above") if above is not None else (below, "below")
    if evaluation.beyond[parcel]:
        key = "beyond"
    return {
        language: text(
            f"explain.flag_{key}",
            language,
            title=criterion.caption(language),
            value=number_text(float(evaluation.raw[parcel])),
            bound=number_text(bound or 0),
            cutoff=number_text(criterion.cutoff or 0),
            unit=unit_text(criterion.measure, criterion.target.column, language),
        )
        for language in LANGUAGES
    }


def _set_remote(verdict: Verdict, why: Mapping[Language, str]) -> None:
    titles: dict[Language, str] = {language: text("page.remote", language) for language in LANGUAGES}
    record = _flag_record(titles, why, text("page.unjoined", "zh"), "C")
    known = verdict.flags.get("remote")
    verdict.flags["remote"] = record if known is None else _merged(known, record)


def _flag_record(
    titles: Mapping[Language, str], why: Mapping[Language, str], source: str, evidence: str
) -> dict[str, str]:
    return {
        "title_zh": titles["zh"],
        "title_en": titles["en"],
        "why_zh": why["zh"],
        "why_en": why["en"],
        "source": source,
        "evidence": evidence,
    }


def _merged(known: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    joined_whys = {key: f"{known[key]}{mark}{more[key]}" for key, mark in (("why_zh", "；"), ("why_en", "; "))}
    return {**known, **joined_whys}
