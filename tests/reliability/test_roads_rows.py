"""What may be wrong with roads, one drawn fault each: what is told, and what becomes of every parcel."""

import itertools
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import siting
from siting.base.errors import InputProblems, Problem
from tests import small_project
from tests.small_project import CRS, SETTINGS, X0, Y0, diamond

XY = tuple[float, float]


def lines(*drawn: list[XY]) -> gpd.GeoDataFrame:
    """Return roads in metres from the school."""
    shapes = [shapely.LineString([(X0 + x, Y0 + y) for x, y in line]) for line in drawn]
    return gpd.GeoDataFrame({"等级": "主干路"}, index=range(len(shapes)), geometry=shapes, crs=CRS)


def street(*xs: float, y: float = 0.0) -> list[list[XY]]:
    return [[(a, y), (b, y)] for a, b in itertools.pairwise(xs)]


def plots(**places: XY) -> gpd.GeoDataFrame:
    """Return diamonds by id, each with its south corner at a point."""
    shapes = [diamond(x, y) for x, y in places.values()]
    frame = pd.DataFrame({"编号": list(places), "名称": list(places), "来源": "idle_land"})
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=CRS)


class Town:
    """A project written for real and run."""

    def __init__(self, folder: Path, roads: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame, **more: object) -> None:
        self.folder = small_project.write(folder, str(more.pop("settings", SETTINGS)), roads=roads, parcels=parcels)
        layer = self.folder / "layers/roads.toml"
        layer.write_text(
            layer.read_text("utf-8").replace("[classes]", f"{more.pop('columns', '')}\n[classes]"), "utf-8"
        )

    def rows(self) -> pd.DataFrame:
        return siting.open_project(self.folder).ranking.set_index("parcel_id")

    def found(self, *codes: str) -> list[Problem]:
        return [each for each in siting.open_project(self.folder).check() if each.code in codes]

    def refusals(self) -> list[Problem]:
        with pytest.raises(InputProblems) as caught:
            siting.run(self.folder)
        assert not (self.folder / "maps/base/ranking.csv").exists()
        return list(caught.value.refusals)


def test_a_network_in_two_parts_says_which_parcels_and_jobs_cannot_meet(tmp_path: Path) -> None:
    """Eight parcels stand by the street of the school and the jobs, four by another that nothing joins to it."""
    here = {f"A{n}": (500.0 * n, 10.0) for n in range(1, 9)}
    there = {f"B{n}": (500.0 * n, 3010.0) for n in range(1, 5)}
    roads = lines(*street(*range(0, 6000, 500)), *street(*range(0, 3000, 500), y=3000.0))
    town = Town(tmp_path / "p", roads, plots(**here, **there))
    rows = town.rows()
    assert rows["status"].groupby(rows.index.str[0]).unique().map(list).to_dict() == {
        "A": ["ok"],
        "B": ["disconnected"],
    }
    assert rows.loc[list(there), ["school", "jobs", "score"]].isna().all(axis=None)
    assert rows.loc[list(here), "school"].notna().all()
    said = town.found("network_parts")
    assert [(each.level, each.where, each.found) for each in said] == [("warn", "drive", "2"), ("warn", "walk", "2")]
    drive, walk = (each.expected for each in said)
    assert drive == (
        "1: parcels 8 (A1, A2, A3, A4, A5, A6, A7, A8), work 2 (work-1, work-2) | 2: parcels 4 (B1, B2, B3, B4), work 0"
    )
    assert "places 1 (places-1) | 2: parcels 4 (B1, B2, B3, B4), places 0" in walk


def test_a_stray_piece_of_road_inside_a_parcel_is_named_and_never_its_entrance(tmp_path: Path) -> None:
    main = street(*range(0, 10_100, 100))
    stray = [(700.0, 60.0), (760.0, 60.0)]
    parcels = plots(P1=(750, 10), P2=(3000, 10))
    clean, town = Town(tmp_path / "a", lines(*main), parcels), Town(tmp_path / "b", lines(*main, stray), parcels)
    pd.testing.assert_frame_equal(clean.rows(), town.rows())
    said = town.found("stray_roads")
    assert [(each.where, each.found) for each in said] == [("drive", "1"), ("walk", "1")]
    assert clean.found("stray_roads") == []
    ids = siting.open_project(town.folder).readings["roads"].table.set_index("id").geometry
    assert ids[said[0].expected].length == pytest.approx(60)


def trap() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return a street with the school and a block that a one-way road leads into, and a parcel by each."""
    ring = [
        [(3000.0, 1000.0), (3500.0, 1000.0)],
        [(3500.0, 1000.0), (3500.0, 1500.0)],
        [(3500.0, 1500.0), (3000.0, 1000.0)],
    ]
    roads = lines(*street(*range(0, 6500, 500)), [(3000.0, 0.0), (3000.0, 1000.0)], *ring)
    ways = ["both"] * (len(roads) - 4) + ["yes"] + ["both"] * 3
    return roads.assign(单行=ways), plots(P1=(750, 10), T=(3250, 900))


@pytest.mark.parametrize("direction", ["to", "from", "both"])
def test_a_one_way_trap_is_named_and_gives_no_time(tmp_path: Path, direction: str) -> None:
    settings = SETTINGS.replace('mode = "drive"', f'mode = "drive"\ndirection = "{direction}"')
    town = Town(tmp_path / "p", *trap(), settings=settings, columns='oneway = "单行"')
    rows = town.rows()
    assert rows.loc["P1", "status"] == "ok"
    assert rows.loc["T", "status"] == "disconnected"
    assert rows.loc["T", ["jobs", "score"]].isna().all()
    assert rows.loc["T", "reasons"].startswith("disconnected:drive")
    said = town.found("one_way_trap")
    assert [(each.level, each.where, each.found) for each in said] == [("warn", "drive", "4")]
    table = siting.open_project(town.folder).readings["roads"].table.set_index("id")
    assert (table.loc[said[0].expected.split(", ")].total_bounds[1] - Y0) == 0


def test_times_to_and_from_differ_on_a_one_way_street_with_a_way_round(tmp_path: Path) -> None:
    """P drives 1000 m with the street and 5000 m round against it; arterial 40 km/h, P at the near end."""
    round_ = [(1000.0, 0.0), (1000.0, 2000.0), (0.0, 2000.0), (0.0, 0.0)]
    roads = lines([(0.0, 0.0), (1000.0, 0.0)], round_, [(1000.0, 0.0), (2000.0, 0.0)])
    roads = roads.assign(单行=["no", "both", "both"])
    roads.loc[0, "单行"] = "-1"
    settings = SETTINGS.replace('measure = "cumulative"\nof = "work.jobs"', 'measure = "nearest"\nof = "work"').replace(
        'better = "more"\nworst = 0\nbest = 200', 'better = "less"\nworst = 10\nbest = 0'
    )
    minutes = {}
    for direction in ("to", "from"):
        written = settings.replace('mode = "drive"', f'mode = "drive"\ndirection = "{direction}"')
        town = Town(tmp_path / direction, roads, plots(P=(1500, 10)), settings=written, columns='oneway = "单行"')
        minutes[direction] = float(town.rows().loc["P", "jobs"])
    kmh = 60_000 * (5000 - 1000) / ((minutes["from"] - minutes["to"]) * 60_000) * 60 / 1000
    assert minutes["from"] > minutes["to"] > 0
    assert kmh == pytest.approx(siting.base.road_rules.road_classes()["arterial"].kmh, rel=0.01)


@pytest.mark.parametrize(
    ("crossings", "code", "status"), [("keep", "crossings_kept", "disconnected"), ("split", "crossings_split", "ok")]
)
def test_roads_that_cross_without_a_shared_node_are_counted_and_the_rule_is_said(
    tmp_path: Path, crossings: str, code: str, status: str
) -> None:
    across = [[(1000.0 * n, -900.0), (1000.0 * n, 900.0)] for n in (1, 2, 3)]
    town = Town(tmp_path / "p", lines([(0.0, 0.0), (6000.0, 0.0)], *across), plots(P1=(1500, 10), Q=(2000, 900)))
    layer = town.folder / "layers/roads.toml"
    layer.write_text(layer.read_text("utf-8") + f'[join]\ncrossings = "{crossings}"\n', "utf-8")
    said = town.found("crossings_kept", "crossings_split")
    assert {(each.code, each.level, each.found) for each in said} == {(code, "warn", "3")}
    assert town.rows()["status"].to_dict() == {"P1": "ok", "Q": status}


SPEEDS = ["0", "-30", "5000", "walk", "60 mph", "CN:urban", "40;60", ""]


def test_odd_speeds_are_listed_each_with_what_was_used_instead(tmp_path: Path) -> None:
    """Eight streets of 750 m in a row; only `60 mph` is a speed: 96.56 km/h. The others are driven as their class."""
    roads = lines(*street(*range(0, 6750, 750))).assign(限速=SPEEDS)
    town = Town(tmp_path / "p", roads, plots(P1=(5900, 10)), columns='speed_kmh = "限速"')
    said = town.found("speed_ignored")
    assert sorted(each.found for each in said) == sorted(set(SPEEDS) - {"60 mph", ""})
    assert {each.level for each in said} == {"mend"}
    assert all("class" in each.message("en") for each in said)
    net = siting.open_project(town.folder).network("drive")
    usual = siting.base.road_rules.road_classes()["arterial"].kmh
    assert sorted(net.edges["minutes"]) == pytest.approx(
        sorted([0.75 * 60 / usual] * 7 + [0.75 * 60 / (60 * 1.609344)]), abs=1e-4
    )
    assert town.rows().loc["P1", "status"] == "ok"


def test_zero_length_closed_and_repeated_lines_change_no_result(tmp_path: Path) -> None:
    main = street(*range(0, 6500, 500))
    parcels = plots(P1=(750, 10), P2=(3000, 10))
    nothing = [(2000.0, 0.0), (2000.0, 0.0)]
    loop = [(4000.0, 0.0), (4100.0, -100.0), (3900.0, -100.0), (4000.0, 0.0)]
    base = Town(tmp_path / "a", lines(*main), parcels)
    faulty = Town(tmp_path / "b", lines(*main, nothing, loop, *main[:4]), parcels)
    pd.testing.assert_frame_equal(base.rows(), faulty.rows())
    assert [each.level for each in faulty.found("no_length")] == ["warn"]
    assert not [each for each in siting.open_project(faulty.folder).check() if each.level == "refuse"]


def test_without_a_drivable_road_the_mode_is_named_and_refused(tmp_path: Path) -> None:
    roads = lines(*street(*range(0, 6500, 500))).assign(等级="footway")
    town = Town(tmp_path / "p", roads, plots(P1=(750, 10)))
    refused = town.refusals()
    assert [(each.code, each.found) for each in refused] == [("no_network", "drive")]
    assert "drive" in refused[0].message("en")


def test_footways_and_construction_of_an_extract_are_no_roads_for_cars(tmp_path: Path) -> None:
    spots = gpd.GeoSeries(gpd.points_from_xy([X0, X0 + 6000], [Y0, Y0]), crs=CRS).to_crs(4326)
    nodes = "".join(f'<node id="{i}" lat="{p.y}" lon="{p.x}" version="1"/>' for i, p in enumerate(spots, start=1))
    way = '<way id="{}" version="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="{}"/></way>'
    ways = way.format(7, "footway") + way.format(8, "construction")
    town = Town(tmp_path / "p", lines(*street(0, 6000)), plots(P1=(750, 10)))
    (town.folder / "data/town.osm").write_text(f'<osm version="0.6">{nodes}{ways}</osm>', "utf-8")
    (town.folder / "layers/roads.toml").write_text('role = "roads"\nsource = "data/town.osm"\n', "utf-8")
    assert [(each.code, each.found) for each in town.refusals()] == [("no_network", "drive")]


def test_roads_forty_kilometres_off_are_refused_with_the_distance(tmp_path: Path) -> None:
    roads = lines(*street(*range(0, 6500, 500), y=-40_000.0))
    refused = Town(tmp_path / "p", roads, plots(P1=(750, 10), P2=(3000, 10))).refusals()
    far = [each for each in refused if each.code == "no_parcel_snaps"]
    assert {(each.file, each.where) for each in far} == {("data/roads.gpkg", "walk"), ("data/roads.gpkg", "drive")}
    assert {(each.found, each.expected) for each in far} == {("40,010", "300")}
    assert "40,010 m" in far[0].message("en")
