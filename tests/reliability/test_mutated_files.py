"""200 damaged files of every format, each read by a child that may die: no crash, no hang, no row lost in silence."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from scripts.nightly.children import Child
from tests.reliability.mutation import BY_NAME, CASES, Case, Outcome, examine, mutate

FILES = 200
EACH = -(-FILES // len(CASES))


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    with Child() as started:
        yield started


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_damage_is_told_or_harmless(case: Case, child: Child) -> None:
    found = {seed: said for seed in range(EACH) if (said := child.ask(case.name, seed))}
    assert found == {}


def test_a_seed_damages_the_same_bytes_the_same_way() -> None:
    raw = bytes(range(256)) * 8
    assert all(mutate(raw, np.random.default_rng(n)) == mutate(raw, np.random.default_rng(n)) for n in range(50))
    assert len({mutate(raw, np.random.default_rng(n))[0] for n in range(50)}) > 40


def _lines(root: Path) -> list[Path]:
    (root / "t").write_text("a\n" * 20, "utf-8")
    return [root / "t"]


def _count(root: Path) -> Outcome:
    return Outcome((root / "t").read_bytes().count(b"a\n"))


def _crash(root: Path) -> Outcome:
    if (root / "t").read_text("utf-8", errors="replace") != "a\n" * 20:
        raise ZeroDivisionError
    return Outcome(20)


def test_the_judge_sees_rows_that_are_gone_and_errors_that_are_not_ours(tmp_path: Path) -> None:
    silent = Case("silent", _lines, _count)
    assert any("without a word" in examine(silent, seed, tmp_path / "x") for seed in range(10))
    assert any(
        "ZeroDivisionError" in examine(Case("crash", _lines, _crash), seed, tmp_path / "x") for seed in range(10)
    )


KEPT = [
    ("fgb", 19), ("shp", 33), ("dxf", 5), ("dxf", 8), ("dxf", 94), ("parquet", 61), ("gtfs", 265), ("gpkg", 370),
    ("osm", 393), ("osm", 410),
]  # fmt: skip
"""Damage that once passed in silence or ended in a traceback."""


@pytest.mark.parametrize(("case", "seed"), KEPT)
def test_damage_that_was_found_once_stays_told(tmp_path: Path, case: str, seed: int) -> None:
    assert examine(BY_NAME[case], seed, tmp_path) == ""
