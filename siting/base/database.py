"""Sessions with a PostgreSQL server that never hang, and what goes wrong in words."""

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import psycopg
import sqlalchemy
from pydantic import SecretStr
from sqlalchemy import URL, text
from sqlalchemy.pool import NullPool

from siting.base.addresses import Address, mask
from siting.base.errors import Problem

CONNECT_SECONDS = 6
STATEMENT_SECONDS = 300
LOCK_SECONDS = 10
_LEAST_SECONDS = 2
_STATES = {
    "22P05": "database_encoding",
    "22021": "database_encoding",
    "28": "database_login",
    "25P03": "database_lost",
    "2BP01": "database_depended_on",
    "3D000": "database_unknown",
    "3F000": "database_no_schema",
    "42501": "database_forbidden",
    "42P01": "database_no_table",
    "53100": "database_full",
    "55P03": "database_locked",
    "57014": "database_slow",
    "57P": "database_lost",
    "08": "database_lost",
}
_ALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 4, "tcp_user_timeout": 30_000}
# a refusal to connect bears no SQLSTATE, and its words are in the language of the server
_NO_DATABASE = re.compile(r"database [^ ]+ does not exist|数据库 ?[^ ]+ ?不存在")
_NO_LOGIN = re.compile(r"pg_hba|authentication failed|认证失败|role [^ ]+ does not exist|角色 ?[^ ]+ ?不存在")
_READ = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
_LIMITS = text(
    "SELECT set_config('statement_timeout', :statement, true), set_config('lock_timeout', :lock, true), "
    "set_config('datestyle', 'ISO', true), set_config('extra_float_digits', '1', true)"
)


class DatabaseError(Exception):
    """A failure of the database, told as one Problem without any password."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.code)


@contextmanager
def session(
    place: Address, secret: SecretStr | None, *, source: str, read_only: bool, notice: Callable[[str], None]
) -> Iterator[psycopg.Connection[Any]]:
    """Yield the driver's connection within one transaction, committed at the end; raises DatabaseError.

    No wait is endless: connecting, a lock and a statement each have their limit. Whoever catches DatabaseError
    raises its problem anew, outside of the `except`, as drivers may repeat the connection string. What is read
    is one moment of the database, dates are ISO, floats have all their digits. Without `secret`, PGPASSWORD
    and ~/.pgpass count.
    """
    problem: Problem | None = None
    connected = False
    try:
        with _engine(place, secret).connect() as connection, connection.begin():
            connected = True
            raw = connection.connection.driver_connection
            if not isinstance(raw, psycopg.Connection):
                raise TypeError(raw)
            raw.add_notice_handler(lambda said: notice(said.message_primary or ""))
            if read_only:
                connection.execute(_READ)
            connection.execute(_LIMITS, {"statement": f"{STATEMENT_SECONDS}s", "lock": f"{LOCK_SECONDS}s"})
            yield raw
    except (sqlalchemy.exc.SQLAlchemyError, psycopg.Error, UnicodeDecodeError) as error:
        raw_error = getattr(error, "orig", None) or error
        code, said = _code(raw_error, connected=connected), _said(raw_error, secret)
        problem = Problem(code, mask(source)[0], place.name, said)
    if problem is not None:
        raise DatabaseError(problem)


def _engine(place: Address, secret: SecretStr | None) -> sqlalchemy.Engine:
    password = secret.get_secret_value() if secret else None
    url = URL.create("postgresql+psycopg", place.user, password, place.host, place.port, place.database)
    arguments = {"client_encoding": "UTF8", "application_name": "siting", "connect_timeout": _seconds(place.host)}
    return sqlalchemy.create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=arguments | _ALIVE)


def _seconds(host: str | None) -> int:
    """Return the seconds for each address of a host, as they are tried one after the other."""
    try:
        count = len(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)) if host else 1
    except OSError:
        count = 1
    return max(_LEAST_SECONDS, CONNECT_SECONDS // count)


def _code(error: BaseException, *, connected: bool) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "database_encoding"
    state = getattr(error, "sqlstate", None) or ""
    if state:
        return next((_STATES[lead] for lead in (state, state[:3], state[:2]) if lead in _STATES), "database_failed")
    if connected:
        lost = isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError))
        return "database_lost" if lost else "database_failed"
    if _NO_DATABASE.search(str(error)):
        return "database_unknown"
    link = getattr(error, "pgconn", None)
    asked = link is not None and bool(link.used_password or link.needs_password)
    return "database_login" if asked or _NO_LOGIN.search(str(error)) else "database_unreachable"


def _said(error: BaseException, secret: SecretStr | None) -> str:
    said = getattr(getattr(error, "diag", None), "message_primary", None) or str(error)
    word = secret.get_secret_value() if secret else ""
    for form in {word, quote(word), quote(word, safe="")} - {""}:
        said = said.replace(form, "***")
    return " ".join(said.split()).rstrip(".。")
