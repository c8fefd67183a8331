"""The dialogue about weights: which question comes next, how lines are read, and what the answers come to."""

import math
from itertools import combinations, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.base.errors import InputProblems, UsageError
from siting.base.weights_settings import JudgeBlock, WeightsBlock, weights_problems
from siting.project.asking import METHODS, Dialogue, how_many
from siting.project.questions import plain
from siting.project.weighable import Weighable, weighable
from siting.score import weights_of

PROJECT = {"title": "镇", "crs": "EPSG:4538", "language": "en"}


def row(name: str, **more: Any) -> dict[str, Any]:
    walk = {"measure": "nearest", "of": "places", "mode": "walk", "cutoff": 60.0, "better": "less"}
    return {"name": name, **walk, "worst": 60.0, "best": 5.0, **more}


def town(*names: str, weights: dict[str, Any] | None = None, language: str = "en", **more: Any) -> dict[str, Any]:
    rows = [row(name, **more) for name in names]
    table = {"project": {**PROJECT, "language": language}, "criterion": rows}
    return table if weights is None else {**table, "weights": weights}


def weighed(*names: str, **more: Any) -> Weighable:
    return weighable(town(*names, **more))


def through(dialogue: Dialogue, *lines: str) -> Dialogue:
    for line in lines:
        dialogue = dialogue.heard(line)
    return dialogue


def shares(dialogue: Dialogue) -> dict[str, float]:
    found = weights_of(dialogue.block(), dialogue.weighed.names).weights
    return {str(name): float(share) for name, share in found.items()}


END = ("k", "", "")


def test_best_worst_takes_two_ends_and_2n_minus_3_numbers() -> None:
    # a : b : c = 6 : 3 : 1, said without contradiction: a is 2 b and 6 c, b is 3 c; shares .6 .3 .1
    done = through(Dialogue(weighed("a", "b", "c"), "bwm"), "a", "c", "6", "2", "3", *END)
    assert done.kept
    assert done.block().model_dump(exclude_defaults=True) == {
        "method": "bwm",
        "best": "a",
        "worst": "c",
        "best_to_others": {"b": 2.0, "c": 6.0},
        "others_to_worst": {"a": 6.0, "b": 3.0},
    }
    assert shares(done) == pytest.approx({"a": 0.6, "b": 0.3, "c": 0.1})


def test_swing_asks_about_the_step_from_worst_to_best_and_the_first_has_100_points() -> None:
    asked = Dialogue(weighed("a", "b", "c"), "swing")
    assert any('"a" from 60 min to 5 min' in line for line in asked.lines)
    done = through(asked, "2", "40", "60", *END)
    # 40 + 100 + 60 = 200
    assert shares(done) == pytest.approx({"a": 0.2, "b": 0.5, "c": 0.3})


def test_an_order_with_equals_weighs_by_the_centroids() -> None:
    done = through(Dialogue(weighed("a", "b", "c"), "rank_order"), "2 > 1 = c", *END)
    assert done.block().order == ("b", ("a", "c"))
    # places of 3: 11/18, 5/18, 2/18; the equals share the last two: 3.5/18 each
    assert shares(done) == pytest.approx({"a": 3.5 / 18, "b": 11 / 18, "c": 3.5 / 18})


def test_points_count_by_their_proportions_and_not_all_may_be_0() -> None:
    asked = through(Dialogue(weighed("a", "b"), "direct"), "0", "0")
    assert "more than 0" in asked.lines[0]
    assert shares(through(asked, "7", *END)) == {"a": 0.0, "b": 1.0}
    assert shares(through(Dialogue(weighed("a", "b"), "direct"), "1", "3", *END)) == {"a": 0.25, "b": 0.75}


def test_every_pair_is_asked_once_and_a_fraction_says_that_the_second_matters_more() -> None:
    done = through(Dialogue(weighed("a", "b", "c"), "ahp", "Wang"), "2", "6", "3", *END)
    assert shares(done) == pytest.approx({"a": 0.6, "b": 0.3, "c": 0.1})
    turned = through(Dialogue(weighed("c", "b", "a"), "ahp"), "Wang", "1/3", "1/6", "1/2", *END)
    assert turned.block().judge[0].pairwise == (("b", "c", 3.0), ("a", "c", 6.0), ("a", "b", 2.0))
    assert shares(turned) == pytest.approx(shares(done))


def test_a_judge_is_added_beside_the_others_or_takes_the_place_of_his_former_self() -> None:
    former = [{"name": name, "pairwise": [["a", "b", times]]} for name, times in (("Li", 2.0), ("Wang", 4.0))]
    table = town("a", "b", weights={"method": "ahp", "judge": former})
    added = through(Dialogue(weighable(table), "ahp", "Zhao"), "3", *END).block()
    assert [each.name for each in added.judge] == ["Li", "Wang", "Zhao"]
    again = through(Dialogue(weighable(table), "ahp", "Li"), "9", *END).block()
    assert again.judge == (
        JudgeBlock(name="Li", pairwise=(("a", "b", 9.0),)),
        JudgeBlock(name="Wang", pairwise=(("a", "b", 4.0),)),
    )


def test_judges_whose_comparisons_no_longer_fit_are_named_before_anything_is_kept() -> None:
    former = [{"name": "Li", "pairwise": [["a", "gone", 2.0]]}]
    asked = through(Dialogue(weighed("a", "b", weights={"method": "ahp", "judge": former}), "ahp", "Wang"), "3")
    assert any("Li" in line for line in asked.lines)
    assert [each.name for each in asked.block().judge] == ["Wang"]


def test_a_block_of_another_method_is_not_replaced_in_silence() -> None:
    former = {"method": "direct", "points": {"a": 1.0, "b": 3.0}}
    asked = Dialogue(weighed("a", "b", weights=former), "rank_order")
    assert asked.weighed.now == {"a": 0.25, "b": 0.75}
    assert any("(method direct) is replaced" in line for line in through(asked, "a > b").lines)


def test_the_method_is_asked_for_with_the_number_of_questions_that_each_takes() -> None:
    lines = Dialogue(weighed(*"abcdef")).lines
    assert [line.rsplit("; ", 1)[1].split()[0] for line in lines[1:]] == ["11", "6", "1", "6", "15"]
    assert through(Dialogue(weighed(*"abc")), "swing").chosen == "swing"
    assert through(Dialogue(weighed(*"abc")), "5").chosen == "ahp"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("count", [2, 3, 4, 7])
def test_as_many_questions_are_asked_as_were_told(method: Any, count: int) -> None:
    dialogue, asked = Dialogue(weighed(*"abcdefg"[:count]), method, "Wang" * (method == "ahp")), 0
    while dialogue.question is not None and dialogue.question.key != ("verdict",):
        question = dialogue.question
        assert f"[{asked + 1}/{how_many(method, count)}]" in dialogue.prompt
        answers = {"choice": str(asked + 1), "number": "2", "order": ">".join(question.choices or ())}
        dialogue, asked = dialogue.heard(answers[question.kind]), asked + 1
        assert not dialogue.reason
    assert asked == how_many(method, count)


def test_comparing_two_by_two_is_refused_for_more_than_ten() -> None:
    asked = through(Dialogue(weighed(*"abcdefghijk")), "ahp")
    assert "10 at most" in asked.lines[0]
    assert asked.question is not None
    assert asked.question.key == ("method",)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (("x",), 'no "x"'),
        (("0",), 'no "0"'),
        (("4",), 'no "4"'),
        (("",), "Please answer"),
        (("a\x1b[31m",), "cannot be shown"),
        (("a", "a"), "most important already"),
        (("a", "c", "ten"), "no number"),
        (("a", "c", "0.5"), "between 1 and 9"),
        (("a", "c", "10"), "between 1 and 9"),
        (("a", "c", "nan"), "no number"),
        (("a", "c", "1e1"), "no number"),
        (("a", "c", "3/0"), "no number"),
        (("a", "c", "-3"), "no number"),
        (("a", "c", "4", "5"), "between 1 and 4"),
    ],
)
def test_what_is_no_answer_is_asked_again_with_the_reason(lines: tuple[str, ...], told: str) -> None:
    before = through(Dialogue(weighed("a", "b", "c"), "bwm"), *lines[:-1])
    asked = before.heard(lines[-1])
    assert told in asked.lines[0]
    assert asked.question == before.question


def test_an_unknown_name_is_answered_with_the_list() -> None:
    asked = through(Dialogue(weighed("a", "b"), "swing"), "zzz")
    assert asked.lines[1:] == ("1. a", "2. b")


def test_an_unknown_method_or_answer_to_change_is_answered_with_the_lines_that_explain_them() -> None:
    begun = Dialogue(weighed("a", "b"))
    assert begun.heard("zzz").lines[1:] == begun.lines[1:]
    changing = through(Dialogue(weighed("a", "b"), "direct"), "1", "3", "c")
    assert changing.heard("9").lines[1:] == changing.lines


@pytest.mark.parametrize(
    ("line", "told"), [("a > b", "Missing: c"), ("a > b = a > c", "more than once"), ("a > b > ", 'no ""')]
)
def test_an_order_must_hold_every_criterion_once(line: str, told: str) -> None:
    assert told in through(Dialogue(weighed("a", "b", "c"), "rank_order"), line).lines[0]


def test_wide_characters_titles_and_capitals_are_understood() -> None:
    table = town("school", "clinic", "shop", language="zh")
    table["criterion"][0]["title"] = "步行到小学"
    asked = through(Dialogue(weighable(table), "bwm"), "步行到小学", "ＳＨＯＰ", "４．５", "９/4", "1")
    assert asked.block().best_to_others == {"shop": 4.5, "clinic": 2.25}
    ordered = through(Dialogue(weighable(table), "rank_order"), "步行到小学＞３＝2")
    assert ordered.block().order == ("school", ("shop", "clinic"))


def test_a_title_of_two_criteria_names_neither() -> None:
    assert "no" in through(Dialogue(weighed("a", "b", title="walk"), "swing"), "walk").lines[0]


def test_a_criterion_that_is_called_q_is_chosen_by_its_number() -> None:
    assert through(Dialogue(weighed("q", "b"), "swing"), "q").quit
    assert through(Dialogue(weighed("q", "b"), "swing"), "1", "50").block().points == {"q": 100.0, "b": 50.0}


def test_b_takes_back_one_answer_and_q_ends_it_at_any_question() -> None:
    begun = Dialogue(weighed("a", "b", "c"), "bwm")
    assert "first question" in begun.heard("b").lines[0]
    trail = [begun]
    for line in ("a", "c", "6", "2", "3", "k", "meeting"):
        trail.append(trail[-1].heard(line))
    for earlier, later in pairwise(trail):
        assert later.heard("B").question == earlier.question
        assert later.heard("q").quit
        assert not later.heard("q").kept


def test_changing_one_answer_asks_it_alone_and_keeps_the_others() -> None:
    asked = through(Dialogue(weighed("a", "b", "c"), "bwm"), "a", "c", "6", "2", "3", "c", "4")
    assert asked.question is not None
    assert asked.question.key == ("best_to", "a", "b")
    done = through(asked, "4", *END)
    assert done.block().best_to_others == {"b": 4.0, "c": 6.0}
    assert done.block().others_to_worst == {"a": 6.0, "b": 3.0}


def test_changing_an_answer_asks_anew_what_no_longer_fits_it() -> None:
    asked = through(Dialogue(weighed("a", "b", "c"), "bwm"), "a", "c", "6", "2", "3", "c", "3", "2")
    # b is 3 times c, but a is only 2 times c now: that one is asked again, a to b (2) still stands
    assert asked.question is not None
    assert asked.question.key == ("to_worst", "b", "c")
    assert through(asked, "1", *END).kept


def test_a_least_important_that_becomes_the_most_important_is_asked_for_again() -> None:
    asked = through(Dialogue(weighed("a", "b", "c"), "bwm"), "a", "c", "6", "2", "3", "c", "1", "c")
    assert asked.question is not None
    assert asked.question.key == ("worst",)


def test_back_from_a_changed_question_goes_to_the_one_before_it() -> None:
    asked = through(Dialogue(weighed("a", "b", "c"), "swing"), "a", "40", "60", "c", "2", "b")
    assert asked.question is not None
    assert asked.question.key == ("top",)


def test_no_number_stands_for_keeping_so_that_one_line_too_many_keeps_nothing() -> None:
    asked = through(Dialogue(weighed("a", "b"), "direct"), "1", "3", "1")
    assert asked.question is not None
    assert asked.question.key == ("verdict",)


def test_source_and_evidence_are_what_was_said_and_may_be_left_empty() -> None:
    done = through(Dialogue(weighed("a", "b"), "direct"), "1", "3", "k", "局务会 2026-03-01", "s")
    assert (done.block().source, done.block().evidence) == ("局务会 2026-03-01", "S")
    plainly = through(Dialogue(weighed("a", "b"), "direct"), "1", "3", *END)
    assert (plainly.block().source, plainly.block().evidence) == ("", "U")


def test_a_contradiction_is_told_with_its_three_criteria_and_the_bound() -> None:
    # a is 2 b, b is 4 c, which makes a 8 c; said: 4. ratio |2*4 - 4| / (4*4 - 4) = 1/3, bound for 4 and 3 criteria .1121
    said = "\n".join(through(Dialogue(weighed("a", "b", "c"), "bwm"), "a", "c", "4", "2", "4").lines)
    assert "ratio 0.3333, more than the bound of 0.1121" in said
    assert '"a" is 2 times "b", "b" 4 times "c", which makes "a" 8 times "c"; the answer was 4' in said
    judged = "\n".join(through(Dialogue(weighed("a", "b", "c"), "ahp", "Li"), "2", "1/9", "4").lines)
    assert "more than the bound of 0.10" in judged
    assert '"a" is 2 times "b", "b" 4 times "c", which makes "a" 8 times "c"; the answer was 1/9' in judged


def test_no_contradiction_is_told_where_there_is_none() -> None:
    for begun in (Dialogue(weighed("a", "b", "c"), "bwm"), Dialogue(weighed("a", "b", "c"), "ahp", "Li")):
        lines = ("a", "c", "6", "2", "3") if begun.method == "bwm" else ("2", "6", "3")
        said = "\n".join(through(begun, *lines).lines)
        assert "ratio 0.00" in said
        assert "Farthest apart" not in said


def test_one_criterion_needs_no_question_and_weighs_all() -> None:
    begun = Dialogue(weighed("a"), "bwm")
    assert "nothing to ask" in begun.lines[0]
    assert shares(through(begun, *END)) == {"a": 1.0}


def test_criteria_that_are_only_shown_are_neither_asked_nor_touched() -> None:
    table = town("a", "b", "c")
    for each, weight in zip(table["criterion"], (2, 0, 1), strict=True):
        each["weight"] = weight
    found = weighable(table)
    assert found.names == ("a", "c")
    assert found.stated == ("a", "c")
    assert [each.name for each in found.shown_only] == ["b"]
    assert found.now == pytest.approx({"a": 2 / 3, "c": 1 / 3})


def test_nothing_to_weigh_and_broken_criteria_are_told() -> None:
    for table in ({"project": PROJECT}, town("a", weight=0)):
        with pytest.raises(UsageError) as nothing:
            weighable(table)
        assert nothing.value.problem.code == "nothing_to_weigh"
    with pytest.raises(InputProblems) as broken:
        weighable({**town("a", best=99.0), "finance": {"unfinished": 1}})
    assert [each.code for each in broken.value.problems] == ["reference_points"]


def test_answers_that_are_missing_make_no_block() -> None:
    with pytest.raises(KeyError):
        Dialogue(weighed("a", "b"), "direct").block()


def rounded_ratio(over: float, under: float) -> float:
    return min(9.0, max(1.0, round(over / under, 3)))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=2, max_size=7))
def test_true_ratios_told_to_best_worst_give_back_the_ranking_of_the_weights(true: list[int]) -> None:
    names = [f"c{at}" for at in range(len(true))]
    known = dict(zip(names, true, strict=True))
    best, worst = max(names, key=lambda n: known[n]), min(reversed(names), key=lambda n: known[n])
    dialogue = Dialogue(weighed(*names), "bwm")
    while dialogue.question is not None and dialogue.question.key != ("verdict",):
        kind, *pair = dialogue.question.key
        ends = {"best": best, "worst": worst}
        line = ends[kind] if kind in ends else f"{rounded_ratio(known[pair[0]], known[pair[1]]):.3f}"
        dialogue = dialogue.heard(line)
        assert not dialogue.reason
    found = shares(dialogue)
    for one, other in combinations(names, 2):
        # shares of whole numbers up to 63 in all differ by 1/63 or not at all
        gap = found[one] - found[other]
        assert (gap > 0.002) - (gap < -0.002) == (known[one] > known[other]) - (known[one] < known[other])
    assert max(abs(found[n] - known[n] / sum(true)) for n in names) < 0.002


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(METHODS), st.integers(1, 5), st.lists(st.sampled_from([*"123456789bck", "1/3", "", "x", "2>1=3"]))
)
def test_whatever_is_typed_no_block_is_made_that_the_settings_would_refuse(
    method: Any, count: int, lines: list[str]
) -> None:
    dialogue = Dialogue(weighed(*"vwxyz"[:count]), method)
    for line in [*lines, *lines, "k", "", ""]:
        dialogue = dialogue.heard(line)
    if dialogue.kept:
        block: WeightsBlock = dialogue.block()
        assert weights_problems(block, dialogue.weighed.names) == []
        assert math.isclose(sum(shares(dialogue).values()), 1)
    else:
        assert dialogue.prompt


def test_numbers_are_written_as_one_would_say_them() -> None:
    assert [plain(each) for each in (3.0, 2.5, 1 / 3, 0.4, 0.0, 8 / 3)] == ["3", "2.5", "1/3", "0.4", "0", "2.66667"]


def test_every_pair_of_n_criteria_is_counted() -> None:
    assert [how_many("ahp", n) for n in range(1, 6)] == [len(list(combinations(range(n), 2))) for n in range(1, 6)]
