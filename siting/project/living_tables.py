"""What living at a parcel comes to, as tables, columns of the ranking, rows of indicators and receipts."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from siting.base.catalogue import title
from siting.base.columns import Language
from siting.base.errors import Problem
from siting.base.model import SETTINGS_FILE
from siting.base.settings import Criterion, Of
from siting.base.texts import text
from siting.indicators import COMMUTE_INDICATORS, INDICATORS, Indicator, TakeUp
from siting.project.calibrated import calibration_table, predicted
from siting.project.fairness import inequality_rows
from siting.project.impact import COLUMNS as IMPACT_COLUMNS
from siting.project.impact import impact_record
from siting.project.jobs_homes import Rows
from siting.project.living import EFFECTS_MAX, Living
from siting.project.prospects import take_up_record
from siting.project.vacancy_signs import SEARCHED

LANGUAGES: tuple[Language, ...] = ("zh", "en")
EFFECT_COLUMNS = (
    *("parcel_id", "topic", "indicator", "title_zh", "title_en"),
    *("before", "after", "change", "unit_of_value", "basis", "season"),
)
LESS_IS_WORSE = frozenset({"within_45_min", "within_5_km", "self_containment", "self_sufficiency"})
MORE_IS_WORSE = frozenset({"minimum_min", "random_min", "mean_min", "from_60_min", "unmatched", "residents_mean_min"})
UNMODELLED = frozenset({"jobs_housing_ratio", "mismatch", "minimum_min", "maximum_min", "random_min"})
"""Effects that rest on no modelled flow."""
WORSE = "worse"
RECORDS_MAX = 2000
"""Of receipts that tell of living at a parcel, in the order of the ranking; the tables beside them hold all."""
SAID_CATCHMENTS = (15.0, 30.0)
"""The catchments nearest to these minutes are said in words."""


class LivingTables:
    """The living part of one finished ranking; `raws` are its criteria, `name_of` writes a unit's id as its name."""

    def __init__(
        self, living: Living, ranking: pd.DataFrame, raws: Mapping[str, pd.Series], name_of: Callable[[str], str]
    ) -> None:
        self.living = living
        self.ranking = ranking
        self.raws = raws
        self.name_of = name_of

    @cached_property
    def calibrated(self) -> pd.DataFrame | None:
        """The probability of vacancy that past projects teach, by parcel; None where there are no records."""
        calibration = self.living.calibration
        return None if calibration is None else predicted(calibration, self.raws, self.living.left)

    @cached_property
    def take_up(self) -> TakeUp | None:
        """What the waiting list makes of the ranked sites."""
        return self.living.take_up(self.ranking)

    @cached_property
    def jobs_effects(self) -> pd.DataFrame:
        """What the homes of the best ranked parcels change in commuting, in each season."""
        ranked = self.living.ranked(self.ranking)
        best = ranked[:EFFECTS_MAX]
        if self.living.jobs_homes and len(ranked) > EFFECTS_MAX:
            count, most = str(len(ranked)), str(EFFECTS_MAX)
            self.living.tell(Problem("effects_cut", SETTINGS_FILE, "jobs_housing", count, most, level="note"))
        tables = [
            each.effects(self.living.homes.loc[best], self.living.unit.loc[best]) for each in self.living.jobs_homes
        ]
        return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame({"site": []})

    @cached_property
    def curves(self) -> pd.DataFrame:
        """Jobs, workers and ratio by parcel, catchment and season."""
        block = self.living.settings.jobs_housing
        if block is None or not block.catchments:
            return pd.DataFrame({"origin": []})
        return pd.concat([each.curves(self.living.left) for each in self.living.jobs_homes], ignore_index=True)

    def columns(self) -> pd.DataFrame:
        """Return further columns of the ranking, by parcel."""
        found: dict[str, pd.Series] = {}
        if self.living.circles is not None:
            found["circle_tier"] = self.living.circles.tier
            found |= {f"circle_{need}_share": self.living.circles.share(need).round(4) for need in ("must", "should")}
        if self.living.vacancy is not None:
            summary = self.living.vacancy.summary
            found |= {f"vacancy_{name}": summary[name] for name in ("index", "red", "amber", "known")}
            found["vacancy_index"] = found["vacancy_index"].round(4)
        if self.take_up is not None:
            found["take_up_vacancy"] = self.take_up.sites["vacancy"].round(4)
        if self.calibrated is not None:
            found["vacancy_calibrated"] = self.calibrated["vacancy"].round(4)
        return pd.DataFrame(found, index=self.living.candidates.table.index)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the further tables of a run, by the name of their file; none for blocks that are not set."""
        living, found = self.living, {}
        if living.circles is not None:
            found["circles"] = living.circles.judged.rename(columns={"parcel": "parcel_id"})
        if living.vacancy is not None:
            found["vacancy"] = living.vacancy.table.rename(columns={"parcel": "parcel_id"})
        if self.take_up is not None:
            found["take_up"] = self.take_up.sites.rename_axis("parcel_id").reset_index()
        if living.calibration is not None:
            found["calibration"] = calibration_table(living.calibration)
        if len(self.curves):
            found["curves"] = self.curves.rename(columns={"origin": "parcel_id"})
        effects = self.effects
        if len(effects):
            found["effects"] = effects
        return found

    @cached_property
    def effects(self) -> pd.DataFrame:
        """What the homes of each parcel change: in commuting, in access under competition, in school places."""
        parts = [self._commuting_rows(), *self._access_rows(), *self._school_rows()]
        rows = [row for part in parts for row in part]
        table = pd.DataFrame(rows, columns=list(EFFECT_COLUMNS))
        return table.assign(change=table["change"].where(table["change"].notna(), table["after"] - table["before"]))

    def _commuting_rows(self) -> list[tuple[object, ...]]:
        rows: list[tuple[object, ...]] = []
        for each in self.jobs_effects.itertuples():
            known, basis = described(each.indicator), self._basis_of(each.indicator)
            told = (known.zh, known.en, each.before, each.after, each.change, known.unit, basis, each.season)
            rows.append((each.site, "jobs_housing", each.indicator, *told))
        return rows

    def _basis_of(self, name: str) -> str:
        """Return whether an effect comes of homes, jobs and streets alone (or of estimates of them), or of modelled flows."""
        return self.living.commutings[0].basis if name in UNMODELLED else "modelled"

    def _access_rows(self) -> list[list[tuple[object, ...]]]:
        named = {each.name: each for each in self.living.settings.criterion}
        return [_impact_rows(named[name], table) for name, table in self.living.impacts.items()]

    def _school_rows(self) -> list[list[tuple[object, ...]]]:
        found = []
        for name, table in self.living.school_places.items():
            titles = [
                f"{self._school_title(name, lang)} · {text('living.school_short_title', lang)}" for lang in LANGUAGES
            ]
            rows = [
                (
                    parcel,
                    f"school:{name}",
                    "short_places",
                    *titles,
                    0.0,
                    float(short),
                    float(short),
                    "places",
                    "computed",
                    "",
                )
                for parcel, short in table["short"].items()
            ]
            found.append(rows)
        return found

    def _school_title(self, name: str, language: Language) -> str:
        kinds = (Of.parse(self.living.settings.school[name].of) or Of(layer="")).kinds or (name,)
        return ("、" if language == "zh" else ", ").join(title(kind, language) for kind in kinds)

    def indicator_rows(self) -> pd.DataFrame:
        """Return rows of indicators.csv: of units and of the whole, by season where they depend on travel."""
        frames = [_as_frame(each.rows(), each.season) for each in self.living.jobs_homes]
        both = pd.concat(frames, ignore_index=True) if frames else _as_frame([], "")
        block, units = self.living.settings.inequality, self.living.candidates.units
        spread: Rows = []
        if block is not None and units is not None:
            named = [each for each in self.living.settings.criterion if each.name in block.criteria]
            spread = [row for each in named for row in inequality_rows(self.living.evaluator, block, each, units)]
        worse = _worse(both) if len(frames) > 1 else _as_frame([], "")
        parts = [each for each in (both, worse, _as_frame(spread, WORSE if len(frames) > 1 else "")) if len(each)]
        table = pd.concat(parts, ignore_index=True) if parts else _as_frame([], "")
        captions = {each.name: each for each in self.living.settings.criterion}
        told = [described(name, captions) for name in table["indicator"]]
        return table.assign(
            unit_name=[self.name_of(unit) if unit else "" for unit in table["unit"]],
            unit_of_value=[each.unit for each in told],
            title_zh=[each.zh for each in told],
            title_en=[each.en for each in told],
            formula=[each.formula for each in told],
        )

    def record(self, parcel: str, at: int) -> dict[str, Any]:
        """Return what a receipt says of living at a parcel, which stands `at` in the ranking."""
        if at >= RECORDS_MAX:
            return {"cut": RECORDS_MAX}
        living, settings = self.living, self.living.settings
        impacts = [
            impact_record(each, living.impacts[each.name].loc[parcel])
            for each in settings.criterion
            if each.name in living.impacts and parcel in living.impacts[each.name].index
        ]
        vacancy, block = living.vacancy, settings.take_up
        is_known = vacancy is not None and parcel in vacancy.summary.index
        return {
            "cut": None,
            "circle": None if living.circles is None else living.circles.record(parcel),
            "schools": [
                self._school_record(name, table.loc[parcel])
                for name, table in living.school_places.items()
                if parcel in table.index
            ],
            "access": impacts,
            "jobs_housing": self._jobs_record(parcel),
            "vacancy": vacancy.record(parcel, search=SEARCHED) if vacancy is not None and is_known else None,
            "calibration": self._calibration_record(parcel),
            "take_up": None if self.take_up is None or block is None else take_up_record(self.take_up, block, parcel),
        }

    def _school_record(self, name: str, row: pd.Series) -> dict[str, Any]:
        block = self.living.settings.school[name]
        return {
            "name": name,
            **{f"title_{lang}": self._school_title(name, lang) for lang in LANGUAGES},
            **{key: float(row[key]) for key in ("needed", "free", "count", "short")},
            "rate": block.pupils_per_home,
            "mode": block.mode,
            "cutoff": block.cutoff,
            "source": block.source,
            "evidence": block.evidence,
        }

    def _calibration_record(self, parcel: str) -> dict[str, Any] | None:
        calibration, found = self.living.calibration, self.calibrated
        if calibration is None or found is None or parcel not in found.index:
            return None
        share = found.loc[parcel, "vacancy"]
        said = {
            name: value
            for name, value in calibration.record().items()
            if name not in ("coefficients", "left_out_of_use")
        }
        return {
            **said,
            "vacancy": None if pd.isna(share) else float(share),
            "is_beyond": bool(found.loc[parcel, "is_beyond"]),
        }

    @cached_property
    def _curves_by_parcel(self) -> dict[Any, pd.DataFrame]:
        return dict(tuple(self.curves.groupby("origin", sort=False)))

    @cached_property
    def _effects_by_parcel(self) -> dict[Any, pd.DataFrame]:
        return dict(tuple(self.jobs_effects.groupby("site", sort=False)))

    def _jobs_record(self, parcel: str) -> dict[str, Any] | None:
        block = self.living.settings.jobs_housing
        if block is None:
            return None
        last = self.living.evaluator.streets.seasons[-1]
        curve, effects = (each.get(parcel) for each in (self._curves_by_parcel, self._effects_by_parcel))
        minutes = {
            min(block.catchments, key=lambda each: abs(each - near)) for near in SAID_CATCHMENTS if block.catchments
        }
        homes = self.living.homes.get(parcel)
        return {
            "mode": block.mode,
            "season": last,
            "by_season": len(self.living.evaluator.streets.seasons) > 1,
            "said": sorted(minutes),
            "workers_per_home": block.workers_per_home,
            "added": None if homes is None or block.workers_per_home is None else float(homes * block.workers_per_home),
            "catchments": []
            if curve is None
            else _records(curve[curve["season"] == last], ("minutes", "jobs", "workers", "ratio")),
            "effects": []
            if effects is None
            else [
                _effect_record(row, self._basis_of(row["indicator"]))
                for row in effects[effects["season"] == last].to_dict("records")
            ],
            "source": block.source,
            "evidence": block.evidence,
        }


def described(name: str, criteria: Mapping[str, Criterion] | None = None) -> Indicator:
    """Return unit and titles of an indicator; `gini:NAME` is an index of a criterion."""
    index, _, of = name.partition(":")
    if of and criteria is not None and of in criteria:
        zh, en = (f"{criteria[of].caption(lang)} · {text(f'inequality.{index}', lang)}" for lang in LANGUAGES)
        return Indicator(name, "", zh, en, text(f"inequality_formula.{index}", "en"), "-")
    return COMMUTE_INDICATORS.get(name) or INDICATORS[name]


def _impact_rows(criterion: Criterion, table: pd.DataFrame) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for name in IMPACT_COLUMNS:
        if name == "after":
            continue
        titles = [f"{criterion.caption(lang)} · {text(f'impact.{name}', lang)}" for lang in LANGUAGES]
        for each in table.to_dict("index").items():
            parcel, row = each
            before = row["before"] if name == "before" else np.nan
            after = row["after"] if name == "before" else row[name]
            key = "residents" if name == "before" else name
            rows.append(
                (parcel, f"access:{criterion.name}", key, *titles, before, after, np.nan, "", "computed", row["season"])
            )
    return rows


def _effect_record(row: Mapping[str, Any], basis: str) -> dict[str, Any]:
    known = described(row["indicator"])
    numbers = {key: None if pd.isna(row[key]) else float(row[key]) for key in ("before", "after", "change")}
    told = {"title_zh": known.zh, "title_en": known.en, "unit": known.unit, "basis": basis}
    return {"indicator": row["indicator"], **numbers, **told}


def _records(table: pd.DataFrame, columns: tuple[str, ...]) -> list[dict[str, float | None]]:
    rows = table[list(columns)].to_dict("records")
    return [{name: None if pd.isna(value) else float(value) for name, value in row.items()} for row in rows]


def _as_frame(rows: Rows, season: str) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["unit", "indicator", "value", "basis"]).assign(season=season)


def _worse(table: pd.DataFrame) -> pd.DataFrame:
    """Return the worse of the seasons for indicators that have a worse side."""
    groups = table.groupby(["unit", "indicator", "basis"], sort=False)["value"]
    parts = []
    for names, pick in ((LESS_IS_WORSE, groups.min()), (MORE_IS_WORSE, groups.max())):
        found = pick.reset_index()
        parts.append(found[found["indicator"].isin(names)])
    return pd.concat(parts, ignore_index=True).assign(season=WORSE)
