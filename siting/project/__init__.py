"""Floor 4: the flow from files to results, and the only thing with state."""

from siting.project.chain import Project
from siting.project.difference import difference
from siting.project.replay import replay
from siting.project.run import check, make_plan, open_project, run, screen
from siting.project.written_run import find_run

__all__ = [
    "Project",
    "check",
    "difference",
    "find_run",
    "make_plan",
    "open_project",
    "replay",
    "run",
    "screen",
]
