"""What the answers about weights come to: the block for siting.toml, and how it is shown before it is kept."""

import unicodedata
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from siting.base.weights_settings import SWING_TOP, JudgeBlock, WeightsBlock
from siting.project.questions import Answer, Key, plain
from siting.project.weighable import Weighable
from siting.score import Weights, weights_of
from siting.score.best_worst import Ends, input_ratio, threshold
from siting.score.pairwise import RATIO_MAX, worst_triad

BAR = 30


def block_of(method: str, weighed: Weighable, answers: Mapping[Key, Answer], judge: str) -> WeightsBlock:
    """Return `[weights]` as the answers of a method make it, without source; other judges that fit are kept (ahp)."""
    names = weighed.names
    if method == "bwm":
        return _best_worst(names, answers)
    if method == "rank_order":
        order = answers[("order",)]
        groups = order if isinstance(order, tuple) else ()
        return WeightsBlock(method="rank_order", order=tuple(each if len(each) > 1 else each[0] for each in groups))
    if method == "ahp":
        own = JudgeBlock(name=judge, pairwise=tuple(_stated(pair, answers) for pair in combinations(names, 2)))
        others = {each.name: each for each in weighed.judges}
        # one who judges again keeps the place in the file
        return WeightsBlock(method="ahp", judge=tuple({**others, judge: own}.values()))
    if method == "swing":
        top = str(answers[("top",)])
        points = {name: _number(answers, "swing", top, name) if name != top else float(SWING_TOP) for name in names}
        return WeightsBlock(method="swing", points=points)
    alone = len(names) == 1
    return WeightsBlock(
        method="direct", points={name: 1.0 if alone else _number(answers, "points", name) for name in names}
    )


def review(method: str, weighed: Weighable, block: WeightsBlock, judge: str) -> tuple[str, ...]:
    """Return what is said before the weights are kept: bars, consistency, the largest contradiction, what will be written."""
    found = weights_of(block, weighed.names)
    lines = [weighed.say("result.heading"), *_bars(weighed, found)]
    if method == "bwm":
        lines += _best_worst_lines(weighed, block)
    elif method == "ahp":
        lines += _pairwise_lines(weighed, block, judge, found)
    elif len(weighed.names) > 1:
        lines.append(weighed.say("result.unchecked"))
    lines += [weighed.say("result.zero", title=weighed.caption(n)) for n in weighed.names if not found.weights[n]]
    if weighed.former not in ("", "ahp" if method == "ahp" else ""):
        lines.append(weighed.say("result.will_replace", method=weighed.former))
    if method == "ahp" and weighed.dropped and judge not in weighed.dropped:
        lines.append(weighed.say("dropped", names=weighed.joined(weighed.dropped)))
    lines.append(weighed.say("result.will_write"))
    if weighed.stated:
        titles = weighed.joined(map(weighed.caption, weighed.stated))
        lines.append(weighed.say("result.will_remove", titles=titles))
    return tuple(lines)


def _best_worst(names: tuple[str, ...], answers: Mapping[Key, Answer]) -> WeightsBlock:
    best = str(answers[("best",)])
    others = [name for name in names if name != best]
    worst = str(answers[("worst",)]) if len(others) > 1 else others[0]
    span = _number(answers, "span", best, worst)
    middle = [name for name in others if name != worst]
    between = dict.fromkeys(middle, 1.0)
    to_others = {name: _number(answers, "best_to", best, name) for name in middle} if span > 1 else between
    to_worst = {name: _number(answers, "to_worst", name, worst) for name in middle} if span > 1 else between
    return WeightsBlock(
        method="bwm",
        best=best,
        worst=worst,
        best_to_others={name: to_others.get(name, span) for name in others},
        others_to_worst={name: to_worst.get(name, span) for name in names if name != worst},
    )


def _number(answers: Mapping[Key, Answer], *key: str) -> float:
    answer = answers[key]
    if not isinstance(answer, float):
        msg = f"answers: {'/'.join(key)} must be a number"
        raise TypeError(msg)
    return answer


def _stated(pair: tuple[str, str], answers: Mapping[Key, Answer]) -> tuple[str, str, float]:
    """Return a comparison with the more important one first: 3 reads better than 0.3333333333333333."""
    one, other = pair
    times = _number(answers, "pair", one, other)
    return (one, other, times) if times >= 1 else (other, one, round(1 / times, 9))


def _bars(weighed: Weighable, found: Weights) -> Iterator[str]:
    ranked = sorted(weighed.names, key=lambda name: (-round(float(found.weights[name]), 12), name))
    width = max(_width(weighed.caption(name)) for name in ranked)
    for name in ranked:
        share, title = float(found.weights[name]), weighed.caption(name)
        bar = "█" * round(share * BAR)
        yield f"  {title}{' ' * (width - _width(title))}  {bar}{'·' * (BAR - len(bar))} {share:6.1%}"


def _width(written: str) -> int:
    """Return how many columns a text takes on a terminal: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in written)


def _best_worst_lines(weighed: Weighable, block: WeightsBlock) -> Iterator[str]:
    to_others = {block.best: 1.0, **block.best_to_others}
    to_worst = {block.worst: 1.0, **block.others_to_worst}
    span = to_others[block.worst]
    if len(weighed.names) < 3:
        yield weighed.say("result.unchecked")
        return
    ratio, farthest = input_ratio(to_others, to_worst, Ends(block.best, block.worst))
    yield _verdict(weighed, ratio, threshold(span, len(weighed.names)), "liang", 4)
    if ratio > 0:
        steps = (to_others[farthest], to_worst[farthest], span)
        yield _contradiction(weighed, (block.best, farthest, block.worst), steps)


def _pairwise_lines(weighed: Weighable, block: WeightsBlock, judge: str, found: Weights) -> Iterator[str]:
    names = sorted(weighed.names)
    own = next(each for each in block.judge if each.name == judge)
    alone = weights_of(WeightsBlock(method="ahp", judge=(own,)), names).consistency or 0.0
    if len(names) < 3:
        yield weighed.say("result.unchecked")
    else:
        yield _verdict(weighed, alone, RATIO_MAX, "saaty", 2)
        times = {(one, other): ratio for one, other, ratio in own.pairwise}
        times |= {(other, one): 1 / ratio for (one, other), ratio in times.items()}
        matrix = [[times.get((one, other), 1.0) for other in names] for one in names]
        triad = worst_triad(matrix, names)
        one, middle, last = triad.names
        if abs(triad.implied / triad.stated - 1) > 1e-6:
            steps = (times[one, middle], times[middle, last], triad.stated)
            yield _contradiction(weighed, triad.names, steps)
    if judge in {each.name for each in weighed.judges}:
        yield weighed.say("replaced", name=judge)
    others = [each.name for each in block.judge if each.name != judge]
    if others:
        yield weighed.say("other_judges", names=weighed.joined(others))
        yield weighed.say("result.joint", ratio=f"{found.consistency or 0.0:.3f}", limit=f"{RATIO_MAX:.2f}")


def _verdict(weighed: Weighable, ratio: float, limit: float, source: str, decimals: int) -> str:
    key = "result.inconsistent" if ratio > limit else "result.consistent"
    cited = weighed.say(f"result.{source}")
    return weighed.say(key, ratio=f"{ratio:.{decimals}f}", limit=f"{limit:.{decimals}f}", source=cited)


def _contradiction(weighed: Weighable, names: tuple[str, str, str], steps: tuple[float, float, float]) -> str:
    one, middle, last = map(weighed.caption, names)
    first, second, stated = map(plain, steps)
    implied = plain(steps[0] * steps[1])
    terms: dict[str, Any] = {"first": first, "second": second, "stated": stated, "implied": implied}
    return weighed.say("result.triad", one=one, middle=middle, last=last, **terms)
