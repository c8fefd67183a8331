"""Opening and running a project: the two doors that scripts and the command line use."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from os import PathLike
from pathlib import Path

from siting import access, report
from siting.base.columns import Role
from siting.base.errors import InputProblems, Problem, UsageError, stop_on_refusal
from siting.base.layers import Layer
from siting.base.model import SETTINGS_FILE
from siting.base.results import Results
from siting.project.chain import Progress, Project
from siting.project.planning import Planning
from siting.project.stages import forget_stages
from siting.sources.archives import split_source
from siting.sources.layers import LayerReader
from siting.sources.project_files import read_project, stated_crs

BASE = "base"
PLAN = "plan"
SCREEN = "screen"
LACKS_A_RUN = {("missing_key", "criterion"), ("one_layer", "roads")}
SCREENED_ROLES: frozenset[Role] = frozenset(["parcels", "units", "constraint", "raster"])


def open_project(
    folder: str | PathLike[str],
    *,
    progress: Progress | None = None,
    workers: int | None = None,
    only_screen: bool = False,
) -> Project:
    """Return the project of a folder: settings and layer files read and checked, nothing computed.

    `workers` is the number of threads (None: one a processor); no result depends on it. `only_screen` asks for
    no criteria and no roads: such a project can be screened, not run.
    Raises InputProblems with every problem of the declared text.
    """
    root = Path(folder)
    settings, layers, problems = read_project(root, access.MEASURES, only_screen=only_screen)
    stop_on_refusal(problems)
    if settings is None:
        raise InputProblems(problems)
    return Project(root, settings, layers, progress or (lambda _: None), workers)


def run(
    folder: str | PathLike[str],
    scenario: str | None = None,
    *,
    out: str | PathLike[str] | None = None,
    progress: Progress | None = None,
    workers: int | None = None,
    resume: bool = False,
    tell: Callable[[Problem], None] = lambda _: None,
) -> Results:
    """Run a project, write its results to `maps/base` (or `out`) and return them.

    `resume` takes up the finished stages of a run that was interrupted, where settings and inputs are the
    same. `tell` hears what concerns this run alone and no later reader (a lock taken over, a file that
    changed meanwhile). Raises InputProblems, or UsageError for a scenario that is not there or an output folder that
    cannot be used.
    """
    if scenario not in (None, BASE):
        raise UsageError(Problem("unknown_scenario", found=str(scenario)))
    project = open_project(folder, progress=progress, workers=workers)
    target = Path(out) if out is not None else project.root / "maps" / BASE
    report.check_target(target, project.root, _inputs(project.root, project.layers))
    with _held(target, tell):
        stages = target.resolve().with_name(f".{target.resolve().name}.stages")
        if not resume:
            forget_stages(stages)
        project.stage_folder = stages
        results = project.results()
        _tell_changes(project, tell)
        project.say("write")
        written = report.write(results, target)
        forget_stages(stages)
    return written


def make_plan(
    folder: str | PathLike[str],
    *,
    out: str | PathLike[str] | None = None,
    progress: Progress | None = None,
    tell: Callable[[Problem], None] = lambda _: None,
) -> tuple[Planning, Results]:
    """Make the land-supply plan of a project alone, write its files to `maps/plan` (or `out`) and return both.

    Raises as `run`, and UsageError where there is no quota, or none that the office stands by.
    """
    project = open_project(folder, progress=progress)
    quota = project.settings.quota
    if quota is None or not quota.confirmed:
        raise UsageError(Problem("no_quota" if quota is None else "quota_unconfirmed", SETTINGS_FILE, "quota"))
    target = Path(out) if out is not None else project.root / "maps" / PLAN
    report.check_target(target, project.root, _inputs(project.root, project.layers))
    with _held(target, tell):
        results = project.results()
        planning = project.decided.planning
        assert planning is not None
        _tell_changes(project, tell)
        return planning, report.write_plan(results, target)


def screen(
    folder: str | PathLike[str],
    *,
    out: str | PathLike[str] | None = None,
    progress: Progress | None = None,
    tell: Callable[[Problem], None] = lambda _: None,
) -> Results:
    """Screen the candidates of a project, write the results to `maps/screen` (or `out`) and return them.

    Needs a layer of parcels and the constraints; no roads, places or criteria. Raises as `run`.
    """
    project = open_project(folder, progress=progress, only_screen=True)
    project.roles = SCREENED_ROLES
    target = Path(out) if out is not None else project.root / "maps" / SCREEN
    report.check_target(target, project.root, _inputs(project.root, project.layers))
    with _held(target, tell):
        results = project.screened()
        _tell_changes(project, tell)
        return report.write_screening(results, target)


def check(folder: str | PathLike[str]) -> tuple[Problem, ...]:
    """Return every problem of a project; one that can only be screened is asked for no more than screening needs.

    Where settings or layer files cannot be used, the files of the layers that can be are read all the same.
    """
    try:
        project = open_project(folder)
    except InputProblems as error:
        if {(each.code, each.where) for each in error.refusals} != LACKS_A_RUN:
            return (*error.problems, *_file_problems(Path(folder)))
        project = open_project(folder, only_screen=True)
        project.roles = SCREENED_ROLES
    return project.check()


def _file_problems(root: Path) -> list[Problem]:
    """Return what is amiss with the files of every layer that says rightly how it is to be read."""
    crs = stated_crs(root)
    if crs is None:
        return []
    reader = LayerReader(root, crs)
    layers = read_project(root, access.MEASURES)[1]
    return [problem for layer in layers for problem in reader.read(layer)[1]]


@contextlib.contextmanager
def _held(target: Path, tell: Callable[[Problem], None]) -> Iterator[None]:
    with report.locked(target) as former:
        if former is not None:
            tell(former)
        yield


def _tell_changes(project: Project, tell: Callable[[Problem], None]) -> None:
    for problem in project.reader.changed():
        tell(problem)


def _inputs(root: Path, layers: Sequence[Layer]) -> list[Path]:
    return [root / split_source(layer.settings.source).path for layer in layers]
