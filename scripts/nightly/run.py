"""`python -m scripts.nightly.run [--parts ABC] [--projects N] [--files N] [--mutants N] [--minutes M]`.

Goes on where it was: `.nightly/state.json` is written whole after every step. `--fresh` begins anew.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = Path(".nightly")
STATE = FOLDER / "state.json"
FOUND = Path("tests/reliability/found")
KILLED_GOAL, LINES_GOAL, BRANCHES_GOAL = 80.0, 95.0, 90.0
State = dict[str, Any]


def main() -> None:
    """Run the parts asked for and print what came of them; ends with 1 where a goal is missed."""
    asked = _asked()
    FOLDER.mkdir(exist_ok=True)
    state = json.loads(STATE.read_text("utf-8")) if STATE.is_file() and not asked.fresh else {}
    parts: dict[str, Callable[[State, argparse.Namespace], None]] = {
        "A": _projects,
        "B": _files,
        "C": _mutants,
        "D": _coverage,
    }
    for name in asked.parts:
        part = state.setdefault(name, {"next": 0, "found": [], "seconds": 0.0})
        begun = time.monotonic()
        earlier = part["seconds"]
        part["until"] = begun + 60 * asked.minutes
        parts[name](part, asked)
        part["seconds"] = earlier + time.monotonic() - begun
        part.pop("until")
        _save(state, part)
    sys.exit(_table(state))


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", default="ABC", help="A projects, B files, C mutants, D coverage")
    parser.add_argument("--projects", type=int, default=2000)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--mutants", type=int, default=300)
    parser.add_argument("--minutes", type=float, default=180.0, help="of each part")
    parser.add_argument("--fresh", action="store_true", help="forget what was done")
    return parser.parse_args()


def _projects(part: State, asked: argparse.Namespace) -> None:
    os.environ["SITING_CACHE"] = tempfile.mkdtemp(prefix="nightly-")
    from tests.reliability.random_projects import check, digest  # noqa: PLC0415  after the cache is set

    while part["next"] < asked.projects and time.monotonic() < part["until"]:
        seed = part["next"]
        with tempfile.TemporaryDirectory() as folder:
            try:
                check(seed, Path(folder))
            except Exception as error:  # noqa: BLE001  whatever is unforeseen is a counter-example
                said = f"{type(error).__name__}: {error}"[:400]
                part["found"].append(said)
                _keep(seed, said, digest(seed))
        part["next"] += 1
        _save(None, part, "A")


def _keep(seed: int, said: str, town: str) -> None:
    """Keep a counter-example as a file that the tests replay; which invariant is read from what was said."""
    from tests.reliability.random_projects import INVARIANTS  # noqa: PLC0415  see above

    named = [name for name in INVARIANTS if f"seed {seed}, {name}:" in said] or list(INVARIANTS)
    FOUND.mkdir(exist_ok=True)
    kept = {"seed": seed, "town": town, "invariants": named, "said": said}
    (FOUND / f"seed-{seed}.json").write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _files(part: State, asked: argparse.Namespace) -> None:
    from scripts.nightly.children import Child  # noqa: PLC0415  as its part is asked for
    from tests.reliability.mutation import CASES, damage  # noqa: PLC0415

    with Child() as child:
        while part["next"] < asked.files and time.monotonic() < part["until"]:
            seed, number = divmod(part["next"], len(CASES))
            case = CASES[number]
            said = child.ask(case.name, seed)
            if said:
                part["found"].append(f"{case.name} {seed}: {said}")
                damage(case, seed, FOLDER / "files" / f"{case.name}-{seed}")
            part["next"] += 1
            if said or part["next"] % 100 == 0:
                _save(None, part, "B")


def _mutants(part: State, asked: argparse.Namespace) -> None:
    part.setdefault("killed", 0)
    command = [sys.executable, "-m", "scripts.nightly.mutate", str(part["next"]), str(60 * asked.minutes)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:  # noqa: S603  our own module
        assert running.stdout is not None
        for line in running.stdout:
            told = json.loads(line)
            part["next"], part["of"] = told["number"] + 1, told["of"]
            part["killed"] += told["killed"]
            if not told["killed"]:
                part["found"].append(f"{told['module']}:{told['line']}: {told['change']}")
            _save(None, part, "C")
            if part["next"] >= asked.mutants:
                running.kill()
                return
    if running.returncode:
        part["found"].append(f"mutation run ended with {running.returncode}")


def _coverage(part: State, _: argparse.Namespace) -> None:
    """Run the whole suite under coverage; lines and branches in per cent."""
    environment = {**os.environ, "COVERAGE_FILE": str((FOLDER / "coverage").resolve())}
    tool = [sys.executable, "-m", "coverage"]
    done = subprocess.run([*tool, "run", "-m", "pytest", "-q"], env=environment, check=False)  # noqa: S603
    report = FOLDER / "coverage.json"
    subprocess.run([*tool, "json", "-q", "-o", str(report)], env=environment, check=True)  # noqa: S603
    totals = json.loads(report.read_text("utf-8"))["totals"]
    part["lines"] = 100 * totals["covered_lines"] / max(totals["num_statements"], 1)
    part["branches"] = 100 * totals["covered_branches"] / max(totals["num_branches"], 1)
    part["found"] = [] if done.returncode == 0 else [f"pytest ended with {done.returncode}"]
    part["next"] = 1


def _save(state: State | None, part: State, name: str = "") -> None:
    """Write the state whole or not at all; within a part only that part is renewed."""
    if state is None:
        state = json.loads(STATE.read_text("utf-8")) if STATE.is_file() else {}
        state[name] = {key: value for key, value in part.items() if key != "until"}
    fresh = STATE.with_suffix(".part")
    fresh.write_text(json.dumps(state, ensure_ascii=False, indent=1), "utf-8")
    fresh.replace(STATE)


def _table(state: State) -> int:
    """Print the table; return 1 where a goal is missed."""
    missed = 0
    rows = [("part", "done", "found", "minutes", "figure", "goal")]
    titles = {"A": "R7 random projects", "B": "R11 damaged files", "C": "R12 mutants", "D": "R12 coverage"}
    for name, part in sorted(state.items()):
        figure, goal, good = _figure(name, part)
        missed |= not good
        minutes = f"{part['seconds'] / 60:.1f}"
        rows.append((titles[name], str(part["next"]), str(len(part["found"])), minutes, figure, goal))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)))  # noqa: T201
    for name, part in sorted(state.items()):
        for said in part["found"][:50]:
            print(f"{name}: {said}")  # noqa: T201
    return int(missed)


def _figure(name: str, part: State) -> tuple[str, str, bool]:
    if name == "C":
        score = 100 * part.get("killed", 0) / max(part["next"], 1)
        return f"{score:.1f} % killed", f">= {KILLED_GOAL:g} %", score >= KILLED_GOAL
    if name == "D":
        lines, branches = part["lines"], part["branches"]
        good = lines >= LINES_GOAL and branches >= BRANCHES_GOAL and not part["found"]
        return f"{lines:.1f} % lines, {branches:.1f} % branches", f"{LINES_GOAL:g} %, {BRANCHES_GOAL:g} %", good
    return "-", "0 found", not part["found"]


if __name__ == "__main__":
    main()
