"""What may be wrong with an extract of OpenStreetMap, one drawn fault each."""

import time
from pathlib import Path

import osmium
import pytest

from siting.base.errors import InputProblems, Problem
from siting.network import from_osm
from tests.sources.office import read

NODES = "".join(f'\n<node id="{i}" lat="47.3" lon="87.8{i}" version="1"/>' for i in range(1, 10))


def way(number: int, *nodes: int, **tags: str) -> str:
    refs = "".join(f'<nd ref="{node}"/>' for node in nodes)
    written = "".join(f'<tag k="{key.replace("__", ":")}" v="{value}"/>' for key, value in tags.items())
    return f'\n<way id="{number}" version="1">{refs}{written}</way>'


TOWN = f'<?xml version="1.0"?>\n<osm version="0.6">{NODES}{way(7, 1, 2, 3, highway="residential")}\n</osm>\n'


def refused(root: Path, name: str, raw: bytes) -> Problem:
    """Return the one refusal of an extract, the same by the project's reader and by the analyst's door."""
    (root / name).write_bytes(raw)
    start = time.monotonic()
    reading, problems = read(root, "roads", name)
    with pytest.raises(InputProblems) as caught:
        from_osm(root / name, mode="walk")
    assert time.monotonic() - start < 10
    assert reading is None
    assert [each.code for each in caught.value.problems] == [each.code for each in problems]
    assert len(problems) == 1
    assert problems[0].level == "refuse"
    return problems[0]


def test_a_way_that_names_missing_nodes_is_cut_there_and_counted(tmp_path: Path) -> None:
    ways = (
        way(7, 1, 2, 33, 3, 4, highway="residential")
        + way(8, 5, 66, highway="residential")
        + way(9, 6, 7, highway="path")
    )
    (tmp_path / "town.osm").write_text(f'<osm version="0.6">{NODES}{ways}</osm>', "utf-8")
    reading, problems = read(tmp_path, "roads", "town.osm")
    assert [(each.code, each.level, each.where, each.found) for each in problems] == [
        ("cut_way", "warn", "highway", "2")
    ]
    assert reading.table["id"].tolist() == ["w7", "w7.1", "w9"]


@pytest.mark.parametrize("share", [0.2, 0.5, 0.95])
def test_xml_cut_in_the_middle_is_refused_with_its_line(tmp_path: Path, share: float) -> None:
    raw = TOWN.encode()[: int(share * len(TOWN))]
    problem = refused(tmp_path, "town.osm", raw)
    assert problem.code == "damaged"
    assert f"line {len(raw.splitlines())}," in problem.message("en")


@pytest.mark.parametrize("place", ["value", "text"])
def test_entities_that_grow_without_end_are_refused(tmp_path: Path, place: str) -> None:
    grown = "".join(f'<!ENTITY {b} "{("&" + a + ";") * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    head, _, body = TOWN.partition("\n")
    body = body.replace("residential", "&i;") if place == "value" else body.replace("</osm>", "&i;</osm>")
    bomb = f'{head}\n<!DOCTYPE bomb [<!ENTITY a "lol">{grown}]>\n{body}'
    assert refused(tmp_path, "town.osm", bomb.encode()).code == "osm_entities"


def test_an_entity_that_names_another_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("residential", "utf-8")
    head, _, body = TOWN.partition("\n")
    raw = f'{head}\n<!DOCTYPE x [<!ENTITY a SYSTEM "secret.txt">]>\n{body.replace("residential", "&a;")}'
    assert refused(tmp_path, "town.osm", raw.encode()).code == "osm_entities"


@pytest.mark.parametrize("tags", [{"amenity": "school"}, {}])
@pytest.mark.parametrize("end", ["osm.pbf", "osm"])
def test_an_extract_without_any_way_holds_no_roads(tmp_path: Path, end: str, tags: dict[str, str]) -> None:
    path = tmp_path / f"made.{end}"
    writer = osmium.SimpleWriter(str(path))
    writer.add_node(osmium.osm.mutable.Node(id=1, location=(87.8, 47.3), tags=tags, version=1))
    writer.close()
    assert refused(tmp_path, f"town.{end}", path.read_bytes()).code == "no_roads"


@pytest.mark.parametrize("claimed", [2_000_000_000, 64 * 1024 + 1, 2**32 - 1])
def test_a_header_that_claims_more_than_the_format_allows_is_refused_at_once(tmp_path: Path, claimed: int) -> None:
    problem = refused(tmp_path, "town.osm.pbf", claimed.to_bytes(4, "big") + b"\x0a\x09OSMHeader" * 10)
    assert problem.code == "damaged"
    assert "BlobHeader size" in problem.found


def test_a_block_that_claims_two_gigabytes_is_refused_at_once(tmp_path: Path) -> None:
    header = b"\x0a\x09OSMHeader\x18" + bytes([0x80, 0xA8, 0xD6, 0xB9, 0x07])
    raw = len(header).to_bytes(4, "big") + header + b"\0" * 100
    assert refused(tmp_path, "town.osm.pbf", raw).code == "damaged"


def test_posted_speeds_that_are_no_numbers_are_listed_with_how_many_roads_bear_them(tmp_path: Path) -> None:
    odd = ["walk", "CN:urban", "40;60", "0", "walk", "60 mph"]
    ways = "".join(way(10 + n, n + 1, n + 2, highway="residential", maxspeed=each) for n, each in enumerate(odd))
    ways += way(20, 8, 9, highway="primary", maxspeed="60", maxspeed__backward="none")
    (tmp_path / "town.osm").write_text(f'<osm version="0.6">{NODES}{ways}</osm>', "utf-8")
    reading, problems = read(tmp_path, "roads", "town.osm")
    assert [(each.code, each.level, each.found, each.expected) for each in problems] == [
        ("osm_speeds", "mend", "6", "0 (1), 40;60 (1), CN:urban (1), none (1), walk (2)")
    ]
    speeds = reading.table.set_index("id")["speed_kmh"]
    assert speeds["w15"] == pytest.approx(60 * 1.609344)
    assert speeds.drop(["w15", "w20"]).isna().all()
