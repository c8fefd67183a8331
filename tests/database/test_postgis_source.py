"""A layer kept in PostGIS, and every way in which it cannot be read."""

import contextlib
import logging
import math
import socket
import time
import traceback
from pathlib import Path

import pytest
from pydantic import SecretStr

from siting.base.addresses import address, mask
from siting.base.database import DatabaseError, session
from siting.sources.columns import words
from siting.sources.postgis import read_postgis, table_digest
from siting.sources.reading import Findings
from tests.database.conftest import PASSWORD, Server

SECRET = SecretStr(PASSWORD)
POINT = "ST_GeomFromText('POINT(561000 5247000)', 4538)"


def read(server: Server, table: str, secret: SecretStr | None = SECRET, **where: object) -> tuple:
    source = server.address(table, **where)
    findings = Findings(source)
    return read_postgis(source, secret, findings=findings), findings


def refused(server: Server, table: str, secret: SecretStr | None = SECRET, **where: object) -> str:
    frame, findings = read(server, table, secret, **where)
    assert frame is None
    assert PASSWORD not in repr(findings)
    assert PASSWORD not in "".join(each.line("zh") + each.line("en") for each in findings.problems)
    (problem,) = findings.problems
    return problem.code


@pytest.fixture(scope="module", autouse=True)
def tables(server: Server) -> None:
    server.run(
        "SET ROLE office",
        'CREATE TABLE plan.地块 (id text, "面积:亩" numeric, day date, geom geometry(Point, 4538))',
        f"INSERT INTO plan.地块 VALUES ('b', 2.5, '2025-01-02', {POINT}), ('a', 1, NULL, {POINT}), ('c', NULL, NULL, NULL)",
        "CREATE TABLE plan.bare (id text, geom geometry)",
        "INSERT INTO plan.bare VALUES ('a', 'POINT(1 2)')",
        "CREATE TABLE plan.mixed (geom geometry)",
        f"INSERT INTO plan.mixed VALUES ({POINT}), ('SRID=4326;POINT(1 2)')",
        "CREATE TABLE plan.none (id text, geom geometry(Point, 4538))",
        "CREATE TABLE plan.words (id text)",
        "CREATE TABLE plan.two (a geometry(Point, 4326), b geometry(Point, 4538))",
        f"INSERT INTO plan.two VALUES ('SRID=4326;POINT(1 2)', {POINT})",
        "CREATE VIEW plan.broken AS SELECT (1 / (length(id) - 1))::text AS id, geom FROM plan.地块",
        "CREATE TABLE plan.y (id text)",
        "RESET ROLE",
        "CREATE TABLE public.closed (geom geometry)",
    )


def test_a_table_is_read_in_an_order_of_its_content_with_the_crs_of_its_srid(server: Server) -> None:
    frame, findings = read(server, "plan.地块")
    assert frame is not None, findings.problems
    assert frame["id"].tolist() == ["a", "b", "c"]
    assert frame["面积:亩"].tolist() == ["1", "2.5", None]
    assert frame["day"].tolist() == [None, "2025-01-02", None]
    assert frame.crs.to_epsg() == 4538
    assert findings.problems == []
    before = table_digest(frame)
    server.run(
        "CREATE TABLE plan.back AS SELECT * FROM plan.地块 ORDER BY id DESC", "GRANT SELECT ON plan.back TO office"
    )
    assert table_digest(read(server, "plan.back")[0]) == before


def test_an_srid_of_0_is_no_crs(server: Server) -> None:
    assert read(server, "plan.bare")[0].crs is None


def test_one_of_several_geometries_is_named_or_refused(server: Server) -> None:
    assert refused(server, "plan.two") == "database_geometries"
    assert read(server, "plan.two.b")[0].crs.to_epsg() == 4538
    assert refused(server, "plan.two.z") == "database_no_geometry"


@pytest.mark.parametrize(
    ("table", "code"),
    [
        ("plan.nothing", "database_no_table"),
        ("public.closed", "database_forbidden"),
        ("plan.broken", "database_failed"),
        ("plan.mixed", "database_srids"),
        ("plan.none", "no_rows"),
        ("plan.words", "database_no_geometry"),
        ("plan", "database_name"),
        ("", "database_name"),
    ],
)
def test_what_cannot_be_read_is_one_problem(server: Server, table: str, code: str) -> None:
    assert refused(server, table) == code


def test_sql_in_a_table_name_is_refused_and_does_nothing(server: Server) -> None:
    assert refused(server, 'plan."x"; drop table plan.y; --') == "database_name"
    assert server.run("SELECT count(*) FROM plan.y") == [(0,)]


def test_a_wrong_password_or_database_is_told(server: Server) -> None:
    assert refused(server, "plan.y", SecretStr("wrong")) == "database_login"
    assert refused(server, "plan.y", None) == "database_login"
    assert refused(server, "plan.y", database="nowhere") == "database_unknown"


def test_a_port_with_nothing_behind_it_is_told_within_10_s(server: Server) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        began = time.monotonic()
        assert refused(server, "plan.y", port=free.getsockname()[1]) == "database_unreachable"
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_server_that_never_answers_is_told_within_10_s(server: Server, host: str) -> None:
    with socket.socket() as mute, socket.socket(socket.AF_INET6) as mute_6:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        with contextlib.suppress(OSError):  # no IPv6 here
            mute_6.bind(("::1", mute.getsockname()[1]))
            mute_6.listen()
        began = time.monotonic()
        assert refused(server, "plan.y", port=mute.getsockname()[1], host=host) == "database_unreachable"
    assert time.monotonic() - began < 10


def test_a_host_that_does_not_exist_is_told(server: Server) -> None:
    assert refused(server, "plan.y", host="no-such-host.invalid") == "database_unreachable"


def test_whole_numbers_keep_their_digits_beside_empty_cells(server: Server) -> None:
    server.run(
        "CREATE TABLE plan.digits (id bigint, n numeric, x float8, flag bool, tags text[], geom geometry(Point, 4538))",
        f"INSERT INTO plan.digits VALUES (9007199254740993, 12345678901234567890.10, 0.1, true, '{{a}}', {POINT}), "
        f"(NULL, NULL, NULL, NULL, NULL, {POINT})",
        "GRANT SELECT ON plan.digits TO office",
    )
    frame, _ = read(server, "plan.digits")
    assert words(frame["id"]).tolist() == ["9007199254740993", ""]
    assert words(frame["n"]).tolist() == ["12345678901234567890.10", ""]
    assert frame["x"].tolist()[0] == 0.1
    assert words(frame["flag"]).tolist() == ["True", ""]
    assert words(frame["tags"]).tolist() == ["{a}", ""]


def test_days_without_end_and_other_date_styles_are_read(server: Server) -> None:
    server.run(
        "CREATE TABLE plan.days AS SELECT 'infinity'::date AS a, '2025-02-01'::date AS b, " + POINT + " AS geom",
        "GRANT SELECT ON plan.days TO office",
        "ALTER ROLE office SET datestyle = 'SQL, DMY'",
    )
    frame, _ = read(server, "plan.days")
    server.run("ALTER ROLE office RESET datestyle")
    assert frame[["a", "b"]].iloc[0].tolist() == ["infinity", "2025-02-01"]


def test_curves_are_drawn_as_chords_and_told(server: Server) -> None:
    server.run(
        "CREATE TABLE plan.curved AS SELECT ST_GeomFromText('CURVEPOLYGON(CIRCULARSTRING(0 0, 2 0, 0 0))', 4538) AS geom",
        "GRANT SELECT ON plan.curved TO office",
    )
    frame, findings = read(server, "plan.curved")
    assert frame.geometry.iloc[0].geom_type == "Polygon"
    assert frame.geometry.area.iloc[0] == pytest.approx(math.pi, rel=0.002)
    assert [(each.code, each.where, each.found) for each in findings.problems] == [
        ("curves_drawn", "row 1", "CURVEPOLYGON")
    ]


def test_geography_is_read_as_degrees(server: Server) -> None:
    server.run(
        "CREATE TABLE plan.globe AS SELECT ST_GeogFromText('POINT(87 47)') AS geom",
        "GRANT SELECT ON plan.globe TO office",
    )
    assert read(server, "plan.globe")[0].crs.to_epsg() == 4326


def test_an_srid_that_nobody_listed_is_refused(server: Server) -> None:
    server.run(
        "CREATE TABLE plan.odd AS SELECT ST_GeomFromText('POINT(1 2)', 910001) AS geom",
        "GRANT SELECT ON plan.odd TO office",
    )
    assert refused(server, "plan.odd") == "database_srid_unknown"


def test_a_remark_of_the_database_is_told_once(server: Server) -> None:
    server.run(
        "CREATE FUNCTION plan.talk(v int) RETURNS int LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE WARNING 'old data'; RETURN v; END $$",
        "CREATE VIEW plan.talking AS SELECT plan.talk(n) AS n, " + POINT + " AS geom FROM generate_series(1, 9) n",
        "GRANT SELECT ON plan.talking TO office",
    )
    frame, findings = read(server, "plan.talking")
    assert frame["n"].tolist() == list(range(1, 10))
    assert [(each.code, each.level, each.found) for each in findings.problems] == [
        ("database_says", "warn", "old data")
    ]


def test_a_view_cannot_change_anything_while_it_is_read(server: Server) -> None:
    server.run(
        "CREATE FUNCTION plan.harm() RETURNS int LANGUAGE sql AS $$ INSERT INTO plan.y VALUES ('x') RETURNING 1 $$",
        "CREATE VIEW plan.harmful AS SELECT plan.harm() AS n, " + POINT + " AS geom",
        "GRANT SELECT ON plan.harmful TO office",
    )
    assert refused(server, "plan.harmful") == "database_failed"
    assert server.run("SELECT count(*) FROM plan.y") == [(0,)]


def test_text_that_is_no_utf_8_is_told(server: Server) -> None:
    with server.connect() as opened:
        opened.autocommit = True
        opened.execute("CREATE DATABASE old ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
    with server.connect(database="old") as opened:
        opened.execute("CREATE EXTENSION postgis")
        opened.execute("CREATE TABLE t AS SELECT E'\\xb1\\xb1'::text AS name, " + POINT + " AS geom")
        opened.execute("GRANT SELECT ON t TO office")
    assert refused(server, "public.t", database="old") == "database_encoding"


def test_100_000_polygons_are_read_in_seconds(server: Server) -> None:
    server.run(
        "CREATE TABLE plan.wide AS SELECT n AS id, 'x' || n AS name, n / 7.0 AS area, "
        "ST_Buffer(ST_SetSRID(ST_Point(560000 + n, 5247000), 4538), 20, 2) AS geom FROM generate_series(1, 100000) n",
        "GRANT SELECT ON plan.wide TO office",
    )
    began = time.monotonic()
    frame, _ = read(server, "plan.wide")
    assert len(table_digest(frame)) == 64
    assert len(frame) == 100_000
    assert time.monotonic() - began < 30


def test_the_password_may_stand_in_the_environment_or_pgpass(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    assert read(server, "plan.地块", None)[0] is not None
    monkeypatch.delenv("PGPASSWORD")
    file = tmp_path / "pgpass"
    file.write_text(f"127.0.0.1:*:*:office:{PASSWORD}\n", "utf-8")
    file.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(file))
    assert read(server, "plan.地块", None)[0] is not None


def test_a_password_in_the_address_is_shown_nowhere(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    source = server.address("plan.地块", PASSWORD)
    shown, secret = mask(source)
    assert "office:***@" in shown
    assert secret == SECRET
    findings = Findings(shown)
    assert read_postgis(shown, secret, findings=findings) is not None
    assert read_postgis(source, None, findings=findings) is not None
    assert refused(server, "plan.y", SecretStr(f"{PASSWORD}?")) == "database_login"
    assert PASSWORD not in caplog.text + repr(findings) + repr(secret)


def test_no_error_of_a_session_leads_back_to_the_password(server: Server) -> None:
    place = address(server.address("plan.地块"))
    for secret in (SecretStr(f"{PASSWORD}wrong"), SECRET):
        with (
            pytest.raises(DatabaseError) as caught,
            session(
                place, secret, source=server.address("plan.地块", PASSWORD), read_only=True, notice=print
            ) as opened,
        ):
            opened.execute("SELECT 1 / 0")
        told = "".join(traceback.format_exception(caught.value)) + caught.value.problem.line("en")
        assert PASSWORD not in told


def test_a_chinese_server_is_understood(server: Server) -> None:
    server.control("stop", "-m", "fast")
    server.start("zh_CN")
    try:
        assert refused(server, "plan.y", SecretStr("wrong")) == "database_login"
        assert refused(server, "plan.y", None) == "database_login"
        assert refused(server, "plan.y", database="nowhere") == "database_unknown"
        assert refused(server, "public.closed") == "database_forbidden"
        assert refused(server, "plan.broken") == "database_failed"
    finally:
        server.control("stop", "-m", "fast")
        server.start()
