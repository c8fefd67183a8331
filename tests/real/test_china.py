"""Files from China as they were published: metres said to be degrees, districts, tables without a place."""

import shutil
from pathlib import Path

import pytest

from tests.shared_data import shared
from tests.sources.office import codes, read


def copied(name: str, folder: Path) -> str:
    """Copy a file of the Chinese data into a project folder."""
    shutil.copy(shared(f"data/china/{name}"), folder / name)
    return name


@pytest.mark.parametrize("plan", ["beijing_huilongguan_plan.geojson", "beijing_dahongmen_plan.geojson"])
@pytest.mark.parametrize("role", ["parcels", "places", "units"])
def test_local_metres_that_say_wgs_84_are_refused(tmp_path: Path, plan: str, role: str) -> None:
    kind = "park" if role == "places" else ""
    reading, problems = read(tmp_path, role, copied(plan, tmp_path), columns={"id": "id"}, kind=kind)
    assert reading is None
    assert {"not_degrees"} <= set(codes(problems)), codes(problems)


def test_a_table_of_townships_without_coordinates_is_refused(tmp_path: Path) -> None:
    source = copied("xinjiang_townships_2024.csv", tmp_path)
    columns = {"id": "code", "name": "name", "x": "x", "y": "y"}
    reading, problems = read(tmp_path, "units", source, datum="CGCS2000", columns=columns)
    assert reading is None
    assert codes(problems) == ["missing_column", "missing_column"]


def test_a_graph_of_osmnx_is_no_layer_of_roads(tmp_path: Path) -> None:
    reading, problems = read(tmp_path, "roads", copied("shenzhen_futian_drive.graphml", tmp_path))
    assert reading is None
    assert all(each.level == "refuse" for each in problems)
