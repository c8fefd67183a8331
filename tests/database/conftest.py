"""A PostGIS server of the tests' own, on loopback, in a folder that goes with them."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

BINARIES = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
PASSWORD = "s3cr3t-密"


@dataclass(frozen=True)
class Server:
    """A server that can be stopped and started."""

    folder: Path
    port: int

    def control(self, *words: str) -> None:
        """Run pg_ctl as a user that it accepts."""
        as_user(str(BINARIES / "pg_ctl"), "-D", str(self.folder / "data"), "-w", *words)

    def start(self, language: str = "") -> None:
        """Start it on loopback; it speaks a language where gettext has it."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder}"
        lead = ("env", f"LANGUAGE={language}", "LC_ALL=C.UTF-8")
        pg_ctl = (str(BINARIES / "pg_ctl"), "-D", str(self.folder / "data"), "-w")
        as_user(*lead, *pg_ctl, "-l", str(self.folder / "log"), "-o", options, "start")

    def address(
        self, table: str, password: str = "", port: int = 0, database: str = "postgres", host: str = "127.0.0.1"
    ) -> str:
        """Return where a table is; no password unless given."""
        word = f":{password}" if password else ""
        return f"postgresql://office{word}@{host}:{port or self.port}/{database}#{table}"

    def run(self, *statements: str) -> list[tuple]:
        """Run statements one by one and return the rows of the last."""
        with self.connect() as opened:
            for statement in statements:
                cursor = opened.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """Return a session of the superuser."""
        return psycopg.connect(host="127.0.0.1", port=self.port, user="boss", password=PASSWORD, dbname=database)


def as_user(*command: str) -> None:
    """Run a command as somebody who is not root, which PostgreSQL refuses."""
    lead = ("runuser", "-u", "postgres", "--") if os.geteuid() == 0 else ()
    # pg_ctl leaves the server holding its output, so a pipe would never end
    subprocess.run(
        [*lead, *command], check=True, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=None
    )


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    if BINARIES is None or not (BINARIES / "initdb").is_file():
        pytest.skip("PostgreSQL is not installed: sh scripts/debian.sh")
    folder = Path(tempfile.mkdtemp(prefix="siting-pg-", dir="/tmp"))
    word = folder / "word"
    word.write_text(PASSWORD, "utf-8")
    if os.geteuid() == 0:
        for each in (folder, word):
            shutil.chown(each, "postgres")
    options = ("-U", "boss", "-A", "scram-sha-256", "--pwfile", str(word), "-E", "UTF8", "--locale", "C.UTF-8")
    as_user(str(BINARIES / "initdb"), "-D", str(folder / "data"), "-N", *options)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = Server(folder, port)
    made.start()
    try:
        made.run(
            "CREATE EXTENSION postgis",
            f"CREATE ROLE office LOGIN PASSWORD '{PASSWORD}'",
            "CREATE SCHEMA plan AUTHORIZATION office",
        )
        yield made
    finally:
        made.control("stop", "-m", "immediate")
        shutil.rmtree(folder, ignore_errors=True)
