"""A project as a chain of cached results: ask for `project.ranking`, and all before it follows."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import date as Date
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyproj

from siting import score
from siting.base.columns import Mode, Role, Status
from siting.base.errors import InputProblems, Problem, stop_on_refusal
from siting.base.layers import Layer, newest_day
from siting.base.results import Results
from siting.base.settings import Settings
from siting.network import Network
from siting.project import judge, tables
from siting.project.candidates import Candidates
from siting.project.certified import Certified
from siting.project.checks import (
    check_areas,
    check_distortion,
    check_jobs,
    check_overlaps,
    check_use,
)
from siting.project.deciding import Deciding
from siting.project.evaluate import Evaluator
from siting.project.evaluation import Evaluation, ratings
from siting.project.grounds import Grounds
from siting.project.living import Living
from siting.project.living_tables import LivingTables
from siting.project.locate import check_places, check_shift
from siting.project.papered import papers_of
from siting.project.remarks import layers_used, natural, notes_on
from siting.project.stages import Stages, input_digest
from siting.project.streets import Streets
from siting.project.verdicts import all_verdicts, finished
from siting.project.weighing import weighed
from siting.sources.layers import LayerReader, layers_by_role
from siting.sources.reading import Reading

Progress = Callable[[str], None]
UNPACED = ("circle_coverage", "utility_cost", "stop_frequency")
"""Measures in metres, yuan or departures, which no speed changes."""


class Project:
    """One project folder. Made by `open_project`; its properties compute when first asked for."""

    def __init__(
        self,
        root: Path,
        settings: Settings,
        layers: tuple[Layer, ...],
        progress: Progress,
        workers: int | None = None,
    ) -> None:
        self.root = root
        self.stated = settings
        self.settings, self.weights, notes = weighed(settings)
        self.layers = layers
        self.workers = workers
        self.reader = LayerReader(root, pyproj.CRS.from_user_input(settings.project.crs))
        self.stage_folder: Path | None = None
        self.roles: frozenset[Role] | None = None
        self.say = progress
        self._findings: list[Problem] = [*notes]

    @property
    def findings(self) -> tuple[Problem, ...]:
        """Every problem found so far, in a fixed order."""
        order = {"refuse": 0, "warn": 1, "mend": 2, "note": 3}
        found = {(p.code, p.file, p.where, p.found, p.expected, p.item): p for p in self._findings}
        return tuple(sorted(found.values(), key=lambda p: (order[p.level], p.file, p.code, natural(p.where), p.found)))

    @cached_property
    def readings(self) -> dict[str, Reading]:
        """The layers as read; raises InputProblems with everything found if one cannot be used."""
        self.say("read")
        readings = {}
        for layer in (each for each in self.layers if self.roles is None or each.role in self.roles):
            reading, found = self.reader.read(layer)
            self._findings += found
            if reading is not None:
                readings[layer.name] = reading
                self._findings += notes_on(reading, layers_used(self.settings))
        stop_on_refusal(self.findings)
        self._findings += check_use(self.settings, readings)
        self._findings += check_places(readings)
        stop_on_refusal(self.findings)
        self._findings += check_shift(readings)
        self._findings += check_distortion(readings)
        parcels = layers_by_role(readings, "parcels")[0]
        self._findings += [*check_overlaps(parcels), *check_areas(parcels)]
        self._findings += [problem for reading in readings.values() for problem in check_jobs(reading)]
        stop_on_refusal(self.findings)
        return readings

    @cached_property
    def candidates(self) -> Candidates:
        """The candidates: assembled, joined to units, with capacity, terrain and what screening finds."""
        return Candidates(self.root, self.settings, self.layers, self.readings, self._findings)

    @property
    def day(self) -> Date | None:
        """The date of the documents: as set, else the newest of the layers."""
        return self.settings.project.date or newest_day(self.layers)

    @property
    def parcels(self) -> gpd.GeoDataFrame:
        """Usable parcels by id: name, unit, kind, origin, area_m2, homes and their own columns."""
        return self.candidates.table

    @cached_property
    def streets(self) -> Streets:
        """Networks and timetables, each built when first asked for."""
        return Streets(self.root, self.readings, self.settings.travel, self.say, self.workers)

    def network(self, mode: Mode) -> Network:
        """Return the street network of a mode, in the first season of the project."""
        return self.streets.network(mode)

    @cached_property
    def evaluator(self) -> Evaluator:
        """What measures criteria on the parcels."""
        return self._evaluator_on(self.streets)

    def _evaluator_on(self, streets: Streets) -> Evaluator:
        places = {r.layer.name: r.table.set_index("id", drop=False) for r in layers_by_role(self.readings, "places")}
        estimated = {layer.name: layer.settings.estimated for layer in self.layers}
        utilities = {
            r.layer.name: r.table.set_index("id", drop=False) for r in layers_by_role(self.readings, "utility")
        }
        areas = {r.layer.name: r.table.set_index("id", drop=False) for r in layers_by_role(self.readings, "units")}
        return Evaluator(self.parcels, {**places, **utilities}, estimated, streets, self.settings.utility, areas)

    @cached_property
    def screening(self) -> dict[str, judge.Verdict]:
        """The verdict of every usable parcel after screening; a lot of a site is no candidate of its own."""
        found = self.candidates
        verdicts = judge.screened(found.hits, found.rules, self.parcels["area_m2"], self.settings.screen)
        judge.inside_sites(verdicts, found.sites)
        return verdicts

    @cached_property
    def prepared(self) -> Evaluator:
        """The evaluator with every network, timetable and snap at hand; raises InputProblems with all that is amiss."""
        problems: list[Problem] = []
        steps: list[Callable[[], object]] = [partial(self.evaluator.prepare, each) for each in self.settings.criterion]
        for step in (*steps, self._joined_utilities, self._checked_living, self._checked_grounds):
            try:
                step()
            except InputProblems as error:
                problems += [each for each in error.problems if each not in problems]
        self._findings += [*self.streets.findings, *self.evaluator.problems, *problems]
        stop_on_refusal(problems)
        self._findings += self.evaluator.parts(self.settings.criterion)
        return self.evaluator

    @cached_property
    def evaluations(self) -> dict[str, Evaluation]:
        """Every criterion measured for the parcels that screening leaves; kept stages are used where they fit."""
        evaluator, stages, left = self.prepared, self.stages, self.left
        found = {}
        for criterion in self.settings.criterion:
            self.say("measure")
            kept = None if stages is None else stages.load(criterion, self.parcels.index)
            found[criterion.name] = evaluator.evaluate(criterion, left) if kept is None else kept
            if stages is not None and kept is None:
                stages.save(found[criterion.name])
        return found

    @cached_property
    def left(self) -> pd.Index:
        """The parcels that screening leaves."""
        verdicts = self.screening
        return self.parcels.index[[verdicts[str(i)].status is not Status.EXCLUDED for i in self.parcels.index]]

    @cached_property
    def living(self) -> Living:
        """What it would be like to live at the parcels that screening leaves."""
        tell = self._findings.append
        return Living(self.settings, self.candidates, self.evaluator, self.readings, self.left, tell)

    def _checked_living(self) -> None:
        self.living.check()
        if self.living.circles is not None:
            self.evaluator.circle_share = self.living.circles.share

    @property
    def _other_digests(self) -> dict[str, str]:
        """Files that are no layers: the rulebook, and the extract of turn restrictions once it is read."""
        return {**self.candidates.digests, **self.streets.digests}

    @cached_property
    def stages(self) -> Stages | None:
        """Where finished stages are kept; None for a project that is not being run."""
        if self.stage_folder is None:
            return None
        return Stages(self.stage_folder, input_digest(self.settings, self.readings, self._other_digests))

    @cached_property
    def verdicts(self) -> dict[str, judge.Verdict]:
        """Status, reasons, flags and penalty of every parcel read."""
        found = all_verdicts(self.screening, self.settings, self.evaluator, self.evaluations, self.utility_tables)
        return finished(found, self.settings, self.candidates)

    @cached_property
    def ranking(self) -> pd.DataFrame:
        """One row for every parcel read, best first; the columns of ranking.csv."""
        found = tables.certified(self._ranked, self.decided.columns())
        return found.join(self.lived.columns(), on="parcel_id")

    @cached_property
    def decided(self) -> Deciding:
        """What follows from the ranks: certificates, money, need and plan."""
        return Deciding(
            settings=self.settings,
            layers=self.layers,
            grounds=self.grounds,
            readings=self.readings,
            evaluator=self.evaluator,
            living=self.living,
            certified=self.certified,
            utilities=self.utility_tables,
            ranking=self._ranked,
            tell=self._findings.append,
        )

    @cached_property
    def grounds(self) -> Grounds:
        """What a plan stands on before anything is ranked."""
        return Grounds(self.settings, self.candidates)

    def _checked_grounds(self) -> None:
        found = self.grounds.problems()
        self._findings += found
        stop_on_refusal(found)

    @cached_property
    def certified(self) -> Certified:
        """How far the ranks hold."""
        self.say("certify")
        scored = self._ranked.loc[self._ranked["rank"].notna(), "parcel_id"]
        names = [criterion.name for criterion in self.settings.weighted]
        values = pd.DataFrame({name: self.rated[name] for name in names}).reindex(scored)
        penalty = pd.Series({parcel: self.verdicts[parcel].penalty for parcel in scored}, index=scored, dtype=float)
        return Certified(self.settings, values, self.evaluations, penalty, self._paced, self.workers)

    def _paced(self, factor: float) -> Mapping[str, Evaluation]:
        """Return the criteria measured with all streets so many times as fast; others are as they were."""
        self.say("measure")
        evaluator, found = self._evaluator_on(self.streets.paced(factor)), dict(self.evaluations)
        for criterion in self.settings.weighted:
            if criterion.modes and criterion.measure not in UNPACED:
                found[criterion.name] = evaluator.evaluate(criterion, self.left)
        return found

    @cached_property
    def lived(self) -> LivingTables:
        """What living at the parcels comes to, beside the ranks."""
        raws = {name: each.raw for name, each in self.evaluations.items()}
        return LivingTables(self.living, self._ranked, raws, self.candidates.unit_names)

    @cached_property
    def rated(self) -> Mapping[str, pd.Series]:
        """The value 0..1 of every criterion, by parcel."""
        return ratings(self.evaluations, score.valued)

    @cached_property
    def _ranked(self) -> pd.DataFrame:
        weights = {criterion.name: float(criterion.weight or 0) for criterion in self.settings.weighted}
        values = pd.DataFrame({name: self.rated[name] for name in weights})
        combine = self.settings.combine
        scores = score.combine(values, weights, method=combine.method, alpha=combine.alpha)
        return tables.ranking(self.candidates, self.evaluations, self.rated, self.verdicts, scores, self.utility_tables)

    @cached_property
    def indicators(self) -> pd.DataFrame:
        """Indicators by unit and of the whole, one row each."""
        found = tables.indicators(
            self.candidates.units, layers_by_role(self.readings, "places"), self.ranking, self.candidates.unit_names
        )
        more = self.lived.indicator_rows()
        return pd.concat([found, more], ignore_index=True)[[*found.columns]] if len(more) else found

    @cached_property
    def receipts(self) -> tuple[Mapping[str, Any], ...]:
        """How every number of every parcel came about, in the order of the ranking."""
        found = tables.receipts(
            self.ranking, self.evaluations, self.verdicts, self.evaluator, self.candidates, self.utility_tables
        )
        return tuple(
            {
                **each,
                "method": self.settings.combine.method,
                "living": self.lived.record(each["parcel_id"], at),
                **self.decided.record(each["parcel_id"], at),
            }
            for at, each in enumerate(found)
        )

    @cached_property
    def stamp(self) -> dict[str, Any]:
        """What went in, by which versions, and what became of every row."""
        ranking = self.ranking
        stamp = tables.stamp(self.stated, self.layers, self.readings, self.streets, self.evaluations, ranking)
        weights = {each.name: each.weight for each in self.settings.weighted}
        return {
            **stamp,
            "weights": weights,
            "certificates": self.certified.stamp(),
            "other_files_sha256": dict(sorted(self._other_digests.items())),
        }

    def _joined_utilities(self) -> object:
        return self.utility_tables

    @cached_property
    def utility_tables(self) -> Mapping[str, pd.DataFrame]:
        """How each parcel is joined to each utility of the settings."""
        if not self.settings.utility:
            return {}
        modes = [each.street_mode for each in self.settings.criterion if each.measure == "utility_cost"]
        return self.evaluator.utility_tables((modes or ["walk"])[0] or "walk")

    def results(self) -> Results:
        """Return everything that a run found, not yet written."""
        ranking, receipts, planning = self.ranking, self.receipts, self.decided.planning
        backdrop = {
            role: {r.layer.name: r.table for r in layers_by_role(self.readings, role)}
            for role in ("roads", "units", "places", "backdrop", "constraint", "utility")
        }
        flat = {f"{role}/{name}": table for role, named in backdrop.items() for name, table in named.items()}
        return Results(
            settings=self.settings,
            layers=self.layers,
            ranking=ranking,
            indicators=self.indicators,
            findings=self.findings,
            stamp=self.stamp,
            receipts=receipts,
            parcels=self.parcels,
            backdrop=flat,
            tables={**self.lived.tables(), **self.decided.tables()},
            texts=self.decided.texts(),
            plan=None if planning is None else planning.plan,
            papers=None
            if planning is None or not planning.is_made
            else papers_of(self.decided, planning, self.day, self.findings),
        )

    def screened(self) -> Results:
        """Return what screening alone finds: status, reasons, homes and needs of every parcel; no travel, no ranks."""
        found = self.candidates
        verdicts = finished(deepcopy(self.screening), self.settings, found)
        nothing = pd.Series(dtype=float)
        ranking = tables.ranking(found, {}, {}, verdicts, nothing, {})
        return Results(
            settings=self.settings.model_copy(update={"criterion": (), "flag": {}}),
            layers=self.layers,
            ranking=ranking,
            indicators=pd.DataFrame(),
            findings=self.findings,
            stamp={
                **tables.stamp(self.settings, self.layers, self.readings, self.streets, {}, ranking),
                "other_files_sha256": self.candidates.digests,
            },
            receipts=tables.receipts(ranking, {}, verdicts, None, found, {}),
            parcels=self.parcels,
            backdrop={},
        )

    def check(self) -> tuple[Problem, ...]:
        """Return every problem of settings, layers, networks and criteria; no travel is computed, nothing changed."""
        try:
            found = self.candidates
        except InputProblems as error:  # nothing more can be said without the layers
            self._findings += error.problems
            return self.findings
        steps: list[Callable[[], object]] = [lambda: found.hits, found.check_papers]
        if self.roles is None:
            steps.append(lambda: self.prepared)
        for step in steps:
            try:
                step()
            except InputProblems as error:
                self._findings += error.problems
        return self.findings
