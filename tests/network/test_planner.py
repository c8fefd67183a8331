"""Which engine answers, and that the answers of a project do not show it."""

import numpy as np
import pandas as pd
import pytest

from siting.network import StreetReach, from_lines, planner, snap
from tests.towns import grid, spots, streets

TOWN = from_lines(streets(*grid(12)), mode="walk")
HOMES = spots(**{f"h{i}": (137.0 * (i % 8), 91.0 * (i // 8)) for i in range(64)})
SHOPS = spots(**{f"s{i}": (50.0 + 200 * (i % 5), 60.0 + 300 * (i // 5)) for i in range(20)})


def reach(*, workers: int = 1, cutoff: float | None = 9.0) -> StreetReach:
    """Return the trips of the town."""
    homes, shops = (snap(TOWN, each.geometry) for each in (HOMES, SHOPS))
    return StreetReach(TOWN, homes, shops, cutoff=cutoff, workers=workers)


def answers(trips: StreetReach) -> list[object]:
    """Ask everything a reach can be asked."""
    jobs = pd.Series(np.arange(20) / 7, index=SHOPS.index)
    people = pd.Series(np.arange(64) / 3, index=HOMES.index)

    def half_life(minutes: np.ndarray) -> np.ndarray:
        return np.exp2(-minutes / 5)

    return [
        trips.nearest().to_csv(),
        trips.nearest(3).to_csv(),
        trips.costs().table().to_csv(),
        trips.nearest_by_kind(pd.Series([f"k{i % 5}" for i in range(20)], index=SHOPS.index)).to_csv(),
        *(
            side.to_csv()
            for weigh in (np.ones_like, half_life)
            for side in (
                trips.sum_at_origins(jobs, weigh, trips.cutoff),
                trips.sum_at_places(people, weigh, trips.cutoff),
                trips.sums_at_origins(pd.DataFrame({"a": jobs, "b": jobs * 3}), weigh, trips.cutoff),
                trips.two_step(jobs, people, weigh, trips.cutoff).round(9),
            )
        ),
    ]


@pytest.mark.parametrize("cutoff", [9.0, None])
@pytest.mark.parametrize("workers", [1, 2])
def test_every_engine_gives_the_same_bytes(workers: int, cutoff: float | None, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = reach(cutoff=cutoff)
    expected = answers(plain)
    assert {plan.method for plan in plain.plans} == {"scipy"}
    monkeypatch.setattr(planner, "SMALL_NS", 0.0)
    for cost in (0, 1e12):
        monkeypatch.setattr(planner, "INDEX_NODE", cost)
        large = reach(workers=workers, cutoff=cutoff)
        assert answers(large) == expected
        assert "scipy" not in {plan.method for plan in large.plans}


def test_the_plan_follows_from_sizes_alone() -> None:
    question = reach().question
    assert planner.plan_sums(question, has_table=True) == planner.plan_sums(question, has_table=True)
    assert planner.plan_sums(question, has_table=True).from_places
    assert not planner.plan_sums(question.turned(), has_table=True).from_places


def test_a_first_compilation_is_announced_once(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("SITING_CACHE", str(tmp_path))
    monkeypatch.setattr(planner, "SMALL_NS", 0.0)
    said: list[str] = []
    for _ in range(2):
        homes, shops = (snap(TOWN, each.geometry) for each in (HOMES, SHOPS))
        StreetReach(TOWN, homes, shops, cutoff=5, progress=said.append).nearest()
    assert said == ["compile"]


def test_a_matrix_sums_to_the_same_bits_in_any_order_of_rows_and_to_what_the_stream_sums() -> None:
    trips = reach()
    jobs = pd.Series(np.random.default_rng(1).random(20) / 3, index=SHOPS.index)
    costs = trips.costs()
    shuffled = type(costs).from_table(
        costs.table().sample(frac=1, random_state=2), mode="walk", cutoff=9, origins=trips.origins, places=trips.places
    )
    streamed = trips.sum_at_origins(jobs, np.ones_like, 9)
    first, other = (each.sum_at_origins(jobs, np.ones_like, 9) for each in (costs, shuffled))
    assert first.tolist() == other.tolist()
    # a matrix has a grid for each origin, a stream one for all
    np.testing.assert_allclose(first, streamed, rtol=1e-12)
