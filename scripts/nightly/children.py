"""The parent of children that may die: it waits no longer than the limit, starts a new one, and reports the death."""

import json
import selectors
import subprocess
import sys
from typing import Self

TIME_LIMIT_S = 30.0
START_LIMIT_S = 120.0


class Child:
    """One child that is started again whenever it dies or hangs."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._fresh = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def ask(self, case: str, seed: int) -> str:
        """Return the finding about one damaged file; a death by signal or a hang is one."""
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(f"{case} {seed}\n")
            process.stdin.flush()
        except BrokenPipeError:
            return self._dead()
        limit = TIME_LIMIT_S + (START_LIMIT_S if self._fresh else 0)
        with selectors.DefaultSelector() as waiting:
            waiting.register(process.stdout, selectors.EVENT_READ)
            if not waiting.select(limit):
                self._end()
                return f"hang: no answer within {TIME_LIMIT_S:g} s"
        answer = process.stdout.readline()
        self._fresh = False
        return str(json.loads(answer)) if answer else self._dead()

    def _running(self) -> "subprocess.Popen[str]":
        if self._process is None:
            command = [sys.executable, "-m", "scripts.nightly.child"]
            self._process = subprocess.Popen(  # noqa: S603  our own module
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
            self._fresh = True
        return self._process

    def _dead(self) -> str:
        code = None if self._process is None else self._process.wait()
        self._end()
        return f"child died: return code {code}"

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
        self._process = None
