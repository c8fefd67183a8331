"""Rulebooks of screening: the shipped one (`cn`) and a project's own, and which rule each constraint layer obeys.

A rule is read whole or laid over another field by field: cn <- the project's rulebook <- a layer's own `[rule]`.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import Field

from siting.base.columns import Evidence, Language
from siting.base.errors import Problem
from siting.base.layers import Layer, Rule
from siting.base.model import SETTINGS_FILE, Model, NotNegative, Positive
from siting.base.settings import ScreenBlock
from siting.base.settings_checks import validated

Setting = Literal["urban", "suburb", "town", "rural"]
Subject = Literal["layer", "land_use", "hidden_debt", "area", "slope"]
SETTINGS: tuple[str, ...] = get_args(Setting)
KEYS = ("extends", "drop", "rule")
DISTANCES = frozenset(["buffer_m", "review_m", "buffer_by", "bands", "classes", "settings"])
GRADED = frozenset(["buffer_by", "bands", "classes", "settings"])


class Band(Model):
    """A band of voltages, both ends included, and its distance."""

    least_kv: NotNegative
    most_kv: Positive
    buffer_m: NotNegative


class Step(Model):
    """What is done up to a slope in per cent (included); the last step has no bound."""

    action: Literal["ok", "exclude", "gate", "review", "penalise"]
    most: Positive | None = None


class BookRule(Rule):
    """A rule with all that a rulebook can say of it.

    of: what it looks at: a layer of its kind, or the parcel itself. sliver_m: an overlap that lies wholly within
    this distance of the parcel's own edge is a digitising error. buffer_by: `kv` takes the distance from `bands`,
    `class` from `classes`, `setting` from the classes of `[screen].setting`. review_m: a wider ring that is only
    reviewed. accepts: names of documents that open the gate, besides `document`. least_m2: of `area`; steps: of
    `slope`. distance_evidence, penalty_evidence: where they differ from that of the rule.
    """

    of: Subject = "layer"
    document_en: str = ""
    accepts: tuple[str, ...] = Field(default=(), strict=False)
    measured_from: str = ""
    measured_from_en: str = ""
    sliver_m: NotNegative = 0.5
    buffer_by: Literal["kv", "class", "setting"] | None = None
    bands: tuple[Band, ...] = Field(default=(), strict=False)
    classes: dict[str, NotNegative] = Field(default_factory=dict)
    settings: dict[Setting, dict[str, NotNegative]] = Field(default_factory=dict)
    class_words: dict[str, str] = Field(default_factory=dict)
    review_m: Positive | None = None
    least_m2: Positive | None = None
    steps: tuple[Step, ...] = Field(default=(), strict=False)
    distance_evidence: Evidence | None = None
    penalty_evidence: Evidence | None = None
    note: str = ""
    note_en: str = ""

    @property
    def evidences(self) -> tuple[Evidence, ...]:
        """The evidence of the rule, then that of its distance and of its factor where they differ."""
        marks = (self.evidence, self.distance_evidence, self.penalty_evidence)
        return tuple(dict.fromkeys(mark for mark in marks if mark is not None))

    @property
    def widest_m(self) -> float:
        """The greatest distance at which the rule's own action is taken."""
        graded = [*(band.buffer_m for band in self.bands), *self.classes.values()]
        graded += [metres for classes in self.settings.values() for metres in classes.values()]
        return max(graded, default=self.buffer_m)

    @property
    def can_penalise(self) -> bool:
        """Whether a score may be multiplied by it."""
        return self.action == "penalise" or any(step.action == "penalise" for step in self.steps)

    def named_document(self, language: Language) -> str:
        """Return the document that opens the gate, or the title where none is named."""
        return (self.document_en if language == "en" else self.document) or self.document or self.caption(language)

    def origin(self, language: Language) -> str:
        """Return from what the distance is measured."""
        return (self.measured_from_en if language == "en" else self.measured_from) or self.measured_from


@dataclass(frozen=True)
class Rulebook:
    """Rules by id, as they were written (so that others can be laid over them) and as they hold."""

    rules: Mapping[str, BookRule] = field(default_factory=dict)
    written: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def on_parcels(self) -> dict[str, BookRule]:
        """Return the rules that need no layer."""
        return {name: rule for name, rule in self.rules.items() if rule.of != "layer"}

    def on_layers(self) -> dict[str, BookRule]:
        """Return the rules of constraint layers, by the kind of the layer."""
        return {name: rule for name, rule in self.rules.items() if rule.of == "layer"}


@cache
def shipped() -> dict[str, Rulebook]:
    """Return the shipped rulebooks by name; ValueError for one that is not sound."""
    found = {}
    for file in sorted(files("siting.base").joinpath("rulebooks").iterdir(), key=lambda each: each.name):
        book, problems = read_rulebook(tomllib.loads(file.read_text("utf-8")), file.name)
        if problems:
            raise ValueError("\n".join(problem.line("en") for problem in problems))
        found[file.name.removesuffix(".toml")] = book
    return found


def load_rulebook(screen: ScreenBlock, root: Path) -> tuple[Rulebook, list[Problem]]:
    """Return the rulebook that `[screen]` names, its slope and setting applied, and every problem found.

    `none` is an empty rulebook; a name with an ending is a TOML file of the project folder.
    """
    named = screen.rulebook
    if named == "none":
        return _for_project(Rulebook(), screen), []
    if named in shipped():
        return _for_project(shipped()[named], screen), []
    if not named.lower().endswith(".toml"):
        known = [*shipped(), "none"]
        near = get_close_matches(named, known, n=1) or [", ".join(known)]
        return Rulebook(), [Problem("no_rulebook", SETTINGS_FILE, "screen.rulebook", named, near[0])]
    try:
        raw = tomllib.loads((root / named).read_text("utf-8-sig"))
    except (FileNotFoundError, IsADirectoryError):
        return Rulebook(), [Problem("missing_file", SETTINGS_FILE, "screen.rulebook", named)]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError, OSError) as error:
        return Rulebook(), [Problem("toml_broken", named, found=str(error))]
    book, problems = read_rulebook(raw, named)
    return _for_project(book, screen), problems


def read_rulebook(raw: Mapping[str, Any], file: str) -> tuple[Rulebook, list[Problem]]:
    """Return the rulebook of a TOML text: `extends`, `drop`, and one `[[rule]]` each with its id; and every problem."""
    problems = [_unknown(file, key, key, KEYS) for key in raw if key not in KEYS]
    below, drop, found = _below(raw, file)
    problems += found
    items = raw.get("rule", [])
    if not (isinstance(items, list) and all(isinstance(item, dict) for item in items)):
        return Rulebook(), [*problems, Problem("wrong_value", file, "rule", repr(items), "[[rule]]")]
    rules, written = dict(below.rules), dict(below.written)
    seen: set[str] = set()
    for number, item in enumerate(items, start=1):
        name = item.get("id")
        if not isinstance(name, str) or not name.isidentifier():
            problems.append(Problem("rule_id", file, f"rule {number}", repr(name)))
            continue
        if name in seen:
            problems.append(Problem("twice_rule", file, f"rule {number}", name))
            continue
        seen.add(name)
        rule, merged, found = lay_over(
            written.get(name), {k: v for k, v in item.items() if k != "id"}, file, f"rule {name}"
        )
        problems += found
        if rule is not None:
            rules[name], written[name] = rule, merged
    left = {name for name in rules if name not in drop}
    return Rulebook({k: rules[k] for k in rules if k in left}, {k: written[k] for k in written if k in left}), problems


def lay_over(
    base: Mapping[str, Any] | None, change: Mapping[str, Any], file: str, where: str
) -> tuple[BookRule | None, dict[str, Any], list[Problem]]:
    """Return a rule with the fields of `change` over those of `base`, as written, and every problem.

    A plain `buffer_m` replaces distances by class; a factor is dropped with the action that used it. What is
    changed without new evidence is marked as set by the user.
    """
    merged = {**(base or {}), **change}
    if base is not None:
        if "buffer_m" in change and not GRADED & change.keys():
            merged = {key: value for key, value in merged.items() if key not in GRADED}
        if {"action", "where", "document"} & change.keys() and "evidence" not in change:
            merged["evidence"] = "U"
        if DISTANCES & change.keys() and "distance_evidence" not in change:
            merged["distance_evidence"] = "U"
        if "penalty" in change and "penalty_evidence" not in change:
            merged["penalty_evidence"] = "U"
        if "penalty" not in change and "penalise" not in _actions(merged):
            merged = {key: value for key, value in merged.items() if key not in ("penalty", "penalty_evidence")}
    rule, found = validated(BookRule, merged, file)
    problems = [replace(each, where=f"{where}.{each.where}".rstrip(".")) for each in found]
    if rule is not None:
        problems += _misfits(rule, file, where)
    return (None if problems else rule), merged, problems


def _actions(written: Mapping[str, Any]) -> set[object]:
    """Return the actions that a rule, as written, can take."""
    steps = written.get("steps")
    own = [step.get("action") for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []
    return {str(written.get("action")), *map(str, own)}


def rules_of_layers(
    layers: Iterable[Layer], book: Rulebook, screen: ScreenBlock
) -> tuple[dict[str, BookRule], list[Problem]]:
    """Return the rule of every constraint layer by the layer's name, and every problem.

    A layer whose `kind` is a rule of the book obeys it, with its own `[rule]` laid over; another needs a whole
    `[rule]`.
    """
    rules, problems = {}, []
    for layer in layers:
        if layer.role != "constraint":
            continue
        rule, found = _rule_of(layer, book)
        problems += found
        if rule is not None and rule.buffer_by == "setting" and screen.setting is None:
            problems.append(Problem("no_setting", SETTINGS_FILE, "screen.setting", layer.name, ", ".join(SETTINGS)))
        elif rule is not None:
            rules[layer.name] = _at_setting(rule, screen)
    return rules, problems


def _rule_of(layer: Layer, book: Rulebook) -> tuple[BookRule | None, list[Problem]]:
    own, kind = _written(layer.settings.rule), layer.settings.kind
    base = book.rules.get(kind)
    if base is not None and base.of != "layer":
        return None, [Problem("rule_of_parcels", layer.file, "kind", kind, ", ".join(book.on_layers()))]
    if own is None:
        if base is not None:
            return base, []
        if not kind or not book.rules:
            return None, [Problem("missing_key", layer.file, "rule", expected="[rule]")]
        known = tuple(book.on_layers())
        near = get_close_matches(kind, known, n=1) or _by_title(kind, book) or [", ".join(known)]
        return None, [Problem("unknown_rule", layer.file, "kind", kind, near[0])]
    return lay_over(book.written.get(kind), own, layer.file, "rule")[::2]


def _written(own: Rule | Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return a layer's `[rule]` as it was written."""
    if own is None or isinstance(own, Mapping):
        return None if own is None else dict(own)
    return own.model_dump(exclude_unset=True)


def _by_title(kind: str, book: Rulebook) -> list[str]:
    titles = {rule.title: name for name, rule in book.on_layers().items()}
    return [titles[near] for near in get_close_matches(kind, titles, n=1, cutoff=0.4)]


def _for_project(book: Rulebook, screen: ScreenBlock) -> Rulebook:
    """Return the book with the steepest allowed slope of the settings."""
    if screen.slope_max is None:
        return book
    has_slope = any(rule.of == "slope" for rule in book.rules.values())
    rules = book.rules if has_slope else {**book.rules, "slope": shipped()["cn"].rules["slope"]}
    return replace(book, rules={name: _up_to(rule, screen) for name, rule in rules.items()})


def _up_to(rule: BookRule, screen: ScreenBlock) -> BookRule:
    """Return a rule of slopes that excludes above `slope_max`, milder steps below it kept."""
    bound = screen.slope_max
    if rule.of != "slope" or bound is None:
        return rule
    milder = [step for step in rule.steps if step.action != "exclude" and step.most is not None]
    kept = [step for step in milder[:-1] if step.most is not None and step.most < bound]
    reaching = [step for step in milder if step.most is not None and step.most >= bound]
    last = (reaching or milder[-1:] or [Step(action="ok")])[0]
    steps = (*kept, last.model_copy(update={"most": bound}), Step(action="exclude"))
    clause = "；".join(part for part in (screen.source, rule.clause) if part)
    return rule.model_copy(update={"steps": steps, "clause": clause, "evidence": screen.evidence})


def _at_setting(rule: BookRule, screen: ScreenBlock) -> BookRule:
    """Return a rule by setting as one by class, for the setting of the project."""
    if rule.buffer_by != "setting" or screen.setting is None:
        return rule
    return rule.model_copy(update={"buffer_by": "class", "classes": rule.settings[screen.setting], "settings": {}})


def _below(raw: Mapping[str, Any], file: str) -> tuple[Rulebook, frozenset[str], list[Problem]]:
    """Return the book that is extended, the ids dropped from it, and what is amiss with both."""
    extends, drop = raw.get("extends", ""), raw.get("drop", [])
    below, problems = Rulebook(), []
    if isinstance(extends, str) and extends in shipped_names():
        below = shipped()[extends]
    elif extends != "":
        problems.append(Problem("no_rulebook", file, "extends", str(extends), ", ".join(shipped_names())))
    if not isinstance(drop, list) or not all(isinstance(each, str) for each in drop):
        return below, frozenset(), [*problems, Problem("wrong_value", file, "drop", repr(drop), '["soil_survey"]')]
    problems += [_unknown_rule(file, name, below) for name in drop if name not in below.rules]
    return below, frozenset(drop), problems


def shipped_names() -> tuple[str, ...]:
    """Return the names of the shipped rulebooks, none of them read."""
    names = (file.name for file in files("siting.base").joinpath("rulebooks").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def _unknown_rule(file: str, name: str, book: Rulebook) -> Problem:
    near = get_close_matches(name, book.rules, n=1)
    return Problem("unknown_rule", file, "drop", name, near[0] if near else ", ".join(book.rules))


def _misfits(rule: BookRule, file: str, where: str) -> list[Problem]:
    """Return what does not fit together within one rule."""
    problems = []
    if rule.can_penalise != (rule.penalty is not None):
        problems.append(Problem("penalty_pair", file, f"{where}.penalty", found=rule.action))
    if rule.review_m is not None and rule.review_m <= rule.widest_m:
        found = f"{rule.review_m:g}"
        problems.append(Problem("wrong_value", file, f"{where}.review_m", found, f"> {rule.widest_m:g}"))
    if rule.where == "outside" and (rule.widest_m > 0 or rule.review_m is not None):
        problems.append(Problem("outside_distance", file, f"{where}.where"))
    needed = {"kv": "bands", "class": "classes", "setting": "settings"}
    table = "" if rule.buffer_by is None else needed[rule.buffer_by]
    if table and not getattr(rule, table):
        problems.append(Problem("missing_key", file, f"{where}.{table}", expected=table))
    if rule.buffer_by == "setting" and rule.settings and set(rule.settings) != set(SETTINGS):
        missing = ", ".join(name for name in SETTINGS if name not in rule.settings)
        problems.append(Problem("missing_key", file, f"{where}.settings", expected=missing))
    for subject, key in (("slope", "steps"), ("area", "least_m2")):
        if rule.of == subject and not getattr(rule, key):
            problems.append(Problem("missing_key", file, f"{where}.{key}", expected=key))
    bands = sorted(rule.bands, key=lambda band: band.least_kv)
    if any(band.least_kv > band.most_kv for band in bands) or any(
        above.least_kv <= below.most_kv for below, above in pairwise(bands)
    ):
        found = ", ".join(f"{band.least_kv:g}-{band.most_kv:g}" for band in bands)
        problems.append(Problem("bands_overlap", file, f"{where}.bands", found))
    if rule.steps and not _in_order(rule.steps):
        problems.append(Problem("slope_steps", file, f"{where}.steps"))
    return problems


def _in_order(steps: tuple[Step, ...]) -> bool:
    """Whether bounds rise and only the last step has none."""
    bounds = [step.most for step in steps[:-1]]
    known = [bound for bound in bounds if bound is not None]
    return len(known) == len(bounds) and known == sorted(set(known)) and steps[-1].most is None and len(steps) > 1


def _unknown(file: str, where: str, key: str, known: tuple[str, ...]) -> Problem:
    near = get_close_matches(key, known, n=1)
    return Problem("unknown_key", file, where, key, near[0] if near else ", ".join(known))
