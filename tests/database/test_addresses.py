"""How the address of a table is written, and that no password is seen in it."""

import subprocess
import sys

import pytest
from pydantic import SecretStr

from siting.base.addresses import Address, address, is_database, mask
from siting.base.errors import Problem
from siting.base.layers import Layer, LayerSettings
from siting.base.settings_checks import read_layer_settings

WORD = "s3cr3t/:#@密"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (f"postgresql://office:{WORD}@db:5432/plan#a.b", "postgresql://office:***@db:5432/plan#a.b"),
        (f"postgresql+psycopg://office:{WORD}@db/plan#a.b", "postgresql+psycopg://office:***@db/plan#a.b"),
        (f"Postgres://office:{WORD}@db/plan#a.b", "Postgres://office:***@db/plan#a.b"),
        ("postgresql://db/plan?password=s3cr3t#a.b", "postgresql://db/plan?password=***#a.b"),
        ("postgresql://u:x@db/p?a=1&sslpassword=s3cr3t&b=2#a.b", "postgresql://u:***@db/p?a=1&sslpassword=***&b=2#a.b"),
        ("PG:host=db password='s3cr3t s3cr3t' user=x", "PG:host=db password=*** user=x"),
        ("PG:host=db password = s3cr3t user=x", "PG:host=db password = *** user=x"),
        ("https://u:s3cr3t@host/a.gpkg", "https://u:***@host/a.gpkg"),
        ("data/用户:password=3@x.gpkg", "data/用户:password=3@x.gpkg"),
        ("postgresql://office@db/plan#a.b", "postgresql://office@db/plan#a.b"),
        ("postgresql://office:***@db/plan#a.b", "postgresql://office:***@db/plan#a.b"),
    ],
)
def test_every_password_is_hidden_and_nothing_else(source: str, shown: str) -> None:
    assert mask(source)[0] == shown
    assert mask(shown) == (shown, None)


def test_the_password_is_handed_on_decoded() -> None:
    assert mask(f"postgresql://office:{WORD}@db/plan#a.b")[1] == SecretStr(WORD)
    assert mask("postgresql://office:a%40b%25@db/plan#a.b")[1] == SecretStr("a@b%")
    assert mask("postgresql://office:50%off@db/plan#a.b")[1] == SecretStr("50%off")


def test_an_address_is_taken_apart() -> None:
    assert address("postgresql://of%40fice@[::1]:5433/plan#模式.表.geom") == Address(
        "of@fice", "::1", 5433, "plan", "模式", "表", "geom"
    )
    assert address("postgresql:///plan#a.b") == Address(None, None, None, "plan", "a", "b")


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("postgresql://db/plan", "database_address"),
        ("postgresql://db/plan?password=x#a.b", "database_address"),
        ("postgresql://db/pl%00an#a.b", "database_address"),
        ("postgresql://db:99x/plan#a.b", "database_address"),
        ("postgresql://db/plan#b", "database_name"),
        ('postgresql://db/plan#a."b"; drop table y; --', "database_name"),
        ("postgresql://db/plan#a.b c", "database_name"),
        (f"postgresql://db/plan#a.{'地' * 22}", "database_name"),
    ],
)
def test_anything_else_is_a_problem(source: str, code: str) -> None:
    found = address(source)
    assert isinstance(found, Problem)
    assert found.code == code


def test_what_is_meant_as_a_database_is_known_by_its_start() -> None:
    assert all(map(is_database, ["postgresql://x", "postgres://x", "postgresql+psycopg://x", "POSTGRESQL://x"]))
    assert not any(map(is_database, ["data/postgresql.gpkg", "https://x", ""]))


def test_reading_an_address_loads_no_driver() -> None:
    code = (
        "import importlib.util, sys\n"
        "class Shut:\n"
        "    def find_spec(self, name, *rest):\n"
        "        if name in ('psycopg', 'sqlalchemy'): raise ImportError(name)\n"
        "sys.meta_path.insert(0, Shut())\n"
        "import siting.base.addresses"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_settings_of_a_layer_show_no_password_however_they_are_saved_or_refused() -> None:
    raw = {"role": "parcels", "source": f"postgresql://office:{WORD}@db/plan#a.b", "columns": {"id": "id"}}
    settings = LayerSettings.model_validate(raw)
    layer = Layer(name="parcels", file="layers/parcels.toml", settings=settings)
    saved = settings.model_copy(update={"title": "x"}).model_dump() | {"layer": layer.model_dump_json()}
    assert WORD not in repr(saved) + repr(layer) + str(settings) + repr(settings.secret)
    assert settings.secret == SecretStr(WORD)
    for wrong in ({"role": "nothing"}, {"surplus": 1}, {"columns": 3}):
        refused, problems = read_layer_settings(raw | wrong, "layers/parcels.toml")
        assert refused is None
        assert WORD not in repr(problems)
        assert WORD not in "".join(each.line("zh") for each in problems)
