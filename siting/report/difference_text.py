"""Why ranks moved between two runs, in sentences."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from siting.base.columns import Language
from siting.base.reasons import number_text, unit_text
from siting.base.texts import text

SHOWN_PARTS = 4
LEAST_SHOWN = 0.0005
"""Of a score: what rounds to nothing at three decimals goes into "all else together"."""
LISTED_REASONS = 3

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Part:
    """One share of a score's change.

    name: a criterion's, with its record of either run, None where a run does not have it; without any record one of
    points, weights, method, penalty, other. before, after: the factor of `penalty`.
    """

    name: str
    effect: float
    one: Record | None = None
    other: Record | None = None
    before: float = 1.0
    after: float = 1.0


@dataclass(frozen=True)
class Move:
    """What became of one parcel between two runs; status None where a run does not know it."""

    statuses: tuple[str | None, str | None]
    ranks: tuple[int | None, int | None]
    scores: tuple[float | None, float | None]
    parts: tuple[Part, ...] = ()
    entered: int = 0
    left: int = 0
    passed: int = 0
    reasons_new: tuple[Record, ...] = field(default=())
    reasons_gone: tuple[Record, ...] = field(default=())

    @property
    def is_still(self) -> bool:
        """Whether neither rank nor score nor status changed, nor anything that cancels out in the score."""
        is_same = all(pair[0] == pair[1] for pair in (self.statuses, self.ranks, self.scores))
        return is_same and all(abs(part.effect) < LEAST_SHOWN for part in self.parts)


def why(move: Move, language: Language) -> str:
    """Return why a parcel moved, as one sentence without its full stop; empty where nothing changed."""
    if move.is_still:
        return ""
    stop, colon, comma = ("；", "：", "，") if language == "zh" else ("; ", ": ", ", ")
    head = comma.join(_heads(move, language))
    rest = [comma.join(said) for said in (_parts(move, language), _rivals(move, language)) if said]
    rest += list(_reasons(move, language))
    return colon.join([head, stop.join(rest)]) if rest else head


def _heads(move: Move, language: Language) -> Iterator[str]:
    """Yield where the parcel stood and stands."""
    (status, status_then), (rank, rank_then) = move.statuses, move.ranks
    if status is None or status_then is None:
        yield text("difference.added" if status is None else "difference.removed", language)
        shown, key = (rank_then, "at") if status is None else (rank, "was_at")
        if shown is not None:
            yield text(f"difference.{key}", language, rank=shown)
        return
    if rank is None and rank_then is None:
        yield text("difference.unranked", language)
    elif rank is None or rank_then is None:
        yield text("difference.enters" if rank is None else "difference.leaves", language, a=rank, b=rank_then)
    else:
        key = "same" if rank == rank_then else "up" if rank_then < rank else "down"
        yield text(f"difference.{key}", language, a=rank, b=rank_then)
    if status != status_then:
        named = {side: text(f"status.{word}", language) for side, word in (("a", status), ("b", status_then))}
        yield text("difference.status", language, **named)


def _parts(move: Move, language: Language) -> list[str]:
    """Return the largest shares of the score's change, and the rest of them together."""
    score, score_then = move.scores
    if score is None or score_then is None:
        return []
    if score == score_then and not any(abs(part.effect) >= LEAST_SHOWN for part in move.parts):
        return [text("difference.score_same", language)]
    by_size = sorted(move.parts, key=lambda part: (-abs(part.effect), part.name))
    shown = [part for part in by_size[:SHOWN_PARTS] if abs(part.effect) >= LEAST_SHOWN]
    rest = sum(part.effect for part in by_size[len(shown) :])
    change = signed(score_then - score)
    said = [text("difference.score", language, a=f"{score:.3f}", b=f"{score_then:.3f}", change=change)]
    said += [_part(part, language) for part in shown]
    if abs(rest) >= LEAST_SHOWN:
        said.append(text("difference.rest", language, effect=signed(rest)))
    return said


def _part(part: Part, language: Language) -> str:
    effect = signed(part.effect)
    known = part.other or part.one
    if known is None:
        factors = {"a": number_text(part.before), "b": number_text(part.after)}
        return text(f"difference.{part.name}", language, effect=effect, **factors)
    title = str(known.get(f"title_{language}") or part.name)
    values = [None if each is None or each.get("beyond") else each.get("value") for each in (part.one, part.other)]
    if values[0] is None or values[1] is None:
        said = [_unmeasured(each, value, language) for each, value in zip((part.one, part.other), values, strict=True)]
        return text("difference.becomes", language, title=title, a=said[0], b=said[1], effect=effect)
    key = "rises" if values[1] >= values[0] else "falls"
    shown = _apart(float(values[0]), float(values[1]))
    unit = _unit(known, language)
    return text(f"difference.{key}", language, title=title, a=shown[0], b=shown[1], unit=unit, effect=effect)


def _unmeasured(criterion: Record | None, value: float | None, language: Language) -> str:
    """Return a value that may be empty, in words."""
    if value is not None:
        return f"{_amount(float(value))}{_unit(criterion or {}, language)}"
    if criterion is None or not criterion.get("beyond"):
        return text("difference.unknown", language)
    if criterion.get("cutoff") is None:
        return text("difference.value_beyond", language)
    return text("difference.beyond", language, cutoff=number_text(criterion["cutoff"]))


def _unit(criterion: Record, language: Language) -> str:
    return unit_text(str(criterion.get("measure")), str(criterion.get("of", "")).rpartition(".")[2], language)


def _rivals(move: Move, language: Language) -> list[str]:
    """Return by whom the rank moved."""
    passed = "overtaken" if move.passed > 0 else "overtakes"
    counts = {"entered": move.entered, "left": -move.left, passed: abs(move.passed)}
    return [text(f"difference.{key}", language, count=count) for key, count in counts.items() if count]


def _reasons(move: Move, language: Language) -> Iterator[str]:
    """Yield the reasons that came and went, where they took the parcel in or out."""
    if move.statuses[0] == move.statuses[1] and None not in move.scores:
        return
    for key, reasons in (("reason_new", move.reasons_new), ("reason_gone", move.reasons_gone)):
        for reason in reasons[:LISTED_REASONS]:
            yield text(f"difference.{key}", language, reason=reason[language])


def signed(effect: float) -> str:
    """Return a share of a score with its sign, three decimals."""
    return f"{round(effect, 3) + 0.0:+.3f}".replace("-", "−")


def _apart(one: float, other: float) -> tuple[str, str]:
    """Return two numbers with as many digits as it takes to tell them apart."""
    shown = _amount(one), _amount(other)
    digits = 3
    while shown[0] == shown[1] and one != other and digits <= 15:
        shown = f"{one:.{digits}g}", f"{other:.{digits}g}"
        digits += 1
    return shown


def _amount(number: float) -> str:
    return f"{number:,.0f}" if abs(number) >= 100 else number_text(number)


def difference_lines(
    named: tuple[str, str],
    changes: Iterable[Mapping[str, str]],
    moves: Sequence[tuple[str, Move]],
    language: Language,
    *,
    shown: int = 20,
) -> list[str]:
    """Return a comparison as lines: what changed in inputs, settings and versions, then the parcels that moved.

    named: the two runs. changes: `kind` (input, settings, version), `where`, `before`, `after`, empty for absent.
    moves: name and move of every parcel, in the order in which they are to be told; the first `shown` that moved are.
    """
    lines = [text("difference.head", language, a=named[0], b=named[1])]
    listed = list(changes)
    for kind in ("input", "settings", "version"):
        own = [each for each in listed if each["kind"] == kind]
        if own:
            lines += [text(f"difference.heading_{kind}", language), *(f"  {_change(each, language)}" for each in own)]
    if not listed:
        lines.append(text("difference.identical", language))
    told = [(name, move) for name, move in moves if not move.is_still]
    if not told:
        return [*lines, text("difference.none", language)]
    lines += [text("difference.heading_moves", language), _counts([move for _, move in moves], language)]
    lines += [text("difference.move", language, name=name, why=why(move, language)) for name, move in told[:shown]]
    if len(told) > shown:
        lines.append(text("difference.more", language, count=len(told) - shown))
    return lines


def _counts(moves: Sequence[Move], language: Language) -> str:
    pairs = [move.ranks for move in moves]
    both = [(a, b) for a, b in pairs if a is not None and b is not None]
    return text(
        "difference.counts",
        language,
        count=len(pairs),
        up=sum(b < a for a, b in both),
        down=sum(b > a for a, b in both),
        enters=sum(a is None and b is not None for a, b in pairs),
        leaves=sum(a is not None and b is None for a, b in pairs),
        kept=sum(a == b for a, b in both),
    )


def _change(change: Mapping[str, str], language: Language) -> str:
    before, after, where = change["before"], change["after"], change["where"]
    if change["kind"] == "input" and not (before and after):
        return text("difference.input_gone" if before else "difference.input_new", language, where=where)
    key = "input_changed" if change["kind"] == "input" else "changed"
    absent = text("difference.absent", language)
    return text(f"difference.{key}", language, where=where, a=before or absent, b=after or absent)
