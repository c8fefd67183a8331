"""The nodes of a receipt's tree."""

from collections.abc import Mapping, Sequence
from typing import Any

from siting.base.texts import LANGUAGES, table, text

Node = dict[str, Any]


def node(
    titled: str | tuple[str, str],
    value: Any = None,
    *,
    unit: str = "",
    formula: str = "",
    source: str | None = "",
    evidence: str | None = "",
    children: Sequence[Node] = (),
) -> Node:
    """Return a node; `titled` is a key of the wording's [tree], or the Chinese and English title."""
    titles = (text(f"tree.{titled}", "zh"), text(f"tree.{titled}", "en")) if isinstance(titled, str) else titled
    return {
        "title_zh": titles[0],
        "title_en": titles[1],
        "value": value,
        "unit": unit,
        "formula": formula,
        "source": source or "",
        "evidence": evidence or "",
        "children": list(children),
    }


def named(key: str) -> dict[str, str]:
    """Return a word in both languages."""
    return {str(language): text(key, language) for language in LANGUAGES}


def plain(key: str, value: Any) -> Node:
    """Return anything that a receipt holds as a node: a table's entries and a list's items are children.

    A key of the wording's [tree] has its title, any other is its own.
    """
    titled: str | tuple[str, str] = key if f"tree.{key}" in table() else (key, key)
    if isinstance(value, Mapping):
        return node(titled, children=[plain(str(name), each) for name, each in value.items()])
    if isinstance(value, list | tuple):
        return node(titled, children=[plain(str(at), each) for at, each in enumerate(value, start=1)])
    return node(titled, value)


def figures(number: float | None) -> str:
    """Return a number to six digits with no tail of zeros; large ones whole."""
    if number is None:
        return "—"
    if abs(number) >= 100_000 or float(number).is_integer():
        return f"{number:.0f}"
    return f"{number:.6g}"
