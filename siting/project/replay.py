"""A written run made again from its stamp, and compared with it byte for byte."""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Literal

from siting import report
from siting.access import MEASURES
from siting.base.columns import Language
from siting.base.errors import InputProblems, Problem, UsageError
from siting.base.layers import Layer
from siting.base.model import SETTINGS_FILE
from siting.base.texts import text
from siting.project.chain import Progress, Project
from siting.project.recorded_inputs import Recorded, input_problems, recorded
from siting.project.run import SCREENED_ROLES
from siting.project.written_run import find_run, read_run
from siting.sources.project_files import read_project

UNCOMPARED = frozenset({"run.log"})
SCREENING = "screening.csv"
_TEXTS = (".csv", ".html", ".json", ".jsonl", ".txt", ".md")
_CHUNK = 1 << 20

Kind = Literal["changed", "missing", "extra"]


@dataclass(frozen=True)
class Differing:
    """A file that does not agree: of other content (from which line, or byte, on), not written again, or new."""

    file: str
    kind: Kind
    line: int | None = None
    byte: int | None = None


@dataclass(frozen=True)
class Replay:
    """What became of a run made again.

    agrees: every file but run.log is the same, byte for byte. is_run: False where an input is missing or changed, so
    that nothing was computed. files: how many were compared. differing: those that do not agree, by name. reasons:
    what was found before computing.
    """

    agrees: bool
    is_run: bool
    files: int
    differing: tuple[Differing, ...]
    reasons: tuple[Problem, ...]

    def lines(self, language: Language) -> list[str]:
        """Return the outcome in sentences; the reasons are told apart."""
        if not self.is_run:
            return [text("replay.not_run", language)]
        if self.agrees:
            return [text("replay.agrees", language, count=self.files)]
        head = text("replay.differs", language, count=len(self.differing))
        return [head, *(f"  {_line(each, language)}" for each in self.differing)]


def replay(
    run: str | PathLike[str],
    *,
    project: str | PathLike[str] | None = None,
    progress: Progress | None = None,
    workers: int | None = None,
    tell: Callable[[Problem], None] = lambda _: None,
) -> Replay:
    """Make a written run again with the settings of its stamp and compare every file; the run itself is not touched.

    run: a folder, or the name of a scenario below `maps/` of the project. project: the project's folder; where it is
    left out the nearest folder above the run that is one. `tell` hears what is found before computing starts.
    With a missing or changed input nothing is computed. The files made stand in a temporary folder beside the
    run, which is gone afterwards. Raises UsageError where the run or its project cannot be found or used.
    """
    folder = find_run(run, project if project is not None else Path())
    written = read_run(folder)
    root = _root(folder) if project is None else Path(project)
    if not (root / SETTINGS_FILE).is_file():
        raise UsageError(Problem("replay_no_project", str(folder)))
    known = recorded(written.stamp, root)
    reasons = tuple(input_problems(known, root))
    for reason in reasons:
        tell(reason)
    if any(reason.level == "refuse" for reason in reasons):
        return Replay(agrees=False, is_run=False, files=0, differing=(), reasons=reasons)
    is_screening = (folder / SCREENING).is_file()
    with report.locked(folder), _beside(folder) as again:
        try:
            _make(known, root, again, progress=progress, workers=workers, is_screening=is_screening)
        except InputProblems as error:
            named = error.refusals[0].line("en") if error.refusals else str(error)
            raise UsageError(Problem("replay_stopped", str(folder), found=named)) from error
        differing, count = compared(folder, again)
    return Replay(agrees=not differing, is_run=True, files=count, differing=differing, reasons=reasons)


def _root(folder: Path) -> Path:
    """Return the nearest folder above a run that is a project; UsageError where none is."""
    for parent in folder.resolve().parents:
        if (parent / SETTINGS_FILE).is_file():
            return parent
    raise UsageError(Problem("replay_no_project", str(folder)))


def _make(
    known: Recorded, root: Path, target: Path, *, progress: Progress | None, workers: int | None, is_screening: bool
) -> None:
    """Write to `target` what the stamp describes."""
    layers = known.layers
    if is_screening:  # it reads some roles only; of the others the newest date counts, which no stamp keeps
        unread = [each for each in read_project(root, MEASURES)[1] if each.role not in SCREENED_ROLES]
        layers = _by_file([*layers, *unread])
    project = Project(root, known.settings, layers, progress or (lambda _: None), workers)
    if is_screening:
        project.roles = SCREENED_ROLES
        report.write_screening(project.screened(), target)
    else:
        report.write(project.results(), target)


def _by_file(layers: Iterable[Layer]) -> tuple[Layer, ...]:
    return tuple(sorted({each.name: each for each in layers}.values(), key=lambda each: each.file))


@contextlib.contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """Yield a path in a temporary folder beside a run; what killed replays left there is removed."""
    place = folder.resolve()
    for left in place.parent.glob(f".{place.name}.replay-*"):
        shutil.rmtree(left, ignore_errors=True)
    try:
        made = Path(tempfile.mkdtemp(prefix=f".{place.name}.replay-", dir=place.parent))
    except OSError as error:
        raise UsageError(Problem("cannot_write", found=str(place.parent), expected=error.strerror or "")) from error
    try:
        yield made / place.name
    finally:
        shutil.rmtree(made, ignore_errors=True)


def compared(one: Path, other: Path) -> tuple[tuple[Differing, ...], int]:
    """Return the files of two folders that do not agree, by name, and how many names there are in all."""
    sides = [{each.relative_to(side).as_posix(): each for each in _files(side)} for side in (one, other)]
    names = sorted((sides[0].keys() | sides[1].keys()) - UNCOMPARED)
    found = []
    for name in names:
        if name not in sides[1]:
            found.append(Differing(name, "missing"))
        elif name not in sides[0]:
            found.append(Differing(name, "extra"))
        elif (place := _first_apart(sides[0][name], sides[1][name])) is not None:
            found.append(place)
    return tuple(found), len(names)


def _files(folder: Path) -> list[Path]:
    return [each for each in folder.rglob("*") if each.is_file()]


def _first_apart(one: Path, other: Path) -> Differing | None:
    """Return where two files part, None where they agree; bytes and lines are numbered from 1."""
    line = byte = 1
    with one.open("rb") as left, other.open("rb") as right:
        while True:
            pieces = left.read(_CHUNK), right.read(_CHUNK)
            if pieces[0] == pieces[1]:
                if not pieces[0]:
                    return None
                line, byte = line + pieces[0].count(b"\n"), byte + len(pieces[0])
                continue
            at = next((i for i, (a, b) in enumerate(zip(*pieces, strict=False)) if a != b), min(map(len, pieces)))
            is_text = one.suffix.lower() in _TEXTS
            return Differing(
                one.name,
                "changed",
                line=line + pieces[0][:at].count(b"\n") if is_text else None,
                byte=None if is_text else byte + at,
            )


def _line(each: Differing, language: Language) -> str:
    place = ""
    if each.line is not None:
        place = text("replay.line", language, line=each.line)
    elif each.byte is not None:
        place = text("replay.byte", language, byte=each.byte)
    return text(f"replay.{each.kind}", language, file=each.file, place=place)
