"""A GeoPackage as a database: sound, unlocked, all its rows there, and nothing written beside it."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from siting.sources.reading import Findings

_WAL_AT = 18
_WAL = b"\x02\x02"
_JOURNALS = ("-wal", "-journal")
_LOCKED = ("locked", "busy")


@contextmanager
def settled(path: Path, findings: Findings) -> Iterator[Path | None]:
    """Yield the file to read, None with the refusal if it is damaged or locked.

    A file that is being written (a journal lies beside it) or that keeps one is read from a copy, for reading it
    in place would write beside it.
    """
    if not _keeps_journal(path):
        yield path if _is_sound(path, findings) else None
        return
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(folder) / path.name
        for end in ("", *_JOURNALS):
            part = path.with_name(path.name + end)
            if part.is_file():
                shutil.copyfile(part, copied.with_name(copied.name + end))
        yield copied if _is_sound(copied, findings, mode="rw") else None


def declared_rows(path: Path, layer: str) -> int | None:
    """Return how many rows the file says a layer has, None where it says nothing."""
    with closing(_connect(path)) as base:
        try:
            row = base.execute(
                "SELECT feature_count FROM gpkg_ogr_contents WHERE lower(table_name) = lower(?)", (layer,)
            ).fetchone()
        except sqlite3.DatabaseError:
            return None
    return None if row is None or row[0] is None else int(row[0])


def _keeps_journal(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(_WAL_AT + 2)
    return head[_WAL_AT:] == _WAL or any(path.with_name(path.name + end).exists() for end in _JOURNALS)


def _is_sound(path: Path, findings: Findings, mode: str = "ro") -> bool:
    try:
        with closing(_connect(path, mode)) as base:
            found = base.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found == "ok":
                base.execute("SELECT count(*) FROM gpkg_contents").fetchone()
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        found = str(error)
    if found == "ok":
        return True
    findings.refuse("file_locked" if any(word in found for word in _LOCKED) else "damaged", found=found)
    return False


def _connect(path: Path, mode: str = "ro") -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True, timeout=1)
