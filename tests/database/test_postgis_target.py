"""The ranking as a table of a database: whole or not at all, whatever happens on the way."""

import threading
import time
import traceback
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from pydantic import SecretStr

import siting
from siting.base.errors import UsageError
from siting.report.postgis import check_postgis, write_postgis
from siting.sources.columns import words
from siting.sources.postgis import read_postgis
from siting.sources.reading import Findings
from tests import small_project
from tests.database.conftest import PASSWORD, Server

SECRET = SecretStr(PASSWORD)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> siting.project.chain.Results:
    return siting.run(small_project.write(tmp_path_factory.mktemp("target") / "p"))


def refused(*given: object, overwrite: bool = False) -> str:
    with pytest.raises(UsageError) as caught:
        write_postgis(*given, overwrite=overwrite)
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value.problem.record())
    assert PASSWORD not in told
    return caught.value.problem.code


def many(results: object, count: int) -> object:
    row = results.ranking.iloc[[0]]
    ids = [f"N{number}" for number in range(1, count + 1)]
    ranking = pd.concat([row] * count, ignore_index=True).assign(parcel_id=ids)
    shape = [small_project.diamond(number % 5000) for number in range(count)]
    return replace(results, ranking=ranking, parcels=gpd.GeoDataFrame(index=ids, geometry=shape, crs=small_project.CRS))


def test_every_parcel_is_written_with_its_geometry(server: Server, results: object) -> None:
    write_postgis(results, server.address("plan.ranked"), SECRET, overwrite=False)
    rows = dict(server.run("SELECT parcel_id, geom FROM plan.ranked"))
    assert set(rows) == set(results.ranking["parcel_id"])
    assert rows["undrawn"] is None
    assert shapely.from_wkb(rows["P1"]).area == pytest.approx(5000)
    kind = "SELECT data_type FROM information_schema.columns WHERE table_name = 'ranked' AND column_name = 'rank'"
    assert server.run(kind) == [("bigint",)]
    assert server.run("SELECT count(*) FROM pg_indexes WHERE tablename = 'ranked'") == [(2,)]


def test_a_table_that_exists_is_replaced_only_when_asked(server: Server, results: object) -> None:
    server.run("SET ROLE office", "CREATE TABLE plan.former (own text)", "INSERT INTO plan.former VALUES ('kept')")
    assert refused(results, server.address("plan.former"), SECRET) == "database_exists"
    assert server.run("SELECT own FROM plan.former") == [("kept",)]
    write_postgis(results, server.address("plan.former"), SECRET, overwrite=True)
    assert server.run("SELECT count(*) FROM plan.former") == [(len(results.ranking),)]


def test_a_view_or_a_missing_schema_or_a_bad_name_is_refused(server: Server, results: object) -> None:
    server.run("SET ROLE office", "CREATE VIEW plan.seen AS SELECT 1 AS id")
    assert refused(results, server.address("plan.seen"), SECRET, overwrite=True) == "database_not_table"
    assert refused(results, server.address("nowhere.x"), SECRET) == "database_no_schema"
    assert refused(results, server.address('plan."x"; drop table y'), SECRET) == "database_name"
    assert refused(results, server.address("public.x"), SECRET) == "database_forbidden"


def test_text_stays_text_and_nul_is_refused(server: Server, results: object) -> None:
    hostile = "'); DROP TABLE plan.ranked; --\t\\N\n\"北屯"
    named = replace(results, ranking=results.ranking.assign(name=hostile))
    write_postgis(named, server.address("plan.hostile"), SECRET, overwrite=True)
    assert set(server.run("SELECT name FROM plan.hostile")) == {(hostile,)}
    nul = replace(results, ranking=results.ranking.assign(name="a\0b"))
    assert refused(nul, server.address("plan.nul"), SECRET) == "database_nul"


def test_a_lock_held_by_another_is_told_within_15_s(server: Server, results: object) -> None:
    write_postgis(results, server.address("plan.held"), SECRET, overwrite=True)
    with server.connect() as other:
        other.execute("LOCK TABLE plan.held IN ACCESS EXCLUSIVE MODE")
        began = time.monotonic()
        assert refused(results, server.address("plan.held"), SECRET, overwrite=True) == "database_locked"
        assert time.monotonic() - began < 15


def test_a_password_in_the_address_is_not_told(server: Server, results: object) -> None:
    assert refused(results, server.address("nowhere.x", PASSWORD)) == "database_no_schema"
    assert refused(results, server.address("plan.x", f"{PASSWORD}wrong")) == "database_login"
    assert refused(results, server.address("plan.x", PASSWORD, port=1)) == "database_unreachable"


def test_titles_stand_as_comments(server: Server, results: object) -> None:
    write_postgis(results, server.address("plan.titled"), SECRET, overwrite=True)
    comments = "SELECT a.attname, col_description(a.attrelid, a.attnum) FROM pg_attribute a WHERE a.attrelid = "
    titles = dict(server.run(f"{comments} 'plan.titled'::regclass AND attnum > 0"))
    assert (titles["parcel_id"], titles["school"], titles["school_score"]) == (
        "地块编号",
        "步行到小学",
        "步行到小学 · 得分",
    )
    assert server.run("SELECT obj_description('plan.titled'::regclass)") == [("小镇 (siting)",)]


def test_grants_stay_and_a_view_upon_the_table_refuses_it(server: Server, results: object) -> None:
    write_postgis(results, server.address("plan.shared"), SECRET, overwrite=True)
    server.run(
        'CREATE ROLE "Team 7"',
        'GRANT SELECT ON plan.shared TO "Team 7" WITH GRANT OPTION',
        "GRANT SELECT ON plan.shared TO PUBLIC",
    )
    granted = "SELECT relacl::text FROM pg_class WHERE oid = 'plan.shared'::regclass"
    before = server.run(granted)
    write_postgis(results, server.address("plan.shared"), SECRET, overwrite=True)
    assert server.run(granted) == before
    server.run("CREATE VIEW plan.upon AS SELECT * FROM plan.shared")
    assert refused(results, server.address("plan.shared"), SECRET, overwrite=True) == "database_depended_on"
    assert server.run("SELECT count(*) FROM plan.upon") == [(len(results.ranking),)]


@pytest.mark.parametrize("name", ["geom", "xmin", "指标" * 10 + "一二"])
def test_a_column_that_the_database_would_cut_or_has_is_refused(server: Server, results: object, name: str) -> None:
    named = replace(results, ranking=results.ranking.assign(**{name: 1.0}))
    assert refused(named, server.address("plan.cut"), SECRET) == "database_column"


def test_a_column_of_63_bytes_is_written_whole(server: Server, results: object) -> None:
    name = "指标" * 10 + "一"
    write_postgis(
        replace(results, ranking=results.ranking.assign(**{name: 1.0})),
        server.address("plan.whole"),
        SECRET,
        overwrite=True,
    )
    assert server.run(f'SELECT DISTINCT "{name}" FROM plan.whole') == [(1.0,)]


def test_a_layer_of_the_project_is_never_replaced(server: Server, results: object) -> None:
    layer = results.layers[0]
    source = server.address("plan.input")
    own = layer.model_copy(update={"settings": layer.settings.model_copy(update={"source": source})})
    fed = replace(results, layers=(own,))
    assert refused(fed, server.address("plan.input", PASSWORD), overwrite=True) == "database_own_layer"


def test_a_target_can_be_tried_before_the_run(server: Server, results: object) -> None:
    write_postgis(results, server.address("plan.tried"), SECRET, overwrite=True)
    check_postgis(results.layers, server.address("plan.tried"), SECRET, overwrite=True)
    check_postgis(results.layers, server.address("plan.untried"), SECRET, overwrite=False)
    with pytest.raises(UsageError, match="overwrite"):
        check_postgis(results.layers, server.address("plan.tried"), SECRET, overwrite=False)


# an event trigger gives every table made a trigger that stops at the row in the middle
HALT_ROW = """CREATE FUNCTION halt() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
IF NEW.parcel_id = 'N50000' THEN PERFORM pg_sleep(60); END IF; RETURN NEW; END $$"""
PLANT = """CREATE FUNCTION plant() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
CREATE TRIGGER halt BEFORE INSERT ON plan.dying FOR EACH ROW EXECUTE FUNCTION public.halt(); END $$"""
WATCH = "CREATE EVENT TRIGGER plant ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION plant()"


def stop_half_way(server: Server, seen: list[int]) -> None:
    """Stop the server at once when half of the rows have come in."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        rows = server.run(
            "SELECT tuples_processed FROM pg_stat_progress_copy p JOIN pg_stat_activity a USING (pid) "
            "WHERE a.wait_event = 'PgSleep'"
        )
        if rows:
            seen.append(rows[0][0])
            break
        time.sleep(0.05)
    server.control("stop", "-m", "immediate")


def test_a_server_that_dies_after_half_the_rows_leaves_the_old_table_whole(server: Server, results: object) -> None:
    write_postgis(results, server.address("plan.dying"), SECRET, overwrite=True)
    large, seen = many(results, 100_000), []
    server.run(HALT_ROW, PLANT, WATCH)
    stopper = threading.Thread(target=stop_half_way, args=(server, seen))
    stopper.start()
    try:
        assert refused(large, server.address("plan.dying"), SECRET, overwrite=True) == "database_lost"
    finally:
        stopper.join()
        server.start()
        server.run("DROP EVENT TRIGGER plant", "DROP FUNCTION plant(), halt()")
    assert seen == [49_999]  # the row in hand is not counted yet
    assert server.run("SELECT count(*) FROM plan.dying") == [(len(results.ranking),)]
    write_postgis(large, server.address("plan.dying"), SECRET, overwrite=True)
    assert server.run("SELECT count(*) FROM plan.dying") == [(100_000,)]


def test_a_hundred_thousand_parcels_are_written_in_seconds(server: Server, results: object) -> None:
    large = many(results, 100_000)
    began = time.monotonic()
    write_postgis(large, server.address("plan.large"), SECRET, overwrite=True)
    assert time.monotonic() - began < 60


def test_what_is_written_can_be_read_again(server: Server, results: object) -> None:
    write_postgis(results, server.address("plan.again"), SECRET, overwrite=True)
    findings = Findings("")
    back = read_postgis(server.address("plan.again"), SECRET, findings=findings)
    assert findings.problems == []
    assert back.crs.to_epsg() == 4538
    assert sorted(back["parcel_id"]) == sorted(results.ranking["parcel_id"])
    ranks = dict(zip(back["parcel_id"], words(back["rank"]), strict=True))
    assert ranks == dict(zip(results.ranking["parcel_id"], words(results.ranking["rank"]), strict=True))
