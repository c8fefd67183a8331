"""Two runs side by side: shares of a changed score, moves in the ranking, and what is said of them."""

import json
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import siting
from siting.base.errors import UsageError
from siting.project.attribution import OTHER, PENALTY, POINTS, WEIGHTS, rank_shares, scored, shares
from siting.project.difference import Difference, difference
from siting.project.written_run import find_run, read_run
from tests import small_project
from tests.project import drawn_runs

TWO_ONE = {"school": 2.0, "jobs": 1.0}
ALIKE = {"school": 1.0, "jobs": 1.0}


def row(found: Difference, parcel: str) -> pd.Series:
    return found.parcels.set_index("parcel_id").loc[parcel]


def test_a_changed_number_and_changed_weights_share_the_change_by_the_mean_of_both_orders(tmp_path: Path) -> None:
    # school 30 -> 15 of 60 minutes: value 0.5 -> 0.75; jobs at best: 1. Weights 2:1 -> 1:1.
    # score (2 x 0.5 + 1) / 3 = 2/3 -> (0.75 + 1) / 2 = 7/8
    # school: 0.25 x 2/3 before the weights, 0.25 x 1/2 after them, mean 7/48; weights: 1/24 and 1/12, mean 1/16
    one = drawn_runs.write(tmp_path / "a", {"P": {"school": 30.0, "jobs": 200.0}}, TWO_ONE)
    other = drawn_runs.write(tmp_path / "b", {"P": {"school": 15.0, "jobs": 200.0}}, ALIKE)
    found = row(difference(one, other), "P")
    assert found["score_change"] == pytest.approx(7 / 8 - 2 / 3, abs=2e-9)
    assert found["effect_school"] == pytest.approx(7 / 48, abs=2e-9)
    assert found["effect:weights"] == pytest.approx(1 / 16, abs=2e-9)
    assert found["effect_jobs"] == 0.0
    assert abs(found["effect:other"]) < 2e-9


def test_a_changed_number_and_a_changed_reference_point_are_told_apart(tmp_path: Path) -> None:
    # school alone: 30 -> 15 minutes, worst 60 -> 40. Values: 30 by 60: 1/2, 15 by 60: 3/4, 30 by 40: 1/4, 15 by 40: 5/8
    # number: 1/4 by the old point, 3/8 by the new, mean 5/16; point: -1/8 after, -1/4 before, mean -3/16; together 1/8
    one = drawn_runs.write(tmp_path / "a", {"P": {"school": 30.0}}, {"school": 1.0})
    other = drawn_runs.write(tmp_path / "b", {"P": {"school": 15.0}}, {"school": 1.0}, points={"school": (40.0, 0.0)})
    found = row(difference(one, other), "P")
    assert found["effect_school"] == pytest.approx(5 / 16, abs=2e-9)
    assert found["effect:points"] == pytest.approx(-3 / 16, abs=2e-9)
    assert found["score_change"] == pytest.approx(1 / 8, abs=2e-9)


def test_a_penalty_and_a_criterion_that_comes_new_have_shares_of_their_own(tmp_path: Path) -> None:
    # school 30 of 60: 0.5, penalty 1 -> 0.8; bus (5 of 20: 0.75) comes with the same weight: score 0.5 -> 0.8 x 0.625
    # weights: 0.125 without, 0.1 with the penalty, mean 0.1125; penalty: -0.2 x 0.5 and -0.2 x 0.625, mean -0.1125
    one = drawn_runs.write(tmp_path / "a", {"P": {"school": 30.0}}, {"school": 1.0})
    other = drawn_runs.write(
        tmp_path / "b",
        {"P": {"school": 30.0, "bus": 5.0}},
        {"school": 1.0, "bus": 1.0},
        penalties={"P": 0.8},
    )
    found = row(difference(one, other), "P")
    assert found["effect:weights"] == pytest.approx(0.1125, abs=2e-9)
    assert found["effect:penalty"] == pytest.approx(-0.1125, abs=2e-9)
    assert found["effect_bus"] == found["effect_school"] == found["score_change"] == 0.0
    assert "约束折减由 ×1 变为 ×0.8（−0.112）" in found["why_zh"]  # what cancels out is told all the same
    assert "得分由 0.500 变为 0.500（+0.000），" in found["why_zh"]


def test_parcels_that_come_and_go_move_ranks_without_moving_scores(tmp_path: Path) -> None:
    before = {"old": {"school": 5.0}, "P": {"school": 20.0}, "Q": {"school": 30.0}}
    after = {"new1": {"school": 1.0}, "new2": {"school": 2.0}, "P": {"school": 20.0}, "Q": {"school": 30.0}}
    runs = [drawn_runs.write(tmp_path / name, raws, {"school": 1.0}) for name, raws in (("a", before), ("b", after))]
    found = difference(*runs)
    assert list(found.parcels["parcel_id"]) == ["new1", "new2", "P", "Q", "old"]
    moved = row(found, "P")
    assert (moved["rank_a"], moved["rank_b"], moved["score_change"]) == (2, 3, 0.0)
    assert (moved["rank_entered"], moved["rank_left"], moved["rank_passed"]) == (2, -1, 0)
    assert moved["why_zh"] == "由第 2 降至第 3：得分未变；前面新增 2 个地块，前面退出 1 个地块"
    assert row(found, "new1")["why_zh"] == "新增地块，第 1"
    assert row(found, "old")["why_en"] == "parcel removed, was 1"
    assert pd.isna(row(found, "new1")["score_change"])


def test_a_parcel_that_is_screened_out_is_told_with_its_reason(tmp_path: Path) -> None:
    reason = {"code": "exclude", "subject": "pbf", "detail": "", "zh": "压占永久基本农田", "en": "on prime farmland"}
    raws = {"P": {"school": 20.0}, "Q": {"school": 30.0}}
    one = drawn_runs.write(tmp_path / "a", raws, {"school": 1.0})
    other = drawn_runs.write(tmp_path / "b", raws, {"school": 1.0}, statuses={"P": "excluded"}, reasons={"P": [reason]})
    found = difference(one, other)
    assert row(found, "P")["why_zh"] == "退出排序（原第 1），状态由“可选”变为“排除”：新的理由：压占永久基本农田"
    assert row(found, "P")["reasons_new"] == "exclude:pbf"
    back = row(difference(other, one), "P")
    assert back["why_en"] == 'now ranked, 1, status from "excluded" to "ok": no longer: on prime farmland'


def test_words_name_the_largest_shares_first_and_nothing_within_reach_as_such(tmp_path: Path) -> None:
    one = drawn_runs.write(tmp_path / "a", {"P": {"school": None, "jobs": 120.0}}, TWO_ONE)
    other = drawn_runs.write(tmp_path / "b", {"P": {"school": 15.0, "jobs": 153.0}}, TWO_ONE)
    # school 0 -> 0.75 counts 2/3: +0.5; jobs 0.6 -> 0.765 counts 1/3: +0.055
    assert row(difference(one, other), "P")["why_zh"] == (
        "仍为第 1：得分由 0.200 变为 0.755（+0.555），到小学由“60 分钟内没有”变为“15 分钟”（+0.500），"
        "岗位由 120 增至 153 分钟（+0.055）"
    )


def test_a_run_beside_itself_has_nothing_to_tell(tmp_path: Path) -> None:
    run = drawn_runs.write(tmp_path / "a", {"P": {"school": 30.0}}, {"school": 1.0})
    found = difference(run, run)
    assert found.changes.empty
    assert found.values.empty
    assert list(found.parcels["why_zh"]) == [""]
    assert found.lines("zh")[1:] == ["输入、设置、版本都相同。", "没有一个地块的名次、得分或状态有变化。"]


def test_inputs_settings_and_versions_that_changed_are_listed_by_layer_and_key(tmp_path: Path) -> None:
    raws = {"P": {"school": 30.0, "jobs": 100.0}}
    one = drawn_runs.write(tmp_path / "a", raws, TWO_ONE)
    other = drawn_runs.write(
        tmp_path / "b",
        raws,
        ALIKE,
        stamp={
            "layers": {
                "schools": {"settings": {"role": "places"}, "sha256": {"data/schools.csv": "b" * 64}},
                "homes": {"settings": {"role": "places"}, "sha256": {"data/homes.csv": "c" * 64}},
            },
            "versions": {"siting": "1", "numpy": "3"},
        },
    )
    found = difference(one, other)
    told = [tuple(each) for each in found.changes.itertuples(index=False)]
    assert told == [
        ("input", "homes data/homes.csv", "", "c" * 12),
        ("input", "schools data/schools.csv", "a" * 12, "b" * 12),
        ("settings", "criterion.school.weight", "2.0", "1.0"),
        ("version", "numpy", "2", "3"),
    ]
    lines = found.lines("en")
    assert "  homes data/homes.csv: new" in lines
    assert "  criterion.school.weight: 2.0 -> 1.0" in lines


@pytest.mark.parametrize("part", ["settings", "layers", "versions", "other_files_sha256"])
def test_a_stamp_that_lacks_a_part_is_told_and_the_rest_compared(tmp_path: Path, part: str) -> None:
    one = drawn_runs.write(tmp_path / "a", {"P": {"school": 30.0}}, {"school": 1.0}, stamp={part: None})
    other = drawn_runs.write(tmp_path / "b", {"P": {"school": 15.0}}, {"school": 1.0})
    found = difference(one, other)
    assert [(note.code, note.found) for note in found.notes] == [("diff_part_missing", part)]
    assert row(found, "P")["effect_school"] == pytest.approx(0.25, abs=2e-9)


def test_a_way_to_combine_that_is_not_known_here_leaves_the_change_unsplit_and_says_so(tmp_path: Path) -> None:
    one = drawn_runs.write(tmp_path / "a", {"P": {"school": 30.0}}, {"school": 1.0}, method="delphi")
    other = drawn_runs.write(tmp_path / "b", {"P": {"school": 15.0}}, {"school": 1.0}, method="delphi")
    found = difference(one, other)
    assert [note.code for note in found.notes] == ["diff_not_split"]
    assert row(found, "P")["effect:other"] == pytest.approx(0.25, abs=2e-9)


def test_another_meaning_with_another_reference_point_counts_as_measured_and_is_told(tmp_path: Path) -> None:
    one = drawn_runs.write(tmp_path / "a", {"P": {"school": 30.0}}, {"school": 1.0})
    other = drawn_runs.write(
        tmp_path / "b",
        {"P": {"school": 15.0}},
        {"school": 1.0},
        points={"school": (40.0, 0.0)},
        cutoffs={"school": 90.0},
    )
    found = difference(one, other)
    assert [(note.code, note.found) for note in found.notes] == [("diff_joint", "school")]
    assert row(found, "P")["effect_school"] == pytest.approx(1 / 8, abs=2e-9)


def test_strangers_are_told(tmp_path: Path) -> None:
    one = drawn_runs.write(tmp_path / "a", {"P": {"school": 30.0}}, {"school": 1.0})
    other = drawn_runs.write(tmp_path / "b", {"Q": {"school": 15.0}}, {"school": 1.0})
    assert [note.code for note in difference(one, other).notes] == ["diff_strangers"]


@pytest.mark.parametrize(
    ("file", "content", "code"),
    [
        ("stamp.json", None, "no_run"),
        ("stamp.json", "[]", "damaged_run"),
        ("stamp.json", '{"format": 3, "sett', "damaged_run"),
        ("stamp.json", '{"format": 1}', "other_format"),
        ("receipts.jsonl", None, "no_run"),
        ("receipts.jsonl", "", "damaged_run"),
        ("receipts.jsonl", '{"parcel_id": "P", "criteria": [], "reasons": []}', "damaged_run"),
        ("receipts.jsonl", '{"parcel_id": "P", "crit', "damaged_run"),
        ("receipts.jsonl", "7", "damaged_run"),
    ],
)
def test_a_folder_that_is_no_whole_run_is_refused_in_words(
    tmp_path: Path, file: str, content: str | None, code: str
) -> None:
    whole = drawn_runs.write(tmp_path / "a", {"P": {"school": 30.0}}, {"school": 1.0})
    broken = drawn_runs.write(tmp_path / "b", {"P": {"school": 30.0}}, {"school": 1.0})
    if content is None:
        (broken / file).unlink()
    else:
        (broken / file).write_text(content, "utf-8")
    with pytest.raises(UsageError) as caught:
        difference(whole, broken)
    assert caught.value.problem.code == code
    assert caught.value.problem.line("zh")


def test_every_cut_of_the_receipts_is_refused_or_read_never_a_traceback(tmp_path: Path) -> None:
    run = drawn_runs.write(tmp_path / "a", {"P": {"school": 30.0}, "Q": {"school": 3.0}}, {"school": 1.0})
    raw = (run / "receipts.jsonl").read_bytes()
    for length in range(0, len(raw), 7):
        (run / "receipts.jsonl").write_bytes(raw[:length])
        try:
            told = "" if len(read_run(run).receipts) in (1, 2) else "none"
        except UsageError as error:
            told = error.problem.code
        assert told in ("", "damaged_run")


def test_runs_go_by_path_or_by_the_name_of_a_scenario(tmp_path: Path) -> None:
    run = drawn_runs.write(tmp_path / "maps/base", {"P": {"school": 30.0}}, {"school": 1.0})
    assert find_run("base", tmp_path) == find_run(run) == run
    with pytest.raises(UsageError) as caught:
        find_run("winter", tmp_path)
    assert caught.value.problem.file == "winter"


minutes = st.one_of(st.none(), st.floats(0, 80).map(lambda x: round(x, 4)))
names = st.sets(st.sampled_from(sorted(drawn_runs.POINTS)), min_size=1)


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, object]:
    """A run: which parcels and criteria, their numbers, weights, points, penalties, and the way to combine."""
    own = sorted(draw(names))
    parcels = sorted(draw(st.sets(st.sampled_from("ABCDEF"), min_size=1)))
    raws = {parcel: {name: draw(minutes) for name in own} for parcel in parcels}
    points = {
        name: (draw(st.sampled_from([60.0, 40.0])), draw(st.sampled_from([0.0, 5.0]))) for name in drawn_runs.POINTS
    }
    weights = {name: draw(st.sampled_from([1.0, 2.0, 7.0])) for name in own}
    penalties = {parcel: draw(st.sampled_from([1.0, 0.9])) for parcel in parcels}
    method = draw(st.sampled_from(["wsm", "wpm"]))
    return {"raws": raws, "weights": weights, "points": points, "penalties": penalties, "method": method}


@settings(max_examples=25, deadline=None)
@given(one=worlds(), other=worlds())
def test_shares_add_up_to_the_change_and_turn_their_sign_when_the_runs_are_exchanged(
    one: dict[str, object], other: dict[str, object]
) -> None:
    with TemporaryDirectory() as folder:
        runs = [
            read_run(drawn_runs.write(Path(folder) / name, **world))  # type: ignore[arg-type]
            for name, world in (("a", one), ("b", other))
        ]
    ends = [scored(run) for run in runs]
    found, back = shares(*ends), shares(*ends[::-1])
    change = (ends[1].scores - ends[0].scores).dropna()
    assert found.is_split
    assert np.abs(found.table.sum(axis=1) - change[found.table.index]).max() < 1e-12 if len(change) else True
    assert (found.table[OTHER].abs() < 3e-9).all()
    assert np.allclose(found.table, -back.table[found.table.columns], atol=1e-12)
    places = rank_shares(ends[0].scores, ends[1].scores)
    ranks = [{parcel: record["rank"] for parcel, record in run.receipts.items()} for run in runs]
    assert all(places.loc[parcel].sum() == ranks[1][parcel] - ranks[0][parcel] for parcel in places.index)


@settings(max_examples=12, deadline=None)
@given(world=worlds(), moved=st.floats(0, 80), weight=st.sampled_from([1.0, 3.0]), factor=st.sampled_from([1.0, 0.7]))
def test_for_two_changes_the_shares_are_the_shapley_values(
    world: dict[str, object], moved: float, weight: float, factor: float
) -> None:
    # oracle: the mean over all orders of the changes, by plain arithmetic; weights and penalty change, or one of them
    # and one criterion's number
    raws = {"A": dict(world["raws"]).popitem()[1]}  # type: ignore[call-overload]
    first = min(raws["A"])
    points = dict(world["points"])  # type: ignore[call-overload]
    weights = [dict(world["weights"]), {**world["weights"], first: weight}]  # type: ignore[dict-item, call-overload]
    numbers = [raws["A"], {**raws["A"], first: round(moved, 4)}]
    for third in (0, 1):
        factors = [1.0, factor] if third else [1.0, 1.0]
        rows = numbers if not third else [numbers[0], numbers[0]]

        def score(at: dict[str, int], rows: list[dict[str, float | None]], factors: list[float]) -> float:
            row_at = rows[at[first]]
            values = {n: 0.0 if row_at[n] is None else drawn_runs.valued(row_at[n], *points[n]) for n in row_at}
            return drawn_runs.combined(values, weights[at[WEIGHTS]], "wsm") * factors[at[PENALTY]]

        players = (WEIGHTS, PENALTY if third else first)
        expected = dict.fromkeys(players, 0.0)
        for order in permutations(players):
            at = dict.fromkeys((first, WEIGHTS, PENALTY), 0)
            for player in order:
                before = score(at, rows, factors)
                at[player] = 1
                expected[player] += (score(at, rows, factors) - before) / 2
        with TemporaryDirectory() as folder:
            runs = [
                read_run(
                    drawn_runs.write(
                        Path(folder) / str(side),
                        {"A": rows[side]},
                        weights[side],
                        points=points,
                        penalties={"A": factors[side]},
                    )
                )
                for side in (0, 1)
            ]
        found = shares(scored(runs[0]), scored(runs[1])).table.loc["A"]
        assert all(found[player] == pytest.approx(expected[player], abs=3e-9) for player in players)
        assert found[POINTS] == 0.0


@given(st.lists(st.integers(0, 9), max_size=12), st.lists(st.integers(0, 9), max_size=12), st.integers(0, 12))
def test_rank_shares_count_the_parcels_above_one_by_one(one: list[int], other: list[int], shift: int) -> None:
    before = pd.Series({f"p{i}": s / 10 for i, s in enumerate(one)}, dtype=float)
    after = pd.Series({f"p{i + shift}": s / 10 for i, s in enumerate(other)}, dtype=float)
    found = rank_shares(before, after)
    for parcel in found.index:
        entered = sum(after[q] > after[parcel] for q in after.index if q not in before.index)
        left = sum(before[q] > before[parcel] for q in before.index if q not in after.index)
        passed = sum(int(after[q] > after[parcel]) - int(before[q] > before[parcel]) for q in found.index)
        assert tuple(found.loc[parcel]) == (entered, -left, passed)


def test_the_order_of_the_receipts_changes_nothing(tmp_path: Path) -> None:
    raws = {name: {"school": float(at)} for at, name in enumerate("PQRS")}
    one = drawn_runs.write(tmp_path / "a", raws, {"school": 1.0})
    other = drawn_runs.write(tmp_path / "b", {**raws, "Q": {"school": 50.0}}, {"school": 1.0})
    straight = difference(one, other).parcels
    lines = (other / "receipts.jsonl").read_text("utf-8").splitlines()
    (other / "receipts.jsonl").write_text("\n".join(lines[::-1]), "utf-8")
    pd.testing.assert_frame_equal(difference(one, other).parcels, straight)


def test_a_school_that_moves_in_a_real_run_is_told_as_minutes(tmp_path: Path) -> None:
    # P2 at 3000 m: 3010 / 75 = 40.1 min to the school at 0; from 2000 m it is 1010 / 75 = 13.5. Weight 2 of 3, 60 worst:
    # (40.1333 - 13.4667) / 60 x 2/3 = +0.296
    project = small_project.write(tmp_path / "p")
    siting.run(project, out=tmp_path / "before")
    shared = f"名称,类别,x,y\n一小,小学,{small_project.X0 + 2000},{small_project.Y0}\n"
    (project / "data/places.csv").write_text(shared, "gb18030")
    siting.run(project, out=tmp_path / "after")
    found = difference(tmp_path / "before", tmp_path / "after")
    assert row(found, "P2")["effect_school"] == pytest.approx((40.1333 - 13.4667) / 60 * 2 / 3, abs=2e-5)
    assert "步行到小学由 40.1 降至 13.5 分钟（+0.296）" in row(found, "P2")["why_zh"]
    assert [tuple(each)[:2] for each in found.changes.itertuples(index=False)] == [("input", "places data/places.csv")]
    assert found.notes == ()
    effects = found.parcels.filter(regex="^effect").sum(axis=1, min_count=1)
    assert (effects - found.parcels["score_change"]).abs().max() < 1e-9
    assert json.loads((tmp_path / "before/stamp.json").read_text("utf-8"))["format"]


def test_two_screenings_are_compared_by_status_and_reasons(tmp_path: Path) -> None:
    project = small_project.write(tmp_path / "p")
    siting.screen(project, out=tmp_path / "before")
    file = project / "siting.toml"
    file.write_text(file.read_text("utf-8").replace("area_min = 2000", "area_min = 100"), "utf-8")
    siting.screen(project, out=tmp_path / "after")
    found = difference(tmp_path / "before", tmp_path / "after")
    assert (row(found, "small")["status_a"], row(found, "small")["status_b"]) == ("excluded", "ok")
    assert "不再有：面积 800 平方米，小于下限 2000 平方米" in row(found, "small")["why_zh"]
    assert found.notes == ()
