"""A hit of screening as a reason: what is met, by how much, how far around, by which clause."""

from siting.base.columns import Language
from siting.base.layers import Rule
from siting.base.reasons import Reason, number_text
from siting.base.rulebook import BookRule
from siting.base.texts import text
from siting.parcels.hits import Hit

LANGUAGES: tuple[Language, ...] = ("zh", "en")
PARCEL_RULE_LEAD = "[rule]."


def reason_of(hit: Hit, rule: Rule) -> Reason:
    """Return the reason of a hit; its code is the action, or `gate_open` where the document is at hand."""
    full = rule if isinstance(rule, BookRule) else BookRule(**rule.model_dump())
    code = "gate_open" if hit.gate == "open" else hit.action
    detail = f"{hit.share:.1%}" if full.of == "layer" else _measured(hit, full)
    subject = hit.rule.removeprefix(PARCEL_RULE_LEAD)
    return Reason(code, subject, detail, {language: _sentence(hit, full, language) for language in LANGUAGES})


def evidence_of(hit: Hit, rule: Rule) -> str:
    """Return the evidence marks of what decided a hit, the rule's own first: `R`, or `R/G` with a guessed distance."""
    if not isinstance(rule, BookRule):
        return rule.evidence
    marks = [rule.evidence]
    if hit.buffer_m > 0 and rule.distance_evidence is not None:
        marks.append(rule.distance_evidence)
    if hit.action == "penalise" and rule.penalty_evidence is not None:
        marks.append(rule.penalty_evidence)
    return "/".join(dict.fromkeys(marks))


def _sentence(hit: Hit, rule: BookRule, language: Language) -> str:
    def say(key: str, **values: object) -> str:
        return text(f"screened.{key}", language, **values)

    parts = [_met(hit, rule, language), _deed(hit, rule, language)]
    extras = [say("shapes", shapes=", ".join(hit.shapes))] if hit.shapes else []
    words = [text(f"word.evidence_{mark}", language) for mark in evidence_of(hit, rule).split("/")]
    evidence = say("or").join(words)
    extras.append(say("clause", clause=rule.clause or "-", evidence=evidence))
    note = (rule.note_en if language == "en" else rule.note) or rule.note
    extras += [say("note", note=note)] if note else []
    return say("comma").join(parts) + say("brackets", inner=say("stop").join(extras))


def _met(hit: Hit, rule: BookRule, language: Language) -> str:
    """Return what is met, with area, share and the distance used."""
    title, area, share = rule.caption(language), f"{hit.overlap_m2:.0f}", f"{hit.share:.1%}"
    if rule.of != "layer":
        key = "unread" if hit.basis == "unread" else rule.of
        bound = number_text(_bound(hit, rule))
        return text(f"screened.{key}", language, title=title, value=_measured(hit, rule), bound=bound)
    if rule.where == "outside":
        return text("screened.outside", language, title=title, overlap_m2=area, share=share)
    if hit.buffer_m == 0:
        return text("screened.inside", language, title=title, overlap_m2=area, share=share)
    metres, how = number_text(hit.buffer_m), _how(hit, rule, language)
    return text("screened.around", language, title=title, overlap_m2=area, share=share, buffer_m=metres, how=how)


def _how(hit: Hit, rule: BookRule, language: Language) -> str:
    """Return from where the distance counts and by which class it was found."""
    origin = rule.origin(language)
    parts = [text("screened.from", language, origin=origin)] if origin else []
    if hit.basis:
        parts.append(text(f"screened.basis_{hit.basis}", language, label=hit.label or "-"))
    if hit.outer:
        parts.append(text("screened.outer", language, buffer_m=number_text(rule.widest_m)))
    return text("screened.brackets", language, inner=text("screened.comma", language).join(parts)) if parts else ""


def _deed(hit: Hit, rule: BookRule, language: Language) -> str:
    """Return what follows for the parcel."""
    key = f"gate_{hit.gate}" if hit.gate else hit.action
    document = rule.named_document(language)
    return text(f"screened.{key}", language, document=document, given=hit.document, penalty=f"{rule.penalty or 1:g}")


def _measured(hit: Hit, rule: BookRule) -> str:
    if hit.value is None:
        return ""
    return f"{hit.value:.1f}%" if rule.of == "slope" else f"{hit.value:.0f}"


def _bound(hit: Hit, rule: BookRule) -> float:
    """Return the bound that a parcel's value fails."""
    if rule.of != "slope" or hit.value is None:
        return rule.least_m2 or 0
    return max((step.most for step in rule.steps if step.most is not None and step.most < hit.value), default=0)
