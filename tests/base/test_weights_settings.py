"""What people wrote under [weights] and [combine]: all that is amiss is told at once."""

import pytest
from pydantic import ValidationError

from siting.base.settings_checks import validated
from siting.base.weights_settings import CombineBlock, WeightsBlock, weights_problems

NAMES = ["jobs_30", "school", "grid"]
PAIRS = [["jobs_30", "school", 3], ["school", "grid", 2], ["jobs_30", "grid", 6]]
BWM = {
    "method": "bwm",
    "best": "jobs_30",
    "worst": "grid",
    "best_to_others": {"school": 2, "grid": 6},
    "others_to_worst": {"school": 3},
}


def told(block: dict) -> list[tuple[str, str, str]]:
    """Return code, place and finding of every problem."""
    problems = weights_problems(WeightsBlock.model_validate(block), NAMES)
    assert all(each.file == "siting.toml" for each in problems)
    assert all(each.line("zh") and each.line("en") for each in problems)
    return [(each.code, each.where, each.found) for each in problems]


@pytest.mark.parametrize(
    "block",
    [
        {"method": "direct", "points": {"jobs_30": 5, "school": 3, "grid": 0}},
        {"method": "swing", "points": {"jobs_30": 100, "school": 60, "grid": 0}},
        {"method": "rank_order", "order": ["jobs_30", ["school", "grid"]]},
        {"method": "ahp", "judge": [{"name": "自规局", "pairwise": PAIRS}], "source": "会议纪要", "evidence": "S"},
        BWM,
        {
            **BWM,
            "best_to_others": {"jobs_30": 1, "school": 2, "grid": 6},
            "others_to_worst": {"school": 3, "jobs_30": 6},
        },
        {**BWM, "best_to_others": {"school": 2}, "others_to_worst": {"school": 3, "jobs_30": 6, "grid": 1}},
    ],
)
def test_usable_blocks_have_no_problem(block: dict) -> None:
    assert told(block) == []


def test_an_unknown_criterion_is_told_with_the_nearest_name() -> None:
    block = WeightsBlock.model_validate({"method": "direct", "points": {"jobs_3": 5, "school": 3, "grid": 1}})
    unknown, lacking = weights_problems(block, NAMES)
    assert (unknown.code, unknown.found, unknown.expected) == ("weights_unknown", "jobs_3", "jobs_30")
    assert (lacking.code, lacking.found) == ("weights_lacking", "jobs_30")


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ({"method": "direct"}, [("missing_key", "weights.points", "")]),
        (
            {"method": "direct", "points": {"jobs_30": 0, "school": 0, "grid": 0}},
            [("no_weight", "weights.points", "")],
        ),
        (
            {"method": "direct", "points": {"jobs_30": 1, "school": -1, "grid": 0}, "order": ["grid"]},
            [("weights_idle_key", "weights.order", "order"), ("wrong_value", "weights.points.school", "-1")],
        ),
        (
            {"method": "swing", "points": {"jobs_30": 120, "school": 50, "grid": 10}},
            [("wrong_value", "weights.points.jobs_30", "120"), ("swing_without_top", "weights.points", "")],
        ),
        (
            {"method": "rank_order", "order": ["school", ["jobs_30", "school"], "water"]},
            [
                ("weights_repeated", "weights.order", "school"),
                ("weights_unknown", "weights.order", "water"),
                ("weights_lacking", "weights.order", "grid"),
            ],
        ),
        ({"method": "ahp"}, [("missing_key", "weights.judge", "")]),
        (
            {
                "method": "ahp",
                "judge": [
                    {"name": "甲", "pairwise": [*PAIRS[:2], ["school", "jobs_30", 3], ["grid", "grid", 1]]},
                    {"name": "甲", "pairwise": [*PAIRS[:2], ["jobs_30", "grid", 12]]},
                ],
            },
            [
                ("weights_repeated", "weights.judge", "甲"),
                ("pair_repeated", "weights.judge 甲.pairwise", "school, jobs_30"),
                ("pair_repeated", "weights.judge 甲.pairwise", "grid, grid"),
                ("pair_lacking", "weights.judge 甲.pairwise", "jobs_30-grid"),
                ("wrong_value", "weights.judge 甲.pairwise", "jobs_30, grid, 12"),
            ],
        ),
        ({**BWM, "worst": "jobs_30", "best_to_others": {"school": 2, "grid": 6}}, None),
        (
            {**BWM, "others_to_worst": {"school": 3, "jobs_30": 5}},
            [("bwm_two_spans", "weights.others_to_worst.jobs_30", "5")],
        ),
        (
            {**BWM, "best_to_others": {"school": 7, "grid": 6}},
            [("bwm_beyond_span", "weights.best_to_others.school", "7")],
        ),
        (
            {**BWM, "best_to_others": {"jobs_30": 2, "school": 0.5, "grid": 6}},
            [
                ("wrong_value", "weights.best_to_others.jobs_30", "2"),
                ("wrong_value", "weights.best_to_others.school", "0.5"),
            ],
        ),
        (
            {**BWM, "best_to_others": {"school": 2}},
            [
                ("weights_lacking", "weights.best_to_others", "grid"),
                ("weights_lacking", "weights.others_to_worst", "jobs_30"),
            ],
        ),
        ({**BWM, "best": "jobs"}, None),
    ],
)
def test_everything_amiss_is_told(block: dict, expected: list | None) -> None:
    found = told(block)
    assert found
    if expected is not None:
        assert sorted(found) == sorted(expected)


def test_the_ends_of_best_and_worst_must_be_two_criteria() -> None:
    assert ("bwm_same_ends", "weights.worst", "jobs_30") in told({**BWM, "worst": "jobs_30"})
    assert ("weights_unknown", "weights.best", "jobs") in told({**BWM, "best": "jobs"})


def test_more_than_ten_criteria_are_too_many_to_compare_two_by_two() -> None:
    many = [f"c{at}" for at in range(11)]
    pairwise = [[one, other, 1] for at, one in enumerate(many) for other in many[at + 1 :]]
    block = WeightsBlock.model_validate({"method": "ahp", "judge": [{"name": "甲", "pairwise": pairwise}]})
    assert [each.code for each in weights_problems(block, many)] == ["ahp_too_many"]


def test_what_is_not_of_its_kind_is_told_by_the_block_itself() -> None:
    for raw in (
        {"method": "entropy"},
        {"method": "direct", "point": {"a": 1}},
        {"method": "direct", "points": {"a": "3"}},
        {"method": "ahp", "judge": [{"name": "", "pairwise": []}]},
        {"method": "ahp", "judge": [{"name": "a", "pairwise": [["a", "b"]]}]},
    ):
        block, problems = validated(WeightsBlock, raw, "siting.toml")
        assert block is None
        assert problems


def test_alpha_belongs_to_owa_and_to_nothing_else() -> None:
    assert CombineBlock().method == "wsm"
    assert CombineBlock(method="owa", alpha=2.0).alpha == 2
    for raw in ({"method": "owa"}, {"method": "wpm", "alpha": 2.0}, {"alpha": 2.0}, {"method": "owa", "alpha": 0.0}):
        with pytest.raises(ValidationError):
            CombineBlock.model_validate(raw)
