"""What living at a parcel would be like, as branches of its receipt's tree."""

from collections.abc import Iterator, Mapping
from typing import Any

from siting.base.catalogue import title
from siting.base.columns import Language
from siting.base.texts import LANGUAGES
from siting.report.tree_nodes import Node, figures, named, node, plain

Record = Mapping[str, Any]
OWN = frozenset(["cut", "circle", "schools", "access", "jobs_housing", "vacancy", "take_up"])


def living_nodes(receipt: Record) -> Iterator[Node]:
    """Yield life circle, schools, effects, jobs and housing, vacancy and take-up, as far as the receipt has them."""
    record = receipt.get("living")
    if record is None or record.get("cut") is not None:
        return
    if record.get("circle") is not None:
        yield _circle(record["circle"])
    for key, made in (("schools", _school), ("access", _access)):
        if record.get(key):
            yield node(key, children=[made(each) for each in record[key]])
    if record.get("jobs_housing") is not None:
        yield _jobs(record["jobs_housing"])
    if record.get("vacancy") is not None:
        yield _vacancy(record["vacancy"])
    found = record.get("take_up")
    if found is not None:
        yield node("take_up", found["vacancy"], source=found["source"], evidence=found["evidence"])
    yield from (plain(key, record[key]) for key in sorted(record.keys() - OWN) if record[key] is not None)


def _circle(circle: Record) -> Node:
    """Return the share of required facilities covered, and every facility with its bound and clause."""
    rows = [
        node(
            _titles(row["kind"]),
            row["measured"],
            unit="min" if row["how"] == "drive_min" else "m",
            formula="" if row["bound"] is None else f"≤ {figures(row['bound'])}",
            source=row["source"],
            evidence=row["evidence"],
            children=[] if row["covered"] is None else [node("covered", row["covered"])],
        )
        for row in circle["facilities"]
    ]
    must = circle["must"]
    return node("circle", must["share"], formula=f"{must['covered']} / {must['judged']}", children=rows)


def _school(each: Record) -> Node:
    own = [
        node("needed", each["needed"], children=[node("rate", each["rate"])]),
        node("free", each["free"]),
        node("short", each["short"]),
    ]
    source, evidence = each["source"], each["evidence"]
    return node((each["title_zh"], each["title_en"]), source=source, evidence=evidence, children=own)


def _access(each: Record) -> Node:
    own = [node(key, each[key]) for key in ("newcomers", "before", "after", "people_losing") if key in each]
    return node((each["title_zh"], each["title_en"]), children=own)


def _jobs(jobs: Record) -> Node:
    """Return the catchments by minutes, then what the homes change."""
    reached = [
        node(
            (f"{each['minutes']:g} 分钟", f"{each['minutes']:g} min"),
            each["ratio"],
            formula=f"{figures(each['jobs'])} / {figures(each['workers'])}",
            children=[node("jobs", each["jobs"]), node("workers", each["workers"])],
        )
        for each in jobs["catchments"]
    ]
    effects = [
        node(
            (each["title_zh"], each["title_en"]),
            each["after"],
            unit=each["unit"],
            formula="" if each["change"] is None else f"{figures(each['before'])} + {figures(each['change'])}",
        )
        for each in jobs["effects"]
    ]
    return node("jobs_housing", source=jobs["source"], evidence=jobs["evidence"], children=[*reached, *effects])


def _vacancy(vacancy: Record) -> Node:
    parts = [
        node(
            (each["zh"], each["en"]),
            each["value"],
            unit="" if each["unit"] in ("share", "ratio", "count") else each["unit"],
            formula=_bounds(each),
            source=each["source"],
            evidence=each["evidence"],
            children=[node("level", named(f"tree.level_{each['level']}"))],
        )
        for each in vacancy["parts"]
    ]
    return node("vacancy", vacancy["index"], children=parts)


def _bounds(each: Record) -> str:
    """Return the bounds of a sign: the amber one, then the red one."""
    if each["amber"] is None and each["red"] is None:
        return ""
    mark = ">" if each["direction"] == "above" else "<"
    return f"{mark} {', '.join(figures(each[key]) for key in ('amber', 'red') if each[key] is not None)}"


def _titles(kind: str) -> tuple[str, str]:
    languages: tuple[Language, Language] = (LANGUAGES[0], LANGUAGES[1])
    return title(kind, languages[0]), title(kind, languages[1])
