"""What the bureau's papers on a plan are made of, gathered from one run."""

from collections.abc import Iterator, Sequence
from datetime import date as Date

import pandas as pd

from siting.base.catalogue import title
from siting.base.columns import Evidence, Language
from siting.base.errors import Problem
from siting.base.need_groups import group_title
from siting.base.papers_settings import PapersBlock
from siting.base.reasons import number_text
from siting.base.settings import Settings
from siting.base.texts import text
from siting.project.deciding import Deciding
from siting.project.planning import Planning
from siting.report import Papers, SourceNote, duties

NAMED = 30
"""Of parcels that a sentence names one by one."""


def papers_of(decided: Deciding, planning: Planning, day: Date | None, told: Sequence[Problem]) -> Papers:
    """Return the papers of a plan.

    told: the findings of the run, of which some bear on the plan.
    """
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
        quota=planning.quota_rows,
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
        unknown=(*_unscreened(told, language), *_unmetered(decided, language), *_unknown(planning, language)),
        needed=tuple(_needed(decided, rows, language)),
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


def _needed(decided: Deciding, rows: pd.DataFrame, language: Language) -> Iterator[str]:
    """Yield the need by group and size, and where the plan holds more homes than a unit needs."""
    if decided.needing is None:
        return
    table, stop = decided.needing.need.table, "、" if language == "zh" else ", "
    yield text(
        "papers_run.need",
        language,
        homes=f"{table['homes'].sum():,}",
        planned=f"{int(rows['homes'].sum()):,}",
        groups=_parts(table, "group", language, stop),
        bands=_parts(table, "area_band", language, stop),
    )
    needed, planned = table.groupby("unit")["homes"].sum(), rows.groupby("unit")["homes"].sum()
    names = decided.grounds.unit_names
    for unit in sorted(set(needed.index) | set(planned.index)):
        asked, held = int(needed.get(unit, 0)), int(planned.get(unit, 0))
        key = "need_over" if held > asked else "need_none" if held == 0 and asked else ""
        if key:
            yield text(f"papers_run.{key}", language, unit=names.get(unit, unit) or "—", need=asked, homes=held)


def _parts(table: pd.DataFrame, column: str, language: Language, stop: str) -> str:
    sums = table.groupby(column, sort=False)["homes"].sum()
    said = {
        str(word): group_title(str(word), language) if column == "group" else str(word) or "—" for word in sums.index
    }
    unit = " 户" if language == "zh" else ""
    return stop.join(f"{said[str(word)]} {homes:,}{unit}" for word, homes in sums.items())


def _unmetered(decided: Deciding, language: Language) -> Iterator[str]:
    """Yield that the public ledger holds no more than the utilities of the settings."""
    stop = "、" if language == "zh" else ", "
    held = stop.join(title(name, language) for name in decided.utilities)
    yield text("papers_run.public_only" if held else "papers_run.public_none", language, held=held)


def _unscreened(told: Sequence[Problem], language: Language) -> Iterator[str]:
    yield from (problem.message(language) for problem in told if problem.code == "unscreened")


def _ids(rows: pd.DataFrame) -> str:
    ids = list(map(str, rows["parcel_id"]))
    return ", ".join(ids[:NAMED]) + (" …" if len(ids) > NAMED else "")
