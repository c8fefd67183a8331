"""25 random towns, and every counter-example ever found: what must stay true of any project."""

import json
from pathlib import Path

import pytest

from tests.reliability.random_projects import INVARIANTS, check, digest

FOUND = Path(__file__).parent / "found"
NAMES = tuple(INVARIANTS)


@pytest.mark.parametrize("seed", range(25))
def test_a_random_town_keeps_the_invariants(seed: int, tmp_path: Path) -> None:
    """One invariant a seed in turn; the night checks all of them on every seed."""
    check(seed, tmp_path, (NAMES[seed % len(NAMES)],))


@pytest.mark.parametrize("kept", sorted(FOUND.glob("*.json")), ids=lambda path: path.stem)
def test_a_counter_example_found_once_stays_mended(kept: Path, tmp_path: Path) -> None:
    found = json.loads(kept.read_text("utf-8"))
    assert digest(found["seed"]) == found["town"], "the generator has changed: keep the case another way"
    check(found["seed"], tmp_path, tuple(found["invariants"]))


def test_a_seed_is_always_the_same_town() -> None:
    assert digest(3) == digest(3)
    assert digest(3) != digest(4)
