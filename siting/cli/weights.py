"""`siting weights`: asks at the terminal what matters how much, and writes `[weights]` into siting.toml."""

import sys
from collections.abc import Callable, Iterable
from typing import Annotated

import typer

from siting import Problem, UsageError
from siting.base.columns import Language
from siting.base.model import SETTINGS_FILE
from siting.base.texts import text
from siting.base.weights_settings import CRITERIA_MAX, WeightsBlock
from siting.cli.printing import HERE, Folder, print_problems, printable
from siting.project.asking import METHODS, Dialogue, Method
from siting.project.settings_edit import read_settings_file, weights_toml, with_weights, write_settings
from siting.project.weighable import weighable

MethodOption = Annotated[
    str | None, typer.Option("--method", help=f"{' | '.join(METHODS)} / 赋权方法", show_default="asked / 提问")
]


def weights(
    folder: Folder = HERE,
    method: MethodOption = None,
    judge: Annotated[str, typer.Option("--judge", help="Judge of an ahp / 两两比较的评审人")] = "",
    *,
    dry: Annotated[bool, typer.Option("--dry", help="Show the TOML, write nothing / 只显示，不写入")] = False,
) -> None:
    """Ask what matters how much, and write the weights into siting.toml."""
    before = read_settings_file(folder)
    weighed = weighable(before.table)
    language = weighed.language
    named = judge.strip()
    if not dry:
        # better refused now than after all the answers
        probe = WeightsBlock(method="direct", points=dict.fromkeys(weighed.names, 1.0))
        with_weights(before.text, probe, weighed.stated)
    begun = Dialogue(weighed, _method(method, named, len(weighed.names)), named)
    _tell(begun.opening())
    try:
        ended = _asked(begun)
    except EOFError:
        typer.echo()
        print_problems([Problem("answers_end", SETTINGS_FILE)], language)
        raise typer.Exit(2) from None
    except UnicodeDecodeError as error:
        raise UsageError(Problem("answers_encoding", SETTINGS_FILE, found=error.encoding)) from error
    except KeyboardInterrupt:
        typer.echo()
        _tell([text("asking.result.quit", language)])
        raise typer.Exit(130) from None
    if not ended.kept:
        _tell([text("asking.result.quit", language)])
        return
    block = ended.block()
    if dry:
        _show(block, language)
        return
    try:
        write_settings(before, with_weights(before.text, block, weighed.stated))
    except UsageError:
        # the answers are not to be lost
        _show(block, language)
        raise
    _tell([text("asking.result.written", language, path=before.path)])


def register(app: typer.Typer) -> None:
    """Add the command to a command line."""
    app.command(name="weights")(weights)


def _method(written: str | None, judge: str, count: int) -> Method | None:
    """Return the method that the command names; UsageError where it cannot be used here."""
    known = next((each for each in METHODS if each == written), None)
    if written is not None and known is None:
        raise typer.BadParameter(f"--method: {' | '.join(METHODS)}")  # noqa: TRY003, EM102
    if not judge.isprintable():
        raise typer.BadParameter("--judge")  # noqa: EM101
    if judge and known not in (None, "ahp"):
        raise UsageError(Problem("judge_needs_ahp", found=str(known)))
    if judge:
        known = "ahp"
    if known == "ahp" and count > CRITERIA_MAX:
        raise UsageError(Problem("ahp_too_many", found=str(count), expected=str(CRITERIA_MAX)))
    return known


def _asked(dialogue: Dialogue, read: Callable[[str], str] = input) -> Dialogue:
    """Return the dialogue once it is through; EOFError where the input ends before."""
    echoes = not sys.stdin.isatty()
    while not dialogue.quit and dialogue.question is not None:
        if dialogue.question.lead and not dialogue.reason:
            # room above what begins something new
            typer.echo()
        _tell(dialogue.lines)
        line = read(printable(dialogue.prompt))
        if echoes:
            # what is piped in does not show by itself
            _tell([line.strip()])
        dialogue = dialogue.heard(line)
    return dialogue


def _show(block: WeightsBlock, language: Language) -> None:
    _tell([text("asking.result.dry", language), *weights_toml(block).splitlines()])


def _tell(lines: Iterable[str]) -> None:
    for each in lines:
        typer.echo(printable(each))
