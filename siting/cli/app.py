"""The command line. Exit 0 done, 1 problems in the input, 2 wrong usage, 130/143 interrupted."""

import json
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import typer

from siting import InputProblems, Problem, SitingError, UsageError, __version__, access, open_project, run
from siting import screen as screen_project
from siting.base.addresses import mask
from siting.base.columns import Language
from siting.base.errors import shorten
from siting.base.texts import LANGUAGES, text
from siting.cli import weights
from siting.cli.decisions import COMMANDS, outcome
from siting.cli.printing import (
    HERE,
    AsJson,
    Folder,
    ProjectOption,
    counts,
    err,
    line,
    opened,
    print_problems,
    print_summary,
    print_table,
    printable,
    progress,
)
from siting.network import store
from siting.project import check as check_project
from siting.project.planning import OUTCOMES
from siting.project.run import BASE
from siting.report import explain as explain_receipt
from siting.report import read_receipts, tree, tree_lines
from siting.sources.download import download, is_address
from siting.sources.project_files import language_of
from siting.starter import demo_project, osm_project, place_project

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
OUT_OF_MEMORY = ("bad_alloc", "out of memory", "cannot allocate memory", "malloc of size")


@app.callback(invoke_without_command=True)
def _root(
    *, show_version: Annotated[bool, typer.Option("--version", help="Show the version / 版本", is_eager=True)] = False
) -> None:
    """Rank candidate parcels for affordable homes by travel access. Example: `siting new town && siting run town`."""
    if show_version:
        typer.echo(f"siting {__version__}")
        raise typer.Exit


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(help="New folder / 新文件夹")],
    osm: Annotated[
        str | None, typer.Option("--osm", help="OpenStreetMap extract, file or https:// / OSM 数据，文件或网址")
    ] = None,
    place: Annotated[str | None, typer.Option("--place", help="Place name, needs internet / 地名（需联网）")] = None,
    lang: Annotated[str, typer.Option("--lang", help="zh | en")] = "zh",
) -> None:
    """Make a project: the demo, or one from an OpenStreetMap extract or place name."""
    if (osm is not None and place is not None) or lang not in ("zh", "en"):
        raise typer.BadParameter("--osm and --place exclude each other; --lang is zh or en")  # noqa: TRY003, EM101
    language: Language = "en" if lang == "en" else "zh"
    if osm is not None:
        made = osm_project(folder, _extract(osm, language), language)
    elif place is not None:
        made = place_project(folder, place, language)
    else:
        made = demo_project(folder, language)
    print_problems(made, language)
    typer.echo(text("cli.made", language, path=folder))
    typer.echo(text("cli.next", language, path=folder))


def _extract(written: str, language: Language) -> Path:
    """Return the extract as a file, fetched into the cache where an address was given."""
    if not is_address(written):
        return Path(written)
    return download(written, store.folder() / "osm", tell=lambda p: err.print(line(p, language), soft_wrap=True))


@app.command()
def check(folder: Folder = HERE, *, as_json: AsJson = False) -> None:
    """Show every problem of the input at once; changes nothing."""
    problems: Sequence[Problem]
    language = language_of(folder)
    try:
        problems = check_project(folder)
    except InputProblems as error:
        problems = error.problems
    if as_json:
        typer.echo(json.dumps([problem.record() for problem in problems], ensure_ascii=False, indent=1))
    else:
        for problem in problems:
            typer.echo(line(problem, language))
        typer.echo(counts(problems, language) if problems else text("cli.clean", language))
    if any(problem.level == "refuse" for problem in problems):
        raise typer.Exit(1)


@app.command(name="run")
def run_command(
    folder: Folder = HERE,
    scenario: Annotated[str | None, typer.Option("--scenario", help="Scenario / 情景")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Output folder / 输出文件夹")] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Threads / 线程数", show_default="all processors")
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(
            "--database", help="Write the ranking to postgresql://user@host/db#schema.table too / 同时写入数据库"
        ),
    ] = None,
    *,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace that table / 替换该表")] = False,
    resume: Annotated[
        bool, typer.Option("--resume/--fresh", help="Take up an interrupted run / 接着上次中断处")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress / 不显示进度")] = False,
) -> None:
    """Run a project: ranking, tables, map."""
    told: list[Problem] = []
    if database is not None:
        from siting.report.postgis import check_postgis  # noqa: PLC0415  drivers that few runs need

        check_postgis(open_project(folder).layers, *mask(database), overwrite=overwrite)
    with progress(quiet) as show:
        results = run(folder, scenario, out=out, progress=show, workers=workers, resume=resume, tell=told.append)
    language = results.settings.project.language
    print_problems(told, language)
    print_problems([p for p in results.findings if p.level != "note"], language)
    if database is not None:
        from siting.report.postgis import write_postgis  # noqa: PLC0415  as above

        write_postgis(results, *mask(database), overwrite=overwrite)
    print_summary(results, language)
    if results.plan is not None:
        for sentence in outcome(results.plan, language):
            typer.echo(printable(sentence))
        raise typer.Exit(OUTCOMES.get(results.plan.status, 0))


@app.command()
def screen(
    folder: Folder = HERE,
    out: Annotated[Path | None, typer.Option("--out", help="Output folder / 输出文件夹")] = None,
) -> None:
    """Screen the candidates alone: rules, papers, homes; needs no roads and no criteria."""
    told: list[Problem] = []
    results = screen_project(folder, out=out, tell=told.append)
    language = results.settings.project.language
    print_problems([*told, *(p for p in results.findings if p.level != "note")], language)
    counts = results.ranking["status"].value_counts()
    rows = [(text(f"status.{status}", language), str(count)) for status, count in counts.items()]
    print_table(("status", "count"), rows, language)
    typer.echo(text("cli.screened", language, path=results.path))


@app.command()
def explain(
    parcel: str,
    project: ProjectOption = HERE,
    *,
    as_tree: Annotated[
        bool, typer.Option("--tree", help="From the score down to each input / 由得分逐层到数据")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show the receipt of one parcel: why it stands where it stands."""
    opened = open_project(project)
    language = opened.settings.project.language
    receipts = {receipt["parcel_id"]: receipt for receipt in read_receipts(project / "maps" / BASE)}
    if parcel not in receipts:
        same = [
            known for known, receipt in receipts.items() if parcel.lower() in (known.lower(), receipt["name"].lower())
        ]
        near = same[:3] or get_close_matches(parcel, receipts, n=3, cutoff=0.3) or sorted(receipts)[:3]
        raise UsageError(Problem("no_such_parcel", found=parcel, expected=", ".join(near)))
    if as_json:
        typer.echo(json.dumps({**receipts[parcel], "tree": tree(receipts[parcel])}, ensure_ascii=False, indent=1))
        return
    said = tree_lines(receipts[parcel], language) if as_tree else explain_receipt(receipts[parcel], language)
    for sentence in said:
        typer.echo(shorten(sentence) if len(sentence) > 4000 else printable(sentence))


@app.command()
def layers(folder: Folder = HERE) -> None:
    """Show the layers of a project."""
    project, language = opened(folder)
    rows = [
        (
            each.name,
            each.caption(language),
            each.role,
            each.settings.source,
            each.settings.datum,
            each.settings.about.date,
        )
        for each in project.layers
    ]
    print_table(("layer", "", "role", "source", "datum", "date"), rows, language)


@app.command()
def criteria(folder: Folder = HERE) -> None:
    """Show the criteria of a project with reference points, weights and evidence."""
    project, language = opened(folder)
    rows = [
        (
            each.name,
            each.caption(language),
            each.measure,
            each.of,
            each.mode or "",
            f"{each.worst:g} → {each.best:g}",
            f"{each.weight or 0:g}",
            f"{each.source} ({text(f'word.evidence_{each.evidence}', language)})",
        )
        for each in project.settings.criterion
    ]
    print_table(("criterion", "", "measure", "of", "mode", "points", "weight", "evidence"), rows, language)


@app.command()
def measures(folder: Annotated[Path | None, typer.Argument(help="Project folder / 项目文件夹")] = None) -> None:
    """Show the measures that a criterion may name, with unit, formula and source."""
    language = language_of(folder if folder is not None else Path())
    rows = [
        (each.name, each.zh if language == "zh" else each.en, each.unit, each.formula, each.source)
        for each in access.MEASURES.values()
    ]
    print_table(("measure", "", "unit", "formula", "source"), rows, language)


for _name, _command in COMMANDS:
    app.command(name=_name)(_command)
weights.register(app)


def main() -> None:
    """Run the command line; what the tool foresees ends in words, never in a traceback."""
    _speak_utf8()
    signal.signal(signal.SIGTERM, _terminated)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    # made while there is memory for it
    starved = "".join(f"{Problem('no_memory', found='{found}').line(language)}\n" for language in LANGUAGES)
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        app(arguments, standalone_mode=True)
    except InputProblems as error:
        print_problems(error.problems, _language_of(arguments))
        sys.exit(1)
    except SitingError as error:
        problem = getattr(error, "problem", None)
        language = _language_of(arguments)
        err.print(problem.line(language) if isinstance(problem, Problem) else str(error), soft_wrap=True)
        sys.exit(2)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        err.print(text("cli.interrupted", "zh"), text("cli.interrupted", "en"))
        sys.exit(130)
    except Exception as error:  # noqa: BLE001  the last door: a user sees a sentence, a keeper sees --debug
        if debug:
            traceback.print_exc()
        if _is_starved(error):
            traceback.clear_frames(error.__traceback__)  # lets go of the tables, so that there is room to speak
            sys.stderr.write(starved.format(found=shorten(str(error) or "MemoryError")))
            sys.exit(1)
        found = shorten(f"{type(error).__name__}: {error}")
        err.print(text("cli.unexpected", "zh", found=found), text("cli.unexpected", "en", found=found), soft_wrap=True)
        sys.exit(1)


def _is_starved(error: Exception) -> bool:
    """Whether memory ran out: the libraries beneath say so in words of their own."""
    return isinstance(error, MemoryError) or any(word in str(error).lower() for word in OUT_OF_MEMORY)


def _speak_utf8() -> None:
    """Start again in UTF-8 mode where the locale knows ASCII only: Chinese file names could not be opened."""
    if sys.getfilesystemencoding().lower() != "utf-8" and not sys.flags.utf8_mode:
        os.environ["PYTHONUTF8"] = "1"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  our own command line


def _terminated(*_: object) -> None:
    sys.exit(143)


def _language_of(arguments: Sequence[str]) -> Language:
    """Return the language of the project that a command names, Chinese where none can be read."""
    if "--lang" in arguments[:-1]:
        return "en" if arguments[list(arguments).index("--lang") + 1] == "en" else "zh"
    named = [Path(argument) for argument in (*arguments[1:], ".") if Path(argument).is_dir()]
    return language_of(named[0]) if named else "zh"
