"""A receipt as a tree: from the score down to every cell, path, rule and clause that it hangs on."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from siting.access import MEASURES
from siting.base.catalogue import title
from siting.base.columns import Language
from siting.base.reasons import number_text
from siting.base.texts import LANGUAGES, table, text
from siting.report.living_tree import living_nodes
from siting.report.sentences import explain
from siting.report.tree_nodes import Node, figures, named, node, plain

Receipt = Mapping[str, Any]
OWN = frozenset(
    [
        *("parcel_id", "name", "unit", "kind", "origin", "status", "area_m2", "homes", "score", "rank", "ranked"),
        *("penalty", "reasons", "renewal_area", "needs", "idle", "capacity", "utilities", "flags", "living"),
        *("criteria", "method"),
    ]
)
"""What a receipt holds that has a branch of its own; anything else is shown as it is."""
ADDS_UP = 2e-9
"""How near the parts must come to the score: both are written with nine decimals."""


def tree(receipt: Receipt) -> Node:
    """Return a receipt as nested nodes, each with title_zh, title_en, value, unit, formula, source, evidence, children.

    The root is the parcel, its first child the score. Where scores are weighted sums the children of the score are
    what each criterion adds (weight share x value x penalty) and add up to it within 2e-9; for other ways to combine
    they are the values themselves, and the formula says by which way. Missing numbers are None.
    """
    branches = [_score(receipt), *_judged(receipt), _homes(receipt), *_utilities(receipt), *living_nodes(receipt)]
    branches += [plain(key, receipt[key]) for key in sorted(receipt.keys() - OWN) if receipt[key] not in (None, {}, [])]
    name = str(receipt["name"] or receipt["parcel_id"])
    return node((name, name), receipt["parcel_id"], children=branches)


def _score(receipt: Receipt) -> Node:
    """Return the score with what every criterion adds to it."""
    counted = [each for each in receipt["criteria"] if (each["weight"] or 0) > 0]
    rest = [each for each in receipt["criteria"] if not (each["weight"] or 0) > 0]
    score, factor = receipt["score"], 1.0 if receipt["penalty"] is None else float(receipt["penalty"])
    total = sum(float(each["weight"]) for each in counted)
    parts = [None if each["score"] is None else each["weight"] / total * each["score"] * factor for each in counted]
    known = [part for part in parts if part is not None]
    is_sum = score is not None and len(known) == len(parts) and abs(sum(known) - score) <= ADDS_UP
    children = [_criterion(each, part if is_sum else each["score"], total, factor, is_sum)
                for each, part in zip(counted, parts, strict=True)]  # fmt: skip
    formula = f"Σ w / {number_text(total)} × v" if is_sum else str(receipt.get("method") or "")
    if factor != 1.0:
        formula = f"({formula}) × {number_text(factor)}" if formula else f"× {number_text(factor)}"
    whole = node("score", score, formula=formula, children=children)
    if rest:
        whole["children"] += [node("unscored", children=[_criterion(each, None, 0.0, 1.0, False) for each in rest])]
    return whole


def _criterion(each: Mapping[str, Any], value: float | None, total: float, factor: float, is_sum: bool) -> Node:
    """Return a criterion: what it adds, its value with the reference points, its weight, what was measured."""
    weight, own = each["weight"] or 0.0, each["score"]
    formula = ""
    if is_sum:
        formula = f"{number_text(weight)} / {number_text(total)} × {own:.6g}"
        formula += "" if factor == 1.0 else f" × {number_text(factor)}"
    children = [_measured(each)]
    if weight > 0:
        share = f"{number_text(weight)} / {number_text(total)}" if total else ""
        points = node(
            "value", own, formula=_value_formula(each), source=each["source"], evidence=each["evidence"], children=[]
        )
        children = [points, node("weight", weight, formula=share), *children]
    return node((each["title_zh"], each["title_en"]), value, formula=formula, children=children)


def _value_formula(each: Mapping[str, Any]) -> str:
    """Return how a value comes of what was measured, with the reference points filled in."""
    worst, best = number_text(each["worst"]), number_text(each["best"])
    shape = each.get("shape") or "linear"
    if shape != "linear":
        return f"{shape}: {worst} → 0, {best} → 1"
    if each["value"] is None:
        return f"{worst} → 0, {best} → 1"
    return f"({figures(each['value'])} − {worst}) / ({best} − {worst}), 0…1"


def _measured(each: Mapping[str, Any]) -> Node:
    """Return what was measured, with the measure's formula and source, down to place and street."""
    measure = MEASURES.get(each["measure"])
    column = str(each["of"]).rpartition(".")[2] if "." in str(each["of"]) else ""
    children = [node("layer", each["of"])]
    for key, name in (("demand", "demand"), ("decay", "decay")):
        if each.get(key):
            told = each[key]
            if isinstance(told, Mapping):
                told = {word: cell for word, cell in told.items() if cell is not None}
            children.append(plain(name, told))
    if each["mode"] is not None:
        children.append(node("mode", named(f"mode.{each['mode']}")))
    if each.get("season"):
        children.append(node("season", named(f"season.{each['season']}")))
    if each["cutoff"] is not None:
        children.append(node("limit", each["cutoff"], unit="min"))
    children += [node(key, value=True) for key in ("beyond", "estimated") if each.get(key)]
    children += [*_place(each), *_street(each)]
    return node(
        "measured",
        each["value"],
        unit=each.get("unit") or column,
        formula="" if measure is None else measure.formula,
        source="" if measure is None else measure.source,
        children=children,
    )


def _place(each: Mapping[str, Any]) -> Iterator[Node]:
    if each.get("place"):
        kind = str(each.get("place_kind") or "")
        own = [node("place_id", each["place"])]
        own += [node("place_kind", {lang: title(kind, lang) for lang in LANGUAGES})] if kind else []
        yield node("place", each.get("place_name") or each["place"], children=own)


def _street(each: Mapping[str, Any]) -> Iterator[Node]:
    street = each.get("street")
    if street:
        points = [node("entrance", ", ".join(f"{x:.6f}" for x in point)) for point in street.get("entrances", ())]
        yield node("street", street["distance_m"], unit="m", children=[node("edge", street["edge"]), *points])


def _judged(receipt: Receipt) -> Iterator[Node]:
    """Yield status, penalty, reasons with their rules, flags, what is needed, and what idle land is."""
    yield node("status", named(f"status.{receipt['status']}"))
    if receipt["rank"] is not None:
        yield node("rank", receipt["rank"], formula=f"{receipt['rank']} / {receipt['ranked']}")
    if receipt["penalty"] not in (None, 1.0):
        yield node("penalty", receipt["penalty"])
    reasons = [
        node(
            (each["zh"], each["en"]),
            formula=f"{each['code']}:{each['subject']}" + (f" {each['detail']}" if each.get("detail") else ""),
            source=each.get("clause", ""),
            evidence=each.get("evidence", ""),
        )
        for each in receipt["reasons"]
    ]
    flags = [
        node(
            (each["title_zh"], each["title_en"]),
            {"zh": each["why_zh"], "en": each["why_en"]},
            formula=name,
            source=each["source"],
            evidence=each["evidence"],
        )
        for name, each in receipt["flags"].items()
    ]
    needs = [
        node(
            (each["title_zh"], each["title_en"]),
            source=each["clause"],
            evidence=each["evidence"],
            children=[node("document", each["document"])] if each.get("document") else [],
        )
        for each in receipt["needs"]
    ]
    for key, own in (("reasons", reasons), ("flags", flags), ("needs", needs)):
        if own:
            yield node(key, children=own)
    idle = receipt.get("idle")
    if idle is not None:
        own = [node("since", idle["since"]), node("days", idle["days"], unit="days")]
        yield node("idle", idle["state"], source=idle["clause"], evidence=idle["evidence"], children=own)


def _homes(receipt: Receipt) -> Node:
    own = receipt.get("capacity") or {}
    used = [node(key, own[key]) for key in ("far_asked", "far_used", "far_sun", "far_controls") if own.get(key)]
    word = f"tree.binding_{own.get('binding')}"
    bound = [node("binding", named(word) if word in table() else own["binding"])] if own.get("binding") else []
    area = node("area_m2", receipt["area_m2"], unit="m2")
    return node("homes", receipt["homes"], unit="homes", children=[area, *used, *bound])


def _utilities(receipt: Receipt) -> Iterator[Node]:
    own = [_utility(name, each) for name, each in receipt["utilities"].items() if each is not None]
    if own:
        yield node("utilities", children=own)


def _utility(name: str, each: Mapping[str, Any]) -> Node:
    price = node(
        "unit_price", each["unit_price"], unit="yuan/m", source=each["price_source"], evidence=each["price_evidence"]
    )
    children = [
        node("charged_m", each["charged_m"], unit="m", children=[node("length_m", each["length_m"], unit="m")]),
        price,
        node("joined_to", each.get("source_name") or each["source"]),
    ]
    children += [node("headroom_left", each["headroom_left"])] if each.get("headroom_left") is not None else []
    named_zh, named_en = (title(name, lang) for lang in LANGUAGES)
    cost = each["public_cost_yuan"]
    formula = "" if cost is None else f"{each['charged_m']:.4f} × {figures(each['unit_price'])}"
    return node((named_zh, named_en), cost, unit="yuan", formula=formula, children=children)


def tree_lines(receipt: Receipt, language: Language) -> list[str]:
    """Return a receipt as lines: the sentences of `explain` first, then the tree, two blanks a level."""
    return [*explain(receipt, language), text("tree.heading", language), *_lines([tree(receipt)], language, 0)]


def _lines(nodes: Sequence[Node], language: Language, depth: int) -> Iterator[str]:
    for each in nodes:
        yield f"{'  ' * depth}{_line(each, language)}"
        yield from _lines(each["children"], language, depth + 1)


def _line(each: Node, language: Language) -> str:
    colon = "：" if language == "zh" else ": "
    value = each["value"]
    is_empty = value is None and (each["unit"] or not each["children"]) and not each["source"] and not each["formula"]
    line = str(each[f"title_{language}"])
    if value is not None:
        line += f"{colon}{_shown(value, language)}{_unit(each['unit'], language)}"
    elif is_empty:
        line += f"{colon}{text('tree.unknown', language)}"
    if each["formula"]:
        line += text("tree.formula", language, formula=each["formula"])
    return line + _because(each, language)


def _because(each: Node, language: Language) -> str:
    joint = "／" if language == "zh" else " / "
    marks = joint.join(text(f"word.evidence_{mark}", language) for mark in each["evidence"].split("/") if mark)
    key = "_".join(part for part, said in (("source", each["source"]), ("evidence", marks)) if said)
    return text(f"tree.{key}", language, source=each["source"], evidence=marks) if key else ""


def _shown(value: Any, language: Language) -> str:
    if isinstance(value, bool):
        return text("tree.yes" if value else "tree.no", language)
    if isinstance(value, Mapping):
        return str(value[language])
    return figures(value) if isinstance(value, int | float) else str(value)


def _unit(unit: str, language: Language) -> str:
    for key in (f"tree_unit.{unit}", f"measured.{unit}"):
        if key in table():
            return table()[key][language]
    return f" {unit}" if unit else ""
