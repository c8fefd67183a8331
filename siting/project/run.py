"""Opening and running a project: the two doors that scripts and the command line use."""

from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path

from siting import access, report
from siting.base.errors import InputProblems, Problem, UsageError, stop_on_refusal
from siting.base.layers import Layer
from siting.base.results import Results
from siting.project.chain import Progress, Project
from siting.project.stages import forget_stages
from siting.sources.project_files import read_project

BASE = "base"


def open_project(
    folder: str | PathLike[str], *, progress: Progress | None = None, workers: int | None = None
) -> Project:
    """Return the project of a folder: settings and layer files read and checked, nothing computed.

    `workers` is the number of threads (None: one a processor); no result depends on it.
    Raises InputProblems with every problem of the declared text.
    """
    root = Path(folder)
    settings, layers, problems = read_project(root, access.MEASURES)
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
    with report.locked(target) as former:
        if former is not None:
            tell(former)
        stages = target.resolve().with_name(f".{target.resolve().name}.stages")
        if not resume:
            forget_stages(stages)
        project.stage_folder = stages
        results = project.results()
        for problem in project.reader.changed():
            tell(problem)
        project.say("write")
        written = report.write(results, target)
        forget_stages(stages)
    return written


def _inputs(root: Path, layers: Sequence[Layer]) -> list[Path]:
    return [root / layer.settings.source for layer in layers]
