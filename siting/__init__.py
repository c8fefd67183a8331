"""siting: which candidate parcels for affordable homes, in what order, why, and which would stand empty.

>>> import siting
>>> results = siting.run("town")          # doctest: +SKIP
>>> results.ranking.head()                # doctest: +SKIP

Names are imported when first asked for: the command line must be able to answer Ctrl-C before the libraries are in.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from siting.base.errors import CutoffError, InputProblems, Problem, SitingError, UsageError
    from siting.base.travel import TravelCosts
    from siting.project.chain import Project
    from siting.project.run import open_project, run, screen

    __version__: str

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
_HOMES = {
    **dict.fromkeys(("CutoffError", "InputProblems", "Problem", "SitingError", "UsageError"), "siting.base.errors"),
    "TravelCosts": "siting.base.travel",
    **dict.fromkeys(("Project", "open_project", "run", "screen"), "siting.project"),
}
_ROOMS = ("access", "indicators", "network", "parcels", "plan", "project", "report", "score", "sources")


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name in _ROOMS:
        return import_module(f"siting.{name}")
    if name == "__version__":
        return import_module("importlib.metadata").version("siting")
    msg = f"module 'siting' has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return sorted({*globals(), "__version__", *__all__, *_ROOMS})
