"""How the doors speak: problems, tables and progress on a terminal."""

import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from siting import Problem, open_project
from siting.base.columns import Language
from siting.base.results import Results
from siting.base.texts import text
from siting.project import Project

err = Console(stderr=True, highlight=False, markup=False)
LISTED = 60

Folder = Annotated[Path, typer.Argument(help="Project folder / 项目文件夹", show_default=".")]
ProjectOption = Annotated[Path, typer.Option("--project", help="Project folder / 项目文件夹")]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output / 机器可读")]
HERE = Path()


def opened(folder: Path) -> tuple[Project, Language]:
    """Return the project of a folder and its language."""
    project = open_project(folder)
    return project, project.settings.project.language


def progress(quiet: bool) -> AbstractContextManager[Callable[[str], None] | None]:
    """Return what shows the stage of a run on stderr, nothing where no one looks."""
    if quiet or not err.is_terminal:
        return nullcontext(None)
    return _Status()


class _Status(AbstractContextManager[Callable[[str], None]]):
    """Shows the stage of a run on stderr."""

    def __init__(self) -> None:
        self._status = err.status("siting")

    def __enter__(self) -> Callable[[str], None]:
        self._status.start()
        return lambda stage: self._status.update(
            f"{text(f'cli.stage_{stage}', 'zh')} {text(f'cli.stage_{stage}', 'en')}"
        )

    def __exit__(self, *_: object) -> None:
        self._status.stop()


def print_problems(problems: Iterable[Problem], language: Language) -> None:
    """Print problems on stderr, the first of many, and how many there are of each level."""
    listed = list(problems)
    for problem in listed[:LISTED]:
        err.print(line(problem, language), soft_wrap=True)
    if len(listed) > LISTED:
        err.print(f"… +{len(listed) - LISTED} (siting check)")
    if listed:
        err.print(counts(listed, language))


def line(problem: Problem, language: Language) -> str:
    """Return a problem as one line of a terminal."""
    return printable(f"[{text(f'level.{problem.level}', language)}] {problem.line(language)}")


def counts(problems: Sequence[Problem], language: Language) -> str:
    """Return how many problems there are of each level."""
    levels = [problem.level for problem in problems]
    return text(
        "cli.counts", language, refuse=levels.count("refuse"), warn=levels.count("warn"), mend=levels.count("mend")
    )


def print_summary(results: Results, language: Language) -> None:
    """Print the first ten of a ranking and where the map is."""
    ranking = results.ranking
    ranked = ranking["rank"].notna()
    remote = ranking["flags"].str.split("; ").map(lambda flags: "remote" in flags)
    rows = [
        (str(row.rank), str(row.parcel_id), str(row.name), str(row.unit), f"{row.score:.3f}", str(row.flags))
        for row in ranking[ranked].head(10).itertuples()
    ]
    print_table(("rank", "parcel", "", "unit", "score", "flags"), rows, language)
    typer.echo(text("cli.done", language, count=len(ranking), ranked=int(ranked.sum()), remote=int(remote.sum())))
    typer.echo(text("cli.map", language, path=(results.path or Path()) / "index.html"))


def print_table(headers: Sequence[str], rows: Iterable[Sequence[str]], language: Language) -> None:
    """Print rows under headers, in words where there are any for them."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for header in headers:
        try:
            table.add_column(text(f"cli.{header}", language) if header else "", overflow="fold")
        except KeyError:
            table.add_column(header, overflow="fold")
    for row in rows:
        table.add_row(*(printable(cell) for cell in row))
    Console(markup=False, highlight=False, width=None if sys.stdout.isatty() else 200).print(table)


def printable(written: str) -> str:
    """Return text whose control characters are escaped, so that data cannot drive a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in written)
