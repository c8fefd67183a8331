"""A project whose parcels lie in PostGIS, run from the command line, its ranking written back."""

from pathlib import Path

import siting
from tests import small_project
from tests.database.conftest import PASSWORD, Server
from tests.faults.running import siting as command


def project(folder: Path, server: Server, password: str) -> Path:
    """Write the small project with its parcels in a table."""
    written = small_project.write(folder)
    rows = [
        f"('{row.编号}', 'idle_land', {f'ST_GeomFromText({row.geometry.wkt!r}, 4538)' if row.geometry else 'NULL'})"
        for row in small_project.parcels().itertuples()
    ]
    server.run(
        "SET ROLE office",
        "DROP TABLE IF EXISTS plan.candidates",
        "CREATE TABLE plan.candidates (编号 text, 来源 text, geom geometry(Polygon, 4538))",
        f"INSERT INTO plan.candidates VALUES {', '.join(rows)}",
    )
    layer = f'role = "parcels"\nsource = "{server.address("plan.candidates", password)}"\n'
    (written / "layers/parcels.toml").write_text(layer + '[columns]\nid = "编号"\norigin = "来源"\n', "utf-8")
    return written


def test_parcels_of_a_table_rank_as_those_of_a_file_and_the_password_is_nowhere(tmp_path: Path, server: Server) -> None:
    folder = project(tmp_path / "p", server, PASSWORD)
    done = command("run", folder)
    assert done.returncode == 0, done.stderr
    plain = siting.run(small_project.write(tmp_path / "plain")).ranking
    assert siting.run(folder).ranking["score"].equals(plain["score"])
    assert PASSWORD not in done.stdout + done.stderr
    for file in (folder / "maps/base").iterdir():
        assert PASSWORD.encode() not in file.read_bytes()
    assert ":***@" in (folder / "maps/base/stamp.json").read_text("utf-8")


def test_the_ranking_is_written_to_a_table_once_and_again_only_when_asked(tmp_path: Path, server: Server) -> None:
    folder = project(tmp_path / "p", server, PASSWORD)
    target = server.address("plan.ranking", PASSWORD)
    assert command("run", folder, "--database", target).returncode == 0
    assert server.run("SELECT count(*), count(rank) FROM plan.ranking") == [(7, 3)]
    again = command("run", folder, "--database", target)
    assert again.returncode == 2
    assert PASSWORD not in again.stderr
    assert command("run", folder, "--database", target, "--overwrite").returncode == 0


def test_a_table_that_cannot_be_read_is_one_message_without_the_password(tmp_path: Path, server: Server) -> None:
    folder = project(tmp_path / "p", server, "falsch-密")
    done = command("check", folder)
    assert done.returncode == 1
    assert "falsch-密" not in done.stdout + done.stderr
    assert "***" in done.stdout
