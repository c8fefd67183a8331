"""A good project with one thing wrong, and what the tool says of it."""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd

import siting
from siting.base.errors import Problem
from tests import small_project

Change = Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]


def with_parcels(folder: Path, change: Change) -> Path:
    """Write the small project with other parcels."""
    return small_project.write(folder, parcels=change(small_project.parcels()))


def with_jobs(folder: Path, *rows: str, header: str = "单位,人数,x,y") -> Path:
    """Write the small project with other employers."""
    written = small_project.write(folder)
    (written / "data/work.csv").write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return written


def checked(folder: Path) -> tuple[Problem, ...]:
    """Return what `siting check` finds."""
    try:
        return siting.open_project(folder).check()
    except siting.InputProblems as error:
        return error.problems


def told(folder: Path, level: str) -> list[Problem]:
    """Return what is found at one level; every refusal and warning names its place and a mend in both languages."""
    problems = checked(folder)
    for problem in problems:
        if problem.level in ("refuse", "warn"):
            assert problem.file, problem.code
            assert problem.mend("zh"), problem.code
            assert problem.mend("en"), problem.code
    return [problem for problem in problems if problem.level == level]


def codes(folder: Path, level: str) -> list[str]:
    """Return the codes found at one level."""
    return sorted({problem.code for problem in told(folder, level)})
