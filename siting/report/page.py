"""index.html: one file that opens from disk with no network. Data goes in as JSON, never as markup."""

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.metadata import files as package_files
from importlib.resources import files
from typing import Any

from siting.base.results import Results
from siting.report.page_data import page_data

_URL = re.compile(r"url\([^)]*\)")
_SOURCE_MAP = re.compile(r"//# sourceMappingURL=\S*\s*$")
_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def page(results: Results) -> str:
    """Return the page: our markup, style and script, Leaflet inlined, the run's data in one JSON block."""
    scripts = {"LEAFLET": leaflet("leaflet.js"), "SCRIPT": _own("page.js")}
    values = {
        "TITLE": html.escape(results.settings.project.title),
        "LANGUAGE": "zh-CN" if results.settings.project.language == "zh" else "en",
        "POLICY": _policy(scripts.values()),
        "STYLE": leaflet("leaflet.css") + _own("page.css"),
        **scripts,
        "DATA": json_block(page_data(results)),
    }
    return _filled(_own("page.html"), values)


def json_block(data: Any) -> str:
    """Return JSON that a script element can hold: nothing in it closes the element or opens another."""
    written = json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False)
    return "".join(_UNSAFE.get(character, character) for character in written)


@cache
def leaflet(name: str) -> str:
    """Return a file of Leaflet as XStatic-Leaflet carries it, without links to further files."""
    found = next(f for f in package_files("XStatic-Leaflet") or [] if f.name == name and "data" in f.parts)
    written = str(found.locate().read_text("utf-8"))  # type: ignore[attr-defined]
    return _SOURCE_MAP.sub("", _URL.sub("none", written)) if name.endswith(".css") else _SOURCE_MAP.sub("", written)


def _own(name: str) -> str:
    return files("siting.report").joinpath("web", name).read_text("utf-8")


def _filled(template: str, values: Mapping[str, str]) -> str:
    """Return the template with each `@@NAME@@` filled once; filled text is not looked at again."""
    parts = re.split(r"@@([A-Z]+)@@", template)
    return "".join(values[part] if index % 2 else part for index, part in enumerate(parts))


def _policy(scripts: Any) -> str:
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts)
    return f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {hashes}"
