"""What is kept on disk is what would be made again, or it is made again."""

from pathlib import Path

import numpy as np
import pytest
import shapely

from siting.network import from_lines, store
from siting.network.hierarchy import build_index, kept_index
from siting.network.kept import kept_from_lines
from tests.towns import grid, streets


@pytest.fixture(autouse=True)
def _own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITING_CACHE", str(tmp_path))


def test_a_network_comes_back_as_it_was_built() -> None:
    roads = streets(*grid(6), **{"class": ["local", "arterial"] * 30})
    built = from_lines(roads, mode="drive", speeds={"local": 17.0})
    for _ in range(2):
        kept = kept_from_lines(roads, mode="drive", speeds={"local": 17.0})
        for name in ("node_xy", "edge_from", "edge_to", "edge_forward_ms", "edge_backward_ms", "edge_kmh", "edge_road"):
            np.testing.assert_array_equal(getattr(kept, name), getattr(built, name))
        assert [line.wkb for line in kept.edge_lines] == [line.wkb for line in built.edge_lines]
        assert (kept.notes, kept.crs, kept.mode) == (built.notes, built.crs, built.mode)
    assert len(list(store.folder().iterdir())) == 1


def test_winter_is_made_from_the_same_kept_streets() -> None:
    roads = streets(*grid(4), speed_kmh=[60.0] * 24)
    summer, winter = (kept_from_lines(roads, mode="drive", season=each) for each in ("summer", "winter"))
    assert (winter.edge_forward_ms == 2 * summer.edge_forward_ms).all()
    assert len(list(store.folder().iterdir())) == 1


@pytest.mark.parametrize("change", ["shape", "column", "speed", "mode"])
def test_whatever_changes_the_network_is_kept_apart(change: str) -> None:
    roads, mode, speeds = streets(*grid(3), **{"class": ["local"] * 12}), "drive", {}
    kept_from_lines(roads, mode=mode, speeds=speeds)
    if change == "shape":
        roads = roads.set_geometry(roads.translate(1, 0))
    elif change == "column":
        roads = roads.assign(**{"class": "service"})
    elif change == "speed":
        speeds = {"local": 21.0}
    else:
        mode = "walk"
    again = kept_from_lines(roads, mode=mode, speeds=speeds)
    np.testing.assert_array_equal(again.edge_forward_ms, from_lines(roads, mode=mode, speeds=speeds).edge_forward_ms)
    assert len(list(store.folder().iterdir())) == 2


def test_a_line_that_was_cut_in_two_is_another_network() -> None:
    points = [(0, 0), (100, 0), (5000, 0), (5100, 0)]
    whole = streets(points)
    kept_from_lines(whole, mode="walk")
    cut = whole.set_geometry([shapely.MultiLineString([points[:2], points[2:]])])
    assert kept_from_lines(cut, mode="walk").edge_length_m.tolist() == [100, 100]


def test_an_index_comes_back_as_it_was_built() -> None:
    graph = from_lines(streets(*grid(8)), mode="walk").graph
    built = build_index(graph)
    for _ in range(2):
        kept = kept_index(graph)
        for ours, theirs in zip((*kept[:2], *kept.up, *kept.down), (*built[:2], *built.up, *built.down), strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("damage", ["zeros", "cut", "empty", "manifest", "other_manifest", "missing"])
def test_what_is_damaged_is_thrown_away_and_made_again(damage: str) -> None:
    arrays = {"a": np.arange(1000), "b": np.ones(10)}
    store.save("thing", "k", arrays, {"n": 1})
    place = store.folder() / "thing-k"
    file = place / "a.npy"
    if damage == "zeros":
        whole = file.read_bytes()
        file.write_bytes(whole[: len(whole) // 2] + bytes(len(whole) - len(whole) // 2))
    elif damage == "cut":
        file.write_bytes(file.read_bytes()[:100])
    elif damage == "empty":
        file.write_bytes(b"")
    elif damage == "other_manifest":
        (place / store.MANIFEST).write_text('{"arrays": []}')
    elif damage == "manifest":
        (place / store.MANIFEST).write_text("{")
    else:
        file.unlink()
    assert store.load("thing", "k") is None
    store.save("thing", "k", arrays, {"n": 1})
    found = store.load("thing", "k")
    assert found is not None
    assert found[0]["a"].tolist() == arrays["a"].tolist()
    assert found[1] == {"n": 1}


def test_a_folder_that_cannot_be_written_to_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setenv("SITING_CACHE", str(blocked / "below"))
    store.save("thing", "k", {"a": np.ones(3)})
    assert store.load("thing", "k") is None


def test_what_was_used_longest_ago_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "KEPT_BYTES", 30_000)
    for key in ("old", "new"):
        store.save("thing", key, {"a": np.zeros(2500)})
    assert store.load("thing", "old") is None
    assert store.load("thing", "new") is not None
