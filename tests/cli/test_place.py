"""A project from a place name: OSMnx asks a server on loopback that holds one small town."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import osmnx
import pytest

import siting
from siting.starter import place_project

WEST, SOUTH = 9.5, 47.1
BOX = [[WEST, SOUTH], [WEST + 0.03, SOUTH], [WEST + 0.03, SOUTH + 0.03], [WEST, SOUTH + 0.03], [WEST, SOUTH]]


def _town() -> list[dict]:
    """One street with a school, a shop, a stop and an office along it, and a brownfield beside it."""
    spots = {n: (WEST + 0.002 * n, SOUTH + 0.01) for n in range(1, 11)}
    spots |= {21: (WEST + 0.006, SOUTH + 0.0105), 22: (WEST + 0.009, SOUTH + 0.0105)}
    spots |= {23: (WEST + 0.009, SOUTH + 0.013), 24: (WEST + 0.006, SOUTH + 0.013)}
    tags = {
        2: {"amenity": "school", "name": "Primarschule"},
        4: {"shop": "supermarket"},
        6: {"highway": "bus_stop"},
        8: {"office": "company"},
        9: {"amenity": "clinic"},
    }
    nodes = [
        {"type": "node", "id": n, "lon": x, "lat": y, **({"tags": tags[n]} if n in tags else {})}
        for n, (x, y) in spots.items()
    ]
    street = {"type": "way", "id": 100, "nodes": list(range(1, 11)), "tags": {"highway": "residential"}}
    field = {"type": "way", "id": 101, "nodes": [21, 22, 23, 24, 21], "tags": {"landuse": "brownfield"}}
    return [*nodes, street, field]


class _OpenStreetMap(BaseHTTPRequestHandler):
    def _answer(self, found: object) -> None:
        body = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        if "status" in self.path:
            self._answer("2 slots available now.")
            return
        place = {
            "lat": str(SOUTH),
            "lon": str(WEST),
            "display_name": "Dorf",
            "class": "boundary",
            "type": "administrative",
        }
        place |= {"importance": 1, "boundingbox": [SOUTH, SOUTH + 0.03, WEST, WEST + 0.03], "place_rank": 16}
        self._answer(
            [place | {"geojson": {"type": "Polygon", "coordinates": [BOX]}, "osm_type": "relation", "osm_id": 1}]
        )

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer({"elements": _town()})

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def openstreetmap(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _OpenStreetMap)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    at = f"http://127.0.0.1:{server.server_address[1]}/"
    monkeypatch.setattr(osmnx.settings, "nominatim_url", at)
    monkeypatch.setattr(osmnx.settings, "overpass_url", at)
    monkeypatch.setattr(osmnx.settings, "overpass_rate_limit", value=False)
    monkeypatch.setattr(osmnx.settings, "use_cache", value=False)
    yield
    server.shutdown()
    server.server_close()


@pytest.mark.usefixtures("openstreetmap")
def test_a_place_name_becomes_a_project_that_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    place_project(Path("dorf"), "Dorf", "en")
    results = siting.run("dorf")
    row = results.ranking.iloc[0]
    assert (row["parcel_id"], row["origin"], row["status"]) == ("w101", "unverified_brownfield", "ok")
    assert 0 < row["bus"] < 15
    assert sorted(each.name for each in tmp_path.iterdir()) == ["dorf"]
