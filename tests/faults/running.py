"""Runs in processes of their own, and what stands in their folders afterwards."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

Done = subprocess.CompletedProcess[str]


def command(*arguments: str | Path) -> list[str]:
    """Return the command line of the tool."""
    return [sys.executable, "-m", "siting", *map(str, arguments)]


def siting(
    *arguments: str | Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    before: Callable[[], None] | None = None,
) -> Done:
    """Run to the end; no traceback may reach the user."""
    done = subprocess.run(
        command(*arguments),
        env={**os.environ, **(env or {})},
        cwd=cwd,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        timeout=300,
        preexec_fn=before,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def files(folder: Path) -> dict[str, bytes]:
    """Return every file of a run by name."""
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}
