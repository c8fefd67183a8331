"""plan, compare, diff, replay and the tree of a receipt, as typed in a terminal."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from siting import UsageError
from siting.cli import app
from tests.project import planned_town
from tests.project.planned_town import FINANCE, NEED, QUOTA


def typed(*arguments: str | Path) -> Result:
    """What the command line makes of arguments."""
    return CliRunner().invoke(app, list(map(str, arguments)))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that has been run."""
    folder = planned_town.write(tmp_path_factory.mktemp("town") / "p", FINANCE, NEED, QUOTA)
    assert typed("run", folder, "--quiet").exit_code == 0
    return folder


def test_a_plan_is_shown_with_its_proof_and_ends_with_0(town: Path) -> None:
    said = typed("plan", town, "--quiet", "--out", town / "plan")
    assert said.exit_code == 0
    assert "已证明最优" in said.output
    assert (town / "plan/plan.docx").exists()


@pytest.mark.parametrize(
    ("change", "code", "word"),
    [
        (("[60, 120]", "[600, 120]"), 1, "补救方案 1"),
        (("portfolios = 0", "portfolios = 0\ntime_limit_s = 1e-9"), 3, "未证明最优"),
    ],
)
def test_a_plan_that_cannot_be_had_or_is_not_proven_ends_otherwise(
    change: tuple[str, str], code: int, word: str, tmp_path: Path
) -> None:
    folder = planned_town.write(tmp_path / "p", FINANCE, QUOTA.replace(*change))
    said = typed("plan", folder, "--quiet")
    assert said.exit_code == code
    assert word in said.output
    assert "inf" not in said.output
    written = {each.name for each in (folder / "maps/plan").iterdir()}
    assert ({"plan.csv", "plan.xlsx", "plan.docx"} <= written) == (code == 3)


def test_a_year_without_a_quota_is_refused_with_the_years_there_are(town: Path) -> None:
    said = typed("plan", town, "--quiet", "--year", "1999", "--out", town / "other")
    assert isinstance(said.exception, UsageError)
    assert "2026, 2027" in said.exception.problem.line("zh")


def test_compared_parcels_stand_side_by_side_and_one_named_twice_stands_once(town: Path) -> None:
    said = typed("compare", "A", "B", "A", "--project", town, "--out", town / "side")
    assert said.exit_code == 0
    assert {each.suffix for each in (town / "side").iterdir()} == {".xlsx", ".docx"}
    assert "选址比选表" in said.output


def test_a_run_differs_from_itself_in_nothing_and_is_made_again_byte_for_byte(town: Path) -> None:
    said = typed("diff", "base", "base", "--project", town)
    assert said.exit_code == 0
    again = typed("replay", "base", "--project", town, "--quiet")
    assert again.exit_code == 0
    assert "逐字节相同" in again.output


def test_a_receipt_goes_from_the_score_down_to_the_place(town: Path) -> None:
    said = typed("explain", "A", "--tree", "--project", town)
    assert said.exit_code == 0
    for word in ("综合得分", "步行到小学", "一小", "售价（元/平方米）"):
        assert word in said.output
    assert '"tree"' in typed("explain", "A", "--json", "--project", town).output
