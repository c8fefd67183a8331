"""The papers that a parcel has, as its column `documents` lists them: one way to split and compare their names."""

import re
import unicodedata

_BETWEEN = re.compile(r"[；;、，,\n]+")
_DRESS = re.compile(r"[\s《》〈〉“”\"'()\[\]【】<>/]+")


def listed(cell: str) -> list[str]:
    """Return the names in a cell, as they are written."""
    return [each.strip() for each in _BETWEEN.split(cell) if plain(each)]


def plain(name: str) -> str:
    """Return a name without spaces, brackets and quotes, full width as half; names are compared so."""
    return _DRESS.sub("", unicodedata.normalize("NFKC", name)).lower()
