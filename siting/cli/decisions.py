"""The commands that follow from a ranking: plan, compare, diff, replay."""

from collections.abc import Callable, Sequence
from math import isfinite
from pathlib import Path
from typing import Annotated

import typer

from siting import Problem, UsageError, open_project
from siting.base.columns import Language
from siting.base.texts import text
from siting.cli.printing import (
    HERE,
    Folder,
    ProjectOption,
    print_problems,
    print_table,
    printable,
    progress,
)
from siting.plan import Plan
from siting.project import difference, find_run, make_plan, replay
from siting.project.planning import OUTCOMES, Planning
from siting.project.run import BASE
from siting.report.csv_files import table_csv
from siting.sources.project_files import language_of

Folders = Annotated[Path | None, typer.Option("--out", help="Output folder / 输出文件夹")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress / 不显示进度")]
COMPARED = "comparison"


def plan(
    folder: Folder = HERE,
    year: Annotated[int | None, typer.Option("--year", help="One year / 只看某年")] = None,
    out: Folders = None,
    *,
    quiet: Quiet = False,
) -> None:
    """Make the land-supply plan alone and show it; exit 1 where the quota cannot be met, 3 where not proven best."""
    with progress(quiet) as show:
        planning, results = make_plan(folder, out=out, progress=show)
    language = results.settings.project.language
    print_problems([each for each in results.findings if each.level != "note"], language)
    if year is not None and year not in planning.quota.years:
        years = ", ".join(map(str, planning.quota.years))
        raise UsageError(Problem("no_such_year", found=str(year), expected=years))
    show_plan(planning, language, year)
    typer.echo(text("cli.written", language, path=results.path))
    raise typer.Exit(OUTCOMES.get(planning.plan.status, 0))


def show_plan(planning: Planning, language: Language, year: int | None = None) -> None:
    """Print a plan: what is chosen, what is met, how good that is known to be; else what to mend."""
    found = planning.plan
    rows = planning.rows(language)
    shown = rows if year is None else rows[rows["year"] == year]
    if len(shown):
        print_table(
            ("year", "unit", "parcel", "", "homes", "rank", "quarter", "price"),
            [
                (
                    *(str(cell) for cell in (row.year, row.unit_name, row.parcel_id, row.name, row.homes, row.rank)),
                    str(row.quarter),
                    "—" if row.price_yuan_m2 is None else f"{row.price_yuan_m2:,.0f}",
                )
                for row in shown.itertuples()
            ],
            language,
        )
    quota = found.quota if year is None else found.quota[found.quota["year"] == year]
    whole = text("papers.word.whole", language)
    print_table(
        ("unit", "year", "asked", "supplied", "short", "over"),
        [
            (row.unit or whole, *(str(cell) for cell in (row.year, row.asked, row.supplied, row.short, row.over)))
            for row in quota.itertuples()
        ],
        language,
    )
    for sentence in outcome(found, language):
        typer.echo(printable(sentence))


def _gap(found: Plan, language: Language) -> str:
    return f"{found.gap:.2%}" if isfinite(found.gap) else text("papers.word.unknown", language)


def outcome(found: Plan, language: Language) -> list[str]:
    """Return how a plan ended in sentences, with the repairs of one that cannot be had."""
    said = [
        text(f"papers.text.status_{found.status}", language),
        text("plan_said.gap", language, gap=_gap(found, language)),
    ]
    if found.ties is not None and found.status in ("proven", "within_gap"):
        said.append(text(f"papers.text.ties_{'yes' if found.ties else 'no'}", language))
    for row in found.quota[found.quota["short"] > 0].itertuples():
        unit = row.unit or text("papers.word.whole", language)
        said.append(text("papers.text.short", language, year=row.year, unit=unit, short=row.short))
    if len(found.clash):
        stop = "；" if language == "zh" else "; "
        said.append(text("papers_run.clash", language, limits=stop.join(found.clash[f"text_{language}"])))
    for way, rows in found.repairs.groupby("way", sort=True):
        joint = "；" if language == "zh" else ", and "
        said.append(text("plan_said.repair", language, number=way, repair=joint.join(rows[f"text_{language}"])))
    return said


def compare(
    parcels: list[str],
    project: ProjectOption = HERE,
    out: Folders = None,
) -> None:
    """Put candidates side by side (选址比选表): on the screen, and as .xlsx and .docx."""
    from siting.report.comparison import comparison, comparison_docx, comparison_xlsx  # noqa: PLC0415  Word is slow to load
    from siting.report.run_tables import read_run  # noqa: PLC0415  as above

    opened_project = open_project(project)
    language = opened_project.settings.project.language
    run = read_run(find_run(BASE, project))
    parcels = list(dict.fromkeys(parcels))
    table = comparison(run, parcels, language)
    heads = [f"{parcel} {table.attrs['names'].get(parcel, '')}".strip() for parcel in table.columns]
    joint = "；" if language == "zh" else "; "
    rows = [(str(topic), *(joint.join(str(cell).splitlines()) for cell in table.loc[topic])) for topic in table.index]
    print_table(("", *heads), rows, language)
    folder = out if out is not None else project / "maps" / COMPARED
    folder.mkdir(parents=True, exist_ok=True)
    block, title = opened_project.settings.papers, opened_project.settings.project.title
    stem = "_".join(_plain(parcel) for parcel in parcels)[:80]
    comparison_xlsx(table, folder / f"{stem}.xlsx", language, title=title)
    comparison_docx(
        table, folder / f"{stem}.docx", language, title=title, mark="" if block is None else block.mark(language)
    )
    typer.echo(text("cli.compared", language, path=folder / stem))


def _plain(parcel: str) -> str:
    """Return an id that can stand in the name of a file."""
    return "".join(c if c.isalnum() or c in "-." else "_" for c in parcel).strip(".") or "_"


def diff(one: str, other: str, project: ProjectOption = HERE, out: Folders = None) -> None:
    """Show why ranks moved between two runs, by name below maps/ or by folder."""
    found = difference(one, other, project=project)
    language = language_of(project)
    print_problems(found.notes, language)
    for sentence in found.lines(language):
        typer.echo(printable(sentence))
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "difference.csv").write_bytes(table_csv(found.parcels).encode("utf-8"))
        typer.echo(text("cli.written", language, path=out / "difference.csv"))


def replay_command(
    run: str,
    project: Annotated[Path | None, typer.Option("--project", help="Project folder / 项目文件夹")] = None,
    *,
    quiet: Quiet = False,
) -> None:
    """Make a run again from its stamp and say whether every byte agrees; exit 1 where not."""
    language = language_of(project or HERE)
    told: list[Problem] = []

    def tell(problem: Problem) -> None:
        told.append(problem)
        print_problems([problem], language)

    with progress(quiet) as show:
        found = replay(run, project=project, progress=show, tell=tell)
    for sentence in found.lines(language):
        typer.echo(printable(sentence))
    raise typer.Exit(0 if found.agrees else 1)


COMMANDS: Sequence[tuple[str, Callable[..., None]]] = (
    ("plan", plan),
    ("compare", compare),
    ("diff", diff),
    ("replay", replay_command),
)
