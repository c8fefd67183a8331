"""Addresses of database tables as users write them; no password is shown or kept with one. Imports no driver."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from pydantic import SecretStr

from siting.base.errors import Problem

_SCHEME = r"postgres(?:ql)?(?:\+\w+)?://"
_IS_DATABASE = re.compile(_SCHEME, re.IGNORECASE)
_PASSWORD = re.compile(r"(?P<lead>[a-z][\w+.-]*://[^/@:]*):(?P<password>.*)@(?P<rest>[^@]*)", re.DOTALL | re.IGNORECASE)
_OPTION = re.compile(r"(password\s*=\s*)('(?:[^'\\]|\\.)*'|[^&#\s]*)", re.IGNORECASE)
_HAS_OPTIONS = re.compile(r"[a-z][\w+.-]*:", re.IGNORECASE)
_ADDRESS = re.compile(
    rf"{_SCHEME}(?:(?P<user>[^/@:#?]+)(?::\*\*\*)?@)?(?P<host>\[[0-9A-F:]+\]|[^/@:#?\[\]]*)(?::(?P<port>\d{{1,5}}))?"
    r"/(?P<database>[^/@:#?]+)#(?P<table>[^@]*)",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"[^\W\d]\w*")
_FORM = "postgresql://user@host:5432/database#schema.table"
NAME_BYTES = 63
"""What PostgreSQL keeps of a name; it cuts the rest off without an error."""
PORT = 5432


@dataclass(frozen=True)
class Address:
    """Where a table is; no password is part of it. `geometry` is "" where the table's only one is meant."""

    user: str | None
    host: str | None
    port: int | None
    database: str
    schema: str
    table: str
    geometry: str = ""

    @property
    def name(self) -> str:
        """The schema and table as the user writes them."""
        return f"{self.schema}.{self.table}"

    def is_same_table(self, other: "Address") -> bool:
        """Whether both lead to one table, as far as the words tell."""
        mine, theirs = (
            (each.host, each.port or PORT, each.database, each.schema, each.table) for each in (self, other)
        )
        return mine == theirs


def is_database(source: str) -> bool:
    """Whether a source of a layer is meant as a table of a database, be it written rightly or not."""
    return _IS_DATABASE.match(source) is not None


def mask(source: str) -> tuple[str, SecretStr | None]:
    """Return a source with `***` for every password in it, and the one before `@`, decoded.

    A file name comes back as it is.
    """
    match = _PASSWORD.fullmatch(source)
    if match is None:
        return (_hide_options(source) if _HAS_OPTIONS.match(source) else source), None
    password = unquote(match["password"])
    secret = SecretStr(password) if password not in ("", "***") else None
    return f"{match['lead']}:***@{_hide_options(match['rest'])}", secret


def address(source: str) -> Address | Problem:
    """Return where `postgresql://[user[:***]@][host[:port]]/database#schema.table[.column]` points.

    Names of schema, table and column are plain (letters, digits, underscore); anything else is a Problem.
    """
    shown, _ = mask(source)
    match = _ADDRESS.fullmatch(shown)
    if match is None or not unquote(shown).isprintable():
        return Problem("database_address", shown, "source", shown, _FORM)
    names = match["table"].split(".")
    plain = all(_PLAIN.fullmatch(name) and len(name.encode()) <= NAME_BYTES for name in names)
    if not plain or len(names) not in (2, 3):
        return Problem("database_name", shown, "source", match["table"], "schema.table")
    user, host = (unquote(match[part]) if match[part] else None for part in ("user", "host"))
    port = int(match["port"]) if match["port"] else None
    return Address(user, host.strip("[]") if host else None, port, unquote(match["database"]), *names)


def _hide_options(written: str) -> str:
    return _OPTION.sub(r"\1***", written)
