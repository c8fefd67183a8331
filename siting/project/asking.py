"""The dialogue of `siting weights`: which question comes next, and what the answers come to. No terminal, no file.

The questions follow from the answers: the next one is the first that has no answer. So going back is to forget the last answer,
and changing one asks anew only what it bears on.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations, takewhile
from typing import Any, Literal, get_args

from siting.base.columns import Evidence
from siting.base.settings import Criterion
from siting.base.texts import section, text
from siting.base.weights_settings import CRITERIA_MAX, SCALE_MAX, SWING_TOP, WeightsBlock, weights_problems
from siting.project.judged import block_of, review
from siting.project.questions import Answer, Key, Question, UnheardError, plain
from siting.project.weighable import Weighable

Method = Literal["bwm", "swing", "rank_order", "direct", "ahp"]
METHODS: tuple[Method, ...] = get_args(Method)
POINTS_MAX = 1_000_000.0
QUIT, BACK, KEEP, CHANGE = "q", "b", "k", "c"
NO_JUDGEMENT = ("method", "verdict", "which", "source", "evidence")


def how_many(method: Method, count: int) -> int:
    """Return how many questions a method asks about so many criteria; of bwm 2n - 3 comparisons and the two ends."""
    if count < 2:
        return 0
    numbers = {
        "bwm": 2 if count == 2 else 2 * count - 1,
        "swing": count,
        "rank_order": 1,
        "direct": count,
        "ahp": count * (count - 1) // 2,
    }
    return numbers[method]


@dataclass(frozen=True)
class Dialogue:
    """A dialogue about weights as it stands: who is weighed, what was answered, and what is to be said next.

    method, judge: where the command gave them. state: `kept` once every answer is there, `quit` where the user left.
    """

    weighed: Weighable
    method: Method | None = None
    judge: str = ""
    answers: Mapping[Key, Answer] = field(default_factory=dict)
    reason: str = ""
    quit: bool = False

    def heard(self, line: str) -> "Dialogue":
        """Return the dialogue after a typed line: one answer on, one back, left, or with the reason why it was no answer."""
        written = line.replace("\t", " ").strip().strip("\ufeff").strip()
        question = self.question
        if question is None or self.quit:
            return self
        if not written.isprintable():
            return self._again("unreadable")
        if written.lower() in (QUIT, BACK):
            return replace(self, quit=True, reason="") if written.lower() == QUIT else self._back()
        try:
            answer = question.read(written)
            self._possible(question, answer)
        except UnheardError as error:
            return replace(self, reason=str(error))
        answers = {**self.answers, question.key: answer}
        if question.key == ("which",):
            gone = {key for key in answers if "/".join(key) == answer}
            answers = _without(answers, {*gone, ("verdict",), ("which",)})
        return replace(self, answers=answers, reason="")

    @cached_property
    def question(self) -> Question | None:
        """The first question without an answer; None once all are answered."""
        return next((each for each in self._asked() if not each.takes(self.answers.get(each.key))), None)

    @property
    def kept(self) -> bool:
        """Whether every question is answered, so that the block can be written."""
        return not self.quit and self.question is None

    @property
    def lines(self) -> tuple[str, ...]:
        """What is to be said before the question: why it is asked again, else what leads to it."""
        if self.reason:
            return tuple(self.reason.split("\n"))
        return () if self.question is None else self.question.lead

    @property
    def prompt(self) -> str:
        """The question as it stands before the cursor, with its number among those of the method."""
        question = self.question
        if question is None:
            return ""
        mark = ""
        if question.key[0] not in (*NO_JUDGEMENT, "judge"):
            done = sum(each.key[0] != "judge" for each in self.judged) + 1
            total = how_many(self.chosen, len(self.weighed.names))
            mark = self.weighed.say("mark", done=done, total=total)
        return f"{mark}{question.say}{self.weighed.say('colon')}"

    @property
    def chosen(self) -> Method:
        """The method; bwm while none is chosen."""
        if len(self.weighed.names) == 1:
            return "direct"
        if self.method is not None:
            return self.method
        answered = self.answers.get(("method",))
        return next((each for each in METHODS if each == answered), METHODS[0])

    @property
    def named_judge(self) -> str:
        """The judge who answers; empty where the method keeps none apart."""
        return self.judge or str(self.answers.get(("judge",), "")) if self.chosen == "ahp" else ""

    @property
    def judged(self) -> tuple[Question, ...]:
        """The questions on judgements that are answered, up to the first that is not."""
        found: list[Question] = []
        for each in self._judgements():
            if not each.takes(self.answers.get(each.key)):
                break
            found.append(each)
        return tuple(found)

    def block(self) -> WeightsBlock:
        """Return `[weights]` as the answers make it; KeyError while judgements are missing."""
        source = str(self.answers.get(("source",), ""))
        evidence = next((each for each in get_args(Evidence) if each == self.answers.get(("evidence",))), "U")
        block = block_of(self.chosen, self.weighed, self.answers, self.named_judge)
        block = block.model_copy(update={"source": source, "evidence": evidence})
        amiss = weights_problems(block, self.weighed.names)
        if amiss:
            msg = f"answers: {'; '.join(each.line('en') for each in amiss)}"
            raise ValueError(msg)
        return block

    def opening(self) -> tuple[str, ...]:
        """Return what is said first: the criteria with their reference points and present weights."""
        weighed = self.weighed
        lines = [weighed.say("opening", count=len(weighed.names))]
        for number, each in enumerate(weighed.criteria, start=1):
            share = weighed.now.get(each.name)
            now = weighed.say("no_weight") if share is None else f"{share:.1%}"
            ends = {"worst": self._amount(each, each.worst), "best": self._amount(each, each.best)}
            lines.append(
                weighed.say("criterion", number=number, title=self._title(each), name=each.name, now=now, **ends)
            )
        if weighed.shown_only:
            titles = weighed.joined(each.caption(weighed.language) for each in weighed.shown_only)
            lines.append(weighed.say("shown_only", titles=titles))
        return tuple(lines)

    def _asked(self) -> Iterator[Question]:
        """Yield the questions in their order, as far as the answers determine them."""
        if len(self.weighed.names) > 1 and self.method is None:
            yield self._method_question()
            if ("method",) not in self.answers:
                return
        yield from self._judgements()
        if len(self.judged) < len(tuple(self._judgements())):
            return
        alone = (self.weighed.say("alone"),) if len(self.weighed.names) == 1 else ()
        verdicts = dict.fromkeys((KEEP, CHANGE) if self.judged else (KEEP,), "")
        lead = (*alone, *review(self.chosen, self.weighed, self.block(), self.named_judge))
        asked = self._question(("verdict",), "choice", self.weighed.say("ask.verdict"), lead=lead, choices=verdicts)
        yield replace(asked, numbered=False, rows=())
        if self.answers.get(("verdict",)) == CHANGE:
            yield self._which_question()
        yield self._question(
            ("source",), "text", self.weighed.say("ask.source"), lead=(self.weighed.say("lead.source"),), fallback=""
        )
        grades = {each: text(f"word.evidence_{each}", self.weighed.language) for each in get_args(Evidence)}
        asked = self._question(("evidence",), "choice", self.weighed.say("ask.evidence"), choices=grades, fallback="U")
        yield replace(asked, numbered=False, lead=asked.listed(numbered=False))

    def _judgements(self) -> Iterator[Question]:
        """Yield the questions of the method; those that hang on an answer only once it is there."""
        if len(self.weighed.names) == 1 or (self.method is None and ("method",) not in self.answers):
            return
        makers = {
            "bwm": self._best_worst,
            "swing": self._swing,
            "rank_order": self._rank_order,
            "direct": self._direct,
            "ahp": self._pairs,
        }
        yield from makers[self.chosen]()

    def _best_worst(self) -> Iterator[Question]:
        titles = self._titles()
        yield self._question(
            ("best",), "choice", self.weighed.say("ask.best"), lead=(self.weighed.say("lead.bwm"),), choices=titles
        )
        best = self.answers.get(("best",))
        if best not in titles:
            return
        others = {name: title for name, title in titles.items() if name != best}
        worst: Answer | None = next(iter(others))
        if len(others) > 1:
            # all are choices, so that the numbers stay those of the list above
            asked = self._question(("worst",), "choice", self.weighed.say("ask.worst"), choices=titles)
            yield replace(asked, barred=str(best))
            worst = self.answers.get(("worst",))
            if worst not in others:
                return
        best, worst = str(best), str(worst)
        yield self._ratio("span", best, worst, lead=(self.weighed.say("lead.scale"),))
        span = self.answers.get(("span", best, worst))
        # where both ends matter the same, so does all between them
        if not isinstance(span, float) or span == 1:
            return
        middle = [name for name in others if name != worst]
        yield from (self._ratio("best_to", best, name, high=span) for name in middle)
        yield from (self._ratio("to_worst", name, worst, high=span) for name in middle)

    def _ratio(
        self, kind: str, one: str, other: str, *, high: float = SCALE_MAX, lead: tuple[str, ...] = ()
    ) -> Question:
        titles = self._titles()
        say = self.weighed.say(f"ask.{kind}", one=titles[one], other=titles[other])
        say += self.weighed.say("ask.range", low=1, high=plain(high))
        beyond = "" if kind == "span" else self.weighed.say("amiss.beyond_span")
        asked = self._question((kind, one, other), "number", say, lead=lead, beyond=beyond)
        return replace(asked, low=1.0, high=float(high))

    def _swing(self) -> Iterator[Question]:
        steps = {each.name: self._step(each) for each in self.weighed.criteria}
        listed = tuple(f"{at}. {step}" for at, step in enumerate(steps.values(), start=1))
        lead = (self.weighed.say("lead.swing"), *listed)
        yield self._question(("top",), "choice", self.weighed.say("ask.top"), lead=lead, choices=self._titles())
        top = self.answers.get(("top",))
        if top not in steps:
            return
        lead = (self.weighed.say("lead.swing_points", title=self._titles()[str(top)]),)
        titles = {name: step for name, step in steps.items() if name != top}
        for at, (name, step) in enumerate(titles.items()):
            say = self.weighed.say("ask.swing", step=step) + self.weighed.say("ask.range", low=0, high=SWING_TOP)
            shown = () if at else lead
            yield self._question(("swing", str(top), name), "number", say, lead=shown, high=float(SWING_TOP))

    def _rank_order(self) -> Iterator[Question]:
        titles = self._titles()
        asked = self._question(("order",), "order", self.weighed.say("ask.order"), choices=titles)
        yield replace(asked, lead=(self.weighed.say("lead.order"),))

    def _direct(self) -> Iterator[Question]:
        lead, titles = (self.weighed.say("lead.direct"),), self._titles()
        for at, (name, title) in enumerate(titles.items(), start=1):
            last = at == len(titles)
            needed = last and not any(self.answers.get(("points", each)) for each in titles if each != name)
            say = self.weighed.say("ask.points", one=title)
            asked = self._question(("points", name), "number", say, high=POINTS_MAX)
            yield replace(asked, positive=needed, lead=lead if at == 1 else ())

    def _pairs(self) -> Iterator[Question]:
        if not self.judge:
            yield self._question(("judge",), "text", self.weighed.say("ask.judge"))
        titles, lead = self._titles(), (self.weighed.say("lead.scale"), self.weighed.say("lead.pair"))
        for at, (one, other) in enumerate(combinations(titles, 2)):
            say = self.weighed.say("ask.pair", one=titles[one], other=titles[other])
            asked = self._question(("pair", one, other), "number", say, lead=() if at else lead)
            yield replace(asked, low=1 / SCALE_MAX, high=float(SCALE_MAX))

    def _method_question(self) -> Question:
        count = len(self.weighed.names)
        rows = tuple(
            self.weighed.say(f"method.{each}", number=at, count=how_many(each, count))
            for at, each in enumerate(METHODS, start=1)
        )
        asked = self._question(("method",), "choice", self.weighed.say("method.say"), rows=rows)
        return replace(asked, lead=(self.weighed.say("method.lead"), *rows), choices=dict.fromkeys(METHODS, ""))

    def _which_question(self) -> Question:
        rows = tuple(
            self.weighed.say("result.answer", number=at, say=each.say, answer=each.spoken(self.answers[each.key]))
            for at, each in enumerate(self.judged, start=1)
        )
        choices = {"/".join(each.key): each.say for each in self.judged}
        return self._question(
            ("which",), "choice", self.weighed.say("ask.which"), lead=rows, rows=rows, choices=choices
        )

    def _possible(self, question: Question, answer: Answer) -> None:
        count = len(self.weighed.names)
        if question.key == ("method",) and answer == "ahp" and count > CRITERIA_MAX:
            raise UnheardError(self.weighed.say("amiss.ahp_too_many", count=count, limit=CRITERIA_MAX))

    def _back(self) -> "Dialogue":
        question = self.question
        done = [each.key for each in takewhile(lambda each: each != question, self._asked())]
        if not done:
            return self._again("first")
        return replace(self, answers=_without(self.answers, {done[-1]}), reason="")

    def _again(self, reason: str) -> "Dialogue":
        return replace(self, reason=self.weighed.say(f"amiss.{reason}"))

    def _question(self, key: Key, kind: Any, say: str, **terms: Any) -> Question:
        return Question(key, kind, say, self.weighed.language, **terms)

    def _titles(self) -> dict[str, str]:
        return {each.name: self._title(each) for each in self.weighed.criteria}

    def _title(self, criterion: Criterion) -> str:
        return criterion.caption(self.weighed.language)

    def _step(self, criterion: Criterion) -> str:
        ends = {"worst": self._amount(criterion, criterion.worst), "best": self._amount(criterion, criterion.best)}
        return self.weighed.say("step", title=self._title(criterion), **ends)

    def _amount(self, criterion: Criterion, number: float) -> str:
        # here and not above: the measures come with heavy libraries
        from siting.access import MEASURES  # noqa: PLC0415

        measure = MEASURES.get(criterion.measure)
        unit = section("asking.unit", self.weighed.language).get(measure.unit if measure is not None else "")
        return f"{number:g}" if unit is None else unit.format(amount=f"{number:g}")


def _without(answers: Mapping[Key, Answer], gone: set[Key]) -> dict[Key, Answer]:
    return {key: answer for key, answer in answers.items() if key not in gone}
