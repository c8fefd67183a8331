"""What the bureau's papers on a plan are made of, gathered from one run."""

from collections.abc import Iterator
from datetime import date as Date

import pandas as pd

from siting.base.columns import Evidence, Language
from siting.base.papers_settings import PapersBlock
from siting.base.reasons import number_text
from siting.base.settings import Settings
from siting.base.texts import text
from siting.project.deciding import Deciding
from siting.project.planning import Planning
from siting.report import Papers, SourceNote, duties

NAMED = 30
"""Of parcels that a sentence names one by one."""


def papers_of(decided: Deciding, planning: Planning, day: Date | None) -> Papers:
    """Return the papers of a plan; of a quota that cannot be met too, which then say what to mend."""
    settings, plan = decided.settings, planning.plan
    language = settings.project.language
    block = settings.papers or PapersBlock()
    rows = _with_land(decided, planning.rows(language))
    return Papers(
        title=settings.project.title,
        division=block.division,
        years=planning.quota.years,
        language=language,
        day=day,
        plan=rows,
        quota=plan.quota,
        budgets=plan.budgets,
        prices=pd.DataFrame() if planning.prices is None else planning.prices.loc[list(rows["parcel_id"])],
        duties=duties(
            rows,
            owed=planning.owed[planning.owed["parcel_id"].isin(rows["parcel_id"])],
            utilities=_utilities(decided, rows),
            schools=_schools(decided, rows),
            money=plan.budgets if planning.is_made else None,
            own=block.departments,
            language=language,
        ),
        rounds=plan.rounds,
        repairs=plan.repairs,
        status=plan.status,
        ties=plan.ties,
        code_system=decided.grounds.code_system,
        prepared_by=block.prepared_by,
        checked_by=block.checked_by,
        approved_by=block.approved_by,
        watermark=block.mark(language),
        map_approval=block.map_approval,
        sources=tuple(_sources(settings, language)),
        unknown=tuple(_unknown(planning, language)),
    )


def _with_land(decided: Deciding, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the plan with what else its table of parcels shows: floor area ratio, floor area, delivery."""
    table, capacity = decided.grounds.candidates.table, decided.grounds.candidates.capacity
    mean = decided.settings.capacity.mean_home_m2
    floor = rows["homes"] * mean if mean is not None else pd.NA
    found = rows.assign(far=capacity["far_used"].reindex(rows["parcel_id"]).to_numpy(), floor_m2=floor)
    if "ready_date" in table.columns:
        found["delivery"] = table["ready_date"].reindex(rows["parcel_id"]).to_numpy()
    return found


def _utilities(decided: Deciding, rows: pd.DataFrame) -> pd.DataFrame:
    found = [
        (parcel, name, table.loc[parcel, "length_m"], table.loc[parcel, "public_cost_yuan"])
        for name, table in decided.utilities.items()
        for parcel in rows["parcel_id"]
        if parcel in table.index and table.loc[parcel, "public_cost_yuan"] != 0
    ]
    return pd.DataFrame(found, columns=["parcel_id", "utility", "length_m", "yuan"])


def _schools(decided: Deciding, rows: pd.DataFrame) -> pd.DataFrame:
    found = [
        (parcel, name, table["short"].get(parcel))
        for name, table in sorted(decided.living.school_places.items())
        for parcel in rows["parcel_id"]
        if table["short"].get(parcel) != 0
    ]
    return pd.DataFrame(found, columns=["parcel_id", "kind", "short"])


def _sources(settings: Settings, language: Language) -> Iterator[SourceNote]:
    def note(key: str, value: str, source: str, evidence: Evidence) -> SourceNote:
        return SourceNote(text(f"papers_run.{key}", language), value, source, evidence)

    for criterion in settings.weighted:
        value = f"{number_text(criterion.worst)} → {number_text(criterion.best)}"
        yield SourceNote(criterion.caption(language), value, criterion.source, criterion.evidence)
    finance, quota = settings.finance, settings.quota
    if finance is not None:
        for key in ("construction_yuan_m2", "conversion_yuan_m2", "saleable_share", "profit", "wage"):
            if getattr(finance, key) is not None:
                yield note(key, f"{getattr(finance, key):g}", finance.source, finance.evidence)
        for key in ("profit_max", "payment_max"):
            cap = getattr(finance, key)
            if cap is not None:
                yield note(key, f"{cap.share:.1%}", cap.source, cap.evidence)
    if quota is not None:
        yield note("quota", ", ".join(map(str, quota.homes)), quota.source, quota.evidence)
        for key, (number, evidence) in quota.marks.items():
            yield note(key, f"{number:g}", "", evidence)


def _unknown(planning: Planning, language: Language) -> Iterator[str]:
    """Yield what the plan could not look at: parcels left out for want of a figure or a date."""
    left = planning.plan.left_out
    for code, rows in left[left["code"] != "not_allowed"].groupby("code", sort=True):
        yield text(f"papers_run.left_{code}", language, count=len(rows), ids=_ids(rows))
    closed = left[left["reason"].astype(str).str.startswith(("gate:", "price:"))]
    for reason, rows in closed.groupby("reason", sort=True):
        kind, _, subject = str(reason).partition(":")
        yield text(f"papers_run.left_{kind}", language, count=len(rows), ids=_ids(rows), subject=subject)
    yield from _clashes(planning, language)


def _clashes(planning: Planning, language: Language) -> Iterator[str]:
    clash = planning.plan.clash
    if len(clash):
        stop = "；" if language == "zh" else "; "
        yield text("papers_run.clash", language, limits=stop.join(clash[f"text_{language}"]))


def _ids(rows: pd.DataFrame) -> str:
    ids = list(map(str, rows["parcel_id"]))
    return ", ".join(ids[:NAMED]) + (" …" if len(ids) > NAMED else "")
