"""The life circle of a parcel in sentences, from what its receipt keeps of it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from siting.base.catalogue import title
from siting.base.columns import Language
from siting.base.facilities import circle_tiers
from siting.base.reasons import number_text
from siting.base.texts import text

Row = Mapping[str, Any]


def circle_sentences(circle: Mapping[str, Any], language: Language) -> list[str]:
    """Return the life circle of one parcel (`indicators.circle_record`), one sentence an item."""
    return list(_sentences(circle, language))


def _sentences(circle: Mapping[str, Any], language: Language) -> Iterator[str]:
    rows = circle["facilities"]
    if circle["tier"] is None:
        yield text("circle.no_tier", language)
        return
    yield _head(circle, language)
    shares = {need: _share(circle[need], need, language) for need in ("must", "should")}
    yield text("circle.shares", language, **shares)
    for need in ("must", "should"):
        missing = [row for row in rows if row["need"] == need and row["covered"] is False]
        if missing:
            items = (_item(row, _missing(row, circle["search_m"], language), language) for row in missing)
            yield text("circle.missing", language, need=text(f"circle.{need}", language), list=_joined(items, language))
    yield from _apart(circle, language)
    if any(row["how"] == "straight_m" for row in rows):
        yield text("circle.how_straight", language)
        yield from _straight_fails(rows, language)
    else:
        yield text("circle.how_network", language)
    yield _sources(circle, language)


def _apart(circle: Mapping[str, Any], language: Language) -> Iterator[str]:
    """Yield the kinds that are judged otherwise, or not at all."""
    own = circle_tiers()[circle["tier"]].circles
    rows = circle["facilities"]
    above = [row for row in rows if row["how"] == "drive_min" and row["why"] == "" and row["tier"] not in own]
    reasons = {why: [row for row in rows if row["why"] == why] for why in ("no_data", "no_rule", "unconnected")}
    for key, told in {"above": above, **reasons}.items():
        if told:
            kinds = (title(row["kind"], language) for row in told)
            yield text(f"circle.{key}", language, list=_joined(kinds, language))


def _head(circle: Mapping[str, Any], language: Language) -> str:
    population = f"{circle['population']:,.0f}"
    if circle_tiers()[circle["tier"]].slow_mode_m is not None:
        return text("circle.head_town", language, population=population)
    tier = text(f"circle.tier_{circle['tier']}", language)
    return text("circle.head", language, population=population, tier=tier)


def _share(counts: Mapping[str, Any], need: str, language: Language) -> str:
    named = text(f"circle.{need}", language)
    if counts["judged"] == 0:
        return text("circle.share_none", language, need=named)
    return text("circle.share", language, need=named, covered=counts["covered"], judged=counts["judged"])


def _missing(row: Row, search_m: float | None, language: Language) -> str:
    """Return how far the nearest is, or that none is in reach."""
    how, measured, bound = row["how"], row["measured"], _metres(row["bound"])
    if how == "drive_min":
        key = how if measured is not None else "drive_min_none"
        return text(f"circle.{key}", language, measured=f"{measured or 0:.1f}", bound=number_text(row["bound"]))
    if measured is None:
        if search_m is None:
            return text(f"circle.{how}_none_open", language, bound=bound)
        return text(f"circle.{how}_none", language, search=_metres(search_m), bound=bound)
    straight = row["straight_m"]
    if how == "walk_m" and straight is not None and row["ratio"] is not None and straight <= row["bound"]:
        return text(
            "circle.walk_only_straight",
            language,
            straight=_metres(straight),
            measured=_metres(measured),
            bound=bound,
            ratio=f"{row['ratio']:.2f}",
        )
    return text(f"circle.{how}", language, measured=_metres(measured), bound=bound)


def _straight_fails(rows: Iterable[Row], language: Language) -> Iterator[str]:
    """Yield what the straight line covers and the walk along the streets does not."""
    items = [
        _item(
            row,
            text(
                "circle.straight_fails_detail",
                language,
                straight=_metres(row["straight_m"]),
                network=_metres(row["network_m"]),
                bound=_metres(row["bound"]),
            ),
            language,
        )
        for row in rows
        if row["how"] == "straight_m" and row["covered"] and (row["network_m"] or 0) > row["bound"]
    ]
    if items:
        yield text("circle.straight_fails", language, list=_joined(items, language))


def _sources(circle: Mapping[str, Any], language: Language) -> str:
    used = dict.fromkeys(
        (row["source"], row["evidence"])
        for row in circle["facilities"]
        if row["covered"] is not None and row["evidence"]
    )
    tier = circle_tiers()[circle["tier"]]
    named = (
        text(
            "circle.source",
            language,
            source=source or text("circle.own_source", language),
            evidence=text(f"word.evidence_{mark}", language),
        )
        for source, mark in used
    )
    return text(
        "circle.sources",
        language,
        list=_joined(named, language) or "—",
        tier_source=tier.clause,
        tier_evidence=text(f"word.evidence_{tier.evidence}", language),
    )


def _item(row: Row, detail: str, language: Language) -> str:
    return text("circle.item", language, title=title(row["kind"], language), detail=detail)


def _joined(items: Iterable[str], language: Language) -> str:
    return ("、" if language == "zh" else ", ").join(items)


def _metres(value: float) -> str:
    return f"{value:,.0f}"
