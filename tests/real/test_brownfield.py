"""Ten registers as English authorities published them: every row is placed, mended, left out or refused with a reason."""

from pathlib import Path

import pandas as pd
import pytest

from siting.sources.layers import LayerReader
from tests.real.brownfield_project import CRS, REGISTERS, Outcome, read, write
from tests.shared_data import shared

FOLDER = "data/england_brownfield_registers"
FATES = {
    "fylde": {"used": 47},
    "london_boroughs": {"used": 755, "mended": 222, "left_out": 102},
    "new_forest": {"used": 55, "refused": 1},
    "preston": {"used": 16, "mended": 1, "refused": 41},
    "rochdale": {"used": 127, "left_out": 1},
    "south_hams_a": {"used": 12},
    "south_hams_b": {"used": 13},
    "west_devon_a": {"mended": 4},
    "west_devon_b": {"used": 4},
    "worcester": {"mended": 32, "left_out": 5},
}
ROWS = {"london_boroughs": 1079, "rochdale": 128, "preston": 58, "new_forest": 56, "fylde": 47, "worcester": 37}
REASONS = {
    "london_boroughs": {"row_other_datum": 222, "metres_as_degrees": 101, "no_area_given": 1},
    "new_forest": {"bad_number": 1},
    "preston": {"row_other_datum": 1, "bad_number": 25, "empty_id": 16},
    "rochdale": {"outside_within": 1},
    "west_devon_a": {"row_other_datum": 4},
    "worcester": {"row_swapped": 32, "bad_point": 5},
}
BOROUGHS = {
    "Barking and Dagenham": (63, (0.06, 51.50, 0.20, 51.61)),
    "London Borough of Newham": (49, (-0.03, 51.49, 0.10, 51.57)),
    "London Borough of Brent": (110, (-0.34, 51.52, -0.19, 51.61)),
}


def raw(name: str) -> bytes:
    return shared(f"{FOLDER}/{name}.csv").read_bytes()


def outcome(folder: Path, name: str) -> Outcome:
    return read(folder, write(folder, name, raw(name)))


@pytest.mark.parametrize("name", list(REGISTERS))
def test_every_row_of_a_register_comes_out_with_a_fate_and_a_reason(tmp_path: Path, name: str) -> None:
    result = outcome(tmp_path, name)
    assert result.counts() == FATES[name]
    assert len(result.fates) == ROWS.get(name, len(result.fates)) == sum(FATES[name].values())
    reasons = {code: rows for fate in ("mended", "left_out", "refused") for code, rows in result.reasons(fate).items()}
    assert reasons == REASONS.get(name, {})


@pytest.mark.parametrize("name", [name for name, fates in FATES.items() if "refused" not in fates])
def test_sites_lie_in_their_district_as_circles_of_their_hectares(tmp_path: Path, name: str) -> None:
    result = outcome(tmp_path, name)
    placed = result.parcels[result.fates["fate"].isin(["used", "mended"])]
    assert ((placed.area - 10_000 * placed["area_ha"]).abs() < 1e-6 * placed.area).all()
    west, south, east, north = REGISTERS[name].within
    centres = placed.geometry.centroid.to_crs("EPSG:4326")
    assert centres.x.between(west, east).all()
    assert centres.y.between(south, north).all()


def test_rows_mended_in_london_lie_in_the_borough_that_owns_them(tmp_path: Path) -> None:
    result = outcome(tmp_path, "london_boroughs")
    table = pd.read_csv(tmp_path / "data/london_boroughs.csv", encoding="cp1252", dtype=str)
    mended = result.parcels[result.fates["fate"] == "mended"]
    boroughs = table.loc[mended.index, "OrganisationLabel"]
    assert boroughs.value_counts().to_dict() == {name: rows for name, (rows, _) in BOROUGHS.items()}
    centres = mended.geometry.centroid.to_crs("EPSG:4326")
    for name, (_, (west, south, east, north)) in BOROUGHS.items():
        own = centres[boroughs == name]
        assert own.x.between(west, east).all(), name
        assert own.y.between(south, north).all(), name


def test_the_geocentric_rows_of_islington_are_all_left_out_and_say_what_was_tried(tmp_path: Path) -> None:
    result = outcome(tmp_path, "london_boroughs")
    told = [each for each in result.problems if each.code == "metres_as_degrees"]
    assert len(told) == 101
    assert told[0].where == "row 1"
    assert told[0].found == "3975323.664, -7125.8838 (ETRS89) [x↔y EPSG:4258, EPSG:27700, x↔y EPSG:27700]"


def test_british_grid_under_another_label_lands_where_the_label_itself_says(tmp_path: Path) -> None:
    # West Devon wrote latitude and longitude into the column of the system
    result = outcome(tmp_path, "west_devon_a")
    centre = result.parcels.geometry.iloc[[0]].centroid
    said = pd.Series([(-4.182754, 50.659441)])
    there = centre.to_crs("EPSG:4326").iloc[0]
    assert (there.x, there.y) == pytest.approx(said[0], abs=2e-3)
    assert result.parcels.crs == CRS


def test_both_versions_of_a_register_give_the_same_places(tmp_path: Path) -> None:
    first, second = (outcome(tmp_path, f"west_devon_{version}").parcels for version in "ab")
    assert list(first["id"]) == list(second["id"])
    assert first.geometry.distance(second.geometry, align=False).max() < 1e-6


def test_an_area_with_words_is_refused_as_it_was_typed(tmp_path: Path) -> None:
    told = [each for each in outcome(tmp_path, "preston").problems if each.code == "bad_number"]
    assert (told[0].where, told[0].found) == ("row 6", "0.39 Not owned by a public authority")


def test_continued_lines_without_an_id_are_refused_by_row(tmp_path: Path) -> None:
    told = [each.where for each in outcome(tmp_path, "preston").problems if each.code == "empty_id"]
    assert told[:3] == ["row 5", "row 7", "row 11"]


def test_without_repairs_allowed_a_swapped_register_is_refused_as_a_whole(tmp_path: Path) -> None:
    layer = write(tmp_path, "worcester", raw("worcester"))
    settings = layer.settings.model_copy(
        update={"coordinates": layer.settings.coordinates.model_copy(update={"repair": ()})}
    )
    result = read(tmp_path, layer.model_copy(update={"settings": settings}))
    assert [(each.code, each.where) for each in result.problems if each.level == "refuse"] == [
        ("outside_within", "row 1 (+31)")
    ]


def test_a_windows_register_read_in_the_wrong_encoding_does_not_pass_as_text(tmp_path: Path) -> None:
    layer = write(tmp_path, "new_forest", raw("new_forest"))
    wrong = layer.model_copy(update={"settings": layer.settings.model_copy(update={"encoding": "utf-8"})})
    with pytest.raises(AssertionError, match="undecodable"):
        read(tmp_path, wrong)


@pytest.mark.parametrize("name", list(REGISTERS))
def test_a_register_goes_in_as_parcels_through_the_one_door(tmp_path: Path, name: str) -> None:
    layer = write(tmp_path, name, raw(name))
    reading, problems = LayerReader(tmp_path, CRS).read(layer)
    fates = FATES[name]
    if "refused" in fates:
        assert reading is None
        assert {each.code for each in problems if each.level == "refuse"} <= {"bad_number", "empty_id"}
        return
    assert reading is not None
    counts = reading.counts.record()
    assert counts["read"] == sum(fates.values())
    assert (counts["used"], counts["mended"], counts["left_out"]) == tuple(
        fates.get(fate, 0) for fate in ("used", "mended", "left_out")
    )
