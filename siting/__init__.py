"""siting: which candidate parcels for affordable homes, in what order, why, and which would stand empty.

>>> import siting
>>> results = siting.run("town")          # doctest: +SKIP
>>> results.ranking.head()                # doctest: +SKIP
"""

from importlib.metadata import version

from siting.base.errors import CutoffError, InputProblems, Problem, SitingError, UsageError
from siting.base.travel import TravelCosts
from siting.project import Project, open_project, run, screen

__version__ = version("siting")
__all__ = [
    "CutoffError",
    "InputProblems",
    "Problem",
    "Project",
    "SitingError",
    "TravelCosts",
    "UsageError",
    "open_project",
    "run",
    "screen",
]
