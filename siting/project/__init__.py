"""Floor 4: the flow from files to results, and the only thing with state."""

from siting.project.chain import Project
from siting.project.run import check, open_project, run, screen

__all__ = ["Project", "check", "open_project", "run", "screen"]
