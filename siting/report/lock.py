"""One run at a time in an output folder: a lock beside it that names its holder, and that death gives back."""

import contextlib
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from siting.base.errors import Problem, UsageError

_TRIES = 20
_LOCKED_BYTE = 1 << 20  # beyond the text: a locked byte cannot be read on Windows


@contextlib.contextmanager
def locked(target: Path) -> Iterator[Problem | None]:
    """Hold the lock of an output folder; yields a note where it was taken over from a run that died.

    The file system holds the lock for the process (flock, or a locked region on Windows), so a killed run
    leaves only the file, which names pid and host. Raises UsageError while another run holds it.
    """
    place = target.resolve()
    file = place.with_name(f".{place.name}.lock")
    handle, former = _take(file, target)
    try:
        yield former
    finally:
        # unlinked while still held: who opened the old file sees that it is no longer the one of that name
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            os.ftruncate(handle, 0)  # where an open file cannot be unlinked, it names no holder any more
        os.close(handle)


def _take(file: Path, target: Path) -> tuple[int, Problem | None]:
    for _ in range(_TRIES):
        try:
            handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise UsageError(Problem("cannot_write", found=str(target), expected=error.strerror or "")) from error
        holder = _holder(handle)
        if not _lock(handle, holder):
            os.close(handle)
            raise UsageError(Problem("locked", str(target), found=_spoken(holder), expected=str(file)))
        if _is_named(handle, file):
            _write(handle)
            note = Problem("stale_lock", str(target), found=_spoken(holder), level="note") if holder else None
            return handle, note
        os.close(handle)
    raise UsageError(Problem("locked", str(target), found="?", expected=str(file)))


def _is_named(handle: int, file: Path) -> bool:
    """Return whether the open file still stands under its name: its last holder takes the name away."""
    try:
        return os.path.samestat(os.fstat(handle), file.stat())
    except OSError:
        return False


def _lock(handle: int, holder: dict[str, Any]) -> bool:
    """Return whether the lock is ours now; where the file system has no locks, the named holder decides."""
    try:
        if os.name == "nt":
            import msvcrt  # noqa: PLC0415  exists on Windows only

            os.lseek(handle, _LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl  # noqa: PLC0415  exists elsewhere only

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return not holder or (holder.get("host") == socket.gethostname() and not _alive(holder.get("pid")))
    return True


def _alive(pid: object) -> bool:
    try:
        os.kill(int(str(pid)), 0)
    except ProcessLookupError:
        return False
    except (ValueError, OSError):
        return True
    return True


def _write(handle: int) -> None:
    os.ftruncate(handle, 0)
    os.lseek(handle, 0, os.SEEK_SET)
    os.write(handle, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode())


def _holder(handle: int) -> dict[str, Any]:
    try:
        os.lseek(handle, 0, os.SEEK_SET)
        found = json.loads(os.read(handle, 4096) or b"{}")
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _spoken(holder: dict[str, Any]) -> str:
    return f"pid {holder.get('pid', '?')} @ {holder.get('host', '?')}"
