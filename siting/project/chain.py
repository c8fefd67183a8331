"""A project as a chain of cached results: ask for `project.ranking`, and all before it follows."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyproj

from siting import score
from siting.base.columns import Mode, Role, Status
from siting.base.errors import InputProblems, Problem, stop_on_refusal
from siting.base.layers import Layer
from siting.base.results import Results
from siting.base.settings import Settings, layers_named
from siting.network import Network
from siting.parcels import DATE_COLUMNS
from siting.project import judge, tables
from siting.project.candidates import Candidates
from siting.project.checks import (
    check_areas,
    check_distortion,
    check_jobs,
    check_overlaps,
    check_use,
)
from siting.project.evaluate import Evaluator
from siting.project.evaluation import Evaluation, ratings
from siting.project.living import Living
from siting.project.living_tables import LivingTables
from siting.project.locate import check_places, check_shift
from siting.project.stages import Stages, input_digest
from siting.project.streets import Streets
from siting.sources.layers import LayerReader, layers_by_role
from siting.sources.reading import Reading

Progress = Callable[[str], None]
UNUSED_ROLES = ("raster", "utility", "transit", "demand")


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
        self.settings = settings
        self.layers = layers
        self.workers = workers
        self.reader = LayerReader(root, pyproj.CRS.from_user_input(settings.project.crs))
        self.stage_folder: Path | None = None
        self.roles: frozenset[Role] | None = None
        self.say = progress
        self._findings: list[Problem] = []

    @property
    def findings(self) -> tuple[Problem, ...]:
        """Every problem found so far, in a fixed order."""
        order = {"refuse": 0, "warn": 1, "mend": 2, "note": 3}
        found = {(p.code, p.file, p.where, p.found, p.expected, p.item): p for p in self._findings}
        return tuple(sorted(found.values(), key=lambda p: (order[p.level], p.file, p.code, _natural(p.where), p.found)))

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
                self._findings += _notes(reading, _named(self.settings))
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
        places = {r.layer.name: r.table.set_index("id", drop=False) for r in layers_by_role(self.readings, "places")}
        estimated = {layer.name: layer.settings.estimated for layer in self.layers}
        utilities = {
            r.layer.name: r.table.set_index("id", drop=False) for r in layers_by_role(self.readings, "utility")
        }
        areas = {r.layer.name: r.table.set_index("id", drop=False) for r in layers_by_role(self.readings, "units")}
        return Evaluator(self.parcels, {**places, **utilities}, estimated, self.streets, self.settings.utility, areas)

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
        for step in (*steps, self._joined_utilities, self._checked_living):
            try:
                step()
            except InputProblems as error:
                problems += error.problems
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
        verdicts, evaluations = deepcopy(self.screening), self.evaluations
        modes: list[Mode] = sorted(
            {
                mode
                for each in self.settings.criterion
                if each.weight > 0 or each.floor is not None
                for mode in each.street_modes
            }
        )
        for mode in modes:
            judge.joined(verdicts, mode, self.evaluator.parcel_snaps(mode), self.settings.travel.snap)
        for name, table in self.utility_tables.items():
            judge.connected(verdicts, name, table, self.settings.utility[name])
        for evaluation in evaluations.values():
            judge.measured(verdicts, evaluation)
        judge.flagged(verdicts, self.settings, evaluations)
        return self._final(verdicts)

    def _final(self, verdicts: dict[str, judge.Verdict]) -> dict[str, judge.Verdict]:
        """Return verdicts with what the land and its papers say, and those of parcels that were never drawn."""
        judge.add_reasons(verdicts, self.candidates.slope_unknown)
        judge.add_reasons(verdicts, self.candidates.capacity["reasons"])
        if not self.parcels.columns.intersection(DATE_COLUMNS).empty:
            judge.add_reasons(verdicts, self.candidates.idleness["reasons"])
        judge.flag_large_homes(verdicts, self.parcels["kind"], self.settings.capacity.mean_home_m2)
        return {
            **verdicts,
            **{str(row["id"]): judge.unusable(row["reason"]) for _, row in self.candidates.lost.iterrows()},
        }

    @cached_property
    def ranking(self) -> pd.DataFrame:
        """One row for every parcel read, best first; the columns of ranking.csv."""
        return self._ranked.join(self.lived.columns(), on="parcel_id")

    @cached_property
    def lived(self) -> LivingTables:
        """What living at the parcels comes to, beside the ranks."""
        raws = {name: each.raw for name, each in self.evaluations.items()}
        return LivingTables(self.living, self._ranked, raws, self.candidates.unit_names)

    @cached_property
    def _ranked(self) -> pd.DataFrame:
        rated = {name: score.rounded(each) for name, each in ratings(self.evaluations, score.value).items()}
        weights = {criterion.name: criterion.weight for criterion in self.settings.weighted}
        values = pd.DataFrame({name: rated[name] for name in weights})
        scores = score.combine(values, weights, method=self.settings.combine.method)
        return tables.ranking(self.candidates, self.evaluations, rated, self.verdicts, scores, self.utility_tables)

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
        return tuple({**each, "living": self.lived.record(each["parcel_id"], at)} for at, each in enumerate(found))

    @cached_property
    def stamp(self) -> dict[str, Any]:
        """What went in, by which versions, and what became of every row."""
        ranking = self.ranking
        stamp = tables.stamp(self.settings, self.layers, self.readings, self.streets, self.evaluations, ranking)
        return {**stamp, "other_files_sha256": dict(sorted(self._other_digests.items()))}

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
        ranking, receipts = self.ranking, self.receipts
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
            tables=self.lived.tables(),
        )

    def screened(self) -> Results:
        """Return what screening alone finds: status, reasons, homes and needs of every parcel; no travel, no ranks."""
        found, verdicts = self.candidates, self._final(deepcopy(self.screening))
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


def _notes(reading: Reading, named: frozenset[str]) -> list[Problem]:
    settings, notes = reading.layer.settings, []
    if settings.estimated:
        notes.append(
            Problem("estimated", settings.source, reading.layer.name, ", ".join(settings.estimated), level="note")
        )
    if reading.layer.role in UNUSED_ROLES and reading.layer.name not in named and reading.layer.role not in named:
        notes.append(Problem("unused_layer", settings.source, reading.layer.name, level="note"))
    return notes


def _named(settings: Settings) -> frozenset[str]:
    """Return the layers and roles that the travel settings and criteria make use of beyond places."""
    used = {settings.travel.slope, settings.screen.slope, *layers_named(settings)}
    used |= {block.layer for block in settings.utility.values()}
    used |= {"demand"} if settings.vacancy is not None else set()
    return frozenset(used | ({"transit"} if any(each.mode == "transit" for each in settings.criterion) else set()))


def _natural(where: str) -> tuple[str, int]:
    head, _, tail = where.partition(" ")
    digits = tail.split(" ")[0]
    return (head, int(digits)) if digits.isdigit() else (where, 0)
